//! Command lines, RFC 5321 §4.1, and those of the extensions.

mod argument;
mod name;

pub use argument::{InitialResponse, SaslName, Text, UnknownCommand};

use core::fmt;

use self::name::Name;
use super::class::{no_case, packed};
use super::domain::HelloName;
use super::emit;
use super::param::Params;
use super::path::{ForwardPath, ReversePath};
use super::syntax::{Fault, Parsed, Syntax, fail, number, octet, spaces, whole};
use super::writer::{Emit, Writer};

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Command<'a> {
    /// `EHLO`: greets and asks for the extensions (RFC 5321 §4.1.1.1).
    Ehlo(HelloName<'a>),
    /// `HELO`: greets as before there were extensions (RFC 5321 §4.1.1.1).
    Helo(HelloName<'a>),
    /// `LHLO`: the EHLO of LMTP (RFC 2033 §4.1).
    Lhlo(HelloName<'a>),
    /// `MAIL`: begins a mail (RFC 5321 §4.1.1.2).
    Mail {
        /// Where notifications go.
        path: ReversePath<'a>,
        /// What extensions add.
        params: Params<'a>,
    },
    /// `RCPT`: adds a recipient (RFC 5321 §4.1.1.3).
    Rcpt {
        /// Whom the mail is for.
        path: ForwardPath<'a>,
        /// What extensions add.
        params: Params<'a>,
    },
    /// `DATA`: asks to send the mail's text (RFC 5321 §4.1.1.4).
    Data,
    /// `BDAT`: announces a chunk of the mail (RFC 3030 §2).
    Bdat {
        /// Octets that follow.
        size: u64,
        /// Whether the mail ends with them.
        last: bool,
    },
    /// `RSET`: forgets the mail begun (RFC 5321 §4.1.1.5).
    Rset,
    /// `NOOP`: does nothing (RFC 5321 §4.1.1.9).
    Noop(Option<Text<'a>>),
    /// `QUIT`: ends the session (RFC 5321 §4.1.1.10).
    Quit,
    /// `VRFY`: asks about a mailbox (RFC 5321 §4.1.1.6).
    Vrfy(Text<'a>),
    /// `EXPN`: asks about a mailing list (RFC 5321 §4.1.1.7).
    Expn(Text<'a>),
    /// `HELP`: asks for help (RFC 5321 §4.1.1.8).
    Help(Option<Text<'a>>),
    /// `STARTTLS`: asks to begin TLS (RFC 3207 §4).
    StartTls,
    /// `AUTH`: begins an authentication (RFC 4954 §4).
    Auth {
        /// The mechanism.
        mechanism: SaslName<'a>,
        /// The first response, when it comes along.
        initial: Option<InitialResponse<'a>>,
    },
    /// A verb that this crate does not know.
    Unknown(UnknownCommand<'a>),
}

impl<'a> Command<'a> {
    /// Parses a command line, given without its CRLF.
    ///
    /// A parameter that this crate does not know is no error, but a [`Param::Other`](super::Param).
    ///
    /// Leniencies: verbs and keywords in any case; spaces at the line's end; more than one space
    /// behind the verb or between parameters; spaces between the colon and the path of MAIL and RCPT;
    /// underscores in the name of EHLO, HELO and LHLO; an address literal behind HELO.
    ///
    /// ```
    /// use embedded_smtp::wire::{Command, ReversePath, Params};
    /// let command = Command::parse(b"mail from: <>").unwrap();
    /// assert_eq!(command, Command::Mail { path: ReversePath::Null, params: Params::NONE });
    /// ```
    ///
    /// # Errors
    /// When the line has a CR, LF or NUL or another control character, is empty, or its arguments do
    /// not follow the grammar of its verb. The error knows which verb it was, so that the server can
    /// tell 500 from 501 (RFC 5321 §4.2.4).
    pub fn parse(line: &'a [u8]) -> Result<Self, CommandError> {
        let line = without_trailing_spaces(line);
        // Most verbs have four letters.
        let end = match line.get(4) {
            None | Some(b' ') => 4,
            Some(_) => line.iter().position(|octet| *octet == b' ').unwrap_or(line.len()),
        };
        let (word, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
        let name = Name::find(word);
        whole(line, |line| match name {
            Some(name) => arguments(name, rest),
            None => UnknownCommand::parse(line).map(|(rest, unknown)| (rest, Self::Unknown(unknown))),
        })
        .map_err(|syntax| CommandError { name, syntax })
    }

    /// The verb in capitals, or, when unknown, as it was written.
    pub fn name(&self) -> &'a [u8] {
        let name = match self {
            Self::Ehlo(_) => Name::Ehlo,
            Self::Helo(_) => Name::Helo,
            Self::Lhlo(_) => Name::Lhlo,
            Self::Mail { .. } => Name::Mail,
            Self::Rcpt { .. } => Name::Rcpt,
            Self::Data => Name::Data,
            Self::Bdat { .. } => Name::Bdat,
            Self::Rset => Name::Rset,
            Self::Noop(_) => Name::Noop,
            Self::Quit => Name::Quit,
            Self::Vrfy(_) => Name::Vrfy,
            Self::Expn(_) => Name::Expn,
            Self::Help(_) => Name::Help,
            Self::StartTls => Name::StartTls,
            Self::Auth { .. } => Name::Auth,
            Self::Unknown(unknown) => return unknown.verb(),
        };
        name.as_str().as_bytes()
    }
}

impl Emit for Command<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        match self {
            Self::Ehlo(name) => emit::ehlo(out, name),
            Self::Helo(name) => emit::helo(out, name),
            Self::Lhlo(name) => emit::lhlo(out, name),
            Self::Mail { path, params } => emit::mail(out, path, params),
            Self::Rcpt { path, params } => emit::rcpt(out, path, params),
            Self::Bdat { size, last } => emit::bdat(out, *size, *last),
            Self::Noop(text) => emit::noop(out, text.as_ref()),
            Self::Vrfy(text) => emit::vrfy(out, text),
            Self::Expn(text) => emit::expn(out, text),
            Self::Help(text) => emit::help(out, text.as_ref()),
            Self::Auth { mechanism, initial } => emit::auth(out, mechanism, initial.as_ref()),
            Self::Unknown(unknown) => out.put(unknown.line()),
            Self::Data | Self::Rset | Self::Quit | Self::StartTls => out.put(self.name()),
        }
    }
}

/// A line that is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CommandError {
    name: Option<Name>,
    syntax: Syntax,
}

impl CommandError {
    /// The verb in capitals; `None` when the line has none that is known. The reply is 501 with a verb
    /// and 500 without (RFC 5321 §4.2.4).
    pub fn verb(&self) -> Option<&'static str> {
        self.name.map(Name::as_str)
    }

    /// What is wrong, with the position counted from the line's first octet.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verb().unwrap_or("unknown command"), self.syntax)
    }
}

impl core::error::Error for CommandError {}

/// What stands behind the verb, up to the line's end.
fn arguments(name: Name, input: &[u8]) -> Parsed<'_, Command<'_>> {
    let argument = spaces(input);
    Ok(match name {
        Name::Ehlo => variant(HelloName::parse(argument)?, Command::Ehlo),
        Name::Helo => variant(HelloName::parse(argument)?, Command::Helo),
        Name::Lhlo => variant(HelloName::parse(argument)?, Command::Lhlo),
        Name::Mail => {
            let (rest, path) = ReversePath::parse(behind_colon(argument, b"FROM")?.0)?;
            variant(params(rest)?, |params| Command::Mail { path, params })
        }
        Name::Rcpt => {
            let (rest, path) = ForwardPath::parse(behind_colon(argument, b"TO")?.0)?;
            variant(params(rest)?, |params| Command::Rcpt { path, params })
        }
        Name::Bdat => bdat(argument)?,
        Name::Vrfy => variant(Text::parse(argument)?, Command::Vrfy),
        Name::Expn => variant(Text::parse(argument)?, Command::Expn),
        Name::Noop => variant(optional(argument)?, Command::Noop),
        Name::Help => variant(optional(argument)?, Command::Help),
        Name::Auth => auth(argument)?,
        // The octets that are too many are left, and so at fault.
        Name::Data => (argument, Command::Data),
        Name::Rset => (argument, Command::Rset),
        Name::Quit => (argument, Command::Quit),
        Name::StartTls => (argument, Command::StartTls),
    })
}

fn variant<'a, T>(
    (rest, value): (&'a [u8], T),
    make: impl FnOnce(T) -> Command<'a>,
) -> (&'a [u8], Command<'a>) {
    (rest, make(value))
}

/// The keyword and colon in front of a path, and any spaces behind it.
fn behind_colon<'a>(input: &'a [u8], keyword: &'static [u8]) -> Parsed<'a, ()> {
    match input.split_at_checked(keyword.len()) {
        Some((found, [b':', rest @ ..])) if packed(found) == packed(keyword) => Ok((spaces(rest), ())),
        _ => fail(Fault::Unexpected, input),
    }
}

/// `[SP Mail-parameters]`
fn params(input: &[u8]) -> Parsed<'_, Params<'_>> {
    if input.is_empty() {
        return Ok((input, Params::NONE));
    }
    let (rest, ()) = octet(b' ')(input)?;
    Params::scan(spaces(rest))
}

/// `[SP String]`
fn optional(input: &[u8]) -> Parsed<'_, Option<Text<'_>>> {
    if input.is_empty() {
        return Ok((input, None));
    }
    Text::parse(input).map(|(rest, text)| (rest, Some(text)))
}

/// `bdat-cmd = "BDAT" SP chunk-size [SP "LAST"]` (RFC 3030 §2)
fn bdat(input: &[u8]) -> Parsed<'_, Command<'_>> {
    let (rest, size) = number(input)?;
    if rest.is_empty() {
        return Ok((rest, Command::Bdat { size, last: false }));
    }
    let (rest, ()) = octet(b' ')(rest)?;
    let (rest, ()) = no_case(spaces(rest), b"LAST")?;
    Ok((rest, Command::Bdat { size, last: true }))
}

/// `auth-command = "AUTH" SP sasl-mech [SP initial-response]` (RFC 4954 §8)
fn auth(input: &[u8]) -> Parsed<'_, Command<'_>> {
    let (rest, mechanism) = SaslName::parse(input)?;
    if rest.is_empty() {
        return Ok((rest, Command::Auth { mechanism, initial: None }));
    }
    let (rest, ()) = octet(b' ')(rest)?;
    let rest = spaces(rest);
    // In front of the line's end there is no space left, so a response stands here.
    if rest.is_empty() {
        return fail(Fault::Unexpected, rest);
    }
    let (rest, initial) = InitialResponse::parse(rest)?;
    Ok((rest, Command::Auth { mechanism, initial: Some(initial) }))
}

fn without_trailing_spaces(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' '] = line {
        line = rest;
    }
    line
}
