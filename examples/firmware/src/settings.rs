//! What is settled when the image is built (`MAIL_SERVER=192.0.2.1:25 cargo run --release`) or, in QEMU, when it is
//! started (`cargo run --release -- MAIL_SERVER=192.0.2.1:25`).

use core::net::{AddrParseError, Ipv4Addr, SocketAddrV4};
use core::num::ParseIntError;

use embedded_smtp::wire::{Domain, Mailbox};
use semihosting::experimental::env::Args;
use smoltcp::time::Duration;

/// Name and password for the login, if any; from the build only, as whatever starts QEMU shows its arguments.
#[cfg(feature = "tls")]
pub const USER: &str = built_in(option_env!("MAIL_USER"), "");
#[cfg(feature = "tls")]
pub const PASSWORD: &str = built_in(option_env!("MAIL_PASSWORD"), "");

/// The settings, all of them checked at the start: when the boiler is hot it is too late for that.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// Where mail is handed in; 10.0.2.2 is QEMU's host.
    pub server: SocketAddrV4,
    /// Whom the alert is from.
    pub from: Mailbox<'a>,
    /// Whom it is for.
    pub to: Mailbox<'a>,
    /// The name in EHLO, and in the mail's identifier.
    pub host: Domain<'a>,
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

/// Why the settings cannot be read. What was meant and not understood is no reason to do something else.
#[derive(Clone, Copy)]
pub enum Unreadable<'a> {
    /// A value out of form; what it must be.
    Value(&'static str, &'static str),
    /// There is no such setting, or it is given when the image is built.
    Unknown(&'a str),
    /// There are more than there is room for.
    TooMany,
}

impl defmt::Format for Unreadable<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Value(name, form) => defmt::write!(f, "{=str} must be {=str}", name, form),
            Self::Unknown(setting) => {
                defmt::write!(f, "{=str} is no setting for here (src/settings.rs)", setting)
            }
            Self::TooMany => defmt::write!(f, "there are too many settings, or too long ones"),
        }
    }
}

/// Those that can be given when the image is started.
const NAMES: [&str; 13] = [
    "MAIL_SERVER",
    "MAIL_FROM",
    "MAIL_TO",
    "MAIL_HOST",
    "MAIL_TIME",
    "MAIL_ATTEMPTS",
    "MAIL_PAUSE",
    "MAIL_TLS",
    "MAIL_SERVER_NAME",
    "DEVICE_ADDRESS",
    "DEVICE_GATEWAY",
    "DEVICE_STALL",
    // So QEMU calls the image.
    "firmware",
];

/// The value of `NAME=VALUE` among the arguments, else the environment's when the image was built, else the default.
macro_rules! setting {
    ($arguments:ident, $name:literal, $default:expr) => {
        given($arguments, $name).unwrap_or(built_in(option_env!($name), $default))
    };
}

