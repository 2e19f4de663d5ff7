/* SPDX-License-Identifier: MIT */
/* quirks.c - quirks.h: the table. What is tried is in quirks_try.c. */
#include <stddef.h>

#include <ringfence/quirks.h>

static const struct rf_quirk quirks[RF_QUIRKS] = {
    [RF_QUIRK_MIXED_WAIT_SPINS] =
        {.name = "MixedWaitSpins",
         .kernels = "6.18",
         .concerns = "rings of RF_SETUP_CQE_MIXED",
         .behaviour = "When a 32-byte completion that has overflowed does not fit into the one "
                      "slot that is free, a wait for the whole queue spins in the kernel for ever, "
                      "deaf to SIGKILL.",
         .mended = "No wait on such a ring is for more slots than the queue has but one.",
         .advice = "With the bare system call do the same.",
         .untried = "the process could not be killed",
         .test = "test_peer.c: a_wait_asks_for_no_more_than_a_mixed_queue_can_show"},
    [RF_QUIRK_MIXED_OVERTAKES] =
        {.name = "MixedOvertakes",
         .kernels = "6.18, 7.3",
         .concerns = "rings of RF_SETUP_CQE_MIXED",
         .behaviour = "A 16-byte completion overtakes a 32-byte one that has overflowed, and may "
                      "be posted beyond the end of the queue, on top of one that was not taken.",
         .mended = NULL,
         .advice = "Make the queue large enough for all that can be outstanding "
                   "(RF_SETUP_CQSIZE): two slots each, and four to spare.",
         .untried = NULL,
         .test = "test_wrap.c: the_kernel_agrees_with_the_model_on_sixteen_entries"},
    [RF_QUIRK_ERROR_HIDDEN] =
        {.name = "ErrorHidden",
         .kernels = "5.10, 6.1, 6.12, 6.18, 7.3",
         .concerns = "submitting and waiting in one call",
         .behaviour = "What ended the wait, a signal or the time, or what is wrong with its "
                      "arguments, is not told when SQEs were submitted in the same call.",
         .mended = "The waits of wait.h submit in a call of their own. Arguments are looked at "
                   "before anything is submitted.",
         .advice = "rf_submit_and_wait() and its like return the count: look for completions.",
         .untried = NULL,
         .test = "test_waiting.c: the_end_of_a_wait_is_told_with_work_submitted"},
    [RF_QUIRK_TIMEOUT_ENDS_WAIT] =
        {.name = "TimeoutEndsWait",
         .kernels = "5.10, 6.1, 6.12, 6.18, 7.3",
         .concerns = "waits for more than one",
         .behaviour = "A wait ends when any TIMEOUT operation of the ring fires, with fewer "
                      "completions than were waited for, or none.",
         .mended = "The waits of wait.h go on if nothing came, with the time that is left.",
         .advice = "Take fewer for an answer.",
         .untried = NULL,
         .test = "test_waiting.c: what_posts_nothing_does_not_end_a_wait"},
    [RF_QUIRK_SQPOLL_EARLY_TIMEOUT] =
        {.name = "SqpollEarlyTimeout",
         .kernels = "6.18",
         .concerns = "rings of RF_SETUP_SQPOLL",
         .behaviour = "A TIMEOUT operation ends a wait before the SQ thread has posted its "
                      "completion: the wait returns, and there is nothing.",
         .mended = "Waits look, and go on waiting.",
         .advice = "With rf_submit_and_wait() look, and wait again.",
         .untried = "a race, which is not lost each time",
         .test = "test_wait.c: a_signal_is_told_with_work_submitted"},
    [RF_QUIRK_IOPOLL_ENDS_EARLY] =
        {.name = "IopollEndsEarly",
         .kernels = "6.18",
         .concerns = "rings of RF_SETUP_IOPOLL",
         .behaviour = "Polling ends with nothing there when a worker has the request, or when "
                      "another process is to have the processor.",
         .mended = "rf_copy_cqe() and its like go on.",
         .advice = "With rf_submit_and_wait() look, and wait again.",
         .untried = "a race, which is not lost each time",
         .test = "test_wait.c: polling_that_ends_early_is_no_signal"},
    [RF_QUIRK_MINIMUM_ENDS_WAIT] =
        {.name = "MinimumEndsWait",
         .kernels = "6.12, 6.18, 7.3",
         .concerns = "waits with a minimum and no time",
         .behaviour = "A wait for ever ends when its minimum is over, with ETIME, whether anything "
                      "is there or not.",
         .mended = "Such a wait is given a time of 292 years.",
         .advice = NULL,
         .untried = NULL,
         .test = "test_waiting_kinds.c: after_the_minimum_one_is_enough"},
    [RF_QUIRK_MINIMUM_PROLONGS] =
        {.name = "MinimumProlongs",
         .kernels = "6.12, 6.18, 7.3",
         .concerns = "waits with a minimum that is longer than the time",
         .behaviour = "The time is looked at only when the minimum is over.",
         .mended = "Such a minimum is left out.",
         .advice = NULL,
         .untried = NULL,
         .test = "test_waiting_kinds.c: the_minimum_does_not_prolong_a_wait"},
    [RF_QUIRK_LAST_WAIT_SLOT] =
        {.name = "LastWaitSlot",
         .kernels = "6.18, 7.3",
         .concerns = "registered waits",
         .behaviour = "Of the last slot of a region the first one is read.",
         .mended = "What the last slot says is given with the call; rf_setup_reg_wait() keeps "
                   "it free.",
         .advice = NULL,
         .untried = NULL,
         .test = "test_waiting_kinds.c: waits_may_lie_in_any_region"},
    [RF_QUIRK_NEGATIVE_DEADLINE] =
        {.name = "NegativeDeadline",
         .kernels = "6.12, 6.18, 7.3",
         .concerns = "waits until a point in time",
         .behaviour = "A deadline before the clock's zero is for ever.",
         .mended = "Negative times are refused (-EINVAL).",
         .advice = NULL,
         .untried = NULL,
         .test = "test_waiting.c: impossible_times_are_refused"},
    [RF_QUIRK_OVERFLOW_BLOCKS] =
        {.name = "OverflowBlocks",
         .kernels = "5.10 (from its source; Debian's does not)",
         .concerns = "rings whose completion queue has overflowed",
         .behaviour = "Nothing more is taken from the submission queue (EBUSY) until what has "
                      "overflowed was collected.",
         .mended = "The waits of wait.h collect it before they give up.",
         .advice = "On -EBUSY from rf_submit() take completions, then try again.",
         .untried = NULL,
         .test = "test_waiting.c: what_overflowed_is_collected_before_giving_up"},
    [RF_QUIRK_RESIZE_LOSES] =
        {.name = "ResizeLoses",
         .kernels = "6.18",
         .concerns = "rf_resize_rings(): large entries, indexes that wrap",
         .behaviour = "Queues of large entries (SQE128, CQE32) are copied as if those were "
                      "small, and queues whose index wraps at 2^32 not at all.",
         .mended = "rf_resize_rings() copies what the kernel did not.",
         .advice = NULL,
         .untried = "it takes a second look at memory that the kernel has left",
         .test = "test_resize.c: what_the_kernel_did_not_copy_is_copied"},
    [RF_QUIRK_POLL_LEVEL] =
        {.name = "PollLevel",
         .kernels = "6.1, 6.12, 6.18, 7.1, 7.3",
         .concerns = "POLL_ADD",
         .behaviour = "RF_POLL_ADD_LEVEL is in the kernel's header, and refused (EINVAL).",
         .mended = NULL,
         .advice = "Poll once, and again.",
         .untried = NULL,
         .test = "test_quirks.c: what_the_table_says_is_what_happens"},
    [RF_QUIRK_DRAIN_LASTS] =
        {.name = "DrainLasts",
         .kernels = "6.18",
         .concerns = "rings that have drained (RF_SQE_IO_DRAIN)",
         .behaviour = "The ring goes on draining: what is submitted while anything else is open, "
                      "without the flag too, waits until all before it are over, a cancel as "
                      "well, and then begins in a worker. It ends when something is submitted "
                      "and nothing else is open.",
         .mended = "rf_dump() says so of what may wait for that. rf_drain() cancels by a call, "
                   "which is not held back.",
         .advice = "Do not drain where something waits for long or has to be cancelled: link, or "
                   "wait for the completions. rf_register_sync_cancel() gets such a ring going.",
         .untried = NULL,
         .test = "test_quirks.c: a_ring_that_has_drained_goes_on"},
    [RF_QUIRK_DRAIN_ZERO_COPY] =
        {.name = "DrainStopsZeroCopy",
         .kernels = "6.18",
         .concerns = "SEND_ZC, SENDMSG_ZC after RF_SQE_IO_DRAIN",
         .behaviour = "One that is held back never starts, nor does anything behind it, and "
                      "nothing cancels it: it waits for its own notification. The first "
                      "operation after a drain is held back on an idle ring, too.",
         .mended = NULL,
         .advice = "Do not drain on a ring that sends without a copy. Of a ring that hangs in "
                   "this way only rf_deinit() is left.",
         .untried = NULL,
         .test = "test_quirks.c: a_zero_copy_send_behind_a_drain_never_starts"},
    [RF_QUIRK_FUTEX_FORGOTTEN] =
        {.name = "FutexForgotten",
         .kernels = "6.18",
         .concerns = "FUTEX_WAIT with RF_FUTEX2_PRIVATE",
         .behaviour = "What waits since the process had one thread is woken by nobody once it has "
                      "another, be it a worker of the ring: only a cancel ends it.",
         .mended = NULL,
         .advice = "Have a second thread before the first FUTEX_WAIT, such as the worker of a NOP "
                   "with RF_SQE_ASYNC; or leave the flag out, there and where it is woken.",
         .untried = "it takes a process that has one thread",
         .test = "test_quirks.c: a_futex_wait_is_forgotten_with_the_first_thread"},
};

const struct rf_quirk *rf_quirk_info(uint32_t id)
{
    return id < RF_QUIRKS ? &quirks[id] : NULL;
}
