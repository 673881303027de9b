/*
 * Administrators of the installation: whom they see and shut out, organizations that they delete, and acting as somebody. Each row of
 * a race fails when the condition behind it is taken out.
 */
#include "tests/scenario/scenario.h"

#include "features/auth/auth.h"

#define LOGIN(who) .send = "POST /api/auth/login", .body = "{'email':'" who "@example.com','password':'{" who ".password}'}"
#define USER "/api/admin/users/"
#define SHUT .body = "{'is_active':false}"
#define OPEN .body = "{'is_active':true}"

static const struct scenario rows[] = {
    { "everybody is listed, newest first", .as = ROOT, .send = "GET /api/admin/users", .has = { "data.0.email=root@example.com", "data.0.is_admin=true", "data.0.is_active=true", "meta.total=1" } },
    { "an owner", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.is_admin=false", "data.impersonator!" } },
    { "and a member", .as = MEMBER, .send = "GET /api/auth/me" },
    { "found by a part of the address", .as = ROOT, .send = "GET /api/admin/users?q=MEMBER@", .has = { "data#1", "data.0.id={member.id}", "data.0.organization_count=2", "data.0.session_count=1", "meta.total=1" } },
    { "or of the name", .as = ROOT, .send = "GET /api/admin/users?q=the%20owner", .has = { "data#1" }, .hides = { "password_hash" } },
    { "one of them, with organizations", .as = ROOT, .send = "GET " USER "{member.id}", .has = { "data.email=member@example.com", "data.organizations#2", "data.organizations.1.id={owner.org}", "data.organizations.1.role=member" } },
    { "who is not there", .as = ROOT, .send = "GET " USER "{owner.org}", .error = "NOT_FOUND" },
    { "organizations with what is in them", .as = ROOT, .send = "GET /api/admin/orgs?q=owner", .has = { "data#1", "data.0.id={owner.org}", "data.0.member_count=2", "data.0.key_count=0", "data.0.document_count=0",
      "data.0.conversation_count=0", "data.0.deleted_at!" } },
    { "one of them", .as = ROOT, .send = "GET /api/admin/orgs/{owner.org}", .has = { "data.name=The owner’s organization" } },
    { "to somebody else they are not there", .as = OWNER, .send = "GET /api/admin/orgs/{owner.org}", .error = "NOT_FOUND" },

    { "a key of the member's, who may not make one as such", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}/members/{member.id}", .body = "{'role':'admin'}" },
    { "is made", .as = MEMBER, .send = "POST /api/keys", .body = "{'name':'theirs','scopes':['gateway.use','keys.manage','usage.read']}", .status = 201, .keep = { "key=data.key" } },
    { "and makes another", .as = BEARER("{key}"), .send = "POST /api/keys", .body = "{'name':'its own','scopes':['gateway.use']}", .status = 201, .keep = { "key2=data.key" } },
    { "both work", .as = BEARER("{key}"), .send = "GET /v1/models" },
    { "as it should", .as = BEARER("{key2}"), .send = "GET /v1/models" },
    { "a link to choose a new password", .send = "POST /api/auth/password/forgot", .body = "{'email':'member@example.com'}", .status = 202 },
    { "nothing asked, nothing changed", .as = ROOT, .send = "PATCH " USER "{member.id}", .body = "{}", .has = { "data.is_active=true" } },
    { "the account is shut", .as = ROOT, .send = "PATCH " USER "{member.id}", SHUT, .has = { "data.is_active=false", "data.session_count=0" } },
    { "again is the same", .as = ROOT, .send = "PATCH " USER "{member.id}", SHUT, .has = { "data.is_active=false" } },
    { "its session has ended", .as = MEMBER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "its keys sleep", .as = BEARER("{key}"), .send = "GET /v1/models", .status = 401 },
    { "and those that a key made", .as = BEARER("{key2}"), .send = "GET /v1/models", .status = 401 },
    { "it is answered like a wrong password", LOGIN("member"), .error = "INVALID_CREDENTIALS", .has = { "error.message=E-mail or password is wrong." }, .lacks = { "error.fields" } },
    { "its address is taken still", .send = "POST /api/auth/signup", .body = "{'name':'x','email':'member@example.com','password':'Gantry-9-Kestrel'}", .error = "CONFLICT" },
    { "it is on record where they are at home", .as = OWNER, .send = "GET /api/admin/users", .error = "NOT_FOUND" },
    { "and where the administrator is", .as = ROOT, .send = "GET /api/audit?action=account.deactivated", .has = { "data#1", "data.0.target=member@example.com", "data.0.actor_id={root.id}" } },
};

/* --- shut ------------------------------------------------------------------------------------------------------------------ */

static void links_do_not_open(struct world *world)
{
    keep(world, "reset", letter_token(world, "member@example.com", "?token="));
    ROWS_OF(world, { "a link that was sent before opens nothing", .send = "POST /api/auth/password/reset", .body = "{'token':'{reset}','password':'Mortar-Lantern-88'}", .error = "VALIDATION_ERROR" },
            { "nor is one sent now", .send = "POST /api/auth/password/forgot", .body = "{'email':'member@example.com'}", .status = 202 },
            { "it is opened again", .as = ROOT, .send = "PATCH " USER "{member.id}", OPEN, .has = { "data.is_active=true" } },
            { "and the link does not wake up", .send = "POST /api/auth/password/reset", .body = "{'token':'{reset}','password':'Mortar-Lantern-88'}", .error = "VALIDATION_ERROR" },
            { "the former session stays ended", .as = MEMBER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "the password is as it was", LOGIN("member"), .keep = { "member.token=token" } }, { "the keys wake up", .as = BEARER("{key}"), .send = "GET /v1/models" },
            { "all of them", .as = BEARER("{key2}"), .send = "GET /v1/models" });
}

/* One is signed out everywhere, and may come again. */
static void signed_out(struct world *world)
{
    ROWS_OF(world, { "signed out by an administrator", .as = ROOT, .send = "POST " USER "{member.id}/sign-out" }, { "at once", .as = MEMBER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "who may come again", LOGIN("member"), .keep = { "member.token=token" } });
}

/* --- the last administrator ------------------------------------------------------------------------------------------------- */

static void last_one(struct world *world)
{
    ROWS_OF(world, { "the last administrator stays one", .as = ROOT, .send = "PATCH " USER "{root.id}", .body = "{'is_admin':false}", .error = "CONFLICT" },
            { "and active", .as = ROOT, .send = "PATCH " USER "{root.id}", SHUT, .error = "CONFLICT" }, { "and there", .as = ROOT, .send = "DELETE " USER "{root.id}", .error = "CONFLICT" },
            { "also by themselves", .as = ROOT, .send = "DELETE /api/auth/me", .body = "{'current_password':'{root.password}'}", .error = "CONFLICT" },
            { "another one is made", .as = ROOT, .send = "PATCH " USER "{stranger.id}", .body = "{'is_admin':true}", .has = { "data.is_admin=true" } },
            { "at once", .as = STRANGER, .send = "GET /api/admin/users" }, { "and unmade", .as = ROOT, .send = "PATCH " USER "{stranger.id}", .body = "{'is_admin':false}", .has = { "data.is_admin=false" } },
            { "at once too", .as = STRANGER, .send = "GET /api/admin/users", .error = "NOT_FOUND" });
}

/* Two are left, and each revokes the other and themselves, all at once. (Seen: with other_admin taken out of account_set_admin there is
   none in the end.) */
static void last_two_meet(struct world *world)
{
    struct at_once asked[20];

    for (int round = 0; round < 3; round++) {
        size_t through;
        struct answer root, stranger;

        ROWS_OF(world, { "two administrators", .as = ROOT, .send = "PATCH " USER "{stranger.id}", .body = "{'is_admin':true}", .has = { "data.is_admin=true" } });
        world_about(world, "the last two administrators revoke each other");
        for (size_t i = 0; i < COUNT(asked); i++)
            asked[i] = (struct at_once){ .as = i % 2 ? ROOT : STRANGER, .send = (i + (size_t)round) % 3 ? (i % 2 ? "PATCH " USER "{root.id}" : "PATCH " USER "{stranger.id}")
                                                                                                        : (i % 2 ? "PATCH " USER "{stranger.id}" : "PATCH " USER "{root.id}"), .body = "{'is_admin':false}" };
        ask_at_once(world, asked, COUNT(asked));
        through = answered_with(asked, COUNT(asked), 200);
        root = ask(world, ROOT, "GET /api/admin/users", NULL, NULL);
        stranger = ask(world, STRANGER, "GET /api/admin/users", NULL, NULL);
        expect(world, answered_with(asked, COUNT(asked), 500) == 0 && through >= 1, "it is done and nothing went wrong");
        expect(world, (root.status == 200) + (stranger.status == 200) == 1, "one is left: %d and %d", root.status, stranger.status);
        if (stranger.status == 200)
            ROWS_OF(world, { "the first one again", .as = STRANGER, .send = "PATCH " USER "{root.id}", .body = "{'is_admin':true}", .has = { "data.is_admin=true" } },
                    { "and the only one", .as = ROOT, .send = "PATCH " USER "{stranger.id}", .body = "{'is_admin':false}" });
    }
}

/* --- organizations ------------------------------------------------------------------------------------------------------------ */

static void organizations(struct world *world)
{
    ROWS_OF(world, { "an organization is deleted", .as = ROOT, .send = "DELETE /api/admin/orgs/{stranger.org}", .has = { "data.deleted_at", "data.deleted_by_admin=true" } },
            { "once", .as = ROOT, .send = "DELETE /api/admin/orgs/{stranger.org}", .error = "CONFLICT" }, { "nobody is in it any more", .as = STRANGER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "its owner comes to another", LOGIN("stranger"), .keep = { "stranger.token=token" } },
            { "and cannot undo it", .as = STRANGER, .send = "POST /api/orgs/{stranger.org}/restore", .error = "FORBIDDEN" },
            { "an administrator can", .as = ROOT, .send = "POST /api/admin/orgs/{stranger.org}/restore", .has = { "data.deleted_at!", "data.deleted_by_admin=false" } },
            { "once", .as = ROOT, .send = "POST /api/admin/orgs/{stranger.org}/restore", .error = "CONFLICT" },
            { "it is its owner's again", .as = STRANGER, .send = "POST /api/orgs/{stranger.org}/switch", .keep = { "stranger.token=token" } },
            { "who reads who did it", .as = STRANGER, .send = "GET /api/audit?action=org.deleted", .has = { "data#1", "data.0.actor_name=The root" }, .hides = { "127.0.0.1" } });
    expect(world, letter_to(world, "stranger@example.com", "an administrator can restore it").ptr != NULL, "its members are told");
}

/* --- acting as somebody ---------------------------------------------------------------------------------------------------------- */

#define AS_MEMBER .send = "POST " USER "{member.id}/impersonate"

static void refused_to_another_hand(struct world *world)
{
    static const char *const sends[] = {
        "POST /api/auth/refresh", "POST /api/auth/password", "POST /api/auth/email", "DELETE /api/auth/me", "GET /api/auth/me/export", "POST /api/orgs/{owner.org}/switch", "DELETE /api/orgs/{owner.org}",
        "POST /api/orgs/{owner.org}/transfer", "POST /api/orgs/{owner.org}/leave", "PATCH /api/orgs/{owner.org}/members/{owner.id}", "POST /api/orgs/{owner.org}/invitations", "POST /api/keys",
    };

    world_about(world, "what only the person may do");
    for (size_t i = 0; i < COUNT(sends); i++) {
        struct answer answer = ask(world, BEARER("{acting}"), sends[i], NULL, NULL);

        expect_answer(world, &answer, answer.status == 403 && answer_has(world, &answer, "error.message~acts for somebody else"), "%s is refused", sends[i]);
    }
}

static void acting(struct world *world)
{
    ROWS_OF(world, { "a reason is given", .as = ROOT, AS_MEMBER, .body = "{}", .error = "VALIDATION_ERROR", .has = { "error.fields.reason" } },
            { "and an organization of theirs", .as = ROOT, AS_MEMBER, .body = "{'reason':'x','organization_id':'{stranger.org}'}", .error = "VALIDATION_ERROR", .has = { "error.fields.organization_id" } },
            { "nobody else can", .as = OWNER, AS_MEMBER, .body = "{'reason':'x'}", .error = "NOT_FOUND" },
            { "not as an administrator", .as = ROOT, .send = "POST " USER "{root.id}/impersonate", .body = "{'reason':'x'}", .error = "FORBIDDEN" },
            { "an administrator acts as a member", .as = ROOT, AS_MEMBER, .body = "{'reason':'Ticket 17','organization_id':'{owner.org}'}", .status = 201, .has = { "user.id={member.id}", "token" }, .keep = { "acting=token" } },
            { "and it is seen", .as = BEARER("{acting}"), .send = "GET /api/auth/me", .has = { "data.user.id={member.id}", "data.organization.id={owner.org}", "data.impersonator.id={root.id}", "data.impersonator.name=The root" } },
            { "the person sees it too", .as = MEMBER, .send = "GET /api/auth/sessions", .says = { "\"impersonator\":{\"id\":\"{root.id}\",\"name\":\"The root\"}", "\"impersonator\":null" } },
            { "what is done bears both names", .as = BEARER("{acting}"), .send = "POST /api/orgs/{owner.org}/roles", .body = "{'name':'By another hand','permissions':[]}", .status = 201 },
            { "in the log", .as = OWNER, .send = "GET /api/audit?limit=1", .has = { "data.0.actor_id={member.id}", "data.0.impersonator_id={root.id}", "data.0.impersonator_name=The root" } },
            { "which says when it began, and why", .as = OWNER, .send = "GET /api/audit?action=impersonation.began", .has = { "data#1", "data.0.actor_id={root.id}", "data.0.detail.reason=Ticket 17" } },
            { "an administrator it is not", .as = BEARER("{acting}"), .send = "GET /api/admin/users", .error = "NOT_FOUND" });
    expect(world, letter_to(world, "member@example.com", "Ticket 17").ptr != NULL, "the person is told");
    refused_to_another_hand(world);
    ROWS_OF(world, { "it is ended", .as = BEARER("{acting}"), .send = "POST /api/auth/impersonation/end" }, { "once", .as = BEARER("{acting}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "the person's own goes on", .as = MEMBER, .send = "GET /api/auth/me" }, { "which is nobody else's", .as = MEMBER, .send = "POST /api/auth/impersonation/end", .error = "CONFLICT" },
            { "a browser's session", .send = "POST /api/auth/login", .body = "{'email':'root@example.com','password':'{root.password}','session':'cookie'}", .keep = { "own=@cookie" } },
            { "needs its token", .as = COOKIE("{own}"), .send = "GET /api/csrf-token", .keep = { "csrf=data.csrf_token" } },
            { "and is given up", .as = COOKIE("{own}"), .headers = "X-CSRF-Token: {csrf}", AS_MEMBER, .body = "{'reason':'Ticket 18','session':'cookie'}", .status = 201, .lacks = { "token" },
              .heads = { "Set-Cookie: tenon_session=" }, .keep = { "acting=@cookie" } },
            { "by it", .as = COOKIE("{own}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" }, { "for the other", .as = COOKIE("{acting}"), .send = "GET /api/auth/me", .has = { "data.impersonator.id={root.id}" } });
}

/* The hour, and whatever takes the administrator's place away. */
static void acting_ends(struct world *world)
{
    ROWS_OF(world, { "one more", .as = ROOT, AS_MEMBER, .body = "{'reason':'x'}", .status = 201, .keep = { "acting=token" } }, { "for an hour", .as = BEARER("{acting}"), .send = "GET /api/auth/me", .later = 59 * MINUTE },
            { "and no longer", .as = BEARER("{acting}"), .send = "GET /api/auth/me", .later = 2 * MINUTE, .error = "UNAUTHENTICATED" },
            { "the administrator shows anew who they are", LOGIN("root"), .keep = { "root.token=token" } }, { "another administrator", .as = ROOT, .send = "PATCH " USER "{stranger.id}", .body = "{'is_admin':true}" },
            { "who signs in", LOGIN("stranger"), .keep = { "stranger.token=token" } }, { "acts", .as = STRANGER, AS_MEMBER, .body = "{'reason':'x'}", .status = 201, .keep = { "acting=token" } },
            { "and is one no more", .as = ROOT, .send = "PATCH " USER "{stranger.id}", .body = "{'is_admin':false}" },
            { "so it has ended", .as = BEARER("{acting}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "who is made one", .as = ROOT, AS_MEMBER, .body = "{'reason':'x'}", .status = 201, .keep = { "acting=token" } },
            { "while somebody acts as them", .as = ROOT, .send = "PATCH " USER "{member.id}", .body = "{'is_admin':true}" },
            { "gives that hand nothing", .as = BEARER("{acting}"), .send = "GET /api/admin/users", .error = "NOT_FOUND" },
            { "and is unmade", .as = ROOT, .send = "PATCH " USER "{member.id}", .body = "{'is_admin':false}" },
            { "an account that is shut", .as = ROOT, .send = "PATCH " USER "{stranger.id}", SHUT }, { "is nobody's to act as", .as = ROOT, .send = "POST " USER "{stranger.id}/impersonate", .body = "{'reason':'x'}", .error = "CONFLICT" },
            { "it is opened", .as = ROOT, .send = "PATCH " USER "{stranger.id}", OPEN }, { "and comes again", LOGIN("stranger"), .keep = { "stranger.token=token" } });
}

/* --- gone ------------------------------------------------------------------------------------------------------------------------ */

static void deleted(struct world *world)
{
    ROWS_OF(world, { "an owner with members is not deleted", .as = ROOT, .send = "DELETE " USER "{owner.id}", .error = "CONFLICT", .has = { "error.fields.organizations.0=The owner’s organization" } },
            { "a member is", .as = ROOT, .send = "DELETE " USER "{member.id}" }, { "once", .as = ROOT, .send = "DELETE " USER "{member.id}", .error = "NOT_FOUND" },
            { "nobody gets in with it", LOGIN("member"), .error = "INVALID_CREDENTIALS" }, { "nor by a session", .as = MEMBER, .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "nor by a key", .as = BEARER("{key}"), .send = "GET /v1/models", .status = 401 }, { "nor by one that a key made", .as = BEARER("{key2}"), .send = "GET /v1/models", .status = 401 },
            { "where they were it is on record", .as = OWNER, .send = "GET /api/audit?action=member.account_deleted", .has = { "data#1", "data.0.target=member@example.com" } },
            { "what was theirs alone can be restored by nobody else", .as = ROOT, .send = "GET /api/admin/orgs?q=the%20member", .has = { "data#1", "data.0.deleted_at", "data.0.member_count=0" } });
    expect(world, letter_to(world, "member@example.com", "Your account was deleted").ptr != NULL, "they are told");
}

static void run(struct world *world)
{
    links_do_not_open(world);
    signed_out(world);
    last_one(world);
    last_two_meet(world);
    organizations(world);
    acting(world);
    acting_ends(world);
    deleted(world);
}

const struct suite admin_scenarios = { SCENARIOS(rows), .run = run };
