//! Logging in: the exchanges, the memory they need, and where secrets may lie.

mod support;

use embedded_smtp::client::{Client, Event, Transfer};
use embedded_smtp::sasl::{
    Authenticator, Cancel, Challenge, Credentials, Login, Mechanism, Message, Password, Plain, Unfit,
};
use embedded_smtp::session::{Endpoint, MAX_CHALLENGES, Want};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName, ReversePath, Severity, Verb};
use embedded_smtp::{Buffer, Capacity, Error, Misuse, Protocol};
use support::client::{mail, with_settings};
use support::feed::{events, feed, hello, sent};

const USER: &str = "timothy";
const PASSWORD: &str = "tanstaaftanstaaf";
/// Both, in base64, as LOGIN sends them, and as PLAIN does.
const ENCODED: [&str; 3] =
    ["dGltb3RoeQ==", "dGFuc3RhYWZ0YW5zdGFhZg==", "AHRpbW90aHkAdGFuc3RhYWZ0YW5zdGFhZg=="];

fn credentials() -> Credentials<'static> {
    Credentials::new(USER, PASSWORD).unwrap()
}

fn over_tls<'b>(rx: &'b mut [u8], tx: &'b mut [u8]) -> Client<'b> {
    let mut client = Client::new(rx, tx).over_tls();
    hello(&mut client, b"220 hi\r\n", &["AUTH PLAIN LOGIN"]);
    client
}

/// One turn: the reply, what was told of it, and what is sent then.
fn turn(client: &mut Client<'_>, mechanism: &mut dyn Mechanism, reply: &str) -> (String, String) {
    feed(client, reply.as_bytes());
    assert_eq!(client.poll(), Ok(Want::Event), "{reply}");
    let Some(Event::Reply { to, reply }) = client.event() else { panic!("{reply}") };
    let told = format!("{to:?} {}", reply.code);
    if reply.severity() == Severity::Intermediate {
        client.auth_respond(mechanism).unwrap();
    }
    (told, sent(client))
}

/// A name, the mechanism, the line of AUTH, and then each reply and what is sent behind it.
type Row<'t> = (&'t str, Box<dyn Mechanism>, String, Vec<(&'t str, &'t str)>);

