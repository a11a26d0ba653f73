//! Two hosts with smoltcp's stacks in one process, and the lanes of packets between them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::smoltcp::{Driver, Fault, Progress};
use embedded_smtp::session::Endpoint;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, ChecksumCapabilities, Device, DeviceCapabilities, Medium};
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::Instant;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

/// Where the server listens.
pub(crate) const PORT: u16 = 25;

pub(crate) struct Host {
    pub(crate) device: Port,
    pub(crate) iface: Interface,
    pub(crate) sockets: SocketSet<'static>,
    pub(crate) handle: SocketHandle,
    pub(crate) next_port: u16,
}

impl Host {
    pub(crate) fn new(
        number: u8,
        into: &Rc<RefCell<Lane>>,
        out: &Rc<RefCell<Lane>>,
        rx: usize,
        tx: usize,
    ) -> Self {
        let mut device = Port { into: into.clone(), out: out.clone() };
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = u64::from(number);
        let mut iface = Interface::new(config, &mut device, Instant::ZERO);
        iface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(IpAddress::v4(10, 0, 0, number), 24)).unwrap();
        });
        let mut sockets = SocketSet::new(Vec::new());
        let handle = sockets.add(Socket::new(SocketBuffer::new(vec![0; rx]), SocketBuffer::new(vec![0; tx])));
        Self { device, iface, sockets, handle, next_port: 50_000 }
    }

    pub(crate) fn socket(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    pub(crate) fn connect(&mut self) {
        self.next_port += 1;
        let socket = self.sockets.get_mut::<Socket<'_>>(self.handle);
        socket.connect(self.iface.context(), (IpAddress::v4(10, 0, 0, 2), PORT), self.next_port).unwrap();
    }

    pub(crate) fn drive<E: Endpoint>(
        &mut self,
        driver: &mut Driver,
        engine: &mut E,
        now: Instant,
    ) -> Result<Progress, ConnectionError<Fault>> {
        driver.drive(self.socket(), engine, now)
    }

    /// Whether any packet came or went.
    pub(crate) fn poll(&mut self, now: Instant) -> bool {
        let before = self.device.count();
        self.iface.poll(now, &mut self.device, &mut self.sockets);
        self.device.count() != before
    }

    pub(crate) fn poll_at(&mut self, now: Instant) -> Option<Instant> {
        self.iface.poll_at(now, &self.sockets)
    }
}

/// Packets on their way in one direction.
#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) packets: VecDeque<Vec<u8>>,
    pub(crate) sent: usize,
    pub(crate) taken: usize,
    /// Each so many-th packet is lost; 0 for none.
    pub(crate) lose_every: usize,
}

pub(crate) struct Port {
    pub(crate) into: Rc<RefCell<Lane>>,
    pub(crate) out: Rc<RefCell<Lane>>,
}

impl Port {
    fn count(&self) -> usize {
        self.into.borrow().taken + self.out.borrow().sent
    }
}

impl Device for Port {
    type RxToken<'a> = Packet;
    type TxToken<'a> = Space;

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities.checksum = ChecksumCapabilities::ignored();
        capabilities
    }

    fn receive(&mut self, _: Instant) -> Option<(Packet, Space)> {
        let lane = &mut *self.into.borrow_mut();
        let packet = lane.packets.pop_front()?;
        lane.taken += 1;
        Some((Packet(packet), Space(self.out.clone())))
    }

    fn transmit(&mut self, _: Instant) -> Option<Space> {
        Some(Space(self.out.clone()))
    }
}

pub(crate) struct Packet(Vec<u8>);

impl phy::RxToken for Packet {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

pub(crate) struct Space(Rc<RefCell<Lane>>);

impl phy::TxToken for Space {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, octets: usize, write: F) -> R {
        let mut packet = vec![0; octets];
        let result = write(&mut packet);
        let lane = &mut *self.0.borrow_mut();
        lane.sent += 1;
        if !lane.sent.is_multiple_of(lane.lose_every) {
            lane.packets.push_back(packet);
        }
        result
    }
}
