/* The life of a session: how it begins, what ends it, and that what has ended opens nothing any more. */
#include "tests/scenario/scenario.h"

static const char login[] = "{'email':'{owner.email}','password':'{owner.password}'}";
static const char login_cookie[] = "{'email':'{owner.email}','password':'{owner.password}','session':'cookie'}";

static const struct scenario rows[] = {
    { "a login gives a token", .send = "POST /api/auth/login", .body = login, .has = { "success=true", "token", "expires_at", "user.id={owner.id}", "user.last_login" },
      .lacks = { "data", "user.password_hash" }, .heads = { "!Set-Cookie", "Cache-Control: no-store" }, .keep = { "a=token" }, .audit = "auth.login owner@example.com" },
    { "e-mail addresses are compared without case", .send = "POST /api/auth/login", .body = "{'email':'OWNER@Example.COM','password':'{owner.password}'}", .keep = { "b=token" } },
    { "the token opens", .as = BEARER("{a}"), .send = "GET /api/auth/me" },
    { "the word Bearer has no case", .send = "GET /api/auth/me", .headers = "Authorization: bEaReR {a}" },
    { "the token is not taken from the query", .send = "GET /api/auth/me?token={a}", .error = "UNAUTHENTICATED" },
    { "nor as a cookie", .as = COOKIE("tenon_session={a}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },

    { "logging out", .as = BEARER("{a}"), .send = "POST /api/auth/logout", .has = { "success=true" }, .audit = "auth.logout" },
    { "kills the token at once", .as = BEARER("{a}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "for changes too", .as = BEARER("{a}"), .send = "PATCH /api/auth/me", .body = "{'name':'x'}", .error = "UNAUTHENTICATED" },
    { "and no other", .as = BEARER("{b}"), .send = "GET /api/auth/me" },

    { "refreshing gives another token", .as = BEARER("{b}"), .send = "POST /api/auth/refresh", .has = { "token", "user.id={owner.id}" }, .keep = { "c=token" },
      .audit = "auth.refreshed" },
    { "and kills the old one", .as = BEARER("{b}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "which cannot be refreshed again", .as = BEARER("{b}"), .send = "POST /api/auth/refresh", .error = "UNAUTHENTICATED" },
    { "the new one opens", .as = BEARER("{c}"), .send = "GET /api/auth/me" },

    { "a changed signature is none", .as = BEARER("{c}x"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "an unsigned token is none (RFC 7519 §6.1)", .as = BEARER("eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."),
      .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "one signed by somebody else is none (RFC 7515 A.1)",
      .as = BEARER("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
      .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "a session token is no API key", .as = BEARER("{c}"), .send = "GET /v1/models", .status = 401 },

    { "a browser logs in", .send = "POST /api/auth/login", .body = login_cookie, .lacks = { "token" }, .hides = { "{owner.token}" },
      .heads = { "Set-Cookie: tenon_session=" }, .keep = { "browser1=@cookie" }, .says = { "expires_at" } },
    { "twice", .send = "POST /api/auth/login", .body = login_cookie, .keep = { "browser2=@cookie" } },
    { "a session that is there already is not taken on", .as = COOKIE("{browser1}"), .send = "POST /api/auth/login", .body = login_cookie, .keep = { "browser3=@cookie" },
      .headers = "Cookie: tenon_session=chosen-by-somebody-else" },
    { "so what somebody else chose opens nothing", .as = COOKIE("tenon_session=chosen-by-somebody-else"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "the cookie's secret is no bearer token", .as = BEARER("{browser1}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "sessions are listed, one's own marked", .as = COOKIE("{browser2}"), .send = "GET /api/auth/sessions",
      .has = { "data.0.id", "data.0.kind=cookie", "data.0.ip_address=127.0.0.1", "data.0.expires_at" }, .says = { "\"current\":true" }, .hides = { "token_hash" } },

    { "changing the password needs the old one", .as = BEARER("{c}"), .send = "POST /api/auth/password",
      .body = "{'current_password':'Wrong-Gantry-77','new_password':'Sextant-Marble-31'}", .error = "VALIDATION_ERROR", .has = { "error.fields.current_password" } },
    { "and a good new one", .as = BEARER("{c}"), .send = "POST /api/auth/password", .body = "{'current_password':'{owner.password}','new_password':'short1A'}",
      .error = "VALIDATION_ERROR", .has = { "error.fields.new_password" } },
    { "a refused change ends no session", .as = COOKIE("{browser2}"), .send = "GET /api/auth/me" },
    { "changing the password", .as = BEARER("{c}"), .send = "POST /api/auth/password", .body = "{'current_password':'{owner.password}','new_password':'Sextant-Marble-31'}",
      .has = { "success=true" } },
    { "keeps the session that did it", .as = BEARER("{c}"), .send = "GET /api/auth/me" },
    { "ends the other tokens", .as = BEARER("{owner.token}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "and the browsers", .as = COOKIE("{browser1}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "all of them", .as = COOKIE("{browser3}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
    { "the old password is no good any more", .send = "POST /api/auth/login", .body = login, .error = "INVALID_CREDENTIALS" },
    { "the new one is", .send = "POST /api/auth/login", .body = "{'email':'owner@example.com','password':'Sextant-Marble-31'}", .keep = { "owner.token=token" } },

    { "a browser logs in once more", .send = "POST /api/auth/login", .body = "{'email':'owner@example.com','password':'Sextant-Marble-31','session':'cookie'}",
      .keep = { "idle=@cookie" } },
    { "it is open for as long as it is used", .as = COOKIE("{idle}"), .send = "GET /api/auth/me", .later = 29 * MINUTE },
    { "which is noted a moment later", .as = OWNER, .send = "GET /api/auth/sessions", .eventually = true, .has = { "data.0.last_used" } },
    { "and again", .as = COOKIE("{idle}"), .send = "GET /api/auth/me", .later = 2 * MINUTE, .eventually = true },
    { "unused for half an hour it ends", .as = COOKIE("{idle}"), .send = "GET /api/auth/me", .later = 31 * MINUTE, .error = "UNAUTHENTICATED" },
    { "tokens do not idle", .as = OWNER, .send = "GET /api/auth/me" },
    { "one more", .send = "POST /api/auth/login", .body = "{'email':'owner@example.com','password':'Sextant-Marble-31','session':'cookie'}", .keep = { "long=@cookie" } },
};

/* Used every 20 minutes it still ends after eight hours. */
static void wear_out(struct world *world)
{
    struct answer answer = { 0 };
    int uses = 0;

    world_about(world, "a browser session ends after 8 hours, however much it is used");
    for (; uses < 40; uses++) {
        world_shift(world, 20 * MINUTE);
        answer = ask(world, COOKIE("{long}"), "GET /api/auth/me", NULL, NULL);
        if (answer.status != 200)
            break;
        for (int64_t until = clock_ticks() + 10 * SECOND; clock_ticks() < until;) { /* its use is noted a moment later; the next one must not come before */
            struct answer list = ask(world, COOKIE("{long}"), "GET /api/auth/sessions", NULL, NULL);
            text used = answer_member(world, &list, "data.0.last_used");
            int64_t when;

            if (clock_parse(used, &when) && clock_now() - when < 10 * MINUTE)
                break;
        }
    }
    expect_answer(world, &answer, answer.status == 401 && uses == 23, "it lasted 8 hours and not %d times 20 minutes", uses);
}

static void expire(struct world *world)
{
    static const struct scenario after[] = {
        { "a token lives for 7 days", .as = OWNER, .send = "GET /api/auth/me", .later = 6 * DAY },
        { "and no longer", .as = OWNER, .send = "GET /api/auth/me", .later = 25 * HOUR, .error = "UNAUTHENTICATED" },
        { "an expired one is not refreshed", .as = OWNER, .send = "POST /api/auth/refresh", .error = "UNAUTHENTICATED" },
    };

    wear_out(world);
    run_row(world, &(struct scenario){ "a fresh login", .send = "POST /api/auth/login", .body = "{'email':'owner@example.com','password':'Sextant-Marble-31'}",
                                       .keep = { "owner.token=token" } });
    for (size_t i = 0; i < COUNT(after); i++)
        run_row(world, &after[i]);
}

const struct suite sessions_scenarios = { SCENARIOS(rows), .run = expire };
