/* SPDX-License-Identifier: MIT */
/*
 * Held here: provided buffers without a group. Those that operations provide
 * and remove, and buffer rings as the bare protocol, whose 16-bit counters go
 * round, and which leave nothing behind whatever is refused.
 */
#include "buffer_support.h"

#include <string.h>
#include <unistd.h>

/* --- buffers that operations provide -------------------------------------- */

#define GROUP 1337
#define LEN 128

static char legacy[4][LEN];

static void provide(struct rf_ring *ring, unsigned id, unsigned count)
{
    struct rf_sqe *sqe = rf_provide_buffers(ring, 0xcccccccc, legacy[id], LEN, count, GROUP, id);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_PROVIDE_BUFFERS);
    assert_int_equal(sqe->fd, count);
    assert_int_equal(sqe->len, LEN);
    assert_int_equal(sqe->buf_index, GROUP);
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, 0xcccccccc);
    if (cqe.res == -EINVAL || cqe.res == -EBADF) {
        rf_deinit(ring);
        skip_because("this kernel has no provided buffers");
    }
    assert_true(cqe.res >= 0);
}

/* The id of the buffer that a read from /dev/zero takes, or a negative errno. */
static int read_zeros(struct rf_ring *ring, int zero)
{
    struct rf_sqe *sqe = rf_read_select(ring, 0xdededede, zero, GROUP, LEN, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_READ);
    assert_int_equal(sqe->addr, 0);
    assert_int_equal(sqe->len, LEN);
    assert_int_equal(sqe->buf_index, GROUP);
    assert_int_equal(sqe->flags, RF_SQE_BUFFER_SELECT);
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, 0xdededede);
    if (cqe.res < 0) {
        assert_int_equal(cqe.flags & RF_CQE_F_BUFFER, 0);
        assert_result(rf_cqe_buffer_id(&cqe), -ENODATA);
        return cqe.res;
    }
    assert_int_equal(cqe.res, LEN);
    assert_true(cqe.flags & RF_CQE_F_BUFFER);
    int id = rf_cqe_buffer_id(&cqe);
    assert_in_range(id, 0, 3);
    static const char zeros[LEN];
    assert_memory_equal(legacy[id], zeros, LEN);
    return id;
}

/* Zig: "provide_buffers: read" */
static void reads_take_provided_buffers_until_none_is_left(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int zero = open_zero();
    memset(legacy, 42, sizeof legacy);
    provide(&ring, 0, 4);
    unsigned seen = 0;
    for (int i = 0; i < 4; i++) {
        int id = read_zeros(&ring, zero);
        assert_in_range(id, 0, 3);
        seen |= 1U << id;
    }
    assert_int_equal(seen, 0xf);
    assert_result(read_zeros(&ring, zero), -ENOBUFS);

    memset(legacy, 42, sizeof legacy);
    provide(&ring, 2, 1);
    assert_result(read_zeros(&ring, zero), 2);
    assert_int_equal(legacy[1][LEN - 1], 42);
    assert_int_equal(legacy[3][0], 42);
    assert_result(read_zeros(&ring, zero), -ENOBUFS);
    close(zero);
    rf_deinit(&ring);
}

/* Zig: "remove_buffers" */
static void removed_buffers_are_not_taken(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int zero = open_zero();
    memset(legacy, 42, sizeof legacy);
    provide(&ring, 0, 4);
    struct rf_sqe *sqe = rf_remove_buffers(&ring, 0xbababababa, 3, GROUP);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_REMOVE_BUFFERS);
    assert_int_equal(sqe->fd, 3);
    assert_int_equal(sqe->addr, 0);
    assert_int_equal(sqe->buf_index, GROUP);
    struct rf_cqe cqe = submit_and_reap(&ring);
    assert_int_equal(cqe.user_data, 0xbababababa);
    assert_true(cqe.res >= 0); /* the number since 5.18, 0 before */
    assert_in_range(read_zeros(&ring, zero), 0, 3);
    assert_result(read_zeros(&ring, zero), -ENOBUFS);
    close(zero);
    rf_deinit(&ring);
}

/* One receive of LEN bytes, all of them @byte, into a provided buffer: its id, or an errno. */
static int receive_all_of(struct rf_ring *ring, const struct pair *pair, char byte)
{
    struct rf_sqe *sqe = rf_recv_select(ring, 0xdfdfdfdf, pair->here, GROUP, LEN, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_RECV);
    assert_int_equal(sqe->addr, 0);
    assert_int_equal(sqe->rw_flags, 0);
    assert_int_equal(sqe->flags, RF_SQE_BUFFER_SELECT);
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, 0xdfdfdfdf);
    if (cqe.res < 0)
        return cqe.res;
    assert_int_equal(cqe.res, LEN);
    int id = rf_cqe_buffer_id(&cqe);
    assert_in_range(id, 0, 3);
    for (unsigned i = 0; i < LEN; i++)
        assert_int_equal(legacy[id][i], byte);
    return id;
}

