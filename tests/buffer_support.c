/* SPDX-License-Identifier: MIT */
#include "buffer_support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffers.h"
#include "map.h"
#include "register.h"

/* --- watched rings ------------------------------------------------------- */

static struct watch *watch_of(const struct rf_sys *sys)
{
    return (struct watch *)(uintptr_t)sys;
}

static int watched_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    return watch_of(sys)->below->ring_setup(watch_of(sys)->below, entries, params);
}

static int watched_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                         uint32_t min_complete, uint32_t flags, const void *arg, size_t arg_bytes)
{
    const struct rf_sys *below = watch_of(sys)->below;
    return below->ring_enter(below, fd, to_submit, min_complete, flags, arg, arg_bytes);
}

static int watched_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    struct watch *watch = watch_of(sys);
    int op = (int)(opcode & ~RF_REGISTER_USE_REGISTERED_RING);
    watch->registers++;
    if (watch->refuse_with && op == watch->refuse_op)
        return -watch->refuse_with;
    if (watch->without_flags && op == RF_REGISTER_PBUF_RING && arg != RFI_NOWHERE &&
        ((struct rf_buf_reg *)arg)->flags)
        return -EINVAL;
    return watch->below->ring_register(watch->below, fd, opcode, arg, nr_args);
}

static int watched_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                       void **ret_addr)
{
    struct watch *watch = watch_of(sys);
    assert_int_equal(fd, -1);
    if (bytes > watch->largest)
        watch->largest = bytes;
    if (watch->map_error)
        return -watch->map_error;
    if (watch->lazy) {
        *ret_addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (*ret_addr == MAP_FAILED)
            return -ENOMEM;
    } else {
        int err = watch->below->map(watch->below, fd, offset, bytes, ret_addr);
        if (err)
            return err;
    }
    assert_true(watch->maps < COUNT_OF(watch->mapped));
    watch->mapped[watch->maps].addr = *ret_addr;
    watch->mapped[watch->maps++].bytes = bytes;
    return 0;
}

static int watched_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    struct watch *watch = watch_of(sys);
    for (unsigned i = 0; i < watch->maps; i++) {
        if (watch->mapped[i].addr == addr) {
            assert_int_equal(watch->mapped[i].bytes, bytes);
            watch->mapped[i] = watch->mapped[--watch->maps];
            break;
        }
    } /* else it is of the ring's own */
    return watch->below->unmap(watch->below, addr, bytes);
}

static int watched_close(const struct rf_sys *sys, int fd)
{
    return watch_of(sys)->below->close(watch_of(sys)->below, fd);
}

void watch_ring(struct watch *watch, struct rf_ring *ring)
{
    memset(watch, 0, sizeof *watch);
    watch->sys.ring_setup = watched_setup;
    watch->sys.ring_enter = watched_enter;
    watch->sys.ring_register = watched_register;
    watch->sys.map = watched_map;
    watch->sys.unmap = watched_unmap;
    watch->sys.close = watched_close;
    watch->below = ring->sys;
    ring->sys = &watch->sys;
}

void open_watched(void **state, struct rf_ring *ring, uint32_t entries, struct watch *watch)
{
    open_flavour(state, ring, entries);
    watch_ring(watch, ring);
}

void close_watched(struct rf_ring *ring, struct watch *watch)
{
    assert_int_equal(watch->maps, 0);
    rf_deinit(ring);
}

/* --- operations ---------------------------------------------------------- */

struct rf_cqe complete(struct rf_ring *ring, struct rf_sqe *sqe)
{
    assert_non_null(sqe);
    return submit_and_reap(ring);
}

void assert_complete(struct rf_ring *ring, struct rf_sqe *sqe, int res)
{
    struct rf_cqe cqe = complete(ring, sqe);
    assert_result(cqe.res, res);
}

void open_pair(struct pair *pair)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    pair->here = ends[0];
    pair->there = ends[1];
}

void close_pair(const struct pair *pair)
{
    close(pair->here);
    close(pair->there);
}

void say(const struct pair *pair, const void *data, size_t bytes)
{
    assert_int_equal(write(pair->there, data, bytes), bytes);
}

int open_zero(void)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* --- groups -------------------------------------------------------------- */

void open_group(struct rf_buffer_group *group, struct rf_ring *ring, uint16_t group_id,
                       uint32_t buffer_size, uint32_t buffers_count)
{
    int err = rf_buffer_group_init(group, ring, group_id, buffer_size, buffers_count);
    if (err == -EOPNOTSUPP) {
        rf_deinit(ring);
        skip_because("this kernel has no buffer rings");
    }
    assert_result(err, 0);
    assert_true(rfi_buffer_group_is_valid(group));
}

void open_incremental(struct rf_buffer_group *group, struct rf_ring *ring,
                             uint16_t group_id, uint32_t buffer_size, uint32_t buffers_count)
{
    open_group(group, ring, group_id, buffer_size, buffers_count);
    if (!rf_buffer_group_is_incremental(group)) {
        assert_result(rf_buffer_group_deinit(group), 0);
        rf_deinit(ring);
        skip_because("this kernel does not use up buffers piece by piece");
    }
}

void assert_all_in_ring(const struct rf_buffer_group *group)
{
    struct rf_buf_status status;
    memset(&status, 0, sizeof status);
    status.buf_group = group->group_id;
    int err = rfi_register(group->ring, RF_REGISTER_PBUF_STATUS, &status, 1);
    if (err == 0)
        assert_int_equal((uint16_t)(group->tail - (uint16_t)status.head), group->buffers_count);
    else
        assert_result(err, -EINVAL);
}

void close_group(struct rf_buffer_group *group)
{
    assert_true(rfi_buffer_group_is_valid(group));
    assert_result(rf_buffer_group_deinit(group), 0);
    assert_true(rfi_buffer_group_is_valid(group));
}

struct rf_cqe receive(struct rf_buffer_group *group, const struct pair *pair)
{
    return complete(group->ring, rf_buffer_group_recv(group, 2, pair->here, MSG_DONTWAIT));
}

bool buffer_is_free(struct rf_buffer_group *group, const struct pair *pair)
{
    struct rf_cqe cqe = receive(group, pair);
    void *none;
    assert_true(cqe.res == -ENOBUFS || cqe.res == -EAGAIN);
    assert_result(rf_buffer_group_get(group, &cqe, &none), cqe.res);
    return cqe.res == -EAGAIN;
}

void assert_got(struct rf_buffer_group *group, const struct rf_cqe *cqe, const void *data,
                       size_t bytes)
{
    void *found = NULL;
    assert_result(rf_buffer_group_get(group, cqe, &found), (long)bytes);
    assert_memory_equal(found, data, bytes);
    assert_true(rfi_buffer_group_is_valid(group));
}

void put(struct rf_buffer_group *group, const struct rf_cqe *cqe)
{
    assert_result(rf_buffer_group_put(group, cqe), 0);
    assert_true(rfi_buffer_group_is_valid(group));
}

struct rf_cqe next_cqe(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    assert_result(rf_copy_cqe(ring, &cqe), 0);
    return cqe;
}
