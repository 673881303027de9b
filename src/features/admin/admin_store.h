/* The admin feature's statements: they span organizations, and each says why. In a system scope, but for those of accounts alone. */
#ifndef TENON_FEATURES_ADMIN_STORE_H
#define TENON_FEATURES_ADMIN_STORE_H

#include "store/db.h"

struct admin_user_row {
    uuid id;
    text name, email;
    bool email_verified, is_active, is_admin;
    int64_t organization_count, session_count;
    int64_t created_at, last_login;
};

struct admin_org_row {
    uuid id;
    text name, domain;
    int64_t member_count, key_count, document_count, conversation_count;
    int64_t created_at, deleted_at;
    bool deleted_by_admin;
};

/* An organization as a person holds it. */
struct admin_place_row {
    uuid id;
    text name, role;
};

struct admin_key_row {
    uuid organization_id, id;
    text organization, name, prefix, maker;
    int64_t created_at, last_used, expires_at;
};

extern const struct field admin_org_columns[]; /* fit to be shown too */

/* Newest first; `pattern` (absent: all) is text_pattern's, of a name or an address. */
CHECKED enum result admin_user_list(struct call *call, text pattern, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result admin_user_read(struct call *call, uuid id, struct admin_user_row *ret_row);
CHECKED enum result admin_user_by_email(struct call *call, text email, struct admin_user_row *ret_row);
CHECKED enum result admin_places_of(struct call *call, uuid user, struct list *ret_rows); /* admin_place_row, oldest first */

/* The same of organizations, by name or domain; also those that are deleted and can be restored. */
CHECKED enum result admin_org_list(struct call *call, text pattern, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result admin_org_read(struct call *call, uuid id, struct admin_org_row *ret_row);

CHECKED enum result admin_key_owner(struct call *call, uuid id, uuid *ret_organization); /* NOT_FOUND */
CHECKED enum result admin_key_list(struct call *call, int64_t limit, struct list *ret_rows); /* newest first */

extern const struct query *const admin_queries[];

#endif
