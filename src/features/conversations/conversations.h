/*
 * Conversations: questions and answers over the organization's documents. An answer goes on when its reader leaves; whoever
 * comes back reads on where they were.
 */
#ifndef TENON_FEATURES_CONVERSATIONS_H
#define TENON_FEATURES_CONVERSATIONS_H

#include "core/module.h"

/* The caller's own conversations, for an overview. */
struct conversation_brief {
    uuid id;
    text title;
    int64_t updated_at;
};
CHECKED enum result conversations_count(struct call *call, int64_t *ret_count);
CHECKED enum result conversations_recent(struct call *call, int64_t limit, struct list *ret_briefs);

extern const struct module conversations_module;

#endif
