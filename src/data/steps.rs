//! Stuffing octet by octet, for machines without a vector unit: there it is no slower than the search for runs
//! ([`scan`](super::scan)), and takes half the flash. What goes out is the same.

use super::scan::Before;
use super::stuffing::{BareLineEnd, LineEnds, Stuffer};

impl Stuffer {
    /// The octet to send when `octet` is next, and whether that is done with then; `None` for a bare CR or LF that is not
    /// to be sent.
    #[inline(never)]
    fn step(&mut self, octet: u8) -> Option<(u8, bool)> {
        let (sent, taken, before) = match (self.before, octet) {
            (Before::Dot, _) => (b'.', false, Before::Middle),
            (Before::Cr, b'\n') => (octet, true, Before::LineStart),
            (Before::Cr, _) => (b'\n', false, Before::LineStart),
            (_, b'\n') => (b'\r', false, Before::Cr),
            (_, b'\r') => (octet, true, Before::Cr),
            (Before::LineStart, b'.') => (octet, true, Before::Dot),
            _ => (octet, true, Before::Middle),
        };
        if !taken && self.before != Before::Dot && self.line_ends == LineEnds::Reject {
            return None;
        }
        self.before = before;
        Some((sent, taken))
    }

    /// As [`plain`](Self::plain), but that a bare CR is noticed only behind it.
    pub(super) fn plain_steps(mut self, input: &[u8]) -> usize {
        let passes = |octet: &&u8| matches!(self.step(**octet), Some((_, true)));
        input.iter().take_while(passes).count()
    }

    /// As [`stuff_into`](Self::stuff_into), but for the second dot of a line's first when there is no more input.
    pub(super) fn stuff_steps(
        &mut self,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<(usize, usize), BareLineEnd> {
        let (mut taken, mut written) = (0_usize, 0_usize);
        for place in out {
            let Some(octet) = input.get(taken) else { break };
            let Some((sent, done)) = self.step(*octet) else {
                let cr = self.before == Before::Cr;
                let octet = if cr { b'\r' } else { b'\n' };
                return Err(BareLineEnd { at: taken.saturating_sub(usize::from(cr)), octet });
            };
            *place = sent;
            taken = taken.wrapping_add(usize::from(done));
            written = written.wrapping_add(1);
        }
        Ok((taken, written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const SET: &[u8] = b"a.\r\n";

    type Stuff = fn(&mut Stuffer, &[u8], &mut [u8]) -> Result<(usize, usize), BareLineEnd>;

    /// All contents of up to six octets that matter, whole and in rooms of one octet.
    #[test]
    fn steps_send_what_runs_send() {
        for length in 0..=6 {
            for number in 0..SET.len().pow(length) {
                let content: Vec<u8> =
                    (0..length).map(|place| SET[number / SET.len().pow(place) % SET.len()]).collect();
                for line_ends in [LineEnds::Normalize, LineEnds::Reject] {
                    let by = |stuff: Stuff, room| {
                        let (mut stuffer, mut wire, mut taken) = (Stuffer::new(line_ends), Vec::new(), 0);
                        while taken < content.len() {
                            let mut out = [0; 16];
                            let (more, written) = stuff(&mut stuffer, &content[taken..], &mut out[..room])?;
                            wire.extend_from_slice(&out[..written]);
                            taken += more;
                        }
                        wire.extend_from_slice(stuffer.finish()?);
                        Ok::<_, BareLineEnd>(wire)
                    };
                    let expected = by(Stuffer::stuff_into, 16);
                    assert_eq!(by(Stuffer::stuff_steps, 16), expected, "{}", content.escape_ascii());
                    let small = by(Stuffer::stuff_steps, 1).map_err(|bare| bare.octet);
                    assert_eq!(small, expected.map_err(|bare| bare.octet), "{}", content.escape_ascii());
                }
                let (plain, steps) = (
                    Stuffer::new(LineEnds::Normalize).plain(&content),
                    Stuffer::default().plain_steps(&content),
                );
                let bare_cr = content.get(..steps).unwrap_or_default().ends_with(b"\r");
                assert!(steps == plain || steps == plain + 1 && bare_cr, "{}", content.escape_ascii());
            }
        }
    }
}
