#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_free(struct buffer *b)
{
    free(b->ptr);
    *b = (struct buffer){ .max = b->max };
}

bool buffer_reserve(struct buffer *b, size_t more)
{
    size_t max = b->max ? b->max : BUFFER_MAX;
    size_t cap = b->cap ? b->cap : 256;

    if (b->failed || more > max || b->len > max - more) {
        b->failed = true;
        return false;
    }
    if (b->len + more <= b->cap)
        return true;
    while (cap < b->len + more)
        cap *= 2;
    b->ptr = xrealloc(b->ptr, cap);
    b->cap = cap;
    return true;
}

void buffer_append(struct buffer *b, const void *from, size_t len)
{
    if (len && buffer_reserve(b, len)) {
        memcpy(b->ptr + b->len, from, len);
        b->len += len;
    }
}

void buffer_text(struct buffer *b, text t)
{
    buffer_append(b, t.ptr, t.len);
}

void buffer_char(struct buffer *b, char c)
{
    buffer_append(b, &c, 1);
}

void buffer_format(struct buffer *b, const char *format, ...)
{
    va_list args, again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len >= 0 && buffer_reserve(b, (size_t)len + 1)) {
        vsnprintf(b->ptr + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

void buffer_consume(struct buffer *b, size_t len)
{
    if (len >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->ptr, b->ptr + len, b->len - len);
    b->len -= len;
}
