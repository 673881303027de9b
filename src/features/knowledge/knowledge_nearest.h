/*
 * The nearest passages to a question by their vectors. An organization's codes are kept in memory, as far as VECTOR_MEMORY goes for
 * all organizations together, document by document; the settings' version, read with every search, says whether they are those
 * of the store, so no signal can be missed. What has no room is read for the search and dropped.
 *
 * Where the database has vectors of its own (PostgreSQL with the extension `vector`) and holds all of the space in them, it is
 * asked instead and nothing is kept here.
 */
#ifndef TENON_FEATURES_KNOWLEDGE_NEAREST_H
#define TENON_FEATURES_KNOWLEDGE_NEAREST_H

#include "core/config.h"
#include "core/module.h"
#include "features/knowledge/knowledge_embed.h"
#include "features/knowledge/knowledge_vectors_store.h"

struct nearest {
    uuid index;
    uint32_t ordinal;
    double cosine; /* exact */
};

/*
 * At most `k` of the searched space, best first; equal ones by index and ordinal. `live` NULL: of all indexes, else of these (in
 * ascending order). Some may belong to documents that have gone a moment ago.
 */
CHECKED enum result nearest_find(struct call *call, const struct embedding_settings *settings, const struct embeddings *question, const uuid *live, size_t live_count,
                                 size_t k, struct nearest *ret_nearest, size_t *ret_count);

/* Asks once whether the database has vectors of its own. */
CHECKED enum result nearest_start(struct call *call);
bool nearest_in_engine(void);

/* Vectors as PostgreSQL writes an array of arrays; one question's (`count` 0) as an array. */
text nearest_array(struct arena *arena, const float *values, size_t count, size_t dimensions);

/* At the program's end, and for tests. */
void nearest_forget(void);

extern struct metric *const nearest_metrics[];

#endif
