/* SPDX-License-Identifier: MIT */
/*
 * cp_ring.c - the ring of `ringfence cp`: queueing operations, waiting, signals.
 */
#include "cp.h"

#include <errno.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* --- signals ------------------------------------------------------------- */

static volatile sig_atomic_t signal_caught;
static int signal_fd = -1;
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

/* A flag alone could be set just before the wait begins: the event ends that wait. */
static void on_signal(int number)
{
    int saved = errno;
    uint64_t one = 1;
    signal_caught = number;
    if (write(signal_fd, &one, sizeof one) < 0) {
        /* Full: then the ring has been woken already. */
    }
    errno = saved;
}

static void woken(struct cp *cp, struct cp_task *task, int res)
{
    (void)res;
    if (cp->stopped)
        return;
    if (signal_caught == 0) {
        cp_read(cp, task, woken, cp->wake_fd, &cp->wake_value, sizeof cp->wake_value, 0);
        return;
    }
    cp->stopped = signal_caught;
    cp_signals_release(); /* a second one ends it at once */
    struct rf_sqe *sqe = rf_get_sqe(&cp->ring);
    if (!sqe)
        return; /* what is in flight ends in its own time */
    rf_prep_cancel(sqe, 0, RF_ASYNC_CANCEL_ANY);
    sqe->user_data = (uintptr_t)&cp->cancel_task;
}

static void cancelled(struct cp *cp, struct cp_task *task, int res)
{
    (void)cp;
    (void)task;
    (void)res;
}

int cp_signals_catch(struct cp *cp)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    cp->wake_fd = eventfd(0, EFD_CLOEXEC);
    if (cp->wake_fd < 0)
        return -errno;
    signal_fd = cp->wake_fd;
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction before;
        /* What was ignored when we were started (nohup) stays so. */
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    /* A file over RLIMIT_FSIZE is a failure of that file, not the end of the program;
     * nor is it the end that nobody reads our messages. */
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    cp->cancel_task.step = cancelled;
    cp_read(cp, &cp->wake_task, woken, cp->wake_fd, &cp->wake_value, sizeof cp->wake_value, 0);
    return 0;
}

void cp_signals_release(void)
{
    for (int i = 0; i < SIGNALS; i++)
        signal(signals[i], SIG_DFL);
}

/* --- open and close ------------------------------------------------------ */

/*
 * Most of what is queued here cannot be tried without blocking and is handed to
 * kernel threads. They mostly wait for locks of directories, so that a few per
 * processor do as much as many, with less to and fro.
 */
static void limit_workers(struct cp *cp)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t limits[2] = {cpus < 2 ? 4 : (uint32_t)cpus * 2, 0};
    /* Kernels before 5.15 have no such limit: fine as well. */
    (void)cp->ring.sys->ring_register(cp->ring.sys, cp->ring.fd, RF_REGISTER_IOWQ_MAX_WORKERS,
                                      limits, 2);
}

static int init(struct cp *cp, uint32_t entries)
{
    static const uint32_t flags[] = {
        RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN, /* 6.1 */
        RF_SETUP_COOP_TASKRUN,                           /* 5.19 */
        0,
    };
    int err = -EINVAL;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && err == -EINVAL; i++)
        err = rf_init(&cp->ring, entries, flags[i] | RF_SETUP_CLAMP);
    return err;
}

int cp_ring_open(struct cp *cp, unsigned operations)
{
    uint32_t entries = 64;
    while (entries < operations)
        entries *= 2;
    cp->wake_fd = -1;
    int err = init(cp, entries);
    if (err)
        return err;
    limit_workers(cp);
    return 0;
}

/*
 * What waits for a signal still has a place to write to, and after a failure of the ring so may
 * all that is in flight: it has to be over before that goes. Not for ever: the process ends.
 */
static void end_waiting(struct cp *cp)
{
    enum { PATIENCE_S = 10 };
    if (!cp->ring.sys)
        return; /* it was never opened */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct rf_timespec deadline = {now.tv_sec + PATIENCE_S, now.tv_nsec};
    uint64_t waiting = (uintptr_t)&cp->wake_task;
    struct rf_drain_options options = {.known = &waiting, .known_count = 1};
    (void)!rf_drain(&cp->ring, &deadline, &options, NULL);
}

void cp_ring_close(struct cp *cp)
{
    end_waiting(cp);
    rf_deinit(&cp->ring);
    if (cp->wake_fd >= 0)
        close(cp->wake_fd);
    cp->wake_fd = -1;
}

/* --- queueing ------------------------------------------------------------ */

/* The queue holds all that can be in flight; if it is full none the less, making room helps. */
static struct rf_sqe *next_sqe(struct cp *cp)
{
    struct rf_sqe *sqe;
    while (!(sqe = rf_get_sqe(&cp->ring))) {
        int result = rf_submit(&cp->ring);
        if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY)
            RF_ASSERT(!"a ring that cannot submit is found out by cp_turn() first");
    }
    return sqe;
}

/* After the prep, which clears user_data. */
static void queued(struct cp *cp, struct rf_sqe *sqe, struct cp_task *task, cp_step *step)
{
    sqe->user_data = (uintptr_t)task;
    task->step = step;
    task->sqe = *sqe;
    task->tries = 0;
    task->after_stop = cp->stopped != 0;
}

void cp_openat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
               unsigned flags, mode_t mode)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_openat(sqe, dirfd, path, flags | O_CLOEXEC, mode);
    queued(cp, sqe, task, step);
}

