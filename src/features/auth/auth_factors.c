#include "features/auth/auth_factors.h"

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth_sign_in.h"

static const int64_t PROOF_LIFE = 10 * MINUTE;

/* --- bodies and views ---------------------------------------------------------------------------------------------------- */

#define CHALLENGE TEXT(struct verify_body, challenge, .required = true, .max = 100)
#define CREDENTIAL(...) OBJECT(struct verify_body, credential, struct webauthn_assertion, webauthn_assertion_fields, .given = offsetof(struct verify_body, has_credential), __VA_ARGS__)
#define SESSION TEXT(struct verify_body, session, .one_of = session_kinds, .doc = "cookie: the answer sets the session cookie and holds no token.")

const struct field verify_fields[] = {
    CHALLENGE, TEXT(struct verify_body, code, .max = 20), TEXT(struct verify_body, recovery_code, .max = 40), CREDENTIAL(.doc = "What the browser's credential gives by toJSON."),
    TEXT(struct verify_body, password, .max = 1000, .doc = "Where there is no second factor, to show anew who one is."), SESSION, FIELDS_END,
};

const struct field passkey_login_fields[] = { CHALLENGE, CREDENTIAL(.required = true), SESSION, FIELDS_END };

struct verify_view {
    bool success;
    struct user user;
    text token;
    int64_t expires_at;
};

const struct field verify_view[] = {
    BOOL(struct verify_view, success), OBJECT(struct verify_view, user, struct user, user_view, .optional = true, .doc = "Of a sign-in; as the next two."),
    TEXT(struct verify_view, token, .optional = true, .doc = "Absent for a cookie session."), TIME(struct verify_view, expires_at, .optional = true), FIELDS_END,
};

/* --- an answer ----------------------------------------------------------------------------------------------------------- */

struct answering {
    const struct verify_body *body;
    struct challenge challenge;
    struct user_row row;
    struct attempt attempt;
};

static struct factor_answer answer_of(const struct verify_body *body)
{
    return (struct factor_answer){ body->code, body->recovery_code, body->has_credential ? &body->credential : NULL };
}

static enum result one_answer(struct call *call, const struct verify_body *body)
{
    int given = (body->code.ptr != NULL) + (body->recovery_code.ptr != NULL) + (body->password.ptr != NULL) + body->has_credential;

    return given == 1 ? OK : fail_field(call, "code", "is required, or one of recovery_code, credential and password in its place");
}

/* Counts it as an attempt on the account before it is decided. */
static enum result begin(struct request *req, uuid user, struct answering *a)
{
    TRY(user_by_id(&req->call, user, &a->row));
    return AGAIN(&req->call, attempt_begin(req, a->row.email, &a->attempt));
}

static void end(struct request *req, const struct answering *a, enum result result)
{
    if (result == OK)
        attempt_succeeded(&req->call, &a->attempt);
    else if (result == INVALID_CREDENTIALS)
        sign_in_failed(&req->call, &a->row, &a->attempt, "auth.factor_failed");
    else
        attempt_undecided(&req->call, &a->attempt);
}

static text detail_of(struct call *call, const char *method)
{
    return text_format(&call->arena, "{\"method\":\"%s\"}", method);
}

/* --- the rest of a sign-in ----------------------------------------------------------------------------------------------- */

static enum result complete(struct request *req, struct answering *a, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    struct factor_answer answer = answer_of(a->body);
    struct factor_use use;
    enum result entered;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(factor_check(call, &a->challenge, a->row.id, &answer, &use));
    tx = tx_begin(call);
    TRY(challenge_use(call, &a->challenge));
    TRY(user_by_id(call, a->row.id, &a->row)); /* anew: it may have been shut while the answer was checked */
    entered = sign_in_proven(req, &a->row, text_equal(a->body->session, T("cookie")), "auth.login", detail_of(call, use.method), ret_grant);
    TRY(entered == INVALID_CREDENTIALS ? factor_wrong(call) : entered);
    TRY(factor_spend(call, &use));
    return tx_commit(&tx);
}

static enum result sign_in(struct request *req, uuid user, struct answering *a)
{
    struct session_grant grant;
    enum result result;

