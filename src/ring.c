/* SPDX-License-Identifier: MIT */
/* ring.c - what of ring.h is not inline: the slow paths, entering, copying. */
#include <errno.h>
#include <signal.h>

#include <ringfence/prep_base.h>

#include "check/hooks.h"
#include "register.h"
#include "ring.h"
#include "sys.h"

/* --- submission ---------------------------------------------------------- */

/* Free SQEs from @index on. Looks at the shared head only when the cached one says too few. */
static uint32_t free_from(struct rf_sq *sq, uint32_t index, uint32_t wanted)
{
    uint32_t room = sq->khead + sq->entries - index;
    if (room < wanted) {
        sq->khead = rfi_sq_head_load(sq->head_word);
        room = sq->khead + sq->entries - index;
    }
    /* A head that no honest consumer can show counts as full. */
    return RF_LIKELY(room <= sq->entries) ? room : 0;
}

/* One SQE, perhaps of two slots, and come here again for the next. */
__attribute__((noinline)) static bool place_one(struct rf_ring *ring, uint32_t index)
{
    struct rf_sq *sq = &ring->sq;
    if (rfi_is_checked(ring))
        rfi_check_queued(ring, index);
    sq->next = sq->sqes + ((size_t)(index & (sq->entries - 1)) << sq->shift);
    sq->end = sq->next + 1;
    sq->end_index = index + 1;
    if (sq->shift > 0)
        memset(sq->next + 1, 0, sizeof *sq->next);
    return true;
}

bool rfi_sq_room(struct rf_ring *ring)
{
    struct rf_sq *sq = &ring->sq;
    uint32_t index = sq->end_index; /* next is at end, or nobody would ask */
    uint32_t room = free_from(sq, index, 1);
    if (room == 0)
        return false;
    if (RF_UNLIKELY(sq->one_by_one))
        return place_one(ring, index);
    if (sq->next == sq->wrap)
        sq->next = sq->sqes;
    uint32_t reach = rfi_min_u32(room, (uint32_t)(sq->wrap - sq->next));
    sq->end = sq->next + reach;
    sq->end_index = index + reach;
    return true;
}

void rfi_sq_one_by_one(struct rf_ring *ring)
{
    ring->sq.one_by_one = true;
    ring->sq.end_index = rfi_sq_index(&ring->sq);
    ring->sq.end = ring->sq.next;
}

/*
 * The NOP that fills the last slot of a mixed queue. It stands in line as any SQE: within a
 * chain it has to be a link as the one before it is, or the chain would end here.
 */
static void fill_last_slot(struct rf_sq *sq, uint32_t index)
{
    struct rf_sqe *sqe = sq->sqes + (index & (sq->entries - 1));
    uint32_t link = index == sq->ktail ? 0 : sqe[-1].flags;
    link &= RF_SQE_IO_LINK | RF_SQE_IO_HARDLINK;
    rf_prep_nop(sqe);
    rf_sqe_set_flags(sqe, RF_SQE_CQE_SKIP_SUCCESS | link);
}

/* From here on nothing is known to be free: look anew. */
static void handed_out_to(struct rf_sq *sq, uint32_t index)
{
    sq->next = sq->sqes + ((size_t)(index & (sq->entries - 1)) << sq->shift);
    sq->end = sq->next;
    sq->end_index = index;
}

struct rf_sqe *rf_get_sqe128(struct rf_ring *ring)
{
    struct rf_sq *sq = &ring->sq;
    if (ring->flags & RF_SETUP_SQE128)
        return rf_get_sqe(ring);
    RF_ASSERT(ring->flags & RF_SETUP_SQE_MIXED);
    uint32_t index = rfi_sq_index(sq);
    bool last = (index & (sq->entries - 1)) == sq->entries - 1;
    /* A queue of two slots has never three: there the filler goes alone, to make room. */
    uint32_t wanted = !last ? 2 : sq->entries == 2 ? 1 : 3;
    if (free_from(sq, index, wanted) < wanted)
        return NULL;
    if (last)
        fill_last_slot(sq, index++);
    if (wanted == 1) {
        handed_out_to(sq, index);
        return NULL;
    }
    if (rfi_is_checked(ring))
        rfi_check_queued(ring, index);
    struct rf_sqe *sqe = sq->sqes + (index & (sq->entries - 1));
    memset(sqe, 0, 2 * sizeof *sqe);
    handed_out_to(sq, index + 2);
    return sqe;
}

