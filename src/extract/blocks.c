#include "extract/blocks.h"

static const text KINDS[] = {
    [BLOCK_TITLE] = { "title", 5 },  [BLOCK_HEADING] = { "heading", 7 }, [BLOCK_PARAGRAPH] = { "paragraph", 9 },
    [BLOCK_ITEM] = { "item", 4 },    [BLOCK_ROW] = { "row", 3 },         [BLOCK_CODE] = { "code", 4 },
    [BLOCK_PAGE] = { "page", 4 },
};

enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS, LEVEL_MAX = 1000000 };

static const text MAGIC = { "tenon-blocks 1\n", 15 };
static const text LAST = { "end\n", 4 };

void blocks_begin(struct buffer *out)
{
    buffer_text(out, MAGIC);
}

void block_write(struct buffer *out, enum block_kind kind, uint32_t level, text content)
{
    if (level > LEVEL_MAX)
        level = LEVEL_MAX;
    if (!buffer_reserve(out, content.len + 64)) /* whole or not at all */
        return;
    buffer_text(out, KINDS[kind]);
    buffer_format(out, " %u %zu\n", level, content.len);
    buffer_text(out, content);
    buffer_char(out, '\n');
}

void blocks_end(struct buffer *out)
{
    buffer_text(out, LAST);
}

static bool broken(struct block_reader *reader)
{
    reader->broken = true;
    return false;
}

static bool kind_of(text name, enum block_kind *ret_kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (text_equal(name, KINDS[i])) {
            *ret_kind = (enum block_kind)i;
            return true;
        }
    return false;
}

/* Only digits, no sign and no leading zero, so that a number has one spelling. */
static bool number(text t, int64_t max, int64_t *ret_value)
{
    if (t.len == 0 || t.len > 10 || t.ptr[0] < '0' || t.ptr[0] > '9' || (t.len > 1 && t.ptr[0] == '0'))
        return false;
    return text_int(t, ret_value) && *ret_value <= max;
}

static bool clean(text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.ptr[i];

        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return false;
    }
    return utf8_valid(t);
}

static bool level_fits(enum block_kind kind, int64_t level, int64_t len)
{
    switch (kind) {
    case BLOCK_HEADING: return level >= 1 && level <= 6;
    case BLOCK_PAGE: return level >= 1 && len == 0;
    default: return level == 0;
    }
}

bool block_next(struct block_reader *reader, struct block *ret_block)
{
    text rest = reader->rest, line;
    struct block block;
    int64_t level, len;
    size_t at;

    if (reader->ended || reader->broken)
        return false;
    if (!reader->begun) {
        if (!text_starts(rest, MAGIC))
            return broken(reader);
        reader->begun = true;
        rest = text_slice(rest, MAGIC.len, rest.len);
    }
    if (text_equal(rest, LAST)) {
        reader->ended = true;
        reader->rest = TEXT_NONE;
        return false;
    }
    at = text_find_char(text_slice(rest, 0, 64), '\n');
    if (at == SIZE_MAX)
        return broken(reader);
    line = text_slice(rest, 0, at);
    rest = text_slice(rest, at + 1, rest.len);
    if (!kind_of(text_cut(&line, ' '), &block.kind) || !number(text_cut(&line, ' '), LEVEL_MAX, &level) ||
        !number(line, UINT32_MAX, &len) || !level_fits(block.kind, level, len))
        return broken(reader);
    if ((size_t)len >= rest.len || rest.ptr[len] != '\n')
        return broken(reader);
    block.level = (uint32_t)level;
    block.text = text_slice(rest, 0, (size_t)len);
    if (!clean(block.text))
        return broken(reader);
    reader->rest = text_slice(rest, (size_t)len + 1, rest.len);
    *ret_block = block;
    return true;
}
