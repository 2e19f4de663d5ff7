/* SPDX-License-Identifier: MIT */
/*
 * op.c - op.h, but for what is taken every time.
 *
 * The word of a slot: 0 is free, else it is the handle plus the kind of operation. A slot behind
 * the last place is never given out and has NEVER in it: with that, too, any handle has a
 * sum with the highest bit set, and it is not what a number can be that belongs to the slot. Nor
 * can the handle to give out next, in slot 0, belong there: no handle has that slot.
 */
#include <ringfence/op.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <ringfence/prep_event.h>
#include <ringfence/sys.h>

#define NEVER (UINT64_C(1) << 62)
#define SLOT_BITS 16
#define SLOT_MASK ((UINT64_C(1) << SLOT_BITS) - 1)
#define TAG_SHIFT 48
#define FIRST_TAG (UINT64_C(1) << 62)

enum kind {
    PLAIN = 0,    /* one completion */
    SEVERAL = 1,  /* one or more, the last without RF_CQE_F_MORE */
    ZERO_COPY = 2, /* a result, and if that says RF_CQE_F_MORE a notification */
    NOTIFIES = 3,  /* the same, of which the result has come */
    CANCEL = 4,    /* one completion, which tells whether another operation was found */
    KINDS = 5
};

/* With fewer a handle and its kind could add up to what looks like another handle of the slot. */
#define SLOTS_MIN 8U
static_assert(KINDS <= SLOTS_MIN, "the kinds are fewer than the slots");

/* --- tables -------------------------------------------------------------- */

static uint32_t slots_for(uint32_t count)
{
    uint32_t slots = SLOTS_MIN;
    while (slots < count + 2) /* slot 0, and one behind the last place */
        slots *= 2;
    return slots;
}

int64_t rf_op_table_size(uint32_t count)
{
    if (count == 0 || count > RF_HANDLES_MAX)
        return -EINVAL;
    return (int64_t)(offsetof(struct rf_op_table, slots) +
                     slots_for(count) * sizeof(struct rfi_op_slot));
}

int rf_op_table_init_mem(struct rf_op_table **ret_ops, uint32_t count, uint32_t tag, void *buf,
                         size_t buf_bytes)
{
    int64_t bytes = rf_op_table_size(count);
    if (bytes < 0 || tag >= RF_HANDLE_TAGS || (uintptr_t)buf % sizeof(uint64_t))
        return -EINVAL;
    if (buf_bytes < (size_t)bytes)
        return -ENOSPC;
    struct rf_op_table *ops = buf;
    uint32_t slots = slots_for(count);
    ops->slots[0].word = FIRST_TAG | (uint64_t)tag << TAG_SHIFT | 1;
    ops->mask = slots - 1;
    ops->count = (uint16_t)count;
    ops->ours = false;
    for (uint32_t i = 1; i < slots; i++)
        ops->slots[i].word = i <= count ? 0 : NEVER;
    *ret_ops = ops;
    return 0;
}

int rf_op_table_init(struct rf_op_table **ret_ops, uint32_t count, uint32_t tag)
{
    int64_t bytes = rf_op_table_size(count);
    if (bytes < 0 || tag >= RF_HANDLE_TAGS)
        return -EINVAL;
    const struct rf_sys *sys = &rf_sys_kernel;
    void *buf;
    int err = sys->map(sys, -1, 0, (size_t)bytes, &buf);
    if (err)
        return err;
    err = rf_op_table_init_mem(ret_ops, count, tag, buf, (size_t)bytes);
    RF_ASSERT(!err); /* all of it has been checked */
    (*ret_ops)->ours = true;
    return 0;
}

void rf_op_table_deinit(struct rf_op_table *ops)
{
    if (!ops || !ops->ours)
        return;
    const struct rf_sys *sys = &rf_sys_kernel;
    (void)sys->unmap(sys, ops, (size_t)rf_op_table_size(ops->count));
}

/* --- handles ------------------------------------------------------------- */

static uint64_t slot_of(uint64_t handle)
{
    return handle & SLOT_MASK;
}

