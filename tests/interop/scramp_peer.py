#!/usr/bin/env python3
"""SCRAM-SHA-256 and SCRAM-SHA-256-PLUS by an implementation of its own (the package scramp), in both roles.

    scramp_peer.py client PORT MECHANISM USER PASSWORD [BINDING]    log in; exit 0 when both sides are proven
    scramp_peer.py server PORT USER PASSWORD [BINDING]              take logins until it is ended

BINDING is a value in hexadecimal; or for the client CA.crt,NAME, and for the server SERVER.crt,SERVER.key, which is STARTTLS and the
value from the server's certificate. The binding's name is tls-server-end-point (RFC 5929).
"""

import base64
import hashlib
import socket
import socketserver
import ssl
import sys

import scramp


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text, validate=True).decode()


def binding_of(text):
    return ("tls-server-end-point", bytes.fromhex(text)) if text else None


def end_point(certificate):
    """The value for a certificate in DER that is signed by means of SHA-256."""
    return ("tls-server-end-point", hashlib.sha256(certificate).digest())


def client(port, mechanism, user, password, binding=""):
    with socket.create_connection(("127.0.0.1", int(port)), 10) as connection:
        stream = connection.makefile("rw", newline="\r\n")

        def say(line):
            stream.write(line + "\n")
            stream.flush()
            while True:
                reply = stream.readline().rstrip()
                if reply[3:4] != "-":
                    return reply

        assert stream.readline().startswith("220")
        assert say("EHLO scramp.example.test").startswith("250")
        if "," in binding:
            ca, name = binding.split(",")
            assert say("STARTTLS").startswith("220")
            context = ssl.create_default_context(cafile=ca)
            connection = context.wrap_socket(connection, server_hostname=name)
            stream = connection.makefile("rw", newline="\r\n")
            assert say("EHLO scramp.example.test").startswith("250")
            binding = end_point(connection.getpeercert(binary_form=True))
        else:
            binding = binding_of(binding)
        scram = scramp.ScramClient([mechanism], user, password, channel_binding=binding)
        reply = say(f"AUTH {mechanism} {encode(scram.get_client_first())}")
        if not reply.startswith("334"):
            return reply
        scram.set_server_first(decode(reply[4:]))
        reply = say(encode(scram.get_client_final()))
        if not reply.startswith("334"):
            return reply
        scram.set_server_final(decode(reply[4:]))
        reply = say("")
        return None if reply.startswith("235") else reply


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def read(self):
        return self.rfile.readline().decode().rstrip("\r\n")

    def handle(self):
        self.say("220 scramp.example.test")
        while line := self.read():
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                plus = " SCRAM-SHA-256-PLUS" if self.server.binding else ""
                offer = "250-STARTTLS\r\n" if self.server.context else ""
                self.say(f"250-scramp.example.test\r\n{offer}250 AUTH SCRAM-SHA-256{plus}")
            elif verb == "STARTTLS":
                self.say("220 go on")
                self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            elif verb == "AUTH":
                try:
                    self.login(*line.split(" ")[1:])
                    self.say("235 proven")
                except (scramp.ScramException, ValueError) as error:
                    print(error, file=sys.stderr)
                    self.say("535 not proven")
            else:
                self.say("221 bye" if verb == "QUIT" else "250 ok")
                if verb == "QUIT":
                    return

    def login(self, mechanism, first):
        binding = self.server.binding if mechanism.endswith("PLUS") else None
        scram = scramp.ScramMechanism(mechanism).make_server(lambda _: self.server.info, channel_binding=binding)
        scram.set_client_first(decode(first))
        self.say("334 " + encode(scram.get_server_first()))
        scram.set_client_final(decode(self.read()))
        self.say("334 " + encode(scram.get_server_final()))
        if self.read():
            raise ValueError("an answer to the last message")


def server(port, user, password, binding=""):
    # Where a run a minute ago had it, too.
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    listener = socketserver.ThreadingTCPServer(("127.0.0.1", int(port)), Session)
    listener.context = None
    if "," in binding:
        certificate, key = binding.split(",")
        listener.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        listener.context.load_cert_chain(certificate, key)
        with open(certificate) as file:
            listener.binding = end_point(ssl.PEM_cert_to_DER_cert(file.read()))
    else:
        listener.binding = binding_of(binding)
    listener.info = scramp.ScramMechanism("SCRAM-SHA-256").make_auth_info(password, iteration_count=4096)
    listener.serve_forever()


if __name__ == "__main__":
    failure = {"client": client, "server": server}[sys.argv[1]](*sys.argv[2:])
    sys.exit(failure)
