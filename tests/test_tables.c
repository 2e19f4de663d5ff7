/* SPDX-License-Identifier: MIT */
/*
 * Held here: tables of files and buffers with tags, updated in place, made empty, and
 * cloned. A tag comes when the last user of what it belongs to is done, and not
 * before; what is refused leaves everything as it was; a kernel that is too old for
 * a part of it is told from arguments that are wrong.
 */
#include "register_support.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD_FD 1000000

/* --- tags ---------------------------------------------------------------- */

static void begin_read_of_slot(struct rf_ring *ring, uint64_t user_data, int slot, char *ret_byte)
{
    struct rf_sqe *sqe = rf_read(ring, user_data, slot, ret_byte, 1, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    submit_fully(ring);
}

/* Older kernels say nothing of the tags of what goes with its table. */
static bool tells_of_tables(struct rf_ring *ring)
{
    return kernel_registers(ring, RF_REGISTER_MEM_REGION, 1); /* 6.13 */
}

static void assert_told_of_the_table(struct rf_ring *ring, uint64_t tag)
{
    if (tells_of_tables(ring))
        assert_next_cqe(ring, tag, 0);
}

static void the_tag_of_a_file_comes_after_its_last_operation(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_FILES2, sizeof(struct rf_rsrc_register));
    struct pipe_ends ends;
    open_pipe(&ends);
    const int fds[] = {ends.read, -1, ends.read};
    const uint64_t tags[] = {0x1111, 0, 0x3333};
    assert_result(rf_register_files_tags(&ring, fds, tags, 3), 0);
    char byte = 0;
    begin_read_of_slot(&ring, 7, 0, &byte);
    const int none = -1;
    assert_result(rf_register_files_update_tag(&ring, 0, &none, NULL, 1), 1);
    assert_no_cqe(&ring);
    assert_int_equal(write(ends.write, "x", 1), 1);
    assert_next_cqe(&ring, 7, 1);
    assert_int_equal(byte, 'x');
    assert_next_cqe(&ring, 0x1111, 0);
    assert_result(rf_unregister_files(&ring), 0);
    assert_told_of_the_table(&ring, 0x3333);
    assert_no_cqe(&ring);
    close_pipe(&ends);
    rf_deinit(&ring);
}

static void an_update_brings_its_own_tag(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_FILES2, sizeof(struct rf_rsrc_register));
    int a = open_filled_with('a'), b = open_filled_with('b');
    const int fds[] = {a, a};
    assert_result(rf_register_files_tags(&ring, fds, NULL, 2), 0);
    const int new_fds[] = {b, RF_REGISTER_FILES_SKIP};
    const uint64_t new_tags[] = {22, 0};
    assert_result(rf_register_files_update_tag(&ring, 0, new_fds, new_tags, 2), 2);
    assert_slot_reads(&ring, 0, 'b');
    assert_slot_reads(&ring, 1, 'a');
    const uint64_t newest = 33;
    assert_result(rf_register_files_update_tag(&ring, 0, &a, &newest, 1), 1);
    assert_next_cqe(&ring, 22, 0);
    assert_slot_reads(&ring, 0, 'a');
    /* Without tags the old one still comes. */
    assert_result(rf_register_files_update(&ring, 0, &b, 1), 1);
    assert_next_cqe(&ring, 33, 0);
    assert_slot_reads(&ring, 0, 'b');
    assert_no_cqe(&ring);
    close(a);
    close(b);
    rf_deinit(&ring);
}

