/*
 * The wall's own inspection: everything that must hold in the catalogue so that no statement of the serving role can reach
 * another organization's rows. One row a rule; its query gives the names of what breaks it. (PostgreSQL documentation,
 * chapters "Row Security Policies" and "System Catalogs".)
 */
#include <stdlib.h>

#include "core/log.h"
#include "store/postgres.h"

/* Tables of every organization and of none. */
#define SHARED                                                                                                                                     \
    "('users', 'sessions', 'account_links', 'sign_in_places', 'mfa_factors', 'mfa_recovery_codes', 'mfa_challenges', 'oauth_identities', "        \
    "'oauth_states', 'setup_links', 'claimed_domains', 'plans', 'schema_migrations', 'ticks')"
/* Who serves: this very session, or who the owner says will. */
#define SERVING "coalesce(nullif(current_setting('tenon.serving_role', true), ''), session_user)"
#define HERE "relnamespace = current_schema()::regnamespace "

/* Tenant tables with the number of the column that says whose a row is. */
#define TENANTS                                                                                                                                        \
    "WITH tenants AS (SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, a.attnum, a.attname FROM pg_class c JOIN pg_attribute a "       \
    "ON a.attrelid = c.oid AND a.attname = CASE c.relname WHEN 'organizations' THEN 'id' ELSE 'organization_id' END AND NOT a.attisdropped "            \
    "WHERE c." HERE "AND c.relkind IN ('r', 'p')) "

#define RULE "format('(%s = (NULLIF(current_setting(''tenon.organization''::text, true), ''''::text))::uuid)', t.attname)"

static const struct {
    const char *fault; /* what is wrong with those that are named */
    const char *sql;
} rules[] = {
    { "serves and is a superuser, bypasses row-level security, makes roles or streams the whole cluster", "SELECT rolname FROM pg_roles WHERE rolname = " SERVING " AND (rolsuper OR rolbypassrls "
      "OR rolcreaterole OR rolreplication)" },
    { "serves and inherits: the rights of its system role would always be its own", "SELECT rolname FROM pg_roles WHERE rolname = " SERVING " AND rolinherit" },
    { "is missing, or may do more than a system role may", "SELECT " SERVING " || '_system' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = " SERVING " || '_system' "
      "AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcanlogin AND NOT rolcreaterole AND NOT rolreplication)" },
    { "is a role that the serving role can become", "SELECT r.rolname FROM pg_roles r WHERE pg_has_role(" SERVING ", r.oid, 'MEMBER') AND r.rolname NOT IN (" SERVING ", " SERVING " || '_system')" },
    { "belongs to the serving role or its system role", "SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c." HERE "AND r.rolname IN (" SERVING ", " SERVING " || '_system')" },
    { "is a schema in which the serving role may make things", "SELECT current_schema() WHERE has_schema_privilege(" SERVING ", current_schema(), 'CREATE')" },
    { "is missing: no table is there at all", "SELECT 'organizations' WHERE NOT EXISTS (SELECT 1 FROM pg_class WHERE " HERE "AND relname = 'organizations')" },
    { "has no column organization_id and is not among the shared tables", "SELECT c.relname FROM pg_class c WHERE c." HERE "AND c.relkind IN ('r', 'p') AND c.relname <> 'organizations' "
      "AND c.relname NOT IN " SHARED " AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped)" },
    { "has no row-level security", TENANTS "SELECT relname FROM tenants WHERE NOT relrowsecurity" },
    { "does not force row-level security on its owner", TENANTS "SELECT relname FROM tenants WHERE NOT relforcerowsecurity" },
    { "lacks its policy, or it is another than it must be", TENANTS "SELECT t.relname || ' for ' || w.command FROM tenants t CROSS JOIN (VALUES ('select', 'r', true, false), ('insert', 'a', false, true), "
      "('update', 'w', true, true), ('delete', 'd', true, false)) w (command, letter, reads, writes) WHERE NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive "
      "AND p.polcmd = w.letter::\"char\" AND p.polroles = '{0}' AND pg_get_expr(p.polqual, p.polrelid) IS NOT DISTINCT FROM CASE WHEN w.reads THEN " RULE " END "
      "AND pg_get_expr(p.polwithcheck, p.polrelid) IS NOT DISTINCT FROM CASE WHEN w.writes THEN " RULE " END)" },
    { "is a policy that lets more through", TENANTS "SELECT p.polname || ' on ' || t.relname FROM tenants t JOIN pg_policy p ON p.polrelid = t.oid WHERE p.polpermissive "
      "AND NOT (p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = " SERVING " || '_system')]) AND NOT (p.polroles = '{0}' AND "
      "coalesce(pg_get_expr(p.polqual, p.polrelid), " RULE ") = " RULE " AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), " RULE ") = " RULE ")" },
    { "is a unique key that spans organizations", TENANTS "SELECT i.indexrelid::regclass::text FROM tenants t JOIN pg_index i ON i.indrelid = t.oid WHERE (i.indisunique OR i.indisexclusion) "
      "AND t.relname <> 'organizations' AND NOT (t.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))" }, /* what is included is no part of the key */
    { "is a foreign key between tenant tables without the organization", TENANTS "SELECT k.conname || ' of ' || t.relname FROM tenants t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' "
      "JOIN tenants o ON o.oid = k.confrelid WHERE NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) pair (here, there) WHERE pair.here = t.attnum AND pair.there = o.attnum)" },
    { "is a view that reads as its owner", "SELECT c.relname FROM pg_class c WHERE c." HERE "AND c.relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (c.reloptions) OR "
      "'security_invoker=on' = ANY (c.reloptions), false)" },
    { "is a materialized view: it would hold rows of all", "SELECT c.relname FROM pg_class c WHERE c." HERE "AND c.relkind = 'm'" },
    { "is a function that runs as its owner (SECURITY DEFINER)", "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef" },
    { "may be emptied, referenced or given triggers by the serving role", "SELECT c.relname FROM pg_class c WHERE c." HERE "AND c.relkind IN ('r', 'p') AND has_table_privilege(" SERVING ", c.oid, 'TRUNCATE, REFERENCES, TRIGGER')" },
};

