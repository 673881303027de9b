#include "features/keys/keys_store.h"

#include "features/keys/keys.h"

static const struct field key_columns[] = {
    UUID(struct key_row, id), TEXT(struct key_row, name), TEXT(struct key_row, prefix), TEXTS(struct key_row, scopes), TIME(struct key_row, expires_at),
    TIME(struct key_row, created_at), TIME(struct key_row, last_used), BYTES(struct key_row, key_hash), INT(struct key_row, rate_limit),
    BYTES(struct key_row, previous_hash), TIME(struct key_row, previous_until), FIELDS_END,
};

#define KEY_COLUMNS "id, name, prefix, scopes, expires_at, created_at, last_used, key_hash, rate_limit, previous_hash, previous_until"

static const struct query insert = {
    .name = "key_insert",
    .sql = "INSERT INTO api_keys (organization_id, id, name, prefix, key_hash, scopes, created_by, expires_at, created_at, rate_limit) "
           "VALUES (:org, $1, $2, $3, $4, $5, coalesce($6, (SELECT m.created_by FROM api_keys m WHERE m.organization_id = :org AND m.id = $10)), $7, $8, $9)",
};

enum result key_insert(struct call *call, const struct key_row *row)
{
    return db_run(call, &insert, ARGS(db_uuid(row->id), db_text(row->name), db_text(row->prefix), db_bytes(row->key_hash), db_texts(call, row->scopes),
                                      db_uuid(call->user), db_time(row->expires_at), db_time(row->created_at), row->rate_limit ? db_int(row->rate_limit) : db_null(), db_uuid(call->key)));
}

static const struct query list = {
    .name = "key_list",
    .sql = "SELECT " KEY_COLUMNS " FROM api_keys WHERE organization_id = :org ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2",
    ROWS(struct key_row, key_columns),
};

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };
static const struct query count = {
    .name = "key_count", .sql = "SELECT count(*) AS total FROM api_keys WHERE organization_id = :org", ROWS(struct total, total_columns),
};

enum result keys_count(struct call *call, int64_t *ret_count)
{
    struct total total;

    TRY(db_one(call, &count, NO_ARGS, &total));
    *ret_count = total.total;
    return OK;
}

enum result key_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    TRY(keys_count(call, ret_total));
    return db_all(call, &list, ARGS(db_int(page_size), db_int((page - 1) * page_size)), ret_rows);
}

static const struct query read_one = {
    .name = "key_read", .sql = "SELECT " KEY_COLUMNS " FROM api_keys WHERE organization_id = :org AND id = $1", ROWS(struct key_row, key_columns),
};

enum result key_read(struct call *call, uuid id, struct key_row *ret_row)
{
    return db_one(call, &read_one, ARGS(db_uuid(id)), ret_row);
}

static const struct query update = {
    .name = "key_update",
    .sql = "UPDATE api_keys SET name = coalesce($2, name), scopes = coalesce($3, scopes), rate_limit = coalesce($4, rate_limit) WHERE organization_id = :org AND id = $1",
};

enum result key_update(struct call *call, uuid id, text name, const struct text_list *scopes, int64_t rate_limit)
{
    return db_run(call, &update, ARGS(db_uuid(id), db_text(name), scopes ? db_texts(call, *scopes) : db_null(), rate_limit ? db_int(rate_limit) : db_null()));
}

static const struct query rotate = {
    .name = "key_rotate",
    .sql = "UPDATE api_keys SET prefix = $2, key_hash = $3, previous_hash = $4, previous_until = $5 WHERE organization_id = :org AND id = $1",
};

enum result key_rotate(struct call *call, uuid id, text prefix, text key_hash, text former_hash, int64_t former_until)
{
    return db_run(call, &rotate, ARGS(db_uuid(id), db_text(prefix), db_bytes(key_hash), former_until ? db_bytes(former_hash) : db_null(), db_time(former_until)));
}

static const struct query delete_one = { .name = "key_delete", .sql = "DELETE FROM api_keys WHERE organization_id = :org AND id = $1" };

