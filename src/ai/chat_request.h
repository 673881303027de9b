/*
 * Chat request: what comes in at /v1/chat/completions and /v1/embeddings, looked at just enough to route it and to refuse
 * what no provider takes. Members that Tenon does not know travel on: the provider is the judge of them.
 *
 * The body has passed json_check. Its top level is walked once; nothing is copied, every text points into it.
 */
#ifndef TENON_AI_CHAT_REQUEST_H
#define TENON_AI_CHAT_REQUEST_H

#include "ai/fault.h"
#include "base/json.h"

struct chat_request {
    text model; /* as the client named it, escapes undone (in the arena, if there were any) */
    bool stream, include_usage;
    int64_t choices;    /* n; 1 when it was not given */
    int64_t max_tokens; /* max_completion_tokens or max_tokens; 0 when not given */
    bool tools;         /* tools were offered */
    bool json;          /* response_format asks for JSON */
    text messages;      /* the array, at least one item, each an object with a known role */
    size_t message_count;
};

/* False with OpenAI's own message and `param`, in the arena or static. */
bool chat_request_read(struct arena *arena, text body, struct chat_request *ret, struct ai_fault *ret_fault);

struct chat_message {
    text role;
    text words; /* its text parts joined by line feeds; empty when it has none */
};

/* The messages in order: start with `json_walk(request->messages)`. False at the end. */
bool chat_next_message(struct arena *arena, struct json_walk *walk, struct chat_message *ret);

struct embeddings_request {
    text model;
    bool base64;
    int64_t dimensions; /* 0: not given */
    text input;         /* a string, or an array of strings, of numbers, or of arrays of numbers */
    size_t input_count; /* vectors to be made */
    bool tokens;        /* the input is token numbers, which the builtin model cannot read */
};

enum { EMBEDDINGS_INPUT_MAX = 2048 };

bool embeddings_request_read(struct arena *arena, text body, struct embeddings_request *ret, struct ai_fault *ret_fault);

/* The strings to embed, decoded; `count` is input_count. Only when `tokens` is false. */
text *embeddings_inputs(struct arena *arena, const struct embeddings_request *request);

#endif
