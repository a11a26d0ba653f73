//! Replies on their way from the next hop to the sender.

use embedded_smtp::wire::{Code, EnhancedCode, Reply, Response, Severity};

/// Octets of a reply that are passed on, with what stands around the text of each line; a reply of more is cut. The engine keeps room
/// for so many (288), whatever waits in front of it.
const LONGEST: usize = 260;

/// Octets around the text of a line at most: `250-2.100.100 ` and CRLF.
const AROUND: usize = 16;

/// A reply that outlives the buffer it came in.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    code: Code,
    enhanced: Option<EnhancedCode>,
    text: String,
}

impl Answer {
    /// An answer of the relay's own.
    pub(crate) fn new(code: u16, enhanced: (u8, u16, u16), text: &str) -> Self {
        let code = Code::new(code).unwrap_or(Code::CLOSING);
        let enhanced = EnhancedCode::new(enhanced.0, enhanced.1, enhanced.2);
        Self { code, enhanced, text: text.to_owned() }
    }

    /// For everything that only time can mend.
    pub(crate) fn later(text: &str) -> Self {
        Self::new(451, (4, 4, 1), text)
    }

    /// A reply's first line; `then` adds the others.
    pub(crate) fn of(reply: &Reply<'_>) -> Self {
        let mut answer = Self { code: reply.code, enhanced: reply.enhanced, text: String::new() };
        answer.push(reply);
        answer
    }

    pub(crate) fn then(&mut self, reply: &Reply<'_>) {
        if self.octets() + AROUND < LONGEST {
            self.text.push('\n');
            self.push(reply);
        }
    }

    /// Octets that the reply takes at most.
    fn octets(&self) -> usize {
        self.text.len() + AROUND * (1 + self.text.matches('\n').count())
    }

    /// Keeps what is safe to print and to send.
    fn push(&mut self, reply: &Reply<'_>) {
        for character in reply.text_utf8().chars() {
            if self.octets() >= LONGEST {
                return;
            }
            self.text.push(if character.is_control() { '?' } else { character });
        }
    }

    /// What the sender is told. A 421 of the next hop's ends the session with the relay, not the one with the sender; what
    /// is no answer to the sender's command becomes a 451, and a yes by a code of another command's a 250. A 530 (RFC 4954 §6,
    /// RFC 3207 §4) wants a login or TLS of the relay, not of the sender, who has done what was asked of it here.
    pub(crate) fn for_sender(&self, expected: Severity) -> Self {
        if self.is_positive() && expected == Severity::Positive && !matches!(self.code.number(), 250..=252) {
            return Self { code: Code::new(250).unwrap_or(self.code), ..self.clone() };
        }
        if self.code.number() == 530 {
            return Self::new(
                451,
                (4, 3, 5),
                &format!("The next hop wants a login or TLS first: {}", self.text),
            );
        }
        if self.code != Code::CLOSING && (self.is_refusal() || self.severity() == expected) {
            return self.clone();
        }
        Self { code: Self::later("").code, enhanced: EnhancedCode::new(4, 4, 2), text: self.text.clone() }
    }

    pub(crate) fn severity(&self) -> Severity {
        self.code.severity()
    }

    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.severity(), Severity::Transient | Severity::Permanent)
    }

    pub(crate) fn is_positive(&self) -> bool {
        self.severity() == Severity::Positive
    }

    /// In the form that the server engine sends.
    pub(crate) fn response(&self) -> Option<Response<'_>> {
        let response = Response::new(self.code, &self.text).ok()?;
        Some(self.enhanced.map_or(response, |enhanced| response.enhanced(enhanced)))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text.replace('\n', " / "))
    }
}
