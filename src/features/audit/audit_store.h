/* The audit feature's statements. */
#ifndef TENON_FEATURES_AUDIT_STORE_H
#define TENON_FEATURES_AUDIT_STORE_H

#include "core/module.h"
#include "store/db.h"

struct audit_row {
    uuid id;
    text action;
    uuid actor_id;
    text actor_name;
    uuid key_id;
    uuid impersonator_id; /* the administrator who acted as the actor */
    text impersonator_name;
    text target, ip_address, detail;
    int64_t created_at;
};

extern const struct field audit_columns[]; /* fit to be shown too */

/* What is looked for; what is absent, none or 0 leaves nothing out. */
struct audit_filter {
    text action;
    uuid actor_id;
    int64_t from, to; /* from this time on, before that */
    text pattern;     /* in the target or the action: text_pattern's */
};

CHECKED enum result audit_insert(struct call *call, text action, text target, text detail);

/* Newest first, older than `before` where it is given. */
CHECKED enum result audit_list(struct call *call, const struct audit_filter *filter, uuid before, int64_t limit, struct list *ret_rows);

/* Whose the id is in `table`, one that a sample names (core/module.h); NOT_FOUND when nobody's, or the call's own. */
CHECKED enum result object_owner(struct call *call, const char *table, uuid id, uuid *ret_organization);

extern const struct export audit_exports[];
extern const struct query *const audit_queries[];

#endif
