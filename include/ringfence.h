/* SPDX-License-Identifier: MIT */
/*
 * ringfence.h - everything, and the rules that hold everywhere.
 *
 * Errors. A function that can fail returns 0 or a count, or a negative errno
 * which its description lists; errno is neither read nor changed. rf_error_name() and
 * its siblings turn call and errno into words. Functions that queue an
 * operation return its SQE, or NULL: the submission queue is full, and nothing
 * else. Output parameters begin with ret_ and are written only on success.
 *
 * Pointers may not be NULL unless the description says so.
 *
 * Memory. Nothing is allocated from the heap, here or below, but for rings that are checked
 * (check.h). Filling an SQE
 * lends nothing. From the call that publishes it, rf_submit() and its like, what it
 * points to is lent to the kernel; until when depends on the operation.
 *
 * Threads. A ring has no lock: see ring.h.
 *
 * Broken contracts, such as giving back completions that were never there,
 * stop the program where they happen (a trap), in every build type.
 */
#ifndef RINGFENCE_H
#define RINGFENCE_H

#include <ringfence/abi.h>
#include <ringfence/abi_register.h>
#include <ringfence/best.h>
#include <ringfence/buffers.h>
#include <ringfence/caps.h>
#include <ringfence/check.h>
#include <ringfence/drain.h>
#include <ringfence/dump.h>
#include <ringfence/error.h>
#include <ringfence/fence.h>
#include <ringfence/memory.h>
#include <ringfence/op.h>
#include <ringfence/ops.h>
#include <ringfence/prep.h>
#include <ringfence/prep_base.h>
#include <ringfence/prep_event.h>
#include <ringfence/prep_file.h>
#include <ringfence/prep_net.h>
#include <ringfence/prep_path.h>
#include <ringfence/prep_resource.h>
#include <ringfence/probe.h>
#include <ringfence/queue.h>
#include <ringfence/queue_base.h>
#include <ringfence/queue_event.h>
#include <ringfence/queue_file.h>
#include <ringfence/queue_net.h>
#include <ringfence/queue_path.h>
#include <ringfence/queue_resource.h>
#include <ringfence/quirks.h>
#include <ringfence/recvmsg.h>
#include <ringfence/register.h>
#include <ringfence/restrict.h>
#include <ringfence/ring.h>
#include <ringfence/sync.h>
#include <ringfence/sys.h>
#include <ringfence/version.h>
#include <ringfence/wait.h>
#include <ringfence/workers.h>
#include <ringfence/zcrx.h>

#endif
