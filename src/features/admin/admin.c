#include "features/admin/admin.h"

#include "features/admin/admin_rules.h"
#include "features/auth/auth.h"
#include "http/http.h"

struct admin_query {
    int64_t page, page_size;
    text q;
};

static const struct field user_query_fields[] = {
    INT(struct admin_query, page, .min = 1, .max = 1000000), INT(struct admin_query, page_size, .min = 1, .max = 100),
    TEXT(struct admin_query, q, .max = 200, .doc = "Part of a name or an e-mail address."), FIELDS_END,
};
static const struct field org_query_fields[] = {
    INT(struct admin_query, page, .min = 1, .max = 1000000), INT(struct admin_query, page_size, .min = 1, .max = 100),
    TEXT(struct admin_query, q, .max = 200, .doc = "Part of a name or a domain."), FIELDS_END,
};

static text pattern_of(struct call *call, const struct admin_query *query)
{
    return query->q.len ? text_pattern(&call->arena, query->q) : TEXT_NONE;
}

/* --- people -------------------------------------------------------------------------------------------------------------- */

#define USER_FIELDS                                                                                                                        \
    UUID(struct admin_user_row, id), TEXT(struct admin_user_row, name), TEXT(struct admin_user_row, email), BOOL(struct admin_user_row, email_verified), \
        BOOL(struct admin_user_row, is_active), BOOL(struct admin_user_row, is_admin, .doc = "Also one whom ADMIN_EMAILS names."),        \
        INT(struct admin_user_row, organization_count), INT(struct admin_user_row, session_count), TIME(struct admin_user_row, created_at), \
        TIME(struct admin_user_row, last_login, .nullable = true)

static const struct field user_row_view[] = { USER_FIELDS, FIELDS_END };
static const struct field place_view[] = { UUID(struct admin_place_row, id), TEXT(struct admin_place_row, name), TEXT(struct admin_place_row, role), FIELDS_END };

struct whole_user {
    struct admin_user_row row; /* first: user_row_view's fields lie in it */
    struct list organizations;
};
static const struct field whole_user_view[] = { USER_FIELDS, LIST(struct whole_user, organizations, struct admin_place_row, place_view), FIELDS_END };

static enum result list_in_scope(struct call *call, const struct admin_query *query, struct list *ret_rows, int64_t *ret_total)
{
    const struct page_query pages = { query->page, query->page_size };
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "admin.users");

    return admin_user_list(call, pattern_of(call, query), page_of(&pages), page_size_of(&pages), ret_rows, ret_total);
}

static enum result list_users(struct request *req, const void *body)
{
    const struct admin_query *query = req->query;
    const struct page_query pages = { query->page, query->page_size };
    struct admin_user_row *rows;
    struct list list;
    int64_t total;

    (void)body;
    TRY(list_in_scope(&req->call, query, &list, &total));
    rows = list.items;
    for (size_t i = 0; i < list.len; i++)
        rows[i].is_admin |= rows[i].email_verified && email_is_admins(rows[i].email);
    return respond_page(req, user_row_view, list, sizeof *rows, page_of(&pages), page_size_of(&pages), total);
}

static enum result read_user(struct request *req, const void *body)
{
    struct call *call = &req->call;
    struct whole_user whole = { 0 };

    (void)body;
    TRY(admin_read(call, req->ids[0], &whole.row));
    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "admin.users");

        TRY(admin_places_of(call, req->ids[0], &whole.organizations));
    }
    return respond(req, 200, whole_user_view, &whole);
}

static const struct field user_change_fields[] = {
    BOOL(struct admin_change, is_active, .given = offsetof(struct admin_change, has_active), .doc = "false: nobody gets in with it, nor with keys its person made."),
    BOOL(struct admin_change, is_admin, .given = offsetof(struct admin_change, has_admin)), FIELDS_END,
};

static enum result change_user(struct request *req, const void *body)
{
    struct admin_user_row row;

    TRY(admin_apply(&req->call, req->ids[0], body, &row));
    return respond(req, 200, user_row_view, &row);
}

