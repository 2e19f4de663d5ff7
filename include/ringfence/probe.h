/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what this kernel can do.
 */
#ifndef RINGFENCE_PROBE_H
#define RINGFENCE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/**
 * rf_get_probe() - which operations the kernel behind this ring knows.
 *
 * @ret_probe  2 KiB; it need not be zeroed.
 *
 * Returns 0, or an errno of any registration (register.h), -EINVAL before
 * kernel 5.6. From io_uring_register(2), IORING_REGISTER_PROBE.
 */
RF_API RF_NODISCARD int rf_get_probe(struct rf_ring *ring, struct rf_probe *ret_probe);

/**
 * rf_probe_op_supported() - does the kernel know this operation?
 *
 * @op  RF_OP_...; any number may be asked for.
 *
 * False for what is beyond the kernel's last one. "Known" is all it says: a ring's
 * restrictions, its flags or the kind of file may still refuse the operation.
 */
RF_INLINE bool rf_probe_op_supported(const struct rf_probe *probe, uint32_t op)
{
    return op <= probe->last_op && op < probe->ops_len &&
           (probe->ops[op].flags & RF_OP_SUPPORTED) != 0;
}

RF_END_DECLS

#endif
