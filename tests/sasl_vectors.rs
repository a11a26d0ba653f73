//! The examples of the standards, to the octet, on both sides and at every split of what the server says.
//!
//! | standard | where | client | server |
//! |---|---|---|---|
//! | RFC 7677 §3 (SCRAM-SHA-256) | [`the_client_says_what_rfc_7677_says`], [`the_server_says_what_rfc_7677_says`]; by the trait in `sasl_server.rs` | yes | yes |
//! | RFC 5802 §5 (SCRAM-SHA-1) | nowhere: its examples are of SHA-1, which is not here. What it says of messages is in `attacks/sasl_mechanisms.rs` | | |
//! | RFC 2195 §2 (CRAM-MD5) | [`both_sides_say_what_rfc_2195_says`] | yes | yes |
//! | RFC 7628 §4.1, §4.3, §4.4 (OAUTHBEARER) | [`both_sides_say_what_rfc_7628_says`] | yes | yes |
//! | RFC 7628 §4.2 (OAUTH10A) | nowhere: another mechanism | | |
//! | RFC 4616 §4, RFC 4954 §4.1 (PLAIN) | [`both_sides_say_what_rfc_4616_and_rfc_4954_say`] | yes | yes |
//! | RFC 4505 §3, RFC 4422 A.3 (ANONYMOUS, EXTERNAL) | [`anonymous_and_external_are_one_message`] | yes | yes |

mod sasl_support;
mod support;

use embedded_smtp::sasl::server::Mechanism as _;
use embedded_smtp::sasl::{
    Anonymous, BearerToken, CramMd5, Credentials, External, Mechanism, Nonce, OAuthBearer, Plain,
    ScramSha256, TokenStatus, Verifier, XOAuth2, server,
};
use embedded_smtp::wire::AuthMechanism;
use sasl_support::{ask, decoded, encoded, exchange, message};

const CLIENT_NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
/// RFC 7677 §3.
const SCRAM: [&str; 4] = [
    "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
];

fn nonce(text: &str) -> Nonce {
    Nonce::from_text(text).unwrap()
}

#[test]
fn the_client_says_what_rfc_7677_says() {
    let cuts = ask(SCRAM[1]).len();
    // PBKDF2 makes each run dear without optimisation
    for cut in (0..=cuts).filter(|cut| cut % 16 < 2 || *cut + 4 > cuts) {
        let mut scram = ScramSha256::new(Credentials::new("user", "pencil").unwrap(), nonce(CLIENT_NONCE));
        assert!(!scram.accept());
        let said = exchange(&mut scram, &[&ask(SCRAM[1]), &ask(SCRAM[3]), "235 ok\r\n"], cut);
        assert_eq!(said[0], format!("AUTH SCRAM-SHA-256 {}\r\n", encoded(SCRAM[0].as_bytes())));
        assert_eq!(message(&said[1]), SCRAM[2]);
        assert_eq!(said[2..], ["\r\n", ""]);
        assert!(scram.accept());
        assert_eq!(scram.failure(), None);
    }
}

#[test]
fn the_server_says_what_rfc_7677_says() {
    let salt = decoded("W22ZaJ0SNY7soEsUEjb6gQ==");
    let verifier = Verifier::derive("pencil", &salt, 4096);
    // as it is kept
    let verifier = Verifier::new(*verifier.stored_key(), *verifier.server_key(), &salt, 4096);
    let mut scratch = [0; 256];
    let mut scram = server::ScramSha256::new(nonce(SERVER_NONCE), &mut scratch);
    let first = scram.first(SCRAM[0].as_bytes()).unwrap();
    assert!(first.user == *"user" && first.authorize_as.is_none());
    assert_eq!(scram.challenge(&verifier).unwrap(), SCRAM[1].as_bytes());
    assert_eq!(scram.verify(SCRAM[2].as_bytes()).unwrap(), SCRAM[3].as_bytes());
    assert!(scram.is_done(b"") && !scram.is_done(b"x"));
    drop(scram);
    assert_eq!(scratch, [0; 256]);
}

