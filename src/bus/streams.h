/*
 * Streams in this process's memory: those that are written here, and copies of those that another instance writes. With
 * Redis its thread sends what is written here and feeds the copies (redis_streams.c); readers only ever look here.
 */
#ifndef TENON_BUS_STREAMS_H
#define TENON_BUS_STREAMS_H

#include <pthread.h>

#include "base/map.h"
#include "bus/driver.h"

enum { MOST_COPIES = 4096 };
#define STREAM_KEPT (2 * MINUTE) /* after its end */

struct stream_event {
    text event, data; /* in one allocation behind the struct */
    int64_t mark;
};

struct stream {
    struct stream_event **events;
    size_t len, cap, bytes;
    int64_t ended; /* clock_now(), or 0 */

    /* written here: what of it Redis has not been sent */
    struct stream *next_unsent;
    bool unsent; /* it stands in the list */
    bool cleared, begun, end_sent; /* what bore the name before is deleted, its key is made, its end is told */
    size_t sent;

    /* a copy */
    bool copy;
    enum stream_state found; /* STREAM_UNKNOWN until Redis has said; STREAM_GONE and STREAM_BROKEN as there */
    int64_t asked;           /* clock_ticks() when somebody last wanted it */
    int64_t checked;         /* … when Redis last said that it is there */

    size_t name_len;
    char name[];
};

struct streams {
    pthread_mutex_t mutex;
    pthread_cond_t found; /* some copy is unknown no more */
    struct map by_name;
    struct stream_watch *watches;
    size_t copies, unknown; /* of the copies: those not settled */
    struct stream *unsent;
    void (*news)(void *context); /* something is to be sent or looked for; NULL without Redis. With the lock held. */
    void *context;
};

struct streams *streams_new(void);
void streams_free(struct streams *streams);

void streams_open(struct streams *streams, text name);
bool streams_append(struct streams *streams, text name, text event, text data, int64_t mark);
void streams_end(struct streams *streams, text name);
enum stream_state streams_read(struct streams *streams, text name, int64_t after, size_t max, struct buffer *out, int64_t *ret_last, bool look);
enum stream_state streams_find(struct streams *streams, text name, bool look);
struct stream_watch *streams_watch(struct streams *streams, text name, void (*wake)(void *context), void *context);
void streams_unwatch(struct streams *streams, struct stream_watch *watch);

/* For the driver's thread, with the lock held. */
static inline text stream_name(const struct stream *stream) { return (text){ stream->name, stream->name_len }; }
bool stream_add(struct stream *stream, text event, text data, int64_t mark); /* false: full */
void stream_list_unsent(struct streams *streams, struct stream *stream);
void stream_settle(struct streams *streams, struct stream *copy, enum stream_state found); /* wakes all that wait for it */
void stream_wake(struct streams *streams, text name);
bool stream_watched(const struct streams *streams, text name);
void stream_remove(struct streams *streams, struct stream *stream);

#endif
