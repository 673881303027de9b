/*
 * What happens to an account besides signing in: its address verified and changed, its password forgotten and chosen anew, and
 * what keeps others from guessing it. Each row of a race fails when the conditional statement behind it is taken out.
 */
#include "store/db.h"
#include "tests/scenario/world.h"

#define FORGOT(email) .send = "POST /api/auth/password/forgot", .body = "{'email':'" email "'}", .status = 202
#define LOGIN(email, password) .send = "POST /api/auth/login", .body = "{'email':'" email "','password':'" password "'}"
#define FROM(address) .headers = "X-Forwarded-For: " address

/* --- by e-mail ---------------------------------------------------------------------------------------------------------------- */

static text token_in(text letter)
{
    size_t at = text_find(letter, T("?token=")), end = at == SIZE_MAX ? 0 : at + 7;

    while (at != SIZE_MAX && end < letter.len && (unsigned char)letter.ptr[end] > ' ' && letter.ptr[end] != '"')
        end++;
    return at == SIZE_MAX ? TEXT_NONE : text_slice(letter, at + 7, end - at - 7);
}

static text take_letter(struct world *world, const char *to, const char *subject, const char *name)
{
    text letter = letter_to(world, to, subject);

    expect(world, letter.ptr != NULL, "%s gets a letter \"%s\"", to, subject);
    if (letter.ptr && name)
        keep(world, name, token_in(letter));
    return letter;
}

static void verify(struct world *world)
{
    world_about(world, "an address is verified");
    kept(world, "owner.id");
    take_letter(world, "owner@example.com", "Confirm your e-mail address", "first");
    ROWS_OF(world, { "it is not yet", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.email_verified=false" } },
            { "another link voids the first", .as = OWNER, .send = "POST /api/auth/email/resend" },
            { "a token that is none", .send = "POST /api/auth/email/verify", .body = "{'token':'nothing'}", .error = "VALIDATION_ERROR", .has = { "error.fields.token" } },
            { "the first", .send = "POST /api/auth/email/verify", .body = "{'token':'{first}'}", .error = "VALIDATION_ERROR" });
    do
        take_letter(world, "owner@example.com", "Confirm your e-mail address", "token");
    while (!world->failed && text_equal(kept(world, "token"), kept(world, "first")));
    ROWS_OF(world, { "the second", .send = "POST /api/auth/email/verify", .body = "{'token':'{token}'}", .audit = "auth.email_verified owner@example.com" },
            { "once", .send = "POST /api/auth/email/verify", .body = "{'token':'{token}'}", .error = "VALIDATION_ERROR" },
            { "now it is", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.email_verified=true" } },
            { "there is nothing to send again", .as = OWNER, .send = "POST /api/auth/email/resend" });
}

static void outbox(struct world *world)
{
    ROWS_OF(world, { "the outbox has it", .send = "GET /api/outbox", .has = { "data.0.id", "data.0.to", "data.0.subject" }, .keep = { "letter=data.0.id" } },
            { "whole", .send = "GET /api/outbox/{letter}", .has = { "data.message" }, .says = { "multipart/alternative" } });
}

static void forgotten(struct world *world)
{
    struct answer known, unknown;

    world_about(world, "a forgotten password");
    ROWS_OF(world, { "an open session", LOGIN("owner@example.com", "Gantry-9-Kestrel-owner"), .keep = { "old=token" } });
    known = ask(world, NULL, "POST /api/auth/password/forgot", "{'email':'OWNER@example.com'}", NULL);
    unknown = ask(world, NULL, "POST /api/auth/password/forgot", "{'email':'nobody@example.com'}", NULL);
    expect(world, known.status == 202 && unknown.status == 202 && text_equal(known.body, unknown.body), "no answer tells whether there is such an account");
    take_letter(world, "owner@example.com", "Choose a new password", "token");
    ROWS_OF(world, { "nobody gets no letter", .send = "GET /api/outbox", .hides = { "nobody@example.com" } });
    ROWS_OF(world, { "a weak one does not use the link up", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'short'}", .error = "VALIDATION_ERROR",
                     .has = { "error.fields.password" } },
            { "a common one", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'Password1'}", .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
            { "the account's own name", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'The owner 1'}", .error = "VALIDATION_ERROR" },
            { "a good one", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'Lantern-Gravel-77'}", .hides = { "\"token\"" } },
            { "once", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'Lantern-Gravel-78'}", .error = "VALIDATION_ERROR", .has = { "error.fields.token" } },
            { "its sessions have ended", .as = BEARER("{old}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "the old password is none", LOGIN("owner@example.com", "Gantry-9-Kestrel-owner"), .error = "INVALID_CREDENTIALS" },
            { "the new one is", LOGIN("owner@example.com", "Lantern-Gravel-77"), .keep = { "owner.token=token" } },
            { "it is on record", .as = OWNER, .send = "GET /api/audit", .says = { "auth.password_reset" } }, { "one more link", FORGOT("owner@example.com") });
    take_letter(world, "owner@example.com", "Your password was changed", NULL);
}

static void runs_out(struct world *world)
{
    world_about(world, "a link runs out");
    for (int i = 0; i < 500; i++) {
        text token = token_in(letter_to(world, "owner@example.com", "Choose a new password"));

        if (!text_equal(token, kept(world, "token"))) {
            keep(world, "token", token);
            break;
        }
    }
    ROWS_OF(world, { "after half an hour", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'Lantern-Gravel-79'}", .later = 31 * MINUTE, .error = "VALIDATION_ERROR",
                     .has = { "error.fields.token" } });
}

