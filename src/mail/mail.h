/*
 * Letters to people. What they say is a table (letters.c); how they leave is one of three transports, by configuration: SMTP where
 * SMTP_HOST is set, else SendGrid where SENDGRID_API_KEY is, else files in DATA_DIR/outbox.
 *
 * Sending blocks for up to MAIL_TIMEOUT, and as long for the goodbye: it belongs on a job's thread. No address, link or secret gets into a log or a failure.
 */
#ifndef TENON_MAIL_MAIL_H
#define TENON_MAIL_MAIL_H

#include "core/call.h"

struct letter_field {
    const char *name;
    text value;
};

struct letter {
    uuid id;          /* the job's: a letter that is sent again is the same letter to whoever gets it (Message-ID) */
    const char *kind; /* a row of letter_kinds */
    text to;          /* one address, ASCII */
    const struct letter_field *fields; /* just those that the kind names */
    size_t field_count;
};

/*
 * OK: taken over by the transport (for the outbox: on disk). UNAVAILABLE: not now, try again; also when the operator's own
 * credentials are refused, since they may be set right. UPSTREAM_ERROR: refused for good, this letter to this address.
 * VALIDATION_ERROR: never sent; an unknown kind, a field that is missing, not the kind's or of more than one line, an address
 * that is none.
 *
 * A connection that is cut before the last answer leaves it open whether the letter was taken: then UNAVAILABLE, so it may come twice.
 */
CHECKED enum result mail_send(struct call *call, const struct letter *letter);

const char *mail_transport(void); /* "smtp", "sendgrid" or "outbox", for doctor and health */

/* True for an address as letters take it: printable ASCII, one `@`, nothing that means something in a header or to SMTP. */
bool mail_address_valid(text address);

/*
 * A letter as one text, for the payload of the job that sends it, and back. Links hold tokens that are kept nowhere but as hashes, so
 * the text is sealed (crypto.h). False when it was not sealed here; what is opened lives in the call's arena.
 */
text letter_seal(struct call *call, const struct letter *letter);
bool letter_unseal(struct call *call, text sealed, struct letter *ret_letter);

/* --- what letters say ------------------------------------------------------------------------------------------------------- */

/*
 * Named fields stand in braces. Besides those that the caller gives there is `{app}`, the sender's display name. `{link}` makes
 * the button; it must be http or https. Text and HTML are made from the same row, in one layout.
 */
struct letter_kind {
    const char *name;
    const char *subject;
    const char *paragraphs[4];
    const char *button; /* what the button to `{link}` says, or NULL */
    const char *note;   /* small, below; or NULL */
};

extern const struct letter_kind letter_kinds[]; /* .name NULL behind the last */

/* --- the outbox ---------------------------------------------------------------------------------------------------------------- */

enum { OUTBOX_LETTERS = 200 }; /* older ones are deleted */

struct outbox_letter {
    uuid id;
    int64_t created_at;
    text to, subject; /* decoded */
};

/* Newest first, up to `limit`. An outbox that is not there is empty. */
CHECKED enum result outbox_list(struct call *call, size_t limit, struct list *ret_letters);

/* The whole letter (RFC 5322). NOT_FOUND. */
CHECKED enum result outbox_read(struct call *call, uuid id, text *ret_message);

#endif
