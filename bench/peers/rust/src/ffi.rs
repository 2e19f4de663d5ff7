// SPDX-License-Identifier: MIT
//! worker/peer.h and worker/standin.h, as far as they are needed here.
use std::os::raw::{c_char, c_void};

pub const DEFAULTS: u32 = 0;
pub const BEST: u32 = 2;

pub const NOP: u32 = 0;
pub const READ: u32 = 1;
pub const SEND: u32 = 2;
pub const LINK: u32 = 3;
pub const BUFS: u32 = 4;

pub const WAIT: u32 = 1;
pub const FLUSH: u32 = 2;

pub const BATCH_MAX: usize = 128;
pub const BYTES: u32 = 64;

#[repr(C)]
pub struct Setup {
    pub kind: u32,
    pub entries: u32,
    pub flags: u32,
    pub idle_ms: u32,
    pub sq_cpu: u32,
}

#[repr(C)]
pub struct Facts {
    pub fd: i32,
    pub flags: u32,
    pub bytes: u32,
}

#[repr(C)]
pub struct Loop {
    pub shape: u32,
    pub batch: u32,
    pub publish: u32,
    pub copied: u32,
    pub runs: u32,
    pub fd: i32,
    pub operations: u64,
    pub buffer: *mut u8,
    pub standin: *mut c_void,
    pub buf_ring: *mut c_void,
    pub buf_memory: *mut u8,
    pub buf_count: u32,
}

#[repr(C)]
pub struct Reads {
    pub fd: i32,
    pub block: u32,
    pub depth: u32,
    pub method: u32,
    pub count: u64,
    pub offsets: *const u64,
    pub buffers: *mut u8,
}

#[repr(C)]
pub struct Echo {
    pub fds: *const i32,
    pub count: u32,
    pub bytes: u32,
    pub multishot: u32,
    pub buffers: *mut u8,
    pub buf_ring: *mut c_void,
    pub buf_count: u32,
}

#[repr(C)]
pub struct Files {
    pub paths: *const *const c_char,
    pub count: u64,
    pub depth: u32,
    pub bytes: u32,
    pub buffers: *mut u8,
    pub statx: *mut libc::statx,
    pub bytes_read: u64,
    pub bytes_stated: u64,
}

extern "C" {
    pub fn standin_turn(standin: *mut c_void);
}
