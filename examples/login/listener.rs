//! A server that takes logins and nothing else of interest, one session after the other.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use embedded_smtp::sasl::{ChannelBinding, Verifier};
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, HelloName};

use crate::Failure;
use crate::book::{Account, Book};

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
    binding: Option<ChannelBinding<'_>>,
    iterations: u32,
) -> Result<bool, Failure> {
    let salt = crate::random();
    let verifier = Verifier::derive(secret, &salt, iterations);
    let account = Account { user, password: secret, token: secret, verifier: &verifier, binding };
    let mut offered = OFFERED.into_iter().fold(AuthMechanisms::NONE, AuthMechanisms::with);
    if binding.is_some() {
        offered = offered.with(AuthMechanism::ScramSha256Plus);
    }
    let policy = Policy::new(HelloName::new("mail.example.test")?).auth(offered).allow_clear_text_auth();
    let listener = TcpListener::bind(listen)?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        if let Err(failure) = session(stream?, &policy, account) {
            println!("{failure}");
        }
    }
    Ok(true)
}

fn session(mut stream: TcpStream, policy: &Policy<'_>, account: Account<'_>) -> Result<(), Failure> {
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
    let (mut rx, mut tx, mut scratch) = ([0; 2048], [0; 1024], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, policy);
    let mut book = Book::new(account, crate::random, &mut scratch);
    loop {
        match server.poll()? {
            Want::Event => book.answer(&mut server)?,
            Want::Write => {
                let octets = stream.write(server.transmit())?;
                server.transmitted(octets);
            }
            Want::Read => match stream.read(server.receive_buffer())? {
                0 => server.received_eof(),
                octets => server.received(octets),
            },
            Want::Closed => {
                println!("{}", book.accepted.map_or("nobody", AuthMechanism::name));
                return Ok(());
            }
        }
    }
}
