/* SPDX-License-Identifier: MIT */
#include "kernel_try.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static const struct rf_sys *const kernel = &rf_sys_kernel;

enum { TRIAL_ENTRIES = 4 };

/* 6.18 does; 6.1, 6.12 and 7.3 do not: no feature tells, so it is tried. CAP_IPC_LOCK is exempt. */
int try_ring_memory_counts(void)
{
    struct rlimit before;
    if (getrlimit(RLIMIT_MEMLOCK, &before) != 0)
        return UNKNOWN_NUMBER;
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0)
        return UNKNOWN_NUMBER;
    struct rf_ring ring;
    int err = rf_init(&ring, TRIAL_ENTRIES, 0);
    rf_deinit(&ring);
    if (setrlimit(RLIMIT_MEMLOCK, &before) != 0)
        return UNKNOWN_NUMBER;
    return err == 0 ? 0 : err == -ENOMEM ? 1 : UNKNOWN_NUMBER;
}

void try_largest_ring(int64_t *ret_sq_entries, int64_t *ret_cq_entries)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_CLAMP;
    int fd = kernel->ring_setup(kernel, 1U << 30, &params);
    if (fd < 0)
        return;
    kernel->close(kernel, fd);
    *ret_sq_entries = params.sq_entries;
    *ret_cq_entries = params.cq_entries;
}

static bool table_fits(int fd, uint32_t register_op, uint32_t unregister_op, uint32_t count)
{
    struct rf_rsrc_register table;
    memset(&table, 0, sizeof table);
    table.nr = count;
    table.flags = RF_RSRC_REGISTER_SPARSE;
    if (kernel->ring_register(kernel, fd, register_op, &table, sizeof table) < 0)
        return false;
    kernel->ring_register(kernel, fd, unregister_op, NULL, 0);
    return true;
}

int64_t try_largest_table(int fd, uint32_t register_op, uint32_t unregister_op)
{
    /* Bisection: low is accepted, high is not. 2^22 is four times what 6.18 takes. */
    uint32_t low = 1, high = 1U << 22;
    if (!table_fits(fd, register_op, unregister_op, low))
        return UNKNOWN_NUMBER;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (table_fits(fd, register_op, unregister_op, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}
