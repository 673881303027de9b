#include "features/budgets/budgets_store.h"

static const struct field budget_columns[] = {
    UUID(struct budget_row, id), TEXT(struct budget_row, scope), UUID(struct budget_row, scope_id), TEXT(struct budget_row, period),
    INT(struct budget_row, limit_micros), TIME(struct budget_row, created_at), FIELDS_END,
};

#define BUDGET_COLUMNS                                                                                                                          \
    "SELECT id, CASE WHEN key_id IS NOT NULL THEN 'key' WHEN user_id IS NOT NULL THEN 'user' ELSE 'organization' END AS scope, "                 \
    "coalesce(key_id, user_id) AS scope_id, period, limit_micros, created_at FROM budgets WHERE organization_id = :org "

static const struct query insert = {
    .name = "budget_insert",
    .sql = "INSERT INTO budgets (organization_id, id, key_id, user_id, period, limit_micros, created_at, updated_at) VALUES (:org, $1, $2, $3, $4, $5, $6, $6)",
};

enum result budget_insert(struct call *call, const struct budget_row *row)
{
    struct arg id = db_uuid(row->scope_id);
    bool key = text_equal(row->scope, T("key"));

    return db_run(call, &insert, ARGS(db_uuid(row->id), key ? id : db_null(), key ? db_null() : id, db_text(row->period), db_int(row->limit_micros),
                                      db_time(row->created_at)));
}

static const struct query list = {
    .name = "budget_list", .sql = BUDGET_COLUMNS "ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2", ROWS(struct budget_row, budget_columns),
};

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };
static const struct query count = {
    .name = "budget_count", .sql = "SELECT count(*) AS total FROM budgets WHERE organization_id = :org", ROWS(struct total, total_columns),
};

enum result budget_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total)
{
    struct total total;

    TRY(db_one(call, &count, NO_ARGS, &total));
    *ret_total = total.total;
    return db_all(call, &list, ARGS(db_int(page_size), db_int((page - 1) * page_size)), ret_rows);
}

static const struct query read_one = { .name = "budget_read", .sql = BUDGET_COLUMNS "AND id = $1", ROWS(struct budget_row, budget_columns) };

enum result budget_read(struct call *call, uuid id, struct budget_row *ret_row)
{
    return db_one(call, &read_one, ARGS(db_uuid(id)), ret_row);
}

static const struct query update = {
    .name = "budget_update", .sql = "UPDATE budgets SET limit_micros = $2, updated_at = $3 WHERE organization_id = :org AND id = $1",
};

enum result budget_update(struct call *call, uuid id, int64_t limit_micros)
{
    return db_run(call, &update, ARGS(db_uuid(id), db_int(limit_micros), db_time(call->now)));
}

static const struct query delete_one = { .name = "budget_delete", .sql = "DELETE FROM budgets WHERE organization_id = :org AND id = $1" };

enum result budget_delete(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &delete_one, ARGS(db_uuid(id)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query applying = {
    .name = "budgets_applying",
    .sql = BUDGET_COLUMNS "AND ((key_id IS NULL AND user_id IS NULL) OR key_id = $1 OR user_id = $2) ORDER BY id LIMIT 9",
    ROWS(struct budget_row, budget_columns),
};

enum result budgets_applying(struct call *call, uuid key, uuid user, struct list *ret_rows)
{
    return db_all(call, &applying, ARGS(db_uuid(key), db_uuid(user)), ret_rows);
}

static const struct field holder_columns[] = { TEXT(struct budget_holder, name), FIELDS_END };
static const struct query key_holder = {
    .name = "budget_key_holder", .sql = "SELECT name FROM api_keys WHERE organization_id = :org AND id = $1", ROWS(struct budget_holder, holder_columns),
};

enum result budget_key_holder(struct call *call, uuid key, struct budget_holder *ret_holder)
{
    return db_one(call, &key_holder, ARGS(db_uuid(key)), ret_holder);
}

static const struct query user_holder = {
    .name = "budget_user_holder",
    .sql = "SELECT u.name FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = :org AND m.user_id = $1",
    ROWS(struct budget_holder, holder_columns),
};

enum result budget_user_holder(struct call *call, uuid user, struct budget_holder *ret_holder)
{
    return db_one(call, &user_holder, ARGS(db_uuid(user)), ret_holder);
}

/* --- what is kept of a person --------------------------------------------------------------------------------------------- */

struct budget_export {
    uuid organization_id, id;
    text period;
    int64_t limit_micros, created_at;
};
static const struct field export_columns[] = {
    UUID(struct budget_export, organization_id), UUID(struct budget_export, id), TEXT(struct budget_export, period), INT(struct budget_export, limit_micros),
    TIME(struct budget_export, created_at), FIELDS_END,
};
static const struct query export_budgets = {
    .name = "export_budgets", .sql = "SELECT organization_id, id, period, limit_micros, created_at FROM budgets WHERE user_id = $1 ORDER BY created_at",
    ROWS(struct budget_export, export_columns), .system = "a person asks for what is kept of them",
};
const struct export budgets_exports[] = { { "budgets", &export_budgets, .covers = { "budgets.user_id" }, .doc = "What they may spend." }, { NULL } };

const struct query *const budgets_queries[] = { &insert, &list, &count, &read_one, &update, &delete_one, &applying, &key_holder, &user_holder, &export_budgets, NULL };
