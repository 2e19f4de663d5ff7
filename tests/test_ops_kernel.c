/* SPDX-License-Identifier: MIT */
/*
 * Held here: the running kernel agrees with the table of operations: names and numbers,
 * what it refuses when it is not zero, what it ignores, RF_SQE_BUFFER_SELECT,
 * RF_SQE_FIXED_FILE, rings with RF_SETUP_IOPOLL, workers, multishots and notifications.
 * Until when things are lent is in test_loans_*.c.
 *
 * The table tells what Linux 6.18 does. On a kernel with more or fewer operations a
 * difference skips the test and is told, on one with as many it fails.
 */
#include "harmless.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOR_EACH_OP(op) \
    for (const struct rf_op_info *op = rf_op_info(0); op; op = rf_op_info(op->opcode + 1))
#define FOR_EACH_FIELD(field) \
    for (enum rf_sqe_field field = RF_FIELD_FLAGS; field < RF_FIELDS; field++)
#define HAS(set, field) (((set) & RF_FIELD_BIT(field)) != 0)

static bool overlap(enum rf_sqe_field a, enum rf_sqe_field b)
{
    const struct rf_sqe_field_info *x = rf_sqe_field_info(a), *y = rf_sqe_field_info(b);
    return x->offset < y->offset + y->bytes && y->offset < x->offset + x->bytes;
}

static bool overlaps_any(enum rf_sqe_field field, uint32_t set)
{
    FOR_EACH_FIELD(other) {
        if (HAS(set, other) && overlap(field, other))
            return true;
    }
    return false;
}

/* For operations whose SQEs have 128 bytes, if the kernel has one; fd -1 if not. */
static struct rf_ring wide = {.fd = -1};

struct outcome {
    int res;
    uint32_t flags;    /* of the first CQE */
    uint32_t notified; /* RF_CQE_F_NOTIF in another one */
};

/* Has the SQE done, to the last of its CQEs; on the wide ring if it has to be. */
static struct outcome run(struct rf_ring *ring, const struct rf_sqe *sqe)
{
    struct outcome outcome = {0, 0, 0};
    unsigned count = 1;
    const struct rf_op_info *op = rf_op_info(sqe->opcode);
    if (op && op->sqe_bytes == 128 && wide.fd >= 0)
        ring = &wide;
    if (sqe->opcode == RF_OP_LINK_TIMEOUT) {
        struct rf_sqe *first = take_sqe(ring);
        rf_prep_nop(first);
        first->flags = RF_SQE_IO_LINK;
        count = 2;
    }
    *take_sqe(ring) = *sqe;
    assert_result(rf_submit(ring), count);
    bool first = true;
    for (bool more = true; more || count > 1;) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(ring, &cqe), 0);
        if (cqe.user_data != sqe->user_data) {
            count--;
            continue;
        }
        more = cqe.flags & RF_CQE_F_MORE;
        if (first) {
            outcome.res = cqe.res;
            outcome.flags = cqe.flags;
        }
        first = false;
        outcome.notified |= cqe.flags & RF_CQE_F_NOTIF;
    }
    if (sqe->opcode == RF_OP_CLOSE)
        (void)close(HARMLESS_FD); /* if it was refused */
    return outcome;
}

static struct rf_probe kernel_ops;

static bool kernel_has(uint32_t opcode)
{
    return rf_probe_op_supported(&kernel_ops, opcode);
}

/* What the table and the kernel differ in, collected by one test. */
static struct {
    char text[4096];
    unsigned count, checked;
} differences;

