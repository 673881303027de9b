/* ai: what /v1 writes, vectors, faults, and JSON from upstreams. */
#include <math.h>

#include "ai/stream_fixture.h"

#include "ai/openai_wire.h"
#include "ai/upstream_json.h"

static void answers_are_written(void **state)
{
    SCOPED(buffer) struct buffer out = { 0 };
    const struct ai_wire_head head = { T("chatcmpl-1"), 7, T("builtin/extract-1") };
    const struct ai_usage usage = { true, 3, 2, 1, 0, 0 };
    const struct ai_wire_completion completion = { .head = head, .content = T("Hi"), .finish_reason = T("stop"), .usage = usage };
    const struct ai_wire_model models[] = { { T("a"), T("x"), 1 }, { T("b"), T("y"), 2 } };
    const struct ai_fault fault = ai_fault_make(AI_INVALID_KEY, TEXT_NONE, T("No \"key\"."));

    (void)state;
    ai_wire_completion(&out, &completion);
    expect_text("completion", buffer_view(&out), T("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":7,\"model\":\"builtin/extract-1\",\"choices\":[{\"index\":0,"
        "\"message\":{\"role\":\"assistant\",\"content\":\"Hi\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,"
        "\"total_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":1,\"cache_write_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}}}"));
    out.len = 0;
    ai_wire_chunk(&out, &head, &(struct ai_wire_chunk){ .content = T("Hi") }, true);
    ai_wire_done(&out);
    expect_text("chunk", buffer_view(&out), T("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"builtin/extract-1\",\"choices\":[{\"index\":0,"
        "\"delta\":{\"content\":\"Hi\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\ndata: [DONE]\n\n"));
    out.len = 0;
    ai_wire_models(&out, models, 2);
    expect_text("models", buffer_view(&out), T("{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"object\":\"model\",\"created\":1,\"owned_by\":\"x\"},{\"id\":\"b\",\"object\":\"model\",\"created\":2,\"owned_by\":\"y\"}]}"));
    out.len = 0;
    ai_wire_error_event(&out, &fault);
    expect_text("error", buffer_view(&out), T("data: {\"error\":{\"message\":\"No \\\"key\\\".\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}\n\n"));
    assert_int_equal(fault.status, 401);
}

static void a_completion_becomes_chunks(void **state)
{
    static const char whole[] = "{\"id\":\"c\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\","
                                "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}";
    SCOPED(buffer) struct buffer out = { 0 };

    (void)state;
    expect_text("finish", ai_wire_completion_as_chunks(&out, text_of(whole), false, NULL), T("tool_calls"));
    assert_true(text_find(buffer_view(&out), T("\"delta\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"type\":\"function\",")) != SIZE_MAX);
    assert_true(text_find(buffer_view(&out), T("\"delta\":{},\"finish_reason\":\"tool_calls\"")) != SIZE_MAX);
}

static void vectors_read_back_exactly(void **state)
{
    static const float values[] = { 0.0f, -1.0f, 0.1f, 3.4028235e38f, 1e-45f, 1.17549435e-38f, 0.333333343f, 16777217.0f };
    const struct embedding vector = { values, sizeof values / sizeof *values };

    (void)state;
    for (int base64 = 0; base64 <= 1; base64++) {
        SCOPED(arena) struct arena arena = { 0 };
        SCOPED(buffer) struct buffer out = { 0 };
        struct json_writer w = { &out, false };
        struct embedding back;

        embedding_write(&w, vector, base64 != 0);
        assert_true(embedding_read(&arena, buffer_view(&out), &back));
        assert_int_equal(back.len, vector.len);
        assert_memory_equal(back.values, values, sizeof values);
    }
}

static void bad_vectors_are_refused(void **state)
{
    static const char *const rows[] = { "[]", "\"\"", "\"AAA=\"", "\"AACAfw==\"", "[1,null]", "[1e39]", "{}", "7", "\"!!!!\"" };
    SCOPED(arena) struct arena arena = { 0 };
    struct embedding vector;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (embedding_read(&arena, text_of(rows[i]), &vector))
            fail_msg("%s", rows[i]);
}

static void usage_is_read_from_many(void **state)
{
    static const struct { const char *json; bool known; int64_t input, output, cached, written; } rows[] = {
        { "{\"prompt_tokens\":5,\"completion_tokens\":2}", true, 5, 2, 0, 0 },
        { "{\"prompt_tokens\":5,\"completion_tokens\":2,\"prompt_cache_hit_tokens\":4}", true, 5, 2, 4, 0 },
        { "{\"prompt_tokens\":5,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":3,\"cache_write_tokens\":1}}", true, 5, 2, 3, 1 },
        { "{\"prompt_tokens\":5,\"prompt_tokens_details\":null}", true, 5, 0, 0, 0 },
        { "{\"total_tokens\":9}", true, 9, 0, 0, 0 },
        { "{\"prompt_tokens\":-5,\"completion_tokens\":1e300}", true, 0, INT64_C(1000000000000), 0, 0 },
        { "{}", false, 0, 0, 0, 0 },
        { "null", false, 0, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ai_usage usage = { 0 };

        assert_int_equal(ai_wire_usage_read(text_of(rows[i].json), &usage), rows[i].known);
        assert_int_equal(usage.input_tokens, rows[i].input);
        assert_int_equal(usage.output_tokens, rows[i].output);
        assert_int_equal(usage.cached_tokens, rows[i].cached);
        assert_int_equal(usage.cache_write_tokens, rows[i].written);
    }
}

static void upstream_json_is_scanned(void **state)
{
    static const struct { const char *doc; bool valid; } rows[] = {
        { "{\"a\":[1,-2.5e+3,true,false,null,\"x\\u0000\\ud800\"],\"a\":{}}", true }, { " 7 ", true }, { "", false }, { "{\"a\":1,}", false }, { "{\"a\"}", false },
        { "[1 2]", false }, { "\"\\x\"", false }, { "\"\\u12g4\"", false }, { "\"abc", false }, { "\"\\", false }, { "-", false }, { "1.", false }, { "1e", false },
        { "tru", false }, { "{} {}", false }, { "[}", false }, { "\"\n\"", false }, { "{1:2}", false },
    };
    SCOPED(buffer) struct buffer deep = { 0 };
    SCOPED(arena) struct arena arena = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (upstream_json_valid(text_of(rows[i].doc)) != rows[i].valid)
            fail_msg("%s", rows[i].doc);
    for (int i = 0; i < 100000; i++)
        buffer_char(&deep, '[');
    assert_false(upstream_json_valid(buffer_view(&deep)));
    expect_text("string", upstream_text(&arena, T("\"a\\n\\\"\\u00e9\\ud83d\\ude00\\ud83d\\u0000\xff\""), 100),
                T("a\n\"\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
    expect_text("cut", upstream_text(&arena, T("\"a\\u00e9\""), 2), T("a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_written),
        cmocka_unit_test(a_completion_becomes_chunks),
        cmocka_unit_test(vectors_read_back_exactly),
        cmocka_unit_test(bad_vectors_are_refused),
        cmocka_unit_test(usage_is_read_from_many),
        cmocka_unit_test(upstream_json_is_scanned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
