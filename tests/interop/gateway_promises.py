#!/usr/bin/env python3
"""What is asked of the next hop by parameters gets there, from both doors: notifications (RFC 3461) and deadlines (RFC 2852).

  gateway_promises.py --rest PORT --smtp PORT --inbox DIR      the inbox is the next hop; it notes parameters in front of each mail
"""

import email
import email.policy
import pathlib
import smtplib
import time

from gateway_common import arguments, check, Rest, run

args = None


def main():
    global args
    args = arguments(__doc__, "rest", "smtp", inbox=pathlib.Path)
    run(by_rest, by_smtp)


def noted(subject):
    """The parameters of MAIL and of RCPT of the mail with that subject."""
    for file in args.inbox.glob("*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.compat32)
        if mail["Subject"] == subject:
            return [mail[f"X-Envelope-{side}"].split()[1:] for side in ("From", "To")]
    return None


def seconds(word):
    value, mode = word.removeprefix("BY=").split(";")
    return int(value) if mode == "R" else None


def by_rest():
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 600))
    dsn = {"notify": "SUCCESS,FAILURE", "ret": "HDRS", "envid": "mark-1", "orcpt": "was@example.org"}
    mail = {"recipient": "b@example.test", "from": "a@example.test", "subject": "by rest", "text": "x", "maxdelivertime": moment, "dsn": dsn}
    status, _, answer = Rest(args.rest).send(mail)
    found = noted("by rest")
    of_mail, of_rcpt = found or ([], [])
    by = [word for word in of_mail if word.startswith("BY=")]
    fine = status == 200 and len(by) == 1 and 590 <= (seconds(by[0]) or 0) <= 600
    check("maxdelivertime becomes BY, by REST", fine, (status, answer, found), by)
    words = {"RET=HDRS", "ENVID=mark-1"} <= set(of_mail) and of_rcpt == ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;was@example.org"]
    check("dsn becomes RET, ENVID, NOTIFY and ORCPT, by REST", words, found)


def by_smtp():
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=60)
    server.ehlo()
    offered = [word for word in ("dsn", "deliverby") if server.has_extn(word)]
    check("DSN and DELIVERBY are offered at the SMTP door", offered == ["dsn", "deliverby"], server.esmtp_features)
    server.login("my-username", "my-password")
    server.sendmail(
        "a@example.test", ["b@example.test"], "Subject: by smtp\r\n\r\nx\r\n",
        ["BY=120;NT", "RET=FULL", "ENVID=mark-2"], ["NOTIFY=DELAY", "ORCPT=rfc822;was@example.org"],
    )
    server.quit()
    found = noted("by smtp")
    of_mail, of_rcpt = found or ([], [])
    fine = {"BY=120;NT", "RET=FULL", "ENVID=mark-2"} <= set(of_mail) and of_rcpt == ["NOTIFY=DELAY", "ORCPT=rfc822;was@example.org"]
    check("BY, RET, ENVID, NOTIFY and ORCPT go on as they came, by SMTP", fine, found)


if __name__ == "__main__":
    main()
