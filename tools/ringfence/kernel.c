/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - asks the kernel. What cannot be asked in one question is tried by
 * kernel_try.c.
 */
#include "kernel.h"
#include "kernel_try.h"

#include <string.h>

#include <ringfence.h>

static const struct rf_sys *const kernel = &rf_sys_kernel;

void forget_kernel(struct kernel_report *report)
{
    memset(report, 0, sizeof *report);
    report->limits = (struct kernel_limits){
        .sq_entries = UNKNOWN_NUMBER,
        .cq_entries = UNKNOWN_NUMBER,
        .ring_bytes = UNKNOWN_NUMBER,
        .ring_memory_counts = UNKNOWN_NUMBER,
        .workers_bound = UNKNOWN_NUMBER,
        .workers_unbound = UNKNOWN_NUMBER,
        .buffers = UNKNOWN_NUMBER,
        .files = UNKNOWN_NUMBER,
    };
}

static void set_bits(struct answer *answer, enum method method, uint64_t bits)
{
    answer->method = method;
    for (int bit = 0; bit < 64; bit++)
        answer->state[bit] = bits >> bit & 1 ? IS_THERE : IS_MISSING;
}

static void set_count(struct answer *answer, enum method method, uint32_t count)
{
    answer->method = method;
    for (uint32_t number = 0; number < 256; number++)
        answer->state[number] = number < count ? IS_THERE : IS_MISSING;
}

static void ask_operations(struct answer *answer, struct rf_ring *ring)
{
    struct rf_probe probe;
    if (rf_get_probe(ring, &probe) < 0)
        return;
    answer->method = BY_PROBE;
    for (uint32_t op = 0; op < 256; op++)
        answer->state[op] = rf_probe_op_supported(&probe, op) ? IS_THERE : IS_MISSING;
}

/* Since 6.18 one question answers for all flags. Returns whether it did. */
static bool ask_query(struct kernel_report *report, int fd)
{
    struct rf_query_opcode reply;
    struct rf_query_hdr question;
    memset(&reply, 0, sizeof reply);
    memset(&question, 0, sizeof question);
    question.query_op = RF_QUERY_OPCODES;
    question.query_data = (uint64_t)(uintptr_t)&reply;
    question.size = sizeof reply;
    if (kernel->ring_register(kernel, fd, RF_REGISTER_QUERY, &question, 0) < 0 ||
        question.result < 0)
        return false;
    set_bits(&report->answers[KIND_SETUP_FLAG], BY_QUERY, reply.ring_setup_flags);
    set_bits(&report->answers[KIND_ENTER_FLAG], BY_QUERY, reply.enter_flags);
    set_bits(&report->answers[KIND_SQE_FLAG], BY_QUERY, reply.sqe_flags);
    set_count(&report->answers[KIND_REGISTER_OP], BY_QUERY, reply.nr_register_opcodes);
    return true;
}

static void ask_limits(struct kernel_limits *limits, const struct rf_ring *ring)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = ring->flags & RF_SETUP_NO_SQARRAY;
    limits->ring_bytes = rf_memory_size_params(RING_OF_INTEREST, &params);

    uint32_t workers[2] = {0, 0}; /* 0 leaves the limit as it is, and tells it */
    if (kernel->ring_register(kernel, ring->fd, RF_REGISTER_IOWQ_MAX_WORKERS, workers, 2) >= 0) {
        limits->workers_bound = workers[RF_WQ_BOUND];
        limits->workers_unbound = workers[RF_WQ_UNBOUND];
    }
    limits->buffers = try_largest_table(ring->fd, RF_REGISTER_BUFFERS2, RF_UNREGISTER_BUFFERS);
    limits->files = try_largest_table(ring->fd, RF_REGISTER_FILES2, RF_UNREGISTER_FILES);
    limits->ring_memory_counts = try_ring_memory_counts();
    /* Last: it is large, and the kernel takes its time to free it. */
    try_largest_ring(&limits->sq_entries, &limits->cq_entries);
}

int ask_kernel(struct kernel_report *report, bool no_query)
{
    forget_kernel(report);
    struct rf_ring ring;
    int err = rf_init(&ring, 4, 0);
    if (err)
        return err;
    ask_operations(&report->answers[KIND_OPERATION], &ring);
    set_bits(&report->answers[KIND_FEATURE], BY_SETUP, ring.features);
    if (no_query || !ask_query(report, ring.fd)) {
        try_setup_flags(&report->answers[KIND_SETUP_FLAG], ring.fd);
        try_enter_flags(&report->answers[KIND_ENTER_FLAG]);
        try_sqe_flags(&report->answers[KIND_SQE_FLAG], &ring);
        try_register_ops(&report->answers[KIND_REGISTER_OP]);
    }
    ask_limits(&report->limits, &ring);
    rf_deinit(&ring);
    return 0;
}
