#include "tests/scenario/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

void client_close(struct client *client)
{
    if (client->fd)
        close(client->fd);
    client->fd = 0;
    buffer_free(&client->in);
    client->in = (struct buffer){ 0 };
}

static bool client_open(struct client *client)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)client->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 30 };

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return connect(client->fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* False when the server closes early, as it does when it has answered a body it will not read; then there is an answer. */
static bool send_all(int fd, text bytes)
{
    while (bytes.len) {
        ssize_t sent;

        do /* the server's children end while its client waits: both are one process here */
            sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        while (sent < 0 && errno == EINTR);
        if (sent <= 0)
            return false;
        bytes = text_slice(bytes, (size_t)sent, bytes.len);
    }
    return true;
}

static bool more(struct client *client)
{
    char bytes[16384];
    ssize_t got;

    do
        got = recv(client->fd, bytes, sizeof bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    buffer_append(&client->in, bytes, (size_t)got);
    return true;
}

/* Takes `len` bytes from the connection into the arena; absent when it ends before. */
static text take(struct client *client, struct arena *arena, size_t len)
{
    text taken;

    while (client->in.len < len)
        if (!more(client))
            return TEXT_NONE;
    taken = text_copy(arena, text_slice(buffer_view(&client->in), 0, len));
    buffer_consume(&client->in, len);
    return taken;
}

/* Up to and with `end`. */
static text take_to(struct client *client, struct arena *arena, text end)
{
    for (;;) {
        size_t at = text_find(buffer_view(&client->in), end);

        if (at != SIZE_MAX)
            return take(client, arena, at + end.len);
        if (!more(client))
            return TEXT_NONE;
    }
}

static text take_chunks(struct client *client, struct arena *arena)
{
    SCOPED(buffer) struct buffer whole = { 0 };

    for (;;) {
        text size = take_to(client, arena, T("\r\n")), piece;
        size_t len = size.ptr ? (size_t)strtoul(size.ptr, NULL, 16) : 0;

        piece = size.ptr ? take(client, arena, len + 2) : TEXT_NONE;
        if (!piece.ptr || len == 0)
            break;
        buffer_text(&whole, text_slice(piece, 0, len));
    }
    return text_copy(arena, buffer_view(&whole));
}

static text take_body(struct client *client, struct arena *arena, const struct answer *answer)
{
    text length = answer_header(answer, "content-length");
    int64_t len;

    if (text_equal_nocase(answer_header(answer, "transfer-encoding"), T("chunked")))
        return take_chunks(client, arena);
    if (text_int(length, &len))
        return take(client, arena, (size_t)len);
    while (more(client))
        ;
    return take(client, arena, client->in.len);
}

static struct answer read_answer(struct client *client, struct arena *arena, bool no_body)
{
    struct answer answer = { 0 };

    do {
        text head = take_to(client, arena, T("\r\n\r\n"));

        if (!head.ptr || head.len < 12)
            return (struct answer){ 0 };
        answer.status = atoi(head.ptr + 9);
        answer.head = head;
    } while (answer.status == 100);
    if (answer.status == 204 || answer.status == 304)
        no_body = true;
    answer.body = no_body ? T("") : take_body(client, arena, &answer);
    if (!answer.body.ptr)
        answer.status = 0;
    return answer;
}

struct answer client_exchange(struct client *client, struct arena *arena, text request, bool no_body)
{
    bool reused = client->fd != 0;
    struct answer answer = { 0 };
    text connection;

    for (int attempt = 0; attempt < 2 && !answer.status; attempt++) {
        if (!client->fd && !client_open(client))
            break;
        send_all(client->fd, request);
        answer = read_answer(client, arena, no_body);
        if (!answer.status) {
            client_close(client);
            if (!reused) /* a kept connection may have been closed meanwhile; a new one may not */
                break;
        }
    }
    connection = answer_header(&answer, "connection");
    if (text_equal_nocase(connection, T("close")))
        client_close(client);
    return answer;
}
