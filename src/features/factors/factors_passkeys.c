/* Passkeys: made, named, removed, and what authenticators are asked for. What their answers are good for is factors.c's. */
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/factors/factors_rules.h"
#include "features/orgs/orgs.h"

enum { MOST_PASSKEYS = 20 };

/* --- views and bodies ---------------------------------------------------------------------------------------------------- */

struct passkey_view {
    uuid id;
    text name;
    bool backed_up;
    int64_t created_at, last_used;
    struct text_list recovery_codes;
};

#define SHOWN                                                                                                                        \
    UUID(struct passkey_view, id), TEXT(struct passkey_view, name), BOOL(struct passkey_view, backed_up, .doc = "On several devices."), \
    TIME(struct passkey_view, created_at), TIME(struct passkey_view, last_used, .nullable = true)

const struct field passkey_view[] = { SHOWN, FIELDS_END };
const struct field new_passkey_view[] = {
    SHOWN, TEXTS(struct passkey_view, recovery_codes, .doc = "With the first factor; none with others. Shown this once."), FIELDS_END,
};

static struct passkey_view view_of(const struct factor_row *row)
{
    return (struct passkey_view){ .id = row->id, .name = row->name, .backed_up = row->backed_up, .created_at = row->created_at, .last_used = row->last_used };
}

#define NAME TEXT(struct passkey_body, name, .required = true, .min = 1, .max = 100, .check = check_line)

const struct field passkey_create_fields[] = {
    NAME, OBJECT(struct passkey_body, credential, struct webauthn_registration, webauthn_registration_fields, .required = true), FIELDS_END,
};
const struct field passkey_change_fields[] = { NAME, FIELDS_END };
const struct field passkey_challenge_fields[] = { TEXT(struct passkey_body, challenge, .required = true, .max = 100), FIELDS_END };

/* --- what authenticators are asked for ----------------------------------------------------------------------------------- */

static enum result respond_options(struct request *req, text options)
{
    return respond_json(req, 200, text_format(&req->call.arena, "{\"success\":true,\"data\":%.*s}", TEXT_ARG(options)));
}

enum result passkey_options(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct webauthn_party party;
    struct person_row person;
    struct text_list known;
    struct list passkeys;
    text token, bytes;

    (void)body;
    TRY(passkey_party(call, &party));
    TRY(person_read(call, call->user, &person));
    TRY(passkey_list(call, call->user, &passkeys));
    known = credential_ids(call, passkeys);
    TRY(challenge_open(call, PURPOSE_PASSKEY, call->user, call->session, &token));
    TRY(challenge_bytes(call, token, &bytes));
    return respond_options(req, webauthn_create_options(&call->arena, &party, &(struct webauthn_user){ passkey_handle(call, call->user), person.email, person.name }, bytes,
                                                        &known, true));
}

/* For a challenge of MFA_REQUIRED: its own token is what is signed. */
enum result passkey_answer_options(struct request *req, const void *in)
{
    const struct passkey_body *body = in;
    struct call *call = &req->call;
    struct webauthn_party party;
    struct challenge challenge;
    struct text_list known;
    struct list passkeys;
    text bytes;

    TRY(passkey_party(call, &party));
    TRY(challenge_look(call, body->challenge, &challenge));
    if (challenge.purpose != PURPOSE_SIGN_IN && challenge.purpose != PURPOSE_PROOF)
        return challenge_not_good(call);
    TRY(challenge_bytes(call, challenge.token, &bytes));
    TRY(passkey_list(call, challenge.user, &passkeys));
    known = credential_ids(call, passkeys);
    return respond_options(req, webauthn_get_options(&call->arena, &party, bytes, &known, false));
}

struct sign_in_view {
    text challenge, options;
};

const struct field passkey_sign_in_view[] = {
    TEXT(struct sign_in_view, challenge), JSON(struct sign_in_view, options, .doc = "As parseRequestOptionsFromJSON takes it."), FIELDS_END,
};

enum result passkey_sign_in_options(struct request *req, const void *body)
{
    static const struct text_list whatever_there_is = { NULL, 0 };
    struct call *call = &req->call;
    struct webauthn_party party;
    struct sign_in_view view;
    text bytes;

    (void)body;
    TRY(passkey_party(call, &party));
    TRY(challenge_open(call, PURPOSE_PASSKEY_SIGN_IN, UUID_NONE, UUID_NONE, &view.challenge));
    TRY(challenge_bytes(call, view.challenge, &bytes));
    view.options = webauthn_get_options(&call->arena, &party, bytes, &whatever_there_is, true);
    return respond(req, 200, passkey_sign_in_view, &view);
}

/* --- making -------------------------------------------------------------------------------------------------------------- */

/* The challenge that it answers, which must be one of this very session's. */
static enum result find_challenge(struct call *call, const struct webauthn_registration *credential, struct challenge *ret_challenge)
{
    text bytes;

    if (!webauthn_registration_challenge(&call->arena, credential, &bytes))
        return fail_field(call, "credential", "cannot be read");
    TRY(challenge_take(call, base64url_encode(&call->arena, bytes.ptr, bytes.len), ret_challenge));
    return ret_challenge->purpose == PURPOSE_PASSKEY && uuid_equal(ret_challenge->session, call->session) ? OK : challenge_not_good(call);
}

