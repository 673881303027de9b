/* ai: the anthropic dialect. */
#include "ai/stream_fixture.h"

static const struct ai_provider claude = { .id = T("anthropic"), .dialect = &dialect_anthropic, .base_url = T("https://a.test"), .auth = AI_AUTH_X_API_KEY,
    .headers = { { T("anthropic-version"), T("2023-06-01") } }, .header_count = 1 };
static const struct ai_model newest = { .provider = &claude, .max_output = 64000,
    .refuses = AI_REFUSES_SAMPLING | AI_REFUSES_THINKING_OFF | AI_REFUSES_FORCED_TOOLS | AI_REFUSES_PREFILL };

#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
#define USER_OUT "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]}]"
#define TOOLS "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{}}},\"strict\":true}},{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]"
#define TOOLS_OUT "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\",\"properties\":{\"a\":{}}},\"strict\":true},{\"name\":\"g\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}}]"

static void requests_are_translated(void **state)
{
    static const struct { const struct ai_model *known; bool stream; const char *in, *out; } rows[] = {
        { NULL, false, "{" USER "}", "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":4096}" },
        { &newest, true, "{" USER ",\"temperature\":0,\"top_p\":1,\"reasoning_effort\":\"none\"}",
          "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":64000,\"output_config\":{\"effort\":\"low\"},\"stream\":true}" },
        { NULL, false, "{" USER ",\"max_tokens\":7,\"max_completion_tokens\":9,\"temperature\":1.5,\"top_p\":0.5,\"stop\":\"END\",\"seed\":1,\"user\":\"u\"}",
          "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":9,\"stop_sequences\":[\"END\"],\"temperature\":1,\"metadata\":{\"user_id\":\"u\"}}" },
        { NULL, false, "{" USER ",\"max_tokens\":7,\"top_p\":0.5,\"stop\":[\"a\",\"b\"],\"reasoning_effort\":\"minimal\"}",
          "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":7,\"stop_sequences\":[\"a\",\"b\"],\"top_p\":0.5,\"output_config\":{\"effort\":\"low\"}}" },
        { NULL, false, "{" USER ",\"max_tokens\":1,\"reasoning_effort\":\"none\"}", "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":1,\"thinking\":{\"type\":\"disabled\"}}" },
        { NULL, false, "{" USER ",\"max_tokens\":1,\"reasoning_effort\":\"high\",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}}",
          "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":1,\"output_config\":{\"effort\":\"high\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}}}" },
        { NULL, false, "{" USER ",\"max_tokens\":1,\"response_format\":{\"type\":\"json_object\"}}",
          "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":1,\"system\":\"Answer with one JSON object and nothing else.\"}" },
        /* system and developer joined; roles merged; empty texts gone; the assistant first */
        { NULL, false, "{\"max_tokens\":1,\"messages\":[{\"role\":\"system\",\"content\":\"A\"},{\"role\":\"assistant\",\"content\":\"Yes?\"},{\"role\":\"user\",\"content\":\"\"},"
          "{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"B\"}]},{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"y\"}]}]}",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"(The assistant begins.)\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Yes?\"}]},"
          "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"text\",\"text\":\"y\"}]}],\"max_tokens\":1,\"system\":\"A\\n\\nB\"}" },
        { NULL, false, "{\"max_tokens\":1,\"messages\":[{\"role\":\"system\",\"content\":\"A\"}]}", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"A\"}],\"max_tokens\":1}" },
        { NULL, false, "{\"max_tokens\":1," USER ",\"x\":1}", "{\"model\":\"m\"," USER_OUT ",\"max_tokens\":1}" },
        { NULL, false, "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"so \\n\"}]}",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"so\"}]}],\"max_tokens\":1}" },
        /* images and files */
        { NULL, false, "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAA=\"}},"
          "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x.test/i.png\"}},{\"type\":\"file\",\"file\":{\"file_data\":\"data:application/pdf;base64,BB==\"}}]}]}",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAA=\"}},"
          "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"https://x.test/i.png\"}},{\"type\":\"document\",\"source\":{\"type\":\"base64\",\"media_type\":\"application/pdf\",\"data\":\"BB==\"}}]}],\"max_tokens\":1}" },
        /* tools */
        { NULL, false, "{\"max_tokens\":1," USER "," TOOLS ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false}",
          "{\"model\":\"m\"," USER_OUT "," TOOLS_OUT ",\"tool_choice\":{\"type\":\"any\",\"disable_parallel_tool_use\":true},\"max_tokens\":1}" },
        { NULL, false, "{\"max_tokens\":1," USER "," TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}}",
          "{\"model\":\"m\"," USER_OUT "," TOOLS_OUT ",\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"},\"max_tokens\":1}" },
        { NULL, false, "{\"max_tokens\":1," USER "," TOOLS ",\"tool_choice\":\"none\",\"parallel_tool_calls\":false}",
          "{\"model\":\"m\"," USER_OUT "," TOOLS_OUT ",\"tool_choice\":{\"type\":\"none\"},\"max_tokens\":1}" },
        { NULL, false, "{\"max_tokens\":1," USER "," TOOLS ",\"parallel_tool_calls\":false}",
          "{\"model\":\"m\"," USER_OUT "," TOOLS_OUT ",\"tool_choice\":{\"type\":\"auto\",\"disable_parallel_tool_use\":true},\"max_tokens\":1}" },
        /* a round trip: two calls, one with broken arguments, results first in one turn */
        { NULL, false, "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":["
          "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{oops\"}}]},"
          "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"18C\"},{\"role\":\"user\",\"content\":\"go\"},{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"\"}]}",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"q\"}]},{\"role\":\"assistant\",\"content\":["
          "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"a\":1}},{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"g\",\"input\":{\"arguments\":\"{oops\"}}]},"
          "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":[{\"type\":\"text\",\"text\":\"18C\"}]},{\"type\":\"tool_result\",\"tool_use_id\":\"c2\"},"
          "{\"type\":\"text\",\"text\":\"go\"}]}],\"max_tokens\":1}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        const struct ai_request request = { .model = T("m"), .body = text_of(rows[i].in), .stream = rows[i].stream, .api_key = T("k"), .provider = &claude,
            .known = rows[i].known };
        struct ai_outgoing out;
        struct ai_fault fault;

        if (!dialect_anthropic.prepare(&arena, &request, &out, &fault))
            fail_msg("%s: %.*s", rows[i].in, TEXT_ARG(fault.message));
        expect_text(rows[i].in, out.body, text_of(rows[i].out));
        expect_text("url", out.url, T("https://a.test/v1/messages"));
        assert_int_equal(out.header_count, 4);
    }
}

static void what_cannot_be_said_is_refused(void **state)
{
    static const struct { const struct ai_model *known; const char *in, *param; } rows[] = {
        { NULL, "{" USER ",\"n\":2}", "n" },
        { NULL, "{" USER ",\"logprobs\":true}", "logprobs" },
        { NULL, "{" USER ",\"modalities\":[\"text\",\"audio\"]}", "modalities" },
        { NULL, "{" USER ",\"functions\":[]}", "functions" },
        { NULL, "{" USER ",\"tools\":[{\"type\":\"custom\"}]}", "tools" },
        { NULL, "{\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", "messages" },
        { NULL, "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}", "messages.tool_call_id" },
        { NULL, "{\"messages\":[{\"role\":\"function\",\"name\":\"f\",\"content\":\"x\"}]}", "messages.role" },
        { NULL, "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{}]}]}", "messages.tool_calls" },
        { NULL, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]}", "messages.content.type" },
        { NULL, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png,AAA\"}}]}]}", "messages.content.image_url.url" },
        { &newest, "{" USER "," TOOLS ",\"tool_choice\":\"required\"}", "tool_choice" },
        { &newest, "{\"messages\":[{\"role\":\"assistant\",\"content\":\"so\"}]}", "messages" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        const struct ai_request request = { .model = T("m"), .body = text_of(rows[i].in), .provider = &claude, .known = rows[i].known };
        struct ai_outgoing out;
        struct ai_fault fault;

        assert_false(dialect_anthropic.prepare(&arena, &request, &out, &fault));
        assert_int_equal(fault.status, 400);
        expect_text(rows[i].in, fault.param, text_of(rows[i].param));
    }
}

#define MESSAGE(content, stop) "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":" content ",\"stop_reason\":\"" stop "\",\"stop_sequence\":null," \
    "\"usage\":{\"input_tokens\":11,\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":5,\"output_tokens\":6,\"service_tier\":\"standard\"}}"

static void answers_are_translated(void **state)
{
    static const struct { const char *in, *message, *finish; } rows[] = {
        { MESSAGE("[{\"type\":\"text\",\"text\":\"Hi\"}]", "end_turn"), "\"content\":\"Hi\",\"refusal\":null}", "stop" },
        { MESSAGE("[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]", "max_tokens"),
          "\"content\":\"ab\",\"refusal\":null}", "length" },
        { MESSAGE("[{\"type\":\"thinking\",\"thinking\":\"hm\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":\"b\"}}]", "tool_use"),
          "\"content\":null,\"refusal\":null,\"reasoning_content\":\"hm\",\"tool_calls\":[{\"id\":\"t\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":\\\"b\\\"}\"}}]}", "tool_calls" },
        { MESSAGE("[]", "refusal"), "\"content\":\"\",\"refusal\":null}", "content_filter" },
        { MESSAGE("[{\"type\":\"text\",\"text\":\"x\"}]", "pause_turn"), "\"content\":\"x\",\"refusal\":null}", "stop" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        SCOPED(buffer) struct buffer out = { 0 };
        const struct ai_request request = { .provider = &claude };
        struct ai_usage usage;
        struct ai_fault fault;

        assert_true(dialect_anthropic.answer(&arena, &request, 200, text_of(rows[i].in), &out, &usage, &fault));
        if (text_find(buffer_view(&out), text_of(rows[i].message)) == SIZE_MAX ||
            text_find(buffer_view(&out), text_format(&arena, "\"finish_reason\":\"%s\"", rows[i].finish)) == SIZE_MAX)
            fail_msg("%s\n%.*s", rows[i].in, TEXT_ARG(buffer_view(&out)));
        assert_int_equal(usage.input_tokens, 19);
        assert_int_equal(usage.cached_tokens, 5);
        assert_int_equal(usage.cache_write_tokens, 3);
        assert_int_equal(usage.output_tokens, 6);
    }
}

static void bad_answers_are_faults(void **state)
{
    static const struct { int status; const char *in; enum ai_fault_kind kind; } rows[] = {
        { 200, "<html>", AI_UPSTREAM_GARBLED },
        { 200, "{\"content\":\"x\"}", AI_UPSTREAM_GARBLED },
        { 200, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}", AI_UPSTREAM_OVERLOADED },
        { 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad\"}}", AI_INVALID_REQUEST },
        { 401, "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"bad\"}}", AI_UPSTREAM_REFUSED_KEY },
        { 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"bad\"}}", AI_RATE_LIMITED },
        { 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"bad\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}", AI_INSUFFICIENT_QUOTA },
        { 529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"bad\"}}", AI_UPSTREAM_OVERLOADED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        SCOPED(buffer) struct buffer out = { 0 };
        const struct ai_request request = { .provider = &claude };
        struct ai_usage usage;
        struct ai_fault fault;

        assert_false(dialect_anthropic.answer(&arena, &request, rows[i].status, text_of(rows[i].in), &out, &usage, &fault));
        if (fault.kind != rows[i].kind)
            fail_msg("%s: kind %d", rows[i].in, fault.kind);
    }
}

/* --- streams ---------------------------------------------------------------------------------------------------------------- */

#define EV(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define START EV("message_start", ",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":11,\"cache_read_input_tokens\":5,\"output_tokens\":1}}")
#define BLOCK(i, block) EV("content_block_start", ",\"index\":" #i ",\"content_block\":" block)
#define DELTA(i, delta) EV("content_block_delta", ",\"index\":" #i ",\"delta\":" delta)
#define END(i) EV("content_block_stop", ",\"index\":" #i)
#define STOPS(reason) EV("message_delta", ",\"delta\":{\"stop_reason\":\"" reason "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}") EV("message_stop", "")
#define PING EV("ping", "")
#define THOUGHT BLOCK(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}") DELTA(0, "{\"type\":\"signature_delta\",\"signature\":\"s\"}") END(0)
#define WORDS BLOCK(1, "{\"type\":\"text\",\"text\":\"\"}") PING DELTA(1, "{\"type\":\"text_delta\",\"text\":\"H\xc3\xa9\"}") DELTA(1, "{\"type\":\"text_delta\",\"text\":\"llo\"}") END(1)
#define TOOL BLOCK(2, "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}") DELTA(2, "{\"type\":\"input_json_delta\",\"partial_json\":\"\"}") \
    DELTA(2, "{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"}") DELTA(2, "{\"type\":\"input_json_delta\",\"partial_json\":\"1}\"}") END(2)
#define BARE BLOCK(3, "{\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}}") END(3)

/* The deltas of the chunks, one a line: what differs between rows. */
static text deltas_of(struct arena *arena, text out)
{
    SCOPED(buffer) struct buffer lines = { 0 };
    size_t at;

    while ((at = text_find(out, T("\"delta\":"))) != SIZE_MAX) {
        out = text_slice(out, at + 8, out.len);
        at = text_find(out, T(",\"logprobs\""));
        buffer_text(&lines, text_slice(out, 0, at));
        out = text_slice(out, at, out.len);
        at = text_find(out, T("\"finish_reason\":\""));
        if (at == 17)
            buffer_text(&lines, text_slice(out, 34, text_find_char(text_slice(out, 34, 40), '"')));
        buffer_char(&lines, '\n');
    }
    return text_copy(arena, buffer_view(&lines));
}

#define FIRST "{\"role\":\"assistant\",\"content\":\"\"}\n"

static void streams_are_translated_in_any_pieces(void **state)
{
    static const struct { const char *in, *deltas, *words; bool ok; enum ai_fault_kind kind; bool saw_content; int64_t output; } rows[] = {
        { START THOUGHT WORDS STOPS("end_turn"), FIRST "{\"content\":\"H\xc3\xa9\"}\n{\"content\":\"llo\"}\n{}stop\n", "H\xc3\xa9llo", true, 0, true, 9 },
        { START TOOL BARE STOPS("tool_use"),
          FIRST "{\"tool_calls\":[{\"index\":0,\"id\":\"t1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}\n"
          "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}}]}\n{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"1}\"}}]}\n"
          "{\"tool_calls\":[{\"index\":1,\"id\":\"t2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"\"}}]}\n{\"tool_calls\":[{\"index\":1,\"function\":{\"arguments\":\"{}\"}}]}\n{}tool_calls\n",
          "", true, 0, true, 9 },
        { START BLOCK(0, "{\"type\":\"thinking\",\"thinking\":\"\"}") DELTA(0, "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}") STOPS("refusal"),
          FIRST "{\"reasoning_content\":\"hm\"}\n{}content_filter\n", "", true, 0, true, 9 },
        { START STOPS("max_tokens"), FIRST "{}length\n", "", true, 0, false, 9 },
        { START WORDS, FIRST "{\"content\":\"H\xc3\xa9\"}\n{\"content\":\"llo\"}\n", "H\xc3\xa9llo", false, AI_UPSTREAM_CUT, true, 1 },
        { START THOUGHT EV("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}"), FIRST, "", false, AI_UPSTREAM_OVERLOADED, false, 1 },
        { START "data: {nope}\n\n", FIRST, "", false, AI_UPSTREAM_GARBLED, false, 1 },
        { "<html>", "", "", false, AI_UPSTREAM_GARBLED, false, 0 },
        { "", "", "", false, AI_UPSTREAM_CUT, false, 0 },
        { "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\"}}", "", "", false, AI_RATE_LIMITED, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        text in = text_of(rows[i].in);

        for (size_t size = 1; size <= in.len + 1; size += size < 40 ? 1 : 97) {
            SCOPED(arena) struct arena arena = { 0 };
            const struct ai_request request = { .model = T("m"), .stream = true, .include_usage = true, .provider = &claude };
            struct outcome got = run_stream(&arena, &request, in, size);

            expect_text(rows[i].in, deltas_of(&arena, got.out), text_of(rows[i].deltas));
            expect_text(rows[i].in, got.words, text_of(rows[i].words));
            if (got.ok != rows[i].ok || (!got.ok && got.fault.kind != rows[i].kind))
                fail_msg("%s by %zu: ok %d fault %d", rows[i].in, size, got.ok, (int)got.fault.kind);
            assert_int_equal(got.saw_content, rows[i].saw_content);
            assert_int_equal(got.usage.output_tokens, rows[i].output);
            assert_int_equal(got.usage.known, got.ok);
            assert_int_equal(text_ends(got.out, T("data: [DONE]\n\n")), got.ok);
            if (got.ok)
                assert_true(text_find(got.out, T("\"choices\":[],\"usage\":{\"prompt_tokens\":16,\"completion_tokens\":9,\"total_tokens\":25")) != SIZE_MAX);
        }
    }
}

static void usage_is_for_those_who_asked(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    const struct ai_request request = { .model = T("m"), .stream = true, .provider = &claude };
    struct outcome got = run_stream(&arena, &request, T(START WORDS STOPS("end_turn")), 1000);

    (void)state;
    assert_true(got.ok && got.usage.known);
    assert_true(text_find(got.out, T("usage")) == SIZE_MAX);
    got = run_stream(&arena, &request, T(MESSAGE("[{\"type\":\"text\",\"text\":\"Hi\"}]", "end_turn")), 3);
    assert_true(got.ok && got.usage.known);
    expect_text("words", got.words, T("Hi"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_translated),
        cmocka_unit_test(what_cannot_be_said_is_refused),
        cmocka_unit_test(answers_are_translated),
        cmocka_unit_test(bad_answers_are_faults),
        cmocka_unit_test(streams_are_translated_in_any_pieces),
        cmocka_unit_test(usage_is_for_those_who_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
