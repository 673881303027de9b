/*
 * Parse: one parser per document type, from bytes to blocks. They run in the child behind the sandbox and under fuzzers;
 * a parser touches nothing but its source and its output.
 */
#ifndef TENON_EXTRACT_PARSE_H
#define TENON_EXTRACT_PARSE_H

#include "extract/blocks.h"

enum { PARSE_REASON = 256, PARSE_OUTPUT_MAX = 32 << 20, PARSE_HEADERS_MAX = 1000 };

struct parse {
    struct arena *arena;
    text source;
    struct buffer *out;        /* between blocks_begin and blocks_end; its maximum is the cap on output */
    char reason[PARSE_REASON]; /* why it was refused, one sentence for the person who sent the document */
};

/* Each is false when it refused. Output past the cap shows in `out->failed`. */
bool parse_txt(struct parse *parse);
bool parse_md(struct parse *parse);
bool parse_html(struct parse *parse);
bool parse_json(struct parse *parse);
bool parse_csv(struct parse *parse);
bool parse_docx(struct parse *parse);
bool parse_pdf(struct parse *parse); /* `source` is what pdf_text read: pages parted by form feeds */

/* Sets the reason; always false, so that `return parse_refuse(…)` reads well. */
bool parse_refuse(struct parse *parse, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a block: control characters dropped, blanks at both ends too, and in all but code runs of blanks made one. Blocks
   without text are not written, pages excepted. */
void parse_block(struct parse *parse, enum block_kind kind, uint32_t level, text content);

/* `source` as UTF-8 with line feeds for line ends and no control characters but tab, line feed and form feed: UTF-8 (a byte order mark
   dropped), UTF-16 by its byte order mark, anything else as Windows-1252. False when it is no text. */
bool parse_decode(struct parse *parse, text *ret_text);

/* Running text in lines: blank lines part paragraphs, wrapped lines are joined, bullets become items. */
enum flow { FLOW_TEXT, FLOW_PAGE /* from a PDF: hyphens at line ends are undone, short lone lines may be headings */ };
void parse_flow(struct parse *parse, text lines, enum flow flow);

/* Length of the bullet or number that opens a list item, with the blank behind it; 0 when there is none. `*ret_number`
   tells whether it counts. */
size_t parse_bullet(text line, bool *ret_number);

#endif
