/* mail: letters leave by each transport, are read back by another's parser, and every refusal has its result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json.h"
#include "core/config.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "mail/fake_server.h"
#include "mail/mail.h"
#include "mail/message.h"
#include "mail/transport.h"

#include <cmocka.h> /* last: it defines fail() */

static char directory[] = "/tmp/tenon-mail-XXXXXX";

static const struct letter_field fields[] = {
    { "name", T("Grethe") }, { "link", T("https://example.org/reset#token=secret-token") }, { "life", T("30 minutes") },
};
static const struct letter letter = { .kind = "password_reset", .to = T("grethe@example.net"), .fields = fields, .field_count = COUNT(fields) };

static int open_directory(void **state)
{
    (void)state;
    log_set_level(LOG_OFF);
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command);
}

static int set_defaults(void **state)
{
    (void)state;
    assert_true(config_set("DATA_DIR", directory) && config_set("APP_URL", "https://app.example.org") && config_set("MAIL_FROM", "Tenon <post@example.org>"));
    assert_true(config_set("SMTP_HOST", "") && config_set("SMTP_USER", "") && config_set("SMTP_PASS", "") && config_set("SMTP_PORT", "587"));
    assert_true(config_set("SENDGRID_API_KEY", "") && config_set("SENDGRID_FROM_EMAIL", "") && config_set("MAIL_TIMEOUT", "10s"));
    mail_trusted_certificates = NULL;
    return 0;
}

static void use_server(const struct fake_server *server)
{
    char spelled[64];

    if (server->http) {
        snprintf(spelled, sizeof spelled, "http://127.0.0.1:%d/", server->port);
        assert_true(config_set("SENDGRID_URL", spelled) && config_set("SENDGRID_API_KEY", "SG.secret-key"));
        return;
    }
    snprintf(spelled, sizeof spelled, "%d", server->port);
    assert_true(config_set("SMTP_HOST", "127.0.0.1") && config_set("SMTP_PORT", spelled));
}

/* Sends the letter, and sees to it that a failure tells nothing of it. */
static enum result send_letter(const struct letter *one)
{
    SCOPED(call) struct call call;
    struct letter copy = *one;
    enum result result;

    call_open(&call, NULL);
    if (uuid_is_none(copy.id))
        copy.id = uuid_new();
    result = mail_send(&call, &copy);
    assert_true(text_find(call.failure.message, T("grethe")) == SIZE_MAX && text_find(call.failure.message, T("secret")) == SIZE_MAX);
    return result;
}

/* --- the message --------------------------------------------------------------------------------------------------------------- */

