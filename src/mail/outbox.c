/* Letters as files, DATA_DIR/outbox/ID.eml, for machines that send none. Identifiers are in order of time, and so are the names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config.h"
#include "core/log.h"
#include "mail/mail.h"
#include "mail/transport.h"

enum { LETTER_MOST = 1 << 20, NAMES_MOST = 4096 };

static const char suffix[] = ".eml";

static const char *directory(struct call *call)
{
    return text_z(&call->arena, text_format(&call->arena, "%.*s/outbox", TEXT_ARG(config.data_dir)));
}

static char *path_of(struct call *call, uuid id, const char *more)
{
    return text_z(&call->arena, text_format(&call->arena, "%s/%.*s%s", directory(call), TEXT_ARG(uuid_text(&call->arena, id)), more));
}

/* --- what is there --------------------------------------------------------------------------------------------------------------- */

static int newest_first(const void *a, const void *b)
{
    return memcmp(((const uuid *)b)->bytes, ((const uuid *)a)->bytes, sizeof(uuid));
}

static struct uuid_list letters_in(struct call *call)
{
    struct uuid_list list = { arena_array(&call->arena, NAMES_MOST, sizeof(uuid)), 0 };
    DIR *dir = opendir(directory(call));
    struct dirent *entry;

    while (dir && list.len < NAMES_MOST && (entry = readdir(dir))) {
        text name = text_of(entry->d_name);

        if (name.len == UUID_TEXT + sizeof suffix - 1 && text_ends(name, T(".eml")) && uuid_parse(text_slice(name, 0, UUID_TEXT), &list.items[list.len]))
            list.len++;
    }
    if (dir)
        closedir(dir);
    qsort(list.items, list.len, sizeof(uuid), newest_first);
    return list;
}

static void drop_oldest(struct call *call)
{
    struct uuid_list letters = letters_in(call);

    for (size_t i = OUTBOX_LETTERS; i < letters.len; i++)
        unlink(path_of(call, letters.items[i], suffix));
}

/* --- sending ------------------------------------------------------------------------------------------------------------------------ */

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

static enum result send_outbox(struct call *call, const struct message *message)
{
    const char *dir = directory(call), *path = path_of(call, message->id, suffix), *draft = path_of(call, message->id, ".new");
    int file;
    bool ok;

    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return fail(call, UNAVAILABLE, "The outbox cannot be made: %s.", strerror(errno));
    file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ok = file >= 0 && write_all(file, message_write(&call->arena, message)) && fsync(file) == 0;
    if (file >= 0)
        close(file);
    if (!ok || rename(draft, path) != 0) {
        enum result result = fail(call, UNAVAILABLE, "The outbox cannot be written: %s.", strerror(errno));

        unlink(draft);
        return result;
    }
    drop_oldest(call);
    return OK;
}

const struct transport transport_outbox = { "outbox", send_outbox };

/* --- reading -------------------------------------------------------------------------------------------------------------------------- */

enum result outbox_read(struct call *call, uuid id, text *ret_message)
{
    int file = open(path_of(call, id, suffix), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat info;
    char *bytes;
    size_t have = 0;

    if (file < 0)
        return errno == ENOENT ? NOT_FOUND : UNAVAILABLE;
    if (fstat(file, &info) != 0 || info.st_size > LETTER_MOST) {
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
    *ret_message = (text){ bytes, have };
    return OK;
}

/* Version 7 begins with the milliseconds. */
static int64_t time_of(uuid id)
{
    int64_t milliseconds = 0;

    for (size_t i = 0; i < 6; i++)
        milliseconds = milliseconds << 8 | id.bytes[i];
    return milliseconds * MILLISECOND;
}

enum result outbox_list(struct call *call, size_t limit, struct list *ret_letters)
{
    struct uuid_list ids = letters_in(call);
    struct outbox_letter *letters = arena_array(&call->arena, ids.len + 1, sizeof *letters);
    struct list list = { letters, 0 };
    text message;

    for (size_t i = 0; i < ids.len && list.len < limit; i++)
        if (outbox_read(call, ids.items[i], &message) == OK)
            letters[list.len++] = (struct outbox_letter){
                ids.items[i], time_of(ids.items[i]), message_header(&call->arena, message, T("To")), message_header(&call->arena, message, T("Subject")),
            };
    *ret_letters = list;
    return OK;
}
