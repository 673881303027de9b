#include "search/vectors.h"

#include <math.h>
#include <stdlib.h>

enum { CODE_MAX = 127, QUERY_CODE_MAX = 32767, SPARE = 4096, PRODUCTS = 256, AHEAD = 4096 /* bytes the scan asks memory for before it needs them */ };

/* What adding floats may be off by, far above it: products of unit vectors. */
static const float SLOP = 1e-5f;

/* The compiler makes one copy for each kind of processor; the program takes the best when it starts. Sanitizers do not go
   with that. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif

bool vector_unit(float *values, size_t dimensions)
{
    double sum = 0, length;

    for (size_t i = 0; i < dimensions; i++)
        sum += (double)values[i] * (double)values[i];
    if (!isfinite(sum) || sum <= 0)
        return false;
    length = sqrt(sum);
    for (size_t i = 0; i < dimensions; i++)
        values[i] = (float)((double)values[i] / length);
    return true;
}

double vector_dot(const float *a, const float *b, size_t dimensions)
{
    double sum = 0;

    for (size_t i = 0; i < dimensions; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static float greatest(const float *values, size_t dimensions)
{
    float most = 0;

    for (size_t i = 0; i < dimensions; i++)
        most = fabsf(values[i]) > most ? fabsf(values[i]) : most;
    return most;
}

struct vector_scale vector_pack(const float *values, size_t dimensions, int8_t *ret_codes)
{
    float scale = greatest(values, dimensions) / CODE_MAX;
    double rest = 0;

    for (size_t i = 0; i < dimensions; i++) {
        long code = scale > 0 ? lrintf(values[i] / scale) : 0;
        double missed;

        code = code > CODE_MAX ? CODE_MAX : code < -CODE_MAX ? -CODE_MAX : code;
        ret_codes[i] = (int8_t)code;
        missed = (double)values[i] - (double)scale * (double)code;
        rest += missed * missed;
    }
    return (struct vector_scale){ scale, (float)sqrt(rest) };
}

void vector_block_pack(struct arena *arena, const float *values, size_t count, size_t dimensions, text *ret_codes, text *ret_exact)
{
    size_t head = count * sizeof(struct vector_scale);
    char *codes = arena_alloc(arena, head + count * dimensions);

    for (size_t i = 0; i < count; i++) {
        struct vector_scale scale = vector_pack(values + i * dimensions, dimensions, (int8_t *)codes + head + i * dimensions);

        memcpy(codes + i * sizeof scale, &scale, sizeof scale);
    }
    *ret_codes = (text){ codes, head + count * dimensions };
    *ret_exact = (text){ (const char *)values, count * dimensions * sizeof *values };
}

bool vector_block_unpack(text codes, size_t count, size_t dimensions, struct vector_scale *ret_scales, int8_t *ret_codes)
{
    size_t head = count * sizeof *ret_scales;

    if (codes.len != head + count * dimensions)
        return false;
    memcpy(ret_scales, codes.ptr, head);
    memcpy(ret_codes, codes.ptr + head, count * dimensions);
    return true;
}

/* --- scanning --------------------------------------------------------------------------------------------------------- */

struct vector_scan {
    size_t dimensions, k;
    float scale, error; /* of the query's codes */
    float *lows;        /* the k greatest lower bounds, the least of them on top of a heap */
    size_t low_count;
    struct vector_candidate *found;
    size_t len, cap;
    bool cut;
    int16_t codes[];
};

/* A sum of products stays within 32 bits: |sum| ≤ dimensions · 127 · most. */
static float most_of_query(size_t dimensions)
{
    size_t most = (size_t)INT32_MAX / (CODE_MAX * dimensions);

    return (float)(most < QUERY_CODE_MAX ? most : QUERY_CODE_MAX);
}

struct vector_scan *vector_scan_begin(const float *query, size_t dimensions, size_t k)
{
    struct vector_scan *scan = xcalloc(1, sizeof *scan + dimensions * sizeof scan->codes[0]);
    double rest = 0;

    scan->dimensions = dimensions;
    scan->k = k;
    scan->scale = greatest(query, dimensions) / most_of_query(dimensions);
    for (size_t i = 0; i < dimensions; i++) {
        double missed;

        scan->codes[i] = (int16_t)(scan->scale > 0 ? truncf(query[i] / scan->scale) : 0);
        missed = (double)query[i] - (double)scan->scale * (double)scan->codes[i];
        rest += missed * missed;
    }
    scan->error = (float)sqrt(rest);
    scan->lows = xcalloc(k, sizeof *scan->lows);
    scan->cap = 2 * SPARE + 16 * k;
    scan->found = xcalloc(scan->cap, sizeof *scan->found);
    return scan;
}

