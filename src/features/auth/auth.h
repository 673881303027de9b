/*
 * Accounts and sessions: sign-up, sign-in, and who a request comes from.
 */
#ifndef TENON_FEATURES_AUTH_H
#define TENON_FEATURES_AUTH_H

#include "http/http.h"

struct user {
    uuid id;
    text name, email;
    bool email_verified;
    int64_t created_at, last_login;
};

extern const struct field user_view[];

/* The gate's question: who is it? A bearer token, an API key or the session cookie. */
bool auth_identify(struct request *req, bool may_block, enum result *ret_result);
bool auth_csrf(struct request *req);

/* Before what is sensitive: has the session shown within ten minutes who it is? Else MFA_REQUIRED, with a challenge for it. */
CHECKED enum result auth_proven(struct request *req);

extern const struct module auth_module;

#endif
