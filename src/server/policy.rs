//! What a server offers and demands: one value, lent to any number of sessions.

use core::fmt;

use crate::data::BareLineEnds;
use crate::wire::{AuthMechanisms, Extension, HelloName, ProxyHeader, ProxyParse, XClient, limits};

/// What a server offers and demands.
///
/// [`Policy::new`] is a server that takes mail from anyone, in clear, offers nothing that needs the caller's
/// doing (no STARTTLS, no AUTH, no DSN), and never a password in clear.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct Policy<'p> {
    pub(super) host: HelloName<'p>,
    pub(super) banner: &'p str,
    pub(super) help: &'p str,
    pub(super) offered: u32,
    pub(super) mechanisms: AuthMechanisms,
    pub(super) max_size: u64,
    pub(super) progress: u32,
    pub(super) max_recipients: u16,
    pub(super) max_mails: u16,
    pub(super) max_line: u16,
    pub(super) command_seconds: u16,
    pub(super) content_seconds: u16,
    pub(super) max_errors: u8,
    pub(super) max_idle: u16,
    pub(super) max_drained: u32,
    pub(super) bare: BareLineEnds,
    pub(super) ask_vrfy: bool,
    pub(super) lmtp: bool,
    pub(super) tls_for_mail: bool,
    pub(super) auth_for_mail: bool,
    pub(super) clear_text_auth: bool,
    pub(super) proxy: Option<Asked<ReadProxy>>,
    pub(super) xclient: Option<Asked<ReadXClient>>,
}

/// What is put in its place by who asks for it, so that nobody else links it.
#[derive(Clone, Copy)]
pub(super) struct Asked<T>(pub(super) T);

pub(super) type ReadProxy = fn(&[u8]) -> ProxyParse;
pub(super) type ReadXClient = for<'a> fn(&'a [u8]) -> Option<XClient<'a>>;

impl<T> fmt::Debug for Asked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked")
    }
}

#[cfg(feature = "defmt")]
impl<T> defmt::Format for Asked<T> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Asked");
    }
}

impl<'p> Policy<'p> {
    /// A server of this name, with the extensions PIPELINING, 8BITMIME, SMTPUTF8, CHUNKING,
    /// BINARYMIME, ENHANCEDSTATUSCODES and SIZE, and these limits: 10 MiB a mail, 100 recipients (RFC 5321 §4.5.3.1.8),
    /// 1 000 mails a session, 10 commands in error, 100 commands without a mail, 32 MiB of refused content, lines of 2 048
    /// octets, 5 minutes for a command and for 1 024 octets of content (RFC 5321 §4.5.3.2.7).
    ///
    /// A name outside ASCII is to be given as A-labels (`xn--...`): the greeting cannot say another (RFC 6531 §3.7.1), and so a session with
    /// one says nothing, and its first `poll` fails with [`Misuse::NeedsSmtpUtf8`](crate::Misuse::NeedsSmtpUtf8).
    pub fn new(host: HelloName<'p>) -> Self {
        let offered = [
            Extension::Pipelining,
            Extension::EightBitMime,
            Extension::SmtpUtf8,
            Extension::Chunking,
            Extension::BinaryMime,
            Extension::EnhancedStatusCodes,
            Extension::Size,
        ];
        Self {
            host,
            banner: "",
            help: "RFC 5321",
            offered: offered.into_iter().fold(0, |set, extension| set | extension.bit()),
            mechanisms: AuthMechanisms::NONE,
            max_size: 10 * 1024 * 1024,
            progress: 1024,
            max_recipients: 100,
            max_mails: 1000,
            max_line: 2048,
            command_seconds: 300,
            content_seconds: 300,
            max_errors: 10,
            max_idle: 100,
            max_drained: 32 * 1024 * 1024,
            bare: BareLineEnds::Reject,
            ask_vrfy: false,
            lmtp: false,
            tls_for_mail: false,
            auth_for_mail: false,
            clear_text_auth: false,
            proxy: None,
            xclient: None,
        }
    }

    /// What the greeting says behind the host's name and `ESMTP`. Control characters are left out.
    pub fn banner(mut self, banner: &'p str) -> Self {
        self.banner = banner;
        self
    }

    /// What HELP answers. Control characters are left out.
    pub fn help(mut self, help: &'p str) -> Self {
        self.help = help;
        self
    }

