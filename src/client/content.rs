//! The content of a mail on its way out: behind DATA, stuffed, or behind BDAT, as it is.

use super::Client;
use crate::session::Phase;
use crate::wire::syntax::WIDE;
use crate::wire::writer::copy;
use crate::wire::{Verb, emit};
use crate::{Error, Misuse};

/// How far the content of a mail has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// None has been given, or its end has been answered.
    None,
    /// Some has been given.
    Begun,
    /// Its end has been given. Once the octets `left` are written, the server may have it.
    Ends,
}

/// Whether long pieces go out from where they lie. On machines without a vector unit that saves little, and takes flash:
/// there the content travels by way of the transmit buffer.
pub(crate) const IN_PLACE: bool = WIDE;

/// What takes the octets of an open chunk; by use, so that others do not link it.
pub(super) type Give = fn(&mut Client<'_>, &[u8]) -> Result<usize, Error>;

impl Client<'_> {
    /// Copies the front of `octets`, more of the mail's content, into `tx` (behind DATA: with dots doubled,
    /// RFC 5321 §4.5.2). Returns how many were taken; 0 when `tx` has no room at its end and must be written first.
    ///
    /// # Errors
    /// [`Misuse::OutOfOrder`] unless 354 has come or a chunk is open; [`Misuse::ChunkLength`] for more
    /// octets than the chunk has left; [`Misuse::BareLineEnd`] by the policy for line ends: the mail can
    /// then not be finished, and the session is over.
    pub fn body(&mut self, octets: &[u8]) -> Result<usize, Error> {
        self.content_due()?;
        if self.body_pending() > 0 {
            return Ok(0);
        }
        if let Some(give) = self.open {
            return give(self, octets);
        }
        self.body_in_lines(octets)
    }

    /// The same of a mail that is known to stand in lines, behind its 354.
    pub(crate) fn body_in_lines(&mut self, octets: &[u8]) -> Result<usize, Error> {
        self.content = Content::Begun;
        let Ok((taken, written)) = self.stuffer.stuff_on(octets, self.tx.spare()) else {
            // What went out of the mail so far must never be ended.
            self.timed_out();
            return Err(Misuse::BareLineEnd.into());
        };
        self.tx.appended(written);
        Ok(taken)
    }

    /// How many octets at the front of `octets` the caller may write to the stream itself, from
    /// where they lie; they count as sent, and [`transmitted`](Self::transmitted) is told of them. 0 when `tx` has to be
    /// written first, or when a write of their own would not pay because they are fewer than `tx` holds:
    /// then [`body`](Self::body) takes them, to travel with what is before and behind them.
    ///
    /// Always 0 on machines without a vector unit, where content goes by way of `tx`.
    ///
    /// Until they are all written nothing else can be.
    ///
    /// # Errors
    /// As [`body`](Self::body).
    pub fn body_in_place(&mut self, octets: &[u8]) -> Result<usize, Error> {
        self.content_due()?;
        if !IN_PLACE {
            if self.open.is_some() && self.tx.is_empty() {
                self.chunk_front(octets)?;
            }
            return Ok(0);
        }
        let octets = octets.get(..u32::MAX as usize).unwrap_or(octets);
        let worth = self.tx.capacity().max(1);
        if octets.len() < worth || self.in_place > 0 || !self.tx.is_empty() {
            return Ok(0);
        }
        if self.phase == Phase::Data {
            self.content = Content::Begun;
            // The search ends where something has to be put in, so that no more than this is looked through in vain.
            let plain = self.stuffer.plain(octets);
            if plain < worth {
                return Ok(0);
            }
            let run = octets.get(..plain).unwrap_or_default();
            self.stuffer.advance(run);
            self.in_place = run.len() as u32;
        } else {
            self.in_place = self.chunk_front(octets)?.len() as u32;
            self.chunk_advanced(u64::from(self.in_place));
        }
        Ok(self.in_place as usize)
    }

    /// Octets of the piece that [`body_in_place`](Self::body_in_place) took which are still to be written.
    pub fn body_pending(&self) -> usize {
        if IN_PLACE { self.in_place as usize } else { 0 }
    }

    /// Octets of the open chunk that [`body`](Self::body) and [`body_in_place`](Self::body_in_place) have not taken.
    pub fn chunk_left(&self) -> u64 {
        if self.open.is_some() { self.chunk } else { 0 }
    }

    /// Ends the content behind DATA: CRLF if it is missing, and the lone dot (RFC 5321 §4.1.1.4).
    ///
    /// # Errors
    /// [`Misuse::OutOfOrder`] outside of the content, [`Misuse::BareLineEnd`] for a bare CR as the last
    /// octet, [`Error::Capacity`] when `tx` has no 6 octets left.
    pub fn end_of_body(&mut self) -> Result<(), Error> {
        let end = self.stuffer.finish().map_err(|_| Misuse::BareLineEnd)?;
        let mut out = self.tx.writer();
        out.put(end);
        let octets = out.wanted();
        self.launch(Verb::EndOfData, octets, self.scratch)?;
        // For the next mail.
        self.stuffer.restart();
        self.content = Content::Ends;
        self.left = self.tx.len() as u32;
        if let Some(count) = self.lmtp {
            count(self, Verb::EndOfData, None);
        }
        Ok(())
    }

    /// Opens a chunk of `size` octets, which [`body`](Self::body) then takes as they are (RFC 3030 §2); `last`
    /// ends the mail.
    ///
    /// # Errors
    /// [`Misuse::NotOffered`] without CHUNKING, [`Misuse::OutOfOrder`], [`Error::Capacity`].
    pub fn bdat(&mut self, size: u64, last: bool) -> Result<(), Error> {
        self.offered(crate::wire::Extension::Chunking)?;
        let verb = if last { Verb::BdatLast } else { Verb::Bdat };
        let mut out = self.tx.writer();
        emit::bdat(&mut out, size, last);
        let octets = out.line();
        self.may_send(verb)?;
        if self.is_ending() {
            return Err(Misuse::OutOfOrder(verb).into());
        }
        self.launch(verb, octets, self.scratch)?;
        self.content = Content::Begun;
        self.chunk = size;
        self.open = Some(give);
        self.chunk_advanced(0);
        Ok(())
    }

    /// So much more of the chunk has been taken.
    fn chunk_advanced(&mut self, octets: u64) {
        self.chunk = self.chunk.saturating_sub(octets);
        if self.chunk > 0 {
            return;
        }
        self.open = None;
        // Nothing follows a chunk before all of it is given.
        if self.pipeline.last() == Some(Verb::BdatLast) {
            self.content = Content::Ends;
        }
        self.left = self.tx.len().saturating_add(self.body_pending()).min(u32::MAX as usize) as u32;
    }

    fn chunk_front<'a>(&self, octets: &'a [u8]) -> Result<&'a [u8], Error> {
        if octets.len() as u64 > self.chunk {
            return Err(Misuse::ChunkLength.into());
        }
        Ok(octets)
    }

    /// Whether content may be given now.
    fn content_due(&self) -> Result<(), Error> {
        let due = self.open.is_some() || (self.phase == Phase::Data && self.pipeline.is_empty());
        if !due || self.flags.over {
            return Err(Misuse::OutOfOrder(Verb::EndOfData).into());
        }
        Ok(())
    }
}

/// Takes octets of the open chunk as they are.
fn give(client: &mut Client<'_>, octets: &[u8]) -> Result<usize, Error> {
    let octets = client.chunk_front(octets)?;
    let taken = copy(octets, client.tx.spare());
    client.tx.appended(taken);
    client.chunk_advanced(taken as u64);
    Ok(taken)
}
