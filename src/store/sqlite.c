/*
 * SQLite: one writing connection whose turn transactions take one after the other as savepoints of a shared outer
 * transaction, and reading connections taken from a pool. Whoever gives up the turn with nobody waiting commits for all,
 * so that one sync serves everybody who wrote meanwhile; nobody is answered before it (group commit). A relaxed change commits
 * by itself and does not wait for the disk.
 *
 * Always true: the turn is held by at most one thread; only its holder touches the writing connection; a batch's result is
 * set once, before anybody in it returns.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "store/driver.h"
#include "store/migrate.h"

enum { BUSY_MILLISECONDS = 2000, MOST_READERS = 256, STATEMENTS = 512 };
static const int BATCH_SIZE = 128;
static const int64_t BATCH_AGE = 2 * MILLISECOND;

struct statement {
    const struct query *query;
    sqlite3_stmt *stmt;
    int org;    /* index of `:org`, 0: none */
    int places[32]; /* index of `$n` */
};

struct connection {
    sqlite3 *sqlite;
    struct statement statements[STATEMENTS]; /* open addressing by the query's address */
    struct tenant_tables touched;            /* by the statement being prepared */
};

/* Those who wrote since the last commit. Freed by the last one to leave. */
struct batch {
    int members; /* transactions released into it */
    int waiting; /* threads that will read the result */
    bool relaxed; /* begun by who does not wait for the disk: nobody follows them */
    bool done;
    enum result result;
    int64_t begun;
};

struct sqlite_db {
    struct db db;
    char *path;
    struct tenant_tables tenants;

    pthread_mutex_t mutex;
    pthread_cond_t turn_free;
    pthread_cond_t batch_done;
    bool turn;         /* somebody has the writing connection */
    int queue;         /* threads waiting for the turn */
    bool outer;        /* the shared outer transaction is open */
    bool relaxed;      /* how the writing connection commits now */
    struct batch *batch;
    struct connection writer;

    struct connection *idle[MOST_READERS];
    size_t idle_count;
};

static struct sqlite_db *of(struct db *db)
{
    return (struct sqlite_db *)db;
}

/* --- errors ------------------------------------------------------------------------------------------------------------ */

static enum result failed(struct call *call, sqlite3 *sqlite, const char *what, const char *name)
{
    int code = sqlite3_extended_errcode(sqlite);

    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_FOREIGNKEY)
            return CONFLICT;
        break;
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
        LOG(WARN, call, "database unavailable", LZ("step", what), LZ("query", name), LI("code", code), LZ("reason", sqlite3_errmsg(sqlite)));
        return UNAVAILABLE;
    default: break;
    }
    LOG(ERROR, call, "statement failed", LZ("step", what), LZ("query", name), LI("code", code), LZ("reason", sqlite3_errmsg(sqlite)));
    return INTERNAL;
}

static enum result execute(struct call *call, struct connection *c, const char *sql)
{
    return sqlite3_exec(c->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : failed(call, c->sqlite, "execute", sql);
}

/* --- connections -------------------------------------------------------------------------------------------------------- */

/* Remembers which tenant tables a statement uses, whatever the way; triggers are part of the schema and left out. */
static int note_tables(void *context, int action, const char *first, const char *second, const char *database, const char *trigger)
{
    struct connection *c = context;
    bool table = action == SQLITE_READ || action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE;

    (void)second;
    (void)database;
    if (table && !trigger && first && !tenant_is(&c->touched, text_of(first)) && c->touched.len < 64)
        c->touched.names[c->touched.len++] = strdup(first);
    return SQLITE_OK;
}

static void tables_clear(struct tenant_tables *tables)
{
    for (size_t i = 0; i < tables->len; i++)
        free((char *)tables->names[i]);
    tables->len = 0;
}

static void connection_close(struct connection *c)
{
    tables_clear(&c->touched);
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(c->statements[i].stmt);
    sqlite3_close(c->sqlite);
    free(c->touched.names);
}

static enum result connection_open(struct call *call, const char *path, bool writer, struct connection *c)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
    static const char setup[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
                                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2000; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864;";

    if (sqlite3_open_v2(path, &c->sqlite, flags, NULL) != SQLITE_OK)
        return failed(call, c->sqlite, "open", "");
    sqlite3_busy_timeout(c->sqlite, BUSY_MILLISECONDS);
    sqlite3_extended_result_codes(c->sqlite, 1);
    TRY(execute(call, c, setup));
    c->touched.names = xcalloc(64, sizeof *c->touched.names);
    sqlite3_set_authorizer(c->sqlite, note_tables, c);
    if (!writer)
        TRY(execute(call, c, "PRAGMA query_only=ON"));
    return OK;
}

static enum result reader_take(struct sqlite_db *db, struct call *call, struct connection **ret_reader)
{
    struct connection *c = NULL;
    enum result result;

