/*
 * The bus within one process. Limits are in shards so that threads seldom meet; streams share one lock, because they are
 * few and their work is short.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/sse.h"
#include "bus/bus.h"

enum { SHARDS = 16, MOST_BUCKETS = 16384 /* of a shard */ };
static const int64_t KEPT_AFTER_END = 2 * MINUTE;

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

struct stream_event {
    text event, data; /* in one allocation behind the struct */
    int64_t mark;
};

struct stream_watch {
    struct stream_watch *next;
    char *name;
    size_t name_len;
    void (*wake)(void *context);
    void *context;
};

struct stream {
    struct stream_event **events;
    size_t len, cap, bytes;
    int64_t ended; /* when, or 0 */
};

struct bus {
    const struct services *on;
    struct shard shards[SHARDS];
    pthread_mutex_t mutex; /* of streams and watches */
    struct map streams;
    struct stream_watch *watches;
};

struct bus *bus_open(const struct services *on)
{
    struct bus *bus = xcalloc(1, sizeof *bus);

    bus->on = on;
    pthread_mutex_init(&bus->mutex, NULL);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&bus->shards[i].mutex, NULL);
    return bus;
}

static void stream_free(void *value)
{
    struct stream *stream = value;

    for (size_t i = 0; i < stream->len; i++)
        free(stream->events[i]);
    free(stream->events);
    free(stream);
}

static void watch_free(struct stream_watch *watch)
{
    free(watch->name);
    free(watch);
}

void bus_close(struct bus *bus)
{
    if (!bus)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        map_free(&bus->shards[i].buckets, free);
        pthread_mutex_destroy(&bus->shards[i].mutex);
    }
    map_free(&bus->streams, stream_free);
    while (bus->watches) {
        struct stream_watch *watch = bus->watches;

        bus->watches = watch->next;
        watch_free(watch);
    }
    pthread_mutex_destroy(&bus->mutex);
    free(bus);
}

/* --- limits ------------------------------------------------------------------------------------------------------------ */

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

struct limit_verdict bus_limit(struct bus *bus, text name, struct rate rate, int64_t cost)
{
    struct shard *shard = &bus->shards[text_hash(name) >> 32 & (SHARDS - 1)];
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

/* --- signals ------------------------------------------------------------------------------------------------------------ */

void bus_emit(struct bus *bus, const struct event *event, uuid organization, text payload)
{
    for (const struct module *const *module = bus->on->modules; module && *module; module++)
        for (const struct event_handler *handler = (*module)->handlers; handler && handler->event; handler++)
            if (handler->event == event)
                handler->handle(bus->on, organization, payload);
}

/* --- streams ------------------------------------------------------------------------------------------------------------ */

static void drop_old(struct bus *bus, int64_t now)
{
    size_t place = 0;
    text name;
    void *value;

    while (map_next(&bus->streams, &place, &name, &value)) {
        struct stream *stream = value;

        if (stream->ended && now - stream->ended > KEPT_AFTER_END) {
            map_remove(&bus->streams, name);
            stream_free(stream);
        }
    }
}

void bus_stream_open(struct bus *bus, text name)
{
    struct stream *former;

    pthread_mutex_lock(&bus->mutex);
    drop_old(bus, clock_now());
    former = map_put(&bus->streams, name, xcalloc(1, sizeof(struct stream)));
    if (former)
        stream_free(former);
    pthread_mutex_unlock(&bus->mutex);
}

/* With the lock held: wake functions only pass the news on. */
static void wake_watches(struct bus *bus, text name)
{
    for (struct stream_watch *watch = bus->watches; watch; watch = watch->next)
        if (text_equal((text){ watch->name, watch->name_len }, name))
            watch->wake(watch->context);
}

bool bus_stream_append(struct bus *bus, text name, text event, text data, int64_t mark)
{
    struct stream *stream;
    struct stream_event *row;
    char *bytes;
    bool ok;

    pthread_mutex_lock(&bus->mutex);
    stream = map_get(&bus->streams, name);
    ok = stream && !stream->ended && stream->bytes + data.len <= STREAM_MAX;
    if (ok) {
        row = xmalloc(sizeof *row + event.len + data.len + 1);
        bytes = (char *)(row + 1);
        memcpy(bytes, event.ptr, event.len);
        if (data.len)
            memcpy(bytes + event.len, data.ptr, data.len);
        *row = (struct stream_event){ { bytes, event.len }, { bytes + event.len, data.len }, mark };
        if (stream->len == stream->cap) {
            stream->cap = stream->cap ? stream->cap * 2 : 32;
            stream->events = xrealloc(stream->events, stream->cap * sizeof *stream->events);
        }
        stream->events[stream->len++] = row;
        stream->bytes += data.len;
        wake_watches(bus, name);
    }
    pthread_mutex_unlock(&bus->mutex);
    return ok;
}

void bus_stream_end(struct bus *bus, text name)
{
    struct stream *stream;

    pthread_mutex_lock(&bus->mutex);
    stream = map_get(&bus->streams, name);
    if (stream && !stream->ended)
        stream->ended = clock_now();
    wake_watches(bus, name);
    pthread_mutex_unlock(&bus->mutex);
}

enum stream_state bus_stream_read(struct bus *bus, text name, int64_t after, size_t max, struct buffer *out, int64_t *ret_last)
{
    enum stream_state state = STREAM_GONE;
    struct stream *stream;
    size_t begun = out->len;
    char id[48];

    *ret_last = after;
    pthread_mutex_lock(&bus->mutex);
    stream = map_get(&bus->streams, name);
    for (size_t i = after < 0 ? 0 : (size_t)after; stream && i < stream->len && (out->len == begun || out->len - begun < max); i++) {
        snprintf(id, sizeof id, "%zu-%lld", i + 1, (long long)stream->events[i]->mark);
        sse_write(out, &(struct sse_event){ stream->events[i]->event, stream->events[i]->data, text_of(id) });
        *ret_last = (int64_t)i + 1;
    }
    if (stream)
        state = stream->ended && (size_t)*ret_last >= stream->len ? STREAM_ENDED : STREAM_OPEN;
    pthread_mutex_unlock(&bus->mutex);
    return state;
}

struct stream_watch *bus_stream_watch(struct bus *bus, text name, void (*wake)(void *context), void *context)
{
    struct stream_watch *watch = xcalloc(1, sizeof *watch);
    struct stream *stream;

    *watch = (struct stream_watch){ .name = strndup(name.ptr, name.len), .name_len = name.len, .wake = wake, .context = context };
    pthread_mutex_lock(&bus->mutex);
    watch->next = bus->watches;
    bus->watches = watch;
    stream = map_get(&bus->streams, name);
    if (!stream || stream->ended)
        wake(context);
    pthread_mutex_unlock(&bus->mutex);
    return watch;
}

void bus_stream_unwatch(struct bus *bus, struct stream_watch *watch)
{
    pthread_mutex_lock(&bus->mutex);
    for (struct stream_watch **at = &bus->watches; *at; at = &(*at)->next)
        if (*at == watch) {
            *at = watch->next;
            break;
        }
    pthread_mutex_unlock(&bus->mutex);
    watch_free(watch);
}
