#!/usr/bin/env python3
"""Compares mails from a mailbox with what the firmware must have sent.

    mail.py TIME FILE...      TIME is the device's, in seconds since 1970

Each mail must be octet for octet the one below, and Python's own parser must find the thermometer's readings in it.
"""

import base64
import csv
import email
import email.policy
import sys
from email.utils import formatdate

EXPECTED = """\
Date: {date}
From: Boiler <boiler@example.test>
To: ops@example.test
Message-ID: <{time:016X}.0000000000000001@boiler.example.test>
Subject: Boiler too hot
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

The boiler has 72.8 degrees.

--{boundary}
Content-Type: text/csv
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="readings.csv"

{table}--{boundary}--
"""


def readings():
    """Those of the simulated thermometer (src/sensor.rs) up to the first above 70 degrees: 3.7 more each time."""
    tenths, number = 210, 0
    while tenths <= 700:
        tenths, number = tenths + 37, number + 1
        yield str(number), f"{tenths // 10}.{tenths % 10}"


def main(time, *files):
    rows = [("reading", "degrees"), *list(readings())[-10:]]
    table = "".join(f"{number},{degrees}\r\n" for number, degrees in rows)
    for file in files:
        with open(file, "rb") as mail:
            octets = mail.read()
        message = email.message_from_bytes(octets, policy=email.policy.default)
        boundary = message.get_boundary()
        expected = EXPECTED.format(
            date=formatdate(int(time)).replace("-0000", "+0000"),
            time=int(time),
            boundary=boundary,
            table=base64.encodebytes(table.encode()).decode(),
        )
        # Postfix puts Return-Path, Delivered-To and Received in front; what follows is the mail.
        sent = octets[octets.index(b"\nDate: ") + 1 :]
        if sent != expected.encode():
            sys.exit(f"{file} is\n{sent.decode()}\nand not\n{expected}")
        (attached,) = message.iter_attachments()
        if (attached.get_filename(), attached.get_content_type()) != ("readings.csv", "text/csv"):
            sys.exit(f"{file}: the attachment is another: {attached.items()}")
        found = [tuple(row) for row in csv.reader(attached.get_content().splitlines())]
        if found != rows:
            sys.exit(f"{file}: the readings are {found} and not {rows}")


if __name__ == "__main__":
    main(*sys.argv[1:])
