/* Deletion of an organization: marked, shut at once, restorable by an owner for 30 days, then gone with all that was in it. */
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

static enum result tell_members(struct call *call, text organization)
{
    text until = time_in_words(call, call->now + GRACE);
    struct list people;

    TRY(people_of(call, &people));
    for (size_t i = 0; i < people.len; i++) {
        const struct person_row *person = (const struct person_row *)people.items + i;

        if (mail_address_valid(person->email))
            TRY(LETTER(call, "organization_deleted", person->email, { "name", one_line(call, person->name) },
                       { "organization", one_line(call, organization) }, { "time", until }));
    }
    return OK;
}

static enum result shut(struct call *call, text confirmation, struct deletion *ret_deletion)
{
    struct org home = { 0 };
    struct org_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(org_read(call, &row));
    if (!text_equal(row.role, role_name(ROLE_OWNER)))
        return fail(call, FORBIDDEN, "Only an owner can delete an organization.");
    if (!text_equal(text_trim(confirmation), text_trim(row.name)))
        return fail_field(call, "name", "must be the organization's name");
    TRY(org_set_deleted(call, call->now));
    TRY(audit_note(call, "org.deleted", row.name));
    TRY(tell_members(call, row.name));
    membership_changed(call, UUID_NONE);
    *ret_deletion = (struct deletion){ row.id, row.name, call->now, call->now + GRACE };
    TRY(org_home(call, call->user, &home)); /* the session that asks goes on there; the others end */
    TRY(session_move_to(call, call->session, home.id));
    call_enter(call, row.id);
    TRY(sessions_end_all(call));
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

static enum result open_again(struct call *call, uuid id, struct org *ret_org)
{
    struct org_row row;
    SCOPED(tx) struct tx tx = tx_begin(call);

    TRY(find_own(call, id, &row));
    if (!row.deleted_at)
        return fail(call, CONFLICT, "This organization is not deleted.");
    if (row.deleted_at + GRACE <= call->now)
        return NOT_FOUND;
    call_enter(call, id);
    TRY(org_set_deleted(call, 0));
    TRY(audit_note(call, "org.restored", row.name));
    membership_changed(call, UUID_NONE);
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
