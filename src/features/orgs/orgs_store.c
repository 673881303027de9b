#include "features/orgs/orgs_store.h"

#include "features/orgs/orgs_domains.h"

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };

static enum result at_least_one(int64_t changed)
{
    return changed ? OK : NOT_FOUND;
}

/* --- organizations ------------------------------------------------------------------------------------------------------- */

static const struct field org_columns[] = {
    UUID(struct org_row, id), TEXT(struct org_row, name), TEXT(struct org_row, domain), TEXT(struct org_row, role), TEXT(struct org_row, role_name),
    TEXTS(struct org_row, permissions), TIME(struct org_row, created_at), TIME(struct org_row, deleted_at), BOOL(struct org_row, deleted_by_admin), FIELDS_END,
};

#define ORG_COLUMNS "o.id, o.name, o.domain, m.role, r.name AS role_name, r.permissions, o.created_at, o.deleted_at, o.deleted_by_admin"

static const struct query insert = {
    .name = "org_insert", .sql = "INSERT INTO organizations (id, name, domain, created_at, updated_at) VALUES (:org, $1, $2, $3, $3)",
};

enum result org_insert(struct call *call, text name, text domain)
{
    return db_run(call, &insert, ARGS(db_text(name), db_text(domain), db_time(call->now)));
}

