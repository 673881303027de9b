/*
 * Store: a tiny vocabulary over SQL. Every statement is one `struct query` with static text, the same for all engines;
 * parameters are `$1`, `$2` … and `:org`, which the driver alone binds, from the call.
 *
 * The tenant rule: a statement that touches a tenant table (one with a column organization_id, and organizations itself)
 * must compare that column with `:org` for each table it names, or must be a system query and run in a system scope
 * (core/call.h). The driver checks this when it prepares a statement and refuses the statement otherwise.
 *
 * Errors of every function: CONFLICT for a unique or foreign key, UNAVAILABLE for a full disk, a locked or lost database,
 * INTERNAL for a faulty statement (logged here, because the text of the engine must not go further).
 */
#ifndef TENON_STORE_DB_H
#define TENON_STORE_DB_H

#include "core/fields.h"

struct query {
    const char *name; /* for logs and metrics: `member_by_email` */
    const char *sql;
    const char *postgres;      /* where the text must differ, else NULL */
    const struct field *row;   /* columns in the order of the select list, names equal; NULL: no rows */
    size_t row_size;
    const char *system; /* why it spans organizations; NULL: it does not */
    bool relaxed; /* alone, outside a transaction: a loss of power may undo it (a crash does not), so that SQLite need not wait for the disk */
};

/* `.row` and `.row_size` of a query whose rows fill `type`. */
#define ROWS(type, columns) .row = (columns), .row_size = sizeof(type)

enum arg_type { ARG_NULL, ARG_TEXT, ARG_INT, ARG_DOUBLE, ARG_UUID, ARG_BYTES };

struct arg {
    enum arg_type type;
    union {
        text text;
        int64_t number;
        double real;
        uuid id;
    };
};

static inline struct arg db_null(void) { return (struct arg){ ARG_NULL, { .number = 0 } }; }
static inline struct arg db_text(text t) { return t.ptr ? (struct arg){ ARG_TEXT, { .text = t } } : db_null(); }
static inline struct arg db_bytes(text t) { return t.ptr ? (struct arg){ ARG_BYTES, { .text = t } } : db_null(); }
static inline struct arg db_int(int64_t n) { return (struct arg){ ARG_INT, { .number = n } }; }
static inline struct arg db_bool(bool b) { return (struct arg){ ARG_INT, { .number = b } }; }
static inline struct arg db_double(double d) { return (struct arg){ ARG_DOUBLE, { .real = d } }; }
static inline struct arg db_time(int64_t t) { return t ? db_int(t) : db_null(); } /* 0: null */
static inline struct arg db_uuid(uuid id) { return uuid_is_none(id) ? db_null() : (struct arg){ ARG_UUID, { .id = id } }; }
struct arg db_texts(struct call *call, struct text_list list); /* kept as a JSON array */
struct arg db_uuids(struct call *call, struct uuid_list list);

struct args {
    const struct arg *items;
    size_t len;
};
#define ARGS(...) ((struct args){ (const struct arg[]){ __VA_ARGS__ }, COUNT(((const struct arg[]){ __VA_ARGS__ })) })
#define NO_ARGS ((struct args){ NULL, 0 })

/* The first row; NOT_FOUND when there is none. */
CHECKED enum result db_one(struct call *call, const struct query *query, struct args args, void *ret_row);

/* All rows, as an array in the call's arena. The statement bounds how many. */
CHECKED enum result db_all(struct call *call, const struct query *query, struct args args, struct list *ret_rows);

/* Each row in turn, in the same memory; `sink` returns OK to go on, anything else ends the walk and is returned. Texts of
   the row live until the sink returns: what is kept must be copied. */
typedef enum result db_sink(void *context, const void *row);
CHECKED enum result db_each(struct call *call, const struct query *query, struct args args, db_sink *sink, void *context);

/* A statement without rows. Without an open transaction it is one of its own and durable when this returns. */
CHECKED enum result db_run(struct call *call, const struct query *query, struct args args);

/* In an open transaction: the same, but the outcome may show only at a later statement or the commit. For many small changes
   of which each must succeed: on engines across a network they travel together. */
