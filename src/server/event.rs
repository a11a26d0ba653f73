//! What a server tells its caller.

use core::fmt;

use super::Policy;
use super::auth::understood;
use crate::sasl::server::{Claim, Message, Step};
use crate::session::Incoming;
use crate::wire::{
    AuthMechanism, ForwardPath, HelloName, Mailbox, Params, ProxyHeader, ProxyParse, ReversePath, Verb,
    XClient,
};

/// Something the client did.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'e> {
    /// EHLO, HELO (RFC 5321 §4.1.1.1) or LHLO (RFC 2033 §4.1). A reply is owed; once accepted, any open transaction is gone.
    Hello {
        /// Which one.
        verb: Verb,
        /// The name that the client gives itself.
        name: HelloName<'e>,
    },
    /// MAIL (RFC 5321 §4.1.1.2), with parameters that are all offered and within the policy. A reply is owed.
    Mail {
        /// Whom the mail is from.
        path: ReversePath<'e>,
        /// The parameters.
        params: Params<'e>,
    },
    /// RCPT (RFC 5321 §4.1.1.3), with parameters that are all offered. A reply is owed.
    Rcpt {
        /// Whom the mail is for.
        path: ForwardPath<'e>,
        /// The parameters.
        params: Params<'e>,
    },
    /// DATA (RFC 5321 §4.1.1.4). A reply is owed: accepting it says 354. (Behind BDAT there is no such event.)
    Data,
    /// A piece of the mail's content, dots removed (RFC 5321 §4.5.2): as many octets as have come, which may be one. No reply.
    Body(&'e [u8]),
    /// A chunk has come whole, and more are to follow (BDAT without LAST). A reply is owed; a refusal spoils the mail
    /// until RSET (RFC 3030 §2).
    EndOfChunk,
    /// The mail is complete: store it, then reply. In LMTP a reply is owed for each accepted recipient
    /// in turn, counted by `recipient` from 0.
    EndOfData {
        /// Whose reply is owed, in LMTP; 0 in SMTP.
        recipient: u16,
    },
    /// The mail is lost as a whole: drop what came of it. The engine refuses it. No reply.
    Lost(Lost),
    /// The client took the transaction back: RSET (RFC 5321 §4.1.1.5). No reply.
    Reset,
    /// A user name and a password, by PLAIN (RFC 4616) or LOGIN. A reply is owed: accepting it says 235.
    Login(Login<'e>),
    /// A message of another SASL mechanism, decoded. It may be a secret. Give it to a [`Mechanism`](crate::sasl::server::Mechanism), and to
    /// [`auth`](super::Server::auth) what that answers; or do without one, and [`challenge`](super::Server::challenge), accept or reply.
    ///
    /// An exchange may end without a word to the caller: the client takes it back, or breaks a rule for lines. So state of a
    /// mechanism is good from one message to the next only where that is not the [first](Message::is_first).
    AuthMessage(Message<'e>),
    /// VRFY (RFC 5321 §4.1.1.6), where the policy leaves it to the caller. A reply is owed.
    Vrfy(&'e [u8]),
    /// EXPN (RFC 5321 §4.1.1.7), where the policy leaves it to the caller. A reply is owed.
    Expn(&'e [u8]),
    /// What a proxy says of the real client, where the policy expects that. No reply.
    Proxy(ProxyHeader),
    /// What a trusted client says of the one it speaks for. A reply is owed; once accepted, the session begins anew behind
    /// another greeting.
    XClient(XClient<'e>),
    /// STARTTLS (RFC 3207 §4) was answered by 220, and that has been written: do the handshake now, then call
    /// [`tls_established`](super::Server::tls_established). Told until that happens.
    StartTls,
    /// The client said QUIT (RFC 5321 §4.1.1.10); 221 is on its way. No reply.
    Quit,
}

/// Why a mail was lost on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Lost {
    /// A CR without LF, or an LF without CR, in it.
    BareLineEnd,
    /// More octets than [`Policy::max_size`](super::Policy::max_size).
    TooLarge,
    /// The caller refused a chunk of it. It knows: this is not told as an event.
    Refused,
}

/// A login. Never printed.
#[derive(Clone, Copy)]
pub struct Login<'e> {
    authorize_as: &'e [u8],
    user: &'e [u8],
    password: &'e [u8],
}

impl<'e> Login<'e> {
    /// On whose behalf (the authorization identity of RFC 4616); empty for the user's own.
    pub fn authorize_as(&self) -> &'e [u8] {
        self.authorize_as
    }

    /// The user.
    pub fn user(&self) -> &'e [u8] {
        self.user
    }

    /// The password.
    pub fn password(&self) -> &'e [u8] {
        self.password
    }
}

