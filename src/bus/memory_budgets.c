/*
 * Budgets within one process. One lock: a call touches several accounts at once, each for a few comparisons.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "bus/driver.h"

struct hold {
    uuid id;
    int64_t amount;
    int64_t ends;
};

struct account {
    bool known;
    int64_t spent;
    int64_t good_until;
    int64_t settled; /* calls, ever */
    int64_t settled_at;
    struct hold *holds;
    size_t count, room;
    int64_t held; /* the sum of them */
};

struct memory_budgets {
    pthread_mutex_t mutex;
    struct map accounts;
};

/* Durations, which no correction of the machine's clock may stretch; tests move them. */
static int64_t time_now(void)
{
    return clock_ticks() + clock_shifted();
}

struct memory_budgets *memory_budgets_new(void)
{
    struct memory_budgets *budgets = xcalloc(1, sizeof *budgets);

    pthread_mutex_init(&budgets->mutex, NULL);
    return budgets;
}

static void account_free(void *value)
{
    struct account *account = value;

    free(account->holds);
    free(account);
}

void memory_budgets_free(struct memory_budgets *budgets)
{
    if (!budgets)
        return;
    map_free(&budgets->accounts, account_free);
    pthread_mutex_destroy(&budgets->mutex);
    free(budgets);
}

/* --- one account ------------------------------------------------------------------------------------------------------------ */

static void drop_hold(struct account *account, size_t i)
{
    account->held -= account->holds[i].amount;
    account->holds[i] = account->holds[--account->count];
}

static void drop_ended(struct account *account, int64_t now)
{
    for (size_t i = account->count; i > 0; i--)
        if (account->holds[i - 1].ends <= now)
            drop_hold(account, i - 1);
}

static void add_hold(struct account *account, const struct hold *hold)
{
    if (account->count == account->room) {
        account->room = account->room ? account->room * 2 : 4;
        account->holds = xrealloc(account->holds, account->room * sizeof *account->holds);
    }
    account->holds[account->count++] = *hold;
    account->held += hold->amount;
}

/* Past the bound those in which nothing is held are forgotten: the ledger is read again for them. */
static void make_room(struct memory_budgets *budgets, int64_t now)
{
    size_t place = 0;
    text name;
    void *value;

    if (budgets->accounts.count < MEMORY_BUDGETS_MOST)
        return;
    while (map_next(&budgets->accounts, &place, &name, &value)) {
        drop_ended(value, now);
        if (((struct account *)value)->count)
            continue;
        map_remove(&budgets->accounts, name);
        account_free(value);
    }
}

static struct account *account_of(struct memory_budgets *budgets, text name)
{
    struct account *account = map_get(&budgets->accounts, name);

    if (!account) {
        account = xcalloc(1, sizeof *account);
        map_put(&budgets->accounts, name, account);
    }
    return account;
}

/* --- several at once ---------------------------------------------------------------------------------------------------------- */

static enum budget_answer judge(const struct account *account, int64_t limit, int64_t amount, int64_t now)
{
    if (!account->known || account->good_until <= now)
        return BUDGET_UNKNOWN;
    if (account->spent >= limit)
        return BUDGET_SPENT;
    if (account->count == 0 || amount <= limit - account->spent - account->held)
        return BUDGET_HELD;
    return BUDGET_BUSY;
}

/* What cannot be known comes before what is spent, and that before what is only busy. */
static struct budget_verdict judge_all(struct account *const *found, const struct budget_account *accounts, size_t count, int64_t amount, int64_t now)
{
    static const enum budget_answer order[] = { BUDGET_UNKNOWN, BUDGET_SPENT, BUDGET_BUSY };

    for (size_t k = 0; k < COUNT(order); k++)
        for (size_t i = 0; i < count; i++)
            if (judge(found[i], accounts[i].limit, amount, now) == order[k])
                return (struct budget_verdict){ .answer = order[k], .which = i, .settled = found[i]->settled };
    return (struct budget_verdict){ .answer = BUDGET_HELD };
}

static void find_all(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, int64_t now, struct account **ret_found)
{
    make_room(budgets, now);
    for (size_t i = 0; i < count; i++) {
        ret_found[i] = account_of(budgets, accounts[i].name);
        drop_ended(ret_found[i], now);
    }
}

struct budget_verdict memory_budget_hold(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, uuid id, int64_t amount, int64_t ttl)
{
    struct account *found[BUDGETS_AT_ONCE];
    int64_t now = time_now();
    const struct hold hold = { id, amount, now + ttl };
    struct budget_verdict verdict;

    pthread_mutex_lock(&budgets->mutex);
    find_all(budgets, accounts, count, now, found);
    verdict = judge_all(found, accounts, count, amount, now);
    for (size_t i = 0; i < count && verdict.answer == BUDGET_HELD; i++)
        add_hold(found[i], &hold);
    pthread_mutex_unlock(&budgets->mutex);
    return verdict;
}

void memory_budget_note(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, uuid id, int64_t amount, int64_t ttl)
{
    struct account *found[BUDGETS_AT_ONCE];
    int64_t now = time_now();
    const struct hold hold = { id, amount, now + ttl };

    pthread_mutex_lock(&budgets->mutex);
    find_all(budgets, accounts, count, now, found);
    for (size_t i = 0; i < count; i++)
        add_hold(found[i], &hold);
    pthread_mutex_unlock(&budgets->mutex);
}

static void settle(struct account *account, uuid id, int64_t actual, int64_t now)
{
    for (size_t i = 0; i < account->count; i++)
        if (uuid_equal(account->holds[i].id, id)) {
            drop_hold(account, i);
            break;
        }
    account->settled++;
    account->settled_at = now;
    if (account->known)
        account->spent += actual;
}

void memory_budget_settle(struct memory_budgets *budgets, const struct budget_account *accounts, size_t count, uuid id, int64_t actual)
{
    int64_t now = time_now();

    pthread_mutex_lock(&budgets->mutex);
    for (size_t i = 0; i < count; i++)
        settle(account_of(budgets, accounts[i].name), id, actual, now);
    pthread_mutex_unlock(&budgets->mutex);
}

void memory_budget_seed(struct memory_budgets *budgets, text name, int64_t settled, int64_t spent, int64_t life)
{
    int64_t now = time_now();
    struct account *account;
    bool exact;

    pthread_mutex_lock(&budgets->mutex);
    account = account_of(budgets, name);
    exact = account->settled == settled;
    if (exact || account->known) {
        bool quiet = exact && now - account->settled_at > BUDGET_QUIET;

        account->spent = account->known && !quiet && account->spent > spent ? account->spent : spent;
        account->known = true;
        account->good_until = now + life;
    }
    pthread_mutex_unlock(&budgets->mutex);
}
