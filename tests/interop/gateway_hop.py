"""A next hop that refuses, greylists, closes and dies.

What it does stands in the addresses: refused@ is refused by 550, wordy@ by 550 and many words, grey@ by 450 the first time; a mail from
slow@ and busy@ is answered late, MAIL from stall@ too, and DATA of a mail from hesitant@, 250 that of one from eager@; MAIL from unknown@
is answered by 530, a mail from close-POINT@ is closed at that point, from no@ refused at its end, from odd@ answered by 354. From drip@
each reply comes octet by octet, from creep@ that to RCPT so slowly that it never ends; from mute-POINT@ there is none at that point, or as
long as `muted` has something in it; from leave@, endless@, long@, garbage@ and hasty@ it misbehaves at RCPT. What it says of itself is set
by `announce`.
"""

import collections
import socket
import threading
import time

# How often each recipient has got a mail.
stored = collections.Counter()
# What EHLO is answered, and the sessions that have been told so.
announced = ["PIPELINING", "8BITMIME", "SIZE"]
sessions = set()
# How many there have been.
begun = collections.Counter()
# What new sessions are greeted with; None closes them.
greeting = ["220 hop ESMTP"]
# As many of them are not greeted at all.
muted = []
seen_grey = set()
# Whose mails it is silent about, or late with, by the point that they have come to.
held = collections.Counter()
# Lets those of busy@ go on.
go_on = threading.Event()
lock = threading.Lock()


# What the gateway is told: seconds for an answer, and for all of a mail.
ANSWER, MAIL = 3, 7


def listen(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    # What it does not read waits at the gateway.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def serve(connection):
    sessions.add(connection)
    begun["sessions"] += 1
    try:
        converse(connection, connection.makefile("rb"))
    except OSError:
        pass
    finally:
        sessions.discard(connection)
        # The file object keeps the socket open otherwise.
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()


def converse(connection, lines):
    def say(text):
        octets = text.encode() + b"\r\n"
        if not sender.startswith("drip"):
            return connection.sendall(octets)
        for octet in octets:
            connection.sendall(bytes([octet]))
            time.sleep(0.002)

    sender, wanted, mails = "", [], 0
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if muted:
        muted.pop()
        return time.sleep(3 * MAIL)
    if greeting[0] is None:
        return None
    say(greeting[0])
    while line := lines.readline():
        line = line.decode().rstrip("\r\n")
        verb = line[:4].upper()
        point = f"close-{verb.lower()}"
        if sender.startswith(f"mute-{verb.lower()}"):
            return hold(sender)
        if verb == "EHLO":
            say("\r\n".join(["250-hop", *(f"250-{line}" for line in announced[:-1]), f"250 {announced[-1]}"]))
        elif verb == "MAIL":
            sender = line[line.index("<") + 1 : line.index(">")]
            wanted = []
            if sender.startswith("idle") and mails:
                return
            if sender.startswith(point):
                return
            if sender.startswith("stall"):
                time.sleep(4)
            if sender.startswith("unknown"):
                say("530 5.7.0 Authentication required")
                continue
            say("250 2.1.0 ok")
        elif verb == "RCPT":
            address = line[line.index("<") + 1 : line.index(">")]
            with lock:
                first = address not in seen_grey
                seen_grey.add(address)
            if sender.startswith(point):
                return
            if misbehaves(sender, say, connection):
                return
            if address.startswith("refused"):
                say("550 5.1.1 no such user here")
            elif address.startswith("wordy"):
                say(f"550 5.1.1 {address}: {'as we said before, ' * 6}there is no such user here")
            elif address.startswith("grey") and first:
                say("450 4.7.1 greylisted, come again")
            else:
                wanted.append(address)
                say("250 2.1.5 ok")
        elif verb == "DATA":
            if sender.startswith(point):
                return
            if not wanted:
                say("554 5.5.1 no valid recipients")
                continue
            if sender.startswith("eager"):
                say("250 x")
                continue
            if sender.startswith("hesitant"):
                time.sleep(4)
            say("354 go ahead")
            if sender.startswith("close-content"):
                lines.readline()
                return
            if sender.startswith("mute-content"):
                return hold(sender)
            while (line := lines.readline()) not in (b".\r\n", b""):
                pass
            if not line:
                return
            if sender.startswith("no"):
                say("554 5.7.1 this is spam")
                continue
            mails += 1
            with lock:
                for address in wanted:
                    stored[address] += 1
            if sender.startswith("close-end"):
                return
            if sender.startswith("mute-end"):
                return hold(sender)
            if sender.startswith("odd"):
                say("354 go on")
                continue
            if sender.startswith("slow"):
                time.sleep(1.5)
            if sender.startswith("busy"):
                hold(sender, go_on.wait)
            say("250 2.0.0 queued")
        elif verb == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")


def hold(sender, wait=time.sleep):
    """Keeps the gateway waiting, longer than it does."""
    with lock:
        held[sender] += 1
    wait(3 * MAIL)


def misbehaves(sender, say, connection):
    """Whether that was the end of the session."""
    if sender.startswith("leave"):
        say("421 4.3.2 going down")
    elif sender.startswith("endless"):
        while True:
            connection.sendall(b"250-and so on\r\n" * 1000)
    elif sender.startswith("long"):
        while True:
            connection.sendall(b"250-" + b"x" * 100_000)
    elif sender.startswith("creep"):
        for _ in range(20):
            say("250-and so on")
            time.sleep(ANSWER / 3)
    elif sender.startswith("garbage"):
        say("hello\x00\xff there")
    elif sender.startswith("hasty"):
        # Yes to everything, before it was asked.
        say("\r\n".join(["250 2.1.5 ok"] * 3))
        time.sleep(1)
    else:
        return False
    return True


def announce(*lines):
    """From now on it says this of itself; the sessions that were told otherwise end."""
    announced[:] = lines
    for connection in list(sessions):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    time.sleep(0.2)