#[test]
fn exchanges_go_by_their_numbers_whatever_the_prompts_say() {
    let plain = || Box::new(Plain::new(credentials())) as Box<dyn Mechanism>;
    let login = || Box::new(Login::new(credentials())) as Box<dyn Mechanism>;
    let initial = || Box::new(Login::new(credentials()).with_initial_response()) as Box<dyn Mechanism>;
    let [user, password, both] = ENCODED.map(|text| format!("{text}\r\n"));
    let long = format!("334 {}\r\n", "VXNlcm5hbWU6".repeat(30));
    let table: [Row<'_>; 12] = [
        ("plain", plain(), format!("AUTH PLAIN {both}"), vec![("235 ok\r\n", "")]),
        (
            "plain asked again",
            plain(),
            format!("AUTH PLAIN {both}"),
            vec![("334 \r\n", &both), ("235 ok\r\n", "")],
        ),
        ("plain refused", plain(), format!("AUTH PLAIN {both}"), vec![("535 5.7.8 no\r\n", "")]),
        ("plain, weaker", plain(), format!("AUTH PLAIN {both}"), vec![("534 5.7.9 too weak\r\n", "")]),
        (
            "plain asked twice",
            plain(),
            format!("AUTH PLAIN {both}"),
            vec![("334\r\n", &both), ("334\r\n", "*\r\n"), ("501 ok\r\n", "")],
        ),
        (
            "login",
            login(),
            "AUTH LOGIN\r\n".into(),
            vec![("334 VXNlcm5hbWU6\r\n", &user), ("334 UGFzc3dvcmQ6\r\n", &password), ("235 ok\r\n", "")],
        ),
        (
            "login, no prompts",
            login(),
            "AUTH LOGIN\r\n".into(),
            vec![("334\r\n", &user), ("334 \r\n", &password), ("235 ok\r\n", "")],
        ),
        (
            "login, lower case",
            login(),
            "AUTH LOGIN\r\n".into(),
            vec![
                ("334 dXNlcm5hbWU6\r\n", &user),
                ("334 VXNlciBOYW1lAA==\r\n", &password),
                ("235 ok\r\n", ""),
            ],
        ),
        (
            "login, not base64",
            login(),
            "AUTH LOGIN\r\n".into(),
            vec![("334 Username:\r\n", &user), ("334 \u{fc}\r\n", &password), ("535 no\r\n", "")],
        ),
        (
            "login, long prompt",
            login(),
            "AUTH LOGIN\r\n".into(),
            vec![(&long, &user), ("334 x\r\n", &password), ("235 ok\r\n", "")],
        ),
        (
            "login, initial",
            initial(),
            format!("AUTH LOGIN {user}"),
            vec![("334 UGFzc3dvcmQ6\r\n", &password), ("235 ok\r\n", "")],
        ),
        (
            "login, initial, twice",
            initial(),
            format!("AUTH LOGIN {user}"),
            vec![("334 UGFzc3dvcmQ6\r\n", &password), ("334 UGFzc3dvcmQ6\r\n", "*\r\n"), ("501 no\r\n", "")],
        ),
    ];
    for (name, mut mechanism, first, turns) in table {
        let (mut rx, mut tx) = ([0; 400], [0; 128]);
        let mut client = over_tls(&mut rx, &mut tx);
        client.auth(&mut *mechanism).unwrap();
        assert_eq!(sent(&mut client), first, "{name}");
        let mut verb = "Auth";
        for (reply, answer) in turns {
            let (told, said) = turn(&mut client, &mut *mechanism, reply);
            assert_eq!(said, answer, "{name} {reply}");
            assert_eq!(told, format!("{verb} {}", &reply[..3]), "{name}");
            assert_eq!(client.is_authenticated(), reply.starts_with("235"), "{name}");
            verb = "AuthResponse";
        }
        // Once is enough; after a failure it may be tried again (RFC 4954 §4).
        assert_eq!(client.auth(&mut *mechanism).is_ok(), !client.is_authenticated(), "{name}");
    }
}

/// Whoever has a name and a password, and a server that offers PLAIN.
#[test]
fn a_choice_of_plain_answers_as_plain_does() {
    let mut password = Password::new(credentials());
    let offered = AuthMechanisms::NONE.with(AuthMechanism::Login).with(AuthMechanism::Plain);
    assert_eq!(password.choose(offered), Some(AuthMechanism::Plain));
    let (mut rx, mut tx) = ([0; 400], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    client.auth(&mut password).unwrap();
    assert_eq!(sent(&mut client), format!("AUTH PLAIN {}\r\n", ENCODED[2]));
    assert_eq!(turn(&mut client, &mut password, "334 \r\n").1, format!("{}\r\n", ENCODED[2]));
    assert_eq!(turn(&mut client, &mut password, "334 \r\n").1, "*\r\n");
}

#[test]
fn a_prompt_longer_than_the_buffer_does_not_keep_login_from_answering() {
    let (mut rx, mut tx) = ([0; 64], [0; 64]);
    let mut client = over_tls(&mut rx, &mut tx);
    let mut login = Login::new(credentials());
    client.auth(&mut login).unwrap();
    sent(&mut client);
    for octets in format!("334 {}\r\n", "VXNlcm5hbWU6".repeat(30)).as_bytes().chunks(1) {
        feed(&mut client, octets);
        if client.poll() == Ok(Want::Event) {
            client.auth_respond(&mut login).unwrap();
        }
    }
    assert_eq!(sent(&mut client), format!("{}\r\n", ENCODED[0]));
}

/// Answers with what it was asked.
#[derive(Debug)]
struct Echo;

impl Mechanism for Echo {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Login
    }

    fn longest(&self) -> usize {
        60
    }

    fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
        false
    }

    fn respond(
        &mut self,
        _: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel> {
        message.put(challenge.decode()?);
        Ok(())
    }
}

