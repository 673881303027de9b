/*
 * BM25: the best chunks for a query, from posting lists that are streamed in.
 *
 *     score(chunk) = Σ over the query's terms   idf(term) · tf · (k1 + 1) / (tf + k1 · (1 - b + b · length / average))
 *     idf(term)    = ln(1 + (N - df + ½) / (df + ½))          as Lucene has it; never negative
 *     k1 = 1.2, b = 0.75; a chunk that holds every term of a query of several gets a tenth more
 *
 *     struct bm25 *search = bm25_begin((struct bm25_corpus){ chunks, average }, terms.len, 0);
 *     for each term:  bm25_term(search, i);  for each of its rows:  bm25_add(search, document, blob);
 *     bm25_end(search, 20, hits, &count);
 *
 * df is the number of chunks seen for the term and so known only when the next term begins; until then what each chunk
 * gains is kept without its idf. Rows that come in ascending order of document id (the order of the table's key) are
 * merged as they are; any other order is sorted first. The result is the same, and ties are broken by document id, then
 * ordinal: equal input gives equal output.
 */
#ifndef TENON_SEARCH_BM25_H
#define TENON_SEARCH_BM25_H

#include "base/id.h"
#include "search/postings.h"

enum {
    BM25_TERMS_MAX = 32,          /* further terms are not searched */
    BM25_POSTINGS_MAX = 2000000,  /* kept at a time when the caller names no other bound; 32 bytes each */
};

struct bm25_corpus {
    uint64_t chunks; /* N: all chunks that are searched */
    double average;  /* their mean number of terms */
};

struct bm25_hit {
    uuid document;
    uint32_t ordinal;
    uint32_t terms; /* bit i: the term of index i stands in the chunk */
    double score;
};

struct bm25;

/* `terms`: how many the query has; `max_postings` 0 is BM25_POSTINGS_MAX. Its memory is malloc's: end it or free it. */
struct bm25 *bm25_begin(struct bm25_corpus corpus, size_t terms, size_t max_postings);

/* The rows that follow belong to the term of this index. Each index once. */
void bm25_term(struct bm25 *search, size_t index);

/* One row. False when the blob is damaged; what could be read of it counts. Past the bound on postings a term's further
   chunks count for df but are not ranked: begin with the rare terms, so that the common ones are what is cut. */
bool bm25_add(struct bm25 *search, uuid document, text blob);

/* Some postings were dropped by the bound. */
bool bm25_was_cut(const struct bm25 *search);

/* Writes at most `k` hits, best first, and frees the search. */
void bm25_end(struct bm25 *search, size_t k, struct bm25_hit *ret_hits, size_t *ret_count);

void bm25_free(struct bm25 *search);

#endif
