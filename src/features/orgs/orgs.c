#include "features/orgs/orgs.h"

#include "features/audit/audit.h"
#include "features/orgs/orgs_api.h"
#include "features/orgs/orgs_access.h"

const struct field org_brief_view[] = { UUID(struct org_brief, id), TEXT(struct org_brief, name), TEXT(struct org_brief, role), FIELDS_END };

struct org_brief org_brief_of(const struct org *org)
{
    return (struct org_brief){ org->id, org->name, org->role_name };
}

static struct org org_from(const struct org_row *row)
{
    struct held_role held = held_role(row->role, UUID_NONE, row->role_name, row->permissions);

    return (struct org){ .id = row->id, .name = row->name, .domain = row->domain, .role = held.role, .role_name = held.name, .permissions = held.permissions,
                         .created_at = row->created_at, .deleted_at = row->deleted_at };
}

enum result org_open(struct call *call, text name, text domain, uuid owner, struct org *ret_org)
{
    struct org org = { .id = uuid_new(), .name = name, .domain = domain, .role = ROLE_OWNER, .role_name = role_name(ROLE_OWNER),
                       .permissions = role_permissions(ROLE_OWNER), .created_at = call->now };
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

    TRY(orgs_by_user(call, user, false, &rows));
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

/* As sign-up names the first one. */
static enum result open_first(struct call *call, uuid user, struct org *ret_org)
{
    struct person_row person;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(person_read(call, user, &person));
    TRY(org_open(call, text_format(&call->arena, "%.*s’s organization", TEXT_ARG(person.name)), TEXT_NONE, user, ret_org));
    TRY(audit_note(call, "org.created", ret_org->name));
    return tx_commit(&tx);
}

enum result org_home(struct call *call, uuid user, struct org *ret_org)
{
    struct list orgs;

    TRY(orgs_of(call, user, &orgs));
    if (orgs.len == 0)
        return open_first(call, user, ret_org);
    *ret_org = *(const struct org *)orgs.items;
    call_enter(call, ret_org->id);
    return OK;
}

static const struct sample samples[] = {
    { "/api/orgs/:id", "GET /api/orgs", NULL, "data.0.id", .table = "organizations" },
    { "/api/orgs/:id/members/:user_id", "GET /api/orgs/:id/members", NULL, "data.0.user_id" },
    { "/api/orgs/:id/roles/:role_id", "POST /api/orgs/:id/roles", "{\"name\":\"{mark}\",\"permissions\":[\"usage.read\"]}", "data.id" },
    { "/api/orgs/:id/domains/:domain_id", "POST /api/orgs/:id/domains", "{\"domain\":\"{mark}.selftest.invalid\"}", "data.id", .table = "organization_domains" },
    { "/api/orgs/:id/invitations/:invitation_id", "POST /api/orgs/:id/invitations", "{\"email\":\"guest-{mark}@selftest.invalid\",\"role\":\"viewer\"}", "data.id" },
    { 0 },
};

static const struct chore *const chores[] = { &orgs_purge, &orgs_domains, NULL };
static const struct event *const events[] = { &membership_event, NULL };

const struct module orgs_module = { .name = "orgs", .doc = "Organizations, their members, roles and invitations.", .routes = orgs_routes, .samples = samples, .exports = orgs_exports,
                                    .queries = orgs_queries, .chores = chores, .events = events };
