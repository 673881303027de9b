/* API keys: shown once, bound to their scopes, dead when they are revoked or have expired. */
#include "tests/scenario/scenario.h"

static void is_not_shown(struct world *world, const struct answer *answer)
{
    expect_answer(world, answer, text_find(answer->body, kept(world, "deploy.key")) == SIZE_MAX, "the key itself is not shown again");
    expect_answer(world, answer, text_find(answer->body, T("key_hash")) == SIZE_MAX, "nor its hash");
}

static const struct scenario rows[] = {
    { "a key is made with the usual scopes", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'deploy'}", .status = 201,
      .has = { "data.name=deploy", "data.key^tn_live_", "data.prefix^tn_live_", "data.scopes#6", "data.expires_at!", "data.created_at" },
      .keep = { "deploy.id=data.id", "deploy.key=data.key" }, .audit = "key.created deploy" },
    { "it is listed without itself", .as = OWNER, .send = "GET /api/keys", .has = { "data#1", "data.0.name=deploy", "data.0.last_used!", "meta.total=1", "meta.page=1", "meta.page_size=20" },
      .lacks = { "data.0.key" }, .check = is_not_shown },
    { "and read without itself", .as = OWNER, .send = "GET /api/keys/{deploy.id}", .has = { "data.id={deploy.id}" }, .lacks = { "data.key" }, .check = is_not_shown },
    { "it opens what its scopes say", .as = BEARER("{deploy.key}"), .send = "GET /api/usage/events" },
    { "and nothing else", .as = BEARER("{deploy.key}"), .send = "GET /api/keys", .error = "FORBIDDEN", .has = { "error.message=This needs the permission keys.manage." } },
    { "its use is noted", .as = OWNER, .send = "GET /api/keys/{deploy.id}", .eventually = true, .has = { "data.last_used" } },
    { "a changed letter opens nothing", .as = BEARER("{deploy.key}x"), .send = "GET /api/usage/events", .error = "UNAUTHENTICATED" },
    { "it is renamed", .as = OWNER, .send = "PATCH /api/keys/{deploy.id}", .body = "{'name':'ci'}", .has = { "data.name=ci", "data.scopes#6" }, .audit = "key.changed deploy" },
    { "its scopes are changed", .as = OWNER, .send = "PATCH /api/keys/{deploy.id}", .body = "{'scopes':['audit.read']}", .has = { "data.name=ci", "data.scopes#1", "data.scopes.0=audit.read" } },
    { "at once", .as = BEARER("{deploy.key}"), .send = "GET /api/usage/events", .error = "FORBIDDEN" },
    { "both ways", .as = BEARER("{deploy.key}"), .send = "GET /api/audit" },
    { "no scope is a choice too", .as = OWNER, .send = "PATCH /api/keys/{deploy.id}", .body = "{'scopes':[]}", .has = { "data.scopes#0" } },
    { "an unknown scope is not", .as = OWNER, .send = "PATCH /api/keys/{deploy.id}", .body = "{'scopes':['everything']}", .error = "VALIDATION_ERROR" },
    { "which is named by its place", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'x','scopes':['usage.read','everything']}", .error = "VALIDATION_ERROR",
      .says = { "\"scopes.1\"" } },
    { "nothing given, nothing changed", .as = OWNER, .send = "PATCH /api/keys/{deploy.id}", .body = "{'name':null}", .has = { "data.name=ci" } },

    { "a key that manages keys", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'manager','scopes':['keys.manage','usage.read']}", .status = 201,
      .keep = { "manager.key=data.key", "manager.id=data.id" } },
    { "makes keys", .as = BEARER("{manager.key}"), .send = "POST /api/keys", .body = "{'name':'made','scopes':['usage.read']}", .status = 201 },
    { "not with more than it has", .as = BEARER("{manager.key}"), .send = "POST /api/keys", .body = "{'name':'greedy','scopes':['providers.manage']}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.scopes" } },
    { "not by default either", .as = BEARER("{manager.key}"), .send = "POST /api/keys", .body = "{'name':'greedy'}", .error = "VALIDATION_ERROR" },
    { "nor by a change of its own", .as = BEARER("{manager.key}"), .send = "PATCH /api/keys/{manager.id}", .body = "{'scopes':['keys.manage','audit.read']}", .error = "VALIDATION_ERROR" },
    { "a member makes none", .as = MEMBER, .send = "POST /api/keys", .body = "{'name':'x'}", .error = "FORBIDDEN" },
    { "a browser makes one", .as = BROWSER, .send = "POST /api/keys", .body = "{'name':'by hand'}", .status = 201 },

    { "a key may expire", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'short','scopes':['usage.read'],'expires_at':'2100-01-01T00:00:00+02:00'}", .status = 201,
      .has = { "data.expires_at=2099-12-31T22:00:00.000Z" } },
    { "not in the past", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'late','expires_at':'2001-01-01T00:00:00Z'}", .error = "VALIDATION_ERROR", .has = { "error.fields.expires_at" } },

    { "it is revoked", .as = OWNER, .send = "DELETE /api/keys/{manager.id}", .has = { "success=true" }, .audit = "key.revoked manager" },
    { "at once", .as = BEARER("{manager.key}"), .send = "GET /api/usage/events", .error = "UNAUTHENTICATED" },
    { "for /v1 as well", .as = BEARER("{manager.key}"), .send = "GET /v1/models", .status = 401, .has = { "error.code=invalid_api_key" } },
    { "once", .as = OWNER, .send = "DELETE /api/keys/{manager.id}", .error = "NOT_FOUND" },
    { "it is not there any more", .as = OWNER, .send = "GET /api/keys/{manager.id}", .error = "NOT_FOUND" },
    { "nor to be changed", .as = OWNER, .send = "PATCH /api/keys/{manager.id}", .body = "{'name':'x'}", .error = "NOT_FOUND" },

    { "the newest key comes first", .as = OWNER, .send = "GET /api/keys?page=1&page_size=2", .has = { "data#2", "meta.page_size=2", "data.0.name=short", "data.1.name=by hand" },
      .keep = { "total=meta.total" } },
    { "the next page goes on", .as = OWNER, .send = "GET /api/keys?page=2&page_size=2", .has = { "data#2", "meta.page=2", "meta.total={total}", "data.0.name=made", "data.1.name=ci" } },
    { "behind the last there is nothing", .as = OWNER, .send = "GET /api/keys?page=9&page_size=2", .has = { "data#0", "meta.total={total}" } },
    { "an empty parameter is none", .as = OWNER, .send = "GET /api/keys?page=&page_size=", .has = { "meta.page=1", "meta.page_size=20" } },
};

