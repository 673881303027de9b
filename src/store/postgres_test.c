/* The PostgreSQL driver when the server, the network or other writers get in its way. Its contract is in store_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/config.h"
#include "store/postgres.h"
#include "tests/servers/database.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct query add_organization = {
    .name = "add_organization", .sql = "INSERT INTO organizations (id, name, created_at, updated_at) VALUES (:org, 'o', $1, $1)",
};
static const struct query add_key = {
    .name = "add_key",
    .sql = "INSERT INTO api_keys (organization_id, id, name, prefix, key_hash, scopes, created_at) VALUES (:org, $1, $2, 'p', $3, '[]', $4)",
};
static const struct query add_totals = {
    .name = "add_totals", .sql = "INSERT INTO search_totals (organization_id, chunk_count, term_count) VALUES (:org, 0, 0)",
};

struct key {
    text name;
};
static const struct field key_columns[] = { TEXT(struct key, name), FIELDS_END };
static const struct query keys = { .name = "keys", .sql = "SELECT name FROM api_keys WHERE organization_id = :org ORDER BY name", ROWS(struct key, key_columns) };

struct total {
    int64_t chunk_count;
};
static const struct field total_columns[] = { INT(struct total, chunk_count), FIELDS_END };
static const struct query read_total = { .name = "read_total", .sql = "SELECT chunk_count FROM search_totals WHERE organization_id = :org", ROWS(struct total, total_columns) };
static const struct query write_total = { .name = "write_total", .sql = "UPDATE search_totals SET chunk_count = $1 WHERE organization_id = :org" };
static const struct query rename_key = { .name = "rename_key", .sql = "UPDATE api_keys SET prefix = prefix || $2 WHERE organization_id = :org AND name = $1" };

static struct {
    struct test_store store;
    uuid organization;
    struct call call;
} house;

static void open_call(struct call *call)
{
    call_open(call, &house.store.on);
    call_enter(call, house.organization);
}

static void open_with(const char *connections)
{
    struct call call;

    assert_true(config_set("DATABASE_POOL_SIZE", connections));
    call_open(&call, &house.store.on);
    db_close(house.store.on.db);
    assert_int_equal(db_open(&call, &house.store.on.db), OK);
    call_close(&call);
}

static int open_house(void **state)
{
    (void)state;
    test_store_open(&house.store);
    house.organization = uuid_new();
    open_call(&house.call);
    assert_int_equal(db_run(&house.call, &add_organization, ARGS(db_time(1))), OK);
    assert_int_equal(db_run(&house.call, &add_totals, NO_ARGS), OK);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    call_close(&house.call);
    pg_patience = (struct pg_patience){ .pool = 5 * SECOND, .answer = 40 * SECOND };
    assert_true(config_set("DATABASE_POOL_SIZE", "20"));
    test_store_close(&house.store);
    return 0;
}

static enum result put(struct call *call, const char *name)
{
    return db_run(call, &add_key, ARGS(db_uuid(uuid_new()), db_text(text_of(name)), db_bytes(text_of(name)), db_time(5)));
}

static size_t seen(struct call *call)
{
    struct list rows;

    assert_int_equal(db_all(call, &keys, NO_ARGS, &rows), OK);
    return rows.len;
}

/* Other calls that each hold a connection which has read the keys, until they are let go. */
enum { HELD = 4 };

static void warm(void)
{
    struct call calls[HELD];
    struct tx held[HELD];

    for (int i = 0; i < HELD; i++) {
        open_call(&calls[i]);
        held[i] = tx_begin(&calls[i]);
        seen(&calls[i]);
    }
    for (int i = 0; i < HELD; i++) {
        tx_end(&held[i]);
        call_close(&calls[i]);
    }
}

#define SERVING "FROM pg_stat_activity WHERE datname = current_database() AND usename = current_database() || '_app'"

static void cut_connections(void)
{
    assert_true(test_database_as_superuser(&house.store.database, "SELECT pg_terminate_backend(pid, 5000) " SERVING));
}

/* --- the server goes away ------------------------------------------------------------------------------------------------------ */

static void reads_outlive_their_connections(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        warm();
        cut_connections();
        assert_int_equal(seen(&house.call), 0);
    }
    for (int i = 0; i < 20; i++) { /* told to end, and not gone yet */
        warm();
        assert_true(test_database_as_superuser(&house.store.database, "SELECT pg_terminate_backend(pid) " SERVING));
        assert_int_equal(seen(&house.call), 0);
    }
}