bool rfi_sq_has_room(struct rf_ring *ring, uint32_t count)
{
    return free_from(&ring->sq, rfi_sq_index(&ring->sq), count) >= count;
}

/* As far as one comparison reaches: to the end of the run, or to where the queue wraps. */
struct rf_sqe_run rfi_sqe_run_more(struct rf_sqe_run run)
{
    struct rf_sq *sq = &run.ring->sq;
    if (sq->next == sq->end)
        (void)rfi_sq_room(run.ring); /* promised: there is room */
    uint32_t reach = rfi_min_u32(run.left, (uint32_t)(sq->end - sq->next));
    run.next = sq->next;
    run.end = run.next + reach;
    run.left -= reach;
    return run;
}

/* Inline here: a call to an exported function of one's own goes through the symbol table. */
static inline uint32_t flush(struct rf_sq *sq)
{
    uint32_t index = rfi_sq_index(sq);
    if (RF_LIKELY(index != sq->ktail)) {
        sq->ktail = index;
        rfi_sq_tail_store(sq->tail_word, index);
    }
    return index - rfi_sq_head_load(sq->head_word);
}

uint32_t rf_flush_sq(struct rf_ring *ring)
{
    if (rfi_is_checked(ring))
        rfi_check_publish(ring);
    return flush(&ring->sq);
}

/*
 * The kernel begins at the first slot each time, and so does what it left: a bad SQE
 * ends a batch. It does not look at the tail, but a resize looks whether it is ours.
 */
static void rewind_sq(struct rf_ring *ring, uint32_t consumed)
{
    struct rf_sq *sq = &ring->sq;
    uint32_t index = rfi_sq_index(sq);
    uint32_t left = consumed < index ? index - consumed : 0;
    memmove(sq->sqes, sq->sqes + ((size_t)(index - left) << sq->shift),
            ((size_t)left << sq->shift) * sizeof *sq->sqes);
    handed_out_to(sq, left);
    sq->ktail = left;
    rfi_sq_tail_store(sq->tail_word, left);
}

int rfi_refuse_sq_head(struct rf_ring *ring)
{
    if (rfi_is_shut(ring))
        return rfi_refuse(ring, -ESHUTDOWN, "rf_drain() has closed the submission queue");
    return rfi_refuse(ring, -EPROTO, "the head of the submission queue is where it cannot be");
}

int rfi_enter_and_rewind(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete,
                         uint32_t flags, const void *arg, size_t arg_bytes)
{
    /*
     * Such a queue does not wrap: only a head that has moved can have led beyond its end. Who
     * submits nothing may be the thread that reaps, and the queue is not its business.
     */
    if (to_submit > 0 && rfi_sq_index(&ring->sq) > ring->sq.entries)
        return rfi_refuse_sq_head(ring);
    int result = ring->sys->ring_enter(ring->sys, ring->enter_fd, to_submit, min_complete,
                                       flags | ring->enter_flags, arg, arg_bytes);
    if (to_submit > 0 && result > 0)
        rewind_sq(ring, (uint32_t)result);
    return result;
}

/* --- the intake, closed by rf_drain() ------------------------------------- */

void rfi_sq_shut(struct rf_ring *ring)
{
    struct rf_sq *sq = &ring->sq;
    sq->end_index = rfi_sq_index(sq) + 1;
    sq->end = sq->next;
    sq->ktail = sq->end_index; /* the other side is not shown that one */
    sq->entries = 0;
}

static uint32_t entries_of(const struct rf_sq *sq)
{
    return (uint32_t)((size_t)(sq->wrap - sq->sqes) >> sq->shift);
}

void rfi_sq_unshut(struct rf_ring *ring)
{
    struct rf_sq *sq = &ring->sq;
    sq->entries = entries_of(sq);
    handed_out_to(sq, rfi_sq_index(sq) - 1);
    sq->ktail = sq->end_index;
}

