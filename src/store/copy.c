#include "store/copy.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "core/log.h"
#include "store/driver.h"
#include "store/migrate.h"

#define SYSTEM "an installation is copied whole"

enum kind { KIND_OTHER, KIND_BOOLEAN, KIND_NUMBER, KIND_REAL, KIND_TIME, KIND_TEXT, KIND_BYTES, KIND_ID, KIND_JSON };

struct column {
    text name;
    enum kind kind;
};

struct table {
    text name;
    struct column columns[64];
    size_t len;
    text names; /* joined by commas */
};

struct copying {
    struct call *call;
    sqlite3 *from;
    struct table *tables;
    size_t len;
};

struct one_text {
    text value;
};
static const struct field one_text_columns[] = { TEXT(struct one_text, value), FIELDS_END };

/* A query that is made here; it lives as long as the call. */
static struct query *query_of(struct call *call, const char *name, text sql)
{
    struct query *query = arena_new(&call->arena, struct query);

    *query = (struct query){ .name = name, .sql = text_z(&call->arena, sql), .system = SYSTEM };
    return query;
}

static enum result ask_text(struct call *call, text sql, text *ret_value)
{
    struct query *query = query_of(call, "copy_ask", sql);
    struct one_text row;

    query->row = one_text_columns;
    query->row_size = sizeof row;
    TRY(db_one(call, query, NO_ARGS, &row));
    *ret_value = row.value;
    return OK;
}

static enum result broken_source(struct copying *c)
{
    return fail(c->call, UNAVAILABLE, "The source cannot be read: %s.", sqlite3_errmsg(c->from));
}

/* --- what there is -------------------------------------------------------------------------------------------------------------- */

static enum kind kind_named(text type)
{
    static const struct { const char *name; enum kind kind; } kinds[] = {
        { "boolean", KIND_BOOLEAN }, { "bigint", KIND_NUMBER }, { "double precision", KIND_REAL }, { "timestamp with time zone", KIND_TIME },
        { "text", KIND_TEXT }, { "citext", KIND_TEXT }, { "bytea", KIND_BYTES }, { "uuid", KIND_ID }, { "jsonb", KIND_JSON }, { "json", KIND_JSON },
    };

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (text_equal(type, text_of(kinds[i].name)))
            return kinds[i].kind;
    return KIND_OTHER;
}

/* The source's columns, each as the copy's type of the same name. */
static enum result read_columns(struct copying *c, struct table *table)
{
    struct arena *arena = &c->call->arena;
    sqlite3_stmt *stmt;
    enum result result = OK;

    if (sqlite3_prepare_v2(c->from, text_z(arena, text_format(arena, "PRAGMA table_info(%.*s)", TEXT_ARG(table->name))), -1, &stmt, NULL) != SQLITE_OK)
        return broken_source(c);
    while (result == OK && sqlite3_step(stmt) == SQLITE_ROW && table->len < COUNT(table->columns)) {
        struct column *column = &table->columns[table->len++];
        text type;

        column->name = text_copy(arena, text_of((const char *)sqlite3_column_text(stmt, 1)));
        result = ask_text(c->call, text_format(arena, "SELECT format_type(atttypid, NULL) AS value FROM pg_attribute WHERE attrelid = '%.*s'::regclass AND attname = '%.*s'",
                                               TEXT_ARG(table->name), TEXT_ARG(column->name)), &type);
        if (result == OK)
            column->kind = kind_named(type);
        table->names = table->names.ptr ? text_format(arena, "%.*s, %.*s", TEXT_ARG(table->names), TEXT_ARG(column->name)) : column->name;
    }
    sqlite3_finalize(stmt);
    return result;
}

/* In the order in which they were made, so that what a row refers to is there before it. */
static enum result read_tables(struct copying *c)
{
    static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations' ORDER BY rowid";
    struct arena *arena = &c->call->arena;
    sqlite3_stmt *stmt;

    c->tables = arena_array(arena, 256, sizeof *c->tables);
    if (sqlite3_prepare_v2(c->from, sql, -1, &stmt, NULL) != SQLITE_OK)
        return broken_source(c);
    while (sqlite3_step(stmt) == SQLITE_ROW && c->len < 256)
        c->tables[c->len++] = (struct table){ .name = text_copy(arena, text_of((const char *)sqlite3_column_text(stmt, 0))) };
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < c->len; i++)
        TRY(read_columns(c, &c->tables[i]));
    return OK;
}

static enum result check_version(struct copying *c)
{
    sqlite3_stmt *stmt;
    int64_t version = 0, newest = 0;
    int pending;

