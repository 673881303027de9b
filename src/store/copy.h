/*
 * Copy: a grown installation from SQLite to PostgreSQL, whole and in one transaction. May be repeated as long as nobody works
 * on the copy: rows that were there are replaced, and a copy that has users, organizations or audit rows which the source does
 * not have is left alone.
 */
#ifndef TENON_STORE_COPY_H
#define TENON_STORE_COPY_H

#include "store/db.h"

/* Copies every row of the file `path` into the call's database, which is migrated, and holds counts and sums of both against
   each other before it commits. One line a table goes to `report`. CONFLICT: the copy is in use. */
CHECKED enum result copy_rows(struct call *call, text path, struct buffer *report);

#endif
