/* SPDX-License-Identifier: MIT */
/*
 * hooks.h (private) - where the ring calls its checker, if rfi_is_checked(): whoever calls has
 * looked; the rest goes by the seam, struct rf_sys. seam.c says more.
 */
#ifndef RINGFENCE_SRC_CHECK_HOOKS_H
#define RINGFENCE_SRC_CHECK_HOOKS_H

#include <stdio.h>

#include <ringfence/ring.h>

/* bench/check.py counts what it costs to ask, against a library that does not. */
static inline bool rfi_is_checked(const struct rf_ring *ring)
{
#ifdef RFI_WITHOUT_CHECKER
    (void)ring;
    return false;
#else
    return RF_UNLIKELY(ring->check != NULL);
#endif
}

/* A ring was opened: if the environment asks for it, it is checked. 0 or -ENOMEM. */
int rfi_check_opened(struct rf_ring *ring);

/* rf_init_sys(), whatever the environment says: for rings that ringfence opens to try something. */
int rfi_init_unchecked(struct rf_ring *ring, uint32_t entries, struct rf_params *params,
                       const struct rf_sys *sys);

/* An SQE is about to be handed out, at this index. */
void rfi_check_queued(const struct rf_ring *ring, uint32_t index);

/* The SQEs that were handed out are about to be published. Of use with RF_SETUP_SQPOLL only. */
void rfi_check_publish(const struct rf_ring *ring);

/* rf_enter(): the program says itself how many SQEs there are, and may say too many. */
void rfi_check_entering(const struct rf_ring *ring);

/* The program is about to look for CQEs, or to give some back without looking. */
void rfi_check_cqes(const struct rf_ring *ring);

/* The queues are elsewhere now. */
void rfi_check_moved(const struct rf_ring *ring);

/* The ring is about to be closed: the last reports. */
void rfi_check_closing(const struct rf_ring *ring);

/* It is closed, and had @sys. Returns what it is to have: its own other side, as before. */
const struct rf_sys *rfi_check_closed(struct rfi_check *check, const struct rf_sys *sys);

/* Prints what is open. */
void rfi_check_dump(struct rfi_check *check, FILE *out);

/* A message is about to be sent to some ring, which did not ask for it. */
void rfi_check_message(const struct rf_sqe *sqe);

#endif
