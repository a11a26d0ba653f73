#!/usr/bin/env python3
"""A next hop that refuses, greylists, closes and dies, and what the gateway says to that at both doors.

  gateway_faults.py --rest PORT --smtp PORT --hop PORT --pid PID

The next hop is gateway_hop.py.
"""

import collections
import http.client
import json
import os
import signal
import smtplib
import socket
import threading
import time

from gateway_common import arguments, check, miss, Rest, run, TOKEN
from gateway_hop import announce, announced, ANSWER, begun, go_on, greeting, held, listen, MAIL, muted, stored

args = None


def main():
    global args
    args = arguments(__doc__, "rest", "smtp", "hop", "pid")
    down("rest")
    listen(args.hop)
    run(
        one_of_three, greylisting, closing, odd_at_the_end, refused_at_the_end, refused_altogether,
        words_for_each, not_the_senders_matter, several_mails, one_entry_a_mail, one_after_another,
        idle_session, client_gone, as_the_sender_was_told, too_late, too_late_in_the_queue,
        not_promised, hostile, silence, unwelcoming, plain_and_simple, lies_about_size, ended_under_load,
    )


def until(test, seconds=60):
    """Waits until `test` is true, and says whether it became so."""
    end = time.monotonic() + seconds
    while not (fine := test()) and time.monotonic() < end:
        time.sleep(0.02)
    return fine


def lines(sender):
    """More than the systems' buffers hold, where the next hop closes in the midst of it."""
    return 4_000_000 if sender.startswith("close-content") else 2_000_000 if sender.startswith("mute-content") else 2000


def mail(sender, *recipients):
    return {"recipients": list(recipients), "from": sender, "to": list(recipients), "subject": "x", "text": "x\n" * lines(sender)}


def rest(sender, *recipients):
    return Rest(args.rest).send(mail(sender, *recipients))


def smtp(sender, *recipients):
    """What the SMTP door says: the code of the last reply that decided, and the refusals."""
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=60)
    server.login("my-username", "my-password")
    try:
        return 250, server.sendmail(sender, list(recipients), "Subject: x\r\n\r\n" + "x\r\n" * lines(sender))
    except smtplib.SMTPRecipientsRefused as error:
        return next(iter(error.recipients.values()))[0], error.recipients
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, error.smtp_error
    finally:
        server.close()


def down(_):
    status, headers, answer = rest("a@example.test", "b@example.test")
    fine = status == 503 and "retry-after" in headers and "cannot be reached" in answer["error"]
    check("next hop down, by REST: 503 with Retry-After", fine, (status, headers, answer))
    code, text = smtp("a@example.test", "b@example.test")
    check("next hop down, by SMTP: 451", code == 451, (code, text))


def one_of_three():
    who = ["r1@example.test", "refused@example.test", "r2@example.test"]
    status, _, answer = rest("a@example.test", *who)
    errors = answer.pop("errors", None)
    fine = status == 202 and sorted(answer.values()) == ["r1@example.test", "r2@example.test"]
    words = errors == {"refused@example.test": {"code": 550, "text": "5.1.1 no such user here"}}
    check("one of three refused, by REST: 202, two ids, the server's words for the third", fine and words, (status, answer, errors))
    who = ["s1@example.test", "refused@example.test", "s2@example.test"]
    code, refused = smtp("a@example.test", *who)
    fine = code == 250 and list(refused) == ["refused@example.test"] and refused["refused@example.test"][0] == 550
    check("one of three refused, by SMTP: 550 for it, 250 for the mail", fine, (code, refused))
    counts = [stored[f"{name}@example.test"] for name in ("r1", "r2", "s1", "s2", "refused")]
    check("one of three refused: the others have it once", counts == [1, 1, 1, 1, 0], counts)


