/* jobs: kept until they are done, tried again, buried, and taken back from the dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "jobs/jobs.h"
#include "jobs/jobs_store.h"
#include "tests/servers/database.h"

#include <cmocka.h> /* last: it defines fail() */

static _Atomic int ran, buried;
static _Atomic int failures_left;
static uuid seen_organization;

static enum result run_counted(struct call *call, text payload)
{
    seen_organization = call->organization;
    assert_true(text_equal(payload, T("payload")));
    atomic_fetch_add(&ran, 1);
    if (atomic_fetch_sub(&failures_left, 1) <= 0)
        return OK;
    call->failure.message = T("not yet");
    return UNAVAILABLE;
}

static void bury_counted(struct call *call, text payload, text reason)
{
    (void)call;
    (void)payload;
    assert_true(text_equal(reason, T("not yet")));
    atomic_fetch_add(&buried, 1);
}

static const struct job_kind counted = { .name = "test.counted", .run = run_counted, .attempts = 3, .dead = bury_counted };
static const struct job_kind *const kinds[] = { &counted, NULL };
static const struct module module = { .name = "test", .jobs = kinds };
static const struct module *const modules[] = { &module, NULL };

struct house {
    struct test_store store;
    struct services on;
    uuid organization;
};

static const struct query add_organization = {
    .name = "add_organization", .sql = "INSERT INTO organizations (id, name, created_at, updated_at) VALUES (:org, 'o', $1, $1)",
};

static int open_house(void **state)
{
    struct house *house = calloc(1, sizeof *house);
    struct call call;

    ran = buried = failures_left = 0;
    test_store_open(&house->store);
    house->on = house->store.on;
    house->on.modules = modules;
    house->organization = uuid_new();
    call_open(&call, &house->on);
    call_enter(&call, house->organization);
    assert_int_equal(db_run(&call, &add_organization, ARGS(db_time(call.now))), OK);
    call_close(&call);
    *state = house;
    return 0;
}

static int close_house(void **state)
{
    struct house *house = *state;

    assert_true(jobs_stop(house->on.jobs, 5 * SECOND));
    jobs_free(house->on.jobs);
    test_store_close(&house->store);
    free(house);
    return 0;
}

static void add(struct house *house, bool commit)
{
    SCOPED(call) struct call call;
    SCOPED(tx) struct tx tx = { 0 };

    call_open(&call, &house->on);
    call_enter(&call, house->organization);
    tx = tx_begin(&call);
    assert_int_equal(job_add(&call, &counted, T("payload"), 0), OK);
    if (commit)
        assert_int_equal(tx_commit(&tx), OK);
}

struct state_row {
    text state;
    int64_t attempts;
    text last_error;
};
static const struct field state_columns[] = {
    TEXT(struct state_row, state), INT(struct state_row, attempts), TEXT(struct state_row, last_error), FIELDS_END,
};
static const struct query job_state = {
    .name = "job_state", .sql = "SELECT state, attempts, last_error FROM jobs WHERE organization_id = :org ORDER BY id LIMIT 1", ROWS(struct state_row, state_columns),
};

/* Waits for the first job's row to say so; a job is settled just after it has run. */
static void await_state(struct house *house, const char *state, int64_t attempts)
{
    for (int i = 0; i < 5000; i++, clock_sleep(2 * MILLISECOND)) {
        SCOPED(call) struct call call;
        struct state_row row;

        call_open(&call, &house->on);
        call_enter(&call, house->organization);
        assert_int_equal(db_one(&call, &job_state, NO_ARGS, &row), OK);
        if (text_equal(row.state, text_of(state)) && row.attempts == attempts)
            return;
    }
    fail_msg("the job never was %s after %lld attempts", state, (long long)attempts);
}

static void await_runs(int runs)
{
    for (int i = 0; ran < runs; i++, clock_sleep(2 * MILLISECOND))
        assert_true(i < 5000);
}

