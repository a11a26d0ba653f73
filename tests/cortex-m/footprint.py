"""Measures the images, prints the table, holds it against the budget; see tests/footprint.sh."""

import re
import struct
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
README = HERE.parent.parent / "README.md"
RELEASE = HERE / "target/opt-z/thumbv7em-none-eabihf/release"
# In the order of the table: what it is, its engine's types, its lent slices, the code at the end of its session.
IMAGES = {
    "client": ("client engine: EHLO, MAIL, RCPT, DATA", ["Client"], "code 250"),
    "auth": ("and AUTH PLAIN and LOGIN, STARTTLS's handshake", ["Client"], "code 250"),
    "submission": ("and a submission, greeting to QUIT, with its report", ["Client", "Submission", "Recipient"], "code 250"),
    "server": ("server engine, with AUTH and STARTTLS", ["Server", "Policy"], "mails 1"),
    "message": ("message writer: ASCII text with header fields", ["TextMessage", "MessageWriter"], "octets 298"),
    "attachment": ("and any text, and a file from a reader", ["Message", "MessageWriter"], "octets 633"),
}


def main(arguments):
    empty = sections("empty")
    base_stack = run("empty")["stack"]
    sizes = run("sizes")
    rows, figures = [], {"flash": {}, "size": {}, "stack": {}}
    for image, (what, types, expected) in IMAGES.items():
        measured = sections(image)
        reported = run(image, expected)
        flash = measured["flash"] - empty["flash"]
        engine = sum(sizes[name] for name in types)
        lent = measured["ram"] - empty["ram"]
        stack = reported["stack"] - base_stack
        figures["flash"][image] = flash
        figures["stack"][image] = stack
        cells = f" | {flash:,} | {engine:,} + {lent:,} lent | {stack:,} |".replace(",", " ")
        rows.append(f"| {what}{cells}")
    figures["size"] = {name: sizes[name] for name in ("Client", "Submission", "Server", "MessageWriter", "MessageBody")}
    table = [
        "| Cortex-M4, opt-level z, fat LTO | flash | RAM | stack |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        "Octets. Flash is text and read-only data, with what the code draws from core and compiler-builtins, less an"
        " empty image's. RAM is",
        "the engine's own (the writer's, and the mail's description) and the slices lent to it. Stack is the high-water mark of a whole session in QEMU, less the"
        " empty image's; the",
        "engine lies on it. "
        + ", ".join(f"`{name}` is {sizes[name]} octets" for name in ("Client", "Submission", "Recipient", "Server", "MessageWriter"))
        + ".",
    ]
    print("\n".join(table))
    if "--write" in arguments:
        write(table)
    return check(figures)


def sections(image):
    """Flash and RAM of an image, from its section headers."""
    output = subprocess.run(["size", "-A", RELEASE / image], check=True, capture_output=True, text=True).stdout
    sizes = dict(re.findall(r"^(\.\S+)\s+(\d+)", output, re.MULTILINE))
    size = lambda *names: sum(int(sizes.get(name, 0)) for name in names)
    return {"flash": size(".vector_table", ".text", ".rodata", ".data"), "ram": size(".data", ".bss", ".uninit")}


def run(image, expected=None):
    """Runs an image in QEMU against its session; what it reported."""
    session = HERE / "sessions" / f"{image}.txt"
    with tempfile.NamedTemporaryFile() as script:
        if session.exists():
            for group in session.read_text().split("---\n"):
                octets = group.replace("\n", "\r\n").encode()
                script.write(struct.pack("<I", len(octets)) + octets)
        script.write(bytes(16))
        script.flush()
        command = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-nic", "none", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on,target=native", "-kernel", RELEASE / image]
        command += ["-device", f"loader,file={script.name},addr=0x20300000,force-raw=on"]
        done = subprocess.run(command, capture_output=True, timeout=60)
    # What is printed goes to standard error.
    output = (done.stdout + done.stderr).decode(errors="replace")
    reported = {name: int(number) for name, number in re.findall(r"^#(\w+) (\d+)$", output, re.MULTILINE)}
    outcome = dict([expected.split()]) if expected else {}
    if done.returncode != 0 or any(reported.get(name) != int(number) for name, number in outcome.items()):
        sys.exit(f"footprint: {image} did not do its session ({expected}):\n{output}")
    return reported


def write(table):
    """Puts the table between its markers in the README."""
    text = README.read_text()
    marked = re.compile(r"(<!-- footprint -->\n).*?(<!-- /footprint -->)", re.DOTALL)
    if not marked.search(text):
        sys.exit("footprint: no <!-- footprint --> ... <!-- /footprint --> in README.md")
    README.write_text(marked.sub(lambda found: found[1] + "\n".join(table) + "\n" + found[2], text))


def check(figures):
    """1 when a figure is beyond its budget."""
    budget = tomllib.loads((HERE / "budget.toml").read_text())
    excess = [
        f"{kind} of {name}: {figure} octets, the budget is {budget[kind][name]}"
        for kind, entries in figures.items()
        for name, figure in entries.items()
        if figure > budget[kind][name]
    ]
    for name, goal in budget["goal"].items():
        print(f"\nflash of {name}: {figures['flash'][name]} octets; the goal is {goal}")
    for line in excess:
        print("footprint:", line, file=sys.stderr)
    return 1 if excess else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
