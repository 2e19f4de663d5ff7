/* SPDX-License-Identifier: MIT */
/* enter.c - peer.h: who enters, who waits, and the SQ thread's turns. */
#include "private.h"

#include <errno.h>

#define ENTER_FLAGS                                                                           \
    (RF_ENTER_GETEVENTS | RF_ENTER_SQ_WAKEUP | RF_ENTER_SQ_WAIT | RF_ENTER_EXT_ARG |          \
     RF_ENTER_REGISTERED_RING | RF_ENTER_NO_IOWAIT)

/* --- the SQ thread ------------------------------------------------------- */

uint32_t peer_run(struct peer *peer)
{
    if (peer->asleep)
        return 0;
    uint32_t total = 0, consumed;
    if (peer->live && peer_sqes_there(peer) == 0 && peer->deferred.count == 0)
        return 0;
    peer_scribble_free_cqes(peer);
    do {
        consumed = peer_consume(peer, UINT32_MAX);
        total += consumed;
    } while (consumed > 0 && total < peer->sq_entries && peer->consume_limit == UINT32_MAX);
    peer_run_deferred(peer);
    return total;
}

bool peer_sleep(struct peer *peer)
{
    peer_set_sq_flag(peer, RF_SQ_NEED_WAKEUP);
    /* Flag before tail; the other half is in rfi_sq_flags_after_publish(). io_sq_thread(). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (peer_sqes_there(peer) > 0) {
        peer_clear_sq_flag(peer, RF_SQ_NEED_WAKEUP);
        return false;
    }
    peer->asleep = true;
    return true;
}

/* --- enter --------------------------------------------------------------- */

static int check_arg(uint32_t flags, const void *arg, size_t arg_bytes)
{
    if (flags & RF_ENTER_EXT_ARG)
        return !arg ? -EFAULT : arg_bytes != sizeof(struct rf_getevents_arg) ? -EINVAL : 0;
    return arg && arg_bytes != sizeof(uint64_t) ? -EINVAL : 0;
}

static void collect(struct peer *peer)
{
    peer_run_deferred(peer);
    peer_flush_overflow(peer);
}

static int wait_for(struct peer *peer, uint32_t min_complete, uint32_t flags, const void *arg)
{
    const struct rf_getevents_arg *ext = (const struct rf_getevents_arg *)arg;
    const struct rf_timespec *ts = NULL;
    if (flags & RF_ENTER_EXT_ARG)
        ts = (const struct rf_timespec *)(uintptr_t)ext->ts;
    int64_t end = peer_when(ts);
    if (min_complete > peer->cq_entries)
        min_complete = peer->cq_entries;
    collect(peer);
    while (peer_cqes_there(peer) < min_complete && !peer->dropped && peer_wait(peer, end))
        collect(peer);
    if (peer_cqes_there(peer) >= min_complete)
        return 0;
    if (peer->dropped) {
        peer->dropped = false;
        return -EBADR;
    }
    if (peer->overflow.count)
        peer_complain(peer, "a wait that Linux 6.18 would spin in for ever");
    if (peer_cqes_there(peer) > 0)
        return 0;
    return ts ? -ETIME : -EINTR;
}

static void wake(struct peer *peer)
{
    peer->asleep = false;
    peer_clear_sq_flag(peer, RF_SQ_NEED_WAKEUP);
    peer_changed(peer);
}

static int submit_and_wait(struct peer *peer, uint32_t to_submit, uint32_t min_complete,
                           uint32_t flags, const void *arg)
{
    uint32_t submitted = to_submit;
    if (peer->flags & RF_SETUP_SQPOLL) {
        if (flags & RF_ENTER_SQ_WAKEUP)
            wake(peer);
        if (!peer->live)
            peer_run(peer);
        else if (flags & RF_ENTER_SQ_WAIT)
            while (peer_sqes_there(peer) == peer->sq_entries && peer_wait(peer, peer_when(NULL)))
                ;
    } else {
        peer_scribble_free_cqes(peer);
        submitted = to_submit ? peer_consume(peer, to_submit) : 0;
        if (submitted != to_submit)
            return (int)submitted;
    }
    int result = 0;
    if (flags & RF_ENTER_GETEVENTS)
        result = wait_for(peer, min_complete, flags, arg);
    /* Other rings run task work whenever they leave the kernel. */
    if (!(peer->flags & RF_SETUP_DEFER_TASKRUN))
        peer_run_deferred(peer);
    return submitted ? (int)submitted : result;
}

int peer_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
               uint32_t flags, const void *arg, size_t arg_bytes)
{
    struct peer *peer = peer_of(sys);
    if (flags & ~ENTER_FLAGS)
        return -EINVAL;
    int mine = flags & RF_ENTER_REGISTERED_RING ? peer->index : peer->fd;
    if (fd < 0 || fd != mine)
        return -EBADF;
    if (peer->disabled)
        return -EBADFD;
    int result = check_arg(flags, arg, arg_bytes);
    if (result < 0)
        return result;
    if (peer->enter_error) {
        result = peer->enter_error;
        peer->enter_error = 0;
        return result;
    }
    peer_lock(peer);
    result = submit_and_wait(peer, to_submit, min_complete, flags, arg);
    peer_unlock(peer);
    return result;
}
