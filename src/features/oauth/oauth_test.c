/*
 * Sign-in by other services as far as it goes without one: what a browser is sent to, what it may bring back, and the identities that
 * an account has. Whole sign-ins are tests/clients/oauth.test.mjs, against a real OpenID Connect server.
 */
#include "crypto/crypto.h"
#include "features/auth/auth_store.h"
#include "tests/scenario/world.h"

#define BEGIN "GET /api/auth/oauth/github"
#define LINK "POST /api/auth/oauth/github/link"
#define EXPIRED "http://localhost:3000/login?error=expired"

static const struct scenario rows[] = {
    { "the services that are configured", .send = "GET /api/auth/oauth", .has = { "data#2", "data.0.name=oidc", "data.0.label=Single sign-on", "data.1.name=github", "data.1.label=GitHub" }, .hides = { "the-secret" } },
    { "one that does not answer", .send = "GET /api/auth/oauth/oidc", .status = 302, .heads = { "Location: http://localhost:3000/login?error=unavailable" } },
    { "one that is not", .send = "GET /api/auth/oauth/google", .error = "NOT_FOUND" },
    { "one that there is not", .send = "GET /api/auth/oauth/nobody", .error = "NOT_FOUND" },
    { "nor does anybody come back from there", .send = "GET /api/auth/oauth/google/callback?state=a&code=b", .error = "NOT_FOUND" },
    { "a browser is sent there", .send = BEGIN, .status = 302,
      .heads = { "Location: http://127.0.0.1:1/login/oauth/authorize?response_type=code&client_id=the-client&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fapi%2Fauth%2Foauth%2Fgithub%2Fcallback&",
                 "Set-Cookie: tenon_oauth=", "Cache-Control: no-store" } },
    { "whatever the Host says", .send = BEGIN, .headers = "X-Forwarded-Host: evil.example", .status = 302,
      .heads = { "Location: http://127.0.0.1:1/login/oauth/authorize?response_type=code&client_id=the-client&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2F" } },

    /* check_next taken out: each of these answered 302 */
    { "afterwards it goes to a path", .send = BEGIN "?next=/settings?tab=identities", .status = 302 },
    { "not to another server", .send = BEGIN "?next=//evil.example", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "nor in full", .send = BEGIN "?next=https://evil.example/", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "nor by what browsers take for a slash", .send = BEGIN "?next=/%5Cevil.example", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "nor by what they drop", .send = BEGIN "?next=/%09/evil.example", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "nor further in", .send = BEGIN "?next=/.//evil.example", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "nor by a header of its own", .send = BEGIN "?next=/a%0d%0aLocation:%20//evil.example", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "nor to a script", .send = BEGIN "?next=javascript:alert(1)", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },

    { "nobody links without a session", .send = LINK, .body = "{}", .error = "UNAUTHENTICATED" },
    { "nor by a token that no browser sends", .as = OWNER, .send = LINK, .body = "{}", .error = "FORBIDDEN" },
    { "nor by another site's page", .as = BROWSER_BARE, .send = LINK, .body = "{}", .error = "CSRF_FAILED" },
    { "by our own it begins", .as = BROWSER, .send = LINK, .body = "{'next':'/settings/security'}", .has = { "data.url~http://127.0.0.1:1/login/oauth/authorize?" },
      .heads = { "Set-Cookie: tenon_oauth=" } },
    { "and goes on to a path", .as = BROWSER, .send = LINK, .body = "{'next':'//evil.example'}", .error = "VALIDATION_ERROR", .has = { "error.fields.next" } },
    { "with a service that there is", .as = BROWSER, .send = "POST /api/auth/oauth/nowhere/link", .body = "{}", .error = "NOT_FOUND" },

    { "a callback out of nowhere", .send = "GET /api/auth/oauth/github/callback?state=nothing&code=a", .status = 302, .heads = { "Location: " EXPIRED } },
    { "or with nothing", .send = "GET /api/auth/oauth/github/callback", .status = 302, .heads = { "Location: " EXPIRED } },
    { "what services send besides is passed over", .send = "GET /api/auth/oauth/github/callback?state=a&code=b&session_state=c&scope=d+e&authuser=0", .status = 302,
      .heads = { "Location: " EXPIRED } },
    { "nobody has identities from the start", .as = OWNER, .send = "GET /api/auth/identities", .has = { "data#0" } },
    { "one that is not there is not removed", .as = OWNER, .send = "DELETE /api/auth/identities/01890000-0000-7000-8000-000000000000", .error = "NOT_FOUND" },
};

