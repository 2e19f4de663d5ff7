// SPDX-License-Identifier: MIT
//! Rust: queue a batch, publish, reap. The shape and the way to reap are constants to the
//! compiler, as they are in a program that does one thing.
use crate::ffi::{self, Loop};
use crate::{failure, Peer};
use io_uring::types::{BufRingEntry, Fd};
use io_uring::{cqueue, opcode, squeue, CompletionQueue, SubmissionQueue, Submitter};
use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU16, Ordering};

#[inline(always)]
fn entry<const SHAPE: u32>(job: &Loop, id: u64) -> squeue::Entry {
    let fd = Fd(job.fd);
    let entry = match SHAPE {
        ffi::READ => opcode::Read::new(fd, job.buffer, ffi::BYTES).build(),
        ffi::SEND => opcode::Send::new(fd, job.buffer, ffi::BYTES).build(),
        ffi::LINK if id % 2 == 0 => {
            opcode::Send::new(fd, job.buffer, ffi::BYTES).build().flags(squeue::Flags::IO_LINK)
        }
        ffi::LINK => opcode::Recv::new(fd, job.buffer, ffi::BYTES).build(),
        ffi::BUFS => opcode::Recv::new(fd, std::ptr::null_mut(), ffi::BYTES)
            .buf_group(0)
            .build()
            .flags(squeue::Flags::BUFFER_SELECT),
        _ => opcode::Nop::new().build(),
    };
    entry.user_data(id)
}

/// How full the queue is was asked last before the kernel took from it: ask again if it seems full.
#[inline(always)]
unsafe fn push(sq: &mut SubmissionQueue<'_>, entry: &squeue::Entry) -> io::Result<()> {
    if sq.push(entry).is_ok() {
        return Ok(());
    }
    sq.sync();
    sq.push(entry).or_else(|_| failure(libc::ENOBUFS))
}

#[derive(Default)]
struct Reaped {
    count: u32,
    failed: u32,
}

/// The crate knows what an entry of a buffer ring is; the ring itself is its user's to drive.
#[inline(always)]
unsafe fn give_back(job: &Loop, id: u16, nth: u32) {
    let ring = job.buf_ring as *mut BufRingEntry;
    let tail = *BufRingEntry::tail(ring);
    let index = (u32::from(tail) + nth) & (job.buf_count - 1);
    let entry = &mut *ring.add(index as usize);
    entry.set_addr(job.buf_memory.add(usize::from(id) * ffi::BYTES as usize) as u64);
    entry.set_len(ffi::BYTES);
    entry.set_bid(id);
}

/// Looks at one completion; a buffer goes back into the ring as the count-th.
#[inline(always)]
unsafe fn look<const SHAPE: u32>(cqe: &cqueue::Entry, job: &Loop, reaped: &mut Reaped) {
    let expected = if SHAPE == ffi::NOP { 0 } else { ffi::BYTES as i32 };
    if cqe.result() != expected {
        reaped.failed += 1;
    }
    if SHAPE == ffi::BUFS {
        let id = cqueue::buffer_select(cqe.flags()).unwrap_or(0);
        give_back(job, id, reaped.count);
    }
    reaped.count += 1;
}

#[inline(always)]
unsafe fn reap<const SHAPE: u32, const COPIED: bool>(
    cq: &mut CompletionQueue<'_>,
    job: &Loop,
) -> Reaped {
    let mut reaped = Reaped::default();
    cq.sync();
    if COPIED {
        type Cqes = [MaybeUninit<cqueue::Entry>; ffi::BATCH_MAX];
        let mut cqes: Cqes = MaybeUninit::uninit().assume_init();
        for cqe in cq.fill(&mut cqes) {
            look::<SHAPE>(cqe, job, &mut reaped);
        }
    } else {
        for cqe in &mut *cq {
            look::<SHAPE>(&cqe, job, &mut reaped);
        }
    }
    if SHAPE == ffi::BUFS {
        let tail = BufRingEntry::tail(job.buf_ring as *const BufRingEntry);
        let shared = &*(tail as *const AtomicU16);
        shared.store((*tail).wrapping_add(reaped.count as u16), Ordering::Release);
    }
    reaped
}

