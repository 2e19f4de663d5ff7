/* SPDX-License-Identifier: MIT */
/* peer.c - peer.h: the queues, and who serves them. */
#include "peer_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTER_FLAGS                                                                           \
    (RF_ENTER_GETEVENTS | RF_ENTER_SQ_WAKEUP | RF_ENTER_SQ_WAIT | RF_ENTER_EXT_ARG |          \
     RF_ENTER_REGISTERED_RING | RF_ENTER_NO_IOWAIT)
#define NOP_FLAGS                                                                             \
    (RF_NOP_INJECT_RESULT | RF_NOP_FILE | RF_NOP_FIXED_FILE | RF_NOP_FIXED_BUFFER | RF_NOP_TW | \
     RF_NOP_CQE32)

/* --- first in, first out ------------------------------------------------- */

static void fifo_push(struct peer_fifo *fifo, const struct peer_cqe *item)
{
    if (fifo->first + fifo->count == fifo->room) {
        if (fifo->first > 0) {
            memmove(fifo->items, fifo->items + fifo->first, fifo->count * sizeof *fifo->items);
            fifo->first = 0;
        } else {
            fifo->room = fifo->room ? 2 * fifo->room : 16;
            fifo->items = realloc(fifo->items, fifo->room * sizeof *fifo->items);
            if (!fifo->items)
                abort();
        }
    }
    fifo->items[fifo->first + fifo->count++] = *item;
}

static const struct peer_cqe *fifo_front(const struct peer_fifo *fifo)
{
    return fifo->count ? &fifo->items[fifo->first] : NULL;
}

static void fifo_pop(struct peer_fifo *fifo)
{
    fifo->first++;
    fifo->count--;
}

void peer_fifo_free(struct peer_fifo *fifo)
{
    free(fifo->items);
    memset(fifo, 0, sizeof *fifo);
}

size_t peer_overflowed(const struct peer *peer)
{
    return peer->overflow.count;
}

size_t peer_deferred(const struct peer *peer)
{
    return peer->deferred.count;
}

/* --- the shared words ---------------------------------------------------- */

/* Acquire: the SQEs before the tail. io_sqring_entries() does the same. */
static uint32_t load_sq_tail(const struct peer *peer)
{
    return __atomic_load_n(peer_word(peer, SQ_TAIL), __ATOMIC_ACQUIRE);
}

uint32_t peer_sq_tail(const struct peer *peer)
{
    return load_sq_tail(peer);
}

/* Release: our reads of the SQEs before their slots are free. io_commit_sqring(). */
static void store_sq_head(const struct peer *peer)
{
    __atomic_store_n(peer_word(peer, SQ_HEAD), peer->sq_head, __ATOMIC_RELEASE);
}

/*
 * The kernel reads it relaxed and branches before it writes a CQE. C11 knows
 * no such dependency, so for the same effect it is an acquire here.
 */
static uint32_t load_cq_head(const struct peer *peer)
{
    return __atomic_load_n(peer_word(peer, CQ_HEAD), __ATOMIC_ACQUIRE);
}

/* Release: the CQEs, and the data they announce. io_commit_cqring(). */
static void store_cq_tail(const struct peer *peer)
{
    __atomic_store_n(peer_word(peer, CQ_TAIL), peer->cq_tail, __ATOMIC_RELEASE);
}

/* Relaxed read-modify-writes, as the kernel's: a hint that orders nothing. */
static void set_sq_flag(const struct peer *peer, uint32_t flag)
{
    __atomic_fetch_or(peer_word(peer, SQ_FLAGS), flag, __ATOMIC_RELAXED);
}

static void clear_sq_flag(const struct peer *peer, uint32_t flag)
{
    __atomic_fetch_and(peer_word(peer, SQ_FLAGS), ~flag, __ATOMIC_RELAXED);
}

