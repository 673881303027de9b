/* The table of common passwords as common_passwords.py makes it from data/common_passwords.txt. For password.c alone. */
#ifndef TENON_IDENTITY_COMMON_PASSWORDS_H
#define TENON_IDENTITY_COMMON_PASSWORDS_H

#include <stddef.h>
#include <stdint.h>

enum { COMMON_PASSWORD_BUCKETS = 1 << 13 };

extern const size_t common_password_count;
extern const char common_passwords[];          /* each behind a byte with its length */
extern const uint32_t common_password_starts[]; /* of each bucket, and the end */

#endif
