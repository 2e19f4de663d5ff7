/* SPDX-License-Identifier: MIT */
/*
 * ops_net.c - rows: operations on sockets.
 */
#include "ops.h"

#include <sys/socket.h>
#include <sys/uio.h>

#define FIELD_SOCKET FIELD_FD("the socket")
#define FIELD_MSG(type_, meaning) FIELD(ADDR, "addr", type_, "msg", meaning)
#define FIELD_ONE FIELD(LEN, "len", "uint32_t", NULL, "1; the prep sets it, and nobody reads it")
#define RESULT_SENT "bytes sent, perhaps fewer than asked without MSG_WAITALL"
#define RESULT_RECEIVED \
    "bytes received, perhaps fewer than asked without MSG_WAITALL; 0: the end of the stream"
#define WORKER_NET "hardly ever: it waits by poll, and MSG_WAITALL goes on where it stopped"

#define ONE_SHOT TEST(IOPRIO, NONE, RF_RECV_MULTISHOT)
#define MULTISHOT TEST(IOPRIO, ALL, RF_RECV_MULTISHOT)
#define VECTORIZED TEST(IOPRIO, ALL, RF_SEND_VECTORIZED)
#define NOT_VECTORIZED TEST(IOPRIO, NONE, RF_SEND_VECTORIZED)
#define FIXED_BUF TEST(IOPRIO, ALL, RF_RECVSEND_FIXED_BUF)
#define NOT_FIXED_BUF TEST(IOPRIO, NONE, RF_RECVSEND_FIXED_BUF)
#define RECV_MULTISHOT                                                                       \
    .multishot = {.since = "6.0", .when = MULTISHOT,                                         \
                  .how = "RF_RECV_MULTISHOT in ioprio, with RF_SQE_BUFFER_SELECT and without " \
                         "MSG_WAITALL"}
#define NOTIFICATION(since_)                                                              \
    .notification = {.since = since_, .always = true, .how = "always, unless the first CQE " \
                                                             "has no RF_CQE_F_MORE"}
#define SEND_NOTE "Read when the operation runs, not when it is submitted, perhaps in parts."
#define RECV_NOTE "Written when data comes, perhaps in parts."
#define ZC_NOTE                                                                                \
    "The pages themselves are sent, and sent again if need be. Also an operation that fails " \
    "may give RF_CQE_F_MORE and a notification."

/* The data of a msghdr that is sent. */
#define SENT_MSGHDR_ROWS(until_, note_)                                                       \
    MEMORY(ADDR, MSGHDR, READS, CONSUMED, ONE(struct msghdr), SOURCE("net.c:io_sendmsg_setup")), \
    INNER(1, ADDR, "msg_iov", IOVECS, READS, CONSUMED, TOLD, SOURCE("net.c:io_net_import_vec")), \
    INNER(2, ADDR, "iov_base", DATA, READS, until_, TOLD, NOTE(note_),                        \
          SOURCE("net.c:io_sendmsg")),                                                        \
    INNER(1, ADDR, "msg_name", SOCKADDR, READS, CONSUMED, TOLD,                               \
          SOURCE("net.c:io_sendmsg_setup")),                                                  \
    INNER(1, ADDR, "msg_control", CONTROL, READS, COMPLETED, TOLD,                            \
          NOTE("Read when the operation runs, unlike the rest of the msghdr. With two CQEs "  \
               "the first one ends it."),                                                     \
          SOURCE("net.c:io_sendmsg")),                                                        \
    INNER(2, ADDR, "SCM_RIGHTS", FD, NEITHER, COMPLETED, NO_MEMORY,                           \
          NOTE("The descriptors that are passed on are looked up when the operation runs."),  \
          SOURCE("net.c:io_sendmsg"))

/* Where to, for sockets that are not connected. */
#define DESTINATION_ROW                                                          \
    MEMORY(OFF, SOCKADDR, READS, CONSUMED, BYTES(ADDR_LEN), SOURCE("net.c:io_send_setup"))

