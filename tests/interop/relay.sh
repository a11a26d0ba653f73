#!/usr/bin/env bash
# Mails through the relay example: none is lost or doubled, also while the next hop comes and goes, TLS and login on
# both sides, and its memory against the size of the mails.
#
#   tests/interop/relay.sh            one row a case, then "N passed, N failed"; the exit status says whether all passed
#   RELAY_BIN=FILE                    test this program instead of building the example
#   VERBOSE=1                         show the relay's log at the end of each case
#
# Needs root (for Postfix) and the packages of tests/interop/install.sh.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

listen_port=$((port_base + 51))
sink_port=$((port_base + 52))

main() {
    relay=${RELAY_BIN:-$(build_example)} || fail "the relay example does not build"
    [ -x "$relay" ] || fail "no such program: $relay"
    trap clean_up EXIT
    make_certs
    work=$(mktemp -d)
    require_free_ports "$listen_port" "$sink_port"

    thousand_mails
    next_hop_comes_and_goes
    memory
    tls_and_login
    finish
}

build_example() {
    (cd "$project" && cargo build --quiet --release --example relay) >&2 || return
    echo "${CARGO_TARGET_DIR:-$project/target}/release/examples/relay"
}

# --- the relay and its next hop ----------------------------------------------------------------------------

relay_pid=
start_relay() { # OPTION...
    log=$work/relay.log
    # Job control on, else a shell starts its background programs deaf to SIGINT.
    set -m
    "$relay" --listen "127.0.0.1:$listen_port" "$@" >"$log" 2>&1 </dev/null &
    relay_pid=$!
    set +m
    wait_for 15 port_is_open "$listen_port" || fail "the relay does not listen: $(cat "$log")"
}

stop_relay() { # WHAT   of the case that ends
    kill -INT "$relay_pid"
    if wait_for 40 process_is_gone "$relay_pid" && wait "$relay_pid"; then
        pass "the relay ends when interrupted ($1)"
    else
        miss "the relay ends when interrupted ($1)" "still there, or status not 0" "$log"
        kill -9 "$relay_pid" 2>/dev/null
    fi
    relay_pid=
    [ -z "${VERBOSE:-}" ] || sed 's/^/       | /' "$log"
}

sink_pid=
start_sink() { # OPTION...
    local privileges=()
    [ "$(id -u)" -ne 0 ] || privileges=(-u root)
    smtp-sink "${privileges[@]}" "$@" "127.0.0.1:$sink_port" 1000 >>"$work/sink.log" 2>&1 </dev/null &
    sink_pid=$!
    wait_for 15 port_is_open "$sink_port" || fail "smtp-sink does not listen: $(cat "$work/sink.log")"
}

stop_sink() {
    kill "$sink_pid" 2>/dev/null
    wait "$sink_pid" 2>/dev/null
    sink_pid=
}

clean_up() {
    [ -z "$relay_pid" ] || kill -9 "$relay_pid" 2>/dev/null
    [ -z "$sink_pid" ] || kill -9 "$sink_pid" 2>/dev/null
    "$here/postfix.sh" stop
    rm -rf "${work:-}"
}

# --- the cases ---------------------------------------------------------------------------------------------

thousand_mails() {
    local what="1000 mails by 20 sessions of smtp-source, none lost or doubled" dump=$work/dump size began=$SECONDS
    mkdir "$dump"
    start_sink -d "$dump/mail.%M."
    start_relay --next-hop "127.0.0.1:$sink_port" --next-hop-tls never
    for size in 300 5000 50000 500000; do
        smtp-source -s 20 -m 250 -l "$size" -N -f a@example.test -t "size$size@example.test" \
            "127.0.0.1:$listen_port" >>"$work/source.log" 2>&1 || miss "smtp-source, $size octets" "failed" "$work/source.log"
    done
    began=$((SECONDS - began))
    stop_relay "$what"
    stop_sink
    count "$what" "$dump" 1000 "$began s"
}

