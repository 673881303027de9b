#include "features/budgets/budgets.h"

#include <stdio.h>

#include "bus/trusted.h"
#include "core/config.h"
#include "features/budgets/budgets_api.h"
#include "features/budgets/budgets_periods.h"
#include "features/budgets/budgets_store.h"
#include "features/usage/usage.h"

static const int64_t SEED_LIFE = 10 * MINUTE;
enum { MOST_TRIES = 3 * BUDGETS_AT_ONCE };

/* --- which budgets a call counts against --------------------------------------------------------------------------------------- */

struct applying {
    uuid organization;
    struct budget_part parts[BUDGETS_AT_ONCE];
    size_t count;
};

static struct trusted cache = TRUSTED(struct applying, 10000, MINUTE); /* by organization, key and user */

static text name_of(const struct budget_hold *hold, uuid ids[static 3])
{
    ids[0] = hold->organization;
    ids[1] = hold->key;
    ids[2] = hold->user;
    return (text){ (const char *)ids, 3 * sizeof *ids };
}

static bool recall(const struct bus *bus, const struct budget_hold *hold, struct applying *ret_applying)
{
    uuid ids[3];

    return trusted_recall(&cache, bus, name_of(hold, ids), ret_applying);
}

static enum result load(struct call *call, const struct budget_hold *hold, struct applying *ret_applying)
{
    uint64_t changes = trusted_changes(&cache);
    struct list rows;
    uuid ids[3];

    TRY(budgets_applying(call, hold->key, hold->user, &rows));
    *ret_applying = (struct applying){ .organization = hold->organization, .count = rows.len };
    for (size_t i = 0; i < rows.len; i++) {
        const struct budget_row *row = (const struct budget_row *)rows.items + i;

        ret_applying->parts[i] = (struct budget_part){ row->id, budget_scope_of(row->scope), budget_period_of(row->period), row->limit_micros };
    }
    trusted_remember(&cache, name_of(hold, ids), ret_applying, changes);
    return OK;
}

static bool is_organizations(const void *value, const void *id)
{
    return uuid_equal(((const struct applying *)value)->organization, *(const uuid *)id);
}

static void on_budget_changed(const struct services *on, uuid organization, text payload)
{
    (void)on;
    (void)payload;
    trusted_forget_if(&cache, is_organizations, &organization);
}

static void on_bus_lost(const struct services *on, uuid organization, text payload)
{
    (void)on;
    (void)organization;
    (void)payload;
    trusted_forget_all(&cache);
}

/* --- their accounts ---------------------------------------------------------------------------------------------------------- */

enum { NAME_MAX = 2 * UUID_TEXT + 40 };

struct accounts {
    struct budget_account items[BUDGETS_AT_ONCE];
    char names[BUDGETS_AT_ONCE][NAME_MAX];
    size_t count;
};

static struct span span_of(const struct budget_hold *hold, const struct budget_part *part)
{
    return budget_span((enum budget_period)part->period, hold->begun);
}

static void add_account(struct accounts *accounts, const struct budget_hold *hold, const struct budget_part *part)
{
    char organization[UUID_TEXT + 1], budget[UUID_TEXT + 1], *name = accounts->names[accounts->count];
    int len = snprintf(name, NAME_MAX, "%s:%s:%s:%lld", uuid_format(hold->organization, organization).ptr, uuid_format(part->id, budget).ptr,
                       budget_periods[part->period], (long long)(span_of(hold, part).from / SECOND));

    accounts->items[accounts->count++] = (struct budget_account){ { name, (size_t)len }, part->limit_micros };
}

static void name_accounts(const struct budget_hold *hold, struct accounts *ret_accounts)
{
    ret_accounts->count = 0;
    for (size_t i = 0; i < hold->count; i++)
        add_account(ret_accounts, hold, &hold->parts[i]);
}

static enum result seed(struct call *call, const struct budget_hold *hold, text account, const struct budget_verdict *unknown)
{
    const struct budget_part *part = &hold->parts[unknown->which];
    struct span span = span_of(hold, part);
    int64_t spent;

    TRY(usage_spent(call, span.from, span.to, part->scope == SCOPE_KEY ? hold->key : UUID_NONE, part->scope == SCOPE_USER ? hold->user : UUID_NONE, &spent));
    bus_budget_seed(call->on->bus, account, unknown, spent, SEED_LIFE);
    return OK;
}

/* --- holding ------------------------------------------------------------------------------------------------------------------- */

static enum result refuse(struct call *call, const struct budget_part *part, enum budget_answer answer)
{
    static const char *const periods[] = { [PERIOD_DAY] = "daily", [PERIOD_MONTH] = "monthly", [PERIOD_TOTAL] = "total" };
    static const char *const whose[] = { [SCOPE_ORGANIZATION] = "the organization", [SCOPE_KEY] = "this API key", [SCOPE_USER] = "this member" };

