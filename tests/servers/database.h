/*
 * Databases for tests: one of its own for each that asks, on the server that TENON_TEST_POSTGRES_SUPER_URL and its like name
 * (tests/servers/with starts one), else a file.
 */
#ifndef TENON_TESTS_DATABASE_H
#define TENON_TESTS_DATABASE_H

#include "core/call.h"

struct test_database {
    char url[512];   /* DATABASE_URL */
    char owner[512]; /* DATABASE_OWNER_URL; empty for SQLite */
    char name[64];
};

/* The Redis that the tests run on, emptied; NULL: none. */
const char *test_redis(void);

/* True when the tests run on PostgreSQL. */
bool test_database_is_postgres(void);

/* A new, empty one, with a serving role of its own, which a migration makes; a file in `dir`. False when it cannot be made. */
bool test_database_make(const char *dir, struct test_database *ret_database);
void test_database_drop(const struct test_database *database);

/* A migrated one, open to serve, in a directory of its own. Aborts when it cannot be had. */
struct test_store {
    struct test_database database;
    char dir[64];
    struct services on;
    int applied; /* migrations */
};
void test_store_open(struct test_store *store);
void test_store_close(struct test_store *store);

/* Runs `sql` there as the superuser, for what no role of ours may; true when it succeeded. */
bool test_database_as_superuser(const struct test_database *database, const char *sql);

#endif
