/*
 * What the table of routes promises, tried on every route: who may not call it, the methods it refuses, and each bound and
 * type of its body's and query's fields. Nothing is listed here: a new route is tried as soon as it is in its module.
 */
#include "tests/scenario/world.h"

static const char no_id[] = "01890000-0000-7000-8000-000000000000";
static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

/* The path with an id of nothing for each parameter. */
static const char *path_of(struct world *world, const struct route *route)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_slice(text_of(route->path), 1, SIZE_MAX);

    while (rest.ptr) {
        text segment = text_cut(&rest, '/');

        buffer_format(&out, "/%.*s", TEXT_ARG(text_starts(segment, T(":")) ? text_of(no_id) : segment));
    }
    return text_z(world_arena(world), buffer_view(&out));
}

static const char *send_of(struct world *world, const struct route *route, const char *query)
{
    return text_z(world_arena(world), text_format(world_arena(world), "%s %s%s", methods[route->method], path_of(world, route), query));
}

/* Somebody who may call it. */
static const char *permitted(const struct route *route)
{
    switch (route->access) {
    case ACCESS_USER:
    case ACCESS_MEMBER: return OWNER;
    case ACCESS_KEY: return KEY("gateway.use");
    case ACCESS_ADMIN: return ROOT;
    default: return NULL;
    }
}

static bool refused_with(struct world *world, const struct answer *answer, int status, const char *why)
{
    return expect_answer(world, answer, answer->status == status, "%s, so it answers %d", why, status);
}

/* --- who -------------------------------------------------------------------------------------------------------------------------------------- */

/* To whom it is not there, it is not there, whatever they bring. */
static void try_hidden(struct world *world, const struct route *route)
{
    static const char *const others[] = { NULL, BEARER("nonsense"), BEARER("tn_live_000000000000000000000000000000000000000000000000"), KEY(""), OWNER, BROWSER_BARE, VIEWER };
    const char *body = route->method == GET ? NULL : "{}";

    for (size_t i = 0; i < COUNT(others); i++) {
        struct answer answer = ask(world, others[i], send_of(world, route, ""), body, NULL);

        refused_with(world, &answer, 404, "who asks is no administrator");
        expect_answer(world, &answer, text_equal(answer_member(world, &answer, "error.message"), T("Not found.")), "and nothing more is said");
    }
}

static void try_strangers(struct world *world, const struct route *route)
{
    const char *send = send_of(world, route, ""), *body = route->method == GET ? NULL : "{}";
    struct answer answer;

    if (route->access == ACCESS_PUBLIC || route->access == ACCESS_OPERATOR)
        return;
    if (route->access == ACCESS_ADMIN) {
        try_hidden(world, route);
        return;
    }
    answer = ask(world, NULL, send, body, NULL);
    refused_with(world, &answer, 401, "nobody is signed in");
    answer = ask(world, BEARER("nonsense"), send, body, NULL);
    refused_with(world, &answer, 401, "the token is no token");
    answer = ask(world, NULL, send, body, "Authorization: Basic b3duZXI6b3duZXI=");
    refused_with(world, &answer, 401, "only bearer tokens are taken");
    answer = ask(world, BEARER("tn_live_000000000000000000000000000000000000000000000000"), send, body, NULL);
    refused_with(world, &answer, 401, "the key is no key");
    answer = ask(world, KEY(""), send, body, NULL);
    refused_with(world, &answer, 403, "the key has no scope");
    if (route->access == ACCESS_KEY) {
        answer = ask(world, OWNER, send, body, NULL);
        refused_with(world, &answer, 401, "only keys are taken");
    }
}

