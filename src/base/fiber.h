/*
 * Fibers: plain blocking code beside an event loop, each on a stack of its own. One that waits by the functions below gives the thread
 * back to the loop, and goes on there when what it waited for has come: a hundred waits cost no thread and no switch between threads.
 * Outside of a fiber the same functions block the thread.
 *
 * A fiber stays on its thread for its whole life. It holds no mutex while it waits, other than the one it hands to condition_wait.
 */
#ifndef TENON_BASE_FIBER_H
#define TENON_BASE_FIBER_H

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- waiting: in a fiber or in any thread. `until` is by clock_ticks(), 0: for as long as it takes ---------------------------- */

/* Until the descriptor is ready for `events` (poll(2)), has failed or was closed at the other end. False: the time is over, or the
   kernel has no room to watch it. */
bool fiber_poll(int fd, short events, int64_t until);

void fiber_sleep(int64_t duration);

/* Runs what can wait by no function of these: in a fiber on a thread made for it, so that the loop goes on; else right here. */
void fiber_apart(void (*run)(void *context), void *context);

bool fiber_here(void);

/* Said at the head of what blocks its thread by other means: that a fiber came there is a fault of ours. */
static inline void blocks_its_thread(void)
{
    assert(!fiber_here());
}

/* A condition variable whose waiters are woken in the order in which they came. Zero is a good beginning, nothing is to be freed. */
struct condition {
    struct waiter *first, *last;
};

/* With the mutex held, which it lets go meanwhile. False: the time is over, and nobody signalled. There are no spurious wake-ups. */
bool condition_wait(struct condition *condition, pthread_mutex_t *mutex, int64_t until);

/* With the mutex held. */
void condition_signal(struct condition *condition);

/* --- running: for the one thread whose they are --------------------------------------------------------------------------------- */

struct fibers;

struct fibers *fibers_new(size_t most); /* at once */
void fibers_free(struct fibers *fibers); /* when none is active */
size_t fibers_active(const struct fibers *fibers);
bool fibers_full(const struct fibers *fibers);

/* Runs it until it waits or ends. Not when they are full, and not from a fiber. */
void fibers_start(struct fibers *fibers, void (*run)(void *context), void *context);

/* Runs those whose wait is over, until they wait again or end. Due whenever the descriptor can be read and when fibers_next comes. */
void fibers_turn(struct fibers *fibers);
int fibers_descriptor(const struct fibers *fibers);
int64_t fibers_next(struct fibers *fibers); /* when the first wait ends by the clock (clock_ticks()); 0: none does */

#endif
