/* SPDX-License-Identifier: MIT */
/*
 * harmless.h - for every operation an SQE that the kernel takes and that does no harm.
 */
#ifndef TESTS_HARMLESS_H
#define TESTS_HARMLESS_H

#include "io_support.h"

/* What the SQEs need: a pipe at its end, an epoll instance, a page. */
void open_scratch(void);
void close_scratch(void);

/*
 * The SQE, with user_data 1. It names a descriptor or a path that is not there, or wants
 * nothing; what it ends with is never -EINVAL. Where it has a file, that is -1, so that it ends
 * with -EBADF; other descriptors are good, so that RF_SQE_FIXED_FILE shows. READ_MULTISHOT
 * has RF_SQE_BUFFER_SELECT, and FIXED_FD_INSTALL RF_SQE_FIXED_FILE. LINK_TIMEOUT has to
 * follow a linked SQE. RECV_ZC takes a network device, and is -EINVAL without.
 */
void harmless(struct rf_sqe *sqe, uint32_t opcode);

/* What harmless() opened for CLOSE: to be closed if the operation was refused. */
#define HARMLESS_FD 700

#endif
