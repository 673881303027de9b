#include "features/conversations/conversations_store.h"

/* The caller's own: a person's, or those that API keys have opened. Each engine finds them by index in its own words. */
#define OWN "organization_id = :org AND user_id IS $1 "
#define POSTGRES_OWN "organization_id = :org AND (user_id = $1 OR ($1 IS NULL AND user_id IS NULL)) "
#define OF_OWN(before, after) .sql = before "WHERE " OWN after, .postgres = before "WHERE " POSTGRES_OWN after

const struct field conversation_columns[] = {
    UUID(struct conversation_row, id), TEXT(struct conversation_row, title, .nullable = true), TEXT(struct conversation_row, model),
    UUIDS(struct conversation_row, collection_ids), TIME(struct conversation_row, created_at), TIME(struct conversation_row, updated_at), FIELDS_END,
};

#define CONVERSATION "SELECT id, title, model, collection_ids, created_at, updated_at FROM conversations "

static const struct query insert = {
    .name = "conversation_insert",
    .sql = "INSERT INTO conversations (organization_id, user_id, id, title, model, collection_ids, created_at, updated_at) VALUES (:org, $1, $2, $3, $4, $5, $6, $6)",
};

enum result conversation_insert(struct call *call, const struct conversation_row *row)
{
    return db_run(call, &insert, ARGS(db_uuid(call->user), db_uuid(row->id), db_text(row->title), db_text(row->model), db_uuids(call, row->collection_ids),
                                      db_time(row->created_at)));
}

static const struct query read_one = { .name = "conversation_read", OF_OWN(CONVERSATION, "AND id = $2"), ROWS(struct conversation_row, conversation_columns) };

enum result conversation_read(struct call *call, uuid id, struct conversation_row *ret_row)
{
    return db_one(call, &read_one, ARGS(db_uuid(call->user), db_uuid(id)), ret_row);
}

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };
static const struct query count = {
    .name = "conversation_count", OF_OWN("SELECT count(*) AS total FROM conversations ", ""), ROWS(struct total, total_columns),
};

enum result conversations_count(struct call *call, int64_t *ret_count)
{
    struct total total;

    TRY(db_one(call, &count, ARGS(db_uuid(call->user)), &total));
    *ret_count = total.total;
    return OK;
}

static const struct query list = {
    .name = "conversation_list", OF_OWN(CONVERSATION, "ORDER BY updated_at DESC, id DESC LIMIT $2 OFFSET $3"), ROWS(struct conversation_row, conversation_columns),
};

enum result conversation_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    TRY(conversations_count(call, ret_total));
    return db_all(call, &list, ARGS(db_uuid(call->user), db_int(page_size), db_int((page - 1) * page_size)), ret_rows);
}

static const struct field brief_columns[] = {
    UUID(struct conversation_brief, id), TEXT(struct conversation_brief, title), TIME(struct conversation_brief, updated_at), FIELDS_END,
};
static const struct query recent = {
    .name = "conversation_recent",
    OF_OWN("SELECT id, title, updated_at FROM conversations ", "ORDER BY updated_at DESC LIMIT $2"),
    ROWS(struct conversation_brief, brief_columns),
};

enum result conversations_recent(struct call *call, int64_t limit, struct list *ret_briefs)
{
    return db_all(call, &recent, ARGS(db_uuid(call->user), db_int(limit)), ret_briefs);
}

static const struct query change = {
    .name = "conversation_change", OF_OWN("UPDATE conversations SET title = coalesce($3, title), model = coalesce($4, model) ", "AND id = $2"),
};

enum result conversation_change(struct call *call, uuid id, text title, text model)
{
    return db_run(call, &change, ARGS(db_uuid(call->user), db_uuid(id), db_text(title), db_text(model)));
}

static const struct query delete_one = { .name = "conversation_delete", OF_OWN("DELETE FROM conversations ", "AND id = $2") };

