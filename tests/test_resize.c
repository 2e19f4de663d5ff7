/* SPDX-License-Identifier: MIT */
/*
 * Held here: a ring that is resized goes on where it was, with all that is queued
 * and all that waits, whatever the size of its entries; what fails leaves it as it
 * was, also when mapping the new queues fails, at any of the calls.
 */
#include "register_support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map.h"

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

/* A ring of the flavour that can be resized, or none and a reason. */
static void open_resizable(void **state, struct rf_ring *ring, uint32_t entries)
{
    const struct flavour *flavour = flavour_of(state);
    if (flavour->flags & RF_SETUP_SQPOLL)
        skip_because("rings with an SQ thread cannot be resized");
    if (flavour->sys)
        skip_because("rings with an SQ array cannot be resized");
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = DEFER;
    open_flavour_params(state, ring, entries, &params);
    need_registration(ring, RF_REGISTER_RESIZE_RINGS, 1);
}

static struct rf_params sizes(uint32_t sq_entries, uint32_t cq_entries)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.sq_entries = sq_entries;
    params.cq_entries = cq_entries;
    params.flags = cq_entries ? RF_SETUP_CQSIZE : 0;
    return params;
}

static void resize(struct rf_ring *ring, uint32_t sq_entries, uint32_t cq_entries)
{
    struct rf_params params = sizes(sq_entries, cq_entries);
    int err = rf_resize_rings(ring, &params);
    if (err)
        fail_msg("%u, %u: %s: %s", sq_entries, cq_entries, strerror(-err),
                 rf_reason(ring) ? rf_reason(ring) : "");
    assert_int_equal(params.sq_entries, sq_entries);
    assert_int_equal(params.cq_entries, cq_entries ? cq_entries : 2 * sq_entries);
    assert_int_equal(ring->sq.entries, params.sq_entries);
    assert_int_equal(ring->cq.entries, params.cq_entries);
}

/* NOPs with these user_data; on a ring with large CQEs they have large ones. */
static void queue_nops(struct rf_ring *ring, uint64_t from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct rf_sqe *sqe = rf_nop(ring, from + i);
        assert_non_null(sqe);
        if (ring->flags & RF_SETUP_CQE32) {
            sqe->nop_flags = RF_NOP_CQE32;
            sqe->off = ~(from + i);
            sqe->addr = from + i + 1;
        }
        if (ring->flags & RF_SETUP_SQE128)
            memset(sqe + 1, (int)(from + i) & 0xff, sizeof *sqe);
    }
}

static void take_nops(struct rf_ring *ring, uint64_t from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct rf_cqe *cqe = rf_next_cqe(ring);
        assert_non_null(cqe);
        assert_int_equal(cqe->user_data, from + i);
        assert_int_equal(cqe->res, 0);
        if (ring->flags & RF_SETUP_CQE32) {
            assert_int_equal(rf_cqe_big(cqe)[0], ~(from + i));
            assert_int_equal(rf_cqe_big(cqe)[1], from + i + 1);
        }
    }
}

static void the_queues_are_as_large_as_asked_for(void **state)
{
    struct rf_ring ring;
    open_resizable(state, &ring, 4);
    static const uint32_t to[] = {64, 1, 32, 4096, 2};
    uint64_t n = 0;
    for (size_t i = 0; i < COUNT_OF(to); i++) {
        /* Two slots are the least on a ring of mixed CQEs. */
        uint32_t entries = to[i];
        resize(&ring, entries, 0);
        assert_int_equal(rf_sq_space_left(&ring), entries);
        queue_nops(&ring, n, entries);
        assert_null(rf_get_sqe(&ring));
        assert_result(rf_submit(&ring), entries);
        take_nops(&ring, n, entries);
        assert_null(rf_next_cqe(&ring));
        n += entries;
    }
    resize(&ring, 2, 64);
    for (int i = 0; i < 32; i++) {
        queue_nops(&ring, n + 2 * (uint64_t)i, 2);
        assert_result(rf_submit(&ring), 2);
    }
    assert_false(rf_cq_has_overflow(&ring));
    take_nops(&ring, n, 64);
    rf_deinit(&ring);
}

