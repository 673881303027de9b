#include "extract/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "extract/sandbox_files.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { MEMORY = 512 << 20, CPU_SECONDS = 20, DESCRIPTORS = 32 };

static void limit(__rlimit_resource_t what, rlim_t value)
{
    const struct rlimit limit = { value, value };

    setrlimit(what, &limit); /* fails only where a lower one stands already */
}

static void set_limits(void)
{
    if (!SANITIZED)
        limit(RLIMIT_AS, MEMORY);
    limit(RLIMIT_CPU, CPU_SECONDS);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, DESCRIPTORS);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_MSGQUEUE, 0);
}

static void drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

    syscall(SYS_capset, &header, none); /* without any there is nothing to drop */
}

/* --- seccomp ------------------------------------------------------------------------------------------------------------------ */

#define ALLOW(ctx, name, ...) (seccomp_rule_add((ctx), SCMP_ACT_ALLOW, SCMP_SYS(name), ##__VA_ARGS__) == 0)

/* What any of the parsers needs once its input is open: memory, its two pipes, time, its own end. */
static bool allow_work(scmp_filter_ctx ctx)
{
    static const int calls[] = { SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek),
        SCMP_SYS(fstat), SCMP_SYS(close), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(brk),
        SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
        SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom), SCMP_SYS(getpid),
        SCMP_SYS(gettid), SCMP_SYS(sched_yield), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall), SCMP_SYS(wait4) };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0) != 0)
            return false;
    /* fstat() of newer C libraries is newfstatat of an empty path */
    return ALLOW(ctx, newfstatat, 1, SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH)) &&
        ALLOW(ctx, tgkill, 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())); /* abort() */
}

/* What it takes to become pdftotext and to start it. */
static bool allow_exec(scmp_filter_ctx ctx, const char *program)
{
    static const int calls[] = { SCMP_SYS(pipe2), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(access),
        SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
        SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address),
        SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(uname), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
        SCMP_SYS(sysinfo), SCMP_SYS(sched_getaffinity), SCMP_SYS(fadvise64), SCMP_SYS(seccomp), SCMP_SYS(fcntl), SCMP_SYS(getppid) };
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0) != 0)
            return false;
    return ALLOW(ctx, openat, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY)) && ALLOW(ctx, open, 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY)) &&
        ALLOW(ctx, execve, 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(uintptr_t)program)) &&
        ALLOW(ctx, prctl, 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG)) &&
        ALLOW(ctx, prctl, 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NO_NEW_PRIVS)) && /* libseccomp sets it again with each filter */
        ALLOW(ctx, prlimit64, 1, SCMP_A0(SCMP_CMP_EQ, 0)) &&
        /* processes, not threads and not namespaces: the flags are a signal and the two that fork() uses */
        ALLOW(ctx, clone, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(0xff | 0x01000000 | 0x00200000), 0));
}

static bool set_filter(const char *program)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = ctx && allow_work(ctx) && (!program || allow_exec(ctx, program)) && seccomp_load(ctx) == 0;

    seccomp_release(ctx);
    return ok;
}

/* A second filter on top: of two the stricter answer counts. */
static bool forbid(const int *calls, size_t count)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = ctx;

    for (size_t i = 0; ok && i < count; i++)
        ok = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0) == 0;
    ok = ok && seccomp_load(ctx) == 0;
    seccomp_release(ctx);
    return ok;
}

bool sandbox_last_exec(void)
{
    static const int calls[] = { SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(pipe2) };

    return forbid(calls, sizeof calls / sizeof *calls);
}

bool sandbox_narrow(void)
{
    static const int calls[] = { SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(execve), SCMP_SYS(execveat),
        SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(pipe2), SCMP_SYS(prlimit64) };

    return forbid(calls, sizeof calls / sizeof *calls);
}

/* The path on a page of its own that no one can write to: the filter knows it by its address. */
static const char *pin(const char *program)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), len = strlen(program) + 1;
    void *at = len <= page ? mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;

    if (at == MAP_FAILED)
        return NULL;
    memcpy(at, program, len);
    return mprotect(at, page, PROT_READ) == 0 ? at : NULL;
}

bool sandbox_enter(const char *program, const char **ret_program, const char **ret_missing)
{
    const char *pinned = program ? pin(program) : NULL;

    *ret_missing = "The document reader could not be locked in: no memory.";
    if (program && !pinned)
        return false;
    *ret_missing = "The document reader could not be locked in: the kernel does not allow it to give up privileges.";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return false;
    sandbox_files(program); /* tolerated where the kernel has no Landlock: the filter below refuses writing all the same */
    drop_capabilities();
    set_limits();
    *ret_missing = "The document reader could not be locked in: this kernel has no seccomp filters.";
    if (!set_filter(pinned))
        return false;
    *ret_program = pinned;
    return true;
}
