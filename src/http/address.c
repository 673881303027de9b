#include "http/address.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "core/result.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_v4(struct address address)
{
    return memcmp(address.bytes, mapped, sizeof mapped) == 0;
}

bool address_parse(text t, struct address *ret_address)
{
    char z[INET6_ADDRSTRLEN + 1];
    struct address address;

    if (t.len == 0 || t.len >= sizeof z)
        return false;
    memcpy(z, t.ptr, t.len);
    z[t.len] = '\0';
    memcpy(address.bytes, mapped, sizeof mapped);
    if (inet_pton(AF_INET, z, address.bytes + 12) != 1 && inet_pton(AF_INET6, z, address.bytes) != 1)
        return false;
    *ret_address = address;
    return true;
}

bool address_of(const struct sockaddr *from, struct address *ret_address)
{
    if (from->sa_family == AF_INET) {
        memcpy(ret_address->bytes, mapped, sizeof mapped);
        memcpy(ret_address->bytes + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        memcpy(ret_address->bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
        return true;
    }
    return false;
}

text address_text(struct arena *arena, struct address address)
{
    char z[INET6_ADDRSTRLEN];

    if (is_v4(address))
        inet_ntop(AF_INET, address.bytes + 12, z, sizeof z);
    else
        inet_ntop(AF_INET6, address.bytes, z, sizeof z);
    return text_copy(arena, text_of(z));
}

text address_bucket(struct arena *arena, struct address address)
{
    if (!is_v4(address))
        memset(address.bytes + 8, 0, 8);
    return address_text(arena, address);
}

static bool in_network(struct address address, struct address network, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    if (memcmp(address.bytes, network.bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || (address.bytes[whole] ^ network.bytes[whole]) >> (8 - rest) == 0;
}

static bool matches(struct address address, text network)
{
    text bits_text = network, base = text_cut(&bits_text, '/');
    struct address parsed;
    int64_t bits = 128;

    if (!address_parse(base, &parsed))
        return false;
    if (bits_text.ptr) {
        if (!text_int(bits_text, &bits) || bits < 0)
            return false;
        if (is_v4(parsed) && text_find_char(base, ':') == SIZE_MAX)
            bits += 96;
        if (bits > 128)
            return false;
    }
    return in_network(address, parsed, (int)bits);
}

bool address_in(struct address address, text networks)
{
    while (networks.len)
        if (matches(address, text_trim(text_cut(&networks, ','))))
            return true;
    return false;
}

bool address_is_loopback(struct address address)
{
    return address_in(address, T("127.0.0.0/8,::1"));
}

bool address_is_private(struct address address)
{
    static const char special[] =
        "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,"
        "198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,224.0.0.0/4,240.0.0.0/4,"
        "::/96,::1,::,64:ff9b::/96,64:ff9b:1::/48,100::/64,2001::/23,2001:db8::/32,2002::/16,fc00::/7,fe80::/10,fec0::/10,ff00::/8";

    return address_in(address, text_of(special));
}
