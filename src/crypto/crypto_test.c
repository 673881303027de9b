/* crypto: what is sealed, signed and hashed stays so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "crypto/crypto.h"

#include <cmocka.h> /* last: it defines fail() */

static int start(void **state)
{
    SCOPED(call) struct call call;

    (void)state;
    call_open(&call, NULL);
    assert_true(config_set("JWT_SECRET", "0123456789abcdef0123456789abcdef"));
    assert_true(config_set("JWT_SECRET_PREVIOUS", "fedcba9876543210fedcba9876543210"));
    assert_true(config_set("ENCRYPTION_KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    assert_int_equal(crypto_start(&call), OK);
    return 0;
}

static void passwords_are_checked(void **state)
{
    SCOPED(call) struct call call;
    text hash;

    (void)state;
    call_open(&call, NULL);
    assert_int_equal(password_hash(&call, T("Correct-Horse-7"), &hash), OK);
    assert_true(text_starts(hash, T("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_true(password_matches(hash, T("Correct-Horse-7")));
    assert_false(password_matches(hash, T("correct-horse-7")));
    assert_false(password_matches(TEXT_NONE, T("Correct-Horse-7")));
}

static void what_is_sealed_opens_in_its_place_only(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct secret plain = { T("sk-0123456789") }, opened;
    text sealed = seal(&arena, plain, T("org/row"));

    (void)state;
    assert_true(text_find(sealed, plain.value) == SIZE_MAX);
    assert_true(unseal(&arena, sealed, T("org/row"), &opened) && text_equal(opened.value, plain.value));
    assert_false(unseal(&arena, sealed, T("org/other"), &opened));
    for (size_t i = 0; i < sealed.len; i++) {
        text broken = text_copy(&arena, sealed);

        ((char *)broken.ptr)[i] ^= 1;
        assert_false(unseal(&arena, broken, T("org/row"), &opened));
        assert_false(unseal(&arena, text_slice(sealed, 0, i), T("org/row"), &opened));
    }
}

static void only_our_own_tokens_are_believed(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    text token = jwt_sign(&arena, T("{\"sub\":\"x\"}")), claims, parts = token, header = text_cut(&parts, '.'), payload = text_cut(&parts, '.');
    const char *bad[] = {
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.",
        "eyJhbGciOiJOT05FIn0.eyJzdWIiOiJ4In0.",
        ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
         "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "a.b", "a.b.c.d", "..", "",
    };

    (void)state;
    assert_true(jwt_verify(&arena, token, &claims) && text_equal(claims, T("{\"sub\":\"x\"}")));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(jwt_verify(&arena, text_of(bad[i]), &claims));
    assert_false(jwt_verify(&arena, text_format(&arena, "%.*s.%.*s.", TEXT_ARG(header), TEXT_ARG(payload)), &claims));
    assert_false(jwt_verify(&arena, text_format(&arena, "%.*s=", TEXT_ARG(token)), &claims));
    assert_false(jwt_verify(&arena, text_format(&arena, "%.*s.x", TEXT_ARG(token)), &claims));
    assert_false(jwt_verify(&arena, text_format(&arena, "%.*s.eyJzdWIiOiJ5In0.%.*s", TEXT_ARG(header), TEXT_ARG(parts)), &claims));
    for (size_t i = 0; i < token.len; i++) {
        text broken = text_copy(&arena, token);

        ((char *)broken.ptr)[i] = broken.ptr[i] == 'A' ? 'B' : 'A';
        assert_false(jwt_verify(&arena, broken, &claims));
    }
}

static void a_rotated_secret_is_still_believed(void **state)
{
    SCOPED(call) struct call call;
    text token, claims;

    (void)state;
    call_open(&call, NULL);
    token = jwt_sign(&call.arena, T("{}"));
    assert_true(config_set("JWT_SECRET", "fedcba9876543210fedcba9876543210"));
    assert_true(config_set("JWT_SECRET_PREVIOUS", "0123456789abcdef0123456789abcdef"));
    assert_int_equal(crypto_start(&call), OK);
    assert_true(jwt_verify(&call.arena, token, &claims));
    assert_true(config_set("JWT_SECRET_PREVIOUS", "00000000000000000000000000000000"));
    assert_int_equal(crypto_start(&call), OK);
    assert_false(jwt_verify(&call.arena, token, &claims));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(passwords_are_checked, start), cmocka_unit_test_setup(what_is_sealed_opens_in_its_place_only, start),
        cmocka_unit_test_setup(only_our_own_tokens_are_believed, start), cmocka_unit_test_setup(a_rotated_secret_is_still_believed, start),
    };

    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
