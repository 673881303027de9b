/* What bytes mean as text. The result is always valid UTF-8: every parser behind this may rely on it. */
#include "extract/parse.h"

/* Windows-1252 where it differs from Latin-1 (0x80 to 0x9f); 0: not assigned. */
static const uint16_t WINDOWS[32] = { 0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
    0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178 };

struct decoder {
    char *out;
    size_t len;
    size_t dropped; /* control characters */
    bool after_cr;
};

static void put(struct decoder *d, uint32_t code)
{
    bool after_cr = d->after_cr;

    d->after_cr = code == '\r';
    if (code == '\n' && after_cr)
        return;
    if (code == '\r' || code == 0x85)
        code = '\n';
    if ((code < 0x20 && code != '\n' && code != '\t' && code != '\f') || (code >= 0x7f && code < 0xa0)) {
        d->dropped++;
        return;
    }
    d->len += utf8_put(d->out + d->len, code);
}

static void decode_utf8(struct decoder *d, text source)
{
    for (size_t i = 0; i < source.len;)
        put(d, utf8_next(source, &i));
}

static void decode_windows(struct decoder *d, text source)
{
    for (size_t i = 0; i < source.len; i++) {
        unsigned char byte = (unsigned char)source.ptr[i];

        put(d, byte >= 0x80 && byte < 0xa0 ? WINDOWS[byte - 0x80] : byte);
    }
}

static void decode_utf16(struct decoder *d, text source, bool big)
{
    const unsigned char *s = (const unsigned char *)source.ptr;
    uint32_t high = 0;

    for (size_t i = 0; i + 1 < source.len; i += 2) {
        uint32_t unit = big ? (uint32_t)s[i] << 8 | s[i + 1] : (uint32_t)s[i + 1] << 8 | s[i];
        bool low = unit >= 0xdc00 && unit <= 0xdfff;

        if (high)
            put(d, low ? 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00) : 0xfffd);
        if (unit >= 0xd800 && unit <= 0xdbff) {
            high = unit;
            continue;
        }
        if (!low)
            put(d, unit);
        else if (!high)
            put(d, 0xfffd);
        high = 0;
    }
}

bool parse_decode(struct parse *parse, text *ret_text)
{
    text source = parse->source;
    struct decoder d = { 0 };

    /* one byte becomes at most three, two bytes of UTF-16 at most three as well */
    d.out = arena_alloc(parse->arena, utf8_valid(source) ? source.len : source.len * 3 + 4);
    if (text_starts(source, T("\xff\xfe")))
        decode_utf16(&d, text_slice(source, 2, source.len), false);
    else if (text_starts(source, T("\xfe\xff")))
        decode_utf16(&d, text_slice(source, 2, source.len), true);
    else if (utf8_valid(source))
        decode_utf8(&d, text_starts(source, T("\xef\xbb\xbf")) ? text_slice(source, 3, source.len) : source);
    else
        decode_windows(&d, source);
    if (d.dropped > 16 && d.dropped > source.len / 100)
        return parse_refuse(parse, "The file is not text.");
    *ret_text = (text){ d.out, d.len };
    return true;
}
