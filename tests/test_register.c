/* SPDX-License-Identifier: MIT */
/*
 * Held here: every registration does what register.h says, by effect and not
 * only by its result, on every flavour of ring (so also through a registered
 * index); every errno that register.h lists comes, with its name; and nothing
 * that fails changes anything.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "map.h"

#define BAD_FD 1000000

static void *unmapped(void)
{
    return (void *)(uintptr_t)8;
}

static int open_zero(void)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* A file that reads as one byte, over and over: so that slots can be told apart. */
static int open_filled_with(char byte)
{
    char name[] = "/tmp/ringfence-test-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(unlink(name), 0);
    char block[128];
    memset(block, byte, sizeof block);
    assert_int_equal(write(fd, block, sizeof block), sizeof block);
    return fd;
}

static int read_slot(struct rf_ring *ring, int slot, char *ret_byte)
{
    char buf[128];
    memset(buf, 0x55, sizeof buf);
    struct rf_sqe *sqe = rf_read(ring, 0xcccccccc, slot, buf, sizeof buf, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, 0xcccccccc);
    for (int i = 1; i < cqe.res; i++)
        assert_int_equal(buf[i], buf[0]);
    *ret_byte = buf[0];
    return cqe.res;
}

static void assert_slot_reads(struct rf_ring *ring, int slot, char byte)
{
    char found;
    assert_result(read_slot(ring, slot, &found), 128);
    assert_int_equal(found, byte);
}

static void assert_slot_empty(struct rf_ring *ring, int slot)
{
    char found;
    assert_result(read_slot(ring, slot, &found), -EBADF);
}

/* --- files --------------------------------------------------------------- */

static void a_slot_names_its_file_even_after_the_descriptor_is_closed(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int fds[] = {open_filled_with('a'), -1, open_filled_with('c')};
    assert_result(rf_register_files(&ring, fds, 3), 0);
    close(fds[0]);
    close(fds[2]);
    assert_slot_reads(&ring, 0, 'a');
    assert_slot_empty(&ring, 1);
    assert_slot_reads(&ring, 2, 'c');
    assert_slot_empty(&ring, 3);
    assert_result(rf_unregister_files(&ring), 0);
    assert_slot_empty(&ring, 0);
    rf_deinit(&ring);
}

/* Zig: "register_files_update" */
static void an_update_replaces_and_empties_slots(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int zero = open_zero();
    int fds[2] = {zero, -1};
    assert_result(rf_register_files(&ring, fds, 2), 0);
    int another = open_filled_with('x');
    fds[0] = another;
    assert_result(rf_register_files_update(&ring, 0, fds, 2), 2);
    assert_slot_reads(&ring, 0, 'x');
    int only = zero;
    assert_result(rf_register_files_update(&ring, 1, &only, 1), 1);
    assert_slot_reads(&ring, 0, 'x');
    assert_slot_reads(&ring, 1, '\0');
    static const int none[2] = {-1, -1};
    assert_result(rf_register_files_update(&ring, 0, none, 2), 2);
    assert_slot_empty(&ring, 0);
    assert_slot_empty(&ring, 1);
    assert_result(rf_unregister_files(&ring), 0);
    close(zero);
    close(another);
    rf_deinit(&ring);
}

static void an_update_cut_short_tells_how_far_it_came(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int old = open_filled_with('o');
    int new = open_filled_with('n');
    const int before[] = {old, old, old};
    assert_result(rf_register_files(&ring, before, 3), 0);

    const int second_bad[] = {new, BAD_FD, new};
    assert_result(rf_register_files_update(&ring, 0, second_bad, 3), 1);
    assert_slot_reads(&ring, 0, 'n');
    assert_slot_empty(&ring, 1);
    assert_slot_reads(&ring, 2, 'o');

    const int first_bad[] = {BAD_FD, new};
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 0, first_bad, 2),
                       EBADF, "FileDescriptorInvalid");
    assert_slot_empty(&ring, 0);
    assert_slot_empty(&ring, 1);
    assert_slot_reads(&ring, 2, 'o');

    const int skip_one[] = {new, RF_REGISTER_FILES_SKIP, RF_REGISTER_FILES_SKIP};
    assert_result(rf_register_files_update(&ring, 0, skip_one, 3), 3);
    assert_slot_reads(&ring, 0, 'n');
    assert_slot_empty(&ring, 1);
    assert_slot_reads(&ring, 2, 'o');
    close(old);
    close(new);
    rf_deinit(&ring);
}

