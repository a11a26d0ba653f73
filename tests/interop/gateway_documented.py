#!/usr/bin/env python3
"""The requests that the provider documents, by curl, and what of them a Postfix has delivered, as Python's email reads it.

  gateway_documented.py --rest PORT --smtp PORT --maildir DIR --ca FILE

What the documentation prints is sent as it is, but for host and token, and for commas and brackets where the print is no JSON.
"""

import base64
import json
import smtplib
import ssl
import subprocess
import urllib.parse

from gateway_common import arguments, check, delivered, miss, recipients, run, text_of, TOKEN

args = None


def main():
    global args
    args = arguments(__doc__, "rest", "smtp", maildir=str, ca=str)
    run(
        simple_json, html_json, form, own_mime, several_recipients, all_parts, one_with_data,
        several_with_data, template_by_number, template_inline, notifications, tracking_is_refused, deadline,
        transcript_number_one, both_doors_alike,
    )


def curl(body, kind="application/json"):
    """What curl gets: the status and the answer."""
    if not isinstance(body, str):
        body = json.dumps(body)
    url = f"https://localhost:{args.rest}/v1/send?access_token={TOKEN}"
    command = ["curl", "-sS", "--cacert", args.ca, "-w", "\n%{http_code}", "-H", f"Content-Type: {kind}", "--data-binary", "@-", url]
    said = subprocess.run(command, input=body.encode(), capture_output=True, timeout=60, check=True).stdout.decode()
    answer, status = said.rsplit("\n", 1)
    return int(status), json.loads(answer)


def arrives(what, body, expected_recipients, test, right, kind="application/json"):
    status, answer = curl(body, kind)
    if status != 200 or sorted(answer.values()) != sorted(expected_recipients):
        return miss(what, f"{status} {answer}")
    mails = delivered(args.maildir, test, len(expected_recipients))
    if recipients(mails) != sorted(expected_recipients):
        return miss(what, f"delivered to {recipients(mails)}")
    wrong = [why for mail in mails for why in right(mail)]
    return check(what, not wrong, wrong)


def fields(mail, **expected):
    """What of these fields is not as expected."""
    names = {name.replace("_", "-"): value for name, value in expected.items()}
    return [f"{name}: {mail[name]!r}" for name, value in names.items() if str(mail[name]) != str(value)]


def simple_json():
    body = {
        "recipient": "john@doe.com", "from": "info@example.com", "to": "john@doe.com",
        "subject": "This is the subject", "text": "This is example content",
    }
    arrives(
        "the simplest JSON request", body, ["john@doe.com"],
        lambda mail: mail["Subject"] == "This is the subject" and text_of(mail, "plain"),
        lambda mail: fields(mail, From="info@example.com", To="john@doe.com", Return_Path="<info@example.com>")
        + [text for text in [text_of(mail, "plain")] if text != "This is example content"],
    )


def html_json():
    body = """{
        "recipient":    "john@doe.com",
        "subject":      "This is the subject",
        "html":         "This is example content",
        "from":         "info@example.com",
        "to":           "john@doe.com"
    }"""
    arrives(
        "the JSON request with html", body, ["john@doe.com"],
        lambda mail: mail["Subject"] == "This is the subject" and text_of(mail, "html"),
        lambda mail: fields(mail, From="info@example.com")
        + [text for text in [text_of(mail, "html")] if text != "This is example content"],
    )


def form():
    body = (
        "envelope=info%40example.com&recipient=john%40doe.com&subject=this+is+the+subject&html=This+is+example+text"
        "&from=info%40example.com&to=john%40doe.com"
    )
    arrives(
        "the form request", body, ["john@doe.com"], lambda mail: mail["Subject"] == "this is the subject",
        lambda mail: fields(mail, From="info@example.com", To="john@doe.com", Return_Path="<info@example.com>")
        + [text for text in [text_of(mail, "html")] if text != "This is example text"],
        "application/x-www-form-urlencoded",
    )


MIME = """MIME-Version: 1.0
From: <info@example.com>
To: "John Doe" <john@doe.com>
Subject: This is the subject line
Date: Thu, 23 May 2019 15:07:11 +0200
Content-Type: text/html

Hello John,

This is a very minimal e-mail message.

Cheers,

Peter
"""


