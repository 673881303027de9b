/*
 * Each step that needs something of the service ends the worker's part; the next one begins when it is there (request_fetch). What a
 * sign-in needs of itself between two steps is a struct in the request's arena, what it needs between two requests a row of
 * oauth_states.
 *
 * A state is bound to the browser that began by a cookie, so that nobody is signed in by a link that somebody else sent; it is
 * taken away by the statement that finds it, before anything is asked of the service.
 */
#include "features/oauth/oauth_flow.h"

#include "core/log.h"
#include "crypto/crypto.h"
#include "features/oauth/oauth_arrival.h"
#include "features/oauth/oauth_store.h"
#include "http/fetch.h"
#include "identity/id_token.h"

enum { STATE_LETTERS = 43, BROWSER_LETTERS = 43, NONCE_LETTERS = 43, NEXT_MOST = 500, CODE_MOST = 4096, DOCUMENT_MOST = 64 << 10, ANSWER_MOST = 256 << 10 };
static const int64_t STATE_LIFE = 10 * MINUTE;

struct flow {
    struct service service;
    struct state_row state;
    text code, iss; /* as the callback brought them */
    bool departs, links;
    struct oidc_discovery discovery;
    struct oauth_tokens tokens;
    struct arrival arrival;
    text claims, github_user;
    enum result (*then)(struct request *req, struct flow *flow);
};

/* --- where people are sent ------------------------------------------------------------------------------------------------------- */

/* A path of ours and nothing that a browser could take for another host: no `//`, no `\`, nothing that it would drop. */
static const char *check_next(text value)
{
    text rest = value, path = text_cut(&rest, '?');

    if (!text_starts(value, T("/")) || text_find(path, T("//")) != SIZE_MAX)
        return "must be a path of this server";
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] <= ' ' || value.ptr[i] > '~' || value.ptr[i] == '\\')
            return "must be a path of this server";
    return NULL;
}

const struct field begin_fields[] = {
    TEXT(struct begin_query, next, .min = 1, .max = NEXT_MOST, .check = check_next, .doc = "Where to go afterwards: a path of this server."), FIELDS_END,
};

const struct field link_view[] = { TEXT(struct link_view, url, .doc = "The service's page, to send the browser to."), FIELDS_END };

const struct field callback_fields[] = {
    TEXT(struct callback_query, state, .max = 100), TEXT(struct callback_query, code, .max = CODE_MOST), TEXT(struct callback_query, iss, .max = NEXT_MOST),
    TEXT(struct callback_query, error, .max = 100), FIELDS_END,
};

static enum result redirect(struct request *req, text location)
{
    respond_header(req, "Location", location);
    return respond_bytes(req, 302, T("text/plain; charset=utf-8"), T(""));
}

/* `path` below APP_URL with one more parameter, if there is one to be added. */
static enum result redirect_home(struct request *req, text path, const char *name, text value)
{
    text rest = path, before = text_cut(&rest, '#'), fragment = text_slice(path, before.len, path.len);
    const char *joint = !value.len ? "" : text_find_char(before, '?') == SIZE_MAX ? "?" : "&";

    return redirect(req, text_format(&req->call.arena, "%.*s%.*s%s%s%s%.*s%.*s", TEXT_ARG(config.app_url), TEXT_ARG(before), joint, value.len ? name : "", value.len ? "=" : "",
                                     TEXT_ARG(value), TEXT_ARG(fragment)));
}

/* The page is told a code of the list, the log what is known; neither a token nor a code of the service's is in it. */
static enum result turn_away(struct request *req, const struct flow *flow, enum outcome outcome, text detail)
{
    LOG(INFO, &req->call, "a sign-in by another service did not succeed", LZ("service", flow->service.provider->name), LZ("reason", outcome_words(outcome)), LT("detail", detail));
    return redirect_home(req, flow->links && outcome != OUTCOME_SIGNED_OUT ? flow->state.next : T("/login"), "error", text_of(outcome_code(outcome)));
}

static enum result turn_away_unanswered(struct request *req, const struct flow *flow, const char *what, const struct fetch_answer *answer)
{
    return turn_away(req, flow, OUTCOME_UNREACHABLE, text_format(&req->call.arena, "%s: %d %s", what, answer->status, fetch_words(answer->result)));
}

