#!/usr/bin/env python3
"""Many mails through the gateway: counted, large, or timed.

  gateway_load.py send --rest PORT --mails N --taken FILE      20 clients offer each mail until it is taken; FILE says how many are
  gateway_load.py count --maildir DIR --maillog FILE --mails N --sent FILE  what of them was delivered: each once
  gateway_load.py large --kind json|form|smtp|personal|values --octets N ...   some mails of that size at once; the last two are personal ones of one
                                                                request, of a text or of values in mime
  gateway_load.py time --door rest|smtp|relay|none --port PORT --mails N  requests a second, and how long one takes
"""

import argparse
import json
import pathlib
import queue
import re
import smtplib
import sys
import threading
import time

from gateway_common import Rest, TOKEN, check

PATIENCE = 120


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("send", "count", "large", "time"))
    parser.add_argument("--rest", type=int)
    parser.add_argument("--smtp", type=int)
    parser.add_argument("--port", type=int)
    parser.add_argument("--door", choices=("rest", "smtp", "relay", "none"))
    parser.add_argument("--kind", choices=("json", "form", "smtp", "personal", "values"))
    parser.add_argument("--mails", type=int, required=True)
    parser.add_argument("--octets", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--maildir", type=pathlib.Path)
    parser.add_argument("--taken", type=pathlib.Path)
    parser.add_argument("--sent", type=pathlib.Path)
    parser.add_argument("--maillog", type=pathlib.Path)
    args = parser.parse_args()
    return {"send": send, "count": count, "large": large, "time": timed}[args.command](args) or 0


def by_clients(clients, numbers, work):
    """Lets `work(state, number)` be done by so many threads, each with a state of its own."""
    waiting = queue.Queue()
    for number in numbers:
        waiting.put(number)

    def client():
        state = {}
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            work(state, number)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- counting --------------------------------------------------------------------------------------------------


def send(args):
    counts = {"taken": 0, "postponed": 0, "given up": 0}
    # What was answered to each try of each mail, in order; of a mail that came twice it tells whose doing that was.
    doubt, unanswered, tries, lock = [], [], {}, threading.Lock()

    def one(_, number):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            body = {"recipient": f"mail{number}@example.test", "from": "a@example.test", "subject": f"mail {number}", "text": f"{number}\n"}
            try:
                status, _, answer = Rest(args.rest).send(body)
            except OSError as error:
                with lock:
                    unanswered.append((number, repr(error)))
                return
            with lock:
                tries.setdefault(number, []).append((status, answer.get("error", "")))
                if status == 200:
                    counts["taken"] += 1
                    args.taken.write_text(str(counts["taken"]))
                    return
                if status == 502 and "may have been delivered" in answer["error"]:
                    doubt.append(number)
                    return
                counts["postponed"] += 1
                if status != 503:
                    print(f"{status} {answer}", file=sys.stderr)
            time.sleep(0.2)
        counts["given up"] += 1

    by_clients(args.clients, range(args.mails), one)
    again = {number: told for number, told in tries.items() if len(told) > 1}
    print(json.dumps({**counts, "doubt": doubt, "unanswered": unanswered, "again": again}))


def count(args):
    sent = json.loads(args.sent.read_text().splitlines()[-1])
    again = sent.pop("again")
    arrived, files = {}, 0
    end = time.monotonic() + 60
    while time.monotonic() < end:
        arrived, files = {}, 0
        for file in (args.maildir / "new").iterdir():
            octets = file.read_bytes()
            found = re.search(rb"^Subject: mail (\d+)$", octets, re.M)
            # Postfix's own name for what it took. Stopped between writing the file and noting that, it writes it once more
            # when it is started: two files of one name, of a mail that it was given once.
            name = re.search(rb"^\s(?:by \S+ \(Postfix\) )?with E?SMTPS?A? id (\w+)|\sid (\w+)", octets, re.M)
            if found:
                arrived.setdefault(int(found[1]), set()).add(((name[1] or name[2]) if name else file.name.encode()).decode())
                files += 1
        if len(arrived) >= args.mails - len(sent["doubt"]):
            break
        time.sleep(0.5)
    doubled = [(number, sorted(names), again.get(str(number))) for number, names in arrived.items() if len(names) > 1]
    # What Postfix noted of those.
    for line in args.maillog.read_text().splitlines() if doubled else ():
        if any(name in line for _, names, _ in doubled for name in names):
            print(line)
    lost = [number for number in range(args.mails) if number not in arrived and number not in sent["doubt"]]
    fine = not doubled and not lost and not sent["unanswered"] and sent["taken"] + len(sent["doubt"]) == args.mails
    check(
        f"{args.mails} mails by 20 clients while Postfix is stopped and started 3 times: none lost, none doubled", fine,
        {"lost": lost, "doubled": doubled, **sent},
        f"{len(arrived)} arrived, {files - len(arrived)} of them in two files; {sent['taken']} taken, {sent['postponed']} postponed, {len(sent['doubt'])} in doubt",
    )


# --- large mails -----------------------------------------------------------------------------------------------


def large(args):
    line = "0123456789abcdef" * 4 + ' "\\\u00e9'
    body = (line + "\r\n") * (args.octets // (len(line.encode()) + 2))
    mime = f"From: a@example.test\r\nSubject: large\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}"
    failed = []
    if args.kind in ("personal", "values"):
        who = {f"b{number}@example.test": {"n": number} for number in range(args.mails)}
        parts = {"from": "a@example.test", "text": "{$n} " + body}
        whole = {"mime": "From: a@example.test\r\n\r\n{$n} {$v}{$v}{$v}{$v}", "data": {"v": body[: len(body) // 4]}}
        status, _, answer = Rest(args.rest, timeout=300).send({"recipients": who, **(parts if args.kind == "personal" else whole)})
        if status != 200:
            print(status, answer, file=sys.stderr)
        return 0 if status == 200 else 1
    if args.kind == "form":
        from gateway_common import form

        octets, kind = form({"recipient": "b@example.test", "mime": mime}).encode(), "application/x-www-form-urlencoded"
    else:
        octets, kind = json.dumps({"recipient": "b@example.test", "mime": mime}, ensure_ascii=False).encode(), "application/json"

    def one(_, number):
        if args.kind == "smtp":
            server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=300)
            server.login("my-username", "my-password")
            server.sendmail("a@example.test", ["b@example.test"], mime.encode(), ["BODY=8BITMIME"])
            server.quit()
            return
        headers = {"Content-Type": kind, "Authorization": f"Bearer {TOKEN}"}
        status, _, answer = Rest(args.rest, timeout=300).ask("POST", "/v1/send", octets, headers)
        if status != 200:
            failed.append((status, answer))

    by_clients(3, range(args.mails), one)
    if failed:
        print(failed[0], file=sys.stderr)
    return 1 if failed else 0


# --- time ------------------------------------------------------------------------------------------------------


def timed(args):
    took, lock = [], threading.Lock()
    text = ("x" * 70 + "\r\n") * (args.octets // 72)

    def by_rest(state, number):
        rest = state.setdefault("rest", Rest(args.port, keep=True))
        began = time.monotonic()
        status, _, answer = rest.send({"recipient": "b@example.test", "from": "a@example.test", "subject": f"mail {number}", "text": text})
        note(began, status == 200, answer)

    def by_smtp(state, number):
        began = time.monotonic()
        if "smtp" not in state:
            state["smtp"] = smtplib.SMTP("127.0.0.1", args.port, timeout=60)
            if args.door == "smtp":
                state["smtp"].login("my-username", "my-password")
            began = time.monotonic()
        refused = state["smtp"].sendmail("a@example.test", ["b@example.test"], f"Subject: mail {number}\r\n\r\n{text}")
        note(began, not refused, refused)

    def note(began, fine, answer):
        if not fine:
            raise RuntimeError(answer)
        with lock:
            took.append(time.monotonic() - began)

    began = time.monotonic()
    by_clients(args.clients, range(args.mails), by_rest if args.door == "rest" else by_smtp)
    seconds = time.monotonic() - began
    took.sort()
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))] * 1000
    print(f"{args.door}: {len(took) / seconds:.0f} a second, p50 {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
