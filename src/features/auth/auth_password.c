#include "features/auth/auth_password.h"

#include "core/config.h"

struct counts {
    size_t upper, lower, digit, other, all;
};

/* Letters beyond ASCII count as `other`: whether they are capitals is not everywhere a question. */
static struct counts count(text password)
{
    struct counts counts = { .all = utf8_count(password) };

    for (size_t i = 0; i < password.len; i++) {
        char c = password.ptr[i];

        if (c >= 'A' && c <= 'Z')
            counts.upper++;
        else if (c >= 'a' && c <= 'z')
            counts.lower++;
        else if (c >= '0' && c <= '9')
            counts.digit++;
        else
            counts.other++;
    }
    return counts;
}

static enum result check_composition(struct call *call, const char *field, const struct counts *counts)
{
    enum result result = OK;
    int kinds = !!counts->upper + !!counts->lower + !!counts->digit + !!counts->other;

    if (text_equal(config.password_policy, T("nist")))
        return OK;
    if (text_equal(config.password_policy, T("three-of-four")))
        return kinds >= 3 ? OK : fail_field(call, field, "must mix three of: capital letters, small letters, digits, other characters");
    if (!counts->upper)
        result = fail_field(call, field, "must have a capital letter");
    if (!counts->lower)
        result = fail_field(call, field, "must have a small letter");
    if (!counts->digit)
        result = fail_field(call, field, "must have a digit");
    return result;
}

static bool same(text password, text other)
{
    return other.len && text_equal_nocase(text_trim(password), text_trim(other));
}

enum result password_check(struct call *call, const char *field, text password, const struct password_owner *owner)
{
    size_t least = text_equal(config.password_policy, T("nist")) ? 15 : 8;
    struct counts counts = count(password);
    text local = owner->email;
    enum result result;

    if (counts.all > 128)
        return fail_field(call, field, "must have at most 128 characters");
    result = counts.all < least ? fail_field(call, field, "must have at least %zu characters", least) : OK;
    if (check_composition(call, field, &counts) != OK)
        result = VALIDATION_ERROR;
    if (same(password, owner->email) || same(password, text_cut(&local, '@')) || same(password, owner->name) || same(password, owner->organization))
        result = fail_field(call, field, "must not be the e-mail, the name or the organization");
    return result;
}
