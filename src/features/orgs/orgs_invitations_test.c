/* Invitations: by letter, for one address, once. (Seen: without the check of the address, of the inviter, of the time, a row here fails.) */
#include "tests/scenario/scenario.h"

#define INVITATIONS "/api/orgs/{owner.org}/invitations"
#define LINK "/invitation?token="

static const struct scenario rows[] = {
    { "there are none", .as = OWNER, .send = "GET " INVITATIONS, .has = { "data#0", "meta.total=0" } },
    { "somebody is invited", .as = ADMIN, .send = "POST " INVITATIONS, .body = "{'email':'Stranger@Example.com','role':'member'}", .status = 201,
      .has = { "data.email=stranger@example.com", "data.role=member", "data.invited_by=The admin", "data.expired=false", "data.expires_at" }, .lacks = { "data.token" },
      .keep = { "invited=data.id" }, .audit = "invitation.created stranger@example.com" },
    { "it is listed", .as = OWNER, .send = "GET " INVITATIONS, .has = { "data#1", "data.0.id={invited}" } },
    { "and read", .as = OWNER, .send = "GET " INVITATIONS "/{invited}", .has = { "data.email=stranger@example.com" } },
    { "not by members", .as = MEMBER, .send = "GET " INVITATIONS, .error = "FORBIDDEN" },
    { "nor strangers", .as = STRANGER, .send = "GET " INVITATIONS "/{invited}", .error = "NOT_FOUND" },
    { "an address is invited once", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'STRANGER@example.com','role':'viewer'}", .error = "CONFLICT", .says = { "again" } },
    { "a member is not invited", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'Admin@example.com','role':'viewer'}", .error = "CONFLICT", .says = { "member already" } },
    { "nobody is invited as an owner", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'x@example.com','role':'owner'}", .error = "VALIDATION_ERROR", .has = { "error.fields.role" } },
    { "an address is one", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'x@example.com\\\\r\\\\nBcc: y@example.com','role':'viewer'}", .error = "VALIDATION_ERROR",
      .has = { "error.fields.email" } },
    { "a key invites nobody", .as = KEY("members.manage"), .send = "POST " INVITATIONS, .body = "{'email':'x@example.com','role':'viewer'}", .error = "FORBIDDEN" },
    { "a token is none", .send = "POST /api/invitations/preview", .body = "{'token':'nonsense'}", .error = "NOT_FOUND" },
    { "also signed in", .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'nonsense'}", .error = "NOT_FOUND" },
};

#define RUN(...) run_row(world, &(struct scenario){ __VA_ARGS__ })

static void keep_token(struct world *world, const char *name, const char *address)
{
    keep(world, name, letter_token(world, address, LINK));
}

/* The letter after the one that `last` was in: it is sent a moment later. */
static void keep_next_token(struct world *world, const char *last, const char *name)
{
    for (int64_t until = clock_ticks() + 10 * SECOND; clock_ticks() < until;) {
        keep_token(world, name, "stranger@example.com");
        if (!text_equal(kept(world, name), kept(world, last)))
            return;
        clock_sleep(5 * MILLISECOND);
    }
    expect(world, false, "another letter comes after the %s", last);
}

/* Who has no account yet begins in the organization that invited them. */
static void sign_up_invited(struct world *world)
{
    RUN("somebody new is invited", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'novice@example.com','role':'viewer'}", .status = 201);
    keep_token(world, "novice", "novice@example.com");
    RUN("another address does not take it up", .send = "POST /api/auth/signup", .body = "{'name':'The thief','email':'thief@example.com','password':'Gantry-9-Kestrel','invitation':'{novice}'}",
        .error = "VALIDATION_ERROR", .has = { "error.fields.invitation" });
    RUN("and has no account", .send = "POST /api/auth/login", .body = "{'email':'thief@example.com','password':'Gantry-9-Kestrel'}", .error = "INVALID_CREDENTIALS");
    RUN("the one invited does", .send = "POST /api/auth/signup", .body = "{'name':'The novice','email':'novice@example.com','password':'Gantry-9-Kestrel','invitation':'{novice}'}", .status = 201,
        .has = { "user.email_verified=true" }, .keep = { "novice.token=token" });
    RUN("and begins there", .as = BEARER("{novice.token}"), .send = "GET /api/auth/me", .has = { "data.organization.id={owner.org}", "data.organizations#1" });
    RUN("as a viewer", .as = BEARER("{novice.token}"), .send = "POST /api/knowledge/documents", .body = "{'title':'x','text':'y'}", .error = "FORBIDDEN");
}

