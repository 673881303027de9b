/*
 * Chunks: the passages of a document that are searched, embedded and cited.
 *
 * The document's extracted text is the texts of its blocks (title included, pages have none) joined by one blank line
 * (`\n\n`). A chunk is a slice of it; `start` and `end` are its offsets there in code points. Chunks do not overlap and
 * come in order; together they hold all blocks but the title.
 *
 * Where a chunk ends:
 *   - near 200 words, between blocks if one ends there, else between sentences, never above 320;
 *   - never inside a sentence, a row, or a line of code, unless that alone is longer than the maximum;
 *   - before a heading of level 1 or 2 once it has 50 words, before a deeper one once it has 120;
 *   - a heading stays with what follows it.
 * A word is a run between blanks; in Chinese, Japanese and Thai two characters count as one.
 */
#ifndef TENON_SEARCH_CHUNKS_H
#define TENON_SEARCH_CHUNKS_H

#include "base/text.h"

enum { CHUNK_WORDS = 200, CHUNK_WORDS_MAX = 320, CHUNK_HEADING_MAX = 300 };

struct chunk {
    uint32_t ordinal; /* from 0 */
    uint32_t page;    /* on which it begins; 0: the document has no pages */
    uint32_t words;
    text heading;     /* path of the headings it stands under, `Guide › Refunds`; empty at the top; at most CHUNK_HEADING_MAX */
    text text;
    size_t start, end;
};

struct chunk_list {
    struct chunk *items;
    size_t len;
    text title; /* the document's own, absent when it names none */
    text whole; /* the extracted text */
};

/* Cuts a block stream (extract/blocks.h). False when the stream is damaged or cut. All that is returned is the arena's. */
bool chunks_of(struct arena *arena, text blocks, struct chunk_list *ret_chunks);

#endif
