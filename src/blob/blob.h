/*
 * Blobs: files that belong to an organization, kept whole under an identifier: on the disk of the only instance
 * (DATA_DIR/files/ORGANIZATION/IDENTIFIER), or in the database that several share. Written once, never changed. The
 * organization is the call's, so no identifier can lead to another's.
 */
#ifndef TENON_BLOB_BLOB_H
#define TENON_BLOB_BLOB_H

#include "core/call.h"

/* Durable when this returns OK. UNAVAILABLE when the disk is full. */
CHECKED enum result blob_write(struct call *call, uuid id, text bytes);

/* A descriptor open for reading, the caller's to close. NOT_FOUND. */
CHECKED enum result blob_open(struct call *call, uuid id, int *ret_file);

/* All of it, in the arena. */
CHECKED enum result blob_read(struct call *call, uuid id, text *ret_bytes);

/* Gone, or was not there. */
void blob_delete(struct call *call, uuid id);

/* All files of the call's organization, which has ended. UNAVAILABLE when some are left. */
CHECKED enum result blob_delete_all(struct call *call);

/* Takes over the files of an instance's DATA_DIR into the call's shared database; those that are there already are left.
   `*ret_count` were taken. */
CHECKED enum result blob_take_over(struct call *call, text data_dir, int64_t *ret_count);

/* Statements that only a shared database has. */
struct query;
extern const struct query *const blob_shared_queries[];

#endif
