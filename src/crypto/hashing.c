#include "crypto/hashing.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fiber.h"

/* On the stack of whoever waits for it. */
struct hash_task {
    struct hash_task *next;
    void (*compute)(void *context);
    void *context;
    bool done;
    pthread_cond_t is_done;
};

static struct hashing {
    pthread_mutex_t mutex;
    pthread_cond_t asked;
    struct hash_task *first, **last;
    bool stopping;
    size_t count;
    pthread_t *threads;
} hashing = { .mutex = PTHREAD_MUTEX_INITIALIZER, .asked = PTHREAD_COND_INITIALIZER };

/* NULL: it is over. With the mutex. */
static struct hash_task *next_task(void)
{
    struct hash_task *task;

    while (!hashing.first && !hashing.stopping)
        pthread_cond_wait(&hashing.asked, &hashing.mutex);
    task = hashing.first;
    if (task)
        hashing.first = task->next;
    if (!hashing.first)
        hashing.last = &hashing.first;
    return task;
}

static void *compute_on(void *context)
{
    struct hash_task *task;

    (void)context;
    pthread_mutex_lock(&hashing.mutex);
    while ((task = next_task())) {
        pthread_mutex_unlock(&hashing.mutex);
        task->compute(task->context);
        pthread_mutex_lock(&hashing.mutex);
        task->done = true;
        pthread_cond_signal(&task->is_done);
    }
    pthread_mutex_unlock(&hashing.mutex);
    return NULL;
}

void hashing_start(size_t threads)
{
    hashing.threads = xcalloc(threads, sizeof *hashing.threads);
    hashing.last = &hashing.first;
    hashing.stopping = false;
    hashing.count = threads;
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&hashing.threads[i], NULL, compute_on, NULL) != 0)
            abort();
}

void hashing_stop(void)
{
    pthread_mutex_lock(&hashing.mutex);
    hashing.stopping = true;
    pthread_cond_broadcast(&hashing.asked);
    pthread_mutex_unlock(&hashing.mutex);
    for (size_t i = 0; i < hashing.count; i++)
        pthread_join(hashing.threads[i], NULL);
    free(hashing.threads);
    hashing.threads = NULL;
    hashing.count = 0;
}

void hashing_run(void (*compute)(void *context), void *context)
{
    struct hash_task task = { .compute = compute, .context = context, .is_done = PTHREAD_COND_INITIALIZER };

    blocks_its_thread();
    if (!hashing.count) {
        compute(context);
        return;
    }
    pthread_mutex_lock(&hashing.mutex);
    *hashing.last = &task;
    hashing.last = &task.next;
    pthread_cond_signal(&hashing.asked);
    while (!task.done)
        pthread_cond_wait(&task.is_done, &hashing.mutex);
    pthread_mutex_unlock(&hashing.mutex);
    pthread_cond_destroy(&task.is_done);
}
