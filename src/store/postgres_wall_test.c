/*
 * The wall's inspection, held against a wall with one hole at a time: whatever would let one organization's rows reach another
 * is named, and when it is mended nothing is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/db.h"
#include "tests/servers/database.h"

#include <cmocka.h> /* last: it defines fail() */

#define RULE "(organization_id = nullif(current_setting('tenon.organization', true), '')::uuid)"

/* In the texts {app} is the serving role, {system} its system role, {extra} a role that nobody else has. */
static const struct hole {
    const char *what, *make, *named, *mend;
} holes[] = {
    { "row-level security switched off", "ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY", "api_keys has no row-level security", "ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY" },
    { "not forced on the owner", "ALTER TABLE messages NO FORCE ROW LEVEL SECURITY", "messages does not force", "ALTER TABLE messages FORCE ROW LEVEL SECURITY" },
    { "a policy dropped", "DROP POLICY jobs_delete ON jobs", "jobs for delete lacks its policy", "CREATE POLICY jobs_delete ON jobs FOR DELETE USING " RULE },
    { "a policy that reads everything", "ALTER POLICY chunks_select ON chunks USING (true)", "chunks_select on chunks is a policy that lets more through",
      "ALTER POLICY chunks_select ON chunks USING " RULE },
    { "a policy that writes anything", "ALTER POLICY chunks_update ON chunks WITH CHECK (true)", "chunks_update on chunks is a policy that lets more through",
      "ALTER POLICY chunks_update ON chunks WITH CHECK " RULE },
    { "a policy that takes an unset organization for all", "ALTER POLICY chunks_select ON chunks USING (organization_id = coalesce(nullif(current_setting('tenon.organization', true), '')::uuid, organization_id))",
      "chunks for select lacks its policy", "ALTER POLICY chunks_select ON chunks USING " RULE },
    { "one policy more", "CREATE POLICY extra ON api_keys FOR SELECT USING (name = 'shared')", "extra on api_keys is a policy that lets more through", "DROP POLICY extra ON api_keys" },
    { "one policy more, for the serving role", "CREATE POLICY extra ON api_keys TO {app} USING (true)", "extra on api_keys is a policy that lets more through", "DROP POLICY extra ON api_keys" },
    { "the system role's policy for everybody", "ALTER POLICY api_keys_system ON api_keys TO PUBLIC", "api_keys_system on api_keys is a policy that lets more through",
      "ALTER POLICY api_keys_system ON api_keys TO {system}" },
    { "the system role's policy for the serving role too", "ALTER POLICY api_keys_system ON api_keys TO {system}, {app}", "api_keys_system on api_keys is a policy that lets more through",
      "ALTER POLICY api_keys_system ON api_keys TO {system}" },

    { "a superuser serves", "ALTER ROLE {app} SUPERUSER", "{app} serves and is a superuser", "ALTER ROLE {app} NOSUPERUSER" },
    { "who serves bypasses policies", "ALTER ROLE {app} BYPASSRLS", "{app} serves and is a superuser, bypasses", "ALTER ROLE {app} NOBYPASSRLS" },
    { "who serves makes roles", "ALTER ROLE {app} CREATEROLE", "{app} serves and is a superuser, bypasses", "ALTER ROLE {app} NOCREATEROLE" },
    { "who serves may stream the whole cluster", "ALTER ROLE {app} REPLICATION", "{app} serves and is a superuser, bypasses", "ALTER ROLE {app} NOREPLICATION" },
    { "who serves inherits", "ALTER ROLE {app} INHERIT", "{app} serves and inherits", "ALTER ROLE {app} NOINHERIT" },
    { "who serves is a member of another role", "CREATE ROLE {extra}; GRANT {extra} TO {app}", "{extra} is a role that the serving role can become", "DROP ROLE {extra}" },
    { "by way of the system role", "CREATE ROLE {extra}; GRANT {extra} TO {system}", "{extra} is a role that the serving role can become", "DROP ROLE {extra}" },
    { "who serves reads every table", "GRANT pg_read_all_data TO {app}", "pg_read_all_data is a role that the serving role can become", "REVOKE pg_read_all_data FROM {app}" },
    { "who serves is the owner", "GRANT tenon_owner TO {app}", "tenon_owner is a role that the serving role can become", "REVOKE tenon_owner FROM {app}" },
    { "who serves owns a table", "ALTER TABLE ticks OWNER TO {app}", "ticks belongs to the serving role",
      "ALTER TABLE ticks OWNER TO tenon_owner; GRANT SELECT, INSERT, UPDATE, DELETE ON ticks TO {app}, {system}" },
    { "the system role owns a table", "ALTER TABLE ticks OWNER TO {system}", "ticks belongs to the serving role",
      "ALTER TABLE ticks OWNER TO tenon_owner; GRANT SELECT, INSERT, UPDATE, DELETE ON ticks TO {app}, {system}" },
    { "the system role may log in", "ALTER ROLE {system} LOGIN", "{system} is missing, or may do more", "ALTER ROLE {system} NOLOGIN" },
    { "the system role bypasses policies", "ALTER ROLE {system} BYPASSRLS", "{system} is missing, or may do more", "ALTER ROLE {system} NOBYPASSRLS" },
    { "the system role is a superuser", "ALTER ROLE {system} SUPERUSER", "{system} is missing, or may do more", "ALTER ROLE {system} NOSUPERUSER" },
    { "the system role may stream the whole cluster", "ALTER ROLE {system} REPLICATION", "{system} is missing, or may do more", "ALTER ROLE {system} NOREPLICATION" },
    { "who serves makes things", "GRANT CREATE ON SCHEMA public TO {app}", "public is a schema in which the serving role may make things", "REVOKE CREATE ON SCHEMA public FROM {app}" },
    { "everybody makes things", "GRANT CREATE ON SCHEMA public TO PUBLIC", "public is a schema in which the serving role may make things", "REVOKE CREATE ON SCHEMA public FROM PUBLIC" },
    { "who serves empties a table", "GRANT TRUNCATE ON documents TO {app}", "documents may be emptied", "REVOKE TRUNCATE ON documents FROM {app}" },
    { "who serves refers to a table", "GRANT REFERENCES ON documents TO {app}", "documents may be emptied, referenced", "REVOKE REFERENCES ON documents FROM {app}" },
    { "who serves gives a table triggers", "GRANT TRIGGER ON documents TO {app}", "documents may be emptied, referenced or given triggers", "REVOKE TRIGGER ON documents FROM {app}" },

    { "a unique index across organizations", "CREATE UNIQUE INDEX extra ON api_keys (name)", "extra is a unique key that spans organizations", "DROP INDEX extra" },
    { "one that only carries the organization along", "CREATE UNIQUE INDEX extra ON api_keys (name) INCLUDE (organization_id)", "extra is a unique key that spans organizations", "DROP INDEX extra" },
    { "an exclusion across organizations", "ALTER TABLE api_keys ADD CONSTRAINT extra EXCLUDE (name WITH =)", "extra is a unique key that spans organizations", "ALTER TABLE api_keys DROP CONSTRAINT extra" },
    { "a foreign key without the organization", "CREATE UNIQUE INDEX extra_key ON api_keys (id); ALTER TABLE audit_log ADD CONSTRAINT extra FOREIGN KEY (key_id) REFERENCES api_keys (id)",
      "extra of audit_log is a foreign key between tenant tables without the organization", "ALTER TABLE audit_log DROP CONSTRAINT extra; DROP INDEX extra_key" },
    { "a view that reads as its owner", "CREATE VIEW extra AS SELECT * FROM api_keys", "extra is a view that reads as its owner", "DROP VIEW extra" },
    { "one that says it does not", "CREATE VIEW extra WITH (security_invoker=false) AS SELECT * FROM api_keys", "extra is a view that reads as its owner", "DROP VIEW extra" },
    { "a materialized view", "CREATE MATERIALIZED VIEW extra AS SELECT * FROM api_keys", "extra is a materialized view", "DROP MATERIALIZED VIEW extra" },
    { "a function that runs as its owner", "CREATE FUNCTION extra() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM api_keys'", "extra() is a function that runs as its owner",
      "DROP FUNCTION extra" },
    { "a table of nobody", "CREATE TABLE extra (id uuid)", "extra has no column organization_id", "DROP TABLE extra" },
    { "a tenant table without a wall", "CREATE TABLE extra (organization_id uuid)", "extra has no row-level security", "DROP TABLE extra" },
    { "a part of a table without a wall", "CREATE TABLE extra () INHERITS (api_keys)", "extra has no row-level security", "DROP TABLE extra" },
    { "a table whose organization is gone", "ALTER TABLE search_totals RENAME COLUMN organization_id TO whose", "search_totals has no column organization_id",
      "ALTER TABLE search_totals RENAME COLUMN whose TO organization_id" },
};

