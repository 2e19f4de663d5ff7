/* SPDX-License-Identifier: MIT */
/*
 * Held here: the table of capabilities says what the kernel says, asked or tried, and of
 * kernels that are played what they were told to be; it says how each answer was had;
 * and asking leaves a ring as it was.
 */
#include "register_support.h"

#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "map.h"
#include "peer.h"

static struct rf_caps caps; /* too large for a stack that the sanitizer guards */

static void need_system(struct rf_caps *ret_caps, uint32_t flags)
{
    need_a_ring();
    assert_result(rf_caps_system_with(flags, ret_caps), 0);
}

static bool kernel_answers_queries(void)
{
    return caps.of[RF_CAP_SETUP][0].source == RF_CAP_BY_QUERY;
}

/* --- the kernel ---------------------------------------------------------- */

static void operations_and_features_are_the_rings_own(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_system(&caps, 0);
    struct rf_probe probe;
    assert_result(rf_get_probe(&ring, &probe), 0);
    for (uint32_t op = 0; op < RF_CAP_NUMBERS; op++) {
        assert_int_equal(rf_caps_has(&caps, RF_CAP_OP, op), rf_probe_op_supported(&probe, op));
        assert_int_equal(rf_caps_get(&caps, RF_CAP_OP, op).source, RF_CAP_BY_PROBE);
    }
    for (uint32_t bit = 0; bit < 32; bit++)
        assert_int_equal(rf_caps_has(&caps, RF_CAP_FEATURE, bit), ring.features >> bit & 1);
    assert_true(rf_caps_has_flags(&caps, RF_CAP_FEATURE, ring.features));
    assert_int_equal(rf_caps_has_flags(&caps, RF_CAP_FEATURE, UINT32_MAX),
                     ring.features == UINT32_MAX);
    rf_deinit(&ring);
}

/* What can be opened is there. */
static void setup_flags_are_those_that_rings_are_opened_with(void **state)
{
    (void)state;
    need_system(&caps, 0);
    for (size_t i = 0; i < flavours_count; i++) {
        struct rf_ring ring;
        if (flavours[i].sys || rf_init(&ring, 4, flavours[i].flags))
            continue;
        assert_true(rf_caps_has_flags(&caps, RF_CAP_SETUP, ring.flags));
        rf_deinit(&ring);
    }
}

static void trying_gives_the_same_answers_as_asking(void **state)
{
    (void)state;
    static struct rf_caps tried;
    need_system(&caps, 0);
    need_system(&tried, RF_CAPS_NO_QUERY);
    if (!kernel_answers_queries())
        skip_because("this kernel has no IORING_REGISTER_QUERY");
    for (int kind = 0; kind < RF_CAP_KINDS; kind++)
        for (uint32_t number = 0; number < RF_CAP_NUMBERS; number++) {
            struct rf_cap asked = caps.of[kind][number], trial = tried.of[kind][number];
            if ((asked.state == RF_CAP_THERE) != (trial.state == RF_CAP_THERE))
                fail_msg("kind %d, number %u: asked %d, tried %d", kind, number, asked.state,
                         trial.state);
        }
    for (int kind = RF_CAP_SETUP; kind <= RF_CAP_REGISTER; kind++) {
        assert_int_equal(caps.of[kind][0].source, RF_CAP_BY_QUERY);
        assert_int_equal(tried.of[kind][0].source, RF_CAP_BY_TRIAL);
    }
    assert_int_equal(caps.of[RF_CAP_FEATURE][0].source, RF_CAP_BY_SETUP);
    assert_int_equal(caps.of[RF_CAP_DETAIL][0].source, RF_CAP_BY_TRIAL);
}

