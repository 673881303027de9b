/*
 * One client connection: bytes in, requests out, answers in order. A state machine on its loop's thread.
 *
 * Always true: at most one request is under way; what comes meanwhile waits in `pending`, and past PENDING_MAX reading
 * stops. Every phase but BUSY has a deadline of its own, so that a byte a second keeps nothing alive.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "http/internal.h"

enum phase { PHASE_FRESH, PHASE_HEAD, PHASE_BODY, PHASE_BUSY, PHASE_IDLE, PHASE_LINGER };

enum { HEAD_MAX = 32 << 10, HEADERS_MAX = 100, PENDING_MAX = 64 << 10 };

static const int64_t FRESH_TIME = 20 * SECOND, HEAD_TIME = 10 * SECOND, BODY_TIME = 30 * SECOND, STALL_TIME = 20 * SECOND, IDLE_TIME = 65 * SECOND, LINGER_TIME = 2 * SECOND,
                     WRITE_TIME = 60 * SECOND;
static const int64_t BODY_RATE = 128 << 10; /* bytes a second a body must come at, beyond BODY_TIME */

struct span {
    size_t at, len;
};

struct connection {
    uv_tcp_t tcp;
    struct loop *loop;
    struct connection *prev, *next;
    struct connection *next_gathering;
    bool is_gathering; /* it stands in its loop's list */
    struct buffer gathered;
    llhttp_t parser;
    enum phase phase;
    struct request *req;
    struct span *spans; /* names and values of the head, as offsets into it */
    size_t span_count;
    struct span url;
    struct buffer pending;
    int64_t deadline;
    int64_t body_deadline; /* of the whole body; `deadline` comes before it when nothing more arrives */
    struct loop_timer *again; /* takes up what is pending */
    size_t backlog; /* bytes handed to libuv and not written */
    bool reading, closing, last, rejected;
    enum result rejection;
    char guard; /* the byte before, while a head is read */
    int blank;  /* line ends in a row, to see the head's end */
    struct sockaddr_storage peer;
};

static void leave_gathering(struct connection *c)
{
    for (struct connection **at = &c->loop->gathering; *at; at = &(*at)->next_gathering)
        if (*at == c) {
            *at = c->next_gathering;
            break;
        }
    c->is_gathering = false;
}

/* --- closing ------------------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    if (c->prev)
        c->prev->next = c->next;
    else
        c->loop->connections = c->next;
    if (c->next)
        c->next->prev = c->prev;
    c->loop->connection_count--;
    metric_add(&http_connections, 0, -1);
    buffer_free(&c->pending);
    buffer_free(&c->gathered);
    free(c->spans);
    free(c);
}

void connection_break(struct connection *c)
{
    struct request *req = c->req;

    if (c->closing)
        return;
    c->closing = true;
    c->req = NULL;
    loop_cancel(c->again);
    c->again = NULL;
    if (c->is_gathering)
        leave_gathering(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    if (!req)
        return;
    req->connection = NULL;
    if (c->phase == PHASE_HEAD || c->phase == PHASE_BODY)
        request_free(req);
    else if (req->on_gone)
        req->on_gone(req);
}

static void on_shut(uv_shutdown_t *shut, int status)
{
    (void)status;
    free(shut);
}

/* Sends what is queued, then waits shortly for the client to close: closing with unread bytes would reset the connection
   and could take the answer with it. */
