/*
 * The PostgreSQL driver. A statement outside a transaction is one pipeline: the organization and the role are set for the
 * length of that implicit transaction, then the statement runs; so nothing of one call is left on the connection for the
 * next, and a pooler in transaction mode may stand between. Transactions are serializable and begin with their first
 * statement, in the same round trip.
 *
 * Always true: the organization is set from the call in the same pipeline as the statement that needs it; a system query, and
 * it alone, runs as the system role; a connection goes back to the pool with nothing open on it or not at all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "store/migrate.h"
#include "store/postgres.h"

enum { MOST_QUEUED = 200, MOST_REPETITIONS = 5 };

struct place_of {
    const struct query *query;
    struct pg_statement *statement; /* NULL: not described yet */
    int number; /* the query's for good, however often describing it fails */
};

struct postgres_db {
    struct db db;
    char *url, *serving_url, *replica_url, *ssl_mode;
    char *system_role;
    bool owner; /* opened to migrate */
    struct text_list settings; /* of an owner: what migrations read */
    struct arena arena;
    struct pg_pool pool, replicas;
    struct tenant_tables tenants;

    pthread_mutex_t mutex; /* of the statements */
    struct place_of statements[MOST_STATEMENTS * 2]; /* open addressing by the query's address */
    int statement_count;
};

/* What a transaction keeps in `tx->engine`. */
struct transaction {
    struct pg_connection *c; /* NULL: not begun */
    uuid organization;
    bool system, entered;
    bool failed; /* the server takes nothing but its end */
};

static struct postgres_db *of(struct db *db)
{
    return (struct postgres_db *)db;
}

/* --- statements ---------------------------------------------------------------------------------------------------------------- */

static struct place_of *place_in(struct postgres_db *db, const struct query *query)
{
    size_t place = ((uintptr_t)query >> 4) % COUNT(db->statements);

    while (db->statements[place].query && db->statements[place].query != query)
        place = (place + 1) % COUNT(db->statements);
    return &db->statements[place];
}

/* Has the server parse it; says in `fault` what is wrong. A statement that does not fit its row is in the way of its own name:
   the connection is not used again. */
static enum result describe(struct call *call, struct pg_connection *c, struct pg_statement *s, char fault[static 512])
{
    PGresult *result = NULL;
    bool sent = pg_send_prepare(c, s) && PQsendDescribePrepared(c->pg, c->unnamed ? "" : s->name);
    enum result outcome;

    c->sent++;
    snprintf(fault, 512, "%s: the connection was lost", s->query->name);
    if (!sent || !pg_finish(c, &result))
        return pg_outcome(call, c, NULL, s->query->name);
    outcome = pg_outcome(call, c, result, s->query->name);
    if (outcome != OK) {
        snprintf(fault, 512, "%s: %s", s->query->name, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    } else if (!pg_described(result, s, fault)) {
        LOG(ERROR, call, "statement refused", LZ("query", s->query->name), LZ("reason", fault));
        c->broken = true;
        outcome = INTERNAL;
    }
    PQclear(result);
    return outcome;
}

static bool translate(struct postgres_db *db, const struct query *query, struct pg_statement *s, char fault[static 512])
{
    static const struct tenant_tables none = { NULL, 0 }; /* the server does not say what it touches; its policies hold the wall */
    const char *tenant = query->system || db->owner ? NULL : tenant_fault(query->postgres ? query->postgres : query->sql, &db->tenants, &none);

    if (tenant) {
        snprintf(fault, 512, "%s: %s", query->name, tenant);
        return false;
    }
    return pg_translate(query, s, fault);
}

static void statement_free(struct pg_statement *s)
{
    free(s->sql);
    free(s);
}

/* The query's number, the same each time: an attempt that fails uses none up. 0: there are too many. */
static int number_of(struct postgres_db *db, const struct query *query)
{
    struct place_of *place;
    int number = 0;

    pthread_mutex_lock(&db->mutex);
    place = place_in(db, query);
    if (place->number || db->statement_count + 1 < MOST_STATEMENTS) {
        place->query = query;
        if (!place->number)
            place->number = ++db->statement_count;
        number = place->number;
    }
    pthread_mutex_unlock(&db->mutex);
    return number;
}

static const struct pg_statement *known(struct postgres_db *db, const struct query *query)
{
    const struct pg_statement *statement;

    pthread_mutex_lock(&db->mutex);
    statement = place_in(db, query)->statement;
    pthread_mutex_unlock(&db->mutex);
    return statement;
}

/* Gives what is known from here on: another thread may have been first. */
static const struct pg_statement *make_known(struct postgres_db *db, struct pg_statement *s)
{
    struct place_of *place;

    pthread_mutex_lock(&db->mutex);
    place = place_in(db, s->query);
    if (place->statement)
        statement_free(s);
    else
        place->statement = s;
    s = place->statement;
    pthread_mutex_unlock(&db->mutex);
    return s;
}

static enum result learn(struct postgres_db *db, struct call *call, struct pg_connection *c, struct pg_statement *s)
{
    char fault[512];

