/*
 * Buffer: bytes that grow up to a maximum. Going past it sets `failed` and drops what follows, so that a writer checks
 * once at its end and not at every step.
 */
#ifndef TENON_BASE_BUFFER_H
#define TENON_BASE_BUFFER_H

#include "base/text.h"

struct buffer {
    char *ptr; /* owned, from malloc */
    size_t len;
    size_t cap;
    size_t max;  /* 0: BUFFER_MAX */
    bool failed; /* something did not fit; sticky */
};

enum { BUFFER_MAX = 64 << 20 };

void buffer_free(struct buffer *b);
static inline void buffer_end(struct buffer *b) { buffer_free(b); }

/* Room for `more` bytes behind `len`; false (and `failed`) past the maximum. */
bool buffer_reserve(struct buffer *b, size_t more);
void buffer_append(struct buffer *b, const void *from, size_t len);
void buffer_text(struct buffer *b, text t);
void buffer_char(struct buffer *b, char c);
void buffer_format(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first `len` bytes. */
void buffer_consume(struct buffer *b, size_t len);

static inline text buffer_view(const struct buffer *b) { return (text){ b->ptr ? b->ptr : "", b->len }; }

#endif
