/*
 * A closed-loop HTTP/1.1 load generator: N connections, each with one request under way, the next as soon as an answer has
 * ended. A thread has one epoll and its share of the connections; one needs little of a core beside what it measures. It understands
 * Content-Length, chunked answers and answers that end with the connection, and it times the first byte of the body apart from the end.
 *
 * Not for measuring an open system: in a closed loop a slow server is asked less often.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { HEAD_MAX = 16384 };

enum framing { FRAMING_LENGTH, FRAMING_CHUNKED, FRAMING_CLOSE };
enum chunk_state { CHUNK_SIZE, CHUNK_SIZE_REST, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };

struct connection {
    int fd;
    uint32_t watched; /* events */
    char *request;    /* request_len */
    bool connected, reading_body, saw_body, must_close;
    size_t sent;
    int64_t began;
    char head[HEAD_MAX];
    size_t head_len;
    int status;
    enum framing framing;
    enum chunk_state chunk;
    uint64_t left; /* of the body, or of the chunk */
    size_t line;   /* letters of the trailer line so far */
    uint64_t answer;
};

static struct options {
    struct sockaddr_in to;
    const char *path, *method, *host;
    char *headers;
    char *body;
    size_t body_len;
    int connections, threads;
    double seconds, warmup, timeout;
    size_t count;
    long pause; /* microseconds */
    bool json, idle;
} opt = { .method = "GET", .connections = 1, .threads = 1, .seconds = 5, .timeout = 30 };

static char *request;
static size_t request_len;
static int64_t measure_from, deadline;

/* Each thread's own. */
static _Thread_local int epoll_fd;
static _Thread_local struct totals totals;
static _Thread_local size_t started, share; /* of the requests, where they are counted */

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static void watch(struct connection *c, uint32_t events, int op)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    if (op == EPOLL_CTL_MOD && events == c->watched)
        return;
    c->watched = events;
    if (epoll_ctl(epoll_fd, op, c->fd, &e))
        die("epoll_ctl");
}

static void open_connection(struct connection *c)
{
    int one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->connected = false;
    if (connect(c->fd, (struct sockaddr *)&opt.to, sizeof opt.to) && errno != EINPROGRESS)
        die("connect");
    watch(c, EPOLLOUT, EPOLL_CTL_ADD);
}

static bool may_start(void)
{
    return now() < deadline && (!opt.count || started < share);
}

static void close_connection(struct connection *c)
{
    close(c->fd);
    c->fd = -1;
}

static void send_request(struct connection *c);

static void next_request(struct connection *c)
{
    if (c->must_close)
        close_connection(c);
    if (!may_start()) {
        if (c->fd >= 0)
            close_connection(c);
        return;
    }
    started++;
    if (opt.pause)
        nanosleep(&(struct timespec){ opt.pause / 1000000, opt.pause % 1000000 * 1000 }, NULL);
    c->sent = c->head_len = 0;
    c->reading_body = c->saw_body = c->must_close = false;
    c->answer = 0;
    c->began = now();
    if (c->fd < 0)
        open_connection(c);
    else
        send_request(c);
}

static void send_request(struct connection *c)
{
    while (c->sent < request_len) {
        ssize_t n = send(c->fd, c->request + c->sent, request_len - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0) /* the read tells */
            break;
        c->sent += (size_t)n;
    }
    watch(c, EPOLLIN, EPOLL_CTL_MOD);
}

static void failed(struct connection *c)
{
    struct timespec pause = { 0, 1000000 };

    if (c->began >= measure_from)
        totals.errors++;
    c->must_close = true;
    nanosleep(&pause, NULL); /* a server that is gone must not be asked a million times */
    next_request(c);
}

static void answered(struct connection *c)
{
    int64_t at = now(), took = at - c->began;

    if (at >= measure_from && at <= deadline && c->status >= 200 && c->status <= 299)
        totals.ended++;
    if (c->began >= measure_from) {
        if (c->status < 200 || c->status > 299) {
            totals.errors++;
            totals.not_2xx++;
            totals.last_status = c->status;
        } else {
            if (!c->saw_body)
                series_add(&totals.first, took);
            series_add(&totals.whole, took);
            totals.bytes += c->answer;
        }
    }
    next_request(c);
}

