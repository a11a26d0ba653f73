//! What is settled when the image is built (`MAIL_SERVER=192.0.2.1:25 cargo run --release`) or, in QEMU, when it is
//! started (`cargo run --release -- MAIL_SERVER=192.0.2.1:25`).

use core::net::{AddrParseError, Ipv4Addr, SocketAddrV4};
use core::num::ParseIntError;

use smoltcp::time::Duration;

/// Name and password for the login, if any; from the build only, as whatever starts QEMU shows its arguments.
#[cfg(feature = "tls")]
pub const USER: &str = built_in(option_env!("MAIL_USER"), "");
#[cfg(feature = "tls")]
pub const PASSWORD: &str = built_in(option_env!("MAIL_PASSWORD"), "");

/// The settings.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Where mail is handed in; 10.0.2.2 is QEMU's host.
    pub server: SocketAddrV4,
    /// Whom the alert is from.
    pub from: &'a str,
    /// Whom it is for.
    pub to: &'a str,
    /// The name in EHLO, and in the mail's identifier.
    pub host: &'a str,
    /// Seconds since 1 January 1970 at the start; a board with a clock of its own would ask that.
    pub time: u32,
    /// The device's address, its network's size and the way out; `None` for DHCP.
    pub address: Option<(Ipv4Addr, u8, Ipv4Addr)>,
    /// How many attempts there are.
    pub attempts: u32,
    /// The pause between the first two attempts; each further one is twice as long.
    pub pause: Duration,
    /// When TLS begins.
    pub security: Security,
    /// The name that the server's certificate must have.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "nobody asks for a certificate"))]
    pub server_name: &'a str,
    /// Whether the main loop is to stand still, which the watchdog does not let pass.
    pub stall: bool,
}

/// When TLS begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Never.
    Clear,
    /// At STARTTLS; nothing is sent without.
    StartTls,
    /// With the connection.
    Implicit,
}

/// A setting that cannot be read.
#[derive(Clone, Copy, defmt::Format)]
pub struct Unreadable(pub &'static str);

/// The value of `NAME=VALUE` among the arguments, else the environment's when the image was built, else the default.
macro_rules! setting {
    ($arguments:ident, $name:literal, $default:expr) => {
        given($arguments, $name).unwrap_or(built_in(option_env!($name), $default))
    };
}

impl<'a> Settings<'a> {
    /// Reads them all; `arguments` are those that QEMU was told for the image.
    pub fn read(arguments: &[&'a str]) -> Result<Self, Unreadable> {
        let mut security = Security::Clear;
        if cfg!(feature = "tls") {
            security = match setting!(arguments, "MAIL_TLS", "starttls") {
                "starttls" => Security::StartTls,
                "implicit" => Security::Implicit,
                _ => return Err(Unreadable("MAIL_TLS")),
            };
        }
        let address = setting!(arguments, "DEVICE_ADDRESS", "");
        let gateway = setting!(arguments, "DEVICE_GATEWAY", "10.0.2.2");
        Ok(Self {
            server: server(setting!(arguments, "MAIL_SERVER", "10.0.2.2:2525"))?,
            from: setting!(arguments, "MAIL_FROM", "boiler@example.test"),
            to: setting!(arguments, "MAIL_TO", "ops@example.test"),
            host: setting!(arguments, "MAIL_HOST", "boiler.example.test"),
            time: number("MAIL_TIME", setting!(arguments, "MAIL_TIME", "1795238400"))?,
            address: if address.is_empty() { None } else { Some(network(address, gateway)?) },
            attempts: number("MAIL_ATTEMPTS", setting!(arguments, "MAIL_ATTEMPTS", "8"))?,
            pause: Duration::from_millis(
                number("MAIL_PAUSE", setting!(arguments, "MAIL_PAUSE", "1000"))?.into(),
            ),
            security,
            server_name: setting!(arguments, "MAIL_SERVER_NAME", "mail.example.test"),
            stall: setting!(arguments, "DEVICE_STALL", "no") == "yes",
        })
    }
}

fn given<'a>(arguments: &[&'a str], name: &str) -> Option<&'a str> {
    arguments.iter().find_map(|argument| argument.strip_prefix(name)?.strip_prefix('='))
}

const fn built_in(given: Option<&'static str>, default: &'static str) -> &'static str {
    match given {
        Some(given) => given,
        None => default,
    }
}

fn server(text: &str) -> Result<SocketAddrV4, Unreadable> {
    text.parse().map_err(|_: AddrParseError| Unreadable("MAIL_SERVER"))
}

fn network(address: &str, gateway: &str) -> Result<(Ipv4Addr, u8, Ipv4Addr), Unreadable> {
    let bad = Unreadable("DEVICE_ADDRESS");
    let (address, prefix) = address.split_once('/').ok_or(bad)?;
    let address = address.parse().map_err(|_: AddrParseError| bad)?;
    let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or(bad)?;
    let gateway = gateway.parse().map_err(|_: AddrParseError| Unreadable("DEVICE_GATEWAY"))?;
    Ok((address, prefix, gateway))
}

fn number(name: &'static str, setting: &str) -> Result<u32, Unreadable> {
    setting.parse().map_err(|_: ParseIntError| Unreadable(name))
}
