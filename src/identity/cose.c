#include "identity/cose.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "identity/cbor.h"

/* Labels of RFC 9052 §7.1 and RFC 9053 §7, RFC 8230 §4. */
enum { LABEL_TYPE = 1, LABEL_ALGORITHM = 3, LABEL_CURVE = -1, LABEL_X = -2, LABEL_Y = -3, LABEL_MODULUS = -1, LABEL_EXPONENT = -2 };
enum { TYPE_OKP = 1, TYPE_EC2 = 2, TYPE_RSA = 3 };
enum { CURVE_P256 = 1, CURVE_ED25519 = 6 };
enum { COORDINATE = 32, MODULUS_LEAST = 256, MODULUS_MOST = 512, EXPONENT_MOST = 4 };

const int64_t cose_algorithms[] = { COSE_ES256, COSE_EDDSA, COSE_RS256, 0 };

static bool number_at(const struct cbor_item *key, int64_t label, int64_t *ret_number)
{
    struct cbor_item item;

    return cbor_find_number(key, label, &item) && cbor_int(&item, ret_number);
}

static bool bytes_at(const struct cbor_item *key, int64_t label, size_t least, size_t most, text *ret_bytes)
{
    struct cbor_item item;

    if (!cbor_find_number(key, label, &item) || item.type != CBOR_BYTES || item.count < least || item.count > most)
        return false;
    *ret_bytes = item.content;
    return true;
}

/* Takes the builder; NULL when OpenSSL finds the key wrong (a point that is on no curve). */
static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    OSSL_PARAM *params = builder ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY *made = NULL;

    if (!context || !params || EVP_PKEY_fromdata_init(context) <= 0 || EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        made = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    return made;
}

static EVP_PKEY *read_p256(const struct cbor_item *key)
{
    unsigned char point[1 + 2 * COORDINATE] = { 4 }; /* uncompressed */
    OSSL_PARAM_BLD *builder;
    int64_t curve;
    text x, y;

    if (!number_at(key, LABEL_CURVE, &curve) || curve != CURVE_P256 || !bytes_at(key, LABEL_X, COORDINATE, COORDINATE, &x) ||
        !bytes_at(key, LABEL_Y, COORDINATE, COORDINATE, &y))
        return NULL;
    memcpy(point + 1, x.ptr, COORDINATE);
    memcpy(point + 1 + COORDINATE, y.ptr, COORDINATE);
    builder = OSSL_PARAM_BLD_new();
    if (builder && (!OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
                    !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))) {
        OSSL_PARAM_BLD_free(builder);
        return NULL;
    }
    return key_from("EC", builder);
}

static EVP_PKEY *read_rsa(const struct cbor_item *key)
{
    text modulus, exponent;
    OSSL_PARAM_BLD *builder;
    BIGNUM *n, *e;
    EVP_PKEY *made = NULL;

    if (!bytes_at(key, LABEL_MODULUS, MODULUS_LEAST, MODULUS_MOST, &modulus) || !bytes_at(key, LABEL_EXPONENT, 1, EXPONENT_MOST, &exponent))
        return NULL;
    /* no leading zero; odd; an exponent of 1 would make everything its own signature */
    if (!(modulus.ptr[0] & 0x80) || !(modulus.ptr[modulus.len - 1] & 1) || !(exponent.ptr[exponent.len - 1] & 1) || text_equal(exponent, T("\1")) ||
        !exponent.ptr[0])
        return NULL;
    builder = OSSL_PARAM_BLD_new();
    n = BN_bin2bn((const unsigned char *)modulus.ptr, (int)modulus.len, NULL);
    e = BN_bin2bn((const unsigned char *)exponent.ptr, (int)exponent.len, NULL);
    if (builder && n && e && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
        made = key_from("RSA", builder);
    else
        OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return made;
}

static EVP_PKEY *read_ed25519(const struct cbor_item *key)
{
    int64_t curve;
    text x;

    if (!number_at(key, LABEL_CURVE, &curve) || curve != CURVE_ED25519 || !bytes_at(key, LABEL_X, COORDINATE, COORDINATE, &x))
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.ptr, COORDINATE);
}

static const struct kind {
    int64_t algorithm, type;
    EVP_PKEY *(*read)(const struct cbor_item *key);
    const char *digest; /* NULL: the algorithm has its own */
} kinds[] = {
    { COSE_ES256, TYPE_EC2, read_p256, "SHA256" },
    { COSE_EDDSA, TYPE_OKP, read_ed25519, NULL },
    { COSE_RS256, TYPE_RSA, read_rsa, "SHA256" },
};

static EVP_PKEY *read_key(text key, const struct kind **ret_kind)
{
    struct cbor_item map;
    int64_t type, algorithm;

    if (!cbor_read(&key, &map) || key.len || map.type != CBOR_MAP || !number_at(&map, LABEL_TYPE, &type) || !number_at(&map, LABEL_ALGORITHM, &algorithm))
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].algorithm == algorithm && kinds[i].type == type) {
            *ret_kind = &kinds[i];
            return kinds[i].read(&map);
        }
    return NULL;
}

bool cose_key_check(text key, int64_t *ret_algorithm)
{
    const struct kind *kind;
    EVP_PKEY *made = read_key(key, &kind);

    ERR_clear_error();
    if (!made)
        return false;
    EVP_PKEY_free(made);
    *ret_algorithm = kind->algorithm;
    return true;
}

bool cose_verify(text key, text message, text signature)
{
    const struct kind *kind;
    EVP_PKEY *made = read_key(key, &kind);
    EVP_MD_CTX *context = made ? EVP_MD_CTX_new() : NULL;
    bool good = context && EVP_DigestVerifyInit_ex(context, NULL, kind->digest, NULL, NULL, made, NULL) == 1 &&
                EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len, (const unsigned char *)message.ptr, message.len) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(made);
    ERR_clear_error(); /* what went wrong here is nothing to whoever uses TLS on this thread next */
    return good;
}
