/* SPDX-License-Identifier: MIT */
/* sys.c - the system calls, each with errno put back as it was. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ringfence/sys.h>

#include "sys.h"

/* The same numbers on every architecture that has them, alpha excepted. */
#ifndef __NR_io_uring_setup
#define __NR_io_uring_setup 425
#define __NR_io_uring_enter 426
#define __NR_io_uring_register 427
#endif

/* libc answers -1 and errno; we answer a negative errno and leave errno alone. */
static int result_of(long result, int saved_errno)
{
    if (result >= 0)
        return (int)result;
    int error = errno;
    errno = saved_errno;
    return -error;
}

static int kernel_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    int saved = errno;
    return result_of(syscall(__NR_io_uring_setup, entries, params), saved);
}

#if !defined(__x86_64__) || defined(__ILP32__)
int rfi_kernel_enter(int fd, uint32_t to_submit, uint32_t min_complete, uint32_t flags,
                     const void *arg, size_t arg_bytes)
{
    int saved = errno;
    long result = syscall(__NR_io_uring_enter, fd, to_submit, min_complete, flags, arg, arg_bytes);
    return result_of(result, saved);
}
#endif

static int kernel_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                        uint32_t min_complete, uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)sys;
    return rfi_kernel_enter(fd, to_submit, min_complete, flags, arg, arg_bytes);
}

static int kernel_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                           uint32_t nr_args)
{
    (void)sys;
    int saved = errno;
    return result_of(syscall(__NR_io_uring_register, fd, opcode, arg, nr_args), saved);
}

static int kernel_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                      void **ret_addr)
{
    (void)sys;
    int saved = errno;
    /* MAP_PRIVATE on a ring would succeed and silently cut us off from the kernel. */
    int flags = fd >= 0 ? MAP_SHARED | MAP_POPULATE : MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    void *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, (off_t)offset);
    if (addr == MAP_FAILED)
        return result_of(-1, saved);
    *ret_addr = addr;
    return 0;
}

static int kernel_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    (void)sys;
    int saved = errno;
    return result_of(munmap(addr, bytes), saved);
}

static int kernel_close(const struct rf_sys *sys, int fd)
{
    (void)sys;
    int saved = errno;
    return result_of(close(fd), saved);
}

const struct rf_sys rf_sys_kernel = {
    .ring_setup = kernel_setup,
    .ring_enter = kernel_enter,
    .ring_register = kernel_register,
    .map = kernel_map,
    .unmap = kernel_unmap,
    .close = kernel_close,
};

int rfi_dontfork(void *addr, size_t bytes)
{
    int saved = errno;
    return result_of(madvise(addr, bytes, MADV_DONTFORK), saved);
}
