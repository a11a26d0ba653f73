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
    "submission": ("and a submission, greeting to QUIT, with its verdict", ["Client", "Submission", "Recipient"], "code 250"),
    "words": ("and its whole report, with the server's words", ["Client", "Submission", "Recipient"], "code 250"),
    "server": ("server engine, with AUTH and STARTTLS", ["Server", "Policy"], "mails 1"),
    "message": ("message writer: ASCII text with header fields", ["TextMessage", "MessageWriter"], "octets 298"),
    "attachment": ("and any text, and a file from a reader", ["Message", "MessageWriter"], "octets 633"),
}

SUBMISSION = (HERE / "sessions/submission.txt").read_text()
# What the server offers for a login and says to it.
LOGINS = {
    "PLAIN": ["235 2.7.0 Authenticated"],
    "LOGIN": ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0 Authenticated"],
    "XOAUTH2": ["235 2.7.0 Authenticated"],
    "OAUTHBEARER": ["235 2.7.0 Authenticated"],
    "CRAM-MD5": ["334 PDE4OTYuNjk3MTcwOTUyQG1haWwuZXhhbXBsZT4=", "235 2.7.0 Authenticated"],
    # To the nonce and password of the image, with 4 096 iterations.
    "SCRAM-SHA-256": [
        "334 cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0w0MDk2cm91bmRzLHM9TURFeU16UTFOamM0T1dGaVkyUmxaZz09LGk9NDA5Ng==",
        "334 dj1COEJpUk1wOU9rZnRpeDUvMFBQZEdkeXg0YWttV2VFSmVQekthSjZ4MjZRPQ==",
        "235 2.7.0 Authenticated",
    ],
}
# In the order of the table of costs: what a submission has more than one without a login, and its login.
COSTS = {
    "plain": ("AUTH by PLAIN alone (`sasl::Only`)", "PLAIN"),
    "password": ("by PLAIN or LOGIN (`sasl::Password`)", "LOGIN"),
    "xoauth2": ("by XOAUTH2", "XOAUTH2"),
    "oauthbearer": ("by OAUTHBEARER", "OAUTHBEARER"),
    "cram_md5": ("by CRAM-MD5 (feature `cram-md5`)", "CRAM-MD5"),
    "scram": ("by SCRAM-SHA-256 (feature `scram`)", "SCRAM-SHA-256"),
    "blocking": ("blocking adapter instead of a loop (feature `embedded-io`)", None),
    "asynch": ("async adapter instead of a loop (feature `embedded-io-async`)", None),
    "with_defmt": ("log lines by defmt, at level debug (feature `defmt`)", None),
    "with_log": ("log lines by log, whose logger formats nothing (feature `log`)", None),
    "clear": ("without STARTTLS (`TlsPolicy::Never`)", None),
}


def main(arguments):
    empty = sections("empty")
    base_stack = run("empty")["stack"]
    sizes = run("sizes")
    rows, figures = [], {"flash": {}, "size": {}, "stack": {}, "cost": {}}
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
    costs = cost_table(figures["cost"])
    print("\n".join([*table, "", *costs]))
    if "--write" in arguments:
        write("footprint", table)
        write("costs", costs)
    return check(figures)


def cost_table(figures):
    """What each thing adds to a submission; fills in the figures."""
    rows = []
    base_flash, base_stack = sections("anyone")["flash"], run("anyone", "code 250", session(None))["stack"]
    for image, (what, login) in COSTS.items():
        flash = sections(image)["flash"] - base_flash
        stack = run(image, "code 250", session(login, image != "clear"))["stack"] - base_stack
        figures[image] = flash
        cells = f" | {flash:+,} | {stack:+,} |".replace(",", " ").replace("-", "−")
        rows.append(f"| {what}{cells}")
    return [
        "| what a submission takes more, or less | flash | stack |",
        "|---|---:|---:|",
        *rows,
        "",
        "Octets, compared with a submission by STARTTLS that logs in nowhere and keeps no words. Each row stands alone: two logins share what is",
        "common to them, which is most of PLAIN's. The policy of TLS is a value, and so what it rules out is linked all the same. The adapter for"
        " smoltcp has no",
        "row: the socket that it drives is opened by smoltcp's own interface alone, so that an image with or without it is a whole firmware, as in the next table.",
    ]


