#!/usr/bin/env python3
"""Mutants of kinds that cargo-mutants does not make, of the functions in its list: a statement or a `return` left out, an alternative of a
pattern or an operand of a condition left out, and a value of an enumeration, a number or a truth exchanged. Most lines are looked at by themselves.

    exchanged_mutants.py LIST OUT    what `cargo mutants --list --json` says comes in and these go to OUT, in the same form
"""

import json
import re
import sys
from pathlib import Path

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
PATTERN = r"(?:\w+::)+\w+(?:\([^()]*\))?"
COMPARED = r"(?: (?:==|!=|>|<|>=|<=) [\w:.]+)?"
LEFT_OUT = [
    re.compile(PATTERN + r" \| "),
    re.compile(r" \| " + PATTERN),
    re.compile(r"(?:&&|\|\|(?! \{)) !?[\w.():&]+" + COMPARED),
    re.compile(r"!?self[\w.():]*" + COMPARED + r" (?:&&|\|\|) "),
]
DECLARES = ("let", "return", "use", "const", "static")


def changes(line):
    """What may become of a line of a function: from, to, replacement, and what that is."""
    statement, indent = line.strip(), len(line) - len(line.lstrip())
    if statement.startswith("//"):
        return
    if statement.endswith(";"):
        if re.match(r"[\w*]", statement) and not statement.startswith(DECLARES):
            yield indent, len(line), "", f"leave out `{statement}`"
        if statement.startswith("return "):
            yield indent, len(line), statement.removeprefix("return "), f"go on behind `{statement}`"
            yield indent, len(line), "", f"leave out `{statement}`"
    code = line.split("//")[0]
    for found in VALUE.finditer(code):
        kind, value, end = found[1], found[2], found.end()
        if kind == "Step":
            at = STEPS.index(value)
            others = STEPS[max(at - 1, 0) : at] + STEPS[at + 1 : at + 2]
        else:
            others = [other for other in OTHERS[kind] if other != value]
        arguments = ARGUMENTS.match(code, end)
        if arguments and kind == "Cause":
            end = arguments.end()
        if arguments and kind == "Misuse":
            continue
        for other in others:
            yield found.start(), end, f"{kind}::{other}", f"replace {code[found.start() : end]} with {kind}::{other}"
    for found in re.finditer(r"\b(true|false|0|1)\b", code):
        other = {"true": "false", "false": "true", "0": "1", "1": "0"}[found[0]]
        yield found.start(), found.end(), other, f"replace {found[0]} with {other}"
    for pattern in LEFT_OUT:
        for found in pattern.finditer(code):
            yield found.start(), found.end(), "", f"leave out `{found[0]}`"


def main():
    functions = {}
    for mutant in json.loads(Path(sys.argv[1]).read_text()):
        if mutant["function"]:
            span = mutant["function"]["span"]
            functions[mutant["file"], span["start"]["line"], span["end"]["line"]] = mutant["function"]
    out = {}
    for (file, first, last), function in sorted(functions.items(), key=lambda item: item[0]):
        lines = Path(file).read_text().splitlines()
        body = next(number for number in range(first, last + 1) if lines[number - 1].rstrip().endswith("{"))
        for number in range(body + 1, last):
            for start, end, replacement, what in changes(lines[number - 1]):
                span = {"start": {"line": number, "column": start + 1}, "end": {"line": number, "column": end + 1}}
                name = f"{file}:{number}:{start + 1}: {what} in {function['function_name']}"
                made = {"file": file, "function": function, "span": span, "replacement": replacement, "name": name}
                out.setdefault((file, number, start, end, replacement), made)
    Path(sys.argv[2]).write_text(json.dumps(list(out.values())))


main()
