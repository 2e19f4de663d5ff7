/* SPDX-License-Identifier: MIT */
/*
 * ring.h - one ring: open it, get SQEs, submit them, take CQEs, close it.
 *
 *   get      rf_get_sqe(), rf_get_sqes()        an SQE to fill
 *   publish  rf_flush_sq()                      show what is filled
 *   enter    rf_submit(), rf_submit_and_wait()  publish, and call the kernel if need be
 *   reap     rf_next_cqe(), rf_copy_cqes()      take completions
 *
 * Threads: a ring has no lock. One thread at a time may use its submission
 * side (get, publish, rf_submit()) and one its completion side (reap); two
 * threads on one side need a lock of the caller's. What waits belongs to both
 * sides: rf_submit_and_wait(), rf_enter() with a min_complete, and
 * rf_copy_cqes() and rf_copy_cqe() when they have to wait.
 *
 * Facts: io_uring_setup(2), io_uring_enter(2), and io_uring/io_uring.c of
 * Linux 6.18, where every errno below was seen unless it says otherwise.
 */
#ifndef RINGFENCE_RING_H
#define RINGFENCE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/fence.h>
#include <ringfence/sys.h>

RF_BEGIN_DECLS

/*
 * The submission side. Slots are 64 bytes; an SQE takes one, or two on an
 * RF_SETUP_SQE128 ring, or one or two with RF_SETUP_SQE_MIXED. Indexes count SQEs, slots
 * on a mixed ring; they run freely and wrap at 2^32. With RF_SETUP_SQ_REWIND they begin
 * at 0 again when a batch was consumed.
 *
 * next walks through free slots up to end without asking anyone. At end, and
 * for every SQE of a ring whose SQEs take two slots or that is checked, rfi_sq_room() does the
 * thinking: is there room, where does the queue wrap. So the hot path has one
 * comparison, no index arithmetic, and knows one size of SQE.
 */
struct rf_sq {
    struct rf_sqe *next;      /* the slot to hand out next */
    const struct rf_sqe *end; /* hand out none from here on before asking rfi_sq_room() */
    uint32_t end_index;       /* the index of the SQE at end */
    uint32_t ktail;           /* the tail that the other side has been shown */
    uint32_t khead;           /* the head when we last looked */
    uint32_t entries;         /* SQEs that fit, slots on a mixed ring; a power of two */
    uint16_t shift;           /* log2 of the slots that an index counts */
    bool one_by_one;          /* SQEs take two slots, or the ring is checked: ask for each */
    struct rf_sqe *sqes;
    const struct rf_sqe *wrap; /* behind the last slot */
    struct rf_sq_tail_word *tail_word;
    const struct rf_sq_head_word *head_word;
    const struct rf_sq_flags_word *flags_word;
    const struct rf_sq_dropped_word *dropped_word;
};

/*
 * The completion side, built alike. Slots are 16 bytes; a CQE takes one, or
 * two on an RF_SETUP_CQE32 ring and for RF_CQE_F_32 on an RF_SETUP_CQE_MIXED
 * ring. Indexes count CQEs; on a mixed ring slots, as the other side's do.
 */
struct rf_cq {
    const struct rf_cqe *next; /* the slot to take next */
    const struct rf_cqe *end;  /* take none from here on before asking rfi_cq_more() */
    uint32_t end_index;        /* the index of the CQE at end */
    uint32_t khead;            /* the head that the other side has been shown */
    uint32_t entries;          /* CQEs that fit; slots on a mixed ring; a power of two */
    uint32_t half;             /* half of that, at least 1 */
    uint32_t shift;            /* log2 of the slots that an index counts */
    uint32_t put_off;          /* where completions were left in the kernel until the next call */
    bool one_by_one;           /* CQEs of two slots are possible: end is never beyond one */
    bool wide;                 /* on a mixed ring: the CQE at next, or taken last, has two */
    bool thorough;             /* one_by_one, or must be polled, or is checked: a longer way */
    bool eventfd_muted;        /* what flags_word was last set to */
    const struct rf_cqe *cqes;
    const struct rf_cqe *wrap; /* behind the last slot */
    struct rf_cq_head_word *head_word;
    const struct rf_cq_tail_word *tail_word;
    const struct rf_cq_overflow_word *overflow_word;
    struct rf_cq_flags_word *flags_word;
};

