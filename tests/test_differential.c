/* SPDX-License-Identifier: MIT */
/*
 * Held here: with the same arguments, our preps leave the same 64 bytes as those of
 * liburing, the difference aside that stands beside a case. Arguments are random;
 * the seed is printed, and RF_SEED=... gives it again.
 *
 * liburing's preps leave flags, user_data and more as they were, so its SQE is
 * zeroed first, which io_uring_get_sqe() does only in part; ours is full of garbage.
 * The cases are those that liburing 2.3 has.
 */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <liburing.h>

enum { ROUNDS = 2000 };

/* --- random arguments ---------------------------------------------------- */

static uint64_t random_state;

static uint64_t next_random(void)
{
    /* xorshift64*: good enough, and the same everywhere. */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Often an edge of the range, where truncation and sign extension show. */
static uint64_t argument(uint64_t max)
{
    switch (next_random() % 8) {
    case 0:
        return 0;
    case 1:
        return max;
    case 2:
        return max / 2 + next_random() % 2;
    default:
        return max == UINT64_MAX ? next_random() : next_random() % (max + 1);
    }
}

static void *pointer(void)
{
    return (void *)(uintptr_t)next_random();
}

/* --- comparing ----------------------------------------------------------- */

static char compared[16384]; /* "io_uring_prep_foo(" of all cases */

static void compare(const char *call, const struct io_uring_sqe *theirs,
                    const struct rf_sqe *ours)
{
    if (memcmp(theirs, ours, sizeof *ours) == 0)
        return;
    print_error("%s\n  byte: liburing, ringfence\n", call);
    const uint8_t *t = (const uint8_t *)theirs, *o = (const uint8_t *)ours;
    for (size_t i = 0; i < sizeof *ours; i++)
        if (t[i] != o[i])
            print_error("  %4zu:  %02x %02x\n", i, t[i], o[i]);
    fail();
}

/* DIFFERS: and then what of theirs has to be changed to be like ours. */
#define DIFFERS(their_call, our_call, mend)                         \
    do {                                                            \
        struct io_uring_sqe theirs, *their_sqe = &theirs;           \
        struct rf_sqe ours, *our_sqe = &ours;                       \
        memset(their_sqe, 0, sizeof *their_sqe);                    \
        memset(our_sqe, 0xa5, sizeof *our_sqe);                     \
        io_uring_prep_##their_call;                                 \
        rf_prep_##our_call;                                         \
        mend;                                                       \
        compare(#their_call, their_sqe, our_sqe);                   \
        if (first_round)                                            \
            strcat(compared, "io_uring_prep_" #their_call ";");     \
    } while (0)

#define SAME(their_call, our_call) DIFFERS(their_call, our_call, (void)0)

static void compare_all(bool first_round)
{
    const int fd = (int)argument(UINT32_MAX), fd2 = (int)argument(UINT32_MAX);
    const int fd31 = (int)argument(INT32_MAX);
    void *const p = pointer(), *const q = pointer(), *const r = pointer();
    const uint64_t off = argument(UINT64_MAX), off2 = argument(UINT64_MAX);
    const uint32_t n = (uint32_t)argument(UINT32_MAX), m = (uint32_t)argument(UINT32_MAX);
    const uint32_t n31 = (uint32_t)argument(INT32_MAX);
    const uint32_t flags = (uint32_t)argument(UINT32_MAX);
    const int iflags = (int)flags;
    const uint16_t index = (uint16_t)argument(UINT16_MAX), id = (uint16_t)argument(UINT16_MAX);
    /* Not RF_FILE_INDEX_ALLOC: liburing 2.3 stores 0 for it, which means no slot at all. */
    const uint32_t slot = (uint32_t)argument(RF_FILE_INDEX_ALLOC - 2);

    /* The kernel ignores fd here. Ours is Zig's. */
    DIFFERS(nop(their_sqe), nop(our_sqe), their_sqe->fd = 0);
    DIFFERS(rw(IORING_OP_SEND, their_sqe, fd, p, n, off),
            rw(our_sqe, RF_OP_SEND, fd, (uint64_t)(uintptr_t)p, n, off), (void)0);

    SAME(read(their_sqe, fd, p, n, off), read(our_sqe, fd, p, n, off));
    SAME(write(their_sqe, fd, p, n, off), write(our_sqe, fd, p, n, off));
    SAME(readv(their_sqe, fd, p, n, off), readv(our_sqe, fd, p, n, off));
    SAME(writev(their_sqe, fd, p, n, off), writev(our_sqe, fd, p, n, off));
    SAME(readv2(their_sqe, fd, p, n, off, iflags), readv2(our_sqe, fd, p, n, off, flags));
    SAME(writev2(their_sqe, fd, p, n, off, iflags), writev2(our_sqe, fd, p, n, off, flags));
    SAME(read_fixed(their_sqe, fd, p, n, off, index), read_fixed(our_sqe, fd, p, n, off, index));
    SAME(write_fixed(their_sqe, fd, p, n, off, index), write_fixed(our_sqe, fd, p, n, off, index));
    SAME(fsync(their_sqe, fd, flags), fsync(our_sqe, fd, flags));
    SAME(sync_file_range(their_sqe, fd, n, off, iflags),
         sync_file_range(our_sqe, fd, n, off, flags));
    SAME(fallocate(their_sqe, fd, fd31, (off_t)off, (off_t)off2),
         fallocate(our_sqe, fd, fd31, off, off2));
    SAME(fadvise(their_sqe, fd, off, (off_t)n, fd2), fadvise(our_sqe, fd, off, n, fd2));
    SAME(madvise(their_sqe, p, (off_t)n, fd2), madvise(our_sqe, p, n, fd2));
    SAME(splice(their_sqe, fd, (int64_t)off, fd2, (int64_t)off2, n, flags),
         splice(our_sqe, fd, off, fd2, off2, n, flags));
    SAME(tee(their_sqe, fd, fd2, n, flags), tee(our_sqe, fd, fd2, n, flags));

    SAME(accept(their_sqe, fd, p, q, iflags), accept(our_sqe, fd, p, q, flags));
    SAME(accept_direct(their_sqe, fd, p, q, iflags, slot),
         accept_direct(our_sqe, fd, p, q, flags, slot));
    SAME(multishot_accept(their_sqe, fd, p, q, iflags),
         multishot_accept(our_sqe, fd, p, q, flags));
    SAME(multishot_accept_direct(their_sqe, fd, p, q, iflags),
         multishot_accept_direct(our_sqe, fd, p, q, flags));
    SAME(connect(their_sqe, fd, p, n), connect(our_sqe, fd, p, n));
    SAME(shutdown(their_sqe, fd, fd2), shutdown(our_sqe, fd, fd2));
    SAME(socket(their_sqe, fd, fd31, fd2, flags), socket(our_sqe, fd, fd31, fd2, flags));
    /* The last two arguments stand the other way round, as in Zig. */
    SAME(socket_direct(their_sqe, fd, fd31, fd2, slot, flags),
         socket_direct(our_sqe, fd, fd31, fd2, flags, slot));
    SAME(socket_direct_alloc(their_sqe, fd, fd31, fd2, flags),
         socket_direct_alloc(our_sqe, fd, fd31, fd2, flags));

    SAME(recv(their_sqe, fd, p, n, iflags), recv(our_sqe, fd, p, n, flags));
    /* Without a buffer it must be selected; liburing leaves that flag to the caller. */
    DIFFERS(recv_multishot(their_sqe, fd, p, n, iflags), recv_multishot(our_sqe, fd, p, n, flags),
            their_sqe->flags = p ? 0 : IOSQE_BUFFER_SELECT);
    DIFFERS(recv_multishot(their_sqe, fd, NULL, n, iflags),
            recv_multishot(our_sqe, fd, NULL, n, flags), their_sqe->flags = IOSQE_BUFFER_SELECT);
    SAME(recvmsg(their_sqe, fd, p, flags), recvmsg(our_sqe, fd, p, flags));
    DIFFERS(recvmsg_multishot(their_sqe, fd, p, flags), recvmsg_multishot(our_sqe, fd, p, flags),
            their_sqe->flags = IOSQE_BUFFER_SELECT);
    SAME(send(their_sqe, fd, p, n, iflags), send(our_sqe, fd, p, n, flags));
    /* A length that does not fit: theirs loses the upper bits, ours is as much as there can be. */
    DIFFERS(send(their_sqe, fd, p, (size_t)off, iflags), send(our_sqe, fd, p, (size_t)off, flags),
            their_sqe->len = off > UINT32_MAX ? UINT32_MAX : (uint32_t)off);
    SAME(send_set_addr(their_sqe, p, index),
         send_set_addr((rf_prep_rw(our_sqe, RF_OP_NOP, 0, 0, 0, 0), our_sqe), p, index));
    SAME(send_zc(their_sqe, fd, p, n, iflags, index), send_zc(our_sqe, fd, p, n, flags, index));
    SAME(send_zc_fixed(their_sqe, fd, p, n, iflags, index, id),
         send_zc_fixed(our_sqe, fd, p, n, flags, index, id));
    SAME(sendmsg(their_sqe, fd, p, flags), sendmsg(our_sqe, fd, p, flags));
    SAME(sendmsg_zc(their_sqe, fd, p, flags), sendmsg_zc(our_sqe, fd, p, flags));

    SAME(openat(their_sqe, fd, p, iflags, n), openat(our_sqe, fd, p, flags, n));
    SAME(openat_direct(their_sqe, fd, p, iflags, n, slot),
         openat_direct(our_sqe, fd, p, flags, n, slot));
    SAME(openat2(their_sqe, fd, p, q), openat2(our_sqe, fd, p, q));
    SAME(openat2_direct(their_sqe, fd, p, q, slot), openat2_direct(our_sqe, fd, p, q, slot));
    SAME(close(their_sqe, fd), close(our_sqe, fd));
    SAME(close_direct(their_sqe, slot), close_direct(our_sqe, slot));
    SAME(statx(their_sqe, fd, p, iflags, n, q), statx(our_sqe, fd, p, flags, n, q));
    SAME(renameat(their_sqe, fd, p, fd2, q, flags), renameat(our_sqe, fd, p, fd2, q, flags));
    SAME(rename(their_sqe, p, q), rename(our_sqe, p, q));
    SAME(unlinkat(their_sqe, fd, p, iflags), unlinkat(our_sqe, fd, p, flags));
    SAME(unlink(their_sqe, p, iflags), unlink(our_sqe, p, flags));
    SAME(mkdirat(their_sqe, fd, p, n), mkdirat(our_sqe, fd, p, n));
    SAME(mkdir(their_sqe, p, n), mkdir(our_sqe, p, n));
    SAME(symlinkat(their_sqe, p, fd, q), symlinkat(our_sqe, p, fd, q));
    SAME(symlink(their_sqe, p, q), symlink(our_sqe, p, q));
    SAME(linkat(their_sqe, fd, p, fd2, q, iflags), linkat(our_sqe, fd, p, fd2, q, flags));
    SAME(link(their_sqe, p, q, iflags), link(our_sqe, p, q, flags));
    SAME(getxattr(their_sqe, p, q, r, n), getxattr(our_sqe, p, q, r, n));
    SAME(setxattr(their_sqe, p, q, r, iflags, n), setxattr(our_sqe, p, q, r, flags, n));
    SAME(fgetxattr(their_sqe, fd, p, q, n), fgetxattr(our_sqe, fd, p, q, n));
    SAME(fsetxattr(their_sqe, fd, p, q, iflags, n), fsetxattr(our_sqe, fd, p, q, flags, n));

    SAME(timeout(their_sqe, p, n, flags), timeout(our_sqe, p, n, flags));
    SAME(timeout_remove(their_sqe, off, flags), timeout_remove(our_sqe, off, flags));
    SAME(timeout_update(their_sqe, p, off, flags), timeout_update(our_sqe, p, off, flags));
    SAME(link_timeout(their_sqe, p, flags), link_timeout(our_sqe, p, flags));
    SAME(poll_add(their_sqe, fd, n), poll_add(our_sqe, fd, n));
    SAME(poll_multishot(their_sqe, fd, n), poll_multishot(our_sqe, fd, n));
    SAME(poll_remove(their_sqe, off), poll_remove(our_sqe, off));
    SAME(poll_update(their_sqe, off, off2, n, m), poll_update(our_sqe, off, off2, n, m));
    SAME(epoll_ctl(their_sqe, fd, fd31, fd2, p), epoll_ctl(our_sqe, fd, fd31, fd2, p));
    SAME(cancel(their_sqe, p, iflags), cancel(our_sqe, (uint64_t)(uintptr_t)p, flags));
    SAME(cancel64(their_sqe, off, iflags), cancel64(our_sqe, off, flags));
    SAME(cancel_fd(their_sqe, fd, flags), cancel_fd(our_sqe, fd, flags));
    SAME(msg_ring(their_sqe, fd, n, off, flags), msg_ring(our_sqe, fd, n, off, flags));

    SAME(files_update(their_sqe, p, n, (int)n31), files_update(our_sqe, p, n, n31));
    SAME(provide_buffers(their_sqe, p, (int)n31, fd31, index, id),
         provide_buffers(our_sqe, p, n31, (size_t)fd31, index, id));
    SAME(remove_buffers(their_sqe, fd31, index), remove_buffers(our_sqe, (size_t)fd31, index));
}

static void same_arguments_leave_the_same_bytes(void **state)
{
    (void)state;
    const char *given = getenv("RF_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 0;
    if (!seed) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t)now.tv_nsec << 20 ^ (uint64_t)now.tv_sec;
    }
    printf("# RF_SEED=%#" PRIx64 "\n", seed);
    random_state = seed | 1;
    compared[0] = '\0';
    for (unsigned i = 0; i < ROUNDS; i++)
        compare_all(i == 0);
}

/* --- no prep of both is left out ----------------------------------------- */

static bool both_have(const char *name, const char *ours)
{
    char wanted[80];
    snprintf(wanted, sizeof wanted, " rf_prep_%s", name);
    return strstr(ours, wanted) != NULL;
}

/* The text of all our prep headers. */
static char *read_ours(void)
{
    FILE *f = popen("cat '" RF_SOURCE_DIR "'/include/ringfence/prep_*.h", "r");
    assert_non_null(f);
    char *text = test_malloc(1 << 20);
    const size_t length = fread(text, 1, (1 << 20) - 1, f);
    assert_int_equal(pclose(f), 0);
    text[length] = '\0';
    return text;
}

/* After the comparison, which fills the list. */
static void every_prep_of_both_is_compared(void **state)
{
    (void)state;
    if (!compared[0])
        compare_all(true);
    char *ours = read_ours();
    FILE *header = fopen(LIBURING_HEADER, "re");
    assert_non_null(header);
    char line[256];
    unsigned found = 0;
    while (fgets(line, sizeof line, header)) {
        const char *name = strstr(line, "void io_uring_prep_");
        if (!name)
            continue;
        name += strlen("void io_uring_prep_");
        char call[64], wanted[96];
        snprintf(call, sizeof call, "%.*s", (int)strcspn(name, "(") + 1, name);
        if (!both_have(call, ours))
            fail_msg("there is no rf_prep_%s", call);
        snprintf(wanted, sizeof wanted, "io_uring_prep_%s", call);
        if (!strstr(compared, wanted)) {
            /* A newer liburing has some that this knows nothing of. */
            if (strcmp(LIBURING_VERSION, "2.3") == 0)
                fail_msg("%s is not compared", wanted);
            printf("# not compared: %s)\n", wanted);
            continue;
        }
        found++;
    }
    fclose(header);
    test_free(ours);
    assert_true(found >= 70); /* or this has not understood the header */
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(same_arguments_leave_the_same_bytes),
        ONCE(every_prep_of_both_is_compared),
    };
    return run_all(tests, COUNT_OF(tests));
}
