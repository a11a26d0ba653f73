//! Logging in. Both halves of a mechanism against each other, through both engines: it succeeds with the same secret, and
//! only then. The client's half against anything: what it sends is one line of base64 or `*`, and a server that proved nothing
//! is not believed where proof is due. The server's half against anything, in any order: what is claimed stands in the message, and nobody
//! gets in without a secret.
//!
//! Under a fuzzer the library's PBKDF2 makes two rounds, however many are agreed on (`cfg(fuzzing)` in `sasl/scram/keys.rs`): the
//! thousands of hashes would take longer than all else, and tell nothing.
#![no_main]

use arbitrary::Arbitrary;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::sasl::server::{self as half, Answer, Claim, Judgement, Mechanism as _, Refusal, Step};
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
    Server { mechanism: u8, messages: Vec<Option<&'a [u8]>> },
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
    AuthMechanism::ScramSha256,
];
/// Octets of each buffer of a pair.
const ROOM: usize = 2048;
const NONCE: [u8; 18] = *b"fuzzfuzzfuzzfuzzfu";

fuzz_target!(|case: Case<'_>| {
    let _ = match case {
        Case::Pair { mechanism, user, secret, kept, sizes } => {
            pair(mechanism, (user, secret), kept.unwrap_or((user, secret)), sizes)
        }
        Case::Client { mechanism, user, secret, lines } => client(mechanism, (user, secret), &lines),
        Case::Server { mechanism, messages } => {
            server(mechanism, &messages);
            None
        }
    };
});