struct rfi_unsubmitted rfi_sq_take_back(struct rf_ring *ring, bool published)
{
    struct rf_sq *sq = &ring->sq;
    uint32_t from = published ? rfi_sq_head_load(sq->head_word) : sq->ktail;
    struct rfi_unsubmitted back = {from, rfi_sq_index(sq) - from};
    if (back.count > sq->entries) {
        back.count = 0; /* a lie */
        return back;
    }
    handed_out_to(sq, from);
    if (sq->ktail != from) {
        sq->ktail = from;
        rfi_sq_tail_store(sq->tail_word, from);
    }
    return back;
}

const struct rf_sqe *rfi_sqe_at(const struct rf_ring *ring, uint32_t index)
{
    const struct rf_sq *sq = &ring->sq;
    return sq->sqes + ((size_t)(index & (entries_of(sq) - 1)) << sq->shift);
}

/* --- entering ------------------------------------------------------------ */

/* The index behind the CQE that was taken last. */
static inline uint32_t taken_to(const struct rf_ring *ring)
{
    const struct rf_cq *cq = &ring->cq;
    uint32_t index = cq->end_index - (uint32_t)(cq->end - cq->next);
    /* On a mixed ring at most one was taken since the last release. */
    if (RF_UNLIKELY(cq->wide) && index != cq->khead)
        index++;
    return index;
}

/* Makes @index the one to take next, with nothing known to be there. */
static void place(struct rf_cq *cq, uint32_t index)
{
    cq->next = cq->cqes + ((size_t)(index & (cq->entries - 1)) << cq->shift);
    cq->end = cq->next;
    cq->end_index = index;
}

/* Shows the other side that everything before @index has been read. */
static inline void release_to(struct rf_cq *cq, uint32_t index)
{
    if (index == cq->khead)
        return;
    cq->khead = index;
    rfi_cq_head_store(cq->head_word, index);
}

/* Gives back every CQE that was taken, where all have one slot and run on to the end. */
static inline void release_run(struct rf_cq *cq)
{
    release_to(cq, cq->end_index - (uint32_t)(cq->end - cq->next));
}

/* Gives back every CQE that was taken. Returns the index of the next. */
static uint32_t release_all(struct rf_ring *ring)
{
    struct rf_cq *cq = &ring->cq;
    uint32_t index = taken_to(ring);
    if (cq->one_by_one && index != cq->khead)
        place(cq, index); /* the slot before is the other side's now: do not look at it again */
    release_to(cq, index);
    return index;
}

uint32_t rfi_cq_index(const struct rf_ring *ring)
{
    return taken_to(ring);
}

static inline int enter(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete,
                        uint32_t flags)
{
    return rfi_enter(ring, to_submit, min_complete, flags, NULL, _NSIG / 8);
}

/*
 * The same on a ring without RF_SETUP_SQ_REWIND. Mostly it is the kernel's, and then it is
 * entered here: the calls in between can be counted in what it takes to submit one SQE.
 */
static inline int enter_straight(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete,
                                 uint32_t flags)
{
    if (RF_LIKELY(ring->sys == &rf_sys_kernel))
        return rfi_kernel_enter(ring->enter_fd, to_submit, min_complete,
                                flags | ring->enter_flags, NULL, _NSIG / 8);
    return ring->sys->ring_enter(ring->sys, ring->enter_fd, to_submit, min_complete,
                                 flags | ring->enter_flags, NULL, _NSIG / 8);
}

/*
 * Before each wait. It counts from the head that we show: what was taken must
 * not count as ready. Returns how much to wait for: on a mixed ring one slot
 * can stay free before a 32-byte CQE that waits outside. Linux 6.18 then
 * spins for ever, deaf to signals, if the wait is for the full queue.
 */
static inline uint32_t begin_wait(struct rf_ring *ring, uint32_t wait_nr)
{
    struct rf_cq *cq = &ring->cq;
    if (RF_LIKELY(!cq->one_by_one)) {
        release_run(cq);
        return wait_nr;
    }
    release_all(ring);
    return ring->flags & RF_SETUP_CQE_MIXED ? rfi_min_u32(wait_nr, cq->entries - 1) : wait_nr;
}

