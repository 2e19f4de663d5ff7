/* SPDX-License-Identifier: MIT */
/*
 * Held here: <ringfence/abi.h> says the same as the kernel.
 *
 * At compile time, against the kernel's own header: every constant, and the
 * size, offset and width of every member. The installed header decides how
 * much: one of 6.1 or later gives the list of 6.1, one of 7.2 or later all.
 * A header in between has some of the newer names, but which is not worth a
 * condition for each.
 *
 * At run time, against the running kernel, with bare system calls: what it
 * says it supports is known here, and one request goes through a ring whose
 * words are found by these structs alone.
 */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/io_uring.h>
#include <linux/version.h>

#include <ringfence/abi_register.h>

/* The release that abi.h covers to the end. */
#define COVERED_MAJOR 7
#define COVERED_MINOR 2

#define HEADER_6_1 (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0))
#define HEADER_7_2 (LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0))

/* Compared as 64-bit numbers: some are enumerators, some are unsigned. */
#define EQUAL(ours, theirs)                                                                        \
    RF_STATIC_ASSERT((uint64_t)(ours) == (uint64_t)(theirs), #ours " differs from the kernel's")
#define SAME(name) EQUAL(RF_##name, IORING_##name)

#define SIZE_AS(ours, theirs) EQUAL(sizeof(struct ours), sizeof(struct theirs))
#define SIZE(name) SIZE_AS(rf_##name, io_uring_##name)

#define WIDTH(type, member) sizeof(((struct type *)0)->member)
#define FIELD_AS(ours, our_member, theirs, their_member)                                           \
    EQUAL(offsetof(struct ours, our_member), offsetof(struct theirs, their_member));               \
    EQUAL(WIDTH(ours, our_member), WIDTH(theirs, their_member))
#define FIELD(name, member) FIELD_AS(rf_##name, member, io_uring_##name, member)

#if HEADER_6_1
#include "abi_6_1.h"
#endif

#if HEADER_7_2
#include <linux/io_uring/bpf_filter.h>
#include <linux/io_uring/query.h>
#include <linux/io_uring/zcrx.h>

#include "abi_7_2.h"
#endif

/* The masks below have all bits from 0 to the highest constant. */
#define BITS_UP_TO(flag) (((uint64_t)(flag) << 1) - 1)
#define SETUP_KNOWN BITS_UP_TO(RF_SETUP_SQ_REWIND)
#define FEAT_KNOWN BITS_UP_TO(RF_FEAT_NO_IOWAIT)
#define ENTER_KNOWN BITS_UP_TO(RF_ENTER_NO_IOWAIT)
#define SQE_KNOWN BITS_UP_TO(RF_SQE_CQE_SKIP_SUCCESS)

static int sys_setup(unsigned entries, struct rf_params *params)
{
    long r = syscall(SYS_io_uring_setup, entries, params);
    return r < 0 ? -errno : (int)r;
}

static int sys_enter(int fd, unsigned to_submit, unsigned min_complete, unsigned flags)
{
    long r = syscall(SYS_io_uring_enter, fd, to_submit, min_complete, flags, NULL, 0);
    return r < 0 ? -errno : (int)r;
}

static int sys_register(int fd, unsigned op, void *arg, unsigned count)
{
    long r = syscall(SYS_io_uring_register, fd, op, arg, count);
    return r < 0 ? -errno : (int)r;
}

/* A ring of 4 entries. Skips the test where there is no io_uring at all. */
static int open_bare_ring(struct rf_params *params)
{
    memset(params, 0, sizeof(*params));
    int fd = sys_setup(4, params);
    if (fd == -ENOSYS || fd == -EPERM || fd == -EACCES) {
        skip_because("io_uring is not available: %s", strerror(-fd));
    }
    assert_true(fd >= 0);
    return fd;
}

/* A kernel newer than the header may well know more than it. */
static void skip_on_newer_kernel(void)
{
    struct utsname name;
    int major = 0;
    int minor = 0;

    assert_int_equal(uname(&name), 0);
    assert_int_equal(sscanf(name.release, "%d.%d", &major, &minor), 2);
    if (major > COVERED_MAJOR || (major == COVERED_MAJOR && minor > COVERED_MINOR)) {
        skip_because("kernel %s is newer than %d.%d", name.release, COVERED_MAJOR,
                     COVERED_MINOR);
    }
}

static void header_of_6_1_was_compared(void **state)
{
    (void)state;
    if (!HEADER_6_1) {
        skip_because("<linux/io_uring.h> is older than 6.1: nothing was compared");
    }
}

static void header_of_7_2_was_compared(void **state)
{
    (void)state;
    if (!HEADER_7_2) {
        skip_because("<linux/io_uring.h> is older than 7.2: newer names were not compared");
    }
}

static void kernel_supports_nothing_unknown(void **state)
{
    struct rf_query_opcode answer;
    struct rf_query_hdr query;

    (void)state;
    skip_on_newer_kernel();

    memset(&answer, 0, sizeof(answer));
    memset(&query, 0, sizeof(query));
    query.query_data = (uint64_t)(uintptr_t)&answer;
    query.query_op = RF_QUERY_OPCODES;
    query.size = sizeof(answer);

    int r = sys_register(-1, RF_REGISTER_QUERY, &query, 0);
    if (r < 0) { /* -EINVAL or -EBADF before 6.18, others when it is forbidden */
        skip_because("the kernel takes no queries: %s", strerror(-r));
    }
    assert_int_equal(query.result, 0);
    assert_int_equal(query.size, sizeof(answer));

    /* 6.18 is the first to answer, with 63 and 36. */
    assert_in_range(answer.nr_request_opcodes, RF_OP_PIPE + 1, RF_OP_LAST);
    assert_in_range(answer.nr_register_opcodes, RF_REGISTER_QUERY + 1, RF_REGISTER_LAST);
    assert_in_range(answer.nr_query_opcodes, 1, RF_QUERY_ZCRX_EVENT + 1);

    assert_int_equal(answer.ring_setup_flags & ~SETUP_KNOWN, 0);
    assert_int_equal(answer.feature_flags & ~FEAT_KNOWN, 0);
    assert_int_equal(answer.enter_flags & ~ENTER_KNOWN, 0);
    assert_int_equal(answer.sqe_flags & ~SQE_KNOWN, 0);

    /* The bits that 6.18 has, so that a misread member cannot pass as 0. */
    assert_int_equal(~answer.ring_setup_flags & BITS_UP_TO(RF_SETUP_CQE_MIXED), 0);
    assert_int_equal(~answer.feature_flags & BITS_UP_TO(RF_FEAT_NO_IOWAIT), 0);
    assert_int_equal(~answer.enter_flags & BITS_UP_TO(RF_ENTER_NO_IOWAIT), 0);
    assert_int_equal(~answer.sqe_flags & BITS_UP_TO(RF_SQE_CQE_SKIP_SUCCESS), 0);
}

static void probe_fits_the_struct(void **state)
{
    struct rf_params params;
    struct rf_probe probe;

    (void)state;
    skip_on_newer_kernel();
    int fd = open_bare_ring(&params);

    memset(&probe, 0, sizeof(probe));
    int r = sys_register(fd, RF_REGISTER_PROBE, &probe, 256);
    assert_int_equal(close(fd), 0);
    if (r == -EINVAL) {
        skip_because("the kernel has no probe (before 5.6)");
    }
    assert_int_equal(r, 0);

    assert_in_range(probe.last_op, RF_OP_EPOLL_CTL, RF_OP_LAST - 1);
    assert_int_equal(probe.ops_len, probe.last_op + 1);
    for (unsigned i = 0; i < probe.ops_len; i++) {
        assert_int_equal(probe.ops[i].op, i);
        assert_int_equal(probe.ops[i].flags & ~RF_OP_SUPPORTED, 0);
    }
    assert_int_equal(probe.ops[RF_OP_NOP].flags, RF_OP_SUPPORTED);
}

static uint32_t word_at(const unsigned char *ring, uint32_t offset)
{
    return __atomic_load_n((const uint32_t *)(const void *)(ring + offset), __ATOMIC_ACQUIRE);
}

static void set_word_at(unsigned char *ring, uint32_t offset, uint32_t value)
{
    __atomic_store_n((uint32_t *)(void *)(ring + offset), value, __ATOMIC_RELEASE);
}

static unsigned char *map_ring(int fd, size_t bytes, uint64_t offset)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    assert_true(p != MAP_FAILED);
    return p;
}

