/* base: the small rooms everything stands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/map.h"
#include "base/sse.h"

static void json_is_checked_strictly(void **state)
{
    static const struct { const char *doc; enum json_fault fault; const char *field; } rows[] = {
        { "{\"a\":[1,2.5e3,true,null,\"x\\u00e9\"]}", JSON_OK, "" },
        { " [] ", JSON_OK, "" },
        { "", JSON_SYNTAX, "" },
        { "{\"a\":1,}", JSON_SYNTAX, NULL },
        { "{\"a\":01}", JSON_SYNTAX, NULL },
        { "{\"a\":1} x", JSON_SYNTAX, "" },
        { "{'a':1}", JSON_SYNTAX, NULL },
        { "{\"a\":{\"b\":1,\"b\":2}}", JSON_DUPLICATE, "a.b" },
        { "{\"a\":1,\"\\u0061\":2}", JSON_DUPLICATE, NULL },
        { "{\"a\":[[[[[1]]]]]}", JSON_DEPTH, NULL },
        { "{\"a\":\"\xff\"}", JSON_UTF8, "a" },
        { "{\"a\":\"\xc0\xaf\"}", JSON_UTF8, "a" },
        { "{\"a\":\"\\ud800\"}", JSON_UTF8, "a" },
        { "{\"a\":\"\\udc00\\ud800\"}", JSON_UTF8, "a" },
        { "{\"a\":\"\\ud83d\\ude00\"}", JSON_OK, "" },
        { "{\"a\":\"x\\u0000\"}", JSON_NUL, "a" },
        { "{\"list\":[{\"k\":1},{\"k\":1e999}]}", JSON_RANGE, "list.1.k" },
        { "{\"a\":\"0123456789012345678901234567890123456789\"}", JSON_LONG, "a" },
        { "{\"a\":\"tab\there\"}", JSON_SYNTAX, "a" },
        { "nul", JSON_SYNTAX, "" },
    };
    const struct json_limits limits = { .depth = 5, .string = 32 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_error error;

        assert_int_equal(json_check(text_of(rows[i].doc), &limits, &error), rows[i].fault == JSON_OK);
        if (error.fault != rows[i].fault)
            fail_msg("%s: fault %d, not %d", rows[i].doc, error.fault, rows[i].fault);
        if (rows[i].field)
            assert_string_equal(error.field, rows[i].field);
    }
}

static void json_is_read_in_place(void **state)
{
    text doc = T("{ \"s\" : \"a\\n\\\"\\ud83d\\ude00\", \"n\":-12, \"d\":1.5e1, \"o\":{\"s\":\"in]}\"}, \"l\":[ 1 , [2] ] }");
    SCOPED(arena) struct arena arena = { 0 };
    struct json_walk walk;
    int64_t number;
    text item;

    (void)state;
    assert_true(text_equal(json_unquote(&arena, json_find(doc, "s")), T("a\n\"\xf0\x9f\x98\x80")));
    assert_true(json_int(json_find(doc, "n"), &number));
    assert_int_equal(number, -12);
    assert_true(json_int(json_find(doc, "d"), &number));
    assert_int_equal(number, 15);
    assert_true(text_equal(json_unquote(&arena, json_find(json_find(doc, "o"), "s")), T("in]}")));
    assert_null(json_find(doc, "absent").ptr);
    walk = json_walk(json_find(doc, "l"));
    assert_true(json_next_item(&walk, &item) && text_equal(item, T("1")));
    assert_true(json_next_item(&walk, &item) && text_equal(item, T("[2]")));
    assert_false(json_next_item(&walk, &item));
}

static void json_is_written(void **state)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    (void)state;
    jw_object(&w);
    jw_member(&w, "a", text, T("q\"\\\n\x01\xff.\xc3\xa9"));
    jw_key(&w, "b");
    jw_array(&w);
    jw_int(&w, -5);
    jw_double(&w, 0.1);
    jw_bool(&w, false);
    jw_text(&w, TEXT_NONE);
    jw_array_close(&w);
    jw_member(&w, "c", raw, T("{}"));
    jw_object_close(&w);
    buffer_char(&out, '\0');
    assert_string_equal(out.ptr, "{\"a\":\"q\\\"\\\\\\n\\u0001\xef\xbf\xbd.\xc3\xa9\",\"b\":[-5,0.1,false,null],\"c\":{}}");
}

static bool collect(void *context, const struct sse_event *event)
{
    struct buffer *all = context;

    buffer_format(all, "[%.*s|%.*s|%.*s]", TEXT_ARG(event->event), TEXT_ARG(event->data), TEXT_ARG(event->id));
    return true;
}

static void events_arrive_in_any_pieces(void **state)
{
    text stream = T("\xef\xbb\xbf: hello\r\ndata:a\rdata: b\r\n\nevent: x\nid: 7\ndata\n\nevent: lost\n\ndata: tail");

    (void)state;
    for (size_t piece = 1; piece <= stream.len; piece++) {
        SCOPED(buffer) struct buffer all = { 0 };
        struct sse_parser parser;

        sse_init(&parser, 1000);
        for (size_t at = 0; at < stream.len; at += piece)
            assert_true(sse_feed(&parser, text_slice(stream, at, piece), collect, &all));
        assert_true(sse_finish(&parser, collect, &all));
        sse_free(&parser);
        buffer_char(&all, '\0');
        assert_string_equal(all.ptr, "[|a\nb|][x||7][|tail|7]");
    }
}

static void an_endless_line_is_refused(void **state)
{
    SCOPED(buffer) struct buffer all = { 0 };
    struct sse_parser parser;
    bool open = true;

    (void)state;
    sse_init(&parser, 100);
    for (int i = 0; i < 50 && open; i++)
        open = sse_feed(&parser, T("data: endless"), collect, &all);
    assert_false(open);
    sse_free(&parser);
}

static void identifiers_sort_by_time(void **state)
{
    uuid last = uuid_new(), parsed;
    char spelled[UUID_TEXT + 1];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uuid next = uuid_new();

        assert_true(memcmp(last.bytes, next.bytes, 16) < 0);
        last = next;
    }
    assert_true(uuid_parse(uuid_format(last, spelled), &parsed));
    assert_true(uuid_equal(parsed, last));
    assert_int_equal(spelled[14], '7');
    assert_false(uuid_parse(T("0190163d-8694-739b-aea5-966c26f8ad9g"), &parsed));
    assert_false(uuid_parse(T("0190163d08694-739b-aea5-966c26f8ad90"), &parsed));
}

static void base64_has_one_spelling(void **state)
{
    SCOPED(arena) struct arena arena = { 0 };
    text bytes;

    (void)state;
    assert_true(text_equal(base64_encode(&arena, "fo", 2), T("Zm8=")));
    assert_true(text_equal(base64url_encode(&arena, "\xfb\xff", 2), T("-_8")));
    assert_true(base64url_decode(&arena, T("-_8"), &bytes) && bytes.len == 2);
    assert_false(base64url_decode(&arena, T("-_9"), &bytes)); /* bits behind the last byte */
    assert_false(base64url_decode(&arena, T("-_8="), &bytes));
    assert_false(base64url_decode(&arena, T("A"), &bytes));
    assert_true(base64_decode(&arena, T("Zm9v"), &bytes) && text_equal(bytes, T("foo")));
}

