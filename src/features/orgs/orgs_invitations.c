/* Invitations: a letter with a token that makes whoever reads mail at the address a member, once. */
#include "crypto/crypto.h"
#include "features/audit/audit.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs_access.h"
#include "features/orgs/orgs_api.h"
#include "features/orgs/orgs_domains.h"

enum { TOKEN_LETTERS = 43, MOST_OPEN = 200 };
static const int64_t LIFE = 7 * DAY;

struct invitation {
    uuid id;
    text email, role, invited_by;
    bool expired;
    int64_t created_at, sent_at, expires_at;
};

const struct field invitation_view[] = {
    UUID(struct invitation, id), TEXT(struct invitation, email), TEXT(struct invitation, role), TEXT(struct invitation, invited_by, .nullable = true, .doc = "Their name."),
    BOOL(struct invitation, expired), TIME(struct invitation, created_at), TIME(struct invitation, sent_at), TIME(struct invitation, expires_at), FIELDS_END,
};

static struct invitation view_of(const struct call *call, const struct invitation_row *row)
{
    return (struct invitation){ row->id, row->email, row->role_name.ptr ? row->role_name : row->role, row->inviter, row->expires_at <= call->now, row->created_at,
                                row->sent_at, row->expires_at };
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

enum result invitations_list(struct request *req, const void *in)
{
    const struct page_query *query = req->query;
    struct call *call = &req->call;
    struct invitation *views;
    struct list rows;
    int64_t total;

    (void)in;
    TRY(org_is_current(req));
    TRY(invitation_list(call, page_of(query), page_size_of(query), &rows, &total));
    views = arena_array(&call->arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of(call, (const struct invitation_row *)rows.items + i);
    return respond_page(req, invitation_view, (struct list){ views, rows.len }, sizeof *views, page_of(query), page_size_of(query), total);
}

static enum result show(struct request *req, int status, const struct invitation_row *row)
{
    struct invitation view = view_of(&req->call, row);

    return respond(req, status, invitation_view, &view);
}

enum result invitation_show(struct request *req, const void *in)
{
    struct invitation_row row;

    (void)in;
    TRY(org_is_current(req));
    TRY(invitation_read(&req->call, req->ids[1], &row));
    return show(req, 200, &row);
}

/* --- inviting ------------------------------------------------------------------------------------------------------------ */

static const char *check_address(text value)
{
    return mail_address_valid(value) ? NULL : "must be an e-mail address";
}

const struct field invite_fields[] = {
    TEXT(struct invitation_body, email, .required = true, .min = 3, .max = 254, .check = check_address),
    TEXT(struct invitation_body, role, .required = true, .min = 1, .max = 100, .doc = "Any but owner."), FIELDS_END,
};

static enum result send_letter(struct call *call, text to, text role, text token, int64_t expires_at)
{
    struct person_row inviter;
    struct org_row org;

    TRY(person_read(call, call->user, &inviter));
    TRY(org_read(call, &org));
    return LETTER(call, "invitation", to, { "inviter", one_line(call, inviter.name) }, { "organization", one_line(call, org.name) },
                  { "role", one_line(call, role) }, { "time", time_in_words(call, expires_at) }, { "link", letter_link(call, "/invitation", token) });
}

/* An invitation is worth what its inviter may give, so there must be a person behind it. */
static enum result person_only(struct call *call)
{
    return call->actor == ACTOR_USER ? OK : fail(call, FORBIDDEN, "An API key cannot invite; sign in instead.");
}

static enum result check_room(struct call *call, text email)
{
    struct member_row member;
    enum result found = member_by_email(call, email, &member);
    int64_t open;

    if (found == OK)
        return fail(call, CONFLICT, "%.*s is a member already.", TEXT_ARG(email));
    if (found != NOT_FOUND)
        return found;
    TRY(invitation_delete_expired(call, email));
    TRY(invitations_open_count(call, &open));
    return open < MOST_OPEN ? OK : fail(call, CONFLICT, "There are %d open invitations. Withdraw some, or wait until they are taken up.", MOST_OPEN);
}

static enum result find_role(struct call *call, text name, struct held_role *ret_role)
{
    struct held_role mine;

