// SPDX-License-Identifier: MIT
//! Zig's std.os.linux.IoUring takes part: opening, closing. The other files of this
//! directory are the rows; worker/peer.h says what each struct means.
const std = @import("std");
const linux = std.os.linux;
pub const IoUring = linux.IoUring;

comptime {
    _ = @import("loop.zig");
    _ = @import("files.zig");
    _ = @import("echo.zig");
}

pub const EIO = 5;
pub const ENOSYS = 38;
pub const ENOBUFS = 105;
pub const EPROTO = 71;

const Setup = extern struct { kind: u32, entries: u32, flags: u32, idle_ms: u32, sq_cpu: u32 };
const Facts = extern struct { fd: i32, flags: u32, bytes: u32 };
const DEFAULTS = 0;

fn openRing(setup: *const Setup) !IoUring {
    const entries: u16 = @intCast(setup.entries);
    if (setup.kind == DEFAULTS) return IoUring.init(entries, 0);
    var params = std.mem.zeroInit(linux.io_uring_params, .{
        .flags = setup.flags,
        .sq_thread_idle = setup.idle_ms,
        .sq_thread_cpu = setup.sq_cpu,
    });
    return IoUring.init_params(entries, &params);
}

export fn peer_open(setup: *const Setup, facts: *Facts, ret_error: *i32) ?*IoUring {
    const ring = std.heap.c_allocator.create(IoUring) catch return null;
    ring.* = openRing(setup) catch |err| {
        ret_error.* = switch (err) {
            error.PermissionDenied => -1,
            error.ArgumentsInvalid => -22,
            error.SystemOutdated => -ENOSYS,
            else => -EIO,
        };
        std.heap.c_allocator.destroy(ring);
        return null;
    };
    ret_error.* = 0;
    facts.* = .{ .fd = ring.fd, .flags = ring.flags, .bytes = @sizeOf(IoUring) };
    return ring;
}

export fn peer_close(ring: *IoUring) void {
    ring.deinit();
    std.heap.c_allocator.destroy(ring);
}
