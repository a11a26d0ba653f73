#!/usr/bin/env bash
# What the library costs on a Cortex-M4: builds the images of tests/cortex-m, runs them in QEMU, prints two tables, and
# fails when a figure exceeds tests/cortex-m/budget.toml, or when the library can panic (tests/no-panic.sh).
#
#   footprint.sh            prints and checks
#   footprint.sh --write    also puts the tables into README.md, between their markers
set -euo pipefail
cd "$(dirname "$0")"

(
    cd cortex-m
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=z DEFMT_LOG=debug
    ./build.sh build --quiet --release --target-dir target/opt-z --features costs
    # These two would put their lines into all images.
    ./build.sh build --quiet --release --target-dir target/opt-z --features defmt --bin with_defmt
    ./build.sh build --quiet --release --target-dir target/opt-z --features log --bin with_log
)
python3 cortex-m/footprint.py "$@"
./no-panic.sh
