#include "app/selftest.h"

#include <curl/curl.h>

#include "app/app.h"
#include "base/json.h"
#include "core/log.h"
#include "http/http.h"
#include "store/db.h"

static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

/* A thing of one side that was made for a path. */
struct made {
    text path, id;
};

struct side {
    text mark; /* a word that is in everything of this side's, and must never be seen by the other */
    text token, key;
    uuid user, organization;
    struct made made[256];
    size_t made_count;
};

struct trial {
    struct call *call;
    text url;
    CURL *curl;
    struct buffer *report;
    struct selftest_sums sums;
    struct side owner, stranger;
};

struct reply {
    long status; /* 0: none came */
    text body;
};

static const text NOWHERE = { "01890000-0000-7000-8000-000000000000", 36 };

/* --- asking -------------------------------------------------------------------------------------------------------------- */

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    buffer_text(context, (text){ bytes, size * count });
    return size * count;
}

/* `credentials` are a token or a key, or absent. */
static struct reply ask(struct trial *t, text credentials, const char *method, text path, text body)
{
    SCOPED(buffer) struct buffer in = { .max = 16 << 20 };
    struct arena *arena = &t->call->arena;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    struct reply reply = { 0 };

    if (credentials.len)
        headers = curl_slist_append(headers, text_z(arena, text_format(arena, "Authorization: Bearer %.*s", TEXT_ARG(credentials))));
    curl_easy_reset(t->curl);
    curl_easy_setopt(t->curl, CURLOPT_URL, text_z(arena, text_format(arena, "%.*s%.*s", TEXT_ARG(t->url), TEXT_ARG(path))));
    curl_easy_setopt(t->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, &in);
    if (body.ptr) {
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, text_z(arena, body));
        curl_easy_setopt(t->curl, CURLOPT_POSTFIELDSIZE, (long)body.len);
    }
    if (curl_easy_perform(t->curl) == CURLE_OK)
        curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_slist_free_all(headers);
    reply.body = text_copy(arena, buffer_view(&in));
    t->sums.requests++;
    return reply;
}

/* The value at `data.0.id`, unquoted; absent where it leads nowhere. */
static text member(struct trial *t, text json, const char *path)
{
    text rest = text_of(path);

    while (rest.ptr && json.ptr) {
        text step = text_cut(&rest, '.'), item;
        int64_t place;

        if (text_int(step, &place)) {
            struct json_walk walk = json_walk(json);

            for (json = TEXT_NONE; place >= 0 && json_next_item(&walk, &item); place--)
                json = place ? TEXT_NONE : item;
        } else {
            json = json_find(json, text_z(&t->call->arena, step));
        }
    }
    return json.ptr && json_type_of(json) == JSON_STRING ? json_unquote(&t->call->arena, json) : TEXT_NONE;
}

/* --- what was found ---------------------------------------------------------------------------------------------------------- */

static void crossed(struct trial *t, text where, const char *what)
{
    buffer_format(t->report, "CROSSED  %.*s: %s\n", TEXT_ARG(where), what);
    t->sums.crossed++;
}

/* Nothing that belongs to the owner's side is in it. */
static void look_through(struct trial *t, text where, text body)
{
    if (text_find(body, t->owner.mark) != SIZE_MAX)
        crossed(t, where, "it shows the other organization's words");
    if (text_find(body, uuid_text(&t->call->arena, t->owner.organization)) != SIZE_MAX)
        crossed(t, where, "it names the other organization");
    for (size_t i = 0; i < t->owner.made_count; i++)
        if (text_find(body, t->owner.made[i].id) != SIZE_MAX)
            crossed(t, where, "it holds an id of the other organization's");
}

/* --- two sides ------------------------------------------------------------------------------------------------------------------- */

static text quoted_permissions(struct arena *arena)
{
    text list = TEXT_NONE;

    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        list = list.ptr ? text_format(arena, "%.*s,\"%.*s\"", TEXT_ARG(list), TEXT_ARG(permission_rows[i].name)) : text_format(arena, "\"%.*s\"", TEXT_ARG(permission_rows[i].name));
    return list;
}

static enum result no_part(struct trial *t, const char *what, const struct reply *reply)
{
    return fail(t->call, UNAVAILABLE, "The server at %.*s does not take part: %s was answered with %ld %.*s", TEXT_ARG(t->url), what, reply->status,
                TEXT_ARG(text_slice(reply->body, 0, 300)));
}

static enum result open_side(struct trial *t, struct side *side, const char *name)
{
    struct arena *arena = &t->call->arena;
    text secret = uuid_text(arena, uuid_new());
    struct reply reply;