static void linger(struct connection *c)
{
    uv_shutdown_t *shut = xmalloc(sizeof *shut);

    c->phase = PHASE_LINGER;
    c->deadline = clock_ticks() + LINGER_TIME + (c->backlog ? WRITE_TIME : 0);
    c->pending.len = 0;
    if (uv_shutdown(shut, (uv_stream_t *)&c->tcp, on_shut) != 0) {
        free(shut);
        connection_break(c);
    }
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

struct write {
    uv_write_t uv;
    struct connection *connection;
    size_t len;
    char bytes[];
};

static void on_written(uv_write_t *uv, int status)
{
    struct write *write = (struct write *)(void *)uv;
    struct connection *c = write->connection;
    struct request *req = c->req;

    c->backlog -= write->len;
    free(write);
    if (c->closing)
        return;
    if (status < 0) {
        connection_break(c);
        return;
    }
    if (c->phase == PHASE_BUSY)
        c->deadline = c->backlog ? clock_ticks() + WRITE_TIME : 0;
    if (req && req->on_drain && c->backlog <= STREAM_BACKLOG / 2)
        req->on_drain(req);
}

bool connection_write(struct connection *c, text first, text second)
{
    uv_buf_t parts[2] = { uv_buf_init((char *)first.ptr, (unsigned)first.len), uv_buf_init((char *)second.ptr, (unsigned)second.len) };
    size_t total = first.len + second.len, sent = 0;
    struct write *write;
    uv_buf_t rest;
    int wrote;

    if (c->closing || total == 0)
        return !c->closing;
    if (c->backlog == 0) {
        wrote = uv_try_write((uv_stream_t *)&c->tcp, parts, second.len ? 2 : 1);
        if (wrote > 0)
            sent = (size_t)wrote;
        if (sent == total)
            return true;
    }
    write = xmalloc(sizeof *write + total - sent);
    write->connection = c;
    write->len = total - sent;
    if (sent < first.len) {
        memcpy(write->bytes, first.ptr + sent, first.len - sent);
        memcpy(write->bytes + (first.len - sent), second.ptr, second.len);
    } else {
        memcpy(write->bytes, second.ptr + (sent - first.len), total - sent);
    }
    rest = uv_buf_init(write->bytes, (unsigned)write->len);
    c->backlog += write->len;
    if (c->phase == PHASE_BUSY && !c->deadline)
        c->deadline = clock_ticks() + WRITE_TIME;
    if (uv_write(&write->uv, (uv_stream_t *)&c->tcp, &rest, 1, on_written) != 0) {
        c->backlog -= write->len;
        free(write);
        return false;
    }
    return true;
}

void connection_gather(struct connection *c, text bytes)
{
    if (c->closing)
        return;
    buffer_text(&c->gathered, bytes);
    if (c->is_gathering)
        return;
    c->is_gathering = true;
    c->next_gathering = c->loop->gathering;
    c->loop->gathering = c;
}

void connection_send(struct connection *c)
{
    if (c->is_gathering)
        leave_gathering(c);
    if (!c->closing)
        connection_write(c, buffer_view(&c->gathered), T(""));
    buffer_free(&c->gathered);
}

void connections_send(struct loop *loop)
{
    while (loop->gathering)
        connection_send(loop->gathering);
}

size_t connection_backlog(const struct connection *c)
{
    return c->backlog + c->gathered.len;
}

/* --- the parser's callbacks ------------------------------------------------------------------------------------------------ */

static struct connection *of(llhttp_t *parser)
{
    return parser->data;
}

static int reject(struct connection *c, enum result result)
{
    c->rejected = true;
    c->rejection = result;
    return HPE_USER;
}

static int on_message_begin(llhttp_t *parser)
{
    struct connection *c = of(parser);

    c->req = request_new(c->loop);
    c->req->connection = c;
    c->phase = PHASE_HEAD;
    c->deadline = clock_ticks() + HEAD_TIME;
    c->span_count = 0;
    c->url = (struct span){ 0, 0 };
    return 0;
}

static bool head_append(struct connection *c, struct span *span, const char *at, size_t len)
{
    struct buffer *head = &c->req->internal->head;

    if (head->len + len > HEAD_MAX)
        return false;
    if (span->len == 0)
        span->at = head->len;
    buffer_append(head, at, len);
    span->len += len;
    return true;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct connection *c = of(parser);

    return head_append(c, &c->url, at, len) ? 0 : reject(c, PAYLOAD_TOO_LARGE);
}

/* Spans alternate: name, value, name, value. What stands behind a body (trailers) is not taken: the head must not move any
   more, for the request points into it. */
static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct connection *c = of(parser);

    if (c->phase == PHASE_BODY)
        return reject(c, VALIDATION_ERROR);
    if (c->span_count % 2 == 0) {
        if (c->span_count == 2 * (size_t)HEADERS_MAX)
            return reject(c, PAYLOAD_TOO_LARGE);
        if (!c->spans)
            c->spans = xcalloc(2 * (size_t)HEADERS_MAX, sizeof *c->spans);
        c->spans[c->span_count++] = (struct span){ c->req->internal->head.len, 0 };
        c->spans[c->span_count] = (struct span){ 0, 0 };
    }
    return head_append(c, &c->spans[c->span_count - 1], at, len) ? 0 : reject(c, PAYLOAD_TOO_LARGE);
}

