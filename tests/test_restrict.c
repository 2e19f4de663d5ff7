/* SPDX-License-Identifier: MIT */
/*
 * Held here: personalities give an operation the rights of an earlier moment;
 * restrictions hold from enabling on, for operations, their flags and registrations;
 * BPF filters decide over operations, where the kernel has them.
 */
#include "register_support.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blind.h"
#include "map.h"

/* --- personalities ------------------------------------------------------- */

/* A file that only root may read. */
static void make_private_file(char *path, size_t bytes)
{
    snprintf(path, bytes, "/tmp/ringfence-test-%d", (int)getpid());
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int open_with(struct rf_ring *ring, const char *path, int personality)
{
    struct rf_sqe *sqe = rf_openat(ring, 1, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    assert_non_null(sqe);
    sqe->personality = (uint16_t)personality;
    int fd = submit_and_reap(ring).res;
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

/* An SQ thread has the credentials of whoever opened the ring: it is no test of ours. */
static bool submits_as_itself(void **state)
{
    return !(flavour_of(state)->flags & RF_SETUP_SQPOLL);
}

static void an_operation_has_the_rights_that_were_kept(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    if (geteuid() != 0) {
        rf_deinit(&ring);
        skip_because("there are no rights to be lost without root");
    }
    char path[64];
    make_private_file(path, sizeof path);
    int root = rf_register_personality(&ring);
    assert_true(root > 0);
    assert_int_equal(seteuid(65534), 0);
    int nobody = rf_register_personality(&ring);
    int as_oneself = open_with(&ring, path, 0);
    int as_root = open_with(&ring, path, root);
    int as_nobody = open_with(&ring, path, nobody);
    assert_int_equal(seteuid(0), 0);
    int root_as_nobody = open_with(&ring, path, nobody);
    int forgotten = rf_unregister_personality(&ring, nobody);
    int unknown = open_with(&ring, path, nobody);
    int still_root = open_with(&ring, path, root);
    unlink(path);
    assert_true(nobody > 0 && nobody != root);
    if (submits_as_itself(state))
        assert_result(as_oneself, -EACCES);
    assert_result(as_root, 0);
    assert_result(as_nobody, -EACCES);
    assert_result(root_as_nobody, -EACCES);
    assert_result(forgotten, 0);
    assert_result(unknown, -EINVAL);
    assert_result(still_root, 0);
    assert_named_error(UNREGISTER_PERSONALITY, rf_unregister_personality(&ring, nobody), EINVAL,
                       "PersonalityUnknown");
    assert_named_error(UNREGISTER_PERSONALITY, rf_unregister_personality(&ring, 0), EINVAL,
                       "PersonalityUnknown");
    assert_named_error(UNREGISTER_PERSONALITY, rf_unregister_personality(&ring, -1), EINVAL,
                       "PersonalityUnknown");
    assert_named_error(UNREGISTER_PERSONALITY, rf_unregister_personality(&ring, root + 65536), EINVAL,
                       "PersonalityUnknown");
    rf_deinit(&ring);
}

static void there_are_65535_personalities(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    for (int i = 1; i <= 65535; i++)
        assert_result(rf_register_personality(&ring), i);
    assert_named_error(REGISTER_PERSONALITY, rf_register_personality(&ring), EBUSY,
                       "PersonalitiesUsedUp");
    assert_result(rf_unregister_personality(&ring, 4711), 0);
    assert_result(rf_register_personality(&ring), 4711);
    rf_deinit(&ring);
}

/* --- restrictions -------------------------------------------------------- */

static void open_disabled(void **state, struct rf_ring *ring)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_R_DISABLED;
    open_flavour_params(state, ring, 4, &params);
}

static int nop_with(struct rf_ring *ring, unsigned flags)
{
    struct rf_sqe *sqe = rf_nop(ring, 1);
    assert_non_null(sqe);
    sqe->flags = (uint8_t)flags;
    return submit_and_reap(ring).res;
}

static void what_is_not_listed_is_refused(void **state)
{
    without_checker(); /* a link that links to nothing is allowed, and refused */
    struct rf_ring ring;
    open_disabled(state, &ring);
    struct rf_restriction list[5];
    memset(list, 0, sizeof list);
    list[0].opcode = RF_RESTRICTION_SQE_OP;
    list[0].sqe_op = RF_OP_NOP;
    list[1].opcode = RF_RESTRICTION_REGISTER_OP;
    list[1].register_op = RF_UNREGISTER_FILES;
    list[2].opcode = RF_RESTRICTION_REGISTER_OP;
    list[2].register_op = RF_REGISTER_ENABLE_RINGS;
    list[3].opcode = RF_RESTRICTION_SQE_FLAGS_ALLOWED;
    list[3].sqe_flags = RF_SQE_ASYNC | RF_SQE_IO_LINK;
    list[4].opcode = RF_RESTRICTION_SQE_FLAGS_REQUIRED;
    list[4].sqe_flags = RF_SQE_ASYNC;
    assert_result(rf_register_restrictions(&ring, list, 5), 0);
    memset(list, 0xff, sizeof list); /* read during the call only */
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 5), EBUSY,
                       "RestrictionsAlreadyRegistered");
    const int none = -1;
    assert_result(rf_register_files(&ring, &none, 1), 0); /* not yet in force */
    assert_result(rf_enable_rings(&ring), 0);

    assert_result(nop_with(&ring, RF_SQE_ASYNC), 0);
    assert_result(nop_with(&ring, RF_SQE_ASYNC | RF_SQE_IO_LINK), 0);
    assert_result(nop_with(&ring, 0), -EACCES);
    assert_result(nop_with(&ring, RF_SQE_ASYNC | RF_SQE_IO_DRAIN), -EACCES);
    char byte;
    struct rf_sqe *sqe = rf_read(&ring, 1, 0, &byte, 1, 0);
    assert_non_null(sqe);
    sqe->flags = RF_SQE_ASYNC;
    assert_result(submit_and_reap(&ring).res, -EACCES);
    assert_result(rf_unregister_files(&ring), 0);
    assert_named_error(REGISTER_FILES, rf_register_files(&ring, &none, 1), EACCES,
                       "OperationRestricted");
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 5), EACCES,
                       "OperationRestricted");
    rf_deinit(&ring);
}