def greylisting():
    status, headers, answer = rest("a@example.test", "grey1@example.test")
    fine = status == 503 and "retry-after" in headers and "greylisted" in answer["error"]
    check("greylisting, by REST: 503 with Retry-After and the server's words", fine, (status, headers, answer))
    status, _, answer = rest("a@example.test", "grey1@example.test")
    check("greylisting, by REST: the second try is taken, once", status == 200 and stored["grey1@example.test"] == 1, (status, answer))
    code, text = smtp("a@example.test", "grey2@example.test")
    again, _ = smtp("a@example.test", "grey2@example.test")
    check("greylisting, by SMTP: 450, then 250", (code, again, stored["grey2@example.test"]) == (450, 250, 1), (code, again, text))


def closing():
    for point in ("mail", "rcpt", "data", "content"):
        who = f"closed-{point}@example.test"
        status, headers, answer = rest(f"close-{point}@example.test", who)
        fine = status == 503 and "retry-after" in headers and stored[who] == 0
        check(f"closed at {point}, by REST: 503, and no mail", fine, (status, headers, answer, stored[who]))
        code, text = smtp(f"close-{point}@example.test", who)
        check(f"closed at {point}, by SMTP: 451, and no mail", code == 451 and stored[who] == 0, (code, text, stored[who]))
    who = "closed-end@example.test"
    status, headers, answer = rest("close-end@example.test", who)
    fine = status == 502 and "retry-after" not in headers and "may have been delivered" in answer["error"] and stored[who] == 1
    check("closed behind the mail, by REST: 502 that says it may have arrived; sent once", fine, (status, headers, answer, stored[who]))


def odd_at_the_end():
    status, headers, answer = rest("odd@example.test", "odd1@example.test")
    fine = status == 502 and "retry-after" not in headers and "may have been delivered" in answer["error"] and stored["odd1@example.test"] == 1
    check("354 to the whole mail, by REST: 502 that says it may have arrived", fine, (status, answer))


def refused_at_the_end():
    status, _, answer = rest("no@example.test", "b@example.test")
    check("the mail refused, by REST: 422 with the server's words", status == 422 and "this is spam" in answer["error"], (status, answer))
    code, text = smtp("no@example.test", "b@example.test")
    check("the mail refused, by SMTP: 554 with the server's words", code == 554 and b"this is spam" in text, (code, text))


def refused_altogether():
    status, _, answer = rest("a@example.test", "refused@example.test", "refused2@example.test")
    fine = status == 422 and len(answer["errors"]) == 2 and "no such user" in answer["error"]
    check("all refused, by REST: 422 with each one's words", fine, (status, answer))
    status, _, answer = rest("a@example.test", "refused@example.test", "grey3@example.test")
    fine = status == 503 and len(answer["errors"]) == 2 and "450 4.7.1 greylisted" in answer["error"]
    check("one refused and one greylisted: 503, and which is which", fine, (status, answer))


def words_for_each():
    """There is room for the words about each recipient that a request may have, and for the last ones."""
    who = [f"wordy{number}@example.test" for number in range(99)]
    status, _, answer = rest("a@example.test", "here@example.test", *who)
    texts = {name: error["text"] for name, error in answer.get("errors", {}).items()}
    short = [name for name in who if not texts.get(name, "").startswith(f"5.1.1 {name}: as we") or not texts[name].endswith("here")]
    check("99 of 100 refused: the server's words for each", status == 202 and not short, (status, len(short), short[:1], texts))


def not_the_senders_matter():
    status, _, answer = rest("unknown@example.test", "b@example.test")
    fine = status == 502 and "530 5.7.0 Authentication required" in answer["error"]
    check("a next hop that wants a login first, by REST: 502 with its words", fine, (status, answer))
    code, text = smtp("unknown@example.test", "b@example.test")
    check("a next hop that wants a login first, by SMTP: 451, for the sender has logged in", code == 451 and b"wants a login" in text, (code, text))


def several_mails():
    who = {"p1@example.test": {"n": 1}, "refused@example.test": {"n": 2}, "p3@example.test": {"n": 3}}
    status, _, answer = Rest(args.rest).send({"recipients": who, "from": "a@example.test", "text": "{$n}"})
    errors = answer.pop("errors", {})
    fine = status == 202 and len(answer) == 2 and list(errors) == ["refused@example.test"]
    check("personal mails, one refused: 202", fine and stored["p1@example.test"] == 1, (status, answer, errors))


