/*
 * Which passwords people may choose, by PASSWORD_POLICY. How they are hashed is crypto's.
 *
 *   default        8 to 128 characters, a capital letter, a small letter and a digit at least
 *   three-of-four  8 to 128, three of: capital letters, small letters, digits, other characters
 *   nist           15 to 128, whatever they are (NIST SP 800-63B §3.1.1)
 *
 * Characters are code points. Under every policy a password is none of the common ones, and nothing that a stranger knows of
 * its owner (context, below). Both are compared without case and with compatible forms made one (Unicode NFKC and case
 * folding), so `ＰＡＳＳＷＯＲＤ1` is `password1`; what is hashed are the bytes as they came.
 */
#ifndef TENON_IDENTITY_PASSWORD_H
#define TENON_IDENTITY_PASSWORD_H

#include "core/call.h"

enum { PASSWORD_LEAST = 8, PASSWORD_LEAST_NIST = 15, PASSWORD_MOST = 128 };

/*
 * What a stranger may know: the e-mail and the part before its `@`, the name and the organization and their words. A password
 * is refused that is one of these, or that holds one of four characters or more with fewer than PASSWORD_LEAST others
 * around it: `Marlene-1234` says nothing but the name, while a long phrase may have the name in it. Members may be absent.
 */
struct password_context {
    text email, name, organization;
};

/* VALIDATION_ERROR with everything that is wrong said under `field`. The password is valid UTF-8. */
CHECKED enum result password_fault(struct call *call, const char *field, text password, const struct password_context *context);

/* True for one of the shipped list (data/common_passwords.txt; none is shorter than PASSWORD_LEAST), compared as above. */
bool password_is_common(struct arena *arena, text password);

#endif
