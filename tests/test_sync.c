/* SPDX-License-Identifier: MIT */
/*
 * Held here: what is done at once, without an SQE of the ring. Cancellations that
 * wait until their victim is over, also where a queued one would be stuck; messages to
 * a ring from a thread that has none; questions to the kernel about itself.
 */
#include "register_support.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "blind.h"
#include "map.h"

/* --- cancelling ---------------------------------------------------------- */

static const struct rf_timespec for_ever = {-1, -1};

static struct rf_sync_cancel_reg by_user_data(uint64_t user_data)
{
    struct rf_sync_cancel_reg cancel;
    memset(&cancel, 0, sizeof cancel);
    cancel.addr = user_data;
    cancel.timeout = for_ever;
    return cancel;
}

static struct rf_sync_cancel_reg by_flags(uint32_t flags, int fd)
{
    struct rf_sync_cancel_reg cancel = by_user_data(0);
    cancel.flags = flags;
    cancel.fd = fd;
    return cancel;
}

static void begin_read(struct rf_ring *ring, uint64_t user_data, int fd, char *ret_byte)
{
    assert_non_null(rf_read(ring, user_data, fd, ret_byte, 1, 0));
    submit_fully(ring);
}

static void what_was_cancelled_leaves_its_buffer_alone(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends ends;
    open_pipe(&ends);
    char bytes[2] = {'-', '-'};
    begin_read(&ring, 0x1111, ends.read, &bytes[0]);
    struct rf_sync_cancel_reg cancel = by_user_data(0x9999);
    assert_named_error(REGISTER_SYNC_CANCEL, rf_register_sync_cancel(&ring, &cancel), ENOENT,
                       "NothingToCancel");
    assert_no_cqe(&ring);
    cancel = by_user_data(0x1111);
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    assert_next_cqe(&ring, 0x1111, -ECANCELED);
    assert_int_equal(write(ends.write, "x", 1), 1);
    begin_read(&ring, 0x2222, ends.read, &bytes[1]);
    assert_next_cqe(&ring, 0x2222, 1);
    assert_int_equal(bytes[0], '-');
    assert_int_equal(bytes[1], 'x');
    close_pipe(&ends);
    rf_deinit(&ring);
}

static void all_that_match_are_cancelled(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends one, two;
    open_pipe(&one);
    open_pipe(&two);
    char byte;
    begin_read(&ring, 1, one.read, &byte);
    begin_read(&ring, 1, one.read, &byte);
    begin_read(&ring, 3, two.read, &byte);
    struct rf_sync_cancel_reg cancel = by_flags(RF_ASYNC_CANCEL_FD | RF_ASYNC_CANCEL_ALL, one.read);
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    assert_next_cqe(&ring, 1, -ECANCELED);
    assert_next_cqe(&ring, 1, -ECANCELED);
    assert_no_cqe(&ring);
    cancel = by_flags(RF_ASYNC_CANCEL_ANY, 0);
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    assert_next_cqe(&ring, 3, -ECANCELED);
    /* That there is nothing is no error for these. */
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    cancel = by_flags(RF_ASYNC_CANCEL_ALL, 0);
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    close_pipe(&one);
    close_pipe(&two);
    rf_deinit(&ring);
}

static void opcode_and_user_data_must_both_match(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_op(&ring, RF_OP_READ_MULTISHOT); /* 6.7; the flags are of 6.6 */
    struct pipe_ends ends;
    open_pipe(&ends);
    char byte;
    begin_read(&ring, 5, ends.read, &byte);
    struct rf_sync_cancel_reg cancel = by_user_data(5);
    cancel.flags = RF_ASYNC_CANCEL_USERDATA | RF_ASYNC_CANCEL_OP;
    cancel.opcode = RF_OP_WRITE;
    assert_result(rf_register_sync_cancel(&ring, &cancel), -ENOENT);
    cancel.opcode = RF_OP_READ;
    cancel.addr = 6;
    assert_result(rf_register_sync_cancel(&ring, &cancel), -ENOENT);
    cancel.addr = 5;
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    assert_next_cqe(&ring, 5, -ECANCELED);
    close_pipe(&ends);
    rf_deinit(&ring);
}