def one_entry_a_mail():
    """Of 60 personal mails 20 go at once, each of them waits in vain: for the last the time is over before they begin."""
    who = {f"late{number}@example.test": {"n": number} for number in range(60)}
    mail = {"recipients": who, "from": "a@example.test", "envelope": "stall-late@example.test", "text": "{$n}"}
    status, _, answer = Rest(args.rest).send(mail)
    errors, found = answer["errors"], entries("stall-late@example.test")
    over = sum("was over" in error["text"] for error in errors.values())
    fine = status == 503 and len(errors) == len(found) == 60 and over
    check("personal mails for which there is no time: one entry each in the journal", fine, (status, len(errors), over, len(found)), f"{over} of 60")


def one_after_another():
    """As little as that needs one session, whatever room there is for more."""
    before = begun["sessions"]
    statuses = [rest("a@example.test", f"after{number}@example.test")[0] for number in range(12)]
    count = begun["sessions"] - before
    check("mails one after another go by one session", statuses == [200] * 12 and count <= 1, (statuses, count))


def idle_session():
    """The kept session has died: the mail goes by another, once."""
    for number in (1, 2, 3):
        who = f"idle{number}@example.test"
        status, _, answer = rest("idle@example.test", who)
        if status != 200 or stored[who] != 1:
            return miss("a kept session that has died is opened again, and the mail is sent once", (number, status, answer, stored[who]))
        time.sleep(0.05)
    return check("a kept session that has died is opened again, and the mail is sent once", True, "")


def client_gone():
    """Who does not wait for the answer has sent the mail all the same; the journal says so."""
    body = json.dumps(mail("slow@example.test", "slow1@example.test")).encode()
    connection = socket.create_connection(("127.0.0.1", args.rest))
    head = f"POST /v1/send HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    # The next hop has it, and is about to answer.
    until(lambda: stored["slow1@example.test"])
    connection.close()
    fates = [fate for fate, _, _ in entries("slow@example.test")]
    check("a client that goes away before the answer: sent once, and in the journal", fates == ["accepted"] and stored["slow1@example.test"] == 1, fates)


def entries(sender):
    """What the journal says of this sender's mails, once it does."""
    for _ in range(300):
        _, _, listed = Rest(args.rest).ask("GET", "/v1/mails", None, {"Authorization": f"Bearer {TOKEN}"})
        found = [(entry["fate"], entry["accepted"], entry["reply"]) for entry in json.loads(listed) if entry["from"] == sender]
        if found:
            return found
        time.sleep(0.1)
    return []


def as_the_sender_was_told():
    """What a mail by SMTP came to stands in the journal as its sender was told it."""
    code, text = smtp("eager@example.test", "eager1@example.test")
    found = entries("eager@example.test")
    fine = code == 451 and [fate for fate, _, _ in found] == ["later"] and found[0][2].startswith("451 ") and stored["eager1@example.test"] == 0
    check("250 to DATA instead of 354: 451, and no mail in the journal", fine, (code, text, found))
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=60)
    server.login("my-username", "my-password")
    for command in "MAIL FROM:<bare@example.test>", "RCPT TO:<bare1@example.test>", "DATA":
        server.docmd(command)
    server.send("Subject: x\n\r\nx\r\n.\r\n")
    code, text = server.getreply()
    server.close()
    found = entries("bare@example.test")
    fine = code == 554 and [fate for fate, _, _ in found] == ["refused"] and found[0][2].startswith("554 ") and stored["bare1@example.test"] == 0
    check("a mail with a bare LF: 554, and refused for good in the journal", fine, (code, text, found))
    code, text = smtp("close-rcpt@example.test", "gone1@example.test", "gone2@example.test")
    found = entries("close-rcpt@example.test")[:1]
    fine = code == 451 and len(found) == 1 and found[0][0] == "later" and "misuse" not in found[0][2]
    check("the next hop goes away at the first of two recipients: 451 for both, and the reason in the journal", fine, (code, text, found))


