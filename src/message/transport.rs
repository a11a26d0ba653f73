//! What the way to the recipient can carry.

/// What the writer may rely on; 7-bit lines and nothing else unless the caller says more.
///
/// Take it from the server's EHLO reply, or say it to make the submission ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Transport {
    eight_bit: bool,
    binary: bool,
    utf8_headers: bool,
}

impl Transport {
    /// ASCII in lines (RFC 5321 without extensions).
    pub const fn seven_bit() -> Self {
        Self { eight_bit: false, binary: false, utf8_headers: false }
    }

    /// Text parts may go out with octets above 127 (8BITMIME, RFC 6152).
    pub const fn with_eight_bit(self) -> Self {
        Self { eight_bit: true, ..self }
    }

    /// Parts in memory may go out as they are, whatever they hold (BINARYMIME, RFC 3030). Such a
    /// mail can be sent by BDAT only.
    pub const fn with_binary(self) -> Self {
        Self { eight_bit: true, binary: true, ..self }
    }

    /// Header fields may hold UTF-8 as it is (SMTPUTF8, RFC 6531 and RFC 6532).
    pub const fn with_utf8_headers(self) -> Self {
        Self { eight_bit: true, utf8_headers: true, ..self }
    }

    /// Whether text may hold octets above 127.
    pub const fn eight_bit(self) -> bool {
        self.eight_bit
    }

    /// Whether anything may go out as it is.
    pub const fn binary(self) -> bool {
        self.binary
    }

    /// Whether header fields may hold UTF-8.
    pub const fn utf8_headers(self) -> bool {
        self.utf8_headers
    }
}
