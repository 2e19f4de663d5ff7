/* SPDX-License-Identifier: MIT */
/*
 * best.h - the ring that a careful expert would open on this kernel, for a stated purpose.
 *
 *     struct rf_ring ring;
 *     struct rf_best best;
 *     int err = rf_init_best(&ring, 256, RF_FOR_THROUGHPUT, &best);
 *
 * Flags that make a ring faster came over the years, need one another, exclude one another,
 * and may be refused. None is worth a program that does not start. So what can be had is
 * found out by opening, what cannot is left out, and both are told with the reason.
 *
 * Held by tests/test_best.c.
 */
#ifndef RINGFENCE_BEST_H
#define RINGFENCE_BEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* What the ring is for. New ones go to the end. */
enum rf_purpose {
    /*
     * Many operations, little time of the processor for each: one thread queues and
     * waits, and the kernel works for it when it waits (DEFER_TASKRUN).
     */
    RF_FOR_THROUGHPUT = 0,
    /*
     * No system calls, whatever it costs: a thread of the kernel's looks for new SQEs all the time
     * (SQPOLL). It takes a processor while there is work, and for a second after. For a program
     * that looks for CQEs (rf_next_cqe()), and whose own time is what counts; one that sleeps in
     * waits is served sooner by RF_FOR_THROUGHPUT, as measured in docs/capabilities.md.
     */
    RF_FOR_LATENCY = 1,
    /*
     * Fast drives without interrupts (IOPOLL): files opened with O_DIRECT, on devices
     * with queues for polling. Other operations than reads and writes of such files are
     * refused by the kernel. Give rf_wish.fd, and a file that cannot be polled gets a ring
     * that does not.
     */
    RF_FOR_STORAGE_POLLING = 2
};

/*
 * More than one thread is to use the ring. Else it is the thread's that opens it: only that
 * one may submit, wait and register, and a forked child has no part of it.
 */
#define RF_WISH_SHARED (1U << 0)
/* As many entries as were asked for, or an error: no fewer where memory is limited. */
#define RF_WISH_ALL_ENTRIES (1U << 1)

/* What is wished for. Zero what is not of interest, but fd. */
struct rf_wish {
    enum rf_purpose purpose;
    uint32_t entries;        /* SQEs, a power of two */
    uint32_t cq_entries;     /* CQEs; 0: twice as many */
    uint32_t flags;          /* RF_SETUP_... that must be had besides */
    uint32_t options;        /* RF_WISH_... */
    uint32_t sq_thread_idle; /* ms that the SQ thread looks for work in vain; 0: 1000 */
    int fd;                  /* RF_FOR_STORAGE_POLLING: a file that will be read; or -1 */
};

/* One thing that was considered. Every text is static. */
struct rf_choice {
    const char *name;   /* "RF_SETUP_DEFER_TASKRUN", "registered ring", ... */
    uint32_t flag;      /* RF_SETUP_..., or 0: it is none */
    bool got;
    int error;          /* what trying it gave, a negative errno; 0: it was not tried, or got */
    const char *reason; /* what it is good for; or why it is left out */
};

#define RF_CHOICES_MAX 12

/* What the ring is, and why. */
struct rf_best {
    enum rf_purpose purpose;
    uint32_t flags;         /* RF_SETUP_... of the ring */
    uint32_t entries_asked; /* SQEs */
    uint32_t entries;       /* SQEs that it has */
    uint32_t cq_entries;    /* CQEs that it has */
    uint32_t count;
    struct rf_choice choices[RF_CHOICES_MAX];
    char fewer[160]; /* why it has fewer entries than asked for, with the limit's name; or "" */
};

/**
 * rf_init_best() - open the best ring for a purpose, for the use of this thread.
 *
 * @entries   SQEs, a power of two. Where memory is limited (RLIMIT_MEMLOCK), or there are more
 *            than the kernel allows, it gets fewer: as many as can be had.
 * @ret_best  What was got and why; or NULL. Filled also on failure, as far as it came.
 *
 * Returns 0, or an errno of rf_init() that has nothing to do with a flag that can be left out:
 * io_uring is not to be had, @entries is no power of two, no descriptor is free. rf_reason()
 * as there.
 */
RF_API RF_NODISCARD int rf_init_best(struct rf_ring *ring, uint32_t entries,
                                     enum rf_purpose purpose, struct rf_best *ret_best);

/**
 * rf_init_wish() - the same with everything that can be wished for.
 *
 * Returns as rf_init_best(), or
 *   -EINVAL      a purpose or option that there is not; wish->flags exclude each other
 *   -EOPNOTSUPP  wish->flags has what the kernel lacks
 *   -ENOMEM, -EAGAIN  as rf_init(), with RF_WISH_ALL_ENTRIES; otherwise, if there is not even
 *                memory for a ring of one SQE
 */
RF_API RF_NODISCARD int rf_init_wish(struct rf_ring *ring, const struct rf_wish *wish,
                                     struct rf_best *ret_best);

/* A wish for nothing special: this purpose, so many entries, fd -1. */
RF_NODISCARD RF_INLINE struct rf_wish rf_wish_for(enum rf_purpose purpose, uint32_t entries)
{
    struct rf_wish wish;
    wish.purpose = purpose;
    wish.entries = entries;
    wish.cq_entries = 0;
    wish.flags = 0;
    wish.options = 0;
    wish.sq_thread_idle = 0;
    wish.fd = -1;
    return wish;
}

/**
 * rf_best_text() - the same for people: some lines, each with a newline.
 *
 *     throughput: 256 SQEs, 512 CQEs
 *       yes  RF_SETUP_SUBMIT_ALL     a bad SQE does not hold up those behind it
 *       no   RF_SETUP_DEFER_TASKRUN  this kernel lacks ..., which came with Linux 6.1
 *
 * @buf    As much as fits is written, and a NUL; may be NULL if @bytes is 0.
 * @bytes  2048 are enough.
 *
 * Returns the length of the whole, without the NUL.
 */
RF_API size_t rf_best_text(const struct rf_best *best, char *buf, size_t bytes);

RF_END_DECLS

#endif
