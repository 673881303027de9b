/*
 * A letter as it travels: RFC 5322 headers, MIME multipart/alternative (RFC 2046) in quoted-printable (RFC 2045 §6.7), words beyond
 * ASCII in headers by RFC 2047. For the mail room alone.
 */
#ifndef TENON_MAIL_MESSAGE_H
#define TENON_MAIL_MESSAGE_H

#include "base/buffer.h"
#include "core/call.h"

struct message {
    uuid id;
    text from_name; /* absent or empty: none */
    text from, to;  /* addresses */
    text subject, plain, html; /* UTF-8, lines by LF */
    int64_t time;
};

/* One line each, and addresses: whoever builds a message has checked that (mail.c). Lines end with CRLF. */
text message_write(struct arena *arena, const struct message *message);

/* A header's value, encoded where it must be, folded; the name and CRLF are the caller's. */
void message_put_words(struct arena *arena, struct buffer *out, text words);

/* The value of a header of a message that message_write made, decoded; absent when there is none. */
text message_header(struct arena *arena, text message, text name);

#endif
