/* SPDX-License-Identifier: MIT */
/*
 * Held here: what the preps write, byte by byte, and that they trap on a
 * number that does not fit its field. No ring, no kernel.
 */
#include "support.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "prep_cases.h"

/* --- all bytes ----------------------------------------------------------- */

static void compare(const char *call, const struct rf_sqe *got, const struct sqe_bytes *want)
{
    if (memcmp(got, want, sizeof *want) == 0)
        return;
    print_error("%s\n  byte: got, expected\n", call);
    const uint8_t *g = (const uint8_t *)got, *w = (const uint8_t *)want;
    for (size_t i = 0; i < sizeof *want; i++)
        if (g[i] != w[i])
            print_error("  %4zu:  %02x %02x\n", i, g[i], w[i]);
    fail();
}

static void every_prep_writes_every_byte(void **state)
{
    (void)state;
    walk_prep_cases(compare);
}

static char walked[16384]; /* all cases, of which each has one call or more */

static void remember(const char *call, const struct rf_sqe *got, const struct sqe_bytes *want)
{
    (void)got;
    (void)want;
    assert_true(strlen(walked) + strlen(call) + 1 < sizeof walked);
    strcat(walked, call);
}

/* How many preps the header has; each must have a case. */
static unsigned preps_with_a_case(const char *path)
{
    FILE *header = fopen(path, "re");
    assert_non_null(header);
    char line[256];
    unsigned found = 0;
    while (fgets(line, sizeof line, header)) {
        const char *name = strstr(line, "RF_INLINE void rf_prep_");
        if (!name)
            continue;
        name += strlen("RF_INLINE void ");
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(name, "(") + 1, name);
        if (!strstr(walked, wanted))
            fail_msg("%s has no case", wanted);
        found++;
    }
    fclose(header);
    return found;
}

static void no_prep_is_without_a_case(void **state)
{
    (void)state;
    walk_prep_cases(remember);
    glob_t headers;
    assert_int_equal(glob(RF_SOURCE_DIR "/include/ringfence/prep*.h", 0, NULL, &headers), 0);
    unsigned found = 0;
    for (size_t i = 0; i < headers.gl_pathc; i++)
        found += preps_with_a_case(headers.gl_pathv[i]);
    globfree(&headers);
    assert_true(found >= 56); /* Zig's; or this has not understood the header */
}

/* Poll masks on the other byte order: halves swapped, bytes within them not. */
static void halves_of_a_word_are_swapped(void **state)
{
    (void)state;
    assert_int_equal(rfi_swap_halves(0x12345678), 0x56781234);
    assert_int_equal(rfi_swap_halves(rfi_swap_halves(0x80002005)), 0x80002005);
    assert_int_equal(rfi_poll_mask(0x12345678), poll_word(0x12345678));
}

/* --- flags --------------------------------------------------------------- */

static void flags_are_added_to_those_that_are_set(void **state)
{
    (void)state;
    struct rf_sqe sqe;
    rf_prep_nop(&sqe);
    rf_sqe_set_flags(&sqe, RF_SQE_ASYNC);
    assert_int_equal(sqe.flags, 0x10);
    rf_sqe_set_flags(&sqe, RF_SQE_FIXED_FILE | RF_SQE_ASYNC);
    assert_int_equal(sqe.flags, 0x11);
    rf_sqe_link_next(&sqe);
    assert_int_equal(sqe.flags, 0x15);
    sqe.flags = 0;
    const struct rf_sqe nop = sqe;
    rf_prep_nop(&sqe);
    assert_memory_equal(&sqe, &nop, sizeof sqe); /* nothing but the flags was touched */
}

static void what_was_set_comes_back_as_it_was(void **state)
{
    (void)state;
    struct rf_sqe sqe;
    rf_prep_nop(&sqe);
    struct rf_cqe cqe = {0};
    rf_sqe_set_data(&sqe, &cqe);
    cqe.user_data = sqe.user_data;
    assert_ptr_equal(rf_cqe_get_data(&cqe), &cqe);
    rf_sqe_set_data64(&sqe, UINT64_MAX - 1);
    cqe.user_data = sqe.user_data;
    assert_true(rf_cqe_get_data64(&cqe) == UINT64_MAX - 1);
}

/* --- numbers that do not fit --------------------------------------------- */

#if SIZE_MAX > UINT32_MAX
static void lengths_of_data_saturate(void **state)
{
    (void)state;
    const size_t lens[] = {UINT32_MAX, (size_t)UINT32_MAX + 1, (size_t)1 << 40, SIZE_MAX};
    char byte;
    for (size_t i = 0; i < COUNT_OF(lens); i++) {
        struct rf_sqe sqe;
        const size_t len = lens[i];
#define SATURATES(call)                          \
    do {                                         \
        memset(&sqe, 0, sizeof sqe);             \
        call;                                    \
        assert_int_equal(sqe.len, UINT32_MAX);   \
    } while (0)
        SATURATES(rf_prep_rw(&sqe, RF_OP_READ, 0, 0, len, 0));
        SATURATES(rf_prep_read(&sqe, 0, &byte, len, 0));
        SATURATES(rf_prep_write(&sqe, 0, &byte, len, 0));
        SATURATES(rf_prep_read_fixed(&sqe, 0, &byte, len, 0, 0));
        SATURATES(rf_prep_write_fixed(&sqe, 0, &byte, len, 0, 0));
        SATURATES(rf_prep_splice(&sqe, 0, 0, 0, 0, len, 0));
        SATURATES(rf_prep_recv(&sqe, 0, &byte, len, 0));
        SATURATES(rf_prep_recv_multishot(&sqe, 0, NULL, len, 0));
        SATURATES(rf_prep_send(&sqe, 0, &byte, len, 0));
        SATURATES(rf_prep_sendto(&sqe, 0, &byte, len, 0, NULL, 0));
        SATURATES(rf_prep_send_bundle(&sqe, 0, len, 0));
        SATURATES(rf_prep_tee(&sqe, 0, 0, len, 0));
        SATURATES(rf_prep_send_zc(&sqe, 0, &byte, len, 0, 0));
        SATURATES(rf_prep_send_zc_fixed(&sqe, 0, &byte, len, 0, 0, 0));
#undef SATURATES
    }
}
#else
static void lengths_of_data_saturate(void **state)
{
    (void)state;
    skip_because("size_t has 32 bits here: every length fits");
}
#endif

