#include "crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "core/log.h"
#include "crypto/hashing.h"

enum { KEY_BYTES = 32, NONCE_BYTES = 12, TAG_BYTES = 16, KEY_ID_BYTES = 4 };

struct aes_key {
    bool set;
    unsigned char bytes[KEY_BYTES];
    unsigned char id[KEY_ID_BYTES]; /* which key sealed it, to find it again after a rotation */
};

struct jwt_key {
    bool set;
    crypto_auth_hmacsha256_state begun; /* HMAC with the secret taken in */
    text header;                        /* of the tokens that it signs, encoded */
};

static struct aes_key aes_keys[2]; /* current, former */
static struct jwt_key jwt_keys[2];
static text absent_hash;

/* --- keys -------------------------------------------------------------------------------------------------------------- */

/* Reads the secret kept under this name, or makes it. */
static enum result kept_secret(struct call *call, const char *name, struct secret *ret_secret)
{
    static struct arena forever;
    char *dir = text_z(&call->arena, text_format(&call->arena, "%.*s/secrets", TEXT_ARG(config.data_dir)));
    char *path = text_z(&call->arena, text_format(&call->arena, "%s/%s", dir, name));
    unsigned char made[KEY_BYTES];
    char line[2 * KEY_BYTES + 1];
    ssize_t len;
    int file;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(call, UNAVAILABLE, "Cannot make %s: %s.", dir, strerror(errno));
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        random_bytes(made, sizeof made);
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file < 0 || write(file, hex_encode(&call->arena, made, sizeof made).ptr, 2 * KEY_BYTES) != 2 * KEY_BYTES || fsync(file) != 0) {
            if (file >= 0)
                close(file);
            return fail(call, UNAVAILABLE, "Cannot write %s: %s.", path, strerror(errno));
        }
        close(file);
        LOG(INFO, call, "secret made", LZ("name", name));
        file = open(path, O_RDONLY | O_CLOEXEC);
    }
    len = file < 0 ? -1 : read(file, line, sizeof line - 1);
    if (file >= 0)
        close(file);
    if (len != 2 * KEY_BYTES)
        return fail(call, UNAVAILABLE, "%s does not hold 64 hexadecimal digits.", path);
    ret_secret->value = text_copy(&forever, (text){ line, (size_t)len });
    return OK;
}

static void set_aes_key(struct aes_key *key, struct secret secret)
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    key->set = secret.value.len && hex_decode(secret.value, key->bytes, KEY_BYTES);
    if (!key->set)
        return;
    crypto_hash_sha256(hash, key->bytes, KEY_BYTES);
    memcpy(key->id, hash, KEY_ID_BYTES);
}

static void set_jwt_key(struct arena *forever, struct jwt_key *key, struct secret secret)
{
    SCOPED(arena) struct arena arena = { 0 };
    text hash, json;

    key->set = secret.value.len > 0;
    if (!key->set)
        return;
    crypto_auth_hmacsha256_init(&key->begun, (const unsigned char *)secret.value.ptr, secret.value.len);
    hash = sha256(&arena, text_format(&arena, "kid:%.*s", TEXT_ARG(secret.value)));
    json = text_format(&arena, "{\"alg\":\"HS256\",\"kid\":\"%.*s\",\"typ\":\"JWT\"}", TEXT_ARG(hex_encode(&arena, hash.ptr, 4)));
    key->header = base64url_encode(forever, json.ptr, json.len);
}

enum result crypto_start(struct call *call)
{
    static struct arena forever;
    struct secret jwt = config.jwt_secret, sealing = config.encryption_key;
    text junk = random_token(&call->arena, 24);

    if (sodium_init() < 0)
        return fail(call, INTERNAL, "libsodium does not start.");
    if (!jwt.value.len)
        TRY(kept_secret(call, "jwt_secret", &jwt));
    if (!sealing.value.len)
        TRY(kept_secret(call, "encryption_key", &sealing));
    set_jwt_key(&forever, &jwt_keys[0], jwt);
    set_jwt_key(&forever, &jwt_keys[1], config.jwt_secret_previous);
    set_aes_key(&aes_keys[0], sealing);
    set_aes_key(&aes_keys[1], config.encryption_key_previous);
    if (!absent_hash.len) {
        TRY(password_hash(call, junk, &absent_hash));
        absent_hash = text_copy(&forever, absent_hash);
    }
    return OK;
}

/* --- hashes -------------------------------------------------------------------------------------------------------------- */

