#include "features/conversations/conversations.h"

#include "bus/bus.h"
#include "features/conversations/conversations_answer.h"
#include "features/conversations/conversations_api.h"
#include "features/conversations/conversations_store.h"

static enum result start(struct call *call)
{
    /* alone, whatever is unfinished is ours; another instance may still be giving its own */
    return messages_interrupted(call, bus_shared(call->on->bus) ? call->now - ANSWER_LONGEST : call->now + DAY);
}

static const struct event *const events[] = { &answer_stopped, NULL };
static const struct event_handler handlers[] = { { &answer_stopped, answer_on_stopped }, { NULL, NULL } };

const struct module conversations_module = {
    .name = "conversations", .doc = "Questions and cited answers.", .routes = conversations_routes, .queries = conversations_queries,
    .events = events, .handlers = handlers, .start = start,
};
