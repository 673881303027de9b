/*
 * What answers a challenge (features/factors/factors.h): with it a sign-in is completed, or an open session shows anew who it
 * is, by a factor or, where there is none, by the password. Wrong answers are failed attempts like wrong passwords.
 */
#ifndef TENON_FEATURES_AUTH_FACTORS_H
#define TENON_FEATURES_AUTH_FACTORS_H

#include "features/factors/factors.h"
#include "http/http.h"

struct verify_body {
    text challenge, code, recovery_code, password, session;
    bool has_credential;
    struct webauthn_assertion credential;
};

extern const struct field verify_fields[], verify_view[], passkey_login_fields[];
enum result mfa_verify(struct request *req, const void *body);
enum result passkey_login(struct request *req, const void *body);

#endif
