// SPDX-License-Identifier: MIT
//! Rust's io-uring crate takes part: opening, closing. The other files are the rows;
//! ffi.rs repeats worker/peer.h.
mod echo;
mod ffi;
mod files;
mod loops;

use ffi::{Facts, Setup};
use io_uring::{CompletionQueue, IoUring, SubmissionQueue, Submitter};
use std::io;
use std::ops::Deref;
use std::os::unix::io::AsRawFd;

/// A ring, and whether its descriptor is to be registered, which belongs to a Submitter.
pub struct Peer {
    ring: IoUring,
    registered: bool,
}

/// A Submitter whose ring's descriptor is registered as long as it lives, if that was wanted.
pub struct Entrance<'a> {
    submitter: Submitter<'a>,
    registered: bool,
}

impl<'a> Deref for Entrance<'a> {
    type Target = Submitter<'a>;
    fn deref(&self) -> &Submitter<'a> {
        &self.submitter
    }
}

impl Drop for Entrance<'_> {
    fn drop(&mut self) {
        if self.registered {
            let _ = self.submitter.unregister_ring_fd();
        }
    }
}

impl Peer {
    /// The three parts, which a loop holds on to.
    pub fn parts(&mut self) -> io::Result<(Entrance<'_>, SubmissionQueue<'_>, CompletionQueue<'_>)> {
        let registered = self.registered;
        let (mut submitter, sq, cq) = self.ring.split();
        if registered {
            submitter.register_ring_fd()?;
        }
        Ok((Entrance { submitter, registered }, sq, cq))
    }
}

const SQPOLL: u32 = 1 << 1;
const SQ_AFF: u32 = 1 << 2;
const R_DISABLED: u32 = 1 << 6;
const SINGLE_ISSUER: u32 = 1 << 12;
const DEFER_TASKRUN: u32 = 1 << 13;

fn open(setup: &Setup) -> io::Result<Peer> {
    if setup.kind == ffi::DEFAULTS {
        return Ok(Peer { ring: IoUring::new(setup.entries)?, registered: false });
    }
    let mut builder = IoUring::builder();
    if setup.flags & SQPOLL != 0 {
        builder.setup_sqpoll(setup.idle_ms);
    }
    if setup.flags & SQ_AFF != 0 {
        builder.setup_sqpoll_cpu(setup.sq_cpu);
    }
    if setup.flags & R_DISABLED != 0 {
        builder.setup_r_disabled();
    }
    if setup.flags & SINGLE_ISSUER != 0 {
        builder.setup_single_issuer();
    }
    if setup.flags & DEFER_TASKRUN != 0 {
        builder.setup_defer_taskrun();
    }
    let best = setup.kind == ffi::BEST;
    if best {
        builder.setup_no_sqarray();
    }
    Ok(Peer { ring: builder.build(setup.entries)?, registered: best })
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

/// What a row returns to C: the failures, or a negative errno.
pub fn result(result: io::Result<i64>) -> i64 {
    result.unwrap_or_else(|error| -i64::from(errno(&error)))
}

pub fn failure<T>(errno: i32) -> io::Result<T> {
    Err(io::Error::from_raw_os_error(errno))
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_open(setup: &Setup, facts: &mut Facts, error: &mut i32) -> *mut Peer {
    match open(setup) {
        Ok(peer) => {
            *error = 0;
            let array_is_gone = setup.kind == ffi::BEST;
            *facts = Facts {
                fd: peer.ring.as_raw_fd(),
                flags: setup.flags | if array_is_gone { 1 << 16 } else { 0 },
                bytes: std::mem::size_of::<IoUring>() as u32,
            };
            Box::into_raw(Box::new(peer))
        }
        Err(reason) => {
            *error = -errno(&reason);
            std::ptr::null_mut()
        }
    }
}

/// # Safety
/// The peer is one that peer_open() returned.
#[no_mangle]
pub unsafe extern "C" fn peer_close(peer: *mut Peer) {
    drop(Box::from_raw(peer));
}
