#include "features/providers/providers_store.h"

static const struct field provider_columns[] = {
    UUID(struct provider_row, id), TEXT(struct provider_row, provider), TEXT(struct provider_row, name), TEXT(struct provider_row, base_url),
    BYTES(struct provider_row, sealed_key, .secret = true), TEXT(struct provider_row, key_hint), BOOL(struct provider_row, is_active),
    TIME(struct provider_row, created_at), FIELDS_END,
};

#define PROVIDER_COLUMNS "id, provider, name, base_url, sealed_key, key_hint, is_active, created_at"

static const struct query insert = {
    .name = "provider_insert",
    .sql = "INSERT INTO ai_providers (organization_id, id, provider, name, base_url, sealed_key, key_hint, is_active, created_at, updated_at) "
           "VALUES (:org, $1, $2, $3, $4, $5, $6, $7, $8, $8)",
};

enum result provider_insert(struct call *call, const struct provider_row *row)
{
    return db_run(call, &insert, ARGS(db_uuid(row->id), db_text(row->provider), db_text(row->name), db_text(row->base_url), db_bytes(row->sealed_key),
                                      db_text(row->key_hint), db_bool(row->is_active), db_time(row->created_at)));
}

static const struct query update = {
    .name = "provider_update",
    .sql = "UPDATE ai_providers SET name = $2, base_url = $3, sealed_key = $4, key_hint = $5, is_active = $6, updated_at = $7 "
           "WHERE organization_id = :org AND id = $1",
};

enum result provider_update(struct call *call, const struct provider_row *row)
{
    return db_run(call, &update, ARGS(db_uuid(row->id), db_text(row->name), db_text(row->base_url), db_bytes(row->sealed_key), db_text(row->key_hint),
                                      db_bool(row->is_active), db_time(call->now)));
}

static const struct query read_one = {
    .name = "provider_read", .sql = "SELECT " PROVIDER_COLUMNS " FROM ai_providers WHERE organization_id = :org AND id = $1",
    ROWS(struct provider_row, provider_columns),
};

enum result provider_read(struct call *call, uuid id, struct provider_row *ret_row)
{
    return db_one(call, &read_one, ARGS(db_uuid(id)), ret_row);
}

static const struct query delete_one = { .name = "provider_delete", .sql = "DELETE FROM ai_providers WHERE organization_id = :org AND id = $1" };

enum result provider_delete(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &delete_one, ARGS(db_uuid(id)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query list = {
    .name = "provider_list", .sql = "SELECT " PROVIDER_COLUMNS " FROM ai_providers WHERE organization_id = :org ORDER BY created_at LIMIT 200",
    ROWS(struct provider_row, provider_columns),
};

enum result provider_list(struct call *call, struct list *ret_rows)
{
    return db_all(call, &list, NO_ARGS, ret_rows);
}

const struct query *const providers_queries[] = { &insert, &update, &read_one, &delete_one, &list, NULL };
