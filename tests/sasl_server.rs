//! The server's half of the mechanisms behind their trait: what each message leads to, that nothing serves twice, mechanisms of one's
//! own in the engine, and that nothing of a login outlives a session that ends in the middle of it.

use embedded_smtp::sasl::server::{
    Anonymous, Answer, Claim, CramMd5, External, Judgement, Login, Mechanism, Mechanisms, Message,
    OAuthBearer, Plain, Refusal, ScramSha256, Step, XOAuth2,
};
use embedded_smtp::sasl::{ChannelBinding, Nonce, SaslName, Verifier};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, HelloName};
use embedded_smtp::{Error, Misuse};

/// One of each mechanism, with what they keep in variables behind it.
macro_rules! all_mechanisms {
    (let mut $all:ident) => {
        let (mut cram, mut scram) = ([0; 64], [0; 256]);
        let mut list: [&mut dyn Mechanism; 8] = [
            &mut Plain,
            &mut Login,
            &mut External,
            &mut Anonymous,
            &mut OAuthBearer::new(),
            &mut XOAuth2::new(),
            &mut CramMd5::new(CHALLENGE, &mut cram),
            &mut ScramSha256::new(nonce(), &mut scram),
        ];
        let mut $all = Mechanisms::new(&mut list);
    };
}

const CHALLENGE: &[u8] = b"<1896.697170952@mail.test>";
const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";

fn nonce() -> Nonce {
    Nonce::from_text(NONCE).unwrap()
}

/// A claim in words.
fn words(claim: &Claim<'_>) -> String {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    match claim {
        Claim::Password { authorize_as, user, password } => {
            format!("password {}", [authorize_as, user, password].map(|part| text(part)).join("|"))
        }
        Claim::Name { user, authorize_as } => {
            let mut room = [0; 64];
            let name = user.decode(&mut room).unwrap().to_owned();
            format!("name {name}|{}", authorize_as.map_or("", |other| other.encoded()))
        }
        Claim::Token(token) => {
            let user = token.user().map_or("", |user| user.encoded());
            format!("token {user}|{}|{}", token.host().unwrap_or_default(), token.token())
        }
        Claim::External(user) => format!("external {user}"),
        Claim::Anonymous(trace) => format!("anonymous {trace}"),
        other => format!("{other:?}"),
    }
}

fn said(answer: Answer<'_>) -> String {
    match answer {
        Answer::Challenge(challenge) | Answer::Keep { challenge, .. } => {
            format!("334 {}", String::from_utf8(challenge.to_vec()).unwrap())
        }
        other => format!("{other:?}"),
    }
}

/// The exchange as a driver has it: what is said to each message, and what is claimed before that.
fn exchange(
    mechanism: &mut dyn Mechanism,
    name: AuthMechanism,
    messages: &[Option<&str>],
    judgement: Judgement<'_>,
) -> Vec<String> {
    let (mut told, mut kept) = (Vec::new(), Vec::new());
    for (number, octets) in messages.iter().enumerate() {
        let octets = octets.map(str::as_bytes);
        let before = kept.clone();
        let message = match octets {
            Some(octets) if number > 0 => Message::answer(name, octets, &before),
            octets => Message::first(name, octets),
        };
        let answer = match mechanism.step(message) {
            Step::Answer(answer) => answer,
            Step::Judge(claim) => {
                told.push(words(&claim));
                mechanism.judged(message, judgement)
            }
        };
        if let Answer::Keep { from, to, .. } = answer {
            kept = octets.unwrap()[from..to].to_vec();
        }
        told.push(said(answer));
    }
    told
}

type Row<'r> = (AuthMechanism, &'r [Option<&'r str>], Judgement<'r>, &'r [&'r str]);