    pthread_mutex_lock(&db->mutex);
    if (db->idle_count)
        c = db->idle[--db->idle_count];
    pthread_mutex_unlock(&db->mutex);
    if (!c) {
        c = xcalloc(1, sizeof *c);
        result = connection_open(call, db->path, false, c);
        if (result != OK) {
            connection_close(c);
            free(c);
            return result;
        }
    }
    *ret_reader = c;
    return OK;
}

static void reader_give(struct sqlite_db *db, struct connection *c)
{
    pthread_mutex_lock(&db->mutex);
    if (db->idle_count < MOST_READERS) {
        db->idle[db->idle_count++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&db->mutex);
    if (c) {
        connection_close(c);
        free(c);
    }
}

/* --- statements ----------------------------------------------------------------------------------------------------------- */

/* What is wrong with a statement just prepared, or NULL. */
static const char *statement_fault(struct sqlite_db *db, struct connection *c, const struct query *query, struct statement *s)
{
    static __thread char fault[256];
    struct tenant_tables used = { c->touched.names, 0 };
    int columns = sqlite3_column_count(s->stmt), wanted = 0;

    /* a change also touches what its foreign keys lead to, which the schema binds to the organization by itself */
    for (size_t i = 0; i < c->touched.len && sqlite3_stmt_readonly(s->stmt); i++)
        if (tenant_is(&db->tenants, text_of(c->touched.names[i]))) {
            const char *swapped = c->touched.names[used.len];

            c->touched.names[used.len++] = c->touched.names[i];
            c->touched.names[i] = swapped;
        }
    if (!query->system) {
        const char *tenant = tenant_fault(query->sql, &db->tenants, &used);

        if (tenant)
            return tenant;
    }
    s->org = sqlite3_bind_parameter_index(s->stmt, ":org");
    for (int i = 1; i <= (int)COUNT(s->places) - 1; i++) {
        char name[8];

        snprintf(name, sizeof name, "$%d", i);
        s->places[i] = sqlite3_bind_parameter_index(s->stmt, name);
    }
    for (const struct field *field = query->row; field && field->type; field++, wanted++)
        if (wanted >= columns || strcmp(sqlite3_column_name(s->stmt, wanted), field->name) != 0) {
            snprintf(fault, sizeof fault, "column %d is %s, not %s", wanted + 1, wanted < columns ? sqlite3_column_name(s->stmt, wanted) : "missing", field->name);
            return fault;
        }
    if (columns != wanted) {
        snprintf(fault, sizeof fault, "it gives %d columns, its row has %d", columns, wanted);
        return fault;
    }
    return NULL;
}

static const char *prepare(struct sqlite_db *db, struct connection *c, const struct query *query, struct statement *s)
{
    const char *fault;

    tables_clear(&c->touched);
    if (sqlite3_prepare_v3(c->sqlite, query->sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) != SQLITE_OK)
        return sqlite3_errmsg(c->sqlite);
    fault = statement_fault(db, c, query, s);
    if (fault) {
        sqlite3_finalize(s->stmt);
        s->stmt = NULL;
    }
    return fault;
}

static enum result statement_of(struct sqlite_db *db, struct call *call, struct connection *c, const struct query *query, struct statement **ret)
{
    size_t place = ((uintptr_t)query >> 4) % STATEMENTS;
    const char *fault;

    for (size_t probes = 0; probes < STATEMENTS; probes++, place = (place + 1) % STATEMENTS) {
        struct statement *s = &c->statements[place];

        if (s->query == query) {
            *ret = s;
            return OK;
        }
        if (s->query)
            continue;
        fault = prepare(db, c, query, s);
        if (fault) {
            int code = sqlite3_errcode(c->sqlite);

            LOG(ERROR, call, "statement refused", LZ("query", query->name), LZ("reason", fault));
            return code == SQLITE_BUSY || code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_CANTOPEN ? UNAVAILABLE : INTERNAL;
        }
        s->query = query;
        *ret = s;
        return OK;
    }
    LOG(ERROR, call, "more queries than statement places", LI("places", STATEMENTS));
    return INTERNAL;
}

static int bind(sqlite3_stmt *stmt, int place, const struct arg *arg)
{
    static const struct arg none = { ARG_NULL, { .number = 0 } };

    switch ((place ? arg : &none)->type) {
    case ARG_TEXT: return sqlite3_bind_text64(stmt, place, arg->text.ptr, arg->text.len, SQLITE_STATIC, SQLITE_UTF8);
    case ARG_BYTES: return sqlite3_bind_blob64(stmt, place, arg->text.ptr, arg->text.len, SQLITE_STATIC);
    case ARG_INT: return sqlite3_bind_int64(stmt, place, arg->number);
    case ARG_DOUBLE: return sqlite3_bind_double(stmt, place, arg->real);
    case ARG_UUID: return sqlite3_bind_blob(stmt, place, arg->id.bytes, 16, SQLITE_TRANSIENT);
    case ARG_NULL: break;
    }
    return place ? sqlite3_bind_null(stmt, place) : SQLITE_OK;
}

static text keep(struct arena *arena, bool transient, const void *ptr, int len)
{
    text value = { ptr ? ptr : "", (size_t)len };

    return transient ? value : text_copy(arena, value);
}

static void read_column(struct arena *arena, bool transient, sqlite3_stmt *stmt, int i, const struct field *field, void *at)
{
    if (sqlite3_column_type(stmt, i) == SQLITE_NULL)
        return; /* the row is zeroed */
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_JSON: {
        const void *ptr = sqlite3_column_text(stmt, i);

        *(text *)at = keep(arena, transient, ptr, sqlite3_column_bytes(stmt, i));
        break;
    }
    case FIELD_BYTES: {
        const void *ptr = sqlite3_column_blob(stmt, i);

        *(text *)at = keep(arena, transient, ptr, sqlite3_column_bytes(stmt, i));
        break;
    }
    case FIELD_INT:
    case FIELD_TIME: *(int64_t *)at = sqlite3_column_int64(stmt, i); break;
    case FIELD_BOOL: *(bool *)at = sqlite3_column_int(stmt, i) != 0; break;
    case FIELD_DOUBLE: *(double *)at = sqlite3_column_double(stmt, i); break;
    case FIELD_UUID:
        if (sqlite3_column_bytes(stmt, i) == 16)
            memcpy(at, sqlite3_column_blob(stmt, i), 16);
        break;
    case FIELD_TEXTS:
    case FIELD_UUIDS: {
        const void *ptr = sqlite3_column_text(stmt, i);

        row_read_list(arena, field, (text){ ptr, (size_t)sqlite3_column_bytes(stmt, i) }, at);
        break;
    }
    case FIELD_OBJECT:
    case FIELD_LIST:
    case FIELD_NONE: break; /* no column is one of these */
    }
}

static enum result step_all(struct call *call, struct connection *c, const struct query *query, sqlite3_stmt *stmt, const struct rows *rows)
{
    int code;

    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        int column = 0;

