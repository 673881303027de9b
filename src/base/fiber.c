/* longjmp's fortified form takes a jump to another stack for an error. */
#undef _FORTIFY_SOURCE

#include "base/fiber.h"

#include <poll.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

enum { STACK = 1 << 20, GUARD = 16 << 10 }; /* as large as a worker's own; memory is taken where it is touched */

enum state { IDLE, RUNNING, WAITING, READY };

/* Where to go on. swapcontext would do alone, but asks the kernel for its signal mask at each switch: it only enters a new stack. */
struct place {
    ucontext_t entry;
    jmp_buf here;
    bool entered;
};

struct fiber {
    struct fiber *next; /* of the idle or of the ready */
    struct fibers *home;
    struct place place;
    char *stack;
    void *sanitizer;
    void (*run)(void *context);
    void *argument;

    /* What it waits for. */
    int fd; /* -1: to be woken */
    int64_t until;

    /* Changed with home->mutex held, but for RUNNING and IDLE, which its own thread says. */
    _Atomic enum state state;
    _Atomic bool woken; /* what it waits for has come, if only just before it began to wait */
};

struct fibers {
    struct place thread;
    void *sanitizer;
    const void *thread_stack; /* as the address sanitizer told of it */
    size_t thread_stack_size;
    struct fiber *idle;
    size_t most, made, active;
    struct fiber **all;
    int epoll, nudges; /* the latter an eventfd */

    pthread_mutex_t mutex;
    struct fiber *ready, **ready_last;
};

static _Thread_local struct fiber *current;

bool fiber_here(void)
{
    return current != NULL;
}

