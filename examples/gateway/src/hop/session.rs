//! A session with the next hop, kept from one mail to the next.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use embedded_smtp::client::Client;
use embedded_smtp::data::{Body, Needs};
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::sasl::{Authenticator, Credentials, Mechanism, Password, Unfit};
use embedded_smtp::session::{Endpoint as _, Phase};
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission, Then, TlsPolicy, Verdict};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, ForwardPath, Param, ReversePath};
use tokio::time::{sleep, timeout};

use super::OUT_OF_TIME;
use super::bound::Bound;
use super::outcome::{Again, Outcome, again, is_undecided};
use crate::request::{Content, Outgoing};
use crate::smtp::config::Config;
use crate::smtp::stream::{self, Stream};

/// Octets of the next hop's words about a mail, and about each of its recipients (RFC 5321 §4.5.3.1.5: what a line has at most);
/// no more than the engine uses.
const WORDS: usize = 8 * 1024;
const WORDS_EACH: usize = 512;
const MOST_WORDS: usize = 65_535;

/// How long a QUIT is worth waiting for.
const FAREWELL: Duration = Duration::from_secs(5);

pub(super) struct Session<'b> {
    config: Arc<Config>,
    client: Client<'b>,
    stream: Option<Stream>,
}

/// A body that is lent, whatever makes it.
pub(super) struct Lent<'m, E>(pub(super) &'m mut (dyn Body<Error = E> + Send));

impl<E> Body for Lent<'_, E> {
    type Error = E;

    fn fill(&mut self) -> Result<&[u8], E> {
        self.0.fill()
    }

    fn consume(&mut self, octets: usize) {
        self.0.consume(octets);
    }

    fn size(&self) -> Option<u64> {
        self.0.size()
    }

    fn needs(&self) -> Needs {
        self.0.needs()
    }
}

/// The gateway's login at the next hop, if it has one.
struct Login<'a>(Option<Password<'a>>);

impl Authenticator for Login<'_> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        self.0.as_mut()?.choose(offered)
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        self.0.as_mut()?.mechanism()
    }

    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }
}

impl<'b> Session<'b> {
    pub(super) fn new(config: Arc<Config>, rx: &'b mut [u8], tx: &'b mut [u8]) -> Self {
        let client = config.next_hop_manner.client(Client::new(rx, tx));
        Self { config, client, stream: None }
    }

