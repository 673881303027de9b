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

/* What the ledger's sums say of one key. */
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

/* A key and its budget: {NAME.id}, {NAME.key}, {NAME.budget}. */
static void make_spender(struct world *world, const char *name, const char *period, int64_t limit)
{
    char id[64], key[64], budget[64], body[200];

    snprintf(id, sizeof id, "%s.id=data.id", name);
    snprintf(key, sizeof key, "%s.key=data.key", name);
    snprintf(budget, sizeof budget, "%s.budget=data.id", name);
    RUN("a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'spender','scopes':['gateway.use']}", .status = 201, .keep = { id, key });
    snprintf(body, sizeof body, "{'scope':'key','scope_id':'{%s.id}','period':'%s','limit_micros':%lld}", name, period, (long long)limit);
    if (limit)
        RUN("its budget", MAKE, .body = body, .status = 201, .keep = { budget });
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
        }
        if (!expect(world, answered_with(calls, waiting, 200) + answered_with(calls, waiting, 429) == waiting, "a call is answered, or refused for its budget"))
            return 0;
        waiting = next;
    }
    expect(world, waiting == 0, "%zu calls were never let in nor refused for good", waiting);
    return answered;
}

static void has_cost(struct world *world, const char *what, size_t answered)
{
    int64_t spent = number(world, OWNER, filled(world, "GET /api/budgets/{spend.budget}"), "data.spent_micros"), ledger = ledger_of(world, kept(world, "spend.id"));

    world_about(world, what);
    expect(world, spent == (int64_t)answered * CALL_COST, "%zu calls have cost %lld", answered, (long long)spent);
    expect(world, spent >= DOLLAR - 1000 && spent < DOLLAR + CALL_COST, "overspent by at most one call: %lld", (long long)spent);
    expect(world, ledger == spent, "the ledger says %lld, the budget %lld", (long long)ledger, (long long)spent);
}

/* With no hold before the call, none in the sum, or no settlement behind it (each taken out), all 200 were answered. */
static void spend_a_dollar(struct world *world, const char *what, const char *name, const char *body)
{
    static const char *const words[] = { "id", "key", "budget" };

    for (size_t i = 0; i < COUNT(words); i++) {
        char from[64], to[64];

        snprintf(from, sizeof from, "%s.%s", name, words[i]);
        snprintf(to, sizeof to, "spend.%s", words[i]);
        keep(world, to, kept(world, from));
    }
    world_about(world, what);
    has_cost(world, what, hammer(world, filled(world, "bearer {spend.key}"), body));
    RUN("spent is spent", .as = BEARER("{spend.key}"), .send = "POST /v1/chat/completions", .body = body, .status = 429,
        .has = { "error.code=insufficient_quota", "error.type=insufficient_quota", "error.message=The daily budget of this API key is spent." }, .heads = { "x-should-retry: false" });
    RUN("also for a model whose price nobody knows", .as = BEARER("{spend.key}"), .send = "POST /v1/chat/completions",
        .body = "{'model':'openai/of-tomorrow','messages':[{'role':'user','content':'Hello'}]}", .status = 429, .has = { "error.code=insufficient_quota" });
    RUN("the builtin model costs nothing", .as = BEARER("{spend.key}"), .send = "POST /v1/chat/completions", .body = "{'model':'builtin/extract-1','messages':[{'role':'user','content':'Hello'}]}");
}

/* --- calls under way ---------------------------------------------------------------------------------------------------------- */

static void comes_to(struct world *world, const struct upstream *upstream, int calls)
{
    int64_t until = clock_ticks() + 10 * SECOND;

    while (upstream_calls(upstream) < calls && clock_ticks() < until)
        clock_sleep(MILLISECOND);
    expect(world, upstream_calls(upstream) == calls, "the service was called %d times, not %d", calls, upstream_calls(upstream));
}

#define LARGE .as = BEARER("{busy.key}"), .send = "POST /v1/chat/completions", .body = CHAT("")

/* Without max_tokens a call may cost more than all of the budget: it goes alone. */
static void one_holds_what_is_left(struct world *world, struct upstream *upstream)
{
    struct at_once first = { LARGE }, second = { LARGE };
    struct asking *one, *other;
    int before = upstream_calls(upstream);

    upstream_hold(upstream, true);
    one = ask_begin(world, &first, 1);
    comes_to(world, upstream, before + 1);
    RUN("what is left is held", LARGE, .status = 429, .has = { "error.code=rate_limit_exceeded", "error.message~in a moment" }, .heads = { "Retry-After: 1", "!x-should-retry" });
    RUN("the limit is raised meanwhile", .as = OWNER, .send = "PATCH /api/budgets/{busy.budget}", .body = "{'limit_micros':100000000}");
    other = ask_begin(world, &second, 1);
    comes_to(world, upstream, before + 2);
    RUN("and lowered", .as = OWNER, .send = "PATCH /api/budgets/{busy.budget}", .body = "{'limit_micros':15000}");
    RUN("which counts at once", LARGE, .status = 429, .has = { "error.code=rate_limit_exceeded" });
    upstream_hold(upstream, false);
    ask_end(one);
    ask_end(other);
    expect(world, first.status == 200 && second.status == 200, "those under way were answered: %d and %d", first.status, second.status);
    RUN("then it is spent", LARGE, .status = 429, .has = { "error.code=insufficient_quota" });
    RUN("by what they have cost", .as = OWNER, .send = "GET /api/budgets/{busy.budget}", .has = { "data.spent_micros=20200" });
    RUN("taken away it binds nobody", .as = OWNER, .send = "DELETE /api/budgets/{busy.budget}");
    RUN("any more", LARGE);
}

