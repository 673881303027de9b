/* Budgets on the bus: the contract on both drivers, then two instances on a Redis that is stopped, paused and flushed under them. */
#include "bus/instances_fixture.h"

static const char *redis_url; /* of the driver under test; NULL: memory */
static const struct services nothing;

static struct bus *open_one(void)
{
    struct bus *bus = open_bus(&nothing, redis_url, NULL, true);

    assert_non_null(bus);
    return bus;
}

static enum budget_answer hold(struct bus *bus, text name, int64_t limit, uuid id, int64_t amount)
{
    return bus_budget_hold(bus, &(struct budget_account){ name, limit }, 1, id, amount, HOUR).answer;
}

static void settle(struct bus *bus, text name, uuid id, int64_t actual)
{
    bus_budget_settle(bus, &(struct budget_account){ name, 0 }, 1, id, actual);
}

/* As the ledger would say after BUDGET_UNKNOWN. */
static void tell(struct bus *bus, text name, int64_t spent)
{
    struct budget_verdict verdict = bus_budget_hold(bus, &(struct budget_account){ name, 1 }, 1, uuid_new(), 1, HOUR);

    assert_int_equal(verdict.answer, BUDGET_UNKNOWN);
    bus_budget_seed(bus, name, &verdict, spent, HOUR);
}

/* What a call would be told now. */
static enum budget_answer asked(struct bus *bus, text name, int64_t limit)
{
    uuid id = uuid_new();
    enum budget_answer answer = hold(bus, name, limit, id, 1);

    if (answer == BUDGET_HELD)
        settle(bus, name, id, 0);
    return answer;
}

/* How much may still be held, found by trying. */
static void assert_left(struct bus *bus, text name, int64_t limit, int64_t left)
{
    uuid one = uuid_new(), rest_of_it = uuid_new();

    assert_int_equal(hold(bus, name, limit, one, 1), BUDGET_HELD);
    assert_int_equal(hold(bus, name, limit, uuid_new(), left), BUDGET_BUSY);
    assert_int_equal(hold(bus, name, limit, rest_of_it, left - 1), BUDGET_HELD);
    settle(bus, name, one, 0);
    settle(bus, name, rest_of_it, 0);
}

/* --- the rule --------------------------------------------------------------------------------------------------------------- */

static void what_nobody_has_told_is_unknown(void **state)
{
    struct bus *bus = open_one();
    char names[2][64];
    text x = fresh(names[0], "a"), y = fresh(names[1], "b");
    const struct budget_account both[] = { { x, 10 }, { y, 10 } };
    struct budget_verdict verdict;

    (void)state;
    tell(bus, x, 3);
    verdict = bus_budget_hold(bus, both, 2, uuid_new(), 1, HOUR);
    assert_int_equal(verdict.answer, BUDGET_UNKNOWN);
    assert_int_equal(verdict.which, 1);
    bus_budget_seed(bus, y, &verdict, 9, HOUR);
    assert_int_equal(bus_budget_hold(bus, both, 2, uuid_new(), 1, HOUR).answer, BUDGET_HELD);
    assert_left(bus, x, 10, 6); /* held in both, and what was asked before in neither */
    bus_close(bus);
}

static void spent_and_held_are_bounded_together(void **state)
{
    struct bus *bus = open_one();
    uuid first = uuid_new(), second = uuid_new();
    char name[64];
    text x = fresh(name, "a");

    (void)state;
    tell(bus, x, 40);
    assert_int_equal(hold(bus, x, 100, first, 30), BUDGET_HELD);
    assert_int_equal(hold(bus, x, 100, second, 31), BUDGET_BUSY);
    assert_int_equal(hold(bus, x, 100, second, 30), BUDGET_HELD);
    assert_int_equal(hold(bus, x, 100, uuid_new(), 1), BUDGET_BUSY);
    settle(bus, x, first, 10);
    assert_left(bus, x, 100, 20);
    settle(bus, x, first, 10); /* a second time, as when its first answer was lost */
    if (redis_url)
        assert_left(bus, x, 100, 20);
    settle(bus, x, second, 60);
    assert_int_equal(hold(bus, x, 100, uuid_new(), 1), BUDGET_SPENT);
    assert_int_equal(hold(bus, x, 1000, uuid_new(), 1), BUDGET_HELD); /* its limit was raised */
    bus_close(bus);
}

