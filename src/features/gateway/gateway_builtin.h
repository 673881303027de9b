/* The builtin models behind the gateway: answers made on a worker, handed out on the loop like any other. */
#ifndef TENON_FEATURES_GATEWAY_BUILTIN_H
#define TENON_FEATURES_GATEWAY_BUILTIN_H

#include "ai/dialect.h"
#include "features/gateway/gateway.h"

/* On a worker. Chat: the answer's plain text in `ret_answer`. Embeddings: the whole body. */
bool gateway_builtin_answer(struct arena *arena, const struct ai_request *request, struct buffer *ret_answer, struct ai_fault *ret_fault);

/* On the loop. Streams the text to the sink in words, and leaves in `answer` what is to be sent last: the whole body, or the
   stream's end. Fills the outcome's usage. */
void gateway_builtin_deliver(const struct ai_request *request, const struct gateway_sink *sink, struct buffer *answer, struct gateway_outcome *outcome);

#endif