/* Each detail, against a use of it that is no trial. */
static int use_detail(struct rf_ring *ring, enum rf_detail detail)
{
    struct rf_sqe *sqe;
    struct rf_buf_ring *br;
    static struct rf_timespec soon = {0, 1000};
    int result;
    switch (detail) {
    case RF_DETAIL_SPARSE_TABLES:
        result = rf_register_files_sparse(ring, 2);
        return result ? result : rf_unregister_files(ring);
    case RF_DETAIL_BUF_RING_MMAP:
    case RF_DETAIL_BUF_RING_INC:
        result = rf_setup_buf_ring(
            ring, 4, 9, detail == RF_DETAIL_BUF_RING_INC ? RF_PBUF_RING_INC : RF_PBUF_RING_MMAP,
            &br);
        return result ? result : rf_free_buf_ring(ring, br, 4, 9);
    case RF_DETAIL_TIMEOUT_MULTISHOT:
        sqe = rf_timeout(ring, 1, &soon, 2, RF_TIMEOUT_MULTISHOT);
        break;
    case RF_DETAIL_CANCEL_ALL:
        sqe = rf_cancel_fd(ring, 1, 0, RF_ASYNC_CANCEL_ALL);
        break;
    default:
        return -ENODATA;
    }
    assert_non_null(sqe);
    return submit_and_reap(ring).res;
}

static void details_are_what_can_be_used(void **state)
{
    (void)state;
    need_system(&caps, 0);
    for (int detail = 0; detail < RF_DETAIL_LAST; detail++) {
        struct rf_ring ring;
        open_ring(&ring, 4, 0);
        int result = use_detail(&ring, (enum rf_detail)detail);
        rf_deinit(&ring);
        struct rf_cap cap = caps.of[RF_CAP_DETAIL][detail];
        if (result == -ENODATA || cap.state == RF_CAP_UNKNOWN)
            continue;
        bool works = result != -EINVAL && result != -EOPNOTSUPP;
        if (works != (cap.state == RF_CAP_THERE))
            fail_msg("detail %d: result %d, state %d", detail, result, cap.state);
    }
    need_system(&caps, RF_CAPS_NO_DETAILS);
    for (int detail = 0; detail < RF_DETAIL_LAST; detail++)
        assert_int_equal(caps.of[RF_CAP_DETAIL][detail].state, RF_CAP_UNKNOWN);
    assert_result(rf_caps_system_with(4, &caps), -EINVAL);
}

/* --- kernels that are played --------------------------------------------- */

/* The kernel, but it knows less. */
static struct {
    struct rf_sys sys;
    uint32_t setup, enter, features; /* what it knows */
    uint32_t refused_setup;          /* -EPERM */
    uint32_t registrations;          /* how many */
    bool looks_for_the_ring_first;
    unsigned setups;
} played;

static int played_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    played.setups++;
    if (params->flags & ~played.setup)
        return -EINVAL;
    if (params->flags & played.refused_setup)
        return -EPERM;
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
    params->features &= played.features;
    return fd;
}

static int played_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                        uint32_t min_complete, uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)sys;
    if (flags & ~played.enter)
        return -EINVAL;
    return rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, min_complete, flags, arg,
                                    arg_bytes);
}

static int played_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                           uint32_t nr_args)
{
    (void)sys;
    uint32_t op = opcode & ~RF_REGISTER_USE_REGISTERED_RING;
    if (played.looks_for_the_ring_first && fd < 0)
        return -EBADF;
    if (op >= played.registrations)
        return -EINVAL;
    return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
}

static void play(void)
{
    memset(&played, 0, sizeof played);
    played.sys = rf_sys_kernel;
    played.sys.ring_setup = played_setup;
    played.sys.ring_enter = played_enter;
    played.sys.ring_register = played_register;
    played.setup = RF_SETUP_IOPOLL | RF_SETUP_SQPOLL | RF_SETUP_SQ_AFF | RF_SETUP_CQSIZE |
                   RF_SETUP_CLAMP | RF_SETUP_ATTACH_WQ | RF_SETUP_R_DISABLED;
    played.enter = RF_ENTER_GETEVENTS | RF_ENTER_SQ_WAKEUP | RF_ENTER_SQ_WAIT;
    played.features = (RF_FEAT_EXT_ARG << 1) - 1;
    played.registrations = RF_REGISTER_FILES2;
}

static void assert_kind_is(enum rf_cap_kind kind, uint32_t count, uint32_t bits)
{
    for (uint32_t number = 0; number < count; number++) {
        bool expected = bits >> number & 1;
        if (rf_caps_has(&caps, kind, number) != expected)
            fail_msg("kind %d, bit %u is not %d", kind, number, expected);
        assert_int_equal(caps.of[kind][number].state, expected ? RF_CAP_THERE : RF_CAP_MISSING);
    }
}

