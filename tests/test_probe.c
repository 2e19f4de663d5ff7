/* SPDX-License-Identifier: MIT */
/*
 * Held here: the probe tells what this kernel has, and rf_diagnose() tells
 * why a process is kept from io_uring. Each cause that can be brought about
 * without harm to the machine is brought about in a child: real seccomp filters,
 * real limits, and a mount namespace in which the sysctl reads what the test
 * wrote. The rest is the explaining function on made-up facts.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/* --- the probe ----------------------------------------------------------- */

static void the_probe_lists_operations_up_to_the_last(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 2);
    struct rf_probe probe;
    memset(&probe, 0xa5, sizeof probe); /* need not be zeroed by the caller */
    assert_result(rf_get_probe(&ring, &probe), 0);
    assert_true(probe.last_op >= RF_OP_READ);
    assert_true(probe.ops_len > 0);
    for (uint32_t op = 0; op < probe.ops_len; op++)
        assert_int_equal(probe.ops[op].op, op);
    assert_true(rf_probe_op_supported(&probe, RF_OP_NOP));
    assert_true(rf_probe_op_supported(&probe, RF_OP_READ));
    assert_false(rf_probe_op_supported(&probe, probe.last_op + 1U));
    assert_false(rf_probe_op_supported(&probe, 255));
    assert_false(rf_probe_op_supported(&probe, 256));
    assert_false(rf_probe_op_supported(&probe, UINT32_MAX));
    rf_deinit(&ring);
}

static void a_refused_probe_leaves_the_memory_alone(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 2, 0);
    rf_deinit(&ring);
    struct rf_probe probe, before;
    memset(&probe, 0xa5, sizeof probe);
    before = probe;
    assert_result(rf_get_probe(&ring, &probe), -EBADF);
    assert_memory_equal(&probe, &before, sizeof probe);
}

static void operations_count_only_inside_the_list_and_with_the_bit(void **state)
{
    (void)state;
    struct rf_probe probe;
    memset(&probe, 0, sizeof probe);
    probe.last_op = 200;
    probe.ops_len = 3;
    for (unsigned op = 0; op < 256; op++)
        probe.ops[op].flags = RF_OP_SUPPORTED;
    probe.ops[1].flags = (uint16_t)~RF_OP_SUPPORTED;
    assert_true(rf_probe_op_supported(&probe, 0));
    assert_false(rf_probe_op_supported(&probe, 1));
    assert_true(rf_probe_op_supported(&probe, 2));
    assert_false(rf_probe_op_supported(&probe, 3));
    probe.last_op = 1;
    assert_false(rf_probe_op_supported(&probe, 2));
}

/* --- diagnosing, in children --------------------------------------------- */

struct found {
    struct rf_diagnosis diagnosis;
    enum rf_blocked returned;
    int errno_kept;
    const char *skipped; /* a static text, so good in the parent too */
};

/* Runs @restrict_me and then rf_diagnose() in a child, which may not come back from the first. */
static struct found diagnose_in_child(const char *(*restrict_me)(void))
{
    struct found *found = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(found != MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        found->skipped = restrict_me();
        errno = 4711;
        found->returned = rf_diagnose(&found->diagnosis);
        found->errno_kept = errno == 4711;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    struct found copy = *found;
    assert_int_equal(munmap(found, sizeof *found), 0);
    assert_int_equal(status, 0);
    if (copy.skipped)
        skip_because("%s", copy.skipped);
    assert_int_equal(copy.returned, copy.diagnosis.blocked);
    assert_true(copy.errno_kept);
    assert_non_null(copy.diagnosis.name);
    assert_true(strlen(copy.diagnosis.text) > 0);
    assert_true(strlen(copy.diagnosis.remedy) > 0);
    return copy;
}

static void assert_blocked(const struct found *found, enum rf_blocked blocked, enum rf_call call,
                           int error)
{
    const struct rf_diagnosis *d = &found->diagnosis;
    if (d->blocked != blocked || d->call != call || d->error != error)
        fail_msg("%s, call %d, error %d; expected %d, %d, %d", d->name, (int)d->call, d->error,
                 (int)blocked, (int)call, error);
}

/* The tests below say what happens where nothing is blocked to begin with. */
static void need_io_uring(void)
{
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    rf_deinit(&ring);
}

static const char *filter_call(long call, int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT_OF(code), .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program))
        return "seccomp filters cannot be set here";
    return NULL;
}

static const char *nothing(void)
{
    return NULL;
}

static const char *refuse_setup(void)
{
    return filter_call(__NR_io_uring_setup, EPERM);
}

static const char *refuse_enter(void)
{
    return filter_call(__NR_io_uring_enter, EPERM);
}

