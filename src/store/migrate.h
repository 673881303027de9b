/*
 * Migrations: numbered SQL files per engine (migrations/ENGINE/NNNN_name.{up,down}.sql), built into the program. Each runs
 * in one transaction with its row in schema_migrations, so a crash leaves either all or nothing of it.
 */
#ifndef TENON_STORE_MIGRATE_H
#define TENON_STORE_MIGRATE_H

#include "store/db.h"

struct migration {
    int64_t version;
    const char *name;
    const char *up;
    const char *down;
};

/* Generated from the files; `.name` NULL behind the last. */
extern const struct migration sqlite_migrations[];
extern const struct migration postgres_migrations[];

/* Applies what is missing, oldest first; `*ret_applied` of them. */
CHECKED enum result migrate_up(struct call *call, int *ret_applied);

/* How many are missing; needs no right to change anything. */
CHECKED enum result migrate_pending(struct call *call, int *ret_pending);

/* Takes back the newest `count`. */
CHECKED enum result migrate_down(struct call *call, int count, int *ret_reverted);

/*
 * Runs what is missing on a copy of the database, made and removed beside it, and says what happened: each migration with its
 * time, tables whose number of rows changed, and whatever does not hold afterwards; `check` adds the program's own look at the
 * copy. CONFLICT when something does not hold.
 */
CHECKED enum result migrate_rehearse(struct call *call, bool (*check)(struct db *copy, struct buffer *faults), struct buffer *report);

/* One line each: version, name, when it was applied or "pending". */
CHECKED enum result migrate_status(struct call *call, struct buffer *out);

#endif
