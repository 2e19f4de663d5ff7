/* SPDX-License-Identifier: MIT */
/*
 * Held here: what a multishot recvmsg left in a buffer is read as the kernel wrote
 * it, and lengths that lie make nothing outside of the buffer be read: buffers
 * end where a page without access begins.
 */
#include "io_support.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

/* --- lengths that lie ---------------------------------------------------- */

struct walled {
    uint8_t *pages;
    uint8_t *end;
};

static void open_walled(struct walled *w)
{
    w->pages = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                    -1, 0);
    assert_true(w->pages != MAP_FAILED);
    assert_int_equal(mprotect(w->pages, PAGE, PROT_NONE), 0);
    assert_int_equal(mprotect(w->pages + 2 * PAGE, PAGE, PROT_NONE), 0);
    w->end = w->pages + 2 * PAGE;
}

static void close_walled(struct walled *w)
{
    assert_int_equal(munmap(w->pages, 3 * PAGE), 0);
}

static void a_result_too_small_for_the_areas_is_refused(void **state)
{
    (void)state;
    uint64_t buf[32] = {0};
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_namelen = 16;
    msg.msg_controllen = 24;
    assert_null(rf_recvmsg_validate(buf, 16 + 16 + 24 - 1, &msg));
    struct rf_recvmsg_out *out = rf_recvmsg_validate(buf, 16 + 16 + 24, &msg);
    assert_ptr_equal(out, buf);
    assert_null(rf_recvmsg_validate(buf, -ENOBUFS, &msg));
    assert_null(rf_recvmsg_validate(buf, 0, &msg));
    assert_null(rf_recvmsg_validate(buf, INT32_MIN, &msg));

    assert_int_equal(rf_recvmsg_payload_length(out, 16 + 16 + 24 + 5, &msg), 5);
    assert_int_equal(rf_recvmsg_payload_length(out, 16 + 16 + 24, &msg), 0);
    assert_int_equal(rf_recvmsg_payload_length(out, 16, &msg), 0);
    assert_int_equal(rf_recvmsg_payload_length(out, -1, &msg), 0);

    /* Sums that go round: 16 + 16 + this is 0, or small. */
    const size_t lies[] = {(size_t)0 - 32, (size_t)0 - 31, SIZE_MAX, SIZE_MAX / 2};
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        msg.msg_controllen = lies[i];
        assert_null(rf_recvmsg_validate(buf, INT32_MAX, &msg));
        assert_int_equal(rf_recvmsg_payload_length(out, INT32_MAX, &msg), 0);
    }
    msg.msg_controllen = 0;
    msg.msg_namelen = UINT32_MAX;
    assert_null(rf_recvmsg_validate(buf, INT32_MAX, &msg));
}

/* Walks all control messages; how many. Reads every byte of each. */
static unsigned walk(struct rf_recvmsg_out *out, const struct msghdr *msg)
{
    unsigned count = 0;
    volatile uint8_t sink = 0;
    for (struct cmsghdr *cmsg = rf_recvmsg_cmsg_firsthdr(out, msg); cmsg;
         cmsg = rf_recvmsg_cmsg_nexthdr(out, msg, cmsg)) {
        for (size_t i = 0; i < cmsg->cmsg_len; i++)
            sink = (uint8_t)(sink ^ ((const uint8_t *)cmsg)[i]);
        assert_true(++count <= PAGE / sizeof(struct cmsghdr)); /* and it comes to an end */
    }
    return count;
}

static void control_messages_that_lie_are_not_followed(void **state)
{
    (void)state;
    struct walled w;
    open_walled(&w);
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_namelen = 16;
    msg.msg_controllen = 64;
    uint8_t *const buf = w.end - (16 + 16 + 64); /* its control area ends at the wall */
    struct rf_recvmsg_out *out = rf_recvmsg_validate(buf, 16 + 16 + 64, &msg);
    assert_non_null(out);
    struct cmsghdr *const first = (struct cmsghdr *)(void *)(buf + 32);
    struct cmsghdr *const second = (struct cmsghdr *)(void *)(buf + 32 + CMSG_SPACE(4));

    /* Two whole ones, the second up to the last byte. */
    memset(buf, 0, 96);
    out->controllen = 64;
    first->cmsg_len = CMSG_LEN(4);
    second->cmsg_len = 64 - CMSG_SPACE(4);
    assert_int_equal(walk(out, &msg), 2);
    assert_ptr_equal(rf_recvmsg_cmsg_firsthdr(out, &msg), first);
    assert_ptr_equal(rf_recvmsg_cmsg_nexthdr(out, &msg, first), second);

    second->cmsg_len++; /* one byte behind the end */
    assert_int_equal(walk(out, &msg), 1);
    second->cmsg_len = sizeof *second - 1; /* no header even */
    assert_int_equal(walk(out, &msg), 1);
    second->cmsg_len = 0;
    assert_int_equal(walk(out, &msg), 1);
    second->cmsg_len = SIZE_MAX;
    assert_int_equal(walk(out, &msg), 1);

    const size_t lies[] = {0, 1, 15, 65, 4096, SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        first->cmsg_len = lies[i];
        assert_int_equal(walk(out, &msg), 0);
        /* As if it had been changed while it was looked at. */
        assert_null(rf_recvmsg_cmsg_nexthdr(out, &msg, first));
    }
    first->cmsg_len = 63; /* its padding fits just so, and then there is nothing */
    assert_int_equal(walk(out, &msg), 1);

    /* The header says there is more than room. */
    const uint32_t more[] = {65, 80, 4096, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(more); i++) {
        out->controllen = more[i];
        first->cmsg_len = more[i];
        assert_int_equal(walk(out, &msg), 0);
        first->cmsg_len = 64;
        assert_int_equal(walk(out, &msg), 1);
    }
    /* Or less than a header. */
    first->cmsg_len = sizeof *first;
    for (uint32_t less = 0; less < sizeof *first; less++) {
        out->controllen = less;
        assert_int_equal(walk(out, &msg), 0);
    }
    close_walled(&w);
}

