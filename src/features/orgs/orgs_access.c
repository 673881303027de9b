#include "features/orgs/orgs_access.h"

#include <time.h>

#include "bus/bus.h"

const struct event membership_event = { "membership.changed", "A membership, a role or an organization changed; payload: the person's id, or nothing for all of them." };

enum result org_is_current(struct request *req)
{
    return uuid_equal(req->ids[0], req->call.organization) ? OK : NOT_FOUND;
}

struct held_role held_role(text role, uuid id, text name, struct text_list permissions)
{
    struct held_role held = { .id = id, .name = name.ptr ? name : role };

    if (!role_of(role, &held.role))
        held.role = ROLE_NONE;
    held.permissions = held.role == ROLE_CUSTOM ? permissions_of(permissions) : role_permissions(held.role);
    return held;
}

enum result held_role_named(struct call *call, text name, struct held_role *ret_role)
{
    struct role_row row;
    enum result found;

    for (const char *const *built_in = role_names; *built_in; built_in++)
        if (text_equal_nocase(name, text_of(*built_in))) {
            *ret_role = held_role(text_of(*built_in), UUID_NONE, TEXT_NONE, (struct text_list){ NULL, 0 });
            return OK;
        }
    found = role_by_name(call, name, &row);
    if (found == NOT_FOUND)
        return fail_field(call, "role", "is no role of this organization");
    TRY(found);
    *ret_role = held_role(role_name(ROLE_CUSTOM), row.id, row.name, row.permissions);
    return OK;
}

enum result callers_role(struct call *call, enum permission needed, struct held_role *ret_role)
{
    struct held_role mine = { .role = ROLE_NONE, .permissions = call->permissions };
    struct member_row row;
    enum result found;

    if (call->actor == ACTOR_USER) {
        found = member_read(call, call->user, &row);
        if (found == NOT_FOUND)
            return FORBIDDEN;
        TRY(found);
        mine = held_role(row.role, row.role_id, row.role_name, row.permissions);
    }
    if ((mine.permissions & (unsigned)needed) != (unsigned)needed)
        return FORBIDDEN;
    *ret_role = mine;
    return OK;
}

enum result role_covers(struct call *call, const struct held_role *mine, const struct held_role *other)
{
    if (mine->role == ROLE_OWNER)
        return OK;
    if (other->role == ROLE_OWNER)
        return fail(call, FORBIDDEN, "Only an owner can do this with an owner.");
    if (other->permissions & ~mine->permissions)
        return fail(call, FORBIDDEN, "The role %.*s may do more than you may yourself.", TEXT_ARG(other->name));
    return OK;
}

enum result other_owner(struct call *call, uuid user)
{
    int64_t owners;

    TRY(owners_besides(call, user, &owners));
    return owners > 0 ? OK : fail(call, CONFLICT, "An organization needs an owner. Hand the ownership over first.");
}

struct news {
    const struct services *on;
    uuid organization;
    text payload;
};

static void tell(void *context)
{
    const struct news *news = context;

    bus_emit(news->on->bus, &membership_event, news->organization, news->payload);
}

void membership_changed(struct call *call, uuid user)
{
    struct news *news = arena_new(&call->arena, struct news);

    *news = (struct news){ call->on, call->organization, uuid_is_none(user) ? T("") : uuid_text(&call->arena, user) };
    tx_on_commit(call, tell, news);
}

text audit_detail(struct call *call, const char *key, text value, const char *key2, text value2)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    if (value.ptr)
        jw_member(&w, key, text, value);
    if (value2.ptr)
        jw_member(&w, key2, text, value2);
    jw_object_close(&w);
    return text_copy(&call->arena, buffer_view(&out));
}

text one_line(struct call *call, text name)
{
    char *copy = text_z(&call->arena, name);

    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
            copy[i] = ' ';
    return (text){ copy, name.len };
}

text time_in_words(struct call *call, int64_t time)
{
    static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December" };
    time_t seconds = time / SECOND;
    struct tm at;

    gmtime_r(&seconds, &at);
    return text_format(&call->arena, "%d %s %d, %02d:%02d UTC", at.tm_mday, months[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min);
}