RFI_OP(SENDMSG) = {
    RFI_OP_IS(SENDMSG, "5.3"),
    .text = "sendmsg(2)",
    .result = RESULT_SENT,
    .notes = "Never raises SIGPIPE.",
    CALLS("rf_prep_sendmsg(sqe, fd, msg, flags)",
          "rf_sendmsg(ring, user_data, fd, msg, flags)"),
    .fields = {FIELD_SOCKET, FIELD_MSG("const struct msghdr *", "the message"), FIELD_ONE,
               FIELD_MSG_FLAGS,
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL, "RF_RECVSEND_POLL_FIRST, or 0")},
    .must_be_zero = ZERO(OFF) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY, SENT_MSGHDR_ROWS(COMPLETED, SEND_NOTE)),
};

RFI_OP(RECVMSG) = {
    RFI_OP_IS(RECVMSG, "5.3"),
    .text = "recvmsg(2), once or many times",
    .result = RESULT_RECEIVED "; multishot: bytes used in the buffer, the header among them",
    .notes = "With RF_SQE_BUFFER_SELECT there is one iovec, of which only the length counts. "
             "Multishot: each buffer begins with a struct rf_recvmsg_out, then come the areas for "
             "name and control data, as long as the msghdr said, then the payload; a buffer too "
             "small for that is -EFAULT. RF_CQE_F_SOCK_NONEMPTY tells that there is more.",
    CALLS("rf_prep_recvmsg(sqe, fd, msg, flags)",
          "rf_prep_recvmsg_multishot(sqe, fd, msg, flags)",
          "rf_recvmsg(ring, user_data, fd, msg, flags)",
          "rf_recvmsg_multishot(ring, user_data, fd, group_id, msg, flags)"),
    .fields = {FIELD_SOCKET, FIELD_MSG("struct msghdr *", "where the message goes"), FIELD_ONE,
               FIELD_MSG_FLAGS,
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL,
                     "RF_RECVSEND_POLL_FIRST, RF_RECV_MULTISHOT, or 0"),
               FIELD_GROUP("group_id")},
    .must_be_zero = ZERO(OFF) | ZERO(FILE_INDEX),
    RECV_MULTISHOT,
    .buffer_select = {.since = "5.7", .when = SELECTED,
                      .how = "RF_SQE_BUFFER_SELECT in flags, the group in buf_group"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, MSGHDR, BOTH, COMPLETED, ONE(struct msghdr),
                 WHEN("without RF_RECV_MULTISHOT", ONE_SHOT),
                 NOTE("Its addresses are copied with the SQE; but msg_namelen is read again when "
                      "the message is there, and it, msg_flags and msg_controllen are written."),
                 SOURCE("net/socket.c:____sys_recvmsg")),
          INNER(1, ADDR, "msg_iov", IOVECS, READS, CONSUMED, TOLD,
                WHEN("without RF_RECV_MULTISHOT", ONE_SHOT),
                SOURCE("net.c:io_net_import_vec")),
          INNER(2, ADDR, "iov_base", DATA, WRITES, COMPLETED, TOLD,
                WHEN("without RF_RECV_MULTISHOT and RF_SQE_BUFFER_SELECT", ONE_SHOT,
                          NOT_SELECTED),
                NOTE(RECV_NOTE), SOURCE("net.c:io_recvmsg")),
          INNER(1, ADDR, "msg_name", SOCKADDR, WRITES, COMPLETED, TOLD,
                WHEN("without RF_RECV_MULTISHOT", ONE_SHOT),
                SOURCE("net/socket.c:move_addr_to_user")),
          INNER(1, ADDR, "msg_control", CONTROL, WRITES, COMPLETED, TOLD,
                WHEN("without RF_RECV_MULTISHOT", ONE_SHOT),
                SOURCE("net/socket.c:____sys_recvmsg")),
          MEMORY(ADDR, MSGHDR, READS, CONSUMED, ONE(struct msghdr),
                 WHEN("with RF_RECV_MULTISHOT", MULTISHOT),
                 NOTE("Only msg_namelen and msg_controllen count, the room for each in the "
                      "buffers. Never written."),
                 SOURCE("net.c:io_recvmsg_mshot_prep")),
          GROUP_ROWS(WRITES)),
};

