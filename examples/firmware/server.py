#!/usr/bin/env python3
"""A server on 127.0.0.1 that fails on purpose before it passes sessions on to a real one.

    server.py PORT NEXT-PORT FAILURE...

Each failure is for one connection, in turn; behind the last one all connections are passed on:

    greeting    421 instead of a greeting
    recipient   another recipient is passed on, to whom the real server says 450
    cut         the connection is closed in the middle of the content behind DATA
    lost        the connection is closed instead of the reply to the whole content
    stripped    STARTTLS is taken out of what the real server offers
    injected    a reply to a command that is still to come stands behind the 220 to STARTTLS
"""

import socket
import sys
import threading


def main(port, next_port, *failures):
    failures = list(failures)
    listener = socket.create_server(("127.0.0.1", int(port)))
    print("listening", flush=True)
    while True:
        client, _ = listener.accept()
        failure = failures.pop(0) if failures else None
        print(f"session: {failure or 'passed on'}", flush=True)
        if failure == "greeting":
            client.sendall(b"421 4.3.2 not now\r\n")
            client.close()
            continue
        session(client, socket.create_connection(("127.0.0.1", int(next_port))), failure)


def session(client, server, failure):
    """Passes octets both ways, and replies line by line, until the failure is due."""
    lines = client.makefile("rb")
    state = {"content": False}

    def replies():
        for line in server.makefile("rb"):
            if failure == "stripped":
                line = line.replace(b"STARTTLS", b"XXXXXXXX")
            if line.startswith(b"354"):
                state["content"] = True
            if failure == "lost" and state["content"] and line.startswith(b"250"):
                reset(client)
                return
            try:
                client.sendall(line)
            except OSError:
                return

    thread = threading.Thread(target=replies, daemon=True)
    thread.start()
    taken = 0
    try:
        for line in lines:
            if failure == "recipient" and line.upper().startswith(b"RCPT"):
                line = b"RCPT TO:<defer@example.test>\r\n"
            if failure == "injected" and line.upper().startswith(b"STARTTLS"):
                client.sendall(b"220 2.0.0 go on\r\n250-mail.example.test\r\n250 AUTH PLAIN\r\n")
                print(f"behind STARTTLS came {len(lines.read())} octets", flush=True)
                break
            if failure == "cut" and state["content"]:
                taken += 1
                if taken == 3:
                    break
            server.sendall(line)
    except OSError:
        pass
    if failure == "cut":
        reset(client)
    server.shutdown(socket.SHUT_WR)
    thread.join(5)
    client.close()
    server.close()


def reset(connection):
    """Closes without waiting for what is under way."""
    connection.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main(*sys.argv[1:])
