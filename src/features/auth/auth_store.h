/* The auth feature's statements. */
#ifndef TENON_FEATURES_AUTH_STORE_H
#define TENON_FEATURES_AUTH_STORE_H

#include "features/auth/auth.h"
#include "store/db.h"

struct user_row {
    uuid id;
    text name, email, password_hash;
    bool email_verified, is_active, is_admin;
    int64_t created_at, last_login;
};

struct session_row {
    uuid id, user_id, current_organization;
    text kind, token_hash, ip_address, user_agent;
    uuid impersonator_id; /* the administrator who opened it in the person's name, and what they are called */
    text impersonator_name;
    int64_t expires_at, created_at, last_used; /* proven when it was created */
};

/* What identifying a request needs, in one read. */
struct session_state {
    uuid id, user_id, current_organization;
    text kind, token_hash, role;
    struct text_list permissions; /* of a role that is the organization's own */
    uuid impersonator_id;
    bool is_admin;
    text proven_email; /* absent: not verified */
    int64_t expires_at, last_used, proven_at;
};

CHECKED enum result user_insert(struct call *call, const struct user_row *row); /* CONFLICT: the e-mail is taken */
/* Somebody's hash of bcrypt, as costly as any that is left; NOT_FOUND: there is none. */
CHECKED enum result imported_hash(struct call *call, text *ret_hash);
CHECKED enum result user_by_email(struct call *call, text email, struct user_row *ret_row);
CHECKED enum result user_by_id(struct call *call, uuid id, struct user_row *ret_row);
CHECKED enum result user_rename(struct call *call, uuid id, text name);
CHECKED enum result user_set_password(struct call *call, uuid id, text password_hash);
CHECKED enum result user_logged_in(struct call *call, uuid id);

CHECKED enum result session_insert(struct call *call, const struct session_row *row);
CHECKED enum result session_rotate(struct call *call, uuid id, text former_hash, text token_hash, int64_t expires_at); /* NOT_FOUND: it has another token by now */
CHECKED enum result session_move(struct call *call, uuid id, uuid organization);
CHECKED enum result session_touch(struct call *call, uuid id, int64_t now);
CHECKED enum result session_prove(struct call *call, uuid id); /* UNAUTHENTICATED: it has ended */
CHECKED enum result session_proven_at(struct call *call, uuid id, int64_t *ret_time);
CHECKED enum result session_delete(struct call *call, uuid id, uuid user); /* NOT_FOUND */
CHECKED enum result session_delete_others(struct call *call, uuid user, uuid keep); /* those opened in others' names as well, as in session_delete_all */
CHECKED enum result session_delete_ended(struct call *call, int64_t idle_since);
CHECKED enum result session_list(struct call *call, uuid user, struct list *ret_rows);

/* In a system scope: the credentials name the organization. */
CHECKED enum result session_by_id(struct call *call, uuid id, struct session_state *ret_state);
CHECKED enum result session_by_token(struct call *call, text token_hash, struct session_state *ret_state);

/* --- links that were sent to an account ----------------------------------------------------------------------------------- */

struct link_row {
    text token_hash;
    uuid user_id;
    text kind, email;
    int64_t expires_at;
};

CHECKED enum result link_insert(struct call *call, const struct link_row *row);
CHECKED enum result link_read(struct call *call, text token_hash, text kind, struct link_row *ret_row); /* NOT_FOUND: none, or over */
CHECKED enum result link_use(struct call *call, text token_hash);                                      /* NOT_FOUND: somebody was first */
CHECKED enum result link_drop_all(struct call *call, uuid user, text kind); /* absent: of every kind */
CHECKED enum result link_forget_ended(struct call *call);

CHECKED enum result user_set_verified(struct call *call, uuid id);
CHECKED enum result user_set_email(struct call *call, uuid id, text email); /* CONFLICT: it is taken */
/* In the transaction that acts on a password checked before it: INVALID_CREDENTIALS when it is not the account's any more. */
CHECKED enum result user_still_has(struct call *call, uuid id, text password_hash);
CHECKED enum result session_is_open(struct call *call, uuid id); /* NOT_FOUND */
CHECKED enum result session_delete_all(struct call *call, uuid user);

CHECKED enum result identity_drop_all(struct call *call, uuid user);
CHECKED enum result identity_count(struct call *call, uuid user, int64_t *ret_count);

CHECKED enum result session_delete_opened_by(struct call *call, uuid impersonator);

/* --- the account as others decide it ---------------------------------------------------------------------------------------- */

CHECKED enum result user_set_active(struct call *call, uuid id, bool is_active); /* CONFLICT: it is so already */
CHECKED enum result user_set_admin(struct call *call, uuid id, bool is_admin);   /* the same */
CHECKED enum result user_delete(struct call *call, uuid id);                     /* NOT_FOUND */
CHECKED enum result admins_counted(struct call *call, uuid besides, int64_t *ret_count); /* active ones */

/* --- where sign-ins to it came from ----------------------------------------------------------------------------------------- */

struct place_row {
    bool is_known;
    int64_t failures, locks, locked_until;
};

/* Whether the account was signed in to from there before. */
CHECKED enum result place_read(struct call *call, text account, text place, struct place_row *ret_row);

/* Counts an attempt before it is decided, so that many at once count as many; none while it is locked, and what is older than
   `forgotten_before` begins anew. `ret_row` is the place as it is with this attempt. */
CHECKED enum result place_try(struct call *call, text account, text place, int64_t forgotten_before, struct place_row *ret_row);
CHECKED enum result place_untry(struct call *call, text account, text place); /* one attempt less */
CHECKED enum result place_lock(struct call *call, text account, text place, int64_t until, bool *ret_locked); /* false: it is already */
CHECKED enum result place_succeed(struct call *call, text account, text place); /* known from now on, nothing counted */
CHECKED enum result place_clear(struct call *call, text account, text place);   /* nothing counted; absent: at every place */
CHECKED enum result place_drop_all(struct call *call, text account);
CHECKED enum result place_forget(struct call *call, int64_t unknown_before, int64_t known_before);

/* --- the first administrator -------------------------------------------------------------------------------------------------- */

CHECKED enum result users_exist(struct call *call, bool *ret_exist);
CHECKED enum result setup_insert(struct call *call, text token_hash, int64_t expires_at);
CHECKED enum result setup_is_good(struct call *call, text token_hash); /* NOT_FOUND */
CHECKED enum result setup_use(struct call *call, text token_hash);     /* NOT_FOUND: used, over, or there is an administrator */
CHECKED enum result setup_forget_ended(struct call *call);             /* all of them once there is an administrator */

extern const struct export auth_exports[];

/* Part of the feature's list: auth_admin_store.c, auth_export_store.c. */
extern const struct query user_set_active_query, user_set_admin_query, user_delete_query, admins_counted_query, users_exist_query, setup_insert_query, setup_is_good_query,
    setup_use_query, setup_forget_query, export_account_query, export_sessions_query, export_acting_query, export_links_query, export_places_query, export_identities_query;
#define ADMIN_QUERIES                                                                                                                              \
    &user_set_active_query, &user_set_admin_query, &user_delete_query, &admins_counted_query, &users_exist_query, &setup_insert_query,              \
        &setup_is_good_query, &setup_use_query, &setup_forget_query
#define EXPORT_QUERIES \
    &export_account_query, &export_sessions_query, &export_acting_query, &export_links_query, &export_places_query, &export_identities_query

extern const struct query *const auth_queries[];

#endif
