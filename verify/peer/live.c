/* SPDX-License-Identifier: MIT */
/*
 * live.c - peer.h: the peer's own threads. The SQ thread runs and sleeps; another one
 * completes what is asynchronous. One lock has all that is the peer's alone, so
 * that between the peer and the ring there is nothing but the shared words: whoever
 * only looks at the queues takes no lock.
 */
#include "private.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum {
    NEVER_MS = 20000, /* a wait that takes longer is lost */
    IDLE_ROUNDS = 20, /* of the SQ thread at most, before it sleeps */
};

struct peer_job {
    struct peer_job *next;
    struct rf_sqe sqe;
    int64_t due; /* ns, CLOCK_REALTIME, which is what condition variables go by */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t peer_when(const struct rf_timespec *ts)
{
    if (!ts)
        return now_ns() + NEVER_MS * INT64_C(1000000);
    return now_ns() + ts->tv_sec * INT64_C(1000000000) + ts->tv_nsec;
}

void peer_lock(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
}

void peer_unlock(struct peer *peer)
{
    pthread_mutex_unlock(&peer->lock);
}

void peer_changed(struct peer *peer)
{
    if (peer->live)
        pthread_cond_broadcast(&peer->changed);
}

bool peer_wait(struct peer *peer, int64_t end)
{
    if (!peer->live)
        return false;
    struct timespec until = {end / 1000000000, end % 1000000000};
    return pthread_cond_timedwait(&peer->changed, &peer->lock, &until) == 0;
}

/* --- what is done later, by another thread ------------------------------- */

/* Copied now, as the kernel does: the caller's may be gone when it is used. */
static int64_t due_of(const struct rf_sqe *sqe)
{
    if (sqe->opcode != RF_OP_TIMEOUT)
        return 0;
    return peer_when((const struct rf_timespec *)(uintptr_t)sqe->addr);
}

bool peer_hand_over(struct peer *peer, const struct rf_sqe *sqe)
{
    bool later = sqe->flags & RF_SQE_ASYNC || sqe->opcode == RF_OP_TIMEOUT ||
                 sqe->opcode == RF_OP_MSG_RING;
    if (!peer->live || !later)
        return false;
    struct peer_job *job = (struct peer_job *)malloc(sizeof *job);
    if (!job)
        abort();
    *job = (struct peer_job){.sqe = *sqe, .due = due_of(sqe)};
    *peer->jobs_end = job;
    peer->jobs_end = &job->next;
    peer_changed(peer);
    return true;
}

/* The first that is due; or NULL, and when one will be. */
static struct peer_job *take_job(struct peer *peer, int64_t *ret_due)
{
    int64_t now = now_ns();
    *ret_due = peer_when(NULL);
    for (struct peer_job **at = &peer->jobs; *at; at = &(*at)->next) {
        struct peer_job *job = *at;
        if (job->due <= now) {
            *at = job->next;
            if (!job->next)
                peer->jobs_end = at;
            return job;
        }
        if (job->due < *ret_due)
            *ret_due = job->due;
    }
    return NULL;
}

static void deliver(struct peer *other, const struct rf_sqe *sqe)
{
    struct peer_cqe item = {.cqe = {sqe->off, (int32_t)sqe->len, 0}};
    peer_lock(other);
    peer_complete(other, &item, false);
    peer_store_cq_tail(other);
    peer_changed(other);
    peer_unlock(other);
}

static void *completes(void *argument)
{
    struct peer *peer = (struct peer *)argument;
    int64_t due;
    peer_lock(peer);
    for (;;) {
        struct peer_job *job = take_job(peer, &due);
        if (!job) {
            if (peer->stop)
                break;
            (void)peer_wait(peer, due);
            continue;
        }
        if (job->sqe.opcode == RF_OP_MSG_RING && peer->other) {
            peer_unlock(peer); /* never two locks at once: the other may message us */
            deliver(peer->other, &job->sqe);
            peer_lock(peer);
        }
        peer_finish(peer, &job->sqe);
        peer_store_cq_tail(peer);
        peer_changed(peer);
        free(job);
        peer_unlock(peer);
        sched_yield();
        peer_lock(peer);
    }
    peer_unlock(peer);
    return NULL;
}

/* --- the SQ thread ------------------------------------------------------- */

static void *polls(void *argument)
{
    struct peer *peer = (struct peer *)argument;
    unsigned sleeps = 0, idle = 0;
    peer_lock(peer);
    while (!peer->stop) {
        if (peer_run(peer) > 0) {
            idle = 0;
            peer_changed(peer);
        } else if (idle++ >= sleeps * 7 % IDLE_ROUNDS && peer_sleep(peer)) {
            sleeps++; /* the next time after another while, at once sometimes */
            while (peer->asleep && !peer->stop)
                (void)peer_wait(peer, peer_when(NULL));
            idle = 0;
        }
        peer_unlock(peer);
        sched_yield();
        peer_lock(peer);
    }
    peer_unlock(peer);
    return NULL;
}

/* --- starting and stopping ----------------------------------------------- */

int peer_start(struct peer *peer)
{
    peer->live = true;
    peer->stop = false;
    int err = pthread_create(&peer->completer, NULL, completes, peer);
    if (err) {
        peer->live = false;
        return -err;
    }
    if (!(peer->flags & RF_SETUP_SQPOLL))
        return 0;
    err = pthread_create(&peer->sq_thread, NULL, polls, peer);
    if (err) {
        peer->flags &= ~RF_SETUP_SQPOLL; /* there is none to be joined */
        peer_stop(peer);
    }
    return -err;
}

void peer_stop(struct peer *peer)
{
    peer_lock(peer);
    peer->stop = true;
    peer_changed(peer);
    peer_unlock(peer);
    pthread_join(peer->completer, NULL);
    if (peer->flags & RF_SETUP_SQPOLL)
        pthread_join(peer->sq_thread, NULL);
    while (peer->jobs) {
        struct peer_job *job = peer->jobs;
        peer->jobs = job->next;
        free(job);
    }
    peer->jobs_end = &peer->jobs;
    peer->live = false;
}
