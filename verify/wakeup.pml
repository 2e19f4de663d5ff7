/* SPDX-License-Identifier: MIT */
/*
 * wakeup.pml - the sleep and the wakeup of the SQ thread, all interleavings of it, with the
 * store buffer of the submitting CPU made explicit. The litmus tests have one round; here are
 * several, with the thread going to sleep and being woken in between.
 *
 *     spin -run wakeup.pml             no request is ever stuck
 *     spin -DNO_FENCE -run wakeup.pml  one can be: an invalid end state
 *
 * What is stuck shows as a deadlock: the submitter waits for a completion, the SQ thread
 * sleeps. The SQ thread's own stores go straight to memory, since a full barrier follows
 * the one that matters, or nothing depends on when they arrive.
 */
#define REQUESTS 3

byte tail, flag;       /* shared memory */
byte buffered;         /* the tail as the submitter last stored it, maybe not there yet */
byte completed;        /* requests done */
bool wakeup;           /* io_uring_enter() with RF_ENTER_SQ_WAKEUP */

/* Stores leave the buffer at any time. */
active proctype store_buffer()
{
end:
    do
    :: tail != buffered -> tail = buffered
    od
}

active proctype submitter()
{
    byte sent, seen;
    do
    :: sent == REQUESTS -> break
    :: sent < REQUESTS ->
        sent++;
        buffered = sent;            /* the release store of the tail */
#ifndef NO_FENCE
        tail == buffered;           /* the full fence: the buffer has drained */
#endif
        seen = flag;
        if
        :: seen -> wakeup = true
        :: else
        fi;
        completed == sent           /* nothing else will be submitted before */
    od
}

active proctype sq_thread()
{
    do
    :: tail != completed -> completed++
    :: tail == completed ->
        flag = 1;
        /* full barrier, and a last look */
        if
        :: tail != completed -> flag = 0
        :: tail == completed ->
end:        wakeup;                 /* asleep */
            wakeup = false;
            flag = 0
        fi
    od
}
