/* The load generator's samples: one per request, in nanoseconds, and the report over them. */
#ifndef TENON_BENCH_LOAD_H
#define TENON_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct series {
    int64_t *ns;
    size_t len, cap;
};

struct totals {
    struct series first; /* to the first byte of the body (to the first event of a stream) */
    struct series whole; /* to the end of the answer */
    size_t ended;        /* good answers within the time: what had begun before it and ended in it balances what goes beyond */
    size_t errors;       /* connect, read, timeout, or a status that is not 2xx */
    size_t not_2xx;      /* of these, the statuses */
    int last_status;     /* of the latest that was not 2xx */
    uint64_t bytes;      /* of bodies */
    int64_t elapsed_ns;
    int connections;
};

void series_add(struct series *s, int64_t ns);

/* What another thread had; its samples are taken and freed. */
void totals_add(struct totals *sum, struct totals *more);

/* One JSON object on a line, times in microseconds; `json` false: for people. */
void report(struct totals *t, bool json);

#endif
