/*
 * The threads that compute slow hashes, and nothing else: HASH_SLOTS of them, which bounds what hashing takes of memory and cores,
 * whoever hashes. They stay on their cores while those who ask for hashes come, wait and go to the store (docs/decisions/0016).
 */
#ifndef TENON_CRYPTO_HASHING_H
#define TENON_CRYPTO_HASHING_H

#include <stddef.h>

/* While nothing else hashes. */
void hashing_start(size_t threads);
void hashing_stop(void); /* also when it was never started */

/* Runs compute(context) on one of them, in turn, and returns when it is done; without threads right here. */
void hashing_run(void (*compute)(void *context), void *context);

#endif
