/*
 * Accounts and sessions: sign-up, sign-in, and who a request comes from.
 */
#ifndef TENON_FEATURES_AUTH_H
#define TENON_FEATURES_AUTH_H

#include "http/http.h"

struct user {
    uuid id;
    text name, email;
    bool email_verified, is_admin;
    int64_t created_at, last_login;
};

extern const struct field user_view[];

/* --- accounts, for features that bring people in by other ways ------------------------------------------------------------- */

struct account {
    uuid id;
    text name, email;
    bool email_verified, is_active;
};

CHECKED enum result account_by_id(struct call *call, uuid id, struct account *ret_account);       /* NOT_FOUND */
CHECKED enum result account_by_email(struct call *call, text email, struct account *ret_account); /* NOT_FOUND */

/* Acts for the person, in the organization where what concerns only them is noted. */
CHECKED enum result account_enter(struct call *call, uuid user);

/* A new account without a password, with its first organization, entered; whoever asks for it has proven the address. In the open
   transaction. A name that is none is made from the address. CONFLICT: the address is taken; VALIDATION_ERROR: it is none. */
CHECKED enum result account_open(struct call *call, text name, text email, struct account *ret_account);

/*
 * The account belongs to somebody else than whoever made it, who never proved the address: its password, sessions, links, keys,
 * factors, invitations and identities go, everywhere and at once, and the address is verified. Enters it, in the open transaction.
 */
CHECKED enum result account_take_over(struct call *call, struct account *account);

/* How many ways into it there are that need nothing else: a password, identities, passkeys. */
CHECKED enum result account_ways_in(struct call *call, uuid user, int64_t *ret_count);

/* UNAUTHENTICATED when the call's session has ended meanwhile; in the transaction that acts for it. */
CHECKED enum result account_still_signed_in(struct call *call);

/* Who a person is to another service (identity/oauth.h). */
struct account_identity {
    uuid id, user_id;
    text provider, issuer, subject;
    text email; /* as the service said when it was linked; absent: it did not */
    int64_t created_at, last_used;
};

CHECKED enum result account_identity_find(struct call *call, text provider, text issuer, text subject, struct account_identity *ret_identity);
CHECKED enum result account_identity_add(struct call *call, const struct account_identity *identity); /* CONFLICT: it is somebody's */
CHECKED enum result account_identity_used(struct call *call, uuid id);
CHECKED enum result account_identity_list(struct call *call, uuid user, struct list *ret_identities); /* oldest first */
CHECKED enum result account_identity_remove(struct call *call, uuid id, uuid user);                   /* NOT_FOUND */

/*
 * What every such way ends with, in the open transaction: a cookie session for a person who has shown who they are or, where they have
 * a second factor, a challenge for it; `action` is for the audit log. When that is committed, auth_admit gives the cookie out with
 * the answer; false: there is a challenge instead, for POST /api/auth/mfa/verify.
 */
struct sign_in;
CHECKED enum result auth_enter(struct request *req, uuid user, const char *action, struct sign_in **ret_sign_in);
bool auth_admit(struct request *req, const struct sign_in *sign_in, text *ret_challenge, struct text_list *ret_methods);

/* --- the gate ------------------------------------------------------------------------------------------------------------------ */

/* The gate's question: who is it? A bearer token, an API key or the session cookie. */
bool auth_identify(struct request *req, bool may_block, enum result *ret_result);
bool auth_csrf(struct request *req);

/* Before what is sensitive: has the session shown within ten minutes who it is? Else MFA_REQUIRED, with a challenge for it. */
CHECKED enum result auth_proven(struct request *req);

/* Whether who opened a stream would be let in still. */
CHECKED enum result auth_still(struct call *call);

/*
 * The account as others decide it; each in the open transaction, and audited by the caller. What ends, ends everywhere within a
 * second: sessions, keys they made, and streams of either.
 */

/* Shut: nobody gets in with it, nor with keys its person made, and links that were sent are void; everything else stays as it is.
   CONFLICT when it is so already, or when the last administrator would be shut out. */
CHECKED enum result account_set_active(struct call *call, uuid user, bool is_active);

/* CONFLICT when it is so already, or of the last one. Sessions that an administrator opened in others' names end with it. */
CHECKED enum result account_set_admin(struct call *call, uuid user, bool is_admin);

CHECKED enum result account_sign_out(struct call *call, uuid user); /* of every session */

/* A new one, by whoever runs the installation: the address counts as verified. With a first organization, which the call is in
   then. CONFLICT: the address is taken; VALIDATION_ERROR with the field named. Hashes the password. */
struct new_account {
    text name, email, password;
    bool is_admin;
};
CHECKED enum result account_check(struct call *call, const struct new_account *account, text *ret_hash); /* before the transaction */
CHECKED enum result account_make(struct call *call, const struct new_account *account, text hash, struct user *ret_user);

/* Gone for good, with what is the person's own; a letter says so. CONFLICT for the last administrator, and as orgs_release. */
CHECKED enum result account_delete(struct call *call, uuid user);

/* In the transaction that does what only an administrator may: NOT_FOUND when the caller is none any more. */
CHECKED enum result admin_still(struct call *call);

/* A link that makes the first administrator, good once and for a day; absent where somebody has an account. */
CHECKED enum result setup_link(struct call *call, text *ret_link);

/* Whether ADMIN_EMAILS names this verified address (absent: no). */
bool email_is_admins(text email);

extern const struct module auth_module;

#endif
