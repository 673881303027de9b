/*
 * Budgets: what an organization, one of its API keys or one of its members may spend on calls to models in a day, a month or in
 * all, by UTC. Enforced before a call by holding what it may cost at most, and settled with what it did cost; so whatever
 * number of calls comes at once, a budget is overspent by one call at most (bus/bus.h says by which rule).
 *
 * A call counts against the budgets of its organization, of the key it came with, or of the person who is signed in: against
 * those that the ledger's row names. Who makes a call does this:
 *
 *     budget_hold  →  the call  →  usage_record  →  budget_settle
 *
 * in this order, so that what is settled is in the ledger, from which an account that is not known is read again.
 */
#ifndef TENON_FEATURES_BUDGETS_H
#define TENON_FEATURES_BUDGETS_H

#include "bus/bus.h"
#include "core/module.h"

/* One budget that a call counts against. */
struct budget_part {
    uuid id;
    int64_t scope, period; /* enum budget_scope, enum budget_period */
    int64_t limit_micros;
};

/* What a call holds, from budget_hold to budget_settle. Zeroed: nothing. */
struct budget_hold {
    uuid id;
    uuid organization, key, user;
    int64_t begun; /* the call's created_at: it counts in the periods of this moment */
    struct budget_part parts[BUDGETS_AT_ONCE];
    size_t count;
};

/* The most that a call may cost, in micro-dollars; asked for only where a budget applies. */
typedef int64_t budget_most(const void *context);

/*
 * Holds it in every budget of the call's organization, key and user. OK also when there is none. BUDGET_EXCEEDED: one is spent;
 * RATE_LIMITED: calls under way hold what is left of one, so that a moment later it may go; both with a message that says
 * which. UNAVAILABLE: nobody can say. Without `may_block` only what is in memory is asked; false then says that a worker must.
 */
bool budget_hold(struct call *call, int64_t begun, budget_most *most, const void *context, bool may_block, struct budget_hold *ret_hold, enum result *ret_result);

/* The call is over and on record, and has cost this (0: nothing, or it was never made). Never blocks; once. */
void budget_settle(struct bus *bus, struct budget_hold *hold, int64_t cost_micros);

extern const struct module budgets_module;

#endif