struct rfi_check;

/* A stretch of memory and whether closing the ring is to unmap it. */
struct rfi_region {
    void *addr;
    size_t bytes;
    bool ours;
};

/*
 * A ring. Yours to place (stack, heap, inside another struct), but not to move
 * while a buffer group points to it. Read flags and features as you like; leave
 * the rest to the functions.
 */
struct rf_ring {
    struct rf_sq sq;
    struct rf_cq cq;
    uint32_t flags;    /* RF_SETUP_..., as the other side granted them */
    uint32_t features; /* RF_FEAT_... */
    int fd;            /* the ring's descriptor, or -1: closed, or registered only */
    int enter_fd;      /* what the system calls are given: fd, or a registered index */
    uint32_t enter_flags;    /* RF_ENTER_... of every call: _REGISTERED_RING, _NO_IOWAIT */
    uint32_t register_flags; /* RF_REGISTER_USE_REGISTERED_RING likewise */
    const struct rf_sys *sys;
    struct rfi_check *check; /* who watches what is lent (check.h), or NULL */
    const char *reason; /* why ringfence itself refused, or NULL */
    struct rfi_region rings;
    struct rfi_region sqe_memory;
    struct rfi_region waits; /* waits that are registered, see wait.h */
    int32_t unforked_pid;    /* rf_ring_dontfork(): the process that has the memory; else 0 */
    char limit_text[140];    /* why, when it was a limit: with its numbers */
    uint32_t waits_count;
    uint32_t enter_known;    /* RF_ENTER_... that the kernel was seen to know */
    uint32_t clock;          /* what the waits are measured by, or 0: CLOCK_MONOTONIC */
    uint32_t draining;       /* rf_drain(): which SQEs of its own are in flight */
};

/* --- open and close a ring ----------------------------------------------- */

/**
 * rf_init() - open a ring.
 *
 * @ring     Where; its content is overwritten. Open it once, close it with rf_deinit().
 * @entries  SQEs that the ring holds: a power of two, 1 .. 32768. It gets twice as
 *           many CQEs.
 * @flags    RF_SETUP_... or 0. What needs a parameter besides (CQSIZE, SQ_AFF, ATTACH_WQ,
 *           an idle time for SQPOLL other than 1000 ms) goes through rf_init_params().
 *
 * Two flags are added where they can only help, and ring->flags shows them:
 * RF_SETUP_NO_SQARRAY where the kernel has it (6.6), since the indirection
 * through the array is never used here; and RF_SETUP_TASKRUN_FLAG with
 * COOP_TASKRUN or DEFER_TASKRUN, since without it a peek cannot see that a
 * finished operation waits to be collected.
 *
 * The first ring that a thread opens fixes how many kernel workers its file operations
 * get, for all rings of the thread: the lesser of @entries and four per processor. Open the
 * largest first.
 *
 * With RF_SETUP_NO_MMAP the memory is mapped here, and unmapped by rf_deinit();
 * rf_init_mem() takes yours.
 *
 * Returns 0, or a negative errno with nothing left open and @ring closed. When
 * it is ringfence that refuses, or a limit of the system's, rf_reason() says why in words.
 *
 *   -ERANGE      @entries is 0
 *   -EDOM        @entries is not a power of two
 *   -EINVAL      flags that exclude each other; @entries above 32768 without
 *                RF_SETUP_CLAMP; a parameter set that its flag does not announce
 *   -EOPNOTSUPP  a flag that this kernel does not know, or whose memory layout this version
 *                of ringfence does not know
 *   -EPROTO      the other side's reply breaks a rule of the layout
 *   -EPERM       sysctl kernel.io_uring_disabled, a security module, or a seccomp filter
 *   -ENOSYS      no such system call, a filter that says so, or a kernel before 5.4
 *   -EMFILE      this process has too many descriptors
 *   -ENFILE      the system has
 *   -ENOMEM      out of memory, or over RLIMIT_MEMLOCK
 *   -EAGAIN      the mapping is over RLIMIT_MEMLOCK; or RF_SETUP_SQPOLL, and there may be no
 *                further thread (RLIMIT_NPROC)
 *   -ENXIO       RF_SETUP_ATTACH_WQ: wq_fd is not open
 *
 * `ringfence probe` tells which of these hold on a system, and why.
 * Since kernel 5.4.
 */
