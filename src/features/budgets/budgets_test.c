/* Budgets: set, shown and taken away; enforced on every way to a model, and not overspent by however many calls at once. */
#include "tests/scenario/scenario.h"
#include "tests/scenario/upstream.h"

#include <stdio.h>

#define MAKE .as = OWNER, .send = "POST /api/budgets"

static const struct scenario rows[] = {
    { "none at first", .as = VIEWER, .send = "GET /api/budgets", .has = { "data#0", "meta.total=0" } },
    { "the organization's", MAKE, .body = "{'scope':'organization','period':'month','limit_micros':1000000}", .status = 201,
      .has = { "data.scope=organization", "data.scope_id!", "data.period=month", "data.limit_micros=1000000", "data.spent_micros=0", "data.period_starts_at", "data.period_ends_at" },
      .keep = { "org.budget=data.id" }, .audit = "budget.created organization month" },
    { "one a period", MAKE, .body = "{'scope':'organization','period':'month','limit_micros':5}", .error = "CONFLICT" },
    { "another for the day", .as = ADMIN, .send = "POST /api/budgets", .body = "{'scope':'organization','period':'day','limit_micros':5}", .status = 201, .keep = { "day.budget=data.id" } },
    { "a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'spender'}", .status = 201, .keep = { "spender=data.id" } },
    { "the key's", MAKE, .body = "{'scope':'key','scope_id':'{spender}','period':'total','limit_micros':9007199254740}", .status = 201,
      .has = { "data.scope_id={spender}", "data.period_ends_at!", "data.limit_micros=9007199254740" }, .keep = { "key.budget=data.id" }, .audit = "budget.created key {spender} total" },
    { "one a key and period", MAKE, .body = "{'scope':'key','scope_id':'{spender}','period':'total','limit_micros':5}", .error = "CONFLICT" },
    { "a member's", MAKE, .body = "{'scope':'user','scope_id':'{admin.id}','period':'month','limit_micros':5}", .status = 201, .has = { "data.scope=user", "data.scope_id={admin.id}" },
      .keep = { "user.budget=data.id" } },
    { "all of them", .as = VIEWER, .send = "GET /api/budgets?page_size=2", .has = { "data#2", "meta.total=4", "data.0.id={user.budget}" } },
    { "one of them", .as = VIEWER, .send = "GET /api/budgets/{key.budget}", .has = { "data.id={key.budget}" } },
    { "its limit is changed", .as = OWNER, .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':7}", .has = { "data.limit_micros=7" }, .audit = "budget.changed key {spender} total" },
    { "from what to what the log says", .as = OWNER, .send = "GET /api/audit?limit=1", .has = { "data.0.detail.from=9007199254740", "data.0.detail.to=7" } },
    { "not below one", .as = OWNER, .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':0}", .error = "VALIDATION_ERROR", .has = { "error.fields.limit_micros" } },
    { "nothing else of it", .as = OWNER, .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':7,'period':'day'}", .error = "VALIDATION_ERROR", .has = { "error.fields.period" } },

    { "a scope is one", MAKE, .body = "{'scope':'planet','period':'day','limit_micros':5}", .error = "VALIDATION_ERROR", .has = { "error.fields.scope" } },
    { "a period is one", MAKE, .body = "{'scope':'organization','period':'year','limit_micros':5}", .error = "VALIDATION_ERROR", .has = { "error.fields.period" } },
    { "the organization names none", MAKE, .body = "{'scope':'organization','scope_id':'{owner.org}','period':'total','limit_micros':5}", .error = "VALIDATION_ERROR", .has = { "error.fields.scope_id" } },
    { "a key's names its key", MAKE, .body = "{'scope':'key','period':'day','limit_micros':5}", .error = "VALIDATION_ERROR", .has = { "error.fields.scope_id" } },
    { "which is there", MAKE, .body = "{'scope':'key','scope_id':'{owner.id}','period':'day','limit_micros':5}", .error = "VALIDATION_ERROR", .has = { "error.fields.scope_id" } },
    { "a key of another organization", .as = STRANGER, .send = "POST /api/budgets", .body = "{'scope':'key','scope_id':'{spender}','period':'day','limit_micros':5}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.scope_id" } },
    { "nor one of its members", .as = STRANGER, .send = "POST /api/budgets", .body = "{'scope':'user','scope_id':'{owner.id}','period':'day','limit_micros':5}", .error = "VALIDATION_ERROR" },
    { "a stranger sees none", .as = STRANGER, .send = "GET /api/budgets", .has = { "data#0" } },
    { "reads none", .as = STRANGER, .send = "GET /api/budgets/{key.budget}", .error = "NOT_FOUND" },
    { "changes none", .as = STRANGER, .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':700}", .error = "NOT_FOUND" },
    { "and takes none away", .as = STRANGER, .send = "DELETE /api/budgets/{key.budget}", .error = "NOT_FOUND" },
    { "a member sets none", .as = MEMBER, .send = "POST /api/budgets", .body = "{'scope':'organization','period':'total','limit_micros':5}", .error = "FORBIDDEN" },
    { "nor changes one", .as = MEMBER, .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':700}", .error = "FORBIDDEN" },
    { "a key may, with the scope", .as = KEY("budgets.manage usage.read"), .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':8}" },
    { "and not without", .as = KEY("usage.read"), .send = "PATCH /api/budgets/{key.budget}", .body = "{'limit_micros':9}", .error = "FORBIDDEN" },
    { "it is taken away", .as = OWNER, .send = "DELETE /api/budgets/{day.budget}", .audit = "budget.deleted organization day" },
    { "once", .as = OWNER, .send = "DELETE /api/budgets/{day.budget}", .error = "NOT_FOUND" },
    { "a revoked key", .as = OWNER, .send = "DELETE /api/keys/{spender}" },
    { "takes its budgets along", .as = OWNER, .send = "GET /api/budgets/{key.budget}", .error = "NOT_FOUND" },
    { "a removed member", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}/members/{admin.id}" },
    { "as well", .as = OWNER, .send = "GET /api/budgets", .has = { "data#1", "data.0.id={org.budget}" } },
    { "and the organization's too", .as = OWNER, .send = "DELETE /api/budgets/{org.budget}" },
};

#define RUN(...) run_row(world, &(struct scenario){ __VA_ARGS__ })

/* gpt-6-sol costs 2 USD a million tokens in and 10 out; the service below counts 50 in and what the request allows out. */
#define CHAT(words) "{'model':'openai/gpt-6-sol','messages':[{'role':'user','content':'Hello'}]" words "}"
enum { CALLS = 200, DOLLAR = 1000000, CALL_COST = 100 + 20000 };

static int64_t number(struct world *world, const char *as, const char *send, const char *path)
{
    struct answer answer = ask(world, as, send, NULL, NULL);
    int64_t value = -1;

    expect_answer(world, &answer, text_int(answer_member(world, &answer, path), &value), "%s is a number", path);
    return value;
}

static int64_t ledger_of(struct world *world, text key)
{
    struct answer answer = ask(world, OWNER, "GET /api/usage?group_by=key", NULL, NULL);
    int64_t cost = -1;

    for (int i = 0; i < 10; i++) {
        char group[32], micros[32];

        snprintf(group, sizeof group, "data.%d.group", i);
        snprintf(micros, sizeof micros, "data.%d.cost_micros", i);
        if (text_equal(answer_member(world, &answer, group), key))
            text_int(answer_member(world, &answer, micros), &cost);
    }
    return cost;
}

static void make_key(struct world *world, const char *name)
{
    char id[64], key[64];

    snprintf(id, sizeof id, "%s.id=data.id", name);
    snprintf(key, sizeof key, "%s.key=data.key", name);
    RUN("a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'spender','scopes':['gateway.use','conversations.read','conversations.write']}", .status = 201, .keep = { id, key });
}

/* 200 calls that meet, each coming again as long as it is told that it is only for the moment; how many were answered. */
static size_t hammer(struct world *world, const char *as, const char *body)
{
    struct at_once calls[CALLS];
    size_t waiting = CALLS, answered = 0;

    for (int round = 0; waiting && round < 2 * CALLS; round++) {
        size_t next = 0;

        for (size_t i = 0; i < waiting; i++)
            calls[i] = (struct at_once){ .as = as, .send = "POST /v1/chat/completions", .body = body, .says = "insufficient_quota" };
        ask_at_once(world, calls, waiting);
        for (size_t i = 0; i < waiting; i++) {
            answered += calls[i].status == 200;
            next += calls[i].status == 429 && !calls[i].said;
            expect(world, calls[i].status == 200 || calls[i].status == 429, "a call is answered, or refused for its budget: %d", calls[i].status);
        }
        waiting = next;
    }
    expect(world, waiting == 0, "%zu calls were never let in nor refused for good", waiting);
    return answered;
}

static void spend_a_dollar(struct world *world, const char *name, const char *body)
{
    const char *bearer = filled(world, "bearer {spend.key}"), *budget;
    size_t answered;
    int64_t spent, ledger;

    world_about(world, name);
    budget = filled(world, "GET /api/budgets/{spend.budget}");
    answered = hammer(world, bearer, body);
    spent = number(world, OWNER, budget, "data.spent_micros");
    expect(world, answered > 0 && spent == (int64_t)answered * CALL_COST, "%zu calls have cost %lld", answered, (long long)spent);
    expect(world, spent >= DOLLAR - 1000 && spent < DOLLAR + CALL_COST, "overspent by at most one call: %lld", (long long)spent);
    ledger = ledger_of(world, kept(world, "spend.id"));
    expect(world, ledger == spent, "the ledger says %lld, the budget %lld", (long long)ledger, (long long)spent);
}

static void whole_and_streamed(struct world *world)
{
    static const struct { const char *name, *body; } ways[] = {
        { "200 whole answers at once", CHAT(",'max_tokens':2000") },
        { "200 streams at once", CHAT(",'max_tokens':2000,'stream':true") },
    };

    for (size_t i = 0; i < COUNT(ways); i++) {
        make_key(world, "spend");
        RUN("its budget", MAKE, .body = "{'scope':'key','scope_id':'{spend.id}','period':'day','limit_micros':1000000}", .status = 201, .keep = { "spend.budget=data.id" });
        spend_a_dollar(world, ways[i].name, ways[i].body);
        RUN("spent is spent", .as = BEARER("{spend.key}"), .send = "POST /v1/chat/completions", .body = ways[i].body, .status = 429,
            .has = { "error.code=insufficient_quota", "error.type=insufficient_quota", "error.message=The daily budget of this API key is spent." }, .heads = { "x-should-retry: false" });
        RUN("the builtin model costs nothing", .as = BEARER("{spend.key}"), .send = "POST /v1/chat/completions", .body = "{'model':'builtin/extract-1','messages':[{'role':'user','content':'Hello'}]}");
        RUN("another day", .as = BEARER("{spend.key}"), .send = "POST /v1/chat/completions", .body = ways[i].body, .later = DAY);
        RUN("another budget", .as = OWNER, .send = "GET /api/budgets/{spend.budget}", .has = { "data.spent_micros=20100" });
        RUN("the key goes", .as = OWNER, .send = "DELETE /api/keys/{spend.id}");
    }
}

static void connect_service(struct world *world, const struct upstream *upstream)
{
    char body[200];

    snprintf(body, sizeof body, "{'provider':'openai','api_key':'sk-test','base_url':'http://127.0.0.1:%d/v1'}", upstream_port(upstream));
    RUN("a service", .as = OWNER, .send = "POST /api/providers", .body = body, .status = 201);
}

static void run(struct world *world)
{
    struct upstream *upstream = upstream_start();

    if (!expect(world, upstream != NULL, "a service to call"))
        return;
    connect_service(world, upstream);
    whole_and_streamed(world);
    upstream_stop(upstream);
}

const struct suite budgets_scenarios = { SCENARIOS(rows), .run = run };
