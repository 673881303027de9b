/*
 * Terms: a text becomes the words that are looked up. The index and the query go through the same steps, so what they
 * agree on is found:
 *
 *   - letters are folded (case, Latin diacritics, ligatures, full-width forms): `Café` and `CAFE` are one;
 *   - English words are stemmed by Snowball (`refunded` → `refund`); `customer's` loses its `'s`;
 *   - numbers lose their grouping commas (`1,000` → `1000`) and keep their point (`3.14`);
 *   - identifiers are kept whole and in parts: `ERR-4711` → `err-4711`, `err`, `4711`; likewise dates, addresses and
 *     names with points or underscores. Hyphenated words come in parts, and joined when a part is one letter (`e-mail`);
 *   - Chinese, Japanese, Korean, Thai and other scripts written without blanks come as overlapping pairs of characters;
 *   - stop words (`the`, `what` …) are left out of the index, and out of a query unless it has nothing else: a query of
 *     stop words alone finds nothing, but it can be shown what was looked for.
 *
 * Every term knows its bytes in the source, so that a passage can be highlighted. Text that is not valid UTF-8 is read
 * as far as it is.
 */
#ifndef TENON_SEARCH_TERMS_H
#define TENON_SEARCH_TERMS_H

#include "base/text.h"

enum { TERM_MAX = 64 }; /* bytes of a term; what is longer is cut */

struct term {
    text word;      /* folded and stemmed, in the arena */
    uint32_t start; /* byte range in the source */
    uint32_t end;
    bool part;      /* a piece of the identifier that stands before it */
};

struct term_list {
    struct term *items; /* in the order of the source */
    size_t len;
    bool cut; /* the source had more than `max` */
};

enum term_use {
    TERMS_INDEX, /* without stop words */
    TERMS_QUERY, /* without stop words unless there is nothing else, each word once */
    TERMS_ALL,   /* everything */
};

/* Holds the stemmer and remembers recent words, because a few thousand make up most of any text. For one thread at a
   time; open one per worker and keep it (it takes about 300 KB). */
struct tokenizer;

struct tokenizer *tokenizer_open(void);
void tokenizer_close(struct tokenizer *tokenizer);

/* This thread's own: made at its first use, closed when the thread ends. */
struct tokenizer *tokenizer_of_thread(void);

/* At most `max` terms of `source` (its first 4 GB). */
struct term_list terms_of(struct tokenizer *tokenizer, struct arena *arena, text source, enum term_use use, size_t max);

/* Is the lower-case ASCII word a stop word? */
bool stop_word(text word);

#endif
