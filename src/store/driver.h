/* Driver: what an engine does for db.c. For the store alone. */
#ifndef TENON_STORE_DRIVER_H
#define TENON_STORE_DRIVER_H

#include "store/db.h"

struct db {
    const struct driver *driver;
    _Atomic int64_t ahead;    /* of clock_ticks(), the engine's own clock; db_now */
    _Atomic int64_t ahead_at; /* clock_ticks() when that was found out; 0: never */
};

/* How a database is opened. */
struct db_place {
    text url;
    text serving_url; /* to migrate: the URL that will serve, whose role is made; else absent */
    text replica_url; /* absent: none */
    text ssl_mode;    /* absent: as the URL says */
    int connections;  /* at most */
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
    const struct migration *migrations;
    const char *ledger; /* makes the table of migrations where it is missing */
    bool shared;        /* other processes may use it at the same time */

    enum result (*open)(struct call *call, const struct db_place *place, struct db **ret_db);
    void (*close)(struct db *db);

    /* The outermost transaction of a call, which may keep something in `tx->engine`; inner ones are savepoints numbered by
       depth. */
    enum result (*begin)(struct db *db, struct call *call, struct tx *tx);
    enum result (*commit)(struct db *db, struct call *call);
    void (*rollback)(struct db *db, struct call *call);
    enum result (*savepoint)(struct db *db, struct call *call, int depth);
    enum result (*release)(struct db *db, struct call *call, int depth);
    void (*rollback_to)(struct db *db, struct call *call, int depth);

    /* Runs on the transaction's connection when the call has one, else reads on any. `rows` NULL: the statement has none. */
    enum result (*run)(struct db *db, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed);
    /* One changing statement that is a transaction of its own. NULL: db.c opens one around it. */
    enum result (*alone)(struct db *db, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed);
    /* In an open transaction: a change whose outcome shows at the latest when it commits. NULL: it is run. */
    enum result (*queue)(struct db *db, struct call *call, const struct query *query, struct args args);
    bool (*check)(struct db *db, const struct query *query, char fault[static 512]);
    /* Several statements without parameters, outside the tenant rule: for migrations, in the open transaction. */
    enum result (*script)(struct db *db, struct call *call, const char *sql);
    /* Keeps other migrations out until the transaction's end. NULL: beginning one does. */
    enum result (*lock)(struct db *db, struct call *call);
    /* Before the first migration. NULL: nothing. */
    enum result (*prepare)(struct db *db, struct call *call);
    /* Run by the owner after the migrations: makes what depends on what the server has; any number of times. NULL: nothing. */
    const char *extend;
    /* What must hold before it serves; one line a fault. NULL: nothing. */
    enum result (*inspect)(struct db *db, struct call *call, struct buffer *faults);
    enum result (*describe)(struct db *db, struct call *call, struct buffer *out);
    enum result (*try_wall)(struct db *db, struct call *call, uuid organization, struct buffer *report, size_t *tables, size_t *crossed);

    /* A rehearsal of migrations: a place beside the database, gone when it is closed. Where it begins empty, `fill` copies the
       rows once the tables are there as they are now; `verify` looks at it as a whole. */
    enum result (*rehearsal_open)(struct db *db, struct call *call, struct db **ret_copy);
    enum result (*rehearsal_fill)(struct db *copy, struct call *call);
    void (*rehearsal_close)(struct db *db, struct call *call, struct db *copy);
    enum result (*verify)(struct db *db, struct call *call, struct buffer *faults);
};

/* The outermost open transaction's. */
struct tx *tx_outermost(struct call *call);

extern const struct driver sqlite_driver;
extern const struct driver postgres_driver;

/* A JSON array of texts or ids, as lists are kept in a column, into a text_list or uuid_list. */
void row_read_list(struct arena *arena, const struct field *field, text json, void *at);

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
