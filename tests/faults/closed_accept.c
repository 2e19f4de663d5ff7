/* SPDX-License-Identifier: MIT */
/* The ring is closed while an accept waits, which writes an address. */
/* rule: closed-while-lent, operation: ACCEPT, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static struct sockaddr_storage addr;
    static socklen_t addr_bytes = sizeof addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listen(listener, 1))
        skip("no internet sockets");
    (void)!rf_accept(&ring, 2, listener, (struct sockaddr *)&addr, &addr_bytes, 0);
    (void)!rf_submit(&ring); /* submitted here */
    rf_deinit(&ring); /* noticed here */
    return missed();
}