#[test]
fn each_mechanism_makes_of_its_messages_a_claim_and_of_the_judgement_an_answer() {
    use AuthMechanism as Name;
    use Judgement::{Accept, Password, Refuse};
    const BEARER: &str = "n,a=u=2Cv,\u{1}host=h\u{1}auth=Bearer abc\u{1}\u{1}";
    const OLD: &str = "user=u=2Cv\u{1}auth=Bearer abc\u{1}\u{1}";
    const ERROR: &str = "334 {\"status\":\"invalid_token\"}";
    let md5 = "tim 5b4a3d2e1f5b4a3d2e1f5b4a3d2e1f5b";
    let syntax = "Refuse(Syntax)";
    let table: &[Row<'_>] = &[
        (Name::Plain, &[Some("a\0u\0p")], Accept, &["password a|u|p", "Accept"]),
        (Name::Plain, &[None, Some("\0u\0p")], Refuse, &["334 ", "password |u|p", "Refuse(Judged)"]),
        (Name::Plain, &[Some("\0u\0p")], Password(b"p"), &["password |u|p", "Refuse(Judged)"]),
        (Name::Plain, &[Some("u\0p")], Accept, &[syntax]),
        (Name::Plain, &[Some("\0u\0p\0")], Accept, &[syntax]),
        (Name::Plain, &[Some("\0\0p")], Accept, &[syntax]),
        (Name::Plain, &[Some("\0u\0")], Accept, &[syntax]),
        (Name::Plain, &[Some("\na\0u\0p")], Accept, &[syntax]),
        (Name::Plain, &[Some("\0u\x7f\0p")], Accept, &[syntax]),
        (Name::Plain, &[Some("")], Accept, &[syntax]),
        (
            Name::Login,
            &[None, Some("u"), Some("p")],
            Accept,
            &["334 Username:", "334 Password:", "password |u|p", "Accept"],
        ),
        (Name::Login, &[Some("u"), Some("p")], Refuse, &["334 Password:", "password |u|p", "Refuse(Judged)"]),
        (Name::Login, &[Some("")], Accept, &[syntax]),
        (Name::Login, &[Some("u\r")], Accept, &[syntax]),
        (Name::Login, &[Some("u"), Some("")], Accept, &["334 Password:", syntax]),
        (Name::External, &[Some("")], Accept, &["external ", "Accept"]),
        (Name::External, &[None, Some("u")], Refuse, &["334 ", "external u", "Refuse(Judged)"]),
        (Name::External, &[Some("u\0")], Accept, &[syntax]),
        (Name::External, &[Some("u\n")], Accept, &[syntax]),
        (Name::XOAuth2, &[Some("user=u\n\u{1}auth=Bearer abc\u{1}\u{1}")], Accept, &[ERROR]),
        (Name::OAuthBearer, &[Some("n,a=u\n,\u{1}auth=Bearer abc\u{1}\u{1}")], Accept, &[ERROR]),
        (Name::OAuthBearer, &[Some("n,,\u{1}host=h\n\u{1}auth=Bearer abc\u{1}\u{1}")], Accept, &[ERROR]),
        (
            Name::CramMd5,
            &[None, Some("tim\n5b4a 5b4a3d2e1f5b4a3d2e1f5b4a3d2e1f5b")],
            Accept,
            &["334 <1896.697170952@mail.test>", syntax],
        ),
        (Name::ScramSha256, &[Some("n,,n=u\t,r=1")], Accept, &[syntax]),
        (Name::ScramSha256, &[Some("n,a=u\x7f,n=u,r=1")], Accept, &[syntax]),
        (Name::Anonymous, &[Some("t")], Accept, &["anonymous t", "Accept"]),
        (Name::Anonymous, &[None, Some("t\n")], Accept, &["334 ", syntax]),
        (Name::OAuthBearer, &[Some(BEARER)], Accept, &["token u=2Cv|h|abc", "Accept"]),
        (
            Name::OAuthBearer,
            &[None, Some(BEARER), Some("\u{1}")],
            Refuse,
            &["334 ", "token u=2Cv|h|abc", ERROR, "Refuse(Judged)"],
        ),
        (Name::OAuthBearer, &[Some("x"), Some(BEARER)], Accept, &[ERROR, "Refuse(Judged)"]),
        (Name::XOAuth2, &[Some(OLD)], Accept, &["token u=2Cv||abc", "Accept"]),
        (Name::XOAuth2, &[Some(OLD), Some(OLD)], Refuse, &["token u=2Cv||abc", ERROR, "Refuse(Judged)"]),
        (
            Name::CramMd5,
            &[None, Some(md5)],
            Password(b"x"),
            &["334 <1896.697170952@mail.test>", "name tim|", "Refuse(Proof)"],
        ),
        (
            Name::CramMd5,
            &[None, Some(md5)],
            Accept,
            &["334 <1896.697170952@mail.test>", "name tim|", "Refuse(Judged)"],
        ),
        (Name::CramMd5, &[None, Some("tim")], Accept, &["334 <1896.697170952@mail.test>", syntax]),
        (Name::CramMd5, &[None, Some(&md5[..35])], Accept, &["334 <1896.697170952@mail.test>", syntax]),
        (Name::CramMd5, &[None, Some(&md5[3..])], Accept, &["334 <1896.697170952@mail.test>", syntax]),
        (Name::CramMd5, &[Some(md5)], Password(b"x"), &[syntax]),
        (Name::ScramSha256, &[Some("n,a=b,n=u,r=1")], Refuse, &["name u|b", "Refuse(Judged)"]),
        (Name::ScramSha256, &[None, Some("n,,n=u,r=1")], Accept, &["334 ", "name u|", "Refuse(Judged)"]),
        (Name::ScramSha256, &[Some("p=tls-exporter,,n=u,r=1")], Accept, &["Refuse(ChannelBinding)"]),
        (Name::ScramSha256Plus, &[Some("p=tls-exporter,,n=u,r=1")], Accept, &["Refuse(Mechanism)"]),
    ];
    for (name, messages, judgement, expected) in table {
        all_mechanisms!(let mut all);
        assert_eq!(exchange(&mut all, *name, messages, *judgement), *expected, "{name:?} {messages:?}");
    }
}