static uint64_t tag_of(uint64_t handle)
{
    return handle >> TAG_SHIFT;
}

/* The handle after this one; behind the last place the first of the next generation. */
static uint64_t after(const struct rf_op_table *ops, uint64_t handle)
{
    if (slot_of(handle) < ops->count)
        return handle + 1;
    uint32_t generation = (uint32_t)(handle >> SLOT_BITS) + 1; /* wraps, and leaves the tag alone */
    return tag_of(handle) << TAG_SHIFT | (uint64_t)generation << SLOT_BITS | 1;
}

/* next can stand one behind the last place. */
static uint64_t next_of(const struct rf_op_table *ops)
{
    uint64_t next = ops->slots[0].word;
    return slot_of(next) <= ops->count ? next : after(ops, next);
}

/* Of a slot that is taken. */
static enum kind kind_in(const struct rf_op_table *ops, uint64_t slot)
{
    return (enum kind)((ops->slots[slot].word - slot) & SLOT_MASK);
}

/* The handle that a taken slot has, by its word. */
static uint64_t handle_in(const struct rf_op_table *ops, uint64_t slot)
{
    return ops->slots[slot].word - kind_in(ops, slot);
}

static bool is_open(const struct rf_op_table *ops, uint64_t handle)
{
    uint64_t slot = slot_of(handle);
    return slot >= 1 && slot <= ops->count && ops->slots[slot].word != 0 &&
           handle_in(ops, slot) == handle;
}

/* What to say of a handle that is not open. */
static int why_not_open(const struct rf_op_table *ops, uint64_t handle)
{
    uint64_t slot = slot_of(handle), next = next_of(ops);
    if (tag_of(handle) != tag_of(next) || slot < 1 || slot > ops->count)
        return -ENOENT;
    uint32_t rounds = (uint32_t)(next >> SLOT_BITS) - (uint32_t)(handle >> SLOT_BITS);
    bool passed = slot < slot_of(next); /* in this round */
    if (rounds == 0 ? !passed : rounds > UINT32_MAX / 2)
        return -ENOENT; /* it has not been given out yet */
    return rounds == (passed ? 0 : 1) ? -EALREADY : -ESTALE;
}

int rf_op_state(const struct rf_op_table *ops, uint64_t handle)
{
    if (!is_open(ops, handle))
        return why_not_open(ops, handle);
    return kind_in(ops, slot_of(handle)) == NOTIFIES ? RF_TOLD_OVER : 0;
}

/* --- begin --------------------------------------------------------------- */

static bool is_cancel(const struct rf_sqe *sqe)
{
    switch (sqe->opcode) {
    case RF_OP_ASYNC_CANCEL:
        return true;
    case RF_OP_TIMEOUT_REMOVE:
        return !(sqe->timeout_flags & RF_TIMEOUT_UPDATE_MASK);
    case RF_OP_POLL_REMOVE:
        return !(sqe->len & (RF_POLL_UPDATE_EVENTS | RF_POLL_UPDATE_USER_DATA));
    default:
        return false;
    }
}

static enum kind kind_of(const struct rf_sqe *sqe)
{
    if (rfi_op_is_plain(sqe))
        return PLAIN;
    if (is_cancel(sqe))
        return CANCEL;
    if (sqe->opcode == RF_OP_TIMEOUT_REMOVE || sqe->opcode == RF_OP_POLL_REMOVE)
        return PLAIN; /* an update */
    if (sqe->opcode == RF_OP_SEND_ZC || sqe->opcode == RF_OP_SENDMSG_ZC)
        return ZERO_COPY;
    return SEVERAL;
}

/* What cannot be given back does nothing; in a chain it keeps its link. */
static void make_nop(struct rf_sqe *sqe)
{
    uint8_t links = sqe->flags & (RF_SQE_IO_LINK | RF_SQE_IO_HARDLINK | RF_SQE_IO_DRAIN);
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = RF_OP_NOP;
    sqe->flags = links;
}

