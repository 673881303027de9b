#include "features/auth/auth_lockout.h"

#include <stdatomic.h>

#include "base/fiber.h"
#include "bus/bus.h"
#include "core/config.h"
#include "core/log.h"
#include "crypto/crypto.h"
#include "features/auth/auth_store.h"

enum { TRIES = 5, DEVICE_LETTERS = 22 };
static const int64_t FIRST_LOCK = 15 * MINUTE, LONGEST_LOCK = DAY, FORGOTTEN = DAY, DECIDED_WITHIN = 2 * SECOND, LOOK_AGAIN = 20 * MILLISECOND;
static const struct rate FLOOD = { 100, MINUTE };
static const char DEVICE_COOKIE[] = "tenon_device";

static _Atomic int64_t flooded_until; /* clock_now() */

text attempts_account(struct arena *arena, text email)
{
    return sha256(arena, keyed_token(arena, "account", text_lower(arena, text_trim(email))));
}

/* --- devices ---------------------------------------------------------------------------------------------------------------- */

static text device_mark(struct arena *arena, text account, text device)
{
    return keyed_token(arena, "device", text_format(arena, "%.*s %.*s", TEXT_ARG(hex_encode(arena, account.ptr, account.len)), TEXT_ARG(device)));
}

/* A device that once signed in to this account carries a cookie that says so, for this account alone. */
static text device_of(struct request *req, text account)
{
    text mark = request_cookie(req, DEVICE_COOKIE), device = text_cut(&mark, '.');

    return device.len == DEVICE_LETTERS && mark.len && equal_in_time(mark, device_mark(&req->call.arena, account, device)) ? device : TEXT_NONE;
}

static void give_device(struct request *req, text account, text device)
{
    respond_header(req, "Set-Cookie", text_format(&req->call.arena, "%s=%.*s.%.*s; Path=/api/auth; Max-Age=31536000; HttpOnly; SameSite=Lax%s", DEVICE_COOKIE, TEXT_ARG(device),
                                                  TEXT_ARG(device_mark(&req->call.arena, account, device)), request_is_tls(req) ? "; Secure" : ""));
}

/* --- attempts ---------------------------------------------------------------------------------------------------------------- */

static enum result place_of(struct request *req, struct attempt *attempt)
{
    struct call *call = &req->call;
    struct place_row row;
    enum result found;

    attempt->network = address_bucket(&call->arena, req->client);
    attempt->device = device_of(req, attempt->account);
    attempt->place = T("*");
    if (attempt->device.ptr) {
        attempt->place = text_format(&call->arena, "device %.*s", TEXT_ARG(attempt->device));
        return OK;
    }
    found = place_read(call, attempt->account, attempt->network, &row);
    if (found == OK && row.is_known)
        attempt->place = attempt->network;
    return found == NOT_FOUND ? OK : found;
}

static enum result turn_away(struct call *call, enum result result, int64_t until)
{
    call->failure.retry_after = (int)((until - call->now + SECOND - 1) / SECOND);
    if (call->failure.retry_after < 1)
        call->failure.retry_after = 1;
    return result == ACCOUNT_LOCKED ? fail(call, result, "There were too many failed attempts. Try again in %d minutes, or choose a new password.", (call->failure.retry_after + 59) / 60)
                                    : fail(call, result, "Too many sign-ins fail at the moment. Try again in %d seconds.", call->failure.retry_after);
}

static int64_t lock_for(int64_t locks)
{
    int64_t wait = FIRST_LOCK;

    while (locks-- > 0 && wait < LONGEST_LOCK)
        wait *= 2;
    return wait < LONGEST_LOCK ? wait : LONGEST_LOCK;
}

/* Until there may be room. It only looks: many that wait would else keep those who are being decided from writing. */
static enum result await_room(struct call *call, const struct attempt *attempt, int64_t until)
{
    struct place_row row;

