/*
 * Vectors: the nearest of many unit vectors to a query, exactly.
 *
 * A vector v is kept twice: as floats, and as one byte a number with a scale and the length of what the bytes leave out,
 *
 *     v = scale · codes + rest          error = |rest|
 *
 * The scan reads the bytes alone, a quarter of the floats, and gets q·v within ± error (Cauchy and Schwarz; the query's own
 * rounding is added). What may belong to the best k by these bounds comes out as candidates, usually little more than k;
 * their exact products decide (vector_dot). So nothing is missed, whatever the vectors are like.
 *
 *     unit:   vector_unit(values, n)                            once, before it is packed or asked for
 *     pack:   vector_block_pack(arena, values, count, n, &codes, &exact)
 *     ask:    scan = vector_scan_begin(query, n, k)
 *             for each block: vector_scan_add(scan, segment, first, codes, scales, count)
 *             vector_scan_end(scan, …)                          candidates
 *
 * A block's bytes, as the table `vectors` keeps them, little-endian:
 *     codes = (float scale, float error)[count], then int8[count][n]
 *     exact = float[count][n]
 */
#ifndef TENON_SEARCH_VECTORS_H
#define TENON_SEARCH_VECTORS_H

#include "base/text.h"

enum { VECTOR_DIMENSIONS_MAX = 16000 /* pgvector's as well */, VECTOR_BLOCK = 32 /* vectors in a block, but for an index's last */ };

struct vector_scale {
    float scale, error;
};

/* Makes the length 1. False, and unchanged, when a number is not finite or all are 0. */
bool vector_unit(float *values, size_t dimensions);

/* The product of two vectors, summed as doubles. */
double vector_dot(const float *a, const float *b, size_t dimensions);

/* Bytes and scale of a unit vector. */
struct vector_scale vector_pack(const float *values, size_t dimensions, int8_t *ret_codes);

/* `count` unit vectors, one behind the other, as a block. */
void vector_block_pack(struct arena *arena, const float *values, size_t count, size_t dimensions, text *ret_codes, text *ret_exact);

/* Takes `codes` apart: to `count` scales and their bytes. False when its length is not that of such a block. */
bool vector_block_unpack(text codes, size_t count, size_t dimensions, struct vector_scale *ret_scales, int8_t *ret_codes);

/* --- scanning --------------------------------------------------------------------------------------------------------- */

struct vector_candidate {
    uint32_t segment, place; /* as it was added */
    float low, high;         /* between which its product lies */
};

struct vector_scan;

/* `query` is a unit vector; copied. `k` at least 1. Its memory is malloc's: end it. */
struct vector_scan *vector_scan_begin(const float *query, size_t dimensions, size_t k);

/* `count` vectors of the scan's dimensions, in places from `first` on. */
void vector_scan_add(struct vector_scan *scan, uint32_t segment, uint32_t first, const int8_t *codes, const struct vector_scale *scales, size_t count);

/*
 * Frees the scan. Every vector that may be among the k nearest is a candidate, in no order; the array is malloc's. True: that
 * is all of them. False: so many lie so near to each other (copies, as a rule) that only the 4096 + 8 · k best by their upper
 * bound were kept.
 */
bool vector_scan_end(struct vector_scan *scan, struct vector_candidate **ret_candidates, size_t *ret_count);

#endif
