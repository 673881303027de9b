/*
 * Secrets: hashes, passwords, sealed bytes, signed tokens. Nothing here is our own arithmetic: libsodium for Argon2id,
 * SHA-256 and HMAC, OpenSSL for AES-256-GCM, libcrypt for bcrypt.
 */
#ifndef TENON_CRYPTO_CRYPTO_H
#define TENON_CRYPTO_CRYPTO_H

#include "core/call.h"
#include "core/config.h"

enum { HASH_BYTES = 32 };

/* Once, before anything else here. Keys that the configuration does not give are made in DATA_DIR/secrets (mode 0600) and
   kept, which production does not allow. */
CHECKED enum result crypto_start(struct call *call);

text sha256(struct arena *arena, text bytes); /* 32 bytes */
bool equal_in_time(text a, text b);           /* as long for a near miss as for a far one */

/* --- passwords (Argon2id, 19 MiB, t=2, p=1) ------------------------------------------------------------------------------ */

CHECKED enum result password_hash(struct call *call, text password, text *ret_hash);

/* An absent hash costs the same time and is false: so that an unknown account takes as long as a known one. A hash of bcrypt
   (below) is taken too. */
bool password_matches(text hash, text password);

/* True for a hash that password_hash would not make today: of bcrypt, or of other costs. Hash anew when the password is at hand. */
bool password_needs_rehash(text hash);

/* 32 bytes of Argon2id at the same cost, for secrets that are looked up by their hash: the salt (16 random bytes) is kept beside
   them. UNAVAILABLE: not enough memory now. */
enum { SALT_BYTES = 16 };
CHECKED enum result slow_hash(struct call *call, text salt, text secret, text *ret_hash);

/* --- bcrypt, for imported hashes ($2a$, $2b$, $2y$; cost 4 to 14) ---------------------------------------------------------- */

bool bcrypt_well_formed(text hash); /* fit to be imported */
bool bcrypt_matches(text hash, text password); /* false also for what is not well-formed */

/* --- sealed bytes (AES-256-GCM under ENCRYPTION_KEY) ------------------------------------------------------------------------ */

/* `bound` is what the secret belongs to (organization and row): opening it elsewhere fails. */
text seal(struct arena *arena, struct secret plain, text bound);
bool unseal(struct arena *arena, text sealed, text bound, struct secret *ret_plain);

/* --- tokens (RFC 7515, HS256 alone) -------------------------------------------------------------------------------------- */

/* `claims` is a JSON object. Signed under JWT_SECRET with its key id. */
text jwt_sign(struct arena *arena, text claims);

/* True when the signature is good under the current or the former secret; the claims are checked JSON. Time and audience
   are the caller's to check. Anything that is not exactly our own header is refused before any signature is computed. */
bool jwt_verify(struct arena *arena, text token, text *ret_claims);

/* HMAC-SHA-256 under a key derived from SESSION secrets for `purpose`; base64url. */
text keyed_token(struct arena *arena, const char *purpose, text value);

#endif
