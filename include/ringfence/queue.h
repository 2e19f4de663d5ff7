/* SPDX-License-Identifier: MIT */
/*
 * queue.h - queue one operation with one call: get an SQE, fill it, name it.
 *
 * rf_foo(ring, user_data, ...) does rf_get_sqe(), rf_prep_foo() and sets
 * user_data, which comes back in the CQE. prep.h tells for each operation
 * what the parameters mean, until when memory is lent, what res will be and
 * which kernel has it; here is only what differs from that.
 *
 * Returns the SQE, which may be changed until it is submitted, as in
 * rf_sqe_link_next(sqe) or sqe->flags |= RF_SQE_FIXED_FILE. Or NULL: the
 * submission queue is full, nothing is queued. Submit, then try again. Nothing
 * is submitted here.
 *
 * Chains of linked operations must not be cut by a full queue: make sure that
 * rf_sq_space_left() is enough first, or fill a run of rf_get_sqes() by preps.
 */
#ifndef RINGFENCE_QUEUE_H
#define RINGFENCE_QUEUE_H

#include <ringfence/queue_base.h>
#include <ringfence/queue_event.h>
#include <ringfence/queue_file.h>
#include <ringfence/queue_net.h>
#include <ringfence/queue_path.h>
#include <ringfence/queue_resource.h>

#endif