/// RFC 7677 §3, by the trait; and what a client may not do with it.
#[test]
fn scram_goes_by_the_trait_as_by_hand_and_a_nonce_serves_once() {
    const OWN: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const PROOF: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    let salt =
        [0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81];
    let verifier = Verifier::derive("pencil", &salt, 4096);
    let judgement = Judgement::Verifier(&verifier);
    let server_first =
        "334 r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    let server_last = "334 v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
    let mut memory = [0xff; 256];
    let mut scram = ScramSha256::new(Nonce::from_text(OWN).unwrap(), &mut memory);
    let name = AuthMechanism::ScramSha256;
    let whole = [Some(FIRST), Some(PROOF), Some("")];
    let good = ["name user|", server_first, server_last, "Accept"];
    assert_eq!(exchange(&mut scram, name, &whole, judgement), good);
    // A second login with what was recorded of the first.
    assert_eq!(
        exchange(&mut scram, name, &whole, judgement),
        ["Refuse(Spent)", "Refuse(Syntax)", "Refuse(Syntax)"]
    );
    scram.renew(Nonce::from_text(OWN).unwrap());
    let late = exchange(&mut scram, name, &[Some(FIRST), Some(PROOF), Some("x")], judgement);
    assert_eq!(late[3], "Refuse(Syntax)");
    assert_eq!(late[..3], good[..3]);
    scram.renew(Nonce::from_text(OWN).unwrap());
    let wrong = PROOF.replace("dHzb", "dHza");
    let refused = exchange(&mut scram, name, &[Some(FIRST), Some(&wrong), Some("")], judgement);
    assert_eq!(refused, ["name user|", server_first, "Refuse(Proof)", "Refuse(Syntax)"]);
    // A client that leaves in the middle, and begins anew.
    scram.renew(Nonce::from_text(OWN).unwrap());
    exchange(&mut scram, name, &[Some(FIRST)], judgement);
    assert_eq!(exchange(&mut scram, name, &[Some(FIRST)], judgement), ["Refuse(Spent)"]);
    // A refusal forgets at once, not only when it is dropped.
    core::mem::forget(scram);
    assert_eq!(memory, [0; 256]);
}

