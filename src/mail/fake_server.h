/* Servers of the tests' own, on loopback: one that speaks SMTP, STARTTLS included, and one that speaks HTTP. A script says what is
   answered where it is not the usual; what came is kept. */
#ifndef TENON_MAIL_FAKE_SERVER_H
#define TENON_MAIL_FAKE_SERVER_H

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"

/* The answer to lines that begin so: "" is the greeting, "." the end of the letter. "CUT" ends the connection, "HANG" says nothing
   more until the client leaves. */
struct fake_answer {
    const char *to, *say;
};

struct fake_server {
    const struct fake_answer *script; /* .to NULL behind the last; or NULL */
    bool http, tls_from_start;
    const char *extensions; /* further lines of EHLO's answer: "250-STARTTLS\r\n" */
    const char *certificate; /* path of a PEM file, made by fake_server_certificate */

    /* After fake_server_close: every line and letter that came, "[TLS]" where it began. */
    struct buffer heard;
    int port;

    int listening;
    pthread_t thread;
};

struct peer {
    struct fake_server *server;
    int socket;
    SSL *tls;
    SSL_CTX *context;
    char bytes[65536];
    size_t len;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fake server: %s\n", what);
    abort();
}

/* --- bytes ------------------------------------------------------------------------------------------------------------------ */