static void a_read_in_flight_keeps_its_buffer_until_the_tag(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_BUFFERS2, sizeof(struct rf_rsrc_register));
    static char first[64], second[64];
    memset(first, '-', sizeof first);
    memset(second, '-', sizeof second);
    struct pipe_ends ends;
    open_pipe(&ends);
    const struct iovec bufs[] = {{first, sizeof first}, {NULL, 0}, {second, sizeof second}};
    const uint64_t tags[] = {0x100, 0, 0x300};
    assert_result(rf_register_buffers_tags(&ring, bufs, tags, 3), 0);
    assert_non_null(rf_read_fixed(&ring, 8, ends.read, first, 4, 0, 0));
    submit_fully(&ring);
    const struct iovec hole = {NULL, 0};
    assert_result(rf_register_buffers_update_tag(&ring, 0, &hole, NULL, 1), 1);
    assert_no_cqe(&ring);
    assert_int_equal(write(ends.write, "data", 4), 4);
    assert_next_cqe(&ring, 8, 4);
    assert_memory_equal(first, "data-", 5);
    assert_next_cqe(&ring, 0x100, 0);
    assert_result(rf_unregister_buffers(&ring), 0);
    assert_told_of_the_table(&ring, 0x300);
    assert_no_cqe(&ring);
    close_pipe(&ends);
    rf_deinit(&ring);
}

/* --- buffers, changed and empty ------------------------------------------ */

/* Reads one byte by buffer index: the result. */
static int read_into(struct rf_ring *ring, char *at, uint16_t index)
{
    int zero = open_devzero();
    assert_non_null(rf_read_fixed(ring, 9, zero, at, 1, 0, index));
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, 9);
    close(zero);
    return cqe.res;
}

static void an_empty_table_is_filled_and_changed(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SOCKET); /* 5.19, as the table */
    static char memory[3][64];
    memset(memory, '-', sizeof memory);
    assert_result(rf_register_buffers_sparse(&ring, 4), 0);
    assert_result(read_into(&ring, memory[0], 0), -EFAULT);
    const struct iovec bufs[] = {{memory[0], 64}, {NULL, 0}, {memory[2], 64}};
    assert_result(rf_register_buffers_update_tag(&ring, 1, bufs, NULL, 3), 3);
    assert_result(read_into(&ring, memory[0], 0), -EFAULT);
    assert_result(read_into(&ring, memory[0], 1), 1);
    assert_int_equal(memory[0][0], 0);
    assert_int_equal(memory[0][1], '-');
    assert_result(read_into(&ring, memory[1], 2), -EFAULT);
    assert_result(read_into(&ring, memory[2], 3), 1);

    const struct iovec other = {memory[1], 64};
    assert_result(rf_register_buffers_update_tag(&ring, 1, &other, NULL, 1), 1);
    assert_result(read_into(&ring, memory[0], 1), -EFAULT);
    assert_result(read_into(&ring, memory[1], 1), 1);
    const struct iovec hole = {NULL, 0};
    assert_result(rf_register_buffers_update_tag(&ring, 1, &hole, NULL, 1), 1);
    assert_result(read_into(&ring, memory[1], 1), -EFAULT);
    assert_result(rf_unregister_buffers(&ring), 0);
    assert_result(rf_register_buffers_sparse(&ring, 16384), 0);
    rf_deinit(&ring);
}

