#include "features/usage/usage_store.h"

static const struct query insert = {
    .name = "usage_insert",
    .sql = "INSERT INTO usage_events (organization_id, id, created_at, endpoint, feature, provider, model, key_id, user_id, status, error, input_tokens, "
           "output_tokens, cached_tokens, cost_micros, baseline_micros, latency_micros, first_token_micros, streamed, request_id) "
           "VALUES (:org, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) ON CONFLICT DO NOTHING",
};

enum result usage_insert(struct call *call, const struct usage_event *e)
{
    return db_queue(call, &insert, ARGS(db_uuid(e->id), db_int(e->created_at), db_text(e->endpoint), db_text(e->feature), db_text(e->provider), db_text(e->model),
                                      db_uuid(e->key), db_uuid(e->user), db_int(e->status), db_text(e->error), db_int(e->input_tokens), db_int(e->output_tokens),
                                      db_int(e->cached_tokens), db_int(e->cost_micros), db_int(e->baseline_micros), db_int(e->latency_micros),
                                      db_time(e->first_token_micros), db_bool(e->streamed), db_text(e->request_id.ptr ? e->request_id : T(""))));
}

static const struct field sum_columns[] = {
    TEXT(struct usage_sum, group), TEXT(struct usage_sum, label), INT(struct usage_sum, requests), INT(struct usage_sum, input_tokens),
    INT(struct usage_sum, output_tokens), INT(struct usage_sum, cost_micros), INT(struct usage_sum, baseline_micros), INT(struct usage_sum, saved_micros),
    INT(struct usage_sum, errors), FIELDS_END,
};

#define SUM(column) "CAST(sum(e." #column ") AS BIGINT)"
#define SUMS                                                                                                                              \
    "count(*) AS requests, " SUM(input_tokens) " AS input_tokens, " SUM(output_tokens) " AS output_tokens, " SUM(cost_micros)             \
    " AS cost_micros, " SUM(baseline_micros) " AS baseline_micros, " SUM(baseline_micros) " - " SUM(cost_micros) " AS saved_micros, "     \
    "count(e.error) AS errors FROM usage_events e "
#define PERIOD "WHERE e.organization_id = :org AND e.created_at >= $1 AND e.created_at < $2 "
#define DEAREST "ORDER BY 6 DESC, 3 DESC LIMIT 500"

#define LABELLED(value) "SELECT " value " AS \"group\", " value " AS label, " SUMS PERIOD "GROUP BY 1 "
#define DAY_SQLITE "date(e.created_at / 1000000, 'unixepoch')"
#define DAY_POSTGRES "to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

#define NAMED(id, name) "SELECT " id " AS \"group\", " name " AS label, " SUMS
#define HEX_SQLITE(column) "lower(hex(" column "))"
#define HEX_POSTGRES(column) "coalesce(replace(" column "::text, '-', ''), '')"
#define KEY_NAME "coalesce(k.name, CASE WHEN e.key_id IS NULL THEN 'no key' ELSE 'revoked key' END)"
#define KEYS "LEFT JOIN api_keys k ON k.organization_id = :org AND k.id = e.key_id " PERIOD "GROUP BY e.key_id, k.name " DEAREST
#define USER_NAME "coalesce(u.name, CASE WHEN e.user_id IS NULL THEN 'no person' ELSE 'former member' END)"
#define USERS "LEFT JOIN users u ON u.id = e.user_id " PERIOD "GROUP BY e.user_id, u.name " DEAREST

static const struct query sums[USAGE_GROUPS] = {
    [BY_DAY] = { .name = "usage_by_day", .sql = LABELLED(DAY_SQLITE) "ORDER BY 1", .postgres = LABELLED(DAY_POSTGRES) "ORDER BY 1", ROWS(struct usage_sum, sum_columns) },
    [BY_MODEL] = { .name = "usage_by_model", .sql = LABELLED("e.provider || '/' || e.model") DEAREST, ROWS(struct usage_sum, sum_columns) },
    [BY_PROVIDER] = { .name = "usage_by_provider", .sql = LABELLED("e.provider") DEAREST, ROWS(struct usage_sum, sum_columns) },
    [BY_KEY] = { .name = "usage_by_key",
                 .sql = NAMED(HEX_SQLITE("e.key_id"), KEY_NAME) KEYS,
                 .postgres = NAMED(HEX_POSTGRES("e.key_id"), KEY_NAME) KEYS,
                 ROWS(struct usage_sum, sum_columns) },
    [BY_USER] = { .name = "usage_by_user",
                  .sql = NAMED(HEX_SQLITE("e.user_id"), USER_NAME) USERS,
                  .postgres = NAMED(HEX_POSTGRES("e.user_id"), USER_NAME) USERS,
                  ROWS(struct usage_sum, sum_columns) },
    [BY_FEATURE] = { .name = "usage_by_feature", .sql = LABELLED("e.feature") DEAREST, ROWS(struct usage_sum, sum_columns) },
};

enum result usage_sums(struct call *call, enum usage_group group, int64_t from, int64_t to, struct list *ret_sums)
{
    return db_all(call, &sums[group], ARGS(db_int(from), db_int(to)), ret_sums);
}

static const struct query total = {
    .name = "usage_total",
    .sql = "SELECT 'all' AS \"group\", 'all' AS label, " SUMS PERIOD,
    ROWS(struct usage_sum, sum_columns),
};