static const char *refuse_register(void)
{
    return filter_call(__NR_io_uring_register, EPERM);
}

static const char *deny_setup_exists(void)
{
    return filter_call(__NR_io_uring_setup, ENOSYS);
}

static const char *deny_enter_exists(void)
{
    return filter_call(__NR_io_uring_enter, ENOSYS);
}

static void nothing_blocks_where_a_ring_opens(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(nothing);
    assert_blocked(&found, RF_BLOCKED_NOT, RF_CALL_NONE, 0);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(found.diagnosis.fds_max == limit.rlim_cur);
}

/* How many workers for files and disks a ring of this size has. */
static uint32_t workers_of_ring(uint32_t entries)
{
    struct rf_ring ring;
    uint32_t workers[2] = {0, 0}; /* 0 leaves the number as it is, and tells it */
    if (rf_init(&ring, entries, 0))
        return 0;
    if (rf_sys_kernel.ring_register(&rf_sys_kernel, ring.fd, RF_REGISTER_IOWQ_MAX_WORKERS,
                                    workers, 2) < 0)
        workers[RF_WQ_BOUND] = 0;
    rf_deinit(&ring);
    return workers[RF_WQ_BOUND];
}

/* The same in a child, whose first ring it is, unless it diagnoses before. */
static uint32_t workers_in_child(bool diagnose_first)
{
    uint32_t *workers = mmap(NULL, sizeof *workers, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(workers != MAP_FAILED);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rf_diagnosis diagnosis;
        if (diagnose_first)
            rf_diagnose(&diagnosis);
        *workers = workers_of_ring(256);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    uint32_t count = *workers;
    assert_int_equal(munmap(workers, sizeof *workers), 0);
    assert_int_equal(status, 0);
    return count;
}

static void diagnosing_takes_no_workers_from_later_rings(void **state)
{
    (void)state;
    need_io_uring();
    uint32_t workers = workers_in_child(false);
    if (workers == 0)
        skip_because("this kernel does not tell how many workers a ring has");
    assert_int_equal(workers_in_child(true), workers);
}

static void a_seccomp_filter_is_told_whichever_call_it_refuses(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(refuse_setup);
    assert_blocked(&found, RF_BLOCKED_SECCOMP, RF_CALL_INIT, -EPERM);
    assert_int_equal(found.diagnosis.seccomp_mode, 2);
    found = diagnose_in_child(refuse_enter);
    assert_blocked(&found, RF_BLOCKED_SECCOMP, RF_CALL_ENTER, -EPERM);
    found = diagnose_in_child(refuse_register);
    assert_blocked(&found, RF_BLOCKED_SECCOMP, RF_CALL_REGISTER, -EPERM);
}

static void a_filter_that_says_enosys_is_not_taken_for_an_old_kernel(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(deny_setup_exists);
    bool sysctl = found.diagnosis.sysctl_disabled >= 0;
    assert_blocked(&found, sysctl ? RF_BLOCKED_SECCOMP : RF_BLOCKED_NO_SYSCALL, RF_CALL_INIT,
                   -ENOSYS);
    found = diagnose_in_child(deny_enter_exists);
    assert_blocked(&found, RF_BLOCKED_SECCOMP, RF_CALL_ENTER, -ENOSYS);
}

static const char *leave_no_descriptor(void)
{
    struct rlimit limit = {3, 3};
    return setrlimit(RLIMIT_NOFILE, &limit) ? "the limit cannot be set" : NULL;
}

static void the_limit_of_descriptors_is_told(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(leave_no_descriptor);
    assert_blocked(&found, RF_BLOCKED_PROCESS_FDS, RF_CALL_INIT, -EMFILE);
    assert_int_equal(found.diagnosis.fds_max, 3);
    assert_int_equal(found.diagnosis.sysctl_disabled, -1); /* no descriptor to look with */
    assert_int_equal(found.diagnosis.seccomp_mode, -1);
}

static const char *lock_one_page_at_most(void)
{
    struct rlimit limit = {4096, 4096};
    if (setrlimit(RLIMIT_MEMLOCK, &limit))
        return "RLIMIT_MEMLOCK cannot be set";
    if (geteuid() == 0 && setresuid(65534, 65534, 65534))
        return "capabilities cannot be given up";
    return NULL;
}

static void the_limit_of_locked_memory_is_told(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(lock_one_page_at_most);
    if (found.diagnosis.sysctl_disabled == 1)
        skip_because("here only root may open rings");
    if (found.diagnosis.blocked == RF_BLOCKED_NOT)
        skip_because("this kernel does not count rings against RLIMIT_MEMLOCK");
    assert_blocked(&found, RF_BLOCKED_MEMLOCK, RF_CALL_INIT, -ENOMEM);
    assert_int_equal(found.diagnosis.memlock_max, 4096);
    assert_int_equal(found.diagnosis.may_lock_memory, 0);
}

/* --- the sysctl, as a mount namespace shows it ---------------------------- */

#define DISABLED "/proc/sys/kernel/io_uring_disabled"
#define GROUP "/proc/sys/kernel/io_uring_group"

static bool cover(const char *path, const char *content)
{
    char file[] = "/tmp/ringfence-sysctl-XXXXXX";
    int fd = mkstemp(file);
    bool good = fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content) &&
                fchmod(fd, 0444) == 0 && mount(file, path, NULL, MS_BIND, NULL) == 0;
    if (fd >= 0) {
        (void)unlink(file);
        (void)close(fd);
    }
    return good;
}

