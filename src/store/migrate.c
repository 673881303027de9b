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

enum result migrate_up(struct call *call, int *ret_applied)
{
    struct list rows;
    int count = 0;

    TRY(read_applied(call, &rows));
    for (const struct migration *m = migrations(call); m->name; m++)
        if (!find_applied(rows, m->version))
            TRY(step(call, m, true, &count));
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