#[inline(always)]
fn publish(submitter: &Submitter<'_>, sq: &mut SubmissionQueue<'_>, job: &Loop) -> io::Result<()> {
    sq.sync();
    match job.publish {
        ffi::WAIT => submitter.submit_and_wait(job.batch as usize).map(drop),
        ffi::FLUSH => Ok(()),
        _ => submitter.submit().map(drop),
    }
}

#[inline(never)]
unsafe fn run<const SHAPE: u32, const COPIED: bool>(peer: &mut Peer, job: &Loop) -> io::Result<i64> {
    let (submitter, mut sq, mut cq) = peer.parts()?;
    let mut failed = 0;
    let mut id = 0;
    while id < job.operations {
        for _ in 0..job.batch {
            push(&mut sq, &entry::<SHAPE>(job, id))?;
            id += 1;
        }
        publish(&submitter, &mut sq, job)?;
        if !job.standin.is_null() {
            ffi::standin_turn(job.standin);
        }
        let reaped = reap::<SHAPE, COPIED>(&mut cq, job);
        failed += i64::from(reaped.failed);
        if reaped.count != job.batch {
            return failure(libc::EPROTO);
        }
        if job.publish == ffi::WAIT {
            cq.sync(); /* shows what was taken, or the next wait would count it */
        }
    }
    Ok(failed)
}

unsafe fn run_shape<const SHAPE: u32>(peer: &mut Peer, job: &Loop) -> io::Result<i64> {
    if job.copied != 0 {
        run::<SHAPE, true>(peer, job)
    } else {
        run::<SHAPE, false>(peer, job)
    }
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_loop(peer: &mut Peer, job: &Loop) -> i64 {
    if job.runs != 0 {
        return -i64::from(libc::ENOSYS);
    }
    crate::result(match job.shape {
        ffi::READ => run_shape::<{ ffi::READ }>(peer, job),
        ffi::SEND => run_shape::<{ ffi::SEND }>(peer, job),
        ffi::LINK => run_shape::<{ ffi::LINK }>(peer, job),
        ffi::BUFS => run_shape::<{ ffi::BUFS }>(peer, job),
        _ => run_shape::<{ ffi::NOP }>(peer, job),
    })
}

unsafe fn stream(peer: &mut Peer, job: &Loop) -> io::Result<i64> {
    let (submitter, mut sq, mut cq) = peer.parts()?;
    let (mut failed, mut queued, mut done) = (0, 0, 0);
    while done < job.operations {
        for _ in 0..job.batch {
            let full = queued == job.operations
                || push(&mut sq, &opcode::Nop::new().build().user_data(queued)).is_err();
            if full {
                break;
            }
            queued += 1;
        }
        sq.sync();
        submitter.submit()?;
        cq.sync();
        for cqe in &mut cq {
            failed += i64::from(cqe.result() != 0);
            done += 1;
        }
    }
    Ok(failed)
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_stream(peer: &mut Peer, job: &Loop) -> i64 {
    crate::result(stream(peer, job))
}

unsafe fn pending(peer: &mut Peer, job: &Loop) -> io::Result<i64> {
    let (submitter, mut sq, mut cq) = peer.parts()?;
    let (mut failed, mut id) = (0, 0);
    let mut value = 1u64;
    let bytes = std::mem::size_of::<u64>();
    while id < job.operations {
        for _ in 0..job.batch {
            let entry = opcode::PollAdd::new(Fd(job.fd), libc::POLLIN as u32).build();
            push(&mut sq, &entry.user_data(id))?;
            id += 1;
        }
        sq.sync();
        submitter.submit()?;
        if libc::write(job.fd, &value as *const u64 as *const _, bytes) < 0 {
            return Err(io::Error::last_os_error());
        }
        submitter.submit_and_wait(job.batch as usize)?;
        cq.sync();
        let mut count = 0;
        for cqe in &mut cq {
            failed += i64::from(cqe.result() != i32::from(libc::POLLIN));
            count += 1;
        }
        cq.sync();
        if count != job.batch {
            return failure(libc::EPROTO);
        }
        if libc::read(job.fd, &mut value as *mut u64 as *mut _, bytes) < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(failed)
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_pending(peer: &mut Peer, job: &Loop) -> i64 {
    crate::result(pending(peer, job))
}
