/* Reading an answer as it is made: the stream on the bus to one client, from wherever the client was. */
#ifndef TENON_FEATURES_CONVERSATIONS_STREAM_H
#define TENON_FEATURES_CONVERSATIONS_STREAM_H

#include "features/conversations/conversations_store.h"
#include "http/http.h"

/* From a handler that then returns OK: the rest happens on the loop. Events behind number `after`. */
void stream_answer(struct request *req, uuid message, int64_t after);

/* The same for a client that wants the whole: `then` runs on a worker when the answer is there, and responds. */
void await_answer(struct request *req, uuid message, enum result (*then)(struct request *req));

/* What is left of a stored answer behind the first `mark` bytes of its content, as the stream would have ended; for when
   the stream itself is gone. */
CHECKED enum result respond_stored(struct request *req, const struct message_row *row, int64_t number, int64_t mark);

#endif
