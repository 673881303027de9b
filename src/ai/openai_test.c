/* ai: the openai dialect. */
#include "ai/stream_fixture.h"

#include "base/json.h"

static const struct ai_provider plain = { .id = T("x"), .dialect = &dialect_openai, .base_url = T("https://x.test/v1/"), .auth = AI_AUTH_BEARER,
    .stream_options = true, .embeddings_base64 = true };
static text drops[] = { T("store"), T("seed") };
static const struct ai_provider picky = { .id = T("y"), .dialect = &dialect_openai, .base_url = T("https://y.test"), .auth = AI_AUTH_API_KEY,
    .headers = { { T("x-extra"), T("1") } }, .header_count = 1, .token_limit = AI_MAX_TOKENS, .drop = { drops, 2 } };
static const struct ai_provider modern = { .id = T("z"), .dialect = &dialect_openai, .base_url = T("https://z.test"), .auth = AI_AUTH_NONE,
    .token_limit = AI_MAX_COMPLETION_TOKENS, .stream_options = true };

static void requests_are_spliced(void **state)
{
    static const struct { const struct ai_provider *provider; enum ai_endpoint endpoint; bool stream; const char *body, *out; } rows[] = {
        { &plain, AI_CHAT, false, "{ \"model\" : \"a/b\", \"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9 ]}\"} ], \"store\":true}",
          "{\"model\":\"m\\\"1\",\"messages\":[ {\"role\":\"user\",\"content\":\"\\u00e9 ]}\"} ],\"store\":true}" },
        { &plain, AI_CHAT, true, "{\"messages\":[],\"stream\":true}", "{\"model\":\"m\\\"1\",\"messages\":[],\"stream\":true,\"stream_options\":{\"include_usage\":true}}" },
        { &plain, AI_CHAT, true, "{\"stream_options\":{\"include_usage\":false,\"include_obfuscation\":false},\"stream\":true}",
          "{\"model\":\"m\\\"1\",\"stream\":true,\"stream_options\":{\"include_obfuscation\":false,\"include_usage\":true}}" },
        { &plain, AI_CHAT, true, "{\"stream_options\":null}", "{\"model\":\"m\\\"1\",\"stream_options\":{\"include_usage\":true}}" },
        { &picky, AI_CHAT, true, "{\"stream_options\":{\"include_usage\":true},\"store\":true,\"seed\":1,\"max_completion_tokens\":5,\"max_tokens\":7}",
          "{\"model\":\"m\\\"1\",\"max_tokens\":5}" },
        { &modern, AI_CHAT, false, "{\"max_tokens\":7}", "{\"model\":\"m\\\"1\",\"max_completion_tokens\":7}" },
        { &modern, AI_CHAT, false, "{\"max_tokens\":null,\"max_completion_tokens\":9}", "{\"model\":\"m\\\"1\",\"max_completion_tokens\":9}" },
        { &plain, AI_EMBEDDINGS, false, "{\"input\":\"a\",\"encoding_format\":\"base64\"}", "{\"model\":\"m\\\"1\",\"input\":\"a\",\"encoding_format\":\"base64\"}" },
        { &picky, AI_EMBEDDINGS, false, "{\"input\":\"a\",\"encoding_format\":\"base64\"}", "{\"model\":\"m\\\"1\",\"input\":\"a\"}" },
        { &plain, AI_CHAT, false, "{}", "{\"model\":\"m\\\"1\"}" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        struct ai_request request = { .endpoint = rows[i].endpoint, .model = T("m\"1"), .body = text_of(rows[i].body), .stream = rows[i].stream,
            .api_key = T("k"), .provider = rows[i].provider };
        struct ai_outgoing out;
        struct ai_fault fault;

        assert_true(dialect_openai.prepare(&arena, &request, &out, &fault));
        expect_text(rows[i].body, out.body, text_of(rows[i].out));
    }
}

static text header_of(const struct ai_outgoing *out, const char *name)
{
    for (size_t i = 0; i < out->header_count; i++)
        if (text_equal_nocase(out->headers[i].name, text_of(name)))
            return out->headers[i].value;
    return TEXT_NONE;
}

static void requests_carry_the_key(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    struct ai_request request = { .body = T("{}"), .model = T("m"), .api_key = T("sk-1"), .provider = &plain };
    struct ai_outgoing out;
    struct ai_fault fault;

    (void)state;
    assert_true(dialect_openai.prepare(&arena, &request, &out, &fault));
    expect_text("url", out.url, T("https://x.test/v1/chat/completions"));
    expect_text("bearer", header_of(&out, "authorization"), T("Bearer sk-1"));
    request.provider = &picky;
    request.endpoint = AI_EMBEDDINGS;
    request.base_url = T("http://own.test/v4");
    assert_true(dialect_openai.prepare(&arena, &request, &out, &fault));
    expect_text("url", out.url, T("http://own.test/v4/embeddings"));
    expect_text("api-key", header_of(&out, "api-key"), T("sk-1"));
    expect_text("extra", header_of(&out, "x-extra"), T("1"));
    assert_null(header_of(&out, "authorization").ptr);
    request.api_key = T("sk\r\nx: y");
    assert_false(dialect_openai.prepare(&arena, &request, &out, &fault));
    assert_int_equal(fault.kind, AI_UPSTREAM_REFUSED_KEY);
    request.api_key = TEXT_NONE;
    request.base_url = T("http://a b/");
    assert_false(dialect_openai.prepare(&arena, &request, &out, &fault));
    assert_int_equal(fault.kind, AI_UPSTREAM_UNREACHABLE);
}

#define ANSWER "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\"," \
    "\"content\":\"Hi \\ud83d\\ude00\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":10,\"total_tokens\":29," \
    "\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":3}}}"