def moment(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))


def too_late():
    for where, sender in ("behind MAIL", "stall@example.test"), ("behind DATA", "hesitant@example.test"):
        who = f"late-{sender}"
        began = time.monotonic()
        status, _, answer = Rest(args.rest).send({"recipient": who, "from": sender, "text": "x", "maxdelivertime": moment(2)})
        took = time.monotonic() - began
        # Had it waited for the next hop's answer it would say 503, by the limit for that.
        fine = status == 422 and answer.get("property") == "maxdelivertime" and "has passed" in answer["error"]
        time.sleep(max(0, 5 - took))
        check(f"maxdelivertime passes while the next hop hesitates {where}: 422, and nothing is sent", fine and stored[who] == 0, (status, answer, took))


def too_late_in_the_queue():
    """All sessions are taken by others."""
    others = [threading.Thread(target=rest, args=("busy@example.test", f"busy{number}@example.test")) for number in range(20)]
    for other in others:
        other.start()
    busy = until(lambda: held["busy@example.test"] == 20)
    who = "late2@example.test"
    began = time.monotonic()
    status, _, answer = Rest(args.rest).send({"recipient": who, "from": "a@example.test", "text": "x", "maxdelivertime": moment(2)})
    took = time.monotonic() - began
    go_on.set()
    for other in others:
        other.join()
    fine = busy and status == 422 and answer.get("property") == "maxdelivertime" and stored[who] == 0
    check("maxdelivertime passes while all sessions are busy: 422, and nothing is sent", fine, (held["busy@example.test"], status, answer, took))
    counts = [stored[f"busy{number}@example.test"] for number in range(20)]
    check("those that kept them busy arrived once", counts == [1] * 20, counts)


def not_promised():
    """What the next hop does not offer is not offered at the SMTP door once that is known."""
    rest("a@example.test", "known@example.test")
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=60)
    server.ehlo()
    found = [word for word in ("dsn", "deliverby") if server.has_extn(word)]
    server.login("my-username", "my-password")
    code, text = server.mail("a@example.test", ["BY=60;R"])
    server.close()
    check("a next hop without DSN and DELIVERBY: neither is offered, and BY is refused", not found and code == 555, (found, code, text))


def hostile():
    for manner, statuses, delivered in [
        ("drip", (200,), 1), ("leave", (503,), 0), ("endless", (502, 503), 0), ("long", (502, 503), 0), ("garbage", (502, 503), 0), ("hasty", (200, 502, 503), 0),
    ]:
        who = f"{manner}1@example.test"
        began = time.monotonic()
        status, _, answer = rest(f"{manner}@example.test", who)
        took = time.monotonic() - began
        fine = status in statuses and took < MAIL + 20 and stored[who] == delivered
        # Nobody may be told that a mail was taken which was not.
        fine = fine and (status != 200 or delivered == 1)
        check(f"a next hop of the manner {manner}, by REST: {status}", fine, (status, answer, took, stored[who]))
        who = f"{manner}2@example.test"
        code, text = smtp(f"{manner}@example.test", who)
        fine = (code == 250) == (delivered == 1) and stored[who] == delivered and (delivered or 400 <= code < 500)
        check(f"a next hop of the manner {manner}, by SMTP: {code}", fine, (code, text, stored[who]))
    status, _, answer = rest("a@example.test", "after@example.test")
    check("after all that, a mail goes through", status == 200 and stored["after@example.test"] == 1, (status, answer))