text sha256(struct arena *arena, text bytes)
{
    unsigned char *hash = arena_alloc(arena, crypto_hash_sha256_BYTES);

    crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
    return (text){ (char *)hash, crypto_hash_sha256_BYTES };
}

bool equal_in_time(text a, text b)
{
    return a.len == b.len && sodium_memcmp(a.ptr, b.ptr, a.len) == 0;
}

static text hmac(struct arena *arena, const struct jwt_key *key, text bytes)
{
    unsigned char *mac = arena_alloc(arena, crypto_auth_hmacsha256_BYTES);
    crypto_auth_hmacsha256_state state = key->begun;

    crypto_auth_hmacsha256_update(&state, (const unsigned char *)bytes.ptr, bytes.len);
    crypto_auth_hmacsha256_final(&state, mac);
    return (text){ (char *)mac, crypto_auth_hmacsha256_BYTES };
}

text keyed_token(struct arena *arena, const char *purpose, text value)
{
    text mac = hmac(arena, &jwt_keys[0], text_format(arena, "%s:%.*s", purpose, TEXT_ARG(value)));

    return base64url_encode(arena, mac.ptr, mac.len);
}

/* --- passwords -------------------------------------------------------------------------------------------------------------- */

enum { PASSWORD_PASSES = 2, PASSWORD_MEMORY = 19 << 20 };

/* What a hashing thread is asked. */
struct hash_work {
    text hash, password, salt;
    char *made; /* crypto_pwhash_STRBYTES; HASH_BYTES for a salted one */
    bool done;  /* made, or the password is that of `hash` */
};

static void make_hash(void *context)
{
    struct hash_work *work = context;

    work->done = crypto_pwhash_str_alg(work->made, work->password.ptr, work->password.len, PASSWORD_PASSES, PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

enum result password_hash(struct call *call, text password, text *ret_hash)
{
    struct hash_work work = { .password = password, .made = arena_alloc(&call->arena, crypto_pwhash_STRBYTES) };

    hashing_run(make_hash, &work);
    if (!work.done)
        return fail(call, UNAVAILABLE, "Not enough memory to hash a password now.");
    *ret_hash = text_of(work.made);
    return OK;
}

static void check_password(void *context)
{
    struct hash_work *work = context;
    char z[crypto_pwhash_STRBYTES] = { 0 };
    bool known = work->hash.len && work->hash.len < sizeof z;

    memcpy(z, known ? work->hash.ptr : absent_hash.ptr, known ? work->hash.len : absent_hash.len);
    work->done = crypto_pwhash_str_verify(z, work->password.ptr, work->password.len) == 0 && known;
}

static void check_imported(void *context)
{
    struct hash_work *work = context;

    work->done = bcrypt_matches(work->hash, work->password);
}

bool password_matches(text hash, text password)
{
    struct hash_work work = { .hash = hash, .password = password.ptr ? password : T("") }; /* none is as wrong as any, and takes as long */

    hashing_run(bcrypt_well_formed(hash) ? check_imported : check_password, &work);
    return work.done;
}

bool password_needs_rehash(text hash)
{
    char z[crypto_pwhash_STRBYTES] = { 0 };

    if (hash.len >= sizeof z)
        return true;
    memcpy(z, hash.ptr ? hash.ptr : "", hash.len);
    return crypto_pwhash_str_needs_rehash(z, PASSWORD_PASSES, PASSWORD_MEMORY) != 0;
}

static void make_salted(void *context)
{
    struct hash_work *work = context;

    work->done = crypto_pwhash((unsigned char *)work->made, HASH_BYTES, work->password.ptr, work->password.len, (const unsigned char *)work->salt.ptr, PASSWORD_PASSES,
                               PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

enum result slow_hash(struct call *call, text salt, text secret, text *ret_hash)
{
    struct hash_work work = { .password = secret, .salt = salt, .made = arena_alloc(&call->arena, HASH_BYTES) };

    _Static_assert(SALT_BYTES == crypto_pwhash_SALTBYTES, "the salt that libsodium takes");
    if (salt.len != SALT_BYTES)
        return fail(call, INTERNAL, "A salt has %d bytes.", SALT_BYTES);
    hashing_run(make_salted, &work);
    if (!work.done)
        return fail(call, UNAVAILABLE, "Not enough memory to hash a secret now.");
    *ret_hash = (text){ work.made, HASH_BYTES };
    return OK;
}

/* --- sealed bytes ------------------------------------------------------------------------------------------------------------ */

/* Layout: key id (4), nonce (12), ciphertext, tag (16). */
text seal(struct arena *arena, struct secret plain, text bound)
{
    size_t total = KEY_ID_BYTES + NONCE_BYTES + plain.value.len + TAG_BYTES;
    unsigned char *out = arena_alloc(arena, total), *cipher = out + KEY_ID_BYTES + NONCE_BYTES;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len, ok;

    memcpy(out, aes_keys[0].id, KEY_ID_BYTES);
    random_bytes(out + KEY_ID_BYTES, NONCE_BYTES);
    ok = EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, aes_keys[0].bytes, out + KEY_ID_BYTES) &&
         EVP_EncryptUpdate(context, NULL, &len, (const unsigned char *)bound.ptr, (int)bound.len) &&
         EVP_EncryptUpdate(context, cipher, &len, (const unsigned char *)plain.value.ptr, (int)plain.value.len) &&
         EVP_EncryptFinal_ex(context, cipher + len, &len) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, cipher + plain.value.len);
    EVP_CIPHER_CTX_free(context);
    if (!ok)
        abort(); /* the cipher itself is missing: nothing may be stored unsealed instead */
    return (text){ (char *)out, total };
}

bool unseal(struct arena *arena, text sealed, text bound, struct secret *ret_plain)
{
    const unsigned char *in = (const unsigned char *)sealed.ptr;
    const struct aes_key *key = NULL;
    EVP_CIPHER_CTX *context;
    unsigned char *out;
    size_t plain_len;
    int len, ok;

    if (sealed.len < KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES)
        return false;
    for (size_t i = 0; i < COUNT(aes_keys); i++)
        if (aes_keys[i].set && memcmp(aes_keys[i].id, in, KEY_ID_BYTES) == 0)
            key = &aes_keys[i];
    if (!key)
        return false;
    plain_len = sealed.len - KEY_ID_BYTES - NONCE_BYTES - TAG_BYTES;
    out = arena_alloc(arena, plain_len + 1);
    context = EVP_CIPHER_CTX_new();
    ok = EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, in + KEY_ID_BYTES) &&
         EVP_DecryptUpdate(context, NULL, &len, (const unsigned char *)bound.ptr, (int)bound.len) &&
         EVP_DecryptUpdate(context, out, &len, in + KEY_ID_BYTES + NONCE_BYTES, (int)plain_len) &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, (void *)(in + sealed.len - TAG_BYTES)) &&
         EVP_DecryptFinal_ex(context, out + len, &len) > 0;
    EVP_CIPHER_CTX_free(context);
    if (ok)
        ret_plain->value = (text){ (char *)out, plain_len };
    return ok;
}

