/*
 * Forged session tokens. Each is our own token with one thing changed, and signed with the server's own secret wherever that makes
 * the attack stronger: what is tried is the check of that one thing. The first row shows that the forger's hand is good.
 *
 * Which check each row rests on was seen by taking it out (tests/security/defences.test.mjs does it again).
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/scenario/world.h"

#define SECRET "a-secret-for-forgers-a-secret-for-forgers"

static const char *const options[] = { "JWT_SECRET", SECRET, "JWT_SECRET_PREVIOUS", "", NULL };

/* {kid} stands for the key's true id, {claims}' places for the owner's; `sign` 0: with the secret. */
struct forgery {
    const char *name;
    const char *header; /* NULL: the true one */
    const char *claims; /* NULL: the true ones; ' is written for " */
    enum { SIGNED, UNSIGNED, SIGNED_SHA512, SIGNED_SHA384, SIGNED_EMPTY_KEY } sign;
    const char *tail; /* appended to the whole */
    bool good;
};

#define HEADER "{'alg':'HS256','kid':'{kid}','typ':'JWT'}"
#define WHO "'sub':'{owner.id}','org':'{owner.org}','role':'owner'"
#define WHAT "'sid':'{sid}','jti':'{jti}'"
#define CLAIMS(iss, aud, iat, exp) "{'iss':'" iss "','aud':'" aud "'," WHO "," WHAT ",'iat':" iat ",'exp':" exp "}"

static const struct forgery forgeries[] = {
    { "our own", .good = true },
    { "our own, written out", HEADER, CLAIMS("tenon", "tenon-api", "{now}", "{then}"), .good = true },

    { "alg none", "{'alg':'none','kid':'{kid}','typ':'JWT'}", .sign = UNSIGNED },
    { "alg none, signed", "{'alg':'none','kid':'{kid}','typ':'JWT'}" },
    { "alg None", "{'alg':'None','typ':'JWT'}", .sign = UNSIGNED },
    { "alg NONE", "{'alg':'NONE','typ':'JWT'}", .sign = UNSIGNED },
    { "no alg", "{'kid':'{kid}','typ':'JWT'}" },
    { "no signature", HEADER, .sign = UNSIGNED },
    { "RS256 over a keyed hash", "{'alg':'RS256','kid':'{kid}','typ':'JWT'}" },
    { "ES256 over a keyed hash", "{'alg':'ES256','kid':'{kid}','typ':'JWT'}" },
    { "HS384, rightly signed", "{'alg':'HS384','kid':'{kid}','typ':'JWT'}", .sign = SIGNED_SHA384 },
    { "HS512, rightly signed", "{'alg':'HS512','kid':'{kid}','typ':'JWT'}", .sign = SIGNED_SHA512 },
    { "signed with the empty key", HEADER, .sign = SIGNED_EMPTY_KEY },
    { "two algs", "{'alg':'HS256','kid':'{kid}','typ':'JWT','alg':'none'}" },

    { "a foreign kid", "{'alg':'HS256','kid':'deadbeef','typ':'JWT'}" },
    { "no kid", "{'alg':'HS256','typ':'JWT'}" },
    { "a kid that is a path", "{'alg':'HS256','kid':'../../../../dev/null','typ':'JWT'}", .sign = SIGNED_EMPTY_KEY },
    { "a kid that is SQL", "{'alg':'HS256','kid':'x\\u0027 union select 1 --','typ':'JWT'}" },
    { "its own key in the header", "{'alg':'HS256','kid':'{kid}','typ':'JWT','jwk':{'kty':'oct','k':''}}", .sign = SIGNED_EMPTY_KEY },
    { "a key's address in the header", "{'alg':'HS256','kid':'{kid}','typ':'JWT','jku':'http://127.0.0.1:1/keys'}" },
    { "a critical extension", "{'alg':'HS256','kid':'{kid}','typ':'JWT','crit':['exp']}" },
    { "an ID token", "{'alg':'HS256','kid':'{kid}','typ':'id_token+jwt'}" },

    { "expired", HEADER, CLAIMS("tenon", "tenon-api", "{now}", "{before}") },
    { "that never expires", HEADER, "{'iss':'tenon','aud':'tenon-api'," WHO "," WHAT ",'iat':{now}}" },
    { "that expires in words", HEADER, CLAIMS("tenon", "tenon-api", "{now}", "'{then}'") },
    { "that expires in no number", HEADER, CLAIMS("tenon", "tenon-api", "{now}", "1e400") },
    { "of tomorrow", HEADER, CLAIMS("tenon", "tenon-api", "{tomorrow}", "{then}") },
    { "not to be taken before tomorrow", HEADER, CLAIMS("tenon", "tenon-api", "{now},'nbf':{tomorrow}", "{then}") },
    { "of another issuer", HEADER, CLAIMS("nonet", "tenon-api", "{now}", "{then}") },
    { "for another audience", HEADER, CLAIMS("tenon", "tenon-widget", "{now}", "{then}") },
    { "for nobody", HEADER, "{'iss':'tenon'," WHO "," WHAT ",'iat':{now},'exp':{then}}" },
    { "of somebody else's session", HEADER, "{'iss':'tenon','aud':'tenon-api'," WHO ",'sid':'{sid.other}','jti':'{jti}','iat':{now},'exp':{then}}" },
    { "with somebody else's proof", HEADER, "{'iss':'tenon','aud':'tenon-api'," WHO ",'sid':'{sid}','jti':'{jti.other}','iat':{now},'exp':{then}}" },
    { "without proof", HEADER, "{'iss':'tenon','aud':'tenon-api'," WHO ",'sid':'{sid}','iat':{now},'exp':{then}}" },
    { "of no session", HEADER, "{'iss':'tenon','aud':'tenon-api'," WHO ",'sid':'{owner.id}','jti':'{jti}','iat':{now},'exp':{then}}" },
    { "that is no object", HEADER, "['tenon']" },
    { "that is no JSON", HEADER, "tenon" },

    { "padded", .tail = "=" },
    { "padded twice", .tail = "==" },
    { "with a fourth part", .tail = ".e30" },
    { "with a dot behind", .tail = "." },
    { "with a space in it", .tail = " x" },
};

