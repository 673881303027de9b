/* Fibers and conditions: in fibers, in threads, and between them. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fiber.h"

#include <cmocka.h> /* last: it defines fail() */

struct scene {
    pthread_mutex_t mutex;
    struct condition called;
    char said[64];
    size_t len;
    int pipe[2];
    int left;
};

static void say(struct scene *scene, char letter)
{
    scene->said[scene->len++] = letter;
}

/* As an event loop does: waits until they are due, then gives them their turn. */
static void turn(struct fibers *fibers)
{
    struct pollfd due = { fibers_descriptor(fibers), POLLIN, 0 };
    int64_t next = fibers_next(fibers), left = next - clock_ticks();

    poll(&due, 1, !next ? -1 : left <= 0 ? 0 : (int)((left + MILLISECOND - 1) / MILLISECOND));
    fibers_turn(fibers);
}

static void run_out(struct fibers *fibers)
{
    for (int turns = 0; fibers_active(fibers); turns++) {
        assert_true(turns < 1000);
        turn(fibers);
    }
}

/* --- a descriptor --------------------------------------------------------------------------------------------------------------- */

static void read_a_letter(void *context)
{
    struct scene *scene = context;
    char letter;

    say(scene, '(');
    assert_true(fiber_poll(scene->pipe[0], POLLIN, 0));
    assert_int_equal(read(scene->pipe[0], &letter, 1), 1);
    say(scene, letter);
}

static void write_a_letter(void *context)
{
    struct scene *scene = context;

    assert_int_equal(write(scene->pipe[1], "x", 1), 1);
    say(scene, ')');
}

static void a_fiber_that_waits_lets_others_run(void **state)
{
    struct scene scene = { 0 };
    struct fibers *fibers = fibers_new(2);

    (void)state;
    assert_int_equal(pipe(scene.pipe), 0);
    fibers_start(fibers, read_a_letter, &scene);
    assert_int_equal(fibers_active(fibers), 1);
    fibers_start(fibers, write_a_letter, &scene);
    assert_int_equal(fibers_active(fibers), 1);
    run_out(fibers);
    assert_string_equal(scene.said, "()x");
    fibers_free(fibers);
    close(scene.pipe[0]);
    close(scene.pipe[1]);
}

static void wait_too_long(void *context)
{
    struct scene *scene = context;
    int64_t begun = clock_ticks();

    assert_false(fiber_poll(scene->pipe[0], POLLIN, clock_ticks() + 20 * MILLISECOND));
    assert_true(clock_ticks() - begun >= 20 * MILLISECOND);
    say(scene, 'l');
}

static void sleep_shortly(void *context)
{
    struct scene *scene = context;

    fiber_sleep(2 * MILLISECOND);
    say(scene, 's');
}

static void waits_end_by_the_clock(void **state)
{
    struct scene scene = { 0 };
    struct fibers *fibers = fibers_new(2);

    (void)state;
    assert_int_equal(pipe(scene.pipe), 0);
    fibers_start(fibers, wait_too_long, &scene);
    fibers_start(fibers, sleep_shortly, &scene);
    assert_true(fibers_full(fibers));
    run_out(fibers);
    assert_string_equal(scene.said, "sl");
    wait_too_long(&scene); /* and so outside of fibers */
    sleep_shortly(&scene);
    assert_string_equal(scene.said, "slls");
    fibers_free(fibers);
    close(scene.pipe[0]);
    close(scene.pipe[1]);
}

static void a_closed_end_is_told(void **state)
{
    struct scene scene = { 0 };

    (void)state;
    assert_int_equal(pipe(scene.pipe), 0);
    close(scene.pipe[1]);
    assert_true(fiber_poll(scene.pipe[0], POLLIN, clock_ticks() + 10 * SECOND));
    close(scene.pipe[0]);
}

/* --- conditions ------------------------------------------------------------------------------------------------------------------ */

static void wait_to_be_called(void *context)
{
    struct scene *scene = context;

    pthread_mutex_lock(&scene->mutex);
    assert_true(condition_wait(&scene->called, &scene->mutex, 0));
    say(scene, (char)('a' + scene->left--));
    pthread_mutex_unlock(&scene->mutex);
}

static void wait_in_vain(void *context)
{
    struct scene *scene = context;

    pthread_mutex_lock(&scene->mutex);
    assert_false(condition_wait(&scene->called, &scene->mutex, clock_ticks() + MILLISECOND));
    say(scene, '-');
    pthread_mutex_unlock(&scene->mutex);
}

static void call_one(void *context)
{
    struct scene *scene = context;

    pthread_mutex_lock(&scene->mutex);
    condition_signal(&scene->called);
    pthread_mutex_unlock(&scene->mutex);
}

