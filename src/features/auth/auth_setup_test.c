/* The first administrator, made by the link that is shown at the start of an installation without accounts. */
#include "features/auth/auth.h"
#include "tests/scenario/scenario.h"

#define SETUP .send = "POST /api/admin/setup"

/* The link, or nothing. */
static text link_now(struct world *world)
{
    struct call call;
    text link = TEXT_NONE;

    call_open(&call, &world_app(world)->on);
    expect(world, setup_link(&call, &link) == OK, "it can be asked for");
    link = link.len ? text_copy(world_arena(world), link) : TEXT_NONE;
    call_close(&call);
    return link;
}

static void keep_token(struct world *world, const char *name)
{
    text link = link_now(world);
    size_t at = text_find(link, T("/setup?token="));

    if (expect(world, at != SIZE_MAX, "a link is shown: %.*s", TEXT_ARG(link)))
        keep(world, name, text_slice(link, at + 13, link.len));
}

static const struct scenario refused[] = {
    { "a link that is none", SETUP, .body = "{'token':'nothing','name':'Root','email':'root@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.token" } },
    { "a weak password", SETUP, .body = "{'token':'{token}','name':'Root','email':'root@example.com','password':'short'}", .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
    { "no address", SETUP, .body = "{'token':'{token}','name':'Root','email':'root','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR", .has = { "error.fields.email" } },
    { "an account is no administrator", .send = "POST /api/auth/signup", .body = "{'name':'Early','email':'early@example.com','password':'Gantry-9-Kestrel'}", .status = 201,
      .has = { "user.is_admin=false" }, .keep = { "early=token" } },
    { "a link after a day", SETUP, .later = 25 * HOUR, .body = "{'token':'{token}','name':'Root','email':'root@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.token" } },
};

/* Fifty people, two links, one administrator. (Seen: with any_admin and the statement's own look for one taken out there are two.) */
static void meet(struct world *world)
{
    struct at_once asked[50];
    struct answer answer;

    world_about(world, "fifty bring a link at once");
    for (size_t i = 0; i < COUNT(asked); i++)
        asked[i] = (struct at_once){ .send = "POST /api/admin/setup", .body = text_z(world_arena(world), text_format(world_arena(world),
                                     "{'token':'{%s}','name':'Root','email':'root%zu@example.com','password':'Gantry-9-Kestrel'}", i % 2 ? "first" : "second", i)) };
    ask_at_once(world, asked, COUNT(asked));
    expect(world, answered_with(asked, COUNT(asked), 201) == 1 && answered_with(asked, COUNT(asked), 400) == 49, "one gets through, not %zu", answered_with(asked, COUNT(asked), 201));
    for (size_t i = 0; i < COUNT(asked); i++)
        if (asked[i].status == 201)
            keep(world, "who", text_format(world_arena(world), "root%zu@example.com", i));
    answer = ask(world, NULL, "POST /api/auth/login", "{'email':'{who}','password':'Gantry-9-Kestrel'}", NULL);
    expect_answer(world, &answer, answer_has(world, &answer, "user.is_admin=true") && answer_has(world, &answer, "user.email_verified=true"), "who is an administrator");
    keep(world, "root", answer_member(world, &answer, "token"));
    answer = ask(world, BEARER("{root}"), "GET /api/admin/users", NULL, NULL);
    expect_answer(world, &answer, answer_has(world, &answer, "meta.total=1"), "and the only account");
}

static void run(struct world *world)
{
    static const struct scenario after[] = {
        { "the other link is void too", SETUP, .body = "{'token':'{first}','name':'Root','email':'late@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR" },
        { "and its fellow", SETUP, .body = "{'token':'{second}','name':'Root','email':'late@example.com','password':'Gantry-9-Kestrel'}", .error = "VALIDATION_ERROR" },
    };

    world_about(world, "nobody has an account");
    keep_token(world, "first");
    keep_token(world, "second"); /* of another start, or another instance */
    meet(world);
    run_rows(world, after, COUNT(after));
    world_about(world, "somebody has");
    expect(world, !link_now(world).ptr, "no link is shown");
}

const struct suite auth_setup_scenarios = { .run = run };

/* --- links that are not used, and addresses that are named --------------------------------------------------------------------- */

static const struct scenario named[] = {
    { "an address that is named is not verified yet", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.is_admin=false" } },
    { "so it lets nobody in", .as = OWNER, .send = "GET /api/admin/users", .error = "NOT_FOUND" },
    { "it is verified", .send = "POST /api/auth/email/verify", .body = "{'token':'{verify}'}" },
    { "and is an administrator's", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.is_admin=true" } },
    { "who sees that", .as = OWNER, .send = "GET /api/admin/users?q=owner@", .has = { "data.0.is_admin=true" } },
    { "it cannot be taken from them here", .as = OWNER, .send = "PATCH /api/admin/users/{owner.id}", .body = "{'is_admin':false}", .error = "CONFLICT" },
    { "nor can the last one be shut out", .as = OWNER, .send = "PATCH /api/admin/users/{owner.id}", .body = "{'is_active':false}", .error = "CONFLICT" },
    { "a second one", .as = OWNER, .send = "PATCH /api/admin/users/{stranger.id}", .body = "{'is_admin':true}" },
    { "may go, for there is the other", .as = STRANGER, .send = "PATCH /api/admin/users/{stranger.id}", .body = "{'is_admin':false}" },
    { "another address", .as = OWNER, .send = "POST /api/auth/email", .body = "{'email':'elsewhere@example.com','current_password':'{owner.password}'}", .status = 202 },
};

static const struct scenario moved[] = {
    { "is moved to", .send = "POST /api/auth/email/verify", .body = "{'token':'{move}'}" },
    { "and is nobody's that is named", .as = OWNER, .send = "GET /api/admin/users", .error = "NOT_FOUND" },
};

static void run_named(struct world *world)
{
    world_about(world, "a link that is not used");
    keep_token(world, "token");
    run_rows(world, refused, COUNT(refused));
    world_about(world, "ADMIN_EMAILS");
    kept(world, "owner.id");
    kept(world, "stranger.id");
    keep(world, "verify", letter_token(world, "owner@example.com", "/verify?token="));
    run_rows(world, named, COUNT(named));
    keep(world, "move", letter_token(world, "elsewhere@example.com", "/verify?token="));
    run_rows(world, moved, COUNT(moved));
}

static const char *const options[] = { "ADMIN_EMAILS", "somebody@example.com, Owner@Example.com", NULL };
const struct suite named_admins_scenarios = { .run = run_named, .config = options };
