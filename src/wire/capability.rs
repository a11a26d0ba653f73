//! What a server offers in its reply to EHLO (RFC 5321 §4.1.1.1), as a small value.

use super::class::{KEYWORD, is, place, same_word};
use super::mechanism::AuthMechanisms;
use super::stated::{Limits, LimitsReader, SizeLimit, behind_blanks, next_word, number};
use super::syntax::WIDE;

/// A service extension that has no parameter worth keeping, or is known to be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u8)]
pub enum Extension {
    /// RFC 2920.
    Pipelining,
    /// RFC 6152.
    EightBitMime,
    /// RFC 6531.
    SmtpUtf8,
    /// RFC 3030, BDAT.
    Chunking,
    /// RFC 3030, BODY=BINARYMIME.
    BinaryMime,
    /// RFC 2034.
    EnhancedStatusCodes,
    /// RFC 3461.
    Dsn,
    /// RFC 3207.
    StartTls,
    /// RFC 8689.
    RequireTls,
    /// RFC 1870.
    Size,
    /// RFC 4954.
    Auth,
    /// RFC 9422.
    Limits,
    /// RFC 2852.
    DeliverBy,
    /// RFC 4865.
    FutureRelease,
    /// RFC 6710.
    MtPriority,
    /// RFC 5321 §4.1.1.8.
    Help,
    /// RFC 5321 §4.1.1.6.
    Vrfy,
    /// RFC 5321 §4.1.1.7.
    Expn,
    /// The client may name another's address and host (a server's own agreement with a proxy).
    XClient,
}

/// Keyword, extension, and whether parameters may follow the keyword; in the extensions' order.
const KEYWORDS: [(&str, Extension, bool); 19] = [
    ("PIPELINING", Extension::Pipelining, false),
    ("8BITMIME", Extension::EightBitMime, false),
    ("SMTPUTF8", Extension::SmtpUtf8, true), // RFC 6531 §3.1: parameters are ignored
    ("CHUNKING", Extension::Chunking, false),
    ("BINARYMIME", Extension::BinaryMime, false),
    ("ENHANCEDSTATUSCODES", Extension::EnhancedStatusCodes, false),
    ("DSN", Extension::Dsn, false),
    ("STARTTLS", Extension::StartTls, false),
    ("REQUIRETLS", Extension::RequireTls, false),
    ("SIZE", Extension::Size, true),
    ("AUTH", Extension::Auth, true),
    ("LIMITS", Extension::Limits, true),
    ("DELIVERBY", Extension::DeliverBy, true),
    ("FUTURERELEASE", Extension::FutureRelease, true),
    ("MT-PRIORITY", Extension::MtPriority, true),
    ("HELP", Extension::Help, false),
    ("VRFY", Extension::Vrfy, false),
    ("EXPN", Extension::Expn, false),
    ("XCLIENT", Extension::XClient, true),
];

/// The keywords, with spaces between: for small machines, where a table of texts takes more than the texts do.
const TEXT: [u8; text_length()] = text();

/// A bit for each extension whose keyword parameters may follow.
const WITH_PARAMETERS: u32 = with_parameters();

impl Extension {
    /// The EHLO keyword.
    pub fn keyword(self) -> &'static str {
        let row = KEYWORDS.get(usize::from(self as u8));
        row.map_or("", |row| row.0)
    }

    pub(crate) const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// The number of the extension with this keyword of letters, digits and hyphens, in any case; and what stands behind it.
fn find_keyword(line: &[u8]) -> Option<(u8, &[u8])> {
    if !WIDE {
        // No keyword has any of these in it.
        let end = line.iter().position(|octet| *octet <= b' ' || *octet == b'=').unwrap_or(line.len());
        let (word, rest) = line.split_at_checked(end)?;
        return place(&TEXT, word).map(|found| (found, rest));
    }
    // No two keywords begin with the same two octets.
    let found = *PLACES.get(slot(*line.first_chunk()?))?;
    let name = KEYWORDS.get(usize::from(found))?.0.as_bytes();
    let (keyword, rest) = line.split_at_checked(name.len())?;
    // The first eight octets at once, and then the others.
    let (word, other) = match line.first_chunk() {
        Some(eight) => {
            let (front, cared_for) = FRONTS.get(usize::from(found))?;
            if (u64::from_be_bytes(*eight) ^ front) & cared_for != 0 {
                return None;
            }
            (name.get(8..).unwrap_or_default(), keyword.get(8..).unwrap_or_default())
        }
        None => (name, keyword),
    };
    let whole = rest.first().is_none_or(|next| !is(*next, KEYWORD));
    (whole && same_word(word, other)).then_some((found, rest))
}

