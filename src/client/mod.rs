//! Layer 3, the client's side of a session (RFC 5321 §3, §4).
//!
//! A [`Client`] sends commands and tells of replies. It does not know what a whole submission is
//! (layer 4, [`submission`](crate::submission), does); it knows what may be sent when, and what an answer means.
//!
//! The methods come in four kinds: octets in and out ([`receive_buffer`](Client::receive_buffer),
//! [`received`](Client::received), [`received_eof`](Client::received_eof), [`transmit`](Client::transmit),
//! [`transmitted`](Client::transmitted)); progress ([`poll`](Client::poll), [`event`](Client::event), [`timer`](Client::timer),
//! [`timed_out`](Client::timed_out)); commands, each of which happens wholly or not at all; and getters.

mod auth;
mod command;
mod content;
mod event;
mod parameters;
mod reply;

pub use event::Event;
pub(crate) use parameters::OfMail;
pub use parameters::{ParameterList, Parameters, Transfer};

pub(crate) use content::IN_PLACE;
use content::{Content, Give};
use event::{ReplyLine, Shown};

use crate::data::{LineEnds, Stuffer};
use crate::session::{
    Endpoint, Incoming, MIN_RX, Outgoing, Phase, Pipeline, Timer, TimerKind, Want, is_piece,
};
use crate::wire::reply::HEAD;
use crate::wire::{Capabilities, Folder, Verb};
use crate::{Buffer, Capacity, Error, Protocol};

/// A client's session over two lent buffers.
///
/// `rx` holds what came in and is not used up: [`MIN_RX`] octets at least, 512 to see every reply
/// line of RFC 5321 whole; longer lines are cut, not refused. `tx` holds what is to go out: commands, and the
/// parts of a mail that are copied; 512 octets take any command, and the more there are, the fewer writes.
// What is small stands in front: the shortest instructions reach octets within the first 32 and words within the first
// 128 only.
#[derive(Debug)]
#[repr(C)]
pub struct Client<'b> {
    phase: Phase,
    /// Where all that is in flight leads to, if it succeeds; [`NOTHING_MORE`] when its reply must be awaited. Of no meaning when nothing is.
    ahead: Phase,
    shown: Shown,
    flags: Flags,
    /// In AUTH its challenges; behind MAIL what it makes use of (`parameters::Used`). RFC 4954 §4: there is no AUTH within a transaction.
    scratch: u8,
    epoch: u8,
    content: Content,
    stuffer: Stuffer,
    line: ReplyLine,
    rx: Incoming<'b, false>,
    tx: Outgoing<'b>,
    failed: Option<Protocol>,
    /// By use, so that others do not link the reading of LIMITS.
    fold: Folder,
    lmtp: Option<reply::Counter>,
    /// LMTP: recipients accepted, and so replies to come behind the content.
    recipients: u32,
    /// Octets to be written until the server may have the end of a mail.
    left: u32,
    capabilities: Capabilities,
    /// While a chunk is open; and its octets that are still to be given.
    open: Option<Give>,
    pipeline: Pipeline,
    /// Octets of a piece of the body that the caller writes from its own memory.
    in_place: u32,
    chunk: u64,
}

/// A phase in which no command is permitted.
const NOTHING_MORE: Phase = Phase::Closing;

#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each with its own life")]
struct Flags {
    tls: bool,
    authenticated: bool,
    clear_text_allowed: bool,
    lmtp: bool,
    eof: bool,
    /// The session is over: nothing is said or heard any more.
    over: bool,
    /// Something came before the command in flight was given, and cannot answer it, nor can what follows it.
    stale: bool,
}

impl<'b> Client<'b> {
    /// A session on a connection that has just been opened; the server speaks first.
    pub fn new(rx: &'b mut [u8], tx: &'b mut [u8]) -> Self {
        let mut pipeline = Pipeline::new();
        pipeline.push(Verb::Greeting);
        Self {
            rx: Incoming::new(rx),
            tx: Outgoing::new(tx),
            pipeline,
            capabilities: Capabilities::none(),
            fold: Capabilities::fold_without_limits,
            lmtp: None,
            phase: Phase::Connected,
            ahead: Phase::Connected,
            shown: Shown::Nothing,
            line: ReplyLine::none(),
            failed: None,
            stuffer: Stuffer::new(LineEnds::Normalize),
            in_place: 0,
            open: None,
            chunk: 0,
            content: Content::None,
            left: 0,
            recipients: 0,
            scratch: 0,
            epoch: 0,
            flags: Flags::default(),
        }
    }

    /// The stream is under TLS from its first octet (RFC 8314 §3.3).
    pub fn over_tls(mut self) -> Self {
        self.flags.tls = true;
        self
    }

