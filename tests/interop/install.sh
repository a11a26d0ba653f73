#!/usr/bin/env bash
# Install what the interop tests need, by apt-get, on Debian or Ubuntu. Only what is missing; no daemon is started.
# Usage: tests/interop/install.sh [PACKAGE...]    (further packages are added to the list)
# Needs root, or sudo that asks no question.
set -euo pipefail

main() {
    local wanted=(postfix dovecot-core openssl swaks msmtp curl python3
        libnet-ssleay-perl libio-socket-ssl-perl libauthen-sasl-perl "$@")
    local missing=() package
    for package in "${wanted[@]}"; do
        installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        echo "install: all ${#wanted[@]} packages are there"
        return
    fi
    echo "install: apt-get install ${missing[*]}"
    become_root
    forbid_daemons
    # The mailer's own set-up question: we bring our own configuration and want none in /etc.
    if command -v debconf-set-selections >/dev/null; then
        echo "postfix postfix/main_mailer_type select No configuration" | "${as_root[@]}" debconf-set-selections
    fi
    apt update
    apt install -y --no-install-recommends "${missing[@]}"
    for package in "${missing[@]}"; do
        installed "$package" || fail "$package is still missing after apt-get install"
    done
    echo "install: done"
}

installed() { # PACKAGE
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root=()
become_root() {
    [ "$(id -u)" -eq 0 ] && return
    as_root=(sudo -n)
    "${as_root[@]}" true 2>/dev/null || fail "run as root, or with a sudo that needs no password"
}

# Debian asks this file before a package's script starts a service; 101 means "do not".
policy=/usr/sbin/policy-rc.d
forbid_daemons() {
    [ -e "$policy" ] && return
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
}

# apt-get without questions, waiting for another apt to finish; its output is shown only when it fails.
apt() { # SUBCOMMAND [ARG...]
    local log
    log=$(mktemp)
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        fail "apt-get $1 failed"
    fi
    rm -f "$log"
}

fail() {
    echo "install: $*" >&2
    exit 1
}

main "$@"
