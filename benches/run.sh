#!/usr/bin/env bash
# Builds what is needed and measures. Tables come on standard output as markdown, progress on standard error.
#
#   benches/run.sh table          this crate, the least code and others: time, instructions, allocations (needs valgrind)
#   benches/run.sh instructions   this crate's instructions, held against budget.toml (what CI runs; needs valgrind)
#   benches/run.sh profile KEY    where the instructions of one row go, line by line; the keys are those of budget.toml
#   benches/run.sh loopback       clients and servers over TCP (needs postfix and strace; aiosmtpd comes from PyPI)
#   benches/run.sh scale          many sessions, large mails, many recipients, slow lines (needs valgrind)
set -euo pipefail
cd "$(dirname "$0")"

# For the processor that every x86-64 is, the compiler's default, so that counts do not depend on the machine.
export RUSTFLAGS=
aiosmtpd=1.4.6

main() {
    case "${1:-}" in
    table) build table peers && exec target/release/table ;;
    instructions) build instructions && exec target/release/instructions ;;
    profile)
        export CARGO_PROFILE_RELEASE_DEBUG=1
        build instructions "" --target-dir target/profile
        exec target/profile/release/instructions --profile "${2:?which row}"
        ;;
    loopback)
        build loopback loopback
        python
        AIOSMTPD_PYTHON=$PWD/target/venv/bin/python exec target/release/loopback
        ;;
    scale) build scale loopback && exec target/release/scale ;;
    *)
        sed -n '4,8s/^# *//p' run.sh >&2
        exit 64
        ;;
    esac
}

build() { # PROGRAM [FEATURES [OPTION...]]
    local program=$1 features=${2:-}
    shift $(($# < 2 ? $# : 2))
    cargo build --quiet --locked --release --bin "$program" --features "$features" "$@"
}

# A Python of our own with the server that is compared with.
python() {
    [ -x target/venv/bin/aiosmtpd ] && return
    python3 -m venv target/venv
    target/venv/bin/pip install --quiet "aiosmtpd==$aiosmtpd"
}

main "$@"
