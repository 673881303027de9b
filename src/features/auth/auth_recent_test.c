/*
 * What wants a recent proof of who asks: each such route refuses a session that has not shown it for ten minutes, and takes it
 * after an answer to the challenge. Without the line of the gate that asks (http/gate.c, after_limit) every row of `refused` is
 * answered otherwise; without the comparison of sessions in prove_session those of `anothers` are answered with 200.
 */
#include "tests/scenario/factors.h"

#define VERIFY(answer) .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'{challenge}'," answer "}"
#define NOT_GOOD .error = "VALIDATION_ERROR", .has = { "error.fields.challenge" }
#define MAKE_KEY .send = "POST /api/keys", .body = "{'name':'x'}"
#define ASKED .error = "MFA_REQUIRED", .keep = { "challenge=error.challenge" }
#define LOGIN(who) .send = "POST /api/auth/login", .body = "{'email':'{" who ".email}','password':'{" who ".password}'}"

#define REFUSED .as = OWNER, .error = "MFA_REQUIRED", .has = { "error.challenge", "error.methods#1", "error.methods.0=password" }, .lacks = { "data" }

static const struct scenario refused[] = {
    { "a key is made", REFUSED, .send = "POST /api/keys", .body = "{'name':'x'}", .later = 10 * MINUTE + SECOND },
    { "or given a new secret", REFUSED, .send = "POST /api/keys/{owner.id}/rotate" },
    { "a service is connected", REFUSED, .send = "POST /api/providers", .body = "{'provider':'openai','api_key':'sk-1'}" },
    { "or changed", REFUSED, .send = "PATCH /api/providers/{owner.id}", .body = "{'api_key':'sk-1'}" },
    { "the address is changed", REFUSED, .send = "POST /api/auth/email", .body = "{'email':'moved@example.com','current_password':'{owner.password}'}" },
    { "the ownership is handed over", REFUSED, .send = "POST /api/orgs/{owner.org}/transfer", .body = "{'user_id':'{owner.id}'}" },
    { "the organization is deleted", REFUSED, .send = "DELETE /api/orgs/{owner.org}", .body = "{}" },
    { "one-time codes are asked for", REFUSED, .send = "POST /api/auth/mfa/totp" },
    { "confirmed", REFUSED, .send = "POST /api/auth/mfa/totp/confirm", .body = "{'code':'123456'}" },
    { "turned off", REFUSED, .send = "DELETE /api/auth/mfa/totp" },
    { "recovery codes are made", REFUSED, .send = "POST /api/auth/mfa/recovery-codes" },
    { "a passkey is asked for", REFUSED, .send = "POST /api/auth/passkeys/options" },
    { "kept", REFUSED, .send = "POST /api/auth/passkeys", .body = "{}" },
    { "removed", REFUSED, .send = "DELETE /api/auth/passkeys/{owner.id}" },
    { "a service to come in by is linked", REFUSED, .send = "POST /api/auth/oauth/github/link", .body = "{}" },
    { "or unlinked", REFUSED, .send = "DELETE /api/auth/identities/{owner.id}" },
};

#define ROOT_REFUSED .as = ROOT, .error = "MFA_REQUIRED", .has = { "error.challenge" }, .lacks = { "data" }

static const struct scenario administrators[] = {
    { "an account is changed", ROOT_REFUSED, .send = "PATCH /api/admin/users/{owner.id}", .body = "{'is_admin':true}", .later = 10 * MINUTE + SECOND },
    { "deleted", ROOT_REFUSED, .send = "DELETE /api/admin/users/{owner.id}" },
    { "acted for", ROOT_REFUSED, .send = "POST /api/admin/users/{owner.id}/impersonate", .body = "{'reason':'x'}" },
    { "an organization is deleted", ROOT_REFUSED, .send = "DELETE /api/admin/orgs/{owner.org}" },
};

