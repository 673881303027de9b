/*
 * An authenticator for tests: it makes keys with OpenSSL and answers as a browser's `toJSON` gives them, with whatever the test
 * wants to be wrong about them.
 */
#ifndef TENON_IDENTITY_AUTHENTICATOR_FIXTURE_H
#define TENON_IDENTITY_AUTHENTICATOR_FIXTURE_H

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/crypto.h"
#include "identity/cbor.h"
#include "identity/cose.h"
#include "identity/webauthn.h"

static inline void soft_must(bool holds)
{
    if (!holds)
        abort();
}

static inline void put_head(struct buffer *out, int type, uint64_t count)
{
    char c = (char)(type << 5);

    if (count < 24) {
        buffer_char(out, (char)(c | (char)count));
    } else if (count < 256) {
        buffer_char(out, (char)(c | 24));
        buffer_char(out, (char)count);
    } else {
        buffer_char(out, (char)(c | 25));
        buffer_char(out, (char)(count >> 8));
        buffer_char(out, (char)count);
    }
}

static inline void put_int(struct buffer *out, int64_t value)
{
    put_head(out, value < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED, (uint64_t)(value < 0 ? -1 - value : value));
}

static inline void put_bytes(struct buffer *out, int type, text bytes)
{
    put_head(out, type, bytes.len);
    buffer_text(out, bytes);
}

static inline EVP_PKEY *new_key(int64_t algorithm)
{
    EVP_PKEY *key = algorithm == COSE_ES256 ? EVP_EC_gen("P-256") : algorithm == COSE_RS256 ? EVP_RSA_gen(2048) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    soft_must(key != NULL);
    return key;
}

static inline text number_of(struct arena *arena, EVP_PKEY *key, const char *name, size_t len)
{
    BIGNUM *number = NULL;
    unsigned char *out = arena_alloc(arena, 512);
    size_t has;

    soft_must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
    has = len ? len : (size_t)BN_num_bytes(number);
    soft_must(BN_bn2binpad(number, out, (int)has) == (int)has);
    BN_free(number);
    return (text){ (char *)out, has };
}

