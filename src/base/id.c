#include "base/id.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

void random_bytes(void *out, size_t len)
{
    unsigned char *at = out;

    while (len) {
        ssize_t got = getrandom(at, len, 0);

        if (got <= 0)
            abort(); /* without randomness nothing secret can be made */
        at += got;
        len -= (size_t)got;
    }
}

/* What is no secret need not ask the kernel each time. */
static void random_tail(uint8_t out[static 8])
{
    static _Thread_local char kept[256];
    static _Thread_local size_t left;

    if (!left) {
        random_bytes(kept, sizeof kept);
        left = sizeof kept;
    }
    left -= 8;
    memcpy(out, kept + left, 8);
}

uuid uuid_new(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t last; /* 48 bits of milliseconds, then a 12-bit counter (RFC 9562 §6.2, method 1) */
    uint64_t stamp = (uint64_t)(clock_now() / MILLISECOND) << 12;
    uuid id;

    random_tail(id.bytes + 8);
    pthread_mutex_lock(&mutex);
    if (stamp <= last)
        stamp = last + 1;
    last = stamp;
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(stamp >> (52 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0f));
    id.bytes[7] = (uint8_t)stamp;
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    return id;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool uuid_parse(text t, uuid *ret_id)
{
    uuid id;
    size_t at = 0;

    if (t.len != UUID_TEXT)
        return false;
    for (size_t i = 0; i < 16; i++) {
        int high, low;

        if (i == 4 || i == 6 || i == 8 || i == 10)
            if (t.ptr[at++] != '-')
                return false;
        high = hex_digit(t.ptr[at]);
        low = hex_digit(t.ptr[at + 1]);
        if (high < 0 || low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    *ret_id = id;
    return true;
}

static const char HEX[] = "0123456789abcdef";

text uuid_format(uuid id, char out[static UUID_TEXT + 1])
{
    char *at = out;

    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = HEX[id.bytes[i] >> 4];
        *at++ = HEX[id.bytes[i] & 15];
    }
    *at = '\0';
    return (text){ out, UUID_TEXT };
}

text uuid_text(struct arena *arena, uuid id)
{
    return uuid_format(id, arena_alloc(arena, UUID_TEXT + 1));
}

text percent_encode(struct arena *arena, text t)
{
    char *out = arena_alloc(arena, 3 * t.len + 1), *at = out;

    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~') {
            *at++ = (char)c;
            continue;
        }
        *at++ = '%';
        *at++ = "0123456789ABCDEF"[c >> 4];
        *at++ = "0123456789ABCDEF"[c & 15];
    }
    return (text){ out, (size_t)(at - out) };
}

text hex_encode(struct arena *arena, const void *from, size_t len)
{
    const unsigned char *bytes = from;
    char *out = arena_alloc(arena, len * 2 + 1);

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = HEX[bytes[i] >> 4];
        out[2 * i + 1] = HEX[bytes[i] & 15];
    }
    return (text){ out, len * 2 };
}

bool hex_decode(text t, void *out, size_t len)
{
    unsigned char *bytes = out;

    if (t.len != len * 2)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (hex_digit(t.ptr[i]) < 0)
            return false;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)(hex_digit(t.ptr[2 * i]) << 4 | hex_digit(t.ptr[2 * i + 1]));
    return true;
}

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static text encode(struct arena *arena, const unsigned char *from, size_t len, const char *letters, bool pad)
{
    char *out = arena_alloc(arena, (len + 2) / 3 * 4 + 1);
    char *at = out;
    size_t i = 0;

    for (; i + 3 <= len; i += 3) {
        uint32_t group = (uint32_t)from[i] << 16 | (uint32_t)from[i + 1] << 8 | from[i + 2];

        *at++ = letters[group >> 18];
        *at++ = letters[group >> 12 & 63];
        *at++ = letters[group >> 6 & 63];
        *at++ = letters[group & 63];
    }
    if (i < len) {
        bool two = i + 2 == len;
        uint32_t group = (uint32_t)from[i] << 16 | (two ? (uint32_t)from[i + 1] << 8 : 0);

        *at++ = letters[group >> 18];
        *at++ = letters[group >> 12 & 63];
        if (two)
            *at++ = letters[group >> 6 & 63];
        else if (pad)
            *at++ = '=';
        if (pad)
            *at++ = '=';
    }
    *at = '\0';
    return (text){ out, (size_t)(at - out) };
}

text base64_encode(struct arena *arena, const void *from, size_t len)
{
    return encode(arena, from, len, STANDARD, true);
}

text base64url_encode(struct arena *arena, const void *from, size_t len)
{
    return encode(arena, from, len, URL, false);
}

text random_token(struct arena *arena, size_t len)
{
    unsigned char *bytes = arena_alloc(arena, len + 1);

    random_bytes(bytes, len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)URL[bytes[i] & 63];
    return (text){ (char *)bytes, len };
}

static int letter_value(char c, const char *last_two)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == last_two[0])
        return 62;
    if (c == last_two[1])
        return 63;
    return -1;
}

static bool decode(struct arena *arena, text t, const char *last_two, text *ret_bytes)
{
    unsigned char *out = arena_alloc(arena, t.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t bits = 0;
    int held = 0;

    if (t.len % 4 == 1)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        int value = letter_value(t.ptr[i], last_two);

        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (unsigned char)(bits >> held);
        }
    }
    if (bits & ((1u << held) - 1))
        return false;
    *ret_bytes = (text){ (char *)out, len };
    return true;
}

bool base64url_decode(struct arena *arena, text t, text *ret_bytes)
{
    return decode(arena, t, "-_", ret_bytes);
}

bool base64_decode(struct arena *arena, text t, text *ret_bytes)
{
    if (t.len % 4 == 0)
        for (int i = 0; i < 2 && t.len && t.ptr[t.len - 1] == '='; i++)
            t.len--;
    return decode(arena, t, "+/", ret_bytes);
}
