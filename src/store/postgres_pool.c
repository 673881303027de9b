/*
 * Connections: a bounded pool, and the pipeline of one connection. Every wait has an end: a server that is paused or behind
 * a broken network costs its connection, not the thread that asked.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/metric.h"
#include "store/postgres.h"

struct pg_patience pg_patience = { .pool = 5 * SECOND, .answer = 40 * SECOND };

static const int64_t REFUSED_FOR = 500 * MILLISECOND, JUST_USED = 2 * MILLISECOND;

/* --- answers -------------------------------------------------------------------------------------------------------------- */

static bool lost(struct pg_connection *c)
{
    c->broken = true;
    return false;
}

/* Waits until the socket can be read, or written while something is left to send. */
static bool await(struct pg_connection *c, int64_t until)
{
    int unsent = PQflush(c->pg);
    int socket = PQsocket(c->pg);

    if (unsent < 0 || socket < 0 || !fiber_poll(socket, (short)(POLLIN | (unsent > 0 ? POLLOUT : 0)), until))
        return lost(c);
    return PQconsumeInput(c->pg) || lost(c); /* nothing to read is no fault */
}

/* The next result; NULL is the end of a command's results, or of the connection. */
static PGresult *next_result(struct pg_connection *c, int64_t until)
{
    while (PQisBusy(c->pg))
        if (!await(c, until))
            return NULL;
    return PQgetResult(c->pg);
}

static bool is_error(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC && status != PGRES_EMPTY_QUERY;
}

/* From the failed command on everything was skipped, the parsing of statements as well. */
static void settle_fresh(struct pg_connection *c, int failed_at)
{
    if (failed_at >= 0 && c->fresh_count > (int)COUNT(c->fresh))
        c->broken = true;
    for (int i = 0; failed_at >= 0 && i < c->fresh_count && i < (int)COUNT(c->fresh); i++)
        if (c->fresh[i].at >= failed_at)
            c->prepared[c->fresh[i].number / 64] &= ~(1ull << (c->fresh[i].number % 64));
    c->fresh_count = 0;
}

bool pg_finish(struct pg_connection *c, PGresult **ret_last)
{
    int64_t until = clock_ticks() + pg_patience.answer;
    PGresult *kept = NULL;
    int failed_at = -1;

    *ret_last = NULL;
    if (c->broken || !PQpipelineSync(c->pg))
        return lost(c);
    for (int ends = 0; !c->broken;) {
        PGresult *result = next_result(c, until);

        if (!result) {
            if (c->broken || PQstatus(c->pg) == CONNECTION_BAD || ++ends > c->sent + 1)
                break;
            continue;
        }
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            c->sent = 0;
            settle_fresh(c, failed_at);
            *ret_last = kept;
            return true;
        }
        if (kept && is_error(kept)) {
            PQclear(result); /* what was left out because of it */
        } else {
            if (is_error(result))
                failed_at = ends;
            PQclear(kept);
            kept = result;
        }
    }
    PQclear(kept);
    return lost(c);
}

bool pg_send(struct pg_connection *c, const char *sql)
{
    c->sent++;
    return (!c->broken && PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 1)) || lost(c);
}

bool pg_send_prepare(struct pg_connection *c, const struct pg_statement *s)
{
    c->sent++;
    if (c->broken || !PQsendPrepare(c->pg, c->unnamed ? "" : s->name, s->sql, 0, NULL))
        return lost(c);
    return true;
}

bool pg_send_run(struct pg_connection *c, const struct pg_statement *s, const struct pg_values *v)
{
    uint64_t *word = &c->prepared[s->number / 64], bit = 1ull << (s->number % 64);

    if (c->unnamed) {
        c->sent++;
        return (!c->broken && PQsendQueryParams(c->pg, s->sql, s->parameters, s->types, v->values, v->lengths, v->formats, 1)) || lost(c);
    }
    if (!(*word & bit)) {
        if (!pg_send_prepare(c, s))
            return false;
        *word |= bit;
        if (c->fresh_count < (int)COUNT(c->fresh)) {
            c->fresh[c->fresh_count].number = s->number;
            c->fresh[c->fresh_count].at = c->sent - 1;
        }
        c->fresh_count++;
    }
    c->sent++;
    return (!c->broken && PQsendQueryPrepared(c->pg, s->name, s->parameters, v->values, v->lengths, v->formats, 1)) || lost(c);
}

PGresult *pg_script(struct pg_connection *c, const char *sql)
{
    int64_t until = clock_ticks() + HOUR; /* a migration may take its time */
    PGresult *last = NULL, *result;

    if (c->broken || !PQexitPipelineMode(c->pg) || !PQsendQuery(c->pg, sql)) {
        lost(c);
        return NULL;
    }
    while ((result = next_result(c, until))) {
        if (last && is_error(last)) {
            PQclear(result);
            continue;
        }
        PQclear(last);
        last = result;
    }
    if (c->broken || PQstatus(c->pg) == CONNECTION_BAD || !PQenterPipelineMode(c->pg))
        lost(c);
    return last;
}

