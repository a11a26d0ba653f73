//! One sender's session: what the server engine tells of is asked of the next hop, and its answer goes back.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Event, Login, Lost, Server};
use embedded_smtp::session::Phase;
use embedded_smtp::wire::{Severity, Verb};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::answer::Answer;
use super::config::Config;
use super::hops::Hops;
use super::journal;
use super::next_hop::{Failure, NextHop, no_tls, requires_tls};
use super::passed::Passed;
use super::stream;
use super::trace::{self, Arrival};

/// Octets of the four buffers: all the memory of a session that depends on anything.
const SERVER_RX: usize = 16 * 1024;
const SERVER_TX: usize = 1024;
const CLIENT_RX: usize = 2 * 1024;
const CLIENT_TX: usize = 16 * 1024;

/// How long a last word to the sender is worth waiting for.
const FAREWELL: Duration = Duration::from_secs(2);

const IN_DOUBT: &str = "The next hop was given the whole mail and did not answer: it may have been taken, and may arrive twice if sent again";

const CIRCLE: &str = "Too many hops: the mail has been here before, or goes in circles";

/// How far the relay is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    No,
    /// A mail whose content is coming in may end.
    BetweenMails,
    Now,
}

/// What is to be said to the sender.
enum Decision {
    Nothing,
    Accept,
    Reply(Answer),
}

/// A mail on its way.
struct Mail {
    id: u64,
    from: String,
    recipients: usize,
    accepted: usize,
    octets: u64,
    hops: Hops,
    began: Instant,
    /// Why it cannot go on, though the sender is still giving it.
    failed: Option<Answer>,
    /// The last refusal, for the log.
    refusal: Option<Answer>,
    /// It may go on over TLS only (RFC 8689).
    requires_tls: bool,
}

struct Session<'s> {
    config: &'s Config,
    peer: SocketAddr,
    next_hop: NextHop<'s>,
    helo: String,
    extended: bool,
    mail: Option<Mail>,
}

pub(crate) async fn run(
    socket: TcpStream,
    peer: SocketAddr,
    config: Arc<Config>,
    mut stop: watch::Receiver<Stop>,
) {
    let policy = config.policy();
    let (mut server_rx, mut server_tx) = (vec![0; SERVER_RX], vec![0; SERVER_TX]);
    let (mut client_rx, mut client_tx) = (vec![0; CLIENT_RX], vec![0; CLIENT_TX]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &policy);
    let next_hop = NextHop::new(&config, &mut client_rx, &mut client_tx);
    let mut session =
        Session { config: &config, peer, next_hop, helo: String::new(), extended: false, mail: None };
    let mut connection = Connection::new(stream::plain(socket), &mut server);
    let mut alarm = pin!(None);
    let stream = loop {
        // The end of a mail that is lost already is answered by the engine, without an event: it is not waited for.
        let patient = connection.engine().phase() == Phase::Data && session.mail.is_some();
        let limit = if patient { Stop::Now } else { Stop::BetweenMails };
        // Whichever is first drops the other; no octet is lost by that.
        let event = tokio::select! {
            event = connection.run_timed(alarm.as_mut(), sleep) => event,
            _ = stop.wait_for(|stop| *stop >= limit) => {
                connection.engine().shut_down();
                Err(ConnectionError::TimedOut)
            }
        };
        match event {
            Ok(true) => {}
            Ok(false) | Err(ConnectionError::Transport(_)) => break Some(connection.into_inner()),
            Err(_) => {
                last_word(&mut connection).await;
                break Some(connection.into_inner());
            }
        }
        if matches!(connection.engine().event(), Some(Event::StartTls)) {
            let stream = connection.into_inner();
            let Some(acceptor) = &config.acceptor else { break None };
            let Ok(stream) = stream::accept_tls(acceptor, stream).await else { break None };
            if server.tls_established().is_err() {
                break None;
            }
            connection = Connection::new(stream, &mut server);
            continue;
        }
        let server = connection.engine();
        let decision = tokio::select! {
            decision = session.decide(server) => Some(decision),
            _ = stop.wait_for(|stop| *stop == Stop::Now) => None,
        };
        let Some(decision) = decision else {
            // The next hop is not waited for any more.
            session.cut_off();
            server.shut_down();
            last_word(&mut connection).await;
            break Some(connection.into_inner());
        };
        let said = match decision {
            Decision::Nothing => Ok(()),
            Decision::Accept => server.accept(),
            Decision::Reply(answer) => match answer.response() {
                Some(response) => server.reply(&response),
                None => server.reply(&trouble()),
            },
        };
        if said.is_err() {
            break Some(connection.into_inner());
        }
    };
    if let Some(stream) = stream {
        stream::close(stream, FAREWELL).await;
    }
    session.end().await;
}

