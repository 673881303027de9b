#include "features/factors/factors_store.h"

/* --- factors ------------------------------------------------------------------------------------------------------------- */

static const struct field factors_columns[] = { TIME(struct factors, totp_since), INT(struct factors, passkeys), INT(struct factors, recovery_codes), FIELDS_END };
static const struct query read_factors = {
    .name = "factors_read",
    .sql = "SELECT (SELECT confirmed_at FROM mfa_factors WHERE user_id = $1 AND kind = 'totp') AS totp_since, "
           "(SELECT count(*) FROM mfa_factors WHERE user_id = $1 AND kind = 'passkey') AS passkeys, "
           "(SELECT count(*) FROM mfa_recovery_codes WHERE user_id = $1) AS recovery_codes",
    ROWS(struct factors, factors_columns),
};

enum result factors_read(struct call *call, uuid user, struct factors *ret_factors)
{
    return db_one(call, &read_factors, ARGS(db_uuid(user)), ret_factors);
}

static const struct field factor_columns[] = {
    UUID(struct factor_row, id), UUID(struct factor_row, user_id), TEXT(struct factor_row, kind), TEXT(struct factor_row, name), BYTES(struct factor_row, secret, .secret = true),
    BYTES(struct factor_row, credential_id), BYTES(struct factor_row, public_key), INT(struct factor_row, counter), BOOL(struct factor_row, backup_eligible),
    BOOL(struct factor_row, backed_up), TIME(struct factor_row, created_at), TIME(struct factor_row, confirmed_at), TIME(struct factor_row, last_used), FIELDS_END,
};

#define COLUMNS "id, user_id, kind, name, secret, credential_id, public_key, counter, backup_eligible, backed_up, created_at, confirmed_at, last_used"

static const struct query insert = {
    .name = "factor_insert", .sql = "INSERT INTO mfa_factors (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, NULL)",
};

enum result factor_insert(struct call *call, const struct factor_row *row)
{
    return db_run(call, &insert, ARGS(db_uuid(row->id), db_uuid(row->user_id), db_text(row->kind), db_text(row->name), db_bytes(row->secret), db_bytes(row->credential_id),
                                      db_bytes(row->public_key), db_int(row->counter), db_bool(row->backup_eligible), db_bool(row->backed_up), db_time(row->created_at),
                                      db_time(row->confirmed_at)));
}

/* NOT_FOUND where nothing was changed. */
static enum result change_one(struct call *call, const struct query *query, struct args args)
{
    int64_t changed;

    TRY(db_change(call, query, args, &changed));
    return changed ? OK : NOT_FOUND;
}

static const struct query count_factor = {
    .name = "factor_count", .sql = "UPDATE mfa_factors SET counter = $3, backed_up = $4, last_used = $5 WHERE id = $1 AND counter = $2 AND confirmed_at IS NOT NULL",
};

enum result factor_count(struct call *call, uuid id, int64_t before, int64_t counter, bool backed_up)
{
    return change_one(call, &count_factor, ARGS(db_uuid(id), db_int(before), db_int(counter), db_bool(backed_up), db_time(call->now)));
}

static const struct query delete_all = { .name = "factors_delete", .sql = "DELETE FROM mfa_factors WHERE user_id = $1" };

enum result factors_delete(struct call *call, uuid user)
{
    return db_run(call, &delete_all, ARGS(db_uuid(user)));
}

/* --- one-time codes ------------------------------------------------------------------------------------------------------ */

static const struct query read_totp = {
    .name = "totp_read", .sql = "SELECT " COLUMNS " FROM mfa_factors WHERE user_id = $1 AND kind = 'totp'", ROWS(struct factor_row, factor_columns),
};

enum result totp_read(struct call *call, uuid user, struct factor_row *ret_row)
{
    return db_one(call, &read_totp, ARGS(db_uuid(user)), ret_row);
}