enum result usage_total(struct call *call, int64_t from, int64_t to, struct usage_sum *ret_sum)
{
    TRY(usage_settle(call));
    return db_one(call, &total, ARGS(db_int(from), db_int(to)), ret_sum);
}

struct spent {
    int64_t micros;
};
static const struct field spent_columns[] = { INT(struct spent, micros), FIELDS_END };
static const struct query spent = {
    .name = "usage_spent",
    .sql = "SELECT CAST(coalesce(sum(e.cost_micros), 0) AS BIGINT) AS micros FROM usage_events e " PERIOD
           "AND (e.key_id = $3 OR $3 IS NULL) AND (e.user_id = $4 OR $4 IS NULL)",
    ROWS(struct spent, spent_columns),
};

enum result usage_spent(struct call *call, int64_t from, int64_t to, uuid key, uuid user, int64_t *ret_micros)
{
    struct spent sum;

    TRY(usage_settle(call));
    TRY(db_one(call, &spent, ARGS(db_int(from), db_int(to), db_uuid(key), db_uuid(user)), &sum));
    *ret_micros = sum.micros;
    return OK;
}

const struct field usage_columns[] = {
    UUID(struct usage_row, id), TIME(struct usage_row, created_at), TEXT(struct usage_row, endpoint), TEXT(struct usage_row, feature),
    TEXT(struct usage_row, provider), TEXT(struct usage_row, model), UUID(struct usage_row, key_id, .nullable = true), TEXT(struct usage_row, key_name, .nullable = true),
    UUID(struct usage_row, user_id, .nullable = true), INT(struct usage_row, status), TEXT(struct usage_row, error, .nullable = true), INT(struct usage_row, input_tokens),
    INT(struct usage_row, output_tokens), INT(struct usage_row, cost_micros), INT(struct usage_row, latency_ms), INT(struct usage_row, first_token_ms, .nullable = true),
    BOOL(struct usage_row, streamed), FIELDS_END,
};
#define USAGE_ROW                                                                                                                                       \
    "SELECT e.id, e.created_at, e.endpoint, e.feature, e.provider, e.model, e.key_id, k.name AS key_name, e.user_id, e.status, e.error, e.input_tokens, "    \
    "e.output_tokens, e.cost_micros, e.latency_micros / 1000 AS latency_ms, e.first_token_micros / 1000 AS first_token_ms, e.streamed FROM usage_events e " \
    "LEFT JOIN api_keys k ON k.organization_id = :org AND k.id = e.key_id WHERE e.organization_id = :org "

static const struct query list = {
    .name = "usage_list",
    .sql = USAGE_ROW "AND (e.id < $1 OR $1 IS NULL) ORDER BY e.id DESC LIMIT $2",
    ROWS(struct usage_row, usage_columns),
};

enum result usage_list(struct call *call, uuid before, int64_t limit, struct list *ret_rows)
{
    return db_all(call, &list, ARGS(db_uuid(before), db_int(limit)), ret_rows);
}

static const struct query read = {
    .name = "usage_read",
    .sql = USAGE_ROW "AND e.id = $1",
    ROWS(struct usage_row, usage_columns),
};

enum result usage_read(struct call *call, uuid id, struct usage_row *ret_row)
{
    return db_one(call, &read, ARGS(db_uuid(id)), ret_row);
}

static const struct field brief_columns[] = {
    UUID(struct usage_brief, id), TEXT(struct usage_brief, model), TEXT(struct usage_brief, endpoint), TEXT(struct usage_brief, error),
    TIME(struct usage_brief, created_at), FIELDS_END,
};
static const struct query recent = {
    .name = "usage_recent",
    .sql = "SELECT id, provider || '/' || model AS model, endpoint, error, created_at FROM usage_events WHERE organization_id = :org ORDER BY id DESC LIMIT $1",
    ROWS(struct usage_brief, brief_columns),
};

enum result usage_recent(struct call *call, int64_t limit, struct list *ret_briefs)
{
    return db_all(call, &recent, ARGS(db_int(limit)), ret_briefs);
}

/* --- what is kept of a person --- */

struct call_export {
    uuid organization_id, id;
    text endpoint, feature, provider, model;
    int64_t status, input_tokens, output_tokens, cost_micros, created_at;
};
static const struct field export_columns[] = {
    UUID(struct call_export, organization_id), UUID(struct call_export, id), TEXT(struct call_export, endpoint), TEXT(struct call_export, feature),
    TEXT(struct call_export, provider), TEXT(struct call_export, model), INT(struct call_export, status), INT(struct call_export, input_tokens),
    INT(struct call_export, output_tokens), INT(struct call_export, cost_micros), TIME(struct call_export, created_at), FIELDS_END,
};
static const struct query export_calls = {
    .name = "export_calls",
    .sql = "SELECT organization_id, id, endpoint, feature, provider, model, status, input_tokens, output_tokens, cost_micros, created_at FROM usage_events "
           "WHERE user_id = $1 ORDER BY created_at",
    ROWS(struct call_export, export_columns), .system = "a person asks for what is kept of them",
};
const struct export usage_exports[] = { { "model_calls", &export_calls, .covers = { "usage_events.user_id" }, .doc = "Calls of models in their name, without what was said." }, { NULL } };

const struct query *const usage_queries[] = {
    &insert, &sums[BY_DAY], &sums[BY_MODEL], &sums[BY_PROVIDER], &sums[BY_KEY], &sums[BY_USER], &sums[BY_FEATURE], &total, &spent, &list, &read, &recent,
    &export_calls, NULL,
};
