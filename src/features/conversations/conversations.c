#include "features/conversations/conversations.h"

#include "features/conversations/conversations_api.h"
#include "features/conversations/conversations_store.h"

static enum result start(struct call *call)
{
    return messages_interrupted(call);
}

const struct module conversations_module = {
    .name = "conversations", .doc = "Questions and cited answers.", .routes = conversations_routes, .queries = conversations_queries, .start = start,
};