/* The value of a header of the answer, or NULL; the head ends in NUL. */
static const char *header(const struct connection *c, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = strstr(c->head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
        if (!strncasecmp(at + 2, name, len) && at[2 + len] == ':')
            return at + 3 + len + strspn(at + 3 + len, " ");
    return NULL;
}

static void body_begins(struct connection *c)
{
    const char *length = header(c, "content-length"), *coding = header(c, "transfer-encoding"), *connection = header(c, "connection");

    c->status = (int)strtol(c->head + 9, NULL, 10);
    c->reading_body = true;
    c->must_close = connection && !strncasecmp(connection, "close", 5);
    c->line = 0;
    if (coding && !strncasecmp(coding, "chunked", 7)) {
        c->framing = FRAMING_CHUNKED;
        c->chunk = CHUNK_SIZE;
        c->left = 0;
    } else if (length) {
        c->framing = FRAMING_LENGTH;
        c->left = strtoull(length, NULL, 10);
    } else {
        c->framing = c->status == 204 || c->status == 304 ? FRAMING_LENGTH : FRAMING_CLOSE;
        c->left = 0;
        c->must_close |= c->framing == FRAMING_CLOSE;
    }
}

static void body_bytes(struct connection *c, uint64_t len)
{
    if (!c->saw_body && len && c->began >= measure_from && c->status >= 200 && c->status <= 299)
        series_add(&totals.first, now() - c->began);
    c->saw_body |= len > 0;
    c->answer += len;
}

static int hex_of(char d)
{
    return d >= '0' && d <= '9' ? d - '0' : (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10 : -1;
}

/* Takes one letter of a chunk's frame; true at the end of the answer. */
static bool chunk_letter(struct connection *c, char d)
{
    switch (c->chunk) {
    case CHUNK_SIZE:
        if (hex_of(d) >= 0)
            c->left = c->left * 16 + (uint64_t)hex_of(d);
        else
            c->chunk = CHUNK_SIZE_REST;
        return false;
    case CHUNK_SIZE_REST:
        if (d == '\n')
            c->chunk = c->left ? CHUNK_DATA : CHUNK_TRAILER;
        return false;
    case CHUNK_DATA_END:
        if (d == '\n')
            c->chunk = CHUNK_SIZE;
        return false;
    case CHUNK_TRAILER:
        if (d != '\n') {
            c->line += d != '\r';
            return false;
        }
        if (c->line == 0)
            return true;
        c->line = 0;
        return false;
    case CHUNK_DATA: break;
    }
    return false;
}

/* True at the end of the answer. */
static bool take_body(struct connection *c, const char *at, size_t len)
{
    if (c->framing == FRAMING_CLOSE) {
        body_bytes(c, len);
        return false;
    }
    if (c->framing == FRAMING_LENGTH) {
        uint64_t take = len < c->left ? len : c->left;

        body_bytes(c, take);
        c->left -= take;
        return c->left == 0;
    }
    while (len) {
        if (c->chunk == CHUNK_DATA) {
            size_t take = len < c->left ? len : (size_t)c->left;

            body_bytes(c, take);
            at += take;
            len -= take;
            c->left -= take;
            if (c->left == 0)
                c->chunk = CHUNK_DATA_END;
            continue;
        }
        if (chunk_letter(c, *at++))
            return true;
        len--;
    }
    return false;
}

/* True at the end of the answer; `*ret_bad` when the head is no head. */
static bool take(struct connection *c, const char *at, size_t len, bool *ret_bad)
{
    size_t before = c->head_len, room = HEAD_MAX - 1 - before, copy = len < room ? len : room, head;
    char *end;

    if (c->reading_body)
        return take_body(c, at, len);
    memcpy(c->head + before, at, copy);
    c->head_len += copy;
    c->head[c->head_len] = '\0';
    end = strstr(c->head, "\r\n\r\n");
    if (!end) {
        *ret_bad = c->head_len == HEAD_MAX - 1;
        return false;
    }
    head = (size_t)(end - c->head) + 4;
    end[2] = '\0';
    if (strncmp(c->head, "HTTP/1.", 7)) {
        *ret_bad = true;
        return false;
    }
    body_begins(c);
    if (c->framing == FRAMING_LENGTH && c->left == 0)
        return true;
    return take_body(c, at + (head - before), len - (head - before));
}

static void readable(struct connection *c)
{
    static _Thread_local char buffer[1 << 16];
    ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    bool bad = false;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (n == 0 && c->reading_body && c->framing == FRAMING_CLOSE)
            answered(c);
        else
            failed(c);
        return;
    }
    if (take(c, buffer, (size_t)n, &bad))
        answered(c);
    else if (bad)
        failed(c);
}

static void on_event(struct connection *c, uint32_t events)
{
    if (c->fd < 0)
        return;
    if (!c->connected && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
        int error = 0;
        socklen_t len = sizeof error;

        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error) {
            failed(c);
            return;
        }
        c->connected = true;
        totals.connections++;
        if (opt.idle) {
            watch(c, EPOLLIN, EPOLL_CTL_MOD);
            return;
        }
        send_request(c);
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        if (opt.idle) {
            totals.errors++;
            close_connection(c);
        } else {
            readable(c);
        }
    } else if (events & EPOLLOUT) {
        send_request(c);
    }
}

