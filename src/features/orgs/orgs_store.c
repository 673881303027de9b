#include "features/orgs/orgs_store.h"

static const struct field org_columns[] = {
    UUID(struct org_row, id), TEXT(struct org_row, name), TEXT(struct org_row, domain), TEXT(struct org_row, role), TIME(struct org_row, created_at), FIELDS_END,
};

static const struct query insert = {
    .name = "org_insert", .sql = "INSERT INTO organizations (id, name, domain, created_at, updated_at) VALUES (:org, $1, $2, $3, $3)",
};

enum result org_insert(struct call *call, text name, text domain)
{
    return db_run(call, &insert, ARGS(db_text(name), db_text(domain), db_time(call->now)));
}

static const struct query add_member = {
    .name = "membership_insert", .sql = "INSERT INTO memberships (organization_id, user_id, role, created_at) VALUES (:org, $1, $2, $3)",
};

enum result membership_insert(struct call *call, uuid user, enum role role)
{
    return db_run(call, &add_member, ARGS(db_uuid(user), db_text(role_name(role)), db_time(call->now)));
}

static const struct query read_one = {
    .name = "org_read",
    .sql = "SELECT o.id, o.name, o.domain, m.role, o.created_at FROM organizations o "
           "JOIN memberships m ON m.organization_id = :org AND m.user_id = $1 WHERE o.id = :org",
    ROWS(struct org_row, org_columns),
};

enum result org_read(struct call *call, struct org_row *ret_row)
{
    return db_one(call, &read_one, ARGS(db_uuid(call->user)), ret_row);
}

static const struct query update = {
    .name = "org_update",
    .sql = "UPDATE organizations SET name = coalesce($1, name), domain = CASE WHEN $3 THEN $2 ELSE domain END, updated_at = $4 WHERE id = :org",
};

enum result org_update(struct call *call, text name, text domain, bool set_domain)
{
    return db_run(call, &update, ARGS(db_text(name), db_text(domain), db_bool(set_domain), db_time(call->now)));
}

static const struct query by_user = {
    .name = "orgs_by_user",
    .sql = "SELECT o.id, o.name, o.domain, m.role, o.created_at FROM memberships m JOIN organizations o ON o.id = m.organization_id "
           "WHERE m.user_id = $1 ORDER BY m.created_at LIMIT 200",
    ROWS(struct org_row, org_columns),
    .system = "a person's own organizations",
};

enum result orgs_by_user(struct call *call, uuid user, struct list *ret_rows)
{
    return db_all(call, &by_user, ARGS(db_uuid(user)), ret_rows);
}

const struct query *const orgs_queries[] = { &insert, &add_member, &read_one, &update, &by_user, NULL };
