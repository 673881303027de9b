#include "features/oauth/oauth_store.h"

static const struct query insert = {
    .name = "state_insert",
    .sql = "INSERT INTO oauth_states (state_hash, browser_hash, provider, verifier, nonce, next, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
};

enum result state_insert(struct call *call, const struct state_row *row)
{
    return db_run(call, &insert, ARGS(db_bytes(row->state_hash), db_bytes(row->browser_hash), db_text(row->provider), db_bytes(row->verifier), db_text(row->nonce),
                                      db_text(row->next), db_uuid(row->user_id), db_time(call->now), db_time(row->expires_at)));
}

static const struct field state_columns[] = {
    BYTES(struct state_row, verifier), TEXT(struct state_row, nonce), TEXT(struct state_row, next), UUID(struct state_row, user_id), FIELDS_END,
};
static const struct query take = {
    .name = "state_take",
    .sql = "DELETE FROM oauth_states WHERE state_hash = $1 AND browser_hash = $2 AND provider = $3 AND expires_at > $4 RETURNING verifier, nonce, next, user_id",
    ROWS(struct state_row, state_columns),
};

enum result state_take(struct call *call, text state_hash, text browser_hash, text provider, struct state_row *ret_row)
{
    struct list rows;

    TRY(db_returning(call, &take, ARGS(db_bytes(state_hash), db_bytes(browser_hash), db_text(provider), db_time(call->now)), &rows));
    if (rows.len == 0)
        return NOT_FOUND;
    *ret_row = *(struct state_row *)rows.items;
    return OK;
}

static const struct query forget = { .name = "state_forget_ended", .sql = "DELETE FROM oauth_states WHERE expires_at < $1" };

enum result state_forget_ended(struct call *call)
{
    return db_run(call, &forget, ARGS(db_time(call->now)));
}

/* --- what is kept of a person ------------------------------------------------------------------------------------------------ */

struct state_export {
    text provider;
    int64_t created_at, expires_at;
};
static const struct field state_export[] = { TEXT(struct state_export, provider), TIME(struct state_export, created_at), TIME(struct state_export, expires_at), FIELDS_END };
static const struct query export_states = {
    .name = "export_states", .sql = "SELECT provider, created_at, expires_at FROM oauth_states WHERE user_id = $1 ORDER BY created_at", ROWS(struct state_export, state_export),
    .system = "a person asks for what is kept of them",
};
const struct export oauth_exports[] = { { "linking", &export_states, .covers = { "oauth_states.user_id" }, .doc = "Services that they are about to link." }, { NULL } };

const struct query *const oauth_queries[] = { &insert, &take, &forget, &export_states, NULL };