/* The drain holds back what is queued behind it, a cancellation too. */
static void behind_a_drain_only_this_gets_through(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends ends;
    open_pipe(&ends);
    char byte;
    begin_read(&ring, 1, ends.read, &byte);
    struct rf_sqe *sqe = rf_nop(&ring, 2);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_IO_DRAIN;
    assert_non_null(rf_cancel(&ring, 3, 1, 0));
    submit_fully(&ring);
    assert_no_cqe(&ring);
    struct rf_sync_cancel_reg cancel = by_user_data(1);
    assert_result(rf_register_sync_cancel(&ring, &cancel), 0);
    assert_next_cqe(&ring, 1, -ECANCELED);
    if (has_op(&ring, RF_OP_PIPE)) {
        assert_next_cqe(&ring, 2, 0);
        assert_next_cqe(&ring, 3, -ENOENT);
    } else { /* 6.1 begins the deferred in the order of submission, and ends them in the other */
        struct rf_cqe cqes[2];
        assert_result(rf_copy_cqes(&ring, cqes, 2, 2), 2);
        int nop = cqes[0].user_data == 2 ? 0 : 1;
        assert_int_equal(cqes[nop].user_data, 2);
        assert_result(cqes[nop].res, 0);
        assert_int_equal(cqes[!nop].user_data, 3);
        assert_result(cqes[!nop].res, -ENOENT);
    }
    close_pipe(&ends);
    rf_deinit(&ring);
}

/* A splice blocks its worker: it is told to stop, and takes its time. */
static void a_worker_takes_its_time(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends from, to;
    open_pipe(&from);
    open_pipe(&to);
    assert_non_null(splice_one(&ring, 4, from.read, to.write));
    submit_fully(&ring);
    usleep(20000); /* until a worker has it */
    struct rf_sync_cancel_reg cancel = by_user_data(4);
    cancel.timeout.tv_sec = cancel.timeout.tv_nsec = 0;
    if (ring.flags & RF_SETUP_SQPOLL) {
        /* The worker is the SQ thread's: out of reach, but not for what that thread does. */
        assert_result(rf_register_sync_cancel(&ring, &cancel), -ENOENT);
        struct rf_sqe *sqe = rf_cancel(&ring, 5, 4, 0);
        assert_non_null(sqe);
        sqe->flags |= RF_SQE_CQE_SKIP_SUCCESS;
        submit_fully(&ring);
        while (rf_cq_ready(&ring) == 0) { /* signalled just before it slept: tell it again */
            usleep(100000);
            if (rf_cq_ready(&ring) == 0) {
                sqe = rf_cancel(&ring, 5, 4, 0);
                assert_non_null(sqe);
                sqe->flags |= RF_SQE_CQE_SKIP_SUCCESS;
                submit_fully(&ring);
            }
        }
    } else {
        int err = rf_register_sync_cancel(&ring, &cancel);
        /* On a busy machine, and on an emulated one, the worker is faster at times. */
        if (err && err != -ENOENT) {
            assert_result(err, -ETIME);
            assert_string_equal(rf_error_name(RF_CALL_REGISTER_SYNC_CANCEL, err),
                                "CancelTimedOut");
        }
        /* The worker may have been signalled just before it went to sleep: tell it again. */
        cancel.timeout.tv_nsec = 100000000;
        do
            err = rf_register_sync_cancel(&ring, &cancel);
        while (err == -ETIME);
        if (err != -ENOENT) /* it was over by then */
            assert_result(err, 0);
    }
    struct rf_cqe cqe;
    do /* a queued cancellation says -EALREADY */
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
    while (cqe.user_data == 5);
    assert_int_equal(cqe.user_data, 4);
    assert_true(cqe.res == -EINTR || cqe.res == -ECANCELED || cqe.res == -512);
    close_pipe(&from);
    close_pipe(&to);
    rf_deinit(&ring);
}

