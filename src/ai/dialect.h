/*
 * Dialect: a way of speaking to a model's service. It translates between OpenAI's API, which every caller in Tenon
 * speaks, and what the service speaks. It does no I/O and knows no tenant: the caller moves the bytes.
 *
 * One call: `prepare` makes the outgoing request. A whole answer goes through `answer`. A streamed one goes through
 * ai_stream_open, ai_stream_feed for every piece as it comes in, and ai_stream_finish once, when the upstream has ended
 * or `stream->ended` is set. An answer that is not 2xx goes to `answer` whatever was asked for.
 */
#ifndef TENON_AI_DIALECT_H
#define TENON_AI_DIALECT_H

#include "ai/catalogue.h"
#include "ai/fault.h"
#include "base/buffer.h"

enum ai_endpoint { AI_CHAT, AI_EMBEDDINGS };

/* Nothing here is owned. It must outlive `prepare` and `answer`, but not a stream's opening. */
struct ai_request {
    enum ai_endpoint endpoint;
    text model;         /* the upstream's id */
    text body;          /* the client's, OpenAI's shape, passed chat_request_read or embeddings_request_read */
    bool stream;
    bool include_usage; /* the client asked for stream_options.include_usage */
    bool base64;        /* embeddings: the client asked for encoding_format base64 */
    text base_url;      /* absent: the provider's */
    text api_key;       /* absent or empty: none is sent */
    const struct ai_provider *provider;
    const struct ai_model *known; /* NULL when the catalogue has no such model */
};

enum { AI_HEADERS_MAX = 12 };

/* A POST. */
struct ai_outgoing {
    text url;
    struct ai_header headers[AI_HEADERS_MAX];
    size_t header_count;
    text body;
};

/* Whoever wants plain text instead of OpenAI's chunks: the words of the first choice, in order. The text lives until the
   function returns. */
struct ai_listener {
    void (*on_text)(void *context, text delta);
    void *context;
};

/* A stream under way. The members are for reading. */
struct ai_stream {
    const struct dialect *dialect;
    struct ai_usage usage; /* the latest that came */
    bool saw_content;      /* text, reasoning or a tool call has gone out: no silent retry from here on */
    bool ended;            /* its proper end has come; further pieces are ignored, the connection is no longer needed */
    text finish_reason;    /* OpenAI's word, of the first choice that ended; absent before; static */
};

struct dialect {
    const char *name;
    bool cheap; /* prepare only splices bytes: it may run on an I/O thread */

    /* The outgoing request, in the arena. False: the request cannot be said in this dialect, the fault tells why. */
    bool (*prepare)(struct arena *arena, const struct ai_request *request, struct ai_outgoing *ret, struct ai_fault *ret_fault);

    /* A whole answer as OpenAI's body, appended to `out`. False: nothing was appended and the fault is filled, in the arena
       or static. The body is hostile until it has been checked here. */
    bool (*answer)(struct arena *arena, const struct ai_request *request, int status, text body, struct buffer *out,
                   struct ai_usage *ret_usage, struct ai_fault *ret_fault);

    struct ai_stream *(*stream_open)(const struct ai_request *request, const struct ai_listener *listener);
    bool (*stream_feed)(struct ai_stream *stream, text piece, struct buffer *out, struct ai_fault *ret_fault);
    bool (*stream_finish)(struct ai_stream *stream, struct buffer *out, struct ai_fault *ret_fault);
    void (*stream_free)(struct ai_stream *stream);
};

extern const struct dialect dialect_openai;
extern const struct dialect dialect_anthropic;

/* NULL when there is none of that name. */
const struct dialect *dialect_find(text name);

/* A stream keeps copies of what it needs. `listener` may be NULL; it is copied. */
static inline struct ai_stream *ai_stream_open(const struct ai_request *request, const struct ai_listener *listener)
{
    return request->provider->dialect->stream_open(request, listener);
}

/*
 * Takes the next bytes, cut anywhere, and appends complete chunks (server-sent events) that are ready to be sent. `out` may
 * be NULL for a caller that only listens. False: garbled, an error event, or past a limit; the fault's texts live as long as
 * the stream. What was appended before stays valid. The caller then writes the fault as an event (openai_wire.h) where
 * bytes have gone out already. A 200 that is a whole JSON answer instead of events is understood too.
 */
static inline bool ai_stream_feed(struct ai_stream *stream, text piece, struct buffer *out, struct ai_fault *ret_fault)
{
    return stream->dialect->stream_feed(stream, piece, out, ret_fault);
}

/*
 * To be called once. Appends the end — the usage chunk where it is due and `data: [DONE]` — which feed never does: so a
 * caller can put the call on record before anyone is told of its end. False with a fault when the upstream ended before its
 * proper end; a stream that had its finish_reason and lacks only the terminator is complete.
 */
static inline bool ai_stream_finish(struct ai_stream *stream, struct buffer *out, struct ai_fault *ret_fault)
{
    return stream->dialect->stream_finish(stream, out, ret_fault);
}

static inline void ai_stream_free(struct ai_stream *stream)
{
    if (stream)
        stream->dialect->stream_free(stream);
}

/* Longest single event, and longest whole answer to a streamed request (base64 images come in one line). */
enum { AI_EVENT_MAX = 32 << 20 };

/* --- shared by the dialects ------------------------------------------------------------------------------------------ */

/* URL, content type, credentials and the provider's headers. `path` begins with a slash. False when the key or the URL
   holds a byte that would break a header, or there is no URL. */
bool ai_outgoing_begin(struct arena *arena, const struct ai_request *request, const char *path, struct ai_outgoing *ret, struct ai_fault *ret_fault);

#endif
