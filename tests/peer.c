/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The layout of x86-64; no reader may count on these numbers. */
enum {
    SQ_HEAD = 0,
    SQ_TAIL = 4,
    CQ_HEAD = 8,
    CQ_TAIL = 12,
    SQ_MASK = 16,
    CQ_MASK = 20,
    SQ_ENTRIES = 24,
    CQ_ENTRIES = 28,
    SQ_DROPPED = 32,
    SQ_FLAGS = 36,
    CQ_FLAGS = 40,
    CQ_OVERFLOW = 44,
    CQES = 64,
    LINE = 64,
    PAGE = 4096,
};

enum {
    ENTRIES_MAX = 32768,
    RING_FD = 0x7e01, /* not one that the process has */
    RING_INDEX = 3,
    SCRIBBLE = 0xa5,
};

#define ALL_SETUP_FLAGS ((RF_SETUP_CQE_MIXED << 1) - 1)
#define ALL_FEATURES ((RF_FEAT_NO_IOWAIT << 1) - 1)
#define ENTER_FLAGS                                                                           \
    (RF_ENTER_GETEVENTS | RF_ENTER_SQ_WAKEUP | RF_ENTER_SQ_WAIT | RF_ENTER_EXT_ARG |          \
     RF_ENTER_REGISTERED_RING | RF_ENTER_NO_IOWAIT)
#define NOP_FLAGS                                                                             \
    (RF_NOP_INJECT_RESULT | RF_NOP_FILE | RF_NOP_FIXED_FILE | RF_NOP_FIXED_BUFFER | RF_NOP_TW | \
     RF_NOP_CQE32)

static struct peer *peer_of(const struct rf_sys *sys)
{
    return (struct peer *)(uintptr_t)sys;
}

static void complain(struct peer *peer, const char *what)
{
    if (!peer->complaint)
        peer->complaint = what;
}

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

static void fifo_free(struct peer_fifo *fifo)
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

static uint32_t *word(const struct peer *peer, uint32_t offset)
{
    return (uint32_t *)(void *)((char *)peer->rings.addr + offset);
}

/* Acquire: the SQEs before the tail. io_sqring_entries() does the same. */
static uint32_t load_sq_tail(const struct peer *peer)
{
    return __atomic_load_n(word(peer, SQ_TAIL), __ATOMIC_ACQUIRE);
}

uint32_t peer_sq_tail(const struct peer *peer)
{
    return load_sq_tail(peer);
}

/* Release: our reads of the SQEs before their slots are free. io_commit_sqring(). */
static void store_sq_head(const struct peer *peer)
{
    __atomic_store_n(word(peer, SQ_HEAD), peer->sq_head, __ATOMIC_RELEASE);
}

/*
 * The kernel reads it relaxed and branches before it writes a CQE. C11 knows
 * no such dependency, so for the same effect it is an acquire here.
 */
static uint32_t load_cq_head(const struct peer *peer)
{
    return __atomic_load_n(word(peer, CQ_HEAD), __ATOMIC_ACQUIRE);
}

/* Release: the CQEs, and the data they announce. io_commit_cqring(). */
static void store_cq_tail(const struct peer *peer)
{
    __atomic_store_n(word(peer, CQ_TAIL), peer->cq_tail, __ATOMIC_RELEASE);
}

/* Relaxed read-modify-writes, as the kernel's: a hint that orders nothing. */
static void set_sq_flag(const struct peer *peer, uint32_t flag)
{
    __atomic_fetch_or(word(peer, SQ_FLAGS), flag, __ATOMIC_RELAXED);
}

static void clear_sq_flag(const struct peer *peer, uint32_t flag)
{
    __atomic_fetch_and(word(peer, SQ_FLAGS), ~flag, __ATOMIC_RELAXED);
}

