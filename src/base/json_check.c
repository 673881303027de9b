/*
 * The strict check: a recursive-descent walk whose depth the limit bounds. Keys of open objects are held in one table, so
 * that a document of n keys costs n lookups whatever its shape.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

struct seen_key {
    uint32_t object; /* number of the object it stands in; 0 is an empty slot */
    text key;
};

struct level {
    text key;     /* the member being read, when in an object */
    size_t index; /* the item being read, when in an array */
};

struct check {
    const char *start, *at, *end;
    const struct json_limits *limits;
    struct json_error *error;
    struct arena arena;
    struct level *path;
    int depth;
    uint32_t objects;
    struct seen_key *seen;
    size_t seen_count, seen_size; /* size: a power of two, or 0 */
};

static bool value(struct check *c);

static bool fault(struct check *c, enum json_fault kind, const char *message)
{
    size_t len = 0;

    c->error->fault = kind;
    c->error->offset = (size_t)(c->at - c->start);
    c->error->message = message;
    c->error->field[0] = '\0';
    for (int i = 0; i < c->depth && len < sizeof c->error->field - 1; i++) {
        const struct level *level = &c->path[i];
        char *to = c->error->field + len;
        size_t room = sizeof c->error->field - len;
        const char *dot = len ? "." : "";
        int wrote = level->key.ptr ? snprintf(to, room, "%s%.*s", dot, TEXT_ARG(level->key)) : snprintf(to, room, "%s%zu", dot, level->index);

        len += wrote < 0 ? 0 : (size_t)wrote;
    }
    if (!utf8_valid(text_of(c->error->field)))
        c->error->field[0] = '\0';
    return false;
}

static void space(struct check *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
        c->at++;
}

static int hex4(const char *at)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        char d = at[i];

        if (d >= '0' && d <= '9')
            value = value * 16 + d - '0';
        else if ((d | 32) >= 'a' && (d | 32) <= 'f')
            value = value * 16 + (d | 32) - 'a' + 10;
        else
            return -1;
    }
    return value;
}

/* At `\`. */
static bool escape(struct check *c)
{
    int code;

    if (c->end - c->at < 2)
        return fault(c, JSON_SYNTAX, "the string does not end");
    if (c->at[1] != 'u') {
        if (!c->at[1] || !strchr("\"\\/bfnrt", c->at[1]))
            return fault(c, JSON_SYNTAX, "unknown escape in a string");
        c->at += 2;
        return true;
    }
    code = c->end - c->at < 6 ? -1 : hex4(c->at + 2);
    if (code < 0)
        return fault(c, JSON_SYNTAX, "\\u needs four hexadecimal digits");
    if (code == 0)
        return fault(c, JSON_NUL, "the character NUL is not allowed");
    if (code >= 0xdc00 && code <= 0xdfff)
        return fault(c, JSON_UTF8, "half a surrogate pair");
    c->at += 6;
    if (code >= 0xd800 && code <= 0xdbff) {
        int low = c->end - c->at < 6 || c->at[0] != '\\' || c->at[1] != 'u' ? -1 : hex4(c->at + 2);

        if (low < 0xdc00 || low > 0xdfff)
            return fault(c, JSON_UTF8, "half a surrogate pair");
        c->at += 6;
    }
    return true;
}

/* At the opening quote; `*ret_raw` is what stands between the quotes. */
static bool string(struct check *c, text *ret_raw, bool *ret_escaped)
{
    const char *start = ++c->at;
    bool high = false;

    *ret_escaped = false;
    for (;;) {
        unsigned char byte;

        if (c->at >= c->end)
            return fault(c, JSON_SYNTAX, "the string does not end");
        byte = (unsigned char)*c->at;
        if (byte == '"')
            break;
        if (byte == '\\') {
            *ret_escaped = true;
            if (!escape(c))
                return false;
            continue;
        }
        if (byte == 0)
            return fault(c, JSON_NUL, "the character NUL is not allowed");
        if (byte < 0x20)
            return fault(c, JSON_SYNTAX, "control characters in a string must be escaped");
        high |= byte >= 0x80;
        c->at++;
    }
    *ret_raw = (text){ start, (size_t)(c->at - start) };
    if (ret_raw->len > c->limits->string)
        return fault(c, JSON_LONG, "too long");
    if (high && !utf8_valid(*ret_raw))
        return fault(c, JSON_UTF8, "not valid UTF-8");
    c->at++;
    return true;
}

static size_t slot_of(const struct check *c, uint32_t object, text key)
{
    size_t i = (text_hash(key) ^ object * UINT64_C(0x9e3779b97f4a7c15)) & (c->seen_size - 1);

    while (c->seen[i].object && !(c->seen[i].object == object && text_equal(c->seen[i].key, key)))
        i = (i + 1) & (c->seen_size - 1);
    return i;
}

