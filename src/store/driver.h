/* Driver: what an engine does for db.c. For the store alone. */
#ifndef TENON_STORE_DRIVER_H
#define TENON_STORE_DRIVER_H

#include "store/db.h"

struct db {
    const struct driver *driver;
};

/* Where rows go: each is read into `row`, zeroed before, and given to `sink`. */
struct rows {
    void *row;
    db_sink *sink;
    void *context;
    bool transient; /* texts may point into the engine's memory, good until the sink returns; else they are in the arena */
};

struct driver {
    const char *name;
    enum result (*open)(struct call *call, text path, struct db **ret_db);
    void (*close)(struct db *db);

    /* The outermost transaction of a call; inner ones are savepoints numbered by depth. */
    enum result (*begin)(struct db *db, struct call *call);
    enum result (*commit)(struct db *db, struct call *call);
    void (*rollback)(struct db *db, struct call *call);
    enum result (*savepoint)(struct db *db, struct call *call, int depth);
    enum result (*release)(struct db *db, struct call *call, int depth);
    void (*rollback_to)(struct db *db, struct call *call, int depth);

    /* Runs on the transaction's connection when the call has one, else reads on any. `rows` NULL: the statement has none. */
    enum result (*run)(struct db *db, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed);
    bool (*check)(struct db *db, const struct query *query, char fault[static 512]);
    /* Several statements without parameters, outside the tenant rule: for migrations, in the open transaction. */
    enum result (*script)(struct db *db, struct call *call, const char *sql);
};

extern const struct driver sqlite_driver;

/* --- the tenant rule (tenant.c) -------------------------------------------------------------------------------------- */

struct tenant_tables {
    const char **names; /* tables with a column organization_id */
    size_t len;
};

bool tenant_is(const struct tenant_tables *tables, text name);

/*
 * Reads the statement's tokens: every tenant table it names must be bound to `:org`. `touched` are the tenant tables that
 * the engine says it uses (through views too); one that the text does not name is a fault. Returns NULL or what is wrong,
 * in a static text per thread.
 */
const char *tenant_fault(const char *sql, const struct tenant_tables *tables, const struct tenant_tables *touched);

#endif
