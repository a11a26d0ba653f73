//! What may be said, and is waited for.

use embedded_smtp::wire::Verb;

/// In the columns of `tests/phases.rs`; XCLIENT is a proxy's.
pub(crate) const VERBS: [Verb; 20] = [
    Verb::Greeting,
    Verb::Ehlo,
    Verb::Helo,
    Verb::Lhlo,
    Verb::Mail,
    Verb::Rcpt,
    Verb::Data,
    Verb::EndOfData,
    Verb::Bdat,
    Verb::BdatLast,
    Verb::Rset,
    Verb::Noop,
    Verb::Quit,
    Verb::Vrfy,
    Verb::Expn,
    Verb::Help,
    Verb::StartTls,
    Verb::Auth,
    Verb::AuthResponse,
    Verb::XClient,
];