/* Does the statement stop the program by a trap? In a child of its own. */
#define TRAPS(statement)                                    \
    do {                                                    \
        fflush(NULL);                                       \
        pid_t pid = fork();                                 \
        assert_true(pid >= 0);                              \
        if (pid == 0) {                                     \
            prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);             \
            let_traps_through();                            \
            struct rf_sqe sqe;                              \
            memset(&sqe, 0, sizeof sqe);                    \
            statement;                                      \
            /* Else the compiler may drop all of it. */     \
            _exit(*(volatile uint8_t *)&sqe.opcode & 1);    \
        }                                                   \
        int status;                                         \
        assert_int_equal(waitpid(pid, &status, 0), pid);    \
        if (!is_trap(status))                               \
            fail_msg("%s went through", #statement);        \
    } while (0)

static void what_does_not_fit_traps(void **state)
{
    (void)state;
    char byte;
    const int fd = 0;
    TRAPS(rf_prep_epoll_ctl(&sqe, 0, -1, 2, NULL));
    TRAPS(rf_prep_fallocate(&sqe, 0, -1, 0, 0));
    TRAPS(rf_prep_provide_buffers(&sqe, &byte, 1, (size_t)INT32_MAX + 1, 0, 0));
    TRAPS(rf_prep_provide_buffers(&sqe, &byte, 1, 1, 0x10000, 0));
    TRAPS(rf_prep_provide_buffers(&sqe, &byte, 1, 1, 0, 0x10000));
    TRAPS(rf_prep_remove_buffers(&sqe, (size_t)INT32_MAX + 1, 0));
    TRAPS(rf_prep_remove_buffers(&sqe, 1, 0x10000));
    TRAPS(rf_prep_files_update(&sqe, &fd, 1, RF_FILE_INDEX_ALLOC));
    TRAPS(rf_sqe_set_flags(&sqe, 0x100));
    TRAPS(rf_prep_fixed_fd_install(&sqe, (uint32_t)INT32_MAX + 1, 0));
    TRAPS(rf_prep_sendto(&sqe, 0, &byte, 1, 0, NULL, 0x10000));
#if SIZE_MAX > UINT32_MAX
    const size_t much = (size_t)UINT32_MAX + 1;
    /* Cut off, these would do less than was asked, and say that all is well. */
    TRAPS(rf_prep_sync_file_range(&sqe, 0, much, 0, 0));
    TRAPS(rf_prep_fadvise(&sqe, 0, 0, much, 0));
    TRAPS(rf_prep_madvise(&sqe, &byte, much, 0));
    TRAPS(rf_prep_getxattr(&sqe, "", &byte, "", much));
    TRAPS(rf_prep_fgetxattr(&sqe, 0, "", &byte, much));
    TRAPS(rf_prep_setxattr(&sqe, "", &byte, "", 0, much));
    TRAPS(rf_prep_fsetxattr(&sqe, 0, "", &byte, 0, much));
    TRAPS(rf_prep_listen(&sqe, 0, (size_t)UINT32_MAX + 1));
    TRAPS(rf_prep_provide_buffers(&sqe, &byte, (size_t)UINT32_MAX + 1, 1, 0, 0));
#endif
}

/* Stored plus one, the last slot but one would turn into "any free slot". */
static void a_slot_that_would_read_as_any_slot_traps(void **state)
{
    (void)state;
    const uint32_t slot = RF_FILE_INDEX_ALLOC - 1;
    int fd;
    TRAPS(rf_prep_accept_direct(&sqe, 0, NULL, NULL, 0, slot));
    TRAPS(rf_prep_openat_direct(&sqe, 0, "", 0, 0, slot));
    TRAPS(rf_prep_socket_direct(&sqe, 0, 0, 0, 0, slot));
    TRAPS(rf_prep_open_direct(&sqe, "", 0, 0, slot));
    TRAPS(rf_prep_openat2_direct(&sqe, 0, "", NULL, slot));
    TRAPS(rf_prep_pipe_direct(&sqe, &fd, 0, slot));
    TRAPS(rf_prep_msg_ring_fd(&sqe, 0, 0, slot, 0, 0));
    TRAPS(rf_prep_close_direct(&sqe, slot));
    TRAPS(rf_prep_close_direct(&sqe, RF_FILE_INDEX_ALLOC)); /* any slot cannot be closed */
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(every_prep_writes_every_byte),
        ONCE(no_prep_is_without_a_case),
        ONCE(halves_of_a_word_are_swapped),
        ONCE(flags_are_added_to_those_that_are_set),
        ONCE(what_was_set_comes_back_as_it_was),
        ONCE(lengths_of_data_saturate),
        ONCE(what_does_not_fit_traps),
        ONCE(a_slot_that_would_read_as_any_slot_traps),
    };
    return run_all(tests, COUNT_OF(tests));
}
