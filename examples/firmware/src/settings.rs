//! What is settled when the image is built: `MAIL_SERVER=192.0.2.1:25 cargo run --release`.

use core::net::{AddrParseError, Ipv4Addr, SocketAddrV4};
use core::num::ParseIntError;

/// Where mail is handed in; 10.0.2.2 is QEMU's host.
pub const SERVER: &str = setting(option_env!("MAIL_SERVER"), "10.0.2.2:2525");
/// Whom the alert is from.
pub const FROM: &str = setting(option_env!("MAIL_FROM"), "boiler@example.test");
/// Whom it is for.
pub const TO: &str = setting(option_env!("MAIL_TO"), "ops@example.test");
/// The name in EHLO, and in the mail's identifier.
pub const HOST: &str = setting(option_env!("MAIL_HOST"), "boiler.example.test");
/// Seconds since 1 January 1970 at the start; a board with a clock of its own would ask that.
pub const TIME: &str = setting(option_env!("MAIL_TIME"), "1795238400");
/// The device's address and its network's size (`10.0.2.15/24`); empty for DHCP.
pub const ADDRESS: &str = setting(option_env!("DEVICE_ADDRESS"), "");
/// The way out, with a static address.
pub const GATEWAY: &str = setting(option_env!("DEVICE_GATEWAY"), "10.0.2.2");
/// Milliseconds of the first pause between two attempts; each further one is twice as long.
pub const PAUSE: &str = setting(option_env!("MAIL_PAUSE"), "1000");

const fn setting(given: Option<&'static str>, default: &'static str) -> &'static str {
    match given {
        Some(given) => given,
        None => default,
    }
}

/// A setting that cannot be read.
#[derive(Clone, Copy, defmt::Format)]
pub struct Unreadable(pub &'static str);

/// The server's address.
pub fn server() -> Result<SocketAddrV4, Unreadable> {
    SERVER.parse().map_err(|_: AddrParseError| Unreadable("MAIL_SERVER"))
}

/// The static address with its prefix's length, and the gateway; `None` for DHCP.
pub fn address() -> Result<Option<(Ipv4Addr, u8, Ipv4Addr)>, Unreadable> {
    if ADDRESS.is_empty() {
        return Ok(None);
    }
    let bad = Unreadable("DEVICE_ADDRESS");
    let (address, prefix) = ADDRESS.split_once('/').ok_or(bad)?;
    let address = address.parse().map_err(|_: AddrParseError| bad)?;
    let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or(bad)?;
    let gateway = GATEWAY.parse().map_err(|_: AddrParseError| Unreadable("DEVICE_GATEWAY"))?;
    Ok(Some((address, prefix, gateway)))
}

/// A setting that is a number.
pub fn number(name: &'static str, setting: &str) -> Result<u64, Unreadable> {
    setting.parse().map_err(|_: ParseIntError| Unreadable(name))
}
