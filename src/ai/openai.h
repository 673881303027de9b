/*
 * The openai dialect's two halves: requests and whole answers in openai.c, streams in openai_stream.c. For dialect tables
 * only; callers use dialect.h.
 */
#ifndef TENON_AI_OPENAI_H
#define TENON_AI_OPENAI_H

#include "ai/dialect.h"

struct ai_stream *openai_stream_open(const struct ai_request *request, const struct ai_listener *listener);
bool openai_stream_feed(struct ai_stream *stream, text piece, struct buffer *out, struct ai_fault *ret_fault);
bool openai_stream_finish(struct ai_stream *stream, struct buffer *out, struct ai_fault *ret_fault);
void openai_stream_free(struct ai_stream *stream);

#endif
