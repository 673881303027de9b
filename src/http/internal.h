/* What the files of this room share and nobody else sees. */
#ifndef TENON_HTTP_INTERNAL_H
#define TENON_HTTP_INTERNAL_H

#include <llhttp.h>
#include <pthread.h>
#include <uv.h>

#include "bus/bus.h"
#include "http/http.h"

struct task {
    struct task *next;
    void (*run)(void *context);
    void *context;
};

struct fetch_pool;

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    uv_prepare_t before_poll; /* both send what streams have gathered in this turn of the loop */
    uv_check_t after_poll;
    uv_tcp_t listener;
    pthread_t thread;
    struct http *http;

    pthread_mutex_t mutex; /* of the tasks */
    struct task *first, **last;
    bool awake; /* a wake-up is under way */

    struct connection *connections;
    struct connection *gathering; /* those with something gathered */
    _Atomic size_t connection_count; /* with those that another loop is handing over */
    struct fetch_pool *fetches;
    struct light *light; /* NULL: all handlers run on workers */
    bool stopping;
    int64_t drain_until;
    bool dated;
    int64_t date_second;
    char date[30];
    char scratch[64 << 10]; /* what a read fills; parsed before the next */
};

struct pool;

struct http {
    struct services *on;
    struct http_setup setup;
    struct loop **loops;
    size_t loop_count;
    struct pool *pool;
    struct pool *hashers;
    struct router *router;
    int port;
    _Atomic bool draining;
    _Atomic unsigned turn;
    _Atomic int holds;
    _Atomic int64_t body_bytes; /* of all bodies held now */
    _Atomic uint64_t streams, doubts; /* so many so far */
};

struct request_internal {
    struct request *pending_next;
    struct buffer head; /* the request's head as it came */
    struct buffer body;
    enum result (*work)(struct request *req);
    enum result result;
    bool streaming, chunked, keep_alive, ended;
    uint64_t stream; /* its number, when it streams */
    uint64_t doubts; /* when it began */
    struct task task; /* the way back from a worker, without another allocation */
    size_t limit;
    struct handler_fetch *fetch; /* what its handler waits for */
    struct gate_wait { /* at the gate until the bus has a verdict */
        enum result identity;
        enum tier tier;
        struct limit_verdict verdict;
        void (*then)(struct request *req, enum result result);
    } gate;
};

/* --- connection.c */
void connection_accept(struct loop *loop);
void connection_tick(struct loop *loop, int64_t now);
void connections_close_idle(struct loop *loop);
void connections_close_all(struct loop *loop);
void connection_request_done(struct connection *connection, struct request *req);
bool connection_write(struct connection *connection, text first, text second);
/* Sent at the end of this turn of the loop, together with what else is gathered by then: a model's words come in many small
   pieces at once. connection_send sends it now. */
void connection_gather(struct connection *connection, text bytes);
void connection_send(struct connection *connection);
void connections_send(struct loop *loop);
size_t connection_backlog(const struct connection *connection);
void connections_streams(struct loop *loop, void (*visit)(struct request *req, void *context), void *context); /* which may break it */
void connection_break(struct connection *connection);

/* --- request.c */
struct request *request_new(struct loop *loop);
void request_free(struct request *req);
text response_head(struct request *req, struct buffer *out, int64_t content_length);

/* --- dispatch.c: from a parsed head or request to its handler */
enum result dispatch_head(struct request *req); /* route and body limit, when the head is in */
void dispatch(struct request *req);             /* when all of it is in */

void request_work(struct request *req); /* what request_on_worker was asked */
void request_back(struct request *req); /* on the loop, after it */

/* --- light.c */
struct light *light_new(struct loop *loop); /* NULL where the store needs no waiting */
void light_free(struct light *light);
bool light_takes(const struct request *req);
bool light_add(struct light *light, struct task *task); /* task->context is the request; false: too many wait */
void light_turn(struct light *light);       /* before each wait of the loop */
bool light_is_busy(const struct light *light);

/* --- gate.c */
enum result gate_pass(struct request *req); /* on a worker */

/* On the I/O thread, without blocking. GATE_WAITS: `then` is called on the loop when the result is there. */
enum gate { GATE_DONE, GATE_WAITS, GATE_BLOCKS /* only a worker can tell */ };
enum gate gate_try(struct request *req, void (*then)(struct request *req, enum result result), enum result *ret_result);
void gate_cors(struct request *req);
void gate_client(struct request *req, const struct sockaddr *peer);

/* --- doubt.c */
void doubt_begin(struct request *req);  /* of every request, before the gate */
void doubt_stream(struct request *req); /* of one that begins to stream */

/* --- router.c */
struct router *router_new(const struct module *const *modules);
void router_free(struct router *router);
/* Finds the route; NOT_FOUND, or METHOD_NOT_ALLOWED with the `Allow` list in the arena. */
enum result router_match(const struct router *router, struct request *req, text *ret_allow);

/* --- pool.c */
enum { QUEUE_MAX = 8192 }; /* past it the caller answers 503 at once; each loop's light requests as well */
struct pool *pool_new(size_t threads);
bool pool_add(struct pool *pool, struct task *task); /* false when its queue is full */
void pool_stop(struct pool *pool);

/* --- static.c: the web application, built in */
bool static_answer(struct request *req); /* false: no such file and not a page's path */

/* --- fetch.c */
struct fetch_pool *fetch_pool_new(struct loop *loop);
void fetch_pool_end(struct fetch_pool *pool); /* every transfer is told that it broke; the loop runs no more */
void fetch_pool_free(struct fetch_pool *pool);

extern struct metric http_requests, http_connections, http_in_flight, http_duration, http_queue, http_limited;

#endif