/* Relaxed: counters with one writer. */
static void count_one(const struct peer *peer, uint32_t offset)
{
    uint32_t *counter = word(peer, offset);
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

void peer_lie(struct peer *peer, enum peer_word which, uint32_t value)
{
    static const uint32_t offsets[] = {
        [PEER_SQ_HEAD] = SQ_HEAD, [PEER_SQ_FLAGS] = SQ_FLAGS,       [PEER_SQ_DROPPED] = SQ_DROPPED,
        [PEER_CQ_TAIL] = CQ_TAIL, [PEER_CQ_OVERFLOW] = CQ_OVERFLOW,
    };
    __atomic_store_n(word(peer, offsets[which]), value, __ATOMIC_RELEASE);
}

/* --- posting CQEs -------------------------------------------------------- */

static uint32_t cqe_shift(const struct peer *peer)
{
    return peer->flags & RF_SETUP_CQE32 ? 1 : 0;
}

static struct rf_cqe *cqe_at(const struct peer *peer, uint32_t index)
{
    struct rf_cqe *cqes = (struct rf_cqe *)(void *)((char *)peer->rings.addr + CQES);
    return cqes + ((size_t)(index & (peer->cq_entries - 1)) << cqe_shift(peer));
}

/* Free slots, as far as the head tells, which is looked at for nonsense. */
static uint32_t cq_room(struct peer *peer)
{
    uint32_t head = load_cq_head(peer);
    uint32_t queued = peer->cq_tail - head;
    if (head - peer->cq_head_seen > peer->cq_tail - peer->cq_head_seen)
        complain(peer, "the head of the completion queue went back, or beyond the tail");
    peer->cq_head_seen = head;
    return queued <= peer->cq_entries ? peer->cq_entries - queued : 0;
}

/* Nobody may look at free slots: whoever does, sees rubbish. */
static void scribble_free_cqes(struct peer *peer)
{
    uint32_t room = cq_room(peer);
    for (uint32_t i = 0; i < room; i++)
        memset(cqe_at(peer, peer->cq_tail + i), SCRIBBLE, sizeof(struct rf_cqe) << cqe_shift(peer));
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
    slot = *word(peer, (uint32_t)array + slot * (uint32_t)sizeof(uint32_t));
    return slot < peer->sq_entries ? (int64_t)slot : -1;
}

/* SQEs that may be consumed, with a look for nonsense. */
static uint32_t sqes_there(struct peer *peer)
{
    uint32_t tail = load_sq_tail(peer);
    uint32_t there = tail - peer->sq_head;
    if (there > peer->sq_entries)
        complain(peer, "the tail of the submission queue is where it cannot be");
    else if (there < peer->sq_tail_seen - peer->sq_head)
        complain(peer, "the tail of the submission queue went back");
    peer->sq_tail_seen = tail;
    return there < peer->sq_entries ? there : peer->sq_entries;
}

static uint32_t consume(struct peer *peer, uint32_t wanted)
{
    uint32_t there = sqes_there(peer);
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
        memset(shared, SCRIBBLE, sizeof sqe << shift);
        struct outcome out = serve(peer, &sqe);
        complete(peer, &sqe, &out);
        stop = out.bad && !(peer->flags & RF_SETUP_SUBMIT_ALL);
        consumed++;
    }
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

static bool is_open(const struct peer *peer)
{
    return peer->fd >= 0 || peer->index >= 0;
}

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
        complain(peer, "a wait that Linux 6.18 would spin in for ever");
    if (cqes_there(peer) > 0)
        return 0;
    bool timed = flags & RF_ENTER_EXT_ARG && ((const struct rf_getevents_arg *)arg)->ts;
    return timed ? -ETIME : -EINTR;
}

static int peer_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
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

/* --- setup --------------------------------------------------------------- */

