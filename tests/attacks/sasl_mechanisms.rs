//! Servers and clients that do not play by the rules of a mechanism, and what is printed of secrets.
//!
//! Class: SASL and base64 (client, server). Records: CVE-2018-6789, CVE-2013-0249, CVE-2018-16839, CVE-2011-1720,
//! CVE-2023-42114, CVE-2023-42115, CVE-2019-11494, CVE-2019-11499, CVE-2017-15132.

use std::cell::Cell;

use super::sasl_support::{ALL, ask, encoded, exchange, feed, hello, message, sent};
use embedded_smtp::client::Client;
use embedded_smtp::sasl;
use embedded_smtp::sasl::server::{self, Refusal};
use embedded_smtp::sasl::{
    Anonymous, Authenticator, BearerToken, ChannelBinding, CramMd5, Credentials, DEFAULT_MAX_ITERATIONS,
    External, Failure, Login, MIN_ITERATIONS, Mechanism, Nonce, OAuthBearer, Password, Plain, ScramSha256,
    Strongest, TokenStatus, Verifier, XOAuth2,
};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};
use embedded_smtp::{Buffer, Error, Protocol};

const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const PASSWORD: &str = "tanstaaftanstaaf";
const SALT: &[u8] = b"0123456789abcdef";

fn nonce() -> Nonce {
    Nonce::from_text(NONCE).unwrap()
}

fn credentials() -> Credentials<'static> {
    Credentials::new("timothy", PASSWORD).unwrap()
}

fn scram() -> ScramSha256<'static> {
    ScramSha256::new(credentials(), nonce())
}

#[test]
fn a_bad_first_message_of_the_server_ends_the_exchange() {
    let salt = encoded(SALT);
    let good = format!("r={NONCE}x,s={salt},i=4096");
    let long = "x".repeat(128);
    let longer = "x".repeat(129);
    let table = [
        // hostile                                     why
        (good.clone(), None),
        (format!("r={NONCE}{long},s={salt},i=4096"), None),
        (format!("{good},x=ignored,y=4096"), None),
        (format!("r={NONCE}x,s=QQ==,i=4096"), None),
        (format!("r={NONCE}{longer},s={salt},i=4096"), Some(Failure::Nonce)),
        (format!("r={NONCE},s={salt},i=4096"), Some(Failure::Nonce)),
        (format!("r=x{NONCE},s={salt},i=4096"), Some(Failure::Nonce)),
        (format!("r=,s={salt},i=4096"), Some(Failure::Nonce)),
        (format!("r={}x,s={salt},i=4096", NONCE.to_lowercase()), Some(Failure::Nonce)),
        (format!("r={}Y,s={salt},i=4096", &NONCE[..19]), Some(Failure::Nonce)),
        (format!("r={NONCE}x y,s={salt},i=4096"), Some(Failure::Syntax)),
        (format!("r={NONCE}\u{e9},s={salt},i=4096"), Some(Failure::Syntax)),
        (format!("r={NONCE}\0,s={salt},i=4096"), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s={salt},i=0"), Some(Failure::Iterations(0))),
        (format!("r={NONCE}x,s={salt},i=1"), Some(Failure::Iterations(1))),
        (format!("r={NONCE}x,s={salt},i=4095"), Some(Failure::Iterations(4095))),
        (format!("r={NONCE}x,s={salt},i=16385"), Some(Failure::Iterations(16385))),
        (format!("r={NONCE}x,s={salt},i=4294967295"), Some(Failure::Iterations(u32::MAX))),
        // 2^32 + 4096 must not wrap
        (format!("r={NONCE}x,s={salt},i=4294971392"), Some(Failure::Iterations(u32::MAX))),
        (format!("r={NONCE}x,s={salt},i={}", "9".repeat(60)), Some(Failure::Iterations(u32::MAX))),
        (format!("r={NONCE}x,s={salt},i=04096"), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s={salt},i=+4096"), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s={salt},i=-1"), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s={salt},i=4096 "), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s={salt},i="), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s={salt}"), Some(Failure::Syntax)),
        (format!("r={NONCE}x"), Some(Failure::Syntax)),
        (format!("s={salt},r={NONCE}x,i=4096"), Some(Failure::Syntax)),
        (format!("r={NONCE}x,s=,i=4096"), Some(Failure::Salt)),
        (format!("r={NONCE}x,s=*,i=4096"), Some(Failure::Salt)),
        (format!("r={NONCE}x,s=QQ,i=4096"), Some(Failure::Salt)),
        (format!("r={NONCE}x,s=QR==,i=4096"), Some(Failure::Salt)),
        (format!("r={NONCE}x,s=QQ==QQ==,i=4096"), Some(Failure::Salt)),
        (format!("m=x,{good}"), Some(Failure::Extension)),
        (format!("{good},m=x"), Some(Failure::Extension)),
        (format!("{good},"), Some(Failure::Syntax)),
        (format!("{good},x"), Some(Failure::Syntax)),
        (format!("{good},x="), Some(Failure::Syntax)),
        (format!("{good},x=\0"), Some(Failure::Syntax)),
        (format!("{good},x=y\0"), Some(Failure::Syntax)),
        (format!("{good},1=x"), Some(Failure::Syntax)),
        ("e=unknown-user".into(), Some(Failure::Syntax)),
        ("v=".into(), Some(Failure::Syntax)),
    ];
    for (first, failure) in table {
        let mut scram = scram();
        let said = exchange(&mut scram, &[&ask(&first)], 0);
        assert_eq!(scram.failure(), failure, "{first}");
        assert_eq!(said[1] == "*\r\n", failure.is_some(), "{first}");
        assert!(!scram.accept());
    }
    // every front of a good message but those that lack only digits
    for at in 1..good.len() {
        let mut scram = scram();
        assert_eq!(exchange(&mut scram, &[&ask(&good[..at])], 0)[1], "*\r\n", "{at}");
    }
    for line in ["334 *\r\n", "334 r=\r\n", "334 cg\r\n"] {
        let mut scram = scram();
        assert_eq!(exchange(&mut scram, &[line], 0)[1], "*\r\n");
        assert_eq!(scram.failure(), Some(Failure::Syntax));
    }
}