#[test]
fn what_is_left_of_a_challenge_that_was_cut_or_is_gone_is_no_challenge() {
    let short = "QUJD".repeat(10);
    let long = "QUJD".repeat(30);
    for (challenge, gone, answer) in
        [(&short, false, short.as_str()), (&long, false, "*"), (&short, true, "*"), (&long, true, "*")]
    {
        let (mut rx, mut tx) = ([0; 64], [0; 128]);
        let mut client = over_tls(&mut rx, &mut tx);
        client.auth(&mut Echo).unwrap();
        assert_eq!(sent(&mut client), "AUTH LOGIN\r\n");
        for octet in format!("334 {challenge}\r\n").bytes() {
            feed(&mut client, &[octet]);
            if octet != b'\n' {
                assert_eq!(client.poll(), Ok(Want::Read));
            }
        }
        assert_eq!(client.poll(), Ok(Want::Event));
        if gone {
            assert_eq!(client.poll(), Ok(Want::Read));
        }
        client.auth_respond(&mut Echo).unwrap();
        assert_eq!(sent(&mut client), format!("{answer}\r\n"), "gone: {gone}");
    }
}

#[test]
fn a_server_that_never_stops_asking_is_left() {
    // behind "*" at once
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    let mut login = Login::new(credentials());
    client.auth(&mut login).unwrap();
    sent(&mut client);
    for answer in [&format!("{}\r\n", ENCODED[0]), &format!("{}\r\n", ENCODED[1]), "*\r\n"] {
        assert_eq!(turn(&mut client, &mut login, "334 \r\n").1, *answer);
    }
    feed(&mut client, b"334 \r\n");
    assert_eq!(client.poll(), Ok(Want::Event));
    assert_eq!(client.auth_respond(&mut login), Err(Protocol::EndlessAuth.into()));
    assert!(client.transmit().is_empty());
    assert_eq!(client.poll(), Err(Protocol::EndlessAuth.into()));

    // and with a mechanism that always has an answer
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    let mut patient = Patient;
    client.auth(&mut patient).unwrap();
    sent(&mut client);
    let mut asked = 0;
    loop {
        feed(&mut client, b"334 \r\n");
        assert_eq!(client.poll(), Ok(Want::Event));
        if client.auth_respond(&mut patient).is_err() {
            break;
        }
        asked += 1;
        sent(&mut client);
        assert!(asked <= MAX_CHALLENGES);
    }
    assert_eq!(asked, MAX_CHALLENGES);
}

/// Answers everything with nothing; has an empty initial response.
#[derive(Debug)]
struct Patient;

impl Mechanism for Patient {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Plain
    }

    fn longest(&self) -> usize {
        0
    }

    fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
        true
    }

    fn respond(
        &mut self,
        _: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel> {
        assert_eq!(
            (format!("{challenge:?}"), format!("{message:?}")),
            ("Challenge(..)".into(), "Message(..)".into())
        );
        Ok(())
    }
}

/// A mechanism that reveals nothing, and says nothing.
#[derive(Debug)]
struct Silent;

impl Mechanism for Silent {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::CramMd5
    }

    fn longest(&self) -> usize {
        0
    }

    fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
        false
    }

    fn respond(&mut self, _: u8, _: Challenge<'_>, _: &mut Message<'_, '_>) -> Result<(), Cancel> {
        Err(Cancel)
    }
}

#[test]
fn an_empty_initial_response_is_an_equals_sign() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    client.auth(&mut Patient).unwrap();
    assert_eq!(sent(&mut client), "AUTH PLAIN =\r\n");
}

/// Writes half of what it has, and finds that it does not go on.
#[derive(Debug)]
struct Hesitant;

impl Mechanism for Hesitant {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Login
    }

    fn longest(&self) -> usize {
        PASSWORD.len()
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        message.put(PASSWORD.as_bytes());
        false
    }

    fn respond(&mut self, _: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        message.put(PASSWORD.as_bytes());
        Err(Cancel)
    }
}

#[test]
fn what_a_mechanism_wrote_before_it_gave_up_does_not_go_out_and_does_not_stay() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    client.auth(&mut Hesitant).unwrap();
    assert_eq!(sent(&mut client), "AUTH LOGIN\r\n");
    assert_eq!(turn(&mut client, &mut Hesitant, "334 \r\n").1, "*\r\n");
    drop(client);
    assert_eq!(tx, [0; 128]);
}