static const struct query read_one = {
    .name = "org_read",
    .sql = "SELECT " ORG_COLUMNS " FROM organizations o JOIN memberships m ON m.organization_id = :org AND m.user_id = $1 "
           "LEFT JOIN roles r ON r.organization_id = :org AND r.id = m.role_id WHERE o.id = :org",
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

static const struct query mark_deleted = {
    .name = "org_mark_deleted", .sql = "UPDATE organizations SET deleted_at = $1, updated_at = $1, deleted_by_admin = $2 WHERE id = :org AND deleted_at IS NULL",
};
static const struct query restore = {
    .name = "org_restore", .sql = "UPDATE organizations SET deleted_at = NULL, updated_at = $1, deleted_by_admin = $2 WHERE id = :org AND deleted_at IS NOT NULL",
};

enum result org_set_deleted(struct call *call, int64_t deleted_at, bool by_admin)
{
    int64_t changed;

    TRY(db_change(call, deleted_at ? &mark_deleted : &restore, ARGS(db_time(deleted_at ? deleted_at : call->now), db_bool(by_admin)), &changed));
    return at_least_one(changed);
}

static const struct query by_user = {
    .name = "orgs_by_user",
    .sql = "SELECT " ORG_COLUMNS " FROM memberships m JOIN organizations o ON o.id = m.organization_id "
           "LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id "
           "WHERE m.user_id = $1 AND (o.deleted_at IS NULL OR (CASE WHEN $2 THEN m.role ELSE '' END) = 'owner') ORDER BY m.created_at, o.id LIMIT 200",
    ROWS(struct org_row, org_columns),
    .system = "a person's own organizations",
};

enum result orgs_by_user(struct call *call, uuid user, bool deleted, struct list *ret_rows)
{
    return db_all(call, &by_user, ARGS(db_uuid(user), db_bool(deleted)), ret_rows);
}

static const struct field person_columns[] = { UUID(struct person_row, id), TEXT(struct person_row, name), TEXT(struct person_row, email), FIELDS_END };
static const struct field named_columns[] = { UUID(struct person_row, id), TEXT(struct person_row, name), FIELDS_END };

static const struct query deleted_ones = {
    .name = "orgs_deleted", .sql = "SELECT id, name FROM organizations WHERE deleted_at < $1 ORDER BY deleted_at LIMIT 20",
    ROWS(struct person_row, named_columns), .system = "removes organizations that were deleted a while ago",
};

enum result orgs_deleted(struct call *call, int64_t before, struct list *ret_rows)
{
    return db_all(call, &deleted_ones, ARGS(db_time(before)), ret_rows);
}

static const struct field left_columns[] = {
    UUID(struct left_row, id), TEXT(struct left_row, name), TEXT(struct left_row, role), INT(struct left_row, members), INT(struct left_row, owners), FIELDS_END,
};
static const struct query left_by = {
    .name = "orgs_left_by",
    .sql = "SELECT o.id, o.name, m.role, (SELECT count(*) FROM memberships a WHERE a.organization_id = o.id AND a.user_id <> $1) AS members, "
           "(SELECT count(*) FROM memberships b JOIN users u ON u.id = b.user_id AND u.is_active WHERE b.organization_id = o.id AND b.user_id <> $1 AND b.role = 'owner') AS owners "
           "FROM memberships m JOIN organizations o ON o.id = m.organization_id WHERE m.user_id = $1 AND o.deleted_at IS NULL ORDER BY m.created_at, o.id LIMIT 10000",
    ROWS(struct left_row, left_columns),
    .system = "what becomes of a person's organizations when they go",
};

enum result orgs_left_by(struct call *call, uuid user, struct list *ret_rows)
{
    return db_all(call, &left_by, ARGS(db_uuid(user)), ret_rows);
}

static const struct query remove_one = {
    .name = "org_remove", .sql = "DELETE FROM organizations WHERE id = $1 AND deleted_at < $2", .system = "removes organizations that were deleted a while ago",
};

enum result org_remove(struct call *call, uuid id, int64_t before)
{
    int64_t changed;

    TRY(db_change(call, &remove_one, ARGS(db_uuid(id), db_time(before)), &changed));
    return at_least_one(changed);
}

/* --- members ------------------------------------------------------------------------------------------------------------- */

static const struct field member_columns[] = {
    UUID(struct member_row, user_id), TEXT(struct member_row, name), TEXT(struct member_row, email), TEXT(struct member_row, role), UUID(struct member_row, role_id),
    TEXT(struct member_row, role_name), TEXTS(struct member_row, permissions), TIME(struct member_row, created_at), FIELDS_END,
};

#define MEMBERS                                                                                                                               \
    "SELECT m.user_id, u.name, u.email, m.role, m.role_id, r.name AS role_name, r.permissions, m.created_at FROM memberships m "              \
    "JOIN users u ON u.id = m.user_id LEFT JOIN roles r ON r.organization_id = :org AND r.id = m.role_id WHERE m.organization_id = :org "

static const struct query add_member = {
    .name = "membership_insert", .sql = "INSERT INTO memberships (organization_id, user_id, role, role_id, created_at) VALUES (:org, $1, $2, $3, $4)",
};

enum result membership_insert_as(struct call *call, uuid user, text role, uuid role_id)
{
    return db_run(call, &add_member, ARGS(db_uuid(user), db_text(role), db_uuid(role_id), db_time(call->now)));
}

enum result membership_insert(struct call *call, uuid user, enum role role)
{
    return membership_insert_as(call, user, role_name(role), UUID_NONE);
}

static const struct query one_member = { .name = "member_read", .sql = MEMBERS "AND m.user_id = $1", ROWS(struct member_row, member_columns) };

enum result member_read(struct call *call, uuid user, struct member_row *ret_row)
{
    return db_one(call, &one_member, ARGS(db_uuid(user)), ret_row);
}

static const struct query by_email = { .name = "member_by_email", .sql = MEMBERS "AND u.email = $1", ROWS(struct member_row, member_columns) };

enum result member_by_email(struct call *call, text email, struct member_row *ret_row)
{
    return db_one(call, &by_email, ARGS(db_text(email)), ret_row);
}

static const struct query set_role = {
    .name = "member_set_role", .sql = "UPDATE memberships SET role = $2, role_id = $3 WHERE organization_id = :org AND user_id = $1",
};

enum result member_set_role(struct call *call, uuid user, text role, uuid role_id)
{
    return db_run(call, &set_role, ARGS(db_uuid(user), db_text(role), db_uuid(role_id)));
}

static const struct query delete_member = { .name = "member_delete", .sql = "DELETE FROM memberships WHERE organization_id = :org AND user_id = $1" };

enum result member_delete(struct call *call, uuid user)
{
    int64_t changed;

    TRY(db_change(call, &delete_member, ARGS(db_uuid(user)), &changed));
    return at_least_one(changed);
}

#define MATCHING "AND (lower(u.name) LIKE $1 ESCAPE '!' OR lower(CAST(u.email AS text)) LIKE $1 ESCAPE '!' OR $1 IS NULL) "

static const struct query members = {
    .name = "member_list", .sql = MEMBERS MATCHING "ORDER BY m.created_at, m.user_id LIMIT $2 OFFSET $3", ROWS(struct member_row, member_columns),
};
static const struct query count_members = {
    .name = "member_count", .sql = "SELECT count(*) AS total FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = :org " MATCHING,
    ROWS(struct total, total_columns),
};

enum result member_list(struct call *call, text pattern, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    struct total total;

    TRY(db_one(call, &count_members, ARGS(db_text(pattern)), &total));
    TRY(db_all(call, &members, ARGS(db_text(pattern), db_int(page_size), db_int((page - 1) * page_size)), ret_rows));
    *ret_total = total.total;
    return OK;
}

static const struct query count_owners = {
    .name = "owners_besides",
    .sql = "SELECT count(*) AS total FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active WHERE m.organization_id = :org AND m.role = 'owner' "
           "AND m.user_id <> $1",
    ROWS(struct total, total_columns),
};

enum result owners_besides(struct call *call, uuid user, int64_t *ret_count)
{
    struct total total;

    TRY(db_one(call, &count_owners, ARGS(db_uuid(user)), &total));
    *ret_count = total.total;
    return OK;
}

static const struct query person = {
    .name = "person_read", .sql = "SELECT id, name, email FROM users WHERE id = $1", ROWS(struct person_row, person_columns),
};

enum result person_read(struct call *call, uuid id, struct person_row *ret_row)
{
    return db_one(call, &person, ARGS(db_uuid(id)), ret_row);
}

static const struct query people = {
    .name = "people_of",
    .sql = "SELECT u.id, u.name, u.email FROM memberships m JOIN users u ON u.id = m.user_id AND u.is_active WHERE m.organization_id = :org ORDER BY m.created_at LIMIT 1000",
    ROWS(struct person_row, person_columns),
};

enum result people_of(struct call *call, struct list *ret_rows)
{
    return db_all(call, &people, NO_ARGS, ret_rows);
}

static const struct query end_of = {
    .name = "sessions_end_of", .sql = "DELETE FROM sessions WHERE current_organization = :org AND user_id = $1 AND (id <> $2 OR $2 IS NULL)",
};

enum result sessions_end_of(struct call *call, uuid user, uuid keep)
{
    return db_run(call, &end_of, ARGS(db_uuid(user), db_uuid(keep)));
}

static const struct query end_all = { .name = "sessions_end_all", .sql = "DELETE FROM sessions WHERE current_organization = :org" };

enum result sessions_end_all(struct call *call)
{
    return db_run(call, &end_all, NO_ARGS);
}

static const struct query move = { .name = "session_move_to", .sql = "UPDATE sessions SET current_organization = $2 WHERE id = $1" };

enum result session_move_to(struct call *call, uuid session, uuid organization)
{
    return db_run(call, &move, ARGS(db_uuid(session), db_uuid(organization)));
}

/* --- roles --------------------------------------------------------------------------------------------------------------- */

static const struct field role_columns[] = {
    UUID(struct role_row, id), TEXT(struct role_row, name), TEXT(struct role_row, description), TEXTS(struct role_row, permissions),
    TIME(struct role_row, created_at), TIME(struct role_row, updated_at), INT(struct role_row, member_count), INT(struct role_row, invitation_count), FIELDS_END,
};

#define ROLES                                                                                                                             \
    "SELECT r.id, r.name, r.description, r.permissions, r.created_at, r.updated_at, "                                                     \
    "(SELECT count(*) FROM memberships m WHERE m.organization_id = :org AND m.role_id = r.id) AS member_count, "                          \
    "(SELECT count(*) FROM invitations i WHERE i.organization_id = :org AND i.role_id = r.id AND i.accepted_at IS NULL) AS invitation_count " \
    "FROM roles r WHERE r.organization_id = :org "

static const struct query insert_role = {
    .name = "role_insert",
    .sql = "INSERT INTO roles (organization_id, id, name, description, permissions, created_at, updated_at) VALUES (:org, $1, $2, $3, $4, $5, $5)",
};

enum result role_insert(struct call *call, const struct role_row *row)
{
    return db_run(call, &insert_role, ARGS(db_uuid(row->id), db_text(row->name), db_text(row->description.ptr ? row->description : T("")),
                                           db_texts(call, row->permissions), db_time(row->created_at)));
}

static const struct query one_role = { .name = "role_read", .sql = ROLES "AND r.id = $1", ROWS(struct role_row, role_columns) };

enum result role_read(struct call *call, uuid id, struct role_row *ret_row)
{
    return db_one(call, &one_role, ARGS(db_uuid(id)), ret_row);
}

static const struct query named_role = { .name = "role_by_name", .sql = ROLES "AND r.name = $1", ROWS(struct role_row, role_columns) };

enum result role_by_name(struct call *call, text name, struct role_row *ret_row)
{
    return db_one(call, &named_role, ARGS(db_text(name)), ret_row);
}

static const struct query roles = { .name = "role_list", .sql = ROLES "ORDER BY r.created_at, r.id LIMIT 200", ROWS(struct role_row, role_columns) };

enum result role_list(struct call *call, struct list *ret_rows)
{
    return db_all(call, &roles, NO_ARGS, ret_rows);
}

static const struct query update_role = {
    .name = "role_update",
    .sql = "UPDATE roles SET name = coalesce($2, name), description = coalesce($3, description), permissions = coalesce($4, permissions), updated_at = $5 "
           "WHERE organization_id = :org AND id = $1",
};

enum result role_update(struct call *call, uuid id, text name, text description, const struct text_list *permissions)
{
    return db_run(call, &update_role, ARGS(db_uuid(id), db_text(name), db_text(description), permissions ? db_texts(call, *permissions) : db_null(), db_time(call->now)));
}

static const struct query forget_accepted = {
    .name = "invitation_forget_role", .sql = "DELETE FROM invitations WHERE organization_id = :org AND role_id = $1 AND accepted_at IS NOT NULL",
};
static const struct query delete_role = { .name = "role_delete", .sql = "DELETE FROM roles WHERE organization_id = :org AND id = $1" };

enum result role_delete(struct call *call, uuid id)
{
    TRY(db_run(call, &forget_accepted, ARGS(db_uuid(id))));
    return db_run(call, &delete_role, ARGS(db_uuid(id)));
}

static const struct field holders_columns[] = { TEXT(struct role_row, name), INT(struct role_row, member_count), FIELDS_END };
static const struct query holders = {
    .name = "role_holders", .sql = "SELECT role AS name, count(*) AS member_count FROM memberships WHERE organization_id = :org GROUP BY role",
    ROWS(struct role_row, holders_columns),
};

enum result role_holders(struct call *call, struct list *ret_rows)
{
    return db_all(call, &holders, NO_ARGS, ret_rows);
}

/* --- invitations --------------------------------------------------------------------------------------------------------- */

static const struct field invitation_columns[] = {
    UUID(struct invitation_row, id), TEXT(struct invitation_row, email), TEXT(struct invitation_row, role), UUID(struct invitation_row, role_id),
    TEXT(struct invitation_row, role_name), TEXTS(struct invitation_row, permissions), UUID(struct invitation_row, invited_by), TEXT(struct invitation_row, inviter),
    TIME(struct invitation_row, created_at), TIME(struct invitation_row, sent_at), TIME(struct invitation_row, expires_at), FIELDS_END,
};

#define INVITATIONS                                                                                                                        \
    "SELECT i.id, i.email, i.role, i.role_id, r.name AS role_name, r.permissions, i.invited_by, u.name AS inviter, i.created_at, i.sent_at, " \
    "i.expires_at FROM invitations i LEFT JOIN users u ON u.id = i.invited_by LEFT JOIN roles r ON r.organization_id = :org AND r.id = i.role_id " \
    "WHERE i.organization_id = :org AND i.accepted_at IS NULL "

static const struct query insert_invitation = {
    .name = "invitation_insert",
    .sql = "INSERT INTO invitations (organization_id, id, email, role, role_id, token_hash, invited_by, created_at, sent_at, expires_at) "
           "VALUES (:org, $1, $2, $3, $4, $5, $6, $7, $7, $8)",
};

enum result invitation_insert(struct call *call, const struct invitation_row *row, text token_hash)
{
    return db_run(call, &insert_invitation, ARGS(db_uuid(row->id), db_text(row->email), db_text(row->role), db_uuid(row->role_id), db_bytes(token_hash),
                                                 db_uuid(row->invited_by), db_time(row->created_at), db_time(row->expires_at)));
}

static const struct query one_invitation = { .name = "invitation_read", .sql = INVITATIONS "AND i.id = $1", ROWS(struct invitation_row, invitation_columns) };

enum result invitation_read(struct call *call, uuid id, struct invitation_row *ret_row)
{
    return db_one(call, &one_invitation, ARGS(db_uuid(id)), ret_row);
}

static const struct query count_open = {
    .name = "invitation_count", .sql = "SELECT count(*) AS total FROM invitations WHERE organization_id = :org AND accepted_at IS NULL", ROWS(struct total, total_columns),
};

enum result invitations_open_count(struct call *call, int64_t *ret_count)
{
    struct total total;

    TRY(db_one(call, &count_open, NO_ARGS, &total));
    *ret_count = total.total;
    return OK;
}

static const struct query invitations = {
    .name = "invitation_list", .sql = INVITATIONS "ORDER BY i.created_at DESC, i.id DESC LIMIT $1 OFFSET $2", ROWS(struct invitation_row, invitation_columns),
};

enum result invitation_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    TRY(invitations_open_count(call, ret_total));
    return db_all(call, &invitations, ARGS(db_int(page_size), db_int((page - 1) * page_size)), ret_rows);
}

