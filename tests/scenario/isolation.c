/*
 * Two organizations and every route with an id in its path: what belongs to one is NOT_FOUND to the other, whatever the
 * method and the credentials, and nothing of it is changed by trying. No list, search, sum or overview shows it either.
 *
 * What the features' suites call things are made once for each side; {mark} differs, and must never be seen across.
 */
#include "tests/scenario/world.h"

static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

static const struct thing *thing_for(text path)
{
    for (const struct suite *const *suite = feature_suites; *suite; suite++)
        for (const struct thing *thing = (*suite)->things; thing && thing->path; thing++)
            if (text_equal(path, text_of(thing->path)))
                return thing;
    return NULL;
}

static bool is_id(text segment)
{
    return text_equal(segment, T(":id")) || (text_starts(segment, T(":")) && text_ends(segment, T("_id")));
}

static const char *made_name(struct world *world, const char *who, text path)
{
    SCOPED(buffer) struct buffer out = { 0 };

    buffer_format(&out, "%s.", who);
    for (size_t i = 0; i < path.len; i++)
        buffer_char(&out, (path.ptr[i] >= 'a' && path.ptr[i] <= 'z') ? path.ptr[i] : '_');
    return text_z(world_arena(world), buffer_view(&out));
}

static text id_of(struct world *world, const char *who, text path);

/* The route's path with who's own ids in it; `last` instead of the last of them, when it is given. Absent: a thing is missing. */
static text fill(struct world *world, const char *who, text pattern, text last)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_slice(pattern, 1, pattern.len), walked;
    size_t last_at = 0;

    for (size_t i = 0; i + 1 < pattern.len; i++)
        if (pattern.ptr[i] == '/' && pattern.ptr[i + 1] == ':')
            last_at = i;
    while (rest.ptr) {
        text segment = text_cut(&rest, '/');
        size_t at = (size_t)(segment.ptr - pattern.ptr);

        walked = text_slice(pattern, 0, at + segment.len);
        if (!is_id(segment)) {
            buffer_format(&out, "/%.*s", TEXT_ARG(segment));
            continue;
        }
        segment = last.ptr && at == last_at + 1 ? last : id_of(world, who, walked);
        if (!segment.ptr)
            return TEXT_NONE;
        buffer_format(&out, "/%.*s", TEXT_ARG(segment));
    }
    return text_copy(world_arena(world), buffer_view(&out));
}

/* The id of who's thing at this path, made when it is the first time. */
static text id_of(struct world *world, const char *who, text path)
{
    const char *name = made_name(world, who, path);
    const struct thing *thing = thing_for(path);
    text target = text_of(thing ? thing->send : ""), method = text_cut(&target, ' ');
    struct answer answer;
    text id;

    if (kept(world, name).ptr)
        return kept(world, name);
    if (!expect(world, thing != NULL, "no suite says in its `things` how a %.*s is made", TEXT_ARG(path)))
        return TEXT_NONE;
    if (thing->after && !id_of(world, who, text_of(thing->after)).ptr)
        return TEXT_NONE;
    keep(world, "mark", text_format(world_arena(world), "only-for-the-%s", who));
    target = fill(world, who, target, TEXT_NONE);
    answer = ask(world, who, text_z(world_arena(world), text_format(world_arena(world), "%.*s %.*s", TEXT_ARG(method), TEXT_ARG(target))), thing->body, NULL);
    id = answer_member(world, &answer, thing->id);
    if (!expect_answer(world, &answer, answer.status < 300 && id.ptr, "a thing for %.*s is made", TEXT_ARG(path)))
        return TEXT_NONE;
    keep(world, name, id);
    return id;
}

/* --- bodies that get as far as the object --------------------------------------------------------------------------------------------- */

static const char *body_for(struct world *world, const struct route *route)
{
    SCOPED(buffer) struct buffer out = { 0 };
    const char *comma = "";

    if (route->method == GET || route->method == DELETE)
        return NULL;
    if (route->body.kind == BODY_RAW)
        return "{'title':'taken over','text':'taken over'}";
    buffer_char(&out, '{');
    for (const struct field *field = route->body.fields; field && field->type; field++) {
        bool renames = field->type == FIELD_TEXT && (strcmp(field->name, "name") == 0 || strcmp(field->name, "title") == 0);

        if (!field->required && !renames)
            continue;
        buffer_format(&out, "%s'%s':'taken-over'", comma, field->name);
        comma = ",";
    }
    buffer_char(&out, '}');
    return text_z(world_arena(world), buffer_view(&out));
}

/* --- trying ------------------------------------------------------------------------------------------------------------------------------- */

