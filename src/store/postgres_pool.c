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

static const int64_t REFUSED_FOR = 500 * MILLISECOND;

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
    struct pollfd wait = { PQsocket(c->pg), (short)(POLLIN | (unsent > 0 ? POLLOUT : 0)), 0 };
    int64_t left = until - clock_ticks();

    if (unsent < 0 || wait.fd < 0 || left <= 0)
        return lost(c);
    if (poll(&wait, 1, (int)(left / MILLISECOND) + 1) < 0)
        return true; /* a signal: look again */
    if ((wait.revents & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(c->pg))
        return lost(c);
    return true;
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

static struct pg_connection *connect(struct pg_pool *pool, struct call *call)
{
    /* what the URL says itself comes later and wins; sslmode and time-out are ours to say */
    const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                                  "client_encoding", "dbname", pool->ssl_mode ? "sslmode" : NULL, NULL };
    const char *const values[] = { "5", "30", "5", "3", "20000", "tenon", "UTF8", pool->url, pool->ssl_mode, NULL };
    struct pg_connection *c = xcalloc(1, sizeof *c);

    c->pg = PQconnectdbParams(names, values, 1);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        LOG(WARN, call, "database cannot be reached", LZ("reason", PQerrorMessage(c->pg)));
        connection_free(c);
        return NULL;
    }
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    c->unnamed = through_pooler(c);
    if (PQsetnonblocking(c->pg, 1) != 0 || !PQenterPipelineMode(c->pg)) {
        connection_free(c);
        return NULL;
    }
    return c;
}

/* --- the pool ------------------------------------------------------------------------------------------------------------------- */

void pg_pool_init(struct pg_pool *pool, const char *url, const char *ssl_mode, int most)
{
    pthread_condattr_t monotonic;

    *pool = (struct pg_pool){ .url = url, .ssl_mode = ssl_mode, .most = most };
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->free, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void pg_pool_close(struct pg_pool *pool)
{
    while (pool->idle) {
        struct pg_connection *c = pool->idle;

        pool->idle = c->next;
        connection_free(c);
    }
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->free);
}

/* A server that went away while the connection was idle has said so, or closed it: there is something to read. */
static bool still_good(struct pg_connection *c)
{
    struct pollfd poll_in = { PQsocket(c->pg), POLLIN, 0 };

    if (PQstatus(c->pg) != CONNECTION_OK)
        return false;
    return poll(&poll_in, 1, 0) == 0 || (PQconsumeInput(c->pg) && PQstatus(c->pg) == CONNECTION_OK && poll(&poll_in, 1, 0) == 0);
}

static struct timespec in(int64_t micros)
{
    int64_t at = clock_ticks() + micros;

    return (struct timespec){ at / SECOND, at % SECOND * 1000 };
}

/* An idle connection, or the right to make one (NULL and OK). */
static enum result reserve(struct pg_pool *pool, struct call *call, struct pg_connection **ret_connection)
{
    struct timespec until = in(pg_patience.pool);
    enum result result = OK;

    *ret_connection = NULL;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->idle && pool->open >= pool->most && result == OK) {
        pool->waiting++;
        if (pthread_cond_timedwait(&pool->free, &pool->mutex, &until) != 0 && !pool->idle && pool->open >= pool->most)
            result = UNAVAILABLE;
        pool->waiting--;
    }
    if (result == OK && pool->idle) {
        *ret_connection = pool->idle;
        pool->idle = pool->idle->next;
    } else if (result == OK && clock_ticks() < pool->refused_until) {
        result = UNAVAILABLE;
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
    pthread_cond_signal(&pool->free);
    pthread_mutex_unlock(&pool->mutex);
}

enum result pg_take(struct pg_pool *pool, struct call *call, struct pg_connection **ret_connection)
{
    struct pg_connection *c;

    for (;;) {
        TRY(reserve(pool, call, &c));
        if (!c)
            break;
        if (still_good(c)) {
            *ret_connection = c;
            return OK;
        }
        connection_free(c);
        forget(pool, false);
    }
    c = connect(pool, call);
    if (!c) {
        forget(pool, true);
        return UNAVAILABLE;
    }
    *ret_connection = c;
    return OK;
}

/* What broke one connection, a restart or a table changed under its statements, has most likely broken those that were idle
   meanwhile: whoever asks again gets a new one. */
static void forget_idle(struct pg_pool *pool)
{
    struct pg_connection *idle;

    pthread_mutex_lock(&pool->mutex);
    idle = pool->idle;
    pool->idle = NULL;
    pthread_mutex_unlock(&pool->mutex);
    while (idle) {
        struct pg_connection *next = idle->next;

        connection_free(idle);
        forget(pool, false);
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
    pthread_mutex_lock(&pool->mutex);
    c->next = pool->idle;
    pool->idle = c;
    pthread_cond_signal(&pool->free);
    pthread_mutex_unlock(&pool->mutex);
}
