/* SPDX-License-Identifier: MIT */
/*
 * Held here: what holds for every registration. A closed ring asks nobody; what is no
 * ring, another thread's ring or index, and what restrictions forbid is told, and not
 * taken for an old kernel. And a ring that is registered goes on without its descriptor.
 */
#include "register_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "map.h"
#include "register.h"

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

/* --- all of them --------------------------------------------------------- */

static char memory[64];
static const struct iovec buf = {memory, sizeof memory};
static const int none = -1;
static const uint64_t no_tag;

static int files_tags(struct rf_ring *ring)
{
    return rf_register_files_tags(ring, &none, &no_tag, 1);
}

static int files_update_tag(struct rf_ring *ring)
{
    return rf_register_files_update_tag(ring, 0, &none, &no_tag, 1);
}

static int files_sparse(struct rf_ring *ring)
{
    return rf_register_files_sparse(ring, 1);
}

static int alloc_range(struct rf_ring *ring)
{
    return rf_register_file_alloc_range(ring, 0, 1);
}

static int buffers_tags(struct rf_ring *ring)
{
    return rf_register_buffers_tags(ring, &buf, &no_tag, 1);
}

static int buffers_sparse(struct rf_ring *ring)
{
    return rf_register_buffers_sparse(ring, 1);
}

static int buffers_update(struct rf_ring *ring)
{
    return rf_register_buffers_update_tag(ring, 0, &buf, &no_tag, 1);
}

static int unregister_personality(struct rf_ring *ring)
{
    return rf_unregister_personality(ring, 1);
}

static int restrictions(struct rf_ring *ring)
{
    struct rf_restriction list;
    memset(&list, 0, sizeof list);
    return rf_register_restrictions(ring, &list, 1);
}

static int bpf_filter(struct rf_ring *ring)
{
    struct rf_bpf bpf;
    memset(&bpf, 0, sizeof bpf);
    return rf_register_bpf_filter(ring, &bpf);
}

static int iowq_aff(struct rf_ring *ring)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(0, &mask);
    return rf_register_iowq_aff(ring, sizeof mask, &mask);
}

static int max_workers(struct rf_ring *ring)
{
    uint32_t values[2] = {0, 0};
    return rf_register_iowq_max_workers(ring, values);
}

static int sync_cancel(struct rf_ring *ring)
{
    struct rf_sync_cancel_reg cancel;
    memset(&cancel, 0, sizeof cancel);
    cancel.addr = 12345;
    return rf_register_sync_cancel(ring, &cancel);
}

static int region(struct rf_ring *ring)
{
    struct rf_region_desc desc;
    struct rf_mem_region_reg reg;
    memset(&desc, 0, sizeof desc);
    memset(&reg, 0, sizeof reg);
    desc.size = (uint64_t)sysconf(_SC_PAGESIZE);
    reg.region_uptr = (uintptr_t)&desc;
    return rf_register_region(ring, &reg);
}

static int resize(struct rf_ring *ring)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.sq_entries = 16;
    return rf_resize_rings(ring, &params);
}

static int setup_buf_ring(struct rf_ring *ring)
{
    struct rf_buf_ring *br;
    int err = rf_setup_buf_ring(ring, 1, 1, 0, &br);
    if (!err)
        err = rf_free_buf_ring(ring, br, 1, 1);
    return err;
}

static int unregister_buf_ring(struct rf_ring *ring)
{
    return rf_unregister_buf_ring(ring, 1);
}

static int buf_ring_head(struct rf_ring *ring)
{
    uint16_t head;
    return rf_buf_ring_head(ring, 1, &head);
}

static int choose_clock(struct rf_ring *ring)
{
    struct rf_clock_register clock;
    memset(&clock, 0, sizeof clock);
    clock.clockid = CLOCK_MONOTONIC;
    return rf_register_clock(ring, &clock);
}

static int napi(struct rf_ring *ring)
{
    struct rf_napi napi;
    memset(&napi, 0, sizeof napi);
    return rf_register_napi(ring, &napi);
}

static int unregister_napi(struct rf_ring *ring)
{
    struct rf_napi napi;
    return rf_unregister_napi(ring, &napi);
}

static int ifq(struct rf_ring *ring)
{
    struct rf_zcrx_ifq_reg reg;
    memset(&reg, 0, sizeof reg);
    return rf_register_ifq(ring, &reg);
}

static int zcrx_ctrl(struct rf_ring *ring)
{
    struct rf_zcrx_ctrl ctrl;
    memset(&ctrl, 0, sizeof ctrl);
    return rf_register_zcrx_ctrl(ring, &ctrl);
}

