#include "load.h"

#include <stdio.h>
#include <stdlib.h>

void series_add(struct series *s, int64_t ns)
{
    if (s->len == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1 << 16;
        s->ns = realloc(s->ns, s->cap * sizeof *s->ns);
        if (!s->ns)
            abort();
    }
    s->ns[s->len++] = ns;
}

static void series_join(struct series *sum, struct series *more)
{
    for (size_t i = 0; i < more->len; i++)
        series_add(sum, more->ns[i]);
    free(more->ns);
    *more = (struct series){ 0 };
}

void totals_add(struct totals *sum, struct totals *more)
{
    series_join(&sum->first, &more->first);
    series_join(&sum->whole, &more->whole);
    sum->ended += more->ended;
    sum->errors += more->errors;
    sum->not_2xx += more->not_2xx;
    sum->bytes += more->bytes;
    sum->connections += more->connections;
    if (more->last_status)
        sum->last_status = more->last_status;
    if (more->elapsed_ns > sum->elapsed_ns)
        sum->elapsed_ns = more->elapsed_ns;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Nearest rank, in microseconds; the series is sorted. */
static double percentile(const struct series *s, double p)
{
    size_t rank;

    if (!s->len)
        return 0;
    rank = (size_t)(p / 100 * (double)s->len + 0.999999);
    if (rank < 1)
        rank = 1;
    if (rank > s->len)
        rank = s->len;
    return (double)s->ns[rank - 1] / 1000;
}

/* The share of samples from 35 to 50 ms: a mode there tells of a delayed acknowledgement that somebody waits for. */
static double delayed_ack_share(const struct series *s)
{
    size_t count = 0;

    for (size_t i = 0; i < s->len; i++)
        count += s->ns[i] >= 35000000 && s->ns[i] <= 50000000;
    return s->len ? (double)count / (double)s->len : 0;
}

static void print_series(const char *name, struct series *s, bool json)
{
    static const struct { const char *name; double p; } rows[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "p99.9", 99.9 }, { "max", 100 } };

    if (s->len)
        qsort(s->ns, s->len, sizeof *s->ns, by_value);
    printf(json ? ",\"%s\":{" : "%-6s", name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf(json ? "%s\"%s\":%.1f" : "%s %s %.1f µs", json && i ? "," : "", rows[i].name, percentile(s, rows[i].p));
    printf(json ? ",\"share_40ms\":%.4f}" : "  35–50 ms: %.4f\n", delayed_ack_share(s));
}

void report(struct totals *t, bool json)
{
    double seconds = (double)t->elapsed_ns / 1e9;
    double rps = seconds > 0 ? (double)t->ended / seconds : 0;

    if (json)
        printf("{\"count\":%zu,\"errors\":%zu,\"not_2xx\":%zu,\"last_status\":%d,\"rps\":%.1f,\"bytes\":%llu,\"connections\":%d,\"seconds\":%.3f", t->whole.len, t->errors, t->not_2xx,
               t->last_status, rps, (unsigned long long)t->bytes, t->connections, seconds);
    else
        printf("%zu answers in %.2f s on %d connections: %.1f a second, %zu errors (%zu by status, last %d), %llu bytes\n", t->whole.len, seconds, t->connections, rps, t->errors,
               t->not_2xx, t->last_status, (unsigned long long)t->bytes);
    print_series("first", &t->first, json);
    print_series("whole", &t->whole, json);
    if (json)
        puts("}");
}
