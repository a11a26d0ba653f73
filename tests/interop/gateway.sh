#!/usr/bin/env bash
# The gateway example: the provider's documented requests through a real Postfix, a next hop that fails in every way, nothing lost or
# doubled while Postfix comes and goes, its memory against the size of the mails, slow clients, its description, and its page.
#
#   tests/interop/gateway.sh [CASE...]    one row a case, then "N passed, N failed"; the exit status says whether all passed
#   GATEWAY_BIN=FILE                      test this program instead of building the example
#   GATEWAY_MAILS=NUMBER                  mails while Postfix is stopped and started (1000)
#   GATEWAY_SHOTS=DIR                     keep the page's screenshots there
#   tests/interop/gateway.sh figures      not a test: requests a second, and how long one takes, beside the bare relay, as a table;
#                                         builds release programs, or takes GATEWAY_BIN and RELAY_BIN; FIGURES_RUNS=NUMBER (6)
#   VERBOSE=1                             show the gateway's log at the end of each case
#
# Needs root (for Postfix), and the packages of tests/interop/install.sh with python3-venv and chromium.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

manifest=$project/examples/gateway/Cargo.toml
rest_port=$((port_base + 71))
smtp_port=$((port_base + 72))
hop_port=$((port_base + 73))
token=a-token-for-tests

main() {
    gateway=${GATEWAY_BIN:-$(build_example "$@")} || fail "the gateway example does not build"
    [ -x "$gateway" ] || fail "no such program: $gateway"
    trap clean_up EXIT
    make_certs
    work=$(mktemp -d)
    require_free_ports "$rest_port" "$smtp_port" "$hop_port"
    write_settings >"$work/gateway.toml"
    mkdir "$work/templates"
    # shellcheck disable=SC2016 # {$name} is the template's
    echo '{"from": "info@example.com", "subject": "Template 12 for {$name}", "text": "Dear {$name}."}' >"$work/templates/12.json"

    [ $# -gt 0 ] || set -- bare documented faults provider promises comes_and_goes limits memory description page
    local case
    for case in "$@"; do
        "$case"
    done
    finish
}

build_example() { # CASE...
    local profile=debug
    [ "$*" != figures ] || profile=release
    (cd "$project" && cargo build --quiet --profile "${profile/debug/dev}" --manifest-path "$manifest") >&2 || return
    echo "${CARGO_TARGET_DIR:-${manifest%/*}/target}/$profile/gateway"
}

write_settings() {
    cat <<END
name = "localhost"
tokens = ["$token"]
[logins]
my-username = "my-password"
END
}

# --- the gateway -------------------------------------------------------------------------------------------

gateway_pid=
log=
start_gateway() { # OPTION...
    log=$work/gateway.log
    # Job control on, else a shell starts its background programs deaf to SIGINT.
    set -m
    "$gateway" --rest "127.0.0.1:$rest_port" --smtp "127.0.0.1:$smtp_port" --inbox "$work/inbox" "$@" >"$log" 2>&1 </dev/null &
    gateway_pid=$!
    set +m
    wait_for 15 port_is_open "$rest_port" || fail "the gateway does not listen: $(cat "$log")"
}

stop_gateway() { # WHAT   of the case that ends; it may have told the gateway already
    kill -TERM "$gateway_pid" 2>/dev/null
    if wait_for 40 process_is_gone "$gateway_pid" && wait "$gateway_pid"; then
        pass "the gateway ends when told to ($1)"
    else
        miss "the gateway ends when told to ($1)" "still there, or status not 0" "$log"
        kill -9 "$gateway_pid" 2>/dev/null
    fi
    gateway_pid=
    [ -z "${VERBOSE:-}" ] || sed 's/^/       | /' "$log"
}

rows() { # COMMAND...   whose output is rows: ok|WHAT|REMARK or miss|WHAT|WHY
    local result what remark count=0 status=0
    while IFS='|' read -r result what remark; do
        case $result in
        ok) pass "$what" "$remark"
            count=$((count + 1)) ;;
        miss) miss "$what" "$remark" "$log"
            count=$((count + 1)) ;;
        *) echo "       $result $what $remark" ;;
        esac
    done < <("$@" 2>&1)
    # One that died has not tested what it did not come to.
    wait $! || status=$?
    if [ "$status" != 0 ]; then
        miss "${2##*/} comes to its end" "it ended with $status" "$log"
    elif [ "$count" = 0 ]; then
        miss "${2##*/} tests something" "it gave no row" "$log"
    fi
}

