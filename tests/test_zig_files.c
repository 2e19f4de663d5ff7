/* SPDX-License-Identifier: MIT */
/*
 * Held here: reading, writing, directories and registered files, done by the
 * real kernel. Ported from Zig's tests of IoUring, each named above its function;
 * then files_update and files_update_alloc, which Zig leaves untested.
 *
 * Completions are compared in order only within a chain of links.
 */
#include "io_support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_zeros(void)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void assert_zeros(const char *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(buf[i], 0);
}

/* --- reading and writing ------------------------------------------------- */

/* Zig: "readv" */
static void reads_a_registered_file_into_iovecs(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    int zeros = open_zeros();
    assert_result(rf_register_files(&ring, &zeros, 1), 0);

    char buf[128];
    memset(buf, 42, sizeof buf);
    const struct iovec iovec = {buf, sizeof buf};
    struct rf_sqe *sqe = rf_readv(&ring, 0xcccccccc, 0, &iovec, 1, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_READV);
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE);
    assert_null(rf_nop(&ring, 0)); /* full */
    const struct rf_cqe cqe = done(&ring, sqe);
    assert_cqe(&cqe, 0xcccccccc, sizeof buf, 0);
    assert_zeros(buf, sizeof buf);

    assert_result(rf_unregister_files(&ring), 0);
    close(zeros);
    rf_deinit(&ring);
}

/* Zig: "writev/fsync/readv" */
static void a_chain_writes_syncs_and_reads_in_order(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 4);
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");

    char written[128], got[128];
    memset(written, 42, sizeof written);
    memset(got, 0, sizeof got);
    const struct iovec out[] = {{written, 64}, {written + 64, 64}};
    const struct iovec in = {got, sizeof got};

    struct rf_sqe *sqe = rf_writev(&ring, 0xdddddddd, fd, out, 2, 17);
    link_next(sqe);
    assert_int_equal(sqe->opcode, RF_OP_WRITEV);
    assert_int_equal(sqe->off, 17);
    assert_int_equal(sqe->fd, fd);
    link_next(rf_fsync(&ring, 0xeeeeeeee, fd, RF_FSYNC_DATASYNC));
    assert_non_null(rf_readv(&ring, 0xffffffff, fd, &in, 1, 17));

    assert_int_equal(rf_sq_ready(&ring), 3);
    int n = rf_submit_and_wait(&ring, 3);
    if (!(ring.flags & RF_SETUP_SQPOLL))
        assert_result(n, 3);
    assert_int_equal(rf_cq_ready(&ring), 3);
    struct rf_cqe cqe;
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 0xdddddddd, 128, 0);
    assert_int_equal(rf_cq_ready(&ring), 2);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 0xeeeeeeee, 0, 0);
    assert_int_equal(rf_cq_ready(&ring), 1);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 0xffffffff, 128, 0);
    assert_int_equal(rf_cq_ready(&ring), 0);
    assert_memory_equal(got, written, sizeof got);

    /* 17 bytes of nothing before it: the offset was used by both. */
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 17 + 128);

    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "write/read" */
static void reads_back_what_was_written(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 2);
    need_op(&ring, RF_OP_WRITE);
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");

    char written[20], got[20];
    memset(written, 97, sizeof written);
    memset(got, 98, sizeof got);
    struct rf_sqe *write_sqe = rf_write(&ring, 0x11111111, fd, written, sizeof written, 10);
    link_next(write_sqe);
    assert_int_equal(write_sqe->opcode, RF_OP_WRITE);
    assert_int_equal(write_sqe->off, 10);
    const struct rf_sqe *read_sqe = rf_read(&ring, 0x22222222, fd, got, sizeof got, 10);
    assert_non_null(read_sqe);
    assert_int_equal(read_sqe->opcode, RF_OP_READ);
    submit_all(&ring, 2);

    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(&cqes[0], 0x11111111, 20, 0);
    assert_cqe(&cqes[1], 0x22222222, 20, 0);
    assert_memory_equal(got, written, sizeof got);

    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "splice/read" */