#[test]
fn giving_up_is_for_an_exchange_and_a_server_that_goes_on_behind_it_is_left() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    hello(&mut client, b"220 hi\r\n", &["AUTH LOGIN", "CHUNKING", "BINARYMIME"]);
    let refused = Err(Misuse::OutOfOrder(Verb::AuthResponse).into());
    let binary = Transfer { binary: true, ..Transfer::default() };
    client.mail(&ReversePath::Null, &binary).unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n");
    events(&mut client);
    assert_eq!(client.auth_cancel(), refused);
    client.rset().expect("the session goes on");
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n");
    events(&mut client);

    client.auth(&mut Echo).unwrap();
    sent(&mut client);
    feed(&mut client, b"334 \r\n");
    events(&mut client);
    client.auth_cancel().unwrap();
    assert_eq!(sent(&mut client), "*\r\n");
    feed(&mut client, b"334 \r\n");
    events(&mut client);
    assert_eq!(client.auth_cancel(), Err(Protocol::EndlessAuth.into()));
    assert!(client.transmit().is_empty() && !client.is_open());
}

/// RFC 3207 §4.2: what was found out in clear is forgotten.
#[test]
fn a_login_in_clear_is_none_under_tls() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    hello(&mut client, b"220 hi\r\n", &["AUTH PLAIN", "STARTTLS"]);
    client.auth(&mut Plain::new(credentials())).unwrap();
    sent(&mut client);
    feed(&mut client, b"235 welcome\r\n");
    events(&mut client);
    client.starttls().unwrap();
    sent(&mut client);
    feed(&mut client, b"220 go on\r\n");
    assert_eq!(events(&mut client).last().unwrap(), "StartTls");
    assert!(client.is_authenticated());
    client.tls_established().unwrap();
    assert!(!client.is_authenticated());
    hello(&mut client, b"", &["AUTH PLAIN"]);
    assert_eq!(client.auth(&mut Plain::new(credentials())), Ok(()));
}

#[test]
fn giving_up_leaves_a_clean_session() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    assert!(client.auth_cancel().is_err() && client.auth_respond(&mut Patient).is_err());
    client.auth(&mut Login::new(credentials())).unwrap();
    assert!(client.auth_cancel().is_err(), "the reply is awaited first");
    sent(&mut client);
    feed(&mut client, b"334 \r\n");
    assert_eq!(client.poll(), Ok(Want::Event));
    for verb in [Verb::Mail, Verb::Quit, Verb::Noop, Verb::Rset, Verb::Auth, Verb::Ehlo] {
        assert!(!client.permits(verb), "{verb:?} inside the exchange");
    }
    client.auth_cancel().unwrap();
    assert_eq!(sent(&mut client), "*\r\n");
    feed(&mut client, b"501 cancelled\r\n");
    assert_eq!(events(&mut client), ["AuthResponse 501 cancelled"]);
    assert!(client.permits(Verb::Mail) && client.permits(Verb::Auth) && !client.is_authenticated());
}

