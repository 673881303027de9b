/* For tests: a recorded stream fed in pieces of one size, and all that comes of it. */
#ifndef TENON_AI_STREAM_FIXTURE_H
#define TENON_AI_STREAM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "ai/dialect.h"

struct outcome {
    bool ok;
    struct ai_fault fault; /* texts in the arena */
    struct ai_usage usage;
    bool saw_content;
    text finish_reason, out, words;
};

static void gather(void *context, text delta) { buffer_text(context, delta); }

static void keep_fault(struct arena *arena, struct ai_fault fault, struct outcome *ret)
{
    ret->fault = fault;
    ret->fault.type = text_copy(arena, fault.type);
    ret->fault.code = text_copy(arena, fault.code);
    ret->fault.message = text_copy(arena, fault.message);
}

__attribute__((unused)) static struct outcome run_stream(struct arena *arena, const struct ai_request *request, text bytes, size_t size)
{
    SCOPED(buffer) struct buffer out = { 0 };
    SCOPED(buffer) struct buffer words = { 0 };
    const struct ai_listener listener = { gather, &words };
    struct ai_stream *stream = ai_stream_open(request, &listener);
    struct outcome result = { .ok = true };
    struct ai_fault fault;

    for (size_t at = 0; result.ok && at < bytes.len; at += size) {
        /* a copy of its own, so that a sanitizer sees a step past the piece */
        text piece = text_slice(bytes, at, size);
        char *copy = malloc(piece.len);

        memcpy(copy, piece.ptr, piece.len);
        result.ok = ai_stream_feed(stream, (text){ copy, piece.len }, &out, &fault);
        free(copy);
    }
    result.ok = result.ok && ai_stream_finish(stream, &out, &fault);
    if (!result.ok)
        keep_fault(arena, fault, &result);
    result.usage = stream->usage;
    result.saw_content = stream->saw_content;
    result.finish_reason = stream->finish_reason;
    result.out = text_copy(arena, buffer_view(&out));
    result.words = text_copy(arena, buffer_view(&words));
    ai_stream_free(stream);
    return result;
}

static void expect_text(const char *what, text got, text wanted)
{
    if (!text_equal(got, wanted))
        fail_msg("%s:\n got    %.*s\n wanted %.*s", what, TEXT_ARG(got), TEXT_ARG(wanted));
}

#endif
