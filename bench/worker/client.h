/* SPDX-License-Identifier: MIT */
/* client.h - who asks an echo server, on connections of loopback, and measures how long it takes. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdint.h>

struct client {
    uint16_t port;
    uint32_t connections;
    uint32_t bytes;
    uint32_t ms;
};

struct client_result {
    uint64_t requests;
    uint64_t ns;
    uint64_t p50, p99, p999; /* ns from the send to the last byte of the answer */
    int64_t error;           /* a negative errno, or 0 */
};

/* One request on each connection at all times, for so long; then closes them all. */
void client_run(const struct client *client, struct client_result *result);

#endif