/// Where the keyword that begins with these octets has its place in [`PLACES`].
const fn slot(front: [u8; 2]) -> usize {
    let front = u16::from_be_bytes(front) | 0x2020;
    (front.wrapping_mul(MULTIPLIER) >> (16 - 6)) as usize
}

/// One by which no two keywords have the same place ([`places`] does not compile else).
const MULTIPLIER: u16 = multiplier();

/// The number of the keyword that has this place, if there is one.
const PLACES: [u8; 64] = places();

/// The first eight octets of each keyword, and the bits of them that count: not those behind its end, nor those by which
/// capitals and small letters differ.
const FRONTS: [(u64, u64); KEYWORDS.len()] = fronts();

const fn text_length() -> usize {
    let (mut length, mut row) = (KEYWORDS.len() - 1, 0);
    while row < KEYWORDS.len() {
        length += KEYWORDS[row].0.len();
        row += 1;
    }
    length
}

const fn text() -> [u8; text_length()] {
    let (mut text, mut at, mut row) = ([b' '; text_length()], 0, 0);
    while row < KEYWORDS.len() {
        let mut octet = 0;
        while octet < KEYWORDS[row].0.len() {
            text[at] = KEYWORDS[row].0.as_bytes()[octet];
            (at, octet) = (at + 1, octet + 1);
        }
        (at, row) = (at + 1, row + 1);
    }
    text
}

const fn with_parameters() -> u32 {
    let (mut bits, mut row) = (0, 0);
    while row < KEYWORDS.len() {
        if KEYWORDS[row].2 {
            bits |= KEYWORDS[row].1.bit();
        }
        row += 1;
    }
    bits
}

const fn multiplier() -> u16 {
    let mut multiplier = 1_u16;
    while multiplier < u16::MAX {
        let (mut taken, mut row, mut apart) = (0_u64, 0, true);
        while row < KEYWORDS.len() {
            let [a, b, ..] = KEYWORDS[row].0.as_bytes() else { return 0 };
            let front = u16::from_be_bytes([*a, *b]) | 0x2020;
            let place = 1 << (front.wrapping_mul(multiplier) >> (16 - 6));
            apart = apart && taken & place == 0;
            taken |= place;
            row += 1;
        }
        if apart {
            return multiplier;
        }
        multiplier += 2;
    }
    0
}

const fn places() -> [u8; 64] {
    let (mut places, mut row) = ([u8::MAX; 64], 0);
    while row < KEYWORDS.len() {
        let [a, b, ..] = KEYWORDS[row].0.as_bytes() else { panic!("a keyword has two octets") };
        let place = slot([*a, *b]);
        assert!(places[place] == u8::MAX, "two keywords have the same place");
        places[place] = row as u8;
        row += 1;
    }
    places
}

const fn fronts() -> [(u64, u64); KEYWORDS.len()] {
    let mut fronts = [(0, 0); KEYWORDS.len()];
    let mut row = 0;
    while row < fronts.len() {
        let (mut front, mut cared_for, mut at) = (0, 0, 0);
        while at < 8 {
            let (octet, bits) = match KEYWORDS[row].0.as_bytes() {
                keyword if at >= keyword.len() => (0, 0),
                keyword if keyword[at].is_ascii_alphabetic() => (keyword[at], !0x20),
                keyword => (keyword[at], u8::MAX),
            };
            front = front << 8 | octet as u64;
            cared_for = cared_for << 8 | bits as u64;
            at += 1;
        }
        fronts[row] = (front, cared_for);
        row += 1;
    }
    fronts
}

/// What the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capabilities {
    set: u32,
    mechanisms: AuthMechanisms,
    /// Octets; 0 when no limit is stated.
    size: u64,
    limits: Limits,
}

/// A bit of the set beside those of the extensions: the size limit has more than 64 bits.
const BEYOND: u32 = 1 << 31;

impl Default for Capabilities {
    fn default() -> Self {
        Self::NONE
    }
}

impl Capabilities {
    /// Nothing at all, as after HELO.
    pub const NONE: Self = Self::none();

