//! What a command is due, by the table of phases and the policy: a reply of the engine's own, or the caller's word.

use super::Server;
use super::answer;
use super::canned::Canned;
use super::event::{Shown, ShownPath, Span};
use super::policy::Asked;
use crate::session::Phase;
use crate::wire::param::{Found, Keyword};
use crate::wire::syntax::{WIDE, has_c1};
use crate::wire::{
    AuthMechanism, Command, CommandError, Extension, ForwardPath, Params, ReversePath, SaslName, Verb, limits,
};

/// What is to be done about a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Judgement {
    /// The engine answers.
    Answer(&'static Canned),
    /// The caller is told, and owes a reply.
    Ask(Verb, Shown),
    /// A chunk follows.
    Chunk {
        size: u64,
        last: bool,
    },
    /// A chunk follows that nobody wants: its octets are passed over, and then it is answered.
    RefuseChunk {
        size: u64,
        answer: &'static Canned,
    },
    /// The engine answers, and closes: where the next command begins cannot be known.
    Hopeless(&'static Canned),
    /// AUTH, with the place of its initial response (`None` for none; an empty one is empty).
    Auth(AuthMechanism, Option<Span>),
    Rset,
    Help,
    StartTls,
    Quit,
}

/// The keywords that MAIL may have, by what offers them.
static KEYWORDS: [(Keyword, Extension); 10] = [
    (Keyword::Size, Extension::Size),
    (Keyword::Body, Extension::EightBitMime),
    (Keyword::SmtpUtf8, Extension::SmtpUtf8),
    (Keyword::Auth, Extension::Auth),
    (Keyword::Ret, Extension::Dsn),
    (Keyword::Envid, Extension::Dsn),
    (Keyword::RequireTls, Extension::RequireTls),
    (Keyword::By, Extension::DeliverBy),
    (Keyword::HoldFor, Extension::FutureRelease),
    (Keyword::MtPriority, Extension::MtPriority),
];

use Judgement::{Answer, Ask, Hopeless, RefuseChunk};

impl Server<'_, '_> {
    pub(super) fn judge(&self, length: usize) -> Judgement {
        let line = self.rx.part(0, length);
        match Command::parse(line) {
            Ok(ref command) => {
                let whole = length.wrapping_add(2);
                if whole > limits::COMMAND_LINE && whole > self.longest(command) {
                    let bdat = matches!(command, Command::Bdat { .. });
                    return if bdat { Hopeless } else { Answer }(&answer::LINE_TOO_LONG);
                }
                self.judge_command(command, line)
            }
            Err(error) => misread(error, line),
        }
    }

    /// RFC 5321 §4.5.3.1.4: 512 octets, and more for the commands that extensions lengthen.
    fn longest(&self, command: &Command<'_>) -> usize {
        match command {
            Command::Mail { .. } | Command::Rcpt { .. } | Command::Auth { .. } => {
                usize::from(self.policy.max_line)
            }
            _ => limits::COMMAND_LINE,
        }
    }

    fn judge_command(&self, command: &Command<'_>, line: &[u8]) -> Judgement {
        let Some(verb) = command.verb() else {
            return self.judge_unknown(line);
        };
        if let Command::Bdat { size, last } = *command {
            return self.judge_chunk(size, last);
        }
        // RFC 2033 §4.1: LMTP has no HELO and EHLO, and SMTP no LHLO.
        let foreign = match verb {
            Verb::Lhlo => !self.policy.lmtp,
            Verb::Ehlo | Verb::Helo => self.policy.lmtp,
            _ => false,
        };
        if foreign {
            return Answer(&answer::UNKNOWN_COMMAND);
        }
        if let Some(answer) = self.not_implemented(verb) {
            return Answer(answer);
        }
        if !self.phase.permits(verb) {
            return Answer(self.out_of_sequence(verb));
        }
        match *command {
            Command::Ehlo(name) | Command::Helo(name) | Command::Lhlo(name) => {
                if !name.is_ascii() && has_c1(name.as_bytes()) {
                    return Answer(&answer::SYNTAX);
                }
                Ask(verb, Shown::Hello { verb, name: Span::of(name.as_bytes(), line) })
            }
            Command::Mail { path, ref params } => self.judge_mail((path, path.is_ascii()), params, line),
            Command::Rcpt { path, ref params } => self.judge_rcpt(path, params, (line, line.is_ascii())),
            Command::Data => self.judge_data(),
            Command::Rset => Judgement::Rset,
            Command::Quit => Judgement::Quit,
            Command::StartTls => Judgement::StartTls,
            Command::Help(_) => Judgement::Help,
            // Who is here is told to those only who may send.
            Command::Vrfy(_) | Command::Expn(_) if self.policy.tls_for_mail && !self.flags.tls => {
                Answer(&answer::TLS_FIRST)
            }
            Command::Vrfy(_) | Command::Expn(_) if self.policy.auth_for_mail && !self.flags.authenticated => {
                Answer(&answer::AUTH_FIRST)
            }
            Command::Vrfy(text) if self.policy.ask_vrfy => {
                Ask(verb, Shown::Vrfy(Span::of(text.as_bytes(), line)))
            }
            Command::Expn(text) if self.policy.ask_vrfy => {
                Ask(verb, Shown::Expn(Span::of(text.as_bytes(), line)))
            }
            Command::Vrfy(_) => Answer(&answer::CANNOT_VRFY),
            Command::Expn(_) => Answer(&answer::NOT_IMPLEMENTED),
            Command::Auth { mechanism, initial } => {
                let initial = initial.map(|initial| Span::of(initial.as_bytes(), line));
                self.judge_auth(mechanism, initial)
            }
            Command::Noop(_) => Answer(&answer::OK),
            Command::Bdat { .. } | Command::Unknown(_) => Answer(&answer::UNKNOWN_COMMAND),
        }
    }

    /// XCLIENT, where it is offered, is the one command that the grammar leaves to the server.
    fn judge_unknown(&self, line: &[u8]) -> Judgement {
        // What looks like BDAT may have octets behind it that are no commands.
        let chunk = line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"BDAT"));
        if chunk && !line.get(4).is_some_and(u8::is_ascii_alphanumeric) {
            return Hopeless(&answer::SYNTAX);
        }
        let xclient = line.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"XCLIENT"));
        let (true, Some(Asked(read)), true) =
            (xclient, self.policy.xclient, self.policy.offers(Extension::XClient))
        else {
            return Answer(&answer::UNKNOWN_COMMAND);
        };
        if !self.phase.permits(Verb::XClient) {
            return Answer(&answer::BAD_SEQUENCE);
        }
        match read(line) {
            Some(_) => Ask(Verb::XClient, Shown::XClient(Span::of(line, line))),
            None => Answer(&answer::SYNTAX),
        }
    }

    fn not_implemented(&self, verb: Verb) -> Option<&'static Canned> {
        match verb {
            Verb::StartTls if !self.policy.offers(Extension::StartTls) => Some(&answer::NOT_IMPLEMENTED),
            // RFC 3207 §4.2: not again
            Verb::StartTls if self.flags.tls => Some(&answer::BAD_SEQUENCE),
            Verb::Auth if self.policy.mechanisms.is_empty() => Some(&answer::NOT_IMPLEMENTED),
            // RFC 4954 §4: not again
            Verb::Auth if self.flags.authenticated => Some(&answer::BAD_SEQUENCE),
            _ => None,
        }
    }

    fn out_of_sequence(&self, verb: Verb) -> &'static Canned {
        match (self.phase, verb) {
            (Phase::Greeted, _) => &answer::HELLO_FIRST,
            (Phase::Mail, Verb::Data) => &answer::NO_RECIPIENTS,
            _ => &answer::BAD_SEQUENCE,
        }
    }

    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(super) fn judge_mail(
        &self,
        (path, ascii): (ReversePath<'_>, bool),
        params: &Params<'_>,
        line: &[u8],
    ) -> Judgement {
        let policy = self.policy;
        if policy.tls_for_mail && !self.flags.tls {
            return Answer(&answer::TLS_FIRST);
        }
        if policy.auth_for_mail && !self.flags.authenticated {
            return Answer(&answer::AUTH_FIRST);
        }
        if self.mails >= policy.max_mails {
            return Answer(&answer::TOO_MANY_MAILS);
        }
        let found = params.found();
        if !self.is_usual(found) && !found.are_among(self.offered_for_mail(found)) {
            return Answer(&answer::UNKNOWN_PARAMETER);
        }
        if policy.max_size != 0 && params.size() > policy.max_size {
            return Answer(&answer::TOO_LARGE);
        }
        let (smtputf8, binary) = (found.has(Keyword::SmtpUtf8), found.is_binary());
        // RFC 6531 §3.5
        if !ascii {
            if !smtputf8 {
                return Answer(&answer::NEEDS_SMTPUTF8);
            }
            if has_c1(path.as_bytes()) {
                return Answer(&answer::BAD_SENDER);
            }
        }
        let path = ShownPath::of(path.mailbox(), line);
        Ask(Verb::Mail, Shown::Mail { path, params: Span::of(params.wire(), line), smtputf8, binary })
    }

    /// Whether there is nothing but SIZE and BODY=8BITMIME, and these are offered, as nearly always: at a glance.
    fn is_usual(&self, found: Found) -> bool {
        let usual = Extension::Size.bit() | Extension::EightBitMime.bit();
        WIDE && !found.is_binary()
            && found.are_among(Keyword::Size.bit() | Keyword::Body.bit())
            && self.policy.offered & usual == usual
    }

    /// The keywords that MAIL may have, among which these were found.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that others need few registers
    fn offered_for_mail(&self, found: Found) -> u16 {
        let mut offered = self.offered_now();
        let mut means = |extension: Extension, offers: bool| {
            offered = if offers { offered | extension.bit() } else { offered & !extension.bit() };
        };
        means(Extension::Auth, !self.policy.mechanisms.is_empty());
        if found.is_binary() {
            means(Extension::EightBitMime, self.offered_now() & Extension::BinaryMime.bit() != 0);
        }
        KEYWORDS.iter().fold(
            0,
            |set, (keyword, extension)| {
                if offered & extension.bit() != 0 { set | keyword.bit() } else { set }
            },
        )
    }

    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(super) fn judge_rcpt(
        &self,
        path: ForwardPath<'_>,
        params: &Params<'_>,
        (line, ascii): (&[u8], bool),
    ) -> Judgement {
        let most = self.policy.max_recipients;
        if self.recipients >= most || self.refused >= most {
            return Answer(&answer::TOO_MANY_RECIPIENTS);
        }
        let offered =
            if self.policy.offers(Extension::Dsn) { Keyword::Notify.bit() | Keyword::Orcpt.bit() } else { 0 };
        if !params.found().are_among(offered) {
            return Answer(&answer::UNKNOWN_PARAMETER);
        }
        if !ascii {
            // The path, or a parameter of it (RFC 6533 §3)
            if !self.flags.smtputf8 {
                return Answer(&answer::NEEDS_SMTPUTF8);
            }
            if has_c1(line) {
                return Answer(&answer::BAD_ADDRESS);
            }
        }
        let path = ShownPath::of(path.mailbox(), line);
        Ask(Verb::Rcpt, Shown::Rcpt { path, params: Span::of(params.wire(), line) })
    }

    pub(super) fn judge_data(&self) -> Judgement {
        if self.flags.binary { Answer(&answer::BINARY_NEEDS_BDAT) } else { Ask(Verb::Data, Shown::Data) }
    }

    fn judge_chunk(&self, size: u64, last: bool) -> Judgement {
        let verb = if last { Verb::BdatLast } else { Verb::Bdat };
        if !self.policy.offers(Extension::Chunking) {
            return RefuseChunk { size, answer: &answer::NOT_IMPLEMENTED };
        }
        // RFC 2033 §4.2: the last chunk of a mail that is lost is answered for each recipient, too.
        let spoiled = self.policy.lmtp && last && self.phase == Phase::Spoiled;
        if !spoiled && !self.phase.permits(verb) {
            let answer =
                if self.phase == Phase::Mail { &answer::NO_RECIPIENTS } else { self.out_of_sequence(verb) };
            return RefuseChunk { size, answer };
        }
        Judgement::Chunk { size, last }
    }

    fn judge_auth(&self, mechanism: SaslName<'_>, initial: Option<Span>) -> Judgement {
        match AuthMechanism::from_name(mechanism.as_str().as_bytes()) {
            Some(mechanism) if self.policy.mechanisms.has(mechanism) => {
                if self.policy.tls_for_mail && !self.flags.tls {
                    return Answer(&answer::TLS_FIRST);
                }
                if mechanism.reveals_secret() && !self.flags.tls && !self.policy.clear_text_auth {
                    return Answer(&answer::NEEDS_ENCRYPTION);
                }
                Judgement::Auth(mechanism, initial)
            }
            _ => Answer(&answer::UNKNOWN_MECHANISM),
        }
    }
}