#[test]
fn both_sides_say_what_rfc_2195_says() {
    let challenge = "<1896.697170952@postoffice.reston.mci.net>";
    let line = "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n";
    assert_eq!(line, ask(challenge));
    for cut in 0..=line.len() {
        let mut cram = CramMd5::new(Credentials::new("tim", "tanstaaftanstaaf").unwrap());
        let said = exchange(&mut cram, &[line, "235 ok\r\n"], cut);
        assert_eq!(said, ["AUTH CRAM-MD5\r\n", "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n", ""]);
    }
    let answer = b"tim b913a602c7eda7a495b4e6e7334d3890";
    let mut scratch = [0; 64];
    let cram = server::CramMd5::new(challenge.as_bytes(), &mut scratch);
    assert_eq!(cram.challenge(), challenge.as_bytes());
    assert_eq!(cram.user(answer), Some("tim"));
    assert!(cram.verify(answer, b"tanstaaftanstaaf"));
    assert!(!cram.verify(answer, b"tanstaaftanstaa"));
    assert!(!server::CramMd5::new(b"<other>", &mut [0; 16]).verify(answer, b"tanstaaftanstaaf"));
    for at in 0..answer.len() {
        let mut wrong = *answer;
        wrong[at] ^= 1;
        // a wrong name is for who looks up the password
        assert!(at < 3 || !cram.verify(&wrong, b"tanstaaftanstaaf"), "{at}");
        assert!(!cram.verify(&answer[..at], b"tanstaaftanstaaf"));
    }
}

const TOKEN: &str = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
/// RFC 7628 §4.1.
const BEARER: &str = "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
/// RFC 7628 §4.4.
const SMTP_BEARER: &str = "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB";
/// RFC 7628 §4.3.
const BEARER_ERROR: &str = "334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIiwib3BlbmlkLWNvbmZpZ3VyYXRpb24iOiJodHRwczovL2V4YW1wbGUuY29tLy53ZWxsLWtub3duL29wZW5pZC1jb25maWd1cmF0aW9uIn0=\r\n";

#[test]
fn both_sides_say_what_rfc_7628_says() {
    let bearer = BearerToken::new("user@example.com", TOKEN).unwrap();
    for cut in 0..=BEARER_ERROR.len() {
        let mut client = OAuthBearer::new(bearer).to_server("server.example.com", 143).unwrap();
        assert_eq!(client.refusal(), None);
        let said = exchange(&mut client, &[BEARER_ERROR, "535 5.7.8 no\r\n"], cut);
        assert_eq!(said, [&format!("AUTH OAUTHBEARER {BEARER}\r\n"), "AQ==\r\n", ""]);
        assert_eq!(client.refusal(), Some(TokenStatus::InvalidToken));
    }
    let octets = decoded(BEARER);
    let parsed = server::OAuthBearer::parse(&octets).unwrap();
    assert!(parsed.user().unwrap() == *"user@example.com");
    assert_eq!((parsed.host(), parsed.port()), (Some("server.example.com"), Some(143)));
    assert_eq!(parsed.token(), TOKEN);
    // RFC 7628 §4.4: the same by SMTP
    let mut client = OAuthBearer::new(bearer).to_server("server.example.com", 587).unwrap();
    let said = exchange(&mut client, &["334 eyJzdGF0dXMiOiI0MDEifQ==\r\n", "535 5.7.1 no\r\n"], 0);
    assert_eq!(said, [&format!("AUTH OAUTHBEARER {SMTP_BEARER}\r\n"), "AQ==\r\n", ""]);
    let of_smtp = decoded(SMTP_BEARER);
    assert_eq!(server::OAuthBearer::parse(&of_smtp).unwrap().port(), Some(587));
    // no front of it is a message
    for at in 0..octets.len() {
        assert!(server::OAuthBearer::parse(&octets[..at]).is_none(), "{at}");
    }
}

#[test]
fn both_sides_say_what_xoauth2s_inventors_say() {
    let error = "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K\r\n";
    let token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg";
    let text = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";
    let bearer = BearerToken::new("someuser@example.com", token).unwrap();
    for cut in 0..=error.len() {
        let mut client = XOAuth2::new(bearer);
        let said = exchange(&mut client, &[error, "535 5.7.8 no\r\n"], cut);
        assert_eq!(said, [&format!("AUTH XOAUTH2 {text}\r\n"), "\r\n", ""]);
        assert_eq!(client.refusal(), Some(TokenStatus::Http(401)));
    }
    let octets = decoded(text);
    let parsed = server::XOAuth2::parse(&octets).unwrap();
    assert!(parsed.user().unwrap() == *"someuser@example.com");
    assert_eq!((parsed.host(), parsed.port(), parsed.token()), (None, None, token));
    for at in 0..octets.len() {
        assert!(server::XOAuth2::parse(&octets[..at]).is_none(), "{at}");
    }
}