    if (!translate(db, s->query, s, fault)) {
        LOG(ERROR, call, "statement refused", LZ("query", s->query->name), LZ("reason", fault));
        return INTERNAL;
    }
    s->number = number_of(db, s->query);
    if (!s->number) {
        LOG(ERROR, call, "more queries than statement places", LI("places", MOST_STATEMENTS));
        return INTERNAL;
    }
    snprintf(s->name, sizeof s->name, "q%d", s->number);
    TRY(describe(call, c, s, fault));
    c->prepared[s->number / 64] |= 1ull << (s->number % 64);
    return OK;
}

static enum result statement_of(struct postgres_db *db, struct call *call, struct pg_connection *c, const struct query *query, const struct pg_statement **ret)
{
    struct pg_statement *s;
    enum result result;

    *ret = known(db, query);
    if (*ret)
        return OK;
    s = xcalloc(1, sizeof *s);
    s->query = query;
    result = learn(db, call, c, s);
    if (result != OK) {
        statement_free(s);
        return result;
    }
    *ret = make_known(db, s);
    return OK;
}

/* --- one pipeline ---------------------------------------------------------------------------------------------------------------- */

/* Number 0 of every connection. The role is set like a setting, so that both are one statement. */
static const struct pg_statement enter_statement = {
    .name = "enter", .sql = "SELECT set_config('tenon.organization', $1, true), set_config('role', $2, true)", .parameters = 2, .types = { 25, 25 },
};

static bool send_enter(struct postgres_db *db, struct pg_connection *c, uuid organization, bool system)
{
    char id[UUID_TEXT + 1] = "";
    const char *role = system ? db->system_role : "none";
    struct pg_values v = { .formats = { 1, 1 } };

    if (!uuid_is_none(organization))
        uuid_format(organization, id);
    v.values[0] = id;
    v.lengths[0] = (int)strlen(id);
    v.values[1] = role;
    v.lengths[1] = (int)strlen(role);
    return pg_send_run(c, &enter_statement, &v);
}

static enum result finish(struct call *call, struct pg_connection *c, const char *query, PGresult **ret_result)
{
    PGresult *result;
    enum result outcome;

    pg_finish(c, &result);
    outcome = pg_outcome(call, c, result, query);
    if (outcome != OK || !ret_result) {
        PQclear(result);
        result = NULL;
    }
    if (ret_result)
        *ret_result = result;
    return outcome;
}

/* Takes what queued commands gave. */
static enum result settle(struct call *call, struct pg_connection *c)
{
    return c->sent ? finish(call, c, "queued", NULL) : OK;
}

static enum result send(struct call *call, struct pg_connection *c, const struct pg_statement *s, struct args args)
{
    struct pg_values values;

