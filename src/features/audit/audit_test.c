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
    { "another organization has its own", .as = STRANGER, .send = "GET /api/audit", .has = { "data#1", "data.0.action=auth.signup" } },

    { "a key goes beyond its scopes", .as = KEY("usage.read"), .send = "GET /api/keys", .error = "FORBIDDEN" },
    { "which is on record", .as = OWNER, .send = "GET /api/audit", .eventually = true, .says = { "key.out_of_scope", "GET /api/keys" } },
    { "a stranger's key", .as = STRANGER, .send = "POST /api/keys", .body = "{'name':'strange'}", .status = 201, .keep = { "foreign=data.id" } },
    { "somebody tries it", .as = OWNER, .send = "GET /api/keys/{foreign}", .error = "NOT_FOUND" },
    { "whose it is can read of it", .as = STRANGER, .send = "GET /api/audit", .eventually = true, .says = { "access.foreign", "GET /api/keys/{foreign}" }, .hides = { "{owner.id}" } },
    { "who tried learns nothing of it", .as = OWNER, .send = "GET /api/audit", .hides = { "access.foreign" } },
};

const struct suite audit_scenarios = { SCENARIOS(rows) };
