/*
 * Signals by PostgreSQL's LISTEN and NOTIFY, on one connection and one thread. What is said while nobody listens is lost, so
 * each new connection begins with bus_lost. Behind a pooler that gives the connection to others after each transaction,
 * LISTEN hears nothing and does not say so: therefore the first thing said is to ourselves, and until it is heard signals
 * count as unavailable.
 */
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/driver.h"
#include "core/log.h"

enum { MOST_WAITING = 4096, PAYLOAD_MAX = 7900 /* PostgreSQL takes less than 8000 bytes */ };
static const int64_t CONNECT = 5 * SECOND, TRY_EVERY = SECOND, HEARD_BY = 5 * SECOND, PING_EVERY = 400 * MILLISECOND, PING_LATE = 600 * MILLISECOND,
                     GIVE_UP = 5 * SECOND, FLUSH = 500 * MILLISECOND;

struct outgoing {
    struct outgoing *next;
    char payload[];
};

enum phase { NOTIFY_AWAY, NOTIFY_CONNECTING, NOTIFY_ASKING, NOTIFY_TESTING, NOTIFY_HERE };

struct notify {
    struct bus *bus;
    char *url, *ssl_mode;
    char id[17];
    pthread_t thread;
    int wake_fd;
    _Atomic bool connected; /* heard itself on this connection, and was answered lately */

    pthread_mutex_t mutex; /* of what follows */
    struct outgoing *first, **last;
    size_t waiting;
    bool overflowed; /* others must be told to drop all */
    bool stopping;

    /* the thread's own */
    PGconn *pg;
    enum phase phase;
    PostgresPollingStatusType polling;
    int64_t next_try, phase_until;
    int64_t asked, answered; /* the last statement: when it was sent, when one was last answered */
    bool busy;               /* a statement is under way … */
    bool sending;            /* … and it is the first outgoing */
    bool tested;
    bool complained;
};

/* --- out -------------------------------------------------------------------------------------------------------------------- */

static void wake(struct notify *notify)
{
    eventfd_write(notify->wake_fd, 1);
}

void notify_emit(struct notify *notify, text event, uuid organization, text payload)
{
    struct outgoing *outgoing = xmalloc(sizeof *outgoing + PAYLOAD_MAX);
    char id[UUID_TEXT + 1];
    int len = snprintf(outgoing->payload, PAYLOAD_MAX, "%s %.*s %s %.*s", notify->id, TEXT_ARG(event), uuid_format(organization, id).ptr, TEXT_ARG(payload));

    outgoing->next = NULL;
    pthread_mutex_lock(&notify->mutex);
    if (len < PAYLOAD_MAX && notify->waiting < MOST_WAITING) {
        *notify->last = outgoing;
        notify->last = &outgoing->next;
        notify->waiting++;
        outgoing = NULL;
    } else {
        notify->overflowed = true;
    }
    pthread_mutex_unlock(&notify->mutex);
    free(outgoing);
    wake(notify);
}

/* What is first, without taking it: it goes when PostgreSQL has it. */
static const char *first_payload(struct notify *notify)
{
    const char *payload = NULL;
    bool tell = false;

    pthread_mutex_lock(&notify->mutex);
    if (notify->first)
        payload = notify->first->payload;
    else if (notify->overflowed) {
        notify->overflowed = false;
        tell = true;
    }
    pthread_mutex_unlock(&notify->mutex);
    if (!tell)
        return payload;
    notify_emit(notify, text_of(bus_lost.name), UUID_NONE, T(""));
    return first_payload(notify);
}

static void drop_first(struct notify *notify)
{
    struct outgoing *first;

    pthread_mutex_lock(&notify->mutex);
    first = notify->first;
    notify->first = first->next;
    if (!notify->first)
        notify->last = &notify->first;
    notify->waiting--;
    pthread_mutex_unlock(&notify->mutex);
    free(first);
}

static bool ask(struct notify *notify, const char *statement, const char *payload, int64_t now)
{
    notify->busy = PQsendQueryParams(notify->pg, statement, payload != NULL, NULL, &payload, NULL, NULL, 0) == 1;
    notify->asked = now;
    metric_add(&bus_round_trips, payload ? FOR_SIGNALS : FOR_UPKEEP, 1);
    return notify->busy;
}

static bool say(struct notify *notify, const char *payload, int64_t now)
{
    return ask(notify, "SELECT pg_notify('tenon', $1)", payload, now);
}

/* --- the connection ----------------------------------------------------------------------------------------------------------- */

