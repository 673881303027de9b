/*
 * The end of an account. What is the person's own goes with it: sessions, keys they made, links, ways to sign in, conversations; and
 * the organizations that were theirs alone are deleted as an owner deletes one. What they made in organizations that go on stays
 * there and names nobody.
 */
#include "crypto/crypto.h"
#include "features/auth/auth_admin.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_lockout.h"
#include "features/auth/auth_session.h"
#include "features/keys/keys.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs.h"

/* A letter is on its way from an organization: the caller's, or else one of the person's. */
static enum result say_farewell(struct call *call, const struct user_row *row)
{
    uuid before = call->organization;
    char spelled[CLOCK_TEXT];
    struct list orgs;
    enum result result;

    if (uuid_is_none(before)) {
        TRY(orgs_of(call, row->id, &orgs));
        if (!orgs.len)
            return OK;
        call_enter(call, ((const struct org *)orgs.items)->id);
    }
    result = LETTER(call, "account_deleted", row->email, { "name", row->name }, { "email", row->email }, { "time", clock_format(call->now, spelled) });
    call_enter(call, before);
    return result;
}

enum result account_delete(struct call *call, uuid user)
{
    struct user_row row;

    TRY(user_by_id(call, user, &row));
    TRY(other_admin(call, &row));
    TRY(say_farewell(call, &row));
    TRY(orgs_release(call, user, row.email));
    TRY(keys_revoke_of(call, user));
    TRY(attempts_forget(call, row.email));
    sessions_changed(call, user);
    return user_delete(call, user);
}

/* --- by the person ----------------------------------------------------------------------------------------------------------- */

const struct field account_end_fields[] = {
    TEXT(struct account_end_body, current_password, .max = 1000), TEXT(struct account_end_body, token, .max = 100, .doc = "Of the link, for an account without a password."), FIELDS_END,
};

/* Whoever has no password shows by a letter who they are. */
static enum result ask_by_letter(struct request *req, const struct user_row *row)
{
    struct call *call = &req->call;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(deletion_link_send(call, row));
    TRY(tx_commit(&tx));
    return respond_accepted(req);
}

static enum result end_account(struct call *call, const struct user_row *row, text token)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    if (token.len)
        TRY(deletion_link_use(call, row->id, token));
    else
        TRY(session_still(call, row->password_hash));
    TRY(account_delete(call, row->id));
    return tx_commit(&tx);
}

enum result account_end(struct request *req, const void *in)
{
    const struct account_end_body *body = in;
    struct user_row row;

    TRY(user_by_id(&req->call, req->call.user, &row));
    if (!body->token.len && !row.password_hash.len)
        return ask_by_letter(req, &row);
    if (!body->token.len && !password_matches(row.password_hash, body->current_password))
        return fail_field(&req->call, "current_password", "is not right");
    TRY(end_account(&req->call, &row, body->token));
    if (req->cookie_session)
        session_clear_cookie(req);
    return respond_empty(req);
}