    if (!pg_encode(call, s, args, &values)) {
        LOG(ERROR, call, "an argument does not fit its column", LZ("query", s->query->name));
        return INTERNAL;
    }
    return pg_send_run(c, s, &values) ? OK : pg_outcome(call, c, NULL, s->query->name);
}

static enum result deliver(struct call *call, const PGresult *result, const struct query *query, const struct rows *rows, int64_t *ret_changed)
{
    if (ret_changed)
        *ret_changed = atoll(PQcmdTuples((PGresult *)result));
    for (int row = 0; rows && row < PQntuples(result); row++) {
        pg_decode(&call->arena, result, row, query, rows->transient, rows->row);
        TRY(rows->sink(rows->context, rows->row));
    }
    return OK;
}

/* --- outside a transaction --------------------------------------------------------------------------------------------------------- */

static enum result ask_once(struct postgres_db *db, struct call *call, struct pg_connection *c, const struct query *query, struct args args, PGresult **ret_result)
{
    const struct pg_statement *s;

    TRY(statement_of(db, call, c, query, &s));
    if ((s->org || query->system) && !send_enter(db, c, call->organization, query->system != NULL))
        return pg_outcome(call, c, NULL, query->name);
    TRY(send(call, c, s, args));
    return finish(call, c, query->name, ret_result);
}

/* A connection may have died while it was idle: what changes nothing is asked again on another. */
static enum result ask(struct postgres_db *db, struct pg_pool *pool, struct call *call, const struct query *query, struct args args, bool changes, PGresult **ret_result)
{
    enum result result = UNAVAILABLE;

    for (int attempt = 0; attempt < MOST_REPETITIONS; attempt++) {
        struct pg_connection *c;
        bool broken, contended;

        TRY(pg_take(pool, call, &c));
        call->contended = false;
        result = ask_once(db, call, c, query, args, ret_result);
        broken = c->broken;
        contended = call->contended;
        pg_give(pool, c);
        if (result != UNAVAILABLE || !(contended || (broken && !changes && attempt == 0)))
            break;
    }
    return result;
}

static enum result alone(struct postgres_db *db, struct pg_pool *pool, struct call *call, const struct query *query, struct args args, bool changes,
                         const struct rows *rows, int64_t *ret_changed)
{
    PGresult *answer;
    enum result result;

    TRY(ask(db, pool, call, query, args, changes, &answer));
    result = deliver(call, answer, query, rows, ret_changed);
    PQclear(answer);
    return result;
}

static enum result postgres_alone(struct db *base, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed)
{
    return alone(of(base), &of(base)->pool, call, query, args, true, rows, ret_changed);
}

/* --- transactions ------------------------------------------------------------------------------------------------------------------ */

static struct transaction *transaction_of(struct call *call)
{
    return tx_outermost(call)->engine;
}

static enum result postgres_begin(struct db *base, struct call *call, struct tx *tx)
{
    (void)base;
    tx->engine = arena_new(&call->arena, struct transaction);
    *(struct transaction *)tx->engine = (struct transaction){ 0 };
    return OK;
}

/* Schema changes wait for their lock first and must see what was committed meanwhile. */
static enum result begin_now(struct postgres_db *db, struct call *call, struct transaction *t)
{
    if (t->c)
        return OK;
    TRY(pg_take(&db->pool, call, &t->c));
    if (!pg_send(t->c, db->owner ? "BEGIN" : "BEGIN ISOLATION LEVEL SERIALIZABLE"))
        return pg_outcome(call, t->c, NULL, "begin");
    return OK;
}

static bool enter(struct postgres_db *db, struct call *call, struct transaction *t, const struct query *query, const struct pg_statement *s)
{
    bool system = query->system != NULL;

    if ((db->owner && !system) || !(s->org || system) || (t->entered && t->system == system && uuid_equal(t->organization, call->organization)))
        return true;
    t->entered = true;
    t->system = system;
    t->organization = call->organization;
    return send_enter(db, t->c, call->organization, system);
}

/* In a transaction, up to the pipeline's end. */
static enum result send_within(struct postgres_db *db, struct call *call, struct transaction *t, const struct query *query, struct args args)
{
    const struct pg_statement *s;

    if (t->failed)
        return UNAVAILABLE;
    TRY(begin_now(db, call, t));
    if (!known(db, query)) /* describing it ends the pipeline */
        TRY(settle(call, t->c));
    TRY(statement_of(db, call, t->c, query, &s));
    if (!enter(db, call, t, query, s))
        return pg_outcome(call, t->c, NULL, query->name);
    return send(call, t->c, s, args);
}

static enum result fail_transaction(struct transaction *t, enum result result)
{
    t->failed |= result != OK;
    return result;
}

static enum result run_within(struct postgres_db *db, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed)
{
    struct transaction *t = transaction_of(call);
    PGresult *answer;
    enum result result;

