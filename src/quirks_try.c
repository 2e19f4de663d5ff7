/* SPDX-License-Identifier: MIT */
/*
 * quirks_try.c - which quirks this kernel has.
 *
 * Each is tried on a ring of its own. Times are long enough for an emulator. Where the kernel
 * could wait for ever, because it does right what the trial wants to see done wrong, a TIMEOUT
 * operation ends the wait.
 */
#include "quirks.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ringfence/memory.h>
#include <ringfence/prep.h>
#include <ringfence/probe.h>
#include <ringfence/ring.h>
#include <ringfence/wait.h>

#include "check/hooks.h"
#include "register.h"

/* What a trial finds out. */
enum { HAS_NOT = 0, HAS = 1, CANNOT_TELL = -1 };

enum { GUARD_NS = 60000000 };

static int enter(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete, uint32_t flags,
                 const void *arg, size_t bytes)
{
    return ring->sys->ring_enter(ring->sys, ring->enter_fd, to_submit, min_complete,
                                 RF_ENTER_GETEVENTS | flags, arg, bytes);
}

static int open_small(struct rf_ring *ring, const struct rf_sys *sys, uint32_t entries,
                      uint32_t flags)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags;
    return rfi_init_unchecked(ring, entries, &params, sys);
}

static struct rf_sqe *queue_nop(struct rf_ring *ring, uint64_t user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    sqe->user_data = user_data;
    sqe->rw_flags = flags;
    return sqe;
}

/* @ts must outlive the operation. */
static void queue_timeout(struct rf_ring *ring, const struct rf_timespec *ts)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    rf_prep_timeout(sqe, ts, 0, 0);
}

static const struct rf_timespec guard = {0, GUARD_NS}, soon = {0, 8000000};

/* --- mixed queues -------------------------------------------------------- */

/* Four slots: three small, a large one that does not fit, and a small one that would. */
static int try_overtakes(const struct rf_sys *sys)
{
    struct rf_ring ring;
    if (open_small(&ring, sys, 2, RF_SETUP_CQE_MIXED))
        return CANNOT_TELL;
    for (uint64_t i = 1; i <= 5; i++) {
        (void)queue_nop(&ring, i, i == 4 ? RF_NOP_CQE32 : 0);
        if (rf_submit(&ring) != 1) {
            rf_deinit(&ring);
            return CANNOT_TELL;
        }
    }
    /* Whatever is shown instead of the next, or nothing at all: it is not in order. */
    int result = HAS_NOT;
    for (uint64_t i = 1; i <= 5; i++) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        if (!cqe || cqe->user_data != i)
            result = HAS;
    }
    rf_deinit(&ring);
    return result;
}

/* --- waits --------------------------------------------------------------- */

/* Arguments that cannot be read, with a NOP to be submitted. */
static int try_error_hidden(struct rf_ring *ring)
{
    if (!(ring->features & RF_FEAT_EXT_ARG))
        return CANNOT_TELL;
    (void)queue_nop(ring, 1, 0);
    (void)rf_flush_sq(ring);
    int result = enter(ring, 1, 1, RF_ENTER_EXT_ARG, RFI_NOWHERE, sizeof(struct rf_getevents_arg));
    return result == 1 ? HAS : result == -EFAULT ? HAS_NOT : CANNOT_TELL;
}

static int try_timeout_ends_wait(struct rf_ring *ring)
{
    queue_timeout(ring, &guard);
    queue_timeout(ring, &soon);
    if (rf_submit_and_wait(ring, 2) != 2)
        return CANNOT_TELL;
    return rf_cq_ready(ring) < 2 ? HAS : HAS_NOT;
}

static struct rf_getevents_arg wait_of(uint32_t min_usec, const struct rf_timespec *ts)
{
    struct rf_getevents_arg arg;
    memset(&arg, 0, sizeof arg);
    arg.sigmask_sz = _NSIG / 8;
    arg.min_wait_usec = min_usec;
    arg.ts = (uint64_t)(uintptr_t)ts;
    return arg;
}

static int try_minimum_ends_wait(struct rf_ring *ring)
{
    if (!(ring->features & RF_FEAT_MIN_TIMEOUT))
        return CANNOT_TELL;
    queue_timeout(ring, &guard);
    if (rf_submit(ring) != 1)
        return CANNOT_TELL;
    struct rf_getevents_arg arg = wait_of(1000, NULL);
    int result = enter(ring, 0, 1, RF_ENTER_EXT_ARG, &arg, sizeof arg);
    return result == -ETIME ? HAS : result == 0 ? HAS_NOT : CANNOT_TELL;
}

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Without a time, with a minimum of 5 ms. A process that is not let run is late as well. */
static int try_minimum_prolongs(struct rf_ring *ring)
{
    static const struct rf_timespec at_once = {0, 0};
    if (!(ring->features & RF_FEAT_MIN_TIMEOUT))
        return CANNOT_TELL;
    for (int i = 0; i < 3; i++) {
        struct rf_getevents_arg arg = wait_of(5000, &at_once);
        int64_t start = now_ns();
        if (enter(ring, 0, 1, RF_ENTER_EXT_ARG, &arg, sizeof arg) != -ETIME)
            return CANNOT_TELL;
        if (now_ns() - start < 4000000)
            return HAS_NOT;
    }
    return HAS;
}

