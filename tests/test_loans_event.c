/* SPDX-License-Identifier: MIT */
/*
 * Held here: timeouts, events, futexes, processes, descriptors, slots, rings and credentials are
 * lent until the table of operations says.
 */
#include "loan_support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- time, readiness, futexes, processes ---------------------------------- */

enum { LONG = 3 };

static enum used timeout_timespec(void)
{
    struct rf_timespec ts = {0, 1000 * 1000};
    struct rf_sqe *sqe = behind_timer();
    rf_prep_timeout(sqe, &ts, 0, 0);
    lend(sqe);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    ts.tv_sec = LONG;
    finish_well(-ETIME);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return end.tv_sec - begin.tv_sec < LONG - 1 ? OLD : NEW;
}

static enum used link_timeout_timespec(void)
{
    struct rf_timespec ts = {0, 10 * 1000 * 1000};
    int ends[2];
    char data[4];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    struct rf_sqe *sqe = take_sqe(&loan_ring);
    rf_prep_read(sqe, ends[0], data, 3, 0);
    sqe->flags = RF_SQE_IO_LINK;
    sqe->user_data = 1;
    sqe = take_sqe(&loan_ring);
    rf_prep_link_timeout(sqe, &ts, 0);
    lend(sqe);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    ts.tv_sec = LONG;
    finish_well(-ETIME);
    clock_gettime(CLOCK_MONOTONIC, &end);
    close(ends[0]);
    close(ends[1]);
    return end.tv_sec - begin.tv_sec < LONG - 1 ? OLD : NEW;
}

static enum used timeout_update_timespec(void)
{
    struct rf_timespec far = {LONG, 0}, ts = {0, 1000 * 1000};
    struct rf_sqe *sqe = take_sqe(&loan_ring);
    rf_prep_timeout(sqe, &far, 0, 0);
    sqe->user_data = OPERATION;
    assert_true(rf_submit(&loan_ring) > 0);
    sqe = behind_timer();
    rf_prep_timeout_remove(sqe, OPERATION, RF_TIMEOUT_UPDATE);
    sqe->addr2 = addr_of(&ts);
    submit_other(sqe);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    ts.tv_sec = LONG;
    finish_well(-ETIME);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return end.tv_sec - begin.tv_sec < LONG - 1 ? OLD : NEW;
}

/* What is watched, where, and with which data. */
static enum used epoll_ctl_changing(char what)
{
    int first = epoll_create1(EPOLL_CLOEXEC), second = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1}, got = {.data.u64 = 0};
    int ends[2], silent[2];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    assert_result(pipe2(silent, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    int instance = copy_of(first), watched = copy_of(ends[0]);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_epoll_ctl(sqe, instance, watched, EPOLL_CTL_ADD, &event);
    lend(sqe);
    if (what == 'e')
        event.data.u64 = 2;
    else if (what == 'i')
        reuse(instance, second);
    else
        reuse(watched, silent[0]);
    finish_well(0);
    bool here = epoll_wait(first, &got, 1, 0) == 1;
    enum used used = here && got.data.u64 == 1 ? OLD : NEW;
    if (what == 'i')
        assert_int_equal(epoll_wait(second, &got, 1, 0), !here);
    int fds[] = {first, second, ends[0], ends[1], silent[0], silent[1], instance, watched};
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    return used;
}

static enum used epoll_ctl_event(void)
{
    return epoll_ctl_changing('e');
}

static enum used epoll_ctl_instance(void)
{
    return epoll_ctl_changing('i');
}

static enum used epoll_ctl_watched(void)
{
    return epoll_ctl_changing('w');
}

#define FUTEX_OF_32_BITS 2

static enum used futex_wait_word(void)
{
    uint32_t word = 1;
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FUTEX_WAIT, FUTEX_OF_32_BITS, &word, 0, 1);
    sqe->addr3 = UINT32_MAX;
    lend(sqe);
    word = 2;
    finish_well(-EAGAIN); /* else it waits for ever, which is OLD */
    return NEW;
}

static enum used futex_waitv(bool change_word)
{
    uint32_t word = 1;
    struct {
        uint64_t val, uaddr;
        uint32_t flags, reserved;
    } waiter = {change_word ? 1 : 2, addr_of(&word), FUTEX_OF_32_BITS, 0};
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FUTEX_WAITV, 0, &waiter, 1, 0);
    lend(sqe);
    if (change_word)
        word = 2;
    else
        waiter.val = 1; /* with which it would wait for ever */
    finish_well(-EAGAIN);
    return change_word ? NEW : OLD;
}

static enum used futex_waitv_array(void)
{
    return futex_waitv(false);
}

static enum used futex_waitv_word(void)
{
    return futex_waitv(true);
}

/* Cancelled, it still writes. */
static enum used waitid_siginfo(void)
{
    siginfo_t info;
    memset(&info, 0xff, sizeof info);
    int ends[2];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    struct rf_sqe *sqe = take_sqe(&loan_ring);
    rf_prep_waitid(sqe, P_PID, child, &info, WEXITED, 0);
    lend(sqe);
    struct rf_sqe *cancel = take_sqe(&loan_ring);
    rf_prep_cancel(cancel, OPERATION, 0);
    submit_other(cancel);
    finish_well(-ECANCELED);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return info.si_signo == 0 ? NEW : OLD;
}

