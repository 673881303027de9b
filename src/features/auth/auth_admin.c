#include "features/auth/auth_admin.h"

#include "core/config.h"
#include "crypto/crypto.h"
#include "features/auth/auth_email.h"
#include "features/auth/auth_sign_in.h"
#include "features/keys/keys.h"
#include "features/orgs/orgs.h"
#include "identity/password.h"

bool email_is_admins(text email)
{
    text list = config.admin_emails;

    while (email.len && list.len)
        if (text_equal_nocase(text_trim(text_cut(&list, ',')), email))
            return true;
    return false;
}

bool user_is_admin(const struct user_row *row)
{
    return row->is_admin || (row->email_verified && email_is_admins(row->email));
}

/* --- the last administrator ---------------------------------------------------------------------------------------------- */

static enum result named_admin_besides(struct call *call, uuid user, bool *ret_there)
{
    text list = config.admin_emails;
    struct user_row row;

    *ret_there = false;
    while (list.len && !*ret_there) {
        enum result found = user_by_email(call, text_trim(text_cut(&list, ',')), &row);

        if (found != OK && found != NOT_FOUND)
            return found;
        *ret_there = found == OK && row.is_active && row.email_verified && !uuid_equal(row.id, user);
    }
    return OK;
}

enum result any_admin(struct call *call, bool *ret_there)
{
    int64_t marked;

    TRY(admins_counted(call, UUID_NONE, &marked));
    TRY(named_admin_besides(call, UUID_NONE, ret_there));
    *ret_there |= marked > 0;
    return OK;
}

enum result admin_still(struct call *call)
{
    struct user_row row;

    TRY(user_by_id(call, call->user, &row));
    return row.is_active && user_is_admin(&row) ? OK : NOT_FOUND;
}

enum result other_admin(struct call *call, const struct user_row *row)
{
    int64_t others;
    bool named;

    if (!row->is_active || !user_is_admin(row))
        return OK;
    TRY(admins_counted(call, row->id, &others));
    TRY(named_admin_besides(call, row->id, &named));
    return others || named ? OK : fail(call, CONFLICT, "This is the last administrator. Make somebody else one first.");
}

/* --- shut and opened --------------------------------------------------------------------------------------------------------- */

enum result account_sign_out(struct call *call, uuid user)
{
    TRY(session_delete_all(call, user));
    sessions_changed(call, user);
    return OK;
}

enum result account_set_active(struct call *call, uuid user, bool is_active)
{
    struct user_row row;
    enum result set;

    TRY(user_by_id(call, user, &row));
    if (!is_active)
        TRY(other_admin(call, &row));
    set = user_set_active(call, user, is_active);
    if (set == CONFLICT)
        return fail(call, CONFLICT, is_active ? "The account is active." : "The account is not active.");
    TRY(set);
    keys_maker_changed(call, user);
    if (is_active)
        return OK;
    TRY(link_drop_all(call, user, TEXT_NONE));
    return account_sign_out(call, user);
}

enum result account_set_admin(struct call *call, uuid user, bool is_admin)
{
    struct user_row row, without;
    enum result set;

    TRY(user_by_id(call, user, &row));
    without = row;
    without.is_admin = false;
    if (!is_admin && user_is_admin(&without))
        return fail(call, CONFLICT, "ADMIN_EMAILS names this account's address.");
    if (!is_admin)
        TRY(other_admin(call, &row));
    set = user_set_admin(call, user, is_admin);
    if (set == CONFLICT)
        return fail(call, CONFLICT, is_admin ? "This is an administrator already." : "This is no administrator.");
    TRY(set);
    if (!is_admin)
        TRY(session_delete_opened_by(call, user));
    sessions_changed(call, user);
    return OK;
}

/* --- made ---------------------------------------------------------------------------------------------------------------------- */

enum result account_check(struct call *call, const struct new_account *account, text *ret_hash)
{
    const char *address = check_email(account->email), *name = check_line(account->name);

    if (address)
        return fail_field(call, "email", "%s", address);
    if (name)
        return fail_field(call, "name", "%s", name);
    TRY(password_fault(call, "password", account->password, &(struct password_context){ account->email, account->name, TEXT_NONE }));
    return password_hash(call, account->password, ret_hash);
}

enum result account_make(struct call *call, const struct new_account *account, text hash, struct user *ret_user)
{
    struct user_row row = { .id = uuid_new(), .name = text_trim(account->name), .email = text_lower(&call->arena, account->email), .password_hash = hash,
                            .email_verified = true, .is_admin = account->is_admin, .created_at = call->now };
    struct org org = { 0 };
    enum result inserted = user_insert(call, &row);

    if (inserted == CONFLICT) {
        fail_field(call, "email", "is already registered");
        return CONFLICT;
    }
    TRY(inserted);
    TRY(user_set_verified(call, row.id));
    if (account->is_admin)
        TRY(user_set_admin(call, row.id, true));
    TRY(org_home(call, row.id, &org));
    *ret_user = user_of(&row);
    return OK;
}
