/*
 * Bus: what instances of the program share besides the store — limits, signals, streams. In memory here, behind the
 * interface that an engine shared by several instances fills as well. Safe from any thread; nothing blocks.
 */
#ifndef TENON_BUS_BUS_H
#define TENON_BUS_BUS_H

#include "core/config.h"
#include "core/module.h"

struct bus *bus_open(const struct services *on);
void bus_close(struct bus *bus);

/* --- limits ------------------------------------------------------------------------------------------------------------ */

struct limit_verdict {
    bool allowed;
    int64_t limit;
    int64_t remaining;
    int64_t reset; /* seconds until the window is empty again */
    int64_t retry_after; /* seconds, when not allowed */
};

/* Counts `cost` against `bucket` over a sliding window (the former window weighted by what of it still overlaps). What is
   refused is not counted. `cost` 0 asks without counting. A rate of 0 allows everything. */
struct limit_verdict bus_limit(struct bus *bus, text bucket, struct rate rate, int64_t cost);

/* --- signals ------------------------------------------------------------------------------------------------------------ */

/* Calls every module's handlers of the event, here and on other instances. Payload: a short text. */
void bus_emit(struct bus *bus, const struct event *event, uuid organization, text payload);

/* --- streams ------------------------------------------------------------------------------------------------------------ */

/*
 * A stream is a bounded list of events under a name, kept for a while after its end so that a reader that was cut off goes
 * on where it was. Events are numbered from 1 without gaps.
 */
enum stream_state { STREAM_GONE, STREAM_OPEN, STREAM_ENDED };

enum { STREAM_MAX = 4 << 20 };

void bus_stream_open(struct bus *bus, text name);

/* `mark` rides along in the event's id, for a reader whose stream is gone by then: how far its content had come. False when
   there is no such open stream or it is full. */
bool bus_stream_append(struct bus *bus, text name, text event, text data, int64_t mark);
void bus_stream_end(struct bus *bus, text name);

/* Copies events behind number `after` into `out` as server-sent events with `number-mark` as ids, at most `max` bytes or
   one event; `*ret_last` is the number of the last one copied (`after` when none). */
enum stream_state bus_stream_read(struct bus *bus, text name, int64_t after, size_t max, struct buffer *out, int64_t *ret_last);

/* `wake` is called after each append and at the end, on the thread that did it: it must only pass the news on. It is called
   at once if the stream is not open. Remove the watch before `context` goes. */
struct stream_watch;
struct stream_watch *bus_stream_watch(struct bus *bus, text name, void (*wake)(void *context), void *context);
void bus_stream_unwatch(struct bus *bus, struct stream_watch *watch);

#endif
