#include "search/bm25.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>

static const double K1 = 1.2, B = 0.75, ALL_TERMS_BONUS = 1.1;

/* Which chunk: the document's id as two numbers that compare as its bytes do, because the merge does little else. */
struct place {
    uint64_t high, low;
    uint32_t ordinal;
};

/* What a chunk gains from one term, idf left out. */
struct gain {
    struct place place;
    float part;
};

struct term_gains {
    struct gain *items;
    size_t len, cap;
    uint64_t df;
    size_t index;
    bool sorted;
    double idf;
    size_t at; /* place in the merge */
};

struct bm25 {
    struct bm25_corpus corpus;
    size_t terms;
    size_t left; /* postings that may still be kept */
    bool cut;
    size_t count;
    struct term_gains lists[BM25_TERMS_MAX];
};

struct bm25 *bm25_begin(struct bm25_corpus corpus, size_t terms, size_t max_postings)
{
    struct bm25 *search = xcalloc(1, sizeof *search);

    search->corpus = corpus;
    search->terms = terms < BM25_TERMS_MAX ? terms : BM25_TERMS_MAX;
    search->left = max_postings ? max_postings : BM25_POSTINGS_MAX;
    if (!(search->corpus.average > 0))
        search->corpus.average = 1;
    return search;
}

void bm25_free(struct bm25 *search)
{
    if (!search)
        return;
    for (size_t i = 0; i < search->count; i++)
        free(search->lists[i].items);
    free(search);
}

bool bm25_was_cut(const struct bm25 *search)
{
    return search->cut;
}

void bm25_term(struct bm25 *search, size_t index)
{
    if (index < search->terms && search->count < BM25_TERMS_MAX)
        search->lists[search->count++] = (struct term_gains){ .index = index, .sorted = true };
    else
        search->cut = true;
}

static struct place place_of(const uuid *document, uint32_t ordinal)
{
    struct place place = { .ordinal = ordinal };

    memcpy(&place.high, document->bytes, 8);
    memcpy(&place.low, document->bytes + 8, 8);
    place.high = be64toh(place.high);
    place.low = be64toh(place.low);
    return place;
}

static uuid document_of(const struct place *place)
{
    uint64_t high = htobe64(place->high), low = htobe64(place->low);
    uuid document;

    memcpy(document.bytes, &high, 8);
    memcpy(document.bytes + 8, &low, 8);
    return document;
}

static inline bool is_same(const struct place *a, const struct place *b)
{
    return a->low == b->low && a->high == b->high && a->ordinal == b->ordinal;
}

static inline bool is_before(const struct place *a, const struct place *b)
{
    if (a->high != b->high)
        return a->high < b->high;
    if (a->low != b->low)
        return a->low < b->low;
    return a->ordinal < b->ordinal;
}

static void keep(struct bm25 *search, struct term_gains *list, const struct place *place, const struct posting *posting)
{
    double length = posting->length / search->corpus.average, tf = posting->frequency;

    if (!search->left) {
        search->cut = true;
        return;
    }
    if (list->len == list->cap) {
        list->cap = list->cap ? list->cap * 2 : 256;
        list->items = xrealloc(list->items, list->cap * sizeof *list->items);
    }
    if (list->len && !is_before(&list->items[list->len - 1].place, place))
        list->sorted = false;
    list->items[list->len++] = (struct gain){ *place, (float)(tf * (K1 + 1) / (tf + K1 * (1 - B + B * length))) };
    search->left--;
}

bool bm25_add(struct bm25 *search, uuid document, text blob)
{
    struct posting_walk walk = posting_walk(blob);
    struct place place = place_of(&document, 0);
    struct term_gains *list;
    struct posting posting;

    if (!search->count)
        return true;
    list = &search->lists[search->count - 1];
    while (posting_next(&walk, &posting)) {
        list->df++;
        place.ordinal = posting.ordinal;
        keep(search, list, &place, &posting);
    }
    return !walk.damaged;
}

static int by_place(const void *a, const void *b)
{
    const struct gain *x = a, *y = b;

    return is_before(&y->place, &x->place) - is_before(&x->place, &y->place);
}

