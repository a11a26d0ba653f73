//! Layer 1, the grammar: octets to values to octets, without state.

pub(crate) mod class;
pub(crate) mod command;
pub(crate) mod domain;
pub mod emit;
pub mod limits;
pub(crate) mod literal;
pub(crate) mod mailbox;
pub(crate) mod param;
pub(crate) mod path;
pub(crate) mod syntax;
pub(crate) mod writer;
pub(crate) mod xtext;

pub use command::{Command, CommandError, InitialResponse, SaslName, Text, UnknownCommand};
pub use domain::{Domain, HelloName};
pub use mailbox::Mailbox;
pub use param::{
    AuthSender, BodyType, By, ByMode, DateTime, Envid, HoldFor, MtPriority, Notify, Orcpt, Other, Param,
    Params, ParamsIter, Ret,
};
pub use path::{ForwardPath, ReversePath};
pub use syntax::{Fault, Syntax};
pub use writer::{Emit, Writer};
pub use xtext::{Decoded, Xtext};
