/* SPDX-License-Identifier: MIT */
/*
 * Held here: the running kernel agrees with the table of operations: names and numbers,
 * what it refuses when it is not zero, what it ignores, RF_SQE_BUFFER_SELECT,
 * RF_SQE_FIXED_FILE, rings with RF_SETUP_IOPOLL, workers, multishots and notifications.
 * Until when things are lent is in test_ops_loans.c.
 *
 * The table tells what Linux 6.18 does. On a kernel with more or fewer operations a
 * difference skips the test and is told, on one with as many it fails.
 */
#include "io_support.h"

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

/* --- the running kernel --------------------------------------------------- */

static char buffer[4096];
static char no_path[] = "/no-such-directory/of-ringfence";
static int scratch[2];        /* a pipe at its end: nothing to read, no writer */
static int scratch_epoll = -1;
static void *scratch_page;
static struct iovec iovec = {buffer, 16};
static struct rf_timespec at_once;
static struct epoll_event event;
static uint64_t open_how[3];
static uint32_t futex = 1;
static struct {
    uint64_t val, uaddr;
    uint32_t flags, reserved;
} waitv;
static struct msghdr msghdr = {.msg_iov = &iovec, .msg_iovlen = 1};
static struct sockaddr_in address = {.sin_family = AF_INET};

static uint64_t addr_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

#define HIGH_FD 700 /* nobody else has this number */

/*
 * An SQE of the operation that the kernel takes, and that does no harm: it names
 * a descriptor or a path that is not there, or wants nothing. What it ends with is never
 * -EINVAL, nor what the tests below expect of a refusal.
 */
static void harmless(struct rf_sqe *sqe, uint32_t opcode)
{
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = (uint8_t)opcode;
    sqe->user_data = 1;
    switch ((enum rf_op)opcode) {
    case RF_OP_NOP:
        break;
    case RF_OP_READV:
    case RF_OP_WRITEV:
    case RF_OP_READV_FIXED:
    case RF_OP_WRITEV_FIXED:
        sqe->fd = -1;
        sqe->addr = addr_of(&iovec);
        sqe->len = 1;
        break;
    case RF_OP_READ:
    case RF_OP_WRITE:
    case RF_OP_READ_FIXED:
    case RF_OP_WRITE_FIXED:
    case RF_OP_SEND:
    case RF_OP_RECV:
    case RF_OP_SEND_ZC:
    case RF_OP_EPOLL_WAIT:
        sqe->fd = -1;
        sqe->addr = addr_of(buffer);
        sqe->len = 16;
        break;
    case RF_OP_SENDMSG:
    case RF_OP_RECVMSG:
    case RF_OP_SENDMSG_ZC:
        sqe->fd = -1;
        sqe->addr = addr_of(&msghdr);
        sqe->len = 1;
        break;
    case RF_OP_POLL_ADD:
        sqe->fd = -1;
        sqe->poll32_events = rfi_poll_mask(POLLIN);
        break;
    case RF_OP_POLL_REMOVE:
    case RF_OP_TIMEOUT_REMOVE:
    case RF_OP_ASYNC_CANCEL:
        sqe->fd = -1;
        sqe->addr = 0x12345678; /* nobody's user_data */
        break;
    case RF_OP_TIMEOUT:
    case RF_OP_LINK_TIMEOUT:
        sqe->fd = -1;
        sqe->addr = addr_of(&at_once);
        sqe->len = 1;
        break;
    case RF_OP_CONNECT:
    case RF_OP_BIND:
        sqe->fd = -1;
        sqe->addr = addr_of(&address);
        sqe->addr2 = sizeof address;
        break;
    case RF_OP_RENAMEAT:
    case RF_OP_LINKAT:
        sqe->len = (uint32_t)AT_FDCWD;
        sqe->addr2 = addr_of(no_path);
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_SYMLINKAT:
        sqe->addr2 = addr_of(no_path);
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_OPENAT2:
        sqe->addr2 = addr_of(open_how);
        sqe->len = sizeof open_how;
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_STATX:
        sqe->addr2 = addr_of(buffer);
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_OPENAT:
    case RF_OP_UNLINKAT:
    case RF_OP_MKDIRAT:
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_FSETXATTR:
    case RF_OP_SETXATTR:
    case RF_OP_FGETXATTR:
    case RF_OP_GETXATTR:
        sqe->fd = opcode == RF_OP_FSETXATTR || opcode == RF_OP_FGETXATTR ? -1 : 0;
        sqe->addr = addr_of("user.ringfence");
        sqe->addr2 = addr_of(buffer);
        sqe->len = 8;
        sqe->addr3 = sqe->fd ? 0 : addr_of(no_path);
        break;
    case RF_OP_CLOSE:
        sqe->fd = fcntl(scratch[0], F_DUPFD_CLOEXEC, HIGH_FD);
        assert_int_equal(sqe->fd, HIGH_FD);
        break;
    case RF_OP_FILES_UPDATE:
        sqe->addr = addr_of(buffer); /* there is no table */
        sqe->len = 1;
        break;
    case RF_OP_MADVISE:
        sqe->addr = addr_of(scratch_page);
        sqe->len = 4096;
        break;
    case RF_OP_EPOLL_CTL:
        sqe->fd = scratch_epoll;
        sqe->off = (uint64_t)scratch[0]; /* which is not in it */
        sqe->len = EPOLL_CTL_DEL;
        sqe->addr = addr_of(&event);
        break;
    case RF_OP_SPLICE:
        sqe->off = sqe->splice_off_in = UINT64_MAX;
        sqe->fd = -1;
        sqe->splice_fd_in = scratch[0];
        sqe->len = 16;
        break;
    case RF_OP_TEE:
        sqe->fd = -1;
        sqe->splice_fd_in = scratch[0];
        sqe->len = 16;
        break;
    case RF_OP_PROVIDE_BUFFERS:
        sqe->fd = 1;
        sqe->addr = addr_of(buffer);
        sqe->len = 16;
        sqe->buf_group = 7;
        break;
    case RF_OP_REMOVE_BUFFERS:
        sqe->fd = 1;
        sqe->buf_group = 99; /* there is none */
        break;
    case RF_OP_SOCKET:
        sqe->fd = 12345; /* no domain */
        sqe->off = SOCK_STREAM;
        break;
    case RF_OP_READ_MULTISHOT:
        sqe->fd = -1;
        sqe->flags = RF_SQE_BUFFER_SELECT;
        sqe->buf_group = 99;
        break;
    case RF_OP_WAITID:
        sqe->len = P_PID;
        sqe->fd = getpid(); /* not a child of its own */
        sqe->file_index = WEXITED;
        break;
    case RF_OP_FUTEX_WAIT:
    case RF_OP_FUTEX_WAKE:
        sqe->addr = addr_of(&futex);
        sqe->addr2 = 2; /* not its value */
        sqe->addr3 = UINT32_MAX;
        sqe->fd = 2; /* FUTEX2_SIZE_U32 */
        break;
    case RF_OP_FUTEX_WAITV:
        waitv.val = 2;
        waitv.uaddr = addr_of(&futex);
        waitv.flags = 2;
        sqe->addr = addr_of(&waitv);
        sqe->len = 1;
        break;
    case RF_OP_FIXED_FD_INSTALL:
        sqe->flags = RF_SQE_FIXED_FILE; /* there is no table */
        break;
    case RF_OP_RECV_ZC:
        sqe->fd = -1;
        sqe->ioprio = RF_RECV_MULTISHOT;
        break;
    case RF_OP_PIPE:
        sqe->addr = 8; /* nowhere */
        break;
    default: /* FSYNC, FALLOCATE, SHUTDOWN, MSG_RING, ...: a descriptor is all they need */
        sqe->fd = -1;
        break;
    }
}

