//! What is decided about a client's commands, and what becomes of its mails.

use std::io;
use std::net::TcpStream;
use std::path::PathBuf;

use embedded_smtp::Error;
use embedded_smtp::server::{Event, Lost, Server};
use embedded_smtp::wire::{Code, EnhancedCode, ForwardPath, Response};

use super::config::Config;
use super::display::{self, Mail};
use super::legible::legible;
use super::store::Draft;
use super::subject::Subject;

/// A client's visit.
pub(crate) struct Visit<'c> {
    config: &'c Config,
    /// The client's address and port, and the name that it gave itself.
    peer: String,
    hello: String,
    transport: &'static str,
    /// Who has logged in.
    user: Option<String>,
    envelope: Envelope,
    content: Option<Content>,
    /// What became of the mail whose replies are owed: in LMTP there are several.
    stored: bool,
}

/// Whom a mail is from and for.
#[derive(Debug, Default)]
struct Envelope {
    from: String,
    to: Vec<String>,
    refused: Vec<String>,
}

/// A mail on its way in.
struct Content {
    /// Where it is written, or why it cannot be.
    draft: io::Result<Draft>,
    subject: Subject,
    octets: u64,
}

/// The reply to an event.
enum Answer {
    /// None is owed.
    Nothing,
    Accept,
    Refuse(Response<'static>),
    /// What this program knows nothing of is refused, if it can be.
    Unknown,
}

impl<'c> Visit<'c> {
    pub(crate) fn new(config: &'c Config, stream: &TcpStream) -> Self {
        let peer = stream.peer_addr().map_or_else(|_| "a client".to_owned(), |address| address.to_string());
        Self {
            config,
            peer,
            hello: String::new(),
            transport: "in clear",
            user: None,
            envelope: Envelope::default(),
            content: None,
            stored: false,
        }
    }

    /// The session goes on over another transport, and begins anew (RFC 3207 §4.2).
    pub(crate) fn under(&mut self, transport: &'static str) {
        self.transport = transport;
        self.user = None;
        self.forget();
    }

    /// Replies to what the engine tells of.
    pub(crate) fn decide(&mut self, server: &mut Server<'_, '_>) -> Result<(), Error> {
        let Some(event) = server.event() else { return Ok(()) };
        match self.judge(event) {
            Answer::Accept => server.accept(),
            Answer::Refuse(response) => server.reply(&response),
            // The engine tells of what is owed a reply until it gets one.
            Answer::Unknown if server.reply_owed().is_some() => {
                server.reply(&refusal(502, (5, 5, 1), "Command not implemented"))
            }
            Answer::Nothing | Answer::Unknown => Ok(()),
        }
    }

    fn judge(&mut self, event: Event<'_>) -> Answer {
        match event {
            Event::Hello { name, .. } => {
                self.forget();
                name.as_str().clone_into(&mut self.hello);
                Answer::Accept
            }
            Event::Mail { path, .. } => {
                self.forget();
                path.as_str().clone_into(&mut self.envelope.from);
                Answer::Accept
            }
            Event::Rcpt { path, .. } => self.recipient(path),
            Event::Login(login) => {
                let proxied = !login.authorize_as().is_empty() && login.authorize_as() != login.user();
                let user = String::from_utf8_lossy(login.user()).into_owned();
                if proxied || !self.config.admits(login.user(), login.password()) {
                    self.note(&format!("the login of {user:?} was refused"));
                    return refuse(535, (5, 7, 8), "Authentication credentials invalid");
                }
                self.user = Some(user);
                Answer::Accept
            }
            // Told now rather than after the whole mail, that the disk is full.
            Event::Data | Event::EndOfChunk => match self.content().draft {
                Ok(_) => Answer::Accept,
                Err(_) => self.disk_failed(),
            },
            Event::Body(octets) => {
                self.content().write(octets);
                Answer::Nothing
            }
            Event::EndOfData { recipient } => self.end(recipient),
            Event::Lost(lost) => {
                let reason = match lost {
                    Lost::TooLarge => "larger than --max-size",
                    Lost::BareLineEnd => "a line in it does not end with CRLF",
                    _ => "not allowed",
                };
                self.note(&format!("a mail from <{}> was refused: {reason}", self.envelope.from));
                self.content = None;
                Answer::Nothing
            }
            Event::Reset => {
                self.forget();
                Answer::Nothing
            }
            Event::AuthMessage(_) => refuse(504, (5, 5, 4), "Mechanism not offered"),
            Event::Vrfy(_) | Event::Expn(_) => refuse(502, (5, 5, 1), "Command not implemented"),
            _ => Answer::Unknown,
        }
    }

