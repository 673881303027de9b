/*
 * The gate: everything between a parsed request and its handler that is not the handler's business. In this order: the
 * client's address, credentials, limit, access and permission, CSRF, how long ago the person showed who they are.
 */
#include <stdio.h>

#include "core/log.h"
#include "http/internal.h"

/* The hops of one header line, from the right, as long as the one that told is ours. False: the walk is over. */
static bool walk_hops(text list, struct address *peer)
{
    while (list.len) {
        size_t comma = list.len;
        struct address hop;

        while (comma && list.ptr[comma - 1] != ',')
            comma--;
        if (!address_in(*peer, config.trusted_proxies) || !address_parse(text_trim(text_slice(list, comma, list.len)), &hop))
            return false;
        *peer = hop;
        list.len = comma ? comma - 1 : 0;
    }
    return true;
}

/* The right-most hop that is not one of our proxies: what stands left of it, or in a line before it, the client may have
   made up. */
static struct address forwarded(struct request *req, struct address peer)
{
    for (size_t i = req->header_count; i > 0; i--)
        if (text_equal_nocase(req->headers[i - 1].name, T("x-forwarded-for")) && !walk_hops(req->headers[i - 1].value, &peer))
            break;
    return peer;
}

static bool good_request_id(text id)
{
    if (id.len < 8 || id.len > 128)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return true;
}

void gate_client(struct request *req, const struct sockaddr *peer)
{
    struct arena *arena = &req->call.arena;
    text id = request_header(req, "x-request-id"), agent = request_header(req, "user-agent");

    if (!address_of(peer, &req->client))
        req->client = (struct address){ 0 };
    if (config.trusted_proxies.len)
        req->client = forwarded(req, req->client);
    req->call.client = address_text(arena, req->client);
    req->call.user_agent = agent.ptr && utf8_valid(agent) ? utf8_prefix(agent, 300) : T("");
    req->call.request_id = good_request_id(id) ? id : uuid_text(arena, uuid_new());
}

void gate_cors(struct request *req)
{
    text origin = request_header(req, "origin"), list = config.cors_origin;

    if (!origin.len || !list.len)
        return;
    respond_header(req, "Vary", T("Origin"));
    while (list.ptr)
        if (text_equal(text_trim(text_cut(&list, ',')), origin)) {
            respond_header(req, "Access-Control-Allow-Origin", origin);
            respond_header(req, "Access-Control-Allow-Credentials", T("true"));
            respond_header(req, "Access-Control-Expose-Headers", T("X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"));
            return;
        }
}

/* --- limits -------------------------------------------------------------------------------------------------------------- */

static text bucket_of(struct request *req, enum tier tier)
{
    struct call *call = &req->call;
    char id[UUID_TEXT + 1];

    if (tier == TIER_KEY)
        return text_format(&call->arena, "key:%s", uuid_format(call->key, id).ptr);
    if (tier == TIER_USER || (tier == TIER_SENSITIVE && call->actor == ACTOR_USER))
        return text_format(&call->arena, "%d:%s", tier, uuid_format(call->user, id).ptr);
    return text_format(&call->arena, "%d:%.*s", tier, TEXT_ARG(address_bucket(&call->arena, req->client)));
}

static struct rate rate_of(const struct call *call, enum tier tier)
{
    if (tier == TIER_KEY && call->rate_limit)
        return (struct rate){ call->rate_limit, MINUTE };
    switch (tier) {
    case TIER_AUTH: return config.limit_auth;
    case TIER_SENSITIVE: return config.limit_sensitive;
    case TIER_PUBLIC: return config.limit_public;
    case TIER_USER: return config.limit_user;
    case TIER_KEY: return config.limit_key;
    case TIER_WIDGET: return config.limit_widget;
    case TIER_DEFAULT:
    case TIER_NONE: break;
    }
    return (struct rate){ 0, 0 };
}

static enum tier tier_of(const struct request *req)
{
    if (req->route->tier != TIER_DEFAULT)
        return req->route->tier;
    return req->call.actor == ACTOR_KEY ? TIER_KEY : req->call.actor == ACTOR_USER ? TIER_USER : TIER_PUBLIC;
}

