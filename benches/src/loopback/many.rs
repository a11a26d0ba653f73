//! This crate's server on one thread of tokio, with as many sessions as there are sockets.

use std::net::Ipv4Addr;

use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::wire::HelloName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::alloc;

/// The slices lent to a session.
pub const RX: usize = 2048;
pub const TX: usize = 512;

/// Serves, and answers each line on standard input with the octets of heap in use.
pub fn serve(port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let policy: &'static Policy<'static> = Box::leak(Box::new(
        Policy::new(HelloName::new("mx1.example.com").expect("a name")).max_mails(u16::MAX),
    ));
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

/// The client's process asks, and ends this one by closing its standard input.
fn tell() {
    for _ in std::io::stdin().lines().map_while(Result::ok) {
        println!("{}", alloc::live());
    }
    std::process::exit(0);
}

async fn session(stream: TcpStream, policy: &'static Policy<'static>) {
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

struct Tokio(TcpStream);

impl embedded_io::ErrorType for Tokio {
    type Error = std::io::Error;
}

impl embedded_io_async::Read for Tokio {
    async fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into).await
    }
}

impl embedded_io_async::Write for Tokio {
    async fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.write(octets).await
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
