/*
 * Hostile values through every door of the table of routes: each parameter of a path, each field of a query and of a body, and the
 * headers that are kept. Whatever is sent, the answer is no fault of the server's, and nothing of another organization is in it.
 */
#include "tests/scenario/world.h"

static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

/* {owner.org} is the other organization: the one who attacks is the stranger. */
static const char *const values[] = {
    "', true); select set_config('tenon.organization','{owner.org}',false);--",
    "{owner.org}",
    "' or organization_id='{owner.org}' --",
    "x' union select id, name, name, name, name, name from api_keys --",
    "\\'; SET ROLE tenon_owner; --",
    "\"; DROP TABLE users; --",
    "1) OR (1=1",
    ":org",
    "$1",
    "%",
    "_%_",
    "{\"$ne\":null}",
    "../../../../etc/passwd",
    "..\\..\\x",
    "\x7f\x01\x02",
    "\u202edesrever", /* right to left */
    "\xef\xbf\xbf\xf4\x8f\xbf\xbf", /* the last code points of a plane and of all */
    "\xf0\x9f\x92\xa9",
    "<script>alert(1)</script>",
    "a\r\nX-Injected: yes",
    "-9223372036854775808",
    "1e309",
    "NaN",
    "294277-01-09T04:00:54.775807Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
};

/* As they stand in a path or a query, escapes and all. */
static const char *const raw_values[] = { "%00", "%ff%fe", "%c0%80", "%ed%a0%80", "x%00%27%20OR%20true%20--", "%2e%2e%2f%2e%2e%2f", "%25%30%30" };

static text long_value(struct world *world)
{
    static char run[5000];

    memset(run, '\'', sizeof run);
    return text_copy(world_arena(world), (text){ run, sizeof run });
}

static text escaped(struct world *world, text value)
{
    SCOPED(buffer) struct buffer out = { 0 };

    for (size_t i = 0; i < value.len; i++)
        buffer_format(&out, "%%%02x", (unsigned char)value.ptr[i]);
    return text_copy(world_arena(world), buffer_view(&out));
}

/* The n-th value as it stands in a path; absent behind the last. */
static text in_path(struct world *world, size_t n)
{
    if (n < COUNT(values))
        return escaped(world, text_of(filled(world, values[n])));
    n -= COUNT(values);
    if (n < COUNT(raw_values))
        return text_of(raw_values[n]);
    return n == COUNT(raw_values) ? long_value(world) : TEXT_NONE;
}

/* The same as JSON, with what no JSON may hold. */
static text in_json(struct world *world, size_t n)
{
    static const text broken[] = { { "\"\\u0000\"", 8 }, { "\"\0\"", 3 }, { "\"\xff\xfe\"", 4 }, { "\"\xc0\x80\"", 4 }, { "\"\\ud800\"", 8 } };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    if (n >= COUNT(values) + COUNT(broken) + 1)
        return TEXT_NONE;
    if (n > COUNT(values))
        return broken[n - COUNT(values) - 1];
    jw_text(&w, n < COUNT(values) ? text_of(filled(world, values[n])) : long_value(world));
    return text_copy(world_arena(world), buffer_view(&out));
}

/* --- sending ------------------------------------------------------------------------------------------------------------------- */

static const char *attacker(const struct route *route)
{
    return route->access == ACCESS_KEY ? BEARER("{stranger.key}") : route->access == ACCESS_PUBLIC || route->access == ACCESS_OPERATOR ? NULL : STRANGER;
}

static void check(struct world *world, const struct answer *answer, text value)
{
    expect_answer(world, answer, answer->status != 0 && answer->status < 500, "it is the client's fault: `%.*s`", TEXT_ARG(utf8_prefix(value, 100)));
    expect_answer(world, answer, text_find(answer->body, T("only-for-the-owner")) == SIZE_MAX, "nothing of the other organization is shown: `%.*s`", TEXT_ARG(utf8_prefix(value, 100)));
    expect_answer(world, answer, !answer_header(answer, "x-injected").ptr, "no header comes out of a value");
}

