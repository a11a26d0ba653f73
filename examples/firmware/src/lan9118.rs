//! The board's Ethernet controller, an SMSC LAN9118, as a device of smoltcp's. It is polled: no interrupt, no DMA.
//!
//! Section and register names are those of the LAN9118's data sheet.

use smoltcp::phy::{self, Checksum, ChecksumCapabilities, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

/// Where the controller lies in the board's memory.
const BASE: usize = 0x4020_0000;

const RX_DATA_FIFO: usize = 0x00;
const TX_DATA_FIFO: usize = 0x20;
const RX_STATUS_FIFO: usize = 0x40;
const TX_STATUS_FIFO: usize = 0x48;
const ID_REV: usize = 0x50;
const BYTE_TEST: usize = 0x64;
const TX_CFG: usize = 0x70;
const HW_CFG: usize = 0x74;
const RX_FIFO_INF: usize = 0x7c;
const TX_FIFO_INF: usize = 0x80;
const MAC_CSR_CMD: usize = 0xa4;
const MAC_CSR_DATA: usize = 0xa8;

/// Registers behind MAC_CSR_CMD.
const MAC_CR: u32 = 1;
const ADDRH: u32 = 2;
const ADDRL: u32 = 3;

/// An Ethernet frame with its header, without its checksum, which the controller appends and removes.
const FRAME: usize = 1514;

/// The controller.
pub struct Lan9118 {
    buffer: [u8; FRAME + 6],
}

/// There is no LAN9118, or it does not wake up.
#[derive(Clone, Copy, defmt::Format)]
pub struct Missing;

impl Lan9118 {
    /// Wakes the controller up and gives it its address. Called once.
    pub fn new(address: [u8; 6]) -> Result<Self, Missing> {
        if read(BYTE_TEST) != 0x8765_4321 || read(ID_REV) >> 16 != 0x0118 {
            return Err(Missing);
        }
        // SRST, which clears itself
        write(HW_CFG, 1);
        (0..1000).find(|_| read(HW_CFG) & 1 == 0).ok_or(Missing)?;
        // SF (must be one), and 5 KiB of the FIFO memory for sending
        write(HW_CFG, 1 << 20 | 5 << 16);
        let [a, b, c, d, e, f] = address;
        write_mac(ADDRL, u32::from_le_bytes([a, b, c, d]))?;
        write_mac(ADDRH, u32::from_le_bytes([e, f, 0, 0]))?;
        // FDPX, TXEN, RXEN
        write_mac(MAC_CR, 1 << 20 | 1 << 3 | 1 << 2)?;
        // TX_ON
        write(TX_CFG, 1 << 1);
        Ok(Self { buffer: [0; FRAME + 6] })
    }

    /// Takes a frame out of the receive FIFO; its length. Bad ones are dropped, but not for as long as some come.
    fn take(&mut self) -> Option<usize> {
        for _ in 0..8 {
            // RXSUSED: frames that wait
            if read(RX_FIFO_INF) >> 16 & 0xff == 0 {
                break;
            }
            let status = read(RX_STATUS_FIFO);
            let length = (status >> 16 & 0x3fff) as usize;
            let mut words = self.buffer.chunks_exact_mut(4);
            for _ in 0..length.div_ceil(4) {
                let octets = read(RX_DATA_FIFO).to_le_bytes();
                if let Some(word) = words.next() {
                    word.copy_from_slice(&octets);
                }
            }
            // ES, an error; or more than a frame can have. The last four octets are the checksum.
            let frame = length.saturating_sub(4);
            if status & 1 << 15 == 0 && (1..=FRAME).contains(&frame) {
                return Some(frame);
            }
        }
        None
    }

    /// Whether a frame of any size finds room in the transmit FIFO. Forgets what became of earlier ones.
    fn has_room() -> bool {
        let state = read(TX_FIFO_INF);
        for _ in 0..state >> 16 & 0xff {
            read(TX_STATUS_FIFO);
        }
        // TDFREE: octets free; the two command words come on top
        state & 0xffff >= (FRAME + 3 + 8) as u32
    }
}

impl phy::Device for Lan9118 {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sender;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Sender)> {
        if !Self::has_room() {
            return None;
        }
        let length = self.take()?;
        Some((Received(self.buffer.get(..length)?), Sender))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sender> {
        Self::has_room().then_some(Sender)
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME;
        capabilities.checksum = ChecksumCapabilities::default();
        capabilities.checksum.ipv4 = Checksum::Both;
        capabilities
    }
}

/// A frame that has come.
pub struct Received<'a>(&'a [u8]);

impl phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// Leave to send one frame.
pub struct Sender;

impl phy::TxToken for Sender {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut buffer = [0; FRAME];
        let length = length.min(FRAME);
        let frame = buffer.get_mut(..length).unwrap_or_default();
        let result = f(frame);
        // TX command A: first and last segment, and the octets in it; B: octets of the frame
        write(TX_DATA_FIFO, 1 << 13 | 1 << 12 | length as u32);
        write(TX_DATA_FIFO, length as u32);
        for octets in frame.chunks(4) {
            let mut word = [0; 4];
            word.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
            write(TX_DATA_FIFO, u32::from_le_bytes(word));
        }
        result
    }
}

/// Writes a register of the MAC, which lies behind two of the controller's.
fn write_mac(register: u32, value: u32) -> Result<(), Missing> {
    const BUSY: u32 = 1 << 31;
    write(MAC_CSR_DATA, value);
    write(MAC_CSR_CMD, BUSY | register);
    (0..1000).find(|_| read(MAC_CSR_CMD) & BUSY == 0).map(|_| ()).ok_or(Missing)
}

fn read(register: usize) -> u32 {
    // SAFETY: a register of the board's controller, of which there is one driver.
    unsafe { ((BASE + register) as *const u32).read_volatile() }
}

fn write(register: usize, value: u32) {
    // SAFETY: as above.
    unsafe { ((BASE + register) as *mut u32).write_volatile(value) }
}
