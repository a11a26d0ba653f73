//! Channel binding (RFC 5929, RFC 9266): what ties a login to one TLS session.

use core::fmt;

/// A value that both ends of one TLS session know, and nobody between two sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChannelBinding<'a> {
    pub(in crate::sasl) name: &'static str,
    pub(in crate::sasl) data: &'a [u8],
}

impl<'a> ChannelBinding<'a> {
    /// `tls-exporter` (RFC 9266 §2): 32 octets of keying material, exported with the label `EXPORTER-Channel-Binding` and no
    /// context. For TLS 1.3, and for 1.2 with extended master secret.
    pub const fn tls_exporter(data: &'a [u8; 32]) -> Self {
        Self { name: "tls-exporter", data }
    }

    /// `tls-server-end-point` (RFC 5929 §4): the hash of the server's certificate, by the hash function of its signature, with
    /// SHA-256 in the place of MD5 and SHA-1.
    pub const fn tls_server_end_point(hash: &'a [u8]) -> Self {
        Self { name: "tls-server-end-point", data: hash }
    }
}

/// Keying material of a session is nobody else's.
impl fmt::Debug for ChannelBinding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ChannelBinding").field(&self.name).finish_non_exhaustive()
    }
}