static void take_up(struct world *world)
{
    keep_token(world, "first", "stranger@example.com");
    RUN("it is in the outbox, where mail is not sent", .send = "GET /api/outbox", .says = { "The admin invites you to" },
        .keep = { "letter=data.0.id" });
    RUN("as a whole", .send = "GET /api/outbox/{letter}", .has = { "data.message" });
    RUN("the letter's token says what it is to", .send = "POST /api/invitations/preview", .body = "{'token':'{first}'}",
        .has = { "data.email=stranger@example.com", "data.role=member", "data.organization", "data.invited_by=The admin" }, .hides = { "{owner.org}", "{owner.id}" });
    RUN("somebody else cannot use it", .as = VIEWER, .send = "POST /api/invitations/accept", .body = "{'token':'{first}'}", .error = "FORBIDDEN", .says = { "another address" });
    RUN("it is sent again", .as = OWNER, .send = "POST " INVITATIONS "/{invited}/resend", .has = { "data.invited_by=The owner" }, .audit = "invitation.resent stranger@example.com");
    RUN("which kills the first link", .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'{first}'}", .error = "NOT_FOUND");
    keep_next_token(world, "first", "second");
    RUN("the second opens", .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'{second}'}", .has = { "data.id={owner.org}", "data.role=member" });
    RUN("which the organization's log has", .as = OWNER, .send = "GET /api/audit?limit=1&action=invitation.accepted", .has = { "data.0.action=invitation.accepted", "data.0.actor_id={stranger.id}" });
    RUN("joining is not switching", .as = STRANGER, .send = "GET /api/auth/me", .has = { "data.organization.id={stranger.org}", "data.organizations#2" });
    RUN("once", .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'{second}'}", .error = "NOT_FOUND");
    RUN("nor shown", .send = "POST /api/invitations/preview", .body = "{'token':'{second}'}", .error = "NOT_FOUND");
    RUN("it is no longer open", .as = OWNER, .send = "GET " INVITATIONS, .has = { "data#0" });
    RUN("the member is there", .as = OWNER, .send = "GET /api/orgs/{owner.org}/members/{stranger.id}", .has = { "data.role=member" });
}

static void come_to_nothing(struct world *world)
{
    RUN("one leaves again", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}/members/{stranger.id}");
    RUN("is invited", .as = ADMIN, .send = "POST " INVITATIONS, .body = "{'email':'stranger@example.com','role':'viewer'}", .status = 201, .keep = { "invited=data.id" });
    keep_next_token(world, "second", "third");
    RUN("whose inviter is no administrator any more", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}/members/{admin.id}", .body = "{'role':'member'}");
    RUN("so it is worth nothing", .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'{third}'}", .error = "NOT_FOUND");
    RUN("until they are", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}/members/{admin.id}", .body = "{'role':'admin'}");
    RUN("a stranger does not withdraw it", .as = STRANGER, .send = "DELETE " INVITATIONS "/{invited}", .error = "NOT_FOUND");
    RUN("nor who may do less than the role it gives", .as = KEY("members.manage"), .send = "DELETE " INVITATIONS "/{invited}", .error = "FORBIDDEN");
    RUN("it is withdrawn", .as = OWNER, .send = "DELETE " INVITATIONS "/{invited}", .audit = "invitation.withdrawn stranger@example.com");
    RUN("and opens nothing", .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'{third}'}", .error = "NOT_FOUND");
}

/* Who comes back comes with nothing from before. (Seen: with the removal ending no session, the old token is alive again.) */
static void come_back(struct world *world)
{
    RUN("a member", .as = MEMBER, .send = "GET /api/auth/me", .has = { "data.organization.id={owner.org}" });
    keep(world, "old", kept(world, "member.token"));
    RUN("is removed", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}/members/{member.id}");
    RUN("invited", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'member@example.com','role':'member'}", .status = 201);
    keep_token(world, "back", "member@example.com");
    RUN("signs in", .send = "POST /api/auth/login", .body = "{'email':'{member.email}','password':'{member.password}'}", .keep = { "member.token=token" });
    RUN("and is back", .as = MEMBER, .send = "POST /api/invitations/accept", .body = "{'token':'{back}'}", .has = { "data.id={owner.org}" });
    RUN("the old session is not", .as = BEARER("{old}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED");
}

static void meet(struct world *world)
{
    struct at_once asked[50];

    RUN("once more", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'stranger@example.com','role':'viewer'}", .status = 201, .keep = { "invited=data.id" });
    keep_next_token(world, "third", "fourth");
    for (size_t i = 0; i < COUNT(asked); i++)
        asked[i] = (struct at_once){ .as = STRANGER, .send = "POST /api/invitations/accept", .body = "{'token':'{fourth}'}" };
    world_about(world, "50 bring one invitation at the same moment");
    ask_at_once(world, asked, COUNT(asked));
    expect(world, answered_with(asked, COUNT(asked), 200) == 1, "one succeeds, not %zu", answered_with(asked, COUNT(asked), 200));
    expect(world, answered_with(asked, COUNT(asked), 500) == 0, "nothing went wrong");
}

static void expire(struct world *world)
{
    RUN("out again", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}/members/{stranger.id}");
    RUN("the last one", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'late@example.com','role':'viewer'}", .status = 201, .keep = { "invited=data.id" });
    keep_token(world, "late", "late@example.com");
    world_shift(world, 7 * DAY + MINUTE);
    RUN("after a week it is over", .send = "POST /api/invitations/preview", .body = "{'token':'{late}'}", .error = "NOT_FOUND");
    RUN("somebody signs in", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { "owner.token=token" });
    RUN("which is seen", .as = OWNER, .send = "GET " INVITATIONS "/{invited}", .has = { "data.expired=true" });
    RUN("and the address invited anew", .as = OWNER, .send = "POST " INVITATIONS, .body = "{'email':'late@example.com','role':'viewer'}", .status = 201);
    RUN("instead of it", .as = OWNER, .send = "GET " INVITATIONS, .has = { "data#1" });
}

static void run(struct world *world)
{
    sign_up_invited(world);
    take_up(world);
    come_to_nothing(world);
    come_back(world);
    RUN("they sign in anew", .send = "POST /api/auth/login", .body = "{'email':'{stranger.email}','password':'{stranger.password}'}", .keep = { "stranger.token=token" });
    meet(world);
    expire(world);
}

const struct suite orgs_invitations_scenarios = { SCENARIOS(rows), .run = run };
