/* totp: codes of the standard, each good once; the picture; recovery codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "identity/totp.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct secret key = { T("12345678901234567890") }; /* RFC 6238 appendix B */

static void codes_are_the_standards(void **state)
{
    static const struct { int64_t time; const char *code; } rows[] = {
        { 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" },
        { 2000000000, "279037" }, { INT64_C(20000000000), "353130" },
    };
    static const char *const counters[] = { "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489" };
    SCOPED(arena) struct arena arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(totp_step(key, text_of(rows[i].code), rows[i].time * SECOND, 0), rows[i].time / 30);
    for (size_t i = 0; i < COUNT(counters); i++) /* RFC 4226 appendix D */
        assert_true(text_equal(totp_code(&arena, key, (int64_t)i), text_of(counters[i])));
}

static void a_code_is_good_now_and_one_step_later_once(void **state)
{
    int64_t time = INT64_C(1234567890) * SECOND, step = 1234567890 / 30, begin = step * 30 * SECOND;

    (void)state;
    assert_int_equal(totp_step(key, T("005924"), begin, 0), step);
    assert_int_equal(totp_step(key, T("005924"), begin - 1, 0), 0); /* not yet */
    assert_int_equal(totp_step(key, T("005924"), begin + 60 * SECOND - 1, 0), step);
    assert_int_equal(totp_step(key, T("005924"), begin + 60 * SECOND, 0), 0); /* two steps later */
    assert_int_equal(totp_step(key, T("005924"), time, step - 1), step);
    assert_int_equal(totp_step(key, T("005924"), time, step), 0); /* used */
    assert_int_equal(totp_step(key, T("005924"), time, step + 1), 0);
}

static void only_six_digits_are_a_code(void **state)
{
    static const char *const bad[] = { "", "5924", "00592", "0059240", "00592a", "-05924", "+05924", "005924\n", ("\xd9\xa0\xd9\xa0" "5924") };
    int64_t time = INT64_C(1234567890) * SECOND;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(totp_step(key, text_of(bad[i]), time, 0), 0);
    assert_int_equal(totp_step(key, TEXT_NONE, time, 0), 0);
    assert_int_equal(totp_step((struct secret){ TEXT_NONE }, T("005924"), time, 0), 0);
    assert_int_not_equal(totp_step(key, T(" 005 924 "), time, 0), 0);
}

static void the_url_is_what_applications_read(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct secret first = totp_secret_new(&arena), second = totp_secret_new(&arena);

    (void)state;
    assert_true(text_equal(totp_base32(&arena, key), T("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")));
    assert_true(text_equal(totp_url(&arena, key, T("Torv & Sand: AI"), T("grethe+a@example.org")),
                           T("otpauth://totp/Torv%20%26%20Sand%3A%20AI:grethe%2Ba%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                             "&issuer=Torv%20%26%20Sand%3A%20AI&algorithm=SHA1&digits=6&period=30")));
    assert_true(first.value.len == TOTP_SECRET_BYTES && !text_equal(first.value, second.value));
}

static void the_picture_is_a_qr_code(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    text svg = qr_svg(&arena, totp_url(&arena, key, T("Tenon"), T("grethe@example.org")));
    char *huge = arena_alloc(&arena, 5000);

    (void)state;
    assert_true(text_starts(svg, T("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")) && text_ends(svg, T("z\"/></svg>")));
    assert_true(svg.len < 30000);
    /* the finder pattern's first row, behind the margin: seven dark modules */
    assert_true(text_find(svg, T("d=\"M4 4h7v1H4z")) != SIZE_MAX);
    assert_true(text_find(svg, T("M4 5h1v1H4zM10 5h1v1H10z")) != SIZE_MAX);
    memset(huge, 'x', 5000);
    assert_int_equal(qr_svg(&arena, (text){ huge, 5000 }).len, 0);
    assert_int_equal(qr_svg(&arena, T("")).len, 0);
}

static void recovery_codes_are_ten_and_hashed(void **state)
{
    SCOPED(call) struct call call;
    struct recovery_codes set;
    char typed[32];
    text hash;

    (void)state;
    call_open(&call, NULL);
    assert_int_equal(recovery_codes_new(&call, &set), OK);
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        assert_true(set.codes[i].len == 11 && set.codes[i].ptr[5] == '-');
        for (size_t j = 0; j < i; j++)
            assert_false(text_equal(set.codes[i], set.codes[j]) || text_equal(set.hashes[i], set.hashes[j]));
    }
    assert_int_equal(recovery_code_hash(&call, set.salt, set.codes[7], &hash), OK);
    assert_true(text_equal(hash, set.hashes[7]));

    /* as people type: capitals, spaces, no hyphen, letters that look like digits */
    snprintf(typed, sizeof typed, " %.5s %.5s ", set.codes[3].ptr, set.codes[3].ptr + 6);
    for (char *c = typed; *c; c++)
        *c = *c == '0' ? 'O' : *c == '1' ? 'l' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    assert_int_equal(recovery_code_hash(&call, set.salt, text_of(typed), &hash), OK);
    assert_true(text_equal(hash, set.hashes[3]));
}

static void what_cannot_be_a_recovery_code_costs_no_hash(void **state)
{
    static const char *const bad[] = { "", "-", "7kd2m-x9fq", "7kd2m-x9fqaa", "7kd2m-x9fq!", "7kd2m-x9fqu", "7kd2m\nx9fqa" };
    SCOPED(call) struct call call;
    text hash = TEXT_NONE;

    (void)state;
    call_open(&call, NULL);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(recovery_code_hash(&call, T("0123456789abcdef"), text_of(bad[i]), &hash), INVALID_CREDENTIALS);
    assert_null(hash.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_the_standards), cmocka_unit_test(a_code_is_good_now_and_one_step_later_once),
        cmocka_unit_test(only_six_digits_are_a_code), cmocka_unit_test(the_url_is_what_applications_read),
        cmocka_unit_test(the_picture_is_a_qr_code), cmocka_unit_test(recovery_codes_are_ten_and_hashed),
        cmocka_unit_test(what_cannot_be_a_recovery_code_costs_no_hash),
    };

    return cmocka_run_group_tests_name("totp", tests, NULL, NULL);
}
