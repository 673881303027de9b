/*
 * One-time and recovery codes: turned on, asked for at every way in, each good once, turned off. What was taken out to see the
 * rows fail is said with them.
 */
#include "tests/scenario/factors.h"
#include "features/factors/factors_rules.h"

#define LOGIN(who) .send = "POST /api/auth/login", .body = "{'email':'{" who ".email}','password':'{" who ".password}'}"
#define VERIFY(answer) .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'{challenge}'," answer "}"
#define NOT_GOOD .error = "VALIDATION_ERROR", .has = { "error.fields.challenge" }
#define BY_CODE "'code':'{code}'"

static void keep_owners(struct world *world, const struct answer *answer)
{
    keep_recovery(world, OWNER, answer);
}

/* --- turning on ---------------------------------------------------------------------------------------------------------- */

static void sealed(struct world *world)
{
    struct call call;
    struct factor_row row = { .secret = TEXT_NONE };
    uuid owner;

    call_open(&call, &world_app(world)->on);
    expect(world, uuid_parse(kept(world, "owner.id"), &owner) && totp_read(&call, owner, &row) == OK && row.secret.len > TOTP_SECRET_BYTES, "a secret is kept sealed");
    call_close(&call);
}

static void turned_on(struct world *world)
{
    ROWS_OF(world, { "nobody has a factor at first", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.totp=false", "data.totp_since!", "data.recovery_codes_left=0", "data.passkeys=0" } },
            { "nor recovery codes for none", .as = OWNER, .send = "POST /api/auth/mfa/recovery-codes", .error = "CONFLICT" },
            { "nothing is there to confirm", .as = OWNER, .send = "POST /api/auth/mfa/totp/confirm", .body = "{'code':'123456'}", .error = "CONFLICT" },
            { "nor to turn off", .as = OWNER, .send = "DELETE /api/auth/mfa/totp", .error = "NOT_FOUND" },
            { "a secret", .as = OWNER, .send = "POST /api/auth/mfa/totp", .has = { "data.secret", "data.otpauth_url^otpauth://totp/Tenon:owner%40example.com?secret=", "data.qr_svg^<svg" },
              .keep = { "owner.secret=data.secret" }, .audit = "mfa.totp_begun" },
            { "is not asked for yet", LOGIN("owner"), .has = { "token" } });
    show_code(world, OWNER, 0);
    keep(world, "first", kept(world, "code"));
    ROWS_OF(world, { "a wrong code does not confirm it", .as = OWNER, .send = "POST /api/auth/mfa/totp/confirm", .body = "{'code':'{wrong}'}", .error = "VALIDATION_ERROR", .has = { "error.fields.code" } },
            { "asked for again it is another", .as = OWNER, .send = "POST /api/auth/mfa/totp", .keep = { "owner.secret=data.secret" } },
            { "and the first is none any more", .as = OWNER, .send = "POST /api/auth/mfa/totp/confirm", .body = "{'code':'{first}'}", .error = "VALIDATION_ERROR" });
    show_code(world, OWNER, 0);
    ROWS_OF(world, { "the code that the authenticator shows confirms it", .as = OWNER, .send = "POST /api/auth/mfa/totp/confirm", .body = "{'code':'{code}'}", .check = keep_owners },
            { "it is on", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.totp=true", "data.totp_since", "data.recovery_codes_left=10", "data.passkeys=0" }, .hides = { "{owner.secret}" },
                     .audit = "mfa.totp_added" },
            { "once", .as = OWNER, .send = "POST /api/auth/mfa/totp", .error = "CONFLICT" },
            { "and confirmed once", .as = OWNER, .send = "POST /api/auth/mfa/totp/confirm", .body = "{'code':'{code}'}", .error = "CONFLICT" });
    expect(world, letter_to(world, "owner@example.com", "one-time codes from an authenticator were turned on").ptr != NULL, "its owner is told");
    sealed(world);
}

/* --- asked for ----------------------------------------------------------------------------------------------------------- */

static void asked_for(struct world *world)
{
    ROWS_OF(world, { "a wrong password tells nothing of it", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'Gantry-8-Kestrel'}", .error = "INVALID_CREDENTIALS",
                     .lacks = { "error.challenge", "error.methods" } },
            { "nor does none", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}'}", .error = "VALIDATION_ERROR", .lacks = { "error.challenge", "error.methods" } },
            { "the right one is not enough", LOGIN("owner"), .error = "MFA_REQUIRED", .has = { "error.challenge", "error.methods#2", "error.methods.0=totp", "error.methods.1=recovery_code" },
              .lacks = { "token", "user" }, .heads = { "!Set-Cookie" }, .keep = { "challenge=error.challenge" }, .audit = "auth.factor_asked owner@example.com" },
            { "a challenge is no token", .as = BEARER("{challenge}"), .send = "GET /api/auth/me", .error = "UNAUTHENTICATED" },
            { "it wants an answer", .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'{challenge}'}", .error = "VALIDATION_ERROR", .has = { "error.fields.code" } },
            { "and not two", VERIFY("'code':'{code}','recovery_code':'{owner.recovery.0}'"), .error = "VALIDATION_ERROR", .has = { "error.fields.code" } },
            { "the password is none", VERIFY("'password':'{owner.password}'"), .error = "VALIDATION_ERROR", .has = { "error.fields.password" } },
            { "the code that turned it on is used up", VERIFY(BY_CODE), .error = "INVALID_CREDENTIALS", .lacks = { "token" }, .audit = "auth.factor_failed owner@example.com" });
    next_code(world, OWNER);
    ROWS_OF(world, { "the next one opens", VERIFY(BY_CODE), .has = { "success=true", "user.email={owner.email}", "user.last_login", "token", "expires_at" }, .lacks = { "data" }, .heads = { "!Set-Cookie" },
                     .keep = { "opened=token" }, .audit = "auth.login owner@example.com" },
            { "a session", .as = BEARER("{opened}"), .send = "GET /api/auth/me", .has = { "data.user.id={owner.id}" } },
            { "the challenge is used up", VERIFY(BY_CODE), NOT_GOOD },
            { "another", LOGIN("owner"), .error = "MFA_REQUIRED", .keep = { "challenge=error.challenge" } },
            /* without the last step in check_code this row is answered with 200 */
            { "does not make the code good again", VERIFY(BY_CODE), .error = "INVALID_CREDENTIALS" });
    next_code(world, OWNER);
    ROWS_OF(world, { "a browser gets a cookie", VERIFY(BY_CODE ",'session':'cookie'"), .lacks = { "token" }, .heads = { "Set-Cookie: tenon_session=" }, .keep = { "cookie=@cookie" } },
            { "which opens", .as = COOKIE("{cookie}"), .send = "GET /api/auth/me" });
}

