/* SPDX-License-Identifier: MIT */
/*
 * read_file FILE - prints a file, with several reads of it in flight at once.
 *
 * Shown here: reads that complete in any order and are put in order again;
 * short reads; and that buffers are lent until their completion was taken.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ringfence.h>

enum { DEPTH = 8, CHUNK_BYTES = 128 * 1024 };

/* Chunk i of the file is read into slot i % DEPTH. */
static struct slot {
    uint64_t offset;
    size_t have;    /* bytes that were read */
    bool is_there;  /* all of the chunk, or all that the file has of it */
    unsigned char data[CHUNK_BYTES];
} slots[DEPTH];

static unsigned in_flight;

static int explain(const char *what, enum rf_call call, int error)
{
    fprintf(stderr, "%s: %s: %s %s\n", what, rf_error_name(call, error),
            rf_error_text(call, error), rf_error_remedy(call, error));
    return error;
}

/* Queues a read of what the slot still lacks. user_data comes back in the completion. */
static int queue_read(struct rf_ring *ring, int fd, struct slot *slot)
{
    uint64_t user_data = (uint64_t)(slot - slots);
    if (!rf_read(ring, user_data, fd, slot->data + slot->have, CHUNK_BYTES - slot->have,
                 slot->offset + slot->have))
        return explain("queueing a read", RF_CALL_GET_SQE, -EAGAIN);
    in_flight++;
    return 0;
}

/* Waits for one completion and notes what it brought. */
static int take_one(struct rf_ring *ring, int fd)
{
    struct rf_cqe cqe;
    int err = rf_copy_cqe(ring, &cqe); /* submits what is queued before it sleeps */
    if (err == -EINTR)
        return 0; /* a signal: nothing was lost, the caller asks again */
    if (err)
        return explain("waiting", RF_CALL_ENTER, err);
    in_flight--;
    struct slot *slot = &slots[cqe.user_data];
    if (cqe.res < 0)
        return explain("reading", RF_CALL_NONE, cqe.res);
    slot->have += (size_t)cqe.res;
    slot->is_there = cqe.res == 0 || slot->have == CHUNK_BYTES;
    /* A short read is no error and not always the end: 0 is. Ask for the rest. */
    return slot->is_there ? 0 : queue_read(ring, fd, slot);
}

static int print_file(struct rf_ring *ring, int fd)
{
    uint64_t queued = 0; /* chunks that were asked for */
    for (uint64_t printed = 0;; printed++) {
        for (; queued < printed + DEPTH; queued++) {
            struct slot *slot = &slots[queued % DEPTH];
            slot->offset = queued * CHUNK_BYTES;
            slot->have = 0;
            slot->is_there = false;
            int err = queue_read(ring, fd, slot);
            if (err)
                return err;
        }
        struct slot *next = &slots[printed % DEPTH];
        while (!next->is_there) {
            int err = take_one(ring, fd);
            if (err)
                return err;
        }
        if (fwrite(next->data, 1, next->have, stdout) != next->have)
            return explain("writing", RF_CALL_NONE, -EIO);
        if (next->have < CHUNK_BYTES)
            return 0; /* the end; chunks behind it are empty */
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: read_file FILE\n", stderr);
        return 2;
    }
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        perror(argv[1]);
        return 1;
    }
    struct rf_ring ring;
    int err = rf_init(&ring, DEPTH, 0);
    if (err) {
        explain("opening a ring", RF_CALL_INIT, err);
        return 1;
    }
    err = print_file(&ring, fd);
    /* The reads in flight still write to their slots: take them before these may go. */
    struct rf_cqe cqe;
    while (in_flight > 0 && rf_copy_cqe(&ring, &cqe) == 0)
        in_flight--;
    rf_deinit(&ring);
    close(fd);
    return err || fflush(stdout) ? 1 : 0;
}
