#include "mail/mail.h"

#include "core/config.h"
#include "core/log.h"
#include "mail/letters.h"
#include "mail/transport.h"

enum { ADDRESS_MOST = 254, LOCAL_MOST = 64 };

const char *mail_trusted_certificates;

static const struct transport *in_use(void)
{
    if (config.smtp_host.len)
        return &transport_smtp;
    return config.sendgrid_api_key.value.len ? &transport_sendgrid : &transport_outbox;
}

const char *mail_transport(void)
{
    return in_use()->name;
}

bool mail_address_valid(text address)
{
    text domain = address, local = text_cut(&domain, '@');

    if (!domain.len || !local.len || local.len > LOCAL_MOST || address.len > ADDRESS_MOST)
        return false;
    for (size_t i = 0; i < address.len; i++)
        if (address.ptr[i] <= ' ' || address.ptr[i] > '~' || strchr("()<>[]:;,\\\"", address.ptr[i]) || (address.ptr[i] == '@' && i != local.len))
            return false;
    return true;
}

/* --- the sender -------------------------------------------------------------------------------------------------------------- */

static text app_host(void)
{
    text rest = text_slice(config.app_url, text_find(config.app_url, T("//")), config.app_url.len);
    text host = text_slice(rest, 2, rest.len);

    host = text_cut(&host, '/');
    return host.len && host.ptr[0] == '[' ? T("localhost") : text_cut(&host, ':');
}

/* `Name <address>` or an address. */
static void read_mailbox(text mailbox, struct message *message)
{
    size_t open = text_find_char(mailbox, '<');
    text name = text_trim(text_slice(mailbox, 0, open)), address = text_trim(mailbox);

    if (open != SIZE_MAX && text_ends(address, T(">"))) {
        address = text_slice(mailbox, open + 1, mailbox.len);
        message->from = text_trim(text_cut(&address, '>'));
        if (name.len >= 2 && name.ptr[0] == '"' && text_ends(name, T("\"")))
            name = text_slice(name, 1, name.len - 2);
        message->from_name = name;
        return;
    }
    message->from = address;
}

static enum result find_sender(struct call *call, struct message *message)
{
    text mailbox = config.mail_from.len ? config.mail_from : config.sendgrid_from_email;

    if (!mailbox.len)
        mailbox = text_format(&call->arena, "no-reply@%.*s", TEXT_ARG(app_host()));
    read_mailbox(mailbox, message);
    if (mail_address_valid(message->from) && utf8_valid(message->from_name))
        return OK;
    return fail(call, UNAVAILABLE, "MAIL_FROM is no address.");
}

/* --- sending ------------------------------------------------------------------------------------------------------------------- */

enum result mail_send(struct call *call, const struct letter *letter)
{
    const struct transport *transport = in_use();
    struct message message = { .id = letter->id, .to = letter->to, .time = call->now ? call->now : clock_now() };
    struct letter_words words;

    if (!mail_address_valid(letter->to))
        return fail(call, VALIDATION_ERROR, "The address cannot take letters.");
    TRY(find_sender(call, &message));
    TRY(letter_write(call, letter, message.from_name.len ? message.from_name : T("Tenon"), &words));
    message.subject = words.subject;
    message.plain = words.plain;
    message.html = words.html;
    TRY(transport->send(call, &message));
    LOG(INFO, call, "letter sent", LZ("letter", letter->kind), LZ("transport", transport->name));
    return OK;
}
