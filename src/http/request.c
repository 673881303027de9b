/* A request and its answer: how handlers respond, and how answers are sent from the I/O thread. */
#include <stdio.h>
#include <stdlib.h>

#include "core/config.h"
#include "core/log.h"
#include "http/internal.h"

enum { RESPONSE_MAX = 64 << 20 };

struct request *request_new(struct loop *loop)
{
    struct request *req = xcalloc(1, sizeof *req);

    call_open(&req->call, loop->http->on);
    req->internal = xcalloc(1, sizeof *req->internal);
    req->loop = loop;
    req->begun = clock_ticks();
    doubt_begin(req);
    req->response.body.max = RESPONSE_MAX;
    req->response.headers.max = 32 << 10;
    metric_add(&http_in_flight, 0, 1);
    return req;
}

void request_free(struct request *req)
{
    metric_add(&http_in_flight, 0, -1);
    if (req->internal->body.len)
        atomic_fetch_sub(&req->loop->http->body_bytes, (int64_t)req->internal->body.len);
    buffer_free(&req->internal->head);
    buffer_free(&req->internal->body);
    buffer_free(&req->response.headers);
    buffer_free(&req->response.body);
    call_close(&req->call);
    free(req->internal);
    free(req);
}

/* --- what came --------------------------------------------------------------------------------------------------------- */

text request_header(const struct request *req, const char *name)
{
    text wanted = text_of(name);

    for (size_t i = 0; i < req->header_count; i++)
        if (text_equal_nocase(req->headers[i].name, wanted))
            return req->headers[i].value;
    return TEXT_NONE;
}

text request_cookie(struct request *req, const char *name)
{
    text wanted = text_of(name);

    for (size_t i = 0; i < req->header_count; i++) {
        text rest = req->headers[i].value;

        if (!text_equal_nocase(req->headers[i].name, T("cookie")))
            continue;
        while (rest.ptr) {
            text value = text_trim(text_cut(&rest, ';'));

            if (text_equal(text_cut(&value, '='), wanted))
                return value;
        }
    }
    return TEXT_NONE;
}

bool request_is_json(const struct request *req)
{
    text type = request_header(req, "content-type");

    return text_equal_nocase(text_trim(text_cut(&type, ';')), T("application/json"));
}

bool request_is_tls(const struct request *req)
{
    text scheme = config.trusted_proxies.len ? request_header(req, "x-forwarded-proto") : TEXT_NONE;

    return config.cookie_secure || text_starts(config.app_url, T("https://")) || text_equal(scheme, T("https"));
}

/* --- answers ------------------------------------------------------------------------------------------------------------- */

void respond_header(struct request *req, const char *name, text value)
{
    buffer_text(&req->response.headers, text_of(name));
    buffer_text(&req->response.headers, T(": "));
    for (size_t i = 0; i < value.len; i++) /* no value can end the line */
        buffer_char(&req->response.headers, (unsigned char)value.ptr[i] < 0x20 ? ' ' : value.ptr[i]);
    buffer_text(&req->response.headers, T("\r\n"));
}

static struct json_writer json_begin(struct request *req, int status)
{
    req->response.status = status;
    req->response.content_type = T("application/json");
    req->response.body.len = 0;
    return (struct json_writer){ &req->response.body, false };
}

static enum result finished(struct request *req)
{
    return req->response.body.failed ? INTERNAL : OK;
}

enum result respond(struct request *req, int status, const struct field *view, const void *object)
{
    struct json_writer w = json_begin(req, status);

    jw_object(&w);
    jw_member(&w, "success", bool, true);
    jw_key(&w, "data");
    fields_write(&w, view, object);
    jw_object_close(&w);
    return finished(req);
}

static struct json_writer list_begin(struct request *req, const struct field *view, struct list rows, size_t size)
{
    struct json_writer w = json_begin(req, 200);

    jw_object(&w);
    jw_member(&w, "success", bool, true);
    jw_key(&w, "data");
    jw_array(&w);
    for (size_t i = 0; i < rows.len; i++)
        fields_write(&w, view, (const char *)rows.items + i * size);
    jw_array_close(&w);
    return w;
}

