#include "extract/sandbox_files.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The headers of the oldest system we build on end at version 2; the kernel may know more. */
enum {
    FS_BITS_1 = 13, /* access rights of version 1, then one more with each of 2, 3 and 5 */
    FS_BITS_2 = 14,
    FS_BITS_3 = 15,
    FS_BITS_5 = 16,
    NET_ALL = 3,   /* version 4: bind and connect of TCP */
    SCOPE_ALL = 3, /* version 6: abstract sockets and signals */
};

struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scope;
};

static const uint64_t READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

static void permit(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = open(path, O_PATH | O_CLOEXEC) };
    struct stat stat;

    if (rule.parent_fd < 0)
        return; /* what is not there need not be permitted */
    if (fstat(rule.parent_fd, &stat) == 0 && !S_ISDIR(stat.st_mode))
        rule.allowed_access &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/* The dynamic loader this process was started with; the kernel opens it for executing as well. */
static const char *loader(void)
{
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    unsigned long count = getauxval(AT_PHNUM);
    uintptr_t base = 0;

    for (unsigned long i = 0; headers && i < count; i++)
        if (headers[i].p_type == PT_PHDR)
            base = (uintptr_t)headers - headers[i].p_vaddr;
    for (unsigned long i = 0; headers && i < count; i++)
        if (headers[i].p_type == PT_INTERP)
            return (const char *)(base + headers[i].p_vaddr);
    return NULL;
}

bool sandbox_files(const char *program)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    int bits = version >= 5 ? FS_BITS_5 : version >= 3 ? FS_BITS_3 : version == 2 ? FS_BITS_2 : FS_BITS_1;
    struct ruleset rules = { .files = (UINT64_C(1) << bits) - 1, .net = version >= 4 ? NET_ALL : 0, .scope = version >= 6 ? SCOPE_ALL : 0 };
    size_t size = version >= 6 ? sizeof rules : version >= 4 ? 16 : 8;
    const char *interpreter = loader();
    bool ok;
    int fd;

    if (version < 1)
        return false;
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (fd < 0)
        return false;
    if (program) {
        static const char *const places[] = { "/usr/lib", "/usr/lib64", "/usr/share", "/lib", "/lib64", "/etc/fonts", "/etc/ld.so.cache" };

        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            permit(fd, places[i], READ);
        permit(fd, program, READ | LANDLOCK_ACCESS_FS_EXECUTE);
        if (interpreter)
            permit(fd, interpreter, READ | LANDLOCK_ACCESS_FS_EXECUTE);
    }
    ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close(fd);
    return ok;
}
