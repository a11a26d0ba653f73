//! A whole mail from our client to our server, by every mechanism, in octets and in one piece; and servers that only pretend.

mod sasl_support;
mod support;

#[path = "../examples/login/book.rs"]
mod book;

use book::{Account, Book};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{
    Anonymous, BearerToken, ChannelBinding, CramMd5, Credentials, External, Login, Mechanism, Nonce,
    OAuthBearer, Plain, ScramSha256, Strongest, Verifier, XOAuth2,
};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, ForwardPath, HelloName, ReversePath, Verb};
use sasl_support::{ALL, all};

const USER: &str = "tim=o,thy@example.test";
const PASSWORD: &str = "tanstaaf, \u{e9}taf=";
const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
const SALT: &[u8] = b"0123456789abcdef";
const BINDING: [u8; 32] = [5; 32];

fn random() -> [u8; 18] {
    [0x5a; 18]
}

/// The mechanisms of one user.
struct Wallet<'a> {
    scram: ScramSha256<'a>,
    plus: ScramSha256<'a>,
    cram: CramMd5<'a>,
    bearer: OAuthBearer<'a>,
    old_bearer: XOAuth2<'a>,
    plain: Plain<'a>,
    login: Login<'a>,
    external: External<'a>,
    anonymous: Anonymous<'a>,
}

impl<'a> Wallet<'a> {
    fn new(user: &'a str, password: &'a str, token: &'a str) -> Self {
        let credentials = Credentials::new(user, password).unwrap();
        let token = BearerToken::new(user, token).unwrap();
        let scram = |octet| ScramSha256::new(credentials, Nonce::from_random([octet; 18]));
        Self {
            scram: scram(1).binding_not_offered(),
            plus: scram(2).bound(ChannelBinding::tls_exporter(&BINDING)),
            cram: CramMd5::new(credentials),
            bearer: OAuthBearer::new(token),
            old_bearer: XOAuth2::new(token),
            plain: Plain::new(credentials),
            login: Login::new(credentials),
            external: External::on_behalf_of(user).unwrap(),
            anonymous: Anonymous::new("trace").unwrap(),
        }
    }

    fn list(&mut self) -> [&mut dyn Mechanism; 9] {
        [
            &mut self.anonymous,
            &mut self.login,
            &mut self.plain,
            &mut self.cram,
            &mut self.old_bearer,
            &mut self.bearer,
            &mut self.external,
            &mut self.scram,
            &mut self.plus,
        ]
    }
}

/// How it ended: for the client, and for the server.
#[derive(Debug, PartialEq, Eq)]
struct End {
    verdict: Verdict,
    cause: Option<Cause>,
    by: Option<AuthMechanism>,
    mails: usize,
}