/* Linking has not sent the browser away yet: its page is told. */
static enum result link_unanswered(struct request *req, const struct flow *flow, const struct fetch_answer *answer)
{
    LOG(INFO, &req->call, "a service to be linked did not answer", LZ("service", flow->service.provider->name), LI("status", answer->status), LZ("reason", fetch_words(answer->result)));
    return fail(&req->call, UNAVAILABLE, "The service cannot be reached now.");
}

/* --- the cookie that names the browser ---------------------------------------------------------------------------------------------- */

static const char *cookie_name(const struct request *req)
{
    return request_is_tls(req) ? "__Host-tenon_oauth" : "tenon_oauth";
}

static void set_cookie(struct request *req, text value, int64_t life)
{
    respond_header(req, "Set-Cookie", text_format(&req->call.arena, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", cookie_name(req), TEXT_ARG(value),
                                                  (long long)(life / SECOND), request_is_tls(req) ? "; Secure" : ""));
}

/* One that is there is kept: sign-ins in two tabs do not end each other. */
static text browser_of(struct request *req)
{
    text cookie = request_cookie(req, cookie_name(req)), bytes;

    return cookie.len == BROWSER_LETTERS && base64url_decode(&req->call.arena, text_slice(cookie, 0, 40), &bytes) ? cookie : random_token(&req->call.arena, BROWSER_LETTERS);
}

/* --- discovery ------------------------------------------------------------------------------------------------------------------------ */

static bool read_discovery(struct request *req, struct flow *flow, text document)
{
    return oidc_discovery_read(&req->call.arena, document, flow->service.issuer, &flow->discovery);
}

static enum result got_discovery(struct request *req, const struct fetch_answer *answer)
{
    struct flow *flow = req->context;

    if (answer->result != FETCH_OK || answer->status != 200 || !read_discovery(req, flow, answer->body))
        return flow->departs && flow->links ? link_unanswered(req, flow, answer) : turn_away_unanswered(req, flow, "discovery", answer);
    service_document_keep(&flow->service, SERVICE_DISCOVERY, answer->body);
    return flow->then(req, flow);
}

static enum result get(struct request *req, text url, const struct fetch_header *headers, size_t header_count, size_t most, fetch_then *then)
{
    return request_fetch(req, &(struct fetch_request){ .method = "GET", .url = url, .headers = headers, .header_count = header_count, .body = T("") }, most, then);
}

/* Goes on with `then` when the service's places are known. */
static enum result discover(struct request *req, struct flow *flow, enum result (*then)(struct request *req, struct flow *flow))
{
    struct arena *arena = &req->call.arena;
    text document;

    flow->then = then;
    req->context = flow;
    if (!flow->service.provider->oidc || (service_document_kept(arena, &flow->service, SERVICE_DISCOVERY, &document) && read_discovery(req, flow, document)))
        return then(req, flow);
    return get(req, service_discovery_url(arena, &flow->service), NULL, 0, DOCUMENT_MOST, got_discovery);
}

static struct flow *flow_of(struct request *req)
{
    struct flow *flow = arena_new(&req->call.arena, struct flow);

    return service_named(req->parameters[0], &flow->service) ? flow : NULL;
}

/* --- the way there ------------------------------------------------------------------------------------------------------------------------ */

static enum result depart(struct request *req, struct flow *flow)
{
    struct call *call = &req->call;
    struct arena *arena = &call->arena;
    const struct oauth_provider *provider = flow->service.provider;
    text browser = browser_of(req), verifier = pkce_verifier(arena), state = random_token(arena, STATE_LETTERS), url;
    const struct oauth_start start = {
        .endpoint = provider->oidc ? flow->discovery.authorization_endpoint : oauth_server_url(arena, flow->service.issuer, provider->authorization),
        .client_id = flow->service.client->id, .redirect_uri = service_redirect_uri(arena, &flow->service), .scope = text_of(provider->scope), .state = state,
        .verifier = verifier, .nonce = provider->oidc ? random_token(arena, NONCE_LETTERS) : TEXT_NONE, .more = text_of(provider->more),
    };