/* What rf_diagnose() reads is the test's; what refuses is a filter, in the sysctl's place. */
static const char *pretend(const char *disabled, const char *group)
{
    if (access(DISABLED, R_OK) || access(GROUP, R_OK))
        return "this kernel has no sysctl kernel.io_uring_disabled";
    if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return "mount namespaces are not allowed here";
    if (!cover(DISABLED, disabled) || !cover(GROUP, group))
        return "files in /proc cannot be mounted over here";
    return NULL;
}

static const char *disabled_for_all(void)
{
    const char *skipped = pretend("2\n", "-1\n");
    return skipped ? skipped : refuse_setup();
}

static const char *become_member(gid_t group)
{
    gid_t groups[] = {77, group, 5000}; /* the kernel sorts them */
    if (setgroups(COUNT_OF(groups), groups) || setresuid(65534, 65534, 65534))
        return "groups cannot be set here";
    return NULL;
}

static const char *disabled_outside_group(void)
{
    const char *skipped = pretend("1\n", "4242\n");
    if (!skipped)
        skipped = become_member(4243);
    return skipped ? skipped : refuse_setup();
}

static const char *filtered_inside_group(void)
{
    const char *skipped = pretend("1\n", "4242\n");
    if (!skipped)
        skipped = become_member(4242);
    return skipped ? skipped : refuse_setup();
}

static const char *filtered_as_administrator(void)
{
    const char *skipped = pretend("1\n", "-1\n");
    return skipped ? skipped : refuse_setup();
}

static void the_sysctl_is_told_when_it_explains_the_refusal(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(disabled_for_all);
    assert_blocked(&found, RF_BLOCKED_SYSCTL_ALL, RF_CALL_INIT, -EPERM);
    assert_int_equal(found.diagnosis.sysctl_disabled, 2);
    assert_int_equal(found.diagnosis.sysctl_group, -1);

    found = diagnose_in_child(disabled_outside_group);
    assert_blocked(&found, RF_BLOCKED_SYSCTL_GROUP, RF_CALL_INIT, -EPERM);
    assert_int_equal(found.diagnosis.sysctl_disabled, 1);
    assert_int_equal(found.diagnosis.sysctl_group, 4242);
    assert_int_equal(found.diagnosis.in_group, 0);
    assert_int_equal(found.diagnosis.may_administrate, 0);

    found = diagnose_in_child(filtered_inside_group);
    assert_blocked(&found, RF_BLOCKED_SECCOMP, RF_CALL_INIT, -EPERM);
    assert_int_equal(found.diagnosis.in_group, 1);
}

static void the_sysctl_is_no_explanation_for_the_administrator(void **state)
{
    (void)state;
    need_io_uring();
    struct found found = diagnose_in_child(filtered_as_administrator);
    if (found.diagnosis.may_administrate != 1)
        skip_because("this process is not privileged");
    assert_blocked(&found, RF_BLOCKED_SECCOMP, RF_CALL_INIT, -EPERM);
}

/* --- explaining made-up facts -------------------------------------------- */