static void one_request_goes_through(void **state)
{
    struct rf_params params;
    struct rf_sqe sqe;
    struct rf_cqe cqe;

    (void)state;
    int fd = open_bare_ring(&params);

    assert_int_equal(params.sq_entries, 4);
    assert_int_equal(params.cq_entries, 8);

    size_t sq_bytes = params.sq_off.array + 4 * sizeof(uint32_t);
    size_t cq_bytes = params.cq_off.cqes + 8 * sizeof(struct rf_cqe);
    size_t sqe_bytes = 4 * sizeof(struct rf_sqe);
    unsigned char *sq = map_ring(fd, sq_bytes, RF_OFF_SQ_RING);
    unsigned char *cq = map_ring(fd, cq_bytes, RF_OFF_CQ_RING);
    unsigned char *sqes = map_ring(fd, sqe_bytes, RF_OFF_SQES);

    assert_int_equal(word_at(sq, params.sq_off.ring_entries), 4);
    assert_int_equal(word_at(sq, params.sq_off.ring_mask), 3);
    assert_int_equal(word_at(cq, params.cq_off.ring_entries), 8);
    assert_int_equal(word_at(cq, params.cq_off.ring_mask), 7);

    memset(&sqe, 0, sizeof(sqe));
    sqe.opcode = RF_OP_NOP;
    sqe.fd = -1;
    sqe.user_data = UINT64_C(0x0123456789abcdef);
    memcpy(sqes, &sqe, sizeof(sqe));
    set_word_at(sq, params.sq_off.array, 0);
    set_word_at(sq, params.sq_off.tail, 1);

    assert_int_equal(sys_enter(fd, 1, 1, RF_ENTER_GETEVENTS), 1);

    assert_int_equal(word_at(sq, params.sq_off.head), 1);
    assert_int_equal(word_at(sq, params.sq_off.dropped), 0);
    assert_int_equal(word_at(cq, params.cq_off.overflow), 0);
    assert_int_equal(word_at(cq, params.cq_off.head), 0);
    assert_int_equal(word_at(cq, params.cq_off.tail), 1);
    memcpy(&cqe, cq + params.cq_off.cqes, sizeof(cqe));
    assert_true(cqe.user_data == UINT64_C(0x0123456789abcdef));
    assert_int_equal(cqe.res, 0);
    assert_int_equal(cqe.flags, 0);

    assert_int_equal(munmap(sqes, sqe_bytes), 0);
    assert_int_equal(munmap(cq, cq_bytes), 0);
    assert_int_equal(munmap(sq, sq_bytes), 0);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_of_6_1_was_compared),
        cmocka_unit_test(header_of_7_2_was_compared),
        cmocka_unit_test(kernel_supports_nothing_unknown),
        cmocka_unit_test(probe_fits_the_struct),
        cmocka_unit_test(one_request_goes_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
