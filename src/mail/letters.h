/* What a letter says, made from its row. For the mail room alone. */
#ifndef TENON_MAIL_LETTERS_H
#define TENON_MAIL_LETTERS_H

#include "mail/mail.h"

struct letter_words {
    text subject, plain, html;
};

/* VALIDATION_ERROR as mail_send says. */
CHECKED enum result letter_write(struct call *call, const struct letter *letter, text app, struct letter_words *ret_words);

#endif
