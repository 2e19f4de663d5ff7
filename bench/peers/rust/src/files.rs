// SPDX-License-Identifier: MIT
//! Rust: random reads of one file, and many small files.
use crate::ffi::{Files, Reads};
use crate::{failure, Peer};
use io_uring::types::{DestinationSlot, Fd, Fixed};
use io_uring::{opcode, squeue, SubmissionQueue, Submitter};
use std::io;

/// Room for @count more, after asking again if there seems to be none.
fn has_room(sq: &mut SubmissionQueue<'_>, count: usize) -> bool {
    if sq.capacity() - sq.len() < count {
        sq.sync();
    }
    sq.capacity() - sq.len() >= count
}

fn submit_and_wait(submitter: &Submitter<'_>) -> io::Result<()> {
    match submitter.submit_and_wait(1) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

unsafe fn queue_read(sq: &mut SubmissionQueue<'_>, job: &Reads, index: u64, slot: u64) -> io::Result<()> {
    if !has_room(sq, 1) {
        return failure(libc::ENOBUFS);
    }
    let buffer = job.buffers.add(slot as usize * job.block as usize);
    let entry = opcode::Read::new(Fd(job.fd), buffer, job.block)
        .offset(*job.offsets.add(index as usize))
        .build()
        .user_data(slot);
    sq.push(&entry).or_else(|_| failure(libc::ENOBUFS))
}

unsafe fn reads(peer: &mut Peer, job: &Reads) -> io::Result<i64> {
    let (submitter, mut sq, mut cq) = peer.parts()?;
    let (mut failed, mut queued, mut done) = (0, 0, 0);
    while queued < u64::from(job.depth) && queued < job.count {
        queue_read(&mut sq, job, queued, queued)?;
        queued += 1;
    }
    while done < job.count {
        sq.sync();
        submit_and_wait(&submitter)?;
        cq.sync();
        for cqe in &mut cq {
            failed += i64::from(cqe.result() != job.block as i32);
            done += 1;
            if queued < job.count {
                queue_read(&mut sq, job, queued, cqe.user_data())?;
                queued += 1;
            }
        }
        cq.sync();
    }
    Ok(failed)
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_reads(peer: &mut Peer, job: &Reads) -> i64 {
    crate::result(reads(peer, job))
}

const OPEN: u64 = 0;
const READ: u64 = 1;
const CLOSE: u64 = 2;
const STAT: u64 = 3;
const STEPS: u64 = 4;

/// One file: open, read and close in a chain that goes on whatever they return; and stat.
unsafe fn queue_file(sq: &mut SubmissionQueue<'_>, job: &Files, index: u64, slot: u32) -> io::Result<()> {
    if !has_room(sq, STEPS as usize) {
        return failure(libc::ENOBUFS);
    }
    let path = *job.paths.add(index as usize);
    let id = u64::from(slot) * STEPS;
    let here = Fd(libc::AT_FDCWD);
    let place = DestinationSlot::try_from_slot_target(slot).or_else(|_| failure(libc::EINVAL))?;
    let open = opcode::OpenAt::new(here, path)
        .flags(libc::O_RDONLY)
        .file_index(Some(place))
        .build()
        .flags(squeue::Flags::IO_HARDLINK)
        .user_data(id + OPEN);
    let buffer = job.buffers.add(slot as usize * job.bytes as usize);
    let read = opcode::Read::new(Fixed(slot), buffer, job.bytes)
        .build()
        .flags(squeue::Flags::IO_HARDLINK)
        .user_data(id + READ);
    let close = opcode::Close::new(Fixed(slot)).build().user_data(id + CLOSE);
    let stat = opcode::Statx::new(here, path, job.statx.add(slot as usize) as *mut _)
        .mask(libc::STATX_SIZE)
        .build()
        .user_data(id + STAT);
    for entry in [&open, &read, &close, &stat] {
        sq.push(entry).or_else(|_| failure(libc::ENOBUFS))?;
    }
    Ok(())
}

unsafe fn files(peer: &mut Peer, job: &mut Files) -> io::Result<i64> {
    let (submitter, mut sq, mut cq) = peer.parts()?;
    let mut steps = [0u8; 1024];
    let (mut failed, mut queued, mut done) = (0, 0, 0);
    submitter.register_files_sparse(job.depth)?;
    while queued < u64::from(job.depth) && queued < job.count {
        queue_file(&mut sq, job, queued, queued as u32)?;
        queued += 1;
    }
    while done < job.count {
        sq.sync();
        submit_and_wait(&submitter)?;
        cq.sync();
        for cqe in &mut cq {
            let slot = (cqe.user_data() / STEPS) as usize;
            let step = cqe.user_data() % STEPS;
            failed += i64::from(cqe.result() < 0);
            if step == READ && cqe.result() > 0 {
                job.bytes_read += cqe.result() as u64;
            }
            if step == STAT {
                job.bytes_stated += (*job.statx.add(slot)).stx_size;
            }
            steps[slot] += 1;
            if u64::from(steps[slot]) < STEPS {
                continue;
            }
            steps[slot] = 0;
            done += 1;
            if queued < job.count {
                queue_file(&mut sq, job, queued, slot as u32)?;
                queued += 1;
            }
        }
        cq.sync();
    }
    submitter.unregister_files()?;
    Ok(failed)
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_files(peer: &mut Peer, job: &mut Files) -> i64 {
    crate::result(files(peer, job))
}
