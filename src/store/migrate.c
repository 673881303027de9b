#include "store/migrate.h"

#include "core/log.h"
#include "store/driver.h"

struct applied {
    int64_t version;
    text name;
    int64_t applied_at;
};

static const struct field applied_columns[] = {
    INT(struct applied, version), TEXT(struct applied, name), TIME(struct applied, applied_at), FIELDS_END,
};

static const struct query applied_all = {
    .name = "migrations_applied",
    .sql = "SELECT version, name, applied_at FROM schema_migrations ORDER BY version",
    ROWS(struct applied, applied_columns),
};
static const struct query applied_add = {
    .name = "migration_add", .sql = "INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)",
};
static const struct query applied_remove = { .name = "migration_remove", .sql = "DELETE FROM schema_migrations WHERE version = $1" };

static enum result script(struct call *call, const char *sql)
{
    return call->on->db->driver->script(call->on->db, call, sql);
}

static const struct migration *migrations(const struct call *call)
{
    return call->on->db->driver->migrations;
}

/* Nobody else migrates until the transaction's end. */
static enum result lock(struct call *call)
{
    struct db *db = call->on->db;

    return db->driver->lock ? db->driver->lock(db, call) : OK;
}

static enum result read_applied(struct call *call, struct list *ret_rows)
{
    struct db *db = call->on->db;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(tx.fault);
    TRY(lock(call));
    TRY(script(call, db->driver->ledger));
    if (db->driver->prepare)
        TRY(db->driver->prepare(db, call));
    TRY(db_all(call, &applied_all, NO_ARGS, ret_rows));
    return tx_commit(&tx);
}

static const struct applied *find_applied(struct list rows, int64_t version)
{
    for (size_t i = 0; i < rows.len; i++) {
        const struct applied *row = (const struct applied *)rows.items + i;

        if (row->version == version)
            return row;
    }
    return NULL;
}

/* One step with its row, unless another instance was there first: known only behind the lock. */
static enum result step(struct call *call, const struct migration *m, bool up, int *count)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    struct list rows;

    TRY(tx.fault);
    TRY(lock(call));
    TRY(db_all(call, &applied_all, NO_ARGS, &rows));
    if ((find_applied(rows, m->version) != NULL) == up)
        return OK;
    TRY(script(call, up ? m->up : m->down));
    if (up)
        TRY(db_run(call, &applied_add, ARGS(db_int(m->version), db_text(text_of(m->name)), db_time(clock_now()))));
    else
        TRY(db_run(call, &applied_remove, ARGS(db_int(m->version))));
    TRY(tx_commit(&tx));
    LOG(INFO, call, up ? "migrated" : "migrated back", LI("version", m->version), LZ("name", m->name));
    ++*count;
    return OK;
}

static enum result extend(struct call *call)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(tx.fault);
    TRY(lock(call));
    TRY(script(call, call->on->db->driver->extend));
    return tx_commit(&tx);
}

enum result migrate_up(struct call *call, int *ret_applied)
{
    struct list rows;
    int count = 0;

    TRY(read_applied(call, &rows));
    for (const struct migration *m = migrations(call); m->name; m++)
        if (!find_applied(rows, m->version))
            TRY(step(call, m, true, &count));
    if (call->on->db->driver->extend)
        TRY(extend(call));
    *ret_applied = count;
    return OK;
}

enum result migrate_down(struct call *call, int count, int *ret_reverted)
{
    const struct migration *m = migrations(call);
    struct list rows;
    int reverted = 0;

    TRY(read_applied(call, &rows));
    while (m->name)
        m++;
    while (m-- > migrations(call) && reverted < count)
        if (find_applied(rows, m->version))
            TRY(step(call, m, false, &reverted));
    *ret_reverted = reverted;
    return OK;
}

enum result migrate_pending(struct call *call, int *ret_pending)
{
    struct list rows;
    int pending = 0;

    TRY(db_all(call, &applied_all, NO_ARGS, &rows));
    for (const struct migration *m = migrations(call); m->name; m++)
        pending += !find_applied(rows, m->version);
    *ret_pending = pending;
    return OK;
}

enum result migrate_status(struct call *call, struct buffer *out)
{
    struct list rows;
    char spelled[CLOCK_TEXT];

    TRY(read_applied(call, &rows));
    for (const struct migration *m = migrations(call); m->name; m++) {
        const struct applied *row = find_applied(rows, m->version);

        buffer_format(out, "%04lld  %-24s %.*s\n", (long long)m->version, m->name, TEXT_ARG(row ? clock_format(row->applied_at, spelled) : T("pending")));
    }
    return OK;
}

/* --- rehearsal -------------------------------------------------------------------------------------------------------------- */

#define SYSTEM "a rehearsal counts the rows of everybody"

