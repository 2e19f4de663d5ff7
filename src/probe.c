/* SPDX-License-Identifier: MIT */
/* probe.c - probe.h. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "blind.h"
#include "check/hooks.h"
#include "map.h"
#include "register.h"

int rf_get_probe(struct rf_ring *ring, struct rf_probe *ret_probe)
{
    /* The kernel refuses memory that is not all zero. */
    struct rf_probe probe;
    memset(&probe, 0, sizeof probe);
    int err = rfi_register(ring, RF_REGISTER_PROBE, &probe, 256);
    if (err < 0)
        return err;
    *ret_probe = probe;
    return 0;
}

int rfi_register_query(const struct rf_sys *sys, struct rf_query_hdr *query)
{
    return rfi_register_blind(sys, RF_REGISTER_QUERY, query, 0);
}

int rf_register_query(struct rf_query_hdr *query)
{
    return rfi_register_query(&rf_sys_kernel, query);
}

/* --- reading /proc ------------------------------------------------------- */

/*
 * Byte by byte: the list of groups in a status file can be longer than any
 * buffer that one would like to have on the stack.
 */
struct reader {
    int fd;
    unsigned next;
    unsigned end;
    char buf[512];
};

static bool reader_open(struct reader *reader, const char *path)
{
    reader->next = reader->end = 0;
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    return reader->fd >= 0;
}

/* The next byte, not taken; -1 at the end. */
static int reader_peek(struct reader *reader)
{
    if (reader->next == reader->end) {
        ssize_t n = read(reader->fd, reader->buf, sizeof reader->buf);
        if (n <= 0)
            return -1;
        reader->next = 0;
        reader->end = (unsigned)n;
    }
    return (unsigned char)reader->buf[reader->next];
}

static int digit_of(int c, int base)
{
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : base;
    return digit < base ? digit : -1;
}

/* A number of this line; false at its end, or at what is none. */
static bool read_number(struct reader *reader, int base, uint64_t *ret_number)
{
    while (reader_peek(reader) == ' ' || reader_peek(reader) == '\t')
        reader->next++;
    int digit = digit_of(reader_peek(reader), base);
    if (digit < 0)
        return false;
    uint64_t number = 0;
    for (; digit >= 0; digit = digit_of(reader_peek(reader), base)) {
        number = number * (unsigned)base + (unsigned)digit;
        reader->next++;
    }
    *ret_number = number;
    return true;
}

/* The key of a "Key: values" line, cut to fit; false at the end of the file. */
static bool read_key(struct reader *reader, char *key, size_t key_bytes)
{
    size_t length = 0;
    int c;
    while ((c = reader_peek(reader)) >= 0 && c != ':' && c != '\n') {
        if (length + 1 < key_bytes)
            key[length++] = (char)c;
        reader->next++;
    }
    key[length] = '\0';
    if (c == ':')
        reader->next++;
    return c >= 0;
}

static void skip_line(struct reader *reader)
{
    int c;
    while ((c = reader_peek(reader)) >= 0 && c != '\n')
        reader->next++;
    if (c >= 0)
        reader->next++;
}

/* The first number of a file, or -1. */
static int64_t number_in(const char *path)
{
    struct reader reader;
    uint64_t number;
    if (!reader_open(&reader, path))
        return -1;
    bool found = read_number(&reader, 10, &number); /* -1, which means unset, is none */
    (void)close(reader.fd);
    return found ? (int64_t)number : -1;
}

/*
 * Does this namespace have the ids of the first one? Elsewhere a capability is
 * worth nothing to the sysctl, whatever the status file says.
 */
static bool in_first_user_namespace(void)
{
    struct reader reader;
    uint64_t inside, outside, count;
    if (!reader_open(&reader, "/proc/self/uid_map"))
        return true; /* no user namespaces in this kernel */
    bool first = read_number(&reader, 10, &inside) && read_number(&reader, 10, &outside) &&
                 read_number(&reader, 10, &count) && inside == 0 && outside == 0 &&
                 count == UINT32_MAX;
    (void)close(reader.fd);
    return first;
}

#define CAP_IPC_LOCK_BIT 14
#define CAP_SYS_ADMIN_BIT 21

/* Of the thread: filters and capabilities belong to threads, not to processes. */
static void read_status(struct rf_diagnosis *d)
{
    struct reader reader;
    if (!reader_open(&reader, "/proc/thread-self/status"))
        return;
    char key[16];
    uint64_t number;
    while (read_key(&reader, key, sizeof key)) {
        if (strcmp(key, "Seccomp") == 0) {
            if (read_number(&reader, 10, &number))
                d->seccomp_mode = (int)number;
        } else if (strcmp(key, "CapEff") == 0) {
            if (read_number(&reader, 16, &number)) {
                bool admin = number >> CAP_SYS_ADMIN_BIT & 1;
                d->may_administrate = admin && in_first_user_namespace();
                d->may_lock_memory = number >> CAP_IPC_LOCK_BIT & 1;
            }
        } else if (strcmp(key, "Groups") == 0) {
            if (d->in_group < 0)
                d->in_group = 0;
            while (read_number(&reader, 10, &number))
                d->in_group |= d->sysctl_group >= 0 && number == (uint64_t)d->sysctl_group;
        } else if (strcmp(key, "Gid") == 0) {
            uint64_t real, effective;
            if (read_number(&reader, 10, &real) && read_number(&reader, 10, &effective))
                d->in_group = d->sysctl_group >= 0 && effective == (uint64_t)d->sysctl_group;
        }
        skip_line(&reader);
    }
    (void)close(reader.fd);
}

