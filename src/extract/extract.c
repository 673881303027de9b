/*
 * The parent's side. What always holds: a child that was started is reaped, by its own id and only there; its group is
 * killed before that, while the id cannot have been given to another; no descriptor of this process reaches it but three.
 */
#include "extract/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "extract/blocks.h"

static const int64_t TIMEOUT = 30 * SECOND;

struct child {
    pid_t pid;
    int out, err; /* -1 when at their end */
    int watch;    /* readable when the child is gone; -1 where the kernel has no such thing */
};

struct outcome {
    bool late, flooded;
    int status; /* of waitpid */
};

static void descriptor_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A pipe whose ends lie above the standard descriptors, so that moving them there closes nothing that is still needed. */
static bool pipe_open(int ends[static 2])
{
    int low[2];

    if (pipe2(low, O_CLOEXEC) != 0)
        return false;
    ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
    ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 3);
    close(low[0]);
    close(low[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return true;
    descriptor_end(&ends[0]);
    descriptor_end(&ends[1]);
    return false;
}

/* The file once more with an offset of its own, so that the caller's is not moved and jobs do not move each other's. */
static int reopen(int file)
{
    char path[32];
    int own, high;

    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    own = open(path, O_RDONLY | O_CLOEXEC);
    if (own < 0)
        return -1;
    high = fcntl(own, F_DUPFD_CLOEXEC, 3);
    close(own);
    return high;
}

static bool program_path(const struct extract_job *job, char path[static PATH_MAX])
{
    ssize_t len;
    char *slash;

    if (job->program)
        return snprintf(path, PATH_MAX, "%s", job->program) < PATH_MAX;
    len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (len <= 0)
        return false;
    path[len] = '\0';
    slash = strrchr(path, '/');
    return slash && snprintf(slash + 1, (size_t)(PATH_MAX - (slash + 1 - path)), "tenon-extract") < PATH_MAX - (slash + 1 - path);
}

static int spawn(const char *path, const char *type, int file, int out, int err, pid_t *ret_pid)
{
    char *const arguments[] = { (char *)"tenon-extract", (char *)type, NULL }, *const environment[] = { NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int fault;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, file, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    fault = posix_spawn(ret_pid, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return fault;
}

static bool child_start(const struct extract_job *job, struct child *ret_child)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 }, file = reopen(job->file);
    char path[PATH_MAX];
    bool ok = file >= 0 && program_path(job, path) && pipe_open(out) && pipe_open(err);
    pid_t pid = 0;

    ok = ok && spawn(path, extract_type_name(job->type), file, out[1], err[1], &pid) == 0;
    descriptor_end(&file);
    descriptor_end(&out[1]);
    descriptor_end(&err[1]);
    if (!ok) {
        descriptor_end(&out[0]);
        descriptor_end(&err[0]);
        return false;
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    *ret_child = (struct child){ pid, out[0], err[0], pidfd_open(pid, 0) };
    return true;
}

/* Takes what the pipe holds now, or one piece more than fits; closes it at its end. */
static void take(int *fd, struct buffer *to)
{
    char piece[65536];

    while (*fd >= 0) {
        ssize_t got = read(*fd, piece, sizeof piece);

        if (got > 0) {
            buffer_append(to, piece, (size_t)got);
            if (to->failed)
                return;
        } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            descriptor_end(fd);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

/* Is the child gone, though not reaped? */
static bool is_gone(const struct child *child)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child->pid;
}

/* Reads until the child is gone, the deadline, or too much. What a child of the child still holds open is not waited for. */
static void child_follow(struct child *child, int64_t deadline, struct buffer *out, struct buffer *err, struct outcome *outcome)
{
    for (;;) {
        struct pollfd fds[3] = { { child->out, POLLIN, 0 }, { child->err, POLLIN, 0 }, { child->watch, POLLIN, 0 } };
        int64_t left = deadline - clock_ticks();
        bool gone = is_gone(child);
        int wait;

        take(&child->out, out);
        take(&child->err, err);
        outcome->flooded = out->failed;
        outcome->late = !gone && left <= 0;
        if (gone || outcome->late || outcome->flooded)
            return;
        wait = (int)(left / MILLISECOND) + 1;
        if (child->watch < 0 && wait > 5)
            wait = 5;
        fds[0].fd = child->out;
        fds[1].fd = child->err;
        poll(fds, 3, wait);
    }
}

static void child_finish(struct child *child, struct outcome *outcome)
{
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &outcome->status, 0) < 0 && errno == EINTR)
        ;
    descriptor_end(&child->out);
    descriptor_end(&child->err);
    descriptor_end(&child->watch);
}

/* The child's first line as a sentence. It is read as if a stranger wrote it: what is not plain text is left out. */
static void say(char reason[static EXTRACT_REASON], text line, const char *otherwise)
{
    text rest = line, first = text_trim(text_cut(&rest, '\n'));
    size_t len = 0;

    first = utf8_prefix(first, EXTRACT_REASON - 1);
    if (first.len && utf8_valid(first))
        for (size_t i = 0; i < first.len; i++)
            if ((unsigned char)first.ptr[i] >= 0x20 && first.ptr[i] != 0x7f)
                reason[len++] = first.ptr[i];
    reason[len] = '\0';
    if (!len)
        snprintf(reason, EXTRACT_REASON, "%s", otherwise);
}

static enum extract_result by_signal(int number, char reason[static EXTRACT_REASON])
{
    if (number == SIGXCPU) {
        say(reason, T(""), "The document takes too long to read.");
        return EXTRACT_TIMEOUT;
    }
    /* abort() is what the child does when memory runs out */
    say(reason, T(""), number == SIGABRT ? "The document is too complex to read." : "The document could not be read safely.");
    return EXTRACT_CRASHED;
}

static bool is_whole(text blocks)
{
    struct block_reader reader = { .rest = blocks };
    struct block block;

    while (block_next(&reader, &block))
        ;
    return reader.ended;
}

static enum extract_result judge(const struct outcome *outcome, text blocks, text said, char reason[static EXTRACT_REASON])
{
    if (outcome->flooded) {
        say(reason, T(""), "The document holds too much text.");
        return EXTRACT_TOO_LARGE;
    }
    if (outcome->late) {
        say(reason, T(""), "The document takes too long to read.");
        return EXTRACT_TIMEOUT;
    }
    if (WIFSIGNALED(outcome->status))
        return by_signal(WTERMSIG(outcome->status), reason);
    switch (WEXITSTATUS(outcome->status)) {
    case 0:
        if (is_whole(blocks))
            return EXTRACT_OK;
        say(reason, T(""), "The document could not be read safely.");
        return EXTRACT_CRASHED;
    case 1:
        say(reason, said, "The document could not be read.");
        return EXTRACT_REFUSED;
    case 3:
        say(reason, said, "The document holds too much text.");
        return EXTRACT_TOO_LARGE;
    default:
        say(reason, WEXITSTATUS(outcome->status) == 2 ? said : T(""), "Documents cannot be read on this server at the moment.");
        return EXTRACT_UNAVAILABLE;
    }
}

enum extract_result extract_run(const struct extract_job *job, struct buffer *ret_blocks, char reason[static EXTRACT_REASON])
{
    SCOPED(buffer) struct buffer out = { .max = job->max_output ? job->max_output : EXTRACT_OUTPUT_MAX };
    SCOPED(buffer) struct buffer err = { .max = 4096 };
    int64_t deadline = clock_ticks() + (job->timeout ? job->timeout : TIMEOUT);
    struct outcome outcome = { 0 };
    enum extract_result result;
    struct child child;

    reason[0] = '\0';
    if (!child_start(job, &child)) {
        say(reason, T(""), "Documents cannot be read on this server at the moment.");
        return EXTRACT_UNAVAILABLE;
    }
    child_follow(&child, deadline, &out, &err, &outcome);
    child_finish(&child, &outcome);
    result = judge(&outcome, buffer_view(&out), buffer_view(&err), reason);
    if (result == EXTRACT_OK) {
        buffer_text(ret_blocks, buffer_view(&out));
        if (ret_blocks->failed) {
            say(reason, T(""), "The document holds too much text.");
            return EXTRACT_TOO_LARGE;
        }
    }
    return result;
}
