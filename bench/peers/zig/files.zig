// SPDX-License-Identifier: MIT
//! Zig: random reads of one file, and many small files.
const std = @import("std");
const linux = std.os.linux;
const peer = @import("peer.zig");
const IoUring = peer.IoUring;

const Reads = extern struct {
    fd: i32,
    block: u32,
    depth: u32,
    method: u32,
    count: u64,
    offsets: [*]const u64,
    buffers: [*]u8,
};

fn queueRead(ring: *IoUring, job: *const Reads, index: u64, slot: u64) !void {
    const sqe = try ring.get_sqe();
    sqe.prep_read(job.fd, job.buffers[slot * job.block ..][0..job.block], job.offsets[index]);
    sqe.user_data = slot;
}

fn reads(ring: *IoUring, job: *const Reads) !i64 {
    var failed: i64 = 0;
    var queued: u64 = 0;
    var done: u64 = 0;
    while (queued < job.depth and queued < job.count) : (queued += 1)
        try queueRead(ring, job, queued, queued);
    while (done < job.count) {
        _ = ring.submit_and_wait(1) catch |err| switch (err) {
            error.SignalInterrupt => 0,
            else => return err,
        };
        const ready = ring.cq_ready();
        const head = ring.cq.head.*;
        for (0..ready) |i| {
            const cqe = &ring.cq.cqes[(head +% @as(u32, @intCast(i))) & ring.cq.mask];
            failed += @intFromBool(cqe.res != job.block);
            if (queued < job.count) {
                try queueRead(ring, job, queued, cqe.user_data);
                queued += 1;
            }
        }
        ring.cq_advance(ready);
        done += ready;
    }
    return failed;
}

export fn peer_reads(ring: *IoUring, job: *const Reads) i64 {
    return reads(ring, job) catch -peer.EIO;
}

const Files = extern struct {
    paths: [*]const [*:0]const u8,
    count: u64,
    depth: u32,
    bytes: u32,
    buffers: [*]u8,
    statx: [*]linux.Statx,
    bytes_read: u64,
    bytes_stated: u64,
};

const OPEN = 0;
const READ = 1;
const CLOSE = 2;
const STAT = 3;
const STEPS = 4;

/// One file: open, read and close in a chain that goes on whatever they return; and stat.
fn queueFile(ring: *IoUring, job: *const Files, index: u64, slot: u32) !void {
    if (ring.sq_ready() + STEPS > ring.sq.sqes.len) return error.SubmissionQueueFull;
    const path = job.paths[index];
    const id = @as(u64, slot) * STEPS;
    var sqe = try ring.get_sqe();
    sqe.prep_openat_direct(linux.AT.FDCWD, path, .{ .ACCMODE = .RDONLY }, 0, slot);
    sqe.flags |= linux.IOSQE_IO_HARDLINK;
    sqe.user_data = id + OPEN;
    sqe = try ring.get_sqe();
    sqe.prep_read(@intCast(slot), job.buffers[@as(usize, slot) * job.bytes ..][0..job.bytes], 0);
    sqe.flags |= linux.IOSQE_FIXED_FILE | linux.IOSQE_IO_HARDLINK;
    sqe.user_data = id + READ;
    sqe = try ring.get_sqe();
    sqe.prep_close_direct(slot);
    sqe.user_data = id + CLOSE;
    sqe = try ring.get_sqe();
    sqe.prep_statx(linux.AT.FDCWD, path, 0, linux.STATX_SIZE, &job.statx[slot]);
    sqe.user_data = id + STAT;
}

fn files(ring: *IoUring, job: *Files) !i64 {
    var steps = [_]u8{0} ** 1024;
    var failed: i64 = 0;
    var queued: u64 = 0;
    var done: u64 = 0;
    try ring.register_files_sparse(job.depth);
    while (queued < job.depth and queued < job.count) : (queued += 1)
        try queueFile(ring, job, queued, @intCast(queued));
    while (done < job.count) {
        _ = ring.submit_and_wait(1) catch |err| switch (err) {
            error.SignalInterrupt => 0,
            else => return err,
        };
        const ready = ring.cq_ready();
        const head = ring.cq.head.*;
        for (0..ready) |i| {
            const cqe = &ring.cq.cqes[(head +% @as(u32, @intCast(i))) & ring.cq.mask];
            const slot: u32 = @intCast(cqe.user_data / STEPS);
            const step = cqe.user_data % STEPS;
            failed += @intFromBool(cqe.res < 0);
            if (step == READ and cqe.res > 0) job.bytes_read += @intCast(cqe.res);
            if (step == STAT) job.bytes_stated += job.statx[slot].size;
            steps[slot] += 1;
            if (steps[slot] < STEPS) continue;
            steps[slot] = 0;
            done += 1;
            if (queued < job.count) {
                try queueFile(ring, job, queued, slot);
                queued += 1;
            }
        }
        ring.cq_advance(ready);
    }
    try ring.unregister_files();
    return failed;
}

export fn peer_files(ring: *IoUring, job: *Files) i64 {
    return files(ring, job) catch -peer.EIO;
}