static const struct query confirm_totp = {
    .name = "totp_confirm", .sql = "UPDATE mfa_factors SET confirmed_at = $2, last_used = $2, counter = $3 WHERE id = $1 AND confirmed_at IS NULL",
};

enum result totp_confirm(struct call *call, uuid id, int64_t counter)
{
    return change_one(call, &confirm_totp, ARGS(db_uuid(id), db_time(call->now), db_int(counter)));
}

static const struct query delete_pending = { .name = "totp_delete_pending", .sql = "DELETE FROM mfa_factors WHERE user_id = $1 AND kind = 'totp' AND confirmed_at IS NULL" };

enum result totp_delete_pending(struct call *call, uuid user)
{
    return db_run(call, &delete_pending, ARGS(db_uuid(user)));
}

static const struct query delete_totp = { .name = "totp_delete", .sql = "DELETE FROM mfa_factors WHERE user_id = $1 AND kind = 'totp'" };

enum result totp_delete(struct call *call, uuid user)
{
    return change_one(call, &delete_totp, ARGS(db_uuid(user)));
}

/* --- passkeys ------------------------------------------------------------------------------------------------------------ */

static const struct query list_passkeys = {
    .name = "passkey_list", .sql = "SELECT " COLUMNS " FROM mfa_factors WHERE user_id = $1 AND kind = 'passkey' ORDER BY created_at, id LIMIT 100",
    ROWS(struct factor_row, factor_columns),
};

enum result passkey_list(struct call *call, uuid user, struct list *ret_rows)
{
    return db_all(call, &list_passkeys, ARGS(db_uuid(user)), ret_rows);
}

static const struct query read_passkey = {
    .name = "passkey_read", .sql = "SELECT " COLUMNS " FROM mfa_factors WHERE id = $1 AND user_id = $2 AND kind = 'passkey'", ROWS(struct factor_row, factor_columns),
};

enum result passkey_read(struct call *call, uuid user, uuid id, struct factor_row *ret_row)
{
    return db_one(call, &read_passkey, ARGS(db_uuid(id), db_uuid(user)), ret_row);
}

static const struct query by_credential = {
    .name = "passkey_by_credential", .sql = "SELECT " COLUMNS " FROM mfa_factors WHERE credential_id = $1", ROWS(struct factor_row, factor_columns),
};

enum result passkey_by_credential(struct call *call, text credential_id, struct factor_row *ret_row)
{
    return db_one(call, &by_credential, ARGS(db_bytes(credential_id)), ret_row);
}

static const struct query rename_passkey = { .name = "passkey_rename", .sql = "UPDATE mfa_factors SET name = $3 WHERE id = $1 AND user_id = $2 AND kind = 'passkey'" };

enum result passkey_rename(struct call *call, uuid user, uuid id, text name)
{
    return change_one(call, &rename_passkey, ARGS(db_uuid(id), db_uuid(user), db_text(name)));
}

static const struct query delete_passkey = { .name = "passkey_delete", .sql = "DELETE FROM mfa_factors WHERE id = $1 AND user_id = $2 AND kind = 'passkey'" };

enum result passkey_delete(struct call *call, uuid user, uuid id)
{
    return change_one(call, &delete_passkey, ARGS(db_uuid(id), db_uuid(user)));
}

/* --- recovery codes ------------------------------------------------------------------------------------------------------ */

static const struct query insert_recovery = { .name = "recovery_insert", .sql = "INSERT INTO mfa_recovery_codes (user_id, code_hash, salt) VALUES ($1, $2, $3)" };

enum result recovery_insert(struct call *call, uuid user, text code_hash, text salt)
{
    return db_queue(call, &insert_recovery, ARGS(db_uuid(user), db_bytes(code_hash), db_bytes(salt)));
}

struct salt_row {
    text salt;
};
static const struct field salt_columns[] = { BYTES(struct salt_row, salt), FIELDS_END };
static const struct query read_salt = { .name = "recovery_salt", .sql = "SELECT salt FROM mfa_recovery_codes WHERE user_id = $1 LIMIT 1", ROWS(struct salt_row, salt_columns) };

