/* SPDX-License-Identifier: MIT */
/*
 * timeout_cancel - three ways in which time ends an operation.
 *
 * Shown here: a timer; a limit for one operation, linked to it; and cancelling by
 * hand. Each of the operations is a read from a pipe into which nobody writes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ringfence.h>

/* Names for the operations, which come back in their completions. */
enum { TIMER = 1, LIMITED_READ, LIMIT, CANCELLED_READ, CANCEL };

static int explain(const char *what, enum rf_call call, int error)
{
    fprintf(stderr, "%s: %s: %s %s\n", what, rf_error_name(call, error),
            rf_error_text(call, error), rf_error_remedy(call, error));
    return error;
}

static void tell(const struct rf_cqe *cqe)
{
    switch (cqe->user_data) {
    case TIMER: /* that the time is up is what was asked for, but it comes as an error */
        printf("timer: %s\n", cqe->res == -ETIME ? "the time is up" : strerror(-cqe->res));
        break;
    case LIMITED_READ:
    case CANCELLED_READ:
        printf("read: %s\n", cqe->res == -ECANCELED ? "cancelled" : "not cancelled");
        break;
    case LIMIT: /* had the read been in time, this would be -ECANCELED: it is off */
        printf("limit: %s\n", cqe->res == -ETIME ? "cancelled the read" : "was not needed");
        break;
    case CANCEL:
        printf("cancel: %s\n", cqe->res == 0 ? "found one" : strerror(-cqe->res));
        break;
    }
}

/* Submits what is queued, and takes and tells @count completions. */
static int take(struct rf_ring *ring, int count)
{
    while (count > 0) {
        struct rf_cqe cqe;
        int err = rf_copy_cqe(ring, &cqe);
        if (err == -EINTR)
            continue;
        if (err)
            return explain("waiting", RF_CALL_ENTER, err);
        tell(&cqe);
        count--;
    }
    return 0;
}

static int run(struct rf_ring *ring, int fd)
{
    /* A timespec is read when the operation is submitted, so the stack will do. */
    static const struct rf_timespec soon = {.tv_sec = 0, .tv_nsec = 50 * 1000 * 1000};
    static char byte; /* lent to each read until its completion was taken */

    if (!rf_timeout(ring, TIMER, &soon, 0, 0))
        return explain("queueing a timer", RF_CALL_GET_SQE, -EAGAIN);
    int err = take(ring, 1);
    if (err)
        return err;

    /* A read and its limit belong together: both are promised before one is filled. */
    struct rf_sqe_run pair;
    if (!rf_get_sqes(ring, 2, &pair))
        return explain("queueing a limited read", RF_CALL_GET_SQE, -EAGAIN);
    struct rf_sqe *sqe = rf_sqe_run_next(&pair);
    rf_prep_read(sqe, fd, &byte, 1, 0);
    sqe->user_data = LIMITED_READ;
    rf_sqe_link_next(sqe);
    sqe = rf_sqe_run_next(&pair);
    rf_prep_link_timeout(sqe, &soon, 0);
    sqe->user_data = LIMIT;
    err = take(ring, 2);
    if (err)
        return err;

    if (!rf_read(ring, CANCELLED_READ, fd, &byte, 1, 0))
        return explain("queueing a read", RF_CALL_GET_SQE, -EAGAIN);
    int consumed = rf_submit(ring);
    if (consumed < 0)
        return explain("submitting", RF_CALL_ENTER, consumed);
    /* It is in flight now. Cancelled or not, its own completion comes all the same. */
    if (!rf_cancel(ring, CANCEL, CANCELLED_READ, 0))
        return explain("queueing a cancel", RF_CALL_GET_SQE, -EAGAIN);
    return take(ring, 2);
}

int main(void)
{
    int fds[2];
    if (pipe(fds) != 0) {
        perror("pipe");
        return 1;
    }
    struct rf_ring ring;
    int err = rf_init(&ring, 8, 0);
    if (err) {
        explain("opening a ring", RF_CALL_INIT, err);
        return 1;
    }
    err = run(&ring, fds[0]);
    rf_deinit(&ring);
    close(fds[0]);
    close(fds[1]);
    return err || fflush(stdout) ? 1 : 0;
}
