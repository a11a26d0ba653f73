//! CRAM-MD5 (RFC 2195), for servers that have nothing better.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use zeroize::Zeroizing;

use super::{Cancel, Challenge, Credentials, Mechanism, Message};
use crate::wire::AuthMechanism;

/// The client's side of CRAM-MD5.
///
/// Whoever listens can try passwords against what was sent, quickly: use TLS, or a long random password.
///
/// ```abnf
/// message = user SP 32HEXDIG
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CramMd5<'a>(Credentials<'a>);

impl<'a> CramMd5<'a> {
    /// With these credentials.
    pub fn new(credentials: Credentials<'a>) -> Self {
        Self(credentials)
    }
}

impl Mechanism for CramMd5<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::CramMd5
    }

    fn longest(&self) -> usize {
        self.0.user.len().saturating_add(33)
    }

    fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
        false
    }

    fn respond(
        &mut self,
        number: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel> {
        let challenge = challenge.decode()?;
        if number > 0 || challenge.is_empty() {
            return Err(Cancel);
        }
        let digest = digest(self.0.password, challenge).ok_or(Cancel)?;
        message.put(self.0.user);
        message.put(b" ");
        message.put(&*digest);
        Ok(())
    }
}

/// `MD5(('secret' XOR opad), MD5(('secret' XOR ipad), challenge))` (RFC 2195 §2), in lower-case digits.
pub(super) fn digest(password: &[u8], challenge: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut mac = Hmac::<Md5>::new_from_slice(password).ok()?;
    mac.update(challenge);
    let mut digits = Zeroizing::new([0; 32]);
    for (pair, octet) in digits.chunks_exact_mut(2).zip(mac.finalize().into_bytes()) {
        if let [high, low] = pair {
            (*high, *low) = (digit(octet >> 4), digit(octet & 15));
        }
    }
    Some(digits)
}

fn digit(value: u8) -> u8 {
    value.wrapping_add(if value < 10 { b'0' } else { b'a' - 10 })
}
