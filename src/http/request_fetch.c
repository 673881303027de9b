/* A handler's transfer: from the worker to the loop and back, so that neither waits. fetch.h is the manual. */
#include "http/fetch.h"
#include "http/internal.h"

static const int64_t CONNECT = 5 * SECOND, WHOLE = 15 * SECOND;

struct handler_fetch {
    struct request *req;
    struct fetch_request what;
    fetch_then *then;
    struct fetch *transfer;
    struct buffer body;
    int64_t begun;
    struct fetch_answer answer;
};

static enum result go_on(struct request *req)
{
    struct handler_fetch *waiting = req->internal->fetch;

    return waiting->then(req, &waiting->answer);
}

/* On the loop; the request is a worker's again. */
static void finish(struct handler_fetch *waiting, enum fetch_result result, int status)
{
    struct request *req = waiting->req;

    waiting->answer = (struct fetch_answer){ result, status, text_copy(&req->call.arena, buffer_view(&waiting->body)), clock_ticks() - waiting->begun };
    buffer_free(&waiting->body);
    req->on_gone = NULL;
    req->on_io = NULL;
    request_on_worker(req, go_on);
}

static void take(void *context, text bytes)
{
    struct handler_fetch *waiting = context;
    int status = fetch_status(waiting->transfer);

    buffer_text(&waiting->body, bytes);
    if (!waiting->body.failed)
        return;
    fetch_cancel(waiting->transfer);
    finish(waiting, FETCH_BROKEN, status);
}

static void done(void *context, enum fetch_result result, int status)
{
    finish(context, result, status);
}

static void gone(struct request *req)
{
    struct handler_fetch *waiting = req->internal->fetch;

    fetch_cancel(waiting->transfer);
    buffer_free(&waiting->body);
    request_end(req);
}

static void begin(struct request *req)
{
    struct handler_fetch *waiting = req->internal->fetch;

    if (!req->connection) {
        request_end(req);
        return;
    }
    waiting->begun = clock_ticks();
    req->on_gone = gone;
    waiting->transfer = fetch_start(req->loop, &waiting->what);
}

static int64_t or_else(int64_t timeout, int64_t fallback)
{
    return timeout ? timeout : fallback;
}

enum result request_fetch(struct request *req, const struct fetch_request *what, size_t most, fetch_then *then)
{
    struct arena *arena = &req->call.arena;
    struct handler_fetch *waiting = arena_new(arena, struct handler_fetch);
    struct fetch_header *headers = arena_array(arena, what->header_count, sizeof *headers);

    for (size_t i = 0; i < what->header_count; i++)
        headers[i] = what->headers[i];
    *waiting = (struct handler_fetch){ .req = req, .what = *what, .then = then, .body.max = most };
    waiting->what.headers = headers;
    waiting->what.connect_timeout = or_else(what->connect_timeout, CONNECT);
    waiting->what.first_byte_timeout = or_else(what->first_byte_timeout, WHOLE);
    waiting->what.idle_timeout = or_else(what->idle_timeout, WHOLE);
    waiting->what.total_timeout = or_else(what->total_timeout, WHOLE);
    waiting->what.on_data = take;
    waiting->what.on_done = done;
    waiting->what.context = waiting;
    req->internal->fetch = waiting;
    req->on_io = begin;
    return OK;
}
