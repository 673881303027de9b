/*
 * Text search without a database: 140,000 documents of about 50 words from a Zipf vocabulary of 50,000, fixed seed, indexed
 * into posting blobs in memory, then queries of one to four terms drawn from the same vocabulary. What it leaves out is
 * reading the rows from the engine.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "search/bm25.h"

enum { DOCUMENTS = 140000, WORDS = 50, VOCABULARY = 50000, QUERIES = 2000, TOP = 20 };

static uint64_t seed = 20240501;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static double cumulative[VOCABULARY];

static void vocabulary_make(void)
{
    double sum = 0;

    for (size_t i = 0; i < VOCABULARY; i++)
        cumulative[i] = sum += 1.0 / (double)(i + 2);
    for (size_t i = 0; i < VOCABULARY; i++)
        cumulative[i] /= sum;
}

static size_t zipf(void)
{
    double at = (double)(next_random() >> 11) / 9007199254740992.0;
    size_t low = 0, high = VOCABULARY - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (cumulative[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A pronounceable word of its own for each rank, as English suffixes go, so that the stemmer has work. */
static size_t spell(size_t rank, char out[static 32])
{
    static const char *const syllables[] = { "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "tra", "ple" };
    static const char *const endings[] = { "", "s", "ing", "ed", "er", "tion", "ly", "ness" };
    size_t len = 0;

    for (size_t rest = rank + 16; rest; rest /= 16)
        len += (size_t)sprintf(out + len, "%s", syllables[rest % 16]);
    return len + (size_t)sprintf(out + len, "%s", endings[rank % 8]);
}

/* All rows of one term, in the order of their documents. */
struct rows {
    struct { uint32_t document, at, len; } *items;
    size_t len, cap;
    struct buffer blobs;
};

static void rows_add(struct rows *rows, uint32_t document, text blob)
{
    if (rows->len == rows->cap) {
        rows->cap = rows->cap ? rows->cap * 2 : 4;
        rows->items = xrealloc(rows->items, rows->cap * sizeof *rows->items);
    }
    rows->items[rows->len].document = document;
    rows->items[rows->len].at = (uint32_t)rows->blobs.len;
    rows->items[rows->len++].len = (uint32_t)blob.len;
    buffer_text(&rows->blobs, blob);
}

static uuid id_of(uint32_t document)
{
    uuid id = UUID_NONE;

    for (int i = 0; i < 4; i++)
        id.bytes[i] = (uint8_t)(document >> (24 - 8 * i));
    return id;
}

static uint64_t total_terms, total_rows, total_bytes;
static int64_t core_time; /* of making terms and postings, without making up the text and keeping the rows */

static void index_document(struct map *index, struct tokenizer *tokenizer, uint32_t document)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct posting_builder *builder;
    char content[WORDS * 40];
    size_t len = 0, count, words = WORDS / 2 + next_random() % WORDS;
    struct posting_row *rows;
    struct term_list terms;
    int64_t begun;

    for (size_t i = 0; i < words && len < sizeof content - 40; i++) {
        len += spell(zipf(), content + len);
        content[len++] = i % 12 == 11 ? '.' : ' ';
    }
    begun = clock_ticks();
    builder = postings_begin(&arena);
    terms = terms_of(tokenizer, &arena, (text){ content, len }, TERMS_INDEX, 10000);
    total_terms += terms.len;
    postings_chunk(builder, 0, &terms);
    rows = postings_rows(builder, &count);
    core_time += clock_ticks() - begun;
    for (size_t i = 0; i < count; i++) {
        struct rows *of = map_get(index, rows[i].term);

        if (!of) {
            of = xcalloc(1, sizeof *of);
            map_put(index, rows[i].term, of);
        }
        rows_add(of, document, rows[i].blob);
        total_bytes += rows[i].blob.len;
    }
    total_rows += count;
}

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static size_t query(const struct map *index, struct tokenizer *tokenizer, text words, double average)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct term_list terms = terms_of(tokenizer, &arena, words, TERMS_QUERY, BM25_TERMS_MAX);
    struct bm25 *search = bm25_begin((struct bm25_corpus){ DOCUMENTS, average }, terms.len, 0);
    struct bm25_hit hits[TOP];
    size_t count;

    for (size_t t = 0; t < terms.len; t++) {
        const struct rows *rows = map_get(index, terms.items[t].word);

        bm25_term(search, t);
        for (size_t i = 0; rows && i < rows->len; i++)
            bm25_add(search, id_of(rows->items[i].document), (text){ rows->blobs.ptr + rows->items[i].at, rows->items[i].len });
    }
    bm25_end(search, TOP, hits, &count);
    return count;
}

static void report(const struct map *index, struct tokenizer *tokenizer, size_t terms, bool frequent)
{
    double average = (double)total_terms / DOCUMENTS;
    double *times = xcalloc(QUERIES, sizeof *times);
    size_t found = 0;

    for (size_t q = 0; q < QUERIES; q++) {
        char words[256];
        size_t len = 0;
        int64_t begun;

        for (size_t t = 0; t < terms; t++) {
            len += spell(frequent ? next_random() % 50 : zipf(), words + len);
            words[len++] = ' ';
        }
        begun = clock_ticks();
        found += query(index, tokenizer, (text){ words, len }, average) > 0;
        times[q] = (double)(clock_ticks() - begun) / 1000;
    }
    qsort(times, QUERIES, sizeof *times, by_time);
    printf("%zu term%s%s: p50 %.3f ms, p99 %.3f ms, worst %.3f ms, %zu of %d found\n", terms, terms > 1 ? "s" : "",
        frequent ? " of the 50 most frequent" : "", times[QUERIES / 2], times[QUERIES * 99 / 100], times[QUERIES - 1], found, QUERIES);
    free(times);
}

int main(void)
{
    struct tokenizer *tokenizer = tokenizer_open();
    struct map index = { 0 };
    int64_t begun;
    double seconds;

    vocabulary_make();
    begun = clock_ticks();
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        index_document(&index, tokenizer, i);
    seconds = (double)(clock_ticks() - begun) / 1e6;
    printf("indexed %d documents, %llu terms, %llu rows, %llu bytes of postings in %.2f s, of it %.2f s for terms and postings: %.0f documents a second\n", DOCUMENTS,
        (unsigned long long)total_terms, (unsigned long long)total_rows, (unsigned long long)total_bytes, seconds,
        (double)core_time / 1e6, DOCUMENTS * 1e6 / (double)core_time);
    for (size_t terms = 1; terms <= 4; terms++)
        report(&index, tokenizer, terms, false);
    report(&index, tokenizer, 4, true);
    tokenizer_close(tokenizer);
    return 0;
}
