/* SPDX-License-Identifier: MIT */
#include "kernel_try.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct rf_sys *const kernel = &rf_sys_kernel;

static void note(struct answer *answer, uint32_t number, int result)
{
    answer->error[number] = result < 0 ? result : 0;
    answer->state[number] = result >= 0         ? IS_THERE
                            : result == -EINVAL ? IS_MISSING
                                                : IS_REFUSED;
}

/* --- setup flags --------------------------------------------------------- */

enum { TRIAL_ENTRIES = 4 };

/* A flag that cannot stand alone, and what it needs. */
static uint32_t prerequisites(uint32_t flag)
{
    switch (flag) {
    case RF_SETUP_SQ_AFF:
        return RF_SETUP_SQPOLL;
    case RF_SETUP_TASKRUN_FLAG:
        return RF_SETUP_COOP_TASKRUN;
    case RF_SETUP_DEFER_TASKRUN:
        return RF_SETUP_SINGLE_ISSUER;
    case RF_SETUP_REGISTERED_FD_ONLY:
        return RF_SETUP_NO_MMAP;
    case RF_SETUP_HYBRID_IOPOLL:
        return RF_SETUP_IOPOLL;
    case RF_SETUP_SQ_REWIND:
        return RF_SETUP_NO_SQARRAY;
    default:
        return 0;
    }
}

/* An index that stands for a ring, as RF_SETUP_REGISTERED_FD_ONLY gives it, is given back. */
static void drop_ring_index(int fd, int index)
{
    struct rf_rsrc_update update;
    memset(&update, 0, sizeof update);
    update.offset = (uint32_t)index;
    kernel->ring_register(kernel, fd, RF_UNREGISTER_RING_FDS, &update, 1);
}

/*
 * Opens a small ring with a flag and closes it. @memory is two pages for the
 * rings of RF_SETUP_NO_MMAP. Returns what opening it returned, 0 or less.
 */
static int try_setup_flag(uint32_t flag, int other_ring, unsigned char *memory, size_t page)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flag | prerequisites(flag);
    if (params.flags & RF_SETUP_CQSIZE)
        params.cq_entries = 2 * TRIAL_ENTRIES;
    if (params.flags & RF_SETUP_ATTACH_WQ)
        params.wq_fd = (uint32_t)other_ring;
    if (params.flags & RF_SETUP_SQ_AFF) {
        int cpu = sched_getcpu();
        params.sq_thread_cpu = cpu < 0 ? 0 : (uint32_t)cpu;
    }
    if (params.flags & RF_SETUP_NO_MMAP) {
        params.cq_off.user_addr = (uint64_t)(uintptr_t)memory;
        params.sq_off.user_addr = (uint64_t)(uintptr_t)(memory + page);
    }
    int fd = kernel->ring_setup(kernel, TRIAL_ENTRIES, &params);
    if (fd < 0)
        return fd;
    if (params.flags & RF_SETUP_REGISTERED_FD_ONLY)
        drop_ring_index(other_ring, fd);
    else
        kernel->close(kernel, fd);
    return 0;
}

void try_setup_flags(struct answer *answer, int fd)
{
    void *memory;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (kernel->map(kernel, -1, 0, 2 * page, &memory) < 0)
        return;
    answer->method = BY_TRIAL;
    for (uint32_t bit = 0; bit < 32; bit++)
        note(answer, bit, try_setup_flag(1U << bit, fd, memory, page));
    kernel->unmap(kernel, memory, 2 * page);
}

/* --- enter flags and registrations --------------------------------------- */

/*
 * Both calls look at flags and opcode before they look for the ring. So with a
 * descriptor that cannot be one, -EBADF means that all before was fine.
 */
enum { NO_RING = -2 }; /* -1 stands for "no ring needed" in some registrations */

void try_enter_flags(struct answer *answer)
{
    answer->method = BY_TRIAL;
    for (uint32_t bit = 0; bit < 32; bit++) {
        uint32_t flag = 1U << bit;
        /* Here the descriptor is an index, and we have registered none. */
        int target = flag == RF_ENTER_REGISTERED_RING ? 0 : NO_RING;
        int result = kernel->ring_enter(kernel, target, 0, 0, flag, NULL, 0);
        note(answer, bit, result == -EBADF ? 0 : result);
    }
}

void try_register_ops(struct answer *answer)
{
    enum { NO_OPCODE = 0x7ffffff0 };
    /* Old kernels look for the ring first: they cannot be asked in this way. */
    if (kernel->ring_register(kernel, NO_RING, NO_OPCODE, NULL, 0) != -EINVAL)
        return;
    answer->method = BY_TRIAL;
    for (uint32_t opcode = 0; opcode < 256; opcode++) {
        int result = kernel->ring_register(kernel, NO_RING, opcode, NULL, 0);
        note(answer, opcode, result == -EBADF ? 0 : result);
    }
}

/* --- SQE flags ----------------------------------------------------------- */

/* Submits a NOP with a flag. Returns its result. */
static int try_sqe_flag(struct rf_ring *ring, uint8_t flag)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return -EAGAIN;
    sqe->flags = flag; /* the rest is zero: a NOP */
    /* A NOP that is not to be heard of has been done when the call returns. */
    bool mute = flag == RF_SQE_CQE_SKIP_SUCCESS;
    int submitted = rf_submit_and_wait(ring, mute ? 0 : 1);
    if (submitted < 0)
        return submitted;
    struct rf_cqe cqe;
    if (rf_copy_cqes(ring, &cqe, 1, 0) != 1)
        return mute ? 0 : -EAGAIN;
    return cqe.res;
}

void try_sqe_flags(struct answer *answer, struct rf_ring *ring)
{
    answer->method = BY_TRIAL;
    for (uint32_t bit = 0; bit < 8; bit++) {
        int result = try_sqe_flag(ring, (uint8_t)(1U << bit));
        /* A NOP has no use for a buffer. To know that, the kernel must know the flag. */
        note(answer, bit, result == -EOPNOTSUPP ? 0 : result);
    }
    /* An SQE has no more flags. */
    for (uint32_t bit = 8; bit < 64; bit++)
        note(answer, bit, -EINVAL);
}

/* --- limits -------------------------------------------------------------- */

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