/* Relaxed: counters with one writer. */
static void count_one(const struct peer *peer, uint32_t offset)
{
    uint32_t *counter = peer_word(peer, offset);
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

void peer_lie(struct peer *peer, enum peer_word which, uint32_t value)
{
    static const uint32_t offsets[] = {
        [PEER_SQ_HEAD] = SQ_HEAD, [PEER_SQ_FLAGS] = SQ_FLAGS,       [PEER_SQ_DROPPED] = SQ_DROPPED,
        [PEER_CQ_TAIL] = CQ_TAIL, [PEER_CQ_OVERFLOW] = CQ_OVERFLOW,
    };
    __atomic_store_n(peer_word(peer, offsets[which]), value, __ATOMIC_RELEASE);
}

/* --- posting CQEs -------------------------------------------------------- */

static struct rf_cqe *cqe_at(const struct peer *peer, uint32_t index)
{
    struct rf_cqe *cqes = (struct rf_cqe *)(void *)((char *)peer->rings.addr + CQES);
    return cqes + ((size_t)(index & (peer->cq_entries - 1)) << peer_cqe_shift(peer));
}

/* Free slots, as far as the head tells, which is looked at for nonsense. */
static uint32_t cq_room(struct peer *peer)
{
    uint32_t head = load_cq_head(peer);
    uint32_t queued = peer->cq_tail - head;
    if (head - peer->cq_head_seen > peer->cq_tail - peer->cq_head_seen)
        peer_complain(peer, "the head of the completion queue went back, or beyond the tail");
    peer->cq_head_seen = head;
    return queued <= peer->cq_entries ? peer->cq_entries - queued : 0;
}

/* Nobody may look at free slots: whoever does, sees rubbish. */
static void scribble_free_cqes(struct peer *peer)
{
    uint32_t room = cq_room(peer);
    size_t bytes = sizeof(struct rf_cqe) << peer_cqe_shift(peer);
    for (uint32_t i = 0; i < room; i++)
        memset(cqe_at(peer, peer->cq_tail + i), SCRIBBLE, bytes);
}

static void write_cqe(struct peer *peer, const struct peer_cqe *item)
{
    struct rf_cqe *cqe = cqe_at(peer, peer->cq_tail);
    *cqe = item->cqe;
    if (item->wide || peer->flags & RF_SETUP_CQE32)
        memcpy(cqe + 1, item->big, sizeof item->big);
    peer->cq_tail += item->wide ? 2 : 1;
}

/* A CQE of two slots does not wrap: a filler takes the last slot, if that one is free. */
static bool fill_last_slot(struct peer *peer, uint32_t room)
{
    static const struct peer_cqe filler = {.cqe = {.flags = RF_CQE_F_SKIP}};
    if (room < 1)
        return false;
    write_cqe(peer, &filler);
    return true;
}

static bool try_post(struct peer *peer, const struct peer_cqe *item)
{
    uint32_t room = cq_room(peer);
    if (item->wide && (peer->cq_tail & (peer->cq_entries - 1)) == peer->cq_entries - 1) {
        if (!fill_last_slot(peer, room))
            return false;
        room--;
    }
    if (room < (item->wide ? 2 : 1))
        return false;
    write_cqe(peer, item);
    return true;
}

static void post(struct peer *peer, const struct peer_cqe *item)
{
    /* Behind those that wait already: order is kept. */
    if (peer->overflow.count == 0 && try_post(peer, item))
        return;
    if (peer->overflow.count >= peer->keep_limit) {
        peer->dropped = true;
        count_one(peer, CQ_OVERFLOW);
        return;
    }
    fifo_push(&peer->overflow, item);
    set_sq_flag(peer, RF_SQ_CQ_OVERFLOW);
}

static void flush_overflow(struct peer *peer)
{
    const struct peer_cqe *item;
    while ((item = fifo_front(&peer->overflow)) && try_post(peer, item))
        fifo_pop(&peer->overflow);
    store_cq_tail(peer);
    if (peer->overflow.count == 0)
        clear_sq_flag(peer, RF_SQ_CQ_OVERFLOW);
}

static void run_deferred(struct peer *peer)
{
    const struct peer_cqe *item;
    clear_sq_flag(peer, RF_SQ_TASKRUN); /* before the list is taken: no work is missed */
    while ((item = fifo_front(&peer->deferred))) {
        post(peer, item);
        fifo_pop(&peer->deferred);
    }
    store_cq_tail(peer);
}

/* --- serving SQEs -------------------------------------------------------- */

/* What became of an SQE. A bad one ends the batch, unless RF_SETUP_SUBMIT_ALL. */
struct outcome {
    int32_t res;
    uint64_t big[2];
    bool bad;
    bool wide;
    bool later; /* through task work */
};

static struct peer_file *file_of(struct peer *peer, int32_t fd)
{
    uint32_t i = (uint32_t)fd - PEER_FILE_FD;
    return i < PEER_FILES && peer->files[i].data ? &peer->files[i] : NULL;
}

static struct outcome bad(int32_t res)
{
    return (struct outcome){.res = res, .bad = true};
}

static struct outcome serve_nop(struct peer *peer, const struct rf_sqe *sqe)
{
    uint32_t flags = sqe->nop_flags;
    if (flags & ~NOP_FLAGS)
        return bad(-EINVAL);
    if (flags & RF_NOP_CQE32 && !(peer->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED)))
        return bad(-EINVAL);
    struct outcome out = {.later = flags & RF_NOP_TW};
    if (flags & RF_NOP_INJECT_RESULT)
        out.res = (int32_t)sqe->len;
    if (flags & RF_NOP_FILE && (flags & RF_NOP_FIXED_FILE || !file_of(peer, sqe->fd)))
        out.res = -EBADF;
    if (flags & RF_NOP_FIXED_BUFFER)
        out.res = -EFAULT;
    if (flags & RF_NOP_CQE32) {
        out.wide = peer->flags & RF_SETUP_CQE_MIXED;
        out.big[0] = sqe->off;
        out.big[1] = sqe->addr;
    }
    return out;
}