static enum result delete_user(struct request *req, const void *body)
{
    (void)body;
    TRY(admin_delete(&req->call, req->ids[0]));
    return respond_empty(req);
}

static enum result sign_out(struct request *req, const void *body)
{
    (void)body;
    TRY(admin_sign_out(&req->call, req->ids[0]));
    return respond_empty(req);
}

/* --- organizations ------------------------------------------------------------------------------------------------------- */

static enum result list_orgs(struct request *req, const void *body)
{
    const struct admin_query *query = req->query;
    const struct page_query pages = { query->page, query->page_size };
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(&req->call, "admin.orgs");
    struct list list;
    int64_t total;

    (void)body;
    TRY(admin_org_list(&req->call, pattern_of(&req->call, query), page_of(&pages), page_size_of(&pages), &list, &total));
    return respond_page(req, admin_org_columns, list, sizeof(struct admin_org_row), page_of(&pages), page_size_of(&pages), total);
}

static enum result read_org(struct request *req, const void *body)
{
    struct admin_org_row row;

    (void)body;
    TRY(admin_org(&req->call, req->ids[0], &row));
    return respond(req, 200, admin_org_columns, &row);
}

static enum result delete_org(struct request *req, const void *body)
{
    struct admin_org_row row;

    (void)body;
    TRY(admin_org_delete(&req->call, req->ids[0], &row));
    return respond(req, 200, admin_org_columns, &row);
}

static enum result restore_org(struct request *req, const void *body)
{
    struct admin_org_row row;

    (void)body;
    TRY(admin_org_restore(&req->call, req->ids[0], &row));
    return respond(req, 200, admin_org_columns, &row);
}

/* --- module -------------------------------------------------------------------------------------------------------------- */

static const struct route admin_routes[] = {
    { GET, "/api/admin/users", list_users, .access = ACCESS_ADMIN, .query = QUERY(struct admin_query, user_query_fields), .view = user_row_view, .answer = ANSWER_PAGE,
      .light = true, .doc = "Everybody who has an account, newest first." },
    { GET, "/api/admin/users/:id", read_user, .access = ACCESS_ADMIN, .view = whole_user_view, .light = true, .doc = "One account, with its organizations." },
    { PATCH, "/api/admin/users/:id", change_user, .access = ACCESS_ADMIN, .recent = true, .body = BODY(struct admin_change, user_change_fields), .view = user_row_view,
      .doc = "Shut an account or open it again, make it an administrator or not; there is one at all times." },
    { DELETE, "/api/admin/users/:id", delete_user, .access = ACCESS_ADMIN, .recent = true, .answer = ANSWER_EMPTY, .doc = "Delete an account for good, as its person could." },
    { POST, "/api/admin/users/:id/sign-out", sign_out, .access = ACCESS_ADMIN, .answer = ANSWER_EMPTY, .doc = "End all sessions of an account, everywhere." },
    { GET, "/api/admin/orgs", list_orgs, .access = ACCESS_ADMIN, .query = QUERY(struct admin_query, org_query_fields), .view = admin_org_columns, .answer = ANSWER_PAGE,
      .light = true, .doc = "Every organization, newest first, with how much is in it." },
    { GET, "/api/admin/orgs/:id", read_org, .access = ACCESS_ADMIN, .view = admin_org_columns, .light = true, .doc = "One organization." },
    { DELETE, "/api/admin/orgs/:id", delete_org, .access = ACCESS_ADMIN, .recent = true, .view = admin_org_columns, .doc = "Delete an organization: for 30 days an administrator can restore it, its owners cannot." },
    { POST, "/api/admin/orgs/:id/restore", restore_org, .access = ACCESS_ADMIN, .view = admin_org_columns, .doc = "Restore a deleted organization, whoever deleted it." },
    { 0 },
};

static const struct sample samples[] = {
    { "/api/admin/users/:id", "GET /api/auth/me", NULL, "data.user.id" },
    { "/api/admin/orgs/:id", "GET /api/orgs", NULL, "data.0.id" },
    { 0 },
};

const struct module admin_module = { .name = "admin", .doc = "For whoever runs the installation.", .routes = admin_routes, .samples = samples, .queries = admin_queries };
