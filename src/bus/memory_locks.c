/* Locks within one process. Tokens are times, so that they grow also past a start of the program, or a move to Redis. */
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "bus/driver.h"

struct lock {
    int64_t token;
    int64_t ends; /* clock_ticks() */
};

struct memory_locks {
    pthread_mutex_t mutex;
    struct map by_name;
    int64_t last_token;
};

struct memory_locks *memory_locks_new(void)
{
    struct memory_locks *locks = xcalloc(1, sizeof *locks);

    pthread_mutex_init(&locks->mutex, NULL);
    return locks;
}

void memory_locks_free(struct memory_locks *locks)
{
    if (!locks)
        return;
    map_free(&locks->by_name, free);
    pthread_mutex_destroy(&locks->mutex);
    free(locks);
}

static void drop_ended(struct memory_locks *locks, int64_t now)
{
    size_t place = 0;
    text name;
    void *value;

    while (map_next(&locks->by_name, &place, &name, &value))
        if (((struct lock *)value)->ends <= now) {
            map_remove(&locks->by_name, name);
            free(value);
        }
}

enum result memory_lock(struct memory_locks *locks, text name, int64_t ttl, int64_t *ret_token)
{
    enum result result = CONFLICT;
    struct lock *lock;

    pthread_mutex_lock(&locks->mutex);
    drop_ended(locks, clock_ticks());
    if (!map_get(&locks->by_name, name)) {
        int64_t now = clock_now();

        lock = xcalloc(1, sizeof *lock);
        locks->last_token = now > locks->last_token ? now : locks->last_token + 1;
        *lock = (struct lock){ locks->last_token, clock_ticks() + ttl };
        map_put(&locks->by_name, name, lock);
        *ret_token = lock->token;
        result = OK;
    }
    pthread_mutex_unlock(&locks->mutex);
    return result;
}

enum result memory_lock_extend(struct memory_locks *locks, text name, int64_t token, int64_t ttl)
{
    enum result result = CONFLICT;
    struct lock *lock;

    pthread_mutex_lock(&locks->mutex);
    drop_ended(locks, clock_ticks());
    lock = map_get(&locks->by_name, name);
    if (lock && lock->token == token) {
        lock->ends = clock_ticks() + ttl;
        result = OK;
    }
    pthread_mutex_unlock(&locks->mutex);
    return result;
}

void memory_lock_release(struct memory_locks *locks, text name, int64_t token)
{
    struct lock *lock;

    pthread_mutex_lock(&locks->mutex);
    lock = map_get(&locks->by_name, name);
    if (lock && lock->token == token)
        free(map_remove(&locks->by_name, name));
    pthread_mutex_unlock(&locks->mutex);
}