struct outcome {
    int res;
    uint32_t flags;    /* of the first CQE */
    uint32_t notified; /* RF_CQE_F_NOTIF in another one */
};

/* Has the SQE done, to the last of its CQEs. */
static struct outcome run(struct rf_ring *ring, const struct rf_sqe *sqe)
{
    struct outcome outcome = {0, 0, 0};
    unsigned count = 1;
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
        (void)close(HIGH_FD); /* if it was refused */
    return outcome;
}

static struct rf_probe kernel_ops;

static bool kernel_has(uint32_t opcode)
{
    return rf_probe_op_supported(&kernel_ops, opcode);
}

/* RECV_ZC needs a network device, and all it says without is -EINVAL. */
static bool can_be_run(const struct rf_op_info *op)
{
    return kernel_has(op->opcode) && op->opcode != RF_OP_RECV_ZC && op->sqe_bytes == 64;
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
    int ends[2];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    close(ends[1]);
    scratch[0] = ends[0];
    scratch_epoll = epoll_create1(EPOLL_CLOEXEC);
    scratch_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(scratch_page != MAP_FAILED);
}

static void close_kernel(struct rf_ring *ring)
{
    rf_deinit(ring);
    close(scratch[0]);
    close(scratch_epoll);
    munmap(scratch_page, 4096);
}

static void operations_without_a_row_are_unknown_and_with_one_are_not(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    for (uint32_t opcode = 0; opcode < 256; opcode++) {
        if (opcode < RF_OP_LAST && rf_op_info(opcode)->sqe_bytes == 128 && kernel_has(opcode))
            continue; /* not on this ring */
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
    (void)state;
    struct rf_ring ring, with_table;
    open_kernel(&ring, 0);
    open_ring(&with_table, 8, 0);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_true(null >= 0);
    assert_result(rf_register_files(&with_table, &null, 1), 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op))
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
    (void)state;
    struct rf_ring ring;
    open_kernel(&ring, 0);
    FOR_EACH_OP(op) {
        if (!can_be_run(op) || op->worker == RF_WORKER_SOMETIMES)
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
        ONCE(operations_without_a_row_are_unknown_and_with_one_are_not),
        ONCE(names_are_the_kernels),
        ONCE(fields_that_must_be_zero_are_refused),
        ONCE(fields_that_no_row_mentions_are_ignored),
        ONCE(buffers_are_selected_where_the_table_says),
        ONCE(fixed_files_are_taken_where_the_table_says),
        ONCE(rings_that_poll_devices_take_what_the_table_says),
        ONCE(only_zero_copy_sends_notify),
        ONCE(workers_are_needed_where_the_table_says),
    };
    return run_all(tests, COUNT_OF(tests));
}
