/*
 * Attacks as the serving role: somebody who runs any SQL on the server's own connections. Two organizations have a row in
 * every tenant table, as the catalogue lists them, so a new table is tried as soon as it is there; what acts for one must see,
 * change and learn nothing of the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "store/db.h"
#include "tests/servers/database.h"

#include <cmocka.h> /* last: it defines fail() */

/* Every uuid of a row is its organization's, so that whatever refers to something refers to it; every text says whose it is. */
#define A "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
#define B "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
#define NOBODY "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
#define OF_B "only-for-" B

enum { MOST_TABLES = 100 };

static struct {
    struct test_store store;
    PGconn *super, *c; /* the attacker's */
    char super_url[512];
    char *tables[MOST_TABLES], *owners[MOST_TABLES]; /* with the column that says whose a row is */
    int len;
    struct buffer heard; /* notices */
} house;

/* --- asking ----------------------------------------------------------------------------------------------------------------- */

/* The first value as text, or `!SQLSTATE message detail`; in the same memory each time. */
__attribute__((format(printf, 2, 3))) static const char *ask(PGconn *c, const char *format, ...)
{
    static char answers[8][4096];
    static int turn;
    char sql[8192], *answer = answers[turn++ % 8];
    const char *detail;
    PGresult *result;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    result = PQexec(c, sql);
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK: snprintf(answer, 4096, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : ""); break;
    case PGRES_COMMAND_OK: snprintf(answer, 4096, "%s", PQcmdTuples(result)); break;
    default:
        detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
        snprintf(answer, 4096, "!%s %s %s", PQresultErrorField(result, PG_DIAG_SQLSTATE), PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), detail ? detail : "");
    }
    PQclear(result);
    return answer;
}

#define EXPECT(answer, wanted) expect_text((answer), (wanted), what, __LINE__)

static void expect_text(const char *answer, const char *wanted, const char *what, int line)
{
    bool state = *wanted == '!';

    if (state ? strncmp(answer, wanted, strlen(wanted)) != 0 : strcmp(answer, wanted) != 0)
        fail_msg("line %d, %s: `%s` and not `%s`", line, what, answer, wanted);
}

static void act_for(const char *organization)
{
    ask(house.c, "SELECT set_config('tenon.organization', '%s', false)", organization);
}

static bool has(const char *all, const char *part)
{
    return strstr(all, part) != NULL;
}

/* --- two organizations -------------------------------------------------------------------------------------------------------- */

