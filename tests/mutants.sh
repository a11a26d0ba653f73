#!/usr/bin/env bash
# Breaks the code in one small way after the other and sees whether a test notices (cargo-mutants): what survives
# is either not tested or makes no difference. What came of it is in tests/MUTANTS.md.
#
#   tests/mutants.sh data session wire       layers, each judged by the tests below
#   tests/mutants.sh wire src/wire/path.rs   one layer, only these files
#   TESTS="engine pair" tests/mutants.sh wire src/wire/path.rs    judged by other tests
#
# It works on a copy. The lists of what was caught, missed and so on are left in target/mutants.out.LAYER.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A judges=(
    [data]="stuffing unstuffing content bdat"
    [session]="commands pipelining replies replies_together server_timer timers transcripts transcripts_server"
    [wire]="replies responses wire_commands wire_params wire_paths wire_proxy wire_xclient"
)
# The build takes most of the time: no debug information, and what was built before is kept between runs.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_TEST_DEBUG=0 CARGO_INCREMENTAL=1
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/mutants}

judge() { # LAYER FILE...
    local layer=$1 files=() tests=(--lib) name
    shift
    for name in "$@"; do files+=(--file "$name"); done
    [ $# -gt 0 ] || files=(--file "src/$layer/**")
    for name in ${TESTS:-${judges[$layer]}}; do tests+=(--test "$name"); done
    mkdir -p "target/mutants.out.$layer"
    # 2: some survived, 3: some took too long
    cargo mutants --no-shuffle --colors never --output "target/mutants.out.$layer" "${files[@]}" -- "${tests[@]}" || [ $? -le 3 ]
}

if [ $# -gt 1 ] && [[ $2 == src/* ]]; then
    judge "$@"
else
    for layer in "${@:-data}"; do judge "$layer"; done
fi