static void an_older_kernel_is_what_it_answers(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    uint32_t features = ring.features;
    rf_deinit(&ring);
    play();
    assert_result(rfi_caps_system(&played.sys, 0, &caps), 0);
    assert_kind_is(RF_CAP_SETUP, 32, played.setup);
    assert_kind_is(RF_CAP_ENTER, 32, played.enter);
    assert_kind_is(RF_CAP_FEATURE, 32, played.features & features);
    for (uint32_t op = 0; op < RF_CAP_NUMBERS; op++)
        assert_int_equal(rf_caps_has(&caps, RF_CAP_REGISTER, op), op < played.registrations);
    assert_int_equal(caps.of[RF_CAP_SETUP][0].source, RF_CAP_BY_TRIAL);
    assert_int_equal(caps.of[RF_CAP_DETAIL][RF_DETAIL_SPARSE_TABLES].state, RF_CAP_MISSING);
    assert_int_equal(caps.of[RF_CAP_DETAIL][RF_DETAIL_BUF_RING_INC].state, RF_CAP_MISSING);
    assert_int_equal(caps.of[RF_CAP_DETAIL][RF_DETAIL_BUF_RING_MMAP].state, RF_CAP_MISSING);
}

static void a_kernel_that_looks_for_the_ring_first_cannot_be_asked_for_registrations(void **state)
{
    (void)state;
    need_a_ring();
    play();
    played.looks_for_the_ring_first = true;
    assert_result(rfi_caps_system(&played.sys, 0, &caps), 0);
    for (uint32_t op = 0; op < RF_CAP_NUMBERS; op++) {
        assert_int_equal(caps.of[RF_CAP_REGISTER][op].state, RF_CAP_UNKNOWN);
        assert_int_equal(caps.of[RF_CAP_REGISTER][op].source, RF_CAP_BY_NOTHING);
    }
    char reason[200];
    assert_result(rf_caps_need(&caps, RF_CAP_REGISTER, RF_REGISTER_BUFFERS, reason, sizeof reason),
                  -ENODATA);
    assert_non_null(strstr(reason, "RF_REGISTER_BUFFERS could not be found out"));
}

static void what_is_refused_is_told_from_what_is_missing(void **state)
{
    (void)state;
    need_a_ring();
    play();
    played.refused_setup = RF_SETUP_SQPOLL;
    assert_result(rfi_caps_system(&played.sys, 0, &caps), 0);
    struct rf_cap cap = rf_caps_get(&caps, RF_CAP_SETUP, 1);
    assert_int_equal(cap.state, RF_CAP_REFUSED);
    assert_int_equal(cap.error, -EPERM);
    assert_false(rf_caps_has_flags(&caps, RF_CAP_SETUP, RF_SETUP_SQPOLL));
    char reason[200];
    assert_result(rf_caps_need(&caps, RF_CAP_SETUP, 1, reason, sizeof reason), -EPERM);
    assert_string_equal(
        reason, "this kernel has RF_SETUP_SQPOLL, and refuses it to this process (EPERM)");

    assert_result(rf_caps_need(&caps, RF_CAP_SETUP, 13, reason, sizeof reason), -EOPNOTSUPP);
    assert_string_equal(reason, "this kernel lacks RF_SETUP_DEFER_TASKRUN, which came with Linux "
                                "6.1 (each was tried)");
    assert_result(rf_caps_need(&caps, RF_CAP_SETUP, 0, reason, sizeof reason), 0);
    assert_string_equal(reason, "");
    assert_result(rf_caps_need(&caps, RF_CAP_SETUP, 99, reason, sizeof reason), -EINVAL);
    assert_result(rf_caps_need(&caps, RF_CAP_KINDS, 0, NULL, 0), -EINVAL);
    char small[5] = "xxxx";
    errno = 4711;
    assert_result(rf_caps_need(&caps, RF_CAP_SETUP, 13, small, sizeof small), -EOPNOTSUPP);
    assert_int_equal(errno, 4711);
    assert_string_equal(small, "this");
    assert_int_equal(rf_caps_get(&caps, RF_CAP_KINDS, 0).state, RF_CAP_UNKNOWN);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_OP, 256).state, RF_CAP_UNKNOWN);
}

static void without_io_uring_nothing_is_known(void **state)
{
    (void)state;
    need_a_ring();
    play();
    played.refused_setup = UINT32_MAX;
    played.setup = UINT32_MAX;
    memset(&caps, 1, sizeof caps);
    assert_result(rfi_caps_system(&played.sys, 0, &caps), -EPERM);
    static const struct rf_caps nothing;
    assert_memory_equal(&caps, &nothing, sizeof caps);
}