static void buffers_that_are_refused_leave_the_rest_alone(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_BUFFERS2, sizeof(struct rf_rsrc_register));
    static char memory[3][64];
    const struct iovec good[] = {{memory[0], 64}, {memory[1], 64}, {NULL, 0}};
    const struct iovec hole = {NULL, 0}, nowhere = {unmapped(), 10}, empty = {memory[0], 0},
                       huge = {memory[0], (1UL << 30) + 1},
                       wrapping = {(void *)(UINTPTR_MAX - 4095), 8192};
    const uint64_t tags[] = {1, 2, 3};
    assert_named_error(REGISTER_BUFFERS_UPDATE,
                       rf_register_buffers_update_tag(&ring, 0, good, NULL, 1), ENXIO,
                       "BuffersNotRegistered");
    assert_named_error(REGISTER_BUFFERS_TAGS, rf_register_buffers_tags(&ring, good, tags, 3),
                       EINVAL, "TableInvalid");
    assert_named_error(REGISTER_BUFFERS_TAGS, rf_register_buffers_tags(&ring, good, NULL, 0),
                       EINVAL, "TableInvalid");
    assert_named_error(REGISTER_BUFFERS_TAGS, rf_register_buffers_tags(&ring, good, NULL, 16385),
                       EINVAL, "TableInvalid");
    assert_named_error(REGISTER_BUFFERS_TAGS, rf_register_buffers_tags(&ring, &nowhere, NULL, 1),
                       EFAULT, "BufferUnpinnable");
    assert_named_error(REGISTER_BUFFERS_TAGS, rf_register_buffers_tags(&ring, &wrapping, NULL, 1),
                       EOVERFLOW, "BufferRangeOverflow");
    assert_named_error(REGISTER_BUFFERS_TAGS,
                       rf_register_buffers_tags(&ring, good, (const uint64_t *)unmapped(), 1),
                       EFAULT, "BufferUnpinnable");
    assert_named_error(UNREGISTER_BUFFERS, rf_unregister_buffers(&ring), ENXIO,
                       "BuffersNotRegistered");

    assert_result(rf_register_buffers_tags(&ring, good, NULL, 3), 0);
    assert_named_error(REGISTER_BUFFERS_TAGS, rf_register_buffers_tags(&ring, good, NULL, 3), EBUSY,
                       "BuffersAlreadyRegistered");
    static const struct {
        int error;
        const char *name;
    } refused[] = {{EFAULT, "BufferUnpinnable"},
                   {EFAULT, "BufferUnpinnable"},
                   {EFAULT, "BufferUnpinnable"},
                   {EOVERFLOW, "BufferRangeOverflow"}};
    const struct iovec *bad[] = {&nowhere, &empty, &huge, &wrapping};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_named_error(REGISTER_BUFFERS_UPDATE,
                           rf_register_buffers_update_tag(&ring, 1, bad[i], NULL, 1),
                           refused[i].error, refused[i].name);
        assert_result(read_into(&ring, memory[1], 1), 1); /* what was there still is */
        const struct iovec then_bad[] = {{memory[2], 64}, *bad[i], {memory[2], 64}};
        assert_result(rf_register_buffers_update_tag(&ring, 0, then_bad, NULL, 3), 1);
        assert_result(read_into(&ring, memory[2], 0), 1);
        assert_result(read_into(&ring, memory[1], 1), 1);
        assert_result(read_into(&ring, memory[2], 2), -EFAULT);
    }
    assert_named_error(REGISTER_BUFFERS_UPDATE,
                       rf_register_buffers_update_tag(&ring, 0, &hole, tags, 1), EINVAL,
                       "BufferRangeOrTagInvalid");
    assert_result(read_into(&ring, memory[2], 0), 1);
    assert_named_error(REGISTER_BUFFERS_UPDATE,
                       rf_register_buffers_update_tag(&ring, 0, good, NULL, 0), EINVAL,
                       "BufferRangeOrTagInvalid");
    assert_named_error(REGISTER_BUFFERS_UPDATE,
                       rf_register_buffers_update_tag(&ring, 1, good, NULL, 3), EINVAL,
                       "BufferRangeOrTagInvalid");
    assert_named_error(REGISTER_BUFFERS_UPDATE,
                       rf_register_buffers_update_tag(&ring, UINT32_MAX, good, NULL, 2), EOVERFLOW,
                       "BufferRangeOverflow");
    rf_deinit(&ring);
}