    TRY(fail_transaction(t, send_within(db, call, t, query, args)));
    TRY(fail_transaction(t, finish(call, t->c, query->name, &answer)));
    result = deliver(call, answer, query, rows, ret_changed);
    PQclear(answer);
    return result;
}

static enum result postgres_run(struct db *base, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed)
{
    struct postgres_db *db = of(base);
    enum result result;

    if (call->tx)
        return run_within(db, call, query, args, rows, ret_changed);
    if (call->may_be_late && db->replica_url) {
        result = alone(db, &db->replicas, call, query, args, false, rows, ret_changed);
        if (result != UNAVAILABLE)
            return result;
    }
    return alone(db, &db->pool, call, query, args, false, rows, ret_changed);
}

static enum result postgres_queue(struct db *base, struct call *call, const struct query *query, struct args args)
{
    struct postgres_db *db = of(base);
    struct transaction *t = transaction_of(call);

    TRY(fail_transaction(t, send_within(db, call, t, query, args)));
    return t->c->sent < MOST_QUEUED ? OK : fail_transaction(t, settle(call, t->c));
}

static void end(struct postgres_db *db, struct transaction *t)
{
    if (t->c)
        pg_give(&db->pool, t->c);
    t->c = NULL;
    t->failed = true; /* nothing comes behind the end */
}

static void postgres_rollback(struct db *base, struct call *call)
{
    struct transaction *t = transaction_of(call);

    /* a command behind a failed one is skipped up to the pipeline's end, so this one has a pipeline of its own */
    if (t->c && settle(call, t->c) != OK)
        LOG(DEBUG, call, "a queued statement failed in what is rolled back");
    if (t->c && !t->c->broken && (!pg_send(t->c, "ROLLBACK") || settle(call, t->c) != OK))
        t->c->broken = true;
    end(of(base), t);
}

/* A lost connection leaves open whether it was committed: the caller must not be told that it was. */
static enum result postgres_commit(struct db *base, struct call *call)
{
    struct transaction *t = transaction_of(call);
    enum result result = OK;
    PGresult *answer = NULL;

    if (t->failed) {
        postgres_rollback(base, call);
        return UNAVAILABLE;
    }
    if (t->c) {
        result = pg_send(t->c, "COMMIT") ? finish(call, t->c, "commit", &answer) : pg_outcome(call, t->c, NULL, "commit");
        if (result == OK && strcmp(PQcmdStatus(answer), "COMMIT") != 0)
            result = UNAVAILABLE; /* an inner failure was passed over: the server has rolled back */
        PQclear(answer);
        if (result != OK) {
            postgres_rollback(base, call);
            return result;
        }
    }
    end(of(base), t);
    return result;
}

static enum result postgres_savepoint(struct db *base, struct call *call, int depth)
{
    struct transaction *t = transaction_of(call);
    char sql[64];

    if (t->failed)
        return UNAVAILABLE;
    TRY(begin_now(of(base), call, t));
    snprintf(sql, sizeof sql, "SAVEPOINT inner_%d", depth);
    return pg_send(t->c, sql) ? OK : pg_outcome(call, t->c, NULL, "savepoint");
}

static enum result postgres_release(struct db *base, struct call *call, int depth)
{
    struct transaction *t = transaction_of(call);
    char sql[64];

