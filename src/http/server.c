/* The server: its loops and their threads, start and stop. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/log.h"
#include "http/fetch.h"
#include "http/internal.h"

enum { HASHERS_A_SLOT = 4 }; /* some wait for the store while others hash */
static const int64_t LATER_MOST = 500 * MILLISECOND;

static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx", "5xx", NULL };
static const char *const tiers[] = { "default", "none", "auth", "sensitive", "public", "user", "key", "widget", NULL };

struct metric http_requests = { "tenon_http_requests_total", METRIC_COUNTER, "Requests answered, by class of status.", "class", classes };
struct metric http_connections = { "tenon_http_connections", METRIC_GAUGE, "Client connections open now." };
struct metric http_in_flight = { "tenon_http_requests_in_flight", METRIC_GAUGE, "Requests under way now." };
struct metric http_duration = { "tenon_http_request_duration_seconds", METRIC_HISTOGRAM, "From a request's first byte to its answer." };
struct metric http_queue = { "tenon_http_worker_queue", METRIC_GAUGE, "Requests waiting for a worker." };
struct metric http_limited = { "tenon_http_rate_limited_total", METRIC_COUNTER, "Requests refused by a rate limit, by tier.", "tier", tiers };
struct metric *const http_metrics[] = { &http_requests, &http_connections, &http_in_flight, &http_duration, &http_queue, &http_limited, NULL };

/* --- tasks -------------------------------------------------------------------------------------------------------------- */

void loop_post(struct loop *loop, void (*run)(void *context), void *context)
{
    struct task *task = xmalloc(sizeof *task);
    bool wake;

    *task = (struct task){ NULL, run, context };
    pthread_mutex_lock(&loop->mutex);
    *loop->last = task;
    loop->last = &task->next;
    wake = !loop->awake;
    loop->awake = true;
    pthread_mutex_unlock(&loop->mutex);
    if (wake)
        uv_async_send(&loop->wake);
}

static void on_wake(uv_async_t *async)
{
    struct loop *loop = async->data;
    struct task *task;

    pthread_mutex_lock(&loop->mutex);
    task = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    loop->awake = false;
    pthread_mutex_unlock(&loop->mutex);
    while (task) {
        struct task *next = task->next;

        task->run(task->context);
        free(task);
        task = next;
    }
}

/* --- timers ------------------------------------------------------------------------------------------------------------- */

struct loop_timer {
    uv_timer_t uv;
    void (*run)(void *context);
    void *context;
};

static void free_timer(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_timer(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    void (*run)(void *context) = timer->run;
    void *context = timer->context;

    uv_close((uv_handle_t *)uv, free_timer);
    run(context);
}

struct loop_timer *loop_after(struct loop *loop, int64_t delay, void (*run)(void *context), void *context)
{
    struct loop_timer *timer = xcalloc(1, sizeof *timer);

    timer->run = run;
    timer->context = context;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    uv_timer_start(&timer->uv, on_timer, (uint64_t)((delay + MILLISECOND - 1) / MILLISECOND), 0);
    return timer;
}

void loop_cancel(struct loop_timer *timer)
{
    if (timer)
        uv_close((uv_handle_t *)&timer->uv, free_timer);
}

/* --- a loop --------------------------------------------------------------------------------------------------------------- */

static void close_rest(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_tick(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    int64_t now = clock_ticks();

    connection_tick(loop, now);
    if (!loop->stopping)
        return;
    connections_close_idle(loop);
    if (now > loop->drain_until)
        connections_close_all(loop);
    if (light_is_busy(loop->light)) /* as a worker, it is not left in the middle: its waits have an end */
        return;
    if ((loop->connection_count == 0 && atomic_load(&loop->http->holds) == 0) || now > loop->drain_until + SECOND)
        uv_stop(&loop->uv);
}

static void on_before_poll(uv_prepare_t *prepare)
{
    struct loop *loop = prepare->data;

    light_turn(loop->light);
    connections_send(loop);
}

static void on_after_poll(uv_check_t *check)
{
    connections_send(check->data);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        connection_accept(listener->data);
}

static void *run_loop(void *context)
{
    struct loop *loop = context;
    struct sched_param none = { 0 };

    if (loop->light) /* what has come need not interrupt a server of the database on this core: more is taken at once */
        pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

static void begin_stop(void *context)
{
    struct loop *loop = context;

    loop->stopping = true;
    uv_close((uv_handle_t *)&loop->listener, NULL);
    connections_close_idle(loop);
    uv_timer_start(&loop->tick, on_tick, 0, 20);
}

/* One socket a loop on the same port: the kernel spreads connections (SO_REUSEPORT), and connection_accept evens them out. */
static int listen_on(struct loop *loop, const char *host, int port)
{
    struct sockaddr_storage address;
    int on = 1, error, length = sizeof address;
    uv_os_fd_t fd;

    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&address) != 0) {
        error = uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address);
        if (error)
            return error;
    }
    uv_tcp_init_ex(&loop->uv, &loop->listener, address.ss_family);
    loop->listener.data = loop;
    uv_fileno((uv_handle_t *)&loop->listener, &fd);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    error = uv_tcp_bind(&loop->listener, (const struct sockaddr *)&address, 0);
    if (!error)
        error = uv_listen((uv_stream_t *)&loop->listener, 4096, on_connection);
    if (error)
        return error;
    uv_tcp_getsockname(&loop->listener, (struct sockaddr *)&address, &length);
    loop->http->port = ntohs(address.ss_family == AF_INET ? ((struct sockaddr_in *)&address)->sin_port : ((struct sockaddr_in6 *)&address)->sin6_port);
    return 0;
}