static void differ(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void differ(const char *format, ...)
{
    size_t used = strlen(differences.text);
    va_list args;
    va_start(args, format);
    vsnprintf(differences.text + used, sizeof differences.text - used, format, args);
    va_end(args);
    differences.count++;
}

#define OPS_OF_6_18 63

/* Ends a test: good if there is no difference; else it depends on which kernel this is. */
static void judge(unsigned least)
{
    if (differences.checked < least && kernel_ops.last_op + 1 >= OPS_OF_6_18)
        fail_msg("only %u were checked, not %u", differences.checked, least);
    if (differences.count == 0)
        return;
    if (kernel_ops.last_op + 1 == OPS_OF_6_18)
        fail_msg("%u of %u differ:\n%s", differences.count, differences.checked, differences.text);
    printf("# %s", differences.text);
    skip_because("this kernel has %d operations, not the %d of the table's kernel: %u of %u differ",
                 kernel_ops.last_op + 1, OPS_OF_6_18, differences.count, differences.checked);
}

static void open_kernel(struct rf_ring *ring, uint32_t flags)
{
    open_ring(ring, 8, flags);
    memset(&differences, 0, sizeof differences);
    assert_result(rf_get_probe(ring, &kernel_ops), 0);
    wide.fd = -1;
    if (kernel_has(RF_OP_NOP128) && rf_init(&wide, 8, flags | RF_SETUP_SQE128) != 0)
        wide.fd = -1;
    open_scratch();
}

static void close_kernel(struct rf_ring *ring)
{
    rf_deinit(ring);
    if (wide.fd >= 0)
        rf_deinit(&wide);
    wide.fd = -1;
    close_scratch();
}

/* Why an operation is left out, or NULL. */
static const char *left_out(const struct rf_op_info *op)
{
    if (!kernel_has(op->opcode))
        return "this kernel lacks it";
    if (op->opcode == RF_OP_RECV_ZC)
        return "without a network device all it says is -EINVAL";
    if (op->sqe_bytes != 64 && wide.fd < 0)
        return "there is no ring with SQEs of 128 bytes";
    return NULL;
}

static bool can_be_run(const struct rf_op_info *op)
{
    return !left_out(op);
}

static void what_cannot_be_shown_here_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    char names[256] = "";
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        size_t used = strlen(names);
        if (left_out(op))
            snprintf(names + used, sizeof names - used, "%s%s: %s", used ? "; " : "", op->name,
                     left_out(op));
    }
    close_kernel(&ring);
    if (names[0])
        skip_because("of some operations only the row was looked at: %s", names);
}

static void operations_without_a_row_are_unknown_and_with_one_are_not(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    for (uint32_t opcode = 0; opcode < 256; opcode++) {
        if (opcode < RF_OP_LAST && rf_op_info(opcode)->sqe_bytes == 128 && wide.fd < 0 &&
            kernel_has(opcode))
            continue;
        struct rf_sqe sqe;
        harmless(&sqe, opcode);
        if (opcode == RF_OP_RECV_ZC)
            continue;
        int res = run(&ring, &sqe).res;
        if (kernel_has(opcode) && !rf_op_info(opcode))
            print_message("# this kernel has operation %u, the table does not\n", opcode);
        else if ((res == -EINVAL) != !kernel_has(opcode))
            fail_msg("operation %u: %d, and the probe says it is %s", opcode, res,
                     kernel_has(opcode) ? "there" : "missing");
    }
    close_kernel(&ring);
}

/* The kernel tells its own names of what is queued and not yet taken, in /proc. */
static void names_are_the_kernels(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    unsigned named = 0;
    for (uint32_t opcode = 0; opcode < RF_OP_LAST; opcode++) {
        if (!kernel_has(opcode))
            continue;
        /* With an array: without one the kernel tells only how many there are. */
        struct rf_ring quiet;
        struct rf_params params;
        memset(&params, 0, sizeof params);
        assert_result(rf_init_sys(&quiet, 1, &params, &sys_with_array), 0);
        rf_get_sqe(&quiet)->opcode = (uint8_t)opcode;
        rf_flush_sq(&quiet); /* published, but the kernel is never called */
        char path[64], line[256];
        snprintf(path, sizeof path, "/proc/self/fdinfo/%d", quiet.fd);
        FILE *info = fopen(path, "re");
        char name[64] = "";
        while (info && fgets(line, sizeof line, info))
            if (sscanf(line, " %*u: opcode:%63[A-Z0-9_]", name) == 1)
                break;
        if (info)
            fclose(info);
        rf_deinit(&quiet);
        named += name[0] != '\0';
        differences.checked++;
        /* The one name that the kernel shortens. */
        const char *expected = opcode == RF_OP_EPOLL_CTL ? "EPOLL" : rf_op_info(opcode)->name;
        if (name[0] && strcmp(name, expected) != 0)
            differ("%u is %s, not %s\n", opcode, name, expected);
    }
    close_kernel(&ring);
    if (named == 0)
        skip_because("this kernel does not tell what it calls operations");
    judge(OPS_OF_6_18);
}

static void set_field(struct rf_sqe *sqe, enum rf_sqe_field field, uint16_t value)
{
    const struct rf_sqe_field_info *info = rf_sqe_field_info(field);
    unsigned char *at = (unsigned char *)sqe + info->offset;
    uint64_t u64 = value;
    uint32_t u32 = value;
    memcpy(at, info->bytes == 8   ? (const void *)&u64
               : info->bytes == 4 ? (const void *)&u32
                                  : (const void *)&value,
           info->bytes);
}

