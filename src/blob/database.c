/* Files in the database, in parts, so that no statement carries more than one part. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob/blob.h"
#include "blob/keeper.h"
#include "core/log.h"
#include "store/db.h"

enum { PART = 1 << 20 };

static const struct query insert = {
    .name = "file_part_insert", .sql = "INSERT INTO file_parts (organization_id, file_id, part, data) VALUES (:org, $1, $2, $3)",
};

static enum result database_write(struct call *call, uuid id, text bytes)
{
    SCOPED(tx) struct tx tx = tx_begin(call);
    int64_t part = 0;

    do { /* an empty file has one part as well */
        text piece = text_slice(bytes, (size_t)part * PART, PART);

        TRY(db_queue(call, &insert, ARGS(db_uuid(id), db_int(part++), db_bytes(piece))));
    } while ((size_t)part * PART < bytes.len);
    return tx_commit(&tx);
}

struct part {
    text data;
};

struct there {
    bool there;
};
static const struct field part_columns[] = { BYTES(struct part, data), FIELDS_END };
static const struct query parts = {
    .name = "file_part_each", .sql = "SELECT data FROM file_parts WHERE organization_id = :org AND file_id = $1 ORDER BY part",
    ROWS(struct part, part_columns),
};

struct whole {
    struct buffer bytes;
    bool found;
};

static enum result append(void *context, const void *row)
{
    struct whole *whole = context;

    whole->found = true;
    buffer_text(&whole->bytes, ((const struct part *)row)->data);
    return OK;
}

static enum result database_read(struct call *call, uuid id, text *ret_bytes)
{
    struct whole whole = { 0 };
    enum result result = db_each(call, &parts, ARGS(db_uuid(id)), append, &whole);

    if (result == OK && !whole.found)
        result = NOT_FOUND;
    if (result == OK)
        *ret_bytes = text_copy(&call->arena, buffer_view(&whole.bytes));
    buffer_free(&whole.bytes);
    return result;
}

/* A descriptor like a file's, of memory that goes with it. */
static enum result database_open(struct call *call, uuid id, int *ret_file)
{
    text bytes;
    int file;

    TRY(database_read(call, id, &bytes));
    file = memfd_create("blob", MFD_CLOEXEC);
    if (file < 0)
        return UNAVAILABLE;
    for (text rest = bytes; rest.len;) {
        ssize_t wrote = write(file, rest.ptr, rest.len);

        if (wrote <= 0) {
            close(file);
            return UNAVAILABLE;
        }
        rest = text_slice(rest, (size_t)wrote, rest.len);
    }
    lseek(file, 0, SEEK_SET);
    *ret_file = file;
    return OK;
}

static const struct query delete_file = { .name = "file_delete", .sql = "DELETE FROM file_parts WHERE organization_id = :org AND file_id = $1" };

static void database_remove(struct call *call, uuid id)
{
    if (db_run(call, &delete_file, ARGS(db_uuid(id))) != OK)
        LOG(WARN, call, "a file cannot be deleted");
}

/* --- from another instance's disk -------------------------------------------------------------------------------------------- */

static const struct field there_columns[] = { BOOL(struct there, there), FIELDS_END };
static const struct query is_there = {
    .name = "file_is_there", .sql = "SELECT EXISTS (SELECT 1 FROM file_parts WHERE organization_id = :org AND file_id = $1) AS there",
    ROWS(struct there, there_columns),
};

static enum result take_file(struct call *call, int directory, const char *name, uuid id, int64_t *count)
{
    struct stat info;
    struct there row;
    enum result result;
    void *bytes = NULL;
    int file;

    TRY(db_one(call, &is_there, ARGS(db_uuid(id)), &row));
    if (row.there)
        return OK;
    file = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0)
        return fail(call, UNAVAILABLE, "The file %s cannot be read.", name);
    if (info.st_size)
        bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED)
        return fail(call, UNAVAILABLE, "The file %s cannot be read.", name);
    result = database_write(call, id, (text){ bytes ? bytes : "", (size_t)info.st_size });
    if (bytes)
        munmap(bytes, (size_t)info.st_size);
    *count += result == OK;
    return result == CONFLICT ? OK : result; /* its organization is gone, and nobody asks for it */
}

static enum result take_directory(struct call *outer, const char *path, uuid organization, int64_t *count)
{
    DIR *directory = opendir(path);
    enum result result = OK;
    struct dirent *entry;

    while (directory && result == OK && (entry = readdir(directory))) {
        SCOPED(call) struct call call;
        uuid id;

        call_open(&call, outer->on);
        call_enter(&call, organization);
        if (uuid_parse(text_of(entry->d_name), &id))
            result = take_file(&call, dirfd(directory), entry->d_name, id, count);
    }
    if (directory)
        closedir(directory);
    return result;
}

enum result blob_take_over(struct call *call, text data_dir, int64_t *ret_count)
{
    const char *root = text_z(&call->arena, text_format(&call->arena, "%.*s/files", TEXT_ARG(data_dir)));
    DIR *directory = opendir(root);
    enum result result = OK;
    struct dirent *entry;

    *ret_count = 0;
    while (directory && result == OK && (entry = readdir(directory))) {
        uuid organization;

        if (uuid_parse(text_of(entry->d_name), &organization))
            result = take_directory(call, text_z(&call->arena, text_format(&call->arena, "%s/%s", root, entry->d_name)), organization, ret_count);
    }
    if (directory)
        closedir(directory);
    return result;
}

static const struct query delete_all = { .name = "blob_delete_all", .sql = "DELETE FROM file_parts WHERE organization_id = :org" };

static enum result database_remove_all(struct call *call)
{
    return db_run(call, &delete_all, NO_ARGS);
}

const struct query *const blob_shared_queries[] = { &insert, &parts, &is_there, &delete_file, &delete_all, NULL };
const struct blob_keeper blob_in_database = { database_write, database_open, database_read, database_remove, database_remove_all };
