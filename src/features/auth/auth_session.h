/*
 * Sessions: a row, and the token that proves it. A browser holds a random cookie, whose hash is the row's; anything else
 * holds a JWT (HS256) whose `sid` names the row and whose `jti` hashes to it, so that a rotated or revoked token is dead at
 * once whatever it says of itself.
 */
#ifndef TENON_FEATURES_AUTH_SESSION_H
#define TENON_FEATURES_AUTH_SESSION_H

#include "features/auth/auth_store.h"
#include "bus/bus.h"
#include "http/http.h"

struct session_grant {
    uuid id;
    text token; /* the JWT, or the cookie's value */
    bool cookie;
    int64_t expires_at;
};

/* Opens a session for the user in an organization, from the request's address, in the open transaction. */
CHECKED enum result session_open(struct request *req, uuid user, uuid organization, enum role role, bool cookie, struct session_grant *ret_grant);

/* The same in the name of `user`, by an administrator, for IMPERSONATION_LIFE at most; it cannot be renewed. */
#define IMPERSONATION_LIFE HOUR
CHECKED enum result session_open_as(struct request *req, uuid user, uuid organization, enum role role, bool cookie, uuid impersonator, struct session_grant *ret_grant);

/* Gives the request's own session a new token (and the organization that the call is in now): the old one is dead. */
CHECKED enum result session_renew(struct request *req, struct session_grant *ret_grant);

/* News that travel when the open transaction is committed: a session, or every one of a person, is not what it was. */
void session_changed(struct call *call, uuid session);
void sessions_changed(struct call *call, uuid user);

/* What one instance remembers of sessions where several share a database (bus/trusted.h). */
extern const struct event session_event;
void session_on_event(const struct services *on, uuid organization, text payload);
void session_on_membership(const struct services *on, uuid organization, text payload); /* of membership_event, orgs.h */
void session_forget_all(const struct services *on, uuid organization, text payload);

/* For streams: whether the session that the gate let in, or the key, would be let in still. */
CHECKED enum result session_still_there(struct call *call);

/* In the transaction that acts on a password which was checked before it: UNAUTHENTICATED when the session has ended meanwhile,
   or the password is another. */
CHECKED enum result session_still(struct call *call, text password_hash);

/* Sets or clears the cookie on the answer. */
void session_set_cookie(struct request *req, const struct session_grant *grant);
void session_clear_cookie(struct request *req);

#endif
