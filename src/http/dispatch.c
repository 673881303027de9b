/* From a parsed request to its handler: routing, the way to a worker and back. */
#include <stdlib.h>

#include "core/log.h"
#include "http/internal.h"
#include "store/db.h"

static size_t body_limit(const struct route *route)
{
    enum { AROUND_A_FILE = 64 << 10 }; /* the parts' heads of a multipart body */

    if (route->body.upload)
        return (size_t)config.max_file_size + AROUND_A_FILE;
    if (route->body.max)
        return route->body.max;
    return route->body.kind == BODY_NONE ? 4096 : DEFAULT_BODY_MAX;
}

enum result dispatch_head(struct request *req)
{
    text allow;
    enum result result = router_match(req->loop->http->router, req, &allow);

    if (result == METHOD_NOT_ALLOWED)
        respond_header(req, "Allow", allow);
    if (result != OK)
        return result;
    req->internal->limit = body_limit(req->route);
    req->internal->body.max = req->internal->limit;
    return OK;
}

/* --- on a worker ----------------------------------------------------------------------------------------------------------- */

static enum result read_query(struct request *req)
{
    const struct shape *shape = &req->route->query;
    static const struct field none[] = { FIELDS_END };
    void *query = arena_alloc(&req->call.arena, shape->size);

    req->query = query;
    return fields_read_query(&req->call, shape->fields ? shape->fields : none, shape->open, req->query_string, query);
}

/* A handler that met another transaction is run again, from the state in which it began, as long as it has changed nothing. */
static enum result run_handler(struct request *req, const void *in)
{
    size_t headers = req->response.headers.len;
    int committed = req->call.committed;
    enum result result = req->route->handler(req, in);

    while (req->call.committed == committed && db_again(&req->call, result)) {
        req->response.headers.len = headers;
        req->response.body.len = 0;
        result = req->route->handler(req, in);
    }
    return result;
}

static enum result handle(struct request *req)
{
    const struct body *body = &req->route->body;
    enum result result;
    void *in = NULL;

    TRY(read_query(req));
    if (body->kind == BODY_JSON) {
        in = arena_alloc(&req->call.arena, body->size);
        if (!request_is_json(req) && req->body.len)
            return fail(&req->call, UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.");
        TRY(fields_read_body(&req->call, body->fields, req->body.len ? req->body : T("{}"), in));
    }
    req->call.may_be_late = req->route->late;
    result = run_handler(req, in);
    if (result == NOT_FOUND && strchr(req->route->path, ':'))
        req->loop->http->setup.missed(req);
    return result;
}

static enum result gate_and_handle(struct request *req)
{
    TRY(gate_pass(req));
    return handle(req);
}

static enum result gate_only(struct request *req)
{
    TRY(gate_pass(req));
    return read_query(req);
}

void request_back(struct request *req)
{
    if (req->internal->result != OK)
        request_fail(req, req->internal->result);
    else if (req->on_io)
        req->on_io(req);
    else
        request_send(req);
}

void request_work(struct request *req)
{
    req->call.now = clock_now();
    req->internal->result = req->internal->work(req);
}

static void back_on_io(void *context)
{
    request_back(context);
}

static void run_work(void *context)
{
    struct request *req = context;

    request_work(req);
    loop_post(req->loop, back_on_io, req);
}

void request_on_worker(struct request *req, enum result (*work)(struct request *req))
{
    bool added;

    req->internal->work = work;
    req->internal->task = (struct task){ NULL, run_work, req };
    if (light_takes(req))
        added = light_add(req->loop->light, &req->internal->task);
    else
        added = pool_add(req->route->hashing ? req->loop->http->hashers : req->loop->http->pool, &req->internal->task);
    if (!added)
        request_fail(req, UNAVAILABLE);
}

/* --- on the I/O thread ------------------------------------------------------------------------------------------------------ */

static void not_found(struct request *req, enum result result, text allow)
{
    if (result == NOT_FOUND && req->method == GET && !text_starts(req->path, T("/api/")) && !text_starts(req->path, T("/v1/")) && static_answer(req)) {
        request_send(req);
        return;
    }
    if (text_equal(req->method_name, T("OPTIONS")) && result == METHOD_NOT_ALLOWED) {
        req->response.status = 204;
        respond_header(req, "Allow", allow);
        respond_header(req, "Access-Control-Allow-Methods", allow);
        respond_header(req, "Access-Control-Allow-Headers", T("Authorization, Content-Type, X-CSRF-Token, X-Request-Id, Last-Event-ID"));
        respond_header(req, "Access-Control-Max-Age", T("600"));
        request_send(req);
        return;
    }
    if (result == METHOD_NOT_ALLOWED)
        respond_header(req, "Allow", allow);
    request_fail(req, result);
}

static void run_io(struct request *req)
{
    req->on_io = NULL;
    req->route->io(req);
}

static void after_gate(struct request *req, enum result result)
{
    if (result == OK)
        result = read_query(req);
    if (result == OK)
        run_io(req);
    else
        request_fail(req, result);
}

void dispatch(struct request *req)
{
    text allow = TEXT_NONE;
    enum result result = router_match(req->loop->http->router, req, &allow);

    gate_cors(req);
    if (result != OK) {
        not_found(req, result, allow);
        return;
    }
    if (!text_starts(req->path, T("/docs")))
        respond_header(req, "Cache-Control", T("no-store"));
    if (!req->route->io) {
        request_on_worker(req, gate_and_handle);
        return;
    }
    switch (gate_try(req, after_gate, &result)) {
    case GATE_DONE: after_gate(req, result); return;
    case GATE_WAITS: return;
    case GATE_BLOCKS:
        req->on_io = run_io;
        request_on_worker(req, gate_only);
        return;
    }
}
