#!/usr/bin/env python3
"""A TLS 1.3 server on 127.0.0.1 that is not who it says: does the client notice before it says anything?

    impostor.py PORT nobody              shows no certificate at all, and goes straight to the handshake's end
    impostor.py PORT keyless FILE        shows the certificate of FILE (PEM), whose key it does not hold, and proves nothing
    impostor.py PORT early FILE          proves something before it has shown a certificate
    impostor.py PORT empty               sends a record that decrypts to nothing, not even to what kind it is of
    impostor.py PORT grown FILE KEY      shows the certificates of FILE and proves that it holds the first one's KEY: one that was
                                         signed not by the authority but by a server with a certificate of the authority's

It takes one connection, tells how far that came, and ends; `handshake done` and what the client said stand there only if
it was believed. P-256 and AES-128-GCM, as RFC 8446 and no more than the client needs. Needs Python's cryptography package.
"""

import hashlib
import hmac
import os
import re
import socket
import ssl
import struct
import sys

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

HANDSHAKE, APPLICATION = 22, 23
SERVER_HELLO, ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED = 2, 8, 11, 15, 20


def main(port, how, file=None, key=None):
    listener = socket.create_server(("127.0.0.1", int(port)))
    listener.settimeout(100)
    print("listening", flush=True)
    connection, _ = listener.accept()
    connection.settimeout(100)
    try:
        impersonate(connection, how, file, key)
    except (OSError, EOFError):
        print("the client went away", flush=True)


def impersonate(connection, how, file, key_file):
    _, hello = record(connection)
    transcript = Transcript(hello)
    key = ec.generate_private_key(ec.SECP256R1())
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key_share(hello)))
    answer = server_hello(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    connection.sendall(struct.pack("!BHH", HANDSHAKE, 0x0303, len(answer)) + transcript.add(answer))

    secret = extract(label(extract(bytes(32), bytes(32)), "derived", hashlib.sha256().digest()), shared)
    server, client = (label(secret, f"{side} hs traffic", transcript.digest()) for side in "sc")
    sealed, opened = Keys(server), Keys(client)
    send = lambda kind, body: connection.sendall(sealed.seal(transcript.add(message(kind, body)), HANDSHAKE))
    if how == "empty":
        connection.sendall(sealed.seal(b""))
    send(ENCRYPTED_EXTENSIONS, b"\0\0")
    if how == "early":
        send(CERTIFICATE_VERIFY, proof(ec.generate_private_key(ec.SECP256R1()), transcript))
    if how not in ("nobody", "empty"):
        send(CERTIFICATE, certificates(file))
    if how == "grown":
        with open(key_file, "rb") as pem:
            send(CERTIFICATE_VERIFY, proof(load_pem_private_key(pem.read(), None), transcript))
    send(FINISHED, hmac.digest(label(server, "finished", b""), transcript.digest(), "sha256"))

    master = extract(label(secret, "derived", hashlib.sha256().digest()), bytes(32))
    server, client = (label(master, f"{side} ap traffic", transcript.digest()) for side in "sc")
    kind, _ = opened.open(record(connection))
    print(f"handshake done (the client sent a record of type {kind})", flush=True)
    connection.sendall(Keys(server).seal(b"220 mail.example.test ESMTP\r\n", APPLICATION))
    _, words = Keys(client).open(record(connection))
    print(f"the client said {words!r}", flush=True)


class Transcript:
    """The messages of the handshake so far."""

    def __init__(self, first):
        self.octets = first

    def add(self, message):
        self.octets += message
        return message

    def digest(self):
        return hashlib.sha256(self.octets).digest()


class Keys:
    """One direction's key, in use (RFC 8446 §5.2 and §7.3)."""

    def __init__(self, secret):
        self.key = AESGCM(label(secret, "key", b"", 16))
        self.start = int.from_bytes(label(secret, "iv", b"", 12), "big")
        self.count = 0

    def nonce(self):
        self.count += 1
        return (self.start ^ (self.count - 1)).to_bytes(12, "big")

    def seal(self, octets, *kind):
        inner = octets + bytes(kind)
        header = struct.pack("!BHH", APPLICATION, 0x0303, len(inner) + 16)
        return header + self.key.encrypt(self.nonce(), inner, header)

    def open(self, record):
        header, body = record
        inner = self.key.decrypt(self.nonce(), body, header).rstrip(b"\0")
        return inner[-1], inner[:-1]


def record(connection):
    """The next record, without those of a changed cipher, which mean nothing."""
    while True:
        header = exactly(connection, 5)
        body = exactly(connection, struct.unpack("!H", header[3:])[0])
        if header[0] != 20:
            return header, body


def exactly(connection, octets):
    got = b""
    while len(got) < octets:
        more = connection.recv(octets - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def key_share(hello):
    """The client's point on P-256: group, length and the point itself, which begins with 4."""
    return hello[re.search(rb"\x00\x17\x00\x41\x04", hello).end() - 1 :][:65]


def server_hello(point):
    extensions = struct.pack("!HHH", 43, 2, 0x0304) + struct.pack("!HHHH", 51, 69, 0x17, 65) + point
    body = b"\x03\x03" + os.urandom(32) + b"\0" + b"\x13\x01" + b"\0" + struct.pack("!H", len(extensions)) + extensions
    return message(SERVER_HELLO, body)


def certificates(file):
    with open(file, encoding="ascii") as pem:
        texts = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem.read(), re.DOTALL)
    entries = b"".join(u24(len(der)) + der + b"\0\0" for der in map(ssl.PEM_cert_to_DER_cert, texts))
    return b"\0" + u24(len(entries)) + entries


def proof(key, transcript):
    """RFC 8446 §4.4.3, by ECDSA."""
    signed = b" " * 64 + b"TLS 1.3, server CertificateVerify\0" + transcript.digest()
    signature = key.sign(signed, ec.ECDSA(SHA256()))
    return struct.pack("!HH", 0x0403, len(signature)) + signature


def message(kind, body):
    return bytes([kind]) + u24(len(body)) + body


def u24(number):
    return number.to_bytes(3, "big")


def extract(salt, secret):
    return hmac.digest(salt, secret, "sha256")


def label(secret, name, context, length=32):
    """HKDF-Expand-Label (RFC 8446 §7.1), for one block of output."""
    name = b"tls13 " + name.encode()
    info = struct.pack("!HB", length, len(name)) + name + bytes([len(context)]) + context
    return hmac.digest(secret, info + b"\x01", "sha256")[:length]


if __name__ == "__main__":
    main(*sys.argv[1:])