static int check_flags(const struct peer *peer, const struct rf_params *p)
{
    uint32_t flags = p->flags;
    if (flags & ~peer->known_flags || p->resv[0] || p->resv[1] || p->resv[2])
        return -EINVAL;
    if (flags & RF_SETUP_SQPOLL &&
        flags & (RF_SETUP_COOP_TASKRUN | RF_SETUP_TASKRUN_FLAG | RF_SETUP_DEFER_TASKRUN))
        return -EINVAL;
    if (flags & RF_SETUP_TASKRUN_FLAG &&
        !(flags & (RF_SETUP_COOP_TASKRUN | RF_SETUP_DEFER_TASKRUN)))
        return -EINVAL;
    const struct {
        uint32_t flag, needs;
    } pairs[] = {
        {RF_SETUP_DEFER_TASKRUN, RF_SETUP_SINGLE_ISSUER},
        {RF_SETUP_REGISTERED_FD_ONLY, RF_SETUP_NO_MMAP},
        {RF_SETUP_HYBRID_IOPOLL, RF_SETUP_IOPOLL},
        {RF_SETUP_SQ_AFF, RF_SETUP_SQPOLL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (flags & pairs[i].flag && !(flags & pairs[i].needs))
            return -EINVAL;
    if (flags & RF_SETUP_CQE32 && flags & RF_SETUP_CQE_MIXED)
        return -EINVAL;
    if (flags & RF_SETUP_NO_MMAP) {
        if (!p->sq_off.user_addr || !p->cq_off.user_addr)
            return -EFAULT;
        if (p->sq_off.user_addr % PAGE || p->cq_off.user_addr % PAGE)
            return -EINVAL;
    }
    return 0;
}

/* @n as a size of a queue, or 0: refused. */
static uint32_t queue_size(uint32_t n, uint32_t max, bool clamp)
{
    if (n == 0 || (n > max && !clamp))
        return 0;
    uint32_t size = 1;
    while (size < n && size < max)
        size *= 2;
    return size;
}

static int choose_sizes(struct peer *peer, uint32_t entries, const struct rf_params *p)
{
    bool clamp = p->flags & RF_SETUP_CLAMP;
    peer->sq_entries = queue_size(entries, ENTRIES_MAX, clamp);
    if (!peer->sq_entries)
        return -EINVAL;
    peer->cq_entries = 2 * peer->sq_entries;
    if (p->flags & RF_SETUP_CQSIZE) {
        peer->cq_entries = queue_size(p->cq_entries, 2 * ENTRIES_MAX, clamp);
        if (peer->cq_entries < peer->sq_entries)
            return -EINVAL;
    }
    return p->flags & RF_SETUP_CQE_MIXED && peer->cq_entries < 2 ? -EOVERFLOW : 0;
}

static void *allocate(size_t bytes, size_t alignment)
{
    void *addr = NULL;
    if (posix_memalign(&addr, alignment, bytes))
        abort();
    return addr;
}

/* The memory that setup makes, or that the caller gave, whose content stays as it is. */
static void take_memory(struct peer *peer, const struct rf_params *p, size_t rings_bytes,
                        size_t sqes_bytes)
{
    peer->rings = (struct peer_block){.bytes = rings_bytes};
    peer->sqes = (struct peer_block){.bytes = sqes_bytes};
    if (p->flags & RF_SETUP_NO_MMAP) {
        peer->rings.addr = (void *)(uintptr_t)p->cq_off.user_addr;
        peer->sqes.addr = (void *)(uintptr_t)p->sq_off.user_addr;
    } else {
        peer->rings.addr = allocate(rings_bytes, LINE);
        peer->sqes.addr = allocate(sqes_bytes, LINE);
        /* All ones: SQ array entries that nobody fills are out of range. */
        memset(peer->rings.addr, 0xff, rings_bytes);
        memset(peer->sqes.addr, SCRIBBLE, sqes_bytes);
    }
}

static void write_header(struct peer *peer)
{
    memset(peer->rings.addr, 0, CQES);
    *word(peer, SQ_MASK) = peer->sq_entries - 1;
    *word(peer, CQ_MASK) = peer->cq_entries - 1;
    *word(peer, SQ_ENTRIES) = peer->sq_entries;
    *word(peer, CQ_ENTRIES) = peer->cq_entries;
    *word(peer, SQ_HEAD) = *word(peer, SQ_TAIL) = peer->sq_start;
    *word(peer, CQ_HEAD) = *word(peer, CQ_TAIL) = peer->cq_start;
    peer->sq_head = peer->sq_tail_seen = peer->sq_start;
    peer->cq_tail = peer->cq_head_seen = peer->cq_start;
}

static void write_reply(const struct peer *peer, size_t array, struct rf_params *p)
{
    p->sq_entries = peer->sq_entries;
    p->cq_entries = peer->cq_entries;
    p->features = peer->features;
    p->sq_off.head = SQ_HEAD;
    p->sq_off.tail = SQ_TAIL;
    p->sq_off.ring_mask = SQ_MASK;
    p->sq_off.ring_entries = SQ_ENTRIES;
    p->sq_off.flags = SQ_FLAGS;
    p->sq_off.dropped = SQ_DROPPED;
    p->sq_off.resv1 = 0;
    if (!(p->flags & RF_SETUP_NO_SQARRAY)) /* else it comes back as it was */
        p->sq_off.array = (uint32_t)array;
    p->cq_off.head = CQ_HEAD;
    p->cq_off.tail = CQ_TAIL;
    p->cq_off.ring_mask = CQ_MASK;
    p->cq_off.ring_entries = CQ_ENTRIES;
    p->cq_off.overflow = CQ_OVERFLOW;
    p->cq_off.flags = CQ_FLAGS;
    p->cq_off.cqes = CQES;
    p->cq_off.resv1 = 0;
    if (!(p->flags & RF_SETUP_NO_MMAP))
        p->sq_off.user_addr = p->cq_off.user_addr = 0;
}

static int peer_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *p)
{
    struct peer *peer = peer_of(sys);
    if (is_open(peer))
        return -EMFILE;
    int err = check_flags(peer, p);
    if (!err)
        err = choose_sizes(peer, entries, p);
    if (err)
        return err;
    peer->flags = p->flags;
    peer->disabled = p->flags & RF_SETUP_R_DISABLED;
    peer->asleep = peer->dropped = false;

    /* With CQE32 the kernel doubles the header too, and so leaves a gap before the array. */
    size_t array = (CQES + (size_t)peer->cq_entries * sizeof(struct rf_cqe)) << cqe_shift(peer);
    array = (array + LINE - 1) / LINE * LINE;
    size_t rings_bytes = p->flags & RF_SETUP_NO_SQARRAY
                             ? CQES + ((size_t)peer->cq_entries * sizeof(struct rf_cqe)
                                       << cqe_shift(peer))
                             : array + peer->sq_entries * sizeof(uint32_t);
    size_t sqes_bytes = (size_t)peer->sq_entries * sizeof(struct rf_sqe)
                        << (p->flags & RF_SETUP_SQE128 ? 1 : 0);
    take_memory(peer, p, rings_bytes, sqes_bytes);
    write_header(peer);
    write_reply(peer, array, p);
    bool index_only = p->flags & RF_SETUP_REGISTERED_FD_ONLY;
    if (index_only)
        peer->index = RING_INDEX;
    else
        peer->fd = RING_FD;
    if (peer->tamper)
        peer->tamper(peer, p);
    return index_only ? peer->index : peer->fd;
}

/* --- closing, mapping, registering --------------------------------------- */

static void free_ring_memory(struct peer *peer)
{
    if (is_open(peer))
        return;
    bool own = !(peer->flags & RF_SETUP_NO_MMAP);
    struct peer_block *parts[] = {&peer->rings, &peer->sqes};
    for (int i = 0; i < 2; i++) {
        if (parts[i]->mapped)
            continue;
        if (own)
            free(parts[i]->addr);
        memset(parts[i], 0, sizeof *parts[i]);
    }
}

static void end_ring(struct peer *peer)
{
    if (is_open(peer))
        return;
    fifo_free(&peer->overflow);
    fifo_free(&peer->deferred);
    free_ring_memory(peer);
}

static int peer_close(const struct rf_sys *sys, int fd)
{
    struct peer *peer = peer_of(sys);
    if (fd < 0 || fd != peer->fd) {
        complain(peer, "a descriptor was closed that is not the ring's");
        return -EBADF;
    }
    peer->fd = -1;
    end_ring(peer);
    return 0;
}

static int map_private(struct peer *peer, size_t bytes, void **ret_addr)
{
    for (int i = 0; i < PEER_BLOCKS; i++) {
        struct peer_block *block = &peer->blocks[i];
        if (block->mapped)
            continue;
        block->addr = allocate(bytes, PAGE);
        block->bytes = block->mapped = bytes;
        memset(block->addr, 0, bytes);
        *ret_addr = block->addr;
        return 0;
    }
    return -ENOMEM;
}

static int peer_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                    void **ret_addr)
{
    struct peer *peer = peer_of(sys);
    if (bytes == 0)
        return -EINVAL;
    if (fd < 0)
        return map_private(peer, bytes, ret_addr);
    if (fd != peer->fd)
        return -EBADF;
    if (peer->flags & RF_SETUP_NO_MMAP)
        return -EINVAL;
    if (offset != RF_OFF_SQ_RING && offset != RF_OFF_CQ_RING && offset != RF_OFF_SQES)
        return -EINVAL;
    struct peer_block *block = offset == RF_OFF_SQES ? &peer->sqes : &peer->rings;
    /* The kernel maps more, and what lies beyond is a SIGBUS later; less only of the rings. */
    if (bytes > block->bytes || (block == &peer->sqes && bytes < block->bytes) || block->mapped)
        return -EFAULT;
    block->mapped = bytes;
    *ret_addr = block->addr;
    return 0;
}

