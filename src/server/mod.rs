//! Layer 3, the server's side of a session (RFC 5321 §3, §4): the mirror of the client.
//!
//! A [`Server`] reads commands, tells of those that somebody must decide on, and answers all others itself from its
//! [`Policy`]: syntax errors, commands out of sequence, NOOP, RSET, HELP, parameters that are not offered, limits. Each
//! event that says so is owed exactly one reply: [`accept`](Server::accept) or [`reply`](Server::reply). There are no callbacks: while a
//! reply is owed, [`poll`](Server::poll) goes on telling of the same event.
//!
//! Replies gather in `tx` as long as there are complete commands to read, so those to a
//! pipelined group leave in one write (RFC 2920 §3.2).

mod answer;
mod auth;
mod canned;
mod command;
mod content;
mod event;
mod hello;
mod judge;
mod policy;

pub use event::{Event, Login, Lost};
pub use policy::Policy;

use canned::Canned;
use event::Shown;

use crate::data::Unstuffer;
use crate::session::{Endpoint, Incoming, MIN_RX, Outgoing, Phase, Timer, TimerKind, Want};
use crate::wire::syntax::WIDE;
use crate::wire::{AuthMechanism, Verb};
use crate::{Buffer, Capacity, Error, Protocol};

/// A server's session over two lent buffers.
///
/// `rx` holds what came in and is not used up, a whole command line at most: 512 octets take all that RFC 5321
/// demands, 2 048 the parameters of the extensions too; content passes through in any size. `tx` holds replies: 512 octets.
#[derive(Debug)]
pub struct Server<'b, 'p> {
    rx: Incoming<'b>,
    tx: Outgoing<'b>,
    policy: &'p Policy<'p>,
    phase: Phase,
    shown: Shown,
    /// The command that waits for the caller's reply.
    owed: Option<Verb>,
    /// Octets that the shown event stands on, to be used up with it.
    consumed: u16,
    failed: Option<Protocol>,
    unstuffer: Unstuffer,
    /// Octets of the chunk that are still to come.
    chunk: u64,
    chunk_is: ChunkIs,
    /// Octets of the mail so far.
    received: u64,
    /// Octets since the timer was last started.
    progress: u32,
    recipients: u16,
    /// Recipients that were refused, of which there may be as many, and what a client that pipelines says behind a refusal.
    refused: u16,
    /// LMTP: replies given for this mail's recipients.
    replied: u16,
    mails: u16,
    /// Octets of refused content that were dropped.
    drained: u32,
    /// Commands since the last mail that brought none nearer.
    idle: u16,
    /// Octets of chunks that somebody wanted, since that count began anew.
    useful: u16,
    errors: u8,
    epoch: u8,
    mechanism: Option<AuthMechanism>,
    lost: Option<Lost>,
    flags: Flags,
}

/// What the octets of a chunk are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChunkIs {
    /// There is no chunk.
    None,
    /// Content, with more chunks to follow.
    Content,
    /// Content, and the end of it.
    Last,
    /// Behind a BDAT that is refused: nothing, but they come all the same, before the refusal (RFC 3030 §2).
    Refused(&'static Canned),
}

#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each with its own life")]
struct Flags {
    tls: bool,
    authenticated: bool,
    /// No header of a proxy's is expected, or it has been read.
    proxied: bool,
    eof: bool,
    /// The transaction is under SMTPUTF8.
    smtputf8: bool,
    /// The transaction's body is BINARYMIME.
    binary: bool,
    /// MAIL was refused: who pipelines has said RCPT and DATA before it could know (RFC 2920 §3.1).
    unsent: bool,
    /// The lone dot has been read, and is to be told of.
    ended: bool,
    /// The octets before end in a CR, which LF must follow.
    cr: bool,
    /// The last reply found no room behind those that wait.
    short: bool,
    /// What is used up next may hold a secret, to be overwritten.
    secret: bool,
}

impl<'b, 'p> Server<'b, 'p> {
    /// A session on a connection that has just been accepted.
    pub fn new(rx: &'b mut [u8], tx: &'b mut [u8], policy: &'p Policy<'p>) -> Self {
        Self {
            rx: Incoming::new(rx),
            tx: Outgoing::new(tx),
            policy,
            phase: Phase::Connected,
            shown: Shown::Nothing,
            owed: None,
            consumed: 0,
            failed: None,
            unstuffer: Unstuffer::new(policy.bare),
            chunk: 0,
            chunk_is: ChunkIs::None,
            received: 0,
            progress: 0,
            recipients: 0,
            refused: 0,
            replied: 0,
            mails: 0,
            drained: 0,
            idle: 0,
            useful: 0,
            errors: 0,
            epoch: 0,
            mechanism: None,
            lost: None,
            flags: Flags { proxied: policy.proxy.is_none(), ..Flags::default() },
        }
    }

    /// The stream is under TLS from its first octet (RFC 8314 §3.3).
    pub fn over_tls(mut self) -> Self {
        self.flags.tls = true;
        self
    }

