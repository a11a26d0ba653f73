#!/usr/bin/env bash
# Breaks the code in one small way after the other and sees whether a test notices (cargo-mutants): what survives
# is either not tested or makes no difference. What came of it is in tests/MUTANTS.md.
#
#   tests/mutants.sh data session wire                    layers
#   tests/mutants.sh wire src/wire/path.rs src/wire/x*    files of one layer
#
# It works on a copy, in which the tests below are modules of the crate itself: a mutant then costs one compilation
# and one link instead of twenty. Three passes: the quick tests of the layer judge all mutants, those that survive are judged
# again on what a machine without a vector unit runs, and then by all tests below. The lists of what was caught, missed and so on lie
# in target/inside/LAYER/mutants.out.
set -euo pipefail
cd "$(dirname "$0")/.."

# The tests of a layer itself, and such as need it.
declare -A judges=(
    [data]="stuffing unstuffing attacks/main"
    [session]="commands pipelining replies replies_together server_timer timers transcripts transcripts_server attacks/main"
    [wire]="replies responses wire_commands wire_params wire_paths wire_proxy wire_xclient"
)
# The last pass has these beside its own.
declare -A more=(
    [data]="transcripts"
    [session]="engine server_commands"
    [wire]="commands transcripts transcripts_server server_commands server_policy enhanced_codes proxy attacks/main"
)
# Left to the last pass, because they take longer than a compilation.
slow=(blocks_find_the_same every_short_ long_content_ long_input_ a_million_ whatever_parses random_octets_ no_other_octet
    what_never_ends whatever_values chunks_that_bring_nothing bare_line_ends_in_chunks)

# shellcheck source=tests/inside.sh
. tests/inside.sh

judge() { # LAYER FILE...
    local layer=$1 files=() name quick=()
    shift
    for name in "$@"; do files+=(--file "$name"); done
    [ $# -gt 0 ] || files=(--file "src/$layer/**")
    for name in "${slow[@]}"; do quick+=(--skip "$name"); done
    local options=(--in-place --cargo-arg=--lib --no-shuffle --colors never --output "$top/target/inside/$layer" "${files[@]}")
    # shellcheck disable=SC2086 # lists of words
    {
        (inside "$layer" ${judges[$layer]} && cargo mutants "${options[@]}" -- -- "${quick[@]}") || survived $?
        (inside "$layer" ${judges[$layer]} && narrow && cargo mutants --iterate "${options[@]}" -- -- "${quick[@]}") || survived $?
        (inside "$layer" ${judges[$layer]} ${more[$layer]} && cargo mutants --iterate "${options[@]}") || survived $?
    }
}

survived() { # STATUS    2: some mutants were missed, 3: some took too long
    [ "$1" = 2 ] || [ "$1" = 3 ]
}

if [ $# -gt 1 ] && [[ $2 == src/* ]]; then
    judge "$@"
else
    for layer in "${@:-data}"; do judge "$layer"; done
fi