RF_API RF_NODISCARD int rf_init(struct rf_ring *ring, uint32_t entries, uint32_t flags);

/**
 * rf_init_params() - the same with all parameters.
 *
 * @params  In: flags; cq_entries if RF_SETUP_CQSIZE; sq_thread_idle in ms and sq_thread_cpu
 *          if RF_SETUP_SQPOLL; wq_fd if RF_SETUP_ATTACH_WQ; with RF_SETUP_NO_MMAP either
 *          both user_addr or none. The rest must be 0. Out, on success: the kernel's
 *          answer, with the flags described at rf_init(). Read only during the call.
 *
 * With sq_off.user_addr (SQEs) and cq_off.user_addr (rings) set, they must be
 * page-aligned and as large as rf_memory_size_params() tells, which nobody can check:
 * rf_init_mem() is the safe way.
 *
 * Returns as rf_init(), and -EFAULT for user_addr that is not yours.
 */
RF_API RF_NODISCARD int rf_init_params(struct rf_ring *ring, uint32_t entries,
                                       struct rf_params *params);

/**
 * rf_init_mem() - open a ring in memory of the caller's (RF_SETUP_NO_MMAP).
 *
 * @buf        Page-aligned, writable, zeroed or not. It must stay mapped until rf_deinit().
 *             Do not reuse it in place after that, unmap it: the kernel writes to it
 *             for some time after the ring was closed.
 * @buf_bytes  Its size. rf_memory_size_params() tells how much is enough.
 *
 * Returns the bytes used, a multiple of the page size, so that several rings
 * can share a huge page; or a negative errno as rf_init(), and -ENOSPC when
 * @buf is too small. Since kernel 6.5.
 */
RF_API RF_NODISCARD int rf_init_mem(struct rf_ring *ring, uint32_t entries,
                                    struct rf_params *params, void *buf, size_t buf_bytes);

/**
 * rf_init_sys() - rf_init_params() with another other side.
 *
 * @sys  Must outlive the ring.
 */
RF_API RF_NODISCARD int rf_init_sys(struct rf_ring *ring, uint32_t entries,
                                    struct rf_params *params, const struct rf_sys *sys);

/**
 * rf_memory_size() - bytes that rf_init_mem() needs, a multiple of the page size.
 *
 * Returns the size, or -ERANGE, -EDOM as rf_init(), or -EINVAL for more than
 * 32768 entries without RF_SETUP_CLAMP. Asks nobody.
 */
RF_API RF_NODISCARD int64_t rf_memory_size(uint32_t entries, uint32_t flags);

/* The same with all parameters, of which flags and cq_entries count. */
RF_API RF_NODISCARD int64_t rf_memory_size_params(uint32_t entries,
                                                  const struct rf_params *params);

/**
 * rf_deinit() - close the ring: unmap, then close the descriptor.
 *
 * A ring that is closed already, all zero, or refused by rf_init(), is left alone.
 * Operations in flight are not waited for: the kernel cancels them in its own
 * time and may write to their buffers after this returns. rf_drain() before (drain.h), if
 * the buffers are to be used again.
 */
