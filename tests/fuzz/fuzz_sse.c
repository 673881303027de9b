/* Fuzzes the event parser: the same events however the bytes are cut, and what it read it can write. */
#include <stdlib.h>

#include "base/sse.h"

static bool rewrite(void *context, const struct sse_event *event)
{
    sse_write(context, event);
    return true;
}

static void run(text bytes, size_t size, struct buffer *out)
{
    struct sse_parser sse;
    bool go = true;

    sse_init(&sse, 4096);
    for (size_t at = 0; go && at < bytes.len; at += size)
        go = sse_feed(&sse, text_slice(bytes, at, size), rewrite, out);
    if (go)
        sse_finish(&sse, rewrite, out);
    sse_free(&sse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(buffer) struct buffer whole = { 0 };
    SCOPED(buffer) struct buffer cut = { 0 };
    text bytes;

    if (size == 0)
        return 0;
    bytes = (text){ (const char *)data + 1, size - 1 };
    run(bytes, bytes.len + 1, &whole);
    run(bytes, data[0] % 16u + 1, &cut);
    if (!text_equal(buffer_view(&whole), buffer_view(&cut)))
        abort();
    return 0;
}
