/*
 * Catalogue: the providers and models Tenon knows, with their prices: data, not code. An OpenAI-compatible service is a
 * row in data/providers.json; a price is a row in data/models.json. Both are embedded into the program and checked when it
 * starts. Prices are defaults with a date; an organization may override them.
 *
 * A loaded catalogue never changes and may be read from any thread.
 */
#ifndef TENON_AI_CATALOGUE_H
#define TENON_AI_CATALOGUE_H

#include "base/text.h"

struct dialect;

struct ai_header {
    text name, value;
};

enum ai_auth {
    AI_AUTH_INVALID,
    AI_AUTH_NONE,
    AI_AUTH_BEARER,    /* Authorization: Bearer KEY */
    AI_AUTH_X_API_KEY, /* x-api-key: KEY */
    AI_AUTH_API_KEY,   /* api-key: KEY */
};

enum ai_capability {
    AI_CAN_CHAT = 1 << 0,
    AI_CAN_EMBED = 1 << 1,
    AI_CAN_IMAGE = 1 << 2,
    AI_CAN_SPEAK = 1 << 3,
    AI_CAN_TRANSCRIBE = 1 << 4,
    AI_CAN_RERANK = 1 << 5,
};

/* The name of the member that bounds the answer's tokens. */
enum ai_token_limit { AI_TOKENS_AS_SENT, AI_MAX_TOKENS, AI_MAX_COMPLETION_TOKENS };

struct ai_provider {
    text id, name;
    const struct dialect *dialect; /* NULL for `builtin`, which answers inside the program */
    text base_url;                 /* as the service's own SDK takes it; absent: the user must give it */
    enum ai_auth auth;
    struct ai_header headers[4]; /* sent with every request */
    size_t header_count;
    unsigned capabilities; /* of enum ai_capability */
    bool needs_key;
    text key_env; /* environment variable of the operator's own key; absent: none */
    text docs_url;
    enum ai_token_limit token_limit;
    bool stream_options;     /* accepts stream_options.include_usage */
    bool embeddings_base64;  /* serves encoding_format base64; else floats are asked for and converted */
    struct text_list drop;   /* top-level members that it refuses and that change no answer */
};

enum ai_kind { AI_KIND_INVALID, AI_KIND_CHAT, AI_KIND_EMBEDDINGS, AI_KIND_IMAGE };

/* What a model answers with 400 although its API has it. */
enum ai_refusal {
    AI_REFUSES_SAMPLING = 1 << 0,     /* temperature, top_p */
    AI_REFUSES_THINKING_OFF = 1 << 1,
    AI_REFUSES_FORCED_TOOLS = 1 << 2, /* tool_choice any or a named tool */
    AI_REFUSES_PREFILL = 1 << 3,      /* a last message from the assistant */
    AI_REFUSES_EFFORT = 1 << 4,
};

/* Micro-dollars per million tokens. */
struct ai_rate {
    int64_t above; /* applies to a call with more input tokens than this; 0 for the base rate */
    int64_t input, output, cache_read, cache_write; /* a cache price that the row leaves out equals the input's */
};

struct ai_price {
    int64_t from;           /* begins at this time (clock.h) */
    struct ai_rate rates[5]; /* the base rate, then tiers in rising order of `above` */
    size_t rate_count;
};

struct ai_model {
    const struct ai_provider *provider;
    text id; /* the provider's own */
    enum ai_kind kind;
    int64_t context_window, max_output, dimensions; /* tokens, tokens, vector length; 0: not known */
    unsigned refuses;                               /* of enum ai_refusal */
    text note;
    const struct ai_price *prices; /* in rising order of `from`; at least one */
    size_t price_count;
};

struct ai_usage {
    bool known;
    int64_t input_tokens; /* includes those read from and written to a cache */
    int64_t output_tokens; /* includes reasoning */
    int64_t cached_tokens, cache_write_tokens, reasoning_tokens;
};

struct ai_catalogue; /* opaque */

/* The embedded files. */
text ai_data_providers(void);
text ai_data_models(void);

/*
 * Reads both files strictly: unknown members, values of another type, an id that stands twice, a model of an unknown
 * provider, prices below zero or out of order are refused. On failure returns NULL and `error` holds one line that names
 * the file, the row and the member.
 */
struct ai_catalogue *ai_catalogue_load(text providers, text models, char error[static 256]);
void ai_catalogue_free(struct ai_catalogue *catalogue);

text ai_catalogue_as_of(const struct ai_catalogue *catalogue); /* the older of the two files' dates, `2026-11-20` */
const struct ai_provider *ai_provider_find(const struct ai_catalogue *catalogue, text id); /* NULL: none */
const struct ai_model *ai_model_find(const struct ai_catalogue *catalogue, text provider, text model);

/* All rows, in the files' order. */
const struct ai_provider *ai_providers(const struct ai_catalogue *catalogue, size_t *ret_count);
const struct ai_model *ai_models(const struct ai_catalogue *catalogue, size_t *ret_count);

text ai_capability_name(enum ai_capability capability); /* "chat", "embeddings", …; absent past the last */
text ai_kind_name(enum ai_kind kind);

/* The price in force at a time: the latest that has begun, or the first one. */
const struct ai_price *ai_price_at(const struct ai_model *model, int64_t time);

/*
 * The cost of a call in micro-dollars. The tier is chosen by all of the input tokens and prices the whole call, as the
 * services do. Exact: the sum over input, cache read, cache write and output is made in whole numbers and rounded once at
 * its end, half up. So a streamed call and its unstreamed twin cost the same to the micro-dollar. Unknown usage costs 0;
 * a sum beyond int64_t is INT64_MAX.
 */
int64_t ai_cost_micros(const struct ai_price *price, const struct ai_usage *usage);

#endif
