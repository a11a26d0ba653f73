//! This crate's server on one thread of tokio, with as many sessions as there are sockets, or as one likes over pipes in memory.

use std::net::Ipv4Addr;

use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::wire::HelloName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpListener;

use crate::alloc;

/// The slices lent to a session.
pub const RX: usize = 2048;
pub const TX: usize = 512;

/// Serves, and answers each line on standard input with the octets of heap in use.
pub fn serve(port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let policy = policy();
    std::thread::spawn(tell);
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        // Any address of the loopback network, for one has not enough ports for all clients.
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.expect("a port");
        loop {
            let (stream, _) = listener.accept().await.expect("a client");
            stream.set_nodelay(true).expect("an option of TCP");
            tokio::task::spawn_local(session(stream, policy));
        }
    });
}

fn policy() -> &'static Policy<'static> {
    Box::leak(Box::new(Policy::new(HelloName::new("mx1.example.com").expect("a name")).max_mails(u16::MAX)))
}

/// What it takes to hold sessions whose clients are in the same process.
#[derive(Debug)]
pub struct Held {
    /// Octets of heap of a session with its pipe.
    pub heap: f64,
    /// Octets of heap of a pipe that has carried the same.
    pub pipe: f64,
    /// Seconds of a mail over one session, client and server together.
    pub mail: f64,
}

/// Holds so many sessions over pipes in memory, and sends `mails` over one of them.
pub fn in_memory(sessions: usize, mails: u32) -> Held {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (policy, tasks) = (policy(), tokio::task::LocalSet::new());
    tasks.block_on(&runtime, async {
        // Room for all is there before anything is counted.
        let mut clients = Vec::with_capacity(sessions + 1);
        let mut open = 0;
        for _ in 0..=sessions {
            let (mut client, server) = tokio::io::duplex(PIPE);
            tokio::task::spawn_local(session(server, policy));
            replies(&mut client, 1).await;
            client.write_all(HELLO).await.expect("a pipe");
            replies(&mut client, 1).await;
            clients.push(client);
            if clients.len() == 1 {
                open = alloc::live();
            }
        }
        let heap = (alloc::live() - open) as f64 / sessions as f64;
        let begun = std::time::Instant::now();
        for _ in 0..mails {
            mail(&mut clients[0]).await;
        }
        Held { heap, pipe: pipes().await, mail: begun.elapsed().as_secs_f64() / f64::from(mails) }
    })
}

/// Octets that a pipe holds in each direction: what a session has said up to here fits.
const PIPE: usize = 512;
const HELLO: &[u8] = b"EHLO client.example.org\r\n";

/// Octets of heap of a pipe through which as much has gone as through a session's.
async fn pipes() -> f64 {
    const PIPES: usize = 1000;
    let mut kept = Vec::with_capacity(PIPES);
    let before = alloc::live();
    for _ in 0..PIPES {
        let (mut client, mut server) = tokio::io::duplex(PIPE);
        server.write_all(&[b'x'; 200]).await.expect("a pipe");
        client.read_exact(&mut [0; 200]).await.expect("a pipe");
        client.write_all(HELLO).await.expect("a pipe");
        server.read_exact(&mut [0; HELLO.len()]).await.expect("a pipe");
        kept.push((client, server));
    }
    (alloc::live() - before) as f64 / PIPES as f64
}

async fn mail(stream: &mut DuplexStream) {
    let envelope = b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n";
    stream.write_all(envelope).await.expect("a pipe");
    replies(stream, 3).await;
    stream.write_all(b"Subject: x\r\n\r\nx\r\n.\r\n").await.expect("a pipe");
    replies(stream, 1).await;
}

/// Reads so many last lines of replies, which come whole.
async fn replies(stream: &mut DuplexStream, mut count: usize) {
    let mut room = [0; 1024];
    while count > 0 {
        let octets = stream.read(&mut room).await.expect("a pipe");
        let last =
            room[..octets].split_inclusive(|octet| *octet == b'\n').filter(|line| line.get(3) == Some(&b' '));
        count -= last.count();
    }
}

/// The client's process asks, and ends this one by closing its standard input.
fn tell() {
    for _ in std::io::stdin().lines().map_while(Result::ok) {
        println!("{}", alloc::live());
    }
    std::process::exit(0);
}

async fn session(stream: impl AsyncRead + AsyncWrite + Unpin, policy: &'static Policy<'static>) {
    let (mut rx, mut tx) = ([0; RX], [0; TX]);
    let mut server = Server::new(&mut rx, &mut tx, policy);
    let mut connection = Connection::new(Tokio(stream), &mut server);
    while let Ok(true) = connection.run().await {
        let server = connection.engine();
        if let Some(Event::Body(octets)) = server.event() {
            std::hint::black_box(octets);
        }
        if server.reply_owed().is_some() && server.accept().is_err() {
            return;
        }
    }
}

struct Tokio<S>(S);

impl<S> embedded_io::ErrorType for Tokio<S> {
    type Error = std::io::Error;
}

impl<S: AsyncRead + Unpin> embedded_io_async::Read for Tokio<S> {
    async fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into).await
    }
}

impl<S: AsyncWrite + Unpin> embedded_io_async::Write for Tokio<S> {
    async fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.write(octets).await
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
