/* Deletion of an organization: shut at once, restorable for 30 days, then gone. */
#include <unistd.h>

#include "tests/scenario/scenario.h"

static const struct scenario rows[] = {
    { "an administrator deletes nothing", .as = ADMIN, .send = "DELETE /api/orgs/{owner.org}", .body = "{'name':'The owner’s organization'}", .error = "FORBIDDEN" },
    { "nor a stranger", .as = STRANGER, .send = "DELETE /api/orgs/{owner.org}", .body = "{'name':'The owner’s organization'}", .error = "NOT_FOUND" },
    { "the name confirms it", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
    { "the right one", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}", .body = "{'name':'Something else'}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
    { "what is not deleted is not restored", .as = OWNER, .send = "POST /api/orgs/{owner.org}/restore", .error = "CONFLICT" },
    { "a file", .as = OWNER, .send = "POST /api/knowledge/documents", .body = "{'title':'x','text':'The bell rings at eight.'}", .status = 202, .keep = { "document=data.id" } },
    { "is ready", .as = OWNER, .send = "GET /api/knowledge/documents/{document}", .has = { "data.status=ready" }, .eventually = true },
    { "a role of its own", .as = OWNER, .send = "POST /api/orgs/{owner.org}/roles", .body = "{'name':'Odd','permissions':[]}", .status = 201 },
    { "is held", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}/members/{viewer.id}", .body = "{'role':'Odd'}" },
    { "and promised", .as = OWNER, .send = "POST /api/orgs/{owner.org}/invitations", .body = "{'email':'x@example.com','role':'Odd'}", .status = 201 },
    { "a key works", .as = KEY("usage.read"), .send = "GET /api/usage" },
    { "a browser too", .as = BROWSER, .send = "GET /api/auth/me" },
    { "it is deleted", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}", .body = "{'name':'The owner’s organization'}", .has = { "data.id={owner.org}", "data.deleted_at", "data.removed_at" } },
    { "its members are out", .as = ADMIN, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "its browsers", .as = BROWSER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "and its keys", .as = KEY("usage.read"), .send = "GET /api/usage", .error = "UNAUTHENTICATED" },
    { "who deleted it is elsewhere", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.organization.role=owner", "data.organizations#1" }, .hides = { "{owner.org}" } },
    { "it is not read", .as = OWNER, .send = "GET /api/orgs/{owner.org}", .error = "NOT_FOUND" },
    { "nor switched to", .as = OWNER, .send = "POST /api/orgs/{owner.org}/switch", .error = "NOT_FOUND" },
    { "but listed as deleted, for its owner", .as = OWNER, .send = "GET /api/orgs", .has = { "data#2", "data.0.id={owner.org}", "data.0.deleted_at" } },
    { "an administrator signs in elsewhere", .send = "POST /api/auth/login", .body = "{'email':'{admin.email}','password':'{admin.password}'}", .keep = { "admin.token=token" } },
    { "and does not see it", .as = ADMIN, .send = "GET /api/orgs", .hides = { "{owner.org}" } },
    { "nor restores it", .as = ADMIN, .send = "POST /api/orgs/{owner.org}/restore", .error = "NOT_FOUND" },
    { "its owner does", .as = OWNER, .send = "POST /api/orgs/{owner.org}/restore", .has = { "data.id={owner.org}" } },
    { "and switches to it", .as = OWNER, .send = "POST /api/orgs/{owner.org}/switch", .keep = { "owner.token=token" } },
    { "where all is as it was", .as = OWNER, .send = "GET /api/knowledge/documents/{document}", .has = { "data.status=ready" } },
    { "and noted", .as = OWNER, .send = "GET /api/audit?limit=10", .says = { "org.restored", "org.deleted" } },
    { "sessions that ended stay so", .as = BROWSER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "keys work again", .as = KEY("usage.read"), .send = "GET /api/usage" },
    { "it is deleted again", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}", .body = "{'name':'The owner’s organization'}" },
};

static bool has_files(struct world *world)
{
    const char *path = text_z(world_arena(world), text_format(world_arena(world), "%s/files/%.*s", world_dir(world), TEXT_ARG(kept(world, "owner.org"))));

    return access(path, F_OK) == 0;
}

static void run(struct world *world)
{
    const struct chore *purge = NULL;
    SCOPED(call) struct call call;
    SCOPED(system_scope) struct system_scope scope = { 0 };

    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct chore *const *chore = (*module)->chores; chore && *chore; chore++)
            if (strcmp((*chore)->name, "orgs.purge") == 0)
                purge = *chore;
    world_about(world, "what was deleted is gone after 30 days");
    expect(world, letter_to(world, "admin@example.com", "was deleted").ptr != NULL, "members are told");
    world_shift(world, 29 * DAY);
    call_open(&call, &world_app(world)->on);
    scope = system_scope_begin(&call, "test");
    expect(world, purge && purge->run(&call) == OK, "a day before, nothing is due");
    run_row(world, &(struct scenario){ "the owner signs in", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { "owner.token=token" } });
    run_row(world, &(struct scenario){ "it can still be restored", .as = OWNER, .send = "GET /api/orgs", .has = { "data#2" } });
    world_shift(world, 2 * DAY);
    run_row(world, &(struct scenario){ "a day after it cannot", .as = OWNER, .send = "POST /api/orgs/{owner.org}/restore", .error = "NOT_FOUND" });
    call.now = clock_now();
    expect(world, purge && purge->run(&call) == OK, "it is removed");
    expect(world, !has_files(world), "and its files are");
    run_row(world, &(struct scenario){ "nothing is left", .as = OWNER, .send = "GET /api/orgs", .has = { "data#1" }, .hides = { "{owner.org}" } });
}

const struct suite orgs_deletion_scenarios = { SCENARIOS(rows), .run = run };
