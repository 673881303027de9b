/* What becomes of a person's organizations when they go for good. */
#include "features/audit/audit.h"
#include "features/orgs/orgs_access.h"
#include "features/orgs/orgs_api.h"

static enum result rows_left_by(struct call *call, uuid user, struct list *ret_rows)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "orgs.release");

    return orgs_left_by(call, user, ret_rows);
}

static bool is_orphaned(const struct left_row *row)
{
    return text_equal(row->role, role_name(ROLE_OWNER)) && row->owners == 0 && row->members > 0;
}

static enum result none_orphaned(struct call *call, const struct left_row *rows, size_t count)
{
    text names = TEXT_NONE;

    for (size_t i = 0; i < count; i++) {
        if (!is_orphaned(&rows[i]))
            continue;
        fail_field_text(call, T("organizations"), rows[i].name);
        names = names.ptr ? text_format(&call->arena, "%.*s, %.*s", TEXT_ARG(names), TEXT_ARG(rows[i].name)) : rows[i].name;
    }
    return names.ptr ? fail(call, CONFLICT, "Others would be left without an owner in: %.*s. Hand the ownership over first.", TEXT_ARG(names)) : OK;
}

static enum result release(struct call *call, const struct left_row *row, uuid user, text email)
{
    call_enter(call, row->id);
    if (row->members == 0)
        return org_shut(call, row->name, false);
    membership_changed(call, user);
    return audit_note(call, "member.account_deleted", email);
}

enum result orgs_release(struct call *call, uuid user, text email)
{
    uuid before = call->organization;
    enum result result;
    const struct left_row *rows;
    struct list list;

    TRY(rows_left_by(call, user, &list));
    rows = list.items;
    result = none_orphaned(call, rows, list.len);
    for (size_t i = 0; i < list.len && result == OK; i++)
        result = release(call, &rows[i], user, email);
    call_enter(call, before); /* where it begins again, if it must */
    return result;
}