    (void)base;
    if (t->failed)
        return UNAVAILABLE;
    snprintf(sql, sizeof sql, "RELEASE SAVEPOINT inner_%d", depth);
    return fail_transaction(t, pg_send(t->c, sql) ? settle(call, t->c) : pg_outcome(call, t->c, NULL, "release"));
}

static void postgres_rollback_to(struct db *base, struct call *call, int depth)
{
    struct transaction *t = transaction_of(call);
    char back[64], release[64];
    bool ok;

    (void)base;
    snprintf(back, sizeof back, "ROLLBACK TO SAVEPOINT inner_%d", depth);
    snprintf(release, sizeof release, "RELEASE SAVEPOINT inner_%d", depth);
    if (t->c->sent && settle(call, t->c) != OK)
        LOG(DEBUG, call, "a queued statement failed inside", LI("depth", depth));
    ok = pg_send(t->c, back) && pg_send(t->c, release) && settle(call, t->c) == OK;
    t->failed = !ok || call->contended; /* a lost serialization is lost for the whole transaction */
    t->entered = false; /* settings went back with it */
}

/* --- migrations -------------------------------------------------------------------------------------------------------------------- */

static enum result plain(struct call *call, struct pg_connection *c, const char *sql)
{
    PGresult *result = pg_script(c, sql);
    enum result outcome = pg_outcome(call, c, result, "script");

    PQclear(result);
    return outcome;
}

static enum result tenants_read(struct postgres_db *db, struct call *call, struct pg_connection *c)
{
    static const char sql[] = "SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND "
                              "(c.relname = 'organizations' OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id' "
                              "AND NOT a.attisdropped))";
    PGresult *result = pg_script(c, sql);
    enum result outcome = pg_outcome(call, c, result, "tenants");

    for (int i = 0; outcome == OK && i < PQntuples(result); i++) {
        db->tenants.names = xrealloc(db->tenants.names, (db->tenants.len + 1) * sizeof *db->tenants.names);
        db->tenants.names[db->tenants.len++] = strdup(PQgetvalue(result, i, 0));
    }
    PQclear(result);
    return outcome;
}

static enum result postgres_script(struct db *base, struct call *call, const char *sql)
{
    struct postgres_db *db = of(base);
    struct transaction *t = transaction_of(call);

    TRY(begin_now(db, call, t));
    TRY(fail_transaction(t, settle(call, t->c)));
    for (size_t i = 0; i < db->settings.len; i++)
        TRY(fail_transaction(t, plain(call, t->c, db->settings.items[i].ptr)));
    return fail_transaction(t, plain(call, t->c, sql));
}

static enum result postgres_lock(struct db *base, struct call *call)
{
    return postgres_script(base, call, "SELECT pg_advisory_xact_lock(5570193308531117939)"); /* any number, the same for all */
}

static enum result postgres_prepare(struct db *base, struct call *call)
{
    struct postgres_db *db = of(base);
    struct transaction *t = transaction_of(call);

    if (!db->owner)
        return fail(call, VALIDATION_ERROR, "The serving role cannot migrate: DATABASE_OWNER_URL names the role that can.");
    if (db->settings.len)
        return OK;
    TRY(begin_now(db, call, t));
    TRY(fail_transaction(t, settle(call, t->c)));
    return fail_transaction(t, pg_make_roles(call, t->c, db->serving_url, &db->arena, &db->settings));
}

/* --- the whole --------------------------------------------------------------------------------------------------------------------- */

static bool postgres_check(struct db *base, const struct query *query, char fault[static 512])
{
    struct postgres_db *db = of(base);
    struct pg_statement s = { 0 };
    struct pg_connection *c;
    SCOPED(call) struct call call;
    bool ok;

    call_open(&call, NULL);
    if (pg_take(&db->pool, &call, &c) != OK) {
        snprintf(fault, 512, "%s: the database cannot be reached", query->name);
        return false;
    }
    ok = translate(db, query, &s, fault);
    if (ok) {
        snprintf(s.name, sizeof s.name, "check");
        ok = describe(&call, c, &s, fault) == OK;
        PQclear(pg_script(c, "DEALLOCATE ALL"));
        memset(c->prepared, 0, sizeof c->prepared);
    }
    free(s.sql);
    pg_give(&db->pool, c);
    return ok;
}

static enum result with_connection(struct db *base, struct call *call, enum result (*ask_it)(struct call *call, struct pg_connection *c, struct buffer *out), struct buffer *out)
{
    struct postgres_db *db = of(base);
    struct pg_connection *c;
    enum result result;

