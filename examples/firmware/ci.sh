#!/usr/bin/env bash
# The firmware against a real Postfix: builds the image, boots it in QEMU, and finds the alert in the mailbox, octet for
# octet; then again with servers that fail in several ways before they take it. Needs root (for Postfix), the packages of
# tests/interop/install.sh, and qemu-system-arm.
#
#   INTEROP_PORT_BASE, INTEROP_DIR    as in tests/interop/postfix.sh; the failing server takes port base + 70
# shellcheck source-path=SCRIPTDIR
set -uo pipefail
cd "$(dirname "$0")" || exit 1

interop=../../tests/interop
export INTEROP_PORT_BASE=${INTEROP_PORT_BASE:-12600} INTEROP_DIR=${INTEROP_DIR:-/tmp/embedded-smtp-firmware}
failing_port=$((INTEROP_PORT_BASE + 70))
image=target/thumbv7em-none-eabihf/release/firmware
passed=0
failed=0

main() {
    work=$(mktemp -d)
    trap clean_up EXIT
    "$interop/postfix.sh" stop
    "$interop/postfix.sh" start || exit 1
    eval "$("$interop/postfix.sh" env)"
    expected_mail >"$work/expected"

    attempt "Postfix" "$PLAIN_PORT" 1
    DEVICE_ADDRESS=10.0.2.15/24 attempt "Postfix, static address" "$PLAIN_PORT" 1
    attempt "refused twice" "$failing_port" 1 absent greeting recipient
    attempt "closed in the middle of the content" "$failing_port" 1 cut
    # The server has it, and could not say so: the mail comes a second time rather than not at all.
    attempt "closed instead of the last reply" "$failing_port" 2 lost
    refused
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

attempt() { # WHAT PORT COPIES FAILURE...
    local what=$1 port=$2 copies=$3 status
    shift 3
    rm -f "$MAILDIR"/new/*
    build "$port" ops@example.test || { miss "$what" "does not build"; return; }
    [ $# -eq 0 ] || serve "$@"
    boot
    status=$?
    [ $# -eq 0 ] || stop_serving
    if [ "$status" -ne 0 ]; then
        miss "$what" "QEMU ends with $status"
    elif ! arrived "$copies"; then
        miss "$what" "$(find "$MAILDIR/new" -type f | wc -l) mails arrived instead of $copies"
    elif ! all_as_expected; then
        miss "$what" "what arrived differs"
    else
        passed=$((passed + 1))
        echo "ok     $what$(grep -o ', longest pass.*' "$work/log")"
    fi
}

refused() { # an address that Postfix refuses for good
    local what="refused for good"
    rm -f "$MAILDIR"/new/*
    build "$PLAIN_PORT" reject@example.test || { miss "$what" "does not build"; return; }
    boot
    local status=$?
    if [ "$status" -eq 69 ]; then
        passed=$((passed + 1))
        echo "ok     $what"
    else
        miss "$what" "QEMU ends with $status instead of 69"
    fi
}

miss() { # WHAT WHY
    failed=$((failed + 1))
    echo "FAILED $1: $2"
    sed 's/^/       | /' "$work/log"
}

build() { # PORT RECIPIENT
    MAIL_SERVER=10.0.2.2:$1 MAIL_TO=$2 MAIL_PAUSE=500 ../../tests/cortex-m/build.sh build --quiet --release >"$work/log" 2>&1
}

boot() {
    timeout 120 ./run.sh "$image" >"$work/log" 2>&1
}

serve() { # FAILURE...
    python3 server.py "$failing_port" "$PLAIN_PORT" "$@" >"$work/server" 2>&1 &
    server=$!
    # One that is absent at first is to be found absent.
    [ "$1" = absent ] && return
    local i
    for ((i = 0; i < 50; i++)); do
        grep -q listening "$work/server" && return
        sleep 0.1
    done
}

stop_serving() {
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    cat "$work/server" >>"$work/log"
    server=
}

arrived() { # COPIES
    local i
    for ((i = 0; i < 50; i++)); do
        [ "$(find "$MAILDIR/new" -type f | wc -l)" -eq "$1" ] && return
        sleep 0.1
    done
    return 1
}

# Postfix puts Return-Path, Delivered-To and Received in front; what follows is the mail.
all_as_expected() {
    local file
    for file in "$MAILDIR"/new/*; do
        sed '1,/^Date: /{/^Date: /!d}' "$file" | cmp - "$work/expected" >>"$work/log" 2>&1 || return 1
    done
}

# Lines end with LF in a mailbox. The mail's text says what the simulated boiler has when the limit is crossed.
expected_mail() {
    cat <<'END'
Date: Sat, 21 Nov 2026 05:20:00 +0000
From: Boiler <boiler@example.test>
To: ops@example.test
Message-ID: <000000006B012A00.0000000000000001@boiler.example.test>
Subject: Boiler too hot
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

The boiler has 72.8 degrees.
END
}

clean_up() {
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null
    "$interop/postfix.sh" stop
    rm -rf "$work"
}

main "$@"
