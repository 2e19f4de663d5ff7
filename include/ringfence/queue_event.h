/* SPDX-License-Identifier: MIT */
/*
 * queue_event.h - queue what prep_event.h prepares. What holds for all of them is in queue.h.
 */
#ifndef RINGFENCE_QUEUE_EVENT_H
#define RINGFENCE_QUEUE_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_event.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

RF_NODISCARD RF_INLINE struct rf_sqe *rf_timeout(struct rf_ring *ring, uint64_t user_data,
                                                 const struct rf_timespec *ts, uint32_t count,
                                                 uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_timeout(sqe, ts, count, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_timeout_remove(struct rf_ring *ring, uint64_t user_data,
                                                        uint64_t timeout_user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_timeout_remove(sqe, timeout_user_data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_timeout_update(struct rf_ring *ring, uint64_t user_data,
                                                        const struct rf_timespec *ts,
                                                        uint64_t timeout_user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_timeout_update(sqe, ts, timeout_user_data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_link_timeout(struct rf_ring *ring, uint64_t user_data,
                                                      const struct rf_timespec *ts, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_link_timeout(sqe, ts, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_add(struct rf_ring *ring, uint64_t user_data, int fd,
                                                  uint32_t poll_mask)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_add(sqe, fd, poll_mask);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_multishot(struct rf_ring *ring, uint64_t user_data,
                                                        int fd, uint32_t poll_mask)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_multishot(sqe, fd, poll_mask);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_remove(struct rf_ring *ring, uint64_t user_data,
                                                     uint64_t target_user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_remove(sqe, target_user_data);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_update(struct rf_ring *ring, uint64_t user_data,
                                                     uint64_t old_user_data, uint64_t new_user_data,
                                                     uint32_t poll_mask, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_update(sqe, old_user_data, new_user_data, poll_mask, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_epoll_ctl(struct rf_ring *ring, uint64_t user_data,
                                                   int epfd, int fd, int op,
                                                   const struct epoll_event *ev)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_epoll_ctl(sqe, epfd, fd, op, ev);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_epoll_wait(struct rf_ring *ring, uint64_t user_data,
                                                    int epfd, struct epoll_event *events,
                                                    int maxevents, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_epoll_wait(sqe, epfd, events, maxevents, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cancel(struct rf_ring *ring, uint64_t user_data,
                                                uint64_t cancel_user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cancel(sqe, cancel_user_data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cancel64(struct rf_ring *ring, uint64_t user_data,
                                                  uint64_t cancel_user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cancel64(sqe, cancel_user_data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cancel_fd(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cancel_fd(sqe, fd, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_waitid(struct rf_ring *ring, uint64_t user_data,
                                                int id_type, int id, void *infop, int options,
                                                uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_waitid(sqe, id_type, id, infop, options, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_futex_wait(struct rf_ring *ring, uint64_t user_data,
                                                    const uint32_t *futex, uint64_t val,
                                                    uint64_t mask, uint32_t futex_flags,
                                                    uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_futex_wait(sqe, futex, val, mask, futex_flags, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_futex_wake(struct rf_ring *ring, uint64_t user_data,
                                                    const uint32_t *futex, uint64_t count,
                                                    uint64_t mask, uint32_t futex_flags,
                                                    uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_futex_wake(sqe, futex, count, mask, futex_flags, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_futex_waitv(struct rf_ring *ring, uint64_t user_data,
                                                     const struct futex_waitv *futexes,
                                                     uint32_t count, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_futex_waitv(sqe, futexes, count, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_msg_ring(struct rf_ring *ring, uint64_t user_data, int fd,
                                                  uint32_t len, uint64_t data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_msg_ring(sqe, fd, len, data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_msg_ring_cqe_flags(struct rf_ring *ring,
                                                            uint64_t user_data, int fd,
                                                            uint32_t len, uint64_t data,
                                                            uint32_t flags, uint32_t cqe_flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_msg_ring_cqe_flags(sqe, fd, len, data, flags, cqe_flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_msg_ring_fd(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, uint32_t source_index,
                                                     uint32_t target_index, uint64_t data,
                                                     uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_msg_ring_fd(sqe, fd, source_index, target_index, data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_msg_ring_fd_alloc(struct rf_ring *ring, uint64_t user_data,
                                                           int fd, uint32_t source_index,
                                                           uint64_t data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_msg_ring_fd_alloc(sqe, fd, source_index, data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