static void a_write_finds_another_connection_while_nothing_was_sent(void **state)
{
    (void)state;
    warm();
    cut_connections();
    assert_int_equal(put(&house.call, "alone"), OK);
    cut_connections();
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "in a transaction"), OK);
        assert_int_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(seen(&house.call), 2);
}

static void a_cut_transaction_leaves_nothing(void **state)
{
    (void)state;
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "before"), OK);
        cut_connections();
        assert_int_equal(put(&house.call, "after"), UNAVAILABLE);
        assert_int_equal(put(&house.call, "later"), UNAVAILABLE);
        assert_int_equal(tx_commit(&tx), UNAVAILABLE);
    }
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "uncommitted"), OK);
        cut_connections();
        assert_int_equal(tx_commit(&tx), UNAVAILABLE);
    }
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);
        struct tx inner = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "inside"), OK);
        cut_connections();
        assert_int_equal(tx_commit(&inner), UNAVAILABLE);
        tx_end(&inner);
        assert_int_equal(tx_commit(&tx), UNAVAILABLE);
    }
    assert_int_equal(seen(&house.call), 0);
    assert_int_equal(put(&house.call, "the next"), OK);
    assert_int_equal(seen(&house.call), 1);
}

static void what_is_queued_and_cut_is_told(void **state)
{
    SCOPED(tx) struct tx tx = tx_begin(&house.call);
    enum result result = OK;

    (void)state;
    for (int i = 0; i < 100; i++) {
        text name = text_format(&house.call.arena, "queued %d", i);

        if (i == 50)
            cut_connections();
        if (result == OK)
            result = db_queue(&house.call, &add_key, ARGS(db_uuid(uuid_new()), db_text(name), db_bytes(name), db_time(5)));
    }
    if (result == OK)
        result = tx_commit(&tx);
    assert_int_equal(result, UNAVAILABLE);
    tx_end(&tx);
    assert_int_equal(seen(&house.call), 0);
}

/* --- a server that stands still -------------------------------------------------------------------------------------------------- */

static void tell_backends(int number)
{
    char url[600];
    const char *server = getenv("TENON_TEST_POSTGRES_SUPER_URL");
    PGconn *c;
    PGresult *pids;

    snprintf(url, sizeof url, "%.*s/%s", (int)(strrchr(server, '/') - server), server, house.store.database.name);
    c = PQconnectdb(url);
    pids = PQexec(c, "SELECT pid " SERVING);
    assert_true(PQntuples(pids) > 0);
    for (int i = 0; i < PQntuples(pids); i++)
        assert_int_equal(kill((pid_t)atoi(PQgetvalue(pids, i, 0)), number), 0);
    PQclear(pids);
    PQfinish(c);
}

static void an_answer_is_waited_for_so_long(void **state)
{
    int64_t begun;

    (void)state;
    pg_patience.answer = SECOND / 2;
    open_with("2");
    assert_int_equal(seen(&house.call), 0);
    tell_backends(SIGSTOP);
    begun = clock_ticks();
    assert_int_equal(put(&house.call, "into the void"), UNAVAILABLE);
    assert_in_range(clock_ticks() - begun, SECOND / 2, 3 * SECOND);
    assert_int_equal(put(&house.call, "on another connection"), OK);
    tell_backends(SIGSTOP);
    begun = clock_ticks();
    assert_int_equal(seen(&house.call), 1); /* a read is asked again */
    assert_in_range(clock_ticks() - begun, SECOND / 2, 3 * SECOND);
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "begun"), OK);
        tell_backends(SIGSTOP);
        assert_int_equal(put(&house.call, "hanging"), UNAVAILABLE);
        assert_int_equal(tx_commit(&tx), UNAVAILABLE);
    }
    tell_backends(SIGCONT);
    assert_int_equal(put(&house.call, "at last"), OK);
}

/* --- other writers ------------------------------------------------------------------------------------------------------------------ */

static enum result increment(struct call *call)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    struct total total;

    TRY(db_one(call, &read_total, NO_ARGS, &total));
    TRY(db_run(call, &write_total, ARGS(db_int(total.chunk_count + 1))));
    return tx_commit(&tx);
}