/* The target may hold braces, which `send` would take for variables. */
static void attack(struct world *world, const struct route *route, text target, text body, text value)
{
    const char *send = text_z(world_arena(world), text_format(world_arena(world), "%s %.*s", methods[route->method], TEXT_ARG(target)));
    struct answer answer = ask_bytes(world, attacker(route), send, body, NULL);

    check(world, &answer, value);
}

/* The path with `value` for its parameter number `which`, a well-formed id for the others; absent when it has not so many. */
static text path_with(struct world *world, const struct route *route, size_t which, text value)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_slice(text_of(route->path), 1, SIZE_MAX);
    size_t seen = 0;

    while (rest.ptr) {
        text segment = text_cut(&rest, '/');

        if (text_starts(segment, T(":")))
            segment = seen++ == which ? value : T("01890000-0000-7000-8000-000000000000");
        buffer_format(&out, "/%.*s", TEXT_ARG(segment));
    }
    return seen > which || which == SIZE_MAX ? text_copy(world_arena(world), buffer_view(&out)) : TEXT_NONE;
}

/* --- doors --------------------------------------------------------------------------------------------------------------------- */

static void try_path(struct world *world, const struct route *route)
{
    text body = route->method == GET || route->method == DELETE ? TEXT_NONE : T("{}");
    text value, path;

    for (size_t which = 0; path_with(world, route, which, T("x")).ptr; which++)
        for (size_t n = 0; (value = in_path(world, n)).ptr; n++) {
            path = path_with(world, route, which, value);
            attack(world, route, path, body, value);
        }
}

static void try_query(struct world *world, const struct route *route)
{
    struct arena *arena = world_arena(world);
    text path = path_with(world, route, SIZE_MAX, T("")), value;

    if (route->method != GET)
        return;
    for (const struct field *field = route->query.fields; field && field->type; field++)
        for (size_t n = 0; (value = in_path(world, n)).ptr; n++)
            attack(world, route, text_format(arena, "%.*s?%s=%.*s", TEXT_ARG(path), field->name, TEXT_ARG(value)), TEXT_NONE, value);
}

/* What a field takes, so that the others let the hostile one through. */
static void write_plain(struct world *world, struct buffer *out, const struct field *field)
{
    switch (field->type) {
    case FIELD_TEXT:
        if (strcmp(field->name, "email") == 0)
            buffer_format(out, "\"attacker-%zu@example.com\"", tally.requests);
        else if (strcmp(field->name, "provider") == 0)
            buffer_text(out, T("\"openai\""));
        else
            buffer_format(out, "\"%s\"", field->one_of ? field->one_of[0] : strstr(field->name, "password") ? "Gantry-9-Kestrel" : "taken");
        break;
    case FIELD_INT:
    case FIELD_DOUBLE: buffer_text(out, T("1")); break;
    case FIELD_BOOL: buffer_text(out, T("false")); break;
    case FIELD_UUID: buffer_format(out, "\"%.*s\"", TEXT_ARG(kept(world, "owner.org"))); break;
    case FIELD_TIME: buffer_text(out, T("\"2099-01-01T00:00:00Z\"")); break;
    default: buffer_text(out, T("[]"));
    }
}

static text body_with(struct world *world, const struct route *route, const struct field *hostile, text value)
{
    SCOPED(buffer) struct buffer out = { 0 };

    buffer_char(&out, '{');
    for (const struct field *field = route->body.fields; field->type; field++) {
        if (field != hostile && !field->required)
            continue;
        buffer_format(&out, "%s\"%s\":", out.len > 1 ? "," : "", field->name);
        if (field != hostile)
            write_plain(world, &out, field);
        else if (field->type == FIELD_TEXTS || field->type == FIELD_UUIDS)
            buffer_format(&out, "[%.*s]", TEXT_ARG(value));
        else
            buffer_text(&out, value);
    }
    buffer_char(&out, '}');
    return text_copy(world_arena(world), buffer_view(&out));
}