/// The server's first and last message to `scram()`, from our own server's half.
fn proof(answer: &str, first: &str, password: &str) -> String {
    let verifier = Verifier::derive(password, SALT, 4096);
    let mut scratch = [0; 512];
    let own = first.strip_prefix(&format!("r={NONCE}")).unwrap().split(',').next().unwrap();
    let mut server = server::ScramSha256::new(Nonce::from_text(own).unwrap(), &mut scratch);
    server.first(format!("n,,n=timothy,r={NONCE}").as_bytes()).unwrap();
    assert_eq!(server.challenge(&verifier).unwrap(), first.as_bytes());
    String::from_utf8(server.verify(answer.as_bytes()).unwrap().to_vec()).unwrap()
}

#[test]
fn a_server_is_believed_only_with_its_signature() {
    let first = format!("r={NONCE}abcdefghijklmnop,s={},i=4096", encoded(SALT));
    let mut scram_ = scram();
    let answer = message(&exchange(&mut scram_, &[&ask(&first)], 0)[1]);
    let last = proof(&answer, &first, PASSWORD);
    let mut wrong = last.clone().into_bytes();
    wrong[5] ^= 2;
    let wrong = String::from_utf8(wrong).unwrap();
    let table = [
        (last.clone(), None),
        (format!("{last},x=y"), None),
        (wrong, Some(Failure::Signature)),
        (format!("v={}", encoded(&[0; 32])), Some(Failure::Signature)),
        (format!("v={}", encoded(&[0; 31])), Some(Failure::Signature)),
        (format!("v={}", encoded(&[0; 33])), Some(Failure::Signature)),
        (last[..last.len() - 1].to_owned(), Some(Failure::Signature)),
        ("v=".into(), Some(Failure::Signature)),
        (format!("{last}x"), Some(Failure::Signature)),
        (format!("x=y,{last}"), Some(Failure::NoSignature)),
        (format!("{last},m=x"), Some(Failure::Extension)),
        (String::new(), Some(Failure::NoSignature)),
        ("e=invalid-proof".into(), Some(Failure::Refused)),
        (format!("e=other-error,{last}"), Some(Failure::Refused)),
    ];
    for (last, failure) in table {
        let mut scram = scram();
        let said = exchange(&mut scram, &[&ask(&first), &ask(&last), "235 welcome\r\n"], 0);
        // the server may say how it ended
        assert_eq!(said[2], "\r\n", "{last}");
        assert_eq!((scram.failure(), scram.accept()), (failure, failure.is_none()), "{last}");
    }
    // none at all: at once, and behind the proof
    for lines in
        [&["235 welcome\r\n"][..], &[&ask(&first), "235 welcome\r\n"], &["334 \r\n", "235 welcome\r\n"]]
    {
        let mut scram = scram();
        exchange(&mut scram, lines, 0);
        assert!(!scram.accept());
    }
    // what was proven once is not proven in the next exchange, whose nonce would be known
    let mut scram = scram();
    exchange(&mut scram, &[&ask(&first), &ask(&last), "235 welcome\r\n"], 0);
    assert!(scram.accept());
    assert_eq!(exchange(&mut scram, &["235 welcome\r\n"], 0)[0], "AUTH SCRAM-SHA-256\r\n");
    assert!(!scram.accept());
    assert_eq!(scram.failure(), Some(Failure::Spent));
    assert_eq!(exchange(&mut scram, &[&ask(&first)], 0)[1], "*\r\n");
    scram.renew(nonce());
    exchange(&mut scram, &[&ask(&first), &ask(&last), "235 welcome\r\n"], 0);
    assert!(scram.accept() && scram.failure().is_none());
    // one challenge more than there are
    scram.renew(nonce());
    assert_eq!(exchange(&mut scram, &[&ask(&first), &ask(&last), &ask(&last)], 0)[3], "*\r\n");
    assert!(!scram.accept());
}