static const struct query renew = {
    .name = "invitation_renew",
    .sql = "UPDATE invitations SET token_hash = $2, invited_by = $3, sent_at = $4, expires_at = $5 WHERE organization_id = :org AND id = $1 AND accepted_at IS NULL",
};

enum result invitation_renew(struct call *call, uuid id, text token_hash, int64_t expires_at)
{
    int64_t changed;

    TRY(db_change(call, &renew, ARGS(db_uuid(id), db_bytes(token_hash), db_uuid(call->user), db_time(call->now), db_time(expires_at)), &changed));
    return at_least_one(changed);
}

static const struct query withdraw = {
    .name = "invitation_delete", .sql = "DELETE FROM invitations WHERE organization_id = :org AND id = $1 AND accepted_at IS NULL",
};

enum result invitation_delete(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &withdraw, ARGS(db_uuid(id)), &changed));
    return at_least_one(changed);
}

static const struct query forget_expired = {
    .name = "invitation_delete_expired",
    .sql = "DELETE FROM invitations WHERE organization_id = :org AND email = $1 AND accepted_at IS NULL AND expires_at <= $2",
};

enum result invitation_delete_expired(struct call *call, text email)
{
    return db_run(call, &forget_expired, ARGS(db_text(email), db_time(call->now)));
}

