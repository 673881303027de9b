/*
 * Blocks: the form in which a document's content leaves the parser child and enters search. A line-based stream that is
 * easy to write and safe to read, because the writer has read a hostile file and may be under its control.
 *
 *     tenon-blocks 1\n
 *     KIND LEVEL LENGTH\n<LENGTH bytes of UTF-8>\n      any number of times
 *     end\n
 *
 * KIND is one of title heading paragraph item row code page. LEVEL is a heading's depth (1 to 6), a page's number, and
 * 0 for the rest; a page has no text. A stream without its last line was cut and is refused by the reader.
 */
#ifndef TENON_EXTRACT_BLOCKS_H
#define TENON_EXTRACT_BLOCKS_H

#include "base/buffer.h"

enum block_kind { BLOCK_TITLE, BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_ITEM, BLOCK_ROW, BLOCK_CODE, BLOCK_PAGE };

struct block {
    enum block_kind kind;
    uint32_t level;
    text text; /* valid UTF-8 without control characters but tab and line feed; points into the stream */
};

/* Start with `{ .rest = stream }`. */
struct block_reader {
    text rest;
    bool begun;
    bool ended;  /* the last line was seen: the stream is whole */
    bool broken; /* a line or a text was not as stated above; nothing more is read */
};

/* The next block. False at the end and at the first fault: the stream was whole only if `ended` is set. */
bool block_next(struct block_reader *reader, struct block *ret_block);

/* The writer's side. Texts are written as they are: the caller has cleaned them. */
void blocks_begin(struct buffer *out);
void block_write(struct buffer *out, enum block_kind kind, uint32_t level, text content);
void blocks_end(struct buffer *out);

#endif
