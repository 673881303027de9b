/* Anthropic's whole answer → OpenAI's, and what it shares with the streams. */
#include <stdlib.h>

#include "ai/anthropic.h"
#include "ai/openai_wire.h"
#include "base/clock.h"

text anthropic_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? (text){ json_string_value(value), json_string_length(value) } : TEXT_NONE;
}

text anthropic_dump(struct arena *arena, const json_t *tree)
{
    size_t len = json_dumpb(tree, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *bytes = arena_alloc(arena, len + 1);

    json_dumpb(tree, bytes, len, JSON_COMPACT | JSON_ENCODE_ANY);
    return (text){ bytes, len };
}

struct ai_fault anthropic_fault(struct arena *arena, const json_t *error)
{
    return ai_fault_from_error(arena, anthropic_dump(arena, error));
}

text anthropic_finish_reason(text stop_reason)
{
    static const struct { const char *stop, *finish; } rows[] = {
        { "max_tokens", "length" }, { "model_context_window_exceeded", "length" }, { "tool_use", "tool_calls" }, { "refusal", "content_filter" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (text_equal(stop_reason, text_of(rows[i].stop)))
            return text_of(rows[i].finish);
    return T("stop");
}

/* Negative and absurd counts are no counts. */
static void read_count(const json_t *usage, const char *key, json_int_t *count)
{
    const json_t *value = json_object_get(usage, key);

    if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) <= INT64_C(1000000000000))
        *count = json_integer_value(value);
}

void anthropic_counts_read(const json_t *usage, struct anthropic_counts *counts)
{
    read_count(usage, "input_tokens", &counts->plain);
    read_count(usage, "cache_read_input_tokens", &counts->cache_read);
    read_count(usage, "cache_creation_input_tokens", &counts->cache_write);
    read_count(usage, "output_tokens", &counts->output);
}

struct ai_usage anthropic_usage(const struct anthropic_counts *counts, bool known)
{
    return (struct ai_usage){ .known = known, .input_tokens = counts->plain + counts->cache_read + counts->cache_write, .output_tokens = counts->output,
        .cached_tokens = counts->cache_read, .cache_write_tokens = counts->cache_write };
}

/* Blocks are told apart by type: the first one may be an empty thought. */
static void read_blocks(struct arena *arena, const json_t *blocks, struct buffer *words, struct buffer *thoughts, struct ai_wire_completion *ret)
{
    struct ai_wire_call *calls = arena_array(arena, json_array_size(blocks) + 1, sizeof *calls);
    size_t i;
    json_t *block;

    json_array_foreach(blocks, i, block) {
        text type = anthropic_text(block, "type");

        if (text_equal(type, T("text"))) {
            buffer_text(words, anthropic_text(block, "text"));
            ret->content = T("");
        } else if (text_equal(type, T("thinking"))) {
            buffer_text(thoughts, anthropic_text(block, "thinking"));
        } else if (text_equal(type, T("tool_use"))) {
            json_t *input = json_object_get(block, "input");

            calls[ret->call_count++] = (struct ai_wire_call){ anthropic_text(block, "id"), anthropic_text(block, "name"), input ? anthropic_dump(arena, input) : T("{}") };
        }
    }
    if (words->len || (ret->content.ptr && !ret->call_count))
        ret->content = buffer_view(words);
    else
        ret->content = ret->call_count ? TEXT_NONE : T("");
    ret->reasoning = buffer_view(thoughts);
    ret->calls = calls;
}

static bool garbled(struct arena *arena, struct ai_fault *ret_fault)
{
    return ai_fault_set(arena, ret_fault, AI_UPSTREAM_GARBLED, TEXT_NONE, "The provider's answer is not what its API promises.");
}

bool anthropic_answer(struct arena *arena, const struct ai_request *request, int status, text body, struct buffer *out, struct ai_usage *ret_usage,
                      struct ai_fault *ret_fault)
{
    SCOPED(buffer) struct buffer words = { .max = AI_EVENT_MAX };
    SCOPED(buffer) struct buffer thoughts = { .max = AI_EVENT_MAX };
    struct ai_wire_completion completion = { 0 };
    struct anthropic_counts counts = { 0 };
    json_auto_t *tree = NULL;
    const json_t *blocks;

    (void)request;
    *ret_usage = (struct ai_usage){ 0 };
    if (status < 200 || status > 299) {
        *ret_fault = ai_fault_from_answer(arena, status, body);
        return false;
    }
    tree = json_loadb(body.ptr ? body.ptr : "", body.len, JSON_ALLOW_NUL, NULL);
    if (json_object_get(tree, "error")) {
        *ret_fault = anthropic_fault(arena, json_object_get(tree, "error"));
        return false;
    }
    blocks = json_object_get(tree, "content");
    if (!json_is_array(blocks))
        return garbled(arena, ret_fault);
    completion.head = (struct ai_wire_head){ anthropic_text(tree, "id"), clock_now() / SECOND, anthropic_text(tree, "model") };
    completion.finish_reason = anthropic_finish_reason(anthropic_text(tree, "stop_reason"));
    read_blocks(arena, blocks, &words, &thoughts, &completion);
    if (json_is_object(json_object_get(tree, "usage"))) {
        anthropic_counts_read(json_object_get(tree, "usage"), &counts);
        completion.usage = anthropic_usage(&counts, true);
    }
    ai_wire_completion(out, &completion);
    *ret_usage = completion.usage;
    return true;
}

const struct dialect dialect_anthropic = {
    .name = "anthropic",
    .prepare = anthropic_prepare,
    .answer = anthropic_answer,
    .stream_open = anthropic_stream_open,
    .stream_feed = anthropic_stream_feed,
    .stream_finish = anthropic_stream_finish,
    .stream_free = anthropic_stream_free,
};
