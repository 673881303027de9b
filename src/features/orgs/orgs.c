#include "features/orgs/orgs.h"

#include "features/audit/audit.h"
#include "features/orgs/orgs_api.h"
#include "features/orgs/orgs_store.h"

const struct field org_brief_view[] = { UUID(struct org_brief, id), TEXT(struct org_brief, name), TEXT(struct org_brief, role, .one_of = role_names), FIELDS_END };

struct org_brief org_brief_of(const struct org *org)
{
    return (struct org_brief){ org->id, org->name, role_name(org->role) };
}

static struct org org_from(const struct org_row *row)
{
    struct org org = { .id = row->id, .name = row->name, .domain = row->domain, .created_at = row->created_at };

    if (!role_of(row->role, &org.role))
        org.role = ROLE_NONE;
    return org;
}

enum result org_open(struct call *call, text name, text domain, uuid owner, struct org *ret_org)
{
    struct org org = { .id = uuid_new(), .name = name, .domain = domain, .role = ROLE_OWNER, .created_at = call->now };
    enum result inserted;

    call_enter(call, org.id);
    inserted = org_insert(call, name, domain);
    if (inserted == CONFLICT) {
        fail_field(call, "domain", "is taken");
        return CONFLICT;
    }
    TRY(inserted);
    TRY(membership_insert(call, owner, ROLE_OWNER));
    *ret_org = org;
    return OK;
}

enum result orgs_of(struct call *call, uuid user, struct list *ret_orgs)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "orgs.of_user");
    struct list rows;
    struct org *orgs;

    TRY(orgs_by_user(call, user, &rows));
    orgs = arena_array(&call->arena, rows.len, sizeof *orgs);
    for (size_t i = 0; i < rows.len; i++)
        orgs[i] = org_from((struct org_row *)rows.items + i);
    *ret_orgs = (struct list){ orgs, rows.len };
    return OK;
}

enum result org_membership(struct call *call, uuid id, uuid user, struct org *ret_org)
{
    struct list orgs;

    TRY(orgs_of(call, user, &orgs));
    for (size_t i = 0; i < orgs.len; i++) {
        const struct org *org = (const struct org *)orgs.items + i;

        if (uuid_equal(org->id, id)) {
            *ret_org = *org;
            return OK;
        }
    }
    return NOT_FOUND;
}

static const struct sample samples[] = {
    { "/api/orgs/:id", "GET /api/orgs", NULL, "data.0.id", .table = "organizations" },
    { 0 },
};

const struct module orgs_module = { .name = "orgs", .doc = "Organizations and their members.", .routes = orgs_routes, .samples = samples, .queries = orgs_queries };
