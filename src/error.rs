//! Errors, by who is at fault: the peer ([`Protocol`]), the caller ([`Misuse`]), or the memory
//! that was lent ([`Capacity`]). Replies of 4yz and 5yz are none of these; they are data.
//!
//! An error takes four octets, and so does a result without a value: it comes back in a register, which on small
//! machines is what each `?` costs least.

use core::fmt;

use crate::wire::{Code, Extension, Verb};

/// Why an engine did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Error {
    /// The peer broke the protocol. The session is over; every later call says so again.
    Protocol(Protocol),
    /// The caller asked for what may not be done now. Nothing has happened, the session goes on.
    Misuse(Misuse),
    /// A lent buffer is too small. Nothing has happened, the session goes on.
    Capacity(Capacity),
}

/// How the peer broke the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u8)] // From 1, so that where there is no error there is a zero, which takes the shortest instructions.
pub enum Protocol {
    /// A line ended by LF without CR (RFC 5321 §2.3.8).
    BareLf = 1,
    /// A line that is not a reply, or holds a CR (RFC 5321 §4.2).
    NotAReply {
        /// The octet at fault; CR also where the line ends too early.
        octet: u8,
        /// Its place in the line, from 0; 255 stands for anything beyond.
        at: u8,
    },
    /// The lines of one reply bear different codes (RFC 5321 §4.2.1).
    /// This is the one that differs from those before it.
    CodeChanged(Code),
    /// A reply longer than [`MAX_REPLY`](crate::session::MAX_REPLY) octets.
    ReplyTooLong,
    /// A reply that nothing was asked for.
    Unasked(Code),
    /// Octets that came before TLS and would be read after it (RFC 3207 §4.2, §6).
    InputBeforeTls,
    /// More challenges than [`MAX_CHALLENGES`](crate::session::MAX_CHALLENGES) in one AUTH.
    EndlessAuth,
    /// A header in front of the session (PROXY protocol) that was announced and is not one.
    NotAProxyHeader,
}

/// What the caller did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Misuse {
    /// The command is out of sequence (RFC 5321 §4.1.4), or behind one that must be answered first
    /// (RFC 2920 §3.1), or sent before answers that this server wants awaited.
    OutOfOrder(Verb),
    /// The server did not offer what the command or parameter needs.
    NotOffered(Extension),
    /// The server did not offer this mechanism.
    MechanismNotOffered,
    /// The credentials would cross the wire in clear, and the caller has not allowed that.
    ClearText,
    /// TLS is already there, or was never asked for.
    TlsState,
    /// The parameter belongs to another command.
    Parameter,
    /// An address or a value that needs SMTPUTF8, in a transaction whose MAIL had not that parameter; or a name that
    /// needs it, in a greeting, where nobody can have asked for it (RFC 6531 §3.4, §3.7.1).
    NeedsSmtpUtf8,
    /// More octets than the chunk announced.
    ChunkLength,
    /// The end of the mail, while octets of a piece that the caller writes itself are still to be written.
    BodyPending,
    /// A body with a bare CR or LF under [`LineEnds::Reject`](crate::data::LineEnds).
    BareLineEnd,
    /// A name or a secret that no mechanism can carry; [`Unfit`](crate::sasl::Unfit) says more.
    Credentials,
    /// A reply that no command is waiting for.
    NoReplyOwed,
    /// A reply whose code cannot answer this command.
    WrongReply,
}

/// Which lent memory is too small, and what would be enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capacity {
    buffer: Buffer,
    /// As octets, which may lie anywhere.
    needed: [u8; 2],
}

impl Capacity {
    /// This buffer, and how much would be enough.
    pub const fn new(buffer: Buffer, needed: usize) -> Self {
        let needed = if needed > u16::MAX as usize { u16::MAX } else { needed as u16 };
        Self { buffer, needed: needed.to_ne_bytes() }
    }

    /// Which one.
    pub const fn buffer(self) -> Buffer {
        self.buffer
    }

    /// Octets (or, for the queue, commands) that would be enough, 65 535 for anything beyond.
    pub const fn needed(self) -> usize {
        u16::from_ne_bytes(self.needed) as usize
    }
}

/// A lent buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Buffer {
    /// The one that is read into.
    Rx,
    /// The one that is written out of. When something waits in it, write that first and try again.
    Tx,
    /// The queue of commands in flight. Read replies first and try again.
    Queue,
}

impl From<Protocol> for Error {
    fn from(protocol: Protocol) -> Self {
        Self::Protocol(protocol)
    }
}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl From<Capacity> for Error {
    fn from(capacity: Capacity) -> Self {
        Self::Capacity(capacity)
    }
}

impl Protocol {
    /// Of a line that was to be a reply's, by the octet at this place.
    #[cold]
    pub(crate) fn not_a_reply(line: &[u8], at: usize) -> Self {
        Self::NotAReply { octet: line.get(at).copied().unwrap_or(b'\r'), at: at.min(255) as u8 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(protocol) => write!(f, "the peer broke the protocol: {protocol}"),
            Self::Misuse(misuse) => write!(f, "misuse by the caller: {misuse}"),
            Self::Capacity(capacity) => capacity.fmt(f),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BareLf => f.write_str("a line ended by LF without CR"),
            Self::NotAReply { octet, at } => write!(f, "not a reply: 0x{octet:02x} at octet {at}"),
            Self::CodeChanged(code) => write!(f, "a reply of several lines changed its code to {code}"),
            Self::ReplyTooLong => f.write_str("a reply without end"),
            Self::Unasked(code) => write!(f, "a reply ({code}) that nothing was asked for"),
            Self::InputBeforeTls => f.write_str("octets in clear behind STARTTLS, which may be injected"),
            Self::EndlessAuth => f.write_str("challenges without end in one AUTH"),
            Self::NotAProxyHeader => f.write_str("no PROXY header in front of the session"),
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder(verb) => write!(f, "{verb:?} may not be sent now"),
            Self::NotOffered(extension) => write!(f, "the server does not offer {}", extension.keyword()),
            Self::MechanismNotOffered => f.write_str("the server does not offer this mechanism"),
            Self::ClearText => f.write_str("no credentials without TLS unless that is allowed explicitly"),
            Self::TlsState => f.write_str("no TLS handshake is due"),
            Self::Parameter => f.write_str("a parameter of another command"),
            Self::NeedsSmtpUtf8 => {
                f.write_str("an address, a value or a name outside ASCII needs the SMTPUTF8 parameter")
            }
            Self::ChunkLength => f.write_str("more octets than the chunk announced"),
            Self::BodyPending => f.write_str("write the lent piece of the body first"),
            Self::BareLineEnd => f.write_str("a bare CR or LF in the body"),
            Self::Credentials => f.write_str("a name or a secret that no login can carry"),
            Self::NoReplyOwed => f.write_str("no command waits for a reply"),
            Self::WrongReply => f.write_str("this code cannot answer this command"),
        }
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.buffer {
            Buffer::Rx => "receive buffer",
            Buffer::Tx => "transmit buffer",
            Buffer::Queue => "queue of commands",
        };
        write!(f, "the {name} is too small: {} needed", self.needed())
    }
}

impl core::error::Error for Error {}
impl core::error::Error for Protocol {}
impl core::error::Error for Misuse {}
impl core::error::Error for Capacity {}