    flow->state.state_hash = sha256(arena, state);
    flow->state.browser_hash = sha256(arena, browser);
    flow->state.provider = text_of(provider->name);
    flow->state.verifier = seal(arena, (struct secret){ verifier }, flow->state.state_hash);
    flow->state.nonce = start.nonce;
    flow->state.expires_at = call->now + STATE_LIFE;
    TRY(AGAIN(call, state_insert(call, &flow->state)));
    set_cookie(req, browser, STATE_LIFE);
    url = oauth_authorization_url(arena, &start);
    return flow->links ? respond(req, 200, link_view, &(struct link_view){ url }) : redirect(req, url);
}

enum result oauth_begin(struct request *req, const void *body)
{
    const struct begin_query *query = req->query;
    struct flow *flow = flow_of(req);

    (void)body;
    if (!flow)
        return NOT_FOUND;
    flow->departs = true;
    flow->state.next = query->next.len ? query->next : T("/");
    return discover(req, flow, depart);
}

/* Another site could link whatever identity it has signed the browser in to: so it takes the session's CSRF token, as any change. */
enum result oauth_link(struct request *req, const void *body)
{
    const struct begin_query *in = body;
    struct flow *flow = flow_of(req);

    if (!flow)
        return NOT_FOUND;
    if (!req->cookie_session) /* which the callback will bring again */
        return fail(&req->call, FORBIDDEN, "A service is linked in a browser, by a session with a cookie.");
    flow->departs = flow->links = true;
    flow->state.next = in->next.len ? in->next : T("/settings");
    flow->state.user_id = req->call.user;
    return discover(req, flow, depart);
}

/* --- back, and in ------------------------------------------------------------------------------------------------------------------------- */

/* The account's own second factor. What stands behind `#` is the page's alone: it is in no log and no Referer. */
static enum result ask_factor(struct request *req, const struct flow *flow, text challenge, struct text_list methods)
{
    struct arena *arena = &req->call.arena;
    text list = T("");

    for (size_t i = 0; i < methods.len; i++)
        list = text_format(arena, "%.*s%s%.*s", TEXT_ARG(list), i ? "," : "", TEXT_ARG(methods.items[i]));
    return redirect_home(req, text_format(arena, "/login?mfa=required#challenge=%.*s&methods=%.*s", TEXT_ARG(challenge), TEXT_ARG(list)), "next",
                         percent_encode(arena, flow->state.next));
}

static enum result arrive(struct request *req, struct flow *flow)
{
    struct sign_in *sign_in = NULL;
    struct text_list methods;
    enum outcome outcome;
    enum result result;
    text challenge;

    flow->arrival.service = &flow->service;
    result = flow->links ? arrival_link(&req->call, &flow->arrival, &outcome) : arrival_sign_in(req, &flow->arrival, &outcome, &sign_in);
    if (result != OK) {
        LOG(ERROR, &req->call, "a sign-in by another service was not stored", LZ("code", result_code(result)));
        return turn_away(req, flow, OUTCOME_UNREACHABLE, T("the store"));
    }
    if (outcome != OUTCOME_IN)
        return turn_away(req, flow, outcome, TEXT_NONE);
    if (sign_in && !auth_admit(req, sign_in, &challenge, &methods))
        return ask_factor(req, flow, challenge, methods);
    return redirect_home(req, flow->state.next, "linked", flow->links ? flow->state.provider : TEXT_NONE);
}

/* --- back, of OpenID Connect ---------------------------------------------------------------------------------------------------------------- */

/* The e-mail may be told here alone (OpenID Connect Core §5.4). */
static enum result got_userinfo(struct request *req, const struct fetch_answer *answer)
{
    struct flow *flow = req->context;

    if (answer->result != FETCH_OK || answer->status != 200)
        return turn_away_unanswered(req, flow, "userinfo", answer);
    if (!oauth_identity_userinfo(&req->call.arena, flow->service.provider, flow->claims, answer->body, &flow->arrival.identity))
        return turn_away(req, flow, OUTCOME_FAILED, T("userinfo of somebody else, or none"));
    return arrive(req, flow);
}

