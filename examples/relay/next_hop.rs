//! The next hop, by the client engine: opened when the first mail comes, and kept for those behind it.

use std::io::ErrorKind;
use std::pin::pin;

use embedded_smtp::Misuse;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::sasl::{Authenticator, Credentials, Password};
use embedded_smtp::session::Want;
use embedded_smtp::submission::TlsPolicy;
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, Extension, ForwardPath, Param, Params, ReversePath, Severity,
};
use tokio::time::{Duration, timeout};

use super::answer::Answer;
use super::config::Config;
use super::offers;
use super::patience::within;
use super::stream::{self, Stream};

/// How long a QUIT is worth waiting for.
const FAREWELL: Duration = Duration::from_secs(5);

/// How the login at the next hop may go, beyond what is safe anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LoginManner {
    /// By this mechanism and no other.
    pub(crate) only: Option<AuthMechanism>,
    /// By that one even where it is not offered; never without TLS.
    pub(crate) unoffered: bool,
    /// Without TLS, if need be.
    pub(crate) in_clear: bool,
}

impl LoginManner {
    pub(crate) fn login(self, credentials: Credentials<'_>) -> Password<'_> {
        let login = Password::new(credentials);
        match self.only {
            Some(mechanism) => login.only(AuthMechanisms::NONE.with(mechanism)),
            None => login,
        }
    }

    pub(crate) fn client(self, client: Client<'_>) -> Client<'_> {
        if self.in_clear { client.allow_clear_text_auth() } else { client }
    }

    /// The mechanism to use when none that fits is offered.
    pub(crate) fn insisted(self) -> Option<AuthMechanism> {
        self.only.filter(|_| self.unoffered)
    }
}

pub(crate) struct NextHop<'s> {
    config: &'s Config,
    client: Client<'s>,
    stream: Option<Stream>,
    /// What is left of the time that the mail may take here.
    left: Duration,
    /// The session is in clear because the next hop has no TLS for the time being (RFC 3207 §4: 454).
    tls_later: bool,
}

/// Why the next hop did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It says no.
    Refused(Answer),
    /// There is no TLS with it that could be trusted; the text is for the log.
    NoTls(String),
    /// There is no session with it any more; the text is for the log.
    Lost(String),
}