    TRY(callers_role(call, MEMBERS_MANAGE, &mine));
    TRY(held_role_named(call, name, ret_role));
    if (ret_role->role == ROLE_OWNER)
        return fail_field(call, "role", "must not be owner: ownership is handed over to a member");
    return role_covers(call, &mine, ret_role);
}

enum result invitation_create(struct request *req, const void *in)
{
    const struct invitation_body *body = in;
    struct call *call = &req->call;
    text token = random_token(&call->arena, TOKEN_LETTERS);
    struct invitation_row row = { .id = uuid_new(), .email = text_lower(&call->arena, body->email), .invited_by = call->user, .created_at = call->now,
                                  .expires_at = call->now + LIFE };
    struct held_role role;
    enum result inserted;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_is_current(req));
    TRY(person_only(call));
    tx = tx_begin(call);
    TRY(find_role(call, body->role, &role));
    row.role = role_name(role.role);
    row.role_id = role.id;
    TRY(check_room(call, row.email));
    inserted = invitation_insert(call, &row, sha256(&call->arena, token));
    if (inserted == CONFLICT)
        return fail(call, CONFLICT, "%.*s has been invited already. Send the invitation again instead.", TEXT_ARG(row.email));
    TRY(inserted);
    TRY(send_letter(call, row.email, role.name, token, row.expires_at));
    TRY(audit_note_detail(call, "invitation.created", row.email, audit_detail(call, "role", role.name, NULL, TEXT_NONE)));
    TRY(invitation_read(call, row.id, &row)); /* before the end, so that nothing can fail once it is stored */
    TRY(tx_commit(&tx));
    return show(req, 201, &row);
}

/* With a new link: the old one is dead, whoever has it. */
enum result invitation_resend(struct request *req, const void *in)
{
    struct call *call = &req->call;
    text token = random_token(&call->arena, TOKEN_LETTERS);
    struct invitation_row row;
    struct held_role role;
    SCOPED(tx) struct tx tx = { 0 };

    (void)in;
    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(invitation_read(call, req->ids[1], &row));
    TRY(person_only(call));
    TRY(find_role(call, row.role_name.ptr ? row.role_name : row.role, &role));
    TRY(invitation_renew(call, row.id, sha256(&call->arena, token), call->now + LIFE));
    TRY(send_letter(call, row.email, role.name, token, call->now + LIFE));
    TRY(audit_note(call, "invitation.resent", row.email));
    TRY(invitation_read(call, row.id, &row));
    TRY(tx_commit(&tx));
    return show(req, 200, &row);
}

enum result invitation_withdraw(struct request *req, const void *in)
{
    struct call *call = &req->call;
    struct invitation_row row;
    struct held_role role;
    SCOPED(tx) struct tx tx = { 0 };

    (void)in;
    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(invitation_read(call, req->ids[1], &row));
    TRY(find_role(call, row.role_name.ptr ? row.role_name : row.role, &role)); /* nobody takes back what they could not have given */
    TRY(invitation_delete(call, row.id));
    TRY(audit_note(call, "invitation.withdrawn", row.email));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

enum result invitations_withdraw_of(struct call *call, uuid user)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "orgs.invitations_of_user");

    return invitations_delete_of(call, user);
}

/* --- taking it up -------------------------------------------------------------------------------------------------------- */

static enum result not_valid(struct call *call)
{
    return fail(call, NOT_FOUND, "This invitation is not valid: it was used, was withdrawn, or has expired.");
}

static enum result find_by_token(struct call *call, text token, struct found_invitation *ret_found)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "orgs.invitation");
    enum result found = invitation_by_token(call, sha256(&call->arena, token), ret_found);

    return found == NOT_FOUND || (found == OK && ret_found->expires_at <= call->now) ? not_valid(call) : found;
}

