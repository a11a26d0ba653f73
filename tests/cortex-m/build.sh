#!/usr/bin/env bash
# Runs cargo for a Cortex-M target, in the current directory: with rustup's target where it is installed, else with
# Debian's compiler and its sources of `core` (packages rustc-web, cargo-web, rust-web-src, lld).
#
#   build.sh COMMAND [ARGUMENT...]      COMMAND is cargo's: build, check, run, clippy (of Debian: rust-web-clippy)
#   build.sh core                       says whose core it takes: rustup's (made for speed), or its own (made as the image is)
#   CORTEX_M_TARGET=thumbv6m-none-eabi build.sh check      another target than thumbv7em-none-eabihf
set -euo pipefail

target=${CORTEX_M_TARGET:-thumbv7em-none-eabihf}
command=$1
shift

if [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ]; then
    [ "$command" != core ] || exec echo rustup
    exec cargo "$command" --target "$target" "$@"
fi

[ "$command" != core ] || exec echo own
for tool in /usr/bin/rustc /usr/bin/cargo /usr/bin/ld.lld "$(/usr/bin/rustc --print sysroot 2>&1)/lib/rustlib/src/rust/library"; do
    [ -e "$tool" ] || {
        echo "$0: there is neither rustup's target (rustup target add $target) nor $tool (Debian: apt-get install rustc-web cargo-web rust-web-src lld)" >&2
        exit 1
    }
done
# Debian has another compiler of that name, too, which is older.
minor=$(/usr/bin/rustc --version | cut -d. -f2)
[ "$minor" -ge 91 ] || {
    echo "$0: $(/usr/bin/rustc --version) is too old, 1.91 is needed; rustup target add $target, or Debian's rustc-web instead of rustc" >&2
    exit 1
}
# The sources of `core` are built by unstable flags, which the stable compiler grants by this variable.
export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
if [ "$command" != check ] && [ "$command" != clippy ]; then
    variable=$(tr 'a-z-' 'A-Z_' <<<"$target")
    export "CARGO_TARGET_${variable}_LINKER=/usr/bin/ld.lld"
    export "CARGO_TARGET_${variable}_RUSTFLAGS=-C linker-flavor=ld.lld"
fi
cargo=(/usr/bin/cargo "$command")
# By its path: `cargo clippy` would find rustup's.
[ "$command" != clippy ] || { export CARGO=/usr/bin/cargo && cargo=(/usr/bin/cargo-clippy clippy); }
exec "${cargo[@]}" --target "$target" -Z build-std=core,compiler_builtins "$@"
