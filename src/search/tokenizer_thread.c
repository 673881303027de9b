#include <pthread.h>
#include <stdlib.h>

#include "search/terms.h"

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void close_it(void *tokenizer)
{
    tokenizer_close(tokenizer);
}

static void make_key(void)
{
    if (pthread_key_create(&key, close_it) != 0)
        abort();
}

struct tokenizer *tokenizer_of_thread(void)
{
    struct tokenizer *tokenizer;

    pthread_once(&once, make_key);
    tokenizer = pthread_getspecific(key);
    if (!tokenizer) {
        tokenizer = tokenizer_open();
        pthread_setspecific(key, tokenizer);
    }
    return tokenizer;
}
