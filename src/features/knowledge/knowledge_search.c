/* Search: the query's terms, their postings through BM25, and the passages that are live. */
#include <stdlib.h>

#include "core/log.h"
#include "features/knowledge/knowledge.h"
#include "features/knowledge/knowledge_store.h"
#include "search/bm25.h"
#include "search/terms.h"

enum { MOST_HITS = 100, SPARE = 3 /* hits asked for per one wanted: some may be of an index that is going away */ };

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

static enum result read_passages(struct call *call, const struct bm25_hit *hits, size_t count, int64_t limit, struct list *ret_passages)
{
    struct passage *passages = arena_array(&call->arena, (size_t)limit, sizeof *passages);
    size_t len = 0;

    for (size_t i = 0; i < count && len < (size_t)limit; i++) {
        struct chunk_row row;
        enum result found = chunk_found(call, hits[i].document, hits[i].ordinal, &row);

        if (found == NOT_FOUND)
            continue;
        TRY(found);
        passages[len++] = (struct passage){ row.document_id, row.id, row.title, row.heading, row.text, hits[i].score, row.start, row.end };
    }
    *ret_passages = (struct list){ passages, len };
    return OK;
}

enum result knowledge_search(struct call *call, text query, struct uuid_list collections, int64_t limit, struct list *ret_passages)
{
    struct term_list terms = terms_of(tokenizer_of_thread(), &call->arena, query, TERMS_QUERY, BM25_TERMS_MAX);
    struct search_totals totals;
    struct bm25_hit hits[MOST_HITS * SPARE];
    struct hunt hunt = { 0 };
    struct list live;
    enum result ranked;
    size_t count = 0;

    if (limit > MOST_HITS)
        limit = MOST_HITS;
    *ret_passages = (struct list){ NULL, 0 };
    TRY(totals_read(call, &totals));
    if (totals.chunk_count <= 0 || terms.len == 0)
        return OK;
    if (collections.len) {
        TRY(index_live_in(call, collections, &live));
        hunt.live = live.len ? live.items : &UUID_NONE;
        hunt.live_len = live.len;
    }
    hunt.bm25 = bm25_begin((struct bm25_corpus){ (uint64_t)totals.chunk_count, (double)totals.term_count / (double)totals.chunk_count }, terms.len, 0);
    ranked = rank(call, &terms, &hunt);
    if (ranked != OK) {
        bm25_free(hunt.bm25);
        return ranked;
    }
    bm25_end(hunt.bm25, (size_t)(limit * SPARE), hits, &count);
    return read_passages(call, hits, count, limit, ret_passages);
}
