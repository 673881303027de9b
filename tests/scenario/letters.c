#include "tests/scenario/letters.h"

#include <time.h>

#include "mail/mail.h"

/* Quoted-printable (RFC 2045 §6.7) undone, for the whole letter. */
static text decoded(struct arena *arena, text letter)
{
    SCOPED(buffer) struct buffer out = { 0 };

    for (size_t i = 0; i < letter.len; i++) {
        unsigned char byte;

        if (letter.ptr[i] != '=' || i + 2 >= letter.len) {
            buffer_char(&out, letter.ptr[i]);
        } else if (letter.ptr[i + 1] == '\r') {
            i += 2;
        } else if (hex_decode(text_slice(letter, i + 1, 2), &byte, 1)) {
            buffer_char(&out, (char)byte);
            i += 2;
        } else {
            buffer_char(&out, '=');
        }
    }
    return text_copy(arena, buffer_view(&out));
}

static bool find(struct world *world, const char *to, const char *subject, text *ret_letter, size_t *ret_count)
{
    struct list letters;
    struct call call;
    bool found = false;

    *ret_count = 0;
    call_open(&call, &world_app(world)->on);
    if (outbox_list(&call, OUTBOX_LETTERS, &letters) == OK)
        for (size_t i = 0; i < letters.len; i++) {
            const struct outbox_letter *letter = (const struct outbox_letter *)letters.items + i;
            text whole;

            if (!text_equal_nocase(letter->to, text_of(to)))
                continue;
            ++*ret_count;
            if (!found && subject && text_starts(letter->subject, text_of(subject)) && outbox_read(&call, letter->id, &whole) == OK) {
                *ret_letter = decoded(world_arena(world), whole);
                found = true;
            }
        }
    call_close(&call);
    return found;
}

text letter_to(struct world *world, const char *to, const char *subject)
{
    struct timespec moment = { 0, 10 * 1000000 };
    text letter = TEXT_NONE;
    size_t count;

    for (int i = 0; i < 1000 && !find(world, to, subject, &letter, &count); i++)
        nanosleep(&moment, NULL);
    return letter;
}

text letter_token(struct world *world, text letter)
{
    size_t at = text_find(letter, T("?token=")), end = at == SIZE_MAX ? 0 : at + 7;

    (void)world;
    while (at != SIZE_MAX && end < letter.len && (unsigned char)letter.ptr[end] > ' ' && letter.ptr[end] != '"')
        end++;
    return at == SIZE_MAX ? TEXT_NONE : text_slice(letter, at + 7, end - at - 7);
}

size_t letters_to(struct world *world, const char *to)
{
    text letter;
    size_t count;

    find(world, to, NULL, &letter, &count);
    return count;
}
