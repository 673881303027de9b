/* Statements about who administers the installation, and accounts as those decide them; auth_store.h declares them. */
#include "features/auth/auth_store.h"

/* --- the account as others decide it ---------------------------------------------------------------------------------------- */

static enum result one_changed(struct call *call, const struct query *query, struct args args, enum result otherwise)
{
    int64_t changed;

    TRY(db_change(call, query, args, &changed));
    return changed ? OK : otherwise;
}

const struct query user_set_active_query = { .name = "user_set_active", .sql = "UPDATE users SET is_active = $2 WHERE id = $1 AND is_active <> $2" };

enum result user_set_active(struct call *call, uuid id, bool is_active)
{
    return one_changed(call, &user_set_active_query, ARGS(db_uuid(id), db_bool(is_active)), CONFLICT);
}

const struct query user_set_admin_query = { .name = "user_set_admin", .sql = "UPDATE users SET is_admin = $2 WHERE id = $1 AND is_admin <> $2" };

enum result user_set_admin(struct call *call, uuid id, bool is_admin)
{
    return one_changed(call, &user_set_admin_query, ARGS(db_uuid(id), db_bool(is_admin)), CONFLICT);
}

const struct query user_delete_query = { .name = "user_delete", .sql = "DELETE FROM users WHERE id = $1" };

enum result user_delete(struct call *call, uuid id)
{
    return one_changed(call, &user_delete_query, ARGS(db_uuid(id)), NOT_FOUND);
}

struct counted {
    int64_t counted;
};
static const struct field counted_columns[] = { INT(struct counted, counted), FIELDS_END };
const struct query admins_counted_query = {
    .name = "admins_counted", .sql = "SELECT count(*) AS counted FROM users WHERE is_admin AND is_active AND (id <> $1 OR $1 IS NULL)", ROWS(struct counted, counted_columns),
};

enum result admins_counted(struct call *call, uuid besides, int64_t *ret_count)
{
    struct counted row;

    TRY(db_one(call, &admins_counted_query, ARGS(db_uuid(besides)), &row));
    *ret_count = row.counted;
    return OK;
}

/* --- the first administrator ------------------------------------------------------------------------------------------------- */

struct there {
    bool there;
};
static const struct field there_columns[] = { BOOL(struct there, there), FIELDS_END };

const struct query users_exist_query = { .name = "users_exist", .sql = "SELECT EXISTS (SELECT 1 FROM users) AS there", ROWS(struct there, there_columns) };

enum result users_exist(struct call *call, bool *ret_exist)
{
    struct there row;

    TRY(db_one(call, &users_exist_query, NO_ARGS, &row));
    *ret_exist = row.there;
    return OK;
}

const struct query setup_insert_query = { .name = "setup_insert", .sql = "INSERT INTO setup_links (token_hash, created_at, expires_at) VALUES ($1, $2, $3)" };

enum result setup_insert(struct call *call, text token_hash, int64_t expires_at)
{
    return db_run(call, &setup_insert_query, ARGS(db_bytes(token_hash), db_time(call->now), db_time(expires_at)));
}

const struct query setup_is_good_query = {
    .name = "setup_is_good", .sql = "SELECT EXISTS (SELECT 1 FROM setup_links WHERE token_hash = $1 AND expires_at > $2) AS there", ROWS(struct there, there_columns),
};

enum result setup_is_good(struct call *call, text token_hash)
{
    struct there row;

    TRY(db_one(call, &setup_is_good_query, ARGS(db_bytes(token_hash), db_time(call->now)), &row));
    return row.there ? OK : NOT_FOUND;
}

#define NO_ADMIN "NOT EXISTS (SELECT 1 FROM users WHERE is_admin AND is_active)"
const struct query setup_use_query = { .name = "setup_use", .sql = "DELETE FROM setup_links WHERE token_hash = $1 AND expires_at > $2 AND " NO_ADMIN };

enum result setup_use(struct call *call, text token_hash)
{
    return one_changed(call, &setup_use_query, ARGS(db_bytes(token_hash), db_time(call->now)), NOT_FOUND);
}

const struct query setup_forget_query = { .name = "setup_forget_ended", .sql = "DELETE FROM setup_links WHERE expires_at < $1 OR NOT " NO_ADMIN };

enum result setup_forget_ended(struct call *call)
{
    return db_run(call, &setup_forget_query, ARGS(db_time(call->now)));
}
