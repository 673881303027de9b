#include "features/auth/auth_sign_in.h"

#include <stdlib.h>

#include "core/config.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_lockout.h"
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
    return (struct user){ row->id, row->name, row->email, row->email_verified, row->created_at, row->last_login };
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

/* --- a session for whoever has shown who they are -------------------------------------------------------------------------- */

enum result sign_in_open(struct request *req, const struct user_row *row, bool cookie, const char *action, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    struct org org = { 0 };

    call->user = row->id;
    TRY(org_home(call, row->id, &org));
    TRY(session_open(req, row->id, org.id, org.role, cookie, ret_grant));
    TRY(user_logged_in(call, row->id));
    return audit_note(call, action, row->email);
}

/* --- by password ----------------------------------------------------------------------------------------------------------- */

const struct field login_fields[] = {
    TEXT(struct sign_body, email, .required = true, .max = 254),
    TEXT(struct sign_body, password, .required = true, .max = 1000),
    TEXT(struct sign_body, session, .one_of = session_kinds),
    FIELDS_END,
};

struct failed_login {
    struct call call;
    struct user_row user; /* none: there is no such account */
    text account, place;
};

static enum result tell_of_failure(struct failed_login *failed, int64_t locked_until)
{
    struct call *call = &failed->call;
    char spelled[CLOCK_TEXT];
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(audit_note(call, locked_until ? "auth.locked" : "auth.login_failed", failed->user.email));
    if (locked_until)
        TRY(LETTER(call, "account_locked", failed->user.email, { "name", failed->user.name }, { "time", clock_format(locked_until, spelled) },
                   { "link", letter_link(call, "/forgot", TEXT_NONE) }));
    return tx_commit(&tx);
}

/* An account that does not exist has its place counted as well; it has nobody to be told. */
static enum result note_failure(struct failed_login *failed)
{
    struct call *call = &failed->call;
    struct org org = { 0 };
    int64_t locked_until;

    TRY(attempt_failed(call, failed->account, failed->place, &locked_until));
    if (uuid_is_none(failed->user.id))
        return OK;
    call->user = failed->user.id;
    TRY(org_home(call, call->user, &org));
    return AGAIN(call, tell_of_failure(failed, locked_until));
}

static void note_failure_now(void *context)
{
    struct failed_login *failed = context;

    if (note_failure(failed) != OK)
        LOG(ERROR, &failed->call, "the record of a failed sign-in is lost");
    call_close(&failed->call);
    free(failed);
}

/* On another worker: what is looked up and written for a known account must not show in the time of the answer. */
static void note_failure_later(const struct call *call, const struct user_row *row, const struct attempt *attempt)
{
    struct failed_login *failed = xcalloc(1, sizeof *failed);
    struct arena *arena = &failed->call.arena;

    call_open(&failed->call, call->on);
    failed->call.client = text_copy(arena, call->client);
    failed->account = text_copy(arena, attempt->account);
    failed->place = text_copy(arena, attempt->place);
    if (row)
        failed->user = (struct user_row){ .id = row->id, .name = text_copy(arena, row->name), .email = text_copy(arena, row->email) };
    http_work(call->on->http, note_failure_now, failed);
}

/* The account whose password this is; INVALID_CREDENTIALS. */
static enum result check_password(struct request *req, const struct sign_body *body, const struct attempt *attempt, struct user_row *ret_row)
{
    enum result found = user_by_email(&req->call, body->email, ret_row);

    if (found != OK && found != NOT_FOUND)
        return found;
    if (password_matches(found == OK ? ret_row->password_hash : TEXT_NONE, body->password) && ret_row->is_active)
        return OK;
    note_failure_later(&req->call, found == OK ? ret_row : NULL, attempt);
    return INVALID_CREDENTIALS;
}

static enum result sign_in(struct request *req, const struct sign_body *body, const struct attempt *attempt, struct user_row *row, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    text rehashed = TEXT_NONE;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(check_password(req, body, attempt, row));
    if (password_needs_rehash(row->password_hash)) /* imported, or of older costs: nobody sees it change */
        TRY(password_hash(call, body->password, &rehashed));
    tx = tx_begin(call);
    TRY(user_still_has(call, row->id, row->password_hash)); /* it may have been reset while the hash was computed */
    TRY(sign_in_open(req, row, wants_cookie(body), "auth.login", ret_grant));
    TRY(attempt_succeeded(call, attempt));
    if (rehashed.len)
        TRY(user_set_password(call, row->id, rehashed));
    return tx_commit(&tx);
}

enum result login(struct request *req, const void *in)
{
    const struct sign_body *body = in;
    struct user_row row = { 0 };
    struct session_grant grant;
    struct attempt attempt;
    enum result result;

    TRY(attempt_begin(req, body->email, &attempt));
    result = AGAIN(&req->call, sign_in(req, body, &attempt, &row, &grant));
    if (result != OK && result != INVALID_CREDENTIALS)
        attempt_undecided(&req->call, &attempt);
    TRY(result);
    row.last_login = req->call.now;
    TRY(respond_grant(req, 200, &row, &grant));
    if (grant.cookie)
        attempt_mark_device(req, &attempt);
    return OK;
}