    /// Sends the mail once; says also whether another attempt makes sense at once.
    pub(super) async fn attempt<E: Send>(
        &mut self,
        mail: &Outgoing,
        body: Lent<'_, E>,
        bound: &Bound,
        with_deadline: bool,
    ) -> (Outcome, Again) {
        if mail.left() == Some(Duration::ZERO) {
            return (Outcome::too_late(&mail.recipients), Again::No);
        }
        if bound.is_over() {
            return (Outcome::unsent(&mail.recipients, Verdict::RetryLater, OUT_OF_TIME), Again::No);
        }
        let config = Arc::clone(&self.config);
        let reused = self.stream.is_some() && self.client.is_open();
        if !reused && let Err(error) = bound.clone().within(self.open(&config)).await {
            return (unreachable(&mail.recipients, &error), Again::No);
        }
        let Some(mut stream) = self.stream.take() else {
            return (
                Outcome::unsent(&mail.recipients, Verdict::RetryLater, "no session; try again later"),
                Again::No,
            );
        };
        let left = mail.left();
        let seconds = left.filter(|_| with_deadline).map(|left| left.as_secs().max(1));
        let (of_mail, of_rcpt) = (mail.notifications.of_mail(seconds), mail.notifications.of_rcpt());
        let (of_mail, of_rcpt): (&[Param<'_>], &[Param<'_>]) = (&of_mail, &of_rcpt);
        let paths = mail.recipients.iter().filter_map(|address| ForwardPath::new(address).ok());
        let mut recipients: Vec<_> = paths.map(|path| Recipient::new(path).with(&of_rcpt)).collect();
        let (Ok(from), Ok(login)) = (ReversePath::new(&mail.envelope), login(&config)) else {
            return (
                Outcome::unsent(&mail.recipients, Verdict::Rejected, "the envelope cannot be sent"),
                Again::No,
            );
        };
        let envelope = Envelope::new(from, &mut recipients).with(&of_mail);
        let mut options = Options::new(config.hello()).tls(config.next_hop_tls).then(Then::Keep);
        if let Some(mechanism) = config.next_hop_manner.insisted() {
            options = options.auth_even_if_not_offered(mechanism);
        }
        let mut texts = room_for_words(mail.recipients.len());
        let mut submission =
            Submission::with_login(&mut self.client, options, envelope, body, &mut texts, login);
        let mut trouble = None;
        let mut alarm = pin!(sleep(left.unwrap_or_default()));
        let mut on_time = left.is_some();
        let mut over = pin!(bound.clone().over());
        loop {
            let timer = pin!(None);
            let mut connection = Connection::new(stream, &mut submission);
            // Whichever is first drops the other; no octet is lost by that.
            let ran = tokio::select! {
                biased;
                () = &mut alarm, if on_time => None,
                () = &mut over => {
                    connection.engine().timed_out();
                    Some(Ok(false))
                }
                ran = connection.run_timed(timer, |standard| config.patience.sleep(standard)) => Some(ran),
            };
            stream = connection.into_inner();
            let Some(ran) = ran else {
                on_time = false;
                // Once its content has begun, the mail is on its way.
                if submission.client().phase() != Phase::Data && is_undecided(&submission.report()) {
                    return (Outcome::too_late(&mail.recipients), Again::No);
                }
                continue;
            };
            match ran {
                Ok(true) if submission.event() == Some(Event::StartTls) => {
                    let shaken = stream::connect_tls(&config.connector, &config.next_hop_name, stream);
                    match bound.clone().within(shaken).await {
                        Ok(secure) => stream = secure,
                        Err(error) => {
                            submission.tls_failed();
                            return (unreachable(&mail.recipients, &error), Again::No);
                        }
                    }
                    if submission.tls_established().is_err() {
                        break;
                    }
                }
                Ok(_) => break,
                Err(error) => {
                    trouble = Some(error.to_string());
                    break;
                }
            }
        }
        let octets = submission.body().size();
        let report = submission.report();
        let whole = matches!(mail.content, Content::Whole(_));
        let (mut outcome, again) = (Outcome::of(&report, trouble.as_deref(), whole), again(&report, reused));
        outcome.octets = octets;
        // As the sender wrote them, so that it finds them again: a path writes `postmaster` its own way.
        for (fate, address) in outcome.fates.iter_mut().zip(&mail.recipients) {
            fate.address.clone_from(address);
        }
        if trouble.is_none() && self.client.is_open() {
            config.next_hop_offers.learn(self.client.capabilities());
            self.stream = Some(stream);
        }
        if again == Again::InNewSession {
            self.quit().await;
        }
        (outcome, if bound.is_over() { Again::No } else { again })
    }

    async fn open(&mut self, config: &Config) -> std::io::Result<()> {
        let implicit = config.next_hop_tls == TlsPolicy::Implicit;
        self.client.restart(implicit);
        let stream = stream::connect(&config.next_hop).await?;
        self.stream = Some(if implicit {
            stream::connect_tls(&config.connector, &config.next_hop_name, stream).await?
        } else {
            stream
        });
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Leaves in good order.
    pub(super) async fn quit(&mut self) {
        if let Some(stream) = self.stream.take()
            && self.client.quit().is_ok()
        {
            let mut connection = Connection::new(stream, &mut self.client);
            let _ = timeout(FAREWELL, async { while let Ok(true) = connection.run().await {} }).await;
        }
    }
}

/// No session could be had, so nothing was sent.
fn unreachable(recipients: &[String], error: &std::io::Error) -> Outcome {
    // So rustls calls what the peer did or showed: a certificate that is not to be trusted, or no TLS at all.
    if error.kind() == ErrorKind::InvalidData {
        let text =
            format!("TLS with the next hop failed ({error}); nothing was sent; tell the gateway's operator");
        return Outcome::unsent(recipients, Verdict::Rejected, &text);
    }
    let text = format!("the next hop cannot be reached ({error}); try again later");
    Outcome::unsent(recipients, Verdict::RetryLater, &text)
}

fn room_for_words(recipients: usize) -> Vec<u8> {
    vec![0; WORDS.saturating_add(WORDS_EACH.saturating_mul(recipients)).min(MOST_WORDS)]
}

fn login(config: &Config) -> Result<Login<'_>, Unfit> {
    let Some((user, password)) = &config.next_hop_login else { return Ok(Login(None)) };
    Ok(Login(Some(config.next_hop_manner.login(Credentials::new(user, password)?))))
}