/* --- tokens ---------------------------------------------------------------------------------------------------------------- */

text jwt_sign(struct arena *arena, text claims)
{
    text payload = base64url_encode(arena, claims.ptr, claims.len);
    text signing = text_format(arena, "%.*s.%.*s", TEXT_ARG(jwt_keys[0].header), TEXT_ARG(payload));
    text mac = hmac(arena, &jwt_keys[0], signing);

    return text_format(arena, "%.*s.%.*s", TEXT_ARG(signing), TEXT_ARG(base64url_encode(arena, mac.ptr, mac.len)));
}

bool jwt_verify(struct arena *arena, text token, text *ret_claims)
{
    static const struct json_limits limits = { .depth = 4, .string = 1024 };
    text signature = token, header, payload, claims, mac;
    struct json_error error;

    if (token.len > 4096)
        return false;
    header = text_cut(&signature, '.');
    payload = text_cut(&signature, '.');
    if (!signature.ptr || text_find_char(signature, '.') != SIZE_MAX)
        return false;
    for (size_t i = 0; i < COUNT(jwt_keys); i++) {
        const struct jwt_key *key = &jwt_keys[i];
        text signing = { token.ptr, header.len + 1 + payload.len };

        /* only a header that we write ourselves: no `alg` to choose, no `kid` to look up */
        if (!key->set || !text_equal(header, key->header))
            continue;
        if (!base64url_decode(arena, signature, &mac) || !equal_in_time(mac, hmac(arena, key, signing)))
            return false;
        if (!base64url_decode(arena, payload, &claims) || !json_check(claims, &limits, &error))
            return false;
        *ret_claims = claims;
        return true;
    }
    return false;
}
