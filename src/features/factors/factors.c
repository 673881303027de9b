#include "features/factors/factors.h"

#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/factors/factors_rules.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"

enum { TRIES = 5 };
static const int64_t CHALLENGE_LIFE = 5 * MINUTE, PENDING_LIFE = HOUR;

/* --- what a person has --------------------------------------------------------------------------------------------------- */

enum result factors_of(struct call *call, uuid user, struct factors *ret_factors)
{
    return factors_read(call, user, ret_factors);
}

struct text_list factor_methods(struct call *call, const struct factors *factors)
{
    struct text_list methods = { arena_array(&call->arena, 3, sizeof(text)), 0 };
    struct webauthn_party party;

    if (factors->totp_since)
        methods.items[methods.len++] = T("totp");
    if (factors->passkeys && webauthn_party_of(&call->arena, config.app_url, FACTORS_APP, &party))
        methods.items[methods.len++] = T("passkey");
    if (factors->recovery_codes)
        methods.items[methods.len++] = T("recovery_code");
    return methods;
}

enum result factors_drop(struct call *call, uuid user)
{
    TRY(factors_delete(call, user));
    TRY(recovery_delete(call, user));
    return challenge_delete_of(call, user);
}

/* --- secrets and names --------------------------------------------------------------------------------------------------- */

static text totp_binding(struct call *call, const struct factor_row *row)
{
    return text_format(&call->arena, "totp %.*s %.*s", TEXT_ARG(uuid_text(&call->arena, row->user_id)), TEXT_ARG(uuid_text(&call->arena, row->id)));
}

text totp_seal(struct call *call, const struct factor_row *row, struct secret secret)
{
    return seal(&call->arena, secret, totp_binding(call, row));
}

enum result totp_unseal(struct call *call, const struct factor_row *row, struct secret *ret_secret)
{
    if (unseal(&call->arena, row->secret, totp_binding(call, row), ret_secret))
        return OK;
    LOG(ERROR, call, "a one-time code's secret cannot be opened: ENCRYPTION_KEY is not the one it was sealed with");
    return UNAVAILABLE;
}

enum result passkey_party(struct call *call, struct webauthn_party *ret_party)
{
    if (webauthn_party_of(&call->arena, config.app_url, FACTORS_APP, ret_party))
        return OK;
    return fail(call, CONFLICT, "Passkeys need an APP_URL with a name, and https unless it is localhost.");
}

text passkey_handle(struct call *call, uuid user)
{
    return text_copy(&call->arena, (text){ (const char *)user.bytes, sizeof user.bytes });
}

struct text_list credential_ids(struct call *call, struct list passkeys)
{
    struct text_list ids = { arena_array(&call->arena, passkeys.len, sizeof(text)), passkeys.len };

    for (size_t i = 0; i < passkeys.len; i++)
        ids.items[i] = ((const struct factor_row *)passkeys.items)[i].credential_id;
    return ids;
}

/* --- changes ------------------------------------------------------------------------------------------------------------- */

enum result change_begin(struct call *call)
{
    bool open;

    TRY(factors_session_open(call, &open));
    return open ? OK : fail(call, UNAUTHENTICATED, "The session has ended. Sign in again.");
}

enum result change_tell(struct call *call, const char *action, text target, text change)
{
    struct person_row person;
    char spelled[CLOCK_TEXT];

    TRY(person_read(call, call->user, &person));
    TRY(audit_note(call, action, target));
    return LETTER(call, "mfa_changed", person.email, { "name", person.name }, { "time", clock_format(call->now, spelled) }, { "change", change },
                  { "link", letter_link(call, "/settings", TEXT_NONE) });
}

enum result recovery_replace(struct call *call, const struct recovery_codes *codes)
{
    TRY(recovery_delete(call, call->user));
    for (size_t i = 0; i < RECOVERY_CODES; i++)
        TRY(recovery_insert(call, call->user, codes->hashes[i], codes->salt));
    return OK;
}

/* --- challenges ---------------------------------------------------------------------------------------------------------- */

