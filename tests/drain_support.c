/* SPDX-License-Identifier: MIT */
#include "drain_support.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* --- draining ------------------------------------------------------------- */

static void take(void *arg, const struct rf_cqe *cqe)
{
    struct found *found = arg;
    if (found->taken_count < FOUND_MAX) {
        found->taken[found->taken_count] = cqe->user_data;
        found->res[found->taken_count] = cqe->res;
        found->flags[found->taken_count] = cqe->flags;
    }
    found->taken_count++;
    /* Whatever a program does with it, nothing can be queued. */
    if (rf_get_sqe(found->ring))
        fail_msg("an SQE was to be had in the middle of draining");
    if (found->also)
        found->also(found, cqe);
}

static void drop(void *arg, const struct rf_sqe *sqe)
{
    struct found *found = arg;
    if (found->dropped_count < FOUND_MAX)
        found->dropped[found->dropped_count] = sqe->user_data;
    found->dropped_count++;
    if (rf_get_sqe(found->ring))
        fail_msg("an SQE was to be had in the middle of draining");
}

int drain_within(struct rf_ring *ring, struct found *found, int ms)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + (int64_t)ms * 1000000;
    struct rf_timespec deadline = {ns / 1000000000, ns % 1000000000};
    struct rf_drain_options options = {.take = take, .drop = drop, .arg = found};
    found->ring = ring;
    unsigned before = found->taken_count;
    errno = 4711;
    int err = rf_drain(ring, &deadline, &options, &found->result);
    assert_int_equal(errno, 4711);
    if (err == 0 || err == -ETIME)
        assert_int_equal(found->result.taken, found->taken_count - before);
    return err;
}

void drain_fully(struct rf_ring *ring, struct found *found)
{
    int err = drain_within(ring, found, 60000);
    if (err)
        fail_msg("draining ended with %d: %s", err, rf_reason(ring) ? rf_reason(ring) : "?");
    assert_int_equal(rf_cq_ready(ring), 0);
}

unsigned last_of(const struct found *found, uint64_t user_data)
{
    for (unsigned i = found->taken_count; i-- > 0;)
        if (i < FOUND_MAX && found->taken[i] == user_data)
            return i;
    fail_msg("no completion with user_data %llu", (unsigned long long)user_data);
    return 0;
}

unsigned times_taken(const struct found *found, uint64_t user_data)
{
    unsigned times = 0;
    for (unsigned i = 0; i < found->taken_count && i < FOUND_MAX; i++)
        times += found->taken[i] == user_data;
    return times;
}

/* --- a page that stops who touches it ------------------------------------- */

bool open_trap_page(struct trap_page *trap)
{
    trap->bytes = (size_t)sysconf(_SC_PAGESIZE);
    trap->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (trap->fd < 0)
        return false;
    struct uffdio_api api = {.api = UFFD_API};
    trap->page = mmap(NULL, trap->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(trap->page, MAP_FAILED);
    struct uffdio_register reg = {.range = {(uintptr_t)trap->page, trap->bytes},
                                  .mode = UFFDIO_REGISTER_MODE_MISSING};
    if (ioctl(trap->fd, UFFDIO_API, &api) == 0 && ioctl(trap->fd, UFFDIO_REGISTER, &reg) == 0)
        return true;
    close_trap_page(trap);
    return false;
}

void await_sleeper(const struct trap_page *trap)
{
    struct pollfd event = {.fd = trap->fd, .events = POLLIN};
    assert_int_equal(poll(&event, 1, 20000), 1);
    assert_int_equal(event.revents, POLLIN);
}

void let_pass(struct trap_page *trap)
{
    struct uffdio_zeropage zero = {.range = {(uintptr_t)trap->page, trap->bytes}};
    assert_int_equal(ioctl(trap->fd, UFFDIO_ZEROPAGE, &zero), 0);
}

void close_trap_page(struct trap_page *trap)
{
    munmap(trap->page, trap->bytes);
    close(trap->fd);
}
