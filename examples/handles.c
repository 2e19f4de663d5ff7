/* SPDX-License-Identifier: MIT */
/*
 * handles - operations that no completion can be mistaken for.
 *
 * Three reads from pipes. One is cancelled, exactly that one; its place in the table goes to
 * another read; and when the completion of the first is taken once more, as a program with
 * a bug would, it is not credited to the second.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ringfence.h>

enum { PLACES = 4, READS = 3 };

/* What belongs to an operation stands in an array, at the place of its handle. */
struct read {
    char name; /* 'A', 'B', ... */
    char byte; /* lent to the kernel until RF_TOLD_FREE */
};

static struct read reads[PLACES];

static int explain(const char *what, enum rf_call call, int error)
{
    fprintf(stderr, "%s: %s: %s %s\n", what, rf_error_name(call, error),
            rf_error_text(call, error), rf_error_remedy(call, error));
    return error;
}

/* Queues a read of one byte. Its handle, or 0. */
static uint64_t start(struct rf_ring *ring, struct rf_op_table *ops, char name, int fd)
{
    struct rf_sqe *sqe = rf_op_has_room(ops, 1) ? rf_get_sqe(ring) : NULL;
    if (!sqe)
        return 0;
    /* Where the byte is to go depends on the place, so the handle comes first. */
    rf_prep_read(sqe, fd, NULL, 1, 0);
    uint64_t handle = rf_op_begin(ops, sqe);
    struct read *read = &reads[rf_op_index(handle)];
    read->name = name;
    sqe->addr = (uint64_t)(uintptr_t)&read->byte;
    return handle;
}

static void tell(struct rf_op_table *ops, const struct rf_cqe *cqe, uint64_t cancel)
{
    int told = rf_op_take(ops, cqe);
    if (told < 0) { /* of no operation that is open: nothing of it is to be believed */
        printf("ignored: %s: %s\n", rf_error_name(RF_CALL_OP, told),
               rf_error_text(RF_CALL_OP, told));
        return;
    }
    const struct read *read = &reads[rf_op_index(cqe->user_data)];
    if (cqe->user_data == cancel)
        printf("the cancel: %s\n", told & RF_TOLD_CANCEL_ACCEPTED ? "accepted" : "not accepted");
    else if (cqe->res == 1)
        printf("read %c: over, it got %c\n", read->name, read->byte);
    else
        printf("read %c: over, %s\n", read->name, strerror(-cqe->res));
}

/* Submits what is queued, and takes and tells @count completions. The last one is left in *cqe. */
static int take(struct rf_ring *ring, struct rf_op_table *ops, uint64_t cancel, int count,
                struct rf_cqe *cqe)
{
    while (count > 0) {
        int err = rf_copy_cqe(ring, cqe);
        if (err == -EINTR)
            continue;
        if (err)
            return explain("waiting", RF_CALL_ENTER, err);
        tell(ops, cqe, cancel);
        count--;
    }
    return 0;
}

static int run(struct rf_ring *ring, struct rf_op_table *ops, int pipes[READS][2])
{
    uint64_t handles[READS], cancel = 0;
    for (int i = 0; i < READS; i++)
        if (!(handles[i] = start(ring, ops, (char)('A' + i), pipes[i][0])))
            return explain("queueing a read", RF_CALL_GET_SQE, -EAGAIN);

    /* Two completions follow: that of the cancel, and that of the read which it ends. */
    int err = rf_op_cancel(ops, ring, handles[1], &cancel);
    if (err)
        return explain("queueing a cancel", RF_CALL_OP, err);
    struct rf_cqe last;
    err = take(ring, ops, cancel, 2, &last);
    if (err)
        return err;
    struct rf_cqe old = {.user_data = handles[1], .res = 1};

    /* Its place is taken by another. */
    for (int name = 'D'; rf_op_state(ops, handles[1]) != -ESTALE; name++)
        if (!start(ring, ops, (char)name, pipes[0][0]))
            return explain("queueing a read", RF_CALL_GET_SQE, -EAGAIN);
    tell(ops, &old, cancel);

    for (int i = 0; i < READS; i++)
        if (write(pipes[i][1], "xyz", 3) != 3)
            return explain("writing", RF_CALL_NONE, -errno);
    return take(ring, ops, cancel, (int)rf_op_open_count(ops), &last);
}

int main(void)
{
    int pipes[READS][2];
    for (int i = 0; i < READS; i++)
        if (pipe(pipes[i]) != 0) {
            perror("pipe");
            return 1;
        }
    struct rf_ring ring;
    int err = rf_init(&ring, 8, 0);
    if (err) {
        explain("opening a ring", RF_CALL_INIT, err);
        return 1;
    }
    struct rf_op_table *ops;
    err = rf_op_table_init(&ops, PLACES, 0);
    if (err) {
        explain("making a table", RF_CALL_OP_TABLE, err);
    } else {
        err = run(&ring, ops, pipes);
        rf_op_table_deinit(ops);
    }
    rf_deinit(&ring);
    return err || fflush(stdout) ? 1 : 0;
}