static struct outcome serve_rw(struct peer *peer, const struct rf_sqe *sqe, bool write)
{
    struct outcome out = {.res = -EBADF};
    struct peer_file *file = file_of(peer, sqe->fd);
    if (!file)
        return out;
    size_t bytes = sqe->off < file->bytes ? file->bytes - (size_t)sqe->off : 0;
    if (bytes > sqe->len)
        bytes = sqe->len;
    char *there = (char *)file->data + (bytes ? sqe->off : 0);
    void *here = (void *)(uintptr_t)sqe->addr;
    if (write && bytes < sqe->len && bytes == 0)
        out.res = -ENOSPC;
    else
        out.res = (int32_t)bytes;
    if (bytes)
        memcpy(write ? there : here, write ? here : there, bytes);
    return out;
}

static struct outcome serve(struct peer *peer, const struct rf_sqe *sqe)
{
    if (sqe->flags & ~(RF_SQE_ASYNC | RF_SQE_CQE_SKIP_SUCCESS) || sqe->ioprio)
        return bad(-EINVAL);
    switch (sqe->opcode) {
    case RF_OP_NOP:
    case RF_OP_NOP128:
        return serve_nop(peer, sqe);
    case RF_OP_READ:
        return serve_rw(peer, sqe, false);
    case RF_OP_WRITE:
        return serve_rw(peer, sqe, true);
    default:
        return bad(-EINVAL);
    }
}

static void complete(struct peer *peer, const struct rf_sqe *sqe, const struct outcome *out)
{
    if (sqe->flags & RF_SQE_CQE_SKIP_SUCCESS && out->res >= 0)
        return;
    struct peer_cqe item = {
        .cqe = {sqe->user_data, out->res, out->wide ? RF_CQE_F_32 : 0},
        .big = {out->big[0], out->big[1]},
        .wide = out->wide,
    };
    if (peer->flags & RF_SETUP_DEFER_TASKRUN || out->later || peer->deferred.count) {
        fifo_push(&peer->deferred, &item);
        if (peer->flags & RF_SETUP_TASKRUN_FLAG)
            set_sq_flag(peer, RF_SQ_TASKRUN);
    } else {
        post(peer, &item);
    }
}

/* The slot that the next SQE is in, or -1. */
static int64_t sqe_slot(struct peer *peer)
{
    uint32_t slot = peer->sq_head & (peer->sq_entries - 1);
    if (peer->flags & RF_SETUP_NO_SQARRAY)
        return slot;
    size_t array = peer->rings.bytes - peer->sq_entries * sizeof(uint32_t);
    slot = *peer_word(peer, (uint32_t)array + slot * (uint32_t)sizeof(uint32_t));
    return slot < peer->sq_entries ? (int64_t)slot : -1;
}

/* SQEs that may be consumed, with a look for nonsense. */
static uint32_t sqes_there(struct peer *peer)
{
    uint32_t tail = load_sq_tail(peer);
    uint32_t there = tail - peer->sq_head;
    if (there > peer->sq_entries)
        peer_complain(peer, "the tail of the submission queue is where it cannot be");
    else if (there < peer->sq_tail_seen - peer->sq_head)
        peer_complain(peer, "the tail of the submission queue went back");
    peer->sq_tail_seen = tail;
    return there < peer->sq_entries ? there : peer->sq_entries;
}

static bool is_wide(const struct rf_sqe *sqe)
{
    return sqe->opcode == RF_OP_NOP128;
}

