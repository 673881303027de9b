/*
 * Fault: what went wrong with a call to a model, in OpenAI's shape, as the client of /v1 reads it.
 *
 * `type` and `code` are OpenAI's own words, so that its SDKs raise the class their users expect. The status is the one
 * answered to the client, which is not always the upstream's: a provider that refuses the organization's key is a bad
 * gateway (502) to the client, whose own key is fine.
 */
#ifndef TENON_AI_FAULT_H
#define TENON_AI_FAULT_H

#include "base/text.h"

/* kind, status, type, code (NULL: null), retry */
#define AI_FAULTS(X) \
    X(AI_INVALID_REQUEST, 400, "invalid_request_error", NULL, false) \
    X(AI_MISSING_PARAMETER, 400, "invalid_request_error", "missing_required_parameter", false) \
    X(AI_INVALID_TYPE, 400, "invalid_request_error", "invalid_type", false) \
    X(AI_INVALID_VALUE, 400, "invalid_request_error", "invalid_value", false) \
    X(AI_UNSUPPORTED_VALUE, 400, "invalid_request_error", "unsupported_value", false) \
    X(AI_UNSUPPORTED_PARAMETER, 400, "invalid_request_error", "unsupported_parameter", false) \
    X(AI_TOO_LONG, 400, "invalid_request_error", "context_length_exceeded", false) \
    X(AI_INVALID_KEY, 401, "invalid_request_error", "invalid_api_key", false) \
    X(AI_FORBIDDEN, 403, "permission_error", "insufficient_permissions", false) \
    X(AI_MODEL_NOT_FOUND, 404, "invalid_request_error", "model_not_found", false) \
    X(AI_NOT_FOUND, 404, "invalid_request_error", "not_found", false) \
    X(AI_CONFLICT, 409, "invalid_request_error", "conflict", true) \
    X(AI_TOO_LARGE, 413, "invalid_request_error", "request_too_large", false) \
    X(AI_UNPROCESSABLE, 422, "invalid_request_error", NULL, false) \
    X(AI_INSUFFICIENT_QUOTA, 429, "insufficient_quota", "insufficient_quota", false) \
    X(AI_RATE_LIMITED, 429, "rate_limit_error", "rate_limit_exceeded", true) \
    X(AI_SERVER_ERROR, 500, "server_error", NULL, true) \
    X(AI_UPSTREAM_ERROR, 502, "upstream_error", "upstream_error", true) \
    X(AI_UPSTREAM_GARBLED, 502, "upstream_error", "upstream_garbled", true) \
    X(AI_UPSTREAM_CUT, 502, "upstream_error", "upstream_cut", true) \
    X(AI_UPSTREAM_REFUSED_KEY, 502, "upstream_error", "upstream_refused_key", false) \
    X(AI_UPSTREAM_UNREACHABLE, 502, "upstream_error", "upstream_unreachable", true) \
    X(AI_UPSTREAM_OVERLOADED, 503, "upstream_error", "upstream_overloaded", true) \
    X(AI_UNAVAILABLE, 503, "server_error", "service_unavailable", true) \
    X(AI_UPSTREAM_TIMEOUT, 504, "upstream_error", "upstream_timeout", true)

enum ai_fault_kind {
#define X(kind, status, type, code, retry) kind,
    AI_FAULTS(X)
#undef X
    AI_FAULT_KINDS
};

struct ai_fault {
    enum ai_fault_kind kind;
    int status;       /* as answered to the client */
    int upstream;     /* the upstream's HTTP status; 0 when there was none or it is not the point */
    bool retry;       /* the same request may succeed later or at another provider */
    text type;        /* static, or the upstream's */
    text code, param; /* absent: null */
    text message;     /* for the client; Tenon's own name no key, address or path, an upstream's is passed on where it is about the request */
};

/* A fault of a kind. `param` and `message` are kept as they are: their owner must outlive the fault. */
struct ai_fault ai_fault_make(enum ai_fault_kind kind, text param, text message);

/* The same with a message formatted into the arena. Returns false always, so that a check can end with it. */
bool ai_fault_set(struct arena *arena, struct ai_fault *ret_fault, enum ai_fault_kind kind, text param, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * The fault for an upstream's answer that is not 2xx, whatever its body holds: OpenAI's error object, Anthropic's, a bare
 * message, HTML, nothing. What the client can act on keeps its status (400, 404, 409, 413, 422, 429) and the upstream's
 * message. 401, 402, 403 and a 400 about the key become AI_UPSTREAM_REFUSED_KEY without it, for such messages quote keys.
 * 408, 504 and 524 are time-outs, 503 and 529 overload, the rest 502.
 */
struct ai_fault ai_fault_from_answer(struct arena *arena, int status, text body);

/* The fault for an error object that came where an answer should be (after 200, or as an event in mid-stream). `error` is
   the checked object below "error", or a string. */
struct ai_fault ai_fault_from_error(struct arena *arena, text error);

#endif