static void expire(struct connection *all, int count, int64_t at)
{
    for (int i = 0; i < count; i++)
        if (all[i].fd >= 0 && at - all[i].began > (int64_t)(opt.timeout * 1e9))
            failed(&all[i]);
}

/* --- what is asked -------------------------------------------------------------------------------------------------------- */

static void build_request(void)
{
    size_t size = strlen(opt.path) + strlen(opt.host) + strlen(opt.headers ? opt.headers : "") + opt.body_len + 256;
    int len;

    request = malloc(size);
    if (!request)
        die("memory");
    len = snprintf(request, size, "%s %s HTTP/1.1\r\nHost: %s\r\n%s", opt.method, opt.path, opt.host, opt.headers ? opt.headers : "");
    if (opt.body)
        len += snprintf(request + len, size - (size_t)len, "Content-Length: %zu\r\n", opt.body_len);
    len += snprintf(request + len, size - (size_t)len, "\r\n");
    if (opt.body)
        memcpy(request + len, opt.body, opt.body_len);
    request_len = (size_t)len + opt.body_len;
}

/* `{who}` in it is the connection's number, in as many digits. */
static char *request_of(int connection)
{
    char *own = malloc(request_len + 1), *at, digits[8];

    if (!own)
        die("memory");
    memcpy(own, request, request_len);
    own[request_len] = 0;
    snprintf(digits, sizeof digits, "%05d", connection % 100000);
    for (at = own; (at = strstr(at, "{who}")) != NULL;)
        memcpy(at, digits, 5);
    return own;
}

/* --- the run -------------------------------------------------------------------------------------------------------------- */

static bool any_open(const struct connection *all, int count)
{
    for (int i = 0; i < count; i++)
        if (all[i].fd >= 0)
            return true;
    return false;
}

struct worker {
    pthread_t thread;
    int first, count; /* of the connections */
    size_t share;
    struct totals totals;
};

static void *run(void *context)
{
    struct worker *worker = context;
    struct connection *all = calloc((size_t)worker->count, sizeof *all);
    struct epoll_event events[256];
    int64_t checked = now();

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!all || epoll_fd < 0)
        die("memory");
    share = worker->share;
    for (int i = 0; i < worker->count; i++) {
        all[i].fd = -1;
        all[i].request = request_of(worker->first + i);
        next_request(&all[i]);
    }
    while (opt.idle ? now() < deadline : any_open(all, worker->count)) {
        int n = epoll_wait(epoll_fd, events, 256, 100);
        int64_t at;

        for (int i = 0; i < n; i++)
            on_event(events[i].data.ptr, events[i].events);
        at = now();
        if (!opt.idle && at - checked > 200000000) {
            expire(all, worker->count, at);
            checked = at;
        }
    }
    totals.elapsed_ns = (now() < deadline ? now() : deadline) - measure_from;
    for (int i = 0; i < worker->count; i++)
        free(all[i].request);
    free(all);
    close(epoll_fd);
    worker->totals = totals;
    return NULL;
}

static struct totals run_all(void)
{
    struct worker *workers = calloc((size_t)opt.threads, sizeof *workers);
    struct totals sum = { 0 };

    if (!workers)
        die("memory");
    measure_from = now() + (int64_t)(opt.warmup * 1e9);
    deadline = measure_from + (int64_t)(opt.seconds * 1e9);
    for (int i = 0; i < opt.threads; i++) {
        struct worker *worker = &workers[i];

        worker->first = opt.connections * i / opt.threads;
        worker->count = opt.connections * (i + 1) / opt.threads - worker->first;
        worker->share = opt.count * ((size_t)i + 1) / (size_t)opt.threads - opt.count * (size_t)i / (size_t)opt.threads;
        if (pthread_create(&worker->thread, NULL, run, worker) != 0)
            die("thread");
    }
    for (int i = 0; i < opt.threads; i++) {
        pthread_join(workers[i].thread, NULL);
        totals_add(&sum, &workers[i].totals);
    }
    free(workers);
    return sum;
}

