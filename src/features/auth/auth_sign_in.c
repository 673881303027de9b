#include "features/auth/auth_sign_in.h"

#include <stdlib.h>

#include "core/config.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth_email.h"
#include "features/factors/factors.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"
#include "identity/password.h"

/* --- views -------------------------------------------------------------------------------------------------------------- */

/* Of the token endpoints, whose members stand beside `success`. */
struct grant_view {
    bool success;
    struct user user;
    text token;
    int64_t expires_at;
};

const struct field grant_view[] = {
    BOOL(struct grant_view, success), OBJECT(struct grant_view, user, struct user, user_view),
    TEXT(struct grant_view, token, .optional = true, .doc = "Absent for a cookie session."), TIME(struct grant_view, expires_at), FIELDS_END,
};

static const struct field cookie_grant_view[] = {
    BOOL(struct grant_view, success), OBJECT(struct grant_view, user, struct user, user_view), TIME(struct grant_view, expires_at), FIELDS_END,
};

struct user user_of(const struct user_row *row)
{
    return (struct user){ row->id, row->name, row->email, row->email_verified, user_is_admin(row), row->created_at, row->last_login };
}

enum result respond_grant(struct request *req, int status, const struct user_row *row, const struct session_grant *grant)
{
    struct grant_view view = { true, user_of(row), grant->token, grant->expires_at };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    if (grant->cookie)
        session_set_cookie(req, grant);
    fields_write(&w, grant->cookie ? cookie_grant_view : grant_view, &view);
    return respond_json(req, status, buffer_view(&out));
}

enum result respond_sign_in(struct request *req, const struct user_row *row, const struct sign_in *sign_in)
{
    if (!sign_in->challenge.ptr)
        return respond_grant(req, 200, row, &sign_in->grant);
    req->call.failure.challenge = sign_in->challenge;
    req->call.failure.methods = sign_in->methods;
    return MFA_REQUIRED;
}

/* --- a session for whoever has shown who they are -------------------------------------------------------------------------- */

/* Acts for the person, where what concerns only them is noted. */
static enum result enter_home(struct call *call, uuid user, struct org *ret_org)
{
    call->user = user;
    return org_home(call, user, ret_org);
}

enum result sign_in_proven(struct request *req, const struct user_row *row, bool cookie, const char *action, text detail, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    struct org org = { 0 };

    if (!row->is_active) /* however they showed who they are */
        return INVALID_CREDENTIALS;
    TRY(enter_home(call, row->id, &org));
    TRY(session_open(req, row->id, org.id, org.role, cookie, ret_grant));
    TRY(user_logged_in(call, row->id));
    return audit_note_detail(call, action, row->email, detail);
}

static enum result ask_factor(struct call *call, const struct user_row *row, const struct factors *factors, struct sign_in *ret_sign_in)
{
    struct org org = { 0 };

    TRY(enter_home(call, row->id, &org));
    TRY(challenge_open(call, PURPOSE_SIGN_IN, row->id, UUID_NONE, &ret_sign_in->challenge));
    ret_sign_in->methods = factor_methods(call, factors);
    return audit_note(call, "auth.factor_asked", row->email);
}

enum result sign_in_open(struct request *req, const struct user_row *row, bool cookie, const char *action, struct sign_in *ret_sign_in)
{
    struct factors factors;

    *ret_sign_in = (struct sign_in){ .challenge = TEXT_NONE };
    if (!row->is_active)
        return INVALID_CREDENTIALS;
    TRY(factors_of(&req->call, row->id, &factors));
    if (factors_any(&factors))
        return ask_factor(&req->call, row, &factors, ret_sign_in);
    return sign_in_proven(req, row, cookie, action, TEXT_NONE, &ret_sign_in->grant);
}

/* --- failed ---------------------------------------------------------------------------------------------------------------- */

struct failed_login {
    struct call call;
    struct user_row user; /* none: there is no such account */
    text account, place;
    const char *action;
    int64_t locked_until; /* 0: not locked by this one */
};

static void failed_login_free(struct failed_login *failed)
{
    call_close(&failed->call);
    free(failed);
}

static enum result tell(struct failed_login *failed)
{
    struct call *call = &failed->call;
    char spelled[CLOCK_TEXT];
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(audit_note(call, failed->locked_until ? "auth.locked" : failed->action, failed->user.email));
    if (failed->locked_until)
        TRY(LETTER(call, "account_locked", failed->user.email, { "name", failed->user.name }, { "time", clock_format(failed->locked_until, spelled) },
                   { "link", letter_link(call, "/forgot", TEXT_NONE) }));
    return tx_commit(&tx);
}

static enum result tell_at_home(struct failed_login *failed)
{
    struct org org = { 0 };

    TRY(enter_home(&failed->call, failed->user.id, &org));
    return AGAIN(&failed->call, tell(failed));
}

static void tell_now(void *context)
{
    struct failed_login *failed = context;

    if (tell_at_home(failed) != OK)
        LOG(ERROR, &failed->call, "the record of a failed sign-in is lost");
    failed_login_free(failed);
}

