/*
 * What is done by e-mail: an address is verified, a forgotten password replaced, the address changed. Each goes by a link that
 * is good once, for a while, and is kept as a hash; links lead to APP_URL, whatever the request's Host says. No answer and no
 * time tells whether an e-mail has an account: the work is done behind the answer.
 */
#ifndef TENON_FEATURES_AUTH_EMAIL_H
#define TENON_FEATURES_AUTH_EMAIL_H

#include "features/auth/auth_store.h"
#include "http/http.h"

/* Sends the link that verifies the account's address, in the open transaction and the call's organization. */
CHECKED enum result verify_send(struct call *call, const struct user_row *user);

/* The address is the person's: verified, and with it they join the organization that its domain belongs to. In the open transaction. */
CHECKED enum result email_proven(struct call *call, uuid user);

/* The link by which an account without a password is deleted; used in the transaction that does. VALIDATION_ERROR with the field
   `token` when it is none of the person's, or not good any more. */
CHECKED enum result deletion_link_send(struct call *call, const struct user_row *user);
CHECKED enum result deletion_link_use(struct call *call, uuid user, text token);

/* What mail servers take in practice, not all of RFC 5322; NULL or what is wrong. */
const char *check_email(text value);

/* Handlers of routes, and what their bodies are. */
struct email_body {
    text email, current_password;
};
struct token_body {
    text token, password;
};
extern const struct field email_forgot_fields[], email_reset_fields[], email_verify_fields[], email_change_fields[];
enum result email_forgot(struct request *req, const void *body);
enum result email_reset(struct request *req, const void *body);
enum result email_verify(struct request *req, const void *body);
enum result email_resend(struct request *req, const void *body);
enum result email_change(struct request *req, const void *body);

#endif