/* Whoever was shown out, or may do less by now, has left no back door. */
static enum result inviter_may(struct call *call, const struct found_invitation *found, const struct held_role *role)
{
    struct member_row row;
    struct held_role theirs;
    enum result read = member_read(call, found->invited_by, &row);

    if (read == NOT_FOUND)
        return not_valid(call);
    TRY(read);
    theirs = held_role(row.role, row.role_id, row.role_name, row.permissions);
    if (!(theirs.permissions & MEMBERS_MANAGE) || role_covers(call, &theirs, role) != OK)
        return not_valid(call);
    return OK;
}

static enum result join(struct call *call, const struct found_invitation *found, uuid user)
{
    struct invitation_row row;
    struct held_role role;
    enum result joined, read = invitation_read(call, found->id, &row);

    if (read == NOT_FOUND)
        return not_valid(call);
    TRY(read);
    role = held_role(row.role, row.role_id, row.role_name, row.permissions);
    TRY(inviter_may(call, found, &role));
    joined = invitation_use(call, found->id);
    if (joined == NOT_FOUND)
        return not_valid(call);
    TRY(joined);
    TRY(membership_insert_as(call, user, row.role, row.role_id));
    TRY(removal_forget(call, user));
    return audit_note_detail(call, "invitation.accepted", row.email, audit_detail(call, "role", role.name, "invited_by", row.inviter));
}

enum result invitation_accept(struct call *call, text token, uuid user, text email, struct org *ret_org)
{
    struct found_invitation found;
    struct member_row member;
    enum result read;

    TRY(find_by_token(call, token, &found));
    if (!text_equal_nocase(found.email, email))
        return fail(call, FORBIDDEN, "This invitation was sent to another address. Sign in with that one.");
    call_enter(call, found.organization_id);
    read = member_read(call, user, &member);
    if (read == OK)
        return fail(call, CONFLICT, "You are a member of %.*s already.", TEXT_ARG(found.organization));
    if (read != NOT_FOUND)
        return read;
    TRY(join(call, &found, user));
    membership_changed(call, user);
    return org_membership(call, found.organization_id, user, ret_org);
}

const struct field invitation_token_fields[] = { TEXT(struct invitation_body, token, .required = true, .min = 1, .max = 100), FIELDS_END };

struct preview {
    text organization, email, role, invited_by;
    int64_t expires_at;
};

const struct field preview_view[] = {
    TEXT(struct preview, organization), TEXT(struct preview, email), TEXT(struct preview, role), TEXT(struct preview, invited_by, .nullable = true),
    TIME(struct preview, expires_at), FIELDS_END,
};

/* By POST, so that no log, history or Referer has the token. */
enum result invitation_preview(struct request *req, const void *in)
{
    const struct invitation_body *body = in;
    struct found_invitation found;
    struct preview view;

    TRY(find_by_token(&req->call, body->token, &found));
    view = (struct preview){ found.organization, found.email, found.role_name.ptr ? found.role_name : found.role, found.inviter, found.expires_at };
    return respond(req, 200, preview_view, &view);
}

static enum result take_up(struct call *call, text token, struct org *ret_org)
{
    struct person_row me;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(person_read(call, call->user, &me));
    TRY(invitation_accept(call, token, call->user, me.email, ret_org));
    return tx_commit(&tx);
}

enum result invitation_take_up(struct request *req, const void *in)
{
    const struct invitation_body *body = in;
    uuid before = req->call.organization;
    struct org_brief view;
    struct org org = { 0 };
    enum result result = take_up(&req->call, body->token, &org);

    call_enter(&req->call, before); /* where it begins again, if it must; joining is not switching */
    TRY(result);
    view = org_brief_of(&org);
    return respond(req, 200, org_brief_view, &view);
}
