/*
 * Outgoing HTTP on a loop's thread, by libcurl. Connections are kept and shared by all transfers of the loop.
 *
 * Addresses are checked after the name is resolved and before each connect: private ones are refused unless OUTBOUND_ALLOW
 * names their network (in development loopback is allowed). Redirects are not followed.
 */
#ifndef TENON_HTTP_FETCH_H
#define TENON_HTTP_FETCH_H

#include "http/http.h"

enum fetch_result {
    FETCH_OK,
    FETCH_REFUSED_ADDRESS, /* the address is private and not allowed */
    FETCH_CONNECT,         /* no such name, nothing listens, TLS failed */
    FETCH_TIMEOUT,         /* one of the times ran out */
    FETCH_BROKEN,          /* the connection ended before the answer did */
};

const char *fetch_words(enum fetch_result result); /* a sentence for people */

struct fetch_header {
    text name, value;
};

/* Lives until on_done; its texts are copied, but for the body, which must live as long. */
struct fetch_request {
    const char *method;
    text url;
    const struct fetch_header *headers;
    size_t header_count;
    text body;
    int64_t connect_timeout, first_byte_timeout, idle_timeout, total_timeout; /* microseconds */

    /* All on the loop's thread. `status` and headers are known from the first on_data or on_done on. */
    void (*on_data)(void *context, text bytes);
    void (*on_done)(void *context, enum fetch_result result, int status);
    void *context;
};

struct fetch;

/* From the loop's own thread. on_done is called exactly once, never before this returns, unless fetch_cancel was. */
struct fetch *fetch_start(struct loop *loop, const struct fetch_request *request);

/* Ends it without on_done; also from within on_data of this or another transfer. */
void fetch_cancel(struct fetch *fetch);

/* Stops and restarts the flow of on_data; what arrives meanwhile stays with the sender. fetch_pause may be called in on_data. */
void fetch_pause(struct fetch *fetch);
void fetch_resume(struct fetch *fetch);

/* --- for handlers --------------------------------------------------------------------------------------------------------- */

struct fetch_answer {
    enum fetch_result result; /* FETCH_BROKEN also when the answer was longer than it may be */
    int status;               /* 0: none came */
    text body;                /* in the request's arena */
    int64_t took;
};

/*
 * `return request_fetch(req, &what, most, then);` in a handler that needs something from elsewhere: when the handler has returned,
 * the transfer is made on the request's loop, and `then` goes on in its place, on a worker, with the whole answer of at most `most`
 * bytes. No thread waits. `then` answers the request, or fetches on. A client that leaves ends it all.
 *
 * The texts of `what` live in the call's arena; its callbacks are not looked at. A connection may take 5 seconds and all of it 15,
 * where `what` says nothing.
 */
typedef enum result fetch_then(struct request *req, const struct fetch_answer *answer);
CHECKED enum result request_fetch(struct request *req, const struct fetch_request *what, size_t most, fetch_then *then);

/* --- of a transfer -------------------------------------------------------------------------------------------------------- */

int fetch_status(const struct fetch *fetch); /* 0 before the head has come */
text fetch_header(const struct fetch *fetch, const char *name); /* of the answer; absent when there is none */

#endif
