//! A server that takes logins and nothing else of interest, one session after the other.

use std::net::{TcpListener, TcpStream};

use embedded_smtp::sasl::Verifier;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName, limits};

use crate::Failure;
use crate::book::{Account, Book};
use crate::tls::{self, Binding, Choice, Stream};

/// Every mechanism but PLUS, which needs a binding.
const OFFERED: [AuthMechanism; 8] = [
    AuthMechanism::Plain,
    AuthMechanism::Login,
    AuthMechanism::CramMd5,
    AuthMechanism::ScramSha256,
    AuthMechanism::XOAuth2,
    AuthMechanism::OAuthBearer,
    AuthMechanism::External,
    AuthMechanism::Anonymous,
];

/// Serves until it is ended. The secret is the password, and the token as well.
pub(crate) fn run(
    listen: &str,
    user: &str,
    secret: &str,
    tls: Option<&tls::Server>,
    choice: Option<&Choice>,
    iterations: u32,
) -> Result<bool, Failure> {
    let salt = crate::random();
    let verifier = Verifier::derive(secret, &salt, iterations);
    let account = Account { user, password: secret, token: secret, verifier: &verifier, binding: None };
    let mut offered = OFFERED.into_iter().fold(AuthMechanisms::NONE, AuthMechanisms::with);
    if choice.is_some() {
        offered = offered.with(AuthMechanism::ScramSha256Plus);
    }
    let mut policy = Policy::new(HelloName::new("mail.example.test")?).auth(offered).allow_clear_text_auth();
    // Tokens are long.
    policy = policy.max_line(limits::AUTH_LINE as u16);
    if tls.is_some() {
        policy = policy.offer(Extension::StartTls);
    }
    let listener = TcpListener::bind(listen)?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        if let Err(failure) = session(stream?, &policy, account, tls, choice) {
            println!("{failure}");
        }
    }
    Ok(true)
}

/// In clear, and under TLS if the client asks for that: the login is bound to what it happens in.
fn session(
    socket: TcpStream,
    policy: &Policy<'_>,
    account: Account<'_>,
    tls: Option<&tls::Server>,
    choice: Option<&Choice>,
) -> Result<(), Failure> {
    socket.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
    let (mut rx, mut tx) = ([0; 16 * 1024], [0; 1024]);
    let mut server = Server::new(&mut rx, &mut tx, policy);
    let given = choice.map(Choice::given).transpose()?.flatten();
    let mut clear = socket.try_clone()?;
    let Some(tls) = converse(&mut server, &mut clear, account, given.as_ref())?.then_some(tls).flatten()
    else {
        return Ok(());
    };
    let (mut stream, binding) = tls.handshake(socket, choice)?;
    server.tls_established()?;
    converse(&mut server, &mut *stream, account, binding.as_ref())?;
    Ok(())
}

/// Until the session is over, or (`true`) TLS is due.
fn converse(
    server: &mut Server<'_, '_>,
    stream: &mut dyn Stream,
    account: Account<'_>,
    binding: Option<&Binding>,
) -> Result<bool, Failure> {
    let mut scratch = [0; 512];
    let account = Account { binding: binding.map(Binding::channel), ..account };
    let mut book = Book::new(account, crate::random, &mut scratch);
    loop {
        match server.poll()? {
            Want::Event if matches!(server.event(), Some(Event::StartTls)) => return Ok(true),
            Want::Event => book.answer(server)?,
            Want::Write => {
                let octets = stream.write(server.transmit())?;
                server.transmitted(octets);
                stream.flush()?;
            }
            Want::Read => match stream.read(server.receive_buffer())? {
                0 => server.received_eof(),
                octets => server.received(octets),
            },
            Want::Closed => {
                println!("{}", book.accepted.map_or("nobody", AuthMechanism::name));
                return Ok(false);
            }
        }
    }
}
