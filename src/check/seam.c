/* SPDX-License-Identifier: MIT */
/*
 * seam.c - where the checker stands: between a ring and its other side.
 *
 * What goes through the seam (struct rf_sys) is seen there, by putting a struct rf_sys of our
 * own before the one the ring was opened with: a ring without a checker pays nothing for it.
 *
 *   enter     before: the SQEs that are about to be consumed. after: how far it came, and what
 *             has been completed.
 *   register  what brings CQEs that no SQE asked for (tags of registered resources).
 *
 * Two things happen in shared memory, without a call. CQEs appear there; but no program can
 * see one before rfi_cq_more() or its like have looked at the tail, which is a cold path:
 * cq.thorough, the flag that makes it go the long way, is one that it asks anyhow. And an SQ
 * thread takes SQEs as soon as their tail is stored, so they have to be looked at before:
 * rf_submit() goes another way for rings that poll, also without a checker. A shadow of
 * both queues would do without either, but then a program that polls for completions would
 * never see them unless every look entered the kernel, and the overflow of the queue, its
 * eventfd and its size would be ours to play.
 *
 * On other rings SQEs are read when they are consumed, not when they are published: until
 * rf_enter() the program may change its mind. What the kernel did not consume is forgotten
 * again and read anew by the next call.
 *
 * The lock is for programs that submit in one thread and reap in another.
 */
#include "../ring.h"
#include "check.h"
#include "hooks.h"

/* Messages went from ring to ring, in this process. The last lock that is taken, always. */
static pthread_mutex_t message_lock = PTHREAD_MUTEX_INITIALIZER;
static bool messages;

/* How often, by locks that it holds. The model is the one that takes no memory from the heap. */
static __thread __attribute__((tls_model("initial-exec"))) int inside;

bool rfi_check_is_inside(void)
{
    return inside > 0;
}

void rfi_check_inside(int more)
{
    if (inside == 0)
        rfi_tsan_look_away(true); /* from our lock it would learn an order that is none */
    inside += more;
    if (inside == 0)
        rfi_tsan_look_away(false);
}

void rfi_check_lock(struct rfi_check *check)
{
    rfi_check_inside(1);
    (void)pthread_mutex_lock(&check->lock);
}

void rfi_check_unlock(struct rfi_check *check)
{
    (void)pthread_mutex_unlock(&check->lock);
    rfi_check_inside(-1);
}

void rfi_check_message(const struct rf_sqe *sqe)
{
    uint64_t user_data;
    rfi_check_inside(1);
    (void)pthread_mutex_lock(&message_lock);
    messages = true;
    (void)pthread_mutex_unlock(&message_lock);
    /* To a ring that is told by descriptor only; and what the program gives may be no SQE. */
    if (rfi_tsan_is_there() &&
        rfi_peek(&user_data, (uint64_t)(uintptr_t)sqe + offsetof(struct rf_sqe, off),
                 sizeof user_data))
        rfi_tsan_submitted(NULL, user_data);
    rfi_check_inside(-1);
}

bool rfi_check_messages_went(void)
{
    (void)pthread_mutex_lock(&message_lock);
    bool went = messages;
    (void)pthread_mutex_unlock(&message_lock);
    return went;
}

/* --- the other side ------------------------------------------------------- */

/* The first member is what the ring has; nothing of it is written after it was made. */
static struct rfi_check *check_of(const struct rf_sys *sys)
{
    return (struct rfi_check *)(uintptr_t)sys;
}

static int checked_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->ring_setup(inner, entries, params);
}

static void take_what_is_next(struct rfi_check *check, uint32_t to_submit)
{
    if (check->flags & RF_SETUP_SQPOLL) {
        rfi_look_at_thread(check);
        return;
    }
    bool rewinds = check->flags & RF_SETUP_SQ_REWIND;
    uint32_t head = rewinds ? 0 : rfi_sq_head_load(check->sq.head_word);
    uint32_t left = check->limited ? check->limit - head : to_submit;
    check->limited = false;
    rfi_take_out(check, head, head + (to_submit < left ? to_submit : left));
}

static void after_enter(struct rfi_check *check, uint32_t to_submit, int result)
{
    if (check->flags & RF_SETUP_SQPOLL) {
        rfi_look_at_thread(check);
    } else if (to_submit > 0) {
        bool rewinds = check->flags & RF_SETUP_SQ_REWIND;
        uint32_t taken = result > 0 ? (uint32_t)result : 0;
        rfi_consumed_to(check, rewinds ? taken : rfi_sq_head_load(check->sq.head_word));
        rfi_forget_line(check);
    }
    rfi_look_at_cqes(check);
}

