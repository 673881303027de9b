#include "core/access.h"

#include "core/result.h"

const struct permission_row permission_rows[PERMISSION_COUNT] = {
#define PERMISSION_ROW(bit, name, role, by_default, doc) { bit, { name, sizeof name - 1 }, role, by_default, doc },
    PERMISSIONS(PERMISSION_ROW)
#undef PERMISSION_ROW
};

static const struct { enum role role; text name; } role_rows[] = {
    { ROLE_NONE, { "none", 4 } },   { ROLE_CUSTOM, { "custom", 6 } }, { ROLE_VIEWER, { "viewer", 6 } }, { ROLE_MEMBER, { "member", 6 } },
    { ROLE_ADMIN, { "admin", 5 } },   { ROLE_OWNER, { "owner", 5 } },
};

const char *const role_names[] = { "viewer", "member", "admin", "owner", NULL };

unsigned role_permissions(enum role role)
{
    unsigned bits = 0;

    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (role >= permission_rows[i].role)
            bits |= permission_rows[i].bit;
    return role == ROLE_NONE ? 0 : bits;
}

text role_name(enum role role)
{
    return role_rows[role].name;
}

bool role_of(text name, enum role *ret_role)
{
    for (size_t i = 1; i < COUNT(role_rows); i++)
        if (text_equal(role_rows[i].name, name)) {
            *ret_role = role_rows[i].role;
            return true;
        }
    return false;
}

enum permission permission_of(text name)
{
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (text_equal(permission_rows[i].name, name))
            return permission_rows[i].bit;
    return PERMISSION_NONE;
}

unsigned permissions_of(struct text_list names)
{
    unsigned bits = 0;

    for (size_t i = 0; i < names.len; i++)
        bits |= (unsigned)permission_of(names.items[i]);
    return bits;
}

unsigned permissions_by_default(void)
{
    unsigned bits = 0;

    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (permission_rows[i].by_default)
            bits |= permission_rows[i].bit;
    return bits;
}
