/* SPDX-License-Identifier: MIT */
/*
 * prep.h - fill one SQE. Pure: no ring, no system call, nothing is lent yet.
 *
 * Every prep writes all 64 bytes: what it does not name becomes 0, so flags
 * and user_data are set after it. The second half of a 128-byte SQE was cleared
 * by rf_get_sqe() and is left alone.
 *
 * Lengths of data are size_t and saturate at 2^32 - 1, and the kernel itself
 * stops at about 2^31: as with read(2) the result tells how much was done. Any other
 * number that does not fit its field is a broken contract and traps.
 *
 * Words used below:
 *
 *   since 5.6      the first kernel with the operation
 *   res            rf_cqe.res on success; else it is a negative errno
 *   lent           the memory must stay valid and unchanged, until ...
 *   ... consumed   ... rf_submit() counted the SQE; with RF_SETUP_SQPOLL, until the
 *                  SQ thread has passed it (rf_sq_ready())
 *   ... completed  ... its last CQE: the one without RF_CQE_F_MORE
 *
 * Descriptors and registered slots: keep them as they are until the operation
 * is completed. Many operations look them up late, when a worker or a link gets to
 * them, and would take what has the number then.
 *
 * Facts: io_uring_enter(2) and the prep functions in io_uring/ of Linux 6.18.
 * Held by tests/test_prep.c and test_differential.c (all bytes), tests/test_zig_*.c and
 * test_more_*.c (behaviour).
 */
#ifndef RINGFENCE_PREP_H
#define RINGFENCE_PREP_H

#include <ringfence/prep_base.h>
#include <ringfence/prep_event.h>
#include <ringfence/prep_file.h>
#include <ringfence/prep_net.h>
#include <ringfence/prep_path.h>
#include <ringfence/prep_resource.h>

#endif