/* --- descriptors, slots, rings -------------------------------------------- */

static enum used close_fd(void)
{
    int ends[2], number = copy_of(old_file);
    assert_result(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_close(sqe, number);
    lend(sqe);
    reuse(number, ends[1]);
    close(ends[1]);
    finish_well(0);
    char byte;
    ssize_t n = read(ends[0], &byte, 1); /* the end: its last writer was closed */
    close(ends[0]);
    return n == 0 ? NEW : OLD;
}

static enum used files_update(bool change_array)
{
    char data[4] = "";
    const int empty = -1;
    int number = copy_of(old_file), fds[1] = {number};
    assert_result(rf_register_files(&loan_ring, &empty, 1), 0);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_files_update(sqe, fds, 1, 0);
    lend(sqe);
    if (change_array)
        fds[0] = new_file;
    else
        reuse(number, new_file);
    finish_well(1);
    sqe = take_sqe(&loan_ring);
    rf_prep_read(sqe, 0, data, 3, 0);
    sqe->flags |= RF_SQE_FIXED_FILE;
    lend(sqe);
    finish_well(3);
    assert_result(rf_unregister_files(&loan_ring), 0);
    close(number);
    return which(data);
}

static enum used files_update_array(void)
{
    return files_update(true);
}

static enum used files_update_fds(void)
{
    return files_update(false);
}

static enum used install_slot(void)
{
    assert_result(rf_register_files(&loan_ring, &old_file, 1), 0);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FIXED_FD_INSTALL, 0, NULL, 0, 0);
    sqe->flags |= RF_SQE_FIXED_FILE;
    lend(sqe);
    assert_result(rf_register_files_update(&loan_ring, 0, &new_file, 1), 1);
    enum used used = opened(finish());
    assert_result(rf_unregister_files(&loan_ring), 0);
    return used;
}

static enum used msg_ring_fd(void)
{
    struct rf_ring first, second;
    open_ring(&first, 1, 0);
    open_ring(&second, 1, 0);
    int number = copy_of(first.fd);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_MSG_RING, number, NULL, 5, 6);
    lend(sqe);
    reuse(number, second.fd);
    finish_well(0);
    enum used used = rf_cq_ready(&first) ? OLD : NEW;
    assert_int_equal(rf_cq_ready(&second), used == NEW);
    close(number);
    rf_deinit(&first);
    rf_deinit(&second);
    return used;
}

/* --- the trials ----------------------------------------------------------- */

static void memory_is_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(timeout_timespec, TIMEOUT, ADDR, TIMESPEC),
        TRIAL(link_timeout_timespec, LINK_TIMEOUT, ADDR, TIMESPEC),
        TRIAL(timeout_update_timespec, TIMEOUT_REMOVE, OFF, TIMESPEC),
        TRIAL(epoll_ctl_event, EPOLL_CTL, ADDR, EPOLL_EVENTS),
        TRIAL(futex_wait_word, FUTEX_WAIT, ADDR, FUTEX),
        TRIAL(futex_waitv_array, FUTEX_WAITV, ADDR, FUTEX_WAITV),
        TRIAL_INNER(futex_waitv_word, FUTEX_WAITV, ADDR, FUTEX, "uaddr"),
        TRIAL(waitid_siginfo, WAITID, OFF, SIGINFO),
        TRIAL_WHEN(files_update_array, FILES_UPDATE, ADDR, FDS, "without RF_FILE_INDEX_ALLOC"),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void numbers_are_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(epoll_ctl_instance, EPOLL_CTL, FD, FD),
        TRIAL(epoll_ctl_watched, EPOLL_CTL, OFF, FD),
        TRIAL(close_fd, CLOSE, FD, FD),
        TRIAL_INNER(files_update_fds, FILES_UPDATE, ADDR, FD, "each"),
        TRIAL(install_slot, FIXED_FD_INSTALL, FD, FILE_SLOT),
        TRIAL(msg_ring_fd, MSG_RING, FD, FD),
    };
    run_trials(trials, COUNT_OF(trials));
}

static enum used personality_id(void)
{
    const struct rf_sys *sys = &rf_sys_kernel;
    int id = sys->ring_register(sys, loan_ring.fd, RF_REGISTER_PERSONALITY, NULL, 0);
    assert_true(id > 0);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_nop(sqe);
    sqe->personality = (uint16_t)id;
    lend(sqe);
    assert_result(sys->ring_register(sys, loan_ring.fd, RF_UNREGISTER_PERSONALITY, NULL,
                                     (uint32_t)id), 0);
    int res = finish();
    assert_true(res == 0 || res == -EINVAL);
    return res == 0 ? OLD : NEW;
}

static void credentials_are_lent_until_consumed(void **state)
{
    (void)state;
    set_scene();
    enum used used = personality_id();
    clear_scene();
    for (size_t i = 0; i < rf_common_loan_count(); i++) {
        const struct rf_op_loan *loan = rf_common_loan_at(i);
        if (loan->lent == RF_LENT_PERSONALITY)
            assert_int_equal(used, loan->until == RF_UNTIL_CONSUMED ? OLD : NEW);
    }
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(memory_is_lent_until_the_table_says),
        ONCE(numbers_are_lent_until_the_table_says),
        ONCE(credentials_are_lent_until_consumed),
    };
    return run_all(tests, COUNT_OF(tests));
}
