/* SPDX-License-Identifier: MIT */
/*
 * Held here: buffer rings beyond the plain one. In memory of the kernel's, in memory
 * of the caller's, with buffers that count as used up before they are; how far the
 * kernel has got; and kernels that lack one of these.
 */
#include "buffer_support.h"
#include "register_support.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GROUP 90 /* not below 64: there 6.1 says EINVAL of a group that is gone */

static void need_buf_rings(struct rf_ring *ring)
{
    need_registration(ring, RF_REGISTER_PBUF_RING, 1);
}

static void *map_pages(size_t bytes)
{
    void *addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(addr != MAP_FAILED);
    return addr;
}

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* One byte of /dev/zero into a buffer of the group: its id, or a negative errno. */
static int take_one(struct rf_ring *ring)
{
    int zero = open_devzero();
    struct rf_cqe cqe = complete(ring, rf_read_select(ring, 1, zero, GROUP, 1, 0));
    close(zero);
    return cqe.res < 0 ? cqe.res : rf_cqe_buffer_id(&cqe);
}

/* --- memory of the kernel's ---------------------------------------------- */

static void entries_in_the_kernels_memory_are_used(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_buf_rings(&ring);
    struct rf_buf_ring *br = NULL;
    if (ring.fd < 0) {
        assert_named_error(SETUP_BUF_RING,
                           rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_MMAP, &br), EBADF,
                           "FileDescriptorInvalid");
        assert_null(br);
        rf_deinit(&ring);
        return;
    }
    int err = rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_MMAP, &br);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel has no memory for buffer rings");
    }
    assert_result(err, 0);
    struct rf_buf_ring *second = NULL;
    assert_named_error(SETUP_BUF_RING,
                       rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_MMAP, &second), EEXIST,
                       "BufferGroupAlreadyRegistered");
    char memory[4];
    memset(memory, 1, sizeof memory);
    assert_result(take_one(&ring), -ENOBUFS);
    for (int round = 0; round < 3; round++) {
        for (uint16_t i = 0; i < 4; i++)
            rf_buf_ring_add(br, &memory[i], 1, (uint16_t)(100 + i), rf_buf_ring_mask(4), i);
        rf_buf_ring_advance(br, 4);
        for (int i = 0; i < 4; i++)
            assert_result(take_one(&ring), 100 + i);
        assert_result(take_one(&ring), -ENOBUFS);
    }
    assert_int_equal(memory[3], 0);
    assert_result(rf_free_buf_ring(&ring, br, 4, GROUP), 0);
    /* The largest there is, and again under the same id. */
    assert_result(rf_setup_buf_ring(&ring, 32768, GROUP, RF_PBUF_RING_MMAP, &br), 0);
    rf_buf_ring_add(br, memory, 1, 5, rf_buf_ring_mask(32768), 0);
    rf_buf_ring_advance(br, 1);
    assert_result(take_one(&ring), 5);
    assert_result(rf_free_buf_ring(&ring, br, 32768, GROUP), 0);
    rf_deinit(&ring);
}

static int refuse_to_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                         void **ret_addr)
{
    (void)sys;
    (void)offset;
    (void)bytes;
    (void)ret_addr;
    return fd >= 0 ? -EAGAIN : -ENOMEM;
}

static void a_group_that_cannot_be_mapped_is_unregistered(void **state)
{
    without_checker(); /* it plays with ring.sys */
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_buf_rings(&ring);
    if (ring.fd < 0) {
        rf_deinit(&ring);
        skip_because("this ring has no descriptor to map by");
    }
    struct rf_buf_ring *br = NULL;
    int err = rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_MMAP, &br);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel has no memory for buffer rings");
    }
    assert_result(err, 0);
    assert_result(rf_free_buf_ring(&ring, br, 4, GROUP), 0);
    br = NULL;
    struct rf_sys sys = *ring.sys;
    const struct rf_sys *real = ring.sys;
    sys.map = refuse_to_map;
    ring.sys = &sys;
    assert_named_error(SETUP_BUF_RING, rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_MMAP, &br),
                       EAGAIN, "LockedMemoryLimitExceeded");
    assert_null(br);
    ring.sys = real;
    assert_named_error(FREE_BUF_RING, rf_unregister_buf_ring(&ring, GROUP), ENOENT,
                       "BufferGroupNotFound");
    rf_deinit(&ring);
}

