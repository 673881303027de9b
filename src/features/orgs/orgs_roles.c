/* Roles: the four that every organization has, and its own. Nobody makes a role that may do more than they may. */
#include "features/audit/audit.h"
#include "features/orgs/orgs_access.h"
#include "features/orgs/orgs_api.h"

enum { MOST_ROLES = 50 };

struct role_entry {
    uuid id;
    text name, description;
    bool is_builtin;
    struct text_list permissions;
    int64_t member_count, created_at;
};

const struct field role_view[] = {
    UUID(struct role_entry, id, .nullable = true, .doc = "None of a built-in role."), TEXT(struct role_entry, name), TEXT(struct role_entry, description), BOOL(struct role_entry, is_builtin),
    TEXTS(struct role_entry, permissions), INT(struct role_entry, member_count), TIME(struct role_entry, created_at, .nullable = true), FIELDS_END,
};

static struct role_entry view_of(const struct role_row *row)
{
    return (struct role_entry){ row->id, row->name, row->description, false, row->permissions, row->member_count, row->created_at };
}

static struct text_list names_of(struct call *call, unsigned permissions)
{
    struct text_list names = { arena_array(&call->arena, PERMISSION_COUNT, sizeof(text)), 0 };

    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (permissions & (unsigned)permission_rows[i].bit)
            names.items[names.len++] = permission_rows[i].name;
    return names;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static struct role_entry built_in(struct call *call, enum role role, const struct list *holders)
{
    static const char *const docs[] = {
        [ROLE_OWNER] = "Everything, and the organization itself.", [ROLE_ADMIN] = "Everything but what concerns owners.",
        [ROLE_MEMBER] = "Works with documents, conversations and models.", [ROLE_VIEWER] = "Reads.",
    };
    struct role_entry view = { .name = role_name(role), .description = text_of(docs[role]), .is_builtin = true, .permissions = names_of(call, role_permissions(role)) };

    for (size_t i = 0; i < holders->len; i++) {
        const struct role_row *row = (const struct role_row *)holders->items + i;

        if (text_equal(row->name, view.name))
            view.member_count = row->member_count;
    }
    return view;
}

enum result roles_list(struct request *req, const void *in)
{
    struct call *call = &req->call;
    struct list rows, holders;
    struct role_entry *views;
    size_t count = 0;

    (void)in;
    TRY(org_is_current(req));
    TRY(role_list(call, &rows));
    TRY(role_holders(call, &holders));
    views = arena_array(&call->arena, rows.len + ROLE_OWNER, sizeof *views);
    for (int role = ROLE_OWNER; role >= ROLE_VIEWER; role--)
        views[count++] = built_in(call, (enum role)role, &holders);
    for (size_t i = 0; i < rows.len; i++)
        views[count++] = view_of((const struct role_row *)rows.items + i);
    return respond_list(req, role_view, (struct list){ views, count }, sizeof *views);
}

static enum result show(struct request *req, int status, const struct role_row *row)
{
    struct role_entry view = view_of(row);

    return respond(req, status, role_view, &view);
}

enum result role_show(struct request *req, const void *in)
{
    struct role_row row;

    (void)in;
    TRY(org_is_current(req));
    TRY(role_read(&req->call, req->ids[1], &row));
    return show(req, 200, &row);
}

/* --- making -------------------------------------------------------------------------------------------------------------- */

static const char *check_permission(text value)
{
    return permission_of(value) ? NULL : "is not a known permission";
}

static const char *check_role_name(text value)
{
    const char *fault = check_line(value);

    for (const char *const *built_in = role_names; *built_in; built_in++)
        if (text_equal_nocase(value, text_of(*built_in)))
            return "is the name of a built-in role";
    return fault || text_trim(value).len == value.len ? fault : "must not begin or end with a space";
}

const struct field role_create_fields[] = {
    TEXT(struct role_body, name, .required = true, .min = 1, .max = 60, .check = check_role_name), TEXT(struct role_body, description, .max = 500),
    TEXTS(struct role_body, permissions, .required = true, .max = PERMISSION_COUNT, .check = check_permission), FIELDS_END,
};

const struct field role_change_fields[] = {
    TEXT(struct role_body, name, .min = 1, .max = 60, .check = check_role_name), TEXT(struct role_body, description, .max = 500),
    TEXTS(struct role_body, permissions, .max = PERMISSION_COUNT, .check = check_permission, .given = offsetof(struct role_body, has_permissions)), FIELDS_END,
};

static enum result within_own(struct call *call, const struct held_role *mine, struct text_list permissions)
{
    if (permissions_of(permissions) & ~mine->permissions)
        return fail_field(call, "permissions", "must not go beyond your own");
    return OK;
}

static text words_of(struct call *call, struct text_list names)
{
    text words = T("");

    for (size_t i = 0; i < names.len; i++)
        words = text_format(&call->arena, "%.*s%s%.*s", TEXT_ARG(words), i ? " " : "", TEXT_ARG(names.items[i]));
    return words;
}

static enum result name_taken(struct call *call, enum result result)
{
    if (result == CONFLICT)
        fail_field(call, "name", "is taken");
    return result;
}

static enum result check_count(struct call *call)
{
    struct list rows;

