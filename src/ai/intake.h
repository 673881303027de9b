/*
 * Intake: what every stream does with the bytes before it looks at an event. A service may answer a streamed request with
 * events, with one whole JSON document, or with a page of HTML, and its content type is not to be relied upon; the first
 * byte that is no white space tells them apart.
 */
#ifndef TENON_AI_INTAKE_H
#define TENON_AI_INTAKE_H

#include "base/sse.h"

enum intake_kind { INTAKE_UNKNOWN, INTAKE_EVENTS, INTAKE_WHOLE, INTAKE_PAGE };

struct intake {
    enum intake_kind kind;
    struct sse_parser sse;
    struct buffer whole; /* the document, when kind is INTAKE_WHOLE */
};

/* `max` bounds an event and the document. */
void intake_init(struct intake *intake, size_t max);
void intake_free(struct intake *intake);

/* Events go to the sink; a document is gathered. False when the sink stopped it, something is too long, or it is a page. */
bool intake_feed(struct intake *intake, text piece, sse_sink *sink, void *context);

/* The end: an event that lacks its blank line still goes to the sink. */
bool intake_finish(struct intake *intake, sse_sink *sink, void *context);

#endif