enum result respond_list(struct request *req, const struct field *view, struct list rows, size_t size)
{
    struct json_writer w = list_begin(req, view, rows, size);

    jw_object_close(&w);
    return finished(req);
}

enum result respond_page(struct request *req, const struct field *view, struct list rows, size_t size, int64_t page, int64_t page_size, int64_t total)
{
    struct json_writer w = list_begin(req, view, rows, size);

    jw_key(&w, "meta");
    jw_object(&w);
    jw_member(&w, "page", int, page);
    jw_member(&w, "page_size", int, page_size);
    jw_member(&w, "total", int, total);
    jw_object_close(&w);
    jw_object_close(&w);
    return finished(req);
}

enum result respond_cursor(struct request *req, const struct field *view, struct list rows, size_t size, text next_cursor)
{
    struct json_writer w = list_begin(req, view, rows, size);

    jw_key(&w, "meta");
    jw_object(&w);
    jw_member(&w, "next_cursor", text, next_cursor);
    jw_object_close(&w);
    jw_object_close(&w);
    return finished(req);
}

enum result respond_empty(struct request *req)
{
    return respond_json(req, 200, T("{\"success\":true}"));
}

enum result respond_accepted(struct request *req)
{
    return respond_json(req, 202, T("{\"success\":true}"));
}

enum result respond_json(struct request *req, int status, text json)
{
    struct json_writer w = json_begin(req, status);

    jw_raw(&w, json);
    return finished(req);
}

enum result respond_bytes(struct request *req, int status, text content_type, text bytes)
{
    req->response.status = status;
    req->response.content_type = content_type;
    req->response.body.len = 0;
    buffer_text(&req->response.body, bytes);
    return finished(req);
}

/* OpenAI's shape, which its clients map to their error classes. */
static void write_openai_error(struct json_writer *w, struct request *req, enum result result, text message)
{
    static const struct { enum result result; text type, code; } rows[] = {
        { UNAUTHENTICATED, { "invalid_request_error", 21 }, { "invalid_api_key", 15 } },
        { FORBIDDEN, { "invalid_request_error", 21 }, { "insufficient_permissions", 24 } },
        { NOT_FOUND, { "invalid_request_error", 21 }, { "not_found", 9 } },
        { METHOD_NOT_ALLOWED, { "invalid_request_error", 21 }, { "method_not_allowed", 18 } },
        { RATE_LIMITED, { "requests", 8 }, { "rate_limit_exceeded", 19 } },
        { UPSTREAM_ERROR, { "upstream_error", 14 }, { "upstream_error", 14 } },
        { UPSTREAM_TIMEOUT, { "upstream_error", 14 }, { "upstream_timeout", 16 } },
        { UNAVAILABLE, { "server_error", 12 }, { "unavailable", 11 } },
        { INTERNAL, { "server_error", 12 }, { "internal_error", 14 } },
    };
    const struct field_failure *field = req->call.failure.fields;
    text type = T("invalid_request_error"), code = TEXT_NONE;

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].result == result) {
            type = rows[i].type;
            code = rows[i].code;
        }
    jw_object(w);
    jw_key(w, "error");
    jw_object(w);
    jw_member(w, "message", text, field ? text_format(&req->call.arena, "'%.*s' %.*s.", TEXT_ARG(field->field), TEXT_ARG(field->message)) : message);
    jw_member(w, "type", text, type);
    jw_member(w, "param", text, field ? field->field : TEXT_NONE);
    jw_member(w, "code", text, code);
    jw_object_close(w);
    jw_object_close(w);
}

static void write_fields(struct json_writer *w, const struct field_failure *failures)
{
    jw_key(w, "fields");
    jw_object(w);
    for (const struct field_failure *f = failures; f; f = f->next) {
        bool said = false;

        for (const struct field_failure *before = failures; before != f; before = before->next)
            said |= text_equal(before->field, f->field);
        if (said)
            continue;
        jw_key_text(w, f->field);
        jw_array(w);
        for (const struct field_failure *same = f; same; same = same->next)
            if (text_equal(same->field, f->field))
                jw_text(w, same->message);
        jw_array_close(w);
    }
    jw_object_close(w);
}

