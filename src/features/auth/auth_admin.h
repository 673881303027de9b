/* What auth.h promises of accounts, and what this room alone uses of it: handlers, and who is an administrator. */
#ifndef TENON_FEATURES_AUTH_ADMIN_H
#define TENON_FEATURES_AUTH_ADMIN_H

#include "features/auth/auth_store.h"
#include "http/http.h"

/* CONFLICT when there would be no administrator without this one. */
CHECKED enum result other_admin(struct call *call, const struct user_row *row);
CHECKED enum result any_admin(struct call *call, bool *ret_there); /* whose account is active */

/* --- auth_deletion.c */
struct account_end_body {
    text current_password, token;
};
extern const struct field account_end_fields[];
enum result account_end(struct request *req, const void *body);

/* --- auth_export.c */
enum result account_export(struct request *req, const void *body);

/* --- auth_impersonation.c */
struct impersonate_body {
    text reason, session;
    uuid organization_id;
};
extern const struct field impersonate_fields[];
enum result impersonate(struct request *req, const void *body);
enum result impersonation_end(struct request *req, const void *body);

/* --- auth_setup.c */
extern const struct field setup_fields[];
enum result setup(struct request *req, const void *body);

#endif
