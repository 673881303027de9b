#include "features/auth/auth_store.h"

#include "core/config.h"

/* --- users --------------------------------------------------------------------------------------------------------------- */

static const struct field user_columns[] = {
    UUID(struct user_row, id), TEXT(struct user_row, name), TEXT(struct user_row, email), TEXT(struct user_row, password_hash, .secret = true),
    BOOL(struct user_row, email_verified), BOOL(struct user_row, is_active), BOOL(struct user_row, is_admin), TIME(struct user_row, created_at), TIME(struct user_row, last_login), FIELDS_END,
};

#define USER_COLUMNS "id, name, email, password_hash, email_verified, is_active, is_admin, created_at, last_login"

static const struct query insert_user = {
    .name = "user_insert",
    .sql = "INSERT INTO users (id, name, email, password_hash, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
};

enum result user_insert(struct call *call, const struct user_row *row)
{
    return db_run(call, &insert_user, ARGS(db_uuid(row->id), db_text(row->name), db_text(row->email), db_text(row->password_hash), db_time(row->created_at)));
}

static const struct query by_email = {
    .name = "user_by_email", .sql = "SELECT " USER_COLUMNS " FROM users WHERE email = $1", ROWS(struct user_row, user_columns),
};

enum result user_by_email(struct call *call, text email, struct user_row *ret_row)
{
    return db_one(call, &by_email, ARGS(db_text(email)), ret_row);
}

struct hash_row {
    text hash;
};
static const struct field hash_columns[] = { { .name = "password_hash", .type = FIELD_TEXT, .at = offsetof(struct hash_row, hash), .secret = true }, FIELDS_END };
static const struct query imported = {
    .name = "imported_hash", .sql = "SELECT password_hash FROM users WHERE substr(password_hash, 2, 1) = '2' ORDER BY password_hash DESC LIMIT 1", ROWS(struct hash_row, hash_columns),
};

enum result imported_hash(struct call *call, text *ret_hash)
{
    struct hash_row row;

    TRY(db_one(call, &imported, NO_ARGS, &row));
    *ret_hash = row.hash;
    return OK;
}

static const struct query by_id = {
    .name = "user_by_id", .sql = "SELECT " USER_COLUMNS " FROM users WHERE id = $1", ROWS(struct user_row, user_columns),
};

enum result user_by_id(struct call *call, uuid id, struct user_row *ret_row)
{
    return db_one(call, &by_id, ARGS(db_uuid(id)), ret_row);
}

static const struct query rename_user = { .name = "user_rename", .sql = "UPDATE users SET name = $2 WHERE id = $1" };

enum result user_rename(struct call *call, uuid id, text name)
{
    return db_run(call, &rename_user, ARGS(db_uuid(id), db_text(name)));
}

static const struct query set_password = { .name = "user_set_password", .sql = "UPDATE users SET password_hash = $2 WHERE id = $1" };

enum result user_set_password(struct call *call, uuid id, text password_hash)
{
    return db_run(call, &set_password, ARGS(db_uuid(id), db_text(password_hash)));
}

static const struct query logged_in = { .name = "user_logged_in", .sql = "UPDATE users SET last_login = $2 WHERE id = $1" };

enum result user_logged_in(struct call *call, uuid id)
{
    return db_run(call, &logged_in, ARGS(db_uuid(id), db_time(call->now)));
}

/* --- sessions ------------------------------------------------------------------------------------------------------------ */

static const struct query insert_session = {
    .name = "session_insert",
    .sql = "INSERT INTO sessions (id, user_id, current_organization, kind, token_hash, expires_at, created_at, last_used, proven_at, ip_address, user_agent, impersonator_id) "
           "VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8, $9, $10)",
};

enum result session_insert(struct call *call, const struct session_row *row)
{
    return db_run(call, &insert_session, ARGS(db_uuid(row->id), db_uuid(row->user_id), db_uuid(row->current_organization), db_text(row->kind),
                                              db_bytes(row->token_hash), db_time(row->expires_at), db_time(row->created_at), db_text(row->ip_address),
                                              db_text(row->user_agent), db_uuid(row->impersonator_id)));
}

