#include "features/orgs/orgs_api.h"

#include "features/audit/audit.h"
#include "features/orgs/orgs.h"
#include "features/orgs/orgs_access.h"

struct org_view {
    uuid id;
    text name, domain, role;
    int64_t created_at, deleted_at;
};

static const struct field org_view[] = {
    UUID(struct org_view, id), TEXT(struct org_view, name), TEXT(struct org_view, domain, .nullable = true), 
    TEXT(struct org_view, role, .doc = "The caller's: owner, admin, member, viewer, or one of the organization's own."), TIME(struct org_view, created_at),
    TIME(struct org_view, deleted_at, .nullable = true, .doc = "Set for 30 days, in which an owner can restore it."), FIELDS_END,
};

static struct org_view view_of(const struct org *org)
{
    return (struct org_view){ org->id, org->name, org->domain, org->role_name, org->created_at, org->deleted_at };
}

static struct org_view view_of_row(const struct org_row *row)
{
    return (struct org_view){ row->id, row->name, row->domain, row->role_name.ptr ? row->role_name : row->role, row->created_at, row->deleted_at };
}

const char *check_domain(text value)
{
    bool dot = false;

    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];

        dot |= c == '.';
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return "must be a domain name such as example.com";
    }
    return dot ? NULL : "must be a domain name such as example.com";
}

static enum result list(struct request *req, const void *body)
{
    struct org_view *views;
    struct list rows;

    (void)body;
    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(&req->call, "orgs.list");

        TRY(orgs_by_user(&req->call, req->call.user, true, &rows));
    }
    views = arena_array(&req->call.arena, rows.len, sizeof *views);
    for (size_t i = 0; i < rows.len; i++)
        views[i] = view_of_row((const struct org_row *)rows.items + i);
    return respond_list(req, org_view, (struct list){ views, rows.len }, sizeof *views);
}

struct org_body {
    text name, domain;
    bool has_domain;
};

static const struct field org_create_fields[] = {
    TEXT(struct org_body, name, .required = true, .min = 1, .max = 255),
    TEXT(struct org_body, domain, .max = 253, .check = check_domain),
    FIELDS_END,
};

static enum result create(struct request *req, const void *in)
{
    const struct org_body *body = in;
    struct org_view view;
    struct org org = { 0 };
    SCOPED(tx) struct tx tx = tx_begin(&req->call);

    TRY(org_open(&req->call, body->name, body->domain, req->call.user, &org));
    TRY(audit_note(&req->call, "org.created", org.name));
    TRY(tx_commit(&tx));
    view = view_of(&org);
    return respond(req, 201, org_view, &view);
}

/* What is asked for must be one of the caller's organizations; it becomes the call's. */
static enum result enter(struct request *req, struct org *ret_org)
{
    TRY(org_membership(&req->call, req->ids[0], req->call.user, ret_org));
    call_enter(&req->call, ret_org->id);
    return OK;
}

static enum result read_one(struct request *req, const void *body)
{
    struct org_view view;
    struct org org = { 0 };

    (void)body;
    TRY(enter(req, &org));
    view = view_of(&org);
    return respond(req, 200, org_view, &view);
}

static const struct field org_change_fields[] = {
    TEXT(struct org_body, name, .min = 1, .max = 255),
    TEXT(struct org_body, domain, .max = 253, .check = check_domain, .given = offsetof(struct org_body, has_domain)),
    FIELDS_END,
};

static enum result change(struct request *req, const void *in)
{
    const struct org_body *body = in;
    struct org_view view;
    struct org_row row;
    struct org org = { 0 };
    enum result updated;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(enter(req, &org));
    if (!(org.permissions & ORG_MANAGE))
        return FORBIDDEN;
    tx = tx_begin(&req->call);
    updated = org_update(&req->call, body->name, body->domain, body->has_domain);
    if (updated == CONFLICT) {
        fail_field(&req->call, "domain", "is taken");
        return CONFLICT;
    }
    TRY(updated);
    TRY(org_read(&req->call, &row));
    TRY(audit_note(&req->call, "org.changed", row.name));
    TRY(tx_commit(&tx));
    view = view_of_row(&row);
    return respond(req, 200, org_view, &view);
}

