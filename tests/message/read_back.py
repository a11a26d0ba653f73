#!/usr/bin/env python3
"""Reads the mails of a directory with Python's email package and compares them with what was put in.

Usage: read_back.py DIRECTORY, with NNN.eml (the mail) and NNN.txt ("key hexvalue" lines).
"""

import email
import email.policy
import pathlib
import re
import sys


def expectations(path):
    for line in path.read_text().splitlines():
        key, _, value = line.partition(" ")
        yield key, bytes.fromhex(value)


def spaces(text):
    # Display names are compared as the package gives them: with runs of white space as one space, and
    # none at the ends.
    return re.sub(r"\s+", " ", text).strip()


def same_people(field, expected, key):
    found = [(spaces(one.display_name), one.addr_spec) for one in field.addresses] if field else []
    written = [value.decode() for name, value in expected if name == key + ".name"]
    names = [spaces(name) for name in written]
    mailboxes = [value.decode() for name, value in expected if name == key + ".mailbox"]
    wanted = list(zip(names, mailboxes))
    assert len(found) == len(wanted), (key, found, wanted)
    for (name, mailbox), (wanted_name, wanted_mailbox), whole in zip(found, wanted, written):
        assert mailbox == wanted_mailbox, (key, mailbox, wanted_mailbox)
        if name != wanted_name:
            # Names of several encoded words are compared without white space; tests/message.rs compares
            # them octet for octet. A name that fits into one encoded word must be right.
            # White space that is not compared was written, too.
            octets = whole.encode()
            assert min(len(octets) * 4 / 3, 3 * len(octets)) > 60, (key, name, wanted_name)
            assert name.replace(" ", "") == wanted_name.replace(" ", ""), (key, name, wanted_name)


def one(expected, key):
    return next((value for name, value in expected if name == key), None)


def check_defects(part):
    defects = list(part.defects)
    for name, value in part.items():
        defects += [(name, defect) for defect in value.defects]
    assert not defects, defects


def check_header(mail, expected):
    subject = one(expected, "subject")
    assert (mail["subject"] is None) == (subject is None)
    if subject is not None:
        assert mail["subject"] == subject.decode(), (mail["subject"], subject.decode())
    assert mail["comments"] == one(expected, "comments").decode(), (mail["comments"], one(expected, "comments"))
    assert mail["x-reading"] == "t=21.5; u=C"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["mime-version"].version == "1.0"
    date = mail["date"].datetime
    assert date.timestamp() == int(one(expected, "timestamp"))
    assert date.utcoffset().total_seconds() == 60 * int(one(expected, "offset"))
    for key in ("from", "to", "cc", "reply-to"):
        same_people(mail[key], expected, key)
    if not any(key in ("to.mailbox", "cc.mailbox") for key, _ in expected):
        assert mail["to"].groups[0].display_name == "undisclosed-recipients"
    assert mail["bcc"] is None
    references = [value.decode() for key, value in expected if key == "reference"]
    assert (mail["references"] or "").split() == references
    for name, count in {name: len(mail.get_all(name)) for name in mail.keys()}.items():
        assert count == 1, (name, count)


def check_parts(mail, expected):
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    wanted = []
    for key, value in expected:
        if key == "part":
            wanted.append({"type": value.decode(), "name": None})
        elif key in ("text", "octets", "name") and wanted:
            wanted[-1][key] = value
    assert len(leaves) == len(wanted), (len(leaves), len(wanted))
    alone = bool(one(expected, "alone"))
    for leaf, want in zip(leaves, wanted):
        assert leaf.get_content_type() == want["type"]
        # The parameter as it is; get_filename() is for people and tidies it.
        disposition = leaf["content-disposition"]
        name = disposition.params.get("filename") if disposition else None
        assert name == (want["name"].decode() if want["name"] else None), (name, want["name"])
        found = leaf.get_payload(decode=True)
        if "octets" in want:
            assert found == want["octets"], (found, want["octets"])
            continue
        assert leaf.get_content_charset() == "utf-8"
        text = want["text"]
        if alone and not text.endswith(b"\r\n") and found.endswith(b"\r\n"):
            found = found[:-2]  # the last line of a mail always ends
        assert found == text, (found, text)


def main(directory):
    mails = sorted(pathlib.Path(directory).glob("*.eml"))
    failed = 0
    for path in mails:
        expected = list(expectations(path.with_suffix(".txt")))
        octets = path.read_bytes()
        try:
            mail = email.message_from_bytes(octets, policy=email.policy.default)
            header = mail
            if one(expected, "utf8"):
                text = octets.partition(b"\r\n\r\n")[0].decode() + "\r\n\r\n"
                header = email.message_from_string(text, policy=email.policy.SMTPUTF8)
            check_header(header, expected)
            check_parts(mail, expected)
            for part in mail.walk():
                if not one(expected, "utf8"):
                    check_defects(part)
        except Exception as error:
            failed += 1
            print(f"{path.name}: {type(error).__name__}: {error}")
    if failed:
        sys.exit(f"{failed} of {len(mails)} mails were not read back")
    print(f"{len(mails)} mails read back")


if __name__ == "__main__":
    main(sys.argv[1])
