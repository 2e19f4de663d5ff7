/* SPDX-License-Identifier: MIT */
/* The place for the address of who connects is freed. */
/* rule: freed-while-lent, operation: ACCEPT, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct sockaddr_storage *addr = malloc(sizeof *addr);
    static socklen_t addr_bytes = sizeof *addr;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listen(listener, 1))
        skip("no internet sockets");
    (void)!rf_accept(&ring, 2, listener, (struct sockaddr *)addr, &addr_bytes, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(addr); /* broken here */
    return missed();
}