/* Queued and not submitted, completed and not taken, taken and not given back. */
static void what_is_in_the_queues_goes_along(void **state)
{
    struct rf_ring ring;
    open_resizable(state, &ring, 16);
    uint32_t seed = 12345;
    uint64_t queued = 0, submitted = 0, taken = 0;
    for (int round = 0; round < 300; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t add = (seed >> 8) % 9, take = (seed >> 16) % 7, shrink = (seed >> 24) % 3;
        if (add > rf_sq_space_left(&ring))
            add = rf_sq_space_left(&ring);
        queue_nops(&ring, queued, add);
        queued += add;
        if (seed & 0x10) {
            assert_result(rf_submit(&ring), (long)(queued - submitted));
            submitted = queued;
        }
        if (take > submitted - taken)
            take = (uint32_t)(submitted - taken);
        take_nops(&ring, taken, take);
        taken += take;

        uint32_t sq = 16U << shrink, cq = 256U << (round & 1);
        if (queued - submitted <= sq && submitted - taken <= cq)
            resize(&ring, sq, cq);
        assert_int_equal(rf_sq_ready(&ring), queued - submitted);
        assert_int_equal(rf_cq_ready(&ring), submitted - taken);
    }
    int result = rf_submit(&ring);
    assert_result(result, (long)(queued - submitted));
    take_nops(&ring, taken, (uint32_t)(queued - taken));
    assert_null(rf_next_cqe(&ring));
    rf_deinit(&ring);
}

static void what_is_in_flight_completes_afterwards(void **state)
{
    struct rf_ring ring;
    open_resizable(state, &ring, 4);
    struct pipe_ends ends;
    open_pipe(&ends);
    char byte = 0;
    assert_non_null(rf_read(&ring, 7, ends.read, &byte, 1, 0));
    assert_result(rf_submit(&ring), 1);
    resize(&ring, 64, 0);
    assert_int_equal(write(ends.write, "x", 1), 1);
    assert_next_cqe(&ring, 7, 1);
    assert_int_equal(byte, 'x');
    close_pipe(&ends);
    rf_deinit(&ring);
}

static void mixed_entries_go_along(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 16, DEFER | RF_SETUP_CQE_MIXED);
    need_registration(&ring, RF_REGISTER_RESIZE_RINGS, 1);
    for (uint64_t i = 0; i < 10; i++) {
        struct rf_sqe *sqe = rf_nop(&ring, i);
        assert_non_null(sqe);
        if (i % 3 == 0) {
            sqe->nop_flags = RF_NOP_CQE32;
            sqe->off = 100 + i;
            sqe->addr = 200 + i;
        }
    }
    assert_result(rf_submit(&ring), 10);
    for (uint64_t i = 0; i < 10; i++) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        assert_non_null(cqe);
        assert_int_equal(cqe->user_data, i);
        if (i % 3 == 0) {
            assert_true(cqe->flags & RF_CQE_F_32);
            assert_int_equal(rf_cqe_big(cqe)[0], 100 + i);
            assert_int_equal(rf_cqe_big(cqe)[1], 200 + i);
        }
        if (i == 3)
            resize(&ring, 32, 0);
    }
    assert_null(rf_next_cqe(&ring));
    rf_deinit(&ring);
}

/* --- refusals ------------------------------------------------------------ */

static void what_does_not_fit_stays_where_it_is(void **state)
{
    struct rf_ring ring;
    open_resizable(state, &ring, 8);
    queue_nops(&ring, 0, 8);
    assert_result(rf_submit(&ring), 8);
    queue_nops(&ring, 8, 4);
    struct rf_params params = sizes(2, 16);
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EOVERFLOW,
                       "QueuesWouldOverflow");
    params = sizes(4, 4);
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EOVERFLOW,
                       "QueuesWouldOverflow");
    assert_int_equal(params.sq_entries, 4); /* as given */
    assert_int_equal(ring.sq.entries, 8);
    assert_result(rf_submit(&ring), 4);
    take_nops(&ring, 0, 12);
    assert_null(rf_next_cqe(&ring));
    resize(&ring, 2, 4);
    rf_deinit(&ring);
}