static void answers_are_checked(void **state)
{
    static const struct { int status; const char *body; enum ai_fault_kind kind; int answered; const char *message; } rows[] = {
        { 200, ANSWER, AI_FAULT_KINDS, 0, NULL },
        { 200, "", AI_UPSTREAM_GARBLED, 502, NULL },
        { 200, "<html>", AI_UPSTREAM_GARBLED, 502, NULL },
        { 200, "{\"choices\":[", AI_UPSTREAM_GARBLED, 502, NULL },
        { 200, "{\"choices\":{}}", AI_UPSTREAM_GARBLED, 502, NULL },
        { 200, "{\"error\":{\"message\":\"no\",\"code\":429}}", AI_RATE_LIMITED, 429, "no" },
        { 200, "{\"error\":null,\"choices\":[]}", AI_FAULT_KINDS, 0, NULL },
        { 400, "{\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\",\"param\":\"n\",\"code\":null}}", AI_INVALID_REQUEST, 400, "bad" },
        { 401, "{\"error\":{\"message\":\"Incorrect API key provided: sk-abc\",\"code\":\"invalid_api_key\"}}", AI_UPSTREAM_REFUSED_KEY, 502,
          "The provider refused the key it is configured with." },
        { 400, "{\"code\":\"x\",\"error\":\"Incorrect API key provided: xa***\"}", AI_UPSTREAM_REFUSED_KEY, 502, NULL },
        { 404, "{\"error\":{\"message\":\"no m\",\"code\":\"model_not_found\"}}", AI_MODEL_NOT_FOUND, 404, "no m" },
        { 404, "<h1>404</h1>", AI_UPSTREAM_ERROR, 502, "The provider failed." },
        { 422, "{\"detail\":\"extra field\"}", AI_UNPROCESSABLE, 422, "extra field" },
        { 429, "{\"error\":{\"message\":\"slow\",\"type\":\"requests\"}}", AI_RATE_LIMITED, 429, "slow" },
        { 429, "{\"error\":{\"message\":\"pay\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}", AI_INSUFFICIENT_QUOTA, 429, "pay" },
        { 500, "oops", AI_UPSTREAM_ERROR, 502, "The provider failed." },
        { 503, "[{\"error\":{\"message\":\"later\"}}]", AI_UPSTREAM_OVERLOADED, 503, "later" },
        { 504, "", AI_UPSTREAM_TIMEOUT, 504, NULL },
        { 302, "", AI_UPSTREAM_ERROR, 502, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        SCOPED(buffer) struct buffer out = { 0 };
        const struct ai_request request = { .provider = &plain };
        struct ai_usage usage;
        struct ai_fault fault = { .kind = AI_FAULT_KINDS };
        bool ok = dialect_openai.answer(&arena, &request, rows[i].status, text_of(rows[i].body), &out, &usage, &fault);

        if (fault.kind != rows[i].kind || ok != (rows[i].kind == AI_FAULT_KINDS))
            fail_msg("%d %s: kind %d", rows[i].status, rows[i].body, fault.kind);
        if (ok) {
            expect_text("body", buffer_view(&out), text_of(rows[i].body));
            continue;
        }
        assert_int_equal(out.len, 0);
        assert_int_equal(fault.status, rows[i].answered);
        if (rows[i].message)
            expect_text("message", fault.message, text_of(rows[i].message));
    }
}

static void vectors_are_turned(void **state)
{
    static const char list[] = "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.5,-2,0.1]}],\"model\":\"m\",\"usage\":{\"total_tokens\":7}}";
    static const char packed[] = "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":\"AAAAPwAAAMDNzMw9\"}],\"model\":\"m\",\"usage\":{\"total_tokens\":7}}";
    static const struct { bool base64; const char *in, *out; } rows[] = { { true, list, packed }, { true, packed, packed }, { false, packed, list }, { false, list, list },
        { true, "{\"data\":[{\"embedding\":[\"x\"]}]}", NULL }, { false, "{\"data\":[{\"embedding\":\"AAA\"}]}", NULL }, { false, "{\"data\":[7]}", NULL } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SCOPED(arena) struct arena arena = { 0 };
        SCOPED(buffer) struct buffer out = { 0 };
        const struct ai_request request = { .endpoint = AI_EMBEDDINGS, .base64 = rows[i].base64, .provider = &picky };
        struct ai_usage usage;
        struct ai_fault fault;

        assert_int_equal(dialect_openai.answer(&arena, &request, 200, text_of(rows[i].in), &out, &usage, &fault), rows[i].out != NULL);
        expect_text(rows[i].in, buffer_view(&out), rows[i].out ? text_of(rows[i].out) : T(""));
        if (rows[i].out)
            assert_int_equal(usage.input_tokens, 7);
    }
}

/* --- streams --------------------------------------------------------------------------------------------------------------- */

#define HEAD "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
#define ROLE HEAD "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]"
#define WORD(w) HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" w "\"},\"finish_reason\":null}]"
#define STOP HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"
#define USAGE "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}"
#define LAST HEAD "\"choices\":[]," USAGE "}"
#define EVENT(json) "data: " json "\n\n"
#define DONE "data: [DONE]\n\n"
#define CALL HEAD "\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}"

struct stream_row {
    const char *in, *out, *words;
    bool include_usage, ok;
    int64_t input_tokens;
    bool saw_content;
    enum ai_fault_kind kind;
};

static const struct stream_row stream_rows[] = {
    /* plain, usage asked for upstream and hidden from the client, with and without the nulls */
    { EVENT(ROLE ",\"usage\":null}") EVENT(WORD("Hel") ",\"usage\":null}") EVENT(WORD("lo") "}") EVENT(STOP "}") EVENT(LAST) DONE,
      EVENT(ROLE "}") EVENT(WORD("Hel") "}") EVENT(WORD("lo") "}") EVENT(STOP "}") DONE, "Hello", false, true, 5, true },
    /* the same, asked for: byte for byte */
    { EVENT(ROLE ",\"usage\":null}") EVENT(WORD("Hi") ",\"usage\":null}") EVENT(STOP ",\"usage\":null}") EVENT(LAST) DONE,
      EVENT(ROLE ",\"usage\":null}") EVENT(WORD("Hi") ",\"usage\":null}") EVENT(STOP ",\"usage\":null}") EVENT(LAST) DONE, "Hi", true, true, 5, true },
    /* CRLF, comments, no space, a byte order mark, an event name, several bytes of one letter, a pair of surrogates */
    { "\xef\xbb\xbf: hello\r\n\r\ndata:" WORD("\xc3\xa9\\ud83d\\ude00") "}\r\n\r\n: ping\r\n\r\nevent: message\r\ndata: " STOP "}\r\n\r\ndata:[DONE]\r\n\r\n",
      EVENT(WORD("\xc3\xa9\\ud83d\\ude00") "}") EVENT(STOP "}") DONE, "\xc3\xa9\xf0\x9f\x98\x80", false, true, 0, true },
    /* usage in the last content chunk, first member, spaced */
    { EVENT("{ \"usage\" : {\"prompt_tokens\":5,\"completion_tokens\":2} , \"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}") DONE,
      EVENT("{  \"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}") DONE, "a", false, true, 5, true },
    /* no terminator, no blank line at the end, but a finish reason */
    { EVENT(WORD("a") "}") "data: " STOP "}", EVENT(WORD("a") "}") EVENT(STOP "}") DONE, "a", false, true, 0, true },
    /* a terminator twice, and words behind it */
    { EVENT(STOP "}") DONE DONE EVENT(WORD("late") "}"), EVENT(STOP "}") DONE, "", false, true, 0, false },
    /* data over several lines */
    { "data: {\"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n" DONE,
      "data: {\"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n" DONE, "a", false, true, 0, true },
    { EVENT(CALL) EVENT(STOP "}") DONE, EVENT(CALL) EVENT(STOP "}") DONE, "", false, true, 0, true },
    /* usage of its own place; an Azure opening without choices; a second choice is not for the listener */
    { EVENT(HEAD "\"choices\":[],\"prompt_filter_results\":[]}") EVENT(HEAD "\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}],\"x_groq\":{" USAGE "}}") DONE,
      EVENT(HEAD "\"choices\":[],\"prompt_filter_results\":[]}") EVENT(HEAD "\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}],\"x_groq\":{" USAGE "}}") DONE,
      "", false, true, 5, true },
    /* what a strict check would refuse and clients take */
    { EVENT(WORD("\\u0000\\ud83d") ",\"model\":\"m\"}") EVENT(STOP "}") DONE, EVENT(WORD("\\u0000\\ud83d") ",\"model\":\"m\"}") EVENT(STOP "}") DONE,
      "\xef\xbf\xbd\xef\xbf\xbd", false, true, 0, true },
    /* a whole answer instead of a stream */
    { " \n" ANSWER, "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi \\ud83d\\ude00\"},\"finish_reason\":null}]}\n\n"
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n" DONE,
      "Hi \xf0\x9f\x98\x80", false, true, 19, true },
    /* set over several lines */
    { "{\n\"id\":\"c\",\"created\":5,\"model\":\"m\",\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[\n{\"id\":\"t\",\"function\":{\r\n\"name\":\"f\"}}]}}]}",
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null,"
      "\"tool_calls\":[{\"index\":0,\"id\":\"t\",\"function\":{  \"name\":\"f\"}}]},\"finish_reason\":null}]}\n\n"
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":5,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":null}]}\n\n" DONE,
      "", false, true, 0, true },
    /* failures: what came before them has gone out */
    { EVENT(WORD("a") "}"), EVENT(WORD("a") "}"), "a", false, false, 0, true, AI_UPSTREAM_CUT },
    { "", "", "", false, false, 0, false, AI_UPSTREAM_CUT },
    { ": only a comment\n\n", "", "", false, false, 0, false, AI_UPSTREAM_CUT },
    { EVENT(WORD("a") "}") "data: {\"choices\":[{\"ind", EVENT(WORD("a") "}"), "a", false, false, 0, true, AI_UPSTREAM_GARBLED },
    { EVENT(WORD("a") "}") EVENT("{not json}"), EVENT(WORD("a") "}"), "a", false, false, 0, true, AI_UPSTREAM_GARBLED },
    { EVENT("[1]"), "", "", false, false, 0, false, AI_UPSTREAM_GARBLED },
    { "<!doctype html><p>Bad gateway", "", "", false, false, 0, false, AI_UPSTREAM_GARBLED },
    { "{\"error\":{\"message\":\"x\",\"type\":\"server_error\",\"code\":\"rate_limit_exceeded\"}}", "", "", false, false, 0, false, AI_RATE_LIMITED },
    { "{\"choices\":", "", "", false, false, 0, false, AI_UPSTREAM_GARBLED },
    { EVENT(WORD("a") "}") EVENT("{\"error\":{\"message\":\"x\",\"type\":\"overloaded_error\"}}") DONE, EVENT(WORD("a") "}"), "a", false, false, 0, true, AI_UPSTREAM_OVERLOADED },
    { EVENT("{\"error\":\"bare words\"}"), "", "", false, false, 0, false, AI_UPSTREAM_ERROR },
    { EVENT(HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}"), "", "", false, false, 0, false, AI_UPSTREAM_ERROR },
};

