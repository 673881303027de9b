/*
 * A stream is let go on for as long as its caller would be let in anew. An answer is being written by a provider that says nothing, and
 * somebody reads along; whatever takes the reader's place away must end the connection within a second. (Seen: without http_doubt, or
 * without the question at its end, each of these streams stays open until the provider's time is over.)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store/db.h"
#include "tests/scenario/world.h"

/* Takes connections and never answers on them. */
static int silent_provider(struct world *world)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    char port[8];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0 || getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        abort();
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    keep(world, "port", text_of(port));
    return fd;
}

/* Sends a question as `as` and reads until the stream has begun; the connection. */
static int open_stream(struct world *world, const char *as)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)world->client.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const char *body = "{\"content\":\"Hello?\"}", *path = filled(world, "/api/conversations/{conversation}/messages");
    SCOPED(buffer) struct buffer out = { 0 };
    struct timeval patience = { .tv_sec = 5 };
    char in[4096];
    size_t got = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    buffer_format(&out, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%.*sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", path, TEXT_ARG(credentials(world, as)), strlen(body), body);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || send(fd, out.ptr, out.len, MSG_NOSIGNAL) != (ssize_t)out.len)
        abort();
    while (got < sizeof in && text_find((text){ in, got }, T("message.created")) == SIZE_MAX) {
        ssize_t len = recv(fd, in + got, sizeof in - got, 0);

        if (len <= 0)
            break;
        got += (size_t)len;
    }
    expect(world, text_find((text){ in, got }, T("message.created")) != SIZE_MAX, "the stream has begun: %.*s", (int)got, in);
    return fd;
}

/* Whether it ends before `within` is over. */
static bool has_ended(int fd, int64_t within)
{
    int64_t until = clock_ticks() + within;
    char in[4096];

    for (;;) {
        int64_t left = until - clock_ticks();
        struct timeval patience = { .tv_sec = left / SECOND, .tv_usec = left % SECOND };
        ssize_t len;

        if (left <= 0)
            return false;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        len = recv(fd, in, sizeof in, 0);
        if (len == 0 || (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            return true;
    }
}

static const char own_conversation[] = "{'model':'silent/m'}";

/* A conversation of the caller's, and somebody reading its answer; then `end` is done, and the stream must be over. */
static void ends_with(struct world *world, const char *as, const struct scenario *end)
{
    int fd;

    run_row(world, &(struct scenario){ "a conversation", .as = as, .send = "POST /api/conversations", .body = own_conversation, .status = 201, .keep = { "conversation=data.id" } });
    fd = open_stream(world, as);
    run_row(world, end);
    world_about(world, end->name);
    expect(world, has_ended(fd, SECOND), "the stream ends within a second");
    close(fd);
}

static void goes_on_after(struct world *world, const char *as, const struct scenario *row)
{
    int fd;

    run_row(world, &(struct scenario){ "a conversation", .as = as, .send = "POST /api/conversations", .body = own_conversation, .status = 201, .keep = { "conversation=data.id" } });
    fd = open_stream(world, as);
    run_row(world, row);
    world_about(world, row->name);
    expect(world, !has_ended(fd, 200 * MILLISECOND), "the stream goes on");
    close(fd);
}

#define AGAIN_AS(who) { "in again", .send = "POST /api/auth/login", .body = "{'email':'{" who ".email}','password':'{" who ".password}'}", .keep = { who ".token=token" } }
#define LOGIN(name) { "one more session", .send = "POST /api/auth/login", .body = "{'email':'{member.email}','password':'{member.password}'}", .keep = { name "=token" } }
#define MAKE_KEY { "a key", .as = OWNER, .send = "POST /api/keys", .body = "{'name':'streams'}", .status = 201, .keep = { "key=data.key", "key.id=data.id" } }

static void run(struct world *world)
{
    static const struct scenario in_again = AGAIN_AS("member"), key = MAKE_KEY, other = LOGIN("other");
    int fd = silent_provider(world);

    run_row(world, &(struct scenario){ "a provider that says nothing", .as = OWNER, .send = "POST /api/providers",
                                       .body = "{'provider':'openai-compatible','name':'silent','base_url':'http://127.0.0.1:{port}/v1'}", .status = 201 });
    kept(world, "member.id");
    goes_on_after(world, MEMBER, &(struct scenario){ "somebody else's sign-out", .as = ROOT, .send = "POST /api/admin/users/{viewer.id}/sign-out" });
    run_row(world, &other);
    goes_on_after(world, MEMBER, &(struct scenario){ "another session of theirs that ends", .as = BEARER("{other}"), .send = "POST /api/auth/logout" });
    goes_on_after(world, MEMBER, &(struct scenario){ "another role", .as = OWNER, .send = "PATCH /api/orgs/{owner.org}/members/{member.id}", .body = "{'role':'admin'}" });
    ends_with(world, MEMBER, &(struct scenario){ "logging out", .as = MEMBER, .send = "POST /api/auth/logout" });
    run_row(world, &in_again);
    run_row(world, &(struct scenario){ "in the owner's organization", .as = MEMBER, .send = "POST /api/orgs/{owner.org}/switch", .keep = { "member.token=token" } });
    ends_with(world, MEMBER, &(struct scenario){ "signed out by an administrator", .as = ROOT, .send = "POST /api/admin/users/{member.id}/sign-out" });
    run_row(world, &in_again);
    run_row(world, &(struct scenario){ "in the owner's organization", .as = MEMBER, .send = "POST /api/orgs/{owner.org}/switch", .keep = { "member.token=token" } });
    ends_with(world, MEMBER, &(struct scenario){ "an account that is shut", .as = ROOT, .send = "PATCH /api/admin/users/{member.id}", .body = "{'is_active':false}" });
    run_row(world, &(struct scenario){ "opened", .as = ROOT, .send = "PATCH /api/admin/users/{member.id}", .body = "{'is_active':true}" });
    run_row(world, &in_again);
    run_row(world, &(struct scenario){ "in the owner's organization", .as = MEMBER, .send = "POST /api/orgs/{owner.org}/switch", .keep = { "member.token=token" } });
    ends_with(world, MEMBER, &(struct scenario){ "a removed member", .as = OWNER, .send = "DELETE /api/orgs/{owner.org}/members/{member.id}" });
    run_row(world, &key);
    goes_on_after(world, BEARER("{key}"), &(struct scenario){ "a key with another name", .as = OWNER, .send = "PATCH /api/keys/{key.id}", .body = "{'name':'renamed'}" });
    ends_with(world, BEARER("{key}"), &(struct scenario){ "a key that is revoked", .as = OWNER, .send = "DELETE /api/keys/{key.id}" });
    run_row(world, &key);
    ends_with(world, BEARER("{key}"), &(struct scenario){ "a key whose maker is shut out", .as = ROOT, .send = "PATCH /api/admin/users/{owner.id}", .body = "{'is_active':false}" });
    close(fd);
}

const struct suite streams_scenarios = { .run = run };
