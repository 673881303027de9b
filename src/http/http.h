/*
 * HTTP: the server, the table of routes, and what a handler does with a request.
 *
 * I/O threads own the sockets and never block. A request is parsed, matched to its route, let through the gate and read
 * into a struct; then its handler runs on a worker as plain blocking C. Some routes run on the I/O thread instead (`.io`):
 * those must never block and answer by the stream functions or by request_on_worker.
 */
#ifndef TENON_HTTP_HTTP_H
#define TENON_HTTP_HTTP_H

#include "core/fields.h"
#include "core/metric.h"
#include "core/module.h"
#include "http/address.h"

struct request;
struct loop;

/* --- routes ------------------------------------------------------------------------------------------------------------ */

enum method { METHOD_NONE, GET, POST, PUT, PATCH, DELETE, METHOD_COUNT };

/* Who may call. Zero is invalid: a route that forgot it stops the program at start. */
enum access {
    ACCESS_UNSET,
    ACCESS_PUBLIC,   /* anybody */
    ACCESS_USER,     /* a signed-in person, whatever the role */
    ACCESS_MEMBER,   /* a person or an API key with the route's permission */
    ACCESS_KEY,      /* an API key with the route's permission */
    ACCESS_ADMIN,    /* a signed-in administrator of the installation; to anybody else it is not there */
    ACCESS_OPERATOR, /* loopback and private networks, or METRICS_TOKEN */
};

/* What limits it. TIER_DEFAULT: `user`, `key` or `public`, after who calls. */
enum tier { TIER_DEFAULT, TIER_NONE, TIER_AUTH, TIER_SENSITIVE, TIER_PUBLIC, TIER_USER, TIER_KEY, TIER_WIDGET };

enum body_kind { BODY_NONE, BODY_JSON, BODY_RAW };

struct body {
    enum body_kind kind;
    const struct field *fields; /* of BODY_JSON */
    size_t size;                /* of the struct */
    size_t max;                 /* bytes; 0: 1 MB */
    bool upload;                /* as large as MAX_FILE_SIZE lets a file be; multipart or JSON, read by the handler */
};

#define BODY(type, table) { .kind = BODY_JSON, .fields = (table), .size = sizeof(type) }
#define RAW(most) { .kind = BODY_RAW, .max = (most) }
#define UPLOAD { .kind = BODY_RAW, .upload = true }

struct shape {
    const struct field *fields;
    size_t size;
    bool open; /* other parameters are passed over, where a standard asks for that; else they are refused by name */
};

#define QUERY(type, table) { .fields = (table), .size = sizeof(type) }
#define OPEN_QUERY(type, table) { .fields = (table), .size = sizeof(type), .open = true }

/* What `data` of the answer is. */
enum answer_kind { ANSWER_OBJECT, ANSWER_PAGE, ANSWER_CURSOR, ANSWER_LIST, ANSWER_EMPTY, ANSWER_TOP, ANSWER_EVENTS, ANSWER_OTHER };

struct route {
    enum method method;
    const char *path; /* `/api/keys/:id`; a parameter named id or …_id is a UUID, others are texts */
    enum result (*handler)(struct request *req, const void *body);
    void (*io)(struct request *req); /* instead of a handler: on the I/O thread */
    enum access access;
    enum permission permission; /* with ACCESS_MEMBER and ACCESS_KEY */
    enum tier tier;
    struct body body;
    struct shape query;
    const struct field *view; /* of one object of the answer */
    enum answer_kind answer;
    int status;   /* of success, 0: 200 */
    bool or_accepted; /* or 202: a letter says how to go on */
    bool recent; /* a signed-in person must have shown within ten minutes who they are */
    bool late; /* what it reads may be a little late: a replica may answer */
    bool in_person; /* not for an administrator who acts as somebody else */
    bool light;   /* computes little and waits for nothing but rows, limits and signals: on PostgreSQL it runs on the I/O thread (docs/decisions/0017) */
    bool hashing; /* it hashes a password: runs on the few threads kept for that, so that a flood of logins starves nobody else */
    const char *doc;
};

