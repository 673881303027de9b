/* The journal: fixed places in a mapped file; see usage.h. */
#ifndef TENON_FEATURES_USAGE_JOURNAL_H
#define TENON_FEATURES_USAGE_JOURNAL_H

#include "features/usage/usage.h"

/* Opens DATA_DIR/usage.journal; what it holds from before is waiting. */
CHECKED enum result journal_open(struct call *call);
void journal_close(void);

/* Places that hold an event, at most `max`; waits until there is one, and then a moment for more, so that a busy second
   costs few commits. Not when somebody waits in journal_settled, or journal_wake was called. */
size_t journal_wait(int *places, size_t max);
void journal_wake(void);

/* Reads a place; its texts point into `arena`. False when it is damaged (a crash in mid-write), which frees it. */
bool journal_read(int place, struct arena *arena, struct usage_event *ret_event);

/* Frees places whose events are committed. */
void journal_free(const int *places, size_t count);

/* Waits until all that was recorded before is freed, at most `wait` microseconds. */
bool journal_settled(int64_t wait);

#endif
