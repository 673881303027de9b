/*
 * Sentences: where one ends and the next begins, without a dictionary. Good enough for passages and quotations, in
 * English and in what shares its marks; Chinese and Japanese stops are known.
 *
 * What holds: a sentence is a slice of the text without white space at its ends; all visible text belongs to exactly one
 * sentence, in order. A line is a sentence of its own where it reads as one (a list item, a table row, a heading).
 */
#ifndef TENON_SEARCH_SENTENCES_H
#define TENON_SEARCH_SENTENCES_H

#include "base/text.h"

/* Start with `{ .all = text }`. */
struct sentence_walk {
    text all;
    size_t at;
};

/* The next sentence; false at the end. */
bool sentence_next(struct sentence_walk *walk, text *ret_sentence);

#endif