static void splices_a_file_through_a_pipe_into_another(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SPLICE);
    open_work_dir(&dir);
    int src = make_file(&dir, "src", "....splice these twenty");
    int dst = make_file(&dir, "dst", "");
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    char got[20];
    memset(got, 98, sizeof got);

    struct rf_sqe *into = rf_splice(&ring, 0x11111111, src, 4, pipe_fds[1], UINT64_MAX, 20, 0);
    link_next(into);
    assert_int_equal(into->opcode, RF_OP_SPLICE);
    assert_int_equal(into->addr, 4);
    assert_true(into->off == UINT64_MAX);
    struct rf_sqe *out = rf_splice(&ring, 0x22222222, pipe_fds[0], UINT64_MAX, dst, 10, 20, 0);
    link_next(out);
    assert_true(out->addr == UINT64_MAX);
    assert_int_equal(out->off, 10);
    assert_non_null(rf_read(&ring, 0x33333333, dst, got, sizeof got, 10));
    submit_all(&ring, 3);

    struct rf_cqe cqes[3];
    reap(&ring, cqes, 3);
    /* 19 are left from offset 4 on. A splice that falls short breaks the chain: */
    assert_cqe(&cqes[0], 0x11111111, 19, 0);
    assert_cqe(&cqes[1], 0x22222222, -ECANCELED, 0);
    assert_cqe(&cqes[2], 0x33333333, -ECANCELED, 0);

    /* With the length right all three follow each other. */
    char drained[20];
    assert_int_equal(read(pipe_fds[0], drained, sizeof drained), 19);
    link_next(rf_splice(&ring, 0x11111111, src, 3, pipe_fds[1], UINT64_MAX, 20, 0));
    link_next(rf_splice(&ring, 0x22222222, pipe_fds[0], UINT64_MAX, dst, 10, 20, 0));
    assert_non_null(rf_read(&ring, 0x33333333, dst, got, sizeof got, 10));
    submit_all(&ring, 3);
    reap(&ring, cqes, 3);
    assert_cqe(&cqes[0], 0x11111111, 20, 0);
    assert_cqe(&cqes[1], 0x22222222, 20, 0);
    assert_cqe(&cqes[2], 0x33333333, 20, 0);
    assert_memory_equal(got, ".splice these twenty", sizeof got);

    /* The flags arrive: an unknown one is refused. */
    const struct rf_cqe cqe =
        done(&ring, rf_splice(&ring, 4, src, 3, pipe_fds[1], UINT64_MAX, 20, 1U << 30));
    assert_cqe(&cqe, 4, -EINVAL, 0);

    close(pipe_fds[0]);
    close(pipe_fds[1]);
    close(src);
    close(dst);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "write_fixed/read_fixed" */
static void writes_from_and_reads_into_registered_buffers(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 2);
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");

    char bufs[2][11];
    memset(bufs[0], 'z', sizeof bufs[0]);
    memcpy(bufs[0], "foobar", 6);
    memset(bufs[1], 'y', sizeof bufs[1]);
    const struct iovec iovecs[2] = {{bufs[0], 11}, {bufs[1], 11}};
    int err = rf_register_buffers(&ring, iovecs, 2);
    if (err == -ENOMEM) {
        close(fd);
        close_work_dir(&dir);
        rf_deinit(&ring);
        skip_because("RLIMIT_MEMLOCK does not allow to register two buffers");
    }
    assert_result(err, 0);

    struct rf_sqe *write_sqe = rf_write_fixed(&ring, 0x45454545, fd, bufs[0], 11, 3, 0);
    link_next(write_sqe);
    assert_int_equal(write_sqe->opcode, RF_OP_WRITE_FIXED);
    const struct rf_sqe *read_sqe = rf_read_fixed(&ring, 0x12121212, fd, bufs[1], 11, 0, 1);
    assert_non_null(read_sqe);
    assert_int_equal(read_sqe->opcode, RF_OP_READ_FIXED);
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(&cqes[0], 0x45454545, 11, 0);
    assert_cqe(&cqes[1], 0x12121212, 11, 0);
    assert_memory_equal(bufs[1], "\0\0\0foobarzz", 11);

    /* Memory outside the buffer with that index is refused. */
    const struct rf_cqe cqe = done(&ring, rf_read_fixed(&ring, 3, fd, bufs[1], 11, 0, 0));
    assert_cqe(&cqe, 3, -EFAULT, 0);

    assert_result(rf_unregister_buffers(&ring), 0);
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* --- files --------------------------------------------------------------- */