#[test]
fn a_server_that_overlooked_the_first_message_gets_it_once_more() {
    let mut scram = scram();
    let said = exchange(&mut scram, &["334 \r\n", "334 \r\n"], 0);
    assert_eq!(said[1], said[0].replace("AUTH SCRAM-SHA-256 ", ""));
    assert_eq!(said[2], "*\r\n");
    let token = || BearerToken::new("u", "token").unwrap();
    for mechanism in [&mut OAuthBearer::new(token()) as &mut dyn Mechanism, &mut XOAuth2::new(token())] {
        let said = exchange(mechanism, &["334 \r\n", "334 e30=\r\n", "334 e30=\r\n"], 0);
        assert!(said[0].ends_with(&format!(" {}", said[1])));
        assert_eq!(said[3], "*\r\n", "{said:?}");
        assert_eq!(exchange(mechanism, &["334 ***\r\n"], 0)[1], "*\r\n");
    }
    let mut bearer = OAuthBearer::new(token());
    exchange(&mut bearer, &["334 e30=\r\n"], 0);
    assert_eq!(bearer.refusal(), Some(TokenStatus::Other));
    exchange(&mut bearer, &["235 ok\r\n"], 0);
    assert_eq!(bearer.refusal(), None, "it was of another exchange");
    let mut cram = CramMd5::new(credentials());
    assert_eq!(exchange(&mut cram, &["334 \r\n"], 0)[1], "*\r\n");
    assert_eq!(exchange(&mut cram, &["334 PGE+\r\n", "334 PGE+\r\n"], 0)[2], "*\r\n");
    assert_eq!(exchange(&mut cram, &["334 PGE\r\n"], 0)[1], "*\r\n");
}

