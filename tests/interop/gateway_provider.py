#!/usr/bin/env python3
"""A next hop like the provider: under TLS it offers no AUTH, and takes AUTH LOGIN all the same.

  gateway_provider.py --rest PORT --smtp PORT --hop PORT --cert FILE --key FILE
"""

import base64
import smtplib
import socket
import ssl
import threading

from gateway_common import arguments, check, miss, Rest

logins = []


def main():
    args = arguments(__doc__, "rest", "smtp", "hop", cert=str, key=str)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.cert, args.key)
    listener = socket.create_server(("127.0.0.1", args.hop))
    threading.Thread(target=accept, args=(listener, context), daemon=True).start()
    try:
        mail = {"recipient": "john@doe.com", "from": "info@example.com", "text": "Hello, this is the message"}
        status, _, answer = Rest(args.rest).send(mail)
        check("the provider as the next hop, LOGIN not offered, by REST", (status, logins) == (200, [b"my-username my-password"]), (status, answer, logins))
        server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=30)
        server.login("my-username", "my-password")
        server.sendmail("info@example.com", ["john@doe.com"], "Subject: x\r\n\r\nx\r\n")
        server.quit()
        check("the provider as the next hop, LOGIN not offered, by SMTP", len(logins) == 2 and logins[0] == logins[1], logins)
    except Exception as error:  # noqa: BLE001
        miss("the provider as the next hop, LOGIN not offered", (error, logins))


def accept(listener, context):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=(connection, context), daemon=True).start()


def converse(connection, context):
    lines = connection.makefile("rb")

    def say(text):
        connection.sendall(text.encode() + b"\r\n")

    def ask(prompt):
        say(f"334 {base64.b64encode(prompt).decode()}")
        return base64.b64decode(lines.readline())

    say("220 provider.example ESMTP")
    tls, known = False, False
    while line := lines.readline().decode().strip():
        verb = line.split(" ")[0].upper()
        if verb == "EHLO":
            # No line for the host's name, and prose at the end.
            say("250-PIPELINING\r\n250-8BITMIME\r\n250 Pleased to meet you" if tls else "250-STARTTLS\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 Pleased to meet you")
        elif verb == "STARTTLS":
            say("220 Ready to start TLS")
            connection = context.wrap_socket(connection, server_side=True)
            lines, tls = connection.makefile("rb"), True
        elif line.upper().startswith("AUTH LOGIN"):
            user = base64.b64decode(line[11:]) if len(line) > 10 else ask(b"Username")
            logins.append(user + b" " + ask(b"Password"))
            known = True
            say("235 Welcome back")
        elif verb in ("MAIL", "RCPT") and not known:
            say("530 5.7.0 Authentication required")
        elif verb == "DATA":
            say("354 Go ahead")
            while lines.readline() not in (b".\r\n", b""):
                pass
            say("250 Ok, queued as jkKa2Skd3Uu")
        elif verb == "QUIT":
            say("221 Bye")
            return
        else:
            say("250 Ok")


if __name__ == "__main__":
    main()