/* Zig: "openat" */
static void opens_a_file_in_a_directory(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_OPENAT);
    open_work_dir(&dir);

    static const char path[] = "opened";
    const uint32_t flags = O_CLOEXEC | O_RDWR | O_CREAT;
    const struct rf_sqe *sqe = rf_openat(&ring, 0x33333333, dir.fd, path, flags, 0640);
    struct rf_sqe want;
    memset(&want, 0, sizeof want);
    want.opcode = RF_OP_OPENAT;
    want.fd = dir.fd;
    want.addr = (uint64_t)(uintptr_t)path;
    want.len = 0640;
    want.open_flags = flags;
    want.user_data = 0x33333333;
    assert_memory_equal(sqe, &want, sizeof want);

    const struct rf_cqe cqe = done(&ring, sqe);
    assert_true(cqe.res > 2);
    assert_int_equal(cqe.flags, 0);
    assert_int_equal(fcntl(cqe.res, F_GETFL) & O_ACCMODE, O_RDWR);
    assert_int_equal(fcntl(cqe.res, F_GETFD), FD_CLOEXEC);
    struct stat st;
    assert_int_equal(fstatat(dir.fd, path, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777 & ~0022U, 0640 & ~0022U); /* less what a umask takes */

    close(cqe.res);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "close" */
static void closes_a_file(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_CLOSE);
    int fd = open_zeros();
    const struct rf_sqe *sqe = rf_close(&ring, 0x44444444, fd);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_CLOSE);
    assert_int_equal(sqe->fd, fd);
    const struct rf_cqe cqe = done(&ring, sqe);
    assert_cqe(&cqe, 0x44444444, 0, 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* it is closed */
    assert_int_equal(errno, EBADF);
    rf_deinit(&ring);
}

/* Zig: "fallocate" */
static void allocates_space_for_a_file(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_FALLOCATE);
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "");
    struct rf_cqe cqe = done(&ring, rf_fallocate(&ring, 0xaaaaaaaa, fd, 0, 4096, 61440));
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    if (cqe.res != -EOPNOTSUPP) {
        assert_cqe(&cqe, 0xaaaaaaaa, 0, 0);
        assert_int_equal(st.st_size, 65536);
        cqe = done(&ring, rf_fallocate(&ring, 2, fd, FALLOC_FL_KEEP_SIZE, 65536, 4096));
        assert_cqe(&cqe, 2, 0, 0);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_size, 65536); /* the mode was used */
    }
    close(fd);
    close_work_dir(&dir);
    rf_deinit(&ring);
    if (cqe.res == -EOPNOTSUPP)
        skip_because("the file system of %s cannot allocate", dir.path);
}

/* Zig: "statx" */
static void tells_the_size_of_a_file(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_STATX);
    open_work_dir(&dir);
    close(make_file(&dir, "file", "foobar"));
    struct statx buf;
    memset(&buf, 0, sizeof buf);
    struct rf_cqe cqe =
        done(&ring, rf_statx(&ring, 0xaaaaaaaa, dir.fd, "file", 0, STATX_SIZE, &buf));
    assert_cqe(&cqe, 0xaaaaaaaa, 0, 0);
    assert_true(buf.stx_mask & STATX_SIZE);
    assert_int_equal(buf.stx_size, 6);

    /* Of a link itself, which only the flag can ask for. */
    assert_int_equal(symlinkat("file", dir.fd, "link"), 0);
    cqe = done(&ring, rf_statx(&ring, 2, dir.fd, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &buf));
    assert_cqe(&cqe, 2, 0, 0);
    assert_true(S_ISLNK(buf.stx_mode));
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* --- directories --------------------------------------------------------- */