static const struct query withdraw_of = {
    .name = "invitations_withdraw_of", .sql = "DELETE FROM invitations WHERE invited_by = $1 AND accepted_at IS NULL",
    .system = "a person may have invited others to several organizations",
};

enum result invitations_delete_of(struct call *call, uuid user)
{
    return db_run(call, &withdraw_of, ARGS(db_uuid(user)));
}

static const struct query use = {
    .name = "invitation_use",
    .sql = "UPDATE invitations SET accepted_at = $2 WHERE organization_id = :org AND id = $1 AND accepted_at IS NULL AND expires_at > $2",
};

enum result invitation_use(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &use, ARGS(db_uuid(id), db_time(call->now)), &changed));
    return at_least_one(changed);
}

static const struct field found_columns[] = {
    UUID(struct found_invitation, organization_id), UUID(struct found_invitation, id), TEXT(struct found_invitation, organization), TEXT(struct found_invitation, email),
    TEXT(struct found_invitation, role), TEXT(struct found_invitation, role_name), TEXT(struct found_invitation, inviter), UUID(struct found_invitation, invited_by),
    TIME(struct found_invitation, expires_at), FIELDS_END,
};
static const struct query by_token = {
    .name = "invitation_by_token",
    .sql = "SELECT i.organization_id, i.id, o.name AS organization, i.email, i.role, r.name AS role_name, u.name AS inviter, i.invited_by, i.expires_at "
           "FROM invitations i JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL LEFT JOIN users u ON u.id = i.invited_by "
           "LEFT JOIN roles r ON r.organization_id = i.organization_id AND r.id = i.role_id WHERE i.token_hash = $1 AND i.accepted_at IS NULL",
    ROWS(struct found_invitation, found_columns),
    .system = "the token itself names the organization",
};