impl<'a> Settings<'a> {
    /// Reads them all, those first that QEMU was told for the image; it gives no arguments if they are too long.
    pub fn of(given: Option<&'a Args<512>>) -> Result<Self, Unreadable<'a>> {
        let mut given = given.ok_or(Unreadable::TooMany)?;
        let (mut arguments, mut count) = ([""; 16], 0);
        for (place, argument) in arguments.iter_mut().zip(&mut given) {
            *place = argument.map_err(|_| Unreadable::Unknown("what is not UTF-8"))?;
            count += 1;
        }
        if given.next().is_some() {
            return Err(Unreadable::TooMany);
        }
        Self::read(arguments.get(..count).unwrap_or_default())
    }

    fn read(arguments: &[&'a str]) -> Result<Self, Unreadable<'a>> {
        let known = |argument: &&str| NAMES.contains(&argument.split('=').next().unwrap_or_default());
        if let Some(unknown) = arguments.iter().find(|argument| !known(argument)) {
            return Err(Unreadable::Unknown(unknown));
        }
        let security = match setting!(arguments, "MAIL_TLS", "") {
            "" if cfg!(not(feature = "tls")) => Security::Clear,
            _ if cfg!(not(feature = "tls")) => {
                return Err(Unreadable::Value(
                    "MAIL_TLS",
                    "left out: this image was built without --features tls",
                ));
            }
            "" | "starttls" => Security::StartTls,
            "implicit" => Security::Implicit,
            _ => return Err(Unreadable::Value("MAIL_TLS", "starttls or implicit")),
        };
        let address = setting!(arguments, "DEVICE_ADDRESS", "");
        let gateway = setting!(arguments, "DEVICE_GATEWAY", "10.0.2.2");
        Ok(Self {
            server: server(setting!(arguments, "MAIL_SERVER", "10.0.2.2:2525"))?,
            from: mailbox("MAIL_FROM", setting!(arguments, "MAIL_FROM", "boiler@example.test"))?,
            to: mailbox("MAIL_TO", setting!(arguments, "MAIL_TO", "ops@example.test"))?,
            host: host(setting!(arguments, "MAIL_HOST", "boiler.example.test"))?,
            time: number("MAIL_TIME", setting!(arguments, "MAIL_TIME", "1795238400"))?,
            address: if address.is_empty() { None } else { Some(network(address, gateway)?) },
            attempts: number("MAIL_ATTEMPTS", setting!(arguments, "MAIL_ATTEMPTS", "8"))?,
            pause: Duration::from_millis(
                number("MAIL_PAUSE", setting!(arguments, "MAIL_PAUSE", "1000"))?.into(),
            ),
            security,
            server_name: setting!(arguments, "MAIL_SERVER_NAME", "mail.example.test"),
            stall: match setting!(arguments, "DEVICE_STALL", "no") {
                "yes" => true,
                "no" => false,
                _ => return Err(Unreadable::Value("DEVICE_STALL", "yes or no")),
            },
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

fn server(text: &str) -> Result<SocketAddrV4, Unreadable<'static>> {
    let bad =
        Unreadable::Value("MAIL_SERVER", "ADDRESS:PORT with a host's IPv4 address: the device asks no DNS");
    let server: SocketAddrV4 = text.parse().map_err(|_: AddrParseError| bad)?;
    if is_of_a_host(*server.ip()) && server.port() != 0 { Ok(server) } else { Err(bad) }
}

fn mailbox<'a>(name: &'static str, text: &'a str) -> Result<Mailbox<'a>, Unreadable<'a>> {
    Mailbox::new(text).map_err(|_| Unreadable::Value(name, "a mail address"))
}

fn host(text: &str) -> Result<Domain<'_>, Unreadable<'_>> {
    let bad = Unreadable::Value("MAIL_HOST", "the name of a host, in ASCII");
    Domain::new(text).ok().filter(Domain::is_ascii).ok_or(bad)
}

fn network(address: &str, gateway: &str) -> Result<(Ipv4Addr, u8, Ipv4Addr), Unreadable<'static>> {
    let bad = Unreadable::Value(
        "DEVICE_ADDRESS",
        "a host's IPv4 address with its network's size, as in 192.0.2.7/24",
    );
    let (address, prefix) = address.split_once('/').ok_or(bad)?;
    let address = address.parse().ok().filter(|address| is_of_a_host(*address)).ok_or(bad)?;
    let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or(bad)?;
    let bad = Unreadable::Value("DEVICE_GATEWAY", "a host's IPv4 address");
    let gateway = gateway.parse().ok().filter(|gateway| is_of_a_host(*gateway)).ok_or(bad)?;
    Ok((address, prefix, gateway))
}

/// Whether it can be the address of one host. smoltcp panics at others, where it looks for the way to them.
pub fn is_of_a_host(address: Ipv4Addr) -> bool {
    !(address.is_unspecified() || address.is_multicast() || address.is_broadcast())
}

fn number(name: &'static str, setting: &str) -> Result<u32, Unreadable<'static>> {
    setting.parse().map_err(|_: ParseIntError| Unreadable::Value(name, "a number of 32 bits"))
}