RFI_OP(ACCEPT) = {
    RFI_OP_IS(ACCEPT, "5.5"),
    .text = "accept4(2), once or many times",
    .result = "the new descriptor; 0 for a slot that was named; RF_FILE_INDEX_ALLOC: the slot",
    .notes = "RF_CQE_F_SOCK_NONEMPTY tells that more connections wait. Into a slot it is -EINVAL "
             "with SOCK_CLOEXEC, -ENFILE when no slot is free; multishot into slots needs "
             "RF_FILE_INDEX_ALLOC. O_NONBLOCK does not give -EAGAIN, RF_ACCEPT_DONTWAIT does.",
    CALLS("rf_prep_accept(sqe, fd, addr, addrlen, flags)",
          "rf_prep_accept_direct(sqe, fd, addr, addrlen, flags, file_index)",
          "rf_prep_multishot_accept(sqe, fd, addr, addrlen, flags)",
          "rf_prep_multishot_accept_direct(sqe, fd, addr, addrlen, flags)",
          "rf_accept(ring, user_data, fd, addr, addrlen, flags)",
          "rf_accept_direct(ring, user_data, fd, addr, addrlen, flags)",
          "rf_accept_direct_index(ring, user_data, fd, addr, addrlen, flags, file_index)",
          "rf_accept_multishot(ring, user_data, fd, addr, addrlen, flags)",
          "rf_accept_multishot_direct(ring, user_data, fd, addr, addrlen, flags)"),
    .fields = {FIELD_FD("the socket that listens"),
               FIELD(ADDR, "addr", "struct sockaddr *", "addr",
                     "where the peer's address goes, or NULL"),
               FIELD(OFF, "addr2", "socklen_t *", "addrlen",
                     "in: bytes at addr; out: of the address; or NULL"),
               FIELD(RW_FLAGS, "accept_flags", "uint32_t", "flags",
                     "SOCK_CLOEXEC, SOCK_NONBLOCK, or 0"),
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL,
                     "RF_ACCEPT_MULTISHOT, RF_ACCEPT_DONTWAIT, RF_ACCEPT_POLL_FIRST, or 0"),
               FIELD_FREE_SLOT("file_index")},
    .must_be_zero = ZERO(LEN) | ZERO(BUF_INDEX),
    .multishot = {.since = "5.19", .when = TEST(IOPRIO, ALL, RF_ACCEPT_MULTISHOT),
                  .how = "RF_ACCEPT_MULTISHOT in ioprio"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, SOCKADDR, WRITES, COMPLETED, TOLD,
                 WHEN("without RF_ACCEPT_MULTISHOT", TEST(IOPRIO, NONE, RF_ACCEPT_MULTISHOT)),
                 SOURCE("net.c:io_accept")),
          MEMORY(ADDR, SOCKADDR, WRITES, LAST, TOLD,
                 WHEN("with RF_ACCEPT_MULTISHOT", TEST(IOPRIO, ALL, RF_ACCEPT_MULTISHOT)),
                 NOTE("Overwritten by each connection: better pass NULL."),
                 SOURCE("net.c:io_accept")),
          MEMORY(OFF, SOCKLEN, BOTH, COMPLETED, ONE(socklen_t),
                 WHEN("without RF_ACCEPT_MULTISHOT", TEST(IOPRIO, NONE, RF_ACCEPT_MULTISHOT)),
                 NOTE("Read as the room at addr when a connection comes, not before, then "
                      "overwritten with the length of the address."),
                 SOURCE("net/socket.c:do_accept")),
          MEMORY(OFF, SOCKLEN, BOTH, LAST, ONE(socklen_t),
                 WHEN("with RF_ACCEPT_MULTISHOT", TEST(IOPRIO, ALL, RF_ACCEPT_MULTISHOT)),
                 NOTE("Overwritten by each connection, and what was written is the room for the "
                      "next: better pass NULL."),
                 SOURCE("net/socket.c:do_accept")),
          FREE_SLOT_ROW),
};

RFI_OP(CONNECT) = {
    RFI_OP_IS(CONNECT, "5.5"),
    .text = "connect(2)",
    .result = "0",
    CALLS("rf_prep_connect(sqe, fd, addr, addrlen)",
          "rf_connect(ring, user_data, fd, addr, addrlen)"),
    .fields = {FIELD_SOCKET,
               FIELD(ADDR, "addr", "const struct sockaddr *", "addr", "the peer's address"),
               FIELD(OFF, "addr2", "socklen_t", "addrlen", "bytes of it: a number, no address")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(LEN) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY, MEMORY(ADDR, SOCKADDR, READS, CONSUMED, BYTES(OFF),
                             SOURCE("net.c:io_connect_prep"))),
};

