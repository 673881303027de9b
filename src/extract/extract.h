/*
 * Extract: a document becomes blocks (extract/blocks.h), in a child process that may crash, hang or be taken over without
 * harm. The server never parses a document itself.
 *
 * The child is `tenon-extract`, which lies beside the server's program, or where the job says. It gets the document as its
 * standard input and two pipes, no environment, and a process group of its own; at the deadline the group is killed.
 * Everything here may be called from several threads at once, also while others fork.
 */
#ifndef TENON_EXTRACT_EXTRACT_H
#define TENON_EXTRACT_EXTRACT_H

#include "base/buffer.h"

enum extract_type { EXTRACT_TXT = 1, EXTRACT_MD, EXTRACT_HTML, EXTRACT_JSON, EXTRACT_CSV, EXTRACT_PDF, EXTRACT_DOCX };

enum extract_result {
    EXTRACT_OK,
    EXTRACT_REFUSED,     /* the document is damaged, protected, or not what it claims; the reason says which */
    EXTRACT_TIMEOUT,
    EXTRACT_TOO_LARGE,   /* the document, or the text in it */
    EXTRACT_CRASHED,     /* the child died by a signal or broke its protocol */
    EXTRACT_UNAVAILABLE, /* no child could be started, or it could not be locked in */
};

enum { EXTRACT_REASON = 256, EXTRACT_OUTPUT_MAX = 33 << 20 };

struct extract_job {
    enum extract_type type;
    int file;            /* a regular file, read from its beginning; its offset is not moved */
    int64_t timeout;     /* microseconds; 0: 30 seconds */
    size_t max_output;   /* bytes of blocks; 0: EXTRACT_OUTPUT_MAX */
    const char *program; /* NULL: `tenon-extract` beside /proc/self/exe */
};

/* Blocks the caller until the child is done and reaped. On EXTRACT_OK the stream, seen to be whole, is appended to
   `ret_blocks` and the reason is empty; else the buffer is as it was, and the reason is one sentence fit for users. */
enum extract_result extract_run(const struct extract_job *job, struct buffer *ret_blocks, char reason[static EXTRACT_REASON]);

/* What a file is, from its name, the type it was sent with, and its first bytes (4 KB are enough). PDF and DOCX must be so
   by content as well as by name, and nothing binary passes as text. False: none of the types. */
bool extract_type_of(text file_name, text mime, text first_bytes, enum extract_type *ret_type);

/* As the child's argument and the documents' rows spell it. */
const char *extract_type_name(enum extract_type type);

#endif