static void sizes_that_make_no_sense_are_refused(void **state)
{
    struct rf_ring ring;
    open_resizable(state, &ring, 4);
    static const struct {
        uint32_t sq, cq, flags;
        int error;
        const char *name;
    } rows[] = {
        {0, 0, 0, ERANGE, "EntriesNotInRange"},
        {3, 0, 0, EDOM, "EntriesNotPowerOfTwo"},
        {65536, 0, 0, EINVAL, "ResizeInvalid"},
        {4, 0, RF_SETUP_CQSIZE, EINVAL, "ResizeInvalid"},
        {4, 16, 0, EINVAL, "ResizeInvalid"},
        {4, 2, RF_SETUP_CQSIZE, EINVAL, "ResizeInvalid"},
        {4, 131072, RF_SETUP_CQSIZE, EINVAL, "ResizeInvalid"},
        {4, 0, RF_SETUP_SQE128, EINVAL, "ResizeInvalid"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rf_params params = sizes(rows[i].sq, rows[i].cq);
        params.flags = rows[i].flags;
        assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), rows[i].error,
                           rows[i].name);
    }
    struct rf_params params = sizes(8, 0);
    params.sq_off.user_addr = 4096;
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EINVAL, "ResizeInvalid");
    if (!(ring.flags & RF_SETUP_NO_MMAP)) {
        params.cq_off.user_addr = 8192;
        assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EINVAL, "ResizeInvalid");
        assert_non_null(rf_reason(&ring));
    }
    params = sizes(65536, 0);
    params.flags = RF_SETUP_CLAMP;
    assert_result(rf_resize_rings(&ring, &params), 0);
    assert_int_equal(params.sq_entries, 32768);
    assert_int_equal(params.cq_entries, 65536);
    queue_nops(&ring, 0, 3);
    assert_result(rf_submit(&ring), 3);
    take_nops(&ring, 0, 3);
    rf_deinit(&ring);
}

static void rings_of_another_kind_are_refused(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params = sizes(8, 0);
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER);
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EINVAL, "ResizeInvalid");
    assert_reason_has(rf_reason(&ring), "DEFER_TASKRUN", __FILE__, __LINE__);
    rf_deinit(&ring);
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EBADF, "RingNotMappable");

    struct rf_params with_array;
    memset(&with_array, 0, sizeof with_array);
    with_array.flags = DEFER;
    if (rf_init_sys(&ring, 4, &with_array, &sys_with_array))
        skip_because("this kernel does not know the setup flags of this test");
    assert_too_old(&ring, rf_resize_rings(&ring, &params), "SQ array");
    rf_deinit(&ring);

    open_ring(&ring, 4, DEFER);
    assert_result(rf_register_ring_fd(&ring), 0);
    int err = rf_close_ring_fd(&ring);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel takes no registrations by a ring's index");
    }
    assert_result(err, 0);
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), EBADF, "RingNotMappable");
    queue_nops(&ring, 0, 4);
    assert_result(rf_submit(&ring), 4);
    take_nops(&ring, 0, 4);
    rf_deinit(&ring);
}

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_resizable(state, &ring, 4);
    struct older older;
    struct rf_params params = sizes(8, 0);
    make_older(&older, &ring, RF_REGISTER_RESIZE_RINGS, NULL);
    assert_too_old(&ring, rf_resize_rings(&ring, &params), "6.13");
    make_new_again(&older, &ring);
    assert_int_equal(ring.sq.entries, 4);
    queue_nops(&ring, 0, 4);
    assert_result(rf_submit(&ring), 4);
    take_nops(&ring, 0, 4);
    rf_deinit(&ring);
}

/* --- memory of one's own ------------------------------------------------- */

