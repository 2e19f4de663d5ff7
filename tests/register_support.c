/* SPDX-License-Identifier: MIT */
#include "register_support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "map.h"
#include "register.h"

void *unmapped(void)
{
    return (void *)(uintptr_t)8;
}

/* --- older kernels ------------------------------------------------------- */

static struct older *older_of(const struct rf_sys *sys)
{
    return (struct older *)(uintptr_t)sys;
}

static int older_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    return older_of(sys)->below->ring_setup(older_of(sys)->below, entries, params);
}

static int older_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                       uint32_t flags, const void *arg, size_t arg_bytes)
{
    const struct rf_sys *below = older_of(sys)->below;
    return below->ring_enter(below, fd, to_submit, min_complete, flags, arg, arg_bytes);
}

static int older_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                          uint32_t nr_args)
{
    struct older *older = older_of(sys);
    uint32_t op = opcode & ~RF_REGISTER_USE_REGISTERED_RING;
    older->asked++;
    if (older->op >= 0 && op >= (uint32_t)older->op)
        return -EINVAL;
    if (older->lacks && arg && arg != RFI_NOWHERE && older->lacks(op, arg))
        return -EINVAL;
    return older->below->ring_register(older->below, fd, opcode, arg, nr_args);
}

static int older_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                     void **ret_addr)
{
    return older_of(sys)->below->map(older_of(sys)->below, fd, offset, bytes, ret_addr);
}

static int older_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    return older_of(sys)->below->unmap(older_of(sys)->below, addr, bytes);
}

static int older_close(const struct rf_sys *sys, int fd)
{
    return older_of(sys)->below->close(older_of(sys)->below, fd);
}

void make_older(struct older *older, struct rf_ring *ring, int op,
                bool (*lacks)(uint32_t opcode, const void *arg))
{
    if (ring->sys != &older->sys) {
        older->below = ring->sys;
        older->sys = (struct rf_sys){
            .ring_setup = older_setup,
            .ring_enter = older_enter,
            .ring_register = older_register,
            .map = older_map,
            .unmap = older_unmap,
            .close = older_close,
        };
        ring->sys = &older->sys;
    }
    older->op = op;
    older->lacks = lacks;
    older->asked = 0;
}

void make_new_again(struct older *older, struct rf_ring *ring)
{
    ring->sys = older->below;
}

bool kernel_registers(struct rf_ring *ring, uint32_t opcode, uint32_t nr_args)
{
    return rfi_knows(ring, opcode, nr_args);
}

void need_registration(struct rf_ring *ring, uint32_t opcode, uint32_t nr_args)
{
    if (kernel_registers(ring, opcode, nr_args))
        return;
    rf_deinit(ring);
    skip_because("this kernel lacks registration %u", opcode);
}

void assert_reason_has(const char *reason, const char *word, const char *file, int line)
{
    if (reason && strstr(reason, word))
        return;
    print_error("the reason is \"%s\", without \"%s\"\n", reason ? reason : "(none)", word);
    _fail(file, line);
}

/* --- files and slots ----------------------------------------------------- */

int open_devzero(void)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

int open_filled_with(char byte)
{
    char name[] = "/tmp/ringfence-test-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(unlink(name), 0);
    char block[128];
    memset(block, byte, sizeof block);
    assert_int_equal(write(fd, block, sizeof block), sizeof block);
    return fd;
}

void open_pipe(struct pipe_ends *ends)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    ends->read = fds[0];
    ends->write = fds[1];
}

void close_pipe(const struct pipe_ends *ends)
{
    close(ends->read);
    close(ends->write);
}

int read_slot(struct rf_ring *ring, int slot, char *ret_byte)
{
    char buf[128];
    memset(buf, 0x55, sizeof buf);
    struct rf_sqe *sqe = rf_read(ring, 0xcccccccc, slot, buf, sizeof buf, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, 0xcccccccc);
    for (int i = 1; i < cqe.res; i++)
        assert_int_equal(buf[i], buf[0]);
    *ret_byte = buf[0];
    return cqe.res;
}

void assert_slot_reads(struct rf_ring *ring, int slot, char byte)
{
    char found;
    assert_result(read_slot(ring, slot, &found), 128);
    assert_int_equal(found, byte);
}

void assert_slot_empty(struct rf_ring *ring, int slot)
{
    char found;
    assert_result(read_slot(ring, slot, &found), -EBADF);
}

struct rf_sqe *splice_one(struct rf_ring *ring, uint64_t user_data, int from, int to)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    sqe->opcode = RF_OP_SPLICE;
    sqe->user_data = user_data;
    sqe->fd = to;
    sqe->splice_fd_in = from;
    sqe->off = sqe->splice_off_in = UINT64_MAX; /* pipes have no position */
    sqe->len = 1;
    return sqe;
}

/* --- completions --------------------------------------------------------- */

void submit_fully(struct rf_ring *ring)
{
    assert_true(rf_submit(ring) >= 0);
    while (rf_sq_ready(ring))
        usleep(100); /* the SQ thread, if any */
}

void assert_next_cqe(struct rf_ring *ring, uint64_t user_data, int res)
{
    struct rf_cqe cqe;
    int copied = 0;
    for (int i = 0; i < 2000 && copied == 0; i++) {
        copied = rf_copy_cqes(ring, &cqe, 1, 0);
        if (copied == 0)
            usleep(1000); /* rather than wait for ever for what does not come */
    }
    if (copied != 1)
        fail_msg("nothing came for user_data %#llx: %d", (unsigned long long)user_data, copied);
    assert_int_equal(cqe.user_data, user_data);
    assert_result(cqe.res, res);
    assert_int_equal(cqe.flags, 0);
}

void assert_no_cqe(struct rf_ring *ring)
{
    for (int i = 0; i < 5; i++) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqes(ring, &cqe, 1, 0), 0);
        usleep(1000);
    }
}
