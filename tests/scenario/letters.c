/* What was written to people: from the outbox of the world, where the jobs leave it. */
#include <ctype.h>
#include <time.h>

#include "tests/scenario/world.h"

/* Quoted-printable (RFC 2045 §6.7) as far as our own letters go. */
static text readable(struct arena *arena, text message)
{
    char *out = arena_alloc(arena, message.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < message.len; i++) {
        unsigned char byte;

        if (message.ptr[i] == '=' && text_starts(text_slice(message, i + 1, 2), T("\r\n"))) {
            i += 2;
        } else if (message.ptr[i] == '=' && hex_decode(text_slice(message, i + 1, 2), &byte, 1)) {
            out[len++] = (char)byte;
            i += 2;
        } else {
            out[len++] = message.ptr[i];
        }
    }
    return (text){ out, len };
}

static text find(struct world *world, const char *address, const char *part)
{
    struct answer list = ask(world, NULL, "GET /api/outbox", NULL, NULL);

    for (int i = 0; i < 200; i++) {
        const char *to = text_z(&world->arena, text_format(&world->arena, "data.%d.to", i)), *id = text_z(&world->arena, text_format(&world->arena, "data.%d.id", i));
        struct answer letter;
        text message;

        if (!answer_member(world, &list, to).ptr)
            break;
        if (!text_equal(answer_member(world, &list, to), text_of(address)))
            continue;
        letter = ask(world, NULL, text_z(&world->arena, text_format(&world->arena, "GET /api/outbox/%.*s", TEXT_ARG(answer_member(world, &list, id)))), NULL, NULL);
        message = readable(&world->arena, answer_member(world, &letter, "data.message"));
        if (text_find(message, text_of(part)) != SIZE_MAX)
            return message;
    }
    return TEXT_NONE;
}

text letter_to(struct world *world, const char *address, const char *part)
{
    for (int64_t until = clock_ticks() + 10 * SECOND; clock_ticks() < until;) {
        struct timespec moment = { 0, 5 * 1000000 };
        text found = find(world, address, part);

        if (found.ptr)
            return found;
        nanosleep(&moment, NULL);
    }
    return TEXT_NONE;
}

text letter_token(struct world *world, const char *address, const char *part)
{
    text letter = letter_to(world, address, part), rest = TEXT_NONE;
    size_t len = 0;

    if (expect(world, letter.ptr != NULL, "a letter with %s comes to %s", part, address))
        rest = text_slice(letter, text_find(letter, text_of(part)) + strlen(part), letter.len);
    while (len < rest.len && (isalnum((unsigned char)rest.ptr[len]) || rest.ptr[len] == '-' || rest.ptr[len] == '_'))
        len++;
    return text_slice(rest, 0, len);
}