RFI_OP(SEND) = {
    RFI_OP_IS(SEND, "5.6"),
    .text = "send(2), sendto(2)",
    .result = RESULT_SENT,
    .notes = "Never raises SIGPIPE. RF_RECVSEND_BUNDLE sends several provided buffers, in CQEs of "
             "which all but the last have RF_CQE_F_MORE.",
    CALLS("rf_prep_send(sqe, fd, buf, len, flags)",
          "rf_prep_sendto(sqe, fd, buf, len, flags, addr, addrlen)",
          "rf_prep_send_bundle(sqe, fd, len, flags)",
          "rf_send(ring, user_data, fd, buf, len, flags)",
          "rf_sendto(ring, user_data, fd, buf, len, flags, addr, addrlen)",
          "rf_send_bundle(ring, user_data, fd, group_id, len, flags)"),
    .fields = {FIELD_SOCKET,
               FIELD(ADDR, "addr", "const void *", "buf",
                     "the bytes to send; with RF_SEND_VECTORIZED an array of iovecs"),
               FIELD(LEN, "len", "size_t", "len",
                     "how many; with RF_SEND_VECTORIZED how many iovecs"),
               FIELD_MSG_FLAGS,
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL,
                     "RF_RECVSEND_POLL_FIRST, RF_RECVSEND_BUNDLE (6.10), RF_SEND_VECTORIZED "
                     "(6.17), or 0"),
               FIELD(OFF, "addr2", "const struct sockaddr *", "addr",
                     "where to, for a socket that is not connected; or NULL"),
               FIELD(ADDR_LEN, "addr_len", "socklen_t", "addrlen", "bytes of that address"),
               FIELD_GROUP("group_id")},
    .must_be_zero = ZERO(PAD3),
    .multishot = {.since = "6.10", .when = TEST(IOPRIO, ALL, RF_RECVSEND_BUNDLE),
                  .how = "RF_RECVSEND_BUNDLE in ioprio, with RF_SQE_BUFFER_SELECT"},
    .buffer_select = {.since = "6.10", .when = SELECTED,
                      .how = "RF_SQE_BUFFER_SELECT in flags, the group in buf_group"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, DATA, READS, COMPLETED, BYTES(LEN),
                 WHEN("without RF_SEND_VECTORIZED and RF_SQE_BUFFER_SELECT", NOT_VECTORIZED,
                           NOT_SELECTED),
                 NOTE(SEND_NOTE), SOURCE("net.c:io_send_setup")),
          MEMORY(ADDR, IOVECS, READS, CONSUMED, MANY(struct iovec, LEN),
                 WHEN("with RF_SEND_VECTORIZED", VECTORIZED, NOT_SELECTED),
                 SOURCE("net.c:io_net_import_vec")),
          INNER(1, ADDR, "iov_base", DATA, READS, COMPLETED, TOLD,
                WHEN("with RF_SEND_VECTORIZED", VECTORIZED, NOT_SELECTED), NOTE(SEND_NOTE),
                SOURCE("net.c:io_send")),
          DESTINATION_ROW, GROUP_ROWS(READS)),
};

RFI_OP(RECV) = {
    RFI_OP_IS(RECV, "5.6"),
    .text = "recv(2), once or many times",
    .result = RESULT_RECEIVED,
    .notes = "With RF_SQE_BUFFER_SELECT a len of 0 means the whole buffer. RF_CQE_F_SOCK_NONEMPTY "
             "tells that there is more. Multishot ends with the end of the stream, an error, or "
             "-ENOBUFS when the group is empty; arm it again after that. With RF_RECVSEND_BUNDLE "
             "one CQE covers several buffers: its id is the first, and the others follow in the "
             "order of publication. O_NONBLOCK does not give -EAGAIN, MSG_DONTWAIT does. A short "
             "receive breaks a link only with MSG_WAITALL; cancelled, that one tells how much "
             "came before.",
    CALLS("rf_prep_recv(sqe, fd, buf, len, flags)",
          "rf_prep_recv_multishot(sqe, fd, buf, len, flags)",
          "rf_recv(ring, user_data, fd, buf, len, flags)",
          "rf_recv_select(ring, user_data, fd, group_id, len, flags)",
          "rf_recv_multishot(ring, user_data, fd, group_id, len, flags)"),
    .fields = {FIELD_SOCKET, FIELD(ADDR, "addr", "void *", "buf", "where the bytes go"),
               FIELD(LEN, "len", "size_t", "len", "bytes to receive at most"), FIELD_MSG_FLAGS,
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL,
                     "RF_RECVSEND_POLL_FIRST, RF_RECV_MULTISHOT, RF_RECVSEND_BUNDLE (6.10), or 0"),
               FIELD_GROUP("group_id"),
               FIELD(FILE_INDEX, "optlen", "uint32_t", NULL,
                     "multishot: it ends after so many bytes in all; 0: no limit")},
    .must_be_zero = ZERO(OFF),
    RECV_MULTISHOT,
    .buffer_select = {.since = "5.7", .when = SELECTED,
                      .how = "RF_SQE_BUFFER_SELECT in flags, the group in buf_group"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, DATA, WRITES, COMPLETED, BYTES(LEN), WITHOUT_SELECT, NOTE(RECV_NOTE),
                 SOURCE("net.c:io_recv")),
          GROUP_ROWS(WRITES)),
};