static void the_last_call_may_go_over_and_no_other(void **state)
{
    struct bus *bus = open_one();
    uuid large = uuid_new();
    char name[64];
    text x = fresh(name, "a");

    (void)state;
    tell(bus, x, 99);
    assert_int_equal(hold(bus, x, 100, large, 5000), BUDGET_HELD);
    assert_int_equal(hold(bus, x, 100, uuid_new(), 1), BUDGET_BUSY);
    settle(bus, x, large, 4000);
    assert_int_equal(hold(bus, x, 100, uuid_new(), 1), BUDGET_SPENT);
    bus_close(bus);
}

static void one_that_is_spent_holds_in_none(void **state)
{
    struct bus *bus = open_one();
    char names[2][64];
    text x = fresh(names[0], "a"), y = fresh(names[1], "b");
    const struct budget_account both[] = { { x, 10 }, { y, 10 } };
    struct budget_verdict verdict;

    (void)state;
    tell(bus, x, 0);
    tell(bus, y, 10);
    assert_int_equal(hold(bus, x, 10, uuid_new(), 10), BUDGET_HELD);
    verdict = bus_budget_hold(bus, both, 2, uuid_new(), 5, HOUR);
    assert_int_equal(verdict.answer, BUDGET_SPENT); /* which is worse than that the other is busy */
    assert_int_equal(verdict.which, 1);
    verdict = bus_budget_hold(bus, both, 2, uuid_new(), 0, HOUR);
    assert_int_equal(verdict.answer, BUDGET_SPENT);
    assert_int_equal(hold(bus, x, 20, uuid_new(), 10), BUDGET_HELD); /* nothing was held in the first */
    bus_close(bus);
}

static void a_hold_ends_by_itself(void **state)
{
    struct bus *bus = open_one();
    char name[64];
    text x = fresh(name, "a");
    const struct budget_account account = { x, 100 };
    uuid killed = uuid_new();

    (void)state;
    tell(bus, x, 0);
    assert_int_equal(bus_budget_hold(bus, &account, 1, killed, 100, MINUTE).answer, BUDGET_HELD);
    assert_int_equal(hold(bus, x, 100, uuid_new(), 1), BUDGET_BUSY);
    clock_shift(59 * SECOND);
    assert_int_equal(hold(bus, x, 100, uuid_new(), 1), BUDGET_BUSY);
    clock_shift(2 * SECOND);
    assert_left(bus, x, 100, 100);
    settle(bus, x, killed, 60); /* it was only slow: what it has cost counts */
    assert_left(bus, x, 100, 40);
    bus_close(bus);
}

static void huge_numbers(void **state)
{
    struct bus *bus = open_one();
    char name[64];
    text x = fresh(name, "a");
    uuid id = uuid_new();

    (void)state;
    tell(bus, x, BUDGET_MOST - 3);
    assert_int_equal(hold(bus, x, BUDGET_MOST, uuid_new(), 1), BUDGET_HELD);
    assert_int_equal(hold(bus, x, BUDGET_MOST, uuid_new(), 3), BUDGET_BUSY);
    assert_int_equal(hold(bus, x, BUDGET_MOST, id, 2), BUDGET_HELD);
    settle(bus, x, id, 1);
    assert_left(bus, x, BUDGET_MOST, 1);
    settle(bus, x, uuid_new(), INT64_MAX);
    assert_int_equal(hold(bus, x, BUDGET_MOST, uuid_new(), INT64_MAX), BUDGET_SPENT);
    assert_int_equal(hold(bus, x, BUDGET_MOST, uuid_new(), -5), BUDGET_SPENT);
    bus_close(bus);
}

/* --- what is told ------------------------------------------------------------------------------------------------------------ */

/* A call that ends while the ledger is read may be in the sum or not: then it is read again. */
static void a_seed_older_than_a_settlement_is_not_taken(void **state)
{
    struct bus *bus = open_one();
    char name[64];
    text x = fresh(name, "a");
    const struct budget_account account = { x, 100 };
    struct budget_verdict verdict = bus_budget_hold(bus, &account, 1, uuid_new(), 1, HOUR);

    (void)state;
    settle(bus, x, uuid_new(), 50);
    bus_budget_seed(bus, x, &verdict, 0, HOUR);
    tell(bus, x, 50);
    assert_int_equal(hold(bus, x, 51, uuid_new(), 1), BUDGET_HELD);
    bus_close(bus);
}

