/* One lock for all streams and watches: they are few and their work is short. */
#include "bus/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fiber.h"
#include "base/sse.h"

struct stream_watch {
    struct stream_watch *next;
    char *name;
    size_t name_len;
    void (*wake)(void *context);
    void *context;
};

struct streams *streams_new(void)
{
    struct streams *streams = xcalloc(1, sizeof *streams);
    pthread_condattr_t attributes;

    pthread_mutex_init(&streams->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&streams->found, &attributes);
    pthread_condattr_destroy(&attributes);
    return streams;
}

static void clear(struct stream *stream)
{
    for (size_t i = 0; i < stream->len; i++)
        free(stream->events[i]);
    free(stream->events);
    stream->events = NULL;
    stream->len = stream->cap = stream->bytes = 0;
}

static void stream_free(void *value)
{
    clear(value);
    free(value);
}

static void watch_free(struct stream_watch *watch)
{
    free(watch->name);
    free(watch);
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    map_free(&streams->by_name, stream_free);
    while (streams->watches) {
        struct stream_watch *watch = streams->watches;

        streams->watches = watch->next;
        watch_free(watch);
    }
    pthread_cond_destroy(&streams->found);
    pthread_mutex_destroy(&streams->mutex);
    free(streams);
}

/* --- with the lock held ---------------------------------------------------------------------------------------------------- */

void stream_wake(struct streams *streams, text name)
{
    for (struct stream_watch *watch = streams->watches; watch; watch = watch->next)
        if (text_equal((text){ watch->name, watch->name_len }, name))
            watch->wake(watch->context);
}

bool stream_watched(const struct streams *streams, text name)
{
    for (const struct stream_watch *watch = streams->watches; watch; watch = watch->next)
        if (text_equal((text){ watch->name, watch->name_len }, name))
            return true;
    return false;
}

void stream_remove(struct streams *streams, struct stream *stream)
{
    for (struct stream **at = &streams->unsent; stream->unsent && *at; at = &(*at)->next_unsent)
        if (*at == stream) {
            *at = stream->next_unsent;
            break;
        }
    streams->copies -= stream->copy;
    streams->unknown -= stream->copy && stream->found == STREAM_UNKNOWN;
    map_remove(&streams->by_name, stream_name(stream));
    stream_free(stream);
}

static struct stream *stream_new(struct streams *streams, text name)
{
    struct stream *former = map_get(&streams->by_name, name), *stream;

    if (former)
        stream_remove(streams, former);
    stream = xcalloc(1, sizeof *stream + name.len + 1);
    memcpy(stream->name, name.ptr, name.len);
    stream->name_len = name.len;
    map_put(&streams->by_name, name, stream);
    return stream;
}

static void drop_old(struct streams *streams, int64_t now)
{
    size_t place = 0;
    text name;
    void *value;

    while (map_next(&streams->by_name, &place, &name, &value)) {
        struct stream *stream = value;

        if (!stream->copy && stream->ended && now - stream->ended > STREAM_KEPT)
            stream_remove(streams, stream);
    }
}

void stream_list_unsent(struct streams *streams, struct stream *stream)
{
    if (!streams->news || stream->copy)
        return;
    if (!stream->unsent) {
        struct stream **at = &streams->unsent;

        while (*at) /* in turn; the list is short, for it is emptied as fast as Redis takes it */
            at = &(*at)->next_unsent;
        *at = stream;
        stream->next_unsent = NULL;
        stream->unsent = true;
    }
    streams->news(streams->context);
}

bool stream_add(struct stream *stream, text event, text data, int64_t mark)
{
    struct stream_event *row;
    char *bytes;

    if (stream->ended || stream->bytes + data.len > STREAM_MAX)
        return false;
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
    return true;
}

void stream_settle(struct streams *streams, struct stream *copy, enum stream_state found)
{
    streams->unknown -= copy->found == STREAM_UNKNOWN && found != STREAM_UNKNOWN;
    copy->found = found;
    pthread_cond_broadcast(&streams->found);
    stream_wake(streams, stream_name(copy));
}

/* The stream, or an empty copy of it that the driver is asked to fill. */
static struct stream *look_up(struct streams *streams, text name, bool look)
{
    struct stream *stream = map_get(&streams->by_name, name);

    if (!stream && look && streams->news && streams->copies < MOST_COPIES) {
        stream = stream_new(streams, name);
        stream->copy = true;
        stream->found = STREAM_UNKNOWN; /* by the driver's next round */
        streams->copies++;
        streams->unknown++;
        streams->news(streams->context);
    }
    if (stream)
        stream->asked = clock_ticks();
    return stream;
}