/* Each role gets through exactly where its permissions say so: what is refused is refused with 403, nothing else is. */
static void try_roles(struct world *world, const struct route *route)
{
    static const struct { const char *who; enum role role; } rows[] = { { VIEWER, ROLE_VIEWER }, { MEMBER, ROLE_MEMBER }, { ADMIN, ROLE_ADMIN } };

    if (route->access != ACCESS_MEMBER)
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool may = role_permissions(rows[i].role) & (unsigned)route->permission;
        struct answer answer = ask(world, rows[i].who, send_of(world, route, ""), route->method == GET ? NULL : "[]", NULL);

        expect_answer(world, &answer, (answer.status == 403) == !may, "%s as %s is %s", route->path, rows[i].who, may ? "allowed" : "refused");
    }
}

/* --- methods ------------------------------------------------------------------------------------------------------------------------------------ */

static void try_methods(struct world *world, const struct route *route)
{
    static const char *const odd[] = { "TRACE", "PROPFIND" };
    const char *path = path_of(world, route);
    struct arena *arena = world_arena(world);

    for (int method = GET; method < METHOD_COUNT; method++) {
        struct answer answer;

        if (route_for((enum method)method, text_of(path)))
            continue;
        answer = ask(world, permitted(route), text_z(arena, text_format(arena, "%s %s", methods[method], path)), NULL, NULL);
        refused_with(world, &answer, 405, "the path does not take this method");
        expect_answer(world, &answer, text_find(answer_header(&answer, "allow"), text_of(methods[route->method])) != SIZE_MAX, "Allow names what it takes");
    }
    for (size_t i = 0; i < COUNT(odd); i++) {
        struct answer answer = ask(world, permitted(route), text_z(arena, text_format(arena, "%s %s", odd[i], path)), NULL, NULL);

        refused_with(world, &answer, 405, "nothing takes this method");
    }
}

/* --- bodies -------------------------------------------------------------------------------------------------------------------------------------- */

static void refuse_body(struct world *world, const struct route *route, text body, int status, const char *field, const char *why)
{
    struct answer answer = ask_bytes(world, permitted(route), send_of(world, route, ""), body, NULL);
    const char *path = text_z(world_arena(world), text_format(world_arena(world), "error.fields.%s", field ? field : ""));

    if (refused_with(world, &answer, status, why) && field)
        expect_answer(world, &answer, answer_has(world, &answer, path), "%s, so the field %s is named", why, field);
}

static void try_broken_json(struct world *world, const struct route *route)
{
    static const struct { const char *body; const char *code, *why; } rows[] = {
        { "{", "MALFORMED_JSON", "the object does not end" },
        { "{\"a\":1,}", "MALFORMED_JSON", "a comma stands before the end" },
        { "{\"a\":01}", "MALFORMED_JSON", "a number begins with 0" },
        { "{'a':1}", "MALFORMED_JSON", "quotes are double" },
        { "{} {}", "MALFORMED_JSON", "there are two values" },
        { "nonsense", "MALFORMED_JSON", "it is no JSON" },
        { "[]", "VALIDATION_ERROR", "it is no object" },
        { "null", "VALIDATION_ERROR", "it is no object" },
        { "{\"surely_unknown\":1}", "VALIDATION_ERROR", "the field is unknown" },
    };
    struct arena *arena = world_arena(world);

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer = ask_bytes(world, permitted(route), send_of(world, route, ""), text_of(rows[i].body), NULL);

        expect_answer(world, &answer, answer.status == 400 && text_equal(answer_member(world, &answer, "error.code"), text_of(rows[i].code)), "%s, so it is %s", rows[i].why,
                      rows[i].code);
    }
    refuse_body(world, route, T("{\"surely_unknown\":1}"), 400, "surely_unknown", "the field is unknown");
    refuse_body(world, route, T("{\"twice\":1,\"twice\":2}"), 400, NULL, "a key stands twice");
    refuse_body(world, route, T("{\"twice\":1,\"tw\\u0069ce\":2}"), 400, NULL, "a key stands twice, once escaped");
    refuse_body(world, route, T("{\"a\":\"\xff\xfe\"}"), 400, NULL, "it is not valid UTF-8");
    refuse_body(world, route, T("{\"a\":\"\xed\xa0\x80\"}"), 400, NULL, "a surrogate is not valid UTF-8");
    refuse_body(world, route, T("{\"a\":\"\\ud800\"}"), 400, NULL, "an escape is half a pair");
    refuse_body(world, route, T("{\"a\":\"\\u0000\"}"), 400, NULL, "it holds NUL");
    refuse_body(world, route, T("{\"a\":\"\0\"}"), 400, NULL, "it holds a bare NUL");
    refuse_body(world, route, T("{\"a\":1e999}"), 400, NULL, "no number is as large");
    refuse_body(world, route, text_format(arena, "{\"a\":%.*s%.*s}", 40, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 40, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), 400, NULL, "it is nested too deep");
}

