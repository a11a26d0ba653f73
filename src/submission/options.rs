//! What the caller decides about a submission.

use crate::client::Client;
use crate::session::Phase;
use crate::wire::{AuthMechanism, AuthMechanisms, HelloName, Verb};
use crate::{Error, Misuse};

/// How a submission is to go.
///
/// What few ask for is done by functions that stand here once it is asked for, so that others do not link them.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Options<'e> {
    pub(super) tls: TlsPolicy,
    /// Whether MAIL asks for SMTPUTF8, which the envelope decides: it stands here to be made together with what is beside it.
    pub(super) utf8: bool,
    /// What to log in by though it is not offered.
    pub(super) unoffered: AuthMechanisms,
    pub(super) name: HelloName<'e>,
    /// Else by EHLO.
    pub(super) greet: Option<Greet>,
    /// Else by QUIT.
    pub(super) leave: Option<Leave>,
}

/// Greets by this name.
type Greet = fn(&mut Client<'_>, HelloName<'_>) -> Result<(), Error>;
/// Leaves the session in good order; an error when there is nothing to be said for that, or nothing can be.
type Leave = fn(&mut Client<'_>) -> Result<(), Error>;

/// How the client greets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Hello<'e> {
    /// SMTP: EHLO, and HELO where that is refused.
    Smtp(HelloName<'e>),
    /// LMTP: LHLO (RFC 2033).
    Lmtp(HelloName<'e>),
}

/// When TLS is used. What is not allowed by the policy is never done instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TlsPolicy {
    /// STARTTLS (RFC 3207), or nothing is sent: neither login nor mail.
    Required,
    /// STARTTLS where it is offered and accepted, else in clear; whoever sits in between can make it so.
    IfOffered,
    /// In clear.
    Never,
    /// The stream is under TLS from its first octet (RFC 8314 §3.3), and the client was told so by
    /// [`over_tls`](crate::client::Client::over_tls).
    Implicit,
}

/// What becomes of the session when the mail is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Then {
    /// QUIT.
    Quit,
    /// It is kept for the next mail, if need be by RSET; one that takes no mail is quit. It may have ended all the same: see
    /// [`Client::is_open`](crate::client::Client::is_open).
    Keep,
}

impl<'e> Options<'e> {
    /// Greets as `name`, over TLS, and quits afterwards.
    pub const fn new(name: HelloName<'e>) -> Self {
        Self {
            name,
            greet: None,
            leave: None,
            tls: TlsPolicy::Required,
            utf8: false,
            unoffered: AuthMechanisms::NONE,
        }
    }

    /// How to greet.
    pub const fn hello(mut self, hello: Hello<'e>) -> Self {
        match hello {
            Hello::Smtp(name) => {
                self.name = name;
                self.greet = None;
            }
            Hello::Lmtp(name) => {
                self.name = name;
                let greet: Greet = |client, name| client.lhlo(name);
                self.greet = Some(greet);
            }
        }
        self
    }

    /// When to use TLS.
    pub const fn tls(mut self, tls: TlsPolicy) -> Self {
        self.tls = tls;
        self
    }

    /// Uses this mechanism when the server offers none that fits: for servers that take a login
    /// without offering it. Never without TLS.
    pub const fn auth_even_if_not_offered(mut self, mechanism: AuthMechanism) -> Self {
        self.unoffered = AuthMechanisms::NONE.with(mechanism);
        self
    }

    /// What becomes of the session afterwards.
    pub const fn then(mut self, then: Then) -> Self {
        self.leave = match then {
            Then::Quit => None,
            Then::Keep => Some(|client| match client.phase() {
                Phase::Ready => Err(Misuse::OutOfOrder(Verb::Rset).into()),
                phase if phase.in_transaction() => client.rset(),
                // Nor is a session kept that takes no mail.
                _ => client.quit(),
            }),
        };
        self
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Options<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Options {{ name: {}, tls: {}, .. }}", self.name, self.tls);
    }
}