static int try_negative_deadline(struct rf_ring *ring)
{
    static const struct rf_timespec before_zero = {-1, 0};
    queue_timeout(ring, &guard);
    if (!(ring->features & RF_FEAT_EXT_ARG) || rf_submit(ring) != 1)
        return CANNOT_TELL;
    struct rf_getevents_arg arg = wait_of(0, &before_zero);
    int result = enter(ring, 0, 1, RF_ENTER_EXT_ARG | RF_ENTER_ABS_TIMER, &arg, sizeof arg);
    if (result == 0)
        return HAS;
    /* -EINVAL is also the answer of kernels without deadlines. */
    return result == -ETIME || result == -EINVAL ? HAS_NOT : CANNOT_TELL;
}

/* The first slot cannot be, the last has no time to wait: which one is read? */
static int wait_by_last(struct rf_ring *ring, struct rf_reg_wait *slots, size_t bytes)
{
    size_t last = bytes / sizeof *slots - 1;
    memset(slots, 0, bytes);
    slots[0].flags = ~RF_REG_WAIT_TS;
    slots[last].flags = RF_REG_WAIT_TS;
    int result = enter(ring, 0, 1, RF_ENTER_EXT_ARG | RF_ENTER_EXT_ARG_REG,
                       (const void *)(last * sizeof *slots), sizeof *slots);
    return result == -EINVAL ? HAS : result == -ETIME ? HAS_NOT : CANNOT_TELL;
}

static int try_last_wait_slot(const struct rf_sys *sys)
{
    struct rf_ring ring;
    struct rf_region_desc region;
    struct rf_mem_region_reg arg;
    void *memory;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (open_small(&ring, sys, 1, RF_SETUP_R_DISABLED))
        return CANNOT_TELL;
    int found = CANNOT_TELL;
    if (!sys->map(sys, -1, 0, page, &memory)) {
        memset(&region, 0, sizeof region);
        memset(&arg, 0, sizeof arg);
        region.user_addr = (uint64_t)(uintptr_t)memory;
        region.size = page;
        region.flags = RF_MEM_REGION_TYPE_USER;
        arg.region_uptr = (uint64_t)(uintptr_t)&region;
        arg.flags = RF_MEM_REGION_REG_WAIT_ARG;
        if (rf_register_region(&ring, &arg) >= 0 && rf_enable_rings(&ring) == 0)
            found = wait_by_last(&ring, (struct rf_reg_wait *)memory, page);
        (void)sys->unmap(sys, memory, page);
    }
    rf_deinit(&ring);
    return found;
}

/* --- drains -------------------------------------------------------------- */

static int take_one(struct rf_ring *ring, uint64_t *ret_user_data)
{
    struct rf_cqe cqe;
    int err = rf_copy_cqe(ring, &cqe);
    *ret_user_data = err ? 0 : cqe.user_data;
    return err;
}

/* Behind a drain that had to wait something is open; then a NOP, which should not wait for it. */
static int try_drain_lasts(struct rf_ring *ring)
{
    uint64_t first, second, third;
    queue_timeout(ring, &soon);
    rf_sqe_set_flags(queue_nop(ring, 1, 0), RF_SQE_IO_DRAIN);
    queue_timeout(ring, &guard);
    if (rf_submit(ring) != 3 || take_one(ring, &first) || take_one(ring, &second) || second != 1)
        return CANNOT_TELL;
    (void)queue_nop(ring, 2, 0);
    if (rf_submit(ring) != 1 || take_one(ring, &third))
        return CANNOT_TELL;
    return third == 2 ? HAS_NOT : HAS;
}

/* On no file: what starts ends at once. */
static int try_drain_zero_copy(struct rf_ring *ring)
{
    uint64_t drained;
    const struct rf_cqe *cqe;
    if (!(ring->features & RF_FEAT_EXT_ARG))
        return HAS_NOT; /* nor does it send so */
    rf_sqe_set_flags(queue_nop(ring, 1, 0), RF_SQE_IO_DRAIN);
    if (rf_submit(ring) != 1 || take_one(ring, &drained))
        return CANNOT_TELL;
    struct rf_sqe *sqe = rf_get_sqe(ring);
    rf_prep_send_zc(sqe, -1, "", 1, 0, 0);
    int result = rf_submit(ring) == 1 ? rf_wait_cqe_timeout(ring, &cqe, &guard) : -EAGAIN;
    return result == 0 ? HAS_NOT : result == -ETIME ? HAS : CANNOT_TELL;
}

