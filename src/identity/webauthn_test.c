/*
 * webauthn: an authenticator of the test's own (authenticator_fixture.h) makes answers; each row spoils one thing. Without the check
 * that a row is about, the row's answer is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "identity/authenticator_fixture.h"

#include <cmocka.h> /* last: it defines fail() */

static const struct webauthn_party party = { T("example.org"), T("https://example.org"), T("Tenon") };
static const text challenge = { "0123456789abcdef0123456789abcdef", 32 }, credential_id = { "credential-id-01", 16 };

/* The macro keeps the good members and overrides one: what a compiler would warn of is meant here. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif
#define ROW_CREATE(...)                                                                                                                     \
    { .type = "webauthn.create", .origin = "https://example.org", .challenge = { "0123456789abcdef0123456789abcdef", 32 },                   \
      .party_id = T("example.org"), .id = { "credential-id-01", 16 }, .attested_id = { "credential-id-01", 16 }, .flags = 0x45, .count = 7,  \
      .format = "none", .statement = "a0", .kind = "public-key", __VA_ARGS__ }
#define ROW_GET(...)                                                                                                                        \
    { .type = "webauthn.get", .origin = "https://example.org", .challenge = { "0123456789abcdef0123456789abcdef", 32 },                      \
      .party_id = T("example.org"), .id = { "credential-id-01", 16 }, .flags = 0x05, .count = 8, .kind = "public-key", __VA_ARGS__ }

static const struct soft_answer good_create = ROW_CREATE(.count = 7), good_get = ROW_GET(.count = 8);

/* --- registration -------------------------------------------------------------------------------------------------------------- */

static void every_algorithm_registers_and_signs(void **state)
{
    (void)state;
    for (const int64_t *algorithm = cose_algorithms; *algorithm; algorithm++) {
        SCOPED(arena) struct arena arena = { 0 };
        EVP_PKEY *key = new_key(*algorithm), *other = new_key(*algorithm);
        struct webauthn_registration registration = created(&arena, &good_create, cose_of(&arena, key, *algorithm));
        struct webauthn_assertion assertion = got(&arena, &good_get, key, *algorithm), foreign = got(&arena, &good_get, other, *algorithm);
        struct webauthn_credential credential;
        struct webauthn_use use;

        assert_int_equal(webauthn_register(&arena, &party, challenge, true, &registration, &credential), WEBAUTHN_OK);
        assert_true(text_equal(credential.id, credential_id) && credential.algorithm == *algorithm && credential.sign_count == 7);
        assert_true(credential.user_verified && !credential.backed_up && text_equal(credential.aaguid, T("aaguid--aaguid--")));
        assert_int_equal(webauthn_assert(&arena, &party, challenge, true, &assertion, &credential, &use), WEBAUTHN_OK);
        assert_true(use.sign_count == 8 && use.user_verified && !use.user_handle.ptr);
        assert_int_equal(webauthn_assert(&arena, &party, challenge, true, &foreign, &credential, &use), WEBAUTHN_SIGNATURE);
        EVP_PKEY_free(key);
        EVP_PKEY_free(other);
    }
}