static bool is_limited(const struct call *call, enum tier tier)
{
    return tier != TIER_NONE && rate_of(call, tier).count != 0;
}

static enum result obey(struct request *req, enum tier tier, const struct limit_verdict *verdict)
{
    req->limit = (struct limit_state){ true, verdict->limit, verdict->remaining, verdict->reset };
    if (verdict->allowed)
        return OK;
    metric_add(&http_limited, tier, 1);
    req->call.failure.retry_after = (int)verdict->retry_after;
    return fail(&req->call, RATE_LIMITED, "Too many requests. Try again in %lld seconds.", (long long)verdict->retry_after);
}

/* --- access -------------------------------------------------------------------------------------------------------------- */

static bool same_text(text a, text b)
{
    unsigned char differ = a.len != b.len;

    for (size_t i = 0; i < a.len && i < b.len; i++) /* as long for a near miss as for a far one */
        differ |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
    return !differ;
}

static enum result operator_only(struct request *req)
{
    text token = request_header(req, "authorization");

    if (config.metrics_token.value.len && text_starts(token, T("Bearer ")))
        return same_text(text_slice(token, 7, token.len), config.metrics_token.value) ? OK : UNAUTHENTICATED;
    return address_is_private(req->client) && !request_header(req, "x-forwarded-for").ptr ? OK : FORBIDDEN;
}

static enum result permitted(struct request *req)
{
    const struct route *route = req->route;
    struct call *call = &req->call;

    switch (route->access) {
    case ACCESS_PUBLIC: return OK;
    case ACCESS_OPERATOR: return operator_only(req);
    case ACCESS_USER:
        if (call->actor == ACTOR_KEY)
            return fail(call, FORBIDDEN, "An API key cannot do this; sign in instead.");
        return call->actor == ACTOR_USER ? OK : UNAUTHENTICATED;
    case ACCESS_ADMIN: return call->actor == ACTOR_USER && call->is_admin ? OK : NOT_FOUND;
    case ACCESS_KEY:
        if (call->actor != ACTOR_KEY)
            return fail(call, UNAUTHENTICATED, "An API key is needed: Authorization: Bearer tn_live_…");
        break;
    case ACCESS_MEMBER:
        if (call->actor != ACTOR_KEY && call->actor != ACTOR_USER)
            return UNAUTHENTICATED;
        break;
    case ACCESS_UNSET: return INTERNAL;
    }
    if ((call->permissions & (unsigned)route->permission) == (unsigned)route->permission)
        return OK;
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (permission_rows[i].bit == route->permission)
            return fail(call, FORBIDDEN, "This needs the permission %s.%s", permission_rows[i].name.ptr,
                        call->actor == ACTOR_KEY ? "" : " Ask an owner or admin of the organization for it.");
    return FORBIDDEN;
}

static bool unsafe(enum method method)
{
    return method != GET;
}

/* Where a browser says that it sends for another site (Fetch Metadata; RFC 6454 for Origin). */
static bool cross_site(struct request *req)
{
    text site = request_header(req, "sec-fetch-site"), origin = request_header(req, "origin"), host = request_header(req, "host"), list = config.cors_origin;

    if (!origin.ptr)
        return site.ptr && !text_equal(site, T("same-origin")) && !text_equal(site, T("none"));
    while (list.len)
        if (text_equal(text_trim(text_cut(&list, ',')), origin))
            return false;
    if (text_equal(origin, config.app_url) || text_equal(origin, config.api_url))
        return false;
    /* a page that this very server gave out; the scheme may differ behind a proxy that ends TLS */
    if (text_starts(origin, T("http://")))
        return !text_equal(text_slice(origin, 7, origin.len), host);
    return !text_starts(origin, T("https://")) || !text_equal(text_slice(origin, 8, origin.len), host);
}

