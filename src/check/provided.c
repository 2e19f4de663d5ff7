/* SPDX-License-Identifier: MIT */
/*
 * provided.c - provided buffers: whose is which, the kernel's or the program's?
 *
 * A buffer is the kernel's from its publication on until a CQE brings its id. Publishing
 * into a ring is a store to memory, which nobody sees at once: entries are read before CQEs
 * are, each time that the checker looks. What is in a ring by then was put there before the
 * program could know of those CQEs, so a buffer that is the kernel's and is found there anew was
 * returned twice.
 *
 * Where that is not sure, a group is not watched any more: after a CQE of nobody with a buffer,
 * for example, or when some of the buffers were removed.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const struct rf_op_loan ring_row = {
    .lent = RF_LENT_PROVIDED,
    .direction = RF_KERNEL_NEITHER,
    .until = RF_UNTIL_UNREGISTERED,
    .until_inline = RF_UNTIL_UNREGISTERED,
    .extent = RF_EXTENT_TOLD,
    .note = "The ring of buffers itself, whose pages are held.",
};

static const struct rf_op_loan buffer_row = {
    .lent = RF_LENT_PROVIDED,
    .direction = RF_KERNEL_NEITHER,
    .until = RF_UNTIL_RETURNED,
    .until_inline = RF_UNTIL_RETURNED,
    .extent = RF_EXTENT_TOLD,
};

enum whose { NOT_KNOWN, THE_KERNELS, THE_PROGRAMS };

struct buffer {
    enum whose whose;
    uint16_t position; /* in the ring */
    uint32_t bytes;
    uint64_t addr;
    uint32_t used; /* bytes of it that were filled, where it is used in parts */
    struct rfi_opened *held; /* while it is the kernel's */
};

struct rfi_pool {
    struct rfi_pool *next;
    uint16_t group;
    uint16_t tail;     /* entries before it have been read */
    uint32_t entries;  /* of the ring, or 0: buffers were given by operations */
    uint64_t addr;     /* of the ring, or 0: not known */
    uint32_t flags;
    bool unsure;       /* not watched any more */
    bool written;      /* operations have the kernel write into them */
    uint32_t buffer_count;
    struct buffer *buffers; /* by id */
    uint16_t *order;        /* of a ring: the ids by position */
    struct rfi_opened *memory; /* the ring itself */
};

/* --- groups --------------------------------------------------------------- */

static void read_entries(struct rfi_check *check, struct rfi_pool *pool);

static struct rfi_pool *find(const struct rfi_check *check, uint16_t group)
{
    struct rfi_pool *pool = check->pools;
    while (pool && pool->group != group)
        pool = pool->next;
    return pool;
}

static struct rfi_pool *add_pool(struct rfi_check *check, uint16_t group)
{
    struct rfi_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->group = group;
    pool->next = check->pools;
    check->pools = pool;
    return pool;
}

static struct buffer *buffer_of(struct rfi_pool *pool, uint16_t id)
{
    if (id >= pool->buffer_count) {
        uint32_t count = pool->buffer_count ? pool->buffer_count : 16;
        while (count <= id)
            count *= 2;
        struct buffer *buffers = realloc(pool->buffers, count * sizeof *buffers);
        if (!buffers)
            return NULL;
        memset(buffers + pool->buffer_count, 0,
               (count - pool->buffer_count) * sizeof *buffers);
        pool->buffers = buffers;
        pool->buffer_count = count;
    }
    return &pool->buffers[id];
}

static void let_go(struct rfi_check *check, struct buffer *buffer, enum whose whose)
{
    buffer->whose = whose;
    rfi_held_end(check, buffer->held);
    buffer->held = NULL;
}

static void forget_buffers(struct rfi_check *check, struct rfi_pool *pool)
{
    for (uint32_t i = 0; i < pool->buffer_count; i++)
        let_go(check, &pool->buffers[i], NOT_KNOWN);
}

static void give_up(struct rfi_check *check, struct rfi_pool *pool)
{
    pool->unsure = true;
    forget_buffers(check, pool);
    for (uint32_t i = 0; i < pool->buffer_count; i++)
        rfi_tools_written(pool->buffers[i].addr, pool->buffers[i].bytes); /* whenever that is */
}

/* --- never returned ------------------------------------------------------- */

