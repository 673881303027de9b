/*
 * Passkeys: made, answered with, alone at the door, removed. An authenticator of the test's own (identity/authenticator_fixture.h)
 * holds them; a row spoils one thing. What the answers are checked for is tried bit by bit in identity/webauthn_test.c; here it
 * is seen that the server asks for it, with whose challenge, and what comes of it.
 */
#include "tests/scenario/factors.h"
#include "identity/authenticator_fixture.h"
#include "store/db.h"

enum { PRESENT_FLAGS = 0x01, VERIFIED_FLAGS = 0x05, MADE_FLAGS = 0x45, CROWD = 50 };

static const char ORIGIN[] = "http://localhost:3000"; /* APP_URL where it is not set */

/* A person's authenticator. */
struct device {
    const char *who, *id;
    EVP_PKEY *key;
    uint32_t count; /* 0: it does not count */
};

static text handle_of(struct world *world, const char *who)
{
    uuid id;

    if (!uuid_parse(kept(world, named(world, who, "id")), &id))
        abort();
    return text_copy(world_arena(world), (text){ (char *)id.bytes, sizeof id.bytes });
}

/* The challenge that the answer holds at `path`, as bytes. */
static text challenge_in(struct world *world, const struct answer *answer, const char *path)
{
    text bytes = TEXT_NONE;

    expect_answer(world, answer, base64url_decode(world_arena(world), answer_member(world, answer, path), &bytes) && bytes.len == 32, "there is a challenge of 32 bytes at %s", path);
    return bytes;
}

/* --- bodies -------------------------------------------------------------------------------------------------------------- */

static text credential_of(struct world *world, const struct webauthn_registration *r)
{
    return text_format(world_arena(world), "{'id':'%.*s','rawId':'%.*s','type':'%.*s','response':{'clientDataJSON':'%.*s','attestationObject':'%.*s'}}", TEXT_ARG(r->id), TEXT_ARG(r->rawId),
                       TEXT_ARG(r->type), TEXT_ARG(r->response.clientDataJSON), TEXT_ARG(r->response.attestationObject));
}

static text assertion_of(struct world *world, const struct webauthn_assertion *a)
{
    struct arena *arena = world_arena(world);
    text handle = a->response.userHandle.ptr ? text_format(arena, ",'userHandle':'%.*s'", TEXT_ARG(a->response.userHandle)) : T("");

    return text_format(arena, "{'id':'%.*s','type':'%.*s','response':{'clientDataJSON':'%.*s','authenticatorData':'%.*s','signature':'%.*s'%.*s}}", TEXT_ARG(a->id), TEXT_ARG(a->type),
                       TEXT_ARG(a->response.clientDataJSON), TEXT_ARG(a->response.authenticatorData), TEXT_ARG(a->response.signature), TEXT_ARG(handle));
}

static struct soft_answer good_creation(const struct device *device, text challenge)
{
    return (struct soft_answer){ .type = "webauthn.create", .origin = ORIGIN, .challenge = challenge, .party_id = T("localhost"), .id = text_of(device->id), .attested_id = text_of(device->id),
                                 .flags = MADE_FLAGS, .count = device->count, .format = "none", .statement = "a0", .kind = "public-key" };
}

/* Keeps `credential`: what the browser would give for a new passkey. */
static void create(struct world *world, const struct device *device, const struct soft_answer *answer)
{
    struct arena *arena = world_arena(world);
    struct webauthn_registration made = created(arena, answer, cose_of(arena, device->key, COSE_ES256));

    keep(world, "credential", credential_of(world, &made));
}

/* The options for a new one are asked for, and a good answer is kept. */
static struct soft_answer begin(struct world *world, const struct device *device)
{
    struct answer options = ask(world, device->who, "POST /api/auth/passkeys/options", NULL, NULL);
    struct soft_answer good = good_creation(device, challenge_in(world, &options, "data.challenge"));

    create(world, device, &good);
    return good;
}

static struct soft_answer good_use(struct world *world, struct device *device, text challenge)
{
    device->count += device->count > 0;
    return (struct soft_answer){ .type = "webauthn.get", .origin = ORIGIN, .challenge = challenge, .party_id = T("localhost"), .id = text_of(device->id), .flags = VERIFIED_FLAGS,
                                 .count = device->count, .kind = "public-key", .handle = handle_of(world, device->who) };
}