static void an_empty_list_allows_nothing(void **state)
{
    struct rf_ring ring;
    open_disabled(state, &ring);
    struct rf_restriction list;
    assert_result(rf_register_restrictions(&ring, &list, 0), 0);
    assert_result(rf_enable_rings(&ring), 0);
    assert_result(nop_with(&ring, 0), -EACCES);
    assert_result(rf_unregister_files(&ring), -EACCES);
    rf_deinit(&ring);
}

static void lists_that_are_refused_leave_none(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct rf_restriction list[300];
    memset(list, 0, sizeof list);
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 1), EBADFD,
                       "RingAlreadyEnabled");
    rf_deinit(&ring);

    open_disabled(state, &ring);
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 300), EINVAL,
                       "RestrictionInvalid");
    assert_named_error(REGISTER_RESTRICTIONS,
                       rf_register_restrictions(&ring, (const struct rf_restriction *)unmapped(),
                                                1),
                       EFAULT, "ArgumentsOutsideAccessibleAddressSpace");
    list[1].opcode = RF_RESTRICTION_SQE_OP;
    list[1].sqe_op = 255;
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 2), EINVAL,
                       "RestrictionInvalid");
    list[1].opcode = RF_RESTRICTION_REGISTER_OP;
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 2), EINVAL,
                       "RestrictionInvalid");
    list[1].opcode = 99;
    assert_named_error(REGISTER_RESTRICTIONS, rf_register_restrictions(&ring, list, 2), EINVAL,
                       "RestrictionInvalid");
    assert_result(rf_enable_rings(&ring), 0);
    assert_result(nop_with(&ring, 0), 0);
    const int none = -1;
    assert_result(rf_register_files(&ring, &none, 1), 0);
    rf_deinit(&ring);
}

/* --- restrictions of a task, and filters: Linux 7.0 ----------------------- */

/* Runs in a process of its own, since nothing takes this back. Its exit status, 77 to skip. */
static int in_a_child(int (*what)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(what());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define CHECK(condition)                                                      \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);   \
            return 1;                                                         \
        }                                                                     \
    } while (0)

static int quiet_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_cqe cqe;
    if (!rf_nop(ring, user_data) || rf_submit_and_wait(ring, 1) != 1 || rf_copy_cqe(ring, &cqe))
        return -1000;
    return cqe.res;
}

struct task_list {
    struct rf_task_restriction head;
    struct rf_restriction list[2];
};

static void fill_task_list(struct task_list *all)
{
    memset(all, 0, sizeof *all);
    all->head.nr_res = 2;
    all->list[0].opcode = RF_RESTRICTION_SQE_OP;
    all->list[0].sqe_op = RF_OP_NOP;
    all->list[1].opcode = RF_RESTRICTION_REGISTER_OP;
    all->list[1].register_op = RF_REGISTER_PROBE;
}