uint32_t rfi_begin_wait(struct rf_ring *ring, uint32_t slots)
{
    return begin_wait(ring, slots);
}

int rf_enter(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete, uint32_t flags)
{
    rfi_touch(ring);
    if (rfi_is_checked(ring))
        rfi_check_entering(ring);
    if (flags & RF_ENTER_GETEVENTS && min_complete > 0)
        min_complete = begin_wait(ring, min_complete);
    return enter(ring, to_submit, min_complete, flags);
}

/*
 * What to enter with after publishing on a ring that one side or the other polls; 0: stay out.
 * With an SQ thread one look at its flags, behind the fence, tells all that there is to do.
 */
static inline uint32_t polled_flags(const struct rf_ring *ring, uint32_t queued)
{
    if (rfi_must_poll(ring))
        return RF_ENTER_GETEVENTS;
    uint32_t seen = queued > 0 ? rfi_sq_flags_after_publish(ring->sq.flags_word)
                               : rfi_sq_flags_peek(ring->sq.flags_word) & ~RF_SQ_NEED_WAKEUP;
    if (RF_LIKELY(!(seen & (RF_SQ_NEED_WAKEUP | RF_SQ_CQ_OVERFLOW | RF_SQ_TASKRUN))))
        return 0;
    uint32_t flags = seen & (RF_SQ_CQ_OVERFLOW | RF_SQ_TASKRUN) ? RF_ENTER_GETEVENTS : 0;
    return seen & RF_SQ_NEED_WAKEUP ? flags | RF_ENTER_SQ_WAKEUP : flags;
}

static inline int flush_polled(struct rf_ring *ring)
{
    uint32_t queued = flush(&ring->sq);
    if (RF_UNLIKELY(queued > ring->sq.entries))
        return rfi_refuse_sq_head(ring); /* as a count of SQEs it could be any errno */
    uint32_t flags = polled_flags(ring, queued);
    if (RF_LIKELY(!flags))
        return (int)queued;
    return enter(ring, queued, 0, flags);
}

/* Apart from the way without a checker, which then has no call to save registers for. */
__attribute__((noinline)) static int check_and_flush_polled(struct rf_ring *ring)
{
    rfi_check_publish(ring);
    return flush_polled(ring);
}

/* Only an SQ thread takes SQEs without a call that the checker sees: no other ring asks for it. */
__attribute__((noinline)) static int submit_polled(struct rf_ring *ring)
{
    return rfi_is_checked(ring) ? check_and_flush_polled(ring) : flush_polled(ring);
}

int rf_submit(struct rf_ring *ring)
{
    if (RF_UNLIKELY(ring->flags & (RF_SETUP_SQPOLL | RF_SETUP_IOPOLL)))
        return submit_polled(ring);
    uint32_t queued = flush(&ring->sq);
    if (RF_UNLIKELY(queued > ring->sq.entries))
        return rfi_refuse_sq_head(ring);
    uint32_t flags = rf_cq_ring_needs_flush(ring) ? RF_ENTER_GETEVENTS : 0;
    if (queued == 0 && !flags)
        return 0;
    if (RF_UNLIKELY(ring->flags & RF_SETUP_SQ_REWIND))
        return enter(ring, queued, 0, flags);
    return enter_straight(ring, queued, 0, flags);
}

static inline int flush_and_enter(struct rf_ring *ring, uint32_t wait_nr, bool only_wait)
{
    uint32_t queued = flush(&ring->sq);
    if (RF_UNLIKELY(queued > ring->sq.entries))
        return rfi_refuse_sq_head(ring);
    wait_nr = begin_wait(ring, wait_nr);
    uint32_t flags = RF_ENTER_GETEVENTS;
    if (queued > 0)
        (void)rf_sq_ring_needs_enter(ring, &flags);
    return enter(ring, only_wait ? 0 : queued, wait_nr, flags);
}

