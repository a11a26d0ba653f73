//! Names inside messages that use commas as separators (RFC 5802 §5.1, RFC 5801 §4).

use crate::wire::Writer;
use crate::wire::syntax::has_c1;

/// A name as it stands in a message: of SCRAM and OAUTHBEARER with `=2C` for a comma and `=3D` for an equals sign, of others as it is.
///
/// ```abnf
/// saslname = 1*(value-safe-char / "=2C" / "=3D")
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaslName<'m> {
    text: &'m str,
    escaped: bool,
}

impl<'m> SaslName<'m> {
    pub(super) fn parse(octets: &'m [u8]) -> Option<Self> {
        let text = core::str::from_utf8(octets).ok()?;
        let mut rest = octets;
        while let Some((first, behind)) = rest.split_first() {
            rest = match first {
                // RFC 4013 §2.3: no control characters
                0..b' ' | 0x7f | b',' => return None,
                b'=' => behind.strip_prefix(b"2C").or_else(|| behind.strip_prefix(b"3D"))?,
                _ => behind,
            };
        }
        (!text.is_empty() && !has_c1(octets)).then_some(Self { text, escaped: true })
    }

    /// A name in a message that has no escapes.
    pub(super) fn verbatim(text: &'m str) -> Self {
        Self { text, escaped: false }
    }

    /// The name as it stands there.
    pub fn encoded(&self) -> &'m str {
        self.text
    }

    /// The octets of the name itself, which is UTF-8.
    pub fn octets(&self) -> impl Iterator<Item = u8> + 'm {
        let (mut octets, escaped) = (self.text.bytes(), self.escaped);
        core::iter::from_fn(move || match octets.next()? {
            // parsed: "=2C" or "=3D"
            b'=' if escaped => {
                let comma = octets.next() == Some(b'2');
                octets.next();
                Some(if comma { b',' } else { b'=' })
            }
            octet => Some(octet),
        })
    }

    /// The name itself, at the front of `buffer`; `None` when that is too small. No longer than [`encoded`](Self::encoded).
    pub fn decode<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b str> {
        let mut out = Writer::new(buffer);
        self.octets().for_each(|octet| out.byte(octet));
        let length = out.finish().ok()?;
        core::str::from_utf8(buffer.get(..length)?).ok()
    }
}

/// Whether it is this name.
impl PartialEq<str> for SaslName<'_> {
    fn eq(&self, name: &str) -> bool {
        self.octets().eq(name.bytes())
    }
}

/// Puts `name` where such a name is due.
#[inline(never)] // once in flash, not at each place of use
pub(super) fn encode(name: &[u8], put: &mut dyn FnMut(&[u8])) {
    for octet in name {
        match octet {
            b',' => put(b"=2C"),
            b'=' => put(b"=3D"),
            octet => put(core::slice::from_ref(octet)),
        }
    }
}
