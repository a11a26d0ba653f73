#!/usr/bin/env python3
"""Mails that can be counted: send them through a relay until each is taken, and count what arrived.

  relay_mails.py send --port N --mails N --sessions N   each mail is offered again until the reply to its end is 250
  relay_mails.py check DIR [--mails N]                  what smtp-sink dumped there: complete, doubled, lost, cut short

Each mail names itself in its recipient and bears the digest of its body.
"""

import argparse
import hashlib
import pathlib
import queue
import re
import smtplib
import sys
import threading
import time

PATIENCE = 120


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    send = commands.add_parser("send")
    send.add_argument("--port", type=int, required=True)
    send.add_argument("--mails", type=int, required=True)
    send.add_argument("--sessions", type=int, default=20)
    check = commands.add_parser("check")
    check.add_argument("dir", type=pathlib.Path)
    check.add_argument("--mails", type=int, required=True)
    check.add_argument("--doubt", type=int, default=0, help="so many were sent again because nobody knew whether they had been taken")
    args = parser.parse_args()
    return send_all(args) if args.command == "send" else check_all(args)


# --- sending ---------------------------------------------------------------------------------------------------


def send_all(args):
    waiting = queue.Queue()
    for number in range(args.mails):
        waiting.put(number)
    counts = {"taken": 0, "postponed": 0, "given up": 0}
    lock = threading.Lock()

    def count(what):
        with lock:
            counts[what] += 1

    threads = [threading.Thread(target=session, args=(args.port, waiting, count)) for _ in range(args.sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(", ".join(f"{number} {what}" for what, number in counts.items()))
    return 0 if counts["taken"] == args.mails else 1


def session(port, waiting, count):
    smtp = None
    while True:
        try:
            number = waiting.get_nowait()
        except queue.Empty:
            break
        end = time.monotonic() + PATIENCE
        while True:
            if time.monotonic() > end:
                count("given up")
                break
            try:
                smtp = smtp or smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.test", timeout=60)
                smtp.sendmail("sender@example.test", [f"mail{number}@example.test"], mail(number))
                count("taken")
                break
            except (smtplib.SMTPException, OSError) as error:
                count("postponed")
                if not isinstance(error, smtplib.SMTPResponseException) and not isinstance(
                    error, smtplib.SMTPRecipientsRefused
                ):
                    smtp = None
                time.sleep(0.1)
    if smtp:
        smtp.quit()


def mail(number):
    # From nothing to some 300 KB, with lines that begin with dots.
    size = number * 7919 % 1000
    lines = [f"{'.' * (line % 3)}line {line} of mail {number} {'x' * (line % 60)}" for line in range(size * 6)]
    body = "".join(line + "\r\n" for line in lines)
    return f"X-Digest: {digest(body.encode())}\r\nSubject: mail {number}\r\n\r\n{body}".encode()


def digest(body):
    return hashlib.sha256(body).hexdigest()


# --- counting --------------------------------------------------------------------------------------------------


def check_all(args):
    arrived, cut = {}, 0
    for file in args.dir.iterdir():
        octets = file.read_bytes()
        header, _, body = octets.partition(b"\n\n")
        recipient = re.search(rb"^X-Rcpt-Args: <([^@>]+)@", header, re.M)
        if recipient is None or not whole(header, body, octets):
            cut += 1
            continue
        arrived[recipient[1]] = arrived.get(recipient[1], 0) + 1
    doubled = sum(1 for times in arrived.values() if times > 1)
    lost = args.mails - len(arrived)
    print(f"{len(arrived)} complete, {lost} lost, {doubled} doubled, {cut} cut short")
    return 1 if lost or doubled > args.doubt else 0


def whole(header, body, octets):
    """By the digest, or, for smtp-source's mails, by their lines of X."""
    stated = re.search(rb"^X-Digest: (\w+)", header, re.M)
    if stated:
        # The dump ends each mail with a line of its own.
        return stated[1].decode() in (digest(text.replace(b"\n", b"\r\n")) for text in (body, body[:-1]))
    # The size stands in the recipient's name.
    size = re.search(rb"^X-Rcpt-Args: <\d*size(\d+)@", header, re.M)
    return bool(size) and abs(len(octets) - int(size[1])) < 1024 + int(size[1]) // 50


if __name__ == "__main__":
    sys.exit(main())
