/*
 * Time in microseconds since 1970-01-01 UTC as int64_t, everywhere; 0 means "no time". Monotonic time for durations.
 */
#ifndef TENON_BASE_CLOCK_H
#define TENON_BASE_CLOCK_H

#include "base/text.h"

#define MILLISECOND INT64_C(1000)
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Wall time. Tests move it by clock_shift; nothing else may. */
int64_t clock_now(void);
void clock_shift(int64_t by);
void clock_misset(int64_t by); /* as clock_shift, for this machine alone, as where its clock is wrong: clock_shifted() does not tell of it */
int64_t clock_shifted(void); /* by how much in all; for clocks that stand elsewhere */

/* Monotonic time, not moved by tests. */
int64_t clock_ticks(void);
void clock_sleep(int64_t duration); /* the calling thread; a signal may end it early */

/* RFC 3339 §5.6 with milliseconds and `Z`; needs CLOCK_TEXT bytes with the NUL. */
enum { CLOCK_TEXT = 28 };
text clock_format(int64_t time, char out[static CLOCK_TEXT]);

/* RFC 3339 with any offset, or a day alone (its begin in UTC). */
bool clock_parse(text t, int64_t *ret_time);

/* RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`; needs 30 bytes with the NUL. */
text clock_http_date(int64_t time, char out[static 30]);

/* A duration as options spell it: `90s`, `15m`, `8h`, `7d`, `250ms`; a bare number counts seconds. */
bool clock_duration(text t, int64_t *ret_duration);

#endif