RF_API void rf_deinit(struct rf_ring *ring);

/*
 * Why the last call on this ring failed, where more is known than the errno tells: what
 * ringfence itself refused, what the kernel is too old for, or which limit, with its value
 * and what was asked for. Else NULL. The text is of use until the next call on the ring.
 */
RF_API const char *rf_reason(const struct rf_ring *ring);

/**
 * rf_enable_rings() - start a ring that was opened with RF_SETUP_R_DISABLED.
 *
 * Until then submitting gives -EBADFD. With RF_SETUP_SINGLE_ISSUER the thread
 * that calls this becomes the issuer. Returns 0, or -EBADFD: it is not disabled.
 * Since kernel 5.10.
 */
RF_API RF_NODISCARD int rf_enable_rings(struct rf_ring *ring);

/* --- a ring's descriptor: register it, do without it --------------------- */

/**
 * rf_register_ring_fd() - spare the kernel the look-up of the descriptor in each call.
 *
 * Worth it for programs that enter often with little to do. The registration
 * belongs to the calling thread: from then on only this thread may use the ring.
 *
 * Returns 0, or
 *   -EEXIST      it is registered already
 *   -EBUSY       this thread has 16 registered rings, which is all
 *   -EOPNOTSUPP  the kernel is older than 5.18
 */
RF_API RF_NODISCARD int rf_register_ring_fd(struct rf_ring *ring);

/*
 * Undoes rf_register_ring_fd(), from the same thread. 0, or -EINVAL: not registered, or
 * nothing else to go back to.
 */
RF_API RF_NODISCARD int rf_unregister_ring_fd(struct rf_ring *ring);

/**
 * rf_close_ring_fd() - close the descriptor of a ring that is registered; the ring goes on.
 *
 * For programs that would rather keep the descriptor for something else, or
 * fear that somebody closes it by mistake. What needs it, and is refused from then
 * on: mapping memory (RF_PBUF_RING_MMAP, rf_resize_rings()), handing the ring to another
 * thread or process, going back with rf_unregister_ring_fd().
 *
 * Returns 0, or
 *   -EINVAL      the ring is not registered (rf_register_ring_fd())
 *   -EBADF       its descriptor is closed already
 *   -EOPNOTSUPP  the kernel is older than 6.3: it takes no index for registering
 */
RF_API RF_NODISCARD int rf_close_ring_fd(struct rf_ring *ring);

/* --- get SQEs to fill ---------------------------------------------------- */

/* Places sq.next and sq.end anew if a slot is free. For rf_get_sqe() only. */
RF_API bool rfi_sq_room(struct rf_ring *ring);

/**
 * rf_get_sqe() - the next free SQE, all zero, to be filled.
 *
 * It is yours until the next call that submits or waits; from then on it, and
 * what it points to, is lent to the kernel. An SQE left as it is is a NOP.
 *
 * Returns the SQE, 64 bytes (128 with RF_SETUP_SQE128), or NULL: the
 * submission queue is full, and nothing else. Submit, then try again.
 */
