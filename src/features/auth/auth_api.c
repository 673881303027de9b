#include "features/auth/auth_api.h"

#include <stdlib.h>

#include "core/config.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_lockout.h"
#include "features/auth/auth_session.h"
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

static const struct field grant_view[] = {
    BOOL(struct grant_view, success), OBJECT(struct grant_view, user, struct user, user_view),
    TEXT(struct grant_view, token, .optional = true, .doc = "Absent for a cookie session."), TIME(struct grant_view, expires_at), FIELDS_END,
};

static const struct field cookie_grant_view[] = {
    BOOL(struct grant_view, success), OBJECT(struct grant_view, user, struct user, user_view), TIME(struct grant_view, expires_at), FIELDS_END,
};

static struct user user_of(const struct user_row *row)
{
    return (struct user){ row->id, row->name, row->email, row->email_verified, row->created_at, row->last_login };
}

static enum result respond_grant(struct request *req, int status, const struct user_row *row, const struct session_grant *grant)
{
    struct grant_view view = { true, user_of(row), grant->token, grant->expires_at };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    if (grant->cookie)
        session_set_cookie(req, grant);
    fields_write(&w, grant->cookie ? cookie_grant_view : grant_view, &view);
    return respond_json(req, status, buffer_view(&out));
}

/* --- checks ------------------------------------------------------------------------------------------------------------- */

static const char *check_name(text value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f)
            return "must not hold control characters";
    return text_trim(value).len ? NULL : "must not be blank";
}

static const char *const session_kinds[] = { "token", "cookie", NULL };

struct sign_body {
    text name, email, password, session, organization, invitation;
};

static bool wants_cookie(const struct sign_body *body)
{
    return text_equal(body->session, T("cookie"));
}

/* --- sign-up ------------------------------------------------------------------------------------------------------------- */

static const struct field signup_fields[] = {
    TEXT(struct sign_body, name, .required = true, .min = 1, .max = 100, .check = check_name),
    TEXT(struct sign_body, email, .required = true, .min = 3, .max = 254, .check = check_email),
    TEXT(struct sign_body, password, .required = true, .max = 1000),
    TEXT(struct sign_body, organization, .min = 1, .max = 255, .check = check_name, .doc = "Name of the first organization; made from the name where absent."),
    TEXT(struct sign_body, invitation, .min = 1, .max = 100, .doc = "An invitation's token: the account begins in the organization that invited it."),
    TEXT(struct sign_body, session, .one_of = session_kinds, .doc = "cookie: the answer sets the session cookie and holds no token."),
    FIELDS_END,
};

/* Whoever was invited begins in the organization that invited them; the token came by letter, so the address is proven. */
static enum result join_invited(struct call *call, text token, struct user_row *row, struct org *ret_org)
{
    enum result joined = invitation_accept(call, token, row->id, row->email, ret_org);

    if (joined == NOT_FOUND || joined == FORBIDDEN)
        return fail_field(call, "invitation", "is not good any more, or was sent to another address");
    TRY(joined);
    row->email_verified = true;
    return user_set_verified(call, row->id);
}

static enum result insert_account(struct call *call, const struct sign_body *body, struct user_row *row, struct org *ret_org)
{
    text organization = body->organization.len ? body->organization : text_format(&call->arena, "%.*s’s organization", TEXT_ARG(row->name));
    enum result inserted = user_insert(call, row);

    if (inserted == CONFLICT) {
        fail_field(call, "email", "is already registered");
        return CONFLICT;
    }
    TRY(inserted);
    call->user = row->id;
    if (body->invitation.len)
        TRY(join_invited(call, body->invitation, row, ret_org));
    else
        TRY(org_open(call, organization, TEXT_NONE, row->id, ret_org));
    TRY(audit_note(call, "auth.signup", row->email));
    return row->email_verified ? OK : verify_send(call, row);
}

/* What a sign-up leaves to be done behind its answer, so that neither the answer nor its time tells whether the e-mail was taken. */
struct private_signup {
    struct call call;
    struct sign_body body;
    struct user_row user;
};

static enum result tell_owner(struct call *call, const struct user_row *user)
{
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_home(call, user->id, &org));
    tx = tx_begin(call);
    TRY(LETTER(call, "signup_exists", user->email, { "name", user->name }, { "link", letter_link(call, "/login", TEXT_NONE) }));
    return tx_commit(&tx);
}

static enum result sign_up_privately(struct private_signup *p)
{
    struct call *call = &p->call;
    struct user_row taken;
    struct org org = { 0 };
    enum result found = user_by_email(call, p->user.email, &taken);
    SCOPED(tx) struct tx tx = { 0 };

