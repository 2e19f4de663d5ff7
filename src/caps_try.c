/* SPDX-License-Identifier: MIT */
/* caps_try.c - caps.h in this directory: what is tried. */
#include "caps.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "map.h"

struct rf_cap rfi_cap_of(int result)
{
    struct rf_cap cap = {RF_CAP_THERE, RF_CAP_BY_TRIAL, 0};
    if (result == -EINVAL) {
        cap.state = RF_CAP_MISSING;
    } else if (result < 0) {
        cap.state = RF_CAP_REFUSED;
        cap.error = (int16_t)result;
    }
    return cap;
}

/* --- setup flags --------------------------------------------------------- */

enum { TRIAL_ENTRIES = 4 };

static const struct {
    uint32_t flag;
    uint32_t one_of; /* at least one of these */
    const char *reason;
} needs[] = {
    {RF_SETUP_SQ_AFF, RF_SETUP_SQPOLL, "RF_SETUP_SQ_AFF is for rings of RF_SETUP_SQPOLL"},
    {RF_SETUP_TASKRUN_FLAG, RF_SETUP_COOP_TASKRUN | RF_SETUP_DEFER_TASKRUN,
     "RF_SETUP_TASKRUN_FLAG is for rings of RF_SETUP_COOP_TASKRUN or RF_SETUP_DEFER_TASKRUN"},
    {RF_SETUP_DEFER_TASKRUN, RF_SETUP_SINGLE_ISSUER,
     "RF_SETUP_DEFER_TASKRUN is for rings of RF_SETUP_SINGLE_ISSUER"},
    {RF_SETUP_REGISTERED_FD_ONLY, RF_SETUP_NO_MMAP,
     "RF_SETUP_REGISTERED_FD_ONLY is for rings of RF_SETUP_NO_MMAP"},
    {RF_SETUP_HYBRID_IOPOLL, RF_SETUP_IOPOLL,
     "RF_SETUP_HYBRID_IOPOLL is for rings of RF_SETUP_IOPOLL"},
    {RF_SETUP_SQ_REWIND, RF_SETUP_NO_SQARRAY,
     "RF_SETUP_SQ_REWIND is for rings of RF_SETUP_NO_SQARRAY"},
};

enum { NEEDS = sizeof needs / sizeof needs[0] };

uint32_t rfi_setup_needs(uint32_t flag)
{
    for (size_t i = 0; i < NEEDS; i++)
        if (needs[i].flag == flag)
            return needs[i].one_of & -needs[i].one_of;
    return 0;
}

const char *rfi_setup_unmet(uint32_t flags)
{
    for (size_t i = 0; i < NEEDS; i++)
        if (flags & needs[i].flag && !(flags & needs[i].one_of))
            return needs[i].reason;
    return NULL;
}

/* An index that stands for a ring, as RF_SETUP_REGISTERED_FD_ONLY gives it, is given back. */
static void drop_ring_index(const struct rf_sys *sys, int index)
{
    struct rf_rsrc_update update;
    memset(&update, 0, sizeof update);
    update.offset = (uint32_t)index;
    /* Who knows how to open such a ring knows how to register through its index. */
    (void)sys->ring_register(sys, index,
                             RF_UNREGISTER_RING_FDS | RF_REGISTER_USE_REGISTERED_RING, &update, 1);
}

static void fill_trial(struct rf_params *params, uint32_t flag, int other_ring,
                       unsigned char *memory, size_t page)
{
    memset(params, 0, sizeof *params);
    params->flags = flag | rfi_setup_needs(flag);
    if (params->flags & RF_SETUP_CQSIZE)
        params->cq_entries = 2 * TRIAL_ENTRIES;
    if (params->flags & RF_SETUP_ATTACH_WQ)
        params->wq_fd = (uint32_t)other_ring;
    if (params->flags & RF_SETUP_SQ_AFF) {
        int saved = errno;
        int cpu = sched_getcpu();
        params->sq_thread_cpu = cpu < 0 ? 0 : (uint32_t)cpu;
        errno = saved;
    }
    if (params->flags & RF_SETUP_NO_MMAP) {
        params->cq_off.user_addr = (uint64_t)(uintptr_t)memory;
        params->sq_off.user_addr = (uint64_t)(uintptr_t)(memory + page);
    }
}

