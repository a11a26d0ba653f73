//! The inbox example as its users meet it: a program on a port, a directory, and Ctrl-C.
//!
//! `cargo test` builds the example beforehand; with `--test inbox` alone, build it by `cargo build --example inbox`.
#![cfg(unix)]

// The unit tests inside the example run here: cargo would otherwise run them in place of building the example.
#[allow(dead_code, reason = "only its tests are used")]
#[path = "../examples/inbox/main.rs"]
mod example;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

/// Far more than any answer takes.
const PATIENCE: Duration = Duration::from_mins(3);

#[test]
fn what_is_stored_is_what_was_sent() {
    let inbox = Inbox::start("stored", &[]);
    for content in [
        &b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\n\r\n"[..],
        b".\r\n",
        b".leading dot first\r\n...\r\n",
        b"",
        b"\x00\x80\xff 8 bits\r\n",
    ] {
        let mut client = inbox.client();
        client.envelope(&["ops@example.test"]);
        client.say("DATA", "354");
        client.send(&stuffed(content));
        client.say(".", "250 2.6.0");
        // 250 was said: now it is there.
        assert_eq!(inbox.take_mail(), content);
        client.say("QUIT", "221");
    }
}

#[test]
fn a_mail_is_for_its_owner_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let inbox = Inbox::start("mode", &[]);
    let mut client = inbox.client();
    client.envelope(&["ops@example.test"]);
    client.say("DATA", "354");
    client.say("text\r\n.", "250");
    let [file] = &inbox.files()[..] else { panic!("one mail is expected") };
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_comes_by_chunks_is_stored_as_it_is() {
    let inbox = Inbox::start("chunks", &[]);
    let mut client = inbox.client();
    client.say("EHLO client.example.test", "250");
    client.say("MAIL FROM:<> BODY=BINARYMIME", "250");
    client.say("RCPT TO:<ops@example.test>", "250");
    client.say("BDAT 6\r\n.\n\r\r\n.", "250");
    client.say("BDAT 3 LAST\r\n\r\n.", "250");
    assert_eq!(inbox.take_mail(), b".\n\r\r\n.\r\n.");
}

#[test]
fn a_large_mail_is_stored_whole() {
    let inbox = Inbox::start("large", &[]);
    // Many times what is held in memory.
    let content: Vec<u8> = (0..50_000).flat_map(|line| format!(".{line:050}\r\n").into_bytes()).collect();
    let mut client = inbox.client();
    client.envelope(&["ops@example.test"]);
    client.say("DATA", "354");
    client.send(&stuffed(&content));
    client.say(".", "250");
    assert!(inbox.take_mail() == content);
}

#[test]
fn some_recipients_are_refused_by_name() {
    let inbox = Inbox::start("refused", &[]);
    let mut client = inbox.client();
    client.envelope(&[]);
    client.say("RCPT TO:<Reject@anywhere.example>", "550 5.1.1");
    client.say("RCPT TO:<defer@example.test>", "450 4.2.0");
    client.say("DATA", "503");
    client.say("RCPT TO:<postmaster>", "250");
    client.say("DATA", "354");
    client.say(".", "250");
    inbox.take_mail();
}

#[test]
fn what_is_too_large_or_no_mail_is_refused_whole() {
    let inbox = Inbox::start("too-large", &["--max-size", "1000"]);
    let mut client = inbox.client();
    for (content, reply) in
        [(&b"0123456789\r\n".repeat(100)[..], "552 5.3.4"), (b"bare\nLF\r\n", "554 5.6.0")]
    {
        client.envelope(&["ops@example.test"]);
        client.say("DATA", "354");
        client.send(content);
        client.say(".", reply);
        inbox.is_empty();
    }
}

#[test]
fn a_mail_that_cannot_be_stored_is_not_accepted() {
    let inbox = Inbox::start("disk", &[]);
    let mut client = inbox.client();
    client.envelope(&["ops@example.test"]);
    fs::remove_dir_all(&inbox.dir).unwrap();
    client.say("DATA", "451 4.3.0");
    // The disk fails between DATA and the dot.
    fs::create_dir(&inbox.dir).unwrap();
    client.say("DATA", "354");
    fs::remove_dir_all(&inbox.dir).unwrap();
    client.say("text\r\n.", "451 4.3.0");
    fs::create_dir(&inbox.dir).unwrap();
    client.envelope(&["ops@example.test"]);
    client.say("DATA", "354");
    client.say("text\r\n.", "250");
    assert_eq!(inbox.take_mail(), b"text\r\n");
}