#[test]
fn what_is_missing_of_tx_is_told_exactly_and_before_anything_is_sent() {
    let long = "p".repeat(4096);
    let credentials = [
        credentials(),
        Credentials::new("u", &long).unwrap(),
        Credentials::new(&long, "p").unwrap(),
        Credentials::new(&long, &long).unwrap(),
        Credentials::new("u", "").unwrap(),
    ];
    for credentials in credentials {
        let make: [fn(Credentials<'_>) -> Box<dyn Mechanism + '_>; 3] = [
            |credentials| Box::new(Plain::new(credentials)),
            |credentials| Box::new(Login::new(credentials)),
            |credentials| Box::new(Login::new(credentials).with_initial_response()),
        ];
        for make in make {
            let attempt = |size: usize| {
                let (mut rx, mut tx) = ([0; 128], vec![0; size]);
                let mut client = over_tls(&mut rx, &mut tx);
                let before = (client.phase(), client.in_flight());
                let mut mechanism = make(credentials);
                let begun = client.auth(&mut *mechanism);
                if begun.is_err() {
                    assert!(client.transmit().is_empty());
                    assert_eq!(before, (client.phase(), client.in_flight()));
                    return begun;
                }
                // What begins goes through.
                while client.in_flight() > 0 {
                    sent(&mut client);
                    feed(&mut client, b"334 \r\n");
                    assert_eq!(client.poll(), Ok(Want::Event));
                    client.auth_respond(&mut *mechanism).expect("room for every message");
                    if sent(&mut client) == "*\r\n" {
                        break;
                    }
                }
                begun
            };
            let Err(Error::Capacity(short)) = attempt(10) else { panic!("ten octets are too few") };
            let needed = short.needed();
            assert_eq!(short, Capacity::new(Buffer::Tx, needed));
            assert_eq!(attempt(needed), Ok(()));
            let Err(Error::Capacity(short)) = attempt(needed - 1) else {
                panic!("one less of {needed} will do")
            };
            assert_eq!(short.needed(), needed);
        }
    }
}

#[test]
fn a_submission_says_what_is_missing_of_tx_and_has_sent_no_secret() {
    let mut transcript = support::transcript("07");
    let part = &mut transcript.parts[0];
    part.set("password", &"p".repeat(4096));
    let (mut rx, mut tx) = ([0; 512], [0; 256]);
    let mut client = with_settings(part, &mut rx, &mut tx);
    mail(part, &mut client, 100, |submission| {
        submission.poll().unwrap();
        feed(submission, b"220 hi\r\n");
        submission.poll().unwrap();
        sent(submission);
        feed(submission, b"250-hi\r\n250 AUTH PLAIN LOGIN\r\n");
        let Err(Error::Capacity(short)) = submission.poll() else { panic!() };
        // 0 user 0 password, in base64, between "AUTH PLAIN " and CRLF
        assert_eq!(short, Capacity::new(Buffer::Tx, (4096 + 3 + 2_usize).div_ceil(3) * 4 + 13));
        assert!(submission.transmit().is_empty());
    });
}

#[test]
fn secrets_do_not_cross_the_wire_in_clear_unless_it_is_allowed() {
    for keywords in [&["AUTH PLAIN LOGIN"][..], &[]] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = Client::new(&mut rx, &mut tx);
        hello(&mut client, b"220 hi\r\n", keywords);
        let offered = client.capabilities().has(Extension::Auth);
        let refused = if offered { Misuse::ClearText } else { Misuse::NotOffered(Extension::Auth) };
        assert_eq!(client.auth(&mut Plain::new(credentials())), Err(refused.into()));
        assert_eq!(client.auth(&mut Login::new(credentials())), Err(refused.into()));
        assert_eq!(client.auth_unoffered(&mut Login::new(credentials())), Err(Misuse::ClearText.into()));
        assert!(client.transmit().is_empty());
    }
    // Not even a mechanism that reveals nothing is tried in clear without an offer.
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    hello(&mut client, b"220 hi\r\n", &["AUTH CRAM-MD5"]);
    assert_eq!(client.auth_unoffered(&mut Silent), Err(Misuse::ClearText.into()));
    assert_eq!(client.auth(&mut Silent), Ok(()));
    assert_eq!(sent(&mut client), "AUTH CRAM-MD5\r\n");
    // Leave to do it is for what is offered, and never for what is not.
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    hello(&mut client, b"220 hi\r\n", &["AUTH PLAIN"]);
    assert_eq!(client.auth(&mut Login::new(credentials())), Err(Misuse::MechanismNotOffered.into()));
    assert_eq!(client.auth_unoffered(&mut Login::new(credentials())), Err(Misuse::ClearText.into()));
    assert_eq!(client.auth(&mut Plain::new(credentials())), Ok(()));
}