    /// Lets mechanisms that reveal the secret be used without TLS.
    pub fn allow_clear_text_auth(mut self) -> Self {
        self.flags.clear_text_allowed = true;
        self
    }

    /// Reads the numbers of LIMITS (RFC 9422) too; else [`Capabilities::limits`] has none.
    pub fn read_limits(mut self) -> Self {
        self.fold = Capabilities::fold;
        self
    }

    /// What becomes of bare CR and LF in mails to be sent, which RFC 5321 §2.3.8 forbids: [`LineEnds::Normalize`] unless this says
    /// otherwise.
    pub fn line_ends(mut self, line_ends: LineEnds) -> Self {
        self.stuffer = Stuffer::new(line_ends);
        self
    }

    /// Begins anew on another connection, with the same buffers and settings. `tls` says whether
    /// the new stream is under TLS from its first octet.
    pub fn restart(&mut self, tls: bool) {
        self.rx.clear();
        self.tx.clear();
        self.pipeline.clear();
        self.pipeline.push(Verb::Greeting);
        self.forget_offers();
        self.phase = Phase::Connected;
        self.ahead = Phase::Connected;
        self.shown = Shown::Nothing;
        self.line = ReplyLine::none();
        self.stuffer.restart();
        self.failed = None;
        self.in_place = 0;
        self.open = None;
        self.chunk = 0;
        self.content = Content::None;
        self.recipients = 0;
        self.scratch = 0;
        self.epoch = self.epoch.wrapping_add(1);
        let clear_text_allowed = self.flags.clear_text_allowed;
        self.flags = Flags { tls, clear_text_allowed, ..Flags::default() };
    }

