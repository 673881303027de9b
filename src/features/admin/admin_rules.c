#include "features/admin/admin_rules.h"

#include "features/audit/audit.h"
#include "features/auth/auth.h"
#include "features/keys/keys.h"
#include "features/orgs/orgs.h"

static enum result note_in(struct call *call, uuid organization, const char *action, text target)
{
    uuid before = call->organization;
    text client = call->client;
    enum result result;

    call_enter(call, organization);
    call->client = TEXT_NONE; /* where an administrator sits is nothing to an organization */
    result = audit_note(call, action, target);
    call->client = client;
    call_enter(call, before);
    return result;
}

/* A command of the program has no organization of its own. */
static enum result note(struct call *call, uuid organization, const char *action, text target)
{
    if (!uuid_is_none(organization))
        TRY(note_in(call, organization, action, target));
    return uuid_is_none(call->organization) || uuid_equal(call->organization, organization) ? OK : audit_note(call, action, target);
}

/* Where what concerns only this person is noted: their first organization, if there is one. */
static enum result home_of(struct call *call, uuid user, uuid *ret_organization)
{
    struct list orgs;

    TRY(orgs_of(call, user, &orgs));
    *ret_organization = orgs.len ? ((const struct org *)orgs.items)->id : UUID_NONE;
    return OK;
}

/* A command is whoever may run it; a request's administrator may have become another by now. */
static enum result still_permitted(struct call *call)
{
    return call->actor == ACTOR_SYSTEM ? OK : admin_still(call);
}

/* --- people -------------------------------------------------------------------------------------------------------------- */

enum result admin_read(struct call *call, uuid user, struct admin_user_row *ret_row)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "admin.users");

    TRY(admin_user_read(call, user, ret_row));
    ret_row->is_admin |= ret_row->email_verified && email_is_admins(ret_row->email);
    return OK;
}

enum result admin_find(struct call *call, text email, struct admin_user_row *ret_row)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "admin.users");
    enum result found = admin_user_by_email(call, email, ret_row);

    return found == NOT_FOUND ? fail(call, NOT_FOUND, "no account has the address %.*s", TEXT_ARG(email)) : found;
}

static enum result apply(struct call *call, const struct admin_change *change, const struct admin_user_row *row)
{
    uuid home;

    TRY(home_of(call, row->id, &home));
    if (change->has_admin && change->is_admin != row->is_admin) {
        TRY(account_set_admin(call, row->id, change->is_admin));
        TRY(note(call, home, change->is_admin ? "admin.granted" : "admin.revoked", row->email));
    }
    if (change->has_active && change->is_active != row->is_active) {
        TRY(account_set_active(call, row->id, change->is_active));
        TRY(note(call, home, change->is_active ? "account.activated" : "account.deactivated", row->email));
    }
    return OK;
}

enum result admin_apply(struct call *call, uuid user, const struct admin_change *change, struct admin_user_row *ret_row)
{
    struct admin_user_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(still_permitted(call));
    TRY(admin_read(call, user, &row));
    TRY(apply(call, change, &row));
    TRY(admin_read(call, user, ret_row));
    return tx_commit(&tx);
}

enum result admin_delete(struct call *call, uuid user)
{
    struct admin_user_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(still_permitted(call));
    TRY(admin_read(call, user, &row));
    TRY(note(call, UUID_NONE, "account.deleted", row.email)); /* in the person's organizations account_delete says so */
    TRY(account_delete(call, user));
    return tx_commit(&tx);
}

enum result admin_sign_out(struct call *call, uuid user)
{
    struct admin_user_row row;
    uuid home;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(still_permitted(call));
    TRY(admin_read(call, user, &row));
    TRY(home_of(call, user, &home));
    TRY(account_sign_out(call, user));
    TRY(note(call, home, "account.signed_out", row.email));
    return tx_commit(&tx);
}

/* --- organizations ------------------------------------------------------------------------------------------------------- */

enum result admin_org(struct call *call, uuid id, struct admin_org_row *ret_row)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "admin.orgs");

    return admin_org_read(call, id, ret_row);
}

/* org_close and org_reopen note it there. */
static enum result note_own(struct call *call, uuid id, const char *action, text target)
{
    return uuid_equal(call->organization, id) ? OK : note(call, UUID_NONE, action, target);
}

enum result admin_org_delete(struct call *call, uuid id, struct admin_org_row *ret_row)
{
    struct admin_org_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(still_permitted(call));
    TRY(admin_org(call, id, &row));
    if (row.deleted_at)
        return fail(call, CONFLICT, "The organization is deleted.");
    TRY(note_own(call, id, "org.deleted", row.name));
    TRY(org_close(call, row.name, id));
    TRY(admin_org(call, id, ret_row));
    return tx_commit(&tx);
}

enum result admin_org_restore(struct call *call, uuid id, struct admin_org_row *ret_row)
{
    struct admin_org_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(still_permitted(call));
    TRY(admin_org(call, id, &row));
    if (!row.deleted_at)
        return fail(call, CONFLICT, "The organization is not deleted.");
    TRY(note_own(call, id, "org.restored", row.name));
    TRY(org_reopen(call, row.name, id));
    TRY(admin_org(call, id, ret_row));
    return tx_commit(&tx);
}

/* --- keys ---------------------------------------------------------------------------------------------------------------- */

static enum result owner_of(struct call *call, uuid id, uuid *ret_organization)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "admin.keys");

    return admin_key_owner(call, id, ret_organization);
}

enum result admin_key_revoke(struct call *call, uuid id)
{
    uuid before = call->organization, organization;
    enum result result;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(still_permitted(call));
    TRY(owner_of(call, id, &organization));
    call_enter(call, organization);
    result = key_end(call, id);
    call_enter(call, before);
    TRY(result);
    return tx_commit(&tx);
}
