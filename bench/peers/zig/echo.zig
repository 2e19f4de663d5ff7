// SPDX-License-Identifier: MIT
//! Zig: a server that sends back what it receives.
const std = @import("std");
const linux = std.os.linux;
const peer = @import("peer.zig");
const IoUring = peer.IoUring;

const Job = extern struct {
    fds: [*]const i32,
    count: u32,
    bytes: u32,
    multishot: u32,
    buffers: [*]u8,
    buf_ring: *anyopaque,
    buf_count: u32,
};

/// user_data: what, which connection, which buffer.
const Id = packed struct(u64) { connection: u32, buffer: u31 = 0, send: bool };

const Server = struct {
    ring: *IoUring,
    job: *const Job,
    /// The library maps memory for it, and so does not use the worker's.
    br: ?*align(std.heap.page_size_min) linux.io_uring_buf_ring = null,
    open: u32,
    failed: i64 = 0,

    /// The queue may be full of what has not been submitted.
    fn get(self: *Server) !*linux.io_uring_sqe {
        return self.ring.get_sqe() catch {
            _ = try self.ring.submit();
            return self.ring.get_sqe();
        };
    }

    fn buffer(self: *const Server, index: u32) []u8 {
        return self.job.buffers[@as(usize, index) * self.job.bytes ..][0..self.job.bytes];
    }

    fn queueRecv(self: *Server, connection: u32) !void {
        const sqe = try self.get();
        if (self.job.multishot != 0) {
            sqe.prep_rw(.RECV, self.job.fds[connection], 0, 0, 0);
            sqe.ioprio |= linux.IORING_RECV_MULTISHOT;
            sqe.flags |= linux.IOSQE_BUFFER_SELECT;
            sqe.buf_index = 0;
        } else {
            sqe.prep_recv(self.job.fds[connection], self.buffer(connection), 0);
        }
        sqe.user_data = @bitCast(Id{ .connection = connection, .send = false });
    }

    fn queueSend(self: *Server, connection: u32, index: u32, bytes: u32) !void {
        const sqe = try self.get();
        sqe.prep_send(self.job.fds[connection], self.buffer(index)[0..bytes], 0);
        sqe.user_data = @bitCast(Id{ .connection = connection, .buffer = @intCast(index), .send = true });
    }

    fn giveBack(self: *Server, index: u32) void {
        const mask = IoUring.buf_ring_mask(@intCast(self.job.buf_count));
        IoUring.buf_ring_add(self.br.?, self.buffer(index), @intCast(index), mask, 0);
        IoUring.buf_ring_advance(self.br.?, 1);
    }

    fn received(self: *Server, cqe: *const linux.io_uring_cqe, connection: u32) !void {
        if (cqe.err() == .NOBUFS) return self.queueRecv(connection);
        if (cqe.res <= 0) {
            self.failed += @intFromBool(cqe.res < 0);
            self.open -= 1;
            return;
        }
        const bytes: u32 = @intCast(cqe.res);
        if (self.job.multishot == 0) return self.queueSend(connection, connection, bytes);
        const more = cqe.flags & linux.IORING_CQE_F_MORE != 0;
        try self.queueSend(connection, cqe.flags >> linux.IORING_CQE_BUFFER_SHIFT, bytes);
        if (!more) try self.queueRecv(connection);
    }

    fn completed(self: *Server, cqe: *const linux.io_uring_cqe) !void {
        const id: Id = @bitCast(cqe.user_data);
        if (!id.send) return self.received(cqe, id.connection);
        self.failed += @intFromBool(cqe.res <= 0);
        if (self.job.multishot == 0) return self.queueRecv(id.connection);
        self.giveBack(id.buffer);
    }

    fn serve(self: *Server) !void {
        for (0..self.job.count) |i| try self.queueRecv(@intCast(i));
        while (self.open > 0) {
            _ = self.ring.submit_and_wait(1) catch |err| switch (err) {
                error.SignalInterrupt => 0,
                else => return err,
            };
            const ready = self.ring.cq_ready();
            const head = self.ring.cq.head.*;
            for (0..ready) |i|
                try self.completed(&self.ring.cq.cqes[(head +% @as(u32, @intCast(i))) & self.ring.cq.mask]);
            self.ring.cq_advance(ready);
        }
    }
};

fn echo(ring: *IoUring, job: *const Job) !i64 {
    var server = Server{ .ring = ring, .job = job, .open = job.count };
    if (job.multishot == 0) {
        try server.serve();
        return server.failed;
    }
    server.br = try IoUring.setup_buf_ring(ring.fd, @intCast(job.buf_count), 0, .{ .inc = false });
    defer IoUring.free_buf_ring(ring.fd, server.br.?, job.buf_count, 0);
    IoUring.buf_ring_init(server.br.?);
    for (0..job.buf_count) |i| server.giveBack(@intCast(i));
    try server.serve();
    return server.failed;
}

export fn peer_echo(ring: *IoUring, job: *const Job) i64 {
    return echo(ring, job) catch -peer.EIO;
}
