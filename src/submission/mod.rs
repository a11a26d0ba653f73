//! Layer 4, one mail from greeting to QUIT, without IO: written once, driven by every adapter.
//!
//! A [`Submission`] gives a [`Client`] its commands: EHLO (or HELO), STARTTLS by the policy, AUTH, MAIL, RCPT, DATA,
//! the content, QUIT. It sends as much at once as the server lets it (RFC 2920), and it says at any
//! moment what would have become of the mail if the session ended now: [`Submission::report`].
//!
//! To its driver it is an [`Endpoint`]. It speaks up twice at most: [`Event::StartTls`] and [`Event::Done`].

mod content;
mod conversation;
mod options;
mod recipient;
mod report;
mod texts;

pub use options::{Hello, Options, Then, TlsPolicy};
pub use recipient::{Answer, Recipient, Status};
pub use report::{Cause, Report, Verdict};
pub use texts::{NoWords, Texts, Words};

use core::fmt;

use crate::Error;
use crate::client::{Client, IN_PLACE, Parameters};
use crate::data::Body;
use crate::sasl::{Anyone, Authenticator};
use crate::session::{Endpoint, Phase, Timer, Want};
use crate::wire::{ReversePath, Verb};

/// A mail's envelope (RFC 5321 §2.3.1): whom it is from and whom it is for.
pub struct Envelope<'s, 'e> {
    /// As it goes onto the wire.
    from: &'e [u8],
    parameters: Option<&'e dyn Parameters>,
    recipients: &'s mut [Recipient<'e>],
}

impl<'s, 'e> Envelope<'s, 'e> {
    /// From `from`, for `recipients`, in which the outcomes will be written.
    pub const fn new(from: ReversePath<'e>, recipients: &'s mut [Recipient<'e>]) -> Self {
        Self { from: from.as_bytes(), parameters: None, recipients }
    }

    /// With parameters for MAIL beyond SIZE, BODY and SMTPUTF8, which are found out: RET, ENVID, REQUIRETLS ...
    pub const fn with(mut self, parameters: &'e dyn Parameters) -> Self {
        self.parameters = Some(parameters);
        self
    }
}

impl fmt::Debug for Envelope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("from", &ReversePath::again(self.from))
            .field("recipients", &self.recipients)
            .finish_non_exhaustive()
    }
}

/// One mail on its way through a [`Client`].
///
/// `B` is where the content comes from, `A` is how to log in, `W` what is kept of the server's words. `'s` is how long
/// client, recipients and texts are lent, `'b` the client's buffers, `'e` what the envelope says.
#[derive(Debug)]
#[repr(C)]
pub struct Submission<'s, 'b, 'e, B: Body, A = Anyone, W = Texts<'s>> {
    cause: Option<Cause>,
    client: &'s mut Client<'b>,
    step: Step,
    options: Options<'e>,
    /// What is to be told of at the end: once an error of the engine's, if there was one.
    end: Result<Want, Error>,
    answer: Answer,
    /// Recipients who have been looked at, or for whom RCPT has been sent.
    sent: usize,
    envelope: Envelope<'s, 'e>,
    words: W,
    body: B,
    body_error: Option<B::Error>,
    login: A,
}

/// What the submission waits for, or does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The session is new, or TLS is.
    Begin,
    /// From the greeting to the login.
    Opening,
    /// What RCPT needs is looked at for all recipients.
    Address,
    Mail,
    Rcpt,
    Data,
    Content,
    End,
    /// The outcome is settled; the session is being left in good order.
    Leaving,
    Done,
}

/// What a submission tells its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event {
    /// Do the TLS handshake on this stream now, then call [`tls_established`](Submission::tls_established) or
    /// [`tls_failed`](Submission::tls_failed).
    StartTls,
    /// The report is final. Close the stream, unless the session was to be kept.
    Done,
}

impl<'s, 'b, 'e, B: Body> Submission<'s, 'b, 'e, B> {
    /// Sends `body` through `client`, which is new, or [kept](Then::Keep) from the mail before.
    ///
    /// `texts` takes the server's words, up to 65 535 octets; it may be empty.
    pub fn new(
        client: &'s mut Client<'b>,
        options: Options<'e>,
        envelope: Envelope<'s, 'e>,
        body: B,
        texts: &'s mut [u8],
    ) -> Self {
        Self::with_login(client, options, envelope, body, texts, Anyone)
    }
}

impl<'s, 'b, 'e, B: Body, A: Authenticator> Submission<'s, 'b, 'e, B, A> {
    /// The same, logging in with `login` first.
    pub fn with_login(
        client: &'s mut Client<'b>,
        options: Options<'e>,
        envelope: Envelope<'s, 'e>,
        body: B,
        texts: &'s mut [u8],
        login: A,
    ) -> Self {
        Self::keeping(client, options, envelope, body, login, Texts::new(texts))
    }
}