static void cancellations_that_make_no_sense_are_refused(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct rf_sync_cancel_reg cancel = by_flags(1U << 20, 0);
    assert_named_error(REGISTER_SYNC_CANCEL, rf_register_sync_cancel(&ring, &cancel), EINVAL,
                       "ArgumentsInvalid");
    assert_null(rf_reason(&ring));
    cancel = by_flags((1U << 20) | RF_ASYNC_CANCEL_OP, 0);
    assert_named_error(REGISTER_SYNC_CANCEL, rf_register_sync_cancel(&ring, &cancel), EINVAL,
                       "ArgumentsInvalid");
    cancel = by_user_data(1);
    cancel.pad[3] = 1;
    assert_named_error(REGISTER_SYNC_CANCEL, rf_register_sync_cancel(&ring, &cancel), EINVAL,
                       "ArgumentsInvalid");
    cancel = by_flags(RF_ASYNC_CANCEL_FD, -1);
    assert_named_error(REGISTER_SYNC_CANCEL, rf_register_sync_cancel(&ring, &cancel), EBADF,
                       "FileDescriptorInvalid");
    assert_named_error(REGISTER_SYNC_CANCEL,
                       rf_register_sync_cancel(&ring, (struct rf_sync_cancel_reg *)unmapped()),
                       EFAULT, "ArgumentsOutsideAccessibleAddressSpace");
    rf_deinit(&ring);
}

static bool lacks_later_flags(uint32_t opcode, const void *arg)
{
    const struct rf_sync_cancel_reg *cancel = (const struct rf_sync_cancel_reg *)arg;
    return opcode == RF_REGISTER_SYNC_CANCEL &&
           cancel->flags & (RF_ASYNC_CANCEL_USERDATA | RF_ASYNC_CANCEL_OP);
}

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct older older;
    struct rf_sync_cancel_reg cancel = by_user_data(1);
    make_older(&older, &ring, RF_REGISTER_SYNC_CANCEL, NULL);
    assert_too_old(&ring, rf_register_sync_cancel(&ring, &cancel), "6.0");
    make_older(&older, &ring, -1, lacks_later_flags);
    assert_result(rf_register_sync_cancel(&ring, &cancel), -ENOENT);
    cancel.flags = RF_ASYNC_CANCEL_OP;
    assert_too_old(&ring, rf_register_sync_cancel(&ring, &cancel), "6.6");
    cancel.flags = RF_ASYNC_CANCEL_USERDATA;
    assert_too_old(&ring, rf_register_sync_cancel(&ring, &cancel), "6.6");
    make_new_again(&older, &ring);
    rf_deinit(&ring);
}

/* --- sending ------------------------------------------------------------- */

static void *send_from_a_thread_without_a_ring(void *sqe)
{
    static int result;
    result = rf_register_sync_msg((const struct rf_sqe *)sqe);
    return &result;
}

static int send_elsewhere(struct rf_sqe *sqe)
{
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, send_from_a_thread_without_a_ring, sqe), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return *(int *)result;
}

static bool kernel_sends(void)
{
    return rf_register_sync_msg((const struct rf_sqe *)unmapped()) != -EOPNOTSUPP;
}

static struct rf_sqe message_to(int fd)
{
    struct rf_sqe sqe;
    memset(&sqe, 0, sizeof sqe);
    rf_prep_msg_ring(&sqe, fd, 77, 0xabcdef, 0);
    return sqe;
}