#[test]
fn a_login_is_demanded_only_where_it_may_be() {
    let inbox = Inbox::start("login", &["--user", "pump:a:b", "--allow-cleartext-auth", "--require-auth"]);
    let mut client = inbox.client();
    client.say("EHLO client.example.test", "250");
    client.say("MAIL FROM:<pump@example.test>", "530 5.7.0");
    // NUL pump NUL a:B, then with the right password; and the same by LOGIN
    client.say("AUTH PLAIN AHB1bXAAYTpC", "535 5.7.8");
    client.say("AUTH LOGIN", "334 VXNlcm5hbWU6");
    client.say("cHVtcA==", "334 UGFzc3dvcmQ6");
    client.say("YTpC", "535 5.7.8");
    client.say("AUTH PLAIN AHB1bXAAYTpi", "235 2.7.0");
    client.say("MAIL FROM:<pump@example.test>", "250");

    let (status, said) = failed("clear", &["--user", "pump:secret", "--listen", "127.0.0.1:0"]);
    assert_eq!(status, Some(1));
    assert!(said.contains("--tls") && !said.contains("secret"), "{said}");
}

#[test]
fn mail_comes_over_tls_from_the_start_or_behind_starttls() {
    let mut inbox =
        Inbox::start("tls", &[&UNDER_TLS[..], &["--user", "pump:a:b", "--require-auth"]].concat());
    let mut client = inbox.client();
    client.say("EHLO client.example.test", "250");
    client.say("AUTH PLAIN AHB1bXAAYTpi", "538 5.7.11");
    client.say("STARTTLS", "220");
    let mut upgraded = Client(BufReader::new(secure(client.0.into_inner(), &TLS12)));
    let mut implicit =
        Client(BufReader::new(secure(TcpStream::connect(&inbox.tls_address).unwrap(), &TLS13)));
    implicit.expect("220");
    for client in [&mut upgraded, &mut implicit] {
        client.say("EHLO client.example.test", "250");
        client.say("STARTTLS", "503");
        client.say("AUTH PLAIN AHB1bXAAYTpi", "235");
        client.envelope(&["ops@example.test"]);
        client.say("DATA", "354");
        client.say("text\r\n.", "250");
        assert_eq!(inbox.take_mail(), b"text\r\n");
    }
    inbox.interrupt();
    for client in [&mut upgraded, &mut implicit] {
        client.expect("421 4.3.2");
        // With a word of farewell from TLS, else this were an error.
        client.expect_end();
    }
    assert!(inbox.child.wait().unwrap().success());
    let mut said = String::new();
    inbox.said.read_to_string(&mut said).unwrap();
    for version in ["1.2", "1.3"] {
        assert!(said.contains(&format!("over TLS {version}, pump logged in")), "{said}");
    }
}

#[test]
fn who_speaks_no_tls_disturbs_nobody() {
    let inbox = Inbox::start("no-tls", &UNDER_TLS);
    let mut stranger = Client::new(TcpStream::connect(&inbox.tls_address).unwrap());
    stranger.send(b"EHLO client.example.test\r\n");
    let mut answer = Vec::new();
    stranger.0.read_to_end(&mut answer).unwrap();
    assert!(!answer.starts_with(b"220"), "{answer:?}");
    let mut injector = inbox.client();
    injector.say("EHLO client.example.test", "250");
    injector.send(b"STARTTLS\r\nMAIL FROM:<a@b>\r\n");
    injector.expect_end();
    inbox.client().say("EHLO client.example.test", "250");
}

#[test]
fn lmtp_answers_for_each_recipient_and_stores_once() {
    let inbox = Inbox::start("lmtp", &["--lmtp"]);
    let mut client = inbox.client();
    client.say("EHLO client.example.test", "500");
    client.say("LHLO client.example.test", "250");
    client.say("MAIL FROM:<pump@example.test>", "250");
    let accepted = 60;
    for number in 0..accepted {
        client.say(&format!("RCPT TO:<ops{number}@example.test>"), "250");
    }
    client.say("RCPT TO:<reject@example.test>", "550");
    client.say("DATA", "354");
    client.say("text\r\n.", "250");
    for _ in 1..accepted {
        client.expect("250");
    }
    client.say("NOOP", "250 2.0.0");
    assert_eq!(inbox.take_mail(), b"text\r\n");
}

