#!/usr/bin/env bash
# The long fuzz runs: each target until it has done a demanded number of executions in all, over any number of
# days. What has been done is kept in COUNTS.md, by the commit that it was done with.
#
#   fuzz/long.sh                        all targets, to the numbers below
#   fuzz/long.sh command pair=20000000  these only, the second to a number of its own
#
# One process on one core, at the lowest priority. It can be stopped at any time: a slice at most is not counted.
set -euo pipefail
cd "$(dirname "$0")/.."

counts=fuzz/COUNTS.md
slice=${SLICE:-1000000}
# cargo-fuzz asks for unstable flags of the compiler, which the stable one grants by this variable.
export RUSTC_BOOTSTRAP=1

demanded() { # TARGET    executions in all
    case $1 in
        command | reply | path | parameter | value | front) echo 50000000 ;;
        message) echo 1000000 ;;
        *) echo 5000000 ;;
    esac
}

longest() { # TARGET    octets of an input: the fuzzer's own limit, which CI has, but where one takes too long
    case $1 in
        message) echo 512 ;;
        *) echo 4096 ;;
    esac
}

# Comparisons are followed only where they tell of texts that a parser looks for; elsewhere that costs a third of the time.
flags() { # TARGET
    case $1 in
        command | reply | path | parameter | front | sasl | *_split) echo --sanitizer none ;;
        *) echo --sanitizer none --no-trace-compares ;;
    esac
}

done_so_far() { # TARGET
    awk -F ' *[|] *' -v target="$1" '$2 == target && NF == 6 { sum += $3 } END { printf "%d\n", sum }' "$counts"
}

# Adds to the target's row of this commit, or makes one, and does the sums again. Other lines stay as they are.
record() { # TARGET EXECUTIONS COMMIT
    awk -F ' *[|] *' -v target="$1" -v more="$2" -v commit="$3" -v date="$(date -u +%F)" '
        function row(name, number, when, what) { rows[++last] = "| " name " | " number " | " when " | " what " |" }
        NF == 6 && $3 ~ /^[0-9]+$/ {
            if ($2 == target && $5 == commit) { $3 += more; $4 = date; found = 1 }
            row($2, $3, $4, $5); sum[$2] += $3
            next
        }
        NF == 4 && $3 ~ /^[0-9]+$/ { next }
        { kept[++lines] = $0 }
        END {
            if (!found) { row(target, more, date, commit); sum[target] += more }
            for (line = 1; line <= lines; line++) {
                print kept[line]
                if (kept[line] ~ /^[|]-/) {
                    command = "LC_ALL=C sort"
                    if (++table == 1) for (name in sum) printf "| %s | %d |\n", name, sum[name] | command
                    else for (number = 1; number <= last; number++) print rows[number] | command
                    close(command)
                }
            }
        }' "$counts" >"$counts.new"
    mv "$counts.new" "$counts"
}

run() { # TARGET DEMANDED
    local target=$1 demanded=$2 log commit before runs executed flags
    read -r -a flags < <(flags "$target")
    log=$(mktemp)
    commit=$(git log -1 --format=%h -- src fuzz/src fuzz/fuzz_targets Cargo.toml)
    nice -n 15 cargo fuzz build "${flags[@]}" "$target" 2>"$log" || { cat "$log"; return 1; }
    mkdir -p "fuzz/corpus/$target"
    while before=$(done_so_far "$target") && [ "$before" -lt "$demanded" ]; do
        runs=$((demanded - before < slice ? demanded - before : slice))
        if ! nice -n 15 cargo fuzz run "${flags[@]}" "$target" -- -runs="$runs" -max_len="$(longest "$target")" -dict=fuzz/smtp.dict \
            -rss_limit_mb=1024 -timeout=20 -reload=0 -print_final_stats=1 >"$log" 2>&1; then
            tail -n 40 "$log"
            echo "$target: a finding; it is not counted on"
            rm "$log"
            return 1
        fi
        executed=$(awk '/^stat::number_of_executed_units/ { print $2 }' "$log")
        record "$target" "$executed" "$commit"
        printf '%s %-12s %11d of %d (%s), %d/s\n' "$(date -u +%T)" "$target" "$((before + executed))" "$demanded" "$commit" \
            "$(awk '/^stat::average_exec_per_sec/ { print $2 }' "$log")"
    done
    rm "$log"
}

if [ $# = 0 ]; then
    mapfile -t targets < <(cargo fuzz list)
    set -- "${targets[@]}"
fi
failed=0
for target in "$@"; do
    case $target in
        *=*) run "${target%=*}" "${target#*=}" || failed=1 ;;
        *) run "$target" "$(demanded "$target")" || failed=1 ;;
    esac
done
exit "$failed"
