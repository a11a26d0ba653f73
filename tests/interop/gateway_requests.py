#!/usr/bin/env python3
"""Requests as nobody should write them: each gets the answer that is documented, with a text, and none makes another mail than it says.

  gateway_requests.py --rest PORT --inbox DIR      the inbox is the next hop
"""

import email
import email.policy
import http.client
import json
import pathlib
import socket

from gateway_common import arguments, check, form, run, TOKEN

args = None
MAIL = {"recipient": "b@example.test", "from": "a@example.test", "text": "x"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
# What was answered: path, method, status and content type.
seen = set()


def main():
    global args
    args = arguments(__doc__, "rest", inbox=pathlib.Path)
    run(header_fields, tokens, methods_and_paths, bodies, framing, nothing_gets_in, own_messages, as_described)


def ask(method="POST", path="/v1/send", body=None, fields=(("Content-Type", JSON),), token=TOKEN):
    """A request with just these header fields; gives the status, the fields of the answer, and its body."""
    connection = http.client.HTTPConnection("127.0.0.1", args.rest, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    octets = body if isinstance(body, bytes) else json.dumps(body or MAIL).encode()
    for name, value in [*fields, *([("Authorization", f"Bearer {token}")] if token else []), ("Content-Length", str(len(octets)))]:
        connection.putheader(name, value)
    connection.endheaders(octets)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    kind = (answer.getheader("Content-Type") or "").split(";")[0]
    seen.add((path.split("?")[0], method, answer.status, kind))
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content


def table(what, rows):
    """One row for many requests: each is its name, what was got, the status expected, and a word of the text."""
    wrong = []
    for name, (status, _, content), expected, word in rows:
        text = content.decode(errors="replace")
        told = status < 400 or json.loads(text)["error"]
        if status != expected or not told or word not in text:
            wrong.append((name, status, text[:200]))
    check(what, not wrong, wrong, f"{len(rows)} requests")


def header_fields():
    rows = []
    for value, status in [
        ("application/json; charset=utf-8", 200), ('APPLICATION/JSON; Charset="UTF-8"', 200), ("application/json; charset=iso-8859-1", 415),
        ("application/json; charset=utf-16", 415), ("text/json", 415), ("multipart/form-data; boundary=x", 415), ("", 415),
    ]:
        rows.append((value, ask(fields=[("Content-Type", value)]), status, ""))
    twice = [("Content-Type", JSON), ("Content-Type", FORM)]
    rows += [
        ("none", ask(fields=()), 415, "Content-Type"), ("two", ask(fields=twice), 415, "twice"),
        ("latin1 form", ask(body=b"recipient=b%40b", fields=[("Content-Type", f"{FORM}; charset=latin1")]), 415, "UTF-8"),
        ("gzip", ask(fields=[("Content-Type", JSON), ("Content-Encoding", "gzip")]), 415, "Content-Encoding"),
        ("identity", ask(fields=[("Content-Type", JSON), ("Content-Encoding", "Identity")]), 200, ""),
    ]
    table("header fields of the body: none is passed over", rows)


def tokens():
    rows = []
    for value, status, word in [
        (f"Bearer {TOKEN}", 200, ""), (f"bearer  {TOKEN}", 200, ""), (f"Basic {TOKEN}", 401, "must be Bearer"), ("Bearer", 401, "must be Bearer"),
        (TOKEN, 401, "must be Bearer"), (f"Bearer {TOKEN}x", 401, "not known"), (f"Bearer {TOKEN[:-1]}", 401, "not known"),
    ]:
        rows.append((value, ask(token=None, fields=[("Content-Type", JSON), ("Authorization", value)]), status, word))
    rows.append(("two", ask(fields=[("Content-Type", JSON), ("Authorization", f"Bearer {TOKEN}")]), 401, "twice"))
    percent = "".join(f"%{octet:02x}" for octet in TOKEN.encode())
    for query, status in [
        (f"?access_token={TOKEN}", 200), (f"?access_token={percent}", 200), (f"?access_token={TOKEN}&", 200), ("?access_token=", 401), ("?access_token", 401),
        ("?access_token=%", 400), ("?access_token=%zz", 400), (f"?access_token={TOKEN}&access_token={TOKEN}", 400), (f"?access_token[]={TOKEN}", 400),
        (f"?ACCESS_TOKEN={TOKEN}", 400), (f"?access_token={TOKEN}&recipient=x", 400), ("", 401),
    ]:
        rows.append((query, ask(path=f"/v1/send{query}", token=None), status, ""))
    rows.append(("both", ask(path=f"/v1/send?access_token={TOKEN}"), 401, "give one"))
    table("tokens: one, known, and in one place", rows)
    wanted = ask(token=None)[1].get("www-authenticate")
    check("401 says which scheme", wanted == "Bearer", wanted)


def methods_and_paths():
    rows, wrong = [], []
    allowed = {"/v1/send": "POST", **dict.fromkeys(("/v1/mails", "/", "/openapi.json", "/metrics", "/health"), "GET,HEAD")}
    for path, methods in allowed.items():
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "POST"):
            status, fields, content = ask(method, path)
            fine = method in methods.split(",")
            if status != (200 if fine else 405) or (not fine and (fields.get("allow") != methods or method != "HEAD" and not json.loads(content)["error"])):
                wrong.append((method, path, status, fields))
    for path in ("/v1/send/", "//v1/send", "/v1//send", "/v1/../v1/send", "/V1/send", "/%761/send", "/v1/send%2f", "/v1/send;x=1", "*", "/nowhere"):
        rows.append((path, ask(path=path), 404, "nothing here"))
    check("each path takes its methods, and names them to others", not wrong, wrong)
    table("no path leads around", rows)


def bodies():
    rows = []
    for body, word in [
        (b'{"recipient":"b@b","recipient":"c@c"}', "twice"), (b'{"recipient":"b@b","recipien\\u0074":"c@c"}', "twice"), (b'{"mime":null,"m\\u0069me":""}', "twice"),
        (b'{"data":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}", "recursion"), (b'{"data":{"a":1e999}}', "out of range"), (b'{"data":{"a":NaN}}', "column 14"),
        (b'{"recipient":"b@\xff.c"}', "invalid unicode"), (b'{"recipient":"\\ud800@b.c"}', "column"), (b'{"recipient":"b@b.c"} x', "trailing"), (b"", "empty"), (b" \n", "empty"),
        (b"[]", "one JSON object"), (b"5", "one JSON object"), (b"null", "one JSON object"), ('{"recipient":"b@b"}'.encode("utf-16"), "UTF-16"), ('{"recipient":"b@b"}'.encode("utf-8-sig"), "byte order mark"), (b"recipient=b@b", "looks like a form"), (b'{"":1}', "has no name"),
        (b'{"recipient":["b@b"]}', "expected a string"), (b'{"attachments":{}}', "expected an array"), (b'{"extra":[]}', "expected an object"),
        (b'{"recipients":{"b@b":5},"from":"a@b","text":"x"}', "personal data"), (b'{"recipients":["b@b","b@B"],"from":"a@b","text":"x"}', "twice"),
        (b'{"recipient":"b@b","from":"a@b","text":"{$n}","data":{"n":12345678901234567890123}}', "as a string"),
    ]:
        rows.append((body[:60], ask(body=body), 400, word))
    table("JSON that is none, or says something twice or unclearly: 400", rows)
    rows = []
    for body, word in [
        (b"recipient=b%40b&recipient=c%40c", "twice"), (b"to=a%40b&to[]=c%40d", "both"), (b"to[=x", "brackets"), (b"=x", "without a name"), (b"a=%zz", "hexadecimal"),
        (b"a=%4", "ends within"), (b"a=%ff", "not UTF-8"), (b"mime&mime=x", "twice"), (b"recipient=b%40b.c&mime", "no message"), (b"recipient=b%40b;from=a%40b", "no pure address"),
        (b"recipients=b%40b&from=a%40b&text=x", "array"), (b"recipients[1]=b%40b&recipients[3]=c%40d&from=a%40b&text=x", "array"), (b"[a]=1", "without a name"),
        (b"access_token=x", "no such property"), (b"extra[Subject]=x&recipient=b%40b&from=a%40b&text=x", "x-"),
    ]:
        rows.append((body, ask(body=body, fields=[("Content-Type", FORM)]), 400, word))
    rows.append(("JSON", ask(body=json.dumps(MAIL).encode(), fields=[("Content-Type", FORM)]), 415, "Content-Type: application/json"))
    # As it was written, its signs are blanks, and without them it is the base64 of another file.
    file = form(MAIL).encode() + b"&attachments[0][data]="
    rows.append(("+", ask(body=file + b"QUJD++++", fields=[("Content-Type", FORM)]), 400, "%2B"))
    rows.append(("%2B", ask(body=file + b"QUJD%2B%2B%2B%2B", fields=[("Content-Type", FORM)]), 200, ""))
    table("forms that are none, or say something twice or unclearly: 400", rows)
    rows = []
    for name in ("trackclicks", "trackopens", "trackbounces", "preventscam", "inlinecss", "images", "tags"):
        for value, status in (("", 200), ("false", 200), ("true", 422)):
            both = form([*MAIL.items(), (name, value)]).encode()
            rows.append((f"{name}={value}", ask(body=both, fields=[("Content-Type", FORM)]), status, name if status == 422 else ""))
            rows.append((f"{name}: {value}", ask(body={**MAIL, name: json.loads(value or '""')}), status, name if status == 422 else ""))
    table("what a hosted service does is off in both forms, or a 422", rows)


def raw(octets, seconds=5):
    """What comes back for these octets."""
    said = b""
    with socket.create_connection(("127.0.0.1", args.rest), timeout=seconds) as connection:
        try:
            connection.sendall(octets)
            while piece := connection.recv(65536):
                said += piece
        except OSError as error:
            said += repr(error).encode()
    return said


def framing():
    body = json.dumps(MAIL).encode()
    head = f"POST /v1/send HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {JSON}\r\nAuthorization: Bearer {TOKEN}\r\n"
    chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    length = f"Content-Length: {len(body)}\r\n"
    wrong = []
    for name, fields, content, expected in [
        ("chunked", "Transfer-Encoding: chunked\r\n", chunked, b"HTTP/1.1 200"),
        ("another coding", "Transfer-Encoding: gzip, chunked\r\n", chunked, b"HTTP/1.1 415"),
        ("chunks that are none", "Transfer-Encoding: chunked\r\n", b"zz\r\n" + body, b"HTTP/1.1 400"),
        ("two lengths", length + "Content-Length: 3\r\n", body, b"HTTP/1.1 400"),
        ("a negative length", "Content-Length: -1\r\n", body, b"HTTP/1.1 400"),
        ("a length beyond all bounds", "Content-Length: 99999999999999\r\n", b"", b"HTTP/1.1 413"),
        ("no length", "", b"", b"HTTP/1.1 400"),
        ("leave asked for", length + "Expect: 100-continue\r\n", body, b"HTTP/1.1 100"),
        ("many fields", "X-Y: z\r\n" * 500 + length, body, b"HTTP/1.1 431"),
        ("long fields", f"X-Y: {'z' * 140_000}\r\n" + length, body, b"HTTP/1.1 431"),
        ("no field", "what is this\r\n", body, b"HTTP/1.1 400"),
    ]:
        said = raw(head.encode() + fields.encode() + b"\r\n" + content)
        if not said.startswith(expected) or expected >= b"HTTP/1.1 4" and not json.loads(said.split(b"\r\n\r\n")[1])["error"]:
            wrong.append((name, said[:200]))
    said = raw(head.replace("/v1/send", f"/v1/send?access_token={'x' * 70_000}").encode() + b"\r\n")
    if not said.startswith(b"HTTP/1.1 414") or b"too long" not in said:
        wrong.append(("a long address", said[:200]))
    said = raw(head.replace(TOKEN, "wrong").encode() + length.encode() + b"Expect: 100-continue\r\n\r\n")
    if not said.startswith(b"HTTP/1.1 401"):
        wrong.append(("leave without a token", said[:200]))
    check("framing: what is not clear is refused, and who asks for leave without a token gets none", not wrong, wrong)


def inbox():
    return {file: email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in args.inbox.glob("*.eml")}


def nothing_gets_in():
    """A line break, or what looks like more of a header field, in every text of a request."""
    before = set(inbox())
    broken = "x\r\nBcc: stranger@example.test"
    rows = []
    for name, change in {
        "recipient": {"recipient": "b@example.test\r\nDATA"}, "a parameter": {"recipient": "b@example.test> SIZE=1"}, "envelope": {"envelope": f"a@example.test{broken}"},
        "from": {"from": f"{broken} <a@example.test>"}, "to": {"to": f"{broken} <a@example.test>"}, "cc": {"cc": [f"a@example.test{broken}"]}, "replyto": {"replyto": broken},
        "subject": {"subject": broken}, "a lone LF": {"subject": "x\nBcc: y"}, "a lone CR": {"subject": "x\rBcc: y"}, "NUL": {"subject": "x\0y"}, "C1": {"subject": "x\u0085y"},
        "extra": {"extra": {"x-a": broken}}, "its name": {"extra": {"x-a: 1\r\nBcc": "y"}}, "another name": {"extra": {"Bcc": "y"}}, "a name with a blank": {"extra": {"x-a b": "y"}},
        "unsubscribe": {"unsubscribe": f"https://x/{broken}"}, "its brackets": {"unsubscribe": "https://x/>, <mailto:y@z"}, "a file's name": {"attachments": [{"data": "", "name": broken}]},
        "a file's type": {"attachments": [{"data": "", "type": f"text/plain{broken}"}]}, "multipart": {"attachments": [{"data": "", "type": "multipart/mixed"}]},
        "envid": {"dsn": {"envid": broken}}, "orcpt": {"dsn": {"orcpt": broken}}, "a value": {"subject": "{$v}", "data": {"v": broken}},
        "a value in an address": {"to": "A <{$v}>", "data": {"v": "x@y.z>, <stranger@example.test"}}, "a value with two addresses": {"to": "{$v}", "data": {"v": "a@b.c, d@e.f"}},
    }.items():
        rows.append((name, ask(body={**MAIL, **change}), 400, "error"))
    mime = "From: a@example.test\r\nSubject: {$v}\r\n\r\nx"
    rows.append(("a value in mime", ask(body={"recipient": "b@example.test", "mime": mime, "data": {"v": broken}}), 400, "header section"))
    table("no text brings in a header field, a command or an address: 400", rows)
    check("and no mail was made of them", set(inbox()) == before, len(inbox()) - len(before))
    values = {"a": "{$b}", "b": "{$a}", "u": "\"><script>alert('x')</script>"}
    ask(body={**MAIL, "subject": "{$a} as it is", "text": "{$a}{$b}", "html": "<a href=\"{$u}\">{$a}</a>", "data": values})
    found = [mail for mail in inbox().values() if mail["Subject"] == "{$b} as it is"]
    texts = [part.get_content().strip() for part in found[0].walk() if part.get_content_maintype() == "text"] if found else []
    fine = texts == ["{$b}{$a}", '<a href="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;">{$b}</a>']
    check("a variable in a value stays as it is, and html is escaped", fine, texts)
    ask(body={**MAIL, "subject": "named", "attachments": [{"data": "QQ==", "name": "a\"; filename=\"evil.exe", "type": "text/plain"}]})
    found = [mail for mail in inbox().values() if mail["Subject"] == "named"]
    names = [file.get_filename() for mail in found for file in mail.iter_attachments()]
    check("quotation marks in a file's name do not end it", names == ["a\"; filename=\"evil.exe"], names)


def own_messages():
    """What is sent as it is, is sent as it is but for line ends: nothing in it ends the mail early, and blind copies stay in it."""
    mime = "From: a@example.test\r\nSubject: own\r\nBcc: c@example.test\r\n\r\none\r\n.\r\nMAIL FROM:<x@y>\n.\n\n.\r.\rtwo\r\n" + "z" * 5000 + "\r\n\u00e9"
    status, _, content = ask(body={"recipient": "b@example.test", "mime": mime})
    found = [file for file, mail in inbox().items() if mail["Subject"] == "own"]
    said = found[0].read_bytes().split(b"From: a@", 1)[1] if len(found) == 1 else b""
    expected = mime.split("From: a@", 1)[1].replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n") + "\r\n"
    check("a message of one's own with dots, bare line ends, long lines and 8-bit octets arrives as it is", status == 200 and said == expected.encode(), (status, content, said[:300]))
    rows = []
    for text, word in [("", "no message"), ("no header", "no message"), ("\r\nFrom: a@b", "no message"), ("From a@b Thu\r\nFrom: a@b\r\n\r\n", "no message"), ("From: a@b\r\n\r\n\0", "NUL"),
                       ("Subject: x\r\n\r\n", "envelope"), ("From: @@\r\n\r\n", "envelope"), ("From: a\u0085@b.c\r\n\r\n", "U+0085")]:
        rows.append((text, ask(body={"recipient": "b@example.test", "mime": text}), 400, word))
    table("what is no message, or has no return path: 400", rows)


def as_described():
    """Each answer so far stands in the document, with its type."""
    document = json.loads(ask("GET", "/openapi.json", token=None)[2])
    missing = []
    for path, method, status, kind in sorted(seen):
        if status in (404, 405) or method == "HEAD":
            continue
        answer = document["paths"][path][method.lower()]["responses"].get(str(status))
        if answer is None or kind not in answer["content"]:
            missing.append((path, method, status, kind))
    check("/openapi.json describes every answer", not missing, missing, f"{len(seen)} kinds")


if __name__ == "__main__":
    main()