# The sender offers each mail again until it is taken, on 20 sessions. The next hop is stopped in the midst of mails: what it
# has dumped of those is cut short and does not count. (That it dies between storing a mail and saying so doubles that mail with any
# relay, since SMTP has no word for it: the sender offers again what the relay says is in doubt. No other mail may be doubled.)
next_hop_comes_and_goes() {
    local what="1000 mails while the next hop is stopped and started 5 times" dump=$work/dump sender i answer doubt
    mkdir "$dump"
    start_sink -d "$dump/mail.%M."
    start_relay --next-hop "127.0.0.1:$sink_port" --next-hop-tls never
    python3 "$here/relay_mails.py" send --port "$listen_port" --mails 1000 >"$work/sent" 2>&1 &
    sender=$!
    for ((i = 1; i <= 5; i++)); do
        wait_for 60 taken "$((i * 120))"
        stop_sink
        sleep 1
        start_sink -d "$dump/mail.$i.%M."
    done
    answer=$(process_is_gone "$sender" && echo "all were sent before the last stop")
    wait "$sender" || answer="the sender failed: $(cat "$work/sent")"
    stop_relay "the next hop came and went"
    stop_sink
    [ -z "$answer" ] || miss "$what" "$answer" "$log"
    doubt=$(grep -c 'may have been taken' "$log")
    count "$what" "$dump" 1000 "$(cat "$work/sent"); in doubt: $doubt" "$doubt"
}

taken() { # NUMBER   whether the relay has passed on so many mails
    [ "$(grep -c ': 250 ' "$log")" -ge "$1" ]
}

count() { # WHAT DIR NUMBER REMARK [DOUBT]
    local counted
    if counted=$(python3 "$here/relay_mails.py" check "$2" --mails "$3" --doubt "${5:-0}"); then
        pass "$1" "$counted; $4"
    else
        miss "$1" "$counted; $4" "$log"
    fi
    rm -rf "$2"
}

memory() {
    local what="20 sessions with mails of 50 MiB take the memory of 20 with 1 KiB" small large growth
    start_sink
    small=$(peak_memory 1024 1000)
    large=$(peak_memory 52428800 20)
    stop_sink
    growth=$((large - small))
    # Each session has 35 KiB of buffers; the allocator's and the runtime's own ways make some difference.
    if [ "$growth" -lt 1024 ]; then
        pass "$what" "peak $small KiB and $large KiB"
    else
        miss "$what" "peak $small KiB, but $large KiB"
    fi
}

peak_memory() { # OCTETS MAILS   of a relay that has just been started
    start_relay --next-hop "127.0.0.1:$sink_port" --next-hop-tls never
    smtp-source -s 20 -m "$2" -l "$1" "127.0.0.1:$listen_port" >&2 || fail "smtp-source failed"
    awk '/^VmHWM/ { print $2 }' "/proc/$relay_pid/status"
    kill -INT "$relay_pid"
    wait "$relay_pid"
}

tls_and_login() {
    "$here/postfix.sh" stop
    "$here/postfix.sh" start || fail "Postfix does not start"
    eval "$("$here/postfix.sh" env)"
    # shellcheck disable=SC2153 # names in capitals are set by postfix.sh env
    export RELAY_PASSWORD=$PASSWORD NEXT_HOP_USER=$LOGIN NEXT_HOP_PASSWORD=$PASSWORD
    body_dots >"$work/dots"
    sends_to required "$SUBMISSION_PORT"
    sends_to implicit "$IMPLICIT_PORT"
    unset NEXT_HOP_USER NEXT_HOP_PASSWORD
    sends_to never "$BARE_PORT"
    refuses_strangers
    refuses_other_certificates
    require_tls
    "$here/postfix.sh" stop
}

