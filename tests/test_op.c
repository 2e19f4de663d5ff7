/* SPDX-License-Identifier: MIT */
/*
 * Held here: a handle is of use once. What completes twice, too late or elsewhere is told from
 * what is open, whatever number it bears; a full table says so, a generation wraps; and on every
 * flavour multishots, zero-copy sends, linked timeouts and cancels end when they end.
 */
#include "io_support.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TAG = 77 };

static struct rf_op_table *open_table(uint32_t count, uint32_t tag)
{
    struct rf_op_table *ops = NULL;
    assert_result(rf_op_table_init(&ops, count, tag), 0);
    return ops;
}

/* A handle for a NOP that no ring gets. */
static uint64_t begin_nop(struct rf_op_table *ops)
{
    struct rf_sqe sqe;
    rf_prep_nop(&sqe);
    uint64_t handle = rf_op_begin(ops, &sqe);
    if (handle)
        assert_int_equal(sqe.user_data, handle);
    return handle;
}

static int take(struct rf_op_table *ops, uint64_t user_data, int res, uint32_t flags)
{
    struct rf_cqe cqe = {.user_data = user_data, .res = res, .flags = flags};
    return rf_op_take(ops, &cqe);
}

static int end(struct rf_op_table *ops, uint64_t handle)
{
    return take(ops, handle, 0, 0);
}

/* --- without a ring ------------------------------------------------------ */

static void sizes_and_numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    struct rf_op_table *ops = NULL;
    uint64_t memory[16];
    assert_named_error(OP_TABLE, rf_op_table_init(&ops, 0, 0), EINVAL, "HandleTableInvalid");
    assert_result(rf_op_table_init(&ops, RF_HANDLES_MAX + 1, 0), -EINVAL);
    assert_result(rf_op_table_init(&ops, 1, RF_HANDLE_TAGS), -EINVAL);
    assert_result(rf_op_table_init_mem(&ops, 1, RF_HANDLE_TAGS, memory, sizeof memory), -EINVAL);
    assert_result(rf_op_table_init_mem(&ops, 1, 0, (char *)memory + 1, sizeof memory - 1), -EINVAL);
    int64_t bytes = rf_op_table_size(6);
    assert_in_range(bytes, 1, sizeof memory);
    assert_named_error(OP_TABLE, rf_op_table_init_mem(&ops, 6, 0, memory, (size_t)bytes - 1), ENOSPC,
                       "HandleMemoryTooSmall");
    assert_null(ops);
    assert_result(rf_op_table_size(0), -EINVAL);
    assert_result(rf_op_table_size(RF_HANDLES_MAX + 1), -EINVAL);
    rf_op_table_deinit(NULL);
}

static void nothing_is_written_behind_the_memory_it_was_given(void **state)
{
    (void)state;
    for (uint32_t count = 1; count < 70; count++) {
        size_t words = (size_t)rf_op_table_size(count) / sizeof(uint64_t);
        uint64_t *memory = malloc((words + 1) * sizeof *memory);
        assert_non_null(memory);
        memory[words] = 4711;
        struct rf_op_table *ops;
        assert_result(rf_op_table_init_mem(&ops, count, TAG, memory, words * sizeof *memory), 0);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(rf_op_index(begin_nop(ops)), i);
        assert_int_equal(begin_nop(ops), 0);
        for (uint64_t forged = 0; forged < 200; forged++)
            assert_result(end(ops, forged), -ENOENT);
        assert_int_equal(memory[words], 4711);
        rf_op_table_deinit(ops); /* leaves it alone */
        free(memory);
    }
}

static void the_largest_table_works_to_its_last_place(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(RF_HANDLES_MAX, RF_HANDLE_TAGS - 1);
    for (int round = 0; round < 3; round++) {
        uint64_t first = begin_nop(ops), last = 0;
        assert_int_equal(rf_op_index(first), 0);
        for (uint32_t i = 1; i < RF_HANDLES_MAX; i++)
            last = begin_nop(ops);
        assert_int_equal(rf_op_index(last), RF_HANDLES_MAX - 1);
        assert_int_equal(rf_op_open_count(ops), RF_HANDLES_MAX);
        assert_int_equal(begin_nop(ops), 0);
        for (uint64_t handle = first; handle <= last; handle++)
            assert_result(end(ops, handle), RF_TOLD_ALL);
        assert_result(end(ops, last), -EALREADY);
        assert_int_equal(rf_op_open_count(ops), 0);
    }
    rf_op_table_deinit(ops);
}