/* --- errors ------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *state; /* SQLSTATE or its class (appendix "PostgreSQL Error Codes") */
    enum result result;
    bool contended, ends; /* may succeed when repeated; the connection is of no use any more */
} errors[] = {
    { "40001", UNAVAILABLE, .contended = true }, /* serialization_failure */
    { "40P01", UNAVAILABLE, .contended = true }, /* deadlock_detected */
    { "23505", CONFLICT },                       /* unique_violation */
    { "23503", CONFLICT },                       /* foreign_key_violation */
    { "55P03", UNAVAILABLE },                    /* lock_not_available */
    { "25006", UNAVAILABLE, .ends = true },      /* read_only_sql_transaction: the primary became a standby */
    { "0A000", UNAVAILABLE, .ends = true },      /* a cached plan whose table has changed */
    { "25P02", UNAVAILABLE },                    /* in_failed_sql_transaction */
    { "26000", UNAVAILABLE, .ends = true },      /* the statement is gone from the connection */
    { "57014", UNAVAILABLE },                    /* query_canceled: it took too long */
    { "08", UNAVAILABLE, .ends = true },         /* connection_exception */
    { "53", UNAVAILABLE },                       /* insufficient_resources */
    { "57", UNAVAILABLE, .ends = true },         /* operator_intervention */
    { "58", UNAVAILABLE },                       /* system_error */
    { "25", UNAVAILABLE, .ends = true },         /* the transaction waited too long */
};

enum result pg_outcome(struct call *call, struct pg_connection *c, const PGresult *result, const char *query)
{
    const char *state, *message;

    if (!result || c->broken) {
        c->broken = true;
        LOG(WARN, call, "database unavailable", LZ("query", query), LZ("reason", PQerrorMessage(c->pg)));
        return UNAVAILABLE;
    }
    if (!is_error(result))
        return OK;
    state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    for (size_t i = 0; state && i < COUNT(errors); i++)
        if (strncmp(state, errors[i].state, strlen(errors[i].state)) == 0) {
            c->broken |= errors[i].ends;
            call->contended |= errors[i].contended;
            if (errors[i].result == UNAVAILABLE && !errors[i].contended)
                LOG(WARN, call, "database unavailable", LZ("query", query), LZ("code", state), LZ("reason", message));
            return errors[i].result;
        }
    if (!state || PQstatus(c->pg) == CONNECTION_BAD) {
        c->broken = true;
        LOG(WARN, call, "database unavailable", LZ("query", query), LZ("reason", PQerrorMessage(c->pg)));
        return UNAVAILABLE;
    }
    LOG(ERROR, call, "statement failed", LZ("query", query), LZ("code", state), LZ("reason", message));
    return INTERNAL;
}

/* --- connecting ---------------------------------------------------------------------------------------------------------------- */

static void connection_free(struct pg_connection *c)
{
    PQfinish(c->pg);
    free(c);
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* A pooler makes up the number that it gives instead of the server's process. */
static bool through_pooler(struct pg_connection *c)
{
    PGresult *result = PQexec(c->pg, "SELECT pg_backend_pid()");
    bool other = PQresultStatus(result) == PGRES_TUPLES_OK && atoi(PQgetvalue(result, 0, 0)) != PQbackendPID(c->pg);

    PQclear(result);
    return other;
}

struct connecting {
    const struct pg_pool *pool;
    struct call *call;
    struct pg_connection *made;
};

/* Looks a name up, proves a password, and waits for the server by no function of ours. */
static void connect(void *context)
{
    struct connecting *connecting = context;
    const struct pg_pool *pool = connecting->pool;
    /* what the URL says itself comes later and wins; sslmode and time-out are ours to say */
    const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                                  "client_encoding", "dbname", pool->ssl_mode ? "sslmode" : NULL, NULL };
    const char *const values[] = { "5", "30", "5", "3", "20000", "tenon", "UTF8", pool->url, pool->ssl_mode, NULL };
    struct pg_connection *c = xcalloc(1, sizeof *c);

    c->pg = PQconnectdbParams(names, values, 1);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        LOG(WARN, connecting->call, "database cannot be reached", LZ("reason", PQerrorMessage(c->pg)));
        connection_free(c);
        return;
    }
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    c->unnamed = through_pooler(c);
    if (PQsetnonblocking(c->pg, 1) != 0 || !PQenterPipelineMode(c->pg))
        connection_free(c);
    else
        connecting->made = c;
}

/* --- the pool ------------------------------------------------------------------------------------------------------------------- */

void pg_pool_init(struct pg_pool *pool, const char *url, const char *ssl_mode, int most)
{
    *pool = (struct pg_pool){ .url = url, .ssl_mode = ssl_mode, .most = most };
    pthread_mutex_init(&pool->mutex, NULL);
}

void pg_pool_close(struct pg_pool *pool)
{
    while (pool->idle) {
        struct pg_connection *c = pool->idle;

        pool->idle = c->next;
        connection_free(c);
    }
    pthread_mutex_destroy(&pool->mutex);
}