def silence():
    """A next hop that says nothing more holds nobody longer than the gateway was told, and what is not known is not claimed."""
    found = {}

    def one(door, manner):
        who = f"{manner}-{door.__name__}@example.test"
        began = time.monotonic()
        said = door(f"{manner}@example.test", who)
        found[manner, door.__name__] = said, time.monotonic() - began, stored[who]

    manners = ["greeting", "mute-rcpt", "mute-data", "mute-content", "mute-end", "creep"]
    # The first two sessions are not greeted.
    announce(*announced)
    muted.extend(range(2))
    threads = []
    for manner in manners:
        threads += [threading.Thread(target=one, args=(door, manner)) for door in (rest, smtp)]
        for thread in threads[-2:]:
            thread.start()
        until(lambda: not muted)
    for thread in threads:
        thread.join()
    for manner in manners:
        (status, headers, answer), took, there = found[manner, "rest"]
        seconds = MAIL if manner == "mute-end" else ANSWER
        if manner == "mute-end":
            fine = status == 502 and "may have been delivered" in answer["error"] and "retry-after" not in headers and there == 1
        else:
            fine = status == 503 and "retry-after" in headers and "took too long" in answer["error"] and there == 0
        check(f"silent ({manner}), by REST: {status} in time", fine and seconds - 0.5 < took < MAIL + 20, (status, answer, took, there), f"{took:.1f} s")
        (code, text), took, there = found[manner, "smtp"]
        if manner == "mute-end":
            fine = code == 451 and b"4.4.2" in text and b"may have been taken" in text and there == 1
        else:
            fine = code == 451 and there == 0
        check(f"silent ({manner}), by SMTP: {code} in time", fine and took < MAIL + 20, (code, text, took, there), f"{took:.1f} s")
    fates = {(entry[0], entry[2][:9]) for entry in entries("mute-end@example.test")}
    check("silent behind the mail: nobody knows what became of it, says the journal", {fate for fate, _ in fates} == {"unknown"}, fates)


def unwelcoming():
    """A next hop that wants nobody: its words where it has some, and no mail is lost."""
    for words, statuses, text in [
        ("554 5.7.1 you are on a list", (502,), "you are on a list"),
        ("421 4.3.2 too many of you", (503,), "too many of you"),
        ("what do you want", (502, 503), ""),
        ("\x00\x16\x03", (502, 503), ""),
        (None, (503,), "closed"),
    ]:
        announce(*announced)
        greeting[0] = words
        status, headers, answer = rest("a@example.test", "welcome1@example.test")
        fine = status in statuses and text in answer["error"] and ("retry-after" in headers) == (status == 503)
        check(f"greeted with {words!r}, by REST: {status}", fine, (status, headers, answer))
        code, said = smtp("a@example.test", "welcome2@example.test")
        check(f"greeted with {words!r}, by SMTP: {code}", code == 451, (code, said))
    greeting[0] = "220 hop ESMTP"
    check("nobody got a mail by that", stored["welcome1@example.test"] == stored["welcome2@example.test"] == 0, stored)


def plain_and_simple():
    """A next hop that takes 7-bit octets and ASCII addresses only: what can be encoded is, and the rest is refused with the reason."""
    announce("PIPELINING")
    mail = {"recipient": "plain@example.test", "from": "J\u00f6rg <a@example.test>", "subject": "\u20ac", "text": "Gr\u00fc\u00dfe", "html": "\u20ac"}
    status, _, answer = Rest(args.rest).send({**mail, "extra": {"x-name": "\u00fc"}})
    check("a next hop without 8BITMIME and SMTPUTF8 gets texts and names encoded", status == 200 and stored["plain@example.test"] == 1, (status, answer))
    for what, body, properties, text in [
        ("a recipient's address", {**mail, "recipient": "j\u00f6rg@example.test"}, (None,), "SMTPUTF8"),
        ("a domain", {**mail, "recipient": "a@b\u00fccher.example"}, (None,), "SMTPUTF8"),
        ("a return path", {**mail, "envelope": "j\u00f6rg@example.test"}, (None,), "SMTPUTF8"),
        ("an address in to", {**mail, "to": "J <j\u00f6rg@example.test>"}, (None,), "SMTPUTF8"),
        ("a message of one's own", {"recipient": "plain@example.test", "mime": "From: a@example.test\r\n\r\n\u00fc\r\n"}, ("mime",), "7-bit"),
        ("its header section", {"recipient": "plain@example.test", "mime": "From: a@example.test\r\nSubject: \u00fc\r\n\r\nx\r\n"}, ("mime", None), ""),
    ]:
        status, _, answer = Rest(args.rest).send(body)
        fine = status == 422 and answer.get("property") in properties and text in answer["error"]
        check(f"it gets no {what} that is not ASCII: 422 that says so", fine and stored["plain@example.test"] == 1, (status, answer))
    server = smtplib.SMTP("127.0.0.1", args.smtp, timeout=60)
    server.login("my-username", "my-password")
    codes = [server.docmd(f"MAIL FROM:<a@example.test> {parameter}")[0] for parameter in ("SMTPUTF8", "BODY=8BITMIME")]
    server.close()
    check("nor by SMTP: 553 and 554", codes == [553, 554], codes)


