//! Command lines, RFC 5321 §4.1, and those of the extensions.

mod argument;
mod glance;

pub use argument::{InitialResponse, SaslName, Text, UnknownCommand};

use core::fmt;

use super::class::no_case;
use super::domain::HelloName;
use super::emit;
use super::param::Params;
use super::path::{ForwardPath, ReversePath};
use super::scan::{Scan, read};
use super::syntax::{Fault, Parsed, Syntax, WIDE, fail, octet, spaces, trimmed, whole};
use super::verb::Verb;
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
        if WIDE && let Some(command) = glance::usual(line) {
            return Ok(command);
        }
        Self::any(line)
    }

    /// MAIL, RCPT or DATA as they usually are at the front of `input`, with CRLF, and how many octets that is. `None` of anything
    /// else: of wrong commands, of those that are not complete, and of all where flash matters.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(crate) fn taken(input: &'a [u8]) -> Option<(Self, usize)> {
        if WIDE { glance::taken(input) } else { None }
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))]
    fn any(line: &'a [u8]) -> Result<Self, CommandError> {
        let line = trimmed(line);
        // Most verbs have four letters.
        let end = match line.get(4) {
            None | Some(b' ') => 4,
            Some(_) => line.iter().position(|octet| *octet == b' ').unwrap_or(line.len()),
        };
        let (word, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
        let verb = Verb::find(word);
        whole(line, |line| match verb {
            Some(verb) => arguments(verb, rest),
            None => UnknownCommand::parse(line).map(|(rest, unknown)| (rest, Self::Unknown(unknown))),
        })
        .map_err(|syntax| CommandError { verb, syntax })
    }

    /// The verb; `None` when it is unknown.
    pub fn verb(&self) -> Option<Verb> {
        Some(match self {
            Self::Ehlo(_) => Verb::Ehlo,
            Self::Helo(_) => Verb::Helo,
            Self::Lhlo(_) => Verb::Lhlo,
            Self::Mail { .. } => Verb::Mail,
            Self::Rcpt { .. } => Verb::Rcpt,
            Self::Data => Verb::Data,
            Self::Bdat { last: false, .. } => Verb::Bdat,
            Self::Bdat { last: true, .. } => Verb::BdatLast,
            Self::Rset => Verb::Rset,
            Self::Noop(_) => Verb::Noop,
            Self::Quit => Verb::Quit,
            Self::Vrfy(_) => Verb::Vrfy,
            Self::Expn(_) => Verb::Expn,
            Self::Help(_) => Verb::Help,
            Self::StartTls => Verb::StartTls,
            Self::Auth { .. } => Verb::Auth,
            Self::Unknown(_) => return None,
        })
    }

    /// The verb in capitals, or, when unknown, as it was written.
    pub fn name(&self) -> &'a [u8] {
        match self {
            Self::Unknown(unknown) => unknown.verb(),
            known => known.verb().map_or(b"", |verb| verb.as_str().as_bytes()),
        }
    }
}

impl Emit for Command<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        let argument = match self {
            Self::Ehlo(name) | Self::Helo(name) | Self::Lhlo(name) => name.as_bytes(),
            Self::Vrfy(text) | Self::Expn(text) | Self::Noop(Some(text)) | Self::Help(Some(text)) => {
                text.as_bytes()
            }
            Self::Auth { mechanism, .. } => mechanism.as_str().as_bytes(),
            Self::Mail { path, params } => return envelope(out, Verb::Mail, path.as_bytes(), params),
            Self::Rcpt { path, params } => return envelope(out, Verb::Rcpt, path.as_bytes(), params),
            Self::Bdat { size, last } => return emit::bdat(out, *size, *last),
            Self::Unknown(unknown) => return out.put(unknown.line()),
            _ => b"",
        };
        if let Some(verb) = self.verb() {
            emit::command(out, verb, argument);
        }
        if let Self::Auth { initial: Some(initial), .. } = self {
            out.byte(b' ');
            initial.emit(out);
        }
    }
}