enum { MOST_PARAMETERS = 4, DEFAULT_BODY_MAX = 1 << 20 };

/* --- requests ------------------------------------------------------------------------------------------------------------ */

struct header {
    text name, value;
};

struct response {
    int status;
    text content_type;
    struct buffer headers; /* lines with their CRLF */
    struct buffer body;
    text fixed; /* a body that outlives the response, instead of `body` */
    bool no_body;
};

struct request {
    struct call call;
    const struct route *route;
    enum method method;
    bool head; /* HEAD: as GET, without the body */
    text method_name, path, query_string;
    struct header *headers;
    size_t header_count;
    text body;
    uuid ids[MOST_PARAMETERS];
    text parameters[MOST_PARAMETERS];
    const void *query; /* the route's query struct, filled */
    struct address client;
    bool cookie_session; /* it came with the session cookie: unsafe methods need the CSRF token */
    struct response response;
    int64_t begun; /* clock_ticks() */
    struct limit_state {
        bool set;
        int64_t limit, remaining, reset;
    } limit;

    /* For the I/O side of an answer; each runs on the request's loop. */
    void (*on_io)(struct request *req);    /* after a handler that returned OK: it goes on there and ends the request */
    void (*on_drain)(struct request *req); /* a stream's backlog has gone below half of STREAM_BACKLOG */
    void (*on_gone)(struct request *req);  /* the client left: still end the request by request_end */
    void *context;

    struct connection *connection; /* NULL once the client has left */
    struct loop *loop;
    struct request_internal *internal;
};

text request_header(const struct request *req, const char *name); /* absent when there is none */
text request_cookie(struct request *req, const char *name);
bool request_is_json(const struct request *req);
bool request_is_tls(const struct request *req); /* behind a trusted proxy that says so, or by configuration */

/* --- answers of handlers ----------------------------------------------------------------------------------------------------- */

void respond_header(struct request *req, const char *name, text value);

/* `{"success": true, "data": {…}}` */
CHECKED enum result respond(struct request *req, int status, const struct field *view, const void *object);
CHECKED enum result respond_list(struct request *req, const struct field *view, struct list rows, size_t size);
CHECKED enum result respond_page(struct request *req, const struct field *view, struct list rows, size_t size, int64_t page, int64_t page_size, int64_t total);
CHECKED enum result respond_cursor(struct request *req, const struct field *view, struct list rows, size_t size, text next_cursor);
CHECKED enum result respond_empty(struct request *req);                /* `{"success": true}` */
CHECKED enum result respond_accepted(struct request *req);             /* the same, 202: it will be done */
CHECKED enum result respond_json(struct request *req, int status, text json); /* as it is */
CHECKED enum result respond_bytes(struct request *req, int status, text content_type, text bytes); /* copied */

/* The error body for a result, in the style of the path (`/v1` speaks OpenAI's). Any thread that owns the request. */
void respond_error(struct request *req, enum result result);

/* Page parameters every page list takes: `INT(struct q, page, …)` by these rows. */
struct page_query {
    int64_t page, page_size;
};
extern const struct field page_query_fields[];
static inline int64_t page_of(const struct page_query *q) { return q->page ? q->page : 1; }
static inline int64_t page_size_of(const struct page_query *q) { return q->page_size ? q->page_size : 20; }

struct cursor_query {
    text cursor;
    int64_t limit;
};
extern const struct field cursor_query_fields[];
static inline int64_t limit_of(const struct cursor_query *q) { return q->limit ? q->limit : 50; }

/* A cursor is the id of the last row shown. VALIDATION_ERROR when it is not one; none for the beginning. */
CHECKED enum result cursor_read(struct call *call, text cursor, uuid *ret_id);

/* --- the I/O side: on the request's loop only ---------------------------------------------------------------------------------- */

enum { STREAM_BACKLOG = 256 << 10 };

void request_send(struct request *req);             /* sends the response prepared by respond_…; ends the request */
void request_fail(struct request *req, enum result result); /* respond_error and send */