/* The public key as COSE. */
static inline text cose_of(struct arena *arena, EVP_PKEY *key, int64_t algorithm)
{
    SCOPED(buffer) struct buffer out = { 0 };

    if (algorithm == COSE_ES256) {
        put_head(&out, CBOR_MAP, 5);
        put_int(&out, 1), put_int(&out, 2), put_int(&out, 3), put_int(&out, COSE_ES256), put_int(&out, -1), put_int(&out, 1);
        put_int(&out, -2), put_bytes(&out, CBOR_BYTES, number_of(arena, key, OSSL_PKEY_PARAM_EC_PUB_X, 32));
        put_int(&out, -3), put_bytes(&out, CBOR_BYTES, number_of(arena, key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    } else if (algorithm == COSE_RS256) {
        put_head(&out, CBOR_MAP, 4);
        put_int(&out, 1), put_int(&out, 3), put_int(&out, 3), put_int(&out, COSE_RS256);
        put_int(&out, -1), put_bytes(&out, CBOR_BYTES, number_of(arena, key, OSSL_PKEY_PARAM_RSA_N, 0));
        put_int(&out, -2), put_bytes(&out, CBOR_BYTES, number_of(arena, key, OSSL_PKEY_PARAM_RSA_E, 0));
    } else {
        unsigned char x[32];
        size_t len = sizeof x;

        soft_must(EVP_PKEY_get_raw_public_key(key, x, &len) == 1);
        put_head(&out, CBOR_MAP, 4);
        put_int(&out, 1), put_int(&out, 1), put_int(&out, 3), put_int(&out, COSE_EDDSA), put_int(&out, -1), put_int(&out, 6);
        put_int(&out, -2), put_bytes(&out, CBOR_BYTES, (text){ (char *)x, len });
    }
    return text_copy(arena, buffer_view(&out));
}

static inline text sign(struct arena *arena, EVP_PKEY *key, int64_t algorithm, text message)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = 1024;
    unsigned char *out = arena_alloc(arena, len);

    soft_must(EVP_DigestSignInit_ex(context, NULL, algorithm == COSE_EDDSA ? NULL : "SHA256", NULL, NULL, key, NULL) == 1);
    soft_must(EVP_DigestSign(context, out, &len, (const unsigned char *)message.ptr, message.len) == 1);
    EVP_MD_CTX_free(context);
    return (text){ (char *)out, len };
}

/* What an answer says; a row changes a member. */
struct soft_answer {
    const char *client; /* instead of what follows */
    const char *type, *origin, *more; /* `more` members of the client data */
    text challenge, party_id, id, raw_id, attested_id;
    unsigned flags;
    uint32_t count;
    const char *format, *statement, *tail; /* bytes in hex; tail: behind the authenticator data */
    text key;         /* COSE, instead of the true one */
    bool spoil_signature, other_message;
    const char *kind;
    text handle;
};

static inline text b64(struct arena *arena, text bytes)
{
    return base64url_encode(arena, bytes.ptr, bytes.len);
}

static inline text client_data(struct arena *arena, const struct soft_answer *a)
{
    if (a->client)
        return text_of(a->client);
    return text_format(arena, "{\"type\":\"%s\",\"challenge\":\"%.*s\",\"origin\":\"%s\"%s}", a->type, TEXT_ARG(b64(arena, a->challenge)), a->origin,
                       a->more ? a->more : ",\"crossOrigin\":false");
}

static inline void put_hex(struct arena *arena, struct buffer *out, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *bytes = arena_alloc(arena, len + 1);

    soft_must(hex_decode(text_of(hex), bytes, len));
    buffer_append(out, bytes, len);
}

static inline text authenticator_data(struct arena *arena, const struct soft_answer *a, text key)
{
    SCOPED(buffer) struct buffer out = { 0 };

    buffer_text(&out, sha256(arena, a->party_id));
    buffer_char(&out, (char)a->flags);
    for (int shift = 24; shift >= 0; shift -= 8)
        buffer_char(&out, (char)(a->count >> shift));
    if (a->flags & 0x40) {
        buffer_append(&out, "aaguid--aaguid--", 16);
        buffer_char(&out, (char)(a->attested_id.len >> 8));
        buffer_char(&out, (char)a->attested_id.len);
        buffer_text(&out, a->attested_id);
        buffer_text(&out, a->key.ptr ? a->key : key);
    }
    if (a->tail)
        put_hex(arena, &out, a->tail);
    return text_copy(arena, buffer_view(&out));
}

static inline struct webauthn_registration created(struct arena *arena, const struct soft_answer *a, text key)
{
    SCOPED(buffer) struct buffer out = { 0 };

    put_head(&out, CBOR_MAP, 3);
    put_bytes(&out, CBOR_TEXT, T("fmt")), put_bytes(&out, CBOR_TEXT, text_of(a->format));
    put_bytes(&out, CBOR_TEXT, T("attStmt")), put_hex(arena, &out, a->statement);
    put_bytes(&out, CBOR_TEXT, T("authData")), put_bytes(&out, CBOR_BYTES, authenticator_data(arena, a, key));
    return (struct webauthn_registration){
        .id = b64(arena, a->id), .rawId = b64(arena, a->raw_id.ptr ? a->raw_id : a->id), .type = text_of(a->kind),
        .response = { .clientDataJSON = b64(arena, client_data(arena, a)), .attestationObject = b64(arena, buffer_view(&out)) },
    };
}

static inline struct webauthn_assertion got(struct arena *arena, const struct soft_answer *a, EVP_PKEY *key, int64_t algorithm)
{
    text data = authenticator_data(arena, a, T("\xa0")), client = client_data(arena, a), message, signature;
    SCOPED(buffer) struct buffer out = { 0 };

    buffer_text(&out, data);
    buffer_text(&out, sha256(arena, a->other_message ? T("{}") : client));
    message = buffer_view(&out);
    signature = sign(arena, key, algorithm, message);
    if (a->spoil_signature)
        ((char *)signature.ptr)[signature.len - 1] ^= 1;
    return (struct webauthn_assertion){
        .id = b64(arena, a->id), .rawId = b64(arena, a->raw_id.ptr ? a->raw_id : a->id), .type = text_of(a->kind),
        .response = { .clientDataJSON = b64(arena, client), .authenticatorData = b64(arena, data), .signature = b64(arena, signature),
                      .userHandle = a->handle.ptr ? b64(arena, a->handle) : TEXT_NONE },
    };
}

#endif