static void each_errno_is_explained_by_its_evidence(void **state)
{
    (void)state;
    static const struct {
        struct rf_diagnosis facts;
        enum rf_blocked blocked;
    } rows[] = {
#define INIT(error_) .call = RF_CALL_INIT, .error = -(error_)
#define NOBODY .in_group = 0, .may_administrate = 0
        {{INIT(0)}, RF_BLOCKED_NOT},
        {{INIT(EPERM), .sysctl_disabled = 2, .seccomp_mode = 2}, RF_BLOCKED_SYSCTL_ALL},
        {{INIT(EPERM), .sysctl_disabled = 1, NOBODY}, RF_BLOCKED_SYSCTL_GROUP},
        {{INIT(EPERM), .sysctl_disabled = 1, .in_group = -1, .may_administrate = -1},
         RF_BLOCKED_SYSCTL_GROUP},
        {{INIT(EPERM), .sysctl_disabled = 1, .may_administrate = 1, .seccomp_mode = 2},
         RF_BLOCKED_SECCOMP},
        {{INIT(EPERM), .sysctl_disabled = 1, .in_group = 1}, RF_BLOCKED_SECURITY_MODULE},
        {{INIT(EPERM), .sysctl_disabled = -1, .seccomp_mode = -1}, RF_BLOCKED_OTHER},
        {{INIT(EPERM)}, RF_BLOCKED_SECURITY_MODULE},
        {{INIT(EACCES), .seccomp_mode = 2}, RF_BLOCKED_SECURITY_MODULE},
        /* Opened by somebody else, or before it was disabled: not the sysctl's doing. */
        {{.call = RF_CALL_ENTER, .error = -EPERM, .sysctl_disabled = 2, .seccomp_mode = 2},
         RF_BLOCKED_SECCOMP},
        {{INIT(ENOSYS), .sysctl_disabled = -1, .seccomp_mode = 2}, RF_BLOCKED_NO_SYSCALL},
        {{INIT(ENOSYS), .sysctl_disabled = 0}, RF_BLOCKED_NO_SYSCALL},
        {{INIT(ENOSYS), .sysctl_disabled = 0, .seccomp_mode = 2}, RF_BLOCKED_SECCOMP},
        {{INIT(ENOMEM), .sysctl_disabled = -1, .memlock_max = 65536}, RF_BLOCKED_MEMLOCK},
        {{INIT(ENOMEM), .sysctl_disabled = -1, .memlock_max = 65536, .may_lock_memory = 1},
         RF_BLOCKED_MEMORY},
        {{INIT(ENOMEM), .sysctl_disabled = -1, .memlock_max = UINT64_MAX}, RF_BLOCKED_MEMORY},
        {{INIT(EAGAIN), .memlock_max = 65536}, RF_BLOCKED_MEMLOCK},
        {{.call = RF_CALL_ENTER, .error = -EAGAIN, .memlock_max = 65536}, RF_BLOCKED_MEMORY},
        {{INIT(EMFILE)}, RF_BLOCKED_PROCESS_FDS},
        {{INIT(ENFILE)}, RF_BLOCKED_SYSTEM_FDS},
        {{INIT(EPROTO)}, RF_BLOCKED_OTHER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rfi_explain(&rows[i].facts) != rows[i].blocked)
            fail_msg("row %zu: %d, expected %d", i, (int)rfi_explain(&rows[i].facts),
                     (int)rows[i].blocked);
}

static int setup_of_5_3(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
    if (fd >= 0)
        params->features &= ~RF_FEAT_SINGLE_MMAP;
    return fd;
}

static void a_kernel_without_single_mmap_is_told_as_too_old(void **state)
{
    (void)state;
    need_io_uring();
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_setup = setup_of_5_3;
    struct rf_diagnosis diagnosis;
    assert_int_equal(rfi_diagnose_sys(&sys, &diagnosis), RF_BLOCKED_TOO_OLD);
    assert_int_equal(diagnosis.error, -ENOSYS);
}

static void every_cause_has_words(void **state)
{
    (void)state;
    const char *names[RF_BLOCKED_OTHER + 1];
    for (int i = 0; i <= RF_BLOCKED_OTHER; i++) {
        struct rf_diagnosis d;
        memset(&d, 0, sizeof d);
        d.blocked = (enum rf_blocked)i;
        rfi_put_into_words(&d);
        assert_non_null(d.name);
        assert_int_equal(d.text[strlen(d.text) - 1], '.');
        assert_int_equal(d.remedy[strlen(d.remedy) - 1], '.');
        names[i] = d.name;
        for (int j = 0; j < i; j++)
            assert_string_not_equal(names[i], names[j]);
    }
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(the_probe_lists_operations_up_to_the_last),
        ONCE(a_refused_probe_leaves_the_memory_alone),
        ONCE(operations_count_only_inside_the_list_and_with_the_bit),
        ONCE(nothing_blocks_where_a_ring_opens),
        ONCE(diagnosing_takes_no_workers_from_later_rings),
        ONCE(a_seccomp_filter_is_told_whichever_call_it_refuses),
        ONCE(a_filter_that_says_enosys_is_not_taken_for_an_old_kernel),
        ONCE(the_limit_of_descriptors_is_told),
        ONCE(the_limit_of_locked_memory_is_told),
        ONCE(the_sysctl_is_told_when_it_explains_the_refusal),
        ONCE(the_sysctl_is_no_explanation_for_the_administrator),
        ONCE(each_errno_is_explained_by_its_evidence),
        ONCE(a_kernel_without_single_mmap_is_told_as_too_old),
        ONCE(every_cause_has_words),
    };
    return run_all(tests, COUNT_OF(tests));
}
