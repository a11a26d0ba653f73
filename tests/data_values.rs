//! What is said of content beside its octets: how much of a chunk is left, and what a body asks for.

use core::convert::Infallible;

use embedded_smtp::data::{Body, Chunk, Needs, Slice};

#[test]
fn a_chunk_knows_at_every_octet_what_is_left_of_it_and_whether_it_is_the_last() {
    for last in [false, true] {
        for size in 0..5_u64 {
            let mut chunk = Chunk::new(size, last);
            for left in (0..=size).rev() {
                assert_eq!(
                    (chunk.left(), chunk.is_done(), chunk.is_last()),
                    (left, left == 0, last),
                    "{size}"
                );
                assert_eq!(chunk.take(1), usize::from(left > 0));
            }
        }
    }
}

/// Content of which nothing is known but its octets.
struct Unknown;

impl Body for Unknown {
    type Error = Infallible;

    fn fill(&mut self) -> Result<&[u8], Infallible> {
        Ok(b"x")
    }

    fn consume(&mut self, _: usize) {}
}

#[test]
fn a_body_that_says_nothing_of_itself_has_no_size_and_asks_for_nothing() {
    assert_eq!((Unknown.size(), Unknown.needs()), (None, Needs::default()));
}

#[test]
fn a_slice_asks_for_what_its_octets_need() {
    for (content, eight_bit) in [(&b""[..], false), (b"a\0\x7f", false), (b"\x80", true), (b"a\xff", true)] {
        let needs = Slice::new(content).needs();
        assert_eq!((needs.eight_bit, needs.utf8_headers, needs.binary), (eight_bit, false, false));
        assert!(Slice::new(content).with_utf8_headers().needs().utf8_headers);
        assert_eq!(Slice::new(content).size(), Some(content.len() as u64));
    }
}