static int peer_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    struct peer *peer = peer_of(sys);
    struct peer_block *parts[] = {&peer->rings, &peer->sqes};
    for (int i = 0; i < 2; i++) {
        if (!parts[i]->mapped || parts[i]->mapped != bytes || parts[i]->addr != addr)
            continue;
        parts[i]->mapped = 0;
        free_ring_memory(peer);
        return 0;
    }
    for (int i = 0; i < PEER_BLOCKS; i++) {
        struct peer_block *block = &peer->blocks[i];
        if (!block->mapped || block->mapped != bytes || block->addr != addr)
            continue;
        free(addr);
        memset(block, 0, sizeof *block);
        return 0;
    }
    complain(peer, "memory was unmapped that is not mapped");
    return -EINVAL;
}

static int register_ring(struct peer *peer, struct rf_rsrc_update *update, uint32_t count)
{
    if (count != 1 || update->resv)
        return -EINVAL;
    if (peer->index >= 0)
        return -EBUSY;
    if (peer->fd < 0 || update->data != (uint64_t)peer->fd)
        return -EBADF;
    peer->index = update->offset == UINT32_MAX ? RING_INDEX : (int)update->offset;
    update->offset = (uint32_t)peer->index;
    return 1;
}

static int unregister_ring(struct peer *peer, const struct rf_rsrc_update *update, uint32_t count)
{
    if (count != 1 || update->resv || update->data)
        return -EINVAL;
    if (peer->index >= 0 && update->offset == (uint32_t)peer->index) {
        peer->index = -1;
        end_ring(peer);
    }
    return 1;
}