    TRY(migrate_pending(c->call, &pending));
    if (pending)
        return fail(c->call, UNAVAILABLE, "The copy's database is behind by %d migrations: run `tenon migrate` on it first.", pending);
    for (const struct migration *m = sqlite_migrations; m->name; m++)
        newest = m->version;
    if (sqlite3_prepare_v2(c->from, "SELECT max(version) FROM schema_migrations", -1, &stmt, NULL) != SQLITE_OK)
        return broken_source(c);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        version = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    if (version != newest)
        return fail(c->call, UNAVAILABLE, "The source is at migration %lld and this program at %lld: run `tenon migrate` on it first.", (long long)version, (long long)newest);
    return OK;
}

/* --- is it in use? ----------------------------------------------------------------------------------------------------------------- */

struct row_id {
    uuid id;
};
static const struct field row_id_columns[] = { UUID(struct row_id, id), FIELDS_END };

struct search {
    sqlite3_stmt *stmt;
    int64_t foreign;
};

static enum result look_up(void *context, const void *row)
{
    struct search *search = context;

    sqlite3_bind_blob(search->stmt, 1, ((const struct row_id *)row)->id.bytes, 16, SQLITE_TRANSIENT);
    search->foreign += sqlite3_step(search->stmt) != SQLITE_ROW;
    sqlite3_reset(search->stmt);
    return OK;
}

static enum result refuse_if_used(struct copying *c)
{
    static const char *const growing[] = { "users", "organizations", "audit_log" };
    struct arena *arena = &c->call->arena;

    for (size_t i = 0; i < COUNT(growing); i++) {
        struct query *query = query_of(c->call, "copy_ids", text_format(arena, "SELECT id FROM %s", growing[i]));
        struct search search = { 0 };
        enum result result;

        query->row = row_id_columns;
        query->row_size = sizeof(struct row_id);
        if (sqlite3_prepare_v2(c->from, text_z(arena, text_format(arena, "SELECT 1 FROM %s WHERE id = ?1", growing[i])), -1, &search.stmt, NULL) != SQLITE_OK)
            return broken_source(c);
        result = db_each(c->call, query, NO_ARGS, look_up, &search);
        sqlite3_finalize(search.stmt);
        TRY(result);
        if (search.foreign)
            return fail(c->call, CONFLICT, "The copy has %lld rows in %s that the source does not have: it is in use. Nothing was changed.", (long long)search.foreign, growing[i]);
    }
    return OK;
}

/* --- rows ---------------------------------------------------------------------------------------------------------------------------- */

static enum result empty(struct copying *c)
{
    for (size_t i = c->len; i > 0; i--)
        TRY(db_run(c->call, query_of(c->call, "copy_empty", text_format(&c->call->arena, "DELETE FROM %.*s", TEXT_ARG(c->tables[i - 1].name))), NO_ARGS));
    return OK;
}

static struct arg value_of(sqlite3_stmt *stmt, int i, enum kind kind)
{
    uuid id;

    switch (sqlite3_column_type(stmt, i)) {
    case SQLITE_INTEGER: return db_int(sqlite3_column_int64(stmt, i));
    case SQLITE_FLOAT: return db_double(sqlite3_column_double(stmt, i));
    case SQLITE_TEXT: return db_text((text){ (const char *)sqlite3_column_text(stmt, i), (size_t)sqlite3_column_bytes(stmt, i) });
    case SQLITE_BLOB:
        if (kind == KIND_ID && sqlite3_column_bytes(stmt, i) == 16) {
            memcpy(id.bytes, sqlite3_column_blob(stmt, i), 16);
            return (struct arg){ ARG_UUID, { .id = id } };
        }
        return (struct arg){ ARG_BYTES, { .text = { sqlite3_column_bytes(stmt, i) ? sqlite3_column_blob(stmt, i) : "", (size_t)sqlite3_column_bytes(stmt, i) } } };
    default: return db_null();
    }
}

static enum result copy_table(struct copying *c, const struct table *table)
{
    struct arena *arena = &c->call->arena;
    text places = T("$1");
    const struct query *query;
    sqlite3_stmt *stmt;
    enum result result = OK;
    int code;

    for (size_t i = 1; i < table->len; i++)
        places = text_format(arena, "%.*s, $%zu", TEXT_ARG(places), i + 1);
    query = query_of(c->call, "copy_row", text_format(arena, "INSERT INTO %.*s (%.*s) VALUES (%.*s)", TEXT_ARG(table->name), TEXT_ARG(table->names), TEXT_ARG(places)));
    if (sqlite3_prepare_v2(c->from, text_z(arena, text_format(arena, "SELECT %.*s FROM %.*s", TEXT_ARG(table->names), TEXT_ARG(table->name))), -1, &stmt, NULL) != SQLITE_OK)
        return broken_source(c);
    while (result == OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct arg args[COUNT(table->columns)];

        for (size_t i = 0; i < table->len; i++)
            args[i] = value_of(stmt, (int)i, table->columns[i].kind);
        result = db_queue(c->call, query, (struct args){ args, table->len });
    }
    if (result == OK && code != SQLITE_DONE)
        result = broken_source(c);
    sqlite3_finalize(stmt);
    return result;
}

