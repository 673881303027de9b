/* The orgs feature's statements. */
#ifndef TENON_FEATURES_ORGS_STORE_H
#define TENON_FEATURES_ORGS_STORE_H

#include "features/orgs/orgs.h"
#include "store/db.h"

struct org_row {
    uuid id;
    text name, domain, role, role_name;
    struct text_list permissions; /* of a custom role */
    int64_t created_at, deleted_at;
    bool deleted_by_admin;
};

/* An organization of somebody's who goes. */
struct left_row {
    uuid id;
    text name, role;
    int64_t members, owners; /* besides them; owners whose account is active */
};

struct member_row {
    uuid user_id;
    text name, email, role;
    uuid role_id;                 /* of a custom role, as the next two */
    text role_name;
    struct text_list permissions;
    int64_t created_at;
};

struct role_row {
    uuid id;
    text name, description;
    struct text_list permissions;
    int64_t created_at, updated_at;
    int64_t member_count, invitation_count; /* who holds it, and open invitations that promise it */
};

struct invitation_row {
    uuid id;
    text email, role;
    uuid role_id;
    text role_name;
    struct text_list permissions;
    uuid invited_by;
    text inviter;
    int64_t created_at, sent_at, expires_at;
};

/* Found by its token, whoever's it is. */
struct found_invitation {
    uuid organization_id, id;
    text organization, email, role, role_name, inviter;
    uuid invited_by;
    int64_t expires_at;
};

/* --- organizations ------------------------------------------------------------------------------------------------------- */

CHECKED enum result org_insert(struct call *call, text name, text domain); /* id: the call's organization */
CHECKED enum result org_read(struct call *call, struct org_row *ret_row);  /* as the caller's */
CHECKED enum result org_update(struct call *call, text name, text domain, bool set_domain);
CHECKED enum result org_set_deleted(struct call *call, int64_t deleted_at, bool by_admin); /* 0: restored. NOT_FOUND: it was so already */

/* Across organizations, in a system scope: a person's own, oldest first; with `deleted`, those they own and can restore too. */
CHECKED enum result orgs_by_user(struct call *call, uuid user, bool deleted, struct list *ret_rows);

/* In a system scope: those that somebody would leave behind. */
CHECKED enum result orgs_left_by(struct call *call, uuid user, struct list *ret_rows);

/* In a system scope: those deleted before `before`, some of them, as person_row without e-mail; and one of them for good. */
CHECKED enum result orgs_deleted(struct call *call, int64_t before, struct list *ret_rows);
CHECKED enum result org_remove(struct call *call, uuid id, int64_t before);

/* --- members ------------------------------------------------------------------------------------------------------------- */

/* `role_id` of ROLE_CUSTOM alone. CONFLICT: a member already. */
CHECKED enum result membership_insert(struct call *call, uuid user, enum role role);
CHECKED enum result membership_insert_as(struct call *call, uuid user, text role, uuid role_id);
CHECKED enum result member_read(struct call *call, uuid user, struct member_row *ret_row);
CHECKED enum result member_by_email(struct call *call, text email, struct member_row *ret_row);
CHECKED enum result member_set_role(struct call *call, uuid user, text role, uuid role_id);
CHECKED enum result member_delete(struct call *call, uuid user); /* NOT_FOUND */

/* In the order in which they joined; `pattern` (absent: all) is for LIKE with `!` as its escape, in lower case. */
CHECKED enum result member_list(struct call *call, text pattern, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result owners_besides(struct call *call, uuid user, int64_t *ret_count); /* those whose account is active */

CHECKED enum result people_of(struct call *call, struct list *ret_rows); /* of the call's organization, 1,000 at most */

/* Sessions that act for the call's organization: of one person, all but `keep`; of everybody; and one that moves elsewhere. */
CHECKED enum result sessions_end_of(struct call *call, uuid user, uuid keep);
CHECKED enum result sessions_end_all(struct call *call);
CHECKED enum result session_move_to(struct call *call, uuid session, uuid organization);

/* --- roles --------------------------------------------------------------------------------------------------------------- */

CHECKED enum result role_insert(struct call *call, const struct role_row *row); /* CONFLICT: the name is taken */
CHECKED enum result role_read(struct call *call, uuid id, struct role_row *ret_row);
CHECKED enum result role_by_name(struct call *call, text name, struct role_row *ret_row);
CHECKED enum result role_list(struct call *call, struct list *ret_rows);
CHECKED enum result role_update(struct call *call, uuid id, text name, text description, const struct text_list *permissions);
CHECKED enum result role_delete(struct call *call, uuid id);
CHECKED enum result role_holders(struct call *call, struct list *ret_rows); /* of built-in roles: name and member_count */

/* --- invitations --------------------------------------------------------------------------------------------------------- */

CHECKED enum result invitation_insert(struct call *call, const struct invitation_row *row, text token_hash); /* CONFLICT: one is open */
CHECKED enum result invitation_read(struct call *call, uuid id, struct invitation_row *ret_row); /* an open one, expired or not */
CHECKED enum result invitation_list(struct call *call, int64_t page, int64_t page_size, struct list *ret_rows, int64_t *ret_total);
CHECKED enum result invitations_open_count(struct call *call, int64_t *ret_count);
CHECKED enum result invitation_renew(struct call *call, uuid id, text token_hash, int64_t expires_at); /* by the caller, now */
CHECKED enum result invitation_delete(struct call *call, uuid id);
CHECKED enum result invitation_delete_expired(struct call *call, text email);
CHECKED enum result invitation_use(struct call *call, uuid id); /* NOT_FOUND: used, or it has expired */

/* In a system scope: the open ones that a person sent. */
CHECKED enum result invitations_delete_of(struct call *call, uuid user);

/* In a system scope: an open one of an organization that is not deleted, expired or not. */
CHECKED enum result invitation_by_token(struct call *call, text token_hash, struct found_invitation *ret_row);

extern const struct export orgs_exports[];
extern const struct query *const orgs_queries[];

#endif