/*
 * Opens a small ring with a flag and closes it. @memory is two pages for the rings of
 * RF_SETUP_NO_MMAP. Returns what opening it returned, 0 or less.
 */
static int try_setup_flag(const struct rf_sys *sys, uint32_t flag, int other_ring,
                          unsigned char *memory, size_t page)
{
    struct rf_params params;
    fill_trial(&params, flag, other_ring, memory, page);
    int fd = sys->ring_setup(sys, TRIAL_ENTRIES, &params);
    if (fd < 0)
        return fd;
    if (params.flags & RF_SETUP_REGISTERED_FD_ONLY)
        drop_ring_index(sys, fd);
    else
        (void)sys->close(sys, fd);
    return 0;
}

static void try_flags(const struct rf_sys *sys, int fd, uint32_t flags, struct rf_cap *caps)
{
    void *memory;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (sys->map(sys, -1, 0, 2 * page, &memory) < 0)
        return;
    for (uint32_t bit = 0; bit < 32; bit++)
        if (flags >> bit & 1)
            caps[bit] = rfi_cap_of(
                try_setup_flag(sys, 1U << bit, fd, (unsigned char *)memory, page));
    (void)sys->unmap(sys, memory, 2 * page);
}

void rfi_try_setup_flags(const struct rf_sys *sys, int fd, struct rf_cap *caps)
{
    try_flags(sys, fd, UINT32_MAX, caps);
}

uint32_t rfi_try_setup_lacks(const struct rf_sys *sys, int fd, uint32_t flags)
{
    struct rf_cap caps[32];
    memset(caps, 0, sizeof caps);
    try_flags(sys, fd, flags, caps);
    uint32_t lacks = 0;
    for (uint32_t bit = 0; bit < 32; bit++)
        if (caps[bit].state == RF_CAP_MISSING)
            lacks |= 1U << bit;
    return lacks;
}

/* --- enter flags and registrations --------------------------------------- */

/*
 * Both calls look at flags and opcode before they look for the ring. So with a
 * descriptor that cannot be one, -EBADF means that all before was fine.
 */
enum { NO_RING = -2 }; /* -1 stands for "no ring needed" in some registrations */

static struct rf_cap cap_of_no_ring(int result)
{
    return rfi_cap_of(result == -EBADF ? 0 : result);
}

void rfi_try_enter_flags(const struct rf_sys *sys, struct rf_cap *caps)
{
    for (uint32_t bit = 0; bit < 32; bit++) {
        uint32_t flag = 1U << bit;
        /* Here the descriptor is an index. If there is such a ring, it is asked for nothing. */
        int target = flag == RF_ENTER_REGISTERED_RING ? 0 : NO_RING;
        int result = sys->ring_enter(sys, target, 0, 0, flag, NULL, 0);
        caps[bit] = cap_of_no_ring(result < 0 ? result : 0);
    }
}

void rfi_try_register_ops(const struct rf_sys *sys, struct rf_cap *caps)
{
    enum { NO_OPCODE = 0x7ffffff0 };
    /* Old kernels look for the ring first: they cannot be asked in this way. */
    if (sys->ring_register(sys, NO_RING, NO_OPCODE, NULL, 0) != -EINVAL)
        return;
    for (uint32_t opcode = 0; opcode < RF_CAP_NUMBERS; opcode++)
        caps[opcode] = cap_of_no_ring(sys->ring_register(sys, NO_RING, opcode, NULL, 0));
}

/* --- SQE flags ----------------------------------------------------------- */