static void who_waits_first_is_called_first(void **state)
{
    struct scene scene = { .mutex = PTHREAD_MUTEX_INITIALIZER, .left = 2 };
    struct fibers *fibers = fibers_new(5);

    (void)state;
    call_one(&scene); /* nobody hears it, and it is not kept */
    fibers_start(fibers, wait_to_be_called, &scene);
    fibers_start(fibers, wait_in_vain, &scene); /* between the others: its leaving must not tear the line */
    fibers_start(fibers, wait_to_be_called, &scene);
    turn(fibers);
    assert_string_equal(scene.said, "-");
    fibers_start(fibers, call_one, &scene);
    turn(fibers);
    assert_string_equal(scene.said, "-c");
    call_one(&scene);
    run_out(fibers);
    assert_string_equal(scene.said, "-cb");
    assert_null(scene.called.first);
    fibers_free(fibers);
}

/* --- from thread to thread: as many are called as waited, whoever they are -------------------------------------------------------- */

enum { ROUNDS = 2000, LANES = 8 };

struct bowl { /* a counting semaphore */
    pthread_mutex_t mutex;
    struct condition filled;
    int in, taken, late;
    _Atomic int eaters;
};

static void take(struct bowl *bowl, bool patient)
{
    pthread_mutex_lock(&bowl->mutex);
    while (bowl->in == 0)
        bowl->late += !condition_wait(&bowl->filled, &bowl->mutex, patient ? 0 : clock_ticks() + 50);
    bowl->in--;
    bowl->taken++;
    pthread_mutex_unlock(&bowl->mutex);
}

static void eat(void *context)
{
    struct bowl *bowl = context;

    for (int i = 0; i < ROUNDS; i++)
        take(bowl, i % 2);
    bowl->eaters--;
}

static void *run_fibers(void *context)
{
    struct fibers *fibers = fibers_new(LANES);

    for (int i = 0; i < LANES; i++)
        fibers_start(fibers, eat, context);
    while (fibers_active(fibers))
        turn(fibers);
    fibers_free(fibers);
    return NULL;
}

static void *run_thread(void *context)
{
    eat(context);
    return NULL;
}

static void none_is_lost_between_threads(void **state)
{
    struct bowl bowl = { .mutex = PTHREAD_MUTEX_INITIALIZER, .eaters = 2 * LANES + 1 };
    pthread_t threads[3];
    int filled = 0;

    (void)state;
    pthread_create(&threads[0], NULL, run_fibers, &bowl);
    pthread_create(&threads[1], NULL, run_fibers, &bowl);
    pthread_create(&threads[2], NULL, run_thread, &bowl);
    for (; filled < (2 * LANES + 1) * ROUNDS; filled++) {
        pthread_mutex_lock(&bowl.mutex);
        bowl.in++;
        condition_signal(&bowl.filled);
        pthread_mutex_unlock(&bowl.mutex);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(bowl.eaters, 0);
    assert_int_equal(bowl.taken, filled);
    assert_int_equal(bowl.in, 0);
    assert_null(bowl.filled.first);
}

/* --- apart ----------------------------------------------------------------------------------------------------------------------- */

struct errand {
    pthread_t from, ran_on;
    bool was_fiber, ran;
};

static void run_errand(void *context)
{
    struct errand *errand = context;

    clock_sleep(5 * MILLISECOND);
    errand->ran_on = pthread_self();
    errand->was_fiber = fiber_here();
    errand->ran = true;
}

static void send_apart(void *context)
{
    struct errand *errand = context;

    assert_true(fiber_here());
    errand->from = pthread_self();
    fiber_apart(run_errand, errand);
    assert_true(errand->ran);
}

static void what_blocks_runs_on_another_thread(void **state)
{
    struct fibers *fibers = fibers_new(1);
    struct errand errand = { 0 };

    (void)state;
    fibers_start(fibers, send_apart, &errand);
    assert_int_equal(fibers_active(fibers), 1); /* the loop has its thread back meanwhile */
    run_out(fibers);
    assert_false(errand.was_fiber);
    assert_false(pthread_equal(errand.from, errand.ran_on));
    fibers_free(fibers);
    assert_false(fiber_here());
    errand.ran = false;
    fiber_apart(run_errand, &errand);
    assert_true(errand.ran && pthread_equal(errand.ran_on, pthread_self()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fiber_that_waits_lets_others_run), cmocka_unit_test(waits_end_by_the_clock),       cmocka_unit_test(a_closed_end_is_told),
        cmocka_unit_test(who_waits_first_is_called_first),    cmocka_unit_test(none_is_lost_between_threads), cmocka_unit_test(what_blocks_runs_on_another_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
