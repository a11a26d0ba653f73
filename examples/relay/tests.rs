//! The relay between a sender that speaks line by line and a next hop on the server engine, all on 127.0.0.1.

mod adversity;
mod disorder;
mod patience;
mod promises;
mod require_tls;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::wire::{
    Code, Emit as _, EnhancedCode, Extension, HelloName, Param, Params, Response, Writer,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use super::config::{Arguments, Config};
use super::printer;
use super::serve;
use super::session::Stop;
use super::stream::{self, Octets};

/// Far more than anything takes that is to happen.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test]
async fn a_mail_goes_through_with_the_next_hops_words_for_each_recipient() {
    let hop = Hop::start(Manner::Obliging).await;
    let mut sender = Relay::start(&hop.address).await.sender().await;
    sender.says("EHLO client.example.test", "250").await;
    sender.says("MAIL FROM:<a@example.test> SIZE=40", "250 2.1.0 Sender OK").await;
    sender.says("RCPT TO:<b@example.test>", "250 2.1.5 Recipient OK").await;
    sender.says("RCPT TO:<nobody@example.test>", "550 5.1.1 No such user").await;
    sender.says("DATA", "354").await;
    sender.says("Subject: test\r\n\r\n..\r\n..dots\r\n.", "250 2.6.0 stored as number 1").await;
    // The session goes on, and so does the one behind it; commands may come together.
    sender
        .says("MAIL FROM:<>\r\nRCPT TO:<nobody@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA", "250")
        .await;
    for expected in ["550 ", "250 ", "354 "] {
        assert!(sender.reply().await.starts_with(expected));
    }
    sender.says("two\r\n.", "250 2.6.0 stored as number 2").await;
    sender.says("QUIT", "221").await;
    let mails = hop.mails();
    let (trace, rest) = mails[0].split_once("Subject").unwrap();
    assert_eq!(rest, ": test\r\n\r\n.\r\n.dots\r\n");
    assert!(
        trace
            .starts_with("Received: from client.example.test ([127.0.0.1])\r\n\tby localhost with ESMTP id ")
    );
    assert!(mails[1].ends_with("+0000\r\ntwo\r\n"));
    assert_eq!((mails.len(), hop.sessions()), (2, 1));
}

#[tokio::test]
async fn the_sender_is_told_250_when_the_next_hop_has_said_so_and_not_before() {
    let release = Arc::new(Notify::new());
    let hop = Hop::start(Manner::Hesitating(release.clone())).await;
    let mut sender = Relay::start(&hop.address).await.sender().await;
    sender.begins_content().await;
    sender.writes("text\r\n.\r\n").await;
    hop.has_whole_mail().await;
    assert!(timeout(Duration::from_millis(200), sender.reply()).await.is_err(), "an answer came too early");
    release.notify_one();
    assert!(sender.reply().await.starts_with("250 "));
    assert_eq!(hop.mails().len(), 1);
}

#[tokio::test]
async fn while_the_next_hop_is_away_the_sender_is_asked_to_come_again() {
    let away = Away::new();
    let mut sender = Relay::start(&away.address()).await.sender().await;
    sender.says("EHLO client.example.test", "250").await;
    sender.says("MAIL FROM:<a@example.test>", "451 4.4.1 ").await;
    let hop = Hop::start_at(away.listen(), Manner::Obliging);
    sender.begins_content().await;
    sender.says("text\r\n.", "250").await;
    assert_eq!(hop.mails().len(), 1);
}

#[tokio::test]
async fn a_next_hop_that_ends_the_session_at_any_point_costs_a_451_and_no_mail() {
    for at in ["RCPT", "DATA", "content", "end"] {
        let hop = Hop::start(Manner::Closing(at)).await;
        let mut sender = Relay::start(&hop.address).await.sender().await;
        sender.says("EHLO client.example.test", "250").await;
        sender.says("MAIL FROM:<a@example.test>", "250").await;
        let rcpt = sender.asks("RCPT TO:<b@example.test>").await;
        let mut last = rcpt.clone();
        if rcpt.starts_with("250") {
            last = sender.asks("DATA").await;
        }
        if last.starts_with("354") {
            // More than the buffers hold, so that it is noticed on the way too.
            let content = format!("{}.", "a line of a mail that is long enough\r\n".repeat(20_000));
            last = sender.asks(&content).await;
        }
        assert!(last.starts_with("451 4.4."), "closed at {at}: {last}");
        assert!(hop.mails().is_empty(), "closed at {at}");
        // The sender's session is in good order.
        sender.says("RSET", "250").await;
        sender.says("NOOP", "250").await;
    }
}

#[tokio::test]
async fn what_a_next_hop_says_before_it_closes_in_the_middle_is_the_senders_answer() {
    for last_words in ["552 5.3.4 Too much\r\n", "552-5.3.4 Far\r\n552 5.3.4 Too much\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            for reply in ["220 x", "250 x", "250 ok", "250 ok", "354 go"] {
                socket.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
                assert!(socket.read(&mut [0; 512]).await.unwrap() > 0);
            }
            // Closed with octets unread, which tears the connection down.
            socket.write_all(last_words.as_bytes()).await.unwrap();
        });
        let mut sender = Relay::start(&address).await.sender().await;
        sender.begins_content().await;
        let content = format!("{}.", "a line of a mail that is long enough\r\n".repeat(200_000));
        sender.says(&content, "552 5.3.4 Too much").await;
    }
}

