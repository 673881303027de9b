/* Requests that meet: each on a connection and a thread of its own, let go at the same moment. */
#include <pthread.h>
#include <stdlib.h>

#include "tests/scenario/world.h"

enum { MOST_AT_ONCE = 256 };

struct runner {
    pthread_t thread;
    pthread_barrier_t *start;
    struct client client;
    struct arena arena;
    text request;
    struct answer answer;
};

static void *run(void *context)
{
    struct runner *runner = context;

    pthread_barrier_wait(runner->start);
    runner->answer = client_exchange(&runner->client, &runner->arena, runner->request, false);
    return NULL;
}

static text request_of(struct world *world, const struct at_once *asked)
{
    struct arena *arena = world_arena(world);
    text target = text_of(filled(world, asked->send)), method = text_cut(&target, ' '), body = text_copy(arena, text_of(asked->body ? filled(world, asked->body) : ""));

    for (size_t i = 0; i < body.len; i++)
        if (body.ptr[i] == '\'')
            ((char *)body.ptr)[i] = '"';
    tally.requests++;
    return text_format(arena, "%.*s %.*s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%.*sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s", TEXT_ARG(method), TEXT_ARG(target),
                       world->client.port, TEXT_ARG(credentials(world, asked->as)), body.len, TEXT_ARG(body));
}

static void note(struct world *world, const struct at_once *asked)
{
    text target = text_of(filled(world, asked->send)), method = text_cut(&target, ' ');

    note_hit(text_z(world_arena(world), method), text_cut(&target, '?'), asked->status);
}

struct asking {
    struct world *world;
    struct runner runners[MOST_AT_ONCE];
    pthread_barrier_t start;
    struct at_once *asked;
    size_t count;
};

struct asking *ask_begin(struct world *world, struct at_once *asked, size_t count)
{
    struct asking *asking = xcalloc(1, sizeof *asking);

    if (!expect(world, count <= MOST_AT_ONCE, "%zu are at most %d", count, MOST_AT_ONCE))
        abort();
    asking->world = world;
    asking->asked = asked;
    asking->count = count;
    pthread_barrier_init(&asking->start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++)
        asking->runners[i] = (struct runner){ .start = &asking->start, .client.port = world->client.port, .request = request_of(world, &asked[i]) };
    for (size_t i = 0; i < count; i++)
        pthread_create(&asking->runners[i].thread, NULL, run, &asking->runners[i]);
    return asking;
}

void ask_end(struct asking *asking)
{
    for (size_t i = 0; i < asking->count; i++) {
        struct runner *runner = &asking->runners[i];
        struct at_once *asked = &asking->asked[i];

        pthread_join(runner->thread, NULL);
        asked->status = runner->answer.status;
        asked->said = asked->says && text_find(runner->answer.body, text_of(asked->says)) != SIZE_MAX;
        note(asking->world, asked);
        client_close(&runner->client);
        arena_free(&runner->arena);
    }
    pthread_barrier_destroy(&asking->start);
    free(asking);
}

void ask_at_once(struct world *world, struct at_once *asked, size_t count)
{
    ask_end(ask_begin(world, asked, count));
}

size_t answered_with(const struct at_once *asked, size_t count, int status)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += asked[i].status == status;
    return found;
}

size_t same_at_once(struct world *world, size_t count, const char *send, const char *body, int status)
{
    struct at_once asked[MOST_AT_ONCE];

    for (size_t i = 0; i < count; i++)
        asked[i] = (struct at_once){ .send = send, .body = body };
    ask_at_once(world, asked, count);
    return answered_with(asked, count, status);
}
