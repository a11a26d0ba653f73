//! The records of TLS as they come in, looked at before embedded-tls sees them.

/// `application_data`, as all records are called that are encrypted (RFC 8446 §5.2).
const ENCRYPTED: u64 = 23;

/// Octets of the shortest encrypted record: what kind it is of, and the tag of AES-GCM.
const SHORTEST: u64 = 1 + 16;

/// Where one record ends and the next begins.
#[derive(Default)]
pub struct Records {
    /// The last octets of headers (RFC 8446 §5.1), which have five: kind, version, length.
    header: u64,
    octets: u8,
    /// Octets of the record that are still to come.
    left: u64,
}

impl Records {
    /// Whether these octets, which come next, are fit for embedded-tls: it panics at an encrypted record with nothing in it, which a server can
    /// send before it has proved who it is.
    pub fn are_fit(&mut self, octets: &[u8]) -> bool {
        for octet in octets {
            if self.left > 0 {
                self.left -= 1;
                continue;
            }
            self.header = self.header << 8 | u64::from(*octet);
            self.octets += 1;
            if self.octets == 5 {
                self.octets = 0;
                self.left = self.header & 0xffff;
                if self.header >> 32 & 0xff == ENCRYPTED && self.left < SHORTEST {
                    return false;
                }
            }
        }
        true
    }
}
