/* SPDX-License-Identifier: MIT */
/*
 * register.h (private) - registrations that a kernel may be too old for.
 *
 * Of an opcode or a flag that it does not know the kernel says -EINVAL, and it
 * says that of so much else. Which it was is found out afterwards, by asking
 * once more in a way that cannot succeed: a kernel that knows the opcode reads
 * the argument, which lies where nothing can be read, and says -EFAULT. So
 * nothing is registered by asking, and no version number is compared.
 */
#ifndef RINGFENCE_SRC_REGISTER_H
#define RINGFENCE_SRC_REGISTER_H

#include <ringfence/ring.h>

/* An address that is no process's, in user space or out of it. */
#define RFI_NOWHERE ((void *)(UINTPTR_MAX - 4095))

/* What rf_reason() says when a kernel is too old. */
#define RFI_LACKS(what, version) \
    "this kernel lacks " what ", which came with Linux " version

/*
 * rfi_register(), but -EOPNOTSUPP and a reason when the kernel does not know the
 * opcode. For opcodes whose argument is a pointer, which the kernel reads before anything
 * else can be -EINVAL.
 */
int rfi_register_known(struct rf_ring *ring, uint32_t opcode, void *arg, uint32_t nr_args);

/*
 * How a call ends when the kernel was seen not to know something: with -EOPNOTSUPP and
 * @reason; or with -EINVAL, when the ring cannot be reached from this thread at all.
 */
int rfi_too_old(struct rf_ring *ring, const char *reason);

/* Does the kernel know the opcode? @nr_args as it should be. Registers nothing. */
bool rfi_knows(struct rf_ring *ring, uint32_t opcode, uint32_t nr_args);

/*
 * The same two for what is registered with no ring (descriptor -1). There is no ring, so
 * there is no reason either.
 */
int rfi_register_blind(const struct rf_sys *sys, uint32_t opcode, void *arg, uint32_t nr_args);
bool rfi_knows_blind(const struct rf_sys *sys, uint32_t opcode, uint32_t nr_args);

/* Sets what rf_reason() tells, and returns @error. */
int rfi_refuse(struct rf_ring *ring, int error, const char *reason);

/* After rf_deinit(), or when it never was opened. Rings without a descriptor have an index. */
static inline bool rfi_is_closed(const struct rf_ring *ring)
{
    return ring->fd < 0 && !ring->register_flags;
}

/* The kernel's interface has one pointer, without const, for what it reads and writes. */
static inline void *rfi_not_const(const void *arg)
{
    return (void *)(uintptr_t)arg;
}

#endif
