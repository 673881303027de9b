/*
 * ID tokens: an issuer of the test's own signs with OpenSSL; each row spoils one thing. Without the check that a row is about, the
 * row's token is taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/id.h"
#include "identity/id_token.h"

#include <cmocka.h> /* last: it defines fail() */

#define NOW INT64_C(1800000000) /* seconds */
#define ISSUER "https://id.example.org"
#define CLAIMS(...) "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"user 7\"" __VA_ARGS__ "}"
#define GOOD CLAIMS("")

static EVP_PKEY *rsa, *other, *small, *p256, *p384, *p521;
static struct arena forever;
static text jwks; /* of rsa, p256, p384, p521 */

static const struct id_token_expected expected = { .issuer = T(ISSUER), .client_id = T("tenon"), .nonce = T("n-1"), .now = NOW * SECOND };

/* --- an issuer -------------------------------------------------------------------------------------------------------------------- */

static text b64(text bytes)
{
    return base64url_encode(&forever, bytes.ptr, bytes.len);
}

static text number_of(EVP_PKEY *key, const char *name, size_t len)
{
    BIGNUM *number = NULL;
    unsigned char *out = arena_alloc(&forever, 512);

    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
    len = len ? len : (size_t)BN_num_bytes(number);
    assert_int_equal(BN_bn2binpad(number, out, (int)len), len);
    BN_free(number);
    return b64((text){ (char *)out, len });
}

static text jwk_rsa(EVP_PKEY *key, const char *more)
{
    return text_format(&forever, "{\"kty\":\"RSA\",\"n\":\"%.*s\",\"e\":\"%.*s\"%s}", TEXT_ARG(number_of(key, OSSL_PKEY_PARAM_RSA_N, 0)),
                       TEXT_ARG(number_of(key, OSSL_PKEY_PARAM_RSA_E, 0)), more);
}

static text jwk_ec(EVP_PKEY *key, const char *curve, size_t len, const char *more)
{
    return text_format(&forever, "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%.*s\",\"y\":\"%.*s\"%s}", curve,
                       TEXT_ARG(number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, len)), TEXT_ARG(number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, len)), more);
}

static int open_issuer(void **state)
{
    (void)state;
    rsa = EVP_RSA_gen(2048), other = EVP_RSA_gen(2048), small = EVP_RSA_gen(1024);
    p256 = EVP_EC_gen("P-256"), p384 = EVP_EC_gen("P-384"), p521 = EVP_EC_gen("P-521");
    jwks = text_format(&forever, "{\"keys\":[%.*s,%.*s,%.*s,%.*s]}", TEXT_ARG(jwk_rsa(rsa, ",\"kid\":\"r\",\"use\":\"sig\"")),
                       TEXT_ARG(jwk_ec(p256, "P-256", 32, ",\"kid\":\"e\",\"alg\":\"ES256\"")), TEXT_ARG(jwk_ec(p384, "P-384", 48, ",\"kid\":\"e3\"")),
                       TEXT_ARG(jwk_ec(p521, "P-521", 66, ",\"kid\":\"e5\"")));
    return 0;
}

static int close_issuer(void **state)
{
    EVP_PKEY *keys[] = { rsa, other, small, p256, p384, p521 };

    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++)
        EVP_PKEY_free(keys[i]);
    arena_free(&forever);
    return 0;
}

/* ECDSA's two numbers one behind the other (RFC 7518 §3.4). */
static text plain_signature(text der, size_t half)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    unsigned char *out = arena_alloc(&forever, 2 * half);

    assert_non_null(signature);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, (int)half);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, (int)half);
    ECDSA_SIG_free(signature);
    return (text){ (char *)out, 2 * half };
}