static void *increment_often(void *refused)
{
    for (int i = 0; i < 100; i++) {
        SCOPED(call) struct call call;

        open_call(&call);
        if (AGAIN(&call, increment(&call)) != OK)
            atomic_fetch_add((_Atomic int *)refused, 1);
    }
    return NULL;
}

static void two_who_count_lose_nothing(void **state)
{
    _Atomic int refused = 0;
    pthread_t threads[2];
    struct total total;

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, increment_often, &refused), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(refused, 0);
    assert_int_equal(db_one(&house.call, &read_total, NO_ARGS, &total), OK);
    assert_int_equal(total.chunk_count, 200);
}

struct crossing {
    const char *first, *second;
    pthread_barrier_t *both;
    int tries;
    enum result result;
};

static enum result cross(struct call *call, struct crossing *c)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(db_run(call, &rename_key, ARGS(db_text(text_of(c->first)), db_text(T("x")))));
    if (c->tries++ == 0)
        pthread_barrier_wait(c->both);
    TRY(db_run(call, &rename_key, ARGS(db_text(text_of(c->second)), db_text(T("y")))));
    return tx_commit(&tx);
}

static void *cross_over(void *context)
{
    struct crossing *c = context;
    SCOPED(call) struct call call;

    open_call(&call);
    c->result = AGAIN(&call, cross(&call, c));
    return NULL;
}

static void a_deadlock_is_done_again(void **state)
{
    pthread_barrier_t both;
    struct crossing crossings[] = { { "left", "right", &both, 0, OK }, { "right", "left", &both, 0, OK } };
    pthread_t threads[2];

    (void)state;
    pthread_barrier_init(&both, NULL, 2);
    assert_int_equal(put(&house.call, "left"), OK);
    assert_int_equal(put(&house.call, "right"), OK);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, cross_over, &crossings[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&both);
    assert_true(crossings[0].result == OK && crossings[1].result == OK);
    assert_true(crossings[0].tries + crossings[1].tries > 2);
}

/* --- the pool ------------------------------------------------------------------------------------------------------------------------ */

static void *ask_often(void *refused)
{
    for (int i = 0; i < 50; i++) {
        SCOPED(call) struct call call;
        struct list rows;
        char name[32];

        open_call(&call);
        snprintf(name, sizeof name, "%p %d", (void *)&call, i);
        if (db_all(&call, &keys, NO_ARGS, &rows) != OK || AGAIN(&call, put(&call, name)) != OK)
            atomic_fetch_add((_Atomic int *)refused, 1);
    }
    return NULL;
}

static void many_share_two_connections(void **state)
{
    _Atomic int refused = 0;
    pthread_t threads[8];

    (void)state;
    open_with("2");
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &refused), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(refused, 0);
    assert_int_equal(seen(&house.call), 400);
    assert_true(test_database_as_superuser(&house.store.database, "SELECT 1 / (count(*) <= 2)::int " SERVING));
}

struct line {
    _Atomic int asking, served;
};

static void be_served(struct line *line, struct call *call, int *ret_place)
{
    struct list rows;
    SCOPED(tx) struct tx tx = tx_begin(call);

    assert_int_equal(db_all(call, &keys, NO_ARGS, &rows), OK);
    *ret_place = line->served++; /* while it has the one connection */
    assert_int_equal(tx_commit(&tx), OK);
}

static void *stand_in_line(void *context)
{
    SCOPED(call) struct call call;
    int place;

    open_call(&call);
    ((struct line *)context)->asking++;
    be_served(context, &call, &place);
    return NULL;
}

/* With what was promised counted as free (to_be_had) whoever gives a connection back takes it again before those who wait. */
static void nobody_overtakes_who_waits_for_one(void **state)
{
    struct line line = { 0 };
    pthread_t threads[6];
    int place;

    (void)state;
    open_with("1");
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "held"), OK);
        for (size_t i = 0; i < COUNT(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, stand_in_line, &line), 0);
        while (line.asking < (int)COUNT(threads))
            clock_sleep(MILLISECOND);
        clock_sleep(100 * MILLISECOND);
        assert_int_equal(tx_commit(&tx), OK);
    }
    be_served(&line, &house.call, &place);
    assert_int_equal(place, COUNT(threads));
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}