/*
 * Zig: "provide_buffers: accept/connect/send/recv". There the four sends are
 * expected to complete in one go, which nothing promises.
 */
static void receives_take_provided_buffers_until_none_is_left(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    struct pair pair;
    open_pair(&pair);
    memset(legacy, 1, sizeof legacy);
    provide(&ring, 0, 4);

    char z[LEN], w[LEN];
    memset(z, 'z', sizeof z);
    memset(w, 'w', sizeof w);
    for (int i = 0; i < 4; i++)
        assert_non_null(rf_send(&ring, 0xdeaddead, pair.there, z, LEN, 0));
    assert_true(rf_submit(&ring) >= 0);
    for (int i = 0; i < 4; i++) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, 0xdeaddead);
        assert_int_equal(cqe.res, LEN);
    }
    unsigned seen = 0;
    for (int i = 0; i < 4; i++) {
        int id = receive_all_of(&ring, &pair, 'z');
        assert_in_range(id, 0, 3);
        seen |= 1U << id;
    }
    assert_int_equal(seen, 0xf);
    assert_result(receive_all_of(&ring, &pair, 'z'), -ENOBUFS);

    provide(&ring, 2, 1);
    assert_complete(&ring, rf_send(&ring, 0xdeaddead, pair.there, w, LEN, 0), LEN);
    assert_result(receive_all_of(&ring, &pair, 'w'), 2);
    close_pair(&pair);
    rf_deinit(&ring);
}

/* --- buffer rings -------------------------------------------------------- */

static void entries_are_filled_around_the_tail(void **state)
{
    (void)state;
    struct rf_buf entries[4];
    memset(entries, 0xa5, sizeof entries);
    struct rf_buf_ring *br = (struct rf_buf_ring *)(void *)entries;
    rf_buf_ring_init(br);
    assert_int_equal(entries[0].resv, 0); /* the tail */
    assert_int_equal(rf_buf_ring_mask(1), 0);
    assert_int_equal(rf_buf_ring_mask(4), 3);
    assert_int_equal(rf_buf_ring_mask(32768), 32767);

    char memory[8];
    uint16_t tail = 0;
    uint16_t mask = rf_buf_ring_mask(4);
    for (unsigned round = 0; round < 3 * 65536 / 3; round++) {
        for (uint16_t i = 0; i < 3; i++)
            rf_buf_ring_add(br, memory + i, 100U + i, (uint16_t)(round + i), mask, i);
        assert_int_equal(entries[0].resv, tail); /* not shown yet, not trampled on */
        for (uint16_t i = 0; i < 3; i++) {
            const struct rf_buf *entry = &entries[(uint16_t)(tail + i) & 3];
            if (entry->addr != (uintptr_t)(memory + i) || entry->len != 100U + i ||
                entry->bid != (uint16_t)(round + i))
                fail_msg("round %u, entry %u", round, i);
        }
        rf_buf_ring_advance(br, 3);
        tail = (uint16_t)(tail + 3);
        assert_int_equal(entries[0].resv, tail);
    }
    assert_int_equal(entries[1].resv, 0xa5a5);
}

/* 70,000 buffers: the kernel's counters, which have 16 bits, go round. */
static void the_tail_of_a_buffer_ring_wraps(void **state)
{
    plain_is_enough_if_emulated(state);
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buf_ring *br;
    int err = rf_setup_buf_ring(&ring, 8, 5, 0, &br);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel has no buffer rings");
    }
    assert_result(err, 0);
    int zero = open_zero();
    unsigned char memory[8];
    const uint16_t mask = rf_buf_ring_mask(8);
    uint32_t given = 0, taken = 0;
    while (taken < 70000) {
        for (uint16_t i = 0; i < 8; i++)
            rf_buf_ring_add(br, &memory[i], 1, (uint16_t)(given + i), mask, i);
        memset(memory, 0xff, sizeof memory);
        rf_buf_ring_advance(br, 8);
        given += 8;
        for (unsigned i = 0; i < 8; i++) {
            struct rf_sqe *sqe;
            while (!(sqe = rf_read_select(&ring, i, zero, 5, 0, 0)))
                ; /* the SQ thread shows CQEs before it gives the slots back */
        }
        struct rf_cqe cqes[8];
        assert_result(rf_copy_cqes(&ring, cqes, 8, 8), 8);
        for (unsigned i = 0; i < 8; i++) {
            assert_int_equal(cqes[i].res, 1);
            assert_int_equal(rf_cqe_buffer_id(&cqes[i]), (uint16_t)(taken + i));
            assert_int_equal(memory[i], 0);
        }
        taken += 8;
    }
    assert_complete(&ring, rf_read_select(&ring, 9, zero, 5, 0, 0), -ENOBUFS);
    assert_result(rf_free_buf_ring(&ring, br, 8, 5), 0);
    close(zero);
    close_watched(&ring, &watch);
}

