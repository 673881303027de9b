#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "tests/scenario/upstream.h"

enum { MOST_CONNECTIONS = 512, PROMPT_TOKENS = 50, COMPLETION_TOKENS = 1000 };

struct upstream {
    int listener, port;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool holds, stopping;
    _Atomic int calls;
    pthread_t threads[MOST_CONNECTIONS];
    int fds[MOST_CONNECTIONS];
    size_t count;
};

struct connection {
    struct upstream *upstream;
    int fd;
};

/* --- answers ---------------------------------------------------------------------------------------------------------------- */

static int64_t tokens_of(text body)
{
    int64_t tokens;

    if (json_int(json_find(body, "max_completion_tokens"), &tokens) || json_int(json_find(body, "max_tokens"), &tokens))
        return tokens;
    return COMPLETION_TOKENS;
}

static void write_usage(struct buffer *out, int64_t tokens)
{
    buffer_format(out, "\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%lld,\"total_tokens\":%lld}", PROMPT_TOKENS, (long long)tokens, (long long)(PROMPT_TOKENS + tokens));
}

#define CHUNK "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","

static void write_stream(struct buffer *out, int64_t tokens)
{
    buffer_text(out, T(CHUNK "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n"));
    buffer_text(out, T(CHUNK "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" CHUNK "\"choices\":[],"));
    write_usage(out, tokens);
    buffer_text(out, T("}\n\ndata: [DONE]\n\n"));
}

static void write_whole(struct buffer *out, int64_t tokens)
{
    buffer_text(out, T("{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},"
                       "\"finish_reason\":\"stop\"}],"));
    write_usage(out, tokens);
    buffer_char(out, '}');
}

static bool answer(const struct connection *c, text body)
{
    SCOPED(buffer) struct buffer out = { 0 }, head = { 0 };
    bool stream = false;

    json_bool(json_find(body, "stream"), &stream);
    if (stream)
        write_stream(&out, tokens_of(body));
    else
        write_whole(&out, tokens_of(body));
    buffer_format(&head, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", stream ? "text/event-stream" : "application/json", out.len);
    buffer_text(&head, buffer_view(&out));
    return send(c->fd, head.ptr, head.len, MSG_NOSIGNAL) == (ssize_t)head.len;
}

/* --- connections -------------------------------------------------------------------------------------------------------------- */

static bool more(const struct connection *c, struct buffer *in)
{
    char bytes[8192];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);

    if (got > 0)
        buffer_append(in, bytes, (size_t)got);
    return got > 0;
}

static size_t length_of(text head)
{
    static const char name[] = "content-length:";
    SCOPED(arena) struct arena arena = { 0 };
    size_t at = text_find(text_lower(&arena, head), text_of(name));

    return at == SIZE_MAX ? 0 : strtoul(head.ptr + at + sizeof name - 1, NULL, 10);
}

static bool wait_until_let(struct upstream *upstream)
{
    bool stopping;

    pthread_mutex_lock(&upstream->mutex);
    while (upstream->holds && !upstream->stopping)
        pthread_cond_wait(&upstream->changed, &upstream->mutex);
    stopping = upstream->stopping;
    pthread_mutex_unlock(&upstream->mutex);
    return !stopping;
}

static bool serve_one(const struct connection *c, struct buffer *in)
{
    size_t head, len;
    bool served;

    while ((head = text_find(buffer_view(in), T("\r\n\r\n"))) == SIZE_MAX)
        if (!more(c, in))
            return false;
    len = length_of(text_slice(buffer_view(in), 0, head));
    while (in->len < head + 4 + len)
        if (!more(c, in))
            return false;
    c->upstream->calls++;
    served = wait_until_let(c->upstream) && answer(c, text_slice(buffer_view(in), head + 4, len));
    buffer_consume(in, head + 4 + len);
    return served;
}

static void *serve(void *context)
{
    struct connection *c = context;
    SCOPED(buffer) struct buffer in = { 0 };

    while (serve_one(c, &in))
        ;
    shutdown(c->fd, SHUT_RDWR); /* closed by upstream_stop, which may still name it */
    free(c);
    return NULL;
}

static void *listen_on(void *context)
{
    struct upstream *upstream = context;
    int fd;

    while (upstream->count < MOST_CONNECTIONS && (fd = accept(upstream->listener, NULL, NULL)) >= 0) {
        struct connection *c = xmalloc(sizeof *c);

        *c = (struct connection){ upstream, fd };
        upstream->fds[upstream->count] = fd;
        if (pthread_create(&upstream->threads[upstream->count], NULL, serve, c) != 0)
            abort();
        upstream->count++;
    }
    return NULL;
}

/* --- begin and end ------------------------------------------------------------------------------------------------------------ */

struct upstream *upstream_start(void)
{
    struct upstream *upstream = xcalloc(1, sizeof *upstream);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;

    pthread_mutex_init(&upstream->mutex, NULL);
    pthread_cond_init(&upstream->changed, NULL);
    upstream->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(upstream->listener, (struct sockaddr *)&address, size) != 0 || listen(upstream->listener, MOST_CONNECTIONS) != 0 ||
        getsockname(upstream->listener, (struct sockaddr *)&address, &size) != 0 || pthread_create(&upstream->thread, NULL, listen_on, upstream) != 0) {
        close(upstream->listener);
        free(upstream);
        return NULL;
    }
    upstream->port = ntohs(address.sin_port);
    return upstream;
}

int upstream_port(const struct upstream *upstream) { return upstream->port; }
int upstream_calls(const struct upstream *upstream) { return upstream->calls; }

void upstream_hold(struct upstream *upstream, bool hold)
{
    pthread_mutex_lock(&upstream->mutex);
    upstream->holds = hold;
    pthread_cond_broadcast(&upstream->changed);
    pthread_mutex_unlock(&upstream->mutex);
}

void upstream_stop(struct upstream *upstream)
{
    if (!upstream)
        return;
    pthread_mutex_lock(&upstream->mutex);
    upstream->stopping = true;
    pthread_cond_broadcast(&upstream->changed);
    pthread_mutex_unlock(&upstream->mutex);
    shutdown(upstream->listener, SHUT_RDWR);
    pthread_join(upstream->thread, NULL);
    for (size_t i = 0; i < upstream->count; i++) {
        shutdown(upstream->fds[i], SHUT_RDWR);
        pthread_join(upstream->threads[i], NULL);
        close(upstream->fds[i]);
    }
    close(upstream->listener);
    pthread_cond_destroy(&upstream->changed);
    pthread_mutex_destroy(&upstream->mutex);
    free(upstream);
}