        if (!rows)
            continue;
        memset(rows->row, 0, query->row_size);
        for (const struct field *field = query->row; field->type; field++, column++)
            read_column(&call->arena, rows->transient, stmt, column, field, (char *)rows->row + field->at);
        TRY(rows->sink(rows->context, rows->row));
    }
    return code == SQLITE_DONE ? OK : failed(call, c->sqlite, "step", query->name);
}

static enum result run_on(struct sqlite_db *db, struct call *call, struct connection *c, const struct query *query, struct args args,
                          const struct rows *rows, int64_t *ret_changed)
{
    struct statement *s;
    enum result result;

    TRY(statement_of(db, call, c, query, &s));
    for (size_t i = 0; i < args.len; i++)
        if (i + 1 >= COUNT(s->places) || bind(s->stmt, s->places[i + 1], &args.items[i]) != SQLITE_OK)
            return failed(call, c->sqlite, "bind", query->name);
    if (s->org) {
        struct arg org = db_uuid(call->organization);

        bind(s->stmt, s->org, &org);
    }
    result = step_all(call, c, query, s->stmt, rows);
    if (ret_changed)
        *ret_changed = sqlite3_changes(c->sqlite);
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
    return result;
}

static enum result sqlite_run(struct db *base, struct call *call, const struct query *query, struct args args, const struct rows *rows, int64_t *ret_changed)
{
    struct sqlite_db *db = of(base);
    struct connection *reader;
    enum result result;

