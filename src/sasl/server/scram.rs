//! SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), the server's half.

use core::fmt;
use core::ops::Range;

use hmac::Mac;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Answer, Claim, Judgement, Mechanism, Message, Refusal, Step};
use crate::sasl::SaslName;
use crate::sasl::base64::encode_parts;
use crate::sasl::scram::{
    ChannelBinding, Failure, Key, Nonce, Verifier, add, extensions, finish, is_nonce, keyed, octets32,
    stored_key,
};
use crate::wire::{AuthMechanism, AuthMechanisms, Writer};

/// One exchange of SCRAM-SHA-256, or of SCRAM-SHA-256-PLUS.
///
/// It needs no password, only what a [`Verifier`] holds. For a user who does not exist, go on with a verifier of random keys and with a salt
/// that is always the same for this name: else the exchange tells who exists.
///
/// `scratch` holds the client's first message and the server's: about 130 octets and the user's name, salt and nonces; 256 do for most.
pub struct ScramSha256<'s> {
    scratch: &'s mut [u8],
    nonce: Nonce,
    /// The TLS session that SCRAM-SHA-256-PLUS is bound to.
    session: Option<ChannelBinding<'s>>,
    /// What this exchange is bound to.
    binding: Option<ChannelBinding<'s>>,
    plus_offered: bool,
    /// Whether SCRAM-SHA-256 is offered, too.
    unbound: bool,
    /// Octets of the gs2 header, of the client's first message, and of both first messages with a comma.
    header: usize,
    first: usize,
    both: usize,
    /// Where the whole nonce stands.
    whole_nonce: Range<usize>,
    stored: Key,
    server: Key,
    answer: Zeroizing<[u8; 46]>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Challenge,
    Final,
    Proven,
    Over,
}

/// What the client's first message says. Not proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct First<'m> {
    /// Who.
    pub user: SaslName<'m>,
    /// On whose behalf, if not their own.
    pub authorize_as: Option<SaslName<'m>>,
}

impl<'s> ScramSha256<'s> {
    /// SCRAM-SHA-256 of a server that does not offer SCRAM-SHA-256-PLUS.
    pub fn new(nonce: Nonce, scratch: &'s mut [u8]) -> Self {
        Self {
            scratch,
            nonce,
            session: None,
            binding: None,
            plus_offered: false,
            unbound: true,
            header: 0,
            first: 0,
            both: 0,
            whole_nonce: 0..0,
            stored: Zeroizing::new([0; 32]),
            server: Zeroizing::new([0; 32]),
            answer: Zeroizing::new([0; 46]),
            stage: Stage::First,
        }
    }

    /// The same of a server that does: a client that could be bound, and says that it was not offered, is refused, for
    /// the offer was stripped on the way (RFC 5802 §6).
    pub fn beside_plus(mut self) -> Self {
        self.plus_offered = true;
        self
    }

    /// SCRAM-SHA-256-PLUS on this TLS session.
    pub fn bound(mut self, session: ChannelBinding<'s>) -> Self {
        (self.session, self.binding, self.unbound) = (Some(session), Some(session), false);
        self
    }

    /// Both: SCRAM-SHA-256-PLUS on this TLS session for a client that chooses it, and SCRAM-SHA-256 [beside](Self::beside_plus) it.
    pub fn or_bound(mut self, session: ChannelBinding<'s>) -> Self {
        (self.session, self.plus_offered) = (Some(session), true);
        self
    }

    /// For another exchange, which needs another nonce.
    pub fn renew(&mut self, nonce: Nonce) {
        self.wipe();
        self.nonce = nonce;
        self.stage = Stage::First;
    }