/* Keeps `credential`: what the browser would give for one that is there. */
static void use(struct world *world, const struct device *device, const struct soft_answer *answer)
{
    struct webauthn_assertion made = got(world_arena(world), answer, device->key, COSE_ES256);

    keep(world, "credential", assertion_of(world, &made));
}

/* The options for the kept challenge are asked for; a good answer is kept. */
static struct soft_answer answer_challenge(struct world *world, struct device *device)
{
    struct answer options = ask(world, NULL, "POST /api/auth/mfa/options", "{'challenge':'{challenge}'}", NULL);
    struct soft_answer good = good_use(world, device, challenge_in(world, &options, "data.challenge"));

    use(world, device, &good);
    return good;
}

/* Keeps `challenge` and a good answer to it, of nobody yet. */
static struct soft_answer alone(struct world *world, struct device *device)
{
    struct answer options = ask(world, NULL, "POST /api/auth/passkeys/login/options", NULL, NULL);
    struct soft_answer good = good_use(world, device, challenge_in(world, &options, "data.options.challenge"));

    keep(world, "challenge", answer_member(world, &options, "data.challenge"));
    use(world, device, &good);
    return good;
}

/* --- making -------------------------------------------------------------------------------------------------------------- */

#define MAKE .send = "POST /api/auth/passkeys", .body = "{'name':' Blue key ','credential':{credential}}"
#define NOT_ASKED_FOR .error = "VALIDATION_ERROR", .has = { "error.fields.credential" }
#define NOT_GOOD .error = "VALIDATION_ERROR", .has = { "error.fields.challenge" }

/* Each is taken when what it is about is not checked. */
static void not_made(struct world *world, const struct device *device)
{
    struct soft_answer answer = begin(world, device);

    answer.origin = "http://localhost:3000.evil.example";
    create(world, device, &answer);
    ROWS_OF(world, { "a passkey made for another origin", .as = OWNER, MAKE, NOT_ASKED_FOR });
    answer = begin(world, device);
    answer.party_id = T("example.org");
    create(world, device, &answer);
    ROWS_OF(world, { "or another party", .as = OWNER, MAKE, NOT_ASKED_FOR });
    answer = begin(world, device);
    answer.flags = 0x41;
    create(world, device, &answer);
    ROWS_OF(world, { "without its person verified", .as = OWNER, MAKE, NOT_ASKED_FOR });
    answer = begin(world, device);
    answer.challenge = T("0123456789abcdef0123456789abcdef");
    create(world, device, &answer);
    ROWS_OF(world, { "for a challenge that was not given out", .as = OWNER, MAKE, NOT_GOOD });
    begin(world, device);
    ROWS_OF(world, { "for another's challenge", .as = STRANGER, MAKE, NOT_GOOD }, { "for its other session's", .as = BEARER("{other}"), MAKE, NOT_GOOD },
            { "too late", .as = OWNER, MAKE, NOT_GOOD, .later = 6 * MINUTE });
    keep(world, "credential", T("{'id':'AQ','type':'public-key','response':{'clientDataJSON':'e30','attestationObject':'oA'}}"));
    ROWS_OF(world, { "what cannot be read", .as = OWNER, MAKE, NOT_ASKED_FOR });
}

