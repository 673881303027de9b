/*
 * The schema, written as lines that mean the same on both engines: the migrations of one are held against the other's, and
 * what steps back and forth leave against what a fresh database has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/migrate.h"
#include "tests/servers/database.h"

#include <cmocka.h> /* last: it defines fail() */

struct lines {
    char *items[2000];
    size_t len;
};

static void add(struct lines *lines, const char *line)
{
    assert_true(lines->len < COUNT(lines->items));
    lines->items[lines->len++] = strdup(line);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_free(struct lines *lines)
{
    while (lines->len)
        free(lines->items[--lines->len]);
}

/* Lines of one and not of the other are printed; how many. */
static int differences(struct lines *a, const char *a_name, struct lines *b, const char *b_name)
{
    size_t i = 0, k = 0;
    int count = 0;

    qsort(a->items, a->len, sizeof *a->items, by_bytes);
    qsort(b->items, b->len, sizeof *b->items, by_bytes);
    while (i < a->len || k < b->len) {
        int order = i == a->len ? 1 : k == b->len ? -1 : strcmp(a->items[i], b->items[k]);

        if (order == 0) {
            i++;
            k++;
            continue;
        }
        print_error("only %s has: %s\n", order < 0 ? a_name : b_name, order < 0 ? a->items[i++] : b->items[k++]);
        count++;
    }
    return count;
}

/* --- on SQLite ------------------------------------------------------------------------------------------------------------------ */

#define TABLES "sqlite_schema m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'schema_migrations'"

static const char *const sqlite_lines[] = {
    "SELECT 'column ' || m.name || '.' || c.name || ' ' || lower(c.type) || CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END || CASE WHEN c.dflt_value IS NOT NULL THEN ' default' ELSE '' END "
    "FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'schema_migrations'",
    "SELECT 'key ' || m.name || ' (' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info(m.name) WHERE pk ORDER BY pk)) || ')' FROM " TABLES,
    "SELECT CASE WHEN i.\"unique\" THEN 'unique ' ELSE 'index ' END || m.name || ' (' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')' || "
    "CASE WHEN i.partial THEN ' partial' ELSE '' END FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'schema_migrations'",
    "SELECT 'foreign key ' || m.name || ' (' || (SELECT group_concat(x, ', ') FROM (SELECT g.\"from\" AS x FROM pragma_foreign_key_list(m.name) g WHERE g.id = f.id ORDER BY g.seq)) || ') to ' || "
    "f.\"table\" || ' (' || (SELECT group_concat(x, ', ') FROM (SELECT g.\"to\" AS x FROM pragma_foreign_key_list(m.name) g WHERE g.id = f.id ORDER BY g.seq)) || ') on delete ' || lower(f.on_delete) "
    "FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.seq = 0",
};

static int take_line(void *context, int columns, char **values, char **names)
{
    (void)columns;
    (void)names;
    add(context, values[0]);
    return 0;
}

/* Columns compared without case say so in no pragma. */
static void note_nocase(sqlite3 *db, struct lines *lines)
{
    static const char sql[] = "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
    sqlite3_stmt *stmt;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(stmt, 0), *column = (const char *)sqlite3_column_text(stmt, 1), *collation;
        char line[256];

        assert_int_equal(sqlite3_table_column_metadata(db, NULL, table, column, NULL, &collation, NULL, NULL, NULL), SQLITE_OK);
        snprintf(line, sizeof line, "without case %s.%s", table, column);
        if (strcmp(collation, "NOCASE") == 0)
            add(lines, line);
    }
    sqlite3_finalize(stmt);
}

static void read_sqlite(const char *path, struct lines *lines)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    for (size_t i = 0; i < COUNT(sqlite_lines); i++)
        if (sqlite3_exec(db, sqlite_lines[i], take_line, lines, NULL) != SQLITE_OK)
            fail_msg("%s", sqlite3_errmsg(db));
    note_nocase(db, lines);
    sqlite3_close(db);
}

/* --- on PostgreSQL ------------------------------------------------------------------------------------------------------------------ */

/* file_parts has no like: one instance keeps files on its disk. */
#define OURS "c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('schema_migrations', 'file_parts') "
#define NAMES(numbers) "(SELECT string_agg(a.attname, ', ' ORDER BY n.place) FROM unnest(" numbers ") WITH ORDINALITY n (attnum, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = n.attnum)"