static void look_for_kept(struct rfi_check *check, const struct rfi_pool *pool)
{
    struct rfi_opened first;
    uint32_t kept = 0;
    memset(&first, 0, sizeof first);
    for (uint32_t i = 0; i < pool->buffer_count; i++)
        if (pool->buffers[i].whose == THE_PROGRAMS && kept++ == 0)
            first.user_data = i;
    if (pool->unsure || kept == 0 || !(check->options.flags & RF_CHECK_RETURNED))
        return;
    first.what = "provided buffer";
    first.fd = -1;
    if (pool->memory) {
        first.where = pool->memory->where;
        first.when_ns = pool->memory->when_ns;
    }
    rfi_report(check, RF_CHECK_NOT_RETURNED, &first, NULL, 0, "the first of %u, in group %u",
               (unsigned)kept, (unsigned)pool->group);
}

static void end_pool(struct rfi_check *check, struct rfi_pool *pool)
{
    struct rfi_pool **at = &check->pools;
    read_entries(check, pool);
    look_for_kept(check, pool);
    while (*at != pool)
        at = &(*at)->next;
    *at = pool->next;
    forget_buffers(check, pool);
    rfi_held_end(check, pool->memory);
    free(pool->buffers);
    free(pool->order);
    free(pool);
}

void rfi_pools_end(struct rfi_check *check)
{
    while (check->pools)
        end_pool(check, check->pools);
}

/* --- to the kernel -------------------------------------------------------- */

static void poison(const struct rfi_pool *pool, struct buffer *buffer)
{
    if (pool->written && !(pool->flags & RF_PBUF_RING_INC) && buffer->held)
        rfi_watch_poison(buffer->held, &buffer->held->loans[0]);
}

static void tell_twice(struct rfi_check *check, const struct rfi_pool *pool,
                       const struct buffer *buffer, uint16_t id)
{
    struct rfi_where *here = check->here;
    if (!here)
        check->here = rfi_where_now(check);
    rfi_report(check, RF_CHECK_RETURNED_TWICE, buffer->held,
               buffer->held ? &buffer->held->loans[0] : NULL, id, "in group %u",
               (unsigned)pool->group);
    if (!here)
        rfi_where_drop(check->here);
    check->here = here;
}

static void published(struct rfi_check *check, struct rfi_pool *pool, uint16_t id, uint64_t addr,
                      uint32_t bytes)
{
    struct buffer *buffer = buffer_of(pool, id);
    if (!buffer || pool->unsure)
        return;
    if (buffer->whose == THE_KERNELS)
        tell_twice(check, pool, buffer, id);
    let_go(check, buffer, THE_KERNELS);
    /* The kernel moves the entry on with each part that it fills, also before this looks. */
    if (pool->flags & RF_PBUF_RING_INC && addr > buffer->addr &&
        addr + bytes == buffer->addr + buffer->bytes) {
        addr = buffer->addr;
        bytes = buffer->bytes;
    }
    buffer->bytes = bytes;
    buffer->addr = addr;
    buffer->used = 0;
    buffer->held = rfi_held_new(check, &buffer_row, "provided buffer", id, addr, bytes);
    poison(pool, buffer);
}

/* What was put into the ring since the last look. */
static void read_entries(struct rfi_check *check, struct rfi_pool *pool)
{
    uint16_t tail;
    if (!pool->addr || pool->unsure)
        return;
    if (!rfi_peek(&tail, pool->addr + RF_BUF_RING_TAIL_OFFSET, sizeof tail)) {
        give_up(check, pool); /* it was unmapped, which is told when it is given back */
        return;
    }
    if ((uint16_t)(tail - pool->tail) > pool->entries) {
        give_up(check, pool);
        return;
    }
    for (; pool->tail != tail; pool->tail++) {
        struct rf_buf entry;
        uint32_t slot = pool->tail & (pool->entries - 1);
        if (!rfi_peek(&entry, pool->addr + slot * sizeof entry, sizeof entry))
            return;
        pool->order[slot] = entry.bid;
        published(check, pool, entry.bid, entry.addr, entry.len);
        if (entry.bid < pool->buffer_count)
            pool->buffers[entry.bid].position = pool->tail;
    }
}

