/* The budgets feature's statements. */
#ifndef TENON_FEATURES_BUDGETS_STORE_H
#define TENON_FEATURES_BUDGETS_STORE_H

#include "core/module.h"
#include "store/db.h"

struct budget_row {
    uuid id;
    text scope; /* `organization`, `key`, `user` */
    uuid scope_id; /* none of the organization */
    text period; /* `day`, `month`, `total` */
    int64_t limit_micros, created_at;
};

CHECKED enum result budget_insert(struct call *call, const struct budget_row *row); /* CONFLICT: there is one */
CHECKED enum result budget_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result budget_read(struct call *call, uuid id, struct budget_row *ret_row);
CHECKED enum result budget_update(struct call *call, uuid id, int64_t limit_micros);
CHECKED enum result budget_delete(struct call *call, uuid id); /* NOT_FOUND */

/* Those that a call with this key by this user counts against: BUDGETS_AT_ONCE at most, as an array of struct budget_row. */
CHECKED enum result budgets_applying(struct call *call, uuid key, uuid user, struct list *ret_rows);

/* How a budget's key or member is called; NOT_FOUND when the organization has none such. */
struct budget_holder {
    text name;
};
CHECKED enum result budget_key_holder(struct call *call, uuid key, struct budget_holder *ret_holder);
CHECKED enum result budget_user_holder(struct call *call, uuid user, struct budget_holder *ret_holder);

extern const struct export budgets_exports[];
extern const struct query *const budgets_queries[];

#endif
