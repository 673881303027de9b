/*
 * Gateway: one call to a model, from anywhere in the program, on an I/O loop: hold what it may cost in the caller's budgets,
 * translate, send, stream back, and put it on record in the ledger before anybody is told of its end.
 */
#ifndef TENON_FEATURES_GATEWAY_H
#define TENON_FEATURES_GATEWAY_H

#include "ai/dialect.h"
#include "features/providers/providers.h"
#include "http/http.h"

struct gateway_request {
    const struct services *on;
    uuid organization, key, user; /* for the ledger and the budgets; key and user may be none */
    text request_id;
    text endpoint, feature;
    enum ai_endpoint kind;
    struct model_target target;
    text body; /* OpenAI's shape, read by chat_request_read or embeddings_request_read */
    bool stream, include_usage, base64;
};

struct gateway_outcome {
    bool ok;
    struct ai_fault fault; /* when not ok */
    bool over_budget;      /* that is because a budget is spent */
    text retry_after;      /* as the upstream said it, or absent */
    struct ai_usage usage;
    int64_t cost_micros;
    text finish_reason; /* of a stream */
    text body;          /* a whole answer, or the last bytes of a stream: send them now */
};

/* All on the call's loop. `on_chunk` gets a stream as OpenAI's events, `on_text` as plain words; either may be NULL.
   `on_end` is called once, and nothing after it; what it gets lives until it returns. */
struct gateway_sink {
    void (*on_chunk)(void *context, text bytes);
    void (*on_text)(void *context, text delta);
    void (*on_end)(void *context, const struct gateway_outcome *outcome);
    void *context;
};

struct gateway_call;

/* What an outcome that is not ok is to a caller of /api. */
enum result gateway_result(const struct gateway_outcome *outcome);

/* From the loop's own thread; copies what it needs. NULL: the ledger has no room, so the call must not be made. */
struct gateway_call *gateway_start(struct loop *loop, const struct gateway_request *request, const struct gateway_sink *sink);

/* The asker is gone: the upstream call is ended and recorded; on_end is not called. */
void gateway_cancel(struct gateway_call *call);

/* The asker cannot take more for now: nothing is read from the upstream until it can. */
void gateway_pause(struct gateway_call *call);
void gateway_resume(struct gateway_call *call);

extern const struct module gateway_module;

#endif
