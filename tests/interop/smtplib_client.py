#!/usr/bin/env python3
"""Send one mail by Python's smtplib, or by BDAT over its connection.

The file is the whole message as it travels, with CRLF. The password comes from the environment variable
SMTP_PASSWORD. Prints the recipients that were refused, with the server's reply. The exit status is 0 when
at least one recipient was accepted and the server took the mail, 1 otherwise.
"""

import argparse
import os
import smtplib
import socket
import ssl
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls", choices=["plain", "starttls", "implicit"], default="plain")
    parser.add_argument("--ca", help="the CA that must have signed the server's certificate")
    parser.add_argument("--name", help="the name that must stand in the certificate")
    parser.add_argument("--auth", choices=["none", "plain", "login"], default="none")
    parser.add_argument("--user", default="")
    parser.add_argument("--hello", default="client.example.test")
    parser.add_argument("--from", dest="sender", required=True)
    parser.add_argument("--to", action="append", required=True)
    parser.add_argument("--bdat", type=int, metavar="N", help="send by BDAT in chunks of N octets instead of DATA")
    parser.add_argument("--requiretls", action="store_true", help="ask for REQUIRETLS (RFC 8689)")
    parser.add_argument("file")
    return parser.parse_args()


def main():
    args = arguments()
    with open(args.file, "rb") as file:
        message = file.read()
    try:
        with connect(args) as smtp:
            if args.auth != "none":
                log_in(smtp, args)
            if args.bdat:
                refused = send_chunks(smtp, args, message)
            else:
                options = ["REQUIRETLS"] if args.requiretls else []
                refused = smtp.sendmail(args.sender, args.to, message, mail_options=options)
    except smtplib.SMTPRecipientsRefused as error:
        report(error.recipients)
        return 1
    except (smtplib.SMTPException, OSError) as error:
        print(f"{type(error).__name__}: {error}")
        return 1
    report(refused)
    return 0


def report(refused):
    for recipient, (code, text) in refused.items():
        print(f"refused {recipient}: {code} {text.decode(errors='replace')}")


def connect(args):
    context = ssl.create_default_context(cafile=args.ca)
    settings = {"timeout": 60, "local_hostname": args.hello}
    if args.tls == "implicit":
        smtp = NamedSmtps(args.name, context=context, **settings)
        smtp.connect("127.0.0.1", args.port)
    else:
        smtp = smtplib.SMTP("127.0.0.1", args.port, **settings)
    smtp.ehlo()
    if args.tls == "starttls":
        # smtplib checks the certificate against the host it dialled, kept in this attribute.
        smtp._host = args.name
        smtp.starttls(context=context)
        smtp.ehlo()
    return smtp


class NamedSmtps(smtplib.SMTP_SSL):
    """Implicit TLS that checks the certificate for a name although it dials an address."""

    def __init__(self, name, **settings):
        self.checked_name = name
        super().__init__(**settings)

    def _get_socket(self, host, port, timeout):
        plain = socket.create_connection((host, port), timeout)
        return self.context.wrap_socket(plain, server_hostname=self.checked_name)


def log_in(smtp, args):
    smtp.user, smtp.password = args.user, os.environ["SMTP_PASSWORD"]
    # The last argument keeps LOGIN's and PLAIN's two forms apart: PLAIN with its initial response, LOGIN without.
    if args.auth == "plain":
        smtp.auth("PLAIN", smtp.auth_plain)
    else:
        smtp.auth("LOGIN", smtp.auth_login, initial_response_ok=False)


def send_chunks(smtp, args, message):
    """The envelope in one write and then all chunks in one write, as RFC 3030 and RFC 2920 allow."""
    if not smtp.has_extn("chunking") or not smtp.has_extn("pipelining"):
        raise smtplib.SMTPException("the server does not offer CHUNKING and PIPELINING")
    commands = [f"MAIL FROM:<{args.sender}>"] + [f"RCPT TO:<{to}>" for to in args.to]
    smtp.send("".join(command + "\r\n" for command in commands))
    code, text = smtp.getreply()
    replies = {to: smtp.getreply() for to in args.to}
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, text, args.sender)
    refused = {to: reply for to, reply in replies.items() if reply[0] not in (250, 251)}
    if len(refused) == len(args.to):
        raise smtplib.SMTPRecipientsRefused(refused)
    chunks = [message[at : at + args.bdat] for at in range(0, len(message), args.bdat)]
    # A last chunk of no octets, so that `BDAT 0 LAST` is met too.
    smtp.send(b"".join(b"BDAT %d\r\n%b" % (len(chunk), chunk) for chunk in chunks) + b"BDAT 0 LAST\r\n")
    for _ in range(len(chunks) + 1):
        code, text = smtp.getreply()
        if code != 250:
            raise smtplib.SMTPDataError(code, text)
    return refused


if __name__ == "__main__":
    sys.exit(main())
