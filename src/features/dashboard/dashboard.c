/* The overview: what there is, what was used, what happened last. */
#include "features/dashboard/dashboard.h"

#include <stdlib.h>

#include "features/conversations/conversations.h"
#include "features/keys/keys.h"
#include "features/knowledge/knowledge.h"
#include "features/providers/providers.h"
#include "features/system/system.h"
#include "features/usage/usage.h"
#include "http/http.h"

enum { RECENT = 8 };

struct counts {
    int64_t documents, conversations, keys, providers;
};
static const struct field counts_view[] = {
    INT(struct counts, documents), INT(struct counts, conversations), INT(struct counts, keys), INT(struct counts, providers), FIELDS_END,
};

struct period {
    int64_t from, to, requests, input_tokens, output_tokens, cost_micros, saved_micros, errors;
};
static const struct field period_view[] = {
    TIME(struct period, from), TIME(struct period, to), INT(struct period, requests), INT(struct period, input_tokens), INT(struct period, output_tokens),
    INT(struct period, cost_micros), INT(struct period, saved_micros), INT(struct period, errors), FIELDS_END,
};

struct activity {
    text kind;
    uuid id;
    text title, detail;
    int64_t created_at;
};
static const char *const activity_kinds[] = { "document", "conversation", "call", NULL };
static const struct field activity_view[] = {
    TEXT(struct activity, kind, .one_of = activity_kinds), UUID(struct activity, id), TEXT(struct activity, title), TEXT(struct activity, detail),
    TIME(struct activity, created_at), FIELDS_END,
};

struct health {
    text status, database, cache, disk;
};
static const struct field health_view[] = {
    TEXT(struct health, status), TEXT(struct health, database), TEXT(struct health, cache), TEXT(struct health, disk), FIELDS_END,
};

struct agent {
    uuid id;
    text name, status;
};
static const struct field agent_view[] = { UUID(struct agent, id), TEXT(struct agent, name), TEXT(struct agent, status), FIELDS_END };

struct overview {
    struct counts counts;
    struct period usage;
    struct list recent, agents;
    struct health health;
};
static const struct field overview_view[] = {
    OBJECT(struct overview, counts, struct counts, counts_view), OBJECT(struct overview, usage, struct period, period_view),
    LIST(struct overview, recent, struct activity, activity_view), LIST(struct overview, agents, struct agent, agent_view),
    OBJECT(struct overview, health, struct health, health_view), FIELDS_END,
};

static int newest_first(const void *a, const void *b)
{
    const struct activity *one = a, *other = b;

    return (other->created_at > one->created_at) - (other->created_at < one->created_at);
}

static enum result gather_recent(struct call *call, struct list *ret_recent)
{
    struct activity *all = arena_array(&call->arena, 3 * (size_t)RECENT, sizeof *all);
    struct list documents, conversations, calls;
    size_t len = 0;

    TRY(knowledge_recent(call, RECENT, &documents));
    TRY(conversations_recent(call, RECENT, &conversations));
    TRY(usage_recent(call, RECENT, &calls));
    for (size_t i = 0; i < documents.len; i++) {
        const struct document_brief *row = (const struct document_brief *)documents.items + i;

        all[len++] = (struct activity){ T("document"), row->id, row->title, row->status, row->created_at };
    }
    for (size_t i = 0; i < conversations.len; i++) {
        const struct conversation_brief *row = (const struct conversation_brief *)conversations.items + i;

        all[len++] = (struct activity){ T("conversation"), row->id, row->title.len ? row->title : T("New conversation"), T(""), row->updated_at };
    }
    for (size_t i = 0; i < calls.len; i++) {
        const struct usage_brief *row = (const struct usage_brief *)calls.items + i;

        all[len++] = (struct activity){ T("call"), row->id, row->model, row->error.ptr ? row->error : row->endpoint, row->created_at };
    }
    qsort(all, len, sizeof *all, newest_first);
    *ret_recent = (struct list){ all, len < RECENT ? len : RECENT };
    return OK;
}

static enum result show(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct overview view = { 0 };
    struct system_health health = system_health(call->on);
    int64_t from = call->now / DAY * DAY - 29 * DAY;
    struct usage_sum sum;

    (void)body;
    TRY(knowledge_count(call, &view.counts.documents));
    TRY(conversations_count(call, &view.counts.conversations));
    TRY(keys_count(call, &view.counts.keys));
    TRY(providers_count(call, &view.counts.providers));
    TRY(usage_total(call, from, call->now + 1, &sum));
    TRY(gather_recent(call, &view.recent));
    view.usage = (struct period){ from, call->now, sum.requests, sum.input_tokens, sum.output_tokens, sum.cost_micros, sum.saved_micros, sum.errors };
    view.health = (struct health){ health.database ? T("ok") : T("degraded"), health.database ? T("connected") : T("unavailable"), T("memory"),
                                   health.disk ? T("ok") : T("low") };
    return respond(req, 200, overview_view, &view);
}

static const struct route dashboard_routes[] = {
    { GET, "/api/dashboard", show, .access = ACCESS_MEMBER, .permission = USAGE_READ, .view = overview_view, .late = true, .doc = "Counts, the last 30 days' usage, recent activity and health." },
    { 0 },
};

const struct module dashboard_module = { .name = "dashboard", .doc = "The overview.", .routes = dashboard_routes };
