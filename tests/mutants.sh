#!/usr/bin/env bash
# Breaks the code in one small way after the other and sees whether a test notices (cargo-mutants): what survives
# is either not tested or makes no difference. What came of it is in tests/MUTANTS.md.
#
#   tests/mutants.sh data session wire                    layers
#   tests/mutants.sh wire src/wire/path.rs src/wire/x*    files of one layer
#
# It works on a copy, in which the tests below are modules of the crate itself: a mutant then costs one compilation
# and one link instead of twenty. Two passes: the quick tests of the layer judge all mutants, and those that survive are judged
# by all tests below. The lists of what was caught, missed and so on lie in target/mutants/LAYER/mutants.out.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A judges=(
    [data]="stuffing unstuffing content bdat"
    [session]="commands pipelining replies replies_together server_timer timers transcripts transcripts_server content bdat"
    [wire]="replies responses wire_commands wire_params wire_paths wire_proxy wire_xclient transcripts_server"
)
# The second pass has these beside its own.
more="commands engine injection transcripts server_commands server_policy enhanced_codes proxy refused_input random_server"
# Left to the second pass, because they take longer than a compilation.
slow=(blocks_find_the_same every_short_ long_content_ long_input_ a_million_ whatever_parses every_transcript_goes random_octets_ no_other_octet
    a_bdat_in_a_line what_never_ends headers_go_both_ways every_look_alike)

top=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target/mutants/build}
# No debug information, and what was built before is kept between runs.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=1 RUSTFLAGS="-A warnings"

copy() { # LAYER TEST...    the sources, with these tests inside
    local copy=$top/target/mutants/$1/copy name
    shift
    mkdir -p "$copy"
    cp -r Cargo.toml Cargo.lock README.md src tests .cargo "$copy"
    cd "$copy"
    # What the tests inside need is among the dependencies, but for two.
    awk '/^\[/ { drop = ($0 == "[dev-dependencies]" || $0 == "[[example]]") } !drop' "$top/Cargo.toml" >Cargo.toml
    sed -i 's/^#!\[no_std\]/#![cfg_attr(not(test), no_std)]/; s/^extern crate std;/extern crate self as embedded_smtp;/' src/lib.rs
    for name in "$@"; do
        printf '#[cfg(test)]\n#[path = "../tests/%s.rs"]\nmod judge_%s;\n' "$name" "$name"
    done | awk '!seen[$0]++ || /cfg/' >>src/lib.rs
}

judge() { # LAYER FILE...
    local layer=$1 files=() name quick=()
    shift
    for name in "$@"; do files+=(--file "$name"); done
    [ $# -gt 0 ] || files=(--file "src/$layer/**")
    for name in "${slow[@]}"; do quick+=(--skip "$name"); done
    local options=(--in-place --cargo-arg=--lib --no-shuffle --colors never --output "$top/target/mutants/$layer" "${files[@]}")
    # shellcheck disable=SC2086 # a list of words
    (copy "$layer" ${judges[$layer]} && cargo mutants "${options[@]}" -- -- "${quick[@]}") || survived $?
    # shellcheck disable=SC2086
    (copy "$layer" ${judges[$layer]} $more && cargo mutants --iterate "${options[@]}") || survived $?
}

survived() { # STATUS    2: some mutants were missed, 3: some took too long
    [ "$1" = 2 ] || [ "$1" = 3 ]
}

if [ $# -gt 1 ] && [[ $2 == src/* ]]; then
    judge "$@"
else
    for layer in "${@:-data}"; do judge "$layer"; done
fi