    /// Takes the client's first message.
    ///
    /// ```abnf
    /// client-first-message = gs2-cbind-flag "," ["a=" saslname] "," "n=" saslname "," "r=" nonce ["," extensions]
    /// ```
    ///
    /// # Errors
    /// The refusal.
    pub fn first<'m>(&mut self, message: &'m [u8]) -> Result<First<'m>, Refusal> {
        if self.stage != Stage::First {
            return self.refuse(Refusal::Syntax);
        }
        match self.take_first(message) {
            Ok(first) => {
                self.stage = Stage::Challenge;
                Ok(first)
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn take_first<'m>(&mut self, message: &'m [u8]) -> Result<First<'m>, Refusal> {
        let message = utf_8(message)?;
        let mut parts = message.splitn(3, |octet| *octet == b',');
        let (Some(flag), Some(behalf), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Refusal::Syntax);
        };
        let fits = match (self.binding, flag) {
            (Some(binding), flag) => flag.strip_prefix(b"p=") == Some(binding.name.as_bytes()),
            (None, b"y") => !self.plus_offered,
            (None, flag) => flag == b"n",
        };
        if !fits {
            return Err(Refusal::ChannelBinding);
        }
        let authorize_as = match behalf.strip_prefix(b"a=") {
            Some(name) => Some(SaslName::parse(name).ok_or(Refusal::Syntax)?),
            None if behalf.is_empty() => None,
            None => return Err(Refusal::Syntax),
        };
        if bare.starts_with(b"m=") {
            return Err(Refusal::Extension);
        }
        let mut attributes = bare.split(|octet| *octet == b',');
        let mut value = |name: &[u8]| attributes.next().and_then(|text| text.strip_prefix(name));
        let user = value(b"n=").and_then(SaslName::parse).ok_or(Refusal::Syntax)?;
        let nonce = value(b"r=").ok_or(Refusal::Syntax)?;
        extensions(attributes).map_err(not_understood)?;
        if nonce.is_empty() || !nonce.iter().all(|octet| is_nonce(*octet)) {
            return Err(Refusal::Syntax);
        }
        let mut out = Writer::new(self.scratch);
        out.put(message);
        // where the server's message will repeat the nonce, there is no need to look for it
        out.put(b",r=");
        out.put(nonce);
        out.put(self.nonce.octets());
        let end = out.finish().map_err(|_| Refusal::TooLong)?;
        let whole = nonce.len().saturating_add(self.nonce.octets().len());
        self.header = message.len().saturating_sub(bare.len());
        self.first = message.len();
        self.whole_nonce = end.saturating_sub(whole)..end;
        Ok(First { user, authorize_as })
    }

    /// The server's first message, to be sent as challenge.
    ///
    /// ```abnf
    /// server-first-message = "r=" nonce "," "s=" base64 "," "i=" posit-number
    /// ```
    ///
    /// # Errors
    /// The refusal.
    pub fn challenge(&mut self, verifier: &Verifier<'_>) -> Result<&[u8], Refusal> {
        if self.stage != Stage::Challenge {
            return self.refuse(Refusal::Syntax);
        }
        let end = self.whole_nonce.end;
        let Some(room) = self.scratch.get_mut(end..) else {
            return self.refuse(Refusal::TooLong);
        };
        let mut out = Writer::new(room);
        out.put(b",s=");
        encode_parts(&[verifier.salt], &mut |part| out.put(part));
        out.put(b",i=");
        out.number(u64::from(verifier.iterations));
        let Ok(length) = out.finish() else {
            return self.refuse(Refusal::TooLong);
        };
        self.both = end.saturating_add(length);
        self.stored.clone_from(&verifier.stored);
        self.server.clone_from(&verifier.server);
        self.stage = Stage::Final;
        // behind the comma that joins the two
        Ok(self.scratch.get(self.first.saturating_add(1)..self.both).unwrap_or_default())
    }

    /// Takes the client's last message; the server's last one, to be sent as challenge.
    ///
    /// ```abnf
    /// client-final-message = "c=" base64 "," "r=" nonce ["," extensions] ",p=" base64
    /// server-final-message = "v=" base64
    /// ```
    ///
    /// # Errors
    /// The refusal.
    pub fn verify(&mut self, message: &[u8]) -> Result<&[u8], Refusal> {
        if self.stage != Stage::Final {
            return self.refuse(Refusal::Syntax);
        }
        if let Err(refusal) = self.take_final(message) {
            return self.refuse(refusal);
        }
        self.stage = Stage::Proven;
        Ok(&*self.answer)
    }

    fn take_final(&mut self, message: &[u8]) -> Result<(), Refusal> {
        let message = utf_8(message)?;
        let comma = memchr::memrchr(b',', message).ok_or(Refusal::Syntax)?;
        let (unproved, proof) = message.split_at_checked(comma).ok_or(Refusal::Syntax)?;
        let proof = proof.strip_prefix(b",p=").and_then(octets32).ok_or(Refusal::Syntax)?;
        let mut attributes = unproved.split(|octet| *octet == b',');
        let mut value = |name: &[u8]| attributes.next().and_then(|text| text.strip_prefix(name));
        let binding = value(b"c=").ok_or(Refusal::Syntax)?;
        let nonce = value(b"r=").ok_or(Refusal::Syntax)?;
        extensions(attributes).map_err(not_understood)?;
        if !self.is_binding(binding) {
            return Err(Refusal::ChannelBinding);
        }
        if Some(nonce) != self.scratch.get(self.whole_nonce.clone()) {
            return Err(Refusal::Nonce);
        }
        let mut client = self.sign(&self.stored, unproved).ok_or(Refusal::Proof)?;
        add(&mut client, &proof);
        if !bool::from(stored_key(&client).ct_eq(&*self.stored)) {
            return Err(Refusal::Proof);
        }
        let signature = self.sign(&self.server, unproved).ok_or(Refusal::Proof)?;
        let mut out = Writer::new(&mut *self.answer);
        out.put(b"v=");
        encode_parts(&[&*signature], &mut |part| out.put(part));
        Ok(())
    }

    /// Whether `text` is the base64 of the gs2 header that came, and the binding's data.
    fn is_binding(&self, text: &[u8]) -> bool {
        let header = self.scratch.get(..self.header).unwrap_or_default();
        let data = self.binding.map_or(&[][..], |binding| binding.data);
        let mut rest = Some(text);
        encode_parts(&[header, data], &mut |part| rest = rest.and_then(|rest| rest.strip_prefix(part)));
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// `HMAC(key, AuthMessage)`
    fn sign(&self, key: &Key, unproved: &[u8]) -> Option<Key> {
        let mut mac = keyed(&**key)?;
        mac.update(self.scratch.get(self.header..self.both)?);
        mac.update(b",");
        mac.update(unproved);
        Some(finish(mac))
    }

    /// Whether the client has proved itself and, by an empty `message`, has taken note of the server's proof (RFC 4954 §4): accept it.
    pub fn is_done(&self, message: &[u8]) -> bool {
        self.stage == Stage::Proven && message.is_empty()
    }

    fn refuse<T>(&mut self, refusal: Refusal) -> Result<T, Refusal> {
        self.end();
        Err(refusal)
    }

    /// The exchange is over, and nothing of it is left.
    fn end(&mut self) {
        self.stage = Stage::Over;
        self.wipe();
    }

    fn wipe(&mut self) {
        self.scratch.zeroize();
        self.stored.zeroize();
        self.server.zeroize();
        self.answer.zeroize();
    }

    fn begin(&mut self, name: AuthMechanism) -> Result<(), Refusal> {
        if self.stage != Stage::First {
            return self.refuse(Refusal::Spent);
        }
        if !self.names().has(name) {
            return Err(Refusal::Mechanism);
        }
        self.binding = if name == AuthMechanism::ScramSha256Plus { self.session } else { None };
        Ok(())
    }

    fn take<'m>(&mut self, message: Message<'m>) -> Result<Step<'_, 'm>, Refusal> {
        if message.is_first() {
            self.begin(message.mechanism())?;
        }
        match (self.stage, message.octets()) {
            (Stage::First, None) => Ok(Step::ask(b"")),
            (Stage::First, Some(octets)) => {
                let First { user, authorize_as } = self.first(octets)?;
                Ok(Step::Judge(Claim::Name { user, authorize_as }))
            }
            (Stage::Final, Some(octets)) => Ok(Step::ask(self.verify(octets)?)),
            (Stage::Proven, Some([])) => {
                self.end();
                Ok(Answer::Accept.into())
            }
            _ => self.refuse(Refusal::Syntax),
        }
    }
}