#[test]
fn iterations_are_taken_on_by_policy_and_leave_room_to_breathe() {
    assert_eq!((MIN_ITERATIONS, DEFAULT_MAX_ITERATIONS), (4096, 16_384));
    let first = |count: u32| ask(&format!("r={NONCE}x,s={},i={count}", encoded(SALT)));
    for (most, count, good) in
        [(0, 4096, true), (0, 4097, false), (5000, 5000, true), (5000, 5001, false), (u32::MAX, 4097, true)]
    {
        let mut scram = scram().max_iterations(most);
        let said = exchange(&mut scram, &[&first(count)], 0);
        assert_eq!(said[1] != "*\r\n", good, "{most} {count}");
    }
    let breaths = Cell::new(0);
    let hook = || breaths.set(breaths.get() + 1);
    let mut scram = scram().breathe(&hook);
    exchange(&mut scram, &[&first(4096)], 0);
    assert_eq!(breaths.get(), 4095 / 64);
}

#[test]
fn a_server_that_asks_without_end_is_left() {
    let token = BearerToken::new("u", "token").unwrap();
    let mut mechanisms: [&mut dyn Mechanism; 6] = [
        &mut scram(),
        &mut CramMd5::new(credentials()),
        &mut OAuthBearer::new(token),
        &mut XOAuth2::new(token),
        &mut External::new(),
        &mut Anonymous::new("").unwrap(),
    ];
    for mechanism in &mut mechanisms {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut client = Client::new(&mut rx, &mut tx).over_tls();
        hello(&mut client);
        client.auth(&mut **mechanism).unwrap();
        sent(&mut client);
        let mut cancelled = false;
        let ended = (0..10).find_map(|_| {
            feed(&mut client, b"334 \r\n");
            assert_eq!(client.poll(), Ok(Want::Event));
            let ended = client.auth_respond(&mut **mechanism).err();
            cancelled |= sent(&mut client) == "*\r\n";
            ended
        });
        assert!(cancelled);
        assert_eq!(ended, Some(Error::Protocol(Protocol::EndlessAuth)));
    }
}

type Make = fn(Credentials<'static>, BearerToken<'static>) -> Box<dyn Mechanism>;

#[test]
fn what_is_missing_of_tx_is_told_before_anything_is_sent() {
    // users with and without octets to be escaped
    const USERS: [&str; 2] =
        ["t", "=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,=,="];
    let first = ask(&format!("r={NONCE}{},s={},i=4096", "x".repeat(128), encoded(SALT)));
    let make: [Make; 5] = [
        |credentials, _| Box::new(ScramSha256::new(credentials, nonce())),
        |credentials, _| {
            Box::new(ScramSha256::new(credentials, nonce()).bound(ChannelBinding::tls_exporter(&[7; 32])))
        },
        |credentials, _| Box::new(CramMd5::new(credentials)),
        |_, token| Box::new(OAuthBearer::new(token).to_server("mail.example.test", 587).unwrap()),
        |_, token| Box::new(XOAuth2::new(token)),
    ];
    for (make, user) in make.into_iter().flat_map(|make| USERS.map(|user| (make, user))) {
        let attempt = |size: usize| {
            let token = BearerToken::new(user, "token").unwrap();
            let mut mechanism = make(Credentials::new(user, PASSWORD).unwrap(), token);
            let (mut rx, mut tx) = ([0; 1024], vec![0; size]);
            let mut client = Client::new(&mut rx, &mut tx).over_tls();
            hello(&mut client);
            let begun = client.auth(&mut *mechanism);
            if begun.is_ok() {
                sent(&mut client);
                feed(&mut client, first.as_bytes());
                client.poll().unwrap();
                client.auth_respond(&mut *mechanism).expect("room for every message");
                assert_ne!(sent(&mut client), "*\r\n");
            }
            begun
        };
        let Err(Error::Capacity(short)) = attempt(10) else { panic!() };
        let needed = short.needed();
        assert_eq!(short.buffer(), Buffer::Tx);
        assert_eq!(attempt(needed), Ok(()));
        assert!(attempt(needed - 1).is_err());
    }
}

