/*
 * Limits within one process, in shards so that threads seldom meet.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "bus/driver.h"

enum { SHARDS = 16, MOST_BUCKETS = 16384 /* of a shard */ };

struct bucket {
    int64_t window_start;
    int64_t window;
    int64_t count, former;
};

struct shard {
    pthread_mutex_t mutex;
    struct map buckets;
    size_t count;
    int64_t swept;
};

struct memory_limits {
    struct shard shards[SHARDS];
};

struct memory_limits *memory_limits_new(void)
{
    struct memory_limits *limits = xcalloc(1, sizeof *limits);

    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&limits->shards[i].mutex, NULL);
    return limits;
}

void memory_limits_free(struct memory_limits *limits)
{
    if (!limits)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        map_free(&limits->shards[i].buckets, free);
        pthread_mutex_destroy(&limits->shards[i].mutex);
    }
    free(limits);
}

static void sweep(struct shard *shard, int64_t now)
{
    size_t place = 0;
    text name;
    void *value;

    shard->swept = now;
    while (map_next(&shard->buckets, &place, &name, &value)) {
        struct bucket *bucket = value;

        if (now - bucket->window_start > 2 * bucket->window) {
            map_remove(&shard->buckets, name);
            free(bucket);
            shard->count--;
        }
    }
}

/* A flood of new names must not take the memory: past the bound they share one bucket. */
static struct bucket *bucket_of(struct shard *shard, text name, int64_t window, int64_t now)
{
    struct bucket *bucket = map_get(&shard->buckets, name);

    if (bucket)
        return bucket;
    if (now - shard->swept > MINUTE || (shard->count >= MOST_BUCKETS && now - shard->swept > SECOND))
        sweep(shard, now);
    if (shard->count >= MOST_BUCKETS) {
        name = T("overflow");
        bucket = map_get(&shard->buckets, name);
        if (bucket)
            return bucket;
    }
    bucket = xcalloc(1, sizeof *bucket);
    *bucket = (struct bucket){ .window_start = now, .window = window };
    map_put(&shard->buckets, name, bucket);
    shard->count++;
    return bucket;
}

static void roll(struct bucket *bucket, int64_t window, int64_t now)
{
    int64_t passed = now - bucket->window_start;

    bucket->window = window;
    if (passed >= 2 * window || passed < 0)
        *bucket = (struct bucket){ .window_start = now, .window = window };
    else if (passed >= window)
        *bucket = (struct bucket){ .window_start = bucket->window_start + window, .window = window, .former = bucket->count };
}

struct limit_verdict memory_limit(struct memory_limits *limits, text name, struct rate rate, int64_t cost)
{
    struct shard *shard = &limits->shards[text_hash(name) >> 32 & (SHARDS - 1)];
    struct limit_verdict verdict = { .allowed = true, .limit = rate.count, .remaining = rate.count };
    struct bucket *bucket;
    int64_t now = clock_now(), left, used;

    if (rate.count == 0)
        return verdict;
    pthread_mutex_lock(&shard->mutex);
    bucket = bucket_of(shard, name, rate.window, now);
    roll(bucket, rate.window, now);
    left = rate.window - (now - bucket->window_start);
    used = bucket->count + (int64_t)((double)bucket->former * (double)left / (double)rate.window);
    verdict.allowed = used + cost <= rate.count;
    if (verdict.allowed) {
        bucket->count += cost;
        used += cost;
    } else if (bucket->count + cost > rate.count || bucket->former == 0) {
        verdict.retry_after = (left + SECOND - 1) / SECOND;
    } else { /* when enough of the former window has slid out */
        int64_t excess = used + cost - rate.count;

        verdict.retry_after = (excess * rate.window / bucket->former + SECOND - 1) / SECOND;
    }
    pthread_mutex_unlock(&shard->mutex);
    verdict.remaining = used < rate.count ? rate.count - used : 0;
    verdict.reset = (left + SECOND - 1) / SECOND;
    if (!verdict.allowed && verdict.retry_after < 1)
        verdict.retry_after = 1;
    return verdict;
}
