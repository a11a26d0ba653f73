//! The greeting, the list of what is offered, and TLS.

use super::canned::Line;
use super::event::{Shown, Span};
use super::policy::Asked;
use super::{Done, Server, Stop};
use crate::session::Phase;
use crate::wire::{AuthMechanisms, Emit, Extension, ProxyParse, Verb, Writer};
use crate::{Error, Misuse, Protocol};

impl Server<'_, '_> {
    /// The header of the PROXY protocol, in front of everything.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that a poll with nothing to do needs few registers
    pub(super) fn take_proxy_header(&mut self) -> Done {
        let Some(Asked(read)) = self.policy.proxy else {
            self.flags.proxied = true;
            return Ok(());
        };
        match read(self.rx.filled()) {
            ProxyParse::Complete { consumed, .. } => {
                self.flags.proxied = true;
                self.consumed = consumed as u16;
                self.tell(Shown::Proxy(Span { from: 0, to: consumed as u16 }))
            }
            ProxyParse::Partial { needed } if needed <= self.rx.capacity() => Err(Stop::Input),
            _ => Err(Protocol::NotAProxyHeader.into()),
        }
    }

    /// The greeting at the front of the session.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that a poll with nothing to do needs few registers
    pub(super) fn greet(&mut self) -> Done {
        self.emit_greeting()?;
        self.phase = Phase::Greeted;
        self.tick();
        Ok(())
    }

    /// `220 host ESMTP banner` (RFC 5321 §4.2).
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that other replies need few registers
    pub(super) fn emit_greeting(&mut self) -> Result<(), Error> {
        let policy = self.policy;
        // RFC 6531 §3.7.1: nobody has asked for SMTPUTF8 yet.
        if !policy.host.is_ascii() {
            return Err(Misuse::NeedsSmtpUtf8.into());
        }
        self.append(|out| {
            out.short(*b"220 ");
            policy.host.emit(out);
            if policy.lmtp {
                out.put(b" LMTP");
            } else {
                out.short(*b" ESMTP");
            }
            if !policy.banner.is_empty() {
                out.byte(b' ');
                printable(out, policy.banner);
            }
            out.crlf();
        })
    }

    /// What is offered, as things stand.
    pub(super) fn offered_now(&self) -> u32 {
        // RFC 8689 §2: REQUIRETLS only under TLS
        let not_now = if self.flags.tls { Extension::StartTls } else { Extension::RequireTls };
        let offered = self.policy.offered & !not_now.bit();
        // RFC 3030 §3: BINARYMIME only with CHUNKING
        if self.policy.offers(Extension::Chunking) { offered } else { offered & !Extension::BinaryMime.bit() }
    }

    /// The reply to EHLO, LHLO or HELO (RFC 5321 §4.1.1.1).
    #[cfg_attr(target_pointer_width = "64", inline(never))]
    pub(super) fn emit_hello(&mut self, verb: Verb) -> Result<(), Error> {
        let (policy, tls) = (self.policy, self.flags.tls);
        let auth = !self.flags.authenticated;
        let offered = self.offered_now();
        self.append(|out| {
            out.short(if verb == Verb::Helo { *b"250 " } else { *b"250-" });
            policy.host.emit(out);
            out.crlf();
            if verb == Verb::Helo {
                return;
            }
            for (extension, line) in &ANNOUNCED {
                if offered & extension.bit() != 0 {
                    line.emit(out);
                }
            }
            let mechanisms = if policy.tls_for_mail && !tls {
                AuthMechanisms::NONE
            } else if tls || policy.clear_text_auth {
                policy.mechanisms
            } else {
                policy.mechanisms.not_revealing()
            };
            if auth && !mechanisms.is_empty() {
                out.put(b"250-AUTH");
                for mechanism in mechanisms.iter() {
                    out.byte(b' ');
                    out.put(mechanism.octets());
                }
                out.crlf();
            }
            if policy.offers(Extension::Limits) {
                out.put(b"250-LIMITS MAILMAX=");
                out.number(u64::from(policy.max_mails));
                out.put(b" RCPTMAX=");
                out.number(u64::from(policy.max_recipients));
                out.crlf();
            }
            // RFC 1870 §4: 0 says that there is no limit
            if policy.offers(Extension::Size) {
                out.short(*b"250 SIZE ");
                out.number(policy.max_size);
            } else {
                out.put(b"250 HELP");
            }
            out.crlf();
        })
    }

    /// STARTTLS (RFC 3207 §4).
    pub(super) fn start_tls(&mut self, behind: usize) -> Done {
        // RFC 3207 §4.2: what came behind STARTTLS in clear may have been injected.
        if self.rx.filled().len() > behind {
            return Err(Protocol::InputBeforeTls.into());
        }
        self.say_canned(&super::answer::READY_FOR_TLS)?;
        self.phase = Phase::Tls;
        Ok(())
    }

    /// 220 has been written.
    pub(super) fn handshake(&mut self) -> Done {
        if !self.rx.is_empty() {
            return Err(Protocol::InputBeforeTls.into());
        }
        self.shown = Shown::StartTls;
        Err(Stop::Event)
    }

    /// Says that the handshake is done and octets go through TLS from here on. The session begins
    /// anew behind the greeting (RFC 3207 §4.2).
    ///
    /// # Errors
    /// [`Misuse::TlsState`] when no handshake was due.
    pub fn tls_established(&mut self) -> Result<(), Error> {
        if self.phase != Phase::Tls || !self.rx.is_empty() || !self.tx.is_empty() || self.failed.is_some() {
            return Err(Misuse::TlsState.into());
        }
        self.release();
        self.forget_transaction();
        self.phase = Phase::Greeted;
        self.flags.tls = true;
        self.flags.authenticated = false;
        self.tick();
        Ok(())
    }
}

/// The extensions that stand in the list by their keyword, with what always stands behind it.
static ANNOUNCED: [(Extension, Line); 13] = [
    (Extension::Pipelining, Line::new(b"250-PIPELINING\r\n")),
    (Extension::EightBitMime, Line::new(b"250-8BITMIME\r\n")),
    (Extension::SmtpUtf8, Line::new(b"250-SMTPUTF8\r\n")),
    (Extension::Chunking, Line::new(b"250-CHUNKING\r\n")),
    (Extension::BinaryMime, Line::new(b"250-BINARYMIME\r\n")),
    (Extension::EnhancedStatusCodes, Line::new(b"250-ENHANCEDSTATUSCODES\r\n")),
    (Extension::Dsn, Line::new(b"250-DSN\r\n")),
    (Extension::StartTls, Line::new(b"250-STARTTLS\r\n")),
    (Extension::RequireTls, Line::new(b"250-REQUIRETLS\r\n")),
    (Extension::DeliverBy, Line::new(b"250-DELIVERBY\r\n")),
    // RFC 4865 §3: the most that its grammar has, for the caller decides.
    (Extension::FutureRelease, Line::new(b"250-FUTURERELEASE 999999999 9999-12-31T23:59:59Z\r\n")),
    (Extension::MtPriority, Line::new(b"250-MT-PRIORITY\r\n")),
    (Extension::XClient, Line::new(b"250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\r\n")),
];

/// The text without control characters, and with `?` for octets outside ASCII.
pub(super) fn printable(out: &mut Writer<'_>, text: &str) {
    for octet in text.bytes().filter(|octet| !octet.is_ascii_control()) {
        out.byte(if octet.is_ascii() { octet } else { b'?' });
    }
}