    TRY(place_untry(call, attempt->account, attempt->place));
    do {
        enum result found;

        clock_sleep(LOOK_AGAIN);
        found = place_read(call, attempt->account, attempt->place, &row);
        if (found != OK)
            return found == NOT_FOUND ? OK : found;
    } while (row.failures >= TRIES && row.locked_until <= call->now && clock_ticks() <= until);
    return OK;
}

/* Attempts that are being decided count like failures, or many at once would all be tried. So who is one too many waits: the others
   were right, and it is tried; or wrong, and the place is locked; or nobody decides them any more, and they were failures. */
static enum result take_turn(struct call *call, const struct attempt *attempt)
{
    int64_t until = clock_ticks() + DECIDED_WITHIN;

    blocks_its_thread();
    for (;;) {
        struct place_row row;
        bool locked;

        TRY(place_try(call, attempt->account, attempt->place, call->now - FORGOTTEN, &row));
        if (row.locked_until > call->now)
            return turn_away(call, ACCOUNT_LOCKED, row.locked_until);
        if (row.failures <= TRIES)
            return OK;
        if (clock_ticks() > until) {
            TRY(place_lock(call, attempt->account, attempt->place, call->now + lock_for(row.locks), &locked));
            return turn_away(call, ACCOUNT_LOCKED, call->now + lock_for(row.locks));
        }
        TRY(await_room(call, attempt, until));
    }
}

enum result attempt_begin(struct request *req, text email, struct attempt *ret_attempt)
{
    struct call *call = &req->call;
    int64_t flood = atomic_load(&flooded_until);

    *ret_attempt = (struct attempt){ .account = attempts_account(&call->arena, email) };
    TRY(place_of(req, ret_attempt));
    if (flood > call->now && text_equal(ret_attempt->place, T("*")))
        return turn_away(call, RATE_LIMITED, flood);
    return take_turn(call, ret_attempt);
}

void attempt_succeeded(struct call *call, const struct attempt *attempt)
{
    enum result noted = place_succeed(call, attempt->account, attempt->network);

    if (noted == OK && !text_equal(attempt->place, attempt->network))
        noted = place_clear(call, attempt->account, attempt->place);
    if (noted != OK)
        LOG(WARN, call, "a sign-in stays counted as a failure");
}

void attempt_mark_device(struct request *req, const struct attempt *attempt)
{
    give_device(req, attempt->account, attempt->device.ptr ? attempt->device : random_token(&req->call.arena, DEVICE_LETTERS));
}

void attempt_undecided(struct call *call, const struct attempt *attempt)
{
    if (place_untry(call, attempt->account, attempt->place) != OK)
        LOG(WARN, call, "an undecided sign-in stays counted as a failure");
}

static void count_flood(struct call *call)
{
    struct limit_verdict verdict;

    if (config.limit_auth.count == 0)
        return;
    verdict = bus_limit(call->on->bus, T("failed sign-ins"), FLOOD, 1);
    if (!verdict.allowed)
        atomic_store(&flooded_until, call->now + verdict.retry_after * SECOND);
}

enum result attempt_failed(struct call *call, text account, text place, int64_t *ret_locked_until)
{
    struct place_row row;
    int64_t until;
    bool locked;

    *ret_locked_until = 0;
    count_flood(call);
    TRY(place_read(call, account, place, &row));
    if (row.failures < TRIES || row.locked_until > call->now)
        return OK;
    until = call->now + lock_for(row.locks);
    TRY(place_lock(call, account, place, until, &locked));
    *ret_locked_until = locked ? until : 0; /* else somebody else has locked it, and tells of it */
    return OK;
}

enum result attempts_forgive(struct call *call, text email)
{
    return place_clear(call, attempts_account(&call->arena, email), TEXT_NONE);
}

void attempts_stop(void)
{
    atomic_store(&flooded_until, 0);
}

enum result attempts_forget(struct call *call, text email)
{
    return place_drop_all(call, attempts_account(&call->arena, email));
}
