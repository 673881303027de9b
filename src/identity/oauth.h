/*
 * Sign-in with other services: OAuth 2.0 (RFC 6749, RFC 9700) with PKCE (RFC 7636) and OpenID Connect. What is sent and what
 * comes back; the feature fetches. The services are rows of one table.
 */
#ifndef TENON_IDENTITY_OAUTH_H
#define TENON_IDENTITY_OAUTH_H

#include "core/call.h"
#include "core/config.h"

/* --- services ------------------------------------------------------------------------------------------------------------------ */

/* Who somebody is to a service. */
struct identity {
    text subject; /* for ever theirs at this service; never an e-mail or a name, which change hands */
    text email;   /* absent where the service tells none */
    bool email_verified; /* the service itself says that the address is theirs */
    text name;
};

struct oauth_provider {
    const char *name; /* as in /api/auth/oauth/:provider */
    const char *label;
    const char *scope;
    const char *more; /* further parameters of the authorization request, or NULL */

    /* Of OpenID Connect: where the document is and what its `issuer` says. NULL: OIDC_ISSUER says it. */
    bool oidc;
    const char *discovery, *issuer;
    bool userinfo; /* what its userinfo endpoint says counts like a claim */
    bool (*identity)(struct arena *arena, text claims, struct identity *ret_identity);

    /* Of plain OAuth (GitHub): endpoints, and what says who. A server of one's own has them in other places (oauth_api_url). */
    const char *server, *api;
    const char *authorization, *token; /* paths of the server */
    const char *user, *emails;         /* of the API */
};

extern const struct oauth_provider oauth_providers[]; /* .name NULL behind the last */
const struct oauth_provider *oauth_provider_named(text name); /* NULL: there is none */

/* Of plain OAuth: where a path of the row is, with `server` (GITHUB_URL) in the place of the row's own. A GitHub Enterprise Server
   has its API at /api/v3. */
text oauth_server_url(struct arena *arena, text server, const char *path);
text oauth_api_url(struct arena *arena, const struct oauth_provider *provider, text server, const char *path);

/*
 * The identity in verified claims of an ID token, as the service's row reads it. False when it says not who. An e-mail counts as
 * verified by `email_verified`; Microsoft's only where `xms_edov` or `verified_primary_email` says so, because any tenant's
 * administrator writes the other claims.
 */
bool oauth_identity(struct arena *arena, const struct oauth_provider *provider, text claims, struct identity *ret_identity);

/* The same where the token tells no e-mail: from the userinfo endpoint's answer, which must be of the claims' subject (§5.3.2). */
bool oauth_identity_userinfo(struct arena *arena, const struct oauth_provider *provider, text claims, text userinfo, struct identity *ret_identity);

/* GitHub's: the answers of .user and .emails. The e-mail is the primary and verified one or absent. False: cannot be read. */
bool oauth_identity_github(struct arena *arena, text user, text emails, struct identity *ret_identity);

/* --- discovery (OpenID Connect Discovery 1.0 §4) --------------------------------------------------------------------------------- */

struct oidc_discovery {
    text issuer, authorization_endpoint, token_endpoint, jwks_uri;
    text userinfo_endpoint;    /* absent where there is none */
    bool answers_with_issuer;  /* the callback must bring `iss`, equal to the issuer (RFC 9207) */
    bool secret_in_body;       /* the token endpoint does not take Basic */
};

text oidc_discovery_url(struct arena *arena, text issuer);

/* False unless the document's issuer is `issuer` to the letter and its endpoints are of https (of http, where the issuer is). */
bool oidc_discovery_read(struct arena *arena, text document, text issuer, struct oidc_discovery *ret_discovery);

/* --- the way there ------------------------------------------------------------------------------------------------------------------ */

/* Fresh for each sign-in, kept on the server with the state, used once. */
text pkce_verifier(struct arena *arena);
text pkce_challenge(struct arena *arena, text verifier); /* S256 */

struct oauth_start {
    text endpoint, client_id, redirect_uri, scope, state, verifier;
    text nonce; /* absent: no OpenID Connect */
    text more;  /* further parameters, encoded; or absent */
};

text oauth_authorization_url(struct arena *arena, const struct oauth_start *start);

/* --- and back: the token endpoint ------------------------------------------------------------------------------------------------------ */

struct oauth_exchange {
    text code, redirect_uri, client_id, verifier;
    struct secret client_secret;
    bool secret_in_body; /* else it goes into oauth_basic */
};

/* The form (`application/x-www-form-urlencoded`) to post; ask with `Accept: application/json`. */
struct secret oauth_token_form(struct arena *arena, const struct oauth_exchange *exchange);
struct secret oauth_basic(struct arena *arena, const struct oauth_exchange *exchange); /* value of Authorization (RFC 6749 §2.3.1) */

struct oauth_tokens {
    struct secret access_token; /* never absent */
    struct secret id_token;     /* absent without OpenID Connect */
};

/* False when the service refused or answered nonsense; `ret_error` is then its error code, fit for a log, or `malformed`. Some
   refuse with status 200, so the status says nothing here. */
bool oauth_tokens_read(struct arena *arena, text answer, struct oauth_tokens *ret_tokens, text *ret_error);

/* A code as RFC 6749 §5.2 spells them, or `malformed`: nothing of a stranger's goes into a log as it came. */
text oauth_error_code(text code);

#endif
