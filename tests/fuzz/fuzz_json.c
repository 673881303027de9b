/* Fuzzes the JSON check and what reads behind it: whatever passes must be walked, decoded and written without a fault, and
   what the strict check takes, the scan of upstreams takes too. */
#include <stdlib.h>

#include "ai/upstream_json.h"

static void walk(struct arena *arena, text value, struct json_writer *w)
{
    struct json_walk at;
    text key, item;
    double number;

    switch (json_type_of(value)) {
    case JSON_OBJECT:
        at = json_walk(value);
        jw_object(w);
        while (json_next_member(&at, &key, &item)) {
            jw_key_text(w, json_unquote(arena, (text){ key.ptr - 1, key.len + 2 }));
            walk(arena, item, w);
        }
        jw_object_close(w);
        break;
    case JSON_ARRAY:
        at = json_walk(value);
        jw_array(w);
        while (json_next_item(&at, &item))
            walk(arena, item, w);
        jw_array_close(w);
        break;
    case JSON_STRING: jw_text(w, json_unquote(arena, value)); break;
    case JSON_NUMBER:
        if (!json_number(value, &number))
            abort();
        jw_double(w, number);
        break;
    default: jw_raw(w, value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct json_limits limits = { .depth = 32, .string = 1 << 16 };
    SCOPED(arena) struct arena arena = { 0 };
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };
    struct json_error error;
    text doc = { (const char *)data, size };

    if (size == 0)
        return 0;
    if (upstream_json_valid(text_trim(doc)))
        upstream_text(&arena, text_trim(doc), size);
    if (!json_check(doc, &limits, &error))
        return 0;
    if (!upstream_json_valid(doc))
        abort();
    walk(&arena, text_trim(doc), &w);
    if (!json_check(buffer_view(&out), &limits, &error))
        abort();
    return 0;
}
