/*
 * Postings: where one term stands in one document, as the bytes of one row `(organization_id, term, document_id,
 * postings)`.
 *
 *     blob    = entry+
 *     entry   = varint(ordinal - previous ordinal - 1)   the first counts from -1
 *               varint(frequency - 1) varint(length)
 *     varint  = base 128, low bits first, the high bit says that more follows; at most 5 bytes, fits 32 bits
 *
 * `length` is the chunk's number of terms; it rides along because BM25 needs it and a look-up per chunk would cost more
 * than the byte. An empty blob is not written. Readers take any bytes: a damaged blob ends the walk and says so.
 */
#ifndef TENON_SEARCH_POSTINGS_H
#define TENON_SEARCH_POSTINGS_H

#include "base/buffer.h"
#include "search/terms.h"

struct posting {
    uint32_t ordinal;   /* of the chunk within its document */
    uint32_t frequency; /* of the term within the chunk, at least 1 */
    uint32_t length;    /* terms in the chunk */
};

/* Appends one entry; `last` is the ordinal of the one before it, or POSTINGS_FIRST. Ordinals rise. */
#define POSTINGS_FIRST UINT32_MAX
void posting_write(struct buffer *out, uint32_t last, const struct posting *posting);

struct posting_walk {
    const unsigned char *at;
    const unsigned char *end;
    uint32_t last;
    bool damaged; /* the bytes are not a posting list; what was handed out before may be wrong too */
};

struct posting_walk posting_walk(text blob);
bool posting_next(struct posting_walk *walk, struct posting *ret_posting);

/* --- a document's rows ------------------------------------------------------------------------------------------------ */

/* Collects the terms of a document's chunks and gives its rows. Its memory is the arena's. */
struct posting_builder;

struct posting_row {
    text term;
    text blob;
};

struct posting_builder *postings_begin(struct arena *arena);

/* The terms of one chunk (TERMS_INDEX); ordinals rise from call to call. Their words must live as long as the rows. */
void postings_chunk(struct posting_builder *builder, uint32_t ordinal, const struct term_list *terms);

/* The rows in ascending order of their terms' bytes, as the key of the table wants them. */
struct posting_row *postings_rows(struct posting_builder *builder, size_t *ret_count);

#endif
