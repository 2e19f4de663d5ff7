/* SPDX-License-Identifier: MIT */
/*
 * Held here: what the preps write on a machine of the other byte order. Built
 * for s390x where a cross compiler is installed, and run in an emulator; so
 * without a test framework and without the library.
 */
#include "prep_cases.h"

#include <stdio.h>

#if __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__
#error "this is for big endian: test_prep.c does the other"
#endif

static unsigned cases, failed;

static void check(const char *call, const struct rf_sqe *got, const struct sqe_bytes *want)
{
    const int same = memcmp(got, want, sizeof *want) == 0;
    failed += !same;
    printf("%s %u - %s\n", same ? "ok" : "not ok", ++cases, call);
}

/* Two by hand, so that the helpers of the cases are not believed blindly. */
static void check_known_bytes(void)
{
    struct rf_sqe sqe;
    uint8_t bytes[sizeof sqe];
    rf_prep_poll_add(&sqe, 7, 0x00002001); /* POLLRDHUP | POLLIN */
    memcpy(bytes, &sqe, sizeof bytes);
    const int mask_ok = memcmp(bytes + 28, "\x20\x01\x00\x00", 4) == 0;

    rf_prep_cmd_sock(&sqe, RF_SOCKET_URING_OP_SETSOCKOPT, 7, 1, 2, NULL, 4);
    memcpy(bytes, &sqe, sizeof bytes);
    const int cmd_ok = memcmp(bytes + 8, "\0\0\0\3\0\0\0\0\0\0\0\1\0\0\0\2", 16) == 0;

    printf("%s %u - poll mask by bytes\n", mask_ok ? "ok" : "not ok", ++cases);
    printf("%s %u - socket command by bytes\n", cmd_ok ? "ok" : "not ok", ++cases);
    failed += !mask_ok + !cmd_ok;
}

int main(void)
{
    walk_prep_cases(check);
    check_known_bytes();
    printf("1..%u\n", cases);
    return failed != 0;
}