static void file_tables_refuse_what_they_must(void **state)
{
    struct rf_ring ring, other;
    open_flavour(state, &ring, 4);
    open_ring(&other, 1, 0);
    int zero = open_zero();
    const int bad = BAD_FD, below = -2, of_ring = other.fd, empty = -1;

    assert_named_error(UNREGISTER_FILES, rf_unregister_files(&ring), ENXIO, "FilesNotRegistered");
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 0, &zero, 1), ENXIO,
                       "FilesNotRegistered");

    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &zero, 0), EINVAL, "FilesEmpty");
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &bad, 1), EBADF,
                       "FileDescriptorInvalid");
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &below, 1), EBADF,
                       "FileDescriptorInvalid");
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &of_ring, 1), EBADF,
                       "FileDescriptorInvalid");
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &zero, (1 << 20) + 1), EMFILE,
                       "UserFdQuotaExceeded");
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &zero, UINT32_MAX), EMFILE,
                       "UserFdQuotaExceeded");
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, (const int *)unmapped(), 1), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    /* None of these left a table. */
    assert_named_error(UNREGISTER_FILES, rf_unregister_files(&ring), ENXIO, "FilesNotRegistered");

    const int two[] = {zero, -1};
    assert_result(rf_register_files(&ring, two, 2), 0);
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, two, 2), EBUSY,
                       "FilesAlreadyRegistered");
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 0, two, 0), EINVAL,
                       "FileRangeInvalid");
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 2, two, 1), EINVAL,
                       "FileRangeInvalid");
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 1, two, 2), EINVAL,
                       "FileRangeInvalid");
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, UINT32_MAX, two, 2),
                       EOVERFLOW, "FileRangeOverflow");
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 1, &of_ring, 1),
                       EBADF, "FileDescriptorInvalid");
    assert_named_error(REGISTER_FILES_UPDATE,
                       rf_register_files_update(&ring, 1, (const int *)unmapped(), 1), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    assert_slot_reads(&ring, 0, '\0');
    assert_slot_empty(&ring, 1);
    assert_result(rf_register_files_update(&ring, 1, &empty, 1), 1);
    assert_result(rf_unregister_files(&ring), 0);
    close(zero);
    rf_deinit(&other);
    rf_deinit(&ring);
}

static void a_sparse_table_is_empty_slots_to_be_filled(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SOCKET); /* 5.19, as the table */
    assert_named_error(REGISTER_FILES_SPARSE, rf_register_files_sparse(&ring, 0), EINVAL,
                       "FilesEmpty");
    assert_named_error(REGISTER_FILES_SPARSE, rf_register_files_sparse(&ring, (1 << 20) + 1),
                       EMFILE, "UserFdQuotaExceeded");
    assert_result(rf_register_files_sparse(&ring, 3), 0);
    assert_named_error(REGISTER_FILES_SPARSE, rf_register_files_sparse(&ring, 3), EBUSY,
                       "FilesAlreadyRegistered");
    assert_slot_empty(&ring, 0);
    assert_slot_empty(&ring, 2);
    int fd = open_filled_with('s');
    assert_result(rf_register_files_update(&ring, 2, &fd, 1), 1);
    close(fd);
    assert_slot_reads(&ring, 2, 's');
    assert_slot_empty(&ring, 1);
    assert_named_error(REGISTER_FILES_UPDATE, rf_register_files_update(&ring, 3, &fd, 1), EINVAL,
                       "FileRangeInvalid");
    rf_deinit(&ring);
}

static void a_table_larger_than_the_limit_of_descriptors_is_refused(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    need_op(&ring, RF_OP_SOCKET);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit lower = {64, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lower), 0);
    int over = rf_register_files_sparse(&ring, 65);
    int exactly = rf_register_files_sparse(&ring, 64);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_result(over, -EMFILE);
    assert_result(exactly, 0);
    rf_deinit(&ring);
}

