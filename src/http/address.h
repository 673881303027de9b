/*
 * Network addresses: parsing, networks, and which of them are private. IPv4 is held as an IPv4-mapped IPv6 address
 * (RFC 4291 §2.5.5.2), so that `::ffff:127.0.0.1` cannot be a way around a check.
 */
#ifndef TENON_HTTP_ADDRESS_H
#define TENON_HTTP_ADDRESS_H

#include <sys/socket.h>

#include "base/text.h"

struct address {
    uint8_t bytes[16];
};

bool address_parse(text t, struct address *ret_address);
bool address_of(const struct sockaddr *from, struct address *ret_address);
text address_text(struct arena *arena, struct address address);

/* What limits count by: an IPv4 address, or the /64 of an IPv6 one. */
text address_bucket(struct arena *arena, struct address address);

bool address_is_loopback(struct address address);

/* Everything that is not the public Internet: RFC 6890's special-purpose registries, multicast, translation prefixes. */
bool address_is_private(struct address address);

/* `networks` is a list by commas of addresses and CIDR blocks. Unparsable parts match nothing. */
bool address_in(struct address address, text networks);

#endif
