/* SPDX-License-Identifier: MIT */
/* buffers.c - buffers.h. */
#include "buffers.h"

#include <errno.h>
#include <string.h>

#include "map.h"

/* --- buffer rings -------------------------------------------------------- */

static int refuse(struct rf_ring *ring, int error, const char *reason)
{
    ring->reason = reason;
    return error;
}

static int register_br(struct rf_ring *ring, struct rf_buf_ring *br, uint32_t entries,
                       uint16_t group_id, uint32_t flags)
{
    struct rf_buf_reg reg;
    memset(&reg, 0, sizeof reg);
    reg.ring_addr = (uint64_t)(uintptr_t)br;
    reg.ring_entries = entries;
    reg.bgid = group_id;
    reg.flags = (uint16_t)flags;
    int result = rfi_register(ring, RF_REGISTER_PBUF_RING, &reg, 1);
    return result < 0 ? result : 0;
}

static int unregister_br(struct rf_ring *ring, uint16_t group_id)
{
    struct rf_buf_reg reg;
    memset(&reg, 0, sizeof reg);
    reg.bgid = group_id;
    int result = rfi_register(ring, RF_UNREGISTER_PBUF_RING, &reg, 1);
    return result < 0 ? result : 0;
}

/* A flag that the kernel does not know is -EINVAL to it, and so is much else. */
static int register_or_say_unsupported(struct rf_ring *ring, struct rf_buf_ring *br,
                                       uint32_t entries, uint16_t group_id, uint32_t flags)
{
    int err = register_br(ring, br, entries, group_id, flags);
    if (err != -EINVAL || !flags)
        return err;
    err = register_br(ring, br, entries, group_id, 0);
    if (err)
        return err;
    err = unregister_br(ring, group_id);
    return err ? err : -EOPNOTSUPP;
}

static size_t bytes_of(uint32_t entries)
{
    return entries * sizeof(struct rf_buf);
}

static int check_request(struct rf_ring *ring, uint32_t entries, uint32_t flags)
{
    ring->reason = NULL;
    if (entries == 0 || entries > 32768)
        return refuse(ring, -ERANGE, "a buffer ring has 1 to 32768 entries");
    if (entries & (entries - 1))
        return refuse(ring, -EDOM, "the number of entries is not a power of two");
    if (flags & ~RF_PBUF_RING_INC)
        return refuse(ring, -EOPNOTSUPP,
                      "a flag of buffer rings that this version of ringfence does not know");
    return 0;
}

int rf_setup_buf_ring(struct rf_ring *ring, uint32_t entries, uint16_t group_id, uint32_t flags,
                      struct rf_buf_ring **ret_br)
{
    int err = check_request(ring, entries, flags);
    if (err)
        return err;
    void *addr;
    err = ring->sys->map(ring->sys, -1, 0, bytes_of(entries), &addr);
    if (err)
        return err;
    struct rf_buf_ring *br = (struct rf_buf_ring *)addr;
    rf_buf_ring_init(br);
    err = register_or_say_unsupported(ring, br, entries, group_id, flags);
    if (err) {
        (void)ring->sys->unmap(ring->sys, addr, bytes_of(entries));
        return err;
    }
    *ret_br = br;
    return 0;
}

static bool is_closed(const struct rf_ring *ring)
{
    return ring->fd < 0 && !ring->register_flags;
}

int rf_free_buf_ring(struct rf_ring *ring, struct rf_buf_ring *br, uint32_t entries,
                     uint16_t group_id)
{
    if (!is_closed(ring)) {
        int err = unregister_br(ring, group_id);
        if (err)
            return err;
    }
    return ring->sys->unmap(ring->sys, br, bytes_of(entries));
}

/* --- buffer groups ------------------------------------------------------- */

/* The buffers begin on a page: some like that for direct I/O. */
#define BUFFERS_ALIGN UINT64_C(4096)

static uint64_t states_bytes(uint32_t count)
{
    uint64_t bytes = (uint64_t)count * sizeof(struct rfi_group_buffer);
    return (bytes + BUFFERS_ALIGN - 1) & ~(BUFFERS_ALIGN - 1);
}

static unsigned char *buffer_at(const struct rf_buffer_group *group, uint32_t id)
{
    return group->buffers + (size_t)id * group->buffer_size;
}

/* The tail is kept here and never read back, so this is not rf_buf_ring_add(). */
static void fill_entry(struct rf_buffer_group *group, uint32_t id)
{
    uint16_t mask = rf_buf_ring_mask(group->buffers_count);
    struct rf_buf *entry = (struct rf_buf *)(void *)group->br + (group->tail & mask);
    entry->addr = (uint64_t)(uintptr_t)buffer_at(group, id);
    entry->len = group->buffer_size;
    entry->bid = (uint16_t)id; /* and not resv: in entry 0 that is the tail */
    group->tail++;
}

static void show_entries(struct rf_buffer_group *group)
{
    rfi_buf_tail_store(rfi_buf_tail_word(group->br), group->tail);
}

/* Maps states and buffers, and sets all that does not depend on the kernel's answer. */
static int map_group(struct rf_buffer_group *group, struct rf_ring *ring, uint32_t buffer_size,
                     uint32_t buffers_count)
{
    if (buffer_size == 0)
        return refuse(ring, -EINVAL, "buffers of no bytes");
    /* Up to 2^47 bytes: more than 32 bits hold, and less than 64. */
    uint64_t front = states_bytes(buffers_count);
    uint64_t bytes = front + (uint64_t)buffer_size * buffers_count;
    if (bytes > SIZE_MAX)
        return refuse(ring, -EOVERFLOW, "the buffers do not fit the address space");
    void *addr;
    int err = ring->sys->map(ring->sys, -1, 0, (size_t)bytes, &addr);
    if (err)
        return err;
    group->states = (struct rfi_group_buffer *)addr; /* zeroed: nothing filled */
    group->buffers = (unsigned char *)addr + front;
    group->mapped_bytes = (size_t)bytes;
    group->buffer_size = buffer_size;
    group->buffers_count = buffers_count;
    return 0;
}

