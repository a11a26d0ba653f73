//! What a server offers in its reply to EHLO (RFC 5321 §4.1.1.1), as a small value.

use super::keywords::{KEYWORDS, WITH_PARAMETERS, at_front, find_keyword};
use super::mechanism::AuthMechanisms;
use super::size::{Octets, counted, told};
use super::stated::{Limits, SizeLimit, behind_blanks, next_word, number, number_of_64_bits};
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

/// What the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capabilities {
    set: u32,
    mechanisms: AuthMechanisms,
    /// Whether the size limit has more than 64 bits.
    beyond: bool,
    /// Octets; 0 when no limit is stated.
    size: Octets,
    limits: Limits,
}

const AUTH: u32 = Extension::Auth.bit();
const SIZE: u32 = Extension::Size.bit();
const LIMITS: u32 = Extension::Limits.bit();

/// What takes in a line of the reply to EHLO.
pub(crate) type Folder = fn(&mut Capabilities, &[u8], first: bool, truncated: bool);

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
        Self { set: 0, mechanisms: AuthMechanisms::NONE, beyond: false, size: 0, limits: Limits::NONE }
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
            _ if self.beyond => SizeLimit::Beyond,
            0 => SizeLimit::NotStated,
            octets => SizeLimit::Octets(told(octets)),
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
    #[inline]
    pub fn fold(&mut self, text: &[u8], first: bool, truncated: bool) {
        if let Some(parameters) = self.line(text, first, truncated) {
            self.limits.fold(parameters);
        }
    }

    /// As [`fold`](Self::fold), but that the numbers of LIMITS are not read.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn fold_without_limits(&mut self, text: &[u8], first: bool, truncated: bool) {
        let _ = self.line(text, first, truncated);
    }

    /// Takes in a line; the parameters of LIMITS, if it is that.
    #[inline]
    fn line<'l>(&mut self, text: &'l [u8], first: bool, truncated: bool) -> Option<&'l [u8]> {
        if WIDE && !truncated && self.usual(text, first) {
            return None;
        }
        self.any(text, first, truncated)
    }

    /// A keyword alone on its line, SIZE and a number, or AUTH and names, as nearly all lines are: at a glance, where flash does not
    /// matter. Whether it was one.
    #[inline]
    fn usual(&mut self, text: &[u8], first: bool) -> bool {
        let Some((found, parameters)) = at_front(text) else { return false };
        match parameters {
            [] => {}
            [b' ', digits @ ..] if found == Extension::Size as u8 && !first => {
                let Some(octets) = number_of_64_bits(digits).and_then(counted) else { return false };
                (self.size, self.beyond) = (octets, false);
            }
            [b' ', names @ ..] if found == Extension::Auth as u8 && !first => {
                self.mechanisms = self.mechanisms.with_names(names);
            }
            _ => return false,
        }
        self.set |= 1 << found;
        true
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))]
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    #[allow(clippy::inline_always, reason = "counted: on small machines there is nothing else")]
    fn any<'l>(&mut self, text: &'l [u8], first: bool, truncated: bool) -> Option<&'l [u8]> {
        let mut rest = text;
        if truncated {
            // Up to the last space.
            while let [front @ .., last] = rest {
                rest = front;
                if *last == b' ' {
                    break;
                }
            }
        }
        let found = find_keyword(&mut rest);
        let alone = behind_blanks(rest).is_empty();
        let mut with_parameters = WITH_PARAMETERS;
        if let [b'=', mechanisms @ ..] = rest {
            // The old form `AUTH=LOGIN PLAIN`.
            (rest, with_parameters) = (mechanisms, AUTH);
        }
        if !alone && (first || found & with_parameters == 0) {
            return None;
        }
        self.set |= found;
        match found {
            AUTH => {
                while let word @ [_, ..] = next_word(&mut rest) {
                    self.mechanisms = self.mechanisms.with_name(word);
                }
            }
            SIZE => {
                if let digits @ [_, ..] = next_word(&mut rest) {
                    (self.size, self.beyond) = number(digits);
                }
            }
            LIMITS => return Some(rest),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::keywords::KEYWORDS;
    use super::*;
    use crate::wire::AuthMechanism;
    use std::string::ToString;
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
    fn a_line_offers_the_same_at_a_glance() {
        let parameters = [
            "",
            " ",
            "  ",
            "\t",
            " x",
            " 0",
            " 12",
            "  12",
            " 12 ",
            " 12 3",
            " 12x",
            " 12\t",
            " 9999999999999999999",
            " 18446744073709551615",
            " 18446744073709551616",
            "=PLAIN",
            "= PLAIN",
            " PLAIN",
            " plain LOGIN",
            " PLAIN\tLOGIN ",
            " XPLAIN LOGINX",
            " PLAIN\u{1}LOGIN",
            " SCRAM-SHA-256 SCRAM-SHA-256-PLUS CRAM-MD5",
            " XOAUTH2 EXTERNAL ANONYMOUS OAUTHBEARER",
            "X",
            "-",
            "\u{e9}",
            " MAILMAX=5",
        ];
        let mut taken = 0;
        for (keyword, ..) in KEYWORDS {
            for keyword in [keyword.to_string(), keyword.to_ascii_lowercase(), std::format!(" {keyword}")] {
                for parameters in parameters {
                    let line = std::format!("{keyword}{parameters}");
                    for first in [false, true] {
                        let before = fold(&["x", "SIZE 99999999999999999999999", "AUTH LOGIN"]);
                        let (mut glance, mut slow) = (before, before);
                        if glance.usual(line.as_bytes(), first) {
                            let _ = slow.any(line.as_bytes(), first, false);
                            assert_eq!(glance, slow, "{line:?}");
                            taken += 1;
                        } else {
                            assert_eq!(glance, before, "{line:?}");
                        }
                    }
                }
            }
        }
        assert!(taken > 100, "{taken}");
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
        // Nothing else has it, nor has a first line.
        for line in ["SIZE=5", "PIPELINING=", "STARTTLS=", "AUTH=PLAIN"] {
            let first = fold(&[line]);
            assert_eq!(first, Capabilities::NONE, "{line}");
            if line != "AUTH=PLAIN" {
                assert_eq!(fold(&["x", line]), Capabilities::NONE, "{line}");
            }
        }
    }

    #[test]
    fn size_is_a_number_or_nothing_and_never_wraps() {
        // What the machine keeps, and no more than that.
        let beyond_32_bits =
            |octets| if Octets::BITS == 32 { SizeLimit::Beyond } else { SizeLimit::Octets(octets) };
        for (line, limit) in [
            ("SIZE 4294967295", SizeLimit::Octets(4_294_967_295)),
            ("SIZE 4294967296", beyond_32_bits(4_294_967_296)),
            ("SIZE 42949672950", beyond_32_bits(42_949_672_950)),
            ("SIZE 00000000000000000000000000000007", SizeLimit::Octets(7)),
            ("SIZE 18446744073709551616x", SizeLimit::NotStated),
            ("SIZE", SizeLimit::NotStated),
            ("SIZE 0", SizeLimit::NotStated),
            ("SIZE 12x", SizeLimit::NotStated),
            ("SIZE -1", SizeLimit::NotStated),
            ("SIZE 18446744073709551615", beyond_32_bits(u64::MAX)),
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
