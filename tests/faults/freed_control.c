/* SPDX-License-Identifier: MIT */
/* Control data is freed before it was sent. */
/* rule: freed-while-lent, operation: SENDMSG, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char text[] = "text";
    struct iovec iovec = {text, 4};
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_iov = &iovec;
    msg.msg_iovlen = 1;
    msg.msg_controllen = CMSG_SPACE(sizeof(int));
    msg.msg_control = calloc(1, msg.msg_controllen);
    struct cmsghdr *control = CMSG_FIRSTHDR(&msg);
    *control = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    later();
    (void)!rf_sendmsg(&ring, 2, ends[0], &msg, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(control); /* broken here */
    take(2);
    return missed();
}