#[test]
fn an_idle_client_is_sent_away() {
    let inbox = Inbox::start("idle", &["--timeout", "1"]);
    let mut client = inbox.client();
    client.expect("421 4.4.2");
    client.expect_end();
}

#[test]
fn further_clients_wait_for_a_place() {
    let inbox = Inbox::start("places", &["--max-connections", "1"]);
    let mut first = inbox.client();
    let second = TcpStream::connect(&inbox.address).unwrap();
    second.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!((&second).read(&mut [0]).is_err(), "greeted at once");
    first.say("QUIT", "221");
    drop(first);
    Client::new(second).expect("220");
}

#[test]
fn a_reader_of_its_output_who_stops_reading_holds_up_no_mail() {
    // Nobody reads what it says from here on; a pipe holds 64 KiB, and ten such recipients are shown.
    let inbox = Inbox::start("unread", &[]);
    let mut client = inbox.client();
    let (local, domain) = ("l".repeat(60), format!("{}.test", "d.".repeat(60).trim_end_matches('.')));
    let recipients: Vec<_> = (0..10).map(|number| format!("{local}{number}@{domain}")).collect();
    let recipients: Vec<_> = recipients.iter().map(String::as_str).collect();
    for _ in 0..100 {
        client.envelope(&recipients);
        client.say("DATA", "354");
        client.say("text\r\n.", "250");
    }
    assert_eq!(inbox.files().len(), 100);
}

#[test]
fn ctrl_c_takes_leave_of_everyone() {
    let mut inbox = Inbox::start("stop", &[]);
    let mut idle: Vec<_> = (0..20).map(|_| inbox.client()).collect();
    let mut busy = inbox.client();
    busy.envelope(&["ops@example.test"]);
    busy.say("DATA", "354");
    busy.send(b"half a mail\r\n");
    // A client that reads nothing: its replies fill the connection until the server's write waits.
    let deaf = deaf(&inbox);
    let began = Instant::now();
    inbox.interrupt();
    for client in idle.iter_mut().chain([&mut busy]) {
        client.expect("421 4.3.2");
        client.expect_end();
    }
    assert!(inbox.child.wait().unwrap().success());
    // Who is deaf is cut off in seconds, and not waited for as long as one who is silent may be.
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    drop(deaf);
    inbox.is_empty();
    let mut said = String::new();
    inbox.said.read_to_string(&mut said).unwrap();
    assert!(said.contains("broke off") && said.ends_with("stopped; 0 mails stored\n"), "{said}");
}

