/* sqlite: nobody is answered before what they changed is durable, except who said that it need not be. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/config.h"
#include "store/migrate.h"

#include <cmocka.h> /* last: it defines fail() */

static _Atomic int syncs;
static _Atomic bool disk_is_broken;

/* In place of the C library's, for SQLite as well. */
int fdatasync(int file)
{
    syncs++;
    return disk_is_broken ? -1 : (int)syscall(SYS_fdatasync, file);
}

struct house {
    char dir[32];
    struct services on;
    struct call call;
};

static int open_house(void **state)
{
    static struct house house = { .dir = "/tmp/tenon-sqlite-XXXXXX" };
    int applied;

    assert_non_null(mkdtemp(house.dir));
    call_open(&house.call, &house.on);
    assert_true(config_set("DATABASE_URL", text_z(&house.call.arena, text_format(&house.call.arena, "sqlite:%s/tenon.db", house.dir))));
    assert_int_equal(db_open(&house.call, &house.on.db), OK);
    assert_int_equal(migrate_up(&house.call, &applied), OK);
    *state = &house;
    return 0;
}

static int close_house(void **state)
{
    struct house *house = *state;

    db_close(house->on.db);
    for (const char *const *name = (const char *const[]){ "tenon.db", "tenon.db-wal", "tenon.db-shm", NULL }; *name; name++)
        unlink(text_z(&house->call.arena, text_format(&house->call.arena, "%s/%s", house->dir, *name)));
    rmdir(house->dir);
    call_close(&house->call);
    return 0;
}

#define ADD "INSERT INTO sign_in_places (account, place, is_known, failures, locks, last_at) VALUES ($1, $2, FALSE, 0, 0, 1)"
static const struct query add = { .name = "add", .sql = ADD }, add_relaxed = { .name = "add_relaxed", .sql = ADD, .relaxed = true };

static enum result put(struct call *call, const struct query *query, const char *place)
{
    return db_run(call, query, ARGS(db_bytes(T("a")), db_text(text_of(place))));
}

static void a_change_is_synced_before_its_answer(void **state)
{
    struct house *house = *state;

    syncs = 0;
    assert_int_equal(put(&house->call, &add, "one"), OK);
    assert_int_equal(syncs, 1);
    assert_int_equal(put(&house->call, &add, "one"), CONFLICT);
    assert_int_equal(syncs, 1);
}

static void a_relaxed_one_is_not(void **state)
{
    struct house *house = *state;

    syncs = 0;
    assert_int_equal(put(&house->call, &add_relaxed, "two"), OK);
    assert_int_equal(syncs, 0);
}

/* It is relaxed alone: what stands beside it in a transaction is not. */
static void in_a_transaction_all_is_synced(void **state)
{
    struct house *house = *state;
    SCOPED(tx) struct tx tx = tx_begin(&house->call);

    syncs = 0;
    assert_int_equal(put(&house->call, &add_relaxed, "three"), OK);
    assert_int_equal(tx_commit(&tx), OK);
    assert_int_equal(syncs, 1);
}

static void what_is_not_durable_is_not_acknowledged(void **state)
{
    struct house *house = *state;

    disk_is_broken = true;
    assert_int_equal(put(&house->call, &add, "four"), UNAVAILABLE);
    assert_int_equal(put(&house->call, &add_relaxed, "five"), OK);
    disk_is_broken = false;
    assert_int_equal(put(&house->call, &add, "six"), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_synced_before_its_answer),
        cmocka_unit_test(a_relaxed_one_is_not),
        cmocka_unit_test(in_a_transaction_all_is_synced),
        cmocka_unit_test(what_is_not_durable_is_not_acknowledged),
    };

    return cmocka_run_group_tests(tests, open_house, close_house);
}