/// The engine has a 421 to say, if it can.
async fn last_word(connection: &mut Connection<'_, stream::Stream, Server<'_, '_>>) {
    // Behind an event that was found before the session was ended.
    let said = async { while let Ok(true) = connection.run().await {} };
    let _ = timeout(FAREWELL, said).await;
}

impl Session<'_> {
    async fn decide(&mut self, server: &Server<'_, '_>) -> Decision {
        match server.event() {
            Some(Event::Hello { verb, name }) => {
                name.as_str().clone_into(&mut self.helo);
                self.extended = verb == Verb::Ehlo;
                self.give_up("the sender began anew").await;
                Decision::Accept
            }
            Some(Event::Login(login)) => self.log_in(&login),
            Some(Event::Mail { path, params }) => {
                let mail = Mail::new(path.as_str(), requires_tls(&params));
                match self.next_hop.mail(&path, &params).await {
                    Ok(answer) if answer.is_positive() => {
                        self.mail = Some(mail);
                        Decision::Reply(answer.for_sender(Severity::Positive))
                    }
                    outcome => Decision::Reply(mail.refused(outcome, &mut self.next_hop)),
                }
            }
            // There is no session any more in which it could go on.
            Some(Event::Rcpt { .. } | Event::Data) if self.has_failed() => {
                let asked = usize::from(matches!(server.event(), Some(Event::Rcpt { .. })));
                let Some(mail) = &mut self.mail else { return Decision::Reply(Answer::later("No mail")) };
                mail.recipients += asked;
                Decision::Reply(mail.failed.clone().unwrap_or_else(|| Answer::later("No mail")))
            }
            Some(Event::Rcpt { path, params }) => {
                let outcome = self.next_hop.rcpt(&path, &params).await;
                self.pass(outcome, Severity::Positive, |mail, accepted| {
                    mail.recipients += 1;
                    mail.accepted += usize::from(accepted);
                })
            }
            Some(Event::Data) => {
                let outcome = self.next_hop.data().await;
                match self.pass(outcome, Severity::Intermediate, |_, _| {}) {
                    Decision::Accept => self.begin_content(server).await,
                    refusal => refusal,
                }
            }
            Some(Event::Body(piece)) => {
                if let Some(mail) = &mut self.mail {
                    mail.octets += piece.len() as u64;
                    if mail.failed.is_none() {
                        let passed = if mail.hops.are_too_many(piece) {
                            Err(Failure::Refused(Answer::new(554, (5, 4, 6), CIRCLE)))
                        } else {
                            self.next_hop.body(piece).await
                        };
                        if let Err(failure) = passed {
                            mail.fail(failure, &mut self.next_hop);
                        }
                    }
                }
                Decision::Nothing
            }
            Some(Event::EndOfChunk) => Decision::Accept,
            Some(Event::EndOfData { .. }) => self.end_of_data().await,
            Some(Event::Lost(why)) => {
                self.next_hop.drop_session();
                // The engine has refused it by itself.
                self.give_up(match why {
                    Lost::BareLineEnd => "554 5.6.0 a bare CR or LF in it",
                    Lost::TooLarge => "552 5.3.4 more octets than are taken here",
                    _ => "554 5.6.0 it cannot be taken",
                })
                .await;
                Decision::Nothing
            }
            Some(Event::Reset) => {
                self.give_up("the sender took it back").await;
                Decision::Nothing
            }
            // Nothing else is offered.
            _ if server.reply_owed().is_some() => Decision::Reply(Answer::later("Not here")),
            _ => Decision::Nothing,
        }
    }

    fn has_failed(&self) -> bool {
        self.mail.as_ref().is_some_and(|mail| mail.failed.is_some())
    }

    fn log_in(&self, login: &Login<'_>) -> Decision {
        let as_oneself = login.authorize_as().is_empty() || login.authorize_as() == login.user();
        let known = as_oneself & self.config.admits(login.user(), login.password());
        if known {
            return Decision::Accept;
        }
        journal::login_refused(self.peer);
        Decision::Reply(Answer::new(535, (5, 7, 8), "Authentication credentials invalid"))
    }

    /// The next hop's answer to a command within a mail, for the sender.
    fn pass(
        &mut self,
        outcome: Result<Answer, Failure>,
        expected: Severity,
        note: impl FnOnce(&mut Mail, bool),
    ) -> Decision {
        let Some(mail) = &mut self.mail else { return Decision::Reply(Answer::later("No mail")) };
        match outcome {
            Ok(answer) => {
                let accepted = answer.severity() == expected;
                note(mail, accepted);
                if accepted && expected == Severity::Intermediate {
                    return Decision::Accept;
                }
                // As the sender is told it: what was said instead of a refusal is none in the log either.
                let answer = answer.for_sender(expected);
                if !accepted {
                    mail.refusal = Some(answer.clone());
                }
                Decision::Reply(answer)
            }
            Err(failure) => {
                note(mail, false);
                Decision::Reply(mail.fail(failure, &mut self.next_hop))
            }
        }
    }

    async fn begin_content(&mut self, server: &Server<'_, '_>) -> Decision {
        let Some(mail) = &mut self.mail else { return Decision::Reply(Answer::later("No mail")) };
        let field = trace::received(&Arrival {
            helo: &self.helo,
            peer: self.peer.ip(),
            host: &self.config.name,
            extended: self.extended,
            tls: server.is_tls(),
            authenticated: server.is_authenticated(),
            id: mail.id,
        });
        match self.next_hop.body(field.as_bytes()).await {
            Ok(()) => Decision::Accept,
            Err(failure) => Decision::Reply(mail.fail(failure, &mut self.next_hop)),
        }
    }

    async fn end_of_data(&mut self) -> Decision {
        // It stays until there is an answer, for this may be dropped before.
        let Some(mail) = &mut self.mail else { return Decision::Reply(Answer::later("No mail")) };
        let answer = match mail.failed.take() {
            Some(answer) => answer,
            None => match self.next_hop.end_of_body().await {
                Ok(answer) => answer.for_sender(Severity::Positive),
                // Nobody knows what became of it. Who is to come again must know that it may arrive twice.
                Err(Failure::Lost(why)) if self.next_hop.in_doubt() => {
                    mail.fail(Failure::Lost(why), &mut self.next_hop);
                    Answer::new(451, (4, 4, 2), IN_DOUBT)
                }
                Err(failure) => mail.fail(failure, &mut self.next_hop),
            },
        };
        mail.log(&answer.to_string());
        self.mail = None;
        Decision::Reply(answer)
    }

    /// The relay ends while the next hop is waited for.
    fn cut_off(&mut self) {
        if let Some(mail) = self.mail.take() {
            let doubt = if self.next_hop.in_doubt() { " (it may have been taken)" } else { "" };
            mail.log(&format!("421 4.3.2 told to end{doubt}"));
        }
        self.next_hop.drop_session();
    }

    /// The mail that has begun is not to be: the next hop has not seen its end, so it is none there either.
    async fn give_up(&mut self, why: &str) {
        if let Some(mail) = self.mail.take() {
            mail.log_end(why);
        }
        self.next_hop.reset().await;
    }

    async fn end(&mut self) {
        if let Some(mail) = self.mail.take() {
            mail.log_end("the session with the sender ended");
        }
        self.next_hop.quit().await;
    }
}