static void try_body(struct world *world, const struct route *route)
{
    text path = path_with(world, route, SIZE_MAX, T("")), value;

    if (route->body.kind != BODY_JSON)
        return;
    for (const struct field *field = route->body.fields; field->type; field++)
        for (size_t n = 0; (value = in_json(world, n)).ptr; n++)
            attack(world, route, path, body_with(world, route, field, value), value);
}

/* Bodies that no table of fields describes: documents as JSON, and OpenAI's. */
static void try_raw(struct world *world, const struct route *route)
{
    struct arena *arena = world_arena(world);
    text path = path_with(world, route, SIZE_MAX, T("")), value;
    const char *shapes[] = {
        "{\"title\":%.*s,\"text\":\"taken\"}", "{\"title\":\"taken\",\"text\":%.*s}", "{\"title\":\"taken\",\"text\":\"taken\",\"collection_id\":%.*s}",
        "{\"model\":%.*s,\"messages\":[{\"role\":\"user\",\"content\":\"taken\"}]}", "{\"model\":\"builtin/extract-1\",\"messages\":[{\"role\":\"user\",\"content\":%.*s}]}",
        "{\"model\":\"builtin/extract-1\",\"messages\":[{\"role\":%.*s,\"content\":\"taken\"}]}", "{\"model\":\"builtin/embed-1\",\"input\":%.*s}",
    };

    if (route->body.kind != BODY_RAW)
        return;
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (size_t n = 0; (value = in_json(world, n)).ptr; n++) {
            text before = text_of(shapes[i]), body;
            size_t at = text_find(before, T("%.*s"));

            body = text_format(arena, "%.*s%.*s%.*s", (int)at, before.ptr, TEXT_ARG(value), TEXT_ARG(text_slice(before, at + 4, before.len)));
            attack(world, route, path, body, value);
        }
}

static void try_routes(struct world *world)
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++) {
            world_about(world, text_z(world_arena(world), text_format(world_arena(world), "%s %s", methods[route->method], route->path)));
            try_path(world, route);
            try_query(world, route);
            try_body(world, route);
            try_raw(world, route);
        }
}

/* --- what is kept of a request that is not in a field -------------------------------------------------------------------------- */

static void try_headers(struct world *world)
{
    static const char *const headers[] = {
        "User-Agent: \xff\xfe", "User-Agent: ', true); select set_config('tenon.organization','{owner.org}',false);--", "X-Request-Id: '; DROP TABLE users; --", "X-Request-Id: \xff\xfe",
        "X-Forwarded-For: '; DROP TABLE users; --", "Accept-Language: \xff", "Last-Event-ID: ' OR true --", "Last-Event-ID: \xff\xfe", "Referer: \xff\xfe", "Origin: \xff\xfe",
        "Cookie: tenon_session='; DROP TABLE users; --", "Cookie: tenon_session=\xff\xfe", "Authorization: Bearer tn_live_' OR true --", "Authorization: Bearer \xff\xfe",
    };
    static const char *const sends[] = { "POST /api/auth/login", "GET /api/auth/sessions", "POST /api/conversations", "GET /v1/models" };

    world_about(world, "headers");
    for (size_t i = 0; i < COUNT(headers); i++)
        for (size_t k = 0; k < COUNT(sends); k++) {
            bool own = strncmp(headers[i], "Authorization", 13) == 0;
            struct answer answer = ask(world, own || k == 0 ? NULL : k == 3 ? BEARER("{stranger.key}") : STRANGER, sends[k],
                                       k == 0 ? "{'email':'{stranger.email}','password':'{stranger.password}'}" : k == 2 ? "{}" : NULL, headers[i]);

            check(world, &answer, text_of(headers[i]));
        }
}

