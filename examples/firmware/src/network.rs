//! Interface, address and the one TCP socket.

use core::net::{Ipv4Addr, SocketAddrV4};

use defmt::{info, warn};
use smoltcp::iface::{Config, Interface, PollIngressSingleResult, SocketHandle, SocketSet};
use smoltcp::socket::{dhcpv4, tcp};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{EthernetAddress, IpCidr, Ipv4Cidr};

use crate::lan9118::Lan9118;
use crate::settings::is_of_a_host;

/// Locally administered.
pub const MAC: [u8; 6] = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];

/// How long a peer may keep silent before the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(30);

/// Frames that are taken in one pass of the main loop: whoever floods the network must not keep the device from its work.
const FRAMES: usize = 8;

/// The device's network.
pub struct Network<'a> {
    device: Lan9118,
    interface: Interface,
    sockets: SocketSet<'a>,
    dhcp: Option<SocketHandle>,
    tcp: SocketHandle,
    up: bool,
    next_port: u16,
}

impl<'a> Network<'a> {
    /// With a static address and a gateway if there are, else by DHCP.
    pub fn new(
        mut device: Lan9118,
        mut sockets: SocketSet<'a>,
        tcp: tcp::Socket<'a>,
        address: Option<(Ipv4Addr, u8, Ipv4Addr)>,
        now: Instant,
    ) -> Self {
        let mut interface = Interface::new(Config::new(EthernetAddress(MAC).into()), &mut device, now);
        let tcp = sockets.add(tcp);
        let mut dhcp = None;
        match address {
            Some((address, prefix, gateway)) => {
                set_address(&mut interface, Ipv4Cidr::new(address, prefix));
                let _ = interface.routes_mut().add_default_ipv4_route(gateway);
            }
            None => dhcp = Some(sockets.add(dhcpv4::Socket::new())),
        }
        Self { device, interface, sockets, dhcp, tcp, up: dhcp.is_none(), next_port: 49152 }
    }

    /// Moves some frames, and keeps the address up to date.
    pub fn turn(&mut self, now: Instant) {
        let Self { device, interface, sockets, .. } = self;
        interface.poll_maintenance(now);
        // `poll` would go on for as long as frames come.
        for _ in 0..FRAMES {
            if interface.poll_ingress_single(now, device, sockets) == PollIngressSingleResult::None {
                break;
            }
        }
        interface.poll_egress(now, device, sockets);
        let Some(dhcp) = self.dhcp else { return };
        match self.sockets.get_mut::<dhcpv4::Socket>(dhcp).poll() {
            None => {}
            Some(dhcpv4::Event::Configured(config)) => {
                info!("address {} by DHCP", config.address.address());
                set_address(&mut self.interface, config.address);
                // Another network may have another way out, or none.
                self.interface.routes_mut().remove_default_ipv4_route();
                match config.router {
                    Some(router) if is_of_a_host(router) => {
                        let _ = self.interface.routes_mut().add_default_ipv4_route(router);
                    }
                    Some(router) => warn!("{} can be no router", router),
                    None => {}
                }
                self.up = true;
            }
            Some(dhcpv4::Event::Deconfigured) => {
                // The first event of all is this one too.
                if self.up {
                    warn!("the address is lost");
                }
                self.interface.update_ip_addrs(|addresses| addresses.clear());
                self.interface.routes_mut().remove_default_ipv4_route();
                self.up = false;
            }
        }
    }

    /// Whether there is an address.
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// Drops the connection there was, and asks for another. Whether it comes is seen by driving it.
    pub fn connect(&mut self, server: SocketAddrV4) {
        // Another port each time: the last one may still be known to the peer.
        self.next_port = self.next_port.checked_add(1).unwrap_or(49152);
        let socket = self.sockets.get_mut::<tcp::Socket>(self.tcp);
        socket.abort();
        socket.set_timeout(Some(SILENCE));
        if socket.connect(self.interface.context(), server, self.next_port).is_err() {
            warn!("no connection can be opened");
        }
    }

    /// The connection.
    pub fn socket(&mut self) -> &mut tcp::Socket<'a> {
        self.sockets.get_mut(self.tcp)
    }
}

fn set_address(interface: &mut Interface, address: Ipv4Cidr) {
    interface.update_ip_addrs(|addresses| {
        addresses.clear();
        let _ = addresses.push(IpCidr::Ipv4(address));
    });
}