__attribute__((noinline)) static int check_and_flush_and_enter(struct rf_ring *ring,
                                                               uint32_t wait_nr, bool only_wait)
{
    rfi_check_publish(ring);
    return flush_and_enter(ring, wait_nr, only_wait);
}

static inline int flush_and_wait(struct rf_ring *ring, uint32_t wait_nr, bool only_wait)
{
    if (rfi_is_checked(ring))
        return check_and_flush_and_enter(ring, wait_nr, only_wait);
    return flush_and_enter(ring, wait_nr, only_wait);
}

__attribute__((noinline)) static int flush_and_wait_thoroughly(struct rf_ring *ring,
                                                               uint32_t wait_nr)
{
    return flush_and_wait(ring, wait_nr, false);
}

int rf_submit_and_wait(struct rf_ring *ring, uint32_t wait_nr)
{
    if (RF_UNLIKELY(wait_nr == 0))
        return rf_submit(ring);
    if (RF_UNLIKELY(ring->cq.thorough || ring->flags & (RF_SETUP_SQPOLL | RF_SETUP_SQ_REWIND)))
        return flush_and_wait_thoroughly(ring, wait_nr);
    uint32_t queued = flush(&ring->sq);
    if (RF_UNLIKELY(queued > ring->sq.entries))
        return rfi_refuse_sq_head(ring);
    release_run(&ring->cq); /* as begin_wait() */
    return enter_straight(ring, queued, wait_nr, RF_ENTER_GETEVENTS);
}

/* --- completion ---------------------------------------------------------- */

/*
 * CQEs that are there from @index on. More than the queue holds is a lie of
 * the other side's: none of them can be read safely.
 */
static uint32_t ready_from(const struct rf_cq *cq, uint32_t index)
{
    uint32_t ready = rfi_cq_tail_load(cq->tail_word) - index;
    return RF_LIKELY(ready <= cq->entries) ? ready : 0;
}

uint32_t rf_cq_ready(const struct rf_ring *ring)
{
    uint32_t ready = ready_from(&ring->cq, taken_to(ring));
    if (rfi_is_checked(ring))
        rfi_check_cqes(ring);
    return ready;
}

/* On a mixed ring a filler stands where a 32-byte CQE would not fit before the wrap. */
static uint32_t skip_fillers(struct rf_cq *cq, uint32_t index, uint32_t *ready)
{
    while (*ready > 0 && cq->cqes[index & (cq->entries - 1)].flags & RF_CQE_F_SKIP) {
        index++;
        --*ready;
    }
    return index;
}

/*
 * On a mixed ring: how large is the CQE at next? It is asked once, and remembered. False: of
 * a 32-byte CQE the second half is not there or would lie behind the queue, which is a lie.
 */
static bool measure(struct rf_cq *cq, uint32_t ready)
{
    cq->wide = cq->next->flags & RF_CQE_F_32;
    return !cq->wide || (ready >= 2 && cq->next + 1 != cq->wrap);
}

/* What only a lie can leave: something is there, and nothing of it can be taken. */
static const char *lie_of_cq(const struct rf_ring *ring)
{
    const struct rf_cq *cq = &ring->cq;
    uint32_t index = taken_to(ring);
    uint32_t ready = rfi_cq_tail_load(cq->tail_word) - index;
    if (ready > cq->entries)
        return "the tail of the completion queue is where it cannot be";
    if (!(ring->flags & RF_SETUP_CQE_MIXED) || ready == 0)
        return NULL;
    const struct rf_cqe *cqe = &cq->cqes[index & (cq->entries - 1)];
    if (cqe->flags & RF_CQE_F_32 && (ready < 2 || cqe + 1 == cq->wrap))
        return "a 32-byte CQE has no second half";
    return NULL;
}

int rfi_check_cq(struct rf_ring *ring)
{
    const char *lie = lie_of_cq(ring);
    return lie ? rfi_refuse(ring, -EPROTO, lie) : 0;
}

int rf_check_ring(struct rf_ring *ring)
{
    const struct rf_sq *sq = &ring->sq;
    if (!rfi_is_shut(ring) && sq->ktail - rfi_sq_head_load(sq->head_word) > sq->entries)
        return rfi_refuse_sq_head(ring);
    return rfi_check_cq(ring);
}

