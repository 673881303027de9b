/*
 * Answers: from a question to the stored outcome, in three short stages: a worker finds the passages and builds the prompt,
 * a loop streams the model's words into the answer's stream on the bus, a worker stores the outcome. Nobody waits on
 * another's thread, and no stage needs the client.
 */
#ifndef TENON_FEATURES_CONVERSATIONS_ANSWER_H
#define TENON_FEATURES_CONVERSATIONS_ANSWER_H

#include "features/conversations/conversations_store.h"
#include "http/http.h"

/* The answer's stream on the bus. */
text answer_stream_name(struct arena *arena, uuid organization, uuid message);

/* On a worker, when the question and the empty answer are stored: does the first stage and starts the rest. An answer that
   cannot be begun is stored as failed; the stream says so. */
void answer_start(struct call *call, const struct conversation_row *conversation, uuid message, text question, uuid question_id);

/* Ends an answer that is under way: what there is of it is kept. False when none is. Any thread. */
bool answer_stop(uuid message);

#endif