static enum result forgery(struct request *req)
{
    if (!unsafe(req->route->method))
        return OK;
    /* sign-in sets a cookie: another site must not sign a browser in either */
    if ((req->cookie_session || req->route->tier == TIER_AUTH) && cross_site(req))
        return CSRF_FAILED;
    if (req->cookie_session && req->route->access != ACCESS_PUBLIC && !req->loop->http->setup.csrf(req))
        return CSRF_FAILED;
    return OK;
}

/* --- one after the other ---------------------------------------------------------------------------------------------------- */

/* False: the store must be asked. */
static bool identify(struct request *req, bool may_block, enum result *ret_identity)
{
    bool anonymous = req->route->access == ACCESS_OPERATOR || req->route->tier == TIER_NONE;

    *ret_identity = OK;
    if (!anonymous && !req->loop->http->setup.authenticate(req, may_block, ret_identity))
        return false;
    /* a stale cookie does not keep anybody from a public page, nor from signing in anew */
    if (req->route->access == ACCESS_PUBLIC)
        *ret_identity = OK;
    return true;
}

/* Guessing credentials is limited by address. */
static enum tier tier_after(const struct request *req, enum result identity)
{
    return identity == OK ? tier_of(req) : TIER_PUBLIC;
}

/* As a path that does not exist is answered, whatever was wrong with the credentials. */
static enum result hidden(struct request *req)
{
    req->call.failure = (struct failure){ 0 };
    return NOT_FOUND;
}

static enum result in_person(struct request *req)
{
    if (req->route->in_person && !uuid_is_none(req->call.impersonator))
        return fail(&req->call, FORBIDDEN, "An administrator who acts for somebody else cannot do this.");
    return OK;
}

static enum result after_limit(struct request *req, enum result identity)
{
    enum result access;

    if (req->route->access == ACCESS_ADMIN && identity == UNAUTHENTICATED)
        return hidden(req);
    TRY(identity);
    access = permitted(req);
    if (access == FORBIDDEN)
        req->loop->http->setup.refused(req);
    TRY(access);
    TRY(in_person(req));
    TRY(forgery(req));
    return req->route->recent ? req->loop->http->setup.proven(req) : OK;
}

enum result gate_pass(struct request *req)
{
    enum result identity;
    enum tier tier;

    identify(req, true, &identity);
    tier = tier_after(req, identity);
    if (is_limited(&req->call, tier)) {
        struct limit_verdict verdict = bus_limit(req->call.on->bus, bucket_of(req, tier), rate_of(&req->call, tier), 1);

        TRY(obey(req, tier, &verdict));
    }
    return after_limit(req, identity);
}

static void go_on(void *context)
{
    struct request *req = context;
    struct gate_wait *wait = &req->internal->gate;
    enum result result = obey(req, wait->tier, &wait->verdict);

    http_release(req->loop->http);
    if (result == OK)
        result = after_limit(req, wait->identity);
    wait->then(req, result);
}

/* On a thread of the bus. */
static void on_verdict(void *context, const struct limit_verdict *verdict)
{
    struct request *req = context;

    req->internal->gate.verdict = *verdict;
    loop_post(req->loop, go_on, req);
}

enum gate gate_try(struct request *req, void (*then)(struct request *req, enum result result), enum result *ret_result)
{
    struct gate_wait *wait = &req->internal->gate;
    enum result identity;

    if (!identify(req, false, &identity))
        return GATE_BLOCKS;
    *wait = (struct gate_wait){ .identity = identity, .tier = tier_after(req, identity), .then = then };
    *ret_result = OK;
    if (is_limited(&req->call, wait->tier)) {
        struct limit_verdict verdict;

        http_hold(req->loop->http); /* the loop must not end before the answer has come */
        if (!bus_limit_ask(req->call.on->bus, bucket_of(req, wait->tier), rate_of(&req->call, wait->tier), 1, on_verdict, req, &verdict))
            return GATE_WAITS;
        http_release(req->loop->http);
        *ret_result = obey(req, wait->tier, &verdict);
    }
    if (*ret_result == OK)
        *ret_result = after_limit(req, identity);
    return GATE_DONE;
}