/* --- what a state opens -------------------------------------------------------------------------------------------------------- */

static text between(struct world *world, text from, const char *before, char end)
{
    size_t at = text_find(from, text_of(before));
    text rest = text_slice(from, at == SIZE_MAX ? from.len : at + strlen(before), from.len);

    expect(world, at != SIZE_MAX, "there is %s in %.*s", before, TEXT_ARG(from));
    return text_cut(&rest, end);
}

static void begin(struct world *world)
{
    struct answer answer = ask(world, NULL, BEGIN, NULL, NULL);
    text location = answer_header(&answer, "location"), cookie = answer_header(&answer, "set-cookie");

    keep(world, "state", between(world, location, "&state=", '&'));
    keep(world, "browser", between(world, cookie, "tenon_oauth=", ';'));
    expect(world, between(world, location, "&code_challenge=", '&').len == 43 && text_find(location, T("&code_challenge_method=S256")) != SIZE_MAX, "the code is bound to us (RFC 7636)");
    expect(world, text_find(cookie, T("; HttpOnly; SameSite=Lax")) != SIZE_MAX, "the cookie is no script's and no other site's: %.*s", TEXT_ARG(cookie));
}

#define CALLBACK(more) .send = "GET /api/auth/oauth/github/callback?state={state}" more, .status = 302
#define THIS_BROWSER .as = COOKIE("tenon_oauth={browser}")
#define SENT_TO(code) .heads = { "Location: http://localhost:3000/login?error=" code }

static void states(struct world *world)
{
    world_about(world, "a state");
    begin(world);
    run_row(world, &(struct scenario){ "it is nothing in another browser", CALLBACK("&code=a"), SENT_TO("expired") });
    run_row(world, &(struct scenario){ "whatever its cookie", .as = COOKIE("tenon_oauth=0123456789012345678901234567890123456789012"), CALLBACK("&code=a"), SENT_TO("expired") });
    /* `provider = $3` taken out of state_take: it was answered with error=unavailable */
    run_row(world, &(struct scenario){ "nor for another service", THIS_BROWSER, .send = "GET /api/auth/oauth/oidc/callback?state={state}&code=a", .status = 302, SENT_TO("expired") });
    /* no service answers here */
    run_row(world, &(struct scenario){ "in its own the service is asked", THIS_BROWSER, CALLBACK("&code=a"), SENT_TO("unavailable") });
    run_row(world, &(struct scenario){ "once", THIS_BROWSER, CALLBACK("&code=a"), SENT_TO("expired") });
    begin(world);
    run_row(world, &(struct scenario){ "who declines comes back as well", THIS_BROWSER, CALLBACK("&error=access_denied&error_description=%3Cscript%3E"), SENT_TO("denied") });
    begin(world);
    run_row(world, &(struct scenario){ "as does who is refused", THIS_BROWSER, CALLBACK("&error=server_error"), SENT_TO("failed") });
    begin(world);
    run_row(world, &(struct scenario){ "a code must be there", THIS_BROWSER, CALLBACK(""), SENT_TO("failed") });
    begin(world);
    /* `expires_at > $4` taken out: so was this */
    run_row(world, &(struct scenario){ "after ten minutes it is over", THIS_BROWSER, CALLBACK("&code=a"), SENT_TO("expired"), .later = 10 * MINUTE + SECOND });
}

/* --- identities ------------------------------------------------------------------------------------------------------------------ */

static uuid add(struct world *world, const char *person, const char *subject)
{
    struct account_identity row = { .id = uuid_new(), .provider = T("github"), .issuer = T("https://github.com"), .subject = text_of(subject), .email = T("somebody@example.com"),
                                    .created_at = clock_now() };
    SCOPED(call) struct call call;

    call_open(&call, &world_app(world)->on);
    expect(world, uuid_parse(kept(world, person), &row.user_id) && account_identity_add(&call, &row) == OK, "%s has an identity", person);
    return row.id;
}

static void lose_password(struct world *world, const char *person)
{
    SCOPED(call) struct call call;
    uuid id;

    call_open(&call, &world_app(world)->on);
    expect(world, uuid_parse(kept(world, person), &id) && user_set_password(&call, id, TEXT_NONE) == OK, "%s has no password", person);
}

