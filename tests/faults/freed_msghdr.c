/* SPDX-License-Identifier: MIT */
/* A msghdr is freed that the kernel writes to when a message comes. */
/* rule: freed-while-lent, operation: RECVMSG, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char text[100];
    static struct iovec iovec = {text, sizeof text};
    struct msghdr *msg = calloc(1, sizeof *msg);
    msg->msg_iov = &iovec;
    msg->msg_iovlen = 1;
    (void)!rf_recvmsg(&ring, 2, ends[0], msg, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(msg); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
