//! Layer 1, the grammar: octets to values to octets, without state.
//!
//! Framing comes first: parsers take whole lines without their CRLF (but for [`Reply::take`] and the PROXY header, which
//! frames itself). Values are checked where they are made, by a constructor from the caller's text or
//! by a parser from the peer's octets, and have private fields, so that whatever is emitted is a line
//! that the standards allow. A value lends from the text it was made of; nothing is copied, and no
//! octet is decoded before it is asked for.
//!
//! | rule | type | parse | emit |
//! |---|---|---|---|
//! | command line, RFC 5321 §4.1 | [`Command`], [`UnknownCommand`], [`CommandError`] | [`Command::parse`] | [`Emit`] |
//! | verb, RFC 5321 §4.1.1; BDAT RFC 3030; STARTTLS RFC 3207; AUTH RFC 4954; LHLO RFC 2033 | [`Verb`] | [`Command::verb`] | [`Verb::as_str`] |
//! | `Domain`, RFC 5321 §4.1.2, RFC 6531 §3.3 | [`Domain`] | [`Domain::new`] | [`Emit`] |
//! | `Domain / address-literal` of EHLO, HELO, LHLO, RFC 5321 §4.1.1.1, §4.1.3 | [`HelloName`] | [`HelloName::new`] | [`Emit`] |
//! | `Mailbox`, RFC 5321 §4.1.2, RFC 6531 §3.3 | [`Mailbox`] | [`Mailbox::new`] | [`Emit`] |
//! | `Reverse-path`, RFC 5321 §4.1.1.2 | [`ReversePath`] | [`ReversePath::new`] | [`Emit`] |
//! | `Forward-path`, RFC 5321 §4.1.1.3 | [`ForwardPath`] | [`ForwardPath::new`] | [`Emit`] |
//! | `String` of VRFY, EXPN, HELP, NOOP, RFC 5321 §4.1.1.6 to §4.1.1.9 | [`Text`] | [`Text::new`] | [`Emit`] |
//! | `sasl-mech`, RFC 4954 §8, RFC 4422 §3.1 | [`SaslName`], [`AuthMechanism`] | [`SaslName::new`], [`AuthMechanism::from_name`] | [`Emit`], [`AuthMechanism::name`] |
//! | `initial-response`, RFC 4954 §8 | [`InitialResponse`] | [`InitialResponse::new`] | [`Emit`] |
//! | `Mail-parameters`, `Rcpt-parameters`, RFC 5321 §4.1.2 | [`Params`], [`Param`] | [`Params::parse`] | [`Emit`] |
//! | SIZE, RFC 1870 §4 | [`Param::Size`] | [`Params::parse`] | [`Emit`] |
//! | BODY, RFC 6152 §2, RFC 3030 §3 | [`BodyType`] | [`Params::parse`] | [`Emit`] |
//! | SMTPUTF8, RFC 6531 §3.4 | [`Param::SmtpUtf8`] | [`Params::parse`] | [`Emit`] |
//! | AUTH, RFC 4954 §5 | [`AuthSender`] | [`Params::parse`] | [`Emit`] |
//! | RET, ENVID, NOTIFY, ORCPT, RFC 3461 §4, RFC 6533 §3 | [`Ret`], [`Envid`], [`Notify`], [`Orcpt`] | [`Params::parse`] | [`Emit`] |
//! | REQUIRETLS, RFC 8689 §2 | [`Param::RequireTls`] | [`Params::parse`] | [`Emit`] |
//! | BY, RFC 2852 §4 | [`By`] | [`Params::parse`] | [`Emit`] |
//! | HOLDFOR, HOLDUNTIL, RFC 4865 §3, RFC 3339 §5.6 | [`HoldFor`], [`DateTime`] | [`Params::parse`] | [`Emit`] |
//! | MT-PRIORITY, RFC 6710 §3 | [`MtPriority`] | [`Params::parse`] | [`Emit`] |
//! | any other parameter, RFC 5321 §4.1.2 | [`Other`] | [`Params::parse`] | [`Emit`] |
//! | `xtext`, RFC 3461 §4 | [`Xtext`] | [`Xtext::new`], [`Xtext::decode`] | [`Emit`] |
//! | `Reply-line`, RFC 5321 §4.2 | [`Reply`] | [`Reply::parse`], [`Reply::take`] | [`Emit`] |
//! | `Reply-code`, RFC 5321 §4.2.1 | [`Code`], [`Severity`] | [`Reply::parse`] | [`Emit`] |
//! | `status-code`, RFC 3463 §2, RFC 2034 §4 | [`EnhancedCode`] | [`Reply::parse`] | [`Emit`] |
//! | `ehlo-line`, RFC 5321 §4.1.1.1 | [`Capabilities`], [`Extension`] | [`Capabilities::fold`] | [`Extension::keyword`] |
//! | SIZE's and LIMITS's numbers, RFC 1870 §4, RFC 9422 §4 | [`SizeLimit`], [`Limits`] | [`Capabilities::fold`] | |
//! | XCLIENT, Postfix's `XCLIENT_README` | [`XClient`], [`XClientAttribute`] | [`XClient::parse`] | [`Emit`] |
//! | PROXY header, `proxy-protocol.txt` of `HAProxy` | [`ProxyHeader`], [`ProxyParse`] | [`ProxyHeader::parse`] | [`ProxyHeader::emit_v1`], [`ProxyHeader::emit_v2`] |
//!
//! The lengths that RFC 5321 §4.5.3.1 and the extensions allow are in [`limits`]. What is wrong with a
//! value, and where, is a [`Syntax`] with its [`Fault`].

pub(crate) mod address;
mod capability;
pub(crate) mod class;
mod code;
pub(crate) mod command;
pub(crate) mod domain;
pub(crate) mod emit;
mod framed;
mod keywords;
pub mod limits;
pub(crate) mod literal;
pub(crate) mod mailbox;
mod mechanism;
pub(crate) mod param;
pub(crate) mod path;
mod proxy;
pub(crate) mod reply;
mod response;
pub(crate) mod scan;
pub(crate) mod size;
mod stated;
pub(crate) mod syntax;
mod verb;
pub(crate) mod words;
pub(crate) mod writer;
mod xclient;
pub(crate) mod xtext;

pub(crate) use capability::Folder;
pub use capability::{Capabilities, Extension};
pub use code::{Code, EnhancedCode, Severity};
pub use command::{Command, CommandError, InitialResponse, SaslName, Text, UnknownCommand};
pub use domain::{Domain, HelloName};
pub use mailbox::Mailbox;
pub use mechanism::{AuthMechanism, AuthMechanisms};
pub use param::{
    AuthSender, BodyType, By, ByMode, DateTime, Envid, HoldFor, MtPriority, Notify, Orcpt, Other, Param,
    Params, ParamsIter, Ret,
};
pub use path::{ForwardPath, ReversePath};
pub use proxy::{ProxyHeader, ProxyParse};
pub use reply::Reply;
pub use response::Response;
pub use stated::{Limits, SizeLimit};
pub use syntax::{Fault, Syntax};
pub use verb::Verb;
pub use writer::{Emit, Writer};
pub use xclient::{XClient, XClientAttribute, XClientIter, XClientName, XClientProto};
pub use xtext::{Decoded, Xtext};