static struct test_store house;

static int open_house(void **state)
{
    (void)state;
    test_store_open(&house);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    test_store_close(&house);
    return 0;
}

static text with_roles(struct arena *arena, const char *pattern)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_of(pattern);

    for (size_t at; (at = text_find_char(rest, '{')) != SIZE_MAX;) {
        text name;

        buffer_text(&out, text_slice(rest, 0, at));
        rest = text_slice(rest, at + 1, rest.len);
        name = text_cut(&rest, '}');
        buffer_format(&out, "%s_%s%.*s", house.database.name, text_equal(name, T("system")) ? "app_" : "", TEXT_ARG(name));
    }
    buffer_text(&out, rest);
    return text_copy(arena, buffer_view(&out));
}

static text inspected(struct call *call)
{
    SCOPED(buffer) struct buffer faults = { 0 };

    assert_int_equal(db_inspect(call, &faults), OK);
    return text_copy(&call->arena, buffer_view(&faults));
}

static void a_hole_is_named(void **state)
{
    const struct hole *hole = *state;
    SCOPED(call) struct call call;
    text named, found;

    call_open(&call, &house.on);
    assert_true(test_database_as_superuser(&house.database, with_roles(&call.arena, hole->make).ptr));
    named = with_roles(&call.arena, hole->named);
    found = inspected(&call);
    assert_true(test_database_as_superuser(&house.database, with_roles(&call.arena, hole->mend).ptr));
    if (text_find(found, named) == SIZE_MAX)
        fail_msg("`%.*s` is not named, but: %.*s", TEXT_ARG(named), TEXT_ARG(found));
    found = inspected(&call);
    if (found.len)
        fail_msg("mended, and still named: %.*s", TEXT_ARG(found));
}

static void a_whole_wall_has_no_fault(void **state)
{
    SCOPED(buffer) struct buffer shown = { 0 };
    SCOPED(call) struct call call;
    text found;

    (void)state;
    call_open(&call, &house.on);
    found = inspected(&call);
    if (found.len)
        fail_msg("%.*s", TEXT_ARG(found));
    assert_int_equal(db_describe(&call, &shown), OK);
    assert_true(text_find(buffer_view(&shown), T("  api_keys ")) != SIZE_MAX);
    assert_true(text_find(buffer_view(&shown), T(" policies by organization, forced")) != SIZE_MAX);
}

int main(void)
{
    struct CMUnitTest tests[1 + COUNT(holes)] = { cmocka_unit_test(a_whole_wall_has_no_fault) };

    if (!test_database_is_postgres()) {
        fprintf(stderr, "it needs a PostgreSQL: tests/servers/with --postgres -- …\n");
        return 1;
    }
    for (size_t i = 0; i < COUNT(holes); i++)
        tests[1 + i] = (struct CMUnitTest){ holes[i].what, a_hole_is_named, NULL, NULL, (void *)(uintptr_t)&holes[i] };
    return cmocka_run_group_tests_name("wall", tests, open_house, close_house);
}
