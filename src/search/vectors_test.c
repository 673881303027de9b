/* vectors: the scan against sums of doubles over everything. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "search/vectors.h"

#include <cmocka.h> /* last: it defines fail() */

static uint64_t seed = 88172645463325252u;

static double next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / 9007199254740992.0;
}

/* Near to normal: what the numbers of an embedding look like. */
static float next_normal(void)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += next_random();
    return (float)sum;
}

static void make_vectors(float *values, size_t count, size_t dimensions)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t d = 0; d < dimensions; d++)
            values[i * dimensions + d] = next_normal();
        assert_true(vector_unit(values + i * dimensions, dimensions));
    }
}

struct exact {
    double score;
    size_t place;
};

static int best_first(const void *a, const void *b)
{
    const struct exact *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The k nearest by the scan and by everything; how many candidates that took. */
static size_t compare(const float *values, size_t count, size_t dimensions, const float *query, size_t k, bool expect_whole)
{
    struct exact *all = xcalloc(count, sizeof *all), *some;
    struct vector_scan *scan = vector_scan_begin(query, dimensions, k);
    struct vector_candidate *candidates;
    size_t found;

    for (size_t i = 0; i < count; i++)
        all[i] = (struct exact){ vector_dot(query, values + i * dimensions, dimensions), i };
    qsort(all, count, sizeof *all, best_first);
    for (size_t from = 0; from < count; from += 37) { /* blocks that end anywhere */
        size_t rows = count - from < 37 ? count - from : 37;
        SCOPED(arena) struct arena arena = { 0 };
        struct vector_scale scales[37];
        int8_t *codes = xcalloc(rows, dimensions);
        text packed, exact;

        vector_block_pack(&arena, values + from * dimensions, rows, dimensions, &packed, &exact);
        assert_int_equal(exact.len, rows * dimensions * 4);
        assert_true(vector_block_unpack(packed, rows, dimensions, scales, codes));
        assert_false(vector_block_unpack(text_slice(packed, 0, packed.len - 1), rows, dimensions, scales, codes));
        vector_scan_add(scan, (uint32_t)(from / 37), 0, codes, scales, rows);
        free(codes);
    }
    assert_int_equal(vector_scan_end(scan, &candidates, &found), expect_whole);
    some = xcalloc(found + 1, sizeof *some);
    for (size_t i = 0; i < found; i++) {
        size_t place = candidates[i].segment * 37 + candidates[i].place;

        some[i] = (struct exact){ vector_dot(query, values + place * dimensions, dimensions), place };
        assert_true(candidates[i].low <= (float)some[i].score && (float)some[i].score <= candidates[i].high);
    }
    qsort(some, found, sizeof *some, best_first);
    assert_true(found >= (count < k ? count : k));
    for (size_t i = 0; i < k && i < count; i++) {
        assert_true(some[i].score == all[i].score);
        if (expect_whole)
            assert_int_equal(some[i].place, all[i].place);
    }
    free(candidates);
    free(some);
    free(all);
    return found;
}

static void the_nearest_are_those_of_a_full_sort(void **state)
{
    static const struct { size_t count, dimensions, k; } rows[] = {
        { 3000, 64, 10 }, { 3000, 256, 10 }, { 2000, 768, 30 }, { 500, 1536, 100 }, { 7, 32, 10 }, { 1000, 1, 5 }, { 1000, 3, 1 }, { 60, 16000, 3 },
    };

    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        float *values = xcalloc(rows[r].count * rows[r].dimensions, sizeof *values), *query = xcalloc(rows[r].dimensions, sizeof *query);

        make_vectors(values, rows[r].count, rows[r].dimensions);
        for (int q = 0; q < 5; q++) {
            make_vectors(query, 1, rows[r].dimensions);
            compare(values, rows[r].count, rows[r].dimensions, query, rows[r].k, true);
            /* near to one of them, as a question is */
            for (size_t d = 0; d < rows[r].dimensions; d++)
                query[d] = query[d] * 0.5f + values[d];
            assert_true(vector_unit(query, rows[r].dimensions));
            compare(values, rows[r].count, rows[r].dimensions, query, rows[r].k, true);
        }
        free(values);
        free(query);
    }
}

