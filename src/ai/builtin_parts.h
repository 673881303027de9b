/*
 * The inside of builtin/extract-1: a question taken apart, and the sentences of the passages with what surrounds them.
 * For builtin_*.c only.
 */
#ifndef TENON_AI_BUILTIN_PARTS_H
#define TENON_AI_BUILTIN_PARTS_H

#include "ai/builtin.h"
#include "base/buffer.h"
#include "search/terms.h"

enum { QUESTION_TERMS = 32, SENTENCES_MAX = 800, SENTENCE_TERMS = 120 };

/* --- question -------------------------------------------------------------------------------------------------------------- */

/* What kind of thing is asked for. */
enum hint { HINT_NONE, HINT_WHO, HINT_WHEN, HINT_DURATION, HINT_AMOUNT, HINT_NUMBER, HINT_WHERE, HINT_WHY, HINT_HOW, HINT_YES };

struct question_term {
    text word;
    bool weak;    /* says little about the subject: need, get, work … */
    bool proper;  /* a name or a number: an answer about another one is no answer */
    bool earlier; /* from the message before */
    double weight;
};

struct question {
    struct question_term terms[QUESTION_TERMS];
    size_t len;
    enum hint hint;
    const char *const *units; /* a number alone is no evidence but one of these with it: "how heavy"; NULL: any number */
    bool stands_alone;        /* it has a subject of its own: words of the earlier message help but are not asked for */
};

enum small_talk { TALK_NONE, TALK_HELLO, TALK_THANKS, TALK_BYE, TALK_WHO, TALK_WHAT, TALK_HOW };

enum small_talk small_talk_of(struct arena *arena, text message);
void question_read(struct arena *arena, struct tokenizer *tokenizer, text question, text earlier, struct question *ret_question);

/* From 0 (nothing of the kind is in the sentence) to 1. */
double question_evidence(struct arena *arena, const struct question *question, text sentence);

/* --- sentences -------------------------------------------------------------------------------------------------------------- */

struct sentence {
    text text;
    size_t passage; /* place in the list */
    size_t number;  /* within the passage */
    struct term_list terms;
    size_t words;
    bool heading;  /* names what follows; not an answer */
    bool asks;     /* likewise: a question in a list of questions and answers */
    bool lead_in;  /* ends in a colon: what follows belongs to it */
    bool item;     /* of a list */
    bool row;      /* of a table */
    bool joined;   /* in the same paragraph as the one before */
    int under;     /* the heading it stands under in its passage, -1: none */
    int asked;     /* the question it answers, -1 */
    int led_by;    /* its lead-in, -1 */
    int columns;   /* its table's first row, -1 */
};

struct sentences {
    struct sentence *items;
    size_t len;
    struct term_list *titles;   /* of each passage */
    struct term_list *headings; /* likewise */
};

void sentences_read(struct arena *arena, struct tokenizer *tokenizer, const struct builtin_passage *passages, size_t count,
    struct sentences *ret_sentences);

/* --- words --------------------------------------------------------------------------------------------------------------------- */

/* How well a term is met by one of the list: 1 the same, less for a word of like meaning, 0 not at all. */
double words_match(text term, const struct term_list *terms);
bool word_is_weak(text stem);

/* The message in lower case, punctuation made blanks, one blank at both ends and between words: for finding phrases. */
text words_plain(struct arena *arena, text message);
bool words_have(text plain, const char *const *phrases, size_t count);

#define WORDS_HAVE(plain, ...) \
    words_have((plain), (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

#endif
