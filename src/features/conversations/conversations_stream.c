#include "features/conversations/conversations_stream.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sse.h"
#include "bus/bus.h"
#include "features/conversations/conversations_answer.h"

enum { PIECE = 64 << 10 };
static const int64_t KEEP_ALIVE = 15 * SECOND;

/* Lives until its request has ended and no news is on its way to it any more. */
struct reader {
    struct request *req;
    struct loop *loop;
    struct bus *bus;
    text name; /* in the request's arena */
    int64_t after;
    struct stream_watch *watch;
    struct loop_timer *alive;
    enum result (*then)(struct request *req); /* of one that waits for the whole */
    _Atomic int posts; /* news under way to the loop */
    bool over;
};

static void release(struct reader *r)
{
    if (r->over && atomic_load(&r->posts) == 0)
        free(r);
}

/* No news after this; the request is the caller's to end. */
static void close_reader(struct reader *r)
{
    if (r->watch)
        bus_stream_unwatch(r->bus, r->watch);
    r->watch = NULL;
    loop_cancel(r->alive);
    r->alive = NULL;
    r->req->on_gone = NULL;
    r->req->on_drain = NULL;
    r->over = true;
}

static void on_gone(struct request *req)
{
    struct reader *r = req->context;

    close_reader(r);
    request_end(req);
    release(r);
}

static void finish_whole(struct reader *r)
{
    struct request *req = r->req;
    enum result (*then)(struct request *) = r->then;

    close_reader(r);
    req->on_io = NULL;
    request_on_worker(req, then);
    release(r);
}

static void pump(struct reader *r)
{
    struct request *req = r->req;

    for (;;) {
        SCOPED(buffer) struct buffer out = { 0 };
        int64_t last;
        enum stream_state state;

        if (!r->then && stream_backlog(req) > STREAM_BACKLOG)
            return; /* on_drain goes on */
        state = bus_stream_read(r->bus, r->name, r->after, PIECE, &out, &last);
        if (!r->then)
            stream_write(req, buffer_view(&out));
        if (state == STREAM_OPEN && last > r->after) {
            r->after = last;
            continue;
        }
        if (state == STREAM_OPEN || state == STREAM_UNKNOWN)
            return; /* on_news goes on */
        if (r->then) {
            finish_whole(r);
            return;
        }
        close_reader(r);
        if (state == STREAM_BROKEN) /* the client should see that this is not the end, and come back */
            stream_cut(req);
        else
            stream_end(req);
        release(r);
        return;
    }
}

static void on_drain(struct request *req)
{
    pump(req->context);
}

static void on_news(void *context)
{
    struct reader *r = context;

    atomic_fetch_sub(&r->posts, 1);
    if (r->over)
        release(r);
    else
        pump(r);
}

/* On whatever thread made the news, with the bus locked. */
static void wake(void *context)
{
    struct reader *r = context;

    if (atomic_fetch_add(&r->posts, 1) == 0)
        loop_post(r->loop, on_news, r);
    else
        atomic_fetch_sub(&r->posts, 1); /* one that is under way will see this too */
}

/* A comment now and then, so that proxies do not take a slow model for a dead connection. */
static void keep_alive(void *context)
{
    struct reader *r = context;

    r->alive = loop_after(r->loop, KEEP_ALIVE, keep_alive, r);
    stream_write(r->req, T(": waiting\n\n"));
}

static void begin(struct request *req)
{
    struct reader *r = req->context;

    if (!req->connection) {
        r->over = true;
        request_end(req);
        release(r);
        return;
    }
    req->on_gone = on_gone;
    if (!r->then) {
        req->on_drain = on_drain;
        stream_begin(req, 200, T("text/event-stream"));
        r->alive = loop_after(r->loop, KEEP_ALIVE, keep_alive, r);
    }
    r->watch = bus_stream_watch(r->bus, r->name, wake, r);
    pump(r);
}

static void read_from(struct request *req, uuid message, int64_t after, enum result (*then)(struct request *req))
{
    struct reader *r = xcalloc(1, sizeof *r);

    r->req = req;
    r->loop = req->loop;
    r->bus = req->call.on->bus;
    r->name = answer_stream_name(&req->call.arena, req->call.organization, message);
    r->after = after;
    r->then = then;
    req->context = r;
    req->on_io = begin;
    if (!then)
        respond_header(req, "X-Accel-Buffering", T("no")); /* nginx would gather the events */
}

void stream_answer(struct request *req, uuid message, int64_t after)
{
    read_from(req, message, after, NULL);
}

void await_answer(struct request *req, uuid message, enum result (*then)(struct request *req))
{
    read_from(req, message, 0, then);
}

/* --- from the store ---------------------------------------------------------------------------------------------------------- */

struct stored {
    struct buffer *out;
    struct buffer data;
    struct json_writer w;
    int64_t number, mark;
};

static struct json_writer *data_begin(struct stored *s)
{
    s->data.len = 0;
    s->w = (struct json_writer){ &s->data, false };
    jw_object(&s->w);
    return &s->w;
}

static void put(struct stored *s, const char *event, text data)
{
    char id[48];

    snprintf(id, sizeof id, "%lld-%lld", (long long)++s->number, (long long)s->mark);
    sse_write(s->out, &(struct sse_event){ text_of(event), data, text_of(id) });
}

static void data_end(struct stored *s, const char *event)
{
    jw_object_close(&s->w);
    put(s, event, buffer_view(&s->data));
}

enum result respond_stored(struct request *req, const struct message_row *row, int64_t number, int64_t mark)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct stored s = { .out = &out, .number = number, .mark = (int64_t)row->content.len };
    struct json_walk walk = json_walk(row->citations);
    struct json_writer *w;
    text id = uuid_text(&req->call.arena, row->id), citation, rest = text_slice(row->content, (size_t)mark, row->content.len);
    enum result responded;

    if (number == 0) {
        w = data_begin(&s);
        jw_member(w, "message_id", text, id);
        data_end(&s, "message.created");
    }
    if (rest.len) {
        w = data_begin(&s);
        jw_member(w, "text", text, rest);
        data_end(&s, "message.delta");
    }
    while (json_next_item(&walk, &citation))
        put(&s, "citation", citation);
    if (row->error_code.ptr) {
        w = data_begin(&s);
        jw_member(w, "code", text, row->error_code);
        jw_member(w, "message", text, row->error_message);
        data_end(&s, "error");
    } else {
        w = data_begin(&s);
        jw_member(w, "input_tokens", int, row->input_tokens);
        jw_member(w, "output_tokens", int, row->output_tokens);
        jw_member(w, "cost_micros", int, row->cost_micros);
        jw_member(w, "model", text, row->model);
        data_end(&s, "usage");
    }
    w = data_begin(&s);
    jw_member(w, "message_id", text, id);
    jw_member(w, "status", text, row->status);
    data_end(&s, "done");
    responded = respond_bytes(req, 200, T("text/event-stream"), buffer_view(&out));
    buffer_free(&s.data);
    return responded;
}
