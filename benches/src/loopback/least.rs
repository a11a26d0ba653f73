//! The least code that writes and reads the same octets: a loop for each role, that knows what is coming.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use super::{Load, connect};
use crate::corpus;

/// The end of each mail goes out with the next envelope.
pub fn client(load: &Load) {
    let envelope = format!(
        "MAIL FROM:<alice@example.org> SIZE={}\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
        load.octets
    );
    let mail = corpus::stuffed(&load.mail());
    let with_next = [&mail, envelope.as_bytes()].concat();
    let with_quit = [&mail, &b"QUIT\r\n"[..]].concat();
    load.on_threads(|load| {
        let mut stream = connect(load.port);
        let mut room = [0; 4096];
        replies(&mut stream, &mut room, 1);
        stream.write_all(b"EHLO client.example.org\r\n").expect("a server");
        replies(&mut stream, &mut room, 1);
        stream.write_all(envelope.as_bytes()).expect("a server");
        replies(&mut stream, &mut room, 3);
        for _ in 1..load.each() {
            stream.write_all(&with_next).expect("a server");
            replies(&mut stream, &mut room, 4);
        }
        stream.write_all(&with_quit).expect("a server");
        replies(&mut stream, &mut room, 2);
    });
}

/// Reads so many last lines of replies.
fn replies(stream: &mut TcpStream, room: &mut [u8], mut count: usize) {
    let mut filled = 0;
    while count > 0 {
        let octets = stream.read(&mut room[filled..]).expect("a server");
        assert!(octets > 0, "the server closed");
        filled += octets;
        let mut from = 0;
        while let Some(line) = room[from..filled].iter().position(|octet| *octet == b'\n') {
            count -= usize::from(room[from + 3] == b' ');
            assert!(matches!(room[from], b'2' | b'3'), "a refusal");
            from += line + 1;
        }
        room.copy_within(from..filled, 0);
        filled -= from;
    }
}

/// Counts what comes, and answers by the first letter.
pub fn server(port: u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a port");
    for stream in listener.incoming() {
        let mut stream = stream.expect("a client");
        stream.set_nodelay(true).expect("an option of TCP");
        std::thread::spawn(move || {
            let _ = serve(&mut stream);
        });
    }
}

fn serve(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut room = vec![0; 65_535];
    let mut filled = 0;
    let mut counted = 0_u64;
    stream.write_all(b"220 mx1.example.com ESMTP\r\n")?;
    loop {
        let octets = stream.read(&mut room[filled..])?;
        if octets == 0 {
            return Ok(());
        }
        filled += octets;
        let mut from = 0;
        let mut out = Vec::new();
        while let Some(line) = room[from..filled].iter().position(|octet| *octet == b'\n') {
            let verb = room[from];
            from += line + 1;
            out.extend_from_slice(match verb {
                b'E' | b'H' => corpus::EHLO,
                b'D' => b"354 go\r\n",
                b'Q' => b"221 2.0.0 Bye\r\n",
                _ => b"250 2.1.0 Ok\r\n",
            });
            if verb == b'D' {
                stream.write_all(&out)?;
                out.clear();
                room.copy_within(from..filled, 0);
                (filled, from) = (filled - from, 0);
                counted += content(stream, &mut room, &mut filled)?;
                out.extend_from_slice(b"250 2.0.0 Ok\r\n");
            }
        }
        stream.write_all(&out)?;
        std::hint::black_box(counted);
        room.copy_within(from..filled, 0);
        filled -= from;
    }
}

/// Reads to a read that ends with the lone dot; the client waits then.
fn content(stream: &mut TcpStream, room: &mut [u8], filled: &mut usize) -> std::io::Result<u64> {
    const END: &[u8] = b"\r\n.\r\n";
    let mut counted = 0;
    loop {
        if room[..*filled].ends_with(END) {
            counted += *filled as u64;
            *filled = 0;
            return Ok(counted);
        }
        // The end may be cut.
        let keep = (*filled).min(END.len() - 1);
        counted += (*filled - keep) as u64;
        room.copy_within(*filled - keep..*filled, 0);
        *filled = keep;
        let octets = stream.read(&mut room[keep..])?;
        if octets == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        *filled += octets;
    }
}