static const struct query rotate = {
    .name = "session_rotate", .sql = "UPDATE sessions SET token_hash = $3, expires_at = $4, last_used = $5 WHERE id = $1 AND token_hash = $2",
};

enum result session_rotate(struct call *call, uuid id, text former_hash, text token_hash, int64_t expires_at)
{
    int64_t changed;

    TRY(db_change(call, &rotate, ARGS(db_uuid(id), db_bytes(former_hash), db_bytes(token_hash), db_time(expires_at), db_time(call->now)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query move = { .name = "session_move", .sql = "UPDATE sessions SET current_organization = $2 WHERE id = $1" };

enum result session_move(struct call *call, uuid id, uuid organization)
{
    return db_run(call, &move, ARGS(db_uuid(id), db_uuid(organization)));
}

/* Several are under way at once, and the last to come is not always the latest. */
static const struct query touch = { .name = "session_touch", .relaxed = true, .sql = "UPDATE sessions SET last_used = $2 WHERE id = $1 AND last_used < $2" };

enum result session_touch(struct call *call, uuid id, int64_t now)
{
    return db_run(call, &touch, ARGS(db_uuid(id), db_time(now)));
}

static const struct query prove = { .name = "session_prove", .sql = "UPDATE sessions SET proven_at = $2 WHERE id = $1" };

enum result session_prove(struct call *call, uuid id)
{
    int64_t changed;

    TRY(db_change(call, &prove, ARGS(db_uuid(id), db_time(call->now)), &changed));
    return changed ? OK : UNAUTHENTICATED;
}

struct proven_row {
    int64_t proven_at;
};
static const struct field proven_columns[] = { TIME(struct proven_row, proven_at), FIELDS_END };
static const struct query proven = { .name = "session_proven_at", .sql = "SELECT proven_at FROM sessions WHERE id = $1", ROWS(struct proven_row, proven_columns) };

enum result session_proven_at(struct call *call, uuid id, int64_t *ret_time)
{
    struct proven_row row;
    enum result found = db_one(call, &proven, ARGS(db_uuid(id)), &row);

    if (found == NOT_FOUND)
        return UNAUTHENTICATED;
    TRY(found);
    *ret_time = row.proven_at;
    return OK;
}

static const struct query delete_one = { .name = "session_delete", .sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2" };

enum result session_delete(struct call *call, uuid id, uuid user)
{
    int64_t changed;

    TRY(db_change(call, &delete_one, ARGS(db_uuid(id), db_uuid(user)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query delete_others = { .name = "session_delete_others", .sql = "DELETE FROM sessions WHERE (user_id = $1 OR impersonator_id = $1) AND id <> $2" };

enum result session_delete_others(struct call *call, uuid user, uuid keep)
{
    return db_run(call, &delete_others, ARGS(db_uuid(user), db_uuid(keep)));
}

static const struct query delete_ended = {
    .name = "session_delete_ended", .sql = "DELETE FROM sessions WHERE expires_at < $1 OR (kind = 'cookie' AND last_used < $2)",
};

enum result session_delete_ended(struct call *call, int64_t idle_since)
{
    return db_run(call, &delete_ended, ARGS(db_time(call->now), db_time(idle_since)));
}

static const struct field session_columns[] = {
    UUID(struct session_row, id), TEXT(struct session_row, kind), TEXT(struct session_row, ip_address), TEXT(struct session_row, user_agent),
    UUID(struct session_row, impersonator_id), TEXT(struct session_row, impersonator_name), TIME(struct session_row, expires_at), TIME(struct session_row, created_at), TIME(struct session_row, last_used), FIELDS_END,
};
static const struct query list = {
    .name = "session_list",
    .sql = "SELECT s.id, s.kind, s.ip_address, s.user_agent, s.impersonator_id, i.name AS impersonator_name, s.expires_at, s.created_at, s.last_used FROM sessions s "
           "LEFT JOIN users i ON i.id = s.impersonator_id WHERE s.user_id = $1 AND s.expires_at > $2 AND (s.kind <> 'cookie' OR s.last_used > $3) "
           "ORDER BY s.last_used DESC LIMIT 200",
    ROWS(struct session_row, session_columns),
};

enum result session_list(struct call *call, uuid user, struct list *ret_rows)
{
    return db_all(call, &list, ARGS(db_uuid(user), db_time(call->now), db_time(call->now - config.session_idle_timeout)), ret_rows);
}

static const struct field state_columns[] = {
    UUID(struct session_state, id), UUID(struct session_state, user_id), UUID(struct session_state, current_organization), TEXT(struct session_state, kind),
    BYTES(struct session_state, token_hash), TEXT(struct session_state, role), TEXTS(struct session_state, permissions),
    UUID(struct session_state, impersonator_id), BOOL(struct session_state, is_admin), TEXT(struct session_state, proven_email), TIME(struct session_state, expires_at),
    TIME(struct session_state, last_used), TIME(struct session_state, proven_at), FIELDS_END,
};

#define STATE                                                                                                                                 \
    "SELECT s.id, s.user_id, s.current_organization, s.kind, s.token_hash, m.role, r.permissions, s.impersonator_id, u.is_admin, "               \
    "CASE WHEN u.email_verified THEN u.email END AS proven_email, s.expires_at, s.last_used, s.proven_at FROM sessions s "                       \
    "JOIN users u ON u.id = s.user_id AND u.is_active JOIN organizations o ON o.id = s.current_organization AND o.deleted_at IS NULL "         \
    "JOIN memberships m ON m.organization_id = s.current_organization AND m.user_id = s.user_id "                                              \
    "LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.role_id "

static const struct query state_by_id = {
    .name = "session_by_id", .sql = STATE "WHERE s.id = $1", ROWS(struct session_state, state_columns), .system = "the credentials name the organization",
};

enum result session_by_id(struct call *call, uuid id, struct session_state *ret_state)
{
    return db_one(call, &state_by_id, ARGS(db_uuid(id)), ret_state);
}

static const struct query state_by_token = {
    .name = "session_by_token", .sql = STATE "WHERE s.token_hash = $1", ROWS(struct session_state, state_columns),
    .system = "the credentials name the organization",
};

enum result session_by_token(struct call *call, text token_hash, struct session_state *ret_state)
{
    return db_one(call, &state_by_token, ARGS(db_bytes(token_hash)), ret_state);
}

/* --- links --------------------------------------------------------------------------------------------------------------- */

static const struct query insert_link = {
    .name = "link_insert", .sql = "INSERT INTO account_links (token_hash, user_id, kind, email, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
};

enum result link_insert(struct call *call, const struct link_row *row)
{
    return db_run(call, &insert_link, ARGS(db_bytes(row->token_hash), db_uuid(row->user_id), db_text(row->kind), db_text(row->email), db_time(call->now), db_time(row->expires_at)));
}

static const struct field link_columns[] = {
    BYTES(struct link_row, token_hash), UUID(struct link_row, user_id), TEXT(struct link_row, kind), TEXT(struct link_row, email), TIME(struct link_row, expires_at), FIELDS_END,
};
static const struct query read_link = {
    .name = "link_read", .sql = "SELECT token_hash, user_id, kind, email, expires_at FROM account_links WHERE token_hash = $1 AND kind = $2 AND expires_at > $3",
    ROWS(struct link_row, link_columns),
};

enum result link_read(struct call *call, text token_hash, text kind, struct link_row *ret_row)
{
    return db_one(call, &read_link, ARGS(db_bytes(token_hash), db_text(kind), db_time(call->now)), ret_row);
}

static const struct query use_link = { .name = "link_use", .sql = "DELETE FROM account_links WHERE token_hash = $1" };

enum result link_use(struct call *call, text token_hash)
{
    int64_t changed;

    TRY(db_change(call, &use_link, ARGS(db_bytes(token_hash)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query drop_links = { .name = "link_drop_all", .sql = "DELETE FROM account_links WHERE user_id = $1 AND (kind = $2 OR $2 IS NULL)" };

enum result link_drop_all(struct call *call, uuid user, text kind)
{
    return db_run(call, &drop_links, ARGS(db_uuid(user), db_text(kind)));
}

static const struct query forget_links = { .name = "link_forget_ended", .sql = "DELETE FROM account_links WHERE expires_at < $1" };

enum result link_forget_ended(struct call *call)
{
    return db_run(call, &forget_links, ARGS(db_time(call->now)));
}

/* --- the account ----------------------------------------------------------------------------------------------------------- */

static const struct query set_verified = { .name = "user_set_verified", .sql = "UPDATE users SET email_verified = TRUE WHERE id = $1" };

enum result user_set_verified(struct call *call, uuid id)
{
    return db_run(call, &set_verified, ARGS(db_uuid(id)));
}

static const struct query set_email = { .name = "user_set_email", .sql = "UPDATE users SET email = $2, email_verified = TRUE WHERE id = $1" };

enum result user_set_email(struct call *call, uuid id, text email)
{
    return db_run(call, &set_email, ARGS(db_uuid(id), db_text(email)));
}

struct there {
    bool there;
};
static const struct field there_columns[] = { BOOL(struct there, there), FIELDS_END };
static const struct query still_has = {
    .name = "user_still_has", .sql = "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1 AND password_hash = $2 AND is_active) AS there", ROWS(struct there, there_columns),
};

enum result user_still_has(struct call *call, uuid id, text password_hash)
{
    struct there row;

    TRY(db_one(call, &still_has, ARGS(db_uuid(id), db_text(password_hash)), &row));
    return row.there ? OK : INVALID_CREDENTIALS;
}

static const struct query is_open = {
    .name = "session_is_open", .sql = "SELECT EXISTS (SELECT 1 FROM sessions WHERE id = $1) AS there", ROWS(struct there, there_columns),
};

enum result session_is_open(struct call *call, uuid id)
{
    struct there row;

    TRY(db_one(call, &is_open, ARGS(db_uuid(id)), &row));
    return row.there ? OK : NOT_FOUND;
}

static const struct query delete_sessions = { .name = "session_delete_all", .sql = "DELETE FROM sessions WHERE user_id = $1 OR impersonator_id = $1" };

enum result session_delete_all(struct call *call, uuid user)
{
    return db_run(call, &delete_sessions, ARGS(db_uuid(user)));
}

static const struct query delete_opened_by = { .name = "session_delete_opened_by", .sql = "DELETE FROM sessions WHERE impersonator_id = $1" };

enum result session_delete_opened_by(struct call *call, uuid impersonator)
{
    return db_run(call, &delete_opened_by, ARGS(db_uuid(impersonator)));
}

/* --- identities ------------------------------------------------------------------------------------------------------------ */

static const struct field identity_columns[] = {
    UUID(struct account_identity, id), UUID(struct account_identity, user_id), TEXT(struct account_identity, provider), TEXT(struct account_identity, issuer),
    TEXT(struct account_identity, subject), TEXT(struct account_identity, email), TIME(struct account_identity, created_at), TIME(struct account_identity, last_used), FIELDS_END,
};

#define IDENTITIES "SELECT id, user_id, provider, issuer, subject, email, created_at, last_used FROM oauth_identities "

static const struct query find_identity = {
    .name = "identity_find", .sql = IDENTITIES "WHERE provider = $1 AND issuer = $2 AND subject = $3", ROWS(struct account_identity, identity_columns),
};

enum result account_identity_find(struct call *call, text provider, text issuer, text subject, struct account_identity *ret_identity)
{
    return db_one(call, &find_identity, ARGS(db_text(provider), db_text(issuer), db_text(subject)), ret_identity);
}

static const struct query list_identities = {
    .name = "identity_list", .sql = IDENTITIES "WHERE user_id = $1 ORDER BY created_at, id LIMIT 100", ROWS(struct account_identity, identity_columns),
};

enum result account_identity_list(struct call *call, uuid user, struct list *ret_identities)
{
    return db_all(call, &list_identities, ARGS(db_uuid(user)), ret_identities);
}

static const struct query insert_identity = {
    .name = "identity_insert",
    .sql = "INSERT INTO oauth_identities (id, user_id, provider, issuer, subject, email, created_at, last_used) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
};

enum result account_identity_add(struct call *call, const struct account_identity *identity)
{
    return db_run(call, &insert_identity, ARGS(db_uuid(identity->id), db_uuid(identity->user_id), db_text(identity->provider), db_text(identity->issuer),
                                               db_text(identity->subject), db_text(identity->email), db_time(identity->created_at)));
}

static const struct query touch_identity = { .name = "identity_touch", .sql = "UPDATE oauth_identities SET last_used = $2 WHERE id = $1" };

enum result account_identity_used(struct call *call, uuid id)
{
    return db_run(call, &touch_identity, ARGS(db_uuid(id), db_time(call->now)));
}

static const struct query delete_identity = { .name = "identity_delete", .sql = "DELETE FROM oauth_identities WHERE id = $1 AND user_id = $2" };

enum result account_identity_remove(struct call *call, uuid id, uuid user)
{
    int64_t changed;

    TRY(db_change(call, &delete_identity, ARGS(db_uuid(id), db_uuid(user)), &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query delete_identities = { .name = "identity_drop_all", .sql = "DELETE FROM oauth_identities WHERE user_id = $1" };

enum result identity_drop_all(struct call *call, uuid user)
{
    return db_run(call, &delete_identities, ARGS(db_uuid(user)));
}

struct total {
    int64_t total;
};
static const struct field total_columns[] = { INT(struct total, total), FIELDS_END };
static const struct query count_identities = {
    .name = "identity_count", .sql = "SELECT count(*) AS total FROM oauth_identities WHERE user_id = $1", ROWS(struct total, total_columns),
};

enum result identity_count(struct call *call, uuid user, int64_t *ret_count)
{
    struct total row;

    TRY(db_one(call, &count_identities, ARGS(db_uuid(user)), &row));
    *ret_count = row.total;
    return OK;
}

/* --- places ------------------------------------------------------------------------------------------------------------------ */

static const struct field place_columns[] = { BOOL(struct place_row, is_known), INT(struct place_row, failures), INT(struct place_row, locks), TIME(struct place_row, locked_until), FIELDS_END };
static const struct query read_place = {
    .name = "place_read", .sql = "SELECT is_known, failures, locks, locked_until FROM sign_in_places WHERE account = $1 AND place = $2", ROWS(struct place_row, place_columns),
};

enum result place_read(struct call *call, text account, text place, struct place_row *ret_row)
{
    return db_one(call, &read_place, ARGS(db_bytes(account), db_text(place)), ret_row);
}

static const struct query try_place = {
    .name = "place_try",
    .relaxed = true,
    .sql = "INSERT INTO sign_in_places (account, place, is_known, failures, locks, last_at) VALUES ($1, $2, FALSE, 1, 0, $3) ON CONFLICT (account, place) DO UPDATE SET "
           "failures = CASE WHEN sign_in_places.locked_until > $3 THEN sign_in_places.failures WHEN sign_in_places.last_at < $4 THEN 1 ELSE sign_in_places.failures + 1 END, "
           "locks = CASE WHEN sign_in_places.last_at < $4 THEN 0 ELSE sign_in_places.locks END, last_at = $3 RETURNING is_known, failures, locks, locked_until",
    ROWS(struct place_row, place_columns),
};

enum result place_try(struct call *call, text account, text place, int64_t forgotten_before, struct place_row *ret_row)
{
    struct list rows;

    TRY(db_returning(call, &try_place, ARGS(db_bytes(account), db_text(place), db_time(call->now), db_time(forgotten_before)), &rows));
    *ret_row = *(struct place_row *)rows.items;
    return OK;
}

static const struct query untry_place = {
    .name = "place_untry", .relaxed = true, .sql = "UPDATE sign_in_places SET failures = failures - 1 WHERE account = $1 AND place = $2 AND failures > 0",
};
static const struct query drop_place = {
    .name = "place_drop", .relaxed = true, .sql = "DELETE FROM sign_in_places WHERE account = $1 AND place = $2 AND failures = 0 AND locks = 0 AND NOT is_known",
};

enum result place_untry(struct call *call, text account, text place)
{
    TRY(db_run(call, &untry_place, ARGS(db_bytes(account), db_text(place))));
    return db_run(call, &drop_place, ARGS(db_bytes(account), db_text(place)));
}

static const struct query lock_place = { .name = "place_lock", .sql = "UPDATE sign_in_places SET locked_until = $3, locks = locks + 1, failures = 0 "
                                  "WHERE account = $1 AND place = $2 AND (locked_until IS NULL OR locked_until <= $4)" };

enum result place_lock(struct call *call, text account, text place, int64_t until, bool *ret_locked)
{
    int64_t changed;

    TRY(db_change(call, &lock_place, ARGS(db_bytes(account), db_text(place), db_time(until), db_time(call->now)), &changed));
    *ret_locked = changed > 0;
    return OK;
}

static const struct query succeed_place = {
    .name = "place_succeed",
    .relaxed = true,
    .sql = "INSERT INTO sign_in_places (account, place, is_known, failures, locks, last_at) VALUES ($1, $2, TRUE, 0, 0, $3) ON CONFLICT (account, place) DO UPDATE SET "
           "is_known = TRUE, failures = 0, locks = 0, locked_until = NULL, last_at = $3",
};

enum result place_succeed(struct call *call, text account, text place)
{
    return db_run(call, &succeed_place, ARGS(db_bytes(account), db_text(place), db_time(call->now)));
}

static const struct query clear_places = {
    .name = "place_clear", .relaxed = true, .sql = "UPDATE sign_in_places SET failures = 0, locks = 0, locked_until = NULL WHERE account = $1 AND (place = $2 OR $2 IS NULL)",
};

enum result place_clear(struct call *call, text account, text place)
{
    return db_run(call, &clear_places, ARGS(db_bytes(account), db_text(place)));
}

static const struct query forget_places = { .name = "place_forget", .sql = "DELETE FROM sign_in_places WHERE last_at < $1 AND (NOT is_known OR last_at < $2)" };

enum result place_forget(struct call *call, int64_t unknown_before, int64_t known_before)
{
    return db_run(call, &forget_places, ARGS(db_time(unknown_before), db_time(known_before)));
}

static const struct query drop_places = { .name = "place_drop_all", .sql = "DELETE FROM sign_in_places WHERE account = $1" };

enum result place_drop_all(struct call *call, text account)
{
    return db_run(call, &drop_places, ARGS(db_bytes(account)));
}

const struct query *const auth_queries[] = {
    &insert_user, &by_email, &imported, &by_id, &rename_user, &set_password, &logged_in, &insert_session, &rotate, &move, &touch, &prove, &proven, &delete_one, &delete_others,
    &delete_ended, &list, &state_by_id, &state_by_token, &insert_link, &read_link, &use_link, &drop_links, &forget_links, &set_verified, &set_email,
    &still_has, &is_open, &delete_sessions, &delete_opened_by, &find_identity, &list_identities, &insert_identity, &touch_identity, &delete_identity,
    &delete_identities, &count_identities, &read_place, &try_place, &untry_place, &drop_place, &lock_place, &succeed_place, &clear_places, &forget_places, &drop_places, ADMIN_QUERIES, EXPORT_QUERIES, NULL,
};