static const struct { enum webauthn_fault fault; const char *what; struct soft_answer answer; } creations[] = {
    { WEBAUTHN_OK, "as it should be", ROW_CREATE(.count = 0) },
    { WEBAUTHN_OK, "a statement of another format is passed over", ROW_CREATE(.format = "packed", .statement = "a26361"  "6c672663736967" "4101") },
    { WEBAUTHN_OK, "unknown members of the client data", ROW_CREATE(.more = ",\"other_keys_can_be_added_here\":{\"a\":[1]}") },
    { WEBAUTHN_OK, "extensions", ROW_CREATE(.flags = 0xc5, .tail = "a16b6372656450726f7465637402") },
    { WEBAUTHN_OK, "on several devices", ROW_CREATE(.flags = 0x5d) },
    { WEBAUTHN_MALFORMED, "no kind of credential", ROW_CREATE(.kind = "password") },
    { WEBAUTHN_MALFORMED, "two ids", ROW_CREATE(.raw_id = T("credential-id-02")) },
    { WEBAUTHN_MALFORMED, "no JSON", ROW_CREATE(.client = "{\"type\":\"webauthn.create\"") },
    { WEBAUTHN_MALFORMED, "no object", ROW_CREATE(.client = "[]") },
    { WEBAUTHN_MALFORMED, "a member twice", ROW_CREATE(.more = ",\"origin\":\"https://example.org\"") },
    { WEBAUTHN_TYPE, "empty client data", ROW_CREATE(.client = "{}") },
    { WEBAUTHN_TYPE, "the other ceremony", ROW_CREATE(.type = "webauthn.get") },
    { WEBAUTHN_CHALLENGE, "another challenge", ROW_CREATE(.challenge = T("0123456789abcdef0123456789abcdeF")) },
    { WEBAUTHN_CHALLENGE, "a shorter challenge", ROW_CREATE(.challenge = T("0123456789abcdef")) },
    { WEBAUTHN_ORIGIN, "a longer name", ROW_CREATE(.origin = "https://example.org.evil.test") },
    { WEBAUTHN_ORIGIN, "no TLS", ROW_CREATE(.origin = "http://example.org") },
    { WEBAUTHN_ORIGIN, "a part of ours", ROW_CREATE(.origin = "https://user.example.org") },
    { WEBAUTHN_ORIGIN, "another port", ROW_CREATE(.origin = "https://example.org:8443") },
    { WEBAUTHN_ORIGIN, "inside another's frame", ROW_CREATE(.more = ",\"crossOrigin\":true") },
    { WEBAUTHN_ORIGIN, "a frame that is no bool", ROW_CREATE(.more = ",\"crossOrigin\":\"no\"") },
    { WEBAUTHN_PARTY, "another party", ROW_CREATE(.party_id = T("example.com")) },
    { WEBAUTHN_ABSENT, "nobody there", ROW_CREATE(.flags = 0x44) },
    { WEBAUTHN_UNVERIFIED, "no PIN", ROW_CREATE(.flags = 0x41) },
    { WEBAUTHN_FLAGS, "backed up and not eligible", ROW_CREATE(.flags = 0x55) },
    { WEBAUTHN_CREDENTIAL, "no credential in it", ROW_CREATE(.flags = 0x05) },
    { WEBAUTHN_CREDENTIAL, "another credential in it", ROW_CREATE(.attested_id = T("credential-id-02")) },
    { WEBAUTHN_MALFORMED, "an empty credential id", ROW_CREATE(.attested_id = { "", 0 }) },
    { WEBAUTHN_MALFORMED, "bytes behind it", ROW_CREATE(.tail = "00") },
    { WEBAUTHN_MALFORMED, "extensions that nobody announced", ROW_CREATE(.tail = "a0") },
    { WEBAUTHN_MALFORMED, "extensions announced and not there", ROW_CREATE(.flags = 0xc5) },
    { WEBAUTHN_MALFORMED, "extensions that are no map", ROW_CREATE(.flags = 0xc5, .tail = "80") },
    { WEBAUTHN_MALFORMED, "none with a statement", ROW_CREATE(.statement = "a1616100") },
    { WEBAUTHN_MALFORMED, "a statement that is no map", ROW_CREATE(.format = "packed", .statement = "80") },
    { WEBAUTHN_MALFORMED, "an indefinite statement", ROW_CREATE(.format = "packed", .statement = "bfff") },
    { WEBAUTHN_KEY, "an empty key", ROW_CREATE(.key = T("\xa0")) },
};

static void spoiled_registrations_are_refused(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    EVP_PKEY *key = new_key(COSE_ES256);
    text cose = cose_of(&arena, key, COSE_ES256);

    (void)state;
    for (size_t i = 0; i < COUNT(creations); i++) {
        struct webauthn_registration in = created(&arena, &creations[i].answer, cose);
        struct webauthn_credential credential = { .sign_count = -1 };
        enum webauthn_fault fault = webauthn_register(&arena, &party, challenge, true, &in, &credential);

        if (fault != creations[i].fault || (fault != WEBAUTHN_OK) != (credential.sign_count == -1))
            fail_msg("%s: %s", creations[i].what, webauthn_fault_words(fault));
    }
    {
        struct soft_answer unverified = ROW_CREATE(.flags = 0x41);
        struct webauthn_registration in = created(&arena, &unverified, cose);
        struct webauthn_credential credential;

        assert_int_equal(webauthn_register(&arena, &party, challenge, false, &in, &credential), WEBAUTHN_OK);
        assert_false(credential.user_verified);
    }
    EVP_PKEY_free(key);
}

