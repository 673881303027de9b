/* store: the contract every driver keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"
#include "store/migrate.h"
#include "tests/servers/database.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct query add_organization = {
    .name = "add_organization",
    .sql = "INSERT INTO organizations (id, name, created_at, updated_at) VALUES (:org, $1, $2, $2)",
};
static const struct query add_key = {
    .name = "add_key",
    .sql = "INSERT INTO api_keys (organization_id, id, name, prefix, key_hash, scopes, created_at) VALUES (:org, $1, $2, 'p', $3, '[\"a\",\"b\"]', $4)",
};

struct key {
    uuid id;
    text name, hash;
    struct text_list scopes;
    int64_t created_at, last_used;
};

static const struct field key_columns[] = {
    UUID(struct key, id), TEXT(struct key, name), { .name = "key_hash", .type = FIELD_BYTES, .at = offsetof(struct key, hash) },
    TEXTS(struct key, scopes), TIME(struct key, created_at), TIME(struct key, last_used), FIELDS_END,
};
static const struct query all_keys = {
    .name = "all_keys",
    .sql = "SELECT id, name, key_hash, scopes, created_at, last_used FROM api_keys WHERE organization_id = :org ORDER BY name",
    ROWS(struct key, key_columns),
};
static const struct query count_keys = {
    .name = "count_keys",
    .sql = "SELECT id, name, key_hash, scopes, created_at, last_used FROM api_keys ORDER BY name",
    ROWS(struct key, key_columns),
    .system = "the test counts all of them",
};

static int open_house(void **state)
{
    struct test_store *store = calloc(1, sizeof *store);

    test_store_open(store);
    *state = store;
    return 0;
}

static int close_house(void **state)
{
    test_store_close(*state);
    free(*state);
    return 0;
}

static uuid new_organization(struct call *call)
{
    uuid id = uuid_new();

    call_enter(call, id);
    assert_int_equal(db_run(call, &add_organization, ARGS(db_text(T("o")), db_time(1))), OK);
    return id;
}

static enum result put_key(struct call *call, text name)
{
    return db_run(call, &add_key, ARGS(db_uuid(uuid_new()), db_text(name), db_bytes(name), db_time(5)));
}

static size_t keys_seen(struct call *call)
{
    struct list rows;

    assert_int_equal(db_all(call, &all_keys, NO_ARGS, &rows), OK);
    return rows.len;
}

static void rows_come_back_as_they_went(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    struct key key;

    call_open(&call, &house->on);
    new_organization(&call);
    assert_int_equal(put_key(&call, T("k\xc3\xa9y")), OK);
    assert_int_equal(db_one(&call, &all_keys, NO_ARGS, &key), OK);
    assert_true(text_equal(key.name, T("k\xc3\xa9y")) && text_equal(key.hash, T("k\xc3\xa9y")));
    assert_int_equal(key.scopes.len, 2);
    assert_true(text_equal(key.scopes.items[1], T("b")));
    assert_true(key.created_at == 5 && key.last_used == 0);
    assert_int_equal(put_key(&call, T("k\xc3\xa9y")), CONFLICT);
}

static void another_organization_sees_nothing(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    struct key key;

    call_open(&call, &house->on);
    new_organization(&call);
    assert_int_equal(put_key(&call, T("mine")), OK);
    new_organization(&call);
    assert_int_equal(keys_seen(&call), 0);
    assert_int_equal(db_one(&call, &all_keys, NO_ARGS, &key), NOT_FOUND);
    call_enter(&call, UUID_NONE);
    assert_int_equal(keys_seen(&call), 0);
}

static void a_spanning_query_needs_its_scope(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    struct list rows;

    call_open(&call, &house->on);
    assert_int_equal(db_all(&call, &count_keys, NO_ARGS, &rows), INTERNAL);
    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(&call, "test");

        (void)scope;
        assert_int_equal(db_all(&call, &count_keys, NO_ARGS, &rows), OK);
    }
    assert_int_equal(db_all(&call, &count_keys, NO_ARGS, &rows), INTERNAL);
}

static void the_tenant_rule_refuses(void **state)
{
    static const struct { const char *sql; bool good; } rows[] = {
        { "SELECT id FROM api_keys WHERE organization_id = :org", true },
        { "SELECT k.id FROM api_keys k WHERE k.organization_id = :org AND k.id = $1", true },
        { "SELECT k.id FROM api_keys AS k JOIN ai_providers p ON p.organization_id = :org WHERE :org = k.organization_id", true },
        { "SELECT id FROM users WHERE id = $1", true },
        { "SELECT id FROM organizations WHERE id = :org", true },
        { "SELECT (SELECT chunks.id FROM chunks WHERE chunks.organization_id = :org LIMIT 1) AS id FROM documents d WHERE d.organization_id = :org", true },
        { "SELECT id FROM api_keys", false },
        { "SELECT id FROM api_keys WHERE id = $1", false },
        { "SELECT id FROM api_keys WHERE organization_id = $1", false },
        { "SELECT id FROM organizations WHERE id = $1", false },
        { "SELECT k.id FROM api_keys k JOIN ai_providers p ON p.id = k.id WHERE k.organization_id = :org", false },
        { "SELECT k.id FROM api_keys k, ai_providers WHERE k.organization_id = :org", false },
        { "SELECT a.id FROM api_keys a JOIN api_keys b ON a.id = b.id WHERE a.organization_id = :org", false },
        { "SELECT id FROM users WHERE id IN (SELECT user_id FROM memberships)", false },
        { "SELECT organization_id AS id FROM api_keys WHERE ':org' = 'organization_id = :org'", false },
    };
    struct test_store *house = *state;
    char fault[512];

    for (size_t i = 0; i < COUNT(rows); i++) {
        static const struct field columns[] = { { .name = "id", .type = FIELD_UUID }, FIELDS_END };
        struct query query = { .name = "probe", .sql = rows[i].sql, .row = columns, .row_size = sizeof(uuid) };

        if (db_check(house->on.db, &query, fault) != rows[i].good)
            fail_msg("%s: %s", rows[i].sql, rows[i].good ? fault : "was accepted");
    }
}

static void the_tenant_rule_refuses_changes(void **state)
{
    static const struct { const char *sql; bool good; } rows[] = {
        { "UPDATE api_keys SET name = $1 WHERE organization_id = :org AND id = $2", true },
        { "DELETE FROM api_keys WHERE organization_id = :org", true },
        { "INSERT INTO search_totals (organization_id, chunk_count, term_count) VALUES (:org, 0, 0) ON CONFLICT DO NOTHING", true },
        { "UPDATE api_keys SET name = $1 WHERE id = $2", false },
        { "DELETE FROM api_keys WHERE id = $1", false },
        { "INSERT INTO search_totals (organization_id, chunk_count, term_count) VALUES ($1, 0, 0)", false },
        { "INSERT INTO search_totals (chunk_count, organization_id, term_count) VALUES (0, :org, 0)", false },
        { "INSERT INTO search_totals (organization_id, chunk_count, term_count) SELECT organization_id, 0, 0 FROM documents WHERE organization_id = :org", false },
    };
    struct test_store *house = *state;
    char fault[512];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct query query = { .name = "probe", .sql = rows[i].sql };

        if (db_check(house->on.db, &query, fault) != rows[i].good)
            fail_msg("%s: %s", rows[i].sql, rows[i].good ? fault : "was accepted");
    }
}

static void columns_must_match(void **state)
{
    static const struct query query = {
        .name = "probe", .sql = "SELECT name, id FROM api_keys WHERE organization_id = :org", ROWS(struct key, key_columns),
    };
    struct test_store *house = *state;
    char fault[512];

    assert_false(db_check(house->on.db, &query, fault));
    assert_string_equal(fault, "probe: column 1 is name, not id");
}

static void note(void *context)
{
    ++*(int *)context;
}

static void what_is_rolled_back_is_gone(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    int ran = 0;

    call_open(&call, &house->on);
    new_organization(&call);
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        assert_int_equal(put_key(&call, T("rolled-a")), OK);
        tx_on_commit(&call, note, &ran);
        assert_int_equal(keys_seen(&call), 1);
    }
    assert_int_equal(keys_seen(&call), 0);
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        assert_int_equal(put_key(&call, T("rolled-b")), OK);
        {
            SCOPED(tx) struct tx inner = tx_begin(&call);

            assert_int_equal(put_key(&call, T("rolled-c")), OK);
            tx_on_commit(&call, note, &ran);
        }
        {
            SCOPED(tx) struct tx inner = tx_begin(&call);

            assert_int_equal(put_key(&call, T("rolled-d")), OK);
            tx_on_commit(&call, note, &ran);
            assert_int_equal(tx_commit(&inner), OK);
        }
        assert_int_equal(ran, 0);
        assert_int_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(keys_seen(&call), 2);
    assert_int_equal(ran, 1);
}

static void what_is_queued_comes_with_the_commit(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    uuid twice = uuid_new();

    call_open(&call, &house->on);
    new_organization(&call);
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        for (int i = 0; i < 500; i++) {
            text name = text_format(&call.arena, "queued-%d", i);

            assert_int_equal(db_queue(&call, &add_key, ARGS(db_uuid(uuid_new()), db_text(name), db_bytes(name), db_time(5))), OK);
        }
        assert_int_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(keys_seen(&call), 500);
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);
        enum result result = db_queue(&call, &add_key, ARGS(db_uuid(twice), db_text(T("a")), db_bytes(T("a")), db_time(5)));

        if (result == OK)
            result = db_queue(&call, &add_key, ARGS(db_uuid(twice), db_text(T("b")), db_bytes(T("b")), db_time(5)));
        if (result == OK)
            result = tx_commit(&tx);
        assert_int_not_equal(result, OK);
    }
    assert_int_equal(keys_seen(&call), 500);
}

struct writer_job {
    struct test_store *house;
    uuid organization;
    int number, written;
};

/* Whether it was committed. */
static int write_key(struct call *call, text name, bool keep)
{
    enum result result;

    do {
        SCOPED(tx) struct tx tx = tx_begin(call);

        result = put_key(call, name);
        if (result == OK && keep)
            result = tx_commit(&tx);
    } while (db_again(call, result));
    return result == OK && keep;
}

