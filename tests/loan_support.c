/* SPDX-License-Identifier: MIT */
#include "loan_support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct rf_ring loan_ring;
struct work_dir loan_dir;
int old_file, new_file;

struct rf_sqe *behind_timer(void)
{
    static struct rf_timespec moment;
    moment.tv_sec = 0;
    moment.tv_nsec = (is_emulated() ? 500 : 10) * 1000 * 1000; /* time enough for changes */
    struct rf_sqe *timer = take_sqe(&loan_ring);
    rf_prep_timeout(timer, &moment, 0, 0);
    timer->flags = RF_SQE_IO_HARDLINK;
    return take_sqe(&loan_ring);
}

struct rf_sqe *prepare(struct rf_sqe *sqe, enum rf_op op, int fd, const void *addr, size_t len,
                       uint64_t offset)
{
    rf_prep_rw(sqe, op, fd, addr_of(addr), len, offset);
    return sqe;
}

void lend(struct rf_sqe *sqe)
{
    sqe->user_data = OPERATION;
    assert_true(rf_submit(&loan_ring) > 0);
}

void submit_other(struct rf_sqe *sqe)
{
    sqe->user_data = OPERATION + 1;
    assert_true(rf_submit(&loan_ring) > 0);
}

/* The next CQE of the operation; those of others are of no interest. */
struct rf_cqe first_cqe(void)
{
    struct rf_cqe cqe;
    do
        assert_result(rf_copy_cqe(&loan_ring, &cqe), 0);
    while (cqe.user_data != OPERATION);
    return cqe;
}

int finish(void)
{
    struct rf_cqe cqe;
    do
        cqe = first_cqe();
    while (cqe.flags & RF_CQE_F_MORE);
    return cqe.res;
}

void finish_well(int expected)
{
    assert_result(finish(), expected);
}

enum used which(const char *text)
{
    if (strncmp(text, "old", 3) != 0 && strncmp(text, "new", 3) != 0)
        fail_msg("neither old nor new: %.3s", text);
    return text[0] == 'o' ? OLD : NEW;
}

enum used which_in(int fd)
{
    char text[4] = "";
    assert_int_equal(pread(fd, text, 3, 0), 3);
    return which(text);
}

enum used which_is_read(int fd)
{
    char text[4] = "";
    assert_int_equal(read(fd, text, 3), 3);
    return which(text);
}

enum used which_exists(const char *old_name, const char *new_name)
{
    bool has_old = name_missing(&loan_dir, old_name) == 0;
    bool has_new = name_missing(&loan_dir, new_name) == 0;
    assert_true(has_old != has_new);
    return has_old ? OLD : NEW;
}

void reuse(int number, int other)
{
    assert_int_equal(dup2(other, number), number);
}

int copy_of(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    assert_true(copy >= 100);
    return copy;
}

enum used opened(int fd)
{
    assert_true(fd >= 0);
    enum used used = which_in(fd);
    close(fd);
    return used;
}

static const struct rf_op_loan *loan_of(const struct trial *trial)
{
    const struct rf_op_info *op = rf_op_info(trial->op);
    for (size_t i = 0; i < op->loan_count; i++) {
        const struct rf_op_loan *loan = &op->loans[i];
        if (loan->field == trial->field && loan->lent == trial->lent &&
            (trial->member ? loan->member && strcmp(loan->member, trial->member) == 0
                           : loan->depth == 0) &&
            (!trial->condition ||
             (loan->condition && strcmp(loan->condition, trial->condition) == 0)))
            return loan;
    }
    fail_msg("%s: no row of %s fits", trial->name, op->name);
    return NULL;
}

void set_scene(void)
{
    without_checker(); /* breaking promises is what trials are about */
    open_ring(&loan_ring, 16, 0);
    open_work_dir(&loan_dir);
    old_file = make_file(&loan_dir, "old", "old");
    new_file = make_file(&loan_dir, "new", "new");
}

void clear_scene(void)
{
    close(old_file);
    close(new_file);
    close_work_dir(&loan_dir);
    rf_deinit(&loan_ring);
}

/*
 * The table tells of current kernels. Older ones look up a linked request's descriptors when
 * it is submitted: then a loan is over sooner than the table says, which hurts nobody.
 */
static bool may_be_sooner(void)
{
    return !has_op(&loan_ring, RF_OP_PIPE); /* 6.16 */
}

void run_trials(const struct trial *trials, size_t count)
{
    unsigned wrong = 0, left_out = 0;
    for (size_t i = 0; i < count; i++) {
        const struct trial *trial = &trials[i];
        const struct rf_op_loan *loan = loan_of(trial);
        print_message("# %s\n", trial->name);
        set_scene();
        enum used used = UNTESTABLE;
        bool sooner = may_be_sooner();
        if (has_op(&loan_ring, trial->op))
            used = trial->run();
        clear_scene();
        enum rf_until until = trial->at_once ? loan->until_inline : loan->until;
        enum used expected = until == RF_UNTIL_CONSUMED ? OLD : NEW;
        if (used == UNTESTABLE) {
            print_message("# %s: cannot be shown on this kernel or file system\n", trial->name);
            left_out++;
        } else if (used == OLD && expected == NEW && sooner) {
            print_message("# %s: over sooner than the table says, on this older kernel\n",
                          trial->name);
        } else if (used != expected) {
            print_error("%s: the kernel used the %s one, and the table says \"%s\"\n", trial->name,
                        used == OLD ? "old" : "new", rf_until_name(until));
            wrong++;
        }
    }
    if (wrong > 0)
        fail_msg("%u of %zu differ", wrong, count);
    if (left_out == count)
        skip_because("none of the %zu trials can be made here", count);
}