enum result pg_inspect(struct call *call, struct pg_connection *c, struct buffer *faults)
{
    for (size_t i = 0; i < COUNT(rules); i++) {
        PGresult *result = pg_script(c, rules[i].sql);
        enum result outcome = pg_outcome(call, c, result, rules[i].fault);

        for (int row = 0; outcome == OK && row < PQntuples(result); row++)
            buffer_format(faults, "%s %s\n", PQgetvalue(result, row, 0), rules[i].fault);
        PQclear(result);
        TRY(outcome);
    }
    return OK;
}

enum result pg_describe_wall(struct call *call, struct pg_connection *c, struct buffer *out)
{
    static const char sql[] = TENANTS "SELECT t.relname, string_agg(p.polname, ', ' ORDER BY p.polname), count(*) FILTER (WHERE p.polroles = '{0}') FROM tenants t "
                                      "LEFT JOIN pg_policy p ON p.polrelid = t.oid GROUP BY t.relname ORDER BY t.relname";
    PGresult *result = pg_script(c, sql);
    enum result outcome = pg_outcome(call, c, result, "doctor");
    int policies = 0;

    for (int row = 0; outcome == OK && row < PQntuples(result); row++) {
        buffer_format(out, "  %-20s %s\n", PQgetvalue(result, row, 0), PQgetvalue(result, row, 1));
        policies += atoi(PQgetvalue(result, row, 2));
    }
    if (outcome == OK)
        buffer_format(out, "  %d tenant tables, %d policies by organization, forced\n", PQntuples(result), policies);
    PQclear(result);
    return outcome;
}

/* Rows of others in one table, as they show behind the wall. */
static enum result rows_of_others(struct call *call, struct pg_connection *c, const char *table, const char *column, uuid organization, int64_t *ret_rows)
{
    text id = uuid_text(&call->arena, organization);
    text sql = text_format(&call->arena, "BEGIN; SELECT set_config('tenon.organization', '%.*s', true); SELECT count(*) FROM \"%s\" WHERE \"%s\" <> '%.*s'", TEXT_ARG(id), table, column, TEXT_ARG(id));
    PGresult *result = pg_script(c, text_z(&call->arena, sql));
    enum result outcome = pg_outcome(call, c, result, "wall");

    if (outcome == OK)
        *ret_rows = atoll(PQgetvalue(result, 0, 0));
    PQclear(result);
    PQclear(pg_script(c, "ROLLBACK"));
    return outcome;
}

enum result pg_try_wall(struct call *call, struct pg_connection *c, uuid organization, struct buffer *report, size_t *tables, size_t *crossed)
{
    PGresult *result = pg_script(c, TENANTS "SELECT relname, attname FROM tenants ORDER BY relname");
    enum result outcome = pg_outcome(call, c, result, "wall");

    for (int row = 0; outcome == OK && row < PQntuples(result); row++) {
        const char *table = PQgetvalue(result, row, 0);
        int64_t rows = 0;

        outcome = rows_of_others(call, c, table, PQgetvalue(result, row, 1), organization, &rows);
        if (outcome != OK)
            break;
        ++*tables;
        *crossed += rows > 0;
        buffer_format(report, "%s%-55s %lld rows of others\n", rows ? "CROSSED  " : "table  ", table, (long long)rows);
    }
    PQclear(result);
    return outcome;
}