start_postfix() {
    "$here/postfix.sh" stop
    INTEROP_DOMAINS="doe.com example.com" "$here/postfix.sh" start || fail "Postfix does not start"
    eval "$("$here/postfix.sh" env)"
}

sink_pid=
start_sink() {
    smtp-sink -u root "127.0.0.1:$hop_port" 1000 >>"$work/sink.log" 2>&1 </dev/null &
    sink_pid=$!
    wait_for 15 port_is_open "$hop_port" || fail "smtp-sink does not listen: $(cat "$work/sink.log")"
}

stop_sink() {
    kill "$sink_pid" 2>/dev/null
    wait "$sink_pid" 2>/dev/null
    sink_pid=
}

clean_up() {
    [ -z "$gateway_pid" ] || kill -9 "$gateway_pid" 2>/dev/null
    [ -z "$sink_pid" ] || kill -9 "$sink_pid" 2>/dev/null
    "$here/postfix.sh" stop
    rm -rf "${work:-}"
}

# --- the cases ---------------------------------------------------------------------------------------------

# As a newcomer does it: no settings, and the line that the program itself prints.
bare() {
    local what="a newcomer's curl line, as it is printed, makes a mail in the inbox inside" line
    start_gateway
    # It prints by a thread of its own.
    wait_for 15 grep -qF 'text=It works.' "$log"
    line=$(sed -n '/^try:/,/^$/p' "$log" | tail -n +2)
    if ! bash -c "$line -sS --fail" >"$work/said" 2>&1; then
        miss "$what" "curl failed" "$work/said"
    elif grep -q '^It works\.' "$work"/inbox/*.eml; then
        pass "$what"
    else
        miss "$what" "no such mail in the inbox" "$log"
    fi
    stop_gateway "bare"
    if grep -qF "$(sed -n 's/.*the token \([0-9a-f]*\).*/\1/p' "$log")" <(grep '^time=' "$log"); then
        miss "the token is not in the log of the mails" "it is" "$log"
    else
        pass "the token is not in the log of the mails"
    fi
}

# Postfix demands TLS and a login; both doors are under TLS.
documented() {
    start_postfix
    # shellcheck disable=SC2153 # names in capitals are set by postfix.sh env
    GATEWAY_RELAY_PASSWORD=$PASSWORD start_gateway --config "$work/gateway.toml" --templates "$work/templates" \
        --tls "$certs/server.crt" "$certs/server.key" --relay "127.0.0.1:$SUBMISSION_PORT" --relay-ca "$CA" --relay-user "$LOGIN"
    rows python3 "$here/gateway_documented.py" --rest "$rest_port" --smtp "$smtp_port" --maildir "$MAILDIR" --ca "$CA"
    stop_gateway "documented requests"
    GATEWAY_RELAY_PASSWORD=wrong start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$SUBMISSION_PORT" --relay-ca "$CA" \
        --relay-user "$LOGIN"
    refused "a wrong password at the next hop: 502 with its words" 502 "authentication failed"
    stop_gateway "a wrong password"
    GATEWAY_RELAY_PASSWORD=$PASSWORD start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$PLAIN_PORT" --relay-tls never \
        --relay-user "$LOGIN"
    refused "a password would go in clear: 502, and it does not" 502 "in clear"
    stop_gateway "no password in clear"
    GATEWAY_RELAY_PASSWORD=$PASSWORD start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$PLAIN_PORT" --relay-tls never \
        --relay-user "$LOGIN" --relay-cleartext-auth --relay-auth plain
    refused "a password goes in clear by leave: 200" 200 "john@example.com"
    stop_gateway "a password in clear"
    start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$SUBMISSION_PORT" --relay-ca "$OTHER_CA"
    refused "a next hop whose certificate is not to be trusted: 502, and nothing is sent" 502 "TLS with the next hop failed"
    stop_gateway "another certificate"
    "$here/postfix.sh" stop
}

refused() { # WHAT STATUS TEXT
    local status
    status=$(curl -sS -o "$work/said" -w '%{http_code}' "http://127.0.0.1:$rest_port/v1/send?access_token=$token" \
        -d recipient=john@example.com -d from=info@example.com -d text=x)
    if [ "$status" = "$2" ] && grep -qi "$3" "$work/said"; then
        pass "$1"
    else
        miss "$1" "status $status" "$work/said"
    fi
}