    if (answer == BUDGET_SPENT)
        return fail(call, BUDGET_EXCEEDED, "The %s budget of %s is spent.", periods[part->period], whose[part->scope]);
    call->failure.retry_after = 1;
    return fail(call, RATE_LIMITED, "Calls under way may spend what is left of the %s budget of %s. Try again in a moment.", periods[part->period], whose[part->scope]);
}

/* A killed instance's holds must end some time, and no other's before its call. */
static int64_t hold_life(void)
{
    return config.gateway_total_timeout + MINUTE;
}

static enum result hold_in(struct call *call, struct budget_hold *hold, int64_t amount, bool may_block, bool *ret_blocks)
{
    struct accounts accounts;

    name_accounts(hold, &accounts);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        struct budget_verdict verdict;

        hold->id = uuid_new();
        verdict = bus_budget_hold(call->on->bus, accounts.items, accounts.count, hold->id, amount, hold_life());

        if (verdict.answer == BUDGET_HELD)
            return OK;
        if (verdict.answer != BUDGET_UNKNOWN)
            return refuse(call, &hold->parts[verdict.which], verdict.answer);
        *ret_blocks = !may_block;
        if (!may_block)
            return OK;
        TRY(seed(call, hold, accounts.items[verdict.which].name, &verdict));
    }
    return fail(call, UNAVAILABLE, "What was spent cannot be said now. Try again shortly.");
}

static enum result hold_all(struct call *call, int64_t begun, budget_most *most, const void *context, bool may_block, struct budget_hold *ret_hold, bool *ret_blocks)
{
    struct budget_hold hold = { .organization = call->organization, .key = call->key, .user = call->user, .begun = begun };
    struct applying applying;
    int64_t amount;
    enum result result;

    if (!recall(call->on->bus, &hold, &applying)) {
        *ret_blocks = !may_block;
        if (!may_block)
            return OK;
        TRY(load(call, &hold, &applying));
    }
    if (applying.count) {
        *ret_blocks = !may_block && bus_budget_waits(call->on->bus);
        if (*ret_blocks)
            return OK;
        hold.count = applying.count;
        memcpy(hold.parts, applying.parts, sizeof hold.parts);
        amount = most(context);
        result = hold_in(call, &hold, amount > 0 ? amount : 1, may_block, ret_blocks); /* 1: a spent budget lets nothing in */
        if (result != OK || *ret_blocks)
            return result;
    }
    *ret_hold = hold;
    return OK;
}

bool budget_hold(struct call *call, int64_t begun, budget_most *most, const void *context, bool may_block, struct budget_hold *ret_hold, enum result *ret_result)
{
    bool blocks = false;

    *ret_result = hold_all(call, begun, most, context, may_block, ret_hold, &blocks);
    return !blocks;
}

/* --- settling ------------------------------------------------------------------------------------------------------------------ */

static bool has_part(const struct budget_hold *hold, uuid id)
{
    for (size_t i = 0; i < hold->count; i++)
        if (uuid_equal(hold->parts[i].id, id))
            return true;
    return false;
}

/* Budgets that came into being while the call ran: whoever asked for them read a ledger without it. */
static void add_newer(const struct bus *bus, struct budget_hold *hold)
{
    struct applying applying;

    if (!recall(bus, hold, &applying))
        return;
    for (size_t i = 0; i < applying.count && hold->count < BUDGETS_AT_ONCE; i++)
        if (!has_part(hold, applying.parts[i].id))
            hold->parts[hold->count++] = applying.parts[i];
}

void budget_settle(struct bus *bus, struct budget_hold *hold, int64_t cost_micros)
{
    struct accounts accounts;

    if (cost_micros > 0)
        add_newer(bus, hold);
    if (!hold->count)
        return;
    if (uuid_is_none(hold->id))
        hold->id = uuid_new();
    name_accounts(hold, &accounts);
    bus_budget_settle(bus, accounts.items, accounts.count, hold->id, cost_micros);
    hold->count = 0;
}

/* --- module -------------------------------------------------------------------------------------------------------------------- */

static void stop(const struct services *on)
{
    (void)on;
    trusted_forget_all(&cache);
}

static const struct event *const events[] = { &budget_changed, NULL };
static const struct event_handler handlers[] = { { &budget_changed, on_budget_changed }, { &bus_lost, on_bus_lost }, { NULL, NULL } };

static const struct sample samples[] = {
    { "/api/budgets/:id", "POST /api/budgets", "{\"scope\":\"organization\",\"period\":\"total\",\"limit_micros\":1000000000000}", "data.id", .table = "budgets" },
    { 0 },
};

const struct module budgets_module = {
    .name = "budgets", .doc = "What keys, members and organizations may spend.", .routes = budgets_routes, .samples = samples, .queries = budgets_queries, .exports = budgets_exports,
    .events = events, .handlers = handlers, .stop = stop,
};
