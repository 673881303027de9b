/* Members: listed, given another role, removed; leaving, and handing the ownership over. There is an owner at all times. */
#include "features/audit/audit.h"
#include "features/orgs/orgs_access.h"
#include "features/orgs/orgs_api.h"
#include "features/orgs/orgs_domains.h"

struct member {
    uuid user_id;
    text name, email, role;
    uuid role_id;
    int64_t joined_at;
};

const struct field member_view[] = {
    UUID(struct member, user_id), TEXT(struct member, name), TEXT(struct member, email),
    TEXT(struct member, role, .doc = "owner, admin, member, viewer, or the name of a role of the organization's own."),
    UUID(struct member, role_id, .nullable = true, .doc = "Of a role of the organization's own."), TIME(struct member, joined_at), FIELDS_END,
};

static struct member view_of(const struct member_row *row)
{
    return (struct member){ row->user_id, row->name, row->email, row->role_name.ptr ? row->role_name : row->role, row->role_id, row->created_at };
}

static struct held_role role_held_by(const struct member_row *row)
{
    return held_role(row->role, row->role_id, row->role_name, row->permissions);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

const struct field member_query_fields[] = {
    INT(struct member_query, page, .min = 1, .max = 1000000), INT(struct member_query, page_size, .min = 1, .max = 100),
    TEXT(struct member_query, q, .max = 200, .doc = "Part of a name or an e-mail address."), FIELDS_END,
};

enum result members_list(struct request *req, const void *in)
{
    const struct member_query *query = req->query;
    const struct page_query pages = { query->page, query->page_size };
    struct call *call = &req->call;
    struct member *views;
    struct list rows;
    int64_t total;

    (void)in;
    TRY(org_is_current(req));
    TRY(member_list(call, query->q.len ? text_pattern(&call->arena, query->q) : TEXT_NONE, page_of(&pages), page_size_of(&pages), &rows, &total));
    views = arena_array(&call->arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of((const struct member_row *)rows.items + i);
    return respond_page(req, member_view, (struct list){ views, rows.len }, sizeof *views, page_of(&pages), page_size_of(&pages), total);
}

static enum result show(struct request *req, const struct member_row *row)
{
    struct member view = view_of(row);

    return respond(req, 200, member_view, &view);
}

enum result member_show(struct request *req, const void *in)
{
    struct member_row row;

    (void)in;
    TRY(org_is_current(req));
    TRY(member_read(&req->call, req->ids[1], &row));
    return show(req, &row);
}

/* --- another role -------------------------------------------------------------------------------------------------------- */

const struct field member_change_fields[] = { TEXT(struct member_body, role, .required = true, .min = 1, .max = 100), FIELDS_END };

static enum result give_role(struct call *call, const struct member_row *row, const struct held_role *now, const struct held_role *next)
{
    text detail = audit_detail(call, "from", now->name, "to", next->name);

    if (now->role == ROLE_OWNER && next->role != ROLE_OWNER)
        TRY(other_owner(call, row->user_id));
    TRY(member_set_role(call, row->user_id, role_name(next->role), next->id));
    membership_changed(call, row->user_id);
    return audit_note_detail(call, "member.role_changed", row->email, detail);
}

enum result member_change(struct request *req, const void *in)
{
    const struct member_body *body = in;
    struct call *call = &req->call;
    struct held_role mine, now, next;
    struct member_row row;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(callers_role(call, MEMBERS_MANAGE, &mine));
    TRY(member_read(call, req->ids[1], &row));
    TRY(held_role_named(call, body->role, &next));
    now = role_held_by(&row);
    TRY(role_covers(call, &mine, &now));
    TRY(role_covers(call, &mine, &next));
    TRY(give_role(call, &row, &now, &next));
    TRY(member_read(call, row.user_id, &row)); /* before the end, so that nothing can fail once it is stored */
    TRY(tx_commit(&tx));
    return show(req, &row);
}

/* --- going --------------------------------------------------------------------------------------------------------------- */

/* The sessions that act for the organization end with the membership, all but `keep`. */
static enum result end_membership(struct call *call, const struct member_row *row, uuid keep)
{
    if (role_held_by(row).role == ROLE_OWNER)
        TRY(other_owner(call, row->user_id));
    TRY(member_delete(call, row->user_id));
    TRY(sessions_end_of(call, row->user_id, keep));
    membership_changed(call, row->user_id);
    return OK;
}

enum result member_remove(struct request *req, const void *in)
{
    struct call *call = &req->call;
    struct held_role mine, now;
    struct member_row row;
    SCOPED(tx) struct tx tx = { 0 };

    (void)in;
    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(callers_role(call, MEMBERS_MANAGE, &mine));
    TRY(member_read(call, req->ids[1], &row));
    now = role_held_by(&row);
    TRY(role_covers(call, &mine, &now));
    TRY(end_membership(call, &row, UUID_NONE));
    TRY(removal_note(call, row.user_id));
    TRY(audit_note_detail(call, "member.removed", row.email, audit_detail(call, "role", now.name, "user_id", uuid_text(&call->arena, row.user_id))));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* The session that asks goes on in the organization that is the person's home then. */
static enum result leave(struct call *call, struct org *ret_home)
{
    struct member_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(member_read(call, call->user, &row));
    TRY(end_membership(call, &row, call->session));
    TRY(audit_note(call, "member.left", row.email));
    TRY(org_home(call, call->user, ret_home));
    TRY(session_move_to(call, call->session, ret_home->id));
    return tx_commit(&tx);
}

enum result org_leave(struct request *req, const void *in)
{
    uuid left = req->call.organization;
    struct org_brief view;
    struct org home = { 0 };
    enum result result;

    (void)in;
    TRY(org_is_current(req));
    result = leave(&req->call, &home);
    call_enter(&req->call, left); /* where it begins again, if it must */
    TRY(result);
    view = org_brief_of(&home);
    return respond(req, 200, org_brief_view, &view);
}

/* --- ownership ----------------------------------------------------------------------------------------------------------- */

const struct field transfer_fields[] = { UUID(struct member_body, user_id, .required = true, .doc = "A member; the caller becomes an administrator."), FIELDS_END };

static enum result hand_over(struct call *call, const struct member_row *from, const struct member_row *to)
{
    TRY(member_set_role(call, to->user_id, role_name(ROLE_OWNER), UUID_NONE));
    TRY(other_owner(call, from->user_id)); /* not to an account that is shut */
    TRY(member_set_role(call, from->user_id, role_name(ROLE_ADMIN), UUID_NONE));
    membership_changed(call, to->user_id);
    membership_changed(call, from->user_id);
    return audit_note_detail(call, "org.transferred", to->email, audit_detail(call, "from", from->email, "to", to->email));
}

enum result org_transfer(struct request *req, const void *in)
{
    const struct member_body *body = in;
    struct call *call = &req->call;
    struct member_row from, to;
    enum result found;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(member_read(call, call->user, &from));
    if (role_held_by(&from).role != ROLE_OWNER)
        return fail(call, FORBIDDEN, "Only an owner can hand the ownership over.");
    if (uuid_equal(body->user_id, call->user))
        return fail_field(call, "user_id", "is yours already");
    found = member_read(call, body->user_id, &to);
    if (found == NOT_FOUND)
        return fail_field(call, "user_id", "is not a member of this organization");
    TRY(found);
    TRY(hand_over(call, &from, &to));
    TRY(member_read(call, to.user_id, &to));
    TRY(tx_commit(&tx));
    return show(req, &to);
}
