#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool text_equal_nocase(text a, text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

bool text_starts(text t, text prefix)
{
    return t.len >= prefix.len && text_equal((text){ t.ptr, prefix.len }, prefix);
}

bool text_ends(text t, text suffix)
{
    return t.len >= suffix.len && text_equal((text){ t.ptr + (t.len - suffix.len), suffix.len }, suffix);
}

int text_compare(text a, text b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

text text_slice(text t, size_t from, size_t len)
{
    if (from > t.len)
        from = t.len;
    if (len > t.len - from)
        len = t.len - from;
    return (text){ t.ptr ? t.ptr + from : NULL, len };
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

text text_trim(text t)
{
    while (t.len && is_space(t.ptr[0]))
        t = text_slice(t, 1, t.len - 1);
    while (t.len && is_space(t.ptr[t.len - 1]))
        t.len--;
    return t;
}

size_t text_find(text t, text needle)
{
    const char *at;

    if (needle.len == 0)
        return 0;
    if (t.len < needle.len)
        return SIZE_MAX;
    at = memmem(t.ptr, t.len, needle.ptr, needle.len);
    return at ? (size_t)(at - t.ptr) : SIZE_MAX;
}

size_t text_find_char(text t, char c)
{
    const char *at = t.len ? memchr(t.ptr, c, t.len) : NULL;

    return at ? (size_t)(at - t.ptr) : SIZE_MAX;
}

text text_cut(text *rest, char sep)
{
    text all = *rest;
    size_t at = text_find_char(all, sep);

    if (at == SIZE_MAX) {
        *rest = TEXT_NONE;
        return all;
    }
    *rest = text_slice(all, at + 1, all.len);
    return text_slice(all, 0, at);
}

text text_copy(struct arena *arena, text t)
{
    return t.ptr ? (text){ arena_copy(arena, t.ptr, t.len), t.len } : TEXT_NONE;
}

char *text_z(struct arena *arena, text t)
{
    return arena_copy(arena, t.ptr, t.len);
}

text text_lower(struct arena *arena, text t)
{
    char *copy = arena_copy(arena, t.ptr, t.len);

    for (size_t i = 0; i < t.len; i++)
        copy[i] = lower(copy[i]);
    return (text){ copy, t.len };
}

text text_pattern(struct arena *arena, text t)
{
    char *out = arena_alloc(arena, t.len * 2 + 2);
    size_t len = 0;

    out[len++] = '%';
    t = text_lower(arena, t);
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '%' || t.ptr[i] == '_' || t.ptr[i] == '!')
            out[len++] = '!';
        out[len++] = t.ptr[i];
    }
    out[len++] = '%';
    return (text){ out, len };
}

text text_format(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    int len;
    char *out;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort(); /* only an invalid format does this */
    out = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(out, (size_t)len + 1, format, again);
    va_end(again);
    return (text){ out, (size_t)len };
}

bool text_int(text t, int64_t *ret_value)
{
    bool negative = t.len && t.ptr[0] == '-';
    int64_t value = 0;

    if (t.len && (t.ptr[0] == '-' || t.ptr[0] == '+'))
        t = text_slice(t, 1, t.len);
    if (t.len == 0)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        int digit = t.ptr[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value))
            return false;
        /* counted downwards for a negative number, because INT64_MIN has no positive twin */
        if (negative ? __builtin_sub_overflow(value, digit, &value) : __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

uint64_t text_hash(text t)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < t.len; i++)
        hash = (hash ^ (unsigned char)t.ptr[i]) * 0x100000001b3u;
    return hash;
}

/* Length of the well-formed sequence at `s` (RFC 3629 §4), 0 when it is broken. */
static size_t sequence(const unsigned char *s, size_t left, uint32_t *ret_code)
{
    unsigned char lead = s[0];
    size_t len;
    uint32_t code;

    if (lead < 0x80) {
        *ret_code = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf)
        len = 2, code = lead & 0x1fu;
    else if (lead >= 0xe0 && lead <= 0xef)
        len = 3, code = lead & 0x0fu;
    else if (lead >= 0xf0 && lead <= 0xf4)
        len = 4, code = lead & 0x07u;
    else
        return 0;
    if (left < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    if ((len == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) || (len == 4 && (code < 0x10000 || code > 0x10ffff)))
        return 0;
    *ret_code = code;
    return len;
}

bool utf8_valid(text t)
{
    const unsigned char *s = (const unsigned char *)t.ptr;
    size_t pos = 0;
    uint32_t code;

    while (pos < t.len) {
        size_t len;

        if (s[pos] < 0x80) {
            pos++;
            continue;
        }
        len = sequence(s + pos, t.len - pos, &code);
        if (len == 0)
            return false;
        pos += len;
    }
    return true;
}

size_t utf8_count(text t)
{
    size_t count = 0;

    for (size_t i = 0; i < t.len; i++)
        count += ((unsigned char)t.ptr[i] & 0xc0) != 0x80;
    return count;
}

uint32_t utf8_next(text t, size_t *pos)
{
    uint32_t code;
    size_t len = sequence((const unsigned char *)t.ptr + *pos, t.len - *pos, &code);

    *pos += len ? len : 1;
    return len ? code : 0xfffd;
}

size_t utf8_put(char out[static 4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

text utf8_prefix(text t, size_t max)
{
    if (t.len <= max)
        return t;
    while (max && ((unsigned char)t.ptr[max] & 0xc0) == 0x80)
        max--;
    return text_slice(t, 0, max);
}