impl fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login { .. }")
    }
}

/// A part of the input, relative to its front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Span {
    /// Where `part`, a slice of `whole`, stands in it.
    pub(super) fn of(part: &[u8], whole: &[u8]) -> Self {
        let from = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        let from = if part.is_empty() { 0 } else { from as u16 };
        Self { from, to: from.wrapping_add(part.len() as u16) }
    }

    pub(super) fn text<'e>(self, rx: &'e Incoming<'_>) -> &'e [u8] {
        rx.part(usize::from(self.from), usize::from(self.to))
    }
}

/// The event as the engine keeps it: places instead of slices. What was parsed is not parsed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Hello { verb: Verb, name: Span },
    Mail { path: ShownPath, params: Span, smtputf8: bool, binary: bool },
    Rcpt { path: ShownPath, params: Span },
    Data,
    Body(Span),
    EndOfChunk,
    EndOfData { recipient: u16 },
    Lost(Lost),
    Reset,
    AuthMessage { mechanism: AuthMechanism, first: bool, message: Option<Span> },
    Vrfy(Span),
    Expn(Span),
    Proxy(Span),
    XClient(Span),
    StartTls,
    Quit,
}

/// A path's mailbox; it is empty for the null sender, and for the postmaster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShownPath(Span);

impl ShownPath {
    pub(super) fn of(mailbox: Option<Mailbox<'_>>, line: &[u8]) -> Self {
        Self(mailbox.map_or(Span::default(), |mailbox| Span::of(mailbox.as_bytes(), line)))
    }

    fn mailbox<'e>(self, rx: &'e Incoming<'_>) -> Option<Mailbox<'e>> {
        let text = self.0.text(rx);
        (!text.is_empty()).then(|| Mailbox::again(text))
    }
}

impl Shown {
    pub(super) fn event<'e>(&self, rx: &'e Incoming<'_>, policy: &Policy<'_>) -> Option<Event<'e>> {
        Some(match *self {
            Self::Hello { verb, name } => Event::Hello { verb, name: HelloName::again(name.text(rx)) },
            Self::Mail { path, params, .. } => Event::Mail {
                path: path.mailbox(rx).map_or(ReversePath::Null, ReversePath::Mailbox),
                params: Params::again(params.text(rx)),
            },
            Self::Rcpt { path, params } => Event::Rcpt {
                path: path.mailbox(rx).map_or(ForwardPath::Postmaster, ForwardPath::Mailbox),
                params: Params::again(params.text(rx)),
            },
            Self::Data => Event::Data,
            Self::Body(span) => Event::Body(span.text(rx)),
            Self::EndOfChunk => Event::EndOfChunk,
            Self::EndOfData { recipient } => Event::EndOfData { recipient },
            _ => return self.rare_event(rx, policy),
        })
    }

    /// Those of which there is not one for each mail.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that the others need few registers
    fn rare_event<'e>(&self, rx: &'e Incoming<'_>, policy: &Policy<'_>) -> Option<Event<'e>> {
        Some(match *self {
            Self::Lost(lost) => Event::Lost(lost),
            Self::Reset => Event::Reset,
            Self::AuthMessage { mechanism, first, message } => {
                let message = auth_message(rx, mechanism, first, message);
                match understood(message) {
                    // A login is rare enough to be parsed again.
                    Some(Step::Judge(Claim::Password { authorize_as, user, password })) => {
                        Event::Login(Login { authorize_as, user, password })
                    }
                    _ => Event::AuthMessage(message),
                }
            }
            Self::Vrfy(span) => Event::Vrfy(span.text(rx)),
            Self::Expn(span) => Event::Expn(span.text(rx)),
            // These two are rare enough to be parsed again.
            Self::Proxy(span) => match policy.proxy?.0(span.text(rx)) {
                ProxyParse::Complete { header, .. } => Event::Proxy(header),
                _ => return None,
            },
            Self::XClient(span) => Event::XClient(policy.xclient?.0(span.text(rx))?),
            Self::StartTls => Event::StartTls,
            Self::Quit => Event::Quit,
            _ => return None,
        })
    }
}

pub(super) fn auth_message<'e>(
    rx: &'e Incoming<'_>,
    mechanism: AuthMechanism,
    first: bool,
    message: Option<Span>,
) -> Message<'e> {
    // Nothing is put aside before an exchange has begun.
    Message::new(mechanism, first, message.map(|span| span.text(rx)), rx.aside())
}
