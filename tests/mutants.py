#!/usr/bin/env python3
"""All mutants of cargo-mutants' list in one build: each function holds its mutants as arms of a match, and which one runs
is said by a variable of the environment. A mutant then costs one run of the tests instead of one compilation.

    mutants.py COPY LIST OUT [--narrow]

COPY is what `inside` (inside.sh) has made, LIST is `cargo mutants --list --json`, and OUT gets a line for each mutant: what became of
it, a tab, its name. Left out (`skipped`) are constants and the functions that make them, which no variable reaches, and those that return `impl Trait`.
"""

import json
import os
import re
import resource
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

# Tests that take longer than a few hundredths of a second judge only what the others have let through.
SLOW = """blocks_find_the_same every_short_ long_content_ long_input_ a_million_ whatever_parses random_octets_ no_other_octet
    what_never_ends whatever_values chunks_that_bring_nothing bare_line_ends_in_chunks every_transcript_goes a_bdat_in_a_line wherever_421
    every_look_alike headers_go_both_ways any_transmit_buffer look_alikes_are content_of_any_size unstuffing_undoes the_crates_own
    at_random_what auth_lines_up_to ten_megabytes message sasl submission parameters_may_make lines_of_512 judge_attacks""".split()
PATIENCE = 4  # times what the tests take of the processor without a mutant


class Source:
    """A file, and its mutants by function."""

    def __init__(self, path, mutants):
        self.path = path
        self.text = path.read_text()
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        place = lambda where: starts[where["line"] - 1] + where["column"] - 1
        spans = {(place(m["function"]["span"]["start"]), place(m["function"]["span"]["end"])) for m in mutants}
        # Functions that constants are made by.
        self.constant = set()
        self.functions = defaultdict(list)
        for mutant in mutants:
            inner = (place(mutant["function"]["span"]["start"]), place(mutant["function"]["span"]["end"]))
            outer = min((span for span in spans if span[0] <= inner[0] and inner[1] <= span[1]), key=lambda s: s[0] - s[1])
            mutant["at"] = (place(mutant["span"]["start"]), place(mutant["span"]["end"]))
            self.functions[outer].append(mutant)

    def body(self, span):
        """Where the function's body stands, without its braces; None where a match cannot stand."""
        start, end = span
        at, signature = start, ""
        for line in self.text[start:end].splitlines(keepends=True):
            if line.strip().startswith(("//", "#[")):
                at += len(line)
                continue
            brace = line.find("{")
            signature += line if brace < 0 else line[:brace]
            if brace >= 0:
                at += brace + 1
                break
            at += len(line)
        if "-> impl" in signature or self.text[start:end] in self.constant:
            return None
        return at, self.text.rindex("}", start, end)

    def switched(self, viable):
        """The text with a match in each function, and the lines of each arm."""
        out, last, arms = [], 0, []
        for span in sorted(self.functions):
            body = self.body(span)
            chosen = [m for m in self.functions[span] if m["id"] in viable]
            if body is None or not chosen:
                continue
            # A constant function cannot be switched; most are called as any other.
            out.append(self.text[last : span[0]] + re.sub(r"\bconst fn\b", "fn", self.text[span[0] : body[0]]))
            out.append("\nmatch crate::mutant() {\n")
            for mutant in chosen:
                (start, end), comment = mutant["at"], self.text[body[0] : body[1]]
                changed = self.text[body[0] : start] + mutant["replacement"] + self.text[end : body[1]]
                line = sum(piece.count("\n") for piece in out) + 1
                out.append(f"{mutant['id']} => {{{changed}}}\n")
                arms.append((line, line + out[-1].count("\n"), mutant["id"]))
            out.append("_ => {" + self.text[body[0] : body[1]] + "}\n}\n")
            last = body[1]
        out.append(self.text[last:])
        return "".join(out), arms


