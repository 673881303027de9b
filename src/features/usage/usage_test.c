/* What was called and what it cost: one row a call, and sums of them. */
#include "tests/scenario/scenario.h"

#define CHAT .send = "POST /v1/chat/completions", .body = "{'model':'builtin/extract-1','messages':[{'role':'user','content':'Hello'}]}"

static const struct scenario rows[] = {
    { "at first there is nothing", .as = OWNER, .send = "GET /api/usage/events", .has = { "data#0", "meta.next_cursor!" } },
    { "and thirty days of it", .as = OWNER, .send = "GET /api/usage", .has = { "data#30", "data.0.requests=0", "data.29.requests=0", "data.29.group" } },
    { "a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'counted'}", .status = 201, .keep = { "key=data.key", "key.id=data.id" } },
    { "calls", .as = BEARER("{key}"), CHAT },
    { "is on record at once", .as = OWNER, .send = "GET /api/usage/events",
      .has = { "data#1", "data.0.endpoint=/v1/chat/completions", "data.0.feature=gateway", "data.0.provider=builtin", "data.0.model~extract-1", "data.0.key_id={key.id}",
               "data.0.key_name=counted", "data.0.user_id!", "data.0.status=200", "data.0.error!", "data.0.input_tokens", "data.0.output_tokens", "data.0.cost_micros=0",
               "data.0.latency_ms", "data.0.streamed=false" } },
    { "to be named", .as = OWNER, .send = "GET /api/usage/events?limit=1", .keep = { "event=data.0.id" } },
    { "and read alone", .as = OWNER, .send = "GET /api/usage/events/{event}", .has = { "data.id={event}", "data.status=200" } },
    { "by nobody else", .as = STRANGER, .send = "GET /api/usage/events/{event}", .error = "NOT_FOUND" },
    { "and once", .as = BEARER("{key}"), CHAT, .times = 4 },
    { "each", .as = OWNER, .send = "GET /api/usage/events", .has = { "data#5" } },
    { "a refused call too", .as = BEARER("{key}"), .send = "POST /v1/embeddings", .body = "{'model':'builtin/embed-1','input':['a','b']}", .has = { "data#2" } },
    { "sums by day", .as = OWNER, .send = "GET /api/usage?group_by=day", .has = { "data#30", "data.29.requests=6", "data.29.errors=0", "data.29.cost_micros=0", "data.29.saved_micros" } },
    { "by model", .as = OWNER, .send = "GET /api/usage?group_by=model", .has = { "data#2" }, .says = { "extract-1", "embed-1" } },
    { "by provider", .as = OWNER, .send = "GET /api/usage?group_by=provider", .has = { "data#1", "data.0.requests=6" } },
    { "by key", .as = OWNER, .send = "GET /api/usage?group_by=key", .has = { "data#1", "data.0.group={key.id}", "data.0.label=counted", "data.0.requests=6" } },
    { "by user", .as = OWNER, .send = "GET /api/usage?group_by=user", .has = { "data#1", "data.0.group!" } },
    { "by feature", .as = OWNER, .send = "GET /api/usage?group_by=feature", .has = { "data#1", "data.0.group=gateway" } },
    { "of one day", .as = OWNER, .send = "GET /api/usage?from=2020-01-01&to=2020-01-01", .has = { "data#1", "data.0.group=2020-01-01", "data.0.requests=0" } },
    { "the end is behind the begin", .as = OWNER, .send = "GET /api/usage?from=2020-01-02&to=2020-01-01T00:00:01Z", .error = "VALIDATION_ERROR", .has = { "error.fields.from" } },
    { "by at most 400 days", .as = OWNER, .send = "GET /api/usage?from=2020-01-01&to=2022-01-01", .error = "VALIDATION_ERROR" },
    { "however far it is", .as = OWNER, .send = "GET /api/usage?from=0001-01-01&to=9999-12-31", .error = "VALIDATION_ERROR" },
    { "rows by pages", .as = OWNER, .send = "GET /api/usage/events?limit=4", .has = { "data#4", "meta.next_cursor" }, .keep = { "next=meta.next_cursor" } },
    { "to the end", .as = OWNER, .send = "GET /api/usage/events?limit=4&cursor={next}", .has = { "data#2", "meta.next_cursor!" } },
    { "a revoked key's calls stay", .as = OWNER, .send = "DELETE /api/keys/{key.id}" },
    { "in the ledger", .as = OWNER, .send = "GET /api/usage/events", .has = { "data#6", "data.0.key_id={key.id}" } },
    { "a viewer sees them", .as = VIEWER, .send = "GET /api/usage/events", .has = { "data#6" } },
    { "a key without the scope does not", .as = KEY("gateway.use"), .send = "GET /api/usage", .error = "FORBIDDEN" },
    { "a stranger does not", .as = STRANGER, .send = "GET /api/usage/events", .has = { "data#0" } },
};

const struct suite usage_scenarios = { SCENARIOS(rows) };