/* Reads a file as Python's parser does: headers, then each part's type and content. */
static text read_back(struct arena *arena, const char *path)
{
    static const char script[] = "import email, email.policy, sys\\n"
        "m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\\n"
        "print(m.get_content_type(), [type(d).__name__ for d in m.defects])\\n"
        "for h in ('From', 'To', 'Subject', 'Date', 'Message-ID', 'Auto-Submitted'): print(h + ': ' + str(m[h]))\\n"
        "for p in m.iter_parts(): print(p.get_content_type(), p.get_content_charset()); print(p.get_content())\\n";
    SCOPED(buffer) struct buffer out = { 0 };
    char command[2048], piece[4096];
    size_t got;
    FILE *pipe;

    snprintf(command, sizeof command, "printf \"%s\" | PYTHONIOENCODING=utf-8 python3 - '%s'", script, path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    while ((got = fread(piece, 1, sizeof piece, pipe)) > 0)
        buffer_append(&out, piece, got);
    assert_int_equal(pclose(pipe), 0);
    return text_copy(arena, buffer_view(&out));
}

static void another_parser_reads_the_same(void **state)
{
    static const char body[] = "\u00c6rlig talt = 100 %, \t.\nSpace at the end \n.\n.. dots\nFrom here\n\n"
        "A very long line without an end, a very long line without an end, a very long line without an end, \u00e6\u00f8\u00e5\u00e6\u00f8\u00e5\u00e6\u00f8\u00e5\u00e6\u00f8\u00e5";
    SCOPED(arena) struct arena arena = { 0 };
    struct message message = {
        .id = uuid_new(), .from_name = T("Torv, \"S\u00f8n\" & Co"), .from = T("post@example.org"), .to = T("grethe@example.net"), .time = INT64_C(784111777) * SECOND,
        .subject = T("Annéliese and Søren invite you to a house with a rather long name, Torv & Søn, 日本語, 日本語, 日本語, on the corner"),
        .plain = text_of(body), .html = T("<p>\u00e9 &amp; =</p>\n"),
    };
    text written = message_write(&arena, &message), rest = written, told;
    char path[64];
    FILE *file;

    (void)state;
    while (rest.len) {
        text line = text_cut(&rest, '\n');

        if (!line.len || line.len > 77 || line.ptr[line.len - 1] != '\r') /* 76 and CR */
            fail_msg("%.*s", TEXT_ARG(line));
        assert_true(line.len < 2 || line.ptr[line.len - 2] != ' '); /* relays drop it */
        for (size_t i = 0; i + 1 < line.len; i++)
            assert_true(line.ptr[i] >= ' ' && line.ptr[i] <= '~');
    }
    snprintf(path, sizeof path, "%s/message.eml", directory);
    file = fopen(path, "w");
    assert_true(file && fwrite(written.ptr, 1, written.len, file) == written.len && fclose(file) == 0);
    told = read_back(&arena, path);
    if (!text_starts(told, text_format(&arena,
            "multipart/alternative []\nFrom: \"Torv, \\\"S\u00f8n\\\" & Co\" <post@example.org>\nTo: grethe@example.net\nSubject: %.*s\n"
            "Date: Sun, 06 Nov 1994 08:49:37 +0000\nMessage-ID: <%.*s@example.org>\nAuto-Submitted: auto-generated\ntext/plain utf-8\n%s\n",
            TEXT_ARG(message.subject), TEXT_ARG(uuid_text(&arena, message.id)), body)))
        fail_msg("%.*s", TEXT_ARG(told));
    assert_true(text_find(told, T("text/html utf-8\n<p>\u00e9 &amp; =</p>\n")) != SIZE_MAX);
    assert_true(text_equal(message_header(&arena, written, T("subject")), message.subject));
    assert_true(text_equal(message_header(&arena, written, T("To")), message.to));
    assert_null(message_header(&arena, written, T("text")).ptr);
    assert_null(message_header(&arena, T("nothing"), T("To")).ptr);
}

/* --- configuration --------------------------------------------------------------------------------------------------------------- */

static void the_transport_follows_the_configuration(void **state)
{
    static const struct { const char *host, *port, *user; enum smtp_tls tls; } rows[] = {
        { "mail.example.org", "465", "", SMTP_TLS_FROM_START }, { "mail.example.org", "465", "u", SMTP_TLS_FROM_START },
        { "mail.example.org", "587", "", SMTP_TLS_REQUIRED },   { "127.0.0.1", "587", "", SMTP_TLS_REQUIRED },
        { "mail.example.org", "25", "u", SMTP_TLS_REQUIRED },   { "mail.example.org", "25", "", SMTP_TLS_IF_OFFERED },
        { "localhost", "1025", "u", SMTP_TLS_IF_OFFERED },      { "localhost.example.org", "1025", "u", SMTP_TLS_REQUIRED },
    };

    (void)state;
    assert_string_equal(mail_transport(), "outbox");
    assert_true(config_set("SENDGRID_API_KEY", "SG.x"));
    assert_string_equal(mail_transport(), "sendgrid");
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(config_set("SMTP_HOST", rows[i].host) && config_set("SMTP_PORT", rows[i].port) && config_set("SMTP_USER", rows[i].user));
        assert_string_equal(mail_transport(), "smtp");
        if (smtp_tls() != rows[i].tls)
            fail_msg("%s %s %s", rows[i].host, rows[i].port, rows[i].user);
    }
    assert_false(config_set("SMTP_HOST", "a/b") || config_set("SMTP_HOST", "a@b") || config_set("SMTP_PORT", "0"));
    assert_false(config_set("MAIL_FROM", "nobody") || config_set("MAIL_FROM", "a@b\r\nBcc: c@d"));
    assert_false(config_set("MAIL_TIMEOUT", "0") || config_set("MAIL_TIMEOUT", "1h")); /* 0 would be for ever */
    assert_false(config_set("SENDGRID_URL", "http://api.sendgrid.com") || config_set("SENDGRID_URL", "http://localhost.example.org:1/"));
}