const struct route orgs_routes[] = {
    { GET, "/api/orgs", list, .access = ACCESS_USER, .view = org_view, .answer = ANSWER_LIST, .light = true, .doc = "The caller's organizations; for owners also those that can still be restored." },
    { POST, "/api/orgs", create, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .body = BODY(struct org_body, org_create_fields), .view = org_view, .status = 201,
      .doc = "Open an organization owned by the caller." },
    { GET, "/api/orgs/:id", read_one, .access = ACCESS_USER, .view = org_view, .light = true, .doc = "One of the caller's organizations." },
    { PATCH, "/api/orgs/:id", change, .access = ACCESS_USER, .body = BODY(struct org_body, org_change_fields), .view = org_view,
      .doc = "Change its name or domain; needs org.manage there." },
    { DELETE, "/api/orgs/:id", org_delete, .access = ACCESS_USER, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .body = BODY(struct deletion_body, deletion_fields), .view = deletion_view,
      .doc = "Delete it, as its owner: nobody gets in any more, and after 30 days it is removed for good." },
    { POST, "/api/orgs/:id/restore", org_restore, .access = ACCESS_USER, .in_person = true, .view = org_brief_view, .doc = "Restore a deleted organization, as its owner." },
    { POST, "/api/orgs/:id/leave", org_leave, .access = ACCESS_USER, .in_person = true, .view = org_brief_view, .doc = "Leave the current organization; shows where the session goes on." },
    { POST, "/api/orgs/:id/transfer", org_transfer, .access = ACCESS_USER, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .body = BODY(struct member_body, transfer_fields), .view = member_view,
      .doc = "Hand the ownership over to a member." },

    { GET, "/api/orgs/:id/members", members_list, .access = ACCESS_USER, .query = QUERY(struct member_query, member_query_fields), .view = member_view,
      .answer = ANSWER_PAGE, .light = true, .doc = "Members of the current organization, in the order in which they joined." },
    { GET, "/api/orgs/:id/members/:user_id", member_show, .access = ACCESS_USER, .view = member_view, .light = true, .doc = "One member." },
    { PATCH, "/api/orgs/:id/members/:user_id", member_change, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .in_person = true,
      .body = BODY(struct member_body, member_change_fields), .view = member_view, .doc = "Give a member another role." },
    { DELETE, "/api/orgs/:id/members/:user_id", member_remove, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .answer = ANSWER_EMPTY,
      .doc = "Remove a member; their sessions here end at once." },

    { GET, "/api/orgs/:id/roles", roles_list, .access = ACCESS_USER, .view = role_view, .answer = ANSWER_LIST, .light = true, .doc = "The roles that a member can have." },
    { POST, "/api/orgs/:id/roles", role_create, .access = ACCESS_MEMBER, .permission = ROLES_MANAGE, .body = BODY(struct role_body, role_create_fields),
      .view = role_view, .status = 201, .doc = "Make a role with permissions that the caller has." },
    { GET, "/api/orgs/:id/roles/:role_id", role_show, .access = ACCESS_USER, .view = role_view, .light = true, .doc = "One of the organization's own roles." },
    { PATCH, "/api/orgs/:id/roles/:role_id", role_change, .access = ACCESS_MEMBER, .permission = ROLES_MANAGE, .body = BODY(struct role_body, role_change_fields),
      .view = role_view, .doc = "Change a role; it holds at once for everybody who has it." },
    { DELETE, "/api/orgs/:id/roles/:role_id", role_remove, .access = ACCESS_MEMBER, .permission = ROLES_MANAGE, .answer = ANSWER_EMPTY,
      .doc = "Delete a role that nobody has." },

    { GET, "/api/orgs/:id/invitations", invitations_list, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .query = QUERY(struct page_query, page_query_fields),
      .view = invitation_view, .answer = ANSWER_PAGE, .light = true, .doc = "Open invitations, newest first." },
    { POST, "/api/orgs/:id/invitations", invitation_create, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .in_person = true, .tier = TIER_SENSITIVE,
      .body = BODY(struct invitation_body, invite_fields), .view = invitation_view, .status = 201, .doc = "Invite somebody by letter; the link works once, for 7 days." },
    { GET, "/api/orgs/:id/invitations/:invitation_id", invitation_show, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .view = invitation_view,
      .light = true, .doc = "One open invitation." },
    { DELETE, "/api/orgs/:id/invitations/:invitation_id", invitation_withdraw, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .answer = ANSWER_EMPTY,
      .doc = "Withdraw an invitation; its link is dead." },
    { POST, "/api/orgs/:id/invitations/:invitation_id/resend", invitation_resend, .access = ACCESS_MEMBER, .permission = MEMBERS_MANAGE, .in_person = true, .tier = TIER_SENSITIVE,
      .view = invitation_view, .doc = "Send it again with a new link, which lives for 7 days; the old one is dead." },
    { GET, "/api/orgs/:id/domains", domains_list, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .view = domain_view, .answer = ANSWER_LIST,
      .light = true, .doc = "Domains whose addresses may join the current organization." },
    { POST, "/api/orgs/:id/domains", domain_create, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .in_person = true, .body = BODY(struct domain_body, domain_create_fields),
      .view = domain_view, .status = 201, .doc = "Begin to claim a domain; the answer says which TXT record shows that it is the organization's." },
    { GET, "/api/orgs/:id/domains/:domain_id", domain_show, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .view = domain_view, .light = true, .doc = "One domain." },
    { PATCH, "/api/orgs/:id/domains/:domain_id", domain_alter, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .in_person = true,
      .body = BODY(struct domain_body, domain_change_fields), .view = domain_view, .doc = "Whether whoever has an address there may join, and as what." },
    { DELETE, "/api/orgs/:id/domains/:domain_id", domain_remove, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .in_person = true, .answer = ANSWER_EMPTY,
      .doc = "Give a domain up; who joined by it stays." },
    { POST, "/api/orgs/:id/domains/:domain_id/verify", domain_verify, .access = ACCESS_MEMBER, .permission = ORG_MANAGE, .in_person = true, .tier = TIER_SENSITIVE,
      .view = domain_view, .doc = "Look for the TXT record; one organization has a domain at a time." },
    { GET, "/api/orgs/joinable", orgs_joinable, .access = ACCESS_USER, .view = joinable_view, .answer = ANSWER_LIST, .light = true, .doc = "Organizations that the caller may join by their verified address." },
    { POST, "/api/orgs/:id/join", org_join, .access = ACCESS_USER, .in_person = true, .view = org_brief_view, .doc = "Join one of them." },
    { POST, "/api/invitations/preview", invitation_preview, .access = ACCESS_PUBLIC, .body = BODY(struct invitation_body, invitation_token_fields), .view = preview_view,
      .doc = "What an invitation is to." },
    { POST, "/api/invitations/accept", invitation_take_up, .access = ACCESS_USER, .body = BODY(struct invitation_body, invitation_token_fields), .view = org_brief_view,
      .doc = "Become a member by an invitation to one's own address." },
    { 0 },
};
