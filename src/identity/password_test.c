/* password: the policies, the common ones, and what says nothing but its owner. */
#include <setjmp.h>
#include <stdarg.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config.h"
#include "identity/common_passwords.h"
#include "identity/password.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct password_context owner = { T("grethe.lind@example.org"), T("Grethe Lind"), T("Torv & Sand") };

#define UPPER "must have a capital letter"
#define LOWER "must have a small letter"
#define DIGIT "must have a digit"
#define EIGHT "must have at least 8 characters"
#define FIFTEEN "must have at least 15 characters"
#define MOST "must have at most 128 characters"
#define THREE "must mix three of: capital letters, small letters, digits, other characters"
#define COMMON "is one of the most common passwords"
#define CONTEXT "must not be made of the e-mail, the name or the organization"
#define TIMES_16(x) x x x x x x x x x x x x x x x x

static const struct { const char *policy, *password, *faults; } rows[] = {
    { "default", "Correct-Horse-7", "" },
    { "default", "Abcdef1", EIGHT },
    { "default", "Abcxefg1", "" },
    { "default", "abcdefg1", UPPER "; " COMMON },
    { "default", "--------", UPPER "; " LOWER "; " DIGIT },
    { "default", "A1\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9", LOWER },
    { "default", "aA1\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d", "" }, /* eight code points in eighteen bytes */
    { "default", "aA1\u4e2d\u4e2d\u4e2d\u4e2d", EIGHT },
    { "default", TIMES_16("aA1-\u4e2d\u4e2d\u4e2d\u4e2d"), "" },
    { "default", TIMES_16("aA1-\u4e2d\u4e2d\u4e2d\u4e2d") "x", MOST },
    { "default", "Password1", COMMON },
    { "default", "pAsSwOrD1", COMMON },
    { "default", "\uff30assword1", UPPER "; " COMMON }, /* compatible forms are one; the first letter is no ASCII capital */
    { "default", "Trustno1", COMMON },
    { "default", "Trustno11x-", "" },
    { "default", "Grethe.Lind@example.org1", CONTEXT },
    { "default", "Grethe Lind 1", CONTEXT },
    { "default", "1Grethe-1", CONTEXT },
    { "default", "1GRETHE-1lind", CONTEXT },
    { "default", "Lind12345678", "" }, /* eight others around it */
    { "default", "Lind1234567", CONTEXT },
    { "default", "Torv & Sand 1", CONTEXT },
    { "default", "Sand-2026-ab", "" },
    { "default", "Sand-2026", CONTEXT },
    { "default", "Grethe-walks-home-at-7", "" },
    { "three-of-four", "abcdefg-1", "" },
    { "three-of-four", "abcdefgh-", THREE },
    { "three-of-four", "Abcdefgh-", "" },
    { "three-of-four", "Passw0rd", COMMON },
    { "nist", "fourteen chars", FIFTEEN },
    { "nist", "fifteen chars..", "" },
    { "nist", "grethe lind....", CONTEXT },
    { "nist", "1q2w3e4r5t6y7u8i", "" },
    { "nist", "1q2w3e4r5t6y", FIFTEEN "; " COMMON },
};

static void policies_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(call) struct call call;
        text told = T("");
        enum result result;

        call_open(&call, NULL);
        assert_true(config_set("PASSWORD_POLICY", rows[i].policy));
        result = password_fault(&call, "password", text_of(rows[i].password), &owner);
        for (struct field_failure *f = call.failure.fields; f; f = f->next)
            told = text_format(&call.arena, "%.*s%s%.*s", TEXT_ARG(told), told.len ? "; " : "", TEXT_ARG(f->message));
        if (!text_equal(told, text_of(rows[i].faults)) || (result == OK) != !told.len)
            fail_msg("%s %s: %.*s", rows[i].policy, rows[i].password, TEXT_ARG(told));
    }
}

static void each_part_of_the_context_counts(void **state)
{
    static const struct { const char *password; struct password_context context; } same[] = {
        { "Zaphodbb12", { .email = T("zaphodbb@example.org") } },
        { "Zaphodbb@Example.org1", { .email = T("zaphodbb@example.org") } },
        { "Zaphodbb12", { .name = T("Zaphodbb the First") } },
        { "Zaphodbb12", { .organization = T("The Zaphodbb") } },
        { "Jürgensen1", { .name = T("JU\u0308RGENSEN") } }, /* the same letter, composed and not */
    };

    (void)state;
    assert_true(config_set("PASSWORD_POLICY", "default"));
    for (size_t i = 0; i < COUNT(same); i++) {
        SCOPED(call) struct call call;

        call_open(&call, NULL);
        if (password_fault(&call, "password", text_of(same[i].password), &same[i].context) != VALIDATION_ERROR)
            fail_msg("%s", same[i].password);
    }
}

static void absent_context_refuses_nothing(void **state)
{
    SCOPED(call) struct call call;

    (void)state;
    call_open(&call, NULL);
    assert_true(config_set("PASSWORD_POLICY", "default"));
    assert_int_equal(password_fault(&call, "password", T("Correct-Horse-7"), &(struct password_context){ 0 }), OK);
    assert_int_equal(password_fault(&call, "password", T("Correct-Horse-7"), &(struct password_context){ T("@"), T("  "), T("") }), OK);
}

/* Looked for upwards from this program. */
static FILE *list_of_common_passwords(void)
{
    char base[PATH_MAX], path[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", base, sizeof base - 1);
    FILE *file = NULL;

    assert_true(len > 0);
    base[len] = '\0';
    for (char *slash = strrchr(base, '/'); slash && !file; slash = strrchr(base, '/')) {
        *slash = '\0';
        snprintf(path, sizeof path, "%s/data/common_passwords.txt", base);
        file = fopen(path, "r");
    }
    assert_non_null(file);
    return file;
}

/* Every line of the list is found, and nothing beside it: the same line with one letter more, less, or another is found only
   when it is a line too. */
static void the_table_is_the_list(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    char *list = xmalloc(1 << 20);
    FILE *file = list_of_common_passwords();
    size_t len = fread(list, 1, 1 << 20, file), count = 0, besides = 0;
    text rest = { list, len };

    (void)state;
    fclose(file);
    while (rest.len) {
        text line = text_cut(&rest, '\n');

        if (!line.len)
            continue;
        count++;
        assert_true(password_is_common(&arena, line));
        assert_true(utf8_count(line) >= PASSWORD_LEAST);
        besides += password_is_common(&arena, text_format(&arena, "%.*s\x01", TEXT_ARG(line)));
        besides += password_is_common(&arena, text_format(&arena, "\x01%.*s", TEXT_ARG(line)));
    }
    assert_true(count >= 10000);
    assert_int_equal(count, common_password_count);
    assert_int_equal(besides, 0);
    assert_false(password_is_common(&arena, T("")));
    assert_false(password_is_common(&arena, TEXT_NONE));
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_hold), cmocka_unit_test(each_part_of_the_context_counts), cmocka_unit_test(absent_context_refuses_nothing), cmocka_unit_test(the_table_is_the_list),
    };

    return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
