//! CRAM-MD5 (RFC 2195), the server's half.

use core::fmt;

use subtle::ConstantTimeEq;

use super::{Answer, Claim, Judgement, Mechanism, Message, Refusal, Step, has_controls};
use crate::sasl::SaslName;
use crate::sasl::cram_md5::digest;
use crate::wire::{AuthMechanism, AuthMechanisms, Writer};

/// One exchange of CRAM-MD5.
///
/// The server needs the password itself. `scratch` holds the challenge.
pub struct CramMd5<'s> {
    scratch: &'s mut [u8],
    /// Octets of the challenge; 0 when it does not fit.
    length: usize,
    stage: Stage,
}

/// A challenge serves once: whoever sees it twice can play what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Asked,
    Over,
}

impl<'s> CramMd5<'s> {
    /// With a challenge that was never used before and cannot be foretold, in the form `<random.time@host>` (RFC 2195 §2). When
    /// `scratch` is smaller, every client is refused.
    pub fn new(challenge: &[u8], scratch: &'s mut [u8]) -> Self {
        let mut cram = Self { scratch, length: 0, stage: Stage::New };
        cram.renew(challenge);
        cram
    }

    /// For another exchange, which needs another challenge.
    pub fn renew(&mut self, challenge: &[u8]) {
        let mut out = Writer::new(self.scratch);
        out.put(challenge);
        self.length = out.finish().unwrap_or_default();
        self.stage = Stage::New;
    }

    /// What to ask.
    pub fn challenge(&self) -> &[u8] {
        self.scratch.get(..self.length).unwrap_or_default()
    }

    /// The user that the client's message is from, by its own word. `None` when it is no such message.
    ///
    /// ```abnf
    /// message = user SP 32HEXDIG
    /// ```
    pub fn user<'m>(&self, message: &'m [u8]) -> Option<&'m str> {
        let (user, _) = split(message)?;
        core::str::from_utf8(user).ok().filter(|_| !has_controls(user))
    }

    /// Whether the client knows the password. It takes the same time whatever is wrong.
    pub fn verify(&self, message: &[u8], password: &[u8]) -> bool {
        let expected = digest(password, self.challenge());
        match (split(message), expected) {
            // What was never asked has no answer.
            (Some((_, sent)), Some(expected)) if self.length > 0 => sent.ct_eq(&*expected).into(),
            _ => false,
        }
    }

    fn refuse<'a>(&mut self, refusal: Refusal) -> Answer<'a> {
        self.stage = Stage::Over;
        Answer::Refuse(refusal)
    }
}

impl Mechanism for CramMd5<'_> {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::CramMd5)
    }

    fn step<'a, 'm>(&'a mut self, message: Message<'m>) -> Step<'a, 'm> {
        match (message.is_first(), message.octets(), self.stage) {
            (true, None, Stage::New) if self.length == 0 => Step::refuse(Refusal::TooLong),
            (true, None, Stage::New) => {
                self.stage = Stage::Asked;
                Step::ask(self.challenge())
            }
            (false, Some(octets), Stage::Asked) => match self.user(octets) {
                Some(user) => Step::Judge(Claim::Name { user: SaslName::verbatim(user), authorize_as: None }),
                None => self.refuse(Refusal::Syntax).into(),
            },
            // RFC 4954 §4: where the server speaks first there is no initial response.
            (true, Some(_), Stage::New) => Step::refuse(Refusal::Syntax),
            (true, _, _) => Step::refuse(Refusal::Spent),
            (false, _, _) => self.refuse(Refusal::Syntax).into(),
        }
    }

    fn judged<'a>(&'a mut self, message: Message<'_>, judgement: Judgement<'_>) -> Answer<'a> {
        let (Judgement::Password(password), Stage::Asked) = (judgement, self.stage) else {
            return self.refuse(Refusal::Judged);
        };
        let proven = self.verify(message.octets().unwrap_or_default(), password);
        self.stage = Stage::Over;
        if proven { Answer::Accept } else { Answer::Refuse(Refusal::Proof) }
    }
}

/// The user and the digest, at the last space: there may be others in the name.
fn split(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b' ', message)?;
    let (user, digest) = (message.get(..at)?, message.get(at.checked_add(1)?..)?);
    (!user.is_empty() && digest.len() == 32).then_some((user, digest))
}

impl fmt::Debug for CramMd5<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CramMd5 { .. }")
    }
}
