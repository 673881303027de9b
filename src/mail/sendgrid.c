/* SendGrid's v3 API (POST /v3/mail/send) by libcurl, blocking. */
#include <curl/curl.h>

#include "base/json.h"
#include "core/config.h"
#include "mail/transport.h"

static void write_address(struct json_writer *w, text address, text name)
{
    jw_object(w);
    jw_member(w, "email", text, address);
    if (name.len)
        jw_member(w, "name", text, name);
    jw_object_close(w);
}

static void write_part(struct json_writer *w, text type, text value)
{
    jw_object(w);
    jw_member(w, "type", text, type);
    jw_member(w, "value", text, value);
    jw_object_close(w);
}

static void write_off(struct json_writer *w, const char *tracking)
{
    jw_key(w, tracking);
    jw_object(w);
    jw_member(w, "enable", bool, false);
    jw_object_close(w);
}

static text body_of(struct call *call, const struct message *message)
{
    SCOPED(buffer) struct buffer out = { 0 };
    struct json_writer w = { &out, false };

    jw_object(&w);
    jw_key(&w, "personalizations"), jw_array(&w), jw_object(&w), jw_key(&w, "to"), jw_array(&w);
    write_address(&w, message->to, TEXT_NONE);
    jw_array_close(&w), jw_object_close(&w), jw_array_close(&w);
    jw_key(&w, "from");
    write_address(&w, message->from, message->from_name);
    jw_member(&w, "subject", text, message->subject);
    jw_key(&w, "content"), jw_array(&w);
    write_part(&w, T("text/plain"), message->plain);
    write_part(&w, T("text/html"), message->html);
    jw_array_close(&w);
    jw_key(&w, "headers"), jw_object(&w);
    jw_member(&w, "Auto-Submitted", text, T("auto-generated"));
    jw_object_close(&w);
    jw_key(&w, "custom_args"), jw_object(&w);
    jw_member(&w, "letter_id", text, uuid_text(&call->arena, message->id));
    jw_object_close(&w);
    /* no link is led through anybody's counters: it holds a token */
    jw_key(&w, "tracking_settings"), jw_object(&w);
    write_off(&w, "click_tracking"), write_off(&w, "open_tracking");
    jw_object_close(&w);
    jw_object_close(&w);
    return text_copy(&call->arena, buffer_view(&out));
}

static size_t ignore(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes, (void)context;
    return size * count;
}

static struct curl_slist *headers_of(struct call *call)
{
    text authorization = text_format(&call->arena, "Authorization: Bearer %.*s", TEXT_ARG(config.sendgrid_api_key.value));
    const char *lines[] = { "Content-Type: application/json", "Expect:", text_z(&call->arena, authorization) };
    struct curl_slist *headers = NULL;

    for (size_t i = 0; i < COUNT(lines); i++)
        headers = curl_slist_append(headers, lines[i]);
    return headers;
}

static void set_up(CURL *curl, struct call *call, text body, struct curl_slist *headers)
{
    text url = config.sendgrid_url;

    if (text_ends(url, T("/")))
        url.len--;
    curl_easy_setopt(curl, CURLOPT_URL, text_z(&call->arena, text_format(&call->arena, "%.*s/v3/mail/send", TEXT_ARG(url))));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(config.mail_timeout / MILLISECOND));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.ptr);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
}

/* What the answer says besides its status quotes the letter, so it is not read. */
static enum result judge(struct call *call, CURL *curl, CURLcode done)
{
    long status = 0;

    if (done != CURLE_OK)
        return fail(call, UNAVAILABLE, "SendGrid cannot be used: %s.", curl_easy_strerror(done));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300)
        return OK;
    if (status == 401 || status == 403)
        return fail(call, UNAVAILABLE, "SendGrid refuses SENDGRID_API_KEY or the sender with %ld.", status);
    if (status == 408 || status == 429 || status < 400 || status >= 500)
        return fail(call, UNAVAILABLE, "SendGrid answered %ld.", status);
    return fail(call, UPSTREAM_ERROR, "SendGrid refused the letter with %ld.", status);
}

static enum result send_sendgrid(struct call *call, const struct message *message)
{
    text body = body_of(call, message);
    struct curl_slist *headers = headers_of(call);
    CURL *curl = curl_easy_init();
    enum result result = UNAVAILABLE;

    if (curl && headers) {
        set_up(curl, call, body, headers);
        result = judge(call, curl, curl_easy_perform(curl));
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    return result;
}

const struct transport transport_sendgrid = { "sendgrid", send_sendgrid };