static uint64_t limit_of(int resource)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return UINT64_MAX;
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_cur;
}

static void gather(struct rf_diagnosis *d)
{
    d->sysctl_disabled = (int)number_in("/proc/sys/kernel/io_uring_disabled");
    d->sysctl_group = number_in("/proc/sys/kernel/io_uring_group");
    d->in_group = -1;
    d->seccomp_mode = -1;
    d->may_administrate = -1;
    d->may_lock_memory = -1;
    d->memlock_max = limit_of(RLIMIT_MEMLOCK);
    d->fds_max = limit_of(RLIMIT_NOFILE);
    read_status(d);
}

/* --- explaining ---------------------------------------------------------- */

#define SECCOMP_FILTER 2

static enum rf_blocked explain_eperm(const struct rf_diagnosis *d)
{
    /* The sysctl counts for opening a ring only. */
    if (d->call == RF_CALL_INIT) {
        if (d->sysctl_disabled >= 2)
            return RF_BLOCKED_SYSCTL_ALL;
        if (d->sysctl_disabled == 1 && d->may_administrate != 1 && d->in_group != 1)
            return RF_BLOCKED_SYSCTL_GROUP;
    }
    if (d->seccomp_mode == SECCOMP_FILTER)
        return RF_BLOCKED_SECCOMP;
    return d->seccomp_mode < 0 ? RF_BLOCKED_OTHER : RF_BLOCKED_SECURITY_MODULE;
}

/*
 * The sysctl exists exactly when io_uring is built into the kernel (6.6); and a
 * ring that could be opened proves the rest of it too.
 */
static enum rf_blocked explain_enosys(const struct rf_diagnosis *d)
{
    bool has_io_uring = d->sysctl_disabled >= 0 || d->call != RF_CALL_INIT;
    return has_io_uring && d->seccomp_mode == SECCOMP_FILTER ? RF_BLOCKED_SECCOMP
                                                             : RF_BLOCKED_NO_SYSCALL;
}

/*
 * Rings count against RLIMIT_MEMLOCK before 5.12 and, as measured, again on
 * 6.18 (-ENOMEM); mappings do on any kernel after mlockall(MCL_FUTURE) (-EAGAIN).
 */
static enum rf_blocked explain_memory(const struct rf_diagnosis *d)
{
    bool limited = d->may_lock_memory != 1 && d->memlock_max != UINT64_MAX;
    return limited && d->call == RF_CALL_INIT ? RF_BLOCKED_MEMLOCK : RF_BLOCKED_MEMORY;
}