static text sign(EVP_PKEY *key, const char *digest, bool pss, size_t half, text message)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    size_t len = 1024;
    unsigned char *out = arena_alloc(&forever, len);

    assert_int_equal(EVP_DigestSignInit_ex(context, &options, digest, NULL, NULL, key, NULL), 1);
    if (pss) {
        assert_true(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0);
        assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) > 0);
    }
    assert_int_equal(EVP_DigestSign(context, out, &len, (const unsigned char *)message.ptr, message.len), 1);
    EVP_MD_CTX_free(context);
    return half ? plain_signature((text){ (char *)out, len }, half) : (text){ (char *)out, len };
}

static text signing_input(const char *header, const char *claims)
{
    return text_format(&forever, "%.*s.%.*s", TEXT_ARG(b64(text_of(header))), TEXT_ARG(b64(text_of(claims))));
}

static text joined(text input, text signature)
{
    return text_format(&forever, "%.*s.%.*s", TEXT_ARG(input), TEXT_ARG(b64(signature)));
}

static text token_rs256(const char *header, const char *claims)
{
    text input = signing_input(header, claims);

    return joined(input, sign(rsa, "SHA256", false, 0, input));
}

static enum id_token_fault verify(text token, text keys)
{
    SCOPED(arena) struct arena arena = { 0 };
    text claims;

    return id_token_verify(&arena, token, keys, &expected, &claims);
}

/* --- signatures ----------------------------------------------------------------------------------------------------------------------- */

static void every_algorithm_of_the_table_is_verified(void **state)
{
    const struct { const char *header; EVP_PKEY *key; const char *digest; bool pss; size_t half; } rows[] = {
        { "{\"alg\":\"RS256\",\"kid\":\"r\"}", rsa, "SHA256", false, 0 },   { "{\"alg\":\"RS384\",\"kid\":\"r\"}", rsa, "SHA384", false, 0 },
        { "{\"alg\":\"RS512\",\"kid\":\"r\"}", rsa, "SHA512", false, 0 },   { "{\"alg\":\"PS256\",\"kid\":\"r\"}", rsa, "SHA256", true, 0 },
        { "{\"alg\":\"PS384\",\"kid\":\"r\"}", rsa, "SHA384", true, 0 },    { "{\"alg\":\"PS512\",\"kid\":\"r\"}", rsa, "SHA512", true, 0 },
        { "{\"alg\":\"ES256\",\"kid\":\"e\"}", p256, "SHA256", false, 32 }, { "{\"alg\":\"ES384\",\"kid\":\"e3\"}", p384, "SHA384", false, 48 },
        { "{\"alg\":\"ES512\",\"kid\":\"e5\"}", p521, "SHA512", false, 66 }, { "{\"typ\":\"JWT\",\"alg\":\"RS256\"}", rsa, "SHA256", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        text input = signing_input(rows[i].header, GOOD), forged = signing_input(rows[i].header, CLAIMS(",\"admin\":true"));
        text signature = sign(rows[i].key, rows[i].digest, rows[i].pss, rows[i].half, input);

        if (verify(joined(input, signature), jwks) != ID_TOKEN_OK || verify(joined(forged, signature), jwks) != ID_TOKEN_SIGNATURE)
            fail_msg("%s: %s", rows[i].header, id_token_fault_words(verify(joined(input, signature), jwks)));
        ((char *)signature.ptr)[signature.len / 2] ^= 1;
        assert_int_equal(verify(joined(input, signature), jwks), ID_TOKEN_SIGNATURE);
        assert_int_equal(verify(joined(input, text_slice(signature, 0, signature.len - 1)), jwks), ID_TOKEN_SIGNATURE);
    }
}

/* The public key as the secret of a keyed hash. */
static text confused(const char *header)
{
    text input = signing_input(header, GOOD);
    unsigned char mac[32];
    BIO *pem = BIO_new(BIO_s_mem());
    char *secret;
    long len;

    assert_int_equal(PEM_write_bio_PUBKEY(pem, rsa), 1);
    len = BIO_get_mem_data(pem, &secret);
    HMAC(EVP_sha256(), secret, (int)len, (const unsigned char *)input.ptr, input.len, mac, NULL);
    BIO_free(pem);
    return joined(input, (text){ (char *)mac, sizeof mac });
}

static void other_algorithms_are_refused(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"kid\":\"r\"}", "{\"alg\":\"HS256\"}", "{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"NONE\"}", "{\"alg\":\"\"}",
        "{\"alg\":\"rs256\",\"kid\":\"r\"}", "{\"alg\":[\"RS256\"],\"kid\":\"r\"}", "{\"kid\":\"r\"}", "{\"alg\":\"RS1\",\"kid\":\"r\"}", "{\"alg\":\"EdDSA\",\"kid\":\"r\"}",
    };
    text oct = text_format(&forever, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"r\"}]}");

    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        text input = signing_input(headers[i], GOOD);

        if (verify(confused(headers[i]), jwks) != ID_TOKEN_ALGORITHM || verify(confused(headers[i]), oct) != ID_TOKEN_ALGORITHM)
            fail_msg("%s", headers[i]);
        assert_int_equal(verify(text_format(&forever, "%.*s.", TEXT_ARG(input)), jwks), ID_TOKEN_MALFORMED); /* no signature */
    }
}