static void sparse_buffers_refuse_what_they_must(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SOCKET);
    assert_named_error(REGISTER_BUFFERS_SPARSE, rf_register_buffers_sparse(&ring, 0), EINVAL,
                       "BufferCountOutOfRange");
    assert_named_error(REGISTER_BUFFERS_SPARSE, rf_register_buffers_sparse(&ring, 16385), EINVAL,
                       "BufferCountOutOfRange");
    assert_named_error(REGISTER_BUFFERS_SPARSE, rf_register_buffers_sparse(&ring, UINT32_MAX),
                       EINVAL, "BufferCountOutOfRange");
    assert_null(rf_reason(&ring));
    assert_result(rf_register_buffers_sparse(&ring, 1), 0);
    assert_named_error(REGISTER_BUFFERS_SPARSE, rf_register_buffers_sparse(&ring, 1), EBUSY,
                       "BuffersAlreadyRegistered");
    rf_deinit(&ring);
}

static void files_with_tags_refuse_what_they_must(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_FILES2, sizeof(struct rf_rsrc_register));
    int file = open_filled_with('f'), other = open_filled_with('o');
    const int bad = BAD_FD, none = -1, skip_it = RF_REGISTER_FILES_SKIP;
    const int fds[] = {file, -1};
    const uint64_t tags[] = {1, 2};

    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, 0, fds, NULL, 1), ENXIO,
                       "FilesNotRegistered");
    assert_named_error(REGISTER_FILES_TAGS, rf_register_files_tags(&ring, fds, tags, 2), EINVAL,
                       "TableInvalid");
    assert_named_error(REGISTER_FILES_TAGS, rf_register_files_tags(&ring, fds, NULL, 0), EINVAL,
                       "TableInvalid");
    assert_named_error(REGISTER_FILES_TAGS, rf_register_files_tags(&ring, &bad, tags, 1), EBADF,
                       "FileDescriptorInvalid");
    assert_named_error(REGISTER_FILES_TAGS, rf_register_files_tags(&ring, fds, tags, (1 << 20) + 1),
                       EMFILE, "UserFdQuotaExceeded");
    assert_named_error(REGISTER_FILES_TAGS,
                       rf_register_files_tags(&ring, (const int *)unmapped(), NULL, 1), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    assert_named_error(REGISTER_FILES_TAGS,
                       rf_register_files_tags(&ring, fds, (const uint64_t *)unmapped(), 1), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    assert_named_error(UNREGISTER_FILES, rf_unregister_files(&ring), ENXIO, "FilesNotRegistered");

    assert_result(rf_register_files_tags(&ring, fds, NULL, 2), 0);
    assert_named_error(REGISTER_FILES_TAGS, rf_register_files_tags(&ring, fds, NULL, 2), EBUSY,
                       "FilesAlreadyRegistered");
    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, 0, &none, tags, 1), EINVAL,
                       "FileRangeOrTagInvalid");
    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, 0, &skip_it, tags, 1), EINVAL,
                       "FileRangeOrTagInvalid");
    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, 0, fds, NULL, 0), EINVAL,
                       "FileRangeOrTagInvalid");
    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, 1, fds, NULL, 2), EINVAL,
                       "FileRangeOrTagInvalid");
    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, UINT32_MAX, fds, NULL, 2), EOVERFLOW,
                       "FileRangeOverflow");
    assert_slot_reads(&ring, 0, 'f'); /* after all that */
    assert_named_error(REGISTER_FILES_UPDATE_TAG,
                       rf_register_files_update_tag(&ring, 0, &bad, tags, 1), EBADF,
                       "FileDescriptorInvalid");
    assert_slot_empty(&ring, 0); /* as rf_register_files_update() */
    const int second_bad[] = {other, BAD_FD};
    assert_result(rf_register_files_update_tag(&ring, 0, second_bad, tags, 2), 1);
    assert_slot_reads(&ring, 0, 'o');
    close(file);
    close(other);
    rf_deinit(&ring);
}

/* --- clones -------------------------------------------------------------- */

static char shared[2][64];
static const struct iovec shared_bufs[] = {{shared[0], 64}, {NULL, 0}, {shared[1], 64}};

