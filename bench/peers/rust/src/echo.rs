// SPDX-License-Identifier: MIT
//! Rust: a server that sends back what it receives.
use crate::ffi::Echo;
use crate::{failure, Peer};
use io_uring::types::{BufRingEntry, Fd};
use io_uring::{cqueue, opcode, squeue, SubmissionQueue, Submitter};
use std::io;
use std::sync::atomic::{AtomicU16, Ordering};

/// user_data: what, which connection, which buffer.
const SEND: u64 = 1 << 63;

fn id_of(connection: u32, buffer: u16) -> u64 {
    u64::from(buffer) << 32 | u64::from(connection)
}

struct Server<'a> {
    submitter: &'a Submitter<'a>,
    sq: SubmissionQueue<'a>,
    job: &'a Echo,
    open: u32,
    failed: i64,
}

impl Server<'_> {
    /// The queue may be full of what has not been submitted.
    unsafe fn push(&mut self, entry: &squeue::Entry) -> io::Result<()> {
        if self.sq.push(entry).is_ok() {
            return Ok(());
        }
        self.sq.sync();
        if self.sq.is_full() {
            self.submitter.submit()?;
            self.sq.sync();
        }
        self.sq.push(entry).or_else(|_| failure(libc::ENOBUFS))
    }

    unsafe fn buffer(&self, index: u32) -> *mut u8 {
        self.job.buffers.add(index as usize * self.job.bytes as usize)
    }

    unsafe fn queue_recv(&mut self, connection: u32) -> io::Result<()> {
        let fd = Fd(*self.job.fds.add(connection as usize));
        let entry = if self.job.multishot != 0 {
            opcode::RecvMulti::new(fd, 0).build()
        } else {
            opcode::Recv::new(fd, self.buffer(connection), self.job.bytes).build()
        };
        self.push(&entry.user_data(id_of(connection, 0)))
    }

    unsafe fn queue_send(&mut self, connection: u32, buffer: u32, bytes: u32) -> io::Result<()> {
        let fd = Fd(*self.job.fds.add(connection as usize));
        let entry = opcode::Send::new(fd, self.buffer(buffer), bytes).build();
        self.push(&entry.user_data(SEND | id_of(connection, buffer as u16)))
    }

    unsafe fn give_back(&mut self, id: u16) {
        let ring = self.job.buf_ring as *mut BufRingEntry;
        let tail = BufRingEntry::tail(ring);
        let index = u32::from(*tail) & (self.job.buf_count - 1);
        let entry = &mut *ring.add(index as usize);
        entry.set_addr(self.buffer(u32::from(id)) as u64);
        entry.set_len(self.job.bytes);
        entry.set_bid(id);
        (*(tail as *const AtomicU16)).store((*tail).wrapping_add(1), Ordering::Release);
    }

    unsafe fn received(&mut self, cqe: &cqueue::Entry, connection: u32) -> io::Result<()> {
        if cqe.result() == -libc::ENOBUFS {
            return self.queue_recv(connection);
        }
        if cqe.result() <= 0 {
            self.failed += i64::from(cqe.result() < 0);
            self.open -= 1;
            return Ok(());
        }
        let bytes = cqe.result() as u32;
        if self.job.multishot == 0 {
            return self.queue_send(connection, connection, bytes);
        }
        let buffer = cqueue::buffer_select(cqe.flags()).unwrap_or(0);
        self.queue_send(connection, u32::from(buffer), bytes)?;
        if cqueue::more(cqe.flags()) {
            Ok(())
        } else {
            self.queue_recv(connection)
        }
    }

    unsafe fn completed(&mut self, cqe: &cqueue::Entry) -> io::Result<()> {
        let connection = cqe.user_data() as u32;
        if cqe.user_data() & SEND == 0 {
            return self.received(cqe, connection);
        }
        self.failed += i64::from(cqe.result() <= 0);
        if self.job.multishot == 0 {
            return self.queue_recv(connection);
        }
        self.give_back((cqe.user_data() >> 32) as u16);
        Ok(())
    }
}

unsafe fn echo(peer: &mut Peer, job: &Echo) -> io::Result<i64> {
    let (submitter, sq, mut cq) = peer.parts()?;
    let mut server = Server { submitter: &submitter, sq, job, open: job.count, failed: 0 };
    if job.multishot != 0 {
        submitter.register_buf_ring_with_flags(job.buf_ring as u64, job.buf_count as u16, 0, 0)?;
        for i in 0..job.buf_count {
            server.give_back(i as u16);
        }
    }
    for i in 0..job.count {
        server.queue_recv(i)?;
    }
    while server.open > 0 {
        server.sq.sync();
        match submitter.submit_and_wait(1) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        cq.sync();
        for cqe in &mut cq {
            server.completed(&cqe)?;
        }
        cq.sync();
    }
    if job.multishot != 0 {
        submitter.unregister_buf_ring(0)?;
    }
    Ok(server.failed)
}

/// # Safety
/// As worker/peer.h says.
#[no_mangle]
pub unsafe extern "C" fn peer_echo(peer: &mut Peer, job: &Echo) -> i64 {
    crate::result(echo(peer, job))
}
