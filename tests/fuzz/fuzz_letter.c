/* Names that strangers give themselves, on their way into a letter: whatever is taken stays one header and inside its element, and the
   subject reads back the same. The same bytes as an address, and as a letter in the outbox. */
#include <stdlib.h>

#include "mail/letters.h"
#include "mail/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_lines(text message)
{
    while (message.len) {
        text line = text_cut(&message, '\n');

        require(line.len && line.len <= 77 && line.ptr[line.len - 1] == '\r');
        for (size_t i = 0; i + 1 < line.len; i++)
            require(line.ptr[i] >= ' ' && line.ptr[i] <= '~');
    }
}

static void invite(text bytes)
{
    const struct letter_field fields[] = {
        { "inviter", bytes }, { "organization", bytes }, { "role", T("admin") }, { "time", T("tomorrow") }, { "link", T("https://example.org/i") },
    };
    struct letter letter = { .kind = "invitation", .fields = fields, .field_count = 5 };
    struct message message = { .from_name = TEXT_NONE, .from = T("a@example.org"), .to = T("b@example.org"), .time = SECOND };
    struct letter_words words;
    SCOPED(call) struct call call;
    text written, spelled;

    call_open(&call, NULL);
    if (letter_write(&call, &letter, T("Tenon"), &words) != OK)
        return;
    message.subject = words.subject;
    message.plain = words.plain;
    message.html = words.html;
    written = message_write(&call.arena, &message);
    /* a subject that needs no encoding may stand on one long line */
    if (words.subject.len > 60 && text_find(written, T("Subject: =?utf-8?B?")) == SIZE_MAX)
        return;
    check_lines(written);
    spelled = message_header(&call.arena, written, T("Subject"));
    require(text_equal(text_trim(spelled), text_trim(words.subject)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SCOPED(arena) struct arena arena = { 0 };
    text bytes = { (const char *)data, size };

    if (!size)
        return 0;
    if (mail_address_valid(bytes))
        for (size_t i = 0; i < size; i++)
            require(data[i] > ' ' && data[i] <= '~' && data[i] != '<' && data[i] != '>');
    message_header(&arena, bytes, T("Subject"));
    invite(bytes);
    return 0;
}