static void *write_keys(void *context)
{
    struct writer_job *job = context;

    for (int i = 0; i < 50; i++) {
        struct call call;
        bool keep = i % 3 != 0;

        call_open(&call, &job->house->on);
        call_enter(&call, job->organization);
        job->written += write_key(&call, text_format(&call.arena, "w%d-%d", job->number, i), keep);
        call_close(&call);
    }
    return NULL;
}

static void writers_share_their_commits(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    struct writer_job jobs[8];
    pthread_t threads[8];
    size_t written = 0;

    call_open(&call, &house->on);
    new_organization(&call);
    for (int i = 0; i < 8; i++) {
        jobs[i] = (struct writer_job){ house, call.organization, i, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, write_keys, &jobs[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        written += (size_t)jobs[i].written;
    }
    assert_int_equal(written, 8 * 33);
    assert_int_equal(keys_seen(&call), written);
}

static void migrations_go_back_and_forth(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call;
    SCOPED(buffer) struct buffer status = { 0 };
    struct services owner = { 0 };
    int count;

    db_close(house->on.db); /* where they are two, the owner takes its place */
    house->on.db = NULL;
    call_open(&call, &owner);
    assert_int_equal(db_open_owner(&call, &owner.db), OK);
    assert_int_equal(migrate_down(&call, 99, &count), OK);
    assert_int_equal(count, house->applied);
    assert_int_equal(migrate_status(&call, &status), OK);
    assert_true(text_find(buffer_view(&status), T("pending")) != SIZE_MAX);
    assert_int_equal(migrate_up(&call, &count), OK);
    assert_int_equal(count, house->applied);
    assert_int_equal(migrate_up(&call, &count), OK);
    assert_int_equal(count, 0);
    db_close(owner.db);
}

static void a_locked_database_is_unavailable(void **state)
{
    struct test_store *house = *state;
    SCOPED(call) struct call call, other;
    struct services second = { 0 };

    call_open(&call, &house->on);
    call_open(&other, &second);
    new_organization(&call);
    assert_int_equal(db_open(&other, &second.db), OK);
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        assert_int_equal(tx.fault, OK);
        call_enter(&other, call.organization);
        assert_int_equal(put_key(&other, T("locked")), UNAVAILABLE);
        assert_int_equal(put_key(&call, T("unlocked")), OK);
        assert_int_equal(tx_commit(&tx), OK);
    }
    assert_int_equal(put_key(&other, T("locked")), OK);
    assert_int_equal(keys_seen(&other), 2);
    db_close(second.db);
}

int main(void)
{
#define EVERY_DRIVER                                                                                                   \
    cmocka_unit_test_setup_teardown(rows_come_back_as_they_went, open_house, close_house),                             \
        cmocka_unit_test_setup_teardown(another_organization_sees_nothing, open_house, close_house),                   \
        cmocka_unit_test_setup_teardown(a_spanning_query_needs_its_scope, open_house, close_house),                    \
        cmocka_unit_test_setup_teardown(the_tenant_rule_refuses, open_house, close_house),                             \
        cmocka_unit_test_setup_teardown(the_tenant_rule_refuses_changes, open_house, close_house),                     \
        cmocka_unit_test_setup_teardown(columns_must_match, open_house, close_house),                                  \
        cmocka_unit_test_setup_teardown(what_is_rolled_back_is_gone, open_house, close_house),                         \
        cmocka_unit_test_setup_teardown(what_is_queued_comes_with_the_commit, open_house, close_house),                \
        cmocka_unit_test_setup_teardown(writers_share_their_commits, open_house, close_house),                         \
        cmocka_unit_test_setup_teardown(migrations_go_back_and_forth, open_house, close_house)
    const struct CMUnitTest on_sqlite[] = { EVERY_DRIVER, cmocka_unit_test_setup_teardown(a_locked_database_is_unavailable, open_house, close_house) };
    const struct CMUnitTest on_postgres[] = { EVERY_DRIVER };

    if (test_database_is_postgres())
        return cmocka_run_group_tests_name("store on postgresql", on_postgres, NULL, NULL);
    return cmocka_run_group_tests_name("store", on_sqlite, NULL, NULL);
}
