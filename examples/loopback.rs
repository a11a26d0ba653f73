//! A client and a server on two TCP/IP stacks of smoltcp, in one process: a mail goes from one to the other, with no
//! network and no operating system in between, as it would between two microcontrollers.
//!
//!     cargo run --example loopback
//!
//! It prints the dialogue, what the server stored, what the client reports, and the memory that all this took.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::rc::Rc;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::smoltcp::{Driver, Progress};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Endpoint, Timer, Want};
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Code, ForwardPath, HelloName, Response, ReversePath};
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::phy::{self, Device, DeviceCapabilities, Medium};
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};

const MAIL: &[u8] = b"From: Sensor <sensor@example.test>\r\n\
    To: Operations <ops@example.test>\r\n\
    Subject: too warm\r\n\
    \r\n\
    41.5 degrees.\r\n\
    .\r\n\
    The line above is a dot alone, and no end of the mail.\r\n";

/// Octets of each of the four socket buffers.
const SOCKET: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let (there, back) = (Lane::default(), Lane::default());
    let (mut near_port, mut far_port) = (Port(back.clone(), there.clone()), Port(there, back));
    let (mut near, mut far) = (stack(&mut near_port, 1), stack(&mut far_port, 2));
    let (mut near_sockets, mut far_sockets) = (SocketSet::new(Vec::new()), SocketSet::new(Vec::new()));
    let (near_socket, far_socket) = (near_sockets.add(socket()), far_sockets.add(socket()));

    let (mut client_rx, mut client_tx, mut texts) = ([0; 128], [0; 256], [0; 128]);
    let mut client = Client::new(&mut client_rx, &mut client_tx);
    let mut recipients = [
        Recipient::new(ForwardPath::new("ops@example.test")?),
        Recipient::new(ForwardPath::new("nobody@example.test")?),
    ];
    let envelope = Envelope::new(ReversePath::new("sensor@example.test")?, &mut recipients);
    // There is no one in between: no TLS.
    let options = Options::new(HelloName::new("sensor.example.test")?).tls(TlsPolicy::Never);
    let submission = Submission::new(&mut client, options, envelope, Slice::new(MAIL), &mut texts);
    let submission_size = size_of_val(&submission);
    let mut submission = Traced { engine: submission, name: "C", line: Vec::new() };

    let policy = Policy::new(HelloName::new("mail.example.test")?);
    let (mut server_rx, mut server_tx) = ([0; 512], [0; 512]);
    let server = Server::new(&mut server_rx, &mut server_tx, &policy);
    let mut server = Traced { engine: server, name: "S", line: Vec::new() };
    let mut stored = Vec::new();

    far_sockets.get_mut::<Socket<'_>>(far_socket).listen(25)?;
    let server_address = (IpAddress::v4(10, 0, 0, 2), 25);
    near_sockets.get_mut::<Socket<'_>>(near_socket).connect(near.context(), server_address, 49_152)?;
    let (mut near_driver, mut far_driver) = (Driver::new(), Driver::new());
    let mut now = Instant::ZERO;
    loop {
        near.poll(now, &mut near_port, &mut near_sockets);
        // Without TLS a submission speaks up once: when its report is final.
        if near_driver.drive(near_sockets.get_mut(near_socket), &mut submission, now)? != Progress::Waiting {
            break;
        }
        far.poll(now, &mut far_port, &mut far_sockets);
        while far_driver.drive(far_sockets.get_mut(far_socket), &mut server, now)? == Progress::Event {
            decide(&mut server.engine, &mut stored)?;
        }
        // Firmware would sleep here until a packet comes or `poll_at` is reached.
        now += Duration::from_millis(1);
    }

    println!("\nThe server stored {} octets:\n{}", stored.len(), String::from_utf8_lossy(&stored));
    let report = submission.engine.report();
    println!("The client reports {:?}:", report.verdict());
    for recipient in report.recipients() {
        let words = report.text(&recipient.answer());
        println!("  {} {:?}: {words}", recipient.path().as_str(), recipient.status());
    }
    print_memory(submission_size);
    if report.verdict() != Verdict::PartlyDelivered || stored != MAIL {
        return Err("the mail did not arrive as it was sent".into());
    }
    Ok(())
}

