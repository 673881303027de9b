/* The workers: threads that run handlers. The queue is bounded; past it the caller answers 503 at once. */
#include <stdlib.h>

#include "http/internal.h"

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct task *first, **last;
    size_t len;
    size_t asleep;
    bool stopping;
    size_t count;
    pthread_t threads[];
};

static void *work(void *context)
{
    struct pool *pool = context;

    for (;;) {
        struct task *task;

        pthread_mutex_lock(&pool->mutex);
        while (!pool->first && !pool->stopping) {
            pool->asleep++;
            pthread_cond_wait(&pool->filled, &pool->mutex);
            pool->asleep--;
        }
        task = pool->first;
        if (task) {
            pool->first = task->next;
            if (!pool->first)
                pool->last = &pool->first;
            pool->len--;
        }
        pthread_mutex_unlock(&pool->mutex);
        if (!task)
            return NULL;
        metric_add(&http_queue, 0, -1);
        task->run(task->context);
    }
}

struct pool *pool_new(size_t count)
{
    struct pool *pool = xcalloc(1, sizeof *pool + count * sizeof(pthread_t));
    pthread_attr_t attributes;

    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->filled, NULL);
    pool->last = &pool->first;
    pool->count = count;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    for (size_t i = 0; i < count; i++)
        if (pthread_create(&pool->threads[i], &attributes, work, pool) != 0)
            abort();
    pthread_attr_destroy(&attributes);
    return pool;
}

bool pool_add(struct pool *pool, struct task *task)
{
    bool added, wake = false;

    task->next = NULL;
    pthread_mutex_lock(&pool->mutex);
    added = pool->len < QUEUE_MAX;
    if (added) {
        *pool->last = task;
        pool->last = &task->next;
        pool->len++;
        wake = pool->asleep > 0;
    }
    pthread_mutex_unlock(&pool->mutex);
    if (wake) /* without the lock, which the one who wakes takes first */
        pthread_cond_signal(&pool->filled);
    if (added)
        metric_add(&http_queue, 0, 1);
    return added;
}

void pool_stop(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->filled);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->filled);
    free(pool);
}
