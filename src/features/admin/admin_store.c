#include "features/admin/admin_store.h"

#define WHY "whoever runs the installation sees all of it"

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };

/* --- people -------------------------------------------------------------------------------------------------------------- */

static const struct field user_columns[] = {
    UUID(struct admin_user_row, id), TEXT(struct admin_user_row, name), TEXT(struct admin_user_row, email), BOOL(struct admin_user_row, email_verified),
    BOOL(struct admin_user_row, is_active), BOOL(struct admin_user_row, is_admin), INT(struct admin_user_row, organization_count),
    INT(struct admin_user_row, session_count), TIME(struct admin_user_row, created_at), TIME(struct admin_user_row, last_login), FIELDS_END,
};

#define USERS                                                                                                                            \
    "SELECT u.id, u.name, u.email, u.email_verified, u.is_active, u.is_admin, "                                                          \
    "(SELECT count(*) FROM memberships m WHERE m.user_id = u.id) AS organization_count, "                                                \
    "(SELECT count(*) FROM sessions s WHERE s.user_id = u.id) AS session_count, u.created_at, u.last_login FROM users u "
#define MATCHING "WHERE (lower(u.name) LIKE $1 ESCAPE '!' OR lower(CAST(u.email AS text)) LIKE $1 ESCAPE '!' OR $1 IS NULL) "

static const struct query users = {
    .name = "admin_user_list", .sql = USERS MATCHING "ORDER BY u.id DESC LIMIT $2 OFFSET $3", ROWS(struct admin_user_row, user_columns), .system = WHY,
};
static const struct query count_users = {
    .name = "admin_user_count", .sql = "SELECT count(*) AS total FROM users u " MATCHING, ROWS(struct total, total_columns),
};

enum result admin_user_list(struct call *call, text pattern, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    struct total total;

    TRY(db_one(call, &count_users, ARGS(db_text(pattern)), &total));
    TRY(db_all(call, &users, ARGS(db_text(pattern), db_int(page_size), db_int((page - 1) * page_size)), ret_rows));
    *ret_total = total.total;
    return OK;
}

static const struct query one_user = { .name = "admin_user_read", .sql = USERS "WHERE u.id = $1", ROWS(struct admin_user_row, user_columns), .system = WHY };

enum result admin_user_read(struct call *call, uuid id, struct admin_user_row *ret_row)
{
    return db_one(call, &one_user, ARGS(db_uuid(id)), ret_row);
}

static const struct query by_email = { .name = "admin_user_by_email", .sql = USERS "WHERE u.email = $1", ROWS(struct admin_user_row, user_columns), .system = WHY };

enum result admin_user_by_email(struct call *call, text email, struct admin_user_row *ret_row)
{
    return db_one(call, &by_email, ARGS(db_text(email)), ret_row);
}

static const struct field place_columns[] = { UUID(struct admin_place_row, id), TEXT(struct admin_place_row, name), TEXT(struct admin_place_row, role), FIELDS_END };
static const struct query places = {
    .name = "admin_places_of",
    .sql = "SELECT o.id, o.name, coalesce(CAST(r.name AS text), m.role) AS role FROM memberships m JOIN organizations o ON o.id = m.organization_id "
           "LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id WHERE m.user_id = $1 ORDER BY m.created_at, o.id LIMIT 200",
    ROWS(struct admin_place_row, place_columns),
    .system = WHY,
};

enum result admin_places_of(struct call *call, uuid user, struct list *ret_rows)
{
    return db_all(call, &places, ARGS(db_uuid(user)), ret_rows);
}

/* --- organizations ------------------------------------------------------------------------------------------------------- */

const struct field admin_org_columns[] = {
    UUID(struct admin_org_row, id), TEXT(struct admin_org_row, name), TEXT(struct admin_org_row, domain, .nullable = true), INT(struct admin_org_row, member_count),
    INT(struct admin_org_row, key_count), INT(struct admin_org_row, document_count), INT(struct admin_org_row, conversation_count),
    TIME(struct admin_org_row, created_at), TIME(struct admin_org_row, deleted_at, .nullable = true, .doc = "Set for 30 days, in which it can be restored."),
    BOOL(struct admin_org_row, deleted_by_admin, .doc = "Then its owners cannot restore it."), FIELDS_END,
};