/* Every row that says .recent is in the list, and none is that does not. */
static void all_of_them(struct world *world)
{
    size_t count = 0;

    world_about(world, "the routes that want a recent proof");
    for (const struct module *const *module = app_modules; *module; module++)
        for (const struct route *route = (*module)->routes; route && route->path; route++)
            count += route->recent;
    expect(world, count == COUNT(refused) + COUNT(administrators), "each of the %zu is tried, not %zu", count, COUNT(refused) + COUNT(administrators));
}

static const struct scenario by_password[] = {
    { "what is not sensitive goes on", .as = OWNER, .send = "PATCH /api/auth/me", .body = "{'name':'The owner'}" },
    { "a refreshed token proves nothing", .as = OWNER, .send = "POST /api/auth/refresh", .keep = { "owner.token=token" } },
    { "so it is refused as before", .as = OWNER, MAKE_KEY, ASKED },
    { "a wrong password", .as = OWNER, VERIFY("'password':'Gantry-8-Kestrel'"), .error = "INVALID_CREDENTIALS", .audit = "auth.factor_failed owner@example.com" },
    { "a code that nobody has", .as = OWNER, VERIFY("'code':'123456'"), .error = "INVALID_CREDENTIALS" },
    { "the right one", .as = OWNER, VERIFY("'password':'{owner.password}'"), .has = { "success=true" }, .lacks = { "token", "user", "data" }, .heads = { "!Set-Cookie" },
      .audit = "auth.proven owner@example.com" },
    { "answers once", .as = OWNER, VERIFY("'password':'{owner.password}'"), NOT_GOOD },
    { "then it is done", .as = OWNER, MAKE_KEY, .status = 201 },
    { "by this session alone", .as = BEARER("{other}"), MAKE_KEY, .error = "MFA_REQUIRED" },
    { "for ten minutes", .as = OWNER, MAKE_KEY, .status = 201, .later = 9 * MINUTE },
    { "and no longer", .as = OWNER, MAKE_KEY, ASKED, .later = 2 * MINUTE },
};

static const struct scenario anothers[] = {
    { "a challenge of a session is not for nobody", VERIFY("'password':'{owner.password}'"), NOT_GOOD },
    { "nor for somebody else", .as = STRANGER, VERIFY("'password':'{stranger.password}'"), NOT_GOOD },
    { "nor for another session of the same person", .as = BEARER("{other}"), VERIFY("'password':'{owner.password}'"), NOT_GOOD },
    { "which stays as it was", .as = BEARER("{other}"), MAKE_KEY, .error = "MFA_REQUIRED" },
    { "a key is not asked however old it is", .as = KEY("keys.manage"), .send = "POST /api/keys", .body = "{'name':'x','scopes':[]}", .status = 201 },
    { "an old challenge", .as = OWNER, VERIFY("'password':'{owner.password}'"), NOT_GOOD, .later = 5 * MINUTE },
};

static const struct scenario browsers[] = {
    { "a browser", .as = BROWSER, .send = "GET /api/auth/me" },
    { "is asked as well", .as = BROWSER, MAKE_KEY, ASKED, .later = 11 * MINUTE },
    { "not before its CSRF token was looked at", .as = BROWSER_BARE, MAKE_KEY, .error = "CSRF_FAILED" },
    { "another site's page cannot answer", .as = BROWSER, VERIFY("'password':'{owner.password}'"), .headers = "Origin: https://evil.example", .error = "CSRF_FAILED" },
    { "it answers", .as = BROWSER, VERIFY("'password':'{owner.password}'"), .heads = { "!Set-Cookie" } },
    { "in the session that it has", .as = BROWSER, MAKE_KEY, .status = 201 },
};