/* Two rings of the flavour, the second with registered buffers. */
static void open_two(void **state, struct rf_ring *dst, struct rf_ring *src)
{
    open_flavour(state, dst, 4);
    need_registration(dst, RF_REGISTER_CLONE_BUFFERS, 1);
    open_flavour(state, src, 4);
    const uint64_t tags[] = {5, 0, 6};
    assert_result(rf_register_buffers_tags(src, shared_bufs, tags, 3), 0);
}

static void a_clone_outlives_what_it_was_cloned_from(void **state)
{
    struct rf_ring dst, src;
    open_two(state, &dst, &src);
    assert_result(rf_clone_buffers(&dst, &src), 0);
    assert_result(read_into(&dst, shared[0], 0), 1);
    assert_result(read_into(&dst, shared[0], 1), -EFAULT);
    assert_result(read_into(&dst, shared[1], 2), 1);
    assert_result(rf_unregister_buffers(&src), 0);
    /* The tags tell of that table alone. */
    if (tells_of_tables(&src)) {
        struct rf_cqe cqes[2];
        assert_result(rf_copy_cqes(&src, cqes, 2, 2), 2);
        assert_int_equal(cqes[0].user_data + cqes[1].user_data, 5 + 6);
    }
    assert_result(read_into(&src, shared[0], 0), -EFAULT);
    assert_result(read_into(&dst, shared[0], 0), 1);
    const struct iovec hole = {NULL, 0};
    assert_result(rf_register_buffers_update_tag(&dst, 0, &hole, NULL, 1), 1);
    assert_result(read_into(&dst, shared[0], 0), -EFAULT);
    assert_result(rf_unregister_buffers(&dst), 0);
    assert_no_cqe(&dst); /* tags stay where they were */
    rf_deinit(&src);
    rf_deinit(&dst);
}

static void parts_are_cloned_into_parts(void **state)
{
    struct rf_ring dst, src;
    open_two(state, &dst, &src);
    int err = rf_clone_buffers_offset(&dst, &src, 4, 1, 2, 0);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&src);
        rf_deinit(&dst);
        skip_because("this kernel clones whole tables only");
    }
    assert_result(err, 0);
    assert_result(read_into(&dst, shared[1], 2), -EFAULT);
    assert_result(read_into(&dst, shared[0], 4), -EFAULT);
    assert_result(read_into(&dst, shared[1], 5), 1);
    assert_result(rf_clone_buffers_offset(&dst, &src, 1, 0, 1, RF_REGISTER_DST_REPLACE), 0);
    assert_result(read_into(&dst, shared[0], 1), 1);
    assert_result(read_into(&dst, shared[1], 5), 1);
    /* Within one ring: index 0 becomes what index 5 is. */
    assert_result(rf_clone_buffers_offset(&dst, &dst, 0, 5, 1, RF_REGISTER_DST_REPLACE), 0);
    assert_result(read_into(&dst, shared[1], 0), 1);
    assert_result(read_into(&dst, shared[0], 1), 1);
    assert_result(read_into(&dst, shared[1], 5), 1);
    rf_deinit(&src);
    rf_deinit(&dst);
}

