#include "features/oauth/oauth.h"

#include "features/audit/audit.h"
#include "features/auth/auth.h"
#include "features/oauth/oauth_flow.h"
#include "features/oauth/oauth_service.h"
#include "features/oauth/oauth_store.h"

/* --- services ------------------------------------------------------------------------------------------------------------------- */

struct service_view {
    text name, label;
};

static const struct field service_view[] = { TEXT(struct service_view, name), TEXT(struct service_view, label), FIELDS_END };

static enum result list_services(struct request *req, const void *body)
{
    enum { MOST = 8 };
    struct service_view views[MOST];
    struct service service;
    size_t count = 0;

    (void)body;
    for (const struct oauth_provider *provider = oauth_providers; provider->name && count < MOST; provider++)
        if (service_named(text_of(provider->name), &service))
            views[count++] = (struct service_view){ text_of(provider->name), text_of(provider->label) };
    return respond_list(req, service_view, (struct list){ views, count }, sizeof *views);
}

/* --- one's identities ------------------------------------------------------------------------------------------------------------- */

static const struct field identity_view[] = {
    UUID(struct account_identity, id), TEXT(struct account_identity, provider), TEXT(struct account_identity, email, .nullable = true),
    TIME(struct account_identity, created_at), TIME(struct account_identity, last_used), FIELDS_END,
};

static enum result list_identities(struct request *req, const void *body)
{
    struct list rows;

    (void)body;
    TRY(account_identity_list(&req->call, req->call.user, &rows));
    return respond_list(req, identity_view, rows, sizeof(struct account_identity));
}

/* Of two that are removed at once the transaction that comes second sees that the first is gone. */
static enum result remove_identity(struct request *req, const void *body)
{
    struct call *call = &req->call;
    int64_t ways;
    SCOPED(tx) struct tx tx = tx_begin(call);

    (void)body;
    TRY(account_identity_remove(call, req->ids[0], call->user));
    TRY(account_ways_in(call, call->user, &ways));
    if (ways == 0)
        return fail(call, CONFLICT, "This is the only way into the account. Choose a password first.");
    TRY(audit_note(call, "auth.identity_unlinked", uuid_text(&call->arena, req->ids[0])));
    TRY(tx_commit(&tx));
    return respond_empty(req);
}

/* --- module ------------------------------------------------------------------------------------------------------------------------ */

static const struct route oauth_routes[] = {
    { GET, "/api/auth/oauth", list_services, .access = ACCESS_PUBLIC, .view = service_view, .answer = ANSWER_LIST, .doc = "The services that people can sign in with here." },
    { GET, "/api/auth/oauth/:provider", oauth_begin, .access = ACCESS_PUBLIC, .in_person = true, .tier = TIER_AUTH, .query = QUERY(struct begin_query, begin_fields), .answer = ANSWER_OTHER,
      .status = 302, .doc = "Send the browser to a service to sign in." },
    { POST, "/api/auth/oauth/:provider/link", oauth_link, .access = ACCESS_USER, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .body = BODY(struct begin_query, begin_fields),
      .view = link_view, .doc = "Begin to link an identity to one's account: where to send the browser, which comes back by the callback. In a browser's session." },
    { GET, "/api/auth/oauth/:provider/callback", oauth_callback, .access = ACCESS_PUBLIC, .in_person = true, .query = OPEN_QUERY(struct callback_query, callback_fields), .answer = ANSWER_OTHER,
      .status = 302, .doc = "Where the service sends the browser back to; it goes on to the page that was asked for, or to one with `error=` and a code." },
    { GET, "/api/auth/identities", list_identities, .access = ACCESS_USER, .view = identity_view, .answer = ANSWER_LIST, .doc = "Who one is to other services." },
    { DELETE, "/api/auth/identities/:id", remove_identity, .access = ACCESS_USER, .recent = true, .in_person = true, .tier = TIER_SENSITIVE, .answer = ANSWER_EMPTY,
      .doc = "Unlink one; not the last way into an account." },
    { 0 },
};

/* A service would have to vouch for somebody. */
static enum result identity_sample(struct call *call, uuid user, text mark, uuid *ret_id)
{
    const struct account_identity row = { .id = uuid_new(), .user_id = user, .provider = T("oidc"), .issuer = T("https://selftest.invalid"), .subject = mark, .created_at = call->now };

    *ret_id = row.id;
    return account_identity_add(call, &row);
}

static const struct sample samples[] = {
    { "/api/auth/identities/:id", .make = identity_sample },
    { 0 },
};

static const struct chore ended_states = { .name = "oauth.states", .every = HOUR, .run = state_forget_ended, .doc = "Removes sign-ins that were begun and not ended." };
static const struct chore *const chores[] = { &ended_states, NULL };

static void stop(const struct services *on)
{
    (void)on;
    services_forget();
}

const struct module oauth_module = { .name = "oauth", .doc = "Sign-in by other services.", .routes = oauth_routes, .samples = samples, .exports = oauth_exports, .queries = oauth_queries,
                                     .chores = chores, .stop = stop };