/* Zig: "renameat" */
static void renames_and_the_old_name_is_gone(void **state)
{
    struct rf_ring ring;
    struct work_dir dir, other;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_RENAMEAT);
    open_work_dir(&dir);
    open_work_dir(&other);
    close(make_file(&dir, "old", "hello"));
    const struct rf_sqe *sqe = rf_renameat(&ring, 0x12121212, dir.fd, "old", other.fd, "new", 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->fd, dir.fd);
    assert_int_equal(sqe->len, other.fd);
    struct rf_cqe cqe = done(&ring, sqe);
    assert_cqe(&cqe, 0x12121212, 0, 0);
    assert_int_equal(name_missing(&dir, "old"), ENOENT);
    assert_content(&other, "new", "hello");

    /* The flags arrive: what is there stays. */
    close(make_file(&dir, "third", "third"));
    cqe = done(&ring, rf_renameat(&ring, 2, dir.fd, "third", other.fd, "new", RENAME_NOREPLACE));
    assert_cqe(&cqe, 2, -EEXIST, 0);
    assert_content(&other, "new", "hello");
    assert_content(&dir, "third", "third");

    close_work_dir(&other);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "unlinkat" */
static void unlinks_and_the_name_is_gone(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_UNLINKAT);
    open_work_dir(&dir);
    close(make_file(&dir, "file", "hello"));
    close(make_file(&dir, "bystander", "here"));
    struct rf_cqe cqe = done(&ring, rf_unlinkat(&ring, 0x12121212, dir.fd, "file", 0));
    assert_cqe(&cqe, 0x12121212, 0, 0);
    assert_int_equal(name_missing(&dir, "file"), ENOENT);
    assert_content(&dir, "bystander", "here");

    assert_int_equal(mkdirat(dir.fd, "sub", 0700), 0);
    cqe = done(&ring, rf_unlinkat(&ring, 2, dir.fd, "sub", 0));
    assert_cqe(&cqe, 2, -EISDIR, 0);
    cqe = done(&ring, rf_unlinkat(&ring, 3, dir.fd, "sub", AT_REMOVEDIR));
    assert_cqe(&cqe, 3, 0, 0);
    assert_int_equal(name_missing(&dir, "sub"), ENOENT);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "mkdirat" */