static const char *const purposes[] = {
    [PURPOSE_SIGN_IN] = "sign-in", [PURPOSE_PROOF] = "proof", [PURPOSE_PASSKEY] = "passkey", [PURPOSE_PASSKEY_SIGN_IN] = "passkey-sign-in",
};

static enum purpose purpose_of(text name)
{
    for (size_t i = PURPOSE_NONE + 1; i < COUNT(purposes); i++)
        if (text_equal(name, text_of(purposes[i])))
            return (enum purpose)i;
    return PURPOSE_NONE;
}

enum result challenge_open(struct call *call, enum purpose purpose, uuid user, uuid session, text *ret_token)
{
    char bytes[WEBAUTHN_CHALLENGE_BYTES];
    struct challenge_row row = { .purpose = text_of(purposes[purpose]), .user_id = user, .session_id = session, .expires_at = call->now + CHALLENGE_LIFE };
    text token;

    random_bytes(bytes, sizeof bytes);
    token = base64url_encode(&call->arena, bytes, sizeof bytes);
    row.token_hash = sha256(&call->arena, token);
    TRY(challenge_insert(call, &row));
    *ret_token = token;
    return OK;
}

enum result challenge_bytes(struct call *call, text token, text *ret_bytes)
{
    return base64url_decode(&call->arena, token, ret_bytes) && ret_bytes->len == WEBAUTHN_CHALLENGE_BYTES ? OK : challenge_not_good(call);
}

enum result challenge_not_good(struct call *call)
{
    return fail_field(call, "challenge", "is not good any more: begin again");
}

static enum result as_found(struct call *call, text token, enum result found, const struct challenge_row *row, struct challenge *ret_challenge)
{
    if (found == NOT_FOUND)
        return challenge_not_good(call);
    TRY(found);
    *ret_challenge = (struct challenge){ token, purpose_of(row->purpose), row->user_id, row->session_id };
    return OK;
}

enum result challenge_take(struct call *call, text token, struct challenge *ret_challenge)
{
    struct challenge_row row;

    return as_found(call, token, challenge_count(call, sha256(&call->arena, token), TRIES, &row), &row, ret_challenge);
}

enum result challenge_look(struct call *call, text token, struct challenge *ret_challenge)
{
    struct challenge_row row;

    return as_found(call, token, challenge_read(call, sha256(&call->arena, token), TRIES, &row), &row, ret_challenge);
}

enum result challenge_use(struct call *call, const struct challenge *challenge)
{
    enum result used = challenge_delete(call, sha256(&call->arena, challenge->token));

    return used == NOT_FOUND ? challenge_not_good(call) : used;
}

enum result challenges_drop(struct call *call, uuid user)
{
    return challenge_delete_of(call, user);
}

/* --- answers ------------------------------------------------------------------------------------------------------------- */

enum result factor_wrong(struct call *call)
{
    return fail(call, INVALID_CREDENTIALS, "The code or passkey is not right.");
}

static enum result check_code(struct call *call, uuid user, text code, struct factor_use *ret_use)
{
    struct factor_row row;
    struct secret secret;
    enum result found = totp_read(call, user, &row);
    int64_t step;

    if (found == NOT_FOUND || (found == OK && !row.confirmed_at))
        return factor_wrong(call);
    TRY(found);
    TRY(totp_unseal(call, &row, &secret));
    step = totp_step(secret, code, call->now, row.counter);
    if (!step)
        return factor_wrong(call);
    *ret_use = (struct factor_use){ .method = "totp", .user = user, .factor = row.id, .counter = step, .counter_before = row.counter };
    return OK;
}

/* Whether it is one of the set shows when it is spent. */
static enum result check_recovery_code(struct call *call, uuid user, text typed, struct factor_use *ret_use)
{
    text salt, hash;
    enum result found = recovery_salt(call, user, &salt);

    if (found == OK)
        found = recovery_code_hash(call, salt, typed, &hash);
    if (found == NOT_FOUND || found == INVALID_CREDENTIALS)
        return factor_wrong(call);
    TRY(found);
    *ret_use = (struct factor_use){ .method = "recovery_code", .user = user, .code_hash = hash };
    return OK;
}

static enum result passkey_of(struct call *call, const struct webauthn_assertion *credential, struct factor_row *ret_row)
{
    enum result found = NOT_FOUND;
    text id;

