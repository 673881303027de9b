/*
 * Server-sent events (WHATWG HTML §9.2): a parser for streams that arrive in any pieces, and a writer.
 */
#ifndef TENON_BASE_SSE_H
#define TENON_BASE_SSE_H

#include "base/buffer.h"

struct sse_event {
    text event; /* empty when the stream named none */
    text data;  /* `data:` lines joined with a line feed */
    text id;
};

/* Gets each event in order; its texts live until it returns. False stops the parser for good. */
typedef bool sse_sink(void *context, const struct sse_event *event);

struct sse_parser {
    struct buffer line;
    struct buffer data;
    struct buffer event;
    struct buffer id;
    bool has_data;
    bool after_cr; /* the last piece ended in \r: a \n that follows belongs to it */
    bool begun;    /* past a byte order mark */
};

/* `max` bounds one line and one event's data. */
void sse_init(struct sse_parser *parser, size_t max);
void sse_free(struct sse_parser *parser);

/* False when the sink stopped it or a line or event went past the maximum. */
bool sse_feed(struct sse_parser *parser, text piece, sse_sink *sink, void *context);

/* The end of the stream: an event without its blank line is handed out all the same. */
bool sse_finish(struct sse_parser *parser, sse_sink *sink, void *context);

/* Appends one event; absent members are left out, line feeds in data are split into lines. */
void sse_write(struct buffer *out, const struct sse_event *event);

#endif