/* Where the size of a CQE must be looked at before the next can be found. */
static bool refill_one(struct rf_ring *ring)
{
    struct rf_cq *cq = &ring->cq;
    uint32_t index = release_all(ring);
    uint32_t ready = ready_from(cq, index);
    bool mixed = ring->flags & RF_SETUP_CQE_MIXED;
    if (mixed)
        index = skip_fillers(cq, index, &ready);
    place(cq, index);
    release_to(cq, index);
    if (ready == 0 || (mixed && !measure(cq, ready)))
        return false;
    cq->end = cq->next + 1; /* one, and come here again for the next */
    cq->end_index = index + 1;
    return true;
}

/*
 * Of what is there, as far as the queue goes before it wraps, and no more than half of it, so
 * that the other half is free while the program works through what it has been shown.
 */
__attribute__((noinline)) static bool refill_part(struct rf_cq *cq)
{
    uint32_t index = cq->end_index;
    uint32_t ready = ready_from(cq, index);
    if (ready == 0)
        return false; /* a lie, or there would be some */
    if (cq->next == cq->wrap)
        cq->next = cq->cqes;
    uint32_t reach = rfi_min_u32(rfi_min_u32(ready, cq->half), (uint32_t)(cq->wrap - cq->next));
    cq->end = cq->next + reach;
    cq->end_index = index + reach;
    return true;
}

__attribute__((noinline)) static bool collect_and_refill(struct rf_ring *ring);

/*
 * Gives back what was taken, when next is at end, and places both anew. False:
 * no CQE is there, or none came when they were to be collected. Each call is the last thing
 * that it does: no register has to be kept over one.
 */
static inline bool refill_run(struct rf_ring *ring, bool collects)
{
    struct rf_cq *cq = &ring->cq;
    uint32_t index = cq->end_index;
    release_to(cq, index);
    uint32_t tail = rfi_cq_tail_load(cq->tail_word);
    uint32_t ready = tail - index;
    if (ready == 0)
        return collects && rf_cq_ring_needs_flush(ring) && collect_and_refill(ring);
    if (RF_UNLIKELY(ready > cq->half || ready > (size_t)(cq->wrap - cq->next)))
        return refill_part(cq);
    cq->end = cq->next + ready;
    cq->end_index = tail;
    return true;
}

/*
 * The checker looks once it is settled what the program will be shown, and before it is: what
 * comes in between is seen by it and not yet by the program, never the other way round.
 */
__attribute__((noinline)) static bool refill_thoroughly(struct rf_ring *ring)
{
    bool more = ring->cq.one_by_one ? refill_one(ring) : refill_run(ring, false);
    if (rfi_is_checked(ring))
        rfi_check_cqes(ring);
    return more;
}

/* refill_run(), or the long way. */
static inline bool refill(struct rf_ring *ring)
{
    if (RF_UNLIKELY(ring->cq.thorough))
        return refill_thoroughly(ring);
    return refill_run(ring, false);
}

/*
 * Finished operations that wait to be collected (RF_SQ_TASKRUN) can wait a little longer when
 * SQEs are queued: whoever queued them is about to enter the kernel, which collects them too.
 * A loop that takes CQEs and queues an SQE for each would else collect by ones and twos, with
 * a call for each, and not submit before nothing more came. Once for each CQE: who asks again
 * without taking one or submitting is polling, and is told. Not on other rings, where the queue
 * may be that of another thread.
 */
static bool puts_off(struct rf_ring *ring)
{
    struct rf_cq *cq = &ring->cq;
    if (!(ring->flags & RF_SETUP_DEFER_TASKRUN) || cq->put_off == cq->end_index ||
        rfi_sq_index(&ring->sq) == ring->sq.ktail || rf_cq_has_overflow(ring))
        return false;
    cq->put_off = cq->end_index;
    return true;
}

/* 0: there may be more now; or an errno of rf_enter(). */
static int collect(struct rf_ring *ring)
{
    int result = enter(ring, 0, 0, RF_ENTER_GETEVENTS);
    return result < 0 ? result : 0;
}

