/* SPDX-License-Identifier: MIT */
/* A completion that nobody asked for. */
/* rule: unknown-completion, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    send_cqe(77, 0);
    take(1); /* noticed here */
    return missed();
}
