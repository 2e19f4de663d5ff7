/* SPDX-License-Identifier: MIT */
/*
 * Held here: whatever a setup reply says, if rfi_layout_check() accepts it then
 * all that a ring will ever touch lies inside the mappings, aligned, and no
 * two things overlap. Checked byte range by byte range, in 64-bit arithmetic
 * of its own.
 *
 * An input is either the bytes of a reply, or a good reply and what to change
 * about it.
 */
#include "fuzz.h"

#include <stdlib.h>

#include "map.h"

enum { RANGES = 14 };

/* The bytes [begin, end) of the rings, and what their beginning must be a multiple of. */
struct range {
    uint64_t begin;
    uint64_t end;
    uint64_t unit;
};

static struct range word_at(uint32_t offset)
{
    return (struct range){offset, (uint64_t)offset + 4, 4};
}

/* All that a ring with this reply touches in the first mapping. */
static int ranges_of(const struct rf_params *p, struct range ranges[RANGES])
{
    const struct rf_sqring_offsets *sq = &p->sq_off;
    const struct rf_cqring_offsets *cq = &p->cq_off;
    const uint32_t words[] = {
        sq->head, sq->tail, sq->ring_mask, sq->ring_entries, sq->flags,    sq->dropped,
        cq->head, cq->tail, cq->ring_mask, cq->ring_entries, cq->overflow, cq->flags,
    };
    int n = 0;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        ranges[n++] = word_at(words[i]);
    uint64_t cqe_bytes = p->flags & RF_SETUP_CQE32 ? 32 : 16;
    ranges[n++] = (struct range){cq->cqes, cq->cqes + p->cq_entries * cqe_bytes, 16};
    if (!(p->flags & RF_SETUP_NO_SQARRAY))
        ranges[n++] = (struct range){sq->array, sq->array + p->sq_entries * UINT64_C(4), 4};
    return n;
}

static void assert_safe(const struct rf_params *p, const struct rfi_layout *layout)
{
    struct range ranges[RANGES];
    int count = ranges_of(p, ranges);
    for (int i = 0; i < count; i++) {
        HOLDS(ranges[i].begin < ranges[i].end);
        HOLDS(ranges[i].end <= layout->rings_bytes);
        HOLDS(ranges[i].begin % ranges[i].unit == 0);
        for (int j = 0; j < i; j++)
            HOLDS(ranges[i].end <= ranges[j].begin || ranges[j].end <= ranges[i].begin);
    }
    uint64_t sqe_bytes = p->flags & RF_SETUP_SQE128 ? 128 : 64;
    HOLDS(p->sq_entries * sqe_bytes == layout->sqes_bytes);
    HOLDS(layout->has_array == !(p->flags & RF_SETUP_NO_SQARRAY));
    /* Masks of entries - 1 can be told from their entries, and sizes from errors. */
    HOLDS(__builtin_popcount(p->sq_entries) == 1);
    HOLDS(__builtin_popcount(p->cq_entries) == 1);
    HOLDS(layout->rings_bytes <= SIZE_MAX / 2 && layout->sqes_bytes <= SIZE_MAX / 2);
}

/* What a kernel could have answered. */
static struct rf_params good_reply(struct input *in)
{
    struct rf_params p;
    memset(&p, 0, sizeof p);
    uint8_t sizes = take_u8(in);
    p.flags = take_u32(in);
    p.sq_entries = UINT32_C(1) << sizes % 16;
    p.cq_entries = p.sq_entries << sizes / 16 % 4;
    p.sq_off.tail = 4;
    p.cq_off.head = 8;
    p.cq_off.tail = 12;
    p.sq_off.ring_mask = 16;
    p.cq_off.ring_mask = 20;
    p.sq_off.ring_entries = 24;
    p.cq_off.ring_entries = 28;
    p.sq_off.dropped = 32;
    p.sq_off.flags = 36;
    p.cq_off.flags = 40;
    p.cq_off.overflow = 44;
    p.cq_off.cqes = 64;
    uint32_t shift = p.flags & RF_SETUP_CQE32 ? 1 : 0;
    p.sq_off.array = (64 + p.cq_entries * 16) << shift;
    return p;
}

static void change(struct input *in, struct rf_params *p)
{
    uint32_t at = take_u8(in) % (sizeof *p / sizeof(uint32_t)), value;
    char *field = (char *)p + at * sizeof value;
    memcpy(&value, field, sizeof value);
    value = take_number(in, value);
    memcpy(field, &value, sizeof value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    /* Of the exact size, so that reading beyond it is seen. */
    struct rf_params *p = malloc(sizeof *p);
    if (!p)
        abort();
    bool changed = true;
    if (take_u8(&in) % 4 == 0) {
        take(&in, p, sizeof *p);
    } else {
        *p = good_reply(&in);
        changed = in.left > 0;
        for (int i = 0; i < 4 && in.left > 0; i++)
            change(&in, p);
    }
    struct rf_params before = *p;
    struct rfi_layout layout = {1, 2, false};
    const char *broken = rfi_layout_check(p, &layout);
    HOLDS(memcmp(p, &before, sizeof *p) == 0);
    if (!broken)
        assert_safe(p, &layout);
    else
        HOLDS(layout.rings_bytes == 1 && layout.sqes_bytes == 2 && *broken);
    HOLDS(changed || !broken);
    free(p);
    return 0;
}
