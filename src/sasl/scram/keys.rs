//! The keys of SCRAM (RFC 5802 §3) and where they come from (RFC 8018 §5.2).

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// 32 octets that are wiped when they are dropped.
pub(in crate::sasl) type Key = Zeroizing<[u8; 32]>;

/// Iterations between two calls of the hook.
const BREATH: u32 = 64;

pub(in crate::sasl) fn keyed(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key).ok()
}

pub(in crate::sasl) fn finish(mac: Hmac<Sha256>) -> Key {
    Zeroizing::new(mac.finalize().into_bytes().into())
}

fn mac(key: &[u8], text: &[u8]) -> Option<Key> {
    let mut mac = keyed(key)?;
    mac.update(text);
    Some(finish(mac))
}

fn hash(octets: &[u8]) -> Key {
    Zeroizing::new(Sha256::digest(octets).into())
}

/// `Hi(password, salt, i)`, which is PBKDF2 with one block of output.
///
/// `salt` puts the salt, and says whether it was good. `breathe` is called every 64 iterations.
pub(in crate::sasl) fn salted_password(
    password: &[u8],
    salt: impl FnOnce(&mut dyn FnMut(&[u8])) -> bool,
    iterations: u32,
    breathe: &dyn Fn(),
) -> Option<Key> {
    // A fuzzer looks at messages, not at hashes; the number of iterations is judged before, as ever. (No real peer agrees then.)
    let iterations = if cfg!(fuzzing) { iterations.min(2) } else { iterations };
    let keyed = keyed(password)?;
    let mut first = keyed.clone();
    if !salt(&mut |octets| first.update(octets)) {
        return None;
    }
    first.update(&1_u32.to_be_bytes());
    let mut last = finish(first);
    let mut sum = last.clone();
    for done in 1..iterations {
        if done.is_multiple_of(BREATH) {
            breathe();
        }
        let mut next = keyed.clone();
        next.update(&*last);
        last = finish(next);
        add(&mut sum, &last);
    }
    Some(sum)
}

/// Exclusive or.
pub(in crate::sasl) fn add(to: &mut Key, from: &[u8; 32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to ^= from);
}

/// `ClientKey` and what a server keeps.
pub(super) struct Keys {
    pub(super) client: Key,
    pub(super) stored: Key,
    pub(super) server: Key,
}

impl Keys {
    pub(super) fn of(salted: &Key) -> Option<Self> {
        let client = mac(&**salted, b"Client Key")?;
        let stored = stored_key(&client);
        Some(Self { client, stored, server: mac(&**salted, b"Server Key")? })
    }
}

/// `StoredKey := H(ClientKey)`
pub(in crate::sasl) fn stored_key(client: &Key) -> Key {
    hash(&**client)
}

/// What a server keeps of a user instead of the password. With it one can play the server, but not the user.
#[derive(Clone)]
pub struct Verifier<'a> {
    pub(in crate::sasl) stored: Key,
    pub(in crate::sasl) server: Key,
    pub(in crate::sasl) salt: &'a [u8],
    pub(in crate::sasl) iterations: u32,
}

impl<'a> Verifier<'a> {
    /// From a store. `salt` is not empty, and `iterations` no less than 4 096 (RFC 7677 §4): clients demand it.
    pub fn new(stored_key: [u8; 32], server_key: [u8; 32], salt: &'a [u8], iterations: u32) -> Self {
        let (stored, server) = (Zeroizing::new(stored_key), Zeroizing::new(server_key));
        Self { stored, server, salt, iterations }
    }

    /// From a password, which takes two runs of SHA-256's compression for each iteration; less than 4 096 are taken as 4 096.
    pub fn derive(password: &str, salt: &'a [u8], iterations: u32) -> Self {
        let iterations = iterations.max(super::MIN_ITERATIONS);
        let put_salt = |put: &mut dyn FnMut(&[u8])| {
            put(salt);
            true
        };
        let keys = salted_password(password.as_bytes(), put_salt, iterations, &|| {})
            .and_then(|salted| Keys::of(&salted));
        match keys {
            Some(Keys { stored, server, .. }) => Self { stored, server, salt, iterations },
            // HMAC takes keys of any length.
            None => Self::new([0; 32], [0; 32], salt, iterations),
        }
    }

    /// `StoredKey`, for the store.
    pub fn stored_key(&self) -> &[u8; 32] {
        &self.stored
    }

    /// `ServerKey`, for the store.
    pub fn server_key(&self) -> &[u8; 32] {
        &self.server
    }
}

impl fmt::Debug for Verifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_salted_password_is_pbkdf2s() {
        for (password, salt, iterations) in [
            (&b"pencil"[..], &b"salt"[..], 4096),
            (b"", b"", 1),
            (b"p", &[0xff; 100], 2),
            (&[b'p'; 200], b"s", 65),
        ] {
            let mut expected = [0; 32];
            pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut expected);
            let put = |put: &mut dyn FnMut(&[u8])| {
                salt.chunks(3).for_each(put);
                true
            };
            assert_eq!(*salted_password(password, put, iterations, &|| {}).unwrap(), expected);
        }
    }
}
