/* The overview: counts, usage, what was done lately, health. */
#include "tests/scenario/scenario.h"

static const struct scenario rows[] = {
    { "an empty organization", .as = OWNER, .send = "GET /api/dashboard",
      .has = { "data.counts.documents=0", "data.counts.conversations=0", "data.counts.keys=0", "data.counts.providers=0", "data.usage.requests=0", "data.usage.cost_micros=0",
               "data.usage.from", "data.usage.to", "data.recent#0", "data.agents#0", "data.health.status=ok", "data.health.database=connected" } },
    { "a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'x'}", .status = 201, .keep = { "key=data.key" } },
    { "a conversation", .as = OWNER, .send = "POST /api/conversations", .body = "{'title':'Opening hours'}", .status = 201, .keep = { "conversation=data.id" } },
    { "a document", .as = OWNER, .send = "POST /api/knowledge/documents", .body = "{'title':'Hours','text':'We open at nine.'}", .status = 202 },
    { "a call", .as = BEARER("{key}"), .send = "POST /v1/chat/completions", .body = "{'model':'builtin/extract-1','messages':[{'role':'user','content':'Hello'}]}" },
    { "are counted and shown", .as = OWNER, .send = "GET /api/dashboard", .eventually = true,
      .has = { "data.counts.documents=1", "data.counts.conversations=1", "data.counts.keys=1", "data.usage.requests=1", "data.recent#3", "data.recent.0.kind=call" },
      .says = { "Opening hours", "\"Hours\"" } },
    { "another organization sees none of it", .as = STRANGER, .send = "GET /api/dashboard", .has = { "data.counts.documents=0", "data.usage.requests=0", "data.recent#0" } },
    { "a viewer may see it", .as = VIEWER, .send = "GET /api/dashboard", .has = { "data.counts.documents=1" } },
    { "a viewer does not see others' conversations", .as = VIEWER, .send = "GET /api/dashboard", .hides = { "Opening hours" } },
};

const struct suite dashboard_scenarios = { SCENARIOS(rows) };