fn deliver(wallet: &mut Wallet<'_>, offered: AuthMechanisms, impostor: bool, tls: bool, piece: usize) -> End {
    let known = if impostor { "no idea" } else { PASSWORD };
    let verifier = Verifier::derive(known, SALT, 4096);
    let binding = offered.has(AuthMechanism::ScramSha256Plus).then(|| ChannelBinding::tls_exporter(&BINDING));
    let account = Account { user: USER, password: known, token: TOKEN, verifier: &verifier, binding };
    let policy =
        Policy::new(HelloName::new("mail.example.test").unwrap()).auth(offered).allow_clear_text_auth();
    let (mut server_rx, mut server_tx, mut scratch) = ([0; 1024], [0; 1024], [0; 320]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &policy);
    let mut book = Book::new(account, random, &mut scratch);

    let (mut rx, mut tx, mut texts) = ([0; 512], [0; 512], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    if tls {
        (client, server) = (client.over_tls(), server.over_tls());
    }
    let mut recipients = [Recipient::new(ForwardPath::new("b@example.test").unwrap())];
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let policy = if tls { TlsPolicy::Required } else { TlsPolicy::Never };
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(policy);
    let mut list = wallet.list();
    let login = Strongest::new(&mut list);
    let content = Slice::new(b"Subject: x\r\n\r\ny\r\n");
    let mut submission = Submission::with_login(&mut client, options, envelope, content, &mut texts, login);

    let mut mails = 0;
    for _ in 0..100_000 {
        let client_wants = submission.poll().unwrap();
        if matches!(client_wants, Want::Event | Want::Closed) {
            let report = submission.report();
            return End { verdict: report.verdict(), cause: report.cause(), by: book.accepted, mails };
        }
        if server.poll().unwrap() == Want::Event {
            mails += usize::from(matches!(server.event(), Some(Event::EndOfData { .. })));
            match server.event() {
                // whatever is said at the end, an impostor says yes
                Some(Event::AuthMessage(message))
                    if impostor && message.mechanism() != AuthMechanism::Anonymous =>
                {
                    match message.octets().unwrap_or_default() {
                        first
                            if first.starts_with(b"n,")
                                || first.starts_with(b"y,")
                                || first.starts_with(b"p=") =>
                        {
                            book.answer(&mut server).unwrap();
                        }
                        _ => server.accept().unwrap(),
                    }
                }
                _ => book.answer(&mut server).unwrap(),
            }
        }
        carry(&mut submission, &mut server, piece);
        carry(&mut server, &mut submission, piece);
    }
    panic!("it never ended");
}

fn carry(from: &mut impl Endpoint, to: &mut impl Endpoint, piece: usize) {
    let (waiting, room) = (from.transmit(), to.receive_buffer());
    let octets = waiting.len().min(room.len()).min(piece);
    room[..octets].copy_from_slice(&waiting[..octets]);
    to.received(octets);
    from.transmitted(octets);
}

#[test]
fn every_mechanism_logs_in_and_delivers() {
    for piece in [1, 7, usize::MAX] {
        for name in ALL {
            let mut wallet = Wallet::new(USER, PASSWORD, TOKEN);
            let end = deliver(&mut wallet, AuthMechanisms::NONE.with(name), false, true, piece);
            // The example's book keeps PLAIN and LOGIN as one.
            let by = if name == AuthMechanism::Login { AuthMechanism::Plain } else { name };
            assert_eq!(
                end,
                End { verdict: Verdict::Delivered, cause: None, by: Some(by), mails: 1 },
                "{name:?} {piece}"
            );
        }
    }
}

#[test]
fn a_wrong_secret_is_refused_by_every_mechanism_that_has_one() {
    for name in ALL.into_iter().filter(|name| *name != AuthMechanism::Anonymous) {
        let user = if name == AuthMechanism::External { "someone else" } else { USER };
        let mut wallet = Wallet::new(user, "tanstaaf", "tanstaaf");
        let end = deliver(&mut wallet, AuthMechanisms::NONE.with(name), false, true, usize::MAX);
        let refused = Some(Cause::Refused(Verb::Auth));
        assert_eq!((end.cause, end.by, end.mails), (refused, None, 0), "{name:?}");
    }
}

#[test]
fn a_server_that_does_not_know_the_password_gets_no_mail() {
    for name in [AuthMechanism::ScramSha256, AuthMechanism::ScramSha256Plus] {
        let mut wallet = Wallet::new(USER, PASSWORD, TOKEN);
        let end = deliver(&mut wallet, AuthMechanisms::NONE.with(name), true, true, usize::MAX);
        assert_eq!((end.cause, end.mails), (Some(Cause::ServerNotProven), 0), "{name:?}");
    }
}

#[test]
fn the_strongest_is_taken_and_no_secret_leaves_in_clear() {
    let without_plus = ALL[1..].iter().copied().fold(AuthMechanisms::NONE, AuthMechanisms::with);
    for (tls, offered, by) in [
        (true, all(), Some(AuthMechanism::ScramSha256Plus)),
        (false, without_plus, Some(AuthMechanism::ScramSha256)),
        (
            true,
            AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::CramMd5),
            Some(AuthMechanism::CramMd5),
        ),
        (
            false,
            AuthMechanisms::NONE.with(AuthMechanism::OAuthBearer).with(AuthMechanism::Anonymous),
            Some(AuthMechanism::Anonymous),
        ),
        (false, AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::XOAuth2), None),
    ] {
        let end = deliver(&mut Wallet::new(USER, PASSWORD, TOKEN), offered, false, tls, usize::MAX);
        assert_eq!(end.by, by, "{tls} {end:?}");
        assert_eq!(end.cause, by.is_none().then_some(Cause::ClearText));
    }
}