    TRY(pg_take(&db->pool, call, &c));
    result = ask_it(call, c, out);
    pg_give(&db->pool, c);
    return result;
}

static enum result postgres_inspect(struct db *base, struct call *call, struct buffer *faults)
{
    return with_connection(base, call, pg_inspect, faults);
}

static enum result postgres_describe(struct db *base, struct call *call, struct buffer *out)
{
    return with_connection(base, call, pg_describe_wall, out);
}

static enum result postgres_try_wall(struct db *base, struct call *call, uuid organization, struct buffer *report, size_t *tables, size_t *crossed)
{
    struct postgres_db *db = of(base);
    struct pg_connection *c;
    enum result result;

    TRY(pg_take(&db->pool, call, &c));
    result = pg_try_wall(call, c, organization, report, tables, crossed);
    pg_give(&db->pool, c);
    return result;
}

static void postgres_close(struct db *base)
{
    struct postgres_db *db = of(base);

    for (size_t i = 0; i < COUNT(db->statements); i++)
        if (db->statements[i].statement)
            statement_free(db->statements[i].statement);
    for (size_t i = 0; i < db->tenants.len; i++)
        free((char *)db->tenants.names[i]);
    free(db->tenants.names);
    pg_pool_close(&db->pool);
    pg_pool_close(&db->replicas);
    pthread_mutex_destroy(&db->mutex);
    arena_free(&db->arena);
    free(db);
}

/* Who would serve through this URL, and as whom its system queries run. */
static enum result read_role(struct call *call, struct postgres_db *db, const char *url)
{
    char *fault = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &fault);
    const char *user = NULL;

    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, "user") == 0)
            user = option->val;
    if (user)
        db->system_role = text_z(&db->arena, text_format(&db->arena, "%s_system", user));
    PQfreemem(fault);
    PQconninfoFree(options);
    return user ? OK : fail(call, VALIDATION_ERROR, "DATABASE_URL must be postgresql://USER:PASSWORD@HOST/DATABASE.");
}

static enum result postgres_open(struct call *call, const struct db_place *place, struct db **ret_db)
{
    struct postgres_db *db = xcalloc(1, sizeof *db);
    struct pg_connection *c;
    enum result result;

    db->url = text_z(&db->arena, place->url);
    db->ssl_mode = place->ssl_mode.len ? text_z(&db->arena, place->ssl_mode) : NULL;
    db->serving_url = place->serving_url.len ? text_z(&db->arena, place->serving_url) : NULL;
    db->replica_url = place->replica_url.len ? text_z(&db->arena, place->replica_url) : NULL;
    db->owner = db->serving_url != NULL;
    pthread_mutex_init(&db->mutex, NULL);
    pg_pool_init(&db->pool, db->url, db->ssl_mode, place->connections);
    pg_pool_init(&db->replicas, db->replica_url, db->ssl_mode, place->connections);
    result = read_role(call, db, db->owner ? db->serving_url : db->url);
    if (result == OK)
        result = pg_take(&db->pool, call, &c);
    if (result == UNAVAILABLE)
        result = fail(call, UNAVAILABLE, "The database of %s cannot be reached.", db->owner ? "DATABASE_OWNER_URL" : "DATABASE_URL");
    if (result == OK) {
        result = tenants_read(db, call, c);
        pg_give(&db->pool, c);
    }
    if (result != OK) {
        postgres_close(&db->db);
        return result;
    }
    *ret_db = &db->db;
    return OK;
}

/* --- rehearsals --------------------------------------------------------------------------------------------------------------------- */

#define REHEARSAL "tenon_rehearsal"

static enum result owner_script(struct db *base, struct call *call, text sql)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(postgres_script(base, call, text_z(&call->arena, sql)));
    return tx_commit(&tx);
}

/* A schema beside the live one, which the copy's connections take for theirs. */
static enum result postgres_rehearsal_open(struct db *base, struct call *call, struct db **ret_copy)
{
    struct postgres_db *db = of(base);
    struct db_place place = { .serving_url = text_of(db->serving_url), .ssl_mode = text_of(db->ssl_mode), .connections = 2 };

