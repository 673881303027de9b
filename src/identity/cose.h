/*
 * COSE keys (RFC 9052 §7, RFC 9053) of the three algorithms that authenticators use: ES256 on P-256, EdDSA on Ed25519, RS256
 * with 2048 to 4096 bits. The key says which, and only that one is tried.
 */
#ifndef TENON_IDENTITY_COSE_H
#define TENON_IDENTITY_COSE_H

#include "base/text.h"

enum cose_algorithm { COSE_ES256 = -7, COSE_EDDSA = -8, COSE_RS256 = -257 };

/* The rows of what is taken, best first; 0 behind the last. */
extern const int64_t cose_algorithms[];

/* True when `key` is one whole key of ours, its numbers of the right size and its point on the curve. */
bool cose_key_check(text key, int64_t *ret_algorithm);

/* True when the key's owner signed the message. False also for a key that would not pass cose_key_check. */
bool cose_verify(text key, text message, text signature);

#endif