    /// Begins anew on another connection, with the same buffers and policy.
    pub fn restart(&mut self, tls: bool) {
        self.rx.clear();
        self.tx.clear();
        self.phase = Phase::Connected;
        self.shown = Shown::Nothing;
        self.owed = None;
        self.consumed = 0;
        self.failed = None;
        self.forget_transaction();
        self.mails = 0;
        self.drained = 0;
        self.idle = 0;
        self.errors = 0;
        self.mechanism = None;
        self.flags = Flags { tls, proxied: self.policy.proxy.is_none(), ..Flags::default() };
        self.tick();
    }

    /// Room to read into; empty while nothing may be read (between 220 to STARTTLS and
    /// [`tls_established`](Self::tls_established) the stream belongs to TLS), and while the buffer is full.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        if self.phase == Phase::Tls { &mut [] } else { self.rx.room() }
    }

    /// Says that `octets` were read into the front of [`receive_buffer`](Self::receive_buffer).
    pub fn received(&mut self, octets: usize) {
        self.rx.received(octets);
    }

    /// Says that the client has closed its side. Commands that have come are still answered.
    pub fn received_eof(&mut self) {
        self.flags.eof = true;
    }

    /// What is to be written next.
    pub fn transmit(&self) -> &[u8] {
        self.tx.waiting()
    }

    /// Says that the first `octets` of [`transmit`](Self::transmit) were written.
    pub fn transmitted(&mut self, octets: usize) {
        let _ = self.tx.transmitted(octets);
    }

    /// Goes on as far as possible, and says what is needed next. The event before is gone, unless a
    /// reply is owed to it.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the client tried what no session can go on behind (octets behind STARTTLS), now
    /// and at every later call; [`Misuse::NeedsSmtpUtf8`](crate::Misuse::NeedsSmtpUtf8) for a [`Policy`] whose host is not ASCII; [`Error::Capacity`] when the receive buffer is below [`MIN_RX`], or the transmit buffer
    /// cannot hold a reply of the engine's own.
    #[inline]
    pub fn poll(&mut self) -> Result<Want, Error> {
        // Where there is nothing to do but to wait, which is half of all calls, few registers are needed.
        if WIDE && self.owed.is_none() && self.failed.is_none() && !self.flags.secret {
            self.release();
            if self.is_idle() {
                return Ok(if self.tx.is_empty() { Want::Read } else { Want::Write });
            }
            return self.advance();
        }
        self.poll_whole()
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))]
    fn poll_whole(&mut self) -> Result<Want, Error> {
        if let Some(failed) = self.failed {
            return Err(failed.into());
        }
        if self.owed.is_some() {
            return Ok(if self.is_crowded() { Want::Write } else { Want::Event });
        }
        self.release();
        self.advance()
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))]
    fn advance(&mut self) -> Result<Want, Error> {
        if self.rx.capacity() < MIN_RX {
            return Err(Capacity::new(Buffer::Rx, MIN_RX).into());
        }
        loop {
            if self.has_less_than(REPLY_ROOM) {
                return Ok(Want::Write);
            }
            let step = match self.phase {
                Phase::Closing => Err(Stop::Input),
                _ if !self.flags.proxied => self.take_proxy_header(),
                Phase::Connected => self.greet(),
                Phase::Tls if !self.tx.is_empty() => Err(Stop::Input),
                Phase::Tls => self.handshake(),
                Phase::Data => self.take_content(),
                _ if self.chunk_is != ChunkIs::None => self.take_chunk(),
                _ => match self.take_usual() {
                    Some(done) => done,
                    None => self.take_line(),
                },
            };
            match step {
                Ok(()) => self.release(),
                Err(Stop::Event) => return Ok(Want::Event),
                Err(Stop::Input) => break,
                Err(Stop::Failed(error)) => return Err(self.fail(error)),
            }
            if WIDE && self.is_idle() {
                break;
            }
        }
        Ok(if !self.tx.is_empty() {
            Want::Write
        } else if self.flags.eof || self.phase == Phase::Closing {
            self.leave_nothing();
            Want::Closed
        } else {
            Want::Read
        })
    }

    /// Behind a client's breach of the protocol there is nothing more.
    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        if let Error::Protocol(protocol) = error {
            self.failed = Some(protocol);
            self.tx.clear();
            self.leave_nothing();
        }
        error
    }

    /// Whether there is nothing to do but to wait for input, at a glance: what each phase finds out by itself too.
    fn is_idle(&self) -> bool {
        // Behind a refused connection too it may be that the receive buffer is too small.
        let greeted = !matches!(self.phase, Phase::Connected | Phase::Refused);
        let waits = greeted && !matches!(self.phase, Phase::Auth | Phase::Tls | Phase::Closing);
        waits
            && self.rx.is_empty()
            && self.chunk_is == ChunkIs::None
            && self.lost.is_none()
            && !self.flags.ended
            && !self.flags.eof
    }

    /// Whether what waits must be written before another reply is sure to find room.
    fn is_crowded(&self) -> bool {
        let hello = matches!(self.owed, Some(Verb::Ehlo | Verb::Lhlo));
        self.has_less_than(if hello { HELLO_ROOM } else { REPLY_ROOM })
    }

    fn has_less_than(&self, room: usize) -> bool {
        !self.tx.is_empty() && (self.flags.short || self.tx.free() < self.tx.capacity().min(room))
    }

    /// What [`poll`](Self::poll) said [`Want::Event`] for; lent until the next call that changes the engine.
    pub fn event(&self) -> Option<Event<'_>> {
        self.shown.event(&self.rx, self.policy)
    }

    /// The timer that runs now; none while a reply is owed, for then the caller is waited for, unless others must be written
    /// before it.
    ///
    /// A client that sends its content by drips does not restart it before [`Policy::patience`]'s `progress` octets have come.
    pub fn timer(&self) -> Option<Timer> {
        if self.owed.is_some() && !self.is_crowded() {
            return None;
        }
        let content = self.phase == Phase::Data || self.chunk_is != ChunkIs::None;
        let (kind, seconds) = if content {
            (TimerKind::Content, self.policy.content_seconds)
        } else {
            (TimerKind::Command, self.policy.command_seconds)
        };
        Some(Timer { kind, seconds, epoch: self.epoch })
    }

    /// Says that the timer has run out: 421 is queued (RFC 5321 §4.5.3.2.7), and the session is over when it has been
    /// written; a second call drops it. A mail that was not complete is lost.
    pub fn timed_out(&mut self) {
        if self.phase == Phase::Closing {
            self.tx.clear();
        }
        self.shut(&answer::TIMED_OUT);
        self.leave_nothing();
    }

    /// Ends the session with 421, as [`timed_out`](Self::timed_out) does: the server is going down (RFC 5321 §3.8).
    pub fn shut_down(&mut self) {
        self.shut(&answer::SHUTTING_DOWN);
        self.leave_nothing();
    }

    /// Whether the stream is under TLS.
    pub fn is_tls(&self) -> bool {
        self.flags.tls
    }

    /// Whether AUTH has succeeded.
    pub fn is_authenticated(&self) -> bool {
        self.flags.authenticated
    }

    /// Where the session is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The command whose reply is owed.
    pub fn reply_owed(&self) -> Option<Verb> {
        self.owed
    }

    /// Lets go of the event that was shown, and of the octets it stood on.
    fn release(&mut self) {
        self.shown = Shown::Nothing;
        if WIDE && self.consumed == 0 {
            return;
        }
        if self.flags.secret {
            self.flags.secret = false;
            self.rx.wipe(usize::from(self.consumed));
        }
        self.rx.consume(usize::from(self.consumed));
        self.consumed = 0;
    }

    /// Nothing more is read, and what was may be half a login.
    fn leave_nothing(&mut self) {
        if !self.rx.is_empty() || !self.rx.aside().is_empty() {
            self.shown = Shown::Nothing;
            self.rx.clear();
        }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))] // once in flash, not at each place of use
    fn tick(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
        self.progress = 0;
    }

    /// The client takes a mail back. One of which content has come was worth as much to it as a mail, and counts as one: else
    /// chunks that are never ended would hold the session for ever.
    fn abandon_transaction(&mut self) {
        if self.received > 0 {
            self.mails = self.mails.saturating_add(1);
        }
        self.forget_transaction();
    }

    fn forget_transaction(&mut self) {
        self.unstuffer = Unstuffer::new(self.policy.bare);
        self.chunk = 0;
        self.chunk_is = ChunkIs::None;
        self.received = 0;
        self.useful = 0;
        self.recipients = 0;
        self.refused = 0;
        self.replied = 0;
        self.lost = None;
        self.flags.smtputf8 = false;
        self.flags.binary = false;
        self.flags.unsent = false;
        self.flags.ended = false;
        self.flags.cr = false;
    }
}