static int open_into_any_slot(struct rf_ring *ring)
{
    struct rf_sqe *sqe = rf_openat_direct(ring, 1, AT_FDCWD, "/dev/zero", O_RDONLY, 0,
                                          RF_FILE_INDEX_ALLOC);
    assert_non_null(sqe);
    return submit_and_reap(ring).res;
}

static void slots_are_chosen_inside_the_range_only(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SEND_ZC); /* 6.0, as the range */
    assert_named_error(REGISTER_FILE_ALLOC_RANGE, rf_register_file_alloc_range(&ring, 0, 1), EINVAL,
                       "FileRangeInvalid");
    assert_result(rf_register_files_sparse(&ring, 4), 0);
    assert_result(rf_register_file_alloc_range(&ring, 2, 2), 0);
    assert_named_error(REGISTER_FILE_ALLOC_RANGE, rf_register_file_alloc_range(&ring, 3, 2), EINVAL,
                       "FileRangeInvalid");
    assert_named_error(REGISTER_FILE_ALLOC_RANGE,
                       rf_register_file_alloc_range(&ring, UINT32_MAX, 2), EOVERFLOW,
                       "FileRangeOverflow");
    assert_result(open_into_any_slot(&ring), 2);
    assert_result(open_into_any_slot(&ring), 3);
    assert_result(open_into_any_slot(&ring), -ENFILE);
    assert_slot_empty(&ring, 0);
    assert_slot_reads(&ring, 3, '\0');

    assert_result(rf_register_file_alloc_range(&ring, 0, 0), 0);
    assert_result(open_into_any_slot(&ring), -ENFILE);
    assert_result(rf_register_file_alloc_range(&ring, 0, 4), 0);
    assert_result(open_into_any_slot(&ring), 0);

    assert_result(rf_register_file_alloc_range(&ring, 2, 2), 0);
    assert_result(rf_unregister_files(&ring), 0);
    assert_result(rf_register_files_sparse(&ring, 4), 0);
    assert_result(open_into_any_slot(&ring), 0); /* a new table, a new range */
    rf_deinit(&ring);
}

/* --- eventfd ------------------------------------------------------------- */

static bool signalled_within(int milliseconds, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_true(poll(&poll_fd, 1, milliseconds) >= 0);
    uint64_t count;
    return poll_fd.revents && read(fd, &count, sizeof count) == sizeof count;
}

/* The CQE of another thread, SQ thread or worker, may be there before the signal. */
static void assert_signalled(int fd)
{
    assert_true(signalled_within(2000, fd));
}

static void assert_not_signalled(int fd)
{
    assert_false(signalled_within(0, fd));
}

static void complete_a_nop(struct rf_ring *ring)
{
    assert_non_null(rf_nop(ring, 1));
    assert_int_equal(submit_and_reap(ring).res, 0);
}

static void complete_a_read_later(struct rf_ring *ring)
{
    int ends[2]; /* no pipe: for those older kernels use a worker */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    char byte;
    assert_non_null(rf_read(ring, 2, ends[0], &byte, 1, 0));
    assert_true(rf_submit(ring) >= 0);
    while (rf_sq_ready(ring))
        ; /* the SQ thread, if any, has to take it before there is data */
    usleep(1000);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct rf_cqe cqe;
    assert_result(rf_copy_cqe(ring, &cqe), 0);
    assert_int_equal(cqe.res, 1);
    close(ends[0]);
    close(ends[1]);
}

static void the_eventfd_tells_of_completions(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_result(rf_register_eventfd(&ring, fd), 0);
    assert_not_signalled(fd);
    complete_a_nop(&ring);
    assert_signalled(fd);
    complete_a_read_later(&ring);
    assert_signalled(fd);
    assert_true(rf_cq_eventfd_enabled(&ring));
    rf_cq_eventfd_toggle(&ring, false);
    assert_false(rf_cq_eventfd_enabled(&ring));
    complete_a_nop(&ring);
    assert_not_signalled(fd);
    rf_cq_eventfd_toggle(&ring, true);
    assert_true(rf_cq_eventfd_enabled(&ring));
    complete_a_nop(&ring);
    assert_signalled(fd);
    assert_result(rf_unregister_eventfd(&ring), 0);
    complete_a_nop(&ring);
    assert_not_signalled(fd);
    close(fd);
    rf_deinit(&ring);
}