static void few_candidates_are_looked_at(void **state)
{
    enum { MANY = 20000, LENGTH = 256 };
    float *values = xcalloc((size_t)MANY * LENGTH, sizeof *values), query[LENGTH];

    (void)state;
    make_vectors(values, MANY, LENGTH);
    make_vectors(query, 1, LENGTH);
    assert_in_range(compare(values, MANY, LENGTH, query, 10, true), 10, 200);
    free(values);
}

/* Ones that are equal come out by their place. */
static void equal_ones_are_all_candidates(void **state)
{
    enum { MANY = 900, LENGTH = 48 };
    float *values = xcalloc((size_t)MANY * LENGTH, sizeof *values);

    (void)state;
    make_vectors(values, 3, LENGTH);
    for (size_t i = 3; i < MANY; i++)
        memcpy(values + i * LENGTH, values + i % 3 * LENGTH, LENGTH * sizeof *values);
    assert_true(compare(values, MANY, LENGTH, values, 10, true) >= MANY / 3);
    free(values);
}

static void too_many_equal_ones_are_cut_and_it_is_said(void **state)
{
    enum { MANY = 20000, LENGTH = 8 };
    float *values = xcalloc((size_t)MANY * LENGTH, sizeof *values);
    size_t found;

    (void)state;
    make_vectors(values, 1, LENGTH);
    for (size_t i = 1; i < MANY; i++)
        memcpy(values + i * LENGTH, values, LENGTH * sizeof *values);
    found = compare(values, MANY, LENGTH, values, 10, false);
    assert_true(found <= 4096 + 80);
    free(values);
}

static void what_has_no_direction_is_refused(void **state)
{
    float zero[4] = { 0 }, endless[4] = { 1, INFINITY, 0, 0 }, broken[4] = { 1, NAN, 0, 0 }, huge[4] = { 3e38f, 3e38f, 0, 0 }, tiny[2] = { 1e-30f, 0 };
    struct vector_scale scale;
    int8_t codes[2];

    (void)state;
    assert_false(vector_unit(zero, 4));
    assert_false(vector_unit(endless, 4));
    assert_false(vector_unit(broken, 4));
    assert_true(vector_unit(huge, 4));
    assert_true(fabsf(huge[0] - 0.70710678f) < 1e-6f);
    assert_true(vector_unit(tiny, 2));
    assert_true(tiny[0] == 1);
    scale = vector_pack(tiny, 2, codes);
    assert_int_equal(codes[0], 127);
    assert_true(fabsf(scale.scale * 127 - 1) < 1e-6f && scale.error < 1e-6f);
}

/* A block whose bytes were damaged must not stand in front. */
static void a_scale_that_is_no_number_is_passed_over(void **state)
{
    float values[2][16] = { { 1 }, { 0, 1 } };
    struct vector_scale scales[2];
    struct vector_candidate *candidates;
    struct vector_scan *scan;
    int8_t codes[2][16];
    size_t count;

    (void)state;
    for (int i = 0; i < 2; i++)
        scales[i] = vector_pack(values[i], 16, codes[i]);
    scales[0].scale = NAN;
    scan = vector_scan_begin(values[0], 16, 1);
    vector_scan_add(scan, 0, 0, codes[0], scales, 2);
    assert_true(vector_scan_end(scan, &candidates, &count));
    assert_int_equal(count, 1);
    assert_int_equal(candidates[0].place, 1);
    free(candidates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_are_those_of_a_full_sort), cmocka_unit_test(few_candidates_are_looked_at), cmocka_unit_test(equal_ones_are_all_candidates),
        cmocka_unit_test(too_many_equal_ones_are_cut_and_it_is_said), cmocka_unit_test(what_has_no_direction_is_refused),
        cmocka_unit_test(a_scale_that_is_no_number_is_passed_over),
    };

    return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
