//! ANONYMOUS (RFC 4505).

use super::Unfit;
use super::{Cancel, Challenge, Mechanism, Message};
use crate::wire::{AuthMechanism, Fault, Syntax};

/// The client's side of ANONYMOUS: no secret, and a word that says whom to ask about it.
///
/// ```abnf
/// message = [ email / token ]
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anonymous<'a>(&'a str);

/// RFC 4505 §2: at most 255 characters.
pub(super) const MAX_TRACE: usize = 255;

impl<'a> Anonymous<'a> {
    /// With `trace`, a mail address or a word without `@`; empty for nothing at all.
    ///
    /// # Errors
    /// [`Unfit::UserName`] for more than 255 characters, and for control characters.
    pub fn new(trace: &'a str) -> Result<Self, Unfit> {
        match trace.char_indices().enumerate().find(|(count, (_, c))| c.is_control() || *count >= MAX_TRACE) {
            None => Ok(Self(trace)),
            Some((count, (at, _))) => {
                let fault = if count >= MAX_TRACE { Fault::TooLong } else { Fault::Unexpected };
                Err(Unfit::UserName(Syntax::new(fault, trace.as_bytes(), at)))
            }
        }
    }
}

impl Mechanism for Anonymous<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Anonymous
    }

    fn longest(&self) -> usize {
        self.0.len()
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        message.put(self.0.as_bytes());
        true
    }

    /// A server that overlooked the initial response asks for it once more (RFC 4954 §4).
    fn respond(&mut self, number: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        if number > 0 {
            return Err(Cancel);
        }
        message.put(self.0.as_bytes());
        Ok(())
    }
}