static void a_registration_names_its_challenge(void **state)
{
    static const struct { const char *client; bool good; } rows[] = {
        { "{\"challenge\":\"MDEy\"}", true }, { " {\"challenge\":\"MDEy\"} ", true }, { "{\"challenge\":\"MD=\"}", false }, { "{\"challenge\":12}", false }, { "{}", false }, { "[]", false }, { "{", false },
    };
    SCOPED(arena) struct arena arena = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct webauthn_registration in = { .response.clientDataJSON = b64(&arena, text_of(rows[i].client)) };
        text named = TEXT_NONE;

        if (webauthn_registration_challenge(&arena, &in, &named) != rows[i].good || (rows[i].good && !text_equal(named, T("012"))))
            fail_msg("%s", rows[i].client);
    }
}

/* --- assertion --------------------------------------------------------------------------------------------------------------------- */

static const struct { enum webauthn_fault fault; const char *what; int64_t stored; struct soft_answer answer; } uses[] = {
    { WEBAUTHN_OK, "as it should be", 7, ROW_GET(.handle = T("user")) },
    { WEBAUTHN_OK, "an authenticator that does not count", 0, ROW_GET(.count = 0) },
    { WEBAUTHN_OK, "the largest count", 7, ROW_GET(.count = UINT32_MAX) },
    { WEBAUTHN_COUNT, "the same count again", 8, ROW_GET(.count = 8) },
    { WEBAUTHN_COUNT, "a lower count", 9, ROW_GET(.count = 8) },
    { WEBAUTHN_COUNT, "it counts no more", 9, ROW_GET(.count = 0) },
    { WEBAUTHN_SIGNATURE, "a spoiled signature", 7, ROW_GET(.spoil_signature = true) },
    { WEBAUTHN_SIGNATURE, "signed something else", 7, ROW_GET(.other_message = true) },
    { WEBAUTHN_TYPE, "the other ceremony", 7, ROW_GET(.type = "webauthn.create") },
    { WEBAUTHN_CHALLENGE, "another challenge", 7, ROW_GET(.challenge = T("0123456789abcdef0123456789abcdeF")) },
    { WEBAUTHN_ORIGIN, "another origin", 7, ROW_GET(.origin = "https://example.com") },
    { WEBAUTHN_ORIGIN, "inside another's frame", 7, ROW_GET(.more = ",\"crossOrigin\":true") },
    { WEBAUTHN_PARTY, "another party", 7, ROW_GET(.party_id = T("evil.test")) },
    { WEBAUTHN_ABSENT, "nobody there", 7, ROW_GET(.flags = 0x04) },
    { WEBAUTHN_UNVERIFIED, "no PIN", 7, ROW_GET(.flags = 0x01) },
    { WEBAUTHN_FLAGS, "backed up and not eligible", 7, ROW_GET(.flags = 0x15) },
    { WEBAUTHN_FLAGS, "eligible now and not when it was made", 7, ROW_GET(.flags = 0x0d) },
    { WEBAUTHN_CREDENTIAL, "another credential", 7, ROW_GET(.id = T("credential-id-02")) },
    { WEBAUTHN_MALFORMED, "two ids", 7, ROW_GET(.raw_id = T("credential-id-02")) },
    { WEBAUTHN_MALFORMED, "no kind of credential", 7, ROW_GET(.kind = "") },
    { WEBAUTHN_MALFORMED, "bytes behind it", 7, ROW_GET(.tail = "00") },
    { WEBAUTHN_MALFORMED, "a long handle", 7, ROW_GET(.handle = T("0123456789012345678901234567890123456789012345678901234567890123456")) },
};