def ended_under_load():
    """Told to end while 20 clients send: who was told 200 has arrived, once, and nobody else. A connection that the system has taken
    in the very moment in which the door closes is reset; nothing of it is sent."""
    announce("PIPELINING", "8BITMIME", "SIZE")
    taken, unanswered, refused, lock = [], [], collections.Counter(), threading.Lock()

    def client(number):
        for count in range(10_000):
            who = f"load{number}-{count}@example.test"
            try:
                status, _, answer = Rest(args.rest).send({"recipient": who, "from": "a@example.test", "text": "x"})
            except ConnectionRefusedError:
                return
            except (OSError, http.client.HTTPException) as error:
                with lock:
                    unanswered.append((who, repr(error)))
                return
            with lock:
                if status == 200:
                    taken.append(who)
                else:
                    refused[status, answer["error"]] += 1

    clients = [threading.Thread(target=client, args=(number,)) for number in range(20)]
    for thread in clients:
        thread.start()
    until(lambda: len(taken) > 50)
    last = {}
    late = [threading.Thread(target=lambda sender=sender: last.update({sender: rest(f"{sender}@example.test", f"{sender}-last@example.test")})) for sender in ("mute-end", "mute-data")]
    before = held["mute-end@example.test"], held["mute-data@example.test"]
    for thread in late:
        thread.start()
    # Each has come to where it is silent.
    until(lambda: held["mute-end@example.test"] > before[0] and held["mute-data@example.test"] > before[1])
    os.kill(args.pid, signal.SIGTERM)
    for thread in clients:
        thread.join()
    for thread in late:
        thread.join()
    statuses = [last[sender][0] if sender in last else None for sender in ("mute-end", "mute-data")]
    check("who waits for a silent next hop is told before the gateway ends: 502 behind the mail, else 503", statuses == [502, 503], last)
    there = {who: times for who, times in stored.items() if who.startswith("load")}
    silent = {who for who, _ in unanswered}
    wrong = [who for who in taken if there.get(who) != 1] + [who for who in there if who not in taken]
    statuses = {status for status, _ in refused}
    fine = taken and not wrong and len(silent) < 3 and statuses <= {503}
    check("told to end under load: none lost, none doubled", fine, (wrong, unanswered, refused), f"{len(taken)} taken, {len(silent)} connections reset")


def lies_about_size():
    announce("SIZE 1000", "PIPELINING")
    status, _, answer = rest("a@example.test", "size1@example.test")
    check("a next hop that takes little, by REST: 422", status == 422 and "larger" in answer["error"] and not stored["size1@example.test"], (status, answer))
    announce("SIZE 18446744073709551616999", "PIPELINING")
    status, _, answer = rest("a@example.test", "size2@example.test")
    check("a next hop whose SIZE is no number: the mail goes through", status == 200 and stored["size2@example.test"] == 1, (status, answer))
    announce("SIZE 100000000", "PIPELINING")
    status, _, answer = rest("no@example.test", "size3@example.test")
    check("a next hop that takes less than it says: its words", status == 422 and "spam" in answer["error"], (status, answer))


if __name__ == "__main__":
    main()
