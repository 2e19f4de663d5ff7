/* SPDX-License-Identifier: MIT */
/*
 * registered.c - what a ring has registered: memory that must stay where it is while it is a
 * registered buffer, and slots that are emptied or filled while an operation has yet to look
 * them up.
 *
 * A registered buffer is kept as an operation that lends one piece of memory and
 * has no CQE: so whoever frees or unmaps it is told as with any other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "check.h"

static const struct rf_op_loan buffer_row = {
    .lent = RF_LENT_REGISTERED,
    .direction = RF_KERNEL_NEITHER,
    .until = RF_UNTIL_UNREGISTERED,
    .until_inline = RF_UNTIL_UNREGISTERED,
    .extent = RF_EXTENT_TOLD,
    .note = "Its pages are held: what is mapped there later is not what is read and written.",
};

/* As many as the kernel takes. */
#define BUFFERS_MAX 16384

/* --- things that are lent without an operation ----------------------------- */

struct rfi_opened *rfi_held_new(struct rfi_check *check, const struct rf_op_loan *row,
                                const char *what, uint64_t id, uint64_t addr, size_t bytes)
{
    struct rfi_opened *held = addr && bytes > 0 ? rfi_opened_new(check) : NULL;
    if (!held)
        return NULL;
    held->what = what;
    held->user_data = id;
    held->fd = -1;
    if (!check->held_where) {
        check->held_where = rfi_where_now(check);
        check->held_ns = rfi_now_ns();
    }
    held->where = rfi_where_share(check->held_where);
    held->when_ns = check->held_ns;
    struct rfi_loan *loan = rfi_opened_loan(held);
    loan->row = row;
    loan->addr = addr;
    loan->bytes = bytes;
    loan->was_there = rfi_is_there(addr, bytes);
    if (rfi_asan_is_there() && loan->was_there)
        loan->heap = rfi_asan_heap(addr);
    rfi_ranges_add(check, held, loan);
    return held;
}

void rfi_held_end(struct rfi_check *check, struct rfi_opened *held)
{
    if (!held)
        return;
    rfi_watch_end(check, held, &held->loans[0]);
    rfi_opened_give_back(check, held);
}

/* --- registered buffers --------------------------------------------------- */

static void put_buffer(struct rfi_check *check, uint32_t index, const struct iovec *iovec)
{
    if (index >= check->buffer_count)
        return;
    rfi_held_end(check, check->buffers[index]);
    check->buffers[index] =
        rfi_held_new(check, &buffer_row, "registered buffer", index,
                     (uint64_t)(uintptr_t)iovec->iov_base, iovec->iov_len);
}

static void put_buffers(struct rfi_check *check, uint32_t first, uint64_t iovecs, uint32_t count)
{
    struct iovec iovec;
    for (uint32_t i = 0; i < count; i++)
        if (rfi_peek(&iovec, iovecs + i * sizeof iovec, sizeof iovec))
            put_buffer(check, first + i, &iovec);
}

void rfi_buffers_end(struct rfi_check *check)
{
    for (uint32_t i = 0; i < check->buffer_count; i++)
        rfi_held_end(check, check->buffers[i]);
    free(check->buffers);
    check->buffers = NULL;
    check->buffer_count = 0;
}

static void buffers_registered(struct rfi_check *check, uint64_t iovecs, uint32_t count)
{
    rfi_buffers_end(check);
    if (count == 0 || count > BUFFERS_MAX)
        return;
    check->buffers = calloc(count, sizeof *check->buffers);
    if (!check->buffers)
        return;
    check->buffer_count = count;
    if (iovecs)
        put_buffers(check, 0, iovecs, count);
}

/* --- calls ---------------------------------------------------------------- */

static bool peek_arg(void *to, const void *arg, size_t bytes)
{
    return rfi_peek(to, (uint64_t)(uintptr_t)arg, bytes);
}

/* Descriptors that say "leave this slot alone" apart. */
static void files_updated(struct rfi_check *check, uint32_t first, uint64_t fds, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int32_t fd;
        if (rfi_peek(&fd, fds + i * sizeof fd, sizeof fd) && fd != RF_REGISTER_FILES_SKIP)
            rfi_numbers_replaced(check, RF_LENT_FILE_SLOT, first + i, 1, "an update");
    }
}

static void buffers_updated(struct rfi_check *check, const struct rf_rsrc_update2 *update,
                            uint32_t count)
{
    rfi_numbers_replaced(check, RF_LENT_BUFFER_SLOT, update->offset, count, "an update");
    put_buffers(check, update->offset, update->data, count);
}

static void registered_with(struct rfi_check *check, uint32_t opcode, const void *arg,
                            uint32_t result)
{
    struct rf_rsrc_register reg;
    struct rf_rsrc_update update;
    struct rf_rsrc_update2 update2;
    if (opcode == RF_REGISTER_BUFFERS2 && peek_arg(&reg, arg, sizeof reg))
        buffers_registered(check, reg.data, reg.nr);
    if (opcode == RF_REGISTER_FILES_UPDATE && peek_arg(&update, arg, sizeof update))
        files_updated(check, update.offset, update.data, result);
    if (opcode == RF_REGISTER_FILES_UPDATE2 && peek_arg(&update2, arg, sizeof update2))
        files_updated(check, update2.offset, update2.data, result);
    if (opcode == RF_REGISTER_BUFFERS_UPDATE && peek_arg(&update2, arg, sizeof update2))
        buffers_updated(check, &update2, result);
}

void rfi_registered(struct rfi_check *check, uint32_t opcode, const void *arg, uint32_t nr_args,
                    int result)
{
    if (result < 0 || check->closing)
        return;
    int saved = errno;
    if (check->flags & RF_SETUP_SQPOLL)
        rfi_look_at_thread(check);
    check->here = rfi_where_now(check);
    switch (opcode) {
    case RF_REGISTER_BUFFERS:
        buffers_registered(check, (uint64_t)(uintptr_t)arg, nr_args);
        break;
    case RF_UNREGISTER_BUFFERS:
        rfi_numbers_replaced(check, RF_LENT_BUFFER_SLOT, 0, UINT32_MAX, "unregistering");
        rfi_buffers_end(check);
        break;
    case RF_UNREGISTER_FILES:
        rfi_numbers_replaced(check, RF_LENT_FILE_SLOT, 0, UINT32_MAX, "unregistering");
        break;
    case RF_REGISTER_PBUF_RING:
    case RF_UNREGISTER_PBUF_RING:
        rfi_pools_registered(check, opcode, arg);
        break;
    case RF_REGISTER_CLONE_BUFFERS:
        rfi_buffers_end(check); /* which are not followed to where they come from */
        break;
    default:
        registered_with(check, opcode, arg, (uint32_t)result);
        break;
    }
    rfi_where_drop(check->here);
    rfi_where_drop(check->held_where);
    check->here = check->held_where = NULL;
    errno = saved;
}
