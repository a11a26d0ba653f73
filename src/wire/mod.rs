//! Layer 1, the grammar: octets to values to octets, without state.

pub(crate) mod address;
mod capability;
pub(crate) mod class;
mod code;
pub(crate) mod command;
pub(crate) mod domain;
pub(crate) mod emit;
pub mod limits;
pub(crate) mod literal;
pub(crate) mod mailbox;
mod mechanism;
pub(crate) mod param;
pub(crate) mod path;
mod proxy;
mod reply;
pub(crate) mod syntax;
mod verb;
pub(crate) mod writer;
mod xclient;
pub(crate) mod xtext;

pub use capability::{Capabilities, Extension, Limits, SizeLimit};
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
pub use syntax::{Fault, Syntax};
pub use verb::Verb;
pub use writer::{Emit, Writer};
pub use xclient::{XClient, XClientAttribute, XClientIter, XClientName, XClientProto};
pub use xtext::{Decoded, Xtext};
