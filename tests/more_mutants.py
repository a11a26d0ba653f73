#!/usr/bin/env python3
"""What cargo-mutants does not try, of the functions in its list: each statement of one line left out, or gone on behind if it returns; each
part of a condition true or false; each alternative of a pattern left out; a value of an enumeration, a number or a truth in the place of another.

    more_mutants.py LIST OUT    what `cargo mutants --list --json` says comes in and these go to OUT, in the same form
"""

import json
import re
import sys
from collections import defaultdict
from itertools import chain
from pathlib import Path

OPEN, CLOSE = "([{", ")]}"
STEPS = "Begin Opening Address Mail Rcpt Data Content End Leaving Done".split()
# What stands in the place of a value; more than one are tried one by one.
OTHERS = {
    "Cause": ["TimedOut", "TooLarge"],
    "Status": ["Waiting", "Accepted", "Delivered", "Refused"],
    "Verdict": ["Delivered", "RetryLater", "Unknown"],
    "Verb": ["Noop"],
    "Severity": ["Transient"],
    "Phase": ["Auth"],
    "TlsPolicy": ["Implicit"],
    "Extension": ["Dsn"],
    "Misuse": ["Parameter"],
}
VALUE = re.compile(r"\b(" + "|".join(OTHERS) + r"|Step)::(\w+)")
ARGUMENTS = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
PLAIN = {"true": "false", "false": "true", "0": "1", "1": "0"}


def masked(text):
    """The text with comments and strings blanked, at the same places."""
    blank = lambda found: re.sub(r"[^\n]", " ", found[0])
    return re.sub(r"//[^\n]*|\"(?:\\.|[^\"\\])*\"|b?'(?:\\.|[^'\\])'", blank, text)


def parts(text, separators):
    """(start, end) of what stands between separators that are in no brackets."""
    depth, at, last = 0, 0, 0
    while at < len(text):
        if text[at] in OPEN:
            depth += 1
        elif text[at] in CLOSE:
            depth -= 1
        found = next((s for s in separators if depth == 0 and text.startswith(s, at)), None)
        if found:
            yield last, at
            at += len(found)
            last = at
            continue
        at += 1
    yield last, len(text)


def trimmed(text, start, end):
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def changes(text, start, end):
    """(start, end, replacement, what) within the body of a function."""
    at = start
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip()
        whole = all(line.count(a) == line.count(b) for a, b in zip(OPEN, CLOSE))
        if words.endswith(";") and whole and not re.match(r"(let|return|break|use|const|static|=|\.|[})])\b", words) and words[0].isalpha():
            yield *trimmed(text, at, at + len(line)), "", f"leave out {' '.join(words.split())}"
        if words.endswith(";") and whole and words.startswith("return"):
            first, last = trimmed(text, at, at + len(line))
            yield first, last, "", f"leave out {words}"
            if words.startswith("return "):
                yield first, last, text[first:last].removeprefix("return "), f"go on behind {words}"
        at += len(line)
    for found in re.finditer(r"\b(?:if|while)\s", text[start:end]):
        first = start + found.end()
        depth, last = 0, first
        # A guard of a match is among cargo-mutants' own.
        if re.match(r"[^{\n]*=>", text[first:]):
            continue
        while depth or text[last] != "{":
            depth += (text[last] in OPEN) - (text[last] in CLOSE)
            last += 1
        operands = list(parts(text[first:last], ["&&", "||"]))
        for one, other in operands:
            one, other = trimmed(text, first + one, first + other)
            if not text.startswith("let ", one):
                for value in ("true", "false"):
                    yield one, other, value, f"replace {' '.join(text[one:other].split())} with {value}"
    for found in re.finditer(r"matches!\(", text[start:end]):
        first = last = start + found.end()
        depth = 0
        while depth or text[last] != ")":
            depth += (text[last] in OPEN) - (text[last] in CLOSE)
            last += 1
        comma = list(parts(text[first:last], [","]))[0][1]
        yield from alternatives(text, first + comma + 1, last)
    for found in re.finditer(r"^ *(\S[^\n]*?) (?:if [^\n]*)?=>", text[start:end], re.M):
        yield from alternatives(text, start + found.start(1), start + found.end(1))


def exchanged(text, start, end):
    """The same: values in the place of others."""
    for found in VALUE.finditer(text, start, end):
        kind, value, last = found[1], found[2], found.end()
        if kind == "Step":
            # Mechanisms have steps of their own.
            if value not in STEPS:
                continue
            at = STEPS.index(value)
            others = STEPS[max(at - 1, 0) : at] + STEPS[at + 1 : at + 2]
        else:
            others = [other for other in OTHERS[kind] if other != value]
        arguments = ARGUMENTS.match(text, last, end)
        if arguments and kind == "Misuse":
            continue
        if arguments and kind == "Cause":
            last = arguments.end()
        for other in others:
            yield found.start(), last, f"{kind}::{other}", f"replace {text[found.start() : last]} with {kind}::{other}"
    for found in re.compile(r"\b(true|false|0|1)\b").finditer(text, start, end):
        yield *found.span(), PLAIN[found[0]], f"replace {found[0]} with {PLAIN[found[0]]}"


def alternatives(text, first, last):
    """Of a pattern, and of those in brackets within it."""
    first, last = trimmed(text, first, last)
    if text[first] == "(" and text[last - 1] == ")":
        first, last = first + 1, last - 1
    several = list(parts(text[first:last], [","]))
    if len(several) > 1:
        for one, other in several:
            yield from alternatives(text, first + one, first + other)
        return
    for opened in re.finditer(r"\([^()]*\|[^()]*\)", text[first:last]):
        yield from alternatives(text, first + opened.start() + 1, first + opened.end() - 1)
    found = list(parts(text[first:last], [" | "]))
    if len(found) < 2:
        return
    for number, (one, other) in enumerate(found):
        kept = [text[first + a : first + b].strip() for n, (a, b) in enumerate(found) if n != number]
        left_out = text[first + one : first + other].strip()
        yield *trimmed(text, first, last), " | ".join(kept), f"leave out pattern {left_out}"


def main():
    listed = json.loads(Path(sys.argv[1]).read_text())
    functions = defaultdict(dict)
    for mutant in listed:
        if mutant["function"]:
            functions[mutant["file"]][json.dumps(mutant["function"]["span"])] = mutant
    more = []
    for file, spans in functions.items():
        text = Path(file).read_text()
        hidden = masked(text)
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        offset = lambda where: starts[where["line"] - 1] + where["column"] - 1

        def where(at):
            line = max(n for n, start in enumerate(starts) if start <= at)
            return {"line": line + 1, "column": at - starts[line] + 1}

        for model in spans.values():
            function = model["function"]
            first, last = offset(function["span"]["start"]), offset(function["span"]["end"])
            body = hidden.index("{", first) + 1
            made = set()
            for start, end, replacement, what in chain(changes(hidden, body, last - 1), exchanged(hidden, body, last - 1)):
                if (start, end, replacement) in made:
                    continue
                made.add((start, end, replacement))
                what = what if replacement else f"leave out {' '.join(text[start:end].split())}"
                span = {"start": where(start), "end": where(end)}
                at = f"{file}:{span['start']['line']}:{span['start']['column']}"
                name = f"{at}: {what} in {function['function_name']}"
                more.append(dict(model, name=name, span=span, replacement=replacement, genre="More"))
    Path(sys.argv[2]).write_text(json.dumps(more))
    print(len(more))


main()
