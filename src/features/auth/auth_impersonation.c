/*
 * Impersonation: an administrator of the installation acts as a person, to see what they see. The session says whose hand it is and
 * ends after an hour at most; the person is told, and everything done in it is on record with the administrator's name. What only
 * the person may do is refused by the gate (.in_person of a route).
 *
 * A browser that begins it gives its own session up, and is signed out when it ends: a way back would be a way from the person's
 * session, in which their own content is shown, to the administrator's.
 */
#include "features/audit/audit.h"
#include "features/auth/auth_admin.h"
#include "features/auth/auth_sign_in.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"

const struct field impersonate_fields[] = {
    TEXT(struct impersonate_body, reason, .required = true, .min = 1, .max = 500, .check = check_line, .doc = "The person is told, and it stays on record."),
    UUID(struct impersonate_body, organization_id, .doc = "One of theirs; their first where absent."),
    TEXT(struct impersonate_body, session, .one_of = session_kinds),
    FIELDS_END,
};

static enum result may_be_acted_for(struct call *call, const struct user_row *row)
{
    if (user_is_admin(row))
        return fail(call, FORBIDDEN, "Nobody acts as an administrator.");
    return row->is_active ? OK : fail(call, CONFLICT, "The account is not active.");
}

static enum result find_organization(struct call *call, uuid user, uuid organization, struct org *ret_org)
{
    enum result found;

    if (uuid_is_none(organization))
        return org_home(call, user, ret_org);
    found = org_membership(call, organization, user, ret_org);
    if (found == NOT_FOUND)
        return fail_field(call, "organization_id", "is none of theirs");
    TRY(found);
    call_enter(call, organization);
    return OK;
}

static text reason_detail(struct call *call, text reason)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    jw_member(&w, "reason", text, reason);
    jw_object_close(&w);
    return text_copy(&call->arena, buffer_view(&out));
}

static enum result tell(struct call *call, const struct user_row *user, const struct user_row *admin, text reason)
{
    char spelled[CLOCK_TEXT];

    return LETTER(call, "impersonated", user->email, { "name", user->name }, { "admin", admin->name }, { "reason", reason }, { "time", clock_format(call->now, spelled) },
                  { "link", letter_link(call, "/settings", TEXT_NONE) });
}

/* In the person's organization, which the call is in then. */
static enum result open_in_their_name(struct request *req, const struct impersonate_body *body, const struct user_row *user, const struct user_row *admin,
                                      struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    struct org org = { 0 };

    TRY(find_organization(call, user->id, body->organization_id, &org));
    TRY(session_open_as(req, user->id, org.id, org.role, text_equal(body->session, T("cookie")), admin->id, ret_grant));
    TRY(tell(call, user, admin, body->reason));
    return audit_note_detail(call, "impersonation.began", user->email, reason_detail(call, body->reason));
}

static enum result begin(struct request *req, const struct impersonate_body *body, struct user_row *user, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    uuid own = call->organization;
    struct user_row admin;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(admin_still(call));
    TRY(user_by_id(call, call->user, &admin));
    TRY(user_by_id(call, req->ids[0], user));
    TRY(may_be_acted_for(call, user));
    TRY(open_in_their_name(req, body, user, &admin, ret_grant));
    call_enter(call, own);
    TRY(audit_note_detail(call, "impersonation.began", user->email, reason_detail(call, body->reason)));
    if (req->cookie_session && ret_grant->cookie) { /* the browser has but one cookie */
        TRY(session_delete(call, call->session, call->user));
        session_changed(call, call->session);
    }
    return tx_commit(&tx);
}

enum result impersonate(struct request *req, const void *in)
{
    uuid own = req->call.organization;
    struct session_grant grant;
    struct user_row user;
    enum result result = begin(req, in, &user, &grant);

    call_enter(&req->call, own); /* where it begins again, if it must */
    TRY(result);
    return respond_grant(req, 201, &user, &grant);
}

enum result impersonation_end(struct request *req, const void *in)
{
    struct call *call = &req->call;
    SCOPED(tx) struct tx tx = { 0 };

    (void)in;
    if (uuid_is_none(call->impersonator))
        return fail(call, CONFLICT, "Nobody acts for somebody else in this session.");
    tx = tx_begin(call);
    TRY(session_delete(call, call->session, call->user));
    session_changed(call, call->session);
    TRY(audit_note(call, "impersonation.ended", TEXT_NONE));
    TRY(tx_commit(&tx));
    if (req->cookie_session)
        session_clear_cookie(req);
    return respond_empty(req);
}