/* No length at all leads out of the buffer, or round and round. */
static void random_control_areas_are_walked_safely(void **state)
{
    (void)state;
    struct walled w;
    open_walled(&w);
    uint64_t x = 88172645463325252u; /* the same numbers each time */
    for (unsigned round = 0; round < 20000; round++) {
        struct msghdr msg;
        memset(&msg, 0, sizeof msg);
        const size_t words = round % 24;
        msg.msg_namelen = 8 * (round % 3);
        msg.msg_controllen = 8 * words;
        uint64_t *buf = (uint64_t *)(void *)(w.end - 16 - msg.msg_namelen - 8 * words);
        for (uint64_t *p = buf; p < (uint64_t *)(void *)w.end; p++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            *p = x % 4 ? x % 40 : x;
        }
        struct rf_recvmsg_out *out = (struct rf_recvmsg_out *)(void *)buf;
        (void)walk(out, &msg);
    }
    close_walled(&w);
}

/* --- what the kernel writes ---------------------------------------------- */

static void name_control_and_payload_are_where_the_kernel_put_them(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SEND_ZC); /* of the kernel that has multishot receives: 6.0 */
    int here = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int there = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(here >= 0 && there >= 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX}, from = {.sun_family = AF_UNIX};
    snprintf(to.sun_path + 1, sizeof to.sun_path - 1, "rf-recvmsg-here-%d", (int)getpid());
    snprintf(from.sun_path + 1, sizeof from.sun_path - 1, "rf-recvmsg-there-%d", (int)getpid());
    assert_int_equal(bind(here, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(bind(there, (struct sockaddr *)&from, sizeof from), 0);
    const int on = 1;
    assert_int_equal(setsockopt(here, SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);

    uint64_t buffer[64] = {0};
    struct rf_cqe cqe = done(&ring, rf_provide_buffers(&ring, 1, buffer, sizeof buffer, 1, 7, 3));
    assert_cqe(&cqe, 1, 0, 0);
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_namelen = sizeof(struct sockaddr_storage);
    msg.msg_controllen = CMSG_SPACE(sizeof(struct ucred)) + 16;
    assert_non_null(rf_recvmsg_multishot(&ring, 2, here, 7, &msg, 0));
    submit_all(&ring, 1);
    assert_int_equal(sendto(there, "hello", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
    reap(&ring, &cqe, 1);
    assert_true(cqe.user_data == 2 && cqe.flags & RF_CQE_F_BUFFER);
    struct rf_recvmsg_out *out = rf_recvmsg_validate(buffer, cqe.res, &msg);
    assert_non_null(out);

    assert_int_equal(out->namelen, sizeof from);
    assert_memory_equal(rf_recvmsg_name(out), &from, sizeof from);
    assert_int_equal(rf_recvmsg_payload_length(out, cqe.res, &msg), 5);
    assert_int_equal(out->payloadlen, 5);
    assert_memory_equal(rf_recvmsg_payload(out, &msg), "hello", 5);
    struct cmsghdr *cmsg = rf_recvmsg_cmsg_firsthdr(out, &msg);
    assert_non_null(cmsg);
    assert_int_equal(cmsg->cmsg_type, SCM_CREDENTIALS);
    assert_int_equal(cmsg->cmsg_len, CMSG_LEN(sizeof(struct ucred)));
    struct ucred credentials;
    memcpy(&credentials, CMSG_DATA(cmsg), sizeof credentials);
    assert_int_equal(credentials.pid, getpid());
    assert_null(rf_recvmsg_cmsg_nexthdr(out, &msg, cmsg));

    /* No buffer is left: the receive ends by itself. */
    assert_true(cqe.flags & RF_CQE_F_MORE);
    assert_int_equal(sendto(there, "again", 5, 0, (struct sockaddr *)&to, sizeof to), 5);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 2, -ENOBUFS, 0);
    assert_null(rf_recvmsg_validate(buffer, cqe.res, &msg));
    close(here);
    close(there);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(a_result_too_small_for_the_areas_is_refused),
        ONCE(control_messages_that_lie_are_not_followed),
        ONCE(random_control_areas_are_walked_safely),
        EACH_FLAVOUR(name_control_and_payload_are_where_the_kernel_put_them),
    };
    return run_all(tests, COUNT_OF(tests));
}