    if (call->tx && sqlite3_get_autocommit(db->writer.sqlite))
        return UNAVAILABLE; /* the engine has ended the transaction: nothing may be written outside of one */
    if (call->tx)
        return run_on(db, call, &db->writer, query, args, rows, ret_changed);
    TRY(reader_take(db, call, &reader));
    result = run_on(db, call, reader, query, args, rows, ret_changed);
    reader_give(db, reader);
    return result;
}

static bool sqlite_check(struct db *base, const struct query *query, char fault[static 512])
{
    struct sqlite_db *db = of(base);
    struct connection *reader;
    struct statement s = { 0 };
    SCOPED(call) struct call call;
    const char *why;

    call_open(&call, NULL);
    if (reader_take(db, &call, &reader) != OK) {
        snprintf(fault, 512, "%s: the database cannot be opened", query->name);
        return false;
    }
    why = prepare(db, reader, query, &s);
    if (why)
        snprintf(fault, 512, "%s: %s", query->name, why);
    sqlite3_finalize(s.stmt);
    reader_give(db, reader);
    return why == NULL;
}

/* --- transactions --------------------------------------------------------------------------------------------------------- */

static void turn_take(struct sqlite_db *db)
{
    pthread_mutex_lock(&db->mutex);
    db->queue++;
    while (db->turn)
        pthread_cond_wait(&db->turn_free, &db->mutex);
    db->queue--;
    db->turn = true;
    pthread_mutex_unlock(&db->mutex);
}

/* Ends the outer transaction for everybody in the batch; the turn is held. */
static void batch_finish(struct sqlite_db *db, struct call *call)
{
    struct batch *batch = db->batch;
    enum result result = OK;

    if (batch->members) /* the engine ends the transaction by itself when the disk is full or broken */
        result = sqlite3_get_autocommit(db->writer.sqlite) ? UNAVAILABLE : execute(call, &db->writer, "COMMIT");
    if (!sqlite3_get_autocommit(db->writer.sqlite) && execute(call, &db->writer, "ROLLBACK") != OK)
        result = UNAVAILABLE;
    pthread_mutex_lock(&db->mutex);
    batch->done = true;
    batch->result = result;
    db->outer = false;
    db->batch = NULL;
    if (batch->waiting == 0)
        free(batch);
    else
        pthread_cond_broadcast(&db->batch_done);
    pthread_mutex_unlock(&db->mutex);
}

static void turn_give(struct sqlite_db *db)
{
    pthread_mutex_lock(&db->mutex);
    db->turn = false;
    pthread_cond_signal(&db->turn_free);
    pthread_mutex_unlock(&db->mutex);
}

static bool nobody_follows(struct sqlite_db *db)
{
    bool alone;

    pthread_mutex_lock(&db->mutex);
    alone = db->queue == 0 || db->batch->relaxed || db->batch->members >= BATCH_SIZE || clock_ticks() - db->batch->begun > BATCH_AGE;
    pthread_mutex_unlock(&db->mutex);
    return alone;
}