static void hash_with(const EVP_MD *digest, text key, text bytes, unsigned char *ret_mac, unsigned *ret_len)
{
    HMAC(digest, key.ptr, (int)key.len, (const unsigned char *)bytes.ptr, bytes.len, ret_mac, ret_len);
}

static text signature_of(struct arena *arena, const struct forgery *forgery, text bytes)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    switch (forgery->sign) {
    case UNSIGNED: break;
    case SIGNED: hash_with(EVP_sha256(), T(SECRET), bytes, mac, &len); break;
    case SIGNED_EMPTY_KEY: hash_with(EVP_sha256(), T(""), bytes, mac, &len); break;
    case SIGNED_SHA384: hash_with(EVP_sha384(), T(SECRET), bytes, mac, &len); break;
    case SIGNED_SHA512: hash_with(EVP_sha512(), T(SECRET), bytes, mac, &len); break;
    }
    return base64url_encode(arena, mac, len);
}

static text encoded(struct world *world, const char *pattern)
{
    text json = text_copy(world_arena(world), text_of(filled(world, pattern)));

    for (size_t i = 0; i < json.len; i++)
        if (json.ptr[i] == '\'')
            ((char *)json.ptr)[i] = '"';
    return base64url_encode(world_arena(world), json.ptr, json.len);
}

static text forge(struct world *world, const struct forgery *forgery)
{
    struct arena *arena = world_arena(world);
    text rest = kept(world, "owner.token"), header = text_cut(&rest, '.'), claims = text_cut(&rest, '.'), signature = rest, head;

    if (!forgery->header)
        return text_format(arena, "%.*s.%.*s.%.*s%s", TEXT_ARG(header), TEXT_ARG(claims), TEXT_ARG(signature), forgery->tail ? forgery->tail : "");
    header = encoded(world, forgery->header);
    if (forgery->claims)
        claims = encoded(world, forgery->claims);
    head = text_format(arena, "%.*s.%.*s", TEXT_ARG(header), TEXT_ARG(claims));
    signature = signature_of(arena, forgery, head);
    return text_format(arena, "%.*s.%.*s%s", TEXT_ARG(head), TEXT_ARG(signature), forgery->tail ? forgery->tail : "");
}

/* --- what the true token holds ---------------------------------------------------------------------------------------------------- */

static void keep_number(struct world *world, const char *name, int64_t seconds)
{
    keep(world, name, text_format(world_arena(world), "%lld", (long long)seconds));
}

static void keep_claim(struct world *world, const char *token, const char *claim, const char *name)
{
    text rest = kept(world, token), header = text_cut(&rest, '.'), claims = text_cut(&rest, '.'), json = T("");

    (void)header;
    if (base64url_decode(world_arena(world), claims, &json))
        keep(world, name, json_unquote(world_arena(world), json_find(json, claim)));
}

