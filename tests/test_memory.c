/* SPDX-License-Identifier: MIT */
/*
 * Held here: what a ring locks is what rf_mlock_size() says; a child has no part of
 * a ring that was kept from it, and does no harm when it closes its copy; regions
 * are shared with the kernel.
 */
#include "register_support.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "map.h"
#include "memory.h"

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* --- locked memory ------------------------------------------------------- */

/* rf_init() as a user that may lock so much and has nothing locked. 0, or a positive errno. */
static int open_with_limit(uint32_t entries, uint32_t flags, int64_t limit, unsigned user)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit memlock = {(rlim_t)limit, (rlim_t)limit};
        struct rf_ring ring;
        if (setrlimit(RLIMIT_MEMLOCK, &memlock) || setresuid(user, user, user))
            _exit(255);
        int err = rf_init(&ring, entries, flags);
        _exit(-err);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 255)
        skip_because("another user cannot be tried here");
    return WEXITSTATUS(status);
}

static void a_ring_locks_as_much_as_is_said(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0, RF_SETUP_SQE128, RF_SETUP_CQE32, RF_SETUP_NO_MMAP};
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    const bool may_be_more = has_op(&ring, RF_OP_NOP128); /* newer than 6.18: see memory.h */
    rf_deinit(&ring);
    for (unsigned i = 0; i < COUNT_OF(flags); i++) {
        int64_t bytes = rf_mlock_size(1024, flags[i]);
        assert_true(bytes >= 0);
        assert_true(bytes == 0 || bytes == rf_memory_size(1024, flags[i]));
        int err = open_with_limit(1024, flags[i], bytes, 64000 + i);
        if (flags[i] && err == EOPNOTSUPP) {
            print_message("# this kernel does not know the setup flags %#x\n", flags[i]);
            continue;
        }
        assert_int_equal(err, 0);
        if (bytes == 0)
            continue;
        err = open_with_limit(1024, flags[i], bytes * 3 / 4, 64100 + i);
        if (err || !may_be_more)
            assert_int_equal(err, ENOMEM);
    }
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_CQSIZE;
    params.cq_entries = 8192;
    int64_t bytes = rf_mlock_size_params(1024, &params);
    assert_true(bytes == 0 || bytes == rf_memory_size_params(1024, &params));
}

static struct {
    int error;
    uint32_t features;
} played;

static int played_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    if (played.error)
        return -played.error;
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
    params->features = played.features;
    return fd;
}

static void what_locks_depends_on_the_kernel(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    rf_deinit(&ring);
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_setup = played_setup;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    int64_t bytes = rf_memory_size(64, 0);
    static const struct {
        int error;
        uint32_t features;
        int result; /* 1 stands for the bytes */
    } rows[] = {
        {0, RF_FEAT_SINGLE_MMAP, 1},                                                /* 5.10 */
        {0, RF_FEAT_SINGLE_MMAP | RF_FEAT_NATIVE_WORKERS, 0},                       /* 5.12 */
        {0, RF_FEAT_SINGLE_MMAP | RF_FEAT_NATIVE_WORKERS | RF_FEAT_MIN_TIMEOUT, 0}, /* 6.12 */
        {0, RF_FEAT_SINGLE_MMAP | RF_FEAT_NATIVE_WORKERS | RF_FEAT_RW_ATTR, 1},     /* 6.14 */
        {ENOMEM, 0, 1},
        {EAGAIN, 0, 1},
        {ENOSYS, 0, -ENOSYS},
        {EPERM, 0, -EPERM},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        played.error = rows[i].error;
        played.features = rows[i].features;
        int64_t expected = rows[i].result == 1 ? bytes : rows[i].result;
        assert_result(rfi_mlock_size_sys(&sys, 64, &params), expected);
    }
    assert_result(rf_mlock_size(0, 0), -ERANGE);
    assert_result(rf_mlock_size(3, 0), -EDOM);
    assert_result(rf_mlock_size(65536, 0), -EINVAL);
}

/* --- forking ------------------------------------------------------------- */

enum in_child { READS, CLOSES, CLOSES_BESIDE_OTHERS };