faults() {
    {
        echo 'grace = 2'
        write_settings
        printf '%s\n' '[limits]' 'answer_seconds = 3' 'hop_seconds = 7'
    } >"$work/faults.toml"
    start_gateway --config "$work/faults.toml" --relay "127.0.0.1:$hop_port" --relay-tls never
    rows python3 "$here/gateway_faults.py" --rest "$rest_port" --smtp "$smtp_port" --hop "$hop_port" --pid "$gateway_pid"
    stop_gateway "faults"
}

provider() {
    GATEWAY_RELAY_PASSWORD=my-password start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$hop_port" --relay-ca "$certs/ca.crt" \
        --relay-user my-username --relay-auth login --relay-auth-unoffered
    rows python3 "$here/gateway_provider.py" --rest "$rest_port" --smtp "$smtp_port" --hop "$hop_port" \
        --cert "$certs/server.crt" --key "$certs/server.key"
    stop_gateway "the provider as the next hop"
}

# To the inbox inside, which offers what Postfix does not: it notes the parameters in front of each mail.
promises() {
    rm -rf "$work/inbox"
    start_gateway --config "$work/gateway.toml"
    rows python3 "$here/gateway_promises.py" --rest "$rest_port" --smtp "$smtp_port" --inbox "$work/inbox"
    rows python3 "$here/gateway_requests.py" --rest "$rest_port" --inbox "$work/inbox"
    stop_gateway "promises"
}

# Each client offers its mails again until they are taken. A mail of which nobody knows whether it arrived (502) is not
# offered again, and may be there or not.
comes_and_goes() {
    local mails=${GATEWAY_MAILS:-1000} client i
    start_postfix
    start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$BARE_PORT" --relay-tls never
    python3 "$here/gateway_load.py" send --rest "$rest_port" --mails "$mails" --taken "$work/taken" >"$work/sent" 2>&1 &
    client=$!
    for i in 1 2 3; do
        wait_for 120 taken $((mails * i / 5))
        "$here/postfix.sh" halt
        sleep 1
        "$here/postfix.sh" resume || {
            kill "$client"
            fail "Postfix does not start again"
        }
    done
    wait "$client"
    rows python3 "$here/gateway_load.py" count --maildir "$MAILDIR" --maillog "$MAILLOG" --mails "$mails" --sent "$work/sent"
    stop_gateway "Postfix came and went"
    "$here/postfix.sh" stop
}

taken() { # NUMBER
    local number
    number=$(cat "$work/taken" 2>/dev/null)
    [ "${number:-0}" -ge "$1" ] || process_is_gone "$client"
}

limits() {
    {
        write_settings
        printf '%s\n' '[limits]' 'body = 300000' 'properties = 100000' 'mail = 200000' 'recipients = 3' 'connections = 10' \
            'header_seconds = 1' 'body_seconds = 1' 'request_seconds = 3' 'command_seconds = 1' 'content_seconds = 1'
    } >"$work/limits.toml"
    start_gateway --config "$work/limits.toml"
    rows python3 "$here/gateway_limits.py" --rest "$rest_port" --smtp "$smtp_port" --pid "$gateway_pid"
    gateway_pid=
}

memory() {
    local what="3 clients with mails of 50 MiB take the memory of 3 with 50 KiB" small large growth kind
    start_sink
    for kind in json form smtp; do
        small=$(peak_memory "$kind" 51200 15) || break
        large=$(peak_memory "$kind" 52000000 3) || break
        growth=$((large - small))
        # The allocator's and the runtime's own ways make some difference.
        if [ "$growth" -lt 4096 ]; then
            pass "$what ($kind)" "peak $small KiB and $large KiB"
        else
            miss "$what ($kind)" "peak $small KiB, but $large KiB"
        fi
    done
    # All at once they would take 28 MB more.
    what="16 personal mails of 2 MB by one request take little more memory than 2"
    for kind in personal values; do
        small=$(peak_memory "$kind" 2000000 2) || break
        large=$(peak_memory "$kind" 2000000 16) || break
        growth=$((large - small))
        if [ "$growth" -lt 16384 ]; then
            pass "$what ($kind)" "peak $small KiB and $large KiB"
        else
            miss "$what ($kind)" "peak $small KiB, but $large KiB"
        fi
    done
    stop_sink
}

peak_memory() { # KIND OCTETS MAILS   of a gateway that has just been started
    start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$hop_port" --relay-tls never
    python3 "$here/gateway_load.py" large --kind "$1" --rest "$rest_port" --smtp "$smtp_port" --octets "$2" --mails "$3" >&2 ||
        miss "mails of $2 octets by $1" "not taken" "$log"
    awk '/^VmHWM/ { print $2 }' "/proc/$gateway_pid/status"
    kill -INT "$gateway_pid"
    wait "$gateway_pid"
}