static void spoiled_assertions_are_refused(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    EVP_PKEY *key = new_key(COSE_ES256);
    struct webauthn_credential credential = { .id = credential_id, .public_key = cose_of(&arena, key, COSE_ES256) };

    (void)state;
    for (size_t i = 0; i < COUNT(uses); i++) {
        struct webauthn_assertion in = got(&arena, &uses[i].answer, key, COSE_ES256);
        struct webauthn_use use;
        enum webauthn_fault fault;

        credential.sign_count = uses[i].stored;
        fault = webauthn_assert(&arena, &party, challenge, true, &in, &credential, &use);
        if (fault != uses[i].fault)
            fail_msg("%s: %s", uses[i].what, webauthn_fault_words(fault));
        if (i == 0)
            assert_true(text_equal(use.user_handle, T("user")));
    }
    EVP_PKEY_free(key);
}
#pragma GCC diagnostic pop

/* A flipped bit anywhere in what is signed makes the signature wrong, or the answer unreadable. */
static void no_bit_can_be_changed(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    EVP_PKEY *key = new_key(COSE_EDDSA);
    struct webauthn_credential credential = { .id = credential_id, .public_key = cose_of(&arena, key, COSE_EDDSA) };
    struct webauthn_assertion in = got(&arena, &good_get, key, COSE_EDDSA);
    struct webauthn_use use;
    text data;

    (void)state;
    assert_true(base64url_decode(&arena, in.response.authenticatorData, &data));
    for (size_t bit = 0; bit < data.len * 8; bit++) {
        struct webauthn_assertion changed = in;
        text copy = text_copy(&arena, data);

        ((char *)copy.ptr)[bit / 8] ^= (char)(1 << bit % 8);
        changed.response.authenticatorData = b64(&arena, copy);
        assert_int_not_equal(webauthn_assert(&arena, &party, challenge, false, &changed, &credential, &use), WEBAUTHN_OK);
    }
    EVP_PKEY_free(key);
}

/* --- keys and CBOR ------------------------------------------------------------------------------------------------------------------- */

