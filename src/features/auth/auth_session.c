#include "features/auth/auth_session.h"

#include <stdlib.h>

#include "bus/trusted.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/auth/auth.h"
#include "features/keys/keys.h"

enum { TOKEN_LETTERS = 43 }; /* 258 random bits */
static const int64_t TOUCH_EVERY = MINUTE;

static const char *cookie_name(const struct request *req)
{
    return request_is_tls(req) ? "__Host-tenon_session" : "tenon_session";
}

/* --- giving ------------------------------------------------------------------------------------------------------------- */

static text write_claims(struct call *call, uuid session, uuid user, uuid organization, enum role role, text jti, int64_t expires_at)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };
    char id[UUID_TEXT + 1];

    jw_object(&w);
    jw_member(&w, "iss", text, T("tenon"));
    jw_member(&w, "aud", text, T("tenon-api"));
    jw_member(&w, "sub", text, uuid_format(user, id));
    jw_member(&w, "sid", text, uuid_format(session, id));
    jw_member(&w, "org", text, uuid_format(organization, id));
    jw_member(&w, "role", text, role_name(role));
    jw_member(&w, "jti", text, jti);
    jw_member(&w, "iat", int, call->now / SECOND);
    jw_member(&w, "exp", int, expires_at / SECOND);
    jw_object_close(&w);
    return text_copy(&call->arena, buffer_view(&out));
}

static int64_t usual_life(bool cookie)
{
    return cookie ? config.session_timeout : config.jwt_expiration;
}

static struct session_grant grant_for(struct call *call, uuid session, uuid user, uuid organization, enum role role, bool cookie, int64_t life, text *ret_hash)
{
    text secret = random_token(&call->arena, TOKEN_LETTERS);
    struct session_grant grant = { .id = session, .token = secret, .cookie = cookie };

    /* whole seconds, so that the token's own `exp` and the row agree */
    grant.expires_at = (call->now + life) / SECOND * SECOND;
    if (!cookie)
        grant.token = jwt_sign(&call->arena, write_claims(call, session, user, organization, role, secret, grant.expires_at));
    *ret_hash = sha256(&call->arena, secret);
    return grant;
}

static enum result open_for(struct request *req, uuid user, uuid organization, enum role role, bool cookie, uuid impersonator, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    int64_t usual = usual_life(cookie), life = uuid_is_none(impersonator) || usual < IMPERSONATION_LIFE ? usual : IMPERSONATION_LIFE;
    struct session_row row = { .id = uuid_new(), .user_id = user, .current_organization = organization, .kind = cookie ? T("cookie") : T("token"),
                               .created_at = call->now, .ip_address = call->client, .user_agent = call->user_agent, .impersonator_id = impersonator };

    *ret_grant = grant_for(call, row.id, user, organization, role, cookie, life, &row.token_hash);
    row.expires_at = ret_grant->expires_at;
    return session_insert(call, &row);
}

enum result session_open(struct request *req, uuid user, uuid organization, enum role role, bool cookie, struct session_grant *ret_grant)
{
    return open_for(req, user, organization, role, cookie, UUID_NONE, ret_grant);
}

enum result session_open_as(struct request *req, uuid user, uuid organization, enum role role, bool cookie, uuid impersonator, struct session_grant *ret_grant)
{
    return open_for(req, user, organization, role, cookie, impersonator, ret_grant);
}

enum result session_renew(struct request *req, struct session_grant *ret_grant)
{
    struct call *call = &req->call;
    enum result rotated;
    text hash;

    *ret_grant = grant_for(call, call->session, call->user, call->organization, call->role, req->cookie_session, usual_life(req->cookie_session), &hash);
    session_changed(call, call->session);
    rotated = session_rotate(call, call->session, call->proof, hash, ret_grant->expires_at);
    return rotated == NOT_FOUND ? fail(call, UNAUTHENTICATED, "The session has another token by now.") : rotated;
}

void session_set_cookie(struct request *req, const struct session_grant *grant)
{
    respond_header(req, "Set-Cookie",
                   text_format(&req->call.arena, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", cookie_name(req), TEXT_ARG(grant->token),
                               (long long)((grant->expires_at - req->call.now) / SECOND), request_is_tls(req) ? "; Secure" : ""));
}

void session_clear_cookie(struct request *req)
{
    respond_header(req, "Set-Cookie", text_format(&req->call.arena, "%s=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax%s", cookie_name(req),
                                                  request_is_tls(req) ? "; Secure" : ""));
}

/* --- recognising ---------------------------------------------------------------------------------------------------------- */

/* Across a network the store is asked for a session once a second at most, unless news come of it; on the instance's own
   disk always. */
struct known {
    uuid id, user, organization, impersonator;
    enum role role;
    unsigned permissions;
    bool cookie, is_admin;
    int64_t expires_at, last_used, proven_at;
};

static struct trusted remembered = TRUSTED(struct known, 20000, SECOND); /* by the hash of what proves it */

const struct event session_event = { "session.changed", "A session ended or changed; payload: `session` or `user` and the identifier." };