static void a_second_completion_is_a_duplicate(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(4, TAG);
    uint64_t a = begin_nop(ops), b = begin_nop(ops);
    assert_result(rf_op_state(ops, a), 0);
    assert_result(end(ops, a), RF_TOLD_ALL);
    for (int again = 0; again < 3; again++)
        assert_named_error(OP, end(ops, a), EALREADY, "HandleUsedUp");
    assert_result(rf_op_state(ops, a), -EALREADY);
    assert_result(end(ops, b), RF_TOLD_ALL); /* and the table was left as it was */
    rf_op_table_deinit(ops);
}

static void a_completion_after_its_place_was_used_again_is_stale(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(2, TAG);
    uint64_t old = begin_nop(ops);
    assert_result(end(ops, old), RF_TOLD_ALL);
    uint64_t other = begin_nop(ops), successor = begin_nop(ops);
    assert_int_equal(rf_op_index(old), rf_op_index(successor));
    assert_int_not_equal(old, successor);
    assert_named_error(OP, end(ops, old), ESTALE, "HandleStale");
    assert_result(rf_op_state(ops, successor), 0); /* it is not credited to that one */
    assert_result(end(ops, successor), RF_TOLD_ALL);
    assert_result(end(ops, old), -ESTALE);
    assert_result(end(ops, successor), -EALREADY);
    assert_result(end(ops, other), RF_TOLD_ALL);
    rf_op_table_deinit(ops);
}

static void what_the_table_never_gave_out_is_foreign(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(5, TAG), *others = open_table(5, TAG + 1);
    uint64_t mine = begin_nop(ops), its = begin_nop(others);
    assert_int_equal(rf_op_index(mine), rf_op_index(its));
    const uint64_t foreign[] = {
        0, 1, 2, 3, 7, 8, 0xffff, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, UINT64_C(1) << 63,
        UINT64_C(1) << 62, (UINT64_C(1) << 62) + 1, (uint64_t)-7, (uint64_t)-8, (uint64_t)-255,
        (uintptr_t)ops, (uintptr_t)&mine,
        its, mine + 1,          /* not yet */
        mine + (1U << 16),      /* of the next generation */
        mine - (1U << 16),      /* of one before the first: half of all count as to come */
        mine + 8, mine - 1, mine | 0xfff8, /* slots that nobody has */
    };
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        assert_named_error(OP, end(ops, foreign[i]), ENOENT, "HandleForeign");
        assert_result(take(ops, foreign[i], 1, RF_CQE_F_MORE), -ENOENT);
        assert_result(rf_op_state(ops, foreign[i]), -ENOENT);
        assert_result(rf_op_forget(ops, foreign[i]), -ENOENT);
    }
    assert_result(end(others, mine), -ENOENT);
    assert_result(end(others, its), RF_TOLD_ALL);
    assert_result(end(ops, mine), RF_TOLD_ALL);
    rf_op_table_deinit(ops);
    rf_op_table_deinit(others);
}

static void a_full_table_says_so_and_makes_the_sqe_harmless(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(3, TAG);
    uint64_t handles[3];
    for (int i = 0; i < 3; i++) {
        assert_true(rf_op_has_room(ops, (uint32_t)(3 - i)));
        assert_false(rf_op_has_room(ops, (uint32_t)(4 - i)));
        handles[i] = begin_nop(ops);
    }
    assert_false(rf_op_has_room(ops, 1));
    assert_true(rf_op_has_room(ops, 0));
    struct rf_sqe sqe;
    char byte;
    rf_prep_read(&sqe, 4711, &byte, 1, 0);
    rf_sqe_set_flags(&sqe, RF_SQE_IO_LINK | RF_SQE_FIXED_FILE | RF_SQE_ASYNC);
    assert_int_equal(rf_op_begin(ops, &sqe), 0);
    struct rf_sqe nop;
    rf_prep_nop(&nop);
    nop.flags = RF_SQE_IO_LINK;
    nop.fd = sqe.fd;
    assert_memory_equal(&sqe, &nop, sizeof sqe);
    /* Whichever place is freed is found. */
    for (int i = 2; i >= 0; i--) {
        assert_result(end(ops, handles[i]), RF_TOLD_ALL);
        assert_true(rf_op_has_room(ops, 1));
        assert_int_equal(rf_op_index(begin_nop(ops)), i);
        assert_int_equal(begin_nop(ops), 0);
        assert_result(end(ops, handles[i]), -ESTALE);
    }
    rf_op_table_deinit(ops);
}