static void fields_that_must_be_zero_are_refused(void **state)
{
    without_checker(); /* it provides the same buffers time and again */
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    /* One that exists: another would be refused by every operation. */
    int personality =
        rf_sys_kernel.ring_register(&rf_sys_kernel, ring.fd, RF_REGISTER_PERSONALITY, NULL, 0);
    assert_true(personality > 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op))
            continue;
        struct rf_sqe sqe;
        harmless(&sqe, op->opcode);
        int res = run(&ring, &sqe).res;
        if (res == -EINVAL)
            fail_msg("%s: the harmless one is refused", op->name);
        FOR_EACH_FIELD(field) {
            if (!HAS(op->must_be_zero, field))
                continue;
            harmless(&sqe, op->opcode);
            set_field(&sqe, field, field == RF_FIELD_PERSONALITY ? (uint16_t)personality : 1);
            res = run(&ring, &sqe).res;
            differences.checked++;
            if (res != -EINVAL)
                differ("%s: %s is taken: %d\n", op->name, rf_sqe_field_info(field)->name, res);
        }
    }
    close_kernel(&ring);
    judge(199);
}

static void fields_that_no_row_mentions_are_ignored(void **state)
{
    without_checker(); /* likewise */
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op))
            continue;
        struct rf_sqe sqe;
        FOR_EACH_FIELD(field) {
            if (overlaps_any(field, rf_op_fields_used(op) | op->must_be_zero))
                continue;
            harmless(&sqe, op->opcode);
            int base = run(&ring, &sqe).res;
            harmless(&sqe, op->opcode);
            set_field(&sqe, field, 1);
            int res = run(&ring, &sqe).res;
            differences.checked++;
            if (res != base)
                differ("%s: %s is not ignored: %d, without it %d\n", op->name,
                       rf_sqe_field_info(field)->name, res, base);
        }
    }
    close_kernel(&ring);
    judge(143);
}

static void buffers_are_selected_where_the_table_says(void **state)
{
    without_checker(); /* likewise */
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op))
            continue;
        struct rf_sqe sqe;
        harmless(&sqe, op->opcode);
        sqe.flags ^= RF_SQE_BUFFER_SELECT; /* off where it is a must */
        int res = run(&ring, &sqe).res;
        differences.checked++;
        if (op->buffer_select.always ? res != -EINVAL
                                     : (res == -EOPNOTSUPP) != !op->buffer_select.since)
            differ("%s: %d\n", op->name, res);
    }
    close_kernel(&ring);
    judge(60);
}

static void fixed_files_are_taken_where_the_table_says(void **state)
{
    without_checker(); /* likewise */
    (void)state;
    struct rf_ring ring, with_table;
    open_kernel(&ring, 0);
    open_ring(&with_table, 8, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(null >= 0);
    assert_result(rf_register_files(&with_table, &null, 1), 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op) || op->sqe_bytes != 64) /* that ring has no table */
            continue;
        struct rf_sqe sqe;
        harmless(&sqe, op->opcode);
        int base = run(&ring, &sqe).res;
        harmless(&sqe, op->opcode);
        bool one_file = op->fixed_file == RF_FIXED_FILE_USED ||
                        op->fixed_file == RF_FIXED_FILE_MUST;
        if (one_file)
            sqe.fd = 0; /* the slot */
        sqe.flags |= RF_SQE_FIXED_FILE;
        int res = run(one_file ? &with_table : &ring, &sqe).res;
        bool good = false;
        switch (op->fixed_file) {
        case RF_FIXED_FILE_USED:
            good = base == -EBADF && res != -EBADF;
            break;
        case RF_FIXED_FILE_MUST:
            good = base == -EBADF && res >= 0;
            (void)close(res);
            sqe.flags = 0;
            good = good && run(&with_table, &sqe).res == -EBADF;
            break;
        case RF_FIXED_FILE_IGNORED:
            good = base != -EBADF && res == base;
            break;
        case RF_FIXED_FILE_EBADF:
            good = base != -EBADF && res == -EBADF;
            break;
        case RF_FIXED_FILE_EINVAL:
            good = res == -EINVAL;
            break;
        case RF_FIXED_FILES:
            break;
        }
        differences.checked++;
        if (!good)
            differ("%s: %d with a slot, %d without\n", op->name, res, base);
    }
    close(null);
    rf_deinit(&with_table);
    close_kernel(&ring);
    judge(60);
}