static void keys_must_fit(void **state)
{
    text token = token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", GOOD), nameless = token_rs256("{\"alg\":\"RS256\"}", GOOD);
    text input = signing_input("{\"alg\":\"RS256\",\"kid\":\"r\"}", GOOD), weak = joined(input, sign(small, "SHA256", false, 0, input));
    text ec_input = signing_input("{\"alg\":\"ES256\",\"kid\":\"e\"}", GOOD), ec = joined(ec_input, sign(p256, "SHA256", false, 32, ec_input));
    struct { enum id_token_fault fault; text token, keys; } rows[] = {
        { ID_TOKEN_OK, token, jwk_rsa(rsa, ",\"kid\":\"r\"") },
        { ID_TOKEN_OK, token, jwk_rsa(rsa, ",\"kid\":\"r\",\"alg\":\"RS256\",\"use\":\"sig\",\"x5t\":\"AA\"") },
        { ID_TOKEN_OK, nameless, jwk_rsa(rsa, ",\"kid\":\"anything\"") },
        { ID_TOKEN_KEY_UNKNOWN, nameless, text_format(&forever, "%.*s,%.*s", TEXT_ARG(jwk_rsa(rsa, "")), TEXT_ARG(jwk_rsa(other, ""))) },
        { ID_TOKEN_KEY_UNKNOWN, token, jwk_rsa(rsa, ",\"kid\":\"R\"") },
        { ID_TOKEN_KEY_UNKNOWN, token, jwk_rsa(rsa, "") },
        { ID_TOKEN_KEY_UNKNOWN, token, jwk_rsa(rsa, ",\"kid\":\"r\",\"use\":\"enc\"") },
        { ID_TOKEN_KEY_UNKNOWN, token, jwk_rsa(rsa, ",\"kid\":\"r\",\"alg\":\"RS512\"") },
        { ID_TOKEN_KEY_UNKNOWN, token, jwk_ec(p256, "P-256", 32, ",\"kid\":\"r\"") },
        { ID_TOKEN_KEY_UNKNOWN, token, T("") },
        { ID_TOKEN_KEY_UNKNOWN, token, T("7,null,\"r\"") },
        { ID_TOKEN_KEY_UNKNOWN, token, text_format(&forever, "%.*s,%.*s", TEXT_ARG(jwk_rsa(rsa, ",\"kid\":\"r\"")), TEXT_ARG(jwk_rsa(other, ",\"kid\":\"r\""))) },
        { ID_TOKEN_KEY_UNKNOWN, weak, jwk_rsa(small, ",\"kid\":\"r\"") },
        { ID_TOKEN_KEY_UNKNOWN, ec, jwk_ec(p384, "P-384", 48, ",\"kid\":\"e\"") },
        { ID_TOKEN_SIGNATURE, token, jwk_rsa(other, ",\"kid\":\"r\"") },
        { ID_TOKEN_MALFORMED, ec, T("{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\"AA\",\"y\":\"AA\"}") },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum id_token_fault fault = verify(rows[i].token, text_format(&forever, "{\"keys\":[%.*s]}", TEXT_ARG(rows[i].keys)));

        if (fault != rows[i].fault)
            fail_msg("%zu: %s", i, id_token_fault_words(fault));
    }
    assert_int_equal(verify(token, T("{}")), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(token, T("{\"keys\":{}}")), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(token, T("<html>")), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(token, T("")), ID_TOKEN_MALFORMED);
}

