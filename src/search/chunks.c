/*
 * Two passes: blocks become units (the smallest pieces a chunk is made of: a sentence, an item, a row, a heading), then
 * units are gathered. A unit is a range of the extracted text, so that a chunk is one as well.
 */
#include "search/chunks.h"

#include "extract/blocks.h"
#include "search/sentences.h"

enum {
    CROWDED = CHUNK_WORDS - 20, /* a chunk of so many words ends at the next block */
    FULL = CHUNK_WORDS + 20,    /* and of so many at the next sentence */
    ENOUGH = 50,                /* for a heading of level 1 or 2 to end it */
    ENOUGH_DEEP = 120,
    LEVELS = 6,
};

struct unit {
    size_t from, to; /* bytes in the extracted text */
    uint32_t words;
    uint32_t level; /* of a heading, else 0 */
    uint32_t page;
    bool opens; /* first of its block */
    text path;
};

struct units {
    struct arena *arena;
    struct unit *items;
    size_t len, cap;
    struct buffer whole;
    text title;
    uint32_t page;
    text headings[LEVELS];
    text path;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_unspaced(uint32_t code)
{
    return (code >= 0x3040 && code <= 0x30ff) || (code >= 0x3400 && code <= 0x9fff) || (code >= 0xe00 && code <= 0xe7f) ||
        (code >= 0x20000 && code <= 0x3ffff);
}

/* Words of the text; stops counting past `max` and tells where the last whole word within it ended. */
static uint32_t count_words(text t, uint32_t max, size_t *ret_fits)
{
    uint32_t halves = 0;
    bool inside = false;
    size_t fits = 0;

    for (size_t i = 0; i < t.len;) {
        size_t before = i;
        uint32_t code = utf8_next(t, &i);

        if (code < 0x80 && is_space((char)code)) {
            inside = false;
        } else if (is_unspaced(code)) {
            inside = false;
            halves++;
        } else if (!inside) {
            inside = true;
            halves += 2;
        } else {
            continue;
        }
        if (halves <= 2 * max)
            fits = code < 0x80 && is_space((char)code) ? before : i;
        else
            break;
    }
    if (halves <= 2 * max)
        fits = t.len;
    if (ret_fits)
        *ret_fits = fits;
    return (halves + 1) / 2;
}

static void unit_add(struct units *units, size_t from, size_t to, uint32_t words, uint32_t level, bool opens)
{
    if (units->len == units->cap) {
        size_t cap = units->cap ? units->cap * 2 : 64;
        struct unit *more = arena_array(units->arena, cap, sizeof *more);

        if (units->len)
            memcpy(more, units->items, units->len * sizeof *more);
        units->items = more;
        units->cap = cap;
    }
    units->items[units->len++] = (struct unit){ from, to, words, level, units->page, opens, units->path };
}

/* A word of this many bytes is no word: binary, or a text without blanks in a script that has them. */
enum { PIECE_MAX = 4096 };

/* One sentence, row or line; cut between words when it alone is longer than a chunk may be. */
static void unit_put(struct units *units, text piece, size_t base, bool opens)
{
    size_t at = 0;

    while (at < piece.len) {
        text rest = text_slice(piece, at, piece.len), part;
        size_t fits;
        uint32_t words;

        if (is_space(rest.ptr[0])) {
            at++;
            continue;
        }
        count_words(utf8_prefix(rest, CHUNK_WORDS_MAX * 64), CHUNK_WORDS_MAX, &fits);
        part = text_trim(utf8_prefix(rest, fits));
        words = count_words(part, CHUNK_WORDS_MAX, NULL);
        if (part.len > PIECE_MAX && words < part.len / 64) {
            part = utf8_prefix(part, PIECE_MAX);
            words = CHUNK_WORDS;
        }
        unit_add(units, base + at, base + at + part.len, words, 0, opens);
        opens = false;
        at += part.len;
    }
}

static void put_sentences(struct units *units, text content, size_t base)
{
    struct sentence_walk walk = { .all = content };
    bool opens = true;
    text sentence;

    while (sentence_next(&walk, &sentence)) {
        unit_put(units, sentence, base + (size_t)(sentence.ptr - content.ptr), opens);
        opens = false;
    }
}

static void put_lines(struct units *units, text content, size_t base)
{
    bool opens = true;
    text rest = content;

    while (rest.ptr) {
        text line = text_cut(&rest, '\n');

        unit_put(units, line, base + (size_t)(line.ptr - content.ptr), opens);
        opens = false;
    }
}

/* The path is written anew at each heading: headings are few, chunks refer to it. */
static void enter_heading(struct units *units, uint32_t level, text heading)
{
    SCOPED(buffer) struct buffer path = { 0 };

    units->headings[level - 1] = heading;
    for (uint32_t i = level; i < LEVELS; i++)
        units->headings[i] = TEXT_NONE;
    for (uint32_t i = 0; i < level; i++) {
        if (units->headings[i].len == 0)
            continue;
        if (path.len)
            buffer_text(&path, T(" \xe2\x80\xba "));
        buffer_text(&path, utf8_prefix(units->headings[i], CHUNK_HEADING_MAX));
    }
    units->path = text_copy(units->arena, utf8_prefix(buffer_view(&path), CHUNK_HEADING_MAX));
}

static void put_block(struct units *units, const struct block *block)
{
    size_t base;

    if (block->kind == BLOCK_PAGE) {
        units->page = block->level;
        return;
    }
    if (text_is_empty(text_trim(block->text)))
        return;
    if (units->whole.len)
        buffer_text(&units->whole, T("\n\n"));
    base = units->whole.len;
    buffer_text(&units->whole, block->text);
    switch (block->kind) {
    case BLOCK_TITLE:
        if (!units->title.ptr)
            units->title = text_copy(units->arena, text_trim(block->text));
        break;
    case BLOCK_HEADING:
        enter_heading(units, block->level, text_trim(block->text));
        unit_add(units, base, base + block->text.len, count_words(block->text, CHUNK_WORDS_MAX, NULL), block->level, true);
        break;
    case BLOCK_CODE:
        put_lines(units, block->text, base);
        break;
    case BLOCK_ROW:
        unit_put(units, block->text, base, true);
        break;
    default:
        put_sentences(units, block->text, base);
    }
}

/* --- gathering ---------------------------------------------------------------------------------------------------------- */

static uint32_t words_of(const struct units *units, size_t from, size_t to)
{
    uint32_t words = 0;

    for (size_t i = from; i < to; i++)
        words += units->items[i].words;
    return words;
}

/* How many words are left in the block that unit `i` belongs to; stops counting at `max`. */
static uint32_t rest_of_block(const struct units *units, size_t i, uint32_t max)
{
    uint32_t words = 0;

    do
        words += units->items[i++].words;
    while (i < units->len && !units->items[i].opens && words <= max);
    return words;
}

/* Does a chunk of `words` end before unit `i`? */
static bool ends_before(const struct units *units, size_t i, uint32_t words)
{
    const struct unit *unit = &units->items[i];

    if (words == 0)
        return false;
    if (words + unit->words > CHUNK_WORDS_MAX)
        return true;
    if (unit->level)
        return words >= (unit->level <= 2 ? ENOUGH : ENOUGH_DEEP);
    if (unit->opens)
        return words >= CROWDED;
    return words >= FULL && words + rest_of_block(units, i, CHUNK_WORDS_MAX) > CHUNK_WORDS_MAX;
}

struct gather {
    struct units *units;
    struct chunk_list *out;
    size_t cap;
    size_t byte, code; /* the same place counted both ways: offsets only move forward */
};

static size_t code_at(struct gather *g, size_t byte)
{
    g->code += utf8_count((text){ g->units->whole.ptr + g->byte, byte - g->byte });
    g->byte = byte;
    return g->code;
}

static void chunk_add(struct gather *g, size_t from, size_t to, uint32_t words)
{
    const struct unit *first = &g->units->items[from], *lead = first;
    size_t start = first->from, end = g->units->items[to - 1].to;
    struct chunk *chunk;

    /* under which heading it stands is said by its first content, not by the chapter title above that */
    for (size_t i = from; i < to && lead->level; i++)
        lead = &g->units->items[i];
    if (g->out->len == g->cap) {
        struct chunk *more = arena_array(g->units->arena, g->cap * 2, sizeof *more);

        memcpy(more, g->out->items, g->out->len * sizeof *more);
        g->out->items = more;
        g->cap *= 2;
    }
    chunk = &g->out->items[g->out->len];
    *chunk = (struct chunk){ .ordinal = (uint32_t)g->out->len, .page = first->page, .words = words, .heading = lead->path };
    chunk->text = (text){ g->out->whole.ptr + start, end - start };
    chunk->start = code_at(g, start);
    chunk->end = code_at(g, end);
    g->out->len++;
}

static void gather(struct gather *g)
{
    struct units *units = g->units;
    size_t from = 0;
    uint32_t words = 0;

    for (size_t i = 0; i < units->len; i++) {
        if (ends_before(units, i, words)) {
            size_t to = i;

            while (to > from + 1 && units->items[to - 1].level) /* headings go with what follows */
                to--;
            chunk_add(g, from, to, words_of(units, from, to));
            words = words_of(units, to, i);
            from = to;
        }
        words += units->items[i].words;
    }
    if (from < units->len)
        chunk_add(g, from, units->len, words);
}

bool chunks_of(struct arena *arena, text blocks, struct chunk_list *ret_chunks)
{
    struct units units = { .arena = arena, .whole = { .max = blocks.len * 2 + 64 }, .path = T("") };
    struct block_reader reader = { .rest = blocks };
    struct chunk_list chunks = { 0 };
    struct gather g = { .units = &units, .out = &chunks, .cap = 16 };
    struct block block;

    while (block_next(&reader, &block))
        put_block(&units, &block);
    if (!reader.ended || units.whole.failed) {
        buffer_free(&units.whole);
        return false;
    }
    chunks.whole = (text){ arena_copy(arena, units.whole.ptr, units.whole.len), units.whole.len };
    chunks.title = units.title;
    chunks.items = arena_array(arena, g.cap, sizeof *chunks.items);
    gather(&g);
    buffer_free(&units.whole);
    *ret_chunks = chunks;
    return true;
}