    side->mark = text_format(arena, "selftest%s%.*s", name, TEXT_ARG(text_slice(secret, 24, 12)));
    reply = ask(t, TEXT_NONE, "POST", T("/api/auth/signup"), text_format(arena, "{\"name\":\"%.*s\",\"email\":\"%.*s@selftest.invalid\",\"password\":\"Aa9-%.*s\"}", TEXT_ARG(side->mark), TEXT_ARG(side->mark), TEXT_ARG(secret)));
    side->token = member(t, reply.body, "token");
    if (reply.status != 201 || !side->token.ptr || !uuid_parse(member(t, reply.body, "user.id"), &side->user))
        return no_part(t, "a sign-up", &reply);
    reply = ask(t, side->token, "GET", T("/api/auth/me"), TEXT_NONE);
    if (!uuid_parse(member(t, reply.body, "data.organization.id"), &side->organization))
        return no_part(t, "/api/auth/me", &reply);
    reply = ask(t, side->token, "POST", T("/api/keys"), text_format(arena, "{\"name\":\"%.*s\",\"scopes\":[%.*s]}", TEXT_ARG(side->mark), TEXT_ARG(quoted_permissions(arena))));
    side->key = member(t, reply.body, "data.key");
    return side->key.ptr ? OK : no_part(t, "making a key", &reply);
}

static const struct query remove_organization = {
    .name = "selftest_remove_organization", .sql = "DELETE FROM organizations WHERE id = $1", .system = "the selftest removes what it made",
};
static const struct query remove_user = { .name = "selftest_remove_user", .sql = "DELETE FROM users WHERE id = $1" };

static void close_side(struct trial *t, const struct side *side)
{
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };

    call_open(&call, t->call->on);
    scope = system_scope_begin(&call, "selftest");
    if (db_run(&call, &remove_organization, ARGS(db_uuid(side->organization))) != OK || db_run(&call, &remove_user, ARGS(db_uuid(side->user))) != OK)
        buffer_format(t->report, "left behind: the organization %.*s\n", TEXT_ARG(side->mark));
}

/* --- things ------------------------------------------------------------------------------------------------------------------------ */

static const struct sample *sample_for(text path)
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct sample *sample = (*module)->samples; sample && sample->path; sample++)
            if (text_equal(path, text_of(sample->path)))
                return sample;
    return NULL;
}

static bool is_id(text segment)
{
    return text_equal(segment, T(":id")) || (text_starts(segment, T(":")) && text_ends(segment, T("_id")));
}

static size_t ids_in(const char *path)
{
    text rest = text_of(path);
    size_t count = 0;

    while (rest.ptr)
        count += is_id(text_cut(&rest, '/'));
    return count;
}

static text marked(struct trial *t, const struct side *side, const char *pattern)
{
    text rest = text_of(pattern), out = T("");
    size_t at;

    while ((at = text_find(rest, T("{mark}"))) != SIZE_MAX) {
        out = text_format(&t->call->arena, "%.*s%.*s%.*s", TEXT_ARG(out), TEXT_ARG(text_slice(rest, 0, at)), TEXT_ARG(side->mark));
        rest = text_slice(rest, at + 6, rest.len);
    }
    return text_format(&t->call->arena, "%.*s%.*s", TEXT_ARG(out), TEXT_ARG(rest));
}

static text id_of(struct trial *t, struct side *side, text path);

/* The pattern with the side's own ids; `last` in the place of the last one where it is given. Absent: a thing cannot be made. */
static text fill(struct trial *t, struct side *side, text pattern, text last)
{
    size_t ids = 0, all = ids_in(text_z(&t->call->arena, pattern));
    text rest = text_slice(pattern, 1, pattern.len), out = T("");

    while (rest.ptr) {
        text segment = text_cut(&rest, '/');

        if (is_id(segment)) {
            text walked = text_slice(pattern, 0, (size_t)(segment.ptr - pattern.ptr) + segment.len);

            segment = ++ids == all && last.ptr ? last : id_of(t, side, walked);
            if (!segment.ptr)
                return TEXT_NONE;
        }
        out = text_format(&t->call->arena, "%.*s/%.*s", TEXT_ARG(out), TEXT_ARG(segment));
    }
    return out;
}

static text make_by_store(struct trial *t, const struct side *side, const struct sample *sample)
{
    SCOPED(call) struct call call;
    uuid id;

    call_open(&call, t->call->on);
    call_enter(&call, side->organization);
    if (sample->make(&call, side->user, side->mark, &id) == OK)
        return uuid_text(&t->call->arena, id);
    crossed(t, text_of(sample->path), "a sample could not be put into the store, so it could not be tried");
    return TEXT_NONE;
}

