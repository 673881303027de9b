#include "core/metric.h"

#include "core/result.h"

/* Upper bounds in microseconds, 100 µs to 10 s. */
static const int64_t bounds[METRIC_BUCKETS] = { 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 10000000 };

void metric_add(struct metric *metric, size_t label, int64_t by)
{
    atomic_fetch_add_explicit(&metric->values[label], by, memory_order_relaxed);
}

void metric_set(struct metric *metric, size_t label, int64_t value)
{
    atomic_store_explicit(&metric->values[label], value, memory_order_relaxed);
}

void metric_observe(struct metric *metric, int64_t microseconds)
{
    size_t place = 0;

    while (place < METRIC_BUCKETS && microseconds > bounds[place])
        place++;
    atomic_fetch_add_explicit(&metric->buckets[place], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->values[0], microseconds, memory_order_relaxed);
}

static void write_histogram(struct buffer *out, const struct metric *metric)
{
    int64_t count = 0;

    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        count += atomic_load(&metric->buckets[i]);
        buffer_format(out, "%s_bucket{le=\"%g\"} %lld\n", metric->name, (double)bounds[i] / 1e6, (long long)count);
    }
    count += atomic_load(&metric->buckets[METRIC_BUCKETS]);
    buffer_format(out, "%s_bucket{le=\"+Inf\"} %lld\n", metric->name, (long long)count);
    buffer_format(out, "%s_sum %.6f\n%s_count %lld\n", metric->name, (double)atomic_load(&metric->values[0]) / 1e6, metric->name, (long long)count);
}

void metrics_write(struct buffer *out, struct metric *const *metrics)
{
    static const char *const kinds[] = { "", "counter", "gauge", "histogram" };

    for (; *metrics; metrics++) {
        const struct metric *metric = *metrics;

        buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->doc, metric->name, kinds[metric->kind]);
        if (metric->kind == METRIC_HISTOGRAM) {
            write_histogram(out, metric);
            continue;
        }
        for (size_t i = 0; i == 0 || (metric->label && metric->label_values[i]); i++) {
            int64_t value = metric->read ? metric->read(i) : atomic_load(&metric->values[i]);

            buffer_text(out, text_of(metric->name));
            if (metric->label)
                buffer_format(out, "{%s=\"%s\"}", metric->label, metric->label_values[i]);
            buffer_format(out, " %lld\n", (long long)value);
        }
    }
}