#[test]
fn both_sides_say_what_rfc_4616_and_rfc_4954_say() {
    for (octets, behalf, user, password) in [
        (&b"\0tim\0tanstaaftanstaaf"[..], "", "tim", "tanstaaftanstaaf"),
        (b"Ursel\0Kurt\0xipj3plmq", "Ursel", "Kurt", "xipj3plmq"),
        (&decoded("dGVzdAB0ZXN0ADEyMzQ="), "test", "test", "1234"),
    ] {
        let message = server::Message::first(AuthMechanism::Plain, Some(octets));
        let server::Step::Judge(server::Claim::Password { authorize_as, user: name, password: secret }) =
            server::Plain.step(message)
        else {
            panic!("{octets:?}");
        };
        let claimed = [authorize_as, name, secret];
        assert_eq!(claimed, [behalf, user, password].map(str::as_bytes));
        if behalf.is_empty() {
            let mut client = Plain::new(Credentials::new(user, password).unwrap());
            let line = format!("AUTH PLAIN {}\r\n", encoded(octets));
            assert_eq!(exchange(&mut client, &["235 ok\r\n"], 0), [&line, ""]);
        }
    }
}

#[test]
fn anonymous_and_external_are_one_message() {
    // RFC 4505 §3, RFC 4422 A.3
    for (mechanism, line) in [
        (&mut Anonymous::new("sirhc").unwrap() as &mut dyn Mechanism, "AUTH ANONYMOUS c2lyaGM=\r\n"),
        (&mut Anonymous::new("").unwrap(), "AUTH ANONYMOUS =\r\n"),
        (&mut External::new(), "AUTH EXTERNAL =\r\n"),
        (
            &mut External::on_behalf_of("fred@example.com").unwrap(),
            "AUTH EXTERNAL ZnJlZEBleGFtcGxlLmNvbQ==\r\n",
        ),
    ] {
        assert_eq!(exchange(mechanism, &["235 ok\r\n"], 0), [line, ""]);
        assert!(mechanism.accept());
        // asked again, and once too often
        let again = line
            .rsplit_once(' ')
            .unwrap()
            .1
            .replace("=\r\n", if line.ends_with(" =\r\n") { "\r\n" } else { "=\r\n" });
        let said = exchange(mechanism, &["334 \r\n", "334 \r\n", "501 no\r\n"], 0);
        assert_eq!(said, [line, &again, "*\r\n", ""]);
    }
    assert!(Anonymous::new(&"\u{e9}".repeat(255)).is_ok());
    assert!(Anonymous::new(&"e".repeat(256)).is_err());
    assert!(Anonymous::new("a\tb").is_err());
    assert!(External::on_behalf_of("a\0b").is_err());
    assert_eq!(server::External::parse(b""), Some(""));
    assert_eq!(server::External::parse(b"a\0"), None);
    assert_eq!(server::External::parse(&[0xff]), None);
    assert_eq!(server::Anonymous::parse("\u{e9}".repeat(255).as_bytes()).map(str::len), Some(510));
    assert_eq!(server::Anonymous::parse(&[b'a'; 256]), None);
    assert_eq!(server::Anonymous::parse(b"a\x01"), None);
}

#[test]
fn names_with_commas_and_equals_signs_are_escaped() {
    let user = "a,b=c\u{e9}";
    let mut scram = ScramSha256::new(Credentials::new(user, "pencil").unwrap(), nonce(CLIENT_NONCE));
    let said = exchange(&mut scram, &[], 0);
    let first = message(&said[0]);
    assert_eq!(first, format!("n,,n=a=2Cb=3Dc\u{e9},r={CLIENT_NONCE}"));
    let mut scratch = [0; 256];
    let mut server = server::ScramSha256::new(nonce(SERVER_NONCE), &mut scratch);
    let name = server.first(first.as_bytes()).unwrap().user;
    assert!(name == *user && name != *"a");
    assert_eq!(name.encoded(), "a=2Cb=3Dc\u{e9}");
    assert_eq!(name.decode(&mut [0; 32]), Some(user));
    assert_eq!(name.decode(&mut [0; 3]), None);
}
