/*
 * Coming in: sign-up, sign-in by password, and what every way of signing in ends with — an open session and the answer that
 * gives it out.
 */
#ifndef TENON_FEATURES_AUTH_SIGN_IN_H
#define TENON_FEATURES_AUTH_SIGN_IN_H

#include "features/auth/auth.h"
#include "features/auth/auth_lockout.h"
#include "features/auth/auth_session.h"

/* Of the token endpoints, whose members stand beside `success`. */
extern const struct field grant_view[];
struct user user_of(const struct user_row *row);
bool user_is_admin(const struct user_row *row); /* by itself, or by its verified address */
CHECKED enum result respond_grant(struct request *req, int status, const struct user_row *row, const struct session_grant *grant);

extern const char *const session_kinds[];

struct sign_body {
    text name, email, password, session, organization, invitation, token;
};
extern const struct field signup_fields[], login_fields[];
enum result signup(struct request *req, const void *body);
enum result login(struct request *req, const void *body);

static inline bool wants_cookie(const struct sign_body *body)
{
    return text_equal(body->session, T("cookie"));
}

/* How a sign-in ends: with an open session, or with what a second factor has to answer. */
struct sign_in {
    struct session_grant grant;
    text challenge; /* absent: the session is open */
    struct text_list methods;
};

/*
 * Where every way of signing in ends, for a person who has shown who they are, in the open transaction: a session in their home
 * organization or, where they have a second factor, a challenge. `action` is for the audit log. The transaction is committed in
 * both cases, and the outcome given to respond_sign_in. INVALID_CREDENTIALS when the account is not active.
 */
CHECKED enum result sign_in_open(struct request *req, const struct user_row *row, bool cookie, const char *action, struct sign_in *ret_sign_in);

/* The session alone, for who has shown all that there is to show; `detail` is for the audit log as well, a JSON object or absent. */
CHECKED enum result sign_in_proven(struct request *req, const struct user_row *row, bool cookie, const char *action, text detail, struct session_grant *ret_grant);

/* 200 with the grant, or MFA_REQUIRED with the challenge. */
CHECKED enum result respond_sign_in(struct request *req, const struct user_row *row, const struct sign_in *sign_in);

/* Counts and records a failed attempt behind the answer; without an account where there is none. */
void sign_in_failed(const struct call *call, const struct user_row *row, const struct attempt *attempt, const char *action);

#endif