/// The engine keeps this much free before it asks for an answer, which a mechanism gives once.
#[test]
fn each_mechanism_knows_the_length_of_its_longest_message() {
    let nonce = || Nonce::from_text("0123456789abcdef").unwrap();
    let first = format!("r=0123456789abcdef{},s=c2FsdA==,i=4096", "x".repeat(128));
    let token = BearerToken::new("a=user,with=signs", "token").unwrap();
    let only = |name| {
        let mut password = Password::new(credentials());
        password.choose(AuthMechanisms::NONE.with(name));
        Box::new(password) as Box<dyn Mechanism>
    };
    let table: [(Box<dyn Mechanism>, &[&str]); 12] = [
        (Box::new(Plain::new(credentials())), &[""]),
        (only(AuthMechanism::Plain), &[""]),
        (Box::new(Login::new(credentials())), &["Username:", "Password:"]),
        (only(AuthMechanism::Login), &["Username:", "Password:"]),
        (Box::new(CramMd5::new(credentials())), &["<1@b>"]),
        (Box::new(External::new()), &[""]),
        (Box::new(External::on_behalf_of("somebody").unwrap()), &[""]),
        (Box::new(Anonymous::new("somebody").unwrap()), &[""]),
        (Box::new(OAuthBearer::new(token)), &["", "{}"]),
        (Box::new(OAuthBearer::new(token).to_server("mail.example.test", 587).unwrap()), &[""]),
        (Box::new(XOAuth2::new(token)), &["", "{}"]),
        (Box::new(ScramSha256::new(credentials(), nonce())), &["", &first]),
    ];
    for (mut mechanism, challenges) in table {
        let lines: Vec<_> = challenges.iter().map(|challenge| ask(challenge)).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let said = exchange(&mut *mechanism, &lines, 0);
        // An empty message is written so.
        let length = |line: &String| if line.ends_with(" =\r\n") { 0 } else { message(line).len() };
        let longest = said.iter().map(length).max();
        assert_eq!(Some(mechanism.longest()), longest, "{:?}: {said:?}", mechanism.mechanism());
    }
}

/// A client's three messages at our server's half, each changed by `change`.
fn at_server(
    plus: Option<ChannelBinding<'_>>,
    beside: bool,
    client: ScramSha256<'_>,
    change: impl Fn(usize, String) -> String,
) -> Result<(), Refusal> {
    let verifier = Verifier::derive(PASSWORD, SALT, 4096);
    let mut scratch = [0; 512];
    let mut server = server::ScramSha256::new(Nonce::from_random([9; 18]), &mut scratch);
    if beside {
        server = server.beside_plus();
    }
    if let Some(binding) = plus {
        server = server.bound(binding);
    }
    let mut client = client;
    let first = message(&exchange(&mut client, &[], 0)[0]);
    server.first(change(0, first).as_bytes())?;
    let challenge = String::from_utf8(server.challenge(&verifier)?.to_vec()).unwrap();
    let said = exchange(&mut client, &[&ask(&challenge)], 0);
    let last = String::from_utf8(server.verify(change(1, message(&said[1])).as_bytes())?.to_vec()).unwrap();
    client.renew(nonce());
    exchange(&mut client, &[&ask(&challenge), &ask(&last)], 0);
    assert!(client.accept());
    assert!(server.is_done(b""));
    Ok(())
}

type Change = fn(String) -> String;

