/* SPDX-License-Identifier: MIT */
/*
 * support.h - what the tests share: ring flavours, skipping with a reason, and
 * the watch over descriptors and mappings.
 *
 * Include it first: it brings cmocka and what cmocka needs before it.
 *
 *     static void reads_back_what_was_written(void **state)
 *     {
 *         struct rf_ring ring;
 *         open_flavour(state, &ring, 8);      // skips if the kernel lacks the flavour
 *         ...
 *         rf_deinit(&ring);
 *     }
 *
 *     int main(void)
 *     {
 *         static const struct test tests[] = {
 *             EACH_FLAVOUR(reads_back_what_was_written),
 *             ONCE(refuses_zero_entries),
 *         };
 *         return run_all(tests, COUNT_OF(tests));
 *     }
 *
 * After each test the number of descriptors and of mappings must be what it
 * was before.
 */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ringfence.h>

#ifdef NDEBUG
#error "tests without assertions hold nothing"
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* A way to set a ring up. */
struct flavour {
    const char *name;
    uint32_t flags;          /* RF_SETUP_... */
    const struct rf_sys *sys; /* NULL: the kernel */
    bool registered_ring;    /* enter through a registered index */
    bool rare;               /* left out when there are to be few, see run_all() */
};

extern const struct flavour flavours[];
extern const size_t flavours_count;

/* The kernel, but it does not know RF_SETUP_NO_SQARRAY: as before 6.6. */
extern const struct rf_sys sys_with_array;

struct test {
    const char *name;
    CMUnitTestFunction run;
    bool each_flavour;
};

#define EACH_FLAVOUR(function) {#function, function, true}
#define ONCE(function) {#function, function, false}

/*
 * Runs all as one cmocka group, watching for leaks. The exit status of the program.
 * With RF_TEST_FEW_FLAVOURS in the environment each_flavour leaves out the rare ones.
 */
int run_all(const struct test *tests, size_t count);

/* The flavour of the test that runs; the first, plain one for ONCE. */
const struct flavour *flavour_of(void **state);

/* Opens a ring of this test's flavour, or skips the test with a reason. */
void open_flavour(void **state, struct rf_ring *ring, uint32_t entries);

/* The same with parameters, whose flags are added to the flavour's. */
void open_flavour_params(void **state, struct rf_ring *ring, uint32_t entries,
                         struct rf_params *params);

/*
 * Until the end of this test rings are opened without a loan checker, also if the environment
 * asks for one: the test breaks a promise for once, or plays with ring.sys behind its back.
 */
void without_checker(void);

/* Opens a plain ring with flags, or skips if io_uring or the flags are not to be had. */
void open_ring(struct rf_ring *ring, uint32_t entries, uint32_t flags);

/* Ends the test as skipped; the reason is printed where the summary finds it. */
void skip_because(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Skips if io_uring is not to be had, for tests that open no ring of their own. */
void need_a_ring(void);

/* Is this a machine of scripts/test_kernels.py? They are slow, and never reorder anything. */
bool is_emulated(void);

/* On such a machine skips all flavours but the plain one: for what is repeated ten thousand times. */
void plain_is_enough_if_emulated(void **state);

/* Does the running kernel have the operation? */
bool has_op(struct rf_ring *ring, enum rf_op op);

/*
 * Do completions come in their order also when some of them overflowed? Up to 5.15 later ones
 * take the free slots first. (5.19, with the operation that is asked for, is the next known.)
 */
bool overflow_keeps_order(struct rf_ring *ring);

/* Skips unless the running kernel has the operation. */
void need_op(struct rf_ring *ring, enum rf_op op);

/* In a child that is to be stopped by a trap: cmocka would catch it. */
void let_traps_through(void);

/* Is this wait status that of a child stopped by one? On s390x some are SIGFPE. */
bool is_trap(int status);

/*
 * Submits what is queued and waits for one CQE. With SQPOLL the count of
 * rf_submit() says nothing, so it is not checked here.
 */
struct rf_cqe submit_and_reap(struct rf_ring *ring);

/* Fails the test unless a call returned @expected, naming a negative errno. */
#define assert_result(actual, expected) assert_result_at((actual), (expected), __FILE__, __LINE__)
void assert_result_at(long actual, long expected, const char *file, int line);

/* The result is this errno, errno itself is untouched, and it has this name for this call. */
#define assert_named_error(call, expression, error, name)                       \
    do {                                                                        \
        errno = 4711;                                                           \
        int result_ = (expression);                                             \
        assert_int_equal(errno, 4711);                                          \
        assert_result(result_, -(error));                                       \
        assert_string_equal(rf_error_name(RF_CALL_##call, result_), name);      \
    } while (0)

#endif
