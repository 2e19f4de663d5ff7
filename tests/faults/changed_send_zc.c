/* SPDX-License-Identifier: MIT */
/* Data to be sent without a copy is changed. */
/* rule: changed-while-lent, operation: SEND_ZC, rings: plain sqpoll defer */
#include <netinet/in.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct sockaddr_in addr;
    socklen_t addr_bytes = sizeof addr;
    char text[] = "first";
    int from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(to, (struct sockaddr *)&addr, addr_bytes) ||
        getsockname(to, (struct sockaddr *)&addr, &addr_bytes) ||
        connect(from, (struct sockaddr *)&addr, addr_bytes))
        skip("no internet sockets");
    later();
    (void)!rf_send_zc(&ring, 2, from, text, 5, 0, 0);
    (void)!rf_submit(&ring); /* submitted here */
    text[0] = 'F';
    take(3);
    return missed();
}
