#!/usr/bin/env python3
"""SCRAM-SHA-256 and SCRAM-SHA-256-PLUS by an implementation of its own (the package scramp), in both roles.

    scramp_peer.py client PORT MECHANISM USER PASSWORD [BINDING-HEX]    log in; exit 0 when both sides are proven
    scramp_peer.py server PORT USER PASSWORD [BINDING-HEX]              take logins until it is ended

The binding's name is tls-server-end-point.
"""

import base64
import socket
import socketserver
import sys

import scramp


def encode(text):
    return base64.b64encode(text.encode()).decode()


def decode(text):
    return base64.b64decode(text, validate=True).decode()


def binding_of(arguments):
    return ("tls-server-end-point", bytes.fromhex(arguments[0])) if arguments else None


def client(port, mechanism, user, password, *rest):
    scram = scramp.ScramClient([mechanism], user, password, channel_binding=binding_of(rest))
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
                self.say(f"250-scramp.example.test\r\n250 AUTH SCRAM-SHA-256{plus}")
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


def server(port, user, password, *rest):
    listener = socketserver.TCPServer(("127.0.0.1", int(port)), Session)
    listener.binding = binding_of(rest)
    listener.info = scramp.ScramMechanism("SCRAM-SHA-256").make_auth_info(password, iteration_count=4096)
    listener.serve_forever()


if __name__ == "__main__":
    failure = {"client": client, "server": server}[sys.argv[1]](*sys.argv[2:])
    sys.exit(failure)