impl Mail {
    fn new(from: &str, requires_tls: bool) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let id = NUMBER.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        Self {
            id,
            from: from.to_owned(),
            recipients: 0,
            accepted: 0,
            octets: 0,
            hops: Hops::none(),
            began,
            failed: None,
            refusal: None,
            requires_tls,
        }
    }

    /// Notes why the mail cannot go on, and says what the sender is told.
    fn fail(&mut self, failure: Failure, next_hop: &mut NextHop<'_>) -> Answer {
        let answer = match failure {
            Failure::Refused(answer) => answer.for_sender(Severity::Positive),
            Failure::NoTls(why) if self.requires_tls => {
                journal::trouble(self.id, &why);
                no_tls()
            }
            Failure::Lost(why) | Failure::NoTls(why) => {
                journal::trouble(self.id, &why);
                Answer::later("The next hop does not answer, try again later")
            }
        };
        next_hop.drop_session();
        self.failed = Some(answer.clone());
        answer
    }

    /// MAIL was not accepted.
    fn refused(mut self, outcome: Result<Answer, Failure>, next_hop: &mut NextHop<'_>) -> Answer {
        let answer = match outcome {
            Ok(answer) => answer.for_sender(Severity::Positive),
            Err(failure) => self.fail(failure, next_hop),
        };
        self.log(&answer.to_string());
        answer
    }

    /// For a mail that the sender did not bring to its end, often because it was refused.
    fn log_end(&self, why: &str) {
        match self.failed.as_ref().or(self.refusal.as_ref()) {
            Some(refusal) => self.log(&refusal.to_string()),
            None => self.log(why),
        }
    }

    fn log(&self, outcome: &str) {
        let Self { id, recipients, accepted, octets, .. } = *self;
        let seconds = self.began.elapsed().as_secs_f64();
        journal::passed(&Passed { id, from: &self.from, recipients, accepted, octets, seconds, outcome });
    }
}

fn trouble() -> embedded_smtp::wire::Response<'static> {
    let code = embedded_smtp::wire::Code::new(451).unwrap_or(embedded_smtp::wire::Code::CLOSING);
    embedded_smtp::wire::Response::new(code, "Trouble at the next hop").expect("a text without controls")
}
