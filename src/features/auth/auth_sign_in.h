/*
 * Coming in: sign-up, sign-in by password, and what every way of signing in ends with — an open session and the answer that
 * gives it out.
 */
#ifndef TENON_FEATURES_AUTH_SIGN_IN_H
#define TENON_FEATURES_AUTH_SIGN_IN_H

#include "features/auth/auth.h"
#include "features/auth/auth_session.h"

/* Of the token endpoints, whose members stand beside `success`. */
extern const struct field grant_view[];
struct user user_of(const struct user_row *row);
CHECKED enum result respond_grant(struct request *req, int status, const struct user_row *row, const struct session_grant *grant);

const char *check_name(text value); /* of a person or an organization */
extern const char *const session_kinds[];

struct sign_body {
    text name, email, password, session, organization, invitation;
};
extern const struct field signup_fields[], login_fields[];
enum result signup(struct request *req, const void *body);
enum result login(struct request *req, const void *body);

static inline bool wants_cookie(const struct sign_body *body)
{
    return text_equal(body->session, T("cookie"));
}

/* Opens a session for a person who has shown who they are, in their home organization and in the open transaction; `action` is
   for the audit log. */
CHECKED enum result sign_in_open(struct request *req, const struct user_row *row, bool cookie, const char *action, struct session_grant *ret_grant);

#endif