static void streams_pass_in_any_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stream_rows / sizeof *stream_rows; i++) {
        const struct stream_row *row = &stream_rows[i];
        text in = text_of(row->in);

        for (size_t size = 1; size <= in.len + 1; size += size < 40 ? 1 : 97) {
            SCOPED(arena) struct arena arena = { 0 };
            const struct ai_request request = { .stream = true, .include_usage = row->include_usage, .provider = &plain };
            struct outcome got = run_stream(&arena, &request, in, size);

            expect_text(row->in, got.out, text_of(row->out));
            expect_text(row->in, got.words, text_of(row->words));
            if (got.ok != row->ok || (!got.ok && got.fault.kind != row->kind))
                fail_msg("%s by %zu: ok %d, fault %d", row->in, size, got.ok, got.ok ? -1 : (int)got.fault.kind);
            assert_int_equal(got.usage.input_tokens, row->input_tokens);
            assert_int_equal(got.saw_content, row->saw_content);
        }
    }
}

static void a_whole_answer_counts_its_usage(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    const struct ai_request request = { .stream = true, .include_usage = true, .provider = &plain };
    struct outcome got = run_stream(&arena, &request, T(ANSWER), 7);

    (void)state;
    assert_true(got.ok);
    assert_int_equal(got.usage.cached_tokens, 4);
    assert_int_equal(got.usage.reasoning_tokens, 3);
    assert_true(text_find(got.out, T("\"choices\":[],\"usage\":{\"prompt_tokens\":19,")) != SIZE_MAX);
    expect_text("finish", got.finish_reason, T("stop"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_spliced),
        cmocka_unit_test(requests_carry_the_key),
        cmocka_unit_test(answers_are_checked),
        cmocka_unit_test(vectors_are_turned),
        cmocka_unit_test(streams_pass_in_any_pieces),
        cmocka_unit_test(a_whole_answer_counts_its_usage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