/* --- a ring -------------------------------------------------------------- */

static void assert_ring_agrees(const struct rf_caps *of_ring, const struct rf_caps *of_system,
                               const struct rf_ring *ring)
{
    for (int kind = 0; kind < RF_CAP_KINDS; kind++)
        for (uint32_t number = 0; number < RF_CAP_NUMBERS; number++) {
            if (of_ring->of[kind][number].state == RF_CAP_UNKNOWN)
                continue;
            if (of_ring->of[kind][number].state != of_system->of[kind][number].state)
                fail_msg("kind %d, number %u", kind, number);
        }
    assert_true(rf_caps_has_flags(of_ring, RF_CAP_SETUP, ring->flags));
    assert_true(rf_caps_has(of_ring, RF_CAP_OP, RF_OP_NOP));
    assert_true(rf_caps_has(of_ring, RF_CAP_ENTER, 0));
}

static void a_ring_in_use_is_asked_and_stays_as_it_was(void **state)
{
    static struct rf_caps of_ring;
    struct rf_ring ring;
    need_system(&caps, 0);
    open_flavour(state, &ring, 4);
    struct rf_sqe *sqe = rf_get_sqe(&ring);
    sqe->user_data = 1;
    submit_fully(&ring);
    sqe = rf_get_sqe(&ring);
    sqe->user_data = 2;
    const int none[] = {-1, -1};
    assert_result(rf_register_files(&ring, none, 2), 0);
    assert_result(rf_caps_ring(&ring, &of_ring), 0);
    assert_ring_agrees(&of_ring, &caps, &ring);
    assert_null(rf_reason(&ring));
    assert_result(rf_unregister_files(&ring), 0);
    assert_int_equal(rf_sq_ready(&ring), 1); /* still queued */
    submit_fully(&ring);
    assert_next_cqe(&ring, 1, 0);
    assert_next_cqe(&ring, 2, 0);
    assert_no_cqe(&ring);
    rf_deinit(&ring);
    assert_result(rf_caps_ring(&ring, &of_ring), -EBADF);
    assert_non_null(rf_reason(&ring));
}

static void a_ring_of_an_older_kernel_tells_what_it_can(void **state)
{
    (void)state;
    need_a_ring();
    play();
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_CLAMP;
    assert_result(rf_init_sys(&ring, 4, &params, &played.sys), 0);
    unsigned setups = played.setups;
    assert_result(rf_caps_ring(&ring, &caps), 0);
    assert_int_equal(played.setups, setups); /* no other ring is opened */
    assert_int_equal(rf_caps_get(&caps, RF_CAP_SETUP, 4).state, RF_CAP_THERE); /* CLAMP */
    assert_int_equal(rf_caps_get(&caps, RF_CAP_SETUP, 4).source, RF_CAP_BY_SETUP);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_SETUP, 0).state, RF_CAP_UNKNOWN);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_SQE, 6).state, RF_CAP_MISSING);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_SQE, 0).state, RF_CAP_UNKNOWN);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_ENTER, 1).state, RF_CAP_THERE);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_ENTER, 3).state, RF_CAP_MISSING);
    assert_int_equal(rf_caps_get(&caps, RF_CAP_ENTER, 4).state, RF_CAP_UNKNOWN);
    rf_deinit(&ring);
}

static void another_side_than_the_kernel_can_be_asked(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer);
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    assert_result(rf_init_sys(&ring, 8, &params, &peer.sys), 0);
    assert_result(rf_caps_ring(&ring, &caps), 0);
    assert_true(rf_caps_has_flags(&caps, RF_CAP_FEATURE, peer.features));
    assert_int_equal(rf_caps_get(&caps, RF_CAP_OP, 0).state, RF_CAP_UNKNOWN);
    rf_deinit(&ring);
    assert_null(peer_end(&peer));
}

static bool restricts(struct rf_ring *ring)
{
    struct rf_restriction rules[2];
    memset(rules, 0, sizeof rules);
    rules[0].opcode = RF_RESTRICTION_SQE_OP;
    rules[0].sqe_op = RF_OP_NOP;
    rules[1].opcode = RF_RESTRICTION_REGISTER_OP; /* without one, 7.3 allows them all */
    rules[1].register_op = RF_REGISTER_ENABLE_RINGS;
    return rf_register_restrictions(ring, rules, 2) == 0 && rf_enable_rings(ring) == 0;
}