static void only_good_keys_are_taken(void **state)
{
    static const char x[] = "0000000000000000000000000000000000000000000000000000000000000001";
    SCOPED(arena) struct arena arena = { 0 };
    EVP_PKEY *key = new_key(COSE_ES256), *rsa = new_key(COSE_RS256), *small = EVP_RSA_gen(1024);
    text cose = cose_of(&arena, key, COSE_ES256);
    int64_t algorithm;
    static const char *const bad[] = {
        "", "a0", "80", "a1", "a20102",
        "a4010103262006215820%s",             /* the type of Ed25519 with ES256's algorithm */
        "a501020327200121582" "0%s225820%s",  /* ES256's point with EdDSA's algorithm */
        "a5010203262001215820%s225820%s",     /* on no curve */
        "a5010203262002215820%s225820%s",     /* P-384 */
        "a4010203262001215820%s",             /* without y */
        "a401010327200621581f00000000000000000000000000000000000000000000000000000000000000", /* short */
        "a401010327200421" "5820%s",          /* X25519, which does not sign */
        "a5010101" "0103272006215820%s",      /* the type twice */
    };

    (void)state;
    assert_true(cose_key_check(cose, &algorithm) && algorithm == COSE_ES256);
    assert_false(cose_key_check(text_format(&arena, "%.*s ", TEXT_ARG(cose)), &algorithm));
    for (size_t at = 2; at <= 6; at += 2) { /* the values of type, algorithm and curve, each one more than it should be */
        text changed = text_copy(&arena, cose);

        ((char *)changed.ptr)[at]++;
        assert_false(cose_key_check(changed, &algorithm));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        SCOPED(buffer) struct buffer bytes = { 0 };
        char hex[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        snprintf(hex, sizeof hex, bad[i], x, x);
#pragma GCC diagnostic pop
        put_hex(&arena, &bytes, hex);
        if (cose_key_check(buffer_view(&bytes), &algorithm))
            fail_msg("%s", hex);
    }
    assert_true(cose_key_check(cose_of(&arena, rsa, COSE_RS256), &algorithm));
    assert_false(cose_key_check(cose_of(&arena, small, COSE_RS256), &algorithm));
    {
        text exponent_1 = cose_of(&arena, rsa, COSE_RS256);

        ((char *)exponent_1.ptr)[exponent_1.len - 2] = 0;
        ((char *)exponent_1.ptr)[exponent_1.len - 3] = 0; /* 1, behind zeros */
        assert_false(cose_key_check(exponent_1, &algorithm));
    }
    EVP_PKEY_free(key);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(small);
}

static void cbor_is_read_within_its_bounds(void **state)
{
    static const struct { const char *hex; bool good; } rows[] = {
        { "00", true }, { "17", true }, { "1818", true }, { "1817", false }, { "190100", true }, { "1900ff", false }, { "1a00010000", true },
        { "1a0000ffff", false }, { "1b0000000100000000", true }, { "1bffffffffffffffff", true }, { "1b00000000ffffffff", false },
        { "18", false }, { "19ff", false }, { "1c", false }, { "1c000102030405060708090a0b0c0d0e0f", false }, { "1f", false }, { "20", true }, { "3b7fffffffffffffff", true },
        { "40", true }, { "4101", true }, { "41", false }, { "5bffffffffffffffff", false }, { "5f4101ff", false },
        { "6161", true }, { "61ff", false }, { "62c3a9", true }, { "7f6161ff", false },
        { "80", true }, { "8101", true }, { "81", false }, { "9bffffffffffffffff00", false }, { "9f01ff", false },
        { "a0", true }, { "a10102", true }, { "a101", false }, { "bbffffffffffffffff0000", false }, { "bf0102ff", false },
        { "f4", true }, { "f5", true }, { "f6", true }, { "f7", true }, { "f8ff", false }, { "f90000", false }, { "fa00000000", false }, { "ff", false },
        { "c001", false },
        { "81818181818181" "00", true }, { "8181818181818181" "00", false }, { "a100a100a100a100a100a100a100" "00", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(arena) struct arena arena = { 0 };
        SCOPED(buffer) struct buffer bytes = { 0 };
        struct cbor_item item;
        text rest;

        put_hex(&arena, &bytes, rows[i].hex);
        rest = buffer_view(&bytes);
        if (cbor_read(&rest, &item) != rows[i].good || (rows[i].good && rest.len))
            fail_msg("%s", rows[i].hex);
        assert_true(rows[i].good || rest.len == bytes.len);
    }
}

static void a_key_that_stands_twice_is_not_found(void **state)
{
    text once = T("\xa2\x01\x02\x20\x41x"), twice = T("\xa2\x01\x02\x01\x03");
    struct cbor_item map, item;
    int64_t value;

    (void)state;
    assert_true(cbor_read(&once, &map) && cbor_find_number(&map, 1, &item) && cbor_int(&item, &value) && value == 2);
    assert_true(cbor_find_number(&map, -1, &item) && item.type == CBOR_BYTES && text_equal(item.content, T("x")) && !cbor_int(&item, &value));
    assert_false(cbor_find_number(&map, 2, &item) || cbor_find(&map, "fmt", CBOR_TEXT, &item));
    assert_true(cbor_read(&twice, &map));
    assert_false(cbor_find_number(&map, 1, &item));
}

/* --- options and bodies ---------------------------------------------------------------------------------------------------------------- */

static void the_party_comes_from_the_url(void **state)
{
    static const struct { const char *url, *id, *origin; } rows[] = {
        { "https://Example.org", "example.org", "https://example.org" }, { "https://app.example.org/tenon/", "app.example.org", "https://app.example.org" },
        { "https://example.org:443", "example.org", "https://example.org" }, { "https://example.org:8443/", "example.org", "https://example.org:8443" },
        { "http://localhost:3000", "localhost", "http://localhost:3000" }, { "http://localhost:80", "localhost", "http://localhost" },
        { "http://example.org", NULL, NULL }, { "https://192.0.2.7", NULL, NULL }, { "https://[2001:db8::1]/", NULL, NULL }, { "http://127.0.0.1:3000", NULL, NULL },
        { "https://", NULL, NULL }, { "https://user@example.org", NULL, NULL }, { "", NULL, NULL }, { "example.org", NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct webauthn_party made = { .id = TEXT_NONE };
        bool good = webauthn_party_of(&arena, text_of(rows[i].url), T("Tenon"), &made);

        if (good != !!rows[i].id || !text_equal(made.id, text_of(rows[i].id)) || !text_equal(made.origin, text_of(rows[i].origin)))
            fail_msg("%s: %.*s %.*s", rows[i].url, TEXT_ARG(made.id), TEXT_ARG(made.origin));
    }
}

static void options_are_what_browsers_parse(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct webauthn_user user = { T("\x01\xff\x03"), T("grethe@example.org"), T("Grethe \"G\" Lind") };
    text ids[] = { T("one") };
    struct text_list known = { ids, 1 }, none = { NULL, 0 };

    (void)state;
    assert_true(text_equal(webauthn_create_options(&arena, &party, &user, challenge, &known, true),
        T("{\"rp\":{\"id\":\"example.org\",\"name\":\"Tenon\"},\"user\":{\"id\":\"Af8D\",\"name\":\"grethe@example.org\",\"displayName\":\"Grethe \\\"G\\\" Lind\"},"
          "\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\",\"pubKeyCredParams\":[{\"type\":\"public-key\",\"alg\":-7},"
          "{\"type\":\"public-key\",\"alg\":-8},{\"type\":\"public-key\",\"alg\":-257}],\"timeout\":300000,\"excludeCredentials\":[{\"type\":\"public-key\",\"id\":\"b25l\"}],"
          "\"authenticatorSelection\":{\"residentKey\":\"preferred\",\"requireResidentKey\":false,\"userVerification\":\"required\"},\"attestation\":\"none\"}")));
    assert_true(text_equal(webauthn_get_options(&arena, &party, challenge, &none, false),
        T("{\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\",\"timeout\":300000,\"rpId\":\"example.org\",\"allowCredentials\":[],"
          "\"userVerification\":\"preferred\"}")));
}

/* What Chromium's toJSON gives. */
static void bodies_are_read_as_browsers_write_them(void **state)
{
    SCOPED(call) struct call call;
    struct webauthn_registration registration = { .id = TEXT_NONE };
    struct webauthn_assertion assertion = { .id = TEXT_NONE };

    (void)state;
    call_open(&call, NULL);
    assert_int_equal(fields_read_body(&call, webauthn_registration_fields,
        T("{\"authenticatorAttachment\":\"platform\",\"clientExtensionResults\":{\"credProps\":{\"rk\":true}},\"id\":\"AQ\",\"rawId\":\"AQ\",\"response\":{"
          "\"attestationObject\":\"oA\",\"authenticatorData\":\"AA\",\"clientDataJSON\":\"e30\",\"publicKey\":\"AA\",\"publicKeyAlgorithm\":-7,"
          "\"transports\":[\"hybrid\",\"internal\"]},\"type\":\"public-key\"}"), &registration), OK);
    assert_true(text_equal(registration.response.attestationObject, T("oA")) && registration.response.transports.len == 2);
    assert_int_equal(fields_read_body(&call, webauthn_assertion_fields,
        T("{\"authenticatorAttachment\":\"cross-platform\",\"clientExtensionResults\":{},\"id\":\"AQ\",\"rawId\":\"AQ\",\"response\":{"
          "\"authenticatorData\":\"AA\",\"clientDataJSON\":\"e30\",\"signature\":\"AA\",\"userHandle\":null},\"type\":\"public-key\"}"), &assertion), OK);
    assert_true(text_equal(assertion.response.signature, T("AA")) && !assertion.response.userHandle.ptr);
    assert_int_equal(fields_read_body(&call, webauthn_assertion_fields, T("{\"id\":\"AQ\",\"type\":\"public-key\"}"), &assertion), VALIDATION_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_registers_and_signs), cmocka_unit_test(spoiled_registrations_are_refused),
        cmocka_unit_test(a_registration_names_its_challenge),
        cmocka_unit_test(spoiled_assertions_are_refused), cmocka_unit_test(no_bit_can_be_changed), cmocka_unit_test(only_good_keys_are_taken),
        cmocka_unit_test(cbor_is_read_within_its_bounds), cmocka_unit_test(a_key_that_stands_twice_is_not_found),
        cmocka_unit_test(the_party_comes_from_the_url), cmocka_unit_test(options_are_what_browsers_parse),
        cmocka_unit_test(bodies_are_read_as_browsers_write_them),
    };

    return cmocka_run_group_tests_name("webauthn", tests, NULL, NULL);
}