static int on_field_complete(llhttp_t *parser)
{
    struct connection *c = of(parser);

    if (c->spans[c->span_count - 1].len == 0) /* the parser takes a name of nothing; RFC 9110 §5.1 does not */
        return reject(c, VALIDATION_ERROR);
    c->spans[c->span_count] = (struct span){ c->req->internal->head.len, 0 };
    c->span_count++;
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct connection *c = of(parser);

    return head_append(c, &c->spans[c->span_count - 1], at, len) ? 0 : reject(c, PAYLOAD_TOO_LARGE);
}

static text span_text(const struct request *req, struct span span)
{
    return text_slice(buffer_view(&req->internal->head), span.at, span.len);
}

static enum method method_of(llhttp_t *parser, struct request *req)
{
    switch (parser->method) {
    case HTTP_HEAD: req->head = true; return GET;
    case HTTP_GET: return GET;
    case HTTP_POST: return POST;
    case HTTP_PUT: return PUT;
    case HTTP_PATCH: return PATCH;
    case HTTP_DELETE: return DELETE;
    default: return METHOD_NONE;
    }
}

static void fill_request(struct connection *c, struct request *req)
{
    text target = span_text(req, c->url);

    req->method = method_of(&c->parser, req);
    req->method_name = text_of(llhttp_method_name((llhttp_method_t)c->parser.method));
    if (text_starts(target, T("http://")) || text_starts(target, T("https://"))) { /* absolute form: the path of it */
        target = text_slice(target, text_find(target, T("://")) + 3, target.len);
        target = text_find_char(target, '/') == SIZE_MAX ? T("/") : text_slice(target, text_find_char(target, '/'), target.len);
    }
    req->query_string = target;
    req->path = text_cut(&req->query_string, '?');
    req->header_count = c->span_count / 2;
    req->headers = arena_array(&req->call.arena, req->header_count + 1, sizeof *req->headers);
    for (size_t i = 0; i < req->header_count; i++)
        req->headers[i] = (struct header){ span_text(req, c->spans[2 * i]), span_text(req, c->spans[2 * i + 1]) };
    req->internal->keep_alive = llhttp_should_keep_alive(&c->parser) && !http_is_draining(c->loop->http);
    gate_client(req, (const struct sockaddr *)&c->peer);
}

static bool one_host(const struct request *req)
{
    int hosts = 0;

    for (size_t i = 0; i < req->header_count; i++)
        hosts += text_equal_nocase(req->headers[i].name, T("host"));
    return hosts == 1;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct connection *c = of(parser);
    struct request *req = c->req;
    bool bodied = parser->content_length > 0 || (parser->flags & F_CHUNKED);
    enum result result;
    size_t expected;

    fill_request(c, req);
    if (parser->http_major != 1 || (parser->http_minor == 1 && !one_host(req)))
        return reject(c, VALIDATION_ERROR);
    if (!bodied)
        return 0;
    result = dispatch_head(req);
    if (result != OK)
        return reject(c, result);
    if (parser->content_length > req->internal->limit)
        return reject(c, PAYLOAD_TOO_LARGE);
    c->phase = PHASE_BODY;
    expected = parser->flags & F_CHUNKED ? req->internal->limit : (size_t)parser->content_length;
    c->body_deadline = clock_ticks() + BODY_TIME + (int64_t)expected * SECOND / BODY_RATE;
    c->deadline = clock_ticks() + STALL_TIME;
    if (text_equal_nocase(request_header(req, "expect"), T("100-continue")))
        connection_write(c, T("HTTP/1.1 100 Continue\r\n\r\n"), T(""));
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct connection *c = of(parser);
    struct request_internal *internal = c->req->internal;
    enum { ALL_BODIES = 768 << 20 };

    if (internal->body.len + len > internal->limit)
        return reject(c, PAYLOAD_TOO_LARGE);
    if (atomic_fetch_add(&c->loop->http->body_bytes, (int64_t)len) > ALL_BODIES) {
        atomic_fetch_sub(&c->loop->http->body_bytes, (int64_t)len);
        return reject(c, UNAVAILABLE);
    }
    buffer_append(&internal->body, at, len);
    c->deadline = clock_ticks() + STALL_TIME;
    if (c->deadline > c->body_deadline)
        c->deadline = c->body_deadline;
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_field,
    .on_header_field_complete = on_field_complete,
    .on_header_value = on_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* --- reading --------------------------------------------------------------------------------------------------------------- */

/*
 * What the parser lets pass and we do not: folded headers and a CR that is not part of a line end (RFC 9112 §2.2, §5.2).
 * Looks at the bytes of a head only; where it ends is seen by two line ends in a row.
 */
static bool head_is_clean(struct connection *c, text bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char byte = bytes.ptr[i];

        if (!c->guard && (byte == '\r' || byte == '\n')) /* empty lines before a request are let pass (RFC 9112 §2.2) */
            continue;
        if (c->guard == '\r' && byte != '\n')
            return false;
        if (c->guard == '\n' && (byte == ' ' || byte == '\t'))
            return false;
        if (byte == '\n') {
            if (++c->blank == 2)
                return true;
        } else if (byte != '\r') {
            c->blank = 0;
        }
        c->guard = byte;
    }
    return true;
}

