/*
 * OpenAI's wire: what /v1 answers with, written by Tenon itself — for the builtin models, for dialects that translate, and
 * for every error. (openai/openai-openapi, "chat completions", "embeddings", "models".)
 *
 * All functions append to a buffer. Those named …_chunk, …_event and ai_wire_done write server-sent events, the others a
 * JSON body.
 */
#ifndef TENON_AI_OPENAI_WIRE_H
#define TENON_AI_OPENAI_WIRE_H

#include "ai/catalogue.h"
#include "ai/embedding.h"
#include "ai/fault.h"
#include "base/buffer.h"

struct ai_listener;

/* What stands the same in an answer and in each of its chunks. */
struct ai_wire_head {
    text id;         /* `chatcmpl-…` */
    int64_t created; /* seconds */
    text model;
};

struct ai_wire_call {
    text id, name;
    text arguments; /* a JSON document, as a text */
};

/* A whole answer with one choice. */
struct ai_wire_completion {
    struct ai_wire_head head;
    text content;   /* absent: null */
    text reasoning; /* absent or empty: left out; written as reasoning_content */
    const struct ai_wire_call *calls;
    size_t call_count;
    text finish_reason;
    struct ai_usage usage; /* left out when it is not known */
};

void ai_wire_completion(struct buffer *out, const struct ai_wire_completion *completion);

/* One chunk of one choice. Absent members are left out of the delta. */
struct ai_wire_chunk {
    bool role;               /* the first one: role assistant and empty content */
    text content, reasoning;
    bool call;               /* a tool call's delta: */
    size_t call_index;
    text call_id, call_name; /* present in a call's first delta only */
    text arguments;
    text finish_reason;      /* absent: null */
};

/* `usage_null`: the client asked for usage, so every chunk but the last says "usage":null. */
void ai_wire_chunk(struct buffer *out, const struct ai_wire_head *head, const struct ai_wire_chunk *chunk, bool usage_null);
void ai_wire_usage_chunk(struct buffer *out, const struct ai_wire_head *head, const struct ai_usage *usage);
void ai_wire_done(struct buffer *out);

/* A whole completion (checked JSON) as the chunks that would have made it, without usage and end. The words of choice 0 go
   to the listener too, which may be NULL, as `out` may. Returns choice 0's finish reason (static), absent when it has none. */
text ai_wire_completion_as_chunks(struct buffer *out, text completion, bool usage_null, const struct ai_listener *listener);

/* "usage" of a chat completion: total_tokens and both details objects included. */
void ai_wire_usage(struct json_writer *w, const struct ai_usage *usage);

/* Reads a usage object (syntax checked) of OpenAI's shape or of those near it; false when it holds no counts. */
bool ai_wire_usage_read(text usage, struct ai_usage *ret_usage);

/* OpenAI's word for a finish reason of a service near its dialect (`eos` is stop, `model_length` is length), static. */
text ai_wire_finish_reason(text raw);

/* {"object":"list","data":[…],"model":…,"usage":…} */
void ai_wire_embeddings(struct buffer *out, text model, const struct embedding *embeddings, size_t count, bool base64, int64_t input_tokens);

struct ai_wire_model {
    text id, owned_by;
    int64_t created; /* seconds */
};

void ai_wire_models(struct buffer *out, const struct ai_wire_model *models, size_t count);
void ai_wire_model(struct buffer *out, const struct ai_wire_model *model);

/* {"error":{"message","type","param","code"}} */
void ai_wire_error(struct buffer *out, const struct ai_fault *fault);

/* The same as an event, for a stream that has begun. Nothing may follow it but the end of the connection. */
void ai_wire_error_event(struct buffer *out, const struct ai_fault *fault);

#endif