static enum result check_registration(struct call *call, const struct challenge *challenge, const struct webauthn_registration *in, struct webauthn_credential *ret_credential)
{
    struct webauthn_party party;
    enum webauthn_fault fault;
    text bytes;

    TRY(passkey_party(call, &party));
    TRY(challenge_bytes(call, challenge->token, &bytes));
    fault = webauthn_register(&call->arena, &party, bytes, true, in, ret_credential);
    if (fault == WEBAUTHN_OK)
        return OK;
    LOG(INFO, call, "a new passkey was refused", LZ("reason", webauthn_fault_words(fault)));
    return fail_field(call, "credential", "is not what was asked for");
}

static enum result insert_passkey(struct call *call, const struct factor_row *row)
{
    struct list passkeys;
    enum result inserted;

    TRY(passkey_list(call, call->user, &passkeys));
    if (passkeys.len >= MOST_PASSKEYS)
        return fail(call, CONFLICT, "An account has at most %d passkeys. Remove one first.", MOST_PASSKEYS);
    inserted = factor_insert(call, row);
    return inserted == CONFLICT ? fail_field(call, "credential", "is kept already") : inserted;
}

/* Codes are for the first factor alone: those that were shown with it stay good. */
static enum result keep(struct call *call, const struct challenge *challenge, const struct factor_row *row, const struct recovery_codes *codes, bool *ret_first)
{
    struct factors factors;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(change_begin(call));
    TRY(challenge_use(call, challenge));
    TRY(factors_read(call, call->user, &factors));
    TRY(insert_passkey(call, row));
    if (codes && !factors_any(&factors))
        TRY(recovery_replace(call, codes));
    TRY(change_tell(call, "mfa.passkey_added", row->name, T("a passkey was added")));
    TRY(tx_commit(&tx));
    *ret_first = codes && !factors_any(&factors);
    return OK;
}

enum result passkey_create(struct request *req, const void *in)
{
    const struct passkey_body *body = in;
    struct call *call = &req->call;
    struct webauthn_credential credential;
    struct recovery_codes codes;
    struct challenge challenge;
    struct factors factors;
    struct factor_row row;
    struct passkey_view view;
    bool first = false;

    TRY(AGAIN(call, find_challenge(call, &body->credential, &challenge)));
    TRY(check_registration(call, &challenge, &body->credential, &credential));
    TRY(factors_read(call, call->user, &factors));
    if (!factors_any(&factors))
        TRY(recovery_codes_new(call, &codes));
    row = (struct factor_row){ .id = uuid_new(), .user_id = call->user, .kind = T("passkey"), .name = text_trim(body->name), .credential_id = credential.id,
                               .public_key = credential.public_key, .counter = credential.sign_count, .backup_eligible = credential.backup_eligible,
                               .backed_up = credential.backed_up, .created_at = call->now, .confirmed_at = call->now };
    TRY(AGAIN(call, keep(call, &challenge, &row, factors_any(&factors) ? NULL : &codes, &first)));
    view = view_of(&row);
    if (first)
        view.recovery_codes = (struct text_list){ codes.codes, RECOVERY_CODES };
    return respond(req, 201, new_passkey_view, &view);
}

enum result passkey_sample(struct call *call, uuid user, text mark, uuid *ret_id)
{
    struct factor_row row = { .id = uuid_new(), .user_id = user, .kind = T("passkey"), .name = mark, .credential_id = sha256(&call->arena, mark), .public_key = T("none"),
                              .created_at = call->now, .confirmed_at = call->now };

    TRY(factor_insert(call, &row));
    *ret_id = row.id;
    return OK;
}

/* --- keeping ------------------------------------------------------------------------------------------------------------- */

enum result passkeys_list(struct request *req, const void *body)
{
    struct passkey_view *views;
    struct list rows;

    (void)body;
    TRY(passkey_list(&req->call, req->call.user, &rows));
    views = arena_array(&req->call.arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of((const struct factor_row *)rows.items + i);
    return respond_list(req, passkey_view, (struct list){ views, rows.len }, sizeof *views);
}

enum result passkey_show(struct request *req, const void *body)
{
    struct passkey_view view;
    struct factor_row row;

    (void)body;
    TRY(passkey_read(&req->call, req->call.user, req->ids[0], &row));
    view = view_of(&row);
    return respond(req, 200, passkey_view, &view);
}

enum result passkey_change(struct request *req, const void *in)
{
    const struct passkey_body *body = in;
    struct call *call = &req->call;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(passkey_rename(call, call->user, req->ids[0], text_trim(body->name)));
    TRY(audit_note(call, "mfa.passkey_renamed", text_trim(body->name)));
    TRY(tx_commit(&tx));
    return passkey_show(req, NULL);
}

enum result passkey_remove(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct factor_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(change_begin(call));
    TRY(passkey_read(call, call->user, req->ids[0], &row));
    TRY(passkey_delete(call, call->user, row.id));
    TRY(recovery_delete_orphans(call, call->user));
    TRY(change_tell(call, "mfa.passkey_removed", row.name, T("a passkey was removed")));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}
