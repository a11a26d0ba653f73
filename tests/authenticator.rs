//! Who logs in, and by what: the submission keeps to what is offered and allowed, whatever it is that chooses.

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Authenticator, Credentials, Mechanism, Only, Plain};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, ForwardPath, HelloName, ReversePath, Verb};
use embedded_smtp::{Error, Misuse};

const SECRET: &str = "AHRpbQB0YW5zdGFhZg==";

fn plain() -> Plain<'static> {
    Plain::new(Credentials::new("tim", "tanstaaf").unwrap())
}

/// What was sent of a mail to a server that makes this offer and refuses the login, the error if there was one, and the cause.
fn submit(
    tls: bool,
    offer: &str,
    options: Options<'_>,
    login: impl Authenticator,
) -> (String, Option<Error>, Option<Cause>) {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let client = Client::new(&mut rx, &mut tx);
    let mut client = if tls { client.over_tls() } else { client };
    let mut recipients = [Recipient::new(ForwardPath::new("a@b").unwrap())];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let mut mail = Submission::without_words(&mut client, options, envelope, Slice::new(b"hi\r\n"), login);
    let mut replies = ["220 hi\r\n", offer, "535 no\r\n", "221 bye\r\n"].into_iter();
    let mut sent = String::new();
    let error = loop {
        match mail.poll() {
            Ok(Want::Read) => {
                let reply = replies.next().unwrap_or_default().as_bytes();
                mail.receive_buffer()[..reply.len()].copy_from_slice(reply);
                if reply.is_empty() { mail.received_eof() } else { mail.received(reply.len()) }
            }
            Ok(Want::Write) => {
                let octets = mail.transmit().len();
                sent.push_str(core::str::from_utf8(mail.transmit()).unwrap());
                mail.transmitted(octets);
            }
            Ok(Want::Event | Want::Closed) => break None,
            Err(error) => break Some(error),
        }
    };
    let cause = mail.report().cause();
    (sent, error, cause)
}

fn options(tls: TlsPolicy) -> Options<'static> {
    Options::new(HelloName::new("c").unwrap()).tls(tls)
}

/// Has PLAIN at hand, whatever it is asked for.
struct Stubborn(Plain<'static>);

impl Authenticator for Stubborn {
    fn choose(&mut self, _: AuthMechanisms) -> Option<AuthMechanism> {
        Some(AuthMechanism::Plain)
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        Some(&mut self.0)
    }
}

#[test]
fn what_is_neither_offered_nor_allowed_is_not_used_whoever_chooses_it() {
    for (tls, offer) in [
        (false, "250-x\r\n250 AUTH PLAIN LOGIN\r\n"),
        (true, "250-x\r\n250 AUTH LOGIN\r\n"),
        (true, "250 x\r\n"),
    ] {
        let policy = if tls { TlsPolicy::Implicit } else { TlsPolicy::Never };
        let (sent, error, cause) = submit(tls, offer, options(policy), Stubborn(plain()));
        let refused = Error::from(Misuse::MechanismNotOffered);
        assert_eq!((error, cause), (Some(refused), Some(Cause::Engine(refused))), "{offer}");
        assert_eq!(sent, "EHLO c\r\n", "{offer}");
    }
    let (sent, error, cause) =
        submit(true, "250-x\r\n250 AUTH PLAIN\r\n", options(TlsPolicy::Implicit), Stubborn(plain()));
    assert_eq!((error, cause), (None, Some(Cause::Refused(Verb::Auth))));
    assert_eq!(sent, format!("EHLO c\r\nAUTH PLAIN {SECRET}\r\nQUIT\r\n"));
}

#[test]
fn one_mechanism_is_used_where_it_is_offered_or_insisted_on_and_may_be_said() {
    let insisting = options(TlsPolicy::Implicit).auth_even_if_not_offered(AuthMechanism::Plain);
    for (tls, offer, options, said, expected) in [
        (true, "AUTH LOGIN PLAIN", options(TlsPolicy::Implicit), true, Cause::Refused(Verb::Auth)),
        (true, "AUTH LOGIN", options(TlsPolicy::Implicit), false, Cause::NoMechanism),
        (true, "HELP", options(TlsPolicy::Implicit), false, Cause::NoMechanism),
        (true, "AUTH LOGIN", insisting, true, Cause::Refused(Verb::Auth)),
        (true, "HELP", insisting, true, Cause::Refused(Verb::Auth)),
        (false, "AUTH PLAIN", options(TlsPolicy::Never), false, Cause::ClearText),
        (false, "HELP", insisting.tls(TlsPolicy::Never), false, Cause::NoMechanism),
    ] {
        let (mut plain, offer) = (plain(), format!("250-x\r\n250 {offer}\r\n"));
        let (sent, error, cause) = submit(tls, &offer, options, Only::new(&mut plain));
        assert_eq!((error, cause), (None, Some(expected)), "{offer}");
        assert_eq!(sent.contains(SECRET), said, "{offer}: {sent}");
    }
}
