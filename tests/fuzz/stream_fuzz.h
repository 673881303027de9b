/* The body of the two stream fuzzers: whatever the bytes and however they are cut, the outcome is the same and well formed. */
#ifndef TENON_FUZZ_STREAM_FUZZ_H
#define TENON_FUZZ_STREAM_FUZZ_H

#include <stdlib.h>

#include "ai/dialect.h"
#include "ai/upstream_json.h"
#include "base/sse.h"

struct fuzz_outcome {
    struct buffer out, words;
    bool ok;
    int64_t input, output;
};

static void fuzz_gather(void *context, text delta)
{
    if (!utf8_valid(delta) || text_find_char(delta, '\0') != SIZE_MAX)
        abort(); /* a listener stores it */
    buffer_text(context, delta);
}

static bool fuzz_event(void *context, const struct sse_event *event)
{
    (void)context;
    if (!text_equal(event->data, T("[DONE]")) && !upstream_json_valid(event->data))
        abort(); /* a client parses it */
    return true;
}

static struct fuzz_outcome fuzz_run(const struct ai_request *request, text bytes, size_t size)
{
    struct fuzz_outcome result = { .ok = true };
    const struct ai_listener listener = { fuzz_gather, &result.words };
    struct ai_stream *stream = ai_stream_open(request, &listener);
    struct ai_fault fault = { 0 };

    for (size_t at = 0; result.ok && at < bytes.len; at += size)
        result.ok = ai_stream_feed(stream, text_slice(bytes, at, size), &result.out, &fault);
    result.ok = result.ok && ai_stream_finish(stream, &result.out, &fault);
    if (!result.ok && (!fault.message.ptr || !fault.status))
        abort();
    result.input = stream->usage.input_tokens;
    result.output = stream->usage.output_tokens;
    ai_stream_free(stream);
    return result;
}

static void fuzz_check(const struct fuzz_outcome *result)
{
    struct sse_parser sse;

    sse_init(&sse, BUFFER_MAX);
    if (!sse_feed(&sse, buffer_view(&result->out), fuzz_event, NULL) || sse.line.len || sse.has_data)
        abort();
    sse_free(&sse);
}

static void fuzz_free(struct fuzz_outcome *result)
{
    buffer_free(&result->out);
    buffer_free(&result->words);
}

/* The first byte says how the rest is cut and whether the client asked for usage. */
static int fuzz_stream(const struct dialect *dialect, const uint8_t *data, size_t size)
{
    const struct ai_provider provider = { .id = T("x"), .dialect = dialect };
    struct ai_request request = { .model = T("m"), .stream = true, .provider = &provider };
    struct fuzz_outcome whole, cut;
    text bytes;

    if (size == 0)
        return 0;
    request.include_usage = data[0] & 1;
    bytes = (text){ (const char *)data + 1, size - 1 };
    whole = fuzz_run(&request, bytes, bytes.len + 1);
    cut = fuzz_run(&request, bytes, (size_t)(data[0] >> 1) % 16 + 1);
    fuzz_check(&whole);
    fuzz_check(&cut);
    if (whole.ok != cut.ok || whole.input != cut.input || whole.output != cut.output || whole.out.len != cut.out.len || whole.words.len != cut.words.len)
        abort();
    fuzz_free(&whole);
    fuzz_free(&cut);
    return 0;
}

#endif
