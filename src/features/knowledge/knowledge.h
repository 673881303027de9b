/*
 * Knowledge: documents become passages that are found and cited. The original is kept as a file; a job has it read by the
 * sandboxed child, cuts it into chunks and indexes their terms. A replacement takes its predecessor's place when it is
 * whole, so that search never misses the document meanwhile.
 */
#ifndef TENON_FEATURES_KNOWLEDGE_H
#define TENON_FEATURES_KNOWLEDGE_H

#include "core/fields.h"
#include "core/module.h"

struct passage {
    uuid document_id, chunk_id;
    text title, heading, text;
    double score; /* BM25's; with an embedding model of the ranks by words and by vectors: 1 for the first in both, half of it for the first in one */
    int64_t start, end; /* code points in the document's extracted text */
};

/* The best passages of the call's organization for a query, best first, at most `limit` (100). `collections` empty: all. */
CHECKED enum result knowledge_search(struct call *call, text query, struct uuid_list collections, int64_t limit, struct list *ret_passages);

/* Every collection is the organization's; else VALIDATION_ERROR under `field`. */
CHECKED enum result knowledge_check_collections(struct call *call, const char *field, struct uuid_list collections);

/* How many documents the organization has. */
CHECKED enum result knowledge_count(struct call *call, int64_t *ret_count);

/* The newest documents, for an overview: an array of struct document_brief. */
struct document_brief {
    uuid id;
    text title, status;
    int64_t created_at;
};
CHECKED enum result knowledge_recent(struct call *call, int64_t limit, struct list *ret_briefs);

extern const struct module knowledge_module;

#endif