enum result invitation_by_token(struct call *call, text token_hash, struct found_invitation *ret_row)
{
    return db_one(call, &by_token, ARGS(db_bytes(token_hash)), ret_row);
}

/* --- what is kept of a person ---------------------------------------------------------------------------------------------- */

#define OWN "a person asks for what is kept of them"

struct place_export {
    uuid organization_id;
    text organization, email, role;
    int64_t at;
};
static const struct field membership_export[] = {
    UUID(struct place_export, organization_id), TEXT(struct place_export, organization), TEXT(struct place_export, role), TIME(struct place_export, at), FIELDS_END,
};
static const struct field removal_export[] = { UUID(struct place_export, organization_id), TEXT(struct place_export, organization), TIME(struct place_export, at), FIELDS_END };
static const struct field invitation_export[] = {
    UUID(struct place_export, organization_id), TEXT(struct place_export, organization), TEXT(struct place_export, email), TEXT(struct place_export, role),
    TIME(struct place_export, at), FIELDS_END,
};

static const struct query export_memberships = {
    .name = "export_memberships",
    .sql = "SELECT o.id AS organization_id, o.name AS organization, coalesce(CAST(r.name AS text), m.role) AS role, m.created_at AS at FROM memberships m "
           "JOIN organizations o ON o.id = m.organization_id LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id "
           "WHERE m.user_id = $1 ORDER BY m.created_at",
    ROWS(struct place_export, membership_export), .system = OWN,
};
static const struct query export_removals = {
    .name = "export_removals",
    .sql = "SELECT o.id AS organization_id, o.name AS organization, x.removed_at AS at FROM membership_removals x JOIN organizations o ON o.id = x.organization_id "
           "WHERE x.user_id = $1 ORDER BY x.removed_at",
    ROWS(struct place_export, removal_export), .system = OWN,
};