/* A file whose name, form or content is hostile: refused, or indexed and no worse. */
static void try_files(struct world *world)
{
    static const struct { const char *name, *form, *content; } rows[] = {
        { "x'; DROP TABLE documents; --.txt", NULL, "The bell rings." },
        { "\xff\xfe.txt", NULL, "The bell rings." },
        { "../../etc/passwd", NULL, "The bell rings." },
        { "plain.txt", "collection_id={owner.org}", "The bell rings." },
        { "plain.txt", "collection_id=' OR true --", "The bell rings." },
        { "plain.txt", "title=\xff\xfe", "The bell rings." },
        { "plain.txt", NULL, "\xff\xfe\xfd The bell \xc0\x80 rings." },
        { "plain.csv", NULL, "a,b\n\x01\x02,\xff\n" },
        { "plain.json", NULL, "{\"bell\":\"a\\u0000b\"}" },
        { "plain.json", NULL, "{\"bell\\u0000\":\"\\ud800\"}" },
        { "plain.html", NULL, "<p>The &#0; bell &#xD800; rings &#x110000;</p>" },
        { "plain.md", NULL, "# The \x01 bell\n\n&#0; rings" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scenario row = { .name = "a hostile file", .as = STRANGER, .send = "POST /api/knowledge/documents", .file = rows[i].name, .form = rows[i].form, .content = rows[i].content };
        struct answer answer = ask_row(world, &row);

        world_about(world, row.name);
        check(world, &answer, text_of(rows[i].content));
    }
    world_about(world, "hostile files come to an end");
    run_row(world, &(struct scenario){ "hostile files come to an end", .as = STRANGER, .send = "GET /api/knowledge/documents?page_size=100", .hides = { "\"queued\"", "\"processing\"" },
                                       .eventually = true });
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------- */

static void prepare(struct world *world)
{
    static const struct { const char *send, *body; } owned[] = {
        { "PATCH /api/auth/me", "{'name':'only-for-the-owner'}" },
        { "POST /api/keys", "{'name':'only-for-the-owner'}" },
        { "POST /api/providers", "{'provider':'openai','name':'only-for-the-owner','api_key':'sk-0123456789'}" },
        { "POST /api/knowledge/collections", "{'name':'only-for-the-owner'}" },
        { "POST /api/knowledge/documents", "{'title':'only-for-the-owner','text':'The bell is taken, only-for-the-owner.'}" },
        { "POST /api/conversations", "{'title':'only-for-the-owner'}" },
    };
    static const char all[] = "{'name':'all','scopes':['knowledge.read','conversations.read','usage.read','keys.manage','providers.manage','audit.read','gateway.use']}";
    struct answer answer = ask(world, STRANGER, "POST /api/keys", all, NULL);

    keep(world, "stranger.key", answer_member(world, &answer, "data.key"));
    for (size_t i = 0; i < COUNT(owned); i++) {
        world_about(world, owned[i].send);
        answer = ask(world, OWNER, owned[i].send, owned[i].body, NULL);
        expect_answer(world, &answer, answer.status < 300, "the owner has one");
    }
}

static void run(struct world *world)
{
    struct answer answer;

    prepare(world);
    try_routes(world);
    try_headers(world);
    try_files(world);
    world_about(world, "a line that is no request's");
    answer = ask(world, NULL, "GET /api/keys/x' OR true --", NULL, NULL);
    expect_answer(world, &answer, answer.status == 400 && answer_header(&answer, "x-request-id").len > 0, "it is refused, under a number");
    world_about(world, "afterwards");
    answer = ask(world, STRANGER, "GET /api/auth/me", NULL, NULL);
    expect_answer(world, &answer, answer.status == 200, "the attacker was signed in all the time");
    answer = ask(world, OWNER, "GET /api/keys", NULL, NULL);
    expect_answer(world, &answer, text_find(answer.body, T("only-for-the-owner")) != SIZE_MAX, "the other organization is as it was");
}

const struct suite attacks_scenarios = { .run = run };
