//! The content of a mail on its way in: behind DATA, unstuffed in place, or behind BDAT, as it is.

use super::canned::Canned;
use super::event::{Lost, Shown, Span};
use super::{ChunkIs, Done, Server, Stop, answer};
use crate::Error;
use crate::data::{BareLineEnds, Then, first_bare};
use crate::session::Phase;
use crate::wire::{Severity, Verb};

impl Server<'_, '_> {
    /// The next run of what follows 354.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that a poll with nothing to do needs few registers
    pub(super) fn take_content(&mut self) -> Done {
        if self.lost.is_some() && self.is_drained_dry(self.lost.map(refusal))? {
            return Ok(());
        }
        if self.flags.ended {
            return self.end_of_data(Verb::EndOfData);
        }
        let input = self.rx.filled();
        let mut unstuffer = self.unstuffer;
        let step = unstuffer.next(input);
        self.unstuffer = unstuffer;
        if step.consumed() == 0 {
            return Err(Stop::Input);
        }
        self.consumed = step.consumed() as u16;
        self.flags.ended = step.then == Then::End;
        self.advance_clock(step.consumed());
        if self.lost.is_some() {
            self.drain(step.skip as u64);
            return Ok(());
        }
        self.received = self.received.saturating_add(step.run as u64);
        if self.is_too_large(self.received) {
            self.drain(self.received.saturating_sub(self.policy.max_size));
            return self.lose(Lost::TooLarge);
        }
        if step.then == Then::Bare {
            return self.lose(Lost::BareLineEnd);
        }
        if step.run == 0 {
            return Ok(());
        }
        let (from, to) = (step.skip as u16, step.skip.saturating_add(step.run) as u16);
        self.tell(Shown::Body(Span { from, to }))
    }

    /// So many octets are read for nothing, or are to be.
    #[inline(never)] // once in flash, not at each place of use
    pub(super) fn drain(&mut self, octets: u64) {
        let octets = u32::try_from(octets).unwrap_or(u32::MAX);
        self.drained = self.drained.saturating_add(octets);
    }

    /// Whether more of them would be too many for a `refusal` that they are read for; it is given, and the session over.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))] // once in flash, not at each place of use
    fn is_drained_dry(&mut self, refusal: Option<&Canned>) -> Result<bool, Error> {
        match refusal {
            Some(refusal) if self.drained > self.policy.max_drained => {
                self.say_canned(refusal)?;
                self.shut(&answer::TOO_MUCH);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn is_too_large(&self, octets: u64) -> bool {
        self.policy.max_size != 0 && octets > self.policy.max_size
    }

    /// The mail is gone whole: the rest of it is passed over, and its end is answered by a refusal.
    #[inline(never)]
    fn lose(&mut self, lost: Lost) -> Done {
        self.lost = Some(lost);
        self.unstuffer.discard();
        self.tell(Shown::Lost(lost))
    }

    fn end_of_data(&mut self, verb: Verb) -> Done {
        let Some(lost) = self.lost else {
            return self.ask(verb, Shown::EndOfData { recipient: 0 });
        };
        self.say_canned(refusal(lost))?;
        // RFC 2033 §4.2: in LMTP for each recipient; the next one has its turn when there is room for it.
        self.answered(verb, Severity::Permanent);
        Ok(())
    }

    /// BDAT (RFC 3030 §2).
    pub(super) fn open_chunk(&mut self, size: u64, last: bool) -> Done {
        self.chunk = size;
        self.chunk_is = if last { ChunkIs::Last } else { ChunkIs::Content };
        self.tick();
        if self.lost.is_some() {
            self.drain(size);
        } else if self.is_too_large(self.received.saturating_add(size)) {
            self.drain(size);
            return self.lose(Lost::TooLarge);
        }
        Ok(())
    }

    /// The next run of a chunk, or its end.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that a poll with nothing to do needs few registers
    pub(super) fn take_chunk(&mut self) -> Done {
        let refusal = match (self.chunk_is, self.lost) {
            (ChunkIs::Refused(response), _) => Some(response),
            (_, lost) => lost.map(refusal),
        };
        if self.is_drained_dry(refusal)? {
            return Ok(());
        }
        if self.chunk == 0 {
            return self.end_of_chunk();
        }
        let here = self.rx.filled().len();
        let run = usize::try_from(self.chunk).map_or(here, |left| left.min(here));
        if run == 0 {
            return Err(Stop::Input);
        }
        let wanted = refusal.is_none();
        let octets = self.rx.slice(0..run);
        let ends_in_cr = octets.last() == Some(&b'\r');
        let bare = if wanted && self.is_text() { first_bare(self.flags.cr, octets) } else { None };
        // What a CR should not have behind it stays where it is: the CR was at fault.
        let run = bare.map_or(run, |at| if self.flags.cr && at == 0 { 0 } else { at.saturating_add(1) });
        self.consumed = run as u16;
        self.chunk = self.chunk.saturating_sub(run as u64);
        self.flags.cr = if wanted { ends_in_cr } else { self.flags.cr };
        self.advance_clock(run);
        if bare.is_some() {
            self.drain(self.chunk);
            return self.lose(Lost::BareLineEnd);
        }
        if !wanted {
            return Ok(());
        }
        self.received = self.received.saturating_add(run as u64);
        self.useful = self.useful.saturating_add(run as u16);
        self.tell(Shown::Body(Span { from: 0, to: run as u16 }))
    }

    /// RFC 3030 §3: without BINARYMIME a mail has lines, in chunks too. Who passes it on behind DATA would else pass on what ends
    /// it early.
    fn is_text(&self) -> bool {
        self.policy.bare == BareLineEnds::Reject && !self.flags.binary
    }

    fn end_of_chunk(&mut self) -> Done {
        match self.chunk_is {
            ChunkIs::Last if self.flags.cr && self.lost.is_none() && self.is_text() => {
                return self.lose(Lost::BareLineEnd);
            }
            ChunkIs::Last => return self.end_of_data(Verb::BdatLast),
            ChunkIs::Content => {
                self.chunk_is = ChunkIs::None;
                let Some(lost) = self.lost else {
                    return self.ask(Verb::Bdat, Shown::EndOfChunk);
                };
                self.say_canned(refusal(lost))?;
                self.answered(Verb::Bdat, Severity::Permanent);
            }
            ChunkIs::Refused(response) => self.answer(response)?,
            ChunkIs::None => {}
        }
        self.chunk_is = ChunkIs::None;
        Ok(())
    }

    /// The clock starts anew when enough has come.
    fn advance_clock(&mut self, octets: usize) {
        self.progress = self.progress.saturating_add(octets as u32);
        if self.progress >= self.policy.progress
            || self.flags.ended
            || self.phase != Phase::Data && self.chunk == 0
        {
            self.tick();
        }
    }
}

#[inline(never)]
fn refusal(lost: Lost) -> &'static Canned {
    match lost {
        Lost::BareLineEnd => &answer::BARE_LINE_END,
        Lost::TooLarge => &answer::TOO_LARGE,
        Lost::Refused => &answer::CHUNK_REFUSED,
    }
}