static void try_wrong_framing(struct world *world, const struct route *route)
{
    size_t most = route->body.max ? route->body.max : DEFAULT_BODY_MAX;
    text large = { arena_alloc(world_arena(world), most + 1), most + 1 };
    struct answer answer;

    memset((char *)large.ptr, ' ', large.len);
    refuse_body(world, route, large, 413, NULL, "it is too large");
    answer = ask_bytes(world, permitted(route), send_of(world, route, ""), T("{\"a\":1}"), "Content-Type: text/plain");
    refused_with(world, &answer, 415, "it does not say that it is JSON");
    answer = ask_bytes(world, permitted(route), send_of(world, route, ""), T("a=1"), "Content-Type: application/x-www-form-urlencoded");
    refused_with(world, &answer, 415, "forms are not taken, which browsers send across sites");
}

/* Where a person's place in the organization is the very thing that is said; what may be said there the feature's own table tries. */
static bool is_subject(const struct route *route, const char *name)
{
    static const struct { const char *path, *name; } rows[] = {
        { "/api/orgs/:id/members/:user_id", "role" }, { "/api/orgs/:id/invitations", "role" }, { "/api/orgs/:id/transfer", "user_id" },
        { "/api/admin/users/:id", "is_admin" }, { "/api/admin/users/:id/impersonate", "organization_id" }, { "/api/orgs/:id/domains/:domain_id", "role" }, { "/api/orgs/:id/roles", "permissions" }, { "/api/orgs/:id/roles/:role_id", "permissions" },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].path, route->path) == 0 && strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

/* What only the server sets: whoever sends it is told that there is no such field. */
static void try_mass_assignment(struct world *world, const struct route *route)
{
    static const char *const names[] = { "id", "organization_id", "user_id", "role", "is_admin", "created_at", "permissions", "email_verified", "password_hash", "key_hash" };
    struct arena *arena = world_arena(world);

    for (size_t i = 0; i < COUNT(names); i++) {
        bool known = false;

        if (is_subject(route, names[i]))
            continue;
        for (const struct field *field = route->body.fields; field->type; field++)
            known |= strcmp(field->name, names[i]) == 0;
        expect(world, !known, "no body takes %s", names[i]);
        refuse_body(world, route, text_format(arena, "{\"%s\":\"%s\"}", names[i], no_id), 400, names[i], "it is not the client's to set");
    }
}

/* --- fields ---------------------------------------------------------------------------------------------------------------------------------------- */

static text repeated(struct arena *arena, const char *piece, size_t count, const char *between)
{
    SCOPED(buffer) struct buffer out = { 0 };

    for (size_t i = 0; i < count; i++)
        buffer_format(&out, "%s%s", i ? between : "", piece);
    return text_copy(arena, buffer_view(&out));
}

static void refuse_value(struct world *world, const struct route *route, const struct field *field, text value, const char *why)
{
    refuse_body(world, route, text_format(world_arena(world), "{\"%s\":%.*s}", field->name, TEXT_ARG(value)), 400, field->name, why);
}

static void refuse_text(struct world *world, const struct route *route, const struct field *field, text value, const char *why)
{
    refuse_value(world, route, field, text_format(world_arena(world), "\"%.*s\"", TEXT_ARG(value)), why);
}

