/*
 * Configuration: every option is one row of the table in config.c; from it come the environment and `.env` parsing, the
 * checks at start, `tenon config` and `.env.example`. The snapshot is read once and never changes while the program runs.
 */
#ifndef TENON_CORE_CONFIG_H
#define TENON_CORE_CONFIG_H

#include "base/buffer.h"
#include "base/clock.h"

/* Bytes that must not be shown. A type of its own, so that no log or view macro takes it. */
struct secret {
    text value;
};

enum environment { ENV_DEVELOPMENT, ENV_PRODUCTION, ENV_TEST };

/* `count` per `window`; count 0: no limit. */
struct rate {
    int64_t count;
    int64_t window;
};

/* This program, to a service that signs people in. */
struct oauth_client {
    text id; /* absent: not configured */
    struct secret secret;
};

struct config {
    int64_t environment; /* enum environment */
    text host;
    int64_t port;
    text app_url, api_url;
    text data_dir;
    text database_url, database_owner_url, database_replica_url, database_listen_url, database_ssl, redis_url;
    int64_t database_pool_size, redis_ttl;
    int64_t workers, io_threads;

    struct secret jwt_secret, jwt_secret_previous;
    int64_t jwt_expiration, session_timeout, session_idle_timeout, session_memory;
    bool cookie_secure;
    struct secret encryption_key, encryption_key_previous;
    text password_policy;
    int64_t hash_slots;
    bool skip_auth, signup_private;
    text admin_emails;

    struct rate limit_auth, limit_sensitive, limit_public, limit_user, limit_key, limit_widget;
    text cors_origin, trusted_proxies, outbound_allow, dns_server;
    int64_t max_file_size, vector_memory;
    text log_level;
    struct secret metrics_token;

    text mail_from, smtp_host, smtp_user, sendgrid_from_email, sendgrid_url;
    struct secret smtp_pass, sendgrid_api_key;
    int64_t smtp_port, mail_timeout;

    struct oauth_client google, github, microsoft, oidc;
    text github_url, oidc_issuer;

    int64_t gateway_connect_timeout, gateway_first_byte_timeout, gateway_idle_timeout, gateway_total_timeout;
};

extern struct config config; /* written by config_load alone */

/*
 * Reads `.env` of the working directory (when there is one) and the environment over it. Returns the number of faults;
 * each is described in one line of `ret_faults`, all of them at once. Texts live as long as the program.
 */
int config_load(struct buffer *ret_faults);

/* Sets one option as its environment variable would; for tests. False when the name or value is wrong. */
bool config_set(const char *name, const char *value);

void config_print(struct buffer *out);         /* name, value (secrets masked), source, default, meaning */
void config_print_example(struct buffer *out); /* .env.example */
void config_print_page(struct buffer *out);    /* docs/configuration.md */

/* An operator's own provider key from the environment (OPENAI_API_KEY …), absent when unset or empty. */
struct secret config_provider_key(text env_name);

#endif