RFI_OP(SHUTDOWN) = {
    RFI_OP_IS(SHUTDOWN, "5.11"),
    .text = "shutdown(2)",
    .result = "0",
    CALLS("rf_prep_shutdown(sqe, sockfd, how)",
          "rf_shutdown(ring, user_data, sockfd, how)"),
    .fields = {FIELD(FD, "fd", "int", "sockfd", "the socket"),
               FIELD(LEN, "len", "int", "how", "SHUT_RD, SHUT_WR or SHUT_RDWR")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE),
};

RFI_OP(SOCKET) = {
    RFI_OP_IS(SOCKET, "5.19"),
    .text = "socket(2)",
    .result = "the new descriptor; 0 for a slot that was named; RF_FILE_INDEX_ALLOC: the slot",
    .notes = "Into a slot it is -EINVAL with SOCK_CLOEXEC, -ENFILE when no slot is free.",
    CALLS("rf_prep_socket(sqe, domain, type, protocol, flags)",
          "rf_prep_socket_direct(sqe, domain, type, protocol, flags, file_index)",
          "rf_prep_socket_direct_alloc(sqe, domain, type, protocol, flags)",
          "rf_socket(ring, user_data, domain, type, protocol, flags)",
          "rf_socket_direct(ring, user_data, domain, type, protocol, flags, file_index)",
          "rf_socket_direct_alloc(ring, user_data, domain, type, protocol, flags)"),
    .fields = {FIELD(FD, "fd", "int", "domain", "AF_..."),
               FIELD(OFF, "off", "int", "type", "SOCK_..., with its flags"),
               FIELD(LEN, "len", "int", "protocol", "IPPROTO_..., or 0"),
               FIELD(RW_FLAGS, "rw_flags", "uint32_t", "flags", "0: there are none yet"),
               FIELD_FREE_SLOT("file_index")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(ADDR) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(FREE_SLOT_ROW),
};

#define FIELD_ZC_FLAGS                                                                  \
    FIELD(IOPRIO, "ioprio", "uint16_t", "zc_flags",                                     \
          "RF_RECVSEND_POLL_FIRST, RF_RECVSEND_FIXED_BUF, RF_SEND_ZC_REPORT_USAGE (6.2), " \
          "RF_SEND_VECTORIZED (6.17), or 0")
#define NOTES_ZC                                                                             \
    "Two CQEs: the result, with RF_CQE_F_MORE, and later one with RF_CQE_F_NOTIF, whose res is " \
    "0, or RF_NOTIF_USAGE_ZC_COPIED if that was asked for and the data was copied after all. " \
    "A first one without RF_CQE_F_MORE is the only one. RF_SQE_CQE_SKIP_SUCCESS is -EINVAL. "  \
    "Never raises SIGPIPE."

RFI_OP(SEND_ZC) = {
    RFI_OP_IS(SEND_ZC, "6.0"),
    .text = "send without copying",
    .result = "bytes sent, with RF_CQE_F_MORE",
    .notes = NOTES_ZC " RF_RECVSEND_FIXED_BUF with RF_SEND_VECTORIZED is -EINVAL on 6.18 and "
                      "allowed on 7.1; there addr3 is the user_data of the notification.",
    CALLS("rf_prep_send_zc(sqe, fd, buf, len, flags, zc_flags)",
          "rf_prep_send_zc_fixed(sqe, fd, buf, len, flags, zc_flags, buf_index)",
          "rf_send_zc(ring, user_data, fd, buf, len, flags, zc_flags)",
          "rf_send_zc_fixed(ring, user_data, fd, buf, len, flags, zc_flags, buf_index)"),
    .fields = {FIELD_SOCKET,
               FIELD(ADDR, "addr", "const void *", "buf",
                     "the bytes to send; with RF_SEND_VECTORIZED an array of iovecs"),
               FIELD(LEN, "len", "size_t", "len",
                     "how many; with RF_SEND_VECTORIZED how many iovecs"),
               FIELD_MSG_FLAGS, FIELD_ZC_FLAGS,
               FIELD(OFF, "addr2", "const struct sockaddr *", NULL,
                     "where to, for a socket that is not connected, or NULL: "
                     "rf_prep_send_set_addr() sets it"),
               FIELD(ADDR_LEN, "addr_len", "uint16_t", NULL, "bytes of that address"),
               FIELD(BUF_INDEX, "buf_index", "uint16_t", "buf_index",
                     "with RF_RECVSEND_FIXED_BUF: which registered buffer the bytes lie in")},
    .must_be_zero = ZERO(PAD3) | ZERO(ADDR3) | ZERO(PAD2),
    NOTIFICATION("6.0"),
    .registered_buffer = {.since = "6.0", .when = FIXED_BUF,
                          .how = "RF_RECVSEND_FIXED_BUF in ioprio"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, DATA, READS, NOTIFIED, BYTES(LEN),
                 WHEN("without RF_SEND_VECTORIZED", NOT_VECTORIZED), NOTE(ZC_NOTE),
                 SOURCE("net.c:io_sg_from_iter_iovec")),
          MEMORY(ADDR, IOVECS, READS, CONSUMED, MANY(struct iovec, LEN),
                 WHEN("with RF_SEND_VECTORIZED", VECTORIZED), SOURCE("net.c:io_net_import_vec")),
          INNER(1, ADDR, "iov_base", DATA, READS, NOTIFIED, TOLD,
                WHEN("with RF_SEND_VECTORIZED", VECTORIZED), NOTE(ZC_NOTE),
                SOURCE("net.c:io_sg_from_iter_iovec")),
          DESTINATION_ROW,
          NUMBER(BUF_INDEX, BUFFER_SLOT, ISSUED, CONSUMED,
                 WHEN("with RF_RECVSEND_FIXED_BUF", FIXED_BUF), BUFFER_SLOT_NOTE,
                 SOURCE("net.c:io_send_zc_import")),
          INNER(1, BUF_INDEX, "iov_base", REGISTERED, READS, UNREGISTERED, TOLD,
                WHEN("with RF_RECVSEND_FIXED_BUF", FIXED_BUF),
                NOTE("It is the notification that holds the buffer: the tag's CQE comes after it."),
                SOURCE("rsrc.c:io_free_rsrc_node"))),
};

