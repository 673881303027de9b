/*
 * Somebody has come back, and a service says who they are: whose account is it, and may they in? One transaction decides.
 *
 * An identity that is known is its person. An unknown one comes to an account by its e-mail alone, and only where both sides have
 * proven the address; where ours has not, whoever made the account loses it. Without such an account one is made.
 */
#ifndef TENON_FEATURES_OAUTH_ARRIVAL_H
#define TENON_FEATURES_OAUTH_ARRIVAL_H

#include "features/auth/auth.h"
#include "features/oauth/oauth_service.h"

/* How a sign-in ended, as the page is told in `?error=` (docs/decisions/0013): a closed list, and no word of why. */
#define OUTCOMES(X)                                                                                                \
    X(OUTCOME_IN, "", "in")                                                                                        \
    X(OUTCOME_DENIED, "denied", "the person declined")                                                             \
    X(OUTCOME_EXPIRED, "expired", "no such sign-in is under way in this browser")                                  \
    X(OUTCOME_FAILED, "failed", "the service's answer is not believed")                                            \
    X(OUTCOME_INACTIVE, "failed", "the account is deactivated")                                                    \
    X(OUTCOME_UNREACHABLE, "unavailable", "the service does not answer")                                           \
    X(OUTCOME_EMAIL_MISSING, "email_missing", "the service tells no e-mail address")                               \
    X(OUTCOME_EMAIL_UNVERIFIED, "email_unverified", "the service does not vouch for the e-mail address")           \
    X(OUTCOME_TAKEN, "identity_taken", "the identity is linked to another account")                                \
    X(OUTCOME_SIGNED_OUT, "signed_out", "whoever wanted to link the identity is not signed in here any more")

enum outcome {
#define OUTCOME_NAME(name, code, words) name,
    OUTCOMES(OUTCOME_NAME)
#undef OUTCOME_NAME
};

const char *outcome_code(enum outcome outcome);
const char *outcome_words(enum outcome outcome); /* for the log */

struct arrival {
    const struct service *service;
    struct identity identity;
};

/* OK with OUTCOME_IN: `ret_sign_in` is to be given out by auth_admit. */
CHECKED enum result arrival_sign_in(struct request *req, const struct arrival *arrival, enum outcome *ret_outcome, struct sign_in **ret_sign_in);

/* The identity becomes the call's person's. */
CHECKED enum result arrival_link(struct call *call, const struct arrival *arrival, enum outcome *ret_outcome);

#endif
