/* SMTP (RFC 5321) by libcurl, blocking, one connection a letter. */
#include <curl/curl.h>

#include "core/config.h"
#include "mail/transport.h"

enum { IMPLICIT_TLS = 465, SUBMISSION = 587 };

static bool is_near(text host)
{
    return text_equal(host, T("localhost")) || text_starts(host, T("127.")) || text_equal(host, T("::1"));
}

/* A password goes over no wire in clear; on this machine there is no wire. */
enum smtp_tls smtp_tls(void)
{
    if (config.smtp_port == IMPLICIT_TLS)
        return SMTP_TLS_FROM_START;
    if (config.smtp_port == SUBMISSION || (config.smtp_user.len && !is_near(config.smtp_host)))
        return SMTP_TLS_REQUIRED;
    return SMTP_TLS_IF_OFFERED;
}

static size_t give(char *out, size_t size, size_t count, void *context)
{
    text *rest = context, part = text_slice(*rest, 0, size * count);

    memcpy(out, part.ptr, part.len);
    *rest = text_slice(*rest, part.len, rest->len);
    return part.len;
}

static const char *url_of(struct arena *arena, const struct message *message)
{
    const char *scheme = smtp_tls() == SMTP_TLS_FROM_START ? "smtps" : "smtp";
    bool bare = text_find_char(config.smtp_host, ':') != SIZE_MAX; /* an IPv6 address */
    text domain = message->from;

    text_cut(&domain, '@'); /* what we call ourselves in EHLO */
    return text_z(arena, text_format(arena, "%s://%s%.*s%s:%lld/%.*s", scheme, bare ? "[" : "", TEXT_ARG(config.smtp_host), bare ? "]" : "",
                                     (long long)config.smtp_port, TEXT_ARG(percent_encode(arena, domain))));
}

static void set_up(CURL *curl, struct arena *arena, const struct message *message)
{
    curl_easy_setopt(curl, CURLOPT_URL, url_of(arena, message));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* none from the environment */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(config.mail_timeout / MILLISECOND));
    /* the goodbye waits for an answer of its own: closed with the transfer, or it would wait two minutes */
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((config.mail_timeout + SECOND - 1) / SECOND));
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(smtp_tls() == SMTP_TLS_IF_OFFERED ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (mail_trusted_certificates)
        curl_easy_setopt(curl, CURLOPT_CAINFO, mail_trusted_certificates);
    if (config.smtp_user.len) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, text_z(arena, config.smtp_user));
        curl_easy_setopt(curl, CURLOPT_PASSWORD, text_z(arena, config.smtp_pass.value));
    }
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, text_z(arena, text_format(arena, "<%.*s>", TEXT_ARG(message->from))));
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
}

/* The server's code alone is told: its words quote the address. Only a refusal of the address or of the letter is for good; before
   that it is between the server and the operator. */
static enum result judge(struct call *call, CURL *curl, CURLcode done, bool given)
{
    long code = 0;

    if (done == CURLE_OK)
        return OK;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    if (done == CURLE_LOGIN_DENIED)
        return fail(call, UNAVAILABLE, "The mail server refuses SMTP_USER.");
    if (code >= 500 && code < 600 && (given || done == CURLE_SEND_ERROR))
        return fail(call, UPSTREAM_ERROR, "The mail server refused the letter with %ld.", code);
    if (code >= 400 && code < 600)
        return fail(call, UNAVAILABLE, "The mail server answered %ld.", code);
    return fail(call, UNAVAILABLE, "The mail server cannot be used: %s.", curl_easy_strerror(done));
}

static enum result send_smtp(struct call *call, const struct message *message)
{
    text all = message_write(&call->arena, message), rest = all;
    struct curl_slist *to = curl_slist_append(NULL, text_z(&call->arena, text_format(&call->arena, "<%.*s>", TEXT_ARG(message->to))));
    CURL *curl = curl_easy_init();
    enum result result = UNAVAILABLE;
    CURLcode done;

    if (curl && to) {
        set_up(curl, &call->arena, message);
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(curl, CURLOPT_READDATA, &rest);
        done = curl_easy_perform(curl);
        result = judge(call, curl, done, rest.len < all.len);
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(to);
    return result;
}

const struct transport transport_smtp = { "smtp", send_smtp };
