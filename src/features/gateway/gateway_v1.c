/*
 * /v1: the request stays on its I/O thread from end to end; a worker is asked only where the store or much arithmetic is
 * needed.
 */
#include "features/gateway/gateway_v1.h"

#include <stdio.h>

#include "ai/chat_request.h"
#include "ai/openai_wire.h"
#include "features/gateway/gateway.h"

enum { BODY_MAX = 32 << 20, CHECKED_INLINE = 64 << 10 };

/* One request on its way; in its arena. */
struct passage {
    struct request *req;
    enum ai_endpoint kind;
    struct chat_request chat;
    struct embeddings_request embeddings;
    struct model_target target;
    struct gateway_call *call;
    bool loaded; /* the organization's providers were asked for once */
    bool begun;  /* the stream has */
};

static text model_of(const struct passage *p)
{
    return p->kind == AI_CHAT ? p->chat.model : p->embeddings.model;
}

/* --- answering ------------------------------------------------------------------------------------------------------------ */

static void send_fault(struct request *req, const struct ai_fault *fault, text retry_after)
{
    req->on_gone = NULL;
    req->on_drain = NULL;
    req->response.status = fault->status;
    req->response.content_type = T("application/json");
    req->response.body.len = 0;
    ai_wire_error(&req->response.body, fault);
    if (retry_after.len)
        respond_header(req, "Retry-After", retry_after);
    if (fault->kind == AI_INSUFFICIENT_QUOTA)
        respond_header(req, "x-should-retry", T("false"));
    request_send(req);
}

static void name_target(struct request *req, const struct model_target *target)
{
    respond_header(req, "X-Tenon-Provider", target->provider_name);
    respond_header(req, "X-Tenon-Model", target->model);
}

static void begin_stream(struct passage *p)
{
    p->begun = true;
    name_target(p->req, &p->target);
    stream_begin(p->req, 200, T("text/event-stream"));
}

static void on_chunk(void *context, text bytes)
{
    struct passage *p = context;

    if (!p->begun)
        begin_stream(p);
    stream_write(p->req, bytes);
    if (p->call && stream_backlog(p->req) > STREAM_BACKLOG)
        gateway_pause(p->call);
}

static void on_drain(struct request *req)
{
    struct passage *p = req->context;

    if (p->call)
        gateway_resume(p->call);
}

static void end_stream(struct passage *p, const struct gateway_outcome *outcome)
{
    SCOPED(buffer) struct buffer event = { 0 };

    stream_write(p->req, outcome->body);
    if (!outcome->ok) {
        ai_wire_error_event(&event, &outcome->fault);
        stream_write(p->req, buffer_view(&event));
    }
    stream_end(p->req);
}

static void send_whole(struct passage *p, const struct gateway_outcome *outcome)
{
    struct request *req = p->req;
    char cost[32];

    name_target(req, &p->target);
    snprintf(cost, sizeof cost, "%lld.%06lld", (long long)(outcome->cost_micros / 1000000), (long long)(outcome->cost_micros % 1000000));
    respond_header(req, "X-Tenon-Cost-Usd", text_of(cost));
    if (respond_json(req, 200, outcome->body) == OK)
        request_send(req);
    else
        request_fail(req, INTERNAL);
}

static void on_end(void *context, const struct gateway_outcome *outcome)
{
    struct passage *p = context;
    struct request *req = p->req;

    p->call = NULL;
    req->on_gone = NULL;
    req->on_drain = NULL;
    if (!outcome->ok && !p->begun) {
        send_fault(req, &outcome->fault, outcome->retry_after);
        return;
    }
    if (p->kind == AI_CHAT && p->chat.stream) {
        if (!p->begun)
            begin_stream(p);
        end_stream(p, outcome);
        return;
    }
    send_whole(p, outcome);
}

static void on_gone(struct request *req)
{
    struct passage *p = req->context;

    gateway_cancel(p->call);
    request_end(req);
}

/* --- asking ----------------------------------------------------------------------------------------------------------------- */

static void start(struct passage *p)
{
    struct request *req = p->req;
    const struct gateway_sink sink = { .on_chunk = on_chunk, .on_end = on_end, .context = p };
    struct gateway_request request = {
        .on = req->call.on, .organization = req->call.organization, .key = req->call.key, .user = req->call.user, .request_id = req->call.request_id, .endpoint = req->path,
        .feature = T("gateway"), .kind = p->kind, .target = p->target, .body = req->body, .stream = p->chat.stream, .include_usage = p->chat.include_usage,
        .base64 = p->embeddings.base64 };

    if (!req->connection) {
        request_end(req);
        return;
    }
    p->call = gateway_start(req->loop, &request, &sink);
    if (!p->call) {
        request_fail(req, UNAVAILABLE);
        return;
    }
    req->on_gone = on_gone;
    req->on_drain = on_drain;
}