static void clones_refuse_what_they_must(void **state)
{
    struct rf_ring dst, src;
    open_two(state, &dst, &src);
    struct rf_ring empty, closed;
    open_ring(&empty, 1, 0);
    open_ring(&closed, 1, 0);
    rf_deinit(&closed);
    assert_named_error(CLONE_BUFFERS, rf_clone_buffers(&dst, &empty), ENXIO,
                       "BuffersNotRegistered");
    assert_named_error(CLONE_BUFFERS, rf_clone_buffers(&dst, &closed), EBADF,
                       "FileDescriptorInvalid");
    static const struct {
        uint32_t dst_off, src_off, nr, flags;
        int error;
        const char *name;
    } rows[] = {
        {1, 0, 0, 0, EINVAL, "CloneInvalid"},
        {0, 1, 0, 0, EINVAL, "CloneInvalid"},
        {0, 0, 4, 0, EINVAL, "CloneInvalid"},
        {0, 0, 1, 8, EINVAL, "CloneInvalid"},
        {16384, 0, 1, 0, EINVAL, "CloneInvalid"},
        {0, 1, 3, 0, EOVERFLOW, "BufferRangeOverflow"},
        {0, UINT32_MAX, 1, 0, EOVERFLOW, "BufferRangeOverflow"},
        {UINT32_MAX, 0, 1, 0, EOVERFLOW, "BufferRangeOverflow"},
    };
    if (rf_clone_buffers_offset(&dst, &src, 0, 0, 1, 0) == 0) {
        assert_result(rf_unregister_buffers(&dst), 0);
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            assert_named_error(CLONE_BUFFERS,
                               rf_clone_buffers_offset(&dst, &src, rows[i].dst_off, rows[i].src_off,
                                                       rows[i].nr, rows[i].flags),
                               rows[i].error, rows[i].name);
        assert_null(rf_reason(&dst));
    }
    assert_result(rf_clone_buffers(&dst, &src), 0);
    assert_named_error(CLONE_BUFFERS, rf_clone_buffers(&dst, &src), EBUSY,
                       "BuffersAlreadyRegistered");
    assert_result(read_into(&dst, shared[0], 0), 1);
    rf_deinit(&empty);
    rf_deinit(&src);
    rf_deinit(&dst);
}

static void *clone_from_here(void *argument)
{
    struct rf_ring *rings = (struct rf_ring *)argument;
    static int result;
    result = rf_clone_buffers(&rings[0], &rings[1]);
    return &result;
}

static int clone_in_a_thread(struct rf_ring *rings)
{
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, clone_from_here, rings), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    return *(int *)result;
}

static void another_thread_clones_by_descriptor_only(void **state)
{
    (void)state;
    struct rf_ring rings[2];
    open_ring(&rings[0], 1, 0);
    need_registration(&rings[0], RF_REGISTER_CLONE_BUFFERS, 1);
    open_ring(&rings[1], 1, 0);
    assert_result(rf_register_buffers(&rings[1], shared_bufs, 3), 0);
    /* A registered index is this thread's, but there is the descriptor. */
    assert_result(rf_register_ring_fd(&rings[1]), 0);
    assert_result(clone_in_a_thread(rings), 0);
    assert_result(rf_unregister_buffers(&rings[0]), 0);
    rf_deinit(&rings[1]);

    open_ring(&rings[1], 1, RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY);
    assert_result(rf_register_buffers(&rings[1], shared_bufs, 3), 0);
    int result = clone_in_a_thread(rings);
    if (result != -EINVAL && result != -EBADF)
        assert_result(result, -EINVAL);
    assert_result(rf_clone_buffers(&rings[0], &rings[1]), 0);
    assert_result(rf_unregister_buffers(&rings[0]), 0);
    rf_deinit(&rings[1]);

    open_ring(&rings[1], 1, RF_SETUP_SINGLE_ISSUER);
    assert_result(rf_register_buffers(&rings[1], shared_bufs, 3), 0);
    result = clone_in_a_thread(rings);
    if (result || has_op(&rings[0], RF_OP_PIPE)) /* 6.12 lets that thread */
        assert_result(result, -EEXIST);
    assert_string_equal(rf_error_name(RF_CALL_CLONE_BUFFERS, -EEXIST), "InvalidThread");
    rf_deinit(&rings[1]);
    rf_deinit(&rings[0]);
}