    TRY(role_list(call, &rows));
    return rows.len < MOST_ROLES ? OK : fail(call, CONFLICT, "An organization has at most %d roles of its own.", MOST_ROLES);
}

enum result role_create(struct request *req, const void *in)
{
    const struct role_body *body = in;
    struct call *call = &req->call;
    struct role_row row = { .id = uuid_new(), .name = body->name, .description = body->description, .created_at = call->now };
    struct held_role mine;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_is_current(req));
    row.permissions = names_of(call, permissions_of(body->permissions)); /* each once */
    tx = tx_begin(call);
    TRY(callers_role(call, ROLES_MANAGE, &mine));
    TRY(within_own(call, &mine, row.permissions));
    TRY(check_count(call));
    TRY(name_taken(call, role_insert(call, &row)));
    TRY(audit_note_detail(call, "role.created", row.name, audit_detail(call, "permissions", words_of(call, row.permissions), NULL, TEXT_NONE)));
    TRY(role_read(call, row.id, &row)); /* before the end, so that nothing can fail once it is stored */
    TRY(tx_commit(&tx));
    return show(req, 201, &row);
}

/* Who takes something out of a role takes it from its holders; so the caller must cover it as it is and as it will be. */
enum result role_change(struct request *req, const void *in)
{
    const struct role_body *body = in;
    struct call *call = &req->call;
    struct text_list next = names_of(call, permissions_of(body->permissions));
    struct held_role mine, now;
    struct role_row row;
    SCOPED(tx) struct tx tx = { 0 };

    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(callers_role(call, ROLES_MANAGE, &mine));
    TRY(role_read(call, req->ids[1], &row));
    now = held_role(role_name(ROLE_CUSTOM), row.id, row.name, row.permissions);
    TRY(role_covers(call, &mine, &now));
    TRY(within_own(call, &mine, next));
    TRY(name_taken(call, role_update(call, row.id, body->name, body->description, body->has_permissions ? &next : NULL)));
    TRY(audit_note_detail(call, "role.changed", row.name, audit_detail(call, "name", body->name, "permissions", body->has_permissions ? words_of(call, next) : TEXT_NONE)));
    membership_changed(call, UUID_NONE);
    TRY(role_read(call, row.id, &row));
    TRY(tx_commit(&tx));
    return show(req, 200, &row);
}

enum result role_remove(struct request *req, const void *in)
{
    struct call *call = &req->call;
    struct held_role mine, now;
    struct role_row row;
    SCOPED(tx) struct tx tx = { 0 };

    (void)in;
    TRY(org_is_current(req));
    tx = tx_begin(call);
    TRY(callers_role(call, ROLES_MANAGE, &mine));
    TRY(role_read(call, req->ids[1], &row));
    now = held_role(role_name(ROLE_CUSTOM), row.id, row.name, row.permissions);
    TRY(role_covers(call, &mine, &now));
    if (row.member_count || row.invitation_count)
        return fail(call, CONFLICT, "%lld members hold this role and %lld open invitations promise it. Give them another first.", (long long)row.member_count,
                    (long long)row.invitation_count);
    TRY(role_delete(call, row.id));
    TRY(audit_note(call, "role.deleted", row.name));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}
