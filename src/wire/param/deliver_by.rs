//! BY: how soon a mail must be delivered, RFC 2852 §4.

use crate::wire::class::run_of;
use crate::wire::limits;
use crate::wire::syntax::{Fault, Parsed, Syntax, fail, number, octet, within};
use crate::wire::writer::{Emit, Writer};

/// What happens to a mail that is not delivered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ByMode {
    /// `N`: the sender is notified, and the mail goes on.
    Notify,
    /// `R`: the mail is returned.
    Return,
}

/// A deadline in seconds from now, and what happens when it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct By {
    seconds: i32,
    mode: ByMode,
    trace: bool,
}

impl By {
    /// A deadline. With `trace` each hop that relays the mail tells the sender.
    ///
    /// # Errors
    /// [`Fault::Number`] when `seconds` has more than nine digits, or when it is not above zero and
    /// the mode is [`ByMode::Return`].
    pub fn new(seconds: i32, mode: ByMode, trace: bool) -> Result<Self, Syntax> {
        if seconds.unsigned_abs() > 999_999_999 || mode == ByMode::Return && seconds <= 0 {
            return Err(Syntax::new(Fault::Number, &[], 0));
        }
        Ok(Self { seconds, mode, trace })
    }

    /// Seconds until the deadline; negative when it has passed.
    pub fn seconds(&self) -> i32 {
        self.seconds
    }

    /// What happens at the deadline.
    pub fn mode(&self) -> ByMode {
        self.mode
    }

    /// Whether relaying is reported to the sender.
    pub fn trace(&self) -> bool {
        self.trace
    }

    /// ```abnf
    /// by-value = by-time ";" by-mode [by-trace]
    /// by-time  = ["-" / "+"] 1*9DIGIT
    /// by-mode  = "N" / "R"
    /// by-trace = "T"
    /// ```
    pub(crate) fn parse(value: &[u8]) -> Parsed<'_, Self> {
        let (negative, rest) = match value {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, value),
        };
        let (rest, seconds) = interval(rest)?;
        let (rest, ()) = octet(b';')(rest)?;
        let (mode, rest) = match rest {
            [b'n' | b'N', rest @ ..] => (ByMode::Notify, rest),
            [b'r' | b'R', rest @ ..] => (ByMode::Return, rest),
            _ => return fail(Fault::Unexpected, rest),
        };
        let (trace, rest) = match rest {
            [b't' | b'T', rest @ ..] => (true, rest),
            _ => (false, rest),
        };
        let seconds = seconds.cast_signed();
        match Self::new(if negative { seconds.wrapping_neg() } else { seconds }, mode, trace) {
            Ok(by) => Ok((rest, by)),
            Err(_) => fail(Fault::Number, value),
        }
    }
}

impl Emit for By {
    fn emit(&self, out: &mut Writer<'_>) {
        if self.seconds < 0 {
            out.byte(b'-');
        }
        out.number(u64::from(self.seconds.unsigned_abs()));
        out.put(match self.mode {
            ByMode::Notify => b";N",
            ByMode::Return => b";R",
        });
        if self.trace {
            out.byte(b'T');
        }
    }
}

/// `1*9DIGIT`, in seconds.
pub(crate) fn interval(input: &[u8]) -> Parsed<'_, u32> {
    let (rest, digits) = run_of(input, |octet| octet.is_ascii_digit())?;
    if digits.len() > limits::INTERVAL_DIGITS {
        return fail(Fault::Number, input);
    }
    // Nine digits fit.
    within(digits, rest, number).map(|(rest, seconds)| (rest, seconds as u32))
}