enum rf_blocked rfi_explain(const struct rf_diagnosis *d)
{
    switch (-d->error) {
    case 0:
        return RF_BLOCKED_NOT;
    case EPERM:
        return explain_eperm(d);
    case EACCES:
        return RF_BLOCKED_SECURITY_MODULE;
    case ENOSYS:
        return explain_enosys(d);
    case ENOMEM:
    case EAGAIN:
        return explain_memory(d);
    case EMFILE:
        return RF_BLOCKED_PROCESS_FDS;
    case ENFILE:
        return RF_BLOCKED_SYSTEM_FDS;
    default:
        return RF_BLOCKED_OTHER;
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *remedy;
} words[] = {
    [RF_BLOCKED_NOT] = {"NotBlocked", "io_uring can be used.", "There is nothing to do."},
    [RF_BLOCKED_NO_SYSCALL] =
        {"NoSystemCall",
         "The kernel has no io_uring, or something in its place says so: a seccomp filter, a "
         "sandbox, an emulator.",
         "Use a kernel from 5.10 on, built with CONFIG_IO_URING, and look for what stands in "
         "between."},
    [RF_BLOCKED_TOO_OLD] = {"KernelTooOld",
                            "The kernel's io_uring is older than 5.4 and cannot map both rings "
                            "at once.",
                            "Use a kernel from 5.10 on."},
    [RF_BLOCKED_SECCOMP] =
        {"SeccompFilter", "A seccomp filter of this thread refuses an io_uring call.",
         "Allow io_uring_setup, io_uring_enter and io_uring_register in the filter; in a container "
         "that is its seccomp profile, in a systemd service its SystemCallFilter."},
    [RF_BLOCKED_SYSCTL_ALL] = {"DisabledForAll",
                               "The sysctl kernel.io_uring_disabled is 2: nobody may open a ring, "
                               "root included.",
                               "Have the administrator set it to 0, or to 1 with a group."},
    [RF_BLOCKED_SYSCTL_GROUP] =
        {"DisabledOutsideGroup",
         "The sysctl kernel.io_uring_disabled is 1, and this process is neither of the group "
         "kernel.io_uring_group nor privileged (CAP_SYS_ADMIN).",
         "Have the administrator put the user into that group, or set the sysctl to 0."},
    [RF_BLOCKED_SECURITY_MODULE] =
        {"SecurityModule",
         "Neither the sysctl nor a filter explains the refusal: it must be a security module such "
         "as SELinux.",
         "Look at its log (the audit log) and allow it in its policy."},
    [RF_BLOCKED_MEMLOCK] = {"LockedMemoryLimit",
                            "The memory of a ring is over RLIMIT_MEMLOCK, which the user's "
                            "rings share; or the machine is out of memory.",
                            "Raise RLIMIT_MEMLOCK (ulimit -l), grant CAP_IPC_LOCK, or do without "
                            "mlockall(MCL_FUTURE)."},
    [RF_BLOCKED_MEMORY] = {"OutOfMemory",
                           "Memory for a ring cannot be had, on this machine or in this control "
                           "group.",
                           "Free memory, or raise the limit of the control group."},
    [RF_BLOCKED_PROCESS_FDS] = {"ProcessFdQuotaExceeded",
                                "This process has as many descriptors as it may (RLIMIT_NOFILE).",
                                "Close descriptors, or raise the limit (ulimit -n)."},
    [RF_BLOCKED_SYSTEM_FDS] = {"SystemFdQuotaExceeded",
                               "The whole system has as many open files as it may.",
                               "Raise sysctl fs.file-max, or find who leaks files."},
    [RF_BLOCKED_OTHER] = {"Other",
                          "Nothing that is known here explains it; the call and its errno are all "
                          "there is to tell.",
                          "See what rf_error_text() says of them."},
};
_Static_assert(sizeof words / sizeof words[0] == RF_BLOCKED_OTHER + 1, "a row for each");

void rfi_put_into_words(struct rf_diagnosis *d)
{
    d->name = words[d->blocked].name;
    d->text = words[d->blocked].text;
    d->remedy = words[d->blocked].remedy;
}

/* --- trying -------------------------------------------------------------- */

/*
 * Not the smallest ring: the first one that a thread opens settles how many
 * workers the thread gets for files and disks, and for all its later rings too:
 * the smaller of its entries and 4 times the CPUs (io_uring_init_wq_offload(),
 * io_uring/tctx.c). Whoever asks first and opens a ring of his own next
 * should not be left with one. Where memory is short that is the least worry.
 */
static int open_to_try(struct rf_ring *ring, const struct rf_sys *sys)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    int err = rfi_init_unchecked(ring, 1024, &params, sys);
    if (err != -ENOMEM && err != -EAGAIN)
        return err;
    memset(&params, 0, sizeof params);
    return rfi_init_unchecked(ring, 1, &params, sys);
}

static int try_operation(struct rf_ring *ring)
{
    (void)rf_get_sqe(ring); /* all zero is a NOP; a fresh ring has room */
    int n = rf_submit_and_wait(ring, 1);
    return n < 0 ? n : 0;
}

static int try_registration(struct rf_ring *ring)
{
    struct rf_probe probe;
    int err = rf_get_probe(ring, &probe);
    return err == -EINVAL ? 0 : err; /* before 5.6, and a registration all the same */
}

static enum rf_blocked diagnose(const struct rf_sys *sys, struct rf_diagnosis *d)
{
    struct rf_ring ring;
    d->call = RF_CALL_INIT;
    d->error = open_to_try(&ring, sys);
    bool too_old = d->error == -ENOSYS && rf_reason(&ring);
    if (!d->error) {
        d->call = RF_CALL_ENTER;
        d->error = try_operation(&ring);
    }
    if (!d->error) {
        d->call = RF_CALL_REGISTER;
        d->error = try_registration(&ring);
    }
    if (!d->error)
        d->call = RF_CALL_NONE;
    rf_deinit(&ring);
    gather(d); /* after the ring gave its descriptor back */
    return too_old ? RF_BLOCKED_TOO_OLD : rfi_explain(d);
}

enum rf_blocked rfi_diagnose_sys(const struct rf_sys *sys, struct rf_diagnosis *ret_diagnosis)
{
    int saved = errno;
    struct rf_diagnosis *d = ret_diagnosis;
    memset(d, 0, sizeof *d);
    d->blocked = diagnose(sys, d);
    rfi_put_into_words(d);
    errno = saved;
    return d->blocked;
}

enum rf_blocked rf_diagnose(struct rf_diagnosis *ret_diagnosis)
{
    return rfi_diagnose_sys(&rf_sys_kernel, ret_diagnosis);
}
