/* SPDX-License-Identifier: MIT */
/*
 * caps.h (private) - finding out by trying, for kernels that cannot be asked; and the
 * table of names, which the rest of the library takes its words from.
 *
 * Each trial is made such that a kernel which knows the thing has no other reason for
 * -EINVAL, and such that nothing is left behind.
 */
#ifndef RINGFENCE_SRC_CAPS_H
#define RINGFENCE_SRC_CAPS_H

#include <ringfence/caps.h>

#include "register.h"

/* rf_caps_system_with() with another other side. */
int rfi_caps_system(const struct rf_sys *sys, uint32_t flags, struct rf_caps *ret_caps);

/* What a call that asked for one thing says of it. */
struct rf_cap rfi_cap_of(int result);

/* Each fills the answers of one kind. @fd is an open ring. */
void rfi_try_setup_flags(const struct rf_sys *sys, int fd, struct rf_cap *caps);
void rfi_try_enter_flags(const struct rf_sys *sys, struct rf_cap *caps);
/* Leaves them unknown on old kernels, which look for the ring first. */
void rfi_try_register_ops(const struct rf_sys *sys, struct rf_cap *caps);
/* @ring has nothing queued, and it stays so. */
void rfi_try_sqe_flags(struct rf_ring *ring, struct rf_cap *caps);
void rfi_try_details(struct rf_ring *ring, struct rf_cap *caps);
/* Those of the details that can be tried on a ring that is in use. */
void rfi_try_registrations(struct rf_ring *ring, struct rf_cap *caps);

/* What the kernel says of an empty table, and of a clone from a ring that is none. */
int rfi_try_sparse(struct rf_ring *ring, uint32_t opcode);
int rfi_try_ranges(struct rf_ring *ring);

/* --- setup flags --------------------------------------------------------- */

/* What a flag cannot stand without; where one of several will do, the first. */
uint32_t rfi_setup_needs(uint32_t flag);

/* Which of these flags stands without what it needs, in words; or NULL. */
const char *rfi_setup_unmet(uint32_t flags);

/* Which of these the kernel does not know: it is asked, or each is tried alone. */
uint32_t rfi_setup_lacks(const struct rf_sys *sys, uint32_t flags);

/* The same, tried. @fd is an open ring if RF_SETUP_ATTACH_WQ is among them. */
uint32_t rfi_try_setup_lacks(const struct rf_sys *sys, int fd, uint32_t flags);

/* --- words --------------------------------------------------------------- */

/*
 * "this kernel lacks ..., which came with Linux ...", or NULL where nobody has to say it. Of
 * any kind but RF_CAP_OP. @flag is one bit.
 */
const char *rfi_lacks(enum rf_cap_kind kind, uint32_t number);
const char *rfi_lacks_flag(enum rf_cap_kind kind, uint32_t flag);

#endif
