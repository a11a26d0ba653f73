//! What a SASL mechanism is to a server (RFC 4422 §3): it takes the client's messages, and says what to do about each.

use core::fmt;

use super::Claim;
#[cfg(feature = "scram")]
use crate::sasl::Verifier;
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The server's side of a mechanism.
///
/// It knows no connection and no account. It is given the message of each [`Event::AuthMessage`](crate::server::Event::AuthMessage), and says
/// what to [answer](crate::server::Server::auth); what only the server's owner can know comes to the caller as a [`Claim`] first, and goes back
/// as a [`Judgement`]. Written by hand, it is a mechanism of one's own, under one of the names that [`AuthMechanism`] has.
///
/// An exchange may end without a word to the mechanism: the client takes it back, or is gone. So a message that is the
/// [first](Message::is_first) begins anew, whatever was before; a mechanism whose nonce or challenge has been seen refuses it
/// ([`Refusal::Spent`]) unless it was given another one (`renew`).
pub trait Mechanism {
    /// The names under which it is offered, and which it answers to.
    fn names(&self) -> AuthMechanisms;

    /// Takes a message.
    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm>;

    /// Takes what is thought of the claim that the same `message` has just led to, and of no other. Unless written otherwise, [`Judgement::Accept`] lets the client
    /// in, and all else refuses it.
    fn judged<'s>(&'s mut self, message: Message<'_>, judgement: Judgement<'_>) -> Answer<'s> {
        let _ = message;
        if matches!(judgement, Judgement::Accept) { Answer::Accept } else { Answer::Refuse(Refusal::Judged) }
    }
}

/// What the client says in an exchange, decoded. It may be a secret: it is never printed.
#[derive(Clone, Copy)]
pub struct Message<'m> {
    mechanism: AuthMechanism,
    first: bool,
    octets: Option<&'m [u8]>,
    kept: &'m [u8],
}

impl<'m> Message<'m> {
    /// What comes with AUTH, by which an exchange begins: the initial response, `None` where there is none (RFC 4954 §4).
    pub fn first(mechanism: AuthMechanism, initial: Option<&'m [u8]>) -> Self {
        Self { mechanism, first: true, octets: initial, kept: &[] }
    }

    /// The answer to a challenge; `kept` is what an [`Answer::Keep`] before asked to be kept, or nothing.
    pub fn answer(mechanism: AuthMechanism, octets: &'m [u8], kept: &'m [u8]) -> Self {
        Self { mechanism, first: false, octets: Some(octets), kept }
    }

    pub(crate) fn new(
        mechanism: AuthMechanism,
        first: bool,
        octets: Option<&'m [u8]>,
        kept: &'m [u8],
    ) -> Self {
        Self { mechanism, first, octets, kept }
    }

    /// The name by which the client has chosen the mechanism.
    pub fn mechanism(&self) -> AuthMechanism {
        self.mechanism
    }

    /// Whether an exchange begins with it: whatever an earlier one left is to be forgotten.
    pub fn is_first(&self) -> bool {
        self.first
    }

    /// Its octets; `None` for AUTH without an initial response.
    pub fn octets(&self) -> Option<&'m [u8]> {
        self.octets
    }

    /// The part of an earlier message that was to be kept.
    pub fn kept(&self) -> &'m [u8] {
        self.kept
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("mechanism", &self.mechanism)
            .field("first", &self.first)
            .finish_non_exhaustive()
    }
}

/// What a message leads to.
#[derive(Debug, Clone, Copy)]
pub enum Step<'s, 'm> {
    /// An answer to the client.
    Answer(Answer<'s>),
    /// A claim, to be judged. It lends from the message.
    Judge(Claim<'m>),
}

impl<'s> Step<'s, '_> {
    /// [`Answer::Challenge`].
    pub fn ask(challenge: &'s [u8]) -> Self {
        Self::Answer(Answer::Challenge(challenge))
    }

    /// [`Answer::Refuse`].
    pub fn refuse(refusal: Refusal) -> Self {
        Self::Answer(Answer::Refuse(refusal))
    }
}

impl<'s> From<Answer<'s>> for Step<'s, '_> {
    fn from(answer: Answer<'s>) -> Self {
        Self::Answer(answer)
    }
}

/// What to say to the client: for [`Server::auth`](crate::server::Server::auth).
#[derive(Clone, Copy)]
pub enum Answer<'s> {
    /// This, as 334.
    Challenge(&'s [u8]),
    /// The same; and a part of the message is kept, in the place of what was kept before, and comes again with the next one.
    Keep {
        /// The first octet of the part.
        from: usize,
        /// Behind the last octet of the part.
        to: usize,
        /// The challenge.
        challenge: &'s [u8],
    },
    /// That it is in: all that had to be proven is.
    Accept,
    /// That it is not.
    Refuse(Refusal),
}

/// No challenge is printed.
impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Challenge(_) => f.write_str("Challenge(..)"),
            Self::Keep { .. } => f.write_str("Keep { .. }"),
            Self::Accept => f.write_str("Accept"),
            Self::Refuse(refusal) => write!(f, "Refuse({refusal:?})"),
        }
    }
}

/// What the server's owner says to a [`Claim`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Judgement<'a> {
    /// It is true, and good enough.
    Accept,
    /// It is not, or nothing is known of such a user.
    Refuse,
    /// This is the user's password: whether the client knows it, the mechanism finds out.
    Password(&'a [u8]),
    /// This is what is kept of the user's password.
    #[cfg(feature = "scram")]
    Verifier(&'a Verifier<'a>),
}

impl fmt::Debug for Judgement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accept => "Accept",
            Self::Refuse => "Refuse",
            Self::Password(_) => "Password(..)",
            #[cfg(feature = "scram")]
            Self::Verifier(_) => "Verifier(..)",
        })
    }
}

/// The exchange ends in a refusal, for this reason, which is for the log and not for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// Not a message of the mechanism, or out of turn.
    Syntax,
    /// An extension that must be understood, and is not.
    Extension,
    /// The scratch memory is too small for the client's message.
    TooLong,
    /// The client is not bound to this TLS session, or somebody has stripped the offer of binding on the way.
    ChannelBinding,
    /// The nonce is not this exchange's.
    Nonce,
    /// The password is wrong.
    Proof,
    /// The claim was refused, or judged by something that the mechanism can do nothing with.
    Judged,
    /// There was an exchange before, and another needs another nonce or challenge from the server (`renew`).
    Spent,
    /// Nothing here goes by the name that the client has chosen.
    Mechanism,
}