#[test]
fn one_value_serves_scram_with_and_without_binding() {
    let binding = ChannelBinding::tls_exporter(&[7; 32]);
    let (plain, plus) = (AuthMechanism::ScramSha256, AuthMechanism::ScramSha256Plus);
    for (which, names, name, first, expected) in [
        ("none", &[plain][..], plain, "y,,n=u,r=1", "name u|"),
        ("bound", &[plus], plus, "p=tls-exporter,,n=u,r=1", "name u|"),
        ("bound", &[plus], plain, "n,,n=u,r=1", "Refuse(Mechanism)"),
        ("both", &[plain, plus], plus, "p=tls-exporter,,n=u,r=1", "name u|"),
        ("both", &[plain, plus], plus, "n,,n=u,r=1", "Refuse(ChannelBinding)"),
        ("both", &[plain, plus], plain, "n,,n=u,r=1", "name u|"),
        // It was offered: who says that it was not has been lied to on the way.
        ("both", &[plain, plus], plain, "y,,n=u,r=1", "Refuse(ChannelBinding)"),
        ("both", &[plain, plus], plain, "p=tls-exporter,,n=u,r=1", "Refuse(ChannelBinding)"),
    ] {
        let mut scratch = [0; 256];
        let scram = ScramSha256::new(nonce(), &mut scratch);
        let mut scram = match which {
            "bound" => scram.bound(binding),
            "both" => scram.or_bound(binding),
            _ => scram,
        };
        assert_eq!(scram.names(), names.iter().copied().fold(AuthMechanisms::NONE, AuthMechanisms::with));
        let told = exchange(&mut scram, name, &[Some(first)], Judgement::Refuse);
        assert_eq!(told[0], expected, "{which} {first}");
    }
}

#[test]
fn a_challenge_of_cram_md5_serves_once() {
    let name = AuthMechanism::CramMd5;
    // RFC 2195 §2
    let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
    let answer = "tim b913a602c7eda7a495b4e6e7334d3890";
    let password = Judgement::Password(b"tanstaaftanstaaf");
    let mut memory = [0; 64];
    let mut cram = CramMd5::new(challenge, &mut memory);
    let told = exchange(&mut cram, name, &[None, Some(answer), Some(answer)], password);
    assert_eq!(told[1..], ["name tim|", "Accept", "Refuse(Syntax)"]);
    assert_eq!(
        exchange(&mut cram, name, &[None, Some(answer)], password),
        ["Refuse(Spent)", "Refuse(Syntax)"]
    );
    cram.renew(challenge);
    // Left in the middle: the challenge has been seen.
    exchange(&mut cram, name, &[None], password);
    assert_eq!(exchange(&mut cram, name, &[None], password), ["Refuse(Spent)"]);
    cram.renew(challenge);
    assert_eq!(exchange(&mut cram, name, &[None, Some(answer)], password).last().unwrap(), "Accept");
    // Too small a memory lets nobody in.
    let mut small = [0; 8];
    let mut cram = CramMd5::new(challenge, &mut small);
    assert_eq!(exchange(&mut cram, name, &[None], password), ["Refuse(TooLong)"]);
    // Nor by hand, with the digest of nothing under the password "key".
    assert!(!cram.verify(b"joe 63530468a04e386459855da0063b6596", b"key"));
}

