/* SPDX-License-Identifier: MIT */
/*
 * restrict.h - in whose name operations are done, and what a ring may do at all.
 *
 * Personalities lend an operation the credentials of an earlier moment.
 * Restrictions are a list of what is allowed, made before a ring is enabled
 * and then handed to less trusted code. BPF filters look at each operation.
 *
 * Errors, besides those of any registration: see register.h. All were measured on
 * 6.18, except where it is said that a newer kernel is needed.
 */
#ifndef RINGFENCE_RESTRICT_H
#define RINGFENCE_RESTRICT_H

#include <stdint.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- personalities: in whose name operations are done -------------------- */

/**
 * rf_register_personality() - keep the credentials that this thread has now.
 *
 * For a server that opens files as its clients: take the client's user and groups,
 * register them, take back one's own, and put the id into sqe->personality. Such
 * an operation then has the rights that were kept, whoever submits it.
 *
 * Returns the id, 1 .. 65535, or -EBUSY: there are 65535 already. Since kernel 5.6.
 */
RF_API RF_NODISCARD int rf_register_personality(struct rf_ring *ring);

/**
 * rf_unregister_personality() - forget them.
 *
 * Operations that the kernel has consumed keep theirs. Later ones with this id end
 * with -EINVAL.
 *
 * Returns 0, or -EINVAL: there is no such id. Since kernel 5.6.
 */
RF_API RF_NODISCARD int rf_unregister_personality(struct rf_ring *ring, int id);

/* --- restrictions: what a ring may do at all ----------------------------- */

/**
 * rf_register_restrictions() - list all that the ring will be allowed to do.
 *
 * The ring must have been opened with RF_SETUP_R_DISABLED. The list holds from
 * rf_enable_rings() on; it can be made once, and nothing takes it back.
 *
 * @list   Each entry, its reserved parts 0, is one of
 *           RF_RESTRICTION_SQE_OP              sqe_op, an RF_OP_..., may be submitted
 *           RF_RESTRICTION_REGISTER_OP         register_op, an RF_REGISTER_..., may be called
 *           RF_RESTRICTION_SQE_FLAGS_ALLOWED   sqe_flags: no other RF_SQE_... may be set
 *           RF_RESTRICTION_SQE_FLAGS_REQUIRED  sqe_flags: each of these must be set
 *         What is not listed is refused: with -EACCES in the CQE of an operation, or as
 *         the result of a registration. Without an entry for flags none may be set,
 *         but those required.
 * @count  0 .. 103 on 6.18, which grows with what the kernel knows. 0: nothing at all is
 *         allowed.
 *
 * From Linux 7.0 on, a list with entries of operations and flags only leaves registrations
 * free, and one of registrations only leaves operations free. Before, one entry of any
 * kind closes both. List both kinds, and it means the same everywhere.
 *
 * Returns 0, or
 *   -EBADFD  the ring is not disabled
 *   -EBUSY   it has a list
 *   -EINVAL  an entry that the kernel does not know, or too many. Then there is no list
 *
 * Since kernel 5.10. From io_uring_register(2), IORING_REGISTER_RESTRICTIONS, and
 * io_register_restrictions() in io_uring/register.c.
 */
RF_API RF_NODISCARD int rf_register_restrictions(struct rf_ring *ring,
                                                 const struct rf_restriction *list,
                                                 uint32_t count);

/**
 * rf_register_restrictions_task() - the same for every ring that this thread will open,
 * and that threads and processes will which it starts from now on.
 *
 * @list  Its nr_res entries follow it in memory at once. flags and resv 0.
 *
 * Returns 0, or
 *   -EOPNOTSUPP  the kernel is older than 7.0
 *   -EPERM       this thread has such a list, or filters, already
 *   -EACCES      neither CAP_SYS_ADMIN nor no_new_privs (prctl(2)), one of which it takes
 *   -EINVAL      as above
 *
 * Since kernel 7.0. liburing has no function for it.
 */
RF_API RF_NODISCARD int
rf_register_restrictions_task(const struct rf_task_restriction *list);

/* --- BPF filters: a program decides over each operation ------------------ */

/**
 * rf_register_bpf_filter() - have a small program decide over each operation of a kind.
 *
 * @bpf  cmd_type RF_BPF_CMD_FILTER; in filter: the opcode, the program (classic BPF, as for
 *       seccomp(2)) and its length, and pdu_size, the bytes of rf_bpf_ctx's union that it
 *       knows. The program looks at a struct rf_bpf_ctx, in words of 4 bytes; it returns 0
 *       to refuse (-EACCES in the CQE), else the operation is done. With more than one for
 *       an opcode all must agree. The rest 0.
 *       Out, on success and with -EMSGSIZE: filter.pdu_size as the kernel has it.
 *
 * RF_BPF_FILTER_DENY_REST in filter.flags refuses every opcode that has no filter.
 *
 * Returns 0, or
 *   -EOPNOTSUPP  the kernel is older than 7.0
 *   -EMSGSIZE    the program knows more than the kernel tells; with RF_BPF_FILTER_SZ_STRICT
 *                also if it knows less
 *   -EINVAL      an instruction that is not allowed, a load out of bounds, no or too
 *                many instructions (4096), an opcode or flag that the kernel does not know
 *   -EFAULT      the program is not readable
 *   -ENOMEM      out of memory
 *
 * Since kernel 7.0. From io_register_bpf_filter() in io_uring/bpf_filter.c.
 */
RF_API RF_NODISCARD int rf_register_bpf_filter(struct rf_ring *ring, struct rf_bpf *bpf);

/**
 * rf_register_bpf_filter_task() - the same for every ring that this thread will open,
 * and that threads and processes will which it starts from now on.
 *
 * Returns as above, and -EACCES as rf_register_restrictions_task().
 */
RF_API RF_NODISCARD int rf_register_bpf_filter_task(struct rf_bpf *bpf);

RF_END_DECLS

#endif