static void generations_wrap_and_leave_the_tag_alone(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(3, TAG);
    uint64_t tag_bits = begin_nop(ops) & ~UINT64_C(0xffffffffffff);
    assert_result(rf_op_forget(ops, rf_op_next_open(ops, 0)), 0);
    ops->slots[0].word = tag_bits | UINT64_C(0xfffffffe0001);
    uint64_t before[3], at[3];
    for (int i = 0; i < 3; i++)
        before[i] = begin_nop(ops);
    for (int i = 0; i < 3; i++)
        assert_result(end(ops, before[i]), RF_TOLD_ALL);
    for (int i = 0; i < 3; i++) {
        at[i] = begin_nop(ops);
        assert_int_equal(at[i] & 0xffffffff0000, 0xffffffff0000);
    }
    for (int i = 0; i < 3; i++)
        assert_result(end(ops, before[i]), -ESTALE);
    for (int i = 0; i < 3; i++)
        assert_result(end(ops, at[i]), RF_TOLD_ALL);
    uint64_t wrapped = begin_nop(ops);
    assert_int_equal(wrapped, tag_bits | 1);
    assert_result(end(ops, at[0]), -ESTALE);
    assert_result(end(ops, at[1]), -EALREADY); /* its place was not used again yet */
    assert_result(end(ops, tag_bits | 2), -ENOENT);
    assert_result(end(ops, wrapped), RF_TOLD_ALL);
    rf_op_table_deinit(ops);
}

static void open_handles_can_be_gone_through(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(40, TAG);
    uint64_t handles[40];
    for (int i = 0; i < 40; i++)
        handles[i] = begin_nop(ops);
    for (int i = 0; i < 40; i += 3)
        assert_result(end(ops, handles[i]), RF_TOLD_ALL);
    uint32_t found = 0;
    for (uint64_t h = rf_op_next_open(ops, 0); h; h = rf_op_next_open(ops, h)) {
        assert_int_not_equal(rf_op_index(h) % 3, 0);
        assert_int_equal(h, handles[rf_op_index(h)]);
        found++;
    }
    assert_int_equal(found, rf_op_open_count(ops));
    assert_int_equal(found, 26);
    rf_op_table_deinit(ops);
}

static void a_forgotten_handle_is_used_up(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(2, TAG);
    uint64_t handle = begin_nop(ops);
    assert_result(rf_op_forget(ops, handle), 0);
    assert_result(rf_op_forget(ops, handle), -EALREADY);
    assert_result(end(ops, handle), -EALREADY);
    assert_int_equal(rf_op_open_count(ops), 0);
    rf_op_table_deinit(ops);
}

/* A plain list beside the table: what is open, and all that ever was. */
static void agrees_with_a_list_whatever_comes(void **state)
{
    (void)state;
    enum { PLACES = 37, STEPS = 200000, REMEMBERED = 4096 };
    static uint64_t used_up[REMEMBERED];
    uint64_t open[PLACES] = {0}, ended = 0;
    uint32_t random = 20261123, count = 0;
    struct rf_op_table *ops = open_table(PLACES, TAG);
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        uint32_t choice = random >> 28, place = (random >> 8) % PLACES;
        if (choice < 7) {
            uint64_t handle = begin_nop(ops);
            assert_int_equal(handle == 0, count == PLACES);
            if (!handle)
                continue;
            assert_int_equal(open[rf_op_index(handle)], 0);
            open[rf_op_index(handle)] = handle;
            count++;
        } else if (choice < 13 && open[place]) {
            assert_result(end(ops, open[place]), RF_TOLD_ALL);
            used_up[ended++ % REMEMBERED] = open[place];
            open[place] = 0;
            count--;
        } else if (ended) {
            uint64_t past = used_up[(random >> 4) % (ended < REMEMBERED ? ended : REMEMBERED)];
            int result = end(ops, past);
            assert_true(result == -EALREADY || result == -ESTALE);
            if (open[rf_op_index(past)])
                assert_result(result, -ESTALE);
        }
    }
    assert_int_equal(rf_op_open_count(ops), count);
    rf_op_table_deinit(ops);
}

