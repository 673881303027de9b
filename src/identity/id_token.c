#include "identity/id_token.h"

#include <cjose/cjose.h>

#include "base/json.h"
#include "crypto/crypto.h"

enum { SUBJECT_MOST = 255, MODULUS_LEAST = 256, MODULUS_MOST = 1024 /* bytes */ };

static const struct json_limits limits = { .depth = 16, .string = 1 << 16 };

const char *id_token_fault_words(enum id_token_fault fault)
{
    static const char *const words[] = {
#define ID_TOKEN_FAULT_WORDS(name, words) words,
        ID_TOKEN_FAULTS(ID_TOKEN_FAULT_WORDS)
#undef ID_TOKEN_FAULT_WORDS
    };

    return words[fault];
}

/* RFC 7518 §3.1, with the one type of key and curve that goes with each. */
static const struct algorithm {
    const char *name, *type, *curve;
} algorithms[] = {
    { "RS256", "RSA", NULL },   { "RS384", "RSA", NULL },   { "RS512", "RSA", NULL },
    { "PS256", "RSA", NULL },   { "PS384", "RSA", NULL },   { "PS512", "RSA", NULL },
    { "ES256", "EC", "P-256" }, { "ES384", "EC", "P-384" }, { "ES512", "EC", "P-521" },
};

static bool read_object(text bytes, text *ret_object)
{
    struct json_error error;

    if (!json_check(bytes, &limits, &error) || json_type_of(text_trim(bytes)) != JSON_OBJECT)
        return false;
    *ret_object = text_trim(bytes);
    return true;
}

static text string_at(struct arena *arena, text object, const char *member)
{
    return json_unquote(arena, json_find(object, member));
}

/* --- the token's parts (RFC 7515 §7.1) ---------------------------------------------------------------------------------------- */

struct token {
    const struct algorithm *algorithm;
    text kid; /* absent where the header names none */
    text claims;
};

static enum id_token_fault read_header(struct arena *arena, text header, struct token *token)
{
    text kid = json_find(header, "kid"), name = string_at(arena, header, "alg");

    /* an extension that must be understood is none that we do (RFC 7515 §4.1.11) */
    if (json_find(header, "crit").ptr || (kid.ptr && json_type_of(kid) != JSON_STRING))
        return ID_TOKEN_MALFORMED;
    token->kid = json_unquote(arena, kid);
    for (size_t i = 0; i < COUNT(algorithms); i++)
        if (text_equal(name, text_of(algorithms[i].name)))
            token->algorithm = &algorithms[i];
    return token->algorithm ? ID_TOKEN_OK : ID_TOKEN_ALGORITHM;
}

/* Strictly three parts, each with one spelling only. */
static enum id_token_fault read_token(struct arena *arena, text spelled, struct token *token)
{
    text signature = spelled, header = text_cut(&signature, '.'), payload = text_cut(&signature, '.'), bytes;

    if (!signature.len || spelled.len > ID_TOKEN_MOST || !base64url_decode(arena, signature, &bytes))
        return ID_TOKEN_MALFORMED;
    if (!base64url_decode(arena, header, &bytes) || !read_object(bytes, &header))
        return ID_TOKEN_MALFORMED;
    if (!base64url_decode(arena, payload, &bytes) || !read_object(bytes, &token->claims))
        return ID_TOKEN_MALFORMED;
    return read_header(arena, header, token);
}

/* --- the issuer's keys --------------------------------------------------------------------------------------------------------------- */

static bool absent_or(struct arena *arena, text object, const char *member, text expected)
{
    return !json_find(object, member).ptr || text_equal(string_at(arena, object, member), expected);
}

static bool fits(struct arena *arena, text key, const struct token *token)
{
    const struct algorithm *algorithm = token->algorithm;
    static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi", "oth" };
    text modulus, part;

    if (json_type_of(key) != JSON_OBJECT || !text_equal(string_at(arena, key, "kty"), text_of(algorithm->type)) ||
        !absent_or(arena, key, "use", T("sig")) || !absent_or(arena, key, "alg", text_of(algorithm->name)))
        return false;
    if (token->kid.ptr && !text_equal(string_at(arena, key, "kid"), token->kid))
        return false;
    for (size_t i = 0; i < COUNT(private); i++)
        if (json_find(key, private[i]).ptr)
            return false; /* nobody publishes these */
    /* what the library would decode is decoded here first: it ends the process on a stray `=` */
    if (algorithm->curve)
        return text_equal(string_at(arena, key, "crv"), text_of(algorithm->curve)) && base64url_decode(arena, string_at(arena, key, "x"), &part) &&
               base64url_decode(arena, string_at(arena, key, "y"), &part);
    return base64url_decode(arena, string_at(arena, key, "e"), &part) && base64url_decode(arena, string_at(arena, key, "n"), &modulus) && modulus.len >= MODULUS_LEAST && modulus.len <= MODULUS_MOST;
}

/* The one key that fits: with two it would be a guess. */
static enum id_token_fault find_key(struct arena *arena, text jwks, const struct token *token, text *ret_key)
{
    struct json_walk walk;
    text set, keys, key;
    int found = 0;