static int checked_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                         uint32_t min_complete, uint32_t flags, const void *arg,
                         size_t arg_bytes)
{
    struct rfi_check *check = check_of(sys);
    rfi_check_lock(check);
    rfi_conduct_enters(check, to_submit, flags);
    rfi_pools_look(check);
    take_what_is_next(check, to_submit);
    rfi_waits_frames(check, __builtin_frame_address(0));
    rfi_waits_ended(check, min_complete, flags, arg);
    rfi_check_unlock(check);
    int result = check->inner->ring_enter(check->inner, fd, to_submit, min_complete, flags, arg,
                                          arg_bytes);
    rfi_check_lock(check);
    rfi_conduct_entered(check, result);
    after_enter(check, to_submit, result);
    rfi_check_unlock(check);
    return result;
}

/* Does it bring CQEs of its own, when what it registers is over? */
static bool has_tags(uint32_t opcode, const void *arg)
{
    struct rf_rsrc_register reg;
    struct rf_rsrc_update2 update;
    switch (opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING) {
    case RF_REGISTER_FILES2:
    case RF_REGISTER_BUFFERS2:
        return rfi_peek(&reg, (uint64_t)(uintptr_t)arg, sizeof reg) && reg.tags;
    case RF_REGISTER_FILES_UPDATE2:
    case RF_REGISTER_BUFFERS_UPDATE:
        return rfi_peek(&update, (uint64_t)(uintptr_t)arg, sizeof update) && update.tags;
    default:
        return false;
    }
}

static int checked_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    struct rfi_check *check = check_of(sys);
    rfi_check_lock(check);
    rfi_conduct_registers(check, opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING);
    rfi_check_unlock(check);
    if (has_tags(opcode, arg)) {
        rfi_check_lock(check);
        check->strangers = true;
        rfi_check_unlock(check);
    }
    int result = check->inner->ring_register(check->inner, fd, opcode, arg, nr_args);
    rfi_check_lock(check);
    rfi_registered(check, opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING, arg, nr_args,
                   result);
    rfi_check_unlock(check);
    return result;
}

static int checked_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                       void **ret_addr)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    int result = inner->map(inner, fd, offset, bytes, ret_addr);
    if (result == 0 && fd >= 0) {
        rfi_check_lock(check_of(sys));
        rfi_pools_mapped(check_of(sys), offset, *ret_addr);
        rfi_check_unlock(check_of(sys));
    }
    return result;
}

static int checked_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->unmap(inner, addr, bytes);
}

static int checked_close(const struct rf_sys *sys, int fd)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->close(inner, fd);
}

const struct rf_sys rfi_checked_sys = {
    .ring_setup = checked_setup,
    .ring_enter = checked_enter,
    .ring_register = checked_register,
    .map = checked_map,
    .unmap = checked_unmap,
    .close = checked_close,
};

/* --- what happens without a call ------------------------------------------ */

void rfi_check_queued(const struct rf_ring *ring, uint32_t index)
{
    rfi_check_lock(ring->check);
    rfi_where_queued(ring->check, index);
    rfi_check_unlock(ring->check);
}

void rfi_check_publish(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    uint32_t index = rfi_sq_index(&ring->sq);
    rfi_check_lock(check);
    check->taken = rfi_cq_index(ring);
    check->knows_taken = true;
    if (!(ring->flags & RF_SETUP_SQPOLL) || rfi_is_shut(ring)) {
        rfi_check_unlock(check);
        return;
    }
    rfi_conduct_submits(check, false);
    rfi_look_at_thread(check);
    rfi_pools_look(check);
    rfi_take_out(check, check->published, index);
    check->published = index;
    rfi_check_unlock(check);
}

void rfi_check_entering(const struct rf_ring *ring)
{
    rfi_check_lock(ring->check);
    ring->check->limit = ring->sq.ktail;
    ring->check->limited = true;
    rfi_check_unlock(ring->check);
}

void rfi_check_cqes(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    rfi_check_lock(check);
    if (check->flags & RF_SETUP_SQPOLL)
        rfi_look_at_thread(check);
    rfi_waits_frames(check, __builtin_frame_address(0));
    rfi_look_at_cqes(check);
    rfi_order_cqes(check);
    rfi_check_unlock(check);
}

void rfi_check_moved(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    rfi_check_lock(check);
    check->sq = ring->sq;
    check->cq = ring->cq;
    rfi_check_unlock(check);
}
