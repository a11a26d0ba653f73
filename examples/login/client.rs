//! One login at a server.

use std::net::TcpStream;

use embedded_smtp::client::{Client, Event};
use embedded_smtp::sasl::{
    Anonymous, BearerToken, CramMd5, Credentials, External, Login, Mechanism, Nonce, OAuthBearer, Plain,
    ScramSha256, XOAuth2,
};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, HelloName, Severity, Verb};

use crate::Failure;
use crate::tls::{self, Binding, Choice, Stream};

/// Whether the server accepted, and has proved itself where it has to.
pub(crate) fn run(
    server: &str,
    mechanism: &str,
    user: &str,
    secret: &str,
    tls: Option<&tls::Client>,
    choice: Option<&Choice>,
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
    let (mut rx, mut tx) = ([0; 1024], [0; 16 * 1024]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    let (stream, binding) = connect(&mut client, server, tls, choice)?;
    let binding = binding.as_ref().map(Binding::channel);
    let attempt = |mechanism: &mut dyn Mechanism| attempt(&mut client, stream, mechanism);
    match name {
        AuthMechanism::Plain => attempt(&mut Plain::new(credentials()?)),
        AuthMechanism::Login => attempt(&mut Login::new(credentials()?)),
        AuthMechanism::CramMd5 => attempt(&mut CramMd5::new(credentials()?)),
        AuthMechanism::ScramSha256 | AuthMechanism::ScramSha256Plus => {
            let mut scram = match binding {
                Some(binding) if name == AuthMechanism::ScramSha256Plus => scram()?.bound(binding),
                None if name == AuthMechanism::ScramSha256Plus => return Err("--binding is missing".into()),
                Some(_) => scram()?.binding_not_offered(),
                None => scram()?,
            };
            let done = attempt(&mut scram);
            if let Some(failure) = scram.failure() {
                println!("the server's messages: {failure:?}");
            }
            done
        }
        AuthMechanism::XOAuth2 => {
            let mut bearer = XOAuth2::new(token()?);
            let done = attempt(&mut bearer);
            println!("the server's error: {:?}", bearer.refusal());
            done
        }
        AuthMechanism::OAuthBearer => {
            let mut bearer = OAuthBearer::new(token()?);
            let done = attempt(&mut bearer);
            println!("the server's error: {:?}", bearer.refusal());
            done
        }
        AuthMechanism::External => attempt(&mut External::on_behalf_of(user)?),
        AuthMechanism::Anonymous => attempt(&mut Anonymous::new(user)?),
        _ => Err("not known here".into()),
    }
}

/// Up to the reply to EHLO, behind STARTTLS where there is TLS.
fn connect(
    client: &mut Client<'_>,
    server: &str,
    tls: Option<&tls::Client>,
    choice: Option<&Choice>,
) -> Result<(Box<dyn Stream>, Option<Binding>), Failure> {
    let name = HelloName::new("login.example.test")?;
    let mut socket = TcpStream::connect(server)?;
    socket.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
    let mut secure: Option<Box<dyn Stream>> = None;
    let mut binding = choice.map(Choice::given).transpose()?.flatten();
    loop {
        let stream: &mut dyn Stream = match &mut secure {
            Some(stream) => stream,
            None => &mut socket,
        };
        if !goes_on(client, stream)? {
            return Err("the server closed the connection".into());
        }
        match client.event() {
            Some(Event::Reply { to: Verb::Greeting, .. }) => client.ehlo(name)?,
            Some(Event::Reply { to: Verb::Ehlo, reply }) if reply.severity() == Severity::Positive => {
                match tls {
                    Some(_) if !client.is_tls() => client.starttls()?,
                    _ => return Ok((secure.unwrap_or_else(|| Box::new(socket)), binding)),
                }
            }
            Some(Event::StartTls) => {
                let (stream, bound) = tls.ok_or("no TLS")?.handshake(socket.try_clone()?, choice)?;
                (secure, binding) = (Some(stream), bound);
                client.tls_established()?;
                client.ehlo(name)?;
            }
            Some(Event::Reply { to, reply }) if reply.severity() != Severity::Positive => {
                return Err(format!("{} to {to:?}", reply.code).into());
            }
            _ => {}
        }
    }
}

/// Reads and writes to the next event; `false` when there will be none.
fn goes_on(client: &mut Client<'_>, stream: &mut dyn Stream) -> Result<bool, Failure> {
    loop {
        match client.poll()? {
            Want::Write => {
                let octets = stream.write(client.transmit())?;
                client.transmitted(octets);
                stream.flush()?;
            }
            Want::Read => match stream.read(client.receive_buffer())? {
                0 => client.received_eof(),
                octets => client.received(octets),
            },
            Want::Closed => return Ok(false),
            Want::Event => return Ok(true),
        }
    }
}

fn attempt(
    client: &mut Client<'_>,
    mut stream: Box<dyn Stream>,
    mechanism: &mut dyn Mechanism,
) -> Result<bool, Failure> {
    let mut accepted = false;
    client.auth(mechanism)?;
    while goes_on(client, &mut *stream)? {
        let Some(Event::Reply { to, reply }) = client.event() else { continue };
        let severity = reply.severity();
        match to {
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
    Ok(accepted)
}