__attribute__((noinline)) static bool collect_and_refill(struct rf_ring *ring)
{
    return !puts_off(ring) && collect(ring) == 0 && refill(ring);
}

__attribute__((noinline)) static bool more_thoroughly(struct rf_ring *ring)
{
    return refill_thoroughly(ring) || (rfi_must_collect(ring) && collect_and_refill(ring));
}

bool rfi_cq_more(struct rf_ring *ring)
{
    /* The compiler is not to know what it tested is 0 from here on: it would return that. */
    bool thorough = ring->cq.thorough;
    RF_OPAQUE(thorough);
    if (RF_UNLIKELY(thorough))
        return more_thoroughly(ring);
    return refill_run(ring, true);
}

static int none_or_lie(struct rf_ring *ring)
{
    int err = rfi_check_cq(ring);
    return err ? err : -EAGAIN;
}

int rf_peek_cqe(struct rf_ring *ring, const struct rf_cqe **ret_cqe)
{
    if (ring->cq.next == ring->cq.end && !refill(ring)) {
        bool more = rfi_must_collect(ring) && !puts_off(ring);
        int err = more ? collect(ring) : none_or_lie(ring);
        if (err)
            return err;
        if (!refill(ring))
            return none_or_lie(ring);
    }
    *ret_cqe = ring->cq.next;
    return 0;
}

/*
 * Is it one of those that are there, behind the one at next? On the smallest queues the
 * slot that was taken last is the next one too; there nothing can be told.
 */
static bool is_ahead(const struct rf_ring *ring, const struct rf_cqe *cqe)
{
    const struct rf_cq *cq = &ring->cq;
    if (cq->entries <= (ring->flags & RF_SETUP_CQE_MIXED ? 2U : 1U))
        return false;
    uint32_t index = taken_to(ring);
    uint32_t slot = (uint32_t)(cqe - cq->cqes) >> cq->shift;
    return ((slot - index) & (cq->entries - 1)) < ready_from(cq, index);
}

__attribute__((noinline)) static void show_ahead(struct rf_ring *ring, const struct rf_cqe *cqe)
{
    if (is_ahead(ring, cqe))
        (void)refill(ring);
}

void rf_cqe_seen(struct rf_ring *ring, const struct rf_cqe *cqe)
{
    struct rf_cq *cq = &ring->cq;
    RF_ASSERT(cqe >= cq->cqes && cqe < cq->cqes + ((size_t)cq->entries << cq->shift));
    /* Of a batch that was shown, the next may lie behind end. */
    if (RF_UNLIKELY(cq->next == cq->end))
        show_ahead(ring, cqe);
    if (cqe == cq->next && cq->next != cq->end) {
        cq->next++;
        release_all(ring);
    }
}

void rfi_cq_take_to(struct rf_ring *ring, uint32_t index)
{
    place(&ring->cq, index);
    release_to(&ring->cq, index);
}

void rf_cq_advance(struct rf_ring *ring, uint32_t count)
{
    if (count == 0)
        return;
    if (rfi_is_checked(ring))
        rfi_check_cqes(ring);
    uint32_t index = release_all(ring);
    RF_ASSERT(count <= ready_from(&ring->cq, index));
    rfi_cq_take_to(ring, index + count);
}

/* Where each CQE has to be looked at. */
static uint32_t copy_one_by_one(struct rf_ring *ring, struct rf_cqe *cqes, uint32_t count)
{
    uint32_t copied = 0;
    struct rf_cq *cq = &ring->cq;
    while (copied < count && (cq->next != cq->end || refill(ring)))
        cqes[copied++] = *cq->next++;
    release_all(ring);
    return copied;
}

