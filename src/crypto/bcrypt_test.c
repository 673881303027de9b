/* bcrypt: hashes of other makers are taken, and only they. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "crypto/crypto.h"

#include <cmocka.h> /* last: it defines fail() */

/* From the test vectors of crypt_blowfish and jBCrypt. */
static const struct { const char *hash, *password; } vectors[] = {
    { "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U" },
    { "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", "U*U*" },
    { "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U" },
    { "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U" },
    { "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U" },
    { "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "\xff\xff\xa3" },
    { "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", "a" },
    { "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", "" },
    { "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO", "~!@#$%^&*()      ~!@#$%^&*()PNBFRD" },
    { "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored" },
};

static void vectors_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        text hash = text_of(vectors[i].hash), password = text_of(vectors[i].password);
        SCOPED(arena) struct arena arena = { 0 };

        if (!bcrypt_matches(hash, password) || !password_matches(hash, password) || !password_needs_rehash(hash))
            fail_msg("%s", vectors[i].hash);
        assert_false(bcrypt_matches(hash, text_format(&arena, "x%.*s", TEXT_ARG(password))));
    }
}

static void only_well_formed_hashes_are_taken(void **state)
{
    static const char *const bad[] = {
        "", "$2a$", "*0", "$1$abcdefgh$0123456789abcdefghijkl",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",  /* the old bug, under a name of its own */
        "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",  /* too cheap */
        "$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",  /* too dear: a login would take seconds */
        "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW$",
        "$2a$05$CCCCCCCCCCCCCCCCCCCC:.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (bcrypt_well_formed(text_of(bad[i])) || bcrypt_matches(text_of(bad[i]), T("U*U")))
            fail_msg("%s", bad[i]);
    assert_false(bcrypt_matches(text_of(vectors[0].hash), (text){ "U*U\0x", 5 }));
}

static void our_own_hash_is_made_anew_only_when_its_cost_is_another(void **state)
{
    SCOPED(call) struct call call;
    text hash;

    (void)state;
    call_open(&call, NULL);
    assert_true(config_set("JWT_SECRET", "0123456789abcdef0123456789abcdef"));
    assert_true(config_set("ENCRYPTION_KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    assert_int_equal(crypto_start(&call), OK);
    assert_int_equal(password_hash(&call, T("Correct-Horse-7"), &hash), OK);
    assert_false(password_needs_rehash(hash));
    assert_true(password_needs_rehash(T("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$iEh8dvbWnNSx+Qo1e3mSHw")));
    assert_true(password_needs_rehash(TEXT_NONE));
}

static void a_slow_hash_depends_on_its_salt(void **state)
{
    SCOPED(call) struct call call;
    text first, again, other;

    (void)state;
    call_open(&call, NULL);
    assert_int_equal(slow_hash(&call, T("0123456789abcdef"), T("code"), &first), OK);
    assert_int_equal(slow_hash(&call, T("0123456789abcdef"), T("code"), &again), OK);
    assert_int_equal(slow_hash(&call, T("0123456789abcdeF"), T("code"), &other), OK);
    assert_true(first.len == HASH_BYTES && text_equal(first, again) && !text_equal(first, other));
    assert_int_equal(slow_hash(&call, T("short"), T("code"), &first), INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_match), cmocka_unit_test(only_well_formed_hashes_are_taken),
        cmocka_unit_test(our_own_hash_is_made_anew_only_when_its_cost_is_another), cmocka_unit_test(a_slow_hash_depends_on_its_salt),
    };

    return cmocka_run_group_tests_name("bcrypt", tests, NULL, NULL);
}
