#include "identity/password.h"

#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>

#include "core/config.h"
#include "identity/common_passwords.h"

enum { WORD_LEAST = 4, LONGEST = 4096 }; /* bytes that are folded; what is longer is refused by its length */

/* Without case and compatible differences. As it is where that cannot be done. */
static text folded(struct arena *arena, text t)
{
    size_t len;
    uint8_t *made = t.len && t.len <= LONGEST ? u8_casefold((const uint8_t *)t.ptr, t.len, NULL, UNINORM_NFKC, NULL, &len) : NULL;
    text copy;

    if (!made)
        return t;
    copy = text_copy(arena, (text){ (char *)made, len });
    free(made);
    return copy;
}

/* --- common passwords ----------------------------------------------------------------------------------------------------- */

static bool is_common(text password)
{
    size_t bucket = text_hash(password) % COMMON_PASSWORD_BUCKETS;
    const char *at = common_passwords + common_password_starts[bucket], *end = common_passwords + common_password_starts[bucket + 1];

    while (at < end) {
        text one = { at + 1, (unsigned char)*at };

        if (text_equal(one, password))
            return true;
        at += 1 + one.len;
    }
    return false;
}

bool password_is_common(struct arena *arena, text password)
{
    return is_common(folded(arena, password));
}

/* --- what a stranger knows -------------------------------------------------------------------------------------------------- */

/* Code points of `password` that stand outside every `word` in it; all of them where it holds none. */
static size_t outside(text password, text word)
{
    size_t all = utf8_count(password), at;

    while ((at = text_find(password, word)) != SIZE_MAX) {
        all -= utf8_count(word);
        password = text_slice(password, at + word.len, password.len);
    }
    return all;
}

static bool says_only(text password, text word)
{
    size_t length = utf8_count(word);

    if (text_equal(password, word))
        return word.len > 0;
    return length >= WORD_LEAST && text_find(password, word) != SIZE_MAX && outside(password, word) < PASSWORD_LEAST;
}

/* The whole and each of its words. */
static bool says_part(struct arena *arena, text password, text known)
{
    known = text_trim(folded(arena, known));
    if (says_only(password, known))
        return true;
    while (known.ptr)
        if (says_only(password, text_cut(&known, ' ')))
            return true;
    return false;
}

static bool says_context(struct arena *arena, text password, const struct password_context *context)
{
    text local = context->email;

    password = text_trim(folded(arena, password));
    return says_part(arena, password, context->email) || says_part(arena, password, text_cut(&local, '@')) ||
           says_part(arena, password, context->name) || says_part(arena, password, context->organization);
}

/* --- composition ------------------------------------------------------------------------------------------------------------ */

struct kinds {
    bool upper, lower, digit, other;
};

/* Letters beyond ASCII count as `other`: not every script has capitals. */
static struct kinds kinds_in(text password)
{
    struct kinds kinds = { 0 };

    for (size_t i = 0; i < password.len; i++) {
        char c = password.ptr[i];

        if (c >= 'A' && c <= 'Z')
            kinds.upper = true;
        else if (c >= 'a' && c <= 'z')
            kinds.lower = true;
        else if (c >= '0' && c <= '9')
            kinds.digit = true;
        else
            kinds.other = true;
    }
    return kinds;
}

static enum result check_default(struct call *call, const char *field, text password)
{
    struct kinds kinds = kinds_in(password);
    enum result result = OK;

    if (!kinds.upper)
        result = fail_field(call, field, "must have a capital letter");
    if (!kinds.lower)
        result = fail_field(call, field, "must have a small letter");
    if (!kinds.digit)
        result = fail_field(call, field, "must have a digit");
    return result;
}

static enum result check_three(struct call *call, const char *field, text password)
{
    struct kinds kinds = kinds_in(password);

    if (kinds.upper + kinds.lower + kinds.digit + kinds.other >= 3)
        return OK;
    return fail_field(call, field, "must mix three of: capital letters, small letters, digits, other characters");
}

/* The policies, by the names that the option takes. */
static const struct policy {
    const char *name;
    size_t least;
    enum result (*check)(struct call *call, const char *field, text password);
} policies[] = {
    { "default", PASSWORD_LEAST, check_default },
    { "three-of-four", PASSWORD_LEAST, check_three },
    { "nist", PASSWORD_LEAST_NIST, NULL },
};

static const struct policy *policy_in_force(void)
{
    for (size_t i = 0; i < COUNT(policies); i++)
        if (text_equal(config.password_policy, text_of(policies[i].name)))
            return &policies[i];
    return &policies[0];
}

enum result password_fault(struct call *call, const char *field, text password, const struct password_context *context)
{
    const struct policy *policy = policy_in_force();
    size_t count = utf8_count(password);
    enum result result = OK;

    if (count > PASSWORD_MOST)
        return fail_field(call, field, "must have at most %d characters", PASSWORD_MOST);
    if (count < policy->least)
        result = fail_field(call, field, "must have at least %zu characters", policy->least);
    if (policy->check && policy->check(call, field, password) != OK)
        result = VALIDATION_ERROR;
    if (password_is_common(&call->arena, password))
        result = fail_field(call, field, "is one of the most common passwords");
    if (says_context(&call->arena, password, context))
        result = fail_field(call, field, "must not be made of the e-mail, the name or the organization");
    return result;
}