/* Whether a commit waits for the disk can be said between transactions alone. */
static enum result outer_begin(struct sqlite_db *db, struct call *call, bool relaxed)
{
    if (db->relaxed != relaxed)
        TRY(execute(call, &db->writer, relaxed ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL"));
    db->relaxed = relaxed;
    TRY(execute(call, &db->writer, "BEGIN IMMEDIATE"));
    db->outer = true;
    db->batch = xcalloc(1, sizeof *db->batch);
    db->batch->begun = clock_ticks();
    db->batch->relaxed = relaxed;
    return OK;
}

static enum result sqlite_begin(struct db *base, struct call *call, struct tx *tx)
{
    struct sqlite_db *db = of(base);
    enum result result = OK;

    turn_take(db);
    if (!db->outer)
        result = outer_begin(db, call, tx->relaxed);
    if (result == OK)
        result = execute(call, &db->writer, "SAVEPOINT call");
    if (result != OK) {
        if (db->outer && nobody_follows(db))
            batch_finish(db, call);
        turn_give(db);
    }
    return result;
}

static void sqlite_rollback(struct db *base, struct call *call)
{
    struct sqlite_db *db = of(base);

    /* a full disk or an I/O error may have ended the whole transaction already: everybody in the batch has lost it */
    if (sqlite3_get_autocommit(db->writer.sqlite) || execute(call, &db->writer, "ROLLBACK TO call; RELEASE call") != OK)
        LOG(WARN, call, "the outer transaction was lost");
    if (nobody_follows(db) || sqlite3_get_autocommit(db->writer.sqlite))
        batch_finish(db, call);
    turn_give(db);
}

static enum result sqlite_commit(struct db *base, struct call *call)
{
    struct sqlite_db *db = of(base);
    struct batch *batch = db->batch;
    enum result result = execute(call, &db->writer, "RELEASE call");

    if (result != OK) {
        sqlite_rollback(base, call);
        return result;
    }
    pthread_mutex_lock(&db->mutex);
    batch->members++;
    batch->waiting++;
    pthread_mutex_unlock(&db->mutex);
    if (nobody_follows(db))
        batch_finish(db, call);
    turn_give(db);

    pthread_mutex_lock(&db->mutex);
    while (!batch->done)
        pthread_cond_wait(&db->batch_done, &db->mutex);
    result = batch->result;
    if (--batch->waiting == 0)
        free(batch);
    pthread_mutex_unlock(&db->mutex);
    return result;
}

static enum result at_depth(struct db *base, struct call *call, const char *format, int depth)
{
    char sql[64];

    snprintf(sql, sizeof sql, format, depth, depth);
    return execute(call, &of(base)->writer, sql);
}

static enum result sqlite_savepoint(struct db *base, struct call *call, int depth)
{
    return at_depth(base, call, "SAVEPOINT inner_%d", depth);
}

static enum result sqlite_release(struct db *base, struct call *call, int depth)
{
    return at_depth(base, call, "RELEASE inner_%d", depth);
}

static void sqlite_rollback_to(struct db *base, struct call *call, int depth)
{
    enum result result = at_depth(base, call, "ROLLBACK TO inner_%d; RELEASE inner_%d", depth);

    if (result != OK)
        LOG(WARN, call, "savepoint lost", LI("depth", depth));
}

static enum result tenants_read(struct sqlite_db *db, struct call *call);

static enum result sqlite_script(struct db *base, struct call *call, const char *sql)
{
    struct sqlite_db *db = of(base);

    TRY(execute(call, &db->writer, sql));
    return tenants_read(db, call);
}

/* --- the whole ---------------------------------------------------------------------------------------------------------------- */

static int note_tenant(void *context, int columns, char **values, char **names)
{
    struct tenant_tables *tables = context;

    (void)columns;
    (void)names;
    tables->names = xrealloc(tables->names, (tables->len + 1) * sizeof *tables->names);
    tables->names[tables->len++] = strdup(values[0]);
    return 0;
}

static enum result tenants_read(struct sqlite_db *db, struct call *call)
{
    static const char sql[] = "SELECT m.name FROM sqlite_schema m WHERE m.type IN ('table', 'view') AND (m.name = 'organizations' OR EXISTS "
                              "(SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'organization_id'))";

    tables_clear(&db->tenants);
    if (sqlite3_exec(db->writer.sqlite, sql, note_tenant, &db->tenants, NULL) != SQLITE_OK)
        return failed(call, db->writer.sqlite, "tenants", "");
    return OK;
}

static void sqlite_close(struct db *base)
{
    struct sqlite_db *db = of(base);

    for (size_t i = 0; i < db->idle_count; i++) {
        connection_close(db->idle[i]);
        free(db->idle[i]);
    }
    connection_close(&db->writer);
    tables_clear(&db->tenants);
    free(db->tenants.names);
    free(db->path);
    pthread_mutex_destroy(&db->mutex);
    pthread_cond_destroy(&db->turn_free);
    pthread_cond_destroy(&db->batch_done);
    free(db);
}

static enum result sqlite_open(struct call *call, const struct db_place *place, struct db **ret_db)
{
    text path = text_slice(place->url, 7, place->url.len); /* behind "sqlite:" */
    struct sqlite_db *db = xcalloc(1, sizeof *db);
    enum result result;

    db->path = strndup(path.ptr, path.len);
    pthread_mutex_init(&db->mutex, NULL);
    pthread_cond_init(&db->turn_free, NULL);
    pthread_cond_init(&db->batch_done, NULL);
    result = connection_open(call, db->path, true, &db->writer);
    if (result == OK)
        result = tenants_read(db, call);
    if (result != OK) {
        sqlite_close(&db->db);
        return result;
    }
    *ret_db = &db->db;
    return OK;
}

/* --- rehearsals --------------------------------------------------------------------------------------------------------------- */

static enum result sqlite_rehearsal_open(struct db *base, struct call *call, struct db **ret_copy)
{
    struct sqlite_db *db = of(base);
    text path = text_format(&call->arena, "%s.rehearsal", db->path);
    struct db_place place = { .url = text_format(&call->arena, "sqlite:%.*s", TEXT_ARG(path)) };
    char *sql = text_z(&call->arena, text_format(&call->arena, "VACUUM INTO '%.*s'", TEXT_ARG(path)));

    unlink(text_z(&call->arena, path)); /* of one that was interrupted */
    if (strchr(db->path, '\''))
        return fail(call, UNAVAILABLE, "A database whose path has a quote in it cannot be rehearsed.");
    TRY(execute(call, &db->writer, sql));
    return sqlite_open(call, &place, ret_copy);
}

static void sqlite_rehearsal_close(struct db *base, struct call *call, struct db *copy)
{
    static const char *const files[] = { "", "-wal", "-shm" };

    (void)base;
    for (size_t i = 0; i < COUNT(files); i++)
        unlink(text_z(&call->arena, text_format(&call->arena, "%s%s", of(copy)->path, files[i])));
    sqlite_close(copy);
}

static int note_fault(void *context, int columns, char **values, char **names)
{
    (void)names;
    if (strcmp(values[0] ? values[0] : "", "ok") != 0)
        buffer_format(context, "%s%s%s\n", values[0] ? values[0] : "", columns > 1 ? " has a row that refers to nothing in " : "", columns > 2 && values[2] ? values[2] : "");
    return 0;
}

static enum result sqlite_verify(struct db *base, struct call *call, struct buffer *faults)
{
    sqlite3 *sqlite = of(base)->writer.sqlite;

    if (sqlite3_exec(sqlite, "PRAGMA integrity_check; PRAGMA foreign_key_check", note_fault, faults, NULL) != SQLITE_OK)
        return failed(call, sqlite, "verify", "");
    return OK;
}

const struct driver sqlite_driver = {
    .name = "sqlite",
    .migrations = sqlite_migrations,
    .ledger = "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .savepoint = sqlite_savepoint,
    .release = sqlite_release,
    .rollback_to = sqlite_rollback_to,
    .run = sqlite_run,
    .check = sqlite_check,
    .script = sqlite_script,
    .rehearsal_open = sqlite_rehearsal_open,
    .rehearsal_close = sqlite_rehearsal_close,
    .verify = sqlite_verify,
};