static void complete_a_read_in_a_worker(struct rf_ring *ring)
{
    char byte;
    int zero = open_zero();
    struct rf_sqe *sqe = rf_read(ring, 3, zero, &byte, 1, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_ASYNC;
    assert_int_equal(submit_and_reap(ring).res, 1);
    close(zero);
}

static void the_async_eventfd_tells_of_completions_by_workers_only(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_result(rf_register_eventfd_async(&ring, fd), 0);
    complete_a_nop(&ring);
    complete_a_read_later(&ring);
    assert_not_signalled(fd);
    complete_a_read_in_a_worker(&ring);
    assert_signalled(fd);
    assert_result(rf_unregister_eventfd(&ring), 0);
    close(fd);
    rf_deinit(&ring);
}

static void there_is_one_eventfd_and_it_is_one(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int zero = open_zero();
    assert_named_error(UNREGISTER_EVENTFD, rf_unregister_eventfd(&ring), ENXIO,
                       "EventfdNotRegistered");
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd(&ring, zero), EINVAL,
                       "FileDescriptorNotEventfd");
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd_async(&ring, zero), EINVAL,
                       "FileDescriptorNotEventfd");
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd(&ring, BAD_FD), EBADF,
                       "FileDescriptorInvalid");
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd_async(&ring, -1), EBADF,
                       "FileDescriptorInvalid");
    assert_result(rf_register_eventfd(&ring, fd), 0);
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd(&ring, fd), EBUSY,
                       "EventfdAlreadyRegistered");
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd_async(&ring, fd), EBUSY,
                       "EventfdAlreadyRegistered");
    assert_result(rf_unregister_eventfd(&ring), 0);
    assert_result(rf_register_eventfd_async(&ring, fd), 0);
    assert_named_error(REGISTER_EVENTFD, rf_register_eventfd(&ring, fd), EBUSY,
                       "EventfdAlreadyRegistered");
    assert_result(rf_unregister_eventfd(&ring), 0);
    assert_named_error(UNREGISTER_EVENTFD, rf_unregister_eventfd(&ring), ENXIO,
                       "EventfdNotRegistered");
    close(fd);
    close(zero);
    rf_deinit(&ring);
}

/* --- buffers ------------------------------------------------------------- */

static void fixed_reads_use_the_registered_buffer_of_their_index(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    static char first[512], third[512];
    memset(first, '-', sizeof first);
    memset(third, '-', sizeof third);
    struct iovec bufs[] = {{first, sizeof first}, {NULL, 0}, {third, sizeof third}};
    int fd = open_filled_with('f');
    assert_result(rf_register_buffers(&ring, bufs, 3), 0);
    memset(bufs, 0, sizeof bufs); /* read during the call only */

    assert_non_null(rf_read_fixed(&ring, 1, fd, third + 100, 128, 0, 2));
    assert_int_equal(submit_and_reap(&ring).res, 128);
    assert_int_equal(third[99], '-');
    assert_int_equal(third[100], 'f');
    assert_int_equal(third[227], 'f');
    assert_int_equal(third[228], '-');
    assert_int_equal(first[0], '-');
    /* The empty index, and memory of another index. */
    assert_non_null(rf_read_fixed(&ring, 1, fd, third, 1, 0, 1));
    assert_int_equal(submit_and_reap(&ring).res, -EFAULT);
    assert_non_null(rf_read_fixed(&ring, 1, fd, third, 1, 0, 0));
    assert_int_equal(submit_and_reap(&ring).res, -EFAULT);

    assert_result(rf_unregister_buffers(&ring), 0);
    assert_non_null(rf_read_fixed(&ring, 1, fd, third, 1, 0, 2));
    assert_int_equal(submit_and_reap(&ring).res, -EFAULT);
    close(fd);
    rf_deinit(&ring);
}