static void buffer_rings_refuse_what_they_must_and_leave_nothing(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 4, &watch);
    char untouched;
    struct rf_buf_ring *br = (struct rf_buf_ring *)(void *)&untouched;
    static const struct {
        uint32_t entries;
        uint32_t flags;
        int error;
        const char *name;
    } rows[] = {
        {0, 0, ERANGE, "EntriesNotInRange"},
        {32769, 0, ERANGE, "EntriesNotInRange"},
        {65536, 0, ERANGE, "EntriesNotInRange"},
        {UINT32_MAX, 0, ERANGE, "EntriesNotInRange"},
        {3, 0, EDOM, "EntriesNotPowerOfTwo"},
        {32767, 0, EDOM, "EntriesNotPowerOfTwo"},
        {4, 1U << 31, EOPNOTSUPP, "BufferRingUnsupported"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_named_error(SETUP_BUF_RING,
                           rf_setup_buf_ring(&ring, rows[i].entries, 1, rows[i].flags, &br),
                           rows[i].error, rows[i].name);
        assert_non_null(rf_reason(&ring));
        assert_ptr_equal(br, &untouched);
    }
    assert_int_equal(watch.registers, 0);

    int err = rf_setup_buf_ring(&ring, 32768, 1, 0, &br);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel has no buffer rings");
    }
    assert_result(err, 0);
    struct rf_buf_ring *second = (struct rf_buf_ring *)(void *)&untouched;
    assert_named_error(SETUP_BUF_RING, rf_setup_buf_ring(&ring, 4, 1, 0, &second), EEXIST,
                       "BufferGroupAlreadyRegistered");
    assert_null(rf_reason(&ring)); /* it was the kernel */
    watch.map_error = ENOMEM;
    assert_named_error(SETUP_BUF_RING, rf_setup_buf_ring(&ring, 4, 2, 0, &second), ENOMEM,
                       "OutOfMemory");
    watch.map_error = 0;
    assert_ptr_equal(second, &untouched);
    assert_int_equal(watch.maps, 1);
    assert_result(rf_free_buf_ring(&ring, br, 32768, 1), 0);
    close_watched(&ring, &watch);
}

static void a_buffer_ring_that_cannot_be_unregistered_stays_mapped(void **state)
{
    without_checker(); /* it plays with ring.sys */
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 4, &watch);
    struct rf_buf_ring *br;
    int err = rf_setup_buf_ring(&ring, 4, 1, 0, &br);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel has no buffer rings");
    }
    assert_result(err, 0);
    /* 70, since below 64 it is EINVAL on 6.1. */
    assert_named_error(FREE_BUF_RING, rf_free_buf_ring(&ring, br, 4, 70), ENOENT,
                       "BufferGroupNotFound");
    assert_int_equal(watch.maps, 1);
    provide(&ring, 0, 4); /* as GROUP */
    assert_named_error(FREE_BUF_RING, rf_free_buf_ring(&ring, br, 4, GROUP), EINVAL,
                       "BufferGroupNotRing");
    assert_int_equal(watch.maps, 1);
    char byte = 1;
    rf_buf_ring_add(br, &byte, 1, 77, rf_buf_ring_mask(4), 0);
    rf_buf_ring_advance(br, 1);
    int zero = open_zero();
    struct rf_cqe cqe = complete(&ring, rf_read_select(&ring, 1, zero, 1, 0, 0));
    assert_int_equal(cqe.res, 1);
    assert_int_equal(rf_cqe_buffer_id(&cqe), 77);
    assert_int_equal(byte, 0);
    close(zero);
    assert_result(rf_free_buf_ring(&ring, br, 4, 1), 0);
    assert_int_equal(watch.maps, 0);

    assert_result(rf_setup_buf_ring(&ring, 4, 1, 0, &br), 0);
    rf_deinit(&ring);
    ring.sys = &watch.sys;
    assert_result(rf_free_buf_ring(&ring, br, 4, 1), 0); /* there is nobody to tell */
    assert_int_equal(watch.maps, 0);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(reads_take_provided_buffers_until_none_is_left),
        EACH_FLAVOUR(removed_buffers_are_not_taken),
        EACH_FLAVOUR(receives_take_provided_buffers_until_none_is_left),
        ONCE(entries_are_filled_around_the_tail),
        EACH_FLAVOUR(the_tail_of_a_buffer_ring_wraps),
        EACH_FLAVOUR(buffer_rings_refuse_what_they_must_and_leave_nothing),
        EACH_FLAVOUR(a_buffer_ring_that_cannot_be_unregistered_stays_mapped),
    };
    return run_all(tests, COUNT_OF(tests));
}