def own_mime():
    for ends in ("\r\n", "\n"):
        mime = MIME.replace("\n", ends).replace("subject line", f"subject line {len(ends)}")
        subject = f"This is the subject line {len(ends)}"
        arrives(
            f"a message of one's own, line ends of {len(ends)} octets", {"recipient": "john@doe.com", "mime": mime}, ["john@doe.com"],
            lambda mail, subject=subject: mail["Subject"] == subject,
            # Everything behind what Postfix has put in front is what was sent.
            lambda mail, mime=mime: [] if mail.octets.endswith(mime.replace("\r\n", "\n").encode()) else [mail.octets],
        )
    body = urllib.parse.urlencode({"recipient": "john@doe.com", "mime": MIME.replace("line", "line by form")})
    arrives(
        "a message of one's own by form", body, ["john@doe.com"], lambda mail: mail["Subject"] == "This is the subject line by form",
        lambda mail: fields(mail, To="John Doe <john@doe.com>"), "application/x-www-form-urlencoded",
    )


def several_recipients():
    body = {
        "recipients": ["alice@example.com", "bob@example.com", "charles@example.com"], "from": "info@example.com",
        "to": ["alice@example.com", "bob@example.com"], "subject": "Here we have a subject", "text": "Hello Alice en Bob!",
    }
    arrives(
        "several recipients, one of them blind", body, body["recipients"],
        lambda mail: mail["Subject"] == "Here we have a subject",
        lambda mail: fields(mail, To="alice@example.com, bob@example.com")
        + [line for line in mail.octets.split(b"\n") if b"charles" in line and not line.startswith((b"X-Original-To", b"Delivered-To", b"\tfor"))],
    )


def all_parts():
    body = {
        "recipient": "john@doe.com", "envelope": "bounces@example.com", "from": "J\u00f6rg Example <info@example.com>",
        "to": ["one@example.com", "two@example.com", "\"Number three\" <three@example.com>, info@example.com"],
        "cc": "John Doe <johndoe@example.org>", "replyto": "answers@example.com",
        "subject": "this is the subject line, \u20ac 5", "html": "<html><b>h\u00e9</b></html>", "text": "text version of the email",
        "unsubscribe": ["http://www.example.com", "unsubscribe@example.com"],
        "extra": {"x-my-identifier": "abcdefg", "x-custom-property": "custom"},
        "attachments": [
            {"data": "VGhpcyBpcyBqdXN0IGFuIGV4YW1wbGUgdGV4dCBmaWxlLi4=", "name": "test.txt", "type": "text/plain"},
            {"data": base64.encodebytes(bytes(range(256))).decode(), "name": "octets \u00fc.bin"},
        ],
        "trackclicks": False, "trackopens": False, "trackbounces": False, "inlinecss": False, "images": "default",
    }

    def right(mail):
        wrong = fields(
            mail, From="J\u00f6rg Example <info@example.com>", Cc="John Doe <johndoe@example.org>", Reply_To="answers@example.com",
            To="one@example.com, two@example.com, Number three <three@example.com>, info@example.com",
            Return_Path="<bounces@example.com>", X_My_Identifier="abcdefg", X_Custom_Property="custom",
            List_Unsubscribe="<http://www.example.com>, <mailto:unsubscribe@example.com>",
        )
        if (text_of(mail, "plain"), text_of(mail, "html")) != (body["text"], body["html"]):
            wrong.append("texts")
        files = {file.get_filename(): file.get_payload(decode=True) for file in mail.iter_attachments()}
        if files != {"test.txt": b"This is just an example text file..", "octets \u00fc.bin": bytes(range(256))}:
            wrong.append(files)
        return wrong

    arrives("every part of a mail", body, ["john@doe.com"], lambda mail: mail["Subject"] == body["subject"], right)


def one_with_data():
    body = {
        "recipient": "john@example.com",
        "data": {"ourname": "The test team", "name": "John Doe", "age": 33, "job": "programmer", "children": ["Peter", "Angela"]},
        "from": "info <info@example.com>", "to": "{$name} <john@example.org>", "subject": "Hello {$name}!",
        "text": "Hi {$name},\n\nYour age is {$age}, and your job is {$job}.\n\nCheers,\n\n{$ourname}",
    }
    arrives(
        "variables for one recipient", body, ["john@example.com"], lambda mail: mail["Subject"] == "Hello John Doe!",
        lambda mail: fields(mail, To="John Doe <john@example.org>")
        + [text for text in [text_of(mail, "plain")]
           if text != "Hi John Doe,\n\nYour age is 33, and your job is programmer.\n\nCheers,\n\nThe test team"],
    )