static enum stream_state state_of(const struct stream *stream, int64_t after)
{
    if (!stream)
        return STREAM_GONE;
    if (stream->ended && after >= (int64_t)stream->len)
        return STREAM_ENDED;
    if (stream->copy && !stream->ended && (stream->found != STREAM_BROKEN || after >= (int64_t)stream->len))
        return stream->found;
    return STREAM_OPEN;
}

/* --- for everybody ------------------------------------------------------------------------------------------------------------ */

void streams_open(struct streams *streams, text name)
{
    pthread_mutex_lock(&streams->mutex);
    drop_old(streams, clock_now());
    stream_list_unsent(streams, stream_new(streams, name));
    pthread_mutex_unlock(&streams->mutex);
}

bool streams_append(struct streams *streams, text name, text event, text data, int64_t mark)
{
    struct stream *stream;
    bool ok;

    pthread_mutex_lock(&streams->mutex);
    stream = map_get(&streams->by_name, name);
    ok = stream && !stream->copy && stream_add(stream, event, data, mark);
    if (ok) {
        stream_wake(streams, name);
        stream_list_unsent(streams, stream);
    }
    pthread_mutex_unlock(&streams->mutex);
    return ok;
}

void streams_end(struct streams *streams, text name)
{
    struct stream *stream;

    pthread_mutex_lock(&streams->mutex);
    stream = map_get(&streams->by_name, name);
    if (stream && !stream->copy && !stream->ended) {
        stream->ended = clock_now();
        stream_list_unsent(streams, stream);
    }
    stream_wake(streams, name);
    pthread_mutex_unlock(&streams->mutex);
}

enum stream_state streams_read(struct streams *streams, text name, int64_t after, size_t max, struct buffer *out, int64_t *ret_last, bool look)
{
    enum stream_state state;
    struct stream *stream;
    size_t begun = out->len;
    char id[48];

    *ret_last = after;
    pthread_mutex_lock(&streams->mutex);
    stream = look_up(streams, name, look);
    for (size_t i = after < 0 ? 0 : (size_t)after; stream && i < stream->len && (out->len == begun || out->len - begun < max); i++) {
        snprintf(id, sizeof id, "%zu-%lld", i + 1, (long long)stream->events[i]->mark);
        sse_write(out, &(struct sse_event){ stream->events[i]->event, stream->events[i]->data, text_of(id) });
        *ret_last = (int64_t)i + 1;
    }
    state = stream || !look ? state_of(stream, *ret_last) : STREAM_BROKEN; /* too many copies */
    pthread_mutex_unlock(&streams->mutex);
    return state;
}

enum stream_state streams_find(struct streams *streams, text name, bool look)
{
    struct timespec until;
    enum stream_state state;
    struct stream *stream;

    blocks_its_thread();
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 500 * 1000 * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&streams->mutex);
    stream = look_up(streams, name, look);
    if (look && stream && stream->copy && !stream->ended && (stream->found == STREAM_GONE || stream->found == STREAM_BROKEN)) {
        clear(stream); /* it may be there by now */
        stream->found = STREAM_UNKNOWN;
        streams->unknown++;
        streams->news(streams->context);
    }
    while ((state = state_of(stream, stream ? (int64_t)stream->len : 0)) == STREAM_UNKNOWN)
        if (pthread_cond_timedwait(&streams->found, &streams->mutex, &until) != 0)
            break;
        else
            stream = map_get(&streams->by_name, name);
    pthread_mutex_unlock(&streams->mutex);
    return !stream && look ? STREAM_UNKNOWN : state; /* there are too many copies already */
}

struct stream_watch *streams_watch(struct streams *streams, text name, void (*wake)(void *context), void *context)
{
    struct stream_watch *watch = xcalloc(1, sizeof *watch);
    struct stream *stream;

    *watch = (struct stream_watch){ .name = strndup(name.ptr, name.len), .name_len = name.len, .wake = wake, .context = context };
    pthread_mutex_lock(&streams->mutex);
    watch->next = streams->watches;
    streams->watches = watch;
    stream = map_get(&streams->by_name, name);
    if (state_of(stream, INT64_MAX) != STREAM_OPEN)
        wake(context);
    pthread_mutex_unlock(&streams->mutex);
    return watch;
}

void streams_unwatch(struct streams *streams, struct stream_watch *watch)
{
    pthread_mutex_lock(&streams->mutex);
    for (struct stream_watch **at = &streams->watches; *at; at = &(*at)->next)
        if (*at == watch) {
            *at = watch->next;
            break;
        }
    pthread_mutex_unlock(&streams->mutex);
    watch_free(watch);
}