void cp_open_below(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd,
                   const char *path)
{
    static const struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH,
    };
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_rw(sqe, RF_OP_OPENAT2, dirfd, (uintptr_t)path, sizeof how, (uintptr_t)&how);
    queued(cp, sqe, task, step);
}

void cp_statx(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
              unsigned flags, struct statx *stat)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_statx(sqe, dirfd, path, flags | AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, stat);
    queued(cp, sqe, task, step);
}

void cp_read(struct cp *cp, struct cp_task *task, cp_step *step, int fd, void *buf, size_t bytes,
             uint64_t offset)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_read(sqe, fd, buf, bytes, offset);
    queued(cp, sqe, task, step);
}

void cp_write(struct cp *cp, struct cp_task *task, cp_step *step, int fd, const void *buf,
              size_t bytes, uint64_t offset)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_write(sqe, fd, buf, bytes, offset);
    queued(cp, sqe, task, step);
}

void cp_fsync(struct cp *cp, struct cp_task *task, cp_step *step, int fd)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_fsync(sqe, fd, 0);
    queued(cp, sqe, task, step);
}

void cp_close(struct cp *cp, struct cp_task *task, cp_step *step, int fd)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_close(sqe, fd);
    queued(cp, sqe, task, step);
}

void cp_mkdirat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
                mode_t mode)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_mkdirat(sqe, dirfd, path, mode);
    queued(cp, sqe, task, step);
}

void cp_symlinkat(struct cp *cp, struct cp_task *task, cp_step *step, const char *target,
                  int dirfd, const char *path)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_symlinkat(sqe, target, dirfd, path);
    queued(cp, sqe, task, step);
}

void cp_linkat(struct cp *cp, struct cp_task *task, cp_step *step, int old_dirfd,
               const char *old_path, int dirfd, const char *path)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_linkat(sqe, old_dirfd, old_path, dirfd, path, 0);
    queued(cp, sqe, task, step);
}

void cp_renameat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd,
                 const char *old_path, const char *path, unsigned flags)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_renameat(sqe, dirfd, old_path, dirfd, path, flags);
    queued(cp, sqe, task, step);
}

void cp_unlinkat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
                 unsigned flags)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_unlinkat(sqe, dirfd, path, flags);
    queued(cp, sqe, task, step);
}

void cp_timeout(struct cp *cp, struct cp_task *task, cp_step *step,
                const struct rf_timespec *time)
{
    struct rf_sqe *sqe = next_sqe(cp);
    rf_prep_timeout(sqe, time, 0, 0);
    queued(cp, sqe, task, step);
}


/* --- cut short ----------------------------------------------------------- */

enum { TRIES_MAX = 20, TRY_NS = 1000000 };

static bool is_cut_short(int res)
{
    /* The last is what the kernel tells itself when a signal interrupts a worker. */
    return res == -ECANCELED || res == -EINTR || res == -512;
}

bool cp_was_cut_short(const struct cp *cp, const struct cp_task *task, int res)
{
    return is_cut_short(res) && cp->stopped && !task->after_stop;
}

static void tell_no_workers(struct cp *cp)
{
    if (!cp->told_no_workers)
        cp_note(cp, NULL, "the kernel starts no threads for the ring: RLIMIT_NPROC (ulimit -u), "
                          "or a limit of the control group?");
    cp->told_no_workers = true;
}

/*
 * A worker that cannot be started, since a signal comes in between (SIGSTOP is
 * enough) or RLIMIT_NPROC forbids it, ends the operations that wait for it with
 * -ECANCELED. The first passes, so try again; the second stays, so not for ever.
 */
static bool try_again(struct cp *cp, struct cp_task *task, int res)
{
    static const struct timespec pause = {0, TRY_NS};
    if (RF_LIKELY(!is_cut_short(res)) || (cp->stopped && !task->after_stop))
        return false;
    /* Two closes share a task: which of them is it? The end of the process closes as well. */
    if (task->sqe.opcode == RF_OP_CLOSE)
        return false;
    if (task->tries >= TRIES_MAX) {
        tell_no_workers(cp);
        return false;
    }
    if (task->tries++ > 0)
        nanosleep(&pause, NULL);
    *next_sqe(cp) = task->sqe;
    return true;
}

/* --- waiting ------------------------------------------------------------- */

/* Errors of the wait that pass by themselves. */
static bool passes(int error)
{
    return error == -EINTR || error == -EAGAIN || error == -EBUSY;
}

void cp_turn(struct cp *cp)
{
    int result = rf_submit_and_wait(&cp->ring, 1);
    if (result < 0 && !passes(result)) {
        fprintf(stderr, "ringfence cp: the ring failed: %s: %s\n",
                rf_error_name(RF_CALL_ENTER, result), rf_error_text(RF_CALL_ENTER, result));
        cp->broken = true;
        return;
    }
    const struct rf_cqe *cqe;
    while ((cqe = rf_next_cqe(&cp->ring))) {
        struct cp_task *task = (struct cp_task *)(uintptr_t)cqe->user_data;
        int res = cqe->res;
        if (!try_again(cp, task, res))
            task->step(cp, task, res);
    }
}

void cp_store(struct cp *cp, struct cp_task *task, int res)
{
    (void)cp;
    struct cp_wait *wait = (struct cp_wait *)task;
    wait->res = res;
    wait->over = true;
}

int cp_wait(struct cp *cp, struct cp_wait *wait)
{
    while (!wait->over && !cp->broken)
        cp_turn(cp);
    wait->over = false;
    return cp->broken ? -EIO : wait->res;
}