static void what_is_told_is_good_for_a_while(void **state)
{
    struct bus *bus = open_one();
    uuid id = uuid_new();
    char name[64];
    text x = fresh(name, "a");

    (void)state;
    tell(bus, x, 10);
    assert_int_equal(hold(bus, x, 100, id, 20), BUDGET_HELD);
    clock_shift(HOUR - SECOND);
    settle(bus, x, id, 20);
    clock_shift(2 * SECOND);
    tell(bus, x, 15); /* a ledger that is behind takes nothing back */
    assert_left(bus, x, 100, 70);
    clock_shift(HOUR + SECOND);
    tell(bus, x, 25); /* a while after the last call it alone is right */
    assert_left(bus, x, 100, 75);
    clock_shift(HOUR + SECOND);
    tell(bus, x, 60); /* what others spent */
    assert_left(bus, x, 100, 40);
    bus_close(bus);
}

/* Names of days gone by do not take the memory, and what is held is never forgotten. */
static void many_accounts(void **state)
{
    struct bus *bus = open_one();
    char name[64];
    text kept = fresh(name, "kept");

    (void)state;
    if (redis_url) { /* it forgets by itself, after two days */
        bus_close(bus);
        return;
    }
    tell(bus, kept, 0);
    assert_int_equal(hold(bus, kept, 10, uuid_new(), 10), BUDGET_HELD);
    for (int i = 0; i < 20000; i++) {
        char other[64];

        tell(bus, fresh(other, "x"), 1);
    }
    assert_int_equal(hold(bus, kept, 10, uuid_new(), 1), BUDGET_BUSY);
    bus_close(bus);
}

/* --- 200 at once --------------------------------------------------------------------------------------------------------------- */

enum { CALLERS = 200, LIMIT = 1000000, COST = 20100, MOST_COST = 20300 };

struct caller {
    struct bus *bus;
    text account;
    pthread_barrier_t *start;
    enum budget_answer answer;
    pthread_t thread;
};

static void *call_once(void *context)
{
    struct caller *caller = context;
    uuid id = uuid_new();

    pthread_barrier_wait(caller->start);
    do {
        caller->answer = hold(caller->bus, caller->account, LIMIT, id, MOST_COST);
        if (caller->answer == BUDGET_BUSY)
            clock_sleep(MILLISECOND);
    } while (caller->answer == BUDGET_BUSY);
    if (caller->answer == BUDGET_HELD) {
        clock_sleep(MILLISECOND);
        settle(caller->bus, caller->account, id, COST);
    }
    return NULL;
}

static int held_by(struct bus *one, struct bus *other, text account)
{
    static struct caller callers[CALLERS];
    pthread_barrier_t start;
    int held = 0;

    pthread_barrier_init(&start, NULL, CALLERS);
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .bus = i % 2 ? one : other, .account = account, .start = &start };
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_once, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        held += callers[i].answer == BUDGET_HELD;
        assert_true(callers[i].answer == BUDGET_HELD || callers[i].answer == BUDGET_SPENT);
    }
    pthread_barrier_destroy(&start);
    return held;
}

/* Without the sum of holds in the rule (taken out) 200 were let in; without the exception for the last call it never ended. */
static void callers_at_once(void **state)
{
    struct bus *bus = open_one();
    char name[64];
    text x = fresh(name, "a");

    (void)state;
    tell(bus, x, 0);
    assert_int_equal(held_by(bus, bus, x), LIMIT / COST + 1);
    bus_close(bus);
}

/* --- two instances, and what happens to Redis ------------------------------------------------------------------------------------ */

static void instances_share_a_budget(void **state)
{
    char name[64];
    text x = fresh(name, "x");

    (void)state;
    tell(a.bus, x, 0);
    assert_int_equal(held_by(a.bus, b.bus, x), LIMIT / COST + 1);
}

/* While it is gone each counts for itself, from what the ledger says each second; what was held in Redis is held here too. */
static void spend_without_it(text x, uuid under_way)
{
    uuid alone = uuid_new();

    assert_int_equal(hold(a.bus, x, 100, uuid_new(), 1), BUDGET_UNKNOWN);
    tell(a.bus, x, 20);
    assert_true(IS_GONE(a));
    assert_int_equal(hold(a.bus, x, 100, uuid_new(), 51), BUDGET_BUSY);
    assert_int_equal(hold(a.bus, x, 100, alone, 50), BUDGET_HELD);
    settle(a.bus, x, alone, 45);
    settle(a.bus, x, under_way, 25);
    clock_shift(SECOND + MILLISECOND);
    tell(a.bus, x, 20 + 45 + 25);
    clock_shift(-SECOND - MILLISECOND);
}