    fn recipient(&mut self, path: ForwardPath<'_>) -> Answer {
        let local_part = path.mailbox().map_or("", |mailbox| mailbox.local_part());
        let answer = match local_part.to_ascii_lowercase().as_str() {
            "reject" => refuse(550, (5, 1, 1), "No such user here"),
            "defer" => refuse(450, (4, 2, 0), "Mailbox unavailable, try again later"),
            _ => Answer::Accept,
        };
        let address = path.as_str().to_owned();
        if let Answer::Refuse(response) = &answer {
            self.envelope.refused.push(format!("{address} ({})", response.code().number()));
        } else {
            self.envelope.to.push(address);
        }
        answer
    }

    fn content(&mut self) -> &mut Content {
        self.content.get_or_insert_with(|| Content {
            draft: self.config.store.draft(),
            subject: Subject::default(),
            octets: 0,
        })
    }

    /// The mail is complete: in LMTP it is stored for the first recipient, and the others share its fate.
    fn end(&mut self, recipient: u16) -> Answer {
        if recipient == 0 {
            // A mail without a single octet has no content yet.
            self.content();
            self.stored = match self.content.take().map(Content::keep) {
                Some(Ok((file, subject, octets))) => {
                    self.show(&file, &subject, octets);
                    true
                }
                Some(Err(error)) => {
                    self.note(&format!("a mail could not be stored: {error}"));
                    false
                }
                None => false,
            };
        }
        if self.stored { Answer::Accept } else { disk_failure() }
    }

    fn show(&self, file: &PathBuf, subject: &Subject, octets: u64) {
        self.config.display.mail(&Mail {
            subject: subject.text(),
            peer: &self.peer,
            hello: &self.hello,
            from: &self.envelope.from,
            to: &self.envelope.to,
            refused: &self.envelope.refused,
            octets,
            transport: self.transport,
            user: self.user.as_deref(),
            file,
        });
    }

    fn disk_failed(&mut self) -> Answer {
        if let Some(Content { draft: Err(error), .. }) = self.content.take() {
            self.note(&format!("a mail could not be stored: {error}"));
        }
        disk_failure()
    }

    fn forget(&mut self) {
        self.envelope = Envelope::default();
        self.content = None;
    }

    /// Tells of something that is worth knowing.
    pub(crate) fn note(&self, text: &str) {
        display::note(&format!("{}: {}", self.peer, legible(text)));
    }

    /// The client has gone.
    pub(crate) fn leave(&mut self) {
        if self.content.take().is_some() {
            self.note(&format!("a mail from <{}> broke off, nothing of it was stored", self.envelope.from));
        }
    }
}

impl Content {
    fn write(&mut self, octets: &[u8]) {
        self.subject.look_at(octets);
        self.octets += octets.len() as u64;
        if let Ok(draft) = &mut self.draft
            && let Err(error) = draft.write(octets)
        {
            // What is there of it is removed now: the rest is read only to be refused.
            self.draft = Err(error);
        }
    }

    fn keep(self) -> io::Result<(PathBuf, Subject, u64)> {
        Ok((self.draft?.keep()?, self.subject, self.octets))
    }
}

fn disk_failure() -> Answer {
    refuse(451, (4, 3, 0), "The mail cannot be stored, try again later")
}

fn refuse(code: u16, enhanced: (u8, u16, u16), text: &'static str) -> Answer {
    Answer::Refuse(refusal(code, enhanced, text))
}

fn refusal(code: u16, (class, subject, detail): (u8, u16, u16), text: &'static str) -> Response<'static> {
    let code = Code::new(code).expect("a code from this file");
    let enhanced = EnhancedCode::new(class, subject, detail).expect("an enhanced code from this file");
    Response::new(code, text).expect("a text from this file").enhanced(enhanced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use embedded_smtp::session::Want;
    use embedded_smtp::wire::Extension;
    use std::net::TcpListener;

    #[test]
    fn a_command_that_it_does_not_know_is_refused_and_not_asked_for_ever() {
        let dir = std::env::temp_dir().join(format!("inbox-visit-{}", std::process::id()));
        let args =
            super::super::args::Args::parse_from(["inbox".as_ref(), "--dir".as_ref(), dir.as_os_str()]);
        let config = Config::new(args).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut visit = Visit::new(&config, &stream);
        let policy = config.policy().offer(Extension::XClient);
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        for (line, reply) in [("XCLIENT NAME=x\r\n", "502 5.5.1 "), ("NOOP\r\n", "250 ")] {
            while server.poll() == Ok(Want::Write) {
                server.transmitted(server.transmit().len());
            }
            server.receive_buffer()[..line.len()].copy_from_slice(line.as_bytes());
            server.received(line.len());
            if server.poll() == Ok(Want::Event) {
                visit.decide(&mut server).unwrap();
            }
            assert_eq!(server.poll(), Ok(Want::Write), "{line}");
            assert!(server.transmit().starts_with(reply.as_bytes()), "{line}");
        }
        let _ = std::fs::remove_dir_all(dir);
    }
}
