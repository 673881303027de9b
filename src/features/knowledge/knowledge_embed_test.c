/*
 * An embedding service, good and bad: one that knows which words mean the same, refuses, answers nonsense, or says nothing at all.
 * It is a thread of this process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "features/knowledge/knowledge_nearest.h"
#include "tests/scenario/world.h"

/* --- the service -------------------------------------------------------------------------------------------------------------- */

enum mode { GOOD, REFUSING, NO_JSON, TOO_FEW, OTHER_LENGTH, ZEROS, SILENT };
enum { LENGTH = 8, MOST_SILENT = 64 };

static struct {
    int listener, port;
    pthread_t thread;
    _Atomic int mode;
    int silent[MOST_SILENT]; /* connections that get no answer */
    int silent_count;
} service;

/* Words of one row mean the same. */
static const char *const meanings[][3] = {
    { "car", "automobile", "vehicle" }, { "cat", "feline", "kitten" }, { "doctor", "physician", "medic" }, { "happy", "joyful", "glad" }, { "section77", "seventyseventh", "77th" },
};

static void write_vector(struct buffer *out, text source, size_t length)
{
    SCOPED(arena) struct arena arena = { 0 };
    text lower = text_lower(&arena, source);

    for (size_t i = 0; i < length; i++) {
        int seen = 0;

        for (size_t w = 0; i < COUNT(meanings) && w < COUNT(meanings[i]); w++)
            seen += text_find(lower, text_of(meanings[i][w])) != SIZE_MAX;
        buffer_format(out, "%s%s", i ? "," : "[", service.mode == ZEROS ? "0" : seen ? "1" : i == LENGTH - 1 ? "0.05" : "0");
    }
    buffer_char(out, ']');
}

static void write_answer(struct buffer *out, text body)
{
    struct json_walk walk = json_walk(json_find(body, "input"));
    SCOPED(arena) struct arena arena = { 0 };
    int place = 0;
    text item;

    buffer_text(out, T("{\"object\":\"list\",\"data\":["));
    while (json_next_item(&walk, &item)) {
        if (place == 0 && service.mode == TOO_FEW) {
            place++;
            continue;
        }
        buffer_format(out, "%s{\"object\":\"embedding\",\"index\":%d,\"embedding\":", place > (service.mode == TOO_FEW) ? "," : "", place);
        write_vector(out, json_unquote(&arena, item), service.mode == OTHER_LENGTH ? LENGTH + 1 : LENGTH);
        buffer_char(out, '}');
        place++;
    }
    buffer_text(out, T("],\"model\":\"embed\",\"usage\":{\"prompt_tokens\":3,\"total_tokens\":3}}"));
}