#[test]
fn credentials_say_which_octet_is_wrong_and_where() {
    let good = "tim\u{e9} \x01\t\u{7f}";
    assert!(Credentials::new(good, good).is_ok() && Credentials::new("t", "").is_ok());
    assert!(matches!(Credentials::new("", "p"), Err(Unfit::UserName(_))));
    for at in (0..=good.len()).filter(|at| good.is_char_boundary(*at)) {
        for octet in ["\r", "\n", "\0"] {
            let bad = format!("{}{octet}{}", &good[..at], &good[at..]);
            let (Err(Unfit::UserName(user)), Err(Unfit::Password(password))) =
                (Credentials::new(&bad, good), Credentials::new(good, &bad))
            else {
                panic!("{bad:?}");
            };
            for wrong in [user, password] {
                assert_eq!((wrong.at(), wrong.octet()), (at, octet.bytes().next()));
            }
            let told = Unfit::Password(password).to_string();
            assert!(told.contains("password") && told.contains(&format!("octet {at}")), "{told}");
        }
    }
}

/// All the forms in which a text may be printed.
fn forms(secret: &str) -> Vec<String> {
    let list = |secret: &str| format!("{:?}", secret.as_bytes()).trim_matches(['[', ']']).to_owned();
    let lines = list(secret).replace(", ", ",\n    ");
    vec![secret.to_owned(), list(secret), lines]
}

fn clean(printed: &str) {
    for secret in [PASSWORD, USER].iter().chain(&ENCODED) {
        for form in forms(secret) {
            assert!(!printed.contains(&form), "{form:?} in {printed}");
            // nor its front
            assert!(!printed.contains(&form[..form.len() * 2 / 3]), "the front of {form:?} in {printed}");
        }
    }
}

#[test]
fn secrets_are_printed_by_nothing() {
    let mut password = Password::new(credentials());
    password.choose(AuthMechanisms::NONE.with(AuthMechanism::Plain));
    for printed in [
        format!("{:?}", credentials()),
        format!("{:?}", Plain::new(credentials())),
        format!("{:#?}", Login::new(credentials()).with_initial_response()),
        format!("{password:?}"),
        format!("{password:#?}"),
    ] {
        clean(&printed);
    }
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    client.auth(&mut Plain::new(credentials())).unwrap();
    assert!(String::from_utf8_lossy(client.transmit()).contains(ENCODED[2]));
    clean(&format!("{client:?}"));
    clean(&format!("{client:#?}"));
    sent(&mut client);
    clean(&format!("{client:?}"));

    let mut room = [0; 64];
    let mut writer = embedded_smtp::wire::Writer::new(&mut room);
    writer.put(PASSWORD.as_bytes());
    clean(&format!("{writer:?}"));

    // a submission, with the secret waiting in tx
    let content = embedded_smtp::data::Slice::new(b"text");
    let (mut rx, mut tx, mut texts) = ([0; 128], [0; 128], [0; 8]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    let mut recipients = [];
    let name = HelloName::new("c").unwrap();
    let from = ReversePath::Null;
    let envelope = embedded_smtp::submission::Envelope::new(from, &mut recipients);
    let options = embedded_smtp::submission::Options::new(name);
    hello(&mut client, b"220 hi\r\n", &["AUTH PLAIN LOGIN"]);
    client.auth(&mut Plain::new(credentials())).unwrap();
    let submission = embedded_smtp::submission::Submission::with_login(
        &mut client,
        options,
        envelope,
        content,
        &mut texts,
        password,
    );
    clean(&format!("{submission:?}"));
    clean(&format!("{submission:#?}"));
}

#[test]
fn secrets_are_wiped_once_they_have_gone_or_never_will() {
    type End = fn(&mut Client<'_>);
    let ends: [(&str, End); 5] = [
        ("written", |client| drop(sent(client))),
        ("written by octets", |client| (0..200).for_each(|_| client.transmitted(1))),
        ("timed out", |client| client.timed_out()),
        ("restarted", |client| client.restart(true)),
        ("failed", |client| {
            client.transmitted(5);
            feed(client, b"nonsense\r\n");
            assert!(client.poll().is_err());
        }),
    ];
    for (name, end) in ends {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = over_tls(&mut rx, &mut tx);
        client.auth(&mut Plain::new(credentials())).unwrap();
        end(&mut client);
        assert!(client.transmit().is_empty(), "{name}");
        assert_eq!(tx, [0; 128], "{name}");
    }
    // both messages of LOGIN
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    let mut login = Login::new(credentials());
    client.auth(&mut login).unwrap();
    sent(&mut client);
    turn(&mut client, &mut login, "334 \r\n");
    turn(&mut client, &mut login, "334 \r\n");
    assert_eq!(tx, [0; 128]);
}

/// Claims to need little, writes much: the room is found out too late.
#[derive(Debug)]
struct Understated;

impl Mechanism for Understated {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Login
    }

    fn longest(&self) -> usize {
        1
    }

    fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
        false
    }

    fn respond(&mut self, _: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        message.put(PASSWORD.repeat(10).as_bytes());
        Ok(())
    }
}

