//! One login at a server.

use std::io::{Read, Write};
use std::net::TcpStream;

use embedded_smtp::client::{Client, Event};
use embedded_smtp::sasl::{
    Anonymous, BearerToken, ChannelBinding, CramMd5, Credentials, External, Login, Mechanism, Nonce,
    OAuthBearer, Plain, ScramSha256, XOAuth2,
};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, HelloName, Severity, Verb};

use crate::Failure;

/// Whether the server accepted, and has proved itself where it has to.
pub(crate) fn run(
    server: &str,
    mechanism: &str,
    user: &str,
    secret: &str,
    binding: Option<ChannelBinding<'_>>,
) -> Result<bool, Failure> {
    let name = AuthMechanism::from_name(mechanism.as_bytes()).ok_or("no such mechanism")?;
    let token = || BearerToken::new(user, secret);
    let credentials = || Credentials::new(user, secret);
    // a server of one's own may ask for what it likes
    let scram = || {
        credentials().map(|credentials| {
            ScramSha256::new(credentials, Nonce::from_random(crate::random())).max_iterations(1_000_000)
        })
    };
    match name {
        AuthMechanism::Plain => attempt(server, &mut Plain::new(credentials()?)),
        AuthMechanism::Login => attempt(server, &mut Login::new(credentials()?)),
        AuthMechanism::CramMd5 => attempt(server, &mut CramMd5::new(credentials()?)),
        AuthMechanism::ScramSha256 | AuthMechanism::ScramSha256Plus => {
            let mut scram = match binding {
                Some(binding) if name == AuthMechanism::ScramSha256Plus => scram()?.bound(binding),
                None if name == AuthMechanism::ScramSha256Plus => return Err("--binding is missing".into()),
                Some(_) => scram()?.binding_not_offered(),
                None => scram()?,
            };
            let done = attempt(server, &mut scram);
            if let Some(failure) = scram.failure() {
                println!("the server's messages: {failure:?}");
            }
            done
        }
        AuthMechanism::XOAuth2 => {
            let mut bearer = XOAuth2::new(token()?);
            let done = attempt(server, &mut bearer);
            println!("the server's error: {:?}", bearer.refusal());
            done
        }
        AuthMechanism::OAuthBearer => {
            let mut bearer = OAuthBearer::new(token()?);
            let done = attempt(server, &mut bearer);
            println!("the server's error: {:?}", bearer.refusal());
            done
        }
        AuthMechanism::External => attempt(server, &mut External::on_behalf_of(user)?),
        AuthMechanism::Anonymous => attempt(server, &mut Anonymous::new(user)?),
        _ => Err("not known here".into()),
    }
}

fn attempt(server: &str, mechanism: &mut dyn Mechanism) -> Result<bool, Failure> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
    let (mut rx, mut tx) = ([0; 1024], [0; 4096]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    let mut accepted = false;
    loop {
        match client.poll()? {
            Want::Write => {
                let octets = stream.write(client.transmit())?;
                client.transmitted(octets);
            }
            Want::Read => match stream.read(client.receive_buffer())? {
                0 => client.received_eof(),
                octets => client.received(octets),
            },
            Want::Closed => return Ok(accepted),
            Want::Event => {
                let Some(Event::Reply { to, reply }) = client.event() else { continue };
                let severity = reply.severity();
                match to {
                    Verb::Greeting => client.ehlo(HelloName::new("login.example.test")?)?,
                    Verb::Ehlo if severity == Severity::Positive => client.auth(mechanism)?,
                    Verb::Auth | Verb::AuthResponse if severity == Severity::Intermediate => {
                        client.auth_respond(mechanism)?;
                    }
                    Verb::Auth | Verb::AuthResponse => {
                        println!("{} {}", reply.code, String::from_utf8_lossy(reply.text));
                        accepted = severity == Severity::Positive && mechanism.accept();
                        if !accepted && severity == Severity::Positive {
                            println!("the server has not proved itself");
                            return Ok(false);
                        }
                        client.quit()?;
                    }
                    Verb::Quit => return Ok(accepted),
                    _ => return Err(format!("{} to {to:?}", reply.code).into()),
                }
            }
        }
    }
}