#define ORGS                                                                                                                             \
    "SELECT o.id, o.name, o.domain, (SELECT count(*) FROM memberships m WHERE m.organization_id = o.id) AS member_count, "               \
    "(SELECT count(*) FROM api_keys k WHERE k.organization_id = o.id) AS key_count, "                                                    \
    "(SELECT count(*) FROM documents d WHERE d.organization_id = o.id AND d.deleted_at IS NULL) AS document_count, "                     \
    "(SELECT count(*) FROM conversations c WHERE c.organization_id = o.id) AS conversation_count, o.created_at, o.deleted_at, "          \
    "o.deleted_by_admin FROM organizations o "
#define NAMED "WHERE (lower(o.name) LIKE $1 ESCAPE '!' OR lower(CAST(o.domain AS text)) LIKE $1 ESCAPE '!' OR $1 IS NULL) "

static const struct query orgs = {
    .name = "admin_org_list", .sql = ORGS NAMED "ORDER BY o.id DESC LIMIT $2 OFFSET $3", ROWS(struct admin_org_row, admin_org_columns), .system = WHY,
};
static const struct query count_orgs = {
    .name = "admin_org_count", .sql = "SELECT count(*) AS total FROM organizations o " NAMED, ROWS(struct total, total_columns), .system = WHY,
};

enum result admin_org_list(struct call *call, text pattern, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    struct total total;

    TRY(db_one(call, &count_orgs, ARGS(db_text(pattern)), &total));
    TRY(db_all(call, &orgs, ARGS(db_text(pattern), db_int(page_size), db_int((page - 1) * page_size)), ret_rows));
    *ret_total = total.total;
    return OK;
}

static const struct query one_org = { .name = "admin_org_read", .sql = ORGS "WHERE o.id = $1", ROWS(struct admin_org_row, admin_org_columns), .system = WHY };

enum result admin_org_read(struct call *call, uuid id, struct admin_org_row *ret_row)
{
    return db_one(call, &one_org, ARGS(db_uuid(id)), ret_row);
}

/* --- keys ---------------------------------------------------------------------------------------------------------------- */

static const struct field key_columns[] = {
    UUID(struct admin_key_row, organization_id), UUID(struct admin_key_row, id), TEXT(struct admin_key_row, organization), TEXT(struct admin_key_row, name),
    TEXT(struct admin_key_row, prefix), TEXT(struct admin_key_row, maker), TIME(struct admin_key_row, created_at), TIME(struct admin_key_row, last_used),
    TIME(struct admin_key_row, expires_at), FIELDS_END,
};
static const struct query keys = {
    .name = "admin_key_list",
    .sql = "SELECT k.organization_id, k.id, o.name AS organization, k.name, k.prefix, u.email AS maker, k.created_at, k.last_used, k.expires_at FROM api_keys k "
           "JOIN organizations o ON o.id = k.organization_id LEFT JOIN users u ON u.id = k.created_by ORDER BY k.id DESC LIMIT $1",
    ROWS(struct admin_key_row, key_columns),
    .system = WHY,
};

enum result admin_key_list(struct call *call, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &keys, ARGS(db_int(limit)), ret_rows);
}

static const struct field owner_columns[] = { UUID(struct admin_key_row, organization_id), FIELDS_END };
static const struct query key_owner = {
    .name = "admin_key_owner", .sql = "SELECT organization_id FROM api_keys WHERE id = $1", ROWS(struct admin_key_row, owner_columns), .system = WHY,
};

enum result admin_key_owner(struct call *call, uuid id, uuid *ret_organization)
{
    struct admin_key_row row;

    TRY(db_one(call, &key_owner, ARGS(db_uuid(id)), &row));
    *ret_organization = row.organization_id;
    return OK;
}

const struct query *const admin_queries[] = { &users, &count_users, &one_user, &by_email, &places, &orgs, &count_orgs, &one_org, &keys, &key_owner, NULL };
