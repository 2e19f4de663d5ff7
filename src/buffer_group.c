/* SPDX-License-Identifier: MIT */
/* buffer_group.c - buffers.h, second part: buffer groups. */
#include <errno.h>
#include <string.h>

#include "buffers.h"
#include "register.h"

/* The buffers begin on a page: some like that for direct I/O. */
#define BUFFERS_ALIGN UINT64_C(4096)

/* A state for each buffer, then the id that was last put into each entry. */
static uint64_t states_bytes(uint32_t count)
{
    uint64_t bytes = (uint64_t)count * (sizeof(struct rfi_group_buffer) + sizeof(uint16_t));
    return (bytes + BUFFERS_ALIGN - 1) & ~(BUFFERS_ALIGN - 1);
}

static unsigned char *buffer_at(const struct rf_buffer_group *group, uint32_t id)
{
    return group->buffers + (size_t)id * group->buffer_size;
}

static uint16_t *id_in(const struct rf_buffer_group *group, uint16_t place)
{
    uint16_t *ids = (uint16_t *)(void *)(group->states + group->buffers_count);
    return &ids[place & rf_buf_ring_mask(group->buffers_count)];
}

static struct rf_buf *entry_at(const struct rf_buffer_group *group, uint16_t place)
{
    return (struct rf_buf *)(void *)group->br + (place & rf_buf_ring_mask(group->buffers_count));
}