static void made(struct world *world, const struct device *device)
{
    struct answer answer;

    ROWS_OF(world, { "what is asked for", .as = OWNER, .send = "POST /api/auth/passkeys/options", .has = { "data.rp.id=localhost", "data.user.name=owner@example.com", "data.excludeCredentials#0",
                     "data.authenticatorSelection.userVerification=required" } });
    begin(world, device);
    world_about(world, "a passkey is made");
    answer = ask(world, OWNER, "POST /api/auth/passkeys", "{'name':' Blue key ','credential':{credential}}", NULL);
    expect_answer(world, &answer, answer.status == 201 && answer_has(world, &answer, "data.name=Blue key"), "it is kept");
    keep(world, "passkey", answer_member(world, &answer, "data.id"));
    keep_recovery(world, OWNER, &answer);
    ROWS_OF(world, { "its challenge is used up", .as = OWNER, MAKE, NOT_GOOD },
            { "it is listed", .as = OWNER, .send = "GET /api/auth/passkeys", .has = { "data#1", "data.0.id={passkey}", "data.0.name=Blue key", "data.0.last_used!", "data.0.backed_up=false" },
              .hides = { "public_key" }, .audit = "mfa.passkey_added Blue key" },
            { "shown", .as = OWNER, .send = "GET /api/auth/passkeys/{passkey}", .has = { "data.id={passkey}" } },
            { "renamed", .as = OWNER, .send = "PATCH /api/auth/passkeys/{passkey}", .body = "{'name':'Red key'}", .has = { "data.name=Red key" }, .audit = "mfa.passkey_renamed Red key" },
            { "not to what is no name", .as = OWNER, .send = "PATCH /api/auth/passkeys/{passkey}", .body = "{'name':' '}", .error = "VALIDATION_ERROR", .has = { "error.fields.name" } },
            { "by nobody else", .as = STRANGER, .send = "PATCH /api/auth/passkeys/{passkey}", .body = "{'name':'Mine'}", .error = "NOT_FOUND" },
            { "shown to nobody else", .as = STRANGER, .send = "GET /api/auth/passkeys/{passkey}", .error = "NOT_FOUND" },
            { "nor removed", .as = STRANGER, .send = "DELETE /api/auth/passkeys/{passkey}", .error = "NOT_FOUND" },
            { "it is a factor", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.totp=false", "data.passkeys=1", "data.recovery_codes_left=10" } },
            { "which is not made again", .as = OWNER, .send = "POST /api/auth/passkeys/options", .has = { "data.excludeCredentials#1" } });
    expect(world, letter_to(world, "owner@example.com", "a passkey was added").ptr != NULL, "its owner is told");
}

/* Another account cannot keep the same credential. */
static void taken(struct world *world, const struct device *device)
{
    struct device copy = *device;

    copy.who = STRANGER;
    begin(world, &copy);
    ROWS_OF(world, { "a credential that is kept already", .as = STRANGER, MAKE, NOT_ASKED_FOR });
}

/* --- as a second factor -------------------------------------------------------------------------------------------------- */

#define VERIFY .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'{challenge}','credential':{credential}}"

static void second(struct world *world, struct device *device, struct device *strangers)
{
    struct soft_answer answer;

    ROWS_OF(world, { "it is asked for after the password", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .error = "MFA_REQUIRED",
                     .has = { "error.methods#2", "error.methods.0=passkey", "error.methods.1=recovery_code" }, .keep = { "challenge=error.challenge" } },
            { "with what is there", .send = "POST /api/auth/mfa/options", .body = "{'challenge':'{challenge}'}", .has = { "data.challenge={challenge}", "data.allowCredentials#1", "data.rpId=localhost" } },
            { "for a challenge that is good", .send = "POST /api/auth/mfa/options", .body = "{'challenge':'none'}", NOT_GOOD });
    answer = answer_challenge(world, device);
    answer.origin = "https://evil.example";
    use(world, device, &answer);
    ROWS_OF(world, { "an answer that another origin asked for", VERIFY, .error = "INVALID_CREDENTIALS", .audit = "auth.factor_failed owner@example.com" });
    answer = answer_challenge(world, strangers);
    ROWS_OF(world, { "another person's passkey", VERIFY, .error = "INVALID_CREDENTIALS" });
    answer = answer_challenge(world, device);
    answer.spoil_signature = true;
    use(world, device, &answer);
    ROWS_OF(world, { "a spoiled signature", VERIFY, .error = "INVALID_CREDENTIALS" });
    answer = answer_challenge(world, device);
    answer.handle = handle_of(world, STRANGER);
    use(world, device, &answer);
    ROWS_OF(world, { "a handle of somebody else's", VERIFY, .error = "INVALID_CREDENTIALS" });
    answer.flags = PRESENT_FLAGS;
    answer.handle = TEXT_NONE;
    use(world, device, &answer);
    ROWS_OF(world, { "a touch is enough", VERIFY, .has = { "token", "user.id={owner.id}" }, .keep = { "owner.token=token" } },
            { "once", VERIFY, NOT_GOOD }, { "it was used", .as = OWNER, .send = "GET /api/auth/passkeys/{passkey}", .has = { "data.last_used" } });
    challenge(world, OWNER);
    device->count--;
    answer_challenge(world, device);
    ROWS_OF(world, { "one that counts no further may be a copy", VERIFY, .error = "INVALID_CREDENTIALS" });
    answer_challenge(world, device);
    ROWS_OF(world, { "the true one counts on", VERIFY, .keep = { "owner.token=token" } });
}

/* A session shows anew who it is. */
static void proof(struct world *world, struct device *device)
{
    ROWS_OF(world, { "what is sensitive", .as = OWNER, .send = "POST /api/auth/passkeys/options", .later = 11 * MINUTE, .error = "MFA_REQUIRED", .has = { "error.methods.0=passkey" },
                     .keep = { "challenge=error.challenge" } });
    answer_challenge(world, device);
    ROWS_OF(world, { "by the same passkey", .as = OWNER, VERIFY, .has = { "success=true" }, .lacks = { "token" } }, { "is done", .as = OWNER, .send = "POST /api/auth/passkeys/options" });
}

/* --- alone --------------------------------------------------------------------------------------------------------------- */

#define ALONE .send = "POST /api/auth/passkeys/login", .body = "{'challenge':'{challenge}','credential':{credential}}"

static void not_alone(struct world *world, struct device *device, struct device *nobodys)
{
    struct soft_answer answer = alone(world, device);

    answer.flags = PRESENT_FLAGS;
    use(world, device, &answer);
    ROWS_OF(world, { "without its person verified", ALONE, .error = "INVALID_CREDENTIALS", .audit = "auth.factor_failed owner@example.com" });
    answer = alone(world, device);
    answer.handle = TEXT_NONE;
    use(world, device, &answer);
    ROWS_OF(world, { "without saying whose it is", ALONE, .error = "INVALID_CREDENTIALS" });
    answer.handle = handle_of(world, STRANGER);
    use(world, device, &answer);
    ROWS_OF(world, { "or saying another's", ALONE, .error = "INVALID_CREDENTIALS" });
    answer = alone(world, device);
    answer.origin = "https://evil.example";
    use(world, device, &answer);
    ROWS_OF(world, { "for another origin", ALONE, .error = "INVALID_CREDENTIALS" });
    alone(world, nobodys);
    ROWS_OF(world, { "a passkey that nobody keeps", ALONE, .error = "INVALID_CREDENTIALS" });
    challenge(world, OWNER);
    answer_challenge(world, device);
    ROWS_OF(world, { "a challenge that followed a password is not for this", ALONE, NOT_GOOD });
    alone(world, device);
    ROWS_OF(world, { "nor one of this for the end of a sign-in", VERIFY, NOT_GOOD }, { "too late", ALONE, NOT_GOOD, .later = 6 * MINUTE });
}

static void came_alone(struct world *world, struct device *device)
{
    ROWS_OF(world, { "what is asked for", .send = "POST /api/auth/passkeys/login/options", .has = { "data.challenge", "data.options.challenge", "data.options.allowCredentials#0", "data.options.userVerification=required" } });
    alone(world, device);
    ROWS_OF(world, { "a passkey alone", ALONE, .has = { "success=true", "token", "expires_at", "user.id={owner.id}" }, .lacks = { "data" }, .keep = { "owner.token=token" }, .audit = "auth.login owner@example.com" },
            { "opens", .as = OWNER, .send = "GET /api/auth/me" }, { "once", ALONE, NOT_GOOD });
    alone(world, device);
    ROWS_OF(world, { "a browser", .send = "POST /api/auth/passkeys/login", .body = "{'challenge':'{challenge}','credential':{credential},'session':'cookie'}", .lacks = { "token" },
                     .heads = { "Set-Cookie: tenon_session=" } },
            { "that another site sends", .send = "POST /api/auth/passkeys/login", .body = "{'challenge':'{challenge}','credential':{credential},'session':'cookie'}",
              .headers = "Origin: https://evil.example", .error = "CSRF_FAILED", .heads = { "!Set-Cookie" } });
}

/* By an authenticator that does not count: without the count of changed rows in challenge_delete several get in. */
static void crowd(struct world *world, struct device *device)
{
    size_t through;

    world_about(world, "fifty bring one answer at once");
    alone(world, device);
    through = same_at_once(world, CROWD, "POST /api/auth/passkeys/login", "{'challenge':'{challenge}','credential':{credential}}", 200);
    expect(world, through == 1, "one gets in, not %zu", through);
    world_shift(world, 2 * DAY);
}

static const struct query deactivate = { .name = "test_deactivate", .sql = "UPDATE users SET is_active = FALSE WHERE id = $1" };

/* Without the look at is_active in sign_in_proven it is answered with 200. */
static void deactivated(struct world *world, struct device *device)
{
    struct call call;
    uuid id;
    enum result result = INTERNAL;

    alone(world, device);
    call_open(&call, &world_app(world)->on);
    if (uuid_parse(kept(world, named(world, device->who, "id")), &id))
        result = db_run(&call, &deactivate, ARGS(db_uuid(id)));
    call_close(&call);
    expect(world, result == OK, "an account is deactivated");
    ROWS_OF(world, { "its passkey opens nothing", ALONE, .error = "INVALID_CREDENTIALS" });
}

/* --- many, none ---------------------------------------------------------------------------------------------------------- */

/* A secret that was not confirmed yet is no factor. */
static void pending(struct world *world)
{
    ROWS_OF(world, { "a secret is asked for", .as = OWNER, .send = "POST /api/auth/mfa/totp", .keep = { "owner.secret=data.secret" } });
    challenge(world, OWNER);
    show_code(world, OWNER, 0);
    ROWS_OF(world, { "its code is none yet", .send = "POST /api/auth/mfa/verify", .body = "{'challenge':'{challenge}','code':'{code}'}", .error = "INVALID_CREDENTIALS" });
}

static void many(struct world *world, struct device *device)
{
    struct device other = *device;

    for (int i = 0; i < 20; i++) {
        other.id = text_z(world_arena(world), text_format(world_arena(world), "many-%d", i));
        begin(world, &other);
        if (i < 19)
            ROWS_OF(world, { "another passkey, which brings no codes", .as = OWNER, MAKE, .status = 201, .has = { "data.recovery_codes#0" }, .keep = { "last=data.id" } });
    }
    ROWS_OF(world, { "twenty are enough", .as = OWNER, MAKE, .error = "CONFLICT" });
}

static void removed(struct world *world)
{
    for (int i = 0; i < 20; i++)
        ROWS_OF(world, { "which there are", .as = OWNER, .send = "GET /api/auth/passkeys", .keep = { "one=data.0.id" } },
                { "a passkey is removed", .as = OWNER, .send = "DELETE /api/auth/passkeys/{one}" }, { "once", .as = OWNER, .send = "DELETE /api/auth/passkeys/{one}", .error = "NOT_FOUND" });
    ROWS_OF(world, { "the recovery codes went with the last", .as = OWNER, .send = "GET /api/auth/mfa", .has = { "data.passkeys=0", "data.recovery_codes_left=0" } },
            { "and the password is enough", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .has = { "token" } },
            { "it is on record", .as = OWNER, .send = "GET /api/audit?action=mfa.passkey_removed", .has = { "data#20" } });
    expect(world, letter_to(world, "owner@example.com", "a passkey was removed").ptr != NULL, "its owner is told");
}

static void run(struct world *world)
{
    struct device device = { OWNER, "credential-of-the-owner", new_key(COSE_ES256), 7 }, strangers = { STRANGER, "credential-of-the-stranger", new_key(COSE_ES256), 0 },
                  nobodys = { OWNER, "credential-of-nobody", new_key(COSE_ES256), 1 };

    kept(world, "stranger.id");
    ROWS_OF(world, { "another session", .send = "POST /api/auth/login", .body = "{'email':'{owner.email}','password':'{owner.password}'}", .keep = { "other=token" } });
    made(world, &device);
    taken(world, &device);
    begin(world, &strangers);
    ROWS_OF(world, { "the stranger has one too", .as = STRANGER, MAKE, .status = 201 });
    second(world, &device, &strangers);
    not_made(world, &nobodys);
    proof(world, &device);
    not_alone(world, &device, &nobodys);
    came_alone(world, &device);
    crowd(world, &strangers);
    deactivated(world, &strangers);
    alone(world, &device);
    ROWS_OF(world, { "a fresh sign-in", ALONE, .keep = { "owner.token=token" } });
    pending(world);
    many(world, &device);
    removed(world);
    EVP_PKEY_free(device.key);
    EVP_PKEY_free(strangers.key);
    EVP_PKEY_free(nobodys.key);
}

static const char *const options[] = { "WORKERS", "8", NULL }; /* so that answers meet */

const struct suite factors_passkeys_scenarios = { .run = run, .config = options };
