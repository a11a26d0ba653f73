#!/usr/bin/env python3
"""All mutants of cargo-mutants' list in one build: each function holds its mutants as arms of a match, and which one runs
is said by a variable of the environment. A mutant then costs one run of the tests instead of one compilation.

    mutants.py COPY LIST OUT

COPY is what `inside` (inside.sh) has made, LIST is `cargo mutants --list --json`, and OUT gets a line for each mutant: what became of
it, a tab, its name. In the copy a `const fn` is a function as any other unless a constant needs it, and a table that a function makes is
made when it is first read. Left out (`skipped`) are the other constants and the functions that make them, which no variable reaches, and
functions that return `impl Trait`.
"""

import json
import os
import re
import resource
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
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
        if "-> impl" in signature:
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
            out.append(self.text[last : body[0]])
            out.append("\nmatch crate::mutant() {\n")
            for mutant in chosen:
                (start, end), comment = mutant["at"], self.text[body[0] : body[1]]
                changed = self.text[body[0] : start] + mutant["replacement"] + self.text[end : body[1]]
                line = sum(piece.count("\n") for piece in out) + 1
                out.append(f" {mutant['id']} => {{{changed}}}\n")
                arms.append((line, line + out[-1].count("\n"), mutant["id"]))
            out.append("_ => {" + self.text[body[0] : body[1]] + "}\n }\n ")
            last = body[1]
        out.append(self.text[last:])
        return "".join(out), arms


# `static TABLE: [u8; 256] = table();`, and what begins an item that has functions.
TABLE = re.compile(r"^(\s*(?:pub(?:\(\w+\))? )?)(?:const|static) ([A-Z_]+): (\[.*\]) = (\w+)\(\);$", re.M)
OWNER = re.compile(r"^(?:impl\b(?:<[^{]*?>)?\s+(?:[^{]*?\bfor\s+)?&?(?:[\w]+::)*(\w+)|\})", re.M)


def frozen(path, text, at, constants):
    """Whether a constant needs the function whose `fn` is there."""
    if text[:at].split()[-1:] != ["const"]:
        return False
    word = re.compile(r"fn (\w+)").match(text, at)[1]
    owner = None
    for found in OWNER.finditer(text, 0, at):
        owner = found[1]
    module = path.parent.name if path.stem == "mod" else path.stem
    # A function within a function has no owner in the compiler's words.
    return not constants.isdisjoint({word, f"{owner}::{word}", f"{module}::{word}"})


def unfrozen(path, text, constants):
    """The text without `const` before the functions that no constant needs; tables are made when they are first read."""
    thawed = lambda found: found[0] if frozen(path, text, found.start() + 6, constants) else "fn "
    out = re.sub(r"\bconst fn (?=\w)", thawed, text)
    for _, table, kind, made in TABLE.findall(out):
        if table not in constants:
            out = re.sub(rf"&{table}\b", f"&{table}[..]", out)
            lazy = rf"static {table}: std::sync::LazyLock<{kind}> = std::sync::LazyLock::new({made});"
            out = re.sub(rf"(?:const|static) {table}: .*;", lazy, out)
    # Who holds its mutants many times, in each place of use, takes minutes to compile.
    return out.replace("inline(always)", "inline(never)")


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
    # What constants need: functions by type and name, and tables whose length a constant says.
    constants = set()
    others = {path: path.read_text() for path in (copy / "src").rglob("*.rs")}
    originals = dict(others)
    for source in sources:
        del others[source.path]
    while True:
        viable = {m["id"] for m in mutants if m.get("fate") is None}
        arms = {}
        for source in sources:
            for span, those in source.functions.items():
                if source.body(span) and frozen(source.path, source.text, source.text.find("fn ", span[0]), constants):
                    for mutant in those:
                        mutant["fate"] = "skipped"
                        viable.discard(mutant["id"])
            text, arms[str(source.path.relative_to(copy))] = source.switched(viable)
            source.path.write_text(unfrozen(source.path, text, constants))
        for path, text in others.items():
            path.write_text(unfrozen(path, text, constants))
        done = subprocess.run(
            ["cargo", "test", "--lib", "--no-run", "--message-format=json"], cwd=copy, text=True, capture_output=True
        )
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        for message in messages:
            if message.get("executable"):
                for path, text in originals.items():
                    path.write_text(text)
                return message["executable"]
        wrong, known = set(), len(constants)
        for message in messages:
            message = message.get("message") or {}
            if message.get("level") != "error":
                continue
            if (message.get("code") or {}).get("code") == "E0015":
                # A constant is made by a function that is none any more: `module::Type::name`.
                constants.update(name(path) for path in re.findall(r"`([^`]+)`", message["message"]))
                # Or by a table.
                constants.update(re.findall(r"\b[A-Z_]{4,}\b", message["spans"][0]["text"][0]["text"]))
                continue
            for span in message["spans"]:
                for first, last, number in arms.get(span["file_name"], []):
                    if first <= span["line_start"] <= last:
                        wrong.add(number)
        for mutant in mutants:
            if mutant["id"] in wrong:
                mutant["fate"] = "unviable"
        print(f"{len(wrong)} do not compile, {len(constants)} functions make constants", flush=True)
        if not wrong and len(constants) == known:
            sys.exit(done.stderr + "\n".join(str(m.get("message", {}).get("rendered")) for m in messages)[:4000])


def name(path):
    """Type and name, or module and name where the compiler says it, or the name of a function within a function."""
    words = [word for word in re.sub(r"<[^>]*>", "", path).split("::") if word]
    within = len(words) > 2 and words[-3][:1].isupper()
    return "::".join(words[-1:] if within else words[-2:])


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


def passes():
    """Options of the tests: those that judge all, and those that judge what is left; where they are not said, all but SLOW and SLOW."""
    quick, slow = os.environ.get("QUICK"), os.environ.get("SLOW")
    return (quick.split(), slow.split()) if quick else ([word for name in SLOW for word in ("--skip", name)], SLOW)


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
    timed = []
    for options in passes():
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        if notices(program, copy, 0, options) != "missed":
            sys.exit("the tests fail without a mutant")
        taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        timed.append((options, round(taken * PATIENCE) + 1))
    workers = ThreadPoolExecutor(os.cpu_count())
    for options, seconds in timed:
        print(f"{len(left)} mutants, up to {seconds} s each", flush=True)
        judged = workers.map(lambda mutant: notices(program, copy, mutant["id"], options, seconds), left)
        for done, (mutant, fate) in enumerate(zip(left, judged), 1):
            mutant["fate"] = fate
            if mutant["fate"] != "caught" or done % 50 == 0:
                print(f"{done}/{len(left)} {mutant['fate']:8} {mutant['name']}", flush=True)
            if mutant["fate"] != "missed" or options == timed[-1][0]:
                note(out, [mutant])
        left = [m for m in left if m["fate"] == "missed"]


def note(out, mutants):
    with out.open("a") as file:
        for mutant in mutants:
            file.write(f"{mutant['fate']}\t{mutant['name']}\n")


main()