CHECKED enum result db_queue(struct call *call, const struct query *query, struct args args);

/* A changing statement with RETURNING; a transaction of its own without an open one. */
CHECKED enum result db_returning(struct call *call, const struct query *query, struct args args, struct list *ret_rows);

/* As db_run; `*ret_changed` rows were changed. */
CHECKED enum result db_change(struct call *call, const struct query *query, struct args args, int64_t *ret_changed);

/*
 * Transactions: `SCOPED(tx) struct tx tx = tx_begin(call);` rolls back at the end of the block unless tx_commit returned
 * OK, after which everything in it is on disk. One inside another is a savepoint of it, durable with the outermost.
 * A fault of tx_begin is kept and returned by every use of the transaction.
 */
struct tx_after;

struct tx {
    struct call *call;
    struct tx *outer;
    enum result fault;
    bool open;
    bool relaxed; /* of one relaxed statement */
    struct tx_after *after;
    void *engine; /* the driver's, of an outermost one */
};

struct tx tx_begin(struct call *call);
CHECKED enum result tx_commit(struct tx *tx);
void tx_end(struct tx *tx);

/*
 * Transactions are serializable. On engines with concurrent writers one of two that met may be refused with UNAVAILABLE, and
 * is then done again as a whole. db_again is true, after a short wait, when that is why it failed and there were few attempts
 * yet. A handler that has committed nothing is done again by itself (http/dispatch.c); what commits several times says
 * AGAIN around each function that is one transaction and nothing else.
 */
bool db_again(struct call *call, enum result result);

#define AGAIN(call, transaction)                \
    __extension__({                             \
        enum result again_result_;              \
        do                                      \
            again_result_ = (transaction);      \
        while (db_again((call), again_result_)); \
        again_result_;                          \
    })

/* Runs when the outermost transaction has been committed (at once without one); dropped on rollback. */
void tx_on_commit(struct call *call, void (*run)(void *context), void *context);

/* --- the whole database --------------------------------------------------------------------------------------------- */

/* The configured database, to serve from. UNAVAILABLE with a message when it cannot be opened. */
CHECKED enum result db_open(struct call *call, struct db **ret_db);

/* The same, to migrate: as DATABASE_OWNER_URL where the engine tells owner and server apart. */
CHECKED enum result db_open_owner(struct call *call, struct db **ret_db);

/* Another one, by its URL: sqlite:PATH or postgresql://…, nothing else configured. */
CHECKED enum result db_open_url(struct call *call, text url, struct db **ret_db);
void db_close(struct db *db);
const char *db_engine(const struct db *db);

/* True when other instances of the program may use it at the same time. */
bool db_is_shared(const struct db *db);

/* What must hold in the database itself so that tenants are apart; one line a fault. False when there is one. */
CHECKED enum result db_inspect(struct call *call, struct buffer *faults);

/* Tables and the policies on them, for people; nothing on engines that have none. */
CHECKED enum result db_describe(struct call *call, struct buffer *out);

/* Reads every tenant table as `organization` with a statement that does not ask whose the rows are: the engine's own wall must
   hold back all others. One line a table; what came through is added to `*crossed`. Nothing on engines without a wall. */
CHECKED enum result db_try_wall(struct call *call, uuid organization, struct buffer *report, size_t *tables, size_t *crossed);

/* Prepares a query and drops it again: syntax, columns and the tenant rule. `fault` gets one line. */
bool db_check(struct db *db, const struct query *query, char fault[static 512]);

/* The time by the clock that all instances share, which is the database's, moved by tests like clock_now(): for what instances
   leave to each other by time, such as claims. Asked for once a minute; where no other process uses the database it is clock_now(). */
int64_t db_now(struct call *call);

/* True when a read succeeds now. */
bool db_alive(struct db *db);

/*
 * For tests: the `count`th thing that requests ask of the store from now on (a statement, a begin, a commit) fails with
 * UNAVAILABLE, before the engine sees it; 0: none does. Work that no request does is not counted.
 */
void db_fail_after(int count);
bool db_has_failed(void); /* since then, as it was told to */

#endif
