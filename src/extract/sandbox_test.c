/* What the sandbox must not let through, tried from inside. Part of the program, so that an operator can ask it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "extract/sandbox.h"

static bool try_socket(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0; }
static bool try_socket6(void) { return socket(AF_INET6, SOCK_DGRAM, 0) >= 0; }
static bool try_socket_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
static bool try_socketpair(void) { int fds[2]; return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0; }

static bool try_connect(void)
{
    const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    /* any descriptor will do: the call itself is not allowed, so the fault must not be about the descriptor */
    return connect(0, (const struct sockaddr *)&to, sizeof to) == 0 || errno != EPERM;
}

static bool try_open_read(void) { return open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0; }
static bool try_open_write(void) { return open("/tmp/tenon-extract-self-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0; }
static bool try_open_update(void) { return open("/dev/null", O_RDWR | O_CLOEXEC) >= 0; }
static bool try_mkdir(void) { return mkdir("/tmp/tenon-extract-self-test", 0700) == 0; }
static bool try_unlink(void) { return unlink("/tmp/tenon-extract-self-test") == 0 || errno == ENOENT; }
static bool try_ptrace(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }
static bool try_kill(void) { return kill(getppid(), 0) == 0 || errno != EPERM; }
static bool try_mount(void) { return mount("none", "/tmp", "tmpfs", 0, NULL) == 0 || errno != EPERM; }
static bool try_unshare(void) { return syscall(SYS_unshare, 0x10000000) == 0; }
static bool try_io_uring(void) { struct io_uring_params params = { 0 }; return syscall(SYS_io_uring_setup, 1, &params) >= 0; }
static bool try_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM; }
static bool try_raise_limit(void) { const struct rlimit more = { 1 << 20, 1 << 20 }; return setrlimit(RLIMIT_FSIZE, &more) == 0; }

static bool try_exec(void)
{
    char *const arguments[] = { (char *)"true", NULL }, *const none[] = { NULL };

    /* success would replace this process, and its silence would be noticed by the exit code */
    execve("/bin/true", arguments, none);
    return errno != EPERM && errno != EACCES;
}

static bool try_fork(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    if (child > 0)
        waitpid(child, NULL, 0);
    return child > 0;
}

int sandbox_self_test(void)
{
    static const struct { const char *name; bool (*attempt)(void); } rows[] = {
        { "socket", try_socket }, { "socket-inet6", try_socket6 }, { "socket-unix", try_socket_unix }, { "socketpair", try_socketpair },
        { "connect", try_connect }, { "open-read", try_open_read }, { "open-write", try_open_write }, { "open-update", try_open_update },
        { "mkdir", try_mkdir }, { "unlink", try_unlink }, { "ptrace", try_ptrace }, { "kill", try_kill }, { "mount", try_mount },
        { "unshare", try_unshare }, { "io_uring", try_io_uring }, { "bpf", try_bpf }, { "raise-limit", try_raise_limit }, { "fork", try_fork },
        { "exec", try_exec },
    };
    int succeeded = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].attempt()) {
            dprintf(1, "%s\n", rows[i].name);
            succeeded++;
        }
    return succeeded;
}
