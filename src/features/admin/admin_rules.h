/*
 * What an administrator does, by a route or by a command of the program. Each is one transaction, on record where the person is at
 * home or in the organization that is meant, and in the caller's own where there is one. NOT_FOUND: there is no such account or
 * organization; CONFLICT: it is so already, or it would leave no administrator, or others without an owner.
 */
#ifndef TENON_FEATURES_ADMIN_RULES_H
#define TENON_FEATURES_ADMIN_RULES_H

#include "features/admin/admin_store.h"

/* What is asked of an account; what is not given stays. */
struct admin_change {
    bool is_active, has_active, is_admin, has_admin;
};

CHECKED enum result admin_read(struct call *call, uuid user, struct admin_user_row *ret_row);
CHECKED enum result admin_find(struct call *call, text email, struct admin_user_row *ret_row); /* NOT_FOUND with a message */

/* What is as it should be already is no conflict. */
CHECKED enum result admin_apply(struct call *call, uuid user, const struct admin_change *change, struct admin_user_row *ret_row);
CHECKED enum result admin_delete(struct call *call, uuid user);
CHECKED enum result admin_sign_out(struct call *call, uuid user);

CHECKED enum result admin_org(struct call *call, uuid id, struct admin_org_row *ret_row);
CHECKED enum result admin_org_delete(struct call *call, uuid id, struct admin_org_row *ret_row);
CHECKED enum result admin_org_restore(struct call *call, uuid id, struct admin_org_row *ret_row);

CHECKED enum result admin_key_revoke(struct call *call, uuid id); /* of whatever organization */

#endif