static void the_sender_is_found(void **state)
{
    static const struct { const char *from, *sendgrid, *url, *header; } rows[] = {
        { "Tenon <post@example.org>", "", "https://a.test", "From: \"Tenon\" <post@example.org>\r\n" },
        { "\"Tenon AI\" <post@example.org>", "", "https://a.test", "From: \"Tenon AI\" <post@example.org>\r\n" },
        { "post@example.org", "grid@example.org", "https://a.test", "From: post@example.org\r\n" },
        { "", "grid@example.org", "https://a.test", "From: grid@example.org\r\n" },
        { "", "", "https://a.test:8443/x", "From: no-reply@a.test\r\n" },
        { "", "", "http://localhost:3000", "From: no-reply@localhost\r\n" },
        { "", "", "http://[::1]:3000", "From: no-reply@localhost\r\n" },
        { "Tenon <post@example.org", "", "https://a.test", NULL },
        { "Tenon <a b@example.org>", "", "https://a.test", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED(call) struct call call;
        struct letter one = letter;
        text message;

        call_open(&call, NULL);
        one.id = uuid_new();
        assert_true(config_set("MAIL_FROM", rows[i].from) && config_set("SENDGRID_FROM_EMAIL", rows[i].sendgrid) && config_set("APP_URL", rows[i].url));
        if (!rows[i].header) {
            assert_int_equal(send_letter(&one), UNAVAILABLE);
            continue;
        }
        assert_int_equal(send_letter(&one), OK);
        assert_int_equal(outbox_read(&call, one.id, &message), OK);
        if (text_find(message, text_of(rows[i].header)) == SIZE_MAX)
            fail_msg("%s", rows[i].header);
    }
}

/* --- on its way through a job --------------------------------------------------------------------------------------------------- */

static void a_sealed_letter_is_the_same_letter(void **state)
{
    SCOPED(call) struct call call;
    struct letter one = letter, opened = { .kind = NULL };
    struct letter_field odd[] = { { "name", T("\"Gr\u00e9the\" \\ {link}") }, fields[1], fields[2] };
    text sealed;

    (void)state;
    call_open(&call, NULL);
    assert_true(config_set("JWT_SECRET", "0123456789abcdef0123456789abcdef"));
    assert_true(config_set("ENCRYPTION_KEY", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    assert_int_equal(crypto_start(&call), OK);
    one.id = uuid_new();
    one.fields = odd;
    sealed = letter_seal(&call, &one);
    assert_true(letter_unseal(&call, sealed, &opened));
    assert_true(uuid_equal(opened.id, one.id) && text_equal(opened.to, one.to) && opened.field_count == COUNT(odd));
    assert_string_equal(opened.kind, one.kind);
    for (size_t i = 0; i < COUNT(odd); i++)
        assert_true(text_equal(opened.fields[i].value, odd[i].value) && strcmp(opened.fields[i].name, odd[i].name) == 0);
    assert_int_equal(send_letter(&opened), OK);
    for (size_t i = 0; i < sealed.len; i++) {
        text broken = text_copy(&call.arena, sealed);

        ((char *)broken.ptr)[i] = broken.ptr[i] == 'A' ? 'B' : 'A';
        assert_false(letter_unseal(&call, broken, &opened));
    }
    assert_false(letter_unseal(&call, T(""), &opened) || letter_unseal(&call, TEXT_NONE, &opened));
}

/* --- outbox ------------------------------------------------------------------------------------------------------------------------ */

static void the_outbox_keeps_the_newest(void **state)
{
    SCOPED(call) struct call call;
    struct letter one = letter;
    struct list list;
    struct outbox_letter *letters;
    uuid first = UUID_NONE;
    char path[256];
    struct stat info;
    text message;

    (void)state;
    snprintf(path, sizeof path, "%s/other", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(config_set("DATA_DIR", path));
    call_open(&call, NULL);
    assert_int_equal(outbox_list(&call, 10, &list), OK);
    assert_int_equal(list.len, 0);
    for (int i = 0; i < OUTBOX_LETTERS + 5; i++) {
        one.id = uuid_new();
        if (i == 0)
            first = one.id;
        assert_int_equal(send_letter(&one), OK);
    }
    assert_int_equal(send_letter(&one), OK); /* the same letter again is one */
    assert_int_equal(outbox_list(&call, 1000, &list), OK);
    assert_int_equal(list.len, OUTBOX_LETTERS);
    letters = list.items;
    assert_true(uuid_equal(letters[0].id, one.id) && text_equal(letters[0].to, letter.to) && text_equal(letters[0].subject, T("Choose a new password")));
    assert_true(letters[0].created_at > clock_now() - HOUR && letters[0].created_at <= clock_now());
    assert_int_equal(outbox_list(&call, 3, &list), OK);
    assert_int_equal(list.len, 3);
    assert_int_equal(outbox_read(&call, one.id, &message), OK);
    assert_true(text_find(message, T("#token=3Dsecret-token")) != SIZE_MAX);
    assert_int_equal(outbox_read(&call, first, &message), NOT_FOUND);
    snprintf(path, sizeof path, "%s/other/outbox/%.*s.eml", directory, TEXT_ARG(uuid_text(&call.arena, one.id)));
    assert_true(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
    snprintf(path, sizeof path, "%s/other/outbox/%.*s.new", directory, TEXT_ARG(uuid_text(&call.arena, one.id)));
    assert_int_not_equal(stat(path, &info), 0);
}

static void a_bad_outbox_is_tried_again(void **state)
{
    (void)state;
    assert_true(config_set("DATA_DIR", "/dev/null"));
    assert_int_equal(send_letter(&letter), UNAVAILABLE);
}

/* --- SMTP ---------------------------------------------------------------------------------------------------------------------------- */

static void a_letter_goes_out_by_smtp(void **state)
{
    struct fake_server server = { .extensions = "250-AUTH PLAIN LOGIN\r\n" };
    SCOPED(arena) struct arena arena = { 0 };
    text heard;

    (void)state;
    fake_server_open(&server);
    use_server(&server);
    assert_true(config_set("SMTP_USER", "post") && config_set("SMTP_PASS", "pass-word"));
    assert_int_equal(send_letter(&letter), OK);
    fake_server_close(&server);
    heard = buffer_view(&server.heard);
    assert_true(text_starts(heard, T("EHLO example.org\r\nAUTH PLAIN\r\n")));
    assert_true(text_find(heard, base64_encode(&arena, "\0post\0pass-word", 15)) != SIZE_MAX);
    assert_true(text_find(heard, T("MAIL FROM:<post@example.org>")) != SIZE_MAX && text_find(heard, T("\r\nRCPT TO:<grethe@example.net>\r\nDATA\r\n")) != SIZE_MAX);
    assert_true(text_find(heard, T("\r\nTo: grethe@example.net\r\nSubject: Choose a new password\r\n")) != SIZE_MAX);
    assert_true(text_ends(heard, T("--\r\n\r\n.\r\nQUIT\r\n")) || text_ends(heard, T("--\r\n.\r\nQUIT\r\n")));
    buffer_free(&server.heard);
}

static void smtp_refusals_have_their_results(void **state)
{
    static const struct { enum result result; const char *to, *say; } rows[] = {
        { UNAVAILABLE, "", "421 too busy\r\n" }, { UNAVAILABLE, "", "554 no service for you\r\n" }, { UNAVAILABLE, "", "CUT" },
        { UNAVAILABLE, "EHLO", "CUT" },
        { UNAVAILABLE, "AUTH", "535 wrong\r\n" }, { UNAVAILABLE, "AUTH", "454 not now\r\n" }, { UNAVAILABLE, "AUTH", "CUT" },
        { UNAVAILABLE, "MAIL", "451 later\r\n" }, { UPSTREAM_ERROR, "MAIL", "553 not you\r\n" }, { UNAVAILABLE, "MAIL", "CUT" },
        { UNAVAILABLE, "RCPT", "450 grethe@example.net is busy\r\n" }, { UPSTREAM_ERROR, "RCPT", "550 no grethe@example.net here\r\n" }, { UNAVAILABLE, "RCPT", "CUT" },
        { UNAVAILABLE, "DATA", "451 later\r\n" }, { UPSTREAM_ERROR, "DATA", "554 no\r\n" }, { UNAVAILABLE, "DATA", "CUT" },
        { UNAVAILABLE, ".", "452 full\r\n" }, { UPSTREAM_ERROR, ".", "552 too large for grethe@example.net\r\n" }, { UNAVAILABLE, ".", "CUT" },
        { OK, "QUIT", "CUT" }, { OK, "QUIT", "421 bye\r\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fake_answer script[] = { { rows[i].to, rows[i].say }, { NULL, NULL } };
        struct fake_server server = { .script = script, .extensions = "250-AUTH PLAIN\r\n" };
        enum result result;

        set_defaults(NULL);
        fake_server_open(&server);
        use_server(&server);
        assert_true(config_set("SMTP_USER", "post") && config_set("SMTP_PASS", "secret-pass"));
        result = send_letter(&letter);
        fake_server_close(&server);
        buffer_free(&server.heard);
        if (result != rows[i].result)
            fail_msg("%s %s: %s", rows[i].to, rows[i].say, result_code(result));
    }
}

static void a_server_that_hangs_is_left(void **state)
{
    static const struct { const char *at, *say, *timeout; enum result result; } rows[] = {
        { "", "HANG", "300ms", UNAVAILABLE }, { "EHLO", "HANG", "300ms", UNAVAILABLE }, { "RCPT", "HANG", "300ms", UNAVAILABLE },
        { ".", "HANG", "300ms", UNAVAILABLE }, { "", "nonsense\r\n", "300ms", UNAVAILABLE },
        { "QUIT", "HANG", "3s", OK }, /* the letter itself must be taken in that time, on however busy a machine */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fake_answer script[] = { { rows[i].at, rows[i].say }, { NULL, NULL } };
        struct fake_server server = { .script = script };
        int64_t began;

        set_defaults(NULL);
        fake_server_open(&server);
        use_server(&server);
        assert_true(config_set("MAIL_TIMEOUT", rows[i].timeout));
        began = clock_ticks();
        assert_int_equal(send_letter(&letter), rows[i].result);
        assert_true(clock_ticks() - began < 20 * SECOND);
        fake_server_close(&server);
        buffer_free(&server.heard);
    }
    assert_int_equal(send_letter(&letter), UNAVAILABLE); /* nothing listens there now */
}

static void tls_comes_before_the_password(void **state)
{
    struct fake_server server = { .extensions = "250-STARTTLS\r\n250-AUTH PLAIN\r\n" };
    char path[64];
    text heard;

    (void)state;
    snprintf(path, sizeof path, "%s/certificate.pem", directory);
    fake_server_certificate(path);
    server.certificate = path;
    fake_server_open(&server);
    use_server(&server);
    assert_true(config_set("SMTP_USER", "post") && config_set("SMTP_PASS", "secret-pass"));
    assert_int_equal(send_letter(&letter), UNAVAILABLE); /* a certificate that nobody has signed */
    mail_trusted_certificates = path;
    assert_int_equal(send_letter(&letter), OK);
    fake_server_close(&server);
    heard = buffer_view(&server.heard);
    assert_true(text_starts(heard, T("EHLO example.org\r\nSTARTTLS\r\nEHLO example.org\r\nSTARTTLS\r\n[TLS]\r\nEHLO example.org\r\nAUTH PLAIN\r\n")));
    buffer_free(&server.heard);
}

/* SMTP_USER at a host that is not this machine: named by a name that resolves here, so the rule sees another's. */
static void without_tls_no_password_is_sent(void **state)
{
    struct fake_server server = { .extensions = "250-AUTH PLAIN\r\n" };

    (void)state;
    fake_server_open(&server);
    use_server(&server);
    assert_true(config_set("SMTP_HOST", "0x7f000001") && config_set("SMTP_USER", "post") && config_set("SMTP_PASS", "secret-pass"));
    assert_int_equal(smtp_tls(), SMTP_TLS_REQUIRED);
    assert_int_equal(send_letter(&letter), UNAVAILABLE);
    fake_server_close(&server);
    assert_true(text_starts(buffer_view(&server.heard), T("EHLO ")));
    assert_true(text_find(buffer_view(&server.heard), T("AUTH")) == SIZE_MAX && text_find(buffer_view(&server.heard), T("MAIL")) == SIZE_MAX);
    buffer_free(&server.heard);
}

/* --- SendGrid --------------------------------------------------------------------------------------------------------------------------- */

static void a_letter_goes_out_by_sendgrid(void **state)
{
    static const struct json_limits limits = { .depth = 8, .string = 1 << 16 };
    struct fake_server server = { .http = true };
    SCOPED(arena) struct arena arena = { 0 };
    struct json_error error;
    text heard, body;

    (void)state;
    fake_server_open(&server);
    use_server(&server);
    assert_int_equal(send_letter(&letter), OK);
    fake_server_close(&server);
    heard = buffer_view(&server.heard);
    assert_true(text_starts(heard, T("POST /v3/mail/send HTTP/1.1\r\n")) && text_find(heard, T("\r\nAuthorization: Bearer SG.secret-key\r\n")) != SIZE_MAX);
    assert_true(text_find(heard, T("\r\nExpect:")) == SIZE_MAX);
    body = text_slice(heard, text_find(heard, T("\r\n\r\n")) + 4, heard.len);
    assert_true(json_check(body, &limits, &error));
    assert_true(text_equal(json_find(body, "personalizations"), T("[{\"to\":[{\"email\":\"grethe@example.net\"}]}]")));
    assert_true(text_equal(json_find(body, "from"), T("{\"email\":\"post@example.org\",\"name\":\"Tenon\"}")));
    assert_true(text_equal(json_unquote(&arena, json_find(body, "subject")), T("Choose a new password")));
    assert_true(text_starts(json_find(body, "content"), T("[{\"type\":\"text/plain\",\"value\":\"Hello Grethe,\\n\\n")));
    assert_true(text_equal(json_find(body, "tracking_settings"), T("{\"click_tracking\":{\"enable\":false},\"open_tracking\":{\"enable\":false}}")));
    buffer_free(&server.heard);
}

static void sendgrid_refusals_have_their_results(void **state)
{
    static const struct { enum result result; const char *say; } rows[] = {
        { OK, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
        { UPSTREAM_ERROR, "HTTP/1.1 400 Bad Request\r\nContent-Length: 30\r\n\r\n{\"errors\":\"grethe@example.net\"}" },
        { UPSTREAM_ERROR, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n" },
        { UNAVAILABLE, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" }, { UNAVAILABLE, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
        { UNAVAILABLE, "HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n" }, { UNAVAILABLE, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n" },
        { UNAVAILABLE, "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n" },
        { UNAVAILABLE, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n" },
        { UNAVAILABLE, "HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\ncut" }, { UNAVAILABLE, "CUT" }, { UNAVAILABLE, "HANG" }, { UNAVAILABLE, "nonsense" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fake_answer script[] = { { "POST", rows[i].say }, { NULL, NULL } };
        struct fake_server server = { .http = true, .script = script };
        enum result result;

        set_defaults(NULL);
        fake_server_open(&server);
        use_server(&server);
        if (strcmp(rows[i].say, "HANG") == 0 || strstr(rows[i].say, "cut"))
            assert_true(config_set("MAIL_TIMEOUT", "300ms"));
        result = send_letter(&letter);
        fake_server_close(&server);
        buffer_free(&server.heard);
        if (result != rows[i].result)
            fail_msg("%s: %s", rows[i].say, result_code(result));
    }
}

static void what_cannot_be_sent_reaches_no_server(void **state)
{
    struct fake_server server = { .extensions = "" };
    struct letter_field bad[] = { { "name", T("a\r\nBcc: x@y.test") }, fields[1], fields[2] };
    struct letter letters[] = { letter, letter, letter };

    (void)state;
    letters[0].to = T("grethe@example.net>\r\nRCPT TO:<x@y.test");
    letters[1].fields = bad;
    letters[2].kind = "no_such_letter";
    fake_server_open(&server);
    use_server(&server);
    for (size_t i = 0; i < COUNT(letters); i++)
        assert_int_equal(send_letter(&letters[i]), VALIDATION_ERROR);
    fake_server_close(&server);
    assert_int_equal(server.heard.len, 0);
    buffer_free(&server.heard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(another_parser_reads_the_same, set_defaults), cmocka_unit_test_setup(the_transport_follows_the_configuration, set_defaults),
        cmocka_unit_test_setup(the_sender_is_found, set_defaults), cmocka_unit_test_setup(the_outbox_keeps_the_newest, set_defaults),
        cmocka_unit_test_setup(a_bad_outbox_is_tried_again, set_defaults), cmocka_unit_test_setup(a_letter_goes_out_by_smtp, set_defaults),
        cmocka_unit_test_setup(smtp_refusals_have_their_results, set_defaults), cmocka_unit_test_setup(a_server_that_hangs_is_left, set_defaults),
        cmocka_unit_test_setup(tls_comes_before_the_password, set_defaults), cmocka_unit_test_setup(without_tls_no_password_is_sent, set_defaults),
        cmocka_unit_test_setup(a_letter_goes_out_by_sendgrid, set_defaults), cmocka_unit_test_setup(sendgrid_refusals_have_their_results, set_defaults),
        cmocka_unit_test_setup(what_cannot_be_sent_reaches_no_server, set_defaults), cmocka_unit_test_setup(a_sealed_letter_is_the_same_letter, set_defaults),
    };

    return cmocka_run_group_tests_name("mail", tests, open_directory, remove_directory);
}
