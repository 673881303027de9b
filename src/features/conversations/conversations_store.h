/* The conversations feature's statements. Every one but the last is about the caller's own conversations. */
#ifndef TENON_FEATURES_CONVERSATIONS_STORE_H
#define TENON_FEATURES_CONVERSATIONS_STORE_H

#include "features/conversations/conversations.h"
#include "store/db.h"

struct conversation_row {
    uuid id;
    text title, model;
    struct uuid_list collection_ids;
    int64_t created_at, updated_at;
};

extern const struct field conversation_columns[]; /* fit to be shown too */

CHECKED enum result conversation_insert(struct call *call, const struct conversation_row *row);
CHECKED enum result conversation_read(struct call *call, uuid id, struct conversation_row *ret_row);
CHECKED enum result conversation_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result conversation_change(struct call *call, uuid id, text title, text model);
CHECKED enum result conversation_delete(struct call *call, uuid id);
CHECKED enum result conversation_touch(struct call *call, uuid id, text title_if_none);

struct message_row {
    uuid conversation_id, id;
    text role, content, status; /* streaming, complete, stopped, failed */
    text citations;             /* JSON */
    text model, error_code, error_message;
    int64_t input_tokens, output_tokens, cost_micros, created_at;
};

CHECKED enum result message_insert(struct call *call, const struct message_row *row);
CHECKED enum result message_finish(struct call *call, const struct message_row *row);
CHECKED enum result message_read(struct call *call, uuid conversation, uuid id, struct message_row *ret_row);
CHECKED enum result message_list(struct call *call, uuid conversation, uuid after, int64_t limit, struct list *ret_rows);   /* oldest first */
CHECKED enum result message_latest(struct call *call, uuid conversation, int64_t limit, struct list *ret_rows);             /* newest first */

/* An answer that nobody gives any more; one that is finished stays as it is. */
CHECKED enum result message_interrupted(struct call *call, uuid conversation, uuid id);

/* In a system scope: answers begun before then that a killed process left unfinished. */
CHECKED enum result messages_interrupted(struct call *call, int64_t begun_before);

extern const struct export conversations_exports[];
extern const struct query *const conversations_queries[];

#endif
