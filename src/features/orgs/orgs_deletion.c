/* Deletion of an organization: marked, shut at once, restorable for 30 days by an owner, or by an administrator of the installation
   where one deleted it; then gone with all that was in it. */
#include "blob/blob.h"
#include "core/log.h"
#include "features/audit/audit.h"
#include "features/letters/letters.h"
#include "features/orgs/orgs_access.h"
#include "features/orgs/orgs_api.h"

static const int64_t GRACE = 30 * DAY;

const struct field deletion_fields[] = { TEXT(struct deletion_body, name, .max = 255, .doc = "The organization's name, to confirm."), FIELDS_END };

const struct field deletion_view[] = {
    UUID(struct deletion, id), TEXT(struct deletion, name), TIME(struct deletion, deleted_at), TIME(struct deletion, removed_at, .doc = "When it can no longer be restored."),
    FIELDS_END,
};

static enum result tell_members(struct call *call, text organization, bool by_admin)
{
    text until = time_in_words(call, call->now + GRACE);
    struct list people;

    TRY(people_of(call, &people));
    for (size_t i = 0; i < people.len; i++) {
        const struct person_row *person = (const struct person_row *)people.items + i;

        if (mail_address_valid(person->email))
            TRY(LETTER(call, "organization_deleted", person->email, { "name", one_line(call, person->name) },
                       { "organization", one_line(call, organization) }, { "time", until },
                       { "who", by_admin ? T("an administrator") : T("an owner") }));
    }
    return OK;
}

enum result org_shut(struct call *call, text name, bool by_admin)
{
    TRY(org_set_deleted(call, call->now, by_admin));
    membership_changed(call, UUID_NONE);
    return audit_note(call, "org.deleted", name);
}

/* The session that asks goes on in the person's home; the others of the call's organization end. */
static enum result end_sessions(struct call *call)
{
    uuid organization = call->organization;
    struct org home = { 0 };

    TRY(org_home(call, call->user, &home));
    TRY(session_move_to(call, call->session, home.id));
    call_enter(call, organization);
    return sessions_end_all(call);
}

static enum result shut(struct call *call, text confirmation, struct deletion *ret_deletion)
{
    struct org_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(org_read(call, &row));
    if (!text_equal(row.role, role_name(ROLE_OWNER)))
        return fail(call, FORBIDDEN, "Only an owner can delete an organization.");
    if (!text_equal(text_trim(confirmation), text_trim(row.name)))
        return fail_field(call, "name", "must be the organization's name");
    TRY(org_shut(call, row.name, false));
    TRY(tell_members(call, row.name, false));
    *ret_deletion = (struct deletion){ row.id, row.name, call->now, call->now + GRACE };
    TRY(end_sessions(call));
    return tx_commit(&tx);
}

enum result org_delete(struct request *req, const void *in)
{
    const struct deletion_body *body = in;
    uuid organization = req->call.organization;
    struct deletion view = { 0 };
    enum result result;

    TRY(org_is_current(req));
    result = shut(&req->call, body->name, &view);
    call_enter(&req->call, organization); /* where it begins again, if it must */
    TRY(result);
    return respond(req, 200, deletion_view, &view);
}

/* --- by whoever runs the installation ---------------------------------------------------------------------------------- */

static enum result close_entered(struct call *call, text name, bool own)
{
    TRY(org_shut(call, name, true));
    TRY(tell_members(call, name, true));
    return own ? end_sessions(call) : sessions_end_all(call);
}

static enum result reopen_entered(struct call *call, text name, bool own)
{
    (void)own;
    return org_open_again(call, name);
}

/* In the organization, and back to where the call was, for it may have to begin again. Where an administrator sits is nothing to it. */
static enum result within(struct call *call, text name, uuid organization, enum result (*run)(struct call *call, text name, bool own))
{
    uuid before = call->organization;
    text client = call->client;
    enum result result;

    call_enter(call, organization);
    call->client = TEXT_NONE;
    result = run(call, name, uuid_equal(organization, before));
    call->client = client;
    call_enter(call, before);
    return result;
}

enum result org_close(struct call *call, text name, uuid organization)
{
    return within(call, name, organization, close_entered);
}

enum result org_reopen(struct call *call, text name, uuid organization)
{
    return within(call, name, organization, reopen_entered);
}

/* --- back again ---------------------------------------------------------------------------------------------------------- */

/* A deleted organization has no session in it: it is found among the person's own. */
static enum result find_own(struct call *call, uuid id, struct org_row *ret_row)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "orgs.restore");
    struct list rows;

    TRY(orgs_by_user(call, call->user, true, &rows));
    for (size_t i = 0; i < rows.len; i++)
        if (uuid_equal(((struct org_row *)rows.items)[i].id, id)) {
            *ret_row = ((struct org_row *)rows.items)[i];
            return OK;
        }
    return NOT_FOUND;
}

enum result org_open_again(struct call *call, text name)
{
    TRY(org_set_deleted(call, 0, false));
    membership_changed(call, UUID_NONE);
    return audit_note(call, "org.restored", name);
}

static enum result open_again(struct call *call, uuid id, struct org *ret_org)
{
    struct org_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(find_own(call, id, &row));
    if (!row.deleted_at)
        return fail(call, CONFLICT, "This organization is not deleted.");
    if (row.deleted_at + GRACE <= call->now)
        return NOT_FOUND;
    if (row.deleted_by_admin)
        return fail(call, FORBIDDEN, "An administrator deleted this organization, and can restore it.");
    call_enter(call, id);
    TRY(org_open_again(call, row.name));
    TRY(org_membership(call, id, call->user, ret_org));
    return tx_commit(&tx);
}

enum result org_restore(struct request *req, const void *in)
{
    struct call *call = &req->call;
    uuid before = call->organization;
    struct org_brief view;
    struct org org = { 0 };
    enum result result;

    (void)in;
    result = open_again(call, req->ids[0], &org);
    call_enter(call, before);
    TRY(result);
    view = org_brief_of(&org);
    return respond(req, 200, org_brief_view, &view);
}

/* --- for good ------------------------------------------------------------------------------------------------------------ */

/* The row first, which holds off whoever would restore it now; its files while that is held. A crash in between leaves the row,
   which comes again, and not files that nothing names. */
static enum result remove_with_files(struct call *call, uuid id)
{
    SCOPED(tx) struct tx tx = tx_begin(call);

    call_enter(call, id);
    TRY(org_remove(call, id, call->now - GRACE));
    TRY(blob_delete_all(call));
    return tx_commit(&tx);
}

static enum result purge(struct call *call)
{
    struct list rows;

    TRY(orgs_deleted(call, call->now - GRACE, &rows));
    for (size_t i = 0; i < rows.len; i++) {
        enum result removed = AGAIN(call, remove_with_files(call, ((const struct person_row *)rows.items)[i].id));

        if (removed == NOT_FOUND) /* restored at this moment */
            continue;
        TRY(removed);
        LOG(INFO, call, "a deleted organization was removed");
    }
    return OK;
}

const struct chore orgs_purge = { .name = "orgs.purge", .every = HOUR, .run = purge, .doc = "Removes organizations that were deleted 30 days ago." };
