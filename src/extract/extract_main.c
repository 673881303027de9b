/*
 * tenon-extract: reads one document in a sandbox and writes its blocks.
 *
 *     tenon-extract txt|md|html|json|csv|pdf|docx < FILE | …
 *     tenon-extract --self-test [pdf]
 *
 * Standard input is a regular file, standard output a pipe (no file may be written to). Exit code 0: blocks, whole. 1: the
 * document was refused, standard error holds one sentence for the person who sent it. 2: called wrongly, or the sandbox
 * could not be set up. 3: too much text.
 *
 * Everything is written at the end, so that a refused document leaves no blocks behind.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract/parse.h"
#include "extract/pdf_text.h"
#include "extract/sandbox.h"

#define PDFTOTEXT "/usr/bin/pdftotext"

enum { REFUSED = 1, WRONG = 2, TOO_LARGE = 3, INPUT_MAX = 128 << 20 };

struct kind {
    const char *name;
    bool (*parse)(struct parse *parse);
    const char *program; /* runs inside the sandbox */
};

static const struct kind KINDS[] = {
    { "txt", parse_txt, NULL },   { "md", parse_md, NULL },   { "html", parse_html, NULL },      { "json", parse_json, NULL },
    { "csv", parse_csv, NULL },   { "docx", parse_docx, NULL }, { "pdf", parse_pdf, PDFTOTEXT },
};

static _Noreturn void leave(int code, const char *line)
{
    if (line)
        dprintf(2, "%s\n", line);
    _exit(code); /* no handlers, no leak check: the process and all it held is gone */
}

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return NULL;
}

static text read_input(struct arena *arena)
{
    struct stat stat;
    size_t size, len = 0;
    char *bytes;

    if (fstat(0, &stat) != 0 || !S_ISREG(stat.st_mode))
        leave(WRONG, "standard input must be a regular file");
    if (stat.st_size > INPUT_MAX)
        leave(TOO_LARGE, "The document is too large to read.");
    size = (size_t)stat.st_size;
    bytes = arena_alloc(arena, size + 1);
    while (len < size) {
        ssize_t got = pread(0, bytes + len, size - len, (off_t)len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    return (text){ bytes, len };
}

static void write_all(text bytes)
{
    while (bytes.len) {
        ssize_t put = write(1, bytes.ptr, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            leave(WRONG, "standard output could not be written");
        bytes = text_slice(bytes, (size_t)put, bytes.len);
    }
}

static void read_pdf(const char *program, struct parse *parse, struct buffer *pages)
{
    struct pdf_text run;

    if (!pdf_text_start(program, &run) || !sandbox_narrow())
        leave(WRONG, "PDF documents cannot be read on this server: pdftotext could not be started.");
    if (!pdf_text_read(&run, parse, pages))
        leave(pages->failed ? TOO_LARGE : REFUSED, parse->reason);
    parse->source = buffer_view(pages);
}

static _Noreturn void extract(const struct kind *kind, const char *program)
{
    struct arena arena = { 0 };
    struct buffer out = { .max = PARSE_OUTPUT_MAX }, pages = { .max = PARSE_OUTPUT_MAX };
    struct parse parse = { .arena = &arena, .out = &out };

    if (program)
        read_pdf(program, &parse, &pages);
    else
        parse.source = read_input(&arena);
    blocks_begin(&out);
    if (!kind->parse(&parse))
        leave(REFUSED, parse.reason);
    blocks_end(&out);
    if (out.failed)
        leave(TOO_LARGE, "The document holds too much text.");
    write_all(buffer_view(&out));
    leave(0, NULL);
}

static _Noreturn void self_test(bool pdf)
{
    const char *program, *missing;

    if (!sandbox_enter(pdf ? PDFTOTEXT : NULL, &program, &missing))
        leave(WRONG, missing);
    if (pdf && !sandbox_narrow())
        leave(WRONG, "the second filter could not be set");
    leave(sandbox_self_test() ? REFUSED : 0, "self-test done");
}

int main(int count, char **arguments)
{
    const struct kind *kind = count == 2 ? kind_of(arguments[1]) : NULL;
    const char *program = NULL, *missing;

    clearenv();
    signal(SIGXFSZ, SIG_IGN); /* writing to a file then fails instead of killing */
    if (count >= 2 && strcmp(arguments[1], "--self-test") == 0)
        self_test(count == 3 && strcmp(arguments[2], "pdf") == 0);
    if (!kind)
        leave(WRONG, "usage: tenon-extract txt|md|html|json|csv|pdf|docx < FILE");
    if (!sandbox_enter(kind->program, &program, &missing))
        leave(WRONG, missing);
    extract(kind, program);
}