/* Submits one SQE, and waits for it or not. Returns its result; -EAGAIN: none has come. */
static int try_sqe(struct rf_ring *ring, const struct rf_sqe *wanted, uint32_t wait_nr)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return -EAGAIN;
    *sqe = *wanted;
    int submitted = rf_submit_and_wait(ring, wait_nr);
    if (submitted < 0)
        return submitted;
    struct rf_cqe cqe;
    return rf_copy_cqes(ring, &cqe, 1, 0) == 1 ? cqe.res : -EAGAIN;
}

void rfi_try_sqe_flags(struct rf_ring *ring, struct rf_cap *caps)
{
    struct rf_sqe nop;
    memset(&nop, 0, sizeof nop);
    for (uint32_t bit = 0; bit < 8; bit++) {
        nop.flags = (uint8_t)(1U << bit);
        /* A NOP that is not to be heard of has been done when the call returns. */
        bool mute = nop.flags == RF_SQE_CQE_SKIP_SUCCESS;
        int result = try_sqe(ring, &nop, mute ? 0 : 1);
        /* A NOP has no use for a buffer. To know that, the kernel must know the flag. */
        bool good = result == -EOPNOTSUPP || (mute && result == -EAGAIN);
        caps[bit] = rfi_cap_of(good ? 0 : result);
    }
}

/* --- details: registrations ---------------------------------------------- */

/* Evidence is only what the argument itself led to; -EACCES and the like come before. */
static struct rf_cap cap_of_registration(int result)
{
    bool reached = result >= 0 || result == -EFAULT || result == -EOVERFLOW ||
                   result == -EBADF || result == -EBUSY;
    struct rf_cap nothing = {RF_CAP_UNKNOWN, RF_CAP_BY_NOTHING, 0};
    return reached || result == -EINVAL ? rfi_cap_of(reached ? 0 : result) : nothing;
}

/* A table cannot be made of tags that nobody can read: -EFAULT, if the flag is known. */
int rfi_try_sparse(struct rf_ring *ring, uint32_t opcode)
{
    struct rf_rsrc_register arg;
    memset(&arg, 0, sizeof arg);
    arg.nr = 1;
    arg.flags = RF_RSRC_REGISTER_SPARSE;
    arg.tags = (uint64_t)(uintptr_t)RFI_NOWHERE;
    return rfi_register(ring, opcode, &arg, sizeof arg);
}

/* Of a kernel that knows no ranges this is -EINVAL, before it looks for the source. */
int rfi_try_ranges(struct rf_ring *ring)
{
    struct rf_clone_buffers arg;
    memset(&arg, 0, sizeof arg);
    arg.src_fd = UINT32_MAX;
    arg.flags = RF_REGISTER_DST_REPLACE;
    arg.nr = 1;
    return rfi_register(ring, RF_REGISTER_CLONE_BUFFERS, &arg, 1);
}

/* Memory that is nowhere cannot be pinned. Flags are looked at before. */
static int try_incremental(struct rf_ring *ring)
{
    struct rf_buf_reg arg;
    memset(&arg, 0, sizeof arg);
    /* Nobody's, with room behind it, and the begin of a page also where pages have 64 KiB. */
    arg.ring_addr = UINT64_MAX - 0x1ffff;
    arg.ring_entries = 1;
    arg.flags = RF_PBUF_RING_INC;
    return rfi_register(ring, RF_REGISTER_PBUF_RING, &arg, 1);
}

/* This one works, if it is known: so only on a ring that nobody else uses. */
static int try_kernel_memory(struct rf_ring *ring)
{
    struct rf_buf_reg arg;
    memset(&arg, 0, sizeof arg);
    arg.ring_entries = 1;
    arg.flags = RF_PBUF_RING_MMAP;
    int result = rfi_register(ring, RF_REGISTER_PBUF_RING, &arg, 1);
    if (result < 0)
        return result == -EFAULT ? -EINVAL : result; /* 5.19: no such flag, and no memory */
    memset(&arg, 0, sizeof arg);
    (void)rfi_register(ring, RF_UNREGISTER_PBUF_RING, &arg, 1);
    return 0;
}

