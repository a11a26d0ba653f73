#!/usr/bin/env bash
# Breaks the code in one small way after the other and sees whether a test notices: what survives is either not tested
# or makes no difference. What came of it is in tests/MUTANTS.md. The mutants are those of cargo-mutants (cargo install cargo-mutants).
#
#   tests/mutants.sh                            data, session and wire
#   tests/mutants.sh 'src/data/**' src/wire/path.rs
#   tests/mutants.sh 'src/sasl/**'              apart from the others: other tests judge
#   tests/mutants.sh 'src/submission/**'        apart, too
#   tests/mutants.sh 'src/client/**'            likewise
#   tests/mutants.sh 'src/server/**'            likewise
#   tests/mutants.sh --more 'src/client/**'     what cargo-mutants does not try: more_mutants.py
#   tests/mutants.sh --these FILE               the mutants named in FILE, one a line, as `cargo mutants --list` names them
#   tests/mutants.sh --narrow FILE              these, on what a machine without a vector unit runs only
#
# It works on a copy, in which the tests below are modules of the crate itself and each function holds all its mutants, so that there
# is one build (mutants.py). What survives, but for mechanisms, is judged again on what a machine without a vector unit runs. What became of each lies in
# target/inside/mutants.tsv and target/inside/mutants-narrow.tsv. Functions that no switch reaches are judged by cargo-mutants itself, one
# build each, with
#
#   tests/mutants.sh --one-by-one REGEX         mutants whose names match, as "in Phase::permitted"
set -euo pipefail
cd "$(dirname "$0")/.."

judges=(stuffing unstuffing data_values phases overlong wire_values commands pipelining replies replies_together responses server_timer timers server_commands
    server_policy enhanced_codes proxy transcripts transcripts_server wire_commands wire_params wire_paths wire_proxy wire_xclient sasl engine
    attacks/main)

# shellcheck source=tests/inside.sh
. tests/inside.sh
work=$top/target/inside
# One build, and thousands of runs.
export CARGO_PROFILE_TEST_OPT_LEVEL=1 CARGO_PROFILE_DEV_OPT_LEVEL=1
named() { # MUTANTS NAMES    of the mutants those that are named
    python3 -c 'import json, sys
names = set(open(sys.argv[2]).read().splitlines())
json.dump([m for m in json.load(open(sys.argv[1])) if m["name"] in names], sys.stdout)' "$1" "$2"
}
mkdir -p "$work"

if [ "${1:-}" = --one-by-one ]; then
    inside one-by-one "${judges[@]}"
    # 2: some mutants were missed, 3: some took too long
    cargo mutants --in-place --cargo-arg=--lib --no-shuffle --colors never --output "$work" --re "$2" || [ $? = 2 ] || [ $? = 3 ]
    exit
fi

more=
if [ "${1:-}" = --more ]; then
    more=yes
    shift
fi
these=
wide=yes
if [ "${1:-}" = --these ] || [ "${1:-}" = --narrow ]; then
    [ "$1" = --these ] || wide=
    these=$(realpath "$2")
    set --
fi
if [ -n "$these" ] && grep -q '^src/sasl/' "$these"; then
    set -- 'src/sasl/**'
elif [ -n "$these" ] && grep -q '^src/client/' "$these"; then
    set -- 'src/client/**'
elif [ -n "$these" ] && grep -q '^src/server/' "$these"; then
    set -- 'src/server/**'
elif [ -n "$these" ] && grep -q '^src/submission/' "$these"; then
    set -- 'src/submission/**'
fi
[ $# -gt 0 ] || set -- 'src/data/**' 'src/session/**' 'src/wire/**'
if [[ "$*" == *src/sasl* ]]; then
    hashes=yes
    judges=(sasl sasl_pair sasl_server sasl_vectors server_sessions server_policy attacks/main)
    # Those that take longest come last (mutants.py).
    export QUICK="sasl:: judge_sasl_server judge_sasl_vectors attacks::sasl" SLOW="judge_sasl_pair judge_server judge_attacks"
fi
if [[ "$*" == *src/submission* ]]; then
    judges=(conversation chunked misused keeping retrying require_tls smtputf8 failing_content authenticator timers pipelining replies transcripts
        dead_link pair pair_binary sasl attacks/main)
    export QUICK="submission:: judge_con judge_chunked judge_misused judge_keeping judge_re judge_smtputf8 judge_failing judge_auth judge_timers
        judge_pipelining judge_transcripts judge_sasl"
    export SLOW="judge_dead judge_pair judge_attacks"
fi
if [[ "$*" == *src/client* ]]; then
    hashes=yes
    judges=(commands replies doubt pipelining timers transcripts phases overlong sasl sasl_initial engine keeping require_tls smtputf8 retrying
        failing_content authenticator pair_binary pair_bdat pair dead_link attacks/main)
    export QUICK="client:: judge_ --skip judge_attacks --skip judge_pair --skip judge_engine --skip judge_dead_link"
    export SLOW="judge_attacks judge_pair judge_engine judge_dead_link"
fi
if [[ "$*" == *src/server* ]]; then
    hashes=yes
    judges=(server_commands server_policy server_sessions server_timer responses enhanced_codes proxy overlong replies_together transcripts_server
        wire_xclient sasl_server sasl_vectors pipelining transcripts sasl_pair pair_binary pair_bdat pair dead_link attacks/main)
    export QUICK="server:: judge_ --skip judge_attacks::arg --skip judge_attacks::reply --skip judge_attacks::injection --skip judge_pair"
    export SLOW="judge_attacks::arg judge_attacks::reply judge_attacks::injection judge_pair"
fi
files=()
for name in "$@"; do files+=(--file "$name"); done
cargo mutants --list --json "${files[@]}" >"$work/mutants.json"
if [ -n "$more" ]; then
    tests/more_mutants.py "$work/mutants.json" "$work/more.json"
    mv "$work/more.json" "$work/mutants.json"
fi
if [ -n "$these" ]; then
    cp "$work/mutants.json" "$work/all.json"
    named "$work/all.json" "$these" >"$work/mutants.json"
fi
rm -f "$work"/mutants*.tsv
if [ -n "$wide" ]; then
    (
        inside mutants "${judges[@]}"
        "$top/tests/mutants.py" . "$work/mutants.json" "$work/mutants.tsv"
    )
else
    sed "s/^/missed\t/" "$these" >"$work/mutants.tsv"
fi
# No machine runs the mechanisms in another way.
[[ "$*" == *src/sasl* ]] || (
    # What was not noticed.
    awk -F '\t' '$1 == "missed" { print $2 }' "$work/mutants.tsv" >"$work/missed"
    named "$work/mutants.json" "$work/missed" >"$work/narrow.json"
    inside mutants "${judges[@]}"
    narrow
    "$top/tests/mutants.py" . "$work/narrow.json" "$work/mutants-narrow.tsv"
)
cut -f 1 "$work/mutants.tsv" | sort | uniq -c