static bool is_session(const void *value, const void *id)
{
    return uuid_equal(((const struct known *)value)->id, *(const uuid *)id);
}

static bool is_users(const void *value, const void *id)
{
    const struct known *known = value;

    return uuid_equal(known->user, *(const uuid *)id) || uuid_equal(known->impersonator, *(const uuid *)id);
}

void session_on_event(const struct services *on, uuid organization, text payload)
{
    text id = payload, what = text_cut(&id, ' ');
    bool persons = text_equal(what, T("user"));
    uuid which;

    (void)organization;
    if (!uuid_parse(id, &which))
        return;
    trusted_forget_if(&remembered, persons ? is_users : is_session, &which);
    http_doubt(on->http, persons ? DOUBT_USER : DOUBT_SESSION, which);
}

static bool is_organizations(const void *value, const void *id)
{
    return uuid_equal(((const struct known *)value)->organization, *(const uuid *)id);
}

void session_on_membership(const struct services *on, uuid organization, text payload)
{
    bool one = false;
    uuid user;

    one = uuid_parse(payload, &user);
    if (one)
        trusted_forget_if(&remembered, is_users, &user);
    else
        trusted_forget_if(&remembered, is_organizations, &organization);
    http_doubt(on->http, one ? DOUBT_USER : DOUBT_ORGANIZATION, one ? user : organization);
}

void session_forget_all(const struct services *on, uuid organization, text payload)
{
    (void)organization;
    (void)payload;
    trusted_forget_all(&remembered);
    http_doubt(on->http, DOUBT_ALL, UUID_NONE);
}

struct news {
    const struct services *on;
    text payload;
};

static void tell(void *context)
{
    const struct news *news = context;

    bus_emit(news->on->bus, &session_event, UUID_NONE, news->payload);
}

static void changed(struct call *call, const char *what, uuid id)
{
    struct news *news = arena_new(&call->arena, struct news);

    *news = (struct news){ call->on, text_format(&call->arena, "%s %.*s", what, TEXT_ARG(uuid_text(&call->arena, id))) };
    tx_on_commit(call, tell, news);
}

void session_changed(struct call *call, uuid session)
{
    changed(call, "session", session);
}

void sessions_changed(struct call *call, uuid user)
{
    changed(call, "user", user);
}

enum result session_still(struct call *call, text password_hash)
{
    enum result result = user_still_has(call, call->user, password_hash);

    if (result == OK)
        result = session_is_open(call, call->session);
    return result == INVALID_CREDENTIALS || result == NOT_FOUND ? fail(call, UNAUTHENTICATED, "The session has ended. Sign in again.") : result;
}

struct touch {
    struct call call;
    uuid session;
};

static void touch_now(void *context)
{
    struct touch *touch = context;

    if (session_touch(&touch->call, touch->session, touch->call.now) != OK)
        LOG(DEBUG, &touch->call, "session not touched");
    call_close(&touch->call);
    free(touch);
}

/* When it was last used is written by another worker: the request does not wait for the disk. */
static void touch_later(const struct call *call, uuid session)
{
    struct touch *touch = xcalloc(1, sizeof *touch);

    call_open(&touch->call, call->on);
    touch->session = session;
    http_work(call->on->http, touch_now, touch);
}

static enum result adopt(struct request *req, const struct known *known, text proof)
{
    struct call *call = &req->call;

    if (known->expires_at <= call->now || (known->cookie && known->last_used + config.session_idle_timeout <= call->now))
        return fail(call, UNAUTHENTICATED, "The session has ended. Sign in again.");
    call->actor = ACTOR_USER;
    call->user = known->user;
    call->session = known->id;
    call->proof = proof;
    call->proven_at = known->proven_at;
    call->organization = known->organization;
    call->role = known->role;
    call->permissions = known->permissions;
    call->impersonator = known->impersonator;
    call->is_admin = known->is_admin;
    req->cookie_session = known->cookie;
    return OK;
}

/* The session that the store found for this proof. */
static enum result load(struct request *req, const struct session_state *state, text proof, uint64_t changes)
{
    struct call *call = &req->call;
    struct known known = { .id = state->id, .user = state->user_id, .organization = state->current_organization, .cookie = text_equal(state->kind, T("cookie")),
                           .expires_at = state->expires_at, .last_used = state->last_used, .proven_at = state->proven_at, .impersonator = state->impersonator_id };

    if (!role_of(state->role, &known.role))
        return INTERNAL;
    known.is_admin = uuid_is_none(known.impersonator) && (state->is_admin || email_is_admins(state->proven_email));
    known.permissions = known.role == ROLE_CUSTOM ? permissions_of(state->permissions) : role_permissions(known.role);
    TRY(adopt(req, &known, proof));
    if (call->now - known.last_used > TOUCH_EVERY) {
        touch_later(call, known.id);
        known.last_used = call->now;
    }
    if (db_is_shared(call->on->db))
        trusted_remember(&remembered, proof, &known, changes);
    return OK;
}

static bool recall(struct request *req, text proof, bool cookie, struct known *ret_known)
{
    return config.session_memory && trusted_recall(&remembered, req->call.on->bus, proof, ret_known) && ret_known->cookie == cookie;
}

