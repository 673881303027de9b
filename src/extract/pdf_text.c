#include "extract/pdf_text.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extract/sandbox.h"

static _Noreturn void run_program(const char *program, int out, int err)
{
    const struct rlimit none = { 0, 0 };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(out, 1) != 1 || dup2(err, 2) != 2 || !sandbox_last_exec())
        _exit(127);
    setrlimit(RLIMIT_NPROC, &none);
    execve(program, (char *const[]){ "pdftotext", "-enc", "UTF-8", "-eol", "unix", "-", "-", NULL }, (char *const[]){ NULL });
    _exit(127);
}

bool pdf_text_start(const char *program, struct pdf_text *ret_run)
{
    int out[2], err[2];
    pid_t child;

    if (lseek(0, 0, SEEK_SET) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
        return false;
    child = fork();
    if (child == 0)
        run_program(program, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    *ret_run = (struct pdf_text){ child, out[0], err[0] };
    return child > 0;
}

/* Takes what is there; false at the end. */
static bool drain(int fd, struct buffer *to)
{
    char piece[16384];
    ssize_t got = read(fd, piece, sizeof piece);

    if (got > 0)
        buffer_append(to, piece, (size_t)got);
    return got > 0;
}

static bool explain(struct parse *parse, int status, text said)
{
    if (text_find(said, T("Incorrect password")) != SIZE_MAX)
        return parse_refuse(parse, "The PDF is protected by a password.");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
        return parse_refuse(parse, "The PDF does not allow its text to be copied.");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return parse_refuse(parse, "PDF documents cannot be read on this server: pdftotext is missing.");
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return parse_refuse(parse, "The PDF takes too long to read.");
    return parse_refuse(parse, "The PDF is damaged and could not be read.");
}

bool pdf_text_read(struct pdf_text *run, struct parse *parse, struct buffer *ret_text)
{
    SCOPED(buffer) struct buffer said = { .max = 4096 };
    struct pollfd fds[2] = { { .fd = run->out, .events = POLLIN }, { .fd = run->err, .events = POLLIN } };
    int status = 0;

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0)
            break;
        if (fds[0].revents && (!drain(run->out, ret_text) || ret_text->failed))
            fds[0].fd = -1;
        if (fds[1].revents && !drain(run->err, &said))
            fds[1].fd = -1;
        if (ret_text->failed)
            break;
    }
    close(run->out); /* a writer that has more to say ends by SIGPIPE */
    close(run->err);
    if (ret_text->failed)
        return parse_refuse(parse, "The PDF holds too much text.");
    if (waitpid(run->child, &status, 0) != run->child || status != 0)
        return explain(parse, status, buffer_view(&said));
    return true;
}