/* --- memory of one's own ------------------------------------------------- */

static struct rf_buf_reg reg_at(const void *addr, uint32_t entries)
{
    struct rf_buf_reg reg;
    memset(&reg, 0, sizeof reg);
    reg.ring_addr = (uintptr_t)addr;
    reg.ring_entries = entries;
    reg.bgid = GROUP;
    return reg;
}

static void entries_in_memory_of_ones_own_are_used(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_buf_rings(&ring);
    struct rf_buf_ring *br = (struct rf_buf_ring *)map_pages(page_bytes());
    memset((void *)br, 0xff, page_bytes());
    rf_buf_ring_init(br);
    struct rf_buf_reg reg = reg_at(br, 8);
    assert_result(rf_register_buf_ring(&ring, &reg, 0), 0);
    memset(&reg, 0, sizeof reg); /* read during the call only */
    char memory[8];
    for (uint16_t i = 0; i < 3; i++)
        rf_buf_ring_add(br, &memory[i], 1, i, rf_buf_ring_mask(8), i);
    rf_buf_ring_advance(br, 3);
    for (int i = 0; i < 3; i++)
        assert_result(take_one(&ring), i);
    assert_result(take_one(&ring), -ENOBUFS);
    assert_result(rf_unregister_buf_ring(&ring, GROUP), 0);
    assert_result(take_one(&ring), -ENOBUFS);
    munmap((void *)br, page_bytes());
    rf_deinit(&ring);
}

static void registrations_that_make_no_sense_are_refused(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_buf_rings(&ring);
    char *page = map_pages(page_bytes());
    static const struct {
        long at; /* in the page; -1: nowhere, -2: unmapped */
        uint32_t entries, flags, min_left, resv;
        int error;
        const char *name;
    } rows[] = {
        {0, 0, 0, 0, 0, EINVAL, "ArgumentsInvalid"},
        {0, 3, 0, 0, 0, EINVAL, "ArgumentsInvalid"},
        {0, 65536, 0, 0, 0, EINVAL, "ArgumentsInvalid"},
        {8, 4, 0, 0, 0, EINVAL, "ArgumentsInvalid"},
        {0, 4, 0, 0, 1, EINVAL, "ArgumentsInvalid"},
        {0, 4, 0, 16, 0, EINVAL, "ArgumentsInvalid"}, /* min_left alone */
        {-1, 4, 0, 0, 0, EFAULT, "BufferRingUnpinnable"},
        {-2, 4, 0, 0, 0, EFAULT, "BufferRingUnpinnable"},
        {0, 4, RF_PBUF_RING_MMAP, 0, 0, EINVAL, "ArgumentsInvalid"},
        {0, 4, 8, 0, 0, EOPNOTSUPP, "BufferRingUnsupported"},
        {0, 4, 1U << 20, 0, 0, EOPNOTSUPP, "BufferRingUnsupported"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const void *at = rows[i].at == -1   ? NULL
                         : rows[i].at == -2 ? (const void *)page_bytes()
                                            : page + rows[i].at;
        struct rf_buf_reg reg = reg_at(at, rows[i].entries);
        reg.min_left = rows[i].min_left;
        reg.resv[4] = rows[i].resv;
        assert_named_error(REGISTER_BUF_RING, rf_register_buf_ring(&ring, &reg, rows[i].flags),
                           rows[i].error, rows[i].name);
    }
    struct rf_buf_reg reg = reg_at(page, 4);
    assert_result(rf_register_buf_ring(&ring, &reg, 0), 0);
    assert_named_error(REGISTER_BUF_RING, rf_register_buf_ring(&ring, &reg, 0), EEXIST,
                       "BufferGroupAlreadyRegistered");
    assert_result(rf_unregister_buf_ring(&ring, GROUP), 0);
    assert_named_error(FREE_BUF_RING, rf_unregister_buf_ring(&ring, GROUP), ENOENT,
                       "BufferGroupNotFound");
    munmap(page, page_bytes());
    rf_deinit(&ring);
}

/* --- buffers that count as used up --------------------------------------- */

static void what_is_left_of_a_buffer_can_be_too_little(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_buf_rings(&ring);
    struct rf_buf_ring *br = (struct rf_buf_ring *)map_pages(page_bytes());
    struct rf_buf_reg reg = reg_at(br, 4);
    reg.min_left = 40;
    int err = rf_register_buf_ring(&ring, &reg, RF_PBUF_RING_INC);
    if (err == -EOPNOTSUPP) {
        assert_non_null(rf_reason(&ring));
        assert_result(rf_unregister_buf_ring(&ring, GROUP), -ENOENT);
        munmap((void *)br, page_bytes());
        rf_deinit(&ring);
        skip_because("this kernel has no min_left");
    }
    assert_result(err, 0);
    static char memory[2][100];
    rf_buf_ring_add(br, memory[0], 100, 0, rf_buf_ring_mask(4), 0);
    rf_buf_ring_add(br, memory[1], 100, 1, rf_buf_ring_mask(4), 1);
    rf_buf_ring_advance(br, 2);
    struct pair pair;
    open_pair(&pair);
    static const struct {
        unsigned bytes;
        int id;
        bool more;
    } steps[] = {{30, 0, true}, {29, 0, true}, {2, 0, false}, {61, 1, false}};
    static const char data[100];
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        say(&pair, data, steps[i].bytes);
        struct rf_cqe cqe = complete(&ring, rf_recv_select(&ring, 1, pair.here, GROUP, 0, 0));
        assert_result(cqe.res, (long)steps[i].bytes);
        assert_int_equal(rf_cqe_buffer_id(&cqe), steps[i].id);
        assert_int_equal((cqe.flags & RF_CQE_F_BUF_MORE) != 0, steps[i].more);
    }
    close_pair(&pair);
    assert_result(rf_unregister_buf_ring(&ring, GROUP), 0);
    munmap((void *)br, page_bytes());
    rf_deinit(&ring);
}

