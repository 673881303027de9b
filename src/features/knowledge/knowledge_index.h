/* Indexing: from a stored file to chunks and postings, and back to nothing. */
#ifndef TENON_FEATURES_KNOWLEDGE_INDEX_H
#define TENON_FEATURES_KNOWLEDGE_INDEX_H

#include "core/module.h"

extern const struct job_kind index_job; /* payload: document and file id, by a space */
extern const struct job_kind purge_job; /* payload: document id */
extern const struct job_kind retire_job; /* payload: index id */

CHECKED enum result index_later(struct call *call, uuid document, uuid file);
CHECKED enum result purge_later(struct call *call, uuid document);

#endif
