/* The audit log: newest first, page by page, for who may read it. */
#include "tests/scenario/scenario.h"

static const struct scenario rows[] = {
    { "something is done", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'noted'}", .status = 201 },
    { "and stands on top", .as = OWNER, .send = "GET /api/audit",
      .has = { "data.0.action=key.created", "data.0.target=noted", "data.0.actor_id={owner.id}", "data.0.actor_name=The owner", "data.0.ip_address=127.0.0.1", "data.0.created_at",
               "meta.next_cursor!" } },
    { "below it what came before", .as = OWNER, .send = "GET /api/audit", .has = { "data.1.action=auth.signup" } },
    { "more is done", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'more'}", .status = 201, .times = 3 },
    { "it is read by pages", .as = OWNER, .send = "GET /api/audit?limit=2", .has = { "data#2", "meta.next_cursor" }, .keep = { "next=meta.next_cursor" } },
    { "that go on where they ended", .as = OWNER, .send = "GET /api/audit?limit=2&cursor={next}", .has = { "data#2", "data.1.target=noted" }, .keep = { "next=meta.next_cursor" } },
    { "to the end", .as = OWNER, .send = "GET /api/audit?limit=2&cursor={next}", .has = { "data#1", "data.0.action=auth.signup", "meta.next_cursor!" } },
    { "a cursor is one that was given out", .as = OWNER, .send = "GET /api/audit?cursor=17", .error = "VALIDATION_ERROR", .has = { "error.fields.cursor" } },
    { "a key's work bears its name", .as = KEY("keys.manage usage.read"), .send = "POST /api/keys", .body = "{'name':'by key','scopes':['usage.read']}", .status = 201 },
    { "and nobody's", .as = OWNER, .send = "GET /api/audit?limit=1", .has = { "data.0.key_id", "data.0.actor_id!" } },
    { "an administrator reads it", .as = ADMIN, .send = "GET /api/audit" },
    { "a key with the scope does", .as = KEY("audit.read"), .send = "GET /api/audit" },
    { "a member does not", .as = MEMBER, .send = "GET /api/audit", .error = "FORBIDDEN" },
    { "what is looked for by its action", .as = OWNER, .send = "GET /api/audit?action=auth.signup&limit=50", .has = { "data#1", "data.0.action=auth.signup", "data.0.target=owner@example.com" } },
    { "an action that there is not", .as = OWNER, .send = "GET /api/audit?action=auth.sign", .has = { "data#0" } },
    { "by who did it", .as = OWNER, .send = "GET /api/audit?actor_id={owner.id}&limit=50", .has = { "data#7" } },
    { "and nobody else", .as = OWNER, .send = "GET /api/audit?actor_id={stranger.id}", .has = { "data#0" } },
    { "by a part of the target", .as = OWNER, .send = "GET /api/audit?q=OTED", .has = { "data#1", "data.0.target=noted" } },
    { "or of the action", .as = OWNER, .send = "GET /api/audit?q=.signup", .has = { "data#1" } },
    { "in which % is a letter", .as = OWNER, .send = "GET /api/audit?q=%25", .has = { "data#0" } },
    { "by time", .as = OWNER, .send = "GET /api/audit?from=2020-01-01&to=2020-02-01", .has = { "data#0" } },
    { "from one on", .as = OWNER, .send = "GET /api/audit?from=2020-01-01&action=auth.signup", .has = { "data#1" } },
    { "a key named as a formula", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'=HYPERLINK(1;2)'}", .status = 201 },
    { "or with quotes and commas", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'a, \\u0022b\\u0022'}", .status = 201 },
    { "as a table, in which no cell is a formula", .as = OWNER, .send = "GET /api/audit/export", .heads = { "Content-Type: text/csv", "Content-Disposition: attachment" },
      .says = { "time,action,target,actor,actor_id,key_id,ip_address,detail\r\n", "\"key.created\",\"'=HYPERLINK(1;2)\",\"The owner\",\"{owner.id}\"", "\"a, \"\"b\"\"\"" } },
    { "filtered as the list is", .as = OWNER, .send = "GET /api/audit/export?action=auth.signup", .says = { "owner@example.com" }, .hides = { "key.created" } },
    { "not by members", .as = MEMBER, .send = "GET /api/audit/export", .error = "FORBIDDEN" },
    { "another organization has its own", .as = STRANGER, .send = "GET /api/audit", .has = { "data#1", "data.0.action=auth.signup" } },
};

const struct suite audit_scenarios = { SCENARIOS(rows) };