#[test]
fn a_client_that_does_not_prove_itself_is_refused() {
    let same = |_: usize, text: String| text;
    let exporter = ChannelBinding::tls_exporter(&[1; 32]);
    let other = ChannelBinding::tls_exporter(&[2; 32]);
    let end_point = ChannelBinding::tls_server_end_point(&[1; 32]);
    assert_eq!(at_server(None, false, scram(), same), Ok(()));
    assert_eq!(at_server(None, true, scram(), same), Ok(()));
    assert_eq!(at_server(None, false, scram().binding_not_offered(), same), Ok(()));
    assert_eq!(at_server(Some(exporter), true, scram().bound(exporter), same), Ok(()));
    assert_eq!(at_server(Some(end_point), true, scram().bound(end_point), same), Ok(()));
    // the offer of PLUS was stripped on the way
    let refused = Err(Refusal::ChannelBinding);
    assert_eq!(at_server(None, true, scram().binding_not_offered(), same), refused);
    // another TLS session, another kind, none
    assert_eq!(at_server(Some(exporter), true, scram().bound(other), same), refused);
    assert_eq!(at_server(Some(exporter), true, scram().bound(end_point), same), refused);
    assert_eq!(at_server(Some(exporter), true, scram(), same), refused);
    assert_eq!(at_server(None, true, scram().bound(exporter), same), refused);
    // the flag was changed on the way
    let change = |at: usize, text: String| if at == 0 { text.replacen("y,", "n,", 1) } else { text };
    assert_eq!(at_server(None, true, scram().binding_not_offered(), change), refused);

    let wrong = ScramSha256::new(Credentials::new("timothy", "tanstaaf").unwrap(), nonce());
    assert_eq!(at_server(None, false, wrong, same), Err(Refusal::Proof));
    let table: [(usize, Change, Refusal); 20] = [
        (0, |_| String::new(), Refusal::Syntax),
        (0, |text| text.replace("n,,", "x,,"), Refusal::ChannelBinding),
        (0, |text| text.replace("n,,", "n,x,"), Refusal::Syntax),
        (0, |text| text.replace("n,,", "n,a=,"), Refusal::Syntax),
        (0, |text| text.replace("n=timothy", "n="), Refusal::Syntax),
        (0, |text| text.replace("n=timothy", "n=tim=2Dothy"), Refusal::Syntax),
        (0, |text| text.replace("n=timothy", "m=x,n=timothy"), Refusal::Extension),
        (0, |text| format!("{text},m=x"), Refusal::Extension),
        (0, |text| format!("{text},x="), Refusal::Syntax),
        (0, |text| format!("{text},x=\0"), Refusal::Syntax),
        (0, |text| format!("{text},x=y\0"), Refusal::Syntax),
        (0, |text| format!("{text},1=y"), Refusal::Syntax),
        (0, |text| text.replace("r=", "r= "), Refusal::Syntax),
        (0, |text| format!("{text}{}", "x".repeat(500)), Refusal::TooLong),
        (1, |text| text.replace("r=", "r=x"), Refusal::Nonce),
        (1, |text| text.replace("c=biws", "c=biw"), Refusal::ChannelBinding),
        (1, |text| text.replace(",p=", ",m=x,p="), Refusal::Extension),
        (1, |text| text.replace(",p=", ",x=,p="), Refusal::Syntax),
        (1, |text| text.replace(",p=", ",x,p="), Refusal::Syntax),
        (1, |text| text.rsplit_once(',').unwrap().0.to_owned(), Refusal::Syntax),
    ];
    for (place, change, refusal) in table {
        let change = |at: usize, text: String| if at == place { change(text) } else { text };
        assert_eq!(at_server(None, false, scram(), change), Err(refusal));
    }
    // fronts of the proof
    for left in [1, 2, 4, 43, 44, 45, 46, 47, 48, 60] {
        let change = |at: usize, text: String| {
            if at == 1 { text[..text.len() - left].to_owned() } else { text }
        };
        assert!(at_server(None, false, scram(), change).is_err());
    }
}

#[test]
fn calls_out_of_turn_prove_nothing() {
    let verifier = Verifier::derive(PASSWORD, SALT, 4096);
    let mut scratch = [0; 256];
    let mut server = server::ScramSha256::new(nonce(), &mut scratch);
    assert!(!server.is_done(b""));
    assert_eq!(server.verify(b"c=biws,r=,p="), Err(Refusal::Syntax));
    assert!(server.first(b"n,,n=u,r=abc").is_err(), "it is over");
    server.renew(nonce());
    assert_eq!(server.challenge(&verifier), Err(Refusal::Syntax));
    server.renew(nonce());
    assert!(server.first(b"n,,n=u,r=abc").is_ok() && server.first(b"n,,n=u,r=abc").is_err());
    // any size of the scratch memory
    for size in 0..200 {
        let mut scratch = vec![0; size];
        let mut server = server::ScramSha256::new(nonce(), &mut scratch);
        let first = server.first(b"n,,n=u,r=abc").map(|_| ());
        let done = first.and_then(|()| server.challenge(&verifier).map(|_| ()));
        assert_eq!(done, if size < 72 { Err(Refusal::TooLong) } else { Ok(()) }, "{size}");
    }
}