/// Octets that `tx` should have free before another command is looked at: any reply of the engine's own, and one with
/// a line or two of the caller's.
const REPLY_ROOM: usize = 288;

/// Octets that `tx` should have free for the list behind EHLO.
const HELLO_ROOM: usize = 384;

/// A step of the engine: what came is dealt with, and there may be more, or there is not.
type Done = Result<(), Stop>;

/// What ends the engine's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Failed(Error),
    /// There is something to tell.
    Event,
    /// More input is needed.
    Input,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Protocol> for Stop {
    fn from(protocol: Protocol) -> Self {
        Self::Failed(protocol.into())
    }
}

impl Endpoint for Server<'_, '_> {
    fn poll(&mut self) -> Result<Want, Error> {
        Server::poll(self)
    }

    fn receive_buffer(&mut self) -> &mut [u8] {
        Server::receive_buffer(self)
    }

    fn received(&mut self, octets: usize) {
        Server::received(self, octets);
    }

    fn received_eof(&mut self) {
        Server::received_eof(self);
    }

    fn transmit(&mut self) -> &[u8] {
        Server::transmit(self)
    }

    fn transmitted(&mut self, octets: usize) {
        Server::transmitted(self, octets);
    }

    fn timer(&self) -> Option<Timer> {
        Server::timer(self)
    }

    fn timed_out(&mut self) {
        Server::timed_out(self);
    }
}