uint64_t rfi_op_begin_slowly(struct rf_op_table *ops, struct rf_sqe *sqe)
{
    uint64_t next = ops->slots[0].word;
    ops->slots[slot_of(next)].word -= next; /* rf_op_begin() added it */
    RF_ASSERT(!(sqe->flags & RF_SQE_CQE_SKIP_SUCCESS));
    uint64_t handle = next_of(ops);
    for (uint32_t looked = 0; ops->slots[slot_of(handle)].word != 0; looked++) {
        if (looked == ops->count) {
            make_nop(sqe);
            return 0;
        }
        handle = after(ops, handle);
    }
    ops->slots[slot_of(handle)].word = handle + kind_of(sqe);
    ops->slots[0].word = handle + 1; /* a slot that is taken, if this was the last place */
    sqe->user_data = handle;
    return handle;
}

/* --- take ---------------------------------------------------------------- */

/* @word: what the slot is to hold when more is to come. */
static int goes_on(struct rfi_op_slot *slot, uint64_t word, int told)
{
    slot->word = word;
    return told;
}

static int ends(struct rfi_op_slot *slot, int told)
{
    slot->word = 0;
    return told;
}

int rfi_op_take_slowly(struct rf_op_table *ops, const struct rf_cqe *cqe)
{
    uint64_t handle = cqe->user_data;
    ops->slots[handle & ops->mask].word += handle; /* rf_op_take() took it away */
    if (!is_open(ops, handle))
        return why_not_open(ops, handle);
    struct rfi_op_slot *slot = &ops->slots[slot_of(handle)];
    bool more = cqe->flags & RF_CQE_F_MORE, notifies = cqe->flags & RF_CQE_F_NOTIF;
    switch (kind_in(ops, slot_of(handle))) {
    case ZERO_COPY:
        if (notifies)
            return -EPROTO;
        if (more)
            return goes_on(slot, handle + NOTIFIES, RF_TOLD_RESULT | RF_TOLD_OVER);
        break;
    case NOTIFIES:
        return notifies ? ends(slot, RF_TOLD_FREE) : -EALREADY;
    case CANCEL:
        return ends(slot, RF_TOLD_ALL | (cqe->res >= 0 ? RF_TOLD_CANCEL_ACCEPTED : 0));
    default:
        if (more)
            return goes_on(slot, slot->word, RF_TOLD_RESULT);
        break;
    }
    return ends(slot, RF_TOLD_ALL);
}

/* --- look, cancel, give up ----------------------------------------------- */

bool rf_op_has_room(const struct rf_op_table *ops, uint32_t count)
{
    uint64_t handle = next_of(ops);
    uint32_t free_places = 0;
    for (uint32_t looked = 0; looked < ops->count && free_places < count; looked++) {
        free_places += ops->slots[slot_of(handle)].word == 0;
        handle = after(ops, handle);
    }
    return free_places >= count;
}

uint32_t rf_op_open_count(const struct rf_op_table *ops)
{
    uint32_t open = 0;
    for (uint32_t slot = 1; slot <= ops->count; slot++)
        open += ops->slots[slot].word != 0;
    return open;
}

uint64_t rf_op_next_open(const struct rf_op_table *ops, uint64_t handle)
{
    for (uint64_t slot = slot_of(handle) + 1; slot <= ops->count; slot++)
        if (ops->slots[slot].word != 0)
            return handle_in(ops, slot);
    return 0;
}

int rf_op_cancel(struct rf_op_table *ops, struct rf_ring *ring, uint64_t handle,
                 uint64_t *ret_cancel)
{
    int state = rf_op_state(ops, handle);
    if (state != 0)
        return state < 0 ? state : -EALREADY;
    if (!rf_op_has_room(ops, 1))
        return -ENOSPC;
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return -EAGAIN;
    rf_prep_cancel(sqe, handle, 0);
    *ret_cancel = rf_op_begin(ops, sqe);
    return 0;
}

int rf_op_forget(struct rf_op_table *ops, uint64_t handle)
{
    if (!is_open(ops, handle))
        return why_not_open(ops, handle);
    ops->slots[slot_of(handle)].word = 0;
    return 0;
}
