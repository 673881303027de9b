#include "ai/fault.h"

#include <stdarg.h>
#include <stdio.h>

#include "ai/upstream_json.h"

enum { MESSAGE_MAX = 1000, WORD_MAX = 100 };

struct ai_fault ai_fault_make(enum ai_fault_kind kind, text param, text message)
{
    static const struct { int status; const char *type, *code; bool retry; } rows[] = {
#define X(kind, status, type, code, retry) { status, type, code, retry },
        AI_FAULTS(X)
#undef X
    };

    return (struct ai_fault){ .kind = kind, .status = rows[kind].status, .retry = rows[kind].retry, .type = text_of(rows[kind].type),
        .code = text_of(rows[kind].code), .param = param, .message = message };
}

bool ai_fault_set(struct arena *arena, struct ai_fault *ret_fault, enum ai_fault_kind kind, text param, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    /* vsnprintf may have cut a code point in two */
    *ret_fault = ai_fault_make(kind, param, text_copy(arena, utf8_prefix(text_of(message), MESSAGE_MAX - 4)));
    return false;
}

/* What an error body tells, whoever's shape it is. Absent members were not there. */
struct told {
    text type, code, param, message;
    int64_t status; /* a numeric code, as routers send */
    bool is_json;
};

static void told_object(struct arena *arena, text object, struct told *ret)
{
    text details = json_find(object, "details");

    ret->type = upstream_text(arena, json_find(object, "type"), WORD_MAX);
    ret->code = upstream_text(arena, json_find(object, "code"), WORD_MAX);
    if (json_type_of(details) == JSON_OBJECT && !ret->code.ptr)
        ret->code = upstream_text(arena, json_find(details, "error_code"), WORD_MAX);
    ret->status = upstream_count(json_find(object, "code"));
    ret->param = upstream_text(arena, json_find(object, "param"), WORD_MAX);
    ret->message = upstream_text(arena, json_find(object, "message"), MESSAGE_MAX);
}

static struct told told_by_error(struct arena *arena, text error)
{
    struct told told = { .is_json = true };

    if (json_type_of(error) == JSON_OBJECT)
        told_object(arena, error, &told);
    else
        told.message = upstream_text(arena, error, MESSAGE_MAX);
    return told;
}

static struct told told_by_body(struct arena *arena, text body)
{
    struct told told = { 0 };
    struct json_walk walk;
    text error;

    body = text_trim(body);
    if (!upstream_json_valid(body))
        return told;
    if (json_type_of(body) == JSON_ARRAY) { /* some wrap the object in a list of one */
        walk = json_walk(body);
        if (!json_next_item(&walk, &body))
            return told;
    }
    if (json_type_of(body) != JSON_OBJECT)
        return told;
    error = json_find(body, "error");
    if (upstream_truthy(error))
        return told_by_error(arena, error);
    told = told_by_error(arena, body);
    if (!told.message.ptr)
        told.message = upstream_text(arena, json_find(body, "detail"), MESSAGE_MAX);
    told.is_json = told.message.ptr != NULL;
    return told;
}

static bool any_of(const struct told *told, const char *const *words)
{
    for (; *words; words++)
        if (text_equal(told->type, text_of(*words)) || text_equal(told->code, text_of(*words)))
            return true;
    return false;
}

static bool out_of_quota(const struct told *told)
{
    static const char *const words[] = { "insufficient_quota", "billing_hard_limit_reached", "enforced_spend_limit_reached", NULL };

    return any_of(told, words);
}

/* Some services answer 400 to a key they do not take. */
static bool about_the_key(struct arena *arena, const struct told *told)
{
    static const char *const words[] = { "invalid_api_key", "authentication_error", "API_KEY_INVALID", NULL };

    return any_of(told, words) || text_find(text_lower(arena, told->message), T("api key")) != SIZE_MAX;
}