static void a_connection_is_waited_for_so_long(void **state)
{
    struct list rows;
    int64_t begun;

    (void)state;
    pg_patience.pool = SECOND / 4;
    open_with("1");
    {
        SCOPED(call) struct call other;
        SCOPED(tx) struct tx tx = { 0 };

        open_call(&other);
        tx = tx_begin(&other);
        assert_int_equal(put(&other, "held"), OK);
        begun = clock_ticks();
        assert_int_equal(db_all(&house.call, &keys, NO_ARGS, &rows), UNAVAILABLE);
        assert_in_range(clock_ticks() - begun, SECOND / 4, 2 * SECOND);
        assert_int_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(seen(&house.call), 1);
}

/* --- statements --------------------------------------------------------------------------------------------------------------------- */

static void a_queued_conflict_is_the_commits(void **state)
{
    struct args same = ARGS(db_uuid(uuid_new()), db_text(T("twice")), db_bytes(T("twice")), db_time(5));

    (void)state;
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(db_queue(&house.call, &add_key, same), OK);
        assert_int_equal(db_queue(&house.call, &add_key, same), OK);
        assert_int_equal(tx_commit(&tx), CONFLICT);
    }
    assert_int_equal(seen(&house.call), 0);
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);
        struct list rows;

        assert_int_equal(db_queue(&house.call, &add_key, same), OK);
        assert_int_equal(db_queue(&house.call, &add_key, same), OK);
        assert_int_equal(db_all(&house.call, &keys, NO_ARGS, &rows), CONFLICT); /* what comes next is told of it */
        assert_int_equal(db_all(&house.call, &keys, NO_ARGS, &rows), UNAVAILABLE);
        assert_int_equal(tx_commit(&tx), UNAVAILABLE);
    }
    {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);

        assert_int_equal(put(&house.call, "outside"), OK);
        {
            SCOPED(tx) struct tx inner = tx_begin(&house.call);

            assert_int_equal(db_queue(&house.call, &add_key, same), OK);
            assert_int_equal(db_queue(&house.call, &add_key, same), OK);
        }
        assert_int_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(seen(&house.call), 1);
}

static void a_table_changes_under_its_statements(void **state)
{
    (void)state;
    assert_int_equal(put(&house.call, "one"), OK);
    warm();
    assert_true(test_database_as_superuser(&house.store.database, "ALTER TABLE api_keys ADD COLUMN more text"));
    assert_int_equal(seen(&house.call), 1);
    warm();
    assert_true(test_database_as_superuser(&house.store.database, "ALTER TABLE api_keys ALTER COLUMN name TYPE citext"));
    assert_int_equal(seen(&house.call), 1);
    warm();
    assert_int_equal(put(&house.call, "two"), OK);
    assert_int_equal(seen(&house.call), 2);
}

/* --- a replica ------------------------------------------------------------------------------------------------------------------------ */

static text first_name(struct call *call)
{
    struct key key;

    assert_int_equal(db_one(call, &keys, NO_ARGS, &key), OK);
    return key.name;
}

static void what_may_be_late_is_read_from_the_replica(void **state)
{
    struct test_store replica = { 0 };
    struct services beside = { 0 };
    SCOPED(call) struct call there, call;
    int64_t begun;

    (void)state;
    assert_int_equal(put(&house.call, "of the primary"), OK);
    test_store_open(&replica);
    call_open(&there, &replica.on);
    call_enter(&there, house.organization);
    assert_int_equal(db_run(&there, &add_organization, ARGS(db_time(1))), OK);
    assert_int_equal(put(&there, "of the replica"), OK);
    assert_true(config_set("DATABASE_URL", house.store.database.url) && config_set("DATABASE_REPLICA_URL", replica.database.url));
    call_open(&call, &beside);
    call_enter(&call, house.organization);
    assert_int_equal(db_open(&call, &beside.db), OK);
    assert_true(config_set("DATABASE_REPLICA_URL", "postgresql://nobody@127.0.0.1:1/nowhere"));

    assert_true(text_equal(first_name(&call), T("of the primary")));
    call.may_be_late = true;
    assert_true(text_equal(first_name(&call), T("of the replica")));
    assert_int_equal(put(&call, "written by a late one"), OK);
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        assert_true(text_equal(first_name(&call), T("of the primary")));
    }
    test_store_close(&replica);
    begun = clock_ticks();
    assert_true(text_equal(first_name(&call), T("of the primary")));
    assert_true(text_equal(first_name(&call), T("of the primary")));
    assert_true(clock_ticks() - begun < 2 * SECOND);
    db_close(beside.db);
    assert_int_equal(seen(&house.call), 2);
}

