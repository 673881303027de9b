/*
 * Time-based one-time codes (RFC 6238: SHA-1, 30 seconds, 6 digits, which is what every authenticator application takes) and
 * the codes for the day when the device is lost.
 */
#ifndef TENON_IDENTITY_TOTP_H
#define TENON_IDENTITY_TOTP_H

#include "core/call.h"
#include "core/config.h"

enum { TOTP_SECRET_BYTES = 20, TOTP_PERIOD = 30, TOTP_DIGITS = 6 };

struct secret totp_secret_new(struct arena *arena); /* 20 random bytes (RFC 4226 §4), to be sealed at rest */
text totp_base32(struct arena *arena, struct secret secret); /* as people type it: RFC 4648 §6, unpadded */

/* `otpauth://totp/ISSUER:ACCOUNT?…`, as authenticator applications read it from a picture. It holds the secret. */
text totp_url(struct arena *arena, struct secret secret, text issuer, text account);

/*
 * The step (RFC 6238 §4.2) that the code belongs to: the one of `now` (microseconds) or the one before, and later than
 * `last`, the step that was used last (0: none). 0 when the code is not good. Whoever takes a code keeps its step in the
 * statement that compares it with the former one, so that of many requests at once one wins. White space in the code is
 * passed over.
 */
int64_t totp_step(struct secret secret, text code, int64_t now, int64_t last);

/* The code of a step; for tests, and for whoever is the device. */
text totp_code(struct arena *arena, struct secret secret, int64_t step);

/* A QR code (ISO/IEC 18004, level M) as SVG, dark on light with its margin whatever the page looks like. An empty text when
   it does not fit. */
text qr_svg(struct arena *arena, text content);

/* --- recovery codes ---------------------------------------------------------------------------------------------------------- */

enum { RECOVERY_CODES = 10 };

/*
 * A set of one-time codes such as `7kd2m-x9fqa`: 10 letters of Crockford's base32, 50 random bits. They are too short for a
 * plain hash, so they are kept as slow hashes (crypto.h) under the set's one salt: a guess costs one hash, not ten.
 */
struct recovery_codes {
    text codes[RECOVERY_CODES]; /* shown this once */
    text hashes[RECOVERY_CODES];
    text salt; /* kept beside the hashes */
};

/* Ten slow hashes: for a route with `.hashing`. */
CHECKED enum result recovery_codes_new(struct call *call, struct recovery_codes *ret_codes);

/* The hash that a code has if it is one of the set: to be deleted where it is found. Case, white space and hyphens do not
   matter, `o` is 0, `i` and `l` are 1. INVALID_CREDENTIALS when it cannot be a code. */
CHECKED enum result recovery_code_hash(struct call *call, text salt, text typed, text *ret_hash);

#endif