    if (jwks.len > JWKS_MOST || !read_object(jwks, &set))
        return ID_TOKEN_MALFORMED;
    keys = json_find(set, "keys");
    if (json_type_of(keys) != JSON_ARRAY)
        return ID_TOKEN_MALFORMED;
    walk = json_walk(keys);
    while (json_next_item(&walk, &key))
        if (fits(arena, key, token)) {
            *ret_key = key;
            found++;
        }
    return found == 1 ? ID_TOKEN_OK : ID_TOKEN_KEY_UNKNOWN;
}

static enum id_token_fault check_signature(text spelled, text key)
{
    cjose_err error;
    cjose_jwk_t *jwk = cjose_jwk_import(key.ptr, key.len, &error);
    cjose_jws_t *jws = jwk ? cjose_jws_import(spelled.ptr, spelled.len, &error) : NULL;
    enum id_token_fault fault = !jwk ? ID_TOKEN_MALFORMED : jws && cjose_jws_verify(jws, jwk, &error) ? ID_TOKEN_OK : ID_TOKEN_SIGNATURE;

    cjose_jws_release(jws);
    cjose_jwk_release(jwk);
    return fault;
}

/* --- claims ------------------------------------------------------------------------------------------------------------------------------ */

static bool is_guid(text t)
{
    uuid id;

    return uuid_parse(t, &id);
}

static bool is_issuer(struct arena *arena, text expected, text claims)
{
    text issuer = string_at(arena, claims, "iss"), tenant = string_at(arena, claims, "tid"), slot = T("{tenantid}");
    size_t at = text_find(expected, slot);

    if (at == SIZE_MAX)
        return issuer.len && text_equal(issuer, expected);
    if (!is_guid(tenant))
        return false;
    return text_equal(issuer, text_format(arena, "%.*s%.*s%.*s", TEXT_ARG(text_slice(expected, 0, at)), TEXT_ARG(tenant),
                                          TEXT_ARG(text_slice(expected, at + slot.len, expected.len))));
}

/* `aud` is a string or a list; where it names others too, `azp` says whom it is for (§3.1.3.7). */
static bool is_audience(struct arena *arena, text client_id, text claims)
{
    text audience = json_find(claims, "aud"), party = json_find(claims, "azp"), one;
    bool named = false;
    size_t count = 0;
    struct json_walk walk;

    if (party.ptr && !text_equal(json_unquote(arena, party), client_id))
        return false;
    if (json_type_of(audience) == JSON_STRING)
        return text_equal(json_unquote(arena, audience), client_id);
    if (json_type_of(audience) != JSON_ARRAY)
        return false;
    walk = json_walk(audience);
    for (; json_next_item(&walk, &one); count++)
        named |= text_equal(json_unquote(arena, one), client_id);
    return named && (count == 1 || party.ptr);
}

static enum id_token_fault check_times(text claims, int64_t now)
{
    int64_t expires, issued, begins = INT64_MIN, seconds = now / SECOND;
    text not_before = json_find(claims, "nbf");

    if (!json_int(json_find(claims, "exp"), &expires) || !json_int(json_find(claims, "iat"), &issued) ||
        (not_before.ptr && !json_int(not_before, &begins)))
        return ID_TOKEN_MALFORMED;
    if (expires <= seconds - ID_TOKEN_LEEWAY)
        return ID_TOKEN_EXPIRED;
    return issued > seconds + ID_TOKEN_LEEWAY || begins > seconds + ID_TOKEN_LEEWAY ? ID_TOKEN_EARLY : ID_TOKEN_OK;
}

static enum id_token_fault check_claims(struct arena *arena, text claims, const struct id_token_expected *expected)
{
    text subject = string_at(arena, claims, "sub"), nonce = string_at(arena, claims, "nonce");
    enum id_token_fault fault;

    if (!is_issuer(arena, expected->issuer, claims))
        return ID_TOKEN_ISSUER;
    if (!expected->client_id.len || !is_audience(arena, expected->client_id, claims))
        return ID_TOKEN_AUDIENCE;
    fault = check_times(claims, expected->now);
    if (fault != ID_TOKEN_OK)
        return fault;
    if (!expected->nonce.len || !equal_in_time(nonce, expected->nonce))
        return ID_TOKEN_NONCE;
    return subject.len && subject.len <= SUBJECT_MOST ? ID_TOKEN_OK : ID_TOKEN_SUBJECT;
}

enum id_token_fault id_token_verify(struct arena *arena, text token, text jwks, const struct id_token_expected *expected, text *ret_claims)
{
    struct token parts = { .algorithm = NULL };
    enum id_token_fault fault = read_token(arena, token, &parts);
    text key;

    if (fault == ID_TOKEN_OK)
        fault = find_key(arena, jwks, &parts, &key);
    if (fault == ID_TOKEN_OK)
        fault = check_signature(token, key);
    if (fault == ID_TOKEN_OK)
        fault = check_claims(arena, parts.claims, expected);
    if (fault == ID_TOKEN_OK)
        *ret_claims = parts.claims;
    return fault;
}