static void buffers_that_cannot_be_pinned_are_refused(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    /* No static memory: before 6.4 the kernel takes none of a program's file. */
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *gone = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED && read_only != MAP_FAILED && gone != MAP_FAILED);
    munmap(gone, 4096);
    const struct iovec good[] = {{memory, 4096}, {memory + 4096, 100}};
    static const struct {
        uintptr_t base; /* 0 to 2 stand for those above */
        size_t bytes;
        int error;
        const char *name;
    } rows[] = {
        {2, 10, EFAULT, "BufferUnpinnable"},
        {0, 0, EFAULT, "BufferUnpinnable"},
        {1, 10, EFAULT, "BufferUnpinnable"},
        {0, (1UL << 30) + 1, EFAULT, "BufferUnpinnable"},
        {UINTPTR_MAX - 4095, 8192, EOVERFLOW, "BufferRangeOverflow"},
    };
    assert_named_error(UNREGISTER_BUFFERS, rf_unregister_buffers(&ring), ENXIO,
                       "BuffersNotRegistered");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct iovec bufs[2] = {good[0], {(void *)rows[i].base, rows[i].bytes}};
        if (rows[i].base < 3)
            bufs[1].iov_base = rows[i].base == 0 ? memory : rows[i].base == 1 ? read_only : gone;
        assert_named_error(REGISTER_BUFFERS, rf_register_buffers(&ring, bufs, 2), rows[i].error,
                           rows[i].name);
    }
    assert_named_error(REGISTER_BUFFERS, rf_register_buffers(&ring, good, 0), EINVAL,
                       "BufferCountOutOfRange");
    assert_named_error(REGISTER_BUFFERS, rf_register_buffers(&ring, good, 16385), EINVAL,
                       "BufferCountOutOfRange");
    assert_named_error(REGISTER_BUFFERS,
                       rf_register_buffers(&ring, (const struct iovec *)unmapped(), 1), EFAULT,
                       "BufferUnpinnable");
    /* None of these left anything. */
    assert_result(rf_register_buffers(&ring, good, 2), 0);
    assert_named_error(REGISTER_BUFFERS, rf_register_buffers(&ring, good, 2), EBUSY,
                       "BuffersAlreadyRegistered");
    assert_result(rf_unregister_buffers(&ring), 0);
    assert_named_error(UNREGISTER_BUFFERS, rf_unregister_buffers(&ring), ENXIO,
                       "BuffersNotRegistered");
    munmap(read_only, 4096);
    munmap(memory, 8192);
    rf_deinit(&ring);
}

static void the_most_buffers_there_can_be(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    struct iovec *holes = calloc(16384, sizeof *holes);
    assert_non_null(holes);
    int result = rf_register_buffers(&ring, holes, 16384);
    free(holes);
    assert_result(result, 0);
    rf_deinit(&ring);
}

static void buffers_over_the_memlock_limit_are_enomem(void **state)
{
    (void)state;
    const size_t bytes = 1 << 16;
    struct rf_ring ring;
    open_ring(&ring, 1, 0); /* or skip: not in the child */
    rf_deinit(&ring);
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        /* The user's rings share the limit: a user that has no other. */
        struct rlimit limit = {16384, 16384};
        if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(65531, 65531, 65531))
            _exit(77);
        if (rf_init(&ring, 1, 0))
            _exit(77);
        const struct iovec buf = {memory, bytes};
        int err = rf_register_buffers(&ring, &buf, 1);
        _exit(err < 0 ? -err : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    munmap(memory, bytes);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip_because("another user cannot be tried here");
    assert_int_equal(WEXITSTATUS(status), ENOMEM);
    assert_string_equal(rf_error_name(RF_CALL_REGISTER_BUFFERS, -ENOMEM), "SystemResources");
}

/* --- busy polling -------------------------------------------------------- */

static void assert_napi(const struct rf_napi *napi, uint32_t microseconds, uint8_t prefer)
{
    assert_int_equal(napi->busy_poll_to, microseconds);
    assert_int_equal(napi->prefer_busy_poll, prefer);
}