static void try_text(struct world *world, const struct route *route, const struct field *field)
{
    struct arena *arena = world_arena(world);
    size_t most = (size_t)(field->max ? field->max : FIELD_TEXT_MAX);

    refuse_value(world, route, field, T("12"), "it is no text");
    refuse_value(world, route, field, T("true"), "it is no text");
    refuse_value(world, route, field, T("[\"a\"]"), "it is no text");
    if (most < 100000)
        refuse_text(world, route, field, repeated(arena, "é", most + 1, ""), "it is too long");
    if (field->min)
        refuse_text(world, route, field, T(""), "it is too short");
    if (field->one_of)
        refuse_text(world, route, field, T("surely-none-of-them"), "it is none of the words");
}

static void try_list(struct world *world, const struct route *route, const struct field *field)
{
    struct arena *arena = world_arena(world);
    size_t most = (size_t)(field->max ? field->max : FIELD_ITEMS_MAX);

    refuse_value(world, route, field, T("\"a\""), "it is no list");
    refuse_value(world, route, field, T("{\"0\":\"a\"}"), "it is no list");
    refuse_value(world, route, field, text_format(arena, "[%.*s]", TEXT_ARG(repeated(arena, "\"a\"", most + 1, ","))), "it has too many items");
}

static void try_field(struct world *world, const struct route *route, const struct field *field)
{
    switch (field->type) {
    case FIELD_TEXT: try_text(world, route, field); break;
    case FIELD_INT:
        refuse_value(world, route, field, T("\"1\""), "it is no number");
        refuse_value(world, route, field, T("1.5"), "it is not whole");
        refuse_value(world, route, field, T("99999999999999999999"), "it fits no number");
        break;
    case FIELD_DOUBLE: refuse_value(world, route, field, T("\"1\""), "it is no number"); break;
    case FIELD_BOOL:
        refuse_value(world, route, field, T("\"true\""), "it is neither true nor false");
        refuse_value(world, route, field, T("1"), "it is neither true nor false");
        break;
    case FIELD_UUID:
        refuse_text(world, route, field, T("17"), "it is no UUID");
        refuse_value(world, route, field, T("17"), "it is no UUID");
        break;
    case FIELD_TIME:
        refuse_text(world, route, field, T("yesterday"), "it is no time");
        refuse_text(world, route, field, T("2026-02-30T00:00:00Z"), "there is no such day");
        refuse_value(world, route, field, T("1700000000"), "times are texts");
        break;
    case FIELD_TEXTS:
    case FIELD_UUIDS:
    case FIELD_LIST: try_list(world, route, field); break;
    case FIELD_OBJECT: refuse_value(world, route, field, T("\"a\""), "it is no object"); break;
    case FIELD_JSON:
    case FIELD_BYTES:
    case FIELD_NONE: break;
    }
    if (!field->required)
        return;
    refuse_body(world, route, T("{}"), 400, field->name, "it is required");
    refuse_value(world, route, field, T("null"), "null is nothing, and it is required");
}

static void try_body(struct world *world, const struct route *route)
{
    if (route->body.kind != BODY_JSON)
        return;
    try_broken_json(world, route);
    try_wrong_framing(world, route);
    try_mass_assignment(world, route);
    for (const struct field *field = route->body.fields; field->type; field++)
        try_field(world, route, field);
}

/* --- queries ------------------------------------------------------------------------------------------------------------------------------------------ */

static void refuse_query(struct world *world, const struct route *route, text query, const char *field, const char *why)
{
    struct arena *arena = world_arena(world);
    struct answer answer = ask(world, permitted(route), send_of(world, route, text_z(arena, text_format(arena, "?%.*s", TEXT_ARG(query)))), NULL, NULL);

    if (refused_with(world, &answer, 400, why) && !text_starts(text_of(route->path), T("/v1/")))
        expect_answer(world, &answer, answer_has(world, &answer, text_z(arena, text_format(arena, "error.fields.%s", field))), "%s, so %s is named", why, field);
}