enum result recovery_salt(struct call *call, uuid user, text *ret_salt)
{
    struct salt_row row;

    TRY(db_one(call, &read_salt, ARGS(db_uuid(user)), &row));
    *ret_salt = row.salt;
    return OK;
}

static const struct query use_recovery = { .name = "recovery_use", .sql = "DELETE FROM mfa_recovery_codes WHERE user_id = $1 AND code_hash = $2" };

enum result recovery_use(struct call *call, uuid user, text code_hash)
{
    return change_one(call, &use_recovery, ARGS(db_uuid(user), db_bytes(code_hash)));
}

static const struct query delete_recovery = { .name = "recovery_delete", .sql = "DELETE FROM mfa_recovery_codes WHERE user_id = $1" };

enum result recovery_delete(struct call *call, uuid user)
{
    return db_run(call, &delete_recovery, ARGS(db_uuid(user)));
}

static const struct query delete_orphans = {
    .name = "recovery_delete_orphans",
    .sql = "DELETE FROM mfa_recovery_codes WHERE user_id = $1 AND NOT EXISTS (SELECT 1 FROM mfa_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL)",
};

enum result recovery_delete_orphans(struct call *call, uuid user)
{
    return db_run(call, &delete_orphans, ARGS(db_uuid(user)));
}

/* --- challenges ---------------------------------------------------------------------------------------------------------- */

static const struct field challenge_columns[] = {
    BYTES(struct challenge_row, token_hash), TEXT(struct challenge_row, purpose), UUID(struct challenge_row, user_id), UUID(struct challenge_row, session_id),
    TIME(struct challenge_row, expires_at), FIELDS_END,
};

static const struct query insert_challenge = {
    .name = "challenge_insert", .sql = "INSERT INTO mfa_challenges (token_hash, purpose, user_id, session_id, attempts, expires_at) VALUES ($1, $2, $3, $4, 0, $5)",
};

enum result challenge_insert(struct call *call, const struct challenge_row *row)
{
    return db_run(call, &insert_challenge, ARGS(db_bytes(row->token_hash), db_text(row->purpose), db_uuid(row->user_id), db_uuid(row->session_id), db_time(row->expires_at)));
}

static const struct query read_challenge = {
    .name = "challenge_read", .sql = "SELECT token_hash, purpose, user_id, session_id, expires_at FROM mfa_challenges WHERE token_hash = $1 AND expires_at > $2 AND attempts < $3",
    ROWS(struct challenge_row, challenge_columns),
};

enum result challenge_read(struct call *call, text token_hash, int64_t tries, struct challenge_row *ret_row)
{
    return db_one(call, &read_challenge, ARGS(db_bytes(token_hash), db_time(call->now), db_int(tries)), ret_row);
}

static const struct query count_challenge = {
    .name = "challenge_count",
    .sql = "UPDATE mfa_challenges SET attempts = attempts + 1 WHERE token_hash = $1 AND expires_at > $2 AND attempts < $3 RETURNING token_hash, purpose, user_id, session_id, expires_at",
    ROWS(struct challenge_row, challenge_columns),
};

enum result challenge_count(struct call *call, text token_hash, int64_t tries, struct challenge_row *ret_row)
{
    struct list rows;

    TRY(db_returning(call, &count_challenge, ARGS(db_bytes(token_hash), db_time(call->now), db_int(tries)), &rows));
    if (rows.len == 0)
        return NOT_FOUND;
    *ret_row = *(const struct challenge_row *)rows.items;
    return OK;
}

static const struct query delete_challenge = { .name = "challenge_delete", .sql = "DELETE FROM mfa_challenges WHERE token_hash = $1" };

enum result challenge_delete(struct call *call, text token_hash)
{
    return change_one(call, &delete_challenge, ARGS(db_bytes(token_hash)));
}