/* --- opening ---------------------------------------------------------------------------------------------------------------------------- */

static void what_cannot_be_opened_is_said_without_secrets(void **state)
{
    const char *name = house.store.database.name, *address = strchr(house.store.database.url, '@') + 1;
    SCOPED(call) struct call call;
    const text urls[] = {
        text_format(&house.call.arena, "postgresql://%s_app:sesame@%s", name, address),                                 /* a wrong password */
        text_format(&house.call.arena, "postgresql://nobody:sesame@%s", address),                                       /* no such role */
        text_format(&house.call.arena, "postgresql://%s_app:sesame@%.*s/nowhere", name, (int)strcspn(address, "/"), address), /* no such database */
        T("postgresql://nobody:sesame@127.0.0.1:1/nowhere"),                                                             /* nobody listens */
    };

    (void)state;
    call_open(&call, NULL);
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct db *db = NULL;

        call.failure.message = TEXT_NONE;
        assert_int_equal(db_open_url(&call, urls[i], &db), UNAVAILABLE);
        assert_null(db);
        assert_true(call.failure.message.len > 0);
        assert_true(text_find(call.failure.message, T("sesame")) == SIZE_MAX);
    }
}

/* A table is away for a while: what asks for it fails, and nothing is used up by asking. */
static void failed_descriptions_use_nothing_up(void **state)
{
    static const struct query gone = { .name = "gone", .sql = "SELECT name FROM nowhere_to_be_found ORDER BY name", ROWS(struct key, key_columns) };
    struct list rows;

    (void)state;
    for (int i = 0; i < 1100; i++)
        assert_int_not_equal(db_all(&house.call, &gone, NO_ARGS, &rows), OK);
    assert_true(test_database_as_superuser(&house.store.database, "CREATE TABLE nowhere_to_be_found (name text); GRANT SELECT ON nowhere_to_be_found TO PUBLIC"));
    assert_int_equal(db_all(&house.call, &gone, NO_ARGS, &rows), OK);
    assert_int_equal(seen(&house.call), 0);
}

/* The first use of a statement on a connection fails, before and behind others that are new to it as well. */
static void a_failed_first_use_leaves_the_statement_usable(void **state)
{
    (void)state;
    open_with("1");
    for (int round = 0; round < 3; round++) {
        SCOPED(tx) struct tx tx = tx_begin(&house.call);
        uuid id = uuid_new();

        assert_int_equal(db_queue(&house.call, &add_key, ARGS(db_uuid(id), db_text(T("a")), db_bytes(T("a")), db_time(5))), OK);
        assert_int_equal(db_queue(&house.call, &add_key, ARGS(db_uuid(id), db_text(T("b")), db_bytes(T("b")), db_time(5))), OK);
        if (db_queue(&house.call, &rename_key, ARGS(db_text(T("a")), db_text(T("x")))) == OK)
            assert_int_not_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(put(&house.call, "whole"), OK);
    assert_int_equal(db_run(&house.call, &rename_key, ARGS(db_text(T("whole")), db_text(T("x")))), OK);
    assert_int_equal(seen(&house.call), 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_house, close_house)
    const struct CMUnitTest tests[] = {
        TEST(reads_outlive_their_connections),
        TEST(a_write_finds_another_connection_while_nothing_was_sent),
        TEST(a_cut_transaction_leaves_nothing),
        TEST(what_is_queued_and_cut_is_told),
        TEST(an_answer_is_waited_for_so_long),
        TEST(two_who_count_lose_nothing),
        TEST(a_deadlock_is_done_again),
        TEST(many_share_two_connections),
        TEST(nobody_overtakes_who_waits_for_one),
        TEST(a_connection_is_waited_for_so_long),
        TEST(a_queued_conflict_is_the_commits),
        TEST(a_table_changes_under_its_statements),
        TEST(what_may_be_late_is_read_from_the_replica),
        TEST(what_cannot_be_opened_is_said_without_secrets),
        TEST(failed_descriptions_use_nothing_up),
        TEST(a_failed_first_use_leaves_the_statement_usable),
    };

    if (!test_database_is_postgres()) {
        fprintf(stderr, "it needs a PostgreSQL: tests/servers/with --postgres -- …\n");
        return 1;
    }
    return cmocka_run_group_tests_name("postgres", tests, NULL, NULL);
}