    /// The same, not copied from a constant, which takes more flash.
    pub(crate) const fn none() -> Self {
        Self { set: 0, mechanisms: AuthMechanisms::NONE, size: 0, limits: Limits::NONE }
    }

    /// Whether `extension` is offered.
    pub const fn has(&self, extension: Extension) -> bool {
        self.set & extension.bit() != 0
    }

    pub(crate) const fn forget(&mut self, extension: Extension) {
        self.set &= !extension.bit();
    }

    /// The SASL mechanisms behind AUTH, those that this crate knows by name.
    pub const fn mechanisms(&self) -> AuthMechanisms {
        self.mechanisms
    }

    /// The limit behind SIZE.
    pub const fn size(&self) -> SizeLimit {
        match self.size {
            _ if self.set & BEYOND != 0 => SizeLimit::Beyond,
            0 => SizeLimit::NotStated,
            octets => SizeLimit::Octets(octets),
        }
    }

    /// The limits behind LIMITS. A client's are read only where [`read_limits`](crate::client::Client::read_limits) asks for them.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes in the text of one line of the reply to EHLO.
    ///
    /// ```abnf
    /// ehlo-ok-rsp  = ( "250" SP Domain [ SP ehlo-greet ] CRLF )
    ///              / ( "250-" Domain [ SP ehlo-greet ] CRLF *( "250-" ehlo-line CRLF ) "250" SP ehlo-line CRLF )
    /// ehlo-line    = ehlo-keyword *( SP ehlo-param )
    /// ```
    /// Lenient: keywords in any case, `AUTH=LOGIN`, lines of prose or of nothing; and a first line
    /// that is exactly a known keyword is taken as one (a server that leaves out its name). Prose is
    /// not taken for an offer: an extension without parameters must stand alone on its line.
    ///
    /// Of a line that did not fit the buffer (`truncated`) the last word is left out, since it may
    /// be half a word or half a number.
    pub fn fold(&mut self, text: &[u8], first: bool, truncated: bool) {
        self.fold_with(text, first, truncated, Some(Limits::fold));
    }