static void napi_settings_come_back_when_replaced(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_FTRUNCATE); /* 6.9, as NAPI */
    struct rf_napi napi;
    memset(&napi, 0, sizeof napi);
    napi.busy_poll_to = 50;
    napi.prefer_busy_poll = 1;
    int err = rf_register_napi(&ring, &napi);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel was built without CONFIG_NET_RX_BUSY_POLL");
    }
    assert_result(err, 0);
    assert_napi(&napi, 0, 0);
    memset(&napi, 0, sizeof napi);
    napi.busy_poll_to = 7;
    assert_result(rf_register_napi(&ring, &napi), 0);
    assert_napi(&napi, 50, 1);

    napi.pad[0] = 1;
    assert_named_error(REGISTER_NAPI, rf_register_napi(&ring, &napi), EINVAL, "NapiRefused");
    assert_napi(&napi, 50, 1);
    memset(&napi, 0, sizeof napi);
    napi.opcode = 99;
    assert_named_error(REGISTER_NAPI, rf_register_napi(&ring, &napi), EINVAL, "NapiRefused");
    assert_named_error(REGISTER_NAPI, rf_register_napi(&ring, (struct rf_napi *)unmapped()), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");

    memset(&napi, 0xa5, sizeof napi); /* not looked at */
    assert_result(rf_unregister_napi(&ring, &napi), 0);
    assert_napi(&napi, 7, 0);
    assert_int_equal(napi.pad[0], 0);
    assert_result(rf_unregister_napi(&ring, &napi), 0);
    assert_napi(&napi, 0, 0);
    rf_deinit(&ring);
}

static void napi_is_refused_for_polled_rings(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_IOPOLL);
    need_op(&ring, RF_OP_FTRUNCATE);
    struct rf_napi napi;
    memset(&napi, 0, sizeof napi);
    napi.busy_poll_to = 50;
    assert_named_error(REGISTER_NAPI, rf_register_napi(&ring, &napi), EINVAL, "NapiRefused");
    assert_napi(&napi, 50, 0);
    rf_deinit(&ring);
}

/* --- all of them --------------------------------------------------------- */

static const char *const call_names[] = {
    "rf_register_files",       "rf_register_files_update",     "rf_register_files_sparse",
    "rf_unregister_files",     "rf_register_file_alloc_range", "rf_register_eventfd",
    "rf_unregister_eventfd",   "rf_register_eventfd_async",    "rf_register_buffers",
    "rf_unregister_buffers",   "rf_register_napi",             "rf_unregister_napi",
    "rf_get_probe",
};

static int call(struct rf_ring *ring, size_t which)
{
    static char memory[64];
    const struct iovec buf = {memory, sizeof memory};
    struct rf_napi napi;
    struct rf_probe probe;
    memset(&napi, 0, sizeof napi);
    const int none = -1;
    switch (which) {
    case 0: return rf_register_files(ring, &none, 1);
    case 1: return rf_register_files_update(ring, 0, &none, 1);
    case 2: return rf_register_files_sparse(ring, 1);
    case 3: return rf_unregister_files(ring);
    case 4: return rf_register_file_alloc_range(ring, 0, 1);
    case 5: return rf_register_eventfd(ring, -1);
    case 6: return rf_unregister_eventfd(ring);
    case 7: return rf_register_eventfd_async(ring, -1);
    case 8: return rf_register_buffers(ring, &buf, 1);
    case 9: return rf_unregister_buffers(ring);
    case 10: return rf_register_napi(ring, &napi);
    case 11: return rf_unregister_napi(ring, &napi);
    default: return rf_get_probe(ring, &probe);
    }
}

/* What this kernel does not have at all. */
static bool lacks_call(size_t which)
{
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    int result = call(&ring, which);
    rf_deinit(&ring);
    return result == -EOPNOTSUPP;
}

static void assert_all_are_refused(struct rf_ring *ring, int error, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(call_names); i++) {
        int result = call(ring, i);
        if (result == -EOPNOTSUPP && lacks_call(i))
            continue;
        if (result != error)
            fail_msg("%s: %d, expected %d", call_names[i], result, error);
    }
    assert_string_equal(rf_error_name(RF_CALL_REGISTER, error), name);
}

static unsigned registrations;

static int count_registrations(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                               uint32_t nr_args)
{
    (void)sys;
    registrations++;
    return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
}

static void a_closed_ring_asks_nobody(void **state)
{
    (void)state;
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_register = count_registrations;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    rf_deinit(&ring);
    ring.sys = &sys;
    registrations = 0;
    assert_all_are_refused(&ring, -EBADF, "FileDescriptorInvalid");
    assert_int_equal(registrations, 0);
}

static void what_is_no_ring_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    int fd = ring.fd;
    ring.fd = open_zero();
    assert_all_are_refused(&ring, -EOPNOTSUPP, "RegistrationUnsupported");
    close(ring.fd);
    ring.fd = fd;
    rf_deinit(&ring);
}

