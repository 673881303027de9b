/*
 * Vectors of documents: made by jobs after a document's words are indexed, so that it is found by its words meanwhile and
 * whatever the embedding model does.
 */
#ifndef TENON_FEATURES_KNOWLEDGE_VECTORS_H
#define TENON_FEATURES_KNOWLEDGE_VECTORS_H

#include "core/module.h"

extern const struct job_kind embed_job;  /* payload: space, document and index id, by spaces */
extern const struct job_kind fill_job;   /* payload: space id */
extern const struct job_kind forget_job; /* payload: space id */

/* The words of a chunk that its terms and its vector are made of: its own and those of the headings it stands under. */
text chunk_words(struct arena *arena, text heading, text words);

/* In the transaction that makes the index the live one. */
CHECKED enum result embed_later(struct call *call, uuid document, uuid index);

/* Removes an index's vectors from every space, in a transaction of its own. */
CHECKED enum result vectors_remove(struct call *call, uuid index);

/*
 * Chooses a model (absent: none). What is there is embedded by a job, and searched by the former model until all of it is; the
 * same model again: what is missing is tried again.
 */
CHECKED enum result embedding_choose(struct call *call, text model);

#endif
