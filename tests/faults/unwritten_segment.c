/* SPDX-License-Identifier: MIT */
/* Of two segments that are sent the second was never filled. */
/* rule: lent-unwritten, operation: SENDMSG, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char head[4] = "head", *body = malloc(100);
    struct iovec iovecs[] = {{head, 4}, {body, 100}};
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_iov = iovecs;
    msg.msg_iovlen = 2;
    (void)!rf_sendmsg(&ring, 2, ends[0], &msg, 0); /* queued here */
    (void)!rf_submit(&ring); /* submitted here */
    take(1);
    return missed();
}
