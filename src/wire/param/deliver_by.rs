//! BY: how soon a mail must be delivered, RFC 2852 §4.

use crate::wire::limits;
use crate::wire::scan::Scan;
use crate::wire::syntax::{Fault, Syntax};
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
    pub(crate) fn read(scan: &mut Scan<'_>) -> Option<Self> {
        let value = scan.rest;
        let negative = scan.octet(b'-');
        if !negative {
            scan.octet(b'+');
        }
        let seconds = interval(scan)?.cast_signed();
        if !scan.octet(b';') {
            return None;
        }
        let (mode, rest) = match scan.rest {
            [b'n' | b'N', rest @ ..] => (ByMode::Notify, rest),
            [b'r' | b'R', rest @ ..] => (ByMode::Return, rest),
            _ => return None,
        };
        let trace = matches!(rest, [b't' | b'T', ..]);
        scan.rest = if trace { rest.get(1..).unwrap_or_default() } else { rest };
        match Self::new(if negative { seconds.wrapping_neg() } else { seconds }, mode, trace) {
            Ok(by) => Some(by),
            Err(_) => scan.none(Fault::Number, value),
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
pub(crate) fn interval(scan: &mut Scan<'_>) -> Option<u32> {
    let front = scan.rest;
    let seconds = scan.decimal()?;
    if scan.since(front).len() > limits::INTERVAL_DIGITS {
        return scan.none(Fault::Number, front);
    }
    // Nine digits fit.
    Some(seconds as u32)
}