/* --- how far the kernel is ----------------------------------------------- */

static void head_and_rest_tell_how_far_the_kernel_is(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_PBUF_STATUS, 1);
    uint16_t head = 4711;
    assert_named_error(BUF_RING_HEAD, rf_buf_ring_head(&ring, GROUP, &head), ENOENT,
                       "BufferGroupNotFound");
    char memory[8];
    assert_int_equal(
        complete(&ring, rf_provide_buffers(&ring, 1, memory, 1, 1, GROUP, 0)).res, 0);
    assert_named_error(BUF_RING_HEAD, rf_buf_ring_head(&ring, GROUP, &head), EINVAL,
                       "BufferGroupNotRing");
    assert_int_equal(head, 4711);
    assert_int_equal(complete(&ring, rf_remove_buffers(&ring, 1, 1, GROUP)).res, 1);

    struct rf_buf_ring *br;
    assert_result(rf_setup_buf_ring(&ring, 8, GROUP, 0, &br), 0);
    uint16_t taken = 0;
    for (unsigned round = 0; round < 20; round++) {
        assert_result(rf_buf_ring_available(&ring, br, GROUP), 0);
        for (uint16_t i = 0; i < 8; i++)
            rf_buf_ring_add(br, &memory[i], 1, i, rf_buf_ring_mask(8), i);
        assert_result(rf_buf_ring_available(&ring, br, GROUP), 0); /* not shown */
        rf_buf_ring_advance(br, 8);
        for (int left = 8; left > 0; left--) {
            assert_result(rf_buf_ring_available(&ring, br, GROUP), left);
            assert_result(rf_buf_ring_head(&ring, GROUP, &head), 0);
            assert_int_equal(head, taken);
            assert_true(take_one(&ring) >= 0);
            taken++;
        }
    }
    assert_result(rf_free_buf_ring(&ring, br, 8, GROUP), 0);
    assert_named_error(BUF_RING_HEAD, rf_buf_ring_available(&ring, br, GROUP), ENOENT,
                       "BufferGroupNotFound");
    rf_deinit(&ring);
}

