/* The choice of an embedding model. */
#ifndef TENON_FEATURES_KNOWLEDGE_SETTINGS_H
#define TENON_FEATURES_KNOWLEDGE_SETTINGS_H

#include "http/http.h"

struct settings_body {
    text embedding_model;
    bool has_embedding_model;
};

extern const struct field settings_view[], settings_fields[];

CHECKED enum result settings_read(struct request *req, const void *body);
CHECKED enum result settings_change(struct request *req, const void *body);

#endif
