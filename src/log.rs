//! Log lines for `defmt`, for `log`, for both or for none. Verbs, phases and codes only: no
//! address, no text of a mail and no secret is ever handed to a log.

macro_rules! debug {
    ($($argument:tt)*) => {{
        #[cfg(feature = "log")]
        ::log::debug!($($argument)*);
        #[cfg(feature = "defmt")]
        ::defmt::debug!($($argument)*);
    }};
}

pub(crate) use debug;
