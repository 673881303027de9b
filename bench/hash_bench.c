/* The machine's own ceiling: passwords checked a second by as many threads as it has cores, with nothing around it. */
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"

static text hash;
static int64_t deadline;
static _Atomic long checked;

static void *check(void *context)
{
    (void)context;
    while (clock_ticks() < deadline) {
        if (!password_matches(hash, T("Gantry-9-Kestrel")))
            abort();
        checked++;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 4;
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t threads[256];
    struct call call;
    int64_t begun;

    call_open(&call, NULL);
    if (sodium_init() < 0) /* which chooses the processor's instructions */
        return 1;
    if (count > 256 || password_hash(&call, T("Gantry-9-Kestrel"), &hash) != OK)
        return 1;
    begun = clock_ticks();
    deadline = begun + (int64_t)(seconds * SECOND);
    for (long i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, check, NULL);
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", (double)checked * SECOND / (double)(clock_ticks() - begun));
    return 0;
}
