#include "features/auth/auth_api.h"

#include "core/config.h"
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/auth/auth.h"
#include "features/auth/auth_admin.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_factors.h"
#include "features/auth/auth_sign_in.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"
#include "identity/password.h"

/* --- the session ---------------------------------------------------------------------------------------------------------- */

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

/* The administrator who acts as the person. */
struct impersonator {
    uuid id;
    text name;
};

static const struct field impersonator_view[] = { UUID(struct impersonator, id), TEXT(struct impersonator, name), FIELDS_END };

struct me_view {
    struct user user;
    struct impersonator impersonator;
    struct org_brief organization;
    struct list organizations;
    struct text_list permissions;
};

static const struct field me_view[] = {
    OBJECT(struct me_view, user, struct user, user_view),
    OBJECT(struct me_view, impersonator, struct impersonator, impersonator_view, .nullable = true, .doc = "The administrator who acts as this person."), OBJECT(struct me_view, organization, struct org_brief, org_brief_view),
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
    if (!uuid_is_none(call->impersonator)) {
        TRY(user_by_id(call, call->impersonator, &row));
        view.impersonator = (struct impersonator){ row.id, row.name };
    }
    view.permissions.items = arena_array(&call->arena, PERMISSION_COUNT, sizeof(text));
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (call->permissions & (unsigned)permission_rows[i].bit)
            view.permissions.items[view.permissions.len++] = permission_rows[i].name;
    return respond(req, 200, me_view, &view);
}

static const struct field me_change_fields[] = {
    TEXT(struct sign_body, name, .required = true, .min = 1, .max = 100, .check = check_line), FIELDS_END,
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
    TRY(challenges_drop(call, call->user));
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
    struct impersonator impersonator;
    int64_t created_at, last_used, expires_at;
    bool current;
};