static void write_challenge(struct json_writer *w, const struct failure *failure)
{
    jw_member(w, "challenge", text, failure->challenge);
    jw_key(w, "methods");
    jw_array(w);
    for (size_t i = 0; i < failure->methods.len; i++)
        jw_text(w, failure->methods.items[i]);
    jw_array_close(w);
}

void respond_error(struct request *req, enum result result)
{
    const struct failure *failure = &req->call.failure;
    text message = failure->message.ptr ? failure->message : text_of(result_message(result));
    struct json_writer w;

    if (result == INTERNAL) /* what is unavailable was said where it was seen, once and not for every request */
        LOG(ERROR, &req->call, "request failed", LT("method", req->method_name), LT("path", req->path));
    if (failure->retry_after || result == UNAVAILABLE)
        respond_header(req, "Retry-After", text_format(&req->call.arena, "%d", failure->retry_after ? failure->retry_after : 1));
    w = json_begin(req, result_status(result));
    req->response.body.failed = false;
    if (text_starts(req->path, T("/v1/"))) {
        write_openai_error(&w, req, result, message);
        return;
    }
    jw_object(&w);
    jw_member(&w, "success", bool, false);
    jw_key(&w, "error");
    jw_object(&w);
    jw_member(&w, "code", text, text_of(result_code(result)));
    jw_member(&w, "message", text, message);
    if (failure->fields)
        write_fields(&w, failure->fields);
    if (result == MFA_REQUIRED)
        write_challenge(&w, failure);
    jw_member(&w, "request_id", text, req->call.request_id);
    jw_object_close(&w);
    jw_object_close(&w);
}

/* --- paging -------------------------------------------------------------------------------------------------------------- */

const struct field page_query_fields[] = {
    INT(struct page_query, page, .min = 1, .max = 1000000, .doc = "from 1"),
    INT(struct page_query, page_size, .min = 1, .max = 100, .doc = "20 where absent"),
    FIELDS_END,
};

const struct field cursor_query_fields[] = {
    TEXT(struct cursor_query, cursor, .max = 100, .doc = "next_cursor of the page before"),
    INT(struct cursor_query, limit, .min = 1, .max = 200, .doc = "50 where absent"),
    FIELDS_END,
};

enum result cursor_read(struct call *call, text cursor, uuid *ret_id)
{
    *ret_id = UUID_NONE;
    if (!cursor.len || uuid_parse(cursor, ret_id))
        return OK;
    return fail_field(call, "cursor", "is not one that was given out");
}

/* --- sending ------------------------------------------------------------------------------------------------------------- */

