#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* --- read: everything here trusts json_check ----------------------------------------------------------------------- */

enum json_type json_type_of(text value)
{
    if (value.len == 0)
        return JSON_NONE;
    switch (value.ptr[0]) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static const char *skip_string(const char *at, const char *end)
{
    const char *begin = at + 1, *quote = begin;

    while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote)))) {
        const char *before = quote;

        while (before > begin && before[-1] == '\\')
            before--;
        quote++;
        if ((quote - 1 - before) % 2 == 0) /* the backslashes before it escape each other */
            return quote;
    }
    return end;
}

static bool ends_word(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;

    do {
        if (at >= end)
            return end;
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        else if (*at == '}' || *at == ']')
            depth--;
        else if (depth == 0) { /* a number or a word */
            while (at < end && !ends_word(*at))
                at++;
            return at;
        }
        at++;
    } while (depth > 0);
    return at;
}

struct json_walk json_walk(text container)
{
    const char *start = container.ptr ? container.ptr : "";
    const char *end = start + container.len;
    const char *at = skip_space(start, end);

    if (at < end && (*at == '{' || *at == '['))
        return (struct json_walk){ at + 1, end };
    return (struct json_walk){ end, end };
}

bool json_next_item(struct json_walk *walk, text *ret_value)
{
    const char *at = skip_space(walk->at, walk->end);
    const char *stop;

    if (at < walk->end && *at == ',')
        at = skip_space(at + 1, walk->end);
    if (at >= walk->end || *at == ']' || *at == '}')
        return false;
    stop = skip_value(at, walk->end);
    *ret_value = (text){ at, (size_t)(stop - at) };
    walk->at = stop;
    return true;
}

bool json_next_member(struct json_walk *walk, text *ret_key, text *ret_value)
{
    text key;

    if (!json_next_item(walk, &key) || key.len < 2)
        return false;
    walk->at = skip_space(walk->at, walk->end);
    if (walk->at < walk->end && *walk->at == ':')
        walk->at = skip_space(walk->at + 1, walk->end);
    *ret_key = text_slice(key, 1, key.len - 2);
    return json_next_item(walk, ret_value);
}

text json_find(text object, const char *key)
{
    struct json_walk walk = json_walk(object);
    text wanted = text_of(key), name, value;

    if (json_type_of(object) == JSON_OBJECT)
        while (json_next_member(&walk, &name, &value))
            if (text_equal(name, wanted))
                return value;
    return TEXT_NONE;
}

static uint32_t hex4(const char *at)
{
    char digits[5] = { at[0], at[1], at[2], at[3], '\0' };

    return (uint32_t)strtoul(digits, NULL, 16);
}

text json_unquote(struct arena *arena, text value)
{
    const char *at, *end;
    char *out;
    size_t len = 0;

    if (json_type_of(value) != JSON_STRING || value.len < 2)
        return TEXT_NONE;
    value = text_slice(value, 1, value.len - 2);
    if (text_find_char(value, '\\') == SIZE_MAX)
        return value;
    out = arena_alloc(arena, value.len + 1); /* an escape is never shorter than what it stands for */
    for (at = value.ptr, end = value.ptr + value.len; at < end; at++) {
        uint32_t code;

        if (*at != '\\') {
            out[len++] = *at;
            continue;
        }
        switch (*++at) {
        case 'b': out[len++] = '\b'; break;
        case 'f': out[len++] = '\f'; break;
        case 'n': out[len++] = '\n'; break;
        case 'r': out[len++] = '\r'; break;
        case 't': out[len++] = '\t'; break;
        case 'u':
            code = hex4(at + 1);
            at += 4;
            if (code >= 0xd800 && code <= 0xdbff) {
                code = 0x10000 + ((code - 0xd800) << 10) + (hex4(at + 3) - 0xdc00);
                at += 6;
            }
            len += utf8_put(out + len, code);
            break;
        default: out[len++] = *at;
        }
    }
    return (text){ out, len };
}