/* Begins an answer of unknown length. Headers were added before by respond_header. */
void stream_begin(struct request *req, int status, text content_type);
void stream_write(struct request *req, text bytes); /* copied; nothing when the client has left */
size_t stream_backlog(const struct request *req);   /* bytes the client has not taken */
void stream_end(struct request *req);               /* a proper end; ends the request */
void stream_cut(struct request *req);               /* closes without the proper end, so that the client sees it; ends the request */

/* The request is over and its memory goes: for one whose client has left. */
void request_end(struct request *req);

/* From the I/O thread: runs `work` on a worker, then req->on_io on the loop (request_fail when it returned no OK). */
void request_on_worker(struct request *req, enum result (*work)(struct request *req));

/* Runs on the loop soon. From any thread. */
void loop_post(struct loop *loop, void (*run)(void *context), void *context);

/* Runs on the loop after `delay` microseconds; from the loop's own thread. */
struct loop_timer;
struct loop_timer *loop_after(struct loop *loop, int64_t delay, void (*run)(void *context), void *context);
void loop_cancel(struct loop_timer *timer);

/* A loop for work that no request owns, chosen in turn. */
struct loop *http_any_loop(struct http *http);

/* Runs on a worker soon; from any thread. */
void loop_work(struct loop *loop, void (*run)(void *context), void *context);
void http_work(struct http *http, void (*run)(void *context), void *context);

/* As http_work, at some moment of the next half second: what is done for an account that exists, and for no other, shows neither in
   the time of its own answer nor in that of the next. A stop waits for it. */
void http_work_later(struct http *http, void (*run)(void *context), void *context);

/* Something is not what it was: the streams of those who are meant break off unless their callers are let in still. From any
   thread, and never waits; nothing without a server. DOUBT_KEYS: of an organization, or UUID_NONE for all. */
enum doubt_of { DOUBT_SESSION, DOUBT_USER, DOUBT_ORGANIZATION, DOUBT_KEYS, DOUBT_ALL };
void http_doubt(struct http *http, enum doubt_of of, uuid id);

/* --- server ---------------------------------------------------------------------------------------------------------------- */

/*
 * Who calls? Fills req->call from the credentials and sets cookie_session. OK also without any (the call stays ACTOR_NOBODY);
 * UNAUTHENTICATED for bad ones. Without `may_block` it returns false when it would have to ask the store.
 */
typedef bool authenticator(struct request *req, bool may_block, enum result *ret_result);

/* True when the request's CSRF token belongs to its session. */
typedef bool csrf_checker(struct request *req);

/* Whether a caller as the gate let them in is let in still; anything but OK: no. On a worker, in a call with their identity alone. */
typedef enum result caller_check(struct call *call);

struct http_setup {
    authenticator *authenticate;
    csrf_checker *csrf;
    enum result (*proven)(struct request *req); /* for a route with .recent: OK, or MFA_REQUIRED */
    caller_check *still;
    void (*refused)(struct request *req); /* for want of a permission; must not block */
    void (*missed)(struct request *req);  /* a handler found nothing by the ids of the path; must not block */
};

/* Checks every route (access, views without secrets, paths), false with one line a fault. */
bool http_check_routes(const struct module *const *modules, struct buffer *faults);

CHECKED enum result http_start(struct call *call, struct services *on, const struct http_setup *setup);
int http_port(const struct http *http);

/* Work that no request waits for but that must not be cut off by a stop: taken before it, given back after. */
void http_hold(struct http *http);
void http_release(struct http *http);

/* Stops listening, lets requests end for at most `drain` microseconds, joins all threads. Events may still be heard of after it, so
   what is left is freed apart, when nobody is there to tell of any. */
void http_stop(struct http *http, int64_t drain);
void http_free(struct http *http);
bool http_is_draining(const struct http *http);

/* OpenAPI 3.1 of all modules' routes. */
void openapi_write(struct buffer *out, const struct module *const *modules);

/* One line a route: method, path, access, permission, tier. */
void routes_print(struct buffer *out, const struct module *const *modules);

extern struct metric *const http_metrics[];

#endif
