/* SPDX-License-Identifier: MIT */
/* wait_look.c - wait.h: looking at many CQEs in place. */
#include <errno.h>

#include <ringfence/wait.h>

#include "ring.h"

struct rf_cqe_iter rf_cqe_iter_init(const struct rf_ring *ring)
{
    const struct rf_cq *cq = &ring->cq;
    uint32_t index = rfi_cq_index(ring);
    struct rf_cqe_iter iter = {.cqes = cq->cqes,
                               .mask = cq->entries - 1,
                               .shift = cq->shift,
                               .next = index,
                               .end = index + rf_cq_ready(ring),
                               .mixed = ring->flags & RF_SETUP_CQE_MIXED};
    return iter;
}

uint32_t rf_cqe_iter_take(struct rf_ring *ring, const struct rf_cqe_iter *iter)
{
    uint32_t slots = iter->next - rfi_cq_index(ring);
    RF_ASSERT(slots <= ring->cq.entries);
    if (slots > 0)
        rfi_cq_take_to(ring, iter->next);
    return slots;
}

int rf_peek_batch_cqe(struct rf_ring *ring, const struct rf_cqe **cqes, uint32_t count)
{
    const struct rf_cqe *cqe;
    if (count == 0)
        return 0;
    int err = rf_peek_cqe(ring, &cqe); /* passes over a filler, and collects if there is need */
    if (err)
        return err == -EAGAIN ? 0 : err;
    struct rf_cqe_iter iter = rf_cqe_iter_init(ring);
    if (iter.mixed && iter.mask == 1)
        count = 1; /* in two slots rf_cqe_seen() cannot tell the next CQE from the last */
    uint32_t shown = 0, next = iter.next;
    while (shown < count && rf_cqe_iter_next(&iter, &cqe)) {
        if (iter.next - next != rf_cqe_nr(cqe) && iter.mixed)
            break; /* behind a filler, which would not be in the sum of rf_cqe_nr() */
        cqes[shown++] = cqe;
        next = iter.next;
    }
    return (int)shown;
}