/// What is in each mechanism's messages, as RFC 4616 §2, 4422, 4505, 5802 and 7628 have it; LOGIN and CRAM-MD5 by the same rule.
#[test]
fn what_is_not_utf_8_is_no_message_of_any_mechanism() {
    use AuthMechanism as Name;
    /// The message with the mechanism's name, and how many messages come before.
    type Form = (Name, &'static [&'static [u8]], fn(&[u8]) -> Vec<u8>);
    const PROOF: &[u8] = b" 5b4a3d2e1f5b4a3d2e1f5b4a3d2e1f5b";
    const BEHIND: &[u8] = b",\x01auth=Bearer abc\x01\x01";
    let forms: [Form; 15] = [
        (Name::Plain, &[], |text| [text, b"\0u\0p"].concat()),
        (Name::Plain, &[], |text| [b"a\0", text, b"\0p"].concat()),
        (Name::Plain, &[], |text| [b"a\0u\0", text].concat()),
        (Name::Login, &[], <[u8]>::to_vec),
        (Name::Login, &[b"u"], <[u8]>::to_vec),
        (Name::External, &[], <[u8]>::to_vec),
        (Name::Anonymous, &[], <[u8]>::to_vec),
        (Name::CramMd5, &[b""], |text| [text, PROOF].concat()),
        (Name::ScramSha256, &[], |text| [b"n,,n=", text, b",r=1"].concat()),
        (Name::ScramSha256, &[], |text| [b"n,a=", text, b",n=u,r=1"].concat()),
        (Name::ScramSha256, &[], |text| [b"n,,n=u,r=1,x=", text].concat()),
        (Name::XOAuth2, &[], |text| [b"user=", text, b"\x01auth=Bearer abc\x01\x01"].concat()),
        (Name::OAuthBearer, &[], |text| [b"n,a=", text, BEHIND].concat()),
        (Name::OAuthBearer, &[], |text| [b"n,,\x01host=", text, b"\x01auth=Bearer abc\x01\x01"].concat()),
        (Name::OAuthBearer, &[], |text| [b"n,,\x01new=", text, b"\x01auth=Bearer abc\x01\x01"].concat()),
    ];
    for (name, before, form) in forms {
        for (text, good) in [
            (&b"x"[..], true),
            ("xäx".as_bytes(), true),
            ("x\u{10ffff}".as_bytes(), true),
            // Latin-1, one octet alone, a front
            (b"x\xe4x", false),
            (b"\x80", false),
            (b"x\xc3", false),
            (b"x\xf0\x9f\x98", false),
            (b"\xff", false),
            // longer than need be: NUL and a slash
            (b"x\xc0\x80", false),
            (b"x\xe0\x80\xaf", false),
            // half a pair of UTF-16, and behind the last character
            (b"x\xed\xa0\x80", false),
            (b"x\xf4\x90\x80\x80", false),
        ] {
            all_mechanisms!(let mut all);
            let mut kept = &b""[..];
            for octets in before {
                let first = Message::first(name, Some(*octets).filter(|octets| !octets.is_empty()));
                assert!(matches!(all.step(first), Step::Answer(Answer::Challenge(_) | Answer::Keep { .. })));
                kept = octets;
            }
            let octets = form(text);
            let message = match before {
                [] => Message::first(name, Some(&octets)),
                _ => Message::answer(name, &octets, kept),
            };
            let step = all.step(message);
            // A name of LOGIN is kept until the password comes.
            let asks = name == Name::Login && before.is_empty();
            let taken = if asks {
                matches!(step, Step::Answer(Answer::Keep { .. }))
            } else {
                matches!(step, Step::Judge(_))
            };
            let error =
                matches!(step, Step::Answer(Answer::Challenge(embedded_smtp::sasl::server::TOKEN_REFUSED)));
            let refused = error || matches!(step, Step::Answer(Answer::Refuse(Refusal::Syntax)));
            assert_eq!((taken, refused), (good, !good), "{name:?}: {}", octets.escape_ascii());
        }
    }
}

/// As in PLAIN, which has no place for it: who compares up to it would take less than was said.
#[test]
fn a_password_of_login_holds_no_nul() {
    let told = exchange(&mut Login, AuthMechanism::Login, &[Some("u"), Some("p\0x")], Judgement::Accept);
    assert_eq!(told, ["334 Password:", "Refuse(Syntax)"]);
}

#[test]
fn only_names_of_scram_and_oauthbearer_have_escapes() {
    let decoded = |name: SaslName<'_>| {
        let mut room = [0; 16];
        let text = name.decode(&mut room).unwrap();
        assert!(name == *text);
        text.to_owned()
    };
    let old = XOAuth2::parse(b"user=a=2Cb=\x01auth=Bearer t\x01\x01").unwrap();
    assert_eq!(decoded(old.user().unwrap()), "a=2Cb=");
    let new = OAuthBearer::parse(b"n,a=a=2Cb=3D,\x01auth=Bearer t\x01\x01").unwrap();
    assert_eq!(decoded(new.user().unwrap()), "a,b=");
    let mut memory = [0; 64];
    let mut cram = CramMd5::new(CHALLENGE, &mut memory);
    cram.step(Message::first(AuthMechanism::CramMd5, None));
    let answer = b"a=2Cb 5b4a3d2e1f5b4a3d2e1f5b4a3d2e1f5b";
    let step = cram.step(Message::answer(AuthMechanism::CramMd5, answer, b""));
    let Step::Judge(Claim::Name { user, .. }) = step else { panic!("{step:?}") };
    assert_eq!(decoded(user), "a=2Cb");
    let mut memory = [0; 128];
    let mut scram = ScramSha256::new(nonce(), &mut memory);
    let step = scram.step(Message::first(AuthMechanism::ScramSha256, Some(b"n,a=c=3Dd,n=a=2Cb,r=1")));
    let Step::Judge(Claim::Name { user, authorize_as: Some(other) }) = step else { panic!("{step:?}") };
    assert_eq!([user, other].map(decoded), ["a,b", "c=d"]);
}

