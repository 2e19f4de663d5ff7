/* SPDX-License-Identifier: MIT */
/* standin.c - standin.h. The orders are the kernel's own. */
#include "standin.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef IORING_SETUP_NO_SQARRAY
#define IORING_SETUP_NO_SQARRAY (1U << 16)
#endif

enum { SQ_IDLE_MS = 1, PATIENCE_MS = 2000 };

/* Where things are in such a ring. The kernel has told the peer only: a second ring tells. */
static int ask_offsets(uint32_t entries, uint32_t flags, struct io_uring_params *p)
{
    *p = (struct io_uring_params){.flags = flags & ~(IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF)};
    long fd = syscall(SYS_io_uring_setup, entries, p);
    if (fd < 0)
        return -errno;
    close((int)fd);
    return 0;
}

static int map(int fd, off_t offset, size_t bytes, void **ret)
{
    void *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
    if (addr == MAP_FAILED)
        return -errno;
    *ret = addr;
    return 0;
}

/* Waits until the SQ thread has gone to sleep, and takes back that it wants to be woken. */
static int silence(uint32_t *flags_word)
{
    for (int ms = 0; ms < PATIENCE_MS; ms++) {
        if (__atomic_load_n(flags_word, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP) {
            __atomic_and_fetch(flags_word, ~IORING_SQ_NEED_WAKEUP, __ATOMIC_SEQ_CST);
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return -ETIMEDOUT;
}

int standin_open(struct standin *standin, int fd, uint32_t entries, uint32_t flags)
{
    *standin = (struct standin){0};
    struct io_uring_params p;
    int err = ask_offsets(entries, flags, &p);
    if (err)
        return err;
    bool array = !(flags & IORING_SETUP_NO_SQARRAY);
    size_t cqes_end = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    size_t array_end = array ? p.sq_off.array + p.sq_entries * sizeof(uint32_t) : 0;
    standin->rings_bytes = cqes_end > array_end ? cqes_end : array_end;
    standin->sqe_bytes = p.sq_entries * sizeof(struct io_uring_sqe);
    err = map(fd, IORING_OFF_SQ_RING, standin->rings_bytes, &standin->rings);
    if (!err)
        err = map(fd, IORING_OFF_SQES, standin->sqe_bytes, &standin->sqe_memory);
    if (!err)
        err = silence((uint32_t *)((uint8_t *)standin->rings + p.sq_off.flags));
    if (err) {
        standin_close(standin);
        return err;
    }
    uint8_t *rings = standin->rings;
    standin->sq_tail_word = (const uint32_t *)(rings + p.sq_off.tail);
    standin->sq_head_word = (uint32_t *)(rings + p.sq_off.head);
    standin->cq_tail_word = (uint32_t *)(rings + p.cq_off.tail);
    standin->array = array ? (const uint32_t *)(rings + p.sq_off.array) : NULL;
    standin->sqes = standin->sqe_memory;
    standin->cqes = rings + p.cq_off.cqes;
    standin->sq_mask = p.sq_entries - 1;
    standin->cq_mask = p.cq_entries - 1;
    return 0;
}

void standin_close(struct standin *standin)
{
    if (standin->rings)
        munmap(standin->rings, standin->rings_bytes);
    if (standin->sqe_memory)
        munmap(standin->sqe_memory, standin->sqe_bytes);
    *standin = (struct standin){0};
}

static uint32_t take_buffer(struct standin *standin)
{
    uint32_t slot = standin->buf_head++ & standin->buf_mask;
    const struct io_uring_buf *bufs = (const void *)standin->buf_ring;
    return IORING_CQE_F_BUFFER | (uint32_t)bufs[slot].bid << IORING_CQE_BUFFER_SHIFT;
}

__attribute__((noinline)) void standin_turn(struct standin *standin)
{
    uint32_t tail = __atomic_load_n(standin->sq_tail_word, __ATOMIC_ACQUIRE);
    const struct io_uring_sqe *sqes = (const void *)standin->sqes;
    struct io_uring_cqe *cqes = (void *)standin->cqes;
    uint32_t head = standin->sq_head;
    uint32_t cq_tail = standin->cq_tail;
    for (; head != tail; head++, cq_tail++) {
        uint32_t slot = head & standin->sq_mask;
        const struct io_uring_sqe *sqe = &sqes[standin->array ? standin->array[slot] : slot];
        struct io_uring_cqe *cqe = &cqes[cq_tail & standin->cq_mask];
        cqe->user_data = sqe->user_data;
        cqe->res = (int32_t)sqe->len;
        cqe->flags = sqe->flags & IOSQE_BUFFER_SELECT ? take_buffer(standin) : 0;
    }
    standin->sq_head = head;
    standin->cq_tail = cq_tail;
    __atomic_store_n(standin->sq_head_word, head, __ATOMIC_RELEASE);
    __atomic_store_n(standin->cq_tail_word, cq_tail, __ATOMIC_RELEASE);
}