/* The same for an account that exists and one that does not; the latter has nobody to be told. */
static void count_now(void *context)
{
    struct failed_login *failed = context;

    if (attempt_failed(&failed->call, failed->account, failed->place, &failed->locked_until) != OK)
        LOG(ERROR, &failed->call, "a failed sign-in was not counted");
    if (uuid_is_none(failed->user.id))
        failed_login_free(failed);
    else
        http_work_later(failed->call.on->http, tell_now, failed);
}

/* On other workers: what is looked up and written for a known account must not show in the time of the answer, nor of the next. */
void sign_in_failed(const struct call *call, const struct user_row *row, const struct attempt *attempt, const char *action)
{
    struct failed_login *failed = xcalloc(1, sizeof *failed);
    struct arena *arena = &failed->call.arena;

    call_open(&failed->call, call->on);
    failed->call.client = text_copy(arena, call->client);
    failed->account = text_copy(arena, attempt->account);
    failed->place = text_copy(arena, attempt->place);
    failed->action = action;
    if (row)
        failed->user = (struct user_row){ .id = row->id, .name = text_copy(arena, row->name), .email = text_copy(arena, row->email) };
    http_work(call->on->http, count_now, failed);
}

/* --- by password ----------------------------------------------------------------------------------------------------------- */

const struct field login_fields[] = {
    TEXT(struct sign_body, email, .required = true, .max = 254),
    TEXT(struct sign_body, password, .required = true, .max = 1000),
    TEXT(struct sign_body, session, .one_of = session_kinds),
    FIELDS_END,
};

/* While there are imported hashes a wrong password costs one hash of each kind in the same order, whatever the account has: so that the
   time tells neither that there is an account nor of which kind. */
static enum result compare(struct call *call, text hash, text password, bool *ret_matches)
{
    bool imported = bcrypt_well_formed(hash);
    enum result found;
    text other;

    if (imported)
        (void)password_matches(TEXT_NONE, password);
    *ret_matches = password_matches(hash, password);
    if (*ret_matches)
        return OK;
    found = imported_hash(call, &other);
    if (found == OK && !imported)
        (void)password_matches(other, password);
    return found == NOT_FOUND ? OK : found;
}

/* The account whose password this is; INVALID_CREDENTIALS. */
static enum result check_password(struct request *req, const struct sign_body *body, const struct attempt *attempt, struct user_row *ret_row)
{
    enum result found = user_by_email(&req->call, body->email, ret_row);
    bool matches;

    if (found != OK && found != NOT_FOUND)
        return found;
    if (found != OK)
        *ret_row = (struct user_row){ .password_hash = TEXT_NONE };
    TRY(compare(&req->call, ret_row->password_hash, body->password, &matches));
    if (matches && ret_row->is_active)
        return OK;
    sign_in_failed(&req->call, found == OK ? ret_row : NULL, attempt, "auth.login_failed");
    return INVALID_CREDENTIALS;
}

static enum result enter(struct request *req, const struct sign_body *body, const struct user_row *row, text rehashed, struct sign_in *ret_sign_in)
{
    struct call *call = &req->call;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(user_still_has(call, row->id, row->password_hash)); /* it may have been reset while the hash was computed */
    TRY(sign_in_open(req, row, wants_cookie(body), "auth.login", ret_sign_in));
    if (rehashed.len)
        TRY(user_set_password(call, row->id, rehashed));
    return tx_commit(&tx);
}

/* What is hashed is hashed once, however often the transaction is begun. */
static enum result sign_in_by_password(struct request *req, const struct sign_body *body, const struct attempt *attempt, struct user_row *row, struct sign_in *ret_sign_in)
{
    text rehashed = TEXT_NONE;

    TRY(check_password(req, body, attempt, row));
    if (password_needs_rehash(row->password_hash)) /* imported, or of older costs: nobody sees it change */
        TRY(password_hash(&req->call, body->password, &rehashed));
    return AGAIN(&req->call, enter(req, body, row, rehashed, ret_sign_in));
}

enum result login(struct request *req, const void *in)
{
    const struct sign_body *body = in;
    struct user_row row = { 0 };
    struct sign_in sign_in = { .challenge = TEXT_NONE };
    struct attempt attempt;
    enum result result;

    TRY(attempt_begin(req, body->email, &attempt));
    result = sign_in_by_password(req, body, &attempt, &row, &sign_in);
    if (result == OK && !sign_in.challenge.ptr) /* else the right password undoes no wrong codes */
        attempt_succeeded(&req->call, &attempt);
    else if (result != INVALID_CREDENTIALS)
        attempt_undecided(&req->call, &attempt);
    TRY(result);
    row.last_login = req->call.now;
    TRY(respond_sign_in(req, &row, &sign_in));
    if (sign_in.grant.cookie)
        attempt_mark_device(req, &attempt);
    return OK;
}
