/*
 * PostgreSQL, for the store alone: connections and their pool, statements and values on the wire, roles, and the wall's own
 * inspection. Speaks the extended protocol in pipeline mode with binary values (PostgreSQL documentation, chapter "Pipeline
 * Mode" and "Frontend/Backend Protocol"), so that opening a transaction, naming the organization and the query are one round
 * trip.
 */
#ifndef TENON_STORE_POSTGRES_H
#define TENON_STORE_POSTGRES_H

#include <libpq-fe.h>
#include <pthread.h>

#include "base/fiber.h"
#include "store/driver.h"

enum { MOST_PARAMETERS = 32, MOST_STATEMENTS = 1024 };

/* --- statements (postgres_wire.c) -------------------------------------------------------------------------------------- */

/* A query as this engine takes it; described once for the whole program. */
struct pg_statement {
    const struct query *query;
    char name[16];
    char *sql; /* `:org` written as the parameter behind the last */
    int number;
    int parameters; /* with the organization's */
    int org;        /* its place from 1, 0: none */
    Oid types[MOST_PARAMETERS];
};

/* Translates the text; false with a fault when it has too many parameters. */
bool pg_translate(const struct query *query, struct pg_statement *ret_statement, char fault[static 512]);

/* Whether what the server said of the statement fits the query's row; false with a fault. */
bool pg_described(const PGresult *description, struct pg_statement *s, char fault[static 512]);

/* Parameters of one execution, written in the binary format of the types. False: the argument does not fit its type. */
struct pg_values {
    const char *values[MOST_PARAMETERS];
    int lengths[MOST_PARAMETERS];
    int formats[MOST_PARAMETERS];
    char room[MOST_PARAMETERS][16];
};
bool pg_encode(struct call *call, const struct pg_statement *s, struct args args, struct pg_values *ret_values);

/* One row into the query's struct. */
void pg_decode(struct arena *arena, const PGresult *result, int row, const struct query *query, bool transient, void *into);

/* --- connections (postgres_pool.c) -------------------------------------------------------------------------------------- */

struct pg_connection {
    struct pg_connection *next;
    PGconn *pg;
    uint64_t prepared[MOST_STATEMENTS / 64]; /* statements known on this connection, by number */
    bool unnamed; /* a pooler stands between: each execution brings its statement */
    bool broken;  /* not to be used again */
    pthread_t user;     /* who used it last */
    int64_t given;      /* clock_ticks() when it was put back */
    int sent;     /* commands whose results were not taken */
    struct { int number, at; } fresh[64]; /* statements whose parsing is among them, and the how manieth command it is */
    int fresh_count;
};

struct pg_pool {
    const char *url;
    const char *ssl_mode; /* NULL: as the URL says */
    pthread_mutex_t mutex;
    struct condition free, free_for_fibers;
    struct pg_connection *idle;
    int idle_count, promised; /* to those in line, who have not come for them yet */
    int open, most;
    int64_t refused_until; /* clock_ticks(); after a failed connect nobody else tries for a moment */
};

void pg_pool_init(struct pg_pool *pool, const char *url, const char *ssl_mode, int most);
void pg_pool_close(struct pg_pool *pool);

/* How long a connection and an answer are waited for; tests have less of it. */
extern struct pg_patience {
    int64_t pool, answer;
} pg_patience;

/* A working connection; UNAVAILABLE. */
CHECKED enum result pg_take(struct pg_pool *pool, struct call *call, struct pg_connection **ret_connection);
void pg_give(struct pg_pool *pool, struct pg_connection *c);

/* Puts a command into the pipeline; false when the connection is lost. */
bool pg_send(struct pg_connection *c, const char *sql);
bool pg_send_prepare(struct pg_connection *c, const struct pg_statement *s);
bool pg_send_run(struct pg_connection *c, const struct pg_statement *s, const struct pg_values *values);

/* Ends the pipeline and takes every result: `*ret_last` is the last command's (the caller's to clear), or the first error's.
   NULL: the connection is lost. */
bool pg_finish(struct pg_connection *c, PGresult **ret_last);

/* Several statements at once, outside the pipeline; the result of the last one, the caller's to clear. */
PGresult *pg_script(struct pg_connection *c, const char *sql);

/* OK, or what the error means for the caller; logged. Sets the call's `contended` where a repetition may succeed. */
enum result pg_outcome(struct call *call, struct pg_connection *c, const PGresult *result, const char *query);

/* --- roles and the wall (postgres_roles.c, postgres_wall.c) --------------------------------------------------------------- */

/* Makes the roles that `serving_url` names where they are missing, and grants them what they may do. As the owner. */
CHECKED enum result pg_make_roles(struct call *call, struct pg_connection *c, const char *serving_url, struct arena *arena, struct text_list *ret_settings);

/* Looks for everything that must hold so that no statement reaches another organization's rows; one line a fault. */
CHECKED enum result pg_inspect(struct call *call, struct pg_connection *c, struct buffer *faults);

/* Reads each tenant table as `organization`, without asking whose the rows are. */
CHECKED enum result pg_try_wall(struct call *call, struct pg_connection *c, uuid organization, struct buffer *report, size_t *tables, size_t *crossed);

/* Tables with their policies, for people. */
CHECKED enum result pg_describe_wall(struct call *call, struct pg_connection *c, struct buffer *out);

#endif
