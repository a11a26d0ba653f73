//! What a SASL mechanism is to the client engine (RFC 4422 §3, RFC 4954 §4).

use core::fmt;
use core::ops::Range;

use super::base64::{Encoder, decode_in_place};
use crate::wire::{AuthMechanism, Writer};

/// The client's side of a mechanism.
///
/// The engine asks for each message by its number. It may ask for the initial response several times; an answer to a
/// challenge it asks for once, when there is room for [`longest`](Self::longest).
pub trait Mechanism {
    /// Which one it is.
    fn mechanism(&self) -> AuthMechanism;

    /// The name of [`mechanism`](Self::mechanism), for AUTH, found in less flash by those that are one of two. No other crate can give another:
    /// what stands here goes onto the wire unseen.
    #[doc(hidden)]
    fn name(&self, _: Own) -> &'static [u8] {
        self.mechanism().octets()
    }

    /// Octets of the longest message it will send, before base64. The engine makes sure that the
    /// transmit buffer can hold it before anything is sent.
    fn longest(&self) -> usize;

    /// Writes the initial response that travels with AUTH, and says whether there is one. One that makes the line of AUTH longer than 512
    /// octets does not travel with it (RFC 4954 §4): the server asks for it by an empty challenge, which is number 0.
    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool;

    /// Answers a challenge; `number` counts them from 0.
    ///
    /// # Errors
    /// [`Cancel`] gives the exchange up: the engine sends `*` (RFC 4954 §4).
    fn respond(
        &mut self,
        number: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel>;

    /// Called when the server says 235: whether the mechanism believes it (a server that has not
    /// proved itself, where the mechanism lets it, is not to be believed).
    fn accept(&self) -> bool {
        true
    }
}

/// What only this crate can name.
#[derive(Debug, Clone, Copy)]
pub struct Own;

/// The mechanism does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cancel;

/// A message to the server, written without base64; the encoding happens on the way.
pub struct Message<'w, 'b>(Encoder<'w, 'b>);

impl<'w, 'b> Message<'w, 'b> {
    pub(crate) fn new(out: &'w mut Writer<'b>) -> Self {
        Self(Encoder::new(out))
    }

    /// Appends `octets`.
    pub fn put(&mut self, octets: &[u8]) {
        self.0.put(octets);
    }

    /// NUL, which sets apart what PLAIN says.
    pub(super) fn nul(&mut self) {
        self.0.nul();
    }

    pub(crate) fn finish(&mut self) {
        self.0.finish();
    }
}

impl fmt::Debug for Message<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(..)")
    }
}

/// A challenge as it came, decoded only by those who ask.
pub struct Challenge<'c> {
    /// Memory that has it in this place.
    pub(crate) storage: &'c mut [u8],
    pub(crate) place: Range<usize>,
    /// Whether the text is not cut, for want of memory.
    pub(crate) whole: bool,
}

impl fmt::Debug for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(..)")
    }
}

impl<'c> Challenge<'c> {
    /// The challenge's octets.
    ///
    /// # Errors
    /// [`Cancel`] when it is not base64, or was longer than the receive buffer.
    pub fn decode(self) -> Result<&'c [u8], Cancel> {
        if !self.whole {
            return Err(Cancel);
        }
        let text = self.storage.get_mut(self.place).unwrap_or_default();
        decode_in_place(text).map(|decoded| &*decoded).ok_or(Cancel)
    }
}