/* --- the sanitizers, which must be told whenever another stack is run on ------------------------------------------------------------ */

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if __has_feature(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define STACK_LEAVE(kept, to, size) __sanitizer_start_switch_fiber(kept, to, size)
#define STACK_ENTERED(kept, from, size) __sanitizer_finish_switch_fiber(kept, from, size)
#else
#define STACK_LEAVE(kept, to, size) ((void)(kept), (void)(to), (void)(size))
#define STACK_ENTERED(kept, from, size) ((void)(kept), (void)(from), (void)(size))
#endif

#if __has_feature(thread_sanitizer) || defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define JUMPS false /* it follows no jump from stack to stack */
#define RACE_FIBER() __tsan_create_fiber(0)
#define RACE_CURRENT() __tsan_get_current_fiber()
#define RACE_SWITCH(to) __tsan_switch_to_fiber(to, 0)
#define RACE_FIBER_END(fiber) __tsan_destroy_fiber(fiber)
#else
#define JUMPS true
#define RACE_FIBER() NULL
#define RACE_CURRENT() NULL
#define RACE_SWITCH(to) ((void)(to))
#define RACE_FIBER_END(fiber) ((void)(fiber))
#endif

/* --- from stack to stack ------------------------------------------------------------------------------------------------------- */

static void go(struct place *from, struct place *to)
{
    if (!JUMPS) {
        swapcontext(&from->entry, &to->entry);
    } else if (_setjmp(from->here) == 0) {
        if (to->entered)
            _longjmp(to->here, 1);
        to->entered = true;
        setcontext(&to->entry);
    }
}

static void leave(struct fiber *f)
{
    struct fibers *home = f->home;
    void *kept = NULL;

    STACK_LEAVE(&kept, home->thread_stack, home->thread_stack_size);
    RACE_SWITCH(home->sanitizer);
    go(&f->place, &home->thread);
    STACK_ENTERED(kept, &home->thread_stack, &home->thread_stack_size);
}

static void resume(struct fiber *f)
{
    struct fibers *home = f->home;
    void *kept = NULL;

    f->state = RUNNING;
    current = f;
    home->sanitizer = RACE_CURRENT();
    STACK_LEAVE(&kept, f->stack + GUARD, STACK);
    RACE_SWITCH(f->sanitizer);
    go(&home->thread, &f->place);
    STACK_ENTERED(kept, NULL, NULL);
    current = NULL;
    if (f->state == IDLE) {
        f->next = home->idle;
        home->idle = f;
        home->active--;
    }
}

/* A stack is used for one run after the other. makecontext hands over ints, so the pointer goes by `current`. */
static void begin(void)
{
    struct fiber *f = current;

    STACK_ENTERED(NULL, &f->home->thread_stack, &f->home->thread_stack_size);
    for (;;) {
        f->run(f->argument);
        f->state = IDLE;
        leave(f);
    }
}

static struct fiber *make(struct fibers *fibers)
{
    struct fiber *f = xcalloc(1, sizeof *f);

    f->home = fibers;
    f->stack = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (f->stack == MAP_FAILED || mprotect(f->stack, GUARD, PROT_NONE) != 0 || getcontext(&f->place.entry) != 0)
        abort();
    f->place.entry.uc_stack.ss_sp = f->stack + GUARD;
    f->place.entry.uc_stack.ss_size = STACK;
    makecontext(&f->place.entry, begin, 0);
    f->sanitizer = RACE_FIBER();
    fibers->all[fibers->made++] = f;
    return f;
}

/* --- waking -------------------------------------------------------------------------------------------------------------------- */

/* With the mutex held. */
static void make_ready(struct fiber *f)
{
    struct fibers *home = f->home;

    f->state = READY;
    f->next = NULL;
    *home->ready_last = f;
    home->ready_last = &f->next;
}

/* From any thread. */
static void wake(struct fiber *f)
{
    static const uint64_t one = 1;
    struct fibers *home = f->home;
    bool nudge;

    pthread_mutex_lock(&home->mutex);
    nudge = f->state == WAITING && !home->ready;
    f->woken = true;
    if (f->state == WAITING)
        make_ready(f);
    pthread_mutex_unlock(&home->mutex);
    while (nudge && write(home->nudges, &one, sizeof one) < 0) /* interrupted: a counter takes it otherwise */
        continue;
}

/* --- waiting ------------------------------------------------------------------------------------------------------------------- */

/* Armed for one event. What was watched before and not closed since is known to the kernel. False: it has no room for more. */
static bool watch(struct fiber *f, short events)
{
    struct epoll_event event = { .events = EPOLLONESHOT | (events & POLLIN ? EPOLLIN : 0u) | (events & POLLOUT ? EPOLLOUT : 0u), .data.ptr = f };

    return epoll_ctl(f->home->epoll, EPOLL_CTL_MOD, f->fd, &event) == 0 || epoll_ctl(f->home->epoll, EPOLL_CTL_ADD, f->fd, &event) == 0;
}

/* True: it was woken. */
static bool wait_here(struct fiber *f, int fd, short events, int64_t until)
{
    struct fibers *home = f->home;
    bool woken;

    f->fd = fd;
    f->until = until;
    if (fd >= 0 && !watch(f, events))
        return false;
    pthread_mutex_lock(&home->mutex);
    woken = f->woken;
    if (!woken)
        f->state = WAITING;
    pthread_mutex_unlock(&home->mutex);
    if (woken)
        return true;
    leave(f);
    if (f->fd >= 0 && !f->woken)
        epoll_ctl(home->epoll, EPOLL_CTL_DEL, f->fd, NULL);
    return f->woken; /* whoever wakes it from here on does so under the condition's mutex, which condition_wait takes */
}

static int milliseconds(int64_t until)
{
    int64_t left = until - clock_ticks();

    return !until ? -1 : left <= 0 ? 0 : (int)((left + MILLISECOND - 1) / MILLISECOND);
}

bool fiber_poll(int fd, short events, int64_t until)
{
    struct fiber *f = current;
    struct pollfd polled = { fd, events, 0 };
    int ready;

    if (f) {
        f->woken = false;
        return wait_here(f, fd, events, until);
    }
    do
        ready = poll(&polled, 1, milliseconds(until));
    while (ready < 0 || (ready == 0 && (!until || clock_ticks() < until)));
    return ready > 0;
}

void fiber_sleep(int64_t duration)
{
    struct fiber *f = current;

    if (!f) {
        clock_sleep(duration);
        return;
    }
    f->woken = false;
    wait_here(f, -1, 0, clock_ticks() + duration);
}

/* --- conditions ---------------------------------------------------------------------------------------------------------------- */

struct waiter {
    struct waiter *next;
    struct fiber *fiber; /* NULL: a thread, which waits at `thread` */
    pthread_cond_t thread;
    bool woken;
};

static void enqueue(struct condition *condition, struct waiter *waiter)
{
    if (condition->first)
        condition->last->next = waiter;
    else
        condition->first = waiter;
    condition->last = waiter;
}

static void dequeue(struct condition *condition, const struct waiter *waiter)
{
    struct waiter *before = NULL;

    for (struct waiter *w = condition->first; w != waiter; w = w->next)
        before = w;
    if (before)
        before->next = waiter->next;
    else
        condition->first = waiter->next;
    if (condition->last == waiter)
        condition->last = before;
}

static void wait_in_fiber(const struct waiter *waiter, pthread_mutex_t *mutex, int64_t until)
{
    waiter->fiber->woken = false; /* nobody knows of this wait yet: the mutex is held */
    pthread_mutex_unlock(mutex);
    wait_here(waiter->fiber, -1, 0, until);
    pthread_mutex_lock(mutex);
}

static void wait_in_thread(struct waiter *waiter, pthread_mutex_t *mutex, int64_t until)
{
    struct timespec end = { until / SECOND, until % SECOND * 1000 };
    pthread_condattr_t monotonic;
    int error = 0;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&waiter->thread, &monotonic);
    pthread_condattr_destroy(&monotonic);
    while (!waiter->woken && !error)
        error = until ? pthread_cond_timedwait(&waiter->thread, mutex, &end) : pthread_cond_wait(&waiter->thread, mutex);
    pthread_cond_destroy(&waiter->thread);
}

bool condition_wait(struct condition *condition, pthread_mutex_t *mutex, int64_t until)
{
    struct waiter waiter = { .fiber = current };

    enqueue(condition, &waiter);
    if (waiter.fiber)
        wait_in_fiber(&waiter, mutex, until);
    else
        wait_in_thread(&waiter, mutex, until);
    if (!waiter.woken)
        dequeue(condition, &waiter);
    return waiter.woken;
}

