/* SPDX-License-Identifier: MIT */
/*
 * recvmsg.h - what a multishot recvmsg left in a provided buffer: a header, then an area
 * for the name, one for control messages, and the payload.
 *
 *     cqe of rf_recvmsg_multishot(), buffer = the provided one that it names
 *
 *     struct rf_recvmsg_out *out = rf_recvmsg_validate(buffer, cqe.res, &msg);
 *     if (out)
 *         use(rf_recvmsg_payload(out, &msg), rf_recvmsg_payload_length(out, cqe.res, &msg));
 *
 * @msg is everywhere the msghdr that the receive was queued with, of which msg_namelen
 * and msg_controllen count: they tell where the areas begin. The lengths in the buffer
 * are believed only as far as the areas go, so nothing outside of them is read,
 * whatever they say.
 *
 * Make msg_namelen a multiple of 8, as it is for struct sockaddr_storage, and the
 * buffers aligned to 8: else control messages do not lie where their type wants them.
 *
 * What is returned points into the buffer and is valid as long as that is the caller's.
 * Since kernel 6.0. Held by tests/test_recvmsg.c.
 */
#ifndef RINGFENCE_RECVMSG_H
#define RINGFENCE_RECVMSG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>

RF_BEGIN_DECLS

/* Bytes before the payload, or SIZE_MAX: more than any buffer has. */
RF_INLINE size_t rfi_recvmsg_payload_offset(const struct msghdr *msg)
{
    const size_t name = msg->msg_namelen, control = msg->msg_controllen;
    size_t before = sizeof(struct rf_recvmsg_out);
    if (name > SIZE_MAX - before)
        return SIZE_MAX;
    before += name;
    return control > SIZE_MAX - before ? SIZE_MAX : before + control;
}

/* Bytes of control messages that are there, and fit their area. */
RF_INLINE size_t rfi_recvmsg_control_bytes(const struct rf_recvmsg_out *out,
                                           const struct msghdr *msg)
{
    return out->controllen < msg->msg_controllen ? out->controllen : msg->msg_controllen;
}

/* The control message at this offset of the area, or NULL if there is no whole one. */
RF_INLINE struct cmsghdr *rfi_recvmsg_cmsg_at(struct rf_recvmsg_out *out, const struct msghdr *msg,
                                              size_t offset)
{
    const size_t bytes = rfi_recvmsg_control_bytes(out, msg);
    if (offset > bytes || bytes - offset < sizeof(struct cmsghdr))
        return NULL;
    uint8_t *at = (uint8_t *)(out + 1) + msg->msg_namelen + offset;
    struct cmsghdr cmsg;
    memcpy(&cmsg, at, sizeof cmsg);
    if (cmsg.cmsg_len < sizeof cmsg || cmsg.cmsg_len > bytes - offset)
        return NULL;
    return (struct cmsghdr *)(void *)at;
}

/**
 * rf_recvmsg_validate() - the header of a buffer.
 *
 * @buf  The provided buffer, with the alignment of uint32_t.
 * @res  That of the CQE.
 *
 * Returns the header, or NULL: @res is an error, or too small for the areas that @msg
 * tells of. The functions below want a header that this returned.
 */
RF_INLINE struct rf_recvmsg_out *rf_recvmsg_validate(void *buf, int res, const struct msghdr *msg)
{
    if (res < 0 || (size_t)res < rfi_recvmsg_payload_offset(msg))
        return NULL;
    return (struct rf_recvmsg_out *)buf;
}

/*
 * The name, a struct sockaddr. Its length is out->namelen, of which no more is here than
 * msg->msg_namelen.
 */
RF_INLINE void *rf_recvmsg_name(struct rf_recvmsg_out *out)
{
    return out + 1;
}

/* The first control message, or NULL. All that it says is its length lies in the area. */
RF_INLINE struct cmsghdr *rf_recvmsg_cmsg_firsthdr(struct rf_recvmsg_out *out,
                                                   const struct msghdr *msg)
{
    return rfi_recvmsg_cmsg_at(out, msg, 0);
}

/* The one after @cmsg, which the function above or this one returned; or NULL. */
RF_INLINE struct cmsghdr *rf_recvmsg_cmsg_nexthdr(struct rf_recvmsg_out *out,
                                                  const struct msghdr *msg, struct cmsghdr *cmsg)
{
    const uint8_t *begin = (const uint8_t *)(out + 1) + msg->msg_namelen;
    const size_t offset = (size_t)((const uint8_t *)cmsg - begin);
    const size_t bytes = rfi_recvmsg_control_bytes(out, msg);
    struct cmsghdr copy;
    memcpy(&copy, (const void *)cmsg, sizeof copy);
    const size_t length = copy.cmsg_len;
    /* Again, for it may have been written to since. */
    if (offset > bytes || length < sizeof(struct cmsghdr) || length > bytes - offset)
        return NULL;
    const size_t padding = ((size_t)0 - length) & (sizeof(size_t) - 1);
    if (padding > bytes - offset - length)
        return NULL;
    return rfi_recvmsg_cmsg_at(out, msg, offset + length + padding);
}

/* What was received; rf_recvmsg_payload_length() bytes. */
RF_INLINE void *rf_recvmsg_payload(struct rf_recvmsg_out *out, const struct msghdr *msg)
{
    return (uint8_t *)out + rfi_recvmsg_payload_offset(msg);
}

/*
 * Bytes of payload in the buffer; 0 if @res is too small for any. If the message was cut off
 * (out->flags has MSG_TRUNC), out->payloadlen may be more than that.
 */
RF_INLINE uint32_t rf_recvmsg_payload_length(const struct rf_recvmsg_out *out, int res,
                                             const struct msghdr *msg)
{
    const size_t before = rfi_recvmsg_payload_offset(msg);
    (void)out; /* for symmetry, and for those who come from liburing */
    return res < 0 || (size_t)res < before ? 0 : (uint32_t)((size_t)res - before);
}

RF_END_DECLS

#endif