static void host_header(struct world *world)
{
    text letter;

    world_about(world, "the Host header leads nowhere");
    kept(world, "stranger.id");
    ROWS_OF(world, { "a forged Host", FORGOT("stranger@example.com"), .headers = "Host: evil.example" });
    letter = take_letter(world, "stranger@example.com", "Choose a new password", NULL);
    expect(world, text_find(letter, T("evil.example")) == SIZE_MAX, "the link leads to APP_URL");
}

static void change(struct world *world)
{
    world_about(world, "an address is changed");
    ROWS_OF(world, { "that needs a fresh sign-in", LOGIN("owner@example.com", "Lantern-Gravel-77"), .keep = { "owner.token=token" } },
            { "not without the password", .as = OWNER, .send = "POST /api/auth/email", .body = "{'email':'moved@example.com','current_password':'wrong'}", .error = "VALIDATION_ERROR",
                     .has = { "error.fields.current_password" } },
            { "somebody's address looks like any other", .as = OWNER, .send = "POST /api/auth/email", .body = "{'email':'stranger@example.com','current_password':'Lantern-Gravel-77'}", .status = 202 },
            { "it is asked for", .as = OWNER, .send = "POST /api/auth/email", .body = "{'email':'Moved@example.com','current_password':'Lantern-Gravel-77'}", .status = 202 },
            { "nothing changes yet", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.email=owner@example.com" } });
    take_letter(world, "moved@example.com", "Confirm your new e-mail address", "token");
    ROWS_OF(world, { "the link is followed", .send = "POST /api/auth/email/verify", .body = "{'token':'{token}'}", .audit = "auth.email_changed moved@example.com" },
            { "it is changed", .as = OWNER, .send = "GET /api/auth/me", .has = { "data.user.email=moved@example.com", "data.user.email_verified=true" } },
            { "the old one is none", LOGIN("owner@example.com", "Lantern-Gravel-77"), .error = "INVALID_CREDENTIALS" }, { "the new one is", LOGIN("moved@example.com", "Lantern-Gravel-77") });
    take_letter(world, "owner@example.com", "Your e-mail address was changed", NULL);
}

/* --- races ------------------------------------------------------------------------------------------------------------------------------- */

/* Whoever knew the password, or signed up with somebody else's address, asked to move the account; then its owner takes it back. */
static void moved_by_a_thief(struct world *world)
{
    world_about(world, "a link to another address does not outlive the password");
    ROWS_OF(world, { "the thief asks", LOGIN("stranger@example.com", "{stranger.password}"), .keep = { "thief=token" } },
            { "to move it", .as = BEARER("{thief}"), .send = "POST /api/auth/email", .body = "{'email':'thief@example.com','current_password':'{stranger.password}'}", .status = 202 });
    take_letter(world, "thief@example.com", "Confirm your new e-mail address", "moving");
    keep(world, "reset", token_in(letter_to(world, "stranger@example.com", "Choose a new password")));
    ROWS_OF(world, { "the owner takes it back", .send = "POST /api/auth/password/reset", .body = "{'token':'{reset}','password':'Mortar-Lantern-88'}" },
            { "the thief's link is void", .send = "POST /api/auth/email/verify", .body = "{'token':'{moving}'}", .error = "VALIDATION_ERROR" },
            { "it is the owner's", LOGIN("stranger@example.com", "Mortar-Lantern-88") });
}

static void races(struct world *world)
{
    size_t through;

    world_about(world, "fifty bring one reset link at once");
    ROWS_OF(world, { "a link", FORGOT("moved@example.com") });
    take_letter(world, "moved@example.com", "Choose a new password", "token");
    through = same_at_once(world, 50, "POST /api/auth/password/reset", "{'token':'{token}','password':'Quarry-Beacon-{token}'}", 200);
    expect(world, through == 1, "one gets through, not %zu", through);
}

/* --- guessing ------------------------------------------------------------------------------------------------------------------------------ */

static void lockout(struct world *world)
{
    static const char *const accounts[] = { "member@example.com", "nobody-here@example.com" };
    size_t through;

    kept(world, "member.id");
    for (size_t i = 0; i < COUNT(accounts); i++) {
        struct answer answer = { 0 };

        keep(world, "guessed", text_of(accounts[i]));
        world_about(world, "an account is guessed at from many addresses");
        for (int n = 0; n < 40; n++) {
            const char *headers = text_z(world_arena(world), text_format(world_arena(world), "X-Forwarded-For: 198.51.100.%d", n + 1));

            answer = ask(world, NULL, "POST /api/auth/login", "{'email':'{guessed}','password':'Wrong-Guess-1'}", headers);
            expect_answer(world, &answer, answer.status == (n < 5 ? 401 : 423), "guess %d, of %s", n + 1, accounts[i]);
        }
        expect_answer(world, &answer, answer_header(&answer, "retry-after").len > 0, "it says how long");
    }
    take_letter(world, "member@example.com", "Your account is locked", NULL);
    ROWS_OF(world, { "the right password does not help a stranger", LOGIN("member@example.com", "{member.password}"), FROM("203.0.113.9"), .error = "ACCOUNT_LOCKED" },
            { "who is signed in stays so", .as = MEMBER, .send = "GET /api/auth/me" },
            { "a quarter of an hour later", LOGIN("member@example.com", "{member.password}"), FROM("203.0.113.9"), .later = 16 * MINUTE },
            { "that network is known from then on", LOGIN("member@example.com", "Wrong-Guess-1"), FROM("198.51.100.77"), .error = "INVALID_CREDENTIALS", .times = 5 },
            { "strangers are locked out", LOGIN("member@example.com", "{member.password}"), FROM("198.51.100.78"), .error = "ACCOUNT_LOCKED", .eventually = true },
            { "and its owner gets in", LOGIN("member@example.com", "{member.password}"), FROM("203.0.113.9") },
            { "not twice as soon", LOGIN("member@example.com", "{member.password}"), FROM("198.51.100.79"), .later = 14 * MINUTE, .error = "ACCOUNT_LOCKED" });
    world_about(world, "fifty guesses at once");
    keep(world, "guessed", T("at-once@example.com"));
    expect(world, same_at_once(world, 50, "POST /api/auth/login", "{'email':'{guessed}','password':'Wrong-Guess-1'}", 401) <= 5, "five are decided at most");
    /* with take_turn turning away who is one too many, instead of waiting: most were refused */
    world_about(world, "fifty sign in at once, with the right password");
    through = same_at_once(world, 50, "POST /api/auth/login", "{'email':'admin@example.com','password':'{admin.password}'}", 200);
    expect(world, through == 50, "all get in, not %zu", through);
}

static void run(struct world *world)
{
    verify(world);
    outbox(world);
    forgotten(world);
    runs_out(world);
    host_header(world);
    moved_by_a_thief(world);
    change(world);
    races(world);
    lockout(world);
}

static const char *const options[] = { "TRUSTED_PROXIES", "127.0.0.1", NULL };

const struct suite accounts_scenarios = { .run = run, .config = options };

/* --- a sign-up that tells nothing --------------------------------------------------------------------------------------------------------- */

#define SIGNUP .send = "POST /api/auth/signup", .body = "{'name':'The newcomer','email':'newcomer@example.com','password':'Gantry-9-Kestrel'}", .status = 202

static void run_private(struct world *world)
{
    ROWS_OF(world, { "a sign-up is taken", SIGNUP, .has = { "success=true" }, .hides = { "token", "user" } },
            { "a password that will not do is refused as ever", .send = "POST /api/auth/signup", .body = "{'name':'x','email':'weak@example.com','password':'short'}", .error = "VALIDATION_ERROR" });
    world_about(world, "a sign-up that tells nothing");
    take_letter(world, "newcomer@example.com", "Confirm your e-mail address", NULL);
    ROWS_OF(world, { "there is an account", LOGIN("newcomer@example.com", "Gantry-9-Kestrel") },
            { "the same again looks the same", SIGNUP, .has = { "success=true" }, .hides = { "token", "user" } });
    world_about(world, "a sign-up that tells nothing");
    take_letter(world, "newcomer@example.com", "You already have an account", NULL);
}

static const char *const private_options[] = { "SIGNUP_PRIVATE", "true", NULL };

const struct suite private_scenarios = { .run = run_private, .config = private_options };