static void a_message_needs_no_ring_of_ones_own(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    if (!kernel_sends() || ring.fd < 0) {
        const char *why = ring.fd < 0 ? "this ring has no descriptor"
                                      : "this kernel lacks messages without a ring";
        rf_deinit(&ring);
        skip_because("%s", why);
    }
    struct rf_sqe sqe = message_to(ring.fd);
    assert_result(send_elsewhere(&sqe), 0);
    assert_next_cqe(&ring, 0xabcdef, 77);
    rf_prep_msg_ring_cqe_flags(&sqe, ring.fd, 78, 0x1234, 0, RF_CQE_F_MORE);
    assert_result(send_elsewhere(&sqe), 0);
    struct rf_cqe cqe;
    assert_result(rf_copy_cqe(&ring, &cqe), 0);
    assert_int_equal(cqe.user_data, 0x1234);
    assert_int_equal(cqe.res, 78);
    assert_int_equal(cqe.flags, RF_CQE_F_MORE);
    assert_no_cqe(&ring);
    rf_deinit(&ring);
}

static void messages_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct rf_ring ring, disabled;
    open_ring(&ring, 4, 0);
    if (!kernel_sends()) {
        rf_deinit(&ring);
        skip_because("this kernel lacks messages without a ring");
    }
    open_ring(&disabled, 4, RF_SETUP_R_DISABLED);
    int zero = open_devzero();

    struct rf_sqe sqe = message_to(1000000);
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EBADF,
                       "MessageTargetInvalid");
    sqe = message_to(zero);
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EBADFD,
                       "MessageTargetNotReady");
    sqe = message_to(disabled.fd);
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EBADFD,
                       "MessageTargetNotReady");
    sqe = message_to(ring.fd);
    sqe.opcode = RF_OP_NOP;
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EINVAL, "MessageInvalid");
    sqe = message_to(ring.fd);
    sqe.flags = RF_SQE_ASYNC;
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EINVAL, "MessageInvalid");
    sqe = message_to(ring.fd);
    sqe.personality = 1;
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EINVAL, "MessageInvalid");
    memset(&sqe, 0, sizeof sqe);
    rf_prep_msg_ring_fd(&sqe, ring.fd, 0, 0, 1, 0);
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg(&sqe), EINVAL, "MessageInvalid");
    assert_named_error(REGISTER_SYNC_MSG, rf_register_sync_msg((const struct rf_sqe *)unmapped()),
                       EFAULT, "ArgumentsOutsideAccessibleAddressSpace");
    assert_no_cqe(&ring);
    close(zero);
    rf_deinit(&disabled);
    rf_deinit(&ring);
}

/* --- asking -------------------------------------------------------------- */

static bool kernel_answers(void)
{
    return rf_register_query((struct rf_query_hdr *)unmapped()) != -EOPNOTSUPP;
}

static struct rf_query_hdr question(uint32_t op, void *data, uint32_t size)
{
    struct rf_query_hdr query;
    memset(&query, 0, sizeof query);
    query.query_op = op;
    query.query_data = (uintptr_t)data;
    query.size = size;
    return query;
}

static void the_kernel_tells_of_itself(void **state)
{
    (void)state;
    need_a_ring();
    if (!kernel_answers())
        skip_because("this kernel lacks queries");
    struct rf_ring ring;
    struct rf_probe probe;
    open_ring(&ring, 4, 0);
    assert_result(rf_get_probe(&ring, &probe), 0);
    struct rf_query_opcode answer;
    memset(&answer, 0, sizeof answer);
    struct rf_query_hdr query = question(RF_QUERY_OPCODES, &answer, sizeof answer);
    assert_result(rf_register_query(&query), 0);
    assert_int_equal(query.result, 0);
    assert_int_equal(query.size, sizeof answer);
    assert_int_equal(answer.nr_request_opcodes, probe.last_op + 1);
    assert_true(answer.nr_register_opcodes > RF_REGISTER_QUERY);
    assert_int_equal(answer.feature_flags, ring.features);
    assert_true(answer.ring_setup_flags & RF_SETUP_NO_SQARRAY);
    assert_true(answer.enter_flags & RF_ENTER_GETEVENTS);
    assert_true(answer.sqe_flags & RF_SQE_CQE_SKIP_SUCCESS);
    rf_deinit(&ring);
}

