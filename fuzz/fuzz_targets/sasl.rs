//! Logging in. Both halves of a mechanism against each other, through both engines: it succeeds with the same secret, and
//! only then. The client's half against anything: what it sends is one line of base64 or `*`, and a server that proved nothing
//! is not believed where proof is due. The server's half against anything: what it reads out of a message stands in it.
#![no_main]

use arbitrary::Arbitrary;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::sasl::server::{self as half, TOKEN_REFUSED};
use embedded_smtp::sasl::{
    Anonymous, BearerToken, CramMd5, Credentials, External, Login, Mechanism, Nonce, OAuthBearer, Plain,
    ScramSha256, Verifier, XOAuth2,
};
use embedded_smtp::server::{Event as Told, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, HelloName, Response, Verb};
use embedded_smtp_fuzz::{Cuts, base64};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Case<'a> {
    Pair { mechanism: u8, user: &'a str, secret: &'a str, kept: Option<(&'a str, &'a str)>, sizes: &'a [u8] },
    Client { mechanism: u8, user: &'a str, secret: &'a str, lines: Vec<Line<'a>> },
    Server { mechanism: u8, messages: Vec<&'a [u8]> },
}

/// What a server says to the client.
#[derive(Debug, Arbitrary)]
enum Line<'a> {
    /// A challenge, encoded.
    Ask(&'a [u8]),
    /// SCRAM's first message, with the client's nonce.
    Scram(&'a [u8], u16, &'a [u8]),
    /// A challenge as it stands here.
    Raw(&'a [u8]),
    Accept,
    Refuse,
}

const ALL: [AuthMechanism; 8] = [
    AuthMechanism::Plain,
    AuthMechanism::Login,
    AuthMechanism::CramMd5,
    AuthMechanism::OAuthBearer,
    AuthMechanism::XOAuth2,
    AuthMechanism::External,
    AuthMechanism::Anonymous,
    // Its thousands of hashes take longer than all else.
    AuthMechanism::ScramSha256,
];
const NONCE: [u8; 18] = *b"fuzzfuzzfuzzfuzzfu";

fuzz_target!(|case: Case<'_>| {
    let _ = match case {
        Case::Pair { mechanism, user, secret, kept, sizes } => {
            pair(mechanism, (user, secret), kept.unwrap_or((user, secret)), sizes)
        }
        Case::Client { mechanism, user, secret, lines } => client(mechanism, (user, secret), &lines),
        Case::Server { mechanism, messages } => server(mechanism, &messages),
    };
});

/// SCRAM once in 32 times.
fn chosen(number: u8) -> AuthMechanism {
    if number > 247 { AuthMechanism::ScramSha256 } else { ALL[usize::from(number % 7)] }
}

/// A mechanism with this user's secret, if it can carry them.
fn mechanism<'a>(name: AuthMechanism, (user, secret): (&'a str, &'a str)) -> Option<Box<dyn Mechanism + 'a>> {
    let credentials = Credentials::new(user, secret).ok();
    let token = BearerToken::new(user, secret).ok();
    Some(match name {
        AuthMechanism::Plain => Box::new(Plain::new(credentials?)),
        AuthMechanism::Login => Box::new(Login::new(credentials?)),
        AuthMechanism::CramMd5 => Box::new(CramMd5::new(credentials?)),
        AuthMechanism::OAuthBearer => Box::new(OAuthBearer::new(token?)),
        AuthMechanism::XOAuth2 => Box::new(XOAuth2::new(token?)),
        AuthMechanism::External => Box::new(External::on_behalf_of(user).ok()?),
        AuthMechanism::Anonymous => Box::new(Anonymous::new(user).ok()?),
        _ => Box::new(ScramSha256::new(credentials?, Nonce::from_random(NONCE))),
    })
}

fn pair(number: u8, sent: (&str, &str), kept: (&str, &str), sizes: &[u8]) -> Option<()> {
    let name = chosen(number);
    let mut login = mechanism(name, sent)?;
    // What a server keeps was once sent by its user.
    let _ = mechanism(name, kept)?;
    let policy = Policy::new(HelloName::new("mail.test").unwrap()).auth(AuthMechanisms::NONE.with(name));
    let (mut server_rx, mut server_tx, mut scratch) = ([0; 2048], [0; 2048], [0; 2048]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &policy).over_tls();
    let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    let mut cuts = Cuts::new(sizes);
    let mut book = Book::new(kept, &mut scratch);
    let code = loop {
        if client.poll().expect("no server of ours breaks the protocol") == Want::Event
            && let Some(Event::Reply { to, reply }) = client.event()
        {
            match (to, reply.code.number()) {
                (Verb::Greeting, _) => client.ehlo(HelloName::new("c.test").unwrap()).unwrap(),
                (Verb::Ehlo, _) => client.auth(&mut *login).ok()?,
                (_, 334) => client.auth_respond(&mut *login).expect("there is room for an answer"),
                (_, code) => break code,
            }
        }
        if server.poll().expect("no client of ours breaks the protocol") == Want::Event {
            book.answer(&mut server);
        }
        carry(&mut client, &mut server, &mut cuts);
        carry(&mut server, &mut client, &mut cuts);
    };
    if name == AuthMechanism::XOAuth2 && sent.0.is_empty() {
        return None;
    }
    // Our server does not even ask about an empty password, or a name that could forge a line of a log.
    let unfit = sent.1.is_empty() || sent.0.bytes().any(|octet| octet.is_ascii_control());
    if unfit && matches!(name, AuthMechanism::Plain | AuthMechanism::Login) {
        assert_eq!(code, 501);
        return None;
    }
    let same = match name {
        AuthMechanism::Anonymous => true,
        AuthMechanism::External => sent.0 == kept.0,
        _ => sent == kept,
    };
    assert_eq!(code, if same { 235 } else { 535 }, "{name:?}");
    if same {
        assert!(login.accept() && client.is_authenticated() && server.is_authenticated());
    }
    Some(())
}

fn carry(from: &mut impl Endpoint, to: &mut impl Endpoint, cuts: &mut Cuts<'_>) {
    let room = to.receive_buffer();
    let size = cuts.next_size().min(from.transmit().len()).min(room.len());
    room[..size].copy_from_slice(&from.transmit()[..size]);
    to.received(size);
    from.transmitted(size);
}

/// A server's half of every mechanism, for one user.
struct Book<'s> {
    user: &'s str,
    secret: &'s str,
    scram: half::ScramSha256<'s>,
    step: u8,
}

enum Answer {
    Ask(Vec<u8>),
    Accept,
    Refuse,
}

impl<'s> Book<'s> {
    fn new((user, secret): (&'s str, &'s str), scratch: &'s mut [u8]) -> Self {
        let scram = half::ScramSha256::new(Nonce::from_random(*b"zzufzzufzzufzzufzz"), scratch);
        Self { user, secret, scram, step: 0 }
    }

    fn answer(&mut self, server: &mut Server<'_, '_>) {
        let answer = match server.event() {
            Some(Told::Login(login)) => {
                assert!(login.authorize_as().is_empty());
                verdict(login.user() == self.user.as_bytes() && login.password() == self.secret.as_bytes())
            }
            Some(Told::AuthMessage { mechanism, message, .. }) => {
                let message = message.map(|message| message.as_bytes().to_vec());
                self.sasl(mechanism, message.as_deref())
            }
            _ if server.reply_owed().is_some() => Answer::Accept,
            _ => return,
        };
        let refusal = Response::new(Code::new(535).unwrap(), "no").unwrap();
        match answer {
            Answer::Ask(challenge) => server.challenge(&challenge),
            Answer::Accept => server.accept(),
            Answer::Refuse => server.reply(&refusal),
        }
        .expect("there is room for a reply");
    }

    fn sasl(&mut self, name: AuthMechanism, message: Option<&[u8]>) -> Answer {
        const CHALLENGE: &[u8] = b"<1896.697170952@mail.test>";
        let Some(message) = message else {
            return Answer::Ask(if name == AuthMechanism::CramMd5 { CHALLENGE.to_vec() } else { Vec::new() });
        };
        self.step += 1;
        let bearer = |proven| if proven { Answer::Accept } else { Answer::Ask(TOKEN_REFUSED.to_vec()) };
        match (name, self.step) {
            (AuthMechanism::CramMd5, 1) => {
                let cram = half::CramMd5::new(CHALLENGE);
                verdict(cram.user(message) == Some(self.user) && cram.verify(message, self.secret))
            }
            (AuthMechanism::OAuthBearer, 1) => {
                bearer(half::OAuthBearer::parse(message).is_some_and(|bearer| {
                    bearer.user().map_or(self.user.is_empty(), |user| user == *self.user)
                        && bearer.token() == self.secret
                }))
            }
            (AuthMechanism::XOAuth2, 1) => bearer(
                half::XOAuth2::parse(message)
                    .is_some_and(|bearer| bearer.user() == self.user && bearer.token() == self.secret),
            ),
            (AuthMechanism::External, 1) => verdict(half::external(message) == Some(self.user)),
            (AuthMechanism::Anonymous, 1) => verdict(half::anonymous(message).is_some()),
            (AuthMechanism::ScramSha256, 1) => {
                let verifier = Verifier::derive(self.secret, b"salt", 4096);
                match self.scram.first(message) {
                    Ok(first) if first.user == *self.user => {
                        Answer::Ask(self.scram.challenge(&verifier).expect("room").to_vec())
                    }
                    Ok(_) => Answer::Refuse,
                    Err(refusal) => panic!("our own first message is refused: {refusal:?}"),
                }
            }
            (AuthMechanism::ScramSha256, 2) => match self.scram.verify(message) {
                Ok(proof) => Answer::Ask(proof.to_vec()),
                Err(_) => Answer::Refuse,
            },
            (AuthMechanism::ScramSha256, 3) => verdict(self.scram.is_done(message)),
            _ => Answer::Refuse,
        }
    }
}

fn verdict(proven: bool) -> Answer {
    if proven { Answer::Accept } else { Answer::Refuse }
}

fn client(number: u8, sent: (&str, &str), lines: &[Line<'_>]) -> Option<()> {
    let name = chosen(number);
    let mut login = mechanism(name, sent)?;
    let (mut rx, mut tx) = ([0; 512], [0; 2048]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    say(&mut client, b"220 hi\r\n")?;
    client.ehlo(HelloName::new("c.test").unwrap()).unwrap();
    sent_line(&mut client);
    say(&mut client, format!("250-hi\r\n250 AUTH {}\r\n", name.name()).as_bytes())?;
    client.poll().ok()?;
    client.auth(&mut *login).ok()?;
    let line = sent_line(&mut client);
    assert!(line.starts_with(&format!("AUTH {}", name.name())));
    let mut hashed = false;
    for line in lines {
        let line = match line {
            Line::Ask(challenge) => format!("334 {}\r\n", base64(challenge)).into_bytes(),
            Line::Scram(nonce, iterations, salt) if !hashed => {
                hashed = true;
                let nonce = [base64(&NONCE).as_bytes(), nonce].concat();
                let rest = format!(",s={},i={iterations}", base64(salt));
                let first = [b"r=", nonce.as_slice(), rest.as_bytes()].concat();
                format!("334 {}\r\n", base64(&first)).into_bytes()
            }
            Line::Scram(..) => continue,
            Line::Raw(text) => [b"334 ", *text, b"\r\n"].concat(),
            Line::Accept => b"235 ok\r\n".to_vec(),
            Line::Refuse => b"535 no\r\n".to_vec(),
        };
        let code = say(&mut client, &line)?;
        if code != 334 {
            assert!(!login.accept() || name != AuthMechanism::ScramSha256, "believed without proof");
            return Some(());
        }
        if client.auth_respond(&mut *login).is_err() {
            return None;
        }
        let line = sent_line(&mut client);
        let alphabet = |letter: u8| letter.is_ascii_alphanumeric() || b"+/=".contains(&letter);
        assert!(line == "*" || line.bytes().all(alphabet) && line.len() % 4 == 0, "{line}");
    }
    Some(())
}

/// The code of the reply that the line makes.
fn say(client: &mut Client<'_>, line: &[u8]) -> Option<u16> {
    let mut rest = line;
    while !rest.is_empty() {
        let room = client.receive_buffer();
        let size = room.len().min(rest.len());
        room[..size].copy_from_slice(&rest[..size]);
        rest = &rest[size..];
        client.received(size);
        if client.poll().ok()? == Want::Event {
            break;
        }
    }
    match client.event()? {
        Event::Reply { reply, .. } | Event::Line { reply, .. } if rest.is_empty() => {
            Some(reply.code.number())
        }
        _ => None,
    }
}

/// The one line that waits to be sent.
fn sent_line(client: &mut Client<'_>) -> String {
    let text = String::from_utf8(client.transmit().to_vec()).expect("base64 is ASCII");
    client.transmitted(text.len());
    let line = text.strip_suffix("\r\n").expect("a line");
    assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    line.to_owned()
}

fn server(number: u8, messages: &[&[u8]]) -> Option<()> {
    let stands_in = |part: &str, message: &[u8]| {
        part.is_empty() || message.windows(part.len()).any(|window| window == part.as_bytes())
    };
    let mut scratch = [0; 300];
    let mut scram = half::ScramSha256::new(Nonce::from_random(NONCE), &mut scratch);
    let verifier = Verifier::new([1; 32], [2; 32], b"salt", 4096);
    for (step, message) in messages.iter().enumerate() {
        match chosen(number) {
            AuthMechanism::CramMd5 => {
                let cram = half::CramMd5::new(b"<1@b>");
                if let Some(user) = cram.user(message) {
                    assert!(stands_in(user, message));
                }
                assert!(!cram.verify(message, "a secret that nobody knows"));
            }
            AuthMechanism::OAuthBearer => {
                if let Some(bearer) = half::OAuthBearer::parse(message) {
                    assert!(!bearer.token().is_empty() && stands_in(bearer.token(), message));
                    assert!(bearer.host().is_none_or(|host| stands_in(host, message)));
                    assert!(bearer.user().is_none_or(|user| stands_in(user.encoded(), message)));
                }
            }
            AuthMechanism::XOAuth2 => {
                if let Some(bearer) = half::XOAuth2::parse(message) {
                    let again =
                        ["user=", bearer.user(), "\u{1}auth=Bearer ", bearer.token(), "\u{1}\u{1}"].concat();
                    assert!(again.as_bytes().eq_ignore_ascii_case(message), "{}", message.escape_ascii());
                }
            }
            AuthMechanism::External => {
                assert!(half::external(message).is_none_or(|user| user.as_bytes() == *message));
            }
            AuthMechanism::Anonymous => {
                assert!(half::anonymous(message).is_none_or(|trace| trace.as_bytes() == *message));
            }
            // In any order, and always refused in the end.
            _ => match step % 3 {
                0 => {
                    if let Ok(first) = scram.first(message) {
                        assert!(stands_in(first.user.encoded(), message));
                        let _ = scram.challenge(&verifier);
                    }
                }
                1 => assert!(scram.verify(message).is_err(), "a proof from nothing"),
                _ => assert!(!scram.is_done(message)),
            },
        }
    }
    Some(())
}
