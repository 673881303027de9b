/*
 * Streams whose caller may not be let in any more. The gate asks once, a stream goes on: so whoever hears that a session, a person
 * or a key is not what it was has the streams asked about anew, each on a worker, and those of callers who are gone break off.
 *
 * Always true: a stream that began while something was in doubt is asked about as well (request->doubts), for the gate may have let
 * its caller in before the news and the loop not have known it for a stream yet.
 */
#include <stdlib.h>

#include "core/log.h"
#include "http/internal.h"

struct doubt {
    struct loop *loop;
    enum doubt_of of;
    uuid id;
};

/* What is asked: the caller as the gate knew it, and the stream by its number, for it may end meanwhile. */
struct question {
    struct call call;
    struct loop *loop;
    uint64_t stream;
};

static bool is_meant(const struct doubt *doubt, const struct call *call)
{
    switch (doubt->of) {
    case DOUBT_SESSION: return uuid_equal(call->session, doubt->id);
    case DOUBT_USER: return uuid_equal(call->user, doubt->id) || uuid_equal(call->impersonator, doubt->id);
    case DOUBT_ORGANIZATION: return uuid_equal(call->organization, doubt->id);
    case DOUBT_KEYS: return call->actor == ACTOR_KEY && (uuid_is_none(doubt->id) || uuid_equal(call->organization, doubt->id));
    case DOUBT_ALL: return true;
    }
    return true;
}

static void cut_one(struct request *req, void *context)
{
    const struct question *question = context;

    if (req->internal->stream == question->stream)
        connection_break(req->connection);
}

static void cut(void *context)
{
    struct question *question = context;
    struct http *http = question->loop->http;

    connections_streams(question->loop, cut_one, question);
    call_close(&question->call);
    free(question);
    http_release(http);
}

/* When nobody can say, it is taken for gone: a reader of an answer comes back, and is asked for credentials then. */
static void ask(void *context)
{
    struct question *question = context;
    struct http *http = question->loop->http;

    if (http->setup.still(&question->call) != OK) {
        loop_post(question->loop, cut, question);
        return;
    }
    call_close(&question->call);
    free(question);
    http_release(http);
}

static void put_question(struct request *req)
{
    const struct call *call = &req->call;
    struct question *question;

    if (call->actor != ACTOR_USER && call->actor != ACTOR_KEY)
        return;
    question = xcalloc(1, sizeof *question);
    call_open(&question->call, call->on);
    question->call.actor = call->actor;
    question->call.organization = call->organization;
    question->call.user = call->user;
    question->call.session = call->session;
    question->call.key = call->key;
    question->call.impersonator = call->impersonator;
    question->loop = req->loop;
    question->stream = req->internal->stream;
    http_hold(req->loop->http); /* the loop must not end before the answer has come */
    http_work(req->loop->http, ask, question);
}

static void look_at(struct request *req, void *context)
{
    if (is_meant(context, &req->call))
        put_question(req);
}

static void look(void *context)
{
    struct doubt *doubt = context;

    connections_streams(doubt->loop, look_at, doubt);
    free(doubt);
}

void http_doubt(struct http *http, enum doubt_of of, uuid id)
{
    if (!http)
        return;
    atomic_fetch_add(&http->doubts, 1);
    for (size_t i = 0; i < http->loop_count; i++) {
        struct doubt *doubt = xmalloc(sizeof *doubt);

        *doubt = (struct doubt){ http->loops[i], of, id };
        loop_post(http->loops[i], look, doubt);
    }
}

void doubt_begin(struct request *req)
{
    req->internal->doubts = atomic_load(&req->loop->http->doubts);
}

void doubt_stream(struct request *req)
{
    struct http *http = req->loop->http;

    req->internal->stream = atomic_fetch_add(&http->streams, 1) + 1;
    if (req->internal->doubts != atomic_load(&http->doubts))
        put_question(req);
}
