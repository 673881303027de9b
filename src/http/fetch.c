#include "http/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "http/internal.h"

enum { ANSWER_HEADERS_MAX = 64 << 10 };

struct fetch_pool {
    struct loop *loop;
    CURLM *multi;
    uv_timer_t timer;
    bool running; /* inside a callback of libcurl: transfers must not be removed now */
    struct fetch *cancelled; /* meanwhile */
    struct fetch *first;     /* of all transfers */
};

struct fetch {
    struct fetch_pool *pool;
    struct fetch *prev, *next;
    struct fetch *next_cancelled;
    CURL *easy;
    struct curl_slist *headers;
    struct fetch_request request;
    struct buffer answer; /* its header lines */
    struct loop_timer *watch;
    int64_t last_byte; /* clock_ticks() of the start, then of the last byte */
    int status;
    bool begun, paused, refused, cancelled, timed_out;
    char error[CURL_ERROR_SIZE];
};

/* --- libcurl on libuv --------------------------------------------------------------------------------------------------- */

struct watched {
    uv_poll_t poll;
    curl_socket_t socket;
    struct fetch_pool *pool;
};

static void finish_done(struct fetch_pool *pool);
static void fetch_free(struct fetch *fetch);

/* After any call into libcurl that may have called back. */
static void tidy(struct fetch_pool *pool)
{
    pool->running = false;
    finish_done(pool);
    while (pool->cancelled) {
        struct fetch *fetch = pool->cancelled;

        pool->cancelled = fetch->next_cancelled;
        fetch_free(fetch);
    }
}

static void act(struct fetch_pool *pool, curl_socket_t socket, int flags)
{
    int running;

    pool->running = true;
    curl_multi_socket_action(pool->multi, socket, flags, &running);
    tidy(pool);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long milliseconds, void *context)
{
    struct fetch_pool *pool = context;

    (void)multi;
    if (milliseconds < 0)
        uv_timer_stop(&pool->timer);
    else
        uv_timer_start(&pool->timer, on_timer, (uint64_t)milliseconds, 0);
    return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(watched->pool, watched->socket, flags);
}

static void free_watched(uv_handle_t *handle)
{
    free(handle->data);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *mine)
{
    struct fetch_pool *pool = context;
    struct watched *watched = mine;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            uv_poll_stop(&watched->poll);
            uv_close((uv_handle_t *)&watched->poll, free_watched);
            curl_multi_assign(pool->multi, socket, NULL);
        }
        return 0;
    }
    if (!watched) {
        watched = xcalloc(1, sizeof *watched);
        watched->socket = socket;
        watched->pool = pool;
        uv_poll_init_socket(&pool->loop->uv, &watched->poll, socket);
        watched->poll.data = watched;
        curl_multi_assign(pool->multi, socket, watched);
    }
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    uv_poll_start(&watched->poll, events, on_poll);
    return 0;
}

struct fetch_pool *fetch_pool_new(struct loop *loop)
{
    struct fetch_pool *pool = xcalloc(1, sizeof *pool);

    pool->loop = loop;
    uv_timer_init(&loop->uv, &pool->timer);
    pool->timer.data = pool;
    return pool;
}

static void init_once(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
}

/* Made at the first transfer: most of libcurl's memory is taken then. */
static void pool_ready(struct fetch_pool *pool)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (pool->multi)
        return;
    pthread_once(&once, init_once);
    pool->multi = curl_multi_init();
    if (!pool->multi)
        abort();
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, 256L);
}

void fetch_pool_free(struct fetch_pool *pool)
{
    if (pool->multi)
        curl_multi_cleanup(pool->multi);
    uv_close((uv_handle_t *)&pool->timer, NULL);
    uv_run(&pool->loop->uv, UV_RUN_NOWAIT);
    free(pool);
}

/* --- one transfer --------------------------------------------------------------------------------------------------------- */

static void fetch_free(struct fetch *fetch)
{
    if (fetch->prev)
        fetch->prev->next = fetch->next;
    else
        fetch->pool->first = fetch->next;
    if (fetch->next)
        fetch->next->prev = fetch->prev;
    loop_cancel(fetch->watch);
    curl_multi_remove_handle(fetch->pool->multi, fetch->easy);
    curl_easy_cleanup(fetch->easy);
    curl_slist_free_all(fetch->headers);
    buffer_free(&fetch->answer);
    free(fetch);
}

const char *fetch_words(enum fetch_result result)
{
    switch (result) {
    case FETCH_OK: break;
    case FETCH_REFUSED_ADDRESS: return "The address is private; OUTBOUND_ALLOW does not name its network.";
    case FETCH_CONNECT: return "No connection: the name does not resolve, nothing listens there, or TLS failed.";
    case FETCH_TIMEOUT: return "It did not answer in time.";
    case FETCH_BROKEN: return "The connection broke before the answer ended.";
    }
    return "It answers.";
}

static enum fetch_result result_of(const struct fetch *fetch, CURLcode code)
{
    if (fetch->refused)
        return FETCH_REFUSED_ADDRESS;
    if (fetch->timed_out)
        return FETCH_TIMEOUT;
    switch (code) {
    case CURLE_OK: return FETCH_OK;
    case CURLE_OPERATION_TIMEDOUT: return FETCH_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return FETCH_CONNECT;
    default: return FETCH_BROKEN;
    }
}

static void note_head(struct fetch *fetch)
{
    long status = 0;

    if (fetch->status == 0) {
        curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
        fetch->status = (int)status;
    }
}

