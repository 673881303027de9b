/* Fuzzes whole answers of upstreams through both dialects: what comes out is a JSON object, or a fault with its words. */
#include <stdlib.h>

#include "ai/dialect.h"
#include "ai/upstream_json.h"

static void run(const struct dialect *dialect, enum ai_endpoint endpoint, bool base64, int status, text body)
{
    SCOPED(arena) struct arena arena = { 0 };
    SCOPED(buffer) struct buffer out = { 0 };
    const struct ai_provider provider = { .dialect = dialect };
    const struct ai_request request = { .endpoint = endpoint, .base64 = base64, .provider = &provider };
    struct ai_usage usage;
    struct ai_fault fault = { 0 };

    if (dialect->answer(&arena, &request, status, body, &out, &usage, &fault)) {
        if (!upstream_json_valid(buffer_view(&out)))
            abort();
    } else if (out.len || !fault.message.ptr || !fault.type.ptr || fault.status < 400 || !utf8_valid(fault.message)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the status, the endpoint and the form of vectors. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = { 200, 200, 200, 400, 404, 429, 500, 529 };
    int status;
    text body;

    if (size == 0)
        return 0;
    status = statuses[data[0] & 7];
    body = (text){ (const char *)data + 1, size - 1 };
    run(&dialect_openai, data[0] & 8 ? AI_EMBEDDINGS : AI_CHAT, data[0] & 16, status, body);
    run(&dialect_anthropic, AI_CHAT, false, status, body);
    return 0;
}