static void a_ring_moves_into_memory_of_the_callers(void **state)
{
    need_a_ring();
    (void)state;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = DEFER;
    params.cq_entries = 0;
    size_t bytes = (size_t)rf_memory_size(64, DEFER), page = (size_t)sysconf(_SC_PAGESIZE);
    size_t rings_bytes = (64 + 128 * sizeof(struct rf_cqe) + page - 1) / page * page;
    char *memory = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0);
    assert_true(memory != MAP_FAILED);
    struct rf_ring ring;
    int used = rf_init_mem(&ring, 4, &params, memory, bytes);
    if (used == -EOPNOTSUPP) {
        munmap(memory, 2 * bytes);
        skip_because("this kernel takes no memory for a ring");
    }
    assert_true(used > 0);
    if (!kernel_registers(&ring, RF_REGISTER_RESIZE_RINGS, 1)) {
        rf_deinit(&ring);
        munmap(memory, 2 * bytes);
        skip_because("this kernel resizes no rings");
    }
    queue_nops(&ring, 0, 4);
    assert_result(rf_submit(&ring), 4);
    queue_nops(&ring, 4, 2);

    struct rf_params to = sizes(64, 0);
    to.sq_off.user_addr = (uintptr_t)memory + bytes;
    to.cq_off.user_addr = page; /* where nothing is */
    assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &to), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    to.cq_off.user_addr = (uintptr_t)memory + bytes;
    to.sq_off.user_addr = to.cq_off.user_addr + rings_bytes;
    assert_result(rf_resize_rings(&ring, &to), 0);
    assert_ptr_equal(ring.sq.sqes, memory + bytes + rings_bytes);
    assert_int_equal(rf_sq_ready(&ring), 2);
    queue_nops(&ring, 6, 62);
    assert_result(rf_submit(&ring), 64);
    take_nops(&ring, 0, 68);
    assert_null(rf_next_cqe(&ring));
    rf_deinit(&ring);
    munmap(memory, 2 * bytes);
}

/* --- mapping that fails -------------------------------------------------- */

static struct {
    int calls;
    int fail_first, fail_last; /* of the calls, counted from 1 */
    int mapped;
} maps;

static int failing_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                       void **ret_addr)
{
    (void)sys;
    maps.calls++;
    if (maps.calls >= maps.fail_first && maps.calls <= maps.fail_last)
        return -ENOMEM;
    int err = rf_sys_kernel.map(&rf_sys_kernel, fd, offset, bytes, ret_addr);
    maps.mapped += !err;
    return err;
}

static int counting_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    (void)sys;
    maps.mapped--;
    return rf_sys_kernel.unmap(&rf_sys_kernel, addr, bytes);
}

/* The n-th mapping fails, for each n there is: the ring is as it was, and can be resized. */
static void a_ring_survives_every_failure_to_map(void **state)
{
    without_checker(); /* it plays with ring.sys */
    int calls = 0;
    for (int n = 1; n == 1 || n <= calls; n++) {
        struct rf_ring ring;
        open_resizable(state, &ring, 4);
        struct rf_sys sys = *ring.sys;
        sys.map = failing_map;
        sys.unmap = counting_unmap;
        ring.sys = &sys;
        maps.calls = 0;
        maps.mapped = ring.rings.ours + ring.sqe_memory.ours;
        maps.fail_first = maps.fail_last = n;
        queue_nops(&ring, 0, 4);
        assert_result(rf_submit(&ring), 4);
        queue_nops(&ring, 4, 2);
        struct rf_params params = sizes(32, 0);
        assert_named_error(RESIZE_RINGS, rf_resize_rings(&ring, &params), ENOMEM, "OutOfMemory");
        assert_int_equal(ring.sq.entries, 4);
        assert_int_equal(maps.mapped, 2);
        assert_int_equal(rf_sq_ready(&ring), 2);
        queue_nops(&ring, 6, 2);
        assert_result(rf_submit(&ring), 4);
        take_nops(&ring, 0, 8);
        assert_null(rf_next_cqe(&ring));

        maps.fail_first = maps.fail_last = 0;
        maps.calls = 0;
        resize(&ring, 32, 0);
        calls = maps.calls;
        queue_nops(&ring, 100, 32);
        assert_result(rf_submit(&ring), 32);
        take_nops(&ring, 100, 32);
        assert_int_equal(maps.mapped, 2);
        rf_deinit(&ring);
        assert_int_equal(maps.mapped, 0);
    }
    assert_true(calls >= 2);
}

