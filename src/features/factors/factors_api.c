/* The factors feature's routes, and the handlers of one-time and recovery codes. */
#include "features/audit/audit.h"
#include "features/factors/factors_rules.h"
#include "features/orgs/orgs.h"

/* --- what one has -------------------------------------------------------------------------------------------------------- */

struct mfa_view {
    bool totp;
    int64_t totp_since, recovery_codes_left, passkeys;
};

static const struct field mfa_view[] = {
    BOOL(struct mfa_view, totp), TIME(struct mfa_view, totp_since, .nullable = true), INT(struct mfa_view, recovery_codes_left), INT(struct mfa_view, passkeys), FIELDS_END,
};

static enum result show(struct request *req, const void *body)
{
    struct factors factors;
    struct mfa_view view;

    (void)body;
    TRY(factors_of(&req->call, req->call.user, &factors));
    view = (struct mfa_view){ factors.totp_since != 0, factors.totp_since, factors.recovery_codes, factors.passkeys };
    return respond(req, 200, mfa_view, &view);
}

/* --- one-time codes ------------------------------------------------------------------------------------------------------ */

struct totp_view {
    text secret, otpauth_url, qr_svg;
};

static const struct field totp_view[] = {
    TEXT(struct totp_view, secret, .doc = "To be typed where no picture can be taken. Shown this once."), TEXT(struct totp_view, otpauth_url),
    TEXT(struct totp_view, qr_svg, .doc = "The URL as a picture."), FIELDS_END,
};

static enum result is_on(struct call *call)
{
    return fail(call, CONFLICT, "One-time codes are on already. Turn them off first.");
}

static enum result insert_pending(struct call *call, const struct factor_row *row)
{
    enum result inserted;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(change_begin(call));
    TRY(totp_delete_pending(call, row->user_id));
    inserted = factor_insert(call, row);
    if (inserted == CONFLICT)
        return is_on(call);
    TRY(inserted);
    TRY(audit_note(call, "mfa.totp_begun", TEXT_NONE));
    return tx_commit(&tx);
}

static enum result totp_begin(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct secret secret = totp_secret_new(&call->arena);
    struct factor_row row = { .id = uuid_new(), .user_id = call->user, .kind = T("totp"), .name = T(""), .created_at = call->now };
    struct person_row person;
    struct totp_view view;

    (void)body;
    row.secret = totp_seal(call, &row, secret);
    TRY(person_read(call, call->user, &person));
    TRY(insert_pending(call, &row));
    view = (struct totp_view){ .secret = totp_base32(&call->arena, secret), .otpauth_url = totp_url(&call->arena, secret, FACTORS_APP, person.email) };
    view.qr_svg = qr_svg(&call->arena, view.otpauth_url);
    return respond(req, 200, totp_view, &view);
}

struct code_body {
    text code;
};

static const struct field code_fields[] = { TEXT(struct code_body, code, .required = true, .max = 20), FIELDS_END };

struct recovery_view {
    struct text_list recovery_codes;
};

static const struct field recovery_view[] = { TEXTS(struct recovery_view, recovery_codes, .doc = "Each good once, in place of a factor. Shown this once."), FIELDS_END };

static enum result respond_codes(struct request *req, const struct recovery_codes *codes)
{
    struct recovery_view view = { { (text *)codes->codes, RECOVERY_CODES } };

    return respond(req, 200, recovery_view, &view);
}

/* The step that the code belongs to; it is kept, so that the code is none at the next sign-in. */
static enum result check_first_code(struct call *call, text code, struct factor_row *ret_row, int64_t *ret_step)
{
    struct secret secret;
    enum result found = totp_read(call, call->user, ret_row);

    if (found == NOT_FOUND)
        return fail(call, CONFLICT, "There is no secret to confirm. Ask for one first.");
    TRY(found);
    if (ret_row->confirmed_at)
        return is_on(call);
    TRY(totp_unseal(call, ret_row, &secret));
    *ret_step = totp_step(secret, code, call->now, 0);
    return *ret_step ? OK : fail_field(call, "code", "is not the one that the authenticator shows now");
}

static enum result confirm(struct request *req, const void *in)
{
    const struct code_body *body = in;
    struct call *call = &req->call;
    struct recovery_codes codes;
    struct factor_row row;
    enum result confirmed;
    int64_t step;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(check_first_code(call, body->code, &row, &step));
    TRY(recovery_codes_new(call, &codes));
    tx = tx_begin(call);
    TRY(change_begin(call));
    confirmed = totp_confirm(call, row.id, step);
    if (confirmed == NOT_FOUND)
        return is_on(call);
    TRY(confirmed);
    TRY(recovery_replace(call, &codes));
    TRY(change_tell(call, "mfa.totp_added", TEXT_NONE, T("one-time codes from an authenticator were turned on")));
    TRY(tx_commit(&tx));
    return respond_codes(req, &codes);
}

