/* SPDX-License-Identifier: MIT */
/* serve.c - the SQEs of peer.h: consumed, done, completed. */
#include "private.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define NOP_FLAGS                                                                             \
    (RF_NOP_INJECT_RESULT | RF_NOP_FILE | RF_NOP_FIXED_FILE | RF_NOP_FIXED_BUFFER | RF_NOP_TW | \
     RF_NOP_CQE32)

#define SQE_FLAGS (RF_SQE_ASYNC | RF_SQE_CQE_SKIP_SUCCESS | RF_SQE_BUFFER_SELECT)

/* What became of an SQE. A bad one ends the batch, unless RF_SETUP_SUBMIT_ALL. */
struct outcome {
    int32_t res;
    uint64_t big[2];
    bool bad;
    bool wide;
    bool later; /* through task work */
    uint32_t flags; /* of the CQE */
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

/*
 * The next buffer of a group: 0, or -ENOBUFS. Acquire: the entries before the tail, as in
 * io_ring_buffer_select(). The tail overlays the first entry, so fields are read and
 * never the whole.
 */
static int select_buffer(struct peer *peer, uint16_t bgid, struct rf_buf *ret_buf)
{
    struct peer_group *group = peer_group_of(peer, bgid);
    if (!group)
        return -ENOBUFS;
    const struct rf_buf *entries = (const struct rf_buf *)group->ring;
    const uint16_t *tail =
        (const uint16_t *)(const void *)((const char *)group->ring + RF_BUF_RING_TAIL_OFFSET);
    uint16_t there = (uint16_t)(__atomic_load_n(tail, __ATOMIC_ACQUIRE) - group->head);
    if (there > group->entries)
        peer_complain(peer, "the tail of a buffer ring is where it cannot be");
    if (there == 0 || there > group->entries)
        return -ENOBUFS;
    const struct rf_buf *entry = &entries[group->head++ & (group->entries - 1)];
    ret_buf->addr = entry->addr;
    ret_buf->len = entry->len;
    ret_buf->bid = entry->bid;
    return 0;
}

static struct outcome serve_rw(struct peer *peer, const struct rf_sqe *sqe, bool write)
{
    struct outcome out = {.res = -EBADF};
    struct peer_file *file = file_of(peer, sqe->fd);
    if (!file)
        return out;
    struct rf_buf buf = {.addr = sqe->addr, .len = sqe->len};
    if (sqe->flags & RF_SQE_BUFFER_SELECT) {
        out.res = write ? -EOPNOTSUPP : select_buffer(peer, sqe->buf_group, &buf);
        if (out.res)
            return out;
        out.flags = RF_CQE_F_BUFFER | (uint32_t)buf.bid << RF_CQE_BUFFER_SHIFT;
        if (sqe->len && sqe->len < buf.len)
            buf.len = sqe->len;
    }
    size_t bytes = sqe->off < file->bytes ? file->bytes - (size_t)sqe->off : 0;
    if (bytes > buf.len)
        bytes = buf.len;
    char *there = (char *)file->data + (bytes ? sqe->off : 0);
    void *here = (void *)(uintptr_t)buf.addr;
    if (write && bytes < buf.len && bytes == 0)
        out.res = -ENOSPC;
    else
        out.res = (int32_t)bytes;
    if (bytes)
        memcpy(write ? there : here, write ? here : there, bytes);
    return out;
}

/* What it messages is in live.c: two rings, two locks. */
static struct outcome serve_msg_ring(const struct peer *peer, const struct rf_sqe *sqe)
{
    struct outcome out = {.res = 0};
    if (sqe->addr != RF_MSG_DATA)
        return bad(-EINVAL);
    if (!peer->other || sqe->fd != peer->other->fd)
        out.res = -EBADFD;
    return out;
}

static struct outcome serve(struct peer *peer, const struct rf_sqe *sqe)
{
    if (sqe->flags & ~SQE_FLAGS || sqe->ioprio)
        return bad(-EINVAL);
    switch (sqe->opcode) {
    case RF_OP_NOP:
    case RF_OP_NOP128:
        return serve_nop(peer, sqe);
    case RF_OP_READ:
        return serve_rw(peer, sqe, false);
    case RF_OP_WRITE:
        return serve_rw(peer, sqe, true);
    case RF_OP_TIMEOUT:
        return (struct outcome){.res = -ETIME};
    case RF_OP_MSG_RING:
        return serve_msg_ring(peer, sqe);
    default:
        return bad(-EINVAL);
    }
}

static void complete(struct peer *peer, const struct rf_sqe *sqe, const struct outcome *out)
{
    if (sqe->flags & RF_SQE_CQE_SKIP_SUCCESS && out->res >= 0)
        return;
    struct peer_cqe item = {
        .cqe = {sqe->user_data, out->res, out->flags | (out->wide ? RF_CQE_F_32 : 0)},
        .big = {out->big[0], out->big[1]},
        .wide = out->wide,
    };
    peer_complete(peer, &item, out->later);
}

void peer_finish(struct peer *peer, const struct rf_sqe *sqe)
{
    struct outcome out = serve(peer, sqe);
    complete(peer, sqe, &out);
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
uint32_t peer_sqes_there(struct peer *peer)
{
    uint32_t tail = peer_load_sq_tail(peer);
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

/* The SQE before sq_head has 128 bytes; @left slots may be taken, with its own. io_init_req(). */
static bool takes_two_slots(struct peer *peer, uint32_t left)
{
    if (!(peer->flags & RF_SETUP_SQE_MIXED))
        return false;
    if (left >= 2 && (peer->sq_head & (peer->sq_entries - 1)) != 0)
        return true;
    peer_complain(peer, "a large SQE is cut in half");
    return false;
}

uint32_t peer_consume(struct peer *peer, uint32_t wanted)
{
    bool rewind = peer->flags & RF_SETUP_SQ_REWIND;
    uint32_t there = rewind ? peer->sq_entries : peer_sqes_there(peer);
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
            peer_count(peer, SQ_DROPPED);
            break;
        }
        struct rf_sqe *shared = (struct rf_sqe *)peer->sqes.addr + ((size_t)slot << shift);
        struct rf_sqe sqe = *shared;
        consumed++;
        struct outcome out = bad(-EINVAL);
        if (!is_wide(&sqe) || shift) {
            memset(shared, SCRIBBLE, sizeof sqe << shift);
            if (peer_hand_over(peer, &sqe))
                continue;
            out = serve(peer, &sqe);
        } else if (takes_two_slots(peer, count - consumed + 1)) {
            memset(shared, SCRIBBLE, 2 * sizeof sqe);
            out = serve(peer, &sqe);
            peer->sq_head++;
            consumed++;
        }
        complete(peer, &sqe, &out);
        stop = out.bad && !(peer->flags & RF_SETUP_SUBMIT_ALL);
    }
    if (rewind)
        peer->sq_head = 0; /* the head that is shown stays where it is */
    /* CQEs first, as in the kernel: they may be seen before the slots are free. */
    peer_store_cq_tail(peer);
    peer_store_sq_head(peer);
    return consumed;
}