/* The SQE before sq_head is one of 128 bytes; @left slots may be taken, with its own. io_init_req(). */
static bool takes_two_slots(struct peer *peer, uint32_t left)
{
    if (!(peer->flags & RF_SETUP_SQE_MIXED))
        return false;
    if (left >= 2 && (peer->sq_head & (peer->sq_entries - 1)) != 0)
        return true;
    peer_complain(peer, "a large SQE is cut in half");
    return false;
}

static uint32_t consume(struct peer *peer, uint32_t wanted)
{
    bool rewind = peer->flags & RF_SETUP_SQ_REWIND;
    uint32_t there = rewind ? peer->sq_entries : sqes_there(peer);
    uint32_t count = there < wanted ? there : wanted;
    if (count > peer->consume_limit)
        count = peer->consume_limit;
    uint32_t shift = peer->flags & RF_SETUP_SQE128 ? 1 : 0;
    uint32_t consumed = 0;
    bool stop = false;
    while (consumed < count && !stop) {
        int64_t slot = sqe_slot(peer);
        peer->sq_head++;
        if (slot < 0) {
            count_one(peer, SQ_DROPPED);
            break;
        }
        struct rf_sqe *shared = (struct rf_sqe *)peer->sqes.addr + ((size_t)slot << shift);
        struct rf_sqe sqe = *shared;
        struct outcome out = bad(-EINVAL);
        if (!is_wide(&sqe) || shift) {
            memset(shared, SCRIBBLE, sizeof sqe << shift);
            out = serve(peer, &sqe);
        } else if (takes_two_slots(peer, count - consumed)) {
            memset(shared, SCRIBBLE, 2 * sizeof sqe);
            out = serve(peer, &sqe);
            peer->sq_head++;
            consumed++;
        }
        complete(peer, &sqe, &out);
        stop = out.bad && !(peer->flags & RF_SETUP_SUBMIT_ALL);
        consumed++;
    }
    if (rewind)
        peer->sq_head = 0; /* the head that is shown stays where it is */
    /* CQEs first, as in the kernel: they may be seen before the slots are free. */
    store_cq_tail(peer);
    store_sq_head(peer);
    return consumed;
}

uint32_t peer_run(struct peer *peer)
{
    if (peer->asleep)
        return 0;
    uint32_t total = 0, consumed;
    scribble_free_cqes(peer);
    do {
        consumed = consume(peer, UINT32_MAX);
        total += consumed;
    } while (consumed > 0 && total < peer->sq_entries && peer->consume_limit == UINT32_MAX);
    run_deferred(peer);
    return total;
}

bool peer_sleep(struct peer *peer)
{
    set_sq_flag(peer, RF_SQ_NEED_WAKEUP);
    /* Flag before tail; the other half is in rfi_sq_flags_after_publish(). io_sq_thread(). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (sqes_there(peer) > 0) {
        clear_sq_flag(peer, RF_SQ_NEED_WAKEUP);
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

static uint32_t cqes_there(const struct peer *peer)
{
    return peer->cq_tail - load_cq_head(peer);
}

static int wait_for(struct peer *peer, uint32_t min_complete, uint32_t flags, const void *arg)
{
    run_deferred(peer);
    flush_overflow(peer);
    if (min_complete > peer->cq_entries)
        min_complete = peer->cq_entries;
    if (cqes_there(peer) >= min_complete)
        return 0;
    if (peer->dropped) {
        peer->dropped = false;
        return -EBADR;
    }
    if (peer->overflow.count)
        peer_complain(peer, "a wait that Linux 6.18 would spin in for ever");
    if (cqes_there(peer) > 0)
        return 0;
    bool timed = flags & RF_ENTER_EXT_ARG && ((const struct rf_getevents_arg *)arg)->ts;
    return timed ? -ETIME : -EINTR;
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

    uint32_t submitted = to_submit;
    if (peer->flags & RF_SETUP_SQPOLL) {
        if (flags & RF_ENTER_SQ_WAKEUP) {
            peer->asleep = false;
            clear_sq_flag(peer, RF_SQ_NEED_WAKEUP);
        }
        peer_run(peer);
    } else {
        scribble_free_cqes(peer);
        submitted = to_submit ? consume(peer, to_submit) : 0;
        if (submitted != to_submit)
            return (int)submitted;
    }
    if (flags & RF_ENTER_GETEVENTS)
        result = wait_for(peer, min_complete, flags, arg);
    /* Other rings run task work whenever they leave the kernel. */
    if (!(peer->flags & RF_SETUP_DEFER_TASKRUN))
        run_deferred(peer);
    return submitted ? (int)submitted : result;
}

