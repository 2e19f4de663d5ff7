/* SPDX-License-Identifier: MIT */
/* sys.h (private) - system calls that are no matter of the other side's. */
#ifndef RINGFENCE_SRC_SYS_H
#define RINGFENCE_SRC_SYS_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/base.h>

/*
 * io_uring_enter(2), the one call of the hot path: inline, and without libc's detour through
 * errno, where we know the calling convention. A count or a negative errno.
 */
#if defined(__x86_64__) && !defined(__ILP32__)
static inline int rfi_kernel_enter(int fd, uint32_t to_submit, uint32_t min_complete,
                                   uint32_t flags, const void *arg, size_t arg_bytes)
{
    long result;
    register long r10 __asm__("r10") = (long)flags;
    register const void *r8 __asm__("r8") = arg;
    register size_t r9 __asm__("r9") = arg_bytes;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(426L), "D"((long)fd), "S"((long)to_submit), "d"((long)min_complete),
                       "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return (int)result;
}
#else
int rfi_kernel_enter(int fd, uint32_t to_submit, uint32_t min_complete, uint32_t flags,
                     const void *arg, size_t arg_bytes);
#endif

/* madvise(2), MADV_DONTFORK: 0 or a negative errno. */
int rfi_dontfork(void *addr, size_t bytes);

#endif
