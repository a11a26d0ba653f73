#!/usr/bin/env python3
"""A network with nobody in it but a DHCP server that means no good, on QEMU's link of UDP packets.

    dhcp.py OWN-PORT QEMU-PORT ROUTER

The address it gives, once, is 192.0.2.7 for four seconds, with ROUTER as the way out. Renewals go unanswered.
"""

import ipaddress
import socket
import struct
import sys

SERVER = bytes([192, 0, 2, 1])
HARDWARE = bytes([2, 0, 0, 0, 0, 1])
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5


def main(own_port, qemu_port, router):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("127.0.0.1", int(own_port)))
    print("listening", flush=True)
    router = ipaddress.IPv4Address(router).packed
    acknowledged = False
    while not acknowledged:
        frame = link.recv(2048)
        # Ethernet, IPv4 without options, UDP to port 67
        if frame[12:15] != b"\x08\x00\x45" or frame[23] != 17 or frame[36:38] != b"\0\x43":
            continue
        asked = frame[42:]
        kind = dict(options(asked[240:])).get(53, b"\0")[0]
        answer = {DISCOVER: OFFER, REQUEST: ACK}.get(kind)
        if answer:
            link.sendto(reply(frame[6:12], asked, answer, router), ("127.0.0.1", int(qemu_port)))
            acknowledged = answer == ACK
    while True:
        link.recv(2048)


def options(octets):
    """RFC 2132 §2: number and value of each."""
    while octets and octets[0] != 255:
        if octets[0] == 0:
            octets = octets[1:]
            continue
        yield octets[0], octets[2 : 2 + octets[1]]
        octets = octets[2 + octets[1] :]


def reply(to, asked, kind, router):
    """RFC 2131 §2, in a frame."""
    said = [(53, bytes([kind])), (54, SERVER), (51, struct.pack("!I", 4)), (1, bytes([255, 255, 255, 0])), (3, router)]
    message = b"\x02\x01\x06\0" + asked[4:12] + bytes(4) + bytes([192, 0, 2, 7]) + SERVER + bytes(4) + asked[28:44] + bytes(192)
    message += b"\x63\x82\x53\x63" + b"".join(bytes([number, len(value)]) + value for number, value in said) + b"\xff"
    # UDP without a checksum
    udp = struct.pack("!HHHH", 67, 68, 8 + len(message), 0) + message
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, SERVER, b"\xff" * 4)
    total = sum(struct.unpack("!10H", header))
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return to + HARDWARE + b"\x08\x00" + header[:10] + struct.pack("!H", checksum) + header[12:] + udp


if __name__ == "__main__":
    main(*sys.argv[1:])