    TRY(begin(req, user, a));
    result = AGAIN(&req->call, complete(req, a, &grant));
    end(req, a, result);
    TRY(result);
    a->row.last_login = req->call.now;
    TRY(respond_grant(req, 200, &a->row, &grant));
    if (grant.cookie)
        attempt_mark_device(req, &a->attempt);
    return OK;
}

enum result passkey_login(struct request *req, const void *in)
{
    struct answering a = { .body = in };
    uuid user;

    TRY(AGAIN(&req->call, challenge_take(&req->call, a.body->challenge, &a.challenge)));
    if (a.challenge.purpose != PURPOSE_PASSKEY_SIGN_IN)
        return challenge_not_good(&req->call);
    TRY(passkey_owner(&req->call, &a.body->credential, &user));
    return sign_in(req, user, &a);
}

/* --- a session shows anew who it is -------------------------------------------------------------------------------------- */

/* The password alone is enough only for who has nothing else. */
static enum result check_password(struct call *call, const struct answering *a)
{
    struct factors factors;

    TRY(factors_of(call, call->user, &factors));
    if (!factors_any(&factors) && password_matches(a->row.password_hash, a->body->password))
        return OK;
    return fail(call, INVALID_CREDENTIALS, "The password is not right.");
}

static enum result prove(struct request *req, struct answering *a)
{
    struct call *call = &req->call;
    struct factor_answer answer = answer_of(a->body);
    struct factor_use use = { .method = "password" };
    bool by_password = a->body->password.ptr != NULL;
    SCOPED(tx) struct tx tx = { 0 };

    if (by_password)
        TRY(check_password(call, a));
    else
        TRY(factor_check(call, &a->challenge, call->user, &answer, &use));
    tx = tx_begin(call);
    TRY(challenge_use(call, &a->challenge));
    if (by_password)
        TRY(session_still(call, a->row.password_hash));
    else
        TRY(factor_spend(call, &use));
    TRY(session_prove(call, call->session));
    session_changed(call, call->session);
    TRY(audit_note_detail(call, "auth.proven", a->row.email, detail_of(call, use.method)));
    return tx_commit(&tx);
}

/* The challenge is the session's own, and nobody else has its token: that takes the place of the CSRF token here. */
static enum result prove_session(struct request *req, struct answering *a)
{
    struct call *call = &req->call;
    enum result result;

    if (call->actor != ACTOR_USER || !uuid_equal(call->session, a->challenge.session))
        return challenge_not_good(call);
    TRY(begin(req, call->user, a));
    result = AGAIN(call, prove(req, a));
    end(req, a, result);
    TRY(result);
    return respond_empty(req);
}

enum result mfa_verify(struct request *req, const void *in)
{
    struct answering a = { .body = in };

    TRY(one_answer(&req->call, a.body));
    TRY(AGAIN(&req->call, challenge_take(&req->call, a.body->challenge, &a.challenge)));
    if (a.challenge.purpose == PURPOSE_PROOF)
        return prove_session(req, &a);
    if (a.challenge.purpose != PURPOSE_SIGN_IN)
        return challenge_not_good(&req->call);
    if (a.body->password.ptr)
        return fail_field(&req->call, "password", "was right already: a second factor is needed");
    return sign_in(req, a.challenge.user, &a);
}

/* --- at the gate --------------------------------------------------------------------------------------------------------- */

static enum result ask_proof(struct call *call)
{
    static text password[] = { { "password", 8 } };
    struct factors factors;
    struct user_row row;

    TRY(factors_of(call, call->user, &factors));
    TRY(user_by_id(call, call->user, &row));
    call->failure.methods = factor_methods(call, &factors);
    if (!factors_any(&factors) && row.password_hash.len)
        call->failure.methods = (struct text_list){ password, 1 };
    TRY(challenge_open(call, PURPOSE_PROOF, call->user, call->session, &call->failure.challenge));
    return fail(call, MFA_REQUIRED, "Show once more that it is you.");
}

static bool is_recent(const struct call *call)
{
    return call->proven_at && call->now - call->proven_at <= PROOF_LIFE;
}

enum result auth_proven(struct request *req)
{
    struct call *call = &req->call;

    if (call->actor != ACTOR_USER || is_recent(call))
        return OK;
    TRY(session_proven_at(call, call->session, &call->proven_at)); /* what is remembered of it may be a second old */
    return is_recent(call) ? OK : ask_proof(call);
}
