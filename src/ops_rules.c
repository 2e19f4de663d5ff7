/* SPDX-License-Identifier: MIT */
/*
 * ops_rules.c - what holds for all operations: the loans that every SQE makes, and
 * the rules that no row can state.
 */
#include "ops.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct rf_op_loan common[] = {
    MEMORY(FLAGS, SQE, READS, CONSUMED, .extent = RF_EXTENT_BYTES, .unit = 64,
           NOTE("128 bytes with RF_SETUP_SQE128, and for operations that take two slots. A CQE of "
                "a ring with RF_SETUP_SQPOLL may come before the slot is free: count slots by "
                "rf_sq_space_left(), not by CQEs."),
           SOURCE("io_uring.c:io_init_req")),
    NUMBER(PERSONALITY, PERSONALITY, CONSUMED, CONSUMED,
           WHEN("unless it is 0", TEST(PERSONALITY, ANY, UINT16_MAX)),
           NOTE("The credentials are held from then on, and may be unregistered."),
           SOURCE("io_uring.c:io_init_req")),
};

const struct rf_op_loan *rf_common_loan_at(size_t index)
{
    return index < COUNT_OF(common) ? &common[index] : NULL;
}

size_t rf_common_loan_count(void)
{
    return COUNT_OF(common);
}

#define MEASURED "measured"