    if (!db->owner)
        return fail(call, VALIDATION_ERROR, "DATABASE_OWNER_URL must name the owner.");
    TRY(owner_script(base, call, text_format(&call->arena, "DROP SCHEMA IF EXISTS " REHEARSAL " CASCADE; CREATE SCHEMA " REHEARSAL "; GRANT USAGE ON SCHEMA " REHEARSAL " TO \"%s\"",
                                             db->system_role)));
    place.url = text_format(&call->arena, "%s%coptions=-csearch_path%%3D" REHEARSAL "%%2Cpublic", db->url, strchr(db->url, '?') ? '&' : '?');
    return postgres_open(call, &place, ret_copy);
}

/* Tables that somebody else made in the live schema stand in the way there as they would here. */
static const char foreign_tables[] =
    "DO $$ DECLARE t record; BEGIN "
    "FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
    "AND to_regclass(format('" REHEARSAL ".%I', c.relname)) IS NULL AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP "
    "EXECUTE format('CREATE TABLE " REHEARSAL ".%1$I (LIKE public.%1$I)', t.relname); END LOOP; END $$";

/* In the order in which the tables were made, so that what a row refers to is there before it. */
static enum result postgres_rehearsal_fill(struct db *copy, struct call *call)
{
    static const char sql[] =
        "DO $$ DECLARE t record; BEGIN "
        "FOR t IN SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS names FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = '" REHEARSAL "'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migrations' "
        "GROUP BY c.oid, c.relname ORDER BY c.oid LOOP "
        "EXECUTE format('INSERT INTO " REHEARSAL ".%1$I (%2$s) SELECT %2$s FROM public.%1$I', t.relname, t.names); END LOOP; END $$";
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(begin_now(of(copy), call, transaction_of(call)));
    TRY(settle(call, transaction_of(call)->c));
    TRY(plain(call, transaction_of(call)->c, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")); /* one state of what others go on writing */
    TRY(plain(call, transaction_of(call)->c, text_z(&call->arena, text_format(&call->arena, "SET LOCAL ROLE \"%s\"", of(copy)->system_role))));
    TRY(plain(call, transaction_of(call)->c, sql));
    TRY(plain(call, transaction_of(call)->c, "RESET ROLE"));
    TRY(plain(call, transaction_of(call)->c, foreign_tables)); /* without their rows, which are nobody's business */
    return tx_commit(&tx);
}

static void postgres_rehearsal_close(struct db *base, struct call *call, struct db *copy)
{
    postgres_close(copy);
    if (owner_script(base, call, T("DROP SCHEMA IF EXISTS " REHEARSAL " CASCADE")) != OK)
        LOG(WARN, call, "the rehearsal's schema is left behind", LZ("schema", REHEARSAL));
}

/* As the owner: the rules are read for the role that will serve. */
static enum result postgres_verify(struct db *base, struct call *call, struct buffer *faults)
{
    struct postgres_db *db = of(base);
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(begin_now(db, call, transaction_of(call)));
    TRY(settle(call, transaction_of(call)->c));
    for (size_t i = 0; i < db->settings.len; i++)
        TRY(plain(call, transaction_of(call)->c, db->settings.items[i].ptr));
    TRY(pg_inspect(call, transaction_of(call)->c, faults));
    return tx_commit(&tx);
}

const struct driver postgres_driver = {
    .name = "postgresql",
    .migrations = postgres_migrations,
    .ledger = "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)",
    .shared = true,
    .open = postgres_open,
    .close = postgres_close,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .savepoint = postgres_savepoint,
    .release = postgres_release,
    .rollback_to = postgres_rollback_to,
    .run = postgres_run,
    .alone = postgres_alone,
    .queue = postgres_queue,
    .check = postgres_check,
    .script = postgres_script,
    .lock = postgres_lock,
    .prepare = postgres_prepare,
    .extend = "SELECT vector_engine_make()",
    .inspect = postgres_inspect,
    .describe = postgres_describe,
    .try_wall = postgres_try_wall,
    .rehearsal_open = postgres_rehearsal_open,
    .rehearsal_fill = postgres_rehearsal_fill,
    .rehearsal_close = postgres_rehearsal_close,
    .verify = postgres_verify,
};