def several_with_data():
    body = {
        "recipients": {
            "jane@doe.com": {"firstname": "Jane", "familyname": "Doe"},
            "john@doe.com": {"firstname": "J<o>hn", "familyname": "Doe"},
        },
        "from": "info@example.com", "to": "{$firstname} {$familyname} <{$recipient}>", "subject": "For each",
        "text": "{$firstname} at {$recipient}", "html": "<p>{$firstname}</p>",
    }
    names = {"jane@doe.com": "Jane", "john@doe.com": "J<o>hn"}

    def right(mail):
        name, address = names[mail["X-Original-To"]], mail["X-Original-To"]
        escaped = name.replace("<", "&lt;").replace(">", "&gt;")
        texts = (text_of(mail, "plain"), text_of(mail, "html"), mail["To"].addresses[0].display_name, mail["To"].addresses[0].addr_spec)
        expected = (f"{name} at {address}", f"<p>{escaped}</p>", f"{name} Doe", address)
        return [] if texts == expected else [texts]

    arrives("variables for each of several", body, list(names), lambda mail: mail["Subject"] == "For each", right)


def template_by_number():
    body = {"recipient": "john@doe.com", "template": 12, "data": {"name": "John"}}
    arrives(
        "a template by its number", body, ["john@doe.com"], lambda mail: mail["Subject"] == "Template 12 for John",
        lambda mail: [text for text in [text_of(mail, "plain")] if text != "Dear John."],
    )


def template_inline():
    body = {"recipient": "john@doe.com", "template": {"from": "jane@doe.com", "subject": "this is the inline one", "text": "Hi"}}
    arrives(
        "a template within the request", body, ["john@doe.com"], lambda mail: mail["Subject"] == "this is the inline one",
        lambda mail: fields(mail, From="jane@doe.com"),
    )


def notifications():
    mime = MIME.replace("subject line", "notified line")
    dsn = {"notify": "SUCCESS,FAILURE", "ret": "HDRS", "envid": "your-identifier", "orcpt": "original@recipient.address.com"}
    arrives(
        "dsn: the mail", {"envelope": "your@example.com", "recipient": "john@doe.com", "mime": mime, "dsn": dsn}, ["john@doe.com"],
        lambda mail: mail["Subject"] == "This is the notified line", lambda mail: [],
    )
    reports = delivered(args.maildir, lambda mail: mail.get_content_type() == "multipart/report" and b"your-identifier" in mail.octets)
    fine = reports and b"Original-Recipient: rfc822;original@recipient.address.com" in reports[0].octets
    check("dsn: Postfix reports with our envid and orcpt", fine, reports)
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=30)
    server.starttls(context=unchecked())
    server.login("my-username", "my-password")
    check("DSN is offered as Postfix does, DELIVERBY is not", server.has_extn("dsn") and not server.has_extn("deliverby"), server.esmtp_features)
    server.sendmail(
        "your@example.com", ["john@doe.com"], mime.replace("\n", "\r\n").encode(), ["RET=HDRS", "ENVID=by-the-smtp-door"],
        ["NOTIFY=SUCCESS", "ORCPT=rfc822;original@recipient.address.com"],
    )
    server.quit()
    reports = delivered(args.maildir, lambda mail: mail.get_content_type() == "multipart/report" and b"by-the-smtp-door" in mail.octets)
    fine = reports and b"Original-Recipient: rfc822;original@recipient.address.com" in reports[0].octets
    check("DSN by SMTP: Postfix reports with our envid and orcpt", fine, reports)


def tracking_is_refused():
    body = {
        "recipient": "john@doe.com", "mime": MIME, "trackclicks": True, "preventscam": True,
        "dsn": {"notify": "FAILURE", "ret": "FULL", "envid": "your-identifier", "orcpt": "original@recipient.address.com"},
    }
    status, answer = curl(body)
    check("what only a hosted service does is a 422 that says so", status == 422 and answer["property"] == "trackclicks", answer)


def deadline():
    body = {"recipient": "john@doe.com", "from": "info@example.com", "text": "x", "subject": "In time"}
    arrives(
        "maxdelivertime ahead, to a server without DELIVERBY", {**body, "maxdelivertime": "2037-01-01 00:00:00"}, ["john@doe.com"],
        lambda mail: mail["Subject"] == "In time", lambda mail: [],
    )
    status, answer = curl({**body, "maxdelivertime": "2020-01-01 00:00:00"})
    check("maxdelivertime behind: nothing is sent", status == 422 and "has passed" in answer["error"], answer)


