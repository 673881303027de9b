/* hashing: no more at once than there are threads for it, and whoever asks gets what they asked for. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/clock.h"
#include "crypto/hashing.h"

#include <cmocka.h> /* last: it defines fail() */

enum { THREADS = 2, ASKING = 16, EACH = 20 };

static _Atomic int at_once, most;

static void square(void *context)
{
    int now = atomic_fetch_add(&at_once, 1) + 1, before = atomic_load(&most), *number = context;

    while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
        ;
    clock_sleep(200); /* so that others come in, if anything lets them */
    *number *= *number;
    atomic_fetch_sub(&at_once, 1);
}

static void *ask(void *context)
{
    int *right = context;

    for (int i = 0; i < EACH; i++) {
        int number = i;

        hashing_run(square, &number);
        *right += number == i * i;
    }
    return NULL;
}

static void ask_from_all(void)
{
    pthread_t threads[ASKING];
    int right[ASKING] = { 0 };

    atomic_store(&most, 0);
    for (int i = 0; i < ASKING; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &right[i]), 0);
    for (int i = 0; i < ASKING; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(right[i], EACH);
    }
}

static void no_more_at_once_than_threads(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) { /* a server stops, and another starts in the same process */
        hashing_start(THREADS);
        ask_from_all();
        hashing_stop();
        assert_int_equal(atomic_load(&most), THREADS);
    }
}

static void without_threads_it_runs_right_here(void **state)
{
    int number = 7;

    (void)state;
    hashing_stop();
    hashing_run(square, &number);
    assert_int_equal(number, 49);
    ask_from_all();
    assert_true(atomic_load(&most) > THREADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_at_once_than_threads),
        cmocka_unit_test(without_threads_it_runs_right_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
