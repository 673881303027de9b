#include "identity/oauth.h"

#include "base/json.h"
#include "crypto/crypto.h"

enum { VERIFIER_LETTERS = 64, URL_MOST = 2048, ERROR_MOST = 64, ANSWER_MOST = 1 << 18 };

static bool read_object(text bytes, text *ret_object)
{
    static const struct json_limits limits = { .depth = 16, .string = 1 << 16 };
    struct json_error error;

    if (bytes.len > ANSWER_MOST || !json_check(bytes, &limits, &error) || json_type_of(text_trim(bytes)) != JSON_OBJECT)
        return false;
    *ret_object = text_trim(bytes);
    return true;
}

/* --- discovery ------------------------------------------------------------------------------------------------------------------------- */

text oidc_discovery_url(struct arena *arena, text issuer)
{
    if (text_ends(issuer, T("/")))
        issuer.len--;
    return text_format(arena, "%.*s/.well-known/openid-configuration", TEXT_ARG(issuer));
}

static bool is_endpoint(text url, text issuer)
{
    text scheme = text_starts(issuer, T("http://")) ? T("http://") : T("https://");

    if (url.len <= scheme.len || url.len > URL_MOST || (!text_starts(url, scheme) && !text_starts(url, T("https://"))))
        return false;
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~' || strchr("\"<>\\^`{|}#@", url.ptr[i]))
            return false;
    return true;
}

/* The ways in which a client may say its secret; Basic where nothing is said. */
static bool takes_basic(struct arena *arena, text methods)
{
    struct json_walk walk;
    text method;

    if (json_type_of(methods) != JSON_ARRAY)
        return true;
    walk = json_walk(methods);
    while (json_next_item(&walk, &method))
        if (text_equal(json_unquote(arena, method), T("client_secret_basic")))
            return true;
    return false;
}

bool oidc_discovery_read(struct arena *arena, text document, text issuer, struct oidc_discovery *ret_discovery)
{
    struct oidc_discovery made = { .issuer = issuer };
    text object, in_answer;

    if (!issuer.len || !read_object(document, &object) || !text_equal(json_unquote(arena, json_find(object, "issuer")), issuer))
        return false;
    made.authorization_endpoint = json_unquote(arena, json_find(object, "authorization_endpoint"));
    made.token_endpoint = json_unquote(arena, json_find(object, "token_endpoint"));
    made.jwks_uri = json_unquote(arena, json_find(object, "jwks_uri"));
    made.userinfo_endpoint = json_unquote(arena, json_find(object, "userinfo_endpoint"));
    if (!is_endpoint(made.authorization_endpoint, issuer) || !is_endpoint(made.token_endpoint, issuer) || !is_endpoint(made.jwks_uri, issuer) ||
        (json_find(object, "userinfo_endpoint").ptr && !is_endpoint(made.userinfo_endpoint, issuer)))
        return false;
    in_answer = json_find(object, "authorization_response_iss_parameter_supported");
    if (in_answer.ptr && !json_bool(in_answer, &made.answers_with_issuer))
        return false;
    made.secret_in_body = !takes_basic(arena, json_find(object, "token_endpoint_auth_methods_supported"));
    *ret_discovery = made;
    return true;
}

/* --- the way there ------------------------------------------------------------------------------------------------------------------------ */

text pkce_verifier(struct arena *arena)
{
    return random_token(arena, VERIFIER_LETTERS);
}

text pkce_challenge(struct arena *arena, text verifier)
{
    text hash = sha256(arena, verifier);

    return base64url_encode(arena, hash.ptr, hash.len);
}

static void put(struct arena *arena, struct buffer *out, const char *name, text value)
{
    if (!value.ptr)
        return;
    buffer_format(out, "%s%s=", out->len && out->ptr[out->len - 1] != '?' ? "&" : "", name);
    buffer_text(out, percent_encode(arena, value));
}

text oauth_authorization_url(struct arena *arena, const struct oauth_start *start)
{
    SCOPED(buffer) struct buffer out = { 0 };

    buffer_text(&out, start->endpoint);
    if (text_find_char(start->endpoint, '?') == SIZE_MAX)
        buffer_char(&out, '?');
    put(arena, &out, "response_type", T("code"));
    put(arena, &out, "client_id", start->client_id);
    put(arena, &out, "redirect_uri", start->redirect_uri);
    put(arena, &out, "scope", start->scope);
    put(arena, &out, "state", start->state);
    put(arena, &out, "nonce", start->nonce);
    put(arena, &out, "code_challenge", pkce_challenge(arena, start->verifier));
    put(arena, &out, "code_challenge_method", T("S256"));
    if (start->more.len) {
        buffer_char(&out, '&');
        buffer_text(&out, start->more);
    }
    return text_copy(arena, buffer_view(&out));
}

/* --- the token endpoint ---------------------------------------------------------------------------------------------------------------------- */

struct secret oauth_token_form(struct arena *arena, const struct oauth_exchange *exchange)
{
    SCOPED(buffer) struct buffer out = { 0 };

    put(arena, &out, "grant_type", T("authorization_code"));
    put(arena, &out, "code", exchange->code);
    put(arena, &out, "redirect_uri", exchange->redirect_uri);
    put(arena, &out, "code_verifier", exchange->verifier);
    put(arena, &out, "client_id", exchange->client_id);
    if (exchange->secret_in_body)
        put(arena, &out, "client_secret", exchange->client_secret.value);
    return (struct secret){ text_copy(arena, buffer_view(&out)) };
}

struct secret oauth_basic(struct arena *arena, const struct oauth_exchange *exchange)
{
    text pair = text_format(arena, "%.*s:%.*s", TEXT_ARG(percent_encode(arena, exchange->client_id)),
                            TEXT_ARG(percent_encode(arena, exchange->client_secret.value)));

    return (struct secret){ text_format(arena, "Basic %.*s", TEXT_ARG(base64_encode(arena, pair.ptr, pair.len))) };
}

text oauth_error_code(text code)
{
    for (size_t i = 0; i < code.len; i++)
        if (!((code.ptr[i] >= 'a' && code.ptr[i] <= 'z') || code.ptr[i] == '_'))
            return T("malformed");
    return code.len && code.len <= ERROR_MOST ? code : T("malformed");
}

/* Tokens go into headers: visible letters only (RFC 6749 appendix A.12). */
static bool is_token(text token)
{
    for (size_t i = 0; i < token.len; i++)
        if (token.ptr[i] <= ' ' || token.ptr[i] > '~')
            return false;
    return token.len > 0;
}

bool oauth_tokens_read(struct arena *arena, text answer, struct oauth_tokens *ret_tokens, text *ret_error)
{
    struct oauth_tokens made;
    text object, id_token;

    *ret_error = T("malformed");
    if (!read_object(answer, &object))
        return false;
    if (json_find(object, "error").ptr) {
        *ret_error = oauth_error_code(json_unquote(arena, json_find(object, "error")));
        return false;
    }
    made.access_token.value = json_unquote(arena, json_find(object, "access_token"));
    id_token = json_find(object, "id_token");
    made.id_token.value = json_unquote(arena, id_token);
    if (!is_token(made.access_token.value) || (id_token.ptr && !is_token(made.id_token.value)) ||
        !text_equal_nocase(json_unquote(arena, json_find(object, "token_type")), T("bearer")))
        return false;
    *ret_tokens = made;
    return true;
}
