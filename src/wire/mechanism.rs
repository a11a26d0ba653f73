//! Names of SASL mechanisms, one by one and as a set.

use super::class::{before, behind, packed, packed_front, place, place_bit};
use super::stated::{behind_blanks, next_word};

/// A SASL mechanism that this crate knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u8)]
pub enum AuthMechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 2195.
    CramMd5,
    /// RFC 7677.
    ScramSha256,
    /// RFC 7677, with channel binding.
    ScramSha256Plus,
    /// Bearer tokens, as they were before RFC 7628.
    XOAuth2,
    /// RFC 7628.
    OAuthBearer,
    /// RFC 4422 appendix A.
    External,
    /// RFC 4505.
    Anonymous,
}

/// The names, in the order of [`AuthMechanism`]: one text takes less flash than a table of texts.
const NAMES: &[u8] =
    b"PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER EXTERNAL ANONYMOUS ";

/// Where each of them begins and ends.
const PLACES: [(u8, u8); AuthMechanism::ALL.len()] = places();

const fn places() -> [(u8, u8); AuthMechanism::ALL.len()] {
    let (mut places, mut number, mut at) = ([(0, 0); AuthMechanism::ALL.len()], 0, 0);
    while number < places.len() {
        places[number].0 = at as u8;
        while NAMES[at] != b' ' {
            at += 1;
        }
        places[number].1 = at as u8;
        (number, at) = (number + 1, at + 1);
    }
    places
}

impl AuthMechanism {
    const ALL: [Self; 9] = [
        Self::Plain,
        Self::Login,
        Self::CramMd5,
        Self::ScramSha256,
        Self::ScramSha256Plus,
        Self::XOAuth2,
        Self::OAuthBearer,
        Self::External,
        Self::Anonymous,
    ];

    /// The name as it is registered.
    pub fn name(self) -> &'static str {
        core::str::from_utf8(self.octets()).unwrap_or_default()
    }

    pub(crate) const fn octets(self) -> &'static [u8] {
        let (from, to) = PLACES[self as usize];
        before(behind(NAMES, from as usize), behind(NAMES, to as usize))
    }

    /// The mechanism of this name, in any case of letters.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        if name.iter().any(|octet| *octet <= b' ') {
            return None;
        }
        Self::ALL.get(usize::from(place(name, NAMES)?)).copied()
    }

    /// Whether the secret crosses the wire in a form that whoever listens can use again.
    pub const fn reveals_secret(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::XOAuth2 | Self::OAuthBearer)
    }

    /// How good it is, among mechanisms: the greater, the better. Those that prove the server to the client too come first, then those
    /// that send no password, then those that do, and last the one that proves nothing.
    pub const fn strength(self) -> u8 {
        match self {
            Self::ScramSha256Plus => 8,
            Self::ScramSha256 => 7,
            Self::External => 6,
            Self::OAuthBearer => 5,
            Self::XOAuth2 => 4,
            Self::CramMd5 => 3,
            Self::Plain => 2,
            Self::Login => 1,
            Self::Anonymous => 0,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// The place of a name, the front of `front`, in [`NAMES`]: of the shorter ones by all their octets at once.
fn at_a_glance(front: &[u8], name: &[u8]) -> Option<u8> {
    const fn of(mechanism: AuthMechanism) -> u64 {
        let (from, to) = PLACES[mechanism as usize];
        packed(before(behind(NAMES, from as usize), behind(NAMES, to as usize)))
    }
    const PLAIN: u64 = of(AuthMechanism::Plain);
    const LOGIN: u64 = of(AuthMechanism::Login);
    const CRAM_MD5: u64 = of(AuthMechanism::CramMd5);
    const XOAUTH2: u64 = of(AuthMechanism::XOAuth2);
    const EXTERNAL: u64 = of(AuthMechanism::External);
    if name.len() > 8 {
        return place(name, NAMES);
    }
    // No other octets above the space look like those of a name.
    Some(match packed_front(front, name) {
        PLAIN => AuthMechanism::Plain,
        LOGIN => AuthMechanism::Login,
        CRAM_MD5 => AuthMechanism::CramMd5,
        XOAUTH2 => AuthMechanism::XOAuth2,
        EXTERNAL => AuthMechanism::External,
        _ => return None,
    } as u8)
}

/// A set of mechanisms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AuthMechanisms(u16);

impl AuthMechanisms {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether `mechanism` is in it.
    pub const fn has(self, mechanism: AuthMechanism) -> bool {
        self.0 & mechanism.bit() != 0
    }

    /// The set with `mechanism` in it.
    pub const fn with(self, mechanism: AuthMechanism) -> Self {
        Self(self.0 | mechanism.bit())
    }

    /// The set with the mechanism of this name in it, if it is one.
    pub(crate) fn with_name(self, name: &[u8]) -> Self {
        Self(self.0 | place_bit(name, NAMES) as u16)
    }

    /// The same of all names in a text, at a glance.
    pub(crate) fn with_names(mut self, mut names: &[u8]) -> Self {
        loop {
            let front = behind_blanks(names);
            let name @ [_, ..] = next_word(&mut names) else { return self };
            self.0 |= at_a_glance(front, name).map_or(0, |place| 1 << place);
        }
    }

    /// What is in both sets.
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either set.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in it but for those that reveal the secret to whoever listens.
    pub const fn not_revealing(self) -> Self {
        const REVEALING: AuthMechanisms = AuthMechanisms::revealing();
        Self(self.0 & !REVEALING.0)
    }

    /// Those that reveal the secret.
    const fn revealing() -> Self {
        let (mut set, mut place) = (Self::NONE, 0);
        while place < AuthMechanism::ALL.len() {
            if AuthMechanism::ALL[place].reveals_secret() {
                set = set.with(AuthMechanism::ALL[place]);
            }
            place += 1;
        }
        set
    }

    /// The mechanisms in it, in the order of the enumeration.
    pub fn iter(self) -> impl Iterator<Item = AuthMechanism> {
        AuthMechanism::ALL.into_iter().filter(move |mechanism| self.has(*mechanism))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_at_a_glance() {
        for mechanism in AuthMechanism::ALL {
            let name = mechanism.octets();
            for at in 0..name.len() {
                for octet in b'!'..=u8::MAX {
                    let mut other = [name, b" PLAIN"].concat();
                    other[at] = octet;
                    for length in [at + 1, name.len()] {
                        let (front, word) = (other.as_slice(), &other[..length]);
                        let expected = place(word, NAMES);
                        assert_eq!(at_a_glance(front, word), expected, "{}", word.escape_ascii());
                        assert_eq!(at_a_glance(word, word), expected, "{}", word.escape_ascii());
                    }
                }
            }
            assert_eq!(AuthMechanisms::NONE.with_names(name).iter().next(), Some(mechanism));
        }
    }
}
