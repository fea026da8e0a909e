//! Wraps a TCP connection to detect early that the server closed it, and why.

use std::io::{self, ErrorKind, Read as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;

/// How many bytes one read that bypasses the runtime returns: a TLS alert, or a piece of a response.
/// Few, because the array is cleared before each request on a reused connection.
const PIECE: usize = 256;

/// A TCP connection that reports two things that `TcpStream` hides.
///
/// Whether the server has closed it: the runtime learns this only when it next polls the system,
/// and until then a request would be written in vain. So the system is asked before each request.
///
/// Why it broke: a server that refuses a request or a certificate sends the reason and closes, and
/// then writing the rest of the request fails first. So a write error is held back until reading
/// has found the reason.
pub(super) struct Stream {
    io: TokioIo<TcpStream>,
    written: Written,
    reading: ReadState,
    /// The error of a failed write. Later writes are discarded.
    write_error: Option<io::Error>,
}

/// The progress of reading since the last write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReadState {
    /// A request was written and its response has not been read.
    AwaitingResponse,
    Read,
    /// Everything received so far was read.
    Waiting,
}

/// How many bytes the system accepted on a connection, and whether the connection should ask the
/// system if the server has closed it before it writes more.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<Shared>);

#[derive(Default)]
struct Shared {
    bytes: AtomicU64,
    asks: AtomicBool,
}

impl Written {
    pub(super) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// Makes the connection ask the system whether the server has closed it, once, before it writes
    /// the next request. Each question is a system call.
    pub(super) fn ask(&self) {
        self.0.asks.store(true, Ordering::Relaxed);
    }

    fn take_ask(&self) -> bool {
        self.0.asks.load(Ordering::Relaxed) && self.0.asks.swap(false, Ordering::Relaxed)
    }
}

impl Stream {
    pub(super) fn new(io: TokioIo<TcpStream>) -> Self {
        Self {
            io,
            written: Written::default(),
            reading: ReadState::AwaitingResponse,
            write_error: None,
        }
    }

    pub(super) fn written(&self) -> Written {
        self.written.clone()
    }

    /// Reads directly from the system, because the runtime may not know about new bytes yet.
    fn read_now(&mut self, buffer: &mut ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE];
        let most = buffer.remaining() as u64;
        let read = loop {
            let socket = SockRef::from(self.io.inner());
            match (&*socket).take(most).read(&mut piece) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        Poll::Ready(match (read, self.write_error.take()) {
            (Ok(0), Some(write_error)) => Err(write_error),
            (Ok(bytes), write_error) => {
                self.write_error = write_error;
                self.reading = ReadState::Read;
                buffer.put_slice(piece.get(..bytes).unwrap_or_default());
                Ok(())
            }
            (Err(error), write_error) if error.kind() == ErrorKind::WouldBlock => {
                self.write_error = write_error;
                return Poll::Pending;
            }
            (Err(error), _) => Err(error),
        })
    }

    /// Handles the result of a write.
    fn after_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        all: impl FnOnce() -> usize,
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(match ready!(written) {
            Ok(bytes) => {
                self.written
                    .0
                    .bytes
                    .fetch_add(bytes as u64, Ordering::Relaxed);
                self.reading = ReadState::AwaitingResponse;
                Ok(bytes)
            }
            Err(error) if is_closed(&error) => {
                self.write_error = Some(error);
                Ok(all())
            }
            Err(error) => Err(error),
        })
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let should_ask = self.reading != ReadState::AwaitingResponse && self.written.take_ask();
        if (should_ask || self.write_error.is_some()) && buffer.remaining() > 0 {
            let read = self.read_now(&mut buffer);
            if read.is_ready() {
                return read;
            }
        }
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.reading = match (&read, self.reading) {
            (Poll::Ready(_), _) => ReadState::Read,
            (Poll::Pending, ReadState::AwaitingResponse) => ReadState::AwaitingResponse,
            (Poll::Pending, _) => ReadState::Waiting,
        };
        read
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.write_error.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.after_write(written, || bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all = || bytes.iter().map(|part| part.len()).sum();
        if self.write_error.is_some() {
            return Poll::Ready(Ok(all()));
        }
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.after_write(written, all)
    }
}
