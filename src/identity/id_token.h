/*
 * ID tokens (OpenID Connect Core 1.0 §2, §3.1.3.7) against the issuer's keys (RFC 7517). Signatures are cjose's; which algorithm
 * may stand with which key is said here, before anything is verified: RS256 to RS512, PS256 to PS512, ES256 to ES512. `none` and
 * keyed hashes are in no row.
 *
 * Nothing is fetched here. The token, the keys and the discovery document are read as bytes from a stranger.
 */
#ifndef TENON_IDENTITY_ID_TOKEN_H
#define TENON_IDENTITY_ID_TOKEN_H

#include "core/call.h"

enum { ID_TOKEN_MOST = 16384, JWKS_MOST = 1 << 18, ID_TOKEN_LEEWAY = 60 /* seconds between two clocks */ };

#define ID_TOKEN_FAULTS(X)                                                             \
    X(ID_TOKEN_OK, "ok")                                                               \
    X(ID_TOKEN_MALFORMED, "the token or the keys cannot be read")                      \
    X(ID_TOKEN_ALGORITHM, "an algorithm that is not taken")                            \
    X(ID_TOKEN_KEY_UNKNOWN, "none of the keys is the token's: they may have changed")  \
    X(ID_TOKEN_SIGNATURE, "the signature is wrong")                                    \
    X(ID_TOKEN_ISSUER, "another issuer")                                               \
    X(ID_TOKEN_AUDIENCE, "made for another client")                                    \
    X(ID_TOKEN_EXPIRED, "expired")                                                     \
    X(ID_TOKEN_EARLY, "from the future")                                               \
    X(ID_TOKEN_NONCE, "of another sign-in")                                            \
    X(ID_TOKEN_SUBJECT, "it says not who")

enum id_token_fault {
#define ID_TOKEN_FAULT_NAME(name, words) name,
    ID_TOKEN_FAULTS(ID_TOKEN_FAULT_NAME)
#undef ID_TOKEN_FAULT_NAME
    ID_TOKEN_FAULT_COUNT
};

const char *id_token_fault_words(enum id_token_fault fault);

/* What the token must say. All are required. */
struct id_token_expected {
    text issuer; /* exactly; `{tenantid}` in it stands for the token's own `tid`, a GUID, as Microsoft's shared endpoints have it */
    text client_id;
    text nonce;
    int64_t now; /* microseconds */
};

/*
 * The claims as a checked JSON object. On ID_TOKEN_KEY_UNKNOWN the caller fetches the keys anew, once and not more often than
 * every few minutes for all tokens together, since anybody can name a key that does not exist.
 */
CHECKED enum id_token_fault id_token_verify(struct arena *arena, text token, text jwks, const struct id_token_expected *expected, text *ret_claims);

#endif