    if (found == OK)
        return tell_owner(call, &taken);
    if (found != NOT_FOUND)
        return found;
    tx = tx_begin(call);
    TRY(insert_account(call, &p->body, &p->user, &org));
    return tx_commit(&tx);
}

static void sign_up_now(void *context)
{
    struct private_signup *p = context;

    if (AGAIN(&p->call, sign_up_privately(p)) != OK)
        LOG(ERROR, &p->call, "a sign-up was not done");
    call_close(&p->call);
    free(p);
}

static enum result signup_privately(struct request *req, const struct sign_body *body, const struct user_row *row)
{
    struct private_signup *p = xcalloc(1, sizeof *p);
    struct arena *arena = &p->call.arena;

    call_open(&p->call, req->call.on);
    p->call.client = text_copy(arena, req->call.client);
    p->body.organization = text_copy(arena, body->organization);
    p->body.invitation = text_copy(arena, body->invitation);
    p->user = (struct user_row){ .id = row->id, .name = text_copy(arena, row->name), .email = text_copy(arena, row->email), .password_hash = text_copy(arena, row->password_hash),
                                 .created_at = row->created_at };
    http_work(req->call.on->http, sign_up_now, p);
    return respond_accepted(req);
}

static enum result signup(struct request *req, const void *in)
{
    const struct sign_body *body = in;
    struct call *call = &req->call;
    struct password_context context = { body->email, body->name, body->organization };
    struct user_row row = { .id = uuid_new(), .name = text_trim(body->name), .email = text_lower(&call->arena, body->email), .created_at = call->now };
    struct session_grant grant;
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = { 0 };

    TRY(password_fault(call, "password", body->password, &context));
    TRY(password_hash(call, body->password, &row.password_hash));
    if (config.signup_private)
        return signup_privately(req, body, &row);
    tx = tx_begin(call);
    TRY(insert_account(call, body, &row, &org));
    TRY(session_open(req, row.id, org.id, org.role, wants_cookie(body), &grant));
    TRY(tx_commit(&tx));
    return respond_grant(req, 201, &row, &grant);
}

/* --- sign-in ------------------------------------------------------------------------------------------------------------- */

static const struct field login_fields[] = {
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
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = { 0 };

    TRY(check_password(req, body, attempt, row));
    if (password_needs_rehash(row->password_hash)) /* imported, or of older costs: nobody sees it change */
        TRY(password_hash(call, body->password, &rehashed));
    call->user = row->id;
    TRY(org_home(call, row->id, &org));
    tx = tx_begin(call);
    TRY(user_still_has(call, row->id, row->password_hash)); /* it may have been reset while the hash was computed */
    TRY(session_open(req, row->id, org.id, org.role, wants_cookie(body), ret_grant));
    TRY(attempt_succeeded(call, attempt));
    TRY(user_logged_in(call, row->id));
    if (rehashed.len)
        TRY(user_set_password(call, row->id, rehashed));
    TRY(audit_note(call, "auth.login", row->email));
    return tx_commit(&tx);
}

static enum result login(struct request *req, const void *in)
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

static enum result logout(struct request *req, const void *body)
{
    struct call *call = &req->call;
    enum result deleted;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    deleted = session_delete(call, call->session, call->user);
    if (deleted != NOT_FOUND) /* gone already is as good */
        TRY(deleted);
    session_changed(call, call->session);
    TRY(audit_note(call, "auth.logout", TEXT_NONE));
    TRY(tx_commit(&tx));
    if (req->cookie_session)
        session_clear_cookie(req);
    return respond_empty(req);
}

/* A new token for the caller's session, in the open transaction: it is given out when that is committed, and not before. */
static enum result renew(struct request *req, const char *action, struct user_row *ret_row, struct session_grant *ret_grant)
{
    TRY(user_by_id(&req->call, req->call.user, ret_row));
    TRY(session_renew(req, ret_grant));
    return audit_note(&req->call, action, TEXT_NONE);
}

static enum result refresh(struct request *req, const void *body)
{
    struct session_grant grant;
    struct user_row row;
    SCOPED(tx) struct tx tx = tx_begin(&req->call);

    (void)body;
    TRY(renew(req, "auth.refreshed", &row, &grant));
    TRY(tx_commit(&tx));
    return respond_grant(req, 200, &row, &grant);
}

static enum result switch_org(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct session_grant grant;
    struct user_row row;
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = { 0 };

    (void)body;
    TRY(org_membership(call, req->ids[0], call->user, &org));
    call_enter(call, org.id);
    call->role = org.role;
    tx = tx_begin(call);
    TRY(session_move(call, call->session, org.id));
    TRY(renew(req, "auth.switched", &row, &grant));
    TRY(tx_commit(&tx));
    return respond_grant(req, 200, &row, &grant);
}