#[tokio::test]
async fn what_strangers_say_does_not_command_the_terminal_of_the_journal() {
    let hop = Hop::start(Manner::Obliging).await;
    let mut sender = Relay::start(&hop.address).await.sender().await;
    sender.says("EHLO client.example.test", "250").await;
    sender.says("MAIL FROM:<c1\u{202e}31m@example.test> SMTPUTF8", "250").await;
    sender.says("RCPT TO:<b@example.test>", "250").await;
    sender.says("DATA", "354").await;
    sender.says("text\r\n.", "250").await;
    assert!(printer::tests::waits("from=<c1?31m@example.test>"));
}

#[tokio::test]
async fn a_mail_whose_sender_goes_away_is_none() {
    let hop = Hop::start(Manner::Obliging).await;
    let relay = Relay::start(&hop.address).await;
    let mut sender = relay.sender().await;
    sender.begins_content().await;
    sender.writes("text\r\n").await;
    drop(sender);
    // And neither is one with a bare LF, which the engine refuses.
    let mut sender = relay.sender().await;
    sender.begins_content().await;
    sender.says("text\nmore\r\n.", "554 5.6.0 ").await;
    relay.end().await;
    assert!(hop.mails().is_empty());
}

#[tokio::test]
async fn told_to_end_the_relay_says_421_and_lets_mails_arrive() {
    let hop = Hop::start(Manner::Obliging).await;
    let relay = Relay::start(&hop.address).await;
    let (mut idle, mut busy) = (relay.sender().await, relay.sender().await);
    idle.says("EHLO client.example.test", "250").await;
    busy.begins_content().await;
    busy.writes("text\r\n").await;
    let address = relay.address.clone();
    let ended = tokio::spawn(relay.end());
    assert!(idle.reply().await.starts_with("421 4.3.2 "));
    busy.says("more\r\n.", "250").await;
    assert!(busy.reply().await.starts_with("421 4.3.2 "));
    ended.await.unwrap();
    assert_eq!(hop.mails().len(), 1);
    assert!(TcpStream::connect(address).await.is_err());
}

// --- the relay and its sender ----------------------------------------------------------------------------------

struct Relay {
    address: String,
    stop: watch::Sender<Stop>,
    serving: tokio::task::JoinHandle<()>,
}

impl Relay {
    async fn start(next_hop: &str) -> Self {
        Self::start_with(&["--next-hop", next_hop, "--next-hop-tls", "never"]).await
    }

