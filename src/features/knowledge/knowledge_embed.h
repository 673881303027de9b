/* Embedding: vectors of texts by an organization's model, on record in the ledger like every call. */
#ifndef TENON_FEATURES_KNOWLEDGE_EMBED_H
#define TENON_FEATURES_KNOWLEDGE_EMBED_H

#include "core/module.h"
#include "features/providers/providers.h"

struct embed_request {
    text model;    /* as model_find takes it */
    text endpoint; /* for the ledger */
    const text *texts;
    size_t count;
    int64_t patience; /* how long to wait for a service, in microseconds */
};

struct embeddings {
    float *values; /* unit vectors, one behind the other */
    size_t dimensions;
};

/*
 * On a worker or a job's thread, never on a loop: a service is waited for. VALIDATION_ERROR: these texts the model does not take,
 * now or later. Otherwise UPSTREAM_ERROR, UPSTREAM_TIMEOUT or UNAVAILABLE (all with a message for people): it may succeed later.
 */
CHECKED enum result embed_texts(struct call *call, const struct embed_request *request, struct embeddings *ret_embeddings);

/* A question's vector, kept for a while under the name of the space that it is asked in. Waits for a short time only, and not at
   all when half of the workers wait already. Endpoint: a search's. */
CHECKED enum result embed_question(struct call *call, text model, uuid space, text question, struct embeddings *ret_embedding);

/* The model the name means makes embeddings; else VALIDATION_ERROR under `field`. */
CHECKED enum result embed_check_model(struct call *call, const char *field, text model);

#endif