static const struct query delete_challenges = { .name = "challenge_delete_of", .sql = "DELETE FROM mfa_challenges WHERE user_id = $1" };

enum result challenge_delete_of(struct call *call, uuid user)
{
    return db_run(call, &delete_challenges, ARGS(db_uuid(user)));
}

static const struct query delete_ended = { .name = "challenge_delete_ended", .sql = "DELETE FROM mfa_challenges WHERE expires_at < $1" };
static const struct query delete_unconfirmed = { .name = "factor_delete_unconfirmed", .sql = "DELETE FROM mfa_factors WHERE confirmed_at IS NULL AND created_at < $1" };

enum result factors_delete_ended(struct call *call, int64_t pending_before)
{
    TRY(db_run(call, &delete_ended, ARGS(db_time(call->now))));
    return db_run(call, &delete_unconfirmed, ARGS(db_time(pending_before)));
}

struct open_row {
    bool open;
};
static const struct field open_columns[] = { BOOL(struct open_row, open), FIELDS_END };
static const struct query session_open = {
    .name = "factors_session_open", .sql = "SELECT EXISTS (SELECT 1 FROM sessions WHERE id = $1) AS open", ROWS(struct open_row, open_columns),
};

enum result factors_session_open(struct call *call, bool *ret_open)
{
    struct open_row row;

    TRY(db_one(call, &session_open, ARGS(db_uuid(call->session)), &row));
    *ret_open = row.open;
    return OK;
}

/* --- what is kept of a person ------------------------------------------------------------------------------------------------ */

#define OWN "a person asks for what is kept of them"

static const struct field factor_export[] = {
    TEXT(struct factor_row, kind), TEXT(struct factor_row, name), BOOL(struct factor_row, backed_up), TIME(struct factor_row, created_at),
    TIME(struct factor_row, confirmed_at), TIME(struct factor_row, last_used), FIELDS_END,
};
static const struct query export_factors = {
    .name = "export_factors", .sql = "SELECT kind, name, backed_up, created_at, confirmed_at, last_used FROM mfa_factors WHERE user_id = $1 ORDER BY created_at",
    ROWS(struct factor_row, factor_export), .system = OWN,
};

struct codes_export {
    int64_t unused;
};
static const struct field codes_export[] = { INT(struct codes_export, unused), FIELDS_END };
static const struct query export_codes = {
    .name = "export_codes", .sql = "SELECT count(*) AS unused FROM mfa_recovery_codes WHERE user_id = $1", ROWS(struct codes_export, codes_export), .system = OWN,
};

static const struct field challenge_export[] = { TEXT(struct challenge_row, purpose), TIME(struct challenge_row, expires_at), FIELDS_END };
static const struct query export_challenges = {
    .name = "export_challenges", .sql = "SELECT purpose, expires_at FROM mfa_challenges WHERE user_id = $1 ORDER BY expires_at", ROWS(struct challenge_row, challenge_export),
    .system = OWN,
};

const struct export factors_exports[] = {
    { "factors", &export_factors, .covers = { "mfa_factors.user_id" }, .doc = "Second factors, without what they prove by." },
    { "recovery_codes", &export_codes, .covers = { "mfa_recovery_codes.user_id" }, .doc = "How many are left." },
    { "challenges", &export_challenges, .covers = { "mfa_challenges.user_id" }, .doc = "What they have been asked and not answered." },
    { NULL },
};

const struct query *const factors_queries[] = {
    &read_factors, &insert, &count_factor, &delete_all, &read_totp, &confirm_totp, &delete_pending, &delete_totp, &list_passkeys, &read_passkey, &by_credential,
    &rename_passkey, &delete_passkey, &insert_recovery, &read_salt, &use_recovery, &delete_recovery, &delete_orphans, &insert_challenge, &read_challenge,
    &count_challenge, &delete_challenge, &delete_challenges, &delete_ended, &delete_unconfirmed, &session_open, &export_factors, &export_codes, &export_challenges, NULL,
};