/* --- the signed-in person -------------------------------------------------------------------------------------------------- */

struct me_view {
    struct user user;
    struct org_brief organization;
    struct list organizations;
    struct text_list permissions;
};

static const struct field me_view[] = {
    OBJECT(struct me_view, user, struct user, user_view), OBJECT(struct me_view, organization, struct org_brief, org_brief_view),
    LIST(struct me_view, organizations, struct org_brief, org_brief_view), TEXTS(struct me_view, permissions), FIELDS_END,
};

static enum result me(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct me_view view = { 0 };
    struct org_brief *briefs;
    struct user_row row;
    struct list orgs;

    (void)body;
    TRY(user_by_id(call, call->user, &row));
    TRY(orgs_of(call, call->user, &orgs));
    briefs = arena_array(&call->arena, orgs.len, sizeof *briefs);
    for (size_t i = 0; i < orgs.len; i++) {
        briefs[i] = org_brief_of((const struct org *)orgs.items + i);
        if (uuid_equal(briefs[i].id, call->organization))
            view.organization = briefs[i];
    }
    view.user = user_of(&row);
    view.organizations = (struct list){ briefs, orgs.len };
    view.permissions.items = arena_array(&call->arena, PERMISSION_COUNT, sizeof(text));
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (call->permissions & (unsigned)permission_rows[i].bit)
            view.permissions.items[view.permissions.len++] = permission_rows[i].name;
    return respond(req, 200, me_view, &view);
}

static const struct field me_change_fields[] = {
    TEXT(struct sign_body, name, .required = true, .min = 1, .max = 100, .check = check_name), FIELDS_END,
};

static enum result change_me(struct request *req, const void *in)
{
    const struct sign_body *body = in;
    struct user_row row;
    struct user view;

    TRY(user_rename(&req->call, req->call.user, text_trim(body->name)));
    TRY(user_by_id(&req->call, req->call.user, &row));
    view = user_of(&row);
    return respond(req, 200, user_view, &view);
}

struct password_body {
    text current_password, new_password;
};

static const struct field password_fields[] = {
    TEXT(struct password_body, current_password, .required = true, .max = 1000), TEXT(struct password_body, new_password, .required = true, .max = 1000), FIELDS_END,
};

static enum result change_password(struct request *req, const void *in)
{
    const struct password_body *body = in;
    struct call *call = &req->call;
    struct user_row row;
    text hash;
    char spelled[CLOCK_TEXT];
    SCOPED(tx) struct tx tx = { 0 };

    TRY(user_by_id(call, call->user, &row));
    if (!password_matches(row.password_hash, body->current_password))
        return fail_field(call, "current_password", "is not right");
    TRY(password_fault(call, "new_password", body->new_password, &(struct password_context){ row.email, row.name, TEXT_NONE }));
    TRY(password_hash(call, body->new_password, &hash));
    tx = tx_begin(call);
    TRY(session_still(call, row.password_hash));
    TRY(user_set_password(call, call->user, hash));
    TRY(link_drop_all(call, call->user, T("reset"))); /* whoever asked for them may not have been the owner */
    TRY(link_drop_all(call, call->user, T("email")));
    TRY(session_delete_others(call, call->user, call->session));
    sessions_changed(call, call->user);
    TRY(audit_note(call, "auth.password_changed", TEXT_NONE));
    TRY(LETTER(call, "password_changed", row.email, { "name", row.name }, { "time", clock_format(call->now, spelled) }, { "link", letter_link(call, "/forgot", TEXT_NONE) }));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- sessions ---------------------------------------------------------------------------------------------------------------- */

struct session_view {
    uuid id;
    text kind, ip_address, user_agent;
    int64_t created_at, last_used, expires_at;
    bool current;
};

static const struct field session_view[] = {
    UUID(struct session_view, id), TEXT(struct session_view, kind, .one_of = session_kinds), TEXT(struct session_view, ip_address),
    TEXT(struct session_view, user_agent), TIME(struct session_view, created_at), TIME(struct session_view, last_used),
    TIME(struct session_view, expires_at), BOOL(struct session_view, current),
    FIELDS_END,
};

static enum result list_sessions(struct request *req, const void *body)
{
    struct session_view *views;
    struct list rows;

