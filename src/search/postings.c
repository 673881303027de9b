#include "search/postings.h"

#include <stdlib.h>

enum { VARINT_MAX = 5, FIRST_SLOTS = 128 };

/* --- codec ------------------------------------------------------------------------------------------------------------ */

static size_t varint_put(char out[static VARINT_MAX], uint32_t value)
{
    size_t len = 0;

    for (; value >= 0x80; value >>= 7)
        out[len++] = (char)(value | 0x80);
    out[len++] = (char)value;
    return len;
}

static size_t entry_put(char out[static 3 * VARINT_MAX], uint32_t last, const struct posting *posting)
{
    size_t len = varint_put(out, posting->ordinal - last - 1); /* POSTINGS_FIRST + 1 is 0 */

    len += varint_put(out + len, posting->frequency - 1);
    return len + varint_put(out + len, posting->length);
}

void posting_write(struct buffer *out, uint32_t last, const struct posting *posting)
{
    char bytes[3 * VARINT_MAX];

    buffer_append(out, bytes, entry_put(bytes, last, posting));
}

static bool varint_get(struct posting_walk *walk, uint32_t *ret_value)
{
    uint32_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        unsigned char byte;

        if (walk->at == walk->end)
            return false;
        byte = *walk->at++;
        if (shift == 28 && byte > 0x0f)
            return false;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

struct posting_walk posting_walk(text blob)
{
    const unsigned char *start = (const unsigned char *)(blob.ptr ? blob.ptr : "");

    return (struct posting_walk){ .at = start, .end = start + blob.len, .last = POSTINGS_FIRST };
}

bool posting_next(struct posting_walk *walk, struct posting *ret_posting)
{
    uint32_t delta, frequency, length;

    if (walk->at == walk->end || walk->damaged)
        return false;
    walk->damaged = true;
    if (!varint_get(walk, &delta) || !varint_get(walk, &frequency) || !varint_get(walk, &length) || frequency == UINT32_MAX)
        return false;
    /* past the largest ordinal there is nothing, and it must not wrap round to small ones */
    if (walk->last == POSTINGS_FIRST ? delta == UINT32_MAX : delta >= UINT32_MAX - 1 - walk->last)
        return false;
    walk->damaged = false;
    walk->last += delta + 1;
    *ret_posting = (struct posting){ walk->last, frequency + 1, length };
    return true;
}

/* --- builder ---------------------------------------------------------------------------------------------------------- */

/* One term of the document. The bytes grow inside the arena: most terms stand in one chunk and need three. */
struct entry {
    text term;
    uint64_t hash;
    char *bytes;
    uint32_t len, cap;
    uint32_t last;           /* ordinal written last */
    struct posting now;      /* the chunk being counted */
    bool counting;
};

struct posting_builder {
    struct arena *arena;
    struct entry **slots;
    size_t size;
    struct entry **entries;
    size_t count, cap;
};

struct posting_builder *postings_begin(struct arena *arena)
{
    struct posting_builder *builder = arena_new(arena, struct posting_builder);

    builder->arena = arena;
    builder->size = FIRST_SLOTS;
    builder->slots = arena_array(arena, builder->size, sizeof *builder->slots);
    builder->cap = FIRST_SLOTS / 2;
    builder->entries = arena_array(arena, builder->cap, sizeof *builder->entries);
    return builder;
}

static void grow(struct posting_builder *b)
{
    struct entry **entries = arena_array(b->arena, b->cap * 2, sizeof *entries);

    memcpy(entries, b->entries, b->count * sizeof *entries);
    b->entries = entries;
    b->cap *= 2;
    b->size *= 2;
    b->slots = arena_array(b->arena, b->size, sizeof *b->slots);
    for (size_t n = 0; n < b->count; n++) {
        size_t i = entries[n]->hash & (b->size - 1);

        while (b->slots[i])
            i = (i + 1) & (b->size - 1);
        b->slots[i] = entries[n];
    }
}

static struct entry *entry_of(struct posting_builder *b, text term)
{
    uint64_t hash = text_hash(term);
    struct entry *entry;
    size_t i;

    hash ^= hash >> 32;
    if (b->count == b->cap)
        grow(b);
    for (i = hash & (b->size - 1); b->slots[i]; i = (i + 1) & (b->size - 1))
        if (b->slots[i]->hash == hash && text_equal(b->slots[i]->term, term))
            return b->slots[i];
    entry = arena_new(b->arena, struct entry);
    entry->term = term;
    entry->hash = hash;
    entry->last = POSTINGS_FIRST;
    b->slots[i] = entry;
    b->entries[b->count++] = entry;
    return entry;
}

static void entry_flush(struct posting_builder *b, struct entry *entry)
{
    char bytes[3 * VARINT_MAX];
    uint32_t len;

    if (!entry->counting)
        return;
    len = (uint32_t)entry_put(bytes, entry->last, &entry->now);
    if (entry->len + len > entry->cap) {
        uint32_t cap = entry->cap ? entry->cap * 2 : 16;
        char *more = arena_alloc(b->arena, cap);

        if (entry->len)
            memcpy(more, entry->bytes, entry->len);
        entry->bytes = more;
        entry->cap = cap;
    }
    memcpy(entry->bytes + entry->len, bytes, len);
    entry->len += len;
    entry->last = entry->now.ordinal;
    entry->counting = false;
}

void postings_chunk(struct posting_builder *builder, uint32_t ordinal, const struct term_list *terms)
{
    for (size_t i = 0; i < terms->len; i++) {
        struct entry *entry = entry_of(builder, terms->items[i].word);

        if (entry->counting && entry->now.ordinal == ordinal) {
            entry->now.frequency++;
            continue;
        }
        entry_flush(builder, entry);
        entry->now = (struct posting){ ordinal, 1, (uint32_t)terms->len };
        entry->counting = true;
    }
}

static int by_term(const void *a, const void *b)
{
    return text_compare(((const struct posting_row *)a)->term, ((const struct posting_row *)b)->term);
}

struct posting_row *postings_rows(struct posting_builder *builder, size_t *ret_count)
{
    struct posting_row *rows = arena_array(builder->arena, builder->count, sizeof *rows);

    for (size_t i = 0; i < builder->count; i++) {
        struct entry *entry = builder->entries[i];

        entry_flush(builder, entry);
        rows[i] = (struct posting_row){ entry->term, { entry->bytes, entry->len } };
    }
    qsort(rows, builder->count, sizeof *rows, by_term);
    *ret_count = builder->count;
    return rows;
}