/* What is there, in two pieces where the queue wraps, with one look at the tail. */
static inline uint32_t copy_run(struct rf_cq *cq, struct rf_cqe *cqes, uint32_t count)
{
    uint32_t index = cq->end_index - (uint32_t)(cq->end - cq->next);
    uint32_t copied = rfi_min_u32(ready_from(cq, index), count);
    const struct rf_cqe *from = cq->cqes + (index & (cq->entries - 1));
    uint32_t before_wrap = rfi_min_u32(copied, (uint32_t)(cq->wrap - from));
    for (uint32_t i = 0; i < before_wrap; i++)
        cqes[i] = from[i];
    for (uint32_t i = before_wrap; i < copied; i++)
        cqes[i] = cq->cqes[i - before_wrap];
    place(cq, index + copied);
    release_to(cq, index + copied);
    return copied;
}

static uint32_t copy_ready(struct rf_ring *ring, struct rf_cqe *cqes, uint32_t count)
{
    if (RF_UNLIKELY(ring->cq.thorough))
        return copy_one_by_one(ring, cqes, count);
    return copy_run(&ring->cq, cqes, count);
}

/*
 * Submits, and sleeps until @wait_nr are there. The kernel hides a signal behind the count of
 * SQEs that it took; a count can mean a timeout too, where another thread's wait is over by
 * it before its CQE is there. The SQ thread is such a thread, but it takes SQEs by itself:
 * with none to submit the kernel tells the signal. A ring that polls stops polling when another
 * process is to have the processor, or a worker has the request: there it means nothing, and
 * the next round, with nothing to submit, tells a signal. Elsewhere all were taken
 * and nothing came (the caller looks): that is taken for one.
 */
static int submit_and_sleep(struct rf_ring *ring, uint32_t wait_nr)
{
    return flush_and_wait(ring, wait_nr, (ring->flags & RF_SETUP_SQPOLL) != 0);
}

/* What rf_copy_cqes() has still to do when too few are there. */
__attribute__((noinline)) static int copy_more(struct rf_ring *ring, struct rf_cqe *cqes,
                                               uint32_t count, uint32_t wait_nr, uint32_t copied)
{
    if (copied == 0 && wait_nr == 0 && count > 0 && rfi_must_collect(ring)) {
        int err = collect(ring);
        if (err)
            return err;
        copied = copy_ready(ring, cqes, count);
    }
    while (copied < wait_nr) {
        /* Whoever sleeps with work in hand may sleep for ever: submit it first. */
        int result = submit_and_sleep(ring, wait_nr - copied);
        if (result < 0)
            return copied > 0 ? (int)copied : result;
        uint32_t came = copy_ready(ring, cqes + copied, count - copied);
        int err = came == 0 ? rfi_check_cq(ring) : 0;
        if (came == 0 && !err && result > 0 && rf_sq_ready(ring) == 0 && !rfi_must_poll(ring))
            err = -EINTR;
        if (err)
            return copied > 0 ? (int)copied : err;
        copied += came;
    }
    return (int)copied;
}

__attribute__((noinline)) static int copy_thoroughly(struct rf_ring *ring, struct rf_cqe *cqes,
                                                     uint32_t count, uint32_t wait_nr)
{
    uint32_t copied = copy_one_by_one(ring, cqes, count);
    return copy_more(ring, cqes, count, rfi_min_u32(wait_nr, count), copied);
}

int rf_copy_cqes(struct rf_ring *ring, struct rf_cqe *cqes, uint32_t count, uint32_t wait_nr)
{
    if (RF_UNLIKELY(ring->cq.thorough))
        return copy_thoroughly(ring, cqes, count, wait_nr);
    uint32_t copied = copy_run(&ring->cq, cqes, count);
    wait_nr = rfi_min_u32(wait_nr, count);
    if (RF_LIKELY(copied > 0 && copied >= wait_nr))
        return (int)copied;
    return copy_more(ring, cqes, count, wait_nr, copied);
}

int rf_copy_cqe(struct rf_ring *ring, struct rf_cqe *ret_cqe)
{
    int result = rf_copy_cqes(ring, ret_cqe, 1, 1);
    return result < 0 ? result : 0;
}

int rf_cqe_buffer_id(const struct rf_cqe *cqe)
{
    if (!(cqe->flags & RF_CQE_F_BUFFER))
        return -ENODATA;
    return (int)(cqe->flags >> RF_CQE_BUFFER_SHIFT);
}