# A tool that reads the document and tries what it allows, and what it does not.
description() {
    local what="schemathesis finds no 500 by the description" venv=$interop_dir/venv
    [ -x "$venv/bin/schemathesis" ] || {
        python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --constraint "$here/constraints.txt" schemathesis==4.32.5
    } || fail "schemathesis cannot be installed"
    start_gateway --config "$work/gateway.toml"
    # It leaves what it has found in the directory where it runs. Its health checks are of how fast it makes requests up on this machine.
    if (cd "$work" && "$venv/bin/schemathesis" run "http://127.0.0.1:$rest_port/openapi.json" --header "Authorization: Bearer $token" \
        --checks not_a_server_error,status_code_conformance,response_schema_conformance,content_type_conformance --max-examples "${GATEWAY_EXAMPLES:-25}" \
        --seed 1 --workers 2 --suppress-health-check all --no-color >"$work/said" 2>&1); then
        pass "$what" "$(grep -oE '[0-9]+ generated' "$work/said" | head -n 1), $(find "$work/inbox" -name '*.eml' | wc -l) of them became mails"
    else
        miss "$what" "it found something" "$work/said"
    fi
    stop_gateway "the description"
}

page() {
    local shots=${GATEWAY_SHOTS:-$work}
    start_gateway --config "$work/gateway.toml"
    rows python3 "$here/gateway_page.py" --rest "$rest_port" --profile "$work/chromium" --shots "$shots"
    stop_gateway "the page"
}

# Not a test: the table of examples/gateway/README.md, of each row the best of several runs. All pass on to smtp-sink.
figures() {
    local relay run clients mails pid
    relay=${RELAY_BIN:-$(build_relay)} || fail "the relay does not build"
    [ -x "$relay" ] || fail "no such program: $relay"
    start_sink
    for ((run = 1; run <= ${FIGURES_RUNS:-6}; run++)); do
        for clients in 1 20; do
            # The relay takes a thousand mails a session.
            mails=$((clients == 1 ? 900 : 6000))
            start_gateway --config "$work/gateway.toml" --relay "127.0.0.1:$hop_port" --relay-tls never
            figure rest "$rest_port"
            figure smtp "$smtp_port"
            kill "$gateway_pid"
            wait "$gateway_pid"
            gateway_pid=
            "$relay" --listen "127.0.0.1:$smtp_port" --next-hop "127.0.0.1:$hop_port" --next-hop-tls never >/dev/null 2>&1 </dev/null &
            pid=$!
            wait_for 15 port_is_open "$smtp_port" || fail "the relay does not listen"
            figure relay "$smtp_port"
            figure none "$hop_port"
            kill "$pid"
            wait "$pid"
        done
    done
    stop_sink
    figures_table
    passed=1
}

build_relay() {
    (cd "$project" && cargo build --quiet --release --example relay) >&2 || return
    echo "${CARGO_TARGET_DIR:-$project/target}/release/examples/relay"
}

figure() { # DOOR PORT
    local line
    line=$(python3 "$here/gateway_load.py" time --door "$1" --port "$2" --mails "$mails" --clients "$clients") || fail "$1: $line"
    echo "run $run, $clients clients, $line" >&2
    # rest: 2404 a second, p50 0.3 ms, p99 1.4 ms
    echo "$clients $line" | tr -d ':,' >>"$work/figures"
}

figures_table() {
    echo '| | 1 client | p50 | p99 | 20 clients | p50 | p99 |'
    echo '|---|---:|---:|---:|---:|---:|---:|'
    awk '
        { key = $2 " " $1; if ($3 > rate[key]) { rate[key] = $3; half[key] = $7; most[key] = $10 } }
        function cells(key) { return sprintf(" %d /s | %s ms | %s ms |", rate[key], half[key], most[key]) }
        END {
            split("rest smtp relay none", doors)
            split("REST, JSON in parts|SMTP|the bare relay, SMTP|smtp-sink itself, nothing between", names, "|")
            for (i = 1; i <= 4; i++) print "| " names[i] " |" cells(doors[i] " 1") cells(doors[i] " 20")
        }' "$work/figures"
    echo
    echo "$(date -u '+%-d %B %Y'), $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1), load $(cut -d ' ' -f 1 /proc/loadavg), best of ${FIGURES_RUNS:-6} runs"
}

main "$@"