/* From the n-th on all fail: before the kernel was asked nothing happened, after it... */
static void a_ring_that_cannot_be_mapped_at_all_is_closed(void **state)
{
    without_checker(); /* it plays with ring.sys */
    (void)state;
    for (int n = 1; n <= 4; n++) {
        struct rf_ring ring;
        open_ring(&ring, 4, DEFER);
        need_registration(&ring, RF_REGISTER_RESIZE_RINGS, 1);
        struct rf_sys sys = rf_sys_kernel;
        sys.map = failing_map;
        sys.unmap = counting_unmap;
        ring.sys = &sys;
        maps.calls = 0;
        maps.mapped = 2;
        maps.fail_first = n;
        maps.fail_last = 1000;
        struct rf_params params = sizes(32, 0);
        assert_result(rf_resize_rings(&ring, &params), -ENOMEM);
        if (n <= 2) {
            assert_true(ring.fd >= 0);
            queue_nops(&ring, 0, 4);
            assert_result(rf_submit(&ring), 4);
            take_nops(&ring, 0, 4);
        } else {
            assert_int_equal(ring.fd, -1);
            assert_reason_has(rf_reason(&ring), "closed", __FILE__, __LINE__);
            assert_result(rf_enter(&ring, 0, 0, 0), -EBADF);
        }
        rf_deinit(&ring);
        assert_int_equal(maps.mapped, 0);
    }
}

/* --- kernels that copy badly --------------------------------------------- */

static bool scribbling;

static int scribbling_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                          void **ret_addr)
{
    (void)sys;
    int err = rf_sys_kernel.map(&rf_sys_kernel, fd, offset, bytes, ret_addr);
    if (!err && scribbling && fd >= 0) {
        size_t words = offset == RF_OFF_SQES ? 0 : 64; /* which it gets right */
        memset((char *)*ret_addr + words, 0x5a, bytes - words);
    }
    return err;
}

static void what_the_kernel_did_not_copy_is_copied(void **state)
{
    without_checker(); /* it plays with ring.sys */
    struct rf_ring ring;
    open_resizable(state, &ring, 8);
    if (ring.flags & RF_SETUP_NO_MMAP) {
        rf_deinit(&ring);
        skip_because("nothing is mapped here after the kernel copied");
    }
    struct rf_sys sys = *ring.sys;
    sys.map = scribbling_map;
    ring.sys = &sys;
    scribbling = true;
    uint64_t n = 0;
    for (uint32_t i = 0; i < 20; i++) {
        queue_nops(&ring, n, 5);
        assert_result(rf_submit(&ring), 5);
        queue_nops(&ring, n + 5, 3);
        resize(&ring, 8U << (i % 3), 0);
        assert_result(rf_submit(&ring), 3);
        take_nops(&ring, n, 8);
        n += 8;
    }
    scribbling = false;
    rf_deinit(&ring);
}

/* --- indexes that wrap ---------------------------------------------------- */

/* The other side's words and queues, laid out by hand. */
struct side {
    uint32_t words[16];
    struct rf_cqe cqes[64];
    struct rf_sqe sqes[32];
};

static struct rf_params lay_out(struct side *side, uint32_t entries, uint32_t sq_head,
                                uint32_t sq_tail, uint32_t cq_head, uint32_t cq_tail)
{
    struct rf_params p;
    memset(&p, 0, sizeof p);
    memset(side, 0x5a, sizeof *side);
    p.sq_entries = entries;
    p.cq_entries = 2 * entries;
    p.flags = RF_SETUP_NO_MMAP | RF_SETUP_NO_SQARRAY;
    p.sq_off.head = 0;
    p.sq_off.tail = 4;
    p.sq_off.ring_mask = 8;
    p.sq_off.ring_entries = 12;
    p.sq_off.flags = 16;
    p.sq_off.dropped = 20;
    p.cq_off.head = 24;
    p.cq_off.tail = 28;
    p.cq_off.ring_mask = 32;
    p.cq_off.ring_entries = 36;
    p.cq_off.overflow = 40;
    p.cq_off.flags = 44;
    p.cq_off.cqes = 64;
    const uint32_t words[] = {sq_head, sq_tail, entries - 1, entries,     0, 0,
                              cq_head, cq_tail, 2 * entries - 1, 2 * entries, 0, 0};
    memcpy(side->words, words, sizeof words);
    return p;
}