static void done(struct fetch *fetch, CURLcode code)
{
    struct fetch_request request = fetch->request;
    enum fetch_result result = result_of(fetch, code);

    note_head(fetch);
    if (result != FETCH_OK)
        LOG(DEBUG, NULL, "fetch failed", LI("code", code), LZ("reason", fetch->error));
    /* the answer's headers stay readable in on_done */
    request.on_done(request.context, result, fetch->status);
    fetch_free(fetch);
}

static void finish_done(struct fetch_pool *pool)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left))) {
        struct fetch *fetch;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        if (!fetch->cancelled)
            done(fetch, code);
    }
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetch *fetch = context;
    struct address peer;
    bool allowed;

    if (purpose != CURLSOCKTYPE_IPCXN || !address_of(&address->addr, &peer))
        return CURL_SOCKET_BAD;
    allowed = !address_is_private(peer) || address_in(peer, config.outbound_allow) ||
              (config.environment != ENV_PRODUCTION && address_is_loopback(peer));
    if (!allowed) {
        fetch->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    text bytes = { line, size * count };

    if (text_starts(bytes, T("HTTP/")))
        fetch->answer.len = 0; /* of the last answer, when an interim one came before */
    if (fetch->answer.len + bytes.len > ANSWER_HEADERS_MAX)
        return 0;
    buffer_text(&fetch->answer, bytes);
    return bytes.len;
}

static size_t take_data(char *bytes, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;

    if (fetch->cancelled)
        return 0;
    if (fetch->paused)
        return CURL_WRITEFUNC_PAUSE;
    note_head(fetch);
    fetch->begun = true;
    fetch->last_byte = clock_ticks();
    fetch->request.on_data(fetch->request.context, (text){ bytes, size * count });
    return fetch->cancelled ? 0 : size * count; /* what it sends may be gone with its owner */
}

/* Time to the first byte and between two: libcurl has no such limits of its own for a stream that may be paused. */
static void watch_time(void *context)
{
    struct fetch *fetch = context;
    int64_t waited = clock_ticks() - fetch->last_byte, most = fetch->begun ? fetch->request.idle_timeout : fetch->request.first_byte_timeout;

    fetch->watch = NULL;
    if (!fetch->paused && waited >= most) {
        fetch->timed_out = true;
        done(fetch, CURLE_OPERATION_TIMEDOUT);
        return;
    }
    fetch->watch = loop_after(fetch->pool->loop, fetch->paused ? most : most - waited, watch_time, fetch);
}

static void set_options(struct fetch *fetch, const char *url)
{
    const struct fetch_request *request = &fetch->request;
    CURL *easy = fetch->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* a proxy would connect where the address check cannot see */
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fetch->headers);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(request->connect_timeout / MILLISECOND));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(request->total_timeout / MILLISECOND));
    if (strcmp(request->method, "GET") == 0)
        return;
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.ptr);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
}

struct fetch *fetch_start(struct loop *loop, const struct fetch_request *request)
{
    struct fetch *fetch = xcalloc(1, sizeof *fetch);
    SCOPED(arena) struct arena scratch = { 0 };

    pool_ready(loop->fetches);
    fetch->pool = loop->fetches;
    fetch->next = fetch->pool->first;
    if (fetch->next)
        fetch->next->prev = fetch;
    fetch->pool->first = fetch;
    fetch->request = *request;
    fetch->easy = curl_easy_init();
    if (!fetch->easy)
        abort();
    fetch->headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < request->header_count; i++) {
        text line = text_format(&scratch, "%.*s: %.*s", TEXT_ARG(request->headers[i].name), TEXT_ARG(request->headers[i].value));

        fetch->headers = curl_slist_append(fetch->headers, line.ptr);
    }
    set_options(fetch, text_z(&scratch, request->url));
    fetch->last_byte = clock_ticks();
    fetch->watch = loop_after(loop, request->first_byte_timeout, watch_time, fetch);
    curl_multi_add_handle(fetch->pool->multi, fetch->easy);
    return fetch;
}

void fetch_cancel(struct fetch *fetch)
{
    if (fetch->pool->running) { /* in a callback of libcurl, perhaps of another transfer: it goes when that returns */
        fetch->cancelled = true;
        loop_cancel(fetch->watch);
        fetch->watch = NULL;
        fetch->next_cancelled = fetch->pool->cancelled;
        fetch->pool->cancelled = fetch;
        return;
    }
    fetch_free(fetch);
}

void fetch_pause(struct fetch *fetch)
{
    fetch->paused = true;
}

static void nudge(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

void fetch_resume(struct fetch *fetch)
{
    struct fetch_pool *pool = fetch->pool;
    bool within = pool->running;

    if (!fetch->paused)
        return;
    fetch->paused = false;
    fetch->last_byte = clock_ticks();
    pool->running = true; /* what libcurl had kept is handed out right here, and its reader may cancel */
    curl_easy_pause(fetch->easy, CURLPAUSE_CONT);
    if (!within)
        tidy(pool);
    loop_post(pool->loop, nudge, pool); /* else the transfer sleeps until its socket says something new */
}

int fetch_status(const struct fetch *fetch)
{
    return fetch->status;
}

text fetch_header(const struct fetch *fetch, const char *name)
{
    text lines = buffer_view(&fetch->answer), wanted = text_of(name);

    while (lines.len) {
        text value = text_cut(&lines, '\n'), key = text_cut(&value, ':');

        if (value.ptr && text_equal_nocase(key, wanted))
            return text_trim(value);
    }
    return TEXT_NONE;
}

void fetch_pool_end(struct fetch_pool *pool)
{
    while (pool->first)
        done(pool->first, CURLE_ABORTED_BY_CALLBACK);
}
