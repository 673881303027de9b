#include "ai/intake.h"

void intake_init(struct intake *intake, size_t max)
{
    *intake = (struct intake){ .whole.max = max };
    sse_init(&intake->sse, max);
}

void intake_free(struct intake *intake)
{
    sse_free(&intake->sse);
    buffer_free(&intake->whole);
}

static enum intake_kind kind_of(char first)
{
    switch (first) {
    case '{': case '[': return INTAKE_WHOLE; /* no field of an event begins so */
    case '<': return INTAKE_PAGE;
    default: return INTAKE_EVENTS;
    }
}

bool intake_feed(struct intake *intake, text piece, sse_sink *sink, void *context)
{
    if (intake->kind == INTAKE_UNKNOWN) {
        while (piece.len && strchr(" \t\r\n", piece.ptr[0]) && piece.ptr[0])
            piece = text_slice(piece, 1, piece.len);
        if (piece.len == 0)
            return true;
        intake->kind = kind_of(piece.ptr[0]);
    }
    switch (intake->kind) {
    case INTAKE_EVENTS: return sse_feed(&intake->sse, piece, sink, context);
    case INTAKE_WHOLE: buffer_text(&intake->whole, piece); return !intake->whole.failed;
    default: return false;
    }
}

bool intake_finish(struct intake *intake, sse_sink *sink, void *context)
{
    return intake->kind != INTAKE_EVENTS || sse_finish(&intake->sse, sink, context);
}
