/* SPDX-License-Identifier: MIT */
/*
 * sys.h - the other side: what a ring needs of whoever serves it.
 *
 * The kernel is one implementation, rf_sys_kernel. A user-space peer with the
 * same memory layout is another, and a wrapper that fails the n-th call is a
 * third: the code above cannot tell. Give one to rf_init_sys().
 *
 * Every function returns a negative errno on failure and leaves errno alone.
 */
#ifndef RINGFENCE_SYS_H
#define RINGFENCE_SYS_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>

RF_BEGIN_DECLS

struct rf_sys {
    /* io_uring_setup(2): a descriptor, or an index with RF_SETUP_REGISTERED_FD_ONLY. */
    int (*ring_setup)(const struct rf_sys *sys, uint32_t entries, struct rf_params *params);

    /* io_uring_enter(2): the number of SQEs consumed. */
    int (*ring_enter)(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                      uint32_t flags, const void *arg, size_t arg_bytes);

    /* io_uring_register(2): 0, or what the operation returns. */
    int (*ring_register)(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                         uint32_t nr_args);

    /*
     * Maps @bytes of the ring @fd at RF_OFF_..., shared, readable and writable; or,
     * with fd -1, @bytes of zeroed private memory. *ret_addr is written only on success.
     */
    int (*map)(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes, void **ret_addr);

    int (*unmap)(const struct rf_sys *sys, void *addr, size_t bytes);
    int (*close)(const struct rf_sys *sys, int fd);
};

/* The Linux kernel. */
RF_API extern const struct rf_sys rf_sys_kernel;

RF_END_DECLS

#endif