static text bearer(struct request *req, const struct flow *flow)
{
    return text_format(&req->call.arena, "Bearer %.*s", TEXT_ARG(flow->tokens.access_token.value));
}

static enum result identify(struct request *req, struct flow *flow)
{
    const struct oauth_provider *provider = flow->service.provider;

    if (!oauth_identity(&req->call.arena, provider, flow->claims, &flow->arrival.identity))
        return turn_away(req, flow, OUTCOME_FAILED, T("claims"));
    if (flow->arrival.identity.email.len || !provider->userinfo || !flow->discovery.userinfo_endpoint.len)
        return arrive(req, flow);
    return get(req, flow->discovery.userinfo_endpoint, &(struct fetch_header){ T("Authorization"), bearer(req, flow) }, 1, DOCUMENT_MOST, got_userinfo);
}

static enum id_token_fault check_token(struct request *req, struct flow *flow, text keys)
{
    const struct id_token_expected expected = { flow->service.issuer, flow->service.client->id, flow->state.nonce, req->call.now };

    return id_token_verify(&req->call.arena, flow->tokens.id_token.value, keys, &expected, &flow->claims);
}

static enum result believe(struct request *req, struct flow *flow, enum id_token_fault fault)
{
    return fault == ID_TOKEN_OK ? identify(req, flow) : turn_away(req, flow, OUTCOME_FAILED, text_of(id_token_fault_words(fault)));
}

static enum result got_keys(struct request *req, const struct fetch_answer *answer)
{
    struct flow *flow = req->context;

    if (answer->result != FETCH_OK || answer->status != 200)
        return turn_away_unanswered(req, flow, "keys", answer);
    service_document_keep(&flow->service, SERVICE_KEYS, answer->body);
    return believe(req, flow, check_token(req, flow, answer->body));
}

static enum result verify(struct request *req, struct flow *flow)
{
    enum id_token_fault fault = ID_TOKEN_KEY_UNKNOWN;
    text keys;
    bool kept = service_document_kept(&req->call.arena, &flow->service, SERVICE_KEYS, &keys);

    if (kept)
        fault = check_token(req, flow, keys);
    if (fault != ID_TOKEN_KEY_UNKNOWN || (kept && !service_keys_may_be_stale(&flow->service)))
        return believe(req, flow, fault);
    return get(req, flow->discovery.jwks_uri, NULL, 0, JWKS_MOST, got_keys);
}

/* --- back, of GitHub -------------------------------------------------------------------------------------------------------------------------- */

static enum result got_emails(struct request *req, const struct fetch_answer *answer)
{
    struct flow *flow = req->context;
    text emails = answer->status == 200 ? answer->body : TEXT_NONE; /* without the scope: none are told */

    if (answer->result != FETCH_OK)
        return turn_away_unanswered(req, flow, "emails", answer);
    if (!oauth_identity_github(&req->call.arena, flow->github_user, emails, &flow->arrival.identity))
        return turn_away(req, flow, OUTCOME_FAILED, T("user"));
    return arrive(req, flow);
}

static enum result ask_github(struct request *req, struct flow *flow, const char *path, fetch_then *then)
{
    const struct fetch_header headers[] = {
        { T("Authorization"), bearer(req, flow) }, { T("Accept"), T("application/vnd.github+json") }, { T("X-GitHub-Api-Version"), T("2022-11-28") }, { T("User-Agent"), T("tenon") },
    };

    return get(req, oauth_api_url(&req->call.arena, flow->service.provider, flow->service.issuer, path), headers, COUNT(headers), ANSWER_MOST, then);
}

static enum result got_user(struct request *req, const struct fetch_answer *answer)
{
    struct flow *flow = req->context;

    if (answer->result != FETCH_OK || answer->status != 200)
        return turn_away_unanswered(req, flow, "user", answer);
    flow->github_user = answer->body;
    return ask_github(req, flow, flow->service.provider->emails, got_emails);
}

/* --- back, with a code ------------------------------------------------------------------------------------------------------------------------ */

static enum result got_tokens(struct request *req, const struct fetch_answer *answer)
{
    struct flow *flow = req->context;
    text error;