void rfi_try_registrations(struct rf_ring *ring, struct rf_cap *caps)
{
    if (!rfi_knows(ring, RF_REGISTER_PROBE, 256))
        return; /* the ring cannot be reached from here */
    caps[RF_DETAIL_SPARSE_TABLES] = cap_of_registration(rfi_try_sparse(ring, RF_REGISTER_FILES2));
    caps[RF_DETAIL_CLONE_RANGES] = cap_of_registration(rfi_try_ranges(ring));
    caps[RF_DETAIL_BUF_RING_INC] = cap_of_registration(try_incremental(ring));
    ring->reason = NULL;
}

/* --- details: operations ------------------------------------------------- */

/*
 * An operation that fails in any case, and for the flag only if that is not known. To show
 * that the kernel looks at flags at all before it fails, it is tried with one that cannot be.
 */
struct trial {
    enum rf_detail detail;
    uint32_t flag, no_flag;
    struct rf_sqe sqe; /* without the flag */
    size_t at;         /* where in the SQE it goes, and how many bytes it has */
    size_t bytes;
};

#define AT(field) .at = offsetof(struct rf_sqe, field), .bytes = sizeof((struct rf_sqe *)0)->field

static int try_with(struct rf_ring *ring, const struct trial *trial, uint32_t flag)
{
    struct rf_sqe sqe = trial->sqe;
    uint16_t half = (uint16_t)flag;
    if (trial->bytes == sizeof half)
        memcpy((char *)&sqe + trial->at, &half, sizeof half);
    else
        memcpy((char *)&sqe + trial->at, &flag, sizeof flag);
    /* What has to fail fails at once. If it does not, it is not waited for. */
    return try_sqe(ring, &sqe, 0);
}

static void try_operations(struct rf_ring *ring, struct rf_cap *caps)
{
    /* There is no such file; and no timespec is nowhere. */
    static const struct trial trials[] = {
        {RF_DETAIL_POLL_MULTISHOT, RF_POLL_ADD_MULTI, 1U << 31,
         {.opcode = RF_OP_POLL_ADD, .fd = -1}, AT(len)},
        {RF_DETAIL_ACCEPT_MULTISHOT, RF_ACCEPT_MULTISHOT, 1U << 15,
         {.opcode = RF_OP_ACCEPT, .fd = -1}, AT(ioprio)},
        {RF_DETAIL_RECV_MULTISHOT, RF_RECV_MULTISHOT, 1U << 15,
         {.opcode = RF_OP_RECV, .fd = -1, .flags = RF_SQE_BUFFER_SELECT}, AT(ioprio)},
        {RF_DETAIL_POLL_FIRST, RF_RECVSEND_POLL_FIRST, 1U << 15,
         {.opcode = RF_OP_RECV, .fd = -1}, AT(ioprio)},
        {RF_DETAIL_TIMEOUT_MULTISHOT, RF_TIMEOUT_MULTISHOT, 1U << 31,
         {.opcode = RF_OP_TIMEOUT, .fd = -1, .len = 1, .addr = (uintptr_t)RFI_NOWHERE},
         AT(timeout_flags)},
        {RF_DETAIL_CANCEL_ALL, RF_ASYNC_CANCEL_ALL, 1U << 31,
         {.opcode = RF_OP_ASYNC_CANCEL, .fd = -1, .addr = UINT64_MAX}, AT(cancel_flags)},
    };
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        int with = try_with(ring, &trials[i], trials[i].flag);
        int without = try_with(ring, &trials[i], trials[i].no_flag);
        if (with == -EAGAIN || without == -EAGAIN)
            return; /* it goes on: what comes next would not be told from it */
        if (with == -EINVAL || without == -EINVAL)
            caps[trials[i].detail] = rfi_cap_of(with == -EINVAL ? with : 0);
    }
}

void rfi_try_details(struct rf_ring *ring, struct rf_cap *caps)
{
    rfi_try_registrations(ring, caps);
    caps[RF_DETAIL_BUF_RING_MMAP] = cap_of_registration(try_kernel_memory(ring));
    try_operations(ring, caps);
}