static enum ai_fault_kind kind_of_status(int status, const struct told *told)
{
    switch (status) {
    case 401: case 402: case 403: return AI_UPSTREAM_REFUSED_KEY;
    case 404: return told->is_json ? AI_MODEL_NOT_FOUND : AI_UPSTREAM_ERROR; /* a page says that the base URL is wrong */
    case 408: case 504: case 524: return AI_UPSTREAM_TIMEOUT;
    case 409: return AI_CONFLICT;
    case 413: return AI_TOO_LARGE;
    case 422: return AI_UNPROCESSABLE;
    case 429: return out_of_quota(told) ? AI_INSUFFICIENT_QUOTA : AI_RATE_LIMITED;
    case 503: case 529: return AI_UPSTREAM_OVERLOADED;
    default: return status >= 400 && status < 500 ? AI_INVALID_REQUEST : AI_UPSTREAM_ERROR;
    }
}

static const char *sentence_of(enum ai_fault_kind kind)
{
    switch (kind) {
    case AI_UPSTREAM_REFUSED_KEY: return "The provider refused the key it is configured with.";
    case AI_MODEL_NOT_FOUND: return "The provider does not know this model.";
    case AI_UPSTREAM_TIMEOUT: return "The provider took too long to answer.";
    case AI_INSUFFICIENT_QUOTA: return "The provider's account has no quota left.";
    case AI_RATE_LIMITED: return "The provider limits the rate of requests.";
    case AI_UPSTREAM_OVERLOADED: return "The provider is overloaded.";
    case AI_UPSTREAM_ERROR: return "The provider failed.";
    default: return "The provider refused the request.";
    }
}

/* The upstream's own words go on where they are about the request. A refused key is told without them: they quote it. */
static struct ai_fault fault_told(enum ai_fault_kind kind, int upstream, const struct told *told)
{
    struct ai_fault fault = ai_fault_make(kind, TEXT_NONE, text_of(sentence_of(kind)));

    fault.upstream = upstream;
    if (kind == AI_UPSTREAM_REFUSED_KEY)
        return fault;
    if (told->message.len)
        fault.message = told->message;
    if (fault.status < 500 && fault.status != 429) {
        fault.param = told->param;
        if (told->code.ptr)
            fault.code = told->code;
    }
    return fault;
}

struct ai_fault ai_fault_from_answer(struct arena *arena, int status, text body)
{
    struct told told = told_by_body(arena, body);

    if (status == 400 && about_the_key(arena, &told))
        status = 401;
    return fault_told(kind_of_status(status, &told), status, &told);
}

struct ai_fault ai_fault_from_error(struct arena *arena, text error)
{
    static const struct { enum ai_fault_kind kind; const char *words[5]; } rows[] = {
        { AI_UPSTREAM_OVERLOADED, { "overloaded_error", "overloaded", "server_overloaded" } },
        { AI_RATE_LIMITED, { "rate_limit_error", "rate_limit_exceeded", "too_many_requests" } },
        { AI_UPSTREAM_TIMEOUT, { "timeout_error", "timeout" } },
        { AI_UPSTREAM_REFUSED_KEY, { "authentication_error", "permission_error", "billing_error", "invalid_api_key" } },
        { AI_MODEL_NOT_FOUND, { "not_found_error", "model_not_found" } },
        { AI_TOO_LARGE, { "request_too_large" } },
        { AI_INVALID_REQUEST, { "invalid_request_error", "context_length_exceeded" } },
    };
    struct told told = told_by_error(arena, error);

    if (out_of_quota(&told))
        return fault_told(AI_INSUFFICIENT_QUOTA, 0, &told);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (any_of(&told, rows[i].words))
            return fault_told(rows[i].kind, 0, &told);
    if (told.status >= 400 && told.status < 600)
        return fault_told(kind_of_status((int)told.status, &told), (int)told.status, &told);
    return fault_told(AI_UPSTREAM_ERROR, 0, &told);
}