/// RFC 5802 §5.1: attributes are UTF-8, those that nobody knows, too.
fn utf_8(message: &[u8]) -> Result<&[u8], Refusal> {
    core::str::from_utf8(message).map(str::as_bytes).map_err(|_| Refusal::Syntax)
}

fn not_understood(failure: Failure) -> Refusal {
    if failure == Failure::Extension { Refusal::Extension } else { Refusal::Syntax }
}

impl Mechanism for ScramSha256<'_> {
    fn names(&self) -> AuthMechanisms {
        let mut names = AuthMechanisms::NONE;
        if self.unbound {
            names = names.with(AuthMechanism::ScramSha256);
        }
        if self.session.is_some() {
            names = names.with(AuthMechanism::ScramSha256Plus);
        }
        names
    }

    fn step<'a, 'm>(&'a mut self, message: Message<'m>) -> Step<'a, 'm> {
        self.take(message).unwrap_or_else(Step::refuse)
    }

    fn judged<'a>(&'a mut self, _: Message<'_>, judgement: Judgement<'_>) -> Answer<'a> {
        let challenge = match judgement {
            Judgement::Verifier(verifier) => self.challenge(verifier),
            _ => self.refuse(Refusal::Judged),
        };
        challenge.map_or_else(Answer::Refuse, Answer::Challenge)
    }
}

impl Drop for ScramSha256<'_> {
    fn drop(&mut self) {
        self.wipe();
    }
}

impl fmt::Debug for ScramSha256<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramSha256").field("stage", &self.stage).finish_non_exhaustive()
    }
}