bool json_number(text value, double *ret_value)
{
    char copy[64];
    char *stop, *z = copy;
    double number;
    bool ok;

    if (json_type_of(value) != JSON_NUMBER)
        return false;
    if (value.len >= sizeof copy)
        z = xmalloc(value.len + 1);
    memcpy(z, value.ptr, value.len);
    z[value.len] = '\0';
    number = strtod(z, &stop);
    ok = stop == z + value.len && isfinite(number);
    if (z != copy)
        free(z);
    if (ok)
        *ret_value = number;
    return ok;
}

bool json_int(text value, int64_t *ret_value)
{
    double number;

    if (json_type_of(value) != JSON_NUMBER)
        return false;
    if (text_int(value, ret_value))
        return true;
    /* 2^53: above it a double no longer tells neighbours apart */
    if (!json_number(value, &number) || number != trunc(number) || fabs(number) > 9007199254740992.0)
        return false;
    *ret_value = (int64_t)number;
    return true;
}

bool json_bool(text value, bool *ret_value)
{
    enum json_type type = json_type_of(value);

    if (type != JSON_TRUE && type != JSON_FALSE)
        return false;
    *ret_value = type == JSON_TRUE;
    return true;
}

/* --- write ----------------------------------------------------------------------------------------------------------- */

static void separate(struct json_writer *w)
{
    if (w->comma)
        buffer_char(w->out, ',');
    w->comma = true;
}

static void open_container(struct json_writer *w, char c)
{
    separate(w);
    buffer_char(w->out, c);
    w->comma = false;
}

static void close_container(struct json_writer *w, char c)
{
    buffer_char(w->out, c);
    w->comma = true;
}

void jw_object(struct json_writer *w) { open_container(w, '{'); }
void jw_object_close(struct json_writer *w) { close_container(w, '}'); }
void jw_array(struct json_writer *w) { open_container(w, '['); }
void jw_array_close(struct json_writer *w) { close_container(w, ']'); }

static void quoted(struct json_writer *w, text t)
{
    size_t plain = 0; /* begin of the run not written yet */
    bool valid = utf8_valid(t);

    buffer_char(w->out, '"');
    for (size_t i = 0; i < t.len;) {
        unsigned char c = (unsigned char)t.ptr[i];
        size_t next = i + 1;

        if (c >= 0x80 && !valid && utf8_next(t, (next = i, &next)) == 0xfffd) {
            buffer_append(w->out, t.ptr + plain, i - plain);
            buffer_text(w->out, T("\xef\xbf\xbd"));
            plain = next;
        } else if (c < 0x20 || c == '"' || c == '\\') {
            buffer_append(w->out, t.ptr + plain, i - plain);
            if (c == '"' || c == '\\')
                buffer_format(w->out, "\\%c", c);
            else if (c == '\n')
                buffer_text(w->out, T("\\n"));
            else
                buffer_format(w->out, "\\u%04x", c);
            plain = next;
        }
        i = next;
    }
    buffer_append(w->out, t.ptr + plain, t.len - plain);
    buffer_char(w->out, '"');
}

void jw_key_text(struct json_writer *w, text key)
{
    separate(w);
    quoted(w, key);
    buffer_char(w->out, ':');
    w->comma = false;
}

void jw_key(struct json_writer *w, const char *key)
{
    jw_key_text(w, text_of(key));
}

void jw_raw(struct json_writer *w, text json)
{
    separate(w);
    buffer_text(w->out, json.ptr ? json : T("null"));
}

void jw_text(struct json_writer *w, text value)
{
    if (!value.ptr) {
        jw_null(w);
        return;
    }
    separate(w);
    quoted(w, value);
}

void jw_int(struct json_writer *w, int64_t value)
{
    separate(w);
    buffer_format(w->out, "%lld", (long long)value);
}

void jw_double(struct json_writer *w, double value)
{
    char shortest[32];

    if (!isfinite(value)) {
        jw_null(w);
        return;
    }
    for (int precision = 6; precision <= 17; precision++) {
        snprintf(shortest, sizeof shortest, "%.*g", precision, value);
        if (strtod(shortest, NULL) == value)
            break;
    }
    separate(w);
    buffer_text(w->out, text_of(shortest));
}

void jw_bool(struct json_writer *w, bool value)
{
    jw_raw(w, value ? T("true") : T("false"));
}

void jw_null(struct json_writer *w)
{
    jw_raw(w, T("null"));
}