    if (answer->result != FETCH_OK)
        return turn_away_unanswered(req, flow, "tokens", answer);
    if (!oauth_tokens_read(&req->call.arena, answer->body, &flow->tokens, &error))
        return turn_away(req, flow, OUTCOME_FAILED, error);
    if (!flow->service.provider->oidc)
        return ask_github(req, flow, flow->service.provider->user, got_user);
    return flow->tokens.id_token.value.len ? verify(req, flow) : turn_away(req, flow, OUTCOME_FAILED, T("no ID token"));
}

/* RFC 9207: an answer that another service gave is none of this one's. A pattern as Microsoft's cannot be compared, and it sends none. */
static bool is_answer_of(const struct flow *flow)
{
    if (!flow->service.provider->oidc || text_find_char(flow->service.issuer, '{') != SIZE_MAX)
        return true;
    return flow->iss.len ? text_equal(flow->iss, flow->service.issuer) : !flow->discovery.answers_with_issuer;
}

static enum result exchange(struct request *req, struct flow *flow)
{
    struct arena *arena = &req->call.arena;
    const struct oauth_provider *provider = flow->service.provider;
    struct oauth_exchange with = { .code = flow->code, .redirect_uri = service_redirect_uri(arena, &flow->service), .client_id = flow->service.client->id,
                                   .client_secret = flow->service.client->secret, .secret_in_body = !provider->oidc || flow->discovery.secret_in_body };
    struct fetch_header headers[] = { { T("Content-Type"), T("application/x-www-form-urlencoded") }, { T("Accept"), T("application/json") }, { T("Authorization"), TEXT_NONE } };
    struct secret verifier;

    if (!is_answer_of(flow))
        return turn_away(req, flow, OUTCOME_FAILED, T("the answer names another issuer"));
    if (!unseal(arena, flow->state.verifier, flow->state.state_hash, &verifier))
        return turn_away(req, flow, OUTCOME_FAILED, T("ENCRYPTION_KEY is another than when it began"));
    with.verifier = verifier.value;
    headers[2].value = oauth_basic(arena, &with).value;
    return request_fetch(req, &(struct fetch_request){
        .method = "POST", .url = provider->oidc ? flow->discovery.token_endpoint : oauth_server_url(arena, flow->service.issuer, provider->token), .headers = headers,
        .header_count = with.secret_in_body ? 2 : 3, .body = oauth_token_form(arena, &with).value }, ANSWER_MOST, got_tokens);
}

/* NOT_FOUND: no such sign-in is under way in this browser, or not any more. */
static enum result take_state(struct request *req, struct flow *flow, const struct callback_query *query)
{
    struct call *call = &req->call;
    text browser = request_cookie(req, cookie_name(req)), hash = sha256(&call->arena, query->state);

    if (!browser.len || !query->state.len)
        return NOT_FOUND;
    TRY(AGAIN(call, state_take(call, hash, sha256(&call->arena, browser), text_of(flow->service.provider->name), &flow->state)));
    flow->state.state_hash = hash;
    flow->state.provider = text_of(flow->service.provider->name);
    flow->links = !uuid_is_none(flow->state.user_id);
    set_cookie(req, T(""), 0);
    return OK;
}

enum result oauth_callback(struct request *req, const void *body)
{
    const struct callback_query *query = req->query;
    struct flow *flow = flow_of(req);
    enum result taken;

    (void)body;
    if (!flow)
        return NOT_FOUND;
    taken = take_state(req, flow, query);
    if (taken == NOT_FOUND)
        return turn_away(req, flow, OUTCOME_EXPIRED, TEXT_NONE);
    TRY(taken);
    if (flow->links && (!req->cookie_session || !uuid_equal(req->call.user, flow->state.user_id)))
        return turn_away(req, flow, OUTCOME_SIGNED_OUT, T("another session"));
    if (query->error.len)
        return turn_away(req, flow, text_equal(query->error, T("access_denied")) ? OUTCOME_DENIED : OUTCOME_FAILED, oauth_error_code(query->error));
    if (!query->code.len)
        return turn_away(req, flow, OUTCOME_FAILED, T("no code"));
    flow->code = query->code;
    flow->iss = query->iss;
    return discover(req, flow, exchange);
}