enum result key_delete(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &delete_one, ARGS(db_uuid(id)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query touch = { .name = "key_touch", .relaxed = true, .sql = "UPDATE api_keys SET last_used = $2 WHERE organization_id = :org AND id = $1" };

enum result key_touch(struct call *call, uuid id)
{
    return db_run(call, &touch, ARGS(db_uuid(id), db_time(call->now)));
}

static const struct field made_columns[] = {
    UUID(struct made_key, organization_id), UUID(struct made_key, id), TEXT(struct made_key, name), BYTES(struct made_key, key_hash), BYTES(struct made_key, previous_hash), FIELDS_END,
};
static const struct query made_by = {
    .name = "keys_made_by",
    .sql = "SELECT organization_id, id, name, key_hash, previous_hash FROM api_keys WHERE created_by = $1",
    ROWS(struct made_key, made_columns),
    .system = "a person may have made keys in several organizations",
};

enum result keys_made_by(struct call *call, uuid user, struct list *ret_keys)
{
    return db_all(call, &made_by, ARGS(db_uuid(user)), ret_keys);
}

static const struct field owner_columns[] = {
    UUID(struct key_owner, organization_id), UUID(struct key_owner, id), UUID(struct key_owner, made_by), TEXTS(struct key_owner, scopes), TIME(struct key_owner, expires_at),
    TIME(struct key_owner, last_used), INT(struct key_owner, rate_limit), BOOL(struct key_owner, is_previous), FIELDS_END,
};
/* A former key ends when its time is over, or before it with the key itself. A key acts in its maker's name: it sleeps while their
   account is not active. */
#define BY_HASH(end, is_previous, which)                                                                                                           \
    "SELECT k.organization_id, k.id, k.created_by AS made_by, k.scopes, " end " AS expires_at, k.last_used, k.rate_limit, " is_previous " AS is_previous FROM api_keys k "    \
    "JOIN organizations o ON o.id = k.organization_id AND o.deleted_at IS NULL LEFT JOIN users u ON u.id = k.created_by "                              \
    "WHERE coalesce(u.is_active, TRUE) AND " which

static const struct query by_hash = {
    .name = "key_by_hash",
    .sql = BY_HASH("k.expires_at", "FALSE", "k.key_hash = $1") " UNION ALL " BY_HASH("CASE WHEN k.expires_at < k.previous_until THEN k.expires_at ELSE k.previous_until END", "TRUE", "k.previous_hash = $1"),
    ROWS(struct key_owner, owner_columns),
    .system = "the key itself names the organization",
};

enum result key_by_hash(struct call *call, text hash, struct key_owner *ret_owner)
{
    return db_one(call, &by_hash, ARGS(db_bytes(hash)), ret_owner);
}

static const struct field good_columns[] = { UUID(struct key_owner, id), FIELDS_END };
static const struct query is_good = {
    .name = "key_is_good",
    .sql = "SELECT k.id FROM api_keys k JOIN organizations o ON o.id = :org AND o.deleted_at IS NULL LEFT JOIN users u ON u.id = k.created_by "
           "WHERE k.organization_id = :org AND k.id = $1 AND (k.expires_at > $2 OR k.expires_at IS NULL) AND coalesce(u.is_active, TRUE)",
    ROWS(struct key_owner, good_columns),
};

enum result key_is_good(struct call *call, uuid id)
{
    struct key_owner row;

    return db_one(call, &is_good, ARGS(db_uuid(id), db_time(call->now)), &row);
}

/* --- what is kept of a person ------------------------------------------------------------------------------------------------ */

struct key_export {
    uuid organization_id, id;
    text name, prefix;
    struct text_list scopes;
    int64_t created_at, last_used, expires_at;
};
static const struct field export_columns[] = {
    UUID(struct key_export, organization_id), UUID(struct key_export, id), TEXT(struct key_export, name), TEXT(struct key_export, prefix), TEXTS(struct key_export, scopes),
    TIME(struct key_export, created_at), TIME(struct key_export, last_used), TIME(struct key_export, expires_at), FIELDS_END,
};
static const struct query export_keys = {
    .name = "export_keys", .sql = "SELECT organization_id, id, name, prefix, scopes, created_at, last_used, expires_at FROM api_keys WHERE created_by = $1 ORDER BY created_at",
    ROWS(struct key_export, export_columns), .system = "a person asks for what is kept of them",
};
const struct export keys_exports[] = { { "keys", &export_keys, .covers = { "api_keys.created_by" }, .doc = "API keys that they made, without what opens." }, { NULL } };

const struct query *const keys_queries[] = { &insert, &list, &count, &read_one, &update, &rotate, &delete_one, &touch, &made_by, &by_hash, &is_good, &export_keys, NULL };