static enum result found_or_ended(struct call *call, enum result result)
{
    return result == NOT_FOUND ? fail(call, UNAUTHENTICATED, "The session has ended. Sign in again.") : result;
}

static enum result identify_cookie(struct request *req, text cookie)
{
    struct call *call = &req->call;
    text proof = sha256(&call->arena, cookie);
    uint64_t changes = trusted_changes(&remembered);
    struct session_state state;
    struct known known;
    enum result result;

    if (recall(req, proof, true, &known))
        return adopt(req, &known, proof);
    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "auth.cookie");

        result = session_by_token(call, proof, &state);
    }
    if (result == OK && !text_equal(state.kind, T("cookie")))
        result = NOT_FOUND;
    TRY(found_or_ended(call, result));
    return load(req, &state, proof, changes);
}

struct claims {
    text iss, aud, jti;
    uuid sid;
    int64_t exp;
};

static const int64_t CLOCKS_DIFFER = MINUTE; /* of two instances */

/* A token of tomorrow is not one of ours, nor one that is not to be taken yet (RFC 7519 §4.1.5, §4.1.6). */
static bool is_early(const struct call *call, text claims)
{
    static const char *const members[] = { "iat", "nbf" };

    for (size_t i = 0; i < COUNT(members); i++) {
        text value = json_find(claims, members[i]);
        int64_t time;

        if (value.len && (!json_int(value, &time) || time > (call->now + CLOCKS_DIFFER) / SECOND))
            return true;
    }
    return false;
}

static bool read_claims(struct call *call, text token, struct claims *ret_claims)
{
    text json;
    struct claims claims = { 0 };

    if (!jwt_verify(&call->arena, token, &json))
        return false;
    claims.iss = json_unquote(&call->arena, json_find(json, "iss"));
    claims.aud = json_unquote(&call->arena, json_find(json, "aud"));
    claims.jti = json_unquote(&call->arena, json_find(json, "jti"));
    *ret_claims = claims;
    return json_int(json_find(json, "exp"), &ret_claims->exp) && !is_early(call, json) && uuid_parse(json_unquote(&call->arena, json_find(json, "sid")), &ret_claims->sid) &&
           text_equal(claims.iss, T("tenon")) && text_equal(claims.aud, T("tenon-api")) && claims.jti.len == TOKEN_LETTERS;
}

static enum result identify_token(struct request *req, text token)
{
    struct call *call = &req->call;
    uint64_t changes = trusted_changes(&remembered);
    struct session_state state;
    struct claims claims;
    struct known known;
    enum result result;
    text proof;

    if (!read_claims(call, token, &claims))
        return fail(call, UNAUTHENTICATED, "The token is not valid.");
    if (claims.exp * SECOND <= call->now)
        return fail(call, UNAUTHENTICATED, "The token has expired. Sign in again.");
    proof = sha256(&call->arena, claims.jti);
    if (recall(req, proof, false, &known) && uuid_equal(known.id, claims.sid))
        return adopt(req, &known, proof);
    {
        SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "auth.token");

        result = session_by_id(call, claims.sid, &state);
    }
    if (result == OK && !equal_in_time(state.token_hash, proof))
        result = NOT_FOUND;
    TRY(found_or_ended(call, result));
    return load(req, &state, proof, changes);
}

/* --- streams ---------------------------------------------------------------------------------------------------------------- */

enum result session_still_there(struct call *call)
{
    SCOPED(system_scope) struct system_scope scope = system_scope_begin(call, "auth.still");
    struct session_state state;

    TRY(session_by_id(call, call->session, &state));
    return state.expires_at > call->now && uuid_equal(state.current_organization, call->organization) ? OK : UNAUTHENTICATED;
}

enum result auth_still(struct call *call)
{
    return call->actor == ACTOR_KEY ? key_still_there(call) : session_still_there(call);
}

/* --- the gate ----------------------------------------------------------------------------------------------------------------- */

bool auth_identify(struct request *req, bool may_block, enum result *ret_result)
{
    text authorization = request_header(req, "authorization"), cookie = request_cookie(req, cookie_name(req)), token;

    *ret_result = OK;
    if (authorization.ptr) {
        token = text_trim(text_slice(authorization, 7, authorization.len));
        if (!text_equal_nocase(text_slice(authorization, 0, 7), T("bearer ")) || !token.len) {
            *ret_result = fail(&req->call, UNAUTHENTICATED, "The Authorization header must be: Bearer and a token or API key.");
            return true;
        }
        if (text_starts(token, T("tn_")) || text_starts(req->path, T("/v1/")))
            return key_identify(&req->call, token, may_block, ret_result);
        if (may_block)
            *ret_result = identify_token(req, token);
        return may_block;
    }
    if (!cookie.len)
        return true;
    if (may_block)
        *ret_result = identify_cookie(req, cookie);
    return may_block;
}

bool auth_csrf(struct request *req)
{
    text given = request_header(req, "x-csrf-token");

    return given.len && equal_in_time(given, keyed_token(&req->call.arena, "csrf", uuid_text(&req->call.arena, req->call.session)));
}