    async fn start_with(arguments: &[&str]) -> Self {
        let arguments = std::iter::once("relay").chain(arguments.iter().copied());
        let config = Arc::new(Config::new(Arguments::parse_from(arguments)).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = watch::channel(Stop::No);
        let serving = tokio::spawn(serve(listener, config, stop.clone(), stopped));
        Self { address, stop, serving }
    }

    async fn sender(&self) -> Sender {
        let socket: Box<dyn Octets> = Box::new(TcpStream::connect(&self.address).await.unwrap());
        let mut sender = Sender(BufStream::new(socket));
        assert_eq!(sender.reply().await, "220 localhost ESMTP");
        sender
    }

    async fn end(self) {
        self.stop.send_replace(Stop::BetweenMails);
        timeout(PATIENCE, self.serving).await.expect("the relay does not end").unwrap();
    }
}

struct Sender(BufStream<Box<dyn Octets>>);

impl Sender {
    async fn writes(&mut self, text: &str) {
        // The relay may have closed; then the reply tells.
        let _ = self.0.write_all(text.as_bytes()).await;
        let _ = self.0.flush().await;
    }

    /// The last line of a reply.
    async fn reply(&mut self) -> String {
        self.lines().await.pop().unwrap_or_default()
    }

    /// A reply, all its lines.
    async fn lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            let more = line.as_bytes().get(3) == Some(&b'-');
            lines.push(line.trim_end().to_owned());
            if !more {
                return lines;
            }
        }
    }

    async fn asks(&mut self, line: &str) -> String {
        self.writes(&format!("{line}\r\n")).await;
        timeout(PATIENCE, self.reply()).await.expect("no reply")
    }

    async fn says(&mut self, line: &str, expected: &str) {
        let reply = self.asks(line).await;
        assert!(reply.starts_with(expected), "{line:.60}: {reply}");
    }

    async fn begins_content(&mut self) {
        self.says("EHLO client.example.test", "250").await;
        self.says("MAIL FROM:<a@example.test>", "250").await;
        self.says("RCPT TO:<b@example.test>", "250").await;
        self.says("DATA", "354").await;
    }
}

// --- the next hop ----------------------------------------------------------------------------------------------