static enum result totp_remove(struct request *req, const void *body)
{
    struct call *call = &req->call;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(change_begin(call));
    TRY(totp_delete(call, call->user));
    TRY(recovery_delete_orphans(call, call->user));
    TRY(change_tell(call, "mfa.totp_removed", TEXT_NONE, T("one-time codes from an authenticator were turned off")));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- recovery codes ------------------------------------------------------------------------------------------------------ */

static enum result replace_codes(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct recovery_codes codes;
    struct factors factors;
    SCOPED(tx) struct tx tx = { 0 };

    (void)body;
    TRY(recovery_codes_new(call, &codes));
    tx = tx_begin(call);
    TRY(change_begin(call));
    TRY(factors_read(call, call->user, &factors));
    if (!factors_any(&factors))
        return fail(call, CONFLICT, "There is no second factor that they could stand in for.");
    TRY(recovery_replace(call, &codes));
    TRY(change_tell(call, "mfa.recovery_codes_made", TEXT_NONE, T("new recovery codes were made, and the ones before are void")));
    TRY(tx_commit(&tx));
    return respond_codes(req, &codes);
}

/* --- routes -------------------------------------------------------------------------------------------------------------- */

#define CHANGE .access = ACCESS_USER, .recent = true, .in_person = true, .tier = TIER_SENSITIVE

const struct route factors_routes[] = {
    { GET, "/api/auth/mfa", show, .access = ACCESS_USER, .view = mfa_view, .light = true, .doc = "One's second factors." },
    { POST, "/api/auth/mfa/totp", totp_begin, CHANGE, .view = totp_view, .doc = "A secret for an authenticator; nothing is asked for until it is confirmed, within an hour." },
    { POST, "/api/auth/mfa/totp/confirm", confirm, CHANGE, .hashing = true, .body = BODY(struct code_body, code_fields), .view = recovery_view,
      .doc = "Turn one-time codes on by the first of them; new recovery codes, the ones before are void." },
    { DELETE, "/api/auth/mfa/totp", totp_remove, CHANGE, .answer = ANSWER_EMPTY, .doc = "Turn one-time codes off. The recovery codes go with the last factor." },
    { POST, "/api/auth/mfa/recovery-codes", replace_codes, CHANGE, .hashing = true, .view = recovery_view, .doc = "New recovery codes; the ones before are void." },
    { POST, "/api/auth/mfa/options", passkey_answer_options, .access = ACCESS_PUBLIC, .tier = TIER_PUBLIC, .body = BODY(struct passkey_body, passkey_challenge_fields),
      .doc = "What a passkey is asked for to answer a challenge of MFA_REQUIRED: as parseRequestOptionsFromJSON takes it." },

    { POST, "/api/auth/passkeys/options", passkey_options, CHANGE, .doc = "What an authenticator is asked for to make a passkey: as parseCreationOptionsFromJSON takes it." },
    { POST, "/api/auth/passkeys", passkey_create, CHANGE, .hashing = true, .body = BODY(struct passkey_body, passkey_create_fields), .view = new_passkey_view, .status = 201,
      .doc = "Keep a passkey: what the browser's credential gives by toJSON." },
    { GET, "/api/auth/passkeys", passkeys_list, .access = ACCESS_USER, .view = passkey_view, .answer = ANSWER_LIST, .light = true, .doc = "One's passkeys, oldest first." },
    { GET, "/api/auth/passkeys/:id", passkey_show, .access = ACCESS_USER, .view = passkey_view, .light = true, .doc = "One of one's passkeys." },
    { PATCH, "/api/auth/passkeys/:id", passkey_change, .access = ACCESS_USER, .in_person = true, .body = BODY(struct passkey_body, passkey_change_fields), .view = passkey_view, .doc = "Rename a passkey." },
    { DELETE, "/api/auth/passkeys/:id", passkey_remove, CHANGE, .answer = ANSWER_EMPTY, .doc = "Remove a passkey. The recovery codes go with the last factor." },
    { POST, "/api/auth/passkeys/login/options", passkey_sign_in_options, .access = ACCESS_PUBLIC, .tier = TIER_PUBLIC, .view = passkey_sign_in_view,
      .doc = "A challenge for signing in by a passkey alone, with what the authenticator is asked for." },
    { 0 },
};