static void a_token_has_one_spelling(void **state)
{
    text token = token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", GOOD);
    text parts = token, header = text_cut(&parts, '.');
    static const char *const headers[] = {
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"exp\"]}", "{\"alg\":\"RS256\",\"kid\":7}", "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r\"}", "[]", "\"RS256\"", "{",
    };

    (void)state;
    assert_int_equal(verify(token, jwks), ID_TOKEN_OK);
    for (size_t i = 0; i < COUNT(headers); i++)
        if (verify(token_rs256(headers[i], GOOD), jwks) != ID_TOKEN_MALFORMED)
            fail_msg("%s", headers[i]);
    assert_int_equal(verify(text_format(&forever, "%.*s=", TEXT_ARG(token)), jwks), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(text_format(&forever, "%.*s.", TEXT_ARG(token)), jwks), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(text_format(&forever, " %.*s", TEXT_ARG(token)), jwks), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(text_format(&forever, "%.*s\n", TEXT_ARG(token)), jwks), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(header, jwks), ID_TOKEN_MALFORMED);
    assert_int_equal(verify(TEXT_NONE, jwks), ID_TOKEN_MALFORMED);
    {
        char *more = arena_alloc(&forever, 2 * ID_TOKEN_MOST);

        memset(more, ' ', 2 * ID_TOKEN_MOST - 1);
        memcpy(more, GOOD, sizeof GOOD - 1); /* white space behind it: good but for its length */
        assert_int_equal(verify(token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", more), jwks), ID_TOKEN_MALFORMED);
    }
}

/* --- claims --------------------------------------------------------------------------------------------------------------------------------- */

static const struct { enum id_token_fault fault; const char *claims; } claim_rows[] = {
    { ID_TOKEN_OK, GOOD },
    { ID_TOKEN_OK, CLAIMS(",\"azp\":\"tenon\",\"nbf\":1800000060,\"more\":[{}]") },
    { ID_TOKEN_OK, "{\"iss\":\"" ISSUER "\",\"aud\":[\"tenon\"],\"exp\":1799999941,\"iat\":1800000060,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_OK, "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"tenon\"],\"azp\":\"tenon\",\"exp\":1800000300,\"iat\":1,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_ISSUER, "{\"iss\":\"" ISSUER "/\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_ISSUER, "{\"iss\":[\"" ISSUER "\"],\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_ISSUER, "{\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon2\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"aud\":[],\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"aud\":{\"a\":\"tenon\"},\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"tenon\"],\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"tenon\"],\"azp\":\"x\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, "{\"iss\":\"" ISSUER "\",\"aud\":[\"x\",\"y\"],\"azp\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_AUDIENCE, CLAIMS(",\"azp\":\"x\"") },
    { ID_TOKEN_EXPIRED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1799999940,\"iat\":1799999000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_EXPIRED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":-1,\"iat\":1799999000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_MALFORMED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":\"1800000300\",\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_MALFORMED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300.5,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_MALFORMED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1e400,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_MALFORMED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_MALFORMED, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_MALFORMED, CLAIMS(",\"nbf\":\"soon\"") },
    { ID_TOKEN_MALFORMED, CLAIMS(",\"sub\":\"other\"") },
    { ID_TOKEN_EARLY, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000061,\"nonce\":\"n-1\",\"sub\":\"s\"}" },
    { ID_TOKEN_EARLY, CLAIMS(",\"nbf\":1800000061") },
    { ID_TOKEN_NONCE, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-2\",\"sub\":\"s\"}" },
    { ID_TOKEN_NONCE, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"sub\":\"s\"}" },
    { ID_TOKEN_SUBJECT, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"\"}" },
    { ID_TOKEN_SUBJECT, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":7}" },
    { ID_TOKEN_SUBJECT, "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\"}" },
    { ID_TOKEN_MALFORMED, "[]" },
    { ID_TOKEN_MALFORMED, "" },
};

static void claims_must_be_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(claim_rows); i++) {
        enum id_token_fault fault = verify(token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", claim_rows[i].claims), jwks);

        if (fault != claim_rows[i].fault)
            fail_msg("%s: %s", claim_rows[i].claims, id_token_fault_words(fault));
    }
}

/* What was not asked for cannot be checked, so nothing passes. */
static void every_expectation_is_required(void **state)
{
    text token = token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", GOOD), bare = token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", "{}"), claims = TEXT_NONE;
    struct id_token_expected without = expected;
    SCOPED(arena) struct arena arena = { 0 };

    (void)state;
    without.nonce = T("");
    assert_int_equal(id_token_verify(&arena, token, jwks, &without, &claims), ID_TOKEN_NONCE);
    assert_int_equal(id_token_verify(&arena, token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}",
        "{\"iss\":\"" ISSUER "\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"\",\"sub\":\"s\"}"), jwks, &without, &claims), ID_TOKEN_NONCE);
    without.client_id = TEXT_NONE;
    assert_int_equal(id_token_verify(&arena, token, jwks, &without, &claims), ID_TOKEN_AUDIENCE);
    without.issuer = TEXT_NONE;
    assert_int_equal(id_token_verify(&arena, bare, jwks, &without, &claims), ID_TOKEN_ISSUER);
    assert_null(claims.ptr);
    assert_int_equal(id_token_verify(&arena, token, jwks, &expected, &claims), ID_TOKEN_OK);
    assert_true(text_equal(claims, T(GOOD)));
}