#[test]
fn bearers_that_are_none_are_refused() {
    for message in [
        "",
        "n,,\u{1}\u{1}",
        "n,,\u{1}auth=Bearer \u{1}\u{1}",
        "n,,\u{1}auth=Basic abc\u{1}\u{1}",
        "n,,\u{1}auth=Bearer a b\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}auth=Bearer abc\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}port=x\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}port=65536\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}port=+25\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}port=\u{1}\u{1}",
        "n,,\u{1}auth=Bearer a=c\u{1}\u{1}",
        "n,,\u{1}auth=Bearer =\u{1}\u{1}",
        "n,,\u{1}auth=Bearer a\u{e9}\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}=\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}x\u{1}\u{1}",
        "n,a=,\u{1}auth=Bearer abc\u{1}\u{1}",
        "n,x,\u{1}auth=Bearer abc\u{1}\u{1}",
        "p=tls-exporter,,\u{1}auth=Bearer abc\u{1}\u{1}",
        "n,,\u{1}auth=Bearer abc\u{1}\u{1}\u{1}",
    ] {
        assert!(server::OAuthBearer::parse(message.as_bytes()).is_none(), "{message:?}");
    }
    for message in
        ["n,,\u{1}auth=bearer  abc\u{1}\u{1}", "y,,\u{1}host=h\u{1}new=thing\u{1}auth=Bearer abc\u{1}\u{1}"]
    {
        assert_eq!(server::OAuthBearer::parse(message.as_bytes()).unwrap().token(), "abc");
    }
    for message in [
        "user=\u{1}auth=Bearer t\u{1}\u{1}",
        "user=a\u{1}x=y\u{1}auth=Bearer t\u{1}\u{1}",
        "user=a\u{1}auth=Bearer t\u{1}",
    ] {
        assert!(server::XOAuth2::parse(message.as_bytes()).is_none(), "{message:?}");
    }
    assert!(server::OAuthBearer::parse(&[0xff]).is_none() && server::XOAuth2::parse(&[0xff]).is_none());
}

#[test]
fn nonces_are_long_and_printable() {
    for (text, good) in [
        ("0123456789abcdef", true),
        ("0123456789abcde", false),
        ("0123456789abcdef0123456789abcdef", true),
        ("0123456789abcdef0123456789abcdef0", false),
        ("0123456789abcde,", false),
        ("0123456789abcde ", false),
        ("0123456789abcde\u{e9}", false),
        ("0123456789abcdef\r", false),
        ("01234567\n89abcdef", false),
        ("\x000123456789abcdef", false),
    ] {
        assert_eq!(Nonce::from_text(text).is_ok(), good, "{text}");
    }
    let mut scram = ScramSha256::new(credentials(), Nonce::from_random([0xff; 18]));
    assert_eq!(message(&exchange(&mut scram, &[], 0)[0]), format!("n,,n=timothy,r={}", "/".repeat(24)));
}

#[test]
fn the_strongest_that_both_sides_have_is_chosen() {
    use AuthMechanism::{CramMd5 as Cram, Login, Plain, ScramSha256 as Scram, ScramSha256Plus as Plus};
    let data = [0; 32];
    let (mut plus, mut plain_scram) = (scram().bound(ChannelBinding::tls_exporter(&data)), scram());
    let (mut cram, mut plain) = (CramMd5::new(credentials()), sasl::Plain::new(credentials()));
    let mut list: [&mut dyn Mechanism; 4] = [&mut plain, &mut cram, &mut plus, &mut plain_scram];
    let mut login = Strongest::new(&mut list);
    assert!(login.is_wanted() && login.mechanism().is_none());
    let set =
        |names: &[AuthMechanism]| names.iter().copied().fold(AuthMechanisms::NONE, AuthMechanisms::with);
    for (offered, chosen) in [
        (&ALL[..], Some(Plus)),
        (&[Plain, Login, Scram, Cram], Some(Scram)),
        (&[Plain, Login, Cram], Some(Cram)),
        (&[Login, Plain], Some(Plain)),
        (&[Login], None),
        (&[], None),
    ] {
        assert_eq!(login.choose(set(offered)), chosen);
        assert_eq!(login.mechanism().map(|mechanism| mechanism.mechanism()), chosen);
        assert_eq!(login.chosen(), chosen);
    }
    assert!(!Strongest::new(&mut []).is_wanted());
    let mut by_strength = ALL;
    by_strength.sort_by_key(|name| std::cmp::Reverse(name.strength()));
    assert_eq!(by_strength, ALL);
}

