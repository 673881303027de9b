#include "tests/servers/database.h"

#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"
#include "store/migrate.h"

const char *test_redis(void)
{
    const char *url = getenv("TENON_TEST_REDIS_URL"), *address = url ? strstr(url, "127.0.0.1:") : NULL;
    redisContext *redis = address ? redisConnect("127.0.0.1", atoi(address + 10)) : NULL;
    bool emptied;

    if (!url)
        return NULL;
    emptied = redis && !redis->err;
    if (emptied)
        freeReplyObject(redisCommand(redis, "FLUSHALL"));
    redisFree(redis);
    if (!emptied) {
        fprintf(stderr, "test redis: %s cannot be emptied\n", url);
        abort();
    }
    return url;
}

bool test_database_is_postgres(void)
{
    return getenv("TENON_TEST_POSTGRES_SUPER_URL") != NULL;
}

/* The same server, another database. */
static void with_name(const char *variable, const char *name, char out[static 512])
{
    const char *url = getenv(variable), *path = url ? strrchr(url, '/') : NULL;

    snprintf(out, 512, "%.*s/%s", path ? (int)(path - url) : 0, url ? url : "", name);
}

/* Besides, as a role of the database's own: roles are the cluster's, and programs run side by side in it. */
static void with_role(const char *variable, const char *name, char out[static 512])
{
    const char *url = getenv(variable), *user = url ? strstr(url, "://") : NULL, *password = user ? strchr(user + 3, ':') : NULL;
    const char *path = password ? strrchr(password, '/') : NULL;

    snprintf(out, 512, "%.*s%s_app%.*s/%s", path ? (int)(user + 3 - url) : 0, url ? url : "", name, path ? (int)(path - password) : 0, password ? password : "", name);
}

static bool run(const char *url, const char *sql)
{
    PGconn *c = PQconnectdb(url);
    PGresult *result = PQexec(c, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;

    if (!ok)
        fprintf(stderr, "test database: %s", PQerrorMessage(c));
    PQclear(result);
    PQfinish(c);
    return ok;
}

bool test_database_as_superuser(const struct test_database *database, const char *sql)
{
    char url[512];

    with_name("TENON_TEST_POSTGRES_SUPER_URL", database->name, url);
    return run(url, sql);
}

bool test_database_make(const char *dir, struct test_database *ret_database)
{
    static int made;
    struct test_database d = { .owner = "" };
    const char *owner = getenv("TENON_TEST_POSTGRES_OWNER_URL"), *user = owner ? strstr(owner, "://") : NULL;
    char sql[256];

    if (!test_database_is_postgres()) {
        snprintf(d.url, sizeof d.url, "sqlite:%s/tenon.db", dir);
        *ret_database = d;
        return true;
    }
    if (!user)
        return false;
    user += 3;
    snprintf(d.name, sizeof d.name, "test_%d_%d", (int)getpid(), made++);
    with_role("TENON_TEST_POSTGRES_URL", d.name, d.url);
    with_name("TENON_TEST_POSTGRES_OWNER_URL", d.name, d.owner);
    snprintf(sql, sizeof sql, "CREATE DATABASE %s OWNER \"%.*s\"", d.name, (int)strcspn(user, ":@"), user);
    if (!run(getenv("TENON_TEST_POSTGRES_SUPER_URL"), sql))
        return false;
    *ret_database = d;
    return true;
}

void test_database_drop(const struct test_database *database)
{
    char sql[256];

    if (!*database->name)
        return;
    snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", database->name);
    run(getenv("TENON_TEST_POSTGRES_SUPER_URL"), sql);
    snprintf(sql, sizeof sql, "DROP ROLE IF EXISTS %s_app, %s_app_system", database->name, database->name);
    run(getenv("TENON_TEST_POSTGRES_SUPER_URL"), sql);
}

/* --- a store in it ------------------------------------------------------------------------------------------------------- */

static enum result open_store(struct call *call, struct test_store *store)
{
    TRY(db_open_owner(call, &store->on.db));
    TRY(migrate_up(call, &store->applied));
    if (!db_is_shared(store->on.db))
        return OK;
    db_close(store->on.db);
    return db_open(call, &store->on.db);
}

void test_store_open(struct test_store *store)
{
    struct call call;
    SCOPED(buffer) struct buffer faults = { 0 };

    log_set_level(LOG_OFF);
    strcpy(store->dir, "/tmp/tenon-store-XXXXXX");
    if (!mkdtemp(store->dir) || config_load(&faults) > 0 || !test_database_make(store->dir, &store->database) ||
        !config_set("DATABASE_URL", store->database.url) || !config_set("DATABASE_OWNER_URL", store->database.owner))
        abort();
    log_set_level(LOG_OFF);
    call_open(&call, &store->on);
    if (open_store(&call, store) != OK) {
        fprintf(stderr, "test store: %.*s\n", TEXT_ARG(call.failure.message));
        abort();
    }
    call_close(&call);
}

void test_store_close(struct test_store *store)
{
    static const char *const files[] = { "tenon.db", "tenon.db-wal", "tenon.db-shm" };
    char path[128];

    db_close(store->on.db);
    test_database_drop(&store->database);
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", store->dir, files[i]);
        unlink(path);
    }
    rmdir(store->dir);
}
