/* What the auth feature keeps of a person; auth_store.h declares it. */
#include "features/auth/auth_store.h"

#define OWN "a person asks for what is kept of them"

struct account_export {
    uuid id;
    text name, email, metadata;
    bool email_verified, is_active, is_admin;
    int64_t created_at, updated_at, last_login;
};
static const struct field account_columns[] = {
    UUID(struct account_export, id), TEXT(struct account_export, name), TEXT(struct account_export, email), BOOL(struct account_export, email_verified),
    BOOL(struct account_export, is_active), BOOL(struct account_export, is_admin), TIME(struct account_export, created_at), TIME(struct account_export, updated_at),
    TIME(struct account_export, last_login), JSON(struct account_export, metadata), FIELDS_END,
};
const struct query export_account_query = {
    .name = "export_account",
    .sql = "SELECT id, name, email, email_verified, is_active, is_admin, created_at, updated_at, last_login, metadata FROM users WHERE id = $1",
    ROWS(struct account_export, account_columns), .system = OWN,
};

static const struct field session_export_columns[] = {
    UUID(struct session_row, id), TEXT(struct session_row, kind), TEXT(struct session_row, ip_address), TEXT(struct session_row, user_agent),
    UUID(struct session_row, impersonator_id), TEXT(struct session_row, impersonator_name), TIME(struct session_row, expires_at), TIME(struct session_row, created_at),
    TIME(struct session_row, last_used), FIELDS_END,
};
#define EXPORT_SESSIONS(which)                                                                                                                           \
    "SELECT s.id, s.kind, s.ip_address, s.user_agent, s.impersonator_id, i.name AS impersonator_name, s.expires_at, s.created_at, s.last_used FROM sessions s " \
    "LEFT JOIN users i ON i.id = s.impersonator_id WHERE s." which " = $1 ORDER BY s.created_at"
const struct query export_sessions_query = {
    .name = "export_sessions", .sql = EXPORT_SESSIONS("user_id"), ROWS(struct session_row, session_export_columns), .system = OWN,
};
const struct query export_acting_query = {
    .name = "export_acting", .sql = EXPORT_SESSIONS("impersonator_id"), ROWS(struct session_row, session_export_columns), .system = OWN,
};

static const struct field link_export_columns[] = { TEXT(struct link_row, kind), TEXT(struct link_row, email), TIME(struct link_row, expires_at), FIELDS_END };
const struct query export_links_query = {
    .name = "export_links", .sql = "SELECT kind, email, expires_at FROM account_links WHERE user_id = $1 ORDER BY created_at", ROWS(struct link_row, link_export_columns),
    .system = OWN,
};

struct place_export {
    text place;
    bool is_known;
    int64_t failures, locked_until, last_at;
};
static const struct field place_export_columns[] = {
    TEXT(struct place_export, place), BOOL(struct place_export, is_known), INT(struct place_export, failures), TIME(struct place_export, locked_until),
    TIME(struct place_export, last_at), FIELDS_END,
};
const struct query export_places_query = {
    .name = "export_places", .sql = "SELECT place, is_known, failures, locked_until, last_at FROM sign_in_places WHERE account = $1 ORDER BY last_at",
    ROWS(struct place_export, place_export_columns), .system = OWN,
};

static const struct field identity_export_columns[] = {
    TEXT(struct account_identity, provider), TEXT(struct account_identity, issuer), TEXT(struct account_identity, subject), TEXT(struct account_identity, email),
    TIME(struct account_identity, created_at), TIME(struct account_identity, last_used), FIELDS_END,
};
const struct query export_identities_query = {
    .name = "export_identities", .sql = "SELECT provider, issuer, subject, email, created_at, last_used FROM oauth_identities WHERE user_id = $1 ORDER BY created_at",
    ROWS(struct account_identity, identity_export_columns), .system = OWN,
};

const struct export auth_exports[] = {
    { "account", &export_account_query, .doc = "The account." },
    { "sessions", &export_sessions_query, .covers = { "sessions.user_id" }, .doc = "Open sessions, and who acts in them." },
    { "sessions_as_others", &export_acting_query, .covers = { "sessions.impersonator_id" }, .doc = "Sessions in which they act as others." },
    { "links", &export_links_query, .covers = { "account_links.user_id" }, .doc = "Links that were sent and not used." },
    { "identities", &export_identities_query, .covers = { "oauth_identities.user_id" }, .doc = "Who they are to other services." },
    { "sign_in_places", &export_places_query, EXPORT_BY_ACCOUNT, .doc = "Networks and devices that the account was signed in to from." },
    { NULL },
};
