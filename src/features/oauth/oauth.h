/*
 * Sign-in by other services: Google, GitHub, Microsoft and any OpenID Connect issuer, those that the configuration names. What is
 * sent and believed is identity/oauth.h's and identity/id_token.h's; what an account is, and how somebody comes in, is auth's.
 */
#ifndef TENON_FEATURES_OAUTH_H
#define TENON_FEATURES_OAUTH_H

#include "core/module.h"

extern const struct module oauth_module;

#endif