static void answer_rejection(struct connection *c, enum result result)
{
    if (!c->req) { /* not even a first line */
        c->req = request_new(c->loop);
        c->req->connection = c;
    }
    if (!c->req->call.request_id.ptr) /* its head did not come to its end */
        gate_client(c->req, (const struct sockaddr *)&c->peer);
    if (result == VALIDATION_ERROR && !c->req->call.failure.message.ptr && !c->req->call.failure.fields)
        c->req->call.failure.message = T("The request is not valid HTTP/1.1.");
    c->last = true;
    c->req->internal->keep_alive = false;
    c->phase = PHASE_BUSY;
    c->deadline = 0;
    request_fail(c->req, result);
}

static void feed(struct connection *c, text bytes)
{
    enum llhttp_errno error;

    while (bytes.len && !c->closing) {
        bool heading = c->phase == PHASE_FRESH || c->phase == PHASE_IDLE || c->phase == PHASE_HEAD;

        if (c->phase == PHASE_LINGER)
            return;
        if (c->phase == PHASE_BUSY || c->pending.len) { /* what came before waits for `resume`: it must not be overtaken */
            buffer_text(&c->pending, bytes);
            if (c->pending.len > PENDING_MAX && c->reading) {
                uv_read_stop((uv_stream_t *)&c->tcp);
                c->reading = false;
            }
            return;
        }
        if (heading && !head_is_clean(c, bytes)) {
            answer_rejection(c, VALIDATION_ERROR);
            return;
        }
        error = llhttp_execute(&c->parser, bytes.ptr, bytes.len);
        if (error == HPE_OK)
            return;
        if (error == HPE_PAUSED) {
            const char *stop = llhttp_get_error_pos(&c->parser);

            bytes = text_slice(bytes, (size_t)(stop - bytes.ptr), bytes.len);
            c->phase = PHASE_BUSY;
            c->deadline = 0;
            c->req->body = buffer_view(&c->req->internal->body);
            dispatch(c->req);
            continue;
        }
        answer_rejection(c, c->rejected ? c->rejection : VALIDATION_ERROR);
        return;
    }
}

static void take_pending(struct connection *c)
{
    struct buffer pending = c->pending;

    c->pending = (struct buffer){ 0 };
    feed(c, buffer_view(&pending));
    buffer_free(&pending);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct connection *c = handle->data;

    (void)suggested;
    *ret = uv_buf_init(c->loop->scratch, sizeof c->loop->scratch);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct connection *c = stream->data;

    if (len < 0)
        connection_break(c);
    else if (len > 0)
        feed(c, (text){ buf->base, (size_t)len });
}

static void resume(void *context);

/* After an answer: the next request, or the end. */
void connection_request_done(struct connection *c, struct request *req)
{
    bool keep = req->internal->keep_alive && !c->last;

    c->req = NULL;
    if (c->closing)
        return;
    if (!keep) {
        linger(c);
        return;
    }
    llhttp_reset(&c->parser);
    c->phase = PHASE_IDLE;
    c->deadline = clock_ticks() + IDLE_TIME;
    c->guard = 0;
    c->blank = 0;
    free(c->spans);
    c->spans = NULL;
    if (c->pending.len)
        c->again = loop_after(c->loop, 0, resume, c);
    else
        buffer_free(&c->pending);
    if (!c->reading && c->pending.len == 0) {
        c->reading = true;
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    }
}

