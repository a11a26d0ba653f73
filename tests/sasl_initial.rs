//! Initial responses that are longer than a command may be (RFC 4954 §4), as those of tokens are: a server that goes by the standards
//! refuses the line.

mod sasl_support;
mod support;

use embedded_smtp::client::Client;
use embedded_smtp::sasl::{
    Anonymous, Authenticator, BearerToken, Credentials, External, Login, Mechanism, Nonce, OAuthBearer,
    Password, Plain, ScramSha256, XOAuth2,
};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};
use sasl_support::{decoded, encoded, feed, hello, sent};

/// AUTH as it is said, and the answer to an empty challenge, both without CRLF.
fn begin(mechanism: &mut dyn Mechanism) -> (String, String) {
    let (mut rx, mut tx) = ([0; 512], vec![0; 8000]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    hello(&mut client);
    client.auth(mechanism).unwrap();
    let said = sent(&mut client);
    assert!(said.len() <= 512, "{} octets: {said}", said.len());
    feed(&mut client, b"334 \r\n");
    assert_eq!(client.poll(), Ok(Want::Event));
    client.auth_respond(mechanism).unwrap();
    let answer = sent(&mut client);
    // Nor does it lie about, whichever of the two has it.
    assert!(tx.iter().all(|octet| *octet == 0));
    (said.strip_suffix("\r\n").unwrap().to_owned(), answer.strip_suffix("\r\n").unwrap().to_owned())
}

/// Around the length from which it does not fit, and far beyond.
fn lengths() -> impl Iterator<Item = usize> {
    (1..=16).chain(320..=390).chain([500, 1000, 2000, 5000])
}

#[test]
fn what_makes_the_line_of_auth_too_long_waits_until_it_is_asked_for() {
    for length in lengths() {
        let long = "x".repeat(length);
        let token = BearerToken::new("u", &long).unwrap();
        let named = Credentials::new(&long, "p").unwrap();
        let mut mechanisms: Vec<Box<dyn Mechanism>> = vec![
            Box::new(Plain::new(Credentials::new("u", &long).unwrap())),
            Box::new(XOAuth2::new(token)),
            Box::new(OAuthBearer::new(token)),
            Box::new(External::on_behalf_of(&long).unwrap()),
            Box::new(ScramSha256::new(named, Nonce::from_random([7; 18]))),
        ];
        if length <= 255 {
            mechanisms.push(Box::new(Anonymous::new(&long).unwrap()));
        }
        for mut mechanism in mechanisms {
            let (said, message) = begin(&mut *mechanism);
            let bare = format!("AUTH {}", mechanism.mechanism().name());
            assert!(
                decoded(&message).windows(length).any(|part| part == long.as_bytes()),
                "{bare} {length}: {message}"
            );
            let whole = format!("{bare} {message}");
            assert!(said == whole || said == bare, "{said}");
            assert!(said == whole || whole.len() + 2 > 512, "{bare} {length}: it would have fitted");
        }
    }
}

/// Its answers are told apart by their number alone: a name that waits is not to be missed out.
#[test]
fn a_long_name_of_login_waits_for_its_prompt_and_the_password_for_its_own() {
    for length in lengths() {
        let name = "x".repeat(length);
        let credentials = Credentials::new(&name, "p").unwrap();
        let only_login = AuthMechanisms::NONE.with(AuthMechanism::Login);
        let mut password = Password::new(credentials).only(only_login).with_initial_response();
        password.choose(only_login);
        for mechanism in
            [&mut Login::new(credentials).with_initial_response() as &mut dyn Mechanism, &mut password]
        {
            let (said, answer) = begin(mechanism);
            let name = encoded(name.as_bytes());
            if length <= 372 {
                assert_eq!((said, answer), (format!("AUTH LOGIN {name}"), encoded(b"p")), "{length}");
            } else {
                assert_eq!((said, answer), ("AUTH LOGIN".to_owned(), name), "{length}");
            }
        }
    }
}
