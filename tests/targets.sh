#!/usr/bin/env bash
# Checks the library for small targets: Cortex-M0+ (no atomic swaps), Cortex-M4, and MSP430, where `usize` has 16 bits and a
# constant or conversion that needs more does not compile.
set -euo pipefail
cd "$(dirname "$0")/.."

for target in thumbv6m-none-eabi thumbv7em-none-eabihf msp430-none-elf; do
    sets=('' 'embedded-io,embedded-io-async,cram-md5,scram')
    # What else a Cortex-M4 has, the firmware example builds.
    [ "$target" != thumbv6m-none-eabi ] || sets+=('smoltcp,defmt,log')
    for features in "${sets[@]}"; do
        CORTEX_M_TARGET=$target CARGO_TARGET_DIR=target/targets \
            tests/cortex-m/build.sh check --quiet --no-default-features --features "$features"
    done
    echo "checked for $target"
done