static void by_factor(struct world *world)
{
    ROWS_OF(world, { "a fresh sign-in", LOGIN("stranger"), .keep = { "stranger.token=token" } });
    enrol(world, STRANGER);
    ROWS_OF(world, { "who has a factor shows it", .as = STRANGER, MAKE_KEY, .later = 11 * MINUTE, .error = "MFA_REQUIRED", .has = { "error.methods#2", "error.methods.0=totp", "error.methods.1=recovery_code" },
                     .keep = { "challenge=error.challenge" } });
    show_code(world, STRANGER, 0);
    ROWS_OF(world, { "the password is not enough", .as = STRANGER, VERIFY("'password':'{stranger.password}'"), .error = "INVALID_CREDENTIALS" },
            { "a wrong code is none", .as = STRANGER, VERIFY("'code':'{wrong}'"), .error = "INVALID_CREDENTIALS" },
            { "the right one is", .as = STRANGER, VERIFY("'code':'{code}'"), .has = { "success=true" }, .lacks = { "token" } },
            { "it is done", .as = STRANGER, MAKE_KEY, .status = 201 },
            { "a sign-in", LOGIN("stranger"), ASKED },
            { "does not take the code again", VERIFY("'code':'{code}'"), .error = "INVALID_CREDENTIALS" } );
    next_code(world, STRANGER);
    ROWS_OF(world, { "with the next one", VERIFY("'code':'{code}'"), .keep = { "fresh=token" } },
            { "it is as recent as can be", .as = BEARER("{fresh}"), MAKE_KEY, .status = 201 },
            { "later", .as = BEARER("{fresh}"), MAKE_KEY, .later = 11 * MINUTE, ASKED },
            { "a recovery code will do", .as = BEARER("{fresh}"), VERIFY("'recovery_code':'{stranger.recovery.0}'") },
            { "it is one less", .as = BEARER("{fresh}"), .send = "GET /api/auth/mfa", .has = { "data.recovery_codes_left=9" } },
            { "a challenge that its session", .as = BEARER("{fresh}"), MAKE_KEY, .later = 11 * MINUTE, ASKED },
            { "did not outlive", .as = BEARER("{fresh}"), .send = "POST /api/auth/logout" },
            { "is over with it", VERIFY("'recovery_code':'{stranger.recovery.1}'"), NOT_GOOD });
}

/* Whoever has somebody's open session does not guess the password by it. With attempt_begin taken out of auth_factors.c the last
   row is answered with 401. */
static void guessed(struct world *world)
{
    ROWS_OF(world, { "a session that somebody left open", .as = VIEWER, .send = "POST /api/auth/passkeys/options", ASKED },
            { "and guesses", .as = VIEWER, VERIFY("'password':'Wrong-Guess-1'"), .error = "INVALID_CREDENTIALS", .times = 4 },
            { "with another challenge", .as = VIEWER, .send = "POST /api/auth/passkeys/options", ASKED },
            { "as well", .as = VIEWER, VERIFY("'password':'Wrong-Guess-1'"), .error = "INVALID_CREDENTIALS" },
            { "until it is locked", .as = VIEWER, VERIFY("'password':'{viewer.password}'"), .error = "ACCOUNT_LOCKED" },
            { "the session goes on", .as = VIEWER, .send = "GET /api/auth/me" });
}

static void run(struct world *world)
{
    kept(world, "stranger.id");
    kept(world, "viewer.id");
    ROWS_OF(world, { "a fresh session is not asked", .as = OWNER, MAKE_KEY, .status = 201 }, { "another of the same person", LOGIN("owner"), .keep = { "other=token" } },
            { "nor is a key", .as = KEY("keys.manage"), .send = "POST /api/keys", .body = "{'name':'x','scopes':[]}", .status = 201 });
    run_rows(world, refused, COUNT(refused));
    all_of_them(world);
    run_rows(world, by_password, COUNT(by_password));
    run_rows(world, anothers, COUNT(anothers));
    run_rows(world, browsers, COUNT(browsers));
    by_factor(world);
    guessed(world);
    kept(world, "root.id");
    run_rows(world, administrators, COUNT(administrators));
}

const struct suite auth_recent_scenarios = { .run = run };