static struct rf_ring ring_on(struct side *side)
{
    struct rf_ring ring;
    memset(&ring, 0, sizeof ring);
    ring.fd = -1;
    ring.sys = &rf_sys_kernel;
    ring.rings.addr = side;
    ring.rings.bytes = sizeof side->words + sizeof side->cqes;
    ring.sqe_memory.addr = side->sqes;
    ring.sqe_memory.bytes = sizeof side->sqes;
    return ring;
}

/* No kernel can be brought to 2^32 within a test, and at that point it copies nothing. */
static void queues_that_wrap_are_copied_whole(void **state)
{
    (void)state;
    static struct side small, large;
    const uint32_t start = UINT32_MAX - 1;
    struct rf_params p = lay_out(&small, 4, start, start, start, start);
    struct rf_ring before = ring_on(&small);
    assert_result(rfi_map(&before, &p), 0);
    for (uint64_t i = 0; i < 4; i++)
        assert_non_null(rf_nop(&before, 10 + i));
    assert_int_equal(rf_flush_sq(&before), 4);
    for (uint32_t i = 0; i < 6; i++) {
        struct rf_cqe *cqe = &small.cqes[(start + i) & 7];
        cqe->user_data = 20 + i;
        cqe->res = 0;
        cqe->flags = 0;
    }
    small.words[7] = start + 6;
    assert_int_equal(rf_next_cqe(&before)->user_data, 20);
    assert_int_equal(rf_next_cqe(&before)->user_data, 21);
    before.cq.khead = start + 2;
    small.words[6] = start + 2;

    p = lay_out(&large, 32, start, start + 4, start + 2, start + 6);
    struct rf_ring ring = before;
    struct rf_ring regions = ring_on(&large);
    ring.rings = regions.rings;
    ring.sqe_memory = regions.sqe_memory;
    assert_result(rfi_map_again(&ring, &p, &before), 0);
    rfi_copy_queues(&ring, &before);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(large.sqes[(start + i) & 31].user_data, 10 + i);
    for (uint64_t i = 2; i < 6; i++)
        assert_int_equal(rf_next_cqe(&ring)->user_data, 20 + i);
    assert_null(rf_next_cqe(&ring));
    assert_int_equal(rf_sq_space_left(&ring), 28);

    /* What does not go on where it was is no reply to go on with. */
    static const struct {
        unsigned word;
        uint32_t value;
    } lies[] = {{1, UINT32_MAX}, {6, UINT32_MAX}, {0, 7}, {7, 1000}, {2, 30}, {9, 63}};
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        p = lay_out(&large, 32, start, start + 4, start + 2, start + 6);
        large.words[lies[i].word] = lies[i].value;
        struct rf_ring refused = before;
        refused.rings = regions.rings;
        refused.sqe_memory = regions.sqe_memory;
        assert_result(rfi_map_again(&refused, &p, &before), -EPROTO);
        assert_non_null(refused.reason);
    }
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(the_queues_are_as_large_as_asked_for),
        EACH_FLAVOUR(what_is_in_the_queues_goes_along),
        EACH_FLAVOUR(what_is_in_flight_completes_afterwards),
        ONCE(mixed_entries_go_along),
        EACH_FLAVOUR(what_does_not_fit_stays_where_it_is),
        EACH_FLAVOUR(sizes_that_make_no_sense_are_refused),
        ONCE(rings_of_another_kind_are_refused),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
        ONCE(a_ring_moves_into_memory_of_the_callers),
        EACH_FLAVOUR(a_ring_survives_every_failure_to_map),
        ONCE(a_ring_that_cannot_be_mapped_at_all_is_closed),
        EACH_FLAVOUR(what_the_kernel_did_not_copy_is_copied),
        ONCE(queues_that_wrap_are_copied_whole),
    };
    return run_all(tests, COUNT_OF(tests));
}