static const struct {
    const char *name;
    int (*call)(struct rf_ring *ring);
    uint32_t opcode;
    uint32_t nr_args; /* with which an address of nowhere is -EFAULT; UINT32_MAX: always known */
} calls[] = {
    {"rf_register_files_tags", files_tags, RF_REGISTER_FILES2, 32},
    {"rf_register_files_update_tag", files_update_tag, RF_REGISTER_FILES_UPDATE2, 32},
    {"rf_register_files_sparse", files_sparse, RF_REGISTER_FILES2, 32},
    {"rf_register_file_alloc_range", alloc_range, RF_REGISTER_FILE_ALLOC_RANGE, 0},
    {"rf_register_buffers_tags", buffers_tags, RF_REGISTER_BUFFERS2, 32},
    {"rf_register_buffers_sparse", buffers_sparse, RF_REGISTER_BUFFERS2, 32},
    {"rf_register_buffers_update_tag", buffers_update, RF_REGISTER_BUFFERS_UPDATE, 32},
    {"rf_register_personality", rf_register_personality, RF_REGISTER_PERSONALITY, UINT32_MAX},
    {"rf_unregister_personality", unregister_personality, RF_UNREGISTER_PERSONALITY, UINT32_MAX},
    {"rf_register_restrictions", restrictions, RF_REGISTER_RESTRICTIONS, UINT32_MAX},
    {"rf_register_bpf_filter", bpf_filter, RF_REGISTER_BPF_FILTER, 1},
    {"rf_register_iowq_aff", iowq_aff, RF_REGISTER_IOWQ_AFF, 8},
    {"rf_unregister_iowq_aff", rf_unregister_iowq_aff, RF_UNREGISTER_IOWQ_AFF, UINT32_MAX},
    {"rf_register_iowq_max_workers", max_workers, RF_REGISTER_IOWQ_MAX_WORKERS, 2},
    {"rf_register_sync_cancel", sync_cancel, RF_REGISTER_SYNC_CANCEL, 1},
    {"rf_register_region", region, RF_REGISTER_MEM_REGION, 1},
    {"rf_resize_rings", resize, RF_REGISTER_RESIZE_RINGS, 1},
    {"rf_setup_buf_ring", setup_buf_ring, RF_REGISTER_PBUF_RING, 1},
    {"rf_unregister_buf_ring", unregister_buf_ring, RF_UNREGISTER_PBUF_RING, 1},
    {"rf_buf_ring_head", buf_ring_head, RF_REGISTER_PBUF_STATUS, 1},
    {"rf_register_clock", choose_clock, RF_REGISTER_CLOCK, 0},
    {"rf_register_napi", napi, RF_REGISTER_NAPI, 1},
    {"rf_unregister_napi", unregister_napi, RF_UNREGISTER_NAPI, 1},
    {"rf_register_ifq", ifq, RF_REGISTER_ZCRX_IFQ, 1},
    {"rf_register_zcrx_ctrl", zcrx_ctrl, RF_REGISTER_ZCRX_CTRL, 0},
};

/* One that none of them is refused by for its kind. */
static void open_for_all(struct rf_ring *ring, uint32_t more_flags)
{
    open_ring(ring, 4, DEFER | RF_SETUP_CQE32 | more_flags);
}

static bool kernel_has(struct rf_ring *ring, size_t i)
{
    return calls[i].nr_args == UINT32_MAX ||
           kernel_registers(ring, calls[i].opcode, calls[i].nr_args);
}

static bool known[COUNT_OF(calls)];

static void find_what_is_known(void)
{
    struct rf_ring ring;
    open_for_all(&ring, 0);
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        known[i] = kernel_has(&ring, i);
    rf_deinit(&ring);
}

/* What the kernel has must end so; what it has not is -EOPNOTSUPP and a reason. */
static const char *all_end_with(struct rf_ring *ring, int error)
{
    static char failed[128];
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        int result = calls[i].call(ring);
        bool right = known[i] ? result == error && !rf_reason(ring)
                              : result == -EOPNOTSUPP && rf_reason(ring);
        if (right)
            continue;
        snprintf(failed, sizeof failed, "%s: %d (%s), expected %d", calls[i].name, result,
                 rf_reason(ring) ? rf_reason(ring) : "no reason", error);
        return failed;
    }
    return NULL;
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
    open_for_all(&ring, 0);
    rf_deinit(&ring);
    ring.sys = &sys;
    registrations = 0;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        int result = calls[i].call(&ring);
        if (result != -EBADF)
            fail_msg("%s: %d", calls[i].name, result);
    }
    assert_int_equal(registrations, 0);
}

static void what_is_no_ring_is_told(void **state)
{
    (void)state;
    find_what_is_known();
    struct rf_ring ring;
    open_for_all(&ring, 0);
    int fd = ring.fd;
    ring.fd = open_devzero();
    const char *failed = all_end_with(&ring, -EOPNOTSUPP);
    close(ring.fd);
    ring.fd = fd;
    rf_deinit(&ring);
    if (failed)
        fail_msg("%s", failed);
}

struct answer {
    struct rf_ring *ring;
    const char *failed;
};

static void *all_are_eexist(void *argument)
{
    struct answer *answer = (struct answer *)argument;
    answer->failed = all_end_with(answer->ring, -EEXIST);
    return NULL;
}

static void only_the_issuer_may_register(void **state)
{
    (void)state;
    find_what_is_known();
    struct rf_ring ring;
    open_for_all(&ring, 0);
    struct answer answer = {&ring, NULL};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, all_are_eexist, &answer), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    rf_deinit(&ring);
    if (answer.failed)
        fail_msg("%s", answer.failed);
}