void rfi_pools_look(struct rfi_check *check)
{
    if (!check->pools)
        return;
    for (struct rfi_pool *pool = check->pools; pool; pool = pool->next)
        read_entries(check, pool);
    rfi_where_drop(check->held_where);
    check->held_where = NULL;
}

void rfi_pools_order(const struct rfi_check *check)
{
    for (const struct rfi_pool *pool = check->pools; pool; pool = pool->next)
        if (pool->addr)
            rfi_tsan_acquire(pool->addr + RF_BUF_RING_TAIL_OFFSET);
}

static void by_operation(struct rfi_check *check, const struct rf_sqe *sqe)
{
    struct rfi_pool *pool = find(check, sqe->buf_group);
    if (!pool)
        pool = add_pool(check, sqe->buf_group);
    for (int i = 0; pool && !pool->unsure && i < sqe->fd; i++)
        published(check, pool, (uint16_t)(sqe->off + (unsigned)i),
                  sqe->addr + (uint64_t)i * sqe->len, sqe->len);
    rfi_where_drop(check->held_where);
    check->held_where = NULL;
}

/* Does the kernel write into what it picks? */
static bool writes(const struct rfi_opened *opened)
{
    for (size_t i = 0; i < opened->op->loan_count; i++)
        if (opened->op->loans[i].lent == RF_LENT_PROVIDED &&
            opened->op->loans[i].direction & RF_KERNEL_WRITES)
            return true;
    return false;
}

void rfi_pools_sqe(struct rfi_check *check, struct rfi_opened *opened, const struct rf_sqe *sqe)
{
    struct rfi_pool *pool;
    opened->selects = opened->op && sqe->flags & RF_SQE_BUFFER_SELECT;
    opened->group = sqe->buf_group;
    opened->bundle = sqe->ioprio & RF_RECVSEND_BUNDLE;
    if (sqe->opcode == RF_OP_PROVIDE_BUFFERS)
        by_operation(check, sqe);
    if (sqe->opcode == RF_OP_REMOVE_BUFFERS && (pool = find(check, sqe->buf_group)))
        forget_buffers(check, pool); /* which ones, it does not tell */
    if (opened->selects && writes(opened) && (pool = find(check, sqe->buf_group)) &&
        !pool->written) {
        pool->written = true;
        for (uint32_t i = 0; i < pool->buffer_count; i++)
            poison(pool, &pool->buffers[i]);
    }
}

void rfi_pools_undo(struct rfi_check *check, const struct rfi_opened *opened)
{
    struct rfi_pool *pool = find(check, opened->group);
    if (pool && opened->op && opened->op->opcode == RF_OP_PROVIDE_BUFFERS)
        forget_buffers(check, pool);
}

/* --- and back ------------------------------------------------------------- */

/* The kernel has filled so many bytes more of it. */
static void filled(const struct rfi_pool *pool, struct buffer *buffer, int64_t bytes)
{
    uint32_t room = buffer->bytes - buffer->used;
    uint32_t some = bytes < 0 ? 0 : bytes < room ? (uint32_t)bytes : room;
    if (!pool->written || !buffer->addr)
        return;
    rfi_tools_written(buffer->addr + buffer->used, some);
    buffer->used += some;
}

static void taken(struct rfi_check *check, struct rfi_pool *pool, uint16_t id, int64_t bytes)
{
    struct buffer *buffer = buffer_of(pool, id);
    if (buffer && buffer->whose != THE_KERNELS)
        read_entries(check, pool); /* another thread has only just put it there */
    buffer = buffer_of(pool, id);
    if (!buffer || pool->unsure)
        return;
    let_go(check, buffer, THE_PROGRAMS);
    filled(pool, buffer, bytes);
}

static void used_in_parts(struct rfi_pool *pool, uint16_t id, int64_t bytes)
{
    struct buffer *buffer = buffer_of(pool, id);
    if (buffer)
        filled(pool, buffer, bytes);
}

/* A bundle takes one after the other, as they were put into the ring. */
static void bundle_taken(struct rfi_check *check, struct rfi_pool *pool, uint16_t id,
                         const struct rf_cqe *cqe)
{
    int64_t left = cqe->res;
    struct buffer *buffer = buffer_of(pool, id);
    if (!buffer || !pool->order || pool->flags & RF_PBUF_RING_INC) {
        give_up(check, pool);
        return;
    }
    uint16_t position = buffer->position;
    do {
        id = pool->order[position++ & (pool->entries - 1)];
        buffer = buffer_of(pool, id);
        int64_t before = left;
        left -= buffer ? buffer->bytes : left;
        taken(check, pool, id, before);
    } while (left > 0);
}

