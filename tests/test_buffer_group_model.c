/* SPDX-License-Identifier: MIT */
/*
 * Held here: data that a buffer group gave stays whole until it is put. Two
 * streams of numbered bytes come through one group in random pieces; parts are held
 * for random times, looked at again, and trampled on when they are put.
 *
 * RF_TEST_SEED=... repeats a run.
 */
#include "buffer_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffers.h"

struct stream {
    struct pair pair;
    uint32_t sent;
    uint32_t received;
    bool armed;
};

/* Not below 64: there 6.1 begins the second group where it stopped with the first. */
#define GROUP 70

struct part {
    struct rf_cqe cqe;
    unsigned char *data;
    uint32_t bytes;
    uint32_t pos;
    unsigned stream;
};

struct model {
    struct rf_ring *ring;
    struct rf_buffer_group *group;
    struct stream streams[2];
    struct part parts[512];
    unsigned parts_count;
    uint32_t random;
};

static uint32_t rnd(struct model *model, uint32_t below)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 17;
    model->random ^= model->random << 5;
    return model->random % below;
}

static unsigned char byte_at(unsigned stream, uint32_t pos)
{
    return (unsigned char)(pos * 7 + pos / 251 + stream * 128);
}

static void model_send(struct model *model)
{
    unsigned s = rnd(model, 2);
    struct stream *stream = &model->streams[s];
    unsigned char data[60];
    uint32_t bytes = 1 + rnd(model, sizeof data);
    if (stream->sent - stream->received > 3000)
        return;
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = byte_at(s, stream->sent + i);
    say(&stream->pair, data, bytes);
    stream->sent += bytes;
}

static void assert_part_is_whole(const struct part *part)
{
    for (uint32_t i = 0; i < part->bytes; i++)
        if (part->data[i] != byte_at(part->stream, part->pos + i))
            fail_msg("stream %u, byte %u is wrong: %#x; the part has %u bytes from %u, buffer %u",
                     part->stream, (unsigned)(part->pos + i), part->data[i], (unsigned)part->bytes,
                     (unsigned)part->pos, (unsigned)part->cqe.flags >> RF_CQE_BUFFER_SHIFT);
}

static void model_got(struct model *model, const struct rf_cqe *cqe)
{
    assert_in_range(cqe->user_data, 0, 1);
    struct stream *stream = &model->streams[cqe->user_data];
    void *data = NULL;
    int n = rf_buffer_group_get(model->group, cqe, &data);
    if (!(cqe->flags & RF_CQE_F_MORE))
        stream->armed = false;
    if (n < 0) {
        assert_true(n == -ENOBUFS || n == -ECANCELED);
        return;
    }
    assert_int_not_equal(n, 0);
    assert_true(model->parts_count < COUNT_OF(model->parts));
    struct part *part = &model->parts[model->parts_count++];
    *part = (struct part){*cqe, data, (uint32_t)n, stream->received, (unsigned)cqe->user_data};
    assert_part_is_whole(part);
    stream->received += (uint32_t)n;
}

static void model_put(struct model *model)
{
    if (model->parts_count == 0)
        return;
    struct part *part = &model->parts[rnd(model, model->parts_count)];
    assert_part_is_whole(part); /* still */
    memset(part->data, 0xee, part->bytes);
    assert_result(rf_buffer_group_put(model->group, &part->cqe), 0);
    *part = model->parts[--model->parts_count];
}

static void model_arm(struct model *model, unsigned s)
{
    struct stream *stream = &model->streams[s];
    if (stream->armed)
        return;
    int fd = stream->pair.here;
    struct rf_sqe *sqe = rnd(model, 3) ? rf_buffer_group_recv_multishot(model->group, s, fd, 0)
                                       : rf_buffer_group_recv(model->group, s, fd, 0);
    stream->armed = sqe != NULL;
    assert_true(rf_submit(model->ring) >= 0);
}

static void model_step(struct model *model)
{
    switch (rnd(model, 5)) {
    case 0:
    case 1:
        model_send(model);
        break;
    case 2: {
        struct rf_cqe cqes[4];
        int n = rf_copy_cqes(model->ring, cqes, 1 + rnd(model, 4), 0);
        assert_true(n >= 0);
        for (int i = 0; i < n; i++)
            model_got(model, &cqes[i]);
        break;
    }
    case 3:
        model_put(model);
        break;
    default:
        model_arm(model, rnd(model, 2));
        break;
    }
    assert_true(rfi_buffer_group_is_valid(model->group));
}

/* Receives what was sent, cancels what still waits, puts everything. */
static void model_end(struct model *model)
{
    for (unsigned s = 0; s < 2; s++) {
        struct stream *stream = &model->streams[s];
        while (stream->received != stream->sent || stream->armed) {
            while (model->parts_count)
                model_put(model);
            if (stream->received != stream->sent)
                model_arm(model, s);
            else {
                assert_non_null(rf_cancel(model->ring, 99, s, 0));
                assert_true(rf_submit(model->ring) >= 0);
            }
            struct rf_cqe cqe = next_cqe(model->ring);
            if (cqe.user_data != 99)
                model_got(model, &cqe);
        }
    }
    while (model->parts_count)
        model_put(model);
}

static void run_model(struct rf_ring *ring, struct rf_buffer_group *group, uint32_t seed)
{
    static struct model model;
    memset(&model, 0, sizeof model);
    model.ring = ring;
    model.group = group;
    model.random = seed;
    for (unsigned s = 0; s < 2; s++)
        open_pair(&model.streams[s].pair);
    for (unsigned step = 0; step < 4000; step++)
        model_step(&model);
    model_end(&model);
    assert_int_equal(model.streams[0].received, model.streams[0].sent);
    assert_int_equal(model.streams[1].received, model.streams[1].sent);
    for (unsigned s = 0; s < 2; s++)
        close_pair(&model.streams[s].pair);
    /* Answers to cancelling what had just ended. */
    assert_non_null(rf_nop(ring, 100));
    struct rf_cqe cqe = submit_and_reap(ring);
    while (cqe.user_data != 100) {
        assert_int_equal(cqe.user_data, 99);
        cqe = next_cqe(ring);
    }
    assert_all_in_ring(group);
}

static uint32_t pick_seed(void)
{
    const char *given = getenv("RF_TEST_SEED");
    uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 0) : (uint32_t)getpid() * 2654435761U;
    seed |= 1;
    print_message("# RF_TEST_SEED=%u\n", seed);
    return seed;
}

static void each_part_stays_whole_until_it_is_put(void **state)
{
    struct rf_ring ring;
    struct watch watch;
    open_watched(state, &ring, 64, &watch);
    need_op(&ring, RF_OP_SEND_ZC); /* 6.0, as multishot receives */
    uint32_t seed = pick_seed();
    struct rf_buffer_group group;
    open_group(&group, &ring, GROUP, 48, 8);
    run_model(&ring, &group, seed);
    close_group(&group);
    assert_result(rf_buffer_group_init_flags(&group, &ring, GROUP, 48, 8, 0), 0);
    run_model(&ring, &group, seed);
    close_group(&group);
    close_watched(&ring, &watch);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(each_part_stays_whole_until_it_is_put),
    };
    return run_all(tests, COUNT_OF(tests));
}