static void each_kind_ends_as_it_does(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(8, TAG);
    struct rf_sqe sqe;
    char byte = 0;

    rf_prep_poll_multishot(&sqe, 0, POLLIN);
    uint64_t poll = rf_op_begin(ops, &sqe);
    for (int i = 0; i < 3; i++)
        assert_result(take(ops, poll, 1, RF_CQE_F_MORE), RF_TOLD_RESULT);
    assert_result(take(ops, poll, -ECANCELED, 0), RF_TOLD_ALL);
    assert_result(take(ops, poll, 1, RF_CQE_F_MORE), -EALREADY);

    rf_prep_send_zc(&sqe, 0, &byte, 1, 0, 0);
    uint64_t send = rf_op_begin(ops, &sqe);
    assert_named_error(OP, take(ops, send, 0, RF_CQE_F_NOTIF), EPROTO, "NotificationUnexpected");
    assert_result(rf_op_state(ops, send), 0);
    assert_result(take(ops, send, 1, RF_CQE_F_MORE), RF_TOLD_RESULT | RF_TOLD_OVER);
    assert_result(rf_op_state(ops, send), RF_TOLD_OVER);
    assert_result(take(ops, send, 1, RF_CQE_F_MORE), -EALREADY); /* the result came already */
    assert_result(take(ops, send, 0, RF_CQE_F_NOTIF), RF_TOLD_FREE);
    assert_result(take(ops, send, 0, RF_CQE_F_NOTIF), -EALREADY);

    uint64_t failing = (rf_prep_sendmsg_zc(&sqe, 0, NULL, 0), rf_op_begin(ops, &sqe));
    assert_result(take(ops, failing, -EINVAL, 0), RF_TOLD_ALL);

    rf_prep_cancel(&sqe, 1, 0);
    uint64_t cancel = rf_op_begin(ops, &sqe);
    assert_result(take(ops, cancel, 0, 0), RF_TOLD_ALL | RF_TOLD_CANCEL_ACCEPTED);
    cancel = (rf_prep_poll_remove(&sqe, 1), rf_op_begin(ops, &sqe));
    assert_result(take(ops, cancel, 0, 0), RF_TOLD_ALL | RF_TOLD_CANCEL_ACCEPTED);
    cancel = (rf_prep_timeout_remove(&sqe, 1, 0), rf_op_begin(ops, &sqe));
    assert_result(take(ops, cancel, -ENOENT, 0), RF_TOLD_ALL);

    static const struct rf_timespec second = {.tv_sec = 1};
    uint64_t update = (rf_prep_timeout_update(&sqe, &second, 1, 0), rf_op_begin(ops, &sqe));
    assert_result(take(ops, update, 0, 0), RF_TOLD_ALL);
    assert_int_equal(rf_op_open_count(ops), 0);
    rf_op_table_deinit(ops);
}

static void no_number_next_to_a_handle_is_taken_for_it(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(1, TAG);
    struct rf_sqe sqes[4];
    rf_prep_nop(&sqes[0]);
    rf_prep_poll_multishot(&sqes[1], 0, POLLIN);
    rf_prep_send_zc(&sqes[2], 0, NULL, 0, 0, 0);
    rf_prep_cancel(&sqes[3], 1, 0);
    for (size_t i = 0; i < COUNT_OF(sqes); i++) {
        uint64_t handle = rf_op_begin(ops, &sqes[i]);
        for (uint64_t step = 1; step < 64; step++)
            assert_result(end(ops, handle + step), -ENOENT);
        assert_true(end(ops, handle) & RF_TOLD_FREE);
    }
    rf_op_table_deinit(ops);
}