static void a_shared_endpoint_names_the_tenant(void **state)
{
    static const char tenant[] = "9188040d-6c67-4c5b-b112-36a304b66dad";
    static const struct { enum id_token_fault fault; const char *iss, *tid; } rows[] = {
        { ID_TOKEN_OK, "https://login.example.org/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", tenant },
        { ID_TOKEN_ISSUER, "https://login.example.org/9188040d-6c67-4c5b-b112-36a304b66dae/v2.0", tenant },
        { ID_TOKEN_ISSUER, "https://login.example.org/{tenantid}/v2.0", "{tenantid}" },
        { ID_TOKEN_ISSUER, "https://login.example.org/a/../x/v2.0", "a/../x" },
        { ID_TOKEN_ISSUER, "https://login.example.org//v2.0", "" },
    };
    struct id_token_expected shared = expected;

    (void)state;
    shared.issuer = T("https://login.example.org/{tenantid}/v2.0");
    for (size_t i = 0; i < COUNT(rows); i++) {
        text claims = text_format(&forever, "{\"iss\":\"%s\",\"tid\":\"%s\",\"aud\":\"tenon\",\"exp\":1800000300,\"iat\":1800000000,\"nonce\":\"n-1\",\"sub\":\"s\"}", rows[i].iss, rows[i].tid);
        text told;

        if (id_token_verify(&forever, token_rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", text_z(&forever, claims)), jwks, &shared, &told) != rows[i].fault)
            fail_msg("%s", rows[i].iss);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_algorithm_of_the_table_is_verified), cmocka_unit_test(other_algorithms_are_refused), cmocka_unit_test(keys_must_fit),
        cmocka_unit_test(a_token_has_one_spelling), cmocka_unit_test(claims_must_be_ours), cmocka_unit_test(every_expectation_is_required),
        cmocka_unit_test(a_shared_endpoint_names_the_tenant),
    };

    return cmocka_run_group_tests_name("id_token", tests, open_issuer, close_issuer);
}