/* --- others -------------------------------------------------------------- */

/* One entry, two completions fit. */
static int try_overflow_blocks(struct rf_ring *ring)
{
    int result = 1;
    for (uint64_t i = 0; i < 5 && result == 1; i++) {
        if (rf_sq_space_left(ring) == 0)
            return CANNOT_TELL;
        (void)queue_nop(ring, i, 0);
        (void)rf_flush_sq(ring);
        result = ring->sys->ring_enter(ring->sys, ring->enter_fd, 1, 0, 0, NULL, 0);
    }
    return result == 1 ? HAS_NOT : result == -EBUSY ? HAS : CANNOT_TELL;
}

/* On a file that there is not, so that it ends at once. */
static int poll_with(struct rf_ring *ring, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    rf_prep_poll_add(sqe, -1, 1);
    sqe->len = flags;
    struct rf_cqe cqe;
    return rf_submit(ring) == 1 && rf_copy_cqes(ring, &cqe, 1, 0) == 1 ? cqe.res : -EAGAIN;
}

static int try_poll_level(struct rf_ring *ring)
{
    if (poll_with(ring, 1U << 31) != -EINVAL)
        return CANNOT_TELL; /* it looks for the file first */
    return poll_with(ring, RF_POLL_ADD_LEVEL) == -EINVAL ? HAS : HAS_NOT;
}

/* --- all of them --------------------------------------------------------- */

static const struct {
    enum rf_quirk_id id;
    uint32_t entries;
    int (*on_ring)(struct rf_ring *ring);        /* on a ring of this many, or */
    int (*by_itself)(const struct rf_sys *sys);
} trials[] = {
    {RF_QUIRK_MIXED_OVERTAKES, 0, NULL, try_overtakes},
    {RF_QUIRK_ERROR_HIDDEN, 2, try_error_hidden, NULL},
    {RF_QUIRK_TIMEOUT_ENDS_WAIT, 2, try_timeout_ends_wait, NULL},
    {RF_QUIRK_MINIMUM_ENDS_WAIT, 2, try_minimum_ends_wait, NULL},
    {RF_QUIRK_MINIMUM_PROLONGS, 2, try_minimum_prolongs, NULL},
    {RF_QUIRK_LAST_WAIT_SLOT, 0, NULL, try_last_wait_slot},
    {RF_QUIRK_NEGATIVE_DEADLINE, 2, try_negative_deadline, NULL},
    {RF_QUIRK_OVERFLOW_BLOCKS, 1, try_overflow_blocks, NULL},
    {RF_QUIRK_POLL_LEVEL, 2, try_poll_level, NULL},
    {RF_QUIRK_DRAIN_LASTS, 4, try_drain_lasts, NULL},
    {RF_QUIRK_DRAIN_ZERO_COPY, 4, try_drain_zero_copy, NULL},
};

static void note(struct rf_quirks *quirks, enum rf_quirk_id id, int found)
{
    if (found == CANNOT_TELL)
        return;
    quirks->of[id].state = found == HAS ? RF_CAP_THERE : RF_CAP_MISSING;
    quirks->of[id].source = RF_CAP_BY_TRIAL;
}

/* What a kernel has no rings for it cannot get wrong. */
static void note_what_is_not_there(const struct rf_sys *sys, struct rf_quirks *quirks)
{
    struct rf_ring ring;
    int err = open_small(&ring, sys, 2, RF_SETUP_CQE_MIXED);
    rf_deinit(&ring);
    if (err == -EOPNOTSUPP) {
        note(quirks, RF_QUIRK_MIXED_WAIT_SPINS, HAS_NOT);
        note(quirks, RF_QUIRK_MIXED_OVERTAKES, HAS_NOT);
    }
}

int rfi_quirks_system(const struct rf_sys *sys, struct rf_quirks *ret_quirks)
{
    memset(ret_quirks, 0, sizeof *ret_quirks);
    struct rf_ring ring;
    int saved = errno;
    /* As rf_diagnose() does: the first ring of a thread settles how many workers it gets. */
    int err = open_small(&ring, sys, 1024, 0);
    rf_deinit(&ring);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0] && (!err || err == -ENOMEM); i++) {
        if (trials[i].by_itself) {
            note(ret_quirks, trials[i].id, trials[i].by_itself(sys));
            continue;
        }
        err = open_small(&ring, sys, trials[i].entries, 0);
        if (!err)
            note(ret_quirks, trials[i].id, trials[i].on_ring(&ring));
        rf_deinit(&ring);
    }
    if (!err)
        note_what_is_not_there(sys, ret_quirks);
    errno = saved;
    return err;
}

int rf_quirks_system(struct rf_quirks *ret_quirks)
{
    return rfi_quirks_system(&rf_sys_kernel, ret_quirks);
}
