/*
 * DNS: what a name's TXT records say (RFC 1035 §3.3.14), asked of the machine's resolver or the one that DNS_SERVER names. Nothing
 * else is resolved here; outgoing requests do that themselves (fetch.h).
 */
#ifndef TENON_HTTP_DNS_H
#define TENON_HTTP_DNS_H

#include "core/call.h"

/*
 * The records of `name`, each with its pieces joined; none when there is no such name or record, some of them where there are very
 * many. Waits for two seconds at most, and UNAVAILABLE says that nobody answered, or that others wait already: no more than
 * two ask at a time, so that a dead resolver holds no more workers than that.
 */
CHECKED enum result dns_txt(struct call *call, text name, struct text_list *ret_values);

#endif
