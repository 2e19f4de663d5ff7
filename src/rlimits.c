/* SPDX-License-Identifier: MIT */
/* rlimits.c - rlimits.h. */
#include "rlimits.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

const char rfi_limit_reason[] = "a limit";

/* The kernel's own, on the slots of a file table. */
#define SLOTS_MAX (UINT64_C(1) << 20)

static bool limit_of(int resource, uint64_t *ret_limit)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY)
        return false;
    *ret_limit = limit.rlim_cur;
    return true;
}

/* With it RLIMIT_MEMLOCK does not count. If it cannot be asked for, it is not there. */
static bool may_lock_memory(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capget, &header, data))
        return false;
    return data[0].effective & (1U << CAP_IPC_LOCK);
}

/* "2000 slots were asked for, and RLIMIT_NOFILE is 1024". What was said before is nearer. */
static void say(struct rf_ring *ring, uint64_t asked, const char *what, const char *name,
                uint64_t limit, const char *more)
{
    if (ring->reason)
        return;
    (void)snprintf(ring->limit_text, sizeof ring->limit_text, "%llu %s, and %s is %llu%s",
                   (unsigned long long)asked, what, name, (unsigned long long)limit, more);
    ring->reason = rfi_limit_reason;
}

int rfi_tell_slots(struct rf_ring *ring, int error, uint64_t slots)
{
    static const char asked[] = "slots were asked for";
    int saved = errno;
    uint64_t limit;
    if (error != -EMFILE)
        return error;
    if (slots > SLOTS_MAX)
        say(ring, slots, asked, "the kernel's limit", SLOTS_MAX, "");
    else if (limit_of(RLIMIT_NOFILE, &limit) && slots > limit)
        say(ring, slots, asked, "RLIMIT_NOFILE", limit, "");
    errno = saved;
    return error;
}

int rfi_tell_locked(struct rf_ring *ring, int error, uint64_t bytes, const char *what)
{
    int saved = errno;
    uint64_t limit;
    if (error != -ENOMEM)
        return error;
    if (limit_of(RLIMIT_MEMLOCK, &limit) && !may_lock_memory())
        say(ring, bytes, what, "RLIMIT_MEMLOCK", limit,
            " for all that this user locks, without CAP_IPC_LOCK");
    errno = saved;
    return error;
}

int rfi_tell_pinned(struct rf_ring *ring, int error, const struct iovec *bufs, uint32_t count)
{
    if (error != -ENOMEM)
        return error;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = (uint64_t)(uintptr_t)bufs[i].iov_base;
        if (bufs[i].iov_len)
            pages += (start + bufs[i].iov_len + page - 1) / page - start / page;
    }
    return rfi_tell_locked(ring, error, pages * page, "bytes of registered buffers");
}

int rfi_tell_descriptors(struct rf_ring *ring, int error)
{
    int saved = errno;
    uint64_t limit;
    if (error == -EMFILE && limit_of(RLIMIT_NOFILE, &limit))
        say(ring, 1, "more descriptor was asked for", "RLIMIT_NOFILE", limit, "");
    errno = saved;
    return error;
}
