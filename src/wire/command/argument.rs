//! The arguments of commands other than paths and parameters.

use core::fmt;

use crate::wire::class::{BASE64, KEYWORD, TEXT, before, run, skip};
use crate::wire::limits;
use crate::wire::syntax::{Fault, Parsed, Syntax, fail, utf8, whole};
use crate::wire::writer::{Emit, Writer};

/// Free text: the argument of VRFY, EXPN, HELP and NOOP. One or more octets without control
/// characters other than HT, and without a space at either end, where spaces have no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Checks an argument.
    ///
    /// # Errors
    /// When `text` is empty, has a control character other than HT, or a space at either end.
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        let octets = text.as_bytes();
        let text = whole(octets, Self::parse)?;
        if octets.last() == Some(&b' ') {
            return Err(Syntax::new(Fault::Unexpected, octets, octets.len().saturating_sub(1)));
        }
        Ok(text)
    }

    /// The text's octets. A peer's need not be UTF-8.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// `1*(HT / %d32-126 / %d128-255)`, of a line without trailing spaces.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        if input.first() == Some(&b' ') {
            return fail(Fault::Unexpected, input);
        }
        run(input, TEXT).map(|(rest, text)| (rest, Self(text)))
    }
}

impl Emit for Text<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.0);
    }
}

/// The name of a SASL mechanism: 1 to 20 capital letters, digits, hyphens and underscores
/// (RFC 4422 §3.1).
///
/// Two are equal when they are but for case.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SaslName<'a>(&'a str);

impl<'a> SaslName<'a> {
    /// Checks a mechanism's name.
    ///
    /// # Errors
    /// When `name` is empty, longer than [`limits::SASL_NAME`], or has another octet.
    pub fn new(name: &'a str) -> Result<Self, Syntax> {
        let octets = name.as_bytes();
        whole(octets, Self::parse)?;
        match octets.iter().position(u8::is_ascii_lowercase) {
            Some(at) => Err(Syntax::new(Fault::Unexpected, octets, at)),
            None => Ok(Self(name)),
        }
    }

    /// The name as it was written; a peer's may have small letters.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether this is the mechanism `name`, in any case of letters.
    pub fn is(&self, name: &str) -> bool {
        self.0.eq_ignore_ascii_case(name)
    }

    /// `sasl-mech = 1*20(%d65-90 / DIGIT / "-" / "_")`; leniency: small letters.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        let mut rest = skip(input, KEYWORD);
        while let [b'_', behind @ ..] = rest {
            rest = skip(behind, KEYWORD);
        }
        let name = before(input, rest);
        if name.is_empty() {
            return fail(Fault::Unexpected, input);
        }
        match name.get(limits::SASL_NAME..) {
            Some(excess) if !excess.is_empty() => {
                fail(Fault::TooLong, input.get(limits::SASL_NAME..).unwrap_or_default())
            }
            _ => utf8(name, rest).map(|(rest, name)| (rest, Self(name))),
        }
    }
}

impl PartialEq for SaslName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.0)
    }
}

impl Eq for SaslName<'_> {}

impl Emit for SaslName<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.0.as_bytes());
    }
}

/// The initial response of AUTH: base64, or `=` when it is empty (RFC 4954 §4). It is kept encoded,
/// and never printed, since it may be a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InitialResponse<'a>(&'a [u8]);

impl<'a> InitialResponse<'a> {
    /// An empty response, `=` on the wire.
    pub const EMPTY: Self = Self(b"");

    /// Takes a response that is already base64; an empty one is [`InitialResponse::EMPTY`].
    ///
    /// # Errors
    /// When `base64` is not base64 with padding (RFC 4648 §4).
    pub fn new(base64: &'a str) -> Result<Self, Syntax> {
        if base64.is_empty() { Ok(Self::EMPTY) } else { whole(base64.as_bytes(), Self::base64) }
    }

    /// The base64 text; empty for an empty response.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// `initial-response = base64 / "="`
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        if let [b'=', rest @ ..] = input { Ok((rest, Self::EMPTY)) } else { Self::base64(input) }
    }

    /// ```abnf
    /// base64          = base64-terminal / ( 1*(4base64-char) [base64-terminal] )
    /// base64-terminal = (2base64-char "==") / (3base64-char "=")
    /// ```
    fn base64(input: &'a [u8]) -> Parsed<'a, Self> {
        let (rest, digits) = run(input, BASE64)?;
        match (digits.len() % 4, rest) {
            (0, rest) | (2, [b'=', b'=', rest @ ..]) | (3, [b'=', rest @ ..]) => {
                Ok((rest, Self(before(input, rest))))
            }
            _ => fail(Fault::Unexpected, rest),
        }
    }
}

impl Emit for InitialResponse<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(if self.0.is_empty() { b"=" } else { self.0 });
    }
}

impl fmt::Debug for InitialResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InitialResponse(..)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for InitialResponse<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "InitialResponse(..)");
    }
}

/// A line that begins with no verb that this crate knows. Only a parser makes one.
///
/// It is never printed: a client that lost its place may have sent a password here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UnknownCommand<'a>(Text<'a>);

impl<'a> UnknownCommand<'a> {
    /// The verb: the octets in front of the first space.
    pub fn verb(&self) -> &'a [u8] {
        self.line().split(|octet| *octet == b' ').next().unwrap_or_default()
    }

    /// The whole line, without trailing spaces.
    pub fn line(&self) -> &'a [u8] {
        self.0.as_bytes()
    }

    pub(crate) fn parse(line: &'a [u8]) -> Parsed<'a, Self> {
        Text::parse(line).map(|(rest, text)| (rest, Self(text)))
    }
}

impl fmt::Debug for UnknownCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownCommand(..)")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for UnknownCommand<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "UnknownCommand(..)");
    }
}
