/*
 * Questions with known answers over short documents. `TUNED` is what the answerer was built against; `HELD_OUT` was
 * written before the first run and nothing was tuned to it: its score says what to expect of documents it never saw.
 */
#ifndef TENON_AI_BUILTIN_TABLES_H
#define TENON_AI_BUILTIN_TABLES_H

#include <stddef.h>

struct passage_row {
    const char *title, *heading, *text;
};

struct question_row {
    const struct passage_row *passages;
    size_t count;
    const char *earlier;  /* the message before, or NULL */
    const char *question;
    const char *expected; /* stands in the answer; NULL: the documents do not say */
};

/* The passages and their number. */
#define DOCS(name) name, sizeof name / sizeof *name

#endif