static void try_query_field(struct world *world, const struct route *route, const struct field *field)
{
    struct arena *arena = world_arena(world);

    if (field->type == FIELD_INT) {
        refuse_query(world, route, text_format(arena, "%s=many", field->name), field->name, "it is no number");
        refuse_query(world, route, text_format(arena, "%s=1.5", field->name), field->name, "it is not whole");
        if (field->min)
            refuse_query(world, route, text_format(arena, "%s=%lld", field->name, (long long)field->min - 1), field->name, "it is too small");
        if (field->max)
            refuse_query(world, route, text_format(arena, "%s=%lld", field->name, (long long)field->max + 1), field->name, "it is too large");
    }
    if (field->type == FIELD_UUID || field->type == FIELD_UUIDS)
        refuse_query(world, route, text_format(arena, "%s=17", field->name), field->name, "it is no UUID");
    if (field->type == FIELD_TIME)
        refuse_query(world, route, text_format(arena, "%s=yesterday", field->name), field->name, "it is no time");
    if (field->one_of)
        refuse_query(world, route, text_format(arena, "%s=surely-none", field->name), field->name, "it is none of the words");
    if (field->type == FIELD_TEXT && field->max && !field->one_of)
        refuse_query(world, route, text_format(arena, "%s=%.*s", field->name, TEXT_ARG(repeated(arena, "a", (size_t)field->max + 1, ""))), field->name, "it is too long");
    if (field->type != FIELD_TEXTS && field->type != FIELD_UUIDS)
        refuse_query(world, route, text_format(arena, "%s=1&%s=1", field->name, field->name), field->name, "it stands twice");
}

static void try_query(struct world *world, const struct route *route)
{
    if (route->access == ACCESS_OPERATOR && route->method != GET)
        return;
    if (!route->query.open)
        refuse_query(world, route, T("surely_unknown=1"), "surely_unknown", "the parameter is unknown");
    refuse_query(world, route, T("a=%zz"), "query", "the escape is broken");
    refuse_query(world, route, T("a=%00"), "query", "it holds NUL");
    refuse_query(world, route, T("a=%ff"), "query", "it is not UTF-8");
    for (const struct field *field = route->query.fields; field && field->type; field++)
        try_query_field(world, route, field);
}

/* --- ids ---------------------------------------------------------------------------------------------------------------------------------------------- */

static void try_no_ids(struct world *world, const struct route *route)
{
    struct arena *arena = world_arena(world);
    text path = text_of(route->path);
    size_t at = text_find(path, T("/:id"));
    struct answer answer;

    if (at == SIZE_MAX)
        return;
    for (const char *const *id = (const char *const[]){ "17", "%2e%2e", "01890000-0000-7000-8000-00000000000", "01890000-0000-7000-8000-00000000000z", "'--", NULL }; *id; id++) {
        answer = ask(world, permitted(route), text_z(arena, text_format(arena, "%s %.*s/%s%.*s", methods[route->method], (int)at, path.ptr, *id, TEXT_ARG(text_slice(path, at + 4, path.len)))), NULL, NULL);
        expect_answer(world, &answer, answer.status == 404 || answer.status == 405, "%s is no id, so nothing is found", *id);
    }
}

/* Every security-relevant path of a route that answers on the I/O thread goes by the same gate; so nothing differs here. */
static void try_route(struct world *world, const struct route *route)
{
    world_about(world, text_z(world_arena(world), text_format(world_arena(world), "%s %s", methods[route->method], route->path)));
    try_strangers(world, route);
    try_roles(world, route);
    try_methods(world, route);
    try_body(world, route);
    try_query(world, route);
    try_no_ids(world, route);
}

static void run(struct world *world)
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            try_route(world, route);
}

const struct suite every_route_scenarios = { .run = run };