static void hear(void *context, const PGresult *result)
{
    (void)context;
    buffer_format(&house.heard, "%s\n", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

static PGconn *attach(void)
{
    PGconn *c = PQconnectdb(house.store.database.url);

    if (PQstatus(c) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(c));
    PQsetNoticeReceiver(c, hear, NULL);
    return c;
}

/* A value of each column's type. */
#define VALUES                                                                                                                                           \
    "SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ') VALUES (' || string_agg(CASE format_type(a.atttypid, NULL) "                \
    "WHEN 'uuid' THEN quote_literal('%2$s') WHEN 'text' THEN quote_literal('only-for-%2$s') WHEN 'citext' THEN quote_literal('only-for-%2$s') "           \
    "WHEN 'bytea' THEN 'convert_to(' || quote_literal('only-for-%2$s') || ', ''UTF8'')' WHEN 'bigint' THEN '1' WHEN 'double precision' THEN '1' "         \
    "WHEN 'boolean' THEN 'true' WHEN 'timestamp with time zone' THEN 'now()' WHEN 'json' THEN quote_literal('[\"only-for-%2$s\"]') "                      \
    "WHEN 'jsonb' THEN quote_literal('[\"only-for-%2$s\"]') ELSE 'a type that this test does not know' END, ', ' ORDER BY a.attnum) || ')' "              \
    "FROM pg_attribute a WHERE a.attrelid = '%1$s'::regclass AND a.attnum > 0 AND NOT a.attisdropped"

static void put_row(const char *table, const char *organization)
{
    const char *what = table;

    EXPECT(ask(house.super, "INSERT INTO %s (%s", table, ask(house.super, VALUES, table, organization)), "1");
}

static void list_tables(void)
{
    PGresult *result = PQexec(house.super, "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = CASE c.relname WHEN "
                                           "'organizations' THEN 'id' ELSE 'organization_id' END WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace ORDER BY c.oid");

    assert_true(PQntuples(result) >= 14 && PQntuples(result) <= MOST_TABLES);
    for (house.len = 0; house.len < PQntuples(result); house.len++) {
        house.tables[house.len] = strdup(PQgetvalue(result, house.len, 0));
        house.owners[house.len] = strdup(PQgetvalue(result, house.len, 1));
    }
    PQclear(result);
}

static bool refers(int table, int other)
{
    return strcmp(ask(house.super, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = '%s'::regclass AND confrelid = '%s'::regclass", house.tables[table], house.tables[other]), "0") != 0;
}

static void swap(const char **one, const char **other)
{
    const char *kept = *one;

    *one = *other;
    *other = kept;
}

/* What a row refers to comes before it. */
static void order_tables(void)
{
    for (int moves = 0, i = 0; i < house.len && moves < 100; i++)
        for (int later = i + 1; later < house.len; later++)
            if (refers(i, later)) {
                swap((const char **)&house.tables[i], (const char **)&house.tables[later]);
                swap((const char **)&house.owners[i], (const char **)&house.owners[later]);
                moves++;
                i = -1;
                break;
            }
}

static int open_house(void **state)
{
    const char *server = getenv("TENON_TEST_POSTGRES_SUPER_URL");

    (void)state;
    test_store_open(&house.store);
    snprintf(house.super_url, sizeof house.super_url, "%.*s/%s", (int)(strrchr(server, '/') - server), server, house.store.database.name);
    house.super = PQconnectdb(house.super_url);
    list_tables();
    order_tables();
    put_row("users", A);
    put_row("users", B);
    for (int i = 0; i < house.len; i++) {
        put_row(house.tables[i], A);
        put_row(house.tables[i], B);
    }
    ask(house.super, "ANALYZE");
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    PQfinish(house.super);
    for (int i = 0; i < house.len; i++) {
        free(house.tables[i]);
        free(house.owners[i]);
    }
    test_store_close(&house.store);
    buffer_free(&house.heard);
    return 0;
}

static int connect_anew(void **state)
{
    (void)state;
    house.c = attach();
    house.heard.len = 0;
    return 0;
}

static int hang_up(void **state)
{
    (void)state;
    PQfinish(house.c);
    return 0;
}

#define EACH_TABLE                                                                          \
    for (int table_ = 0; table_ < house.len; table_++)                                      \
        for (const char *what = house.tables[table_], *owner = house.owners[table_]; what; what = NULL, (void)owner)

/* --- reading ------------------------------------------------------------------------------------------------------------------- */

static void without_an_organization_there_is_nothing(void **state)
{
    (void)state;
    EACH_TABLE {
        EXPECT(ask(house.super, "SELECT count(*) FROM %s", what), "2");
        EXPECT(ask(house.c, "SELECT count(*) FROM %s", what), "0");
        EXPECT(ask(house.c, "DELETE FROM %s", what), "0");
    }
}

static void one_sees_its_own_rows(void **state)
{
    (void)state;
    act_for(A);
    EACH_TABLE {
        EXPECT(ask(house.c, "SELECT count(*) FROM %s", what), "1");
        EXPECT(ask(house.c, "SELECT %s FROM %s", owner, what), A);
        EXPECT(ask(house.c, "SELECT count(*) FROM %s WHERE %s = '" B "' OR true", what, owner), "1");
        EXPECT(ask(house.c, "SELECT count(*) FROM %s WHERE %s = '" B "'", what, owner), "0");
        EXPECT(ask(house.c, "SELECT count(*) FROM ONLY %s TABLESAMPLE SYSTEM (100)", what), "1");
        EXPECT(ask(house.c, "SELECT count(*) FROM %s x CROSS JOIN %s y", what, what), "1");
    }
}

static void a_setting_that_is_no_organization_opens_nothing(void **state)
{
    static const char *const values[] = { "", " ", "x", "*", "null", "%", "' OR true --", "'' OR true", A " ", A "," B, "{" A "," B "}", "0", NOBODY };

    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        char *quoted = PQescapeLiteral(house.c, values[i], strlen(values[i]));

        ask(house.c, "SELECT set_config('tenon.organization', %s, false)", quoted);
        PQfreemem(quoted);
        EACH_TABLE {
            const char *seen = ask(house.c, "SELECT count(*) FROM %s", what);

            if (strcmp(seen, "0") != 0 && strncmp(seen, "!22P02", 6) != 0 && (strcmp(seen, "1") != 0 || strcmp(values[i], A " ") != 0))
                fail_msg("%s with `%s`: %s", what, values[i], seen);
        }
    }
}

static void a_setting_ends_with_its_transaction(void **state)
{
    (void)state;
    EACH_TABLE {
        ask(house.c, "BEGIN");
        ask(house.c, "SELECT set_config('tenon.organization', '" A "', true)");
        EXPECT(ask(house.c, "SELECT count(*) FROM %s", what), "1");
        ask(house.c, "COMMIT");
        EXPECT(ask(house.c, "SELECT count(*) FROM %s", what), "0");
        EXPECT(ask(house.c, "SELECT set_config('tenon.organization', '" A "', true)"), A);
        EXPECT(ask(house.c, "SELECT count(*) FROM %s", what), "0");
    }
}

/* COPY … TO STDOUT, as text; its rows are counted. */
static int copied_out(const char *table, struct buffer *out)
{
    char sql[128], *row;
    int rows = 0, len;

    snprintf(sql, sizeof sql, "COPY %s TO STDOUT", table);
    PQclear(PQexec(house.c, sql));
    while ((len = PQgetCopyData(house.c, &row, 0)) > 0) {
        buffer_append(out, row, (size_t)len);
        PQfreemem(row);
        rows++;
    }
    PQclear(PQgetResult(house.c));
    return rows;
}

static void copies_hold_its_own_rows(void **state)
{
    (void)state;
    act_for(A);
    EACH_TABLE {
        SCOPED(buffer) struct buffer out = { 0 };

        assert_int_equal(copied_out(what, &out), 1);
        assert_true(text_find(buffer_view(&out), T(B)) == SIZE_MAX);
        EXPECT(ask(house.c, "COPY %s FROM STDIN", what), "!0A000");
        EXPECT(ask(house.c, "COPY %s TO '/tmp/all'", what), "!42501");
        EXPECT(ask(house.c, "COPY %s TO PROGRAM 'cat'", what), "!42501");
    }
}

static void views_and_functions_of_the_owner_hold_its_own_rows(void **state)
{
    (void)state;
    act_for(A);
    EACH_TABLE {
        ask(house.super, "SET ROLE tenon_owner");
        EXPECT(ask(house.super, "CREATE VIEW seen WITH (security_invoker=true) AS SELECT * FROM %s", what), "");
        EXPECT(ask(house.super, "CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM %s'", what), "");
        EXPECT(ask(house.super, "GRANT SELECT ON seen TO PUBLIC"), "");
        EXPECT(ask(house.c, "SELECT count(*) FROM seen"), "1");
        EXPECT(ask(house.c, "SELECT counted()"), "1");
        ask(house.super, "DROP VIEW seen; DROP FUNCTION counted; RESET ROLE");
    }
}

/* A function that is cheap and tells what it is given, in a condition that could be tried before the wall's. */
static void conditions_are_tried_behind_the_wall(void **state)
{
    (void)state;
    act_for(A);
    assert_string_equal("", ask(house.c, "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS 'BEGIN RAISE NOTICE ''%%'', $1; RETURN true; END'"));
    EACH_TABLE {
        house.heard.len = 0;
        EXPECT(ask(house.c, "SELECT count(*) FROM %s t WHERE pg_temp.tell(t::text)", what), "1");
        assert_true(text_find(buffer_view(&house.heard), T(A)) != SIZE_MAX); /* it does tell */
        EXPECT(ask(house.c, "UPDATE %s t SET %s = %s WHERE pg_temp.tell(t::text)", what, owner, owner), "1");
        EXPECT(ask(house.c, "SELECT count(*) FROM (SELECT * FROM %s OFFSET 0) t WHERE pg_temp.tell(t::text)", what), "1");
        if (text_find(buffer_view(&house.heard), T(B)) != SIZE_MAX)
            fail_msg("%s: %.*s", what, TEXT_ARG(buffer_view(&house.heard)));
        assert_false(has(ask(house.c, "SELECT count(*) FROM %s t WHERE t::text::int > 0 AND %s <> '" A "'", what, owner), B));
    }
}

static void statistics_tell_nothing(void **state)
{
    (void)state;
    act_for(A);
    EACH_TABLE {
        EXPECT(ask(house.c, "SELECT count(*) FROM pg_stats WHERE tablename = '%s'", what), "0");
        assert_false(has(ask(house.c, "EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF, FORMAT JSON) SELECT * FROM %s", what), OF_B));
    }
    {
        const char *what = "the statistics themselves";

        EXPECT(ask(house.c, "SELECT count(*) FROM pg_statistic"), "!42501");
        EXPECT(ask(house.c, "SELECT count(*) FROM pg_stats_ext WHERE schemaname = 'public'"), "0");
    }
}

/* --- writing ------------------------------------------------------------------------------------------------------------------- */

static void rows_of_another_cannot_be_written(void **state)
{
    (void)state;
    EACH_TABLE {
        const char *row = ask(house.super, VALUES, what, NOBODY);

        act_for(A);
        EXPECT(ask(house.c, "INSERT INTO %s (%s", what, row), "!42501");
        EXPECT(ask(house.c, "INSERT INTO %s (%s ON CONFLICT DO NOTHING", what, ask(house.super, VALUES, what, B)), "!42501");
        EXPECT(ask(house.c, "UPDATE %s SET %s = '" B "'", what, owner), "!42501");
        EXPECT(ask(house.c, "UPDATE %s SET %s = %s WHERE %s = '" B "'", what, owner, owner, owner), "0");
        EXPECT(ask(house.c, "DELETE FROM %s WHERE %s = '" B "'", what, owner), "0");
        EXPECT(ask(house.c, "TRUNCATE %s CASCADE", what), "!42501");
        ask(house.c, "BEGIN");
        EXPECT(ask(house.c, "UPDATE %s SET %s = %s", what, owner, owner), "1");
        ask(house.c, "ROLLBACK");
        EXPECT(ask(house.super, "SELECT count(*) FROM %s WHERE %s = '" B "'", what, owner), "1");
    }
}

/* What a key refers to is looked up past the wall: whether another's row is there must not show. */
static void foreign_keys_do_not_tell_what_another_has(void **state)
{
    PGresult *keys = PQexec(house.super, "SELECT k.conrelid::regclass, a.attname, k.conname FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) "
                                         "AND a.attname <> 'organization_id' WHERE k.contype = 'f' AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = k.confrelid AND o.attname = 'organization_id') "
                                         "AND EXISTS (SELECT 1 FROM pg_attribute o WHERE o.attrelid = k.conrelid AND o.attname = 'organization_id')");

    (void)state;
    act_for(A);
    assert_true(PQntuples(keys) >= 3);
    for (int i = 0; i < PQntuples(keys); i++) {
        const char *what = PQgetvalue(keys, i, 2), *table = PQgetvalue(keys, i, 0), *column = PQgetvalue(keys, i, 1);
        char there[4096], missing[4096], *id;

        snprintf(there, sizeof there, "%s", ask(house.c, "UPDATE %s SET %s = '" B "'", table, column));
        snprintf(missing, sizeof missing, "%s", ask(house.c, "UPDATE %s SET %s = '" NOBODY "'", table, column));
        EXPECT(there, "!23503");
        for (id = missing; (id = strstr(id, NOBODY)); id++)
            memcpy(id, B, strlen(B));
        EXPECT(there, missing);
    }
    PQclear(keys);
}

/* A key that another has is free: A's rows again, with all but their ids as in B's. */
static void unique_keys_do_not_tell_what_another_has(void **state)
{
    (void)state;
    act_for(A);
    ask(house.c, "BEGIN");
    for (int i = house.len - 1; i >= 0; i--)
        if (strcmp(house.owners[i], "id") != 0)
            ask(house.c, "DELETE FROM %s", house.tables[i]);
    EACH_TABLE
        if (strcmp(owner, "id") != 0)
            EXPECT(ask(house.c, "INSERT INTO %s (%s", what, ask(house.super, "SELECT replace(v, quote_literal('%2$s'), quote_literal('" A "')) FROM (" VALUES ") x (v)", what, B)), "1");
    ask(house.c, "ROLLBACK");
}

/* --- becoming somebody else ------------------------------------------------------------------------------------------------------ */

static void nobody_else_can_be_become(void **state)
{
    static const struct { const char *sql, *wanted; } rows[] = {
        { "SET ROLE tenon_owner", "!42501" },
        { "SET ROLE postgres", "!42501" },
        { "SET SESSION AUTHORIZATION tenon_owner", "!42501" },
        { "SELECT set_config('role', 'tenon_owner', false)", "!42501" },
        { "SELECT set_config('session_authorization', 'tenon_owner', false)", "!42501" },
        { "SET session_replication_role = replica", "!42501" },
        { "ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY", "!42501" },
        { "ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY", "!42501" },
        { "DROP POLICY api_keys_select ON api_keys", "!42501" },
        { "CREATE POLICY more ON api_keys USING (true)", "!42501" },
        { "CREATE TABLE mine (id int)", "!42501" },
        { "CREATE FUNCTION current_setting(text, boolean) RETURNS text LANGUAGE sql AS 'SELECT NULL::text'", "!42501" },
        { "CREATE EXTENSION pgcrypto", "!42501" },
        { "CREATE RULE more AS ON SELECT TO api_keys DO INSTEAD SELECT 1", "!42501" },
        { "CREATE TRIGGER more AFTER INSERT ON api_keys EXECUTE FUNCTION touch_updated_at()", "!42501" },
        { "SELECT tenant_table('users')", "!42501" },
        { "SELECT shared_table('api_keys')", "!42501" },
        { "SELECT lo_export(1, '/tmp/x')", "!42501" },
        { "SELECT pg_read_file('postgresql.conf')", "!42501" },
        { "SELECT rolpassword FROM pg_authid", "!42501" },
        { "ALTER SYSTEM SET fsync = off", "!42501" },
        { "DELETE FROM schema_migrations", "!42501" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *what = rows[i].sql;

        EXPECT(ask(house.c, "%s", rows[i].sql), rows[i].wanted);
    }
    ask(house.c, "SET row_security = off");
    act_for(A);
    EACH_TABLE
        EXPECT(ask(house.c, "SELECT count(*) FROM %s", what), "!42501");
}

/* --- a pooler that keeps what it should not ------------------------------------------------------------------------------------ */

struct name_row {
    text name;
};
static const struct field name_columns[] = { TEXT(struct name_row, name), FIELDS_END };
static const struct query names = {
    .name = "names", .sql = "SELECT name FROM api_keys WHERE organization_id = :org", ROWS(struct name_row, name_columns),
};
static const struct query kept_setting = {
    .name = "kept_setting", .sql = "SELECT current_setting('tenon.organization', true) AS name", ROWS(struct name_row, name_columns),
};

static void expect_names(struct call *call, uuid organization, text wanted)
{
    struct list rows;
    const struct name_row *row;

    call_enter(call, organization);
    assert_int_equal(db_all(call, &names, NO_ARGS, &rows), OK);
    assert_int_equal(rows.len, wanted.len > 0);
    row = rows.items;
    assert_true(rows.len == 0 || text_equal(row->name, wanted));
}

/* The driver's one connection through it is the server's that another has left so. */
static void expect_overruled(const char *through, const char *left, const char *seen)
{
    struct services on = { 0 };
    SCOPED(call) struct call call;
    struct name_row setting;
    const char *what = left;
    PGconn *careless = PQconnectdb(through);
    uuid a, b;

    call_open(&call, &on);
    EXPECT(ask(careless, "%s; SELECT count(*) FROM api_keys", left), seen);
    PQfinish(careless);
    assert_int_equal(db_open_url(&call, text_of(through), &on.db), OK);
    assert_int_equal(db_one(&call, &kept_setting, NO_ARGS, &setting), OK);
    assert_true(text_equal(setting.name, T(B))); /* it is that connection */
    assert_true(uuid_parse(T(A), &a));
    assert_true(uuid_parse(T(B), &b));
    expect_names(&call, a, T("only-for-" A));
    expect_names(&call, b, T(OF_B));
    expect_names(&call, UUID_NONE, T(""));
    {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        expect_names(&call, a, T("only-for-" A));
        expect_names(&call, UUID_NONE, T(""));
    }
    db_close(on.db);
}

static void a_setting_that_is_left_behind_is_overruled(void **state)
{
    const char *pooler = getenv("TENON_TEST_PGBOUNCER_URL"), *port = pooler ? strrchr(pooler, ':') : NULL, *url = house.store.database.url;
    char through[600], left[200];

    (void)state;
    assert_non_null(port);
    snprintf(through, sizeof through, "%.*s%.*s/%s", (int)(strrchr(url, ':') - url), url, (int)(strrchr(port, '/') - port), port, house.store.database.name);
    expect_overruled(through, "SET tenon.organization = '" B "'", "1");
    snprintf(left, sizeof left, "SET tenon.organization = '" B "'; SET ROLE %s_app_system", house.store.database.name);
    expect_overruled(through, left, "2");
}

int main(void)
{
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, connect_anew, hang_up)
    const struct CMUnitTest tests[] = {
        ATTACK(without_an_organization_there_is_nothing),
        ATTACK(one_sees_its_own_rows),
        ATTACK(a_setting_that_is_no_organization_opens_nothing),
        ATTACK(a_setting_ends_with_its_transaction),
        ATTACK(copies_hold_its_own_rows),
        ATTACK(views_and_functions_of_the_owner_hold_its_own_rows),
        ATTACK(conditions_are_tried_behind_the_wall),
        ATTACK(statistics_tell_nothing),
        ATTACK(rows_of_another_cannot_be_written),
        ATTACK(foreign_keys_do_not_tell_what_another_has),
        ATTACK(unique_keys_do_not_tell_what_another_has),
        ATTACK(nobody_else_can_be_become),
        ATTACK(a_setting_that_is_left_behind_is_overruled),
    };

    if (!test_database_is_postgres()) {
        fprintf(stderr, "it needs a PostgreSQL: tests/servers/with --postgres --pgbouncer -- …\n");
        return 1;
    }
    return cmocka_run_group_tests_name("attacks", tests, open_house, close_house);
}