static void settlements_are_made_up_for(text x)
{
    assert_true(COMES_TRUE(IS_HERE(a) && IS_HERE(b)));
    assert_true(COMES_TRUE(asked(b.bus, x, 90) == BUDGET_SPENT));
    assert_left(b.bus, x, 100, 10); /* each once */
}

static void paused(void **state)
{
    uuid under_way = uuid_new();
    char name[64];
    text x = fresh(name, "x");

    (void)state;
    tell(a.bus, x, 20);
    assert_int_equal(hold(a.bus, x, 100, under_way, 30), BUDGET_HELD);
    assert_int_equal(hold(b.bus, x, 100, uuid_new(), 51), BUDGET_BUSY);
    kill(server.pid, SIGSTOP);
    spend_without_it(x, under_way);
    kill(server.pid, SIGCONT);
    settlements_are_made_up_for(x);
}

/* It comes back empty: nobody knows what was spent until the ledger is read. */
static void stopped_and_started(void **state)
{
    uuid under_way = uuid_new();
    char name[64];
    text x = fresh(name, "x");

    (void)state;
    tell(a.bus, x, 20);
    assert_int_equal(hold(a.bus, x, 100, under_way, 30), BUDGET_HELD);
    redis_server_kill(&server);
    spend_without_it(x, under_way);
    assert_true(redis_server_run(&server));
    assert_true(COMES_TRUE(IS_HERE(a) && IS_HERE(b)));
    tell(b.bus, x, 90);
    assert_left(b.bus, x, 100, 10);
}

static void flushed(void **state)
{
    uuid under_way = uuid_new();
    char name[64];
    text x = fresh(name, "x");

    (void)state;
    tell(a.bus, x, 20);
    assert_int_equal(hold(a.bus, x, 100, under_way, 30), BUDGET_HELD);
    assert_true(redis_server_says(&server, "FLUSHALL"));
    assert_true(redis_server_says(&server, "SCRIPT FLUSH"));
    tell(b.bus, x, 20);
    assert_true(COMES_TRUE(asked(b.bus, x, 21) == BUDGET_HELD)); /* it may ask for the script's text first */
    settle(a.bus, x, under_way, 25);
    assert_true(COMES_TRUE(asked(b.bus, x, 45) == BUDGET_SPENT));
}

static void a_settlement_sent_twice_counts_once(void **state)
{
    uuid id = uuid_new();
    char name[64];
    text x = fresh(name, "x");

    (void)state;
    tell(a.bus, x, 0);
    assert_true(COMES_TRUE(asked(b.bus, x, 1) == BUDGET_HELD)); /* what is told is not sent again: who finds it missing tells anew */
    for (int i = 0; i < 10; i++) { /* connections that break take answers with them */
        settle(a.bus, x, i == 0 ? id : uuid_new(), 1);
        assert_true(redis_server_says(&server, "CLIENT KILL TYPE normal"));
        assert_true(COMES_TRUE(IS_HERE(a)));
    }
    assert_true(COMES_TRUE(asked(b.bus, x, 10) == BUDGET_SPENT));
    assert_left(b.bus, x, 11, 1);
    settle(b.bus, x, id, 1);
    assert_left(b.bus, x, 11, 1);
}

int main(void)
{
    const struct CMUnitTest contract[] = {
        cmocka_unit_test(what_nobody_has_told_is_unknown), cmocka_unit_test(spent_and_held_are_bounded_together),
        cmocka_unit_test(the_last_call_may_go_over_and_no_other), cmocka_unit_test(one_that_is_spent_holds_in_none), cmocka_unit_test(a_hold_ends_by_itself),
        cmocka_unit_test(huge_numbers), cmocka_unit_test(a_seed_older_than_a_settlement_is_not_taken), cmocka_unit_test(what_is_told_is_good_for_a_while),
        cmocka_unit_test(many_accounts), cmocka_unit_test(callers_at_once),
    };
    const struct CMUnitTest shared[] = {
        TWO(instances_share_a_budget), TWO(paused), TWO(stopped_and_started), TWO(flushed), TWO(a_settlement_sent_twice_counts_once),
    };
    int failed = cmocka_run_group_tests_name("budgets in memory", contract, NULL, NULL);

    if (!redis_server_start(&server, true)) {
        fprintf(stderr, "no Redis: redis-check-rdb is missing, or does not run as a server\n");
        return 1;
    }
    redis_url = server.url;
    failed += cmocka_run_group_tests_name("budgets on Redis", contract, NULL, NULL);
    failed += cmocka_run_group_tests_name("budgets, two instances", shared, NULL, NULL);
    redis_server_end(&server);
    return failed;
}