/* A server that went away while the connection was idle has said so, or closed it: there is something to read. */
static bool still_good(struct pg_connection *c)
{
    struct pollfd poll_in = { PQsocket(c->pg), POLLIN, 0 };

    if (PQstatus(c->pg) != CONNECTION_OK)
        return false;
    if (clock_ticks() - c->given < JUST_USED) /* what went since is as rare as what goes between a look and the sending */
        return true;
    return poll(&poll_in, 1, 0) == 0 || (PQconsumeInput(c->pg) && PQstatus(c->pg) == CONNECTION_OK && poll(&poll_in, 1, 0) == 0);
}

/* The one that this thread used last, which its core and its epoll know; else any. With the mutex held. */
static struct pg_connection **nearest(struct pg_pool *pool)
{
    for (struct pg_connection **at = &pool->idle; *at; at = &(*at)->next)
        if (pthread_equal((*at)->user, pthread_self()))
            return at;
    return &pool->idle;
}

/* So many could be taken now that nobody in line was promised. With the mutex held. */
static int to_be_had(const struct pg_pool *pool)
{
    return pool->idle_count + pool->most - pool->open - pool->promised;
}

/* Slow light handlers leave the workers theirs: fibers take none of the last eighth. */
static int kept(const struct pg_pool *pool)
{
    return pool->most / 8;
}

/* Whoever waits longest is promised what has become free, workers first, and nobody overtakes them. With the mutex held. */
static void promise(struct pg_pool *pool)
{
    struct condition *line = pool->free.first ? &pool->free : &pool->free_for_fibers;

    if (!line->first || to_be_had(pool) <= (line == &pool->free ? 0 : kept(pool)))
        return;
    pool->promised++;
    condition_signal(line);
}

/* An idle connection, or the right to make one (NULL and OK). */
static enum result reserve(struct pg_pool *pool, struct call *call, struct pg_connection **ret_connection)
{
    struct condition *line = fiber_here() ? &pool->free_for_fibers : &pool->free;
    enum result result = OK;

    *ret_connection = NULL;
    pthread_mutex_lock(&pool->mutex);
    if (to_be_had(pool) <= (fiber_here() ? kept(pool) : 0) || pool->free.first || line->first) {
        if (condition_wait(line, &pool->mutex, clock_ticks() + pg_patience.pool))
            pool->promised--;
        else
            result = UNAVAILABLE;
    }
    if (result == OK && pool->idle) {
        struct pg_connection **at = nearest(pool);

        *ret_connection = *at;
        *at = (*at)->next;
        pool->idle_count--;
    } else if (result == OK && clock_ticks() < pool->refused_until) {
        result = UNAVAILABLE;
        promise(pool); /* who is next is told the same, at once */
    } else if (result == OK) {
        pool->open++;
    }
    pthread_mutex_unlock(&pool->mutex);
    if (result != OK)
        LOG(WARN, call, "no database connection", LI("open", pool->open));
    return result;
}

static void forget(struct pg_pool *pool, bool refused)
{
    pthread_mutex_lock(&pool->mutex);
    pool->open--;
    if (refused)
        pool->refused_until = clock_ticks() + REFUSED_FOR;
    promise(pool);
    pthread_mutex_unlock(&pool->mutex);
}

enum result pg_take(struct pg_pool *pool, struct call *call, struct pg_connection **ret_connection)
{
    struct connecting connecting = { .pool = pool, .call = call };

    TRY(reserve(pool, call, ret_connection));
    if (*ret_connection && still_good(*ret_connection))
        return OK;
    if (*ret_connection)
        connection_free(*ret_connection); /* a new one stands in its place */
    fiber_apart(connect, &connecting);
    *ret_connection = connecting.made;
    if (connecting.made)
        return OK;
    forget(pool, true);
    return UNAVAILABLE;
}

/* What broke one connection, a restart or a table changed under its statements, has most likely broken those that were idle
   meanwhile: whoever asks again gets a new one. */
static void forget_idle(struct pg_pool *pool)
{
    struct pg_connection *idle;

    pthread_mutex_lock(&pool->mutex);
    idle = pool->idle;
    pool->idle = NULL;
    pool->open -= pool->idle_count;
    pool->idle_count = 0;
    pthread_mutex_unlock(&pool->mutex);
    while (idle) {
        struct pg_connection *next = idle->next;

        connection_free(idle);
        idle = next;
    }
}

void pg_give(struct pg_pool *pool, struct pg_connection *c)
{
    if (c->broken)
        forget_idle(pool);
    if (c->broken || c->sent || PQstatus(c->pg) != CONNECTION_OK) {
        connection_free(c);
        forget(pool, false);
        return;
    }
    c->user = pthread_self();
    c->given = clock_ticks();
    pthread_mutex_lock(&pool->mutex);
    c->next = pool->idle;
    pool->idle = c;
    pool->idle_count++;
    promise(pool);
    pthread_mutex_unlock(&pool->mutex);
}