static void rings_that_poll_devices_take_what_the_table_says(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, RF_SETUP_IOPOLL);
    FOR_EACH_OP(op) {
        if (!can_be_run(op))
            continue;
        struct rf_sqe sqe;
        harmless(&sqe, op->opcode);
        int res = run(&ring, &sqe).res;
        differences.checked++;
        if ((res == -EINVAL) == op->iopoll)
            differ("%s: %d\n", op->name, res);
    }
    close_kernel(&ring);
    judge(60);
}

static void only_zero_copy_sends_notify(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op))
            continue;
        struct rf_sqe sqe;
        harmless(&sqe, op->opcode);
        struct outcome outcome = run(&ring, &sqe);
        differences.checked++;
        bool notifies = op->notification.since != NULL;
        if ((outcome.notified != 0) != notifies ||
            ((outcome.flags & RF_CQE_F_MORE) != 0) != notifies)
            differ("%s: flags %#x\n", op->name, outcome.flags);
    }
    close_kernel(&ring);
    judge(60);
}

/* --- multishots ------------------------------------------------------------ */

/* What the operations below find something to do with. */
static struct {
    int pair[2];     /* datagrams wait at the first */
    int pipe[2];     /* so do bytes */
    int listener;    /* and connections */
    int clients[2];
} busy;

enum { GROUP = 3 };

static char buffer[16];
static struct iovec iovec = {buffer, sizeof buffer};
static struct msghdr msghdr;

static void open_busy(struct rf_ring *ring)
{
    static char memory[4][256];
    struct rf_sqe sqe;
    rf_prep_provide_buffers(&sqe, memory, sizeof memory[0], COUNT_OF(memory), GROUP, 0);
    sqe.user_data = 1;
    assert_result(run(ring, &sqe).res, 0);
    assert_result(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, busy.pair), 0);
    assert_result(pipe2(busy.pipe, O_CLOEXEC), 0);
    struct sockaddr_in where;
    busy.listener = listen_on_loopback(&where);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(write(busy.pair[1], "x", 1), 1);
        assert_int_equal(write(busy.pipe[1], "x", 1), 1);
        busy.clients[i] = connect_to(&where);
    }
}

static void close_busy(void)
{
    for (int i = 0; i < 2; i++) {
        close(busy.pair[i]);
        close(busy.pipe[i]);
        close(busy.clients[i]);
    }
    close(busy.listener);
}

/* An SQE that has something to do at once; returns whether there is one for this operation. */
static bool prepare_busy(struct rf_sqe *sqe, const struct rf_op_info *op, bool select)
{
    static struct rf_timespec soon = {0, 1000};
    memset(sqe, 0, sizeof *sqe);
    switch ((enum rf_op)op->opcode) {
    case RF_OP_POLL_ADD:
        rf_prep_poll_add(sqe, busy.pipe[0], POLLIN);
        break;
    case RF_OP_TIMEOUT:
        rf_prep_timeout(sqe, &soon, 0, 0);
        break;
    case RF_OP_ACCEPT:
        rf_prep_accept(sqe, busy.listener, NULL, NULL, SOCK_CLOEXEC);
        break;
    case RF_OP_RECV:
        rf_prep_recv(sqe, busy.pair[0], select ? NULL : buffer, select ? 0 : sizeof buffer, 0);
        break;
    case RF_OP_RECVMSG:
        msghdr = (struct msghdr){.msg_iov = &iovec, .msg_iovlen = !select};
        rf_prep_recvmsg(sqe, busy.pair[0], &msghdr, 0);
        break;
    case RF_OP_SEND:
        rf_prep_send(sqe, busy.pair[1], select ? NULL : buffer, select ? 0 : sizeof buffer, 0);
        break;
    case RF_OP_READ_MULTISHOT:
        rf_prep_rw(sqe, RF_OP_READ_MULTISHOT, busy.pipe[0], 0, 0, 0);
        break;
    default:
        return false;
    }
    if (select && op->buffer_select.since) {
        sqe->flags |= RF_SQE_BUFFER_SELECT;
        sqe->buf_group = GROUP;
    }
    sqe->user_data = 1;
    return true;
}