static int peer_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                         uint32_t nr_args)
{
    struct peer *peer = peer_of(sys);
    int mine = opcode & RF_REGISTER_USE_REGISTERED_RING ? peer->index : peer->fd;
    if (fd < 0 || fd != mine)
        return -EBADF;
    switch (opcode & ~RF_REGISTER_USE_REGISTERED_RING) {
    case RF_REGISTER_ENABLE_RINGS:
        if (arg || nr_args)
            return -EINVAL;
        if (!peer->disabled)
            return -EBADFD;
        peer->disabled = false;
        return 0;
    case RF_REGISTER_RING_FDS:
        return arg ? register_ring(peer, (struct rf_rsrc_update *)arg, nr_args) : -EINVAL;
    case RF_UNREGISTER_RING_FDS:
        return arg ? unregister_ring(peer, (const struct rf_rsrc_update *)arg, nr_args) : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* --- the peer itself ----------------------------------------------------- */

void peer_init(struct peer *peer)
{
    memset(peer, 0, sizeof *peer);
    peer->sys = (struct rf_sys){
        .ring_setup = peer_setup,
        .ring_enter = peer_enter,
        .ring_register = peer_register,
        .map = peer_map,
        .unmap = peer_unmap,
        .close = peer_close,
    };
    peer->known_flags = ALL_SETUP_FLAGS;
    peer->features = ALL_FEATURES;
    peer->consume_limit = UINT32_MAX;
    peer->keep_limit = UINT32_MAX;
    peer->fd = peer->index = -1;
}

const char *peer_end(struct peer *peer)
{
    if (is_open(peer))
        complain(peer, "the ring was left open");
    if (peer->rings.mapped || peer->sqes.mapped)
        complain(peer, "the rings were left mapped");
    peer->fd = peer->index = -1;
    peer->rings.mapped = peer->sqes.mapped = 0;
    end_ring(peer);
    for (int i = 0; i < PEER_BLOCKS; i++) {
        if (!peer->blocks[i].mapped)
            continue;
        complain(peer, "memory was left mapped");
        free(peer->blocks[i].addr);
    }
    memset(peer->blocks, 0, sizeof peer->blocks);
    return peer->complaint;
}