static void seen_grow(struct check *c)
{
    struct seen_key *old = c->seen;
    size_t size = c->seen_size;

    c->seen_size = size ? size * 2 : 32;
    c->seen = xcalloc(c->seen_size, sizeof *c->seen);
    for (size_t i = 0; i < size; i++)
        if (old[i].object)
            c->seen[slot_of(c, old[i].object, old[i].key)] = old[i];
    free(old);
}

static bool remember_key(struct check *c, uint32_t object, text raw, bool escaped)
{
    text key = raw;
    size_t slot;

    if (escaped) /* the quotes are around it in the document */
        key = json_unquote(&c->arena, (text){ raw.ptr - 1, raw.len + 2 });
    if (c->seen_count * 2 >= c->seen_size)
        seen_grow(c);
    slot = slot_of(c, object, key);
    if (c->seen[slot].object)
        return fault(c, JSON_DUPLICATE, "stands twice in the same object");
    c->seen[slot] = (struct seen_key){ object, key };
    c->seen_count++;
    return true;
}

static bool member(struct check *c, uint32_t object)
{
    struct level *level = &c->path[c->depth - 1];
    bool escaped;
    text key;

    space(c);
    if (c->at >= c->end || *c->at != '"')
        return fault(c, JSON_SYNTAX, "a member's name must be a string");
    level->key = T("");
    if (!string(c, &key, &escaped))
        return false;
    level->key = key;
    if (!remember_key(c, object, key, escaped))
        return false;
    space(c);
    if (c->at >= c->end || *c->at != ':')
        return fault(c, JSON_SYNTAX, "':' is missing after a member's name");
    c->at++;
    return value(c);
}

static bool container(struct check *c, char close)
{
    uint32_t object = close == '}' ? ++c->objects : 0;

    if (c->depth >= c->limits->depth)
        return fault(c, JSON_DEPTH, "nested too deeply");
    c->at++;
    space(c);
    if (c->at < c->end && *c->at == close) {
        c->at++;
        return true;
    }
    c->path[c->depth++] = (struct level){ .index = 0 };
    for (;;) {
        if (!(object ? member(c, object) : value(c)))
            return false;
        space(c);
        if (c->at < c->end && *c->at == ',') {
            c->at++;
            c->path[c->depth - 1].index++;
            continue;
        }
        if (c->at < c->end && *c->at == close)
            break;
        return fault(c, JSON_SYNTAX, close == '}' ? "',' or '}' is missing" : "',' or ']' is missing");
    }
    c->at++;
    c->depth--;
    return true;
}

static bool word(struct check *c, text expected)
{
    if ((size_t)(c->end - c->at) < expected.len || memcmp(c->at, expected.ptr, expected.len) != 0)
        return fault(c, JSON_SYNTAX, "not a JSON value");
    c->at += expected.len;
    return true;
}

static size_t digits(struct check *c)
{
    const char *start = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return (size_t)(c->at - start);
}

static bool number(struct check *c)
{
    const char *start = c->at;
    double held;

    if (*c->at == '-')
        c->at++;
    if (c->at < c->end && *c->at == '0')
        c->at++;
    else if (!digits(c))
        return fault(c, JSON_SYNTAX, "not a JSON value");
    if (c->at < c->end && *c->at == '.') {
        c->at++;
        if (!digits(c))
            return fault(c, JSON_SYNTAX, "a number needs digits behind its point");
    }
    if (c->at < c->end && (*c->at | 32) == 'e') {
        c->at++;
        if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
            c->at++;
        if (!digits(c))
            return fault(c, JSON_SYNTAX, "a number needs digits in its exponent");
    }
    if (c->at - start < 16) /* too short to leave a double's range, unless by an exponent */
        if (!memchr(start, 'e', (size_t)(c->at - start)) && !memchr(start, 'E', (size_t)(c->at - start)))
            return true;
    if (!json_number((text){ start, (size_t)(c->at - start) }, &held))
        return fault(c, JSON_RANGE, "the number is out of range");
    return true;
}

static bool value(struct check *c)
{
    bool escaped;
    text raw;

    space(c);
    if (c->at >= c->end)
        return fault(c, JSON_SYNTAX, "a value is missing");
    switch (*c->at) {
    case '{': return container(c, '}');
    case '[': return container(c, ']');
    case '"': return string(c, &raw, &escaped);
    case 't': return word(c, T("true"));
    case 'f': return word(c, T("false"));
    case 'n': return word(c, T("null"));
    default: return number(c);
    }
}

bool json_check(text doc, const struct json_limits *limits, struct json_error *ret_error)
{
    struct check c = { .start = doc.ptr, .at = doc.ptr, .end = doc.ptr + doc.len, .limits = limits, .error = ret_error };
    bool ok;

    *ret_error = (struct json_error){ .fault = JSON_OK };
    c.path = xcalloc((size_t)limits->depth + 1, sizeof *c.path);
    ok = value(&c);
    if (ok) {
        space(&c);
        if (c.at != c.end)
            ok = fault(&c, *c.at ? JSON_SYNTAX : JSON_NUL, "something stands behind the value");
    }
    arena_free(&c.arena);
    free(c.seen);
    free(c.path);
    return ok;
}