static void try_as(struct world *world, const struct route *route, const char *as, text path, const char *why)
{
    const char *send = text_z(world_arena(world), text_format(world_arena(world), "%s %.*s", methods[route->method], TEXT_ARG(path)));
    struct answer answer = ask(world, as, send, body_for(world, route), NULL);
    int wanted = route->access == ACCESS_USER && as && strncmp(as, "key", 3) == 0 ? 403 : 404;

    expect_answer(world, &answer, answer.status == wanted, "%s, so it answers %d", why, wanted);
    expect_answer(world, &answer, text_find(answer.body, T("only-for-the-")) == SIZE_MAX, "nothing of it is shown");
}

static size_t ids_in(const struct route *route)
{
    text rest = text_of(route->path);
    size_t count = 0;

    while (rest.ptr)
        count += is_id(text_cut(&rest, '/'));
    return count;
}

static void try_route(struct world *world, const struct route *route)
{
    text pattern = text_of(route->path), of_owner;

    if (!ids_in(route) || route->access == ACCESS_PUBLIC || route->access == ACCESS_OPERATOR)
        return;
    world_about(world, text_z(world_arena(world), text_format(world_arena(world), "%s %s", methods[route->method], route->path)));
    of_owner = fill(world, OWNER, pattern, TEXT_NONE);
    if (!of_owner.ptr)
        return;
    try_as(world, route, STRANGER, of_owner, "it belongs to another organization");
    if (ids_in(route) > 1) {
        text cut = pattern, last;

        for (cut = pattern; cut.len; cut.len--) /* back to where the last parameter ends */
            if ((cut.len == pattern.len || pattern.ptr[cut.len] == '/') && thing_for(cut))
                break;
        last = id_of(world, OWNER, cut);
        if (last.ptr)
            try_as(world, route, STRANGER, fill(world, STRANGER, pattern, last), "one's own outer object does not lead to another's inner one");
    }
    try_as(world, route, OWNER, fill(world, OWNER, pattern, T("01890000-0000-7000-8000-000000000000")), "there is no such thing");
}

/* After all that trying, the owner's things are there and as they were. */
static void check_untouched(struct world *world)
{
    for (const struct suite *const *suite = feature_suites; *suite; suite++)
        for (const struct thing *thing = (*suite)->things; thing && thing->path; thing++) {
            text path = fill(world, OWNER, text_of(thing->path), TEXT_NONE);
            struct answer answer;

            world_about(world, thing->path);
            if (!path.ptr || !route_for(GET, path))
                continue;
            answer = ask(world, OWNER, text_z(world_arena(world), text_format(world_arena(world), "GET %.*s", TEXT_ARG(path))), NULL, NULL);
            expect_answer(world, &answer, answer.status == 200, "it is still there");
            expect_answer(world, &answer, text_find(answer.body, T("taken-over")) == SIZE_MAX && text_find(answer.body, T("taken over")) == SIZE_MAX, "it is as it was");
            expect_answer(world, &answer, !thing->body || text_find(text_of(thing->body), T("{mark}")) == SIZE_MAX || text_find(answer.body, T("only-for-the-owner")) != SIZE_MAX,
                          "it is the owner's");
        }
}

/* Lists, sums and overviews: whatever has no id in its path. `?q=` for searches, which find nothing of the other side. */
static void check_lists(struct world *world)
{
    static const char *const stranger_key = "bearer {stranger.key}";
    struct answer answer = ask(world, STRANGER, "POST /api/keys",
                               "{'name':'all','scopes':['knowledge.read','conversations.read','usage.read','keys.manage','providers.manage','audit.read','gateway.use']}", NULL);

    keep(world, "stranger.key", answer_member(world, &answer, "data.key"));
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++) {
            const char *send = text_z(world_arena(world), text_format(world_arena(world), "GET %s%s", route->path, strstr(route->path, "search") ? "?q=only-for-the-owner+owner" : ""));
            const char *as = route->access == ACCESS_USER ? STRANGER : stranger_key;

            if (route->method != GET || strchr(route->path, ':') || route->access == ACCESS_PUBLIC || route->access == ACCESS_OPERATOR)
                continue;
            world_about(world, send);
            answer = ask(world, as, send, NULL, NULL);
            expect_answer(world, &answer, answer.status == 200, "it can be read");
            expect_answer(world, &answer, text_find(answer.body, T("only-for-the-owner")) == SIZE_MAX, "nothing of the other organization is in it");
            expect_answer(world, &answer, text_find(answer.body, kept(world, "owner.org")) == SIZE_MAX, "the other organization is not named");
            for (size_t i = 0; i < world->variable_count; i++)
                if (text_starts(world->variables[i].name, T("owner._")))
                    expect_answer(world, &answer, text_find(answer.body, world->variables[i].value) == SIZE_MAX, "no id of the other organization is in it");
        }
}

static void run(struct world *world)
{
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            try_route(world, route);
    check_untouched(world);
    check_lists(world);
}

const struct suite isolation_scenarios = { .run = run };
