/*
 * Letters on their way: queued with the transaction that has something to say, sent by a durable job that tries again, and
 * in development shown from the outbox on disk. What they say and how they leave is the mail room's (mail/mail.h).
 */
#ifndef TENON_FEATURES_LETTERS_H
#define TENON_FEATURES_LETTERS_H

#include "core/module.h"
#include "mail/mail.h"

/* Queues a letter in the call's organization and open transaction. `fields` are those that the kind's row names. The payload is
   sealed: a link in it is kept nowhere else but as a hash. */
CHECKED enum result letter_queue(struct call *call, const char *kind, text to, const struct letter_field *fields, size_t count);

#define LETTER(call, kind, to, ...) \
    letter_queue(call, kind, to, (const struct letter_field[]){ __VA_ARGS__ }, COUNT(((const struct letter_field[]){ __VA_ARGS__ })))

/* A link into the web application: APP_URL, never what the request's Host says, then `path` and `?token=`. */
text letter_link(struct call *call, const char *path, text token);

extern const struct module letters_module;

#endif