/* Whether another program listens there already: SO_REUSEPORT would share the port with it silently. */
static bool port_is_taken(const char *host, int port)
{
    struct sockaddr_storage address = { 0 };
    bool taken;
    int fd;

    if (port == 0)
        return false;
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&address) != 0 && uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address) != 0)
        return false;
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    taken = bind(fd, (const struct sockaddr *)&address, sizeof(struct sockaddr_in6)) != 0;
    close(fd);
    return taken;
}

static struct loop *loop_new(struct http *http)
{
    struct loop *loop = xcalloc(1, sizeof *loop);

    loop->http = http;
    pthread_mutex_init(&loop->mutex, NULL);
    loop->last = &loop->first;
    uv_loop_init(&loop->uv);
    uv_async_init(&loop->uv, &loop->wake, on_wake);
    loop->wake.data = loop;
    uv_timer_init(&loop->uv, &loop->tick);
    loop->tick.data = loop;
    uv_timer_start(&loop->tick, on_tick, 500, 500);
    uv_prepare_init(&loop->uv, &loop->before_poll);
    loop->before_poll.data = loop;
    uv_prepare_start(&loop->before_poll, on_before_poll);
    uv_check_init(&loop->uv, &loop->after_poll);
    loop->after_poll.data = loop;
    uv_check_start(&loop->after_poll, on_after_poll);
    loop->fetches = fetch_pool_new(loop);
    loop->light = light_new(loop);
    return loop;
}