void condition_signal(struct condition *condition)
{
    struct waiter *waiter = condition->first;

    if (!waiter)
        return;
    condition->first = waiter->next;
    waiter->woken = true;
    if (waiter->fiber)
        wake(waiter->fiber);
    else
        pthread_cond_signal(&waiter->thread);
}

/* --- what only a thread can do ------------------------------------------------------------------------------------------------- */

struct apart {
    void (*run)(void *context);
    void *context;
    pthread_mutex_t mutex;
    struct condition ended;
    bool has_ended;
};

static void *run_apart(void *context)
{
    struct apart *apart = context;

    apart->run(apart->context);
    pthread_mutex_lock(&apart->mutex);
    apart->has_ended = true;
    condition_signal(&apart->ended);
    pthread_mutex_unlock(&apart->mutex);
    return NULL;
}

void fiber_apart(void (*run)(void *context), void *context)
{
    struct apart apart = { .run = run, .context = context, .mutex = PTHREAD_MUTEX_INITIALIZER };
    pthread_t thread;

    if (!current || pthread_create(&thread, NULL, run_apart, &apart) != 0) { /* no more threads: rather late than not at all */
        run(context);
        return;
    }
    pthread_mutex_lock(&apart.mutex);
    while (!apart.has_ended)
        condition_wait(&apart.ended, &apart.mutex, 0);
    pthread_mutex_unlock(&apart.mutex);
    pthread_join(thread, NULL);
}

/* --- running ------------------------------------------------------------------------------------------------------------------- */

struct fibers *fibers_new(size_t most)
{
    struct fibers *fibers = xcalloc(1, sizeof *fibers);
    struct epoll_event nudged = { .events = EPOLLIN | EPOLLET }; /* each nudge tells once, and is never read */

    fibers->most = most;
    fibers->thread.entered = true;
    fibers->all = xcalloc(most, sizeof *fibers->all);
    fibers->ready_last = &fibers->ready;
    fibers->nudges = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fibers->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (fibers->nudges < 0 || fibers->epoll < 0 || epoll_ctl(fibers->epoll, EPOLL_CTL_ADD, fibers->nudges, &nudged) != 0)
        abort();
    pthread_mutex_init(&fibers->mutex, NULL);
    return fibers;
}

void fibers_free(struct fibers *fibers)
{
    if (!fibers)
        return;
    assert(!fibers->active);
    for (size_t i = 0; i < fibers->made; i++) {
        RACE_FIBER_END(fibers->all[i]->sanitizer);
        munmap(fibers->all[i]->stack, GUARD + STACK);
        free(fibers->all[i]);
    }
    close(fibers->nudges);
    close(fibers->epoll);
    pthread_mutex_destroy(&fibers->mutex);
    free(fibers->all);
    free(fibers);
}

int fibers_descriptor(const struct fibers *fibers)
{
    return fibers->epoll;
}

size_t fibers_active(const struct fibers *fibers)
{
    return fibers->active;
}

bool fibers_full(const struct fibers *fibers)
{
    return fibers->active == fibers->most;
}

void fibers_start(struct fibers *fibers, void (*run)(void *context), void *context)
{
    struct fiber *f = fibers->idle;

    assert(!current);
    if (f)
        fibers->idle = f->next;
    else
        f = make(fibers);
    f->run = run;
    f->argument = context;
    fibers->active++;
    resume(f);
}

/* With the mutex held. */
static void ready_by_descriptor(struct fibers *fibers)
{
    struct epoll_event events[64];
    int count = epoll_wait(fibers->epoll, events, sizeof events / sizeof *events, 0);

    for (int i = 0; i < count; i++) {
        struct fiber *f = events[i].data.ptr;

        if (f && f->state == WAITING) { /* else the nudges */
            f->fd = -1; /* one event disarms it */
            f->woken = true;
            make_ready(f);
        }
    }
}

/* With the mutex held. */
static void ready_by_clock(struct fibers *fibers)
{
    int64_t now = clock_ticks();

    for (size_t i = 0; i < fibers->made; i++)
        if (fibers->all[i]->state == WAITING && fibers->all[i]->until && fibers->all[i]->until <= now)
            make_ready(fibers->all[i]);
}

void fibers_turn(struct fibers *fibers)
{
    struct fiber *f, *next;

    pthread_mutex_lock(&fibers->mutex);
    ready_by_descriptor(fibers);
    ready_by_clock(fibers);
    f = fibers->ready;
    fibers->ready = NULL;
    fibers->ready_last = &fibers->ready;
    pthread_mutex_unlock(&fibers->mutex);
    for (; f; f = next) {
        next = f->next;
        resume(f);
    }
}

int64_t fibers_next(struct fibers *fibers)
{
    int64_t next = 0;

    pthread_mutex_lock(&fibers->mutex);
    for (size_t i = 0; i < fibers->made; i++) {
        const struct fiber *f = fibers->all[i];

        if (f->state == WAITING && f->until && (!next || f->until < next))
            next = f->until;
    }
    pthread_mutex_unlock(&fibers->mutex);
    return next;
}
