/*
 * Result: how a piece of work ended. The names are the wire's own error codes (docs/errors.md), one row each with its
 * HTTP status and what a person reads when nothing better is known.
 */
#ifndef TENON_CORE_RESULT_H
#define TENON_CORE_RESULT_H

#define RESULTS(X)                                                                    \
    X(VALIDATION_ERROR, 400, "The request has invalid fields.")                       \
    X(MALFORMED_JSON, 400, "The body is not valid JSON.")                             \
    X(UNAUTHENTICATED, 401, "Sign in to do this.")                                    \
    X(INVALID_CREDENTIALS, 401, "E-mail or password is wrong.")                       \
    X(MFA_REQUIRED, 401, "A second factor is needed.")                                \
    X(CSRF_FAILED, 403, "The request did not come from this application.")            \
    X(FORBIDDEN, 403, "You are not allowed to do this.")                              \
    X(PLAN_LIMIT, 402, "The plan's limit is reached.")                                \
    X(BUDGET_EXCEEDED, 402, "The budget is spent.")                                   \
    X(NOT_FOUND, 404, "Not found.")                                                   \
    X(METHOD_NOT_ALLOWED, 405, "This path does not take this method.")                \
    X(CONFLICT, 409, "It conflicts with what is there.")                              \
    X(PAYLOAD_TOO_LARGE, 413, "The body is too large.")                               \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "This content type is not taken here.")            \
    X(ACCOUNT_LOCKED, 423, "The account is locked for a while.")                      \
    X(RATE_LIMITED, 429, "Too many requests.")                                        \
    X(INTERNAL, 500, "Something went wrong here.")                                    \
    X(UPSTREAM_ERROR, 502, "The service behind this one failed.")                     \
    X(UNAVAILABLE, 503, "Not available at the moment. Try again shortly.")            \
    X(UPSTREAM_TIMEOUT, 504, "The service behind this one did not answer in time.")

enum result {
    OK,
#define RESULT_NAME(name, status, message) name,
    RESULTS(RESULT_NAME)
#undef RESULT_NAME
    RESULT_COUNT
};

const char *result_code(enum result result);
int result_status(enum result result); /* 200 for OK */
const char *result_message(enum result result);

/* For declarations: the result must be looked at. */
#define CHECKED __attribute__((warn_unused_result))

/* The only hidden return: stands alone on its line. */
#define TRY(expression)                      \
    do {                                     \
        enum result try_result_ = (expression); \
        if (try_result_ != OK)               \
            return try_result_;              \
    } while (0)

#define COUNT(array) (sizeof(array) / sizeof *(array))

#endif
