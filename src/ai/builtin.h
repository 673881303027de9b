/*
 * Builtin: the offline provider. It has no weights: it answers by finding and citing sentences of the text it is given,
 * embeds by hashing, and says so. Everything is deterministic and needs no network.
 *
 *   builtin/extract-1   builtin_answer (with passages), builtin_chat (plain completions)
 *   builtin/embed-1     builtin_embed
 *
 * The fixed sentences are English; passages and questions may be in any language, but stop words, stems and the hints
 * that a question's words give are English too.
 */
#ifndef TENON_AI_BUILTIN_H
#define TENON_AI_BUILTIN_H

#include "base/text.h"

/* --- answers ----------------------------------------------------------------------------------------------------------- */

struct builtin_passage {
    int index;    /* as it is cited, from 1 */
    text title;   /* of the document; may be absent */
    text heading; /* path of headings; may be absent */
    text text;
};

struct builtin_citation {
    int index;
    text quote; /* the sentence exactly as it stands in the passage */
};

struct builtin_answer {
    bool found; /* the passages hold an answer; false for small talk as well, which cites nothing */
    text text;  /* whole sentences, each followed by its mark `[n]` */
    struct builtin_citation *citations; /* in the order of the text */
    size_t citation_count;
};

/* Answers from the passages (the best first, as retrieval ranked them): one to four sentences, or a lead-in with its list
   of up to eight. `earlier` is the user's message before this one, or absent; it resolves "and how long does that take?".
   When the passages do not cover the question it says so, and what the nearest of them is about. */
void builtin_answer(struct arena *arena, text question, text earlier, const struct builtin_passage *passages, size_t count,
    struct builtin_answer *ret_answer);

struct builtin_message {
    text role; /* system, developer, user, assistant, tool */
    text content;
};

/* A chat completion without passages. The question is the last line of the last user message that asks something; all text
   before it, and that of earlier messages but the assistant's, is what it is answered from. No marks in the answer. */
text builtin_chat(struct arena *arena, const struct builtin_message *messages, size_t count);

/* --- embeddings ---------------------------------------------------------------------------------------------------------- */

enum { BUILTIN_DIMENSIONS = 256 };

/* Hashed features of the folded and stemmed words and of their 3- to 5-grams, signed, logarithmic in their count, of length
   1. Texts that share no word and no piece of a word are near to orthogonal; a text without words is (1, 0, 0 …). */
void builtin_embed(text source, float ret_vector[static BUILTIN_DIMENSIONS]);

/* --- usage --------------------------------------------------------------------------------------------------------------- */

/* An approximation, for usage and budgets: a token for each started six letters of a word, three digits, one sign of
   punctuation, one character of a script without blanks. About four bytes a token in English prose. */
size_t builtin_count_tokens(text source);

#endif
