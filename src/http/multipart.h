/*
 * multipart/form-data (RFC 7578, RFC 2046 §5.1) of a body that is in memory. Parts are slices of it.
 */
#ifndef TENON_HTTP_MULTIPART_H
#define TENON_HTTP_MULTIPART_H

#include "base/text.h"

struct part {
    text name;
    text file_name; /* absent when it is no file; its last path segment only */
    text type;      /* absent when it was not said */
    text content;
};

struct multipart {
    text rest;
    text boundary;
    bool damaged; /* the body is not what its boundary promises */
};

/* From the Content-Type; false when it is not multipart/form-data with a boundary of 1 to 70 characters. */
bool multipart_open(text content_type, text body, struct multipart *ret);

/* The next part; false at the end, or when damaged. */
bool multipart_next(struct multipart *multipart, struct part *ret_part);

#endif
