/* Accounts, as features see them that bring people in by other ways. */
#include "features/auth/auth.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_lockout.h"
#include "features/auth/auth_sign_in.h"
#include "features/auth/auth_store.h"
#include "features/factors/factors.h"
#include "features/keys/keys.h"
#include "features/orgs/orgs.h"

static struct account account_of(const struct user_row *row)
{
    return (struct account){ row->id, row->name, row->email, row->email_verified, row->is_active };
}

enum result account_by_id(struct call *call, uuid id, struct account *ret_account)
{
    struct user_row row;

    TRY(user_by_id(call, id, &row));
    *ret_account = account_of(&row);
    return OK;
}

enum result account_by_email(struct call *call, text email, struct account *ret_account)
{
    struct user_row row;

    TRY(user_by_email(call, email, &row));
    *ret_account = account_of(&row);
    return OK;
}

enum result account_enter(struct call *call, uuid user)
{
    struct org org = { 0 };

    call->user = user;
    return org_home(call, user, &org);
}

enum result account_take_over(struct call *call, struct account *account)
{
    TRY(account_enter(call, account->id));
    TRY(user_set_password(call, account->id, TEXT_NONE));
    TRY(link_drop_all(call, account->id, TEXT_NONE));
    TRY(identity_drop_all(call, account->id));
    TRY(session_delete_all(call, account->id));
    sessions_changed(call, account->id);
    TRY(factors_drop(call, account->id));
    TRY(challenges_drop(call, account->id));
    TRY(keys_revoke_of(call, account->id));
    TRY(invitations_withdraw_of(call, account->id));
    TRY(attempts_forgive(call, account->email));
    TRY(email_proven(call, account->id));
    account->email_verified = true;
    return OK;
}

enum result account_ways_in(struct call *call, uuid user, int64_t *ret_count)
{
    struct factors factors;
    struct user_row row;
    int64_t identities;

    TRY(user_by_id(call, user, &row));
    TRY(identity_count(call, user, &identities));
    TRY(factors_of(call, user, &factors));
    *ret_count = identities + factors.passkeys + (row.password_hash.len > 0);
    return OK;
}

enum result account_still_signed_in(struct call *call)
{
    enum result result = session_is_open(call, call->session);

    return result == NOT_FOUND ? fail(call, UNAUTHENTICATED, "The session has ended. Sign in again.") : result;
}

/* --- coming in ----------------------------------------------------------------------------------------------------------------- */

enum result auth_enter(struct request *req, uuid user, const char *action, struct sign_in **ret_sign_in)
{
    struct sign_in *sign_in = arena_new(&req->call.arena, struct sign_in);
    struct user_row row;

    TRY(user_by_id(&req->call, user, &row));
    TRY(sign_in_open(req, &row, true, action, sign_in));
    *ret_sign_in = sign_in;
    return OK;
}

bool auth_admit(struct request *req, const struct sign_in *sign_in, text *ret_challenge, struct text_list *ret_methods)
{
    if (!sign_in->challenge.ptr) {
        session_set_cookie(req, &sign_in->grant);
        return true;
    }
    *ret_challenge = sign_in->challenge;
    *ret_methods = sign_in->methods;
    return false;
}
