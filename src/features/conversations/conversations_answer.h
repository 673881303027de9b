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

/* Ends an answer of the call's organization that is under way, here or on another instance: what there is of it is kept. */
void answer_stop(struct call *call, uuid message);

/* Whether its stream can be read from here. May wait for Redis, as the next two. */
bool answer_can_be_read(struct call *call, uuid message);

/* Of one whose row says that it is being given: whether nobody gives it any more. */
bool answer_is_abandoned(struct call *call, const struct message_row *row);

/* The same, and then it is stored as failed, in the row too; UNAVAILABLE when somebody may still be giving it. */
CHECKED enum result answer_give_up(struct call *call, struct message_row *row);

/* No answer takes longer, whoever gives it. */
#define ANSWER_LONGEST (config.gateway_total_timeout + MINUTE)

extern const struct event answer_stopped; /* payload: the message's id */
void answer_on_stopped(const struct services *on, uuid organization, text payload);

#endif
