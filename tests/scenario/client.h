/* A blocking HTTP/1.1 client over one kept connection, as small as the scenarios need. Loopback only. */
#ifndef TENON_TESTS_CLIENT_H
#define TENON_TESTS_CLIENT_H

#include "tests/scenario/scenario.h"

struct client {
    int port;
    int fd; /* 0: none open */
    struct buffer in;
};

/* Sends the request as it is and reads one answer; status 0 when the connection ended without one. */
struct answer client_exchange(struct client *client, struct arena *arena, text request, bool no_body);
void client_close(struct client *client);

#endif