impl<'s, 'b, 'e, B: Body, A: Authenticator> Submission<'s, 'b, 'e, B, A, NoWords> {
    /// The same, keeping codes only: neither the server's words nor enhanced codes, nor the code that reads them.
    pub fn without_words(
        client: &'s mut Client<'b>,
        options: Options<'e>,
        envelope: Envelope<'s, 'e>,
        body: B,
        login: A,
    ) -> Self {
        Self::keeping(client, options, envelope, body, login, NoWords)
    }
}

impl<'s, 'b, 'e, B: Body, A: Authenticator, W: Words> Submission<'s, 'b, 'e, B, A, W> {
    fn keeping(
        client: &'s mut Client<'b>,
        options: Options<'e>,
        envelope: Envelope<'s, 'e>,
        body: B,
        login: A,
        words: W,
    ) -> Self {
        for recipient in &mut *envelope.recipients {
            recipient.reset();
        }
        Self {
            client,
            options,
            envelope,
            words,
            body,
            body_error: None,
            login,
            step: Step::Begin,
            cause: None,
            end: Ok(Want::Event),
            answer: Answer::default(),
            sent: 0,
        }
    }

    /// What [`poll`](Endpoint::poll) said [`Want::Event`] for.
    pub fn event(&self) -> Option<Event> {
        match self.step {
            Step::Done => Some(Event::Done),
            Step::Opening if self.client.phase() == Phase::Tls => Some(Event::StartTls),
            _ => None,
        }
    }

    /// Says that octets go through TLS from here on.
    ///
    /// # Errors
    /// [`Misuse::TlsState`](crate::Misuse::TlsState) when no handshake was due.
    pub fn tls_established(&mut self) -> Result<(), Error> {
        self.client.tls_established()?;
        self.step = Step::Begin;
        Ok(())
    }

    /// Says that the handshake failed: nothing is sent, the stream is to be closed.
    pub fn tls_failed(&mut self) {
        self.abandon(Cause::TlsFailed);
    }

    /// What has become of the mail; before [`Event::Done`], what will have become of it if the
    /// session ends now (after an error of the stream, say).
    pub fn report(&self) -> Report<'_> {
        let recipients = &*self.envelope.recipients;
        let verdict = report::verdict(recipients, self.cause, &self.answer, self.client.in_doubt());
        let delivered = matches!(verdict, Verdict::Delivered | Verdict::PartlyDelivered);
        let last = if self.is_settled() { Cause::Refused(Verb::EndOfData) } else { Cause::ConnectionLost };
        let cause = if delivered { None } else { self.cause.or(Some(last)) };
        let offered = self.client.capabilities();
        Report { verdict, cause, answer: self.answer, recipients, words: self.words.octets(), offered }
    }

    /// Why the content could not be read, after [`Cause::BodyFailed`].
    pub fn take_body_error(&mut self) -> Option<B::Error> {
        self.body_error.take()
    }

    /// The engine below.
    pub fn client(&self) -> &Client<'b> {
        self.client
    }

    /// The content, as far as it has not been sent.
    pub fn body(&self) -> &B {
        &self.body
    }

    fn is_settled(&self) -> bool {
        self.step >= Step::Leaving
    }

    /// Ends the session here and now: nothing more is sent.
    fn abandon(&mut self, cause: Cause) {
        self.caused(cause);
        self.client.timed_out();
        self.step = Step::Done;
    }

    /// The first cause is the one.
    fn caused(&mut self, cause: Cause) {
        if !self.is_settled() && self.cause.is_none() {
            self.cause = Some(cause);
        }
    }
}

impl<B: Body, A: Authenticator, W: Words> Endpoint for Submission<'_, '_, '_, B, A, W> {
    fn poll(&mut self) -> Result<Want, Error> {
        self.converse()
    }

    fn receive_buffer(&mut self) -> &mut [u8] {
        self.client.receive_buffer()
    }

    fn received(&mut self, octets: usize) {
        self.client.received(octets);
    }

    fn received_eof(&mut self) {
        self.client.received_eof();
    }

    fn transmit(&mut self) -> &[u8] {
        match self.client.body_pending() {
            0 => self.client.transmit(),
            _ if !IN_PLACE => &[],
            pending => {
                let piece = self.body.fill().unwrap_or_default();
                piece.get(..pending).unwrap_or(piece)
            }
        }
    }

    fn transmitted(&mut self, octets: usize) {
        if IN_PLACE && self.client.body_pending() > 0 {
            self.body.consume(octets);
        }
        self.client.transmitted(octets);
    }

    fn timer(&self) -> Option<Timer> {
        self.client.timer()
    }

    fn timed_out(&mut self) {
        self.abandon(Cause::TimedOut);
    }
}
