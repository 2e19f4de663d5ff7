/* SPDX-License-Identifier: MIT */
/*
 * Held here: a buffer group gives each completion the bytes it brought, however
 * many are got before one is put and whatever the order, loses no buffer, and
 * says what kind it is.
 */
#include "buffer_support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffers.h"

/* --- kinds of groups ----------------------------------------------------- */

static void a_flag_that_the_kernel_lacks_is_not_dropped_in_silence(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_group(&group, &ring, 1, 16, 2); /* or skip */
    close_group(&group);
    watch.without_flags = true;
    struct rf_buf_ring *br = NULL;
    assert_named_error(SETUP_BUF_RING, rf_setup_buf_ring(&ring, 4, 1, RF_PBUF_RING_INC, &br),
                       EOPNOTSUPP, "BufferRingUnsupported");
    assert_null(br);
    assert_int_equal(watch.maps, 0);
    assert_result(rf_buffer_group_init_flags(&group, &ring, 1, 16, 2, RF_PBUF_RING_INC),
                  -EOPNOTSUPP);
    assert_true(rfi_buffer_group_is_valid(&group));
    assert_int_equal(watch.maps, 0);

    /* The group that may take less says so, and works: the id was left free. */
    assert_result(rf_buffer_group_init(&group, &ring, 1, 16, 2), 0);
    assert_false(rf_buffer_group_is_incremental(&group));
    struct pair pair;
    open_pair(&pair);
    say(&pair, "abcde", 5);
    struct rf_cqe cqe = receive(&group, &pair);
    assert_false(cqe.flags & RF_CQE_F_BUF_MORE);
    assert_got(&group, &cqe, "abcde", 5);
    put(&group, &cqe);
    assert_all_in_ring(&group);
    close_pair(&pair);
    close_group(&group);

    /* A kernel without buffer rings, and without flags of course. */
    watch.refuse_op = RF_REGISTER_PBUF_RING;
    watch.refuse_with = EINVAL;
    assert_named_error(SETUP_BUF_RING, rf_setup_buf_ring(&ring, 4, 1, RF_PBUF_RING_INC, &br),
                       EOPNOTSUPP, "BufferRingUnsupported");
    assert_result(rf_setup_buf_ring(&ring, 4, 1, 0, &br), -EOPNOTSUPP);
    assert_result(rf_buffer_group_init(&group, &ring, 1, 16, 2), -EOPNOTSUPP);
    assert_null(br);
    close_watched(&ring, &watch);
}

static void the_kernel_that_has_the_flag_gives_it(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct watch watch;
    open_ring(&ring, 4, 0);
    watch_ring(&watch, &ring);
    struct rf_buffer_group whole, parts;
    open_incremental(&parts, &ring, 1, 16, 2);
    assert_result(rf_buffer_group_init_flags(&whole, &ring, 2, 16, 2, 0), 0);
    assert_false(rf_buffer_group_is_incremental(&whole));
    close_group(&parts);
    assert_result(rf_buffer_group_init_flags(&parts, &ring, 1, 16, 2, RF_PBUF_RING_INC), 0);
    assert_true(rf_buffer_group_is_incremental(&parts));
    close_group(&parts);
    close_group(&whole);
    close_watched(&ring, &watch);
}

/* --- groups, as in Zig --------------------------------------------------- */