static void times_are_read_and_written(void **state)
{
    static const char *const written[] = { "0001-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "2024-02-29T12:34:56.007Z",
                                           "2038-01-19T03:14:08.090Z", "9999-12-31T23:59:59.999Z" };
    char out[CLOCK_TEXT];
    int64_t time;

    (void)state;
    assert_true(clock_parse(T("2026-11-20T10:00:00.25+02:00"), &time));
    assert_true(text_equal(clock_format(time, out), T("2026-11-20T08:00:00.250Z")));
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        assert_true(clock_parse(text_of(written[i]), &time));
        assert_string_equal(clock_format(time, out).ptr, written[i]);
    }
    assert_true(clock_parse(T("2024-02-29"), &time));
    assert_false(clock_parse(T("2026-02-29"), &time));
    assert_false(clock_parse(T("2026-11-20T25:00:00Z"), &time));
    assert_false(clock_parse(T("2026-11-20T10:00:00"), &time));
    assert_true(clock_duration(T("7d"), &time) && time == 7 * DAY);
    assert_true(clock_duration(T("250ms"), &time) && time == 250 * MILLISECOND);
    assert_false(clock_duration(T("-5s"), &time));
    assert_false(clock_duration(T("99999999999999d"), &time));
}

static void maps_hold_what_was_put(void **state)
{
    struct map map = { 0 };
    static int values[1000];
    char key[16];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_null(map_put(&map, text_of(key), &values[i]));
        if (i % 3 == 0)
            assert_ptr_equal(map_remove(&map, text_of(key)), &values[i]);
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(map_get(&map, text_of(key)), i % 3 ? &values[i] : NULL);
    }
    map_free(&map, NULL);
}

static void numbers_keep_their_range(void **state)
{
    int64_t value;

    (void)state;
    assert_true(text_int(T("-9223372036854775808"), &value) && value == INT64_MIN);
    assert_false(text_int(T("9223372036854775808"), &value));
    assert_false(text_int(T("12x"), &value));
    assert_false(text_int(T(""), &value));
    assert_false(text_int(T("-"), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_checked_strictly), cmocka_unit_test(json_is_read_in_place), cmocka_unit_test(json_is_written),
        cmocka_unit_test(events_arrive_in_any_pieces), cmocka_unit_test(an_endless_line_is_refused), cmocka_unit_test(identifiers_sort_by_time),
        cmocka_unit_test(base64_has_one_spelling), cmocka_unit_test(times_are_read_and_written), cmocka_unit_test(maps_hold_what_was_put),
        cmocka_unit_test(numbers_keep_their_range),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
