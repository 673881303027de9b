/* The providers feature's statements. */
#ifndef TENON_FEATURES_PROVIDERS_STORE_H
#define TENON_FEATURES_PROVIDERS_STORE_H

#include "store/db.h"

struct provider_row {
    uuid id;
    text provider, name, base_url, sealed_key, key_hint;
    bool is_active;
    int64_t created_at;
};

CHECKED enum result provider_insert(struct call *call, const struct provider_row *row); /* CONFLICT: the name is taken */
CHECKED enum result provider_update(struct call *call, const struct provider_row *row);
CHECKED enum result provider_read(struct call *call, uuid id, struct provider_row *ret_row);
CHECKED enum result provider_delete(struct call *call, uuid id);
CHECKED enum result provider_list(struct call *call, struct list *ret_rows); /* at most 200, oldest first */

extern const struct query *const providers_queries[];

#endif
