#include "extract/parse.h"

#include <stdarg.h>
#include <stdio.h>

bool parse_refuse(struct parse *parse, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(parse->reason, sizeof parse->reason, format, args);
    va_end(args);
    return false;
}

static bool is_blank(uint32_t code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xa0 || code == 0x3000 || (code >= 0x2000 && code <= 0x200a) ||
        code == 0x202f || code == 0x2028 || code == 0x2029;
}

/* Characters that show nothing: controls, byte order marks, soft hyphens, and those that reorder what is around them. */
static bool is_dropped(uint32_t code)
{
    return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0xfeff ||
        code == 0x200b || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || (code >= 0xfff9 && code <= 0xfffb);
}

static void clean_code(text content, struct buffer *out)
{
    char bytes[4];

    for (size_t i = 0; i < content.len;) {
        uint32_t code = utf8_next(content, &i);

        if (!is_dropped(code))
            buffer_append(out, bytes, utf8_put(bytes, code));
    }
    while (out->len && strchr(" \t\n", out->ptr[out->len - 1])) /* bytes, so ASCII only */
        out->len--;
}

/* Runs of blanks become one; a line feed among them is kept, as one. */
static void clean_prose(text content, struct buffer *out)
{
    char bytes[4], gap = '\0';

    for (size_t i = 0; i < content.len;) {
        uint32_t code = utf8_next(content, &i);

        if (is_blank(code)) {
            gap = code == '\n' || gap == '\n' ? '\n' : ' ';
        } else if (!is_dropped(code)) {
            if (gap && out->len)
                buffer_char(out, gap);
            gap = '\0';
            buffer_append(out, bytes, utf8_put(bytes, code));
        }
    }
}

void parse_block(struct parse *parse, enum block_kind kind, uint32_t level, text content)
{
    SCOPED(buffer) struct buffer clean = { 0 };

    if (parse->out->failed)
        return;
    if (kind == BLOCK_CODE)
        clean_code(content, &clean);
    else
        clean_prose(content, &clean);
    if (kind == BLOCK_HEADING || kind == BLOCK_TITLE || kind == BLOCK_ROW)
        for (size_t i = 0; i < clean.len; i++)
            if (clean.ptr[i] == '\n')
                clean.ptr[i] = ' ';
    if (clean.len || kind == BLOCK_PAGE)
        block_write(parse->out, kind, level, buffer_view(&clean));
}
