/* SPDX-License-Identifier: MIT */
/*
 * Held here: what reads and writes of files lend, ends when the table of operations says.
 */
#include "loan_support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- reading and writing -------------------------------------------------- */

static enum used readv_iovecs(void)
{
    char first[4] = "", second[4] = "";
    struct iovec iovec = {first, 3};
    struct rf_sqe *sqe = behind_timer();
    rf_prep_readv(sqe, old_file, &iovec, 1, 0);
    lend(sqe);
    iovec.iov_base = second;
    finish_well(3);
    return first[0] ? OLD : NEW;
}

static enum used readv_fixed_iovecs(void)
{
    char memory[16] = "";
    struct iovec whole = {memory, sizeof memory}, iovec = {memory, 3};
    assert_result(rf_register_buffers(&loan_ring, &whole, 1), 0);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_READV_FIXED, old_file, &iovec, 1, 0);
    lend(sqe);
    iovec.iov_base = memory + 8;
    finish_well(3);
    assert_result(rf_unregister_buffers(&loan_ring), 0);
    return memory[0] ? OLD : NEW;
}

static enum used writev_iovecs(void)
{
    char first[] = "old", second[] = "new";
    struct iovec iovec = {first, 3};
    int file = make_file(&loan_dir, "written", "");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_writev(sqe, file, &iovec, 1, 0);
    lend(sqe);
    iovec.iov_base = second;
    finish_well(3);
    enum used used = which_in(file);
    close(file);
    return used;
}

static enum used write_data(void)
{
    char data[] = "old";
    int file = make_file(&loan_dir, "written", "");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_write(sqe, file, data, 3, 0);
    lend(sqe);
    memcpy(data, "new", 3);
    finish_well(3);
    enum used used = which_in(file);
    close(file);
    return used;
}

/* Only the address is held: what is mapped there when the data comes gets it. */
static enum used read_data(void)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_read(sqe, old_file, page, 3, 0);
    lend(sqe);
    char *again = mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                       -1, 0);
    assert_ptr_equal(again, page);
    finish_well(3);
    enum used used = page[0] ? NEW : OLD;
    munmap(page, 4096);
    return used;
}

static enum used read_fd_linked(void)
{
    char data[4] = "";
    int number = copy_of(old_file);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_read(sqe, number, data, 3, 0);
    lend(sqe);
    reuse(number, new_file);
    finish_well(3);
    close(number);
    return which(data);
}

/* Tried while it is submitted, and finding nothing, it waits for the pipe. */
static enum used read_fd_inline(void)
{
    char data[4] = "";
    int pipe_of_old[2];
    assert_result(pipe2(pipe_of_old, O_CLOEXEC), 0);
    struct rf_sqe *sqe = take_sqe(&loan_ring);
    rf_prep_read(sqe, pipe_of_old[0], data, 3, 0);
    lend(sqe);
    reuse(pipe_of_old[0], new_file);
    assert_int_equal(write(pipe_of_old[1], "old", 3), 3);
    finish_well(3);
    close(pipe_of_old[0]);
    close(pipe_of_old[1]);
    return which(data);
}

static enum used read_slot(bool linked)
{
    char data[4] = "";
    int ends[2], other[2];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    assert_result(pipe2(other, O_CLOEXEC), 0);
    assert_result(rf_register_files(&loan_ring, &ends[0], 1), 0);
    struct rf_sqe *sqe = linked ? behind_timer() : take_sqe(&loan_ring);
    rf_prep_read(sqe, 0, data, 3, 0);
    sqe->flags |= RF_SQE_FIXED_FILE;
    lend(sqe);
    assert_result(rf_register_files_update(&loan_ring, 0, &other[0], 1), 1);
    assert_int_equal(write(ends[1], "old", 3), 3);
    assert_int_equal(write(other[1], "new", 3), 3);
    finish_well(3);
    assert_result(rf_unregister_files(&loan_ring), 0);
    for (int i = 0; i < 2; i++) {
        close(ends[i]);
        close(other[i]);
    }
    return which(data);
}

static enum used read_slot_linked(void)
{
    return read_slot(true);
}

static enum used read_slot_inline(void)
{
    return read_slot(false);
}

