#include "http/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdatomic.h>

#include "base/fiber.h"
#include "core/config.h"

enum { AT_ONCE = 2, MOST_RECORDS = 64, ANSWER_MAX = 16 << 10, DNS_PORT = 53 };

static atomic_int asking;

/* As the option's check lets it through. */
static bool read_server(text value, struct sockaddr_in *ret_address)
{
    text port = value, host = text_cut(&port, ':');
    char spelled[INET_ADDRSTRLEN];
    int64_t number = DNS_PORT;

    if (host.len >= sizeof spelled || (port.ptr && (!text_int(port, &number) || number < 1 || number > 65535)))
        return false;
    memcpy(spelled, host.ptr, host.len);
    spelled[host.len] = 0;
    *ret_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)number) };
    return inet_pton(AF_INET, spelled, &ret_address->sin_addr) == 1;
}

/* The strings of a record: each a length and so many bytes. */
static text join(struct arena *arena, const unsigned char *data, size_t len)
{
    char *joined = arena_alloc(arena, len + 1);
    size_t out = 0;

    for (size_t at = 0; at < len && at + 1 + data[at] <= len; at += 1 + (size_t)data[at]) {
        memcpy(joined + out, data + at + 1, data[at]);
        out += data[at];
    }
    return (text){ joined, out };
}

static void read_answer(struct call *call, const unsigned char *answer, int len, struct text_list *values)
{
    ns_msg message;

    if (ns_initparse(answer, len, &message) != 0)
        return;
    for (int i = 0; i < ns_msg_count(message, ns_s_an) && values->len < MOST_RECORDS; i++) {
        ns_rr record;

        if (ns_parserr(&message, ns_s_an, i, &record) == 0 && ns_rr_type(record) == ns_t_txt)
            values->items[values->len++] = join(&call->arena, ns_rr_rdata(record), ns_rr_rdlen(record));
    }
}

static enum result ask(struct call *call, text name, struct text_list *values)
{
    struct __res_state state = { 0 };
    unsigned char *answer = arena_alloc(&call->arena, ANSWER_MAX);
    struct sockaddr_in server;
    enum result result = OK;
    int len;

    if (res_ninit(&state) != 0)
        return fail(call, UNAVAILABLE, "This machine has no resolver.");
    if (config.dns_server.len && read_server(config.dns_server, &server)) {
        state.nscount = 1;
        state.nsaddr_list[0] = server;
    }
    state.retrans = state.nscount > 1 ? 1 : 2; /* seconds */
    state.retry = 1;
    state.nscount = state.nscount > 2 ? 2 : state.nscount;
    len = res_nquery(&state, text_z(&call->arena, name), ns_c_in, ns_t_txt, answer, ANSWER_MAX);
    if (len > 0)
        read_answer(call, answer, len < ANSWER_MAX ? len : ANSWER_MAX, values);
    else if (state.res_h_errno != HOST_NOT_FOUND && state.res_h_errno != NO_DATA)
        result = fail(call, UNAVAILABLE, "The DNS did not answer. Try again shortly.");
    res_nclose(&state);
    return result;
}

enum result dns_txt(struct call *call, text name, struct text_list *ret_values)
{
    struct text_list values = { arena_array(&call->arena, MOST_RECORDS, sizeof(text)), 0 };
    enum result result = UNAVAILABLE;

    blocks_its_thread();
    if (atomic_fetch_add(&asking, 1) < AT_ONCE)
        result = ask(call, name, &values);
    atomic_fetch_sub(&asking, 1);
    if (result == OK)
        *ret_values = values;
    return result;
}