    if (webauthn_credential_id(&call->arena, credential, &id))
        found = passkey_by_credential(call, id, ret_row);
    return found == NOT_FOUND ? factor_wrong(call) : found;
}

enum result passkey_owner(struct call *call, const struct webauthn_assertion *credential, uuid *ret_user)
{
    struct factor_row row;

    TRY(passkey_of(call, credential, &row));
    *ret_user = row.user_id;
    return OK;
}

/* W3C Web Authentication §7.2, step 6: who comes without a name is named by the authenticator. */
static bool is_owners(struct call *call, const struct factor_row *row, bool alone, text handle)
{
    return handle.ptr ? equal_in_time(handle, passkey_handle(call, row->user_id)) : !alone;
}

static enum result check_passkey(struct call *call, const struct challenge *challenge, uuid user, const struct webauthn_assertion *credential, struct factor_use *ret_use)
{
    bool alone = challenge->purpose == PURPOSE_PASSKEY_SIGN_IN;
    struct webauthn_credential known;
    struct webauthn_party party;
    struct webauthn_use use;
    struct factor_row row;
    enum webauthn_fault fault;
    text bytes;

    TRY(passkey_party(call, &party));
    TRY(challenge_bytes(call, challenge->token, &bytes));
    TRY(passkey_of(call, credential, &row));
    if (!uuid_equal(row.user_id, user))
        return factor_wrong(call);
    known = (struct webauthn_credential){ .id = row.credential_id, .public_key = row.public_key, .sign_count = row.counter, .backup_eligible = row.backup_eligible };
    fault = webauthn_assert(&call->arena, &party, bytes, alone, credential, &known, &use);
    if (fault == WEBAUTHN_OK && !is_owners(call, &row, alone, use.user_handle))
        fault = WEBAUTHN_CREDENTIAL;
    if (fault != WEBAUTHN_OK) {
        LOG(INFO, call, "a passkey was refused", LZ("reason", webauthn_fault_words(fault)));
        return factor_wrong(call);
    }
    *ret_use = (struct factor_use){ .method = "passkey", .user = user, .factor = row.id, .counter = use.sign_count, .counter_before = row.counter, .backed_up = use.backed_up };
    return OK;
}

enum result factor_check(struct call *call, const struct challenge *challenge, uuid user, const struct factor_answer *answer, struct factor_use *ret_use)
{
    if (answer->credential)
        return check_passkey(call, challenge, user, answer->credential, ret_use);
    if (answer->recovery_code.ptr)
        return check_recovery_code(call, user, answer->recovery_code, ret_use);
    return check_code(call, user, answer->code, ret_use);
}

static enum result spend_recovery_code(struct call *call, const struct factor_use *use)
{
    struct factors left;

    TRY(recovery_use(call, use->user, use->code_hash));
    TRY(factors_read(call, use->user, &left));
    return change_tell(call, "mfa.recovery_code_used", TEXT_NONE,
                       text_format(&call->arena, "a recovery code was used, and %lld are left", (long long)left.recovery_codes));
}

enum result factor_spend(struct call *call, const struct factor_use *use)
{
    enum result spent = use->code_hash.ptr ? spend_recovery_code(call, use) : factor_count(call, use->factor, use->counter_before, use->counter, use->backed_up);

    return spent == NOT_FOUND ? factor_wrong(call) : spent;
}

/* --- the feature --------------------------------------------------------------------------------------------------------- */

static enum result forget_ended(struct call *call)
{
    return factors_delete_ended(call, call->now - PENDING_LIFE);
}

static const struct chore ended = { .name = "factors.ended", .every = 10 * MINUTE, .run = forget_ended, .doc = "Removes challenges that are over, and secrets that nobody confirmed." };
static const struct chore *const chores[] = { &ended, NULL };

static const struct sample samples[] = {
    { "/api/auth/passkeys/:id", .make = passkey_sample },
    { 0 },
};

const struct module factors_module = { .name = "factors", .doc = "One-time codes, passkeys and recovery codes.", .routes = factors_routes, .samples = samples,
                                       .exports = factors_exports, .queries = factors_queries, .chores = chores };