static void a_kind_that_may_go_on_is_known_by_its_sqe(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(16, TAG);
    static const struct rf_timespec second = {.tv_sec = 1};
    struct rf_sqe sqes[8];
    rf_prep_multishot_accept(&sqes[0], 0, NULL, NULL, 0);
    rf_prep_recv_multishot(&sqes[1], 0, NULL, 0, 0);
    rf_prep_recvmsg_multishot(&sqes[2], 0, NULL, 0);
    rf_prep_timeout(&sqes[3], &second, 0, RF_TIMEOUT_MULTISHOT);
    rf_prep_read_multishot(&sqes[4], 0, 0, 0, 0);
    rf_prep_poll_multishot(&sqes[5], 0, POLLIN);
    rf_prep_nop(&sqes[6]);
    sqes[6].opcode = RF_OP_LAST; /* of a kernel to come */
    rf_prep_nop(&sqes[7]);
    sqes[7].opcode = RF_OP_RECV_ZC;
    for (size_t i = 0; i < COUNT_OF(sqes); i++) {
        uint64_t handle = rf_op_begin(ops, &sqes[i]);
        assert_result(take(ops, handle, 1, RF_CQE_F_MORE), RF_TOLD_RESULT);
        assert_result(take(ops, handle, 0, 0), RF_TOLD_ALL);
    }
    rf_op_table_deinit(ops);
}

/* The table of operations knows which have several CQEs, and how an SQE asks for it. */
static void agrees_with_the_table_of_operations(void **state)
{
    (void)state;
    unsigned several = 0;
    for (uint32_t opcode = 0; rf_op_info(opcode); opcode++) {
        const struct rf_op_info *op = rf_op_info(opcode);
        struct rf_sqe sqe;
        rf_prep_nop(&sqe);
        sqe.opcode = (uint8_t)opcode;
        const struct rf_op_feature *features[] = {&op->multishot, &op->notification};
        for (size_t i = 0; i < COUNT_OF(features); i++) {
            if (!features[i]->since)
                continue;
            struct rf_sqe asking = sqe;
            const struct rf_sqe_field_info *field = rf_sqe_field_info(features[i]->when.field);
            if (field) /* on little endian only, as far as it goes */
                memcpy((char *)&asking + field->offset, &features[i]->when.bits, field->bytes);
            if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
                continue;
            assert_true(features[i]->always || rf_sqe_test_holds(&features[i]->when, &asking));
            if (rfi_op_is_plain(&asking))
                fail_msg("%s may have several completions", op->name);
            several++;
        }
    }
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        assert_true(several >= 8);
}

static void what_would_never_complete_is_a_broken_contract(void **state)
{
    (void)state;
    struct rf_op_table *ops = open_table(2, TAG);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        let_traps_through();
        struct rf_sqe sqe;
        rf_prep_nop(&sqe);
        rf_sqe_set_flags(&sqe, RF_SQE_CQE_SKIP_SUCCESS);
        (void)rf_op_begin(ops, &sqe);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(is_trap(status));
    rf_op_table_deinit(ops);
}

/* --- on a ring ----------------------------------------------------------- */

static struct rf_cqe next_cqe(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    int err;
    while ((err = rf_copy_cqe(ring, &cqe)) == -EINTR)
        ;
    assert_result(err, 0);
    return cqe;
}

static int take_next(struct rf_op_table *ops, struct rf_ring *ring, uint64_t *ret_handle)
{
    struct rf_cqe cqe = next_cqe(ring);
    *ret_handle = cqe.user_data;
    return rf_op_take(ops, &cqe);
}

static void every_operation_is_told_of_once(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    struct rf_op_table *ops = open_table(11, TAG);
    bool open[11] = {false};
    for (int round = 0; round < 300; round++) {
        for (int i = 0; i < 1 + round % 8; i++) {
            struct rf_sqe *sqe = take_sqe(&ring);
            rf_prep_nop(sqe);
            uint64_t handle = rf_op_begin(ops, sqe);
            assert_false(open[rf_op_index(handle)]);
            open[rf_op_index(handle)] = true;
        }
        submit_all(&ring, (unsigned)(1 + round % 8));
        for (int i = 0; i < 1 + round % 8; i++) {
            uint64_t handle;
            assert_result(take_next(ops, &ring, &handle), RF_TOLD_ALL);
            assert_true(open[rf_op_index(handle)]);
            open[rf_op_index(handle)] = false;
            assert_result(end(ops, handle), -EALREADY);
        }
    }
    assert_int_equal(rf_op_open_count(ops), 0);
    rf_op_table_deinit(ops);
    rf_deinit(&ring);
}