sends_to() { # TLS PORT
    local what="STARTTLS and login from the sender, next hop with TLS $1" said file
    start_relay --next-hop "127.0.0.1:$2" --next-hop-tls "$1" --ca "$CA" \
        --tls "$certs/server.crt" "$certs/server.key" --user "$LOGIN"
    new_token
    whole_mail "$token" "$work/dots" | to_crlf >"$work/mail"
    said=$work/said
    # One recipient of three is refused by the next hop, with its words.
    SMTP_PASSWORD=$PASSWORD python3 "$here/smtplib_client.py" --port "$listen_port" --tls starttls --ca "$CA" --name "$tls_name" \
        --auth plain --user "$LOGIN" --from "$LOGIN@$domain" --to b@example.test --to reject@example.test \
        --to c@example.test "$work/mail" >"$said" 2>&1
    if ! grep -q 'refused reject@example.test: 550 5.1.1' "$said"; then
        miss "$what" "no 550 for the refused recipient" "$said"
    elif ! wait_for 60 delivered_twice; then
        miss "$what" "not delivered to two recipients" "$log"
    else
        file=$(grep -lF "$token" "$MAILDIR"/new/* | head -n 1)
        if diff <(sed '1,/^$/d' "$file") "$work/dots" >/dev/null; then
            pass "$what" "octets as sent, one of three recipients refused by 550"
        else
            miss "$what" "the mail was changed" "$file"
        fi
    fi
    stop_relay "TLS $1"
}

delivered_twice() {
    [ "$(grep -lF "$token" "$MAILDIR"/new/* 2>/dev/null | wc -l)" -eq 2 ]
}

refuses_strangers() {
    local what="a sender without login gets 530, one with a wrong password 535, which is logged"
    start_relay --next-hop "127.0.0.1:$BARE_PORT" --next-hop-tls never --tls "$certs/server.crt" "$certs/server.key" \
        --user "$LOGIN"
    {
        swaks --server "127.0.0.1:$listen_port" --from a@example.test --to b@example.test
        swaks --server "127.0.0.1:$listen_port" -tls --from a@example.test --to b@example.test
        swaks --server "127.0.0.1:$listen_port" -tls --auth PLAIN --auth-user "$LOGIN" --auth-password wrong \
            --from a@example.test --to b@example.test
    } >"$work/said" 2>&1
    if [ "$(grep -cE ' 530 5\.7\.0| 535 5\.7\.8' "$work/said")" -eq 3 ] && wait_for 5 grep -qx 'login refused: 127.0.0.1' "$log"; then
        pass "$what"
    else
        miss "$what" "other answers" "$work/said"
    fi
    stop_relay "strangers"
}

refuses_other_certificates() {
    local what="a next hop with a certificate that is not to be trusted gets no mail, the sender 451"
    start_relay --next-hop "127.0.0.1:$PLAIN_PORT" --next-hop-tls required --ca "$OTHER_CA"
    if swaks --server "127.0.0.1:$listen_port" --from a@example.test --to b@example.test >"$work/said" 2>&1; then
        miss "$what" "it was taken" "$work/said"
    elif grep -q '451 4.4.1' "$work/said" && grep -qi certificate "$log"; then
        pass "$what"
    else
        miss "$what" "another answer" "$work/said"
    fi
    stop_relay "another certificate"
}

# --- REQUIRETLS (RFC 8689) ---------------------------------------------------------------------------------

# Postfix does not offer it (3.7, that of Debian 12), so such a mail must not go there; the inbox example does.
require_tls() {
    local what="REQUIRETLS: a next hop without it gets nothing of the mail, the sender 550 5.7.30"
    new_token
    whole_mail "$token" "$work/dots" | to_crlf >"$work/mail"
    start_relay --next-hop "127.0.0.1:$PLAIN_PORT" --ca "$CA" --tls "$certs/server.crt" "$certs/server.key"
    if asks_for_tls; then
        miss "$what" "it was taken" "$log"
    elif ! grep -qF "550, b'5.7.30 REQUIRETLS support required'" "$work/said"; then
        miss "$what" "another answer" "$work/said"
    elif stored_in "$MAILDIR/new"; then
        miss "$what" "it was sent on" "$log"
    else
        pass "$what" "Postfix $(postconf -d -h mail_version)"
    fi
    stop_relay "REQUIRETLS refused"

    what="REQUIRETLS: it goes on over TLS to a next hop that offers it, with the parameter"
    start_inbox
    start_relay --next-hop "127.0.0.1:$sink_port" --ca "$CA" --tls "$certs/server.crt" "$certs/server.key"
    if ! asks_for_tls; then
        miss "$what" "refused" "$work/said"
    elif ! stored_in "$work/inbox"; then
        miss "$what" "not stored" "$log"
    elif ! grep -q 'over TLS' "$work/inbox.log"; then
        miss "$what" "it went in clear" "$work/inbox.log"
    else
        pass "$what" "relay, then inbox"
    fi
    stop_relay "REQUIRETLS passed on"
    stop_sink
}

asks_for_tls() { # the test mail by Python's smtplib, which knows only that the parameter is one
    python3 "$here/smtplib_client.py" --port "$listen_port" --tls starttls --ca "$CA" --name "$tls_name" \
        --requiretls --from "$login@$domain" --to b@example.test "$work/mail" >"$work/said" 2>&1
}

stored_in() { # DIR
    grep -rqF -- "$token" "$1" 2>/dev/null
}

start_inbox() { # in the sink's place
    inbox=${INBOX_BIN:-$(cd "$project" && cargo build --quiet --example inbox >&2 &&
        echo "${CARGO_TARGET_DIR:-$project/target}/debug/examples/inbox")} || fail "the inbox example does not build"
    "$inbox" --listen "127.0.0.1:$sink_port" --dir "$work/inbox" --tls "$certs/server.crt" "$certs/server.key" \
        >"$work/inbox.log" 2>&1 </dev/null &
    sink_pid=$!
    wait_for 15 port_is_open "$sink_port" || fail "the inbox does not listen: $(cat "$work/inbox.log")"
}

main "$@"
