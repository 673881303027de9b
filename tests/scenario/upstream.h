/*
 * A model's service that answers in OpenAI's words, whole or as a stream, and says it used what the request allowed: 50 tokens
 * in, and `max_tokens` (or 1000) out. So a test knows what each call has cost, to the micro-dollar.
 */
#ifndef TENON_TESTS_UPSTREAM_H
#define TENON_TESTS_UPSTREAM_H

#include <stdatomic.h>

struct upstream;

struct upstream *upstream_start(void); /* NULL when it cannot */
int upstream_port(const struct upstream *upstream);
int upstream_calls(const struct upstream *upstream); /* so far */
void upstream_hold(struct upstream *upstream, bool hold); /* answers nobody until it is let go on */
void upstream_stop(struct upstream *upstream);

#endif