    /// As [`fold`](Self::fold); LIMITS's numbers by this, if at all.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn fold_with(
        &mut self,
        text: &[u8],
        first: bool,
        truncated: bool,
        limits: Option<LimitsReader>,
    ) {
        let mut line = text;
        if truncated {
            // Up to the last space.
            while let [front @ .., last] = line {
                line = front;
                if *last == b' ' {
                    break;
                }
            }
        }
        let Some((found, mut rest)) = find_keyword(behind_blanks(line)) else { return };
        let parameters = !first && WITH_PARAMETERS >> found & 1 != 0;
        match rest {
            // The old form `AUTH=LOGIN PLAIN`.
            [b'=', mechanisms @ ..] if found == Extension::Auth as u8 && !first => rest = mechanisms,
            [] => {}
            [b' ' | b'\t', ..] if parameters || behind_blanks(rest).is_empty() => {}
            _ => return,
        }
        self.set |= 1 << found;
        if found == Extension::Auth as u8 {
            while let Some(word) = next_word(&mut rest) {
                self.mechanisms = self.mechanisms.with_name(word);
            }
        } else if found == Extension::Size as u8 {
            if let Some(digits) = next_word(&mut rest) {
                let (octets, beyond) = number(digits).unwrap_or_default();
                self.size = octets;
                self.set = self.set & !BEYOND | if beyond { BEYOND } else { 0 };
            }
        } else if found == Extension::Limits as u8
            && let Some(read) = limits
        {
            read(&mut self.limits, rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::AuthMechanism;
    use std::vec::Vec;

    fn fold(lines: &[&str]) -> Capabilities {
        let mut capabilities = Capabilities::NONE;
        for (index, line) in lines.iter().enumerate() {
            capabilities.fold(line.as_bytes(), index == 0, false);
        }
        capabilities
    }

    #[test]
    fn each_keyword_finds_its_extension_and_no_other_word_does() {
        let offers = |line: &[u8]| {
            let mut capabilities = Capabilities::NONE;
            capabilities.fold(line, false, false);
            capabilities.set
        };
        for (keyword, extension, _) in KEYWORDS {
            assert_eq!(extension.keyword(), keyword);
            let keyword = keyword.as_bytes();
            assert_eq!(offers(keyword), extension.bit());
            assert_eq!(offers(&keyword.to_ascii_lowercase()), extension.bit());
            for at in 0..keyword.len() {
                for bit in 0..8 {
                    let mut other = keyword.to_vec();
                    other[at] ^= 1 << bit;
                    let same = other.eq_ignore_ascii_case(keyword);
                    assert_eq!(offers(&other) != 0, same, "{}", other.escape_ascii());
                }
                assert_eq!(offers(&keyword[..at]), 0);
            }
            assert_eq!(offers(&[keyword, b"X"].concat()), 0);
        }
    }

    #[test]
    fn extensions_are_taken_in_any_case_and_order() {
        let all = fold(&[
            "mail.example.test",
            "pipelining",
            "8bitMIME",
            "SMTPUTF8",
            "SIZE 10485760",
            "auth plain LOGIN x-own",
            "LIMITS MAILMAX=5 RCPTMAX=100 X=1",
            "starttls",
            "whatever 1 2 3",
        ]);
        assert!(
            all.has(Extension::Pipelining)
                && all.has(Extension::EightBitMime)
                && all.has(Extension::StartTls)
        );
        assert!(!all.has(Extension::Chunking));
        assert_eq!(all.size(), SizeLimit::Octets(10_485_760));
        assert_eq!(all.mechanisms().iter().collect::<Vec<_>>(), [AuthMechanism::Plain, AuthMechanism::Login]);
        assert_eq!(
            (all.limits().mails(), all.limits().recipients(), all.limits().domains()),
            (Some(5), Some(100), None)
        );
    }

    #[test]
    fn the_old_form_of_auth_is_the_same_offer() {
        assert!(fold(&["x", "AUTH=LOGIN PLAIN"]).mechanisms().has(AuthMechanism::Login));
        assert!(fold(&["x", "AUTH=LOGIN PLAIN"]).mechanisms().has(AuthMechanism::Plain));
        assert!(fold(&["x", "AUTH="]).mechanisms().is_empty());
    }

    #[test]
    fn size_is_a_number_or_nothing_and_never_wraps() {
        for (line, limit) in [
            ("SIZE", SizeLimit::NotStated),
            ("SIZE 0", SizeLimit::NotStated),
            ("SIZE 12x", SizeLimit::NotStated),
            ("SIZE -1", SizeLimit::NotStated),
            ("SIZE 18446744073709551615", SizeLimit::Octets(u64::MAX)),
            ("SIZE 18446744073709551616", SizeLimit::Beyond),
            ("SIZE 99999999999999999999999", SizeLimit::Beyond),
        ] {
            let capabilities = fold(&["x", line]);
            assert!(capabilities.has(Extension::Size), "{line}");
            assert_eq!(capabilities.size(), limit, "{line}");
        }
    }

    #[test]
    fn the_first_line_is_a_name_unless_it_is_exactly_a_keyword() {
        assert!(fold(&["STARTTLS"]).has(Extension::StartTls));
        assert!(!fold(&["STARTTLS greets you"]).has(Extension::StartTls));
        assert!(!fold(&["SIZE 100"]).has(Extension::Size));
        assert!(!fold(&["AUTH=PLAIN"]).has(Extension::Auth));
    }

    #[test]
    fn prose_and_blanks_offer_nothing() {
        let none =
            fold(&["x", "", "   ", "\t", "Pleased to meet you", "HELP is at hand", "STARTTLS is not here"]);
        assert_eq!(none, Capabilities::NONE);
    }

    #[test]
    fn a_truncated_line_gives_no_half_word() {
        let mut capabilities = Capabilities::NONE;
        capabilities.fold(b"SIZE 1048", false, true);
        assert_eq!(capabilities.size(), SizeLimit::NotStated);
        capabilities.fold(b"AUTH PLAIN LOGIN", false, true);
        assert!(capabilities.mechanisms().has(AuthMechanism::Plain));
        assert!(!capabilities.mechanisms().has(AuthMechanism::Login));
    }

    #[test]
    fn limits_out_of_form_are_no_limits() {
        for line in [
            "LIMITS RCPTMAX",
            "LIMITS RCPTMAX=",
            "LIMITS RCPTMAX=0",
            "LIMITS RCPTMAX=1000000",
            "LIMITS RCPTMAX=00000000000000000000001",
        ] {
            assert_eq!(fold(&["x", line]).limits().recipients(), None, "{line}");
        }
    }
}