static bool say(struct peer *peer, const char *words)
{
    size_t len = strlen(words);

    return peer->tls ? SSL_write(peer->tls, words, (int)len) > 0 : send(peer->socket, words, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool hear(struct peer *peer)
{
    size_t room = sizeof peer->bytes - peer->len;
    ssize_t got = peer->tls ? SSL_read(peer->tls, peer->bytes + peer->len, (int)room) : recv(peer->socket, peer->bytes + peer->len, room, 0);

    if (got <= 0)
        return false;
    peer->len += (size_t)got;
    return true;
}

static void take(struct peer *peer, size_t len)
{
    buffer_append(&peer->server->heard, peer->bytes, len);
    memmove(peer->bytes, peer->bytes + len, peer->len - len);
    peer->len -= len;
}

/* Length of what ends with `end`, that included; 0 when the client has left before. */
static size_t hear_until(struct peer *peer, const char *end)
{
    for (;;) {
        char *at = memmem(peer->bytes, peer->len, end, strlen(end));

        if (at)
            return (size_t)(at - peer->bytes) + strlen(end);
        if (peer->len == sizeof peer->bytes || !hear(peer))
            return 0;
    }
}

static const char *scripted(const struct fake_server *server, const char *line, const char *usual)
{
    for (const struct fake_answer *answer = server->script; answer && answer->to; answer++)
        if (*answer->to ? strncasecmp(line, answer->to, strlen(answer->to)) == 0 : !*line)
            return answer->say;
    return usual;
}

/* False when the conversation is over. */
static bool answer(struct peer *peer, const char *line, const char *usual)
{
    const char *words = scripted(peer->server, line, usual);

    if (strcmp(words, "CUT") == 0)
        return false;
    if (strcmp(words, "HANG") == 0) {
        while (hear(peer))
            peer->len = 0;
        return false;
    }
    return say(peer, words);
}

/* --- TLS ------------------------------------------------------------------------------------------------------------------------ */

static bool begin_tls(struct peer *peer)
{
    const char *certificate = peer->server->certificate;

    peer->context = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate_file(peer->context, certificate, SSL_FILETYPE_PEM) == 1 &&
             SSL_CTX_use_PrivateKey_file(peer->context, certificate, SSL_FILETYPE_PEM) == 1, "certificate");
    peer->tls = SSL_new(peer->context);
    SSL_set_fd(peer->tls, peer->socket);
    if (SSL_accept(peer->tls) != 1) {
        ERR_clear_error();
        return false;
    }
    buffer_text(&peer->server->heard, T("[TLS]\r\n"));
    return true;
}

/* A key and a certificate for 127.0.0.1 that it has signed itself. */
static void fake_server_certificate(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    FILE *file = fopen(path, "w");

    must(key && names && file, "certificate");
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    X509_add_ext(certificate, names, -1);
    must(X509_sign(certificate, key, EVP_sha256()) > 0, "signing");
    must(PEM_write_X509(file, certificate) && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), "writing the certificate");
    fclose(file);
    X509_EXTENSION_free(names);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* --- protocols -------------------------------------------------------------------------------------------------------------------- */

static bool hear_letter(struct peer *peer)
{
    size_t len = hear_until(peer, "\r\n.\r\n");

    if (!len)
        return false;
    take(peer, len);
    return answer(peer, ".", "250 queued\r\n");
}

static bool hear_secret(struct peer *peer)
{
    size_t len = hear_until(peer, "\r\n");

    take(peer, len);
    return len && say(peer, "235 welcome\r\n");
}

static bool greet_again(struct peer *peer)
{
    char words[512];

    snprintf(words, sizeof words, "250-fake\r\n%s250 SIZE 1000000\r\n", peer->server->extensions ? peer->server->extensions : "");
    return answer(peer, "EHLO", words);
}

static bool smtp_line(struct peer *peer, const char *line)
{
    if (strncasecmp(line, "EHLO", 4) == 0)
        return greet_again(peer);
    if (strncasecmp(line, "STARTTLS", 8) == 0)
        return answer(peer, line, "220 go\r\n") && begin_tls(peer);
    if (strncasecmp(line, "AUTH", 4) == 0)
        return answer(peer, line, "334 \r\n") && (strncmp(scripted(peer->server, line, "334"), "334", 3) != 0 || hear_secret(peer));
    if (strncasecmp(line, "DATA", 4) == 0)
        return answer(peer, line, "354 go\r\n") && (strncmp(scripted(peer->server, line, "354"), "354", 3) != 0 || hear_letter(peer));
    if (strncasecmp(line, "QUIT", 4) == 0) {
        answer(peer, line, "221 bye\r\n");
        return false;
    }
    return answer(peer, line, "250 ok\r\n");
}

static void talk_smtp(struct peer *peer)
{
    char line[1024];
    size_t len;

    if (!answer(peer, "", "220 fake\r\n"))
        return;
    while ((len = hear_until(peer, "\r\n"))) {
        snprintf(line, sizeof line, "%.*s", (int)(len - 2), peer->bytes);
        take(peer, len);
        if (!smtp_line(peer, line))
            return;
    }
}

static void talk_http(struct peer *peer)
{
    size_t head = hear_until(peer, "\r\n\r\n"), body;
    char *length;

    if (!head)
        return;
    length = strcasestr(peer->bytes, "content-length:");
    body = length ? (size_t)atoi(length + 15) : 0;
    while (peer->len < head + body)
        if (!hear(peer))
            return;
    take(peer, head + body);
    answer(peer, "POST", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
}

static void talk(struct fake_server *server, int socket)
{
    struct peer *peer = xcalloc(1, sizeof *peer);

    peer->server = server;
    peer->socket = socket;
    if (!server->tls_from_start || begin_tls(peer)) {
        if (server->http)
            talk_http(peer);
        else
            talk_smtp(peer);
    }
    SSL_free(peer->tls);
    SSL_CTX_free(peer->context);
    close(socket);
    free(peer);
}

/* --- life ------------------------------------------------------------------------------------------------------------------------------ */

static void *serve(void *context)
{
    struct fake_server *server = context;
    int socket;

    while ((socket = accept(server->listening, NULL, NULL)) >= 0)
        talk(server, socket);
    return NULL;
}

static void fake_server_open(struct fake_server *server)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    server->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server->listening >= 0 && bind(server->listening, (struct sockaddr *)&address, len) == 0 && listen(server->listening, 4) == 0 &&
             getsockname(server->listening, (struct sockaddr *)&address, &len) == 0, "no socket");
    server->port = ntohs(address.sin_port);
    must(pthread_create(&server->thread, NULL, serve, server) == 0, "no thread");
}

static void fake_server_close(struct fake_server *server)
{
    shutdown(server->listening, SHUT_RDWR); /* wakes accept */
    pthread_join(server->thread, NULL);
    close(server->listening);
    buffer_char(&server->heard, '\0');
    server->heard.len--;
}

#endif
