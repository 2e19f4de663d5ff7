/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <string.h>
#include <strings.h>

#include <ringfence/abi.h>
#include <ringfence/ops.h>

/* The name comes from the constant, so it cannot say READ at the number of WRITE. */
#define REG(name, since, text) [RF_REGISTER_##name] = {#name, since, text}
#define UNREG(name, since, text) [RF_UNREGISTER_##name] = {"UNREGISTER_" #name, since, text}
#define FLAG(prefix, name, since, text) \
    [__builtin_ctz(RF_##prefix##_##name)] = {#name, since, text}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct name features[] = {
    FLAG(FEAT, SINGLE_MMAP, "5.4", "both rings in one mapping"),
    FLAG(FEAT, NODROP, "5.5", "completions are kept on overflow"),
    FLAG(FEAT, SUBMIT_STABLE, "5.5", "arguments are copied at submission"),
    FLAG(FEAT, RW_CUR_POS, "5.6", "offset -1 is the file position"),
    FLAG(FEAT, CUR_PERSONALITY, "5.6", "credentials are the submitter's"),
    FLAG(FEAT, FAST_POLL, "5.7", "no worker for files that can be polled"),
    FLAG(FEAT, POLL_32BITS, "5.9", "32 bits of poll events"),
    FLAG(FEAT, SQPOLL_NONFIXED, "5.11", "SQPOLL takes ordinary descriptors"),
    FLAG(FEAT, EXT_ARG, "5.11", "waiting with a timeout"),
    FLAG(FEAT, NATIVE_WORKERS, "5.12", "workers are threads of the process"),
    FLAG(FEAT, RSRC_TAGS, "5.13", "tags and updates of registered things"),
    FLAG(FEAT, CQE_SKIP, "5.17", "no completion where none is wanted"),
    FLAG(FEAT, LINKED_FILE, "5.17", "a chain may open what it then reads"),
    FLAG(FEAT, REG_REG_RING, "6.3", "registering through a registered ring"),
    FLAG(FEAT, RECVSEND_BUNDLE, "6.10", "several buffers for one send or receive"),
    FLAG(FEAT, MIN_TIMEOUT, "6.12", "a least time to wait"),
    FLAG(FEAT, RW_ATTR, "6.14", "attributes of reads and writes"),
    FLAG(FEAT, NO_IOWAIT, "6.15", "waiting that does not count as iowait"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(features) - 1) == RF_FEAT_NO_IOWAIT, "a row per feature");

static const struct name setup_flags[] = {
    FLAG(SETUP, IOPOLL, "5.1", "the device is polled, not waited for"),
    FLAG(SETUP, SQPOLL, "5.1", "a kernel thread submits"),
    FLAG(SETUP, SQ_AFF, "5.1", "on which CPU that thread runs"),
    FLAG(SETUP, CQSIZE, "5.5", "the size of the completion queue"),
    FLAG(SETUP, CLAMP, "5.6", "too large becomes the largest"),
    FLAG(SETUP, ATTACH_WQ, "5.6", "share the threads of another ring"),
    FLAG(SETUP, R_DISABLED, "5.10", "not to start yet"),
    FLAG(SETUP, SUBMIT_ALL, "5.18", "go on after an entry that failed"),
    FLAG(SETUP, COOP_TASKRUN, "5.19", "do not interrupt the program"),
    FLAG(SETUP, TASKRUN_FLAG, "5.19", "show that work waits for it"),
    FLAG(SETUP, SQE128, "5.19", "submission entries of 128 bytes"),
    FLAG(SETUP, CQE32, "5.19", "completions of 32 bytes"),
    FLAG(SETUP, SINGLE_ISSUER, "6.0", "only one thread submits"),
    FLAG(SETUP, DEFER_TASKRUN, "6.1", "work is done only while waiting"),
    FLAG(SETUP, NO_MMAP, "6.5", "in memory of the program's"),
    FLAG(SETUP, REGISTERED_FD_ONLY, "6.5", "no descriptor, only an index"),
    FLAG(SETUP, NO_SQARRAY, "6.6", "no array between ring and entries"),
    FLAG(SETUP, HYBRID_IOPOLL, "6.13", "sleep a little, then poll"),
    FLAG(SETUP, CQE_MIXED, "6.18", "completions of 16 and of 32 bytes"),
    FLAG(SETUP, SQE_MIXED, "6.19", "entries of 64 and of 128 bytes"),
    FLAG(SETUP, SQ_REWIND, "7.0", "each submission begins at slot 0"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(setup_flags) - 1) == RF_SETUP_SQ_REWIND, "a row per flag");

static const struct name enter_flags[] = {
    FLAG(ENTER, GETEVENTS, "5.1", "wait for completions"),
    FLAG(ENTER, SQ_WAKEUP, "5.1", "wake the thread of SQPOLL"),
    FLAG(ENTER, SQ_WAIT, "5.10", "wait until that thread has made room"),
    FLAG(ENTER, EXT_ARG, "5.11", "a timeout and more"),
    FLAG(ENTER, REGISTERED_RING, "5.18", "an index in place of the descriptor"),
    FLAG(ENTER, ABS_TIMER, "6.12", "the timeout is a point in time"),
    FLAG(ENTER, EXT_ARG_REG, "6.13", "the timeout is in registered memory"),
    FLAG(ENTER, NO_IOWAIT, "6.15", "do not count as iowait"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(enter_flags) - 1) == RF_ENTER_NO_IOWAIT, "a row per flag");

static const struct name sqe_flags[] = {
    FLAG(SQE, FIXED_FILE, "5.1", "a registered file"),
    FLAG(SQE, IO_DRAIN, "5.2", "after all that were submitted before"),
    FLAG(SQE, IO_LINK, "5.3", "the next one waits for this"),
    FLAG(SQE, IO_HARDLINK, "5.5", "... and runs even if this fails"),
    FLAG(SQE, ASYNC, "5.6", "to a worker at once"),
    FLAG(SQE, BUFFER_SELECT, "5.7", "the kernel chooses a provided buffer"),
    FLAG(SQE, CQE_SKIP_SUCCESS, "5.17", "no completion unless it fails"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(sqe_flags) - 1) == RF_SQE_CQE_SKIP_SUCCESS, "a row per flag");

static const struct name register_ops[] = {
    REG(BUFFERS, "5.1", "pin memory for READ_FIXED and its like"),
    UNREG(BUFFERS, "5.1", "undoes that"),
    REG(FILES, "5.1", "files that SQEs name by slot"),
    UNREG(FILES, "5.1", "undoes that"),
    REG(EVENTFD, "5.2", "signalled at each completion"),
    UNREG(EVENTFD, "5.2", "undoes that"),
    REG(FILES_UPDATE, "5.5", "change some slots"),
    REG(EVENTFD_ASYNC, "5.6", "... unless completed at submission"),
    REG(PROBE, "5.6", "which operations there are"),
    REG(PERSONALITY, "5.6", "credentials that SQEs name by id"),
    UNREG(PERSONALITY, "5.6", "undoes that"),
    REG(RESTRICTIONS, "5.10", "allow some operations only"),
    REG(ENABLE_RINGS, "5.10", "start a ring opened with R_DISABLED"),
    REG(FILES2, "5.13", "files with tags, or empty slots"),
    REG(FILES_UPDATE2, "5.13", "change some slots and tags"),
    REG(BUFFERS2, "5.13", "buffers with tags, or empty slots"),
    REG(BUFFERS_UPDATE, "5.13", "change some buffers and tags"),
    REG(IOWQ_AFF, "5.14", "CPUs of the workers"),
    UNREG(IOWQ_AFF, "5.14", "back to all CPUs"),
    REG(IOWQ_MAX_WORKERS, "5.15", "how many workers at most"),
    REG(RING_FDS, "5.18", "rings that calls name by index"),
    UNREG(RING_FDS, "5.18", "undoes that"),
    REG(PBUF_RING, "5.19", "a ring of provided buffers"),
    UNREG(PBUF_RING, "5.19", "undoes that"),
    REG(SYNC_CANCEL, "6.0", "cancel, and wait for it"),
    REG(FILE_ALLOC_RANGE, "6.0", "slots that the kernel may choose from"),
    REG(PBUF_STATUS, "6.8", "how far a ring of buffers is used"),
    REG(NAPI, "6.9", "busy-poll network devices"),
    UNREG(NAPI, "6.9", "undoes that"),
    REG(CLOCK, "6.12", "the clock of timeouts while waiting"),
    REG(CLONE_BUFFERS, "6.12", "share another ring's buffers"),
    REG(SEND_MSG_RING, "6.13", "MSG_RING without a ring of one's own"),
    REG(ZCRX_IFQ, "6.15", "a receive queue for RECV_ZC"),
    REG(RESIZE_RINGS, "6.13", "larger or smaller rings"),
    REG(MEM_REGION, "6.13", "memory for arguments of waiting"),
    REG(QUERY, "6.18", "what the kernel knows"),
    REG(ZCRX_CTRL, "6.19", "control of that receive queue"),
    REG(BPF_FILTER, "7.0", "a program decides what is allowed"),
};
RF_STATIC_ASSERT(COUNT_OF(register_ops) == RF_REGISTER_LAST, "a row per registration");

#define TABLE(table) .names = (table), .count = COUNT_OF(table)

const struct kind_info kinds[KINDS] = {
    [KIND_OPERATION] = {"operations", "Operations", "OP_", .count = RF_OP_LAST},
    [KIND_FEATURE] = {"features", "Features", "FEAT_", TABLE(features)},
    [KIND_SETUP_FLAG] = {"setup_flags", "Setup flags", "SETUP_", TABLE(setup_flags)},
    [KIND_ENTER_FLAG] = {"enter_flags", "Enter flags", "ENTER_", TABLE(enter_flags)},
    [KIND_SQE_FLAG] = {"sqe_flags", "SQE flags", "SQE_", TABLE(sqe_flags)},
    [KIND_REGISTER_OP] = {"register_operations", "Registrations", "REGISTER_",
                          TABLE(register_ops)},
};

struct name name_of(const struct kind_info *info, uint32_t number)
{
    if (info->names)
        return info->names[number];
    const struct rf_op_info *op = rf_op_info(number);
    return (struct name){op->name, op->since, op->text};
}

static int find_in(const struct kind_info *info, const char *name, uint32_t *ret_number)
{
    for (uint32_t i = 0; i < info->count; i++)
        if (strcasecmp(name_of(info, i).name, name) == 0) {
            *ret_number = i;
            return 1;
        }
    return 0;
}

int find_name(const char *name, enum kind *ret_kind, uint32_t *ret_number)
{
    static const char *const origins[] = {"RF_", "IORING_"};
    for (size_t i = 0; i < COUNT_OF(origins); i++)
        if (strncasecmp(name, origins[i], strlen(origins[i])) == 0)
            name += strlen(origins[i]);
    if (strncasecmp(name, "IOSQE_", 6) == 0)
        name += 2;
    for (int kind = 0; kind < KINDS; kind++) {
        size_t length = strlen(kinds[kind].prefix);
        /* UNREGISTER_X carries its prefix in its name. */
        const char *rest = strncasecmp(name, kinds[kind].prefix, length) == 0 ? name + length
                           : strncasecmp(name, "UN", 2) == 0                   ? name
                                                                               : NULL;
        if (rest && find_in(&kinds[kind], rest, ret_number)) {
            *ret_kind = (enum kind)kind;
            return 1;
        }
    }
    if (!find_in(&kinds[KIND_OPERATION], name, ret_number))
        return 0;
    *ret_kind = KIND_OPERATION;
    return 1;
}
