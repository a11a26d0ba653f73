#!/usr/bin/env bash
# The firmware against a real Postfix: builds the images, boots them in QEMU, and finds the alert in the mailbox, octet for
# octet; then again with servers that fail in several ways before they take it, and with servers that must not get it. Needs
# root (for Postfix), the packages of tests/interop/install.sh, qemu-system-arm, python3-cryptography and defmt-print.
#
#   ci.sh            checks, and prints what the images cost
#   ci.sh --write    also puts that into README.md, between its markers
#
#   INTEROP_PORT_BASE, INTEROP_DIR    as in tests/interop/postfix.sh; the failing server takes port base + 70, and a strange network
#                                     71 beside it, by UDP
# shellcheck source-path=SCRIPTDIR
set -uo pipefail
cd "$(dirname "$0")" || exit 1

interop=../../tests/interop
export INTEROP_PORT_BASE=${INTEROP_PORT_BASE:-12600} INTEROP_DIR=${INTEROP_DIR:-/tmp/embedded-smtp-firmware}
failing_port=$((INTEROP_PORT_BASE + 70))
target=target/thumbv7em-none-eabihf/release
# Times are the board's own, by run.sh.
unset QEMU_OPTIONS QEMU_NETWORK
passed=0
failed=0

main() {
    work=$(mktemp -d)
    trap clean_up EXIT
    command -v defmt-print >/dev/null || { echo "ci.sh: cargo install defmt-print" >&2; exit 1; }
    "$interop/postfix.sh" stop
    "$interop/postfix.sh" start || exit 1
    eval "$("$interop/postfix.sh" env)"
    # Certificates are valid now, so that is when the device lives.
    now=$(date +%s)
    # The clock passes 49.7 days only on the host.
    rustc --test --edition 2024 -o "$work/ticks" src/ticks.rs && "$work/ticks" --quiet || exit 1
    build clear || exit 1
    (build tls && build scram) &
    builds=$!

    image=clear
    attempt "Postfix" "$PLAIN_PORT"
    attempt "Postfix, static address" "$PLAIN_PORT" DEVICE_ADDRESS=10.0.2.15/24
    failing "refused twice" 1 absent greeting recipient
    pauses_grow
    failing "closed in the middle of the content" 1 cut
    # The server has it, and could not say so: the mail comes a second time rather than not at all.
    failing "closed instead of the last reply" 2 lost
    # No other server than the one that was meant, and not in clear what was meant to be under TLS.
    ends 78 "a setting that is none" "$PLAIN_PORT" MAIL_SEVER=192.0.2.1:25
    ends 78 "TLS in an image that has none" "$PLAIN_PORT" MAIL_TLS=implicit
    # None of these can be a host's, and smoltcp panics at them.
    ends 78 "a server that is none" 0
    ends 78 "an address that no device can have" "$PLAIN_PORT" DEVICE_ADDRESS=224.0.0.1/24
    ends 78 "a gateway that is none" "$PLAIN_PORT" DEVICE_ADDRESS=10.0.2.15/24 DEVICE_GATEWAY=0.0.0.0
    strange_network "DHCP names a router that is none" 0.0.0.0
    says "the address that is not renewed is lost, and the main loop goes on" 'the address is lost'
    ends 75 "nothing listens" "$failing_port" MAIL_ATTEMPTS=2
    ends 69 "refused for good" "$PLAIN_PORT" MAIL_TO=reject@example.test
    says "the server's words for that" 'attempt 1: Rejected (Some(Code(5'
    ends 3 "the main loop stands still: the watchdog bites" "$PLAIN_PORT" DEVICE_STALL=yes

    wait "$builds" || exit 1
    builds=
    image=tls
    attempt "STARTTLS, AUTH PLAIN" "$SMALL_PORT"
    attempt "implicit TLS, AUTH PLAIN" "$SMALL_IMPLICIT_PORT" MAIL_TLS=implicit
    unsent "another CA" 75 "$SMALL_OTHER_PORT" MAIL_TLS=implicit
    unsent "another name" 75 "$SMALL_PORT" MAIL_SERVER_NAME=other.example.test
    unsent "a certificate of the future" 75 "$SMALL_PORT" MAIL_TIME=1600000000
    unsent "no STARTTLS" 75 "$BARE_PORT"
    with_server unsent "STARTTLS stripped" 75 stripped
    with_server unsent "replies behind the 220 to STARTTLS" 75 injected
    impostor "no certificate" nobody
    impostor "a record with nothing in it" empty
    impostor "no proof of the certificate's key" keyless "$INTEROP_DIR/certs/small.crt"
    impostor "a proof before the certificate" early "$INTEROP_DIR/certs/small.crt"
    grow_chain
    impostor "a certificate that another server has signed" grown "$work/grown.crt" "$work/grown.key"

    image=scram
    attempt "STARTTLS, AUTH SCRAM-SHA-256" "$SMALL_PORT"

    table >"$work/table"
    cat "$work/table"
    [ "${1:-}" != --write ] || write
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# --- images ------------------------------------------------------------------------------------------------

build() { # IMAGE    also its name among the features
    local features=()
    [ "$1" = clear ] || features=(--features "$1")
    # Only defmt-print would read the debugger's information, to say where in the sources a line of the log comes from.
    CARGO_PROFILE_RELEASE_DEBUG=0 MAIL_CA=$SMALL_CA MAIL_USER=$LOGIN MAIL_PASSWORD=$PASSWORD \
        ../../tests/cortex-m/build.sh build --quiet --release "${features[@]}" && cp "$target/firmware" "$work/$1"
}

boot() { # PORT SETTING...    of two of one name the first counts
    local port=$1
    shift
    timeout 120 ./run.sh "$work/$image" "MAIL_SERVER=10.0.2.2:$port" "$@" "MAIL_TIME=$now" MAIL_PAUSE=500 >"$work/log" 2>&1
}

# --- the mail must come ------------------------------------------------------------------------------------

attempt() { # WHAT PORT SETTING...
    local what=$1
    shift
    rm -f "$MAILDIR"/new/*
    boot "$@"
    delivered "$what" $? 1
}

failing() { # WHAT COPIES FAILURE...    the first may be `absent`: nothing listens until the device has found that out
    local what=$1 copies=$2 status
    shift 2
    rm -f "$MAILDIR"/new/* "$work/log"
    if [ "$1" = absent ]; then
        boot "$failing_port" &
        booted=$!
        until_true 60 grep -q 'again in' "$work/log"
        serve "$PLAIN_PORT" "${@:2}"
        wait "$booted"
        status=$?
    else
        serve "$PLAIN_PORT" "$@"
        boot "$failing_port"
        status=$?
    fi
    stop_serving
    delivered "$what" "$status" "$copies"
}

pauses_grow() { # of the last boot: each is twice as long as the one before
    local pauses
    pauses=$(sed -n 's/.*again in \([0-9]*\) ms.*/\1/p' "$work/log" | tr '\n' ' ')
    if awk '{ for (i = 2; i <= NF; i++) if ($i != 2 * $(i - 1)) exit 1; exit NF < 3 }' <<<"$pauses"; then
        pass "the pauses grow: $pauses"
    else
        miss "the pauses grow" "they are: $pauses"
    fi
}

delivered() { # WHAT STATUS COPIES
    if [ "$2" -ne 0 ]; then
        miss "$1" "QEMU ends with $2"
    elif ! arrived "$3"; then
        miss "$1" "$(find "$MAILDIR/new" -type f | wc -l) mails arrived instead of $3"
    elif ! python3 mail.py "$now" "$MAILDIR"/new/* >>"$work/log" 2>&1; then
        miss "$1" "what arrived differs"
    else
        pass "$1"
        cp "$work/log" "$work/$image.log"
    fi
}

arrived() { # COPIES
    until_true 60 copies_are "$1"
}

copies_are() { # NUMBER
    [ "$(find "$MAILDIR/new" -type f | wc -l)" -eq "$1" ]
}

until_true() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" 2>/dev/null; do
        [ "$SECONDS" -lt "$end" ] || return
        sleep 0.1
    done
}

# --- the mail must not come --------------------------------------------------------------------------------

ends() { # STATUS WHAT PORT SETTING...
    local wanted=$1 what=$2 status
    shift 2
    boot "$@"
    status=$?
    if [ "$status" -eq "$wanted" ]; then pass "$what"; else miss "$what" "QEMU ends with $status instead of $wanted"; fi
}

strange_network() { # WHAT ROUTER    nobody is in it but a DHCP server, which names this router
    python3 dhcp.py "$failing_port" "$((failing_port + 1))" "$2" >"$work/server" 2>&1 &
    server=$!
    listening
    QEMU_NETWORK="socket,udp=127.0.0.1:$failing_port,localaddr=127.0.0.1:$((failing_port + 1))" \
        ends 75 "$1" "$PLAIN_PORT" MAIL_ATTEMPTS=1
    says "$1, and is not asked" "$2 can be no router"
    stop_serving
}

says() { # WHAT TEXT    the log of the last boot
    if grep -qF "$2" "$work/log"; then pass "$1"; else miss "$1" "the log has no $2"; fi
}

# By the server's own count of the commands of a session, it has seen neither login nor mail.
unsent() { # WHAT STATUS PORT SETTING...
    local what=$1 wanted=$2 status before
    shift 2
    # What the log says later of earlier sessions is not this one's.
    until_true 60 sessions_are_over
    before=$(wc -l <"$MAILLOG")
    boot "$@" MAIL_ATTEMPTS=1
    status=$?
    until_true 60 session_is_seen "$before"
    cat "$work/seen" >>"$work/log"
    if [ "$status" -ne "$wanted" ]; then
        miss "$what" "QEMU ends with $status instead of $wanted"
    elif [ ! -s "$work/seen" ]; then
        miss "$what" "the server saw no session"
    elif grep -qE ' (auth|mail|rcpt|data|bdat)=' "$work/seen"; then
        miss "$what" "the server was told too much"
    else
        pass "$what: nothing is sent" "$(grep -o '[a-z=0-9/ ]*commands=.*' "$work/seen")"
    fi
}

sessions_are_over() {
    [ "$(grep -c ': connect from' "$MAILLOG")" -eq "$(grep -c ': disconnect from' "$MAILLOG")" ]
}

session_is_seen() { # LINES    behind so many of the log
    tail -n "+$(($1 + 1))" "$MAILLOG" | grep -o 'disconnect from .*' >"$work/seen"
}

with_server() { # COMMAND WHAT STATUS FAILURE    with the failing server in front of Postfix
    serve "$SMALL_PORT" "$4"
    "$1" "$2" "$3" "$failing_port"
    stop_serving
    [ "$4" != injected ] || grep -q 'behind STARTTLS came 0 octets' "$work/log" || miss "$2" "something came behind STARTTLS"
}

impostor() { # WHAT HOW [FILE]
    local what="impostor, $1" status
    shift
    python3 impostor.py "$failing_port" "$@" >"$work/server" 2>&1 &
    server=$!
    listening
    # The certificates are new; the device must find another fault than that.
    boot "$failing_port" MAIL_TLS=implicit MAIL_ATTEMPTS=1 "MAIL_TIME=$(date +%s)"
    status=$?
    # It ends by itself, when it has told what it has heard.
    wait "$server"
    stop_serving
    if [ "$status" -ne 75 ]; then
        miss "$what" "QEMU ends with $status instead of 75"
    elif grep -q 'said' "$work/log" || ! grep -q 'went away' "$work/log"; then
        miss "$what" "it was believed"
    else
        pass "$what: nothing is sent"
    fi
}

grow_chain() { # a certificate of the right name, signed by the key of a certificate that is good for nothing but a server
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/grown.key"
    openssl req -new -key "$work/grown.key" -subj "/CN=$TLS_NAME" |
        openssl x509 -req -CA "$INTEROP_DIR/certs/small.crt" -CAkey "$INTEROP_DIR/certs/small.key" -CAcreateserial -days 1 \
            -out "$work/grown.crt" 2>/dev/null
    cat "$INTEROP_DIR/certs/small.crt" >>"$work/grown.crt"
}

# --- servers -----------------------------------------------------------------------------------------------

serve() { # NEXT-PORT FAILURE...
    python3 server.py "$failing_port" "$@" >"$work/server" 2>&1 &
    server=$!
    listening
}

listening() {
    until_true 60 grep -q listening "$work/server" || echo "ci.sh: the failing server does not listen" >&2
}

stop_serving() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    cat "$work/server" >>"$work/log"
    server=
}

# --- results -----------------------------------------------------------------------------------------------

pass() { # WHAT [REMARK]
    passed=$((passed + 1))
    echo "ok     $image: $1${2:+ ($2)}$(grep -o ', longest pass.*' "$work/log")"
}

miss() { # WHAT WHY
    failed=$((failed + 1))
    echo "FAILED $image: $1: $2"
    sed 's/^/       | /' "$work/log"
}

# What an image takes, from its section headers and from the log of its last delivery.
table() {
    echo '| the firmware, opt-level s, fat LTO | flash | RAM | longest pass of the main loop |'
    echo '|---|---:|---:|---:|'
    row clear 'in clear'
    row tls 'STARTTLS or implicit TLS, AUTH PLAIN'
    row scram 'the same, AUTH SCRAM-SHA-256'
}

row() { # IMAGE WHAT
    local image=$1 flash ram
    flash=$(section vector_table text rodata data)
    ram=$(($(section data bss uninit) + $(sed -n 's/.* \([0-9]*\) octets of stack.*/\1/p' "$work/$1.log")))
    echo "| $2 | $(thousands "$flash") | $(thousands "$ram") | $(sed -n 's/.*longest pass \([0-9]* ms\).*/\1/p' "$work/$1.log") |"
}

section() { # NAME...    octets of these sections of the row's image
    size -A "$work/$image" | awk -v names="$*" 'BEGIN { split(names, list); for (i in list) wanted["." list[i]] = 1 }
        $1 in wanted { sum += $2 } END { print sum + 0 }'
}

thousands() {
    sed -E ':a; s/^([0-9]+)([0-9]{3})/\1 \2/; ta' <<<"$1"
}

write() {
    sed -i -e "/<!-- firmware -->/,/<!-- \/firmware -->/ { /<!-- firmware -->/r $work/table" -e '/<!--/!d }' ../../README.md
}

clean_up() {
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null
    [ -z "${booted:-}" ] || kill "$booted" 2>/dev/null
    [ -z "${builds:-}" ] || kill "$builds" 2>/dev/null
    "$interop/postfix.sh" stop
    rm -rf "$work"
}

main "$@"
