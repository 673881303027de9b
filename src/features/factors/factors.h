/*
 * Second factors: one-time codes from an authenticator (identity/totp.h), passkeys (identity/webauthn.h) and the recovery codes
 * that stand in for them. They are a person's, whatever organization they act for.
 *
 * Whoever has to show one is given a challenge: 32 random bytes in base64url, which are also what a passkey signs. It is kept as
 * a hash, good for five minutes, for one purpose and, where these are known, one person and one session; a right answer uses it
 * up, and after five wrong ones it is over.
 */
#ifndef TENON_FEATURES_FACTORS_H
#define TENON_FEATURES_FACTORS_H

#include "core/module.h"
#include "identity/webauthn.h"

/* What a person has. */
struct factors {
    int64_t totp_since; /* 0: no one-time codes */
    int64_t passkeys, recovery_codes;
};

CHECKED enum result factors_of(struct call *call, uuid user, struct factors *ret_factors);

/* By recovery codes alone nobody has a factor: they end with the last one. */
static inline bool factors_any(const struct factors *factors) { return factors->totp_since || factors->passkeys; }

/* The ways in which a challenge can be answered with them, as the API names them: `totp`, `passkey`, `recovery_code`. */
struct text_list factor_methods(struct call *call, const struct factors *factors);

/* All that a person has, in the open transaction: for an account that is taken over by its true owner. */
CHECKED enum result factors_drop(struct call *call, uuid user);

/* --- challenges ---------------------------------------------------------------------------------------------------------- */

/* What a right answer is good for. */
enum purpose {
    PURPOSE_NONE,
    PURPOSE_SIGN_IN,         /* the rest of a sign-in */
    PURPOSE_PROOF,           /* a session shows anew who it is */
    PURPOSE_PASSKEY,         /* a new passkey of the person's */
    PURPOSE_PASSKEY_SIGN_IN, /* a sign-in by a passkey alone; whose is not known before */
};

struct challenge {
    text token;
    enum purpose purpose;
    uuid user, session; /* none: whoever answers */
};

CHECKED enum result challenge_open(struct call *call, enum purpose purpose, uuid user, uuid session, text *ret_token);

/* Counts an answer before it is decided, so that many at once count as many. VALIDATION_ERROR for the field `challenge`: it is
   over, used, or was never given out. */
CHECKED enum result challenge_take(struct call *call, text token, struct challenge *ret_challenge);

/* The same result, for a challenge that is not what it was brought for. */
enum result challenge_not_good(struct call *call);

/* In the transaction of what it is good for: of many with the same one, one gets through. */
CHECKED enum result challenge_use(struct call *call, const struct challenge *challenge);

/* None of a person's is good any more: what they were asked after is not so now. */
CHECKED enum result challenges_drop(struct call *call, uuid user);

/* --- answers ------------------------------------------------------------------------------------------------------------- */

/* One of the three. */
struct factor_answer {
    text code, recovery_code;
    const struct webauthn_assertion *credential;
};

/* What a right answer uses up. */
struct factor_use {
    const char *method;
    uuid user;
    uuid factor;
    int64_t counter, counter_before;
    bool backed_up;
    text code_hash; /* of a recovery code */
};

/* Whose passkey it is. INVALID_CREDENTIALS: nobody's. */
CHECKED enum result passkey_owner(struct call *call, const struct webauthn_assertion *credential, uuid *ret_user);

/* Whether `user` answers the challenge so. A passkey that signs in alone must have verified its person. INVALID_CREDENTIALS with
   one message whatever is wrong. Outside of a transaction: a recovery code is hashed slowly, on a route with `.hashing`. */
CHECKED enum result factor_check(struct call *call, const struct challenge *challenge, uuid user, const struct factor_answer *answer, struct factor_use *ret_use);

/* In the transaction of what it is good for, acting for an organization of the person's: the code, or the passkey's count, is
   used up by one statement. INVALID_CREDENTIALS: somebody was first. */
CHECKED enum result factor_spend(struct call *call, const struct factor_use *use);

/* INVALID_CREDENTIALS, as above. */
enum result factor_wrong(struct call *call);

extern const struct module factors_module;

#endif