static void close_list(const struct bm25 *search, struct term_gains *list)
{
    /* a stale count of chunks may be below df; the logarithm must not see a negative number */
    double n = (double)(search->corpus.chunks > list->df ? search->corpus.chunks : list->df), df = (double)list->df;

    list->idf = log(1 + (n - df + 0.5) / (df + 0.5));
    if (!list->sorted)
        qsort(list->items, list->len, sizeof *list->items, by_place);
}

/* --- the k best, worst of them on top of a heap ------------------------------------------------------------------------ */

static bool is_worse(const struct bm25_hit *a, const struct bm25_hit *b)
{
    int order;

    if (a->score != b->score)
        return a->score < b->score;
    order = memcmp(a->document.bytes, b->document.bytes, sizeof a->document.bytes);
    return order ? order > 0 : a->ordinal > b->ordinal;
}

static void swap(struct bm25_hit *a, struct bm25_hit *b)
{
    struct bm25_hit held = *a;

    *a = *b;
    *b = held;
}

static void sink(struct bm25_hit *heap, size_t len, size_t i)
{
    for (;;) {
        size_t worst = i, left = 2 * i + 1;

        if (left < len && is_worse(&heap[left], &heap[worst]))
            worst = left;
        if (left + 1 < len && is_worse(&heap[left + 1], &heap[worst]))
            worst = left + 1;
        if (worst == i)
            return;
        swap(&heap[i], &heap[worst]);
        i = worst;
    }
}

static void offer(struct bm25_hit *heap, size_t *len, size_t k, const struct bm25_hit *hit)
{
    if (*len < k) {
        size_t i = (*len)++;

        heap[i] = *hit;
        for (; i && is_worse(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
            swap(&heap[i], &heap[(i - 1) / 2]);
    } else if (is_worse(&heap[0], hit)) {
        heap[0] = *hit;
        sink(heap, k, 0);
    }
}

/* The chunk that comes next in any list, with all that it gains; false when every list is at its end. The hit's document is
   left to be filled in: few hits are kept. */
static bool merge_next(struct bm25 *search, struct bm25_hit *ret_hit, struct place *ret_place)
{
    const struct place *first = NULL;
    struct bm25_hit hit = { .score = 0 };
    size_t matched = 0;
    struct place place;

    for (size_t i = 0; i < search->count; i++) {
        const struct term_gains *list = &search->lists[i];

        if (list->at < list->len && (!first || is_before(&list->items[list->at].place, first)))
            first = &list->items[list->at].place;
    }
    if (!first)
        return false;
    place = *first;
    for (size_t i = 0; i < search->count; i++) {
        struct term_gains *list = &search->lists[i];

        if (list->at >= list->len || !is_same(&list->items[list->at].place, &place))
            continue;
        hit.score += list->idf * (double)list->items[list->at].part;
        hit.terms |= 1u << list->index;
        matched++;
        /* the same chunk twice in a list comes only from damaged rows; it gains once */
        while (list->at < list->len && is_same(&list->items[list->at].place, &place))
            list->at++;
    }
    if (search->terms > 1 && matched == search->terms)
        hit.score *= ALL_TERMS_BONUS;
    hit.ordinal = place.ordinal;
    *ret_place = place;
    *ret_hit = hit;
    return true;
}

void bm25_end(struct bm25 *search, size_t k, struct bm25_hit *ret_hits, size_t *ret_count)
{
    struct bm25_hit hit;
    struct place place;
    size_t len = 0;

    for (size_t i = 0; i < search->count; i++)
        close_list(search, &search->lists[i]);
    while (k && merge_next(search, &hit, &place)) {
        if (len == k && hit.score < ret_hits[0].score)
            continue;
        hit.document = document_of(&place);
        offer(ret_hits, &len, k, &hit);
    }
    *ret_count = len;
    while (len > 1) { /* a heap with its worst on top empties from the back */
        swap(&ret_hits[0], &ret_hits[--len]);
        sink(ret_hits, len, 0);
    }
    bm25_free(search);
}
