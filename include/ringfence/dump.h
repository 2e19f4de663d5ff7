/* SPDX-License-Identifier: MIT */
/*
 * dump.h - why does my operation never complete?
 *
 *     rf_dump(&ring, stderr);
 *
 * Prints what a ring has in its queues, what it holds back, and what to do about it. For a ring
 * that is checked (check.h) also every operation that is open: since when, on what, where it was
 * submitted, and what it waits for.
 */
#ifndef RINGFENCE_DUMP_H
#define RINGFENCE_DUMP_H

#include <stdio.h>

#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/**
 * rf_dump() - print the state of a ring, in words.
 *
 * @out  Where. The text is for people and may change; nothing is flushed.
 *
 * From the ring's thread, or while no other uses the ring. Nothing is submitted, and no CQE is
 * taken. Of a ring that is checked it reports what a look at the CQEs shows, as other calls do.
 *
 * What waits in the kernel is known only to the checker: without it the operations are not
 * listed. `RINGFENCE_CHECK=dump=USR1` prints those of all rings that are checked when the program
 * gets that signal, without a call.
 *
 * Returns 0, or
 *   -EBADF  the ring is closed
 *   -EIO    it could not be written
 */
RF_API RF_NODISCARD int rf_dump(const struct rf_ring *ring, FILE *out);

RF_END_DECLS

#endif
