/* SPDX-License-Identifier: MIT */
/*
 * Held here: what operations on sockets lend, ends when the table of operations says.
 */
#include "loan_support.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- sending and receiving ------------------------------------------------ */

static int pair[2];

static void open_pair(int type)
{
    assert_result(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(void)
{
    close(pair[0]);
    close(pair[1]);
}

/* Which arrived at the other end. */
static enum used arrived(void)
{
    enum used used = which_is_read(pair[1]);
    close_pair();
    return used;
}

static enum used send_data(void)
{
    char data[] = "old";
    open_pair(SOCK_STREAM);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_send(sqe, pair[0], data, 3, 0);
    lend(sqe);
    memcpy(data, "new", 3);
    finish_well(3);
    return arrived();
}

static enum used send_iovecs(void)
{
    char first[] = "old", second[] = "new";
    struct iovec iovec = {first, 3};
    open_pair(SOCK_STREAM);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_SEND, pair[0], &iovec, 1, 0);
    sqe->ioprio = RF_SEND_VECTORIZED;
    lend(sqe);
    iovec.iov_base = second;
    int res = finish();
    if (res == -EINVAL) { /* before 6.17 */
        close_pair();
        return UNTESTABLE;
    }
    assert_result(res, 3);
    return arrived();
}

static struct msghdr message;
static struct iovec segment, other_segment;
static char old_text[4], new_text[4];

static struct rf_sqe *behind_timer_sendmsg(void)
{
    strcpy(old_text, "old");
    strcpy(new_text, "new");
    segment = (struct iovec){old_text, 3};
    other_segment = (struct iovec){new_text, 3};
    message = (struct msghdr){.msg_iov = &segment, .msg_iovlen = 1};
    struct rf_sqe *sqe = behind_timer();
    rf_prep_sendmsg(sqe, pair[0], &message, 0);
    return sqe;
}

static enum used sendmsg_msghdr(void)
{
    open_pair(SOCK_STREAM);
    lend(behind_timer_sendmsg());
    message.msg_iov = &other_segment;
    finish_well(3);
    return arrived();
}

static enum used sendmsg_iovecs(void)
{
    open_pair(SOCK_STREAM);
    lend(behind_timer_sendmsg());
    segment.iov_base = new_text;
    finish_well(3);
    return arrived();
}

static enum used sendmsg_data(void)
{
    open_pair(SOCK_STREAM);
    lend(behind_timer_sendmsg());
    memcpy(old_text, "new", 3);
    finish_well(3);
    return arrived();
}

/* A descriptor is passed on; it came from the number in the control data. */
static enum used sendmsg_descriptor(bool change_control)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control, received;
    int number = copy_of(old_file);
    open_pair(SOCK_STREAM);
    struct rf_sqe *sqe = behind_timer_sendmsg();
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &number, sizeof number);
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    lend(sqe);
    if (change_control)
        memcpy(CMSG_DATA(&control.header), &new_file, sizeof new_file);
    else
        reuse(number, new_file);
    finish_well(3);
    message = (struct msghdr){.msg_iov = &segment, .msg_iovlen = 1, .msg_control = &received,
                              .msg_controllen = sizeof received};
    assert_int_equal(recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC), 3);
    int fd;
    memcpy(&fd, CMSG_DATA(&received.header), sizeof fd);
    close(number);
    close_pair();
    return opened(fd);
}

static enum used sendmsg_control(void)
{
    return sendmsg_descriptor(true);
}

static enum used sendmsg_control_fd(void)
{
    return sendmsg_descriptor(false);
}

/* Two sockets to send to; which of them got the datagram? */
static int receivers[2];
static struct sockaddr_in addresses[2], destination;
static int sender;

static void open_receivers(void)
{
    struct sockaddr_in own;
    for (int i = 0; i < 2; i++)
        receivers[i] = bind_udp_on_loopback(&addresses[i]);
    sender = bind_udp_on_loopback(&own);
    destination = addresses[0];
}