/// RFC 5321 §4.2.4: 500 for what is no command, 501 for what has wrong arguments.
fn misread(error: CommandError, line: &[u8]) -> Judgement {
    let sound = line.get(..error.syntax().at()).unwrap_or(line);
    // The path begins behind the colon, and the parameters behind the path.
    let (mut in_path, mut in_params, mut spaces, mut before) = (false, false, 0_u16, 0);
    for octet in sound {
        in_path |= *octet == b':';
        if *octet == b' ' {
            spaces = spaces.saturating_add(1);
            in_params |= before == b'>';
        }
        before = *octet;
    }
    let in_path = in_path && !in_params && (before != b'>' || sound == line);
    Answer(match error.verb() {
        // How many octets follow is not known, so what follows cannot be told from commands.
        Some(Verb::Bdat | Verb::BdatLast) => return Hopeless(&answer::SYNTAX),
        Some(Verb::Mail) if in_path => &answer::BAD_SENDER,
        Some(Verb::Rcpt) if in_path => &answer::BAD_ADDRESS,
        // RFC 4954 §4: 5.5.2 for an initial response that is not base64
        Some(Verb::Auth) if spaces > 1 => &answer::BAD_BASE64,
        Some(_) => &answer::SYNTAX,
        None => &answer::UNKNOWN_COMMAND,
    })
}
