#include "features/usage/usage_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fiber.h"
#include "core/config.h"
#include "core/log.h"

enum { PLACES = 8192 };
static const int64_t GATHER = 50 * MILLISECOND;

#define PLACE_TEXT(size) struct { uint16_t len; char bytes[size]; }

/* Of this machine's byte order: the file does not travel. */
struct place {
    uint32_t check;
    struct content {
        uuid id, organization, key, user;
        int64_t created_at, status, input_tokens, output_tokens, cached_tokens, cost_micros, baseline_micros, latency_micros, first_token_micros;
        uint8_t streamed;
        PLACE_TEXT(40) endpoint;
        PLACE_TEXT(24) feature;
        PLACE_TEXT(48) provider;
        PLACE_TEXT(96) model;
        PLACE_TEXT(40) error;
        PLACE_TEXT(80) request_id;
    } content;
};

enum state { FREE = 0, FULL = 0x554c4c46 };

/* The states stand together, so that a start looks at few pages and not at every place. */
struct journal_file {
    _Atomic uint32_t states[PLACES];
    struct place places[PLACES];
};

static struct {
    struct journal_file *file; /* mapped */
    pthread_mutex_t mutex;
    pthread_cond_t filled, freed;
    int free[PLACES]; /* a stack: the lowest places are used most, so few pages are touched */
    size_t free_count;
    int full[PLACES]; /* a queue */
    size_t full_first, full_count;
    uint64_t recorded, settled;
    int hurried; /* those who wait for all to be settled */
    bool woken;
} journal = { .mutex = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER, .freed = PTHREAD_COND_INITIALIZER };

static uint32_t check_of(const struct content *content)
{
    return (uint32_t)text_hash((text){ (const char *)content, sizeof *content });
}

static void enqueue(int place)
{
    journal.full[(journal.full_first + journal.full_count++) % PLACES] = place;
    journal.recorded++;
}

enum result journal_open(struct call *call)
{
    char *path = text_z(&call->arena, text_format(&call->arena, "%.*s/usage.journal", TEXT_ARG(config.data_dir)));
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), error;
    void *mapped;

    if (file < 0)
        return fail(call, UNAVAILABLE, "Cannot open %s: %s.", path, strerror(errno));
    error = posix_fallocate(file, 0, sizeof *journal.file); /* a hole would fault with a full disk in mid-call */
    mapped = error ? MAP_FAILED : mmap(NULL, sizeof *journal.file, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED)
        return fail(call, UNAVAILABLE, "Cannot map %s: %s.", path, strerror(error ? error : errno));
    journal.file = mapped;
    journal.free_count = journal.full_count = journal.full_first = 0;
    journal.recorded = journal.settled = 0;
    journal.woken = false;
    for (int i = PLACES - 1; i >= 0; i--) {
        if (atomic_load(&journal.file->states[i]) == FULL)
            enqueue(i);
        else
            journal.free[journal.free_count++] = i;
    }
    if (journal.full_count)
        LOG(INFO, call, "calls of the last run are put on record", LI("count", journal.full_count));
    return OK;
}

void journal_close(void)
{
    if (journal.file)
        munmap(journal.file, sizeof *journal.file);
    journal.file = NULL;
}

int usage_reserve(void)
{
    int place = -1;

    pthread_mutex_lock(&journal.mutex);
    if (journal.free_count)
        place = journal.free[--journal.free_count];
    pthread_mutex_unlock(&journal.mutex);
    return place;
}

void usage_release(int place)
{
    pthread_mutex_lock(&journal.mutex);
    journal.free[journal.free_count++] = place;
    pthread_mutex_unlock(&journal.mutex);
}

#define PUT(to, from) ((to).len = (uint16_t)utf8_prefix((from), sizeof (to).bytes).len, memcpy((to).bytes, (from).ptr ? (from).ptr : "", (to).len))