/* What becomes of a child that does this with its copy of the ring: a signal, or its status. */
static int fate_of_a_child(struct rf_ring *ring, enum in_child what)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* not the sanitizer's */
        if (what == READS)
            _exit(*(volatile unsigned char *)ring->rings.addr & 0);
        void *there = NULL;
        if (what == CLOSES_BESIDE_OTHERS) {
            there = mmap(ring->sqe_memory.addr, page_bytes(), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
            if (there != ring->sqe_memory.addr)
                _exit(3);
        }
        rf_deinit(ring);
        if (ring->fd != -1)
            _exit(4);
        _exit(there ? *(volatile unsigned char *)there : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void assert_ring_works(struct rf_ring *ring)
{
    for (int i = 0; i < 20; i++) {
        assert_non_null(rf_nop(ring, 5));
        struct rf_cqe cqe = submit_and_reap(ring);
        assert_int_equal(cqe.user_data, 5);
        assert_int_equal(cqe.res, 0);
    }
}

static void a_child_has_no_part_of_it(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    assert_int_equal(fate_of_a_child(&ring, READS), 0);
    assert_int_equal(fate_of_a_child(&ring, CLOSES), 0);
    assert_ring_works(&ring);
    assert_result(rf_ring_dontfork(&ring), 0);
    assert_int_equal(fate_of_a_child(&ring, READS), SIGSEGV);
    assert_int_equal(fate_of_a_child(&ring, CLOSES), 0);
    assert_int_equal(fate_of_a_child(&ring, CLOSES_BESIDE_OTHERS), 0);
    assert_ring_works(&ring);
    rf_deinit(&ring);
    assert_named_error(RING_DONTFORK, rf_ring_dontfork(&ring), EBADF, "FileDescriptorInvalid");
}

static void nor_of_what_it_becomes(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    need_registration(&ring, RF_REGISTER_RESIZE_RINGS, 1);
    assert_result(rf_ring_dontfork(&ring), 0);
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.sq_entries = 128;
    assert_result(rf_resize_rings(&ring, &params), 0);
    assert_int_equal(fate_of_a_child(&ring, READS), SIGSEGV);
    assert_ring_works(&ring);
    rf_deinit(&ring);
}

/* --- regions ------------------------------------------------------------- */

static struct rf_mem_region_reg region_of(struct rf_region_desc *desc, uint64_t flags)
{
    struct rf_mem_region_reg region;
    memset(&region, 0, sizeof region);
    region.region_uptr = (uintptr_t)desc;
    region.flags = flags;
    return region;
}

static struct rf_region_desc desc_of(void *addr, uint64_t size, uint32_t flags)
{
    struct rf_region_desc desc;
    memset(&desc, 0, sizeof desc);
    desc.user_addr = (uintptr_t)addr;
    desc.size = size;
    desc.flags = flags;
    return desc;
}

static void open_disabled(void **state, struct rf_ring *ring)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_R_DISABLED;
    open_flavour_params(state, ring, 4, &params);
    need_registration(ring, RF_REGISTER_MEM_REGION, 1);
}

static void *map_page(void)
{
    void *page = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    return page;
}

/* The kernel reads from it how long to wait. */
static void assert_waits_by(struct rf_ring *ring, struct rf_reg_wait *wait)
{
    memset(wait, 0, sizeof *wait);
    wait->flags = RF_REG_WAIT_TS;
    wait->ts.tv_nsec = 20000000;
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    int result = ring->sys->ring_enter(ring->sys, ring->enter_fd, 0, 1,
                                       RF_ENTER_GETEVENTS | RF_ENTER_EXT_ARG |
                                           RF_ENTER_EXT_ARG_REG | ring->enter_flags,
                                       NULL, sizeof *wait);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_result(result, -ETIME);
    long elapsed = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    assert_true(elapsed >= 20000000);
}

static void a_region_of_ones_own_is_shared(void **state)
{
    struct rf_ring ring;
    open_disabled(state, &ring);
    void *page = map_page();
    struct rf_region_desc desc = desc_of(page, page_bytes(), RF_MEM_REGION_TYPE_USER);
    struct rf_mem_region_reg region = region_of(&desc, RF_MEM_REGION_REG_WAIT_ARG);
    assert_result(rf_register_region(&ring, &region), 0);
    assert_named_error(REGISTER_REGION, rf_register_region(&ring, &region), EBUSY,
                       "MemoryRegionAlreadyRegistered");
    assert_result(rf_enable_rings(&ring), 0);
    assert_waits_by(&ring, (struct rf_reg_wait *)page);
    rf_deinit(&ring);
    munmap(page, page_bytes());
}

static void a_region_of_the_kernels_is_mapped_where_it_says(void **state)
{
    struct rf_ring ring;
    open_disabled(state, &ring);
    if (ring.fd < 0) {
        rf_deinit(&ring);
        skip_because("this ring has no descriptor to map by");
    }
    struct rf_region_desc desc = desc_of(NULL, 2 * page_bytes(), 0);
    struct rf_mem_region_reg region = region_of(&desc, RF_MEM_REGION_REG_WAIT_ARG);
    assert_result(rf_register_region(&ring, &region), 0);
    assert_true(desc.mmap_offset != 0);
    void *memory = mmap(NULL, 2 * page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd,
                        (off_t)desc.mmap_offset);
    assert_true(memory != MAP_FAILED);
    assert_result(rf_enable_rings(&ring), 0);
    assert_waits_by(&ring, (struct rf_reg_wait *)memory);
    munmap(memory, 2 * page_bytes());
    rf_deinit(&ring);
}

#define PAGE UINT64_MAX /* stands for the size of one */

static void regions_that_make_no_sense_are_refused(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_MEM_REGION, 1);
    char *page = map_page();
    static const struct {
        bool of_ours;
        uint32_t offset;
        uint64_t size;
        uint32_t flags;
        uint64_t region_flags;
        int error;
        const char *name;
    } rows[] = {
        {true, 0, 0, RF_MEM_REGION_TYPE_USER, 0, EINVAL, "RegionInvalid"},
        {true, 0, 100, RF_MEM_REGION_TYPE_USER, 0, EINVAL, "RegionInvalid"},
        {true, 8, PAGE, RF_MEM_REGION_TYPE_USER, 0, EINVAL, "RegionInvalid"},
        {true, 0, PAGE, 1U << 30, 0, EINVAL, "RegionInvalid"},
        {true, 0, PAGE, RF_MEM_REGION_TYPE_USER, 1U << 30, EINVAL, "RegionInvalid"},
        {true, 0, PAGE, RF_MEM_REGION_TYPE_USER, RF_MEM_REGION_REG_WAIT_ARG, EINVAL,
         "RegionInvalid"}, /* the ring is enabled */
        {true, 0, PAGE, 0, 0, EFAULT, "RegionUnpinnable"},
        {false, 0, PAGE, RF_MEM_REGION_TYPE_USER, 0, EFAULT, "RegionUnpinnable"},
        {false, 0, UINT64_C(1) << 50, 0, 0, E2BIG, "RegionTooLarge"},
    };
    struct rf_region_desc desc;
    struct rf_mem_region_reg region;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        desc = desc_of(rows[i].of_ours ? page + rows[i].offset : NULL,
                       rows[i].size == PAGE ? page_bytes() : rows[i].size, rows[i].flags);
        region = region_of(&desc, rows[i].region_flags);
        assert_named_error(REGISTER_REGION, rf_register_region(&ring, &region), rows[i].error,
                           rows[i].name);
    }
    desc = desc_of((void *)page_bytes(), page_bytes(), RF_MEM_REGION_TYPE_USER);
    region = region_of(&desc, 0);
    assert_named_error(REGISTER_REGION, rf_register_region(&ring, &region), EFAULT,
                       "RegionUnpinnable");
    region = region_of((struct rf_region_desc *)unmapped(), 0);
    assert_named_error(REGISTER_REGION, rf_register_region(&ring, &region), EFAULT,
                       "RegionUnpinnable");
    desc = desc_of(NULL, page_bytes(), 0);
    region = region_of(&desc, 0);
    region.resv[1] = 1;
    assert_named_error(REGISTER_REGION, rf_register_region(&ring, &region), EINVAL,
                       "RegionInvalid");
    region.resv[1] = 0;
    assert_result(rf_register_region(&ring, &region), 0);
    munmap(page, page_bytes());
    rf_deinit(&ring);
}

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct older older;
    struct rf_region_desc desc = desc_of(NULL, page_bytes(), 0);
    struct rf_mem_region_reg region = region_of(&desc, 0);
    make_older(&older, &ring, RF_REGISTER_MEM_REGION, NULL);
    assert_too_old(&ring, rf_register_region(&ring, &region), "6.13");
    make_new_again(&older, &ring);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(a_ring_locks_as_much_as_is_said),
        ONCE(what_locks_depends_on_the_kernel),
        EACH_FLAVOUR(a_child_has_no_part_of_it),
        ONCE(nor_of_what_it_becomes),
        EACH_FLAVOUR(a_region_of_ones_own_is_shared),
        EACH_FLAVOUR(a_region_of_the_kernels_is_mapped_where_it_says),
        EACH_FLAVOUR(regions_that_make_no_sense_are_refused),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
    };
    return run_all(tests, COUNT_OF(tests));
}
