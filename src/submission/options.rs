//! What the caller decides about a submission.

use crate::wire::{AuthMechanism, HelloName};

/// How a submission is to go.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Options<'e> {
    pub(super) hello: Hello<'e>,
    pub(super) tls: TlsPolicy,
    pub(super) unoffered: Option<AuthMechanism>,
    pub(super) then: Then,
}

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
    /// STARTTLS, or nothing is sent: neither login nor mail.
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
    /// It is kept for the next mail, if need be by RSET. It may have ended all the same: see
    /// [`Client::is_open`](crate::client::Client::is_open).
    Keep,
}

impl<'e> Options<'e> {
    /// Greets as `name`, over TLS, and quits afterwards.
    pub const fn new(name: HelloName<'e>) -> Self {
        Self { hello: Hello::Smtp(name), tls: TlsPolicy::Required, unoffered: None, then: Then::Quit }
    }

    /// How to greet.
    pub const fn hello(mut self, hello: Hello<'e>) -> Self {
        self.hello = hello;
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
        self.unoffered = Some(mechanism);
        self
    }

    /// What becomes of the session afterwards.
    pub const fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}