static void a_ring_that_may_not_register_makes_nothing_up(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_R_DISABLED);
    if (!restricts(&ring)) {
        rf_deinit(&ring);
        skip_because("rings cannot be restricted here");
    }
    assert_result(rf_caps_ring(&ring, &caps), 0);
    static struct rf_caps of_system;
    assert_result(rf_caps_system(&of_system), 0);
    for (int detail = 0; detail < RF_DETAIL_LAST; detail++) {
        /* What the kernel lacks is told before the restriction; and 7.3 restricts less. */
        struct rf_cap cap = caps.of[RF_CAP_DETAIL][detail];
        if (cap.state != RF_CAP_UNKNOWN)
            assert_int_equal(cap.state, of_system.of[RF_CAP_DETAIL][detail].state);
    }
    enum rf_cap_source source = (enum rf_cap_source)caps.of[RF_CAP_OP][0].source;
    assert_true(source != RF_CAP_BY_SETUP && source != RF_CAP_BY_TRIAL);
    rf_deinit(&ring);
}

/* --- names --------------------------------------------------------------- */

static void every_name_is_found_again(void **state)
{
    (void)state;
    for (int kind = 0; kind < RF_CAP_KINDS; kind++) {
        struct rf_cap_info info;
        uint32_t count = rf_cap_count((enum rf_cap_kind)kind);
        assert_true(count > 5);
        for (uint32_t number = 0; number < count; number++) {
            assert_true(rf_cap_info((enum rf_cap_kind)kind, number, &info));
            static const char *const origins[] = {"RF_", "IORING_", ""};
            for (size_t i = 0; i < COUNT_OF(origins); i++) {
                char name[80];
                snprintf(name, sizeof name, "%s%s%s", origins[i], info.prefix, info.name);
                enum rf_cap_kind found_kind = RF_CAP_KINDS;
                uint32_t found = UINT32_MAX;
                if (!rf_cap_find(name, &found_kind, &found))
                    fail_msg("%s is not found", name);
                assert_int_equal(found_kind, kind);
                assert_int_equal(found, number);
            }
            assert_true(strlen(info.text) > 3 && strlen(info.text) <= 44);
            assert_true(info.since[0] >= '5' && info.since[0] <= '9' && info.since[1] == '.');
        }
        assert_false(rf_cap_info((enum rf_cap_kind)kind, count, &info));
    }
    assert_int_equal(rf_cap_count(RF_CAP_KINDS), 0);
    enum rf_cap_kind kind = RF_CAP_KINDS;
    uint32_t number = 4711;
    static const char *const none[] = {"", "RF_", "NOSUCH", "SETUP_READ", "RF_FEAT_", "UN"};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(rf_cap_find(none[i], &kind, &number));
    assert_int_equal(kind, RF_CAP_KINDS);
    assert_int_equal(number, 4711);
    assert_true(rf_cap_find("iosqe_async", &kind, &number));
    assert_true(kind == RF_CAP_SQE && 1U << number == RF_SQE_ASYNC);
    for (int source = 0; source <= RF_CAP_BY_TRIAL; source++)
        assert_non_null(rf_cap_source_text((enum rf_cap_source)source));
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(operations_and_features_are_the_rings_own),
        ONCE(setup_flags_are_those_that_rings_are_opened_with),
        ONCE(trying_gives_the_same_answers_as_asking),
        ONCE(details_are_what_can_be_used),
        ONCE(an_older_kernel_is_what_it_answers),
        ONCE(a_kernel_that_looks_for_the_ring_first_cannot_be_asked_for_registrations),
        ONCE(what_is_refused_is_told_from_what_is_missing),
        ONCE(without_io_uring_nothing_is_known),
        EACH_FLAVOUR(a_ring_in_use_is_asked_and_stays_as_it_was),
        ONCE(a_ring_of_an_older_kernel_tells_what_it_can),
        ONCE(another_side_than_the_kernel_can_be_asked),
        ONCE(a_ring_that_may_not_register_makes_nothing_up),
        ONCE(every_name_is_found_again),
    };
    return run_all(tests, COUNT_OF(tests));
}