#[derive(Clone)]
enum Manner {
    /// Takes everything, except for `nobody`.
    Obliging,
    /// Waits before it answers the end of a mail.
    Hesitating(Arc<Notify>),
    /// Closes without a word at this point.
    Closing(&'static str),
    /// Says nothing any more from this point on.
    Silent(&'static str),
    /// Offers STARTTLS, and these behind it.
    Secure(&'static [Extension]),
    /// Offers these.
    Promising(&'static [Extension]),
}

struct Hop {
    address: String,
    /// Told when the end of a mail has come.
    reached: Arc<Notify>,
    stored: Arc<Mutex<Vec<String>>>,
    sessions: Arc<Mutex<usize>>,
    /// How many MAIL commands came with REQUIRETLS, and how many without.
    mail_commands: Arc<Mutex<(usize, usize)>>,
    /// The parameters of each MAIL and RCPT.
    parameters: Arc<Mutex<Vec<String>>>,
}

impl Hop {
    async fn start(manner: Manner) -> Self {
        Self::start_at(TcpListener::bind("127.0.0.1:0").await.unwrap(), manner)
    }

    fn start_at(listener: TcpListener, manner: Manner) -> Self {
        let hop = Self {
            address: listener.local_addr().unwrap().to_string(),
            reached: Arc::default(),
            stored: Arc::default(),
            sessions: Arc::default(),
            mail_commands: Arc::default(),
            parameters: Arc::default(),
        };
        let (stored, sessions, commands) =
            (hop.stored.clone(), hop.sessions.clone(), hop.mail_commands.clone());
        let (parameters, reached) = (hop.parameters.clone(), hop.reached.clone());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                *sessions.lock().unwrap() += 1;
                let (stored, commands, parameters) = (stored.clone(), commands.clone(), parameters.clone());
                let taking =
                    take_mails(socket, manner.clone(), reached.clone(), stored, commands, parameters);
                tokio::spawn(taking);
            }
        });
        hop
    }

    /// Waits until it has been given a whole mail, which it has not answered yet.
    async fn has_whole_mail(&self) {
        timeout(PATIENCE, self.reached.notified()).await.expect("no whole mail came");
    }

    fn mails(&self) -> Vec<String> {
        self.stored.lock().unwrap().clone()
    }

    fn sessions(&self) -> usize {
        *self.sessions.lock().unwrap()
    }

    fn mail_commands(&self) -> (usize, usize) {
        *self.mail_commands.lock().unwrap()
    }
}

async fn take_mails(
    socket: TcpStream,
    manner: Manner,
    reached: Arc<Notify>,
    stored: Arc<Mutex<Vec<String>>>,
    commands: Arc<Mutex<(usize, usize)>>,
    parameters: Arc<Mutex<Vec<String>>>,
) {
    let mut policy = Policy::new(HelloName::new("hop.example.test").unwrap());
    if let Manner::Secure(extensions) = manner {
        policy =
            extensions.iter().fold(policy.offer(Extension::StartTls), |policy, more| policy.offer(*more));
    }
    if let Manner::Promising(extensions) = manner {
        policy = extensions.iter().fold(policy, |policy, more| policy.offer(*more));
    }
    if matches!(manner, Manner::Silent("greeting")) {
        return until_closed(socket).await;
    }
    let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut connection = Connection::new(stream::plain(socket), &mut server);
    let mut mail = String::new();
    while let Ok(true) = connection.run().await {
        if matches!(connection.engine().event(), Some(Event::StartTls)) {
            let acceptor = stream::acceptor("tests/tls/server.pem".as_ref(), "tests/tls/server.key".as_ref());
            let Ok(stream) = stream::accept_tls(&acceptor.unwrap(), connection.into_inner()).await else {
                return;
            };
            server.tls_established().unwrap();
            connection = Connection::new(stream, &mut server);
            continue;
        }
        let server = connection.engine();
        let mut unknown = false;
        if let Some(Event::Mail { params, .. } | Event::Rcpt { params, .. }) = server.event() {
            parameters.lock().unwrap().push(written(&params));
        }
        let point = match server.event() {
            Some(Event::Mail { params, .. }) => {
                let mut commands = commands.lock().unwrap();
                let required = params.iter().any(|param| param == Param::RequireTls);
                *(if required { &mut commands.0 } else { &mut commands.1 }) += 1;
                "MAIL"
            }
            Some(Event::Rcpt { path, .. }) => {
                unknown = path.as_str().starts_with("nobody@");
                "RCPT"
            }
            Some(Event::Data) => {
                mail.clear();
                "DATA"
            }
            Some(Event::Body(piece)) => {
                mail += std::str::from_utf8(piece).unwrap();
                "content"
            }
            Some(Event::EndOfData { .. }) => "end",
            _ => "",
        };
        if let Manner::Closing(at) = manner
            && at == point
        {
            return;
        }
        if let Manner::Silent(at) = manner
            && at == point
        {
            return until_closed(connection.into_inner().into_inner()).await;
        }
        if point == "end" {
            reached.notify_one();
            if let Manner::Hesitating(release) = &manner {
                release.notified().await;
            }
            let number = {
                let mut stored = stored.lock().unwrap();
                stored.push(mail.clone());
                stored.len()
            };
            let text = format!("stored as number {number}");
            let taken = Response::new(Code::new(250).unwrap(), &text).unwrap();
            server.reply(&taken.enhanced(EnhancedCode::new(2, 6, 0).unwrap())).unwrap();
        } else if unknown {
            let refusal = Response::new(Code::new(550).unwrap(), "No such user").unwrap();
            server.reply(&refusal.enhanced(EnhancedCode::new(5, 1, 1).unwrap())).unwrap();
        } else if server.reply_owed().is_some() {
            server.accept().unwrap();
        }
    }
    let _ = connection.into_inner().into_inner().read(&mut [0; 64]).await;
}

async fn until_closed(mut stream: impl Octets) {
    while stream.read(&mut [0; 512]).await.is_ok_and(|octets| octets > 0) {}
}

fn written(params: &Params<'_>) -> String {
    let mut octets = [0; 600];
    let mut writer = Writer::new(&mut octets);
    for param in params {
        writer.put(b" ");
        param.emit(&mut writer);
    }
    let length = writer.finish().unwrap();
    String::from_utf8(octets[..length].to_vec()).unwrap()
}

/// A next hop that is away: connections to it are refused. The port stays its own, so that no other test gets it meanwhile.
struct Away(TcpSocket);

impl Away {
    fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    /// It comes back.
    fn listen(self) -> TcpListener {
        self.0.listen(16).unwrap()
    }
}