def transcript_number_one():
    what = "the dialogue that the provider documents, line by line"
    lines = [
        ("EHLO example.com", "250"), ("STARTTLS", "220"), ("EHLO example.com", "250"), ("AUTH LOGIN bXktdXNlcm5hbWU=", "334 UGFzc3dvcmQ6"),
        ("bXktcGFzc3dvcmQ=", "235"), ("MAIL FROM:<info@example.com>", "250"), ("RCPT TO:<john@doe.com>", "250"), ("DATA", "354"),
        ("From: info@example.com\r\nTo: john@doe.com\r\nSubject: This is a test\r\nMIME-Version: 1.0\r\n\r\nHello, this is the message\r\n.", "250"),
        ("QUIT", "221"),
    ]
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=30)
    # Just these lines, none of smtplib's own.
    for line, expected in lines:
        server.send(f"{line}\r\n")
        code, text = server.getreply()
        if not f"{code} {text.decode()}".startswith(expected):
            return miss(what, f"{line}: {code} {text}")
        if line == "STARTTLS":
            context = ssl.create_default_context(cafile=args.ca)
            server.sock = context.wrap_socket(server.sock, server_hostname="localhost")
            server.file = None
    mails = delivered(args.maildir, lambda mail: mail["Subject"] == "This is a test")
    return check(what, recipients(mails) == ["john@doe.com"], mails)


def both_doors_alike():
    what = "the same message by both doors arrives equal but for its trace"
    mime = MIME.replace("subject line", "subject by both doors").replace("Cheers", ".\n..\nCheers")
    status, answer = curl({"recipient": "john@doe.com", "mime": mime})
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=30)
    server.starttls(context=unchecked())
    server.login("my-username", "my-password")
    server.sendmail("info@example.com", ["john@doe.com"], mime.replace("\n", "\r\n").encode())
    server.quit()
    mails = delivered(args.maildir, lambda mail: mail["Subject"] == "This is the subject by both doors", 2)
    trace = ("received", "delivered-to", "x-original-to", "return-path")
    kept = [([(n, str(v)) for n, v in mail.items() if n.lower() not in trace], mail.get_payload()) for mail in mails]
    check(what, status == 200 and len(kept) == 2 and kept[0] == kept[1], (status, answer, kept))
    alike_in_parts()


def alike_in_parts():
    from email.message import EmailMessage

    what = "the same mail in parts by REST, and by Python and SMTP, reads the same but for ids and dates"
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = "J\u00f6rg <info@example.com>", "john@doe.com", "jane@doe.com"
    message["Subject"], message["X-Tag"] = "In parts by both doors \u20ac", "abc"
    message.set_content("Gr\u00fc\u00dfe\n.\nEnde\n")
    message.add_alternative("<p>Gr\u00fc\u00dfe</p>\n", subtype="html")
    message.add_attachment(b"\x00\x01\xff" * 100, maintype="application", subtype="x-y", filename="o.bin")
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=30)
    server.starttls(context=unchecked())
    server.login("my-username", "my-password")
    server.send_message(message, "info@example.com", ["john@doe.com"])
    server.quit()
    body = {
        "recipient": "john@doe.com", "from": "J\u00f6rg <info@example.com>", "to": "john@doe.com", "cc": "jane@doe.com",
        "subject": str(message["Subject"]), "text": "Gr\u00fc\u00dfe\n.\nEnde\n", "html": "<p>Gr\u00fc\u00dfe</p>\n", "extra": {"X-Tag": "abc"},
        "attachments": [{"data": base64.b64encode(b"\x00\x01\xff" * 100).decode(), "name": "o.bin", "type": "application/x-y"}],
    }
    status, answer = curl(body)
    mails = delivered(args.maildir, lambda mail: mail["Subject"] == body["subject"], 2)
    seen = [
        (
            [str(mail[name]) for name in ("From", "To", "Cc", "Subject", "X-Tag", "Return-Path")], text_of(mail, "plain"), text_of(mail, "html"),
            [(file.get_filename(), file.get_content_type(), file.get_payload(decode=True)) for file in mail.iter_attachments()],
        )
        for mail in mails
    ]
    check(what, status == 200 and len(seen) == 2 and seen[0] == seen[1], (status, answer, seen))


def unchecked():
    context = ssl.create_default_context(cafile=args.ca)
    context.check_hostname = False
    return context


if __name__ == "__main__":
    main()
