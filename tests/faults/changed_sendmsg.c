/* SPDX-License-Identifier: MIT */
/* What a msghdr leads to is changed before it was sent. */
/* rule: changed-while-lent, operation: SENDMSG, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char text[] = "first";
    struct iovec iovec = {text, 5};
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_iov = &iovec;
    msg.msg_iovlen = 1;
    later();
    (void)!rf_sendmsg(&ring, 2, ends[0], &msg, 0);
    (void)!rf_submit(&ring); /* submitted here */
    text[0] = 0;
    take(2);
    return missed();
}
