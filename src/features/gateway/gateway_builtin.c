#include "features/gateway/gateway_builtin.h"

#include "ai/builtin.h"
#include "ai/chat_request.h"
#include "ai/openai_wire.h"

static bool answer_chat(struct arena *arena, const struct ai_request *request, struct buffer *ret_answer, struct ai_fault *ret_fault)
{
    struct chat_request chat;
    struct builtin_message *messages;
    struct json_walk walk;
    struct chat_message message;
    size_t count = 0;

    if (!chat_request_read(arena, request->body, &chat, ret_fault))
        return false;
    messages = arena_array(arena, chat.message_count, sizeof *messages);
    walk = json_walk(chat.messages);
    while (count < chat.message_count && chat_next_message(arena, &walk, &message))
        messages[count++] = (struct builtin_message){ message.role, message.words };
    buffer_text(ret_answer, builtin_chat(arena, messages, count));
    return true;
}

static bool answer_embeddings(struct arena *arena, const struct ai_request *request, struct buffer *ret_answer, struct ai_fault *ret_fault)
{
    struct embeddings_request embeddings;
    struct embedding *list;
    size_t tokens = 0;
    text *inputs;

    if (!embeddings_request_read(arena, request->body, &embeddings, ret_fault))
        return false;
    if (embeddings.tokens)
        return ai_fault_set(arena, ret_fault, AI_INVALID_VALUE, T("input"), "builtin/embed-1 reads text, not token numbers.");
    if (embeddings.dimensions && embeddings.dimensions != BUILTIN_DIMENSIONS)
        return ai_fault_set(arena, ret_fault, AI_INVALID_VALUE, T("dimensions"), "builtin/embed-1 has %d dimensions.", BUILTIN_DIMENSIONS);
    inputs = embeddings_inputs(arena, &embeddings);
    list = arena_array(arena, embeddings.input_count, sizeof *list);
    for (size_t i = 0; i < embeddings.input_count; i++) {
        float *vector = arena_array(arena, BUILTIN_DIMENSIONS, sizeof *vector);

        builtin_embed(inputs[i], vector);
        list[i] = (struct embedding){ vector, BUILTIN_DIMENSIONS };
        tokens += builtin_count_tokens(inputs[i]);
    }
    ai_wire_embeddings(ret_answer, T("builtin/embed-1"), list, embeddings.input_count, embeddings.base64, (int64_t)tokens);
    return true;
}

bool gateway_builtin_answer(struct arena *arena, const struct ai_request *request, struct buffer *ret_answer, struct ai_fault *ret_fault)
{
    if (request->endpoint == AI_EMBEDDINGS) {
        if (request->known && request->known->kind != AI_KIND_EMBEDDINGS)
            return ai_fault_set(arena, ret_fault, AI_INVALID_VALUE, T("model"), "This model makes no embeddings.");
        return answer_embeddings(arena, request, ret_answer, ret_fault);
    }
    if (request->known && request->known->kind != AI_KIND_CHAT)
        return ai_fault_set(arena, ret_fault, AI_INVALID_VALUE, T("model"), "This model does not chat.");
    return answer_chat(arena, request, ret_answer, ret_fault);
}

/* --- delivering ---------------------------------------------------------------------------------------------------------- */

static struct ai_usage usage_of(const struct ai_request *request, text words)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct ai_usage usage = { .known = true, .output_tokens = (int64_t)builtin_count_tokens(words) };
    struct chat_request chat;
    struct chat_message message;
    struct ai_fault fault;

    if (chat_request_read(&arena, request->body, &chat, &fault)) {
        struct json_walk walk = json_walk(chat.messages);

        while (chat_next_message(&arena, &walk, &message))
            usage.input_tokens += (int64_t)builtin_count_tokens(message.words);
    }
    return usage;
}

static struct ai_wire_head head_of(struct arena *arena)
{
    return (struct ai_wire_head){ text_format(arena, "chatcmpl-%.*s", TEXT_ARG(uuid_text(arena, uuid_new()))), clock_now() / SECOND, T("builtin/extract-1") };
}

/* The next few words of a text, with the blanks behind them. */
static text next_words(text rest)
{
    size_t at = 0;

    for (int words = 0; words < 3 && at < rest.len; words++) {
        while (at < rest.len && rest.ptr[at] != ' ' && rest.ptr[at] != '\n')
            at++;
        while (at < rest.len && (rest.ptr[at] == ' ' || rest.ptr[at] == '\n'))
            at++;
    }
    return text_slice(rest, 0, at);
}

static void stream_words(const struct ai_request *request, const struct gateway_sink *sink, text words, const struct ai_wire_head *head)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text rest = words;

    if (sink->on_chunk) {
        ai_wire_chunk(&out, head, &(struct ai_wire_chunk){ .role = true }, request->include_usage);
        sink->on_chunk(sink->context, buffer_view(&out));
    }
    while (rest.len) {
        text piece = next_words(rest);

        rest = text_slice(rest, piece.len, rest.len);
        if (sink->on_text)
            sink->on_text(sink->context, piece);
        if (!sink->on_chunk)
            continue;
        out.len = 0;
        ai_wire_chunk(&out, head, &(struct ai_wire_chunk){ .content = piece }, request->include_usage);
        sink->on_chunk(sink->context, buffer_view(&out));
    }
}

void gateway_builtin_deliver(const struct ai_request *request, const struct gateway_sink *sink, struct buffer *answer, struct gateway_outcome *outcome)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct ai_wire_head head = head_of(&arena);
    text words = text_copy(&arena, buffer_view(answer));

    if (request->endpoint == AI_EMBEDDINGS) {
        text usage = json_find(words, "usage");

        outcome->usage.known = json_int(json_find(usage, "prompt_tokens"), &outcome->usage.input_tokens);
        return;
    }
    outcome->usage = usage_of(request, words);
    outcome->finish_reason = T("stop");
    answer->len = 0;
    if (!request->stream) {
        ai_wire_completion(answer, &(struct ai_wire_completion){ .head = head, .content = words, .finish_reason = T("stop"), .usage = outcome->usage });
        return;
    }
    stream_words(request, sink, words, &head);
    ai_wire_chunk(answer, &head, &(struct ai_wire_chunk){ .finish_reason = T("stop") }, request->include_usage);
    if (request->include_usage)
        ai_wire_usage_chunk(answer, &head, &outcome->usage);
    ai_wire_done(answer);
}