static enum used which_received(void)
{
    char text[8];
    bool first = recv(receivers[0], text, sizeof text, MSG_DONTWAIT) > 0;
    bool second = recv(receivers[1], text, sizeof text, MSG_DONTWAIT) > 0;
    assert_true(first != second);
    close(receivers[0]);
    close(receivers[1]);
    close(sender);
    return first ? OLD : NEW;
}

static enum used sendmsg_name(void)
{
    open_receivers();
    pair[0] = sender;
    struct rf_sqe *sqe = behind_timer_sendmsg();
    message.msg_name = &destination;
    message.msg_namelen = sizeof destination;
    lend(sqe);
    destination = addresses[1];
    finish_well(3);
    return which_received();
}

static enum used send_destination(void)
{
    open_receivers();
    struct rf_sqe *sqe = behind_timer();
    rf_prep_send(sqe, sender, "hey", 3, 0);
    sqe->addr2 = addr_of(&destination);
    sqe->addr_len = sizeof destination;
    lend(sqe);
    destination = addresses[1];
    int res = finish();
    if (res == -EDESTADDRREQ || res == -EINVAL) { /* before it took an address */
        close(receivers[0]);
        close(receivers[1]);
        close(sender);
        return UNTESTABLE;
    }
    assert_result(res, 3);
    return which_received();
}

static struct rf_sqe *behind_timer_recvmsg(void)
{
    memset(old_text, 0, sizeof old_text);
    memset(new_text, 0, sizeof new_text);
    segment = (struct iovec){old_text, 3};
    message = (struct msghdr){.msg_iov = &segment, .msg_iovlen = 1};
    struct rf_sqe *sqe = behind_timer();
    rf_prep_recvmsg(sqe, pair[1], &message, 0);
    return sqe;
}

static enum used recvmsg_iovecs(void)
{
    open_pair(SOCK_STREAM);
    lend(behind_timer_recvmsg());
    segment.iov_base = new_text;
    assert_int_equal(write(pair[0], "hey", 3), 3);
    finish_well(3);
    close_pair();
    return old_text[0] ? OLD : NEW;
}

/* The room for the name is read again when the message is there. */
static enum used recvmsg_msghdr(void)
{
    struct sockaddr_in name;
    open_receivers();
    pair[1] = receivers[0];
    struct rf_sqe *sqe = behind_timer_recvmsg();
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    memset(&name, 0, sizeof name);
    lend(sqe);
    message.msg_namelen = sizeof name.sin_family;
    assert_int_equal(sendto(sender, "hey", 3, 0, (struct sockaddr *)&addresses[0],
                            sizeof addresses[0]), 3);
    finish_well(3);
    close(receivers[0]);
    close(receivers[1]);
    close(sender);
    assert_int_equal(message.msg_namelen, sizeof name); /* written, too */
    assert_int_equal(name.sin_family, AF_INET);
    return name.sin_addr.s_addr ? OLD : NEW;
}

/* A multishot takes from the msghdr only how its buffers are laid out. */
static enum used recvmsg_multishot_msghdr(void)
{
    static char memory[256];
    open_pair(SOCK_DGRAM);
    struct rf_sqe *sqe = take_sqe(&loan_ring);
    rf_prep_provide_buffers(sqe, memory, sizeof memory, 1, 6, 0);
    lend(sqe);
    finish_well(0);
    message = (struct msghdr){.msg_namelen = 32};
    sqe = behind_timer();
    rf_prep_recvmsg_multishot(sqe, pair[1], &message, 0);
    sqe->buf_group = 6;
    lend(sqe);
    message.msg_namelen = 0;
    assert_int_equal(write(pair[0], "old", 3), 3);
    struct rf_cqe cqe = first_cqe();
    close(pair[0]); /* the end, for a datagram socket, comes by cancelling */
    if (cqe.flags & RF_CQE_F_MORE) {
        struct rf_sqe *cancel = take_sqe(&loan_ring);
        rf_prep_cancel(cancel, OPERATION, 0);
        submit_other(cancel);
        (void)finish();
    }
    close(pair[1]);
    if (cqe.res < 0)
        return UNTESTABLE;
    assert_int_equal(message.msg_namelen, 0); /* never written */
    const size_t header = sizeof(struct rf_recvmsg_out);
    return memcmp(memory + header + 32, "old", 3) == 0 ? OLD : NEW;
}