static void a_job_runs_once(void **state)
{
    struct house *house = *state;

    jobs_start(&house->on, 2, true);
    add(house, true);
    await_state(house, "done", 1);
    assert_int_equal(ran, 1);
    assert_true(uuid_equal(seen_organization, house->organization));
}

static void what_is_rolled_back_never_runs(void **state)
{
    struct house *house = *state;
    SCOPED(call) struct call call;
    struct state_row row;

    jobs_start(&house->on, 1, true);
    add(house, false);
    call_open(&call, &house->on);
    call_enter(&call, house->organization);
    assert_int_equal(db_one(&call, &job_state, NO_ARGS, &row), NOT_FOUND);
    assert_int_equal(ran, 0);
}

static void a_failed_job_is_tried_again_later(void **state)
{
    struct house *house = *state;

    failures_left = 1;
    jobs_start(&house->on, 1, true);
    add(house, true);
    await_state(house, "queued", 1);
    assert_int_equal(ran, 1); /* not at once */
    clock_shift(3 * SECOND);
    add(house, false); /* nothing; the runner looks again within its nap */
    await_state(house, "done", 2);
    assert_int_equal(buried, 0);
}

static void a_job_that_never_works_is_buried(void **state)
{
    struct house *house = *state;

    failures_left = 100;
    jobs_start(&house->on, 1, true);
    add(house, true);
    await_state(house, "queued", 1);
    clock_shift(HOUR);
    await_state(house, "queued", 2);
    clock_shift(HOUR);
    await_state(house, "dead", 3);
    assert_int_equal(ran, 3);
    assert_int_equal(buried, 1);
}

static enum result claim_once(struct house *house)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };
    struct job job;

    call_open(&call, &house->on);
    scope = system_scope_begin(&call, "test");
    return job_claim(&call, uuid_new(), call.now + HOUR, &job);
}

/* A process that was killed left the claim of a job behind. It is due by the database's clock, which may be a little ahead of ours. */
static void claim_and_die(struct house *house)
{
    enum result claimed = NOT_FOUND;

    for (int i = 0; i < 500 && claimed == NOT_FOUND; i++, clock_sleep(2 * MILLISECOND))
        claimed = claim_once(house);
    assert_int_equal(claimed, OK);
}

static void a_killed_runners_job_is_taken_back(void **state)
{
    struct house *house = *state;

    add(house, true);
    claim_and_die(house);
    jobs_start(&house->on, 1, true);
    await_state(house, "done", 2);
    assert_int_equal(ran, 1);
}

static void a_claim_runs_out(void **state)
{
    struct house *house = *state;

    add(house, true);
    claim_and_die(house);
    jobs_start(&house->on, 1, false); /* one of several processes: claims of others are left alone */
    await_state(house, "running", 1);
    assert_int_equal(ran, 0);
    clock_shift(2 * HOUR);
    await_state(house, "done", 2);
}

/* With claims by the instance's own clock, the job is taken over while its runner lives. */
static void a_wrong_clock_takes_nothing_over(void **state)
{
    struct house *house = *state;

    if (!db_is_shared(house->on.db)) /* there is no other instance */
        return;
    add(house, true);
    claim_and_die(house);
    clock_misset(2 * HOUR);
    jobs_start(&house->on, 1, false);
    add(house, true); /* its own work it does, and does not wait two hours for it */
    await_runs(1);
    await_state(house, "running", 1);
    clock_misset(-2 * HOUR);
    clock_shift(2 * HOUR);
    await_state(house, "done", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_runs_once, open_house, close_house),
        cmocka_unit_test_setup_teardown(what_is_rolled_back_never_runs, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_failed_job_is_tried_again_later, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_job_that_never_works_is_buried, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_killed_runners_job_is_taken_back, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_claim_runs_out, open_house, close_house),
        cmocka_unit_test_setup_teardown(a_wrong_clock_takes_nothing_over, open_house, close_house),
    };

    return cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
}
