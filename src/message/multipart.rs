//! Several parts in one: RFC 2046 §5.1, RFC 2387.

use super::coding::Coding;
use super::entity::{Content, Entity, Place, atom, measure, transfer_encoding};
use super::flow::{Cursor, Stepped};
use super::ink::Ink;
use super::reader::WriteError;

/// Octets of a line `--boundary` between two parts, with the line ends around it.
const DELIMITER: u64 = 27;

/// Parts in a certain relation to each other.
///
/// The usual shapes, from the outside in: `mixed(related(alternative(text, html), pictures), files)`,
/// of which each layer can be left out.
#[derive(Debug, Clone, Copy)]
pub struct Multipart<F, P> {
    kind: Kind,
    first: F,
    more: P,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Kind {
    Alternative,
    Related,
    Mixed,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Alternative => "multipart/alternative",
            Self::Related => "multipart/related",
            Self::Mixed => "multipart/mixed",
        }
    }
}

impl<F: Content, B: Content> Multipart<F, [B; 1]> {
    /// The same content twice: `plain` for those who cannot or do not want to show `rich`.
    pub fn alternative(plain: F, rich: B) -> Self {
        Self { kind: Kind::Alternative, first: plain, more: [rich] }
    }
}

impl<F: Content, P: Parts> Multipart<F, P> {
    /// HTML, and the pictures that it shows (RFC 2387).
    pub fn related(root: F, inline: P) -> Self {
        Self { kind: Kind::Related, first: root, more: inline }
    }

    /// A text, and the files that travel with it.
    pub fn mixed(first: F, files: P) -> Self {
        Self { kind: Kind::Mixed, first, more: files }
    }

    /// The parts behind the first, say to take their readers back.
    pub fn into_parts(self) -> P {
        self.more
    }

    fn header(&self, coding: Coding, place: Place, ink: &mut Ink<'_>) {
        header(self.kind, self.first.media_type(), coding, place, ink);
    }
}

/// The same for parts of any type.
fn header(kind: Kind, root: &str, coding: Coding, place: Place, ink: &mut Ink<'_>) {
    ink.put(b"Content-Type: ");
    ink.put(kind.name().as_bytes());
    ink.byte(b';');
    if kind == Kind::Related {
        // RFC 2387 §3.1: the type of the root
        let root = root.as_bytes().split(|octet| *octet == b';').next().unwrap_or_default();
        ink.space(root.len().saturating_add(8));
        ink.put(b"type=\"");
        ink.put(root);
        ink.put(b"\";");
    }
    ink.space(32);
    ink.put(b"boundary=\"");
    place.boundary(ink);
    ink.byte(b'"');
    ink.line_end();
    if coding != Coding::SevenBit {
        transfer_encoding(coding, ink);
    }
    ink.line_end();
}

fn delimiter(first: bool, last: bool, place: Place, ink: &mut Ink<'_>) {
    if !first {
        ink.line_end();
    }
    ink.put(b"--");
    place.boundary(ink);
    if last {
        ink.put(b"--");
    } else {
        ink.line_end();
    }
}

impl<F: Content, P: Parts> Entity for Multipart<F, P> {
    fn media_type(&self) -> &str {
        self.kind.name()
    }

    /// A multipart itself is not encoded; it says what its parts may hold (RFC 2045 §6.4).
    fn coding(&self, place: Place) -> Coding {
        let place = place.inside();
        let mut most = plain(self.first.coding(place));
        for number in 0..self.more.count() {
            let coding = self.more.part(number).map_or(Coding::SevenBit, |part| plain(part.coding(place)));
            if coding == Coding::Binary || most == Coding::SevenBit {
                most = coding;
            }
        }
        most
    }

    fn size(&self, place: Place) -> Option<u64> {
        let coding = self.coding(place);
        let header = measure(|ink| self.header(coding, place, ink));
        // The first delimiter has no line end in front, the last has none behind but two hyphens.
        let mut size = header.saturating_add(DELIMITER - 2).saturating_add(DELIMITER);
        size = size.saturating_add(self.first.size(place.inside())?);
        for number in 0..self.more.count() {
            let part = self.more.part(number)?.size(place.inside())?;
            size = size.saturating_add(DELIMITER).saturating_add(part);
        }
        Some(size)
    }

    fn ends_line(&self, _: Place) -> bool {
        false
    }

    fn has_utf8_header(&self) -> bool {
        let part = |number| self.more.part(number).is_some_and(Entity::has_utf8_header);
        self.first.has_utf8_header() || (0..self.more.count()).any(part)
    }

    fn steps(&self) -> u32 {
        let mut steps = self.first.steps().saturating_add(3);
        for number in 0..self.more.count() {
            let part = self.more.part(number).map_or(0, Entity::steps);
            steps = steps.saturating_add(part).saturating_add(1);
        }
        steps
    }

    fn step(
        &mut self,
        step: u32,
        place: Place,
        cursor: &mut Cursor,
        out: &mut [u8],
    ) -> Result<Stepped, WriteError> {
        let Some(step) = step.checked_sub(1) else {
            let coding = self.coding(place);
            return Ok(atom(cursor, out, |ink| self.header(coding, place, ink)));
        };
        let Some(step) = step.checked_sub(1) else {
            return Ok(atom(cursor, out, |ink| delimiter(true, false, place, ink)));
        };
        let steps = self.first.steps();
        if step < steps {
            return self.first.step(step, place.inside(), cursor, out);
        }
        let mut step = step.saturating_sub(steps);
        for number in 0..self.more.count() {
            let Some(inner) = step.checked_sub(1) else {
                return Ok(atom(cursor, out, |ink| delimiter(false, false, place, ink)));
            };
            let steps = self.more.part(number).map_or(0, Entity::steps);
            if inner < steps {
                return match self.more.part_mut(number) {
                    Some(part) => part.step(inner, place.inside(), cursor, out),
                    None => Ok(Stepped { used: 0, done: true }),
                };
            }
            step = inner.saturating_sub(steps);
        }
        Ok(atom(cursor, out, |ink| delimiter(false, true, place, ink)))
    }
}

/// What an encoding asks of the multipart around it.
fn plain(coding: Coding) -> Coding {
    match coding {
        Coding::EightBit | Coding::Binary => coding,
        _ => Coding::SevenBit,
    }
}

/// The parts behind the first: an array, or a lent slice.
///
/// Sealed: its methods follow the writer.
pub trait Parts: List {}

impl<L: List> Parts for L {}

/// What the writer asks of [`Parts`].
pub trait List {
    /// One part.
    type Part: Entity;

    /// How many they are.
    fn count(&self) -> usize;

    /// The part `number`, counted from 0.
    fn part(&self, number: usize) -> Option<&Self::Part>;

    /// The part `number`, counted from 0.
    fn part_mut(&mut self, number: usize) -> Option<&mut Self::Part>;
}

impl<E: Entity, const N: usize> List for [E; N] {
    type Part = E;

    fn count(&self) -> usize {
        N
    }

    fn part(&self, number: usize) -> Option<&E> {
        self.get(number)
    }

    fn part_mut(&mut self, number: usize) -> Option<&mut E> {
        self.get_mut(number)
    }
}

impl<E: Entity> List for &mut [E] {
    type Part = E;

    fn count(&self) -> usize {
        self.len()
    }

    fn part(&self, number: usize) -> Option<&E> {
        self.get(number)
    }

    fn part_mut(&mut self, number: usize) -> Option<&mut E> {
        self.get_mut(number)
    }
}