static const struct field session_view[] = {
    UUID(struct session_view, id), TEXT(struct session_view, kind, .one_of = session_kinds), TEXT(struct session_view, ip_address),
    TEXT(struct session_view, user_agent), OBJECT(struct session_view, impersonator, struct impersonator, impersonator_view, .nullable = true),
    TIME(struct session_view, created_at), TIME(struct session_view, last_used),
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

        views[i] = (struct session_view){ row->id, row->kind, row->ip_address, row->user_agent, { row->impersonator_id, row->impersonator_name }, row->created_at, row->last_used, row->expires_at,
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
      .answer = ANSWER_TOP, .status = 201, .or_accepted = true, .doc = "Make an account with its first organization, signed in. With SIGNUP_PRIVATE a letter tells what came of it (202)." },
    { POST, "/api/auth/login", login, .access = ACCESS_PUBLIC, .tier = TIER_AUTH, .hashing = true, .body = BODY(struct sign_body, login_fields), .view = grant_view,
      .answer = ANSWER_TOP, .doc = "Sign in. An account with a second factor is answered with MFA_REQUIRED, a challenge, and the ways to answer it." },
    { POST, "/api/auth/mfa/verify", mfa_verify, .access = ACCESS_PUBLIC, .tier = TIER_AUTH, .hashing = true, .body = BODY(struct verify_body, verify_fields), .view = verify_view,
      .answer = ANSWER_TOP, .doc = "Answer the challenge of MFA_REQUIRED: a sign-in is completed; or the session that it came to has shown who it is, and what was refused can be sent again." },
    { POST, "/api/auth/passkeys/login", passkey_login, .access = ACCESS_PUBLIC, .tier = TIER_AUTH, .body = BODY(struct verify_body, passkey_login_fields), .view = grant_view,
      .answer = ANSWER_TOP, .doc = "Sign in with a passkey alone." },
    { POST, "/api/auth/logout", logout, .access = ACCESS_USER, .answer = ANSWER_EMPTY, .doc = "End this session; its token is dead at once." },
    { POST, "/api/auth/refresh", refresh, .access = ACCESS_USER, .in_person = true, .view = grant_view, .answer = ANSWER_TOP, .doc = "A new token for this session; the old one is dead." },
    { GET, "/api/auth/me", me, .access = ACCESS_USER, .view = me_view, .light = true, .doc = "Who is signed in, where, and what they may do." },
    { PATCH, "/api/auth/me", change_me, .access = ACCESS_USER, .body = BODY(struct sign_body, me_change_fields), .view = user_view, .doc = "Change one's name." },
    { DELETE, "/api/auth/me", account_end, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .in_person = true, .hashing = true, .body = BODY(struct account_end_body, account_end_fields),
      .answer = ANSWER_EMPTY, .or_accepted = true, .doc = "Delete one's account by its password, for good. One without a password is sent a link first (202), and deleted by its token." },
    { GET, "/api/auth/me/export", account_export, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .in_person = true, .answer = ANSWER_OTHER,
      .doc = "Everything that is kept about the person, to be saved; no hashes and no secrets." },
    { POST, "/api/auth/password", change_password, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .in_person = true, .hashing = true,
      .body = BODY(struct password_body, password_fields), .answer = ANSWER_EMPTY, .doc = "Change the password; other sessions end." },
    { POST, "/api/auth/password/forgot", email_forgot, .access = ACCESS_PUBLIC, .tier = TIER_SENSITIVE, .body = BODY(struct email_body, email_forgot_fields), .answer = ANSWER_EMPTY,
      .status = 202, .doc = "Send a link to choose a new password; the same answer whether the e-mail has an account or not." },
    { POST, "/api/auth/password/reset", email_reset, .access = ACCESS_PUBLIC, .tier = TIER_SENSITIVE, .hashing = true, .body = BODY(struct token_body, email_reset_fields),
      .answer = ANSWER_EMPTY, .doc = "Choose a new password by the link's token; every session ends." },
    { POST, "/api/auth/email/verify", email_verify, .access = ACCESS_PUBLIC, .tier = TIER_SENSITIVE, .body = BODY(struct token_body, email_verify_fields), .answer = ANSWER_EMPTY,
      .doc = "Verify an e-mail address, or change to it, by the link's token." },
    { POST, "/api/auth/email/resend", email_resend, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .answer = ANSWER_EMPTY, .doc = "Send the link that verifies one's address again." },
    { POST, "/api/auth/email", email_change, .access = ACCESS_USER, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .hashing = true, .body = BODY(struct email_body, email_change_fields),
      .answer = ANSWER_EMPTY, .status = 202, .doc = "Change one's address: a link goes to the new one, and the old one is told when it was followed." },
    { GET, "/api/auth/sessions", list_sessions, .access = ACCESS_USER, .view = session_view, .answer = ANSWER_LIST, .light = true, .doc = "One's sessions." },
    { DELETE, "/api/auth/sessions/:id", end_session, .access = ACCESS_USER, .answer = ANSWER_EMPTY, .doc = "End one of one's sessions." },
    { GET, "/api/csrf-token", csrf_token, .access = ACCESS_USER, .view = csrf_view, .doc = "The token that a cookie session sends as X-CSRF-Token." },
    { POST, "/api/orgs/:id/switch", switch_org, .access = ACCESS_USER, .in_person = true, .view = grant_view, .answer = ANSWER_TOP,
      .doc = "Act for another of one's organizations, with a new token." },
    { POST, "/api/auth/impersonation/end", impersonation_end, .access = ACCESS_USER, .answer = ANSWER_EMPTY, .doc = "End a session in which an administrator acts as this person." },
    { POST, "/api/admin/users/:id/impersonate", impersonate, .access = ACCESS_ADMIN, .recent = true, .tier = TIER_SENSITIVE, .body = BODY(struct impersonate_body, impersonate_fields),
      .view = grant_view, .answer = ANSWER_TOP, .status = 201, .doc = "Act as a person, for an hour at most; they are told why." },
    { POST, "/api/admin/setup", setup, .access = ACCESS_PUBLIC, .tier = TIER_AUTH, .hashing = true, .body = BODY(struct sign_body, setup_fields), .view = grant_view,
      .answer = ANSWER_TOP, .status = 201, .doc = "Make the first administrator by the link that the program showed when it was started." },
    { 0 },
};