    (void)body;
    TRY(session_list(&req->call, req->call.user, &rows));
    views = arena_array(&req->call.arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++) {
        const struct session_row *row = (const struct session_row *)rows.items + i;

        views[i] = (struct session_view){ row->id, row->kind, row->ip_address, row->user_agent, row->created_at, row->last_used, row->expires_at,
                                          uuid_equal(row->id, req->call.session) };
    }
    return respond_list(req, session_view, (struct list){ views, rows.len }, sizeof *views);
}

static enum result end_session(struct request *req, const void *body)
{
    struct call *call = &req->call;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(session_delete(call, req->ids[0], call->user));
    session_changed(call, req->ids[0]);
    TRY(audit_note(call, "auth.session_ended", uuid_text(&call->arena, req->ids[0])));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

struct csrf_view {
    text csrf_token;
};

static const struct field csrf_view[] = { TEXT(struct csrf_view, csrf_token), FIELDS_END };

static enum result csrf_token(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct csrf_view view = { keyed_token(&call->arena, "csrf", uuid_text(&call->arena, call->session)) };

    (void)body;
    return respond(req, 200, csrf_view, &view);
}

const struct route auth_routes[] = {
    { POST, "/api/auth/signup", signup, .access = ACCESS_PUBLIC, .tier = TIER_AUTH, .hashing = true, .body = BODY(struct sign_body, signup_fields), .view = grant_view,
      .answer = ANSWER_TOP, .status = 201, .doc = "Make an account with its first organization, signed in." },
    { POST, "/api/auth/login", login, .access = ACCESS_PUBLIC, .tier = TIER_AUTH, .hashing = true, .body = BODY(struct sign_body, login_fields), .view = grant_view,
      .answer = ANSWER_TOP, .doc = "Sign in." },
    { POST, "/api/auth/logout", logout, .access = ACCESS_USER, .answer = ANSWER_EMPTY, .doc = "End this session; its token is dead at once." },
    { POST, "/api/auth/refresh", refresh, .access = ACCESS_USER, .view = grant_view, .answer = ANSWER_TOP, .doc = "A new token for this session; the old one is dead." },
    { GET, "/api/auth/me", me, .access = ACCESS_USER, .view = me_view, .doc = "Who is signed in, where, and what they may do." },
    { PATCH, "/api/auth/me", change_me, .access = ACCESS_USER, .body = BODY(struct sign_body, me_change_fields), .view = user_view, .doc = "Change one's name." },
    { POST, "/api/auth/password", change_password, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .hashing = true,
      .body = BODY(struct password_body, password_fields), .answer = ANSWER_EMPTY, .doc = "Change the password; other sessions end." },
    { POST, "/api/auth/password/forgot", email_forgot, .access = ACCESS_PUBLIC, .tier = TIER_SENSITIVE, .body = BODY(struct email_body, email_forgot_fields), .answer = ANSWER_EMPTY,
      .status = 202, .doc = "Send a link to choose a new password; the same answer whether the e-mail has an account or not." },
    { POST, "/api/auth/password/reset", email_reset, .access = ACCESS_PUBLIC, .tier = TIER_SENSITIVE, .hashing = true, .body = BODY(struct token_body, email_reset_fields),
      .answer = ANSWER_EMPTY, .doc = "Choose a new password by the link's token; every session ends." },
    { POST, "/api/auth/email/verify", email_verify, .access = ACCESS_PUBLIC, .tier = TIER_SENSITIVE, .body = BODY(struct token_body, email_verify_fields), .answer = ANSWER_EMPTY,
      .doc = "Verify an e-mail address, or change to it, by the link's token." },
    { POST, "/api/auth/email/resend", email_resend, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .answer = ANSWER_EMPTY, .doc = "Send the link that verifies one's address again." },
    { POST, "/api/auth/email", email_change, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .hashing = true, .body = BODY(struct email_body, email_change_fields),
      .answer = ANSWER_EMPTY, .status = 202, .doc = "Change one's address: a link goes to the new one, and the old one is told when it was followed." },
    { GET, "/api/auth/sessions", list_sessions, .access = ACCESS_USER, .view = session_view, .answer = ANSWER_LIST, .doc = "One's sessions." },
    { DELETE, "/api/auth/sessions/:id", end_session, .access = ACCESS_USER, .answer = ANSWER_EMPTY, .doc = "End one of one's sessions." },
    { GET, "/api/csrf-token", csrf_token, .access = ACCESS_USER, .view = csrf_view, .doc = "The token that a cookie session sends as X-CSRF-Token." },
    { POST, "/api/orgs/:id/switch", switch_org, .access = ACCESS_USER, .view = grant_view, .answer = ANSWER_TOP,
      .doc = "Act for another of one's organizations, with a new token." },
    { 0 },
};