/* -EINVAL of a kernel that knows it all: it must not be taken for one that does not. */
static void *none_gets_through(void *argument)
{
    static char failed[128];
    struct answer *answer = (struct answer *)argument;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        int result = calls[i].call(answer->ring);
        if (result == -EBADF || result == -EINVAL)
            continue;
        snprintf(failed, sizeof failed, "%s: %d", calls[i].name, result);
        answer->failed = failed;
    }
    return NULL;
}

static void an_index_of_another_thread_is_no_old_kernel(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_for_all(&ring, RF_SETUP_NO_MMAP);
    if (!(ring.features & RF_FEAT_REG_REG_RING)) {
        rf_deinit(&ring);
        skip_because("this kernel takes no index for registering");
    }
    assert_result(rf_register_ring_fd(&ring), 0);
    struct answer answer = {&ring, NULL};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, none_gets_through, &answer), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    rf_deinit(&ring);
    if (answer.failed)
        fail_msg("%s", answer.failed);
}

static void restrictions_close_them_all(void **state)
{
    (void)state;
    find_what_is_known();
    struct rf_ring ring;
    open_for_all(&ring, RF_SETUP_R_DISABLED);
    struct rf_restriction list;
    memset(&list, 0, sizeof list);
    list.opcode = RF_RESTRICTION_REGISTER_OP;
    list.register_op = RF_REGISTER_PROBE;
    assert_result(rf_register_restrictions(&ring, &list, 1), 0);
    assert_result(rf_enable_rings(&ring), 0);
    const char *failed = all_end_with(&ring, -EACCES);
    rf_deinit(&ring);
    if (failed)
        fail_msg("%s", failed);
}

/* --- without a descriptor ------------------------------------------------ */

static void a_registered_ring_goes_on_without_its_descriptor(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    if (!(ring.features & RF_FEAT_REG_REG_RING)) {
        rf_deinit(&ring);
        skip_because("this kernel takes no index for registering");
    }
    if (flavour_of(state)->flags & RF_SETUP_REGISTERED_FD_ONLY) {
        assert_named_error(CLOSE_RING_FD, rf_close_ring_fd(&ring), EBADF, "RingFdAlreadyClosed");
        rf_deinit(&ring);
        return;
    }
    if (!flavour_of(state)->registered_ring) {
        assert_named_error(CLOSE_RING_FD, rf_close_ring_fd(&ring), EINVAL, "RingFdNeeded");
        assert_true(fcntl(ring.fd, F_GETFD) >= 0);
        assert_result(rf_register_ring_fd(&ring), 0);
    }
    int fd = ring.fd;
    assert_result(rf_close_ring_fd(&ring), 0);
    assert_int_equal(ring.fd, -1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_named_error(CLOSE_RING_FD, rf_close_ring_fd(&ring), EBADF, "RingFdAlreadyClosed");
    assert_named_error(UNREGISTER_RING_FD, rf_unregister_ring_fd(&ring), EINVAL,
                       "RingFdNotRegistered");
    /* Somebody else gets the number, and is left alone. */
    int other = open_devzero();
    for (int i = 0; i < 10; i++) {
        assert_non_null(rf_nop(&ring, 3));
        struct rf_cqe cqe = submit_and_reap(&ring);
        assert_int_equal(cqe.user_data, 3);
        assert_int_equal(cqe.res, 0);
    }
    int file = open_filled_with('q');
    assert_result(rf_register_files(&ring, &file, 1), 0);
    assert_slot_reads(&ring, 0, 'q');
    close(file);
    struct rf_buf_ring *br;
    if (rf_setup_buf_ring(&ring, 1, 1, 0, &br) == 0)
        assert_result(rf_free_buf_ring(&ring, br, 1, 1), 0);
    assert_named_error(SETUP_BUF_RING, rf_setup_buf_ring(&ring, 1, 1, RF_PBUF_RING_MMAP, &br),
                       EBADF, "FileDescriptorInvalid");
    rf_deinit(&ring);
    assert_true(fcntl(other, F_GETFD) >= 0);
    close(other);
}

static int lacking_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
    params->features &= ~RF_FEAT_REG_REG_RING;
    return fd;
}

static void an_older_kernel_needs_the_descriptor(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    rf_deinit(&ring);
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_setup = lacking_setup;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    assert_result(rf_init_sys(&ring, 4, &params, &sys), 0);
    int err = rf_register_ring_fd(&ring);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel cannot register ring descriptors");
    }
    assert_result(err, 0);
    assert_too_old(&ring, rf_close_ring_fd(&ring), "6.3");
    assert_true(ring.fd >= 0);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(a_closed_ring_asks_nobody),
        ONCE(what_is_no_ring_is_told),
        ONCE(only_the_issuer_may_register),
        ONCE(an_index_of_another_thread_is_no_old_kernel),
        ONCE(restrictions_close_them_all),
        EACH_FLAVOUR(a_registered_ring_goes_on_without_its_descriptor),
        ONCE(an_older_kernel_needs_the_descriptor),
    };
    return run_all(tests, COUNT_OF(tests));
}
