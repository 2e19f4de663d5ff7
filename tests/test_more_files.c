/* SPDX-License-Identifier: MIT */
/*
 * Held here: the operations on files, paths, attributes and memory that Zig's IoUring
 * has not, done by the real kernel.
 */
#include "io_support.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

static struct iovec part(void *base, size_t len)
{
    return (struct iovec){base, len};
}

/* --- reading and writing ------------------------------------------------- */

static void vectored_io_takes_flags(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "begin");
    char a[] = "+mid", b[] = "+end";
    const struct iovec out[] = {part(a, 4), part(b, 4)};
    /* It asks for the front; the flag says that it goes to the end. */
    struct rf_cqe cqe = done(&ring, rf_writev2(&ring, 1, fd, out, 2, 0, RWF_APPEND));
    assert_cqe(&cqe, 1, 8, 0);
    assert_content(&dir, "file", "begin+mid+end");

    char c[5], d[4];
    const struct iovec in[] = {part(c, 5), part(d, 4)};
    cqe = done(&ring, rf_readv2(&ring, 2, fd, in, 2, 0, 0));
    assert_cqe(&cqe, 2, 9, 0);
    assert_memory_equal(c, "begin", 5);
    assert_memory_equal(d, "+mid", 4);
    cqe = done(&ring, rf_readv2(&ring, 3, fd, in, 2, 0, 1U << 31)); /* no such flag */
    assert_cqe(&cqe, 3, -EOPNOTSUPP, 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

static void vectored_io_inside_a_registered_buffer(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_WRITEV_FIXED);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");
    char registered[64] = "....world...hello.";
    const struct iovec all[] = {part(NULL, 0), part(registered, sizeof registered)};
    assert_result(rf_register_buffers(&ring, all, 2), 0);

    const struct iovec out[] = {part(registered + 12, 5), part(registered + 4, 5)};
    struct rf_cqe cqe = done(&ring, rf_writev_fixed(&ring, 1, fd, out, 2, 0, 0, 1));
    assert_cqe(&cqe, 1, 10, 0);
    assert_content(&dir, "file", "helloworld");
    cqe = done(&ring, rf_writev_fixed(&ring, 2, fd, out, 2, 1, RWF_APPEND, 1));
    assert_cqe(&cqe, 2, 10, 0);
    assert_content(&dir, "file", "helloworldhelloworld");

    const struct iovec in[] = {part(registered + 30, 3), part(registered + 20, 4)};
    cqe = done(&ring, rf_readv_fixed(&ring, 3, fd, in, 2, 3, 0, 1));
    assert_cqe(&cqe, 3, 7, 0);
    assert_memory_equal(registered + 30, "low", 3);
    assert_memory_equal(registered + 20, "orld", 4);

    /* Not inside; the hole; no such buffer. */
    char elsewhere[4];
    const struct iovec outside = part(elsewhere, 4);
    cqe = done(&ring, rf_readv_fixed(&ring, 4, fd, &outside, 1, 0, 0, 1));
    assert_cqe(&cqe, 4, -EFAULT, 0);
    cqe = done(&ring, rf_readv_fixed(&ring, 5, fd, in, 2, 0, 0, 0));
    assert_cqe(&cqe, 5, -EFAULT, 0);
    cqe = done(&ring, rf_writev_fixed(&ring, 6, fd, out, 2, 0, 0, 2));
    assert_cqe(&cqe, 6, -EFAULT, 0);
    assert_result(rf_unregister_buffers(&ring), 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

static void a_range_is_written_back(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "content");
    struct rf_cqe cqe =
        done(&ring, rf_sync_file_range(&ring, 1, fd, 4, 2, SYNC_FILE_RANGE_WRITE));
    assert_cqe(&cqe, 1, 0, 0);
    cqe = done(&ring, rf_sync_file_range(&ring, 2, fd, 4, 2, 1U << 30)); /* no such flag */
    assert_cqe(&cqe, 2, -EINVAL, 0);
    /* The offset and the length arrive: together they are too much. */
    cqe = done(&ring, rf_sync_file_range(&ring, 3, fd, 2, INT64_MAX, SYNC_FILE_RANGE_WRITE));
    assert_cqe(&cqe, 3, -EINVAL, 0);
    cqe = done(&ring, rf_sync_file_range(&ring, 4, fd, 0, INT64_MAX, SYNC_FILE_RANGE_WRITE));
    assert_cqe(&cqe, 4, 0, 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

static void a_file_gets_the_length_asked_for(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_FTRUNCATE);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "content");
    struct rf_cqe cqe = done(&ring, rf_ftruncate(&ring, 1, fd, 3));
    assert_cqe(&cqe, 1, 0, 0);
    assert_content(&dir, "file", "con");
    const uint64_t large = (UINT64_C(1) << 32) + 5; /* sparse */
    cqe = done(&ring, rf_ftruncate(&ring, 2, fd, large));
    assert_cqe(&cqe, 2, 0, 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_true((uint64_t)st.st_size == large);
    cqe = done(&ring, rf_ftruncate(&ring, 3, fd, UINT64_MAX)); /* negative to the kernel */
    assert_cqe(&cqe, 3, -EINVAL, 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* --- advice -------------------------------------------------------------- */

enum { PAGES = 8 };

/* Pages of the file that are in memory. */
static unsigned cached_pages(int fd)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char in_memory[PAGES];
    void *map = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mincore(map, PAGES * page, in_memory), 0);
    assert_int_equal(munmap(map, PAGES * page), 0);
    unsigned count = 0;
    for (unsigned i = 0; i < PAGES; i++)
        count += in_memory[i] & 1;
    return count;
}

static void fill(int fd)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *content = test_calloc(PAGES, page);
    assert_int_equal(pwrite(fd, content, PAGES * page, 0), PAGES * page);
    test_free(content);
    assert_int_equal(fsync(fd), 0);
}

static void pages_that_are_not_needed_leave_the_cache(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");
    fill(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    const bool leaves = cached_pages(fd) == 0;
    fill(fd);
    const size_t bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(cached_pages(fd), PAGES);
    struct rf_cqe cqe = done(&ring, rf_fadvise(&ring, 1, fd, 0, bytes, POSIX_FADV_DONTNEED));
    assert_cqe(&cqe, 1, 0, 0);
    if (leaves)
        assert_int_equal(cached_pages(fd), 0);

    fill(fd);
    cqe = done(&ring,
               rf_fadvise64(&ring, 2, fd, 0, UINT64_C(1) << 32, POSIX_FADV_DONTNEED));
    const bool long_lengths = has_op(&ring, RF_OP_BIND); /* of the same kernel: 6.11 */
    assert_cqe(&cqe, 2, long_lengths ? 0 : -EINVAL, 0);
    if (leaves && long_lengths)
        assert_int_equal(cached_pages(fd), 0);

    /* The offset arrives: it lies behind the end, so nothing leaves. */
    fill(fd);
    cqe = done(&ring, rf_fadvise(&ring, 3, fd, bytes, bytes, POSIX_FADV_DONTNEED));
    assert_cqe(&cqe, 3, 0, 0);
    assert_int_equal(cached_pages(fd), PAGES);
    cqe = done(&ring, rf_fadvise(&ring, 4, fd, 0, bytes, 4711));
    assert_cqe(&cqe, 4, -EINVAL, 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
    if (!leaves)
        skip_because("pages of files in the temporary directory do not leave memory");
}

static void memory_that_is_not_needed_is_zero_again(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *map = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    memset(map, 'x', 4 * page);
    struct rf_cqe cqe = done(&ring, rf_madvise(&ring, 1, map + page, page, MADV_DONTNEED));
    assert_cqe(&cqe, 1, 0, 0);
    assert_int_equal(map[page - 1], 'x');
    assert_int_equal(map[page], 0);
    assert_int_equal(map[2 * page - 1], 0);
    assert_int_equal(map[2 * page], 'x');
    cqe = done(&ring, rf_madvise(&ring, 2, map, page, 4711));
    assert_cqe(&cqe, 2, -EINVAL, 0);
    assert_int_equal(munmap(map, 4 * page), 0);
    rf_deinit(&ring);
}

static void memory_of_any_length_is_zero_again(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t bytes = sizeof(size_t) > 4 ? (size_t)1 << 20 << 13 : page; /* 8 GiB */
    char *map = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        rf_deinit(&ring);
        skip_because("so much memory cannot be mapped");
    }
    map[0] = map[bytes - 1] = map[bytes] = 'x';
    struct rf_cqe cqe = done(&ring, rf_madvise64(&ring, 1, map, bytes, MADV_DONTNEED));
    const bool long_lengths = has_op(&ring, RF_OP_BIND); /* of the same kernel: 6.11 */
    assert_cqe(&cqe, 1, long_lengths ? 0 : -EINVAL, 0);
    assert_int_equal(map[0], long_lengths ? 0 : 'x');
    assert_int_equal(map[bytes - 1], long_lengths ? 0 : 'x');
    assert_int_equal(map[bytes], 'x');
    assert_int_equal(munmap(map, bytes + page), 0);
    rf_deinit(&ring);
}

/* --- pipes --------------------------------------------------------------- */

static void tee_copies_and_leaves_the_original(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    int from[2], to[2];
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(write(from[1], "content", 7), 7);
    struct rf_cqe cqe = done(&ring, rf_tee(&ring, 1, from[0], to[1], 4, 0));
    assert_cqe(&cqe, 1, 4, 0);
    char got[16];
    assert_int_equal(read(to[0], got, sizeof got), 4);
    assert_memory_equal(got, "cont", 4);
    assert_int_equal(read(from[0], got, sizeof got), 7);
    assert_memory_equal(got, "content", 7);
    /* The flags arrive. */
    cqe = done(&ring, rf_tee(&ring, 2, from[0], to[1], 4, SPLICE_F_NONBLOCK));
    assert_cqe(&cqe, 2, -EAGAIN, 0);
    for (unsigned i = 0; i < 2; i++) {
        close(from[i]);
        close(to[i]);
    }
    rf_deinit(&ring);
}

static void a_pipe_is_made(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_PIPE);
    int fds[2] = {-1, -1};
    struct rf_cqe cqe = done(&ring, rf_pipe(&ring, 1, fds, O_CLOEXEC | O_NONBLOCK));
    assert_cqe(&cqe, 1, 0, 0);
    char got[8];
    assert_int_equal(read(fds[0], got, sizeof got), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(write(fds[1], "through", 7), 7);
    assert_int_equal(read(fds[0], got, sizeof got), 7);
    assert_memory_equal(got, "through", 7);
    assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

/* Through two slots: they are the ends of one pipe. */
static void assert_pipe_between(struct rf_ring *ring, int reading, int writing)
{
    char got[8];
    struct rf_sqe *sqe = rf_write(ring, 50, writing, "through", 7, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    struct rf_cqe cqe = done(ring, sqe);
    assert_cqe(&cqe, 50, 7, 0);
    sqe = rf_read(ring, 51, reading, got, sizeof got, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    cqe = done(ring, sqe);
    assert_cqe(&cqe, 51, 7, 0);
    assert_memory_equal(got, "through", 7);
}

static void a_pipe_is_made_in_two_slots(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_PIPE);
    assert_result(rf_register_files_sparse(&ring, 5), 0);
    int fds[2] = {-1, -1};
    struct rf_cqe cqe = done(&ring, rf_pipe_direct(&ring, 1, fds, 0, 1));
    assert_cqe(&cqe, 1, 0, 0);
    assert_pipe_between(&ring, 1, 2);

    /* Any two: 0, and of 3 and 4 the first. */
    cqe = done(&ring, rf_pipe_direct(&ring, 2, fds, 0, RF_FILE_INDEX_ALLOC));
    assert_cqe(&cqe, 2, 0, 0);
    assert_true(fds[0] != fds[1]);
    for (unsigned i = 0; i < 2; i++)
        assert_true(fds[i] == 0 || fds[i] == 3 || fds[i] == 4);
    assert_pipe_between(&ring, fds[0], fds[1]);
    cqe = done(&ring, rf_pipe_direct(&ring, 3, fds, 0, RF_FILE_INDEX_ALLOC));
    assert_cqe(&cqe, 3, -ENFILE, 0);
    cqe = done(&ring, rf_pipe_direct(&ring, 4, fds, O_CLOEXEC, 1));
    assert_cqe(&cqe, 4, -EINVAL, 0);
    assert_result(rf_unregister_files(&ring), 0);
    rf_deinit(&ring);
}

/* --- paths --------------------------------------------------------------- */

/* The path of a name in the directory. */
static const char *in(const struct work_dir *dir, const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir->path, name);
    return path;
}

static void paths_without_a_directory(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_LINKAT);
    struct work_dir dir;
    open_work_dir(&dir);
    struct rf_cqe cqe = done(&ring, rf_mkdir(&ring, 1, in(&dir, "sub"), 0700));
    assert_cqe(&cqe, 1, 0, 0);
    struct stat st;
    assert_int_equal(stat(in(&dir, "sub"), &st), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0700);

    cqe = done(&ring, rf_open(&ring, 2, in(&dir, "file"), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
                              0640));
    assert_true(cqe.user_data == 2 && cqe.res >= 0);
    assert_int_equal(fstat(cqe.res, &st), 0);
    assert_int_equal(st.st_mode & ~022U, S_IFREG | 0640);
    assert_int_equal(fcntl(cqe.res, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(cqe.res, "text", 4), 4);
    close(cqe.res);

    cqe = done(&ring, rf_link(&ring, 3, in(&dir, "file"), in(&dir, "second"), 0));
    assert_cqe(&cqe, 3, 0, 0);
    cqe = done(&ring, rf_rename(&ring, 4, in(&dir, "second"), in(&dir, "third")));
    assert_cqe(&cqe, 4, 0, 0);
    assert_int_equal(name_missing(&dir, "second"), ENOENT);
    assert_content(&dir, "third", "text");
    cqe = done(&ring, rf_symlink(&ring, 5, "third", in(&dir, "link")));
    assert_cqe(&cqe, 5, 0, 0);
    assert_content(&dir, "link", "text");
    cqe = done(&ring, rf_unlink(&ring, 6, in(&dir, "third"), 0));
    assert_cqe(&cqe, 6, 0, 0);
    assert_int_equal(name_missing(&dir, "third"), ENOENT);
    assert_int_equal(name_missing(&dir, "link"), 0);
    cqe = done(&ring, rf_unlink(&ring, 7, in(&dir, "sub"), AT_REMOVEDIR));
    assert_cqe(&cqe, 7, 0, 0);
    assert_int_equal(name_missing(&dir, "sub"), ENOENT);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Reads the slot; it must begin with this text. */
static void assert_slot(struct rf_ring *ring, int slot, const char *text)
{
    char got[16];
    struct rf_sqe *sqe = rf_read(ring, 60, slot, got, sizeof got, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    struct rf_cqe cqe = done(ring, sqe);
    assert_cqe(&cqe, 60, (int)strlen(text), 0);
    assert_memory_equal(got, text, strlen(text));
}

static void opening_into_slots(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_SOCKET); /* of the kernel that has slots of its own choice: 5.19 */
    struct work_dir dir;
    open_work_dir(&dir);
    close(make_file(&dir, "file", "text"));
    assert_result(rf_register_files_sparse(&ring, 3), 0);
    struct rf_cqe cqe = done(&ring, rf_open_direct(&ring, 1, in(&dir, "file"), O_RDONLY, 0, 2));
    assert_cqe(&cqe, 1, 0, 0);
    assert_slot(&ring, 2, "text");
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_RDONLY;
    cqe = done(&ring, rf_openat2_direct(&ring, 2, dir.fd, "file", &how, 1));
    assert_cqe(&cqe, 2, 0, 0);
    assert_slot(&ring, 1, "text");
    cqe = done(&ring, rf_openat2_direct(&ring, 3, dir.fd, "file", &how, RF_FILE_INDEX_ALLOC));
    assert_cqe(&cqe, 3, 0, 0); /* the number of the slot that was free */
    assert_slot(&ring, 0, "text");
    cqe = done(&ring, rf_open_direct(&ring, 4, in(&dir, "file"), O_RDONLY, 0,
                                     RF_FILE_INDEX_ALLOC));
    assert_cqe(&cqe, 4, -ENFILE, 0);
    assert_result(rf_unregister_files(&ring), 0);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

static void openat2_follows_only_what_it_may(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    struct work_dir dir;
    open_work_dir(&dir);
    close(make_file(&dir, "file", "text"));
    assert_int_equal(symlinkat("file", dir.fd, "link"), 0);
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_CLOEXEC;
    struct rf_cqe cqe = done(&ring, rf_openat2(&ring, 1, dir.fd, "link", &how));
    assert_true(cqe.user_data == 1 && cqe.res >= 0);
    assert_int_equal(fcntl(cqe.res, F_GETFD), FD_CLOEXEC);
    close(cqe.res);
    how.resolve = RESOLVE_NO_SYMLINKS; /* the last of its members: all bytes arrive */
    cqe = done(&ring, rf_openat2(&ring, 2, dir.fd, "link", &how));
    assert_cqe(&cqe, 2, -ELOOP, 0);
    assert_int_equal(sizeof how, RFI_OPEN_HOW_BYTES);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* --- extended attributes ------------------------------------------------- */

static void attributes_are_set_and_read(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_GETXATTR);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");
    const bool has = fsetxattr(fd, "user.rf", "", 0, 0) == 0;
    if (has) {
        char name[] = "user.rf", value[16] = "seven..";
        struct rf_cqe cqe =
            done(&ring, rf_setxattr(&ring, 1, name, value, in(&dir, "file"), 0, 7));
        assert_cqe(&cqe, 1, 0, 0);
        cqe = done(&ring, rf_setxattr(&ring, 2, name, value, in(&dir, "file"), XATTR_CREATE, 7));
        assert_cqe(&cqe, 2, -EEXIST, 0);
        memset(value, 0, sizeof value);
        cqe = done(&ring, rf_fgetxattr(&ring, 3, fd, name, value, sizeof value));
        assert_cqe(&cqe, 3, 7, 0);
        assert_string_equal(value, "seven..");

        cqe = done(&ring, rf_fsetxattr(&ring, 4, fd, name, "four", XATTR_REPLACE, 4));
        assert_cqe(&cqe, 4, 0, 0);
        cqe = done(&ring, rf_fsetxattr(&ring, 5, fd, "user.none", "four", XATTR_REPLACE, 4));
        assert_cqe(&cqe, 5, -ENODATA, 0);
        memset(value, 0, sizeof value);
        cqe = done(&ring, rf_getxattr(&ring, 6, name, value, in(&dir, "file"), sizeof value));
        assert_cqe(&cqe, 6, 4, 0);
        assert_string_equal(value, "four");
        cqe = done(&ring, rf_getxattr(&ring, 7, name, NULL, in(&dir, "file"), 0));
        assert_cqe(&cqe, 7, 4, 0); /* only asked */
        cqe = done(&ring, rf_fgetxattr(&ring, 8, fd, name, value, 3));
        assert_cqe(&cqe, 8, -ERANGE, 0);
    }
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
    if (!has)
        skip_because("the temporary directory has no user attributes");
}

/* --- driver commands ----------------------------------------------------- */

/* That of a block device, asked of a file: it has no commands at all. */
static void a_file_without_commands_refuses_them(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_URING_CMD);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");
    struct rf_cqe cqe = done(&ring, rf_cmd_discard(&ring, 1, fd, 0, 4096));
    assert_cqe(&cqe, 1, -EOPNOTSUPP, 0);
    cqe = done(&ring, rf_cmd_zone_reset_all(&ring, 2, fd));
    assert_cqe(&cqe, 2, -EOPNOTSUPP, 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* A loop device on the file, gone when it is closed; or a negative errno. */
static int open_loop(int file)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0)
        return -errno;
    int result = -EBUSY;
    for (unsigned attempt = 0; attempt < 8 && result == -EBUSY; attempt++) {
        const int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) {
            result = -errno;
            break;
        }
        char path[32];
        snprintf(path, sizeof path, "/dev/loop%d", number);
        int device = open(path, O_RDWR | O_CLOEXEC);
        if (device < 0) {
            result = -errno;
            break;
        }
        struct loop_config config;
        memset(&config, 0, sizeof config);
        config.fd = (uint32_t)file;
        config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
        if (ioctl(device, LOOP_CONFIGURE, &config) == 0) {
            result = device;
        } else {
            result = -errno; /* -EBUSY: somebody was faster */
            close(device);
        }
    }
    close(control);
    return result;
}

static void discarded_blocks_are_gone(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_BIND); /* the kernel after that, 6.12, has the command */
    enum { BLOCK = 4096 };
    struct work_dir dir;
    open_work_dir(&dir);
    int file = make_file(&dir, "file", "");
    char *content = test_malloc(4 * BLOCK);
    memset(content, 'x', 4 * BLOCK);
    assert_int_equal(pwrite(file, content, 4 * BLOCK, 0), 4 * BLOCK);
    assert_int_equal(fsync(file), 0);
    const int device = open_loop(file);
    int res = 0;
    if (device >= 0) {
        struct rf_cqe cqe = done(&ring, rf_cmd_discard(&ring, 1, device, BLOCK, 2 * BLOCK));
        assert_int_equal(cqe.user_data, 1);
        res = cqe.res;
        if (res == 0) {
            assert_int_equal(pread(file, content, 4 * BLOCK, 0), 4 * BLOCK);
            for (unsigned i = 0; i < 4; i++)
                assert_int_equal(content[i * BLOCK + 7], i == 1 || i == 2 ? 0 : 'x');
            cqe = done(&ring, rf_cmd_discard(&ring, 2, device, 1, BLOCK)); /* not whole blocks */
            assert_cqe(&cqe, 2, -EINVAL, 0);
        } else if (res != -EOPNOTSUPP && res != -EINVAL) {
            fail_msg("discard: %s", strerror(-res));
        }
        close(device);
    }
    test_free(content);
    close(file);
    close_work_dir(&dir);
    rf_deinit(&ring);
    if (device < 0)
        skip_because("no loop device can be had: %s", strerror(-device));
    if (res < 0)
        skip_because("the loop device discards nothing: %s", strerror(-res));
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(vectored_io_takes_flags),
        EACH_FLAVOUR(vectored_io_inside_a_registered_buffer),
        EACH_FLAVOUR(a_range_is_written_back),
        EACH_FLAVOUR(a_file_gets_the_length_asked_for),
        ONCE(pages_that_are_not_needed_leave_the_cache),
        EACH_FLAVOUR(memory_that_is_not_needed_is_zero_again),
        EACH_FLAVOUR(memory_of_any_length_is_zero_again),
        EACH_FLAVOUR(tee_copies_and_leaves_the_original),
        EACH_FLAVOUR(a_pipe_is_made),
        EACH_FLAVOUR(a_pipe_is_made_in_two_slots),
        EACH_FLAVOUR(paths_without_a_directory),
        EACH_FLAVOUR(opening_into_slots),
        EACH_FLAVOUR(openat2_follows_only_what_it_may),
        EACH_FLAVOUR(attributes_are_set_and_read),
        EACH_FLAVOUR(a_file_without_commands_refuses_them),
        ONCE(discarded_blocks_are_gone),
    };
    return run_all(tests, COUNT_OF(tests));
}
