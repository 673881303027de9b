/*
 * A PDF's text by `pdftotext`, run inside the sandbox as a second process. The order of reading is pdftotext's own
 * (not -layout, which keeps columns side by side and so tears sentences apart); a form feed ends each page.
 */
#ifndef TENON_EXTRACT_PDF_TEXT_H
#define TENON_EXTRACT_PDF_TEXT_H

#include "extract/parse.h"

/* Where sandbox_enter put the path, the only one that may be executed. */
struct pdf_text {
    int child;
    int out; /* its standard output */
    int err;
};

/* Starts it on fd 0, before anything is read. False when it cannot be started. */
bool pdf_text_start(const char *program, struct pdf_text *ret_run);

/* Reads to its end; false with a reason when pdftotext could not read the document. */
bool pdf_text_read(struct pdf_text *run, struct parse *parse, struct buffer *ret_text);

#endif
