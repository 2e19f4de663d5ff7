/* SPDX-License-Identifier: MIT */
/* A msghdr is used again before the SQ thread came to it. */
/* rule: changed-while-lent, operation: SENDMSG, rings: stopped */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char text[10];
    struct iovec iovec = {text, sizeof text};
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_iov = &iovec;
    msg.msg_iovlen = 1;
    (void)!rf_sendmsg(&ring, 2, ends[0], &msg, 0);
    rf_flush_sq(&ring); /* submitted here */
    msg.msg_iovlen = 0;
    rf_flush_sq(&ring);
    return missed();
}