static int restrict_this_task(void)
{
    struct task_list all;
    fill_task_list(&all);
    int err = rf_register_restrictions_task(&all.head);
    if (err == -EOPNOTSUPP)
        return 77;
    CHECK(err == 0);
    CHECK(rf_register_restrictions_task(&all.head) == -EPERM);
    struct rf_ring ring;
    CHECK(rf_init(&ring, 4, 0) == 0);
    CHECK(quiet_nop(&ring, 1) == 0);
    const int none = -1;
    CHECK(rf_register_files(&ring, &none, 1) == -EACCES);
    char byte;
    CHECK(rf_read(&ring, 1, 0, &byte, 1, 0) != NULL);
    struct rf_cqe cqe;
    CHECK(rf_submit_and_wait(&ring, 1) == 1 && rf_copy_cqe(&ring, &cqe) == 0);
    CHECK(cqe.res == -EACCES);
    rf_deinit(&ring);
    return 0;
}

static int restrict_without_rights(void)
{
    struct task_list all;
    fill_task_list(&all);
    if (setresuid(65534, 65534, 65534))
        return 77;
    int err = rf_register_restrictions_task(&all.head);
    if (err == -EOPNOTSUPP)
        return 77;
    CHECK(err == -EACCES);
    all.head.flags = 1;
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(rf_register_restrictions_task(&all.head) == -EINVAL);
    all.head.flags = 0;
    CHECK(rf_register_restrictions_task(&all.head) == 0);
    return 0;
}

static void a_task_restricts_its_later_rings(void **state)
{
    (void)state;
    need_a_ring();
    int status = in_a_child(restrict_this_task);
    if (status == 77)
        skip_because("this kernel lacks restrictions of tasks");
    assert_int_equal(status, 0);
    status = in_a_child(restrict_without_rights);
    if (status != 77)
        assert_int_equal(status, 0);
}

/* NOPs are allowed if their user_data is this. */
#define GOOD_DATA 7

static void fill_filter(struct rf_bpf *bpf, struct sock_filter *program)
{
    uint16_t load = BPF_LD | BPF_W | BPF_ABS, equal = BPF_JMP | BPF_JEQ | BPF_K,
             end = BPF_RET | BPF_K;
    /* The low half of user_data. */
    const uint16_t probe = 1;
    uint32_t at = *(const uint8_t *)&probe ? 0 : 4;
    program[0] = (struct sock_filter){load, 0, 0, at};
    program[1] = (struct sock_filter){equal, 0, 1, GOOD_DATA};
    program[2] = (struct sock_filter){end, 0, 0, 1};
    program[3] = (struct sock_filter){end, 0, 0, 0};
    memset(bpf, 0, sizeof *bpf);
    bpf->cmd_type = RF_BPF_CMD_FILTER;
    bpf->filter.opcode = RF_OP_NOP;
    bpf->filter.filter_len = 4;
    bpf->filter.filter_ptr = (uintptr_t)program;
}

static int filtered_nop(struct rf_ring *ring, uint64_t user_data)
{
    assert_non_null(rf_nop(ring, user_data));
    struct rf_cqe cqe = submit_and_reap(ring);
    assert_int_equal(cqe.user_data, user_data);
    return cqe.res;
}

static void a_filter_decides_over_its_operations(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_BPF_FILTER, 1);
    struct rf_bpf bpf;
    struct sock_filter program[4];
    fill_filter(&bpf, program);
    assert_result(rf_register_bpf_filter(&ring, &bpf), 0);
    assert_result(filtered_nop(&ring, GOOD_DATA), 0);
    assert_result(filtered_nop(&ring, 8), -EACCES);
    int zero = open_devzero();
    char byte;
    assert_non_null(rf_read(&ring, 8, zero, &byte, 1, 0));
    assert_result(submit_and_reap(&ring).res, 1); /* of another opcode */

    /* Another, that allows all of its own and refuses the rest. */
    program[1].jf = 0;
    bpf.filter.opcode = RF_OP_TIMEOUT;
    bpf.filter.flags = RF_BPF_FILTER_DENY_REST;
    assert_result(rf_register_bpf_filter(&ring, &bpf), 0);
    assert_result(filtered_nop(&ring, GOOD_DATA), 0);
    assert_non_null(rf_read(&ring, 8, zero, &byte, 1, 0));
    assert_result(submit_and_reap(&ring).res, -EACCES);
    close(zero);
    rf_deinit(&ring);
}

