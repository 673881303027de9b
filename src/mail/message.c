#include "mail/message.h"

enum { LINE = 76, PLAIN_MOST = 200 };
enum { WORD_FIRST = 36, WORD_NEXT = 45 }; /* bytes of an encoded word: 48 letters behind the header's name, 60 on a line of their own */

#define WORD_BEGIN "=?utf-8?B?"
#define WORD_END "?="

/* --- headers ---------------------------------------------------------------------------------------------------------------- */

static bool needs_encoding(text words)
{
    for (size_t i = 0; i < words.len; i++)
        if (words.ptr[i] < ' ' || words.ptr[i] > '~')
            return true;
    return words.len > PLAIN_MOST || text_find(words, T("=?")) != SIZE_MAX;
}

void message_put_words(struct arena *arena, struct buffer *out, text words)
{
    if (!needs_encoding(words)) {
        buffer_text(out, words);
        return;
    }
    for (bool first = true; words.len; first = false) {
        text part = utf8_prefix(words, first ? WORD_FIRST : WORD_NEXT);

        if (!part.len) /* not UTF-8: as bytes */
            part = text_slice(words, 0, WORD_FIRST);
        buffer_format(out, "%s" WORD_BEGIN "%.*s" WORD_END, first ? "" : "\r\n ", TEXT_ARG(base64_encode(arena, part.ptr, part.len)));
        words = text_slice(words, part.len, words.len);
    }
}

/* A display name: quoted (RFC 5322 §3.2.4) or encoded. */
static void put_name(struct arena *arena, struct buffer *out, text name)
{
    if (needs_encoding(name)) {
        message_put_words(arena, out, name);
        return;
    }
    buffer_char(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"' || name.ptr[i] == '\\')
            buffer_char(out, '\\');
        buffer_char(out, name.ptr[i]);
    }
    buffer_char(out, '"');
}

static void put_from(struct arena *arena, struct buffer *out, const struct message *message)
{
    buffer_text(out, T("From: "));
    if (message->from_name.len) {
        put_name(arena, out, message->from_name);
        buffer_text(out, T(" <"));
    }
    buffer_text(out, message->from);
    buffer_text(out, message->from_name.len ? T(">\r\n") : T("\r\n"));
}

/* --- bodies -------------------------------------------------------------------------------------------------------------------- */

static void put_quoted_line(struct buffer *out, text line)
{
    size_t column = 0;

    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        bool last = i + 1 == line.len, plain = (c > ' ' && c <= '~' && c != '=') || (c == ' ' && !last);
        size_t needs = plain ? 1 : 3;

        if (column + needs > LINE - 1) { /* a place is left for the soft break */
            buffer_text(out, T("=\r\n"));
            column = 0;
        }
        buffer_format(out, plain ? "%c" : "=%02X", c);
        column += needs;
    }
    buffer_text(out, T("\r\n"));
}

static void put_part(struct buffer *out, text boundary, const char *type, text body)
{
    buffer_format(out, "--%.*s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", TEXT_ARG(boundary), type);
    while (body.ptr)
        put_quoted_line(out, text_cut(&body, '\n'));
}

text message_write(struct arena *arena, const struct message *message)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text id = uuid_text(arena, message->id), domain = message->from, boundary = text_format(arena, "=_%.*s", TEXT_ARG(id));
    char date[30];

    text_cut(&domain, '@');
    buffer_format(&out, "Date: %.*s +0000\r\n", TEXT_ARG(text_slice(clock_http_date(message->time, date), 0, 25)));
    put_from(arena, &out, message);
    buffer_format(&out, "To: %.*s\r\nSubject: ", TEXT_ARG(message->to));
    message_put_words(arena, &out, message->subject);
    buffer_format(&out, "\r\nMessage-ID: <%.*s@%.*s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: multipart/alternative;\r\n boundary=\"%.*s\"\r\n\r\n", TEXT_ARG(id), TEXT_ARG(domain), TEXT_ARG(boundary));
    put_part(&out, boundary, "text/plain", message->plain);
    put_part(&out, boundary, "text/html", message->html);
    buffer_format(&out, "--%.*s--\r\n", TEXT_ARG(boundary));
    return text_copy(arena, buffer_view(&out));
}

/* --- reading back ------------------------------------------------------------------------------------------------------------------ */

/* Encoded words that follow each other are one (RFC 2047 §6.2). */
static text decoded(struct arena *arena, text value)
{
    SCOPED(buffer) struct buffer out = { 0 };
    text bytes;

    while (text_starts(value, T(WORD_BEGIN))) {
        size_t end;

        value = text_slice(value, sizeof WORD_BEGIN - 1, value.len);
        end = text_find(value, T(WORD_END));
        if (end == SIZE_MAX || !base64_decode(arena, text_slice(value, 0, end), &bytes))
            break;
        buffer_text(&out, bytes);
        value = text_trim(text_slice(value, end + sizeof WORD_END - 1, value.len));
    }
    buffer_text(&out, value);
    return text_copy(arena, buffer_view(&out));
}

text message_header(struct arena *arena, text message, text name)
{
    text rest = text_slice(message, 0, text_find(message, T("\r\n\r\n"))), line, value;

    while (rest.ptr) {
        line = text_cut(&rest, '\n');
        while (rest.len && rest.ptr[0] == ' ') { /* folded: the next line belongs to it */
            text more = text_cut(&rest, '\n');

            line.len = (size_t)(more.ptr + more.len - line.ptr);
        }
        value = line;
        if (text_equal_nocase(text_cut(&value, ':'), name) && value.ptr)
            return decoded(arena, text_trim(value));
    }
    return TEXT_NONE;
}