impl<E: std::fmt::Display> From<ConnectionError<E>> for Failure {
    fn from(error: ConnectionError<E>) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<embedded_smtp::Error> for Failure {
    fn from(error: embedded_smtp::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl<'s> NextHop<'s> {
    pub(crate) fn new(config: &'s Config, rx: &'s mut [u8], tx: &'s mut [u8]) -> Self {
        let client = config.next_hop_manner.client(Client::new(rx, tx));
        Self { config, client, stream: None, left: config.patience.mail, tls_later: false }
    }

    /// MAIL, behind all that must come before it. A kept session that has died meanwhile is opened again. All of that has
    /// the time of one answer, for the sender waits.
    pub(crate) async fn mail(
        &mut self,
        from: &ReversePath<'_>,
        params: &Params<'_>,
    ) -> Result<Answer, Failure> {
        self.left = self.config.patience.mail;
        let mut left = self.left;
        let outcome = within(&mut left, self.config.patience.answer, self.mail_or_open(from, params)).await;
        self.left = left;
        outcome
    }

    async fn mail_or_open(&mut self, from: &ReversePath<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
        if self.tls_later && requires_tls(params) {
            self.drop_session();
        }
        if self.stream.is_some()
            && let Ok(answer) = self.try_mail(from, params).await
        {
            return Ok(answer);
        }
        self.drop_session();
        if let Err(failure) = self.open().await {
            self.drop_session();
            return Err(failure);
        }
        self.try_mail(from, params).await
    }

    async fn try_mail(&mut self, from: &ReversePath<'_>, params: &Params<'_>) -> Result<Answer, Failure> {
        let offered = *self.client.capabilities();
        // RFC 8689 §4.2.1: TLS, a certificate that was checked, and the next hop's word for all hops behind it.
        if requires_tls(params) && !self.client.is_tls() {
            return Ok(if self.tls_later { tls_later() } else { no_tls() });
        }
        if requires_tls(params) && !offered.has(Extension::RequireTls) {
            return Ok(Answer::new(550, (5, 7, 30), "REQUIRETLS support required"));
        }
        let passed = match offers::of_mail(params, &offered) {
            Ok(passed) => passed,
            Err(answer) => return Ok(answer),
        };
        self.client.mail(from, &passed.as_slice())?;
        self.answer().await
    }

    pub(crate) async fn rcpt(
        &mut self,
        to: &ForwardPath<'_>,
        params: &Params<'_>,
    ) -> Result<Answer, Failure> {
        let passed = match offers::of_rcpt(params, self.client.capabilities()) {
            Ok(passed) => passed,
            Err(answer) => return Ok(answer),
        };
        self.client.rcpt(to, &passed.as_slice())?;
        self.answer_in_time().await
    }

    /// DATA: the content may follow when the answer is intermediate.
    pub(crate) async fn data(&mut self) -> Result<Answer, Failure> {
        self.client.data()?;
        self.answer_in_time().await
    }

    /// More of the content: it is written when the buffer is full, and not before.
    pub(crate) async fn body(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let mut left = self.left;
        let outcome = within(&mut left, Duration::MAX, self.write(piece)).await;
        self.left = left;
        outcome
    }

    async fn write(&mut self, mut piece: &[u8]) -> Result<(), Failure> {
        while !piece.is_empty() {
            match self.client.body(piece)? {
                0 => self.make_room().await?,
                taken => piece = piece.get(taken..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// The end of the content, and the next hop's word on it, which has all of RFC 5321 §4.5.3.2.6's time: whoever gives up
    /// before makes the mail come twice.
    pub(crate) async fn end_of_body(&mut self) -> Result<Answer, Failure> {
        let mut left = self.left;
        let outcome = within(&mut left, Duration::MAX, self.finish()).await;
        self.left = left;
        outcome
    }

    async fn finish(&mut self) -> Result<Answer, Failure> {
        while let Err(error) = self.client.end_of_body() {
            match error {
                embedded_smtp::Error::Capacity(_) => self.make_room().await?,
                error => return Err(error.into()),
            }
        }
        self.answer().await
    }

    /// Whether the mail that failed last may have been taken all the same.
    pub(crate) fn in_doubt(&self) -> bool {
        self.client.in_doubt()
    }

    /// Gives a transaction up that has begun.
    pub(crate) async fn reset(&mut self) {
        if self.stream.is_none() || !self.client.phase().in_transaction() {
            return;
        }
        let reset = async {
            self.client.rset()?;
            self.answer_in_time().await
        };
        if !matches!(reset.await, Ok(answer) if answer.is_positive()) {
            self.drop_session();
        }
    }

    /// Closes without a word: what has not come to its end is no mail.
    pub(crate) fn drop_session(&mut self) {
        self.stream = None;
    }

    /// Leaves in good order where that is possible; in the midst of a mail's content it is not.
    pub(crate) async fn quit(&mut self) {
        if self.stream.is_some() && self.client.quit().is_ok() {
            let _ = timeout(FAREWELL, self.answer()).await;
        }
        self.drop_session();
    }

    // --- opening a session -------------------------------------------------------------------------------------

    async fn open(&mut self) -> Result<(), Failure> {
        let policy = self.config.next_hop_tls;
        let implicit = policy == TlsPolicy::Implicit;
        self.client.restart(implicit);
        self.tls_later = false;
        self.stream = Some(stream::connect(&self.config.next_hop).await?);
        if implicit {
            self.handshake().await?;
        }
        self.positive().await?;
        self.hello().await?;
        if !implicit && policy != TlsPolicy::Never {
            self.start_tls(policy).await?;
        }
        self.login().await?;
        self.config.next_hop_offers.learn(self.client.capabilities());
        Ok(())
    }

    async fn hello(&mut self) -> Result<(), Failure> {
        self.client.ehlo(self.config.hello())?;
        let answer = self.answer().await?;
        if answer.is_positive() {
            return Ok(());
        }
        // RFC 5321 §3.2: a server that does not know EHLO knows HELO.
        self.client.helo(self.config.hello())?;
        self.positive().await
    }

    async fn start_tls(&mut self, policy: TlsPolicy) -> Result<(), Failure> {
        match self.client.starttls() {
            Ok(()) => {}
            Err(embedded_smtp::Error::Misuse(Misuse::NotOffered(_))) if policy == TlsPolicy::IfOffered => {
                return Ok(());
            }
            Err(embedded_smtp::Error::Misuse(Misuse::NotOffered(_))) => {
                return Err(Failure::NoTls("The next hop offers no STARTTLS".into()));
            }
            Err(error) => return Err(error.into()),
        }
        let answer = self.answer().await?;
        if !answer.is_positive() {
            let optional = policy == TlsPolicy::IfOffered;
            self.tls_later = answer.severity() == Severity::Transient;
            return if optional { Ok(()) } else { Err(Failure::Lost(answer.to_string())) };
        }
        // The engine looks whether anything came behind the 220, which nothing may.
        self.listen().await?;
        self.handshake().await?;
        self.client.tls_established()?;
        self.hello().await
    }

    async fn handshake(&mut self) -> Result<(), Failure> {
        let stream = self.stream.take().ok_or_else(no_session)?;
        let config = self.config;
        let shaken = stream::connect_tls(&config.connector, &config.next_hop_name, stream).await;
        // So rustls calls what the peer did or showed: a certificate that is not to be trusted, or no TLS at all.
        self.stream = Some(shaken.map_err(|error| match error.kind() {
            ErrorKind::InvalidData => Failure::NoTls(error.to_string()),
            _ => error.into(),
        })?);
        Ok(())
    }

    async fn login(&mut self) -> Result<(), Failure> {
        let Some((user, password)) = &self.config.next_hop_login else { return Ok(()) };
        let credentials = Credentials::new(user, password).map_err(embedded_smtp::Error::from)?;
        let manner = self.config.next_hop_manner;
        let mut login = manner.login(credentials);
        let missing = || Failure::Lost("the next hop offers no login that may be used".into());
        if login.choose(self.client.capabilities().mechanisms()).is_some() {
            self.client.auth(login.mechanism().ok_or_else(missing)?)?;
        } else {
            let insisted = AuthMechanisms::NONE.with(manner.insisted().ok_or_else(missing)?);
            login.choose(insisted).ok_or_else(missing)?;
            self.client.auth_unoffered(login.mechanism().ok_or_else(missing)?)?;
        }
        loop {
            let answer = self.answer().await?;
            match answer.severity() {
                Severity::Positive => return Ok(()),
                Severity::Intermediate => {
                    self.client.auth_respond(login.mechanism().ok_or_else(missing)?)?;
                }
                _ => return Err(Failure::Lost(format!("the next hop refuses the login: {answer}"))),
            }
        }
    }

    // --- moving octets -----------------------------------------------------------------------------------------

    fn connection(&mut self) -> Result<Connection<'_, &mut Stream, Client<'s>>, Failure> {
        let stream = self.stream.as_mut().ok_or_else(no_session)?;
        Ok(Connection::new(stream, &mut self.client))
    }

    async fn positive(&mut self) -> Result<(), Failure> {
        let answer = self.answer().await?;
        if answer.is_positive() { Ok(()) } else { Err(Failure::Lost(answer.to_string())) }
    }

    /// The next reply, all its lines.
    async fn answer(&mut self) -> Result<Answer, Failure> {
        match self.listen().await {
            Ok(()) => self.rest_of_answer().await,
            Err(failure) => Err(self.last_words(failure).await),
        }
    }

    async fn answer_in_time(&mut self) -> Result<Answer, Failure> {
        let mut left = self.left;
        let outcome = within(&mut left, self.config.patience.answer, self.answer()).await;
        self.left = left;
        outcome
    }

    /// What it said before it closed tells more than that it closed.
    async fn last_words(&mut self, failure: Failure) -> Failure {
        match self.rest_of_answer().await {
            Ok(answer) | Err(Failure::Refused(answer)) if answer.is_refusal() => Failure::Refused(answer),
            _ => failure,
        }
    }

    /// Runs the session to its next event.
    async fn listen(&mut self) -> Result<(), Failure> {
        let patience = self.config.patience;
        if self.connection()?.run_timed(pin!(None), |standard| patience.sleep(standard)).await? {
            return Ok(());
        }
        Err(Failure::Lost("the next hop closed the connection".into()))
    }

    /// The reply whose first line is shown now.
    async fn rest_of_answer(&mut self) -> Result<Answer, Failure> {
        let mut answer: Option<Answer> = None;
        loop {
            let (reply, last, closing) = match self.client.event() {
                Some(Event::Line { reply, .. }) => (reply, false, false),
                Some(Event::Reply { reply, .. }) => (reply, true, false),
                Some(Event::Closing { reply, .. }) => (reply, true, true),
                _ => return Err(Failure::Lost("the next hop did what was not asked for".into())),
            };
            let whole = match answer.take() {
                Some(mut answer) => {
                    answer.then(&reply);
                    answer
                }
                None => Answer::of(&reply),
            };
            if closing {
                self.drop_session();
                return Err(Failure::Refused(whole));
            }
            if last {
                return Ok(whole);
            }
            answer = Some(whole);
            self.listen().await?;
        }
    }

    /// Writes, to make room for more of the content. A next hop that refuses in its middle is heard.
    async fn make_room(&mut self) -> Result<(), Failure> {
        let standard = self.client.timer().map_or(FAREWELL, |timer| timer.after());
        let patience = standard.min(self.config.patience.answer);
        let step = timeout(patience, self.connection()?.step()).await;
        match step.map_err(|_| Failure::Lost("the next hop takes no more octets".into()))? {
            Ok(Want::Write | Want::Read) => Ok(()),
            Ok(Want::Event) => self.rest_of_answer().await.and_then(|answer| Err(Failure::Refused(answer))),
            Ok(Want::Closed) => Err(Failure::Lost("the next hop closed the connection".into())),
            Err(error) => Err(self.last_words(error.into()).await),
        }
    }
}

/// Whether the mail asks for REQUIRETLS.
pub(crate) fn requires_tls(params: &Params<'_>) -> bool {
    params.iter().any(|param| param == Param::RequireTls)
}

/// For a mail that may go on over TLS only (RFC 8689 §5).
pub(crate) fn no_tls() -> Answer {
    Answer::new(550, (5, 7, 10), "Encryption needed, and the next hop has no TLS that can be trusted")
}

fn no_session() -> Failure {
    Failure::Lost("there is no session with the next hop".into())
}

/// The same, where it may have it later.
fn tls_later() -> Answer {
    Answer::new(451, (4, 7, 10), "Encryption needed, and the next hop has no TLS now")
}
