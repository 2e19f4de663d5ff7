/* SPDX-License-Identifier: MIT */
/*
 * probe.h - what this kernel can do, and why it cannot.
 */
#ifndef RINGFENCE_PROBE_H
#define RINGFENCE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/error.h>
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

/**
 * rf_register_query() - ask the kernel what it knows, without a ring.
 *
 * @query  A list of questions, linked by next_entry. Each: query_op, query_data the address of
 *         the struct for the answer (abi.h names it at the RF_QUERY_...), size its bytes,
 *         the rest 0. Out: result, 0 or a negative errno for this question alone
 *         (-EOPNOTSUPP: the kernel does not know it, -EINVAL: something reserved, or result,
 *         was not 0); size, the bytes that the kernel filled. What is behind those was
 *         set to 0.
 *
 * Returns 0: every question has a result; or
 *   -EOPNOTSUPP  the kernel is older than 6.18: ask with rf_get_probe()
 *   -EFAULT      a question, or the room for its answer, is not this process's. Those
 *                before it were answered
 *   -ERANGE      the list has 1000 questions or more, or is a circle
 *   -EINTR       a deadly signal came (from io_query())
 *   -EPERM, -ENOSYS  a seccomp filter
 *
 * Since kernel 6.18. From io_query() in io_uring/query.c.
 */
RF_API RF_NODISCARD int rf_register_query(struct rf_query_hdr *query);

/* --- why io_uring cannot be used ----------------------------------------- */

/* What keeps a process from using io_uring. New values go to the end. */
enum rf_blocked {
    RF_BLOCKED_NOT = 0,             /* nothing does */
    RF_BLOCKED_NO_SYSCALL = 1,      /* the kernel has none, or somebody says so in its place */
    RF_BLOCKED_TOO_OLD = 2,         /* the kernel's io_uring is older than ringfence takes */
    RF_BLOCKED_SECCOMP = 3,         /* a seccomp filter of this thread */
    RF_BLOCKED_SYSCTL_ALL = 4,      /* sysctl kernel.io_uring_disabled is 2: nobody may */
    RF_BLOCKED_SYSCTL_GROUP = 5,    /* it is 1, and this process is not of the group that may */
    RF_BLOCKED_SECURITY_MODULE = 6, /* SELinux and the like */
    RF_BLOCKED_MEMLOCK = 7,         /* RLIMIT_MEMLOCK */
    RF_BLOCKED_MEMORY = 8,          /* out of memory, or over the control group's */
    RF_BLOCKED_PROCESS_FDS = 9,     /* RLIMIT_NOFILE */
    RF_BLOCKED_SYSTEM_FDS = 10,     /* sysctl fs.file-max */
    RF_BLOCKED_OTHER = 11           /* none of these; call and error are all there is to tell */
};

/* What rf_diagnose() found out. Every text is static. */
struct rf_diagnosis {
    enum rf_blocked blocked;
    enum rf_call call;  /* the call that failed, RF_CALL_NONE if none did */
    int error;          /* what it returned: a negative errno, or 0 */
    const char *name;   /* of blocked, an identifier such as "SeccompFilter" */
    const char *text;   /* what it means: a sentence */
    const char *remedy; /* what to do: a sentence */

    /* What it was told from, and what else is worth showing. -1: not to be found out. */
    int sysctl_disabled;  /* kernel.io_uring_disabled, 0 .. 2; kernels before 6.6 have none */
    int64_t sysctl_group; /* kernel.io_uring_group, a group id; -1 also when it is unset */
    int in_group;         /* is this process of that group? 0 or 1 */
    int seccomp_mode;     /* 0 none, 1 strict, 2 filter */
    int may_administrate; /* CAP_SYS_ADMIN in the first user namespace? 0 or 1 */
    int may_lock_memory;  /* CAP_IPC_LOCK? 0 or 1: with it memlock_max does not count */
    uint64_t memlock_max; /* RLIMIT_MEMLOCK in bytes; UINT64_MAX: no limit */
    uint64_t fds_max;     /* RLIMIT_NOFILE; UINT64_MAX: no limit */
};

/**
 * rf_diagnose() - can this thread use io_uring, and if not, why?
 *
 * Opens a ring, runs an operation on it, registers something harmless,
 * closes it; looks at the sysctls, at /proc/thread-self/status and at limits.
 * So it takes two descriptors for a moment, one after the other. A seccomp filter
 * that kills instead of refusing kills here too.
 *
 * Returns ret_diagnosis->blocked, RF_BLOCKED_NOT (0) if it can. *ret_diagnosis is
 * filled in any case.
 *
 * Two causes at once show as the first: what is behind it comes to light when that
 * is gone. With an errno that has two causes, the one for which there is
 * evidence is told; the text names the other.
 */
RF_API enum rf_blocked rf_diagnose(struct rf_diagnosis *ret_diagnosis);

RF_END_DECLS

#endif