static void a_multishot_is_over_with_its_last_completion(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct rf_op_table *ops = open_table(4, TAG);
    struct rf_sqe *sqe = take_sqe(&ring);
    rf_prep_poll_multishot(sqe, fds[0], POLLIN);
    uint64_t poll = rf_op_begin(ops, sqe), from, cancel;
    submit_all(&ring, 1);
    for (int i = 0; i < 3; i++) {
        char byte = 'x';
        assert_int_equal(write(fds[1], &byte, 1), 1);
        assert_result(take_next(ops, &ring, &from), RF_TOLD_RESULT);
        assert_int_equal(from, poll);
        assert_int_equal(read(fds[0], &byte, 1), 1);
    }
    assert_result(rf_op_state(ops, poll), 0);
    assert_result(rf_op_cancel(ops, &ring, poll, &cancel), 0);
    submit_all(&ring, 1);
    for (int i = 0; i < 2; i++) {
        int told = take_next(ops, &ring, &from);
        assert_result(told, from == poll ? RF_TOLD_ALL : RF_TOLD_ALL | RF_TOLD_CANCEL_ACCEPTED);
    }
    assert_result(rf_op_state(ops, poll), -EALREADY);
    assert_int_equal(rf_op_open_count(ops), 0);
    rf_op_table_deinit(ops);
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

static void a_zero_copy_send_is_over_before_its_buffer_is_free(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_op(&ring, RF_OP_SEND_ZC);
    struct connection connection;
    open_connection(&ring, &connection);
    struct rf_op_table *ops = open_table(4, TAG);
    static char data[4096];
    struct rf_sqe *sqe = take_sqe(&ring);
    rf_prep_send_zc(sqe, connection.client, data, sizeof data, 0, 0);
    uint64_t send = rf_op_begin(ops, sqe), from, cancel;
    submit_all(&ring, 1);
    struct rf_cqe cqe = next_cqe(&ring);
    assert_int_equal(cqe.res, sizeof data);
    assert_result(rf_op_take(ops, &cqe), RF_TOLD_RESULT | RF_TOLD_OVER);
    assert_result(rf_op_state(ops, send), RF_TOLD_OVER);
    assert_result(rf_op_cancel(ops, &ring, send, &cancel), -EALREADY);
    static char received[sizeof data];
    assert_int_equal(recv(connection.server, received, sizeof received, MSG_WAITALL), sizeof data);
    assert_result(take_next(ops, &ring, &from), RF_TOLD_FREE);
    assert_int_equal(from, send);
    assert_int_equal(rf_op_open_count(ops), 0);

    /* One that fails is over at once, and its buffer is free when the kernel says so. */
    sqe = take_sqe(&ring);
    rf_prep_send_zc(sqe, -1, data, sizeof data, 0, 0);
    send = rf_op_begin(ops, sqe);
    submit_all(&ring, 1);
    cqe = next_cqe(&ring);
    assert_int_equal(cqe.res, -EBADF);
    int told = rf_op_take(ops, &cqe);
    if (cqe.flags & RF_CQE_F_MORE) {
        assert_result(told, RF_TOLD_RESULT | RF_TOLD_OVER);
        told = RF_TOLD_RESULT | RF_TOLD_OVER | take_next(ops, &ring, &from);
    }
    assert_result(told, RF_TOLD_ALL);
    rf_op_table_deinit(ops);
    close_connection(&connection);
    rf_deinit(&ring);
}

static void a_linked_timeout_and_its_operation_end_apart(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct rf_op_table *ops = open_table(4, TAG);
    static const struct rf_timespec soon = {.tv_nsec = 5 * 1000 * 1000}, late = {.tv_sec = 60};
    static char byte;
    for (int in_time = 0; in_time < 2; in_time++) {
        struct rf_sqe *sqe = take_sqe(&ring);
        rf_prep_poll_add(sqe, fds[0], POLLIN);
        link_next(sqe);
        uint64_t poll = rf_op_begin(ops, sqe);
        sqe = take_sqe(&ring);
        rf_prep_link_timeout(sqe, in_time ? &late : &soon, 0);
        uint64_t limit = rf_op_begin(ops, sqe);
        submit_all(&ring, 2);
        if (in_time)
            assert_int_equal(write(fds[1], &byte, 1), 1);
        for (int i = 0; i < 2; i++) {
            struct rf_cqe cqe = next_cqe(&ring);
            assert_result(rf_op_take(ops, &cqe), RF_TOLD_ALL);
            if (cqe.user_data == poll)
                assert_int_equal(cqe.res, in_time ? POLLIN : -ECANCELED);
            else
                assert_int_equal(cqe.user_data, limit);
        }
        assert_int_equal(rf_op_open_count(ops), 0);
    }
    rf_op_table_deinit(ops);
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

static void cancel_first_then_the_operation(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct rf_op_table *ops = open_table(4, TAG);
    static char bytes[2];
    struct rf_sqe *sqe;
    uint64_t reads[2], cancel, from;
    for (int i = 0; i < 2; i++) {
        sqe = take_sqe(&ring);
        rf_prep_read(sqe, fds[0], &bytes[i], 1, 0);
        reads[i] = rf_op_begin(ops, sqe);
    }
    submit_all(&ring, 2);
    /* Exactly the second of two that look alike. */
    assert_result(rf_op_cancel(ops, &ring, reads[1], &cancel), 0);
    submit_all(&ring, 1);
    for (int i = 0; i < 2; i++) {
        struct rf_cqe cqe = next_cqe(&ring);
        int told = rf_op_take(ops, &cqe);
        if (cqe.user_data == cancel) {
            assert_result(told, RF_TOLD_ALL | RF_TOLD_CANCEL_ACCEPTED);
        } else {
            assert_int_equal(cqe.user_data, reads[1]);
            assert_int_equal(cqe.res, -ECANCELED);
            assert_result(told, RF_TOLD_ALL);
        }
    }
    assert_result(rf_op_state(ops, reads[0]), 0);
    assert_int_equal(write(fds[1], bytes, 1), 1);
    assert_result(take_next(ops, &ring, &from), RF_TOLD_ALL);
    assert_int_equal(from, reads[0]);
    rf_op_table_deinit(ops);
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

static void the_operation_first_then_a_cancel_that_finds_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    struct rf_op_table *ops = open_table(2, TAG);
    struct rf_sqe *sqe = take_sqe(&ring);
    rf_prep_nop(sqe);
    uint64_t nop = rf_op_begin(ops, sqe), cancel, other;
    /* Queued while the NOP is open; the kernel has done that before it comes to the cancel. */
    assert_result(rf_op_cancel(ops, &ring, nop, &cancel), 0);
    assert_named_error(OP, rf_op_cancel(ops, &ring, nop, &other), ENOSPC, "HandlesExhausted");
    submit_all(&ring, 2);
    for (int i = 0; i < 2; i++) {
        struct rf_cqe cqe = next_cqe(&ring);
        assert_int_equal(cqe.res, cqe.user_data == cancel ? -ENOENT : 0);
        assert_result(rf_op_take(ops, &cqe), RF_TOLD_ALL);
    }
    /* One that is over is not looked for, and its successor is not met. */
    assert_result(rf_op_cancel(ops, &ring, nop, &cancel), -EALREADY);
    sqe = take_sqe(&ring);
    rf_prep_nop(sqe);
    uint64_t successor = rf_op_begin(ops, sqe);
    assert_int_equal(rf_op_index(successor), rf_op_index(nop));
    assert_result(rf_op_cancel(ops, &ring, nop, &cancel), -ESTALE);
    submit_all(&ring, 1);
    assert_result(take_next(ops, &ring, &cancel), RF_TOLD_ALL);
    assert_int_equal(cancel, successor);
    rf_op_table_deinit(ops);
    rf_deinit(&ring);
}

static void a_cancel_that_finds_no_room_queues_nothing(void **state)
{
    without_checker(); /* SQEs stay in the ring */
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 2, 0);
    struct rf_op_table *ops = open_table(8, TAG);
    uint64_t handle = 0, cancel = 4711;
    for (int i = 0; i < 2; i++) {
        struct rf_sqe *sqe = rf_get_sqe(&ring);
        assert_non_null(sqe);
        handle = rf_op_begin(ops, sqe);
    }
    assert_named_error(OP, rf_op_cancel(ops, &ring, handle, &cancel), EAGAIN, "SubmissionQueueFull");
    assert_result(rf_op_cancel(ops, &ring, 1, &cancel), -ENOENT);
    assert_int_equal(cancel, 4711);
    assert_int_equal(rf_op_open_count(ops), 2);
    submit_all(&ring, 2);
    for (int i = 0; i < 2; i++)
        assert_result(take_next(ops, &ring, &handle), RF_TOLD_ALL);
    rf_op_table_deinit(ops);
    rf_deinit(&ring);
}

static void one_table_serves_two_rings(void **state)
{
    struct rf_ring a, b;
    open_flavour(state, &a, 8);
    open_flavour(state, &b, 8);
    struct rf_op_table *ops = open_table(16, TAG);
    uint64_t handles[2], from;
    struct rf_ring *rings[] = {&a, &b};
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 2; i++) {
            struct rf_sqe *sqe = take_sqe(rings[i]);
            rf_prep_nop(sqe);
            handles[i] = rf_op_begin(ops, sqe);
            submit_all(rings[i], 1);
        }
        for (int i = 1; i >= 0; i--) {
            assert_result(take_next(ops, rings[i], &from), RF_TOLD_ALL);
            assert_int_equal(from, handles[i]);
        }
    }
    rf_op_table_deinit(ops);
    rf_deinit(&a);
    rf_deinit(&b);
}

