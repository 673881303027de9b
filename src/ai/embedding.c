#include "ai/embedding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/json.h"

static bool read_list(struct arena *arena, text value, struct embedding *ret)
{
    struct json_walk walk = json_walk(value), count = walk;
    size_t len = 0;
    float *values;
    text item;

    while (json_next_item(&count, &item))
        if (++len > EMBEDDING_MAX)
            return false;
    if (len == 0)
        return false;
    values = arena_array(arena, len, sizeof *values);
    for (size_t i = 0; json_next_item(&walk, &item); i++) {
        double number;

        if (!json_number(item, &number) || !isfinite((float)number))
            return false;
        values[i] = (float)number;
    }
    *ret = (struct embedding){ values, len };
    return true;
}

/* Byte by byte: the form is little-endian whatever the host is. */
static float float_from(const unsigned char *b)
{
    uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void float_to(float value, unsigned char *b)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++)
        b[i] = (unsigned char)(bits >> 8 * i);
}

static bool read_base64(struct arena *arena, text value, struct embedding *ret)
{
    text bytes;
    float *values;

    if (value.len < 2 || !base64_decode(arena, text_slice(value, 1, value.len - 2), &bytes))
        return false;
    if (bytes.len == 0 || bytes.len % 4 || bytes.len / 4 > EMBEDDING_MAX)
        return false;
    values = arena_array(arena, bytes.len / 4, sizeof *values);
    for (size_t i = 0; i < bytes.len / 4; i++) {
        values[i] = float_from((const unsigned char *)bytes.ptr + 4 * i);
        if (!isfinite(values[i]))
            return false;
    }
    *ret = (struct embedding){ values, bytes.len / 4 };
    return true;
}

bool embedding_read(struct arena *arena, text value, struct embedding *ret)
{
    switch (json_type_of(value)) {
    case JSON_ARRAY: return read_list(arena, value, ret);
    case JSON_STRING: return read_base64(arena, value, ret);
    default: return false;
    }
}

static void write_base64(struct json_writer *w, struct embedding embedding)
{
    SCOPED(arena) struct arena scratch = { 0 };
    unsigned char *bytes = arena_array(&scratch, embedding.len, 4);

    for (size_t i = 0; i < embedding.len; i++)
        float_to(embedding.values[i], bytes + 4 * i);
    jw_text(w, base64_encode(&scratch, bytes, 4 * embedding.len));
}

static void write_number(struct json_writer *w, float value)
{
    char shortest[24];

    for (int precision = 6; precision <= 9; precision++) {
        snprintf(shortest, sizeof shortest, "%.*g", precision, (double)value);
        if (strtof(shortest, NULL) == value)
            break;
    }
    jw_raw(w, text_of(shortest));
}

void embedding_write(struct json_writer *w, struct embedding embedding, bool base64)
{
    if (base64) {
        write_base64(w, embedding);
        return;
    }
    jw_array(w);
    for (size_t i = 0; i < embedding.len; i++)
        write_number(w, embedding.values[i]);
    jw_array_close(w);
}