/* The first ring opened with CAP_IPC_LOCK, so that nothing counts, the second without. */
static void rings_that_account_differently_share_nothing(void **state)
{
    (void)state;
    struct rf_ring src;
    open_ring(&src, 1, 0);
    need_registration(&src, RF_REGISTER_CLONE_BUFFERS, 1);
    assert_result(rf_register_buffers(&src, shared_bufs, 3), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rf_ring here, there;
        if (rf_init(&here, 1, 0) || rf_register_buffers(&here, shared_bufs, 3) ||
            setresuid(65532, 65532, 65532) || rf_init(&there, 1, 0))
            _exit(77);
        int err = rf_clone_buffers(&there, &here);
        _exit(err < 0 ? -err : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    rf_deinit(&src);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip_because("another user cannot be tried here");
    assert_int_equal(WEXITSTATUS(status), EINVAL);
}

/* --- older kernels ------------------------------------------------------- */

static bool lacks_sparse(uint32_t opcode, const void *arg)
{
    return (opcode == RF_REGISTER_FILES2 || opcode == RF_REGISTER_BUFFERS2) &&
           ((const struct rf_rsrc_register *)arg)->flags;
}

static bool lacks_ranges(uint32_t opcode, const void *arg)
{
    const struct rf_clone_buffers *clone = (const struct rf_clone_buffers *)arg;
    return opcode == RF_REGISTER_CLONE_BUFFERS &&
           (clone->flags & RF_REGISTER_DST_REPLACE || clone->src_off || clone->dst_off ||
            clone->nr);
}

static void what_a_kernel_lacks_is_told_from_what_is_wrong(void **state)
{
    struct rf_ring dst, src;
    open_two(state, &dst, &src);
    struct older older;
    const int none = -1;
    make_older(&older, &dst, -1, lacks_sparse);
    assert_too_old(&dst, rf_register_files_sparse(&dst, 4), "5.19");
    assert_too_old(&dst, rf_register_buffers_sparse(&dst, 4), "5.19");
    /* That kernel has the rest, so a wrong argument is one. */
    assert_result(rf_register_buffers_tags(&dst, shared_bufs, NULL, 0), -EINVAL);
    assert_null(rf_reason(&dst));
    assert_result(rf_register_files_tags(&dst, &none, NULL, 1), 0);
    assert_result(rf_unregister_files(&dst), 0);

    make_older(&older, &dst, -1, lacks_ranges);
    assert_too_old(&dst, rf_clone_buffers_offset(&dst, &src, 0, 0, 1, 0), "6.13");
    assert_too_old(&dst, rf_clone_buffers_offset(&dst, &src, 1, 1, 0, 0), "6.13");
    assert_too_old(&dst, rf_clone_buffers_offset(&dst, &src, 0, 0, 0, RF_REGISTER_DST_REPLACE),
                   "6.13");
    assert_result(rf_clone_buffers_offset(&dst, &src, 0, 0, 0, 0), 0);
    assert_result(read_into(&dst, shared[0], 0), 1);
    assert_result(rf_unregister_buffers(&dst), 0);
    make_new_again(&older, &dst);
    rf_deinit(&src);
    rf_deinit(&dst);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(the_tag_of_a_file_comes_after_its_last_operation),
        EACH_FLAVOUR(an_update_brings_its_own_tag),
        EACH_FLAVOUR(a_read_in_flight_keeps_its_buffer_until_the_tag),
        EACH_FLAVOUR(an_empty_table_is_filled_and_changed),
        EACH_FLAVOUR(buffers_that_are_refused_leave_the_rest_alone),
        EACH_FLAVOUR(sparse_buffers_refuse_what_they_must),
        EACH_FLAVOUR(files_with_tags_refuse_what_they_must),
        EACH_FLAVOUR(a_clone_outlives_what_it_was_cloned_from),
        EACH_FLAVOUR(parts_are_cloned_into_parts),
        EACH_FLAVOUR(clones_refuse_what_they_must),
        ONCE(another_thread_clones_by_descriptor_only),
        ONCE(rings_that_account_differently_share_nothing),
        EACH_FLAVOUR(what_a_kernel_lacks_is_told_from_what_is_wrong),
    };
    return run_all(tests, COUNT_OF(tests));
}