    /// Room to read into; empty while nothing may be read (between STARTTLS's reply and
    /// [`tls_established`](Self::tls_established) the stream belongs to TLS), and while the buffer is full.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        if self.phase == Phase::Tls { &mut [] } else { self.rx.room() }
    }

    /// Says that `octets` were read into the front of [`receive_buffer`](Self::receive_buffer).
    pub fn received(&mut self, octets: usize) {
        self.rx.received(octets);
    }

    /// Says that the server has closed its side.
    pub fn received_eof(&mut self) {
        self.flags.eof = true;
    }

    /// What is to be written next. Empty while a piece of the body that
    /// [`body_in_place`](Self::body_in_place) took is to be written instead.
    pub fn transmit(&self) -> &[u8] {
        if self.body_pending() > 0 { &[] } else { self.tx.waiting() }
    }

    /// Says that `octets` were written, of [`transmit`](Self::transmit) or of the piece of the body.
    pub fn transmitted(&mut self, octets: usize) {
        let pending = self.body_pending();
        let piece = if pending > 0 {
            self.in_place = self.in_place.saturating_sub(octets as u32);
            self.in_place == 0 || is_piece(pending, self.in_place as usize)
        } else {
            self.tx.transmitted(octets)
        };
        // RFC 5321 §4.5.3.2.5: each piece of the content has its own time; each octet has not, or a peer that takes one now and
        // then would never run out of it.
        if piece && self.content != Content::None {
            self.tick();
        }
        self.left = self.left.saturating_sub(octets as u32);
    }

    /// Goes on as far as possible, and says what is needed next. The event before is gone.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the server broke the protocol, now and at every later call;
    /// [`Error::Capacity`] when the receive buffer is below [`MIN_RX`].
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn poll(&mut self) -> Result<Want, Error> {
        self.release();
        if self.rx.capacity() < MIN_RX {
            return Err(Capacity::new(Buffer::Rx, MIN_RX).into());
        }
        let want = self.advance();
        self.failed.map_or(Ok(want), |failed| Err(failed.into()))
    }

    /// The server has broken the protocol: told now and at every later call.
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    pub(super) fn fail(&mut self, protocol: Protocol) {
        self.failed = Some(protocol);
        self.timed_out();
    }

    fn advance(&mut self) -> Want {
        if self.flags.over {
            return Want::Closed;
        }
        if self.phase != Phase::Tls {
            self.take_reply_line();
        } else if self.rx.is_empty() && self.tx.is_empty() {
            self.shown = Shown::StartTls;
        } else {
            // RFC 3207 §4.2: whatever came with the 220 may have been injected, and so may one that came before STARTTLS had gone out.
            self.fail(Protocol::InputBeforeTls);
        }
        if self.shown != Shown::Nothing {
            return Want::Event;
        }
        if self.flags.eof {
            self.flags.over = true;
            return Want::Closed;
        }
        if self.body_pending() > 0 || !self.tx.is_empty() { Want::Write } else { Want::Read }
    }

    /// The timer that runs now (RFC 5321 §4.5.3.2); none while the caller's next command is awaited.
    pub fn timer(&self) -> Option<Timer> {
        let kind = match self.pipeline.front() {
            Some(Verb::Greeting) => TimerKind::Greeting,
            Some(Verb::Data) => TimerKind::DataReply,
            Some(Verb::EndOfData | Verb::BdatLast) => TimerKind::EndOfData,
            Some(_) => TimerKind::Reply,
            None if self.phase == Phase::Data => TimerKind::DataBlock,
            // The rest of a chunk that was answered before all of it had gone out.
            None if self.open.is_some() || self.body_pending() > 0 || !self.tx.is_empty() => {
                TimerKind::DataBlock
            }
            None => return None,
        };
        Some(Timer { kind, seconds: kind.seconds(), epoch: self.epoch })
    }

    /// Says that the timer has run out: the session is over, [`poll`](Self::poll) says
    /// [`Want::Closed`] from now on.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn timed_out(&mut self) {
        self.flags.over = true;
        // Nothing more is written.
        self.tx.clear();
        self.open = None;
        if IN_PLACE {
            self.in_place = 0;
        }
    }

    /// What the server offered is offered no more.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn forget_offers(&mut self) {
        self.capabilities = Capabilities::none();
    }

    /// What [`poll`](Self::poll) said [`Want::Event`] for; lent until the next call that changes the engine.
    pub fn event(&self) -> Option<Event<'_>> {
        match self.shown {
            Shown::Nothing => None,
            Shown::StartTls => Some(Event::StartTls),
            Shown::Line => Some(self.line.event(&self.rx)),
        }
    }

    /// The line that is shown, and its text.
    pub(crate) fn shown_line(&self) -> Option<(&ReplyLine, &[u8])> {
        (self.shown == Shown::Line).then(|| (&self.line, self.rx.text(HEAD)))
    }

    /// What the server offers; nothing before EHLO, and nothing again behind STARTTLS.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Where the session is, by the replies that have come.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the stream is under TLS.
    pub fn is_tls(&self) -> bool {
        self.flags.tls
    }

    /// Whether the session is LMTP (RFC 2033), by a LHLO that was accepted.
    pub fn is_lmtp(&self) -> bool {
        self.flags.lmtp
    }

    /// Whether the session goes on: it has not been closed, given up, or lost to an error. A client that is not open needs
    /// [`restart`](Self::restart) on another connection.
    pub fn is_open(&self) -> bool {
        !self.flags.over && !self.flags.eof
    }

    /// Whether AUTH has succeeded.
    pub fn is_authenticated(&self) -> bool {
        self.flags.authenticated
    }

    /// Whether a mechanism that reveals the secret may be used: there is TLS, or the caller allows it in clear.
    pub fn may_reveal_secrets(&self) -> bool {
        self.flags.tls || self.flags.clear_text_allowed
    }

    /// Commands whose replies have not come.
    pub fn in_flight(&self) -> usize {
        self.pipeline.len()
    }

    /// Whether the whole of a mail has been written and its reply has not come: if the session
    /// ends now, the mail may or may not have been delivered.
    pub fn in_doubt(&self) -> bool {
        self.is_ending() && self.left == 0
    }

    /// Whether `verb` may be sent now, as if all that is in flight succeeds.
    pub fn permits(&self, verb: Verb) -> bool {
        let chunk = matches!(verb, Verb::Bdat | Verb::BdatLast);
        self.is_turn_of(verb) && !(chunk && self.is_ending())
    }

    /// The same, but for what is asked of chunks only.
    fn is_turn_of(&self, verb: Verb) -> bool {
        let ahead = if self.pipeline.is_empty() { self.phase } else { self.ahead };
        self.open.is_none() && !self.flags.over && ahead.permits(verb)
    }

    /// Whether the end of a mail is in flight. Of two of them, nobody could tell which one is out: so no chunk follows it.
    fn is_ending(&self) -> bool {
        self.content == Content::Ends
    }

    fn tick(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }
}

impl Endpoint for Client<'_> {
    fn poll(&mut self) -> Result<Want, Error> {
        Client::poll(self)
    }

    fn receive_buffer(&mut self) -> &mut [u8] {
        Client::receive_buffer(self)
    }

    fn received(&mut self, octets: usize) {
        Client::received(self, octets);
    }

    fn received_eof(&mut self) {
        Client::received_eof(self);
    }

    fn transmit(&mut self) -> &[u8] {
        Client::transmit(self)
    }

    fn transmitted(&mut self, octets: usize) {
        Client::transmitted(self, octets);
    }

    fn timer(&self) -> Option<Timer> {
        Client::timer(self)
    }

    fn timed_out(&mut self) {
        Client::timed_out(self);
    }
}