/// C.2.2 of RFC 3454, by RFC 4013 §2.3.
#[test]
fn no_name_holds_control_characters_of_utf_8() {
    assert!(XOAuth2::parse("user=a\u{9b}b\x01auth=Bearer t\x01\x01".as_bytes()).is_none());
    assert!(OAuthBearer::parse("n,a=a\u{85}b,\x01auth=Bearer t\x01\x01".as_bytes()).is_none());
    assert!(External::parse("a\u{85}b".as_bytes()).is_none());
    assert!(Anonymous::parse("a\u{85}b".as_bytes()).is_none());
    assert!(XOAuth2::parse("user=aäb\x01auth=Bearer t\x01\x01".as_bytes()).is_some());
}

#[test]
fn a_list_answers_by_the_name_that_was_chosen_and_the_policy_offers_what_it_has() {
    let mut list: [&mut dyn Mechanism; 2] = [&mut External, &mut XOAuth2::new()];
    let mut some = Mechanisms::new(&mut list);
    let names = AuthMechanisms::NONE.with(AuthMechanism::External).with(AuthMechanism::XOAuth2);
    assert_eq!(some.names(), names);
    assert_eq!(
        exchange(&mut some, AuthMechanism::Anonymous, &[Some("x")], Judgement::Accept),
        ["Refuse(Mechanism)"]
    );
    let message = Message::first(AuthMechanism::Anonymous, Some(b"x"));
    assert!(matches!(some.judged(message, Judgement::Accept), Answer::Refuse(Refusal::Mechanism)));
}

#[test]
fn nothing_prints_what_a_client_has_said() {
    let secret = b"\0user\0secret";
    let message = Message::answer(AuthMechanism::Plain, secret, b"kept secret");
    let mut plain = Plain;
    let step = plain.step(message);
    let mut bearer = OAuthBearer::new();
    let mut old = XOAuth2::new();
    let token = "n,a=user,\u{1}auth=Bearer secret\u{1}\u{1}";
    let of_token = bearer.step(Message::first(AuthMechanism::OAuthBearer, Some(token.as_bytes())));
    let old_token = "user=user\u{1}auth=Bearer secret\u{1}\u{1}";
    let of_old = old.step(Message::first(AuthMechanism::XOAuth2, Some(old_token.as_bytes())));
    let judgement = Judgement::Password(b"secret");
    let keep = Answer::Keep { from: 0, to: 1, challenge: b"secret" };
    let text = format!(
        "{message:?} {step:?} {of_token:?} {of_old:?} {judgement:?} {keep:?} {:?}",
        Answer::Challenge(b"secret")
    );
    assert!(!text.contains("secret") && !text.contains("user") && !text.contains("115"), "{text}");
}

// --- in the engine -------------------------------------------------------------------------------------------

fn policy(names: AuthMechanisms) -> Policy<'static> {
    Policy::new(HelloName::new("mail.test").unwrap()).auth(names)
}

/// Gives `input` to the server in reads that end at these places, and answers by `hear`; what the server says behind EHLO.
fn session(server: &mut Server<'_, '_>, input: &[u8], hear: &mut dyn FnMut(&mut Server<'_, '_>)) -> String {
    let mut out = Vec::new();
    let mut rest = input;
    loop {
        match server.poll().unwrap() {
            Want::Event => hear(server),
            Want::Write => {
                out.extend_from_slice(server.transmit());
                server.transmitted(usize::MAX);
            }
            Want::Closed => break,
            Want::Read if rest.is_empty() => break,
            Want::Read => {
                let room = server.receive_buffer();
                let size = room.len().min(rest.len());
                room[..size].copy_from_slice(&rest[..size]);
                rest = &rest[size..];
                server.received(size);
            }
        }
    }
    String::from_utf8(out).unwrap()
}