/* Submits it; once there was a CQE, ends it and closes what it opened. Did it say more? */
static bool says_more(struct rf_ring *ring, const struct rf_sqe *sqe)
{
    *take_sqe(ring) = *sqe;
    assert_result(rf_submit(ring), 1);
    bool first = true, more = false;
    for (struct rf_cqe cqe = {.flags = RF_CQE_F_MORE}; cqe.flags & RF_CQE_F_MORE;) {
        do
            assert_result(rf_copy_cqe(ring, &cqe), 0);
        while (cqe.user_data != sqe->user_data);
        if (sqe->opcode == RF_OP_ACCEPT && cqe.res >= 0)
            close(cqe.res);
        if (!first)
            continue;
        first = false;
        more = cqe.flags & RF_CQE_F_MORE;
        if (cqe.res < 0 && cqe.res != -ETIME)
            differ("%s: %d\n", rf_op_info(sqe->opcode)->name, cqe.res);
        rf_prep_cancel(take_sqe(ring), sqe->user_data, 0);
        assert_result(rf_submit(ring), 1);
    }
    return more;
}

static void multishots_say_more_where_the_table_says(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        struct rf_sqe sqe;
        const struct rf_sqe_test *when = &op->multishot.when;
        if (!kernel_has(op->opcode) || !op->multishot.since || !prepare_busy(&sqe, op, true))
            continue;
        open_busy(&ring);
        if (!op->multishot.always) {
            assert_int_equal(when->kind, RF_TEST_ALL);
            prepare_busy(&sqe, op, false);
            assert_false(rf_sqe_test_holds(when, &sqe));
            if (says_more(&ring, &sqe))
                differ("%s: more without %s\n", op->name, op->multishot.how);
        }
        prepare_busy(&sqe, op, true);
        if (!op->multishot.always)
            set_field(&sqe, when->field, (uint16_t)when->bits);
        assert_true(rf_sqe_test_holds(when, &sqe));
        if (!says_more(&ring, &sqe))
            differ("%s: no more with %s\n", op->name, op->multishot.how);
        differences.checked++;
        close_busy();
        rf_deinit(&ring);
        open_ring(&ring, 8, 0);
    }
    close_kernel(&ring);
    judge(7);
}

/* --- workers -------------------------------------------------------------- */

/* Threads that the kernel made for this one, which it calls iou-wrk-<tid>. */
static unsigned count_workers(void)
{
    char wanted[32], path[300];
    snprintf(wanted, sizeof wanted, "iou-wrk-%d", (int)syscall(SYS_gettid));
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "re");
        char name[32] = "";
        /* The kernel cuts names at 15 characters. */
        if (file && fgets(name, sizeof name, file))
            count += strncmp(name, wanted, strcspn(name, "\n")) == 0 && strlen(name) > 8;
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return count;
}

struct worker_trial {
    const struct rf_op_info *op;
    unsigned workers;
};

/* In a thread of its own: it has no workers yet. */
static void *try_worker(void *argument)
{
    struct worker_trial *trial = argument;
    struct rf_ring ring;
    if (rf_init(&ring, 8, 0))
        return NULL;
    struct rf_sqe sqe;
    harmless(&sqe, trial->op->opcode);
    run(&ring, &sqe);
    trial->workers = count_workers();
    rf_deinit(&ring);
    return trial;
}

static void workers_are_needed_where_the_table_says(void **state)
{
    without_checker(); /* likewise */
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op) || op->worker == RF_WORKER_SOMETIMES || op->sqe_bytes != 64)
            continue;
        struct worker_trial trial = {op, 0};
        pthread_t thread;
        void *done;
        assert_int_equal(pthread_create(&thread, NULL, try_worker, &trial), 0);
        assert_int_equal(pthread_join(thread, &done), 0);
        assert_non_null(done);
        differences.checked++;
        if ((trial.workers > 0) != (op->worker == RF_WORKER_ALWAYS))
            differ("%s: %u workers\n", op->name, trial.workers);
    }
    close_kernel(&ring);
    judge(38);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(what_cannot_be_shown_here_is_told),
        ONCE(operations_without_a_row_are_unknown_and_with_one_are_not),
        ONCE(names_are_the_kernels),
        ONCE(fields_that_must_be_zero_are_refused),
        ONCE(fields_that_no_row_mentions_are_ignored),
        ONCE(buffers_are_selected_where_the_table_says),
        ONCE(fixed_files_are_taken_where_the_table_says),
        ONCE(rings_that_poll_devices_take_what_the_table_says),
        ONCE(only_zero_copy_sends_notify),
        ONCE(multishots_say_more_where_the_table_says),
        ONCE(workers_are_needed_where_the_table_says),
    };
    return run_all(tests, COUNT_OF(tests));
}
