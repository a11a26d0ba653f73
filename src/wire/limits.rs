//! The longest things that the standards allow, in octets.
//!
//! The grammar refuses longer values with [`Fault::TooLong`](super::Fault::TooLong) where it makes
//! them. The lengths of lines are for whoever frames lines.

/// A local part (RFC 5321 §4.5.3.1.1).
pub const LOCAL_PART: usize = 64;

/// A domain name or an address literal with its brackets (RFC 5321 §4.5.3.1.2).
pub const DOMAIN: usize = 255;

/// A path with its angle brackets (RFC 5321 §4.5.3.1.3).
pub const PATH: usize = 256;

/// A mailbox: what a path leaves it between the angle brackets.
pub const MAILBOX: usize = PATH - 2;

/// A command line with its CRLF (RFC 5321 §4.5.3.1.4), before any extension adds to it.
pub const COMMAND_LINE: usize = 512;

/// A reply line with its code and its CRLF (RFC 5321 §4.5.3.1.5).
pub const REPLY_LINE: usize = 512;

/// A line of a mail with its CRLF, a transparency dot not counted (RFC 5321 §4.5.3.1.6).
pub const TEXT_LINE: usize = 1000;

/// What SIZE adds to the line of MAIL (RFC 1870 §3).
pub const SIZE_ADDS: usize = 26;

/// What BODY adds to the line of MAIL: ` BODY=BINARYMIME` (RFC 3030 §3, RFC 6152 §2).
pub const BODY_ADDS: usize = 16;

/// What SMTPUTF8 adds to the line of MAIL, VRFY or EXPN (RFC 6531 §3.1).
pub const SMTPUTF8_ADDS: usize = 10;

/// What AUTH adds to the line of MAIL (RFC 4954 §3).
pub const AUTH_ADDS: usize = 500;

/// What RET and ENVID together add to the line of MAIL (RFC 3461 §4).
pub const DSN_MAIL_ADDS: usize = 500;

/// What NOTIFY and ORCPT together add to the line of RCPT (RFC 3461 §4).
pub const DSN_RCPT_ADDS: usize = 500;

/// The line of AUTH with its initial response and CRLF, and each further line of an exchange
/// (RFC 4954 §4).
pub const AUTH_LINE: usize = 12_288;

/// The xtext of ENVID (RFC 3461 §4.4).
pub const ENVID: usize = 100;

/// The value of ORCPT: address type, semicolon and xtext (RFC 3461 §4.2).
pub const ORCPT: usize = 500;

/// The digits of SIZE (RFC 1870 §4).
pub const SIZE_DIGITS: usize = 20;

/// The digits of BY (RFC 2852 §4) and HOLDFOR (RFC 4865 §3).
pub const INTERVAL_DIGITS: usize = 9;

/// A SASL mechanism's name (RFC 4422 §3.1).
pub const SASL_NAME: usize = 20;

/// Parameters with keywords that this crate does not know, in one command. No standard says; it
/// bounds the search for duplicates.
pub const UNKNOWN_PARAMETERS: usize = 16;

/// The PROXY protocol's line with its CRLF (PROXY protocol §2.1).
pub const PROXY_V1: usize = 107;

/// The PROXY protocol's binary header. Its own length field could say 65 551; it has to fit one TCP
/// segment, and 536 octets is what every host takes (RFC 9293 §3.7.1). Beside the longest addresses
/// that leaves 304 for what this crate skips.
pub const PROXY_V2: usize = 536;
