/* Keeper: one way to keep files. For the blob room alone; the functions are those of blob.h. */
#ifndef TENON_BLOB_KEEPER_H
#define TENON_BLOB_KEEPER_H

#include "core/call.h"

struct blob_keeper {
    enum result (*write)(struct call *call, uuid id, text bytes);
    enum result (*open)(struct call *call, uuid id, int *ret_file);
    enum result (*read)(struct call *call, uuid id, text *ret_bytes);
    void (*remove)(struct call *call, uuid id);
    enum result (*remove_all)(struct call *call);
};

extern const struct blob_keeper blob_on_disk;
extern const struct blob_keeper blob_in_database;

#endif