/* The table is taken away: who looks the buffer up afterwards finds none. */
static enum used read_fixed_slot(bool linked)
{
    char memory[16] = "";
    struct iovec whole = {memory, sizeof memory};
    int ends[2];
    /* Before 6.13 taking a table away waits for all requests that use it: for ever, here. */
    if (!has_op(&loan_ring, RF_OP_READV_FIXED))
        return UNTESTABLE;
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    assert_result(rf_register_buffers(&loan_ring, &whole, 1), 0);
    struct rf_sqe *sqe = linked ? behind_timer() : take_sqe(&loan_ring);
    rf_prep_read_fixed(sqe, ends[0], memory, 3, 0, 0);
    lend(sqe);
    assert_result(rf_unregister_buffers(&loan_ring), 0);
    assert_int_equal(write(ends[1], "old", 3), 3);
    int res = finish();
    close(ends[0]);
    close(ends[1]);
    if (res == -EFAULT)
        return NEW;
    assert_result(res, 3);
    return which(memory);
}

static enum used read_fixed_slot_linked(void)
{
    return read_fixed_slot(true);
}

static enum used read_fixed_slot_inline(void)
{
    return read_fixed_slot(false);
}

static enum used read_group(void)
{
    char memory[16] = "";
    struct rf_sqe *sqe = take_sqe(&loan_ring);
    rf_prep_provide_buffers(sqe, memory, sizeof memory, 1, 5, 0);
    lend(sqe);
    finish_well(0);
    sqe = behind_timer();
    rf_prep_read(sqe, old_file, NULL, 3, 0);
    sqe->flags |= RF_SQE_BUFFER_SELECT;
    sqe->buf_group = 5;
    lend(sqe);
    sqe = take_sqe(&loan_ring);
    rf_prep_remove_buffers(sqe, 1, 5);
    submit_other(sqe);
    int res = finish();
    if (res == -ENOBUFS)
        return NEW;
    assert_result(res, 3);
    return OLD;
}

static enum used splice_fd_in(void)
{
    int number = copy_of(old_file), ends[2];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_splice(sqe, number, 0, ends[1], UINT64_MAX, 3, 0);
    lend(sqe);
    reuse(number, new_file);
    finish_well(3);
    enum used used = which_is_read(ends[0]);
    close(number);
    close(ends[0]);
    close(ends[1]);
    return used;
}

static enum used ftruncate_fd(void)
{
    int first = make_file(&loan_dir, "first", "long");
    int second = make_file(&loan_dir, "second", "long");
    int number = copy_of(first);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FTRUNCATE, number, NULL, 0, 1);
    lend(sqe);
    reuse(number, second);
    finish_well(0);
    struct stat status;
    assert_result(fstat(first, &status), 0);
    close(first);
    close(second);
    close(number);
    return status.st_size == 1 ? OLD : NEW;
}

/* --- the trials ----------------------------------------------------------- */

static void memory_is_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(readv_iovecs, READV, ADDR, IOVECS),
        TRIAL(readv_fixed_iovecs, READV_FIXED, ADDR, IOVECS),
        TRIAL(writev_iovecs, WRITEV, ADDR, IOVECS),
        TRIAL(write_data, WRITE, ADDR, DATA),
        TRIAL(read_data, READ, ADDR, DATA),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void numbers_are_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(read_fd_linked, READ, FD, FD),
        TRIAL_AT_ONCE(read_fd_inline, READ, FD, FD),
        TRIAL(read_slot_linked, READ, FD, FILE_SLOT),
        TRIAL_AT_ONCE(read_slot_inline, READ, FD, FILE_SLOT),
        TRIAL(read_fixed_slot_linked, READ_FIXED, BUF_INDEX, BUFFER_SLOT),
        TRIAL_AT_ONCE(read_fixed_slot_inline, READ_FIXED, BUF_INDEX, BUFFER_SLOT),
        TRIAL(read_group, READ, BUF_INDEX, BUFFER_GROUP),
        TRIAL(splice_fd_in, SPLICE, FILE_INDEX, FD),
        TRIAL(ftruncate_fd, FTRUNCATE, FD, FD),
    };
    run_trials(trials, COUNT_OF(trials));
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(memory_is_lent_until_the_table_says),
        ONCE(numbers_are_lent_until_the_table_says),
    };
    return run_all(tests, COUNT_OF(tests));
}
