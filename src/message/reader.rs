//! Parts that are not in memory.

/// Content that is read while it is sent: a file in external flash, readings rendered row by row.
///
/// Object safe: parts of different kinds can stand in one list as `&mut dyn Reader`.
pub trait Reader {
    /// Goes back to the front. Called before the first [`read`](Reader::read) of each writing, so
    /// that a mail can be written again after a failed attempt, or for a signer.
    ///
    /// # Errors
    /// The mail is then given up.
    fn restart(&mut self) -> Result<(), ReadError>;

    /// Fills `into`, or the front of it, and says with how many octets; 0 is the end. It is called
    /// with at most 57 octets of room, one line of base64.
    ///
    /// # Errors
    /// The mail is then given up without its end being sent, so that no server takes half of it.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError>;

    /// Octets of the whole content if they are known before it is read. It then must be right, and stay
    /// the same from [`Message::size`](super::Message::size) to the end of the writing: a reader that ends
    /// before gives the mail up, and what it has beyond is not read.
    fn length(&self) -> Option<u64> {
        None
    }
}

impl<R: Reader + ?Sized> Reader for &mut R {
    fn restart(&mut self) -> Result<(), ReadError> {
        (**self).restart()
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        (**self).read(into)
    }

    fn length(&self) -> Option<u64> {
        (**self).length()
    }
}

/// A [`Reader`] could not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReadError {
    code: i32,
}

impl ReadError {
    /// `code` is the reader's own and comes back to the caller as it is.
    pub fn new(code: i32) -> Self {
        Self { code }
    }

    /// The reader's own code.
    pub fn code(self) -> i32 {
        self.code
    }
}

/// A mail could not be written to its end. What is out already must not be sent as a whole mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WriteError {
    /// The caller's [`Reader`] failed.
    Read(ReadError),
    /// The caller's [`Reader`] ended before the length that it had announced, or reported more
    /// octets than it had room for.
    Length,
    /// The caller's [`Reader`] read a text of another length, kind or encoded size than the one that was surveyed.
    Changed,
    /// The buffer that the caller lent has no octets.
    NoBuffer,
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl core::fmt::Display for WriteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Read(error) => write!(f, "the part's reader failed with its code {}", error.code),
            Self::Length => f.write_str("the part's reader does not keep to its announced length"),
            Self::Changed => f.write_str("the text has changed since it was surveyed"),
            Self::NoBuffer => f.write_str("lend a buffer of at least one octet"),
        }
    }
}

impl core::error::Error for WriteError {}
