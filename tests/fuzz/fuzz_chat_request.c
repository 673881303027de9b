/* Fuzzes what comes in at /v1 and its way out through both dialects: what passes here is sent as valid JSON. */
#include <stdlib.h>

#include "ai/chat_request.h"
#include "ai/dialect.h"

static const struct json_limits limits = { .depth = 64, .string = 1 << 20 };

static void send_on(struct arena *arena, const struct dialect *dialect, text body, const struct chat_request *chat)
{
    text drop[] = { T("store") };
    const struct ai_provider provider = { .dialect = dialect, .base_url = T("http://x.test"), .token_limit = AI_MAX_TOKENS, .stream_options = true, .drop = { drop, 1 } };
    const struct ai_request request = { .model = chat->model, .body = body, .stream = chat->stream, .include_usage = chat->include_usage, .provider = &provider };
    struct ai_outgoing out;
    struct ai_fault fault = { 0 };
    struct json_error error;

    if (!dialect->prepare(arena, &request, &out, &fault)) {
        if (!fault.message.ptr || fault.status < 400)
            abort();
    } else if (!json_check(out.body, &limits, &error)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct embeddings_request embeddings;
    struct chat_request chat;
    struct chat_message message;
    struct json_error error;
    struct ai_fault fault;
    text body = { (const char *)data, size };

    if (size == 0 || !json_check(body, &limits, &error))
        return 0;
    body = text_trim(body);
    if (chat_request_read(&arena, body, &chat, &fault)) {
        struct json_walk walk = json_walk(chat.messages);

        while (chat_next_message(&arena, &walk, &message))
            if (!utf8_valid(message.words) || !message.role.len)
                abort();
        send_on(&arena, &dialect_openai, body, &chat);
        send_on(&arena, &dialect_anthropic, body, &chat);
    }
    if (embeddings_request_read(&arena, body, &embeddings, &fault) && !embeddings.tokens)
        embeddings_inputs(&arena, &embeddings);
    return 0;
}