/// What the server's owner decides: nobody is refused, and a mail is kept.
fn decide(server: &mut Server<'_, '_>, stored: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    let mut unknown = false;
    match server.event() {
        Some(Event::Body(piece)) => stored.extend_from_slice(piece),
        Some(Event::Rcpt { path, .. }) => unknown = path.as_str().starts_with("nobody@"),
        _ => {}
    }
    if unknown {
        server.reply(&Response::new(Code::new(550).ok_or("no code")?, "No such user here")?)?;
    } else if server.reply_owed().is_some() {
        server.accept()?;
    }
    Ok(())
}

fn print_memory(submission: usize) {
    println!("\nMemory in octets, all of it lent or on the stack:");
    println!("  client      {:4} + 128 rx + 256 tx", size_of::<Client<'_>>());
    let recipient = size_of::<Recipient<'_>>();
    println!("  submission  {submission:4} + {recipient} for each recipient + 128 for the server's words");
    println!("  server      {:4} + 512 rx + 512 tx", size_of::<Server<'_, '_>>());
    println!("  driver      {:4} for each socket", size_of::<Driver>());
    println!("  socket      {:4} + {SOCKET} rx + {SOCKET} tx, smoltcp's", size_of::<Socket<'_>>());
}

fn stack(port: &mut Port, number: u8) -> Interface {
    let mut stack = Interface::new(Config::new(HardwareAddress::Ip), port, Instant::ZERO);
    stack.update_ip_addrs(|addresses| {
        // There is room for one.
        let _ = addresses.push(IpCidr::new(IpAddress::v4(10, 0, 0, number), 24));
    });
    stack
}

fn socket() -> Socket<'static> {
    Socket::new(SocketBuffer::new(vec![0; SOCKET]), SocketBuffer::new(vec![0; SOCKET]))
}

/// An engine whose words are printed as they leave. Whatever watches or changes octets can stand like this
/// between an engine and its driver.
struct Traced<E> {
    engine: E,
    name: &'static str,
    line: Vec<u8>,
}

impl<E: Endpoint> Endpoint for Traced<E> {
    fn poll(&mut self) -> Result<Want, embedded_smtp::Error> {
        self.engine.poll()
    }

    fn receive_buffer(&mut self) -> &mut [u8] {
        self.engine.receive_buffer()
    }

    fn received(&mut self, octets: usize) {
        self.engine.received(octets);
    }

    fn received_eof(&mut self) {
        self.engine.received_eof();
    }

    fn transmit(&mut self) -> &[u8] {
        self.engine.transmit()
    }

    fn transmitted(&mut self, octets: usize) {
        for octet in self.engine.transmit().iter().take(octets) {
            self.line.push(*octet);
            if *octet == b'\n' {
                print!("{}: {}", self.name, String::from_utf8_lossy(&self.line));
                self.line.clear();
            }
        }
        self.engine.transmitted(octets);
    }

    fn timer(&self) -> Option<Timer> {
        self.engine.timer()
    }

    fn timed_out(&mut self) {
        self.engine.timed_out();
    }
}

/// Packets on their way in one direction.
type Lane = Rc<RefCell<VecDeque<Vec<u8>>>>;

/// A stack's end of the wire: where packets come from, and where they go.
struct Port(Lane, Lane);

impl Device for Port {
    type RxToken<'a> = Packet;
    type TxToken<'a> = Space;

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = 1500;
        capabilities
    }

    fn receive(&mut self, _: Instant) -> Option<(Packet, Space)> {
        let packet = self.0.borrow_mut().pop_front()?;
        Some((Packet(packet), Space(self.1.clone())))
    }

    fn transmit(&mut self, _: Instant) -> Option<Space> {
        Some(Space(self.1.clone()))
    }
}

struct Packet(Vec<u8>);

impl phy::RxToken for Packet {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Space(Lane);

impl phy::TxToken for Space {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, octets: usize, write: F) -> R {
        let mut packet = vec![0; octets];
        let result = write(&mut packet);
        self.0.borrow_mut().push_back(packet);
        result
    }
}