static void one_call_gives_back_buffers_and_completions(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_PBUF_STATUS, 1);
    struct rf_buf_ring *br;
    assert_result(rf_setup_buf_ring(&ring, 4, GROUP, 0, &br), 0);
    char memory[4];
    const uint16_t mask = rf_buf_ring_mask(4);
    for (uint16_t i = 0; i < 4; i++)
        rf_buf_ring_add(br, &memory[i], 1, i, mask, i);
    rf_buf_ring_advance(br, 4);
    int zero = open_devzero();
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++) {
            struct rf_sqe *sqe;
            while (!(sqe = rf_read_select(&ring, 1, zero, GROUP, 1, 0)))
                usleep(100); /* the SQ thread */
        }
        submit_fully(&ring);
        for (int i = 0; i < 2000 && rf_cq_ready(&ring) < 3; i++) {
            const struct rf_cqe *cqe;
            (void)!rf_peek_cqe(&ring, &cqe);
            usleep(100);
        }
        assert_int_equal(rf_cq_ready(&ring), 3);
        assert_result(rf_buf_ring_available(&ring, br, GROUP), 1);
        for (uint16_t i = 0; i < 3; i++) {
            uint16_t id = (uint16_t)((round * 3 + i) % 4); /* those that were picked */
            rf_buf_ring_add(br, &memory[id], 1, id, mask, i);
        }
        rf_buf_ring_cq_advance(&ring, br, 3);
        assert_result(rf_buf_ring_available(&ring, br, GROUP), 4);
        assert_int_equal(rf_cq_ready(&ring), 0);
    }
    close(zero);
    assert_result(rf_free_buf_ring(&ring, br, 4, GROUP), 0);
    rf_deinit(&ring);
}

/* --- older kernels ------------------------------------------------------- */

static uint16_t unknown_flags;
static bool unknown_min_left;

static bool lacks_some(uint32_t opcode, const void *arg)
{
    const struct rf_buf_reg *reg = (const struct rf_buf_reg *)arg;
    return opcode == RF_REGISTER_PBUF_RING &&
           (reg->flags & unknown_flags || (unknown_min_left && reg->min_left));
}

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_buf_rings(&ring);
    struct older older;
    struct rf_buf_ring *br = NULL;
    uint16_t head;
    void *page = map_pages(page_bytes());
    struct rf_buf_reg reg = reg_at(page, 4);
    make_older(&older, &ring, RF_REGISTER_PBUF_RING, NULL);
    assert_too_old(&ring, rf_setup_buf_ring(&ring, 4, GROUP, 0, &br), "5.19");
    assert_too_old(&ring, rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_INC, &br), "5.19");
    assert_too_old(&ring, rf_register_buf_ring(&ring, &reg, 0), "5.19");
    make_older(&older, &ring, RF_UNREGISTER_PBUF_RING, NULL);
    assert_too_old(&ring, rf_unregister_buf_ring(&ring, GROUP), "5.19");
    make_older(&older, &ring, RF_REGISTER_PBUF_STATUS, NULL);
    assert_too_old(&ring, rf_buf_ring_head(&ring, GROUP, &head), "6.8");

    unknown_flags = RF_PBUF_RING_INC | RF_PBUF_RING_MMAP;
    unknown_min_left = true;
    make_older(&older, &ring, -1, lacks_some);
    assert_too_old(&ring, rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_INC, &br), "6.12");
    assert_too_old(&ring, rf_register_buf_ring(&ring, &reg, RF_PBUF_RING_INC), "6.12");
    if (ring.fd >= 0)
        assert_too_old(&ring, rf_setup_buf_ring(&ring, 4, GROUP, RF_PBUF_RING_MMAP, &br), "6.4");
    reg.min_left = 8;
    assert_too_old(&ring, rf_register_buf_ring(&ring, &reg, RF_PBUF_RING_INC), "7.1");
    reg.min_left = 0;
    /* A wrong argument is still one, and nothing is left behind. */
    reg.ring_entries = 3;
    assert_result(rf_register_buf_ring(&ring, &reg, RF_PBUF_RING_INC), -EINVAL);
    assert_null(br);
    make_new_again(&older, &ring);
    assert_result(rf_unregister_buf_ring(&ring, GROUP), -ENOENT);
    munmap(page, page_bytes());
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(entries_in_the_kernels_memory_are_used),
        EACH_FLAVOUR(a_group_that_cannot_be_mapped_is_unregistered),
        EACH_FLAVOUR(entries_in_memory_of_ones_own_are_used),
        EACH_FLAVOUR(registrations_that_make_no_sense_are_refused),
        EACH_FLAVOUR(what_is_left_of_a_buffer_can_be_too_little),
        EACH_FLAVOUR(head_and_rest_tell_how_far_the_kernel_is),
        EACH_FLAVOUR(one_call_gives_back_buffers_and_completions),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
    };
    return run_all(tests, COUNT_OF(tests));
}