/* The tail is kept here and never read back, so this is not rf_buf_ring_add(). */
static void fill_entry(struct rf_buffer_group *group, uint32_t id)
{
    struct rf_buf *entry = entry_at(group, group->tail);
    entry->addr = (uint64_t)(uintptr_t)buffer_at(group, id);
    entry->len = group->buffer_size;
    entry->bid = (uint16_t)id; /* and not resv: in entry 0 that is the tail */
    group->states[id].place = group->tail;
    *id_in(group, group->tail) = (uint16_t)id;
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
        return rfi_refuse(ring, -EINVAL, "buffers of no bytes");
    /* Up to 2^47 bytes: more than 32 bits hold, and less than 64. */
    uint64_t front = states_bytes(buffers_count);
    uint64_t bytes = front + (uint64_t)buffer_size * buffers_count;
    if (bytes > SIZE_MAX)
        return rfi_refuse(ring, -EOVERFLOW, "the buffers do not fit the address space");
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
    int err = rfi_check_buf_ring(ring, buffers_count, flags);
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
        err = ring->sys->unmap(ring->sys, group->br, rfi_buf_ring_bytes(group->buffers_count));
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

/*
 * What a CQE says. It may lie in the queue, where the other side can change it: so it is read
 * once, and neither we nor the compiler look again after it was checked.
 */
struct told {
    int32_t res;
    uint32_t flags;
};

static struct told read_once(const struct rf_cqe *cqe)
{
    struct told told = {cqe->res, cqe->flags};
    RF_OPAQUE(told.res);
    RF_OPAQUE(told.flags);
    return told;
}

static int get(struct rf_buffer_group *group, struct told told, void **ret_data)
{
    if (!(told.flags & RF_CQE_F_BUFFER))
        return told.res > 0 ? -ENODATA : told.res;
    uint32_t id = told.flags >> RF_CQE_BUFFER_SHIFT;
    uint32_t bytes = told.res > 0 ? (uint32_t)told.res : 0;
    bool more = told.flags & RF_CQE_F_BUF_MORE;
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
    return told.res;
}

int rf_buffer_group_get(struct rf_buffer_group *group, const struct rf_cqe *cqe, void **ret_data)
{
    return get(group, read_once(cqe), ret_data);
}

/* --- bundles ------------------------------------------------------------- */

/*
 * How much of an entry a bundle fills before it goes on to the next: all of it, but
 * for an entry that the kernel has shortened to what it was going to receive.
 */
static uint32_t room_of(const struct rf_buffer_group *group, uint16_t place, uint32_t id)
{
    uint32_t len = *id_in(group, place) == id ? entry_at(group, place)->len : group->buffer_size;
    RF_OPAQUE(len); /* the kernel may write it: looked at once */
    return len < group->buffer_size ? len : group->buffer_size;
}

/* Is this buffer in the ring, at this place, with nothing told of it yet? */
static bool is_untouched(const struct rf_buffer_group *group, uint32_t id, uint16_t place)
{
    if (id >= group->buffers_count)
        return false;
    const struct rfi_group_buffer *buffer = &group->states[id];
    return !buffer->used_up && buffer->filled == 0 && buffer->place == place;
}

/* The parts of a bundle, and nothing changed. How many; -EPROTO, or -ENOSPC with no room. */
static int find_parts(const struct rf_buffer_group *group, uint32_t id, uint32_t bytes,
                      struct iovec *parts, uint32_t count)
{
    uint16_t place = group->states[id].place;
    uint32_t n = 0;
    for (;; place++, n++) {
        if (n > 0)
            id = *id_in(group, place);
        uint32_t room = room_of(group, place, id);
        if (n == group->buffers_count || !is_untouched(group, id, place) || room == 0)
            return -EPROTO;
        if (n == count)
            return -ENOSPC;
        parts[n].iov_base = buffer_at(group, id);
        parts[n].iov_len = bytes < room ? bytes : room;
        bytes -= (uint32_t)parts[n].iov_len;
        if (bytes == 0)
            return (int)n + 1;
    }
}

static void take_parts(struct rf_buffer_group *group, uint32_t id, const struct iovec *parts, int n)
{
    uint16_t place = group->states[id].place;
    for (int i = 0; i < n; i++) {
        struct rfi_group_buffer *buffer = &group->states[*id_in(group, (uint16_t)(place + i))];
        if (i == 0)
            buffer = &group->states[id];
        buffer->filled = (uint32_t)parts[i].iov_len;
        buffer->out = 1;
        buffer->used_up = true;
        buffer->has_next = i < n - 1;
        if (buffer->has_next)
            buffer->next = *id_in(group, (uint16_t)(place + i + 1));
    }
}

int rf_buffer_group_get_bundle(struct rf_buffer_group *group, const struct rf_cqe *cqe,
                               struct iovec *parts, uint32_t count)
{
    RF_ASSERT(!group->incremental);
    RF_ASSERT(count > 0);
    struct told told = read_once(cqe);
    if (told.res <= 0 || !(told.flags & RF_CQE_F_BUFFER)) {
        void *none;
        return get(group, told, &none);
    }
    uint32_t id = told.flags >> RF_CQE_BUFFER_SHIFT;
    if (id >= group->buffers_count || told.flags & RF_CQE_F_BUF_MORE)
        return -EPROTO;
    int n = find_parts(group, id, (uint32_t)told.res, parts, count);
    if (n > 0)
        take_parts(group, id, parts, n);
    return n;
}

/* --- putting ------------------------------------------------------------- */

int rf_buffer_group_put(struct rf_buffer_group *group, const struct rf_cqe *cqe)
{
    struct told told = read_once(cqe);
    if (!(told.flags & RF_CQE_F_BUFFER) || told.res <= 0)
        return -ENODATA;
    uint32_t id = told.flags >> RF_CQE_BUFFER_SHIFT;
    bool has_next;
    do {
        RF_ASSERT(id < group->buffers_count); /* or else get refused it */
        struct rfi_group_buffer *buffer = &group->states[id];
        RF_ASSERT(buffer->out > 0); /* or else it was never got, or put before */
        uint32_t next = buffer->next;
        has_next = buffer->has_next;
        buffer->out--;
        if (buffer->out == 0 && buffer->used_up)
            give_back(group, id);
        id = next;
    } while (has_next);
    return 0;
}

static bool buffer_is_valid(const struct rf_buffer_group *group,
                            const struct rfi_group_buffer *buffer)
{
    if (buffer->filled > group->buffer_size || buffer->out > buffer->filled)
        return false;
    if (buffer->has_next && (!buffer->used_up || group->incremental))
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
