/*
 * Metrics: each is one row; counting is one atomic addition. Prometheus text comes from the registry. A metric has at most
 * one label, whose values are fixed in the row, so that nothing from outside can make new series.
 */
#ifndef TENON_CORE_METRIC_H
#define TENON_CORE_METRIC_H

#include <stdatomic.h>

#include "base/buffer.h"

enum metric_kind { METRIC_COUNTER = 1, METRIC_GAUGE, METRIC_HISTOGRAM };

enum { METRIC_LABELS = 32, METRIC_BUCKETS = 14 };

struct metric {
    const char *name; /* with its unit: `_seconds`, `_bytes`, `_total` */
    enum metric_kind kind;
    const char *doc;
    const char *label;               /* or NULL */
    const char *const *label_values; /* NULL behind the last; at most METRIC_LABELS */
    int64_t (*read)(size_t label);   /* a gauge read when it is asked for, or NULL */

    _Atomic int64_t values[METRIC_LABELS];  /* of a histogram: microseconds in all, at the label's place */
    _Atomic int64_t buckets[METRIC_BUCKETS + 1]; /* of a histogram without a label */
};

void metric_add(struct metric *metric, size_t label, int64_t by);
void metric_set(struct metric *metric, size_t label, int64_t value);
void metric_observe(struct metric *metric, int64_t microseconds);

/* Rows of one registry, NULL behind the last. */
void metrics_write(struct buffer *out, struct metric *const *metrics);

#endif