static void leave(struct notify *notify, const char *reason, int64_t now)
{
    atomic_store(&notify->connected, false);
    metric_set(&bus_up, 0, 0);
    if (notify->pg)
        PQfinish(notify->pg);
    notify->pg = NULL;
    notify->phase = NOTIFY_AWAY;
    notify->next_try = now + TRY_EVERY;
    notify->busy = notify->sending = notify->tested = false;
    if (!notify->complained) /* not PostgreSQL's own words: they may quote the URL */
        LOG(WARN, NULL, "signals of other instances do not arrive: what is kept in memory is asked anew", LZ("reason", reason));
    notify->complained = true;
}

/* libpq would write them to standard error, which is the log's. */
static void ignore_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static void begin(struct notify *notify, int64_t now)
{
    /* what is named last wins: DATABASE_SSL over the URL */
    const char *const names[] = { "dbname", *notify->ssl_mode ? "sslmode" : NULL, NULL }, *const values[] = { notify->url, notify->ssl_mode, NULL };

    notify->pg = PQconnectStartParams(names, values, 1);
    if (!notify->pg || PQstatus(notify->pg) == CONNECTION_BAD) {
        leave(notify, "PostgreSQL cannot be reached", now);
        return;
    }
    PQsetNoticeProcessor(notify->pg, ignore_notice, NULL);
    notify->phase = NOTIFY_CONNECTING;
    notify->polling = PGRES_POLLING_WRITING;
    notify->phase_until = now + CONNECT;
}

static void go_on_connecting(struct notify *notify, int64_t now)
{
    notify->polling = PQconnectPoll(notify->pg);
    if (notify->polling == PGRES_POLLING_FAILED) {
        leave(notify, "PostgreSQL cannot be reached", now);
    } else if (notify->polling == PGRES_POLLING_OK) {
        PQsetnonblocking(notify->pg, 1);
        notify->phase = NOTIFY_ASKING;
        notify->phase_until = now + HEARD_BY;
        if (!ask(notify, "LISTEN tenon", NULL, now))
            leave(notify, "PostgreSQL refuses", now);
    }
}

static void arrive(struct notify *notify)
{
    bus_deliver(notify->bus, text_of(bus_lost.name), UUID_NONE, T(""));
    notify->phase = NOTIFY_HERE;
    notify->complained = false;
    metric_set(&bus_up, 0, 1);
    LOG(INFO, NULL, "signals of other instances arrive by PostgreSQL");
}

/* `instance event organization payload`; ours only shows that we hear. */
static void take(struct notify *notify, text said)
{
    text rest = said, from = text_cut(&rest, ' '), event = text_cut(&rest, ' '), id = text_cut(&rest, ' ');
    uuid organization;

    if (text_equal(from, text_of(notify->id))) {
        if (notify->phase == NOTIFY_TESTING)
            arrive(notify);
    } else if (uuid_parse(id, &organization) && notify->phase == NOTIFY_HERE) {
        bus_deliver(notify->bus, event, organization, rest.ptr ? rest : T(""));
    }
}

static bool take_answer(struct notify *notify, PGresult *result, int64_t now)
{
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return false;
    if (notify->phase == NOTIFY_ASKING)
        notify->phase = NOTIFY_TESTING;
    else if (notify->sending)
        drop_first(notify);
    notify->sending = false;
    notify->answered = now;
    return true;
}

/* False: the connection is of no use any more. */
static bool read_all(struct notify *notify, int64_t now)
{
    PGnotify *said;
    bool ok = PQconsumeInput(notify->pg) == 1;

    while (ok && notify->busy && !PQisBusy(notify->pg)) {
        PGresult *result = PQgetResult(notify->pg);

        if (result)
            ok = take_answer(notify, result, now);
        else
            notify->busy = false;
        PQclear(result);
    }
    while (ok && (said = PQnotifies(notify->pg))) {
        take(notify, text_of(said->extra));
        PQfreemem(said);
    }
    if (ok && notify->phase == NOTIFY_HERE && !notify->busy) /* behind what was said before the answer */
        atomic_store(&notify->connected, true);
    return ok;
}

/* One statement at a time: in order, and what was not answered is said again on the next connection. */
static bool say_next(struct notify *notify, int64_t now)
{
    const char *payload;

    if (notify->busy || notify->phase < NOTIFY_TESTING)
        return true;
    if (notify->phase == NOTIFY_TESTING) {
        if (notify->tested)
            return true;
        notify->tested = true;
        return say(notify, notify->id, now);
    }
    payload = first_payload(notify);
    notify->sending = payload != NULL;
    if (payload)
        return say(notify, payload, now);
    return now - notify->answered < PING_EVERY || ask(notify, "SELECT 1", NULL, now);
}