static enum used accept_addrlen(void)
{
    struct sockaddr_in address, peer;
    socklen_t length = sizeof peer;
    int listener = listen_on_loopback(&address);
    memset(&peer, 0, sizeof peer);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_accept(sqe, listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);
    lend(sqe);
    length = sizeof peer.sin_family;
    int client = connect_to(&address);
    int server = finish();
    assert_true(server >= 0);
    close(server);
    close(client);
    close(listener);
    assert_int_equal(length, sizeof peer);
    return peer.sin_addr.s_addr ? OLD : NEW;
}

static enum used connect_address(void)
{
    struct sockaddr_in address, target;
    int listener = listen_on_loopback(&address);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    target = address;
    struct rf_sqe *sqe = behind_timer();
    rf_prep_connect(sqe, client, (struct sockaddr *)&target, sizeof target);
    lend(sqe);
    target.sin_port = 0; /* nobody listens there */
    int res = finish();
    close(client);
    close(listener);
    return res == 0 ? OLD : NEW;
}

static enum used bind_address(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET}, got;
    socklen_t length = sizeof got;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_bind(sqe, fd, (struct sockaddr *)&address, sizeof address);
    lend(sqe);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    finish_well(0);
    assert_result(getsockname(fd, (struct sockaddr *)&got, &length), 0);
    close(fd);
    return got.sin_addr.s_addr == htonl(INADDR_LOOPBACK) ? OLD : NEW;
}

static enum used setsockopt_value(void)
{
    int value = 0, got = -1;
    socklen_t length = sizeof got;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_SETSOCKOPT, fd, SOL_SOCKET, SO_KEEPALIVE, &value,
                     sizeof value);
    lend(sqe);
    value = 1;
    int res = finish();
    assert_result(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &got, &length), 0);
    close(fd);
    if (res == -EOPNOTSUPP) /* before 6.7 */
        return UNTESTABLE;
    assert_result(res, 0);
    return got ? NEW : OLD;
}

/* --- the trials ----------------------------------------------------------- */

static void memory_is_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(send_data, SEND, ADDR, DATA),
        TRIAL_WHEN(send_iovecs, SEND, ADDR, IOVECS, "with RF_SEND_VECTORIZED"),
        TRIAL(send_destination, SEND, OFF, SOCKADDR),
        TRIAL(sendmsg_msghdr, SENDMSG, ADDR, MSGHDR),
        TRIAL_INNER(sendmsg_iovecs, SENDMSG, ADDR, IOVECS, "msg_iov"),
        TRIAL_INNER(sendmsg_data, SENDMSG, ADDR, DATA, "iov_base"),
        TRIAL_INNER(sendmsg_name, SENDMSG, ADDR, SOCKADDR, "msg_name"),
        TRIAL_INNER(sendmsg_control, SENDMSG, ADDR, CONTROL, "msg_control"),
        TRIAL_INNER(recvmsg_iovecs, RECVMSG, ADDR, IOVECS, "msg_iov"),
        TRIAL_WHEN(recvmsg_msghdr, RECVMSG, ADDR, MSGHDR, "without RF_RECV_MULTISHOT"),
        TRIAL_WHEN(recvmsg_multishot_msghdr, RECVMSG, ADDR, MSGHDR, "with RF_RECV_MULTISHOT"),
        TRIAL_WHEN(accept_addrlen, ACCEPT, OFF, SOCKLEN, "without RF_ACCEPT_MULTISHOT"),
        TRIAL(connect_address, CONNECT, ADDR, SOCKADDR),
        TRIAL(bind_address, BIND, ADDR, SOCKADDR),
        TRIAL_WHEN(setsockopt_value, URING_CMD, ADDR3, OPTVAL, "a socket's SETSOCKOPT"),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void numbers_are_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL_INNER(sendmsg_control_fd, SENDMSG, ADDR, FD, "SCM_RIGHTS"),
    };
    run_trials(trials, COUNT_OF(trials));
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(memory_is_lent_until_the_table_says),
        ONCE(numbers_are_lent_until_the_table_says),
    };
    return run_all(tests, COUNT_OF(tests));
}