/* Zig: the test of BufferGroup */
static void a_group_receives_into_its_buffer(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_group(&group, &ring, 1, 128, 1);
    struct pair pair;
    open_pair(&pair);
    static const char data[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    struct rf_cqe cqe = complete(&ring, rf_send(&ring, 1, pair.there, data, sizeof data, 0));
    assert_int_equal(cqe.user_data, 1);
    assert_int_equal(cqe.res, sizeof data);

    struct rf_sqe *sqe = rf_buffer_group_recv(&group, 2, pair.here, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->flags, RF_SQE_BUFFER_SELECT);
    assert_int_equal(sqe->buf_group, 1);
    assert_int_equal(sqe->ioprio, 0);
    cqe = submit_and_reap(&ring);
    assert_int_equal(cqe.user_data, 2);
    assert_int_equal(cqe.res, sizeof data);
    assert_true(cqe.flags & RF_CQE_F_BUFFER);
    assert_got(&group, &cqe, data, sizeof data);
    put(&group, &cqe);
    assert_all_in_ring(&group);
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

/* Zig: "ring mapped buffers recv" */
static void receives_use_up_the_group_and_go_on_when_buffers_are_put(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_group(&group, &ring, 1, 4, 2);
    struct pair pair;
    open_pair(&pair);
    static const char data[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (int round = 0; round < 4; round++) {
        assert_complete(&ring, rf_send(&ring, 1, pair.there, data, sizeof data, 0), sizeof data);
        /* Incremental: the round before has left a part of the first of them. */
        struct rf_cqe first = receive(&group, &pair);
        assert_in_range(first.res, round && rf_buffer_group_is_incremental(&group) ? 1 : 4, 4);
        assert_got(&group, &first, data, (size_t)first.res);
        struct rf_cqe second = receive(&group, &pair);
        assert_got(&group, &second, data + first.res, 4);
        assert_int_not_equal(rf_cqe_buffer_id(&first), rf_cqe_buffer_id(&second));

        struct rf_cqe third = receive(&group, &pair);
        assert_int_equal(third.res, -ENOBUFS);
        assert_int_equal(third.flags & RF_CQE_F_BUFFER, 0);
        assert_named_error(BUFFER_ID, rf_cqe_buffer_id(&third), ENODATA, "NoBufferSelected");
        void *none = &third;
        assert_result(rf_buffer_group_get(&group, &third, &none), -ENOBUFS);
        assert_ptr_equal(none, &third);
        assert_named_error(BUFFER_GROUP, rf_buffer_group_put(&group, &third), ENODATA,
                           "NoBufferSelected");

        put(&group, &first);
        put(&group, &second);
        for (size_t pos = (size_t)first.res + 4; pos < sizeof data;) {
            struct rf_cqe cqe = receive(&group, &pair);
            assert_in_range(cqe.res, 1, sizeof data - pos);
            assert_got(&group, &cqe, data + pos, (size_t)cqe.res);
            put(&group, &cqe);
            pos += (size_t)cqe.res;
        }
        /* 6.1 uses a buffer up for that: every completion has to go through the group. */
        struct rf_cqe last = receive(&group, &pair);
        assert_result(rf_buffer_group_get(&group, &last, &none), -EAGAIN);
    }
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

/* Zig: "ring mapped buffers multishot recv" */
static void a_multishot_ends_without_buffers_and_can_be_queued_again(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    need_op(&ring, RF_OP_SEND_ZC); /* 6.0, as multishot receives */
    struct rf_buffer_group group;
    open_group(&group, &ring, 1, 4, 2);
    struct pair pair;
    open_pair(&pair);
    static const char data[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    for (uint64_t round = 0; round < 4; round++) {
        assert_complete(&ring, rf_send(&ring, 1, pair.there, data, sizeof data, 0), sizeof data);
        struct rf_sqe *sqe = rf_buffer_group_recv_multishot(&group, 100 + round, pair.here, 0);
        assert_non_null(sqe);
        assert_int_equal(sqe->ioprio, RF_RECV_MULTISHOT);
        assert_true(rf_submit(&ring) >= 0);
        struct rf_cqe first = next_cqe(&ring);
        struct rf_cqe second = next_cqe(&ring);
        struct rf_cqe third = next_cqe(&ring);
        assert_int_equal(first.user_data, 100 + round);
        assert_true(first.flags & RF_CQE_F_MORE);
        assert_true(second.flags & RF_CQE_F_MORE);
        assert_got(&group, &first, data, 4);
        assert_got(&group, &second, data + 4, 4);
        assert_int_equal(third.res, -ENOBUFS);
        assert_int_equal(third.flags & (RF_CQE_F_BUFFER | RF_CQE_F_MORE), 0);
        put(&group, &first);
        put(&group, &second);

        assert_non_null(rf_buffer_group_recv_multishot(&group, 200 + round, pair.here, 0));
        assert_true(rf_submit(&ring) >= 0);
        first = next_cqe(&ring);
        second = next_cqe(&ring);
        assert_int_equal(first.user_data, 200 + round);
        assert_int_equal(second.user_data, 200 + round);
        assert_true(first.flags & RF_CQE_F_MORE);
        assert_got(&group, &first, data + 8, 4);
        assert_got(&group, &second, data + 12, 4);
        put(&group, &first);
        put(&group, &second);

        /* Which comes first is open, and so is whether it still waits or ran out of buffers. */
        assert_non_null(rf_cancel(&ring, 300 + round, 200 + round, 0));
        assert_true(rf_submit(&ring) >= 0);
        bool ended = !(second.flags & RF_CQE_F_MORE), answered = false;
        while (!ended || !answered) {
            struct rf_cqe cqe = next_cqe(&ring);
            if (cqe.user_data == 300 + round) {
                assert_true(cqe.res == 0 || cqe.res == -ENOENT);
                answered = true;
            } else {
                assert_int_equal(cqe.user_data, 200 + round);
                assert_true(cqe.res == -ECANCELED || cqe.res == -ENOBUFS);
                assert_int_equal(cqe.flags & RF_CQE_F_MORE, 0);
                void *none;
                assert_result(rf_buffer_group_get(&group, &cqe, &none), cqe.res);
                ended = true;
            }
        }
        assert_all_in_ring(&group);
    }
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

/* --- groups, beyond ------------------------------------------------------ */

/* Three messages of 5 and one of 1 byte: all of a buffer of 16. */
static const char message[17] = "AAAAABBBBBCCCCCD";
static const unsigned part_bytes[4] = {5, 5, 5, 1};

static void receive_parts(struct rf_buffer_group *group, const struct pair *pair,
                          struct rf_cqe *parts)
{
    size_t pos = 0;
    for (unsigned i = 0; i < 4; i++) {
        say(pair, message + pos, part_bytes[i]);
        parts[i] = receive(group, pair);
        assert_int_equal(parts[i].res, part_bytes[i]);
        assert_int_equal(rf_cqe_buffer_id(&parts[i]), rf_cqe_buffer_id(&parts[0]));
        assert_int_equal(!!(parts[i].flags & RF_CQE_F_BUF_MORE), i < 3);
        pos += part_bytes[i];
    }
}

static void one_buffer_takes_one_message_after_the_other(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_incremental(&group, &ring, 9, 16, 2);
    struct pair pair;
    open_pair(&pair);
    for (unsigned round = 0; round < 5; round++) {
        void *start = NULL, *data;
        size_t pos = 0;
        for (unsigned i = 0; i < 4; i++) {
            say(&pair, message + pos, part_bytes[i]);
            struct rf_cqe cqe = receive(&group, &pair);
            assert_result(rf_buffer_group_get(&group, &cqe, &data), part_bytes[i]);
            assert_memory_equal(data, message + pos, part_bytes[i]);
            if (i == 0)
                start = data;
            assert_ptr_equal(data, (char *)start + pos);
            put(&group, &cqe);
            pos += part_bytes[i];
        }
        assert_all_in_ring(&group);
    }
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

static void next_permutation(unsigned *order, unsigned count)
{
    unsigned i = count - 1, j = count - 1;
    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return;
    while (order[j] < order[i - 1])
        j--;
    unsigned swapped = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swapped;
    for (j = count - 1; i < j; i++, j--) {
        swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

static void parts_of_a_buffer_can_be_put_in_any_order(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_incremental(&group, &ring, 9, 16, 1);
    struct pair pair;
    open_pair(&pair);
    unsigned order[4] = {0, 1, 2, 3};
    for (unsigned round = 0; round < 24; round++) {
        struct rf_cqe parts[4];
        receive_parts(&group, &pair, parts);
        void *data[4];
        size_t pos = 0;
        for (unsigned i = 0; i < 4; i++) {
            assert_result(rf_buffer_group_get(&group, &parts[i], &data[i]), part_bytes[i]);
            assert_memory_equal(data[i], message + pos, part_bytes[i]);
            pos += part_bytes[i];
        }
        for (unsigned i = 0; i < 4; i++) {
            assert_false(buffer_is_free(&group, &pair));
            put(&group, &parts[order[i]]);
        }
        assert_true(buffer_is_free(&group, &pair));
        assert_memory_equal(data[0], message, 16); /* free, and not yet written again */
        next_permutation(order, 4);
    }
    static const unsigned last[4] = {3, 2, 1, 0};
    assert_memory_equal(order, last, sizeof last); /* each order had its turn */
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

static void parts_put_early_do_not_free_a_buffer_in_use(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_incremental(&group, &ring, 9, 16, 1);
    struct pair pair;
    open_pair(&pair);
    /* All parts so far are put each time; the kernel still has the rest of the buffer. */
    say(&pair, "abc", 3);
    struct rf_cqe first = receive(&group, &pair);
    assert_got(&group, &first, "abc", 3);
    put(&group, &first);
    say(&pair, "defg", 4);
    struct rf_cqe second = receive(&group, &pair);
    assert_got(&group, &second, "defg", 4);
    say(&pair, "hi", 2);
    struct rf_cqe third = receive(&group, &pair);
    put(&group, &second);
    assert_got(&group, &third, "hi", 2);
    put(&group, &third);
    say(&pair, "0123456", 7);
    struct rf_cqe last = receive(&group, &pair);
    assert_got(&group, &last, "0123456", 7);
    assert_false(last.flags & RF_CQE_F_BUF_MORE);
    assert_false(buffer_is_free(&group, &pair));
    put(&group, &last);
    assert_true(buffer_is_free(&group, &pair));
    assert_all_in_ring(&group);
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

static void buffers_used_up_for_nothing_are_given_back(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_group(&group, &ring, 3, 16, 2);
    int directory = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct pair pair;
    open_pair(&pair);
    void *none = &ring;
    unsigned with_buffer = 0;
    for (unsigned i = 0; i < 10; i++) {
        struct rf_cqe cqe = complete(&ring, rf_read_select(&ring, 1, directory, 3, 0, 0));
        with_buffer += !!(cqe.flags & RF_CQE_F_BUFFER);
        assert_result(rf_buffer_group_get(&group, &cqe, &none), -EISDIR);
        assert_result(rf_buffer_group_put(&group, &cqe), -ENODATA);
        cqe = complete(&ring, rf_read_select(&ring, 1, null, 3, 0, 0));
        with_buffer += !!(cqe.flags & RF_CQE_F_BUFFER);
        assert_result(rf_buffer_group_get(&group, &cqe, &none), 0);
        assert_result(rf_buffer_group_put(&group, &cqe), -ENODATA);
        cqe = complete(&ring, rf_buffer_group_recv(&group, 1, -1, 0));
        assert_result(rf_buffer_group_get(&group, &cqe, &none), -EBADF);
        assert_true(rfi_buffer_group_is_valid(&group));
    }
    if (with_buffer == 0)
        print_message("# no buffer was ever used up for nothing\n");
    assert_ptr_equal(none, &ring);
    assert_all_in_ring(&group);

    say(&pair, "abc", 3);
    struct rf_cqe cqe = receive(&group, &pair);
    assert_got(&group, &cqe, "abc", 3);
    put(&group, &cqe);
    assert_int_equal(shutdown(pair.there, SHUT_WR), 0);
    cqe = receive(&group, &pair);
    assert_result(rf_buffer_group_get(&group, &cqe, &none), 0);
    assert_ptr_equal(none, &ring);
    assert_all_in_ring(&group);
    close(directory);
    close(null);
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

/* The rest of a buffer goes for nothing, while a part of it is still in use. */
static void a_part_in_use_keeps_a_wasted_buffer(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_incremental(&group, &ring, 3, 16, 1);
    int directory = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct pair pair;
    open_pair(&pair);
    say(&pair, "abc", 3);
    struct rf_cqe part = receive(&group, &pair);
    assert_got(&group, &part, "abc", 3);
    struct rf_cqe wasted = complete(&ring, rf_read_select(&ring, 1, directory, 3, 0, 0));
    assert_int_equal(wasted.flags & (RF_CQE_F_BUFFER | RF_CQE_F_BUF_MORE), RF_CQE_F_BUFFER);
    void *none;
    assert_result(rf_buffer_group_get(&group, &wasted, &none), -EISDIR);
    assert_false(buffer_is_free(&group, &pair));
    put(&group, &part);
    assert_true(buffer_is_free(&group, &pair));
    close(directory);
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

static void a_cancelled_receive_loses_no_buffer(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_group(&group, &ring, 3, 16, 2);
    struct pair pair;
    open_pair(&pair);
    for (unsigned i = 0; i < 6; i++) {
        struct rf_sqe *sqe = rf_buffer_group_recv(&group, 1, pair.here, 0);
        assert_non_null(sqe);
        if (i & 1)
            sqe->flags |= RF_SQE_ASYNC; /* a worker picks its buffer before it waits */
        assert_true(rf_submit(&ring) >= 0);
        usleep(2000);
        assert_non_null(rf_cancel(&ring, 2, 1, 0));
        assert_true(rf_submit(&ring) >= 0);
        for (unsigned seen = 0; seen < 2; seen++) {
            struct rf_cqe cqe = next_cqe(&ring);
            if (cqe.user_data == 2)
                continue;
            assert_true(cqe.res == -ECANCELED || cqe.res == -EINTR);
            void *none;
            assert_result(rf_buffer_group_get(&group, &cqe, &none), cqe.res);
        }
        assert_all_in_ring(&group);
    }
    close_pair(&pair);
    close_group(&group);
    close_watched(&ring, &watch);
}

/* 70,000 buffers through one group: its 16-bit tail goes round. */
static void the_tail_of_a_group_wraps(void **state)
{
    plain_is_enough_if_emulated(state);
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 16, &watch);
    struct rf_buffer_group group;
    open_group(&group, &ring, 3, 1, 8);
    int zero = open_zero();
    for (unsigned taken = 0; taken < 70000; taken += 8) {
        for (unsigned i = 0; i < 8; i++) {
            while (!rf_read_select(&ring, i, zero, 3, 0, 0))
                ; /* the SQ thread shows CQEs before it gives the slots back */
        }
        struct rf_cqe cqes[8];
        assert_result(rf_copy_cqes(&ring, cqes, 8, 8), 8);
        for (unsigned i = 0; i < 8; i++) {
            void *data;
            assert_result(rf_buffer_group_get(&group, &cqes[i], &data), 1);
            assert_int_equal(*(char *)data, 0);
            *(char *)data = 1;
        }
        for (unsigned i = 8; i-- > 0;)
            assert_result(rf_buffer_group_put(&group, &cqes[i]), 0);
    }
    assert_int_equal(group.tail, (uint16_t)(8 + 70000));
    assert_all_in_ring(&group);
    close(zero);
    close_group(&group);
    close_watched(&ring, &watch);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_flag_that_the_kernel_lacks_is_not_dropped_in_silence),
        ONCE(the_kernel_that_has_the_flag_gives_it),
        EACH_FLAVOUR(a_group_receives_into_its_buffer),
        EACH_FLAVOUR(receives_use_up_the_group_and_go_on_when_buffers_are_put),
        EACH_FLAVOUR(a_multishot_ends_without_buffers_and_can_be_queued_again),
        EACH_FLAVOUR(one_buffer_takes_one_message_after_the_other),
        EACH_FLAVOUR(parts_of_a_buffer_can_be_put_in_any_order),
        EACH_FLAVOUR(parts_put_early_do_not_free_a_buffer_in_use),
        EACH_FLAVOUR(buffers_used_up_for_nothing_are_given_back),
        EACH_FLAVOUR(a_part_in_use_keeps_a_wasted_buffer),
        EACH_FLAVOUR(a_cancelled_receive_loses_no_buffer),
        EACH_FLAVOUR(the_tail_of_a_group_wraps),
    };
    return run_all(tests, COUNT_OF(tests));
}
