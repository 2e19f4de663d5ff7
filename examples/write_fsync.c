/* SPDX-License-Identifier: MIT */
/*
 * write_fsync FILE TEXT - appends a line to a file and makes it last.
 *
 * Shown here: a chain. The fsync starts only when the write has succeeded, and the
 * program sleeps once for both. A chain that a full queue cuts in two would be
 * two chains, so its SQEs are promised as a run: all of them or none.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ringfence.h>

enum { WRITE, SYNC, STEPS };

static const char *const step_names[STEPS] = {[WRITE] = "write", [SYNC] = "fsync"};

static int explain(const char *what, enum rf_call call, int error)
{
    fprintf(stderr, "%s: %s: %s %s\n", what, rf_error_name(call, error),
            rf_error_text(call, error), rf_error_remedy(call, error));
    return error;
}

/* Fills the chain. Nothing is lent yet: that begins when it is submitted. */
static int queue_chain(struct rf_ring *ring, int fd, const char *line, size_t bytes)
{
    struct rf_sqe_run run;
    if (!rf_get_sqes(ring, STEPS, &run))
        return explain("queueing", RF_CALL_GET_SQE, -EAGAIN);

    struct rf_sqe *sqe = rf_sqe_run_next(&run);
    rf_prep_write(sqe, fd, line, bytes, 0); /* O_APPEND: the offset does not matter */
    sqe->user_data = WRITE; /* after the prep, which writes the whole SQE */
    rf_sqe_link_next(sqe);

    sqe = rf_sqe_run_next(&run);
    rf_prep_fsync(sqe, fd, RF_FSYNC_DATASYNC);
    sqe->user_data = SYNC;
    return 0;
}

/* Submits, and takes the completion of every step. */
static int run_chain(struct rf_ring *ring, size_t bytes)
{
    int result = 0;
    for (int taken = 0; taken < STEPS;) {
        struct rf_cqe cqe;
        int err = rf_copy_cqe(ring, &cqe); /* the first call submits */
        if (err == -EINTR)
            continue;
        if (err)
            return explain("waiting", RF_CALL_ENTER, err);
        taken++;
        const char *name = step_names[cqe.user_data];
        if (cqe.res == -ECANCELED)
            printf("%s: not done, since the step before it failed\n", name);
        else if (cqe.res < 0)
            result = explain(name, RF_CALL_NONE, cqe.res);
        else if (cqe.user_data == WRITE && (size_t)cqe.res < bytes)
            printf("%s: only %d bytes\n", name, cqe.res); /* that breaks the chain, too */
        else
            printf("%s: %d\n", name, cqe.res);
        if (cqe.res < 0 && !result)
            result = cqe.res;
    }
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: write_fsync FILE TEXT\n", stderr);
        return 2;
    }
    /* Lent from submission to completion: it must stay in place that long. */
    char line[4096];
    int bytes = snprintf(line, sizeof line, "%s\n", argv[2]);
    if (bytes < 0 || (size_t)bytes >= sizeof line) {
        fputs("the text is too long\n", stderr);
        return 1;
    }
    int fd = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    struct rf_ring ring;
    int err = rf_init(&ring, 8, 0);
    if (err) {
        explain("opening a ring", RF_CALL_INIT, err);
        return 1;
    }
    err = queue_chain(&ring, fd, line, (size_t)bytes);
    if (!err)
        err = run_chain(&ring, (size_t)bytes);
    rf_deinit(&ring);
    if (close(fd) != 0) {
        perror(argv[1]);
        return 1;
    }
    return err ? 1 : 0;
}
