/* The ways out. Results are those of mail_send. For the mail room alone. */
#ifndef TENON_MAIL_TRANSPORT_H
#define TENON_MAIL_TRANSPORT_H

#include "mail/message.h"

struct transport {
    const char *name;
    enum result (*send)(struct call *call, const struct message *message);
};

extern const struct transport transport_smtp, transport_sendgrid, transport_outbox;

/* Whether the mail server must offer TLS, from SMTP_PORT, SMTP_USER and SMTP_HOST. */
enum smtp_tls { SMTP_TLS_IF_OFFERED, SMTP_TLS_REQUIRED, SMTP_TLS_FROM_START };
enum smtp_tls smtp_tls(void);

/* A file of certificates to trust instead of the system's; for tests, which cannot have one signed. */
extern const char *mail_trusted_certificates;

#endif
