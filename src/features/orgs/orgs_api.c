#include "features/orgs/orgs_api.h"

#include "features/audit/audit.h"
#include "features/orgs/orgs.h"
#include "features/orgs/orgs_store.h"

struct org_view {
    uuid id;
    text name, domain, role;
    int64_t created_at;
};

static const struct field org_view[] = {
    UUID(struct org_view, id), TEXT(struct org_view, name), TEXT(struct org_view, domain, .nullable = true), TEXT(struct org_view, role, .one_of = role_names), TIME(struct org_view, created_at), FIELDS_END,
};

static struct org_view view_of(const struct org *org)
{
    return (struct org_view){ org->id, org->name, org->domain, role_name(org->role), org->created_at };
}

static const char *check_domain(text value)
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
    struct list orgs;
    struct org_view *views;

    (void)body;
    TRY(orgs_of(&req->call, req->call.user, &orgs));
    views = arena_array(&req->call.arena, orgs.len, sizeof *views);
    for (size_t i = 0; i < orgs.len; i++)
        views[i] = view_of((const struct org *)orgs.items + i);
    return respond_list(req, org_view, (struct list){ views, orgs.len }, sizeof *views);
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
    if (!(role_permissions(org.role) & ORG_MANAGE))
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
    view = (struct org_view){ row.id, row.name, row.domain, row.role, row.created_at };
    return respond(req, 200, org_view, &view);
}

const struct route orgs_routes[] = {
    { GET, "/api/orgs", list, .access = ACCESS_USER, .view = org_view, .answer = ANSWER_LIST, .doc = "The caller's organizations." },
    { POST, "/api/orgs", create, .access = ACCESS_USER, .tier = TIER_SENSITIVE, .body = BODY(struct org_body, org_create_fields), .view = org_view, .status = 201,
      .doc = "Open an organization owned by the caller." },
    { GET, "/api/orgs/:id", read_one, .access = ACCESS_USER, .view = org_view, .doc = "One of the caller's organizations." },
    { PATCH, "/api/orgs/:id", change, .access = ACCESS_USER, .body = BODY(struct org_body, org_change_fields), .view = org_view,
      .doc = "Change its name or domain; needs org.manage there." },
    { 0 },
};
