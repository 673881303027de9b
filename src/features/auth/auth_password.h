/* Password rules, by PASSWORD_POLICY. */
#ifndef TENON_FEATURES_AUTH_PASSWORD_H
#define TENON_FEATURES_AUTH_PASSWORD_H

#include "core/call.h"

/* What the password must not be. */
struct password_owner {
    text name, email, organization;
};

/* VALIDATION_ERROR with everything that is wrong said under `field`. */
CHECKED enum result password_check(struct call *call, const char *field, text password, const struct password_owner *owner);

#endif