/// A mechanism of one's own: the second message must be the first one backwards. It keeps a part of the first, without memory of its own.
struct Backwards;

impl Mechanism for Backwards {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::Anonymous)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        match (message.octets(), message.kept()) {
            (Some(octets), []) if octets.len() > 2 => {
                Answer::Keep { from: 1, to: octets.len() - 1, challenge: b"and back" }.into()
            }
            (Some(octets), kept) if octets.iter().eq(kept.iter().rev()) => Answer::Accept.into(),
            _ => Step::refuse(Refusal::Proof),
        }
    }
}

fn by(mechanism: &mut dyn Mechanism, server: &mut Server<'_, '_>) {
    let Some(Event::AuthMessage(message)) = server.event() else { return server.accept().unwrap() };
    let answer = match mechanism.step(message) {
        Step::Answer(answer) => answer,
        Step::Judge(_) => mechanism.judged(message, Judgement::Accept),
    };
    server.auth(answer).unwrap();
    assert_eq!(server.auth(Answer::Accept), Err(Misuse::NoReplyOwed.into()));
}

#[test]
fn a_mechanism_of_ones_own_keeps_what_it_needs_in_the_receive_buffer() {
    let policy = policy(Backwards.names());
    for (first, second, code) in [
        // "xabcy", "cba"
        ("eGFiY3k=", "Y2Jh", "235 2.7.0"),
        ("eGFiY3k=", "YWJj", "535 5.7.8"),
        ("eGFiY3k=", "*", "501 5.7.0"),
    ] {
        let lines = format!("EHLO c\r\nAUTH ANONYMOUS {first}\r\n{second}\r\nNOOP\r\n");
        for cut in 0..=lines.len() {
            let (mut rx, mut tx) = ([0; 512], [0; 512]);
            let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
            let (front, back) = lines.as_bytes().split_at(cut);
            let mut own = Backwards;
            let mut out = session(&mut server, front, &mut |server| by(&mut own, server));
            out += &session(&mut server, back, &mut |server| by(&mut own, server));
            let (_, behind) = out.split_once("334 ").unwrap();
            assert!(behind.starts_with(&format!("YW5kIGJhY2s=\r\n{code} ")), "{out} {cut}");
            assert!(behind.ends_with("250 2.0.0 OK\r\n"), "{out} {cut}");
            assert_eq!(server.is_authenticated(), code.starts_with("235"));
            for left in ["abc", "eGFi", "Y2Jh", "YWJj"] {
                assert!(!rx.windows(left.len()).any(|window| window == left.as_bytes()), "{left} {cut}");
            }
        }
    }
}

#[test]
fn a_part_to_keep_that_is_none_keeps_nothing_and_harms_nothing() {
    let policy = policy(Backwards.names());
    for (from, to) in [(0, 100), (5, 2), (100, 200), (usize::MAX, usize::MAX), (0, 0)] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
        let lines = b"EHLO c\r\nAUTH ANONYMOUS eGFiY3k=\r\nYWJj\r\nNOOP\r\n";
        let mut kept = Vec::new();
        let out = session(&mut server, lines, &mut |server| {
            let Some(Event::AuthMessage(message)) = server.event() else { return server.accept().unwrap() };
            if message.is_first() {
                server.auth(Answer::Keep { from, to, challenge: b"" }).unwrap();
            } else {
                kept = message.kept().to_vec();
                assert_eq!(message.octets(), Some(&b"abc"[..]));
                server.auth(Answer::Accept).unwrap();
            }
        });
        assert!(out.ends_with("334 \r\n235 2.7.0 Authentication successful\r\n250 2.0.0 OK\r\n"), "{out}");
        assert!(kept.is_empty() || kept == b"xabcy", "{kept:?}");
    }
}

