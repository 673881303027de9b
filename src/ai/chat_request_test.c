/* ai: what comes in at /v1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "ai/chat_request.h"

#define HI "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"

static void chat_faults_speak_as_openai(void **state)
{
    static const struct { const char *body, *param, *code, *message; } rows[] = {
        { "[]", NULL, NULL, "The request body must be a JSON object." },
        { "{" HI "}", NULL, NULL, "you must provide a model parameter" },
        { "{\"model\":\"\"," HI "}", NULL, NULL, "you must provide a model parameter" },
        { "{\"model\":7," HI "}", "model", "invalid_type", "Invalid type for 'model': expected a string, but got a number instead." },
        { "{\"model\":\"m\"}", "messages", "missing_required_parameter", "Missing required parameter: 'messages'." },
        { "{\"model\":\"m\",\"messages\":\"x\"}", "messages", "invalid_type", "Invalid type for 'messages': expected an array of objects, but got a string instead." },
        { "{\"model\":\"m\",\"messages\":[]}", "messages", "empty_array", NULL },
        { "{\"model\":\"m\",\"messages\":[7]}", "messages[0]", "invalid_type", NULL },
        { "{\"model\":\"m\",\"messages\":[{\"content\":\"x\"}]}", "messages[0].role", "missing_required_parameter", "Missing required parameter: 'messages[0].role'." },
        { "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"pirate\",\"content\":\"x\"}]}", "messages[1].role", "invalid_value",
          "Invalid value: 'pirate'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'." },
        { "{\"model\":\"m\",\"messages\":[{\"role\":\"user\"}]}", "messages[0].content", "invalid_type",
          "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got null instead." },
        { "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"content\":null}]}", "messages[0].content", "invalid_type", NULL },
        { "{\"model\":\"m\"," HI ",\"stream\":\"yes\"}", "stream", "invalid_type", "Invalid type for 'stream': expected a boolean, but got a string instead." },
        { "{\"model\":\"m\"," HI ",\"stream_options\":7}", "stream_options", "invalid_type", NULL },
        { "{\"model\":\"m\"," HI ",\"stream_options\":{\"include_usage\":1}}", "stream_options.include_usage", "invalid_type", NULL },
        { "{\"model\":\"m\"," HI ",\"n\":0}", "n", "integer_below_min_value", "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead." },
        { "{\"model\":\"m\"," HI ",\"n\":1.5}", "n", "invalid_type", NULL },
        { "{\"model\":\"m\"," HI ",\"n\":1000}", "n", "invalid_value", NULL },
        { "{\"model\":\"m\"," HI ",\"max_tokens\":-1}", "max_tokens", "integer_below_min_value", NULL },
        { "{\"model\":\"m\"," HI ",\"tools\":{}}", "tools", "invalid_type", NULL },
        { "{\"model\":\"m\"," HI ",\"str\\u0065am\":true}", NULL, NULL, "Parameter names must be written without escapes." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct chat_request request;
        struct ai_fault fault;

        assert_false(chat_request_read(&arena, text_of(rows[i].body), &request, &fault));
        assert_int_equal(fault.status, 400);
        assert_true(text_equal(fault.type, T("invalid_request_error")));
        if (!text_equal(fault.param, text_of(rows[i].param)) || !text_equal(fault.code, text_of(rows[i].code)) ||
            (rows[i].message && !text_equal(fault.message, text_of(rows[i].message))))
            fail_msg("%s: %.*s %.*s %.*s", rows[i].body, TEXT_ARG(fault.param), TEXT_ARG(fault.code), TEXT_ARG(fault.message));
    }
}

static void a_chat_request_is_read(void **state)
{
    static const char body[] = "{\"model\":\"a\\/b\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_completion_tokens\":5,\"max_tokens\":9,\"n\":null,"
                               "\"tools\":[{}],\"response_format\":{\"type\":\"json_object\"},\"unknown\":[1],\"messages\":["
                               "{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\\n\"},{\"type\":\"image_url\"},{\"type\":\"text\",\"text\":\"b\"}]},"
                               "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]}]}";
    SCOPED(arena) struct arena arena = { 0 };
    struct chat_request request;
    struct chat_message message;
    struct json_walk walk;
    struct ai_fault fault;

    (void)state;
    assert_true(chat_request_read(&arena, text_of(body), &request, &fault));
    assert_true(text_equal(request.model, T("a/b")));
    assert_true(request.stream && request.include_usage && request.tools && request.json);
    assert_int_equal(request.max_tokens, 5);
    assert_int_equal(request.choices, 1);
    assert_int_equal(request.message_count, 3);
    walk = json_walk(request.messages);
    assert_true(chat_next_message(&arena, &walk, &message) && text_equal(message.role, T("system")) && text_equal(message.words, T("S")));
    assert_true(chat_next_message(&arena, &walk, &message) && text_equal(message.words, T("a\n\nb")));
    assert_true(chat_next_message(&arena, &walk, &message) && message.words.len == 0);
    assert_false(chat_next_message(&arena, &walk, &message));
    assert_true(chat_request_read(&arena, T("{\"model\":\"m\"," HI ",\"stream_options\":{\"include_usage\":true}}"), &request, &fault));
    assert_false(request.include_usage); /* without a stream there is nothing to include it in */
}

static void embeddings_are_read(void **state)
{
    static const struct { const char *input; size_t count; bool tokens; const char *param; } rows[] = {
        { "\"a\"", 1, false, NULL },       { "[\"a\",\"b\"]", 2, false, NULL }, { "[1,2,3]", 1, true, NULL }, { "[[1],[2,3]]", 2, true, NULL },
        { "\"\"", 0, false, "input" },     { "[]", 0, false, "input" },         { "[\"\"]", 0, false, "input" }, { "[\"a\",1]", 0, false, "input" },
        { "{}", 0, false, "input" },       { "[null]", 0, false, "input" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        text body = text_format(&arena, "{\"model\":\"m\",\"encoding_format\":\"base64\",\"dimensions\":8,\"input\":%s}", rows[i].input);
        struct embeddings_request request;
        struct ai_fault fault;

        if (!embeddings_request_read(&arena, body, &request, &fault)) {
            assert_non_null(rows[i].param);
            assert_true(text_equal(fault.param, text_of(rows[i].param)));
            continue;
        }
        assert_null(rows[i].param);
        assert_int_equal(request.input_count, rows[i].count);
        assert_int_equal(request.tokens, rows[i].tokens);
        assert_true(request.base64 && request.dimensions == 8);
        if (!request.tokens)
            assert_true(text_equal(embeddings_inputs(&arena, &request)[0], T("a")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chat_faults_speak_as_openai),
        cmocka_unit_test(a_chat_request_is_read),
        cmocka_unit_test(embeddings_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