def build(copy, sources, mutants):
    """The tests with all mutants that compile; those that do not are marked."""
    lib = copy / "src/lib.rs"
    if "fn mutant()" not in lib.read_text():
        with lib.open("a") as out:
            out.write(
                "pub(crate) fn mutant() -> u32 {\n"
                "    static CHOSEN: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| {\n"
                '        std::env::var("MUTANT").ok().and_then(|number| number.parse().ok()).unwrap_or(0)\n'
                "    });\n    *CHOSEN\n}\n"
            )
    while True:
        viable = {m["id"] for m in mutants if m.get("fate") is None}
        arms = {}
        for source in sources:
            text, arms[str(source.path.relative_to(copy))] = source.switched(viable)
            source.path.write_text(text)
        done = subprocess.run(
            ["cargo", "test", "--lib", "--no-run", "--message-format=json"], cwd=copy, text=True, capture_output=True
        )
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        for message in messages:
            if message.get("executable"):
                for source in sources:
                    source.path.write_text(source.text)
                return message["executable"]
        wrong, constants = set(), set()
        for message in messages:
            message = message.get("message") or {}
            if message.get("level") != "error":
                continue
            if (message.get("code") or {}).get("code") == "E0015":
                # A constant is made by a function that is none any more: `module::Type::name`.
                constants.update(name(path) for path in re.findall(r"`([\w:<>' ]+)`", message["message"]))
                continue
            for span in message["spans"]:
                for first, last, number in arms.get(span["file_name"], []):
                    if first <= span["line_start"] <= last:
                        wrong.add(number)
        for source in sources:
            for span, those in source.functions.items():
                if any(name(m["function"]["function_name"]) in constants for m in those):
                    source.constant.add(source.text[span[0] : span[1]])
                    wrong.update(m["id"] for m in those)
        for mutant in mutants:
            if mutant["id"] in wrong:
                constant = mutant["function"] and name(mutant["function"]["function_name"]) in constants
                mutant["fate"] = "skipped" if constant else "unviable"
        print(f"{len(wrong)} do not compile", flush=True)
        if not wrong:
            sys.exit(done.stderr + "\n".join(str(m.get("message", {}).get("rendered")) for m in messages)[:4000])


def name(path):
    """Type and name, or the name of a function in a module."""
    words = re.sub(r"<[^>]*>", "", path).split("::")[-2:]
    return "::".join(words if words[0][:1].isupper() else words[-1:])


def notices(program, copy, number, options, seconds=60):
    """Whether a test fails (`caught`), does not end (`timeout`), or neither (`missed`)."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    environment = dict(os.environ, MUTANT=str(number), RUST_BACKTRACE="0")
    run = subprocess.Popen(
        [program, *options],
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        preexec_fn=limit,
    )
    for line in run.stdout:
        if line.rstrip().endswith("FAILED"):
            run.kill()
            run.wait()
            return "caught"
    status = run.wait()
    return "missed" if status == 0 else "timeout" if status < 0 and -status in (9, 24) else "caught"


def main():
    copy, listed, out = Path(sys.argv[1]).resolve(), json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])
    mutants = [dict(m, id=number) for number, m in enumerate(listed, 1)]
    by_file = defaultdict(list)
    for mutant in mutants:
        if mutant["function"] is None:
            mutant["fate"] = "skipped"
        else:
            by_file[mutant["file"]].append(mutant)
    sources = [Source(copy / file, those) for file, those in by_file.items()]
    for source in sources:
        for span, those in source.functions.items():
            if source.body(span) is None:
                for mutant in those:
                    mutant["fate"] = "skipped"
    program = build(copy, sources, mutants)
    left = [m for m in mutants if m.get("fate") is None]
    note(out, [m for m in mutants if m.get("fate") is not None])
    quick = [word for name in SLOW for word in ("--skip", name)]
    passes = []
    for options in (quick, []):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        if notices(program, copy, 0, options) != "missed":
            sys.exit("the tests fail without a mutant")
        taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        passes.append((options, round(taken * PATIENCE) + 1))
    for options, seconds in passes:
        print(f"{len(left)} mutants, up to {seconds} s each", flush=True)
        for done, mutant in enumerate(left, 1):
            mutant["fate"] = notices(program, copy, mutant["id"], options, seconds)
            if mutant["fate"] != "caught" or done % 50 == 0:
                print(f"{done}/{len(left)} {mutant['fate']:8} {mutant['name']}", flush=True)
            if mutant["fate"] != "missed" or options == []:
                note(out, [mutant])
        left = [m for m in left if m["fate"] == "missed"]


def note(out, mutants):
    with out.open("a") as file:
        for mutant in mutants:
            file.write(f"{mutant['fate']}\t{mutant['name']}\n")


main()