FOR_EACH_PROCESSOR
static void products(const int8_t *restrict codes, const int16_t *restrict query, size_t dimensions, size_t count, int32_t *restrict ret_products)
{
    for (size_t row = 0; row < count; row++) {
        const int8_t *vector = codes + row * dimensions;
        int32_t sum = 0;

        for (size_t i = 0; i < dimensions; i += 64)
            __builtin_prefetch(vector + i + AHEAD);
        for (size_t i = 0; i < dimensions; i++)
            sum += (int32_t)vector[i] * query[i];
        ret_products[row] = sum;
    }
}

/* What a candidate's upper bound must reach: k others are surely above what lies below it. */
static float bar_of(const struct vector_scan *scan)
{
    return scan->low_count == scan->k ? scan->lows[0] : -INFINITY;
}

static void lows_sink(float *heap, size_t len, size_t i)
{
    for (;;) {
        size_t least = i, left = 2 * i + 1;
        float held = heap[i];

        if (left < len && heap[left] < heap[least])
            least = left;
        if (left + 1 < len && heap[left + 1] < heap[least])
            least = left + 1;
        if (least == i)
            return;
        heap[i] = heap[least];
        heap[least] = held;
        i = least;
    }
}

static void lows_offer(struct vector_scan *scan, float low)
{
    float *heap = scan->lows;

    if (scan->low_count < scan->k) {
        size_t i = scan->low_count++;

        for (; i && heap[(i - 1) / 2] > low; i = (i - 1) / 2)
            heap[i] = heap[(i - 1) / 2];
        heap[i] = low;
    } else if (low > heap[0]) {
        heap[0] = low;
        lows_sink(heap, scan->k, 0);
    }
}

static void drop_below(struct vector_scan *scan)
{
    float bar = bar_of(scan);
    size_t kept = 0;

    for (size_t i = 0; i < scan->len; i++)
        if (scan->found[i].high >= bar)
            scan->found[kept++] = scan->found[i];
    scan->len = kept;
}

static int by_high(const void *a, const void *b)
{
    const struct vector_candidate *x = a, *y = b;

    if (x->high != y->high)
        return x->high < y->high ? 1 : -1;
    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Room for one more. */
static void make_room(struct vector_scan *scan)
{
    if (scan->len < scan->cap)
        return;
    drop_below(scan);
    if (scan->len <= scan->cap / 2)
        return;
    qsort(scan->found, scan->len, sizeof *scan->found, by_high);
    scan->len = scan->cap / 2;
    scan->cut = true;
}

void vector_scan_add(struct vector_scan *scan, uint32_t segment, uint32_t first, const int8_t *codes, const struct vector_scale *scales, size_t count)
{
    int32_t sums[PRODUCTS];

    for (size_t from = 0; from < count; from += PRODUCTS) {
        size_t rows = count - from < PRODUCTS ? count - from : PRODUCTS;

        products(codes + from * scan->dimensions, scan->codes, scan->dimensions, rows, sums);
        for (size_t i = 0; i < rows; i++) {
            struct vector_scale of = scales[from + i];
            float about = (float)sums[i] * of.scale * scan->scale, off = of.error + scan->error * (1 + of.error) + SLOP;

            if (!(about + off >= bar_of(scan))) /* so that not a number is nothing either */
                continue;
            make_room(scan);
            scan->found[scan->len++] = (struct vector_candidate){ segment, first + (uint32_t)(from + i), about - off, about + off };
            lows_offer(scan, about - off);
        }
    }
}

bool vector_scan_end(struct vector_scan *scan, struct vector_candidate **ret_candidates, size_t *ret_count)
{
    bool whole;

    drop_below(scan);
    if (scan->len > scan->cap / 2) {
        qsort(scan->found, scan->len, sizeof *scan->found, by_high);
        scan->len = scan->cap / 2;
        scan->cut = true;
    }
    whole = !scan->cut;
    *ret_candidates = scan->found;
    *ret_count = scan->len;
    free(scan->lows);
    free(scan);
    return whole;
}