static void open_the_token(struct world *world)
{
    text rest = kept(world, "owner.token"), header, json = T("");

    if (base64url_decode(world_arena(world), text_cut(&rest, '.'), &header))
        json = header;
    keep(world, "kid", json_unquote(world_arena(world), json_find(json, "kid")));
    keep_claim(world, "owner.token", "sid", "sid");
    keep_claim(world, "owner.token", "jti", "jti");
    keep_claim(world, "stranger.token", "sid", "sid.other");
    keep_claim(world, "stranger.token", "jti", "jti.other");
    keep_number(world, "now", clock_now() / SECOND);
    keep_number(world, "before", clock_now() / SECOND - 1);
    keep_number(world, "then", (clock_now() + DAY) / SECOND);
    keep_number(world, "tomorrow", (clock_now() + DAY) / SECOND);
}

static void try_forgeries(struct world *world)
{
    for (size_t i = 0; i < COUNT(forgeries); i++) {
        struct answer answer;

        keep(world, "forged", forge(world, &forgeries[i]));
        world_about(world, forgeries[i].name);
        answer = ask(world, BEARER("{forged}"), "GET /api/auth/me", NULL, NULL);
        expect_answer(world, &answer, answer.status == (forgeries[i].good ? 200 : 401), "a token %s", forgeries[i].name);
    }
}

/* base64url's last letter of 32 bytes holds two bits that mean nothing: the same signature can be spelled in four ways, and one of
   them is ours. A list of revoked tokens could be passed by the others. */
static void spell_otherwise(struct world *world)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    text token = kept(world, "owner.token");
    size_t last = (size_t)(strchr(letters, token.ptr[token.len - 1]) - letters);

    for (size_t bits = 1; bits < 4; bits++) {
        text other = text_copy(world_arena(world), token);
        struct answer answer;

        ((char *)other.ptr)[other.len - 1] = letters[last ^ bits];
        keep(world, "forged", other);
        world_about(world, "the signature spelled in another way");
        answer = ask(world, BEARER("{forged}"), "GET /api/auth/me", NULL, NULL);
        expect_answer(world, &answer, answer.status == 401, "padding bits %zu", bits);
    }
}

/* What a token says of organization, person and role is for its reader; the server goes by the session. */
static void claim_more(struct world *world)
{
    static const struct forgery claims_more = { "that claims more", HEADER, "{'iss':'tenon','aud':'tenon-api','sub':'{stranger.id}','org':'{stranger.org}','role':'owner'," WHAT ",'iat':{now},'exp':{then}}" };
    static const struct scenario rows[] = {
        { "a claimed person is nobody", .as = BEARER("{forged}"), .send = "GET /api/auth/me", .has = { "data.user.id={owner.id}", "data.organization.id={owner.org}" } },
        { "a claimed organization stays closed", .as = BEARER("{forged}"), .send = "GET /api/orgs/{stranger.org}", .error = "NOT_FOUND" },
        { "its conversations too", .as = BEARER("{forged}"), .send = "GET /api/conversations/{theirs}", .error = "NOT_FOUND", .hides = { "secret of theirs" } },
        { "and its keys", .as = BEARER("{forged}"), .send = "GET /api/keys", .hides = { "secret of theirs" } },
    };

    run_row(world, &(struct scenario){ "somebody has something", .as = STRANGER, .send = "POST /api/conversations", .body = "{'title':'secret of theirs'}", .status = 201, .keep = { "theirs=data.id" } });
    run_row(world, &(struct scenario){ "and a key", .as = STRANGER, .send = "POST /api/keys", .body = "{'name':'secret of theirs'}", .status = 201 });
    keep(world, "forged", forge(world, &claims_more));
    for (size_t i = 0; i < COUNT(rows); i++)
        run_row(world, &rows[i]);
}

static void claim_a_role(struct world *world)
{
    static const struct forgery promoted = { "that claims a role", HEADER, "{'iss':'tenon','aud':'tenon-api','sub':'{viewer.id}','org':'{owner.org}','role':'owner'," WHAT ",'iat':{now},'exp':{then}}" };

    kept(world, "viewer.token");
    keep_claim(world, "viewer.token", "sid", "sid");
    keep_claim(world, "viewer.token", "jti", "jti");
    keep(world, "forged", forge(world, &promoted));
    run_row(world, &(struct scenario){ "a claimed role is none", .as = BEARER("{forged}"), .send = "POST /api/keys", .body = "{'name':'x'}", .error = "FORBIDDEN" });
    run_row(world, &(struct scenario){ "the session is the viewer's", .as = BEARER("{forged}"), .send = "GET /api/auth/me", .has = { "data.user.id={viewer.id}" } });
}

static void run(struct world *world)
{
    kept(world, "owner.token");
    kept(world, "stranger.token");
    open_the_token(world);
    try_forgeries(world);
    spell_otherwise(world);
    claim_more(world);
    claim_a_role(world);
}

const struct suite tokens_scenarios = { .run = run, .config = options };