static void filters_that_are_refused_change_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_BPF_FILTER, 1);
    struct rf_bpf bpf;
    struct sock_filter program[4];

    fill_filter(&bpf, program);
    bpf.filter.filter_len = 0;
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EINVAL,
                       "FilterInvalid");
    fill_filter(&bpf, program);
    bpf.filter.filter_len = 4097;
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EINVAL,
                       "FilterInvalid");
    fill_filter(&bpf, program);
    bpf.filter.opcode = 255;
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EINVAL,
                       "FilterInvalid");
    fill_filter(&bpf, program);
    program[0].k = sizeof(struct rf_bpf_ctx);
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EINVAL,
                       "FilterInvalid");
    fill_filter(&bpf, program);
    program[0].code = BPF_LD | BPF_B | BPF_ABS;
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EINVAL,
                       "FilterInvalid");
    fill_filter(&bpf, program);
    bpf.filter.filter_ptr = (uintptr_t)unmapped();
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    /* More than the kernel tells of a NOP, and less than of a socket. */
    fill_filter(&bpf, program);
    bpf.filter.pdu_size = 1;
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EMSGSIZE,
                       "FilterSizeMismatch");
    assert_int_equal(bpf.filter.pdu_size, 0);
    fill_filter(&bpf, program);
    bpf.filter.opcode = RF_OP_SOCKET;
    bpf.filter.flags = RF_BPF_FILTER_SZ_STRICT;
    assert_named_error(REGISTER_BPF_FILTER, rf_register_bpf_filter(&ring, &bpf), EMSGSIZE,
                       "FilterSizeMismatch");
    assert_int_equal(bpf.filter.pdu_size, sizeof(struct rf_bpf_ctx_socket));

    assert_result(filtered_nop(&ring, 8), 0);
    rf_deinit(&ring);
}

static int filter_this_task(void)
{
    struct rf_bpf bpf;
    struct sock_filter program[4];
    fill_filter(&bpf, program);
    int err = rf_register_bpf_filter_task(&bpf);
    if (err == -EOPNOTSUPP)
        return 77;
    CHECK(err == 0);
    struct rf_ring ring;
    CHECK(rf_init(&ring, 4, 0) == 0);
    CHECK(quiet_nop(&ring, GOOD_DATA) == 0);
    CHECK(quiet_nop(&ring, 8) == -EACCES);
    rf_deinit(&ring);
    return 0;
}

static void a_task_filters_its_later_rings(void **state)
{
    (void)state;
    need_a_ring();
    int status = in_a_child(filter_this_task);
    if (status == 77)
        skip_because("this kernel lacks BPF filters");
    assert_int_equal(status, 0);
}

/* --- older kernels ------------------------------------------------------- */

static int knows_nothing(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                         uint32_t nr_args)
{
    (void)sys;
    (void)opcode;
    (void)arg;
    (void)nr_args;
    assert_int_equal(fd, -1);
    return -EINVAL;
}

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct rf_bpf bpf;
    struct sock_filter program[4];
    fill_filter(&bpf, program);
    struct older older;
    make_older(&older, &ring, RF_REGISTER_BPF_FILTER, NULL);
    assert_too_old(&ring, rf_register_bpf_filter(&ring, &bpf), "7.0");
    make_new_again(&older, &ring);
    rf_deinit(&ring);

    struct rf_sys sys = rf_sys_kernel;
    sys.ring_register = knows_nothing;
    struct task_list all;
    fill_task_list(&all);
    assert_result(rfi_register_restrictions_task(&sys, &all.head), -EOPNOTSUPP);
    assert_result(rfi_register_bpf_filter_task(&sys, &bpf), -EOPNOTSUPP);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(an_operation_has_the_rights_that_were_kept),
        ONCE(there_are_65535_personalities),
        EACH_FLAVOUR(what_is_not_listed_is_refused),
        EACH_FLAVOUR(an_empty_list_allows_nothing),
        EACH_FLAVOUR(lists_that_are_refused_leave_none),
        ONCE(a_task_restricts_its_later_rings),
        EACH_FLAVOUR(a_filter_decides_over_its_operations),
        EACH_FLAVOUR(filters_that_are_refused_change_nothing),
        ONCE(a_task_filters_its_later_rings),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
    };
    return run_all(tests, COUNT_OF(tests));
}