enum result conversation_delete(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &delete_one, ARGS(db_uuid(call->user), db_uuid(id)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query touch = {
    .name = "conversation_touch", OF_OWN("UPDATE conversations SET title = coalesce(title, $3), updated_at = $4 ", "AND id = $2"),
};

enum result conversation_touch(struct call *call, uuid id, text title_if_none)
{
    return db_run(call, &touch, ARGS(db_uuid(call->user), db_uuid(id), db_text(title_if_none), db_time(call->now)));
}

/* --- messages --------------------------------------------------------------------------------------------------------------- */

static const struct field message_columns[] = {
    UUID(struct message_row, conversation_id), UUID(struct message_row, id), TEXT(struct message_row, role), TEXT(struct message_row, content),
    TEXT(struct message_row, status), JSON(struct message_row, citations), TEXT(struct message_row, model), TEXT(struct message_row, error_code),
    TEXT(struct message_row, error_message), INT(struct message_row, input_tokens), INT(struct message_row, output_tokens), INT(struct message_row, cost_micros),
    TIME(struct message_row, created_at), FIELDS_END,
};

#define MESSAGE                                                                                                                                 \
    "SELECT conversation_id, id, role, content, status, citations, model, error_code, error_message, input_tokens, output_tokens, cost_micros, created_at " \
    "FROM messages WHERE organization_id = :org AND conversation_id = $1 "

static const struct query insert_message = {
    .name = "message_insert",
    .sql = "INSERT INTO messages (organization_id, conversation_id, id, role, content, status, model, created_at) VALUES (:org, $1, $2, $3, $4, $5, $6, $7)",
};

enum result message_insert(struct call *call, const struct message_row *row)
{
    return db_run(call, &insert_message, ARGS(db_uuid(row->conversation_id), db_uuid(row->id), db_text(row->role), db_text(row->content), db_text(row->status),
                                              db_text(row->model), db_time(row->created_at)));
}

static const struct query finish_message = {
    .name = "message_finish",
    .sql = "UPDATE messages SET content = $3, status = $4, citations = $5, error_code = $6, error_message = $7, input_tokens = $8, output_tokens = $9, "
           "cost_micros = $10 WHERE organization_id = :org AND conversation_id = $1 AND id = $2",
};

enum result message_finish(struct call *call, const struct message_row *row)
{
    return db_run(call, &finish_message, ARGS(db_uuid(row->conversation_id), db_uuid(row->id), db_text(row->content), db_text(row->status), db_text(row->citations),
                                              db_text(row->error_code), db_text(row->error_message), db_int(row->input_tokens), db_int(row->output_tokens),
                                              db_int(row->cost_micros)));
}

static const struct query read_message = { .name = "message_read", .sql = MESSAGE "AND id = $2", ROWS(struct message_row, message_columns) };

enum result message_read(struct call *call, uuid conversation, uuid id, struct message_row *ret_row)
{
    return db_one(call, &read_message, ARGS(db_uuid(conversation), db_uuid(id)), ret_row);
}

static const struct query list_messages = {
    .name = "message_list", .sql = MESSAGE "AND (id > $2 OR $2 IS NULL) ORDER BY id LIMIT $3", ROWS(struct message_row, message_columns),
};

enum result message_list(struct call *call, uuid conversation, uuid after, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &list_messages, ARGS(db_uuid(conversation), db_uuid(after), db_int(limit)), ret_rows);
}

static const struct query latest_messages = { .name = "message_latest", .sql = MESSAGE "ORDER BY id DESC LIMIT $2", ROWS(struct message_row, message_columns) };

enum result message_latest(struct call *call, uuid conversation, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &latest_messages, ARGS(db_uuid(conversation), db_int(limit)), ret_rows);
}

#define INTERRUPT "UPDATE messages SET status = 'failed', error_code = 'INTERRUPTED', error_message = 'The server was stopped while it answered.' "

static const struct query interrupted = {
    .name = "messages_interrupted",
    .sql = INTERRUPT "WHERE status = 'streaming' AND created_at < $1",
    .system = "answers that an instance left unfinished",
};

enum result messages_interrupted(struct call *call, int64_t begun_before)
{
    return db_run(call, &interrupted, ARGS(db_time(begun_before)));
}

static const struct query interrupt_one = {
    .name = "message_interrupted", .sql = INTERRUPT "WHERE organization_id = :org AND conversation_id = $1 AND id = $2 AND status = 'streaming'",
};

enum result message_interrupted(struct call *call, uuid conversation, uuid id)
{
    return db_run(call, &interrupt_one, ARGS(db_uuid(conversation), db_uuid(id)));
}

/* --- what is kept of a person ------------------------------------------------------------------------------------------------ */

static const struct query export_conversations = {
    .name = "export_conversations", .sql = CONVERSATION "WHERE user_id = $1 ORDER BY created_at", ROWS(struct conversation_row, conversation_columns),
    .system = "a person asks for what is kept of them",
};
static const struct query export_messages = {
    .name = "export_messages",
    .sql = "SELECT m.conversation_id, m.id, m.role, m.content, m.status, m.citations, m.model, m.error_code, m.error_message, m.input_tokens, m.output_tokens, "
           "m.cost_micros, m.created_at FROM conversations c JOIN messages m ON m.organization_id = c.organization_id AND m.conversation_id = c.id "
           "WHERE c.user_id = $1 ORDER BY c.created_at, m.id",
    ROWS(struct message_row, message_columns), .system = "a person asks for what is kept of them",
};
const struct export conversations_exports[] = {
    { "conversations", &export_conversations, .covers = { "conversations.user_id" }, .doc = "Their conversations." },
    { "messages", &export_messages, .doc = "What was said in them." },
    { NULL },
};

const struct query *const conversations_queries[] = {
    &insert, &read_one, &count, &list, &recent, &change, &delete_one, &touch, &insert_message, &finish_message, &read_message, &list_messages, &latest_messages,
    &interrupted, &interrupt_one, &export_conversations, &export_messages, NULL,
};