/* --- sums ------------------------------------------------------------------------------------------------------------------------------ */

/* What is summed of a column, on both engines as text; identifiers and JSON, which is written anew, are counted. */
static void sum_of(const struct column *column, struct buffer *source, struct buffer *copy)
{
    static const struct { const char *source, *copy; } sums[] = {
        [KIND_BOOLEAN] = { "sum(%.*s)", "sum(%.*s::int)" },
        [KIND_NUMBER] = { "sum(%.*s)", "sum(%.*s)" },
        [KIND_REAL] = { "CAST(round(sum(%.*s) * 1000) AS INTEGER)", "round(sum(%.*s) * 1000)::bigint" },
        [KIND_TIME] = { "sum(%.*s)", "sum((extract(epoch FROM %.*s) * 1000000)::bigint)" },
        [KIND_TEXT] = { "sum(length(CAST(%.*s AS BLOB)))", "sum(octet_length(%.*s::text))" },
        [KIND_BYTES] = { "sum(length(%.*s))", "sum(octet_length(%.*s))" },
        [KIND_ID] = { "count(%.*s)", "count(%.*s)" },
        [KIND_JSON] = { "count(%.*s)", "count(%.*s)" },
        [KIND_OTHER] = { "count(%.*s)", "count(%.*s)" },
    };

    buffer_text(source, T(" || ' ' || coalesce("));
    buffer_format(source, sums[column->kind].source, TEXT_ARG(column->name));
    buffer_text(source, T(", 0)"));
    buffer_text(copy, T(" || ' ' || coalesce("));
    buffer_format(copy, sums[column->kind].copy, TEXT_ARG(column->name));
    buffer_text(copy, T(", 0)"));
}

static enum result check_table(struct copying *c, const struct table *table, struct buffer *report)
{
    SCOPED(buffer) struct buffer source = { 0 }, copy = { 0 };
    struct arena *arena = &c->call->arena;
    text there = TEXT_NONE, here, count;
    sqlite3_stmt *stmt;

    buffer_text(&source, T("SELECT count(*)"));
    buffer_text(&copy, T("SELECT count(*)"));
    for (size_t i = 0; i < table->len; i++)
        sum_of(&table->columns[i], &source, &copy);
    buffer_format(&source, " FROM %.*s", TEXT_ARG(table->name));
    buffer_format(&copy, " AS value FROM %.*s", TEXT_ARG(table->name));
    if (sqlite3_prepare_v2(c->from, text_z(arena, buffer_view(&source)), -1, &stmt, NULL) != SQLITE_OK)
        return broken_source(c);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        there = text_copy(arena, text_of((const char *)sqlite3_column_text(stmt, 0)));
    sqlite3_finalize(stmt);
    TRY(ask_text(c->call, buffer_view(&copy), &here));
    if (!text_equal(there, here))
        return fail(c->call, INTERNAL, "%.*s differs from its source: %.*s there, %.*s here. Nothing was changed.", TEXT_ARG(table->name), TEXT_ARG(there), TEXT_ARG(here));
    count = text_cut(&here, ' ');
    buffer_format(report, "%-20.*s %10.*s rows, sums equal\n", TEXT_ARG(table->name), TEXT_ARG(count));
    return OK;
}

/* --- the whole --------------------------------------------------------------------------------------------------------------------------- */

static enum result copy_all(struct copying *c, struct buffer *report)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(c->call, "copy");
    SCOPED(tx) struct tx tx = tx_begin(c->call);

    TRY(tx.fault);
    TRY(check_version(c));
    TRY(read_tables(c));
    TRY(refuse_if_used(c));
    TRY(empty(c));
    for (size_t i = 0; i < c->len; i++)
        TRY(copy_table(c, &c->tables[i]));
    for (size_t i = 0; i < c->len; i++)
        TRY(check_table(c, &c->tables[i], report));
    return tx_commit(&tx);
}

enum result copy_rows(struct call *call, text path, struct buffer *report)
{
    struct copying copying = { .call = call };
    enum result result;

    if (sqlite3_open_v2(text_z(&call->arena, path), &copying.from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        result = broken_source(&copying);
    else if (sqlite3_exec(copying.from, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) /* one state of it, while others write */
        result = broken_source(&copying);
    else
        result = copy_all(&copying, report);
    sqlite3_close(copying.from);
    return result;
}