static text make_by_request(struct trial *t, struct side *side, const struct sample *sample)
{
    struct arena *arena = &t->call->arena;
    text target = text_of(sample->send), method = text_cut(&target, ' '), where, id;
    struct reply reply;

    where = fill(t, side, target, TEXT_NONE);
    if (!where.ptr)
        return TEXT_NONE;
    reply = ask(t, side->token, text_z(arena, method), where, sample->body ? marked(t, side, sample->body) : TEXT_NONE);
    id = member(t, reply.body, sample->id);
    if (reply.status < 300 && id.ptr)
        return id;
    crossed(t, text_of(sample->path), text_z(arena, text_format(arena, "a sample was answered with %ld, so it could not be tried", reply.status)));
    return TEXT_NONE;
}

/* Made when it is asked for the first time. */
static text id_of(struct trial *t, struct side *side, text path)
{
    const struct sample *sample = sample_for(path);
    text id;

    for (size_t i = 0; i < side->made_count; i++)
        if (text_equal(side->made[i].path, path))
            return side->made[i].id;
    if (!sample || side->made_count == COUNT(side->made)) {
        crossed(t, path, "no module's samples say how one is made, so it could not be tried");
        return TEXT_NONE;
    }
    if (sample->after && !id_of(t, side, text_of(sample->after)).ptr)
        return TEXT_NONE;
    id = sample->make ? make_by_store(t, side, sample) : make_by_request(t, side, sample);
    if (id.ptr)
        side->made[side->made_count++] = (struct made){ text_copy(&t->call->arena, path), id };
    return id;
}

/* --- trying --------------------------------------------------------------------------------------------------------------------------- */

/* A value that the field's row takes. */
static text value_for(struct trial *t, const struct field *field)
{
    static const text texts[] = { T("taken-over"), T("taken-over@selftest.invalid"), T("taken-over.selftest.invalid") };

    if (field->type == FIELD_UUID)
        return T("\"01890000-0000-7000-8000-000000000000\"");
    if (field->type == FIELD_TEXTS || field->type == FIELD_UUIDS || field->type == FIELD_LIST)
        return T("[]");
    for (size_t i = 0; i < COUNT(texts); i++)
        if (!field->check || !field->check(texts[i]))
            return text_format(&t->call->arena, "\"%.*s\"", TEXT_ARG(texts[i]));
    return T("\"taken-over\"");
}

/* A body that gets as far as the object: what is required, and names. */
static text body_for(struct trial *t, const struct route *route)
{
    text out = T("{"), comma = T("");

    if (route->method == GET || route->method == DELETE)
        return TEXT_NONE;
    if (route->body.kind == BODY_RAW)
        return T("{\"title\":\"taken-over\",\"text\":\"taken-over\"}");
    for (const struct field *field = route->body.fields; field && field->type; field++) {
        bool renames = field->type == FIELD_TEXT && (strcmp(field->name, "name") == 0 || strcmp(field->name, "title") == 0);

        if (!field->required && !renames)
            continue;
        out = text_format(&t->call->arena, "%.*s%.*s\"%s\":%.*s", TEXT_ARG(out), TEXT_ARG(comma), field->name, TEXT_ARG(value_for(t, field)));
        comma = T(",");
    }
    return text_format(&t->call->arena, "%.*s}", TEXT_ARG(out));
}

/* NOT_FOUND, as if it were not there at all; a key is turned away before that where only people may come. What is an administrator's
   is not there for anybody of either side. */
static long try_as(struct trial *t, const struct route *route, text credentials, bool key, text path)
{
    text where = text_format(&t->call->arena, "%s %s by a %s", methods[route->method], route->path, key ? "key" : "session");
    struct reply reply = ask(t, credentials, methods[route->method], path, body_for(t, route));

    if (reply.status != (key && (route->access == ACCESS_USER) ? 403 : 404))
        crossed(t, where, text_z(&t->call->arena, text_format(&t->call->arena, "it was answered with %ld", reply.status)));
    look_through(t, where, reply.body);
    return reply.status;
}

static bool is_tried(const struct route *route)
{
    return route->access != ACCESS_PUBLIC && route->access != ACCESS_OPERATOR;
}