RF_INLINE struct rf_sqe *rf_get_sqe(struct rf_ring *ring)
{
    if (RF_UNLIKELY(ring->sq.next == ring->sq.end) && !rfi_sq_room(ring))
        return NULL;
    struct rf_sqe *sqe = ring->sq.next++;
    /* Costs nothing where a prep follows: the compiler drops what is overwritten. */
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

/**
 * rf_get_sqe128() - the next free SQE of 128 bytes, all zero.
 *
 * On an RF_SETUP_SQE128 ring every SQE is one; on an RF_SETUP_SQE_MIXED ring (kernel 6.19)
 * it takes two slots, which count as two wherever SQEs of this ring are counted. They
 * must not be the last and the first of the queue: the last then gets a NOP that
 * completes unseen, and belongs to a chain of linked SQEs if the one before it does.
 * Because of that NOP such a ring cannot have RF_SQE_IO_DRAIN. It needs 2 entries at least.
 *
 * On any other ring it is a broken contract.
 *
 * Returns the SQE, or NULL: the submission queue is full, or has just no room for one of
 * this size. Submit, then try again.
 */
RF_API struct rf_sqe *rf_get_sqe128(struct rf_ring *ring);

/*
 * A run of SQEs that are promised: rf_sqe_run_next() hands them out one by one.
 */
struct rf_sqe_run {
    struct rf_ring *ring;
    struct rf_sqe *next;
    const struct rf_sqe *end; /* up to here without asking */
    uint32_t left;            /* SQEs beyond end: after the wrap, or of two slots */
};

/* For runs that wrap, and on rings whose SQEs take two slots. */
RF_API bool rfi_sq_has_room(struct rf_ring *ring, uint32_t count);
/* By value, so that the compiler can keep a run in registers. */
RF_API struct rf_sqe_run rfi_sqe_run_more(struct rf_sqe_run run);

/**
 * rf_get_sqes() - promise a run of SQEs, all or none.
 *
 * @count    How many.
 * @ret_run  The run; of use only on success.
 *
 * A chain of linked SQEs must not be cut by a full queue: promise it whole,
 * then fill it. It is also the cheaper loop for many SQEs. SQEs that are
 * promised and not taken stay free. Until the run is used up take SQEs of this
 * ring through it alone, and do not submit.
 *
 * Returns true; or false: the queue has not that much room now, nothing is taken.
 */
RF_NODISCARD RF_INLINE bool rf_get_sqes(struct rf_ring *ring, uint32_t count,
                                        struct rf_sqe_run *ret_run)
{
    struct rf_sq *sq = &ring->sq;
    if (RF_UNLIKELY(sq->next == sq->end) && !rfi_sq_room(ring))
        return false;
    ret_run->ring = ring;
    ret_run->next = sq->next;
    if (RF_LIKELY(count <= (size_t)(sq->end - sq->next))) {
        ret_run->end = sq->next + count;
        ret_run->left = 0;
        return true;
    }
    ret_run->end = sq->next;
    ret_run->left = count;
    return rfi_sq_has_room(ring, count);
}

/* The next SQE of the run, all zero; NULL when all were handed out. */
RF_INLINE struct rf_sqe *rf_sqe_run_next(struct rf_sqe_run *run)
{
    if (RF_UNLIKELY(run->next == run->end)) {
        if (run->left == 0)
            return NULL;
        *run = rfi_sqe_run_more(*run);
    }
    struct rf_sqe *sqe = run->next++;
    RF_OPAQUE(run->next);
    run->ring->sq.next = run->next;
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

/* The index of the SQE that is handed out next. */
RF_INLINE uint32_t rfi_sq_index(const struct rf_sq *sq)
{
    /* Where an SQE takes two slots end is one slot, and one index, ahead at most. */
    return sq->end_index - (uint32_t)(sq->end - sq->next);
}

/* SQEs handed out that the other side has not consumed yet, published or not; slots if mixed. */
RF_INLINE uint32_t rf_sq_ready(const struct rf_ring *ring)
{
    return rfi_sq_index(&ring->sq) - rfi_sq_head_load(ring->sq.head_word);
}

/* SQEs that rf_get_sqe() can hand out before the queue is full. */
RF_INLINE uint32_t rf_sq_space_left(const struct rf_ring *ring)
{
    uint32_t ready = rf_sq_ready(ring);
    return RF_LIKELY(ready <= ring->sq.entries) ? ring->sq.entries - ready : 0; /* or a lie */
}

/* --- submit SQEs --------------------------------------------------------- */

/**
 * rf_flush_sq() - publish what was handed out, without entering the kernel.
 *
 * From here on, with RF_SETUP_SQPOLL, the SQ thread may read the SQEs and all
 * that they point to. Otherwise they wait for rf_enter(). With RF_SETUP_SQ_REWIND nobody
 * looks before that.
 *
 * Returns rf_sq_ready(): what the other side has not consumed, which includes
 * what was published before.
 */
RF_API uint32_t rf_flush_sq(struct rf_ring *ring);

/**
 * rf_sq_ring_needs_enter() - must the kernel be entered to get published SQEs going?
 *
 * @flags  RF_ENTER_SQ_WAKEUP is added when the SQ thread sleeps.
 *
 * True without RF_SETUP_SQPOLL; with it, only when the SQ thread sleeps. Call
 * it after rf_flush_sq(): it orders the published tail before its look at the
 * thread's flag, and without that order a request can be lost for ever.
 */
RF_INLINE bool rf_sq_ring_needs_enter(const struct rf_ring *ring, uint32_t *flags)
{
    if (!(ring->flags & RF_SETUP_SQPOLL))
        return true;
    if (!(rfi_sq_flags_after_publish(ring->sq.flags_word) & RF_SQ_NEED_WAKEUP))
        return false;
    *flags |= RF_ENTER_SQ_WAKEUP;
    return true;
}

/**
 * rf_enter() - io_uring_enter(2) on this ring, as it is.
 *
 * @to_submit     SQEs to consume; exactly what rf_flush_sq() returned, since with more
 *                the call does not wait.
 * @min_complete  With RF_ENTER_GETEVENTS: CQEs to wait for.
 * @flags         RF_ENTER_...
 *
 * When this waits, every CQE that was taken is given back to the kernel first, or it
 * would count as ready.
 *
 * Returns the SQEs consumed (with RF_SETUP_SQPOLL: @to_submit), or
 *   -EAGAIN      no memory for a request now; nothing was consumed
 *   -EBADF       the ring is closed
 *   -EBADFD      the ring is still disabled: rf_enable_rings()
 *   -EBADR       a CQE was lost for want of memory
 *   -EBUSY       too many CQEs wait to be taken (kernels before 6.18)
 *   -EEXIST      another thread submits on a SINGLE_ISSUER ring, or waits on a DEFER_TASKRUN one
 *   -EFAULT      an argument is not readable
 *   -EINTR       a signal came and no CQE is there; nothing was lost
 *   -EINVAL      unknown flags
 *   -ENXIO       the ring is being torn down
 *   -EOPNOTSUPP  the descriptor is no ring
 *   -EOWNERDEAD  the SQ thread is gone
 *   -ETIME       a wait timed out
 * An error of the wait is not reported when SQEs were consumed in the same call.
 */
RF_API int rf_enter(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete,
                    uint32_t flags);

/**
 * rf_submit() - publish everything queued and have the kernel consume it.
 *
 * Enters the kernel only when there is a reason to: SQEs to consume, an SQ
 * thread to wake, completions to collect.
 *
 * Returns the SQEs consumed, 0 or more; with RF_SETUP_SQPOLL, the SQEs that
 * the SQ thread has still to consume. It is less than was queued when an SQE was bad
 * and RF_SETUP_SUBMIT_ALL is off: the bad one has been consumed, with a CQE
 * that tells, and the next rf_submit() goes on behind it. Or an errno of
 * rf_enter(); SQEs stay queued then and the next rf_submit() counts them again. Or -EPROTO,
 * see rf_check_ring(), or -ESHUTDOWN after rf_drain(), and so do the other calls that submit.
 */
RF_API int rf_submit(struct rf_ring *ring);

/**
 * rf_submit_and_wait() - the same, and wait until @wait_nr CQEs are there to be taken.
 *
 * A short count of SQEs (see rf_submit()) means that it did not wait. On an
 * RF_SETUP_CQE_MIXED ring slots of 16 bytes are counted, and the wait is for one slot less
 * than the queue has, at most: with overflowed CQEs it might never be quite full.
 */
RF_API int rf_submit_and_wait(struct rf_ring *ring, uint32_t wait_nr);

/* --- take completions ---------------------------------------------------- */

/* Places cq.next and cq.end anew if a CQE is there. For rf_next_cqe() only. */
RF_API bool rfi_cq_more(struct rf_ring *ring);

/**
 * rf_next_cqe() - take the next CQE, in place.
 *
 *     while ((cqe = rf_next_cqe(ring)))
 *         ... cqe->user_data, cqe->res, cqe->flags ...
 *
 * The CQE stays readable until the next call on this ring that takes a CQE or
 * waits; rf_submit() in the loop leaves it alone. There is nothing to give
 * back and nothing to advance, and leaving the loop early loses nothing.
 *
 * Does not wait. Enters the kernel only when there is nothing to take and
 * the kernel says that it holds completions back (RF_SQ_CQ_OVERFLOW,
 * RF_SQ_TASKRUN), or always then on an RF_SETUP_IOPOLL ring without SQPOLL. With
 * RF_SETUP_DEFER_TASKRUN and SQEs queued what is held back is left to the call that submits
 * them, the first time after a CQE: submit before you sleep on an eventfd or in epoll(7).
 *
 * Returns the CQE (rf_cqe_big() has the rest of a 32-byte one), or NULL: none is there.
 */
RF_INLINE const struct rf_cqe *rf_next_cqe(struct rf_ring *ring)
{
    if (RF_UNLIKELY(ring->cq.next == ring->cq.end) && !rfi_cq_more(ring))
        return NULL;
    const struct rf_cqe *next = ring->cq.next + 1;
    RF_OPAQUE(next);
    ring->cq.next = next;
    const struct rf_cqe *cqe = next - 1;
    if (!cqe)
        __builtin_unreachable(); /* spares the caller's loop a test */
    return cqe;
}

/**
 * rf_peek_cqe() - look at the next CQE without taking it; rf_cqe_seen() takes it.
 *
 * Returns 0, or -EAGAIN: none is there; or an errno of rf_enter(), which is
 * called in the cases that rf_next_cqe() tells; or -EPROTO, see rf_check_ring(). *ret_cqe
 * is written only on success.
 */
RF_API RF_NODISCARD int rf_peek_cqe(struct rf_ring *ring, const struct rf_cqe **ret_cqe);

/**
 * rf_cqe_seen() - take the CQE that rf_peek_cqe() showed. Its slot is the kernel's again.
 *
 * Doing it twice, or to a CQE that rf_next_cqe() has taken, changes nothing; a
 * CQE that does not lie in this ring is a broken contract.
 */
RF_API void rf_cqe_seen(struct rf_ring *ring, const struct rf_cqe *cqe);

/**
 * rf_cq_advance() - take @count CQEs without looking.
 *
 * @count  At most rf_cq_ready(), which is asserted: against an other side that may lie it is
 *         rf_cqe_iter_take() that asks nobody again. On an RF_SETUP_CQE_MIXED ring it counts
 *         slots of 16 bytes.
 */
RF_API void rf_cq_advance(struct rf_ring *ring, uint32_t count);

/* CQEs that are there and not taken; slots on an RF_SETUP_CQE_MIXED ring. Never enters. */
RF_API uint32_t rf_cq_ready(const struct rf_ring *ring);

/**
 * rf_copy_cqes() - take CQEs by value.
 *
 * @cqes     Room for @count.
 * @wait_nr  0: what is there. Else wait until this many (@count at most) were copied.
 *           Queued SQEs are submitted before it sleeps.
 *
 * Of a 32-byte CQE the first 16 bytes are copied; take it with rf_next_cqe() to have
 * it whole.
 *
 * Returns how many were copied: less than @wait_nr if a signal or an error
 * ended the wait, 0 if @wait_nr is 0 and none is there; or an errno of
 * rf_enter() with none copied and none lost, -EINTR among them; or -EPROTO,
 * see rf_check_ring().
 */
RF_API RF_NODISCARD int rf_copy_cqes(struct rf_ring *ring, struct rf_cqe *cqes, uint32_t count,
                                     uint32_t wait_nr);

/* Wait for one CQE and copy it. 0, or an errno of rf_enter(). */
RF_API RF_NODISCARD int rf_copy_cqe(struct rf_ring *ring, struct rf_cqe *ret_cqe);

/* --- what the queues tell: overflow, losses; the eventfd ----------------- */

/*
 * Does the kernel hold completions that only entering it will show: overflowed
 * ones, or finished operations whose task work has not run?
 */
RF_INLINE bool rf_cq_ring_needs_flush(const struct rf_ring *ring)
{
    return rfi_sq_flags_peek(ring->sq.flags_word) & (RF_SQ_CQ_OVERFLOW | RF_SQ_TASKRUN);
}

/* Do CQEs wait outside the queue because it was full? They are not lost, see rf_cq_overflow(). */
RF_INLINE bool rf_cq_has_overflow(const struct rf_ring *ring)
{
    return rfi_sq_flags_peek(ring->sq.flags_word) & RF_SQ_CQ_OVERFLOW;
}

/**
 * rf_check_ring() - are the shared words such as an honest other side can write?
 *
 * A head or a tail that cannot be is never followed: rf_get_sqe() takes the queue for full,
 * rf_next_cqe() for empty. This tells a lie from that. Whoever waits with rf_copy_cqes() or
 * by wait.h need not ask, nor who calls rf_peek_cqe(). With the kernel on the other side it
 * is 0, always.
 *
 * Returns 0; or -EPROTO, and rf_reason() says which word: close the ring.
 */
RF_API RF_NODISCARD int rf_check_ring(struct rf_ring *ring);

/* CQEs lost since the ring was opened: the queue was full and the kernel out of memory. */
RF_INLINE uint32_t rf_cq_overflow(const struct rf_ring *ring)
{
    return rfi_cq_overflow_load(ring->cq.overflow_word);
}

/* SQEs that were consumed without a CQE, because their index was out of range. */
RF_INLINE uint32_t rf_sq_dropped(const struct rf_ring *ring)
{
    return rfi_sq_dropped_load(ring->sq.dropped_word);
}

/*
 * Mute the registered eventfd, or let it signal again. After switching it on
 * look at rf_cq_ready() before sleeping on it: what completed while it was mute did
 * not signal. Since kernel 5.8.
 */
RF_INLINE void rf_cq_eventfd_toggle(struct rf_ring *ring, bool enabled)
{
    ring->cq.eventfd_muted = !enabled;
    rfi_cq_flags_store(ring->cq.flags_word, enabled ? 0 : RF_CQ_EVENTFD_DISABLED);
}

/* May the registered eventfd signal? True unless rf_cq_eventfd_toggle() has muted it. */
RF_INLINE bool rf_cq_eventfd_enabled(const struct rf_ring *ring)
{
    return !ring->cq.eventfd_muted;
}

/* --- what a CQE tells ---------------------------------------------------- */

/* The errno that the operation ended with, positive; 0 if it did not fail. */
RF_INLINE int rf_cqe_err(const struct rf_cqe *cqe)
{
    return cqe->res > -4096 && cqe->res < 0 ? -cqe->res : 0;
}

/* The id of the provided buffer that was used, 0 .. 65535; or -ENODATA: none was. */
RF_API RF_NODISCARD int rf_cqe_buffer_id(const struct rf_cqe *cqe);

/*
 * The second 16 bytes of a CQE: of every one on an RF_SETUP_CQE32 ring, of those with
 * RF_CQE_F_32 on an RF_SETUP_CQE_MIXED ring. Only for a CQE in place, not for a copy.
 */
RF_INLINE const uint64_t *rf_cqe_big(const struct rf_cqe *cqe)
{
    return (const uint64_t *)(const void *)(cqe + 1);
}

RF_END_DECLS

#endif
