/* The usage feature's statements. */
#ifndef TENON_FEATURES_USAGE_STORE_H
#define TENON_FEATURES_USAGE_STORE_H

#include "features/usage/usage.h"
#include "store/db.h"

enum usage_group { BY_DAY, BY_MODEL, BY_PROVIDER, BY_KEY, BY_USER, BY_FEATURE, USAGE_GROUPS };

struct usage_row {
    uuid id;
    int64_t created_at;
    text endpoint, feature, provider, model;
    uuid key_id;
    text key_name;
    uuid user_id;
    int64_t status;
    text error;
    int64_t input_tokens, output_tokens, cost_micros, latency_ms, first_token_ms;
    bool streamed;
};

extern const struct field usage_columns[]; /* fit to be shown too */

/* Written once: a second time with the same id changes nothing. */
CHECKED enum result usage_insert(struct call *call, const struct usage_event *event);
CHECKED enum result usage_sums(struct call *call, enum usage_group group, int64_t from, int64_t to, struct list *ret_sums);
CHECKED enum result usage_list(struct call *call, uuid before, int64_t limit, struct list *ret_rows);

CHECKED enum result usage_read(struct call *call, uuid id, struct usage_row *ret_row);

extern const struct export usage_exports[];
extern const struct query *const usage_queries[];

#endif
