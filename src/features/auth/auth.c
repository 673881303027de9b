#include "features/auth/auth.h"

#include "core/config.h"
#include "features/auth/auth_api.h"
#include "features/auth/auth_lockout.h"
#include "features/auth/auth_session.h"
#include "features/auth/auth_store.h"
#include "features/orgs/orgs.h"

const struct field user_view[] = {
    UUID(struct user, id), TEXT(struct user, name), TEXT(struct user, email), BOOL(struct user, email_verified),
    BOOL(struct user, is_admin, .doc = "Whether they administer the installation."), TIME(struct user, created_at),
    TIME(struct user, last_login, .nullable = true), FIELDS_END,
};

static enum result forget_ended(struct call *call)
{
    return session_delete_ended(call, call->now - config.session_idle_timeout);
}

static enum result forget_old(struct call *call)
{
    TRY(link_forget_ended(call));
    return place_forget(call, call->now - 2 * DAY, call->now - 400 * DAY);
}

static const struct chore old_links = { .name = "auth.links", .every = HOUR, .run = forget_old, .doc = "Removes links that are over and places that were not used." };

static const struct chore ended_sessions = { .name = "auth.sessions", .every = 10 * MINUTE, .run = forget_ended, .doc = "Removes sessions that have ended." };
static const struct chore *const chores[] = { &ended_sessions, &old_links, NULL };

static const struct sample samples[] = {
    { "/api/auth/sessions/:id", "GET /api/auth/sessions", NULL, "data.0.id" },
    { 0 },
};

static void stop(const struct services *on)
{
    session_forget_all(on, UUID_NONE, TEXT_NONE);
    attempts_stop();
}

static const struct event *const events[] = { &session_event, NULL };
static const struct event_handler handlers[] = { { &session_event, session_on_event }, { &membership_event, session_on_membership }, { &bus_lost, session_forget_all }, { NULL, NULL } };

const struct module auth_module = { .name = "auth", .doc = "Accounts and sessions.", .routes = auth_routes, .samples = samples, .exports = auth_exports, .queries = auth_queries,
                                    .chores = chores, .events = events, .handlers = handlers, .stop = stop };