/* Of those that share its user_data, who has picked a buffer; NULL: that is not clear. */
static const struct rfi_opened *picker(const struct rfi_check *check,
                                       const struct rfi_opened *opened)
{
    const struct rfi_opened *one = opened->selects ? opened : NULL;
    const struct rfi_opened *o = opened->doubtful ? rfi_opened_find(check, opened->user_data) : NULL;
    for (; o; o = rfi_opened_again(o)) {
        if (o->selects && one && o->group != one->group)
            return NULL;
        if (o->selects && !one)
            one = o;
    }
    return one;
}

void rfi_pools_cqe(struct rfi_check *check, const struct rfi_opened *opened,
                   const struct rf_cqe *cqe)
{
    if (opened && cqe->res < 0)
        rfi_pools_undo(check, opened);
    if (!(cqe->flags & RF_CQE_F_BUFFER) || !check->pools)
        return;
    uint16_t id = (uint16_t)(cqe->flags >> RF_CQE_BUFFER_SHIFT);
    if (opened)
        opened = picker(check, opened);
    if (!opened) {
        for (struct rfi_pool *pool = check->pools; pool; pool = pool->next)
            give_up(check, pool);
        return;
    }
    struct rfi_pool *pool = find(check, opened->group);
    if (!pool || pool->unsure)
        return;
    if (cqe->flags & RF_CQE_F_BUF_MORE) {
        used_in_parts(pool, id, cqe->res);
        return;
    }
    if (opened->bundle && cqe->res > 0)
        bundle_taken(check, pool, id, cqe);
    else
        taken(check, pool, id, cqe->res);
}

/* --- registering ---------------------------------------------------------- */

/* Entry 0 has the tail in it: 16 bytes each. */
static size_t ring_bytes(const struct rfi_pool *pool)
{
    return pool->entries * sizeof(struct rf_buf);
}

static void set_memory(struct rfi_check *check, struct rfi_pool *pool, uint64_t addr)
{
    pool->addr = addr;
    if (!rfi_peek(&pool->tail, addr + RF_BUF_RING_TAIL_OFFSET, sizeof pool->tail))
        pool->unsure = true;
    pool->memory = rfi_held_new(check, &ring_row, "buffer ring of group", pool->group, addr,
                                ring_bytes(pool));
    /* What is in it already is the kernel's from now on. */
    pool->tail = 0;
}

static void ring_registered(struct rfi_check *check, const struct rf_buf_reg *reg)
{
    struct rfi_pool *pool = find(check, reg->bgid);
    if (pool)
        end_pool(check, pool);
    if (reg->ring_entries == 0 || !(pool = add_pool(check, reg->bgid)))
        return;
    pool->entries = reg->ring_entries;
    pool->flags = reg->flags;
    pool->order = calloc(pool->entries, sizeof *pool->order);
    if (!pool->order)
        pool->unsure = true;
    else if (reg->ring_addr)
        set_memory(check, pool, reg->ring_addr);
}

void rfi_pools_registered(struct rfi_check *check, uint32_t opcode, const void *arg)
{
    struct rf_buf_reg reg;
    if (!rfi_peek(&reg, (uint64_t)(uintptr_t)arg, sizeof reg))
        return;
    struct rfi_pool *pool = find(check, reg.bgid);
    if (opcode == RF_REGISTER_PBUF_RING)
        ring_registered(check, &reg);
    else if (pool)
        end_pool(check, pool);
}

void rfi_pools_mapped(struct rfi_check *check, uint64_t offset, const void *addr)
{
    if ((offset & RF_OFF_MMAP_MASK) != RF_OFF_PBUF_RING)
        return;
    struct rfi_pool *pool = find(check, (uint16_t)(offset >> RF_OFF_PBUF_SHIFT));
    if (pool && pool->order && !pool->addr)
        set_memory(check, pool, (uint64_t)(uintptr_t)addr);
    rfi_where_drop(check->held_where);
    check->held_where = NULL;
}