static void steps(struct world *world)
{
    world_shift(world, 3 * TOTP_PERIOD * SECOND);
    challenge(world, OWNER);
    show_code(world, OWNER, -2);
    ROWS_OF(world, { "a code of two steps ago is old", VERIFY(BY_CODE), .error = "INVALID_CREDENTIALS" });
    show_code(world, OWNER, 1);
    ROWS_OF(world, { "one of the next step is none yet", VERIFY(BY_CODE), .error = "INVALID_CREDENTIALS" });
    show_code(world, OWNER, -1);
    ROWS_OF(world, { "one of the step before is good", VERIFY(BY_CODE) });
    challenge(world, OWNER);
    ROWS_OF(world, { "once", VERIFY(BY_CODE), .error = "INVALID_CREDENTIALS" });
    show_code(world, OWNER, 0);
    ROWS_OF(world, { "and then that of this one", VERIFY(BY_CODE) });
}

/* Without the condition on expires_at the first row is answered with 200. */
static void over(struct world *world)
{
    challenge(world, OWNER);
    world_shift(world, 5 * MINUTE + SECOND);
    show_code(world, OWNER, 0);
    ROWS_OF(world, { "a challenge is good for five minutes", VERIFY(BY_CODE), NOT_GOOD }, { "one that was never given out", VERIFY("'code':'{code}'"), NOT_GOOD },
            { "of a likely shape", .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY','code':'{code}'}", NOT_GOOD },
            { "or none", .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'','code':'{code}'}", NOT_GOOD });
}

/* With another account's factors looked up by what the answer says, and not by whose the challenge is, these are answered with 200. */
static void anothers(struct world *world)
{
    enrol(world, STRANGER);
    next_code(world, STRANGER);
    challenge(world, OWNER);
    ROWS_OF(world, { "another's code does not answer it", VERIFY(BY_CODE), .error = "INVALID_CREDENTIALS" },
            { "nor another's recovery code", VERIFY("'recovery_code':'{stranger.recovery.0}'"), .error = "INVALID_CREDENTIALS" });
    challenge(world, STRANGER);
    ROWS_OF(world, { "whose they are they do", VERIFY(BY_CODE), .has = { "user.id={stranger.id}" } });
}

/* --- recovery ------------------------------------------------------------------------------------------------------------ */

static void recovery(struct world *world)
{
    challenge(world, OWNER);
    ROWS_OF(world, { "a recovery code is none", VERIFY("'recovery_code':'00000-00000'"), .error = "INVALID_CREDENTIALS" },
            { "of no shape", VERIFY("'recovery_code':'nothing like it'"), .error = "INVALID_CREDENTIALS" },
            { "a good one opens", VERIFY("'recovery_code':' {owner.recovery.0} '"), .has = { "token" }, .keep = { "owner.token=token" } },
            { "one is spent", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.recovery_codes_left=9" } },
            { "which is on record", .as = OWNER, .send = "GET /api/audit?action=mfa.recovery_code_used", .has = { "data#1" } });
    expect(world, letter_to(world, "owner@example.com", "a recovery code was used, and 9 are left").ptr != NULL, "and told");
    challenge(world, OWNER);
    ROWS_OF(world, { "it is good once", VERIFY("'recovery_code':'{owner.recovery.0}'"), .error = "INVALID_CREDENTIALS" },
            { "the others are still good", VERIFY("'recovery_code':'{owner.recovery.1}'"), .keep = { "owner.token=token" } });
}

static void replaced(struct world *world)
{
    keep(world, "old", kept(world, "owner.recovery.2"));
    ROWS_OF(world, { "new recovery codes", .as = OWNER, .send = "POST /api/auth/mfa/recovery-codes", .check = keep_owners, .audit = "mfa.recovery_codes_made" });
    challenge(world, OWNER);
    ROWS_OF(world, { "new codes kill the old", VERIFY("'recovery_code':'{old}'"), .error = "INVALID_CREDENTIALS" },
            { "and are good", VERIFY("'recovery_code':'{owner.recovery.0}'"), .keep = { "owner.token=token" } },
            { "they are counted", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.recovery_codes_left=9" } });
}

/* --- guessing ------------------------------------------------------------------------------------------------------------ */

/* With the right password counted as a success, as it is for who has no factor, the last row is answered with MFA_REQUIRED. */
static void guessed(struct world *world)
{
    for (int i = 0; i < 4; i++) {
        challenge(world, OWNER);
        show_code(world, OWNER, 0);
        ROWS_OF(world, { "a code is guessed, each time with the right password before it", VERIFY("'code':'{wrong}'"), .error = "INVALID_CREDENTIALS", .audit = "auth.factor_failed owner@example.com" });
    }
    challenge(world, OWNER);
    ROWS_OF(world, { "the fifth", VERIFY("'code':'{wrong}'"), .error = "INVALID_CREDENTIALS", .audit = "auth.locked owner@example.com" },
            { "locks the account", LOGIN("owner"), .error = "ACCOUNT_LOCKED" });
    expect(world, letter_to(world, "owner@example.com", "Your account is locked").ptr != NULL, "its owner is told");
    ROWS_OF(world, { "for a while", LOGIN("owner"), .error = "MFA_REQUIRED", .later = 16 * MINUTE, .keep = { "challenge=error.challenge" } });
    show_code(world, OWNER, 0);
    ROWS_OF(world, { "then it is as it was", VERIFY(BY_CODE), .keep = { "owner.token=token" } });
}

/* Without the condition on attempts the last row is answered with 423, and so is the count of each answer seen. */
static void five_answers(struct world *world)
{
    enrol(world, ADMIN);
    next_code(world, ADMIN);
    challenge(world, ADMIN);
    ROWS_OF(world, { "wrong answers to one challenge", VERIFY("'code':'{wrong}'"), .error = "INVALID_CREDENTIALS", .times = 5 },
            { "end it after five", VERIFY(BY_CODE), NOT_GOOD });
}

/* --- a forgotten password ------------------------------------------------------------------------------------------------ */

/* Without challenges_drop in store_reset the challenge from before is still answered with 200. */
static void forgotten(struct world *world)
{
    challenge(world, OWNER);
    ROWS_OF(world, { "a link is asked for", .send = "POST /api/auth/password/forgot", .body = "{'email':'{owner.email}'}", .status = 202 });
    keep(world, "token", letter_token(world, "owner@example.com", "/reset?token="));
    ROWS_OF(world, { "and followed", .send = "POST /api/auth/password/reset", .body = "{'token':'{token}','password':'Lantern-Gravel-77'}" });
    keep(world, "owner.password", T("Lantern-Gravel-77"));
    show_code(world, OWNER, 0);
    ROWS_OF(world, { "a challenge from before is not good", VERIFY(BY_CODE), NOT_GOOD },
            { "a new password is not enough either", LOGIN("owner"), .error = "MFA_REQUIRED", .keep = { "challenge=error.challenge" } });
    next_code(world, OWNER);
    ROWS_OF(world, { "the factor is what it was", VERIFY(BY_CODE), .keep = { "owner.token=token" } });
}

/* --- at once ------------------------------------------------------------------------------------------------------------- */

enum { CROWD = 50 };

/* Each brings a challenge of its own, or all the same one. Without `counter = $2` in factor_count, or the count of changed rows in
   recovery_use, several get through. */
static void crowd(struct world *world, bool same_challenge, const char *answer)
{
    struct arena *arena = world_arena(world);
    struct at_once asked[CROWD];
    size_t through;

    if (same_challenge)
        challenge(world, MEMBER);
    for (int i = 0; i < CROWD; i++) {
        if (!same_challenge)
            given_challenge(world, MEMBER);
        asked[i] = (struct at_once){ .send = "POST /api/auth/mfa/verify",
                                     .body = text_z(arena, text_format(arena, "{'challenge':'%.*s',%s}", TEXT_ARG(kept(world, "challenge")), answer)) };
    }
    ask_at_once(world, asked, CROWD);
    through = answered_with(asked, CROWD, 200);
    expect(world, through == 1, "one gets through, not %zu", through);
    world_shift(world, 2 * DAY); /* those that lost are wrong answers, and have locked the account for the moment */
}

static void at_once(struct world *world)
{
    enrol(world, MEMBER);
    world_about(world, "fifty bring one code at once, to as many challenges");
    next_code(world, MEMBER);
    crowd(world, false, BY_CODE);
    world_about(world, "fifty bring it to the same challenge");
    show_code(world, MEMBER, 0);
    crowd(world, true, BY_CODE);
    world_about(world, "fifty bring one recovery code at once");
    crowd(world, false, "'recovery_code':'{member.recovery.0}'");
}

/* --- turning off --------------------------------------------------------------------------------------------------------- */

static void turned_off(struct world *world)
{
    challenge(world, OWNER);
    ROWS_OF(world, { "signed in by a recovery code", VERIFY("'recovery_code':'{owner.recovery.1}'"), .keep = { "owner.token=token" } },
            { "they are turned off", .as = OWNER, .send = "DELETE /api/auth/mfa/totp", .audit = "mfa.totp_removed" },
            { "the recovery codes went with the last factor", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.totp=false", "data.recovery_codes_left=0" } },
            { "and nothing is asked for any more", LOGIN("owner"), .has = { "token" } });
    expect(world, letter_to(world, "owner@example.com", "one-time codes from an authenticator were turned off").ptr != NULL, "its owner is told");
}

/* A session that ended since the gate changes nothing: without the first line of change_begin it does. */
static void ended(struct world *world)
{
    struct call call;

    world_about(world, "a session that has ended meanwhile");
    call_open(&call, &world_app(world)->on);
    call.session = uuid_new();
    expect(world, change_begin(&call) == UNAUTHENTICATED, "changes no factor");
    call_close(&call);
}

/* What an account has is dropped when its true owner takes it over. */
static void dropped(struct world *world)
{
    struct call call;
    uuid stranger;
    enum result result = INTERNAL;

    world_about(world, "all that an account has is dropped");
    challenge(world, STRANGER);
    call_open(&call, &world_app(world)->on);
    if (uuid_parse(kept(world, "stranger.id"), &stranger)) {
        SCOPED(tx) struct tx tx = tx_begin(&call);

        result = factors_drop(&call, stranger);
        if (result == OK)
            result = tx_commit(&tx);
    }
    call_close(&call);
    expect(world, result == OK, "it is done");
    ROWS_OF(world, { "no challenge is left", VERIFY("'recovery_code':'{stranger.recovery.1}'"), NOT_GOOD }, { "and no factor", LOGIN("stranger"), .has = { "token" } });
}

static void run(struct world *world)
{
    turned_on(world);
    asked_for(world);
    steps(world);
    over(world);
    recovery(world);
    anothers(world);
    replaced(world);
    guessed(world);
    five_answers(world);
    forgotten(world);
    at_once(world);
    turned_off(world);
    ended(world);
    dropped(world);
}

static const char *const options[] = { "HASH_SLOTS", "8", NULL }; /* so that answers meet */

const struct suite factors_scenarios = { .run = run, .config = options };
