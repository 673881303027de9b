/*
 * A model's service that costs next to nothing: one canned chat answer, or a stream of N chunks at a given pace, after an
 * optional delay. One thread, one epoll, keep-alive. It is the upstream behind gateway measurements, so that what is measured is
 * the gateway. It reads a request only as far as its length and whether it asks for a stream; it checks nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 40 << 20 };

struct connection {
    int fd;
    bool closing, streaming, queued;
    char *in;
    size_t in_len, in_cap;
    size_t scanned; /* of `in`: the head is known to be incomplete up to here */
    char *out;
    size_t out_len, out_sent, out_cap;
    int chunk; /* the next one of the stream */
    int64_t due;
    struct connection *next; /* in a queue, or in the list of the dead */
};

/* What waits for its time. Every entry of a queue waits equally long, so the first one is due first. */
struct queue {
    struct connection *first, *last;
    int64_t wait;
};

static struct queue delays, gaps;
static struct connection *dead;
static int epoll_fd, chunk_count = 32;
static bool listening_only; /* for the listener's entry in epoll */
static char *whole_answer, *stream_head, *stream_tail, *stream_words;
static size_t whole_len, head_len, tail_len, words_len;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static char *grow(char *ptr, size_t *cap, size_t need)
{
    while (*cap < need)
        *cap = *cap ? *cap * 2 : 4096;
    ptr = realloc(ptr, *cap);
    if (!ptr)
        die("memory");
    return ptr;
}

static void put(struct connection *c, const char *bytes, size_t len)
{
    if (c->out_len + len > c->out_cap)
        c->out = grow(c->out, &c->out_cap, c->out_len + len);
    memcpy(c->out + c->out_len, bytes, len);
    c->out_len += len;
}

static void enqueue(struct queue *q, struct connection *c)
{
    c->due = now() + q->wait;
    c->next = NULL;
    c->queued = true;
    if (q->last)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
}

static struct connection *dequeue_due(struct queue *q, int64_t at)
{
    struct connection *c = q->first;

    if (!c || c->due > at)
        return NULL;
    q->first = c->next;
    if (!q->first)
        q->last = NULL;
    c->queued = false;
    return c;
}

/* Freed only between rounds and outside of queues: both may still point to it. */
static void close_connection(struct connection *c)
{
    if (c->fd < 0)
        return;
    close(c->fd);
    c->fd = -1;
    if (!c->queued) {
        c->next = dead;
        dead = c;
    }
}

static void bury(void)
{
    while (dead) {
        struct connection *c = dead;

        dead = c->next;
        free(c->in);
        free(c->out);
        free(c);
    }
}

static void watch(struct connection *c, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void flush(struct connection *c)
{
    while (c->out_sent < c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            watch(c, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
            return;
        }
        if (n < 0) {
            close_connection(c);
            return;
        }
        c->out_sent += (size_t)n;
    }
    c->out_len = c->out_sent = 0;
    if (c->closing && !c->streaming)
        close_connection(c);
}

static void stream_step(struct connection *c)
{
    do
        put(c, stream_words, words_len);
    while (++c->chunk < chunk_count && gaps.wait == 0);
    if (c->chunk < chunk_count) {
        enqueue(&gaps, c);
    } else {
        put(c, stream_tail, tail_len);
        c->streaming = false;
    }
    flush(c);
}

static void answer(struct connection *c)
{
    if (!c->streaming) {
        put(c, whole_answer, whole_len);
        flush(c);
        return;
    }
    put(c, stream_head, head_len);
    c->chunk = 0;
    stream_step(c);
}

static size_t content_length(const char *head, size_t len)
{
    for (const char *at = head; (at = memchr(at, '\n', len - (size_t)(at - head))) != NULL;) {
        at++;
        if (len - (size_t)(at - head) > 15 && !strncasecmp(at, "content-length:", 15))
            return strtoul(at + 15, NULL, 10);
    }
    return 0;
}

static bool wants_stream(const char *body, size_t len)
{
    return memmem(body, len, "\"stream\":true", 13) || memmem(body, len, "\"stream\": true", 14);
}

/* Answers a complete request, if there is one. Pipelining is served one after the other. */
static bool take_request(struct connection *c)
{
    char *end = memmem(c->in + c->scanned, c->in_len - c->scanned, "\r\n\r\n", 4);
    size_t head, body;

    if (!end) {
        c->scanned = c->in_len > 3 ? c->in_len - 3 : 0;
        return false;
    }
    head = (size_t)(end - c->in) + 4;
    body = content_length(c->in, head);
    if (body > REQUEST_MAX) {
        close_connection(c);
        return false;
    }
    if (c->in_len < head + body)
        return false;
    c->streaming = wants_stream(c->in + head, body);
    c->closing = memmem(c->in, head, "onnection: close", 16) != NULL;
    memmove(c->in, c->in + head + body, c->in_len - head - body);
    c->in_len -= head + body;
    c->scanned = 0;
    if (delays.wait)
        enqueue(&delays, c);
    else
        answer(c);
    return true;
}

static void readable(struct connection *c)
{
    for (;;) {
        ssize_t n;

        if (c->in_len == c->in_cap)
            c->in = grow(c->in, &c->in_cap, c->in_len + 1);
        n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            close_connection(c);
            return;
        }
        c->in_len += (size_t)n;
        if (c->in_len < c->in_cap)
            break;
    }
    while (c->fd >= 0 && !c->streaming && !c->queued && c->in_len && take_request(c)) {}
}