#[test]
fn half_a_secret_is_not_left_behind() {
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = over_tls(&mut rx, &mut tx);
    client.auth(&mut Understated).unwrap();
    sent(&mut client);
    feed(&mut client, b"334 \r\n");
    client.poll().unwrap();
    let Err(Error::Capacity(short)) = client.auth_respond(&mut Understated) else { panic!() };
    assert_eq!(short, Capacity::new(Buffer::Tx, 216 + 2));
    assert!(client.transmit().is_empty());
    drop(client);
    assert_eq!(tx, [0; 64]);
}

/// RFC 4954 §4: AUTH is said once in a session, and not within a transaction; another EHLO takes the login from nobody.
#[test]
fn a_second_auth_is_not_said_and_another_ehlo_forgets_no_login() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    let mut plain = Plain::new(credentials());
    let refused = Err(Misuse::OutOfOrder(Verb::Auth).into());
    client.mail(&ReversePath::Null, &()).unwrap();
    assert_eq!(client.auth(&mut plain), refused, "MAIL is in flight");
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n");
    events(&mut client);
    assert_eq!(client.auth(&mut plain), refused, "in a transaction");
    client.rset().unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n");
    events(&mut client);

    client.auth(&mut plain).unwrap();
    sent(&mut client);
    feed(&mut client, b"235 welcome\r\n");
    events(&mut client);
    assert!(client.is_authenticated());
    for again in ["at once", "behind another EHLO"] {
        assert_eq!(client.auth(&mut plain), refused, "{again}");
        assert_eq!(client.auth_unoffered(&mut plain), refused, "{again}");
        assert!(client.transmit().is_empty(), "{again}");
        client.ehlo(HelloName::new("c").unwrap()).unwrap();
        sent(&mut client);
        feed(&mut client, b"250-hi\r\n250 AUTH PLAIN\r\n");
        events(&mut client);
        assert!(client.is_authenticated(), "{again}");
    }
    client.restart(true);
    assert!(!client.is_authenticated());
    hello(&mut client, b"220 hi\r\n", &["AUTH PLAIN"]);
    assert_eq!(client.auth(&mut plain), Ok(()));
}

/// A mechanism has a state, and writes its secret where the answer is to stand: so it is asked when it may speak, and not before.
#[test]
fn who_may_not_speak_now_is_not_asked() {
    /// Must not be asked.
    struct Asked(bool);

    impl Mechanism for Asked {
        fn mechanism(&self) -> AuthMechanism {
            AuthMechanism::Plain
        }

        fn longest(&self) -> usize {
            0
        }

        fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
            self.0 = true;
            true
        }

        fn respond(&mut self, _: u8, _: Challenge<'_>, _: &mut Message<'_, '_>) -> Result<(), Cancel> {
            self.0 = true;
            Ok(())
        }
    }

    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = over_tls(&mut rx, &mut tx);
    let mut mechanism = Asked(false);
    client.mail(&ReversePath::Null, &()).unwrap();
    for command in [Client::auth, Client::auth_unoffered] {
        assert_eq!(command(&mut client, &mut mechanism), Err(Misuse::OutOfOrder(Verb::Auth).into()));
    }
    let refused = Err(Misuse::OutOfOrder(Verb::AuthResponse).into());
    assert_eq!(client.auth_respond(&mut mechanism), refused);
    assert!(!mechanism.0);
}
