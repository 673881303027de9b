/*
 * Search: the query's terms and their postings through BM25; the query's vector and the nearest to it, where the organization has
 * an embedding model; both lists as one by their ranks; and of them the passages that are live.
 */
#include <stdlib.h>

#include "core/log.h"
#include "features/knowledge/knowledge.h"
#include "features/knowledge/knowledge_nearest.h"
#include "features/knowledge/knowledge_store.h"
#include "search/bm25.h"
#include "search/terms.h"

enum { MOST_HITS = 100, SPARE = 3 /* hits asked for per one wanted: some may be of an index that is going away */ };

/* Reciprocal rank fusion: a passage gains 1 / (60 + its rank) from each list. */
static const double RANK_OFFSET = 60;

/* Below this two texts have nothing to do with each other, whatever the model; a list of the nearest always has something in it. */
static const double LEAST_COSINE = 0.15;

struct found {
    uuid index;
    uint32_t ordinal;
    double score;
    bool by_words;
};

struct hunt {
    struct bm25 *bm25;
    const uuid *live; /* sorted; NULL: all */
    size_t live_len;
    bool damaged;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(uuid));
}

static enum result add_posting(void *context, const void *row)
{
    struct hunt *hunt = context;
    const struct posting_bytes *posting = row;

    if (hunt->live && !bsearch(&posting->index_id, hunt->live, hunt->live_len, sizeof(uuid), compare_ids))
        return OK;
    hunt->damaged |= !bm25_add(hunt->bm25, posting->index_id, posting->data);
    return OK;
}

static enum result rank(struct call *call, const struct term_list *terms, struct hunt *hunt)
{
    for (size_t i = 0; i < terms->len; i++) {
        bm25_term(hunt->bm25, i);
        TRY(posting_each(call, terms->items[i].word, add_posting, hunt));
    }
    if (hunt->damaged)
        LOG(ERROR, call, "a posting list is damaged");
    return OK;
}

static enum result read_passages(struct call *call, const struct found *found, size_t count, int64_t limit, struct list *ret_passages)
{
    struct passage *passages = arena_array(&call->arena, (size_t)limit, sizeof *passages);
    size_t len = 0;

    for (size_t i = 0; i < count && len < (size_t)limit; i++) {
        struct chunk_row row;
        enum result read = chunk_found(call, found[i].index, found[i].ordinal, &row);

        if (read == NOT_FOUND)
            continue;
        TRY(read);
        passages[len++] = (struct passage){ row.document_id, row.id, row.title, row.heading, row.text, found[i].score, row.start, row.end };
    }
    *ret_passages = (struct list){ passages, len };
    return OK;
}

/* --- by words --------------------------------------------------------------------------------------------------------------- */

static enum result search_words(struct call *call, const struct term_list *terms, const struct search_totals *totals, const struct list *live, size_t k, struct bm25_hit *ret_hits,
                                size_t *ret_count)
{
    struct hunt hunt = { .live = live ? live->len ? live->items : &UUID_NONE : NULL, .live_len = live ? live->len : 0 };
    enum result ranked;

    hunt.bm25 = bm25_begin((struct bm25_corpus){ (uint64_t)totals->chunk_count, (double)totals->term_count / (double)totals->chunk_count }, terms->len, 0);
    ranked = rank(call, terms, &hunt);
    if (ranked != OK) {
        bm25_free(hunt.bm25);
        return ranked;
    }
    bm25_end(hunt.bm25, k, ret_hits, ret_count);
    return OK;
}

/* --- by vectors -------------------------------------------------------------------------------------------------------------- */

/* A model that cannot be asked now does not keep anybody from what the words find: there are none then. */
static enum result search_vectors(struct call *call, const struct embedding_settings *settings, text query, const struct list *live, size_t k, struct nearest *ret_nearest,
                                  size_t *ret_count)
{
    struct embeddings question;
    size_t count;
    enum result embedded = embed_question(call, settings->live_model, settings->live_space_id, query, &question);

    *ret_count = 0;
    if (embedded != OK) {
        LOG(WARN, call, "a search goes by words alone", LT("reason", call->failure.message.ptr ? call->failure.message : text_of(result_message(embedded))));
        call->failure = (struct failure){ 0 };
        return OK;
    }
    TRY(nearest_find(call, settings, &question, live ? live->len ? live->items : &UUID_NONE : NULL, live ? live->len : 0, k, ret_nearest, &count));
    while (*ret_count < count && ret_nearest[*ret_count].cosine >= LEAST_COSINE)
        ++*ret_count;
    return OK;
}

/* --- both ------------------------------------------------------------------------------------------------------------------------ */

static int best_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    if (x->by_words != y->by_words) /* what holds the very words goes before what only resembles them */
        return x->by_words ? -1 : 1;
    order = memcmp(&x->index, &y->index, sizeof x->index);
    return order ? order : (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
}

static void gain(struct found *found, size_t *len, uuid index, uint32_t ordinal, size_t place, bool by_words)
{
    /* 1 for whatever stands first in both */
    double more = (RANK_OFFSET + 1) / 2 / (RANK_OFFSET + 1 + (double)place);

    for (size_t i = 0; i < *len; i++)
        if (found[i].ordinal == ordinal && uuid_equal(found[i].index, index)) {
            found[i].score += more;
            return;
        }
    found[(*len)++] = (struct found){ index, ordinal, more, by_words };
}

static size_t fuse(const struct bm25_hit *hits, size_t hit_count, const struct nearest *nearest, size_t nearest_count, struct found *ret_found)
{
    size_t len = 0;

    for (size_t i = 0; i < hit_count; i++)
        gain(ret_found, &len, hits[i].document, hits[i].ordinal, i, true);
    for (size_t i = 0; i < nearest_count; i++)
        gain(ret_found, &len, nearest[i].index, nearest[i].ordinal, i, false);
    qsort(ret_found, len, sizeof *ret_found, best_first);
    return len;
}

enum result knowledge_search(struct call *call, text query, struct uuid_list collections, int64_t limit, struct list *ret_passages)
{
    struct term_list terms = terms_of(tokenizer_of_thread(), &call->arena, query, TERMS_QUERY, BM25_TERMS_MAX);
    struct nearest *nearest = arena_array(&call->arena, MOST_HITS * SPARE, sizeof *nearest);
    struct found *found = arena_array(&call->arena, (size_t)2 * MOST_HITS * SPARE, sizeof *found);
    struct bm25_hit *hits = arena_array(&call->arena, MOST_HITS * SPARE, sizeof *hits);
    struct embedding_settings settings;
    struct search_totals totals;
    struct list live, *within = NULL;
    size_t hit_count = 0, nearest_count = 0, count, k;

    limit = limit > MOST_HITS ? MOST_HITS : limit;
    k = (size_t)(limit * SPARE);
    *ret_passages = (struct list){ NULL, 0 };
    TRY(totals_read(call, &totals));
    if (totals.chunk_count <= 0 || terms.len == 0)
        return OK;
    if (collections.len) {
        TRY(index_live_in(call, collections, &live));
        within = &live;
    }
    TRY(search_words(call, &terms, &totals, within, k, hits, &hit_count));
    TRY(embedding_settings_read(call, &settings));
    if (!uuid_is_none(settings.live_space_id)) {
        TRY(search_vectors(call, &settings, query, within, k, nearest, &nearest_count));
        count = fuse(hits, hit_count, nearest, nearest_count, found);
    } else {
        for (count = 0; count < hit_count; count++)
            found[count] = (struct found){ hits[count].document, hits[count].ordinal, hits[count].score, true };
    }
    return read_passages(call, found, count, limit, ret_passages);
}
