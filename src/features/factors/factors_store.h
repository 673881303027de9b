/* The factors feature's statements. None is of an organization: accounts are everybody's. */
#ifndef TENON_FEATURES_FACTORS_STORE_H
#define TENON_FEATURES_FACTORS_STORE_H

#include "features/factors/factors.h"
#include "store/db.h"

struct factor_row {
    uuid id, user_id;
    text kind, name;
    text secret;                    /* sealed; of one-time codes */
    text credential_id, public_key; /* of a passkey */
    int64_t counter;
    bool backup_eligible, backed_up;
    int64_t created_at, confirmed_at, last_used;
};

CHECKED enum result factors_read(struct call *call, uuid user, struct factors *ret_factors);
CHECKED enum result factor_insert(struct call *call, const struct factor_row *row); /* CONFLICT: one-time codes, or this credential, are there */

/* The counter goes on from what it was, in one statement. NOT_FOUND: it was another, or the factor is gone. */
CHECKED enum result factor_count(struct call *call, uuid id, int64_t before, int64_t counter, bool backed_up);
CHECKED enum result factors_delete(struct call *call, uuid user);

CHECKED enum result totp_read(struct call *call, uuid user, struct factor_row *ret_row); /* confirmed or not */
CHECKED enum result totp_confirm(struct call *call, uuid id, int64_t counter);           /* NOT_FOUND: it is no longer to be confirmed */
CHECKED enum result totp_delete_pending(struct call *call, uuid user);
CHECKED enum result totp_delete(struct call *call, uuid user); /* NOT_FOUND */

CHECKED enum result passkey_list(struct call *call, uuid user, struct list *ret_rows); /* oldest first */
CHECKED enum result passkey_read(struct call *call, uuid user, uuid id, struct factor_row *ret_row);
CHECKED enum result passkey_by_credential(struct call *call, text credential_id, struct factor_row *ret_row);
CHECKED enum result passkey_rename(struct call *call, uuid user, uuid id, text name); /* NOT_FOUND */
CHECKED enum result passkey_delete(struct call *call, uuid user, uuid id);            /* NOT_FOUND */

CHECKED enum result recovery_insert(struct call *call, uuid user, text code_hash, text salt);
CHECKED enum result recovery_salt(struct call *call, uuid user, text *ret_salt);    /* NOT_FOUND: there are none */
CHECKED enum result recovery_use(struct call *call, uuid user, text code_hash);     /* NOT_FOUND: it is none of them, or used */
CHECKED enum result recovery_delete(struct call *call, uuid user);
CHECKED enum result recovery_delete_orphans(struct call *call, uuid user); /* where no factor is left */

struct challenge_row {
    text token_hash, purpose;
    uuid user_id, session_id;
    int64_t expires_at;
};

CHECKED enum result challenge_insert(struct call *call, const struct challenge_row *row);
CHECKED enum result challenge_read(struct call *call, text token_hash, int64_t tries, struct challenge_row *ret_row);
CHECKED enum result challenge_count(struct call *call, text token_hash, int64_t tries, struct challenge_row *ret_row); /* NOT_FOUND: over */
CHECKED enum result challenge_delete(struct call *call, text token_hash);                                             /* NOT_FOUND */
CHECKED enum result challenge_delete_of(struct call *call, uuid user);
CHECKED enum result factors_delete_ended(struct call *call, int64_t pending_before); /* challenges, and what was never confirmed */

/* Whether the call's session is still open, in the transaction that acts for it. */
CHECKED enum result factors_session_open(struct call *call, bool *ret_open);

extern const struct export factors_exports[];
extern const struct query *const factors_queries[];

#endif
