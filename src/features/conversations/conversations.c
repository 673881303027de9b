#include "features/conversations/conversations.h"

#include "bus/bus.h"
#include "core/config.h"
#include "features/conversations/conversations_answer.h"
#include "features/conversations/conversations_api.h"
#include "features/conversations/conversations_store.h"
#include "store/db.h"

/* Of the only instance, whatever is unfinished when it starts; of several, what has taken longer than a call may. */
static enum result start(struct call *call)
{
    return db_is_shared(call->on->db) || bus_shared(call->on->bus) ? OK : messages_interrupted(call, call->now + DAY);
}

static enum result end_interrupted(struct call *call)
{
    return messages_interrupted(call, call->now - ANSWER_LONGEST);
}

static const struct chore interrupted = {
    .name = "conversations.interrupted", .every = MINUTE, .run = end_interrupted, .doc = "Ends answers whose instance was killed.",
};
static const struct chore *const chores[] = { &interrupted, NULL };
static const struct event *const events[] = { &answer_stopped, NULL };
static const struct event_handler handlers[] = { { &answer_stopped, answer_on_stopped }, { NULL, NULL } };

static const struct sample samples[] = {
    { "/api/conversations/:id", "POST /api/conversations", "{\"title\":\"{mark}\"}", "data.id", .table = "conversations" },
    { "/api/conversations/:id/messages/:message_id", "POST /api/conversations/:id/messages", "{\"content\":\"What is {mark}?\",\"stream\":false}", "data.message.id" },
    { 0 },
};

const struct module conversations_module = {
    .name = "conversations", .doc = "Questions and cited answers.", .routes = conversations_routes, .samples = samples, .exports = conversations_exports, .queries = conversations_queries,
    .chores = chores, .events = events, .handlers = handlers, .start = start,
};
