//! A scripted server on 127.0.0.1, for one connection.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long it drips: not for ever, so that a client of endless patience fails its test, and far longer than any patience here, however
/// busy the machine.
pub(crate) const DRIPS: Duration = Duration::from_mins(1);

/// When the server uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Upgrade,
    Implicit,
}

/// A server that is waiting for its one client, or talks to it.
#[derive(Debug)]
pub(crate) struct Mailhost {
    pub(crate) port: u16,
    came: Receiver<(String, String)>,
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// What most servers say to a line; to the empty one, the greeting.
#[allow(clippy::unnecessary_wraps, reason = "an answer, as tests write them")]
pub(crate) fn usual(line: &str) -> Option<&'static str> {
    Some(match line.split(' ').next().unwrap_or_default() {
        "" => "220 mail.example.test ESMTP",
        "EHLO" => {
            "250-mail.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE"
        }
        "STARTTLS" => "220 go on",
        "AUTH" if line == "AUTH LOGIN" => "334 VXNlcm5hbWU6",
        "cHVtcA==" => "334 UGFzc3dvcmQ6",
        "AUTH" | "aHVudGVyMg==" => "235 2.7.0 welcome",
        "DATA" => "354 go on",
        "." => "250 2.0.0 queued as 1",
        "QUIT" => "221 bye",
        _ => "250 2.1.0 ok",
    })
}

impl Mailhost {
    /// Answers each line by `answer`, which closes the connection by saying nothing.
    pub(crate) fn start(tls: Tls, answer: impl Fn(&str) -> Option<&'static str> + Send + 'static) -> Self {
        Self::listen(move |mut socket| {
            let mut before = String::new();
            if tls == Tls::Implicit {
                return (before, talk(&mut *secure(socket), true, &answer));
            }
            let offering = |line: &str| match answer(line) {
                Some(reply)
                    if tls == Tls::Upgrade && line.starts_with("EHLO") && !reply.contains("STARTTLS") =>
                {
                    Some("250-mail.example.test\r\n250 STARTTLS")
                }
                reply => reply,
            };
            before += &talk(&mut socket, true, &offering);
            let under = if before.ends_with("STARTTLS\r\n") {
                talk(&mut *secure(socket), false, &answer)
            } else {
                String::new()
            };
            (before, under)
        })
    }

    /// Says an octet of a greeting without end, after each pause.
    pub(crate) fn dripping(pause: Duration) -> Self {
        Self::listen(move |mut socket| {
            drip(&mut socket, b"2", pause);
            (String::new(), String::new())
        })
    }

    /// TLS from the first octet, of which a record comes octet by octet, with a pause behind each: the first one of the handshake,
    /// or, where that is `shaken` to its end, the first one behind it.
    pub(crate) fn dripping_tls(pause: Duration, shaken: bool) -> Self {
        Self::listen(move |mut socket| {
            let kind = if shaken {
                let mut server = server();
                while server.is_handshaking() {
                    server.complete_io(&mut socket).unwrap();
                }
                23
            } else {
                assert!(socket.read(&mut [0; 512]).unwrap() > 0);
                22
            };
            // 16 KiB are announced, so that the record will not be whole.
            let _ = socket.write_all(&[kind, 3, 3, 0x40, 0]);
            drip(&mut socket, &[0], pause);
            (String::new(), String::new())
        })
    }

    fn listen(serve: impl FnOnce(TcpStream) -> (String, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (done, came) = channel();
        thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            let _ = done.send(serve(socket));
        });
        Self { port, came }
    }

    /// All that came in clear.
    pub(crate) fn came(self) -> String {
        self.came_by_tls().0
    }

    /// All that came in clear, and all that came by TLS.
    pub(crate) fn came_by_tls(self) -> (String, String) {
        self.came.recv_timeout(Duration::from_mins(3)).expect("the server's thread has not come to its end")
    }
}

/// Says this after each pause, until the client is gone.
fn drip(socket: &mut TcpStream, octet: &[u8], pause: Duration) {
    let began = Instant::now();
    while began.elapsed() < DRIPS {
        thread::sleep(pause);
        if socket.write_all(octet).is_err() {
            break;
        }
    }
}

/// Talks until the client is gone, has said QUIT or STARTTLS, or there is no answer.
fn talk(stream: &mut dyn Stream, greet: bool, answer: &dyn Fn(&str) -> Option<&'static str>) -> String {
    let mut stream = BufReader::new(stream);
    let mut came = String::new();
    let mut content = false;
    if greet && !answer("").is_some_and(|greeting| say(&mut stream, greeting)) {
        return came;
    }
    while let Some(line) = line(&mut stream) {
        came += &line;
        let line = line.trim_end();
        if content && line != "." {
            continue;
        }
        let Some(reply) = answer(line) else { break };
        content = reply.starts_with("354");
        if !say(&mut stream, reply) || line == "QUIT" || line == "STARTTLS" {
            break;
        }
    }
    // What stands behind STARTTLS is there too early.
    came + &String::from_utf8_lossy(stream.buffer())
}

fn say(stream: &mut BufReader<&mut dyn Stream>, reply: &str) -> bool {
    let stream = stream.get_mut();
    stream.write_all(format!("{reply}\r\n").as_bytes()).and_then(|()| stream.flush()).is_ok()
}

fn line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).ok()?;
    line.ends_with(b"\n").then(|| String::from_utf8_lossy(&line).into_owned())
}

fn secure(socket: TcpStream) -> Box<dyn Stream> {
    Box::new(StreamOwned::new(server(), socket))
}

fn server() -> ServerConnection {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls/");
    let read = |name: &str| fs::read(format!("{directory}{name}")).unwrap();
    let certificate = CertificateDer::from_pem_slice(&read("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}