static void accept_all(int listener)
{
    int fd, one = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = c };

        if (!c)
            die("memory");
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e))
            die("epoll_ctl");
    }
}

static void due(struct queue *q, void (*step)(struct connection *))
{
    int64_t at = now();
    struct connection *c;

    while ((c = dequeue_due(q, at)) != NULL) {
        if (c->fd < 0) {
            c->next = dead;
            dead = c;
        } else {
            step(c);
        }
    }
}

static struct timespec *until_due(struct timespec *t)
{
    int64_t next = INT64_MAX, wait;

    if (delays.first)
        next = delays.first->due;
    if (gaps.first && gaps.first->due < next)
        next = gaps.first->due;
    if (next == INT64_MAX)
        return NULL;
    wait = next - now();
    if (wait < 0)
        wait = 0;
    *t = (struct timespec){ wait / 1000000000, wait % 1000000000 };
    return t;
}

static void serve(int listener)
{
    struct epoll_event events[256];
    struct timespec t;

    for (;;) {
        int n = epoll_pwait2(epoll_fd, events, 256, until_due(&t), NULL);

        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;

            if (events[i].data.ptr == &listening_only) {
                accept_all(listener);
                continue;
            }
            if (c->fd >= 0 && (events[i].events & EPOLLOUT)) {
                watch(c, EPOLLIN | EPOLLRDHUP);
                flush(c);
            }
            if (c->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
                readable(c);
        }
        due(&delays, answer);
        due(&gaps, stream_step);
        bury();
    }
}

/* --- the canned answers ---------------------------------------------------------------------------------------------------- */

#define USAGE "\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29}"
#define CHUNK "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"gpt-bench\",\"choices\":["

static char *text_of(size_t *len, const char *format, ...) __attribute__((format(printf, 2, 3)));

static char *text_of(size_t *len, const char *format, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        die("memory");
    *len = (size_t)n;
    return text;
}

/* An event as a chunk of the transfer coding, in front of what follows it. */
static char *chunked(size_t *len, const char *event, const char *rest)
{
    return text_of(len, "%zx\r\n%s\r\n%s", strlen(event), event, rest);
}

static void can(void)
{
    static const char body[] = "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1741569952,\"model\":\"gpt-bench\",\"choices\":[{\"index\":0,"
                               "\"message\":{\"role\":\"assistant\",\"content\":\"Hello! How can I help you today?\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}]," USAGE "}";
    char *first;
    size_t len;

    whole_answer = text_of(&whole_len, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", sizeof body - 1, body);
    first = chunked(&len, CHUNK "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n", "");
    stream_head = text_of(&head_len, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n%s", first);
    stream_words = chunked(&words_len, CHUNK "{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n", "");
    stream_tail = chunked(&tail_len, CHUNK "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" CHUNK "]," USAGE "}\n\ndata: [DONE]\n\n", "0\r\n\r\n");
    free(first);
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096) || getsockname(fd, (struct sockaddr *)&address, &len))
        die("listen");
    printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = &listening_only };
    struct rlimit files;
    uint16_t port = 0;
    int c, listener;

    while ((c = getopt(argc, argv, "p:d:n:g:h")) != -1) {
        switch (c) {
        case 'p': port = (uint16_t)atoi(optarg); break;
        case 'd': delays.wait = (int64_t)(atof(optarg) * 1e6); break;
        case 'n': chunk_count = atoi(optarg); break;
        case 'g': gaps.wait = (int64_t)(atof(optarg) * 1e6); break;
        default:
            puts("fake-upstream [-p PORT] [-d MS before an answer] [-n CHUNKS of a stream (32)] [-g MS between chunks (0)]\nPrints its URL and serves until it is ended.");
            return c == 'h' ? 0 : 2;
        }
    }
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    can();
    listener = listen_on(port);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e))
        die("epoll");
    serve(listener);
}