static void makes_a_directory(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_MKDIRAT);
    open_work_dir(&dir);
    const struct rf_cqe cqe = done(&ring, rf_mkdirat(&ring, 0x12121212, dir.fd, "sub", 0750));
    assert_cqe(&cqe, 0x12121212, 0, 0);
    struct stat st;
    assert_int_equal(fstatat(dir.fd, "sub", &st, 0), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(st.st_mode & 0777 & ~0022U, 0750 & ~0022U);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "symlinkat" */
static void makes_a_symbolic_link(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_SYMLINKAT);
    open_work_dir(&dir);
    close(make_file(&dir, "file", "hello"));
    const struct rf_cqe cqe =
        done(&ring, rf_symlinkat(&ring, 0x12121212, "file", dir.fd, "link"));
    assert_cqe(&cqe, 0x12121212, 0, 0);
    char target[16];
    assert_int_equal(readlinkat(dir.fd, "link", target, sizeof target), 4);
    assert_memory_equal(target, "file", 4);
    assert_content(&dir, "link", "hello");
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* Zig: "linkat" */
static void gives_a_file_a_second_name(void **state)
{
    struct rf_ring ring;
    struct work_dir dir, other;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_LINKAT);
    open_work_dir(&dir);
    open_work_dir(&other);
    close(make_file(&dir, "first", "hello"));
    assert_int_equal(symlinkat("first", dir.fd, "soft"), 0);
    const struct rf_sqe *sqe = rf_linkat(&ring, 0x12121212, dir.fd, "first", other.fd, "second", 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->fd, dir.fd);
    assert_int_equal(sqe->len, other.fd);
    struct rf_cqe cqe = done(&ring, sqe);
    assert_cqe(&cqe, 0x12121212, 0, 0);
    assert_content(&other, "second", "hello");
    assert_content(&dir, "first", "hello");

    /* Not of the link but of what it points to: the flag arrives. */
    cqe = done(&ring,
               rf_linkat(&ring, 2, dir.fd, "soft", other.fd, "third", AT_SYMLINK_FOLLOW));
    assert_cqe(&cqe, 2, 0, 0);
    struct stat st;
    assert_int_equal(fstatat(other.fd, "third", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_nlink, 3);
    close_work_dir(&other);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

/* --- registered files ---------------------------------------------------- */

static struct rf_cqe read_slot(struct rf_ring *ring, int slot, char *buf, size_t len)
{
    memset(buf, 42, len);
    struct rf_sqe *sqe = rf_read(ring, 0xcccccccc, slot, buf, len, 0);
    assert_non_null(sqe);
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE);
    return done(ring, sqe);
}

static void assert_slot_has_zeros(struct rf_ring *ring, int slot)
{
    char buf[128];
    const struct rf_cqe cqe = read_slot(ring, slot, buf, sizeof buf);
    assert_cqe(&cqe, 0xcccccccc, sizeof buf, 0);
    assert_zeros(buf, sizeof buf);
}

static void assert_slot_empty(struct rf_ring *ring, int slot)
{
    char buf[128];
    const struct rf_cqe cqe = read_slot(ring, slot, buf, sizeof buf);
    assert_cqe(&cqe, 0xcccccccc, -EBADF, 0);
}

/* Zig: "register_files_update" */
static void registered_files_can_be_replaced_one_by_one(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_flavour(state, &ring, 1);
    open_work_dir(&dir);
    int zeros = open_zeros();
    int file = make_file(&dir, "file", "x");
    int fds[2] = {file, -1};
    assert_result(rf_register_files(&ring, fds, 2), 0);

    fds[0] = zeros;
    assert_result(rf_register_files_update(&ring, 0, fds, 1), 1);
    assert_slot_has_zeros(&ring, 0);

    const int only[1] = {file};
    assert_result(rf_register_files_update(&ring, 1, only, 1), 1);
    assert_slot_has_zeros(&ring, 0); /* untouched */
    char byte;
    struct rf_cqe cqe = read_slot(&ring, 1, &byte, 1);
    assert_cqe(&cqe, 0xcccccccc, 1, 0);
    assert_int_equal(byte, 'x');

    const int none[2] = {-1, -1};
    assert_result(rf_register_files_update(&ring, 0, none, 2), 2);
    assert_slot_empty(&ring, 0);
    assert_slot_empty(&ring, 1);

    assert_result(rf_unregister_files(&ring), 0);
    close(zeros);
    close(file);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

static void open_ring_with_slots(void **state, struct rf_ring *ring, uint32_t entries,
                                 uint32_t slots)
{
    open_flavour(state, ring, entries);
    int err = rf_register_files_sparse(ring, slots);
    if (err) {
        rf_deinit(ring);
        skip_because("this kernel has no sparse table of files: %s", strerror(-err));
    }
}

/* Zig: "openat_direct/close_direct" */
static void opens_into_slots_and_empties_them(void **state)
{
    struct rf_ring ring;
    struct work_dir dir;
    open_ring_with_slots(state, &ring, 2, 3);
    open_work_dir(&dir);
    close(make_file(&dir, "file", "content"));

    /* By number, then by the kernel's choice: the only one left. */
    for (uint32_t slot = 0; slot < 2; slot++) {
        const struct rf_cqe cqe = done(
            &ring, rf_openat_direct(&ring, 10 + slot, dir.fd, "file", O_RDWR, 0644, slot));
        assert_cqe(&cqe, 10 + slot, 0, 0);
    }
    struct rf_cqe cqe = done(&ring, rf_openat_direct(&ring, 12, dir.fd, "file", O_RDWR, 0644,
                                                     RF_FILE_INDEX_ALLOC));
    assert_cqe(&cqe, 12, 2, 0);
    cqe = done(&ring, rf_openat_direct(&ring, 13, dir.fd, "file", O_RDWR, 0644,
                                       RF_FILE_INDEX_ALLOC));
    assert_cqe(&cqe, 13, -ENFILE, 0);

    char buf[7];
    for (int slot = 0; slot < 3; slot++) {
        cqe = read_slot(&ring, slot, buf, sizeof buf);
        assert_cqe(&cqe, 0xcccccccc, sizeof buf, 0);
        assert_memory_equal(buf, "content", sizeof buf);
    }
    for (uint32_t slot = 0; slot < 3; slot++) {
        cqe = done(&ring, rf_close_direct(&ring, 20 + slot, slot));
        assert_cqe(&cqe, 20 + slot, 0, 0);
        assert_slot_empty(&ring, (int)slot);
    }
    assert_result(rf_unregister_files(&ring), 0);
    close_work_dir(&dir);
    rf_deinit(&ring);
}

static void an_operation_updates_registered_files(void **state)
{
    struct rf_ring ring;
    open_ring_with_slots(state, &ring, 1, 4);
    int zeros = open_zeros();
    const int fds[2] = {zeros, zeros};
    struct rf_cqe cqe = done(&ring, rf_files_update(&ring, 1, fds, 2, 1));
    assert_cqe(&cqe, 1, 2, 0);
    assert_slot_empty(&ring, 0);
    assert_slot_has_zeros(&ring, 1);
    assert_slot_has_zeros(&ring, 2);
    assert_slot_empty(&ring, 3);

    const int clear_and_skip[2] = {-1, RF_REGISTER_FILES_SKIP};
    cqe = done(&ring, rf_files_update(&ring, 2, clear_and_skip, 2, 1));
    assert_cqe(&cqe, 2, 2, 0);
    assert_slot_empty(&ring, 1);
    assert_slot_has_zeros(&ring, 2);

    cqe = done(&ring, rf_files_update(&ring, 3, fds, 2, 3)); /* over the end */
    assert_cqe(&cqe, 3, -EINVAL, 0);
    assert_result(rf_unregister_files(&ring), 0);
    close(zeros);
    rf_deinit(&ring);
}

static void an_operation_fills_free_slots_and_tells_which(void **state)
{
    struct rf_ring ring;
    open_ring_with_slots(state, &ring, 1, 3);
    int zeros = open_zeros();
    struct rf_cqe cqe = done(&ring, rf_files_update(&ring, 1, &zeros, 1, 1));
    assert_cqe(&cqe, 1, 1, 0);

    int fds[2] = {zeros, zeros};
    cqe = done(&ring, rf_files_update_alloc(&ring, 2, fds, 2));
    assert_cqe(&cqe, 2, 2, 0);
    assert_true((fds[0] == 0 && fds[1] == 2) || (fds[0] == 2 && fds[1] == 0));
    for (int slot = 0; slot < 3; slot++)
        assert_slot_has_zeros(&ring, slot);

    int one = zeros;
    cqe = done(&ring, rf_files_update_alloc(&ring, 3, &one, 1));
    assert_cqe(&cqe, 3, -ENFILE, 0);
    assert_result(rf_unregister_files(&ring), 0);
    close(zeros);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(reads_a_registered_file_into_iovecs),
        EACH_FLAVOUR(a_chain_writes_syncs_and_reads_in_order),
        EACH_FLAVOUR(reads_back_what_was_written),
        EACH_FLAVOUR(splices_a_file_through_a_pipe_into_another),
        EACH_FLAVOUR(writes_from_and_reads_into_registered_buffers),
        ONCE(opens_a_file_in_a_directory),
        ONCE(closes_a_file),
        ONCE(allocates_space_for_a_file),
        ONCE(tells_the_size_of_a_file),
        ONCE(renames_and_the_old_name_is_gone),
        ONCE(unlinks_and_the_name_is_gone),
        ONCE(makes_a_directory),
        ONCE(makes_a_symbolic_link),
        ONCE(gives_a_file_a_second_name),
        EACH_FLAVOUR(registered_files_can_be_replaced_one_by_one),
        EACH_FLAVOUR(opens_into_slots_and_empties_them),
        EACH_FLAVOUR(an_operation_updates_registered_files),
        EACH_FLAVOUR(an_operation_fills_free_slots_and_tells_which),
    };
    return run_all(tests, COUNT_OF(tests));
}
