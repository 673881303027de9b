/*
 * Roles: the owner migrates and owns everything; the serving role, which DATABASE_URL names, owns nothing and is held by the
 * policies; its system role, which nobody logs in as, is taken by queries that span organizations. The serving role is made
 * with NOINHERIT: what its system role may is not its own until it is taken.
 */
#include <stdio.h>

#include "core/log.h"
#include "store/postgres.h"

struct serving {
    const char *user, *password;
};

static struct serving read_url(struct arena *arena, const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    struct serving serving = { NULL, NULL };

    for (PQconninfoOption *option = options; option && option->keyword; option++) {
        if (option->val && strcmp(option->keyword, "user") == 0)
            serving.user = text_z(arena, text_of(option->val));
        if (option->val && strcmp(option->keyword, "password") == 0)
            serving.password = text_z(arena, text_of(option->val));
    }
    PQconninfoFree(options);
    return serving;
}

static text identifier(struct arena *arena, struct pg_connection *c, const char *name)
{
    char *quoted = PQescapeIdentifier(c->pg, name, strlen(name));
    text copy = text_copy(arena, text_of(quoted));

    PQfreemem(quoted);
    return copy;
}

static text literal(struct arena *arena, struct pg_connection *c, const char *value)
{
    char *quoted = PQescapeLiteral(c->pg, value, strlen(value));
    text copy = text_copy(arena, text_of(quoted));

    PQfreemem(quoted);
    return copy;
}

static enum result run(struct call *call, struct pg_connection *c, text sql)
{
    PGresult *result = pg_script(c, text_z(&call->arena, sql));
    enum result outcome = pg_outcome(call, c, result, "roles");

    if (outcome == INTERNAL)
        outcome = fail(call, UNAVAILABLE, "The owner cannot set the serving role up: %s.", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    PQclear(result);
    return outcome;
}

static enum result exists(struct call *call, struct pg_connection *c, const char *role, bool *ret_exists)
{
    text sql = text_format(&call->arena, "SELECT 1 FROM pg_roles WHERE rolname = %.*s", TEXT_ARG(literal(&call->arena, c, role)));
    PGresult *result = pg_script(c, text_z(&call->arena, sql));
    enum result outcome = pg_outcome(call, c, result, "roles");

    *ret_exists = outcome == OK && PQntuples(result) > 0;
    PQclear(result);
    return outcome;
}

/* The server gets the password's verifier (RFC 5803) and never the password, which its log could keep. */
static enum result make_serving(struct call *call, struct pg_connection *c, const struct serving *serving, text name)
{
    char *verifier;
    text quoted;

    if (!serving->password)
        return fail(call, VALIDATION_ERROR, "DATABASE_URL names a role that does not exist and has no password to make it with.");
    verifier = PQencryptPasswordConn(c->pg, serving->password, serving->user, "scram-sha-256");
    if (!verifier)
        return fail(call, UNAVAILABLE, "The serving role's password cannot be prepared.");
    quoted = literal(&call->arena, c, verifier);
    PQfreemem(verifier);
    return run(call, c, text_format(&call->arena, "CREATE ROLE %.*s LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD %.*s", TEXT_ARG(name), TEXT_ARG(quoted)));
}

enum result pg_make_roles(struct call *call, struct pg_connection *c, const char *serving_url, struct arena *arena, struct text_list *ret_settings)
{
    struct serving serving = read_url(&call->arena, serving_url);
    text role, system, database = identifier(&call->arena, c, PQdb(c->pg));
    const char *system_name;
    bool there;

    if (strcmp(serving.user, PQuser(c->pg)) == 0)
        return fail(call, VALIDATION_ERROR, "DATABASE_URL and DATABASE_OWNER_URL name the same role; the one that serves must own nothing.");
    system_name = text_z(&call->arena, text_format(&call->arena, "%s_system", serving.user));
    role = identifier(&call->arena, c, serving.user);
    system = identifier(&call->arena, c, system_name);
    TRY(exists(call, c, serving.user, &there));
    if (!there)
        TRY(make_serving(call, c, &serving, role));
    TRY(exists(call, c, system_name, &there));
    if (!there) {
        TRY(run(call, c, text_format(&call->arena, "CREATE ROLE %.*s NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS", TEXT_ARG(system))));
        TRY(run(call, c, text_format(&call->arena, "GRANT %.*s TO %.*s, CURRENT_USER", TEXT_ARG(system), TEXT_ARG(role)))); /* the owner rehearses with it */
    }
    TRY(run(call, c, text_format(&call->arena, "GRANT CONNECT ON DATABASE %.*s TO %.*s; GRANT USAGE ON SCHEMA public TO %.*s, %.*s; GRANT SELECT ON schema_migrations TO %.*s", TEXT_ARG(database),
                                 TEXT_ARG(role), TEXT_ARG(role), TEXT_ARG(system), TEXT_ARG(role))));
    ret_settings->items = arena_array(arena, 2, sizeof(text));
    ret_settings->len = 2;
    ret_settings->items[0] = text_format(arena, "SELECT set_config('tenon.serving_role', %.*s, true)", TEXT_ARG(literal(&call->arena, c, serving.user)));
    ret_settings->items[1] = text_format(arena, "SELECT set_config('tenon.system_role', %.*s, true)", TEXT_ARG(literal(&call->arena, c, system_name)));
    return OK;
}
