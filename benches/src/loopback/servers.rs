//! Servers that take any mail and keep nothing of it: this crate's on threads, and one of another crate.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use embedded_smtp::io::blocking::Connection;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::wire::HelloName;

use super::Std;

/// A thread for each session.
pub fn ours(port: u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a port");
    for stream in listener.incoming() {
        let stream = stream.expect("a client");
        stream.set_nodelay(true).expect("an option of TCP");
        std::thread::spawn(move || serve(Std(stream)));
    }
}

fn serve(stream: Std) {
    let name = HelloName::new("mx1.example.com").expect("a name");
    let policy = Policy::new(name).max_size(1 << 30).max_mails(u16::MAX);
    let (mut rx, mut tx) = (vec![0; 65_535], vec![0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut connection = Connection::new(stream, &mut server);
    let mut counted = 0_u64;
    while let Ok(true) = connection.run() {
        let server = connection.engine();
        if let Some(Event::Body(octets)) = server.event() {
            counted += octets.len() as u64;
        }
        if server.reply_owed().is_some() && server.accept().is_err() {
            return;
        }
    }
    std::hint::black_box(counted);
}

#[derive(Clone)]
struct Any;

impl mailin_embedded::Handler for Any {
    fn data(&mut self, octets: &[u8]) -> io::Result<()> {
        std::hint::black_box(octets);
        Ok(())
    }
}

pub fn mailin(port: u16) {
    let mut server = mailin_embedded::Server::new(Any);
    server.with_name("mx1.example.com").with_num_threads(100);
    server.with_addr((Ipv4Addr::LOCALHOST, port)).expect("a port");
    server.serve().expect("a server");
}