RFI_OP(SENDMSG_ZC) = {
    RFI_OP_IS(SENDMSG_ZC, "6.1"),
    .text = "sendmsg without copying",
    .result = "bytes sent, with RF_CQE_F_MORE",
    .notes = NOTES_ZC,
    CALLS("rf_prep_sendmsg_zc(sqe, fd, msg, flags)",
          "rf_prep_sendmsg_zc_fixed(sqe, fd, msg, flags, buf_index)",
          "rf_sendmsg_zc(ring, user_data, fd, msg, flags)",
          "rf_sendmsg_zc_fixed(ring, user_data, fd, msg, flags, buf_index)"),
    .fields = {FIELD_SOCKET, FIELD_MSG("const struct msghdr *", "the message"), FIELD_ONE,
               FIELD_MSG_FLAGS,
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL,
                     "RF_RECVSEND_POLL_FIRST, RF_RECVSEND_FIXED_BUF (6.15), "
                     "RF_SEND_ZC_REPORT_USAGE (6.2), or 0"),
               FIELD(BUF_INDEX, "buf_index", "uint16_t", "buf_index",
                     "with RF_RECVSEND_FIXED_BUF: which registered buffer the iovecs lie in")},
    .must_be_zero = ZERO(OFF) | ZERO(FILE_INDEX) | ZERO(ADDR3) | ZERO(PAD2),
    NOTIFICATION("6.1"),
    .registered_buffer = {.since = "6.15", .when = FIXED_BUF,
                          .how = "RF_RECVSEND_FIXED_BUF in ioprio"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_NET,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY, SENT_MSGHDR_ROWS(NOTIFIED, ZC_NOTE),
          NUMBER(BUF_INDEX, BUFFER_SLOT, ISSUED, CONSUMED,
                 WHEN("with RF_RECVSEND_FIXED_BUF", FIXED_BUF), BUFFER_SLOT_NOTE,
                 SOURCE("net.c:io_sendmsg_zc")),
          INNER(1, BUF_INDEX, "iov_base", REGISTERED, READS, UNREGISTERED, TOLD,
                WHEN("with RF_RECVSEND_FIXED_BUF", FIXED_BUF),
                NOTE("It is the notification that holds the buffer: the tag's CQE comes after it."),
                SOURCE("rsrc.c:io_free_rsrc_node"))),
};