/* Pipelined bytes are taken from the loop and not from the answer before them, so that a thousand requests in one packet
   do not nest a thousand calls. */
static void resume(void *context)
{
    struct connection *c = context;

    c->again = NULL;
    if (!c->reading) {
        c->reading = true;
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    }
    take_pending(c);
}

/* --- arriving ------------------------------------------------------------------------------------------------------------ */

/* It is counted already. */
static struct connection *connection_new(struct loop *loop)
{
    struct connection *c = xcalloc(1, sizeof *c);

    uv_tcp_init(&loop->uv, &c->tcp);
    c->tcp.data = c;
    c->loop = loop;
    c->next = loop->connections;
    if (c->next)
        c->next->prev = c;
    loop->connections = c;
    metric_add(&http_connections, 0, 1);
    c->deadline = clock_ticks() + FRESH_TIME;
    return c;
}

static void begin(struct connection *c)
{
    int peer_size = sizeof c->peer;

    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&c->peer, &peer_size);
    llhttp_init(&c->parser, HTTP_REQUEST, &settings);
    c->parser.data = c;
    c->reading = true;
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

struct arrival {
    struct loop *loop;
    int fd;
};

static void on_arrival(void *context)
{
    struct arrival *arrival = context;
    struct connection *c = connection_new(arrival->loop);

    if (arrival->loop->stopping || uv_tcp_open(&c->tcp, arrival->fd) != 0) {
        close(arrival->fd);
        connection_break(c);
    } else {
        begin(c);
    }
    free(arrival);
}

/* The kernel deals connections out by their ports' hash, so that of a proxy's few all may come to one loop, which then works alone. */
static struct loop *least_loaded(struct loop *loop)
{
    struct loop *least = loop;

    for (size_t i = 0; i < loop->http->loop_count; i++)
        if (loop->http->loops[i]->connection_count < least->connection_count)
            least = loop->http->loops[i];
    return least->connection_count + 1 < loop->connection_count ? least : loop;
}

static bool hand_over(struct connection *c, struct loop *to)
{
    struct arrival *arrival;
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 || (fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
        return false;
    arrival = xmalloc(sizeof *arrival);
    *arrival = (struct arrival){ to, fd };
    to->connection_count++;
    loop_post(to, on_arrival, arrival);
    connection_break(c);
    return true;
}

void connection_accept(struct loop *loop)
{
    struct connection *c;
    struct loop *least;

    loop->connection_count++;
    c = connection_new(loop);
    if (uv_accept((uv_stream_t *)&loop->listener, (uv_stream_t *)&c->tcp) != 0) {
        connection_break(c);
        return;
    }
    least = least_loaded(loop);
    if (least == loop || !hand_over(c, least))
        begin(c);
}

/* --- all of a loop ------------------------------------------------------------------------------------------------------- */

void connection_tick(struct loop *loop, int64_t now)
{
    struct connection *next;

    for (struct connection *c = loop->connections; c; c = next) {
        next = c->next;
        if (!c->closing && c->deadline && now > c->deadline)
            connection_break(c);
    }
}

void connections_close_idle(struct loop *loop)
{
    struct connection *next;

    for (struct connection *c = loop->connections; c; c = next) {
        next = c->next;
        if (c->phase == PHASE_IDLE || c->phase == PHASE_FRESH || c->phase == PHASE_LINGER)
            connection_break(c);
        else if (c->req)
            c->req->internal->keep_alive = false;
    }
}

void connections_streams(struct loop *loop, void (*visit)(struct request *req, void *context), void *context)
{
    struct connection *next;

    for (struct connection *c = loop->connections; c; c = next) {
        next = c->next;
        if (!c->closing && c->req && c->req->internal->stream)
            visit(c->req, context);
    }
}

void connections_close_all(struct loop *loop)
{
    struct connection *next;

    for (struct connection *c = loop->connections; c; c = next) {
        next = c->next;
        connection_break(c);
    }
}