static const char *reason(int status)
{
    static const struct { int status; const char *reason; } rows[] = {
        { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 302, "Found" }, { 304, "Not Modified" },
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 402, "Payment Required" }, { 403, "Forbidden" }, { 404, "Not Found" },
        { 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Content Too Large" }, { 415, "Unsupported Media Type" },
        { 423, "Locked" }, { 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 502, "Bad Gateway" },
        { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Other";
}

static text http_date(struct loop *loop)
{
    int64_t now = clock_now();

    if (!loop->dated || loop->date_second != now / SECOND) {
        loop->dated = true;
        loop->date_second = now / SECOND;
        clock_http_date(now, loop->date);
    }
    return text_of(loop->date);
}

text response_head(struct request *req, struct buffer *out, int64_t content_length)
{
    const struct response *res = &req->response;

    buffer_format(out, "HTTP/1.1 %d %s\r\n", res->status, reason(res->status));
    if (res->content_type.ptr)
        buffer_format(out, "Content-Type: %.*s\r\n", TEXT_ARG(res->content_type));
    if (content_length >= 0)
        buffer_format(out, "Content-Length: %lld\r\n", (long long)content_length);
    else if (req->internal->chunked)
        buffer_text(out, T("Transfer-Encoding: chunked\r\n"));
    buffer_format(out, "Date: %.*s\r\nX-Request-Id: %.*s\r\n", TEXT_ARG(http_date(req->loop)), TEXT_ARG(req->call.request_id));
    buffer_text(out, T("X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: strict-origin-when-cross-origin\r\n"));
    if (!text_starts(res->content_type, T("text/html")) && text_find(buffer_view(&res->headers), T("Content-Security-Policy:")) == SIZE_MAX) /* pages, and some files, have a policy of their own */
        buffer_text(out, T("Content-Security-Policy: default-src 'none'; base-uri 'none'; frame-ancestors 'none'\r\n"));
    if (request_is_tls(req))
        buffer_text(out, T("Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"));
    if (req->limit.set)
        buffer_format(out, "X-RateLimit-Limit: %lld\r\nX-RateLimit-Remaining: %lld\r\nX-RateLimit-Reset: %lld\r\n", (long long)req->limit.limit,
                      (long long)req->limit.remaining, (long long)req->limit.reset);
    if (!req->internal->keep_alive)
        buffer_text(out, T("Connection: close\r\n"));
    buffer_text(out, buffer_view(&res->headers));
    buffer_text(out, T("\r\n"));
    return buffer_view(out);
}

static void account(struct request *req)
{
    int64_t took = clock_ticks() - req->begun;
    int status = req->response.status;

    metric_add(&http_requests, (size_t)(status >= 100 && status < 600 ? status / 100 - 1 : 4), 1);
    metric_observe(&http_duration, took);
    LOG(DEBUG, &req->call, "request", LT("method", req->method_name), LT("path", req->path), LI("status", status), LI("micros", took));
}

/* The connection goes on, the request's memory goes. */
static void over(struct request *req)
{
    account(req);
    if (req->connection)
        connection_request_done(req->connection, req);
    request_free(req);
}

void request_end(struct request *req)
{
    over(req);
}

void request_send(struct request *req)
{
    SCOPED(buffer) struct buffer head = { 0 };
    struct response *res = &req->response;
    text body = res->fixed.ptr ? res->fixed : buffer_view(&res->body);
    bool bodiless = res->status == 204 || res->status == 304;

    if (req->connection) {
        response_head(req, &head, bodiless ? -1 : (int64_t)body.len);
        connection_write(req->connection, buffer_view(&head), req->head || bodiless ? T("") : body);
    }
    over(req);
}

void request_fail(struct request *req, enum result result)
{
    respond_error(req, result);
    request_send(req);
}

/* --- streams ------------------------------------------------------------------------------------------------------------- */

void stream_begin(struct request *req, int status, text content_type)
{
    SCOPED(buffer) struct buffer head = { 0 };

    req->response.status = status;
    req->response.content_type = content_type;
    req->internal->streaming = true;
    doubt_stream(req);
    req->internal->chunked = req->internal->keep_alive; /* HTTP/1.0 does not keep alive here and reads to the end */
    if (req->connection)
        connection_gather(req->connection, response_head(req, &head, -1));
}

void stream_write(struct request *req, text bytes)
{
    char size[20];
    int len = snprintf(size, sizeof size, "%zx\r\n", bytes.len);

    if (!req->connection || !bytes.len || req->head)
        return;
    if (!req->internal->chunked) {
        connection_gather(req->connection, bytes);
        return;
    }
    connection_gather(req->connection, (text){ size, (size_t)len });
    connection_gather(req->connection, bytes);
    connection_gather(req->connection, T("\r\n"));
}

size_t stream_backlog(const struct request *req)
{
    return req->connection ? connection_backlog(req->connection) : 0;
}

void stream_end(struct request *req)
{
    if (req->connection && req->internal->chunked && !req->head)
        connection_gather(req->connection, T("0\r\n\r\n"));
    if (req->connection)
        connection_send(req->connection);
    over(req);
}

void stream_cut(struct request *req)
{
    struct connection *connection = req->connection;

    req->on_gone = NULL;
    if (connection) {
        connection_send(connection);
        connection_break(connection);
    }
    over(req);
}