static const struct scenario expiring[] = {
    { "a key for an hour", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'hour','scopes':['usage.read'],'expires_at':'{soon}'}", .status = 201, .keep = { "hour.key=data.key" } },
    { "opens now", .as = BEARER("{hour.key}"), .send = "GET /api/usage/events" },
    { "and in an hour no more", .as = BEARER("{hour.key}"), .send = "GET /api/usage/events", .later = 61 * MINUTE, .error = "UNAUTHENTICATED",
      .has = { "error.message=The API key has expired." } },

    { "after that long a sign-in is asked for", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { "owner.token=token" } },
    { "a key to be rotated", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'turning','scopes':['usage.read'],'rate_limit':3}", .status = 201,
      .has = { "data.rate_limit=3" }, .keep = { "turning=data.id", "turning.first=data.key" } },
    { "opens", .as = BEARER("{turning.first}"), .send = "GET /api/usage/events", .heads = { "X-RateLimit-Limit: 3" } },
    { "it is rotated", .as = OWNER, .send = "POST /api/keys/{turning}/rotate", .body = "{'overlap_seconds':3600}", .has = { "data.id={turning}", "data.previous_until" },
      .keep = { "turning.second=data.key" }, .audit = "key.rotated turning" },
    { "the new one opens", .as = BEARER("{turning.second}"), .send = "GET /api/usage/events" },
    { "the former one too", .as = BEARER("{turning.first}"), .send = "GET /api/usage/events" },
    { "its limit is of both together", .as = BEARER("{turning.second}"), .send = "GET /api/usage/events", .error = "RATE_LIMITED" },
    { "after the overlap it is over", .as = BEARER("{turning.first}"), .send = "GET /api/usage/events", .later = 61 * MINUTE, .error = "UNAUTHENTICATED" },
    { "the new one goes on", .as = BEARER("{turning.second}"), .send = "GET /api/usage/events" },
    { "and a sign-in again", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { "owner.token=token" } },
    { "without an overlap", .as = OWNER, .send = "POST /api/keys/{turning}/rotate", .body = "{'overlap_seconds':0}", .has = { "data.previous_until!" }, .keep = { "turning.third=data.key" } },
    { "it is over at once", .as = BEARER("{turning.second}"), .send = "GET /api/usage/events", .error = "UNAUTHENTICATED" },
    { "the limit is lifted", .as = OWNER, .send = "PATCH /api/keys/{turning}", .body = "{'rate_limit':500}", .has = { "data.rate_limit=500" } },
    { "at once", .as = BEARER("{turning.third}"), .send = "GET /api/usage/events", .heads = { "X-RateLimit-Limit: 500" } },
    { "an overlap too long", .as = OWNER, .send = "POST /api/keys/{turning}/rotate", .body = "{'overlap_seconds':99999999}", .error = "VALIDATION_ERROR", .has = { "error.fields.overlap_seconds" } },
};

static void run(struct world *world)
{
    char spelled[CLOCK_TEXT];

    keep(world, "soon", clock_format(clock_now() + HOUR, spelled));
    for (size_t i = 0; i < COUNT(expiring); i++)
        run_row(world, &expiring[i]);
}

const struct suite keys_scenarios = { SCENARIOS(rows), .run = run };