/* A budget that is set while a call runs counts what that call costs: without it (add_newer taken out) one more was let in. */
static void set_while_a_call_runs(struct world *world, struct upstream *upstream)
{
    struct at_once calls[] = { { LARGE }, { .as = BEARER("{busy.key}"), .send = "POST /v1/chat/completions", .body = CHAT(",'max_tokens':1") } };
    struct asking *one, *other;
    int before = upstream_calls(upstream);

    upstream_hold(upstream, true);
    one = ask_begin(world, &calls[0], 1);
    comes_to(world, upstream, before + 1);
    RUN("one for all time, which a former call has not used up", MAKE, .body = "{'scope':'key','scope_id':'{busy.id}','period':'total','limit_micros':31000}", .status = 201);
    RUN("what was spent before counts", .as = OWNER, .send = "GET /api/budgets", .has = { "data.0.spent_micros=30300" });
    other = ask_begin(world, &calls[1], 1);
    comes_to(world, upstream, before + 2);
    upstream_hold(upstream, false);
    ask_end(other);
    ask_end(one);
    expect(world, calls[0].status == 200 && calls[1].status == 200, "both were answered: %d and %d", calls[0].status, calls[1].status);
    RUN("then it is spent", LARGE, .status = 429, .has = { "error.code=insufficient_quota" });
}

/* --- under /api -------------------------------------------------------------------------------------------------------------------- */

#define ASK .as = MEMBER, .send = "POST /api/conversations/{talk}/messages"

static void conversations(struct world *world)
{
    RUN("a member's budget", MAKE, .body = "{'scope':'user','scope_id':'{member.id}','period':'day','limit_micros':1}", .status = 201);
    RUN("a conversation", .as = MEMBER, .send = "POST /api/conversations", .body = "{'title':'Talk','model':'openai/gpt-6-sol'}", .status = 201, .keep = { "talk=data.id" });
    RUN("the last question goes over", ASK, .body = "{'content':'Hello','stream':false}", .status = 201, .has = { "data.usage.cost_micros=10100" });
    RUN("the next is not asked", ASK, .body = "{'content':'Hello','stream':false}", .error = "BUDGET_EXCEEDED", .has = { "error.message=The daily budget of this member is spent." });
    RUN("nor as a stream", ASK, .body = "{'content':'Hello'}", .says = { "event: error", "BUDGET_EXCEEDED" }, .hides = { "message.delta" });
    RUN("others go on", .as = OWNER, .send = "POST /api/conversations", .body = "{'title':'Talk','model':'openai/gpt-6-sol'}", .status = 201, .keep = { "other.talk=data.id" });
    RUN("as they like", .as = OWNER, .send = "POST /api/conversations/{other.talk}/messages", .body = "{'content':'Hello','stream':false}", .status = 201);
}

/* --- time -------------------------------------------------------------------------------------------------------------------------- */

#define SMALL(key) .as = BEARER(key), .send = "POST /v1/chat/completions", .body = CHAT(",'max_tokens':1")

static void periods_turn_over(struct world *world)
{
    RUN("the month's", SMALL("{month.key}"));
    RUN("is spent", SMALL("{month.key}"), .status = 429, .has = { "error.message=The monthly budget of this API key is spent." });
    RUN("and so is the total", SMALL("{total.key}"));
    RUN("is spent", SMALL("{total.key}"), .status = 429, .has = { "error.message=The total budget of this API key is spent." });
    RUN("another day", SMALL("{whole.key}"), .later = DAY);
    RUN("another day's account", .as = OWNER, .send = "GET /api/budgets/{whole.budget}", .has = { "data.spent_micros=110" });
    RUN("another month", SMALL("{month.key}"), .later = 31 * DAY);
    RUN("another month's account", .as = OWNER, .send = "GET /api/budgets/{month.budget}", .has = { "data.spent_micros=110" });
    RUN("which is spent again", SMALL("{month.key}"), .status = 429, .has = { "error.code=insufficient_quota" });
    RUN("a total has no end", SMALL("{total.key}"), .status = 429, .has = { "error.code=insufficient_quota" });
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
    make_spender(world, "whole", "day", DOLLAR);
    make_spender(world, "streamed", "day", DOLLAR);
    make_spender(world, "busy", "day", DOLLAR);
    make_spender(world, "month", "month", 100);
    make_spender(world, "total", "total", 100);
    spend_a_dollar(world, "200 whole answers at once", "whole", CHAT(",'max_tokens':2000"));
    spend_a_dollar(world, "200 streams at once", "streamed", CHAT(",'max_tokens':2000,'stream':true"));
    one_holds_what_is_left(world, upstream);
    set_while_a_call_runs(world, upstream);
    conversations(world);
    periods_turn_over(world);
    upstream_stop(upstream);
}

static const char *const options[] = { "JWT_EXPIRATION", "90d", NULL };

const struct suite budgets_scenarios = { SCENARIOS(rows), .config = options, .run = run };