#[test]
fn secrets_are_printed_by_nothing() {
    let token = BearerToken::new("timothy", PASSWORD).unwrap();
    let verifier = Verifier::derive(PASSWORD, SALT, 4096);
    let mut scratch = [0; 256];
    let mut half = server::ScramSha256::new(nonce(), &mut scratch);
    half.first(b"n,,n=timothy,r=abc").unwrap();
    half.challenge(&verifier).unwrap();
    let mut scram = scram();
    exchange(&mut scram, &[&ask(&format!("r={NONCE}x,s={},i=4096", encoded(SALT)))], 0);
    let bearer = format!("n,,\u{1}auth=Bearer {PASSWORD}\u{1}\u{1}");
    let old = format!("user=timothy\u{1}auth=Bearer {PASSWORD}\u{1}\u{1}");
    let mut plain = Plain::new(credentials());
    let mut list: [&mut dyn Mechanism; 1] = [&mut plain];
    for printed in [
        format!("{token:?} {:?} {:?}", OAuthBearer::new(token), XOAuth2::new(token)),
        format!("{verifier:?} {half:?} {scram:?} {:?}", nonce()),
        format!("{:?}", ChannelBinding::tls_server_end_point(PASSWORD.as_bytes())),
        format!("{:?} {:?}", CramMd5::new(credentials()), server::CramMd5::new(b"challenge", &mut [0; 16])),
        format!("{:?}", server::OAuthBearer::parse(bearer.as_bytes()).unwrap()),
        format!("{:?}", server::XOAuth2::parse(old.as_bytes()).unwrap()),
        format!("{:?}", Strongest::new(&mut list)),
    ] {
        for secret in [PASSWORD, "timothy", NONCE, "challenge"] {
            assert!(!printed.contains(secret), "{printed}");
            let list = format!("{:?}", secret.as_bytes());
            assert!(!printed.contains(list.trim_matches(['[', ']'])), "{printed}");
        }
        for key in [verifier.stored_key(), verifier.server_key()] {
            assert!(!printed.contains(format!("{key:?}").trim_matches(['[', ']'])), "{printed}");
        }
    }
}

/// What is derived from a password does not outlive who derived it.
#[test]
fn keys_and_what_they_were_made_from_are_wiped() {
    let verifier = Verifier::derive(PASSWORD, SALT, 4096);
    for upto in 1..=3 {
        let mut scratch = [0; 256];
        let mut half = server::ScramSha256::new(nonce(), &mut scratch);
        let mut client = scram();
        let first = message(&exchange(&mut client, &[], 0)[0]);
        half.first(first.as_bytes()).unwrap();
        if upto > 1 {
            let challenge = String::from_utf8(half.challenge(&verifier).unwrap().to_vec()).unwrap();
            if upto > 2 {
                let proof = message(&exchange(&mut client, &[&ask(&challenge)], 0)[1]);
                half.verify(proof.as_bytes()).unwrap();
            }
        }
        drop(half);
        assert_eq!(scratch, [0; 256], "{upto}");
    }
    // What cannot be looked at from here is wiped by its type: nothing else in them is dropped.
    assert!(std::mem::needs_drop::<ScramSha256<'_>>());
    assert!(std::mem::needs_drop::<Verifier<'_>>());
    assert!(std::mem::needs_drop::<server::ScramSha256<'_>>());
    // The others have no memory of their own: passwords and tokens are lent to them.
    assert!(!std::mem::needs_drop::<Credentials<'_>>() && !std::mem::needs_drop::<BearerToken<'_>>());
}
