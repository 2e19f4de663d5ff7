// SPDX-License-Identifier: MIT
//! Zig: queue a batch, publish, reap. The shape and the way to reap are constants to the
//! compiler, as they are in a program that does one thing.
const std = @import("std");
const linux = std.os.linux;
const peer = @import("peer.zig");
const IoUring = peer.IoUring;

const Standin = opaque {};
extern fn standin_turn(standin: *Standin) void;

const Shape = enum(u32) { nop, read, send, link, bufs };
const Publish = enum(u32) { submit, wait, flush };
const BYTES = 64;
const BATCH_MAX = 128;

const Job = extern struct {
    shape: Shape,
    batch: u32,
    publish: Publish,
    copied: u32,
    runs: u32,
    fd: i32,
    operations: u64,
    buffer: [*]u8,
    standin: ?*Standin,
    buf_ring: *linux.io_uring_buf_ring,
    buf_memory: [*]u8,
    buf_count: u32,
};

inline fn fill(sqe: *linux.io_uring_sqe, job: *const Job, comptime shape: Shape, id: u64) void {
    const buffer = job.buffer[0..BYTES];
    switch (shape) {
        .nop => sqe.prep_nop(),
        .read => sqe.prep_read(job.fd, buffer, 0),
        .send => sqe.prep_send(job.fd, buffer, 0),
        .link => if (id % 2 == 0) {
            sqe.prep_send(job.fd, buffer, 0);
            sqe.flags |= linux.IOSQE_IO_LINK;
        } else {
            sqe.prep_recv(job.fd, buffer, 0);
        },
        .bufs => {
            sqe.prep_rw(.RECV, job.fd, 0, BYTES, 0);
            sqe.flags |= linux.IOSQE_BUFFER_SELECT;
            sqe.buf_index = 0;
        },
    }
    sqe.user_data = id;
}

const Reaped = struct { count: u32 = 0, failed: u32 = 0 };

/// Looks at one completion; a buffer goes back into the ring as the count-th.
inline fn look(cqe: *const linux.io_uring_cqe, job: *const Job, comptime shape: Shape, reaped: *Reaped) void {
    const expected = if (shape == .nop) 0 else BYTES;
    if (cqe.res != expected) reaped.failed += 1;
    if (shape == .bufs) {
        const id: u16 = @truncate(cqe.flags >> linux.IORING_CQE_BUFFER_SHIFT);
        const buffer = job.buf_memory[@as(usize, id) * BYTES ..][0..BYTES];
        const mask = IoUring.buf_ring_mask(@intCast(job.buf_count));
        IoUring.buf_ring_add(job.buf_ring, buffer, id, mask, @truncate(reaped.count));
    }
    reaped.count += 1;
}

/// In place: the library offers no way, so its queue is indexed by hand.
inline fn reap(ring: *IoUring, job: *const Job, comptime shape: Shape, comptime copied: bool) !Reaped {
    var reaped = Reaped{};
    if (copied) {
        var cqes: [BATCH_MAX]linux.io_uring_cqe = undefined;
        const count = try ring.copy_cqes(&cqes, 0);
        for (cqes[0..count]) |*cqe| look(cqe, job, shape, &reaped);
    } else {
        const ready = ring.cq_ready();
        const head = ring.cq.head.*;
        for (0..ready) |i| {
            const index = (head +% @as(u32, @intCast(i))) & ring.cq.mask;
            look(&ring.cq.cqes[index], job, shape, &reaped);
        }
        ring.cq_advance(ready);
    }
    if (shape == .bufs) IoUring.buf_ring_advance(job.buf_ring, @intCast(reaped.count));
    return reaped;
}

inline fn publish(ring: *IoUring, job: *const Job) !void {
    switch (job.publish) {
        .submit => _ = try ring.submit(),
        .wait => _ = try ring.submit_and_wait(job.batch),
        .flush => _ = ring.flush_sq(),
    }
}

noinline fn loop(ring: *IoUring, job: *const Job, comptime shape: Shape, comptime copied: bool) !i64 {
    var failed: i64 = 0;
    var id: u64 = 0;
    while (id < job.operations) {
        for (0..job.batch) |_| {
            fill(try ring.get_sqe(), job, shape, id);
            id += 1;
        }
        try publish(ring, job);
        if (job.standin) |standin| standin_turn(standin);
        const reaped = try reap(ring, job, shape, copied);
        failed += reaped.failed;
        if (reaped.count != job.batch) return -peer.EPROTO;
    }
    return failed;
}

export fn peer_loop(ring: *IoUring, job: *const Job) i64 {
    if (job.runs != 0) return -peer.ENOSYS;
    const result = switch (job.shape) {
        inline else => |shape| if (job.copied != 0)
            loop(ring, job, shape, true)
        else
            loop(ring, job, shape, false),
    };
    return result catch -peer.EIO;
}

inline fn reapResults(ring: *IoUring, expected: i32, failed: *i64) u32 {
    const ready = ring.cq_ready();
    const head = ring.cq.head.*;
    for (0..ready) |i| {
        const index = (head +% @as(u32, @intCast(i))) & ring.cq.mask;
        failed.* += @intFromBool(ring.cq.cqes[index].res != expected);
    }
    ring.cq_advance(ready);
    return ready;
}

fn stream(ring: *IoUring, job: *const Job) !i64 {
    var failed: i64 = 0;
    var queued: u64 = 0;
    var done: u64 = 0;
    while (done < job.operations) {
        for (0..job.batch) |_| {
            if (queued == job.operations) break;
            const sqe = ring.get_sqe() catch break;
            sqe.prep_nop();
            sqe.user_data = queued;
            queued += 1;
        }
        _ = try ring.submit();
        done += reapResults(ring, 0, &failed);
    }
    return failed;
}

export fn peer_stream(ring: *IoUring, job: *const Job) i64 {
    return stream(ring, job) catch -peer.EIO;
}

fn pending(ring: *IoUring, job: *const Job) !i64 {
    var failed: i64 = 0;
    var id: u64 = 0;
    var value = std.mem.toBytes(@as(u64, 1));
    while (id < job.operations) {
        for (0..job.batch) |_| {
            const sqe = try ring.get_sqe();
            sqe.prep_poll_add(job.fd, linux.POLL.IN);
            sqe.user_data = id;
            id += 1;
        }
        _ = try ring.submit();
        _ = try std.posix.write(job.fd, &std.mem.toBytes(@as(u64, 1)));
        _ = try ring.submit_and_wait(job.batch);
        if (reapResults(ring, linux.POLL.IN, &failed) != job.batch) return -peer.EPROTO;
        _ = try std.posix.read(job.fd, &value);
    }
    return failed;
}

export fn peer_pending(ring: *IoUring, job: *const Job) i64 {
    return pending(ring, job) catch -peer.EIO;
}