RFI_OP(BIND) = {
    RFI_OP_IS(BIND, "6.11"),
    .text = "bind(2)",
    .result = "0",
    CALLS("rf_prep_bind(sqe, fd, addr, addrlen)",
          "rf_bind(ring, user_data, fd, addr, addrlen)"),
    .fields = {FIELD_SOCKET,
               FIELD(ADDR, "addr", "const struct sockaddr *", "addr", "its own address"),
               FIELD(OFF, "addr2", "socklen_t", "addrlen", "bytes of it: a number, no address")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(LEN) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = "for an AF_UNIX address that is a path",
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, SOCKADDR, READS, CONSUMED, BYTES(OFF), SOURCE("net.c:io_bind_prep"))),
};

RFI_OP(LISTEN) = {
    RFI_OP_IS(LISTEN, "6.11"),
    .text = "listen(2)",
    .result = "0",
    CALLS("rf_prep_listen(sqe, fd, backlog)",
          "rf_listen(ring, user_data, fd, backlog)"),
    .fields = {FIELD_SOCKET,
               FIELD(LEN, "len", "size_t", "backlog", "connections that may wait")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY),
};

RFI_OP(RECV_ZC) = {
    RFI_OP_IS(RECV_ZC, "6.15"),
    .text = "receive without copying",
    .result = "bytes received, in each CQE",
    .notes = "Needs RF_SETUP_CQE32 or RF_SETUP_CQE_MIXED and a receive queue of a network device, "
             "RF_REGISTER_ZCRX_IFQ. Each CQE has a second half, struct rf_zcrx_cqe: where in the "
             "area the bytes lie.",
    CALLS("rf_prep_rw(sqe, RF_OP_RECV_ZC, fd, addr, len, offset)"),
    .fields = {FIELD_SOCKET,
               FIELD(LEN, "len", "size_t", "len", "it ends after so many bytes; 0: no limit"),
               FIELD(IOPRIO, "ioprio", "uint16_t", NULL,
                     "RF_RECV_MULTISHOT, a must, and RF_RECVSEND_POLL_FIRST"),
               FIELD(FILE_INDEX, "zcrx_ifq_idx", "uint32_t", NULL,
                     "rf_zcrx_ifq_reg.zcrx_id of the receive queue")},
    .must_be_zero = ZERO(OFF) | ZERO(ADDR) | ZERO(RW_FLAGS) | ZERO(ADDR3),
    .multishot = {.since = "6.15", .always = true, .when = MULTISHOT,
                  .how = "RF_RECV_MULTISHOT in ioprio: a must"},
    .registered_buffer = {.since = "6.15", .always = true,
                          .how = "the area of the receive queue, always"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          NUMBER(FILE_INDEX, ZCRX, CONSUMED, CONSUMED, SOURCE("net.c:io_recvzc_prep")),
          INNER(1, FILE_INDEX, "area_ptr, region_ptr", AREA, WRITES, RING_GONE, TOLD,
                NOTE("Pinned when the queue was registered. A piece is yours from its CQE until "
                     "you give its offset back through the refill ring."),
                SOURCE("zcrx.c:io_register_zcrx_ifq"))),
};
