//! The server inside the process: the library's own server engine, which takes one mail.

use embedded_io_adapters::std::FromStd;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, HelloName, Response};

use super::pipe::Pipe;

pub(crate) const NAME: &str = "inbox.example";
pub(crate) const USER: &str = "pump";
pub(crate) const PASSWORD: &str = "a secret that is not shown";

/// What the session took of memory, besides the mail that it stores.
pub(crate) const BUFFER: usize = 512;

/// The mail as it arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Without the stuffed dots.
    pub(crate) content: Vec<u8>,
}

/// Takes one mail, from whoever knows the password.
pub(crate) fn serve(stream: Pipe) -> Result<Arrived, ConnectionError<std::io::Error>> {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
    let Ok(name) = HelloName::new(NAME) else { return Ok(Arrived::default()) };
    // In clear, but the octets do not leave the process.
    let policy = Policy::new(name).auth(mechanisms).require_auth().allow_clear_text_auth();
    let (mut rx, mut tx) = ([0; BUFFER], [0; BUFFER]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut connection = Connection::new(FromStd::new(stream), &mut server);
    let mut arrived = Arrived::default();
    while connection.run()? {
        let server = connection.engine();
        let mut answer = None;
        match server.event() {
            Some(Event::Login(login))
                if (login.user(), login.password()) != (USER.as_bytes(), PASSWORD.as_bytes()) =>
            {
                answer = response(535, "wrong user name or password");
            }
            Some(Event::Mail { path, .. }) => path.as_str().clone_into(&mut arrived.from),
            Some(Event::Rcpt { path, .. }) => arrived.to.push(path.as_str().to_owned()),
            Some(Event::Body(octets)) => arrived.content.extend_from_slice(octets),
            Some(Event::EndOfData { .. }) => answer = response(250, "taken as 4A17"),
            _ => {}
        }
        match answer {
            Some(answer) => server.reply(&answer)?,
            None if server.reply_owed().is_some() => server.accept()?,
            None => {}
        }
    }
    Ok(arrived)
}

fn response(code: u16, text: &str) -> Option<Response<'_>> {
    Response::new(Code::new(code)?, text).ok()
}