#define EXPORT_INVITATIONS(which)                                                                                                                       \
    "SELECT o.id AS organization_id, o.name AS organization, i.email, coalesce(CAST(r.name AS text), i.role) AS role, i.created_at AS at FROM invitations i " \
    "JOIN organizations o ON o.id = i.organization_id LEFT JOIN roles r ON r.organization_id = i.organization_id AND r.id = i.role_id "                 \
    "WHERE i." which " = $1 ORDER BY i.created_at"
static const struct query export_invitations = {
    .name = "export_invitations", .sql = EXPORT_INVITATIONS("email"), ROWS(struct place_export, invitation_export), .system = OWN,
};
static const struct query export_invited = {
    .name = "export_invited", .sql = EXPORT_INVITATIONS("invited_by"), ROWS(struct place_export, invitation_export), .system = OWN,
};

const struct export orgs_exports[] = {
    { "memberships", &export_memberships, .covers = { "memberships.user_id" }, .doc = "Organizations they belong to." },
    { "removals", &export_removals, .covers = { "membership_removals.user_id" }, .doc = "Organizations they were removed from." },
    { "invitations", &export_invitations, EXPORT_BY_EMAIL, .doc = "Invitations that were sent to their address." },
    { "invited", &export_invited, .covers = { "invitations.invited_by" }, .doc = "Invitations that they sent." },
    { NULL },
};

const struct query *const orgs_queries[] = {
    &insert, &read_one, &update, &mark_deleted, &restore, &by_user, &left_by, &deleted_ones, &remove_one, &add_member, &one_member, &by_email, &set_role, &delete_member,
    &members, &count_members, &count_owners, &person, &people, &end_of, &end_all, &move, &insert_role, &one_role, &named_role, &roles, &update_role, &forget_accepted,
    &delete_role, &holders, &insert_invitation, &one_invitation, &count_open, &invitations, &renew, &withdraw, &withdraw_of, &forget_expired, &use, &by_token, &export_memberships, &export_removals, &export_invitations,
    &export_invited, DOMAIN_QUERIES, NULL,
};