static const char *const postgres_lines[] = {
    "SELECT 'column ' || c.relname || '.' || a.attname || ' ' || CASE format_type(a.atttypid, NULL) WHEN 'uuid' THEN 'blob' WHEN 'bytea' THEN 'blob' WHEN 'text' THEN 'text' WHEN 'citext' THEN 'text' "
    "WHEN 'json' THEN 'text' WHEN 'jsonb' THEN 'text' WHEN 'bigint' THEN 'integer' WHEN 'boolean' THEN 'integer' WHEN 'timestamp with time zone' THEN 'integer' WHEN 'double precision' THEN 'real' "
    "ELSE 'unknown' END || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || CASE WHEN a.atthasdef THEN ' default' ELSE '' END FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind = 'r' AND " OURS,
    "SELECT 'key ' || c.relname || ' (' || " NAMES("i.indkey::int2[]") " || ')' FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary WHERE " OURS,
    "SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE 'index ' END || c.relname || ' (' || " NAMES("i.indkey::int2[]") " || ')' || CASE WHEN i.indpred IS NOT NULL THEN ' partial' ELSE '' END "
    "FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND NOT i.indisprimary WHERE " OURS,
    "SELECT 'foreign key ' || c.relname || ' (' || " NAMES("k.conkey") " || ') to ' || o.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY n.place) FROM unnest(k.confkey) "
    "WITH ORDINALITY n (attnum, place) JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum = n.attnum) || ') on delete ' || CASE k.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' "
    "WHEN 'a' THEN 'no action' ELSE 'other' END FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' JOIN pg_class o ON o.oid = k.confrelid WHERE " OURS,
    "SELECT 'without case ' || c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND format_type(a.atttypid, NULL) = 'citext' "
    "WHERE c.relkind = 'r' AND " OURS,
};

static void read_postgres(const char *url, struct lines *lines)
{
    PGconn *c = PQconnectdb(url);

    for (size_t i = 0; i < COUNT(postgres_lines); i++) {
        PGresult *result = PQexec(c, postgres_lines[i]);

        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            fail_msg("%s", PQerrorMessage(c));
        for (int row = 0; row < PQntuples(result); row++)
            add(lines, PQgetvalue(result, row, 0));
        PQclear(result);
    }
    PQfinish(c);
}

static void read_schema(const struct test_store *store, struct lines *lines)
{
    if (*store->database.owner)
        read_postgres(store->database.owner, lines);
    else
        read_sqlite(strchr(store->database.url, ':') + 1, lines);
}

/* --- tests -------------------------------------------------------------------------------------------------------------------------------- */

static void steps_back_and_forth_end_where_a_fresh_one_begins(void **state)
{
    struct test_store store = { 0 };
    struct lines fresh = { .len = 0 }, stepped = { .len = 0 };
    struct services owner = { 0 };
    SCOPED(call) struct call call;
    int count, steps;

    (void)state;
    test_store_open(&store);
    read_schema(&store, &fresh);
    assert_true(fresh.len > 100);
    db_close(store.on.db);
    store.on.db = NULL;
    call_open(&call, &owner);
    assert_int_equal(db_open_owner(&call, &owner.db), OK);
    for (steps = 1; steps <= store.applied; steps++) {
        assert_int_equal(migrate_down(&call, steps, &count), OK);
        assert_int_equal(count, steps);
        assert_int_equal(migrate_up(&call, &count), OK);
        assert_int_equal(count, steps);
    }
    db_close(owner.db);
    read_schema(&store, &stepped);
    assert_int_equal(differences(&fresh, "the fresh one", &stepped, "the stepped one"), 0);
    lines_free(&fresh);
    lines_free(&stepped);
    test_store_close(&store);
}

static void both_engines_have_the_same_schema(void **state)
{
    struct test_store store = { 0 };
    struct lines postgres = { .len = 0 }, sqlite = { .len = 0 };
    struct services other = { 0 };
    SCOPED(call) struct call call;
    char path[128];
    int count;

    (void)state;
    test_store_open(&store);
    read_schema(&store, &postgres);
    snprintf(path, sizeof path, "%s/tenon.db", store.dir);
    call_open(&call, &other);
    assert_int_equal(db_open_url(&call, text_format(&call.arena, "sqlite:%s", path), &other.db), OK);
    assert_int_equal(migrate_up(&call, &count), OK);
    db_close(other.db);
    read_sqlite(path, &sqlite);
    assert_int_equal(differences(&postgres, "PostgreSQL", &sqlite, "SQLite"), 0);
    lines_free(&postgres);
    lines_free(&sqlite);
    test_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest on_sqlite[] = { cmocka_unit_test(steps_back_and_forth_end_where_a_fresh_one_begins) };
    const struct CMUnitTest on_postgres[] = { cmocka_unit_test(steps_back_and_forth_end_where_a_fresh_one_begins), cmocka_unit_test(both_engines_have_the_same_schema) };

    if (test_database_is_postgres())
        return cmocka_run_group_tests_name("schema on postgresql", on_postgres, NULL, NULL);
    return cmocka_run_group_tests_name("schema", on_sqlite, NULL, NULL);
}