fn chosen(number: u8) -> AuthMechanism {
    ALL[usize::from(number) % ALL.len()]
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
    let (mut server_rx, mut server_tx, mut scratch) = ([0; ROOM], [0; ROOM], [0; ROOM]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &policy).over_tls();
    let (mut rx, mut tx) = ([0; ROOM], [0; ROOM]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    let mut cuts = Cuts::new(sizes);
    let mut book = Book::new(sent.0, kept, &mut scratch);
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
    let unfit = sent.1.is_empty() || sent.0.chars().any(char::is_control);
    if unfit && matches!(name, AuthMechanism::Plain | AuthMechanism::Login) {
        assert_eq!(code, 501);
        return None;
    }
    // Nor does a mechanism.
    if sent.0.chars().any(char::is_control) {
        assert_eq!(code, 535, "{name:?}");
        return None;
    }
    // LOGIN's name stays in `rx` while the password comes, and both must have room there.
    if name == AuthMechanism::Login && sent.0.len() + sent.1.len().div_ceil(3) * 4 + 2 > ROOM {
        assert_eq!(code, 500);
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
    /// The name that is sent.
    sent: &'s str,
    user: &'s str,
    secret: &'s str,
    scram: half::ScramSha256<'s>,
    cram: half::CramMd5<'s>,
    bearer: half::OAuthBearer,
    old_bearer: half::XOAuth2,
}

impl<'s> Book<'s> {
    fn new(sent: &'s str, (user, secret): (&'s str, &'s str), scratch: &'s mut [u8]) -> Self {
        let (front, back) = scratch.split_at_mut(64);
        let scram = half::ScramSha256::new(Nonce::from_random(*b"zzufzzufzzufzzufzz"), back);
        let cram = half::CramMd5::new(b"<1896.697170952@mail.test>", front);
        Self {
            sent,
            user,
            secret,
            scram,
            cram,
            bearer: half::OAuthBearer::new(),
            old_bearer: half::XOAuth2::new(),
        }
    }

    fn answer(&mut self, server: &mut Server<'_, '_>) {
        match server.event() {
            Some(Told::Login(login)) => {
                assert!(login.authorize_as().is_empty());
                let good = login.user() == self.user.as_bytes() && login.password() == self.secret.as_bytes();
                let refusal = Response::new(Code::new(535).unwrap(), "no").unwrap();
                if good { server.accept() } else { server.reply(&refusal) }
            }
            Some(Told::AuthMessage(message)) => {
                let mut list: [&mut dyn half::Mechanism; 6] = [
                    &mut self.scram,
                    &mut self.cram,
                    &mut self.bearer,
                    &mut self.old_bearer,
                    &mut half::External,
                    &mut half::Anonymous,
                ];
                let mut all = half::Mechanisms::new(&mut list);
                let secret = if message.mechanism() == AuthMechanism::ScramSha256 { self.secret } else { "" };
                let verifier = Verifier::derive(secret, b"salt", 4096);
                let answer = match all.step(message) {
                    Step::Answer(answer) => answer,
                    Step::Judge(claim) => {
                        let judgement =
                            judge(message.mechanism(), &claim, (self.user, self.secret), &verifier);
                        all.judged(message, judgement)
                    }
                };
                if let Answer::Refuse(refusal) = answer {
                    let own = [Refusal::Judged, Refusal::Proof];
                    let unfit = self.sent.chars().any(char::is_control);
                    assert!(unfit || own.contains(&refusal), "our own message is refused: {refusal:?}");
                }
                server.auth(answer)
            }
            _ if server.reply_owed().is_some() => server.accept(),
            _ => return,
        }
        .expect("there is room for a reply");
    }
}

fn judge<'a>(
    mechanism: AuthMechanism,
    claim: &Claim<'_>,
    (user, secret): (&str, &'a str),
    verifier: &'a Verifier<'a>,
) -> Judgement<'a> {
    let good = match claim {
        Claim::Name { user: name, authorize_as } => {
            assert!(authorize_as.is_none());
            return match mechanism {
                _ if *name != *user => Judgement::Refuse,
                AuthMechanism::CramMd5 => Judgement::Password(secret.as_bytes()),
                _ => Judgement::Verifier(verifier),
            };
        }
        Claim::Token(token) => {
            token.user().map_or(user.is_empty(), |name| name == *user) && token.token() == secret
        }
        Claim::External(name) => *name == user,
        Claim::Anonymous(_) => true,
        other => panic!("{other:?} is for the engine"),
    };
    if good { Judgement::Accept } else { Judgement::Refuse }
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
        assert!(line == "*" || line.bytes().all(alphabet) && line.len().is_multiple_of(4), "{line}");
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

/// Messages of anybody, in any order, of who knows no secret: nothing is accepted, and what is claimed was said.
fn server(number: u8, messages: &[Option<&[u8]>]) {
    let stands_in = |part: &[u8], message: &[u8], kept: &[u8]| {
        let found = |octets: &[u8]| octets.windows(part.len().max(1)).any(|window| window == part);
        part.is_empty() || found(message) || found(kept)
    };
    let (mut front, mut back) = ([0; 64], [0; 300]);
    let mut list: [&mut dyn half::Mechanism; 8] = [
        &mut half::Plain,
        &mut half::Login,
        &mut half::ScramSha256::new(Nonce::from_random(NONCE), &mut back),
        &mut half::CramMd5::new(b"<1@b>", &mut front),
        &mut half::OAuthBearer::new(),
        &mut half::XOAuth2::new(),
        &mut half::External,
        &mut half::Anonymous,
    ];
    let mut all = half::Mechanisms::new(&mut list);
    let verifier = Verifier::new([1; 32], [2; 32], b"salt", 4096);
    let (mut kept, mut begun) = (Vec::new(), false);
    let name = chosen(number);
    for octets in messages {
        let said = octets.unwrap_or_default();
        // None begins anew.
        let message = match octets {
            Some(octets) if begun => half::Message::answer(name, octets, &kept),
            octets => half::Message::first(name, *octets),
        };
        begun = octets.is_some() || !begun;
        let answer = match all.step(message) {
            Step::Answer(answer) => answer,
            Step::Judge(claim) => {
                let stands_in = |part: &[u8]| stands_in(part, said, &kept);
                match &claim {
                    Claim::Password { authorize_as, user, password } => {
                        assert!(!user.is_empty() && !password.is_empty());
                        let text = |part| std::str::from_utf8(part).expect("UTF-8");
                        for name in [authorize_as, user] {
                            assert!(!text(name).contains(char::is_control));
                        }
                        assert!(!text(password).contains('\0'));
                        assert!(stands_in(authorize_as) && stands_in(user) && stands_in(password));
                    }
                    Claim::Name { user, authorize_as } => {
                        for name in [Some(*user), *authorize_as].into_iter().flatten() {
                            assert!(!name.encoded().is_empty() && !name.encoded().contains(char::is_control));
                        }
                        assert!(stands_in(user.encoded().as_bytes()));
                        assert!(authorize_as.is_none_or(|name| stands_in(name.encoded().as_bytes())));
                    }
                    Claim::Token(token) => {
                        // As a caller makes them.
                        assert!(BearerToken::new("", token.token()).is_ok());
                        assert!(!token.token().is_empty() && stands_in(token.token().as_bytes()));
                        assert!(token.host().is_none_or(|host| stands_in(host.as_bytes())));
                        assert!(token.user().is_none_or(|user| stands_in(user.encoded().as_bytes())));
                    }
                    Claim::External(text) | Claim::Anonymous(text) => {
                        assert!(!text.contains(char::is_control));
                        assert_eq!(text.as_bytes(), said);
                    }
                    other => panic!("{other:?}"),
                }
                let judgement = match name {
                    AuthMechanism::CramMd5 => Judgement::Password(b"a secret that nobody knows"),
                    AuthMechanism::ScramSha256 => Judgement::Verifier(&verifier),
                    _ => Judgement::Refuse,
                };
                all.judged(message, judgement)
            }
        };
        match answer {
            Answer::Accept => panic!("in without a proof"),
            Answer::Keep { from, to, .. } => {
                let part = said.get(from..to).expect("a part of the message");
                kept = part.to_vec();
            }
            Answer::Challenge(_) | Answer::Refuse(_) => {}
        }
    }
}