static void *all_are_eexist(void *ring)
{
    assert_all_are_refused((struct rf_ring *)ring, -EEXIST, "InvalidThread");
    return NULL;
}

static void only_the_issuer_may_register(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, RF_SETUP_SINGLE_ISSUER);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, all_are_eexist, &ring), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    rf_deinit(&ring);
}

static void *none_gets_through(void *ring)
{
    for (size_t i = 0; i < COUNT_OF(call_names); i++) {
        int result = call((struct rf_ring *)ring, i);
        if (result != -EBADF && result != -EINVAL)
            fail_msg("%s: %d", call_names[i], result);
    }
    return NULL;
}

static void a_registered_index_is_good_in_its_own_thread_only(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    if (!(ring.features & RF_FEAT_REG_REG_RING)) {
        rf_deinit(&ring);
        skip_because("this kernel takes no index for registering");
    }
    assert_result(rf_register_ring_fd(&ring), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, none_gets_through, &ring), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(rf_register_files_sparse(&ring, 1), 0);
    rf_deinit(&ring);
}

static void restrictions_hold_from_enabling_on(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_R_DISABLED);
    struct rf_restriction allowed[3];
    memset(allowed, 0, sizeof allowed);
    allowed[0].opcode = RF_RESTRICTION_SQE_OP;
    allowed[0].sqe_op = RF_OP_NOP;
    allowed[1].opcode = RF_RESTRICTION_REGISTER_OP;
    allowed[1].register_op = RF_UNREGISTER_FILES;
    allowed[2].opcode = RF_RESTRICTION_REGISTER_OP;
    allowed[2].register_op = RF_REGISTER_ENABLE_RINGS;
    assert_result(rfi_register(&ring, RF_REGISTER_RESTRICTIONS, allowed, 3), 0);
    assert_result(rfi_register(&ring, RF_REGISTER_RESTRICTIONS, allowed, 3), -EBUSY);
    const int none = -1;
    assert_result(rf_register_files(&ring, &none, 1), 0); /* not yet in force */
    assert_result(rf_enable_rings(&ring), 0);

    complete_a_nop(&ring);
    char byte;
    assert_non_null(rf_read(&ring, 1, 0, &byte, 1, 0));
    assert_int_equal(submit_and_reap(&ring).res, -EACCES);
    assert_result(rf_unregister_files(&ring), 0);
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &none, 1), EACCES,
                       "OperationRestricted");
    assert_named_error(UNREGISTER_BUFFERS, rf_unregister_buffers(&ring), EACCES,
                       "OperationRestricted");
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_slot_names_its_file_even_after_the_descriptor_is_closed),
        EACH_FLAVOUR(an_update_replaces_and_empties_slots),
        EACH_FLAVOUR(an_update_cut_short_tells_how_far_it_came),
        EACH_FLAVOUR(file_tables_refuse_what_they_must),
        EACH_FLAVOUR(a_sparse_table_is_empty_slots_to_be_filled),
        ONCE(a_table_larger_than_the_limit_of_descriptors_is_refused),
        EACH_FLAVOUR(slots_are_chosen_inside_the_range_only),
        EACH_FLAVOUR(the_eventfd_tells_of_completions),
        EACH_FLAVOUR(the_async_eventfd_tells_of_completions_by_workers_only),
        EACH_FLAVOUR(there_is_one_eventfd_and_it_is_one),
        EACH_FLAVOUR(fixed_reads_use_the_registered_buffer_of_their_index),
        EACH_FLAVOUR(buffers_that_cannot_be_pinned_are_refused),
        ONCE(the_most_buffers_there_can_be),
        ONCE(buffers_over_the_memlock_limit_are_enomem),
        EACH_FLAVOUR(napi_settings_come_back_when_replaced),
        ONCE(napi_is_refused_for_polled_rings),
        ONCE(a_closed_ring_asks_nobody),
        ONCE(what_is_no_ring_is_told),
        ONCE(only_the_issuer_may_register),
        ONCE(a_registered_index_is_good_in_its_own_thread_only),
        ONCE(restrictions_hold_from_enabling_on),
    };
    return run_all(tests, COUNT_OF(tests));
}
