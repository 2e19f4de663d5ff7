/* SPDX-License-Identifier: MIT */
/* rules.c - the rules of the loan checker in words. */
#include "check.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    const char *name, *text, *remedy;
} rules[] = {
    [RF_CHECK_CHANGED] =
        {"changed-while-lent", "memory that the kernel reads was changed while it was lent",
         "Write the next data to another buffer, or wait for the completion first."},
    [RF_CHECK_FREED] =
        {"freed-while-lent", "memory was freed or unmapped while it was lent",
         "Free the buffer where the completion is taken, not where the operation is queued; to "
         "be rid of it sooner cancel the operation, and take its completion."},
    [RF_CHECK_TWO_WRITERS] =
        {"lent-to-two-writers", "memory that the kernel writes was lent a second time",
         "Give each operation a buffer of its own, or link them so that one follows the other."},
    [RF_CHECK_TOUCHED] =
        {"touched-while-lent", "memory that the kernel writes was touched while it was lent",
         "Take the completion first; only then is there anything to read, and room to write."},
    [RF_CHECK_UNKNOWN_CQE] =
        {"unknown-completion", "a completion belongs to no operation that was submitted",
         "Does something else submit to this ring, or send messages to it, around ringfence?"},
    [RF_CHECK_SECOND_END] =
        {"second-completion", "a completion came for an operation that was over",
         "Does something send messages to this ring with the user_data of an operation?"},
    [RF_CHECK_TOO_MUCH] =
        {"result-too-large", "a result is larger than what the operation was asked for",
         "The completion is not this operation's, or the other side of the ring lies."},
    [RF_CHECK_CLOSED] =
        {"closed-while-lent", "the ring was closed while memory was lent",
         "Before rf_deinit(): cancel what is open (rf_register_sync_cancel() with "
         "RF_ASYNC_CANCEL_ANY), and take every completion."},
    [RF_CHECK_NOT_PUBLISHED] =
        {"never-published", "an SQE was filled, and the ring closed without publishing it",
         "Call rf_submit(): filling an SQE starts nothing."},
    [RF_CHECK_REUSED] =
        {"user-data-reused", "user_data of an open operation was used for another",
         "Give each open operation user_data of its own: completions tell nothing else."},
    [RF_CHECK_REPLACED] =
        {"replaced-before-use", "a descriptor or slot was replaced that was still to be looked up",
         "Close or replace it when the operation is completed, or by an operation that is linked "
         "behind it."},
    [RF_CHECK_RETURNED_TWICE] =
        {"returned-twice", "a provided buffer was given to the kernel that was the kernel's",
         "Give a buffer back once for each CQE that brings it without RF_CQE_F_BUF_MORE."},
    [RF_CHECK_NOT_RETURNED] =
        {"never-returned", "a provided buffer was picked, and never given back",
         "Give it back when its data has been used, also where the operation failed: once all are "
         "out, receives end with -ENOBUFS."},
    [RF_CHECK_ENDED] =
        {"ended-unnoticed", "the program waits, and its multishot is over",
         "Look at each CQE for RF_CQE_F_MORE; submit it again after one without."},
    [RF_CHECK_OTHER_THREAD] =
        {"other-thread", "a thread used a ring, or a side of it, that was another thread's",
         "A ring has no lock: take one around it, or give each thread a ring of its own."},
    [RF_CHECK_FORKED] =
        {"used-in-child", "a forked child used the ring of its parent",
         "Open a ring of its own in the child; rf_ring_dontfork() keeps it from this one."},
    [RF_CHECK_GONE] =
        {"submitter-gone", "the thread that submitted an operation ended before it was over",
         "Let the thread take the completions of what it has submitted before it ends, or submit "
         "from one that stays."},
    [RF_CHECK_LOST] =
        {"completions-lost", "completions were lost: the queue was full, and memory short",
         "Take completions sooner, or open the ring with a larger queue (RF_SETUP_CQSIZE)."},
    [RF_CHECK_OVERFLOWED] =
        {"queue-overflowed", "the completion queue was full, and completions waited outside",
         "Take completions sooner, or open the ring with a larger queue (RF_SETUP_CQSIZE)."},
    [RF_CHECK_DRAIN] =
        {"drain-behind-multishot", "an operation waits until all before it are over, and one goes on",
         "Cancel the multishot first and take its last completion; or link what has to be in order."},
    [RF_CHECK_CHAIN_CUT] =
        {"chain-cut", "a chain was submitted in pieces, which do not wait for each other",
         "Take all SQEs of a chain at once (rf_get_sqes()), and submit them together; the last has "
         "no link."},
    [RF_CHECK_UNWRITTEN] =
        {"lent-unwritten", "memory that the kernel reads was never written",
         "Fill all of it before it is submitted. Padding counts: it goes out too, so clear the "
         "whole of a struct first."},
};

static bool is_rule(enum rf_check_rule rule)
{
    return (size_t)rule < COUNT_OF(rules) && rules[rule].name;
}

const char *rf_check_rule_name(enum rf_check_rule rule)
{
    return is_rule(rule) ? rules[rule].name : "?";
}

const char *rf_check_rule_text(enum rf_check_rule rule)
{
    return is_rule(rule) ? rules[rule].text : "?";
}

const char *rf_check_rule_remedy(enum rf_check_rule rule)
{
    return is_rule(rule) ? rules[rule].remedy : "?";
}
