/* SPDX-License-Identifier: MIT */
/*
 * caps_names.c - what the numbers are called, since when they are there, and how to say
 * that a kernel lacks them. The only place where that stands, but for operations (ops.h), and
 * for flags of single calls that are no capability here (sync.c, zcrx.c, min_left in buffers.c).
 *
 * The index of a row is the number of the registration or of the flag's bit, so no table can have
 * two rows for one number, and a test compares all of them with abi.h.
 */
#include "caps.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <ringfence/ops.h>

struct row {
    const char *prefix;
    const char *name;
    const char *since;
    const char *text;
    const char *lacks; /* what rf_reason() says; NULL where every kernel from 5.10 on has it */
};

/* The name comes from the constant, so it cannot say READ at the number of WRITE. */
#define REG(name, since, text) [RF_REGISTER_##name] = {"REGISTER_", #name, since, text, NULL}
#define UNREG(name, since, text) \
    [RF_UNREGISTER_##name] = {"", "UNREGISTER_" #name, since, text, NULL}
#define REG_LACKS(name, since, text, what) \
    [RF_REGISTER_##name] = {"REGISTER_", #name, since, text, RFI_LACKS(what, since)}
#define UNREG_LACKS(name, since, text, what) \
    [RF_UNREGISTER_##name] = {"", "UNREGISTER_" #name, since, text, RFI_LACKS(what, since)}
#define FLAG(prefix, name, since, text)                                    \
    [__builtin_ctz(RF_##prefix##_##name)] = {#prefix "_", #name, since, text, \
                                             RFI_LACKS("RF_" #prefix "_" #name, since)}
/* The same, in words that say more than the name. */
#define FLAG_LACKS(prefix, name, since, text, what)                           \
    [__builtin_ctz(RF_##prefix##_##name)] = {#prefix "_", #name, since, text, \
                                             RFI_LACKS(what, since)}
#define DETAIL(name, since, text) [RF_DETAIL_##name] = {"DETAIL_", #name, since, text, NULL}
#define DETAIL_LACKS(name, since, text, what) \
    [RF_DETAIL_##name] = {"DETAIL_", #name, since, text, RFI_LACKS(what, since)}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct row features[] = {
    FLAG(FEAT, SINGLE_MMAP, "5.4", "both rings in one mapping"),
    FLAG(FEAT, NODROP, "5.5", "completions are kept on overflow"),
    FLAG(FEAT, SUBMIT_STABLE, "5.5", "arguments are copied at submission"),
    FLAG(FEAT, RW_CUR_POS, "5.6", "offset -1 is the file position"),
    FLAG(FEAT, CUR_PERSONALITY, "5.6", "credentials are the submitter's"),
    FLAG(FEAT, FAST_POLL, "5.7", "no worker for files that can be polled"),
    FLAG(FEAT, POLL_32BITS, "5.9", "32 bits of poll events"),
    FLAG(FEAT, SQPOLL_NONFIXED, "5.11", "SQPOLL takes ordinary descriptors"),
    FLAG_LACKS(FEAT, EXT_ARG, "5.11", "waiting with a timeout", "waits with a time"),
    FLAG(FEAT, NATIVE_WORKERS, "5.12", "workers are threads of the process"),
    FLAG(FEAT, RSRC_TAGS, "5.13", "tags and updates of registered things"),
    FLAG(FEAT, CQE_SKIP, "5.17", "no completion where none is wanted"),
    FLAG(FEAT, LINKED_FILE, "5.17", "a chain may open what it then reads"),
    FLAG_LACKS(FEAT, REG_REG_RING, "6.3", "registering through a registered ring",
               "registering by index"),
    FLAG(FEAT, RECVSEND_BUNDLE, "6.10", "several buffers for one send or receive"),
    FLAG_LACKS(FEAT, MIN_TIMEOUT, "6.12", "a least time to wait", "minimum waits"),
    FLAG(FEAT, RW_ATTR, "6.14", "attributes of reads and writes"),
    FLAG_LACKS(FEAT, NO_IOWAIT, "6.15", "waiting that does not count as iowait",
               "waits that are no iowait"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(features) - 1) == RF_FEAT_NO_IOWAIT, "a row per feature");

static const struct row setup_flags[] = {
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

static const struct row enter_flags[] = {
    FLAG(ENTER, GETEVENTS, "5.1", "wait for completions"),
    FLAG(ENTER, SQ_WAKEUP, "5.1", "wake the thread of SQPOLL"),
    FLAG_LACKS(ENTER, SQ_WAIT, "5.10", "wait until that thread has made room",
               "waits for the SQ thread"),
    FLAG(ENTER, EXT_ARG, "5.11", "a timeout and more"),
    FLAG(ENTER, REGISTERED_RING, "5.18", "an index in place of the descriptor"),
    FLAG_LACKS(ENTER, ABS_TIMER, "6.12", "the timeout is a point in time",
               "waits until a point in time"),
    FLAG(ENTER, EXT_ARG_REG, "6.13", "the timeout is in registered memory"),
    FLAG(ENTER, NO_IOWAIT, "6.15", "do not count as iowait"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(enter_flags) - 1) == RF_ENTER_NO_IOWAIT, "a row per flag");

static const struct row sqe_flags[] = {
    FLAG(SQE, FIXED_FILE, "5.1", "a registered file"),
    FLAG(SQE, IO_DRAIN, "5.2", "after all that were submitted before"),
    FLAG(SQE, IO_LINK, "5.3", "the next one waits for this"),
    FLAG(SQE, IO_HARDLINK, "5.5", "... and runs even if this fails"),
    FLAG(SQE, ASYNC, "5.6", "to a worker at once"),
    FLAG(SQE, BUFFER_SELECT, "5.7", "the kernel chooses a provided buffer"),
    FLAG(SQE, CQE_SKIP_SUCCESS, "5.17", "no completion unless it fails"),
};
RF_STATIC_ASSERT(1U << (COUNT_OF(sqe_flags) - 1) == RF_SQE_CQE_SKIP_SUCCESS, "a row per flag");

static const struct row register_ops[] = {
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
    REG_LACKS(FILES2, "5.13", "files with tags, or empty slots",
              "file tables with tags"),
    REG_LACKS(FILES_UPDATE2, "5.13", "change some slots and tags",
              "file tables with tags"),
    REG_LACKS(BUFFERS2, "5.13", "buffers with tags, or empty slots",
              "registered buffers with tags"),
    REG_LACKS(BUFFERS_UPDATE, "5.13", "change some buffers and tags",
              "updates of registered buffers"),
    REG_LACKS(IOWQ_AFF, "5.14", "CPUs of the workers",
              "a choice of processors for workers"),
    UNREG_LACKS(IOWQ_AFF, "5.14", "back to all CPUs",
                "a choice of processors for workers"),
    REG_LACKS(IOWQ_MAX_WORKERS, "5.15", "how many workers at most",
              "limits for workers"),
    REG_LACKS(RING_FDS, "5.18", "rings that calls name by index",
              "registered ring descriptors"),
    UNREG_LACKS(RING_FDS, "5.18", "undoes that",
                "registered ring descriptors"),
    REG_LACKS(PBUF_RING, "5.19", "a ring of provided buffers",
              "buffer rings"),
    UNREG_LACKS(PBUF_RING, "5.19", "undoes that",
                "buffer rings"),
    REG_LACKS(SYNC_CANCEL, "6.0", "cancel, and wait for it",
              "synchronous cancellation"),
    REG_LACKS(FILE_ALLOC_RANGE, "6.0", "slots that the kernel may choose from",
              "a range for chosen slots"),
    REG_LACKS(PBUF_STATUS, "6.8", "how far a ring of buffers is used",
              "the head of a buffer ring"),
    REG_LACKS(NAPI, "6.9", "busy-poll network devices",
              "busy polling of network devices"),
    UNREG_LACKS(NAPI, "6.9", "undoes that",
                "busy polling of network devices"),
    REG_LACKS(CLOCK, "6.12", "the clock of timeouts while waiting",
              "a choice of clock"),
    REG_LACKS(CLONE_BUFFERS, "6.12", "share another ring's buffers",
              "cloning of registered buffers"),
    REG_LACKS(SEND_MSG_RING, "6.13", "MSG_RING without a ring of one's own",
              "messages without a ring"),
    REG_LACKS(ZCRX_IFQ, "6.15", "a receive queue for RECV_ZC",
              "zero-copy receive"),
    REG_LACKS(RESIZE_RINGS, "6.13", "larger or smaller rings",
              "resizing of rings"),
    REG_LACKS(MEM_REGION, "6.13", "memory for arguments of waiting",
              "memory regions"),
    REG_LACKS(QUERY, "6.18", "what the kernel knows",
              "queries"),
    REG_LACKS(ZCRX_CTRL, "6.19", "control of that receive queue",
              "control of zero-copy receive"),
    REG_LACKS(BPF_FILTER, "7.0", "a program decides what is allowed",
              "BPF filters"),
};
RF_STATIC_ASSERT(COUNT_OF(register_ops) == RF_REGISTER_LAST, "a row per registration");

static const struct row details[] = {
    DETAIL_LACKS(SPARSE_TABLES, "5.19", "registered tables of empty slots",
                 "tables of empty slots"),
    DETAIL_LACKS(CLONE_RANGES, "6.13", "cloning of some registered buffers",
                 "cloning into a range"),
    DETAIL_LACKS(BUF_RING_MMAP, "6.4", "buffer rings in the kernel's memory",
                 "buffer rings in memory of its own"),
    DETAIL_LACKS(BUF_RING_INC, "6.12", "buffers used up piece by piece",
                 "buffers used up piece by piece"),
    DETAIL(POLL_MULTISHOT, "5.13", "POLL_ADD that goes on"),
    DETAIL(ACCEPT_MULTISHOT, "5.19", "ACCEPT that goes on"),
    DETAIL(RECV_MULTISHOT, "6.0", "RECV and RECVMSG that go on"),
    DETAIL(POLL_FIRST, "5.19", "send and receive that wait first"),
    DETAIL(TIMEOUT_MULTISHOT, "6.4", "TIMEOUT that goes on"),
    DETAIL(CANCEL_ALL, "5.19", "cancel all that match, by file as well"),
};
RF_STATIC_ASSERT(COUNT_OF(details) == RF_DETAIL_LAST, "a row per detail");

static const struct {
    const struct row *rows; /* NULL: operations, which have a table of their own */
    uint32_t count;
    const char *prefix;
} tables[] = {
    [RF_CAP_OP] = {NULL, RF_OP_LAST, "OP_"},
    [RF_CAP_FEATURE] = {features, COUNT_OF(features), "FEAT_"},
    [RF_CAP_SETUP] = {setup_flags, COUNT_OF(setup_flags), "SETUP_"},
    [RF_CAP_ENTER] = {enter_flags, COUNT_OF(enter_flags), "ENTER_"},
    [RF_CAP_SQE] = {sqe_flags, COUNT_OF(sqe_flags), "SQE_"},
    [RF_CAP_REGISTER] = {register_ops, COUNT_OF(register_ops), "REGISTER_"},
    [RF_CAP_DETAIL] = {details, COUNT_OF(details), "DETAIL_"},
};
RF_STATIC_ASSERT(COUNT_OF(tables) == RF_CAP_KINDS, "a table per kind");

uint32_t rf_cap_count(enum rf_cap_kind kind)
{
    return (uint32_t)kind < RF_CAP_KINDS ? tables[kind].count : 0;
}

bool rf_cap_info(enum rf_cap_kind kind, uint32_t number, struct rf_cap_info *ret_info)
{
    if (number >= rf_cap_count(kind))
        return false;
    struct rf_cap_info info;
    if (tables[kind].rows) {
        const struct row *row = &tables[kind].rows[number];
        info = (struct rf_cap_info){row->prefix, row->name, row->since, row->text};
    } else {
        const struct rf_op_info *op = rf_op_info(number);
        info = (struct rf_cap_info){tables[kind].prefix, op->name, op->since, op->text};
    }
    *ret_info = info;
    return true;
}

const char *rfi_lacks(enum rf_cap_kind kind, uint32_t number)
{
    return number < tables[kind].count ? tables[kind].rows[number].lacks : NULL;
}

const char *rfi_lacks_flag(enum rf_cap_kind kind, uint32_t flag)
{
    return rfi_lacks(kind, (uint32_t)__builtin_ctz(flag));
}

/* --- finding ------------------------------------------------------------- */

static bool find_in(enum rf_cap_kind kind, const char *name, uint32_t *ret_number)
{
    struct rf_cap_info info;
    for (uint32_t i = 0; rf_cap_info(kind, i, &info); i++)
        if (strcasecmp(info.name, name) == 0) {
            *ret_number = i;
            return true;
        }
    return false;
}

bool rf_cap_find(const char *name, enum rf_cap_kind *ret_kind, uint32_t *ret_number)
{
    static const char *const origins[] = {"RF_", "IORING_"};
    for (size_t i = 0; i < COUNT_OF(origins); i++)
        if (strncasecmp(name, origins[i], strlen(origins[i])) == 0)
            name += strlen(origins[i]);
    if (strncasecmp(name, "IOSQE_", 6) == 0)
        name += 2;
    for (int kind = 0; kind < RF_CAP_KINDS; kind++) {
        size_t length = strlen(tables[kind].prefix);
        /* UNREGISTER_X carries its prefix in its name. */
        const char *rest = strncasecmp(name, tables[kind].prefix, length) == 0 ? name + length
                           : strncasecmp(name, "UN", 2) == 0                    ? name
                                                                                : NULL;
        if (rest && find_in((enum rf_cap_kind)kind, rest, ret_number)) {
            *ret_kind = (enum rf_cap_kind)kind;
            return true;
        }
    }
    if (!find_in(RF_CAP_OP, name, ret_number))
        return false;
    *ret_kind = RF_CAP_OP;
    return true;
}