static void try_route(struct trial *t, const struct route *route)
{
    text pattern = text_of(route->path), path = fill(t, &t->owner, pattern, TEXT_NONE), own, outer = pattern;
    long by_session, by_key;

    if (!path.ptr)
        return;
    by_session = try_as(t, route, t->stranger.token, false, path);
    by_key = route->access == ACCESS_KEY ? 0 : try_as(t, route, t->stranger.key, true, path);
    while (outer.len && !sample_for(outer)) /* up to the last id */
        outer.len--;
    if (ids_in(route->path) > 1 && outer.len) { /* one's own outer object does not lead to another's inner one */
        own = fill(t, &t->stranger, pattern, id_of(t, &t->owner, outer));
        if (own.ptr)
            try_as(t, route, t->stranger.token, false, own);
    }
    own = fill(t, &t->owner, pattern, NOWHERE); /* what is not there at all looks the same */
    if (own.ptr)
        try_as(t, route, t->owner.token, false, own);
    buffer_format(t->report, "%-6s %-58s session %ld  key %ld\n", methods[route->method], route->path, by_session, by_key);
}

/* Lists, searches, sums and overviews: whatever has no id in its path. */
static void try_list(struct trial *t, const struct route *route)
{
    bool searches = strstr(route->path, "search") != NULL;
    text path = searches ? text_format(&t->call->arena, "%s?q=%.*s", route->path, TEXT_ARG(t->owner.mark)) : text_of(route->path);
    bool person = route->access == ACCESS_USER || route->access == ACCESS_ADMIN;
    long expected = route->access == ACCESS_ADMIN ? 404 : 200;
    struct reply reply = ask(t, person ? t->stranger.token : t->stranger.key, "GET", path, TEXT_NONE);

    if (reply.status != expected)
        crossed(t, path, text_z(&t->call->arena, text_format(&t->call->arena, expected == 200 ? "it was answered with %ld, so it could not be tried" : "it was answered with %ld", reply.status)));
    look_through(t, path, reply.body);
    buffer_format(t->report, "%-6s %-58s %s %ld\n", "GET", route->path, person ? "session" : "key", reply.status);
}

static bool can_be_read(text path)
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            if (route->method == GET && route->access != ACCESS_ADMIN && text_equal(path, text_of(route->path)))
                return true;
    return false;
}

/* After all that trying, the owner's things are there and as they were. */
static void check_untouched(struct trial *t)
{
    for (size_t i = 0; i < t->owner.made_count; i++) {
        text path = can_be_read(t->owner.made[i].path) ? fill(t, &t->owner, t->owner.made[i].path, TEXT_NONE) : TEXT_NONE;
        struct reply reply = { 0 };

        if (!path.ptr)
            continue;
        reply = ask(t, t->owner.token, "GET", path, TEXT_NONE);
        if (reply.status != 200 || text_find(reply.body, T("taken-over")) != SIZE_MAX)
            crossed(t, t->owner.made[i].path, "it is not as its owner made it");
    }
}

/* A search that finds nothing proves nothing until there is something to find. */
static void await_documents(struct trial *t)
{
    struct reply reply = { 0 };

    for (int i = 0; i < 100; i++) {
        reply = ask(t, t->owner.key, "GET", text_format(&t->call->arena, "/api/knowledge/search?q=%.*s", TEXT_ARG(t->owner.mark)), TEXT_NONE);
        if (text_find(reply.body, t->owner.mark) != SIZE_MAX)
            return;
        clock_sleep(100 * MILLISECOND);
    }
    crossed(t, T("/api/knowledge/search"), "its owner does not find the document, so the search could not be tried");
}

static void each_route(struct trial *t, bool with_ids, void (*run)(struct trial *t, const struct route *route))
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            if (is_tried(route) && (with_ids ? ids_in(route->path) > 0 : route->method == GET && !strchr(route->path, ':')))
                run(t, route);
}

/* --- the whole --------------------------------------------------------------------------------------------------------------------------- */

static enum result try_all(struct trial *t)
{
    struct reply reply = ask(t, TEXT_NONE, "GET", T("/health"), TEXT_NONE);

    if (reply.status != 200)
        return no_part(t, "/health", &reply);
    TRY(open_side(t, &t->owner, "a"));
    TRY(open_side(t, &t->stranger, "b"));
    each_route(t, true, try_route);
    check_untouched(t);
    await_documents(t);
    each_route(t, false, try_list);
    return db_try_wall(t->call, t->stranger.organization, t->report, &t->sums.tables, &t->sums.crossed);
}

enum result selftest_isolation(struct call *call, text url, struct buffer *report, struct selftest_sums *ret_sums)
{
    struct trial *t = arena_new(&call->arena, struct trial);
    enum result result;

    *t = (struct trial){ .call = call, .url = url, .report = report, .curl = curl_easy_init() };
    result = try_all(t);
    if (!uuid_is_none(t->owner.organization))
        close_side(t, &t->owner);
    if (!uuid_is_none(t->stranger.organization))
        close_side(t, &t->stranger);
    curl_easy_cleanup(t->curl);
    *ret_sums = t->sums;
    return result;
}