static void loop_free(struct loop *loop)
{
    struct task *task;

    connections_close_all(loop);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    on_wake(&loop->wake); /* what workers handed back last */
    fetch_pool_free(loop->fetches);
    uv_walk(&loop->uv, close_rest, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
    light_free(loop->light);
    while ((task = loop->first)) {
        loop->first = task->next;
        free(task);
    }
    pthread_mutex_destroy(&loop->mutex);
    free(loop);
}

/* --- the server -------------------------------------------------------------------------------------------------------------- */

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max > 65536 ? 65536 : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void http_free(struct http *http)
{
    if (!http)
        return;
    for (size_t i = 0; i < http->loop_count; i++)
        loop_free(http->loops[i]);
    router_free(http->router);
    free(http->loops);
    free(http);
}

enum result http_start(struct call *call, struct services *on, const struct http_setup *setup)
{
    struct http *http = xcalloc(1, sizeof *http);
    char *host = text_z(&call->arena, config.host);
    int port = (int)config.port, error = 0;

    raise_descriptors();
    *http = (struct http){ .on = on, .setup = *setup };
    http->router = router_new(on->modules);
    http->loops = xcalloc((size_t)config.io_threads, sizeof *http->loops);
    if (port_is_taken(host, port)) {
        http_free(http);
        return fail(call, UNAVAILABLE, "Port %d on %s is taken; set PORT to another.", port, host);
    }
    for (int64_t i = 0; i < config.io_threads && !error; i++) {
        struct loop *loop = loop_new(http);

        http->loops[http->loop_count++] = loop;
        error = listen_on(loop, host, port);
        port = http->port;
    }
    if (error) {
        http_free(http);
        return fail(call, UNAVAILABLE, "Cannot listen on %s port %d: %s.", host, (int)config.port, uv_strerror(error));
    }
    on->http = http;
    http->pool = pool_new((size_t)config.workers);
    http->hashers = pool_new((size_t)config.hash_slots * HASHERS_A_SLOT);
    for (size_t i = 0; i < http->loop_count; i++)
        if (pthread_create(&http->loops[i]->thread, NULL, run_loop, http->loops[i]) != 0)
            abort();
    return OK;
}

int http_port(const struct http *http)
{
    return http->port;
}

bool http_is_draining(const struct http *http)
{
    return atomic_load_explicit(&http->draining, memory_order_relaxed);
}

void http_hold(struct http *http)
{
    atomic_fetch_add(&http->holds, 1);
}

void http_release(struct http *http)
{
    atomic_fetch_sub(&http->holds, 1);
}

struct loop *http_any_loop(struct http *http)
{
    return http->loops[atomic_fetch_add(&http->turn, 1) % http->loop_count];
}

struct loose_work {
    struct task task;
    struct loop *loop; /* whose timer it waits for */
    void (*run)(void *context);
    void *context;
};

static struct loose_work *loose_work_new(void (*run)(void *context), void *context)
{
    struct loose_work *work = xcalloc(1, sizeof *work);

    work->run = run;
    work->context = context;
    return work;
}

static void run_loose(void *context)
{
    struct loose_work *work = context;

    work->run(work->context);
    free(work);
}

/* Work that nobody waits for by a connection must not be lost to a full queue: it then runs on a thread of its own. */
static void *run_apart(void *context)
{
    run_loose(context);
    return NULL;
}

static void put_loose(struct http *http, struct loose_work *work)
{
    pthread_t thread;

    work->task = (struct task){ NULL, run_loose, work };
    if (pool_add(http->pool, &work->task))
        return;
    if (pthread_create(&thread, NULL, run_apart, work) != 0)
        abort();
    pthread_detach(thread);
}

void http_work(struct http *http, void (*run)(void *context), void *context)
{
    put_loose(http, loose_work_new(run, context));
}

static void now_is_later(void *context)
{
    struct loose_work *work = context;
    struct http *http = work->loop->http;

    put_loose(http, work);
    http_release(http);
}

static void wait_for_later(void *context)
{
    struct loose_work *work = context;
    uint32_t chance;

    random_bytes(&chance, sizeof chance);
    loop_after(work->loop, chance % LATER_MOST, now_is_later, work);
}

void http_work_later(struct http *http, void (*run)(void *context), void *context)
{
    struct loose_work *work = loose_work_new(run, context);

    http_hold(http); /* first: a loop that stops asks for holds after it has seen the draining */
    if (atomic_load(&http->draining)) {
        put_loose(http, work);
        http_release(http);
        return;
    }
    work->loop = http_any_loop(http);
    loop_post(work->loop, wait_for_later, work);
}

void loop_work(struct loop *loop, void (*run)(void *context), void *context)
{
    http_work(loop->http, run, context);
}

void http_stop(struct http *http, int64_t drain)
{
    if (!http)
        return;
    atomic_store(&http->draining, true);
    for (size_t i = 0; i < http->loop_count; i++) {
        http->loops[i]->drain_until = clock_ticks() + drain;
        loop_post(http->loops[i], begin_stop, http->loops[i]);
    }
    for (size_t i = 0; i < http->loop_count; i++)
        pthread_join(http->loops[i]->thread, NULL);
    for (size_t i = 0; i < http->loop_count; i++) {
        connections_close_all(http->loops[i]);
        fetch_pool_end(http->loops[i]->fetches);
    }
    pool_stop(http->pool);
    pool_stop(http->hashers);
}

/* --- the table of routes -------------------------------------------------------------------------------------------------------- */

static bool route_fault(struct buffer *faults, const struct route *route, const char *fault, const char *detail)
{
    buffer_format(faults, "route %s: %s%s\n", route->path, fault, detail ? detail : "");
    return false;
}

static bool check_route(struct buffer *faults, const struct route *route)
{
    bool permission = route->access == ACCESS_MEMBER || route->access == ACCESS_KEY;
    const char *unfit = route->view ? fields_unfit_view(route->view) : NULL;
    bool ok = true;

    if (route->access == ACCESS_UNSET)
        ok = route_fault(faults, route, "has no .access", NULL);
    if (permission != (route->permission != PERMISSION_NONE))
        ok = route_fault(faults, route, "a permission goes with ACCESS_MEMBER and ACCESS_KEY, and only with them", NULL);
    if (!route->method || (!route->handler) == (!route->io))
        ok = route_fault(faults, route, "needs a method and either .handler or .io", NULL);
    if (route->recent && (route->io || (route->access != ACCESS_USER && route->access != ACCESS_MEMBER && route->access != ACCESS_ADMIN)))
        ok = route_fault(faults, route, ".recent is for handlers that people reach: the store is asked", NULL);
    if (route->light && (route->io || route->hashing || route->body.upload || route->answer == ANSWER_EVENTS))
        ok = route_fault(faults, route, "what is .light hashes nothing, takes no file and streams no events", NULL);
    if (route->path[0] != '/' || !route->doc)
        ok = route_fault(faults, route, "needs a path from / and a .doc", NULL);
    if (unfit)
        ok = route_fault(faults, route, "its view would show ", unfit);
    return ok;
}

bool http_check_routes(const struct module *const *modules, struct buffer *faults)
{
    bool ok = true;

    for (; *modules; modules++)
        for (const struct route *route = (*modules)->routes; route && route->path; route++)
            ok &= check_route(faults, route);
    return ok;
}
