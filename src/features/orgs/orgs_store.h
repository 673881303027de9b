/* The orgs feature's statements. */
#ifndef TENON_FEATURES_ORGS_STORE_H
#define TENON_FEATURES_ORGS_STORE_H

#include "features/orgs/orgs.h"
#include "store/db.h"

struct org_row {
    uuid id;
    text name, domain, role;
    int64_t created_at;
};

CHECKED enum result org_insert(struct call *call, text name, text domain); /* id: the call's organization */
CHECKED enum result membership_insert(struct call *call, uuid user, enum role role);
CHECKED enum result org_read(struct call *call, struct org_row *ret_row);
CHECKED enum result org_update(struct call *call, text name, text domain, bool set_domain);

/* Across organizations, in a system scope: a person's own. */
CHECKED enum result orgs_by_user(struct call *call, uuid user, struct list *ret_rows);

extern const struct query *const orgs_queries[];

#endif