    /// Offers `extension`. Of those that need the caller's doing: STARTTLS (the handshake), DSN, REQUIRETLS,
    /// DELIVERBY, FUTURERELEASE, MT-PRIORITY (what the parameters ask for), XCLIENT (to believe the client).
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "so that the one extension is known that has a reader of its own"
    )]
    pub fn offer(mut self, extension: Extension) -> Self {
        self.offered |= extension.bit();
        if extension == Extension::XClient {
            self.xclient = Some(Asked(|line| XClient::parse(line).ok()));
        }
        self
    }

    /// Does not offer `extension`.
    pub fn without(mut self, extension: Extension) -> Self {
        self.offered &= !extension.bit();
        self
    }

    /// Offers AUTH with `mechanisms`: those that reveal the secret only under TLS, unless
    /// [`allow_clear_text_auth`](Self::allow_clear_text_auth). Who takes tokens needs longer lines than [`max_line`](Self::max_line) is
    /// otherwise, and a receive buffer for them: of [`limits::AUTH_LINE`] octets to be sure (RFC 4954 §4).
    pub fn auth(mut self, mechanisms: AuthMechanisms) -> Self {
        self.mechanisms = mechanisms;
        self
    }

    /// Lets secrets cross the wire without TLS.
    pub fn allow_clear_text_auth(mut self) -> Self {
        self.clear_text_auth = true;
        self
    }

    /// MAIL and AUTH only under TLS (530, RFC 3207 §4).
    pub fn require_tls(mut self) -> Self {
        self.tls_for_mail = true;
        self
    }

    /// MAIL only behind AUTH (530, RFC 4954 §6).
    pub fn require_auth(mut self) -> Self {
        self.auth_for_mail = true;
        self
    }

    /// Octets of a mail, stated behind SIZE; 0 for no limit.
    pub fn max_size(mut self, octets: u64) -> Self {
        self.max_size = octets;
        self
    }

    /// Recipients of a mail; as many may be refused before the engine refuses all others (452). A thousand of those at least are answered
    /// for each mail that has some before they count for [`max_idle`](Self::max_idle).
    pub fn max_recipients(mut self, recipients: u16) -> Self {
        self.max_recipients = recipients;
        self
    }

    /// Mails of a session.
    pub fn max_mails(mut self, mails: u16) -> Self {
        self.max_mails = mails;
        self
    }

    /// Commands in error, failed logins among them, before 421 ends the session. The count begins anew behind a mail that is accepted,
    /// where the client has logged in or need not. What is pipelined behind a refused MAIL or chunk, or behind recipients all of whom are
    /// refused, is no error (RFC 2920 §3.1), as often as a mail may have [recipients](Self::max_recipients). XCLIENT begins the
    /// counts of errors, mails and refused content anew, for another client.
    pub fn max_errors(mut self, errors: u8) -> Self {
        self.max_errors = errors;
        self
    }

    /// Commands that bring no mail nearer before 421 ends the session (RFC 5321 §3.8), so that nobody holds it for ever by one
    /// NOOP in each [`patience`](Self::patience). The count begins anew behind each mail that is accepted, and in chunks behind each
    /// `progress` octets of content (or 65 535).
    ///
    /// Counted are NOOP, RSET, HELP, VRFY, EXPN, EHLO, XCLIENT, a successful AUTH, MAIL, each chunk, DATA that the caller
    /// refuses, and what the engine defers (452). Commands in error have [a count of their own](Self::max_errors), and so have
    /// [recipients](Self::max_recipients). A mail takes four of these commands at least, where it comes with STARTTLS.
    pub fn max_idle(mut self, commands: u16) -> Self {
        self.max_idle = commands;
        self
    }

    /// Octets of refused content that are read and dropped in a session before 421 ends it: of chunks that are refused, which are to
    /// be read all the same (RFC 3030 §2), and of mails that are too large or lost. A chunk that announces more than is left of
    /// them is refused at once, for its end is not worth waiting for. [`u32::MAX`] is no limit.
    pub fn max_drained(mut self, octets: u32) -> Self {
        self.max_drained = octets;
        self
    }

    /// Octets, CRLF included, of a line of MAIL, RCPT and AUTH, which parameters make longer than the
    /// [`limits::COMMAND_LINE`] of the others. The receive buffer's size is a limit too.
    pub fn max_line(mut self, octets: u16) -> Self {
        self.max_line = octets.max(limits::COMMAND_LINE as u16);
        self
    }

    /// Seconds for a command to come whole, and for `progress` octets of content, one at least, to come.
    pub fn patience(mut self, command: u16, content: u16, progress: u32) -> Self {
        self.command_seconds = command;
        self.content_seconds = content;
        self.progress = progress.max(1);
        self
    }

    /// What becomes of bare CR and LF in mails, behind DATA and BDAT alike. In a mail of BODY=BINARYMIME they are content under either
    /// (RFC 3030 §3).
    pub fn bare_line_ends(mut self, bare: BareLineEnds) -> Self {
        self.bare = bare;
        self
    }

    /// VRFY and EXPN are the caller's to answer; else the engine answers 252 and 502 (RFC 5321 §3.5.3).
    pub fn ask_vrfy(mut self) -> Self {
        self.ask_vrfy = true;
        self
    }

    /// LMTP instead of SMTP (RFC 2033).
    pub fn lmtp(mut self) -> Self {
        self.lmtp = true;
        self
    }

    /// A PROXY header, version 1 or 2, is expected in front of each session. Only for servers that
    /// nobody but the proxy can reach.
    ///
    /// The engine reads it from the octets that it is given first. A proxy writes it in front of everything, the TLS handshake too:
    /// under implicit TLS it is in clear and the handshake follows, so it never comes to an engine whose stream is
    /// TLS already. There read it from the bare stream by [`ProxyHeader::parse`](crate::wire::ProxyHeader::parse), not an octet
    /// further than it goes, then do the handshake, and leave this switch off. STARTTLS is not concerned.
    pub fn expect_proxy_header(mut self) -> Self {
        self.proxy = Some(Asked(ProxyHeader::parse));
        self
    }

    pub(super) fn offers(&self, extension: Extension) -> bool {
        self.offered & extension.bit() != 0
    }
}