/* account_ways_in not asked: both were answered with 200. Not in one transaction with the removal: mostly. */
static void the_last_way_in(struct world *world)
{
    static const char *const names[] = { "one", "two" };
    struct at_once asked[COUNT(names)];

    lose_password(world, "owner.id");
    for (size_t i = 0; i < COUNT(names); i++) {
        keep(world, names[i], uuid_text(world_arena(world), add(world, "owner.id", names[i])));
        asked[i] = (struct at_once){ .as = OWNER, .send = i ? "DELETE /api/auth/identities/{two}" : "DELETE /api/auth/identities/{one}" };
    }
    ask_at_once(world, asked, COUNT(asked));
    expect(world, answered_with(asked, COUNT(asked), 200) == 1 && answered_with(asked, COUNT(asked), 409) == 1, "of the last two ways in one stays: %d %d", asked[0].status, asked[1].status);
    run_row(world, &(struct scenario){ "it is still there", .as = OWNER, .send = "GET /api/auth/identities", .has = { "data#1" } });
}

static void identities(struct world *world)
{
    static const struct scenario table[] = {
        { "one's identities are shown without their subjects", .as = OWNER, .send = "GET /api/auth/identities",
          .has = { "data#1", "data.0.id={owned}", "data.0.provider=github", "data.0.email=somebody@example.com", "data.0.last_used" }, .lacks = { "data.0.subject", "data.0.user_id" } },
        { "who came in a while ago is asked who they are", .as = OWNER, .send = "DELETE /api/auth/identities/{owned}", .error = "MFA_REQUIRED" },
        { "and comes in anew", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { "owner.token=token" } },
        { "so does another", .send = "POST /api/auth/login", .body = "{'email':'{stranger.email}','password':'{stranger.password}'}", .keep = { "stranger.token=token" } },
        { "nobody else sees them", .as = STRANGER, .send = "GET /api/auth/identities", .has = { "data#0" } },
        { "nor removes them", .as = STRANGER, .send = "DELETE /api/auth/identities/{owned}", .error = "NOT_FOUND" },
        { "beside a password the only one may go", .as = OWNER, .send = "DELETE /api/auth/identities/{owned}", .audit = "auth.identity_unlinked" },
        { "once", .as = OWNER, .send = "DELETE /api/auth/identities/{owned}", .error = "NOT_FOUND" },
    };

    world_about(world, "identities");
    keep(world, "owned", uuid_text(world_arena(world), add(world, "owner.id", "583231")));
    for (size_t i = 0; i < COUNT(table); i++)
        run_row(world, &table[i]);
    the_last_way_in(world);
    run_row(world, &(struct scenario){ "without a password none is right", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}",
                                       .error = "INVALID_CREDENTIALS" });
    run_row(world, &(struct scenario){ "nor is an empty one", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':''}", .error = "INVALID_CREDENTIALS" });
}

/* Whoever linked it had not proven the address; who chose the password anew by letter has. identity_drop_all taken out of the
   reset: data#1. */
static void a_reset_of_an_unproven_account(struct world *world)
{
    world_about(world, "a reset");
    add(world, "stranger.id", "of whoever signed up");
    run_row(world, &(struct scenario){ "a password is chosen anew", .send = "POST /api/auth/password/forgot", .body = "{'email':'{stranger.email}'}", .status = 202 });
    expect(world, letter_to(world, "stranger@example.com", "Choose a new password").ptr != NULL, "a letter comes");
    keep(world, "reset", letter_token(world, "stranger@example.com", "/reset?token="));
    run_row(world, &(struct scenario){ "by letter", .send = "POST /api/auth/password/reset", .body = "{'token':'{reset}','password':'Lantern-Gravel-77'}" });
    run_row(world, &(struct scenario){ "and is the only way in", .send = "POST /api/auth/login", .body = "{'email':'{stranger.email}','password':'Lantern-Gravel-77'}",
                                       .keep = { "stranger.token=token" } });
    run_row(world, &(struct scenario){ "the identity is gone", .as = BEARER("{stranger.token}"), .send = "GET /api/auth/identities", .has = { "data#0" } });
}

static void run(struct world *world)
{
    states(world);
    identities(world);
    a_reset_of_an_unproven_account(world);
}

static const char *const options[] = {
    "GITHUB_CLIENT_ID", "the-client", "GITHUB_CLIENT_SECRET", "the-secret", "GITHUB_URL", "http://127.0.0.1:1", "OIDC_CLIENT_ID", "the-client",
    "OIDC_CLIENT_SECRET", "the-secret", "OIDC_ISSUER", "http://127.0.0.1:1", "APP_URL", "http://localhost:3000", NULL,
};

const struct suite oauth_scenarios = { SCENARIOS(rows), .config = options, .run = run };
