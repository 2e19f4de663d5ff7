/* SPDX-License-Identifier: MIT */
/* sys.h (private) - system calls that are no matter of the other side's. */
#ifndef RINGFENCE_SRC_SYS_H
#define RINGFENCE_SRC_SYS_H

#include <stddef.h>

/* madvise(2), MADV_DONTFORK: 0 or a negative errno. */
int rfi_dontfork(void *addr, size_t bytes);

#endif