static const struct rf_rule rules[] = {
    {RF_RULE_RESULTS, "The final CQE",
     "One rule serves all operations, ordinary, multishot and zero-copy alike: a request is over "
     "with its CQE without RF_CQE_F_MORE.",
     MEASURED},
    {RF_RULE_RESULTS, "Errors with a buffer",
     "Any CQE, of an error too, may have RF_CQE_F_BUFFER: the buffer it names was taken out of "
     "the ring and is the program's again.",
     MEASURED},
    {RF_RULE_RESULTS, "-512",
     "A worker's operation that is cancelled, or whose submitter ends, may have this res: "
     "-EINTR by another name.",
     MEASURED},
    {RF_RULE_RESULTS, "Workers",
     "RF_WORKER_SOMETIMES means: tried without waiting; if that is not possible, files that can "
     "be polled wait by poll, without a thread, and others go to a worker. A multishot never "
     "runs in a worker.",
     "io_uring.c:io_queue_async"},
    {RF_RULE_RESULTS, "O_NONBLOCK",
     "Does not give -EAGAIN on sockets and pipes, since the operation waits by poll; MSG_DONTWAIT, "
     "RWF_NOWAIT and RF_ACCEPT_DONTWAIT do. For files that know no such wait it does.",
     "rw.c:io_rw_init_file"},

    {RF_RULE_FLAGS, "RF_SQE_IO_LINK, RF_SQE_IO_HARDLINK",
     "All members are consumed when the chain is submitted, so what is copied then is copied "
     "then. What is looked up when an operation starts is looked up when the member starts. If "
     "the chain breaks, later members never start; their CQEs with -ECANCELED end their loans. "
     "Kernels without RF_FEAT_LINKED_FILE (5.17) look descriptors of all members up at "
     "submission: portable programs keep them open from then to the end.",
     "io_uring.c:io_queue_next"},
    {RF_RULE_FLAGS, "RF_SQE_IO_DRAIN",
     "As for a link. It waits for every earlier request, armed multishots and polls among them, "
     "and holds back every later one: behind a multishot even the ASYNC_CANCEL that would end "
     "it. RF_REGISTER_SYNC_CANCEL gets such a ring going again. On 6.18 the ring goes on draining "
     "until something is submitted with nothing else open, and a zero-copy send that is held back "
     "never starts: DrainLasts and DrainStopsZeroCopy in docs/capabilities.md.",
     "io_uring.c:io_queue_deferred"},
    {RF_RULE_FLAGS, "RF_SQE_ASYNC",
     "Consumed at submission, started by a worker: descriptors, slots, directories and control "
     "data are looked up there. Operations that always take a worker do the same unasked.",
     "io_uring.c:io_wq_submit_work"},
    {RF_RULE_FLAGS, "RF_SQE_CQE_SKIP_SUCCESS",
     "A success leaves no CQE, so loans until completion have no end that can be seen, other "
     "than a later CQE of the same chain. A short read or write posts one.",
     "io_uring.c:io_req_complete_post"},
    {RF_RULE_FLAGS, "RF_SETUP_SQPOLL",
     "The SQ thread consumes: what is copied must stay until it has passed the SQE, not just "
     "until rf_submit(). CQEs of a batch may be seen before. A descriptor closed right after "
     "publishing is -EBADF. Operations that wait by poll are tried again by that thread at any "
     "time, beside the program's own code.",
     "sqpoll.c:io_sq_thread"},
    {RF_RULE_FLAGS, "A ring without flags",
     "What waited by poll writes its buffer while the submitting thread is in any system call or "
     "interrupted.",
     MEASURED},
    {RF_RULE_FLAGS, "RF_SETUP_COOP_TASKRUN",
     "The same, but only when that thread goes through the kernel by itself.",
     "io_uring.c:io_req_normal_work_add"},
    {RF_RULE_FLAGS, "RF_SETUP_DEFER_TASKRUN",
     "Only while the submitting thread waits in io_uring_enter() with RF_ENTER_GETEVENTS. Workers "
     "and devices still write when they like.",
     "io_uring.c:io_run_local_work"},

    {RF_RULE_REGISTERED, "Registered buffers",
     "The pages are pinned when they are registered. Unregistering, updating and replacing by a "
     "clone return at once and wait for nothing: an operation that started keeps its buffer and "
     "the data still arrives. The tag's CQE (user_data: the tag, res 0) comes after the last one; "
     "without a tag only the program's own book-keeping tells.",
     "rsrc.c:io_put_rsrc_node"},
    {RF_RULE_REGISTERED, "The mapping of a registered buffer",
     "Unmapping it is no error: operations go to the old pages, and report success. Remapping, "
     "MADV_DONTNEED and a fork can part the mapping from the pages too. Registered means: not "
     "to be unmapped, remapped or advised.",
     MEASURED},
    {RF_RULE_REGISTERED, "Memory of a buffer ring",
     "The program's own is pinned until the ring of buffers is unregistered or the io_uring is "
     "gone; the kernel's lives as long as its mapping. The kernel writes into it: with "
     "RF_PBUF_RING_INC address and length of the entry at the head, and for a bundle that ends "
     "early the length of a later entry.",
     "kbuf.c:io_ring_buffers_peek"},
    {RF_RULE_REGISTERED, "Provided buffers",
     "The program's; from publishing on the kernel's; from the CQE with RF_CQE_F_BUFFER and this "
     "id, without RF_CQE_F_BUF_MORE, the program's again. One that an operation picked comes back "
     "with its CQE, also if that failed or was cancelled. After the group is unregistered, what "
     "was picked before is still written until those operations are completed.",
     "kbuf.c:io_ring_buffer_select"},
    {RF_RULE_REGISTERED, "Registered files",
     "Closing or replacing a slot succeeds at once while operations use the file; the file lives "
     "on in them, and the tag's CQE follows theirs.",
     "rsrc.c:io_put_rsrc_node"},
    {RF_RULE_REGISTERED, "Registered rings",
     "The index belongs to the thread that registered it: for another one it is -EINVAL or -EBADF. "
     "A ring with RF_SETUP_REGISTERED_FD_ONLY is gone with its thread.",
     "tctx.c:io_uring_unreg_ringfd"},

    {RF_RULE_CALLS, "Arguments of io_uring_enter()",
     "The signal mask, the struct rf_getevents_arg and its timeout are lent until the call "
     "returns.",
     "io_uring.c:io_get_ext_arg"},
    {RF_RULE_CALLS, "Arguments of io_uring_register()",
     "Arrays of iovecs, descriptors, tags and restrictions, and all structs, are lent until the "
     "call returns. A registered eventfd may be closed.",
     "register.c:__io_uring_register"},

    {RF_RULE_ENDS, "Closing a ring",
     "rf_deinit() returns at once; operations are cancelled by the kernel in its own time. What "
     "waits by poll does not touch its buffer any more on 6.18, but what a worker or a device "
     "has goes on: a read of 1 MiB with O_DIRECT went on filling its buffer in 199 of 200 runs. "
     "Cancel and reap everything first, if the memory is to be used again.",
     "io_uring.c:io_ring_exit_work"},
    {RF_RULE_ENDS, "Unmapping the queues",
     "Safe at any time: the kernel has mappings of its own. CQEs are lost, nothing else.",
     "io_uring.c:io_ring_exit_work"},
    {RF_RULE_ENDS, "Memory of a ring with RF_SETUP_NO_MMAP",
     "Never to be used again in place after closing: the kernel still writes to it, even if the "
     "ring was idle. Unmap it; the pages are held as long as they are needed.",
     "io_uring.c:io_ring_ctx_free"},
    {RF_RULE_ENDS, "When a closed ring is gone",
     "Nothing tells. If it must be known: let the table of registered files hold the only write "
     "end of a pipe, and poll the read end; POLLHUP comes after all requests are gone. Memory of a "
     "ring with RF_SETUP_NO_MMAP may still be written then.",
     MEASURED},
    {RF_RULE_ENDS, "The submitting thread ends",
     "Its requests do not survive: they end with -ECANCELED or -512, those that wait by poll when "
     "they are woken next; only timeouts still expire. Keep the thread alive as long as its "
     "requests.",
     MEASURED},
    {RF_RULE_ENDS, "exec",
     "All requests of the process are cancelled and waited for.",
     "io_uring.c:io_uring_task_cancel"},
    {RF_RULE_ENDS, "fork",
     "A child that submits to the ring does so with its own memory and descriptors; the CQEs are "
     "seen by both. Its exit or exec leaves the parent's requests alone. With RF_SETUP_SQPOLL all "
     "requests use the memory and descriptors of the ring's creator.",
     MEASURED},
    {RF_RULE_ENDS, "close(2) of a file that is in use",
     "Cancels nothing: each request holds its file.",
     MEASURED},
};

const struct rf_rule *rf_rule_at(size_t index)
{
    return index < COUNT_OF(rules) ? &rules[index] : NULL;
}

size_t rf_rule_count(void)
{
    return COUNT_OF(rules);
}

const char *rf_rule_about_words(enum rf_rule_about about)
{
    switch (about) {
    case RF_RULE_RESULTS:
        return "What completions say";
    case RF_RULE_FLAGS:
        return "What flags change";
    case RF_RULE_REGISTERED:
        return "Registered and provided memory";
    case RF_RULE_CALLS:
        return "Arguments of system calls";
    case RF_RULE_ENDS:
        return "What goes on after an end";
    }
    return "?";
}
