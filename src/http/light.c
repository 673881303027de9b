/*
 * Light handlers, on the loop itself: where the store is across a network, a handler that waits for nothing else runs as a fiber on the
 * thread that read its request, and while it waits the loop goes on. So a request costs no switch between threads of ours; a worker
 * costs four (docs/decisions/0017).
 */
#include <stdlib.h>

#include "base/fiber.h"
#include "http/internal.h"
#include "store/db.h"

enum { BODY_MOST = 64 << 10 }; /* what takes longer to read than a loop may be kept */

/* No more than would find a connection: who waits for one that another loop gives back has to be woken first, and meanwhile it is idle. */
static size_t fibers_each(void)
{
    return (size_t)((config.database_pool_size + config.io_threads - 1) / config.io_threads);
}

struct light {
    struct loop *loop;
    struct fibers *fibers;
    struct task *first, **last; /* not begun */
    size_t len;
    struct task *done;
    uv_poll_t due;
    uv_timer_t clock;
};

static void on_due(uv_poll_t *poll, int status, int events)
{
    const struct light *light = poll->data;

    (void)status;
    (void)events;
    fibers_turn(light->fibers);
}

static void on_clock(uv_timer_t *timer)
{
    const struct light *light = timer->data;

    fibers_turn(light->fibers);
}

struct light *light_new(struct loop *loop)
{
    struct light *light;

    if (!db_is_shared(loop->http->on->db))
        return NULL;
    light = xcalloc(1, sizeof *light);
    light->loop = loop;
    light->last = &light->first;
    light->fibers = fibers_new(fibers_each());
    uv_poll_init(&loop->uv, &light->due, fibers_descriptor(light->fibers));
    light->due.data = light;
    uv_poll_start(&light->due, UV_READABLE, on_due);
    uv_timer_init(&loop->uv, &light->clock);
    light->clock.data = light;
    return light;
}

void light_free(struct light *light)
{
    if (!light)
        return;
    fibers_free(light->fibers);
    free(light);
}

bool light_takes(const struct request *req)
{
    return req->loop->light && req->route->light && req->body.len <= BODY_MOST;
}

bool light_is_busy(const struct light *light)
{
    return light && (light->first || light->done || fibers_active(light->fibers));
}

bool light_add(struct light *light, struct task *task)
{
    if (light->len == QUEUE_MAX)
        return false;
    task->next = NULL;
    *light->last = task;
    light->last = &task->next;
    light->len++;
    metric_add(&http_queue, 0, 1);
    return true;
}

static void run_one(void *context)
{
    struct task *task = context;
    struct request *req = task->context;

    request_work(req);
    task->next = req->loop->light->done;
    req->loop->light->done = task;
}

static void begin(struct light *light)
{
    while (light->first && !fibers_full(light->fibers)) {
        struct task *task = light->first;

        light->first = task->next;
        if (!light->first)
            light->last = &light->first;
        light->len--;
        metric_add(&http_queue, 0, -1);
        fibers_start(light->fibers, run_one, task);
    }
}

static void answer(struct light *light)
{
    while (light->done) {
        struct task *task = light->done;

        light->done = task->next;
        request_back(task->context);
    }
}

/* What is answered may bring the next request of its connection. */
void light_turn(struct light *light)
{
    int64_t next, left;

    if (!light)
        return;
    do {
        begin(light);
        answer(light);
    } while (light->first && !fibers_full(light->fibers));
    next = fibers_next(light->fibers);
    left = next - clock_ticks();
    if (next)
        uv_timer_start(&light->clock, on_clock, left > 0 ? (uint64_t)((left + MILLISECOND - 1) / MILLISECOND) : 0, 0);
    else
        uv_timer_stop(&light->clock);
}