def session(login, tls=True):
    """The server's side of a submission with this login, if any."""
    groups = SUBMISSION.split("---\n")
    greeting, clear, go_ahead, offer, *_ = groups
    mail = groups[next(at for at, group in enumerate(groups) if "Sender OK" in group) :]
    name = next(line for line in offer.splitlines() if "AUTH" in line)
    offer = offer.replace(name, f"250 AUTH {login}" if login else "250 HELP")
    logged_in = [line + "\n" for line in LOGINS.get(login, [])]
    return [greeting, *([clear, go_ahead] if tls else []), offer, *logged_in, *mail]


def sections(image):
    """Flash and RAM of an image, from its section headers."""
    output = subprocess.run(["size", "-A", RELEASE / image], check=True, capture_output=True, text=True).stdout
    sizes = dict(re.findall(r"^(\.\S+)\s+(\d+)", output, re.MULTILINE))
    size = lambda *names: sum(int(sizes.get(name, 0)) for name in names)
    return {"flash": size(".vector_table", ".text", ".rodata", ".data"), "ram": size(".data", ".bss", ".uninit")}


def run(image, expected=None, groups=None):
    """Runs an image in QEMU against its session; what it reported."""
    kept = HERE / "sessions" / f"{image.replace('words', 'submission')}.txt"
    if groups is None:
        groups = kept.read_text().split("---\n") if kept.exists() else []
    with tempfile.NamedTemporaryFile() as script:
        for group in groups:
            octets = group.replace("\n", "\r\n").encode()
            script.write(struct.pack("<I", len(octets)) + octets)
        script.write(bytes(16))
        script.flush()
        command = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-nic", "none", "-monitor", "none", "-serial", "none"]
        command += ["-semihosting-config", "enable=on,target=native", "-kernel", RELEASE / image]
        command += ["-device", f"loader,file={script.name},addr=0x20300000,force-raw=on"]
        done = subprocess.run(command, capture_output=True, timeout=300)
    # What is printed goes to standard error.
    output = (done.stdout + done.stderr).decode(errors="replace")
    reported = {name: int(number) for name, number in re.findall(r"^#(\w+) (\d+)$", output, re.MULTILINE)}
    outcome = dict([expected.split()]) if expected else {}
    if done.returncode != 0 or any(reported.get(name) != int(number) for name, number in outcome.items()):
        sys.exit(f"footprint: {image} did not do its session ({expected}):\n{output}")
    return reported


def write(name, table):
    """Puts a table between its markers in the README."""
    text = README.read_text()
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marked.search(text):
        sys.exit(f"footprint: no <!-- {name} --> ... <!-- /{name} --> in README.md")
    README.write_text(marked.sub(lambda found: found[1] + "\n".join(table) + "\n" + found[2], text))


def check(figures):
    """1 when a figure is beyond its budget."""
    budget = tomllib.loads((HERE / "budget.toml").read_text())
    core = subprocess.run([HERE / "build.sh", "core"], check=True, capture_output=True, text=True).stdout.strip()
    more = {kind: budget["rustup"] if core == "rustup" else 0 for kind in ("flash", "cost")}
    excess = [
        f"{kind} of {name}: {figure} octets, the budget is {budget[kind][name] + more.get(kind, 0)}"
        for kind, entries in figures.items()
        for name, figure in entries.items()
        if figure > budget[kind][name] + more.get(kind, 0)
    ]
    for line in excess:
        print("footprint:", line, file=sys.stderr)
    return 1 if excess else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