static void unmap_group(struct rf_buffer_group *group, struct rf_ring *ring)
{
    (void)ring->sys->unmap(ring->sys, group->states, group->mapped_bytes);
    memset(group, 0, sizeof *group);
}

static int init(struct rf_buffer_group *group, struct rf_ring *ring, uint16_t group_id,
                uint32_t buffer_size, uint32_t buffers_count, uint32_t flags, bool take_less)
{
    memset(group, 0, sizeof *group);
    int err = check_request(ring, buffers_count, flags);
    if (!err)
        err = map_group(group, ring, buffer_size, buffers_count);
    if (err)
        return err;

    struct rf_buf_ring *br;
    err = rf_setup_buf_ring(ring, buffers_count, group_id, flags, &br);
    if (err == -EOPNOTSUPP && take_less) {
        flags = 0;
        err = rf_setup_buf_ring(ring, buffers_count, group_id, flags, &br);
    }
    if (err) {
        unmap_group(group, ring);
        return err;
    }
    group->ring = ring;
    group->br = br;
    group->group_id = group_id;
    group->incremental = (flags & RF_PBUF_RING_INC) != 0;
    for (uint32_t id = 0; id < buffers_count; id++)
        fill_entry(group, id);
    show_entries(group);
    return 0;
}

int rf_buffer_group_init(struct rf_buffer_group *group, struct rf_ring *ring, uint16_t group_id,
                         uint32_t buffer_size, uint32_t buffers_count)
{
    return init(group, ring, group_id, buffer_size, buffers_count, RF_PBUF_RING_INC, true);
}

int rf_buffer_group_init_flags(struct rf_buffer_group *group, struct rf_ring *ring,
                               uint16_t group_id, uint32_t buffer_size, uint32_t buffers_count,
                               uint32_t flags)
{
    return init(group, ring, group_id, buffer_size, buffers_count, flags, false);
}

int rf_buffer_group_deinit(struct rf_buffer_group *group)
{
    struct rf_ring *ring = group->ring;
    if (!ring)
        return 0;
    int err = rf_free_buf_ring(ring, group->br, group->buffers_count, group->group_id);
    /* Unregistered behind our back: not in use by the kernel, so not to be kept for it. */
    if (err == -ENOENT)
        err = ring->sys->unmap(ring->sys, group->br, bytes_of(group->buffers_count));
    if (err)
        return err;
    unmap_group(group, ring);
    return 0;
}

static void give_back(struct rf_buffer_group *group, uint32_t id)
{
    memset(&group->states[id], 0, sizeof group->states[id]);
    fill_entry(group, id);
    show_entries(group);
}

int rf_buffer_group_get(struct rf_buffer_group *group, const struct rf_cqe *cqe, void **ret_data)
{
    if (!(cqe->flags & RF_CQE_F_BUFFER))
        return cqe->res > 0 ? -ENODATA : cqe->res;
    uint32_t id = cqe->flags >> RF_CQE_BUFFER_SHIFT;
    uint32_t bytes = cqe->res > 0 ? (uint32_t)cqe->res : 0;
    bool more = cqe->flags & RF_CQE_F_BUF_MORE;
    if (id >= group->buffers_count || (more && !group->incremental))
        return -EPROTO;
    struct rfi_group_buffer *buffer = &group->states[id];
    if (buffer->used_up || bytes > group->buffer_size - buffer->filled)
        return -EPROTO;

    if (bytes) {
        *ret_data = buffer_at(group, id) + buffer->filled;
        buffer->filled += bytes;
        buffer->out++;
    }
    if (!more) {
        buffer->used_up = true;
        if (buffer->out == 0)
            give_back(group, id);
    }
    return cqe->res;
}

int rf_buffer_group_put(struct rf_buffer_group *group, const struct rf_cqe *cqe)
{
    if (!(cqe->flags & RF_CQE_F_BUFFER) || cqe->res <= 0)
        return -ENODATA;
    uint32_t id = cqe->flags >> RF_CQE_BUFFER_SHIFT;
    RF_ASSERT(id < group->buffers_count); /* or else get refused it */
    struct rfi_group_buffer *buffer = &group->states[id];
    RF_ASSERT(buffer->out > 0); /* or else it was never got, or put before */
    buffer->out--;
    if (buffer->out == 0 && buffer->used_up)
        give_back(group, id);
    return 0;
}

static bool buffer_is_valid(const struct rf_buffer_group *group,
                            const struct rfi_group_buffer *buffer)
{
    if (buffer->filled > group->buffer_size || buffer->out > buffer->filled)
        return false;
    if (buffer->used_up)
        return buffer->out > 0;
    return group->incremental || buffer->filled == 0;
}

bool rfi_buffer_group_is_valid(const struct rf_buffer_group *group)
{
    if (!group->ring)
        return !group->br && !group->states && !group->buffers && !group->mapped_bytes;
    uint32_t count = group->buffers_count;
    if (count == 0 || count > 32768 || (count & (count - 1)) || group->buffer_size == 0)
        return false;
    for (uint32_t id = 0; id < count; id++)
        if (!buffer_is_valid(group, &group->states[id]))
            return false;
    return true;
}
