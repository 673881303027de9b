/*
 * Mass assignment: no body sets what is the server's to set. Every route that reads JSON is sent members that its table does not
 * have, and must name each of them; then the few that read one of these names on purpose are tried with values beyond the caller.
 *
 * Seen: with unknown members passed over in core/fields.c every route here answers otherwise (tests/security/defences.test.mjs).
 */
#include "tests/scenario/world.h"

static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH", "DELETE" };

/* What would change whose a thing is, what it may, or what it cost. */
static const char *const members[] = { "organization_id", "id", "user_id", "owner_id", "role", "role_id", "permissions", "scopes", "is_admin", "is_active", "email_verified", "password_hash",
                                       "token_hash", "created_at", "deleted_at", "key_hash", "cost_micros", "state", "current_organization", "__proto__", "constructor" };

static bool takes(const struct route *route, const char *name)
{
    for (const struct field *field = route->body.fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return true;
    return false;
}

static text path_of(struct world *world, const struct route *route)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = text_slice(text_of(route->path), 1, SIZE_MAX);

    while (rest.ptr) {
        text segment = text_cut(&rest, '/');

        buffer_format(&out, "/%.*s", TEXT_ARG(text_starts(segment, T(":")) ? kept(world, "owner.id") : segment));
    }
    return text_copy(world_arena(world), buffer_view(&out));
}

static void try_route(struct world *world, const struct route *route)
{
    for (size_t i = 0; i < COUNT(members); i++) {
        struct arena *arena = world_arena(world);
        const char *send = text_z(arena, text_format(arena, "%s %.*s", methods[route->method], TEXT_ARG(path_of(world, route))));
        const char *body = text_z(arena, text_format(arena, "{'%s':'{stranger.org}'}", members[i])), *named = text_z(arena, text_format(arena, "error.fields.%s", members[i]));
        struct answer answer;

        if (takes(route, members[i]))
            continue;
        answer = ask(world, route->access == ACCESS_PUBLIC ? NULL : route->access == ACCESS_ADMIN ? ROOT : OWNER, send, body, NULL);
        expect_answer(world, &answer, answer.status == 400 && answer_has(world, &answer, named), "%s refuses %s by name", send, members[i]);
    }
}

/* Names that some routes do take, beyond what the caller may give. */
static const struct scenario beyond[] = {
    { "an invitation to be owner", .as = ADMIN, .send = "POST /api/orgs/{owner.org}/invitations", .body = "{'email':'x@example.com','role':'owner'}", .status = 400 },
    { "a member makes themself admin", .as = MEMBER, .send = "PATCH /api/orgs/{owner.org}/members/{member.id}", .body = "{'role':'admin'}", .error = "FORBIDDEN" },
    { "an admin makes themself owner", .as = ADMIN, .send = "PATCH /api/orgs/{owner.org}/members/{admin.id}", .body = "{'role':'owner'}", .error = "FORBIDDEN" },
    { "a key beyond its maker", .as = MEMBER, .send = "POST /api/keys", .body = "{'name':'x','scopes':['members.manage']}", .error = "FORBIDDEN" },
    { "a key made by a key", .as = KEY("usage.read"), .send = "POST /api/keys", .body = "{'name':'x','scopes':['usage.read']}", .error = "FORBIDDEN" },
    { "a conversation over somebody's collection", .as = OWNER, .send = "POST /api/conversations", .body = "{'title':'x','collection_ids':['{stranger.org}']}", .error = "VALIDATION_ERROR" },
};

static void run(struct world *world)
{
    size_t tried = 0;

    kept(world, "owner.id");
    kept(world, "stranger.org");
    for (const struct module *const *module = world_app(world)->on.modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            if (route->body.kind == BODY_JSON && route->handler && route->access != ACCESS_OPERATOR) {
                world_about(world, route->path);
                try_route(world, route);
                tried++;
            }
    world_about(world, "the table of routes");
    expect(world, tried >= 20, "%zu routes read JSON", tried);
    for (size_t i = 0; i < COUNT(beyond); i++)
        run_row(world, &beyond[i]);
}

const struct suite assignment_scenarios = { .run = run };
