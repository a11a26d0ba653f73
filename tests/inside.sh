# Tests as modules of the crate itself, so that one compilation and one link are all that a change costs. Sourced by
# mutants.sh and narrow.sh.
# shellcheck shell=bash

top=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target/inside/build}
# No debug information, and what was built before is kept between runs.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=1 RUSTFLAGS="-A warnings"

# What is compiled from here on does without blocks and tables, as on a machine without a vector unit.
narrow() {
    RUSTFLAGS="$RUSTFLAGS --cfg embedded_smtp_narrow"
}

# With this set, the mechanisms whose hashes are dependencies of their own are inside, too.
hashes=

inside() { # NAME TEST...    goes to a copy of the sources, with these tests inside
    local copy=$top/target/inside/$1/copy name
    shift
    mkdir -p "$copy"
    rm -rf "$copy/tests"
    cp -r Cargo.toml Cargo.lock README.md src tests .cargo "$copy"
    cd "$copy" || return
    # What the tests inside need is among the dependencies, but for two, and for what base64 and hashes are held against.
    awk -v kept="base64${hashes:+|pbkdf2}" '
        /^\[/ { dev = ($0 == "[dev-dependencies]"); drop = (dev || $0 == "[[example]]"); if (dev) print }
        !drop || dev && $1 ~ "^(" kept ")$"' "$top/Cargo.toml" >Cargo.toml
    if [ -n "$hashes" ]; then
        mkdir -p examples
        cp -r "$top/examples/login" examples
        sed -i 's/^default = \[\]/default = ["cram-md5", "scram"]/' Cargo.toml
        printf '[profile.dev.package."*"]\nopt-level = 3\n' >>Cargo.toml
    fi
    # One tree of modules instead of two.
    # Two need features with dependencies of their own.
    [ -n "$hashes" ] || sed -i '/sasl\|argument_injection/d' tests/attacks/main.rs
    sed -i 's/\bcrate::/super::/' tests/attacks/*.rs tests/sasl_support/*.rs
    sed -i 's/^#!\[no_std\]/#![cfg_attr(not(test), no_std)]/; s/^extern crate std;/extern crate self as embedded_smtp;/' src/lib.rs
    for name in "$@"; do
        printf '#[cfg(test)]\n#[path = "../tests/%s.rs"]\nmod judge_%s;\n' "$name" "${name%%/*}"
    done | awk '!seen[$0]++ || /cfg/' >>src/lib.rs
}