static void answer(int connection, text body)
{
    SCOPED(buffer) struct buffer content = { 0 }, out = { 0 };
    int status = 200;

    if (service.mode == REFUSING && text_find(body, T("forbidden")) != SIZE_MAX) {
        status = 400;
        buffer_text(&content, T("{\"error\":{\"message\":\"This text is not taken.\",\"type\":\"invalid_request_error\"}}"));
    } else if (service.mode == NO_JSON) {
        buffer_text(&content, T("<html>Welcome</html>"));
    } else {
        write_answer(&content, body);
    }
    buffer_format(&out, "HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, content.len);
    buffer_text(&out, buffer_view(&content));
    for (size_t sent = 0; sent < out.len;) {
        ssize_t n = send(connection, out.ptr + sent, out.len - sent, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        sent += (size_t)n;
    }
}

static void serve(int connection)
{
    SCOPED(buffer) struct buffer in = { 0 };
    size_t body = SIZE_MAX, length = 0;
    char piece[8192];

    while (body == SIZE_MAX || in.len < body + length) {
        ssize_t n = recv(connection, piece, sizeof piece, 0);
        const char *header;

        if (n <= 0)
            break;
        buffer_append(&in, piece, (size_t)n);
        buffer_char(&in, '\0');
        in.len--;
        if (body == SIZE_MAX && (header = strstr(in.ptr, "\r\n\r\n")) != NULL) {
            body = (size_t)(header - in.ptr) + 4;
            header = strcasestr(in.ptr, "\r\nContent-Length:");
            length = header ? strtoul(header + 17, NULL, 10) : 0;
        }
    }
    if (service.mode == SILENT && service.silent_count < MOST_SILENT) {
        service.silent[service.silent_count++] = connection;
        return;
    }
    if (body != SIZE_MAX)
        answer(connection, (text){ in.ptr + body, in.len - body });
    close(connection);
}

static void *run_service(void *context)
{
    int connection;

    (void)context;
    while ((connection = accept(service.listener, NULL, NULL)) >= 0 || errno == EINTR)
        if (connection >= 0)
            serve(connection);
    return NULL;
}

static bool begin_service(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;

    service.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (service.listener < 0 || bind(service.listener, (struct sockaddr *)&address, size) != 0 || listen(service.listener, 32) != 0)
        return false;
    getsockname(service.listener, (struct sockaddr *)&address, &size);
    service.port = ntohs(address.sin_port);
    return pthread_create(&service.thread, NULL, run_service, NULL) == 0;
}

static void end_service(void)
{
    shutdown(service.listener, SHUT_RDWR);
    pthread_join(service.thread, NULL);
    close(service.listener);
    while (service.silent_count)
        close(service.silent[--service.silent_count]);
}

/* --- what is tried ---------------------------------------------------------------------------------------------------------------- */

#define SETTINGS .as = OWNER, .send = "GET /api/knowledge/settings"
#define CHOOSE .as = OWNER, .send = "PATCH /api/knowledge/settings"
#define UPLOAD_TO .as = OWNER, .send = "POST /api/knowledge/documents"
#define SEARCH(query) .as = OWNER, .send = "GET /api/knowledge/search?q=" query

static const struct scenario good[] = {
    { "a service", .as = OWNER, .send = "POST /api/providers", .body = "{'provider':'openai-compatible','name':'fake','base_url':'{service}'}", .status = 201 },
    { "a text", UPLOAD_TO, .body = "{'title':'Parking','text':'The car is in the garage.'}", .status = 202, .keep = { "car=data.id" } },
    { "another", UPLOAD_TO, .body = "{'title':'Home','text':'The cat sleeps on the sofa.'}", .status = 202, .keep = { "cat=data.id" } },
    { "both are ready", .as = OWNER, .send = "GET /api/knowledge/documents?status=ready", .eventually = true, .has = { "data#2" } },
    { "a word that means the same finds nothing", SEARCH("automobile"), .has = { "data#0" } },
    { "the service is chosen", CHOOSE, .body = "{'embedding_model':'fake/embed'}" },
    { "and ready", SETTINGS, .eventually = true, .has = { "data.status=ready", "data.embedded=2" } },
    { "the word that means the same finds", SEARCH("automobile"), .has = { "data#1", "data.0.document_id={car}", "data.0.score=0.5" } },
    { "and another", SEARCH("my+feline"), .has = { "data#1", "data.0.document_id={cat}" } },
    { "what stands in both lists stands first", SEARCH("cat+automobile"), .has = { "data#2", "data.0.document_id={cat}", "data.1.document_id={car}" } },
    { "the calls are on record with their tokens", .as = OWNER, .send = "GET /api/usage/events?limit=100", .says = { "\"provider\":\"fake\"", "\"feature\":\"knowledge\"", "\"input_tokens\":3" } },
};

static const struct scenario long_document[] = {
    { "its last passage but a few is found by its meaning", SEARCH("seventyseventh"), .has = { "data#1", "data.0.document_id={long}", "data.0.text~section77", "data.0.score=0.5" } },
};

static const struct scenario refusing[] = {
    { "a text that the model refuses", UPLOAD_TO, .body = "{'title':'Bad','text':'This is forbidden fruit.'}", .status = 202, .keep = { "bad=data.id" } },
    { "says so", .as = OWNER, .send = "GET /api/knowledge/documents/{bad}", .eventually = true, .has = { "data.status=ready", "data.vectors=refused", "data.vectors_error~This text is not taken." } },
    { "and is found by its words", SEARCH("fruit"), .has = { "data.0.document_id={bad}" } },
    { "the others are as they were", SETTINGS, .has = { "data.status=ready", "data.error!" } },
};

static const struct scenario failing[] = {
    { "a text", UPLOAD_TO, .body = "{'title':'Late','text':'The physician was late.'}", .status = 202, .keep = { "late=data.id" } },
    { "gets no vectors", .as = OWNER, .send = "GET /api/knowledge/documents/{late}", .eventually = true, .has = { "data.status=ready", "data.vectors=failed", "data.vectors_error" } },
    { "what was there is found", SEARCH("my+feline"), .has = { "data.0.document_id={cat}" } },
};

static const struct scenario recovered[] = {
    { "it is tried again by itself", .as = OWNER, .send = "GET /api/knowledge/documents/{late}", .eventually = true, .later = 20 * SECOND, .has = { "data.vectors=ready", "data.vectors_error!" } },
    { "and found", SEARCH("medic"), .has = { "data.0.document_id={late}" } },
    { "then deleted", .as = OWNER, .send = "DELETE /api/knowledge/documents/{late}" },
};

static const struct scenario silent[] = {
    { "words are found all the same", SEARCH("sofa"), .has = { "data#1", "data.0.document_id={cat}", "data.0.score=0.5" } },
    { "a text whose vectors do not come", UPLOAD_TO, .body = "{'title':'Wait','text':'A joyful day.'}", .status = 202, .keep = { "wait=data.id" } },
    { "is under way", .as = OWNER, .send = "GET /api/knowledge/documents/{wait}", .eventually = true, .has = { "data.status=ready", "data.vectors=processing" } },
};

#define RUN(world, rows) run_rows((world), (rows), COUNT(rows))

/* More passages than a block of vectors holds, some blocks over. */
static void upload_long(struct world *world)
{
    SCOPED(buffer) struct buffer body = { 0 };
    struct scenario ready = { "it becomes ready", .as = OWNER, .send = "GET /api/knowledge/documents/{long}", .eventually = true, .has = { "data.vectors=ready", "data.chunk_count=100" } };
    struct answer stored;

    world_about(world, "a document of a hundred passages");
    buffer_text(&body, T("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"long.md\"\r\n\r\n"));
    for (int i = 1; i <= 100; i++) {
        buffer_format(&body, "# Part %d\n\n", i);
        for (int w = 0; w < 60; w++)
            buffer_format(&body, "plain%d ", w);
        buffer_format(&body, "section%d.\n\n", i);
    }
    buffer_text(&body, T("\r\n--b--\r\n"));
    stored = ask_bytes(world, OWNER, "POST /api/knowledge/documents", buffer_view(&body), "Content-Type: multipart/form-data; boundary=b");
    expect_answer(world, &stored, stored.status == 202, "it is taken");
    keep(world, "long", answer_member(world, &stored, "data.id"));
    run_row(world, &ready);
    RUN(world, long_document);
    config_set("VECTOR_MEMORY", "0");
    nearest_forget();
    RUN(world, long_document); /* read for the search and dropped */
    run_rows(world, good + 7, 3);
    config_set("VECTOR_MEMORY", "100000"); /* room for some */
    nearest_forget();
    RUN(world, long_document);
    run_rows(world, good + 7, 3);
    config_set("VECTOR_MEMORY", "268435456");
}

static void restart(struct world *world)
{
    SCOPED(call) struct call call;

    call_open(&call, NULL);
    expect(world, app_start(&call, &world->app) == OK, "it starts again");
    client_close(&world->client);
    world->client.port = http_port(world->app.on.http);
    run_row(world, &silent[0]);
}

static void run(struct world *world)
{
    static const enum mode bad[] = { NO_JSON, TOO_FEW, ZEROS };
    int64_t begun;

    service.mode = GOOD;
    if (!expect(world, begin_service(), "the service begins"))
        return;
    keep(world, "service", text_format(world_arena(world), "http://127.0.0.1:%d/v1", service.port));
    RUN(world, good);
    upload_long(world);
    for (size_t i = 0; i < COUNT(bad); i++) {
        service.mode = bad[i];
        RUN(world, failing);
        service.mode = GOOD;
        RUN(world, recovered);
    }
    service.mode = REFUSING;
    RUN(world, refusing);
    service.mode = SILENT;
    begun = clock_ticks();
    run_row(world, &silent[0]);
    expect(world, clock_ticks() - begun < 8 * SECOND, "nobody waits long for a model that says nothing");
    RUN(world, silent);
    world_about(world, "the program ends while a job waits for the service");
    begun = clock_ticks();
    app_stop(&world->app, 5 * SECOND);
    expect(world, clock_ticks() - begun < 3 * SECOND, "it does not wait as well");
    end_service();
    restart(world);
}

const struct suite knowledge_embed_scenarios = { .run = run };
