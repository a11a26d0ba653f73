#!/usr/bin/env python3
"""What the gateway refuses, whom it does not wait for, and how it ends: its limits are small here.

  gateway_limits.py --rest PORT --smtp PORT --pid PID
"""

import json
import os
import signal
import socket
import time

from gateway_common import arguments, check, Rest, run, TOKEN

args = None
MAIL = {"recipient": "b@example.test", "from": "a@example.test", "text": "x"}


def main():
    global args
    args = arguments(__doc__, "rest", "smtp", "pid")
    run(answers, too_large, slow_clients, observed, ends_in_good_order)


def post(body, kind="application/json", token=TOKEN, path="/v1/send", **more):
    headers = {"Content-Type": kind, **more}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    status, headers, answer = Rest(args.rest).ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), headers)
    return status, json.loads(answer)


def answers():
    for what, got, status, text in [
        ("no token: 401", post(MAIL, token=None), 401, "missing"),
        ("a wrong token: 401", post(MAIL, token="wrong"), 401, "not known"),
        ("a wrong token in the address: 401", post(MAIL, token=None, path="/v1/send?access_token=wrong"), 401, "not known"),
        ("an unknown property: 400 that names it", post({**MAIL, "subjekt": "x"}), 400, "subjekt"),
        ("invalid JSON: 400 with the position", post(b'{"recipient": "b@example.test",\n oops}'), 400, "line 2 column 2"),
        ("another type: 415", post(b"x", kind="text/plain"), 415, "application/json"),
        ("a compressed body: 415", post(b"x", **{"Content-Encoding": "gzip"}), 415, "Content-Encoding"),
        ("too many recipients: 400", post({**MAIL, "recipient": None, "recipients": [f"{n}@b" for n in range(4)]}), 400, "more than the 3"),
    ]:
        check(what, got[0] == status and text in got[1]["error"], got)
    for method, path, status in [("GET", "/v1/send", 405), ("POST", "/", 405), ("GET", "/nowhere", 404), ("GET", "/v1/mails", 401)]:
        got = Rest(args.rest).ask(method, path)
        check(f"{method} {path}: {status} with a text", got[0] == status and json.loads(got[2])["error"], got)


def too_large():
    for what, body, kind in [
        ("a body that is too large: 413", {**MAIL, "text": "x" * 400_000}, "application/json"),
        ("properties that are too large: 413", {**MAIL, "text": "x" * 150_000}, "application/json"),
        ("a mime that is too large: 413", {"recipient": "b@b", "mime": "From: a@b\r\n\r\n" + "x" * 250_000}, "application/json"),
        ("a list of many values: 413", b'{"data":{"a":[' + b"1," * 49_999 + b"1]}}", "application/json"),
        ("a form that is too large: 413", b"recipient=b%40b&mime=" + b"x" * 250_000, "application/x-www-form-urlencoded"),
    ]:
        got = post(body, kind)
        check(what, got[0] == 413 and ("octets" in got[1]["error"] or "values" in got[1]["error"]), got)


def until_closed(connection):
    """What comes until the other side closes, and how long that takes."""
    began, said = time.monotonic(), b""
    connection.settimeout(30)
    try:
        while piece := connection.recv(4096):
            said += piece
    except OSError as error:
        said += repr(error).encode()
    return said, time.monotonic() - began


def connect(port):
    return socket.create_connection(("127.0.0.1", port))


def slow_clients():
    connection = connect(args.rest)
    connection.sendall(b"POST /v1/send HTTP/1.1\r\nHost: x\r\n")
    said, seconds = until_closed(connection)
    # The bounds here are far from the limits that were set, and below those that hold when none is.
    check("a client that does not finish its head is closed", seconds < 9, (said, seconds))
    connection = connect(args.rest)
    head = f"POST /v1/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    connection.sendall(head.encode() + b"{")
    said, seconds = until_closed(connection)
    check("a client that does not finish its body gets 408", said.startswith(b"HTTP/1.1 408") and seconds < 20, (said, seconds))
    connection = connect(args.rest)
    connection.sendall(head.encode())
    began = time.monotonic()
    try:
        connection.settimeout(0.01)
        while time.monotonic() - began < 30:
            connection.sendall(b" ")
            try:
                said = connection.recv(4096)
                break
            except TimeoutError:
                time.sleep(0.3)
    except OSError as error:
        said = repr(error).encode()
    seconds = time.monotonic() - began
    check("a client that sends its body by drips is not waited for", seconds < 20, (said, seconds))
    takes_no_answers()
    connection = connect(args.smtp)
    said, seconds = until_closed(connection)
    check("an SMTP client that says nothing gets 421", b"421 " in said and seconds < 20, (said, seconds))
    # All of that has cost nothing: the doors are open.
    check("others are served", post(MAIL)[0] == 200, post(MAIL))


def takes_no_answers():
    """It asks much, and reads nothing of what is answered."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", args.rest))
    connection.settimeout(25)
    began, count = time.monotonic(), 0
    try:
        while time.monotonic() - began < 25:
            connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            count += 1
        why = "it is still open"
    except TimeoutError:
        why = "it is still open"
    except OSError as error:
        why = error
    seconds = time.monotonic() - began
    check("a client that takes no answers is closed", isinstance(why, OSError) and seconds < 20, (why, count, seconds))


def observed():
    status, _, body = Rest(args.rest).ask("GET", "/metrics")
    lines = dict(line.rsplit(" ", 1) for line in body.decode().splitlines() if not line.startswith("#"))
    fine = status == 200 and int(lines['gateway_mails_total{door="rest",fate="accepted"}']) > 0 and int(lines['gateway_requests_total{status="4xx"}']) > 5
    check("/metrics counts", fine, lines)
    status, _, body = Rest(args.rest).ask("GET", "/health")
    check("/health says ok", status == 200 and json.loads(body) == {"status": "ok"}, body)
    status, _, body = Rest(args.rest).ask("GET", "/v1/mails", None, {"Authorization": f"Bearer {TOKEN}"})
    check("/v1/mails lists what came through", status == 200 and json.loads(body)[0]["fate"] == "accepted", body)


def ends_in_good_order():
    """A request that is on its way gets its answer; one that comes then does not get in."""
    body = json.dumps(MAIL).encode()
    connection = connect(args.rest)
    head = f"POST /v1/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.settimeout(30)
    connection.sendall(head.encode())
    # It says so when it begins to wait for the body.
    said = connection.recv(4096)
    os.kill(args.pid, signal.SIGTERM)
    # The body comes by drips until the door is closed.
    sent, refused, end = 0, False, time.monotonic() + 20
    while not refused and time.monotonic() < end:
        if sent < len(body) - 1:
            connection.sendall(body[sent : sent + 1])
            sent += 1
        try:
            connect(args.rest).close()
            time.sleep(0.05)
        except OSError:
            refused = True
    connection.sendall(body[sent:])
    answer, _ = until_closed(connection)
    fine = said.startswith(b"HTTP/1.1 100") and answer.startswith(b"HTTP/1.1 200")
    check("told to end, it answers the request that is on its way", fine, (said, answer))
    check("told to end, it takes no more connections, and ends", refused, "it still listens")


if __name__ == "__main__":
    main()
