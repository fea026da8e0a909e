//! The bytes of a connection: what of them was written, and whether the peer has closed it.

use std::io::{self, ErrorKind, Read as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;

/// How many bytes are read at once past the runtime: an alert of TLS, or an answer in pieces.
const PIECE: usize = 4 << 10;

/// A TCP connection that shows two things that a plain one hides.
///
/// Whether the peer has closed it: the runtime learns so when it next asks the system for news, and
/// until then a request would be written to nobody. So the system is asked before a request.
///
/// Why it broke: a peer that refuses a request, or a certificate, says why and closes, and the
/// writing of the rest of the request fails first. So the reading decides how the connection ends.
pub(super) struct Stream {
    io: TokioIo<TcpStream>,
    /// A proxy at the other end makes the requests, and must be told the whole URL.
    forwarded: bool,
    written: Written,
    reading: Reading,
    /// How writing failed. What is written after that goes nowhere.
    broken: Option<io::Error>,
}

/// How far the reading is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Something was written, and no answer to it read.
    Awaited,
    Read,
    /// All that had come was read.
    Waiting,
}

/// How many bytes of a connection the system took.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<AtomicU64>);

impl Written {
    pub(super) fn of(stream: &MaybeHttpsStream<Stream>) -> Self {
        let stream = match stream {
            MaybeHttpsStream::Http(stream) => stream,
            MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.inner(),
        };
        stream.written.clone()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, forwarded: bool) -> Self {
        Self {
            io: TokioIo::new(tcp),
            forwarded,
            written: Written::default(),
            reading: Reading::Awaited,
            broken: None,
        }
    }

    /// What the system has, which the runtime need not know of.
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
        Poll::Ready(match (read, self.broken.take()) {
            (Ok(0), Some(broken)) => Err(broken),
            (Ok(bytes), broken) => {
                self.broken = broken;
                self.reading = Reading::Read;
                buffer.put_slice(piece.get(..bytes).unwrap_or_default());
                Ok(())
            }
            (Err(error), broken) if error.kind() == ErrorKind::WouldBlock => {
                self.broken = broken;
                return Poll::Pending;
            }
            (Err(error), _) => Err(error),
        })
    }

    /// What writing came to.
    fn wrote(
        &mut self,
        written: Poll<io::Result<usize>>,
        all: impl FnOnce() -> usize,
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(match ready!(written) {
            Ok(bytes) => {
                self.written.0.fetch_add(bytes as u64, Ordering::Relaxed);
                self.reading = Reading::Awaited;
                Ok(bytes)
            }
            Err(error) if is_closed(&error) => {
                self.broken = Some(error);
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

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.io.inner().connected().proxy(self.forwarded)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if (self.reading == Reading::Waiting || self.broken.is_some()) && buffer.remaining() > 0 {
            let read = self.read_now(&mut buffer);
            if read.is_ready() {
                return read;
            }
        }
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        self.reading = match (&read, self.reading) {
            (Poll::Ready(_), _) => Reading::Read,
            (Poll::Pending, Reading::Awaited) => Reading::Awaited,
            (Poll::Pending, _) => Reading::Waiting,
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
        if self.broken.is_some() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(written, || bytes.len())
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
        if self.broken.is_some() {
            return Poll::Ready(Ok(all()));
        }
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bytes);
        self.wrote(written, all)
    }
}