/* --- command line ------------------------------------------------------------------------------------------------------ */

static void parse_url(const char *url)
{
    static char host[256];
    const char *at, *slash, *colon;
    char address[64];

    if (strncmp(url, "http://", 7))
        die("the URL must begin with http:// and an IPv4 address");
    at = url + 7;
    slash = strchr(at, '/');
    colon = strchr(at, ':');
    opt.path = slash ? slash : "/";
    snprintf(host, sizeof host, "%.*s", slash ? (int)(slash - at) : (int)strlen(at), at);
    opt.host = host;
    if (colon && slash && colon > slash)
        colon = NULL;
    snprintf(address, sizeof address, "%.*s", colon ? (int)(colon - at) : (int)strlen(host), at);
    opt.to.sin_family = AF_INET;
    opt.to.sin_port = htons((uint16_t)(colon ? strtol(colon + 1, NULL, 10) : 80));
    if (inet_pton(AF_INET, address, &opt.to.sin_addr) != 1)
        die("the URL must hold an IPv4 address");
}

static void add_header(const char *header_line)
{
    size_t have = opt.headers ? strlen(opt.headers) : 0, more = strlen(header_line) + 3;

    opt.headers = realloc(opt.headers, have + more);
    if (!opt.headers)
        die("memory");
    snprintf(opt.headers + have, more, "%s\r\n", header_line);
}

/* The body itself, or @FILE. */
static void read_body(const char *from)
{
    struct stat st;
    FILE *file;

    if (from[0] != '@') {
        opt.body = strdup(from);
        opt.body_len = strlen(from);
        return;
    }
    file = fopen(from + 1, "rb");
    if (!file || fstat(fileno(file), &st))
        die(from + 1);
    opt.body_len = (size_t)st.st_size;
    opt.body = malloc(opt.body_len + 1);
    if (!opt.body || fread(opt.body, 1, opt.body_len, file) != opt.body_len)
        die(from + 1);
    fclose(file);
}

static void usage(void)
{
    puts("load [options] http://ADDRESS:PORT/PATH\n"
         "  -c N   connections (1)          -d S  seconds of measuring (5)    -w S  seconds of warming up before (0)\n"
         "  -n N   requests at most         -t S  time-out of one (30)        -m M  method (GET, POST with a body)\n"
         "  -H L   header line, repeatable  -b B  body, or @FILE              -j    one line of JSON\n"
         "  -T N   threads (1)\n"
         "         ({who} in either is the connection's number, five digits)\n"
         "  -p U   microseconds of pause before each request, of one connection (0)\n"
         "  -i     open the connections, send nothing, hold them for -d seconds");
}

int main(int argc, char **argv)
{
    struct rlimit files;
    struct totals sum;
    bool method_given = false;
    int c;

    while ((c = getopt(argc, argv, "c:d:w:n:t:m:H:b:p:T:jih")) != -1) {
        switch (c) {
        case 'c': opt.connections = atoi(optarg); break;
        case 'd': opt.seconds = atof(optarg); break;
        case 'w': opt.warmup = atof(optarg); break;
        case 'n': opt.count = strtoull(optarg, NULL, 10); break;
        case 't': opt.timeout = atof(optarg); break;
        case 'm': opt.method = optarg; method_given = true; break;
        case 'H': add_header(optarg); break;
        case 'b': read_body(optarg); break;
        case 'p': opt.pause = atol(optarg); break;
        case 'T': opt.threads = atoi(optarg); break;
        case 'j': opt.json = true; break;
        case 'i': opt.idle = true; break;
        default: usage(); return c == 'h' ? 0 : 2;
        }
    }
    if (optind != argc - 1 || opt.threads < 1 || opt.connections < opt.threads) {
        usage();
        return 2;
    }
    if (opt.body && !method_given)
        opt.method = "POST";
    errno = 0;
    parse_url(argv[optind]);
    build_request();
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files); /* where it may not, a socket will tell */
    }
    sum = run_all();
    report(&sum, opt.json);
    return sum.whole.len || opt.idle ? 0 : 1;
}