#[test]
fn a_crash_leaves_no_half_mail() {
    let mut inbox = Inbox::start("crash", &[]);
    let mut client = inbox.client();
    client.envelope(&["ops@example.test"]);
    client.say("DATA", "354");
    client.send(&b"a line of a mail that will not be whole\r\n".repeat(10_000));
    // Drafts are hidden files.
    let began = Instant::now();
    while inbox.files().iter().all(|file| fs::metadata(file).unwrap().len() == 0) {
        assert!(began.elapsed() < PATIENCE, "nothing is written");
    }
    inbox.child.kill().unwrap();
    inbox.child.wait().unwrap();
    assert!(inbox.files().iter().all(|file| file.extension().unwrap() != "eml"));
    // Who starts next in this directory tidies up, but not what another is still writing.
    let other = Inbox::start_in(&inbox.dir, &[]);
    inbox.is_empty();
    let mut client = other.client();
    client.envelope(&["ops@example.test"]);
    client.say("DATA", "354");
    let _third = Inbox::start_in(&inbox.dir, &[]);
    client.say("text\r\n.", "250");
    assert_eq!(other.take_mail(), b"text\r\n");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let inbox = Inbox::start("taken", &[]);
    let (status, said) = failed("none", &["--listen", &inbox.address]);
    assert_eq!(status, Some(1));
    assert!(said.contains(&inbox.address) && said.contains("--listen"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// Both kinds of TLS.
const UNDER_TLS: [&str; 5] =
    ["--tls", "tests/tls/server.pem", "tests/tls/server.key", "--implicit-tls-listen", "127.0.0.1:0"];

/// A running inbox with a directory of its own.
struct Inbox {
    child: Child,
    said: BufReader<ChildStdout>,
    address: String,
    /// Empty without implicit TLS.
    tls_address: String,
    dir: PathBuf,
}

impl Inbox {
    fn start(name: &str, options: &[&str]) -> Self {
        Self::start_in(&scratch(name), options)
    }

    fn start_in(dir: &Path, options: &[&str]) -> Self {
        let mut child = Command::new(program())
            .args(["--listen", "127.0.0.1:0", "--dir"])
            .arg(dir)
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut addresses = Vec::new();
        loop {
            let mut line = String::new();
            said.read_line(&mut line).unwrap();
            let Some(place) = line.strip_prefix("listening on ") else { break };
            addresses.push(place.split(',').next().unwrap_or_default().to_owned());
        }
        let mut addresses = addresses.into_iter();
        let (address, tls_address) = (addresses.next().unwrap(), addresses.next().unwrap_or_default());
        Self { child, said, address, tls_address, dir: dir.to_owned() }
    }

    /// A client that has been greeted.
    fn client(&self) -> Client {
        let mut client = Client::new(TcpStream::connect(&self.address).unwrap());
        client.expect("220");
        client
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.dir).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn is_empty(&self) {
        assert_eq!(self.files(), [] as [PathBuf; 0]);
    }

    /// The only file there is, which is removed.
    fn take_mail(&self) -> Vec<u8> {
        let files = self.files();
        let [file] = &files[..] else { panic!("one mail is expected: {files:?}") };
        assert_eq!(file.extension().unwrap(), "eml");
        let content = fs::read(file).unwrap();
        fs::remove_file(file).unwrap();
        content
    }

    fn interrupt(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

struct Client<S = TcpStream>(BufReader<S>);

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }
}

impl<S: Read + Write> Client<S> {
    fn send(&mut self, octets: &[u8]) {
        self.0.get_mut().write_all(octets).unwrap();
    }

    /// Sends a line, and expects a reply that begins so.
    fn say(&mut self, line: &str, reply: &str) {
        // Chunks end where they end.
        let end = if line.starts_with("BDAT") { "" } else { "\r\n" };
        self.send(format!("{line}{end}").as_bytes());
        self.expect(reply);
    }

    fn expect(&mut self, reply: &str) {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                assert!(line.starts_with(reply), "{line:?} instead of {reply}");
                return;
            }
        }
    }

    fn expect_end(&mut self) {
        assert_eq!(self.0.read(&mut [0]).unwrap(), 0);
    }

    fn envelope(&mut self, recipients: &[&str]) {
        self.say("EHLO client.example.test", "250");
        self.say("MAIL FROM:<pump@example.test>", "250");
        for recipient in recipients {
            self.say(&format!("RCPT TO:<{recipient}>"), "250");
        }
    }
}

/// The stream under TLS, by a client that checks the certificate.
fn secure(
    stream: TcpStream,
    version: &'static SupportedProtocolVersion,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file("tests/tls/ca.pem").unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("mail.example.test").unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

/// A client whose connection is full in both directions.
fn deaf(inbox: &Inbox) -> TcpStream {
    let mut stream = TcpStream::connect(&inbox.address).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let many = b"NOOP\r\n".repeat(10_000);
    let began = Instant::now();
    while stream.write(&many).is_ok() {
        assert!(began.elapsed() < PATIENCE, "the server reads on and on");
    }
    stream
}

fn stuffed(content: &[u8]) -> Vec<u8> {
    let lines = content.split_inclusive(|octet| *octet == b'\n');
    lines
        .flat_map(|line| if line.starts_with(b".") { [b".", line] } else { [b"", line] })
        .flatten()
        .copied()
        .collect()
}

/// What an inbox that does not start says, and its exit status.
fn failed(name: &str, options: &[&str]) -> (Option<i32>, String) {
    let dir = scratch(name);
    let output = Command::new(program()).arg("--dir").arg(&dir).args(options).output().unwrap();
    let _ = fs::remove_dir_all(dir);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A directory that is not there yet: this test's, and this run's, for there may be another at the same time.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inbox-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    dir
}

/// The example, which stands beside the tests' own directory.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).unwrap();
    let program = target.join("examples/inbox");
    assert!(program.exists(), "the example is not there: `cargo build --example inbox` makes it");
    program
}