#[test]
fn a_message_is_told_when_there_is_room_for_an_answer_to_it() {
    let policy = policy(Backwards.names());
    let input = b"EHLO c\r\nNOOP\r\nNOOP\r\nAUTH ANONYMOUS eA==\r\n";
    for (length, fits) in [(0, true), (378, true), (379, false), (4000, false)] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
        let long = vec![b'x'; length];
        let mut told = 0;
        let out = session(&mut server, input, &mut |server| {
            if !matches!(server.event(), Some(Event::AuthMessage(_))) {
                return server.accept().unwrap();
            }
            told += 1;
            assert!(server.transmit().is_empty());
            let done = server.auth(Answer::Challenge(&long));
            assert_eq!(done.is_ok(), fits, "{length}: {done:?}");
            if !fits {
                assert!(matches!(done, Err(Error::Capacity(_))));
                server.auth(Answer::Refuse(Refusal::TooLong)).unwrap();
            }
        });
        assert_eq!(told, 1, "{out}");
        let end = if fits { "334 " } else { "535 5.7.8 " };
        assert!(out.lines().last().unwrap().starts_with(end), "{out}");
    }
}

#[test]
fn plain_and_login_are_answered_by_accept_or_reply_alone() {
    let names = AuthMechanisms::NONE.with(AuthMechanism::Plain);
    let policy = policy(names);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
    session(&mut server, b"EHLO c\r\nAUTH PLAIN AHUAcA==\r\n", &mut |server| {
        if matches!(server.event(), Some(Event::Login(_))) {
            for answer in [Answer::Accept, Answer::Challenge(b"x"), Answer::Refuse(Refusal::Proof)] {
                assert_eq!(server.auth(answer), Err(Misuse::NoReplyOwed.into()));
            }
            assert_eq!(server.challenge(b"x"), Err(Misuse::NoReplyOwed.into()));
        }
        server.accept().unwrap();
    });
    assert!(server.is_authenticated());
}

/// Nobody calls `restart` on these: what ends a session wipes what it had read of a login.
#[test]
fn a_session_that_ends_in_the_middle_of_a_login_leaves_nothing_of_it() {
    let names = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
    let names = names.with(AuthMechanism::XOAuth2);
    let policy = policy(names);
    for says in [
        "AUTH PLAIN AHVzZXIAcGFzcw==\r\n",
        "AUTH PLAIN\r\nAHVzZXIAcGFzcw==\r\n",
        "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n",
        "AUTH LOGIN dXNlcg==\r\ncGFzcw==\r\n",
        "NOOP\r\nAUTH XOAUTH2\r\ncGFzcwAHVzZX\r\n",
        "AUTH XOAUTH2 cGFzcwAHVzZX\r\n",
    ] {
        for end in 0..=says.len() {
            for how in ["eof", "timer", "timer, and told so", "shut down"] {
                let (mut rx, mut tx) = ([0; 512], [0; 512]);
                let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
                session(&mut server, b"EHLO c\r\n", &mut |server| server.accept().unwrap());
                // The caller is still thinking about it when the session ends.
                server.receive_buffer()[..end].copy_from_slice(&says.as_bytes()[..end]);
                server.received(end);
                while server.poll() == Ok(Want::Write) {
                    server.transmitted(usize::MAX);
                }
                match how {
                    "eof" => server.received_eof(),
                    "shut down" => server.shut_down(),
                    _ => server.timed_out(),
                }
                if how == "eof" || how == "timer, and told so" {
                    session(&mut server, b"", &mut |server| match server.event() {
                        Some(Event::AuthMessage(message)) if message.octets().is_none() => {
                            server.challenge(b"").unwrap();
                        }
                        _ => server.accept().unwrap(),
                    });
                    assert_eq!(server.poll(), Ok(Want::Closed), "{says:?} up to {end}, {how}");
                }
                for secret in ["AHVz", "cGFz", "dXNl", "zZXI", "cw==", "pass", "user"] {
                    let left = rx.windows(4).any(|window| window == secret.as_bytes());
                    assert!(!left, "{says:?} up to {end}, {how}: {secret}");
                }
            }
        }
    }
}
