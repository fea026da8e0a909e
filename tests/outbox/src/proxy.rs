//! A proxy that breaks connections to Postgres at any message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How long a server takes to notice that a client is gone.
const KEEPALIVE: Duration = Duration::from_secs(12);

/// How the proxy breaks the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Drops the message, and closes the connection on both sides.
    Close,
    /// Drops the message and all later ones of the connection. The client never sees the end. The server sees
    /// it after a while, as its keepalives would if the computer of the client stopped.
    Hang,
}

/// A proxy in front of a Postgres server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    server: SocketAddr,
    cut: Cut,
    at: usize,
    messages: AtomicUsize,
    has_cut: AtomicBool,
}

impl Proxy {
    /// Starts a proxy that passes `at` messages, counted in both directions, and breaks at the next one.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub async fn start(server: SocketAddr, cut: Cut, at: usize) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            server,
            cut,
            at,
            messages: AtomicUsize::new(0),
            has_cut: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&accepting).serve(client));
            }
        });
        Ok(Self {
            address,
            state,
            task,
        })
    }

    /// The address at which the proxy listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the proxy has broken a connection.
    #[must_use]
    pub fn has_cut(&self) -> bool {
        self.state.has_cut.load(Ordering::Relaxed)
    }

    /// The number of messages seen so far.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.state.messages.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    async fn serve(self: Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(self.server).await else {
            return;
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let hangs = Notify::new();
        // When one direction ends, both connections end.
        tokio::select! {
            _ = self.pass(from_client, to_server, true, &hangs) => {}
            _ = self.pass(from_server, to_client, false, &hangs) => {}
        }
    }

    /// Passes on the messages of one direction.
    async fn pass(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        is_client: bool,
        hangs: &Notify,
    ) -> std::io::Result<()> {
        let mut is_first = is_client;
        let mut message = Vec::new();
        loop {
            // Each message has a type and a length. The client's first message has only a length.
            let head = if is_first { 4 } else { 5 };
            is_first = false;
            message.resize(head, 0);
            tokio::select! {
                read = from.read_exact(&mut message) => read?,
                () = hangs.notified() => return hang(to, is_client).await,
            };
            let mut length = [0; 4];
            length.copy_from_slice(&message[head - 4..]);
            let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            message.resize(head - 4 + length, 0);
            from.read_exact(&mut message[head..]).await?;
            if self.messages.fetch_add(1, Ordering::Relaxed) == self.at {
                self.has_cut.store(true, Ordering::Relaxed);
                match self.cut {
                    Cut::Close => return Ok(()),
                    Cut::Hang => {
                        hangs.notify_one();
                        return hang(to, is_client).await;
                    }
                }
            }
            to.write_all(&message).await?;
        }
    }
}

/// Passes nothing on any more, and never ends.
async fn hang(mut to: impl AsyncWrite + Unpin, is_client: bool) -> std::io::Result<()> {
    if is_client {
        tokio::time::sleep(KEEPALIVE).await;
        to.shutdown().await?;
    }
    std::future::pending().await
}
