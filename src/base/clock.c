#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t shift, missetting;

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME) + atomic_load_explicit(&shift, memory_order_relaxed) + atomic_load_explicit(&missetting, memory_order_relaxed);
}

void clock_misset(int64_t by)
{
    atomic_fetch_add(&missetting, by);
}

void clock_shift(int64_t by)
{
    atomic_fetch_add(&shift, by);
}

int64_t clock_shifted(void)
{
    return atomic_load_explicit(&shift, memory_order_relaxed);
}

int64_t clock_ticks(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_sleep(int64_t duration)
{
    struct timespec time = { duration / SECOND, duration % SECOND * 1000 };

    nanosleep(&time, NULL);
}

static char *put(char *at, int digits, int value, char after)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = after;
    return at + digits + 1;
}

/* Without strftime and snprintf, for rows are full of times. */
text clock_format(int64_t time, char out[static CLOCK_TEXT])
{
    time_t seconds = (time_t)(time / SECOND);
    int milliseconds = (int)(time % SECOND / MILLISECOND);
    struct tm tm;
    char *at = out;

    if (milliseconds < 0) {
        milliseconds += 1000;
        seconds--;
    }
    gmtime_r(&seconds, &tm);
    at = put(at, 4, tm.tm_year + 1900, '-');
    at = put(at, 2, tm.tm_mon + 1, '-');
    at = put(at, 2, tm.tm_mday, 'T');
    at = put(at, 2, tm.tm_hour, ':');
    at = put(at, 2, tm.tm_min, ':');
    at = put(at, 2, tm.tm_sec, '.');
    at = put(at, 3, milliseconds, 'Z');
    *at = 0;
    return (text){ out, (size_t)(at - out) };
}

/* `count` digits at `*pos`; false when there are fewer. */
static bool digits(text t, size_t *pos, int count, int *ret_value)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (*pos >= t.len || t.ptr[*pos] < '0' || t.ptr[*pos] > '9')
            return false;
        value = value * 10 + (t.ptr[(*pos)++] - '0');
    }
    *ret_value = value;
    return true;
}

static bool literal(text t, size_t *pos, char c)
{
    if (*pos >= t.len || t.ptr[*pos] != c)
        return false;
    ++*pos;
    return true;
}

static bool parse_day(text t, size_t *pos, struct tm *tm)
{
    static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap;

    if (!digits(t, pos, 4, &tm->tm_year) || !literal(t, pos, '-') || !digits(t, pos, 2, &tm->tm_mon) || !literal(t, pos, '-') ||
        !digits(t, pos, 2, &tm->tm_mday))
        return false;
    leap = tm->tm_year % 4 == 0 && (tm->tm_year % 100 != 0 || tm->tm_year % 400 == 0);
    if (tm->tm_mon < 1 || tm->tm_mon > 12 || tm->tm_mday < 1 || tm->tm_mday > days[tm->tm_mon - 1] ||
        (tm->tm_mon == 2 && tm->tm_mday == 29 && !leap))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

bool clock_parse(text t, int64_t *ret_time)
{
    struct tm tm = { 0 };
    size_t pos = 0;
    int64_t micros = 0, scale = SECOND / 10, offset = 0;
    int hours, minutes;
    char sign;

    if (!parse_day(t, &pos, &tm))
        return false;
    if (pos == t.len) {
        *ret_time = (int64_t)timegm(&tm) * SECOND;
        return true;
    }
    if (!literal(t, &pos, 'T') && !literal(t, &pos, 't') && !literal(t, &pos, ' '))
        return false;
    if (!digits(t, &pos, 2, &tm.tm_hour) || !literal(t, &pos, ':') || !digits(t, &pos, 2, &tm.tm_min) || !literal(t, &pos, ':') ||
        !digits(t, &pos, 2, &tm.tm_sec) || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    if (literal(t, &pos, '.')) {
        size_t first = pos;

        for (; pos < t.len && t.ptr[pos] >= '0' && t.ptr[pos] <= '9'; pos++, scale /= 10)
            micros += (t.ptr[pos] - '0') * scale;
        if (pos == first)
            return false;
    }
    if (pos >= t.len)
        return false;
    sign = t.ptr[pos++];
    if (sign == '+' || sign == '-') {
        if (!digits(t, &pos, 2, &hours) || !literal(t, &pos, ':') || !digits(t, &pos, 2, &minutes) || hours > 23 || minutes > 59)
            return false;
        offset = (hours * 60 + minutes) * (sign == '+' ? MINUTE : -MINUTE);
    } else if (sign != 'Z' && sign != 'z') {
        return false;
    }
    if (pos != t.len)
        return false;
    *ret_time = (int64_t)timegm(&tm) * SECOND + micros - offset;
    return true;
}

text clock_http_date(int64_t time, char out[static 30])
{
    time_t seconds = (time_t)(time / SECOND);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    return (text){ out, strftime(out, 30, "%a, %d %b %Y %H:%M:%S GMT", &tm) };
}

bool clock_duration(text t, int64_t *ret_duration)
{
    static const struct { text suffix; int64_t unit; } units[] = {
        { { "ms", 2 }, MILLISECOND }, { { "s", 1 }, SECOND }, { { "m", 1 }, MINUTE }, { { "h", 1 }, HOUR }, { { "d", 1 }, DAY },
    };
    int64_t unit = SECOND, count;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text_ends(t, units[i].suffix)) {
            unit = units[i].unit;
            t.len -= units[i].suffix.len;
            break;
        }
    if (!text_int(t, &count) || count < 0)
        return false;
    return !__builtin_mul_overflow(count, unit, ret_duration);
}
