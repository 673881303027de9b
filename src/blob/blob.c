/* Which of the two keeps the files: the instance's own disk, or the database that several instances share. */
#include "blob/blob.h"

#include "base/fiber.h"
#include "blob/keeper.h"
#include "store/db.h"

static const struct blob_keeper *keeper(const struct call *call)
{
    return db_is_shared(call->on->db) ? &blob_in_database : &blob_on_disk;
}

enum result blob_write(struct call *call, uuid id, text bytes)
{
    blocks_its_thread();
    return keeper(call)->write(call, id, bytes);
}

enum result blob_open(struct call *call, uuid id, int *ret_file)
{
    blocks_its_thread();
    return keeper(call)->open(call, id, ret_file);
}

enum result blob_read(struct call *call, uuid id, text *ret_bytes)
{
    blocks_its_thread();
    return keeper(call)->read(call, id, ret_bytes);
}

void blob_delete(struct call *call, uuid id)
{
    keeper(call)->remove(call, id);
}

enum result blob_delete_all(struct call *call)
{
    return keeper(call)->remove_all(call);
}
