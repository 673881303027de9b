/*
 * Embedding: one vector in the two forms in which OpenAI's API writes it, a list of numbers and base64 of little-endian
 * float32. The official SDKs ask for base64 unless told otherwise, and few other services give it.
 */
#ifndef TENON_AI_EMBEDDING_H
#define TENON_AI_EMBEDDING_H

#include "base/text.h"

struct json_writer; /* base/json.h, which cannot stand beside jansson.h in one file: their names clash */

enum { EMBEDDING_MAX = 1 << 16 }; /* numbers in one vector */

struct embedding {
    const float *values;
    size_t len;
};

/* From either form, syntax checked before. False for anything else, an empty or too long vector, or a number that no float
   holds. */
bool embedding_read(struct arena *arena, text value, struct embedding *ret);

/* As the JSON value of "embedding". Numbers in the shortest form that reads back to the same float. */
void embedding_write(struct json_writer *w, struct embedding embedding, bool base64);

#endif