static enum result load(struct request *req)
{
    return providers_load(&req->call);
}

static void find(struct request *req)
{
    struct passage *p = req->context;
    struct ai_fault fault;
    text name = model_of(p);

    switch (model_find(&req->call.arena, req->call.organization, name, &p->target)) {
    case MODEL_FOUND: start(p); return;
    case MODEL_NOT_LOADED:
        if (p->loaded) {
            request_fail(req, UNAVAILABLE);
            return;
        }
        p->loaded = true;
        req->on_io = find;
        request_on_worker(req, load);
        return;
    case MODEL_AMBIGUOUS:
        ai_fault_set(&req->call.arena, &fault, AI_MODEL_NOT_FOUND, T("model"),
                     "Several providers have the model '%.*s'; name one of them before a slash, as in openai/%.*s.", TEXT_ARG(name), TEXT_ARG(name));
        break;
    case MODEL_UNKNOWN:
        ai_fault_set(&req->call.arena, &fault, AI_MODEL_NOT_FOUND, T("model"),
                     "The model '%.*s' does not exist here: no connected provider has it. GET /v1/models lists those that can be called.", TEXT_ARG(name));
        break;
    }
    send_fault(req, &fault, TEXT_NONE);
}

static enum result check(struct request *req)
{
    static const struct json_limits limits = { .depth = 100, .string = BODY_MAX };
    struct json_error error;

    if (json_check(req->body, &limits, &error))
        return OK;
    if (error.field[0])
        fail_field(&req->call, error.field, "%s", error.message);
    return fail(&req->call, MALFORMED_JSON, "We could not parse the JSON body of your request: %s (byte %zu).", error.message, error.offset);
}

static void read_checked(struct request *req)
{
    struct passage *p = req->context;
    struct arena *arena = &req->call.arena;
    struct ai_fault fault;
    bool good;

    req->body = text_trim(req->body);
    good = p->kind == AI_CHAT ? chat_request_read(arena, req->body, &p->chat, &fault) : embeddings_request_read(arena, req->body, &p->embeddings, &fault);
    if (good)
        find(req);
    else
        send_fault(req, &fault, TEXT_NONE);
}

static void take(struct request *req, enum ai_endpoint kind)
{
    struct passage *p = arena_new(&req->call.arena, struct passage);
    enum result result;

    *p = (struct passage){ .req = req, .kind = kind };
    req->context = p;
    if (req->body.len > CHECKED_INLINE) {
        req->on_io = read_checked;
        request_on_worker(req, check);
        return;
    }
    result = check(req);
    if (result == OK)
        read_checked(req);
    else
        request_fail(req, result);
}

static void chat(struct request *req)
{
    take(req, AI_CHAT);
}

static void embeddings(struct request *req)
{
    take(req, AI_EMBEDDINGS);
}

/* --- models ------------------------------------------------------------------------------------------------------------------ */

static struct ai_wire_model wire_model(const struct model_row *row)
{
    return (struct ai_wire_model){ row->id, row->provider, row->model->prices[0].from / SECOND };
}

static enum result list_models(struct request *req, const void *body)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct ai_wire_model *models;
    struct list rows;

    (void)body;
    TRY(models_available(&req->call, &rows));
    models = arena_array(&req->call.arena, rows.len, sizeof *models);
    for (size_t i = 0; i < rows.len; i++)
        models[i] = wire_model((const struct model_row *)rows.items + i);
    ai_wire_models(&out, models, rows.len);
    return respond_json(req, 200, buffer_view(&out));
}

static enum result read_model(struct request *req, const void *body)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct list rows;

    (void)body;
    TRY(models_available(&req->call, &rows));
    for (size_t i = 0; i < rows.len; i++) {
        const struct model_row *row = (const struct model_row *)rows.items + i;
        struct ai_wire_model model = wire_model(row);

        if (!text_equal(row->id, req->parameters[0]) && !text_equal(row->model->id, req->parameters[0]))
            continue;
        ai_wire_model(&out, &model);
        return respond_json(req, 200, buffer_view(&out));
    }
    return fail(&req->call, NOT_FOUND, "The model '%.*s' does not exist here.", TEXT_ARG(req->parameters[0]));
}

#define KEYED .access = ACCESS_KEY, .permission = GATEWAY_USE, .answer = ANSWER_OTHER

const struct route gateway_routes[] = {
    { POST, "/v1/chat/completions", .io = chat, KEYED, .body = RAW(BODY_MAX), .doc = "OpenAI's chat completions, streamed or whole, with any connected model." },
    { POST, "/v1/embeddings", .io = embeddings, KEYED, .body = RAW(BODY_MAX), .doc = "OpenAI's embeddings, as numbers or base64." },
    { GET, "/v1/models", list_models, KEYED, .doc = "The models that can be called now." },
    { GET, "/v1/models/:model", read_model, KEYED, .doc = "One model." },
    { 0 },
};