static void a_completion_that_belongs_to_another_rings_table_is_foreign(void **state)
{
    struct rf_ring a, b;
    open_flavour(state, &a, 8);
    need_op(&a, RF_OP_MSG_RING);
    open_flavour(state, &b, 8);
    if (b.fd < 0) {
        rf_deinit(&a);
        rf_deinit(&b);
        skip_because("this flavour has no descriptor to send to");
    }
    struct rf_op_table *of_a = open_table(4, 1), *of_b = open_table(4, 2);
    uint64_t open_in_b = begin_nop(of_b);
    struct rf_sqe *sqe = take_sqe(&a);
    rf_prep_msg_ring(sqe, b.fd, 0, 0, 0);
    uint64_t message = rf_op_begin(of_a, sqe);
    sqe->off = message; /* the number it bears over there: one of this side's */
    submit_all(&a, 1);
    struct rf_cqe cqe = next_cqe(&a);
    assert_int_equal(cqe.res, 0);
    assert_result(rf_op_take(of_a, &cqe), RF_TOLD_ALL);
    cqe = next_cqe(&b);
    assert_int_equal(rf_op_index(cqe.user_data), rf_op_index(open_in_b));
    assert_result(rf_op_take(of_b, &cqe), -ENOENT);
    assert_result(rf_op_take(of_a, &cqe), -EALREADY);
    assert_result(rf_op_state(of_b, open_in_b), 0);
    rf_op_table_deinit(of_a);
    rf_op_table_deinit(of_b);
    rf_deinit(&a);
    rf_deinit(&b);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(sizes_and_numbers_out_of_range_are_refused),
        ONCE(nothing_is_written_behind_the_memory_it_was_given),
        ONCE(the_largest_table_works_to_its_last_place),
        ONCE(a_second_completion_is_a_duplicate),
        ONCE(a_completion_after_its_place_was_used_again_is_stale),
        ONCE(what_the_table_never_gave_out_is_foreign),
        ONCE(a_full_table_says_so_and_makes_the_sqe_harmless),
        ONCE(generations_wrap_and_leave_the_tag_alone),
        ONCE(open_handles_can_be_gone_through),
        ONCE(a_forgotten_handle_is_used_up),
        ONCE(agrees_with_a_list_whatever_comes),
        ONCE(each_kind_ends_as_it_does),
        ONCE(no_number_next_to_a_handle_is_taken_for_it),
        ONCE(a_kind_that_may_go_on_is_known_by_its_sqe),
        ONCE(agrees_with_the_table_of_operations),
        ONCE(what_would_never_complete_is_a_broken_contract),
        EACH_FLAVOUR(every_operation_is_told_of_once),
        EACH_FLAVOUR(a_multishot_is_over_with_its_last_completion),
        EACH_FLAVOUR(a_zero_copy_send_is_over_before_its_buffer_is_free),
        EACH_FLAVOUR(a_linked_timeout_and_its_operation_end_apart),
        EACH_FLAVOUR(cancel_first_then_the_operation),
        EACH_FLAVOUR(the_operation_first_then_a_cancel_that_finds_nothing),
        ONCE(a_cancel_that_finds_no_room_queues_nothing),
        EACH_FLAVOUR(one_table_serves_two_rings),
        EACH_FLAVOUR(a_completion_that_belongs_to_another_rings_table_is_foreign),
    };
    return run_all(tests, COUNT_OF(tests));
}
