#include "ai/upstream_json.h"

#include <stdlib.h>

enum { DEPTH_MAX = 256 };

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Each scan_ function begins at its value and returns the place behind it, or NULL. */
static const char *scan_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        unsigned char c = (unsigned char)*at;

        if (c == '"')
            return at + 1;
        if (c < 0x20)
            return NULL;
        if (c != '\\')
            continue;
        if (++at >= end || !*at || !strchr("\"\\/bfnrtu", *at))
            return NULL;
        if (*at == 'u') {
            if (end - at < 5 || !is_hex(at[1]) || !is_hex(at[2]) || !is_hex(at[3]) || !is_hex(at[4]))
                return NULL;
            at += 4;
        }
    }
    return NULL;
}

static const char *scan_digits(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > start ? at : NULL;
}

static const char *scan_number(const char *at, const char *end)
{
    if (*at == '-')
        at++;
    at = scan_digits(at, end);
    if (at && at < end && *at == '.')
        at = scan_digits(at + 1, end);
    if (at && at < end && (*at | 32) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = scan_digits(at, end);
    }
    return at;
}

static const char *scan_word(const char *at, const char *end, text word)
{
    return (size_t)(end - at) >= word.len && memcmp(at, word.ptr, word.len) == 0 ? at + word.len : NULL;
}

static const char *scan_value(const char *at, const char *end, int depth);

static const char *scan_member(const char *at, const char *end, int depth)
{
    at = skip_space(at, end);
    if (at >= end || *at != '"' || !(at = scan_string(at, end)))
        return NULL;
    at = skip_space(at, end);
    return at < end && *at == ':' ? scan_value(at + 1, end, depth) : NULL;
}

static const char *scan_container(const char *at, const char *end, int depth)
{
    char close = *at == '{' ? '}' : ']';

    if (depth >= DEPTH_MAX)
        return NULL;
    at = skip_space(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    for (;;) {
        at = close == '}' ? scan_member(at, end, depth + 1) : scan_value(at, end, depth + 1);
        if (!at)
            return NULL;
        at = skip_space(at, end);
        if (at < end && *at == close)
            return at + 1;
        if (at >= end || *at != ',')
            return NULL;
        at++;
    }
}

static const char *scan_value(const char *at, const char *end, int depth)
{
    at = skip_space(at, end);
    if (at >= end)
        return NULL;
    switch (*at) {
    case '{':
    case '[': return scan_container(at, end, depth);
    case '"': return scan_string(at, end);
    case 't': return scan_word(at, end, T("true"));
    case 'f': return scan_word(at, end, T("false"));
    case 'n': return scan_word(at, end, T("null"));
    default: return scan_number(at, end);
    }
}

bool upstream_json_valid(text doc)
{
    const char *end, *at;

    if (doc.len == 0)
        return false;
    end = doc.ptr + doc.len;
    at = scan_value(doc.ptr, end, 0);
    return at && skip_space(at, end) == end;
}

static uint32_t hex4(const char *at)
{
    char digits[5] = { at[0], at[1], at[2], at[3], '\0' };

    return (uint32_t)strtoul(digits, NULL, 16);
}

static void put_code(struct buffer *out, uint32_t code)
{
    char bytes[4];

    if (code == 0 || (code >= 0xd800 && code <= 0xdfff))
        code = 0xfffd;
    buffer_append(out, bytes, utf8_put(bytes, code));
}

/* At the letter behind a backslash; returns its last byte. */
static const char *put_escape(struct buffer *out, const char *at, const char *end)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, *at);
    uint32_t code, low;

    if (*at != 'u') {
        buffer_char(out, letter ? meant[letter - letters] : *at);
        return at;
    }
    code = hex4(at + 1);
    at += 4;
    if (code >= 0xd800 && code <= 0xdbff && end - at > 6 && at[1] == '\\' && at[2] == 'u') {
        low = hex4(at + 3);
        if (low >= 0xdc00 && low <= 0xdfff) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            at += 6;
        }
    }
    put_code(out, code);
    return at;
}

static void put_plain(struct buffer *out, text run)
{
    size_t at = 0;

    if (utf8_valid(run)) {
        buffer_text(out, run);
        return;
    }
    while (at < run.len)
        put_code(out, utf8_next(run, &at));
}

void upstream_string(struct buffer *out, text value)
{
    const char *at, *end, *plain;

    if (json_type_of(value) != JSON_STRING || value.len < 2)
        return;
    end = value.ptr + value.len - 1;
    for (at = plain = value.ptr + 1; at < end; at++) {
        if (*at != '\\')
            continue;
        put_plain(out, (text){ plain, (size_t)(at - plain) });
        at = put_escape(out, at + 1, end);
        plain = at + 1;
    }
    put_plain(out, (text){ plain, (size_t)(end - plain) });
}

text upstream_text(struct arena *arena, text value, size_t max)
{
    SCOPED(buffer) struct buffer out = { 0 };

    if (json_type_of(value) != JSON_STRING)
        return TEXT_NONE;
    upstream_string(&out, value);
    return text_copy(arena, utf8_prefix(buffer_view(&out), max));
}

int64_t upstream_count(text value)
{
    double number;

    if (!json_number(value, &number) || !(number > 0))
        return 0;
    /* far above any context window, far below where prices overflow */
    return number > 1e12 ? INT64_C(1000000000000) : (int64_t)(number + 0.5);
}

bool upstream_truthy(text value)
{
    enum json_type type = json_type_of(value);

    return type != JSON_NONE && type != JSON_NULL && type != JSON_FALSE && !text_equal(value, T("\"\""));
}
