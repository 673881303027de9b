/*
 * The anthropic dialect's parts: requests, whole answers, streams, one file each. For these files only; callers use
 * dialect.h. The whole body is read into a tree and written anew: the shapes differ too much to be spliced.
 *
 * base/json.h must not be included beside this header: jansson has the same names for the types of values.
 */
#ifndef TENON_AI_ANTHROPIC_H
#define TENON_AI_ANTHROPIC_H

#include <jansson.h>

#include "ai/dialect.h"

bool anthropic_prepare(struct arena *arena, const struct ai_request *request, struct ai_outgoing *ret, struct ai_fault *ret_fault);
bool anthropic_answer(struct arena *arena, const struct ai_request *request, int status, text body, struct buffer *out, struct ai_usage *ret_usage,
                      struct ai_fault *ret_fault);

struct ai_stream *anthropic_stream_open(const struct ai_request *request, const struct ai_listener *listener);
bool anthropic_stream_feed(struct ai_stream *stream, text piece, struct buffer *out, struct ai_fault *ret_fault);
bool anthropic_stream_finish(struct ai_stream *stream, struct buffer *out, struct ai_fault *ret_fault);
void anthropic_stream_free(struct ai_stream *stream);

/* OpenAI's finish reason for a stop_reason; static. */
text anthropic_finish_reason(text stop_reason);

/* Anthropic's counts. They come in parts and are cumulative: what is present overwrites what stood there. */
struct anthropic_counts {
    json_int_t plain, cache_read, cache_write, output;
};

void anthropic_counts_read(const json_t *usage, struct anthropic_counts *counts);

/* OpenAI's sense: the input includes what was read from and written to the cache. */
struct ai_usage anthropic_usage(const struct anthropic_counts *counts, bool known);

/* A string member as a text into the tree; absent when there is none. */
text anthropic_text(const json_t *object, const char *key);

/* A tree as compact JSON in the arena. */
text anthropic_dump(struct arena *arena, const json_t *tree);

/* The fault for an error object of the tree. */
struct ai_fault anthropic_fault(struct arena *arena, const json_t *error);

#endif