struct table_count {
    text name;
    int64_t rows;
};
static const struct field table_columns[] = { TEXT(struct table_count, name), FIELDS_END };
static const struct query tables = {
    .name = "rehearsal_tables",
    .sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations' ORDER BY name",
    .postgres = "SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname <> 'schema_migrations' ORDER BY 1",
    ROWS(struct table_count, table_columns),
    .system = SYSTEM,
};

struct counted {
    int64_t count;
};
static const struct field counted_columns[] = { INT(struct counted, count), FIELDS_END };

static enum result count_rows(struct call *call, text table, int64_t *ret_count)
{
    struct query *query = arena_new(&call->arena, struct query);
    struct counted row;

    *query = (struct query){ .name = "rehearsal_count", .sql = text_z(&call->arena, text_format(&call->arena, "SELECT count(*) AS count FROM %.*s", TEXT_ARG(table))),
                             ROWS(struct counted, counted_columns), .system = SYSTEM };
    TRY(db_one(call, query, NO_ARGS, &row));
    *ret_count = row.count;
    return OK;
}

static enum result count_all(struct call *call, struct list *ret_tables)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "migrate.rehearse");
    struct table_count *rows;

    TRY(db_all(call, &tables, NO_ARGS, ret_tables));
    rows = ret_tables->items;
    for (size_t i = 0; i < ret_tables->len; i++)
        TRY(count_rows(call, rows[i].name, &rows[i].rows));
    return OK;
}

static void report_counts(struct list before, struct list after, struct buffer *report)
{
    for (size_t i = 0; i < after.len; i++) {
        const struct table_count *now = (const struct table_count *)after.items + i, *then = NULL;

        for (size_t k = 0; k < before.len; k++)
            if (text_equal(((const struct table_count *)before.items)[k].name, now->name))
                then = (const struct table_count *)before.items + k;
        if (!then)
            buffer_format(report, "table %.*s is new, with %lld rows\n", TEXT_ARG(now->name), (long long)now->rows);
        else if (then->rows != now->rows)
            buffer_format(report, "table %.*s: %lld rows before, %lld after\n", TEXT_ARG(now->name), (long long)then->rows, (long long)now->rows);
    }
    for (size_t k = 0; k < before.len; k++) {
        const struct table_count *then = (const struct table_count *)before.items + k;
        bool kept = false;

        for (size_t i = 0; i < after.len; i++)
            kept |= text_equal(((const struct table_count *)after.items)[i].name, then->name);
        if (!kept)
            buffer_format(report, "table %.*s is gone, with %lld rows\n", TEXT_ARG(then->name), (long long)then->rows);
    }
}

/* In a call on the copy. */
static enum result rehearse(struct call *call, struct list applied, struct buffer *report)
{
    struct list mine, before, after;
    int steps = 0, pending = 0;

    TRY(read_applied(call, &mine)); /* makes the ledger where the copy begins empty */
    for (const struct migration *m = migrations(call); m->name; m++)
        if (find_applied(applied, m->version))
            TRY(step(call, m, true, &steps));
    if (call->on->db->driver->rehearsal_fill)
        TRY(call->on->db->driver->rehearsal_fill(call->on->db, call));
    TRY(count_all(call, &before));
    for (const struct migration *m = migrations(call); m->name; m++) {
        int64_t begun = clock_ticks();

        if (find_applied(applied, m->version))
            continue;
        TRY(step(call, m, true, &steps));
        buffer_format(report, "%04lld  %-24s would take %lld ms\n", (long long)m->version, m->name, (long long)((clock_ticks() - begun) / MILLISECOND));
        pending++;
    }
    TRY(count_all(call, &after));
    if (!pending)
        buffer_text(report, T("nothing is pending\n"));
    report_counts(before, after, report);
    return OK;
}

enum result migrate_rehearse(struct call *call, bool (*check)(struct db *copy, struct buffer *faults), struct buffer *report)
{
    SCOPED(buffer) struct buffer faults = { 0 };
    const struct driver *driver = call->on->db->driver;
    struct services beside = *call->on;
    SCOPED(call) struct call copy;
    struct list applied;
    enum result result;

    call_open(&copy, &beside);
    TRY(read_applied(call, &applied));
    TRY(driver->rehearsal_open(call->on->db, call, &beside.db));
    beside.db->driver = driver;
    result = rehearse(&copy, applied, report);
    if (result == OK)
        result = driver->verify(beside.db, &copy, &faults);
    if (result == OK && !check(beside.db, &faults))
        result = CONFLICT;
    if (copy.failure.message.ptr)
        call->failure.message = text_copy(&call->arena, copy.failure.message);
    driver->rehearsal_close(call->on->db, call, beside.db);
    TRY(result);
    if (faults.len)
        return fail(call, CONFLICT, "On the copy this would not hold:\n%.*s", TEXT_ARG(buffer_view(&faults)));
    buffer_text(report, T("the copy was checked and everything holds; the database itself is as it was\n"));
    return OK;
}
