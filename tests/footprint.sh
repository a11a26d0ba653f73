#!/usr/bin/env bash
# What the library costs on a Cortex-M4: builds the images of tests/cortex-m, runs them in QEMU, prints a table, and
# fails when a figure exceeds tests/cortex-m/budget.toml, or when the library can panic (tests/no-panic.sh).
#
#   footprint.sh            prints and checks
#   footprint.sh --write    also puts the table into README.md, between its markers
set -euo pipefail
cd "$(dirname "$0")"

(
    cd cortex-m
    CARGO_PROFILE_RELEASE_OPT_LEVEL=z ./build.sh build --quiet --release --target-dir target/opt-z
)
python3 cortex-m/footprint.py "$@"
./no-panic.sh
