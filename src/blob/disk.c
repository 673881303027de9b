/* Files on the disk: DATA_DIR/files/ORGANIZATION/IDENTIFIER. */
#include "blob/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"

static char *directory(struct call *call, bool make)
{
    char *root = text_z(&call->arena, text_format(&call->arena, "%.*s/files", TEXT_ARG(config.data_dir)));
    char *own = text_z(&call->arena, text_format(&call->arena, "%s/%.*s", root, TEXT_ARG(uuid_text(&call->arena, call->organization))));

    if (make && ((mkdir(root, 0700) != 0 && errno != EEXIST) || (mkdir(own, 0700) != 0 && errno != EEXIST)))
        LOG(ERROR, call, "cannot make a directory for files", LZ("reason", strerror(errno)));
    return own;
}

static char *path_of(struct call *call, const char *dir, uuid id, const char *suffix)
{
    return text_z(&call->arena, text_format(&call->arena, "%s/%.*s%s", dir, TEXT_ARG(uuid_text(&call->arena, id)), suffix));
}

static bool write_all(int file, text bytes)
{
    while (bytes.len) {
        ssize_t wrote = write(file, bytes.ptr, bytes.len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes = text_slice(bytes, (size_t)wrote, bytes.len);
    }
    return true;
}

/* The name is durable only when the directory is. */
static bool sync_directory(const char *dir)
{
    int file = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    return ok;
}

static enum result disk_write(struct call *call, uuid id, text bytes)
{
    const char *dir = directory(call, true);
    const char *path = path_of(call, dir, id, ""), *draft = path_of(call, dir, id, ".new");
    int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = file >= 0 && write_all(file, bytes) && fsync(file) == 0;

    if (file >= 0)
        close(file);
    if (ok && rename(draft, path) == 0 && sync_directory(dir))
        return OK;
    LOG(ERROR, call, "a file cannot be written", LZ("reason", strerror(errno)));
    unlink(draft);
    return fail(call, UNAVAILABLE, "The file cannot be stored now.");
}

static enum result disk_open(struct call *call, uuid id, int *ret_file)
{
    int file = open(path_of(call, directory(call, false), id, ""), O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return errno == ENOENT ? NOT_FOUND : UNAVAILABLE;
    *ret_file = file;
    return OK;
}

static enum result disk_read(struct call *call, uuid id, text *ret_bytes)
{
    struct stat info;
    size_t have = 0;
    char *bytes;
    int file;

    TRY(disk_open(call, id, &file));
    if (fstat(file, &info) != 0) {
        close(file);
        return UNAVAILABLE;
    }
    bytes = arena_alloc(&call->arena, (size_t)info.st_size + 1);
    while (have < (size_t)info.st_size) {
        ssize_t got = read(file, bytes + have, (size_t)info.st_size - have);

        if (got <= 0)
            break;
        have += (size_t)got;
    }
    close(file);
    *ret_bytes = (text){ bytes, have };
    return have == (size_t)info.st_size ? OK : UNAVAILABLE;
}

static void disk_remove(struct call *call, uuid id)
{
    if (unlink(path_of(call, directory(call, false), id, "")) != 0 && errno != ENOENT)
        LOG(WARN, call, "a file cannot be deleted", LZ("reason", strerror(errno)));
}

static enum result disk_remove_all(struct call *call)
{
    const char *dir = directory(call, false);
    DIR *files = opendir(dir);
    struct dirent *entry;

    if (!files)
        return errno == ENOENT ? OK : UNAVAILABLE;
    while ((entry = readdir(files)))
        if (entry->d_name[0] != '.' && unlinkat(dirfd(files), entry->d_name, 0) != 0 && errno != ENOENT)
            LOG(WARN, call, "a file cannot be deleted", LZ("reason", strerror(errno)));
    closedir(files);
    return rmdir(dir) == 0 || errno == ENOENT ? OK : UNAVAILABLE;
}

const struct blob_keeper blob_on_disk = { disk_write, disk_open, disk_read, disk_remove, disk_remove_all };