static void each_question_has_its_own_result(void **state)
{
    (void)state;
    need_a_ring();
    if (!kernel_answers())
        skip_because("this kernel lacks queries");
    unsigned char large[64];
    memset(large, 0xa5, sizeof large);
    struct rf_query_opcode answers[2];
    memset(answers, 0, sizeof answers);
    struct rf_query_hdr last = question(RF_QUERY_OPCODES, large, sizeof large);
    struct rf_query_hdr unclean = question(RF_QUERY_OPCODES, &answers[1], sizeof answers[1]);
    unclean.resv[2] = 1;
    unclean.next_entry = (uintptr_t)&last;
    struct rf_query_hdr unknown = question(9999, &answers[0], sizeof answers[0]);
    unknown.next_entry = (uintptr_t)&unclean;
    assert_result(rf_register_query(&unknown), 0);
    assert_result(unknown.result, -EOPNOTSUPP);
    assert_int_equal(unknown.size, 0);
    assert_result(unclean.result, -EINVAL);
    assert_result(last.result, 0);
    assert_int_equal(last.size, sizeof answers[0]);
    assert_int_equal(large[sizeof large - 1], 0); /* set to 0 behind the answer */
}

static void questions_that_cannot_be_answered_are_refused(void **state)
{
    (void)state;
    need_a_ring();
    if (!kernel_answers())
        skip_because("this kernel lacks queries");
    struct rf_query_opcode answer;
    memset(&answer, 0, sizeof answer);
    assert_named_error(REGISTER_QUERY, rf_register_query((struct rf_query_hdr *)unmapped()), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    struct rf_query_hdr query = question(RF_QUERY_OPCODES, unmapped(), sizeof answer);
    assert_named_error(REGISTER_QUERY, rf_register_query(&query), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    query = question(RF_QUERY_OPCODES, &answer, sizeof answer);
    query.next_entry = (uintptr_t)&query;
    assert_named_error(REGISTER_QUERY, rf_register_query(&query), ERANGE, "QueryListTooLong");
}

static int knows_nothing(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                         uint32_t nr_args)
{
    (void)sys;
    (void)opcode;
    (void)arg;
    (void)nr_args;
    assert_int_equal(fd, -1);
    return -EINVAL;
}

static void without_a_ring_an_older_kernel_is_told_too(void **state)
{
    (void)state;
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_register = knows_nothing;
    struct rf_sqe sqe = message_to(0);
    struct rf_query_hdr query = question(RF_QUERY_OPCODES, NULL, 0);
    assert_result(rfi_register_sync_msg(&sys, &sqe), -EOPNOTSUPP);
    assert_result(rfi_register_query(&sys, &query), -EOPNOTSUPP);
    assert_string_equal(rf_error_name(RF_CALL_REGISTER_SYNC_MSG, -EOPNOTSUPP),
                        "RegistrationUnsupported");
    assert_string_equal(rf_error_name(RF_CALL_REGISTER_QUERY, -EOPNOTSUPP),
                        "RegistrationUnsupported");
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(what_was_cancelled_leaves_its_buffer_alone),
        EACH_FLAVOUR(all_that_match_are_cancelled),
        EACH_FLAVOUR(opcode_and_user_data_must_both_match),
        EACH_FLAVOUR(behind_a_drain_only_this_gets_through),
        EACH_FLAVOUR(a_worker_takes_its_time),
        EACH_FLAVOUR(cancellations_that_make_no_sense_are_refused),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
        EACH_FLAVOUR(a_message_needs_no_ring_of_ones_own),
        ONCE(messages_that_make_no_sense_are_refused),
        ONCE(the_kernel_tells_of_itself),
        ONCE(each_question_has_its_own_result),
        ONCE(questions_that_cannot_be_answered_are_refused),
        ONCE(without_a_ring_an_older_kernel_is_told_too),
    };
    return run_all(tests, COUNT_OF(tests));
}
