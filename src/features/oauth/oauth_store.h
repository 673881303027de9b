/* The oauth feature's statements: sign-ins under way. */
#ifndef TENON_FEATURES_OAUTH_STORE_H
#define TENON_FEATURES_OAUTH_STORE_H

#include "core/module.h"
#include "store/db.h"

struct state_row {
    text state_hash, browser_hash, provider;
    text verifier; /* sealed */
    text nonce;    /* absent without OpenID Connect */
    text next;     /* a path of ours */
    uuid user_id;  /* who links an identity to their account; none: somebody signs in */
    int64_t expires_at;
};

CHECKED enum result state_insert(struct call *call, const struct state_row *row);

/* Takes it away, so that of many who bring it one gets it: NOT_FOUND for the others, for another browser or service, and when it is
   over. */
CHECKED enum result state_take(struct call *call, text state_hash, text browser_hash, text provider, struct state_row *ret_row);
CHECKED enum result state_forget_ended(struct call *call);

extern const struct export oauth_exports[];
extern const struct query *const oauth_queries[];

#endif
