"""What the gateway's tests share: requests, rows of results, delivered mails."""

import argparse
import email
import email.policy
import http.client
import json
import pathlib
import ssl
import time
import urllib.parse

TOKEN = "a-token-for-tests"


def ok(what, remark=""):
    print(f"ok|{what}|{remark}", flush=True)


def miss(what, why):
    print(f"miss|{what}|{str(why)[:300]}", flush=True)


def check(what, fine, why, remark=""):
    if fine:
        ok(what, remark)
    else:
        miss(what, why)


def arguments(doc, *ports, **others):
    """The command line of a test, all of it required: `ports` are numbers, `others` names with their types."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in {**dict.fromkeys(ports, int), **others}.items():
        parser.add_argument(f"--{name}", type=kind, required=True)
    return parser.parse_args()


def run(*cases):
    """One case that breaks does not hide the others."""
    for case in cases:
        try:
            case()
        except Exception as error:  # noqa: BLE001
            miss(case.__name__, repr(error))


class Rest:
    """The REST door. A POST is made once, whatever becomes of it: made again behind the test's back it could double a mail, and the
    test would take that for the gateway's doing. So each has a connection of its own, which the server cannot have closed as idle,
    unless `keep` asks for one that is kept (and then a request on a connection that has died fails)."""

    def __init__(self, port, ca=None, timeout=60, keep=False):
        self.port, self.ca, self.timeout, self.keep, self.connection = port, ca, timeout, keep, None

    def ask(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = self.connect()
        fine = False
        try:
            self.connection.request(method, path, body, headers or {})
            response = self.connection.getresponse()
            content = response.read()
            fine = True
            return response.status, dict(response.getheaders()), content
        finally:
            if not (fine and self.keep):
                self.connection.close()
                self.connection = None

    def connect(self):
        if self.ca:
            context = ssl.create_default_context(cafile=self.ca)
            return http.client.HTTPSConnection("localhost", self.port, timeout=self.timeout, context=context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)

    def send(self, mail, token=TOKEN):
        """A mail as JSON; gives the status, the headers and the answer."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        status, headers, body = self.ask("POST", "/v1/send", json.dumps(mail).encode(), headers)
        return status, {name.lower(): value for name, value in headers.items()}, json.loads(body)


def form(variables):
    return urllib.parse.urlencode(variables)


def delivered(maildir, test, count=1, seconds=60):
    """The mails in the Maildir of which `test` is true, once so many are there."""
    end = time.monotonic() + seconds
    seen = {}
    while True:
        for file in pathlib.Path(maildir, "new").iterdir():
            if file not in seen:
                octets = file.read_bytes()
                mail = email.message_from_bytes(octets, policy=email.policy.default)
                mail.octets = octets
                seen[file] = mail
        found = [mail for mail in seen.values() if test(mail)]
        if len(found) >= count or time.monotonic() > end:
            return found
        time.sleep(0.1)


def recipients(mails):
    return sorted(mail["X-Original-To"] for mail in mails)


def text_of(mail, kind):
    part = mail.get_body(preferencelist=(kind,))
    return part.get_content().replace("\r\n", "\n").rstrip("\n") if part else None