/* --- the thread ---------------------------------------------------------------------------------------------------------------- */

static void work(struct notify *notify, short events, int64_t now)
{
    if (notify->phase == NOTIFY_CONNECTING) {
        if (events)
            go_on_connecting(notify, now);
    } else if (!read_all(notify, now) || !say_next(notify, now) || PQflush(notify->pg) < 0) {
        leave(notify, "PostgreSQL broke off, or refuses", now);
        return;
    }
    if (notify->phase == NOTIFY_HERE && notify->busy && now - notify->asked > PING_LATE)
        atomic_store(&notify->connected, false);
    if (notify->phase == NOTIFY_HERE && notify->busy && now - notify->asked > GIVE_UP)
        leave(notify, "PostgreSQL does not answer", now);
    else if (notify->phase == NOTIFY_TESTING && now > notify->phase_until)
        leave(notify, "what NOTIFY says is not heard: DATABASE_LISTEN_URL must reach PostgreSQL itself and not a pooler", now);
    else if ((notify->phase == NOTIFY_CONNECTING || notify->phase == NOTIFY_ASKING) && now > notify->phase_until)
        leave(notify, "PostgreSQL does not answer", now);
}

static void wait_and_work(struct notify *notify)
{
    struct pollfd polled[2] = { { .fd = notify->wake_fd, .events = POLLIN }, { .fd = -1 } };
    eventfd_t count;

    if (notify->pg) {
        bool writes = notify->phase == NOTIFY_CONNECTING ? notify->polling == PGRES_POLLING_WRITING : PQflush(notify->pg) == 1;
        bool reads = notify->phase != NOTIFY_CONNECTING || notify->polling == PGRES_POLLING_READING;

        polled[1] = (struct pollfd){ PQsocket(notify->pg), (short)((writes ? POLLOUT : 0) | (reads ? POLLIN : 0)), 0 };
    }
    poll(polled, 2, 100);
    if (polled[0].revents)
        eventfd_read(notify->wake_fd, &count);
    if (notify->pg)
        work(notify, polled[1].revents, clock_ticks());
}

static bool all_is_said(struct notify *notify)
{
    bool said;

    pthread_mutex_lock(&notify->mutex);
    said = !notify->first;
    pthread_mutex_unlock(&notify->mutex);
    return said || notify->phase != NOTIFY_HERE;
}

static void *run(void *context)
{
    struct notify *notify = context;
    int64_t stop_by = 0;
    sigset_t pipes;

    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, NULL);
    for (;;) {
        int64_t now = clock_ticks();
        bool stopping;

        pthread_mutex_lock(&notify->mutex);
        stopping = notify->stopping;
        pthread_mutex_unlock(&notify->mutex);
        if (stopping && !stop_by)
            stop_by = now + FLUSH;
        if (stopping && (now > stop_by || all_is_said(notify)))
            break;
        if (notify->phase == NOTIFY_AWAY && now >= notify->next_try)
            begin(notify, now);
        wait_and_work(notify);
    }
    notify->complained = true;
    leave(notify, "stopping", clock_ticks());
    return NULL;
}

/* --- for bus.c ------------------------------------------------------------------------------------------------------------------- */

struct notify *notify_open(struct bus *bus, text url)
{
    struct notify *notify = xcalloc(1, sizeof *notify);
    unsigned char id[8];

    notify->bus = bus;
    notify->url = strndup(url.ptr, url.len);
    notify->ssl_mode = strndup(config.database_ssl.ptr ? config.database_ssl.ptr : "", config.database_ssl.len);
    random_bytes(id, sizeof id);
    for (size_t i = 0; i < sizeof id; i++)
        snprintf(notify->id + 2 * i, 3, "%02x", id[i]);
    pthread_mutex_init(&notify->mutex, NULL);
    notify->last = &notify->first;
    notify->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    metric_set(&bus_up, 0, 0);
    if (notify->wake_fd < 0 || pthread_create(&notify->thread, NULL, run, notify) != 0)
        abort();
    return notify;
}

void notify_close(struct notify *notify)
{
    if (!notify)
        return;
    pthread_mutex_lock(&notify->mutex);
    notify->stopping = true;
    pthread_mutex_unlock(&notify->mutex);
    wake(notify);
    pthread_join(notify->thread, NULL);
    while (notify->first)
        drop_first(notify);
    close(notify->wake_fd);
    pthread_mutex_destroy(&notify->mutex);
    free(notify->url);
    free(notify->ssl_mode);
    free(notify);
}

bool notify_connected(const struct notify *notify)
{
    return atomic_load_explicit(&notify->connected, memory_order_relaxed);
}