void usage_record(int number, const struct usage_event *event)
{
    struct place *place = &journal.file->places[number];
    struct content *content = &place->content;

    memset(content, 0, sizeof *content);
    content->id = event->id;
    content->organization = event->organization;
    content->key = event->key;
    content->user = event->user;
    content->created_at = event->created_at;
    content->status = event->status;
    content->input_tokens = event->input_tokens;
    content->output_tokens = event->output_tokens;
    content->cached_tokens = event->cached_tokens;
    content->cost_micros = event->cost_micros;
    content->baseline_micros = event->baseline_micros;
    content->latency_micros = event->latency_micros;
    content->first_token_micros = event->first_token_micros;
    content->streamed = event->streamed;
    PUT(content->endpoint, event->endpoint);
    PUT(content->feature, event->feature);
    PUT(content->provider, event->provider);
    PUT(content->model, event->model);
    PUT(content->error, event->error);
    PUT(content->request_id, event->request_id);
    place->check = check_of(content);
    atomic_store_explicit(&journal.file->states[number], FULL, memory_order_release); /* last: a process killed before leaves a free place */
    pthread_mutex_lock(&journal.mutex);
    enqueue(number);
    if (journal.full_count == 1) /* else the mover knows, and gathers */
        pthread_cond_signal(&journal.filled);
    pthread_mutex_unlock(&journal.mutex);
}

static struct timespec after(int64_t wait)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    wait += until.tv_nsec / 1000;
    until.tv_sec += wait / SECOND;
    until.tv_nsec = wait % SECOND * 1000;
    return until;
}

static void gather(size_t max)
{
    struct timespec until = after(GATHER);

    while (!journal.woken && !journal.hurried && journal.full_count < max)
        if (pthread_cond_timedwait(&journal.filled, &journal.mutex, &until) != 0)
            return;
}

size_t journal_wait(int *places, size_t max)
{
    size_t count = 0;

    pthread_mutex_lock(&journal.mutex);
    while (!journal.full_count && !journal.woken)
        pthread_cond_wait(&journal.filled, &journal.mutex);
    gather(max);
    if (!journal.full_count) /* with something to be moved it is called again, and must not have forgotten that it is to end */
        journal.woken = false;
    while (count < max && journal.full_count) {
        places[count++] = journal.full[journal.full_first];
        journal.full_first = (journal.full_first + 1) % PLACES;
        journal.full_count--;
    }
    pthread_mutex_unlock(&journal.mutex);
    return count;
}

void journal_wake(void)
{
    pthread_mutex_lock(&journal.mutex);
    journal.woken = true;
    pthread_cond_signal(&journal.filled);
    pthread_mutex_unlock(&journal.mutex);
}

#define GET(arena, from) text_copy((arena), (text){ (from).bytes, (from).len <= sizeof (from).bytes ? (from).len : 0 })

bool journal_read(int number, struct arena *arena, struct usage_event *ret_event)
{
    const struct place *place = &journal.file->places[number];
    const struct content *c = &place->content;

    if (place->check != check_of(c))
        return false;
    *ret_event = (struct usage_event){
        .id = c->id, .organization = c->organization, .created_at = c->created_at, .endpoint = GET(arena, c->endpoint), .feature = GET(arena, c->feature),
        .provider = GET(arena, c->provider), .model = GET(arena, c->model), .key = c->key, .user = c->user, .status = c->status,
        .error = c->error.len ? GET(arena, c->error) : TEXT_NONE, .input_tokens = c->input_tokens, .output_tokens = c->output_tokens,
        .cached_tokens = c->cached_tokens, .cost_micros = c->cost_micros, .baseline_micros = c->baseline_micros, .latency_micros = c->latency_micros,
        .first_token_micros = c->first_token_micros, .streamed = c->streamed, .request_id = GET(arena, c->request_id),
    };
    return true;
}

void journal_free(const int *places, size_t count)
{
    pthread_mutex_lock(&journal.mutex);
    for (size_t i = 0; i < count; i++) {
        atomic_store_explicit(&journal.file->states[places[i]], FREE, memory_order_release);
        journal.free[journal.free_count++] = places[i];
    }
    journal.settled += count;
    pthread_cond_broadcast(&journal.freed);
    pthread_mutex_unlock(&journal.mutex);
}

bool journal_settled(int64_t wait)
{
    struct timespec until = after(wait);
    uint64_t target;
    bool settled;

    blocks_its_thread();
    pthread_mutex_lock(&journal.mutex);
    target = journal.recorded;
    journal.hurried++;
    pthread_cond_signal(&journal.filled);
    while (journal.settled < target)
        if (pthread_cond_timedwait(&journal.freed, &journal.mutex, &until) != 0)
            break;
    journal.hurried--;
    settled = journal.settled >= target;
    pthread_mutex_unlock(&journal.mutex);
    return settled;
}