fn envelope(out: &mut Writer<'_>, verb: Verb, address: &[u8], params: &Params<'_>) {
    emit::path(out, verb, address);
    if !params.is_empty() {
        out.byte(b' ');
        params.emit(out);
    }
}

/// A line that is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CommandError {
    verb: Option<Verb>,
    syntax: Syntax,
}

impl CommandError {
    /// The verb, with [`Verb::Bdat`] for any BDAT; `None` when the line has none that is known. The
    /// reply is 501 with a verb and 500 without (RFC 5321 §4.2.4).
    pub fn verb(&self) -> Option<Verb> {
        self.verb
    }

    /// What is wrong, with the position counted from the line's first octet.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.verb.map_or("unknown command", Verb::as_str), self.syntax)
    }
}

impl core::error::Error for CommandError {}

/// What stands behind the verb, up to the line's end.
fn arguments(verb: Verb, input: &[u8]) -> Parsed<'_, Command<'_>> {
    let argument = spaces(input);
    Ok(match verb {
        Verb::Ehlo => variant(HelloName::parse(argument)?, Command::Ehlo),
        Verb::Helo => variant(HelloName::parse(argument)?, Command::Helo),
        Verb::Lhlo => variant(HelloName::parse(argument)?, Command::Lhlo),
        Verb::Mail => {
            let (rest, path) = ReversePath::parse(behind_from(argument)?.0)?;
            variant(params(rest)?, |params| Command::Mail { path, params })
        }
        Verb::Rcpt => {
            let (rest, path) = ForwardPath::parse(behind_to(argument)?.0)?;
            variant(params(rest)?, |params| Command::Rcpt { path, params })
        }
        Verb::Bdat | Verb::BdatLast => bdat(argument)?,
        Verb::Vrfy => variant(Text::parse(argument)?, Command::Vrfy),
        Verb::Expn => variant(Text::parse(argument)?, Command::Expn),
        Verb::Noop => variant(optional(argument)?, Command::Noop),
        Verb::Help => variant(optional(argument)?, Command::Help),
        Verb::Auth => auth(argument)?,
        // The octets that are too many are left, and so at fault.
        Verb::Data => (argument, Command::Data),
        Verb::Rset => (argument, Command::Rset),
        Verb::Quit => (argument, Command::Quit),
        Verb::StartTls => (argument, Command::StartTls),
        // No word is one of these.
        Verb::Greeting | Verb::EndOfData | Verb::AuthResponse | Verb::XClient => {
            return fail(Fault::Unexpected, input);
        }
    })
}

fn variant<'a, T>(
    (rest, value): (&'a [u8], T),
    make: impl FnOnce(T) -> Command<'a>,
) -> (&'a [u8], Command<'a>) {
    (rest, make(value))
}

/// What stands behind `FROM:` and any spaces.
fn behind_from(input: &[u8]) -> Parsed<'_, ()> {
    match input {
        [b'F' | b'f', b'R' | b'r', b'O' | b'o', b'M' | b'm', b':', rest @ ..] => Ok((spaces(rest), ())),
        _ => fail(Fault::Unexpected, input),
    }
}

/// What stands behind `TO:` and any spaces.
fn behind_to(input: &[u8]) -> Parsed<'_, ()> {
    match input {
        [b'T' | b't', b'O' | b'o', b':', rest @ ..] => Ok((spaces(rest), ())),
        _ => fail(Fault::Unexpected, input),
    }
}

/// `[SP Mail-parameters]`
fn params(input: &[u8]) -> Parsed<'_, Params<'_>> {
    if input.is_empty() {
        return Ok((input, Params::NONE));
    }
    let (rest, ()) = octet(b' ')(input)?;
    read(spaces(rest), Params::scan)
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
    let (rest, size) = read(input, Scan::decimal)?;
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
